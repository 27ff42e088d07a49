"""From α²_trF and from the golden rule to ρ(T): limits, and several routes to each number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants as si

from elphlib import transport
from elphlib.coupling import bohm_staver, deformation_potential, metallic_deformation_potential
from elphlib.electrons import FreeElectronGas
from elphlib.integrate import unit_gauss
from elphlib.metals import lattice_constant, metal
from elphlib.spectral import SpectralFunction
from elphlib.units import BOLTZMANN_meV_K, DENSITY_g_cm3_PER_u_A3, M_S_PER_meV_A

SODIUM = {"D_eV": 2.2, "velocity_m_s": 3000.0, "density_g_cm3": 1.0, "k_fermi": 0.92}


def test_drude_is_m_over_n_e2_tau():
    gas, rate = FreeElectronGas(0.0265, mass=1.3), 17.0
    tau = si.hbar / (rate * 1e-3 * si.e)
    rho = 1.3 * si.m_e / (gas.density_A3 * 1e30 * si.e**2 * tau)
    assert transport.drude_resistivity(rate, gas.plasma_energy) == pytest.approx(
        1e8 * rho, rel=1e-9
    )
    assert transport.drude_rate(1e8 * rho, gas.plasma_energy) == pytest.approx(rate, rel=1e-9)


def test_thermal_factor_is_x_squared_n_times_n_plus_one():
    x = np.array([1e-6, 0.1, 1.0, 5.0, 40.0])
    n = 1 / np.expm1(x)
    factor = transport.thermal_factor(x * BOLTZMANN_meV_K * 77.0, 77.0)
    assert factor == pytest.approx(x**2 * n * (n + 1), rel=1e-9)
    assert transport.thermal_factor(1.0, 0.0) == 0


def test_hot_metals_have_the_slope_two_pi_lambda():
    spectral = SpectralFunction([0.0, 5.0, 10.0], [0.0, 0.3, 0.0])
    T = np.array([1e4, 2e4])
    rate = transport.scattering_rate(T, spectral)
    # The next term is −⟨x²⟩/12.
    assert rate == pytest.approx(2 * np.pi * spectral.lam * BOLTZMANN_meV_K * T, rel=1e-5)
    correction = 1 - rate / (2 * np.pi * spectral.lam * BOLTZMANN_meV_K * T)
    expected = spectral.moment(2) / (12 * (BOLTZMANN_meV_K * T) ** 2)
    assert correction == pytest.approx(expected, rel=1e-3)


def test_one_peak_in_closed_form():
    einstein = SpectralFunction.einstein(0.7, 12.0)
    T = np.array([[3.0, 30.0], [300.0, 0.0]])
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        n = 1 / np.expm1(12.0 / (BOLTZMANN_meV_K * T))
        expected = 2 * np.pi * 0.7 * 12.0 * 12.0 / (BOLTZMANN_meV_K * T) * n * (n + 1)
    expected[1, 1] = 0.0
    assert transport.scattering_rate(T, einstein) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(0.5, 40), st.floats(0.01, 3)), min_size=1, max_size=5),
    st.floats(2, 500),
)
def test_rates_grow_with_t_and_add_over_peaks(peaks, T):
    energy, strength = np.transpose(peaks)
    both = SpectralFunction.from_peaks(energy, strength)
    parts = [SpectralFunction.from_peaks([e], [s]) for e, s in peaks]
    rate = transport.scattering_rate(T, both)
    assert rate == pytest.approx(sum(transport.scattering_rate(T, p) for p in parts), rel=1e-10)
    assert transport.scattering_rate(1.01 * T, both) > rate
    assert rate < 2 * np.pi * both.lam * BOLTZMANN_meV_K * T


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_debye_spectrum_gives_the_bloch_grueneisen_law(n):
    T, theta, plasma = 250.0 * np.geomspace(1e-3, 100, 60), 250.0, 6.0
    spectral = transport.debye_transport(0.4, theta, n)
    assert spectral.lam == pytest.approx(0.4, rel=1e-13)
    slope = transport.drude_resistivity(2 * np.pi * 0.4 * BOLTZMANN_meV_K * theta, plasma)
    law = transport.bloch_gruneisen(T, theta, slope, n=n)
    assert transport.resistivity(T, spectral, plasma) == pytest.approx(law, rel=1e-10)


def test_t_to_the_fifth_from_a_spectrum():
    spectral = transport.debye_transport(0.4, 250.0)
    T = 2.0 * np.exp(1e-3 * np.array([-2, -1, 1, 2]))
    a, b, c, d = np.log(transport.resistivity(T, spectral, 6.0))
    assert (a - 8 * b + 8 * c - d) / 12e-3 == pytest.approx(5, abs=1e-6)


def test_the_textbook_rate_from_the_numeric_sum():
    T = 1e5  # k_BT ≫ 2ħvk_F
    closed = transport.deformation_rate(T, **SODIUM)
    D, v, rho, k = (SODIUM[key] for key in ("D_eV", "velocity_m_s", "density_g_cm3", "k_fermi"))
    si_rate = (
        (D * si.e) ** 2 * si.m_e * k * 1e10 * si.k * T / (np.pi * 1e3 * rho * v**2 * si.hbar**2)
    )
    assert closed == pytest.approx(si_rate / si.e * 1e3, rel=1e-9)
    for final_states in ("empty", "pauli", "relaxation"):
        rates = transport.golden_rule_rates(T, **SODIUM, final_states=final_states)
        # Each way half; with Pauli blocking a final state is free half of the time.
        share = 0.5 if final_states == "pauli" else 1.0
        assert rates.total == pytest.approx(share * closed, rel=1e-4)
        assert rates.transport == pytest.approx(share * closed, rel=1e-4)


def test_the_sum_over_phonons_against_a_sum_over_final_states():
    # 2π N(0) ⟨|g|² V (2n + 1)⟩ over directions of k' on the sphere, with and without 1 − cos θ.
    T, gas = 60.0, FreeElectronGas(SODIUM["k_fermi"] ** 3 / (3 * np.pi**2))
    u, weight = unit_gauss(400)
    cos = 1 - 2 * u
    q = SODIUM["k_fermi"] * np.sqrt(2 - 2 * cos)
    D, v, rho = (SODIUM[key] for key in ("D_eV", "velocity_m_s", "density_g_cm3"))
    g2 = deformation_potential(q, D, v, rho, 1.0) ** 2
    n = 1 / np.expm1(v / M_S_PER_meV_A * q / (BOLTZMANN_meV_K * T))
    each = 2e-3 * np.pi * gas.dos * g2 * weight
    rates = transport.golden_rule_rates(T, **SODIUM, final_states="empty")
    assert rates.absorption == pytest.approx(each @ n, rel=1e-5)
    assert rates.emission == pytest.approx(each @ (n + 1), rel=1e-5)
    assert rates.absorption_transport == pytest.approx((each * (1 - cos)) @ n, rel=1e-5)
    assert rates.emission_transport == pytest.approx((each * (1 - cos)) @ (n + 1), rel=1e-5)


@pytest.mark.parametrize("T", [5.0, 40.0, 400.0])
def test_as_many_phonons_are_absorbed_as_emitted_in_equilibrium(T):
    u, weight = unit_gauss(300)
    energy = BOLTZMANN_meV_K * T * 60 * (2 * u - 1)
    f = 0.5 * (1 - np.tanh(energy / (2 * BOLTZMANN_meV_K * T)))
    rates = transport.golden_rule_rates(T, **SODIUM, energy_meV=energy)
    assert (weight * f) @ rates.absorption == pytest.approx((weight * f) @ rates.emission, rel=1e-6)
    # The rate at which δf decays is the rate out over 1 − f: detailed balance.
    decay = transport.golden_rule_rates(T, **SODIUM, energy_meV=energy, final_states="relaxation")
    near = np.abs(energy) < 10 * BOLTZMANN_meV_K * T
    assert rates.absorption[near] == pytest.approx((1 - f)[near] * decay.absorption[near], rel=1e-9)
    assert rates.emission[near] == pytest.approx((1 - f)[near] * decay.emission[near], rel=1e-9)


@pytest.mark.parametrize("T", [3.0, 30.0, 300.0])
def test_golden_rule_ziman_and_bloch_grueneisen_agree(T):
    # ħω = ħvq up to 2k_F is α²_trF = 2λ(ω/ω_m)⁴ and α²F = λ(ω/ω_m)².
    top = 2 * SODIUM["k_fermi"] * SODIUM["velocity_m_s"] / M_S_PER_meV_A
    lam = transport.deformation_lambda(**SODIUM)
    u, weight = unit_gauss(400)
    energy = BOLTZMANN_meV_K * T * 50 * (2 * u - 1)
    sharp = 50 / 2 * weight / np.cosh(energy / (2 * BOLTZMANN_meV_K * T)) ** 2  # −f′dε
    rates = transport.golden_rule_rates(
        T, **SODIUM, energy_meV=energy, final_states="relaxation", order=200
    )
    for part, power in ((rates.transport, 4), (rates.total, 2)):
        spectral = SpectralFunction.power_law(lam, top, power)
        assert sharp @ part == pytest.approx(transport.scattering_rate(T, spectral), rel=1e-6)
    law = transport.bloch_gruneisen(T, top / BOLTZMANN_meV_K, 2 * np.pi * lam * top)
    assert sharp @ rates.transport == pytest.approx(law, rel=1e-6)


@pytest.mark.parametrize(("symbol", "overestimate"), [("Na", 15.0), ("K", 28.4)])
def test_jellium_has_lambda_one_half_and_overestimates(symbol, overestimate):
    facts, a = metal(symbol), lattice_constant(symbol, 0.0)
    gas = FreeElectronGas(2 / a**3)
    density = 2 * facts.mass_u / a**3 * DENSITY_g_cm3_PER_u_A3
    jellium = {
        "D_eV": metallic_deformation_potential(gas),
        "velocity_m_s": bohm_staver(gas, 1, facts.mass_u),
        "density_g_cm3": density,
        "k_fermi": gas.k_fermi,
    }
    assert transport.deformation_lambda(**jellium) == pytest.approx(0.5, rel=1e-12)
    rate = transport.deformation_rate(273.0, **jellium)
    rho = transport.drude_resistivity(rate, gas.plasma_energy)
    assert rho == pytest.approx(overestimate, abs=0.06)


@pytest.mark.parametrize("T", [1e-5, 1e-3, 0.01, 1.0, 30.0])
@pytest.mark.parametrize("above", [0.0, 3.0, -200.0, 3e4])
@pytest.mark.parametrize("final_states", ["empty", "pauli", "relaxation"])
def test_rates_at_the_lowest_temperatures(T, above, final_states):
    """Against many narrow panels, on a logarithmic scale and round the Fermi edge."""
    kT, top = BOLTZMANN_meV_K * T, 2 * SODIUM["k_fermi"]
    sound = SODIUM["velocity_m_s"] / M_S_PER_meV_A
    energy = min(above * kT, 0.8 * sound * top)
    near = (abs(energy) + kT * np.arange(-40, 41, 2)) / sound
    ends = np.concatenate([[0.0], np.geomspace(1e-3 * kT / sound, top, 200), near])
    ends = np.unique(np.clip(ends, 0, top))
    u, w = unit_gauss(12)
    q = (ends[:-1, None] + np.diff(ends)[:, None] * u).ravel()
    dq = (np.diff(ends)[:, None] * w).ravel()
    x = sound * q / kT
    n = 1 / np.expm1(np.minimum(x, 700))
    up, down = (0.5 * (1 - np.tanh((energy / kT + s * x) / 2)) for s in (1, -1))
    factors = {"empty": (n, n + 1), "pauli": (n * (1 - up), (n + 1) * (1 - down)),
               "relaxation": (n + up, n + 1 - down)}[final_states]  # fmt: skip
    lam = transport.deformation_lambda(**SODIUM)
    each = 2 * np.pi * lam * sound * q**2 * dq / top**2  # its sum with 2n is 2πλk_BT when hot
    rates = transport.golden_rule_rates(T, **SODIUM, energy_meV=energy, final_states=final_states)
    turned = q**2 / (2 * SODIUM["k_fermi"] ** 2)
    for weight, found in (
        (each, (rates.absorption, rates.emission)),
        (each * turned, (rates.absorption_transport, rates.emission_transport)),
    ):
        for part, factor in zip(found, factors, strict=True):
            # Rates are as small as 1e-20 meV here: nothing counts but their size in a thermal bath.
            assert part == pytest.approx(weight @ factor, rel=1e-8, abs=1e-10 * (weight @ n))


def test_a_cold_rate_is_bloch_s_power():
    """ħ/τ ∝ T³ and the transport rate ∝ T⁵, to the lowest temperatures."""
    T = np.array([1e-4, 1e-3, 1e-2, 0.1])
    rates = transport.golden_rule_rates(T, **SODIUM)
    for values, power in ((rates.total, 3), (rates.transport, 5)):
        assert values / T**power == pytest.approx(np.full(4, values[0] / T[0] ** power), rel=1e-9)


def test_all_rates_are_proportional_to_the_mass():
    """At fixed k_F the mass enters by the density of final states."""
    light, heavy = (transport.golden_rule_rates(50.0, **SODIUM, mass=m) for m in (1.0, 1.4))
    for name in ("absorption", "emission", "absorption_transport", "emission_transport"):
        assert getattr(heavy, name) == pytest.approx(1.4 * getattr(light, name), rel=1e-12)
    for function in (
        lambda m: transport.deformation_rate(300.0, **SODIUM, mass=m),
        lambda m: transport.deformation_lambda(**SODIUM, mass=m),
    ):
        assert function(1.4) == pytest.approx(1.4 * function(1.0), rel=1e-12)


def test_bad_input():
    spectral = SpectralFunction.einstein(0.5, 10.0)
    with pytest.raises(ValueError, match="T is -3 K; it must not be negative"):
        transport.scattering_rate(-3.0, spectral)
    with pytest.raises(ValueError, match="plasma_energy_eV is 0 eV; it must be positive"):
        transport.resistivity(10.0, spectral, 0.0)
    with pytest.raises(ValueError, match="rate_meV is -1 meV"):
        transport.drude_resistivity(-1.0, 6.0)
    with pytest.raises(ValueError, match="q_max is 3 Å⁻¹; on a sphere no transfer exceeds"):
        transport.golden_rule_rates(10.0, **SODIUM, q_max=3.0)
    with pytest.raises(ValueError, match="final_states is 'both'"):
        transport.golden_rule_rates(10.0, **SODIUM, final_states="both")
    with pytest.raises(ValueError, match="density_g_cm3 is 0.0 g/cm³"):
        transport.deformation_rate(10.0, **{**SODIUM, "density_g_cm3": 0.0})
    with pytest.raises(ValueError, match="n is 1; an integer ≥ 2"):
        transport.debye_transport(0.3, 200.0, n=1)
    with pytest.raises(ValueError, match="debye_temperature is 0.0 K"):
        transport.debye_transport(0.3, 0.0)
    with pytest.raises(ValueError, match="order is 2.5; an integer ≥ 1"):
        transport.golden_rule_rates(10.0, **SODIUM, order=2.5)
    with pytest.raises(ValueError, match="n is 2.5; an integer ≥ 2"):
        transport.debye_transport(0.3, 200.0, n=2.5)
    with pytest.raises(ValueError, match="velocity_m_s is -1.0 m/s; it must be positive"):
        transport.golden_rule_rates(10.0, **{**SODIUM, "velocity_m_s": -1.0})
