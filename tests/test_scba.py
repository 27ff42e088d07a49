"""Migdal's self-consistent theory of one electron: its recursion, its branch, its limits."""

import numpy as np
import pytest
from scipy.optimize import brentq

from elphlib import polaron
from elphlib.errors import ConvergenceError
from elphlib.scba import local_green


def by_iteration(z, t, omega, g, dimension=1, points=4096, rungs=40):
    """Σ on the ladder z, z − ω₀, … iterated to self-consistency, k summed on a mesh."""
    k = (np.arange(points) + 0.5) * 2 * np.pi / points
    band = -2 * t * np.cos(k)
    ladder = z - omega * np.arange(rungs)
    sigma = np.zeros(rungs, dtype=np.asarray(z).dtype)
    for _ in range(rungs + 2):
        green = (1 / (ladder[:, None] - band - sigma[:, None])).mean(axis=1)
        sigma = np.append(g**2 * green[1:], 0)
    return sigma[0]


def test_the_published_prototype_number():
    assert polaron.scba(1, 1, 1).energy == pytest.approx(-2.412590609, abs=1e-9)


@pytest.mark.parametrize("z", [-3.0, -2.6, 0.3 + 0.2j, -2.2 - 0.1j])
def test_recursion_against_iteration(z):
    found = polaron.scba_self_energy(z, 1, 0.8, 0.9)
    assert complex(found) == pytest.approx(complex(by_iteration(z, 1, 0.8, 0.9)), rel=1e-8)


def test_pole_against_a_root_of_the_iterated_equation():
    found = polaron.scba(1, 1.5, 1.2).energy
    ends = found - 0.5, found + 0.02
    root = brentq(lambda z: z + 2 - by_iteration(np.float64(z), 1, 1.5, 1.2), *ends, xtol=1e-13)
    assert found == pytest.approx(root, abs=1e-10)


@pytest.mark.parametrize("dimension", [1, 2])
def test_local_green_functions_by_sums(dimension):
    n = 2000
    k = (np.arange(n) + 0.5) * 2 * np.pi / n
    band = -2 * np.cos(k)
    if dimension == 2:
        band = (band[:, None] + band).ravel()
    for z in (-2.3 * dimension, 0.4 + 0.3j, -1.9 - 0.5j):
        expected = (1 / (z - band)).mean()
        assert complex(local_green(np.array(z), 1.0, dimension)) == pytest.approx(
            complex(expected), rel=1e-7
        )


@pytest.mark.parametrize("dimension", [1, 2])
def test_energy_mass_and_residue_belong_together(dimension):
    limit = polaron.scba(1, 1, 0.8, dimension)
    sigma = float(polaron.scba_self_energy(limit.energy, 1, 1, 0.8, dimension))
    assert limit.energy == pytest.approx(-2 * dimension + sigma, abs=1e-9)
    assert limit.residue * limit.mass == pytest.approx(1)
    h = 1e-4
    slope = polaron.scba_self_energy([limit.energy - h, limit.energy + h], 1, 1, 0.8, dimension)
    assert limit.mass == pytest.approx(1 - np.diff(slope)[0] / (2 * h), rel=1e-5)


@pytest.mark.parametrize("dimension", [1, 2])
def test_differs_from_second_order_in_the_fourth(dimension):
    off = [
        abs(
            polaron.scba(1, 1, g, dimension).energy
            - polaron.perturbation(1, 1, g, dimension).energy
        )
        for g in (0.05, 0.1)
    ]
    assert np.log2(off[1] / off[0]) == pytest.approx(4, abs=0.1)


def test_phonon_number_is_the_derivative():
    energies = [polaron.scba(1, w, 0.9).energy for w in (0.999, 1.001)]
    assert polaron.scba(1, 1, 0.9).phonon_number == pytest.approx(
        np.diff(energies)[0] / 0.002, rel=1e-5
    )


def test_causal_with_the_weight_of_the_coupling():
    """Im Σ ≤ 0 above the axis; −(1/π)∫Im Σ dω = g²: one phonon can be emitted."""
    x = np.linspace(-6, 40, 20001)
    sigma = polaron.scba_self_energy(x + 0.05j, 1, 1, 0.9)
    assert (sigma.imag <= 0).all()
    weight = -np.trapezoid(sigma.imag, x) / np.pi
    assert weight == pytest.approx(0.81, rel=2e-2)
    lower = polaron.scba_self_energy(x - 0.05j, 1, 1, 0.9)
    assert lower == pytest.approx(sigma.conj())


def test_above_the_pole_it_is_not_real():
    assert np.isnan(polaron.scba_self_energy(-1.0, 1, 1, 1)).all()


def test_a_lone_carrier_does_not_test_migdal():
    """At fixed λ its error grows as ω₀/t falls: there is no sea."""
    off = []
    for omega in (4.0, 2.0, 1.0, 0.5):
        g = polaron.coupling_from_lambda(1.0, 1.0, omega)
        exact = polaron.ground_state(1, omega, g, tolerance=1e-4).energy
        off.append((polaron.scba(1, omega, g).energy - exact) / abs(exact + 2))
    assert (np.diff(off) > 0).all()
    assert off[0] > 0.05


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="z is nan; finite energies"):
        polaron.scba_self_energy(np.nan, 1, 1, 1)
    with pytest.raises(ConvergenceError, match=r"steps of ω₀ = 1e-05"):
        polaron.scba(1, 1e-5, 0.1)
    with pytest.raises(ValueError, match="dimension is 3"):
        polaron.scba(1, 1, 1, 3)
