"""Rays that fan over the first zone of a crystal, cut where they cross a ball.

The parts of `elphlib.fermi_sphere.sphere_quadrature`: triangles on the zone's surface, directions
on them, and points along the rays. Every cut lies where the integrand has a corner, so that Gauss's
rule converges on each piece as if there were none.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from scipy.spatial import Voronoi

from elphlib import integrate
from elphlib.lattice import Lattice


def zone_triangles(lattice: Lattice) -> np.ndarray:
    """Faces of the first zone in triangles (n, 3, 3): centre, a corner, the middle of its edge."""
    length = 2.1 * float(np.abs(lattice.reciprocal).sum(axis=0).max())
    cells = Voronoi(lattice.reciprocal_within(length))
    triangles = []
    for ridge in np.flatnonzero((cells.ridge_points == 0).any(axis=1)):
        corners = cells.vertices[cells.ridge_vertices[ridge]]
        if _polygon_area(corners) < 1e-9 * length**2:
            continue
        c = corners.mean(axis=0)
        for shift in (1, -1):
            middles = (corners + np.roll(corners, shift, axis=0)) / 2
            triangles += [(c, a, b) for a, b in zip(corners, middles, strict=True)]
    return np.array(triangles)


def _polygon_area(corners: np.ndarray) -> float:
    """Area of a plane polygon (n, 3) with its corners in order."""
    crossed = np.cross(corners, np.roll(corners, -1, axis=0))
    return float(np.linalg.norm(crossed.sum(axis=0))) / 2


def directions(
    G: np.ndarray, triangles: np.ndarray, copies: np.ndarray, radius: float, order: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points on the zone surface (n, 3) and their solid angles (n,), times the copies.

    On a triangle p = c + s d(t) with d = (1 − t)a + tb − c, and the solid angle is
    s |det(c, a, b)| ds dt/|p|³. The integrand has corners where p leaves the ball,
    |G + p| = radius, and where the ray through p touches it, (p·G)² = p²(G² − radius²). Both are
    quadratic forms in p, so quadratics in s; and their roots enter, leave or meet where t obeys a
    quadratic again.
    """
    c, a, b = np.swapaxes(triangles, 0, 1)
    touch = np.outer(G, G) - (G @ G - radius**2) * np.eye(3)
    forms = ((np.eye(3), G, G @ G - radius**2), (touch, np.zeros(3), 0.0))  # p·A·p + 2B·p + C
    ends = [_quadratic(form, a, b - a) for form in forms]
    meet = [_discriminant(form, c, a - c, b - a) for form in forms]
    (row, t, wt) = _pieces([_roots(*f) for f in ends + meet], order, range(4))
    c, d = c[row], a[row] + t[:, None] * (b - a)[row] - c[row]
    lines = [_roots(*_quadratic(form, c, d)) for form in forms]
    line, s, ws = _pieces(lines, order, (1,))
    p = c[line] + s[:, None] * d[line]
    whole = np.abs(np.linalg.det(triangles)) * copies
    return p, whole[row[line]] * wt[line] * ws * s / np.linalg.norm(p, axis=-1) ** 3


def _quadratic(form: tuple, p: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, ...]:
    """Coefficients of s², s, 1 in the form at p + s d; p and d are (n, 3)."""
    A, B, C = form
    Ap = p @ A
    return ((d @ A) * d).sum(1), 2 * ((Ap + B) * d).sum(1), ((Ap + 2 * B) * p).sum(1) + C


def _discriminant(
    form: tuple, c: np.ndarray, d: np.ndarray, turn: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Coefficients of t², t, 1 in the discriminant of the form at c + s (d + t turn).

    It is (half the linear coefficient)² − (first)(last): positive where the line crosses it twice.
    """
    A, B, C = form
    half, last = c @ A + B, ((c @ A + 2 * B) * c).sum(1) + C
    h0, h1 = (half * d).sum(1), (half * turn).sum(1)
    first, second, third = _quadratic((A, 0 * B, 0.0), d, turn)
    return h1**2 - last * first, 2 * h0 * h1 - last * second, h0**2 - last * third


def _pieces(
    cuts: list[np.ndarray], order: int, singular: Collection[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gauss points on 0…1 cut at roots, crowded where the integrand goes as a square root.

    Parameters
    ----------
    cuts : list of (2, n) arrays
        For each of n rows; 0 where there is none.
    order : int
        Points on each piece.
    singular : indices of the cuts at whose roots to crowd

    Returns
    -------
    row, x, weight : (m,) arrays
    """
    n = cuts[0].shape[1]
    marked = np.repeat(
        [False, False, *(i in singular for i in range(len(cuts)))], [1, 1] + [2] * len(cuts)
    )
    knots = np.concatenate([np.zeros((1, n)), np.ones((1, n)), *cuts])
    rank = np.argsort(knots, axis=0, kind="stable")
    knots = np.take_along_axis(knots, rank, axis=0)
    crowded = marked[rank] & (knots > 0)
    row, piece = np.nonzero((knots[1:] - knots[:-1]).T > 1e-9)
    low, span = knots[piece, row][:, None], (knots[piece + 1, row] - knots[piece, row])[:, None]
    left, right = crowded[piece, row][:, None], crowded[piece + 1, row][:, None]
    x, w = integrate.unit_gauss(order)
    place = np.where(
        left, np.where(right, x**2 * (3 - 2 * x), x**2), np.where(right, x * (2 - x), x)
    )
    slope = np.where(left, np.where(right, 6 * x * (1 - x), 2 * x), np.where(right, 2 - 2 * x, 1.0))
    return np.repeat(row, order), (low + span * place).ravel(), (span * slope * w).ravel()


def along_rays(
    G: np.ndarray,
    surface: np.ndarray,
    solid_angle: np.ndarray,
    radius: float,
    steps: int,
    crowding: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Points q (n, 3) and weights (n,) of the part of the cell of G that lies in the ball."""
    reach = np.linalg.norm(surface, axis=1)
    n_hat = surface / reach[:, None]
    along = n_hat @ G
    inside = along**2 - G @ G + radius**2  # > 0 if the line of the ray meets |G + q n̂| = radius
    root = np.sqrt(np.maximum(inside, 0))
    enter, leave = np.maximum(-along - root, 0), np.minimum(-along + root, reach)
    met = (leave > enter) & (inside > 0)
    t, wt = integrate.unit_gauss(steps)
    span = (leave - enter)[met, None]
    q = enter[met, None] + span * t**crowding
    weight = solid_angle[met, None] * q**2 * span * crowding * t ** (crowding - 1) * wt
    return (q[..., None] * n_hat[met, None]).reshape(-1, 3), weight.ravel()


def _roots(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Real roots of as² + bs + c in 0…1, (2, n); 0 where there is none."""
    root = np.sqrt(np.maximum(b**2 - 4 * a * c, 0))
    far = -(b + np.where(b < 0, -1, 1) * root) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.stack([far / a, c / far])
    valid = np.isfinite(s) & (s > 0) & (s < 1) & (b**2 > 4 * a * c)
    return np.where(valid, s, 0.0)
