"""Conversions against `scipy.constants` and against each other."""

import pytest
from scipy import constants as si

from elphlib import units


def test_spring_energy_is_hbar_times_root_k_over_m():
    omega = (25.0 / (63.546 * si.atomic_mass)) ** 0.5
    assert units.spring_energy_meV(25.0, 63.546) == pytest.approx(si.hbar * omega / si.e * 1e3)


def test_one_terahertz_and_one_kelvin_in_mev():
    assert units.meV_from_THz(1.0) == pytest.approx(
        si.value("hertz-electron volt relationship") * 1e15
    )
    assert units.meV_from_kelvin(1.0) == pytest.approx(si.value("Boltzmann constant in eV/K") * 1e3)
    assert units.THz_from_meV(units.meV_from_THz(3.58)) == pytest.approx(3.58, rel=1e-15)
    assert units.kelvin_from_meV(units.meV_from_kelvin(428.0)) == pytest.approx(428.0, rel=1e-15)


def test_velocity_of_a_linear_branch():
    # ω = vq with v = 5000 m/s and q = 0.1 Å⁻¹ is an energy ħvq.
    energy_meV = si.hbar * 5000 * 0.1e10 / si.e * 1e3
    assert energy_meV / 0.1 * units.M_S_PER_meV_A == pytest.approx(5000)


def test_coulomb_constant_is_e_squared_over_four_pi_epsilon_zero():
    expected = si.e / (4 * si.pi * si.epsilon_0) * 1e10
    assert units.COULOMB_eV_A == pytest.approx(expected, rel=1e-9)
    assert units.HBAR2_OVER_2M_eV_A2 == pytest.approx(
        si.hbar**2 / (2 * si.m_e) / si.e * 1e20, rel=1e-9
    )


def test_debye_sphere_holds_one_wavevector_per_atom():
    q = units.debye_wavevector(16.6)
    assert 4 / 3 * si.pi * q**3 / (2 * si.pi) ** 3 == pytest.approx(1 / 16.6)


def test_density_of_copper():
    # 4 atoms of 63.546 u in a cube of 3.6146 Å.
    expected = 4 * 63.546 * si.atomic_mass / 3.6146e-10**3 / 1000
    assert 63.546 * 4 / 3.6146**3 * units.DENSITY_g_cm3_PER_u_A3 == pytest.approx(expected)
