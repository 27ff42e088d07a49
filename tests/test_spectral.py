"""α²F and its moments: closed forms, additivity, invariance, files, refusals."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import constants as si
from scipy.integrate import quad

from elphlib.errors import PhysicalRefusal, UnstableLatticeError
from elphlib.integrate import bloch_gruneisen_integral
from elphlib.spectral import SpectralFunction
from elphlib.units import kelvin_from_meV

TRIANGLE = SpectralFunction([0.0, 8.0, 20.0], [0.0, 0.6, 0.0])
LATE = SpectralFunction([3.0, 4.0, 9.0, 9.5], [0.2, 0.5, 0.1, 0.3])  # jumps at both ends
PEAKS = SpectralFunction.from_peaks([7.0, 3.0, 12.0], [0.4, 0.2, 0.1])
EVERY = {
    "triangle": TRIANGLE, "late": LATE, "peaks": PEAKS,
    "einstein": SpectralFunction.einstein(0.5, 9.0),
    "debye": SpectralFunction.debye(0.4, 30.0), "lead": SpectralFunction.lead(),
    "sum": TRIANGLE + 0.5 * PEAKS + SpectralFunction.debye(0.2, 10.0),
}  # fmt: skip
every = pytest.mark.parametrize("spectral", EVERY.values(), ids=EVERY)


def close(a, b, rtol=1e-12):
    assert_allclose(a, b, rtol=rtol)


def triangle_power(m, b=8.0, c=20.0, v=0.6):
    """∫α²F ω^m of TRIANGLE by the antiderivatives of ω^(m+1) and of (c − ω) ω^m."""
    rise = v / b * b ** (m + 2) / (m + 2)
    low = np.log(c / b) if m == -1 else (c ** (m + 1) - b ** (m + 1)) / (m + 1)
    return rise + v / (c - b) * (c * low - (c ** (m + 2) - b ** (m + 2)) / (m + 2))


@pytest.mark.parametrize("n", [-0.5, 0, 1, 2, 3.7, 6])
def test_moments_of_a_triangle_are_closed_forms(n):
    close(TRIANGLE.lam, 2 * triangle_power(-1))
    close(TRIANGLE.area, triangle_power(0))
    close(TRIANGLE.moment(n), triangle_power(n - 1) / triangle_power(-1))


def test_logarithmic_moment_of_a_triangle():
    """∫(c − ω) ln ω/ω dω = c ln²ω/2 − ω ln ω + ω."""
    b, c, v = 8.0, 20.0, 0.6

    def antiderivative(w):
        return c * np.log(w) ** 2 / 2 - w * np.log(w) + w

    total = v * (np.log(b) - 1) + v / (c - b) * (antiderivative(c) - antiderivative(b))
    close(TRIANGLE.omega_log, np.exp(2 * total / TRIANGLE.lam))


def test_grid_with_jumps_against_adaptive_quadrature():
    for power, found in (
        (-1, LATE.lam / 2),
        (0, LATE.area),
        (1.3, LATE.moment(2.3) * LATE.lam / 2),
    ):
        direct = quad(lambda w, p=power: LATE(w) * w**p, 3, 9.5, points=[4, 9], epsrel=1e-13)[0]
        close(found, direct)
    log = quad(lambda w: LATE(w) * np.log(w) / w, 3, 9.5, points=[4, 9], epsrel=1e-13)[0]
    close(np.log(LATE.omega_log), 2 * log / LATE.lam)


def test_einstein():
    one = SpectralFunction.einstein(0.7, 11.0)
    close([one.lam, one.omega_log, one.omega_2, one.moment(1)], [0.7, 11.0, 11.0, 11.0])
    close(one.area, 0.7 * 11 / 2)
    assert one.is_peaks


@pytest.mark.parametrize("p", [1.0, 2.0, 4.0])
def test_power_laws(p):
    s = SpectralFunction.power_law(0.4, 30.0, p)
    close([s.lam, s.omega_log], [0.4, 30 * np.exp(-1 / p)])
    for n in (-0.5, 1, 2, 5):
        close(s.moment(n), p * 30.0**n / (p + n))
    close(s(30.0), p * 0.4 / 2)
    close(2 * quad(lambda w: float(s(w)) / w, 0, 30, epsrel=1e-13)[0], 0.4)
    assert s(30.001) == 0 == s(-1.0)


def test_debye_is_the_square_law_with_its_closed_forms():
    s = SpectralFunction.debye(0.4, 30.0)
    close([s.omega_log, s.omega_2, s(15.0)], [30 * np.exp(-0.5), 30 / np.sqrt(2), 0.1])
    fine = np.linspace(0, 30, 4001)
    close(SpectralFunction(fine, s(fine)).lam, 0.4, rtol=1e-6)


def test_lead_has_the_moments_it_was_made_for():
    s = SpectralFunction.lead()
    close(s.lam, 1.55)
    close(kelvin_from_meV(s.omega_log), 56.0, rtol=1e-11)
    close(kelvin_from_meV(s.omega_2), 65.0)
    assert abs(s.area - 4.04) < 0.005  # not fitted
    grid = np.linspace(0, 10, 2001)
    peaks = grid[1:-1][np.diff(np.sign(np.diff(s(grid)))) < 0]
    assert_allclose(peaks, [4.4, 8.5], atol=0.1)


def test_moments_of_lead_from_its_curve():
    """What is plotted, summed point by point, against what is integrated."""
    s = SpectralFunction.lead()
    energy = (np.arange(200_000) + 0.5) * s.top / 200_000
    each = s(energy) * s.top / 200_000
    lam = 2 * (each / energy).sum()
    assert_allclose(lam, 1.55, rtol=1e-8)
    omega_log = np.exp(2 / lam * (each / energy) @ np.log(energy))
    assert_allclose(kelvin_from_meV(omega_log), 56.0, rtol=1e-8)
    assert_allclose(kelvin_from_meV(np.sqrt(2 / lam * each @ energy)), 65.0, rtol=1e-8)
    assert_allclose(each.sum(), s.area, rtol=1e-8)


@every
def test_means_are_in_order(spectral):
    """Jensen: exp⟨ln ω⟩ ≤ ⟨ω⟩ ≤ ⟨ω²⟩^½, with equality for one energy only."""
    low, middle, high = spectral.omega_log, spectral.moment(1), spectral.omega_2
    assert low <= middle * (1 + 1e-14)
    assert middle <= high * (1 + 1e-14)
    close(spectral.area, spectral.lam * middle / 2)


@every
def test_quadrature_gives_the_moments(spectral):
    close(spectral.integrate(lambda w: 2 / w), spectral.lam)
    close(spectral.integrate(np.ones_like), spectral.area)
    close(spectral.integrate(lambda w: w), spectral.moment(2) * spectral.lam / 2)
    close(
        np.exp(spectral.integrate(lambda w: 2 * np.log(w) / w) / spectral.lam),
        spectral.omega_log,
        1e-10,
    )
    both = spectral.integrate(lambda w: np.stack([1 / w, w]))
    close(both, [spectral.lam / 2, spectral.moment(2) * spectral.lam / 2])


def test_quadrature_resolves_thermal_factors_at_any_temperature():
    """∫ω⁴ (x/2)²/sinh²(x/2) dω/ω … is J₅, from T = Θ to T = Θ/1000."""
    s = SpectralFunction.power_law(1.0, 30.0, 4.0)
    for theta_over_T in (0.1, 1.0, 10.0, 100.0, 1000.0):
        kT = 30.0 / theta_over_T
        found = s.integrate(
            lambda w, kT=kT: (w / kT / 2 / np.sinh(np.minimum(w / kT / 2, 300.0))) ** 2 / w
        )
        close(found, 2 * bloch_gruneisen_integral(theta_over_T) / theta_over_T**4, rtol=1e-12)


@given(st.floats(0.05, 3), st.floats(0.05, 3), st.floats(0.01, 2), st.floats(1, 40))
def test_lambda_area_and_integrals_add(a, b, factor, energy):
    one, two = SpectralFunction.einstein(a, energy), SpectralFunction.debye(b, 25.0)
    both = one + factor * two
    close(both.lam, a + factor * b)
    close(both.area, one.area + factor * two.area)
    mixed = a * np.log(one.omega_log) + factor * b * np.log(two.omega_log)
    close(both.omega_log, np.exp(mixed / both.lam))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_moments_do_not_know_how_a_curve_is_cut(seed):
    """More points on the same straight pieces change nothing; nor does splitting a peak."""
    rng = np.random.default_rng(seed)
    energy = np.concatenate([[0.0], np.sort(rng.uniform(0.01, 40, 6))])
    values = np.concatenate([[0.0], rng.uniform(0, 1, 6)])
    curve = SpectralFunction(energy, values)
    finer = np.unique(np.concatenate([energy, rng.uniform(0, energy[-1], 30)]))
    again = SpectralFunction(finer, curve(finer))
    close(
        [curve.lam, curve.omega_log, curve.omega_2],
        [again.lam, again.omega_log, again.omega_2],
        1e-11,
    )
    shares = rng.dirichlet(np.ones(5))
    split = SpectralFunction.from_peaks([6.0] * 5 + [9.0], [*shares, 0.3])
    whole = SpectralFunction.from_peaks([6.0, 9.0], [1.0, 0.3])
    close([split.lam, split.omega_log, split.omega_2], [whole.lam, whole.omega_log, whole.omega_2])


@given(st.floats(0.1, 10))
def test_stretching_the_energies(scale):
    """α²F(ω/c): λ stays, energies scale with c."""
    grid = np.array([0.0, 8.0, 20.0])
    s = SpectralFunction(scale * grid, [0.0, 0.6, 0.0])
    close(
        [s.lam, s.omega_log / scale, s.omega_2 / scale],
        [TRIANGLE.lam, TRIANGLE.omega_log, TRIANGLE.omega_2],
    )


@every
@pytest.mark.parametrize("width", [0.05, 0.7])
def test_broadening_keeps_the_area(spectral, width):
    wide = np.linspace(-6, 40, 9201)
    assert_allclose(np.trapezoid(spectral.broadened(wide, width), wide), spectral.area, rtol=2e-6)


def test_broadening_changes_lambda_and_the_mean_energies():
    """For one peak exactly: ⟨1/ω⟩ and ⟨ω²⟩ of a narrow Gaussian, 1 + (σ/ω)² each."""
    one, width = SpectralFunction.einstein(0.5, 10.0), 0.5
    grid = np.linspace(4, 16, 6001)
    smeared = SpectralFunction(grid, one.broadened(grid, width))
    close(smeared.lam / one.lam, 1 + 0.05**2 + 3 * 0.05**4, rtol=1e-4)
    assert smeared.lam > one.lam
    assert smeared.omega_log < one.omega_log


def test_broadened_grid_is_a_convolution():
    E = np.array([0.5, 3.2, 8.0, 9.6, 30.0])
    for s, ends in ((LATE, (3, 4, 9, 9.5)), (TRIANGLE, (0, 8, 20))):
        for e, found in zip(E, s.broadened(E, 0.8), strict=True):
            pieces = [
                quad(
                    lambda w, e=e, s=s: float(s(w)) * np.exp(-((e - w) ** 2) / 1.28),
                    a,
                    b,
                    epsabs=1e-14,
                )[0]
                for a, b in pairwise(ends)
            ]
            assert_allclose(found, sum(pieces) / 0.8 / np.sqrt(2 * np.pi), rtol=1e-9, atol=1e-12)


def test_many_peaks_are_drawn_as_if_each_had_its_gaussian():
    rng = np.random.default_rng(3)
    energy, strength = rng.uniform(2, 15, 20_000), rng.uniform(0, 1e-3, 20_000)
    grid, width = np.linspace(0, 18, 37), 0.4
    found = SpectralFunction.from_peaks(energy, strength).broadened(grid, width)
    each = np.exp(-(((grid[:, None] - energy) / width) ** 2) / 2) / width / np.sqrt(2 * np.pi)
    assert_allclose(found, each @ strength, rtol=2e-3, atol=1e-4)


def test_errors_add_as_lambdas_do():
    a = SpectralFunction.from_peaks([5.0], [1.0], error=0.01)
    b = SpectralFunction.from_peaks([10.0], [6.0], error=0.04)
    close((a + b).error, (0.01 * a.lam + 0.04 * b.lam) / (a.lam + b.lam))
    assert (3 * a).error == 0.01
    assert (a + TRIANGLE).error < 0.01
    assert (TRIANGLE + LATE).error is None


def test_a_numpy_number_times_a_spectral_function():
    twice = np.float64(2) * TRIANGLE
    assert isinstance(twice, SpectralFunction)
    close(twice.lam, 2 * TRIANGLE.lam)
    assert "λ = " in repr(twice)


def test_the_top():
    assert [s.top for s in (TRIANGLE, PEAKS, EVERY["debye"], EVERY["sum"])] == [
        20.0,
        12.0,
        30.0,
        20.0,
    ]


@given(
    st.lists(st.floats(1e-3, 5), min_size=2, max_size=12),
    st.lists(st.floats(0, 10), min_size=12, max_size=12),
    st.sampled_from(["meV", "eV", "THz", "cm-1", "K", "Ry", "Ha"]),
    st.booleans(),
)
@settings(max_examples=60)
def test_what_is_written_is_read(tmp_path_factory, steps, values, unit, peaks):
    path = tmp_path_factory.mktemp("spectral") / "a2f.dat"
    energy, values = np.cumsum(steps), np.array(values[: len(steps)]) + 1e-6
    make = SpectralFunction.from_peaks if peaks else SpectralFunction
    one = make(energy, values)
    one.write(path, unit)
    again = SpectralFunction.read(path, error=0.1)
    assert again.is_peaks == peaks
    assert again.error == 0.1
    close([again.lam, again.omega_log, again.area], [one.lam, one.omega_log, one.area], rtol=1e-10)


def test_units_against_si(tmp_path):
    path = tmp_path / "a2f.txt"
    path.write_text("1.0 0.5\n2.0 0.5\n")
    joule = {
        "meV": 1e-3 * si.e, "eV": si.e, "THz": 1e12 * si.h, "cm-1": 100 * si.h * si.c, "K": si.k,
        "Ry": si.Rydberg * si.h * si.c, "Ha": 2 * si.Rydberg * si.h * si.c,
    }  # fmt: skip
    for unit, value in joule.items():
        s = SpectralFunction.read(path, unit)
        close(s.lam, 2 * 0.5 * np.log(2))  # dimensionless: no unit can change it
        close(s.area, 0.5 * value / si.e * 1e3, rtol=1e-9)


def test_files_of_two_codes(tmp_path):
    """The layout of lambda.x (header, zero first) and of EPW (text behind), one column chosen."""
    rows = [(0.0, 0.0, 0.0), (1.0, 0.1, 0.2), (2.0, 0.3, 0.1)]
    lines = ["".join(f"{x:10.5f}" for x in row) for row in rows]
    espresso = tmp_path / "alpha2F.dat"
    espresso.write_text("\n".join(["# E(THz)     0.005     0.010", *lines]) + "\n")
    epw = tmp_path / "pb.a2f.01"
    tail = [" Integrated el-ph coupling", "  #            1.1   1.2", " Fermi window (eV)   1.0"]
    epw.write_text("\n".join(lines[1:] + tail) + "\n")
    first, second = (SpectralFunction.read(espresso, "THz", column=c) for c in (1, 2))
    close(first.lam, 2 * (0.1 + 0.2 * 1 - 0.1 * np.log(2)))  # 0.1ω, then 0.1 + 0.2(ω − 1)
    close(second.lam, 2 * (0.2 + 0.3 * np.log(2) - 0.1))
    close(SpectralFunction.read(epw, "meV", column=2).lam, 2 * (0.3 * np.log(2) - 0.1))


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        ("1 2\n3 4\n", {}, "nothing about its unit.*lambda.x writes THz"),
        ("1 2\n3 4\n", {"unit": "furlong"}, "no unit 'furlong'.*meV"),
        ("1 2 3\n3 4 5\n", {"unit": "meV"}, "2 columns.*column is None"),
        ("1 2 3\n3 4 5\n", {"unit": "meV", "column": 3}, "choose one of 1…2"),
        ("1 2 3\n3 4 5\n", {"unit": "meV", "column": 0}, "choose one of 1…2"),
        ("1 2 3\n3 4 5\n", {"unit": "meV", "column": "1"}, "column is '1'; choose one of 1…2"),
        ("1 2 3\n3 4 5\n", {"unit": "meV", "column": 1.5}, "column is 1.5; choose one of 1…2"),
        ("1\n3\n", {"unit": "meV"}, "0 columns"),
        ("1 2\n3 oops\n5 6\n", {"unit": "meV"}, "line 2.*oops"),
        ("1 2\n3 4 5\n5 6\n", {"unit": "meV"}, "line 2"),
        ("# nothing\n", {"unit": "meV"}, "no row of numbers"),
        ("# alpha2F: energy in THz, alpha2F\n1 2\n3 4\n", {"unit": "meV"}, "says THz.*you say meV"),
    ],
)
def test_files_that_are_refused(tmp_path, text, arguments, says):
    path = tmp_path / "a2f.dat"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"(?s){says}"):
        SpectralFunction.read(path, **arguments)


def test_files_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "a2f.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(ValueError, match=r"a2f.gz is not text in UTF-8 .*; save it as UTF-8"):
        SpectralFunction.read(path, "meV")


@pytest.mark.parametrize("error", ["a", "0.1", -0.1, np.nan])
def test_errors_that_are_no_numbers_are_refused(error):
    with pytest.raises(ValueError, match=r"error is .*; a relative error is ≥ 0 and finite; pass"):
        SpectralFunction([1.0, 2.0], [0.1, 0.1], error=error)


@pytest.mark.parametrize("name", EVERY)
def test_the_quadrature_cannot_be_changed(name):
    for array in (EVERY[name].nodes, EVERY[name].weights):
        with pytest.raises(ValueError, match="read-only"):
            array *= 2.0


def test_formulas_are_not_written(tmp_path):
    for s in (EVERY["debye"], EVERY["sum"]):
        with pytest.raises(ValueError, match=r"formula or a sum.*each summand"):
            s.write(tmp_path / "x")
    with pytest.raises(ValueError, match="no unit"):
        TRIANGLE.write(tmp_path / "x", "kcal")


@pytest.mark.parametrize(
    ("energy", "values", "kind", "says"),
    [
        ([1, 2, 3], [0.1, -0.2, 0.3], ValueError, r"α²F is -0.2 at index 1, ω = 2 meV"),
        ([1, 2, 3], [0.1, np.nan, 0.3], ValueError, r"values is not finite at index \[1\]"),
        ([1, np.inf, 3], [0.1, 0.2, 0.3], ValueError, r"energy_meV is not finite at index \[1\]"),
        ([1, 3, 3], [0.1, 0.2, 0.3], ValueError, "does not ascend at index 2: 3 meV after 3 meV"),
        ([-1, 2, 3], [0.1, 0.2, 0.3], UnstableLatticeError, "index 0 is -1 meV.*imaginary"),
        ([0, 2, 3], [0.1, 0.2, 0.3], PhysicalRefusal, "α²F is 0.1 at index 0, ω = 0.*diverge"),
        ([1, 2], [0.1, 0.2, 0.3], ValueError, "shape"),
        ([1], [0.1], ValueError, "n ≥ 2.*from_peaks"),
        (["a", 2], [0.1, 0.2], ValueError, "cannot be read as numbers"),
    ],
)
def test_grids_that_are_refused(energy, values, kind, says):
    with pytest.raises(kind, match=says):
        SpectralFunction(energy, values)


def test_peaks_that_are_refused():
    with pytest.raises(UnstableLatticeError, match="index 1 is 0 meV.*must have ω > 0"):
        SpectralFunction.from_peaks([1.0, 0.0], [0.1, 0.0])
    with pytest.raises(ValueError, match=r"strength is -0.1 at index 0, ω = 1 meV"):
        SpectralFunction.from_peaks([1.0, 2.0], [-0.1, 0.0])
    with pytest.raises(ValueError, match="no peaks"):
        SpectralFunction.from_peaks([], [])
    with pytest.raises(ValueError, match="shape"):
        SpectralFunction.from_peaks([1.0, 2.0], [0.1])


def test_other_refusals():
    nothing = SpectralFunction([1.0, 2.0], [0.0, 0.0])
    assert nothing.lam == 0 == nothing.area
    assert "ω_log" not in repr(nothing)
    for ask in (lambda: nothing.omega_log, lambda: nothing.omega_2, lambda: nothing.moment(1)):
        with pytest.raises(PhysicalRefusal, match="zero everywhere"):
            ask()
    with pytest.raises(PhysicalRefusal, match="exponent must exceed −2"):
        TRIANGLE.moment(-1)
    with pytest.raises(PhysicalRefusal, match="exponent must exceed -3"):
        EVERY["debye"].moment(-2)
    with pytest.raises(ValueError, match="peaks has no value"):
        PEAKS(3.0)
    for factor in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="cannot be multiplied"):
            factor * TRIANGLE
    with pytest.raises(TypeError):
        TRIANGLE + 1.0
    with pytest.raises(TypeError):
        TRIANGLE * "2"
    with pytest.raises(ValueError, match="width_meV is 0"):
        TRIANGLE.broadened([1.0], 0)
    with pytest.raises(ValueError, match="relative error"):
        SpectralFunction([1.0, 2.0], [0.0, 1.0], error=-0.1)
    for make in (SpectralFunction.einstein, SpectralFunction.debye):
        with pytest.raises(ValueError, match="lam is -1"):
            make(-1, 10.0)
        with pytest.raises(ValueError, match="energy_meV is 0|cutoff_meV is 0"):
            make(0.5, 0)
    with pytest.raises(ValueError, match="exponent is 0"):
        SpectralFunction.power_law(0.4, 30, 0)
