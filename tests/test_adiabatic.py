"""Adiabatic ratios by three routes, the dressing of a coupling, and the verdict on a metal."""

import warnings
from math import sqrt

import numpy as np
import pytest
from scipy import constants as si

from elphlib import SimpleMetal, UnstableLatticeError, metals, migdal
from elphlib.coupling import bohm_staver
from elphlib.electrons import FreeElectronGas
from elphlib.materials import material, materials
from elphlib.units import M_S_PER_meV_A, debye_wavevector

CUBIC = ["Li", "Na", "K", "Rb", "Cs", "Al", "Pb", "Cu", "Ag", "Au"]


def test_the_root_of_the_mass_ratio():
    proton = si.m_p / si.atomic_mass
    assert migdal.mass_ratio_root(proton) == pytest.approx(1 / sqrt(1836.15267), rel=1e-6)


@pytest.mark.parametrize(
    ("valence", "factor"), [(1, 1.4548), (2, 1.6330), (3, 1.7472), (4, 1.8330)]
)
def test_bohm_staver_is_between_1_45_and_1_83_roots(valence, factor):
    ratio = migdal.bohm_staver_ratio(valence, 40.0) / migdal.mass_ratio_root(40.0)
    assert ratio == pytest.approx(factor, abs=2e-4)


@pytest.mark.parametrize("volume", [12.0, 70.0])
@pytest.mark.parametrize("valence", [1, 3])
def test_bohm_staver_from_its_own_sound_and_any_density(volume, valence):
    gas = FreeElectronGas(valence / volume)
    velocity = bohm_staver(gas, valence, 27.0)
    energy = velocity / M_S_PER_meV_A * debye_wavevector(volume)
    assert migdal.bohm_staver_ratio(valence, 27.0) == pytest.approx(
        1e-3 * energy / gas.fermi_energy, rel=1e-9
    )


@pytest.mark.parametrize("symbol", CUBIC)
def test_measured_ratios_are_half_to_one_and_a_half_roots(symbol):
    ratios = migdal.adiabatic_ratios(symbol)
    assert 0.5 < ratios.measured / ratios.mass_root < 1.6
    facts = metals.metal(symbol)
    n = {"bcc": 2, "fcc": 4}[facts.structure] * facts.valence / facts.lattice_constant_A**3
    fermi_J = (si.hbar**2 / 2 / si.m_e) * (3 * np.pi**2 * n * 1e30) ** (2 / 3)
    expected = si.k * facts.debye_temperature_K / fermi_J
    assert ratios.measured == pytest.approx(expected, rel=1e-8)


def test_a_mode_softens_until_the_lattice_gives_way():
    """One classical mode and a response 2N(0): energies of static displacements."""
    omega, g, dos = 10.0, 0.9, 1.0
    bare = 2 * dos * g**2 / omega

    def energy(X):
        return omega * X**2 / 4 - dos * (g * X) ** 2

    stiffness = (energy(1e-3) - 2 * energy(0) + energy(-1e-3)) / 1e-6 / (omega / 2)
    lam, softening = migdal.dressed_coupling(bare)
    assert softening**2 == pytest.approx(stiffness, rel=1e-6)
    assert lam == pytest.approx(bare / stiffness, rel=1e-6)
    assert migdal.dressed_coupling(0.0) == (0.0, 1.0)
    with pytest.raises(UnstableLatticeError, match=r"λ₀ is 0.5; a lattice needs λ₀ < ½"):
        migdal.dressed_coupling(0.5)


@pytest.mark.parametrize(
    ("lam", "ratio", "expected"),
    [(1.55, 1e-3, "safe"), (0.5, 0.19, "safe"), (0.5, 0.21, "kinematic"), (2.0, 0.06, "kinematic"),
     (0.5, 1.0, "polaronic"), (0.2, 2.0, "polaronic"), (0.01, 2.0, "safe")],
)  # fmt: skip
def test_regimes(lam, ratio, expected):
    assert migdal.regime(lam, ratio) == expected


def test_a_good_metal_is_safe_and_says_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verdict = migdal.validity("Al")
    assert verdict.regime == "safe"
    assert verdict.parameter == pytest.approx(verdict.lam * verdict.adiabatic_ratio)
    assert verdict.parameter < 0.005


def test_a_shallow_fermi_sea_is_warned_about():
    worst = max(materials(), key=lambda key: material(key).adiabatic_ratio)
    with pytest.warns(migdal.MigdalWarning, match=r"λħω/E_F = .*polarons"):
        verdict = migdal.validity(worst)
    assert verdict.regime == "polaronic"


def test_a_computed_metal_brings_its_own_numbers():
    metal = SimpleMetal.from_element("Na")
    verdict = migdal.validity(metal)
    alpha2f = metal.spectral_function()
    assert verdict.lam == pytest.approx(alpha2f.lam)
    assert verdict.adiabatic_ratio == pytest.approx(
        alpha2f.omega_log / (1e3 * metal.gas.fermi_energy)
    )


def test_entry_and_key_give_the_same_verdict():
    assert migdal.validity(material("Pb")) == migdal.validity("Pb")


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="mass_u is 0 u"):
        migdal.mass_ratio_root(0)
    with pytest.raises(ValueError, match="valence is 1.5"):
        migdal.bohm_staver_ratio(1.5, 20)
    with pytest.raises(ValueError, match="a cubic metal with both numbers is needed"):
        migdal.adiabatic_ratios("Mg")
    with pytest.raises(ValueError, match="bare_lam is -0.1"):
        migdal.dressed_coupling(-0.1)
    with pytest.raises(ValueError, match="adiabatic_ratio is 0"):
        migdal.regime(1.0, 0.0)
