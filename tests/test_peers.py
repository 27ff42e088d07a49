"""phonopy, a code that shares nothing with this one, on the same force constants."""

import numpy as np
import pytest
from phonopy import Phonopy
from phonopy.structure.atoms import PhonopyAtoms

from elphlib.force_constants import BornVonKarman
from elphlib.lattice import Lattice
from elphlib.phonons import group_velocity
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
