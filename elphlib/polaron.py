"""One electron and its phonons in Holstein's model: exact, in Migdal's approximation, in limits.

H = −tΣ(c†c + h.c.) + ω₀Σb†b + gΣn(b + b†) on a chain or a square lattice, Eq. `eq-holstein`. All
energies are in one unit, usually t. Clusters stand in `holstein_cluster`; their names can be
imported from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import exp, pi, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import eye_array
from scipy.sparse.linalg import eigsh, minres
from scipy.special import ellipe, ellipk, expi

from elphlib import scba as nested
from elphlib.checks import integer, not_negative, positive
from elphlib.errors import ConvergenceError
from elphlib.holstein_cluster import HolsteinRing, TwoSites, holstein_ring, two_site
from elphlib.polaron_basis import VariationalSpace, variational_space

__all__ = [
    "HolsteinRing",
    "Limit",
    "Polaron",
    "TwoSites",
    "coupling_from_lambda",
    "ground_state",
    "holstein_ring",
    "lang_firsov",
    "perturbation",
    "polaron_lambda",
    "scba",
    "scba_self_energy",
    "two_site",
]

#: Depths tried: from the first, up to the last, which takes about a second
_DEPTHS = {1: (6, 17), 2: (4, 10)}


@dataclass(frozen=True)
class Limit:
    """A polaron as an approximation has it; energies in the unit of t."""

    energy: float
    residue: float  #: weight of the bare electron at K = 0
    mass: float  #: m*/m
    phonon_number: float


@dataclass(frozen=True, eq=False)
class Polaron:
    """Lowest state at K = 0 in a variational space; energies in the unit of t.

    Attributes
    ----------
    energy : float
        Above the exact one, by about ``error``.
    residue : float
        |⟨bare electron|ψ⟩|².
    phonon_number : float
        ⟨Σb†b⟩.
    error : float
        Estimated error of the energy.
    size, depth : int
        States of the space, and how many steps grew it.
    """

    energy: float
    residue: float
    phonon_number: float
    error: float
    size: int
    depth: int
    _state: np.ndarray = field(repr=False)
    _space: VariationalSpace = field(repr=False)
    _model: tuple[float, float, float] = field(repr=False)

    @cached_property
    def mass(self) -> float:
        """m*/m = 2t/(d²E/dK²), from second-order perturbation theory in K on the exact state.

        H(K) has e^(∓iK) on hops along ±x. E″ = t⟨hop₊ + hop₋⟩ − 2t²⟨J†(H − E)⁻¹J⟩ with
        J = hop₊ − hop₋; the linear system is solved without the point group.
        """
        hopping, phonon_energy, coupling = self._model
        space = self._space.unfolded
        psi = self._state[space.state] * space.amplitude
        right, left = space.hops[:2]
        flow = right @ psi - left @ psi
        H = space.hamiltonian(hopping, phonon_energy, coupling)
        shifted = H - self.energy * eye_array(len(psi), format="csr")
        answer, failed = minres(shifted, flow, rtol=1e-10, maxiter=20 * len(psi))
        if failed:
            raise ConvergenceError(
                f"the response to a small K did not converge in a space of {len(psi)} states; the "
                "mass needs it; choose a smaller depth."
            )
        kinetic = hopping * float(psi @ (right @ psi + left @ psi))
        return 2 * hopping / (kinetic - 2 * hopping**2 * float(flow @ answer))


def ground_state(
    hopping: float,
    phonon_energy: float,
    coupling: float,
    dimension: int = 1,
    depth: int | None = None,
    tolerance: float = 1e-8,
) -> Polaron:
    """Lowest state of one Holstein electron, exact to the tolerance, Eq. `eq-variational-space`.

    Parameters
    ----------
    hopping, phonon_energy : float, > 0
        t and ω₀.
    coupling : float, ≥ 0
        g.
    dimension : 1 or 2
        Chain or square lattice.
    depth : int, optional
        Steps by which the space is grown; None: as many as the tolerance asks for.
    tolerance : float
        Error allowed of the energy, in units of t. The error is estimated from the last three
        depths, whose energies fall geometrically.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    ConvergenceError
        If the tolerance is not reached with the depth given or the largest that is tried: strong
        coupling to slow phonons, g²/ω₀² above 5 or so, needs more phonons than fit.

    References
    ----------
    J. Bonča, S. A. Trugman, I. Batistić, Phys. Rev. B 60, 1633 (1999).
    """
    _check_model(hopping, phonon_energy, coupling, dimension)
    positive("tolerance", tolerance, "t", "1e-8 to 1e-4 is usual")
    first, last = _DEPTHS[dimension]
    if depth is not None:
        last = integer("depth", depth, 3, "8–16 is usual")
        first = last
    energies = [_lowest(hopping, phonon_energy, coupling, dimension, first - n)[0] for n in (2, 1)]
    for steps in range(first, last + 1):
        energy, state, space = _lowest(hopping, phonon_energy, coupling, dimension, steps)
        energies.append(energy)
        error = _remainder(energies[-3:])
        if error <= tolerance * hopping:
            break
    else:
        raise ConvergenceError(
            f"{space.size} states (depth {steps}) leave an error of {error:.1g} in the energy; "
            f"{tolerance * hopping:g} is asked for at t = {hopping:g}, ω₀ = {phonon_energy:g}, "
            f"g = {coupling:g}; allow more, or take fewer phonons: g²/ω₀² is "
            f"{(coupling / phonon_energy) ** 2:.3g}."
        )
    return Polaron(
        energy, float(state[0] ** 2), float(space.phonons @ state**2), error, space.size, steps,
        state, space, (hopping, phonon_energy, coupling),
    )  # fmt: skip


def scba(hopping: float, phonon_energy: float, coupling: float, dimension: int = 1) -> Limit:
    """Self-consistent Migdal theory of the same electron, Eq. `eq-scba`: no crossed phonons.

    It is not variational, and it is no test of Migdal's theorem: a single carrier has no Fermi sea
    and no E_F, sits where its velocity vanishes, and its error at fixed λ *grows* as ω₀/t → 0. The
    phonon number is dE/dω₀ (Hellmann and Feynman), by differences.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    ConvergenceError
        If ω₀ is below about 10⁻³ t.
    """
    _check_model(hopping, phonon_energy, coupling, dimension)
    energy, mass = nested.lowest_pole(hopping, phonon_energy, coupling, dimension)
    step = 1e-4 * phonon_energy
    low, high = (
        nested.lowest_pole(hopping, phonon_energy + s, coupling, dimension)[0]
        for s in (-step, step)
    )
    return Limit(energy, 1 / mass, mass, (high - low) / (2 * step))


def scba_self_energy(
    z: ArrayLike, hopping: float, phonon_energy: float, coupling: float, dimension: int = 1
) -> np.ndarray:
    """Σ(z) of `scba`, for complex z off the real axis or real z below the polaron.

    Parameters
    ----------
    z : array of any shape, energy from the middle of the band
    hopping, phonon_energy, coupling, dimension
        As in `ground_state`.

    Returns
    -------
    array of the shape of z; NaN for a real z above the lowest pole, where Σ is not real.

    Raises
    ------
    ValueError
        If a parameter is out of its range or z not finite.
    """
    _check_model(hopping, phonon_energy, coupling, dimension)
    z = np.asarray(z)
    if not np.isfinite(z).all():
        raise ValueError(
            f"z is {z[~np.isfinite(z)].flat[0]}; finite energies are needed; use −3t or ω + 0.05it."
        )
    z = z.astype(complex if np.iscomplexobj(z) else float)
    return nested.self_energy(z, hopping, phonon_energy, coupling, dimension)


def perturbation(
    hopping: float, phonon_energy: float, coupling: float, dimension: int = 1
) -> Limit:
    """Second order in g, Eq. `eq-holstein-weak`: E = −2dt + g²G₀(−2dt − ω₀).

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    _check_model(hopping, phonon_energy, coupling, dimension)
    z = 2 * dimension * hopping + phonon_energy  # −z is the energy of electron and phonon
    if dimension == 1:
        root = sqrt(z**2 - 4 * hopping**2)
        green, slope = -1 / root, -z / root**3
    else:
        m = (4 * hopping / z) ** 2
        green = -2 / (pi * z) * float(ellipk(m))
        slope = -2 / (pi * z**2) * float(ellipe(m)) / (1 - m)
    mass = 1 - coupling**2 * slope  # dΣ/dz = g² dG/dz
    energy = -2 * dimension * hopping + coupling**2 * green
    # dE/dω₀ = −g² dG/dz, the number of phonons
    return Limit(energy, 1 / mass, mass, -(coupling**2) * slope)


