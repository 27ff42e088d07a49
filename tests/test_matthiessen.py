"""Several resistances at once: rules, where they fail, and the end of the mean free path."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants as si

from elphlib.electrons import FreeElectronGas
from elphlib.matthiessen import (
    drude_resistivity,
    ioffe_regel,
    matthiessen,
    mean_free_path,
    parallel_resistor,
    two_groups,
)

positive = st.floats(1e-3, 1e3)


def test_the_rule_adds():
    assert matthiessen(0.1, [1.0, 2.0], [[1.0], [0.0]]) == pytest.approx(
        np.array([[2.1, 3.1], [1.1, 2.1]])
    )


@given(st.floats(0.01, 0.99), st.tuples(positive, positive), st.tuples(positive, positive))
def test_two_groups_in_parallel_exceed_the_sum(share, first, second):
    groups = two_groups(share, first, second)

    def parallel(r):
        return 1 / (share / r[0] + (1 - share) / r[1])

    total = parallel([a + b for a, b in zip(first, second, strict=True)])
    assert groups.total == pytest.approx(total, rel=1e-12)
    assert groups.first == pytest.approx(parallel(first), rel=1e-12)
    assert groups.second == pytest.approx(parallel(second), rel=1e-12)
    assert groups.deviation >= 0
    assert groups.deviation == pytest.approx(
        groups.total - groups.first - groups.second, rel=1e-9, abs=1e-11 * groups.total
    )


def test_no_deviation_when_both_causes_prefer_the_same_electrons():
    assert two_groups(0.3, [1.0, 4.0], [2.5, 10.0]).deviation == pytest.approx(0, abs=1e-14)
    # Each cause scatters one group only: each alone leaves the other group free to carry it all.
    shorted = two_groups(0.5, [1.0, 0.0], [0.0, 1.0])
    assert (shorted.first, shorted.second) == (0, 0)
    assert shorted.total == shorted.deviation == pytest.approx(1.0)


def test_parallel_resistor_limits():
    rho = np.array([1e-4, 1.0, 1e6])
    out = parallel_resistor(rho, 150.0)
    assert out[0] == pytest.approx(1e-4, rel=1e-5)
    assert out[-1] == pytest.approx(150.0, rel=1e-3)
    assert (out < np.minimum(rho, 150.0)).all()
    assert parallel_resistor(150.0, 150.0) == pytest.approx(75.0)


def test_mean_free_path_in_si_units_and_for_any_mass():
    gas = FreeElectronGas(0.0256)
    n = 0.0256e30
    tau = si.m_e / (n * si.e**2 * 4.77e-8)
    path = si.hbar * gas.k_fermi * 1e10 / si.m_e * tau
    assert mean_free_path(4.77, gas) == pytest.approx(1e10 * path, rel=1e-9)
    assert mean_free_path(4.77, FreeElectronGas(0.0256, 2.0)) == pytest.approx(1e10 * path)


def test_ioffe_and_regel_two_ways():
    gas = FreeElectronGas(0.0852)
    assert mean_free_path(ioffe_regel(gas), gas) * gas.k_fermi == pytest.approx(1)
    assert mean_free_path(ioffe_regel(gas, 2.55), gas) == pytest.approx(2.55)
    # ħ/τ = 2E_F when k_Fℓ = 1.
    rate = 2e3 * gas.fermi_energy
    assert ioffe_regel(gas) == pytest.approx(drude_resistivity(rate, gas.plasma_energy), rel=1e-9)


def test_bad_input():
    gas = FreeElectronGas(0.0852)
    with pytest.raises(ValueError, match="no resistivity was given"):
        matthiessen()
    with pytest.raises(ValueError, match="a resistivity is -1"):
        matthiessen(1.0, -1.0)
    with pytest.raises(ValueError, match="share is between 1 and 1; 0 < s < 1"):
        two_groups(1.0, [1, 1], [1, 1])
    with pytest.raises(ValueError, match="first has -1"):
        two_groups(0.5, [-1, 1], [1, 1])
    with pytest.raises(ValueError, match="second has 0; each cause needs"):
        two_groups(0.5, [1, 1], [0, 0])
    with pytest.raises(ValueError, match="saturation is 0"):
        parallel_resistor(1.0, 0.0)
    with pytest.raises(ValueError, match="length_A is 0.0 Å"):
        ioffe_regel(gas, 0.0)
    with pytest.raises(ValueError, match="resistivity is 0"):
        mean_free_path(0.0, gas)
