"""When Umklapp freezes: the phonon of least energy that it needs, and the exponent that shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import positive
from elphlib.errors import PhysicalRefusal
from elphlib.fermi_sphere import SphereGeometry, sphere_quadrature
from elphlib.lattice import Lattice
from elphlib.phonons import Modes, require_real
from elphlib.units import BOLTZMANN_meV_K, M_S_PER_meV_A

_STARTS = 24  # local minima that `freeze_out` follows down


class VibratingLattice(Protocol):
    """Whatever has a lattice and modes: `BornVonKarman`, `SimpleMetal`, `DebyeMetal`."""

    @property
    def lattice(self) -> Lattice: ...  # noqa: D102

    def modes(self, q: ArrayLike) -> Modes: ...  # noqa: D102


def threshold_temperature(geometry: SphereGeometry, velocity_m_s: float) -> float:
    """ħ v q_min/k_B in K, Eq. `eq-freeze-out` with sound of one velocity; 0 without threshold.

    Raises
    ------
    ValueError
        If the velocity (m/s) is not positive.
    """
    positive("velocity", velocity_m_s, "m/s", "sound in metals has 600–12000")
    return velocity_m_s / M_S_PER_meV_A * geometry.threshold / BOLTZMANN_meV_K


@dataclass(frozen=True)
class FreezeOut:
    """The Umklapp process that needs the least energy.

    Attributes
    ----------
    temperature : float, K
        T_U = ħω/k_B.
    Q, q : (3,) arrays, Å⁻¹
        Its transfer, |Q| ≤ 2k_F, and its phonon, q = Q − G.
    branch : int
    coupling : float
        (Q̂·e)² of that mode.
    """

    temperature: float
    Q: np.ndarray
    q: np.ndarray
    branch: int
    coupling: float


def freeze_out(
    crystal: VibratingLattice, k_fermi: float, coupling: float = 0.0, order: int = 16
) -> FreezeOut:
    """k_BT_U = min ħω_ν(Q) over |Q| ≤ 2k_F outside the first zone, Eq. `eq-freeze-out`.

    Parameters
    ----------
    crystal : anything with ``lattice`` and ``modes``
    k_fermi : float, Å⁻¹
    coupling : float, 0 ≤ … < 1
        Only modes with (Q̂·e)² ≥ this count. 0: the slowest mode, even if it cannot scatter; ½: the
        mode that is mostly longitudinal with respect to Q.
    order : int
        Of the `sphere_quadrature` that is searched before the best point is refined.

    Raises
    ------
    ValueError
        If k_F is not positive, or the coupling outside 0 … 1.
    UnstableLatticeError
        If a mode there has ω² < 0.
    PhysicalRefusal
        If the ball ends inside the first zone, or no mode outside couples that much.
    """
    positive("k_fermi", k_fermi, "Å⁻¹", "metals have 0.65–1.9")
    if not 0 <= coupling < 1:
        raise ValueError(
            f"coupling is {coupling}; it must lie in 0 … 1; 0 asks for the slowest mode, 0.5 for "
            "the mostly longitudinal one."
        )
    ball = sphere_quadrature(crystal.lattice, 2 * k_fermi, order)
    start = ball.Q[ball.umklapp]
    price = _least(crystal, start, coupling)[0]
    left = np.argsort(price)
    left = left[np.isfinite(price[left])]
    if not len(left):
        raise PhysicalRefusal(
            f"no process within |Q| ≤ {2 * k_fermi:.4g} Å⁻¹ leaves the first zone with (Q̂·e)² ≥ "
            f"{coupling:g}; Umklapp needs 2k_F beyond the nearest face of the zone and a mode that "
            "couples; take more electrons or a smaller `coupling`."
        )
    found: list[np.ndarray] = []
    while len(left) and len(found) < _STARTS:  # a demanded coupling makes several local minima
        Q = start[left[0]]
        left = left[np.linalg.norm(start[left] - Q, axis=1) > k_fermi / 20]
        found.append(_refined(crystal, Q, k_fermi, coupling, range(12)))
    energy = _least(crystal, np.array(found), coupling)[0]
    near = np.flatnonzero(energy <= 1.02 * energy.min())  # the others are settled to far better
    found = [_refined(crystal, found[i], k_fermi, coupling, range(12, 40)) for i in near]
    energy, branch, weight = _least(crystal, np.array(found), coupling)
    best = int(np.argmin(energy))
    Q = found[best]
    return FreezeOut(
        float(energy[best]) / BOLTZMANN_meV_K,
        Q,
        crystal.lattice.fold(Q),
        int(branch[best]),
        float(weight[best]),
    )


def _refined(
    crystal: VibratingLattice, Q: np.ndarray, k_fermi: float, coupling: float, steps: range
) -> np.ndarray:
    """Walk from Q to the lowest price nearby in shrinking cubes, inside the ball, off the zone."""
    offsets = np.stack(np.meshgrid(*[np.linspace(-1, 1, 7)] * 3), axis=-1).reshape(-1, 3)
    for size in k_fermi / 20 * 0.6 ** np.array(steps):
        near = Q + size * offsets
        length = np.linalg.norm(near, axis=1, keepdims=True)
        near = np.where(length > 2 * k_fermi, near * (2 * k_fermi / length), near)
        outside = np.linalg.norm(crystal.lattice.fold(near) - near, axis=1) > 1e-9
        near = np.concatenate([Q[None], near[outside]])
        Q = near[np.argmin(_least(crystal, near, coupling)[0])]
    return Q


def _least(
    crystal: VibratingLattice, Q: np.ndarray, coupling: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest energy among the modes at Q that couple, its branch and its (Q̂·e)²."""
    modes = crystal.modes(Q)
    require_real(modes, Q)
    unit = Q / np.linalg.norm(Q, axis=-1, keepdims=True)
    weight = np.abs(np.einsum("na,nab->nb", unit, modes.polarization)) ** 2
    energy = np.where(weight >= coupling, np.maximum(modes.energy, 0.0), np.inf)
    branch = np.argmin(energy, axis=-1)
    row = np.arange(len(Q))
    return energy[row, branch], branch, weight[row, branch]


def activation_temperature(T: ArrayLike, rate: ArrayLike, power: float = 0.0) -> np.ndarray:
    """Local T₀(T) = −d ln(rate/T^power)/d(1/T) in K: constant if rate ∝ T^power exp(−T₀/T).

    Parameters
    ----------
    T : (n,) ascending array, K
    rate : (n,) array, > 0
    power : float
        Of the factor taken out before; 1 where an experiment was fitted by T exp(−T₀/T).

    Returns
    -------
    (n,) array, K

    Raises
    ------
    ValueError
        If the shapes differ, n < 3, T is not positive and ascending, or a rate is not positive.
    """
    T, rate = np.asarray(T, dtype=float), np.asarray(rate, dtype=float)
    if T.ndim != 1 or T.shape != rate.shape or len(T) < 3 or not (T > 0).all():
        raise ValueError(
            f"T has shape {T.shape} and rate {rate.shape}; two arrays of one shape (n,), n ≥ 3, "
            "are needed, T > 0 in K; the slope is taken between neighbours."
        )
    if not (np.isfinite(rate) & (rate > 0)).all() or (np.diff(T) <= 0).any():
        raise ValueError(
            "rate must be positive and T ascending; a logarithm is taken; leave out temperatures "
            "at which the rate has underflowed."
        )
    return -np.gradient(np.log(rate) - power * np.log(T), 1 / T)
