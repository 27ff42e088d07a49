"""The free-electron gas against independent formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants as si

from elphlib.electrons import FreeElectronGas

densities = st.floats(1e-4, 0.5)


@given(densities)
def test_scales_of_the_gas(n):
    gas = FreeElectronGas(n)
    k = gas.k_fermi * 1e10
    assert gas.fermi_energy == pytest.approx((si.hbar * k) ** 2 / (2 * si.m_e) / si.e, rel=1e-9)
    assert gas.plasma_energy == pytest.approx(
        si.hbar * np.sqrt(n * 1e30 * si.e**2 / (si.m_e * si.epsilon_0)) / si.e, rel=1e-9
    )
    # k_F a₀ r_s = (9π/4)^(1/3)
    a0 = si.value("Bohr radius") * 1e10
    assert gas.k_fermi * gas.r_s * a0 == pytest.approx((9 * np.pi / 4) ** (1 / 3))
    # k_TF² = 4k_F/πa₀, and equally 3ω_p²/v_F².
    assert gas.thomas_fermi_wavevector**2 == pytest.approx(4 * gas.k_fermi / (np.pi * a0))
    v_fermi = si.hbar * k / si.m_e
    omega_p = gas.plasma_energy * si.e / si.hbar
    assert gas.thomas_fermi_wavevector * 1e10 == pytest.approx(3**0.5 * omega_p / v_fermi)


@given(densities, st.floats(0.1, 5))
def test_density_of_states_is_the_derivative_of_the_density(n, mass):
    gas = FreeElectronGas(n, mass)
    up, down = (FreeElectronGas(n * (1 + s), mass) for s in (1e-5, -1e-5))
    slope = (up.density_A3 - down.density_A3) / (up.fermi_energy - down.fermi_energy)
    assert 2 * gas.dos == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize(("n", "mass"), [(0, 1), (-0.1, 1), (np.nan, 1), (0.1, 0)])
def test_bad_input_is_refused(n, mass):
    with pytest.raises(ValueError, match="must be positive"):
        FreeElectronGas(n, mass)
