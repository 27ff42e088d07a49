"""The harmonic crystal: dynamical matrix, modes, velocities, density of states, heat capacity.

Phase convention: u_κ(R, t) = Re M_κ^(−1/2) e_κ exp[iq·(R + τ_κ) − iωt], so that
D_κκ'(q) = Σ_R Φ_κκ'(R) exp[iq·(R + τ_κ' − τ_κ)] / √(M_κ M_κ'). The matrix is smooth through q = 0;
when q grows by G it changes by phases exp[iG·(τ_κ' − τ_κ)], which leave every energy alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from elphlib import integrate
from elphlib.checks import finite_array
from elphlib.errors import ConvergenceError, UnstableLatticeError
from elphlib.lattice import Lattice
from elphlib.units import (
    BOLTZMANN_meV_K,
    DENSITY_g_cm3_PER_u_A3,
    M_S_PER_meV_A,
    MEV2_PER_N_m_u,
)

_ROUNDING_meV = 1e-4  # what cancellation in D leaves of an acoustic mode close to q = 0


@dataclass(frozen=True)
class Modes:
    """The 3r normal modes at each of a set of wavevectors, in ascending order.

    Attributes
    ----------
    energy : (…, 3r) array, meV
        ħω; where ω² < 0 (the crystal is unstable) −ħ|ω|.
    polarization : (…, 3r, 3r) array
        Column ν is the unit eigenvector e_ν of D; rows run over κα (atom, then x, y, z).
    """

    energy: np.ndarray
    polarization: np.ndarray

    @property
    def unstable(self) -> np.ndarray:
        """True where ω² < 0 beyond rounding, (…, 3r)."""
        scale = np.abs(self.energy).max(initial=0.0)
        return self.energy < -max(1e-5 * scale, _ROUNDING_meV)


class Crystal:
    """What every crystal can do once it knows its force-constant matrix C(q).

    Subclasses set ``lattice``, ``masses_u`` (r,), ``positions`` (r, 3; in units of the lattice
    vectors) and define `force_constant_matrix`.
    """

    lattice: Lattice
    masses_u: np.ndarray
    positions: np.ndarray

    def force_constant_matrix(self, q: np.ndarray) -> np.ndarray:
        """C(q) without masses, (…, 3r, 3r) in N/m for q (…, 3) in Å⁻¹."""
        raise TypeError(f"{type(self).__name__} must define force_constant_matrix(q)")

    def symmetry(self) -> np.ndarray:
        """Cartesian operations known to leave all energies unchanged, (n, 3, 3)."""
        return np.eye(3)[None]

    def dynamical_matrix(self, q: ArrayLike) -> np.ndarray:
        """D(q) in meV² of Eq. `eq-dynamical-matrix`, (…, 3r, 3r); its eigenvalues are (ħω)².

        Raises
        ------
        ValueError
            If q is not finite or not (…, 3), or if D is not Hermitian.
        """
        return self._weigh(self.force_constant_matrix(finite_array("q", q, (..., 3), "Å⁻¹")))

    def modes(self, q: ArrayLike) -> Modes:
        """Normal modes at wavevectors q (…, 3) in Å⁻¹: D e = (ħω)² e, Eq. `eq-eigenvalue`."""
        return diagonalise(self.dynamical_matrix(q))

    def _weigh(self, C: np.ndarray) -> np.ndarray:
        """D in meV² from force constants in N/m, refused unless Hermitian."""
        root = np.repeat(self.masses_u**-0.5, 3)
        D = MEV2_PER_N_m_u * C * root[:, None] * root
        _require_hermitian(D)
        return D

    @property
    def density_g_cm3(self) -> float:
        """Mass density of the perfect crystal in g/cm³."""
        return float(self.masses_u.sum() / self.lattice.volume * DENSITY_g_cm3_PER_u_A3)

    def _zone_energies(self, n: int | tuple[int, int, int]) -> tuple[np.ndarray, ...]:
        """Energies on a symmetry-reduced mesh, with the corners and weights of its tetrahedra."""
        mesh = self.lattice.mesh(n, self.symmetry())
        energy = _signed_root(np.linalg.eigvalsh(self.dynamical_matrix(mesh.points)))
        corners, weights = integrate.tetrahedra(self.lattice.reciprocal, mesh.shape, mesh.star)
        return energy, corners, weights

    def dos(self, energy_meV: ArrayLike, mesh: int | tuple[int, int, int] = 24) -> np.ndarray:
        """Phonon density of states by linear tetrahedra, Eq. `eq-dos`.

        Parameters
        ----------
        energy_meV : (n,) ascending array
        mesh : divisions of the reciprocal cell

        Returns
        -------
        (n,) array, states per meV per cell; its integral is 3r. Unstable modes appear at negative
        energies.
        """
        return integrate.density_of_states(
            np.asarray(energy_meV, float), *self._zone_energies(mesh)
        )

    def heat_capacity(self, T: ArrayLike, tolerance: float = 2e-3) -> np.ndarray:
        """Harmonic heat capacity at constant volume of one cell, in units of k_B.

        C/k_B = ∫ d³q/Ω_BZ Σ_ν x²/(4 sinh²(x/2)), x = ħω/k_BT (Eq. `eq-heat-capacity`). The zone is
        swept along rays from its centre to its surface, with points crowded towards the centre, so
        that the T³ law comes out without a mesh that must shrink with T.

        Parameters
        ----------
        T : array of any shape, K, > 0
        tolerance : float
            Relative accuracy demanded of every value.

        Raises
        ------
        UnstableLatticeError
            If a mode on a ray has ω² < 0.
        ConvergenceError
            If a coarser quadrature differs by more than ``tolerance``.
        """
        T = np.asarray(T, dtype=float)
        if not (np.isfinite(T) & (T > 0)).all():
            raise ValueError(
                "T must be positive and finite, in K; at T = 0 the heat capacity is 0."
            )
        fine, coarse = (self._heat_capacity_on_rays(T, *n) for n in ((28, 16), (22, 12)))
        worst = np.abs(fine / coarse - 1)
        if worst.max() > tolerance:
            at = np.ravel(T)[np.argmax(worst)]
            raise ConvergenceError(
                f"heat capacity at {at:.4g} K changes by {worst.max():.1e} between two "
                f"quadratures; {tolerance:.0e} was demanded; raise `tolerance` or stay above "
                "1 % of the Debye temperature."
            )
        return fine

    def _heat_capacity_on_rays(self, T: np.ndarray, radial: int, polar: int) -> np.ndarray:
        q, weight = zone_rays(self.lattice, radial, polar)
        modes = self.modes(q)
        require_real(modes, q)
        x = np.maximum(modes.energy, 1e-9) / (2 * BOLTZMANN_meV_K * T[..., None, None])
        with np.errstate(over="ignore"):
            each = (x / np.sinh(x)) ** 2
        return np.einsum("...qb,q->...", each, weight)


def diagonalise(D: np.ndarray) -> Modes:
    """Modes of a dynamical matrix (…, 3r, 3r) in meV²; negative energies where ω² < 0."""
    squared, vectors = np.linalg.eigh(D)
    return Modes(_signed_root(squared), vectors)


def _signed_root(squared: np.ndarray) -> np.ndarray:
    """ħω from (ħω)², negative where ω² < 0."""
    return np.sign(squared) * np.sqrt(np.abs(squared))


def zone_rays(lattice: Lattice, radial: int, polar: int) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature of the first Brillouin zone along rays: points (m, 3) in Å⁻¹, weights (m,).

    The directions are those of `integrate.half_sphere` (q and −q are equal by time reversal);
    along each ray q = q_surface t⁴ with ``radial`` Gauss–Legendre points in t. The weights sum to
    one.
    """
    t, wt = integrate.unit_gauss(radial)
    n_hat, solid_angle = integrate.half_sphere(polar)
    G = lattice.reciprocal_within(2 * float(np.abs(lattice.reciprocal).sum()))[1:]
    with np.errstate(divide="ignore"):
        reach = (G**2).sum(axis=1) / 2 / np.maximum(n_hat @ G.T, 1e-300)
    surface = reach.min(axis=-1)
    q = (n_hat * surface[:, None])[:, None, :] * t[:, None] ** 4
    weight = (solid_angle * surface**3)[:, None] * t**11 * wt
    return q.reshape(-1, 3), weight.ravel() / weight.sum()


