"""The data files: complete, sourced, and consistent with each other."""

import numpy as np
import pytest
from phonopy.structure.atoms import PhonopyAtoms

from elphlib import metals
from elphlib.units import DENSITY_g_cm3_PER_u_A3

ATOMS_PER_CELL = {"fcc": 4, "bcc": 2}


def test_every_row_names_its_source():
    for name, keys in metals.sources().items():
        assert keys, name
        assert all(key.isalnum() for key in keys), name


@pytest.mark.parametrize("symbol", metals.symbols())
def test_masses_agree_with_a_second_table(symbol):
    other = PhonopyAtoms(symbols=[symbol], cell=np.eye(3), scaled_positions=[[0, 0, 0]]).masses[0]
    assert metals.metal(symbol).mass_u == pytest.approx(other, rel=2e-3)


@pytest.mark.parametrize(
    "symbol",
    ["Li", "Na", "K", "Rb", "Cs", "Al", "Pb", "Cu", "Ag", "Au", "V", "Nb", "Ta"],
)
def test_densities_from_two_tables_agree(symbol):
    facts, elastic = metals.metal(symbol), metals.elastic_constants(symbol)
    volume = facts.lattice_constant_A**3 / ATOMS_PER_CELL[facts.structure]
    # Lattice constants at 293 K against densities near 0 K differ by thermal expansion.
    assert facts.mass_u / volume * DENSITY_g_cm3_PER_u_A3 == pytest.approx(
        elastic.density_g_cm3, rel=0.025
    )


def test_points_are_looked_up_by_temperature():
    assert metals.phonon_points("Rb")[0].temperature_K == 12
    assert metals.phonon_points("Rb", 100)[0].temperature_K == 120
    branches = sum(p.modes for p in metals.phonon_points("Cu") if p.point == "W")
    assert branches == 3


@pytest.mark.parametrize(
    "lookup", [metals.metal, metals.phonon_points, metals.elastic_constants, metals.born_von_karman]
)
def test_unknown_symbols_are_refused_with_the_list(lookup):
    with pytest.raises(ValueError, match="for 'Unobtainium'; the table has"):
        lookup("Unobtainium")
