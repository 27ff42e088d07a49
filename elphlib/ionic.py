"""Coulomb sums in crystals: Ewald's method, rigid-ion crystals, LO–TO splitting and its screening.

Every sum here is for the interaction v(r) = e^(−κr)/r, with κ = 0 for bare charges and κ the
Thomas–Fermi wavevector when mobile carriers screen them. Charges that do not add to
zero are neutralised by a uniform background.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfc

from elphlib.checks import finite_array
from elphlib.force_constants import BornVonKarman
from elphlib.lattice import Lattice
from elphlib.phonons import Crystal, Modes, diagonalise
from elphlib.units import COULOMB_eV_A, N_m_PER_eV_A2

_REACH = 6.5  # erfc(6.5) ≈ 4e-20: both sums stop where their terms are below rounding


def madelung_potential(
    lattice: Lattice, positions: ArrayLike, charges: ArrayLike, splitting: float | None = None
) -> np.ndarray:
    """Potential at each ion from all others and the neutralising background, in e/Å.

    φ_i = Σ_jR' z_j erfc(ηr)/r + (4π/V) Σ_{G≠0} e^(−G²/4η²)/G² Σ_j z_j cos G·(τ_i−τ_j)
    − 2ηz_i/√π − π Σ_j z_j/(Vη²), independent of η (Eq. `eq-ewald`).

    Parameters
    ----------
    positions : (r, 3) array, in units of the lattice vectors
    charges : (r,) array, in units of e
    splitting : float, Å⁻¹, optional
        Ewald's η. The result does not depend on it; None balances the two sums.

    Returns
    -------
    (r,) array, Å⁻¹ (multiply by ``COULOMB_eV_A`` for volts)
    """
    tau, z = _basis(positions, charges)
    eta = _splitting(lattice, splitting)
    _, radius = _separations(lattice, tau, _REACH / eta)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.where(radius > 1e-9, erfc(eta * radius) / radius, 0.0).sum(axis=-1) @ z
    G = lattice.reciprocal_within(2 * eta * _REACH)[1:]
    squared = (G**2).sum(axis=1)
    weight = 4 * pi / lattice.volume * np.exp(-squared / (4 * eta**2)) / squared
    phases = np.exp(1j * (tau @ lattice.vectors) @ G.T)
    far = (phases * weight @ (phases.conj().T @ z)).real
    return near + far - 2 * eta / sqrt(pi) * z - pi * z.sum() / (lattice.volume * eta**2)


def madelung_energy(
    lattice: Lattice, positions: ArrayLike, charges: ArrayLike, splitting: float | None = None
) -> float:
    """Electrostatic energy of one cell in eV: ½ Σ_i z_i φ_i e²/(4πε₀)."""
    _, z = _basis(positions, charges)
    return (
        float(0.5 * z @ madelung_potential(lattice, positions, charges, splitting)) * COULOMB_eV_A
    )


def coulomb_force_constants(
    lattice: Lattice,
    positions: ArrayLike,
    charges: ArrayLike,
    q: ArrayLike,
    *,
    screening: float = 0.0,
    direction: ArrayLike | None = None,
    splitting: float | None = None,
) -> np.ndarray:
    """Force-constant matrix C(q) of charges on a lattice, (…, 3r, 3r) in N/m, by Ewald's method.

    With S_ij(q) = −Σ_R ∇∇v(R + τ_j − τ_i) exp[iq·(R + τ_j − τ_i)],
    C_ij(q) = z_i z_j S_ij(q) − δ_ij Σ_l z_i z_l S_il(0). The reciprocal half of S carries
    (4π/V) QQ/(Q² + κ²) with Q = q + G; its G = 0 term is the macroscopic field
    (Eq. `eq-nonanalytic`), which at q → 0 depends on the direction of q when κ = 0.

    Parameters
    ----------
    q : (…, 3) array, Å⁻¹
    screening : float, Å⁻¹
        κ; the static response of mobile carriers.
    direction : (3,) array, optional
        Where q = 0: the direction from which it is approached. None leaves the macroscopic field
        out there (transverse modes, or a finite sample without surface charges).
    splitting : float, Å⁻¹, optional
    """
    tau, z = _basis(positions, charges)
    q = finite_array("q", q, (..., 3), "Å⁻¹")
    if not (np.isfinite(screening) and screening >= 0):
        raise ValueError(
            f"screening is {screening} Å⁻¹; a wavevector κ ≥ 0 is needed; metals have 1–2 Å⁻¹."
        )
    eta = _splitting(lattice, splitting)
    S = _lattice_sum(lattice, tau, q, screening, eta)
    at_rest = _lattice_sum(lattice, tau, np.zeros(3), screening, eta)
    if screening == 0.0 and direction is not None:
        n = finite_array("direction", direction, (3,), "any unit")
        n = n / np.linalg.norm(n)
        at_gamma = (q == 0).all(axis=-1)[..., None, None, None, None]
        S = S + at_gamma * (4 * pi / lattice.volume * np.outer(n, n))[:, None, :]
    C = z[:, None, None, None] * z[:, None] * S  # (…, i, α, j, β)
    own = np.einsum("i,iajb,j->iab", z, at_rest.real, z)
    for i in range(len(z)):
        C[..., i, :, i, :] -= own[i]
    scale = COULOMB_eV_A * N_m_PER_eV_A2
    return scale * C.reshape(*q.shape[:-1], 3 * len(z), 3 * len(z))


def _basis(positions: ArrayLike, charges: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    z = np.atleast_1d(np.array(charges, dtype=float))
    z = finite_array("charges", z, (z.size,), "e")
    return finite_array("positions", positions, (z.size, 3), "lattice vectors"), z


def _splitting(lattice: Lattice, splitting: float | None) -> float:
    if splitting is None:
        return sqrt(pi) / lattice.volume ** (1 / 3)
    if not splitting > 0:
        raise ValueError(
            f"splitting is {splitting} Å⁻¹; Ewald's η must be positive; √π/V^(1/3) is usual."
        )
    return splitting


def _separations(lattice: Lattice, tau: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """R + τ_j − τ_i as (r, r, n, 3) in Å and its lengths, for all R that can matter."""
    extra = np.abs(tau[:, None] - tau[None]).max() * np.linalg.norm(lattice.vectors, axis=1).sum()
    cells = lattice.points_within(radius + float(extra))
    separation = (tau[None, :, None] - tau[:, None, None] + cells) @ lattice.vectors
    return separation, np.linalg.norm(separation, axis=-1)


def _lattice_sum(
    lattice: Lattice, tau: np.ndarray, q: np.ndarray, kappa: float, eta: float
) -> np.ndarray:
    """S_ij,αβ(q) as (…, i, α, j, β) in Å⁻³; G = 0 left out where q = 0 and κ = 0.

    The term of an ion with itself is a constant multiple of 1, the same for every q, and cancels in
    C(q); it is therefore not subtracted.
    """
    separation, radius = _separations(lattice, tau, _REACH / eta)
    tensor = -short_range_hessian(separation, radius, kappa, eta)
    near = np.einsum(
        "...ijn,ijnab->...iajb", np.exp(1j * np.einsum("...a,ijna->...ijn", q, separation)), tensor
    )
    reach = float(np.linalg.norm(q, axis=-1).max()) + 2 * eta * _REACH
    G = lattice.reciprocal_within(reach)
    Q = q[..., None, :] + G
    squared = (Q**2).sum(axis=-1) + kappa**2
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(squared > 0, np.exp(-squared / (4 * eta**2)) / squared, 0.0)
    phases = np.exp(1j * (tau @ lattice.vectors) @ G.T)
    far = np.einsum(
        "...G,...Ga,...Gb,iG,jG->...iajb", weight, Q, Q, phases, phases.conj(), optimize=True
    )
    return near + 4 * pi / lattice.volume * far


def short_range_hessian(
    separation: np.ndarray, radius: np.ndarray, kappa: float, eta: float
) -> np.ndarray:
    """∇∇ of the short-range part g(r)/r, g = ½[e^(κr) erfc(ηr + κ/2η) + e^(−κr) erfc(ηr − κ/2η)].

    From g″ = κ²g + (4η³r/√π) exp(−η²r² − κ²/4η²); zero where r = 0.
    """
    r = np.where(radius > 1e-9, radius, 1.0)
    rising = np.exp(kappa * r) * erfc(eta * r + kappa / (2 * eta))
    falling = np.exp(-kappa * r) * erfc(eta * r - kappa / (2 * eta))
    gauss = 2 * eta / sqrt(pi) * np.exp(-((eta * r) ** 2) - (kappa / (2 * eta)) ** 2)
    g = (rising + falling) / 2
    dg = kappa * (rising - falling) / 2 - gauss
    ddg = kappa**2 * g + 2 * eta**2 * r * gauss
    first = dg / r - g / r**2
    second = ddg / r - 2 * dg / r**2 + 2 * g / r**3
    n = separation / r[..., None]
    nn = n[..., :, None] * n[..., None, :]
    hessian = (first / r)[..., None, None] * (np.eye(3) - nn) + second[..., None, None] * nn
    return np.where((radius > 1e-9)[..., None, None], hessian, 0.0)


@dataclass(frozen=True, eq=False)
class RigidIonCrystal(Crystal):
    """Point ions that repel their neighbours through springs and see each other's Coulomb field.

    Parameters
    ----------
    springs : BornVonKarman
        Lattice, masses, positions and the short-range force constants.
    charges : (r,) array, e
        Effective charges; their sum must vanish.
    epsilon_inf : float
        Dielectric constant of the bound electrons: every Coulomb force is divided by it.
    screening : float, Å⁻¹
        Thomas–Fermi wavevector κ of mobile carriers, Eq. `eq-screened-lo`; 0 for an insulator.
    """

    springs: BornVonKarman
    charges: np.ndarray
    epsilon_inf: float = 1.0
    screening: float = 0.0

    def __post_init__(self) -> None:
        _, z = _basis(self.springs.positions, self.charges)
        if abs(z.sum()) > 1e-9 * np.abs(z).max(initial=1.0):
            raise ValueError(
                f"charges {z.tolist()} e add to {z.sum():.3g}; a rigid-ion crystal is neutral; "
                "balance the charges of the formula unit."
            )
        if not self.epsilon_inf >= 1:
            raise ValueError(
                f"epsilon_inf is {self.epsilon_inf}; bound electrons only weaken a field, so it is "
                "at least 1; alkali halides have 1.7–3."
            )
        for name, value in {
            "charges": z,
            "lattice": self.springs.lattice,
            "masses_u": self.springs.masses_u,
            "positions": self.springs.positions,
        }.items():
            object.__setattr__(self, name, value)

    @classmethod
    def rocksalt(
        cls,
        a: float,
        masses_u: tuple[float, float],
        springs: tuple[float, float],
        charge: float = 1.0,
        **settings: float,
    ) -> RigidIonCrystal:
        """NaCl structure with lattice constant a (Å) and nearest-neighbour springs (along, across).

        ``springs`` are the longitudinal and transverse force constants in N/m; ``settings`` are
        ``epsilon_inf`` and ``screening``.
        """
        basis = np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
        short = BornVonKarman.springs(Lattice.fcc(a), masses_u, [springs], basis)
        return cls(short, np.array([charge, -charge]), **settings)

    def force_constant_matrix(
        self, q: np.ndarray, direction: ArrayLike | None = None
    ) -> np.ndarray:
        """Springs plus Coulomb, (…, 3r, 3r) in N/m; `direction` as in `coulomb_force_constants`."""
        coulomb = coulomb_force_constants(
            self.lattice,
            self.positions,
            self.charges,
            q,
            screening=self.screening,
            direction=direction,
        )
        return self.springs.force_constant_matrix(q) + coulomb / self.epsilon_inf

    def modes(self, q: ArrayLike, direction: ArrayLike | None = None) -> Modes:
        """Normal modes; at q = 0 ``direction`` adds the macroscopic field of a wave along it."""
        q = finite_array("q", q, (..., 3), "Å⁻¹")
        return diagonalise(self._weigh(self.force_constant_matrix(q, direction)))

    def static_dielectric_constant(self) -> float:
        """ε_s of a cubic diatomic insulator: the ions' response to a uniform field, Eq. `eq-lst`.

        Solves C(0) u = zE for the shift of the ions at fixed macroscopic field and adds their
        polarisation: ε_s = ε_∞ + (4π/V) z·u/E. No frequency and no mass enters.
        """
        C = self.force_constant_matrix(np.zeros(3)).real / (COULOMB_eV_A * N_m_PER_eV_A2)
        force = np.kron(self.charges, [1.0, 0.0, 0.0])
        shift = np.linalg.pinv(C, rcond=1e-9) @ force
        return self.epsilon_inf + 4 * pi / self.lattice.volume * float(force @ shift)
