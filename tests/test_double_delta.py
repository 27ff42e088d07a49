"""Double δ of Fermi lines: closed forms, sum rules, other routes, elphmod, refusals."""

import elphmod
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elphlib.double_delta import (
    crossings,
    double_delta,
    smeared_double_delta,
    triangle_double_delta,
)
from elphlib.errors import PhysicalRefusal
from elphlib.fermi_line import FermiLine
from elphlib.tight_binding import TightBinding

A, T = 3.0, 0.5
SQUARE = TightBinding.square(A, T)
LEVEL = -0.4
LINE = FermiLine(SQUARE, LEVEL)
CUPRATE = TightBinding.square(A, T, -0.1)
TRIANGLE = TightBinding.triangular(2.9, 1.0)
OBLIQUE = np.array([[0.5, 0.11, 0.0], [0.83, -0.2, 0.0], [1.0, 0.62, 0.0], [0.21, 0.77, 0.0]])


def along_x(q, level=LEVEL):
    """S(q, 0) of the square lattice: k_x = −q/2 or π/a − q/2, and cos k_y a from the energy."""
    c = -level / (2 * T) - np.array([[1.0], [-1.0]]) * np.cos(q * A / 2)
    met = np.abs(c) < 1
    per_pair = np.where(met, 1 / np.sqrt(np.where(met, 1 - c**2, 1.0)), 0.0).sum(axis=0)
    return per_pair / (4 * np.pi**2 * 4 * T**2 * np.abs(np.sin(q * A / 2)))


@pytest.mark.parametrize("level", [-0.4, -1.4])
def test_square_lattice_along_an_axis_in_closed_form(level):
    q = np.linspace(0.07, 2.0, 40)
    found = double_delta(FermiLine(SQUARE, level), np.stack([q, 0 * q, 0 * q], axis=-1))
    assert found == pytest.approx(along_x(q, level), rel=1e-12)
    # The small line leaves a gap between its diameter and the first Umklapp process.
    assert (found == 0).any() == (level == -1.4)


@pytest.mark.parametrize("band", [SQUARE, TRIANGLE], ids=["square", "triangular"])
def test_bottom_of_a_band_is_a_circle(band):
    """S = (A/4π²) · 2/(v² (q/k_F) √(1 − (q/2k_F)²)), v = ħv_F; corrections are of order k_F²."""
    ratio = []
    for above in (4e-3, 1e-3):
        line = FermiLine(band, float(band.energy(np.zeros(3))) + above)
        k_fermi = np.sqrt(line.area / np.pi)
        v = np.linalg.norm(band.gradient(line.points(64)), axis=1).mean()
        x = np.array([0.05, 0.4, 1.0, 1.6, 1.9])  # q/k_F
        q = k_fermi * x[:, None] * np.array([np.cos(0.4), np.sin(0.4), 0.0])
        circle = line.cell_area / (4 * np.pi**2) * 2 / (v**2 * x * np.sqrt(1 - (x / 2) ** 2))
        ratio.append(double_delta(line, q) / circle)
    assert ratio[1] == pytest.approx(np.ones(5), abs=3e-3)
    assert (4 * ratio[1] - ratio[0]) / 3 == pytest.approx(np.ones(5), abs=3e-6)


def test_weights_of_the_contour_are_the_density_of_states():
    for n, tolerance in ((32, 1e-4), (64, 1e-8), (128, 1e-13)):
        coarse, fine = LINE.contour(n)[1].sum(), LINE.contour(512, 0.3)[1].sum()
        assert coarse == pytest.approx(fine, rel=tolerance)
    # The tetrahedra integrate over the line's neighbourhood; they know nothing of contours.
    energy = np.linspace(LEVEL - 0.01, LEVEL + 0.01, 3)
    assert fine == pytest.approx(SQUARE.dos(energy, (240, 240, 1))[1], rel=2e-4)
    hole = FermiLine(SQUARE, -LEVEL, np.array([np.pi / A, np.pi / A, 0.0]))
    assert hole.contour(64)[1] == pytest.approx(LINE.contour(64)[1], rel=1e-9)


