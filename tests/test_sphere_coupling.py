"""The coupling of a Fermi sphere: λ by three routes, α²F and drag by brute force, then refusals."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import qmc

from elphlib import normalisation
from elphlib.coupling import screened_ion
from elphlib.errors import UnstableLatticeError
from elphlib.fermi_sphere import SphereQuadrature
from elphlib.force_constants import BornVonKarman
from elphlib.lattice import Lattice
from elphlib.linewidths import linewidths
from elphlib.simple_metal import SimpleMetal
from elphlib.sphere_coupling import SphereCoupling, sphere_coupling
from elphlib.umklapp import DebyeMetal
from elphlib.units import HBAR2_OVER_2M_eV_A2

STABLE = ("Li", "Na", "K", "Rb", "Cs", "Al")


@cache
def metal(symbol):
    return SimpleMetal.from_element(symbol)


@cache
def coupling(symbol):
    return sphere_coupling(metal(symbol), order=12, radial=10)


def dos_per_cell(m):
    """N(0) = 3Z/4E_F in states per eV, spin and cell, from textbook formulas."""
    k_fermi = (3 * np.pi**2 * m.valence / m.lattice.volume) ** (1 / 3)
    return 3 * m.valence / (4 * HBAR2_OVER_2M_eV_A2 * k_fermi**2)


def squared_coupling(m, Q):
    """|g_ν(Q)|² in meV² and ħω in meV, (n, 3), by `coupling.screened_ion`."""
    modes = m.modes(Q)
    w = m.form_factor(np.linalg.norm(Q, axis=-1))
    g = screened_ion(Q, w, modes.energy, modes.polarization, m.mass_u)
    return np.abs(g) ** 2, modes.energy


def points_on_spheres(n, pairs):
    """Pairs of unit vectors (n, pairs, 3), evenly spread."""
    u = qmc.Sobol(2 * pairs, seed=7).random(n).reshape(n, pairs, 2)
    z, phi = 2 * u[..., 0] - 1, 2 * np.pi * u[..., 1]
    s = np.sqrt(1 - z**2)
    return np.stack([s * np.cos(phi), s * np.sin(phi), z], axis=-1)


@cache
def pair_sum(symbol):
    """Peaks of the double sum over k and k' on the sphere: ħω, strength (n, 3), 1 − cos θ (n,).

    α²F = N(0) ⟨⟨Σ_ν |g|² δ(ω − ω_ν)⟩⟩, both averages over the sphere: nothing was done by hand.
    """
    m = metal(symbol)
    k = points_on_spheres(2**15, 2)
    g2, energy = squared_coupling(m, m.gas.k_fermi * (k[:, 1] - k[:, 0]))
    strength = 1e-3 * dos_per_cell(m) * g2 / len(k)
    return energy, strength, 1 - (k[:, 0] * k[:, 1]).sum(axis=-1)


def star(m, q):
    """All Q = q + G within 2k_F, (n, 3), of one q of the first zone."""
    Q = q + m.lattice.reciprocal_within(2 * m.gas.k_fermi + np.linalg.norm(q))
    return Q[np.linalg.norm(Q, axis=1) < 2 * m.gas.k_fermi]


def random_q(m, n, seed=0):
    """n wavevectors spread evenly over the first zone."""
    u = qmc.Sobol(3, seed=seed).random(n)
    return m.lattice.fold(u @ m.lattice.reciprocal)


# ── λ by three routes, α²F by two ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", ["Na", "Al", "K"])
def test_lambda_is_that_of_the_double_sum_over_the_sphere(symbol):
    energy, strength, turn = pair_sum(symbol)
    alpha2f = coupling(symbol).spectral_function()
    assert alpha2f.lam == pytest.approx(2 * (strength / energy).sum(), rel=5e-3)
    assert alpha2f.area == pytest.approx(strength.sum(), rel=2e-3)
    alpha2f_tr = coupling(symbol).spectral_function("transport")
    turned = strength * turn[:, None]
    assert alpha2f_tr.lam == pytest.approx(2 * (turned / energy).sum(), rel=8e-3)
    assert alpha2f_tr.area == pytest.approx(turned.sum(), rel=3e-3)


@pytest.mark.parametrize("symbol", ["Na", "Al"])
@pytest.mark.parametrize("weight", ["none", "transport"])
def test_alpha2f_is_that_of_the_double_sum_at_every_energy(symbol, weight):
    energy, strength, turn = pair_sum(symbol)
    strength = strength * (turn[:, None] if weight == "transport" else 1)
    # λ needs few steps along a ray, a curve in detail more of them.
    alpha2f = sphere_coupling(metal(symbol), order=12, radial=30).spectral_function(weight)
    top = energy.max()
    for edge in np.linspace(0.1, 0.95, 12) * top:  # ∫α²F up to a soft edge, 2 % of the top wide

        def below(omega, edge=edge):
            return 0.5 - 0.5 * np.tanh((omega - edge) / (0.02 * top))

        expected = (strength * below(energy)).sum()
        assert alpha2f.integrate(below) == pytest.approx(expected, abs=4e-3 * alpha2f.area), edge


@pytest.mark.parametrize("symbol", STABLE)
def test_lambda_is_the_zone_average_of_the_linewidths(symbol):
    """λ = (1/N)Σ γ/2πN(0)ω² with the full widths, (1/πN(0)) Σ γ/ω² with half of them."""
    m = metal(symbol)
    q = random_q(m, 2**15 if symbol == "Al" else 2**12)
    gamma, energy, dos = linewidths(m, q), m.modes(q).energy, dos_per_cell(m)
    full = (gamma / (2 * np.pi * 1e-3 * dos * energy**2)).sum(axis=1).mean()
    assert full == pytest.approx(coupling(symbol).spectral_function().lam, rel=1e-2)
    half = (gamma / 2 / (np.pi * 1e-3 * dos * energy**2)).sum(axis=1).mean()
    assert half == pytest.approx(full, rel=1e-12)
    for name, width in (("book", gamma), ("epw", gamma / 2)):
        lam = normalisation.lambda_from_linewidth(width, energy, dos, name).sum(axis=1).mean()
        assert lam == pytest.approx(full, rel=1e-9)


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_a_linewidth_is_the_golden_rule_over_the_star_of_one_phonon(symbol):
    """∫d³k/(2π)³ Ω δ(ε_k)δ(ε_k+Q) = Ωm²/4π²ħ⁴Q if Q < 2k_F, and γ = 4πħωS of `eq-conversions`."""
    m = metal(symbol)
    for q in random_q(m, 8, seed=3)[1:]:
        Q = star(m, q)
        g2, energy = squared_coupling(m, Q)
        double_delta = m.lattice.volume / (16 * np.pi**2 * HBAR2_OVER_2M_eV_A2**2)
        S = (g2 * double_delta / np.linalg.norm(Q, axis=1)[:, None]).sum(axis=0)
        lam = normalisation.lambda_from_coupling(S, energy[0], dos_per_cell(m))
        gamma = normalisation.linewidth_from_lambda(lam, energy[0], dos_per_cell(m))
        np.testing.assert_allclose(linewidths(m, q), gamma, rtol=1e-9)
        np.testing.assert_allclose(linewidths(m, q), 4e-6 * np.pi * energy[0] * S, rtol=1e-9)


def test_linewidths_belong_to_q_and_not_to_its_name():
    m = metal("Al")
    q = random_q(m, 8, seed=5)
    gamma = linewidths(m, q)
    np.testing.assert_allclose(linewidths(m, q + m.lattice.reciprocal[1]), gamma, rtol=1e-8)
    np.testing.assert_allclose(linewidths(m, -q), gamma, rtol=1e-8)
    np.testing.assert_allclose(linewidths(m, q @ m.lattice.point_group[17].T), gamma, rtol=1e-7)
    assert linewidths(m, q.reshape(2, 4, 3)).shape == (2, 4, 3)
    assert linewidths(m, q[0]).shape == (3,)
    assert linewidths(m, np.empty((0, 3))).shape == (0, 3)


def test_a_transverse_sound_wave_along_an_axis_does_not_decay_without_umklapp():
    m = metal("K")
    gamma = linewidths(m, [0.05, 0.0, 0.0])
    assert gamma[2] > 0
    assert np.abs(gamma[:2]).max() < 1e-12 * gamma[2]
    # Long waves: γ = 2πN(0)λ_q ω², with λ_q ∝ 1/q: γ/ω is one number for all of them.
    ratios = [
        linewidths(m, [q, 0, 0])[2] / m.modes(np.array([q, 0, 0])).energy[2]
        for q in (0.002, 0.004, 1e-4)
    ]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-4)


# ── weights and parts ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", STABLE)
@pytest.mark.parametrize("weight", ["none", "transport"])
def test_parts_add(symbol, weight):
    sphere = coupling(symbol)
    whole = sphere.spectral_function(weight)
    for parts in (
        [sphere.spectral_function(weight, p) for p in ("normal", "umklapp")],
        [sphere.spectral_function(weight, branch=i) for i in range(3)],
    ):
        for of in (lambda f: f.lam, lambda f: f.area, lambda f: f.lam * f.moment(2)):
            assert sum(map(of, parts)) == pytest.approx(of(whole), rel=1e-12)
        assert all(part.lam > 0 for part in parts)


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_each_peak_turns_its_electron_by_its_own_angle(symbol):
    sphere = coupling(symbol)
    k_fermi, Q = metal(symbol).gas.k_fermi, sphere.points.Q
    theta = 2 * np.arcsin(np.linalg.norm(Q, axis=1) / (2 * k_fermi))
    turned = (sphere.strength * (1 - np.cos(theta))[:, None]).sum()
    assert sphere.spectral_function("transport").area == pytest.approx(turned, rel=1e-10)
    inside = np.linalg.norm(metal(symbol).lattice.fold(Q) - Q, axis=1) < 1e-9
    normal = sphere.spectral_function(processes="normal")
    assert normal.area == pytest.approx(sphere.strength[inside].sum(), rel=1e-12)
    for i in range(3):
        one = sphere.spectral_function(branch=i)
        assert one.area == pytest.approx(sphere.strength[:, i].sum(), rel=1e-12)
        assert one.top == pytest.approx(sphere.energy[:, i].max())


def test_borrowed_phonons_are_used():
    m, measured = metal("K"), BornVonKarman.from_element("K")
    own, theirs = coupling("K"), sphere_coupling(m, measured, order=12, radial=10)
    np.testing.assert_allclose(theirs.energy, measured.modes(theirs.points.q).energy, rtol=1e-4)
    # α²F is g² ∝ 1/ω: what the peaks of one point add up to, times ω, is Σ_ν (Q·e)² and fixed.
    for sphere in (own, theirs):
        total = (sphere.strength * sphere.energy).sum(axis=1)
        np.testing.assert_allclose(total, (own.strength * own.energy).sum(axis=1), rtol=1e-6)


# ── drag ─────────────────────────────────────────────────────────────────────────────────────────


def as_coupling(m, Q, strength, energy):
    """A `SphereCoupling` of transfers that share one phonon, and its mode's own strengths."""
    q = m.lattice.fold(Q)
    umklapp = np.linalg.norm(Q - q, axis=1) > 1e-9
    modes = m.modes(q)
    points = SphereQuadrature(Q, q, np.ones(len(Q)), umklapp)
    return SphereCoupling(m, points, modes.energy, modes.polarization, strength)


