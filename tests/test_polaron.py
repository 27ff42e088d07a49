"""One Holstein electron: two other Hilbert spaces, published digits, limits, and derivatives."""

from itertools import product
from math import exp

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.linalg import eigsh

from elphlib import polaron
from elphlib.errors import ConvergenceError

BONCA = -2.469684723933  # Bonča, Trugman, Batistić 1999, t = ω₀ = g = 1


def ring_energy(sites, cutoff, t, omega, g, momentum=0):
    """Electron on a periodic ring in real space, momentum by translation, phonons ≤ cutoff.

    A state is the phonon numbers seen from the electron on a ring of ``sites``.
    """
    states = [n for n in product(range(cutoff + 1), repeat=sites) if sum(n) <= cutoff]
    index = {n: i for i, n in enumerate(states)}
    phase = np.exp(2j * np.pi * momentum / sites)
    rows, columns, values = [], [], []
    for n, i in index.items():
        rows.append(i)
        columns.append(i)
        values.append(omega * sum(n))
        for moved, amplitude in ((n[1:] + n[:1], phase), (n[-1:] + n[:-1], phase.conjugate())):
            rows.append(index[moved])
            columns.append(i)
            values.append(-t * amplitude)
        more = (n[0] + 1, *n[1:])
        if more in index:
            rows += [index[more], i]
            columns += [i, index[more]]
            values += [g * np.sqrt(n[0] + 1)] * 2
    H = coo_array((values, (rows, columns)), shape=(len(states),) * 2).tocsr()
    return float(eigsh(H, k=1, which="SA", return_eigenvectors=False, tol=1e-12)[0])


def momentum_space_energy(points, cutoff, t, omega, g):
    """The same ring with plane waves: H = Σε_{−Q}n + g/√N Σ(b_q + b†_−q), total momentum 0."""
    states = [n for n in product(range(cutoff + 1), repeat=points) if sum(n) <= cutoff]
    index = {n: i for i, n in enumerate(states)}
    q = np.arange(points)
    H = np.zeros((len(states),) * 2)
    for n, i in index.items():
        carried = int(np.dot(q, n)) % points
        H[i, i] = omega * sum(n) - 2 * t * np.cos(2 * np.pi * carried / points)
        for mode in range(points):
            more = tuple(m + (k == mode) for k, m in enumerate(n))
            if more in index:
                j = index[more]
                H[i, j] = H[j, i] = g / np.sqrt(points) * np.sqrt(more[mode])
    return float(np.linalg.eigvalsh(H)[0])


def test_published_digits():
    state = polaron.ground_state(1, 1, 1)
    assert state.energy == pytest.approx(BONCA, abs=1e-8)
    assert state.error <= 1e-8
    # Ku, Trugman, Bonča 2002: −4.814735778(3) on the square lattice
    square = polaron.ground_state(1, 2, 2, dimension=2, tolerance=1e-6)
    assert square.energy == pytest.approx(-4.814735778, abs=1e-6)


@pytest.mark.parametrize(("omega", "g"), [(1.0, 0.6), (2.0, 1.5), (0.7, 0.4)])
def test_against_a_ring_in_real_space_and_one_in_momentum_space(omega, g):
    exact = polaron.ground_state(1, omega, g).energy
    ring = [ring_energy(5, 9, 1, omega, g), ring_energy(7, 7, 1, omega, g)]
    assert abs(ring[1] - exact) < 2e-3
    assert abs(ring[1] - exact) < abs(ring[0] - exact) + 1e-6
    assert momentum_space_energy(4, 7, 1, omega, g) == pytest.approx(
        ring_energy(4, 7, 1, omega, g), abs=1e-9
    )


def test_small_rings_tend_to_it():
    """Rings of 5, 6, 7 sites in the antiadiabatic case, where finite size is smallest."""
    exact = polaron.ground_state(1, 3, 1.5).energy
    sizes = [abs(ring_energy(n, 8, 1, 3, 1.5) - exact) for n in (3, 5, 7)]
    assert sizes[2] < sizes[1] < sizes[0]
    assert sizes[2] < 3e-5


