"""Selection rule, cells, thresholds and freeze-out: identities, then potassium, then bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elphlib import metals, umklapp
from elphlib.errors import ConvergenceError, PhysicalRefusal, UnstableLatticeError
from elphlib.fermi_sphere import sphere_geometry, sphere_quadrature
from elphlib.force_constants import BornVonKarman
from elphlib.lattice import Lattice
from elphlib.selection_rule import classify, cluster_sum, lattice_sum, reduce, split
from elphlib.simple_metal import SimpleMetal
from elphlib.tight_binding import TightBinding
from elphlib.umklapp import (
    DebyeMetal,
    ScatteringRates,
    activation_temperature,
    freeze_out,
    scattering_rates,
)
from elphlib.units import BOLTZMANN_meV_K, M_S_PER_meV_A

LATTICES = {
    "sc": Lattice.sc(3.0), "fcc": Lattice.fcc(4.0), "bcc": Lattice.bcc(5.0),
    "hcp": Lattice.hexagonal(3.2, 3.2 * np.sqrt(8 / 3)),
}  # fmt: skip
CELLS = ["first zone", "parallelepiped", (-0.5, -0.5, -0.5), (0.13, -0.71, 0.4)]
vectors = st.tuples(*[st.floats(-5, 5)] * 3).map(np.array)
triples = st.tuples(*[st.integers(-3, 3)] * 3).map(np.array)


@pytest.mark.parametrize("lattice", LATTICES.values(), ids=LATTICES)
def test_lattice_sum_is_the_explicit_sum(lattice):
    cells = (4, 3, 5)
    n = np.stack(np.meshgrid(*map(np.arange, cells), indexing="ij"), axis=-1).reshape(-1, 3)
    K = np.random.default_rng(1).uniform(-4, 4, (50, 3))
    K[0], K[1] = 0, lattice.reciprocal[1]
    closed = lattice_sum(lattice, cells, K)
    np.testing.assert_allclose(closed, cluster_sum(n @ lattice.vectors, K), atol=1e-13)
    assert closed[0] == closed[1] == pytest.approx(1)


@given(vectors, triples)
def test_lattice_sum_repeats_with_G_and_never_exceeds_one(K, n):
    lattice = LATTICES["bcc"]
    value = lattice_sum(lattice, (7, 6, 5), K)
    assert 0 <= value <= 1 + 1e-12
    again = lattice_sum(lattice, (7, 6, 5), K + n @ lattice.reciprocal)
    assert again == pytest.approx(float(value), abs=1e-9)


@pytest.mark.parametrize("N", [3, 8, 21])
def test_sum_rule_over_final_states(N):
    # N allowed wavevectors of a ring of N cells, offset by anything: Σ |S|²/N² = 1.
    lattice = LATTICES["sc"]
    k = (np.arange(N)[:, None] / N + 0.2371) * lattice.reciprocal[0]
    assert lattice_sum(lattice, (N, 1, 1), k).sum() == pytest.approx(1, abs=1e-12)


def test_peaks_sharpen_as_one_over_N():
    lattice = LATTICES["sc"]
    x = np.linspace(0, 0.5, 200001)
    widths = []
    for N in (50, 100, 200):
        value = lattice_sum(lattice, (N, 1, 1), x[:, None] * lattice.reciprocal[0])
        widths.append(2 * x[np.argmax(value < 0.5)] * 2 * np.pi * N)
    assert widths == pytest.approx([5.566] * 3, rel=2e-3)  # sin²y/y² = ½ at y = 1.39156


@given(vectors, vectors, triples, st.sampled_from(CELLS), st.sampled_from(CELLS))
def test_crystal_momentum_is_conserved_in_every_cell(k, q, n, cell, phonon_cell):
    lattice = LATTICES["fcc"]
    G = classify(lattice, k, q, k + q + n @ lattice.reciprocal, cell, phonon_cell)
    final = reduce(lattice, k + q, cell)
    total = reduce(lattice, k, cell) + reduce(lattice, q, phonon_cell) + G
    difference = (final - total) @ lattice.vectors.T / (2 * np.pi)
    np.testing.assert_allclose(difference, np.round(difference), atol=1e-6)
    if np.abs(difference).max() > 1e-6:  # k + q on the surface of a cell, rounded either way
        assert not np.allclose(reduce(lattice, k + q + 1e-7, cell), final + 1e-7, atol=1e-6)


def test_the_corner_of_a_cell_may_be_an_array():
    lattice, k = LATTICES["bcc"], np.array([5.0, 0, -2])
    np.testing.assert_array_equal(reduce(lattice, k, np.zeros(3)), reduce(lattice, k, CELLS[1]))


@given(vectors, triples, st.sampled_from(CELLS))
def test_reducing_twice_or_from_elsewhere_changes_nothing(k, n, cell):
    lattice = LATTICES["hcp"]
    inside = reduce(lattice, k, cell)
    np.testing.assert_allclose(reduce(lattice, inside, cell), inside, atol=1e-9)
    shift = (reduce(lattice, k + n @ lattice.reciprocal, cell) - inside) @ lattice.vectors.T
    np.testing.assert_allclose(shift / (2 * np.pi), np.round(shift / (2 * np.pi)), atol=1e-7)


def test_first_zone_is_normal_for_short_phonons_and_small_spheres():
    lattice = LATTICES["bcc"]
    rng = np.random.default_rng(2)
    k, q = rng.normal(size=(2, 500, 3)) * 0.05
    assert not classify(lattice, k, q, k + q).any()
    assert classify(lattice, k, q, k + q, (0.0, 0.0, 0.0)).any()  # the name is not physics


def test_rates_do_not_depend_on_the_cell_but_names_do():
    band = TightBinding.shells(Lattice.bcc(5.0), [0.4])
    crystal = BornVonKarman.springs(band.lattice, 39.1, [(2.0, 0.0), (1.0, 0.0)])
    rng = np.random.default_rng(3)
    k, q = rng.uniform(-2, 2, (2, 400, 3))

    def rate(k, q, k_prime):
        modes = crystal.modes(q)
        g = np.einsum("na,nab->nb", band.gradient(k_prime) - band.gradient(k), modes.polarization)
        gap = (band.energy(k_prime) - band.energy(k))[:, None] - modes.energy / 1e3
        return (g**2 / modes.energy * np.exp(-((gap / 0.1) ** 2))).sum(axis=1)

    parts = [split(band.lattice, k, q, rate, cell, cell) for cell in CELLS]
    totals = [sum(part) for part in parts]
    np.testing.assert_allclose(totals, totals[0], rtol=1e-10)
    shares = [part[1] / sum(part) for part in parts]
    assert np.ptp(shares) > 0.1


def test_table_of_spheres():
    # Closed forms: G_min a = 2π (sc), 2π√3 (fcc), 2π√2 (bcc); k_F³ = 3π²Z/V.
    cubes = {"sc": (1, 1.0), "fcc": (4, np.sqrt(3)), "bcc": (2, np.sqrt(2))}
    for name, (atoms, G) in cubes.items():
        for Z in (1, 2, 3, 4):
            geometry = sphere_geometry(LATTICES[name], Z)
            expected = 2 * (3 * np.pi**2 * Z * atoms) ** (1 / 3) / (2 * np.pi * G)
            assert geometry.ratio == pytest.approx(expected, rel=1e-12)
            assert (geometry.threshold > 0) == (expected < 1)
    assert sphere_geometry(LATTICES["fcc"], 1).ratio == pytest.approx(0.902505, abs=1e-6)
    assert sphere_geometry(LATTICES["bcc"], 1).ratio == pytest.approx(0.877308, abs=1e-6)
    assert sphere_geometry(LATTICES["hcp"], 1, 2).ratio == pytest.approx(1.805011, abs=1e-6)


@pytest.mark.parametrize("name", ["sc", "fcc", "bcc"])
def test_threshold_by_sampling_the_sphere(name):
    lattice = LATTICES[name]
    geometry = sphere_geometry(lattice, 1)
    rng = np.random.default_rng(4)
    points = rng.normal(size=(3000, 3))
    points *= geometry.k_fermi / np.linalg.norm(points, axis=1, keepdims=True)
    gaps = []
    for G in lattice.reciprocal_within(1.01 * geometry.G_min)[1:3]:
        near = points[np.argsort(points @ G)]
        gaps.append(np.linalg.norm(near[-200:, None] - near[None, :200] - G, axis=-1).min())
    assert geometry.threshold < min(gaps) < geometry.threshold + 0.08 * geometry.k_fermi


@pytest.mark.parametrize("lattice", LATTICES.values(), ids=LATTICES)
@pytest.mark.parametrize("Z", [1, 3])
def test_ball_is_filled_once_and_the_zone_inside_it_exactly(lattice, Z):
    radius = 2 * sphere_geometry(lattice, Z).k_fermi
    ball = sphere_quadrature(lattice, radius, 16)
    Q = np.linalg.norm(ball.Q, axis=1)
    zone = (2 * np.pi) ** 3 / lattice.volume
    assert ball.weight[~ball.umklapp].sum() == pytest.approx(zone, rel=1e-10)
    assert ball.weight.sum() == pytest.approx(4 / 3 * np.pi * radius**3, rel=2e-3)
    assert ball.weight @ Q**-1 == pytest.approx(2 * np.pi * radius**2, rel=2e-3)
    np.testing.assert_allclose(lattice.fold(ball.Q), ball.q, atol=1e-9)
    assert Q.max() <= radius * (1 + 1e-9)
    assert (ball.weight > 0).all()


def test_symmetry_of_the_quadrature_is_honest():
    # Without symmetry the points are many more and every integral of a symmetric function agrees.
    lattice = LATTICES["fcc"]
    f = lambda Q: np.cos(Q @ lattice.vectors.T).sum(axis=1) + (Q**4).sum(axis=1)  # noqa: E731
    f_sym = lambda Q: np.mean([f(Q @ S.T) for S in lattice.point_group], axis=0)  # noqa: E731
    wedge = sphere_quadrature(lattice, 2.6, 8)
    whole = sphere_quadrature(lattice, 2.6, 8, np.eye(3)[None])
    assert len(whole.Q) > 10 * len(wedge.Q)
    assert wedge.weight @ f_sym(wedge.Q) == pytest.approx(whole.weight @ f(whole.Q), rel=1e-9)


def debye(valence=1.0, **keywords):
    return DebyeMetal(Lattice.bcc(5.0), valence, **keywords)


def test_debye_metal_freezes_where_its_threshold_says():
    metal = debye()
    geometry = sphere_geometry(metal.lattice, 1)
    k_fermi = metal.gas.k_fermi
    slow = umklapp.threshold_temperature(geometry, metal.v_transverse)
    assert freeze_out(metal, k_fermi).temperature == pytest.approx(slow, rel=1e-6)
    q = geometry.threshold
    assert slow * BOLTZMANN_meV_K == pytest.approx(metal.v_transverse / M_S_PER_meV_A * q)
    assert freeze_out(debye(2.0), debye(2.0).gas.k_fermi).temperature < 1e-6 * slow


def test_debye_metal_has_the_potential_it_says():
    metal = debye(core_radius_A=1.2)
    assert metal.form_factor(0.0) == pytest.approx(-2 / 3 * metal.gas.fermi_energy)
    assert metal.form_factor(np.pi / 2.4) == pytest.approx(0, abs=1e-12)
    assert debye().form_factor(metal.gas.thomas_fermi_wavevector) == pytest.approx(
        -metal.gas.fermi_energy / 3
    )


def test_normal_processes_give_the_fifth_power_and_the_high_temperature_law_is_linear():
    cold = scattering_rates(debye(), np.array([0.5, 1.0]), order=24).normal
    assert cold[1] / cold[0] == pytest.approx(2**5, rel=0.02)
    hot = scattering_rates(debye(), np.array([2e3, 4e3]), order=16).total
    assert hot[1] / hot[0] == pytest.approx(2, rel=1e-3)


def test_cold_normal_rate_has_the_prefactor_of_the_golden_rule():
    # Longitudinal sound alone, w(0) = −2E_F/3: every factor of 2 shows here.
    # ħ/τ = 4πN₁ ∫ dQ Q³/(4k_F⁴)·(ħ²Q²/2Mħω)w² x n(n+1), ∫ x⁵/4sinh²(x/2) dx = 5!ζ(5).
    metal, T = debye(), 0.4
    kT, hv = BOLTZMANN_meV_K * T, metal.v_longitudinal / M_S_PER_meV_A
    gas = metal.gas
    hbar2_over_2M = 3.8099821 / 1822.888486 / metal.mass_u * 1e3  # meV Å²
    J5 = 124.4313306
    expected = (
        4e3 * np.pi * gas.dos * metal.lattice.volume * (2 / 3 * gas.fermi_energy) ** 2
        * hbar2_over_2M / hv / (4 * gas.k_fermi**4) * (kT / hv) ** 5 * J5
    )  # fmt: skip
    computed = scattering_rates(metal, T, order=28).normal
    assert computed == pytest.approx(expected, rel=0.02)


def test_hot_rate_is_two_pi_lambda_kT():
    # λ_tr from its own definition, by plain Monte Carlo over the ball.
    metal, T = debye(), 5e3
    k_fermi = metal.gas.k_fermi
    rng = np.random.default_rng(5)
    Q = rng.normal(size=(40000, 3))
    Q *= (2 * k_fermi * np.sqrt(rng.uniform(size=40000)) / np.linalg.norm(Q, axis=1))[:, None]
    modes = metal.modes(Q)  # drawn with the density d³Q/(8πk_F²Q)
    length = np.linalg.norm(Q, axis=1)
    g2 = 3.8099821 / 1822.888486 / metal.mass_u * 1e3 * metal.form_factor(length)[:, None] ** 2
    g2 = g2 * np.einsum("na,nab->nb", Q, modes.polarization) ** 2 / modes.energy**2
    per_atom = 1e3 * metal.gas.dos * metal.lattice.volume
    lam = 2 * per_atom * (g2.sum(axis=1) * length**2 / (2 * k_fermi**2)).mean()
    computed = scattering_rates(metal, T).total
    assert computed == pytest.approx(2 * np.pi * lam * BOLTZMANN_meV_K * T, rel=0.03)


def test_polyvalent_metals_do_not_freeze():
    T = np.array([0.7, 1.4, 2.8])
    shares = {Z: scattering_rates(debye(Z), T, order=24, tolerance=0.1) for Z in (1.0, 3.0)}
    assert shares[1.0].umklapp_share[0] < 1e-3 < 0.2 < shares[3.0].umklapp_share[0]
    exponent = np.diff(np.log(shares[3.0].umklapp)) / np.log(2)
    assert (np.abs(exponent - exponent.mean()) < 1.5).all()  # a power of T, no exponential


@pytest.fixture(scope="module")
def potassium():
    return SimpleMetal.from_element("K")


def test_freeze_out_against_brute_force(potassium):
    crystal, k_fermi = BornVonKarman.from_element("K"), potassium.gas.k_fermi
    rng = np.random.default_rng(6)
    unit = rng.normal(size=(60000, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    Q = 2 * k_fermi * unit * rng.uniform(0.85, 1, (60000, 1)) ** (1 / 3)
    Q = Q[np.linalg.norm(crystal.lattice.fold(Q) - Q, axis=1) > 1e-9]
    modes = crystal.modes(Q)
    weight = np.einsum("na,nab->nb", Q / np.linalg.norm(Q, axis=1)[:, None], modes.polarization)
    for coupling, slack in ((0.0, 0.05), (0.5, 0.03)):
        found = freeze_out(crystal, k_fermi, coupling)
        brute = modes.energy[weight**2 >= coupling].min() / BOLTZMANN_meV_K
        assert found.temperature * (1 - 1e-9) <= brute < found.temperature * (1 + slack)
        assert found.coupling >= coupling
        assert np.linalg.norm(found.Q) <= 2 * k_fermi * (1 + 1e-9)


@pytest.mark.parametrize("coupling", [0.01, 0.05])
def test_the_cheapest_phonon_does_not_depend_on_where_the_search_starts(potassium, coupling):
    found = [
        freeze_out(potassium, potassium.gas.k_fermi, coupling, order).temperature
        for order in (12, 16)
    ]
    assert found[0] == pytest.approx(found[1], abs=0.002)


def test_potassium_freezes_with_the_measured_exponent(potassium):
    # van Kempen et al. 1976: T exp(−19.9 K/T); 1.5–4 K is our choice of range.
    T = np.linspace(1.5, 4, 11)
    measured = BornVonKarman.from_element("K")
    for phonons in (measured, None):
        rates = scattering_rates(potassium, T, phonons, order=20)
        slope, _ = np.polyfit(1 / T, np.log(rates.umklapp / T), 1)
        assert -slope == pytest.approx(19.9, rel=0.05)
        local = activation_temperature(T, rates.umklapp, 1.0)
        assert (np.abs(local / 19.9 - 1) < 0.08).all()


def test_sound_velocity_estimate_of_potassium(potassium):
    c = metals.elastic_constants("K")
    v_L = np.sqrt((c.C11_GPa + c.C12_GPa + 2 * c.C44_GPa) / 2 / c.density_g_cm3) * 1e3
    geometry = sphere_geometry(potassium.lattice, 1)
    estimate = umklapp.threshold_temperature(geometry, v_L)
    on_axis = potassium.modes(np.array([1, 1, 0]) / np.sqrt(2) * geometry.threshold).energy[2]
    assert estimate == pytest.approx(on_axis / BOLTZMANN_meV_K, rel=0.08)


def test_activation_temperature_of_a_pure_law():
    T = np.linspace(1, 4, 301)
    local = activation_temperature(T, 7 * T**3 * np.exp(-20 / T), power=3)
    np.testing.assert_allclose(local[1:-1], 20, rtol=1e-3)


def test_umklapp_needs_heat_and_normal_processes_need_less():
    """Both parts grow with T; the share of the one with a threshold from nothing to a plateau."""
    rates = scattering_rates(debye(), np.geomspace(0.5, 300, 20), order=24, tolerance=0.1)
    assert (np.diff(rates.normal) > 0).all()
    assert (np.diff(rates.umklapp) > 0).all()
    assert rates.umklapp_share[0] < 1e-6
    assert rates.umklapp_share[-1] == pytest.approx(rates.umklapp_share[-2], rel=0.01)
    assert 0 < rates.umklapp_share[-1] < 1


def test_bad_input_is_refused():
    lattice = LATTICES["sc"]
    with pytest.raises(ValueError, match="three positive integers"):
        lattice_sum(lattice, (0, 1, 1), np.zeros(3))
    with pytest.raises(ValueError, match=r"misses every reciprocal vector.*lattice_sum"):
        classify(lattice, np.zeros(3), np.zeros(3), np.array([0.3, 0, 0]))
    with pytest.raises(ValueError, match="must be one of"):
        reduce(lattice, np.zeros(3), "second zone")
    with pytest.raises(ValueError, match="must be positive"):
        sphere_geometry(lattice, 0)
    with pytest.raises(ValueError, match="order is 3; an integer ≥ 4"):
        sphere_quadrature(lattice, 2.0, 3)
    quarter = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # neither its powers nor the identity
    for operations in (
        np.eye(3),
        quarter[None],
        [np.eye(3), np.diag([1, 1, 2])],
        np.empty((0, 3, 3)),
    ):
        with pytest.raises(ValueError, match=r"not a group of symmetries.*np.eye\(3\)\[None\]"):
            sphere_quadrature(lattice, 2.0, 4, operations)
    with pytest.raises(ValueError, match="at least one atom"):
        cluster_sum(np.empty((0, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="rate returned shape"):
        split(lattice, np.zeros((4, 3)), np.zeros(3), lambda k, q, k_prime: np.ones(3))
    with pytest.raises(ValueError, match=r"differ by .* %.*one lattice constant"):
        scattering_rates(debye(), 10.0, DebyeMetal(Lattice.bcc(5.1), 1.0))
    with pytest.raises(ValueError, match="order is 5; an integer ≥ 6"):
        scattering_rates(debye(), 10.0, order=5)
    with pytest.raises(ValueError, match="T must be positive"):
        scattering_rates(debye(), [0.0, 1.0])
    with pytest.raises(ValueError, match="must lie in 0"):
        freeze_out(debye(), 0.7, 1.0)
    with pytest.raises(ValueError, match="one shape"):
        activation_temperature([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="must be positive"):
        DebyeMetal(lattice, 1.0, v_transverse=-1.0)
    with pytest.raises(ValueError, match="must not be negative"):
        DebyeMetal(lattice, 1.0, core_radius_A=-1.0)


def test_refusals_have_names():
    soft = BornVonKarman.springs(Lattice.bcc(5.0), 39.1, [(2.0, 0.0), (-1.0, 0.0)])
    with pytest.raises(UnstableLatticeError, match=r"q = .* has ω² < 0"):
        freeze_out(soft, debye().gas.k_fermi)
    with pytest.raises(ConvergenceError, match="raise `order`"):
        scattering_rates(debye(), 0.05, order=6, tolerance=1e-9)
    with pytest.raises(PhysicalRefusal, match=r"leaves the first zone.*take more electrons"):
        freeze_out(debye(), 0.1)


def test_shares_tolerances_and_identity():
    with pytest.raises(PhysicalRefusal, match="nothing scatters at 3 K"):
        _ = ScatteringRates(np.array([3.0, 9.0]), np.zeros(2), np.array([0.0, 1.0])).umklapp_share
    for tolerance in (np.nan, -1.0, 0.0):
        with pytest.raises(ValueError, match=r"tolerance is .*; it must be positive"):
            scattering_rates(debye(), 10.0, order=6, tolerance=tolerance)
    with pytest.raises(ValueError, match="order is 7.5; an integer ≥ 6"):
        scattering_rates(debye(), 10.0, order=7.5)
    assert debye() != debye()  # arrays inside: compared as objects


def test_the_umklapp_part_alone_can_be_too_coarse(monkeypatch):
    """A total that has converged says nothing about a hundredth part of it."""

    def rates(metal, phonons, T, order):
        part = np.where(order == 16, 0.01, 0.013) * np.ones_like(T)
        return ScatteringRates(T, 1.0 - part, part)

    monkeypatch.setattr(umklapp, "_rates", rates)
    with pytest.raises(ConvergenceError, match=r"changes by 3.0e-01 between two quadratures"):
        scattering_rates(debye(), [10.0, 20.0])
    assert scattering_rates(debye(), 10.0, tolerance=0.31).total == 1


def test_a_solid_without_bulk_modulus_is_refused():
    lattice = Lattice.bcc(5.0)
    assert DebyeMetal(lattice, 1, v_longitudinal=2000, v_transverse=1732).gas.density_A3 > 0
    with pytest.raises(ValueError, match="stable isotropic solid has v_T < 0.866 v_L"):
        DebyeMetal(lattice, 1, v_longitudinal=2000, v_transverse=1733)


def test_shear_faster_than_compression_is_refused():
    with pytest.raises(ValueError, match=r"v_transverse is 3000.* m/s and v_longitudinal"):
        DebyeMetal(Lattice.bcc(5.0), 1, v_longitudinal=2500, v_transverse=3000)
