"""Finer and finer quadratures of one metal's Fermi sphere, until two agree.

Every number that `SimpleMetal` integrates over its sphere is computed on two quadratures at least;
their difference is the error estimate that goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from elphlib import transport
from elphlib.checks import positive
from elphlib.errors import ConvergenceError
from elphlib.spectral import SpectralFunction
from elphlib.sphere_coupling import Metal, Processes, SphereCoupling, Weight, sphere_coupling

#: order, radial and crowding of the `sphere_quadrature`: a few thousand points to some hundred
#: thousand; the later ones crowd towards the smallest q, which rule at low temperature.
_LEVELS = ((6, 7, 1), (8, 6, 1), (10, 8, 2), (12, 12, 3), (16, 16, 4), (24, 24, 4))


@dataclass(frozen=True, eq=False)
class SphereRefinement:
    """The couplings of a metal's Fermi sphere at several resolutions, made when first needed."""

    metal: Metal
    _made: dict[int, SphereCoupling] = field(default_factory=dict, init=False, repr=False)

    def level(self, i: int) -> SphereCoupling:
        """The coupling on the i-th quadrature."""
        if i not in self._made:
            order, radial, crowding = _LEVELS[i]
            self._made[i] = sphere_coupling(
                self.metal, order=order, radial=radial, crowding=crowding
            )
        return self._made[i]

    def spectral_function(
        self, weight: Weight, processes: Processes, branch: int | None, tolerance: float
    ) -> SpectralFunction:
        """α²F whose λ two successive quadratures give within ``tolerance``.

        Raises
        ------
        ConvergenceError
            If the finest quadratures do not.
        """
        positive("tolerance", tolerance, "", "1e-3 is the default")

        def lam(sphere: SphereCoupling) -> np.ndarray:
            return np.array(sphere.spectral_function(weight, processes, branch).lam)

        for sphere, _, error in self._steps(lam):
            if error <= tolerance:
                return sphere.spectral_function(weight, processes, branch, error=float(error))
        raise ConvergenceError(
            f"λ = {float(lam(sphere)):.4g} changes by {float(error):.1e} at the finest quadrature; "
            f"{tolerance:.0e} was demanded; ask for less, or for all processes together."
        )

    def resistivity(
        self,
        T: ArrayLike,
        weight: Weight,
        processes: Processes,
        plasma_energy_eV: float,
        tolerance: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        """ρ(T) in 10⁻⁸ Ωm and the relative error of each value, arrays of the shape of T.

        Values below a millionth of those of all processes in equilibrium, a Normal part frozen
        long before the Umklapp part for example, are measured against that millionth.

        Raises
        ------
        ConvergenceError
            If the finest quadratures disagree by more than ``tolerance`` at some T.
        """
        positive("tolerance", tolerance, "", "0.01 is the default")

        def rho(sphere: SphereCoupling, weight: Weight, processes: Processes) -> np.ndarray:
            alpha2f = sphere.spectral_function(weight, processes)
            return transport.resistivity(T, alpha2f, plasma_energy_eV)

        least = 1e-6 * rho(self.level(0), "transport", "all")
        for _, value, error in self._steps(lambda sphere: rho(sphere, weight, processes), least):
            if error.max(initial=0) <= tolerance:
                return value, error
        at = np.ravel(np.asarray(T, dtype=float))[np.argmax(error)]
        raise ConvergenceError(
            f"ρ at {at:.4g} K changes by {error.max():.1e} at the finest quadrature; "
            f"{tolerance:.0e} was demanded; raise `tolerance` or the temperature."
        )

    def _steps(
        self, quantity: Callable[[SphereCoupling], np.ndarray], least: ArrayLike = 0.0
    ) -> Iterator[tuple[SphereCoupling, np.ndarray, np.ndarray]]:
        """Each level after the first with the quantity and its relative change since the last."""
        before = quantity(self.level(0))
        for i in range(1, len(_LEVELS)):
            value = quantity(self.level(i))
            scale = np.maximum(np.abs(value), least)
            change = np.abs(value - before) / np.where(scale > 0, scale, 1.0)
            yield self.level(i), value, change
            before = value
