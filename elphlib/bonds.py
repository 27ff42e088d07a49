"""Bonds and their force constants: both ends, all of a shell, what symmetry leaves alone.

A bond is named (κ, κ', n1, n2, n3): atom κ of the home cell with atom κ' of cell n.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array
from elphlib.lattice import Lattice

Bond = tuple[int, ...]


def complete(given: Mapping[Bond, ArrayLike], r: int) -> dict[Bond, np.ndarray]:
    """Every bond from both its ends, Φ_κκ'(R) = Φ_κ'κ(−R)ᵀ, checked where both were given."""
    bonds: dict[Bond, np.ndarray] = {}
    for key, value in given.items():
        full = (0, 0, *key) if len(key) == 3 else tuple(key)
        if (
            len(full) != 5
            or any(int(m) != m for m in full)
            or not 0 <= min(full[:2]) <= max(full[:2]) < r
        ):
            raise ValueError(
                f"force-constant key {key} is not understood; (n1, n2, n3) or (κ, κ', n1, n2, n3) "
                f"with 0 ≤ κ < {r} is needed; n counts lattice vectors."
            )
        if full[0] == full[1] and not any(full[2:]):
            raise ValueError(
                f"force-constant key {key} is an atom with itself; bonds join two atoms; give the "
                "on-site term as `on_site`, or leave it to the sum rule."
            )
        bonds[full] = finite_array(f"force constant {key}", value, (3, 3), "N/m")
    scale = max((np.abs(phi).max() for phi in bonds.values()), default=0.0)
    for (k, kk, *n), phi in list(bonds.items()):
        partner = (kk, k, *(-m for m in n))
        other = bonds.setdefault(partner, phi.T)
        if np.abs(other - phi.T).max() > 1e-9 * scale:
            raise ValueError(
                f"force constants of bond {(k, kk, *n)} and of its other end {partner} are not "
                "transposes; Newton's third law needs Φ_κκ'(R) = Φ_κ'κ(−R)ᵀ, else D(q) is not "
                "Hermitian; give one end only, or mend the difference."
            )
    return bonds


def net(bonds: Mapping[Bond, ArrayLike], r: int) -> np.ndarray:
    """Σ' Φ_κκ'(R) over all bonds of each atom, (r, 3, 3)."""
    total = np.zeros((r, 3, 3))
    for key, phi in bonds.items():
        total[key[0]] += np.asarray(phi)
    return total


def invariant(S: np.ndarray, R: np.ndarray, phi: np.ndarray, site: np.ndarray) -> bool:
    """Whether S maps bonds to bonds with the same (rotated) force constants."""
    image = R @ S.T
    distance = np.abs(image[:, None, :] - R[None]).max(axis=-1)
    partner = distance.argmin(axis=1)
    scale = np.abs(phi).max(initial=np.abs(site).max())
    rotated = np.einsum("ab,rbc,dc->rad", S, phi, S)
    return bool(
        distance.min(axis=1).max(initial=0.0) < 1e-6
        and np.abs(rotated - phi[partner]).max(initial=0.0) < 1e-7 * scale
        and np.abs(S @ site @ S.T - site).max() < 1e-7 * scale
    )


def expand_shell(
    lattice: Lattice, a: float, shell: tuple[int, int, int], components: Mapping[str, float]
) -> dict[Bond, np.ndarray]:
    """All bonds of a cubic shell from the tabulated components of one of them.

    The table lists the restoring force constants −Φ of the neighbour at shell·a/2. What it leaves
    out follows from the symmetry of that bond: −Φ must commute with every rotation that keeps it.
    """
    R = np.array(shell) * a / 2
    group = lattice.point_group
    keeps = group[np.abs(group @ R - R).max(axis=1) < 1e-6 * a]
    index = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    names = ["xx", "yy", "zz", "yz", "xz", "xy"]
    allowed = np.zeros((6, 6))
    for i, (row, column) in enumerate(index):
        matrix = np.zeros((3, 3))
        matrix[row, column] = matrix[column, row] = 1.0
        mean = np.mean(keeps @ matrix @ np.swapaxes(keeps, 1, 2), axis=0)
        allowed[i] = [mean[p] for p in index]
    rows = [names.index(name) for name in components]
    values = np.array(list(components.values()))
    weights, _, _, _ = np.linalg.lstsq(allowed.T[rows], values, rcond=1e-9)
    full = allowed.T @ weights
    rank = np.linalg.matrix_rank(allowed, tol=1e-9)
    fixed = np.linalg.matrix_rank(allowed.T[rows], tol=1e-9)
    if np.abs(full[rows] - values).max() > 1e-9 * np.abs(values).max() or fixed < rank:
        raise ValueError(
            f"the components {dict(components)} of shell {shell} do not fix a symmetric force "
            "constant; the independent ones of that bond are needed; check the data file."
        )
    matrix = np.zeros((3, 3))
    for value, (i, j) in zip(full, index, strict=True):
        matrix[i, j] = matrix[j, i] = value
    to_cells = np.linalg.inv(lattice.vectors)
    bonds: dict[Bond, np.ndarray] = {}
    for S in group:
        cell = tuple(int(m) for m in np.round(S @ R @ to_cells))
        bonds[cell] = -S @ matrix @ S.T
    return bonds