def lang_firsov(hopping: float, phonon_energy: float, coupling: float, dimension: int = 1) -> Limit:
    """Strong coupling, Eq. `eq-lang-firsov`, with the second order in t added to the energy.

    With S = g²/ω₀² and f(x) = Σ_{n≥1} xⁿ/n·n!, E = −g²/ω₀ − 2dt e^(−S)
    − 2d(t²/ω₀)e^(−2S) [f(2S) + (2d−1)f(S)]: two hops while phonons are excited, back to where the
    electron was, or on to another site.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    _check_model(hopping, phonon_energy, coupling, dimension)
    S = (coupling / phonon_energy) ** 2
    neighbours = 2 * dimension
    back, on = (_exponential_sum(x) * exp(-2 * S) for x in (2 * S, S))
    energy = -(coupling**2) / phonon_energy - neighbours * hopping * exp(-S)
    energy -= neighbours * hopping**2 / phonon_energy * (back + (neighbours - 1) * on)
    return Limit(energy, exp(-S), exp(S), S)


def polaron_lambda(
    hopping: float, phonon_energy: float, coupling: float, dimension: int = 1
) -> float:
    """λ = g²/2dtω₀, Eq. `eq-holstein-lambda`: energy gained at one site over half the band width.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    _check_model(hopping, phonon_energy, coupling, dimension)
    return coupling**2 / (2 * dimension * hopping * phonon_energy)


