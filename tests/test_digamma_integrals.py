"""Integrals of the digamma function against quadrature, and their cold limit."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import digamma, polygamma

from elphlib.digamma_integrals import digamma_slope, integrated_digamma

WIDTHS = [1.0, 0.37, 4.0]
POSITIONS = [-9.0, -3.0, -0.2, 0.01, 0.5, 2.0, 7.0, 30.0]


def by_quadrature(order, x, width):
    """∫₀ˣ (x−u)^(n−1)/(n−1)! [ψ(½ + iu/w) + ln w] du."""

    def part(which):
        def f(u):
            return (x - u) ** (order - 1) * which(digamma(0.5 + 1j * u / width) + np.log(width))

        return quad(f, 0, x, limit=400, epsabs=1e-13)[0]

    return part(np.real) + 1j * part(np.imag)


@pytest.mark.parametrize("width", WIDTHS)
def test_without_integration_it_is_the_digamma_function(width):
    x = np.array(POSITIONS)
    expected = digamma(0.5 + 1j * x / width) + np.log(width)
    assert integrated_digamma(0, x, width) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("order", [1, 2])
def test_integrals_against_quadrature(order, width):
    found = integrated_digamma(order, np.array(POSITIONS), width)
    expected = [by_quadrature(order, x, width) for x in POSITIONS]
    assert found == pytest.approx(np.array(expected), rel=1e-10, abs=1e-11)


@pytest.mark.parametrize("width", [0.0, 1.0])
@pytest.mark.parametrize("order", [1, 2])
def test_each_is_the_derivative_of_the_next(order, width):
    x, h = np.array([-7.1, -6.0, -1.3, 0.4, 5.99, 6.01]), 1e-4
    slope = integrated_digamma(order, x + h, width) - integrated_digamma(order, x - h, width)
    assert slope / (2 * h) == pytest.approx(integrated_digamma(order - 1, x, width), rel=1e-6)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_cold_limit(order):
    x = np.array([-2.0, -0.1, 0.3, 5.0])
    cold, cool = integrated_digamma(order, x, 0.0), integrated_digamma(order, x, 1e-6)
    assert cool == pytest.approx(cold, abs=4e-6)
    logarithm, step = [np.log(5), 5 * (np.log(5) - 1), 12.5 * (np.log(5) - 1.5)], [1, 5, 12.5]
    assert cold[-1] == pytest.approx(logarithm[order] + 0.5j * np.pi * step[order])


def test_the_slope_is_minus_the_imaginary_trigamma_function():
    y, h = np.array([0.2, 1.0, 5.99, 6.01, 40.0]), 1e-5
    difference = (digamma(0.5 + 1j * (y + h)) - digamma(0.5 + 1j * (y - h))).real / (2 * h)
    assert digamma_slope(y) == pytest.approx(difference, rel=1e-7)
    assert digamma_slope(np.array([1e-3]))[0] == pytest.approx(-1e-3 * polygamma(2, 0.5), rel=1e-5)
