"""The density response χ₀ of free electrons: dynamic in 3-D, static in one to three dimensions.

Everything is a function of h = q/2k_F and x = ω/qv_F alone. The textbook logarithms, kept in
a form in which nothing cancels: with R(ν) = 2ν + (1 − ν²) ln[(ν+1)/(ν−1)], Eq. `eq-lindhard` is

    χ₀/χ₀(0) = [R(x+h) − R(x−h)] / 8h ,

because the 2ν already contain the constant ½ that otherwise cancels at large x or h.
"""

from __future__ import annotations

from itertools import pairwise
from math import pi

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from elphlib.checks import finite_array, lengths, positive
from elphlib.electrons import FreeElectronGas
from elphlib.units import meV_from_kelvin

#: Where the series in 1/ν replaces the logarithm (relative error 4⁻²ᵏ after k terms), and its
#: coefficients: R(ν) = 4 Σ_k ν^(−2k−1) / (2k+1)(2k+3).
_FAR = 4.0
FAR_SERIES = [4 / ((2 * k + 1) * (2 * k + 3)) for k in range(14)]
#: Below this q (Å⁻¹) the limit q → 0 is exact in double precision; squares would underflow.
TINY = 1e-140


def lindhard(gas: FreeElectronGas, q: ArrayLike, energy: ArrayLike = 0.0) -> np.ndarray:
    """χ₀(q, ω) of a 3-D gas at T = 0, both spins, retarded, Eq. `eq-lindhard`.

    The closed form of Eq. `eq-density-response`,
    χ₀ = 2 ∫ d³k/(2π)³ (f_k − f_{k+q}) / (ħω + ε_k − ε_{k+q} + i0). It is −2N(0) for q → 0 at
    ω = 0, and n q²/mω² for q → 0 at fixed ω: the order of the limits matters.

    Parameters
    ----------
    gas : FreeElectronGas
    q : array of any shape, Å⁻¹, ≥ 0
    energy : array that broadcasts with ``q``, eV
        ħω, of either sign; χ₀(−ω) = χ₀(ω)*.

    Returns
    -------
    array of the broadcast shape, eV⁻¹Å⁻³
        Real if ``energy`` is the scalar zero, complex otherwise.

    Raises
    ------
    ValueError
        If q is negative, or q or energy is not finite.

    References
    ----------
    .. [L54] J. Lindhard, K. Dan. Vidensk. Selsk. Mat. Fys. Medd. 28, no. 8 (1954).
    """
    h = wavevector(q) / (2 * gas.k_fermi)
    if np.ndim(energy) == 0 and energy == 0:
        return -2 * gas.dos * _static_3d(h)
    W = finite_array("energy", energy, (...,), "eV") / (4 * gas.fermi_energy)
    h, W = np.broadcast_arrays(h, W)
    still = h < TINY
    safe = np.where(still, 1.0, h)
    shape = _shape(safe, np.abs(W) / safe)
    shape = np.where(still, np.where(W == 0, 1.0, 0.0), shape)
    return -2 * gas.dos * np.where(W < 0, shape.conj(), shape)


def lindhard_static(k_fermi_A: float, q: ArrayLike, dimension: int) -> np.ndarray:
    """χ₀(q)/χ₀(0) at ω = 0, T = 0 in one, two or three dimensions, Eq. `eq-lindhard-static`.

    With h = q/2k_F: ln|(1+h)/(1−h)|/2h in 1-D, infinite at 2k_F; 1 − √(1 − h⁻²) in 2-D, with the
    root only beyond 2k_F; ½ + (1−h²)/4h ln|(1+h)/(1−h)| in 3-D, with an infinite slope at 2k_F.

    Parameters
    ----------
    k_fermi_A : float, Å⁻¹
    q : array of any shape, Å⁻¹, ≥ 0
    dimension : 1, 2 or 3

    Returns
    -------
    array of the shape of ``q``, dimensionless; in 1-D ``inf`` at q = 2k_F

    Raises
    ------
    ValueError
        If k_F is not positive, q is negative, or the dimension is not 1, 2 or 3.
    """
    h = wavevector(q) / (2 * positive("k_fermi_A", k_fermi_A, "Å⁻¹", "metals have 0.6–1.9"))
    if dimension == 3:
        return _static_3d(h)
    inverse = np.minimum(h, 1 / np.maximum(h, 1.0))  # h or 1/h, whichever is below one
    if dimension == 2:
        u = np.where(h > 1, inverse, 1.0) ** 2
        return np.where(h > 1, u / (1 + np.sqrt(1 - u)), 1.0)
    if dimension == 1:
        with np.errstate(divide="ignore"):
            return np.where(h > 0, np.arctanh(inverse) / np.where(h > 0, h, 1.0), 1.0)
    raise ValueError(
        f"dimension is {dimension}; it must be 1, 2 or 3; bulk metals have 3, layers 2, chains 1."
    )


