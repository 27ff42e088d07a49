"""The variational space of one electron and its phonons, as Bonča, Trugman and Batistić grow it.

A state is where phonons sit, seen from the electron; at total momentum K = 0 nothing else is
needed, on a lattice without end. The space is everything that ``depth`` steps reach from the bare
electron, a step being a hop or a phonon more at the electron's site, Eq. `eq-variational-space`.
Configurations that the point group of the lattice maps onto each other appear once. The matrices do
not depend on hopping, phonon energy or coupling, and are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.sparse import csr_array, diags_array

_LARGEST = 2_000_000  #: states


@dataclass(frozen=True, eq=False)
class VariationalSpace:
    """Matrices of the Holstein electron at K = 0 in units of hopping, coupling and phonon energy.

    Attributes
    ----------
    hop : (n, n) sparse array
        Σ over neighbours of moving the electron; −t times it is the kinetic energy.
    create : (n, n) sparse array
        b† at the electron's site.
    phonons : (n,) array
        Number of phonons of each state; state 0 is the bare electron.
    """

    hop: csr_array
    create: csr_array
    phonons: np.ndarray
    configurations: np.ndarray
    images: np.ndarray
    orbit: np.ndarray
    dimension: int

    @property
    def size(self) -> int:
        """Number of states."""
        return len(self.phonons)

    def hamiltonian(self, hopping: float, phonon_energy: float, coupling: float) -> csr_array:
        """Eq. `eq-holstein` in this space, (n, n) sparse and symmetric."""
        return _hamiltonian(self.hop, self.create, self.phonons, hopping, phonon_energy, coupling)

    @cached_property
    def unfolded(self) -> UnfoldedSpace:
        """The same space without the point group."""
        everything = self.configurations[:, self.images].reshape(-1, self.images.shape[1])
        owner = np.repeat(np.arange(self.size), len(self.images))
        _, first = np.unique(everything @ _mixer(everything.shape[1]), return_index=True)
        rows, state = everything[first], owner[first]
        side = round(rows.shape[1] ** (1 / self.dimension))
        ones = np.ones(len(rows))
        hops = [_moved(rows, rows[:, move], ones) for move in _neighbours(side, self.dimension)]
        more = rows.copy()
        centre = rows.shape[1] // 2
        more[:, centre] += 1
        create = _moved(rows, more, np.sqrt(more[:, centre].astype(float)))
        return UnfoldedSpace(
            state, self.orbit[state] ** -0.5, tuple(hops), create, self.phonons[state]
        )


@dataclass(frozen=True, eq=False)
class UnfoldedSpace:
    """Every configuration for itself: (m,) arrays and (m, m) matrices.

    Attributes
    ----------
    state, amplitude : arrays
        Symmetrised state that a configuration belongs to, and its amplitude in it.
    hops : tuple of sparse arrays
        Along +x, −x (and +y, −y).
    create : sparse array
    phonons : array
    """

    state: np.ndarray
    amplitude: np.ndarray
    hops: tuple[csr_array, ...]
    create: csr_array
    phonons: np.ndarray

    def hamiltonian(self, hopping: float, phonon_energy: float, coupling: float) -> csr_array:
        """Eq. `eq-holstein` at K = 0."""
        return _hamiltonian(
            sum(self.hops[1:], self.hops[0]), self.create, self.phonons,
            hopping, phonon_energy, coupling,
        )  # fmt: skip


@lru_cache(maxsize=24)
def variational_space(dimension: int, depth: int) -> VariationalSpace:
    """Grow the space by ``depth`` steps; dimension is 1 or 2.

    Raises
    ------
    MemoryError
        If it would hold more than two million states.
    """
    side = 2 * depth + 1
    cells = side**dimension
    images = _point_group(side, dimension)
    mixer = _mixer(cells)
    shifts = _neighbours(side, dimension)
    centre = cells // 2
    known = np.zeros((1, cells), dtype=np.int8)
    keys = known @ mixer
    frontier = known
    for _ in range(depth):
        more = frontier.copy()
        more[:, centre] += 1
        grown = np.concatenate([*(frontier[:, move] for move in shifts), more])
        grown, key = _representatives(grown, images, mixer)
        new = ~np.isin(key, keys)
        frontier, keys = grown[new], np.concatenate([keys, key[new]])
        known = np.concatenate([known, frontier])
        if len(known) > _LARGEST:
            raise MemoryError(f"{len(known)} states at depth {depth}; at most {_LARGEST} are kept")
    return _matrices(known, keys, images, shifts, centre, dimension)


def _hamiltonian(
    hop: csr_array, create: csr_array, phonons: np.ndarray, t: float, omega: float, g: float
) -> csr_array:
    """ω₀N − t hop + g(b + b†)."""
    return csr_array(diags_array(omega * phonons, format="csr") - t * hop + g * (create + create.T))


def _matrices(
    known: np.ndarray,
    keys: np.ndarray,
    images: np.ndarray,
    shifts: np.ndarray,
    centre: int,
    dimension: int,
) -> VariationalSpace:
    """Hop and creation between symmetrised states: amplitude √(orbit/orbit′) for each way there."""
    mixer = _mixer(known.shape[1])
    all_keys = np.stack([known[:, image] @ mixer for image in images], axis=1)
    orbit = 1.0 + (np.diff(np.sort(all_keys, axis=1), axis=1) != 0).sum(axis=1)
    order = np.argsort(keys)

    def links(targets: np.ndarray, amplitude: np.ndarray) -> csr_array:
        key = np.stack([targets[:, image] @ mixer for image in images], axis=1).min(axis=1)
        at = np.minimum(np.searchsorted(keys, key, sorter=order), len(keys) - 1)
        found = order[at]
        inside = keys[found] == key
        source = np.flatnonzero(inside)
        target = found[inside]
        value = amplitude[inside] * np.sqrt(orbit[source] / orbit[target])
        return csr_array((value, (target, source)), shape=(len(known), len(known)))

    hop = sum(
        (links(known[:, move], np.ones(len(known))) for move in shifts),
        csr_array((len(known), len(known))),
    )
    more = known.copy()
    more[:, centre] += 1
    create = links(more, np.sqrt(more[:, centre].astype(float)))
    return VariationalSpace(
        csr_array(hop), create, known.sum(axis=1, dtype=float), known, images, orbit, dimension
    )


def _representatives(
    grown: np.ndarray, images: np.ndarray, mixer: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One configuration of each orbit, the one with the smallest key, and that key."""
    keys = np.stack([grown[:, image] @ mixer for image in images], axis=1)
    best = keys.argmin(axis=1)
    key, first = np.unique(keys[np.arange(len(grown)), best], return_index=True)
    columns = images[best[first]]
    return np.take_along_axis(grown[first], columns, axis=1), key