def least_loss(W, Q):
    """Σ_G W_G (Q_G·u − s)² at its least over s, summed over three directions u, by a search."""
    return sum(
        minimize_scalar(lambda s, x=x: W @ (x - s) ** 2, bracket=(x.min(), x.max())).fun
        for x in Q.T
    )


@pytest.mark.parametrize("symbol", ["K", "Al", "Na"])
def test_the_best_drift_of_a_phonon_by_a_search(symbol):
    m = metal(symbol)
    tried = 0
    for q in random_q(m, 16, seed=11)[1:]:
        Q = star(m, q)
        if len(Q) < 2:
            continue
        g2, energy = squared_coupling(m, Q)
        W = g2 / np.linalg.norm(Q, axis=1)[:, None]
        sphere = as_coupling(m, Q, W, energy)
        for processes, chosen in (
            ("all", np.ones(len(Q), bool)),
            ("umklapp", sphere.points.umklapp),
        ):
            for mode in range(3):
                booked = sphere.spectral_function("drag", processes, mode).area
                brute = least_loss(W[chosen, mode], Q[chosen]) / (2 * m.gas.k_fermi**2)
                scale = (W[chosen, mode] * (Q[chosen] ** 2).sum(axis=1)).sum() / m.gas.k_fermi**2
                assert booked == pytest.approx(brute, rel=1e-6, abs=1e-12 * scale)
        tried += 1
    assert tried >= 5


