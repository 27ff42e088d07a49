"""Static local fields G(q): what exchange and correlation take from the Coulomb repulsion.

An electron feels −v(q)G(q) δn besides the Hartree field v(q) δn, Eq. `eq-local-field`.
For an effective mass m* the gas is read in scaled atomic units: it behaves as one of m = 1 at
r_s m*, all energies multiplied by m*.

References
----------
.. [H58] J. Hubbard, Proc. R. Soc. Lond. A 243, 336 (1958).
.. [GV66] D. J. W. Geldart, S. H. Vosko, Can. J. Phys. 44, 2137 (1966).
.. [CDOP98] M. Corradini, R. Del Sole, G. Onida, M. Palummo, Phys. Rev. B 57, 14569 (1998).
.. [MCS95] S. Moroni, D. M. Ceperley, G. Senatore, Phys. Rev. Lett. 75, 689 (1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from elphlib.electrons import FreeElectronGas
from elphlib.exchange_correlation import (
    correlation_derivative,
    correlation_energy,
    correlation_slope,
)
from elphlib.lindhard import wavevector
from elphlib.units import COULOMB_eV_A

#: The local fields there are, by name; None stands for no local field, the RPA.
LocalField = Literal["hubbard", "geldart-vosko", "corradini"]


def local_field(gas: FreeElectronGas, q: ArrayLike, kind: LocalField | None) -> np.ndarray:
    """G(q), dimensionless, of the named approximation; zero for ``None`` (RPA).

    ``"hubbard"`` [H58]_ is ½ q²/(q² + k_F²): exchange between parallel spins, estimated. At small q
    it is about twice what the compressibility sum rule asks for.

    ``"geldart-vosko"`` [GV66]_ is ½ q²/(q² + ξk_F²) with ξ = 1/2A, so that G → A(q/k_F)² obeys the
    compressibility sum rule, Eq. `eq-compressibility`. Here A comes from exact exchange and the
    correlation energy of `exchange_correlation`; the authors had that of Nozières and Pines, for
    which ξ = 2/(1 + 0.153/πk_Fa₀).

    ``"corradini"`` [CDOP98]_ is CQ² + BQ²/(g + Q²) + αQ⁴e^(−βQ²), Q = q/k_F, a fit to the
    quantum Monte Carlo response of [MCS95]_ at r_s = 2, 5, 10. It obeys the sum rule, and tends to
    the exact CQ² + B at large q.

    Parameters
    ----------
    gas : FreeElectronGas
    q : array of any shape, Å⁻¹, ≥ 0
    kind : "hubbard", "geldart-vosko", "corradini" or None

    Returns
    -------
    array of the shape of ``q``

    Raises
    ------
    ValueError
        If q is negative or not finite, or the kind is not one of the four.
    """
    return continued_field(gas, (wavevector(q) / gas.k_fermi) ** 2, kind)


def continued_field(gas: FreeElectronGas, Q2: np.ndarray, kind: LocalField | None) -> np.ndarray:
    """G as a function of Q² = (q/k_F)², which may be complex; kinds, errors as in `local_field`."""
    if kind is None:
        return np.zeros_like(Q2)
    if kind == "hubbard":
        return 0.5 * Q2 / (Q2 + 1)
    if kind == "geldart-vosko":
        return 0.5 * Q2 / (Q2 + 0.5 / compressibility_coefficient(gas))
    if kind == "corradini":
        c = CorradiniFit.of(gas)
        with np.errstate(under="ignore"):
            return c.C * Q2 + c.B * Q2 / (c.g + Q2) + c.alpha * Q2**2 * np.exp(-c.beta * Q2)
    allowed = ", ".join(f'"{name}"' for name in get_args(LocalField))
    raise ValueError(
        f"local field {kind!r} is unknown; it must be {allowed} or None; "
        'None is the RPA, "corradini" the closest to quantum Monte Carlo.'
    )


def compressibility_coefficient(gas: FreeElectronGas) -> float:
    """A of G → A(q/k_F)², as the compressibility demands: −(k_F²/4πe²) dμ_xc/dn.

    Exchange gives exactly ¼ and correlation adds 0.01 to 0.04 at metallic densities,
    Eq. `eq-compressibility`.
    """
    k_F, r_s = _scaled(gas)
    return 0.25 - k_F**2 / (4 * pi * COULOMB_eV_A) * float(correlation_derivative(r_s))


@dataclass(frozen=True)
class CorradiniFit:
    """The five numbers of the fit [CDOP98]_; Q = q/k_F.

    Attributes
    ----------
    B, C : float
        G → CQ² + B at large Q. C is exact, (π/2e²k_F) t_c with the kinetic part of the
        correlation energy, t_c = −d(r_sε_c)/dr_s; B is a fit to Monte Carlo [MCS95]_.
    g, alpha, beta : float
        The crossover from AQ² at small Q.
    """

    B: float
    C: float
    g: float
    alpha: float
    beta: float

    @classmethod
    def of(cls, gas: FreeElectronGas) -> CorradiniFit:
        """The fit at the density (and mass) of a gas."""
        k_F, r_s = _scaled(gas)
        kinetic = -float(correlation_energy(r_s) + r_s * correlation_slope(r_s))
        A = compressibility_coefficient(gas)
        C = pi / (2 * COULOMB_eV_A * k_F) * kinetic
        x = sqrt(r_s)
        B = (1 + 2.15 * x + 0.435 * x**3) / (3 + 1.57 * x + 0.409 * x**3)
        g = B / (A - C)
        return cls(B, C, g, alpha=1.5 * A / (r_s**0.25 * B * g), beta=1.2 / (B * g))


def _scaled(gas: FreeElectronGas) -> tuple[float, float]:
    """k_F (Å⁻¹) and r_s of the gas of m = 1 that a gas of mass m* behaves as."""
    return gas.k_fermi / gas.mass, gas.r_s * gas.mass
