"""Local pseudopotentials of simple metals: one radius each, and the rule that fixes it.

Every potential here is −Ze²/r outside its core. Its Fourier transform per volume is
w_bare(Q) = −(4πZe²/ΩQ²) c(Q), and everything that tells one from another is the shape c(Q), with
c(0) = 1, and the strength of the core, ∫(v + Ze²/r) d³r = Ze² s r_c².
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Protocol

import numpy as np

from elphlib import exchange_correlation as xc
from elphlib.checks import not_negative, positive
from elphlib.electrons import FreeElectronGas
from elphlib.ionic import madelung_energy
from elphlib.lattice import Lattice
from elphlib.units import COULOMB_eV_A


class Pseudopotential(Protocol):
    """What `SimpleMetal` asks of a potential."""

    @property
    def core_strength(self) -> float:
        """The number s; the core adds s Z²e²r_c²/Ω to the energy of a cell."""

    def shape(self, x: np.ndarray) -> np.ndarray:
        """The shape c at x = Q r_c, in an array like x; c(0) = 1."""


@dataclass(frozen=True)
class EmptyCore:
    """Zero inside r_c, −Ze²/r outside [Ash66]_, Eq. `eq-ashcroft`: c = cos Q r_c, s = 2π.

    References
    ----------
    .. [Ash66] N. W. Ashcroft, Physics Letters 23, 48 (1966).
    """

    core_strength: float = 2 * pi

    def shape(self, x: np.ndarray) -> np.ndarray:
        """c(x) = cos x."""
        return np.cos(x)


@dataclass(frozen=True)
class FlatCore:
    """−Ze²/r_c inside r_c, −Ze²/r outside, without a jump [Sha68]_: c = sin(Q r_c)/Q r_c, s = 2π/3.

    References
    ----------
    .. [Sha68] R. W. Shaw, Physical Review 174, 769 (1968).
    """

    core_strength: float = 2 * pi / 3

    def shape(self, x: np.ndarray) -> np.ndarray:
        """c(x) = sin x / x."""
        return np.sinc(x / pi)


POTENTIALS: dict[str, Pseudopotential] = {"ashcroft": EmptyCore(), "shaw": FlatCore()}


def potential_named(name: str) -> Pseudopotential:
    """The potential of that name."""
    if name not in POTENTIALS:
        raise ValueError(
            f"potential is {name!r}; known are {', '.join(map(repr, POTENTIALS))}; "
            "'ashcroft' is the book's first choice."
        )
    return POTENTIALS[name]


def first_order_energy(
    lattice: Lattice, valence: float, core_radius_A: float, potential: str = "ashcroft"
) -> float:
    """Energy of one cell in eV: uniform electrons, point ions and cores, Eq. `eq-zero-pressure`.

    E = Z(3E_F/5 + ε_x + ε_c) + E_Ewald + s Z²e² r_c²/Ω: everything up to first order in the
    pseudopotential.

    Raises
    ------
    ValueError
        If valence is not positive, the radius negative, or the potential unknown.
    """
    positive("valence", valence, "", "simple metals have 1–4")
    not_negative("core_radius", core_radius_A, "Å", "typical values are 0.5–1.5 Å")
    gas = FreeElectronGas(valence / lattice.volume)
    electrons = 0.6 * gas.fermi_energy
    electrons += float(xc.exchange_energy(gas.r_s) + xc.correlation_energy(gas.r_s))
    ions = madelung_energy(lattice, [[0.0, 0.0, 0.0]], [valence])
    strength = potential_named(potential).core_strength
    core = strength * valence**2 * COULOMB_eV_A * core_radius_A**2 / lattice.volume
    return valence * electrons + ions + core


def zero_pressure_radius(lattice: Lattice, valence: float, potential: str = "ashcroft") -> float:
    """The core radius in Å at which the metal is in equilibrium at its measured volume.

    Solves dE/dΩ = 0 for the energy of `first_order_energy` (Eq. `eq-zero-pressure`):
    s Z²e²r_c²/Ω² = −(p_F + p_xc + p_Ewald) with p_F = 2nE_F/5, p_xc = n(µ_xc − ε_xc) and
    p_Ewald = E_Ewald/3Ω. No phonon and no resistance enters.

    Raises
    ------
    ValueError
        If no core can balance the pressure (the electrons alone already push outwards), valence is
        not positive, or the potential is unknown.
    """
    positive("valence", valence, "", "simple metals have 1–4")
    gas = FreeElectronGas(valence / lattice.volume)
    exchange = xc.exchange_potential(gas.r_s) - xc.exchange_energy(gas.r_s)
    correlation = xc.correlation_potential(gas.r_s) - xc.correlation_energy(gas.r_s)
    inward = -gas.density_A3 * (0.4 * gas.fermi_energy + float(exchange + correlation))
    inward -= madelung_energy(lattice, [[0.0, 0.0, 0.0]], [valence]) / (3 * lattice.volume)
    if inward <= 0:
        raise ValueError(
            f"at r_s = {gas.r_s:.2f} the uniform electrons push outwards harder than the ions pull "
            "inwards; an empty core only adds pressure; the rule needs r_s above about 1.6."
        )
    strength = potential_named(potential).core_strength
    return sqrt(inward * lattice.volume**2 / (strength * valence**2 * COULOMB_eV_A))
