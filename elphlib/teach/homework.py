"""Which parts of a problem set are done: all visible checks at once, without a server.

The last cell of each problem set calls `check_everything`. It reads the notebook beside which it
runs, runs the visible checks in a copy of the caller's names, and says what no visible check can
know.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", re.DOTALL)
_PART = re.compile(r"p(\d+[a-z]?)")
_WIDTH = 96
_STUB = "*Your answer here.*"
_CODE_STUB = 'raise NotImplementedError("this part is still to be written")'


def check_everything(name: str) -> None:
    """Print which parts of a problem set are done, in the notebook that calls this.

    Parameters
    ----------
    name : str
        The problem set, such as "01-phonons".

    Raises
    ------
    FileNotFoundError
        If no notebook of that problem set is found.
    """
    cells = _cells(name, Path.cwd())
    mine = sys._getframe(1).f_globals
    names = dict(mine)
    lines, done, all_points, words = [], 0.0, 0.0, 0.0
    unwritten = {_part(cell) for cell in cells if _CODE_STUB in "".join(cell["source"])}
    for cell in cells:
        _pass(cell, names, mine)
        part, points = _graded(cell)
        if not part:
            continue
        if cell["cell_type"] == "markdown":
            written = "".join(cell["source"]).strip() not in ("", _STUB)
            words += points
            said = "in words: written in the saved notebook" if written else "in words: empty"
            mark = "·"
        else:
            passed, said = _outcome("".join(cell["source"]), names)
            if not passed and part in unwritten:
                passed, said = None, "still to be written"
            mark = "✓" if passed else ("✗" if passed is False else "–")
            done += points if passed else 0.0
            all_points += points
        lines.append(_line(mark, part, points, said))
    print(f"Visible checks that pass are worth {done:g} of {all_points:g} points.\n")
    print("\n".join(lines))
    print(_UNKNOWN.format(words=f"{words:g}"))


_UNKNOWN = """
Not checked here:
  · Other parameters than the visible ones. Your functions are called with them when your work is
    graded, and only then are points given.
  · The {words} points for answers in words. A person reads them. Save the notebook first: what is
    said about them here is said of the saved one.
  · Whether everything runs from an empty start: Kernel → Restart & Run All."""


def _line(mark: str, part: str, points: float, said: str) -> str:
    worth = f"{points:g} point{'s' if points != 1 else ''}"
    head = f"{mark} {part:3} {worth:>9}   "
    return textwrap.fill(said, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _outcome(source: str, names: dict[str, Any]) -> tuple[bool | None, str]:
    """Run a check: whether it passes (None: nothing written yet), and what to say."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(_HIDDEN.sub("", source), "<check>", "exec"), names)
    except NotImplementedError:
        return None, "still to be written"
    except AssertionError as error:
        return False, str(error) or "a property does not hold; run the check to see which"
    except NameError as error:
        return None, f"{error}; run the cell that defines it"
    except Exception as error:  # noqa: BLE001 (a student's function may raise anything)
        return False, f"{type(error).__name__}: {error}; run the check to see where"
    return True, "the visible check passes"


def _pass(cell: Any, names: dict[str, Any], mine: Mapping[str, Any]) -> None:
    """Bring the names to where they are at this place of the notebook.

    Given cells are run again, since checks may use a name for two things; what the student's cells
    define is taken as it is now.
    """
    if cell["cell_type"] != "code" or _graded(cell)[0]:
        return
    source, tag = "".join(cell["source"]), _tag(cell)
    if not tag.get("locked"):
        names.update((name, mine[name]) for name in _BINDING.findall(source) if name in mine)
    elif not _LOOKED_AT.search(source) and tag.get("grade_id") != "setup":
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            exec(compile(source, "<given>", "exec"), names)


_BINDING = re.compile(r"^(?:def +)?(\w+)", re.MULTILINE)
_LOOKED_AT = re.compile(r"\b(?:Explorer|Animation|show|check_everything)\(")


def _graded(cell: Any) -> tuple[str, float]:
    """The part that a cell belongs to and its points; an empty name if it has none."""
    tag = _tag(cell)
    part = _part(cell) if tag.get("grade") else ""
    return part, float(tag.get("points", 0)) if part else 0.0


def _part(cell: Any) -> str:
    match = _PART.match(str(_tag(cell).get("grade_id", "")))
    return match[1] if match else ""


def _tag(cell: Any) -> Mapping[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def _cells(name: str, folder: Path) -> list[Any]:
    """Cells of the notebook of a problem set: the one that runs, if that can be told."""
    for path in _candidates(name, folder):
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        mine = any("check_everything" in "".join(c["source"]) and name in "".join(c["source"])
                   for c in cells)  # fmt: skip
        if mine and any(_graded(c)[0] for c in cells):
            return cells
    raise FileNotFoundError(
        f"no notebook of problem set {name} is in {folder}; it must lie where it is run, with its "
        "checks; save it there, or get the problem set again."
    )


def _candidates(name: str, folder: Path) -> Iterator[Path]:
    """Where the notebook may be, the likeliest first."""
    session = os.environ.get("JPY_SESSION_NAME")
    if session:
        yield folder / Path(session).name
    newest = sorted(folder.glob("*.ipynb"), key=lambda path: -path.stat().st_mtime)
    yield from newest
    yield Path(__file__).parents[2] / "exercises" / name / f"{name}.ipynb"
