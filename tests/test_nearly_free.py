"""Bands of a weak potential: free limit, Bragg gaps, two routes to ω_p, then refusals."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy.stats import qmc

from elphlib.electrons import FreeElectronGas
from elphlib.errors import ConvergenceError
from elphlib.lattice import Lattice
from elphlib.nearly_free import NearlyFreeBands
from elphlib.simple_metal import SimpleMetal
from elphlib.units import COULOMB_eV_A, HBAR2_OVER_2M_eV_A2


@dataclass(frozen=True)
class Constant:
    """A lattice whose ions scatter every wave into every other alike."""

    lattice: Lattice
    valence: float
    strength: float = 0.0

    @property
    def gas(self):
        return FreeElectronGas(self.valence / self.lattice.volume)

    def form_factor(self, Q):
        return np.full(np.shape(Q), self.strength)


@cache
def metal(symbol):
    return SimpleMetal.from_element(symbol, temperature=273)


@cache
def bands(symbol, waves=27, mesh=32):
    return NearlyFreeBands(metal(symbol), waves, mesh)


def anywhere(lattice, n, seed=1):
    """Wavevectors spread evenly over the zone, none on a symmetry plane."""
    return lattice.fold(qmc.Sobol(3, seed=seed).random(n) @ lattice.reciprocal)


def hamiltonian(m, k, n):
    """H(k) (…, m, m) in eV and k + G (…, m, 3) on the n shortest G, written out once more."""
    G = m.lattice.reciprocal_within(8 * m.gas.k_fermi)[:n]
    waves = k[:, None] + G
    H = np.zeros((len(k), n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                H[:, i, j] = m.form_factor(np.linalg.norm(G[i] - G[j]))
        H[:, i, i] = HBAR2_OVER_2M_eV_A2 * (waves[:, i] ** 2).sum(axis=1)
    return H, waves


# ── what must be true ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("lattice", "valence"), [(Lattice.fcc(4.0), 3), (Lattice.bcc(4.2), 1), (Lattice.sc(3.0), 2)]
)
def test_no_potential_gives_back_free_electrons(lattice, valence):
    free = Constant(lattice, valence)
    errors = []
    for mesh in (12, 20, 32, 44):
        found = NearlyFreeBands(free, 27, mesh)
        errors.append(
            [
                abs(found.plasma_energy / free.gas.plasma_energy - 1),
                abs(found.fermi_energy / free.gas.fermi_energy - 1),
                abs(found.dos / free.gas.dos - 1),
            ]
        )
    errors = np.array(errors)
    assert (errors[0] < [0.06, 0.03, 0.15]).all()
    assert (errors[-2:] < [0.012, 4e-3, 0.03]).all()
    assert (errors[-1] < errors[0] / 2).all() or (errors[-1] < 2e-3).all()
    k = anywhere(lattice, 64)
    G = lattice.reciprocal_within(5 * np.linalg.norm(lattice.reciprocal, axis=1).max())
    parabolas = HBAR2_OVER_2M_eV_A2 * ((k[:, None] + G) ** 2).sum(axis=-1)
    lowest = np.sort(parabolas, axis=1)[:, :3]
    np.testing.assert_allclose(NearlyFreeBands(free).energies(k)[:, :3], lowest, rtol=1e-12)


def test_bands_repeat_with_G_and_have_the_symmetry_of_the_lattice():
    b = bands("Al")
    k = anywhere(metal("Al").lattice, 16)
    energy, slope = b.velocities(k)
    again, same = b.velocities(k + metal("Al").lattice.reciprocal[2])
    np.testing.assert_allclose(again, energy, atol=1e-10)
    np.testing.assert_allclose(same, slope, atol=1e-8)
    S = metal("Al").lattice.point_group[11]
    turned, directions = b.velocities(k @ S.T)
    np.testing.assert_allclose(turned, energy, atol=1e-10)
    np.testing.assert_allclose(directions, slope @ S.T, atol=1e-7)
    np.testing.assert_allclose(b.energies(k), energy, atol=1e-10)


@pytest.mark.parametrize("strength", [1e-3, -2e-3])
def test_the_gap_at_a_bragg_plane_is_twice_the_form_factor(strength):
    """Two waves and nothing else near: E = ε₀ ± |w|; w > 0 puts the even combination on top."""
    weak = Constant(Lattice.fcc(4.0), 3, strength)
    half = weak.lattice.reciprocal_within(3.0)[1] / 2
    aside = np.cross(half, [0.3, 0.2, 1.0])
    k = half + 0.05 * aside / np.linalg.norm(aside)
    energy, slope = NearlyFreeBands(weak, 15).velocities(k)
    assert energy[1] - energy[0] == pytest.approx(2 * abs(strength), rel=2e-3)
    assert energy[:2].mean() == pytest.approx(HBAR2_OVER_2M_eV_A2 * (k @ k), abs=abs(strength))
    # On the plane nothing moves across it; along it all goes on as before.
    across = half / np.linalg.norm(half)
    speed = 2 * HBAR2_OVER_2M_eV_A2 * np.linalg.norm(k)
    assert np.abs(slope[:2] @ across).max() < 2e-3 * speed
    along = 2 * HBAR2_OVER_2M_eV_A2 * (k - (k @ across) * across)
    np.testing.assert_allclose(slope[:2], [along, along], atol=2e-3 * speed)


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_velocities_are_slopes_of_the_bands(symbol):
    b, step = bands(symbol), 1e-5
    k = anywhere(metal(symbol).lattice, 32, seed=4)
    energy, slope = b.velocities(k)
    apart = np.diff(energy[:, :5], axis=1) > 0.02  # differences need bands that keep their order
    clear = apart[:, :4] & np.concatenate([apart[:, :1] | True, apart[:, :3]], axis=1)
    for i, e in enumerate(np.eye(3)):
        difference = (b.energies(k + step * e) - b.energies(k - step * e)) / (2 * step)
        np.testing.assert_allclose(difference[:, :4][clear], slope[:, :4, i][clear], atol=1e-5)
    assert clear.sum() > 60


@cache
def summed(symbol, n=27):
    """Electrons below E_F and Σ_occ ∇²ε per cell, spin both, on scattered k.

    By parts ∫|∇ε|² δ(ε − E_F) = ∫∇²ε θ(E_F − ε), and ∇²ε of band b is 3ħ²/m and, to second order
    in the change of k, 2Σ_b'|⟨b|∇H|b'⟩|²/(ε_b − ε_b').
    """
    m = metal(symbol)
    k = anywhere(m.lattice, 2**12, seed=9)
    H, waves = hamiltonian(m, k, n)
    energy, c = np.linalg.eigh(H)
    occupied = energy < bands(symbol, n).fermi_energy
    slope = 2 * HBAR2_OVER_2M_eV_A2 * np.einsum("kgb,kgi,kgd->kbdi", c, waves, c, optimize=True)
    gap = energy[:, :, None] - energy[:, None]
    np.einsum("kbb->kb", gap)[:] = np.inf
    curve = 6 * HBAR2_OVER_2M_eV_A2 + 2 * ((slope**2).sum(axis=-1) / gap).sum(axis=2)
    return 2 * occupied.sum(axis=1).mean(), 2 * (curve * occupied).sum(axis=1).mean()


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_fermi_energy_by_counting(symbol):
    assert summed(symbol)[0] == pytest.approx(metal(symbol).valence, rel=4e-3)


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_plasma_energy_by_the_masses_of_all_electrons_instead_of_the_speeds_of_a_few(symbol):
    m = metal(symbol)
    inverse_mass = summed(symbol)[1] / 3 / m.lattice.volume
    squared = 4 * np.pi * COULOMB_eV_A * inverse_mass
    assert bands(symbol).plasma_energy == pytest.approx(np.sqrt(squared), rel=0.01)


@pytest.mark.parametrize(("symbol", "expected"), [("Na", 0.991), ("K", 0.99), ("Al", 0.884)])
def test_the_lattice_takes_a_tenth_of_the_plasma_energy_of_aluminium(symbol, expected):
    free = metal(symbol).gas.plasma_energy
    assert bands(symbol).plasma_energy / free == pytest.approx(expected, abs=0.012)
    more = bands(symbol, 51, 24).plasma_energy
    assert more == pytest.approx(bands(symbol).plasma_energy, rel=0.015)


@pytest.mark.parametrize("waves", [1, 20, 27, 900])
def test_whole_shells_and_never_fewer_than_asked(waves):
    """900 waves of Al reach beyond 8k_F."""
    kept = NearlyFreeBands(metal("Al"), waves)
    b = kept.energies(np.zeros(3)).shape[-1]
    assert b >= waves
    G = metal("Al").lattice.reciprocal_within(12 * metal("Al").gas.k_fermi)
    length = np.sort(np.linalg.norm(G, axis=1))
    assert length[b] > length[b - 1] * (1 + 1e-6)  # the next one belongs to another shell
    assert length[waves - 1] == pytest.approx(length[b - 1], rel=1e-9)  # and no shell too many
    assert kept.velocities(np.zeros((1, 3)))[1].shape == (1, b, 3)


def test_the_accuracy_that_is_claimed_for_meshes():
    for mesh, eV in ((24, 13.97), (32, 13.93)):
        assert bands("Al", 27, mesh).plasma_energy == pytest.approx(eV, abs=0.006)


# ── bad input ────────────────────────────────────────────────────────────────────────────────────


def test_too_few_waves_for_the_electrons_are_refused():
    with pytest.raises(ConvergenceError, match=r"1 plane waves hold 2 electrons .* raise `waves`"):
        _ = NearlyFreeBands(metal("Al"), waves=1, mesh=8).fermi_energy


def test_bad_input_is_refused():
    m = metal("Al")
    for keywords in ({"waves": 0}, {"waves": -3}, {"waves": 27.5}):
        with pytest.raises(
            ValueError, match=r"waves is .*; an integer ≥ 1 is needed.*three shells"
        ):
            NearlyFreeBands(m, **keywords)
    with pytest.raises(ValueError, match=r"mesh is 0; an integer ≥ 1 is needed.* 32 gives"):
        NearlyFreeBands(m, mesh=0)
    with pytest.raises(ValueError, match=r"k has shape \(2,\); it must be"):
        bands("Al").energies([0.1, 0.2])
    with pytest.raises(ValueError, match="k is not finite"):
        bands("Al").velocities([0.1, np.nan, 0])
