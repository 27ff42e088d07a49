"""The self-energy Σ = GD of an electron that emits and absorbs phonons, from any α²F.

Electrons live in a band that is wide on the scale of phonons, so that the sum over their energies
is done once and for all; what is left is one integral over α²F, with the digamma function for warm
electrons and a logarithm for cold ones. Real axis and Matsubara frequencies are computed by
formulas that share nothing.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.typing import ArrayLike
from scipy.signal import fftconvolve

from elphlib.checks import finite_array, not_negative, positive
from elphlib.digamma_integrals import digamma_slope, integrated_digamma
from elphlib.spectral import SpectralFunction
from elphlib.units import meV_from_kelvin

__all__ = [
    "electron_spectrum",
    "mass_enhancement",
    "matsubara_self_energy",
    "self_energy",
]

#: Steps of the internal grid up to the highest phonon, if α²F has an even grid; else twice as many
_STEPS = 1200
#: More peaks than these stand for a curve.
_FEW_PEAKS = 100
#: Up to this multiple of the highest phonon Σ is taken from the grid.
_NEAR = 2.0
#: k_BT below this part of the highest phonon is none.
_COLD = 1e-12
_TYPICAL_T = "1–300 K is usual, and 0 is allowed"


def self_energy(energy_meV: ArrayLike, T: float, spectral: SpectralFunction) -> np.ndarray:
    """Retarded Σ(ω) of an electron near E_F in meV, Eq. `eq-self-energy`.

    Σ(ω) = ∫dΩ α²F(Ω) {ψ(½ + i(Ω−ω)/2πk_BT) − ψ(½ − i(Ω+ω)/2πk_BT) − iπ[2n(Ω) + 1]}, and for
    T → 0: ∫dΩ α²F ln|(Ω−ω)/(Ω+ω)| − iπ∫₀^|ω| α²F dΩ. Σ(−ω) = −Σ(ω)*; −Im Σ is half the rate ħ/τ.

    Peaks, steps and bends of α²F enter by closed formulas. Those of a curve are convolved on a grid
    of 1200 steps or more up to the highest phonon, and Σ is interpolated to third order: 1e-5 of
    its largest value at every T. More than a hundred peaks (as metals have that were computed)
    stand for a curve and are shared between the points of that grid. Beyond twice the highest
    phonon the kernel is smooth, and 24 points do.

    Parameters
    ----------
    energy_meV : array of any shape, real
        ω, from the Fermi energy.
    T : float, K, ≥ 0
    spectral : SpectralFunction

    Returns
    -------
    complex array of the shape of ``energy_meV``, meV
        At T = 0 not finite just at a peak, where Re Σ has a logarithmic singularity.

    Raises
    ------
    ValueError
        If an energy is not finite or T is negative.

    References
    ----------
    S. Engelsberg, J. R. Schrieffer, Phys. Rev. 131, 993 (1963); P. B. Allen, B. Mitrović, Solid
    State Phys. 37, 1 (1982).
    """
    energy = finite_array("energy_meV", energy_meV, (...,), "meV")
    width = 2 * pi * meV_from_kelvin(not_negative("T", T, "K", _TYPICAL_T))
    if width < _COLD * spectral.top:
        width = 0.0
    flat = energy.ravel()
    near = np.abs(flat) < _NEAR * spectral.top
    total = np.empty(flat.shape, dtype=complex)
    total[near] = _among_phonons(flat[near], spectral, width)
    total[~near] = _beyond_phonons(flat[~near], spectral, width)
    total -= 1j * pi * spectral.integrate(lambda w: _coth(w, width))
    total.imag = np.minimum(total.imag, 0.0)  # an exact zero may be missed by rounding
    return total.reshape(energy.shape)


def matsubara_self_energy(n: ArrayLike, T: float, spectral: SpectralFunction) -> np.ndarray:
    """Im Σ(iω_n) in meV at ω_n = (2n+1)πk_BT, Eq. `eq-matsubara-self-energy`; its real part is 0.

    Σ(iω_n) = −iπk_BT Σ_m λ(ν_{n−m}) sgn ω_m = −iπk_BT [λ(0) + 2Σ_{l=1}^n λ(ν_l)] for n ≥ 0, with
    λ(ν) = 2∫dΩ α²F Ω/(Ω² + ν²) and ν_l = 2πlk_BT. The sum is finite: no cutoff.

    Parameters
    ----------
    n : int array of any shape, of either sign
        ω_{−1−n} = −ω_n.
    T : float, K, > 0
    spectral : SpectralFunction

    Returns
    -------
    array of the shape of n, meV, of the sign of −ω_n

    Raises
    ------
    ValueError
        If n is not made of integers or T is not positive.
    """
    index = finite_array("n", n, (...,), "")
    if (index != np.round(index)).any():
        raise ValueError(
            f"n is {index[index != np.round(index)][0]:g}; Matsubara frequencies (2n+1)πk_BT have "
            "integers n; 0 is the lowest positive one."
        )
    kT = meV_from_kelvin(positive("T", T, "K", "1–300 K is usual"))
    count = np.where(index >= 0, index, -1 - index).astype(int)
    largest = int(count.max()) if count.size else 0
    nu = 2 * pi * kT * np.arange(largest + 1)
    coupling = spectral.integrate(lambda w: 2 * w / (w**2 + nu[:, None] ** 2))
    sums = 2 * np.cumsum(coupling) - coupling[0]
    return -pi * kT * sums[count] * np.where(index >= 0, 1.0, -1.0)


def mass_enhancement(T: ArrayLike, spectral: SpectralFunction) -> np.ndarray:
    """λ(T) = −∂Re Σ/∂ω at ω = 0, Eq. `eq-mass-enhancement`; λ for T → 0.

    2∫dΩ α²F(Ω) R′(Ω/2πk_BT)/2πk_BT with R(y) = Re ψ(½ + iy). It first *rises* with T, by
    (π²/3)(k_BT)² ⟨Ω⁻²⟩ λ, because R′(y) = 1/y + 1/12y³ + …, and falls as 1/T² once k_BT exceeds the
    phonon energies.

    Parameters
    ----------
    T : array of any shape, K, ≥ 0
    spectral : SpectralFunction

    Returns
    -------
    array of the shape of T, dimensionless

    Raises
    ------
    ValueError
        If T is negative or not finite.
    """
    T = finite_array("T", T, (...,), "K")
    if (T < 0).any():
        raise ValueError(f"T is {T.min():g} K; it must not be negative; {_TYPICAL_T}.")
    width = 2 * pi * meV_from_kelvin(T)
    warm = np.where(width > 0, width, 1.0)[..., None]
    hot = 2 * digamma_slope(spectral.nodes / warm) / warm @ spectral.weights
    return np.where(width > 0, hot, spectral.lam)


def electron_spectrum(
    energy_meV: ArrayLike, band_meV: ArrayLike, T: float, spectral: SpectralFunction
) -> np.ndarray:
    """A(ω) = −(1/π) Im 1/(ω − ξ − Σ(ω)) in meV⁻¹ of an electron with band energy ξ.

    Eq. `eq-electron-spectrum`. Its integral over ω is 1; the first moment is ξ.

    Parameters
    ----------
    energy_meV : (n,) array
        ω, from the Fermi energy.
    band_meV : array of any shape
        ξ, from the Fermi energy.
    T : float, K, > 0
        At T = 0 quasiparticles within the lowest phonon energy are δ functions, which no array
        holds.
    spectral : SpectralFunction

    Returns
    -------
    (…, n) array, meV⁻¹

    Raises
    ------
    ValueError
        If an energy is not finite or T is not positive.
    """
    positive("T", T, "K", "1–300 K is usual; at 0 there are δ functions")
    energy = finite_array("energy_meV", energy_meV, (...,), "meV")
    band = finite_array("band_meV", band_meV, (...,), "meV")
    sigma = self_energy(energy, T, spectral)
    return np.asarray(-np.imag(1 / (energy - band[..., None] - sigma)) / pi)


def _among_phonons(energy: np.ndarray, spectral: SpectralFunction, width: float) -> np.ndarray:
    """∫α²F {ψ − ψ} at energies (n,) near those of phonons."""
    (at_peak, peak), (at_step, step) = spectral.kinks.peaks, spectral.kinks.steps
    total = _curve(energy, spectral, width)
    if 0 < len(peak) <= _FEW_PEAKS:
        total += _both_orders(0, energy, at_peak, peak, width)
    if (step != 0).any():
        total -= _both_orders(1, energy, at_step[step != 0], step[step != 0], width)
    return total


def _beyond_phonons(energy: np.ndarray, spectral: SpectralFunction, width: float) -> np.ndarray:
    """The same at energies (n,) far above: α²F compressed to Chebyshev points in 0 ≤ Ω ≤ top.

    A smooth kernel is its interpolating polynomial; the Chebyshev moments of α²F integrate that.
    """
    n = 24
    point = np.cos(pi * (np.arange(n) + 0.5) / n)
    moments = spectral.weights @ chebvander(2 * spectral.nodes / spectral.top - 1, n - 1)
    moments[0] /= 2
    weight = 2 / n * chebvander(point, n - 1) @ moments
    return _both_orders(0, energy, (point + 1) / 2 * spectral.top, weight, width)


def _both_orders(
    order: int, energy: np.ndarray, at: np.ndarray, size: np.ndarray, width: float
) -> np.ndarray:
    """Electrons and holes of peaks (order 0), steps (1; to be subtracted), bends (2): (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):  # a cold electron just at a peak
        electron = integrated_digamma(order, at - energy[:, None], width) @ size
        hole = integrated_digamma(order, at + energy[:, None], width) @ size
    return np.asarray(electron - hole.conj())


