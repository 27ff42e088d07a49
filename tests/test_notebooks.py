"""Notebooks are committed executed, as text, in pieces that fit on a screen.

nbval, which runs beside these tests, compares the printed numbers; a cell that was never executed
would pass there without being compared.
"""

import nbformat
import pytest
from conftest import ROOT
from execute import STORED_TYPES

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
LONGEST_CELL = 45
COMPARED_CELLS = {"chapters": 4, "solutions": 1}
COMPARED = "nbval-check-output"


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(params=CHAPTERS + SOLUTIONS, ids=name, scope="module")
def path(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def test_there_are_chapters_and_each_has_its_problem_set():
    assert CHAPTERS
    assert [path.stem for path in CHAPTERS] == [path.stem for path in SOLUTIONS]


def test_valid_with_stable_cell_names(notebook):
    nbformat.validate(notebook)
    names = [cell.id for cell in notebook.cells]
    assert len(names) == len(set(names))


def test_executed_from_top_to_bottom(code):
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_no_errors_and_no_warnings_stored(code):
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def test_outputs_are_text(code):
    kinds = {kind for cell in code for output in cell.outputs for kind in output.get("data", ())}
    assert kinds <= set(STORED_TYPES)


def test_no_widget_state_or_machine_details(notebook):
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "celltoolbar"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert not [cell.id for cell in notebook.cells if "execution" in cell.metadata]


def test_numbers_are_compared(path, code):
    compared = [cell for cell in code if COMPARED in cell.metadata.get("tags", ())]
    assert len(compared) >= COMPARED_CELLS[path.relative_to(ROOT).parts[0]]
    silent = [cell.source for cell in compared if not cell.outputs]
    assert not silent, "these cells promise numbers to compare and print none"


def test_cells_fit_on_a_screen(code):
    long = [cell.source.splitlines()[0] for cell in code if cell.source.count("\n") > LONGEST_CELL]
    assert not long
