"""α²F of Fermi lines: closed forms, convergence, the zone sum by crossings, refusals."""

import numpy as np
import pytest

from elphlib.coupling import zero_point_amplitude
from elphlib.double_delta import double_delta
from elphlib.errors import UnstableLatticeError
from elphlib.fermi_line import FermiLine
from elphlib.force_constants import BornVonKarman
from elphlib.lattice import Lattice
from elphlib.line_coupling import (
    bond_stretching,
    breathing,
    holstein,
    lambda_along,
    line_alpha2f,
)
from elphlib.tight_binding import TightBinding

BAND = TightBinding.square(3.0, 0.5, -0.1)
LINE = FermiLine(BAND, -0.8)
CRYSTAL = BornVonKarman.springs(BAND.lattice, 27.0, [(20.0, 2.0), (10.0, 1.0)])
STRETCH = bond_stretching(BAND, CRYSTAL)
COUPLINGS = {"local": holstein(50, 20), "breathing": breathing(BAND, 50, 20), "stretch": STRETCH}
N0 = LINE.contour(400)[1].sum()


def einstein_bonds(k, k_prime, energy=25.0):
    """Bond stretching with all phonons at one energy, so that closed forms exist."""
    change = BAND_NEAR.gradient(k_prime) - BAND_NEAR.gradient(k)
    swing = 1e3 * zero_point_amplitude(energy, 27.0) * 2 * change / 3.0**2
    return np.full(swing.shape, energy), swing**2


BAND_NEAR = TightBinding.square(3.0, 0.5)
LINE_NEAR = FermiLine(BAND_NEAR, -0.6)


def test_local_coupling_is_a_peak_with_lambda_of_the_textbook():
    spectral = line_alpha2f(LINE, holstein(50, 20))
    assert spectral.lam == pytest.approx(2 * N0 * 50**2 / 20e3, rel=1e-9)  # 2N(0)g²/ħω
    assert spectral.omega_log == pytest.approx(20, rel=1e-12)
    assert spectral.area == pytest.approx(spectral.lam * 20 / 2, rel=1e-12)
    _, W, lam = lambda_along(LINE, holstein(50, 20))
    assert lam == pytest.approx(np.full(96, spectral.lam), rel=1e-12)
    assert W.sum() == pytest.approx(N0, rel=1e-9)


def test_breathing_in_terms_of_the_means_of_cos():
    """Σ sin²(q_i a/2) = ½ Σ (1 − cos q_i a), and the line is even: λ_k = λ₀ Σ_i ½(1 − c_i⟨c_i⟩)."""
    k, W, lam = lambda_along(LINE, breathing(BAND, 50, 20))
    cos = np.cos(3.0 * k[:, :2])
    expected = 2 * N0 * 50**2 / 20e3 * (1 - cos * (W @ cos / W.sum())).sum(axis=1) / 2
    assert lam == pytest.approx(expected, rel=1e-7)
    assert lam.max() > 1.04 * lam.min()


def test_bonds_with_one_phonon_energy_couple_fast_states():
    """⟨v⟩ = 0, so λ_k ∝ v_k² + ⟨v²⟩, λ ∝ 2⟨v²⟩ and λ_tr ∝ ⟨|v − v′|⁴⟩/2⟨v²⟩."""
    k, W, lam = lambda_along(LINE_NEAR, einstein_bonds)
    v = BAND_NEAR.gradient(k)
    v2, mean = (v**2).sum(axis=1), W @ (v**2).sum(axis=1) / W.sum()
    unit = 2e-3 / 25 * (1e3 * zero_point_amplitude(25.0, 27.0) * 2 / 9) ** 2 * W.sum()
    assert lam == pytest.approx(unit * (v2 + mean), rel=1e-7)
    spectral = line_alpha2f(LINE_NEAR, einstein_bonds)
    assert spectral.lam == pytest.approx(2 * unit * mean, rel=1e-7)
    # ⟨|v − v′|⁴⟩ = 2⟨v⁴⟩ + 2⟨v²⟩² + 4⟨(v·v′)²⟩, and ⟨(v·v′)²⟩ = Σ_ab ⟨v_a v_b⟩².
    tensor = (v * W[:, None]).T @ v / W.sum()
    fourth = 2 * (W @ v2**2) / W.sum() + 2 * mean**2 + 4 * (tensor**2).sum()
    transport = line_alpha2f(LINE_NEAR, einstein_bonds, transport=True)
    assert transport.lam == pytest.approx(unit * fourth / (2 * mean), rel=1e-7)


def test_bond_stretching_of_equal_bonds_is_a_change_of_velocity():
    rng = np.random.default_rng(5)
    k, k_prime = rng.uniform(-1, 1, (2, 20, 3)) * [1, 1, 0]
    energy, squared = bond_stretching(BAND_NEAR, CRYSTAL)(k, k_prime)
    change = BAND_NEAR.gradient(k_prime) - BAND_NEAR.gradient(k)
    # Σ_ν |g_ν|² ω_ν does not know the polarisations: (ħ²/2M)(2/a²)² |Δv|².
    expected = (1e3 * zero_point_amplitude(1.0, 27.0) * 2 / 9) ** 2 * (change**2).sum(axis=1)
    assert (squared * energy).sum(axis=1) == pytest.approx(expected, rel=1e-10)


