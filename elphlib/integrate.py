"""Integrals over the Brillouin zone and over energy: tetrahedra, Debye and Bloch–Grüneisen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import factorial

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import zeta

from elphlib.checks import finite_array, integer

#: Corners of the six tetrahedra that share the diagonal (0,0,0)–(1,1,1) of a unit cube.
_CORNERS = np.array(
    [
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]],
        [[0, 0, 0], [1, 0, 0], [1, 0, 1], [1, 1, 1]],
        [[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 1, 1]],
        [[0, 0, 0], [0, 1, 0], [0, 1, 1], [1, 1, 1]],
        [[0, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1]],
        [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]],
    ]
)
_DIAGONALS = np.array([[1, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1]])


def tetrahedra(
    reciprocal: np.ndarray, shape: tuple[int, int, int], star: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a periodic mesh of the reciprocal cell into tetrahedra, merging equivalent ones.

    Every cube of the mesh is cut into six tetrahedra along its shortest diagonal, which keeps the
    linear interpolation error smallest [BJA94]_.

    Parameters
    ----------
    reciprocal : (3, 3) array, Å⁻¹
    shape : (n1, n2, n3)
    star : (n1·n2·n3,) int array
        Representative of each mesh point, as in `elphlib.lattice.Mesh`.

    Returns
    -------
    corners : (t, 4) int array
        Representatives at the corners of each distinct tetrahedron.
    weights : (t,) array
        Fraction of the zone that it stands for; they sum to one.

    References
    ----------
    .. [BJA94] P. E. Blöchl, O. Jepsen, O. K. Andersen, Phys. Rev. B 49, 16223 (1994).
    """
    size = np.array(shape)
    lengths = np.linalg.norm((_DIAGONALS / size) @ reciprocal, axis=1)
    flip = _DIAGONALS[np.argmin(np.round(lengths, 12))] < 0
    offsets = np.where(flip, 1 - _CORNERS, _CORNERS).reshape(-1, 3)
    cube = np.stack(np.unravel_index(np.arange(size.prod()), shape), axis=-1)
    nodes = (cube[:, None, :] + offsets) % size
    index = np.ravel_multi_index(tuple(np.moveaxis(nodes, -1, 0)), shape)
    corners = np.sort(star[index].reshape(-1, 4), axis=1)
    count = int(star.max()) + 1
    key = corners @ (float(count) ** np.arange(3, -1, -1))
    if float(count) ** 4 < 2**53:
        _, first, multiplicity = np.unique(key, return_index=True, return_counts=True)
        return corners[first], multiplicity / len(corners)
    return corners, np.full(len(corners), 1 / len(corners))