def _require_hermitian(D: np.ndarray) -> None:
    gap = np.abs(D - np.conj(np.swapaxes(D, -1, -2))).max(initial=0.0)
    if gap > 1e-9 * max(np.abs(D).max(initial=0.0), 1e-12):
        raise ValueError(
            f"the dynamical matrix is not Hermitian (largest |D − D†| = {gap:.2e} meV²); Newton's "
            "third law needs Φ_κκ'(R) = Φ_κ'κ(−R)ᵀ; check the force constants."
        )


def require_real(modes: Modes, q: np.ndarray) -> None:
    """Raise `UnstableLatticeError` naming the worst mode and its q (n, 3) if some ω² < 0."""
    if modes.unstable.any():
        where, branch = np.unravel_index(np.argmin(modes.energy), modes.energy.shape)
        raise UnstableLatticeError(
            f"mode {branch} at q = {np.round(q[where], 4).tolist()} Å⁻¹ has ω² < 0 "
            f"(ħ|ω| = {-modes.energy[where, branch]:.3g} meV); real frequencies are needed here; "
            "look at `modes(q)` to see the instability."
        )


def group_velocity(crystal: Crystal, q: ArrayLike, step: float = 1e-4) -> np.ndarray:
    """Group velocities ∇_q ω in m/s, (…, 3r, 3), by Hellmann–Feynman (Eq. `eq-group-velocity`).

    v = ⟨e|∂D/∂q|e⟩ / (2ħ·ħω), with ∂D/∂q from symmetric differences of fourth order. Where modes
    are degenerate, the velocities are those of the basis that `modes` chose, so only their sum over
    the degenerate modes has meaning.

    Parameters
    ----------
    q : (…, 3) array, Å⁻¹
    step : float, Å⁻¹
    """
    q = finite_array("q", q, (..., 3), "Å⁻¹")
    modes = crystal.modes(q)
    if (modes.energy < max(1e-3, 1e-4 * np.abs(modes.energy).max(initial=0.0))).any():
        raise UnstableLatticeError(
            "a mode has ω² ≤ 0 where the group velocity was asked for; ω > 0 is needed; at Γ take "
            "`sound_velocity` instead."
        )
    velocity = np.empty((*modes.energy.shape, 3))
    for axis, shift in enumerate(step * np.eye(3)):
        near = crystal.dynamical_matrix(q + shift) - crystal.dynamical_matrix(q - shift)
        far = crystal.dynamical_matrix(q + 2 * shift) - crystal.dynamical_matrix(q - 2 * shift)
        slope = (8 * near - far) / (12 * step)
        e = modes.polarization
        diagonal = np.einsum("...kn,...kl,...ln->...n", e.conj(), slope, e).real
        velocity[..., axis] = diagonal / (2 * modes.energy) * M_S_PER_meV_A
    return velocity


