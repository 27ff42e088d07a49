"""How slow ions are beside electrons: the ratio in which Migdal's theorem is an expansion.

Three routes to ħω/E_F: measured (Debye temperature over Fermi energy), the square root of the mass
ratio that everybody quotes, and what Bohm and Staver's sound makes of it. And a verdict for a
metal, with its reason.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from scipy import constants as si

from elphlib.checks import integer, not_negative, positive
from elphlib.electrons import FreeElectronGas
from elphlib.errors import UnstableLatticeError
from elphlib.materials import Material, material
from elphlib.metals import metal as metal_facts
from elphlib.simple_metal import SimpleMetal
from elphlib.units import meV_from_kelvin

__all__ = [
    "AdiabaticRatios",
    "MigdalWarning",
    "Regime",
    "Validity",
    "adiabatic_ratios",
    "bohm_staver_ratio",
    "dressed_coupling",
    "mass_ratio_root",
    "regime",
    "validity",
]

Regime = Literal["safe", "kinematic", "polaronic"]
#: A vertex correction of a tenth is where one should begin to compute it.
SMALL = 0.1
#: ħω/E_F above which the ions are the fast ones
FAST_IONS = 1.0


class MigdalWarning(UserWarning):
    """The parameter of Migdal's theorem is not small for this metal."""


@dataclass(frozen=True)
class AdiabaticRatios:
    """ħω_D/E_F of one metal by three routes, Eq. `eq-adiabatic-ratio`."""

    symbol: str
    measured: float  #: k_BΘ_D/E_F, Θ_D from the heat capacity, E_F of free electrons
    mass_root: float  #: √(m/M)
    bohm_staver: float  #: 2(2/Z)^(1/3) √(Zm/3M)


@dataclass(frozen=True)
class Validity:
    """What can be said of Migdal's theorem in one metal.

    Attributes
    ----------
    name : str
    lam, adiabatic_ratio : float
        λ (effective) and ħω/E_F.
    parameter : float
        λħω/E_F, Eq. `eq-migdal-parameter`: the size of Γ₁ up to a factor near ¾.
    regime : "safe", "kinematic" or "polaronic"
    reason : str
        In words, with the numbers.
    """

    name: str
    lam: float
    adiabatic_ratio: float
    parameter: float
    regime: Regime
    reason: str


def mass_ratio_root(mass_u: float) -> float:
    """√(m/M) of an ion of M in u: 0.005 for sodium.

    Raises
    ------
    ValueError
        If the mass is not positive.
    """
    positive("mass_u", mass_u, "u", "6.9 (Li) to 238 (U)")
    return sqrt(si.m_e / (mass_u * si.atomic_mass))


def bohm_staver_ratio(valence: int, mass_u: float) -> float:
    """ħω_D/E_F = 2(2/Z)^(1/3) √(Zm/3M) from v_BS = v_F√(Zm/3M) and q_D = (2/Z)^(1/3) k_F.

    Eq. `eq-adiabatic-ratio`: 1.45 √(m/M) for Z = 1, 1.83 for Z = 4. The density drops out.

    Raises
    ------
    ValueError
        If Z is not an integer ≥ 1 or the mass is not positive.
    """
    Z = integer("valence", valence, 1, "simple metals have 1–4")
    return 2 * (2 / Z) ** (1 / 3) * sqrt(Z / 3) * mass_ratio_root(mass_u)


def adiabatic_ratios(symbol: str) -> AdiabaticRatios:
    """Three ratios of a cubic metal with a valence and a measured Debye temperature.

    Raises
    ------
    ValueError
        If the table lacks the metal, or its valence or Debye temperature.
    """
    facts = metal_facts(symbol)
    atoms = {"bcc": 2, "fcc": 4}.get(facts.structure)
    if atoms is None or facts.valence is None or facts.debye_temperature_K is None:
        raise ValueError(
            f"{symbol} is {facts.structure} with valence {facts.valence} and Θ_D "
            f"{facts.debye_temperature_K}; a cubic metal with both numbers is needed; Na, K, Rb, "
            "Cs, Al, Pb and Cu have them."
        )
    gas = FreeElectronGas(atoms * facts.valence / facts.lattice_constant_A**3)
    return AdiabaticRatios(
        symbol,
        measured=meV_from_kelvin(facts.debye_temperature_K) / (1e3 * gas.fermi_energy),
        mass_root=mass_ratio_root(facts.mass_u),
        bohm_staver=bohm_staver_ratio(facts.valence, facts.mass_u),
    )


