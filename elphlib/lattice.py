"""Bravais lattices in real and reciprocal space: cells, zones, paths, meshes, point groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import pi

import numpy as np

from elphlib.checks import finite_array, positive

_CUBIC_POINTS = {  # in units of 2π/a
    "sc": {"Γ": (0, 0, 0), "X": (0.5, 0, 0), "M": (0.5, 0.5, 0), "R": (0.5, 0.5, 0.5)},
    "fcc": {
        "Γ": (0, 0, 0),
        "X": (1, 0, 0),
        "W": (1, 0.5, 0),
        "K": (0.75, 0.75, 0),
        "L": (0.5, 0.5, 0.5),
        "U": (1, 0.25, 0.25),
    },
    "bcc": {"Γ": (0, 0, 0), "H": (1, 0, 0), "N": (0.5, 0.5, 0), "P": (0.5, 0.5, 0.5)},
}
_HEXAGONAL_POINTS = {  # in units of the reciprocal vectors
    "Γ": (0, 0, 0),
    "M": (0.5, 0, 0),
    "K": (1 / 3, 1 / 3, 0),
    "A": (0, 0, 0.5),
    "L": (0.5, 0, 0.5),
    "H": (1 / 3, 1 / 3, 0.5),
}


@dataclass(frozen=True)
class KPath:
    """Straight segments through reciprocal space, ready to be the horizontal axis of a plot.

    Attributes
    ----------
    points : (n, 3) array, Å⁻¹
    distance : (n,) array, Å⁻¹
        Length walked along the path; jumps (written ``|``) add nothing.
    ticks : (m,) array, Å⁻¹
    labels : tuple of m strings
        Two names that share a tick stand as ``"X|K"``.
    """

    points: np.ndarray
    distance: np.ndarray
    ticks: np.ndarray
    labels: tuple[str, ...]

    def where(self, name: str) -> np.ndarray:
        """Every distance at which the path passes the named point, in Å⁻¹; empty if nowhere."""
        return np.array([t for t, label in zip(self.ticks, self.labels, strict=True)
                         if name in label.split("|")])  # fmt: skip


@dataclass(frozen=True)
class Mesh:
    """A Γ-centred mesh of the reciprocal cell and its reduction by symmetry.

    Attributes
    ----------
    shape : (n1, n2, n3)
    points : (m, 3) array, Å⁻¹
        One representative of each star.
    weights : (m,) array
        Fraction of the mesh that each represents; they sum to one.
    star : (n1·n2·n3,) int array
        For every mesh point, in C order, the row of ``points`` that represents it.
    """

    shape: tuple[int, int, int]
    points: np.ndarray
    weights: np.ndarray
    star: np.ndarray


@dataclass(frozen=True)
class Lattice:
    """A Bravais lattice.

    Parameters
    ----------
    vectors : (3, 3) array, Å
        Primitive vectors as rows.
    special_points : mapping of str to three floats, optional
        Names of wavevectors, in units of the rows of ``reciprocal``, for `path`.

    Raises
    ------
    ValueError
        If the vectors are not finite, not (3, 3), or do not span space.
    """

    vectors: np.ndarray
    special_points: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        vectors = finite_array("lattice vectors", self.vectors, (3, 3), "Å")
        volume = abs(np.linalg.det(vectors))
        if volume < 1e-9 * np.prod(np.linalg.norm(vectors, axis=1)) or volume == 0:
            raise ValueError(
                f"lattice vectors {vectors.tolist()} Å span no volume; three linearly independent "
                "vectors are needed; check for a repeated or zero row."
            )
        vectors.setflags(write=False)
        object.__setattr__(self, "vectors", vectors)

    @classmethod
    def sc(cls, a: float) -> Lattice:
        """Simple cubic lattice with lattice constant a in Å."""
        return cls._cubic("sc", a, np.eye(3))

    @classmethod
    def fcc(cls, a: float) -> Lattice:
        """Face-centred cubic lattice with cubic lattice constant a in Å."""
        return cls._cubic("fcc", a, (1 - np.eye(3)) / 2)

    @classmethod
    def bcc(cls, a: float) -> Lattice:
        """Body-centred cubic lattice with cubic lattice constant a in Å."""
        return cls._cubic("bcc", a, 0.5 - np.eye(3))

    @classmethod
    def _cubic(cls, kind: str, a: float, unit: np.ndarray) -> Lattice:
        positive("lattice constant a", a, "Å", "metals have 2.5–6.5 Å")
        points = {
            name: tuple(float(x) for x in unit @ np.array(k, float))
            for name, k in _CUBIC_POINTS[kind].items()
        }
        return cls(a * unit, points)  # type: ignore[arg-type]

    @classmethod
    def hexagonal(cls, a: float, c: float) -> Lattice:
        """Hexagonal lattice, a₁ along x, c along z, angle a₁a₂ = 120°; a and c in Å."""
        positive("lattice constant a", a, "Å", "metals have 2–4 Å")
        positive("lattice constant c", c, "Å", "metals have 3.5–6 Å")
        vectors = [[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]]
        return cls(np.array(vectors), dict(_HEXAGONAL_POINTS))

    @cached_property
    def reciprocal(self) -> np.ndarray:
        """Reciprocal vectors as rows, (3, 3), Å⁻¹: aᵢ·bⱼ = 2πδᵢⱼ."""
        return 2 * pi * np.linalg.inv(self.vectors).T

    @cached_property
    def volume(self) -> float:
        """Volume of the primitive cell in Å³."""
        return float(abs(np.linalg.det(self.vectors)))

    def points_within(self, radius: float) -> np.ndarray:
        """Lattice vectors R with |R| ≤ radius (Å) as integer triples (n, 3), nearest first."""
        return _integer_points(self.vectors, radius)

    def reciprocal_within(self, radius: float) -> np.ndarray:
        """Reciprocal vectors G with |G| ≤ radius, (n, 3) in Å⁻¹, shortest first."""
        return _integer_points(self.reciprocal, radius) @ self.reciprocal

    def fold(self, q: np.ndarray) -> np.ndarray:
        """Shift each wavevector (…, 3), Å⁻¹, by a reciprocal vector into the first Brillouin zone.

        The first zone is the set of points nearer to G = 0 than to any other G. On its surface the
        choice among equally near vectors is arbitrary.
        """
        q = finite_array("q", q, (..., 3), "Å⁻¹")
        B = self.reciprocal
        q = q - np.round(q @ self.vectors.T / (2 * pi)) @ B
        reach = np.linalg.norm(np.abs(B).sum(axis=0))
        shifts = _integer_points(B, float(reach)) @ B
        farther = (shifts**2).sum(axis=1) - 2 * q @ shifts.T  # |q − G|² − q²
        farther[..., 0] -= 1e-12 * reach**2
        return q - shifts[np.argmin(farther, axis=-1)]

    @cached_property
    def point_group(self) -> np.ndarray:
        """All rotations and reflections that map the lattice onto itself, (n, 3, 3) Cartesian.

        A candidate sends the three primitive vectors to lattice vectors of the same lengths and
        mutual angles.
        """
        A = self.vectors
        lengths = np.linalg.norm(A, axis=1)
        near = self.points_within(lengths.max() * (1 + 1e-9)) @ A
        norm = np.linalg.norm(near, axis=1)
        images = [near[np.abs(norm - length) < 1e-6 * length] for length in lengths]
        gram = A @ A.T
        tolerance = 1e-6 * lengths.max() ** 2
        inverse = np.linalg.inv(A)
        found = [
            (inverse @ np.array(rows)).T
            for rows in product(*images)
            if np.abs(np.array(rows) @ np.array(rows).T - gram).max() < tolerance
        ]
        return np.array(found)

    def path(self, labels: str, n: int) -> KPath:
        """Walk through named points, for example ``"Γ-X-W-K-Γ-L"`` or ``"Γ-X-U|K-Γ"``.

        Parameters
        ----------
        labels : str
            Names from ``special_points`` joined by ``-``; ``|`` jumps without walking.
        n : int
            Number of points, shared among the segments in proportion to their lengths.
        """
        pieces = [piece.split("-") for piece in labels.split("|")]
        unknown = {name for piece in pieces for name in piece} - set(self.special_points)
        if unknown or any(len(piece) < 2 for piece in pieces):
            raise ValueError(
                f"path {labels!r} cannot be walked; this lattice names "
                f"{', '.join(self.special_points) or 'no points'}; join at least two names by '-', "
                "as in 'Γ-X', or give `special_points` to Lattice."
            )
        corners = [[np.array(self.special_points[k]) @ self.reciprocal for k in p] for p in pieces]
        lengths = [np.linalg.norm(np.diff(c, axis=0), axis=1) for c in corners]
        return _walk(pieces, corners, lengths, n)

    def mesh(self, n: int | tuple[int, int, int], operations: np.ndarray | None = None) -> Mesh:
        """Γ-centred mesh of n₁ × n₂ × n₃ points, reduced by symmetry.

        Parameters
        ----------
        n : int or three ints
        operations : (m, 3, 3) array, optional
            Cartesian rotations that leave the integrand unchanged; time reversal q → −q is always
            added. None: the full point group of the lattice.
        """
        if isinstance(n, int | np.integer):
            n = (int(n), int(n), int(n))
        if len(n) != 3 or min(n) < 1:
            raise ValueError(
                f"mesh is {n!r}; it must be one positive integer or three; 20 is a usual start."
            )
        shape = (int(n[0]), int(n[1]), int(n[2]))
        group = self.point_group if operations is None else np.asarray(operations)
        integer = _reciprocal_integers(self, group)
        star = _stars(shape, integer)
        first, index, counts = np.unique(star, return_inverse=True, return_counts=True)
        grid = np.stack(np.unravel_index(first, shape), axis=-1) / np.array(shape)
        points = grid @ self.reciprocal
        return Mesh(shape, points, counts / star.size, index)


def _integer_points(vectors: np.ndarray, radius: float) -> np.ndarray:
    """Integer triples n with |n·vectors| ≤ radius, sorted by length."""
    heights = 1 / np.linalg.norm(np.linalg.inv(vectors), axis=0)
    limit = np.floor(radius / heights + 1e-9).astype(int)
    axes = [np.arange(-m, m + 1) for m in limit]
    n = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    length = np.linalg.norm(n @ vectors, axis=1)
    order = np.argsort(np.round(length, 9), kind="stable")
    return n[order[length[order] <= radius * (1 + 1e-12)]]


def _walk(pieces: list, corners: list, lengths: list, n: int) -> KPath:
    total = sum(float(piece.sum()) for piece in lengths)
    steps = [np.maximum(1, np.round((n - 1) * piece / total).astype(int)) for piece in lengths]
    longest = max(range(len(steps)), key=lambda i: steps[i].max())
    steps[longest][np.argmax(steps[longest])] += n - sum(s.sum() + 1 for s in steps)
    if min(s.min() for s in steps) < 1:
        raise ValueError(f"path has {n} points for {sum(map(len, lengths))} segments; raise n.")
    points: list[np.ndarray] = []
    distance: list[np.ndarray] = []
    ticks: list[float] = []
    labels: list[str] = []
    walked = 0.0
    for names, corner, length, step in zip(pieces, corners, lengths, steps, strict=True):
        points.append(corner[0][None])
        distance.append(np.array([walked]))
        if labels:
            labels[-1] += "|" + names[0]
        else:
            labels, ticks = [names[0]], [walked]
        for i, m in enumerate(step):
            t = np.arange(1, m + 1)[:, None] / m
            points.append(corner[i] + t * (corner[i + 1] - corner[i]))
            distance.append(walked + t[:, 0] * length[i])
            walked += float(length[i])
            ticks.append(walked)
            labels.append(names[i + 1])
    return KPath(np.concatenate(points), np.concatenate(distance), np.array(ticks), tuple(labels))


def _reciprocal_integers(lattice: Lattice, group: np.ndarray) -> np.ndarray:
    """The operations, with time reversal, as integer matrices on fractional q (rows)."""
    fractional = lattice.reciprocal @ np.swapaxes(group, 1, 2) @ lattice.vectors.T / (2 * pi)
    integer = np.round(fractional).astype(int)
    if np.abs(fractional - integer).max() > 1e-6:
        raise ValueError(
            "operations do not map the lattice onto itself; rotations of the lattice are needed; "
            "choose among `lattice.point_group`."
        )
    return np.unique(np.concatenate([integer, -integer]), axis=0)


def _stars(shape: tuple[int, int, int], operations: np.ndarray) -> np.ndarray:
    """For each mesh point the smallest C-order index among its images that lie on the mesh."""
    size = np.array(shape)
    grid = np.stack(np.unravel_index(np.arange(size.prod()), shape), axis=-1)
    smallest = np.arange(size.prod())
    for operation in operations:
        # An unequal mesh has less symmetry than the lattice: keep what maps mesh to mesh.
        scaled = operation * size[None, :] / size[:, None]
        if np.abs(scaled - np.round(scaled)).max() < 1e-9:
            image = (grid @ np.round(scaled).astype(int)) % size
            np.minimum(smallest, np.ravel_multi_index(tuple(image.T), shape), out=smallest)
    return smallest
