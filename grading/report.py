"""What comes out: CSV files, one page of feedback for each student, one report on the class."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from grading.batch import Result
from grading.downloads import Handed
from grading.gradebook import Reading
from grading.problem_set import Cell, ProblemSet

BINS = 10


@dataclass
class Row:
    """One student: what was handed in, what counts, and what came of it."""

    student: Handed
    result: Result
    file: str = ""
    reading: Reading = field(default_factory=Reading)
    remarks: list[str] = field(default_factory=list)

    def points(self, cell: Cell) -> float | None:
        """Points for one cell; None while nobody has decided."""
        if cell.name in self.reading.points:
            return self.reading.points[cell.name]
        if cell.role == "check":
            if cell.name in self.result.held:
                return None
            verdict = self.result.verdicts.get(cell.name)
            return verdict["points"] if verdict else 0.0
        waits = cell.name in self.reading.waiting and not self.result.trouble
        return None if waits else 0.0

    def waiting(self, problem_set: ProblemSet) -> list[str]:
        """Parts that a person must still decide on."""
        return [cell.part[1:] for cell in problem_set.graded if self.points(cell) is None]

    def total(self, cells: list[Cell]) -> float:
        """Points of several cells; undecided ones count nothing yet."""
        return sum(self.points(cell) or 0.0 for cell in cells)

    def status(self, problem_set: ProblemSet) -> str:
        """One word or two for the table."""
        if self.result.trouble:
            return "not graded"
        if any(self.points(c) is None for c in problem_set.graded if c.name in self.result.held):
            return "held"
        return "to be read" if self.waiting(problem_set) else "complete"

    def all_remarks(self) -> list[str]:
        """Everything that whoever grades should know."""
        held = [f"{name}: {why}" for name, why in self.result.held.items()]
        trouble = [self.result.trouble] if self.result.trouble else []
        late = ["handed in late"] if self.student.late else []
        return [*trouble, *held, *late, *self.remarks, *self.result.notes]


def write(problem_set: ProblemSet, rows: list[Row], folder: Path) -> None:
    """Write everything about one set into a folder.

    Parameters
    ----------
    problem_set : ProblemSet
    rows : list of Row
        One for each student, in the order in which they shall stand.
    folder : Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / "grades.csv", grades_csv(problem_set, rows))
    _put(folder / "canvas.csv", canvas_csv(problem_set, rows))
    _put(folder / "moodle.csv", moodle_csv(problem_set, rows))
    _put(folder / "class.html", class_page(problem_set, rows))
    pages = folder / "feedback"
    pages.mkdir(exist_ok=True)
    for row in rows:
        _put(pages / f"{row.student.key}.html", feedback_page(problem_set, row))
    for old in set(pages.glob("*.html")) - {pages / f"{r.student.key}.html" for r in rows}:
        old.unlink()


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def number(value: float) -> str:
    """A number of points: whole if it is."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _csv(rows: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows([[_harmless(field) for field in row] for row in rows])
    return "\ufeff" + stream.getvalue()  # the mark tells spreadsheets that it is UTF-8


def _harmless(text: str) -> str:
    """A field that no spreadsheet takes for a formula: names come from students."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def grades_csv(problem_set: ProblemSet, rows: list[Row]) -> str:
    """One line for everybody of whom there is a trace."""
    parts = [cell.part[1:] for cell in problem_set.graded]
    doubles = {part for part in parts if parts.count(part) > 1}
    heads = [
        cell.name[1:] if cell.part[1:] in doubles else cell.part[1:] for cell in problem_set.graded
    ]
    top = ["student", "number", "status", "total", "of", "by machine", "of", "by reader", "of"]
    lines = [[*top, "undecided", *heads, "file", "remarks"]]
    for row in rows:
        cells = [row.points(cell) for cell in problem_set.graded]
        lines.append(
            [
                row.student.name,
                row.student.number,
                row.status(problem_set),
                number(row.total(problem_set.graded) + row.reading.extra),
                number(problem_set.points("check") + problem_set.points("words")),
                number(row.total(problem_set.checks)),
                number(problem_set.points("check")),
                number(row.total(problem_set.words)),
                number(problem_set.points("words")),
                " ".join(row.waiting(problem_set)),
                *("" if points is None else number(points) for points in cells),
                row.file,
                "; ".join(row.all_remarks()),
            ]
        )
    return _csv(lines)


