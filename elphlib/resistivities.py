"""Measured resistivities of pure metals, as critical compilations recommend them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from elphlib.tables import pick, rows


@dataclass(frozen=True, eq=False)
class MeasuredResistivity:
    """Recommended resistivity of a pure metal against temperature, all arrays (n,)."""

    symbol: str
    T: np.ndarray  #: K, ascending
    rho: np.ndarray  #: 10⁻⁸ Ωm, the residual resistivity included
    uncertainty: np.ndarray  #: 10⁻⁸ Ωm, one standard deviation
    residual: float  #: 10⁻⁸ Ωm; 0.0 where it was subtracted (Cu) or is not in the table (Pb)
    status: tuple[str, ...]  #: "transcribed twice" or "transcribed once", value by value
    source: str

    @property
    def intrinsic(self) -> np.ndarray:
        """ρ − ρ₀ in 10⁻⁸ Ωm, the part that phonons are responsible for; see `residual`."""
        return self.rho - self.residual

    def between(self, low: float, high: float) -> MeasuredResistivity:
        """The same record, only the values with low ≤ T ≤ high.

        Parameters
        ----------
        low, high : float, K

        Returns
        -------
        MeasuredResistivity
            With the residual resistivity of the whole table.

        Raises
        ------
        ValueError
            If nothing is left.
        """
        inside = (low <= self.T) & (high >= self.T)
        if not inside.any():
            raise ValueError(
                f"no resistivity of {self.symbol} between {low:g} and {high:g} K; values from "
                f"{self.T[0]:g} to {self.T[-1]:g} K are in the table; widen the range."
            )
        return MeasuredResistivity(
            self.symbol,
            self.T[inside],
            self.rho[inside],
            self.uncertainty[inside],
            self.residual,
            tuple(s for s, kept in zip(self.status, inside, strict=True) if kept),
            self.source,
        )


def resistivity_symbols() -> tuple[str, ...]:
    """Symbols of the metals whose resistivity is in the table."""
    return tuple(_resistivities())


def resistivity(symbol: str) -> MeasuredResistivity:
    """Measured resistivity of one metal, in 10⁻⁸ Ωm, as critical compilations recommend it.

    Copper's is intrinsic: its residual resistivity was subtracted by the source. For the others the
    value at the lowest temperature, 1 K, serves as the residual one; lead, tabulated above 80 K
    only, has none: its ``residual`` is 0.0, and its ``intrinsic`` the total, of which ρ₀ is a small
    part in a pure sample, but an unknown one. The uncertainty is this compilation's estimate, not
    the sources': 2 % above 40 K and 5 % at and below where two transcriptions of the source agree
    (the source for Al states 2–5 % for most of its values), and twice that where only one could be
    had, as ``status`` says: all alkali metals, lead, and everything above 300 K but copper.

    Raises
    ------
    ValueError
        If the metal is not in the table.
    """
    return pick(symbol, _resistivities(), "resistivity")


@cache
def _resistivities() -> dict[str, MeasuredResistivity]:
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in rows("resistivity.csv"):
        grouped.setdefault(row["symbol"], []).append(row)
    return {symbol: _resistivity_of(symbol, table) for symbol, table in grouped.items()}


def _resistivity_of(symbol: str, table: list[dict[str, str]]) -> MeasuredResistivity:
    T, rho, relative = (
        np.array([float(row[column]) for row in table])
        for column in ("temperature_K", "resistivity_1e-8_Ohm_m", "relative_uncertainty")
    )
    for array in (T, rho, uncertainty := relative * rho):
        array.setflags(write=False)  # the table is shared by all callers
    return MeasuredResistivity(
        symbol=symbol,
        T=T,
        rho=rho,
        uncertainty=uncertainty,
        residual=float(rho[0]) if T[0] <= 1 else 0.0,
        status=tuple(row["status"] for row in table),
        source=table[0]["source"],
    )
