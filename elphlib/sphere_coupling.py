"""What a Fermi sphere exchanges with the phonons of its lattice, transfer by transfer.

On a sphere both δ functions of the double Fermi-surface sum can be done by hand: what is left is an
integral over the transfers Q = k' − k inside the ball |Q| < 2k_F. Every transfer belongs to one
phonon q = Q − G. Here that integral becomes a list of peaks, three for each point, from which α²F,
linewidths, rates and the resistivity follow without broadening any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from elphlib.coupling import screened_ion
from elphlib.electrons import FreeElectronGas
from elphlib.fermi_sphere import SphereQuadrature, sphere_quadrature
from elphlib.freezing import VibratingLattice
from elphlib.lattice import Lattice
from elphlib.phonons import Modes, require_real
from elphlib.spectral import SpectralFunction

Processes = Literal["all", "normal", "umklapp"]
PROCESSES: tuple[Processes, ...] = ("all", "normal", "umklapp")
Weight = Literal["none", "transport", "drag"]
WEIGHTS: tuple[Weight, ...] = ("none", "transport", "drag")


class Metal(VibratingLattice, Protocol):
    """A vibrating lattice with a Fermi sphere and a screened potential: `SimpleMetal`."""

    @property
    def gas(self) -> FreeElectronGas: ...  # noqa: D102

    @property
    def masses_u(self) -> np.ndarray: ...  # noqa: D102

    def form_factor(self, Q: ArrayLike) -> np.ndarray: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class SphereCoupling:
    """The peaks of α²F on a Fermi sphere, Eq. `eq-sphere-alpha2f`, and what belongs to each.

    Attributes
    ----------
    metal : the metal whose sphere and potential were used
    points : SphereQuadrature
        Transfers Q, phonons q, weights, and where G ≠ 0: n points.
    energy : (n, 3) array, meV
        ħω of the three modes at each q.
    polarization : (n, 3, 3) array
        Columns are polarisations.
    strength : (n, 3) array, meV
        What each adds to ∫α²F dω.
    """

    metal: Metal
    points: SphereQuadrature
    energy: np.ndarray
    polarization: np.ndarray
    strength: np.ndarray

    def spectral_function(
        self,
        weight: Weight = "none",
        processes: Processes = "all",
        branch: int | None = None,
        error: float | None = None,
    ) -> SpectralFunction:
        """α²F of the chosen processes as a sum of peaks.

        Parameters
        ----------
        weight : "none", "transport" or "drag"
            1, Q²/2k_F² (= 1 − cos θ, Eq. `eq-alpha2f-transport`), or |Q − φ|²/2k_F² with the drift
            φ of the phonon that takes part, Eq. `eq-drag`.
        processes : "all", "normal" or "umklapp"
            Split at the zone boundary. With "drag" the others are taken not to exist, so that the
            two parts do not add up to "all".
        branch : 0, 1 or 2, optional
            Only this mode at each q, in order of energy.
        error : float, optional
            Relative error of λ, passed on.

        Raises
        ------
        ValueError
            If a choice is not among those above.
        """
        energy, strength = self._peaks(weight, processes, branch)
        return SpectralFunction.from_peaks(energy.ravel(), strength.ravel(), error=error)

    def lam(
        self, weight: Weight = "none", processes: Processes = "all", branch: int | None = None
    ) -> float:
        """λ of the same choice, Eq. `eq-moments`, without making the peaks."""
        energy, strength = self._peaks(weight, processes, branch)
        return 2 * float((strength / energy).sum())

    def _peaks(
        self, weight: Weight, processes: Processes, branch: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Energies and strengths (m, 1 or 3) in meV of the chosen processes."""
        _one_of("weight", weight, WEIGHTS)
        if branch is not None and type(branch) is not int:
            raise ValueError(f"branch is {branch!r}; it must be 0, 1, 2 or None; 0 is the lowest.")
        chosen = self._allowed(processes)
        strength = self.strength[chosen] * self._weight(weight, processes)
        modes = slice(None) if branch is None else [_one_of("branch", branch, (0, 1, 2))]
        return self.energy[chosen][:, modes], strength[:, modes]

    def _allowed(self, processes: Processes) -> np.ndarray:
        return kept(self.points.umklapp, processes)

    def _weight(self, weight: Weight, processes: Processes) -> np.ndarray:
        """(n, 1) or (n, 3) array for the points that the processes leave."""
        if weight == "none":
            return np.ones((1, 1))
        if weight == "drag":
            lost = self._lost_to_the_lattice(processes)[self._allowed(processes)]
        else:
            lost = (self.points.Q[self._allowed(processes)] ** 2).sum(axis=-1)[:, None]
        return np.asarray(lost / (2 * self.metal.gas.k_fermi**2))

    def _lost_to_the_lattice(self, processes: Processes) -> np.ndarray:
        """|Q − φ|² for the best drift φ of each phonon, Eq. `eq-drag`; (n, 3), Å⁻².

        All Q = q + G of one phonon have q in common, which a drift takes up whole: only their G can
        differ. Σ_G W_G |G − φ'|² at its least is a sum over pairs, Σ_{G<G'} W_G W_G' |G − G'|²/ΣW.
        Each pair is booked on its Umklapp members, half on either if both are, so that nothing is
        left for a Normal process to lose.
        """
        points, metal = self.points, self.metal
        radius = 2 * metal.gas.k_fermi
        corner = float(np.linalg.norm(points.q, axis=1).max())
        G = metal.lattice.reciprocal_within(radius + corner)
        normal = (G**2).sum(axis=-1) < 1e-12
        Q = points.q[:, None] + G
        inside = (Q**2).sum(axis=-1) < radius**2 * (1 + 1e-12)
        row, column = np.nonzero(inside & kept(~normal, processes))
        share = alpha2f_density(
            metal, Q[row, column], Modes(self.energy[row], self.polarization[row])
        )
        first, G = np.where(normal[column], 1.0, 0.0)[:, None], G[column]
        n = len(Q)
        weight_normal = sum_rows(row, share * first, n)
        weight = sum_rows(row, share * (1 - first), n)
        moment = np.stack([sum_rows(row, share * G[:, i : i + 1], n) for i in range(3)], axis=-1)
        square = sum_rows(row, share * (G**2).sum(axis=-1)[:, None], n)
        own = points.Q - points.q
        G2 = (own**2).sum(axis=-1)[:, None]
        pairs = weight * G2 - 2 * np.einsum("nbi,ni->nb", moment, own) + square
        total = weight + weight_normal
        lost = (pairs / 2 + weight_normal * G2) / np.where(total > 0, total, 1.0)
        return np.where(points.umklapp[:, None], np.maximum(lost, 0.0), 0.0)


