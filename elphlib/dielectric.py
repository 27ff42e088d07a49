"""The dielectric function ε(q, ω) of the electron gas: Thomas–Fermi, RPA, local fields."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from elphlib.electrons import FreeElectronGas
from elphlib.lindhard import TINY, lindhard, wavevector
from elphlib.local_field import LocalField
from elphlib.local_field import local_field as field_of
from elphlib.units import COULOMB_eV_A


def response(
    gas: FreeElectronGas,
    q: ArrayLike,
    energy: ArrayLike = 0.0,
    local_field: LocalField | None = None,
) -> np.ndarray:
    """Density response to an external potential, χ = χ₀/(1 − v(1−G)χ₀), Eq. `eq-local-field`.

    Parameters
    ----------
    gas, q, energy
        As for `lindhard`.
    local_field : "hubbard", "geldart-vosko", "corradini" or None
        None is the RPA, Eq. `eq-rpa`.

    Returns
    -------
    array of the broadcast shape, eV⁻¹Å⁻³
        δn = χ V_ext, with the potential energy V_ext of an electron. It vanishes as −q²/4πe²
        for q → 0 at ω = 0: perfect screening.

    Raises
    ------
    ValueError
        As `lindhard` and `local_field`.
    """
    bare, G = polarization(gas, q, energy, local_field)
    q2 = wavevector(q) ** 2
    with np.errstate(invalid="ignore"):
        vchi = np.where(np.isinf(bare), -1.0, bare / (1 - (1 - G) * bare))
    return q2 / (4 * pi * COULOMB_eV_A) * vchi


def dielectric(
    gas: FreeElectronGas,
    q: ArrayLike,
    energy: ArrayLike = 0.0,
    local_field: LocalField | None = None,
) -> np.ndarray:
    """ε(q, ω) that one test charge sees of another, 1/ε = 1 + vχ, Eq. `eq-rpa`.

    Without a local field ε = 1 − vχ₀; with one, ε = 1 − vχ₀/(1 + vGχ₀), Eq. `eq-local-field`.
    An *electron* feels the exchange–correlation field besides, which is not in 1/ε.

    Parameters
    ----------
    gas, q, energy, local_field
        As for `response`.

    Returns
    -------
    array of the broadcast shape, dimensionless
        Real if ``energy`` is the scalar zero, complex otherwise. At q = 0 its limit: ``inf`` at
        ω = 0, 1 − ω_p²/ω² otherwise.

    Raises
    ------
    ValueError
        As `response`.
    """
    bare, G = polarization(gas, q, energy, local_field)
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(bare), np.inf, 1 - bare / (1 + G * bare))


def thomas_fermi(gas: FreeElectronGas, q: ArrayLike) -> np.ndarray:
    """ε_TF = 1 + k_TF²/q², Eq. `eq-thomas-fermi`; ``inf`` at q = 0.

    Parameters
    ----------
    gas : FreeElectronGas
    q : array of any shape, Å⁻¹, ≥ 0

    Raises
    ------
    ValueError
        If q is negative or not finite.
    """
    with np.errstate(divide="ignore", over="ignore"):
        return 1 + (gas.thomas_fermi_wavevector / wavevector(q)) ** 2


def polarization(
    gas: FreeElectronGas, q: ArrayLike, energy: ArrayLike, kind: LocalField | None
) -> tuple[np.ndarray, np.ndarray]:
    """vχ₀(q, ω) and G(q), arguments as in `response`.

    At q = 0 vχ₀ has its limits: −∞ at ω = 0, ω_p²/ω² otherwise.
    """
    free, q = lindhard(gas, q, energy), wavevector(q)
    still = q < TINY
    bare = 4 * pi * COULOMB_eV_A / np.where(still, 1.0, q) ** 2 * free
    if still.any():
        with np.errstate(divide="ignore"):
            limit = (gas.plasma_energy / np.asarray(energy, dtype=float)) ** 2
        bare = np.where(still, np.where(np.isinf(limit), -np.inf, limit), bare)
    return bare, field_of(gas, q, kind)
