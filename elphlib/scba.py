"""Self-consistent Migdal theory of one Holstein electron: every diagram whose phonons nest.

Σ(z) = g²G_loc(z − ω₀) with G_loc(z) = ∫dk 1/(z − ε_k − Σ(z)), Eq. `eq-scba`: a recursion from far
below the band, where Σ is nothing, upwards in steps of ω₀.
"""

from __future__ import annotations

from math import pi

import numpy as np
from scipy.optimize import brentq
from scipy.special import ellipk

from elphlib.errors import ConvergenceError

#: Steps of ω₀ that are followed down at the most
_DEEPEST = 100_000


def local_green(z: np.ndarray, hopping: float, dimension: int) -> np.ndarray:
    """∫d^dk/(2π)^d 1/(z − ε_k) of chain or square lattice, ε = −2t Σ cos k.

    Real and negative below the band, and for complex z on the physical branch, Im G of the sign
    of −Im z. The chain has 1/√(z² − 4t²), the square (2/πz) K(16t²/z²) with K(m) of the
    parameter m.

    Parameters
    ----------
    z : real array below −2dt, or complex array off the real axis
    hopping : float > 0
    dimension : 1 or 2
    """
    if dimension == 1:
        return np.asarray(1 / (z * np.sqrt(1 - (2 * hopping / z) ** 2)))
    parameter = (4 * hopping / z) ** 2
    if np.isrealobj(z):
        return np.asarray(2 / (pi * z) * ellipk(parameter))
    return np.asarray(_mean_of_chains(z, hopping))


def _mean_of_chains(z: np.ndarray, hopping: float) -> np.ndarray:
    """The square lattice off the real axis: a mean over chains, Gauss points in the second k."""
    n = 4000
    k = (np.arange(n) + 0.5) * pi / n
    shifted = z[..., None] + 2 * hopping * np.cos(k)
    return (1 / (shifted * np.sqrt(1 - (2 * hopping / shifted) ** 2))).mean(axis=-1)


def self_energy(
    z: np.ndarray, hopping: float, phonon_energy: float, coupling: float, dimension: int
) -> np.ndarray:
    """Σ(z) by recursion, Eq. `eq-scba`, for z below the polaron's energy or off the real axis.

    Starts n steps down, where g²G_loc is far below rounding beside ω₀ n, and comes up:
    Σ(z − mω₀) = g²G₀(z − (m+1)ω₀ − Σ(z − (m+1)ω₀)).

    Returns
    -------
    array of the shape of z; NaN where a real z lies above the lowest pole.
    """
    z = np.asarray(z)
    sigma = np.zeros(z.shape, dtype=z.dtype)
    if coupling == 0:
        return sigma
    steps = _steps_down(z, hopping, phonon_energy, coupling, dimension)
    edge = -2 * dimension * hopping
    with np.errstate(invalid="ignore", divide="ignore"):
        for m in range(steps, 0, -1):
            argument = z - m * phonon_energy - sigma
            if np.isrealobj(z):  # beyond a pole of a lower rung nothing is real any more
                argument = np.where(argument < edge, argument, np.nan)
            sigma = coupling**2 * local_green(argument, hopping, dimension)
    return sigma


def lowest_pole(
    hopping: float, phonon_energy: float, coupling: float, dimension: int
) -> tuple[float, float]:
    """Energy z = −2dt + Σ(z) of the polaron, and 1 − dΣ/dz there.

    Raises
    ------
    ConvergenceError
        If the recursion would need more than 10⁵ steps.
    """
    edge = -2 * dimension * hopping
    if coupling == 0:
        return edge, 1.0

    def excess(z: float) -> float:
        value = float(self_energy(np.array([z]), hopping, phonon_energy, coupling, dimension)[0])
        return np.inf if np.isnan(value) else z - edge - value

    # z + 2dt − Σ(z) rises from −∞ to the pole and on; Σ < 0. Below the lower bound nothing lies.
    low = edge - coupling**2 / phonon_energy - 1e-9 * hopping
    high = edge
    for _ in range(200):  # bring the upper end below the pole's own continuum
        if np.isfinite(excess(high)):
            break
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    energy = float(brentq(excess, low, high, xtol=1e-14 * hopping, rtol=1e-15))
    step = 1e-5 * hopping
    ends = self_energy(
        np.array([energy - step, energy + step]), hopping, phonon_energy, coupling, dimension
    )
    return energy, float(1 - (ends[1] - ends[0]) / (2 * step))


def _steps_down(
    z: np.ndarray, hopping: float, phonon_energy: float, coupling: float, dimension: int
) -> int:
    """Rungs until what is neglected, g²/nω₀ damped by all rungs above, is nothing."""
    reach = 4 * dimension * hopping + coupling**2 / phonon_energy + float(np.abs(z).max())
    steps = int(2 * reach / phonon_energy + 40 + 6 * coupling / phonon_energy)
    if steps > _DEEPEST:
        raise ConvergenceError(
            f"the recursion would need {steps} steps of ω₀ = {phonon_energy:g}; at most {_DEEPEST} "
            "are done; use ω₀ above 10⁻³ t."
        )
    return steps
