"""Σ = GD: three routes to it, its limits, and the spectral function that follows from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from elphlib import SpectralFunction
from elphlib.self_energy import (
    electron_spectrum,
    mass_enhancement,
    matsubara_self_energy,
    self_energy,
)
from elphlib.transport import golden_rule_rates, scattering_rate
from elphlib.units import BOLTZMANN_meV_K

GRID = np.linspace(0, 10, 301)
SMOOTH = SpectralFunction(GRID, 0.02 * GRID**2 * np.exp(-((GRID - 5) ** 2) / 4))
CORNERS = SpectralFunction([0, 3, 5, 7], [0, 0.5, 1.0, 0.4])
UNEVEN = SpectralFunction([2, 3, 5.1, 7.33], [0.6, 0.5, 1.0, 0.4])
MODELS = {
    "lead": SpectralFunction.lead(),
    "smooth": SMOOTH,
    "corners": CORNERS,
    "uneven with steps": UNEVEN,
    "Debye": SpectralFunction.debye(0.4, 37.0),
    "Einstein": SpectralFunction.einstein(0.7, 6.0),
    "sum": SpectralFunction.einstein(0.3, 11.0) + CORNERS,
}
TEMPERATURES = [0.0, 0.01, 1.0, 30.0, 300.0]
ENERGIES = np.array([-40.0, -7.1, -4.4, -0.3, 0.0, 0.02, 2.5, 5.03, 6.6, 12.0, 90.0])


@pytest.fixture(params=MODELS, name="alpha2f")
def _alpha2f(request):
    return MODELS[request.param]


def by_definition(energy, T, alpha2f):
    """∫dΩ α²F of Fermi and Bose functions, the integral over electron energies done by digamma."""
    width = 2 * np.pi * BOLTZMANN_meV_K * T

    def kernel(omega):
        both = digamma(0.5 + 1j * (omega - energy) / width) - digamma(
            0.5 - 1j * (omega + energy) / width
        )
        return both - 1j * np.pi / np.tanh(np.pi * omega / width)

    return alpha2f.integrate(kernel)


@pytest.mark.parametrize("T", [30.0, 300.0])
def test_against_quadrature_over_the_phonons(alpha2f, T):
    expected = np.array([by_definition(e, T, alpha2f) for e in ENERGIES])
    assert self_energy(ENERGIES, T, alpha2f) == pytest.approx(expected, abs=1e-5 * alpha2f.area)


@pytest.mark.parametrize("energy", [0.9, 4.7, 8.0])
def test_the_electrons_integral_done_by_hand(energy):
    """Fermi and Bose functions summed over electron energies, without a digamma function."""
    T, omega, step = 40.0, 6.0, 0.02
    kT = BOLTZMANN_meV_K * T
    n = 1 / np.expm1(omega / kT)
    off = np.arange(-20000, 20000, step) + step / 2  # on both sides of the pole alike

    def fermi(e):
        return 1 / (np.exp(np.clip(e / kT, -600, 600)) + 1)

    emit = 1 - fermi(energy - omega + off) + n
    absorb = fermi(energy + omega + off) + n
    real = -(emit / off).sum() * step - (absorb / off).sum() * step
    imaginary = -np.pi * (1 - fermi(energy - omega) + n + fermi(energy + omega) + n)
    strength = 0.7 * omega / 2
    found = complex(self_energy(energy, T, MODELS["Einstein"]))
    assert found.real == pytest.approx(strength * real, abs=2e-3)
    assert found.imag == pytest.approx(strength * imaginary, rel=1e-10)


def test_cold_electrons_have_a_logarithm_and_a_step(alpha2f):
    """T = 0: ∫α²F ln|(Ω−ω)/(Ω+ω)| − iπ∫₀^|ω| α²F, done on each peak or by adaptive quadrature."""
    for energy in (0.5, 2.7, 9.2):
        found = complex(self_energy(energy, 0.0, alpha2f))
        if alpha2f.is_peaks:
            real = alpha2f.integrate(lambda w, e=energy: np.log(np.abs((w - e) / (w + e))))
            imaginary = alpha2f.integrate(lambda w, e=energy: 1.0 * (w < e))
        else:
            step = 2e-4
            w = np.arange(step / 2, 50, step)
            curve = sum_of_curve(alpha2f, w)
            real = step * curve @ np.log(np.abs((w - energy) / (w + energy)))
            imaginary = step * curve[w < energy].sum()
            for at, s in peaks_of(alpha2f):
                real += s * np.log(abs((at - energy) / (at + energy)))
                imaginary += s * (at < energy)
        assert found.real == pytest.approx(real, abs=2e-4 * alpha2f.area)
        assert found.imag == pytest.approx(-np.pi * imaginary, abs=2e-4 * alpha2f.area)


def peaks_of(alpha2f):
    return zip(*alpha2f.kinks.peaks, strict=True)


def sum_of_curve(alpha2f, w):
    return CORNERS(w) if alpha2f is MODELS["sum"] else alpha2f(w)


@pytest.mark.parametrize("T", TEMPERATURES)
def test_kramers_kronig(alpha2f, T):
    """Re Σ from Im Σ. Im Σ tends to a constant, which the symmetric difference removes."""
    energy = np.array([1.3, 5.2])
    t = (np.arange(40000) + 0.5) * (12.0 / 40000)
    x, weight = np.sinh(t), np.cosh(t) * (12.0 / 40000)  # to 8e4 meV, densest at small x
    constant = -self_energy(1e6, T, alpha2f).imag
    rate = -self_energy(x, T, alpha2f).imag - constant
    real = []
    for e in energy:  # −(2e/π)∫₀^∞ [Γ(x) − Γ(e)]/(x² − e²) dx, since P∫₀^∞ 1/(x²−e²) = 0
        at = -self_energy(e, T, alpha2f).imag - constant
        real.append(-2 * e / np.pi * weight @ ((rate - at) / (x**2 - e**2)))
    assert self_energy(energy, T, alpha2f).real == pytest.approx(real, abs=2e-3 * alpha2f.area)


@pytest.mark.parametrize("T", [0.5, 12.0, 300.0])
def test_matsubara_sum_is_the_continued_formula(alpha2f, T):
    """The finite sum over λ(ν) against Σ(z) of the real axis continued to z = iω_n."""
    width = 2 * np.pi * BOLTZMANN_meV_K * T

    def continued(n):
        def kernel(omega):
            y = omega / width
            both = digamma(1 + n + 1j * y) - digamma(1 + n - 1j * y)
            return both - 1j * np.pi / np.tanh(np.minimum(np.pi * y, 350))

        return alpha2f.integrate(kernel)

    n = np.array([0, 1, 2, 17])
    expected = np.array([continued(k) for k in n])
    assert np.abs(expected.real).max() < 1e-10
    assert matsubara_self_energy(n, T, alpha2f) == pytest.approx(expected.imag, rel=1e-8)
    assert matsubara_self_energy(-1 - n, T, alpha2f) == pytest.approx(-expected.imag, rel=1e-8)


@pytest.mark.parametrize("T", [3.0, 50.0])
def test_both_axes_belong_to_one_function(T):
    """Σ(iω_n) = −(1/π)∫Im Σ(x)/(iω_n − x) dx: the real axis determines the imaginary one."""
    x = np.arange(-3000, 3000, 0.02) + 0.01
    rate = -self_energy(x, T, SMOOTH).imag
    constant = rate[0]
    n = np.array([0, 4])
    omega_n = (2 * n + 1) * np.pi * BOLTZMANN_meV_K * T
    dispersed = [(0.02 / np.pi * (rate - constant) * w / (x**2 + w**2)).sum() for w in omega_n]
    assert matsubara_self_energy(n, T, SMOOTH) == pytest.approx(
        -np.array(dispersed) - constant, rel=1e-4
    )


def test_lambda_is_minus_the_slope_at_the_fermi_energy(alpha2f):
    h = 1e-3
    slope = (self_energy(h, 0.0, alpha2f) - self_energy(-h, 0.0, alpha2f)).real / (2 * h)
    assert -slope == pytest.approx(alpha2f.lam, rel=2e-4)
    assert mass_enhancement(0.0, alpha2f) == pytest.approx(alpha2f.lam, rel=1e-12)


@pytest.mark.parametrize("T", [4.0, 60.0])
def test_lambda_of_a_warm_metal_is_minus_the_slope(alpha2f, T):
    h = 0.02
    slope = (self_energy(h, T, alpha2f) - self_energy(-h, T, alpha2f)).real / (2 * h)
    assert mass_enhancement(T, alpha2f) == pytest.approx(-slope, rel=1e-3)


def test_lambda_first_rises_and_then_falls_with_temperature():
    einstein = SpectralFunction.einstein(1.0, 10.0)
    kT = BOLTZMANN_meV_K * 2.0
    assert mass_enhancement(2.0, einstein) - 1 == pytest.approx(
        (np.pi * kT / 10) ** 2 / 3, rel=0.02
    )
    hot = mass_enhancement([1e4, 2e4], einstein)
    assert hot[0] / hot[1] == pytest.approx(4.0, rel=1e-3)


def test_hot_electrons_forget_at_the_classical_rate(alpha2f):
    T = 5000.0
    rate = -2 * self_energy(0.0, T, alpha2f).imag
    assert rate == pytest.approx(2 * np.pi * alpha2f.lam * BOLTZMANN_meV_K * T, rel=1e-3)


def test_the_average_over_the_thermal_window_is_the_rate_of_chapter_5(alpha2f):
    """∫(−f′)(−2 Im Σ)dω is twice the rate with returning electrons; α²F is weighed by no angle."""
    T = 40.0
    kT = BOLTZMANN_meV_K * T
    u = np.arange(-40, 40, 0.02) + 0.01
    window = 0.02 / (4 * np.cosh(u / 2) ** 2)
    rate = window @ (-2 * self_energy(u * kT, T, alpha2f).imag)
    assert rate == pytest.approx(float(scattering_rate(T, alpha2f)), rel=1e-4)


def test_far_above_the_phonons_the_rate_is_that_of_all_of_them(alpha2f):
    far = self_energy(1e4, 0.0, alpha2f)
    assert far.imag == pytest.approx(-np.pi * alpha2f.area, rel=1e-6)
    assert far.real == pytest.approx(-alpha2f.lam * alpha2f.omega_2**2 / 1e4, rel=1e-3)


def test_weak_coupling_is_linear_and_symmetric(alpha2f):
    sigma = self_energy(ENERGIES, 20.0, alpha2f)
    assert self_energy(ENERGIES, 20.0, 0.25 * alpha2f) == pytest.approx(sigma / 4, rel=1e-9)
    assert self_energy(-ENERGIES, 20.0, alpha2f) == pytest.approx(-sigma.conj(), abs=1e-9)
    assert (sigma.imag <= 0).all()


def test_golden_rule_agrees_with_the_jellium_of_chapter_5():
    sound = {"D_eV": 2.0, "velocity_m_s": 3000.0, "density_g_cm3": 1.0, "k_fermi": 0.9}
    from elphlib.transport import deformation_lambda
    from elphlib.units import M_S_PER_meV_A

    top = 2 * sound["k_fermi"] * sound["velocity_m_s"] / M_S_PER_meV_A
    alpha2f = SpectralFunction.power_law(deformation_lambda(**sound), top, 2)
    energy = np.array([0.0, 3.0, 12.0])
    rates = golden_rule_rates(60.0, **sound, energy_meV=energy, final_states="relaxation")
    assert -2 * self_energy(energy, 60.0, alpha2f).imag == pytest.approx(rates.total, rel=1e-4)


@pytest.mark.parametrize("T", [0.0, 1e-3, 0.5])
def test_below_the_width_of_a_bin_nothing_happens(T):
    """A bin of 1/30 meV is 0.4 K wide; Σ has no trace of it."""
    w = np.linspace(0, 12, 2001)
    coarse, fine = (SpectralFunction(g, 0.1 * g**2 * np.exp(-g)) for g in
                    (np.linspace(0, 12, 361), np.linspace(0, 12, 3601)))  # fmt: skip
    difference = self_energy(w, T, coarse) - self_energy(w, T, fine)
    assert np.abs(difference).max() < 2e-4 * np.abs(self_energy(w, T, fine)).max()


def test_thousands_of_peaks_stand_for_a_curve():
    w = np.linspace(-20, 20, 401)
    grid = np.linspace(0, 10, 20001)[1:]
    peaks = SpectralFunction.from_peaks(grid, SMOOTH(grid) * (grid[1] - grid[0]))
    for T in (0.0, 8.0):
        assert self_energy(w, T, peaks) == pytest.approx(
            self_energy(w, T, SMOOTH), abs=3e-5 * SMOOTH.area
        )


@pytest.mark.parametrize("band", [0.0, 4.0, -25.0])
@pytest.mark.parametrize("T", [5.0, 100.0])
def test_the_spectrum_of_one_electron_has_area_one_and_mean_its_band_energy(band, T):
    coarse = np.linspace(-30, 10, 40001)
    peak = coarse[np.argmax(electron_spectrum(coarse, band, T, SMOOTH))]
    t, step = np.linspace(-30, 30, 60001, retstep=True)
    x, weight = peak + 1e-5 * np.sinh(t), 1e-5 * np.cosh(t) * step
    A = electron_spectrum(x, band, T, SMOOTH)
    assert (A >= 0).all()
    assert weight @ A == pytest.approx(1.0, abs=2e-5)
    inside, rate = np.abs(x) < 300, -self_energy(1e6, T, SMOOTH).imag
    tails = 4 * band * rate / (np.pi * 300)  # of ω A, with A ≃ Γ/π(ω−ξ)² on both sides
    assert (weight * x * A)[inside].sum() + tails == pytest.approx(band, abs=0.03)


def test_many_bands_at_once():
    x = np.linspace(-9, 9, 31)
    both = electron_spectrum(x, [0.0, 3.0], 10.0, SMOOTH)
    assert both.shape == (2, 31)
    assert both[1] == pytest.approx(electron_spectrum(x, 3.0, 10.0, SMOOTH))


def test_the_quasiparticle_pole_moves_by_one_plus_lambda():
    einstein = SpectralFunction.einstein(1.0, 20.0)
    x = np.linspace(0.3, 0.7, 4001)
    peak = x[np.argmax(electron_spectrum(x, 1.0, 25.0, einstein))]
    assert peak == pytest.approx(1 / (1 + mass_enhancement(25.0, einstein)), rel=5e-3)
    assert peak == pytest.approx(0.5, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(
    lam=st.floats(0.05, 3),
    omega=st.floats(0.5, 90),
    T=st.floats(0, 800),
    energy=st.floats(-300, 300),
)
def test_an_einstein_mode_is_its_formula_everywhere(lam, omega, T, energy):
    found = complex(self_energy(energy, T, SpectralFunction.einstein(lam, omega)))
    if T < 1e-3 or abs(abs(energy) - omega) < 1e-6:
        return
    width = 2 * np.pi * BOLTZMANN_meV_K * T
    expected = digamma(0.5 + 1j * (omega - energy) / width) - digamma(
        0.5 - 1j * (omega + energy) / width
    )
    expected -= 1j * np.pi / np.tanh(min(np.pi * omega / width, 350))
    assert found == pytest.approx(lam * omega / 2 * expected, rel=1e-8, abs=1e-9 * lam * omega)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="T is -1 K; it must not be negative"):
        self_energy(0.0, -1, SMOOTH)
    with pytest.raises(ValueError, match="energy_meV is not finite"):
        self_energy(np.nan, 1.0, SMOOTH)
    with pytest.raises(ValueError, match=r"n is 0.5; Matsubara"):
        matsubara_self_energy(0.5, 1.0, SMOOTH)
    with pytest.raises(ValueError, match="T is 0 K; it must be positive"):
        matsubara_self_energy(0, 0, SMOOTH)
    with pytest.raises(ValueError, match="T is -2 K"):
        mass_enhancement([-2.0], SMOOTH)
    with pytest.raises(ValueError, match="at 0 there are δ functions"):
        electron_spectrum(0.0, 0.0, 0.0, SMOOTH)