def density_of_states(
    energy: np.ndarray, values: np.ndarray, corners: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Density of states by the linear tetrahedron method [LT72]_, g(E) = Σ_b ∫ δ(E − ε_b(q)).

    The contribution of one tetrahedron is Eq. `eq-tetrahedron`.

    Inside a tetrahedron ε is interpolated linearly, which makes g a piecewise quadratic of E with
    knots at the four corner energies. Wide pieces are added as three polynomial coefficients at
    their first bin and removed at their last, and one cumulative sum at the end evaluates all of
    them; narrow pieces, whose coefficients would cancel badly, are evaluated bin by bin.

    Parameters
    ----------
    energy : (n,) array, ascending
    values : (m, b) array
        Band energies at the representatives, same unit as ``energy``.
    corners, weights : from `tetrahedra`

    Returns
    -------
    (n,) array
        States per unit energy; the integral over all energies is b. Where a tetrahedron is
        perfectly flat it contributes a δ function, which no finite grid can hold: it is left out,
        and the missing area tells.

    References
    ----------
    .. [LT72] G. Lehmann, M. Taut, phys. stat. sol. (b) 54, 469 (1972).
    """
    energy = finite_array("energy", energy, (len(np.atleast_1d(energy)),), "any unit")
    if np.any(np.diff(energy) <= 0):
        raise ValueError("energy is not ascending; increasing values are needed; sort it first.")
    e = np.sort(values[corners], axis=1)  # (t, 4, b)
    e1, e2, e3, e4 = (e[:, i].ravel() for i in range(4))
    w = np.repeat(weights, values.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = 3 * w / ((e2 - e1) * (e3 - e1) * (e4 - e1))
        fall = 3 * w / ((e4 - e1) * (e4 - e2) * (e4 - e3))
        middle = 3 * w / ((e3 - e1) * (e4 - e1))
        curvature = middle * ((e3 - e1) + (e4 - e2)) / ((e3 - e2) * (e4 - e2))
        zero = np.zeros_like(e1)
        pieces = [  # g = c₀ + c₁(E−p) + c₂(E−p)² on start ≤ E < stop
            (e1, e2, e1, zero, zero, rise),
            (e2, e3, e2, middle * (e2 - e1), 2 * middle, -curvature),
            (e3, e4, e4, zero, zero, fall),
        ]
    return _sum_quadratics(energy, pieces)


def _sum_quadratics(energy: np.ndarray, pieces: Sequence[tuple[np.ndarray, ...]]) -> np.ndarray:
    """Sum of quadratics, each on its own interval, at all energies."""
    n, wide_bins = len(energy), 12
    origin = energy[n // 2]
    x = energy - origin
    direct = np.zeros(n)
    steps = np.zeros((3, n + 1))
    for start, stop, pivot, c0, c1, c2 in pieces:
        first = np.searchsorted(energy, start, side="left")
        last = np.searchsorted(energy, stop, side="left")
        bins = last - first
        narrow = np.flatnonzero((bins > 0) & (bins < wide_bins))
        owner = np.repeat(narrow, bins[narrow])
        ahead = np.arange(len(owner)) - np.repeat(
            np.cumsum(bins[narrow]) - bins[narrow], bins[narrow]
        )
        where = first[owner] + ahead
        d = energy[where] - pivot[owner]
        direct += np.bincount(where, c0[owner] + d * (c1[owner] + d * c2[owner]), minlength=n)
        wide = np.flatnonzero(bins >= wide_bins)
        p = pivot[wide] - origin
        a0, a1, a2 = c0[wide], c1[wide], c2[wide]
        for k, a in enumerate((a0 - p * (a1 - p * a2), a1 - 2 * p * a2, a2)):
            steps[k] += np.bincount(first[wide], a, minlength=n + 1)
            steps[k] -= np.bincount(last[wide], a, minlength=n + 1)
    b0, b1, b2 = np.cumsum(steps[:, :n], axis=1)
    return direct + b0 + x * (b1 + x * b2)


def unit_gauss(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre points and weights (n,) on [0, 1]; n is an integer ≥ 1."""
    n = integer("n", n, 1, "12–64 is usual")
    x, w = np.polynomial.legendre.leggauss(n)
    return (x + 1) / 2, w / 2


def half_sphere(polar: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions on a half sphere and their parts of its solid angle.

    Gauss–Legendre in cos θ times equal steps in φ; enough for functions that are even in n̂.

    Parameters
    ----------
    polar : int
        Steps in cos θ; there are four times as many in φ.

    Returns
    -------
    directions : (4 polar², 3) array
        Unit vectors.
    weights : (4 polar²,) array
        They sum to one.
    """
    polar = integer("polar", polar, 1, "6–20 is usual")
    u, wu = unit_gauss(polar)
    phi = 2 * np.pi * (np.arange(4 * polar) + 0.5) / (4 * polar)
    cos, sin = u[:, None], np.sqrt(1 - u[:, None] ** 2)
    n_hat = np.stack(np.broadcast_arrays(sin * np.cos(phi), sin * np.sin(phi), cos), axis=-1)
    return n_hat.reshape(-1, 3), np.repeat(wu / (4 * polar), 4 * polar)


def bloch_gruneisen_integral(x: ArrayLike, n: int = 5) -> np.ndarray:
    """J_n(x) = ∫₀ˣ tⁿ / ((eᵗ − 1)(1 − e⁻ᵗ)) dt, to 1e-13 for every x ≥ 0 and n ≤ 20.

    Below x = 2 the Bernoulli series of t² / (4 sinh²(t/2)); above x = 2n the full integral n! ζ(n)
    less the exponentially small tail; between, where that tail is most of it, Gauss points. J₅
    gives the Bloch–Grüneisen resistivity, J₄ the Debye heat capacity.

    Parameters
    ----------
    x : array of any shape, dimensionless, ≥ 0 (∞ allowed)
    n : int ≥ 2

    Raises
    ------
    ValueError
        If n is not an integer ≥ 2, or an x is negative or not a number.
    """
    x = np.asarray(x, dtype=float)
    n = integer("n of J_n", n, 2, "J₅ is usual")
    if np.isnan(x).any() or (x < 0).any():
        raise ValueError(
            f"J_n needs x ≥ 0, not x down to {np.min(x) if x.size else x}; J₅ is usual; take "
            "x = Θ/T."
        )
    small, large = x < 2, x >= 2 * n
    J = np.empty(x.shape)
    for chosen, branch in ((small, _small_x), (~small & ~large, _middle_x), (large, _large_x)):
        if chosen.any():
            J[chosen] = branch(x[chosen], n)
    return J


def _small_x(x: np.ndarray, n: int) -> np.ndarray:
    """Σ_k (1−2k) B_2k t^(2k−2)/(2k)! is 1/(4 sinh²(t/2)); integrate it against tⁿ term by term."""
    even = np.arange(2, 42, 2)
    # B_2k/(2k)! = (−1)^(k+1) 2ζ(2k)/(2π)^2k
    ratio = -((-1.0) ** (even // 2)) * 2 * zeta(even) / (2 * np.pi) ** even
    coefficient = np.concatenate([[1 / (n - 1)], (1 - even) * ratio / (n + even - 1)])
    return x ** (n - 1) * np.polynomial.polynomial.polyval(x**2, coefficient)


def _middle_x(x: np.ndarray, n: int) -> np.ndarray:
    """Gauss points between 0 and x; the poles of 1/sinh²(t/2) at ±2πi are far enough away."""
    u, w = _points_between(n)
    t = x[..., None] * u
    return x * (t**n / (4 * np.sinh(t / 2) ** 2) @ w)


@cache
def _points_between(n: int) -> tuple[np.ndarray, np.ndarray]:
    return unit_gauss(48 + 2 * n)


def _large_x(x: np.ndarray, n: int) -> np.ndarray:
    """J_n(x) = n! ζ(n) − Σ_m m ∫ₓ^∞ tⁿ e^(−mt) dt."""
    total = np.full(x.shape, factorial(n) * zeta(n))
    finite = np.minimum(x, 700.0)
    for m in range(1, 20):
        term = np.zeros(x.shape)
        for k in range(n, -1, -1):  # ∫ₓ^∞ tⁿe^(−mt) = e^(−mx) Σ_k n!/k! x^k / m^(n−k+1)
            term += factorial(n) / factorial(k) * finite**k / float(m) ** (n - k + 1)
        total -= m * np.exp(-m * finite) * term
    return total


def debye_function(x: ArrayLike, n: int = 3) -> np.ndarray:
    """D_n(x) = (n/xⁿ) ∫₀ˣ tⁿ/(eᵗ − 1) dt; D_n(0) = 1.

    Integration by parts gives n ∫ tⁿ/(eᵗ−1) = … in terms of J_{n+1}:
    (n+1)∫₀ˣ tⁿ/(eᵗ−1) dt = x^{n+1}/(eˣ−1) + J_{n+1}(x).
    """
    x = np.asarray(x, dtype=float)
    safe = np.where(x > 1e-3, x, 1.0)
    integral = (safe ** (n + 1) / np.expm1(safe) + bloch_gruneisen_integral(safe, n + 1)) / (n + 1)
    series = 1 - n * x / (2 * (n + 1)) + n * x**2 / (12 * (n + 2))
    return np.where(x > 1e-3, n * integral / safe**n, series)


def debye_heat_capacity(T: ArrayLike, debye_temperature: float) -> np.ndarray:
    """Heat capacity of one atom in the Debye model in units of k_B, Eq. `eq-debye-heat`.

    C/k_B = 9 (T/Θ)³ J₄(Θ/T), which tends to 3 for T ≫ Θ and to (12π⁴/5)(T/Θ)³ for T ≪ Θ.

    Parameters
    ----------
    T : array of any shape, K, ≥ 0
    debye_temperature : float, K
    """
    T = np.asarray(T, dtype=float)
    with np.errstate(divide="ignore"):
        x = debye_temperature / T
    return 9 * np.where(T > 0, T / debye_temperature, 0) ** 3 * bloch_gruneisen_integral(x, 4)
