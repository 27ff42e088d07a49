"""λ and ρ(T) of whole metals: error estimates, limits, Bloch–Grüneisen, drag, then refusals."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import constants

from elphlib import transport
from elphlib.errors import ConvergenceError, UnstableLatticeError
from elphlib.lattice import Lattice
from elphlib.phonons import Modes
from elphlib.simple_metal import SimpleMetal
from elphlib.sphere_coupling import sphere_coupling
from elphlib.umklapp import DebyeMetal, scattering_rates
from elphlib.units import BOLTZMANN_meV_K, M_S_PER_meV_A

STABLE = ("Li", "Na", "K", "Rb", "Cs", "Al")
COLD_TO_HOT = np.array([4.0, 5, 6, 8, 10, 15, 20, 40, 80, 150, 273.15, 400])


@cache
def metal(symbol):
    return SimpleMetal.from_element(symbol)


@cache
def finer(symbol):
    return sphere_coupling(metal(symbol), order=20, radial=14)


@cache
def resistivities(symbol, phonons, processes):
    return metal(symbol).resistivity(COLD_TO_HOT, phonons, processes, with_error=True)


def drude(rate_meV, plasma_energy_eV):
    """m/ne²τ = 1/ε₀ω_p²τ in 10⁻⁸ Ωm from SI constants."""
    per_second = rate_meV * 1e-3 * constants.e / constants.hbar
    plasma = plasma_energy_eV * constants.e / constants.hbar
    return 1e8 * per_second / (constants.epsilon_0 * plasma**2)


# ── how good the numbers say they are ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", STABLE)
def test_lambda_is_as_good_as_it_says(symbol):
    fine = finer(symbol)
    for weight, transport_weight in (("none", False), ("transport", True)):
        returned = metal(symbol).spectral_function(transport=transport_weight)
        true = abs(returned.lam / fine.spectral_function(weight).lam - 1)
        assert true < 1e-3
        assert true / 3 < returned.error < 1e-3


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_a_demanded_accuracy_is_reached(symbol):
    asked = metal(symbol).spectral_function(tolerance=3e-4)
    assert asked.error < 3e-4
    assert asked.lam == pytest.approx(finer(symbol).spectral_function().lam, rel=4e-4)


@pytest.mark.parametrize("symbol", ["K", "Na", "Li"])
def test_cold_resistivities_are_as_good_as_they_say(symbol):
    """One temperature at a time: no other one may lend the accuracy that it happens to need."""
    cold = COLD_TO_HOT[:8]
    fine = sphere_coupling(metal(symbol), order=24, radial=24, crowding=4)
    plasma = metal(symbol).gas.plasma_energy
    reference = transport.resistivity(cold, fine.spectral_function("transport"), plasma)
    for T, expected in zip(cold, reference, strict=True):
        rho, error = metal(symbol).resistivity(T, with_error=True)
        assert error < 0.01
        assert abs(rho / expected - 1) < max(3 * error, 1e-3)
        assert abs(rho / expected - 1) < 0.011


def test_potassium_at_four_kelvin_with_drag():
    fine = sphere_coupling(metal("K"), order=28, radial=24, crowding=4)
    rho, error = metal("K").resistivity(4.0, "drag", with_error=True)
    plasma = metal("K").gas.plasma_energy
    reference = transport.resistivity(4.0, fine.spectral_function("drag"), plasma)
    assert rho == pytest.approx(float(reference), rel=0.01)
    assert abs(rho / reference - 1) < 3 * error


# ── limits and closed forms ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", STABLE)
@pytest.mark.parametrize("plasma", [None, 12.0])
def test_hot_resistivity_is_two_pi_lambda_kT(symbol, plasma):
    """With its first correction: (x/2)²/sinh²(x/2) = 1 − x²/12 + …"""
    spectrum = metal(symbol).spectral_function(transport=True)
    T = np.array([2e3, 1e4])
    kT = BOLTZMANN_meV_K * T
    rate = 2 * np.pi * spectrum.lam * kT * (1 - spectrum.moment(2) / (12 * kT**2))
    expected = drude(rate, plasma or metal(symbol).gas.plasma_energy)
    computed = metal(symbol).resistivity(T, plasma_energy_eV=plasma)
    np.testing.assert_allclose(computed, expected, rtol=3e-3)


def test_normal_resistivity_of_a_cold_debye_metal_has_the_fifth_power():
    sphere = sphere_coupling(DebyeMetal(Lattice.bcc(5.0), 1.0), order=12, radial=48, crowding=4)
    T = np.geomspace(0.1, 1.0, 12)
    rho = transport.resistivity(T, sphere.spectral_function("transport", "normal"), 6.0)
    exponent = transport.local_exponent(T, rho)[1:-1]
    # w falls as 1 − Q²/k_TF²: the fifth power is a limit, from which T⁷ takes a little away.
    np.testing.assert_allclose(exponent[:7], 5, atol=1e-3)
    taken = np.log((5 - exponent[-1]) / (5 - exponent[3])) / np.log(T[-2] / T[4])
    assert taken == pytest.approx(2, abs=0.02)


class Deformable(DebyeMetal):
    """w = −2E_F/3 at every Q: a deformation potential that never ends, D = 2E_F/3."""

    def form_factor(self, Q):
        return np.full(np.shape(Q), -2 / 3 * self.gas.fermi_energy)


def small_sphere():
    """So few electrons that the ball 2k_F lies inside the zone: Normal processes are all."""
    return Deformable(Lattice.fcc(5.0), 0.05, mass_u=40.0)


def test_a_constant_deformation_potential_gives_bloch_and_grueneisen_at_every_temperature():
    """α²_trF ∝ ω⁴ up to ħω = 2ħvk_F; A from D²mk_Fk_BΘ/πρv²ħ³, by modules that know no sphere."""
    m = small_sphere()
    density = m.mass_u * constants.atomic_mass * 1e3 / (m.lattice.volume * 1e-24)  # g/cm³
    v, k_fermi, D = m.v_longitudinal, m.gas.k_fermi, 2 / 3 * m.gas.fermi_energy
    theta = v / M_S_PER_meV_A * 2 * k_fermi / BOLTZMANN_meV_K
    amplitude = drude(transport.deformation_rate(theta, D, v, density, k_fermi),
                      m.gas.plasma_energy)  # fmt: skip
    T = theta * np.geomspace(0.03, 50, 40)
    expected = transport.bloch_gruneisen(T, theta, amplitude)
    np.testing.assert_allclose(m.resistivity(T, tolerance=1e-3), expected, rtol=1e-6)
    hot = 200 * theta
    rate = transport.deformation_rate(hot, D, v, density, k_fermi)
    rho = m.resistivity(hot, tolerance=1e-4)
    assert rho == pytest.approx(drude(rate, m.gas.plasma_energy), rel=1e-5)
    lam = transport.deformation_lambda(D, v, density, k_fermi)
    for weight in (False, True):
        spectrum = m.spectral_function(transport=weight, tolerance=1e-5)
        assert spectrum.lam == pytest.approx(lam, rel=1e-6)
    golden = transport.golden_rule_rates(hot, D, v, density, k_fermi, final_states="relaxation")
    assert golden.transport == pytest.approx(float(rate), rel=1e-3)


def test_the_fifth_power_where_it_must_hold():
    m = small_sphere()
    theta = m.v_longitudinal / M_S_PER_meV_A * 2 * m.gas.k_fermi / BOLTZMANN_meV_K
    sphere = sphere_coupling(m, order=6, radial=48, crowding=4)
    for x in (35, 50, 100):
        T = theta / x * np.array([1 / 1.01, 1, 1.01])
        rho = transport.resistivity(T, sphere.spectral_function("transport"), m.gas.plasma_energy)
        assert transport.local_exponent(T, rho)[1] == pytest.approx(5, abs=1e-6)
    T = theta / np.array([31.0, 30, 29])
    exponent = transport.local_exponent(T, m.resistivity(T, tolerance=1e-3))[1]
    assert exponent == pytest.approx(5, abs=2e-5)


def test_the_resistivity_of_the_umklapp_chapter_is_this_one():
    m, T = metal("K"), np.array([10.0, 40, 200])
    rates = scattering_rates(m, T)
    for name, rate in (("all", rates.total), ("normal", rates.normal), ("umklapp", rates.umklapp)):
        expected = drude(rate, m.gas.plasma_energy)
        np.testing.assert_allclose(m.resistivity(T, processes=name), expected, rtol=0.01)


def test_resistivity_takes_its_plasma_energy_squared_and_any_shape_of_T():
    m = metal("Al")
    T = np.array([[100.0, 200], [300, 400]])
    rho = m.resistivity(T)
    assert rho.shape == (2, 2)
    free = m.gas.plasma_energy
    np.testing.assert_allclose(m.resistivity(T, plasma_energy_eV=free / 2), 4 * rho, rtol=1e-12)
    assert np.shape(m.resistivity(100.0)) == ()
    assert m.resistivity(100.0) == pytest.approx(rho[0, 0], rel=1e-2)
    assert m.resistivity(0.0) == 0
    assert m.resistivity(np.empty(0)).shape == (0,)


@pytest.mark.parametrize("symbol", ["Na", "Al"])
def test_the_whole_is_the_sum_of_its_parts(symbol):
    m = metal(symbol)
    parts = [m.spectral_function(processes=p).lam for p in ("normal", "umklapp")]
    assert sum(parts) == pytest.approx(m.spectral_function().lam, rel=2e-3)
    branches = [m.spectral_function(branch=i).lam for i in range(3)]
    assert sum(branches) == pytest.approx(m.spectral_function().lam, rel=2e-3)
    rho = [m.resistivity(300.0, processes=p) for p in ("normal", "umklapp")]
    assert sum(rho) == pytest.approx(m.resistivity(300.0), rel=1e-2)


# ── drag ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", STABLE)
@pytest.mark.parametrize("processes", ["all", "umklapp"])
def test_drag_never_gives_more(symbol, processes):
    rest, _ = resistivities(symbol, "equilibrium", processes)
    drift, _ = metal(symbol).resistivity(
        COLD_TO_HOT, "drag", processes, with_error=True, tolerance=0.02
    )
    assert (drift > 0).all()
    assert (drift < rest).all()


@pytest.mark.parametrize("symbol", STABLE)
def test_normal_processes_with_drag_resist_nothing(symbol):
    rho, error = metal(symbol).resistivity(COLD_TO_HOT, "drag", "normal", with_error=True)
    assert (np.abs(rho) <= 1e-14 * resistivities(symbol, "equilibrium", "all")[0]).all()
    assert (error == 0).all()
    assert metal(symbol).spectral_function(True, "normal", phonons="drag").lam == 0


def test_drag_in_aluminium_changes_little_and_in_cold_potassium_much():
    def ratio(symbol, T):
        return metal(symbol).resistivity(T, "drag") / metal(symbol).resistivity(T)

    assert ratio("Al", 4.0) > 0.99
    assert 0.4 < ratio("K", 4.0) < 0.55
    assert ratio("K", 20.0) == pytest.approx(0.56, abs=0.02)


class Turned(DebyeMetal):
    """Transverse modes, which are degenerate everywhere, in other combinations."""

    def modes(self, q):
        modes = super().modes(q)
        first, second, third = np.moveaxis(modes.polarization, -1, 0)
        pair = [(first + second) / np.sqrt(2), (second - first) / np.sqrt(2), third]
        return Modes(modes.energy, np.stack(pair, axis=-1))


def test_degenerate_modes_scatter_alike_however_combined_and_drift_nearly_so():
    one, other = (kind(Lattice.bcc(5.0), 1.0) for kind in (DebyeMetal, Turned))
    rest = [m.resistivity(300.0, tolerance=1e-3) for m in (one, other)]
    assert rest[0] == pytest.approx(rest[1], rel=1e-9)
    drift = [m.resistivity(300.0, "drag") for m in (one, other)]
    assert drift[0] == pytest.approx(drift[1], rel=0.05)
    assert max(drift) < 0.7 * rest[0]


def test_drag_of_a_spectral_function_is_that_of_the_resistivity():
    m = metal("K")
    spectrum = m.spectral_function(transport=True, phonons="drag")
    expected = transport.resistivity(300.0, spectrum, m.gas.plasma_energy)
    assert m.resistivity(300.0, "drag") == pytest.approx(float(expected), rel=0.01)


# ── bad input ────────────────────────────────────────────────────────────────────────────────────


def test_bad_input_is_refused():
    m = metal("K")
    with pytest.raises(ValueError, match=r"phonons is 'moving'; 'equilibrium' and 'drag' are kno"):
        m.resistivity(100.0, "moving")
    with pytest.raises(ValueError, match=r"phonons is 'moving'; 'equilibrium' and 'drag' are kno"):
        m.spectral_function(True, phonons="moving")
    with pytest.raises(ValueError, match=r"processes is 'both'; it must be one of 'all'"):
        m.resistivity(100.0, processes="both")
    with pytest.raises(ValueError, match=r"branch is 4; it must be one of 0, 1, 2"):
        m.spectral_function(branch=4)
    with pytest.raises(ValueError, match="'drag' without transport; .* pass transport=True"):
        m.spectral_function(phonons="drag")
    for T in (-1.0, np.nan, [10.0, -4.0]):
        with pytest.raises(ValueError, match="T is|T has|T must"):
            m.resistivity(T)
    with pytest.raises(ValueError, match="plasma_energy"):
        m.resistivity(100.0, plasma_energy_eV=-1.0)
    for tolerance in (0.0, -1e-3, np.nan):
        with pytest.raises(ValueError, match="tolerance is .* must be positive"):
            m.spectral_function(tolerance=tolerance)
        with pytest.raises(ValueError, match="tolerance is .* must be positive"):
            m.resistivity(100.0, tolerance=tolerance)


def test_too_much_accuracy_is_refused_with_what_was_reached():
    m = small_sphere()
    with pytest.raises(ConvergenceError, match=r"ρ at 0\.002 K changes by .* raise `tolerance`"):
        m.resistivity(0.002, tolerance=1e-12)
    with pytest.raises(ConvergenceError, match=r"λ = .* changes by .* ask for less"):
        metal("K").spectral_function(tolerance=1e-9)
    with pytest.raises(ConvergenceError, match=r"λ = 0\.1016 changes"):  # λ_tr, that was asked for
        metal("K").spectral_function(transport=True, tolerance=1e-9)


def test_a_metal_that_does_not_hold_together_has_no_coupling():
    lead = SimpleMetal.from_element("Pb", allow_unstable=True)
    for call in (lead.spectral_function, lambda: lead.resistivity(300.0)):
        with pytest.raises(UnstableLatticeError, match=r"q = .* has ω² < 0"):
            call()


@pytest.mark.parametrize(
    ("symbol", "processes", "scales"),
    [("K", "umklapp", (1.0, 1.005, 1.01)), ("Al", "normal", (0.96, 0.985))],
)
def test_parts_of_lambda_are_as_good_as_they_say(symbol, processes, scales):
    own = SimpleMetal.from_element(symbol)
    for scale in scales:
        metal = replace(own, core_radius_A=scale * own.core_radius_A)
        part = metal.spectral_function(processes=processes)
        exact = sphere_coupling(metal, order=20, radial=20, crowding=2).lam("none", processes)
        assert abs(part.lam / exact - 1) < max(1e-3, part.error)


def test_choices_that_would_pass_for_others_are_refused():
    metal = SimpleMetal.from_element("Na")
    for wrong in ("drag", 1, None):
        with pytest.raises(ValueError, match="must be True or False"):
            metal.spectral_function(transport=wrong)
    with pytest.raises(ValueError, match="branch"):
        metal.spectral_function(branch=True)
    with pytest.raises(ValueError, match="plasma_energy_eV"):
        metal.resistivity(300.0, plasma_energy_eV=-1.0)
    with pytest.raises((ValueError, TypeError), match="plasma_energy_eV"):
        metal.resistivity(300.0, plasma_energy_eV=[6.0, 7.0, 8.0, 9.0])
