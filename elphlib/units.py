"""CODATA constants in the book's units, and the conversions between them.

Energies of phonons are in meV, of electrons in eV; lengths in Å; wavevectors in Å⁻¹; masses in u;
temperatures in K; force constants in N/m; velocities in m/s. No other module types a constant.
The values are those of `scipy.constants` (CODATA 2022 in scipy ≥ 1.15).
"""

from math import pi, sqrt
from typing import TypeVar

import numpy as np
from scipy import constants as si

Real = TypeVar("Real", float, np.ndarray)

HBAR_meV_ps = si.hbar / si.e * 1e15  #: ħ in meV·ps
BOLTZMANN_meV_K = si.k / si.e * 1e3  #: k_B in meV/K
BOHR_A = si.physical_constants["Bohr radius"][0] * 1e10  #: a₀ in Å
HARTREE_eV = si.physical_constants["Hartree energy in eV"][0]  #: e²/(4πε₀a₀) in eV
COULOMB_eV_A = HARTREE_eV * BOHR_A  #: e²/(4πε₀) in eV·Å
HBAR2_OVER_2M_eV_A2 = 0.5 * HARTREE_eV * BOHR_A**2  #: ħ²/2mₑ in eV·Å²
GAS_CONSTANT_J_mol_K = si.R  #: N_A k_B in J/(mol·K)
MEV_PER_THZ = si.h / si.e * 1e15  #: hν in meV for ν = 1 THz
N_m_PER_eV_A2 = si.e * 1e20  #: 1 eV/Å² in N/m
DENSITY_g_cm3_PER_u_A3 = si.atomic_mass * 1e27  #: 1 u/Å³ in g/cm³

#: (ħω)² in meV² of one u on a spring of one N/m; D[meV²] = this × Φ[N/m] / M[u]
MEV2_PER_N_m_u = (HBAR_meV_ps * 1e-12) ** 2 / si.atomic_mass
HBAR2_PER_u_eV_A2 = 1e-6 * MEV2_PER_N_m_u * N_m_PER_eV_A2  #: ħ²/M in eV·Å² for a mass of 1 u

#: dE/dq in m/s for one meV·Å: v = (1/ħ) ∂(ħω)/∂q
M_S_PER_meV_A = 1e2 / HBAR_meV_ps


def meV_from_THz(frequency_THz: Real) -> Real:
    """Energy hν in meV of a frequency ν in THz."""
    return frequency_THz * MEV_PER_THZ


def THz_from_meV(energy_meV: Real) -> Real:
    """Frequency ν = E/h in THz of an energy in meV."""
    return energy_meV / MEV_PER_THZ


def kelvin_from_meV(energy_meV: Real) -> Real:
    """Temperature E/k_B in K of an energy in meV."""
    return energy_meV / BOLTZMANN_meV_K


def meV_from_kelvin(temperature_K: Real) -> Real:
    """Energy k_B T in meV of a temperature in K."""
    return temperature_K * BOLTZMANN_meV_K


def spring_energy_meV(force_constant_N_m: float, mass_u: float) -> float:
    """ħ√(K/M) in meV for a spring K in N/m and a mass M in u."""
    return sqrt(MEV2_PER_N_m_u * force_constant_N_m / mass_u)


def debye_wavevector(volume_per_atom_A3: float) -> float:
    """q_D = (6π²/V)^(1/3) in Å⁻¹, Eq. `eq-debye-temperature`: the sphere with one q per atom."""
    return float((6 * pi**2 / volume_per_atom_A3) ** (1 / 3))
