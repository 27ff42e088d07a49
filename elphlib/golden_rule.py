"""Golden-rule rates of an electron on a Fermi sphere that absorbs and emits sound."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, integer, positive, positive_values
from elphlib.coupling import deformation_potential
from elphlib.integrate import unit_gauss
from elphlib.units import (
    BOLTZMANN_meV_K,
    HBAR2_OVER_2M_eV_A2,
    M_S_PER_meV_A,
    N_m_PER_eV_A2,
)

__all__ = ["GoldenRuleRates", "deformation_lambda", "deformation_rate", "golden_rule_rates"]

FinalStates = Literal["empty", "pauli", "relaxation"]


@dataclass(frozen=True, eq=False)
class GoldenRuleRates:
    """ħ/τ in meV of the two kinds of process, all of one shape.

    Attributes
    ----------
    absorption, emission : arrays
        Every process counts once: the rate at which the state is left.
    absorption_transport, emission_transport : arrays
        Weighed with 1 − cos θ = q²/2k_F².
    """

    absorption: np.ndarray
    emission: np.ndarray
    absorption_transport: np.ndarray
    emission_transport: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """ħ/τ of both."""
        return self.absorption + self.emission

    @property
    def transport(self) -> np.ndarray:
        """ħ/τ of both with the weight 1 − cos θ."""
        return self.absorption_transport + self.emission_transport


def golden_rule_rates(
    T: ArrayLike,
    D_eV: float,
    velocity_m_s: float,
    density_g_cm3: float,
    k_fermi: float,
    energy_meV: ArrayLike = 0.0,
    final_states: FinalStates = "pauli",
    mass: float = 1.0,
    q_max: float | None = None,
    order: int = 64,
) -> GoldenRuleRates:
    """Absorption and emission of longitudinal sound by an electron, Eq. `eq-collision`.

    The sum over the phonons q < 2k_F of ω = vq with |g_q|² of `coupling.deformation_potential`.
    The energy of the phonon is kept in all occupations and dropped from the momentum balance, where
    it is a correction of relative size v/v_F, so that the angle between q and k is fixed by
    |k + q| = k_F and d³q becomes 2πq² dq m/ħ²k_F q.

    Parameters
    ----------
    T : array of any shape, K, > 0
    D_eV, velocity_m_s, density_g_cm3 : float
        Deformation potential, sound velocity and density of mass.
    k_fermi : float, Å⁻¹
    energy_meV : array that broadcasts with T
        Of the electron, from the Fermi energy.
    final_states : "pauli", "empty" or "relaxation"
        "empty": n and n + 1, as if no other electron were there. "pauli": times 1 − f of the final
        state: the rate at which an occupied state is left. "relaxation": n + f(ε+ħω) and
        n + 1 − f(ε−ħω): the rate at which a deviation δf(ε) decays, electrons that come back from
        the final state included.
    mass : float
        Electron mass m* in units of m.
    q_max : float, Å⁻¹, ≤ 2k_F, optional
        Leave out phonons beyond.
    order : int ≥ 1
        Gauss points in each of six panels of q, which follow k_BT/ħv and |ε|/ħv.

    Raises
    ------
    ValueError
        If T, v, ρ, k_F, m or q_max is not positive, q_max exceeds 2k_F, ``order`` is no integer
        ≥ 1, or ``final_states`` is none of the three.
    """
    order = integer("order", order, 1, "64 is usual")
    T = positive_values("T", T, "K", "1–1000 K is usual")
    energy = finite_array("energy_meV", energy_meV, (...,), "meV")
    diameter = 2 * positive("k_fermi", k_fermi, "Å⁻¹", "metals have 0.6–1.8")
    positive("mass", mass, "electron masses", "metals have 0.8–2")
    top = diameter if q_max is None else positive("q_max", q_max, "Å⁻¹", "at most 2k_F")
    if top > diameter * (1 + 1e-12):
        raise ValueError(
            f"q_max is {top:g} Å⁻¹; on a sphere no transfer exceeds 2k_F = {diameter:g} Å⁻¹; "
            "pass a smaller one or none."
        )
    _half_rate_per_kT(D_eV, velocity_m_s, density_g_cm3, k_fermi, mass)  # refuses bad input
    sound = velocity_m_s / M_S_PER_meV_A  # ħv in meV Å
    q, dq = _wavevectors(top, BOLTZMANN_meV_K * T / sound, np.abs(energy) / sound, order)
    phonon = sound * q  # ħω in meV
    g2 = deformation_potential(q, D_eV, velocity_m_s, density_g_cm3, 1.0) ** 2  # times 1 Å³
    # 2π Σ_q |g|² δ(ε_{k+q} − ε_k) = 2π ∫ q²dq/4π² |g|²V m/ħ²kq; |g|² is in meV², ħ²/m in eV Å².
    each = 1e-3 * g2 * q * dq * mass / (2 * pi * 2 * HBAR2_OVER_2M_eV_A2 * k_fermi)
    turned = q**2 / (2 * k_fermi**2)
    absorb, emit = _occupations(phonon, energy[..., None], T[..., None], final_states)
    weighed = (absorb * each, emit * each, absorb * each * turned, emit * each * turned)
    return GoldenRuleRates(*(part.sum(axis=-1) for part in weighed))


def _wavevectors(
    top: float, thermal: np.ndarray, electron: np.ndarray, order: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gauss points in q up to ``top`` and their weights, (…, m), for each T and energy.

    Panels end at 10 and 60 times k_BT/ħv, beyond which no phonon is absorbed, and at |ε|/ħv and 40
    thermal widths to either side, where the electron that has emitted one meets the Fermi edge.
    """
    ends = np.stack(
        np.broadcast_arrays(
            0.0, 10 * thermal, 60 * thermal, electron - 40 * thermal, electron,
            electron + 40 * thermal, top,
        ), axis=-1,
    )  # fmt: skip
    ends = np.sort(np.clip(ends, 0.0, top), axis=-1)
    s, w = unit_gauss(order)
    low, width = ends[..., :-1, None], np.diff(ends)[..., None]
    q, dq = low + width * s, width * w
    shape = (*q.shape[:-2], -1)
    # An empty panel at q = 0 has no weight; keep its points where 1/q is finite.
    return np.maximum(q, 1e-15 * top).reshape(shape), dq.reshape(shape)


