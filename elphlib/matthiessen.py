"""Rates and resistivities, and what happens when several resistances meet.

Drude's relation between ħ/τ and ρ; Matthiessen's rule and its failure for two groups of electrons;
the mean free path and its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, not_negative_values, positive, positive_values
from elphlib.electrons import FreeElectronGas
from elphlib.units import COULOMB_eV_A, HBAR_meV_ps, N_m_PER_eV_A2

__all__ = [
    "TwoGroups",
    "drude_rate",
    "drude_resistivity",
    "ioffe_regel",
    "matthiessen",
    "mean_free_path",
    "parallel_resistor",
    "two_groups",
]

#: ħ/e² in Ω, 4108: ħ in eV s over e in C
_HBAR_OVER_E2_ohm = 1e-15 * HBAR_meV_ps / (1e-20 * N_m_PER_eV_A2)

#: ρ in 10⁻⁸ Ωm for ħ/τ = 1 meV and ħω_p = 1 eV: ħ/ε₀e = 4π (e²/4πε₀)(ħ/e²)
_RESISTIVITY = 1e-5 * 4 * pi * COULOMB_eV_A * _HBAR_OVER_E2_ohm

#: ℓk_F²ρ = 3π²ħ/e² with ℓ in Å, k_F in Å⁻¹ and ρ in 10⁻⁸ Ωm
_SPHERE = 1e-2 * 3 * pi**2 * _HBAR_OVER_E2_ohm


def drude_resistivity(rate_meV: ArrayLike, plasma_energy_eV: ArrayLike) -> np.ndarray:
    """ρ = 1/(ε₀ω_p²τ) in 10⁻⁸ Ωm, Eq. `eq-drude`; m/(ne²τ) for free electrons.

    Parameters
    ----------
    rate_meV : array of any shape, ħ/τ ≥ 0
    plasma_energy_eV : array that broadcasts with it, ħω_p > 0

    Raises
    ------
    ValueError
        If ħ/τ is negative or ħω_p not positive.
    """
    rate = not_negative_values("rate_meV", rate_meV, "meV", "metals have 20–150 at 300 K")
    plasma = _plasma(plasma_energy_eV)
    return np.asarray(_RESISTIVITY * rate / plasma**2)


def drude_rate(resistivity: ArrayLike, plasma_energy_eV: ArrayLike) -> np.ndarray:
    """ħ/τ = ħε₀ω_p²ρ in meV, Eq. `eq-drude`: `drude_resistivity` read backwards.

    Parameters
    ----------
    resistivity : array of any shape, ρ ≥ 0 in 10⁻⁸ Ωm
    plasma_energy_eV : array that broadcasts with it, ħω_p > 0

    Raises
    ------
    ValueError
        If ρ is negative or ħω_p not positive.
    """
    rho = not_negative_values("resistivity", resistivity, "10⁻⁸ Ωm", "metals have 1–100 at 300 K")
    return np.asarray(rho * _plasma(plasma_energy_eV) ** 2 / _RESISTIVITY)


def matthiessen(*parts: ArrayLike) -> np.ndarray:
    """ρ = ρ₀ + ρ_ph + …, Matthiessen's rule, Eq. `eq-matthiessen`.

    Exact for rates that are the same for all electrons; a lower bound otherwise.

    Parameters
    ----------
    *parts : arrays that broadcast, any one unit, ≥ 0

    Raises
    ------
    ValueError
        If there are none, or one is negative or not finite.
    """
    if not parts:
        raise ValueError("no resistivity was given; one or more are needed; ρ₀ and ρ_ph are usual.")
    checked = [not_negative_values("a resistivity", p, "", "metals have 0–100") for p in parts]
    return np.asarray(sum(checked[1:], checked[0]))


@dataclass(frozen=True, eq=False)
class TwoGroups:
    """Resistivities of two groups of electrons in parallel, in the unit of the input.

    Attributes
    ----------
    total : array
        With both causes of scattering at once.
    first, second : arrays
        With the first cause alone, and with the second alone.
    deviation : array
        total − first − second ≥ 0, by Eq. `eq-two-groups`, which does not subtract.
    """

    total: np.ndarray
    first: np.ndarray
    second: np.ndarray
    deviation: np.ndarray


def two_groups(share: ArrayLike, first: ArrayLike, second: ArrayLike) -> TwoGroups:
    """Two groups of electrons and two causes of scattering, Eq. `eq-two-groups`.

    Group i carries the share s_i of ω_p² and would have the resistivity ρ_i if all electrons were
    like it: σ = Σ s_i/ρ_i. Within a group rates add; with a_i, b_i = ρ_i/s_i of the two causes,
    Δ = (a₁b₂ − a₂b₁)²/[(a₁+a₂)(b₁+b₂)(a₁+a₂+b₁+b₂)].

    Parameters
    ----------
    share : array of any shape, 0 < s < 1
        Of the first group; the second has 1 − s.
    first, second : (…, 2) arrays
        Resistivity of each group from the first cause (impurities, say) and from the second; ≥ 0.

    Raises
    ------
    ValueError
        If the share is outside 0…1, a resistivity is negative, or a cause scatters nobody.
    """
    s = finite_array("share", share, (...,), "")
    if not ((s > 0) & (s < 1)).all():
        raise ValueError(
            f"share is between {s.min():g} and {s.max():g}; 0 < s < 1 is needed, the part of ω_p² "
            "that the first group carries; copper's necks have about 0.1."
        )
    shares = np.stack([s, 1 - s], axis=-1)
    a, b = (_group(name, r) / shares for name, r in (("first", first), ("second", second)))
    (a1, a2), (b1, b2) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    cross = (a1 * b2 - a2 * b1) ** 2
    deviation = cross / ((a1 + a2) * (b1 + b2) * (a1 + a2 + b1 + b2))
    return TwoGroups(
        total=(a1 + b1) * (a2 + b2) / (a1 + a2 + b1 + b2),
        first=a1 * a2 / (a1 + a2),
        second=b1 * b2 / (b1 + b2),
        deviation=deviation,
    )


def parallel_resistor(rho: ArrayLike, saturation: ArrayLike) -> np.ndarray:
    """1/(1/ρ + 1/ρ_sat), the empirical law of saturation, Eq. `eq-saturation`.

    Found by H. Wiesmann et al., Phys. Rev. Lett. 38, 782 (1977), to describe A15 compounds. It has
    no derivation.

    Parameters
    ----------
    rho : array, ≥ 0
        What the Boltzmann equation gives, ρ₀ included.
    saturation : array that broadcasts with it, > 0, in the same unit

    Raises
    ------
    ValueError
        If ρ is negative or ρ_sat not positive.
    """
    ideal = not_negative_values("rho", rho, "its unit", "metals have 1–100 · 10⁻⁸ Ωm")
    top = positive_values("saturation", saturation, "the same", "100–300 · 10⁻⁸ Ωm is usual")
    return ideal * top / (ideal + top)


def mean_free_path(resistivity: ArrayLike, gas: FreeElectronGas) -> np.ndarray:
    """ℓ = v_Fτ = 3π²ħ/(e²k_F²ρ) in Å, of ρ in 10⁻⁸ Ωm and free electrons, Eq. `eq-saturation`.

    The mass cancels.

    Parameters
    ----------
    resistivity : array of any shape, ρ > 0 in 10⁻⁸ Ωm
    gas : FreeElectronGas

    Returns
    -------
    array of that shape, Å

    Raises
    ------
    ValueError
        If ρ is not positive.
    """
    typical = "metals have 1–100 at 300 K"
    rho = positive_values("resistivity", resistivity, "10⁻⁸ Ωm", typical)
    return np.asarray(_SPHERE / (gas.k_fermi**2 * rho))


def ioffe_regel(gas: FreeElectronGas, length_A: float | None = None) -> float:
    """ρ in 10⁻⁸ Ωm at which the mean free path is down to a length, Eq. `eq-saturation`.

    Parameters
    ----------
    gas : FreeElectronGas
    length_A : float, optional
        The lattice constant, or the distance of neighbours, say. Left out: 1/k_F, so that
        k_Fℓ = 1 and the plane waves have no wavelength to be waves over. Ioffe and Regel's own
        criterion, and by far the higher resistivity of the two.

    Raises
    ------
    ValueError
        If the length is not positive.
    """
    if length_A is None:
        length_A = 1 / gas.k_fermi
    positive("length_A", length_A, "Å", "lattice constants are 2–6")
    return float(_SPHERE / (gas.k_fermi**2 * length_A))


def _plasma(energy: ArrayLike) -> np.ndarray:
    return positive_values("plasma_energy_eV", energy, "eV", "metals have 3–16")


def _group(name: str, values: ArrayLike) -> np.ndarray:
    array = finite_array(name, values, (..., 2), "")
    if (array < 0).any() or (array.sum(axis=-1) <= 0).any():
        raise ValueError(
            f"{name} has {array.min():g}; each cause needs two resistivities ≥ 0 that are not both "
            "0; a cause that scatters nobody can be left out."
        )
    return array
