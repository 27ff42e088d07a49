"""Conventions: what each code does with the same numbers, round trips, and cutoffs of μ*."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import constants as si
from scipy.optimize import brentq

from elphlib.electrons import FreeElectronGas
from elphlib.normalisation import (
    CONVENTIONS,
    convention,
    convert_linewidth,
    convert_spectral,
    coupling_from_slope,
    lambda_from_coupling,
    lambda_from_linewidth,
    linewidth_from_lambda,
    mu_star_from_mu,
    rescale_mu_star,
    slope_from_coupling,
    spectral_factor,
)
from elphlib.screening import lindhard
from elphlib.units import HBAR2_OVER_2M_eV_A2

NAMES = sorted(CONVENTIONS)


def coded(slope, deltas, omega, dos):
    """γ and λ as each program computes them, ħ = 1, from |∂V/∂u|²/M and δδ at every k of one spin.

    `wk` are k-weights that add up to 2 (both spins), as in Quantum ESPRESSO and EPW.
    """
    wk = np.full(slope.shape, 2 / slope.size)
    ph_x = np.pi / 2 * (wk * slope**2 * deltas).sum()
    epw = (np.pi * omega * wk * slope**2 / (2 * omega) * deltas).sum()
    abinit = (slope**2 * deltas).mean() * np.pi * 2
    return {
        "quantum-espresso": (ph_x, ph_x / np.pi / omega**2 / dos),
        "epw": (epw, epw / np.pi / omega**2 / dos),
        "abinit": (abinit, abinit / (2 * np.pi * dos * omega**2)),
    }


@pytest.fixture
def sample():
    random = np.random.default_rng(7)
    return random.normal(size=400), random.exponential(size=400), 0.7, 1.3


def test_all_codes_agree_on_lambda(sample):
    slope, deltas, omega, dos = sample
    pair = (slope**2 / (2 * omega) * deltas).mean()  # |g|² = |∂V/∂u|²/2Mω
    book = 1e3 * lambda_from_coupling(pair, omega, dos)  # one unit of energy: no meV/eV
    for name, (_, lam) in coded(*sample).items():
        assert_allclose(lam, book, rtol=1e-12, err_msg=name)


def test_each_linewidth_is_the_one_coded(sample):
    lam = coded(*sample)["epw"][1]
    *_, omega, dos = sample
    for name, (gamma, _) in coded(*sample).items():
        expected = 1e3 * linewidth_from_lambda(lam, omega, dos, name)
        assert_allclose(gamma, expected * convention(name).meV_per_unit, rtol=1e-12, err_msg=name)


def test_the_book_has_the_full_width_and_epw_the_half():
    """Second route: the pole of the phonon propagator, −|g|² Im χ₀ V, for free electrons."""
    gas = FreeElectronGas(0.05)
    V, q, g, energy = 20.0, 0.8, 4.0, 1e-3
    half = -(g**2) * 1e-3 * V * lindhard(gas, q, 1e-3 * energy).imag
    S = g**2 * V * (1 / (2 * HBAR2_OVER_2M_eV_A2)) ** 2 / (4 * np.pi**2 * q)
    lam = lambda_from_coupling(S, energy, gas.dos * V)
    width = {name: linewidth_from_lambda(lam, energy, gas.dos * V, name) for name in NAMES}
    assert_allclose(width["book"], 2 * half, rtol=1e-6)
    assert_allclose(width["abinit"], 2 * half, rtol=1e-6)
    assert_allclose(width["epw"], half, rtol=1e-6)
    assert_allclose(width["abinit-tutorial"], half, rtol=1e-6)
    in_GHz = half * 1e-3 * si.e / si.h / 1e9
    assert_allclose(width["quantum-espresso"], in_GHz, rtol=1e-6)


def test_allens_weight_gives_his_linewidth():
    """α²F = Σ (2γ/πNω) δ with N for both spins must be Σ ½λω δ."""
    lam, energy, dos = 0.3, 12.0, 0.4
    gamma = linewidth_from_lambda(lam, energy, dos, "allen-1972")
    weight = 2 * gamma / (np.pi * 1e-3 * 2 * dos * energy)
    assert_allclose(weight, lam * energy / 2, rtol=1e-12)


def page_row(start):
    """Cells of one row of the table on the conventions page."""
    page = (Path(__file__).parents[1] / "book/conventions.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| " + start)]
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def test_the_conventions_page_says_what_the_converters_do():
    order = ["book", "quantum-espresso", "epw", "abinit", "allen-1972"]
    symbols = {2 * np.pi: r"$2\pi$", np.pi: r"$\pi$", np.pi / 4: r"$\pi/4$"}
    widths = page_row(r"$\gamma/N(0)")
    for name, cell in zip(order, widths, strict=True):
        assert cell.startswith(symbols[convention(name).linewidth]), name
    assert widths[3].endswith("or " + symbols[convention("abinit-tutorial").linewidth])
    for name, cell in zip(order, page_row(r"$\alpha^2F$ is ours"), strict=True):
        assert float(cell) == convention(name).spectral, name
    spins = {"one spin": 1, "both spins": 2}
    for name, cell in zip(order, page_row("$N(0)$ counts"), strict=True):
        assert spins[cell] == convention(name).spins, name


@given(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.floats(1e-3, 3),
    st.floats(0.1, 200),
    st.floats(0.01, 5),
)
def test_round_trips(source, to, lam, energy, dos):
    gamma = linewidth_from_lambda(lam, energy, dos, source)
    assert_allclose(lambda_from_linewidth(gamma, energy, dos, source), lam, rtol=1e-12)
    assert_allclose(
        convert_linewidth(gamma, source, to),
        linewidth_from_lambda(lam, energy, dos, to),
        rtol=1e-12,
    )
    assert_allclose(convert_spectral(convert_spectral(lam, source, to), to, source), lam)


def test_spectral_functions_are_recognised_by_their_lambda():
    energy = np.linspace(0.02, 30, 3000)
    values = 0.4 * (energy / 30) ** 2  # λ = 2∫α²F/ω = 0.4
    assert_allclose(spectral_factor(energy, values, 0.4), 1, rtol=1e-5)
    doubled = convert_spectral(values, "book", "abinit")
    assert_allclose(np.trapezoid(doubled / energy, energy), 0.4, rtol=1e-5)
    assert_allclose(spectral_factor(energy, doubled, 0.4), 0.5, rtol=1e-5)


def test_slope_and_coupling_are_inverse():
    energy = np.array([5.0, 20.0])
    g = coupling_from_slope(0.8, energy, 27.0)
    assert_allclose(slope_from_coupling(g, energy, 27.0), 0.8, rtol=1e-12)
    joule = 0.8e10 * np.sqrt(si.hbar**2 / (2 * 27 * si.atomic_mass * energy * 1e-3 * si.e))
    assert_allclose(g, 1e3 * joule, rtol=1e-9)


@given(st.floats(0.02, 0.3), st.floats(1, 100), st.floats(0.05, 0.99), st.floats(0.05, 0.99))
def test_cutoffs_compose(mu, cutoff, first, second):
    once = rescale_mu_star(mu, cutoff, cutoff * first * second)
    twice = rescale_mu_star(rescale_mu_star(mu, cutoff, cutoff * first), first, first * second)
    assert_allclose(once, twice, rtol=1e-9)
    assert once < mu
    assert_allclose(mu_star_from_mu(mu, cutoff, cutoff * first),
                    mu / (1 + mu * np.log(1 / first)), rtol=1e-9)  # fmt: skip


def pairing_strength(coupling, cutoff, mu, T=0.02):
    """Largest eigenvalue of the linear gap equation with Einstein phonons of frequency 1."""
    omega = np.pi * T * (2 * np.arange(round(cutoff / (2 * np.pi * T))) + 1)
    near = coupling / (1 + (omega[:, None] - omega) ** 2)
    far = coupling / (1 + (omega[:, None] + omega) ** 2)
    kernel = np.pi * T * (near + far - 2 * mu) / omega
    return np.linalg.eigvals(kernel).real.max()


def test_pairing_does_not_care_where_mu_star_is_cut():
    """At its T_c a superconductor has the eigenvalue 1, with sums up to 30 or up to 10 phonons."""
    mu = 0.15
    critical = brentq(lambda lam: pairing_strength(lam, 30.0, mu) - 1, 0.1, 1.0, xtol=1e-9)
    assert_allclose(pairing_strength(critical, 10.0, rescale_mu_star(mu, 30.0, 10.0)), 1, rtol=2e-3)
    assert abs(pairing_strength(critical, 10.0, mu) - 1) > 1e-2
    wrong_sign = 1 / (1 / mu - np.log(3))
    assert abs(pairing_strength(critical, 10.0, wrong_sign) - 1) > 3e-2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: convention("vasp"), "known are book"),
        (lambda: lambda_from_linewidth(1.0, [3.0, 0.0], 0.5), "leave out acoustic"),
        (lambda: lambda_from_coupling(1.0, [3.0, -2.0], 0.5), "ħω is -2 meV"),
        (lambda: linewidth_from_lambda(0.3, -2.0, 0.5), "ħω is -2 meV"),
        (lambda: linewidth_from_lambda(0.3, 5.0, -0.5), "dos"),
        (lambda: spectral_factor([0.0, 1.0], [0.0, 1.0], 0.3), "positive and ascending"),
        (lambda: spectral_factor([2.0, 1.0], [1.0, 1.0], 0.3), "positive and ascending"),
        (lambda: rescale_mu_star(0.5, 10.0, 100.0), "infinite repulsion"),
        (lambda: rescale_mu_star(-0.1, 10.0, 100.0), "mu_star"),
        (lambda: mu_star_from_mu(0.3, 10.0, 0.0), "new_cutoff"),
    ],
)
def test_bad_input_is_explained(call, words):
    with pytest.raises(ValueError, match=words):
        call()
