"""The chapters' explorers, moved after the whole chapter has run, as a reader with a kernel does.

The built page stores what an explorer showed when its cell ran. With a kernel it computes later,
when other cells may have given its names another meaning.
"""

import re

import numpy as np
import pytest
from conftest import ROOT
from execute import run_here

from elphlib import teach
from elphlib.teach import REGISTRY

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_control_still_moves_its_explorer(path, monkeypatch):
    monkeypatch.setenv("ELPHLIB_DISPLAY", "text")
    before = len(REGISTRY)
    run_here(path)
    explorers = REGISTRY[before:]
    assert len(explorers) >= 4
    for explorer in explorers:
        at_rest = explorer.alt()
        for name, control in explorer.controls.items():
            for position in {0, len(control.grid) - 1} - {control.start}:
                moved = {name: control.grid[position]}
                assert explorer.panels(**moved)
                assert explorer.alt(**moved) != at_rest, f"{explorer.title}: {name} says nothing"


def test_the_example_for_contributors_works():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?Explorer\(.*?)```", text, re.DOTALL)
    exec(example, {"np": np, **{name: getattr(teach, name) for name in teach.__all__}})
    explorer = REGISTRY[-1]
    assert explorer.title in example
    closed = explorer.alt(mass_ratio=1.0)
    assert closed != explorer.alt(mass_ratio=4.0)
    assert "1.41 and 1.41" in closed
