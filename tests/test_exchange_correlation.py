"""Exchange against its own pair integral, correlation against its limits, both by differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import spherical_jn

from elphlib import exchange_correlation as xc
from elphlib.units import BOHR_A, COULOMB_eV_A, HARTREE_eV

radii = st.floats(0.05, 50)


def density(r_s):
    return 3 / (4 * np.pi * (BOHR_A * r_s) ** 3)


def radius(n):
    return (3 / (4 * np.pi * n)) ** (1 / 3) / BOHR_A


@given(radii)
def test_potential_is_the_derivative_of_the_energy_density(r_s):
    n, h = density(r_s), 1e-5 * density(r_s)
    for energy, potential in (
        (xc.exchange_energy, xc.exchange_potential),
        (xc.correlation_energy, xc.correlation_potential),
    ):
        up, down = (m * energy(radius(m)) for m in (n + h, n - h))
        assert potential(r_s) == pytest.approx((up - down) / (2 * h), rel=1e-7)


@given(radii)
def test_derivatives_of_the_potentials(r_s):
    n, h = density(r_s), 1e-4 * density(r_s)
    for potential, derivative in (
        (xc.exchange_potential, xc.exchange_derivative),
        (xc.correlation_potential, xc.correlation_derivative),
    ):
        slope = (potential(radius(n + h)) - potential(radius(n - h))) / (2 * h)
        assert derivative(r_s) == pytest.approx(slope, rel=1e-6)


@given(radii)
def test_slope_of_the_correlation_energy(r_s):
    up, down = xc.correlation_energy(r_s * np.array([1 + 1e-5, 1 - 1e-5]))
    assert xc.correlation_slope(r_s) == pytest.approx((up - down) / (2e-5 * r_s), rel=1e-7)


def test_exchange_is_the_field_of_its_hole():
    # Half of the interaction of an electron with the hole (n/2)[3 j₁(k_F r)/k_F r]² of its spin.
    r_s = 3.0
    n, k_F = density(r_s), (3 * np.pi**2 * density(r_s)) ** (1 / 3)
    far = 200 * np.pi  # beyond, the mean of 9 cos²x/x³
    shape = quad(lambda x: 9 * spherical_jn(1, x) ** 2 / x, 0, far, limit=2000)[0] + 2.25 / far**2
    hole = -0.5 * COULOMB_eV_A * 4 * np.pi * (n / 2) * shape / k_F**2
    assert xc.exchange_energy(r_s) == pytest.approx(hole, rel=1e-7)
    assert xc.exchange_potential(r_s) == pytest.approx(-COULOMB_eV_A * k_F / np.pi, rel=1e-12)
    assert xc.exchange_derivative(r_s) == pytest.approx(-np.pi * COULOMB_eV_A / k_F**2, rel=1e-12)


def test_correlation_at_high_density_is_that_of_the_ring_diagrams():
    # ε_c → (1 − ln 2)/π² ln r_s + constant, Gell-Mann and Brueckner, Phys. Rev. 106, 364 (1957).
    r_s = np.array([1e-7, 1e-6])
    slope = np.diff(xc.correlation_energy(r_s)) / np.log(10)
    assert slope[0] / HARTREE_eV == pytest.approx((1 - np.log(2)) / np.pi**2, rel=1e-3)


def test_correlation_at_low_density_falls_like_an_electron_crystal():
    # The next power after 1/r_s is r_s^(−3/2): a fixed offset once the first is taken out.
    far = np.array([1e6, 1e8])
    first = far * xc.correlation_energy(far)
    assert first[1] == pytest.approx(first[0], rel=5e-3)
    assert -0.6 < first[1] / HARTREE_eV < -0.4


@given(radii)
def test_correlation_lowers_the_energy_less_than_exchange_up_to_metallic_densities(r_s):
    assert xc.correlation_energy(r_s) < 0
    assert xc.correlation_derivative(r_s) < 0
    if r_s < 6:
        assert xc.correlation_energy(r_s) > 0.5 * xc.exchange_energy(r_s)


def test_arrays_keep_their_shape():
    r_s = np.linspace(1, 6, 12).reshape(3, 4)
    for function in (xc.correlation_energy, xc.exchange_potential, xc.correlation_derivative):
        assert function(r_s).shape == (3, 4)
        assert function(r_s)[1, 2] == pytest.approx(float(function(r_s[1, 2])), rel=1e-14)


@pytest.mark.parametrize("r_s", [0, -1, [1, 0], np.nan])
def test_bad_radii_are_refused(r_s):
    for function in (xc.exchange_energy, xc.correlation_energy, xc.correlation_derivative):
        with pytest.raises(ValueError, match="r_s is .*; .*must be.*; "):
            function(r_s)
