"""Tables of α²F as text: read those of the common codes, write two columns with their unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import constants as si

from elphlib.units import MEV_PER_THZ, BOLTZMANN_meV_K, HARTREE_eV

#: meV in one unit of the energies of a file
UNITS: dict[str, float] = {
    "meV": 1.0,
    "eV": 1e3,
    "THz": MEV_PER_THZ,
    "cm-1": MEV_PER_THZ * si.c * 1e-10,
    "K": BOLTZMANN_meV_K,
    "Ry": 5e2 * HARTREE_eV,
    "Ha": 1e3 * HARTREE_eV,
}
_HEADER = "# alpha2F: energy in"


def read_table(
    path: str | Path, unit: str | None = None, column: int | None = None
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Columns of a text file: energies in meV, α²F (or strengths in meV), and whether it is peaks.

    Lines of text before the first row of numbers and after the last are left out, whether they
    carry a ``#`` or not. Quantum ESPRESSO's ``alpha2F.dat`` (written by ``lambda.x``) is in THz,
    one column for each electronic broadening; EPW's ``.a2f.01`` is in meV, one column for each
    phononic smearing, with text at the end (sources ``PHonon/PH/lambda.f90``,
    ``EPW/src/a2f.f90``). Both curves are broadened: λ and ω_log of the file are not those that the
    code computed from its modes.

    Parameters
    ----------
    path : str or Path
    unit : key of `UNITS`, optional
        Needed unless the file was written by `write_table`.
    column : int, optional
        Which column holds α²F, counted from 1 after the energies; needed if there are several.

    Raises
    ------
    ValueError
        If the file is not text in UTF-8, the unit is not known or contradicts the header, the
        column is not given or not there, or a line between rows cannot be read; the message names
        the line.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not text in UTF-8 ({error.reason} at byte {error.start}); two columns of "
            "plain text are needed; save it as UTF-8, or unpack it first."
        ) from error
    rows = {i: row for i, line in enumerate(lines, 1) if (row := _numbers(line)) is not None}
    if not rows:
        raise ValueError(f"{path} has no row of numbers; two columns, ω and α²F, are needed.")
    first, last = min(rows), max(rows)
    lost = [i for i in range(first, last) if i not in rows and not _comment(lines[i - 1])]
    ragged = [i for i, row in rows.items() if len(row) != len(rows[first])]
    if lost or ragged:
        i = min(lost + ragged)
        raise ValueError(
            f"{path}, line {i}: {lines[i - 1]!r} is not a row of {len(rows[first])} numbers; text "
            "may stand before the first and after the last row, or behind a #; mend that line."
        )
    table = np.array(list(rows.values()))
    several = table.shape[1] - 1
    chosen = 1 if column is None and several == 1 else column
    if not isinstance(chosen, int | np.integer) or not 1 <= chosen <= several:
        raise ValueError(
            f"{path} has {several} columns after the energies, and column is {column!r}; choose "
            f"one of 1…{several}; codes print one for each broadening, the narrowest often first."
        )
    header = next((line for line in lines if line.startswith(_HEADER)), "")
    written = header.removeprefix(_HEADER).split(",")[0].strip() or None
    if (unit is None and written is None) or (unit and written and unit != written):
        raise ValueError(
            f"{path} says {written or 'nothing'} about its unit and you say {unit or 'nothing'}; "
            f"one of {', '.join(UNITS)} is needed, once; lambda.x writes THz, EPW meV."
        )
    scale, peaks = unit_meV(unit or written or ""), header.endswith("(peaks)")
    return scale * table[:, 0], table[:, chosen] * (scale if peaks else 1.0), peaks


def write_table(
    path: str | Path, energy_meV: np.ndarray, values: np.ndarray, unit: str, peaks: bool = False
) -> None:
    """Write energies and α²F, or strengths of peaks, as two columns under a header with the unit.

    Parameters
    ----------
    path : str or Path
    energy_meV : (n,) array, meV
    values : (n,) array
        α²F, or strengths in meV, which are written in ``unit``.
    unit : key of `UNITS`
    peaks : bool

    Raises
    ------
    ValueError
        If the unit is not known.
    """
    scale = unit_meV(unit)
    second = values / scale if peaks else values
    what = f"strength in {unit} (peaks)" if peaks else "alpha2F"
    pairs = zip((energy_meV / scale).tolist(), second.tolist(), strict=True)
    rows = "".join(f"{energy!r} {value!r}\n" for energy, value in pairs)
    Path(path).write_text(f"{_HEADER} {unit}, {what}\n{rows}", encoding="utf-8")


def _numbers(line: str) -> list[float] | None:
    """The numbers of a line, or None if it is not a row of them."""
    words = line.split()
    try:
        return [float(word.replace("D", "E")) for word in words] if words else None
    except ValueError:
        return None


def _comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def unit_meV(name: str) -> float:
    """How many meV one unit is; a ValueError lists the units there are."""
    if name not in UNITS:
        raise ValueError(
            f"there is no unit {name!r} of energy here; known are {', '.join(UNITS)}; lambda.x "
            "writes THz, EPW meV."
        )
    return UNITS[name]
