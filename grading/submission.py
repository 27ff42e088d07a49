"""What a student's notebook holds, however it was renamed, stripped, shuffled or copied.

Checks and given cells in it are never used: the trusted ones are. What counts are the cells of
the student, found by nbgrader's name, by the cell's id, or, where a tool has stripped both, by the
functions that they define and by the question before them.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from grading.problem_set import Cell, ProblemSet, bound

MOST_BYTES = 50 << 20
MOST_CELLS = 2000


class UnreadableError(Exception):
    """A file that is no notebook; its text says what it is and what to do."""


@dataclass(frozen=True)
class Step:
    """Something to run, in the order in which it is run; `cell` is None for a student's own."""

    kind: str  # "setup", "given", "explorer", "student", "check"
    name: str
    part: str
    source: str
    cell: Cell | None = None


@dataclass
class Submission:
    """A student's notebook, matched with the problem set it answers."""

    problem_set: ProblemSet
    cells: list[dict[str, Any]]  # {"type", "source", "name"} in the student's order
    notes: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    @cached_property
    def answers(self) -> dict[str, list[str]]:
        """Sources of the student's cells for each answer in code or words, stubs left out."""
        found: dict[str, list[str]] = {}
        for cell in self.cells:
            target = self._by_name.get(cell["name"])
            if target is None or target.role not in ("answer", "words"):
                continue
            same = found.setdefault(target.name, [])
            if cell["source"] not in same and _squeezed(cell["source"]) != _squeezed(
                target.release
            ):
                same.append(cell["source"])
        return found

    def words(self, name: str) -> str:
        """An answer in words; empty if nothing was written."""
        return "\n\n".join(self.answers.get(name, []))

    @cached_property
    def _by_name(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.problem_set.cells}

    def steps(self) -> Iterator[Step]:
        """Everything to run, in the order of the problem set.

        A cell that the student has added runs where it stood: before the next cell of the problem
        set that follows it in the student's notebook.
        """
        extra = self._extras()
        for cell in self.problem_set.cells:
            for i, source in enumerate(extra.get(cell.name, [])):
                yield Step("student", f"before {cell.name} {i + 1}", cell.part, source)
            if cell.role == "answer":
                sources = self.answers.get(cell.name, [])
                for source in sources:
                    yield Step("student", cell.name, cell.part, source)
                if not sources:
                    yield Step("student", cell.name, cell.part, cell.release)
            elif cell.role in ("setup", "given", "explorer"):
                yield Step(cell.role, cell.name, cell.part, cell.source, cell)
            elif cell.role == "check":
                yield Step("check", cell.name, cell.part, cell.visible, cell)

    def _extras(self) -> dict[str, list[str]]:
        """The student's own code cells, by the cell that they run before."""
        waiting: list[str] = []
        found: dict[str, list[str]] = {}
        last = ""
        runs = ("answer", "check", "given")
        for cell in self.cells:
            target = self._by_name.get(cell["name"])
            if target is not None and target.role in runs:
                if waiting:
                    found.setdefault(target.name, []).extend(waiting)
                    waiting = []
                last = target.name
            elif target is None and cell["type"] == "code" and cell["source"].strip():
                waiting.append(cell["source"])
        if waiting and last:
            found.setdefault(last, []).extend(waiting)
        return found


def read(data: bytes) -> dict[str, Any]:
    """Read a notebook of any version.

    Raises
    ------
    UnreadableError
        If the bytes are not one.
    """
    ask = "ask the student for the file again"
    if not data.strip():
        raise UnreadableError(f"the file is empty; {ask}")
    for magic, name in ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a zip archive"), (b"<", "a web page")):
        if data.lstrip().startswith(magic):
            raise UnreadableError(f"the file is {name} and not a notebook; {ask}")
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        shape = "it begins like a notebook and breaks off" if data.lstrip()[:1] == b"{" else ""
        raise UnreadableError(
            f"the file is not a notebook ({shape or 'it is not JSON'}); {ask}"
        ) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise UnreadableError(f"the file is JSON and not a notebook; {ask}")
    try:
        return raw if raw["nbformat"] == 4 else nbformat.convert(nbformat.from_dict(raw), 4)
    except Exception as error:  # whatever an old or broken format makes the converter raise
        raise UnreadableError(
            f"the notebook has format {raw['nbformat']}; format 4 is needed; {ask}"
        ) from error


