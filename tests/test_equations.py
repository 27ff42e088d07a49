"""The thread between equations and code: labels, functions, and the numbers of the conventions."""

import importlib
import re
from pathlib import Path

import nbformat
import pytest

from elphlib import units

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "book/code.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \{eq\}`(eq-[\w-]+)` \|[^|]+\| (.+) \|$", TABLE, re.MULTILINE)
DOCSTRINGS = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "elphlib").glob("*.py"))
)


def chapter_text():
    notebooks = sorted((ROOT / "chapters").glob("*.ipynb"))
    cells = [cell for path in notebooks for cell in nbformat.read(path, as_version=4).cells]
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


LABELS = re.findall(r"^\$\$ \((eq-[\w-]+)\)", chapter_text(), re.MULTILINE)


def test_labels_are_unique():
    assert len(LABELS) == len(set(LABELS)) > 15


def test_the_table_has_rows_and_every_row_a_label_of_a_chapter():
    assert len(ROWS) >= 15
    assert {label for label, _ in ROWS} <= set(LABELS)


@pytest.mark.parametrize("label", sorted(set(re.findall(r"`(eq-[\w-]+)`", DOCSTRINGS))))
def test_every_equation_named_in_a_docstring_exists_and_is_in_the_table(label):
    assert label in LABELS
    assert label in {row for row, _ in ROWS}


@pytest.mark.parametrize(("label", "cell"), ROWS)
def test_every_function_of_the_table_exists(label, cell):
    full = [name for name in re.findall(r"`([\w.]+)`", cell) if name.startswith("elphlib.")]
    assert full, f"{label} names no function"
    for name in full:
        parts = name.split(".")
        found = importlib.import_module(".".join(parts[:2]))
        for part in parts[2:]:
            found = getattr(found, part)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"1 THz = ([\d. ]+) meV", units.MEV_PER_THZ),
        (r"1 eV/Å² = ([\d. ]+) N/m", units.N_m_PER_eV_A2),
        (r"= ([\d. ]+) m/s", units.M_S_PER_meV_A),
        (r"k_B\$ = ([\d. ]+) meV/K", units.BOLTZMANN_meV_K),
        (r"= ([\d. ]+) eV·Å", units.COULOMB_eV_A),
    ],
)
def test_numbers_of_the_conventions_page(pattern, value):
    text = (ROOT / "book/conventions.md").read_text(encoding="utf-8")
    (written,) = re.findall(pattern, text)
    digits = written.replace(" ", "")
    places = len(digits.split(".")[1])
    assert float(digits) == pytest.approx(value, abs=0.5001 * 10**-places)