def test_variational():
    energies = [polaron.ground_state(1, 1, 1, depth=d, tolerance=9).energy for d in range(4, 13)]
    assert (np.diff(energies) < 0).all()
    assert energies[-1] > BONCA - 1e-11
    estimates = [polaron.ground_state(1, 1, 1, depth=d, tolerance=9).error for d in (7, 9, 11)]
    true = np.array([energies[d - 4] - BONCA for d in (7, 9, 11)])
    assert (np.array(estimates) == pytest.approx(true, rel=0.5)) or (estimates > true).all()


def test_hellmann_and_feynman():
    t, omega, g, h = 1.0, 1.1, 0.9, 1e-3

    def energy(t=t, omega=omega, g=g):
        return polaron.ground_state(t, omega, g, tolerance=1e-10).energy

    state = polaron.ground_state(t, omega, g, tolerance=1e-10)
    by_omega = (energy(omega=omega + h) - energy(omega=omega - h)) / (2 * h)
    assert state.phonon_number == pytest.approx(by_omega, rel=1e-5)
    # E is homogeneous of first degree in (t, ω₀, g)
    slopes = [
        (energy(t=t + h) - energy(t=t - h)) / (2 * h),
        by_omega,
        (energy(g=g + h) - energy(g=g - h)) / (2 * h),
    ]
    assert np.dot(slopes, [t, omega, g]) == pytest.approx(state.energy, rel=1e-6)
    assert 0 < state.residue < 1


@pytest.mark.parametrize(("omega", "g"), [(3.0, 1.5), (2.0, 1.0)])
def test_mass_against_finite_momenta_of_a_ring(omega, g):
    """E(K) of the ring at its smallest K, extrapolated by cos K: E ≃ E₀ + (t/m)(1 − cos K)·2/2."""
    sites = 7
    start, moved = (ring_energy(sites, 7, 1, omega, g, momentum=m) for m in (0, 1))
    K = 2 * np.pi / sites
    tight = 2 * (1 - np.cos(K)) / 2  # E″ of a cosine band
    assert polaron.ground_state(1, omega, g).mass == pytest.approx(
        2 * tight / (moved - start), rel=0.06
    )


def test_mass_against_a_twist():
    """Exact: the phase of the hops changed by a small K in the same space."""
    state = polaron.ground_state(1, 1, 1, tolerance=1e-6)
    space, K = state._space.unfolded, 0.02
    right, left = space.hops
    H = space.hamiltonian(1, 1, 1) + right + left
    H = H - np.exp(-1j * K) * right - np.exp(1j * K) * left
    moved = eigsh(H, k=1, which="SA", return_eigenvectors=False, tol=1e-13)[0]
    assert state.mass == pytest.approx(K**2 / (moved - state.energy), rel=1e-3)


def test_weak_coupling_to_fourth_order():
    for dimension in (1, 2):
        off = []
        for g in (0.1, 0.2):
            exact = polaron.ground_state(1, 1, g, dimension, tolerance=1e-7)
            weak = polaron.perturbation(1, 1, g, dimension)
            off.append(abs(exact.energy - weak.energy))
            assert weak.mass == pytest.approx(exact.mass, rel=40 * g**4)
            assert weak.phonon_number == pytest.approx(exact.phonon_number, rel=40 * g**2)
        assert np.log2(off[1] / off[0]) == pytest.approx(4, abs=0.3)


def test_second_order_of_the_square_lattice_by_a_sum():
    n = 600
    k = (np.arange(n) + 0.5) * 2 * np.pi / n
    band = -2 * np.cos(k)[:, None] - 2 * np.cos(k)
    denominator = -4 - 0.8 - band
    weak = polaron.perturbation(1, 0.8, 0.3, 2)
    assert weak.energy == pytest.approx(-4 + 0.09 * (1 / denominator).mean(), rel=1e-9)
    assert weak.mass == pytest.approx(1 + 0.09 * (1 / denominator**2).mean(), rel=1e-8)


