"""Umklapp in a metal with a Fermi sphere: how much it scatters, beside Normal processes.

The selection rule itself is in `elphlib.selection_rule`, the geometry of the sphere in
`elphlib.fermi_sphere`, the freezing in `elphlib.freezing`; their names can be imported from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from elphlib import transport
from elphlib.checks import integer, not_negative, positive
from elphlib.electrons import FreeElectronGas
from elphlib.errors import ConvergenceError, PhysicalRefusal
from elphlib.fermi_sphere import (
    SphereGeometry,
    SphereQuadrature,
    sphere_geometry,
    sphere_quadrature,
)
from elphlib.freezing import (
    FreezeOut,
    VibratingLattice,
    activation_temperature,
    freeze_out,
    threshold_temperature,
)
from elphlib.lattice import Lattice
from elphlib.lindhard import wavevector
from elphlib.phonons import Modes
from elphlib.selection_rule import classify, cluster_sum, lattice_sum, reduce, split
from elphlib.sphere_coupling import Metal, sphere_coupling
from elphlib.sphere_metal import SphereMetal
from elphlib.units import M_S_PER_meV_A

__all__ = [
    "DebyeMetal",
    "FreezeOut",
    "ScatteringRates",
    "SphereGeometry",
    "SphereQuadrature",
    "activation_temperature",
    "classify",
    "cluster_sum",
    "freeze_out",
    "lattice_sum",
    "reduce",
    "scattering_rates",
    "sphere_geometry",
    "sphere_quadrature",
    "split",
    "threshold_temperature",
]


@dataclass(frozen=True, eq=False)
class DebyeMetal(SphereMetal):
    """The simplest metal with a lattice: sound without dispersion, Thomas–Fermi screening.

    ħω = ħv|q| with q in the first zone, one longitudinal and two transverse modes, and
    w(Q) = −(2/3)E_F cos(Qr_c)/(1 + Q²/k_TF²), a screened ion, a point for r_c = 0. A stand-in that
    knows geometry and little else: it isolates what follows from lattice and valence.

    Parameters
    ----------
    lattice : Lattice
        One atom per cell.
    valence : float
    mass_u : float
    v_longitudinal, v_transverse : float, m/s
    core_radius_A : float
        Radius of the empty core; w changes sign at Q = π/2r_c.
    """

    lattice: Lattice
    valence: float
    mass_u: float = 39.0983
    v_longitudinal: float = 2500.0
    v_transverse: float = 1250.0
    core_radius_A: float = 0.0

    def __post_init__(self) -> None:
        positive("valence", self.valence, "electrons per atom", "simple metals have 1–4")
        positive("mass_u", self.mass_u, "u", "metals have 7–207 u")
        positive("v_longitudinal", self.v_longitudinal, "m/s", "metals have 1500–12000")
        positive("v_transverse", self.v_transverse, "m/s", "metals have 700–8000")
        # The bulk modulus ρ(v_L² − 4v_T²/3) of a stable solid is positive.
        if 2 * self.v_transverse >= sqrt(3) * self.v_longitudinal:
            raise ValueError(
                f"v_transverse is {self.v_transverse} m/s and v_longitudinal "
                f"{self.v_longitudinal} m/s; a stable isotropic solid has v_T < 0.866 v_L; "
                "exchange the two or lower v_transverse."
            )
        typical = "0 is a point, simple metals have 0.5–1.5 Å"
        not_negative("core_radius", self.core_radius_A, "Å", typical)

    @cached_property
    def gas(self) -> FreeElectronGas:
        """The conduction electrons."""
        return FreeElectronGas(self.valence / self.lattice.volume)

    @cached_property
    def masses_u(self) -> np.ndarray:
        """The mass of the one atom, (1,), in u."""
        return np.array([self.mass_u])

    def modes(self, q: ArrayLike) -> Modes:
        """Modes at q (…, 3) in Å⁻¹: two transverse, one longitudinal."""
        q = self.lattice.fold(np.asarray(q, dtype=float))
        length = np.linalg.norm(q, axis=-1, keepdims=True)
        along = np.where(length > 0, q / np.maximum(length, 1e-300), [0.0, 0.0, 1.0])
        _, axes = np.linalg.eigh(along[..., :, None] * along[..., None, :])
        v = np.array([self.v_transverse, self.v_transverse, self.v_longitudinal]) / M_S_PER_meV_A
        return Modes(length * v, axes)

    def form_factor(self, Q: ArrayLike) -> np.ndarray:
        """w(Q) in eV for |Q| ≥ 0 in Å⁻¹, an array of any shape."""
        Q = wavevector(Q, "Q")
        screening = 1 + (Q / self.gas.thomas_fermi_wavevector) ** 2
        bare = np.cos(Q * self.core_radius_A)
        return np.asarray(-2 / 3 * self.gas.fermi_energy * bare / screening)


@dataclass(frozen=True, eq=False)
class ScatteringRates:
    """ħ/τ of the two kinds of process, in meV, one value for each temperature.

    Attributes
    ----------
    T, normal, umklapp : arrays of one shape
    """

    T: np.ndarray
    normal: np.ndarray
    umklapp: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """ħ/τ of both, which no choice of cell can change."""
        return self.normal + self.umklapp

    @property
    def umklapp_share(self) -> np.ndarray:
        """Umklapp part of the whole, 0 to 1.

        Raises
        ------
        PhysicalRefusal
            If nothing scatters at some T.
        """
        if not (self.total > 0).all():
            raise PhysicalRefusal(
                f"nothing scatters at {np.min(self.T):g} K, and a share of nothing has no value; "
                "the total rate must be positive; take T above 1 K."
            )
        return self.umklapp / self.total


def scattering_rates(
    metal: Metal,
    T: ArrayLike,
    phonons: VibratingLattice | None = None,
    order: int = 16,
    tolerance: float = 0.02,
) -> ScatteringRates:
    """ħ/τ with phonons in equilibrium, split at the zone boundary, Eq. `eq-scattering-weight`.

    ħ/τ = 4π N₁(0) ∫ d³Q/(8πk_F²Q) (Q²/2k_F²) Σ_ν |g_Qν|² x n(n+1) over |Q| < 2k_F, with
    |g|² = (ħ/2Mω)(Q·e)²|w(Q)|², x = ħω/k_BT, and N₁(0) the states per eV, spin and atom: the rate
    of `eq-golden-rule`, averaged over the sphere with the weight 1 − cos θ = Q²/2k_F². The
    resistivity is m/(ne²τ).

    Parameters
    ----------
    metal : SimpleMetal or the like
    T : array of any shape, K, > 0
    phonons : crystal, optional
        Whose modes to use in place of the metal's own, on the same lattice.
    order : int ≥ 6
        Of the `sphere_quadrature`.
    tolerance : float
        Relative accuracy demanded of the total, and of the Umklapp part where that is more than a
        millionth of it.

    Raises
    ------
    ValueError
        If T or the tolerance is not positive, the order is too low, or the phonons belong to
        another lattice.
    UnstableLatticeError
        If a mode has ω² < 0.
    ConvergenceError
        If a coarser quadrature differs by more than ``tolerance``.
    """
    T = np.asarray(T, dtype=float)
    if not (np.isfinite(T) & (T > 0)).all():
        raise ValueError("T must be positive and finite, in K; rates vanish at T = 0; try 1–300 K.")
    order = integer("order", order, 6, "16 gives about three digits")
    positive("tolerance", tolerance, "", "0.02 is usual")
    phonons = phonons or metal
    fine, coarse = (_rates(metal, phonons, T, n) for n in (order, (3 * order) // 4))
    small = np.maximum(fine.umklapp, 1e-6 * fine.total)
    worst = np.maximum(
        np.abs(coarse.total / fine.total - 1), np.abs(coarse.umklapp - fine.umklapp) / small
    )
    if worst.max(initial=0) > tolerance:
        at = np.ravel(T)[np.argmax(worst)]
        raise ConvergenceError(
            f"the rate at {at:.4g} K changes by {worst.max():.1e} between two quadratures; "
            f"{tolerance:.0e} was demanded; raise `order` (now {order}) or `tolerance`."
        )
    return fine


def _rates(metal: Metal, phonons: VibratingLattice, T: np.ndarray, order: int) -> ScatteringRates:
    sphere = sphere_coupling(metal, phonons, order=order, radial=order, crowding=4)
    normal, umklapp = (
        transport.scattering_rate(T, sphere.spectral_function("transport", processes))
        for processes in ("normal", "umklapp")
    )
    return ScatteringRates(T, normal, umklapp)
