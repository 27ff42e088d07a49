"""The simple metal: identities first, then two independent routes, then neutrons, then refusals."""

from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elphlib import Lattice, PhysicalRefusal, SimpleMetal, UnstableLatticeError, metals, screening
from elphlib.electrons import FreeElectronGas
from elphlib.exchange_correlation import correlation_energy
from elphlib.ionic import coulomb_force_constants, madelung_energy
from elphlib.pair_sum import SPLITTING
from elphlib.phonons import group_velocity
from elphlib.pseudopotential import POTENTIALS, first_order_energy, zero_pressure_radius
from elphlib.units import (
    BOHR_A,
    COULOMB_eV_A,
    HBAR2_OVER_2M_eV_A2,
    M_S_PER_meV_A,
    MEV2_PER_N_m_u,
    N_m_PER_eV_A2,
    THz_from_meV,
)

STABLE = ("Li", "Na", "K", "Rb", "Cs", "Al")


@pytest.fixture(scope="module", params=["Na", "Al"])
def metal(request):
    return SimpleMetal.from_element(request.param)


def at(metal, name):
    """Wavevector of a named point."""
    return np.array(metal.lattice.special_points[name]) @ metal.lattice.reciprocal


def band_energy(metal, lattice, fractional):
    """Σ_{G≠0} (Ω/2N) w²χ |S|² per atom in eV for ions at fractional positions of a (super)cell.

    The electron density is that of ``metal``; nothing here comes from its dynamical matrix.
    """
    n = len(fractional)
    G = lattice.reciprocal_within(7.0 * metal.gas.k_fermi)[1:]
    length, inverse = np.unique(np.round(np.linalg.norm(G, axis=1), 12), return_inverse=True)
    chi = screening.response(metal.gas, length, local_field=metal.local_field)
    weight = (metal.bare_form_factor(length) ** 2 * chi)[inverse]
    S = np.exp(-1j * G @ (fractional @ lattice.vectors).T).mean(axis=1)
    return 0.5 * lattice.volume / n * float(weight @ np.abs(S) ** 2)


# ── what must be true ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", STABLE)
@pytest.mark.parametrize("local_field", ["corradini", "geldart-vosko", "hubbard", None])
def test_the_screened_potential_starts_at_minus_two_thirds_of_the_fermi_energy(symbol, local_field):
    metal = SimpleMetal.from_element(symbol, local_field=local_field, allow_unstable=True)
    assert metal.form_factor(0.0) == pytest.approx(-2 / 3 * metal.gas.fermi_energy, rel=1e-9)


def test_without_local_field_the_screened_potential_is_the_bare_one_over_epsilon(metal):
    Q = np.linspace(0.05, 6, 40)
    rpa = SimpleMetal(
        metal.lattice, metal.valence, metal.mass_u, metal.core_radius_A, local_field=None
    )
    expected = rpa.bare_form_factor(Q) / screening.dielectric(rpa.gas, Q)
    assert rpa.form_factor(Q) == pytest.approx(expected, rel=1e-10)


def test_an_electron_feels_hartree_and_exchange_of_the_response(metal):
    """w = w_bare [1 + v(1 − G)χ]: the same screening by the full response χ instead of χ₀."""
    Q = np.linspace(0.1, 5, 40)
    chi = screening.response(metal.gas, Q, local_field=metal.local_field)
    G = screening.local_field(metal.gas, Q, metal.local_field)
    expected = metal.bare_form_factor(Q) * (1 + 4 * pi * COULOMB_eV_A / Q**2 * (1 - G) * chi)
    assert metal.form_factor(Q) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_form_factor_vanishes_where_the_core_says(metal):
    node = pi / 2 / metal.core_radius_A
    assert abs(metal.form_factor(node)) < 1e-12
    assert metal.form_factor(0.99 * node) < 0 < metal.form_factor(1.01 * node)


def test_ions_of_point_charge_have_the_bohr_staver_velocity():
    """The q → 0 interaction of point ions in RPA is 4πZ²e²/Ωκ²: v = v_F √(Zm/3M)."""
    metal = SimpleMetal(Lattice.bcc(4.2), 1, 23.0, 1e-6, None, damping=0.0)
    q = 1e-4 * metal.gas.k_fermi
    eta = SPLITTING * metal.gas.k_fermi
    ewald = 4 * pi * COULOMB_eV_A / metal.lattice.volume * -1 / (4 * eta**2)
    stiffness = (float(metal.pair_interaction(np.array(q))) - ewald) * N_m_PER_eV_A2
    velocity = np.sqrt(MEV2_PER_N_m_u * stiffness / 23.0) * M_S_PER_meV_A
    electron_u = 5.485799e-4
    v_F = 2 * HBAR2_OVER_2M_eV_A2 * 1e3 * metal.gas.k_fermi * M_S_PER_meV_A
    assert velocity == pytest.approx(v_F * np.sqrt(electron_u / 23.0 / 3), rel=1e-5)


