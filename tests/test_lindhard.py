"""χ₀ against quadrature over slices of the Fermi sphere, sum rules, limits and scaling."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad

from elphlib.electrons import FreeElectronGas
from elphlib.lindhard import (
    chemical_potential,
    lindhard,
    lindhard_finite_temperature,
    lindhard_static,
)
from elphlib.units import BOLTZMANN_meV_K, HBAR2_OVER_2M_eV_A2

GAS = FreeElectronGas(0.0265)
K, E = GAS.k_fermi, GAS.fermi_energy
FERMI_K = 1e3 * E / BOLTZMANN_meV_K
PRECISE = {"epsabs": 0, "epsrel": 1e-12, "limit": 500}


def slices(Q, W):
    """χ₀/χ₀(0) from discs of the Fermi sphere across q, without a logarithm; Q = q/k_F, W = E/E_F.

    A disc at k has π(1 − k²) states, and each costs Δ = Q² + 2Qk:
    χ₀ ∝ P∫ dk (1 − k²) [1/(W − Δ) − 1/(W + Δ)]; pairs ±k are joined where nothing is resonant.
    """
    first, second = (W - Q * Q) / (2 * Q), (-W - Q * Q) / (2 * Q)
    if min(abs(first), abs(second)) > 1:

        def pair(k):
            return (1 - k * k) * 4 * Q * Q * (W * W - Q**4 + 4 * (Q * k) ** 2)

        def both(k):
            return pair(k) / (
                (W * W - (Q * Q + 2 * Q * k) ** 2) * (W * W - (Q * Q - 2 * Q * k) ** 2)
            )

        real = quad(both, 0, 1, **PRECISE)[0]
    else:
        real = 0.0
        for pole in (first, second):
            if abs(pole) < 1:
                part = quad(lambda k: 1 - k * k, -1, 1, weight="cauchy", wvar=pole, **PRECISE)[0]
            else:
                part = quad(lambda k, pole=pole: (1 - k * k) / (k - pole), -1, 1, **PRECISE)[0]
            real -= part / (2 * Q)
    imaginary = sum(
        sign * np.pi / (2 * Q) * max(1 - pole**2, 0) for pole, sign in ((first, -1), (second, 1))
    )
    return complex(real, imaginary) / -2


@given(st.floats(-3, 1.3), st.floats(-3, 2))
def test_quadrature_at_random_points(log_Q, log_W):
    Q, W = 10**log_Q, 10**log_W
    edges = np.abs([Q * Q + 2 * Q, Q * Q - 2 * Q])
    assume(np.abs(W / edges - 1).min() > 1e-3)  # quad itself fails at the edges: see below
    ours, theirs = complex(lindhard(GAS, Q * K, W * E)) / (-2 * GAS.dos), slices(Q, W)
    assert abs(ours - theirs) < 1e-9 * abs(theirs)


@given(st.floats(-9, -3), st.floats(-2, 1))
def test_tiny_wavevector_at_fixed_energy(log_Q, log_W):
    Q, W = 10**log_Q, 10**log_W
    ours, theirs = complex(lindhard(GAS, Q * K, W * E)) / (-2 * GAS.dos), slices(Q, W)
    assume(W > 4 * Q)
    assert abs(ours - theirs) < 1e-12 * abs(theirs)


@given(st.floats(-7, -1), st.floats(0.01, 0.9))
def test_thin_limit_depends_on_the_phase_velocity_alone(log_Q, x):
    # h → 0 at fixed x = ω/qv_F: 1 − (x/2) ln[(1+x)/(1−x)] + iπx/2, with corrections of order h².
    h = 10**log_Q / 2
    limit = 1 - x * np.arctanh(x) + 0.5j * np.pi * x
    ours = complex(lindhard(GAS, 2 * h * K, 4 * h * x * E)) / (-2 * GAS.dos)
    assert abs(ours - limit) < 40 * h**2 / (1 - x) ** 2 + 1e-13


def textbook(h, x):
    """The two logarithms in extended precision."""
    h, x = np.longdouble(h), np.longdouble(x)
    plus, minus = x + h, x - h
    logs = [(1 - v * v) * np.log(np.abs((v + 1) / (v - 1))) for v in (plus, minus)]
    real = 0.5 + (logs[0] - logs[1]) / (8 * h)
    imaginary = np.pi / (8 * h) * (np.maximum(1 - minus**2, 0) - np.maximum(1 - plus**2, 0))
    return complex(real, imaginary)


@given(
    st.floats(-4, 1),
    st.sampled_from([-1, 1]),
    st.sampled_from([-1e-6, -1e-9, -1e-12, 1e-12, 1e-9, 1e-6, 1e-3]),
)
def test_edges_of_the_continuum(log_Q, side, offset):
    Q = 10**log_Q
    W = abs(Q * Q + 2 * side * Q) * (1 + offset)
    assume(W > 1e-9)
    ours = complex(lindhard(GAS, Q * K, W * E)) / (-2 * GAS.dos)
    theirs = textbook(Q / 2, W / (2 * Q))
    # One rounding of W moves it by ε, and the slope at an edge is about 1/Q.
    assert abs(ours - theirs) < (1e-11 + 2e-15 / Q) * abs(theirs)


@given(st.floats(0.01, 4), st.sampled_from([-1, 1]))
def test_continuous_across_the_edges_and_exactly_on_them(Q, side):
    W = abs(Q * Q + 2 * side * Q)
    assume(W > 1e-3)
    points = np.array([W * (1 - 1e-9), W, W * (1 + 1e-9)]) * E
    values = lindhard(GAS, Q * K, points) / GAS.dos
    assert np.isfinite(values).all()
    assert np.abs(np.diff(values)).max() < 1e-7 * (1 + 1 / Q)


@pytest.mark.parametrize("side", [-1, 1])
def test_no_step_where_the_formula_changes_its_form(side):
    for h, x in ((0.1, 4.1), (2.0, 6.0), (7.0, 3.0), (0.25, 2.5), (0.1, 1.4), (0.1, 0.6), (5, 1)):
        ours = complex(lindhard(GAS, 2 * h * K, 4 * h * x * (1 + side * 1e-9) * E)) / (-2 * GAS.dos)
        theirs = textbook(h, x * (1 + side * 1e-9))
        assert abs(ours - theirs) < 1e-12 * abs(theirs)


@given(st.floats(0.001, 20), st.floats(0.001, 50))
def test_absorption_is_odd_and_confined_to_the_continuum(Q, W):
    edges = np.array([Q * Q + 2 * Q, Q * Q - 2 * Q])
    assume(np.abs(W - edges).min() > 1e-9 * W)  # on an edge, rounding decides
    up, down = lindhard(GAS, Q * K, np.array([W, -W]) * E)
    assert down == up.conjugate()
    inside = Q * Q - 2 * Q < W < Q * Q + 2 * Q
    assert (up.imag < 0) == inside
    if not inside:
        assert up.imag == 0


@given(st.floats(0.01, 10), st.floats(0, 20), st.floats(0.3, 3), st.floats(0.3, 4))
def test_scaling(Q, W, stretch, mass):
    other = FreeElectronGas(GAS.density_A3 * stretch**3, mass)
    a = complex(lindhard(GAS, Q * K, np.array(W * E)[None])[0])
    b = complex(lindhard(other, Q * other.k_fermi, np.array([W * other.fermi_energy]))[0])
    assert b == pytest.approx(a * stretch * mass, rel=1e-9)


def test_limits_in_both_orders():
    assert float(lindhard(GAS, 0.0)) == -2 * GAS.dos
    assert float(lindhard(GAS, 1e-9)) == pytest.approx(-2 * GAS.dos, rel=1e-12)
    for q in (0.0, 1e-200, 1e-150, 1e-30, 1e-6):
        drude = GAS.density_A3 * 2 * HBAR2_OVER_2M_eV_A2 * q**2 / 1.0**2
        assert complex(lindhard(GAS, q, 1.0)) == pytest.approx(drude, rel=1e-9, abs=1e-300)
    # Far beyond 2k_F every electron recoils alone: −n (1/ε_q + 1/ε_q).
    q = 1e4 * K
    assert float(lindhard(GAS, q)) == pytest.approx(
        -2 * GAS.density_A3 / (HBAR2_OVER_2M_eV_A2 * q**2), rel=1e-7
    )
    mixed = lindhard(GAS, [0.0, 0.5, 0.5], [0.0, 0.0, 1e-14])
    assert mixed[0] == -2 * GAS.dos
    assert mixed[1].real == pytest.approx(float(lindhard(GAS, 0.5)), rel=1e-14)
    assert mixed[2].real == pytest.approx(mixed[1].real, rel=1e-13)
    assert mixed[2].imag == pytest.approx(-np.pi * GAS.dos * 1e-14 / (4 * E * 0.5 / (2 * K)))


@pytest.mark.parametrize("Q", [0.05, 0.7, 2.0, 3.5])
def test_f_sum_rule(Q):
    # ∫₀^∞ E Im χ₀ dE = −(π/2) n ħ²q²/m
    low, high = max(Q * Q - 2 * Q, 0), Q * Q + 2 * Q
    middle = np.clip(2 * Q - Q * Q, low, high)
    area = sum(
        quad(lambda W: W * float(lindhard(GAS, Q * K, W * E).imag), a, b, **PRECISE)[0]
        for a, b in ((low, middle), (middle, high))
        if b > a
    )
    expected = -np.pi / 2 * GAS.density_A3 * 2 * HBAR2_OVER_2M_eV_A2 * (Q * K) ** 2
    assert area * E**2 == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("Q", "W"), [(0.5, 0.3), (0.5, 1.0), (0.5, 2.0), (1.3, 5.0), (3.0, 1.0)])
def test_kramers_kronig(Q, W):
    # Re χ₀(ω) = (2/π) P∫₀^∞ ω' Im χ₀(ω')/(ω'² − ω²) dω'
    def absorbed(w):
        return w * float(lindhard(GAS, Q * K, w * E).imag) / (w + W)

    low, high = max(Q * Q - 2 * Q, 0), Q * Q + 2 * Q
    middle = np.clip(2 * Q - Q * Q, low, high)
    total = 0.0
    for a, b in ((low, middle), (middle, high)):
        if a < W < b:
            total += quad(absorbed, a, b, weight="cauchy", wvar=W, epsabs=0, epsrel=1e-10)[0]
        elif b > a:
            total += quad(lambda w: absorbed(w) / (w - W), a, b, **PRECISE)[0]
    assert 2 / np.pi * total == pytest.approx(float(lindhard(GAS, Q * K, W * E).real), rel=1e-9)


@given(st.integers(1, 3), st.one_of(st.floats(0.02, 1.98), st.floats(2.02, 30)))
def test_static_response_in_every_dimension(dimension, Q):
    # χ₀(q) ∝ P∫ d^dk 1/(q² − 4k_x²): slices of a line, a disc and a sphere, normalised at q → 0.
    def slice_of(k):
        return {1: 2.0, 2: 4 / np.pi * np.sqrt(max(1 - k * k, 0)), 3: 1 - k * k}[dimension]

    if Q < 2:  # poles at ±q/2: join ±k
        part = quad(
            lambda k: slice_of(k) / (k + Q / 2), 0, 1,
            weight="cauchy", wvar=Q / 2, epsabs=1e-11, epsrel=1e-11, limit=500,
        )[0]  # fmt: skip
        value = -part / 2
    else:
        value = quad(lambda k: 2 * slice_of(k) / (Q * Q - 4 * k * k), 0, 1, **PRECISE)[0]
    assert float(lindhard_static(K, Q * K, dimension)) == pytest.approx(value, rel=1e-7, abs=1e-7)


@given(st.floats(0, 50))
def test_static_is_the_dynamic_at_zero_energy(Q):
    static = -2 * GAS.dos * lindhard_static(K, Q * K, 3)
    assert float(lindhard(GAS, Q * K)) == float(static)
    assert lindhard(GAS, [Q * K], [0.0])[0] == pytest.approx(float(static), rel=1e-13)


def test_what_happens_at_twice_the_fermi_wavevector():
    below, above = 2 * K * (1 - 1e-6), 2 * K * (1 + 1e-6)
    # 3-D: continuous, ½, and χ₀ − ½ → ½ (h−1) ln(|h−1|/2): infinite slope.
    assert float(lindhard_static(K, 2 * K, 3)) == 0.5
    for q, d in ((below, -1e-6), (above, 1e-6)):
        assert float(lindhard_static(K, q, 3)) - 0.5 == pytest.approx(
            0.5 * d * np.log(abs(d) / 2), rel=1e-5
        )
    # 2-D: flat below, a root above. 1-D: a logarithm, infinite at the point itself.
    assert float(lindhard_static(K, below, 2)) == 1
    assert 1 - float(lindhard_static(K, above, 2)) == pytest.approx(np.sqrt(2e-6), rel=1e-5)
    assert np.isinf(lindhard_static(K, 2 * K, 1))
    for q in (below, above):
        assert float(lindhard_static(K, q, 1)) == pytest.approx(-0.5 * np.log(0.5e-6), rel=1e-5)
    assert [float(lindhard_static(K, 0.0, d)) for d in (1, 2, 3)] == [1, 1, 1]
    # Far out each falls as 1/q², with the coefficient 1, ½, ⅓ of the dimension.
    for d in (1, 2, 3):
        assert float(lindhard_static(K, 2e4 * K, d)) == pytest.approx(1e-8 / d, rel=1e-7)


def thermal(Q, t, mu):
    """∫ dE (−∂f/∂E) of the T = 0 response by adaptive quadrature."""

    def term(energy):
        k = np.sqrt(energy)
        weight = 1 / (4 * t * np.cosh((energy - mu) / (2 * t)) ** 2)
        return weight * k * float(lindhard_static(k, Q, 3))

    low, high = max(mu - 40 * t, 1e-300), max(mu, 0) + 40 * t
    edges = sorted({low, *(p for p in (mu, Q * Q / 4) if low < p < high), high})
    pieces = pairwise(edges)
    return sum(quad(term, a, b, epsabs=0, epsrel=1e-11, limit=500)[0] for a, b in pieces)


@pytest.mark.parametrize("T", [5.0, 300.0, 0.05 * FERMI_K, 0.7 * FERMI_K, 3 * FERMI_K])
def test_finite_temperature_against_quadrature(T):
    mu = chemical_potential(GAS, T) / E
    for Q in (0.0, 1e-3, 0.8, 1.99, 2.0, 2.05, 6.0):
        ours = float(lindhard_finite_temperature(GAS, Q * K, T)) / (-2 * GAS.dos)
        assert ours == pytest.approx(thermal(Q, T / FERMI_K, mu), rel=1e-9)


def test_finite_temperature_limits():
    q = np.array([0.0, 0.3, 1.0, 1.9, 2.0, 2.2]) * K
    cold, frozen = lindhard_finite_temperature(GAS, q, 1e-6), lindhard_finite_temperature(GAS, q, 0)
    np.testing.assert_allclose(cold, frozen, rtol=1e-9)
    np.testing.assert_array_equal(frozen, lindhard(GAS, q))
    # q = 0 is minus dn/dμ: 2N(0)(1 − (π²/12)(T/T_F)²) when cold, n/k_BT when hot.
    t = 0.01
    cool = float(lindhard_finite_temperature(GAS, 0.0, t * FERMI_K)) / (-2 * GAS.dos)
    assert 1 - cool == pytest.approx(np.pi**2 / 12 * t**2, rel=1e-3)
    assert 1 - chemical_potential(GAS, t * FERMI_K) / E == pytest.approx(
        np.pi**2 / 12 * t**2, rel=1e-3
    )
    hot = float(lindhard_finite_temperature(GAS, 0.0, 1e4 * FERMI_K))
    assert hot == pytest.approx(-GAS.density_A3 / (1e4 * E), rel=1e-5)
    # The kink is rounded: a finite slope at 2k_F, of the size of ln(T_F/T).
    slopes = [
        float(np.diff(lindhard_finite_temperature(GAS, 2 * K * np.array([1 - d, 1 + d]), T))[0])
        / (4 * GAS.dos * d)
        for T, d in ((100.0, 1e-7), (1000.0, 1e-7))
    ]
    assert slopes[0] - slopes[1] == pytest.approx(0.5 * np.log(10), rel=1e-2)


@pytest.mark.parametrize("T", [1.0, 1e3, 1e5, 1e7])
def test_the_chemical_potential_keeps_the_density(T):
    mu, t = chemical_potential(GAS, T) / E, T / FERMI_K

    def occupied(k):
        return 3 * k * k / (np.exp(min((k * k - mu) / t, 700.0)) + 1)

    edge = np.sqrt(max(mu, 0.0))
    width = min(edge, 40 * t / max(edge, np.sqrt(t)))
    points = [0.0, edge - width, edge, edge + width, np.sqrt(max(mu, 0) + 40 * t)]
    pieces = [quad(occupied, a, b, limit=500)[0] for a, b in pairwise(points)]
    assert sum(pieces) == pytest.approx(1, rel=1e-9)


def test_shapes_and_kinds():
    q, w = np.ones((4, 1)), np.linspace(0.0, 3, 5)
    assert lindhard(GAS, q, w).shape == (4, 5)
    assert np.iscomplexobj(lindhard(GAS, q, w))
    assert lindhard(GAS, q).dtype == float
    assert lindhard_finite_temperature(GAS, q, 300.0).shape == (4, 1)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="q is -0.1.*; it is a length .*; for vectors"):
        lindhard(GAS, [-0.1, 1])
    with pytest.raises(ValueError, match="energy is not finite.*; .*; "):
        lindhard(GAS, 1.0, [np.nan])
    with pytest.raises(ValueError, match="dimension is 4; it must be 1, 2 or 3; "):
        lindhard_static(1.0, 1.0, 4)
    with pytest.raises(ValueError, match="k_fermi_A is 0 .*; it must be positive.*; "):
        lindhard_static(0, 1.0, 3)
    for T in (-1.0, np.inf, np.array([1.0, 2.0])):
        with pytest.raises(ValueError, match="it must be one number ≥ 0; "):
            lindhard_finite_temperature(GAS, 1.0, T)