@pytest.mark.parametrize("symbol", ["K", "Al"])
def test_drag_is_the_plain_sum_over_phonons(symbol):
    """Σ_q Σ_G W|Q − φ|² with φ the weighted mean, no pairs, no quadrature of the ball."""
    m = metal(symbol)
    q = random_q(m, 2**12, seed=2)
    modes = m.modes(q)
    G = m.lattice.reciprocal_within(2 * m.gas.k_fermi + np.linalg.norm(q, axis=1).max())
    Q = q[:, None] + G
    length = np.maximum(np.linalg.norm(Q, axis=-1), 1e-9)
    w = m.form_factor(length.ravel()).reshape(length.shape)
    along = np.einsum("qgi,qib->qgb", Q, modes.polarization)
    W = along**2 * (w**2 / length * (length < 2 * m.gas.k_fermi))[..., None]
    W /= modes.energy[:, None] ** 2
    drift = np.einsum("qgb,qgi->qbi", W, Q) / np.maximum(W.sum(axis=1), 1e-300)[..., None]
    apart = ((Q[:, :, None] - drift[:, None]) ** 2).sum(axis=-1)
    ratio = (W * apart).sum() / (W * (Q**2).sum(axis=-1)[..., None]).sum()
    sphere = sphere_coupling(m, order=16, radial=12)
    computed = sphere.spectral_function("drag").lam / sphere.spectral_function("transport").lam
    assert computed == pytest.approx(ratio, rel=1e-2)


