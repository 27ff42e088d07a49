"""Tetrahedra against closed forms; J_n and Debye functions against quadrature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from elphlib import integrate
from elphlib.lattice import Lattice


def zone(lattice, n):
    mesh = lattice.mesh(n)
    return mesh, integrate.tetrahedra(lattice.reciprocal, mesh.shape, mesh.star)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("x", [1e-3, 0.3, 1.0, 1.999, 2.0, 2.5, 7.0, 40.0])
def test_bloch_gruneisen_integral_against_quadrature(n, x):
    exact, _ = quad(lambda t: t**n / (4 * np.sinh(t / 2) ** 2), 0, x, epsabs=0, epsrel=1e-12)
    assert integrate.bloch_gruneisen_integral(x, n) == pytest.approx(exact, rel=1e-11)


def test_bloch_gruneisen_integral_limits():
    # J_n(∞) = n! ζ(n); J_n(x) → x^(n−1)/(n−1).
    assert integrate.bloch_gruneisen_integral(np.inf, 4) == pytest.approx(4 * np.pi**4 / 15)
    assert integrate.bloch_gruneisen_integral(1e-5, 5) == pytest.approx(1e-20 / 4, rel=1e-9)
    assert integrate.bloch_gruneisen_integral(0.0) == 0


@pytest.mark.parametrize("n", [2, 5, 12, 20])
@given(st.floats(0.95, 1.05))
def test_bloch_gruneisen_branches_meet(n, near):
    low, high = np.array(2 * near), np.array(2 * n * near)
    middle = integrate._middle_x(low, n)
    assert integrate._small_x(low, n) == pytest.approx(middle, rel=1e-13)
    assert integrate._large_x(high, n) == pytest.approx(integrate._middle_x(high, n), rel=1e-13)


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("x", [0.0, 1e-4, 0.9e-3, 1.1e-3, 0.5, 3.0, 30.0])
def test_debye_function_against_quadrature(n, x):
    mean, _ = quad(lambda t: t**n / np.expm1(t) if t else float(n == 1), 0, max(x, 1e-12))
    expected = 1.0 if x == 0 else n * mean / x**n
    assert integrate.debye_function(x, n) == pytest.approx(expected, rel=1e-8)


def test_debye_heat_capacity_limits_and_slope_of_the_energy():
    theta = 343.0
    assert integrate.debye_heat_capacity(1e4, theta) == pytest.approx(3, rel=1e-4)
    T = 2.0
    assert integrate.debye_heat_capacity(T, theta) == pytest.approx(
        12 * np.pi**4 / 5 * (T / theta) ** 3, rel=1e-12
    )
    assert integrate.debye_heat_capacity(0.0, theta) == 0
    # C = dU/dT with U = 3 T D₃(Θ/T).
    energy = [3 * t * integrate.debye_function(theta / t) for t in (99.99, 100.01)]
    assert integrate.debye_heat_capacity(100.0, theta) == pytest.approx(
        (energy[1] - energy[0]) / 0.02, rel=1e-6
    )


@pytest.mark.parametrize("kind", ["sc", "fcc", "bcc"])
def test_tetrahedra_fill_the_zone_and_merging_changes_nothing(kind):
    lattice = getattr(Lattice, kind)(1.0)
    mesh, (corners, weights) = zone(lattice, 8)
    assert weights.sum() == pytest.approx(1)
    full = lattice.mesh(8, np.eye(3)[None])
    plain = integrate.tetrahedra(lattice.reciprocal, full.shape, np.arange(8**3))
    assert len(plain[0]) == 6 * 8**3
    energy = np.linspace(-1, 7, 160)

    def band(points):
        R = lattice.points_within(1.01) @ lattice.vectors
        return (3 - np.cos(points @ R.T).mean(axis=1) * 3)[:, None]

    grid = np.stack(np.unravel_index(np.arange(8**3), (8, 8, 8)), axis=-1) / 8
    g_full = integrate.density_of_states(energy, band(grid @ lattice.reciprocal), *plain)
    g = integrate.density_of_states(energy, band(mesh.points), corners, weights)
    # Merged stars use the same corner values, but the cut into tetrahedra is not symmetric.
    assert np.trapezoid(g, energy) == pytest.approx(np.trapezoid(g_full, energy), rel=1e-3)
    assert np.abs(g - g_full).max() < 1e-9


def test_dos_of_a_linear_band_is_exact():
    # ε = x on the unit cube, one tetrahedron per corner: g = 1 on [0, 1), whatever the mesh.
    corners = integrate._CORNERS.reshape(6, 4, 3)
    points = corners.reshape(-1, 3).astype(float)
    values = points[:, :1] + 0.3 * points[:, 1:2] + 0.1 * points[:, 2:]
    index = np.arange(24).reshape(6, 4)
    energy = np.linspace(-0.5, 2.0, 20001)
    g = integrate.density_of_states(energy, values, index, np.full(6, 1 / 6))
    assert np.trapezoid(g, energy) == pytest.approx(1, abs=1e-7)
    flat = (energy > 0.41) & (energy < 0.99)
    assert g[flat] == pytest.approx(1.0, abs=1e-10)
    assert np.trapezoid(g * energy, energy) == pytest.approx(0.5 + 0.15 + 0.05, abs=1e-6)


def test_dos_of_a_free_particle_grows_as_the_root():
    # ε = q² near the bottom of a cosine band: g = √ε / 4π² per volume.
    lattice = Lattice.sc(1.0)
    mesh, (corners, weights) = zone(lattice, 64)
    values = (2 * (1 - np.cos(mesh.points)).sum(axis=1))[:, None]
    energy = np.linspace(0.3, 0.6, 7)
    g = integrate.density_of_states(energy, values, corners, weights)
    exact = np.sqrt(energy) / (4 * np.pi**2)
    correction = 1 + energy * 3 / 24  # next term of the cosine band, (1 + ε/8)
    assert g == pytest.approx(exact * correction, rel=1e-2)


def test_wide_and_narrow_pieces_give_the_same_sum():
    rng = np.random.default_rng(1)
    values = rng.uniform(0, 1, (400, 1))
    corners = rng.integers(0, 400, (3000, 4))
    weights = np.full(3000, 1 / 3000)
    coarse = np.linspace(-0.01, 1.01, 11)  # every piece is narrow
    fine = np.linspace(-0.01, 1.01, 1001)  # most pieces are wide
    g_coarse = integrate.density_of_states(coarse, values, corners, weights)
    g_fine = integrate.density_of_states(fine, values, corners, weights)
    assert g_fine[::100] == pytest.approx(g_coarse, rel=1e-9, abs=1e-12)


def test_half_sphere_integrates_even_functions():
    n, weight = integrate.half_sphere(6)
    assert np.linalg.norm(n, axis=1) == pytest.approx(1.0)
    assert weight.sum() == pytest.approx(1)
    x, y, z = n.T
    assert weight @ np.stack([x * x, y * y, z * z, x * y], axis=1) == pytest.approx(
        [1 / 3, 1 / 3, 1 / 3, 0], abs=1e-12
    )
    assert weight @ (x**4) == pytest.approx(1 / 5)
    assert weight @ (x**2 * z**2) == pytest.approx(1 / 15)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="ascending"):
        integrate.density_of_states(
            np.array([1.0, 0.0]), np.zeros((4, 1)), np.array([[0, 1, 2, 3]]), np.ones(1)
        )
    for x in (-1.0, np.nan):
        with pytest.raises(ValueError, match="J_n needs"):
            integrate.bloch_gruneisen_integral(x)
    for n in (1, 2.5, np.nan):
        with pytest.raises(ValueError, match=r"n of J_n is .*; an integer ≥ 2 is needed; J₅"):
            integrate.bloch_gruneisen_integral(1.0, n)
    for function in (integrate.unit_gauss, integrate.half_sphere):
        with pytest.raises(ValueError, match=r"is 2\.5; an integer ≥ 1 is needed"):
            function(2.5)


def composite_gauss(x, n):
    """∫₀ˣ tⁿ/(4 sinh²(t/2)) dt by twenty Gauss points in panels of at most ½."""
    panels = int(np.ceil(2 * min(x, 120.0)))
    u, w = integrate.unit_gauss(20)
    width = min(x, 120.0) / panels
    t = (np.arange(panels)[:, None] + u) * width
    return float((t**n / (4 * np.sinh(t / 2) ** 2) @ w).sum() * width)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 8, 10, 12, 20])
@given(x=st.floats(1e-4, 900.0) | st.floats(1.9, 50.0))
def test_bloch_gruneisen_integral_to_1e_13_for_any_argument(n, x):
    assert integrate.bloch_gruneisen_integral(x, n) == pytest.approx(
        composite_gauss(x, n), rel=1e-13
    )
