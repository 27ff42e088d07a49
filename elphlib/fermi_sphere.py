"""A Fermi sphere in a lattice: its Umklapp threshold, and the ball of transfers |Q| ≤ 2k_F."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import Voronoi

from elphlib import integrate
from elphlib.checks import finite_array, positive
from elphlib.lattice import Lattice


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


@dataclass(frozen=True)
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
    lattice: Lattice, radius: float, order: int = 12, operations: np.ndarray | None = None
) -> SphereQuadrature:
    """Quadrature of a ball in reciprocal space that respects the zones it cuts.

    Each G owns the points nearer to it than to any other G. Round each, q = Q − G runs along rays
    from where the ray enters the ball, crowded there as t⁴, to where it leaves ball or zone.
    Normal and Umklapp parts are then smooth on their own domains, and the small q that alone
    survive at low temperature are resolved, whether G lies in the ball or the ball ends before it.

    Parameters
    ----------
    lattice : Lattice
    radius : float, Å⁻¹
        2k_F for a Fermi sphere.
    order : int ≥ 4
        Steps along each ray; half as many in each of two angles on every part of a zone face.
    operations : (m, 3, 3) array, optional
        Symmetry of the integrand, a group of operations of the lattice; −Q is always taken as
        equivalent to Q. None: the point group of the lattice.

    Raises
    ------
    ValueError
        If the radius is not positive, the order is below 4, or the operations are not a group of
        the lattice.
    """
    positive("radius", radius, "Å⁻¹", "2k_F is 1.4–4 Å⁻¹ in metals")
    if order < 4:
        raise ValueError(f"order is {order}; at least 4 is needed; 12 gives about three digits.")
    group = lattice.point_group if operations is None else _group(lattice, operations)
    group = np.unique(np.round(np.concatenate([group, -group]), 12), axis=0)
    fans = _zone_fans(lattice, order // 2)
    middle = fans.centre + fans.edge / 2
    reach = 2 * float(np.linalg.norm(fans.centre + fans.edge, axis=1).max())
    pieces = []
    for G, count in _stars(lattice.reciprocal_within(radius + reach), group):
        keeps = group[np.abs(group @ G - G).max(axis=1) < 1e-6]
        lines, copies = _one_of_each(middle, keeps)
        q, weight = _cell_in_ball(G, fans.pick(lines, count * copies), radius, order)
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


@dataclass(frozen=True)
class _Fans:
    """Lines p(s) = centre + s·edge, 0 ≤ s ≤ 1, that fan over the faces of the first zone.

    A line stands for the solid angle ∫ weight s ds/|p|³.
    """

    centre: np.ndarray
    edge: np.ndarray
    weight: np.ndarray

    def pick(self, lines: np.ndarray, factor: np.ndarray) -> _Fans:
        """Some of the lines, their weights multiplied."""
        return _Fans(self.centre[lines], self.edge[lines], self.weight[lines] * factor)


def _zone_fans(lattice: Lattice, order: int) -> _Fans:
    """Every face cut into triangles from its centre c to a corner a and the middle b of an edge.

    With p = c + s[(1 − t)a + tb − c] the solid angle is s |det(c, a, b)| ds dt/|p|³.
    """
    length = 2.1 * float(np.abs(lattice.reciprocal).sum(axis=0).max())
    cells = Voronoi(lattice.reciprocal_within(length))
    t, wt = integrate.unit_gauss(order)
    centres, edges, weights = [], [], []
    for pair, face in zip(cells.ridge_points, cells.ridge_vertices, strict=True):
        corners = cells.vertices[face] if 0 in pair and min(face) >= 0 else np.empty((0, 3))
        if _polygon_area(corners) < 1e-9 * length**2:
            continue
        c = corners.mean(axis=0)
        for shift in (1, -1):
            for a, b in zip(corners, (corners + np.roll(corners, shift, axis=0)) / 2, strict=True):
                centres.append(np.tile(c, (order, 1)))
                edges.append((1 - t)[:, None] * a + t[:, None] * b - c)
                weights.append(abs(np.linalg.det([c, a, b])) * wt)
    return _Fans(np.concatenate(centres), np.concatenate(edges), np.concatenate(weights))


def _polygon_area(corners: np.ndarray) -> float:
    """Area of a plane polygon (n, 3) with its corners in order."""
    crossed = np.cross(corners, np.roll(corners, -1, axis=0))
    return float(np.linalg.norm(crossed.sum(axis=0))) / 2


def _cell_in_ball(
    G: np.ndarray, fans: _Fans, radius: float, order: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points q (n, 3) and weights (n,) of the part of the cell of G that lies in the ball."""
    surface, solid_angle = _directions(G, fans, radius, order // 2)
    reach = np.linalg.norm(surface, axis=1)
    n_hat = surface / reach[:, None]
    along = n_hat @ G
    inside = along**2 - G @ G + radius**2  # > 0 if the line of the ray meets |G + q n̂| = radius
    root = np.sqrt(np.maximum(inside, 0))
    enter, leave = np.maximum(-along - root, 0), np.minimum(-along + root, reach)
    met = (leave > enter) & (inside > 0)
    t, wt = integrate.unit_gauss(order)
    span = (leave - enter)[met, None]
    q = enter[met, None] + span * t**4
    weight = solid_angle[met, None] * q**2 * span * 4 * t**3 * wt
    return (q[..., None] * n_hat[met, None]).reshape(-1, 3), weight.ravel()


def _directions(
    G: np.ndarray, fans: _Fans, radius: float, order: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points on the zone surface (n, 3) and their solid angles (n,), each line cut where it must.

    Along p(s) the integrand has corners where p itself leaves the ball, |G + p| = radius, and where
    the ray through p touches it, (p·G)² = p²(G² − radius²): two quadratics in s.
    """
    c, d = fans.centre, fans.edge
    outer = np.outer(G, G) - (G @ G - radius**2) * np.eye(3)
    leaves = _roots((d * d).sum(1), 2 * ((c + G) * d).sum(1), ((c + G) ** 2).sum(1) - radius**2)
    touches = _roots(*(f * np.einsum("na,ab,nb->n", x, outer, y)
                       for f, x, y in ((1, d, d), (2, c, d), (1, c, c))))  # fmt: skip
    ends = np.array([[0.0], [1.0]]) * np.ones(len(c))
    cuts = np.sort(np.concatenate([ends, leaves, touches]), axis=0)
    line, piece = np.nonzero((cuts[1:] - cuts[:-1]).T > 1e-9)
    x, w = integrate.unit_gauss(order)
    low, span = cuts[piece, line][:, None], (cuts[piece + 1, line] - cuts[piece, line])[:, None]
    s = low + span * x**2 * (3 - 2 * x)  # crowded at both ends
    p = c[line, None] + s[..., None] * d[line, None]
    each = fans.weight[line, None] * s / np.linalg.norm(p, axis=-1) ** 3
    return p.reshape(-1, 3), (each * span * 6 * x * (1 - x) * w).ravel()


def _roots(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Real roots of as² + bs + c in 0…1, (2, n); 0 where there is none."""
    root = np.sqrt(np.maximum(b**2 - 4 * a * c, 0))
    far = -(b + np.where(b < 0, -1, 1) * root) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.stack([far / a, c / far])
    valid = np.isfinite(s) & (s > 0) & (s < 1) & (b**2 > 4 * a * c)
    return np.where(valid, s, 0.0)


def _one_of_each(points: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of points (n, 3) of which no two are equivalent, and how many each stands for."""
    images = points @ np.swapaxes(group, 1, 2)  # (m, n, 3)
    first = np.argmax(np.round(images @ np.array([1.0, 0.7320508, 0.2360680]), 9), axis=0)
    chosen = np.round(images[first, np.arange(len(points))], 7)
    _, kept, copies = np.unique(chosen, axis=0, return_index=True, return_counts=True)
    return kept, copies