def canvas_csv(problem_set: ProblemSet, rows: list[Row]) -> str:
    """For Canvas: Grades → Import. Only students with a Canvas number, whose marks are complete."""
    top = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", problem_set.title]
    most = number(problem_set.points("check") + problem_set.points("words"))
    lines = [top, ["    Points Possible", "", "", "", "", most]]
    for row in rows:
        if row.student.system == "canvas" and row.status(problem_set) == "complete":
            total = number(row.total(problem_set.graded) + row.reading.extra)
            lines.append([row.student.name, row.student.number, "", "", "", total])
    return _csv(lines)


def moodle_csv(problem_set: ProblemSet, rows: list[Row]) -> str:
    """For Moodle: Upload grading worksheet. Only Moodle's students, whose marks are complete."""
    most = number(problem_set.points("check") + problem_set.points("words"))
    lines = [["Identifier", "Full name", "Grade", "Maximum Grade"]]
    for row in rows:
        if row.student.system == "moodle" and row.status(problem_set) == "complete":
            total = number(row.total(problem_set.graded) + row.reading.extra)
            who = f"Participant {row.student.number}"
            lines.append([who, row.student.name, total, most])
    return _csv(lines)


_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_PAGES.filters["points"] = number


def feedback_page(problem_set: ProblemSet, row: Row) -> str:
    """What one student gets: points, why properties fail, comments; nothing hidden, no one else."""
    problems = []
    for problem in problem_set.problems:
        parts = []
        for cell in (c for c in problem_set.graded if c.problem == problem):
            verdict = row.result.verdicts.get(cell.name, {"messages": []})
            answer = cell.name.removesuffix("-check")
            parts.append(
                {
                    "name": cell.part[1:],
                    "machine": cell.role == "check",
                    "points": row.points(cell),
                    "most": cell.points,
                    "messages": verdict["messages"],
                    "held": row.points(cell) is None and cell.name in row.result.held,
                    "stopped": row.result.errors.get(answer, ""),
                    "empty": cell.role == "words" and not row.result.words.get(cell.name),
                    "comment": row.reading.comments.get(answer, ""),
                }
            )
        cells = [c for c in problem_set.graded if c.problem == problem]
        most = sum(c.points for c in cells)
        problems.append({"name": problem, "parts": parts, "total": row.total(cells), "most": most})
    return _PAGES.get_template("feedback.html").render(
        title=problem_set.title,
        student=row.student.name,
        trouble=row.result.trouble,
        notes=[n for n in row.result.notes if "ignored" in n],
        problems=problems,
        total=row.total(problem_set.graded) + row.reading.extra,
        extra=row.reading.extra,
        most=sum(c.points for c in problem_set.graded),
        waiting=row.waiting(problem_set),
    )


def class_page(problem_set: ProblemSet, rows: list[Row]) -> str:
    """How the class did: histogram, points by part, which lessons came up most."""
    graded = [row for row in rows if not row.result.trouble]
    most = sum(c.points for c in problem_set.checks)
    totals = [row.total(problem_set.checks) for row in graded]
    counts = [0] * BINS
    for total in totals:
        counts[min(int(BINS * total / most), BINS - 1)] += 1
    edges = [f"{100 * i // BINS}–{100 * (i + 1) // BINS} %" for i in range(BINS)]
    lessons: Counter[tuple[str, str]] = Counter()
    for row in graded:
        seen = {
            (cell.part[1:], message["lesson"])
            for cell in problem_set.checks
            for message in row.result.verdicts.get(cell.name, {"messages": []})["messages"]
            if message["lesson"] and "still to be written" not in message["lesson"]
        }
        lessons.update(seen)
    parts = []
    for cell in problem_set.graded:
        decided = [p for row in graded if (p := row.points(cell)) is not None]
        parts.append(
            {
                "name": cell.part[1:],
                "machine": cell.role == "check",
                "most": cell.points,
                "mean": statistics.fmean(decided) if decided else None,
                "none": sum(p == 0 for p in decided),
                "decided": len(decided),
            }
        )
    ranked = sorted(lessons.items(), key=lambda item: (-item[1], item[0]))[:25]
    return _PAGES.get_template("class.html").render(
        title=problem_set.title,
        students=len(rows),
        graded=len(graded),
        most=most,
        mean=statistics.fmean(totals) if totals else None,
        median=statistics.median(totals) if totals else None,
        histogram=list(zip(edges, counts, strict=True)),
        tallest=max([*counts, 1]),
        parts=parts,
        lessons=[(part, lesson, count) for (part, lesson), count in ranked],
        attention=[
            (r.student.name, r.status(problem_set), r.all_remarks())
            for r in rows
            if r.all_remarks()
        ],
    )
