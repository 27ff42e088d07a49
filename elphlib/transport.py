"""From α²_trF(ω) to a resistivity: the lowest-order formula of Ziman and Allen.

The other ideas of transport stand in modules of their own, and their names can be imported from
here: golden-rule rates, the Bloch–Grüneisen law and its fit, the Boltzmann equation beyond lowest
order, and what happens when several resistances meet.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from elphlib.bloch_gruneisen import (
    bloch_gruneisen,
    bloch_gruneisen_exponent,
    bloch_gruneisen_integral,
    local_exponent,
)
from elphlib.bloch_gruneisen_fit import BlochGruneisenFit, fit_bloch_gruneisen
from elphlib.boltzmann import BlochSolution, bloch_equation, exact_resistivity
from elphlib.checks import integer, not_negative_values, positive
from elphlib.golden_rule import (
    GoldenRuleRates,
    deformation_lambda,
    deformation_rate,
    golden_rule_rates,
)
from elphlib.matthiessen import (
    TwoGroups,
    drude_rate,
    drude_resistivity,
    ioffe_regel,
    matthiessen,
    mean_free_path,
    parallel_resistor,
    two_groups,
)
from elphlib.spectral import SpectralFunction
from elphlib.units import BOLTZMANN_meV_K, meV_from_kelvin

__all__ = [
    "BlochGruneisenFit",
    "BlochSolution",
    "GoldenRuleRates",
    "TwoGroups",
    "bloch_equation",
    "bloch_gruneisen",
    "bloch_gruneisen_exponent",
    "bloch_gruneisen_integral",
    "debye_transport",
    "deformation_lambda",
    "deformation_rate",
    "drude_rate",
    "drude_resistivity",
    "exact_resistivity",
    "fit_bloch_gruneisen",
    "golden_rule_rates",
    "ioffe_regel",
    "local_exponent",
    "matthiessen",
    "mean_free_path",
    "parallel_resistor",
    "resistivity",
    "scattering_rate",
    "thermal_factor",
    "two_groups",
]


def thermal_factor(energy_meV: ArrayLike, T: ArrayLike) -> np.ndarray:
    """[(x/2)/sinh(x/2)]² with x = ħω/k_BT: how classical a phonon is, 1 for x → 0.

    Parameters
    ----------
    energy_meV : array of any shape, ≥ 0
    T : array that broadcasts with it, K, ≥ 0
        At T = 0 the factor is 0.

    Raises
    ------
    ValueError
        If one is negative or not finite.
    """
    energy = not_negative_values("energy_meV", energy_meV, "meV", "phonons have 1–100")
    T = not_negative_values("T", T, "K", "1–1000 K is usual")
    kT = np.where(T > 0, BOLTZMANN_meV_K * T, 1.0)
    half = np.clip(energy / (2 * kT), 1e-8, 350.0)
    return np.where(T > 0, (half / np.sinh(half)) ** 2, 0.0)


def scattering_rate(T: ArrayLike, spectral_tr: SpectralFunction) -> np.ndarray:
    """ħ/τ = 2πk_BT · 2∫(dω/ω) α²_trF(ω) [(x/2)/sinh(x/2)]² in meV, Eq. `eq-ziman`.

    x = ħω/k_BT. The lowest order of the variational solution of the Boltzmann equation, hence never
    too small, and exact for T well above the phonon energies, where it is 2πλ_tr k_BT,
    Eq. `eq-high-temperature`.

    Parameters
    ----------
    T : array of any shape, K, ≥ 0
    spectral_tr : SpectralFunction
        α²_trF: with the weight 1 − cos θ.

    Raises
    ------
    ValueError
        If T is negative or not finite.

    References
    ----------
    J. M. Ziman, Electrons and Phonons (1960), ch. IX; P. B. Allen, Phys. Rev. B 17, 3725 (1978).
    """
    T = not_negative_values("T", T, "K", "1–1000 K is usual")
    each = spectral_tr.weights / spectral_tr.nodes
    return 4 * pi * BOLTZMANN_meV_K * T * (thermal_factor(spectral_tr.nodes, T[..., None]) @ each)


def resistivity(T: ArrayLike, spectral_tr: SpectralFunction, plasma_energy_eV: float) -> np.ndarray:
    """ρ(T) in 10⁻⁸ Ωm: `scattering_rate` put into 1/(ε₀ω_p²τ), Eq. `eq-ziman`.

    Parameters
    ----------
    T : array of any shape, K, ≥ 0
    spectral_tr : SpectralFunction
    plasma_energy_eV : float
        ħω_p of the conduction band: `FreeElectronGas.plasma_energy`, or that of the true band,
        Eq. `eq-plasma-energy`.

    Raises
    ------
    ValueError
        If T is negative or ħω_p not positive.
    """
    return drude_resistivity(scattering_rate(T, spectral_tr), plasma_energy_eV)


def debye_transport(lam_tr: float, debye_temperature: float, n: int = 5) -> SpectralFunction:
    """α²_trF = ((n−1)/2) λ_tr (ω/ω_D)^(n−1) up to ħω_D = k_BΘ, the spectrum of a Debye metal.

    Its `resistivity` is Bloch and Grüneisen's, Eq. `eq-bloch-gruneisen`, with A the
    `drude_resistivity` of 2πλ_tr k_BΘ. n = 5: α²_trF ∝ ω⁴, long waves of a Debye solid that turn
    electrons by small angles.

    Parameters
    ----------
    lam_tr : float, > 0
    debye_temperature : float, K
    n : int ≥ 2

    Raises
    ------
    ValueError
        If λ_tr or Θ is not positive or n < 2.
    """
    positive("debye_temperature", debye_temperature, "K", "metals have 40 (Cs) to 1500 K (Be)")
    n = integer("n", n, 2, "5 is Bloch–Grüneisen's")
    return SpectralFunction.power_law(lam_tr, float(meV_from_kelvin(debye_temperature)), n - 1)