@pytest.mark.parametrize(
    ("band", "level"), [(SQUARE, -0.4), (CUPRATE, -1.0), (TRIANGLE, -3.0)], ids=["s", "t'", "h"]
)
def test_all_q_together_are_all_pairs_of_points(band, level):
    """(1/N_q) Σ_q S(q) f(q) = Σ_ij W_i W_j f(k_j − k_i) for f periodic; for f = 1 it is N(0)²."""
    line, n = FermiLine(band, level), 120
    k, W = line.contour(96)
    fraction = (np.arange(n) + 0.5) / n
    q = np.stack(np.meshgrid(fraction, fraction, indexing="ij"), axis=-1)
    q = q @ band.lattice.reciprocal[:2]
    q += 1e-3 * np.array([0.31, 0.17, 0.0])  # off the mirror lines
    S = double_delta(line, q, n=96)
    for cells in ((0, 0), (1, 0), (1, 1), (2, 1)):
        R = np.array(cells) @ band.lattice.vectors[:2]
        pairs = np.abs(W @ np.exp(1j * k @ R)) ** 2
        # The mesh meets integrable singularities at q = 0 and at nesting.
        assert (S * np.cos(q @ R)).mean() == pytest.approx(pairs, abs=0.02 * W.sum() ** 2)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 2 * np.pi), st.sampled_from([-1.9, -0.4, -1e-2, -1e-3]))
def test_points_of_a_line_lie_on_it_even_next_to_a_saddle(angle, level):
    line = FermiLine(SQUARE, level)
    k = line.at(np.array([angle, angle + 1e-6]))
    assert np.abs(SQUARE.energy(k) - level).max() < 1e-13
    assert np.arctan2(k[0, 1], k[0, 0]) % (2 * np.pi) == pytest.approx(angle, abs=1e-9)
    assert np.linalg.norm(k[1] - k[0]) < 1e-5  # neighbours, not points of two different pieces


