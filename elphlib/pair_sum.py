"""The lattice sum of a screened interaction between ions: force constants in one pass, fast.

The interaction of two ions of charge Z in an electron gas is Coulomb's at short distance and has no
simple form at long distance, because the Fermi surface makes it oscillate. As in Ewald's
method the Coulomb part inside a radius 1/η is summed in real space, and everything else, the
electrons' part included, in reciprocal space, where one tabulated function of Q² holds it all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline

from elphlib.ionic import short_range_hessian
from elphlib.lattice import Lattice
from elphlib.units import COULOMB_eV_A, N_m_PER_eV_A2

#: Ewald's η in units of k_F: e^(−Q²/4η²) is 3e-15 at the cutoff
SPLITTING = 0.6
_CUTOFF2 = 48.0  # Q² ≤ 48 k_F²: damping and screening leave 1e-6 of the bare interaction there
_NODES = 12 * 1024  # intervals of the table of W against Q²; one node lies on (2k_F)²
_BLOCK = 96  # wavevectors at a time, so that the work stays in the processor's cache


@dataclass(frozen=True, eq=False)
class PairSum:
    """Force constants of one ion per cell from an interaction in reciprocal space.

    Parameters
    ----------
    lattice : Lattice
    charge : float
        Z; fixes the part that is summed in real space.
    k_fermi : float, Å⁻¹
        Sets cutoff and splitting, and where the interaction is singular (2k_F).
    interaction : function
        W(Q) in eV for an array of Q in Å⁻¹: the interaction per volume without its near part,
        that is, with exp(−Q²/4η²) in place of 1 in the Coulomb term, η = `SPLITTING` k_F.
    """

    lattice: Lattice
    charge: float
    k_fermi: float
    interaction: Callable[[np.ndarray], np.ndarray]

    def force_constants(self, q: np.ndarray) -> np.ndarray:
        """C(q) in N/m, (…, 3, 3), Eq. `eq-simple-metal`, real because the lattice has inversion.

        C = Σ_G W(|q+G|)(q+G)(q+G) − Σ_{G≠0} W(G) GG + Z²e² Σ_R (1 − cos q·R) ∇∇[erfc(ηR)/R].

        Parameters
        ----------
        q : (…, 3) array, Å⁻¹
        """
        folded = self.lattice.fold(q)
        wanted = folded.reshape(-1, 3)
        blocks = [wanted[i : i + _BLOCK] for i in range(0, len(wanted), _BLOCK)]
        C = np.concatenate([np.empty((0, 3, 3)), *map(self._block, blocks)])
        return N_m_PER_eV_A2 * C.reshape(*folded.shape[:-1], 3, 3)

    def _block(self, q: np.ndarray) -> np.ndarray:
        """C(q) in eV·Å⁻² of a few wavevectors (n, 3) in the first zone."""
        G, moments, R, hessian = self._sums
        middle = q.mean(axis=0)
        reach = np.sqrt(_CUTOFF2) * self.k_fermi + np.sqrt(((q - middle) ** 2).sum(axis=1).max())
        near = ((G + middle) ** 2).sum(axis=1) < reach**2  # the others lie beyond the cutoff
        G, moments = G[near], moments[near]
        squared = q @ (2 * G.T)
        squared += (q**2).sum(axis=1)[:, None]
        squared += (G**2).sum(axis=1)
        total = self._tabulated(squared) @ moments  # ΣW, ΣWG, ΣWGG
        cross = q[:, :, None] * total[:, None, 1:4]
        C = total[:, 0, None, None] * q[:, :, None] * q[:, None, :]
        C += cross + np.swapaxes(cross, 1, 2) + total[:, 4:].reshape(-1, 3, 3)
        C += ((1 - np.cos(q @ R.T)) @ hessian).reshape(-1, 3, 3)
        return C - self._at_rest

    @cached_property
    def _sums(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """G and its moments 1, G, GG; one R of each pair ±R and 2Z²e²∇∇[erfc(ηR)/R]."""
        corner = 0.5 * float(np.linalg.norm(self.lattice.reciprocal))  # no q lies farther out
        reach = np.sqrt(_CUTOFF2) * self.k_fermi + corner
        G = self.lattice.reciprocal_within(reach)
        moments = np.concatenate(
            [np.ones((len(G), 1)), G, (G[:, :, None] * G[:, None, :]).reshape(-1, 9)], axis=1
        )
        eta = SPLITTING * self.k_fermi
        cells = self.lattice.points_within(6.0 / eta)[1:]
        R = cells[[tuple(n) > (0, 0, 0) for n in cells]] @ self.lattice.vectors
        hessian = short_range_hessian(R, np.linalg.norm(R, axis=1), 0.0, eta)
        return G, moments, R, 2 * self.charge**2 * COULOMB_eV_A * hessian.reshape(-1, 9)

    @cached_property
    def _at_rest(self) -> np.ndarray:
        """Σ_{G≠0} W(G) GG in eV·Å⁻²."""
        G, moments, _, _ = self._sums
        return (self._tabulated((G**2).sum(axis=1)) @ moments[:, 4:]).reshape(3, 3)

    @cached_property
    def _table(self) -> tuple[list[np.ndarray], float]:
        """Cubic splines of W against Q², one on each side of the Kohn singularity at 2k_F."""
        step = _CUTOFF2 / _NODES * self.k_fermi**2
        squared = step * np.arange(_NODES + 1)
        W = self.interaction(np.sqrt(squared))
        kohn = round(4 * _NODES / _CUTOFF2)
        below = CubicSpline(squared[: kohn + 1], W[: kohn + 1]).c
        above = CubicSpline(squared[kohn:], W[kohn:]).c
        cubic = np.concatenate([below, above, np.zeros((4, 1))], axis=1)
        return [np.ascontiguousarray(power) for power in cubic], step

    def _tabulated(self, squared: np.ndarray) -> np.ndarray:
        """W at Q² from the table; zero beyond the cutoff."""
        powers, step = self._table
        x = np.clip(squared * (1 / step), 0.0, _NODES)
        node = x.astype(np.intp)
        x -= node
        x *= step
        W = powers[0].take(node)
        for power in powers[1:]:
            W *= x
            W += power.take(node)
        return W