def test_modes_are_periodic_and_symmetric(metal):
    rng = np.random.default_rng(2)
    q = rng.normal(size=(5, 3))
    energy = metal.modes(q).energy
    G = metal.lattice.reciprocal_within(8.0)[rng.integers(1, 50, 5)]
    assert metal.modes(q + G).energy == pytest.approx(energy, rel=1e-6)
    for turn in metal.lattice.point_group[::7]:
        assert metal.modes(q @ turn).energy == pytest.approx(energy, rel=1e-6)


def test_a_uniform_shift_costs_nothing(metal):
    assert metal.dynamical_matrix(np.zeros(3)) == pytest.approx(np.zeros((3, 3)), abs=1e-9)
    assert not metal.modes(np.array([[0, 0, 0], [1e-9, 0, 0]])).unstable.any()  # only rounding
    small = np.array([[1e-4, 0, 0], [1e-3, 0, 0]])
    energy = metal.modes(small).energy
    assert energy[1] == pytest.approx(10 * energy[0], rel=1e-3)


@pytest.mark.parametrize(("symbol", "point"), [("Na", "H"), ("K", "P"), ("Rb", "H"), ("Li", "P")])
def test_symmetry_makes_three_modes_one(symbol, point):
    metal = SimpleMetal.from_element(symbol)
    energy = metal.modes(at(metal, point)).energy
    assert np.ptp(energy) < 1e-6 * energy.mean()


@settings(max_examples=20, deadline=None)
@given(
    radius=st.floats(0.3, 1.4),
    factor=st.floats(0.5, 4.0),
    q=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
)
def test_only_the_mass_scales_the_frequencies(radius, factor, q):
    light = SimpleMetal(Lattice.bcc(4.2), 1, 20.0, radius)
    heavy = SimpleMetal(Lattice.bcc(4.2), 1, 20.0 * factor, radius)
    D, E = light.dynamical_matrix(np.array(q)), heavy.dynamical_matrix(np.array(q))
    assert E * factor == pytest.approx(D, rel=1e-12, abs=1e-12)
    assert pytest.approx(D.T) == D


# ── second routes ────────────────────────────────────────────────────────────────────────────────


def test_dynamical_matrix_against_ewald_plus_a_plain_sum(metal):
    """C = C_Ewald + Ω Σ_G [w²χ QQ]: no splitting, no table, no merging of the two sums."""
    rng = np.random.default_rng(3)
    q = metal.lattice.fold(rng.normal(size=(6, 3)))
    G = metal.lattice.reciprocal_within(9.0 * metal.gas.k_fermi)

    def weighted(Q):
        length = np.linalg.norm(Q, axis=-1)
        chi = screening.response(metal.gas, length, local_field=metal.local_field)
        weight = np.where(length < np.sqrt(48) * metal.gas.k_fermi, 1.0, 0.0)
        weight *= metal.bare_form_factor(length) ** 2 * chi
        return metal.lattice.volume * np.einsum("...G,...Ga,...Gb->...ab", weight, Q, Q)

    electrons = weighted(q[:, None, :] + G) - weighted(G[1:])
    ions = coulomb_force_constants(metal.lattice, [[0, 0, 0]], [metal.valence], q).real
    expected = ions + N_m_PER_eV_A2 * electrons
    assert metal.force_constant_matrix(q) == pytest.approx(
        expected, abs=1e-5 * np.abs(expected).max()
    )


