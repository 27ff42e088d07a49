"""Crystals given by their force constants: Born–von Kármán models, with or without a basis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import block_diag

from elphlib import bonds, metals
from elphlib.bonds import Bond
from elphlib.checks import finite_array
from elphlib.errors import UnstableLatticeError
from elphlib.lattice import Lattice
from elphlib.phonons import Crystal
from elphlib.units import M_S_PER_meV_A, MEV2_PER_N_m_u


@dataclass(frozen=True, eq=False)
class BornVonKarman(Crystal):
    """A harmonic crystal with force constants of finite range.

    Parameters
    ----------
    lattice : Lattice
    mass_u : float or (r,) array, u
    force_constants : mapping of int tuples to (3, 3) arrays, N/m
        Φ_αβ = ∂²E/∂u_α∂u'_β for two atoms: key (n1, n2, n3) for the neighbour at n·vectors of a
        Bravais crystal, key (κ, κ', n1, n2, n3) for atom κ at home and κ' in cell n. A bond may be
        given from one end or from both; ends that disagree are refused.
    positions : (r, 3) array, optional
        Atoms of the basis in units of the lattice vectors.
    on_site : (3, 3) or (r, 3, 3) array, N/m, optional
        Φ_κκ(0). None: from the acoustic sum rule Φ_κκ(0) = −Σ' Φ_κκ'(R), Eq. `eq-sum-rule`.

    Raises
    ------
    ValueError
        Wrong shapes, NaN, negative masses, bonds whose two ends disagree, or an on-site term that
        is not symmetric.
    """

    lattice: Lattice
    mass_u: ArrayLike
    force_constants: Mapping[Bond, ArrayLike]
    positions: np.ndarray = None  # type: ignore[assignment]
    on_site: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        given = np.zeros((1, 3)) if self.positions is None else self.positions
        positions = finite_array("positions", given, (len(given), 3), "lattice vectors")
        masses = np.atleast_1d(np.array(self.mass_u, dtype=float))
        if masses.shape != (len(positions),) or not (masses > 0).all() or np.isinf(masses).any():
            raise ValueError(
                f"mass_u is {self.mass_u!r}; one positive mass in u is needed for each of the "
                f"{len(positions)} atoms; metals have 7–207 u."
            )
        complete = bonds.complete(self.force_constants, len(positions))
        if self.on_site is None:
            on_site = -bonds.net(complete, len(positions))
        else:
            on_site = finite_array(
                "on_site", np.reshape(self.on_site, (-1, 3, 3)), (len(positions), 3, 3), "N/m"
            )
        asymmetry = np.abs(on_site - np.swapaxes(on_site, 1, 2)).max()
        if asymmetry > 1e-9 * max(np.abs(on_site).max(), 1e-12):
            raise ValueError(
                f"the on-site force constants are not symmetric (by {asymmetry:.2e} N/m); second "
                "derivatives of an energy are; a bond is missing or wrong."
            )
        for name, value in {
            "positions": positions,
            "masses_u": masses,
            "force_constants": complete,
            "on_site": on_site,
        }.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_element(cls, symbol: str, temperature: float | None = None) -> BornVonKarman:
        """Measured force constants of an element, from fits to its neutron dispersion curves.

        Parameters
        ----------
        symbol : str
            One of `metals.born_von_karman_sets()`.
        temperature : float, K, optional
            Which measurement, where there are several; None takes the coldest.
        """
        fit = metals.born_von_karman(symbol, temperature)
        lattice = {"fcc": Lattice.fcc, "bcc": Lattice.bcc}[fit.structure](fit.lattice_constant_A)
        constants: dict[Bond, np.ndarray] = {}
        for shell, components in fit.shells.items():
            constants |= bonds.expand_shell(lattice, fit.lattice_constant_A, shell, components)
        return cls(lattice, fit.mass_u, constants)

    @classmethod
    def springs(
        cls,
        lattice: Lattice,
        mass_u: ArrayLike,
        shells: Sequence[tuple[float, float]],
        positions: ArrayLike | None = None,
    ) -> BornVonKarman:
        """Springs to the nearest shells of neighbours: Φ = −[L n̂n̂ᵀ + T(1 − n̂n̂ᵀ)].

        Eq. `eq-springs`; for a pair potential L = φ″ and T = φ′/R.

        Parameters
        ----------
        shells : sequence of (longitudinal, transverse) in N/m, nearest shell first
        positions : (r, 3) array, optional
        """
        basis = np.zeros((1, 3)) if positions is None else np.asarray(positions, dtype=float)
        A = lattice.vectors
        reach = (len(shells) + 1) * float(np.linalg.norm(A, axis=1).max())
        cells = lattice.points_within(reach)
        separation = basis[None, :, None] - basis[:, None, None] + cells  # κ, κ', R
        length = np.linalg.norm(separation @ A, axis=-1)
        radii = np.unique(np.round(length, 6))[1 : len(shells) + 1]
        constants: dict[Bond, np.ndarray] = {}
        for radius, (along, across) in zip(radii, shells, strict=True):
            for k, kk, cell in np.argwhere(np.abs(length - radius) < 1e-5):
                n = separation[k, kk, cell] @ A / length[k, kk, cell]
                phi = -(along * np.outer(n, n) + across * (np.eye(3) - np.outer(n, n)))
                constants[(int(k), int(kk), *map(int, cells[cell]))] = phi
        return cls(lattice, mass_u, constants, basis)

    def pinned(self, spring_N_m: float) -> BornVonKarman:
        """The same crystal with every atom tied to its site: the sum rule broken on purpose.

        Adds spring/M_κ to the diagonal of D; with equal masses ω²(q) grows by spring/M at every q,
        Eq. `eq-pinned`. A negative spring makes Γ unstable.
        """
        return BornVonKarman(
            self.lattice,
            self.masses_u,
            self.force_constants,
            self.positions,
            self.on_site + spring_N_m * np.eye(3),
        )

    @property
    def sum_rule_violation(self) -> float:
        """Largest |Σ_κ'R Φ_κκ'(R)| in N/m: the force on an atom per shift of the crystal."""
        total = self.on_site + bonds.net(self.force_constants, len(self.masses_u))
        return float(np.abs(total).max())

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        """Bonds as arrays: κ (m,), κ' (m,), separations (m, 3) in Å, Φ (m, 3, 3) in N/m."""
        keys = np.array(list(self.force_constants), dtype=int).reshape(-1, 5)
        k, kk, cells = keys[:, 0], keys[:, 1], keys[:, 2:]
        separation = (cells + self.positions[kk] - self.positions[k]) @ self.lattice.vectors
        phi = np.array([self.force_constants[tuple(key)] for key in keys.tolist()], dtype=float)
        return k, kk, separation, phi.reshape(-1, 3, 3)

    def force_constant_matrix(self, q: np.ndarray) -> np.ndarray:
        """C(q) = Σ_R Φ(R) exp[iq·(R + τ' − τ)] in N/m; real for a Bravais crystal."""
        q = np.asarray(q, dtype=float)
        _, _, separation, phi = self._arrays
        if len(self.masses_u) == 1:  # Φ(R) = Φ(−R): one of each pair, counted twice
            half = self._one_of_each_pair
            wave = 2 * np.cos(q @ separation[half].T)
            return self.on_site[0] + np.tensordot(wave, phi[half], axes=1)
        return self._sum_bonds(np.exp(1j * q @ separation.T)) + block_diag(*self.on_site)

    def _sum_bonds(self, factor: np.ndarray) -> np.ndarray:
        """Σ factor·Φ over the bonds of each pair of atoms, (…, 3r, 3r) for factors (…, m)."""
        r = len(self.masses_u)
        k, kk, _, phi = self._arrays
        total = np.zeros((*factor.shape[:-1], r, 3, r, 3), dtype=factor.dtype)
        for i in range(r):
            for j in range(r):
                pair = (k == i) & (kk == j)
                total[..., i, :, j, :] = np.tensordot(factor[..., pair], phi[pair], axes=1)
        return total.reshape(*factor.shape[:-1], 3 * r, 3 * r)

    @cached_property
    def _one_of_each_pair(self) -> np.ndarray:
        """Indices of the bonds (n1, n2, n3) > (−n1, −n2, −n3) in a Bravais crystal."""
        cells = [key[2:] for key in self.force_constants]
        return np.array([i for i, n in enumerate(cells) if n > tuple(-m for m in n)], dtype=int)

    def symmetry(self) -> np.ndarray:
        """Operations S of the lattice with Φ(SR) = SΦ(R)Sᵀ for all bonds (Bravais crystals)."""
        if len(self.masses_u) > 1:
            return np.eye(3)[None]
        _, _, R, phi = self._arrays
        site = self.on_site[0]
        return np.array([S for S in self.lattice.point_group if bonds.invariant(S, R, phi, site)])

    def sound_velocity(self, directions: ArrayLike) -> np.ndarray:
        """The three sound velocities in m/s for directions (…, 3), ascending: method of long waves.

        For small q, D = D₀ + iqD₁ − q²D₂/2 along n̂; eliminating the optical displacements gives the
        3 × 3 Christoffel matrix of Eq. `eq-long-waves`, whose eigenvalues are v².

        Raises
        ------
        UnstableLatticeError
            If the sum rule is broken (then ω(0) ≠ 0 and there is no sound) or v² < 0.
        """
        n = finite_array("directions", directions, (..., 3), "any unit")
        n = n / np.linalg.norm(n, axis=-1, keepdims=True)
        if self.sum_rule_violation > 1e-6 * np.abs(self.on_site).max():
            raise UnstableLatticeError(
                f"the acoustic sum rule is broken by {self.sum_rule_violation:.3g} N/m; sound "
                "needs ω → 0 at q → 0; build the crystal with on_site=None."
            )
        squared = np.linalg.eigvalsh(self._long_wave_matrix(n))
        if squared.min() < 0:
            raise UnstableLatticeError(
                f"v² = {squared.min():.3g} (meV·Å)² < 0 along some direction; a crystal that "
                "carries sound has v² > 0; the force constants describe an unstable lattice."
            )
        return np.sqrt(squared) * M_S_PER_meV_A

    def _long_wave_matrix(self, n: np.ndarray) -> np.ndarray:
        along = n @ self._arrays[2].T
        root = np.repeat(self.masses_u**-0.5, 3)
        to_D = MEV2_PER_N_m_u * root[:, None] * root
        D1, D2 = (to_D * self._sum_bonds(along**order) for order in (1, 2))
        weight = np.sqrt(self.masses_u / self.masses_u.sum())
        A = np.kron(weight[:, None], np.eye(3))  # the three uniform shifts
        acoustic = -A.T @ D2 @ A / 2
        if len(self.masses_u) == 1:
            return acoustic
        D0 = self.dynamical_matrix(np.zeros(3)).real
        optical = D1 @ A
        return acoustic - np.swapaxes(optical, -1, -2) @ np.linalg.pinv(D0, rcond=1e-9) @ optical
