"""Nearly free electrons: the bands of a weak local pseudopotential, and their plasma energy.

Where the Fermi sphere meets a Bragg plane the bands part and electrons there hardly move. What
accelerates in a field is then less than all the electrons: ω_p² falls, and ρ = 1/(ε₀ω_p²τ) rises.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from elphlib import integrate
from elphlib.checks import finite_array, integer
from elphlib.electrons import FreeElectronGas
from elphlib.errors import ConvergenceError
from elphlib.lattice import Lattice, Mesh
from elphlib.units import COULOMB_eV_A, HBAR2_OVER_2M_eV_A2


class WeakPotential(Protocol):
    """A lattice, its free electrons and their form factor: `SimpleMetal`."""

    @property
    def lattice(self) -> Lattice: ...  # noqa: D102

    @property
    def gas(self) -> FreeElectronGas: ...  # noqa: D102

    def form_factor(self, Q: ArrayLike) -> np.ndarray: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class NearlyFreeBands:
    """Bands of H = ħ²(k+G)²/2m δ_GG' + w(|G − G'|) on a few plane waves.

    Parameters
    ----------
    metal : SimpleMetal or the like
        Its form factor at G ≠ 0 mixes the waves; w(0) only shifts all energies and is left out.
    waves : int ≥ 1
        Plane waves kept, from the shortest G on, and those that complete the last shell.
    mesh : int ≥ 1
        Points of the mesh along each reciprocal vector.

    Raises
    ------
    ValueError
        If waves or mesh is no integer ≥ 1.
    """

    metal: WeakPotential
    waves: int = 27
    mesh: int = 32

    def __post_init__(self) -> None:
        waves = integer("waves", self.waves, 1, "27 keeps three shells in fcc")
        mesh = integer("mesh", self.mesh, 1, "32 gives the plasma energy to 1 %")
        object.__setattr__(self, "waves", waves)
        object.__setattr__(self, "mesh", mesh)

    def energies(self, k: ArrayLike) -> np.ndarray:
        """Band energies, ascending.

        Parameters
        ----------
        k : (…, 3) array, Å⁻¹
            Folded into the first zone.

        Returns
        -------
        (…, b) array, eV
            b ≥ `waves`, since shells are kept whole.

        Raises
        ------
        ValueError
            If k is not (…, 3) finite numbers.
        """
        return np.linalg.eigvalsh(self._hamiltonian(self._in_the_zone(k)))

    def velocities(self, k: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Band energies, ascending, and their slopes.

        By Hellmann and Feynman ∂ε/∂k = (ħ²/m) Σ_G |c_G|² (k + G); degenerate bands share theirs in
        a way that depends on the eigenvectors.

        Parameters
        ----------
        k : (…, 3) array, Å⁻¹
            Folded into the first zone.

        Returns
        -------
        energy : (…, b) array, eV
            b ≥ `waves`, since shells are kept whole.
        slope : (…, b, 3) array, eV Å
            ∂ε/∂k.

        Raises
        ------
        ValueError
            If k is not (…, 3) finite numbers.
        """
        k = self._in_the_zone(k)
        energy, c = np.linalg.eigh(self._hamiltonian(k))
        waves = k[..., None, :] + self._G
        slope = 2 * HBAR2_OVER_2M_eV_A2 * np.einsum("...gb,...gi->...bi", c**2, waves)
        return energy, slope

    @cached_property
    def fermi_energy(self) -> float:
        """Energy in eV below which the lowest bands hold the electrons of one cell, two per state.

        Raises
        ------
        ConvergenceError
            If the plane waves hold fewer states than there are electrons in reach.
        """
        energy = self._on_mesh[0]
        corners, weights = self._tetrahedra
        gas = self.metal.gas
        grid = np.linspace(energy.min() - 0.1, 1.4 * gas.fermi_energy + 1, 6001)
        density = 2 * integrate.density_of_states(grid, energy, corners, weights)
        steps = (density[1:] + density[:-1]) / 2 * np.diff(grid)
        electrons = gas.density_A3 * self.metal.lattice.volume
        count = np.concatenate([[0.0], np.cumsum(steps)])
        if count[-1] < electrons:
            raise ConvergenceError(
                f"{self.waves} plane waves hold {count[-1]:.3g} electrons up to {grid[-1]:.3g} eV, "
                f"{electrons:.3g} are needed; raise `waves`."
            )
        return float(np.interp(electrons, count, grid))

    @cached_property
    def dos(self) -> float:
        """States per eV, spin and Å³ at the Fermi energy, as `FreeElectronGas.dos`."""
        energy = self._on_mesh[0]
        surface = _on_surface(energy, np.ones_like(energy), self.fermi_energy, *self._tetrahedra)
        return surface / self.metal.lattice.volume

    @cached_property
    def plasma_energy(self) -> float:
        """ħω_p in eV, (ħω_p)² = 4πe² (2/3) ∫_BZ d³k/(2π)³ |∂ε/∂k|² δ(ε − E_F), `eq-plasma-energy`.

        Free electrons give back 4πe²ħ²n/m. With the mesh it converges unevenly: at 273 K meshes of
        24, 32, 40 and 48 give 13.97, 13.93, 13.91 and 13.96 eV for Al, 5.875, 5.870, 5.868 and
        5.868 eV for Na. 89 waves in place of 27 change that of Al by 0.005 eV.
        """
        energy, slope = self._on_mesh
        corners, weights = self._tetrahedra
        squared = (slope**2).sum(axis=-1)
        surface = _on_surface(energy, squared, self.fermi_energy, corners, weights)
        return sqrt(4 * pi * COULOMB_eV_A * (2 / 3) * surface / self.metal.lattice.volume)

    @cached_property
    def _G(self) -> np.ndarray:
        radius = 2 * self.metal.gas.k_fermi
        while len(G := self.metal.lattice.reciprocal_within(radius)) < self.waves:
            radius *= 1.3
        length = np.linalg.norm(G, axis=1)
        last = np.sort(length)[self.waves - 1]
        return self.metal.lattice.reciprocal_within(last * (1 + 1e-9) + 1e-12)

    @cached_property
    def _mixing(self) -> np.ndarray:
        apart = np.linalg.norm(self._G[:, None] - self._G, axis=-1)
        return np.where(apart > 1e-9, self.metal.form_factor(apart), 0.0)

    def _in_the_zone(self, k: ArrayLike) -> np.ndarray:
        """The k (…, 3) of the first zone: a few waves round G = 0 serve no other, and ε repeats."""
        return self.metal.lattice.fold(finite_array("k", k, (..., 3), "Å⁻¹"))

    def _hamiltonian(self, k: np.ndarray) -> np.ndarray:
        kinetic = HBAR2_OVER_2M_eV_A2 * ((k[..., None, :] + self._G) ** 2).sum(axis=-1)
        return self._mixing + kinetic[..., None] * np.eye(len(self._G))

    @cached_property
    def _on_mesh(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest bands and their slopes at the points of the mesh."""
        energy, slope = self.velocities(self._mesh.points)
        electrons = self.metal.gas.density_A3 * self.metal.lattice.volume
        lowest = int(electrons / 2) + 6
        return energy[:, :lowest], slope[:, :lowest]

    @cached_property
    def _mesh(self) -> Mesh:
        return self.metal.lattice.mesh(self.mesh)

    @cached_property
    def _tetrahedra(self) -> tuple[np.ndarray, np.ndarray]:
        shape = (self.mesh, self.mesh, self.mesh)
        return integrate.tetrahedra(self.metal.lattice.reciprocal, shape, self._mesh.star)


def _on_surface(
    values: np.ndarray,
    quantity: np.ndarray,
    energy: float,
    corners: np.ndarray,
    weights: np.ndarray,
) -> float:
    """∫ A δ(ε − E) over the zone, per cell, by linear tetrahedra; A and ε are (m, b).

    In a tetrahedron ε = E is a triangle or a plane quadrangle, on which the linear A has the mean
    of its corners, triangle by triangle; how much of the δ function lies there is `eq-tetrahedron`.
    """
    e, A = (x[corners].transpose(0, 2, 1).reshape(-1, 4) for x in (values, quantity))
    w = np.repeat(weights, values.shape[1])
    rank = np.argsort(e, axis=1)
    e, A = np.take_along_axis(e, rank, axis=1), np.take_along_axis(A, rank, axis=1)
    total = 0.0
    for below in (1, 2, 3):
        cut = (e < energy).sum(axis=1) == below
        total += float(w[cut] @ _cut(e[cut], A[cut], energy, below))
    return total


def _cut(e: np.ndarray, A: np.ndarray, energy: float, below: int) -> np.ndarray:
    """∫ A δ(ε − E) over tetrahedra (n, 4) of unit volume with ``below`` corners below E."""

    def corner(i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
        f = (energy - e[:, i]) / (e[:, j] - e[:, i])
        return f, A[:, i] + f * (A[:, j] - A[:, i])

    if below != 2:
        apex = 0 if below == 1 else 3
        others = [i for i in range(4) if i != apex]
        f, a = zip(*(corner(apex, i) for i in others), strict=True)
        area = 3 * f[0] * f[1] * f[2] / np.abs(energy - e[:, apex])
        return area * sum(a) / 3
    (f02, a02), (f03, a03) = corner(0, 2), corner(0, 3)
    (f12, a12), (f13, a13) = corner(1, 2), corner(1, 3)
    # Cut by the plane through corner 1 and the points on edges 02, 03: a pyramid on each side.
    first = 3 * f02 * f03 * (1 - f13) / (energy - e[:, 0])
    second = 3 * f02 * (1 - f12) * f13 / (energy - e[:, 0])
    return first * (a02 + a03 + a13) / 3 + second * (a02 + a12 + a13) / 3
