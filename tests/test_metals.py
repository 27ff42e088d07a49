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


def test_lattices_expand_between_the_measured_temperatures():
    a = [metals.lattice_constant("Na", T) for T in (0, 5, 90, 200, 293)]
    assert a == sorted(a)
    assert a[1] == pytest.approx(4.225, abs=1e-9)
    assert a[-1] == pytest.approx(4.2906, abs=1e-9)
    assert metals.lattice_constant("Na") == 4.225


def test_thermal_expansion_of_sodium_has_the_handbook_size():
    slope = (metals.lattice_constant("Na", 303) - metals.lattice_constant("Na", 293)) / 10
    assert slope / metals.lattice_constant("Na", 298) == pytest.approx(71e-6, rel=0.15)


def test_densities_at_0_k_and_lattice_constants_there_agree():
    a = metals.lattice_constant("Al", 0)
    density = 4 * metals.metal("Al").mass_u / a**3 * DENSITY_g_cm3_PER_u_A3
    assert density == pytest.approx(metals.elastic_constants("Al").density_g_cm3, rel=5e-4)


def test_lattice_constants_that_were_not_measured_are_refused():
    assert metals.lattice_constant("Cs", 0) == metals.lattice_constant("Cs")
    with pytest.raises(ValueError, match="Cs was measured at 5 K only; 293 K needs"):
        metals.lattice_constant("Cs", 293)
    assert metals.lattice_constant("Mg", 293) == metals.lattice_constant("Mg")
    with pytest.raises(ValueError, match="Ni was measured at 296 K only; 20 K needs"):
        metals.lattice_constant("Ni", 20)  # it has no Debye temperature in the table either
    for T in (3000, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="Na was measured from 5 to 293 K; .*; "):
            metals.lattice_constant("Na", T)
    with pytest.raises(ValueError, match="temperature is -1 K; it must be"):
        metals.lattice_constant("Na", -1)


@pytest.mark.parametrize("symbol", metals.resistivity_symbols())
def test_resistivities_ascend_and_say_what_they_are(symbol):
    data = metals.resistivity(symbol)
    assert (np.diff(data.T) > 0).all()
    assert (np.diff(data.rho) > 0).all()
    assert ((data.uncertainty >= 0.02 * data.rho) & (data.uncertainty <= 0.1 * data.rho)).all()
    assert set(data.status) <= {"transcribed twice", "transcribed once"}
    assert data.intrinsic == pytest.approx(data.rho - data.residual)
    assert 0 <= data.residual <= data.rho.min()


def test_resistivities_at_the_ice_point_and_their_ranges():
    # The values that the literature quotes at 0 °C, in 10⁻⁸ Ωm.
    for symbol, rho in {"Na": 4.33, "K": 6.49, "Al": 2.417, "Ag": 1.467, "Au": 2.051}.items():
        data = metals.resistivity(symbol)
        assert np.interp(273.0, data.T, data.rho) == pytest.approx(rho, rel=1e-3)
    copper = metals.resistivity("Cu")
    assert copper.residual == 0
    lead = metals.resistivity("Pb")  # none in the table: the total passes for the intrinsic part
    assert lead.T[0] == 80
    assert lead.residual == 0.0
    assert (lead.intrinsic == lead.rho).all()
    assert copper.between(20, 300).T[[0, -1]].tolist() == [20, 300]
    assert metals.resistivity("Al").between(0, 300).status.count("transcribed twice") == 13
    with pytest.raises(ValueError, match="no resistivity of Pb between 1 and 20 K; .*; widen"):
        metals.resistivity("Pb").between(1, 20)
    with pytest.raises(ValueError, match="no resistivity for 'W'; the table has"):
        metals.resistivity("W")


def test_the_shared_table_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        metals.resistivity("Na").rho[0] = 1.0
