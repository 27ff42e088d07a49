"""`check_everything` says which parts are done, and leaves the reader's names alone."""

import json
import os
import re
from pathlib import Path

import pytest

from elphlib.teach import homework

ROOT = Path(__file__).resolve().parents[1]
NAME = "03-screening"


def notebook(place):
    return json.loads((ROOT / place / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))


def run(folder, cells, capsys):
    """Run code cells as a kernel would, stop at none, and return what the last one prints."""
    names = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] != "code" or "Explorer(" in "".join(cell["source"]):
            continue
        before = dict(names)
        capsys.readouterr()
        try:
            exec("".join(cell["source"]), names)
        except (AssertionError, NotImplementedError, NameError):
            continue
    assert {k: v for k, v in before.items() if k != "check_everything"}.items() <= names.items()
    return capsys.readouterr().out


def marks(said):
    return {part: mark for mark, part in re.findall(r"^([✓✗–·]) (\d[a-z])", said, re.MULTILINE)}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return tmp_path


def test_a_half_done_set_is_told_part_by_part(here, capsys):
    cells = notebook("exercises")["cells"]
    answers = {cell["id"]: cell["source"] for cell in notebook("solutions")["cells"]}
    for cell in cells:
        if cell["id"] in ("p1a", "p1b", "p2b", "p2c"):
            cell["source"] = answers[cell["id"]]
    wrong = next(cell for cell in cells if cell["id"] == "p2b")
    wrong["source"] = [line.replace("dos / polar.eps_inf", "dos") for line in wrong["source"]]
    # under another name: nobody is kept from renaming
    (here / "mine (2).ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    said = run(here, cells, capsys)
    found = marks(said)
    assert len(found) == 20
    assert [part for part, mark in found.items() if mark == "✓"] == ["1b", "2c"]
    assert [part for part, mark in found.items() if mark == "✗"] == ["2b"]
    assert {found[part] for part in ("1d", "3b", "4a", "5b")} == {"–"}
    assert "worth 8 of 57 points" in said
    assert "κ² is divided by ε_∞" in " ".join(said.split())
    assert re.search(r"1a .*in words: written", said)
    assert re.search(r"2a .*in words: empty", said)
    for words in ("Not checked here", "Other parameters", "43 points", "Restart & Run All"):
        assert words in said


def test_hidden_checks_are_not_run_even_where_they_stand(here, capsys):
    cells = notebook("solutions")["cells"]
    check = next(cell for cell in cells if cell["id"] == "p1b-check")
    text = "".join(check["source"]).replace(
        "### BEGIN HIDDEN TESTS\n", "### BEGIN HIDDEN TESTS\nraise RuntimeError('hidden')\n"
    )
    check["source"] = text
    (here / f"{NAME}.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    kept = [cell for cell in cells if cell["id"] != "p1b-check"]
    assert marks(run(here, kept, capsys))["1b"] == "✓"


def test_without_a_notebook_the_release_beside_elphlib_is_used_and_others_are_named(here, capsys):
    homework.check_everything(NAME)
    assert set(marks(capsys.readouterr().out).values()) <= {"–", "·", "✗"}
    with pytest.raises(FileNotFoundError, match=r"no notebook of problem set 9-none .*; it must"):
        homework.check_everything("9-none")
    assert os.listdir(here) == []
