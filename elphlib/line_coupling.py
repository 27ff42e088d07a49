"""α²F and λ_k of a two-dimensional metal: the Fermi line with itself, no δ function broadened.

A coupling is a function of two states, k and k' = k + q + G, that returns the energies and |g|² of
the phonons between them; three are made here. All |g|² are per cell (`coupling`), in meV².
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from elphlib.checks import finite_array, integer, not_negative, positive
from elphlib.coupling import zero_point_amplitude
from elphlib.fermi_line import FermiLine
from elphlib.force_constants import BornVonKarman
from elphlib.spectral import SpectralFunction
from elphlib.tight_binding import TightBinding

#: (k, k') of shapes that broadcast to (…, 3), in Å⁻¹ → ħω in meV and |g|² in meV², both (…, b)
Coupling = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def holstein(g_meV: float, energy_meV: float) -> Coupling:
    """A local mode that shifts the level of its own site: ħω and g are the same for all q.

    Parameters
    ----------
    g_meV : float, ≥ 0
    energy_meV : float, > 0

    Returns
    -------
    Coupling
        One branch: ħω in meV and |g|² = g² in meV², both (…, 1).

    Raises
    ------
    ValueError
        If g is negative or the energy is not positive.
    """
    not_negative("g_meV", g_meV, "meV", "10–100 meV is usual")
    positive("energy_meV", energy_meV, "meV", "phonons have 2–200 meV")

    def coupling(k: np.ndarray, k_prime: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shape = (*np.broadcast_shapes(k.shape, k_prime.shape)[:-1], 1)
        return np.full(shape, energy_meV), np.full(shape, g_meV**2)

    return coupling


def breathing(band: TightBinding, g_meV: float, energy_meV: float) -> Coupling:
    """Atoms on the bonds that breathe round a site: |g|² = g² Σ_i sin²(q·a_i/2), strong at large q.

    An atom on the bond along a_i moves by u along it: towards one site, away from the other. The
    levels of the two shift by ±u, and their sum over the bonds of one site is ∝ 2i sin(q·a_i/2).

    Parameters
    ----------
    band : TightBinding
        Gives the lattice; its first two vectors are the bonds.
    g_meV, energy_meV : float
        Of each of the two modes.

    Raises
    ------
    ValueError
        If g is negative or the energy is not positive.
    """
    constant = holstein(g_meV, energy_meV)
    bonds = band.lattice.vectors[:2]

    def coupling(k: np.ndarray, k_prime: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        energy, squared = constant(k, k_prime)
        factor = np.sin((k_prime - k) @ bonds.T / 2) ** 2
        return energy + 0 * factor, squared * factor

    return coupling


def bond_stretching(band: TightBinding, crystal: BornVonKarman, decay: float = 2.0) -> Coupling:
    """The hopping changes with the length of its bond, t ∝ R^(−decay), Eq. `eq-bond-stretching`.

    g = i (ħ/2Mω)^½ Σ_R (decay/R) t(R) (R̂·e) (sin k'·R − sin k·R): a phonon couples to a change of
    velocity, and to none as q → 0 [BLF70]_.

    Parameters
    ----------
    band : TightBinding
    crystal : BornVonKarman
        One atom per cell on the same lattice; energies and polarisations are `crystal.modes`.
    decay : float
        −d ln t/d ln R; 2 for s electrons by Harrison's rule.

    Raises
    ------
    ValueError
        If the crystal has several atoms per cell or another lattice, or the decay is not positive.
    UnstableLatticeError
        From the coupling, at k' − k = 0 or where the crystal has ω² < 0.

    References
    ----------
    .. [BLF70] S. Barišić, J. Labbé, J. Friedel, Phys. Rev. Lett. 25, 919 (1970).
    """
    positive("decay", decay, "", "1–5 is usual, 2 for s electrons")
    if len(crystal.masses_u) != 1 or not np.allclose(crystal.lattice.vectors, band.lattice.vectors):
        raise ValueError(
            f"the crystal has {len(crystal.masses_u)} atoms per cell and vectors "
            f"{np.round(crystal.lattice.vectors, 4).tolist()} Å; it must have one atom and the "
            "lattice of the band; build it with `BornVonKarman.springs(band.lattice, …)`."
        )
    R = np.array(list(band.hoppings)) @ band.lattice.vectors
    length = np.linalg.norm(R, axis=1)
    slope = (decay * np.array(list(band.hoppings.values())) / length**2)[:, None] * R  # eV/Å
    mass = float(crystal.masses_u[0])

    def coupling(k: np.ndarray, k_prime: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        modes = crystal.modes(k_prime - k)
        swing = (np.sin(k_prime @ R.T) - np.sin(k @ R.T)) @ slope
        along = np.abs((swing[..., None] * modes.polarization).sum(axis=-2))
        return modes.energy, (1e3 * zero_point_amplitude(modes.energy, mass) * along) ** 2

    return coupling


def line_alpha2f(
    line: FermiLine, coupling: Coupling, n: int = 96, transport: bool = False
) -> SpectralFunction:
    """α²F of a Fermi line, contour × contour, Eq. `eq-contours`.

    α²F(ω) = N(0)⁻¹ Σ_ij W_i W_j Σ_ν |g_ν(k_i, k_j)|² δ(ω − ω_ν(k_j − k_i)), each pair of points one
    peak. The points j stand 1/6 of a step from the points i: q = 0 never occurs, and the error
    ∝ 1/n of a bare ln q drops out of ω_log, since ∏_m |2 sin π(m + s)/n| = 2 sin πs = 1; ∝ 1/n³
    is left.

    Parameters
    ----------
    line : FermiLine
        The whole Fermi surface.
    coupling : Coupling
    n : int
        Points on the line, even.
    transport : bool
        Weigh every pair by |v − v'|²/2⟨v²⟩, Eq. `eq-alpha2f-transport` for a lattice with an axis
        of order three or more.

    Returns
    -------
    SpectralFunction
        Peaks; ``.error`` is the relative change of λ from n/2 to n points. The error of λ is
        below it, since the trapezoid converges exponentially on a closed line.

    Raises
    ------
    ValueError
        If n is odd or below 8, or the coupling returns a |g|² or ħω that is not finite.
    """
    k, W, k_prime, W_prime = _both_contours(line, n)
    energy, squared = _pairs(coupling, k, k_prime)
    strength = 1e-3 * squared * (W[:, None] * W_prime / W.sum())[..., None]
    if transport:
        v, v_prime = line.band.gradient(k), line.band.gradient(k_prime)
        change = ((v[:, None] - v_prime) ** 2).sum(axis=-1)
        strength *= change[..., None] * W.sum() / (2 * (W @ (v**2).sum(axis=-1)))
    lam = 2 * strength / energy
    coarse = 4 * lam[::2, ::2].sum()
    error = abs(coarse / lam.sum() - 1) if lam.any() else 0.0
    return SpectralFunction.from_peaks(energy.ravel(), strength.ravel(), error=float(error))


def lambda_along(
    line: FermiLine, coupling: Coupling, n: int = 96
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """λ_k round a Fermi line, Eq. `eq-lambda-k`: λ_k = 2 Σ_j W_j Σ_ν |g_ν|²/ħω_ν.

    Parameters
    ----------
    line, coupling, n : as in `line_alpha2f`

    Returns
    -------
    k : (n, 3) array, Å⁻¹
    weights : (n,) array, eV⁻¹ per cell and spin
    lambda_k : (n,) array
        Dimensionless; the mean of λ_k with these weights is λ.

    Raises
    ------
    ValueError
        As in `line_alpha2f`.
    """
    k, W, k_prime, W_prime = _both_contours(line, n)
    energy, squared = _pairs(coupling, k, k_prime)
    return k, W, 2e-3 * (squared / energy).sum(axis=-1) @ W_prime


def _both_contours(
    line: FermiLine, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points and weights of the line, and again 1/6 of a step on."""
    n = integer("n", n, 8, "64–192 is usual", even=True)
    return (*line.contour(n), *line.contour(n, 1 / 6))


def _pairs(coupling: Coupling, k: np.ndarray, k_prime: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ħω > 0 and |g|² ≥ 0, both (n, n, b), between all k and all k'."""
    energy, squared = coupling(k[:, None], k_prime)
    shape = (len(k), len(k_prime), np.shape(squared)[-1])
    energy = finite_array("ħω of the coupling", np.broadcast_to(energy, shape), shape, "meV")
    squared = finite_array("|g|² of the coupling", squared, shape, "meV²")
    if (energy <= 0).any() or (squared < 0).any():
        raise ValueError(
            f"the coupling returns ħω down to {energy.min():g} meV and |g|² down to "
            f"{squared.min():g} meV²; ħω > 0 and |g|² ≥ 0 are needed; look at its signs."
        )
    return energy, squared
