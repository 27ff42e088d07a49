"""α²F(ω): what the electrons of a metal need to know about its phonons, and its moments.

Everything downstream (resistivity, self-energy, T_c) takes a `SpectralFunction` and does not care
whether it was computed, measured or invented. Its moments are taken before any broadening.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import exp, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from elphlib.checks import finite_array, positive
from elphlib.errors import PhysicalRefusal, UnstableLatticeError
from elphlib.spectral_file import read_table, write_table
from elphlib.spectral_models import lead
from elphlib.spectral_parts import Kinks, Linear, Part, Peaks, PowerLaw


class SpectralFunction:
    """α²F(ω), Eq. `eq-alpha2f`: linear between the points of a grid, zero outside it.

    Two of them can be added, and one be multiplied by a number ≥ 0. Others than a grid come from
    `from_peaks`, `einstein`, `debye`, `power_law`, `lead` and `read`.

    Parameters
    ----------
    energy_meV : (n,) array, n ≥ 2, meV
        Ascending, ≥ 0.
    values : (n,) array, dimensionless
        α²F ≥ 0; it must vanish at ω = 0, where λ would diverge.
    error : float, optional
        Relative error of λ as its maker estimates it; None if exact or not known.

    Raises
    ------
    ValueError
        If an array is not finite or of the wrong shape, energies do not ascend, or α²F < 0; the
        message names index, energy and value.
    UnstableLatticeError
        If an energy is negative: codes print imaginary modes so.
    PhysicalRefusal
        If α²F > 0 at ω = 0.
    """

    __array_ufunc__ = None  # a numpy number times an α²F is an α²F

    def __init__(self, energy_meV: ArrayLike, values: ArrayLike, error: float | None = None):
        energy = finite_array("energy_meV", energy_meV, (...,), "meV")
        if energy.ndim != 1 or len(energy) < 2:
            raise ValueError(
                f"energy_meV has shape {energy.shape}; it must be (n,) with n ≥ 2; for single "
                "energies use SpectralFunction.from_peaks."
            )
        alpha2f = finite_array("values", values, energy.shape, "")
        _require_not_negative(energy, alpha2f, "α²F")
        if (np.diff(energy) <= 0).any():
            i = int(np.argmax(np.diff(energy) <= 0)) + 1
            raise ValueError(
                f"energy_meV does not ascend at index {i}: {energy[i]:g} meV after "
                f"{energy[i - 1]:g} meV; each must exceed the one before; sort, or drop doubles."
            )
        if energy[0] == 0 and alpha2f[0] > 0:
            raise PhysicalRefusal(
                f"α²F is {alpha2f[0]:g} at index 0, ω = 0: λ = 2∫α²F dω/ω would diverge; α²F must "
                "vanish there; if it was broadened, take it before broadening."
            )
        self._parts: tuple[Part, ...] = (Linear(energy, alpha2f),)
        self._error = _checked_error(error)

    @classmethod
    def _of(cls, parts: tuple[Part, ...], error: float | None = None) -> SpectralFunction:
        made = cls.__new__(cls)
        made._parts, made._error = parts, _checked_error(error)
        return made

    @classmethod
    def from_peaks(
        cls, energy_meV: ArrayLike, strength_meV: ArrayLike, error: float | None = None
    ) -> SpectralFunction:
        """α²F = Σᵢ sᵢ δ(ω − ωᵢ), for which λ = 2 Σ sᵢ/ωᵢ, Eq. `eq-moments`.

        Parameters
        ----------
        energy_meV, strength_meV : arrays of one shape, any order, meV
            Energies > 0, strengths ≥ 0.
        error : float, optional
            Relative error of λ.

        Raises
        ------
        ValueError
            If an array is not finite, the shapes differ, or a strength is negative.
        UnstableLatticeError
            If an energy is not positive.
        """
        energy = np.ravel(finite_array("energy_meV", energy_meV, (...,), "meV"))
        strength = np.ravel(finite_array("strength_meV", strength_meV, np.shape(energy_meV), "meV"))
        if not energy.size:
            raise ValueError("there are no peaks; at least one is needed; pass its ω and strength.")
        _require_not_negative(energy, strength, "the strength", lowest=np.finfo(float).tiny)
        order = np.argsort(energy, kind="stable")
        return cls._of((Peaks(energy[order], strength[order]),), error)

    @classmethod
    def einstein(cls, lam: float, energy_meV: float) -> SpectralFunction:
        """(λω_E/2) δ(ω − ω_E), Eq. `eq-model-alpha2f`: all three mean energies are ω_E.

        Parameters
        ----------
        lam : float, > 0
        energy_meV : float, > 0

        Raises
        ------
        ValueError
            If a number is not positive.
        """
        positive("lam", lam, "", "metals have 0.1–2")
        positive("energy_meV", energy_meV, "meV", "phonons have 1–100")
        return cls.from_peaks([energy_meV], [lam * energy_meV / 2])

    @classmethod
    def debye(cls, lam: float, cutoff_meV: float) -> SpectralFunction:
        """λ(ω/ω_c)² up to ω_c, Eq. `eq-model-alpha2f`; ω_log = ω_c e^(−1/2), ω₂ = ω_c/√2.

        Parameters
        ----------
        lam : float, > 0
        cutoff_meV : float, > 0
            ω_c.

        Raises
        ------
        ValueError
            If a number is not positive.
        """
        return cls.power_law(lam, cutoff_meV, 2.0)

    @classmethod
    def power_law(cls, lam: float, cutoff_meV: float, exponent: float) -> SpectralFunction:
        """(pλ/2)(ω/ω_c)^p up to ω_c, exactly; p = 2 is Debye's α²F, p = 4 his α²_trF.

        ⟨ωⁿ⟩ = p ω_cⁿ/(p + n), ω_log = ω_c e^(−1/p), Eq. `eq-model-alpha2f`.

        Raises
        ------
        ValueError
            If a number is not positive.
        """
        positive("lam", lam, "", "metals have 0.1–2")
        positive("cutoff_meV", cutoff_meV, "meV", "metals have 5–60")
        positive("exponent", exponent, "", "α²F has 2 and α²_trF has 4 at long wavelength")
        return cls._of((PowerLaw(float(lam), float(cutoff_meV), float(exponent)),))

    @classmethod
    def lead(cls) -> SpectralFunction:
        """A two-peak model of lead: λ = 1.55, ω_log = 56 K, ω₂ = 65 K; area 4.04 meV follows.

        Not data. Two cut Lorentzians, at 4.4 meV (transverse) and 8.5 meV (longitudinal), where
        tunnelling found peaks [MR65]_; two weights and a width are solved for from the moments
        that Allen and Dynes list for lead [AD75]_.

        References
        ----------
        .. [MR65] W. L. McMillan, J. M. Rowell, Phys. Rev. Lett. 14, 108 (1965).
        .. [AD75] P. B. Allen, R. C. Dynes, Phys. Rev. B 12, 905 (1975).
        """
        return cls._of((lead(),))

    @classmethod
    def read(
        cls,
        path: str | Path,
        unit: str | None = None,
        column: int | None = None,
        error: float | None = None,
    ) -> SpectralFunction:
        """Read a table of ω and α²F; see `read_table` for what is asked of the file.

        Parameters
        ----------
        path : str or Path
        unit : str, optional
            Of the energies: meV, eV, THz, cm-1, K, Ry or Ha; needed unless the file says it.
        column : int, optional
            Which column holds α²F, counted from 1 after the energies; needed if there are several.
        error : float, optional
            Relative error of λ.

        Returns
        -------
        SpectralFunction
            A grid, or peaks if the header says so.

        Raises
        ------
        ValueError
            If the file is not such a table, or what it holds is no α²F.
        UnstableLatticeError
            If an energy is negative: codes print imaginary modes so.
        """
        energy, values, peaks = read_table(path, unit, column)
        return cls.from_peaks(energy, values, error) if peaks else cls(energy, values, error)

    def write(self, path: str | Path, unit: str = "meV") -> None:
        """Write two columns, ω and α²F (or strengths of peaks), with the unit in a header line.

        Parameters
        ----------
        path : str or Path
        unit : str
            Of the energies, and of the strengths of peaks: as in `read`.

        Raises
        ------
        ValueError
            If the unit is unknown or the function is neither a grid nor peaks.
        """
        part = self._parts[0]
        if len(self._parts) > 1 or isinstance(part, PowerLaw):
            raise ValueError(
                "this α²F is a formula or a sum of several; a file holds one grid or one set of "
                "peaks; write SpectralFunction(E, f(E)) of a grid E, or each summand."
            )
        if isinstance(part, Peaks):
            write_table(path, part.energy, part.strength, unit, peaks=True)
        if isinstance(part, Linear):
            write_table(path, part.energy, part.values, unit)

    def __call__(self, energy_meV: ArrayLike) -> np.ndarray:
        """α²F at energies of any shape.

        Raises
        ------
        ValueError
            If it contains peaks: they have an area and no height.
        """
        energy = finite_array("energy_meV", energy_meV, (...,), "meV")
        total = np.zeros(energy.shape)
        for part in self._parts:
            if isinstance(part, Linear):
                total += np.interp(energy, part.energy, part.values, left=0.0, right=0.0)
            elif isinstance(part, PowerLaw):
                total += part.value(energy)
            else:
                raise ValueError(
                    "an α²F of peaks has no value at an energy; only integrals over it have; use "
                    "`integrate` for a number and `broadened` for a picture."
                )
        return total

    def __add__(self, other: SpectralFunction) -> SpectralFunction:
        """Sum of two; λ, area and all integrals add."""
        if not isinstance(other, SpectralFunction):
            return NotImplemented
        parts = self._parts + other._parts
        if self._error is None and other._error is None:
            return self._of(parts)
        absolute = (self._error or 0.0) * self.lam + (other._error or 0.0) * other.lam
        total = self.lam + other.lam
        return self._of(parts, absolute / total if total > 0 else 0.0)

    def __mul__(self, factor: float) -> SpectralFunction:
        """α²F times a number ≥ 0."""
        if not isinstance(factor, int | float | np.number):
            return NotImplemented
        if not 0 <= float(factor) < np.inf:
            raise ValueError(
                f"an α²F cannot be multiplied by {factor}; the factor must be ≥ 0 and finite, or "
                "α²F would be negative; typical factors are 0.5–2."
            )
        return self._of(tuple(part.scaled(float(factor)) for part in self._parts), self._error)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        means = f", ω_log = {self.omega_log:.4g} meV" if self.lam > 0 else ""
        return f"SpectralFunction(λ = {self.lam:.4g}{means})"

    @property
    def error(self) -> float | None:
        """Relative error of λ as estimated by the maker; None if exact or unknown."""
        return self._error

    @property
    def is_peaks(self) -> bool:
        """Whether it is a sum of δ functions and nothing else."""
        return all(isinstance(part, Peaks) for part in self._parts)

    @property
    def top(self) -> float:
        """Largest energy that it knows of, in meV."""
        return max(part.top for part in self._parts)

    @cached_property
    def lam(self) -> float:
        """λ = 2∫α²F dω/ω, Eq. `eq-moments`."""
        return 2 * sum(part.power_integral(-1) for part in self._parts)

    @cached_property
    def area(self) -> float:
        """∫α²F dω in meV."""
        return float(sum(part.power_integral(0) for part in self._parts))

    @cached_property
    def omega_log(self) -> float:
        """exp[(2/λ)∫ln ω α²F dω/ω] in meV, Eq. `eq-moments`."""
        total = sum(part.log_integral() for part in self._parts)
        return exp(2 / self._nonzero_lam() * total)

    @property
    def omega_2(self) -> float:
        """⟨ω²⟩^(1/2) in meV, Eq. `eq-moments`."""
        return sqrt(self.moment(2))

    def moment(self, n: float) -> float:
        """⟨ωⁿ⟩ = (2/λ)∫ω^(n−1) α²F dω in meVⁿ, Eq. `eq-moments`; n real, of either sign.

        Parameters
        ----------
        n : float
            α²F ∝ ω^p at small ω allows n > −p.

        Returns
        -------
        float, meVⁿ

        Raises
        ------
        ValueError
            If n is not finite.
        PhysicalRefusal
            If λ = 0, or n is so negative that the integral diverges at ω = 0.
        """
        (n,) = finite_array("n", [n], (1,), "").tolist()
        return 2 / self._nonzero_lam() * sum(part.power_integral(n - 1) for part in self._parts)

    def _nonzero_lam(self) -> float:
        if not self.lam > 0:
            raise PhysicalRefusal(
                "α²F is zero everywhere: there is nothing to average over, λ must be positive; "
                "metals have 0.1–2."
            )
        return self.lam

    @cached_property
    def _quadrature(self) -> tuple[np.ndarray, np.ndarray]:
        nodes, weights = zip(*(part.quadrature() for part in self._parts), strict=True)
        both = np.concatenate(nodes), np.concatenate(weights)
        for array in both:
            array.setflags(write=False)  # the moments would no longer be those of the curve
        return both

    @property
    def nodes(self) -> np.ndarray:
        """(m,) energies in meV at which `weights` apply: the peaks, or Gauss points."""
        return self._quadrature[0]

    @property
    def weights(self) -> np.ndarray:
        """(m,) weights in meV, α²F included: ∫α²F f dω = Σ weights f(nodes)."""
        return self._quadrature[1]

    def integrate(self, f: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """∫α²F f dω in meV times the unit of f.

        Exact for peaks. Else Gauss points within each interval, on panels that halve towards
        ω = 0, which serve any f that is smooth on the scale of ω itself, thermal factors included.

        Parameters
        ----------
        f : callable
            Takes energies (m,) in meV, returns (…, m).
        """
        return np.asarray(f(self.nodes) @ self.weights)

    @cached_property
    def kinks(self) -> Kinks:
        """α²F as δ functions, steps and changes of slope; a power law through many points."""
        each = [part.kinks() for part in self._parts]
        joined = {
            kind: tuple(np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
            for kind, pairs in (
                ("peaks", [k.peaks for k in each]),
                ("steps", [k.steps for k in each]),
                ("bends", [k.bends for k in each]),
            )
        }
        return Kinks(**joined)  # type: ignore[arg-type]

    def broadened(self, energy_meV: ArrayLike, width_meV: float) -> np.ndarray:
        """The curve convolved with a Gaussian of standard deviation ``width_meV``: a picture.

        The area stays, λ and ω_log do not, and weight leaks to ω ≤ 0. Take no number from it.

        Parameters
        ----------
        energy_meV : array of any shape
        width_meV : float > 0

        Raises
        ------
        ValueError
            If the width is not positive or an energy is not finite.
        """
        positive("width_meV", width_meV, "meV", "a hundredth of the largest energy shows most")
        energy = finite_array("energy_meV", energy_meV, (...,), "meV")
        return sum((p.broadened(energy, width_meV) for p in self._parts), np.zeros(energy.shape))


def _checked_error(error: float | None) -> float | None:
    if error is None:
        return None
    if not isinstance(error, int | float | np.number) or not 0 <= float(error) < np.inf:
        raise ValueError(
            f"error is {error!r}; a relative error is ≥ 0 and finite; pass None if it is not known."
        )
    return float(error)


def _require_not_negative(
    energy: np.ndarray, values: np.ndarray, what: str, lowest: float = 0.0
) -> None:
    """Refuse energies below ``lowest`` and negative values, saying where."""
    if (energy < lowest).any():
        i = int(np.argmax(energy < lowest))
        raise UnstableLatticeError(
            f"the energy at index {i} is {energy[i]:g} meV (there {what} is {values[i]:g}); "
            f"{'phonons must have ω > 0' if lowest else 'a grid starts at ω ≥ 0'}, a negative "
            "number means an imaginary mode; leave it out only if you know why it is there."
        )
    if (values < 0).any():
        i = int(np.argmax(values < 0))
        raise ValueError(
            f"{what} is {values[i]:g} at index {i}, ω = {energy[i]:g} meV; it is a sum of squares "
            "and cannot be negative; smearing functions with negative lobes make such values."
        )
