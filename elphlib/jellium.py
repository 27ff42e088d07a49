"""Jellium with ions: how mobile carriers weaken a slow potential, and the sound that results.

The ions are point charges without cores and without a lattice: enough for every q → 0 limit.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import positive
from elphlib.electrons import FreeElectronGas
from elphlib.errors import UnstableLatticeError
from elphlib.lindhard import wavevector
from elphlib.screening import LocalField, dielectric, lindhard
from elphlib.units import COULOMB_eV_A, HBAR2_PER_u_eV_A2, M_S_PER_meV_A

Screening = Literal["thomas-fermi", "rpa"]


def carrier_screening(
    carriers: FreeElectronGas, q: ArrayLike, screening: Screening = "rpa", background: float = 1.0
) -> np.ndarray:
    """Static factor 1 − (4πe²/ε_b q²) χ₀(q) by which mobile carriers weaken a potential.

    Eq. `eq-rpa`; for ``"thomas-fermi"``, Eq. `eq-thomas-fermi`, χ₀(0) stands for χ₀(q), which
    gives 1 + κ²/q² with κ² = 8πe²N(0)/ε_b.

    Parameters
    ----------
    carriers : FreeElectronGas
    q : array of any shape, Å⁻¹, > 0
    screening : "rpa" or "thomas-fermi"
    background : float
        ε_b of everything that is not a mobile carrier, ≥ 1.

    Returns
    -------
    array of the shape of ``q``, dimensionless

    Raises
    ------
    ValueError
        If q is not positive, ε_b below 1, or the screening unknown.
    """
    q = wavevector(q, zero_allowed=False)
    if not 1 <= background < np.inf:
        raise ValueError(
            f"background is {background}; it must be ≥ 1 and finite; a vacuum has 1, polar "
            "semiconductors have 5–15."
        )
    if screening == "thomas-fermi":
        chi = np.asarray(-2 * carriers.dos)
    elif screening == "rpa":
        chi = lindhard(carriers, q)
    else:
        raise ValueError(
            f"screening is {screening!r}; it must be 'rpa' or 'thomas-fermi'; for bare couplings "
            "pass no carriers."
        )
    return 1 - 4 * pi * COULOMB_eV_A / background * chi / q**2


def point_ion(gas: FreeElectronGas, Q: ArrayLike, screening: Screening | None = None) -> np.ndarray:
    """w(Q) = −4πe²n/Q²ε(Q) in eV of bare or screened point charges, Eq. `eq-form-factor`.

    Z/V = n, so the valence does not enter. Bare (None) it diverges as 1/Q²; with either screening
    w(0) = −n/2N(0) = −2E_F/3. The core that keeps electrons away is left out: beyond Q ≈ k_F
    use `SimpleMetal.form_factor`.

    Parameters
    ----------
    gas : FreeElectronGas
    Q : array of any shape, Å⁻¹, > 0
    screening : "rpa", "thomas-fermi" or None

    Raises
    ------
    ValueError
        If Q is not positive, or the screening unknown.
    """
    Q = wavevector(Q, "Q", zero_allowed=False)
    bare = -4 * pi * COULOMB_eV_A * gas.density_A3 / Q**2
    return bare if screening is None else bare / carrier_screening(gas, Q, screening)


def metallic_deformation_potential(gas: FreeElectronGas) -> float:
    """D = −w(0) = +2E_F/3 in eV: the q → 0 limit of any screened ion, Eq. `eq-metal-deformation`.

    Where the crystal is stretched by ∇·u, neutral matter has fewer electrons and a Fermi sphere
    smaller by 2E_F/3 per unit; the Fermi level is the same everywhere, so the potential energy is
    higher by as much. The form factor w(0) = −2E_F/3 belongs to V_el = −w(0) ∇·u.
    """
    return 2 * gas.fermi_energy / 3


def ion_plasma_energy(gas: FreeElectronGas, valence: float, mass_u: float) -> float:
    """ħΩ_p = (4πZe²nħ²/M)^(1/2) in meV: bare ions in a rigid background; Z and M (u) positive."""
    positive("valence", valence, "", "simple metals have 1–4")
    positive("mass_u", mass_u, "u", "atoms have 1–240")
    square = 4 * pi * valence * gas.density_A3 * COULOMB_eV_A * HBAR2_PER_u_eV_A2 / mass_u
    return 1e3 * sqrt(square)


def bohm_staver(gas: FreeElectronGas, valence: float, mass_u: float) -> float:
    """Sound velocity v = v_F (Zm/3M)^(1/2) = (2ZE_F/3M)^(1/2) in m/s, Eq. `eq-bohm-staver`.

    D. Bohm, T. Staver, Phys. Rev. 84, 836 (1951).
    """
    return ion_plasma_energy(gas, valence, mass_u) / gas.thomas_fermi_wavevector * M_S_PER_meV_A


def jellium_phonon(
    gas: FreeElectronGas,
    q: ArrayLike,
    valence: float,
    mass_u: float,
    screening: Screening = "rpa",
    local_field: LocalField | None = None,
) -> np.ndarray:
    """ħω(q) = ħΩ_p/ε(q)^(1/2) in meV: the ions' plasma oscillation, screened, Eq. `eq-bohm-staver`.

    With ``"thomas-fermi"`` it is sound at every q ≪ k_TF and Ω_p beyond. With ``"rpa"`` it has
    the Kohn anomaly at 2k_F, and a ``local_field`` may be added. No lattice, no shear waves.

    Parameters
    ----------
    q : array of any shape, Å⁻¹, > 0

    Raises
    ------
    ValueError
        If q, valence or mass is not positive, or a local field is asked for outside the RPA.
    UnstableLatticeError
        If ε(q) < 0 (a local field in a dilute gas): the compressibility of jellium is negative.
    """
    q = wavevector(q, zero_allowed=False)
    if screening != "rpa" and local_field is not None:
        raise ValueError(
            f"local_field is {local_field!r} with {screening!r} screening; only 'rpa' takes a "
            "local field; leave out one of the two."
        )
    if local_field is not None:
        epsilon = dielectric(gas, q, local_field=local_field)
    else:
        epsilon = carrier_screening(gas, q, screening)
    if (epsilon <= 0).any():
        raise UnstableLatticeError(
            f"ε = {epsilon.min():.3g} at q = {q.ravel()[np.argmin(epsilon)]:.3g} Å⁻¹ makes ω² < 0; "
            f"jellium at r_s = {gas.r_s:.2f} has a negative compressibility; its ions need cores."
        )
    return ion_plasma_energy(gas, valence, mass_u) / np.sqrt(epsilon)
