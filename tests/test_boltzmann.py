"""The Bloch equation: bounds and closed forms, a second discretisation, Matthiessen's rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elphlib import transport
from elphlib.boltzmann import _basis, _flow, _table, bloch_equation, exact_resistivity
from elphlib.errors import PhysicalRefusal
from elphlib.spectral import SpectralFunction
from elphlib.units import BOLTZMANN_meV_K

DEBYE = SpectralFunction.power_law(0.15, 17.0, 2)
DEBYE_TR = SpectralFunction.power_law(0.15, 17.0, 4)
T_ALL = np.geomspace(2.0, 500.0, 16)


def fermi(x):
    return 0.5 * (1 - np.tanh(x / 2))


def sharp(u):
    """−f′ in units of k_BT."""
    return 1 / (4 * np.cosh(u / 2) ** 2)


def test_the_basis_is_orthonormal_under_the_sharp_weight():
    u = np.linspace(-60, 60, 6001)
    basis = _basis(u, 8)
    overlap = np.einsum("um,un,u->mn", basis, basis, sharp(u)) * (u[1] - u[0])
    assert overlap == pytest.approx(np.eye(8), abs=1e-9)
    assert basis[:, 0] == pytest.approx(1, abs=1e-12)


def test_lowest_order_is_zimans_formula():
    solution = bloch_equation(T_ALL, DEBYE, DEBYE_TR, 0.3)
    ziman = transport.scattering_rate(T_ALL, DEBYE_TR) + 0.3
    assert solution.lowest_order == pytest.approx(ziman, rel=1e-9)
    one = bloch_equation(T_ALL, DEBYE, DEBYE_TR, 0.3, order=1)
    assert one.rate == pytest.approx(ziman, rel=1e-9)


def test_each_order_lowers_the_rate_and_the_hot_limit_needs_one():
    rates = [bloch_equation(T_ALL, DEBYE, DEBYE_TR, order=n).rate for n in (1, 2, 3, 4, 6, 8, 12)]
    assert (np.diff(rates, axis=0) <= 1e-9 * rates[0]).all()
    assert rates[-1] == pytest.approx(rates[-2], rel=1e-4)
    assert rates[-1][-1] == pytest.approx(rates[0][-1], rel=1e-3)
    assert (rates[-1] / rates[0]).min() < 0.8  # and it matters in between


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.5, 40), st.floats(0.01, 3), st.floats(0.02, 1.98)),
        min_size=1,
        max_size=5,
    ),
    st.floats(2, 600),
    st.floats(0, 5),
)
def test_never_above_lowest_order_and_matthiessen_never_overestimates(peaks, T, impurity):
    energy, strength, turned = np.transpose(peaks)
    spectral = SpectralFunction.from_peaks(energy, strength)
    spectral_tr = SpectralFunction.from_peaks(energy, strength * turned)
    clean = bloch_equation(T, spectral, spectral_tr)
    dirty = bloch_equation(T, spectral, spectral_tr, impurity)
    assert 0 < clean.rate <= clean.lowest_order * (1 + 1e-9)
    assert dirty.rate >= (clean.rate + impurity) * (1 - 1e-9)


def relaxation(u, x, strength):
    """Rate out of a state at u k_BT by one peak at x k_BT: 2π s [n + f(u+x) + n + 1 − f(u−x)]."""
    n = 1 / np.expm1(x)
    return 2 * np.pi * strength * (2 * n + fermi(u + x) + 1 - fermi(u - x))


@pytest.mark.parametrize("T", [6.0, 25.0, 120.0, 900.0])
@pytest.mark.parametrize("impurity", [0.0, 0.4])
def test_isotropic_scattering_is_an_average_of_tau(T, impurity):
    # α²_trF = α²F: nothing comes back with a direction, φ = 1/Γ(ε).
    peak = SpectralFunction.einstein(0.6, 11.0)
    u = np.linspace(-70, 70, 20001)
    tau = 1 / (relaxation(u, 11.0 / (BOLTZMANN_meV_K * T), 0.6 * 11.0 / 2) + impurity)
    mean = (sharp(u) * tau).sum() * (u[1] - u[0])
    solution = bloch_equation(T, peak, peak, impurity)
    assert solution.rate == pytest.approx(1 / mean, rel=1e-5)
    near = np.array([0.0, 1.0, 3.0, 5.0])
    assert solution.phi(near * BOLTZMANN_meV_K * T) == pytest.approx(
        np.interp(near, u, tau), rel=2e-3
    )


def test_cold_einstein_phonons_leave_three_over_x_of_the_lowest_order():
    # φ ∝ 1/cosh²(ε/2k_BT), so that the rate is 6 and not 2x times 2πs e^(−x).
    peak = SpectralFunction.einstein(0.6, 11.0)
    x = np.array([12.0, 20.0, 40.0])
    solution = bloch_equation(11.0 / (BOLTZMANN_meV_K * x), peak, peak)
    assert solution.rate / solution.lowest_order == pytest.approx(3 / x, rel=3e-4)


@pytest.mark.parametrize("T", [15.0, 60.0])
@pytest.mark.parametrize("turned", [0.3, 1.7])
def test_against_a_dense_grid_of_energies(T, turned):
    # Two peaks at multiples of the spacing: φ(ε ± ω) falls on the grid. Nothing says φ is even.
    kT, step = BOLTZMANN_meV_K * T, 0.5
    energy, strength = np.array([2.0, 7.0]), np.array([0.4, 0.9])
    reach = round(40 * kT / step)
    grid = np.arange(-reach, reach + 1) * step
    operator = np.diag(np.full(len(grid), 0.05))
    index = np.arange(len(grid))
    for omega, s in zip(energy, strength, strict=True):
        n, jump = 1 / np.expm1(omega / kT), round(omega / step)
        for sign, thermal in ((1, n + fermi((grid + omega) / kT)),
                              (-1, n + 1 - fermi((grid - omega) / kT))):  # fmt: skip
            operator[index, index] += 2 * np.pi * s * thermal
            to = np.clip(index + sign * jump, 0, len(grid) - 1)
            np.add.at(operator, (index, to), -2 * np.pi * s * (1 - turned) * thermal)
    phi = np.linalg.solve(operator, np.ones(len(grid)))
    mean = (sharp(grid / kT) * phi).sum() * step / kT
    solution = bloch_equation(
        T, SpectralFunction.from_peaks(energy, strength),
        SpectralFunction.from_peaks(energy, strength * turned), 0.05, order=12,
    )  # fmt: skip
    assert solution.rate == pytest.approx(1 / mean, rel=3e-5)
    near = np.abs(grid) < 2 * kT
    assert phi[near] == pytest.approx(phi[near][::-1], rel=1e-9)  # even by itself
    assert solution.phi(grid[near]) == pytest.approx(phi[near], rel=5e-3)


def test_the_table_between_its_knots():
    """Splines against the average over the flow of electrons itself, halfway between knots."""
    row, column = np.triu_indices(8)
    relax, turn = _table(8)
    for s in (relax.x[1:] + relax.x[:-1])[12::25] / 2:
        here, there, weight = _flow(8 * s / (1 - s), 8)
        step = here - there
        exact = np.einsum("u,um,un->mn", weight, step, step)[row, column]
        assert np.abs(relax(s) - exact).max() < 1e-6 * np.abs(exact).max()
        exact = np.einsum("u,um,un->mn", weight, here, there)
        exact = (exact + exact.T)[row, column]
        assert np.abs(turn(s) - exact).max() < 1e-6 * np.abs(exact).max()


def test_matthiessens_rule_fails_between_the_extremes_only():
    impurity = np.array([[1e-4], [0.1], [1e5]])
    dirty = bloch_equation(T_ALL, DEBYE, DEBYE_TR, impurity)
    clean = bloch_equation(T_ALL, DEBYE, DEBYE_TR)
    deviation = dirty.rate - impurity - clean.rate
    assert (deviation > -1e-9 * dirty.rate).all()
    assert (np.diff(deviation, axis=0) > -1e-6 * clean.rate).all()
    # In the dirty limit impurities keep φ flat, and phonons count with their lowest order.
    assert deviation[2] == pytest.approx(clean.lowest_order - clean.rate, rel=2e-2, abs=1e-7)
    assert (deviation[1] / clean.rate).max() > 0.02
    assert deviation[1, -1] < 1e-3 * clean.rate[-1]


def test_resistivity_and_broadcasting():
    rho = exact_resistivity(T_ALL, DEBYE, DEBYE_TR, 6.0, [[0.0], [1.0]])
    assert rho.shape == (2, 16)
    assert (rho[1] > rho[0]).all()
    hot = transport.resistivity(5000.0, DEBYE_TR, 6.0)
    assert exact_resistivity(5000.0, DEBYE, DEBYE_TR, 6.0) == pytest.approx(hot, rel=1e-5)


def test_bad_input():
    with pytest.raises(PhysicalRefusal, match="α²_trF is too large for α²F"):
        bloch_equation(
            20.0, SpectralFunction.einstein(0.2, 10.0), SpectralFunction.einstein(0.9, 10.0)
        )
    with pytest.raises(ValueError, match="T is 0 K; it must be positive"):
        bloch_equation(0.0, DEBYE, DEBYE_TR)
    with pytest.raises(ValueError, match="impurity_rate_meV is -1 meV"):
        bloch_equation(10.0, DEBYE, DEBYE_TR, -1.0)
    with pytest.raises(ValueError, match="order is 0; an integer ≥ 1 is needed; 8 is usual"):
        bloch_equation(10.0, DEBYE, DEBYE_TR, order=0)


@pytest.mark.parametrize("T", [1.0, 20.0, 2000.0])
@pytest.mark.parametrize(
    "spectral_tr",
    [SpectralFunction.einstein(0.41, 10.0), SpectralFunction.einstein(0.39, 10.4)],
    ids=["lambda", "area"],
)
def test_more_than_turning_back_is_refused_at_every_temperature(T, spectral_tr):
    spectral = SpectralFunction.einstein(0.2, 10.0)
    with pytest.raises(PhysicalRefusal, match=r"too large.*1 − cos θ ≤ 2; take both"):
        bloch_equation(T, spectral, spectral_tr, 0.1)
    assert bloch_equation(T, spectral, 2 * spectral).rate > 0  # back-scattering only


def test_where_nothing_scatters_there_is_no_rate():
    nothing = 0 * DEBYE
    with pytest.raises(PhysicalRefusal, match=r"nothing scatters.*must be positive.*0.01 meV"):
        bloch_equation(10.0, nothing, nothing)
    with pytest.raises(PhysicalRefusal, match="nothing turns them"):
        bloch_equation([10.0, 20.0], DEBYE, nothing)
    assert bloch_equation(10.0, nothing, nothing, 0.3).rate == pytest.approx(0.3, rel=1e-12)


def test_phi_takes_energies_in_one_dimension():
    solution = bloch_equation([10.0, 20.0], DEBYE, DEBYE_TR)
    assert solution.phi([0.0, 1.0, 2.0]).shape == (2, 3)
    for energy in (1.0, np.zeros((2, 2))):
        with pytest.raises(ValueError, match=r"energy_meV has shape .*; it must be \(n,\)"):
            solution.phi(energy)
