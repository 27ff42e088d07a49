"""ε(q, ω): sum rules, Kramers–Kronig, the plasmon's series; real space."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from elphlib.electrons import FreeElectronGas
from elphlib.errors import PhysicalRefusal
from elphlib.exchange_correlation import correlation_potential, exchange_potential
from elphlib.screening import (
    dielectric,
    friedel_asymptote,
    induced_density,
    lindhard,
    local_field,
    pair_continuum,
    plasmon_cutoff,
    plasmon_energy,
    response,
    screened_potential,
    thomas_fermi,
)
from elphlib.units import BOHR_A, COULOMB_eV_A, HBAR2_OVER_2M_eV_A2

GAS = FreeElectronGas(0.0265)
K, E, P = GAS.k_fermi, GAS.fermi_energy, GAS.plasma_energy
FIELDS = [None, "hubbard", "geldart-vosko", "corradini"]
fields = st.sampled_from(FIELDS)
radii = st.floats(0.5, 6)


def gas_of(r_s, mass=1.0):
    return FreeElectronGas(3 / (4 * np.pi * (r_s * BOHR_A) ** 3), mass)


def pole(q, kind=None):
    """Energy and weight of the plasmon in Im(−1/ε) = weight · δ(E − E_q)."""
    energy = float(plasmon_energy(GAS, q, kind))
    h = 1e-5 * energy
    up, down = (1 / dielectric(GAS, q, energy + s, kind).real for s in (h, -h))
    # 1/ε = r/(E − E_q) near the pole: the mean of the two sides leaves r/h.
    return energy, np.pi * float(up - down) * h / 2


def over_continuum(function, q):
    """∫ dE over the pair continuum, split where the absorption has its kinks."""
    low, high = (float(edge) for edge in pair_continuum(GAS, q))
    kink = abs(HBAR2_OVER_2M_eV_A2 * q * (2 * K - q))
    edges = sorted({low, *([kink] if low < kink < high else []), high})
    options = {"epsabs": 1e-12, "epsrel": 1e-10, "limit": 400}
    return sum(quad(function, a, b, **options)[0] for a, b in pairwise(edges))


@given(radii, st.floats(0.01, 6), st.floats(0, 4), fields)
def test_response_and_dielectric_say_the_same(r_s, Q, W, kind):
    gas = gas_of(r_s)
    q, w = Q * gas.k_fermi, np.array([W * gas.fermi_energy])
    v = 4 * np.pi * COULOMB_eV_A / q**2
    chi, epsilon = response(gas, q, w, kind)[0], dielectric(gas, q, w, kind)[0]
    assert 1 / epsilon == pytest.approx(1 + v * chi, rel=1e-8, abs=1e-9)
    free, G = lindhard(gas, q, w)[0], float(local_field(gas, q, kind))
    assert 1 / chi == pytest.approx(1 / free - v * (1 - G), rel=1e-9)
    assert chi.imag <= 0
    assert epsilon.imag >= 0


@given(radii, st.floats(0.3, 3))
def test_small_wavevectors_screen_as_thomas_and_fermi_say(r_s, mass):
    gas = gas_of(r_s, mass)
    q = 1e-4 * gas.k_fermi
    assert float(dielectric(gas, q)) == pytest.approx(float(thomas_fermi(gas, q)), rel=1e-8)
    # Beyond, the Lindhard gas screens less: its χ₀ falls.
    far = np.array([0.5, 1, 2, 4]) * gas.k_fermi
    assert (dielectric(gas, far) < thomas_fermi(gas, far)).all()


@given(radii)
def test_compressibility_sum_rule(r_s):
    """(ε − 1) q²/4πe² → dn/dμ of the interacting gas, by differences of μ = E_F + μ_xc."""
    gas = gas_of(r_s)
    step = 1e-4 * gas.density_A3
    mu = []
    for n in (gas.density_A3 + step, gas.density_A3 - step):
        near = FreeElectronGas(n)
        xc = float(exchange_potential(near.r_s) + correlation_potential(near.r_s))
        mu.append(near.fermi_energy + xc)
    stiffness = (mu[0] - mu[1]) / (2 * step)
    q = 1e-4 * gas.k_fermi

    def measured(kind):
        proper = (float(dielectric(gas, q, 0.0, kind)) - 1) * q**2 / (4 * np.pi * COULOMB_eV_A)
        return 1 / proper

    for kind in ("geldart-vosko", "corradini"):
        assert measured(kind) == pytest.approx(stiffness, rel=1e-6, abs=1e-6 / gas.dos)
    assert measured(None) == pytest.approx(1 / (2 * gas.dos), rel=1e-6)
    # Hubbard takes off nearly twice the exchange–correlation part.
    taken = (1 / (2 * gas.dos) - measured("hubbard")) / (1 / (2 * gas.dos) - stiffness)
    assert 1.7 < taken < 2


def test_perfect_screening_and_the_limits_at_zero():
    assert np.isinf(dielectric(GAS, 0.0))
    assert dielectric(GAS, 0.0, 3.0) == pytest.approx(1 - (P / 3) ** 2, rel=1e-12)
    for kind in FIELDS:
        mixed = dielectric(GAS, [0.0, 0.0, 1e-9], [0.0, 3.0, 3.0], kind)
        assert np.isinf(mixed[0])
        assert mixed[1] == pytest.approx(mixed[2], rel=1e-12)
        assert float(response(GAS, 0.0, 0.0, kind)) == 0
        q = 1e-5
        assert float(response(GAS, q, 0.0, kind)) == pytest.approx(
            -(q**2) / (4 * np.pi * COULOMB_eV_A), rel=1e-8
        )


@given(st.floats(-3, -1.3), st.floats(0.6, 4))
def test_long_wavelengths_through_fourth_order(log_Q, W):
    # ε = 1 − (ω_p²/ω²)[1 + (3/5)s + (ħq²/2mω)² + (3/7)s² + O(q⁶)], s = (qv_F/ω)².
    q, w = 10**log_Q * K, W * P
    s = (4 * E * q / (2 * K) / w) ** 2
    recoil = (HBAR2_OVER_2M_eV_A2 * q**2 / w) ** 2
    brackets = (1 - complex(dielectric(GAS, q, w))) * (w / P) ** 2
    assert brackets.imag == 0
    assert (
        abs(brackets.real - (1 + 0.6 * s + recoil + 3 / 7 * s**2)) < s**3 + 4 * s * recoil + 1e-13
    )
    if 10**log_Q > 1e-2:  # each coefficient is seen: leave it out and this fails
        assert brackets.real - 1 == pytest.approx(0.6 * s, rel=2 * s + 0.1)
        rest = brackets.real - 1 - 0.6 * s
        assert rest == pytest.approx(recoil + 3 / 7 * s**2, rel=3 * s + 0.02)


@pytest.mark.parametrize("Q", [0.1, 0.5, 0.9, 1.5, 2.7])
def test_f_sum_rule_of_the_loss_function_and_of_the_conductivity(Q):
    q = Q * K
    loss = over_continuum(lambda w: w * float((-1 / dielectric(GAS, q, w)).imag), q)
    if q < plasmon_cutoff(GAS):
        energy, weight = pole(q)
        loss += energy * weight
    assert loss == pytest.approx(np.pi / 2 * P**2, rel=1e-6)
    # The conductivity σ = ωε₂/4π obeys it with pairs alone: its sum has no plasmon.
    pairs = over_continuum(lambda w: w * float(dielectric(GAS, q, w).imag), q)
    assert pairs == pytest.approx(np.pi / 2 * P**2, rel=1e-8)


@pytest.mark.parametrize("kind", FIELDS)
def test_kramers_kronig_of_the_screened_response(kind):
    # Re 1/ε(ω) − 1 = −(2/π) P∫ ω' Im(−1/ε)/(ω'² − ω²) dω', the plasmon's δ included.
    q = 0.5 * K
    energy, weight = pole(q, kind)
    for w in (0.0, 0.5, 2.0, 12.0):

        def absorbed(e, w=w):
            return e * float((-1 / dielectric(GAS, q, e, kind)).imag) / (e + w)

        low, high = (float(edge) for edge in pair_continuum(GAS, q))
        if low < w < high:
            total = quad(absorbed, low, high, weight="cauchy", wvar=w, epsabs=1e-11, limit=400)[0]
        else:
            total = over_continuum(lambda e, w=w: absorbed(e, w) / (e - w), q)
        total += weight * energy / (energy**2 - w**2)
        expected = float(np.real(1 / dielectric(GAS, q, w, kind))) - 1
        assert -2 / np.pi * total == pytest.approx(expected, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(radii, fields)
def test_plasmon_lies_where_epsilon_vanishes_and_above_the_continuum(r_s, kind):
    gas = gas_of(r_s)
    q = np.array([0.0, 0.1, 0.5, 0.9, 0.999]) * plasmon_cutoff(gas, kind)
    energy = plasmon_energy(gas, q, kind)
    assert energy[0] == pytest.approx(gas.plasma_energy, rel=1e-13)
    assert (energy >= pair_continuum(gas, q)[1]).all()
    assert np.abs(dielectric(gas, q, energy, kind)[:4]).max() < 1e-8
    # At the cutoff it touches the continuum.
    end = plasmon_cutoff(gas, kind)
    touch = float(plasmon_energy(gas, end, kind))
    assert touch == pytest.approx(float(pair_continuum(gas, end)[1]), rel=1e-9)


def test_plasmon_dispersion_coefficients():
    # ω² = ω_p² + (3/5)v²q² + (ħq²/2m)² + (12/175)(vq)⁴/ω_p² + O(q⁶)
    v = 4 * E / (2 * K)
    for Q, tolerance in ((0.02, 3e-3), (0.05, 2e-2)):
        q = Q * K
        excess = float(plasmon_energy(GAS, q)) ** 2 - P**2
        assert excess == pytest.approx(0.6 * (v * q) ** 2, rel=tolerance)
        rest = excess - 0.6 * (v * q) ** 2
        fourth = (HBAR2_OVER_2M_eV_A2 * q**2) ** 2 + 12 / 175 * (v * q) ** 4 / P**2
        assert rest == pytest.approx(fourth, rel=10 * tolerance)
    # A local field with G = A Q² takes A ω_p² Q² off.
    for kind in FIELDS[1:]:
        q = 0.02 * K
        shift = float(plasmon_energy(GAS, q, kind)) ** 2 - float(plasmon_energy(GAS, q)) ** 2
        assert shift == pytest.approx(-(P**2) * float(local_field(GAS, q, kind)), rel=5e-3)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 4), fields, st.floats(0.1, 0.9))
def test_plasmon_of_a_heavy_gas(mass, kind, part):
    heavy = gas_of(4 / mass, mass)
    light = gas_of(4)
    scale = heavy.fermi_energy / light.fermi_energy
    end = plasmon_cutoff(light, kind)
    stretched = part * end * heavy.k_fermi / light.k_fermi
    assert plasmon_cutoff(heavy, kind) / heavy.k_fermi == pytest.approx(end / light.k_fermi)
    assert float(plasmon_energy(heavy, stretched, kind)) == pytest.approx(
        scale * float(plasmon_energy(light, part * end, kind)), rel=1e-9
    )


def test_beyond_the_cutoff_there_is_no_plasmon():
    with pytest.raises(PhysicalRefusal, match="no plasmon at q = 1.*decays into.*; stay below"):
        plasmon_energy(GAS, [0.1, 1.0])


def panels(function, low, high, count):
    """Composite Gauss–Legendre integral."""
    x, w = np.polynomial.legendre.leggauss(40)
    edges = np.linspace(low, high, count + 1)
    half = (edges[1] - edges[0]) / 2
    return np.sum(function((edges[:-1, None] + half) + half * x) * w) * half


def reference(r, kind):
    """The potential along the real axis to 80 k_F, and two terms of the tail by parts."""

    def amplitude(q):
        return (1 / dielectric(GAS, q, 0.0, kind) - 1) / q

    def wave(q):
        return amplitude(q) * np.sin(q * r)

    total = panels(wave, 6 * K, 80 * K, 2000)
    for side in (-2 * K, 4 * K):  # u⁵ crowds the points at the singularity
        total += panels(
            lambda u, side=side: wave(2 * K + side * u**5) * 5 * abs(side) * u**4, 0, 1, 100
        )
    end, step = 80 * K, 1e-3
    slope = (amplitude(end + step) - amplitude(end - step)) / (2 * step)
    total += amplitude(end) * np.cos(end * r) / r - slope * np.sin(end * r) / r**2
    return -COULOMB_eV_A / r * (1 + 2 / np.pi * total)


@pytest.mark.parametrize("kind", FIELDS)
def test_screened_potential_against_quadrature(kind):
    r = np.array([1.0, 3.7, 10.0, 31.0, 54.0])
    ours = screened_potential(GAS, r, 1.0, kind)
    envelope = np.abs(friedel_asymptote(GAS, r, 1.0, kind) / np.cos(2 * K * r))
    for value, position, size in zip(ours, r, envelope, strict=True):
        assert value == pytest.approx(reference(position, kind), rel=1e-9, abs=1e-8 * size)


@pytest.mark.parametrize("kind", FIELDS)
def test_friedel_oscillations_far_away(kind):
    # The remainder is of relative order ln(k_F r)/k_F r; in the density too.
    for far in (20, 100, 500):
        r = np.linspace(far, far + np.pi, 60) / K
        limit = friedel_asymptote(GAS, r, 1, kind)
        bound = 6 * np.log(far) / far * np.abs(limit).max()
        assert np.abs(screened_potential(GAS, r, 1, kind) - limit).max() < bound
        density = induced_density(GAS, r, 1, kind) * np.pi * COULOMB_eV_A / K**2
        assert np.abs(density - limit).max() < bound


@settings(max_examples=25, deadline=None)
@given(st.floats(-2, 2), fields)
def test_poisson(charge, kind):
    # ∇²V = −4πe² δn away from the charge: (rV)''/r by differences.
    r, h = np.array([0.7, 2.0, 6.0]), 2e-3
    rV = [(r + s) * screened_potential(GAS, r + s, charge, kind) for s in (-h, 0, h)]
    laplacian = (rV[0] - 2 * rV[1] + rV[2]) / h**2 / r
    density = induced_density(GAS, r, charge, kind)
    np.testing.assert_allclose(
        laplacian, -4 * np.pi * COULOMB_eV_A * density, atol=3e-5 * abs(charge) + 1e-12
    )


@pytest.mark.parametrize("kind", FIELDS)
def test_the_induced_charge_is_the_charge(kind):
    # ∫ d³r δn exp(−r²/2R²) → Z with an error of order 1/R²: extrapolate from two R.
    x, w = np.polynomial.legendre.leggauss(400)
    totals = []
    for R in (8.0, 16.0):
        r = 4 * R * (x + 1)
        n = induced_density(GAS, r, 2.0, kind) * np.exp(-(r**2) / (2 * R**2))
        totals.append(np.sum(4 * R * w * 4 * np.pi * r**2 * n))
    assert totals[1] == pytest.approx(2, rel=1e-2)
    assert (4 * totals[1] - totals[0]) / 3 == pytest.approx(2, rel=1e-3)


def test_dense_gas_screens_as_thomas_and_fermi_say():
    gas = gas_of(1e-4)
    r = np.array([0.3, 1, 2, 3]) / gas.thomas_fermi_wavevector
    yukawa = -COULOMB_eV_A / r * np.exp(-gas.thomas_fermi_wavevector * r)
    np.testing.assert_allclose(screened_potential(gas, r), yukawa, rtol=1e-2)


def test_near_the_charge():
    r = np.array([1e-6, 1e-4])
    np.testing.assert_allclose(screened_potential(GAS, r) * r, -COULOMB_eV_A, rtol=1e-3)
    contact = induced_density(GAS, [0.0, 1e-8, 1e-3])
    assert contact[1] == pytest.approx(contact[0], rel=1e-7)
    assert contact[0] > contact[2] > 0
    assert screened_potential(GAS, np.ones((2, 3))).shape == (2, 3)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="r is 0 Å; it is a length and must be > 0; "):
        screened_potential(GAS, [0.0, 1.0])
    with pytest.raises(ValueError, match="r is 0 Å; .*; "):
        friedel_asymptote(GAS, 0.0)
    with pytest.raises(ValueError, match="r is -1 Å; .* must be ≥ 0; "):
        induced_density(GAS, -1.0)
    with pytest.raises(ValueError, match="'lda' is unknown; it must be .*; "):
        dielectric(GAS, 1.0, 0.0, "lda")
    for function in (thomas_fermi, pair_continuum, plasmon_energy, response):
        with pytest.raises(ValueError, match="q is -1.*; .*must be ≥ 0; "):
            function(GAS, -1.0)
