"""Crystal momentum: the lattice sum of a finite crystal, and the names Normal and Umklapp."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array
from elphlib.lattice import Lattice

#: How a wavevector is brought back: into the first zone, into the parallelepiped whose corner is
#: the origin, or into one whose corner is given in units of the reciprocal vectors.
Cell = str | tuple[float, float, float] | np.ndarray
CELLS = ("first zone", "parallelepiped")


def lattice_sum(lattice: Lattice, cells: tuple[int, int, int], transfer: ArrayLike) -> np.ndarray:
    """|Σ_R exp(iK·R)|²/N² over a box of N₁ × N₂ × N₃ cells, Eq. `eq-lattice-sum`.

    Each direction gives a geometric sum, sin²(N_iK·a_i/2)/[N_i² sin²(K·a_i/2)]. The result is 1
    where K is a reciprocal vector, falls off over |δK·a_i| ≈ 5.57/N_i (full width at half
    maximum, large N_i), and averages to 1/N over a zone.

    Parameters
    ----------
    lattice : Lattice
    cells : three positive integers
        (N, 1, 1) is a chain, (N, N, 1) a layer.
    transfer : (…, 3) array, Å⁻¹
        K = k + q − k' for absorption of q, k − q − k' for emission.

    Returns
    -------
    (…,) array, dimensionless

    Raises
    ------
    ValueError
        If cells are not three positive integers, or K is not finite or not (…, 3).
    """
    N = _counts(cells)
    half = finite_array("transfer", transfer, (..., 3), "Å⁻¹") @ lattice.vectors.T / 2
    half = half - np.pi * np.round(half / np.pi)  # distance from the nearest peak
    small = np.abs(half) < 1e-9
    ratio = np.sin(N * half) / (N * np.sin(np.where(small, 1.0, half)))
    return np.prod(np.where(small, 1.0, ratio) ** 2, axis=-1)


def cluster_sum(positions: ArrayLike, transfer: ArrayLike) -> np.ndarray:
    """|Σ_j exp(iK·R_j)|²/N² over atoms at any N positions (N, 3) in Å; K (…, 3) in Å⁻¹.

    The same as `lattice_sum` without its closed form: for clusters of any shape, and for crystals
    whose atoms have been moved.

    Raises
    ------
    ValueError
        If there is no atom, or a position or K is not finite or has not three components.
    """
    R = finite_array("positions", positions, (..., 3), "Å")
    if R.ndim != 2 or not len(R):
        raise ValueError(
            f"positions has shape {R.shape}; it must be (N, 3) with at least one atom; reshape "
            "several clusters to one list of atoms."
        )
    K = finite_array("transfer", transfer, (..., 3), "Å⁻¹")
    return np.asarray(np.abs(np.exp(1j * K @ R.T).mean(axis=-1)) ** 2)


def reduce(lattice: Lattice, k: ArrayLike, cell: Cell = "first zone") -> np.ndarray:
    """The wavevector k (…, 3), Å⁻¹, brought back into a cell of reciprocal space.

    Parameters
    ----------
    cell : "first zone", "parallelepiped", or three floats
        The parallelepiped spanned by the reciprocal vectors, from the origin or from the corner
        given in their units. (−½, −½, −½) is centred on Γ and yet is not the first zone.

    Raises
    ------
    ValueError
        If the cell has another name, or its corner is not three finite numbers.
    """
    k = finite_array("k", k, (..., 3), "Å⁻¹")
    if isinstance(cell, str) and cell not in CELLS:
        raise ValueError(
            f"cell is {cell!r}; it must be one of {', '.join(map(repr, CELLS))} or the corner of a "
            "parallelepiped; three floats in units of the reciprocal vectors are one."
        )
    if isinstance(cell, str) and cell == "first zone":
        return lattice.fold(k)
    corner = (
        np.zeros(3) if isinstance(cell, str) else finite_array("cell", cell, (3,), "b₁, b₂, b₃")
    )
    n = np.floor(k @ lattice.vectors.T / (2 * np.pi) - corner + 1e-12)
    return np.asarray(k - n @ lattice.reciprocal)


def classify(
    lattice: Lattice,
    k: ArrayLike,
    q: ArrayLike,
    k_prime: ArrayLike,
    cell: Cell = "first zone",
    phonon_cell: Cell = "first zone",
) -> np.ndarray:
    """The G of k' = k + q + G once all three are reduced, Eq. `eq-selection-rule`.

    G = 0 is called Normal, G ≠ 0 Umklapp. The name depends on the two cells; what happens does not.
    For emission pass −q.

    Parameters
    ----------
    k, q, k_prime : (…, 3) arrays, Å⁻¹
        In any cell; they broadcast.
    cell, phonon_cell : see `reduce`
        Where k and k', and where q, are to lie.

    Returns
    -------
    (…, 3) array, Å⁻¹

    Raises
    ------
    ValueError
        If k' − k − q is not a reciprocal vector: crystal momentum is not conserved.
    """
    k, q, k_prime = (finite_array("wavevector", x, (..., 3), "Å⁻¹") for x in (k, q, k_prime))
    n = (k_prime - k - q) @ lattice.vectors.T / (2 * np.pi)
    off = np.abs(n - np.round(n)).max(initial=0.0)
    if off > 1e-6:
        raise ValueError(
            f"k' − k − q misses every reciprocal vector (by {off:.2g} of one); in an infinite "
            "crystal k' = k + q + G; see `lattice_sum` for a finite one."
        )
    final, initial = reduce(lattice, k_prime, cell), reduce(lattice, k, cell)
    G = final - initial - reduce(lattice, q, phonon_cell)
    return np.asarray(np.round(G @ lattice.vectors.T / (2 * np.pi)) @ lattice.reciprocal)


def split(
    lattice: Lattice,
    k: ArrayLike,
    q: ArrayLike,
    rate: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    cell: Cell = "first zone",
    phonon_cell: Cell = "first zone",
) -> tuple[float, float]:
    """Normal and Umklapp parts of Σ rate(k, q, k'), each wavevector reduced before it is used.

    The rate is computed from the reduced wavevectors, as a program would that stores nothing else,
    so that the sum of both parts is the same in every cell only if the physics is periodic.

    Parameters
    ----------
    k, q : (…, 3) arrays, Å⁻¹
        Processes k → k' = k + q; they broadcast.
    rate : function of (k, q, k'), arrays (…, 3), returning (…)

    Raises
    ------
    ValueError
        If a wavevector is not finite or not (…, 3), or the rate has another shape.
    """
    k, q = np.broadcast_arrays(np.asarray(k, float), np.asarray(q, float))
    G = classify(lattice, k, q, k + q, cell, phonon_cell)
    normal = np.linalg.norm(G, axis=-1) < 1e-9
    each = np.asarray(
        rate(
            reduce(lattice, k, cell), reduce(lattice, q, phonon_cell), reduce(lattice, k + q, cell)
        )
    )
    if each.shape != normal.shape:
        raise ValueError(
            f"rate returned shape {each.shape}; one value for each of the processes {normal.shape} "
            "is needed; sum over branches inside it."
        )
    return float(each[normal].sum()), float(each[~normal].sum())


def _counts(cells: tuple[int, int, int]) -> np.ndarray:
    N = finite_array("cells", cells, (3,), "cells")
    if (N < 1).any() or (np.round(N) != N).any():
        raise ValueError(
            f"cells is {cells}; three positive integers are needed; (20, 20, 1) is a small layer."
        )
    return N