def match(notebook: dict[str, Any], problem_set: ProblemSet) -> Submission:
    """Find the cells of a problem set in a student's notebook.

    Raises
    ------
    UnreadableError
        If it has no list of cells.
    """
    raw = notebook.get("cells")
    if not isinstance(raw, list):
        raise UnreadableError("the notebook has no list of cells; ask the student for the file")
    if len(raw) > MOST_CELLS:
        raise UnreadableError(f"the notebook has {len(raw)} cells; at most {MOST_CELLS} are read")
    cells = [_plain(cell) for cell in raw if isinstance(cell, dict)]
    known = {cell.name: cell for cell in problem_set.cells}
    texts = {
        _squeezed(c.release): c for c in problem_set.cells if c.role not in ("answer", "words")
    }
    for cell in cells:
        target = known.get(cell["name"])
        if target is not None and (target.role in ("words", "text")) != (cell["type"] != "code"):
            target = None  # a code cell in the place of words, or the reverse
        if target is None:
            target = texts.get(_squeezed(cell["source"]))
        cell["name"] = target.name if target else ""
    found = {cell["name"] for cell in cells}
    _by_content(cells, problem_set, set(known) - found)
    submission = Submission(problem_set, cells)
    _remark(submission, notebook, found)
    return submission


def likeness(notebook: dict[str, Any], problem_set: ProblemSet) -> int:
    """How many cells of a problem set a notebook seems to have."""
    try:
        submission = match(notebook, problem_set)
    except UnreadableError:
        return 0
    names = {cell["name"] for cell in submission.cells if cell["name"]}
    texts = {_squeezed(cell["source"]) for cell in submission.cells}
    same = sum(_squeezed(cell.release) in texts for cell in problem_set.cells)
    return len(names & {cell.name for cell in problem_set.checks}) + 2 * same


def _by_content(cells: list[dict[str, Any]], problem_set: ProblemSet, missing: set[str]) -> None:
    """Name cells that have lost their names: by what they define, or by what stands before."""
    before = ""
    code = [(c, _defined(c["source"])) for c in cells if c["type"] == "code" and not c["name"]]
    for target in problem_set.cells:
        if target.name in missing and target.role == "answer":
            asked = target.asked
            for cell, defined in code:
                if not cell["name"] and asked & defined:
                    cell["name"] = target.name
        elif target.name in missing and target.role == "words":
            follows = False
            for cell in cells:
                if follows and not cell["name"] and cell["type"] != "code":
                    cell["name"] = target.name
                else:
                    follows = cell["name"] == before
        before = target.name


_BINDING = re.compile(r"^(?:(?:def|class) +(\w+)|(\w+) *=[^=])", re.M)


def _defined(source: str) -> set[str]:
    """Global names that a cell binds, also if it does not parse."""
    try:
        return set(bound(ast.parse(source).body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {name for pair in _BINDING.findall(source) for name in pair if name}


def _plain(cell: dict[str, Any]) -> dict[str, Any]:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    metadata = cell.get("metadata")
    tag = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = tag.get("grade_id") if isinstance(tag, dict) else None
    name = name if isinstance(name, str) else cell.get("id")
    return {
        "type": "code" if cell.get("cell_type") == "code" else "markdown",
        "source": _text(source) if isinstance(source, str) else "",
        "name": name if isinstance(name, str) else "",
    }


def _text(source: str) -> str:
    """A source with this system's ends of lines, and without characters that are none."""
    return source.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")


def _remark(submission: Submission, notebook: dict[str, Any], found: set[str]) -> None:
    """Say what was unusual and did not matter."""
    metadata = notebook.get("metadata")
    spec = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = spec.get("language") if isinstance(spec, dict) else None
    if isinstance(language, str) and language.lower() != "python":
        submission.notes.append(f"the notebook names a kernel for {language[:20]}; run as Python")
    checks = [cell.name for cell in submission.problem_set.checks]
    gone = [name for name in checks if name not in found]
    if gone:
        submission.notes.append(f"{len(gone)} checks were missing; the original ones were run")
    for cell in submission.cells:
        target = submission._by_name.get(cell["name"])
        if target is None or target.role in ("answer", "words", "text", "tool"):
            continue
        if _squeezed(cell["source"]) != _squeezed(target.release):
            submission.dropped.append(target.name)
    if submission.dropped:
        names = ", ".join(sorted(set(submission.dropped)))
        submission.notes.append(f"changed in given cells and ignored: {names}")


def _squeezed(source: str) -> str:
    """A source without what editors change: white space."""
    return "".join(source.split())


def fingerprint(*parts: bytes) -> str:
    """A short name for some content."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def file_bytes(path: Path) -> bytes:
    """Read a submitted file, and not what a link in its place points to.

    Raises
    ------
    UnreadableError
        If it is a link, or cannot be read.
    """
    if path.is_symlink():
        raise UnreadableError("the file is a link; ask the student for the file itself")
    if not path.is_file():
        raise UnreadableError("what was handed in is not a file; ask the student for the notebook")
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnreadableError(
                f"the file has {size >> 20} MB; at most {MOST_BYTES >> 20} MB are read; ask the "
                "student to clear its outputs"
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"the file cannot be read ({error.strerror})") from error