def _moved(rows: np.ndarray, targets: np.ndarray, amplitude: np.ndarray) -> csr_array:
    """Matrix that takes each row to the row equal to its target, where there is one."""
    mixer = _mixer(rows.shape[1])
    keys, key = rows @ mixer, targets @ mixer
    order = np.argsort(keys)
    found = order[np.minimum(np.searchsorted(keys, key, sorter=order), len(keys) - 1)]
    inside = keys[found] == key
    return csr_array(
        (amplitude[inside], (found[inside], np.flatnonzero(inside))), shape=(len(rows), len(rows))
    )


def _neighbours(side: int, dimension: int) -> np.ndarray:
    """Columns that a configuration takes when the electron hops along ±x (and ±y)."""
    index = np.arange(side**dimension).reshape((side,) * dimension)
    moves = [np.roll(index, s, axis) for axis in range(dimension) for s in (-1, 1)]
    return np.array([move.ravel() for move in moves])


def _point_group(side: int, dimension: int) -> np.ndarray:
    """Columns after each operation: 2 reflections of the chain, 8 operations of the square."""
    index = np.arange(side**dimension).reshape((side,) * dimension)
    if dimension == 1:
        return np.array([index, index[::-1]])
    turned = [np.rot90(index, n) for n in range(4)]
    return np.array([view.ravel() for t in turned for view in (t, t.T)])


@lru_cache(maxsize=64)
def _mixer(cells: int) -> np.ndarray:
    """Random integers: the scalar product with them (modulo 2⁶⁴) names a configuration."""
    return np.random.default_rng(2).integers(-(2**62), 2**62, cells, dtype=np.int64)
