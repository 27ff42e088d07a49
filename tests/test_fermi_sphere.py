"""The quadrature of a ball that lattice cells cut: closed forms, other routes, then refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elphlib.fermi_sphere import sphere_geometry, sphere_quadrature
from elphlib.lattice import Lattice

LATTICES = {
    "sc": Lattice.sc(3.0), "fcc": Lattice.fcc(4.0), "bcc": Lattice.bcc(5.0),
    "hcp": Lattice.hexagonal(3.2, 3.2 * np.sqrt(8 / 3)),
}  # fmt: skip
NONE = np.eye(3)[None]


def wave_integral(R, radius):
    """∫ e^{iQ·R} d³Q over |Q| ≤ radius = 4π(sin x − x cos x)/R³, x = R·radius."""
    x = R * radius
    return 4 * np.pi * (np.sin(x) - x * np.cos(x)) / R**3


def shells(lattice, count):
    """Lattice vectors, shortest first, at least ``count`` and whole shells, origin left out."""
    R = lattice.points_within(4 * np.linalg.norm(lattice.vectors, axis=1).max()) @ lattice.vectors
    length = np.linalg.norm(R, axis=1)
    return R[(length > 0) & (length < length[count] + 1e-9)]


# ── what must be true ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("operations", [None, NONE], ids=["point group", "none"])
@pytest.mark.parametrize("name", LATTICES)
def test_moments_of_the_ball(name, operations):
    lattice = LATTICES[name]
    for Z in (0.5, 1, 4):
        radius = 2 * sphere_geometry(lattice, Z).k_fermi
        ball = sphere_quadrature(lattice, radius, 8, operations, radial=8, crowding=2)
        Q = np.linalg.norm(ball.Q, axis=1)
        for n in (-1, 0, 1, 2, 4):  # ∫Qⁿ d³Q = 4πR^(n+3)/(n+3)
            exact = 4 * np.pi * radius ** (n + 3) / (n + 3)
            assert ball.weight @ Q**n == pytest.approx(exact, rel=1.5e-3), (Z, n)


@pytest.mark.parametrize("name", LATTICES)
def test_the_ball_is_round_without_any_symmetry_to_help(name):
    lattice = LATTICES[name]
    radius = 2 * sphere_geometry(lattice, 2).k_fermi
    ball = sphere_quadrature(lattice, radius, 10, NONE, radial=8, crowding=1)
    second = np.einsum("n,ni,nj->ij", ball.weight, ball.Q, ball.Q)
    np.testing.assert_allclose(second / radius**5, 4 * np.pi / 15 * np.eye(3), atol=1e-3)


@pytest.mark.parametrize("name", LATTICES)
def test_waves_that_repeat_with_the_lattice(name):
    """Periodic functions know q only, their integrals over the ball have a closed form in Q."""
    lattice = LATTICES[name]
    radius = 2 * sphere_geometry(lattice, 3).k_fermi
    ball = sphere_quadrature(lattice, radius, 12, radial=10, crowding=1)
    whole = 4 / 3 * np.pi * radius**3
    for count in (1, 15, 40):
        R = shells(lattice, count)
        exact = wave_integral(np.linalg.norm(R, axis=1), radius).sum() / len(R)
        for points in (ball.q, ball.Q):
            computed = ball.weight @ np.cos(points @ R.T).mean(axis=1)
            assert computed == pytest.approx(exact, abs=2e-3 * whole), count
    # Inside the ball the zone is whole: waves of any shell average to nothing over it.
    normal = ~ball.umklapp
    zone = (2 * np.pi) ** 3 / lattice.volume
    assert np.linalg.norm(ball.q[normal], axis=1).max() < radius
    mean = ball.weight[normal] @ np.cos(ball.q[normal] @ shells(lattice, 1).T) / zone
    assert abs(mean.mean()) < 1e-6


def test_coulomb_potential_in_the_middle_of_a_cube():
    """∫d³q/q over a unit cube is 3 ln[(√3+1)/(√3−1)] − π/2; in every cell that the ball holds."""
    lattice = Lattice.sc(2 * np.pi)
    exact = 3 * np.log((np.sqrt(3) + 1) / (np.sqrt(3) - 1)) - np.pi / 2
    for crowding in (1, 2, 3, 4):
        ball = sphere_quadrature(lattice, 1.8, 10, radial=10, crowding=crowding)
        inside = np.linalg.norm(np.abs(np.round(ball.Q)) + 0.5, axis=1) < 1.8
        for cells, chosen in ((1, ~ball.umklapp), (7, inside)):
            total = ball.weight[chosen] @ (1 / np.linalg.norm(ball.q[chosen], axis=1))
            assert total == pytest.approx(cells * exact, rel=2e-6), crowding


@pytest.mark.parametrize("name", LATTICES)
def test_a_small_ball_knows_only_normal_processes(name):
    lattice = LATTICES[name]
    zone = sphere_geometry(lattice, 1).G_min / 2
    assert not sphere_quadrature(lattice, 0.999 * zone, 6).umklapp.any()
    ball = sphere_quadrature(lattice, 1.1 * zone, 10, radial=6, crowding=2)
    beyond = ball.weight[ball.umklapp].sum()
    # What the ball of 1.1 halves of G_min has outside the zone: a cap over each nearest face.
    faces = len(lattice.reciprocal_within(1.05 * 2 * zone)) - 1
    cap = np.pi * (0.1 * zone) ** 2 * (3 * 1.1 * zone - 0.1 * zone) / 3
    far = np.linalg.norm(lattice.reciprocal_within(2.2 * zone), axis=1)
    if far.max() < 1.001 * 2 * zone:  # no second shell within reach, as in all but hcp
        assert beyond == pytest.approx(faces * cap, rel=1e-3)
    assert 0 < beyond < ball.weight.sum()


def test_tetragonal_integrand_needs_and_gets_the_tetragonal_group():
    lattice = LATTICES["bcc"]
    group = np.array([S for S in lattice.point_group if abs(S[2, 2]) > 0.5])
    assert len(group) == 16

    def stretched(Q):
        return Q[:, 2] ** 2 * np.exp(-(Q[:, 0] ** 2 + Q[:, 1] ** 2 + 3 * Q[:, 2] ** 2))

    results = [
        ball.weight @ stretched(ball.Q)
        for ball in (sphere_quadrature(lattice, 1.9, 10, ops, radial=8, crowding=1)
                     for ops in (group, NONE, lattice.point_group))
    ]  # fmt: skip
    assert results[0] == pytest.approx(results[1], rel=1e-10)
    assert results[2] != pytest.approx(results[1], rel=0.03)  # a cubic wedge would be a mistake


@pytest.mark.parametrize("name", LATTICES)
def test_order_and_steps_converge_and_every_crowding_to_the_same(name):
    lattice = LATTICES[name]
    radius = 2 * sphere_geometry(lattice, 2).k_fermi

    def f(ball):
        q2 = (ball.q**2).sum(axis=1)
        return ball.weight @ (np.exp(-q2) / (1 + (ball.Q**2).sum(axis=1)))

    best = f(sphere_quadrature(lattice, radius, 20, radial=14, crowding=1))
    errors = [
        abs(f(sphere_quadrature(lattice, radius, order, radial=14, crowding=1)) / best - 1)
        for order in (4, 6, 8, 12, 16)
    ]
    assert errors[-1] < 3e-5
    assert errors[-1] < errors[1] / 10
    assert max(errors) < 1e-2
    for crowding in (1, 2, 3, 4):
        ball = sphere_quadrature(lattice, radius, 20, radial=14, crowding=crowding)
        assert f(ball) == pytest.approx(best, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-0.8, 0.8), min_size=9, max_size=9), st.floats(0.3, 3.0))
def test_any_lattice_at_all(noise, size):
    vectors = 3 * np.eye(3) + np.reshape(noise, (3, 3))
    lattice = Lattice(vectors)
    radius = size * np.linalg.norm(lattice.reciprocal_within(9)[1]) / 2
    ball = sphere_quadrature(lattice, radius, 6, radial=5, crowding=1)
    assert (ball.weight > 0).all()
    assert ball.weight.sum() == pytest.approx(4 / 3 * np.pi * radius**3, rel=2e-2)
    np.testing.assert_allclose(np.cos(ball.Q @ vectors.T), np.cos(ball.q @ vectors.T), atol=1e-9)
    shorter = np.linalg.norm(ball.q[:, None] - lattice.reciprocal_within(9)[1:15], axis=-1)
    assert (np.linalg.norm(ball.q, axis=1)[:, None] <= shorter + 1e-9).all()


def test_crowding_puts_points_where_q_is_small():
    lattice = LATTICES["fcc"]
    least = [
        np.linalg.norm(sphere_quadrature(lattice, 2.7, 6, radial=8, crowding=c).q, axis=1).min()
        for c in (1, 2, 4)
    ]
    assert least[0] > 10 * least[1] > 100 * least[2] > 0


# ── bad input ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"radius": 0.0}, "radius is 0.0 Å⁻¹; it must be positive.*2k_F is"),
        ({"radius": np.inf}, "radius is inf Å⁻¹; it must be positive.*2k_F is"),
        ({"order": 3}, "order is 3; an integer ≥ 4 is needed; 12 gives"),
        ({"order": 4.5}, "order is 4.5; an integer ≥ 4"),
        ({"radial": 2.5}, "radial is 2.5; an integer ≥ 1"),
        ({"crowding": 1.5}, "crowding is 1.5; an integer ≥ 1"),
        ({"radial": 0}, "radial is 0; an integer ≥ 1 is needed; 6 serves integrals"),
        ({"crowding": 0}, "crowding is 0; an integer ≥ 1 is needed; 1 serves integrals"),
        ({"operations": np.zeros((1, 3))}, r"operations has shape \(1, 3\); it must be"),
    ],
)
def test_bad_input_is_refused(keywords, message):
    with pytest.raises(ValueError, match=message):
        sphere_quadrature(LATTICES["sc"], **({"radius": 1.0} | keywords))


def test_two_inversions_without_their_product_are_no_group():
    """Each alone is its own inverse: identity and inverses are there, a product is missing."""
    mirrors = [np.eye(3), np.diag([1.0, 1, -1]), np.diag([1.0, -1, 1])]
    with pytest.raises(ValueError, match="not a group"):
        sphere_quadrature(LATTICES["sc"], 2.0, 4, mirrors)
    whole = [*mirrors, np.diag([1.0, -1, -1])]
    assert len(sphere_quadrature(LATTICES["sc"], 2.0, 4, whole).weight)


def test_a_quadrature_is_compared_as_an_object():
    ball = sphere_quadrature(LATTICES["sc"], 2.0, 4)
    assert ball == ball
    assert ball != sphere_quadrature(LATTICES["sc"], 2.0, 4)
