"""A Fermi sphere in a lattice: its Umklapp threshold, and the ball of transfers |Q| ≤ 2k_F."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elphlib.checks import finite_array, integer, positive
from elphlib.lattice import Lattice
from elphlib.zone_rays import along_rays, directions, zone_triangles


@dataclass(frozen=True)
class SphereGeometry:
    """How a Fermi sphere sits among the reciprocal vectors, Eq. `eq-umklapp-threshold`.

    Attributes
    ----------
    k_fermi, G_min : float, Å⁻¹
        Radius of the sphere; the shortest reciprocal vector of the Bravais lattice (with a basis,
        its structure factor may vanish).
    """

    k_fermi: float
    G_min: float

    @property
    def ratio(self) -> float:
        """2k_F/G_min; below 1 the sphere does not reach its copies."""
        return 2 * self.k_fermi / self.G_min

    @property
    def threshold(self) -> float:
        """q_min = G_min − 2k_F in Å⁻¹: the shortest phonon of an Umklapp process, 0 if none."""
        return max(0.0, self.G_min - 2 * self.k_fermi)


def sphere_geometry(lattice: Lattice, valence: float, atoms: int = 1) -> SphereGeometry:
    """The sphere of ``valence`` electrons for each of the ``atoms`` in a cell of the lattice.

    Raises
    ------
    ValueError
        If valence or atoms is not positive.
    """
    positive("valence", valence, "electrons per atom", "simple metals have 1–4")
    positive("atoms", atoms, "per cell", "1 in fcc and bcc, 2 in hcp")
    k_fermi = float((3 * np.pi**2 * valence * atoms / lattice.volume) ** (1 / 3))
    reach = float(np.linalg.norm(lattice.reciprocal, axis=1).min())
    return SphereGeometry(k_fermi, float(np.linalg.norm(lattice.reciprocal_within(reach)[1])))


@dataclass(frozen=True, eq=False)
class SphereQuadrature:
    """Points of a ball |Q| ≤ radius, cut into the cells of its reciprocal vectors.

    Attributes
    ----------
    Q, q : (n, 3) arrays, Å⁻¹
        Transfers, and the same in the first zone: Q = q + G.
    weight : (n,) array, Å⁻³
        ∫ d³Q f(Q) ≈ Σ weight f(Q) for f with the symmetry that was declared.
    umklapp : (n,) bool array
        Where G ≠ 0.
    """

    Q: np.ndarray
    q: np.ndarray
    weight: np.ndarray
    umklapp: np.ndarray


def sphere_quadrature(
    lattice: Lattice,
    radius: float,
    order: int = 12,
    operations: np.ndarray | None = None,
    *,
    radial: int | None = None,
    crowding: int = 4,
) -> SphereQuadrature:
    """Quadrature of a ball in reciprocal space that respects the zones it cuts.

    Each G owns the points nearer to it than to any other G. Round each, q = Q − G runs along rays
    from where the ray enters the ball, crowded there as t^crowding, to where it leaves ball or
    zone.
    Normal and Umklapp parts are then smooth on their own domains, and the small q that alone
    survive at low temperature are resolved, whether G lies in the ball or the ball ends before it.

    Parameters
    ----------
    lattice : Lattice
    radius : float, Å⁻¹
        2k_F for a Fermi sphere.
    order : int ≥ 4
        Half as many steps in each of two angles on every part of a zone face that the ball meets.
    operations : (m, 3, 3) array, optional
        Symmetry of the integrand, a group of operations of the lattice; −Q is always taken as
        equivalent to Q. None: the point group of the lattice.
    radial : int, optional
        Steps along each ray; None: ``order``.
    crowding : int ≥ 1
        1: Gauss points in |q|, enough for λ; 4 resolves the small q of low temperatures.

    Raises
    ------
    ValueError
        If the radius is not positive, the order no integer ≥ 4, steps or crowding none ≥ 1, or the
        operations are not a group of the lattice.
    """
    positive("radius", radius, "Å⁻¹", "2k_F is 1.4–4 Å⁻¹ in metals")
    order = integer("order", order, 4, "12 gives about three digits")
    serves = "{} serves integrals over all q, {} those over the smallest"
    radial = order if radial is None else integer("radial", radial, 1, serves.format(6, 16))
    crowding = integer("crowding", crowding, 1, serves.format(1, 4))
    group = lattice.point_group if operations is None else _group(lattice, operations)
    group = np.unique(np.round(np.concatenate([group, -group]), 12), axis=0)
    triangles = zone_triangles(lattice)
    reach = 2 * float(np.linalg.norm(triangles, axis=2).max())
    pieces = []
    for G, count in _stars(lattice.reciprocal_within(radius + reach), group):
        keeps = group[np.abs(group @ G - G).max(axis=1) < 1e-6]
        chosen, copies = _one_of_each(triangles.mean(axis=1), keeps)
        surface, solid_angle = directions(G, triangles[chosen], count * copies, radius, order // 2)
        q, weight = along_rays(G, surface, solid_angle, radius, radial, crowding)
        pieces.append((G + q, q, weight, np.full(len(q), bool(G.any()))))
    return SphereQuadrature(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def _group(lattice: Lattice, operations: np.ndarray) -> np.ndarray:
    """Operations (m, 3, 3), refused unless they are a group that the lattice has."""
    group = finite_array("operations", operations, (..., 3, 3), "no unit")
    both = np.concatenate([group, -group]) if group.ndim == 3 else np.empty((0, 3, 3))

    def among(images: np.ndarray, known: np.ndarray) -> bool:
        apart = np.abs(images.reshape(-1, 1, 9) - known.reshape(-1, 9)).max(axis=-1)
        return bool(len(known)) and bool((apart.min(axis=1) < 1e-6).all())

    if not among(both[:, None] @ both, both) or not among(group, lattice.point_group):
        raise ValueError(
            f"operations of shape {group.shape} are not a group of symmetries of the lattice; a "
            "stack (m, 3, 3) with identity and products is needed; choose subgroups of "
            "`lattice.point_group`, or np.eye(3)[None] for none."
        )
    return group


def _stars(G: np.ndarray, group: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """One of each set of vectors that the operations map onto each other, and their number."""
    left, found = G, []
    while len(left):
        images = np.unique(np.round(group @ left[0], 6) + 0.0, axis=0)
        found.append((left[0], len(images)))
        left = left[np.abs(left[:, None] - images).max(axis=2).min(axis=1) > 1e-5]
    return found


def _one_of_each(points: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of points (n, 3) of which no two are equivalent, and how many each stands for."""
    images = points @ np.swapaxes(group, 1, 2)  # (m, n, 3)
    first = np.argmax(np.round(images @ np.array([1.0, 0.7320508, 0.2360680]), 9), axis=0)
    chosen = np.round(images[first, np.arange(len(points))], 7)
    _, kept, copies = np.unique(chosen, axis=0, return_index=True, return_counts=True)
    return kept, copies
