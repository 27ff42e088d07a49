"""The Bloch–Grüneisen law: ρ(T) of a metal whose phonons are Debye's, and its exponent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import not_negative_values, positive_values
from elphlib.integrate import bloch_gruneisen_integral

__all__ = [
    "bloch_gruneisen",
    "bloch_gruneisen_exponent",
    "bloch_gruneisen_integral",
    "local_exponent",
    "phonon_exponent",
    "phonon_shape",
]


def bloch_gruneisen(
    T: ArrayLike,
    debye_temperature: ArrayLike,
    amplitude: ArrayLike,
    residual: ArrayLike = 0.0,
    n: int = 5,
) -> np.ndarray:
    """ρ(T) = ρ₀ + A (T/Θ)ⁿ (n−1) J_n(Θ/T), Eq. `eq-bloch-gruneisen`, in the unit of A.

    J_n(x) = ∫₀ˣ tⁿ/((eᵗ−1)(1−e⁻ᵗ)) dt. For T ≫ Θ it is ρ₀ + A T/Θ whatever n: A is the resistivity
    that the straight line through the origin has at T = Θ. For T ≪ Θ it is ρ₀ + (n−1) n! ζ(n)
    A (T/Θ)ⁿ. n = 5 is the law of phonons with ω = vq and a coupling ∝ q; n = 3 that of s electrons
    scattered into a d band.

    Parameters
    ----------
    T : array of any shape, K, ≥ 0
    debye_temperature : array that broadcasts with T, K, > 0
        Θ_R; not the calorimetric Debye temperature unless you say so.
    amplitude, residual : arrays that broadcast with T, ≥ 0
        A and ρ₀, in one unit, for instance 10⁻⁸ Ωm.
    n : int ≥ 2

    Raises
    ------
    ValueError
        If T, A or ρ₀ is negative, Θ is not positive, one is not finite, or n < 2.
    """
    T = not_negative_values("T", T, "K", "1–1000 K is usual")
    theta = _debye_temperature(debye_temperature)
    A = not_negative_values("amplitude", amplitude, "10⁻⁸ Ωm", "metals have 1–20")
    rho_0 = not_negative_values("residual", residual, "10⁻⁸ Ωm", "pure metals have 0.0001–0.1")
    return rho_0 + A * phonon_shape(T, theta, n)


def bloch_gruneisen_exponent(
    T: ArrayLike,
    debye_temperature: ArrayLike,
    amplitude: ArrayLike = 1.0,
    residual: ArrayLike = 0.0,
    n: int = 5,
) -> np.ndarray:
    """Exponent d ln ρ/d ln T of `bloch_gruneisen` in closed form, Eq. `eq-exponent`.

    [n − x^(n+1)/(4 sinh²(x/2) J_n(x))] (ρ − ρ₀)/ρ with x = Θ/T: n for T ≪ Θ, 1 for T ≫ Θ, and
    drawn to 0 by ρ₀ at the lowest temperatures.

    Parameters
    ----------
    T, debye_temperature, amplitude, residual, n
        As in `bloch_gruneisen`, with T > 0 and A > 0.

    Returns
    -------
    array, dimensionless

    Raises
    ------
    ValueError
        If T, A or Θ is not positive, ρ₀ is negative, one is not finite, or n < 2.
    """
    T = positive_values("T", T, "K", "1–1000 K is usual")
    theta = _debye_temperature(debye_temperature)
    A = positive_values("amplitude", amplitude, "10⁻⁸ Ωm", "metals have 1–20")
    rho_0 = not_negative_values("residual", residual, "10⁻⁸ Ωm", "pure metals have 0.0001–0.1")
    phonon = A * phonon_shape(T, theta, n)
    # Far below Θ the phonon part underflows to 0 next to ρ₀; without ρ₀ the exponent is n there.
    share = np.where(phonon > 0, phonon, 1.0) / np.where(phonon > 0, phonon + rho_0, 1.0)
    share = np.where((phonon == 0) & (rho_0 > 0), 0.0, share)
    return phonon_exponent(theta / T, n) * share


def local_exponent(T: ArrayLike, rho: ArrayLike) -> np.ndarray:
    """Exponent d ln ρ/d ln T of values along T, by second-order differences on the logarithms.

    Parameters
    ----------
    T : (n,) array, K, ascending, > 0, n ≥ 3
    rho : (…, n) array, any unit, > 0

    Returns
    -------
    (…, n) array
        Exact for a power law. Eq. `eq-exponent`.

    Raises
    ------
    ValueError
        If T does not ascend, a value is not positive or not finite, or there are fewer than three.
    """
    T = positive_values("T", T, "K", "1–1000 K is usual")
    rho = positive_values(
        "rho", rho, "its unit", "subtract less than the whole residual resistivity"
    )
    if T.ndim != 1 or len(T) < 3 or rho.shape[-1:] != T.shape or (np.diff(T) <= 0).any():
        raise ValueError(
            f"T has shape {T.shape} and rho {rho.shape}; ascending T (n,) with n ≥ 3 and rho "
            "(…, n) are needed; sort by T and drop repeated temperatures."
        )
    return np.gradient(np.log(rho), np.log(T), axis=-1)


def phonon_shape(T: np.ndarray, theta: np.ndarray, n: int) -> np.ndarray:
    """(T/Θ)ⁿ (n−1) J_n(Θ/T), which tends to T/Θ; 0 at T = 0. Arrays that broadcast, checked."""
    with np.errstate(divide="ignore"):
        x = theta / T
    return np.where(T > 0, T / theta, 0.0) ** n * (n - 1) * bloch_gruneisen_integral(x, n)


def phonon_exponent(x: np.ndarray, n: int) -> np.ndarray:
    """Exponent d ln[x⁻ⁿJ_n(x)]/d ln(1/x) = n − xJ_n′/J_n; x > 0, of any shape."""
    small = np.minimum(x, 700.0)  # beyond, sinh² overflows and the exponent is n
    slope = small ** (n + 1) / (4 * np.sinh(small / 2) ** 2)
    return n - slope / bloch_gruneisen_integral(small, n)


def _debye_temperature(theta: ArrayLike) -> np.ndarray:
    typical = "metals have 40 (Cs) to 1500 K (Be)"
    return positive_values("debye_temperature", theta, "K", typical)
