"""A simple metal from one core radius: phonons and coupling to second order in a weak potential.

The ions sit in a sea of nearly free electrons. To second order in the pseudopotential the energy of
any arrangement of ions is a sum over pairs: the bare Coulomb repulsion, weakened by the
electrons that each ion draws around itself. Its second derivative is the dynamical
matrix; the same screened potential scatters the electrons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from elphlib import metals, screening
from elphlib.checks import not_negative, positive
from elphlib.dielectric import polarization
from elphlib.electrons import FreeElectronGas
from elphlib.errors import PhysicalRefusal, UnstableLatticeError
from elphlib.lattice import Lattice
from elphlib.lindhard import wavevector
from elphlib.local_field import LocalField
from elphlib.pair_sum import SPLITTING, PairSum
from elphlib.phonons import Crystal
from elphlib.pseudopotential import potential_named, zero_pressure_radius
from elphlib.sphere_metal import SphereMetal
from elphlib.units import BOHR_A, COULOMB_eV_A


@dataclass(frozen=True, eq=False)
class SimpleMetal(Crystal, SphereMetal):
    """Phonons and screened potential of a metal with one atom per cell.

    Parameters
    ----------
    lattice : Lattice
    valence : float
        Conduction electrons per atom, Z.
    mass_u : float
    core_radius_A : float
        The one parameter of the local pseudopotential.
    local_field : "corradini", "geldart-vosko", "hubbard" or None
        Exchange and correlation in the screening; None: none (RPA).
    potential : "ashcroft" or "shaw"
    damping : float
        The bare potential is multiplied by exp[−damping (Q/2k_F)⁴], which removes the ringing that
        the sharp edge of an empty core causes at large Q.
    """

    lattice: Lattice
    valence: float
    mass_u: float
    core_radius_A: float
    local_field: LocalField | None = "corradini"
    potential: str = "ashcroft"
    damping: float = 0.03

    def __post_init__(self) -> None:
        positive("valence", self.valence, "", "simple metals have 1–4")
        positive("mass_u", self.mass_u, "u", "elements have 1–240")
        positive("core_radius", self.core_radius_A, "Å", "typical values are 0.5–1.5 Å")
        potential_named(self.potential)
        screening.local_field(self.gas, self.gas.k_fermi, self.local_field)
        not_negative("damping", self.damping, "", "0.03 is the book's value")
        object.__setattr__(self, "masses_u", np.array([float(self.mass_u)]))
        object.__setattr__(self, "positions", np.zeros((1, 3)))

    @classmethod
    def from_element(
        cls,
        symbol: str,
        core_radius: float | Literal["tabulated"] | None = None,
        temperature: float = 0.0,
        *,
        local_field: LocalField | Literal["by valence"] | None = "by valence",
        potential: str = "ashcroft",
        allow_unstable: bool = False,
        ignore_d_bands: bool = False,
    ) -> SimpleMetal:
        """A metal from its measured lattice constant, mass and valence.

        Parameters
        ----------
        symbol : str
        core_radius : float in Å, "tabulated" or None
            None: the zero-pressure radius at the lattice constant measured near T = 0, whatever
            ``temperature``; "tabulated": a published empty-core radius.
        temperature : float, K
            Sets the lattice constant, from `metals.lattice_constant`.
        local_field : str or None
            "by valence": "corradini" for one electron per atom, "geldart-vosko" for more. Which one
            serves a metal better was found by comparison with measured phonons; it is the one
            choice that the model leaves.
        potential : "ashcroft" or "shaw"
        allow_unstable : bool
            Return the metal even if some ω² < 0, to be looked at.
        ignore_d_bands : bool
            Treat a metal with d electrons as if it had none, to see by how much that fails.

        Raises
        ------
        ValueError
            If the element is not in the tables, has no valence, or is not cubic.
        PhysicalRefusal
            If d electrons take part in the binding and were not to be ignored.
        UnstableLatticeError
            If a mode has ω² < 0 and that was not allowed.
        """
        facts = metals.metal(symbol)
        if facts.d_band and not ignore_d_bands:
            raise PhysicalRefusal(
                f"{symbol} is held together by d electrons as well; a simple metal has s and p "
                "electrons only, and without its d electrons this one comes out stable and wrong; "
                "use measured force constants, or pass ignore_d_bands=True to see how wrong."
            )
        if facts.valence is None or facts.structure not in ("fcc", "bcc"):
            raise ValueError(
                f"{symbol} is {facts.structure} with valence {facts.valence}; a simple metal here "
                "is fcc or bcc with a known number of free electrons; Li, Na, K, Rb, Cs, Al are."
            )
        make = getattr(Lattice, facts.structure)
        if core_radius is None:
            cold = make(metals.lattice_constant(symbol, 0.0))
            radius = zero_pressure_radius(cold, facts.valence, potential)
        elif core_radius == "tabulated":
            radius = metals.core_radius(symbol).core_radius_a0 * BOHR_A
        else:
            radius = core_radius
        if local_field == "by valence":
            local_field = "corradini" if facts.valence == 1 else "geldart-vosko"
        metal = cls(
            make(metals.lattice_constant(symbol, temperature)),
            facts.valence,
            facts.mass_u,
            radius,
            local_field,
            potential,
        )
        if not allow_unstable:
            metal.require_stable()
        return metal

    def require_stable(self, mesh: int = 6) -> None:
        """Raise `UnstableLatticeError`, naming q and mode, if a mode has ω² < 0.

        Looks at a symmetry-reduced Γ-centred mesh of ``mesh``³ points and at the named points of
        the lattice, and reports the worst.

        Raises
        ------
        UnstableLatticeError
            If a mode has ω² < 0.
        """
        reciprocal = self.lattice.reciprocal
        corners = np.array([*self.lattice.special_points.values()]).reshape(-1, 3) @ reciprocal
        q = np.concatenate([corners, self.lattice.mesh(mesh).points])
        modes = self.modes(q)
        if not modes.unstable.any():
            return
        at, branch = np.unravel_index(np.argmin(modes.energy), modes.energy.shape)
        along = q[at] @ modes.polarization[at, :, branch] / np.linalg.norm(q[at])
        raise UnstableLatticeError(
            f"mode {branch} at q = {np.round(q[at], 4).tolist()} Å⁻¹ has ω² < 0 (ħ|ω| = "
            f"{-modes.energy[at, branch]:.3g} meV, cosine {abs(along):.2f} between q and its "
            "polarisation); in second order this metal does not hold together; ask for it with "
            "allow_unstable=True to look at its modes, or use measured force constants."
        )

    @cached_property
    def gas(self) -> FreeElectronGas:
        """The free-electron gas of this density."""
        return FreeElectronGas(self.valence / self.lattice.volume)

    def symmetry(self) -> np.ndarray:
        """The point group of the lattice: one atom per cell."""
        return self.lattice.point_group

    def bare_form_factor(self, Q: ArrayLike) -> np.ndarray:
        """Bare w(Q) = −(4πZe²/ΩQ²) c(Qr_c) exp[−damping (Q/2k_F)⁴] in eV, Eq. `eq-ashcroft`.

        Parameters
        ----------
        Q : array of any shape, Å⁻¹, > 0
            The potential diverges as 1/Q²; `form_factor` is finite at Q = 0.

        Returns
        -------
        array of the shape of ``Q``, eV

        Raises
        ------
        ValueError
            If Q is not positive and finite.
        """
        Q = wavevector(Q, "Q", zero_allowed=False)
        return -self._ion_repulsion / self.valence * self._shape(Q) / Q**2

    def form_factor(self, Q: ArrayLike) -> np.ndarray:
        """Screened w(Q) in eV as an electron feels it, Eq. `eq-form-factor`; w(0) = −2E_F/3.

        w = w_bare/[1 − v(1 − G)χ₀]: the Hartree field of the response, and the part −vG of
        exchange and correlation that acts on an electron.

        Parameters
        ----------
        Q : array of any shape, Å⁻¹, ≥ 0
            Lengths |q + G|.

        Returns
        -------
        array of the shape of ``Q``, eV

        Raises
        ------
        ValueError
            If Q is negative or not finite.
        """
        length = np.maximum(wavevector(Q, "Q"), 1e-6 * self.gas.k_fermi)
        response, G = polarization(self.gas, length, 0.0, self.local_field)  # vχ₀ and G
        return self.bare_form_factor(length) / (1 - (1 - G) * response)

    @property
    def _ion_repulsion(self) -> float:
        """4πZ²e²/Ω in eV·Å⁻²."""
        return 4 * pi * self.valence**2 * COULOMB_eV_A / self.lattice.volume

    def _shape(self, Q: np.ndarray) -> np.ndarray:
        c = potential_named(self.potential).shape(Q * self.core_radius_A)
        return c * np.exp(-self.damping * (Q / (2 * self.gas.k_fermi)) ** 4)

    @cached_property
    def _pairs(self) -> PairSum:
        return PairSum(self.lattice, self.valence, self.gas.k_fermi, self.pair_interaction)

    def force_constant_matrix(self, q: np.ndarray) -> np.ndarray:
        """C(q) in N/m, (…, 3, 3), Eq. `eq-simple-metal`, by `PairSum`."""
        return self._pairs.force_constants(q)

    def pair_interaction(self, Q: ArrayLike) -> np.ndarray:
        """W(Q) in eV at Q ≥ 0 (Å⁻¹), the screened interaction of two ions without its near part.

        W = (4πZ²e²/ΩQ²)[exp(−Q²/4η²) − c² + c²/ε], which is finite as Q → 0; ε is the dielectric
        function of a test charge.
        """
        length = np.maximum(wavevector(Q, "Q"), 1e-3 * self.gas.k_fermi)  # rounding outgrows Q²
        eta = SPLITTING * self.gas.k_fermi
        c2 = self._shape(length) ** 2
        epsilon = screening.dielectric(self.gas, length, local_field=self.local_field)
        bracket = np.expm1(-(length**2) / (4 * eta**2)) + (1 - c2) + c2 / epsilon
        return self._ion_repulsion / length**2 * bracket