@settings(max_examples=30, deadline=None)
@given(st.floats(0.15, 1.0), st.floats(0.1, 0.9), st.integers(-2, 2), st.integers(-2, 2))
def test_symmetries(length, angle, m, n):
    q = length * np.array([np.cos(angle), np.sin(angle), 0.0])
    G = np.array([m, n]) @ SQUARE.lattice.reciprocal[:2]
    S = double_delta(LINE, q)
    assert double_delta(LINE, np.stack([-q, q + G, q[[1, 0, 2]]])) == pytest.approx(
        np.full(3, S), rel=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(st.floats(-1.8, -0.1), st.floats(0.1, 2.0), st.floats(0.05, 0.75))
def test_the_same_pairs_as_the_search_for_one_q(level, length, angle):
    line = FermiLine(SQUARE, level)
    q = length * np.array([np.cos(angle), np.sin(angle), 0.0])
    pairs = crossings(line, q)
    assert np.abs(SQUARE.energy(pairs.k) - level).max(initial=0.0) < 1e-12
    assert np.abs(SQUARE.energy(pairs.k_prime) - level).max(initial=0.0) < 1e-12
    k = line.joined_by(q, 2048)[0]
    assert len(k) == len(pairs.k)
    order, other = np.lexsort(np.round(k.T, 7)), np.lexsort(np.round(pairs.k.T, 7))
    np.testing.assert_allclose(pairs.k[other], k[order], atol=1e-9)


def test_two_crossings_within_one_step_are_not_missed():
    """Just inside the diameter of the line along x the closed form is ∝ 1/√distance."""
    diameter = 2 * np.arccos(-LEVEL / (2 * T) - 1) / A
    q = diameter - np.array([1e-2, 1e-4, 1e-6, 1e-8])
    found = double_delta(LINE, np.stack([q, 0 * q, 0 * q], axis=-1), n=24)
    assert found == pytest.approx(along_x(q), rel=1e-7)
    assert len(crossings(LINE, [q[3], 0.0, 0.0], n=24).k) >= 2


def test_coupling_weighs_the_pairs_and_may_have_branches():
    q = OBLIQUE.reshape(2, 2, 3)
    S = double_delta(LINE, q)

    def velocities(k, k_prime):
        change = SQUARE.gradient(k_prime) - SQUARE.gradient(k)
        return np.stack([np.full(len(k), 3.0), (change**2).sum(axis=-1)], axis=-1)

    both = double_delta(LINE, q, velocities)
    assert both.shape == (2, 2, 2)
    assert both[..., 0] == pytest.approx(3 * S, rel=1e-14)
    wide = [smeared_with(velocities, one, 0.02)[1] for one in OBLIQUE]
    assert both[..., 1].ravel() == pytest.approx(wide, rel=5e-3)


def smeared_with(coupling, q, width, mesh=500):
    """The broadened sum once more, with a coupling, written out as it is defined."""
    steps = np.arange(mesh) / mesh
    k = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) @ SQUARE.lattice.reciprocal[:2]
    gauss = [
        np.exp(-(((SQUARE.energy(p) - LEVEL) / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi))
        for p in (k, k + q)
    ]
    return (gauss[0] * gauss[1]) @ coupling(k, k + q) / mesh**2


def test_broadened_sum_tends_to_the_crossings_as_the_width_squared():
    exact = double_delta(LINE, OBLIQUE)
    one = smeared_with(lambda k, _: np.ones((len(k), 1)), OBLIQUE[0], 0.05, 80)[0]
    assert smeared_double_delta(SQUARE, LEVEL, OBLIQUE[0], 80, 0.05) == pytest.approx(one)
    error = [
        smeared_double_delta(SQUARE, LEVEL, OBLIQUE[:3], 600, width) / exact[:3] - 1
        for width in (0.04, 0.02)
    ]
    assert np.abs(error[1]).max() < 5e-3
    assert error[0] / error[1] == pytest.approx(np.full(3, 4.0), rel=0.15)


def test_triangles_tend_to_the_crossings():
    rng = np.random.default_rng(3)
    for band, level in ((SQUARE, LEVEL), (TRIANGLE, -3.0)):
        q = rng.uniform(0.2, 0.8, (40, 3)) * [1, 1, 0]
        exact = double_delta(FermiLine(band, level), q)
        spread = [np.median(np.abs(triangle_double_delta(band, level, q, n) / exact - 1))
                  for n in (30, 120)]  # fmt: skip
        assert spread[0] < 0.05
        assert spread[1] < 0.4 * spread[0]


def test_triangles_count_a_crossing_on_their_edges_once():
    """q on the mesh puts the crossings at k_x = −q_x/2 exactly onto edges; nothing may jump."""
    on = 2 * np.pi / A * np.array([10 / 60, 0.0, 0.0])
    near = triangle_double_delta(SQUARE, LEVEL, on + np.array([3e-6, 2e-6, 0.0]), 60)
    assert triangle_double_delta(SQUARE, LEVEL, on, 60) == pytest.approx(near, rel=0.03)


@pytest.mark.parametrize("mesh", [24, 30])
def test_triangles_of_elphmod(mesh):
    """Same mesh, same cut: the same sum to rounding, where no crossing falls on an edge."""
    q = OBLIQUE[:3]
    k = np.stack(np.meshgrid(*[np.arange(mesh) / mesh] * 2, indexing="ij"), axis=-1)
    k = k @ SQUARE.lattice.reciprocal[:2]
    theirs = [
        sum(elphmod.dos.double_delta(SQUARE.energy(k), SQUARE.energy(k + one))(LEVEL).values())
        for one in q
    ]
    assert triangle_double_delta(SQUARE, LEVEL, q, mesh) == pytest.approx(theirs, rel=1e-9)


def test_elphmod_and_the_crossings_agree_within_the_error_of_triangles():
    mesh = 120
    k = np.stack(np.meshgrid(*[np.arange(mesh) / mesh] * 2, indexing="ij"), axis=-1)
    k = k @ SQUARE.lattice.reciprocal[:2]
    theirs = elphmod.dos.double_delta(SQUARE.energy(k), SQUARE.energy(k + OBLIQUE[0]))(LEVEL)
    assert double_delta(LINE, OBLIQUE[0]) == pytest.approx(sum(theirs.values()), rel=0.03)


def test_nesting_is_refused():
    diameter = 2 * np.arccos(-LEVEL / (2 * T) - 1) / A
    for q in ([diameter, 0, 0], [0, 0, 0], SQUARE.lattice.reciprocal[0], [0, -diameter, 0]):
        with pytest.raises(PhysicalRefusal, match="nests"):
            double_delta(LINE, q)
    # A flat piece: at (π, π)/a the half-filled line falls onto itself; just below, nothing does.
    nearly = FermiLine(SQUARE, -1e-3)
    assert double_delta(nearly, np.array([1.0, 1.0, 0.0]) * np.pi / A) == 0
    with pytest.raises(PhysicalRefusal, match="nests"):
        double_delta(LINE, np.stack([OBLIQUE[0], [diameter, 0, 0]]))


def test_bad_input():
    with pytest.raises(ValueError, match="q has shape"):
        double_delta(LINE, [0.1, 0.2])
    with pytest.raises(ValueError, match="n is 4"):
        double_delta(LINE, OBLIQUE, n=4)
    with pytest.raises(ValueError, match="width_eV is 0"):
        smeared_double_delta(SQUARE, LEVEL, OBLIQUE, 24, 0)
    with pytest.raises(ValueError, match="mesh is 1"):
        triangle_double_delta(SQUARE, LEVEL, OBLIQUE, 1)
    with pytest.raises(ValueError, match="not finite"):
        smeared_double_delta(SQUARE, LEVEL, [np.nan, 0, 0], 24, 0.1)
    for sum_over_mesh in (
        lambda level: smeared_double_delta(SQUARE, level, OBLIQUE, 24, 0.1),
        lambda level: triangle_double_delta(SQUARE, level, OBLIQUE, 24),
    ):
        with pytest.raises(ValueError, match="fermi_energy_eV is not finite"):
            sum_over_mesh(np.nan)
    for n in (64.5, np.nan):
        with pytest.raises(ValueError, match=r"n is .*; an integer ≥ 16 is needed"):
            crossings(LINE, OBLIQUE, n)
        with pytest.raises(ValueError, match=r"mesh is .*; an integer ≥ 2 is needed"):
            triangle_double_delta(SQUARE, LEVEL, OBLIQUE, n)
        with pytest.raises(ValueError, match=r"n is .*; an integer ≥ 1 is needed"):
            LINE.contour(n)
        with pytest.raises(ValueError, match=r"n is .*; an integer ≥ 1 is needed"):
            LINE.points(n)
    with pytest.raises(ValueError, match="n is 0; an integer ≥ 4 is needed"):
        LINE.joined_by(OBLIQUE[0], n=0)
    with pytest.raises(ValueError, match="turn is not finite"):
        LINE.contour(16, np.nan)
    with pytest.raises(ValueError, match="angle is not finite"):
        LINE.at(np.inf)


@pytest.mark.parametrize(
    ("coupling", "says"),
    [
        (lambda k, k_prime: np.full(len(k), np.nan), "coupling is not finite"),
        (lambda k, k_prime: np.full((len(k), 2), -0.5), r"down to -0\.5 .*return \|g\|² and not g"),
        (lambda k, k_prime: 1.0, r"returns shape \(\)"),
    ],
)
def test_couplings_that_are_no_squares_are_refused(coupling, says):
    with pytest.raises(ValueError, match=says):
        double_delta(LINE, OBLIQUE, coupling)


def test_triangles_refuse_reciprocal_vectors():
    for q in (np.zeros(3), SQUARE.lattice.reciprocal[0]):
        with pytest.raises(PhysicalRefusal, match="nests"):
            triangle_double_delta(SQUARE, LEVEL, np.stack([OBLIQUE[0], q]), 24)


def test_a_crossing_at_a_corner_of_triangles_counts_once():
    """At half filling q = (π, 0)/a crosses at (±π/2, ±π/2)/a, corners of six triangles each."""
    q = np.array([np.pi / A, 0.0, 0.0])
    exact = along_x(q[:1], 0.0)[0]
    error = [triangle_double_delta(SQUARE, 0.0, q, n) / exact - 1 for n in (24, 48)]
    assert np.abs(error[0]) < 0.03
    assert np.abs(error[1]) < 0.3 * np.abs(error[0])
