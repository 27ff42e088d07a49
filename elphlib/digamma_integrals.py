"""Integrals of ψ(½ + iy) over y, once and twice: what a warm Fermi sea makes of steps and bends.

The self-energy of a peak in α²F contains ψ(½ + iy), with y = (Ω − ω)/2πk_BT. A step of α²F makes
its integral and a bend its double integral, so that a piecewise linear α²F needs no quadrature.
All integrals start at y = 0. Re ψ is even and Im ψ = (π/2) tanh πy is odd.
"""

from __future__ import annotations

from functools import cache
from math import log, pi

import numpy as np
from numpy.polynomial import chebyshev
from scipy.special import bernoulli, digamma, spence

#: From here on the asymptotic series of Re ψ, ten terms, is exact to rounding.
_FAR = 6.0
_TERMS = 10
#: Chebyshev degree on [0, 6]: the pole at y = i/2 leaves 1e-14.
_DEGREE = 90


def integrated_digamma(order: int, x: np.ndarray, width: float) -> np.ndarray:
    """∫…∫ψ(½ + ix/w) dx…dx, ``order`` times from 0 to x, less what w → 0 makes infinite.

    The logarithm of w in Re ψ ≃ ln|x|/w is left out: it belongs to a polynomial in x that drops out
    of every difference ψ(½ + i(Ω−ω)/w) − ψ(½ − i(Ω+ω)/w).

    Parameters
    ----------
    order : 0, 1 or 2
    x : array of any shape
        For order 0 and w = 0, x ≠ 0.
    width : float ≥ 0
        w = 2πk_BT in the unit of x; 0 gives ln|x| + iπ/2 sign x and its integrals.

    Returns
    -------
    complex array of the shape of x
    """
    if width == 0:
        return _cold(order, x)
    size = np.abs(x)
    real = np.empty(size.shape)
    far = size > _FAR * width
    real[far] = _far(order, size[far], width)
    near = size[~far] / width
    inside = chebyshev.chebval(near * (2 / _FAR) - 1, _inside(order))
    polynomial = (1.0, near, near**2 / 2)[order]  # the n-fold integral of 1
    real[~far] = width**order * (inside + log(width) * polynomial)
    sign = np.sign(x)
    imaginary = width**order * _tanh_integral(order, size / width)
    return real * (sign if order == 1 else 1.0) + 1j * imaginary * (1.0 if order == 1 else sign)


def digamma_slope(y: np.ndarray) -> np.ndarray:
    """Slope of Re ψ(½ + iy), −Im ψ′(½ + iy) for y ≥ 0; it rises as 14ζ(3)y and falls as 1/y."""
    y = np.asarray(y, dtype=float)
    far = y > _FAR
    slope = np.empty(y.shape)
    k = np.arange(1, _TERMS + 1)
    slope[far] = (1 - (2 * k * _coefficients() * y[far, None] ** (-2.0 * k)).sum(axis=-1)) / y[far]
    derivative = chebyshev.chebder(_inside(0), scl=2 / _FAR)
    slope[~far] = chebyshev.chebval(y[~far] * (2 / _FAR) - 1, derivative)
    return slope


def _cold(order: int, x: np.ndarray) -> np.ndarray:
    """ln|x| + iπ/2 sign x, integrated."""
    size, sign = np.abs(x), np.sign(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(size)
        real = (
            logarithm,
            np.where(size > 0, x * (logarithm - 1), 0.0),
            np.where(size > 0, x**2 / 2 * (logarithm - 1.5), 0.0),
        )[order]
    return real + 0.5j * pi * (sign, size, sign * x**2 / 2)[order]


@cache
def _coefficients() -> np.ndarray:
    """c_k of Re ψ(½ + iy) ≃ ln y + Σ_k c_k y^(−2k), k = 1, 2, …; c₁ = −1/24."""
    k = np.arange(1, _TERMS + 1)
    even = bernoulli(2 * _TERMS)[2::2]
    return np.asarray((-1.0) ** k * (1 - 2.0 ** (1 - 2 * k)) * even / (2 * k))


@cache
def _inside(order: int) -> np.ndarray:
    """Chebyshev coefficients of the integrals of Re ψ on 0 ≤ y ≤ 6."""
    if order == 0:

        def real_digamma(t: np.ndarray) -> np.ndarray:
            return np.asarray(digamma(0.5 + 0.5j * _FAR * (t + 1)).real)

        return np.asarray(chebyshev.Chebyshev.interpolate(real_digamma, _DEGREE).coef)
    return np.asarray(chebyshev.chebint(_inside(order - 1), lbnd=-1, scl=_FAR / 2))


@cache
def _constants() -> tuple[float, float]:
    """What the asymptotic integrals lack at y = 6: of ∫Re ψ, and of ∬Re ψ beside y times it."""
    first = float(chebyshev.chebval(1.0, _inside(1))) - float(_series(1, np.array(_FAR)))
    second = float(chebyshev.chebval(1.0, _inside(2))) - float(_series(2, np.array(_FAR)))
    return first, second - first * _FAR


def _series(order: int, y: np.ndarray) -> np.ndarray:
    """Terms ln y + Σ c_k y^(−2k) integrated term by term, without constants; y of any shape."""
    k, c = np.arange(1, _TERMS + 1), _coefficients()
    logarithm, inverse = np.log(y), 1 / y**2
    if order == 0:
        return logarithm + inverse * np.polynomial.polynomial.polyval(inverse, c)
    once = c / (1 - 2 * k)
    if order == 1:
        return y * (logarithm - 1) + np.polynomial.polynomial.polyval(inverse, once) / y
    twice = once[1:] / (2 - 2 * k[1:])  # the first became a logarithm
    rest = inverse * np.polynomial.polynomial.polyval(inverse, twice)
    return y**2 / 2 * (logarithm - 1.5) + once[0] * logarithm + rest


def _far(order: int, size: np.ndarray, width: float) -> np.ndarray:
    """The integrals of Re ψ + ln w beyond y = 6, in powers of x = wy."""
    y = size / width
    first, second = _constants()
    polynomial = (1.0, y, y**2 / 2)[order]
    constant = (0.0, first, first * y + second)[order]
    return width**order * (_series(order, y) + constant + log(width) * polynomial)


def _tanh_integral(order: int, y: np.ndarray) -> np.ndarray:
    """∫…∫(π/2) tanh πy for y ≥ 0."""
    if order == 0:
        return pi / 2 * np.tanh(pi * y)
    if order == 1:
        return (pi * y + np.log1p(np.exp(-2 * pi * y)) - log(2)) / 2
    # ∫ln(1 + e^(−2πu)) du from 0 to y is [Li₂(−e^(−2πy)) + π²/12]/2π
    tail = np.zeros(y.shape)
    near = y < _FAR
    tail[near] = spence(1 + np.exp(-2 * pi * y[near]))
    return pi * y**2 / 4 - y * log(2) / 2 + (tail + pi**2 / 12) / (4 * pi)