@pytest.mark.parametrize(
    ("symbol", "point", "direction", "cell"),
    [
        ("Na", "H", (0, 0, 1), np.eye(3)),
        ("Na", "N", (1, 1, 0), [[1, 1, 0], [1, -1, 0], [0, 0, 1]]),
        ("Na", "N", (1, -1, 0), [[1, 1, 0], [1, -1, 0], [0, 0, 1]]),
        ("Al", "X", (1, 0, 0), np.eye(3)),
    ],
)
def test_a_frozen_phonon_costs_half_the_spring_energy(symbol, point, direction, cell):
    """Total energy of a doubled cell with displaced ions, against D(q)."""
    metal = SimpleMetal.from_element(symbol)
    a = metals.lattice_constant(symbol, 0.0)
    cell = a * np.array(cell)
    lattice = Lattice(cell)
    q = 2 * pi / a * np.array({"N": (0.5, 0.5, 0), "H": (1, 0, 0), "X": (1, 0, 0)}[point])
    inside = metal.lattice.points_within(2.5 * a) @ metal.lattice.vectors @ np.linalg.inv(cell)
    rest = inside[((inside > -1e-9) & (inside < 1 - 1e-9)).all(axis=1)]
    e = np.array(direction) / np.linalg.norm(direction)
    phase = np.cos(rest @ cell @ q)  # ±1 at a zone-boundary point
    assert np.abs(phase) == pytest.approx(1.0)

    def energy(u):
        moved = rest + np.outer(phase, u * e) @ np.linalg.inv(cell)
        ions = madelung_energy(lattice, moved, [metal.valence] * len(moved)) / len(moved)
        return ions + band_energy(metal, lattice, moved)

    u = 0.02
    curvature = (energy(u) + energy(-u) - 2 * energy(0.0)) / u**2
    far = (energy(2 * u) + energy(-2 * u) - 2 * energy(0.0)) / (2 * u) ** 2
    spring = (4 * curvature - far) / 3  # per atom, eV/Å²
    expected = float(e @ metal.force_constant_matrix(q) @ e) / N_m_PER_eV_A2
    assert spring == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_shear_constants_from_deformed_crystals_match_the_sound(symbol):
    """At constant volume the energy of a sheared crystal gives ρv² of transverse sound."""
    metal = SimpleMetal.from_element(symbol)

    def energy(strain):
        sheared = Lattice(metal.lattice.vectors @ strain)
        ions = madelung_energy(sheared, [[0, 0, 0]], [metal.valence])
        return ions + band_energy(metal, sheared, np.zeros((1, 3)))

    def stretch(e):
        return np.diag([np.exp(e), np.exp(-e), 1.0])

    def shear(e):
        return np.array([[np.cosh(e), np.sinh(e), 0], [np.sinh(e), np.cosh(e), 0], [0, 0, 1]])

    e = 0.01
    for strain, q, polarization in [
        (stretch, (1, 1, 0), (1, -1, 0)),
        (shear, (1, 0, 0), (0, 1, 0)),
    ]:
        second = (energy(strain(e)) + energy(strain(-e)) - 2 * energy(strain(0.0))) / e**2
        modulus = second / metal.lattice.volume / 4  # E/Ω = 2 C' e² and 2 C44 e²
        q = 2e-3 * np.array(q) / np.linalg.norm(q)
        p = np.array(polarization) / np.linalg.norm(polarization)
        stiffness = float(p @ metal.force_constant_matrix(q) @ p) / N_m_PER_eV_A2
        assert modulus == pytest.approx(stiffness / (q @ q) / metal.lattice.volume, rel=3e-3)


@pytest.mark.parametrize("symbol", STABLE)
@pytest.mark.parametrize("potential", POTENTIALS)
def test_the_metal_is_in_equilibrium_at_the_zero_pressure_radius(symbol, potential):
    facts = metals.metal(symbol)
    a = metals.lattice_constant(symbol, 0.0)
    make = getattr(Lattice, facts.structure)
    radius = zero_pressure_radius(make(a), facts.valence, potential)

    def energy(x):
        return first_order_energy(make(x), facts.valence, radius, potential)

    h = 1e-3 * a
    slope = (8 * (energy(a + h) - energy(a - h)) - energy(a + 2 * h) + energy(a - 2 * h)) / 12 / h
    curvature = (energy(a + h) + energy(a - h) - 2 * energy(a)) / h**2
    assert abs(slope) < 1e-6 * a * curvature
    assert curvature > 0


def test_zero_pressure_radii_against_the_literature_formula():
    """In Rydberg per electron: 2.21/r² − 0.916/r + ε_c − 1.79186/r + 3 r_c²/r³ (bcc, Z = 1)."""
    gas = FreeElectronGas(2 / metals.lattice_constant("Na", 0.0) ** 3)
    r = gas.r_s
    radius = zero_pressure_radius(Lattice.bcc(metals.lattice_constant("Na", 0.0)), 1) / BOHR_A
    h = 1e-4
    slope = (correlation_energy(r + h) - correlation_energy(r - h)) / (2 * h) / 13.605693
    outward = -2 * 2.2099 / r**3 + (0.91633 + 1.791859) / r**2 + slope
    assert radius == pytest.approx(np.sqrt(outward * r**4 / 9), rel=2e-4)


def test_group_velocity_is_the_slope(metal):
    q = np.array([0.21, 0.34, 0.13])
    velocity = group_velocity(metal, q)
    h = 1e-3
    for axis in range(3):
        step = h * np.eye(3)[axis]
        slope = (metal.modes(q + step).energy - metal.modes(q - step).energy) / (2 * h)
        assert velocity[:, axis] == pytest.approx(slope * M_S_PER_meV_A, rel=1e-3, abs=1.0)


