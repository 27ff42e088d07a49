"""The table of real materials: sources that resolve, and numbers that agree with the others."""

import re
from pathlib import Path

import pytest

from elphlib import SpectralFunction, metals
from elphlib.electrons import FreeElectronGas
from elphlib.materials import Material, material, materials
from elphlib.units import meV_from_kelvin

BIB = (Path(__file__).parents[1] / "book/references.bib").read_text(encoding="utf-8")
KEYS = set(re.findall(r"^@\w+\{([^,\s]+)", BIB, re.MULTILINE))
PER_CELL = {"bcc": 2, "fcc": 4}


@pytest.mark.parametrize("key", materials())
def test_rows_are_whole(key):
    one = material(key)
    numbers = (one.lam, one.phonon_meV, one.fermi_eV)
    errors = (one.lam_uncertainty, one.phonon_uncertainty_meV, one.fermi_uncertainty_eV)
    assert all(0 < error < number for number, error in zip(numbers, errors, strict=True))
    assert set(one.sources) <= KEYS
    assert one.name
    assert one.note
    assert one.phonon_kind in {"omega_log", "Debye", "dominant mode", "highest LO mode"}


@pytest.mark.parametrize("key", ["Na", "K", "Cu", "Au", "Al", "Pb"])
def test_free_electron_energies_follow_from_the_lattice(key):
    facts = metals.metal(key)
    density = PER_CELL[facts.structure] * facts.valence / facts.lattice_constant_A**3
    assert material(key).fermi_kind == "free electrons"
    assert material(key).fermi_eV == pytest.approx(FreeElectronGas(density).fermi_energy, rel=1e-3)


def test_niobium_counts_one_electron():
    density = 2 / metals.metal("Nb").lattice_constant_A ** 3
    assert material("Nb").fermi_eV == pytest.approx(FreeElectronGas(density).fermi_energy, rel=1e-3)


@pytest.mark.parametrize("key", ["Na", "K", "Cu", "Au"])
def test_debye_energies_are_those_of_the_heat_capacity(key):
    theta = metals.metal(key).debye_temperature_K
    assert material(key).phonon_kind == "Debye"
    assert material(key).phonon_meV == pytest.approx(meV_from_kelvin(theta), rel=2e-3)


def test_lead_is_the_lead_of_chapter_4():
    lead = SpectralFunction.lead()
    assert abs(material("Pb").lam - lead.lam) <= material("Pb").lam_uncertainty
    assert material("Pb").phonon_meV == pytest.approx(lead.omega_log, rel=2e-3)


def test_strontium_titanate_from_its_density():
    dilute = FreeElectronGas(5e17 * 1e-24, mass=2.0)
    assert material("SrTiO3").fermi_eV == pytest.approx(dilute.fermi_energy, rel=0.05)


def test_the_ratio_and_its_error():
    one = Material("X", "X", 1, 0.1, 30.0, 3.0, "Debye", 0.6, 0.12, "band", "a", "b", "a", "")
    assert one.adiabatic_ratio == pytest.approx(0.05)
    assert one.adiabatic_ratio_uncertainty == pytest.approx(0.05 * (0.1**2 + 0.2**2) ** 0.5)
    assert one.sources == ("a", "b")


def test_from_safe_to_unsafe():
    ratio = {key: material(key).adiabatic_ratio for key in materials()}
    assert max(ratio[key] for key in ("Na", "K", "Al", "Pb", "Sn", "In", "Nb")) < 0.01
    assert 0.1 < ratio["MgB2"] < 0.2  # as Boeri and coworkers say
    assert 0.2 < ratio["K3C60"] < 0.7
    assert ratio["SrTiO3"] > 10


def test_an_unknown_material_is_named():
    with pytest.raises(ValueError, match=r"no material for 'Xx'; the table has Al, .*; add a row"):
        material("Xx")
