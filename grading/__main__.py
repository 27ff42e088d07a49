"""Grade a folder of submissions: `make grade SUBMISSIONS=folder [SET=01-phonons]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from grading import batch, report
from grading.downloads import Handed, readable, scan
from grading.gradebook import Gradebook
from grading.problem_set import ROOT, ProblemSet, sets
from grading.sandbox import Limits, SandboxMissingError, bubblewrap
from grading.submission import UnreadableError, file_bytes, likeness, read


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 if everybody has a line in the table."""
    options = _options().parse_args(arguments)
    limits = Limits(seconds=options.seconds, memory=int(options.memory * 2**30))
    try:
        if options.unsandboxed:
            print("Student code runs with your rights, your files and your network.", flush=True)
        else:
            bubblewrap()
        students = scan(options.submissions)
    except (SandboxMissingError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    if not students:
        print(f"{options.submissions} holds no submissions; it must hold notebooks.")
        return 2
    try:
        grade(
            students,
            options.set,
            options.output,
            limits,
            options.jobs,
            not options.unsandboxed,
            Gradebook(options.output / "gradebook.db", options.output / "autograded")
            if options.output != OUTPUT
            else Gradebook(),
        )
    except KeyboardInterrupt:
        print("\nStopped. What is done is kept: the same command goes on.", file=sys.stderr)
        return 130
    return 0


OUTPUT = ROOT / "build" / "grades"


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__)
    parser.add_argument("submissions", type=Path, help="folder of what the students handed in")
    parser.add_argument("--set", choices=sets(), help="the problem set; else each file tells")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=Limits.seconds, help="for each check")
    parser.add_argument("--memory", type=float, default=Limits.memory / 2**30, help="in GB")
    parser.add_argument("--unsandboxed", action="store_true", help="only for files you trust")
    return parser


def grade(
    students: list[Handed],
    wanted: str | None,
    output: Path,
    limits: Limits,
    jobs: int,
    sandboxed: bool = True,
    book: Gradebook | None = None,
) -> dict[str, list[report.Row]]:
    """Grade students and write the results, one folder for each problem set.

    Parameters
    ----------
    students : list of Handed
    wanted : str or None
        The problem set; None lets each notebook tell.
    output : Path
    limits : Limits
    jobs : int
    sandboxed : bool
    book : Gradebook, optional
        nbgrader's; without one nothing is read by hand.

    Returns
    -------
    dict
        Rows of the table by problem set.
    """
    found: dict[str, list[report.Row]] = {}
    for name, handed in _by_set(students, wanted).items():
        problem_set = ProblemSet(name)
        files = [path for student in handed for path in student.notebooks]
        line = _Progress(name)
        results = batch.run(
            problem_set, files, output / name / "work", limits, jobs, sandboxed, line.tell
        )
        line.end()
        rows = [_row(student, results) for student in handed]
        if book is not None:
            readings = book.record(
                problem_set, {row.student.key: (row.student.name, row.result) for row in rows}
            )
            for row in rows:
                row.reading = readings[row.student.key]
        report.write(problem_set, rows, output / name)
        found[name] = rows
        waiting = sum(bool(row.waiting(problem_set)) for row in rows)
        print(f"{name}: {len(rows)} students → {output / name}")
        if waiting:
            print(f"  {waiting} have parts that wait for a reader: `make formgrade`, then again.")
    return found


def _row(student: Handed, results: dict[Path, batch.Result]) -> report.Row:
    """Take the best of what a student handed in."""
    mine = [(path, results[path]) for path in student.notebooks]
    if not mine:
        names = ", ".join(readable(path.name) for path in student.files) or "nothing"
        trouble = f"no notebook was handed in, but {names}; ask the student for the .ipynb file"
        return report.Row(student, batch.Result(trouble=trouble))
    path, best = max(mine, key=lambda one: (not one[1].trouble, one[1].points, one[0].name))
    name = readable(path.name)
    row = report.Row(student, best, name)
    if len(mine) > 1:
        others = ", ".join(sorted(readable(p.name) for p, _ in mine if p != path))
        row.remarks.append(f"{len(mine)} notebooks; {name} counts, not {others}")
    return row


def _by_set(students: list[Handed], wanted: str | None) -> dict[str, list[Handed]]:
    """Sort what was handed in by problem set; whoever cannot be placed is in the commonest."""
    if wanted:
        return {wanted: students}
    known = [ProblemSet(name) for name in sets()]
    placed: dict[str, dict[str, Handed]] = {}
    lost = []
    for student in students:
        homes: dict[str, list[Path]] = {}
        for path in student.notebooks:
            if name := _guess(path, known):
                homes.setdefault(name, []).append(path)
        for name, files in homes.items():
            one = Handed(student.name, student.system, student.number, student.late, files)
            placed.setdefault(name, {})[student.key] = one
        if not homes:
            lost.append(student)
    if not placed:
        placed[known[0].name] = {}
    commonest = max(sorted(placed), key=lambda name: len(placed[name]))
    for student in lost:
        placed[commonest][student.key] = student
    order = {student.key: i for i, student in enumerate(students)}
    return {
        name: sorted(some.values(), key=lambda s: order[s.key])
        for name, some in sorted(placed.items())
    }


def _guess(path: Path, known: list[ProblemSet]) -> str:
    """Say which problem set a notebook answers; "" if none."""
    try:
        notebook = read(file_bytes(path))
    except UnreadableError:
        return ""
    likes = [(likeness(notebook, one), one.name) for one in known]
    best, name = max(likes)
    return name if best else ""


class _Progress:
    """One line that fills up."""

    def __init__(self, name: str) -> None:
        self.name, self.live = name, sys.stderr.isatty()

    def tell(self, done: int, total: int, file: str) -> None:
        """Show how many are done."""
        bar = "█" * (24 * done // max(total, 1))
        line = f"{self.name} [{bar:24}] {done}/{total} {readable(file)[:40]}"
        print(
            f"\r\033[K{line}" if self.live else line,
            end="" if self.live else "\n",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        """Leave the line."""
        if self.live:
            print(file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
