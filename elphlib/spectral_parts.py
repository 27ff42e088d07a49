"""What an α²F is made of: peaks, a piecewise linear curve, a power of ω with a cutoff.

Each part knows its integrals without a grid of its own making, so that a sum of parts has moments
to rounding error. `elphlib.spectral.SpectralFunction` is the face that users see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from elphlib.errors import PhysicalRefusal
from elphlib.integrate import unit_gauss

HALVINGS = 40  #: panels of ratio 2 towards ω = 0: thermal factors vary on a logarithmic scale
NARROW = 0.02  #: (b − a)/(a + b) below which four Gauss points are exact to rounding
CURVE_POINTS = 2001  #: of a power law where only straight pieces will do


class Part(Protocol):
    """One summand of an α²F."""

    @property
    def top(self) -> float:
        """Largest energy where it is not zero, in meV."""

    def power_integral(self, m: float) -> float:
        """∫α²F ω^m dω in meV^(m+1)."""

    def log_integral(self) -> float:
        """∫α²F ln(ω/meV) dω/ω."""

    def quadrature(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes in meV and weights in meV that contain α²F."""

    def broadened(self, energy: np.ndarray, width: float) -> np.ndarray:
        """The part convolved with a Gaussian of standard deviation ``width``."""

    def kinks(self) -> Kinks:
        """Where it is not smooth; all of it, for a piecewise linear curve."""

    def scaled(self, factor: float) -> Part:
        """The part times a number."""


@dataclass(frozen=True, eq=False)
class Kinks:
    """α²F as δ functions, steps and changes of slope: three pairs of (n,) energies and sizes.

    α²F = Σ p δ(ω − ω_p) + Σ s θ(ω − ω_s) + Σ b (ω − ω_b) θ(ω − ω_b), with p in meV, s a number
    and b in meV⁻¹.
    """

    peaks: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))
    steps: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))
    bends: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))


@dataclass(frozen=True, eq=False)
class Peaks:
    """Σᵢ sᵢ δ(ω − ωᵢ): energies and strengths (n,), both in meV, ascending energies > 0."""

    energy: np.ndarray
    strength: np.ndarray

    @property
    def top(self) -> float:
        """Energy of the highest peak."""
        return float(self.energy[-1])

    def power_integral(self, m: float) -> float:
        """Σ sᵢωᵢ^m."""
        return float(self.strength @ self.energy**m)

    def log_integral(self) -> float:
        """Σ sᵢ ln ωᵢ/ωᵢ."""
        return float(self.strength @ (np.log(self.energy) / self.energy))

    def quadrature(self) -> tuple[np.ndarray, np.ndarray]:
        """The peaks themselves."""
        return self.energy, self.strength

    def broadened(self, energy: np.ndarray, width: float) -> np.ndarray:
        """One Gaussian for each peak; many are first gathered on a grid of width/16."""
        centre, strength = self._gathered(width / 16)
        return _gauss((energy[..., None] - centre) / width) @ strength / width

    def _gathered(self, step: float) -> tuple[np.ndarray, np.ndarray]:
        """Peaks shared between the two nearest points of a grid: area and mean stay exact."""
        lowest = float(self.energy.min())
        n = int((self.energy.max() - lowest) / step) + 2
        if n >= len(self.energy):
            return self.energy, self.strength
        at = (self.energy - lowest) / step
        below = np.minimum(at.astype(int), n - 2)
        share = (at - below) * self.strength
        total = np.bincount(below, self.strength - share, n) + np.bincount(below + 1, share, n)
        return lowest + step * np.arange(n), total

    def kinks(self) -> Kinks:
        """The peaks."""
        return Kinks(peaks=(self.energy, self.strength))

    def scaled(self, factor: float) -> Peaks:
        """Strengths times a number."""
        return Peaks(self.energy, factor * self.strength)


