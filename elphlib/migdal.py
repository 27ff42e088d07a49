"""Migdal's theorem: the self-energy it leaves, the vertex it drops, and where it may.

The ideas stand in modules of their own, whose names can be imported from here: `self_energy` (any
α²F, real axis and Matsubara), `vertex` (Γ₁ of free electrons), `adiabatic` (ratios, regimes).
Polarons, to which no expansion in ħω/E_F applies, are in `elphlib.polaron`.
"""

from elphlib.adiabatic import (
    AdiabaticRatios,
    MigdalWarning,
    Regime,
    Validity,
    adiabatic_ratios,
    bohm_staver_ratio,
    dressed_coupling,
    mass_ratio_root,
    regime,
    validity,
)
from elphlib.self_energy import (
    electron_spectrum,
    mass_enhancement,
    matsubara_self_energy,
    self_energy,
)
from elphlib.vertex import coherence_time, mean_vertex, vertex, vertex_wide_band

__all__ = [
    "AdiabaticRatios",
    "MigdalWarning",
    "Regime",
    "Validity",
    "adiabatic_ratios",
    "bohm_staver_ratio",
    "coherence_time",
    "dressed_coupling",
    "electron_spectrum",
    "mass_enhancement",
    "mass_ratio_root",
    "matsubara_self_energy",
    "mean_vertex",
    "regime",
    "self_energy",
    "validity",
    "vertex",
    "vertex_wide_band",
]
