"""Γ₁ against direct sums over states and Matsubara frequencies, its limits, its Ward identity."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from elphlib.electrons import FreeElectronGas
from elphlib.integrate import unit_gauss
from elphlib.vertex import coherence_time, mean_vertex, vertex, vertex_wide_band

GAS = FreeElectronGas(0.0265)
E_F = 1e3 * GAS.fermi_energy
K_F = GAS.k_fermi
AT_HALF = 2 * np.arctan(0.5)  # both logs of the phonon's memory at ω = −ν/2, ν = Ω: 0.927


def gamma(phonon, q, nu, omega=None):
    """Γ₁/λ in units of E_F and k_F."""
    energy = None if omega is None else np.asarray(omega) * E_F
    return vertex(GAS, phonon * E_F, np.asarray(q) * K_F, np.asarray(nu) * E_F, energy)


def graded(*points, top, levels=14, order=10):
    """Gauss points on panels that halve towards each of the points, up to ``top``."""
    u, w = unit_gauss(order)
    inner = sorted({0.0, *points, top})
    x, weight = [], []
    for a, b in itertools.pairwise(inner):
        middle, cut = (a + b) / 2, 0.5 ** np.arange(levels, -1, -1.0)
        edges = np.concatenate([[0.0], cut]) * (b - a) / 2
        for low, high in itertools.pairwise(edges):
            for start, sign in ((a, 1), (b, -1)):
                x.append(start + sign * (low + (high - low) * u))
                weight.append((high - low) * w)
        assert middle < top
    return np.concatenate(x), np.concatenate(weight)


def sum_over_states(q, first, second):
    """N(0)⁻¹ Σ_k G(k, ω₁)G(k+q, ω₂), the angle by a logarithm, k by panels, the rest by k⁻²."""
    top = 200.0
    k, w = graded(1.0, abs(1 - q), 1 + q, top=top)
    a = 1j * second + 1 - (k - q) ** 2
    b = 1j * second + 1 - (k + q) ** 2
    inside = 2 * k**2 / (1j * first + 1 - k**2) * (np.log(a) - np.log(b)) / (4 * k * q)
    return w @ inside + 2 / top


def by_states_and_frequencies(phonon, q, nu, omega):
    total, far = 0.0, 400.0
    pieces = [(-far, -nu), (-nu, 0.0), (0.0, far)]
    for low, high in pieces:
        x, w = graded(max(0.0, min(high - low, omega - low)), top=high - low, levels=20, order=6)
        kernel = phonon**2 / (phonon**2 + (omega - low - x) ** 2) / (2 * np.pi)
        F = np.array([sum_over_states(q, e, e + nu) for e in low + x])
        total += (w * kernel) @ F
    return total


@pytest.mark.parametrize(
    ("phonon", "q", "nu", "omega"),
    [(0.1, 1.0, 0.1, -0.05), (0.1, 0.4, 0.2, 0.03), (0.3, 2.0, 0.1, -0.2), (0.05, 2.4, 0.05, 0.0)],
)
def test_against_the_sum_over_states_and_frequencies(phonon, q, nu, omega):
    expected = by_states_and_frequencies(phonon, q, nu, omega)
    assert complex(gamma(phonon, q, nu, omega)) == pytest.approx(expected, abs=2e-5 * phonon)


def test_against_matsubara_sums_at_falling_temperature():
    """kT Σ_n in place of ∫dω'/2π; the error falls as T²."""
    phonon, q, nu = 0.2, 0.8, 0.4
    found = complex(gamma(phonon, q, nu, nu / 2))
    errors = []
    for cut in (8, 16):
        kT = nu / (2 * np.pi * cut)  # ν is the Matsubara frequency of number ``cut``
        n = np.arange(-60 * cut, 60 * cut)
        frequency = (2 * n + 1) * np.pi * kT
        kernel = phonon**2 / (phonon**2 + (nu / 2 - frequency) ** 2)
        F = np.array([sum_over_states(q, e, e + nu) for e in frequency])
        total = kT * kernel @ F
        end = frequency[-1]  # beyond: kernel Ω²/ω², F ≃ π e^(±iπ/4)/2√ω
        total += 2 * phonon**2 / (2 * np.pi) * np.pi / 2 / np.sqrt(2) / (1.5 * end**1.5)
        errors.append(abs(total - found))
    assert errors[1] < 1.5e-3 * abs(found)
    assert errors[1] < 0.4 * errors[0]