def _coth(omega: np.ndarray, width: float) -> np.ndarray:
    """2n(Ω) + 1 at k_BT = w/2π."""
    if width == 0:
        return np.ones_like(omega)
    return 1 / np.tanh(np.minimum(pi * omega / width, 350.0))


def _curve(energy: np.ndarray, spectral: SpectralFunction, width: float) -> np.ndarray:
    """What bends (and very many peaks) contribute at energies (n,), from a grid with zero at 0."""
    step, bend = _bends_on_grid(spectral)
    if not bend.size:
        return np.zeros(energy.shape, dtype=complex)
    reach = int(np.abs(energy).max(initial=0.0) / step) + 3
    kernel = integrated_digamma(2, step * np.arange(-reach, len(bend) + reach), width)
    electron = fftconvolve(kernel, bend[::-1].astype(complex), mode="valid")[::-1]
    sigma = electron - electron[::-1].conj()
    return _interpolated(energy / step + reach, sigma)


def _bends_on_grid(spectral: SpectralFunction) -> tuple[float, np.ndarray]:
    """Step in meV and changes of slope at 0, step, 2 step, …; exact if α²F has an even grid."""
    at, bend = spectral.kinks.bends
    at_peak, peak = spectral.kinks.peaks
    if len(peak) <= _FEW_PEAKS:
        at_peak, peak = at_peak[:0], peak[:0]
    top = max(at.max(initial=0.0), at_peak.max(initial=0.0))
    if top == 0:
        return 1.0, np.empty(0)
    spacing = np.diff(np.unique(at)).min(initial=top)
    even = np.allclose(at / spacing, np.round(at / spacing), atol=1e-6) and not peak.size
    step = spacing / max(1, round(_STEPS * spacing / top)) if even else top / (2 * _STEPS)
    if even and top / step > 4 * _STEPS:
        step = top / (2 * _STEPS)
    total = _shared(at / step, bend, round(top / step) + 3)
    if peak.size:  # each becomes a hat as wide as two steps: three bends
        hats = _shared(np.maximum(at_peak / step, 1.0), peak, len(total)) / step**2
        total[:-1] += hats[1:]
        total[1:] += hats[:-1]
        total -= 2 * hats
    return step, total


def _shared(at: np.ndarray, size: np.ndarray, n: int) -> np.ndarray:
    """Sizes at real positions shared between the two nearest of n points: sum and mean stay."""
    below = np.floor(at + 1e-9).astype(int)
    part = (at - below) * size
    here, above = np.bincount(below, size - part, n), np.bincount(below + 1, part, n)
    return np.asarray(here + above, dtype=float)


def _interpolated(position: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values at real positions, by the cubic through the four nearest points."""
    first = np.floor(position).astype(int) - 1
    t = position - first - 1
    weights = (
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    )
    return sum((w * values[first + i] for i, w in enumerate(weights)), np.zeros(len(t), complex))