@dataclass(frozen=True, eq=False)
class Linear:
    """Linear between the points (n,) of a grid, zero outside; energies ≥ 0 in meV."""

    energy: np.ndarray
    values: np.ndarray

    @property
    def top(self) -> float:
        """The last energy of the grid."""
        return float(self.energy[-1])

    @cached_property
    def _above_zero(self) -> tuple[np.ndarray, np.ndarray]:
        """Gauss points of all intervals but one that starts at ω = 0.

        Intervals are cut until the ends of each differ by at most a factor of two. The nearest
        singularity of ω^m or ln ω is then so far away, in units of the half interval, that twelve
        points leave nothing but rounding, and four where the interval is narrow.
        """
        first = 1 if self.energy[0] == 0 else 0
        a, b = self.energy[first:-1], self.energy[first + 1 :]
        pieces = np.maximum(1, np.ceil(np.log2(b / a)).astype(int))
        step = np.repeat(1 / pieces, pieces)
        at = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        low, ratio = np.repeat(a, pieces), np.repeat(b / a, pieces)
        return self._gauss_points(low * ratio ** (at * step), low * ratio ** ((at + 1) * step))

    def _gauss_points(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gauss points between low and high (n,), ascending, their weights times α²F."""
        narrow = high - low < NARROW * (high + low)
        nodes, weights = [], []
        for chosen, order in ((narrow, 4), (~narrow, 12)):
            u, w = unit_gauss(order)
            width = (high - low)[chosen, None]
            nodes.append((low[chosen, None] + width * u).ravel())
            weights.append((width * w).ravel())
        node, weight = np.concatenate(nodes), np.concatenate(weights)
        order_of = np.argsort(node)
        node = node[order_of]
        return node, weight[order_of] * np.interp(node, self.energy, self.values)

    def power_integral(self, m: float) -> float:
        """∫ω^m of every interval; the first, α²F = v ω/b, gives v b^(m+1)/(m+2)."""
        node, weight = self._above_zero
        total = float(weight @ node**m)
        if self.energy[0] == 0 and self.values[1] > 0:
            if m <= -2:
                raise PhysicalRefusal(
                    f"∫α²F ω^{m:g} dω diverges where α²F rises linearly from ω = 0; the exponent "
                    "must exceed −2; λ has −1, ⟨ωⁿ⟩ has n − 1."
                )
            total += float(self.values[1]) * float(self.energy[1]) ** (m + 1) / (m + 2)
        return total

    def log_integral(self) -> float:
        """∫ln ω/ω of every interval; the first gives v (ln b − 1)."""
        node, weight = self._above_zero
        total = float(weight @ (np.log(node) / node))
        if self.energy[0] == 0:
            total += float(self.values[1] * (np.log(self.energy[1]) - 1))
        return total

    def quadrature(self) -> tuple[np.ndarray, np.ndarray]:
        """Gauss points within each interval, the first of them cut towards ω = 0."""
        if self.energy[0] > 0:
            return self._above_zero
        near = self._gauss_points(*_towards_zero(float(self.energy[1])))
        return tuple(np.concatenate(both) for both in zip(near, self._above_zero, strict=True))  # type: ignore[return-value]

    def broadened(self, energy: np.ndarray, width: float) -> np.ndarray:
        """Exact: steps and changes of slope, each convolved with the Gaussian."""
        (at_step, step), (at_bend, bend) = self.kinks().steps, self.kinks().bends
        x = (energy[..., None] - at_bend) / width
        smooth = (width * (x * ndtr(x) + _gauss(x))) @ bend
        smooth += ndtr((energy[..., None] - at_step) / width) @ step
        return np.maximum(smooth, 0.0)  # far outside, rounding may be of either sign

    def kinks(self) -> Kinks:
        """A step at each end, and a change of slope at every point."""
        slope = np.diff(self.values) / np.diff(self.energy)
        bend = np.diff(slope, prepend=0.0, append=0.0)
        ends = self.energy[[0, -1]], np.array([self.values[0], -self.values[-1]])
        return Kinks(steps=ends, bends=(self.energy, bend))

    def scaled(self, factor: float) -> Linear:
        """Values times a number."""
        return Linear(self.energy, factor * self.values)


@dataclass(frozen=True)
class PowerLaw:
    """α²F = (pλ/2)(ω/ω_c)^p up to ω_c in meV and zero above, Eq. `eq-model-alpha2f`; p > 0."""

    lam: float
    cutoff: float
    exponent: float

    @property
    def top(self) -> float:
        """The cutoff."""
        return self.cutoff

    def power_integral(self, m: float) -> float:
        """(pλ/2) ω_c^(m+1)/(p + m + 1)."""
        p = self.exponent
        if p + m + 1 <= 0:
            raise PhysicalRefusal(
                f"∫α²F ω^{m:g} dω diverges for α²F ∝ ω^{p:g}; the exponent must exceed {-p - 1:g}; "
                "λ has −1, ⟨ωⁿ⟩ has n − 1."
            )
        return p * self.lam / 2 * self.cutoff ** (m + 1) / (p + m + 1)

    def log_integral(self) -> float:
        """(λ/2)(ln ω_c − 1/p)."""
        return self.lam / 2 * (float(np.log(self.cutoff)) - 1 / self.exponent)

    def value(self, energy: np.ndarray) -> np.ndarray:
        """α²F at energies of any shape."""
        ratio = np.clip(energy, 0, None) / self.cutoff
        inside = self.exponent * self.lam / 2 * ratio**self.exponent
        return np.where(ratio <= 1, inside, 0.0)

    def quadrature(self) -> tuple[np.ndarray, np.ndarray]:
        """Twelve Gauss points in each of the panels that halve towards ω = 0."""
        low, high = _towards_zero(self.cutoff)
        u, w = unit_gauss(12)
        node = (low[:, None] + (high - low)[:, None] * u).ravel()
        return node, ((high - low)[:, None] * w).ravel() * self.value(node)

    def broadened(self, energy: np.ndarray, width: float) -> np.ndarray:
        """Of the curve through many points: it is for display."""
        return self._through_points().broadened(energy, width)

    def kinks(self) -> Kinks:
        """Of the curve through many points: areas are right to 1e-7."""
        return self._through_points().kinks()

    def _through_points(self) -> Linear:
        grid = np.linspace(0, self.cutoff, CURVE_POINTS)
        return Linear(grid, self.value(grid))

    def scaled(self, factor: float) -> PowerLaw:
        """λ times a number."""
        return PowerLaw(factor * self.lam, self.cutoff, self.exponent)


def _towards_zero(top: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of panels that halve from ``top`` towards zero, ascending."""
    high = top * 0.5 ** np.arange(HALVINGS, -1, -1.0)
    return np.concatenate([[0.0], high[:-1]]), high


def _gauss(x: np.ndarray) -> np.ndarray:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