def deformation_lambda(
    D_eV: float, velocity_m_s: float, density_g_cm3: float, k_fermi: float, mass: float = 1.0
) -> float:
    """λ = λ_tr = N(0)D²/ρv² of a constant deformation potential, Eq. `eq-deformation-rate`.

    N(0) = m k_F/2π²ħ² per spin. For jellium, D = 2E_F/3 and the velocity of Bohm and Staver, it is
    ½ for every metal.

    Parameters
    ----------
    D_eV, velocity_m_s, density_g_cm3, k_fermi, mass : float
        As in `golden_rule_rates`.

    Returns
    -------
    float, dimensionless

    Raises
    ------
    ValueError
        If v, ρ, k_F or m is not positive, or D not finite.
    """
    return _half_rate_per_kT(D_eV, velocity_m_s, density_g_cm3, k_fermi, mass) / pi


def deformation_rate(
    T: ArrayLike,
    D_eV: float,
    velocity_m_s: float,
    density_g_cm3: float,
    k_fermi: float,
    mass: float = 1.0,
) -> np.ndarray:
    """ħ/τ = D²mk_F k_BT/πρv²ħ² in meV, the high-temperature rate, Eq. `eq-deformation-rate`.

    The limit k_BT ≫ 2ħvk_F of `golden_rule_rates`, for the transport rate and for the rate at which
    states are left: |g_q|²(2n_q + 1) does not depend on q there, every final state is as likely as
    every other, and cos θ averages to zero.

    Parameters
    ----------
    T : array of any shape, K, ≥ 0
    D_eV, velocity_m_s, density_g_cm3, k_fermi, mass : float
        As in `golden_rule_rates`.

    Raises
    ------
    ValueError
        If T is negative or v, ρ, k_F or m is not positive.
    """
    T = finite_array("T", T, (...,), "K")
    if (T < 0).any():
        raise ValueError(f"T is {T.min():g} K; it must not be negative; 100–1000 K is usual.")
    half = _half_rate_per_kT(D_eV, velocity_m_s, density_g_cm3, k_fermi, mass)
    return np.asarray(2 * half * BOLTZMANN_meV_K * T)


def _half_rate_per_kT(D: float, velocity: float, density: float, k: float, mass: float) -> float:
    """πλ = D² m k_F/2πρv²ħ², a number."""
    (D,) = finite_array("D", [D], (1,), "eV")
    positive("velocity_m_s", velocity, "m/s", "metals have 1000–13000")
    positive("density_g_cm3", density, "g/cm³", "metals have 0.5–22")
    positive("k_fermi", k, "Å⁻¹", "metals have 0.6–1.8")
    positive("mass", mass, "electron masses", "metals have 0.8–2")
    stiffness = 1e-7 * density * velocity**2 / N_m_PER_eV_A2  # ρv² from Pa to eV/Å³
    return float(D**2 * mass * k / (2 * pi * stiffness * 2 * HBAR2_OVER_2M_eV_A2))


def _occupations(
    phonon: np.ndarray, energy: np.ndarray, T: np.ndarray, final_states: str
) -> tuple[np.ndarray, np.ndarray]:
    """Thermal factors of absorption and emission."""
    kT = BOLTZMANN_meV_K * T
    n = 1 / np.expm1(np.minimum(phonon / kT, 700.0))
    up, down = _fermi((energy + phonon) / kT), _fermi((energy - phonon) / kT)
    if final_states == "empty":
        return n + 0 * up, n + 1 + 0 * down
    if final_states == "pauli":
        return n * (1 - up), (n + 1) * (1 - down)
    if final_states == "relaxation":
        return n + up, n + 1 - down
    raise ValueError(
        f"final_states is {final_states!r}; 'empty', 'pauli' or 'relaxation' is needed; 'pauli' "
        "is the rate at which an electron leaves its state in a metal."
    )


def _fermi(x: np.ndarray) -> np.ndarray:
    """1/(eˣ + 1) without overflow."""
    return 0.5 * (1 - np.tanh(x / 2))
