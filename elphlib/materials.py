"""Real materials on the map of Migdal's theorem: λ, a phonon energy and a Fermi energy, sourced.

The numbers live in `elphlib/data/adiabaticity.csv`, whose head says how far each can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import hypot

from elphlib.tables import pick, rows

__all__ = ["Material", "material", "materials"]


@dataclass(frozen=True)
class Material:
    """One material, with uncertainties, definitions and source keys."""

    key: str
    name: str
    lam: float  #: dressed λ, as published
    lam_uncertainty: float
    phonon_meV: float
    phonon_uncertainty_meV: float
    phonon_kind: str  #: which phonon energy
    fermi_eV: float
    fermi_uncertainty_eV: float
    fermi_kind: str  #: which Fermi energy
    lambda_source: str
    phonon_source: str
    fermi_source: str
    note: str

    @property
    def adiabatic_ratio(self) -> float:
        """ħω/E_F, Eq. `eq-adiabatic-ratio`."""
        return 1e-3 * self.phonon_meV / self.fermi_eV

    @property
    def adiabatic_ratio_uncertainty(self) -> float:
        """Uncertainty of ħω/E_F: relative errors added in quadrature."""
        phonon = self.phonon_uncertainty_meV / self.phonon_meV
        return self.adiabatic_ratio * hypot(phonon, self.fermi_uncertainty_eV / self.fermi_eV)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys into `book/references.bib`, each once."""
        return tuple(dict.fromkeys((self.lambda_source, self.phonon_source, self.fermi_source)))


def materials() -> tuple[str, ...]:
    """Keys of all materials, in the order of the table: from safe to unsafe."""
    return tuple(_table())


def material(key: str) -> Material:
    """Look up one material; a ValueError lists those there are."""
    return pick(key, _table(), "material")


@cache
def _table() -> dict[str, Material]:
    return {
        row["material"]: Material(
            key=row["material"],
            name=row["name"],
            lam=float(row["lambda"]),
            lam_uncertainty=float(row["lambda_uncertainty"]),
            phonon_meV=float(row["phonon_meV"]),
            phonon_uncertainty_meV=float(row["phonon_uncertainty_meV"]),
            phonon_kind=row["phonon_kind"],
            fermi_eV=float(row["fermi_eV"]),
            fermi_uncertainty_eV=float(row["fermi_uncertainty_eV"]),
            fermi_kind=row["fermi_kind"],
            lambda_source=row["lambda_source"],
            phonon_source=row["phonon_source"],
            fermi_source=row["fermi_source"],
            note=row["note"],
        )
        for row in rows("adiabaticity.csv")
    }
