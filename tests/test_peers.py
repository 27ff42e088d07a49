"""Codes that share nothing with this one, on the same input: phonopy and elphmod."""

import elphmod
import numpy as np
import pytest
from phonopy import Phonopy
from phonopy.structure.atoms import PhonopyAtoms

from elphlib.force_constants import BornVonKarman
from elphlib.lattice import Lattice
from elphlib.lindhard import lindhard_static
from elphlib.phonons import group_velocity
from elphlib.tight_binding import TightBinding
from elphlib.units import N_m_PER_eV_A2, THz_from_meV

N = 6  # supercell edge: holds every bond without ambiguity


def to_phonopy(crystal, symbols):
    """The same crystal as a phonopy object, force constants in eV/Å² on an N³ supercell."""
    r = len(symbols)
    cell = PhonopyAtoms(
        symbols=symbols,
        cell=crystal.lattice.vectors,
        scaled_positions=crystal.positions,
        masses=crystal.masses_u,
    )
    peer = Phonopy(cell, supercell_matrix=N * np.eye(3, dtype=int), primitive_matrix=np.eye(3))
    found = peer.supercell.scaled_positions @ (N * np.eye(3))
    where = {}
    for index, site in enumerate(found):
        for k in range(r):
            n = site - crystal.positions[k]
            if np.abs(n - np.round(n)).max() < 1e-6:
                where[(k, *(np.round(n).astype(int) % N).tolist())] = index
    constants = np.zeros((len(found), len(found), 3, 3))
    for (k, *home), i in where.items():
        constants[i, i] += crystal.on_site[k]
        for (a, b, *n), phi in crystal.force_constants.items():
            if a == k:
                end = (b, *((np.array(home) + n) % N).tolist())
                constants[i, where[end]] += phi
    peer.force_constants = constants / N_m_PER_eV_A2
    return peer


CASES = {
    "aluminium": (BornVonKarman.from_element("Al", 80), ["Al"]),
    "niobium": (BornVonKarman.from_element("Nb"), ["Nb"]),
    "caesium chloride": (
        BornVonKarman.springs(
            Lattice.sc(4.1), [132.9, 35.45], [(15.0, 2.0), (5.0, 1.0)], [[0, 0, 0], [0.5] * 3]
        ),
        ["Cs", "Cl"],
    ),
}
PAIRS = {
    name: (crystal, to_phonopy(crystal, symbols)) for name, (crystal, symbols) in CASES.items()
}
Q = np.random.default_rng(7).uniform(-0.5, 0.5, (12, 3))


@pytest.mark.parametrize("name", PAIRS)
def test_frequencies(name):
    crystal, peer = PAIRS[name]
    peer.run_qpoints(Q)
    ours = THz_from_meV(crystal.modes(Q @ crystal.lattice.reciprocal).energy)
    assert ours == pytest.approx(peer.qpoints.frequencies, rel=1e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_group_velocities(name):
    crystal, peer = PAIRS[name]
    peer.run_qpoints(Q, with_group_velocities=True)
    ours = group_velocity(crystal, Q @ crystal.lattice.reciprocal)
    # phonopy gives dν/d(q/2π) = dω/dq in THz·Å = 100 m/s.
    theirs = peer.qpoints.group_velocities * 100
    assert np.linalg.norm(ours, axis=-1) == pytest.approx(
        np.linalg.norm(theirs, axis=-1), rel=1e-4, abs=0.5
    )


def test_density_of_states():
    crystal, peer = PAIRS["aluminium"]
    peer.run_mesh([24, 24, 24], is_gamma_center=True, is_mesh_symmetry=False)
    peer.run_total_dos(use_tetrahedron_method=True, freq_min=1.0, freq_max=9.5, freq_pitch=0.25)
    nu, theirs = peer.total_dos.frequency_points, peer.total_dos.dos
    per_thz = 1 / THz_from_meV(1.0)
    ours = crystal.dos(nu * per_thz, 24) * per_thz
    # The two cut the zone into different tetrahedra: same mesh, same method, not the same sum.
    assert np.abs(ours - theirs).mean() < 0.01 * theirs.max()
    assert np.trapezoid(ours, nu) == pytest.approx(np.trapezoid(theirs, nu), rel=5e-3)


def test_triangular_band_has_the_density_of_states_of_elphmod():
    band, n = TightBinding.triangular(2.9, 1.0), 96
    fraction = np.stack(np.meshgrid(*[np.arange(n) / n] * 2, indexing="ij"), axis=-1)
    k = fraction @ band.lattice.reciprocal[:2]
    theirs = elphmod.dos.hexDOS(band.energy(k))
    energy = np.linspace(-5.95, 2.95, 60)  # none on the van Hove point at 2t
    fine = np.linspace(-6.5, 3.5, 40001)
    ours = np.interp(energy, fine, band.dos(fine, (n, n, 1)))
    assert ours == pytest.approx([float(theirs(x)) for x in energy], rel=1e-6)


@pytest.mark.parametrize("part", [90, 150, 240, 260])
def test_static_response_in_two_dimensions_against_a_sum_over_a_mesh(part):
    """elphmod sums (f − f')/(ε − ε') over k; it leaves out ε = ε', 0.4 % of χ₀ on this mesh."""
    n = 720
    k = 2 * np.pi * np.arange(n) / n - np.pi
    parabola = k[:, None] ** 2 + k**2 - 1.0  # k_F = 1, N(0) = 1/4π per spin
    q = 2 * np.pi * part / n
    theirs = -elphmod.diagrams.susceptibility(parabola, kT=0.004)(q, 0) * 2 * np.pi
    assert lindhard_static(1.0, q, 2) == pytest.approx(theirs, rel=5e-3)
