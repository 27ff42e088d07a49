"""Lattices: duality, zones, symmetry, paths and meshes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elphlib.lattice import Lattice

LATTICES = {
    "sc": Lattice.sc(3.0),
    "fcc": Lattice.fcc(4.05),
    "bcc": Lattice.bcc(4.22),
    "hexagonal": Lattice.hexagonal(3.21, 5.21),
}
cells = arrays(float, (3, 3), elements=st.floats(-5, 5)).filter(
    lambda A: abs(np.linalg.det(A)) > 2.0
)


@given(cells)
def test_reciprocal_is_dual_and_volumes_multiply(A):
    lattice = Lattice(A)
    assert lattice.vectors @ lattice.reciprocal.T == pytest.approx(2 * np.pi * np.eye(3), abs=1e-9)
    reciprocal_volume = abs(np.linalg.det(lattice.reciprocal))
    assert lattice.volume * reciprocal_volume == pytest.approx((2 * np.pi) ** 3)


@pytest.mark.parametrize(("kind", "atoms"), [("sc", 1), ("fcc", 4), ("bcc", 2)])
def test_cells_per_cube(kind, atoms):
    a = 3.7
    assert getattr(Lattice, kind)(a).volume == pytest.approx(a**3 / atoms)


@pytest.mark.parametrize(
    ("kind", "shells"), [("sc", [6, 12, 8]), ("fcc", [12, 6, 24]), ("bcc", [8, 6, 12])]
)
def test_neighbour_shells(kind, shells):
    lattice = LATTICES[kind]
    A = lattice.vectors
    length = np.linalg.norm(lattice.points_within(2.5 * np.linalg.norm(A[0])) @ A, axis=1)
    _, counts = np.unique(np.round(length, 6), return_counts=True)
    assert counts[0] == 1
    assert counts[1:4].tolist() == shells


@pytest.mark.parametrize(
    ("kind", "order"), [("sc", 48), ("fcc", 48), ("bcc", 48), ("hexagonal", 24)]
)
def test_point_group_has_the_right_order_and_is_a_group(kind, order):
    group = LATTICES[kind].point_group
    assert len(group) == order
    assert np.einsum("nij,nkj->nik", group, group) == pytest.approx(
        np.broadcast_to(np.eye(3), group.shape), abs=1e-12
    )
    product = group[5] @ group[7]
    assert np.abs(group - product).max(axis=(1, 2)).min() < 1e-9


def test_triclinic_lattice_has_only_inversion():
    lattice = Lattice(np.array([[3.0, 0, 0], [0.4, 3.5, 0], [0.3, 0.7, 4.1]]))
    assert len(lattice.point_group) == 2


@pytest.mark.parametrize("kind", LATTICES)
@given(q=arrays(float, 3, elements=st.floats(-20, 20)))
def test_fold_lands_nearest_to_the_origin_and_moves_by_a_reciprocal_vector(kind, q):
    lattice = LATTICES[kind]
    folded = lattice.fold(q)
    n = (q - folded) @ lattice.vectors.T / (2 * np.pi)
    assert n == pytest.approx(np.round(n), abs=1e-7)
    G = lattice.reciprocal_within(5.0)
    assert np.linalg.norm(folded) <= np.linalg.norm(folded - G, axis=1).min() + 1e-9


@pytest.mark.parametrize("kind", LATTICES)
@given(q=arrays(float, 3, elements=st.floats(-5, 5)))
def test_fold_does_not_depend_on_the_cell_it_starts_from(kind, q):
    lattice = LATTICES[kind]
    shifted = lattice.fold(q + np.array([1, -2, 3]) @ lattice.reciprocal)
    assert np.linalg.norm(shifted) == pytest.approx(np.linalg.norm(lattice.fold(q)), abs=1e-9)


def test_path_has_the_asked_points_and_walks_straight():
    lattice = Lattice.fcc(4.05)
    path = lattice.path("Γ-X-W-K-Γ-L", 101)
    assert path.points.shape == (101, 3)
    assert path.labels == ("Γ", "X", "W", "K", "Γ", "L")
    X = 2 * np.pi / 4.05
    assert path.ticks[1] == pytest.approx(X)
    at_X = np.argmin(np.abs(path.distance - path.ticks[1]))
    assert sorted(np.abs(path.points[at_X])) == pytest.approx([0, 0, X])
    steps = np.linalg.norm(np.diff(path.points, axis=0), axis=1)
    assert np.cumsum(steps) == pytest.approx(path.distance[1:])


def test_path_jumps_without_walking():
    path = Lattice.fcc(4.05).path("Γ-X-U|K-Γ", 60)
    assert path.labels == ("Γ", "X", "U|K", "Γ")
    jump = np.flatnonzero(np.diff(path.distance) == 0)
    assert len(jump) == 1
    U, K = path.points[jump[0]], path.points[jump[0] + 1]
    # U and K are the same wavevector up to a reciprocal vector, named in two cells.
    assert np.linalg.norm(U) == pytest.approx(np.linalg.norm(K))


@pytest.mark.parametrize("kind", LATTICES)
@pytest.mark.parametrize("n", [1, 6, 7, (4, 4, 6)])
def test_mesh_stars_integrate_symmetric_functions_exactly(kind, n):
    lattice = LATTICES[kind]
    mesh = lattice.mesh(n)
    assert mesh.weights.sum() == pytest.approx(1)
    assert mesh.star.size == np.prod(mesh.shape)
    R = lattice.points_within(1.01 * np.linalg.norm(lattice.vectors, axis=1).max())
    R = R @ lattice.vectors
    full = np.stack(np.unravel_index(np.arange(mesh.star.size), mesh.shape), axis=-1)
    points = full / np.array(mesh.shape) @ lattice.reciprocal
    everywhere = np.cos(points @ R.T).sum(axis=1)  # has the full symmetry of the lattice
    reduced = np.cos(mesh.points @ R.T).sum(axis=1)
    assert reduced[mesh.star] == pytest.approx(everywhere, abs=1e-9)
    assert mesh.weights @ reduced == pytest.approx(everywhere.mean(), abs=1e-9)


def test_symmetry_reduces_a_cubic_mesh_towards_a_48th():
    assert len(Lattice.fcc(4.0).mesh(24).points) < 24**3 / 30


@pytest.mark.parametrize(
    "vectors",
    [
        np.zeros((3, 3)),
        [[1, 0, 0], [0, 1, 0], [1, 1, 0]],
        [[1, 0, 0], [0, np.nan, 0], [0, 0, 1]],
        np.eye(2),
        [["a", 0, 0], [0, 1, 0], [0, 0, 1]],
    ],
)
def test_bad_vectors_are_refused(vectors):
    with pytest.raises(ValueError, match="lattice vectors"):
        Lattice(vectors)


@pytest.mark.parametrize("a", [0, -4.05, np.nan, np.inf])
def test_bad_lattice_constant_is_refused(a):
    with pytest.raises(ValueError, match="lattice constant a is .* must be positive"):
        Lattice.fcc(a)


def test_bad_paths_and_meshes_are_refused():
    lattice = Lattice.bcc(3.0)
    with pytest.raises(ValueError, match="this lattice names Γ, H, N, P"):
        lattice.path("Γ-X", 10)
    with pytest.raises(ValueError, match="raise n"):
        lattice.path("Γ-H-N-P-Γ", 3)
    with pytest.raises(ValueError, match="mesh is"):
        lattice.mesh(0)
    with pytest.raises(ValueError, match="do not map the lattice"):
        tilt = np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
        lattice.mesh(4, tilt[None])


def test_a_path_knows_where_its_points_are():
    path = Lattice.fcc(4.0).path("Γ-X-U|K-Γ-L", 12)
    np.testing.assert_allclose(path.where("Γ"), path.ticks[[0, 3]])
    assert path.where("U") == path.where("K") == path.ticks[2]
    assert path.where("W").size == 0
