"""A metal with a Fermi sphere: its α²F, its phonon linewidths, its resistivity.

Whoever has modes and a screened form factor (`SimpleMetal`, `DebyeMetal`) has these as well.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from elphlib import linewidths
from elphlib.checks import positive
from elphlib.spectral import SpectralFunction
from elphlib.sphere_coupling import Metal, Processes, Weight
from elphlib.sphere_refinement import SphereRefinement

Phonons = Literal["equilibrium", "drag"]


class SphereMetal:
    """What follows for whatever satisfies `sphere_coupling.Metal`: inherit to have it."""

    def spectral_function(
        self,
        transport: bool = False,
        processes: Processes = "all",
        branch: int | None = None,
        *,
        phonons: Phonons = "equilibrium",
        tolerance: float = 1e-3,
    ) -> SpectralFunction:
        """α²F(ω) of the Fermi sphere, Eq. `eq-sphere-alpha2f`, as peaks that nothing broadened.

        Parameters
        ----------
        transport : bool
            With the weight 1 − cos θ, Eq. `eq-alpha2f-transport`.
        processes : "all", "normal" or "umklapp"
            Q inside the first zone, outside, or both.
        branch : 0, 1 or 2, optional
            Only this mode at each q, in order of energy.
        phonons : "equilibrium" or "drag"
            With ``transport``: phonons that rest, or that drift with the electrons, Eq. `eq-drag`.
        tolerance : float
            Relative accuracy asked of λ. What was reached is the ``error`` of the result: the
            difference of two quadratures, of λ with the weight asked for and without any.

        Raises
        ------
        ValueError
            If a choice is not among those above, or there is drag without ``transport``.
        UnstableLatticeError
            If a mode has ω² < 0.
        ConvergenceError
            If the tolerance is not reached.
        """
        _known_phonons(phonons)
        if not isinstance(transport, bool | np.bool_):
            raise ValueError(
                f"transport is {transport!r}; it must be True or False; for drag pass "
                "transport=True, phonons='drag'."
            )
        if phonons == "drag" and not transport:
            raise ValueError(
                "phonons is 'drag' without transport; drift only changes what resists a current; "
                "pass transport=True as well."
            )
        weight: Weight = ("drag" if phonons == "drag" else "transport") if transport else "none"
        return self._sphere.spectral_function(weight, processes, branch, tolerance)

    def resistivity(
        self,
        T: ArrayLike,
        phonons: Phonons = "equilibrium",
        processes: Processes = "all",
        plasma_energy_eV: float | None = None,
        with_error: bool = False,
        tolerance: float = 0.01,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """ρ(T) in 10⁻⁸ Ωm to lowest order in the coupling, Eq. `eq-ziman`.

        Parameters
        ----------
        T : array of any shape, K, ≥ 0
            At T = 0 nothing is left.
        phonons : "equilibrium" or "drag"
            Held at rest by something else than electrons (Bloch), or relaxing on electrons only
            and drifting with them, Eq. `eq-drag`. Drag never gives more. Every mode drifts for
            itself: where two are degenerate at all q (the transverse ones of `DebyeMetal`) the
            result depends by some per cent on which two combinations ``modes`` returns.
        processes : "all", "normal" or "umklapp"
            The other kind is taken not to exist. Normal processes with drag give 0.
        plasma_energy_eV : float, optional
            ħω_p in ρ = 1/(ε₀ω_p²τ); None: that of the free electrons.
        with_error : bool
            Return the relative error of each value as well.
        tolerance : float
            Relative accuracy asked of every value. 0.01 is reached down to 4 K, but for Umklapp
            processes alone with drag, which in Na need 0.02 below 6 K.

        Returns
        -------
        array of the shape of T, or two

        Raises
        ------
        ValueError
            If T is negative, the plasma energy not one positive number, or a choice not among those
            above.
        UnstableLatticeError
            If a mode has ω² < 0.
        ConvergenceError
            If the tolerance is not reached at some T.
        """
        _known_phonons(phonons)
        plasma = self._sphere.metal.gas.plasma_energy
        if plasma_energy_eV is not None:
            positive("plasma_energy_eV", plasma_energy_eV, "eV", "metals have 3–16")
            plasma = float(plasma_energy_eV)
        weight: Weight = "drag" if phonons == "drag" else "transport"
        rho, error = self._sphere.resistivity(T, weight, processes, plasma, tolerance)
        return (rho, error) if with_error else rho

    def linewidths(self, q: ArrayLike) -> np.ndarray:
        """γ_qν (…, 3) in meV, FWHM, at q (…, 3): see `linewidths.linewidths`."""
        return linewidths.linewidths(self._sphere.metal, q)

    @cached_property
    def _sphere(self) -> SphereRefinement:
        return SphereRefinement(cast(Metal, self))


def _known_phonons(phonons: str) -> None:
    if phonons not in ("equilibrium", "drag"):
        raise ValueError(
            f"phonons is {phonons!r}; 'equilibrium' and 'drag' are known; 'equilibrium' is Bloch's "
            "assumption and the usual one."
        )
