"""Exchange and correlation of the unpolarised electron gas, per electron, from r_s alone.

Exchange is exact; correlation is the fit of Perdew and Wang [PW92]_ to quantum Monte Carlo.
Each energy ε(r_s) brings its potential μ = d(nε)/dn = ε − (r_s/3) dε/dr_s, and the derivative
dμ/dn, which fixes how the gas answers a slow squeeze (Eq. `eq-compressibility`).

References
----------
.. [PW92] J. P. Perdew, Y. Wang, Phys. Rev. B 45, 13244 (1992), Eq. (10) and Table I.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import lengths
from elphlib.units import BOHR_A, HARTREE_eV

#: ε_x = −(3/4π)(9π/4)^(1/3) / r_s in hartree.
_EXCHANGE = -(3 / (4 * pi)) * (9 * pi / 4) ** (1 / 3)
#: Table I of [PW92]_, ζ = 0: A, α₁ and β₁ to β₄ for r_s^(1/2), r_s, r_s^(3/2), r_s².
_A, _ALPHA = 0.031091, 0.21370
_BETA = np.array([7.5957, 3.5876, 1.6382, 0.49294])


def exchange_energy(r_s: ArrayLike) -> np.ndarray:
    """ε_x = −(3/4π)(9π/4)^(1/3) e²/(a₀ r_s) in eV per electron.

    Parameters
    ----------
    r_s : array of any shape, a₀, > 0

    Raises
    ------
    ValueError
        If r_s is not positive and finite.
    """
    return HARTREE_eV * _EXCHANGE / _radius(r_s)


def exchange_potential(r_s: ArrayLike) -> np.ndarray:
    """μ_x = 4ε_x/3 = −e²k_F/π in eV; arguments as in `exchange_energy`."""
    return 4 / 3 * exchange_energy(r_s)


def exchange_derivative(r_s: ArrayLike) -> np.ndarray:
    """dμ_x/dn = μ_x/3n = −πe²/k_F² in eV·Å³; arguments as in `exchange_energy`."""
    return exchange_potential(r_s) / (3 * _density_A3(_radius(r_s)))


def correlation_energy(r_s: ArrayLike) -> np.ndarray:
    """ε_c = −2A(1 + α₁r_s) ln[1 + 1/2A Σᵢ βᵢ r_s^(i/2)] in eV per electron [PW92]_.

    Parameters
    ----------
    r_s : array of any shape, a₀, > 0

    Raises
    ------
    ValueError
        If r_s is not positive and finite.
    """
    return HARTREE_eV * _correlation(_radius(r_s))[0]


def correlation_potential(r_s: ArrayLike) -> np.ndarray:
    """μ_c = ε_c − (r_s/3) dε_c/dr_s in eV; arguments as in `correlation_energy`."""
    r_s = _radius(r_s)
    energy, slope, _ = _correlation(r_s)
    return HARTREE_eV * (energy - r_s * slope / 3)


def correlation_derivative(r_s: ArrayLike) -> np.ndarray:
    """dμ_c/dn in eV·Å³; arguments as in `correlation_energy`.

    With dr_s/dn = −r_s/3n it is −(r_s/9n)(2 dε_c/dr_s − r_s d²ε_c/dr_s²).
    """
    r_s = _radius(r_s)
    _, slope, curvature = _correlation(r_s)
    return -HARTREE_eV * r_s * (2 * slope - r_s * curvature) / (9 * _density_A3(r_s))


def correlation_slope(r_s: ArrayLike) -> np.ndarray:
    """dε_c/dr_s in eV (r_s in units of a₀); arguments as in `correlation_energy`."""
    return HARTREE_eV * _correlation(_radius(r_s))[1]


def _correlation(r_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ε_c and its first two derivatives with respect to r_s, in hartree."""
    power = np.arange(1, 5) / 2
    terms = 2 * _A * _BETA * r_s[..., None] ** power
    D = terms.sum(axis=-1)
    D1 = (power * terms).sum(axis=-1) / r_s
    D2 = (power * (power - 1) * terms).sum(axis=-1) / r_s**2
    P = -2 * _A * (1 + _ALPHA * r_s)
    P1 = -2 * _A * _ALPHA
    L = np.log1p(1 / D)
    L1 = -D1 / (D * (D + 1))
    L2 = -D2 / (D * (D + 1)) + (2 * D + 1) * (D1 / (D * (D + 1))) ** 2
    return P * L, P1 * L + P * L1, 2 * P1 * L1 + P * L2


def _density_A3(r_s: np.ndarray) -> np.ndarray:
    """N = 3/4π(a₀r_s)³ in Å⁻³."""
    return np.asarray(3 / (4 * pi * (BOHR_A * r_s) ** 3))


def _radius(r_s: ArrayLike) -> np.ndarray:
    """r_s as a checked array."""
    return lengths("r_s", r_s, "a₀", "metals have 1.9 (Be) to 5.6 (Cs)", zero_allowed=False)
