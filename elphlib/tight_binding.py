"""One s-like band on a lattice: energies, velocities, density of states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from elphlib import integrate
from elphlib.checks import finite_array, positive
from elphlib.lattice import Lattice
from elphlib.units import M_S_PER_meV_A

#: Period across a two-dimensional crystal in Å; nothing hops that way, so its value has no effect.
ACROSS_A = 10.0


@dataclass(frozen=True, eq=False)
class TightBinding:
    """One band ε(k) = ε₀ − Σ_R t(R) cos k·R, Eq. `eq-tight-binding`.

    Parameters
    ----------
    lattice : Lattice
        For a two-dimensional crystal the third vector stands across it and no hopping uses it.
    hoppings : mapping of int triples to float, eV
        t(R) for R = n·vectors, positive for a band with its bottom at Γ. A bond may be given from
        one end or from both; ends that disagree are refused.
    on_site : float, eV

    Raises
    ------
    ValueError
        If there is no hopping, a key is not a non-zero integer triple, a value is not finite, or
        the two ends of a bond disagree.
    """

    lattice: Lattice
    hoppings: Mapping[tuple[int, int, int], float] = field(hash=False)
    on_site: float = 0.0

    def __post_init__(self) -> None:
        complete: dict[tuple[int, int, int], float] = {}
        for key, value in self.hoppings.items():
            if len(key) != 3 or any(int(m) != m for m in key) or not any(key):
                raise ValueError(
                    f"hopping key {key} is not understood; three integers, not all zero, count "
                    "lattice vectors; (1, 0, 0) is the first neighbour along a₁."
                )
            t = float(finite_array(f"hopping {key}", value, (), "eV"))
            n = (int(key[0]), int(key[1]), int(key[2]))
            for end in (n, (-n[0], -n[1], -n[2])):
                if abs(complete.setdefault(end, t) - t) > 1e-12 * abs(t):
                    raise ValueError(
                        f"hopping {key} is {t} eV from one end and {complete[end]} eV from the "
                        "other; a real s band needs t(R) = t(−R); give one end only."
                    )
        if not complete:
            raise ValueError(
                "there is no hopping; a band needs at least one; metals have 0.1–3 eV."
            )
        finite_array("on_site", self.on_site, (), "eV")
        object.__setattr__(self, "hoppings", complete)

    @classmethod
    def shells(cls, lattice: Lattice, hoppings: ArrayLike) -> TightBinding:
        """The same hopping to all neighbours of a shell; nearest shell first, (n,) in eV.

        Raises
        ------
        ValueError
            If there is no hopping, or they are not a list of finite numbers.
        """
        t = np.atleast_1d(finite_array("hoppings", hoppings, (...,), "eV"))
        if t.ndim != 1:
            raise ValueError(
                f"hoppings has shape {t.shape}; it must be (n,), one value in eV for each shell of "
                "neighbours; pass a mapping to TightBinding for anything else."
            )
        reach = (len(t) + 1) * float(np.linalg.norm(lattice.vectors, axis=1).max())
        cells = lattice.points_within(reach)
        length = np.round(np.linalg.norm(cells @ lattice.vectors, axis=1), 6)
        radii = np.unique(length)[1 : len(t) + 1]
        return cls(
            lattice,
            {
                (int(n[0]), int(n[1]), int(n[2])): float(value)
                for radius, value in zip(radii, t, strict=True)
                for n in cells[length == radius]
            },
        )

    @classmethod
    def square(cls, a: float, t: float, t_diagonal: float = 0.0) -> TightBinding:
        """Square lattice in the xy plane: ε = −2t(cos k_x a + cos k_y a) − 4t' cos k_x a cos k_y a.

        Parameters
        ----------
        a : float, Å
        t, t_diagonal : float, eV
            To the first and to the second neighbours.
        """
        positive("lattice constant a", a, "Å", "metals have 2.5–6.5 Å")
        hoppings = {(1, 0, 0): t, (0, 1, 0): t, (1, 1, 0): t_diagonal, (1, -1, 0): t_diagonal}
        return cls(Lattice(np.diag([a, a, ACROSS_A])), hoppings)

    @classmethod
    def triangular(cls, a: float, t: float) -> TightBinding:
        """Triangular lattice in the xy plane, hopping t in eV to the six neighbours at a in Å."""
        return cls(Lattice.hexagonal(a, ACROSS_A), {(1, 0, 0): t, (0, 1, 0): t, (1, 1, 0): t})

    @cached_property
    def _bonds(self) -> tuple[np.ndarray, np.ndarray]:
        """R (m, 3) in Å and t (m,) in eV, every bond from both ends."""
        cells = np.array(list(self.hoppings), dtype=float)
        return cells @ self.lattice.vectors, np.array(list(self.hoppings.values()))

    def energy(self, k: ArrayLike) -> np.ndarray:
        """ε(k) in eV, (…), for k (…, 3) in Å⁻¹; Eq. `eq-tight-binding`."""
        R, t = self._bonds
        return self.on_site - np.cos(finite_array("k", k, (..., 3), "Å⁻¹") @ R.T) @ t

    def gradient(self, k: ArrayLike) -> np.ndarray:
        """∂ε/∂k = Σ_R t(R) R sin k·R in eV·Å, (…, 3), for k (…, 3) in Å⁻¹."""
        R, t = self._bonds
        return np.sin(finite_array("k", k, (..., 3), "Å⁻¹") @ R.T) @ (t[:, None] * R)

    def velocity(self, k: ArrayLike) -> np.ndarray:
        """Velocity (1/ħ) ∂ε/∂k in m/s, (…, 3), for k (…, 3) in Å⁻¹."""
        return 1e3 * M_S_PER_meV_A * self.gradient(k)

    def dos(self, energy_eV: ArrayLike, mesh: int | tuple[int, int, int] = 48) -> np.ndarray:
        """Density of states by linear tetrahedra, Eq. `eq-tetrahedron`.

        Parameters
        ----------
        energy_eV : (n,) ascending array
        mesh : divisions of the reciprocal cell; (n, n, 1) for a two-dimensional crystal

        Returns
        -------
        (n,) array
            States per eV, per cell and **per spin**; its integral is 1.
        """
        points = self.lattice.mesh(mesh, self._symmetry)
        corners, weights = integrate.tetrahedra(self.lattice.reciprocal, points.shape, points.star)
        values = self.energy(points.points)[:, None]
        return integrate.density_of_states(np.asarray(energy_eV, float), values, corners, weights)

    @cached_property
    def _symmetry(self) -> np.ndarray:
        """Operations of the lattice that map every bond to one of equal hopping."""
        R, t = self._bonds
        kept = []
        for S in self.lattice.point_group:
            distance = np.abs((R @ S.T)[:, None] - R[None]).max(axis=-1)
            partner = distance.argmin(axis=1)
            if distance.min(axis=1).max() < 1e-6 and np.allclose(t, t[partner], rtol=1e-9):
                kept.append(S)
        return np.array(kept)

    def fermi_energy(self, electrons: float, mesh: int | tuple[int, int, int] = 48) -> float:
        """Energy up to which the band holds so many electrons per cell, both spins, in eV.

        The integral of the tetrahedron density of states is inverted; the error is that of linear
        interpolation, of second order in the mesh.

        Raises
        ------
        ValueError
            If electrons is not between 0 and 2.
        """
        if not 0 < electrons < 2:
            raise ValueError(
                f"electrons is {electrons} per cell; one band holds more than 0 and less than 2; "
                "half filling is 1."
            )
        points = self.lattice.mesh(mesh, self._symmetry).points
        edges = self.energy(points)
        grid = np.linspace(edges.min(), edges.max(), 4001)
        states = np.cumsum(self.dos(grid, mesh))
        return float(np.interp(electrons / 2, states / states[-1], grid))
