"""Least-squares fit of the Bloch–Grüneisen law to measured resistivities, with its errors."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from elphlib.bloch_gruneisen import phonon_exponent, phonon_shape
from elphlib.checks import integer, not_negative_values, positive_values
from elphlib.errors import ConvergenceError

__all__ = ["BlochGruneisenFit", "fit_bloch_gruneisen"]

#: Θ_R is looked for between these multiples of the lowest and of the highest temperature.
_SEARCH = (0.02, 20.0)


@dataclass(frozen=True, eq=False)
class BlochGruneisenFit:
    """Result of `fit_bloch_gruneisen`: parameters, errors and what the fit leaves over.

    Attributes
    ----------
    debye_temperature, amplitude, residual : float
        Θ_R in K; A and ρ₀ in the unit of the data.
    covariance : (3, 3) array
        Of (Θ_R, A, ρ₀); row and column of ρ₀ are zero if it was fixed.
    T, rho, sigma : (m,) arrays
        What was fitted. sigma is what each residual was divided by; without given uncertainties
        it is the value fitted, so that `chi2` is a sum of squared relative deviations.
    n, parameters : int
    errors_scaled : bool
        Whether the covariance was multiplied by χ²/dof.
    """

    debye_temperature: float
    amplitude: float
    residual: float
    covariance: np.ndarray
    T: np.ndarray
    rho: np.ndarray
    sigma: np.ndarray
    n: int
    parameters: int
    errors_scaled: bool

    def __call__(self, T: ArrayLike) -> np.ndarray:
        """The fitted ρ(T), in the unit of the data. A fitted ρ₀ may be negative."""
        T = not_negative_values("T", T, "K", "1–1000 K is usual")
        return self.residual + self.amplitude * phonon_shape(
            T, np.array(self.debye_temperature), self.n
        )

    @property
    def debye_temperature_error(self) -> float:
        """Standard error of Θ_R in K."""
        return sqrt(self.covariance[0, 0])

    @property
    def amplitude_error(self) -> float:
        """Standard error of A."""
        return sqrt(self.covariance[1, 1])

    @property
    def residual_error(self) -> float:
        """Standard error of ρ₀; 0 if it was fixed."""
        return sqrt(self.covariance[2, 2])

    @property
    def residuals(self) -> np.ndarray:
        """Measured less fitted, (m,)."""
        return self.rho - self(self.T)

    @property
    def relative(self) -> np.ndarray:
        """(measured − fitted) over the fitted part due to phonons, ρ − ρ₀, (m,)."""
        return self.residuals / (self(self.T) - self.residual)

    @property
    def chi2(self) -> float:
        """Σ (residual/σ)²."""
        return float(np.sum((self.residuals / self.sigma) ** 2))

    @property
    def dof(self) -> int:
        """Number of points less number of fitted parameters."""
        return len(self.T) - self.parameters

    @property
    def rms(self) -> float:
        """Root mean square of residual/measured phonon part, (ρ − ρ₀): 0.1 is 10 %."""
        return float(np.sqrt(np.mean((self.residuals / (self.rho - self.residual)) ** 2)))


def fit_bloch_gruneisen(
    T: ArrayLike,
    rho: ArrayLike,
    uncertainty: ArrayLike | None = None,
    residual: float | None = 0.0,
    n: int = 5,
    scale_errors: bool | None = None,
) -> BlochGruneisenFit:
    """Least-squares fit of Θ_R, A and, if asked, ρ₀ of Eq. `eq-bloch-gruneisen`.

    Parameters
    ----------
    T, rho : (m,) arrays
        K, and 10⁻⁸ Ωm or any other unit.
    uncertainty : (m,) array or float, optional
        One standard deviation of each ρ, in its unit. Without it every point has the same relative
        weight: deviations are divided by ρ − ρ₀ (by ρ, if ρ₀ is fitted).
    residual : float or None
        ρ₀, held fixed; None: fitted. A fitted ρ₀ is free to become negative, which says that the
        law, or the range of T, is wrong.
    n : int ≥ 2
    scale_errors : bool, optional
        Multiply the covariance by χ²/dof, as one must when the size of the uncertainties is not
        known. Default: only without ``uncertainty``. Where χ²/dof ≫ 1 with known uncertainties the
        law does not hold, and no standard error means anything, scaled or not.

    Returns
    -------
    BlochGruneisenFit

    Raises
    ------
    ValueError
        If a shape does not fit, there are fewer points than parameters plus one, all T are equal,
        n is no integer ≥ 2, a T, ρ or
        uncertainty is not positive, or ρ₀ is not below every ρ.
    ConvergenceError
        If the data do not determine Θ_R: all far above it, or all far below.
    """
    T = positive_values("T", T, "K", "1–1000 K is usual").ravel()
    rho = positive_values("rho", rho, "10⁻⁸ Ωm", "leave out superconducting points").ravel()
    n = integer("n", n, 2, "5 is Bloch–Grüneisen's")
    count = 3 if residual is None else 2
    if len(T) != len(rho) or len(T) <= count:
        raise ValueError(
            f"{len(T)} temperatures and {len(rho)} resistivities for {count} parameters; as many "
            f"of one as of the other, and at least {count + 1}, are needed; add points or fix ρ₀."
        )
    if np.ptp(T) == 0:
        raise ValueError(
            f"all temperatures are {T[0]:g} K; one temperature determines one number, and Θ_R and "
            "A need two or more; add points within 0.1–1 Θ_R."
        )
    sigma = _weights(rho, uncertainty, residual)
    start = _scan(T, rho, sigma, residual, n)
    solution = least_squares(
        lambda p: (rho - _model(p, T, residual, n)) / sigma,
        start,
        jac=lambda p: -_jacobian(p, T, residual, n) / sigma[:, None],
        x_scale="jac",
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
    )
    theta, amplitude = np.exp(solution.x[:2])
    _require_determined(theta, T, solution.jac)
    scaled = uncertainty is None if scale_errors is None else scale_errors
    factor = 2 * solution.cost / (len(T) - count) if scaled else 1.0
    physical = np.diag([theta, amplitude, 1.0][:count])  # d(Θ, A, ρ₀)/d(ln Θ, ln A, ρ₀)
    covariance = np.zeros((3, 3))
    inverse = np.linalg.inv(solution.jac.T @ solution.jac)
    covariance[:count, :count] = factor * physical @ inverse @ physical
    return BlochGruneisenFit(
        debye_temperature=float(theta),
        amplitude=float(amplitude),
        residual=float(solution.x[2] if residual is None else residual),
        covariance=covariance,
        T=T,
        rho=rho,
        sigma=sigma,
        n=n,
        parameters=count,
        errors_scaled=scaled,
    )


def _model(p: np.ndarray, T: np.ndarray, residual: float | None, n: int) -> np.ndarray:
    """ρ(T) of p = (ln Θ, ln A[, ρ₀])."""
    rho_0 = p[2] if residual is None else residual
    return rho_0 + np.exp(p[1]) * phonon_shape(T, np.exp(p[0]), n)


def _jacobian(p: np.ndarray, T: np.ndarray, residual: float | None, n: int) -> np.ndarray:
    """∂ρ/∂(ln Θ, ln A[, ρ₀]), (m, 2 or 3): ρ depends on T/Θ, so ∂/∂ln Θ is −∂/∂ln T."""
    phonon = np.exp(p[1]) * phonon_shape(T, np.exp(p[0]), n)
    columns = [-phonon * phonon_exponent(np.exp(p[0]) / T, n), phonon, np.ones_like(T)]
    return np.stack(columns[: 3 if residual is None else 2], axis=1)


def _scan(
    T: np.ndarray, rho: np.ndarray, sigma: np.ndarray, residual: float | None, n: int
) -> np.ndarray:
    """Best (ln Θ, ln A[, ρ₀]) on a grid of Θ, the rest of it linear: a start that is never lost."""
    grid = np.geomspace(_SEARCH[0] * T.min(), _SEARCH[1] * T.max(), 120)
    columns = [phonon_shape(T, grid[:, None], n), np.ones((len(grid), len(T)))]
    design = np.stack(columns[: 2 if residual is None else 1], axis=-1) / sigma[:, None]
    target = (rho - (residual or 0.0)) / sigma
    linear = (np.linalg.pinv(design) @ target[:, None])[..., 0]  # (grid, 1 or 2)
    misfit = np.sum((target - np.einsum("gmp,gp->gm", design, linear)) ** 2, axis=1)
    best = int(np.argmin(np.where(linear[:, 0] > 0, misfit, np.inf)))
    amplitude = max(linear[best, 0], 1e-12 * rho.max())
    return np.array([np.log(grid[best]), np.log(amplitude), *linear[best, 1:]])


def _weights(rho: np.ndarray, uncertainty: ArrayLike | None, residual: float | None) -> np.ndarray:
    """What each deviation is divided by."""
    lowest = 0.0 if residual is None else float(residual)
    if not (np.isfinite(lowest) and lowest < rho.min()):
        raise ValueError(
            f"residual is {lowest:g} and the lowest rho {rho.min():g}; ρ₀ must be below every ρ; "
            "leave out points that are residual only, or pass residual=None to fit it."
        )
    if uncertainty is None:
        return rho - lowest
    sigma = positive_values(
        "uncertainty", uncertainty, "that of rho", "one standard deviation each"
    )
    if sigma.size not in (1, rho.size):
        raise ValueError(
            f"there are {sigma.size} uncertainties for {rho.size} resistivities; one for each, or "
            "one for all, is needed; leave them out for equal relative weights."
        )
    return np.broadcast_to(sigma.ravel(), rho.shape).copy()


def _require_determined(theta: float, T: np.ndarray, jacobian: np.ndarray) -> None:
    """Refuse a Θ that has run out of the range which the data can see."""
    low, high = _SEARCH[0] * T.min(), _SEARCH[1] * T.max()
    if low * 1.05 < theta < high / 1.05 and np.linalg.cond(jacobian) < 1e8:
        return
    where = "above Θ_R, where ρ is linear" if theta < T.min() else "below Θ_R, where ρ ∝ Tⁿ"
    raise ConvergenceError(
        f"the fit runs to Θ_R = {theta:.3g} K with data from {T.min():g} to {T.max():g} K; they "
        f"lie {where}, and determine one number, not both Θ_R and A; add points within 0.1–1 Θ_R, "
        "or fix ρ₀."
    )
