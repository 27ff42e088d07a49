"""The Boltzmann equation beyond lowest order: electrons that lose direction and energy.

With δf = −f′(ε) φ(ε) cos θ the linearised collision integral becomes an operator on φ(ε), Eq.
`eq-bloch-equation`. It is symmetric under the weight −f′, so that a Galerkin solution bounds the
resistivity from above at every order. φ is even in ε, smooth over k_BT and approaches its limit at
large |ε| as powers of 1/ε: polynomials of v = ε²/(ε² + (4k_BT)²) hold it, eight of them to 1e-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import pi

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from elphlib.checks import finite_array, integer, not_negative_values, positive_values
from elphlib.errors import PhysicalRefusal
from elphlib.matthiessen import drude_resistivity
from elphlib.spectral import SpectralFunction
from elphlib.units import BOLTZMANN_meV_K

__all__ = ["BlochSolution", "bloch_equation", "exact_resistivity"]

#: v = u²/(u² + _TAIL) with u = ε/k_BT
_TAIL = 16.0
#: x/(x + _BEND) runs from 0 to 1 while x = ħω/k_BT runs from 0 to ∞.
_BEND = 8.0
_LARGEST_X = 700.0
_STEP = 0.2
#: Knots of the splines: the rate then follows to 2e-8, far below what one order more changes, and
#: the table takes a tenth of a second. A quarter of them would leave 5e-6.
_KNOTS = 500


@dataclass(frozen=True, eq=False)
class BlochSolution:
    """Solution of the isotropic Bloch equation.

    Attributes
    ----------
    T : array
    rate : array of the shape of T with the impurity rate
        ħ/τ in meV that gives the exact resistivity, 1/∫(−f′)φ dε.
    lowest_order : array
        ħ/τ of φ = const: `transport.scattering_rate` plus the impurity rate; never below ``rate``.
    coefficients : (…, order) array, meV⁻¹
        Of the basis functions, polynomials of v that are orthonormal under −f′dε.
    """

    T: np.ndarray
    rate: np.ndarray
    lowest_order: np.ndarray
    coefficients: np.ndarray

    def phi(self, energy_meV: ArrayLike) -> np.ndarray:
        """φ(ε) in meV⁻¹, the τ/ħ of electrons at ε from E_F: (…, n) for ε of shape (n,).

        Raises
        ------
        ValueError
            If the energies are not finite, or not in one dimension.
        """
        energy = finite_array("energy_meV", energy_meV, (...,), "meV")
        if energy.ndim != 1:
            raise ValueError(
                f"energy_meV has shape {energy.shape}; it must be (n,), the same energies for all "
                "temperatures; pass [0.0] for one, and reshape others."
            )
        u = energy / (BOLTZMANN_meV_K * self.T[..., None])
        basis = _basis(u, self.coefficients.shape[-1])
        return np.einsum("...nm,...m->...n", basis, self.coefficients)


def bloch_equation(
    T: ArrayLike,
    spectral: SpectralFunction,
    spectral_tr: SpectralFunction,
    impurity_rate_meV: ArrayLike = 0.0,
    order: int = 8,
) -> BlochSolution:
    """Solve 1 = Γ_imp φ + L_ph φ for φ(ε), Eq. `eq-bloch-equation`.

    L_ph φ = 2π∫dω {[n + f(ε+ω)][α²F φ(ε) − (α²F − α²_trF) φ(ε+ω)]
                    + [n + 1 − f(ε−ω)][α²F φ(ε) − (α²F − α²_trF) φ(ε−ω)]}:
    scattering out of a state with α²F, back into it with α²F weighed by cos θ.

    Parameters
    ----------
    T : array of any shape, K, > 0
    spectral, spectral_tr : SpectralFunction
        α²F and α²_trF; they need not share a grid. α²_trF ≤ 2α²F, since 1 − cos θ ≤ 2.
    impurity_rate_meV : array that broadcasts with T, ≥ 0
        Γ_imp = ħ/τ of elastic scattering, the weight 1 − cos θ included.
    order : int ≥ 1
        Number of basis functions; 1 is the lowest order; 8 gives the rate to 1e-4.

    Raises
    ------
    ValueError
        If T is not positive, a rate is negative, or order < 1.
    PhysicalRefusal
        If α²_trF is too large for α²F: its λ or area exceeds twice that of α²F, or the collision
        operator would feed the current. If nothing scatters at some T.

    References
    ----------
    F. Bloch, Z. Phys. 59, 208 (1930); the inner products as in P. B. Allen, Phys. Rev. B 17, 3725
    (1978).
    """
    T = positive_values("T", T, "K", "1–1000 K is usual")
    impurity = not_negative_values(
        "impurity_rate_meV", impurity_rate_meV, "meV", "0.01–10 is usual"
    )
    order = integer("order", order, 1, "8 is usual")
    _require_scattering_angles(spectral, spectral_tr)
    relax = _thermal_sum(T, spectral, order, part=0)
    turn = _thermal_sum(T, spectral_tr, order, part=1)
    operator = 2 * pi * (relax + turn) + impurity[..., None, None] * np.eye(order)
    lowest = operator[..., 0, 0]
    if not (lowest > 0).all():
        raise PhysicalRefusal(
            "nothing scatters the electrons, or nothing turns them: the rate is 0 and the "
            "resistivity none; α²_trF or the impurity rate must be positive at every T; 0.01 meV "
            "of impurities will do."
        )
    scaled = operator / lowest[..., None, None]
    if (np.linalg.eigvalsh(scaled) <= 0).any():
        raise _too_large("at the temperature asked for, collisions would increase the current")
    unit = np.zeros(order)
    unit[0] = 1.0
    c = np.linalg.solve(scaled, np.broadcast_to(unit, scaled.shape[:-1])[..., None])[..., 0]
    T = np.broadcast_to(T, lowest.shape)
    return BlochSolution(T, lowest / c[..., 0], lowest, c / lowest[..., None])


def exact_resistivity(
    T: ArrayLike,
    spectral: SpectralFunction,
    spectral_tr: SpectralFunction,
    plasma_energy_eV: float,
    impurity_rate_meV: ArrayLike = 0.0,
    order: int = 8,
) -> np.ndarray:
    """ρ(T) in 10⁻⁸ Ωm beyond lowest order: `bloch_equation` put into Eq. `eq-drude`.

    Parameters
    ----------
    T, spectral, spectral_tr, impurity_rate_meV, order
        As in `bloch_equation`.
    plasma_energy_eV : float
        ħω_p of the conduction band.

    Returns
    -------
    array of the shape of T with the impurity rate, 10⁻⁸ Ωm

    Raises
    ------
    ValueError
        As `bloch_equation`, or if ħω_p is not positive.
    PhysicalRefusal
        As `bloch_equation`.
    """
    solution = bloch_equation(T, spectral, spectral_tr, impurity_rate_meV, order)
    return drude_resistivity(solution.rate, plasma_energy_eV)


def _require_scattering_angles(spectral: SpectralFunction, spectral_tr: SpectralFunction) -> None:
    """Refuse what 1 − cos θ ≤ 2 forbids at every temperature: λ_tr > 2λ, or twice the area."""
    for name, all_of_it, turned in (
        ("λ", spectral.lam, spectral_tr.lam),
        ("its area", spectral.area, spectral_tr.area),
    ):
        if turned > 2 * all_of_it * (1 + 1e-9):
            raise _too_large(f"{name} is {turned:g} with the weight, {all_of_it:g} without")


def _too_large(evidence: str) -> PhysicalRefusal:
    return PhysicalRefusal(
        f"α²_trF is too large for α²F ({evidence}); α²_trF ≤ 2α²F holds for every energy, because "
        "1 − cos θ ≤ 2; take both from the same sum over states."
    )


def _thermal_sum(T: np.ndarray, spectral: SpectralFunction, order: int, part: int) -> np.ndarray:
    """∫dω α²F x n(n+1) times the matrix of one part of the operator, (…, order, order)."""
    spline = _table(order)[part]
    x = np.minimum(spectral.nodes / (BOLTZMANN_meV_K * T[..., None]), _LARGEST_X)
    strength = x / (4 * np.sinh(x / 2) ** 2) * spectral.weights  # x n(n+1) α²F dω
    # A spline is a cubic on each interval: collect the four moments of what falls into each, then
    # apply its coefficients once. Thousands of peaks cost no more than a few.
    bend, pieces = x / (x + _BEND), len(spline.x) - 1
    interval = np.clip(np.searchsorted(spline.x, bend, side="right") - 1, 0, pieces - 1)
    ahead = bend - spline.x[interval]
    cell = (interval + pieces * np.arange(T.size).reshape((*T.shape, 1))).ravel()
    moments = [
        np.bincount(cell, (strength * ahead**power).ravel(), minlength=pieces * T.size)
        for power in (3, 2, 1, 0)
    ]
    by_interval = np.concatenate([m.reshape(*T.shape, pieces) for m in moments], axis=-1)
    packed = by_interval @ spline.c.reshape(4 * pieces, -1)
    full = np.empty((*packed.shape[:-1], order, order))
    row, column = np.triu_indices(order)
    full[..., row, column] = full[..., column, row] = packed
    return full


@cache
def _table(order: int) -> tuple[CubicSpline, CubicSpline]:
    """Both parts of the operator against x/(x + 8), for α²F and for α²_trF.

    A phonon x carries x n(n+1) electrons per k_BT from ε to ε + x, spread over ε as the average
    ⟨·⟩ of `_flow`. Out-scattering at both ends less in-scattering is, between ψ and φ,

        α²F ⟨ψφ + ψ'φ'⟩ − (α²F − α²_trF)⟨ψφ' + ψ'φ⟩ = α²F ⟨(ψ−ψ')(φ−φ')⟩ + α²_trF ⟨ψφ' + ψ'φ⟩,

    where a dash means ε + x: energy relaxation, and loss of direction.
    """
    s = np.linspace(1e-6, _LARGEST_X / (_LARGEST_X + _BEND), _KNOTS)
    row, column = np.triu_indices(order)
    parts = np.empty((len(s), 2, len(row)))
    for i, x in enumerate(_BEND * s / (1 - s)):
        here, there, weight = _flow(x, order)
        step = here - there
        relax = np.einsum("u,um,un->mn", weight, step, step)
        turn = np.einsum("u,um,un->mn", weight, here, there)
        parts[i] = relax[row, column], (turn + turn.T)[row, column]
    parts[:, :, 0] = 0.0, 2.0  # φ = ψ = 1: exactly, so that the lowest order is Ziman's formula
    return CubicSpline(s, parts[:, 0]), CubicSpline(s, parts[:, 1])


def _flow(x: float, order: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Basis at ε and at ε + x, (u, order), and the share of the flow f(ε)[1 − f(ε+x)] at each ε.

    The flow is 1/[cosh(ε/2) cosh((ε+x)/2)] up to a factor, analytic for |Im ε| < π: equal steps
    integrate it to rounding error.
    """
    half = np.arange(_STEP / 2, x / 2 + 40, _STEP)
    middle = np.concatenate([-half[::-1], half])
    low, high = middle - x / 2, middle + x / 2
    log_weight = -np.abs(low) / 2 - np.abs(high) / 2
    log_weight -= np.log1p(np.exp(-np.abs(low))) + np.log1p(np.exp(-np.abs(high)))
    weight = np.exp(log_weight - log_weight.max())
    return _basis(low, order), _basis(high, order), weight / weight.sum()


def _basis(u: np.ndarray, order: int) -> np.ndarray:
    """Functions of u = ε/k_BT, (…, order), orthonormal under −f′: the first is 1."""
    return _polynomials(u, order) @ _orthonormal(order)


def _polynomials(u: np.ndarray, order: int) -> np.ndarray:
    """Chebyshev polynomials of 2v − 1."""
    return np.polynomial.chebyshev.chebvander(2 * u**2 / (u**2 + _TAIL) - 1, order - 1)


@cache
def _orthonormal(order: int) -> np.ndarray:
    """The triangle that makes the polynomials orthonormal under −f′du = du/4cosh²(u/2)."""
    u = np.arange(_STEP / 2, 60, _STEP)
    root = np.sqrt(2 * _STEP) / (2 * np.cosh(u / 2))
    triangle = np.linalg.qr(_polynomials(u, order) * root[:, None])[1]
    return np.linalg.inv(triangle * np.sign(np.diag(triangle))[:, None])
