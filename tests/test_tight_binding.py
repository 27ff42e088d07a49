"""Tight-binding bands and their Fermi lines against closed forms and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ellipk

from elphlib.errors import PhysicalRefusal
from elphlib.fermi_line import FermiLine
from elphlib.lattice import Lattice
from elphlib.tight_binding import TightBinding

SQUARE = TightBinding.square(3.0, 0.5)
somewhere = st.tuples(*[st.floats(-4, 4)] * 3).map(np.array)


@given(somewhere, st.integers(-3, 3), st.integers(-3, 3))
def test_bands_repeat_in_reciprocal_space(k, m, n):
    band = TightBinding.shells(Lattice.fcc(4.0), [0.3, -0.1])
    G = np.array([m, n, m - n]) @ band.lattice.reciprocal
    assert band.energy(k + G) == pytest.approx(band.energy(k), abs=1e-12)
    assert band.energy(-k) == pytest.approx(band.energy(k), abs=1e-12)


@given(somewhere)
def test_gradient_is_the_derivative_of_the_energy(k):
    band = TightBinding(Lattice.hexagonal(3.0, 5.0), {(1, 0, 0): 0.4, (1, 2, -1): 0.2}, 1.0)
    step = 1e-5 * np.eye(3)
    slope = (band.energy(k + step) - band.energy(k - step)) / 2e-5
    np.testing.assert_allclose(band.gradient(k), slope, atol=1e-8)


def test_bottom_of_the_band_has_the_mass_of_its_hopping():
    # ε ≈ −4t + ta²k², so m* = ħ²/2ta², and the velocity is ħk/m*.
    from scipy import constants as si

    k = np.array([1e-4, 0, 0])
    mass = si.hbar**2 / (2 * 0.5 * si.e * 9e-20)
    assert SQUARE.velocity(k)[0] == pytest.approx(si.hbar * 1e6 / mass, rel=1e-6)


def test_closed_forms_of_square_triangle_and_bcc():
    k = np.array([0.37, -0.81, 0.0])
    x, y = 3 * k[:2]
    with_diagonal = TightBinding.square(3.0, 0.5, 0.2).energy(k)
    assert with_diagonal == pytest.approx(
        -(np.cos(x) + np.cos(y)) - 0.8 * np.cos(x) * np.cos(y), abs=1e-12
    )
    triangle = TightBinding.triangular(3.0, 0.5).energy(k)
    expected = -np.cos(x) - 2 * np.cos(x / 2) * np.cos(np.sqrt(3) * y / 2)
    assert triangle == pytest.approx(expected, abs=1e-12)
    bcc = TightBinding.shells(Lattice.bcc(3.0), [0.5]).energy(np.array([0.3, 0.5, -0.7]))
    assert bcc == pytest.approx(-4 * np.cos(0.45) * np.cos(0.75) * np.cos(1.05), abs=1e-12)


def test_density_of_states_of_the_square_lattice_is_an_elliptic_integral():
    energy = np.linspace(-2.2, 2.2, 401)
    computed = SQUARE.dos(energy, (192, 192, 1))
    inside = (np.abs(energy) < 1.9) & (np.abs(energy) > 0.1)  # away from edges and logarithm
    exact = ellipk(1 - (energy[inside] / 2) ** 2) / (np.pi**2)
    np.testing.assert_allclose(computed[inside], exact, rtol=4e-3)
    assert np.trapezoid(computed, energy) == pytest.approx(1, abs=5e-3)


def test_half_filling_lies_in_the_middle():
    assert SQUARE.fermi_energy(1.0, (64, 64, 1)) == pytest.approx(0, abs=2e-3)
    assert SQUARE.fermi_energy(0.4, (64, 64, 1)) == pytest.approx(
        -SQUARE.fermi_energy(1.6, (64, 64, 1)), abs=2e-3
    )


def test_area_of_a_fermi_line_is_its_filling():
    level = SQUARE.fermi_energy(0.6, (128, 128, 1))
    area = FermiLine(SQUARE, level).area
    assert 2 * area / (2 * np.pi / 3.0) ** 2 == pytest.approx(0.6, abs=2e-3)


@given(st.floats(-1.8, -0.1))
@settings(max_examples=20, deadline=None)
def test_points_lie_on_the_line_to_rounding(level):
    line = FermiLine(SQUARE, level)
    np.testing.assert_allclose(SQUARE.energy(line.points(60)), level, atol=1e-12)


@pytest.mark.parametrize("level", [-1.9, -1.0, -0.3, -0.05])
def test_smallest_umklapp_of_the_square_lattice_is_across_the_face(level):
    # The line meets the x axis where −cos k_xa − 1 = level; its copy stands 2π/a away.
    k_x = np.arccos(-1 - level) / 3.0
    q, k, k_prime = FermiLine(SQUARE, level).smallest_umklapp()
    assert q == pytest.approx(2 * np.pi / 3.0 - 2 * k_x, abs=1e-9)
    np.testing.assert_allclose(SQUARE.energy(np.stack([k, k_prime])), level, atol=1e-9)


def test_a_small_line_has_the_threshold_of_a_circle():
    band = TightBinding.triangular(3.0, 0.5)
    line = FermiLine(band, -3 + 1e-4)
    radius = np.sqrt(1e-4 / (0.5 * 9 * 3 / 2))
    G = 4 * np.pi / (np.sqrt(3) * 3.0)
    assert line.smallest_umklapp()[0] == pytest.approx(G - 2 * radius, rel=1e-6)


def test_joined_points_obey_the_selection_rule():
    line, q = FermiLine(SQUARE, -0.2), np.array([0.9, 0.5, 0.0])
    k, k_prime, G = line.joined_by(q)
    assert len(k) >= 2
    assert len(k) % 2 == 0
    np.testing.assert_allclose(SQUARE.energy(k), -0.2, atol=1e-11)
    np.testing.assert_allclose(SQUARE.energy(k_prime), -0.2, atol=1e-9)
    n = G @ SQUARE.lattice.vectors.T / (2 * np.pi)
    np.testing.assert_allclose(n, np.round(n), atol=1e-9)


def test_no_pair_is_joined_below_the_threshold_except_inside_one_copy():
    line = FermiLine(SQUARE, -0.6)
    q_min = line.smallest_umklapp()[0]
    for q, any_umklapp in ((0.98 * q_min, False), (1.02 * q_min, True)):
        G = line.joined_by(np.array([q, 0.0, 0.0]), 512)[2]
        assert bool(np.any(np.linalg.norm(G, axis=1) > 1e-6)) is any_umklapp


def test_holes_have_their_line_round_the_corner():
    M = np.array([np.pi / 3, np.pi / 3, 0])
    line, hole = FermiLine(SQUARE, -0.4), FermiLine(SQUARE, 0.4, M)
    assert hole.area == pytest.approx(line.area, rel=1e-12)
    assert hole.smallest_umklapp()[0] == pytest.approx(line.smallest_umklapp()[0], abs=1e-9)
    with pytest.raises(PhysicalRefusal, match="does not meet"):
        FermiLine(SQUARE, 0.4)


def test_bad_input_is_refused_in_three_parts():
    lattice = Lattice.sc(3.0)
    with pytest.raises(ValueError, match=r"not understood; three integers"):
        TightBinding(lattice, {(0, 0, 0): 1.0})
    with pytest.raises(ValueError, match=r"one end.*t\(−R\).*give one end"):
        TightBinding(lattice, {(1, 0, 0): 1.0, (-1, 0, 0): 2.0})
    with pytest.raises(ValueError, match="no hopping"):
        TightBinding(lattice, {})
    with pytest.raises(ValueError, match="not finite"):
        TightBinding(lattice, {(1, 0, 0): np.nan})
    with pytest.raises(ValueError, match="less than 2"):
        SQUARE.fermi_energy(2.0)
    with pytest.raises(ValueError, match=r"shape \(1, 2\); .*one value in eV for each shell"):
        TightBinding.shells(lattice, [[0.1, 0.2]])
    with pytest.raises(ValueError, match="reciprocal vector; it joins every point"):
        FermiLine(SQUARE, -1.0).joined_by(SQUARE.lattice.reciprocal[0])
    with pytest.raises(ValueError, match="not two-dimensional"):
        FermiLine(TightBinding.shells(lattice, [1.0]), -3.0)
