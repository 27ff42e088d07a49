"""α²F of a Fermi sphere as a curve: shells of |Q|, to be drawn.

The points of `sphere_coupling` are few and placed for integrals; broadened by little, they show
themselves instead of the metal. Here directions and lengths of Q are regular, and energies and
strengths are linear between neighbouring lengths, so that a narrow broadening is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, positive
from elphlib.coupling import screened_ion
from elphlib.freezing import VibratingLattice
from elphlib.integrate import unit_gauss
from elphlib.phonons import Modes, require_real
from elphlib.spectral import SpectralFunction
from elphlib.spectral_parts import Peaks
from elphlib.sphere_coupling import Metal, Processes, kept, require_same_lattice

#: Points by which a line between two shells is replaced
_BETWEEN = 6


@dataclass(frozen=True, eq=False)
class SphereShells:
    """Modes and couplings on m shells Q = 2k_F x in d directions, Eq. `eq-sphere-alpha2f`.

    Attributes
    ----------
    x : (m,) array
        Q/2k_F, equal steps up to 1.
    directions, weight : (d, 3) and (d,) arrays
        One of each 48 equivalent directions, and its part of the solid angle; they sum to one.
    energy : (m, d, 3) array, meV
        ħω in ascending order.
    density : (m, d, 3) array, meV
        2N(0)x|g|²: d∫α²F dω/dx of one direction.
    umklapp : (m, d) bool array
        Where Q lies outside the first zone.
    """

    x: np.ndarray
    directions: np.ndarray
    weight: np.ndarray
    energy: np.ndarray
    density: np.ndarray
    umklapp: np.ndarray

    def _chosen(self, transport: bool, processes: Processes) -> np.ndarray:
        angle = 2 * self.x**2 if transport else np.ones_like(self.x)  # 1 − cos θ
        return self.density * (angle[:, None] * kept(self.umklapp, processes))[..., None]

    def lambda_density(self, transport: bool = False, processes: Processes = "all") -> np.ndarray:
        """dλ/dx (m,): which transfers make λ, or λ_tr."""
        lam = (2 * self._chosen(transport, processes) / self.energy).sum(axis=-1)
        return np.asarray(lam @ self.weight)

    def alpha2f(
        self,
        energy_meV: ArrayLike,
        width_meV: float,
        transport: bool = False,
        processes: Processes = "all",
    ) -> np.ndarray:
        """α²F at energies of any shape, broadened by a Gaussian of standard deviation width_meV.

        With 36 directions and 40 shells, and a width of a hundredth of the largest energy, curves
        of the alkali metals are within 3 % of their highest value from the converged ones, those
        of Al within 8 %. Take numbers from `SphereMetal.spectral_function`.

        Raises
        ------
        ValueError
            If the width is not positive, an energy not finite, or a choice unknown.
        """
        positive("width_meV", width_meV, "meV", "a hundredth of the largest energy shows most")
        wanted = finite_array("energy_meV", energy_meV, (...,), "meV")
        return Peaks(self._lines, self._strengths(transport, processes)).broadened(
            wanted, width_meV
        )

    def spectral_function(
        self, transport: bool = False, processes: Processes = "all"
    ) -> SpectralFunction:
        """The same as peaks, for a quick λ or ρ(T): good to about 1 %, without an error estimate.

        `SphereMetal.spectral_function` has one, and resolves the lowest temperatures.
        """
        return SpectralFunction.from_peaks(self._lines, self._strengths(transport, processes))

    def _strengths(self, transport: bool, processes: Processes) -> np.ndarray:
        """∫α²F dω in meV of each of the lines."""
        share = self._chosen(transport, processes) * self.weight[:, None]
        return (self.x[1] - self.x[0]) / _BETWEEN * _between(share)

    @cached_property
    def _lines(self) -> np.ndarray:
        """Energies on the lines between neighbouring shells."""
        return _between(self.energy)


def sphere_shells(
    metal: Metal, phonons: VibratingLattice | None = None, directions: int = 6, shells: int = 40
) -> SphereShells:
    """Modes and couplings of a cubic metal on shells of |Q| inside its ball 2k_F.

    Parameters
    ----------
    metal : SimpleMetal or the like
        Cubic, with its axes along x, y and z.
    phonons : crystal, optional
        Whose modes to use in place of the metal's own.
    directions : int ≥ 2
        Gauss points in each of two angles of the wedge x ≥ y ≥ z ≥ 0.
    shells : int ≥ 2
        Steps in |Q|.

    Raises
    ------
    ValueError
        If the lattice is not cubic along the axes, the phonons belong to another, or a number is
        too small.
    UnstableLatticeError
        If a mode has ω² < 0.
    """
    if directions < 2 or shells < 2:
        raise ValueError(
            f"directions is {directions} and shells {shells}; both must be at least 2; 6 and 40 "
            "draw a curve."
        )
    if not _is_cubic(metal.lattice.point_group):
        raise ValueError(
            "the lattice is not cubic with its axes along x, y and z; the wedge of directions "
            "stands for 48 only there; use sphere_coupling for another lattice."
        )
    phonons = phonons or metal
    require_same_lattice(metal.lattice, phonons.lattice)
    x = np.linspace(0, 1, shells + 1)
    x[0] = 1e-2 / shells  # every density has gone to zero there
    unit, weight = _wedge(directions)
    length = 2 * metal.gas.k_fermi * x
    Q = length[:, None, None] * unit
    modes = phonons.modes(Q)
    flat = Modes(modes.energy.reshape(-1, 3), modes.polarization.reshape(-1, 3, 3))
    require_real(flat, Q.reshape(-1, 3))
    w = np.broadcast_to(metal.form_factor(length)[:, None], Q.shape[:2])
    mass = float(metal.masses_u[0])
    g2 = np.abs(screened_ion(Q, w, modes.energy, modes.polarization, mass)) ** 2  # meV²
    per_meV = 1e-3 * metal.gas.dos * metal.lattice.volume
    outside = np.linalg.norm(metal.lattice.fold(Q) - Q, axis=-1) > 1e-9 * length[-1]
    return SphereShells(x, unit, weight, modes.energy, 2 * per_meV * x[:, None, None] * g2, outside)


def _between(values: np.ndarray) -> np.ndarray:
    """Values (m, d, 3) on the lines between neighbouring shells, flat."""
    t = ((np.arange(_BETWEEN) + 0.5) / _BETWEEN)[:, None, None, None]
    return np.ravel((1 - t) * values[:-1] + t * values[1:])


def _wedge(n: int) -> tuple[np.ndarray, np.ndarray]:
    """n² directions with x ≥ y ≥ z ≥ 0 and their parts of the solid angle: Gauss in φ and cos θ."""
    u, w = unit_gauss(n)
    phi = np.pi / 4 * u[:, None]
    top = np.sin(phi) / np.hypot(1, np.sin(phi))  # cos θ where z = y
    z = u * top
    flat = np.sqrt(1 - z**2)
    weight = (w[:, None] * w * top).ravel()
    unit = np.stack([flat * np.cos(phi), flat * np.sin(phi), z], axis=-1).reshape(-1, 3)
    return unit, weight / weight.sum()


def _is_cubic(group: np.ndarray) -> bool:
    """Whether all 48 signed permutations of the axes are in the group (m, 3, 3)."""
    return len(group) == 48 and bool(np.isin(np.round(np.abs(group), 9), (0.0, 1.0)).all())
