"""Half-filled Holstein rings against a brute-force space, and their way into a charge wave."""

from itertools import combinations, product

import numpy as np
import pytest

from elphlib import polaron
from elphlib.errors import ConvergenceError


def brute_force(sites, t, omega, g, cutoff, spin, sign):
    """Everything: sites' own phonons, the uniform mode included, fermions by Jordan–Wigner."""
    up = [
        np.array([i in c for i in range(sites)], int)
        for c in combinations(range(sites), sites // 2)
    ]
    electrons = list(product(up, up)) if spin else [(u,) for u in up]
    phonons = [n for n in product(range(cutoff + 1), repeat=sites) if sum(n) <= cutoff]
    index = {n: i for i, n in enumerate(phonons)}
    states = {tuple(map(tuple, e)): i for i, e in enumerate(electrons)}
    size = len(phonons)
    H = np.zeros((len(electrons) * size,) * 2)
    staggered = np.zeros(len(electrons) * size)
    bonds = [(i, (i + 1) % sites) for i in range(sites if sites > 2 else 1)]
    for e, row in states.items():
        density = np.sum(e, axis=0)
        mean = density.sum() / sites
        for n, j in index.items():
            at = row * size + j
            staggered[at] = ((density - mean) @ (-1.0) ** np.arange(sites)) ** 2 / sites
            H[at, at] += omega * sum(n)
            for i in range(sites):
                more = tuple(m + (k == i) for k, m in enumerate(n))
                if more in index:
                    other = row * size + index[more]
                    H[at, other] += g * density[i] * np.sqrt(more[i])
                    H[other, at] += g * density[i] * np.sqrt(more[i])
            for s, spins in enumerate(e):
                for a, b in bonds:
                    factor = sign if sites > 2 and (a, b) == bonds[-1] else 1
                    for start, end in ((a, b), (b, a)):
                        if spins[start] and not spins[end]:
                            moved = list(spins)
                            jump = (-1) ** sum(moved[:start])
                            moved[start] = 0
                            jump *= (-1) ** sum(moved[:end])
                            moved[end] = 1
                            new = states[
                                tuple(tuple(moved) if k == s else x for k, x in enumerate(e))
                            ]
                            H[new * size + j, at] -= t * jump * factor
    values, vectors = np.linalg.eigh(H)
    return values[0], staggered @ vectors[:, 0] ** 2


@pytest.mark.parametrize(("sites", "spin", "cutoff"), [(2, True, 9), (2, False, 12), (4, False, 6)])
def test_against_everything(sites, spin, cutoff):
    t, omega, g = 1.0, 2.0, 0.45
    energy, order = brute_force(sites, t, omega, g, cutoff, spin, -1)
    ring = polaron.holstein_ring(sites, t, omega, g, spin)
    assert ring.energy == pytest.approx(energy, abs=2e-4)
    assert ring.structure_factor == pytest.approx(order, abs=2e-4)


def test_free_electrons_fill_a_shell():
    ring = polaron.holstein_ring(4, 1.0, 1.0, 0.0)
    assert ring.energy == pytest.approx(-4 * np.sqrt(2))
    assert ring.phonon_number == pytest.approx(0, abs=1e-12)
    # Wick: S = (1/N)Σ(−1)^(i−j) 2⟨c†_i c_j⟩(δ_ij − ⟨c†_j c_i⟩) over both spins
    k = np.array([1, -1]) * np.pi / 4
    i = np.arange(4)
    one = (np.exp(1j * np.subtract.outer(i, i)[..., None] * k).sum(axis=-1) / 4).real
    signs = (-1.0) ** np.abs(np.subtract.outer(i, i))
    expected = 2 * (signs * (one * np.eye(4) - one * one.T)).sum() / 4
    assert ring.structure_factor == pytest.approx(expected, abs=1e-9)
    assert polaron.holstein_ring(4, 1.0, 1.0, 0.0, spin=False).energy == pytest.approx(
        -2 * np.sqrt(2)
    )


@pytest.mark.parametrize("omega", [1.0, 4.0])
def test_order_grows_with_coupling_and_more_so_for_slow_phonons(omega):
    lams = [0.0, 0.2, 0.4, 0.6]
    order = [
        polaron.holstein_ring(
            4, 1.0, omega, polaron.coupling_from_lambda(lam, 1.0, omega)
        ).structure_factor
        for lam in lams
    ]
    assert (np.diff(order) > 0).all()
    assert order[-1] < 4


def test_slow_phonons_order_first():
    slow, fast = (
        polaron.holstein_ring(4, 1.0, w, polaron.coupling_from_lambda(0.7, 1.0, w))
        for w in (1.0, 8.0)
    )
    assert slow.structure_factor > fast.structure_factor + 0.3


def test_deep_in_the_charge_wave_pairs_sit_on_every_second_site():
    assert polaron.holstein_ring(2, 0.05, 1.0, 1.5).structure_factor == pytest.approx(2, abs=0.02)
    strong = polaron.holstein_ring(4, 0.05, 1.0, 1.0)
    assert strong.structure_factor == pytest.approx(4, abs=0.15)
    # two pairs on four sites: −(2g)²/ω₀ for each
    assert strong.energy == pytest.approx(-8.0, abs=0.1)


def test_the_phonons_number_is_the_derivative_of_the_energy():
    h, g = 1e-3, 0.7

    def energy(w):
        uniform = -(g**2) * 16 / (4 * w)
        return polaron.holstein_ring(4, 1.0, w, g, phonons=12).energy - uniform

    slope = (energy(2 + h) - energy(2 - h)) / (2 * h)
    assert polaron.holstein_ring(4, 1.0, 2.0, g, phonons=12).phonon_number == pytest.approx(
        slope, rel=1e-4
    )


def test_too_few_phonons_are_refused():
    with pytest.raises(ConvergenceError, match="4 phonons leave a change of"):
        polaron.holstein_ring(4, 1.0, 0.5, 1.0, phonons=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 1, 1, 1), "sites is 3; rings of 2 and 4"),
        ((4, 0, 1, 1), "hopping is 0"),
        ((4, 1, 1, -1), "coupling is -1"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        polaron.holstein_ring(*arguments)