@pytest.mark.parametrize("dimension", [1, 2])
def test_strong_coupling_in_powers_of_the_hopping(dimension):
    """Right through order t²: the error is of the third."""
    off = []
    for t in (0.05, 0.1):
        exact = polaron.ground_state(t, 1, 1, dimension, tolerance=1e-5).energy
        off.append(abs(exact - polaron.lang_firsov(t, 1, 1, dimension).energy))
    assert np.log2(off[1] / off[0]) == pytest.approx(3, abs=0.3)
    limit = polaron.lang_firsov(1e-6, 1, 1, dimension)
    assert limit.energy == pytest.approx(-1, abs=1e-5)
    assert (limit.mass, limit.phonon_number) == (pytest.approx(exp(1)), 1)


def test_two_sites_by_brute_force():
    t, omega, g, n = 1.0, 1.3, 1.1, 22
    number = np.arange(n)
    b = np.diag(np.sqrt(number[1:]), 1)
    one, x = np.eye(n), b + b.T
    H = np.kron([[0, -t], [-t, 0]], np.kron(one, one)).astype(float)
    count = np.kron(np.diag(number), one) + np.kron(one, np.diag(number))
    H += np.kron(np.eye(2), omega * count)
    H += g * np.kron(np.diag([1, 0]), np.kron(x, one)) + g * np.kron(
        np.diag([0, 1]), np.kron(one, x)
    )
    values, vectors = np.linalg.eigh(H)
    exact = polaron.two_site(t, omega, g)
    assert exact.energy == pytest.approx(values[0], abs=1e-8)
    ground = vectors[:, 0]
    assert exact.phonon_number == pytest.approx(
        ground @ np.kron(np.eye(2), count) @ ground, rel=1e-6
    )
    assert exact.parity_gap == pytest.approx(values[1] - values[0], rel=1e-6)


def test_tunnelling_of_two_sites_is_exponentially_small():
    """The gap tends to 2t exp(−g²/ω₀²): each of two oscillators must be carried over."""
    gap = polaron.two_site(0.01, 1.0, 2.0).parity_gap
    assert gap == pytest.approx(0.02 * exp(-4), rel=1e-2)


def test_lambda_and_back():
    g = polaron.coupling_from_lambda(0.5, 1.0, 2.0, 2)
    assert g == pytest.approx(2.0)
    assert polaron.polaron_lambda(1.0, 2.0, g, 2) == pytest.approx(0.5)
    assert polaron.polaron_lambda(1, 1, 1) == pytest.approx(0.5)


def test_without_coupling_the_electron_is_free():
    for dimension in (1, 2):
        state = polaron.ground_state(1, 1, 0, dimension)
        assert state.energy == pytest.approx(-2 * dimension)
        assert (state.residue, state.mass) == (pytest.approx(1), pytest.approx(1))


def test_too_small_a_space_is_refused():
    with pytest.raises(ConvergenceError, match=r"depth 8\) leave an error .* g²/ω₀² is 16"):
        polaron.ground_state(1, 0.5, 2.0, depth=8)
    with pytest.raises(ConvergenceError, match="1e-08 is asked for"):
        polaron.ground_state(1, 0.25, 1.0, depth=12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hopping": 0}, "hopping is 0; it must be positive"),
        ({"phonon_energy": -1}, "phonon_energy is -1 t; it must be positive"),
        ({"coupling": -0.1}, "coupling is -0.1 t; it must not be negative"),
        ({"dimension": 3}, "dimension is 3; 1 .chain. and 2"),
        ({"depth": 2}, "depth is 2; an integer ≥ 3"),
        ({"tolerance": 0}, "tolerance is 0 t; it must be positive"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        polaron.ground_state(**({"hopping": 1, "phonon_energy": 1, "coupling": 1} | change))
