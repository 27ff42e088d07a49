"""Finer and finer quadratures of one metal's Fermi sphere, until two agree.

Every number that `SimpleMetal` integrates over its sphere is computed on two quadratures at least;
their difference is the error estimate that goes with it. Two quadratures can agree by chance, where
their difference changes sign; so witnesses are asked as well, numbers that the same error of the
same points would spoil in another proportion.
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
_LEVELS = ((4, 8, 1), (6, 7, 1), (8, 6, 1), (10, 8, 2), (12, 12, 3), (16, 16, 4), (24, 24, 4))
#: Temperatures next to the wanted one, in units of it, that must agree as well.
_NEIGHBOURS = (0.8, 1.25, 1.6)
_SAFETY = 1.5  # the error is taken to be this much more than the change
_MEMORY = 1 / 8  # of the last change but one that the error estimate never goes below


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

        witness: Weight = "transport" if weight == "none" else "none"

        def lam(sphere: SphereCoupling) -> np.ndarray:
            return np.array([sphere.lam(w, processes, branch) for w in (weight, witness)])

        for sphere, _, error in self._steps(lam):
            if error <= tolerance:
                return sphere.spectral_function(weight, processes, branch, error=float(error))
        raise ConvergenceError(
            f"λ = {lam(sphere)[0]:.4g} changes by {float(error):.1e} at the finest quadrature; "
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

        Values below a ten-thousandth of those of all processes in equilibrium, a part frozen long
        before the other for example, are measured against that ten-thousandth.

        Raises
        ------
        ConvergenceError
            If the finest quadratures disagree by more than ``tolerance`` at some T.
        """
        positive("tolerance", tolerance, "", "0.01 is the default")

        near = np.multiply.outer([1.0, *_NEIGHBOURS], np.asarray(T, dtype=float))

        def rho(sphere: SphereCoupling, weight: Weight, processes: Processes) -> np.ndarray:
            alpha2f = sphere.spectral_function(weight, processes)
            return transport.resistivity(near, alpha2f, plasma_energy_eV)

        least = 1e-4 * rho(self.level(0), "transport", "all")
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
        """Each level after the first with the wanted quantity and its relative error.

        The quantity is what stands first on the leading axis of an array, its witnesses behind it.
        The error is `_SAFETY` times the largest relative change of any since the level before, and
        at least `_MEMORY` of what it was there.
        """
        before, error = quantity(self.level(0)), np.array(0.0)
        for i in range(1, len(_LEVELS)):
            values = quantity(self.level(i))
            scale = np.maximum(np.abs(values), least)
            change = (np.abs(values - before) / np.where(scale > 0, scale, 1.0)).max(axis=0)
            error = np.maximum(_SAFETY * change, _MEMORY * error)
            yield self.level(i), values[0], error
            before = values