# ── neutrons ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", ["Na", "K", "Rb", "Al"])
def test_zone_boundary_frequencies_are_within_twelve_percent_of_neutrons(symbol):
    metal = SimpleMetal.from_element(symbol)
    for name in {p.point for p in metals.phonon_points(symbol)}:
        computed = THz_from_meV(metal.modes(at(metal, name)).energy)
        points = [p for p in metals.phonon_points(symbol) if p.point == name]
        measured = sorted(f for p in points for f in [p.frequency_THz] * p.modes)
        assert computed == pytest.approx(measured, rel=0.12)


@pytest.mark.parametrize("symbol", ["Na", "K", "Al"])
def test_one_local_field_serves_all_three_metals_within_twelve_percent(symbol):
    metal = SimpleMetal.from_element(symbol, local_field="geldart-vosko")
    for p in metals.phonon_points(symbol):
        computed = THz_from_meV(metal.modes(at(metal, p.point)).energy)
        assert np.abs(computed / p.frequency_THz - 1).min() < 0.12


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


def test_lead_is_refused_and_can_be_looked_at():
    with pytest.raises(UnstableLatticeError, match=r"mode 0 at q = \[.*allow_unstable=True"):
        SimpleMetal.from_element("Pb")
    lead = SimpleMetal.from_element("Pb", allow_unstable=True)
    assert lead.modes(at(lead, "X")).unstable.any()
    with pytest.raises(UnstableLatticeError):
        lead.heat_capacity([10.0])


@pytest.mark.parametrize("symbol", ["Cu", "Ag", "Au"])
def test_metals_with_d_bands_are_refused_because_they_would_look_right(symbol):
    with pytest.raises(
        PhysicalRefusal, match=f"{symbol} is held together by d electrons.*ignore_d"
    ):
        SimpleMetal.from_element(symbol)
    wrong = SimpleMetal.from_element(symbol, ignore_d_bands=True)  # stable, and half as stiff
    for p in (p for p in metals.phonon_points(symbol) if p.branch == "L") if symbol != "Ag" else ():
        assert THz_from_meV(wrong.modes(at(wrong, p.point)).energy[-1]) < 0.6 * p.frequency_THz


def test_tabulated_radii_are_offered():
    assert SimpleMetal.from_element("Na", "tabulated").core_radius_A == pytest.approx(1.67 * BOHR_A)
    with pytest.raises(ValueError, match="the table has"):
        SimpleMetal.from_element("Cu", "tabulated", ignore_d_bands=True)


def test_temperature_sets_the_lattice_and_not_the_radius():
    cold, warm = (SimpleMetal.from_element("Na", temperature=T) for T in (0, 293))
    assert warm.lattice.volume / cold.lattice.volume == pytest.approx(1.0472, abs=2e-3)
    assert warm.core_radius_A == cold.core_radius_A
    assert warm.modes(at(warm, "H")).energy[0] < cold.modes(at(cold, "H")).energy[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"core_radius_A": -1.2}, r"core_radius is -1.2 Å; it must be positive"),
        ({"valence": 0}, "valence is 0"),
        ({"mass_u": float("nan")}, "mass_u is nan"),
        ({"local_field": "hedin"}, "local field 'hedin' is unknown"),
        ({"potential": "all-electron"}, "potential is 'all-electron'; known are"),
        ({"damping": -1.0}, "damping is -1.0; it must not be negative"),
        ({"damping": np.inf}, "damping is inf; .* finite; 0.03 is"),
    ],
)
def test_bad_input_is_refused_in_three_parts(change, message):
    good = {"lattice": Lattice.bcc(4.2), "valence": 1, "mass_u": 23.0, "core_radius_A": 0.9}
    with pytest.raises(ValueError, match=message):
        SimpleMetal(**(good | change))


def test_form_factors_refuse_what_has_no_value(metal):
    with pytest.raises(ValueError, match="Q is 0 Å⁻¹; .* must be > 0; .*small Q"):
        metal.bare_form_factor(0.0)
    with pytest.raises(ValueError, match="Q is -1 Å⁻¹; .*for vectors"):
        metal.form_factor(-1.0)


def test_metals_that_are_not_cubic_or_have_no_valence_are_refused():
    with pytest.raises(ValueError, match="Mg is hcp with valence 2"):
        SimpleMetal.from_element("Mg")
    with pytest.raises(ValueError, match="outwards"):
        zero_pressure_radius(Lattice.bcc(1.2), 1)
