"""One number, five conventions: converters between the normalisations of the literature.

All follow from one sum. With g per cell (`coupling`), N(0) per spin and per cell, and

    S_qν = (1/N_k) Σ_k |g|² δ(ε_k) δ(ε_{k+q})        (k of one spin),

this book has λ_qν = 2S/N(0)ħω, λ = (1/N_q) Σ_qν λ_qν = 2∫α²F dω/ω, and for the full width at half
maximum of the phonon line γ_qν = 4πħωS = 2πN(0)λ_qν(ħω)², Eq. `eq-conversions`. The factor 4π
is 2π of the golden rule times two spins. What others print is a `Convention`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, positive
from elphlib.coupling import zero_point_amplitude
from elphlib.units import MEV_PER_THZ


@dataclass(frozen=True)
class Convention:
    """How a paper or a code writes linewidths and spectral functions."""

    name: str
    linewidth: float  #: γ = linewidth × N λ_qν (ħω)², with N the N(0) that is used here
    spins: int  #: how many spins this N(0) counts
    spectral: float  #: α²F printed here over this book's
    meV_per_unit: float  #: of the linewidths printed
    source: str  #: where it says so


#: The five columns of the conventions page, and Allen's first paper as its abstract has it.
CONVENTIONS: dict[str, Convention] = {
    "book": Convention("this book", 2 * pi, 1, 1.0, 1.0, "Eq. eq-conversions"),
    "quantum-espresso": Convention(
        "Quantum ESPRESSO ph.x", pi, 1, 1.0, 1e-3 * MEV_PER_THZ, "PHonon/PH/elphon.f90, lambda.f90"
    ),
    "epw": Convention("EPW", pi, 1, 1.0, 1.0, "EPW/src/selfen.f90, selfen_phon_q"),
    "abinit": Convention("ABINIT EPH, as coded", 2 * pi, 1, 2.0, 1.0, "78_eph/m_phgamma.F90"),
    "abinit-tutorial": Convention(
        "ABINIT EPH, as its tutorial writes it", pi, 1, 2.0, 1.0, "tutorial eph4isotc"
    ),
    "allen-1972": Convention(
        "Allen 1972, weight of the abstract", pi / 4, 2, 1.0, 1.0, "Phys. Rev. B 6, 2577"
    ),
}


def convention(name: str) -> Convention:
    """Look up a convention; a ValueError lists those there are."""
    if name not in CONVENTIONS:
        raise ValueError(
            f"there is no convention {name!r}; known are {', '.join(CONVENTIONS)}; check in your "
            "source whether γ is a half or a full width and whether N(0) is per spin."
        )
    return CONVENTIONS[name]


def linewidth_from_lambda(
    lam: ArrayLike, energy_meV: ArrayLike, dos: float, to: str = "book"
) -> np.ndarray:
    """γ_qν from λ_qν as a given convention prints it, Eq. `eq-conversions`.

    Parameters
    ----------
    lam : array, λ_qν of one mode (λ = (1/N_q) Σ_qν λ_qν)
    energy_meV : array that broadcasts, ħω
    dos : float, states/eV per cell
        N(0), **per spin**, whatever ``to`` counts.
    to : key of `CONVENTIONS`

    Returns
    -------
    array, in the unit of ``to``: meV, for ``"quantum-espresso"`` GHz

    Raises
    ------
    ValueError
        Unknown convention, N(0) not positive, or a mode with ω² < 0.
    """
    target = convention(to)
    positive("dos", dos, "states/eV per cell and spin", "metals have 0.1–3")
    energy = _frequencies(energy_meV)
    width = target.linewidth * target.spins * 1e-3 * dos * np.asarray(lam, float) * energy**2
    return np.asarray(width / target.meV_per_unit)


def lambda_from_linewidth(
    gamma: ArrayLike, energy_meV: ArrayLike, dos: float, source: str = "book"
) -> np.ndarray:
    """λ_qν from a γ_qν that follows a given convention; inverse of `linewidth_from_lambda`.

    Raises
    ------
    ValueError
        Unknown convention, N(0) not positive, ω² < 0, or ħω = 0, where λ_qν is a limit.
    """
    energy = _frequencies(energy_meV, zero_allowed=False)
    return np.asarray(gamma, float) / linewidth_from_lambda(1.0, energy, dos, source)


def convert_linewidth(gamma: ArrayLike, source: str, to: str) -> np.ndarray:
    """γ_qν of one convention, with its unit, in another; the metal does not enter.

    Raises
    ------
    ValueError
        Unknown convention.
    """
    a, b = convention(source), convention(to)
    ratio = b.linewidth * b.spins / (a.linewidth * a.spins)
    return np.asarray(gamma, float) * ratio * a.meV_per_unit / b.meV_per_unit


def convert_spectral(values: ArrayLike, source: str, to: str = "book") -> np.ndarray:
    """α²F as one convention prints it, in another. Its energies keep their unit.

    Raises
    ------
    ValueError
        Unknown convention.
    """
    return np.asarray(values, float) * convention(to).spectral / convention(source).spectral


def spectral_factor(energy_meV: ArrayLike, values: ArrayLike, lam: float) -> float:
    """Factor c for which 2∫c α²F dω/ω is the λ that came with the same calculation.

    1 says that the curve follows this book, ½ that λ was taken as ∫α²F dω/ω. Any other factor is
    a unit, a frequency axis, or a curve whose low-frequency part is missing.

    Parameters
    ----------
    energy_meV, values : (n,) arrays, energies positive and ascending
    lam : float

    Raises
    ------
    ValueError
        If energies are not positive and ascending, the shapes differ, or λ or the integral is not
        positive.
    """
    positive("lam", lam, "", "metals have 0.1–2")
    energy = finite_array("energy", energy_meV, (...,), "meV")
    if energy.ndim != 1 or (energy <= 0).any() or (np.diff(energy) <= 0).any():
        raise ValueError(
            "energies must be positive and ascending, in meV; α²F/ω is integrated over them; leave "
            "out ω = 0."
        )
    integral = 2 * np.trapezoid(finite_array("values", values, energy.shape, "") / energy, energy)
    return float(lam / positive("2∫α²F/ω", integral, "", "it is λ up to a factor"))


def lambda_from_coupling(
    pair_average_meV2: ArrayLike, energy_meV: ArrayLike, dos: float
) -> np.ndarray:
    """λ_qν = 2S/N(0)ħω, Eq. `eq-conversions`, from S = (1/N_k) Σ_k |g|² δ(ε_k) δ(ε_{k+q}).

    Parameters
    ----------
    pair_average_meV2 : array, meV²/eV²
        S with |g|² in meV² and the deltas in eV⁻¹, one spin.
    energy_meV : array that broadcasts, > 0
    dos : float, states/eV per cell and spin

    Raises
    ------
    ValueError
        N(0) or ħω not positive.
    """
    positive("dos", dos, "states/eV per cell and spin", "metals have 0.1–3")
    energy = _frequencies(energy_meV, zero_allowed=False)
    return np.asarray(2e-3 * np.asarray(pair_average_meV2, float) / (dos * energy))


def _frequencies(energy_meV: ArrayLike, zero_allowed: bool = True) -> np.ndarray:
    """Energies ħω of modes that oscillate, as a checked array in meV."""
    energy = finite_array("energy", energy_meV, (...,), "meV")
    if (energy < 0).any() or (not zero_allowed and (energy == 0).any()):
        raise ValueError(
            f"ħω is {energy.min():g} meV for some mode; λ_qν needs ω² > 0 (its limit at ω = 0 "
            "depends on the path); leave out acoustic modes at Γ and unstable ones."
        )
    return energy


def coupling_from_slope(slope_eV_A: ArrayLike, energy_meV: ArrayLike, mass_u: float) -> np.ndarray:
    """Matrix element g = (ħ/2Mω)^(1/2) |∂V/∂u| in meV from the slope ∂V/∂u in eV/Å.

    Codes that keep the slope, or d/√M, until the last step (ph.x, ABINIT's files) lack this factor:
    their squares differ from |g|² by ħ/2ω or by ħ/2Mω, with ω different for every mode. Errors as
    in `zero_point_amplitude`.
    """
    return 1e3 * np.asarray(slope_eV_A, float) * zero_point_amplitude(energy_meV, mass_u)


def slope_from_coupling(g_meV: ArrayLike, energy_meV: ArrayLike, mass_u: float) -> np.ndarray:
    """Slope ∂V/∂u in eV/Å from g in meV; inverse of `coupling_from_slope`."""
    return 1e-3 * np.asarray(g_meV, float) / zero_point_amplitude(energy_meV, mass_u)


def rescale_mu_star(mu_star: float, cutoff: float, new_cutoff: float) -> float:
    """μ* that belongs to another cutoff, 1/μ*(ω₂) = 1/μ*(ω₁) + ln(ω₁/ω₂).

    μ* is the repulsion left after all pairs above the cutoff have avoided each other: the lower the
    cutoff, the more have, and the smaller μ* is. A μ* for Matsubara sums up to 10 ω_max is not
    the μ* of a T_c formula.

    Parameters
    ----------
    mu_star : float
    cutoff, new_cutoff : float, > 0
        ω₁ and ω₂, in the same unit.

    Raises
    ------
    ValueError
        If ω₂ is so far above ω₁ that μ* would diverge: no repulsion at ω₂ gives this μ*.
    """
    positive("mu_star", mu_star, "", "metals have 0.1–0.2")
    positive("cutoff", cutoff, "meV", "5–10 times the largest phonon energy")
    positive("new_cutoff", new_cutoff, "meV", "5–10 times the largest phonon energy")
    inverse = 1 / mu_star + log(cutoff / new_cutoff)
    if inverse <= 0:
        raise ValueError(
            f"μ* = {mu_star} at a cutoff of {cutoff:.4g} cannot come from {new_cutoff:.4g}: an "
            f"infinite repulsion there would leave {1 / log(new_cutoff / cutoff):.3g}; choose a "
            "smaller μ* or a lower new cutoff."
        )
    return 1 / inverse


def mu_star_from_mu(mu: float, band_energy: float, cutoff: float) -> float:
    """Morel–Anderson μ* = μ/[1 + μ ln(E_b/ω_c)]; energies in the same unit.

    P. Morel, P. W. Anderson, Phys. Rev. 125, 1263 (1962).
    """
    return rescale_mu_star(mu, band_energy, cutoff)