def dressed_coupling(bare_lam: float) -> tuple[float, float]:
    """λ and ω/ω₀ of a mode whose softening by the electrons is counted, Eq. `eq-bare-lambda`.

    ω² = ω₀²(1 − 2λ₀) and λ = λ₀/(1 − 2λ₀), with λ₀ = 2N(0)g²/ω₀ the bare coupling and the response
    of both spins at its long-wave value 2N(0).

    Parameters
    ----------
    bare_lam : float, ≥ 0
        λ₀.

    Returns
    -------
    lam, softening : float

    Raises
    ------
    ValueError
        If λ₀ is negative.
    UnstableLatticeError
        If λ₀ ≥ ½: the mode has gone, the lattice distorts.
    """
    not_negative("bare_lam", bare_lam, "", "0.1–0.45 is usual")
    left = 1 - 2 * bare_lam
    if left <= 0:
        raise UnstableLatticeError(
            f"the bare λ₀ is {bare_lam:g}; a lattice needs λ₀ < ½ to survive its own electrons, "
            f"ω² = ω₀²(1 − 2λ₀) is {left:.2g} ω₀²; choose a smaller λ₀."
        )
    return bare_lam / left, sqrt(left)


def regime(lam: float, adiabatic_ratio: float) -> Regime:
    """Region of the map of materials, from λ and x = ħω/E_F.

    "safe": λx < 0.1. Else "kinematic" for x < 1: vertex corrections count, and at small q for all
    of the Fermi surface; and "polaronic" for x ≥ 1: the ions are no slower than the electrons, and
    each electron drags its own cloud. The borders are conventions.

    Raises
    ------
    ValueError
        If λ or x is not positive.
    """
    positive("lam", lam, "", "metals have 0.1–2")
    positive("adiabatic_ratio", adiabatic_ratio, "", "10⁻³ in metals, 1 in dilute semiconductors")
    if lam * adiabatic_ratio < SMALL:
        return "safe"
    return "kinematic" if adiabatic_ratio < FAST_IONS else "polaronic"


def validity(metal: str | Material | SimpleMetal) -> Validity:
    """The small parameter λħω/E_F of a metal, and the regime that it puts the metal in.

    Parameters
    ----------
    metal : str, Material or SimpleMetal
        A key of `materials.materials`, its entry, or a computed metal, whose λ, ω_log and E_F are
        then used.

    Returns
    -------
    Validity

    Warns
    -----
    MigdalWarning
        If the regime is not "safe".

    Raises
    ------
    ValueError
        If a material is not in the table.
    UnstableLatticeError
        If a computed metal has no real frequencies.
    """
    if isinstance(metal, SimpleMetal):
        spectral = metal.spectral_function()
        name = f"simple metal, {metal.lattice.volume:.3g} Å³ per atom, valence {metal.valence}"
        lam, ratio = spectral.lam, 1e-3 * spectral.omega_log / metal.gas.fermi_energy
    else:
        entry = material(metal) if isinstance(metal, str) else metal
        name, lam, ratio = entry.name, entry.lam, entry.adiabatic_ratio
    where, parameter = regime(lam, ratio), lam * ratio
    reason = {
        "safe": "vertex corrections are that small; Σ = GD is enough",
        "kinematic": "vertex corrections are that large where v_F q is not far above ω",
        "polaronic": "ions as fast as electrons: no expansion in ħω/E_F, look at polarons",
    }[where]
    reason = f"λħω/E_F = {parameter:.2g} (λ = {lam:.2g}, ħω/E_F = {ratio:.2g}): {reason}"
    if where != "safe":
        warnings.warn(f"{name}: {reason}", MigdalWarning, stacklevel=2)
    return Validity(name, lam, ratio, parameter, where, reason)