def test_bond_stretching_against_a_frozen_wave():
    """Move the atoms of a ring of 12 × 1 cells in a wave and look at ⟨k + q|δH|k⟩."""
    n, a, decay, small = 12, 3.0, 2.0, 1e-6
    cells = np.arange(n)
    kx, qx = 2 * np.pi * 2 / (n * a), 2 * np.pi * 3 / (n * a)
    wave = small * np.exp(1j * qx * a * cells)

    def matrix(u):
        H = np.zeros((n, n), complex)
        for i in cells:
            j = (i + 1) % n
            length = a + u[j] - u[i]
            H[j, i] = H[i, j] = -0.5 * (a / length) ** decay
        return H

    bra, ket = (np.exp(1j * x * a * cells) / np.sqrt(n) for x in (kx + qx, kx))
    seen = bra.conj() @ (matrix(wave) - matrix(-wave)) @ ket / (2 * small)  # eV/Å
    k, k_prime = np.array([kx, 0.3, 0.0]), np.array([kx + qx, 0.3, 0.0])
    energy, squared = bond_stretching(BAND_NEAR, CRYSTAL, decay)(k, k_prime)
    # k_y is the same, so only the bonds along x, and the mode polarised along x, take part.
    expected = (1e3 * zero_point_amplitude(energy, 27.0) * abs(seen)) ** 2
    assert squared.max() == pytest.approx(expected[np.argmax(squared)], rel=1e-6)
    assert np.sort(squared)[:2] == pytest.approx(np.zeros(2), abs=1e-9)


@pytest.mark.parametrize("name", COUPLINGS)
def test_mean_of_lambda_k_is_lambda_and_converges_exponentially(name):
    finest = line_alpha2f(LINE, COUPLINGS[name], 256)
    exact = finest.lam
    assert finest.error < 1e-5
    for n, tolerance in ((64, 3e-3), (128, 2e-5)):
        spectral = line_alpha2f(LINE, COUPLINGS[name], n)
        _, W, lam = lambda_along(LINE, COUPLINGS[name], n)
        assert W @ lam / W.sum() == pytest.approx(spectral.lam, rel=1e-12)
        assert abs(spectral.lam / exact - 1) < min(tolerance, spectral.error)


def test_logarithm_of_the_frequency_converges_like_lambda():
    fine = line_alpha2f(LINE, STRETCH, 256).omega_log
    assert line_alpha2f(LINE, STRETCH, 96).omega_log == pytest.approx(fine, rel=1e-4)


def test_the_zone_sum_by_crossings_is_the_contour_with_itself():
    """λ = (1/N_q) Σ_qν 2 S_qν/N(0)ħω_qν with S by crossings, nothing in common but the line."""
    line = FermiLine(BAND, -1.2)
    steps = np.arange(20000)[:, None] * [0.7548776662466927, 0.5698402909980532]
    q = ((0.5 + steps) % 1) @ BAND.lattice.reciprocal[:2]  # fills the zone evenly, no lines
    dos = line.contour(256)[1].sum()
    for coupling in COUPLINGS.values():
        S = double_delta(line, q, lambda k, p, g=coupling: np.divide(*g(k, p)[::-1]), n=96)
        lam = 2e-3 * S.sum(axis=-1).mean() / dos
        # No finite set of q does justice to the 1/√ singularities of S at nesting: 3 per cent.
        assert line_alpha2f(line, coupling).lam == pytest.approx(lam, rel=0.03)


def test_bad_input():
    with pytest.raises(ValueError, match="n is 33"):
        line_alpha2f(LINE, STRETCH, 33)
    with pytest.raises(ValueError, match="g_meV is -1"):
        holstein(-1, 20)
    with pytest.raises(ValueError, match="energy_meV is 0"):
        breathing(BAND, 1, 0)
    with pytest.raises(ValueError, match="decay is 0"):
        bond_stretching(BAND, CRYSTAL, 0)
    other = BornVonKarman.springs(Lattice.sc(3.0), 27.0, [(20.0, 2.0)])
    with pytest.raises(ValueError, match="lattice of the band"):
        bond_stretching(BAND, other)
    with pytest.raises(UnstableLatticeError):
        STRETCH(np.array([0.1, 0.2, 0.0]), np.array([0.1, 0.2, 0.0]))

    def wrong(k, k_prime):
        energy, squared = holstein(50, 20)(k, k_prime)
        return energy, -squared

    with pytest.raises(ValueError, match="down to -2500"):
        line_alpha2f(LINE, wrong)


@pytest.mark.parametrize("energy", [0.0, -20.0])
def test_phonons_without_energy_are_refused(energy):
    def wrong(k, k_prime):
        given, squared = holstein(50, 20)(k, k_prime)
        return given * 0 + energy, squared

    with pytest.raises(ValueError, match=r"returns ħω down to .* meV .*look at its signs"):
        line_alpha2f(LINE, wrong)
    with pytest.raises(ValueError, match=r"n is 32\.5; an even integer ≥ 8 is needed"):
        line_alpha2f(LINE, STRETCH, 32.5)
