"""Sums over pairs of states that a phonon joins on a Fermi line: Σ_k δ(ε_k) δ(ε_{k+q}).

In two dimensions both δ functions together fix k to a few points, where the line crosses its copy
shifted by −q, and the sum is exact (`double_delta`). What programs do instead, broaden both δ
functions or cut the zone into triangles, stands here too: to see when it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, integer, positive
from elphlib.errors import PhysicalRefusal
from elphlib.fermi_line import FermiLine, bracketed_root
from elphlib.tight_binding import TightBinding

#: |sin| of the angle between two velocities, and part of the hopping, that count as zero.
_PARALLEL, _TOUCHING = 1e-7, 1e-11
#: Pairs (q, point) held in memory at a time.
_BATCH = 400_000


@dataclass(frozen=True, eq=False)
class Crossings:
    """The states that phonons q join on the Fermi line, m of them in all."""

    k: np.ndarray  #: (m, 3) in Å⁻¹, on the line
    k_prime: np.ndarray  #: (m, 3) in Å⁻¹, k + q; on the line or on a copy of it
    owner: np.ndarray  #: (m,) which q it belongs to, counted through all leading axes
    weight: np.ndarray  #: (m,) in eV⁻² per cell and spin, (A/4π²)/|v × v'|, Eq. `eq-crossings`


def double_delta(
    line: FermiLine,
    q: ArrayLike,
    coupling: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    n: int = 192,
) -> np.ndarray:
    """(1/N) Σ_k |g|² δ(ε_k) δ(ε_{k+q}), k of one spin: the crossing points of Eq. `eq-crossings`.

    Parameters
    ----------
    line : FermiLine
    q : (…, 3) array, Å⁻¹
    coupling : callable, optional
        coupling(k, k') with k, k' = k + q of shape (m, 3) in Å⁻¹ returns |g|² of shape (m,) or
        (m, b), b branches; it must be periodic in both. Without it |g|² is 1.
    n : int
        Directions searched, as in `crossings`.

    Returns
    -------
    (…) or (…, b) array
        eV⁻² per cell and spin, times the unit of ``coupling``.

    Raises
    ------
    PhysicalRefusal
        If some q nests, as in `crossings`.
    ValueError
        If q is not (…, 3) finite numbers, n is below 16, or a |g|² is negative or not finite.
    """
    q = finite_array("q", q, (..., 3), "Å⁻¹")
    pairs = crossings(line, q, n)
    squared = np.ones(len(pairs.k))
    if coupling is not None:
        squared = finite_array("|g|² of the coupling", coupling(pairs.k, pairs.k_prime), (...,), "")
        if squared.shape[:1] != (len(pairs.k),) or (squared < 0).any():
            raise ValueError(
                f"the coupling returns shape {squared.shape} and |g|² down to "
                f"{squared.min(initial=0.0):g} for {len(pairs.k)} pairs; (m,) or (m, b) numbers "
                "≥ 0 are needed; return |g|² and not g."
            )
    total = np.zeros((q.size // 3, *squared.shape[1:]))
    np.add.at(total, pairs.owner, (pairs.weight * squared.T).T)
    return total.reshape(q.shape[:-1] + squared.shape[1:])


def crossings(line: FermiLine, q: ArrayLike, n: int = 192) -> Crossings:
    """All points of the line that each q takes to the line or to a copy of it.

    Along the line, h(φ) = ε(k(φ) + q) − E_F is followed in n steps. A change of sign brackets a
    crossing. Two crossings within one step leave no change of sign, but between them h' vanishes:
    wherever the tangents at both ends of a step meet beyond h = 0, that extremum is found first.

    Parameters
    ----------
    line : FermiLine
    q : (…, 3) array, Å⁻¹
    n : int
        Steps, at least 16. A line with corners, close to a van Hove point, needs more.

    Raises
    ------
    PhysicalRefusal
        If v_k ∥ v_{k+q} at a crossing (the line touches its copy: nesting) or q is a reciprocal
        vector. The sum then diverges.
    ValueError
        If q is not (…, 3) finite numbers or n is below 16.
    """
    q = finite_array("q", q, (..., 3), "Å⁻¹").reshape(-1, 3)
    n = integer("n", n, 16, "192 is the usual choice")
    angle = 2 * np.pi * (np.arange(n + 1) + 0.3) / n  # off every mirror line of the lattice
    step = max(_BATCH // n, 1)
    batches = [(i, _brackets(line, q[i : i + step], angle)) for i in range(0, len(q), step)]
    owner = np.concatenate([i + found[0] for i, found in batches] or [np.zeros(0, int)])
    low, high = (np.concatenate([f[j] for _, f in batches] or [np.zeros(0)]) for j in (1, 2))
    root = bracketed_root(lambda x: _mismatch(line, x, q[owner])[0], low, high)
    k = line.at(root)
    v, v_prime = line.band.gradient(k), line.band.gradient(k + q[owner])
    jacobian = np.abs(v[:, 0] * v_prime[:, 1] - v[:, 1] * v_prime[:, 0])
    speeds = np.linalg.norm(v, axis=1) * np.linalg.norm(v_prime, axis=1)
    _refuse(q[owner[jacobian <= _PARALLEL * speeds]])
    return Crossings(k, k + q[owner], owner, line.cell_area / (4 * np.pi**2 * jacobian))


def _mismatch(line: FermiLine, angle: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mismatch h = ε(k(φ) + q) − E_F in eV and dh/dφ, (…), for φ (…) and q (…, 3)."""
    k = line.at(angle)
    h = line.band.energy(k + q) - line.fermi_energy_eV
    return h, (line.band.gradient(k + q) * line.tangent(k)).sum(axis=-1)


def _brackets(
    line: FermiLine, q: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Owner (m,) and ends (m,) of the intervals of the angle that hold one crossing each."""
    h, slope = _mismatch(line, angle, q[:, None])
    scale = np.abs(list(line.band.hoppings.values())).sum()
    flat = (np.abs(h) < _TOUCHING * scale) & (np.abs(slope) < np.sqrt(_TOUCHING) * scale)
    _refuse(q[flat.any(axis=1)])
    h0, h1, d0, d1 = h[:, :-1], h[:, 1:], slope[:, :-1], slope[:, 1:]
    owner, i = np.nonzero(np.signbit(h0) != np.signbit(h1))
    # The tangents of a step meet at h0 + d0 s: beyond zero, h may have gone there and back.
    with np.errstate(divide="ignore", invalid="ignore"):
        meet = h0 + d0 * (h1 - h0 - d1 * np.diff(angle)) / (d0 - d1)
    back = (h0 * h1 > 0) & (h0 * d0 < 0) & (h1 * d1 > 0) & (h0 * meet <= 0)
    pair, j = np.nonzero(back)
    turn = bracketed_root(lambda x: _mismatch(line, x, q[pair])[1], angle[j], angle[j + 1])
    extreme = _mismatch(line, turn, q[pair])[0]
    _refuse(q[pair[np.abs(extreme) < _TOUCHING * scale]])
    twice = np.signbit(extreme) != np.signbit(h[pair, j])
    pair, j, turn = pair[twice], j[twice], turn[twice]
    return (
        np.concatenate([owner, pair, pair]),
        np.concatenate([angle[i], angle[j], turn]),
        np.concatenate([angle[i + 1], turn, angle[j + 1]]),
    )


def _refuse(q: np.ndarray) -> None:
    """Refuse the first of the q (m, 3) at which the line touches its shifted copy."""
    if len(q):
        raise PhysicalRefusal(
            f"q = {np.round(q[0], 6).tolist()} Å⁻¹ nests: the Fermi line touches its copy shifted "
            "by q, the two velocities are parallel and the double δ diverges; it needs q off the "
            "nesting curves and not a reciprocal vector; move q by 1e-4 Å⁻¹, or integrate over q."
        )


def smeared_double_delta(
    band: TightBinding, fermi_energy_eV: float, q: ArrayLike, mesh: int, width_eV: float
) -> np.ndarray:
    """(1/N) Σ_k δ_σ(ε_k) δ_σ(ε_{k+q}) on a mesh, both δ functions broadened to Gaussians.

    δ_σ(x) = exp(−x²/2σ²)/(σ√2π). Right for σ → 0 *after* the mesh: once σ is below the spacing of
    the levels on the mesh, ≈ |∇ε| × step, the sum counts the few points that happen to be near.

    Parameters
    ----------
    band : TightBinding
        Two-dimensional, as for `FermiLine`.
    fermi_energy_eV : float
    q : (…, 3) array, Å⁻¹; need not belong to the mesh
    mesh : int
        Divisions of each of the two reciprocal vectors; Γ belongs to it.
    width_eV : float
        σ; programs that write δ as exp(−x²/s²) have s = √2 σ.

    Returns
    -------
    (…) array, eV⁻² per cell and spin

    Raises
    ------
    ValueError
        If the width is not positive, mesh no integer ≥ 2, or q not (…, 3) finite numbers, or the
        Fermi energy is not finite.
    """
    finite_array("fermi_energy_eV", fermi_energy_eV, (), "eV")
    positive("width_eV", width_eV, "eV", "0.01–0.3 eV is usual")
    q = finite_array("q", q, (..., 3), "Å⁻¹")
    k = _mesh(band, mesh).reshape(-1, 3)
    x = (band.energy(k) - fermi_energy_eV) / width_eV
    k, x = k[np.abs(x) < 9], x[np.abs(x) < 9]  # e^(−81/2) is below rounding
    rows = q.reshape(-1, 3)
    step = max(_BATCH // max(len(k), 1), 1)
    gauss = [
        np.exp(-(((_energies(band, rows[i : i + step], k) - fermi_energy_eV) / width_eV) ** 2) / 2)
        @ np.exp(-(x**2) / 2)
        for i in range(0, len(rows), step)
    ]
    total = np.concatenate(gauss or [np.zeros(0)]).reshape(q.shape[:-1])
    return np.asarray(total / (2 * np.pi * width_eV**2 * mesh**2))


def _energies(band: TightBinding, q: np.ndarray, k: np.ndarray) -> np.ndarray:
    """ε(k + q) in eV, (m, n) for q (m, 3) and k (n, 3): cos(k + q)·R from cosines and sines."""
    R = np.array(list(band.hoppings)) @ band.lattice.vectors
    t = np.array(list(band.hoppings.values()))
    inward, outward = k @ R.T, q @ R.T
    cosines = (t * np.cos(outward)) @ np.cos(inward).T
    return np.asarray(band.on_site - cosines + (t * np.sin(outward)) @ np.sin(inward).T)


def triangle_double_delta(
    band: TightBinding, fermi_energy_eV: float, q: ArrayLike, mesh: int
) -> np.ndarray:
    """(1/N) Σ_k δ(ε_k) δ(ε_{k+q}) with ε_k and ε_{k+q} linear within the triangles of a mesh.

    In a triangle with corner energies x and y (less E_F) the two lines meet at the barycentric
    point x × y / w, w = Σ (x × y), and contribute 1/(mesh² |w|) if it lies inside. A point on an
    edge counts half, at a corner one sixth: its neighbours find it too.

    Where q nests exactly the sum diverges, and what comes back is rounding error, 10¹³ or 0, that
    means nothing: `double_delta` refuses such q. At q = 0 this sum refuses too.

    Parameters
    ----------
    band, fermi_energy_eV, q, mesh
        As in `smeared_double_delta`.

    Returns
    -------
    (…) array, eV⁻² per cell and spin

    Raises
    ------
    PhysicalRefusal
        If some q is a reciprocal vector.
    ValueError
        As in `smeared_double_delta`.
    """
    finite_array("fermi_energy_eV", fermi_energy_eV, (), "eV")
    q = finite_array("q", q, (..., 3), "Å⁻¹")
    flat = q.reshape(-1, 3) * [1.0, 1.0, 0.0]
    _refuse(flat[np.linalg.norm(band.lattice.fold(flat), axis=-1) < 1e-9])
    k = _mesh(band, mesh, 1)
    at = np.arange(k[..., 0].size).reshape(mesh + 1, mesh + 1)
    b1, b2 = band.lattice.reciprocal[:2]
    if np.linalg.norm(b1 + b2) < np.linalg.norm(b1 - b2) - 1e-9:  # cut along the short diagonal
        thirds = [(at[:-1, :-1], at[1:, :-1], at[1:, 1:]), (at[:-1, :-1], at[:-1, 1:], at[1:, 1:])]
    else:
        thirds = [(at[:-1, :-1], at[1:, :-1], at[:-1, 1:]), (at[1:, 1:], at[1:, :-1], at[:-1, 1:])]
    corner = np.concatenate([np.stack(t, axis=-1).reshape(-1, 3) for t in thirds])
    k = k.reshape(-1, 3)
    # A corner on the line must count as on it in every triangle that it belongs to.
    touching = _TOUCHING * np.abs(list(band.hoppings.values())).sum()
    x = _snapped(band.energy(k) - fermi_energy_eV, touching)[corner]
    met = (x.min(axis=1) <= 0) & (x.max(axis=1) >= 0)
    x, used = x[met], np.unique(corner[met])
    y = _snapped(_energies(band, q.reshape(-1, 3), k[used]) - fermi_energy_eV, touching)
    y = y[:, np.searchsorted(used, corner[met])]
    owner, i = np.nonzero((y.min(axis=-1) <= 0) & (y.max(axis=-1) >= 0))
    point = np.cross(x[i], y[owner, i])
    w = point.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = point / w[:, None]
        inside = (np.abs(w) > 0) & (point > -1e-9).all(axis=-1)
        share = np.array([1.0, 1 / 2, 1 / 6, 0.0])[(np.abs(point) < 1e-9).sum(axis=-1)]
        found = np.where(inside, share / np.abs(w), 0.0)
    return np.bincount(owner, found, len(y)).reshape(q.shape[:-1]) / mesh**2


def _snapped(energy: np.ndarray, touching: float) -> np.ndarray:
    """Energies of which rounding errors round 0 are taken off."""
    return np.where(np.abs(energy) < touching, 0.0, energy)


def _mesh(band: TightBinding, mesh: int, extra: int = 0) -> np.ndarray:
    """Γ-centred mesh (mesh + extra, mesh + extra, 3) in Å⁻¹ of the two-dimensional zone."""
    mesh = integer("mesh", mesh, 2, "24–240 is usual")
    steps = np.arange(mesh + extra) / mesh
    return np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1) @ band.lattice.reciprocal[:2]