def christoffel_velocities(
    stiffness_GPa: ArrayLike, density_g_cm3: float, directions: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Sound velocities from elastic constants, Eq. `eq-christoffel`: Γ_il = Σ_jk c_ijkl n_j n_k.

    Parameters
    ----------
    stiffness_GPa : (6, 6) array, Voigt order xx, yy, zz, yz, xz, xy
    density_g_cm3 : float
    directions : (…, 3) array, any length

    Returns
    -------
    velocity : (…, 3) array, m/s, ascending
    polarization : (…, 3, 3) array, columns are unit vectors

    Raises
    ------
    ValueError
        Wrong shape, asymmetric stiffness, or density not positive.
    UnstableLatticeError
        If ρv² < 0 for some direction.
    """
    c = finite_array("stiffness", stiffness_GPa, (6, 6), "GPa")
    if not np.allclose(c, c.T, rtol=1e-9, atol=1e-9):
        raise ValueError(
            "stiffness is not symmetric; c_ij = c_ji in Voigt form; check the entries."
        )
    if not density_g_cm3 > 0:
        raise ValueError(f"density is {density_g_cm3} g/cm³; it must be positive; metals: 0.5–22.")
    n = finite_array("directions", directions, (..., 3), "any unit")
    n = n / np.linalg.norm(n, axis=-1, keepdims=True)
    voigt = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
    full = c[voigt[:, :, None, None], voigt[None, None]]
    squared, vectors = np.linalg.eigh(np.einsum("ijkl,...j,...k->...il", full, n, n))
    if squared.min() < 0:
        raise UnstableLatticeError(
            f"the stiffness gives ρv² = {squared.min():.3g} GPa < 0; a stable crystal has positive "
            "values in every direction; check the sign and order of the elastic constants."
        )
    return np.sqrt(squared / density_g_cm3 * 1e6), vectors


def cubic_stiffness(c11: float, c12: float, c44: float) -> np.ndarray:
    """Voigt matrix (6, 6) of a cubic crystal from its three elastic constants, same unit."""
    c = np.diag([c11 - c12] * 3 + [c44] * 3).astype(float)
    c[:3, :3] += c12
    return c