def sphere_coupling(
    metal: Metal,
    phonons: VibratingLattice | None = None,
    *,
    order: int = 10,
    radial: int = 6,
    crowding: int = 1,
) -> SphereCoupling:
    """The coupling of a Fermi sphere to its phonons on a `sphere_quadrature` of the ball 2k_F.

    Parameters
    ----------
    metal : SimpleMetal or the like
    phonons : crystal, optional
        Whose modes to use in place of the metal's own, on the same lattice.
    order, radial, crowding : see `sphere_quadrature`
        Crowding 1 serves λ; 4 the low temperatures, where only the smallest q are left.

    Raises
    ------
    ValueError
        If the phonons belong to another lattice.
    UnstableLatticeError
        If a mode has ω² < 0.
    """
    phonons = phonons or metal
    require_same_lattice(metal.lattice, phonons.lattice)
    vectors = metal.lattice.vectors.tobytes()
    points = _ball(vectors, 2 * metal.gas.k_fermi, order, radial, crowding)
    modes = long_wave_modes(phonons, points.q, 1e-3 * metal.gas.k_fermi)
    strength = points.weight[:, None] * alpha2f_density(metal, points.Q, modes)
    return SphereCoupling(metal, points, modes.energy, modes.polarization, strength)


@lru_cache(maxsize=16)
def _ball(
    vectors: bytes, radius: float, order: int, radial: int, crowding: int
) -> SphereQuadrature:
    """Geometry alone, kept because it stays the same while a potential is varied."""
    lattice = Lattice(np.frombuffer(vectors).reshape(3, 3))
    return sphere_quadrature(lattice, radius, order, radial=radial, crowding=crowding)


def kept(umklapp: np.ndarray, processes: Processes) -> np.ndarray:
    """Which of some transfers the processes leave, given where G ≠ 0; a ValueError if unknown."""
    _one_of("processes", processes, PROCESSES)
    return {"all": umklapp | True, "normal": ~umklapp, "umklapp": umklapp}[processes]


def long_wave_modes(phonons: VibratingLattice, q: np.ndarray, shortest: float) -> Modes:
    """Real modes at q (n, 3); nearer to Γ than ``shortest`` by ω ∝ q, as ω² drowns in rounding."""
    length = np.linalg.norm(q, axis=1)
    near = np.minimum(length / shortest, 1.0)[:, None]
    modes = phonons.modes(q / near)
    require_real(modes, q)
    return Modes(near * modes.energy, modes.polarization)


def alpha2f_density(metal: Metal, Q: np.ndarray, modes: Modes) -> np.ndarray:
    """N(0)|g|²/(8πk_F²Q) in meV·Å³, (n, 3): α²F = ∫d³Q Σ_ν of it, with a δ at each ħω."""
    length = np.linalg.norm(Q, axis=-1)
    mass, w = float(metal.masses_u[0]), metal.form_factor(length)
    g2 = np.abs(screened_ion(Q, w, modes.energy, modes.polarization, mass)) ** 2  # meV²
    per_meV = 1e-3 * metal.gas.dos * metal.lattice.volume
    sphere = 8 * np.pi * metal.gas.k_fermi**2 * length
    return np.asarray(per_meV * g2 / sphere[:, None])


def sum_rows(row: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Sum of the values (m, 3) that belong to each of n rows."""
    return np.stack([np.bincount(row, column, minlength=n) for column in values.T], axis=-1)


def _one_of(name: str, value: object, allowed: tuple) -> object:
    if value not in allowed:
        raise ValueError(
            f"{name} is {value!r}; it must be one of {', '.join(map(repr, allowed))}; "
            f"{allowed[0]!r} is usual."
        )
    return value


def require_same_lattice(metal: Lattice, phonons: Lattice) -> None:
    """Refuse phonons whose reciprocal vectors are not the metal's, to a part in a thousand."""
    apart = np.abs(phonons.vectors - metal.vectors).max() / np.abs(metal.vectors).max()
    if apart > 1e-3:
        raise ValueError(
            f"the lattice vectors of the phonons differ by {100 * apart:.2g} % from the metal's; "
            "both must repeat with the same G; build both at one lattice constant."
        )
