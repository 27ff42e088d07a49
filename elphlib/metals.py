"""Measured facts about metals, each with its unit, its uncertainty and its source.

The numbers live in `elphlib/data/*.csv`; every ``source`` is a key of `book/references.bib`. Where
the table has no value the functions say so; nothing is guessed. Resistivities stand in
`elphlib.resistivities`; their names can be imported from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from elphlib.integrate import debye_function
from elphlib.resistivities import MeasuredResistivity, resistivity, resistivity_symbols
from elphlib.tables import number, pick, rows, sources

__all__ = [
    "CoreRadius",
    "ElasticConstants",
    "ForceConstantFit",
    "MeasuredResistivity",
    "Metal",
    "PhononPoint",
    "born_von_karman",
    "born_von_karman_sets",
    "core_radius",
    "elastic_constants",
    "lattice_constant",
    "metal",
    "phonon_points",
    "resistivity",
    "resistivity_symbols",
    "sources",
    "symbols",
]


@dataclass(frozen=True)
class Metal:
    """Structure, mass and Debye temperature of an element."""

    symbol: str
    structure: str  #: fcc, bcc, hcp or bct
    valence: int | None  #: electrons outside closed shells, per atom
    lattice_constant_A: float
    lattice_uncertainty_A: float
    c_over_a: float | None
    lattice_temperature_K: float
    mass_u: float
    debye_temperature_K: float | None  #: from the T³ heat capacity as T → 0
    debye_uncertainty_K: float | None
    lattice_source: str
    mass_source: str
    debye_source: str
    d_band: bool  #: d electrons take part in the binding


@dataclass(frozen=True)
class PhononPoint:
    """One measured phonon frequency at a symmetry point."""

    symbol: str
    temperature_K: float
    point: str
    branch: str
    modes: int  #: how many branches share it
    frequency_THz: float
    uncertainty_THz: float | None
    source: str


@dataclass(frozen=True)
class ElasticConstants:
    """Elastic constants of a cubic metal."""

    symbol: str
    temperature_K: float
    C11_GPa: float
    C12_GPa: float
    C44_GPa: float
    density_g_cm3: float
    relative_uncertainty: float
    source: str


@dataclass(frozen=True)
class ForceConstantFit:
    """A published Born–von Kármán fit: for each shell the restoring constants −Φ in N/m."""

    symbol: str
    structure: str
    lattice_constant_A: float
    mass_u: float
    temperature_K: float
    shells: dict[tuple[int, int, int], dict[str, float]]
    source: str


@dataclass(frozen=True)
class CoreRadius:
    """A published empty-core radius."""

    symbol: str
    core_radius_a0: float
    uncertainty_a0: float
    source: str


def symbols() -> tuple[str, ...]:
    """Symbols of all metals in the table."""
    return tuple(_metals())


def metal(symbol: str) -> Metal:
    """Structure, lattice constant, mass and Debye temperature of one metal."""
    return pick(symbol, _metals(), "metals")


def lattice_constant(symbol: str, temperature: float | None = None) -> float:
    """Lattice constant in Å at a temperature in K, from the measured ones.

    Between two measured temperatures a grows as the thermal energy of a Debye solid, which is what
    a temperature-independent Grüneisen parameter means. The same law is trusted up to 1.5 times
    the highest of them.

    Parameters
    ----------
    symbol : str
    temperature : float, K, ≥ 0, or None
        None is the value in the main table.

    Raises
    ------
    ValueError
        If the temperature is negative or farther above the measured ones; or if only one was
        measured, another is asked for, and they are not both below a fifth of the Debye
        temperature, where expansion can be ignored.
    """
    facts = metal(symbol)
    known = {facts.lattice_temperature_K: facts.lattice_constant_A}
    if temperature is None:
        return facts.lattice_constant_A
    if temperature < 0:
        raise ValueError(f"temperature is {temperature} K; it must be ≥ 0; 0–400 K is measured.")
    known.update(_more_lattice_constants().get(symbol, {}))
    theta = facts.debye_temperature_K or 0.0

    def thermal_energy(T: float) -> float:
        return T * float(debye_function(theta / T)) if T > 0 else 0.0

    (cold, a_cold), (warm, a_warm) = min(known.items()), max(known.items())
    if cold == warm:
        if temperature == cold or max(temperature, cold) < theta / 5:
            return a_cold
        raise ValueError(
            f"the lattice constant of {symbol} was measured at {cold:g} K only; {temperature:g} K "
            "needs a second value; add one with its source to elphlib/data/lattice_constants.csv."
        )
    if not temperature <= 1.5 * warm:
        raise ValueError(
            f"the lattice constant of {symbol} was measured from {cold:g} to {warm:g} K; "
            f"{temperature:g} K is beyond 1.5 times the highest; extrapolate yourself, or add a "
            "value with its source to elphlib/data/lattice_constants.csv."
        )
    span = thermal_energy(warm) - thermal_energy(cold)
    share = (thermal_energy(temperature) - thermal_energy(cold)) / span
    return a_cold + (a_warm - a_cold) * share


def core_radius(symbol: str) -> CoreRadius:
    """Published empty-core radius of one metal, in Bohr radii."""
    return pick(symbol, _core_radii(), "empty-core radius")


def phonon_points(symbol: str, temperature: float | None = None) -> tuple[PhononPoint, ...]:
    """Measured phonon frequencies; at the temperature nearest to the one given, or the coldest."""
    by_temperature = pick(symbol, _points(), "neutron points")
    return by_temperature[_nearest(by_temperature, temperature)]


def elastic_constants(symbol: str) -> ElasticConstants:
    """Elastic constants of one cubic metal."""
    return pick(symbol, _elastic(), "elastic constants")


def born_von_karman_sets() -> tuple[tuple[str, float], ...]:
    """(symbol, temperature in K) of every published force-constant fit in the table."""
    return tuple((symbol, T) for symbol, sets in _fits().items() for T in sets)


def born_von_karman(symbol: str, temperature: float | None = None) -> ForceConstantFit:
    """Force constants fitted to neutron data; nearest temperature, or the coldest."""
    sets = pick(symbol, _fits(), "force constants")
    return sets[_nearest(sets, temperature)]


@cache
def _metals() -> dict[str, Metal]:
    return {
        row["symbol"]: Metal(
            symbol=row["symbol"],
            structure=row["structure"],
            valence=int(row["valence"]) if row["valence"] else None,
            lattice_constant_A=float(row["lattice_constant_A"]),
            lattice_uncertainty_A=float(row["lattice_uncertainty_A"]),
            c_over_a=number(row["c_over_a"]),
            lattice_temperature_K=float(row["lattice_temperature_K"]),
            mass_u=float(row["mass_u"]),
            debye_temperature_K=number(row["debye_temperature_K"]),
            debye_uncertainty_K=number(row["debye_uncertainty_K"]),
            lattice_source=row["lattice_source"],
            mass_source=row["mass_source"],
            debye_source=row["debye_source"],
            d_band=row["d_band"] == "yes",
        )
        for row in rows("metals.csv")
    }


@cache
def _more_lattice_constants() -> dict[str, dict[float, float]]:
    found: dict[str, dict[float, float]] = {}
    for row in rows("lattice_constants.csv"):
        values = found.setdefault(row["symbol"], {})
        values[float(row["temperature_K"])] = float(row["lattice_constant_A"])
    return found


@cache
def _core_radii() -> dict[str, CoreRadius]:
    return {
        row["symbol"]: CoreRadius(
            symbol=row["symbol"],
            core_radius_a0=float(row["core_radius_a0"]),
            uncertainty_a0=float(row["uncertainty_a0"]),
            source=row["source"],
        )
        for row in rows("core_radii.csv")
    }


@cache
def _points() -> dict[str, dict[float, tuple[PhononPoint, ...]]]:
    found: dict[str, dict[float, tuple[PhononPoint, ...]]] = {}
    for row in rows("phonon_points.csv"):
        T = float(row["temperature_K"])
        point = PhononPoint(
            symbol=row["symbol"],
            temperature_K=T,
            point=row["point"],
            branch=row["branch"],
            modes=int(row["modes"]),
            frequency_THz=float(row["frequency_THz"]),
            uncertainty_THz=number(row["uncertainty_THz"]),
            source=row["source"],
        )
        sets = found.setdefault(row["symbol"], {})
        sets[T] = (*sets.get(T, ()), point)
    return found


@cache
def _elastic() -> dict[str, ElasticConstants]:
    return {
        row["symbol"]: ElasticConstants(
            symbol=row["symbol"],
            source=row["source"],
            **{k: float(v) for k, v in row.items() if k not in ("symbol", "source")},
        )
        for row in rows("elastic_constants.csv")
    }


@cache
def _fits() -> dict[str, dict[float, ForceConstantFit]]:
    found: dict[str, dict[float, ForceConstantFit]] = {}
    for row in rows("born_von_karman.csv"):
        symbol, T = row["symbol"], float(row["temperature_K"])
        facts = metal(symbol)
        fit = found.setdefault(symbol, {}).setdefault(
            T,
            ForceConstantFit(
                symbol=symbol,
                structure=facts.structure,
                lattice_constant_A=facts.lattice_constant_A,
                mass_u=facts.mass_u,
                temperature_K=T,
                shells={},
                source=row["source"],
            ),
        )
        h, k, m = (int(digit) for digit in row["shell"])
        shell = fit.shells.setdefault((h, k, m), {})
        shell[row["component"]] = float(row["force_constant_N_m"])
    return found


def _nearest(by_temperature: dict[float, Any], temperature: float | None) -> float:
    if temperature is None:
        return min(by_temperature)
    return min(by_temperature, key=lambda T: abs(T - temperature))