def coupling_from_lambda(
    lam: float, hopping: float, phonon_energy: float, dimension: int = 1
) -> float:
    """Return g = (2dtω₀λ)^(1/2), inverse of `polaron_lambda`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    not_negative("lam", lam, "", "0.1–2 is usual")
    _check_model(hopping, phonon_energy, 0.0, dimension)
    return sqrt(2 * dimension * hopping * phonon_energy * lam)


def _exponential_sum(x: float) -> float:
    """f(x) = Σ_{n≥1} xⁿ/n·n! = Ei(x) − γ − ln x."""
    return float(expi(x) - np.euler_gamma - np.log(x)) if x > 1e-8 else x


def _check_model(hopping: float, phonon_energy: float, coupling: float, dimension: int) -> None:
    positive("hopping", hopping, "", "1 makes it the unit of energy")
    positive("phonon_energy", phonon_energy, "t", "0.1–5 is usual")
    not_negative("coupling", coupling, "t", "0.1–3 is usual")
    if dimension not in (1, 2):
        raise ValueError(
            f"dimension is {dimension!r}; 1 (chain) and 2 (square lattice) are there; in 3 the "
            "space grows too fast for this method."
        )


def _lowest(
    hopping: float, phonon_energy: float, coupling: float, dimension: int, depth: int
) -> tuple[float, np.ndarray, VariationalSpace]:
    """Lowest state in the space of one depth."""
    space = variational_space(dimension, depth)
    H = space.hamiltonian(hopping, phonon_energy, coupling)
    if space.size < 60:
        energies, states = np.linalg.eigh(H.toarray())
        return float(energies[0]), states[:, 0], space
    start = np.exp(-0.5 * space.phonons)
    energies, states = eigsh(H, k=1, which="SA", v0=start, tol=1e-13)
    return float(energies[0]), states[:, 0], space


def _remainder(energies: list[float]) -> float:
    """What is left of a falling sequence: last step · r/(1 − r), r the ratio of the last two."""
    before, last = energies[-3] - energies[-2], energies[-2] - energies[-1]
    if last <= 1e-14 * abs(energies[-1]):
        return abs(last)
    ratio = min(last / before, 0.95) if before > 0 else 0.95
    return last * ratio / (1 - ratio) + 1e-14 * abs(energies[-1])
