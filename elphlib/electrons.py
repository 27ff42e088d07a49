"""The free-electron gas: Fermi sphere and its scales."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt

from elphlib.checks import positive
from elphlib.units import BOHR_A, COULOMB_eV_A, HBAR2_OVER_2M_eV_A2


@dataclass(frozen=True)
class FreeElectronGas:
    """Electrons of mass m* that feel no lattice.

    Parameters
    ----------
    density_A3 : float, Å⁻³
        Electrons per volume, both spins.
    mass : float
        m* in units of the electron mass.
    """

    density_A3: float
    mass: float = 1.0

    def __post_init__(self) -> None:
        positive("density_A3", self.density_A3, "Å⁻³", "metals have 0.009 (Cs) to 0.25 (Be)")
        positive("mass", self.mass, "electron masses", "metals have 0.8–2")

    @cached_property
    def k_fermi(self) -> float:
        """k_F = (3π²n)^(1/3) in Å⁻¹."""
        return float((3 * pi**2 * self.density_A3) ** (1 / 3))

    @cached_property
    def fermi_energy(self) -> float:
        """E_F = ħ²k_F²/2m* in eV."""
        return HBAR2_OVER_2M_eV_A2 * self.k_fermi**2 / self.mass

    @cached_property
    def dos(self) -> float:
        """N(0) = 3n/4E_F in eV⁻¹Å⁻³ per spin."""
        return 0.75 * self.density_A3 / self.fermi_energy

    @cached_property
    def plasma_energy(self) -> float:
        """ħω_p = (4πne²ħ²/m*)^(1/2) in eV."""
        return sqrt(8 * pi * self.density_A3 * COULOMB_eV_A * HBAR2_OVER_2M_eV_A2 / self.mass)

    @cached_property
    def r_s(self) -> float:
        """Radius of the sphere that holds one electron, in Bohr radii."""
        return float((3 / (4 * pi * self.density_A3)) ** (1 / 3)) / BOHR_A

    @cached_property
    def thomas_fermi_wavevector(self) -> float:
        """k_TF = (8πe²N(0))^(1/2) in Å⁻¹, with N(0) per spin: static screening, q → 0."""
        return sqrt(8 * pi * COULOMB_eV_A * self.dos)