@pytest.mark.parametrize("symbol", STABLE)
def test_normal_processes_lose_nothing_to_phonons_that_drift(symbol):
    sphere = coupling(symbol)
    assert sphere.spectral_function("drag", "normal").lam == 0.0
    drift = {p: sphere.spectral_function("drag", p).lam for p in ("all", "umklapp")}
    rest = {p: sphere.spectral_function("transport", p).lam for p in ("all", "umklapp")}
    assert 0 < drift["all"] < rest["all"]
    assert 0 < drift["umklapp"] < rest["umklapp"]
    # A free choice of drifts for Umklapp alone can only lose less than the compromise.
    assert drift["umklapp"] < drift["all"]


# ── bad input ────────────────────────────────────────────────────────────────────────────────────


def test_bad_input_is_refused():
    sphere, m = coupling("K"), metal("K")
    with pytest.raises(ValueError, match=r"weight is 'both'; it must be one of 'none'.*is usual"):
        sphere.spectral_function("both")
    with pytest.raises(ValueError, match=r"processes is 'u'; it must be one of 'all'.*is usual"):
        sphere.spectral_function(processes="u")
    with pytest.raises(ValueError, match=r"branch is 3; it must be one of 0, 1, 2; 0 is usual"):
        sphere.spectral_function(branch=3)
    for q in ([0.0, 0, 0], m.lattice.reciprocal[0], [[0.1, 0, 0], m.lattice.reciprocal.sum(0)]):
        with pytest.raises(ValueError, match=r"q is a reciprocal vector; .* take q ≠ 0"):
            linewidths(m, q)
    with pytest.raises(ValueError, match=r"q has shape \(2,\)"):
        linewidths(m, [0.1, 0.2])
    with pytest.raises(ValueError, match=r"differ by .* %.*one lattice constant"):
        sphere_coupling(m, DebyeMetal(Lattice.bcc(5.1), 1.0))


def test_soft_modes_are_refused():
    soft = BornVonKarman.springs(metal("K").lattice, 39.1, [(2.0, 0.0), (-1.0, 0.0)])
    with pytest.raises(UnstableLatticeError, match=r"q = .* has ω² < 0"):
        sphere_coupling(metal("K"), soft)
    lead = SimpleMetal.from_element("Pb", allow_unstable=True)
    with pytest.raises(UnstableLatticeError, match=r"q = .* has ω² < 0"):
        linewidths(lead, random_q(lead, 64))
