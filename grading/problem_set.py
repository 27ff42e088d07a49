"""The trusted side of a problem set: its cells, its points, its visible and hidden checks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS\n(.*?)^### END HIDDEN TESTS$", re.M | re.S)
_ANNOUNCED = re.compile(r"^# (\w+(?:, \w+)*): ", re.M)
_PART = re.compile(r"p(\d+)([a-z]?)")


def sets() -> list[str]:
    """Names of all problem sets."""
    return sorted(path.stem for path in (ROOT / "solutions").glob("*/*.ipynb"))


@dataclass(frozen=True)
class Segment:
    """Consecutive statements of a check that are all visible or all hidden."""

    source: str
    hidden: bool

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """Its top-level statements."""
        return ast.parse(self.source).body


@dataclass(frozen=True)
class Cell:
    """A cell of the source notebook.

    `role` is "setup", "given" (locked, needed by what follows), "explorer" (locked, only looked
    at), "answer" (code), "words" (an answer that a person reads), "check", "tool", or "text".
    """

    name: str
    role: str
    source: str
    points: float = 0.0
    release: str = ""

    @property
    def part(self) -> str:
        """The part that it belongs to: "p1b" of "p1b-check"; its own name outside the problems."""
        found = _PART.match(self.name)
        return found[0] if found else self.name

    @property
    def problem(self) -> str:
        """The problem that it belongs to: "1" of "p1b-check"."""
        found = _PART.match(self.name)
        return found[1] if found else ""

    @cached_property
    def segments(self) -> list[Segment]:
        """The visible and hidden stretches of a check, in order."""
        pieces, hidden = [], False
        for piece in _HIDDEN.split(self.source):
            if piece.strip():
                pieces.append(Segment(piece, hidden))
            hidden = not hidden
        return pieces

    @property
    def asked(self) -> set[str]:
        """Names that an answer must define: in the released stub, or announced by `# name: …`."""
        if self.role != "answer":
            return set()
        announced = {
            name for line in _ANNOUNCED.findall(self.release) for name in re.findall(r"\w+", line)
        }
        return announced | set(bound(ast.parse(self.release).body))

    @property
    def visible(self) -> str:
        """A check as the students have it."""
        return "\n".join(segment.source for segment in self.segments if not segment.hidden)


@dataclass
class ProblemSet:
    """One problem set, read from `solutions/` and `exercises/`."""

    name: str
    root: Path = ROOT
    cells: list[Cell] = field(init=False)
    release: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        notebook = Path(self.name) / f"{self.name}.ipynb"
        source = _read(self.root / "solutions" / notebook)
        self.release = _read(self.root / "exercises" / notebook)
        released = {cell["id"]: "".join(cell["source"]) for cell in self.release["cells"]}
        self.cells = [_cell(cell, released.get(cell["id"], "")) for cell in source["cells"]]

    @cached_property
    def checks(self) -> list[Cell]:
        """Cells that a machine marks."""
        return [cell for cell in self.cells if cell.role == "check"]

    @cached_property
    def words(self) -> list[Cell]:
        """Cells that a person marks."""
        return [cell for cell in self.cells if cell.role == "words"]

    @cached_property
    def graded(self) -> list[Cell]:
        """All cells with points, in order."""
        return [cell for cell in self.cells if cell.points]

    @cached_property
    def student_names(self) -> set[str]:
        """Global names that the students are asked to define."""
        return {name for cell in self.cells for name in cell.asked}

    @cached_property
    def title(self) -> str:
        """What the first line of the notebook calls it."""
        return self.cells[0].source.splitlines()[0].lstrip("# ")

    def points(self, role: str, problem: str = "") -> float:
        """Most points in cells of a role, of one problem or of all."""
        cells = (c for c in self.cells if c.role == role and problem in ("", c.problem))
        return sum(cell.points for cell in cells)

    @cached_property
    def problems(self) -> list[str]:
        """Numbers of the problems."""
        return sorted({cell.problem for cell in self.graded})


def bound(statements: list[ast.stmt]) -> Iterator[str]:
    """Names that statements bind in the namespace where they run."""
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        else:
            yield from _stored(node)


def _stored(node: ast.AST) -> Iterator[str]:
    """Names that are assigned, but not inside a function of their own."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Store):
            yield node.id
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from bound([node])
    elif not isinstance(
        node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ):
        for child in ast.iter_child_nodes(node):
            yield from _stored(child)


def used(statement: ast.AST) -> set[str]:
    """Names that a statement may read, functions defined in it included."""
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def needed(statement: ast.stmt) -> set[str]:
    """Names that a statement reads and does not give a value itself first."""
    own: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.For | ast.comprehension):
            own.update(_stored(node.target))
        elif isinstance(node, ast.Lambda | ast.FunctionDef):
            own.update(arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg))
            if isinstance(node, ast.FunctionDef):
                own.update(bound(node.body))
    inside = statement.body if isinstance(statement, ast.For | ast.With | ast.If) else []
    return used(statement) - own - set(bound(inside))


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _cell(cell: dict[str, Any], released: str) -> Cell:
    source, tag = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
    if cell["cell_type"] == "markdown":
        role = "words" if tag.get("grade") else "text"
    elif tag.get("grade"):
        role = "check"
    elif tag.get("solution"):
        role = "answer"
    elif cell["id"] == "setup":
        role = "setup"
    elif "check_everything" in source:
        role = "tool"
    else:
        role = "explorer" if re.search(r"\b(Explorer|Animation|show)\(", source) else "given"
    points = float(tag.get("points", 0)) if tag.get("grade") else 0.0
    return Cell(cell["id"], role, source, points, released)
