"""Whose file is it? Names that Moodle, Canvas and people give to what students hand in.

======== =======================================================================================
Moodle   ``Full Name_123_assignsubmission_file_/work.ipynb``, or the same joined to one file name
Canvas   ``lastfirst_123_456_work.ipynb``, ``lastfirst_LATE_123_456_work-2.ipynb``
nbgrader ``student/01-phonons/01-phonons.ipynb``
else     ``student/any name.ipynb`` or ``student.ipynb``
======== =======================================================================================
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?")
_CANVAS = re.compile(r"^(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)$")
_LONGEST = 120
_NOISE = {"__MACOSX", "Thumbs.db", "desktop.ini"}


@dataclass
class Handed:
    """What one student handed in; `system` is "moodle", "canvas", or "" if nothing says."""

    name: str
    system: str = ""
    number: str = ""
    late: bool = False
    files: list[Path] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A name for files and for nbgrader: no two students of a class have the same."""
        plain = "".join(c if c.isalnum() or c in " -.'" else "_" for c in self.name).strip(" .")
        if len(plain.encode()) > _LONGEST:  # file systems take 255 bytes
            plain = f"{plain[: _LONGEST // 4]}-{sha256(self.name.encode()).hexdigest()[:12]}"
        return f"{plain or 'student'}_{self.number}" if self.number else plain or "student"

    @property
    def notebooks(self) -> list[Path]:
        """Its notebooks."""
        return [path for path in self.files if path.suffix.lower() == ".ipynb"]


def scan(folder: Path) -> list[Handed]:
    """Everybody of whom a folder of submissions has a trace, by name.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} is not a folder; SUBMISSIONS must name the unpacked folder of what the "
            "students handed in; unpack the archive of your learning platform and name it."
        )
    found: dict[tuple[str, str], Handed] = {}
    for path in _files(folder):
        inside = path.relative_to(folder)
        one = _owner(inside)
        same = found.setdefault((one.system, one.number or one.name), one)
        same.late |= one.late
        if not (path.is_dir() and not path.is_symlink()):
            same.files.append(path)
    students = sorted(found.values(), key=lambda s: (s.name.casefold(), s.name, s.number))
    _tell_apart(students)
    for student in students:
        student.files.sort()
    return students


def _files(folder: Path) -> list[Path]:
    """All files, and folders in which there is none."""
    found: list[Path] = []

    def closed(error: OSError) -> None:
        found.append(Path(error.filename))

    for here, folders, files in os.walk(folder, onerror=closed, followlinks=False):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _NOISE]
        files = [f for f in files if not f.startswith(".") and f not in _NOISE]
        links = [f for f in folders if (Path(here) / f).is_symlink()]
        found += [Path(here) / name for name in (*files, *links)]
        if not files and not folders and Path(here) != folder:
            found.append(Path(here))
    return sorted(found)


def _owner(inside: Path) -> Handed:
    """Read the student from a path inside the folder."""
    first = readable(inside.parts[0])
    if match := _MOODLE.match(first):
        return Handed(match["name"], "moodle", match["id"])
    if match := _CANVAS.match(first):
        return Handed(match["name"], "canvas", match["id"], late=bool(match["late"]))
    return Handed(first if len(inside.parts) > 1 else readable(inside.stem))


def readable(name: str) -> str:
    """A file's name as text that can be written anywhere, also if its bytes are no text."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))


def _tell_apart(students: list[Handed]) -> None:
    """Number those whose file names would be the same."""
    seen: dict[str, int] = {}
    for student in students:
        low = student.key.casefold()
        seen[low] = seen.get(low, 0) + 1
        if seen[low] > 1:
            student.name += f" ({seen[low]})"
