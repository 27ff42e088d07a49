"""Electron–phonon matrix elements: deformation potential, Fröhlich, screened ion.

One normalisation holds throughout. For a crystal of N cells

    H_ep = N^(−1/2) Σ_kqν g_qν c†_{k+q} c_k (a_qν + a†_{−qν}),

so that g is the matrix element *per cell*: it does not depend on the size of the crystal, and a
zone sum comes as (1/N) Σ_q |g|². To put it in a box of volume 𝒱 instead, divide |g|² by 𝒱/V, with
V the volume of the cell. All |g| are in meV.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, positive
from elphlib.electrons import FreeElectronGas
from elphlib.errors import UnstableLatticeError
from elphlib.jellium import (
    Screening,
    bohm_staver,
    carrier_screening,
    ion_plasma_energy,
    jellium_phonon,
    metallic_deformation_potential,
    point_ion,
)
from elphlib.lindhard import wavevector
from elphlib.units import (
    COULOMB_eV_A,
    DENSITY_g_cm3_PER_u_A3,
    HBAR2_OVER_2M_eV_A2,
    HBAR2_PER_u_eV_A2,
    M_S_PER_meV_A,
)

__all__ = [
    "bohm_staver",
    "carrier_screening",
    "deformation_potential",
    "frohlich",
    "frohlich_constant",
    "ion_plasma_energy",
    "jellium_phonon",
    "metallic_deformation_potential",
    "point_ion",
    "screen",
    "screened_ion",
    "zero_point_amplitude",
]


def zero_point_amplitude(energy_meV: ArrayLike, mass_u: float) -> np.ndarray:
    """(ħ/2Mω)^(1/2) in Å: the length that turns a force into a matrix element.

    Parameters
    ----------
    energy_meV : array of any shape, ħω > 0
    mass_u : float, u

    Raises
    ------
    ValueError
        If the mass is not positive or an energy is not finite.
    UnstableLatticeError
        If ħω ≤ 0: an unstable mode has no amplitude, a mode at rest an infinite one.
    """
    positive("mass_u", mass_u, "u", "atoms have 1–240")
    energy = finite_array("energy", energy_meV, (...,), "meV")
    if (energy <= 0).any():
        raise UnstableLatticeError(
            f"a mode has ħω = {energy.min():.4g} meV; a matrix element needs ħω > 0; leave out "
            "q = 0 and modes with ω² < 0."
        )
    return np.sqrt(HBAR2_PER_u_eV_A2 / (2e-3 * mass_u * energy))


def deformation_potential(
    q: ArrayLike, D_eV: float, velocity_m_s: float, density_g_cm3: float, cell_volume_A3: float
) -> np.ndarray:
    """|g_q| = |D| (ħq/2ρVv)^(1/2) in meV per cell, Eq. `eq-deformation`.

    D is the energy of an electron per unit of the *self-consistent* dilation, V_el = D ∇·u: the
    electrons' own response is already in it, and it must not be screened again.

    Parameters
    ----------
    q : array of any shape, Å⁻¹, ≥ 0
    D_eV : float, of either sign; see `metallic_deformation_potential`
    velocity_m_s : float
        Velocity of the longitudinal sound, ω = vq.
    density_g_cm3, cell_volume_A3 : float
        ρ and the volume V of one cell.

    Raises
    ------
    ValueError
        If q is negative or not finite, or v, ρ, V are not positive.
    """
    q = wavevector(q)
    positive("velocity_m_s", velocity_m_s, "m/s", "metals have 1000–13000")
    positive("density_g_cm3", density_g_cm3, "g/cm³", "metals have 0.5–22")
    positive("cell_volume_A3", cell_volume_A3, "Å³", "elements have 8–120")
    (D,) = finite_array("D", [D_eV], (1,), "eV")
    mass_u = density_g_cm3 * cell_volume_A3 / DENSITY_g_cm3_PER_u_A3
    slope = 1e-3 * velocity_m_s / M_S_PER_meV_A  # ħv in eV·Å; then (ħ/2Mω)^½ q = (ħ²q/2M ħv)^½
    return 1e3 * abs(D) * np.sqrt(HBAR2_PER_u_eV_A2 * q / (2 * mass_u * slope))


def frohlich(
    q: ArrayLike,
    lo_energy_meV: float,
    epsilon_infinity: float,
    epsilon_static: float,
    cell_volume_A3: float,
    carriers: FreeElectronGas | None = None,
    screening: Screening = "rpa",
) -> np.ndarray:
    """|g_q| of a longitudinal optical mode in meV per cell, Eq. `eq-frohlich`.

    |g_q|² = (2πe²ħω_LO/Vq²)(1/ε_∞ − 1/ε_s), divided by the square of 1 + κ²/q²
    (κ² = 8πe²N(0)/ε_∞, Thomas–Fermi) or of 1 − (4πe²/ε_∞q²)χ₀(q) (RPA) when there are ``carriers``.
    The screening is static, hence right only while ω_LO ≪ ω_p and ω_LO ≪ qv_F.

    Parameters
    ----------
    q : array of any shape, Å⁻¹, > 0
    lo_energy_meV : float
    epsilon_infinity, epsilon_static : float, 1 ≤ ε_∞ ≤ ε_s
        Without carriers.
    cell_volume_A3 : float
    carriers : FreeElectronGas, optional
        With their effective mass; the background ε_∞ is applied here.
    screening : "rpa" or "thomas-fermi"

    Raises
    ------
    ValueError
        If q ≤ 0, the dielectric constants are out of order, or ω_LO or V is not positive.
    """
    q = wavevector(q, zero_allowed=False)
    positive("lo_energy_meV", lo_energy_meV, "meV", "polar crystals have 10–100")
    positive("cell_volume_A3", cell_volume_A3, "Å³", "polar crystals have 20–100")
    pull = _polar_strength(epsilon_infinity, epsilon_static)
    bare = np.sqrt(2e3 * pi * COULOMB_eV_A * lo_energy_meV * pull / cell_volume_A3) / q
    if carriers is None:
        return bare
    return bare / carrier_screening(carriers, q, screening, epsilon_infinity)


def frohlich_constant(
    lo_energy_meV: float, epsilon_infinity: float, epsilon_static: float, mass: float = 1.0
) -> float:
    """Fröhlich's dimensionless α = (e²/ħ)(m/2ħω_LO)^(1/2) (1/ε_∞ − 1/ε_s).

    In its terms |g_q|² = 4πα (ħω_LO)² (ħ/2mω_LO)^(1/2)/Vq², Eq. `eq-frohlich`. ``mass`` is in
    electron masses. H. Fröhlich, Adv. Phys. 3, 325 (1954). Errors as in `frohlich`.
    """
    positive("lo_energy_meV", lo_energy_meV, "meV", "polar crystals have 10–100")
    positive("mass", mass, "electron masses", "conduction bands have 0.01–2")
    radius = sqrt(HBAR2_OVER_2M_eV_A2 / (mass * 1e-3 * lo_energy_meV))  # (ħ/2mω)^(1/2) in Å
    pull = _polar_strength(epsilon_infinity, epsilon_static)
    return COULOMB_eV_A * pull / (2e-3 * lo_energy_meV * radius)


def screened_ion(
    Q: ArrayLike,
    form_factor_eV: ArrayLike,
    energy_meV: ArrayLike,
    polarization: ArrayLike,
    mass_u: float,
) -> np.ndarray:
    """g_ν(Q) = −i (ħ/2Mω_ν)^(1/2) (Q·e_ν) w(Q) of every mode, complex, in meV per cell.

    First order in the displacement of rigid ions, Eq. `eq-screened-ion`: an electron goes from k to
    k + Q. One atom in the cell.

    Parameters
    ----------
    Q : (…, 3) array, Å⁻¹
        The whole momentum transfer q + G.
    form_factor_eV : (…) array
        w(|Q|), for instance `SimpleMetal.form_factor` of |Q|.
    energy_meV, polarization : (…, 3) and (…, 3, 3) arrays
        As `Modes` has them, at q or at any q + G.
    mass_u : float

    Returns
    -------
    (…, 3) complex array

    Raises
    ------
    ValueError
        If an array has another shape or is not finite, or the mass is not positive.
    UnstableLatticeError
        If ħω ≤ 0 for some mode.
    """
    Q = finite_array("Q", Q, (..., 3), "Å⁻¹")
    w = finite_array("form_factor", form_factor_eV, Q.shape[:-1], "eV")
    energy = finite_array("energy", energy_meV, (..., 3), "meV")
    e = np.asarray(polarization)
    if e.shape[-2:] != (3, 3) or not np.isfinite(e).all():
        raise ValueError(
            f"polarization has shape {e.shape}; it must be (…, 3, 3) and finite, a column for each "
            "mode of a crystal with one atom per cell; take `Modes.polarization`."
        )
    along = np.einsum("...i,...in->...n", Q, e)
    return -1e3j * zero_point_amplitude(energy, mass_u) * along * w[..., None]


def screen(potential: ArrayLike, weights: ArrayLike | None = None) -> np.ndarray:
    """Λ(k) − ⟨Λ⟩: what is left of a bare Fermi-surface potential at long wavelength.

    In a metal a long-wave potential with a mean over the Fermi surface would push charge; the
    electrons cancel that mean and nothing else. Shear strains (⟨Λ⟩ = 0 by symmetry) stay bare.

    Parameters
    ----------
    potential : (…, n) array, any unit
        Λ at n points of the Fermi surface.
    weights : (n,) or (…, n) array, optional
        Their density of states, dS/|v|; equal if left out.

    Raises
    ------
    ValueError
        If a weight is negative, all are zero, or they are not one for each point.
    """
    bare = np.atleast_1d(finite_array("potential", potential, (...,), "eV"))
    weight = np.ones(bare.shape[-1:]) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape[-1:] != bare.shape[-1:]:
        raise ValueError(
            f"weights have shape {weight.shape} and the potential {bare.shape}; one weight for "
            "each point of the Fermi surface is needed; pass none if all points count the same."
        )
    total = weight.sum(axis=-1, keepdims=True)
    if (weight < 0).any() or not (np.isfinite(total) & (total > 0)).all():
        raise ValueError(
            "weights must be non-negative, finite and not all zero; they are densities of states, "
            "dS/|v|; pass none if all points count the same."
        )
    return bare - (bare * weight).sum(axis=-1, keepdims=True) / total


def _polar_strength(epsilon_infinity: float, epsilon_static: float) -> float:
    """1/ε_∞ − 1/ε_s of a crystal without carriers."""
    if not 1 <= epsilon_infinity <= epsilon_static < np.inf:
        raise ValueError(
            f"ε_∞ = {epsilon_infinity} and ε_s = {epsilon_static}; 1 ≤ ε_∞ ≤ ε_s is needed, since "
            "ions can only add to the polarisation; polar crystals have 2–20 and 5–25."
        )
    return 1 / epsilon_infinity - 1 / epsilon_static
