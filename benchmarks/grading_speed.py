"""Time the grader beside plain ``nbgrader autograde``, on the same notebooks.

``make bench`` calls `table`. On its own, ``python benchmarks/grading_speed.py 10`` times a class of
another size. nbgrader takes ten minutes for the class of 200.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import psutil

ROOT = Path(__file__).resolve().parents[1]
SET = "03-screening"
SIZES = (30, 200)


def hand_in(folder: Path, students: int) -> None:
    """Write notebooks with all answers right, no two alike, in nbgrader's layout."""
    notebook = Path(SET) / f"{SET}.ipynb"
    answers = {
        cell["id"]: cell["source"]
        for cell in json.loads((ROOT / "solutions" / notebook).read_text())["cells"]
    }
    release = json.loads((ROOT / "exercises" / notebook).read_text())
    for cell in release["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = answers[cell["id"]]
    for i in range(students):
        release["cells"][-1]["source"] = f"# student {i}"
        path = folder / f"student{i:03}" / notebook
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(release))


def timed(command: list[str], cwd: Path) -> tuple[float, float]:
    """Run a command: seconds, and the largest memory of all its processes together in MB."""
    peak, over = [0.0], threading.Event()
    start = perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )

    def watch() -> None:
        while not over.wait(0.2):
            total = 0
            try:
                family = [psutil.Process(process.pid)]
                family += family[0].children(recursive=True)
            except psutil.NoSuchProcess:
                return
            for member in family:
                try:
                    total += member.memory_full_info().pss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    seconds = perf_counter() - start
    over.set()
    watcher.join()
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return seconds, peak[0]


def rows(students: int) -> Iterator[tuple[str, int, float, float]]:
    """Yield (what, students, seconds, peak MB): nbgrader, the grader with 1 and 2 processes."""
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        (course / "solutions" / SET).mkdir(parents=True)
        shutil.copy(ROOT / "nbgrader_config.py", course)
        shutil.copy(ROOT / "solutions" / SET / f"{SET}.ipynb", course / "solutions" / SET)
        program = [sys.executable, "-m", "nbgrader"]
        timed([*program, "generate_assignment", SET], course)
        submitted = course / "build" / "submitted"
        hand_in(submitted, students)
        yield ("nbgrader autograde", students, *timed([*program, "autograde", SET], course))
        for jobs in (1, 2):
            place = course / f"grades{jobs}"
            command = [sys.executable, "-m", "grading", str(submitted), "--set", SET]
            command += ["--jobs", str(jobs), "--output", str(place)]
            name = f"make grade, {jobs} process{'es' if jobs > 1 else ''}"
            yield (name, students, *timed(command, ROOT))


def table(sizes: tuple[int, ...] = SIZES) -> str:
    """Write a Markdown table of the times of classes of several sizes."""
    lines = [
        "| what | students | total | for each | over nbgrader | peak memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for students in sizes:
        reference = None
        for what, n, seconds, memory in rows(students):
            reference = reference or seconds
            ratio = "1" if seconds == reference else f"{seconds / reference:.2f}"
            numbers = f"{seconds:.0f} s | {seconds / n:.2f} s | {ratio} | {memory:.0f} MB"
            lines.append(f"| {what} | {n} | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(tuple(int(number) for number in sys.argv[1:]) or SIZES))
