"""Born–von Kármán crystals: how bonds are read, completed and refused."""

import numpy as np
import pytest

from elphlib import metals
from elphlib.bonds import expand_shell
from elphlib.errors import UnstableLatticeError
from elphlib.force_constants import BornVonKarman
from elphlib.lattice import Lattice
from elphlib.units import THz_from_meV

SC = Lattice.sc(3.0)
SPRING = np.diag([-10.0, -1.0, -1.0])


def test_one_end_of_a_bond_is_enough():
    one = BornVonKarman(SC, 10.0, {(1, 0, 0): SPRING})
    both = BornVonKarman(SC, 10.0, {(1, 0, 0): SPRING, (-1, 0, 0): SPRING.T})
    q = [0.3, 0.4, 0.5]
    assert one.modes(q).energy == pytest.approx(both.modes(q).energy)
    assert one.on_site[0] == pytest.approx(-2 * SPRING)


def test_springs_find_the_shells_by_distance():
    fcc = BornVonKarman.springs(Lattice.fcc(4.0), 27.0, [(10.0, 1.0), (3.0, -0.5)])
    assert len(fcc.force_constants) == 12 + 6
    phi = fcc.force_constants[(0, 0, 0, 0, 1)]
    n = Lattice.fcc(4.0).vectors[2] / np.linalg.norm(Lattice.fcc(4.0).vectors[2])
    assert n @ phi @ n == pytest.approx(-10.0)
    assert np.trace(phi) == pytest.approx(-12.0)


def test_symmetry_is_that_of_the_force_constants_not_of_the_lattice():
    tetragonal = BornVonKarman(
        SC, 10.0, {(1, 0, 0): SPRING, (0, 1, 0): np.diag([-1.0, -10.0, -1.0])}
    )
    assert len(tetragonal.symmetry()) == 16
    assert len(BornVonKarman.springs(SC, 10.0, [(10.0, 1.0)]).symmetry()) == 48


def test_tabulated_shells_are_completed_by_symmetry():
    # Bond (1,1,0)a/2: −Φ = [[α, γ, 0], [γ, α, 0], [0, 0, β]].
    bonds = expand_shell(Lattice.fcc(4.0), 4.0, (1, 1, 0), {"xx": 10.0, "zz": -2.0, "xy": 9.0})
    assert len(bonds) == 12
    A = Lattice.fcc(4.0).vectors
    here = {tuple(np.round(np.array(n) @ A / 2.0).astype(int)): phi for n, phi in bonds.items()}
    assert -here[(1, 1, 0)] == pytest.approx(np.array([[10, 9, 0], [9, 10, 0], [0, 0, -2.0]]))
    assert -here[(0, 1, -1)] == pytest.approx(np.array([[-2, 0, 0], [0, 10, -9], [0, -9, 10.0]]))


@pytest.mark.parametrize(
    "components", [{"xx": 1.0, "yy": 2.0, "xy": 0.5}, {"xx": 1.0}, {"xx": 1.0, "yz": 0.3}]
)
def test_tabulated_components_must_fit_the_bond(components):
    with pytest.raises(ValueError, match="do not fix a symmetric force constant"):
        expand_shell(Lattice.bcc(4.0), 4.0, (2, 0, 0), components)


@pytest.mark.parametrize(("symbol", "temperature"), metals.born_von_karman_sets())
def test_every_published_fit_is_a_stable_cubic_crystal(symbol, temperature):
    crystal = BornVonKarman.from_element(symbol, temperature)
    assert len(crystal.symmetry()) == 48
    modes = crystal.modes(crystal.lattice.mesh(12).points)
    assert not modes.unstable.any()
    special = crystal.lattice.special_points
    H = np.array(special["H" if "H" in special else "X"]) @ crystal.lattice.reciprocal
    degenerate = crystal.modes(H).energy
    group = slice(0, 3) if "H" in special else slice(0, 2)
    assert np.ptp(degenerate[group]) < 1e-9 * degenerate[-1]


def test_cold_copper_is_stiffer_than_warm_copper():
    top = [BornVonKarman.from_element("Cu", T).modes([1.7, 0, 0]).energy[0] for T in (49, 296)]
    assert 1.005 < top[0] / top[1] < 1.03


def test_third_law_is_demanded():
    with pytest.raises(ValueError, match="not transposes; Newton's third law"):
        BornVonKarman(SC, 10.0, {(1, 0, 0): SPRING, (-1, 0, 0): 2 * SPRING})


def test_lopsided_bonds_leave_an_asymmetric_site():
    lopsided = SPRING + np.array([[0, 1.0, 0], [0, 0, 0], [0, 0, 0]])
    bond = {(0, 1, 0, 0, 0): lopsided}
    with pytest.raises(ValueError, match="not symmetric"):
        BornVonKarman(SC, [1.0, 2.0], bond, [[0, 0, 0], [0.5] * 3])


@pytest.mark.parametrize("mass", [0.0, -27.0, np.nan, np.inf, [1.0, 2.0]])
def test_bad_masses_are_refused(mass):
    with pytest.raises(ValueError, match="one positive mass"):
        BornVonKarman(SC, mass, {(1, 0, 0): SPRING})


@pytest.mark.parametrize("key", [(1, 0), (0, 1, 1, 0, 0), (0.5, 0, 0), (0, 0, 0)])
def test_bad_bonds_are_refused(key):
    with pytest.raises(ValueError, match="force-constant key"):
        BornVonKarman(SC, 1.0, {key: SPRING})


@pytest.mark.parametrize("phi", [np.eye(2), np.full((3, 3), np.nan), "stiff"])
def test_bad_force_constants_are_refused(phi):
    with pytest.raises(ValueError, match=r"force constant \(1, 0, 0\)"):
        BornVonKarman(SC, 1.0, {(1, 0, 0): phi})


def test_unstable_springs_carry_no_sound():
    with pytest.raises(UnstableLatticeError, match="v² ="):
        BornVonKarman.springs(SC, 10.0, [(10.0, -1.0)]).sound_velocity([1, 0, 0])


def test_unknown_element_is_named():
    with pytest.raises(ValueError, match="no force constants for 'Hg'; the table has"):
        BornVonKarman.from_element("Hg")


def test_frequencies_of_copper_in_the_papers_unit():
    X = BornVonKarman.from_element("Cu", 296).modes([2 * np.pi / 3.6146, 0, 0]).energy
    assert THz_from_meV(X) == pytest.approx([5.08, 5.08, 7.23], abs=0.01)
