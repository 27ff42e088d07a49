"""Fermi lines of two-dimensional bands: the contour, what joins its points, its copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from elphlib.checks import finite_array, integer
from elphlib.errors import PhysicalRefusal
from elphlib.tight_binding import TightBinding


@dataclass(frozen=True, eq=False)
class FermiLine:
    """A closed line ε(k) = E_F round one point of the zone of a two-dimensional band.

    The line is followed along rays from its centre, so it must be met once by each of them before
    the ray has left the neighbourhood of the centre; an open line is refused.

    Parameters
    ----------
    band : TightBinding
        No hopping along the third lattice vector, which stands along z.
    fermi_energy_eV : float
    centre : (3,) array, Å⁻¹
        A point inside the line: the bottom of the band for electrons, its top for holes.

    Raises
    ------
    PhysicalRefusal
        If some ray does not meet the energy: the line is open, or there is none.
    ValueError
        If energy or centre are not finite, or the band hops out of the xy plane.
    """

    band: TightBinding
    fermi_energy_eV: float
    centre: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        given = np.zeros(3) if self.centre is None else self.centre
        object.__setattr__(self, "centre", finite_array("centre", given, (3,), "Å⁻¹"))
        finite_array("fermi_energy_eV", self.fermi_energy_eV, (), "eV")
        A = self.band.lattice.vectors
        if np.abs(A[:2, 2]).max() + np.abs(A[2, :2]).max() > 1e-9 or any(
            n[2] for n in self.band.hoppings
        ):
            raise ValueError(
                "the band is not two-dimensional in the xy plane; a Fermi line needs hopping along "
                "the first two lattice vectors only; use `TightBinding.square` or `.triangular`."
            )
        _ = self._known  # refuses an open line

    def at(self, angle: ArrayLike) -> np.ndarray:
        """Points of the line in given directions.

        Newton steps along the ray from the radius interpolated between rays already known; where
        they fail, near a corner of the line, the ray is searched from the centre.

        Parameters
        ----------
        angle : array of any shape, radians
            From the x axis, seen from the centre.

        Returns
        -------
        (…, 3) array, Å⁻¹

        Raises
        ------
        ValueError
            If an angle is not finite.
        PhysicalRefusal
            If a ray does not meet the energy.
        """
        angle = finite_array("angle", angle, (...,), "radians")
        ray = _rays(angle)
        guess = np.interp(angle % (2 * np.pi), *self._known)
        radius = guess
        for _ in range(8):
            k = self.centre + radius[..., None] * ray
            steep = (self.band.gradient(k) * ray).sum(axis=-1)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = (self.band.energy(k) - self.fermi_energy_eV) / steep
            step = np.where(np.abs(step) < guess / 4, step, np.nan)
            radius = np.where(np.isfinite(step), radius - step, guess)
            if np.all(np.abs(step) < 1e-15 * guess):
                break
        lost = ~(np.abs(step) < 1e-13 * guess) | (np.abs(radius - guess) > guess / 4)
        if lost.any():
            radius = np.array(radius)
            radius[lost] = self._search(angle[lost])
        return np.asarray(self.centre + radius[..., None] * ray)

    @cached_property
    def _known(self) -> tuple[np.ndarray, np.ndarray]:
        """Angles and radii of rays all round, the first repeated at the end."""
        angle = np.linspace(0, 2 * np.pi, 193)
        radius = self._search(angle[:-1])
        return angle, np.append(radius, radius[0])

    def _search(self, angle: np.ndarray) -> np.ndarray:
        """Distance (…) in Å⁻¹ at which rays (…) from the centre first meet the energy.

        Raises
        ------
        PhysicalRefusal
            If a ray does not meet it.
        """
        ray = _rays(angle)

        def above(r: np.ndarray) -> np.ndarray:
            return self.band.energy(self.centre + r[..., None] * ray) - self.fermi_energy_eV

        B = self.band.lattice.reciprocal[:2]
        far = 1.05 * max(float(np.linalg.norm(B[0] + s * B[1])) for s in (-1, 1)) / 2
        steps = np.linspace(0, far, 161)
        values = above(np.broadcast_to(steps.reshape(-1, *[1] * angle.ndim), (161, *angle.shape)))
        crossing = np.diff(np.signbit(values), axis=0)
        if not crossing.any(axis=0).all():
            lost = np.degrees(np.ravel(angle)[np.argmin(np.ravel(crossing.any(axis=0)))])
            raise PhysicalRefusal(
                f"the ray at {lost:.0f}° from {np.round(self.centre, 4).tolist()} Å⁻¹ does not "
                f"meet the energy {self.fermi_energy_eV:g} eV; a closed line round that centre is "
                "needed; take the top of the band as centre above its saddle points."
            )
        first = np.argmax(crossing, axis=0)
        return bracketed_root(above, steps[first], steps[first + 1])

    def points(self, n: int = 128) -> np.ndarray:
        """N points (n, 3) of the line in Å⁻¹ in directions of equal steps; n is an integer ≥ 1."""
        n = integer("n", n, 1, "128 is usual")
        return self.at(np.linspace(0, 2 * np.pi, n, endpoint=False))

    def contour(self, n: int = 128, turn: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Points of the line and the density of states that each stands for.

        dk_∥/|∇ε| = r² dφ/|(k − centre)·∇ε| along rays of equal steps, so that Σ weights f is the
        periodic trapezoid of (A/4π²) ∮ dk_∥ f/|∇ε|, which converges exponentially with n.

        Parameters
        ----------
        n : int
        turn : float
            The first ray stands at ``turn`` steps from the x axis.

        Returns
        -------
        k : (n, 3) array, Å⁻¹
        weights : (n,) array, eV⁻¹ per cell and spin
            Their sum is N(0), if the line is the whole Fermi surface.

        Raises
        ------
        ValueError
            If n is not an integer ≥ 1 or turn not finite.
        """
        n = integer("n", n, 1, "64–192 is usual")
        finite_array("turn", turn, (), "")
        k = self.at(2 * np.pi * (np.arange(n) + turn) / n)
        out = k - self.centre
        steep = np.abs((out * self.band.gradient(k)).sum(axis=-1))
        return k, self.cell_area / (2 * np.pi * n) * (out**2).sum(axis=-1) / steep

    @property
    def cell_area(self) -> float:
        """Area A of the two-dimensional cell in Å²."""
        return float(np.linalg.norm(np.cross(*self.band.lattice.vectors[:2])))

    def joined_by(self, q: ArrayLike, n: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs of points of the line that a phonon q joins, Eq. `eq-selection-rule`.

        Parameters
        ----------
        q : (3,) array, Å⁻¹
        n : int
            Directions searched; two crossings closer than 2π/n are missed.

        Returns
        -------
        k, k_prime : (m, 3) arrays, Å⁻¹
            Both on the line round its centre.
        G : (m, 3) array, Å⁻¹
            k' = k + q + G.

        Raises
        ------
        ValueError
            If q is not three finite numbers, or a reciprocal vector, which joins every point; or
            if n is not an integer ≥ 4.
        """
        n = integer("n", n, 4, "256 is usual")
        q = finite_array("q", q, (3,), "Å⁻¹")
        if np.linalg.norm(self.band.lattice.fold(q)) < 1e-9:
            raise ValueError(
                f"q = {q.tolist()} Å⁻¹ is a reciprocal vector; it joins every point of the line to "
                "itself; take q inside the zone and not 0."
            )

        def above(angle: np.ndarray) -> np.ndarray:
            return self.band.energy(self.at(angle) + q) - self.fermi_energy_eV

        edges = np.linspace(0, 2 * np.pi, n + 1) + 1e-7
        found = np.flatnonzero(np.diff(np.signbit(above(edges))))
        k = self.at(bracketed_root(above, edges[found], edges[found + 1]))
        k_prime = self.centre + self.band.lattice.fold(k + q - self.centre)
        return k, k_prime, k_prime - k - q

    @cached_property
    def area(self) -> float:
        """Area inside the line in Å⁻²."""
        k = self.points(512) - self.centre
        return float(np.pi * (k**2).sum(axis=1).mean())

    def smallest_umklapp(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Shortest q between the line and its copies shifted by G ≠ 0.

        Returns
        -------
        q : float, Å⁻¹
        k, k_prime : (3,) arrays, Å⁻¹
            The points of the line that it joins: k' = k + q + G.
        """
        B = self.band.lattice.reciprocal
        n = np.array([(i, j, 0) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j])
        shifts = n @ B
        angle = np.linspace(0, 2 * np.pi, 192, endpoint=False)
        line = self.at(angle)
        gap = np.linalg.norm(line[:, None, None] - line[None, :, None] + shifts, axis=-1)
        i, j, g = np.unravel_index(np.argmin(gap), gap.shape)

        def squared(x: np.ndarray) -> tuple[float, np.ndarray]:
            ends = self.at(x)
            gap = ends[0] - ends[1] + shifts[g]
            turn = self.tangent(ends) @ gap * [2, -2]
            return float(gap @ gap), turn

        best = minimize(squared, angle[[i, j]], jac=True, method="BFGS", options={"gtol": 1e-11})
        k_prime, k = self.at(best.x)
        return float(np.linalg.norm(k_prime - k + shifts[g])), k, k_prime

    def tangent(self, k: np.ndarray) -> np.ndarray:
        """dk/dφ, φ the angle of the ray: a circle's, corrected to keep ε constant.

        Parameters
        ----------
        k : (…, 3) array, Å⁻¹
            On the line, as `at` returns them.

        Returns
        -------
        (…, 3) array, Å⁻¹ per radian
        """
        out = k - self.centre
        across = np.stack([-out[..., 1], out[..., 0], 0 * out[..., 0]], axis=-1)
        slope = self.band.gradient(k)
        stretch = (slope * across).sum(axis=-1) / (slope * out).sum(axis=-1)
        return np.asarray(across - stretch[..., None] * out)


def _rays(angle: np.ndarray) -> np.ndarray:
    """Unit vectors (…, 3) in the xy plane."""
    return np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)


def bracketed_root(
    function: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Roots of an elementwise function, one in each bracket [low, high], to rounding.

    Regula falsi with the Illinois rule: an end that survives twice counts half.
    """
    a, b = np.array(low, dtype=float), np.array(high, dtype=float)
    fa, fb = function(a), function(b)
    x = b
    for _ in range(80):
        step = fb - fa
        last, x = x, np.where(step == 0, b, b - fb * (b - a) / np.where(step == 0, 1.0, step))
        fx = function(x)
        crossed = np.signbit(fx) != np.signbit(fb)
        a, fa = np.where(crossed, b, a), np.where(crossed, fb, fa / 2)
        b, fb = x, fx
        if np.abs(x - last).max(initial=0.0) < 1e-15 + 4e-16 * np.abs(x).max(initial=0.0):
            break
    return x
