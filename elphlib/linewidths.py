"""How long a phonon lives among the electrons of a Fermi sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from elphlib.normalisation import linewidth_from_lambda
from elphlib.phonons import Modes
from elphlib.sphere_coupling import Metal, alpha2f_density, long_wave_modes, sum_rows


def linewidths(metal: Metal, q: ArrayLike) -> np.ndarray:
    """γ_qν in meV, full width at half maximum, of phonons that decay into electron–hole pairs.

    γ = 2πN(0)λ_qν(ħω)² with N(0) per spin and cell, Eq. `eq-linewidth`, and λ_qν the share of one
    phonon in λ = (1/N_q)Σ_qν λ_qν: the transfers q + G inside the ball, counted without a δ
    function. Lowest order in the coupling, T = 0, ħω ≪ E_F.

    Parameters
    ----------
    metal : SimpleMetal or the like
    q : (…, 3) array, Å⁻¹, not a reciprocal vector

    Returns
    -------
    (…, 3) array, meV, in the order of ``metal.modes(q)``

    Raises
    ------
    UnstableLatticeError
        If a mode has ω² < 0.
    ValueError
        If q is a reciprocal vector, where λ_qν diverges as 1/q and γ depends on the direction.
    """
    wanted = np.asarray(q, dtype=float)
    q = metal.lattice.fold(wanted).reshape(-1, 3)
    radius = 2 * metal.gas.k_fermi
    if np.linalg.norm(q, axis=1).min(initial=1.0) < 1e-6 * radius:
        raise ValueError(
            "q is a reciprocal vector; the width of a mode there depends on how it is approached; "
            "take q ≠ 0, for example 0.01 Å⁻¹ along a direction."
        )
    modes = long_wave_modes(metal, q, 1e-3 * metal.gas.k_fermi)
    G = metal.lattice.reciprocal_within(radius + float(np.linalg.norm(q, axis=1).max(initial=0)))
    Q = q[:, None] + G
    at, which = np.nonzero((Q**2).sum(axis=-1) < radius**2)
    density = alpha2f_density(metal, Q[at, which], Modes(modes.energy[at], modes.polarization[at]))
    zone = (2 * np.pi) ** 3 / metal.lattice.volume
    alpha2f = zone * sum_rows(at, density, len(q))  # ½ λ_qν ħω, meV
    lam = 2 * alpha2f / modes.energy
    dos = metal.gas.dos * metal.lattice.volume
    return linewidth_from_lambda(lam, modes.energy, dos).reshape(wanted.shape)