def test_poles_first_and_states_afterwards():
    """ω' by residues, then a double integral over ε_k and ε_{k+q}: 2d³k = dε dε′/2q."""
    phonon, q, nu, omega = 0.3, 0.7, 0.3, -0.15
    k, w = graded(1 - q, 1.0, 1 + q, top=60.0, levels=16, order=8)
    total = 0.0
    for one, weight in zip(k, w, strict=True):
        low, high = abs(one - q), one + q
        inner = [p for p in (1.0,) if low < p < high]
        x, v = graded(*[p - low for p in inner], top=high - low, levels=16, order=8)
        other = low + x
        e, f = one**2 - 1, other**2 - 1
        # ∫dω'/2π Ω²/(Ω²+(ω−ω')²) /[(iω'−e)(iω'+iν−f)] with every pole in the upper half plane
        pole = 1j * omega - phonon  # iω' at ω' = ω + iΩ
        D = phonon / 2 / ((pole - e) * (pole + 1j * nu - f))
        if e < 0:  # ω' = −ie lies above
            D = D + phonon**2 / (phonon**2 + (omega + 1j * e) ** 2) / (e + 1j * nu - f)
        above = f < 0
        shifted = omega - (-nu - 1j * f)
        D = D + np.where(above, phonon**2 / (phonon**2 + shifted**2) / (f - 1j * nu - e), 0)
        total += weight * one / q * (v * other) @ D
    total += phonon / 2 * 2 / 60.0  # beyond k = 60: ∫dω'/2π of the kernel times ∫2dk/k²
    assert total == pytest.approx(complex(gamma(phonon, q, nu, omega)), abs=2e-4 * phonon)


def test_ward_identity_at_long_wavelength():
    """Γ₁(q→0) = [Σ(ω) − Σ(ω+ν)]/iν; Σ_kG = const − πi s√(1+iω), Σ by its own quadrature."""
    phonon, nu, omega = 0.2, 0.15, 0.04

    def difference(frequency):
        """[S(ω') − S(ω'+ν)]/iν with the constant gone."""
        roots = [np.sign(w) * np.sqrt(1 + 1j * w) for w in (frequency, frequency + nu)]
        return -np.pi * 1j * (roots[0] - roots[1]) / (1j * nu)

    def integrand(frequency, part):
        kernel = phonon**2 / (phonon**2 + (omega - frequency) ** 2) / (2 * np.pi)
        return kernel * part(difference(frequency))

    edges = [-np.inf, -nu, 0, np.inf]
    expected = sum(
        quad(integrand, a, b, args=(np.real,), epsabs=1e-10, limit=400)[0]
        + 1j * quad(integrand, a, b, args=(np.imag,), epsabs=1e-10, limit=400)[0]
        for a, b in itertools.pairwise(edges)
    )
    assert complex(gamma(phonon, 0.0, nu, omega)) == pytest.approx(expected, rel=1e-7)
    assert complex(gamma(phonon, 1e-5, nu, omega)) == pytest.approx(expected, rel=1e-7)


def test_slow_electrons_see_nearly_all_of_the_coupling():
    """v_F q ≪ Ω at ν = Ω, ω = −ν/2: 2 atan ½ = 0.927."""
    assert complex(gamma(1e-4, 1e-7, 1e-4)) == pytest.approx(AT_HALF, rel=1e-5)
    wide = vertex_wide_band(GAS, 1e-4 * E_F, 1e-7 * K_F, 1e-4 * E_F)
    assert wide == pytest.approx(AT_HALF, rel=1e-5)
    assert AT_HALF == pytest.approx(0.927, abs=5e-4)


def test_fast_electrons_see_the_adiabatic_ratio():
    """At q = k_F: 0.74 to 0.80 times Ω/E_F over two decades."""
    x = np.geomspace(0.005, 0.5, 12)
    ratio = np.array([complex(gamma(one, 1.0, one)).real / one for one in x])
    assert ratio.min() == pytest.approx(0.736, abs=5e-3)
    assert ratio.max() == pytest.approx(0.798, abs=5e-3)


def test_a_wide_band_has_the_closed_form():
    for q, nu, omega in ((0.3, 1e-4, 2e-5), (1.2, 3e-4, -1.5e-4), (1e-4, 1e-4, 0.0)):
        wide = vertex_wide_band(GAS, 1e-4 * E_F, q * K_F, nu * E_F, omega * E_F)
        found = complex(gamma(1e-4, q, nu, omega))
        assert found.real == pytest.approx(float(wide), rel=5e-3)


def test_heavy_ions_restore_the_theorem():
    """Γ₁ ∝ √(m/M) when all energies of the phonon scale so."""
    at = np.array([complex(gamma(0.01 * s, 0.9, 0.01 * s)).real for s in (1, 0.5, 0.25, 0.125)])
    exponent = np.diff(np.log(at)) / np.log(0.5)
    assert exponent == pytest.approx(1.0, abs=0.02)
    assert abs(exponent[-1] - 1) < abs(exponent[0] - 1)


def test_order_of_limits():
    """q → 0 first gives λ-like numbers, ν → 0 first gives next to nothing."""
    first_q = complex(gamma(0.01, 1e-6, 1e-4)).real
    first_nu = complex(gamma(0.01, 1e-2, 1e-6)).real
    assert first_q == pytest.approx(1.0, abs=0.01)
    assert abs(first_nu) < 5e-3


