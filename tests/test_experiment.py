"""Computed against measured, with stated tolerances."""

import numpy as np
import pytest

from elphlib import metals
from elphlib.force_constants import BornVonKarman
from elphlib.integrate import half_sphere
from elphlib.nearly_free import NearlyFreeBands
from elphlib.phonons import christoffel_velocities, cubic_stiffness
from elphlib.simple_metal import SimpleMetal
from elphlib.units import BOLTZMANN_meV_K, M_S_PER_meV_A, THz_from_meV, debye_wavevector

#: metal, temperature of both fit and points, largest deviation allowed in units of max(σ, 2 %)
FITS = [("Na", 90, 1.3), ("K", 9, 1.2), ("Al", 80, 1.2), ("Cu", 296, 1.2), ("Au", 295, 1.2),
        ("Nb", 296, 1.2)]  # fmt: skip


@pytest.mark.parametrize(("symbol", "temperature", "allowed"), FITS)
def test_force_constants_meet_the_neutron_points(symbol, temperature, allowed):
    crystal = BornVonKarman.from_element(symbol, temperature)
    order = {"all": 0, "T": 0, "T1": 0, "L": 2}
    for point in metals.phonon_points(symbol, temperature):
        q = np.array(crystal.lattice.special_points[point.point]) @ crystal.lattice.reciprocal
        nu = THz_from_meV(crystal.modes(q).energy)
        computed = nu[order.get(point.branch, 1)]
        sigma = max(point.uncertainty_THz or 0.0, 0.02 * point.frequency_THz)
        assert abs(computed - point.frequency_THz) < allowed * sigma, (point, computed)


def mean_velocity(velocities, weight):
    """(⟨Σ v⁻³⟩/3)^(−1/3) over directions."""
    return (3 / ((velocities**-3).sum(axis=1) @ weight)) ** (1 / 3)


@pytest.mark.parametrize(
    "symbol", ["Li", "Na", "K", "Rb", "Cs", "Al", "Pb", "Cu", "Ag", "Au", "V", "Nb", "Ta"]
)
def test_elastic_constants_meet_the_calorimetric_debye_temperature(symbol):
    facts, elastic = metals.metal(symbol), metals.elastic_constants(symbol)
    n, solid = half_sphere(20)
    stiffness = cubic_stiffness(elastic.C11_GPa, elastic.C12_GPa, elastic.C44_GPa)
    velocities, _ = christoffel_velocities(stiffness, elastic.density_g_cm3, n)
    v = mean_velocity(velocities, solid)
    volume = facts.lattice_constant_A**3 / {"fcc": 4, "bcc": 2}[facts.structure]
    theta = v * debye_wavevector(volume) / M_S_PER_meV_A / BOLTZMANN_meV_K
    # Li transforms below 78 K and Ta's calorimetric value is 7 % low; the rest agree to 6 %.
    assert theta == pytest.approx(facts.debye_temperature_K, rel=0.085)
    if symbol in ("K", "Al", "Pb", "Cu", "Ag", "Au", "V", "Nb"):
        assert theta == pytest.approx(facts.debye_temperature_K, rel=0.015)


def test_magnesium_keeps_two_optical_frequencies_at_gamma_with_the_ratio_of_central_springs():
    e2g, b1g = (p.frequency_THz for p in metals.phonon_points("Mg"))
    assert b1g / e2g == pytest.approx(2, rel=0.04)


def test_the_table_of_lead_lacks_a_shell_and_misses_by_this_much():
    # Published as a fit with eight shells; the shell 222 is missing from the transcription.
    assert (2, 2, 2) not in metals.born_von_karman("Pb").shells
    assert (2, 2, 2) in metals.born_von_karman("Al").shells
    crystal = BornVonKarman.from_element("Pb")
    X = np.array(crystal.lattice.special_points["X"]) @ crystal.lattice.reciprocal
    nu = THz_from_meV(crystal.modes(X).energy)
    measured = [p.frequency_THz for p in metals.phonon_points("Pb") if p.point == "X"]
    assert nu[2] / measured[0] == pytest.approx(1.108, abs=0.005)
    assert nu[0] / measured[1] == pytest.approx(1.046, abs=0.005)


# ── resistivities from one core radius, at the lattice constants of 273 K ────────────────────────


def computed_over_measured(symbol, plasma_energy_eV=None):
    """ρ(273.15 K) of the model, nothing fitted, over the ideal part of the measured one."""
    metal = SimpleMetal.from_element(symbol, temperature=273)
    measured = metals.resistivity(symbol)
    T = 273.15
    ideal = np.interp(T, measured.T, measured.intrinsic)
    return float(metal.resistivity(T, plasma_energy_eV=plasma_energy_eV)) / ideal


@pytest.mark.parametrize(("symbol", "expected"), [("Na", 1.03), ("K", 0.98)])
def test_resistivity_of_sodium_and_potassium_from_nothing_but_the_core_radius(symbol, expected):
    ratio = computed_over_measured(symbol)
    assert abs(ratio - 1) < 0.15
    assert ratio == pytest.approx(expected, abs=0.02)


def test_resistivity_of_aluminium_needs_the_plasma_energy_of_its_bands():
    metal = SimpleMetal.from_element("Al", temperature=273)
    plasma = NearlyFreeBands(metal).plasma_energy
    assert plasma == pytest.approx(13.96, abs=0.15)
    assert abs(computed_over_measured("Al", plasma) - 1) < 0.15
    # With the free electrons' value and with 12.3 eV, often quoted from band theory, it misses.
    assert computed_over_measured("Al") == pytest.approx(0.72, abs=0.02)
    assert computed_over_measured("Al", 12.3) == pytest.approx(1.19, abs=0.03)


@pytest.mark.parametrize(("symbol", "expected"), [("Li", 0.47), ("Rb", 0.68)])
def test_lithium_and_rubidium_miss_by_this_much(symbol, expected):
    """A local potential to lowest order is not enough for them: bounds that notice a change."""
    assert computed_over_measured(symbol) == pytest.approx(expected, abs=0.02)


def computed_along(symbol, low, high):
    """ρ computed over ρ measured, each temperature at its own lattice constant."""
    measured = metals.resistivity(symbol).between(low, high)
    ratios = []
    for T, rho in zip(measured.T, measured.intrinsic, strict=True):
        metal = SimpleMetal.from_element(symbol, temperature=T)
        plasma = NearlyFreeBands(metal).plasma_energy if symbol == "Al" else None
        ratios.append(float(metal.resistivity(T, plasma_energy_eV=plasma)) / rho)
    return np.array(ratios)


@pytest.mark.parametrize(
    ("symbol", "low", "allowed"), [("Na", 80, 0.1), ("K", 100, 0.15), ("Al", 150, 0.08)]
)
def test_resistivity_along_the_temperature(symbol, low, allowed):
    assert np.abs(computed_along(symbol, low, 280) - 1).max() < allowed


def test_cold_metals_resist_less_than_the_model():
    """Below a quarter of Θ it gives too much: by 27 and 29 % at 40 K, in aluminium fourfold."""
    found = [computed_along(symbol, 40, 40)[0] for symbol in ("Na", "K", "Al")]
    assert found == pytest.approx([1.27, 1.29, 3.93], rel=0.03)
