"""A model of the α²F of lead, solved for its moments."""

from __future__ import annotations

from functools import lru_cache
from math import exp

import numpy as np
from scipy.optimize import brentq

from elphlib.spectral_parts import Linear
from elphlib.units import BOLTZMANN_meV_K

LEAD_LAMBDA, LEAD_OMEGA_LOG_K, LEAD_OMEGA_2_K = 1.55, 56.0, 65.0


@lru_cache(maxsize=1)
def lead() -> Linear:
    """The two peaks of `SpectralFunction.lead`, linear between 2021 points.

    α²F = [1 − exp(−(ω/1.5 meV)²)] Σᵢ aᵢ max{0, 1/[(ω−ωᵢ)² + hᵢ²] − 1/[rᵢ² + hᵢ²]} with centres ωᵢ
    of 4.4 and 8.5 meV and reaches rᵢ of 3.0 and 1.6 meV. λ and ω₂ are linear in the two weights
    aᵢ, which they fix; the width of the lower peak follows from ω_log. The upper has 0.45 meV.
    """
    lam = LEAD_LAMBDA
    square = (LEAD_OMEGA_2_K * BOLTZMANN_meV_K) ** 2
    grid = np.linspace(0, 10.1, 2021)
    onset = -np.expm1(-((grid / 1.5) ** 2))  # α²F ∝ ω² before anything else

    def peak(centre: float, width: float, reach: float) -> Linear:
        x2, h2 = (grid - centre) ** 2, width**2
        return Linear(grid, onset * np.maximum(1 / (x2 + h2) - 1 / (reach**2 + h2), 0.0))

    def model(width: float) -> Linear:
        both = peak(4.4, width, 3.0), peak(8.5, 0.45, 1.6)
        system = [[2 * p.power_integral(m) for p in both] for m in (-1, 1)]
        weight = np.linalg.solve(system, [lam, lam * square])
        return Linear(grid, weight @ np.array([p.values for p in both]))

    def excess(width: float) -> float:
        omega_log = exp(2 / lam * model(width).log_integral())
        return omega_log / (LEAD_OMEGA_LOG_K * BOLTZMANN_meV_K) - 1

    return model(float(brentq(excess, 0.8, 1.6, xtol=1e-13)))