def lindhard_finite_temperature(gas: FreeElectronGas, q: ArrayLike, T: float) -> np.ndarray:
    """χ₀(q, ω = 0) at temperature T and fixed density, both spins, 3-D.

    A mean over gases at T = 0, Eq. `eq-lindhard-finite-temperature`:
    χ₀(q, T) = ∫ dE (−∂f/∂E) χ₀(q, 0; E_F → E), with μ(T) in f [M78]_. To about 1e-13.

    Parameters
    ----------
    gas : FreeElectronGas
    q : array of any shape, Å⁻¹, ≥ 0
    T : float, K, ≥ 0

    Returns
    -------
    array of the shape of ``q``, eV⁻¹Å⁻³, negative

    Raises
    ------
    ValueError
        If q or T is negative or not finite.

    References
    ----------
    .. [M78] P. F. Maldague, Surf. Sci. 73, 296 (1978).
    """
    h = wavevector(q) / (2 * gas.k_fermi)
    t = _temperature(gas, T)
    if t == 0:
        return -2 * gas.dos * _static_3d(h)
    energy, weight = _thermal_window(_chemical_potential(t), t, h**2)
    k = np.sqrt(energy)
    return -2 * gas.dos * np.sum(weight * k * _static_3d(h[..., None] / k), axis=-1)


def chemical_potential(gas: FreeElectronGas, T: float) -> float:
    """μ(T) in eV at fixed density: ∫ dE (−∂f/∂E) E^(3/2) = E_F^(3/2).

    Parameters
    ----------
    gas : FreeElectronGas
    T : float, K, ≥ 0

    Raises
    ------
    ValueError
        If T is negative or not finite.
    """
    return gas.fermi_energy * _chemical_potential(_temperature(gas, T))


def _temperature(gas: FreeElectronGas, T: float) -> float:
    """Temperature as a fraction k_BT/E_F."""
    if not isinstance(T, int | float | np.number) or not 0 <= T < np.inf:
        raise ValueError(
            f"T is {T} K; it must be one number ≥ 0; simple metals melt between 300 and 1600 K."
        )
    return meV_from_kelvin(float(T)) / (1e3 * gas.fermi_energy)


def _chemical_potential(t: float) -> float:
    """μ/E_F at t = k_BT/E_F. Below E_F, and above what a classical gas would have."""
    if t == 0:
        return 1.0

    def excess(mu: float) -> float:
        energy, weight = _thermal_window(mu, t, np.array(mu))
        return float(np.sum(weight * energy**1.5)) - 1

    classical = t * np.log(4 / (3 * np.sqrt(pi)) * t**-1.5)
    return float(brentq(excess, classical, 1.0 + 1e-9, xtol=1e-16, rtol=1e-15))