@settings(max_examples=40, deadline=None)
@given(
    phonon=st.floats(1e-4, 2),
    q=st.floats(0.0, 3.0),
    nu=st.floats(1e-4, 2),
    omega=st.floats(-2, 2),
)
def test_reflection_in_frequency(phonon, q, nu, omega):
    """Γ₁(−ν−ω) = Γ₁(ω)*, Γ₁(−ν; −ω) = Γ₁(ν; ω)*, and time reversal: ν → −ν, ω → ω + ν."""
    one = complex(gamma(phonon, q, nu, omega))
    size = 1e-6 * max(1.0, abs(one))
    assert complex(gamma(phonon, q, nu, -nu - omega)) == pytest.approx(one.conjugate(), abs=size)
    assert complex(gamma(phonon, q, -nu, -omega)) == pytest.approx(one.conjugate(), abs=size)
    assert complex(gamma(phonon, q, -nu, omega + nu)) == pytest.approx(one, abs=size)


def test_arrays_and_error_estimate():
    q = np.linspace(0, 2.5, 26)[:, None] * K_F
    nu = np.array([0.01, 0.1, 1.0]) * E_F
    values, error = vertex(GAS, 0.05 * E_F, q, nu, with_error=True)
    assert values.shape == error.shape == (26, 3)
    assert error.max() < 1e-7
    assert values[7, 1] == pytest.approx(complex(vertex(GAS, 0.05 * E_F, q[7, 0], nu[1])))


def test_the_rule_holds_over_many_decades():
    rng = np.random.default_rng(0)
    nu, q = 10 ** rng.uniform(-9, 3, 2000), 10 ** rng.uniform(-6, 1, 2000)
    q[::3] = 2.0  # where F has a logarithmic singularity
    omega = rng.choice([-1, 1], 2000) * 10 ** rng.uniform(-9, 3, 2000)
    for phonon in (1e-8, 1e-3, 0.3, 1e3):
        size = np.maximum(np.abs(gamma(phonon, q, nu, omega)), phonon / np.hypot(nu, q))
        at = (phonon * E_F, q * K_F, nu * E_F, omega * E_F)
        assert (vertex(GAS, *at, with_error=True)[1] < 1e-7 * size).all()


def test_mean_over_the_sphere_by_another_rule():
    q = (np.arange(4000) + 0.5) / 4000 * 2
    flat = (2 / 4000) * (q / 2) @ gamma(0.05, q, 0.05).real
    assert mean_vertex(GAS, 0.05 * E_F) == pytest.approx(flat, rel=1e-4)
    small = mean_vertex(GAS, 1e-4 * E_F) / 1e-4
    assert small == pytest.approx(np.pi / 2 * np.arctan(0.5), rel=2e-3)


def test_coherence_time_is_the_mean_over_directions():
    """Random directions on the sphere, or random transfers in a disc along the surface."""
    rng = np.random.default_rng(5)
    nu, q = 20.0, 0.05
    speed = 2e3 * GAS.fermi_energy / K_F * q
    x = 2 * (np.arange(200000) + 0.5) / 200000 - 1
    assert coherence_time(GAS, q, nu) == pytest.approx(
        (1 / (nu - 1j * speed * x)).mean().real, rel=1e-6
    )
    cone = 0.3
    radius, angle = np.sqrt(rng.random(400000)), 2 * np.pi * rng.random(400000)
    along = cone * speed * radius * np.cos(angle)
    assert coherence_time(GAS, q, nu, cone) == pytest.approx(
        (1 / (nu - 1j * along)).mean().real, rel=5e-3
    )


def test_forward_scattering_undoes_the_theorem():
    """δ → 0: no dephasing at any q, 1/ν; the relevant energy is δv_Fq, not v_Fq."""
    q, nu = 0.5 * K_F, 0.01 * E_F
    assert coherence_time(GAS, q, nu, 1e-6) == pytest.approx(1 / nu, rel=1e-6)
    cones = np.array([0.05, 0.1, 0.2, 0.4, 1.0])
    falling = [float(vertex_wide_band(GAS, nu, q, nu, cone=c)) for c in cones]
    assert np.diff(falling).max() < 0
    tail = coherence_time(GAS, q, nu, 1.0) / coherence_time(GAS, q, nu, 0.5)
    assert tail == pytest.approx(0.5, rel=0.03)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="phonon_energy_meV is 0 meV"):
        vertex(GAS, 0, 1.0, 1.0)
    with pytest.raises(ValueError, match="q is -1 Å⁻¹"):
        vertex(GAS, 10.0, -1.0, 1.0)
    with pytest.raises(ValueError, match="both 0; Γ₁ has no limit"):
        vertex(GAS, 10.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="ν must be positive here"):
        vertex_wide_band(GAS, 10.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="cone is 1.5"):
        coherence_time(GAS, 1.0, 1.0, 1.5)
