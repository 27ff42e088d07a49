"""What follows from ε(q, ω): the plasmon, the pair continuum, and potentials in real space.

The functions of `lindhard`, `local_field` and `dielectric` can be imported from here too.
"""

from __future__ import annotations

from math import ceil, pi

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from elphlib.checks import lengths
from elphlib.dielectric import dielectric, polarization, response, thomas_fermi
from elphlib.electrons import FreeElectronGas
from elphlib.errors import PhysicalRefusal
from elphlib.lindhard import (
    FAR_SERIES,
    chemical_potential,
    lindhard,
    lindhard_finite_temperature,
    lindhard_static,
    wavevector,
)
from elphlib.local_field import LocalField, continued_field, local_field
from elphlib.units import COULOMB_eV_A, HBAR2_OVER_2M_eV_A2

__all__ = [
    "LocalField",
    "chemical_potential",
    "dielectric",
    "friedel_asymptote",
    "induced_density",
    "lindhard",
    "lindhard_finite_temperature",
    "lindhard_static",
    "local_field",
    "pair_continuum",
    "plasmon_cutoff",
    "plasmon_energy",
    "response",
    "screened_potential",
    "thomas_fermi",
]


def pair_continuum(gas: FreeElectronGas, q: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest energy (eV) of a pair k → k + q with k < k_F < |k + q|.

    ħ²(q² ± 2qk_F)/2m, Eq. `eq-pair-continuum`; below 2k_F pairs exist down to zero. Between the
    two Im χ₀ < 0.

    Parameters
    ----------
    gas : FreeElectronGas
    q : array of any shape, Å⁻¹, ≥ 0

    Returns
    -------
    lower, upper : arrays of the shape of ``q``, eV

    Raises
    ------
    ValueError
        If q is negative or not finite.
    """
    q = wavevector(q)
    scale = HBAR2_OVER_2M_eV_A2 / gas.mass
    lower = scale * q * np.maximum(q - 2 * gas.k_fermi, 0)
    return lower, scale * q * (q + 2 * gas.k_fermi)


def plasmon_cutoff(gas: FreeElectronGas, local_field: LocalField | None = None) -> float:
    """Wavevector (Å⁻¹) at which the plasmon meets the pair continuum and ceases to be a mode.

    The zero of 1 − v(1−G)χ₀ along the upper edge of the continuum; about k_F in metals.

    Parameters
    ----------
    gas : FreeElectronGas
    local_field : "hubbard", "geldart-vosko", "corradini" or None
    """

    def at_edge(q: float) -> float:
        return float(_collective(gas, q, pair_continuum(gas, q)[1], local_field))

    # At the edge −vχ₀ ≤ k_TF²k_F/2q³ for every q, so the plasmon cannot lie beyond this:
    beyond = (gas.thomas_fermi_wavevector**2 * gas.k_fermi / 2) ** (1 / 3)
    return float(brentq(at_edge, 1e-6 * beyond, beyond, xtol=1e-15, rtol=1e-14))


def plasmon_energy(
    gas: FreeElectronGas, q: ArrayLike, local_field: LocalField | None = None
) -> np.ndarray:
    """ħω_q in eV, the zero of 1 − v(1−G)χ₀ above the pair continuum, Eq. `eq-plasmon`.

    ω² = ω_p² + (3/5) v_F² q² + … at small q.

    Parameters
    ----------
    gas : FreeElectronGas
    q : array of any shape, Å⁻¹, from 0 to `plasmon_cutoff`
    local_field : "hubbard", "geldart-vosko", "corradini" or None

    Returns
    -------
    array of the shape of ``q``

    Raises
    ------
    ValueError
        If q is negative or not finite, or the local field is unknown.
    PhysicalRefusal
        Beyond the cutoff: there the plasmon decays into pairs and is no longer a root.
    """
    q = wavevector(q)
    cutoff = plasmon_cutoff(gas, local_field)
    if (q > cutoff).any():
        raise PhysicalRefusal(
            f"no plasmon at q = {q.max():.4g} Å⁻¹: from {cutoff:.4g} Å⁻¹ on it decays into "
            "electron–hole pairs; stay below plasmon_cutoff(gas), or look at −Im 1/ε(q, ω)."
        )
    low = pair_continuum(gas, q)[1]
    # Every pair has less than the edge energy, so vχ₀ ≤ ω_p²/(ω² − E₊²): a bound from above.
    high = np.sqrt(low**2 + gas.plasma_energy**2)
    for _ in range(60):
        middle = (low + high) / 2
        below = _collective(gas, q, middle, local_field) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


def _collective(
    gas: FreeElectronGas, q: ArrayLike, energy: ArrayLike, kind: LocalField | None
) -> np.ndarray:
    """Re [1 − v(1−G)χ₀], which vanishes where the gas oscillates by itself."""
    bare, G = polarization(gas, q, energy, kind)
    return 1 - (1 - G) * bare.real


def screened_potential(
    gas: FreeElectronGas, r: ArrayLike, charge: float = 1.0, local_field: LocalField | None = None
) -> np.ndarray:
    """Potential energy −(2Ze²/πr) ∫₀^∞ dq sin(qr)/q ε(q) of an electron at r from a charge Ze.

    The field of the charge and of the density it induces, Eq. `eq-screened-potential`; without the
    exchange–correlation field of that density. Accurate to 1e-9 of the Friedel oscillation up to
    k_F r = 50 and to 1e-6 at 600.

    Parameters
    ----------
    gas : FreeElectronGas
    r : array of any shape, Å, > 0
    charge : float
        Z, in units of the proton charge.
    local_field : "hubbard", "geldart-vosko", "corradini" or None

    Returns
    -------
    array of the shape of ``r``, eV; −Ze²/r for r → 0

    Raises
    ------
    ValueError
        If r is not positive and finite, or the local field is unknown.
    """
    r = _distance(r, zero_allowed=False)  # at the charge itself the potential is infinite
    induced = 2 / pi * _transform(gas, r, local_field, power=0)
    return -charge * COULOMB_eV_A * (1 / r + induced)


def induced_density(
    gas: FreeElectronGas, r: ArrayLike, charge: float = 1.0, local_field: LocalField | None = None
) -> np.ndarray:
    """Electrons per volume that gather at r from a charge Ze, in Å⁻³ (linear response).

    δn = −(Z/2π²) ∫₀^∞ dq q² vχ sin(qr)/qr; its integral over all space is Z. Arguments as in
    `screened_potential`, and r = 0 is allowed; errors likewise.
    """
    return -charge / (2 * pi**2) * _transform(gas, _distance(r), local_field, power=2)


def friedel_asymptote(
    gas: FreeElectronGas, r: ArrayLike, charge: float = 1.0, local_field: LocalField | None = None
) -> np.ndarray:
    """What remains of `screened_potential` far away, in eV, Eq. `eq-friedel`.

    −Ze² k_TF² cos(2k_F r) / (16 k_F⁴ η² r³), with η = 1 + (1 − G) k_TF²/8k_F² at q = 2k_F (in the
    RPA η = ε(2k_F)). The induced density is k_F²/πe² times this. Corrections are of relative
    order 1/k_F r. Arguments and errors as in `screened_potential`.
    """
    r = _distance(r, zero_allowed=False)
    k_F, k_TF = gas.k_fermi, gas.thomas_fermi_wavevector
    G = float(continued_field(gas, np.array(4.0), local_field))
    eta = 1 + (1 - G) * k_TF**2 / (8 * k_F**2)
    amplitude = charge * COULOMB_eV_A * k_TF**2 / (16 * k_F**4 * eta**2)
    return -amplitude * np.cos(2 * k_F * r) / r**3


#: Gauss–Legendre points of one panel, and how many radians of sin(qr) a panel may hold.
_PANEL = np.polynomial.legendre.leggauss(24)
_RADIANS = 12.0


def _transform(
    gas: FreeElectronGas, r: np.ndarray, kind: LocalField | None, power: int
) -> np.ndarray:
    """∫₀^∞ dq q^power vχ(q) sin(qr)/qr.

    Up to 6k_F by Gauss panels that crowd towards the singularity (q − 2k_F) ln|q − 2k_F|. From
    there along the ray q = 6k_F + s e^{iπ/6}, where e^{iqr} decays and vχ has no singularity:
    sin(qr)/qr is the real part of (e^{iqr} − 1)/iqr, and the part with −1 is purely imaginary.
    """
    q, weight = _panels(gas, float(r.max(initial=0)))
    bare, G = polarization(gas, q, 0.0, kind)
    near = weight * q**power * bare / (1 - (1 - G) * bare)
    t = np.linspace(-4.2, 4.2, 169)
    s = gas.k_fermi * np.exp(pi / 2 * np.sinh(t))
    far = 6 * gas.k_fermi + s * np.exp(1j * pi / 6)
    step = (t[1] - t[0]) * s * pi / 2 * np.cosh(t) * np.exp(1j * pi / 6)
    tail = step * far**power * _continued_vchi(gas, far, kind)
    flat = r.ravel()
    total = np.empty(flat.shape)
    for part in np.array_split(np.arange(flat.size), 1 + flat.size * q.size // 2_000_000):
        z = 1j * np.multiply.outer(flat[part], far)
        kernel = np.where(z == 0, 1, np.expm1(z) / np.where(z == 0, 1, z))
        wave = np.sinc(np.multiply.outer(flat[part], q) / pi)
        total[part] = wave @ near + (kernel @ tail).real
    return total.reshape(r.shape)


def _panels(gas: FreeElectronGas, r: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights on 0…2k_F and 2k_F…6k_F: q = 2k_F ∓ L u³, equal panels in u."""
    points, weights = [], []
    for length in (-2 * gas.k_fermi, 4 * gas.k_fermi):
        # Enough for the fastest oscillation, and for 1/ε to bend within k_TF at high density.
        steepest = 3 * abs(length) * max(r, 12 / gas.k_fermi, 24 / gas.thomas_fermi_wavevector)
        n = ceil(steepest / _RADIANS)
        u = ((np.arange(n)[:, None] + (1 + _PANEL[0]) / 2) / n).ravel()
        points.append(2 * gas.k_fermi + length * u**3)
        weights.append(np.tile(_PANEL[1], n) / (2 * n) * 3 * abs(length) * u**2)
    return np.concatenate(points), np.concatenate(weights)


def _continued_vchi(gas: FreeElectronGas, q: np.ndarray, kind: LocalField | None) -> np.ndarray:
    """Static vχ at complex q with |q| > 6k_F, by the series of `lindhard`."""
    u = (2 * gas.k_fermi / q) ** 2
    free = u * np.polynomial.polynomial.polyval(u, np.array(FAR_SERIES)) / 4
    bare = -((gas.thomas_fermi_wavevector / q) ** 2) * free
    return bare / (1 - (1 - continued_field(gas, (q / gas.k_fermi) ** 2, kind)) * bare)


def _distance(r: ArrayLike, zero_allowed: bool = True) -> np.ndarray:
    """Distances as a checked array, Å."""
    return lengths("r", r, "Å", "0.1–20 Å shows everything", zero_allowed)