def _thermal_window(mu: float, t: float, special: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energies and weights (…, n) of ∫ dE (−∂f/∂E), for a kink at the energies ``special`` (…).

    Three double-exponential pieces, which meet at μ and at the kink; beyond 40 k_BT the weight is
    below double precision.
    """
    low = max(-mu / t, -40.0)
    high = max(low, 0.0) + 40.0
    kink = np.clip((special - mu) / t, low, high)
    middle = np.clip(0.0, low, high)
    edges = [np.full(kink.shape, low), np.minimum(kink, middle), np.maximum(kink, middle)]
    edges.append(np.full(kink.shape, high))
    s = np.linspace(-3.4, 3.4, 87)
    u = 1 / (1 + np.exp(-pi * np.sinh(s)))
    du = pi * np.cosh(s) * u * (1 - u) * (s[1] - s[0])
    y = np.concatenate([a[..., None] + (b - a)[..., None] * u for a, b in pairwise(edges)], axis=-1)
    dy = np.concatenate([(b - a)[..., None] * du for a, b in pairwise(edges)], axis=-1)
    return np.maximum(mu + t * y, np.finfo(float).tiny), dy / (4 * np.cosh(y / 2) ** 2)


def wavevector(q: ArrayLike, name: str = "q", zero_allowed: bool = True) -> np.ndarray:
    """Lengths of wavevectors as a checked array, Å⁻¹."""
    advice = f"for vectors pass np.linalg.norm({name}, axis=-1)"
    if not zero_allowed:
        advice += f", and take limits from small {name}"
    return lengths(name, q, "Å⁻¹", advice, zero_allowed)


def _static_3d(h: np.ndarray) -> np.ndarray:
    """½ + (1−h²)/4h ln|(1+h)/(1−h)|; beyond h = 4 the series 1/3h² + 1/15h⁴ + 1/35h⁶ + …."""
    far = h > _FAR
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log = np.arctanh(np.minimum(h, 1 / h))  # half of the logarithm; infinite at h = 1
        shape = 0.5 + 0.5 * (1 - h) * (1 + h) * (log / h)
    shape = np.where(h == 0, 1.0, np.where(h == 1, 0.5, shape))
    if far.any():
        u = (1 / h[far]) ** 2
        shape[far] = u * np.polynomial.polynomial.polyval(u, np.array(FAR_SERIES)) / 4
    return shape


def _shape(h: np.ndarray, x: np.ndarray) -> np.ndarray:
    """χ₀/χ₀(0) for h > 0 and x ≥ 0: the real part in whichever of three forms is exact there."""
    real = np.empty(h.shape)
    far = np.abs(x - h) > _FAR
    thin = ~far & (h < 0.25) & (np.abs(x - 1) > 4 * h)
    rest = ~(far | thin)
    real[far] = _far(h[far], x[far])
    real[thin] = _thin(h[thin], x[thin])
    H, X = h[rest], x[rest]
    real[rest] = (_R(X + H) - _R(X - H)) / (8 * H)
    with np.errstate(over="ignore"):
        inside = np.maximum(1 - (x - h) ** 2, 0)  # electrons that can absorb (q, ω) …
        emptied = np.maximum(1 - (x + h) ** 2, 0)  # … less those whose target is filled
    both = x + h < 1  # the difference is 4xh; subtracting would lose it at small h
    return real + 0.125j * np.pi * np.where(both, 4 * x, (inside - emptied) / h)


def _R(nu: np.ndarray) -> np.ndarray:
    """2ν + (1 − ν²) ln|(ν+1)/(ν−1)|, beyond |ν| = 4 as Σ_k 4 ν^(−2k−1)/(2k+1)(2k+3)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(np.abs(nu) > 1, 1 / nu, nu)
        near = 2 * nu + 2 * (1 - nu) * (1 + nu) * np.arctanh(inverse)
    near = np.where(np.abs(nu) == 1, 2 * nu, near)
    series = inverse * np.polynomial.polynomial.polyval(inverse**2, np.array(FAR_SERIES))
    return np.where(np.abs(nu) > _FAR, series, near)


def _far(h: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The difference of R for |x − h| > 4: the series, divided by 2h term by term.

    With a = 1/(x+h), b = 1/(x−h): (aⁿ − bⁿ)/2h = −ab (aⁿ − bⁿ)/(a − b), a polynomial.
    """
    a, b = 1 / (x + h), 1 / (x - h)
    quotient, power, total = np.ones(h.shape), b, np.full(h.shape, FAR_SERIES[0])
    for n in range(2, 2 * len(FAR_SERIES)):
        quotient = a * quotient + power
        power = power * b
        if n % 2:
            total += FAR_SERIES[n // 2] * quotient
    return -0.25 * a * b * total


def _thin(h: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The difference of R for small h, x not near 1: differences of logarithms as one logarithm."""
    difference = np.log1p(-4 * h / ((x - 1 + h) * (x + 1 - h)))
    total = np.log1p(4 * x / ((x - 1 - h) * (x - 1 + h)))
    return 0.5 + (1 - x**2 - h**2) * difference / (8 * h) - x * total / 4
