"""Holstein clusters that are solved exactly: two sites with one electron, half-filled rings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb, sqrt

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.sparse import csr_array, diags_array, eye_array, kron
from scipy.sparse.linalg import eigsh

from elphlib.checks import integer, not_negative, positive
from elphlib.errors import ConvergenceError

_MOST_PHONONS = {2: 60, 4: 20}
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class TwoSites:
    """One electron on two sites; energies in the unit of t."""

    energy: float
    phonon_number: float
    parity_gap: float  #: to the lowest state of the other parity: twice the tunnelling amplitude


@dataclass(frozen=True)
class HolsteinRing:
    """A half-filled ring; energies in the unit of t.

    Attributes
    ----------
    energy : float
    structure_factor : float
        S(π) = (1/N) Σ_ij (−1)^(i−j) ⟨(n_i − n̄)(n_j − n̄)⟩, Eq. `eq-structure-factor`.
    phonon_number : float
        Of the modes other than the uniform one, which only sees the total charge.
    error : float
        Change of the energy when one phonon fewer is allowed.
    """

    energy: float
    structure_factor: float
    phonon_number: float
    error: float


def two_site(hopping: float, phonon_energy: float, coupling: float) -> TwoSites:
    """Exact ground state of one electron on two sites, Eq. `eq-holstein` for a dimer.

    The symmetric mode sees n = 1 and gives −g²/2ω₀ and g²/2ω₀² phonons. The relative mode flips the
    electron: in the parity basis H = ω₀b†b + (g/√2)(b + b†) − t P(−1)^n is tridiagonal, P = ±1.

    Raises
    ------
    ValueError
        If t or ω₀ is not positive or g negative.
    """
    _check(hopping, phonon_energy, coupling)
    S = (coupling / phonon_energy) ** 2 / 2
    n = np.arange(int(60 + 6 * S + 20 * sqrt(S)))
    off = coupling / sqrt(2) * np.sqrt(n[1:])
    lowest, state = [], []
    for parity in (1, -1):
        diagonal = phonon_energy * n - hopping * parity * (-1.0) ** n
        energy, vector = eigh_tridiagonal(diagonal, off, select="i", select_range=(0, 0))
        lowest.append(float(energy[0]))
        state.append(vector[:, 0])
    return TwoSites(
        energy=lowest[0] - coupling**2 / (2 * phonon_energy),
        phonon_number=float(n @ state[0] ** 2) + S,
        parity_gap=lowest[1] - lowest[0],
    )


def holstein_ring(
    sites: int,
    hopping: float,
    phonon_energy: float,
    coupling: float,
    spin: bool = True,
    phonons: int | None = None,
) -> HolsteinRing:
    """Half-filled ring of 2 or 4 sites: does charge order? Eq. `eq-holstein` with a sea.

    The ring of four is closed antiperiodically, c_{N+1} = −c₁, so that its free electrons fill a
    shell: with periodic ends two levels would lie at the Fermi energy and S(π) of the free ring
    would not be unique.

    Parameters
    ----------
    sites : 2 or 4
        Two sites are joined by one bond.
    hopping, phonon_energy : float, > 0
    coupling : float, ≥ 0
    spin : bool
        One electron of either spin for each two sites, or spinless electrons.
    phonons : int, optional
        Most phonons at a time; None: as many as the energy to 10⁻³ t asks for.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    ConvergenceError
        If one phonon fewer changes the energy by more than 10⁻³ t.
    """
    if sites not in _MOST_PHONONS:
        raise ValueError(f"sites is {sites!r}; rings of 2 and 4 are solved; 4 is usual.")
    _check(hopping, phonon_energy, coupling)
    most = _MOST_PHONONS[sites]
    if phonons is not None:
        most = integer("phonons", phonons, 1, "4–14 is usual")
    electrons = sites if spin else sites // 2
    shift = -(coupling**2) * electrons**2 / (sites * phonon_energy)
    before, error = np.inf, np.inf
    first = min(most - 1, 3 + int((coupling / phonon_energy) ** 2))
    for cutoff in range(most - 1 if phonons is not None else first, most + 1):
        energy, state = _ring_state(sites, spin, cutoff, hopping, phonon_energy, coupling)
        error = abs(before - energy)
        before = energy
        if phonons is None and error <= _TOLERANCE * hopping / 10:
            break
    if error > _TOLERANCE * hopping:
        raise ConvergenceError(
            f"{cutoff} phonons leave a change of {error:.1g} in the energy of the ring; "
            f"{_TOLERANCE * hopping:g} is asked for; allow more phonons, or take g²/ω₀² below "
            f"{(coupling / phonon_energy) ** 2:.3g}."
        )
    factor, number = _expectations(sites, spin, cutoff, state)
    return HolsteinRing(energy + shift, factor, number, error)


def _check(hopping: float, phonon_energy: float, coupling: float) -> None:
    positive("hopping", hopping, "", "1 makes it the unit of energy")
    positive("phonon_energy", phonon_energy, "t", "0.1–5 is usual")
    not_negative("coupling", coupling, "t", "0.1–3 is usual")


def _ring_state(
    sites: int, spin: bool, cutoff: int, t: float, omega: float, g: float
) -> tuple[float, np.ndarray]:
    kinetic, linear, number = _ring_matrices(sites, spin, cutoff)
    H = omega * number + t * kinetic + g * linear
    if H.shape[0] < 400:
        energies, states = np.linalg.eigh(H.toarray())
    else:
        start = 1 + 0.1 * np.cos(np.arange(H.shape[0]))
        energies, states = eigsh(csr_array(H), k=1, which="SA", v0=start, tol=1e-9)
    return float(energies[0]), states[:, 0]


def _expectations(sites: int, spin: bool, cutoff: int, state: np.ndarray) -> tuple[float, float]:
    density = _densities(sites, spin)
    staggered = (density - density.mean(axis=1, keepdims=True)) @ (-1.0) ** np.arange(sites)
    weight = (state.reshape(len(density), -1) ** 2).sum(axis=1)
    number = _ring_matrices(sites, spin, cutoff)[2]
    return float(weight @ staggered**2) / sites, float(state @ (number @ state))


@lru_cache(maxsize=64)
def _ring_matrices(sites: int, spin: bool, cutoff: int) -> tuple[csr_array, csr_array, csr_array]:
    """Kinetic energy, coupling and number of phonons of all modes but the uniform one.

    Real modes: for q = π (−1)^i/√N, for the pair ±q √(2/N) cos qi and √(2/N) sin qi.
    """
    density = _densities(sites, spin)
    kinetic = _kinetic(sites, spin)
    i = np.arange(sites)
    q = 2 * np.pi / sites
    shapes = [(-1.0) ** i / sqrt(sites)]
    for m in range(1, (sites + 1) // 2):
        shapes += [sqrt(2 / sites) * np.cos(q * m * i), sqrt(2 / sites) * np.sin(q * m * i)]
    lowering, count = _bosons(len(shapes), cutoff)
    total = csr_array((len(density) * len(count),) * 2)
    for shape, lower in zip(shapes, lowering, strict=True):
        charge = diags_array(density @ shape, format="csr")
        total = total + kron(charge, lower + lower.T, format="csr")
    bosons = len(count)
    return (
        csr_array(kron(kinetic, eye_array(bosons), format="csr")),
        csr_array(total),
        csr_array(kron(eye_array(len(density)), diags_array(count.astype(float)), format="csr")),
    )


@lru_cache(maxsize=64)
def _bosons(modes: int, cutoff: int) -> tuple[list[csr_array], np.ndarray]:
    """Lowering operators of modes that hold at most ``cutoff`` phonons, and their number."""
    grid = np.indices((cutoff + 1,) * modes).reshape(modes, -1).T
    states = grid[grid.sum(axis=1) <= cutoff]
    code = states @ (cutoff + 1) ** np.arange(modes)
    order = np.argsort(code)
    lowering = []
    for mode in range(modes):
        source = np.flatnonzero(states[:, mode] > 0)
        target = order[np.searchsorted(code, code[source] - (cutoff + 1) ** mode, sorter=order)]
        value = np.sqrt(states[source, mode].astype(float))
        lowering.append(csr_array((value, (target, source)), shape=(len(states),) * 2))
    return lowering, states.sum(axis=1)


def _fillings(sites: int) -> list[tuple[int, ...]]:
    """Occupied sites of half as many electrons of one spin."""
    return list(combinations(range(sites), sites // 2))


def _densities(sites: int, spin: bool) -> np.ndarray:
    """(states, sites) numbers of electrons; the second spin runs fastest."""
    one = np.zeros((comb(sites, sites // 2), sites))
    for row, filled in enumerate(_fillings(sites)):
        one[row, list(filled)] = 1
    return (one[:, None] + one[None]).reshape(-1, sites) if spin else one


def _kinetic(sites: int, spin: bool) -> csr_array:
    """−Σ(c†_i c_{i+1} + h.c.) with the signs of fermions, for t = 1; antiperiodic for four."""
    fillings = _fillings(sites)
    index = {filled: n for n, filled in enumerate(fillings)}
    bonds = [(i, (i + 1) % sites) for i in range(sites if sites > 2 else 1)]
    matrix = np.zeros((len(fillings),) * 2)
    for column, filled in enumerate(fillings):
        for bond in bonds:
            for start, end in (bond, bond[::-1]):
                if start in filled and end not in filled:
                    rest = [site for site in filled if site != start]
                    sign = (-1) ** (filled.index(start) + sum(site < end for site in rest))
                    sign *= -1 if sites > 2 and bond == bonds[-1] else 1
                    matrix[index[tuple(sorted([*rest, end]))], column] -= sign
    one = csr_array(matrix)
    if not spin:
        return one
    identity = eye_array(len(fillings))
    return csr_array(kron(one, identity) + kron(identity, one))
