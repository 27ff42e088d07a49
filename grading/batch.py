"""A class at a time: in parallel, one process for each submission, resumable.

Each result is a file that is written in one piece and named after everything that it depends on, so
a run that is killed goes on where it was, and one that has nothing new to do does nothing.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import resource
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from grading import copied, withheld
from grading.judge import begin, judge
from grading.problem_set import ROOT, ProblemSet
from grading.sandbox import Limits, Sandbox
from grading.submission import UnreadableError, file_bytes, fingerprint, match, read

_JUDGE_MEMORY = 8 << 30
_GRACE = 60.0  # seconds beyond a submission's own limit before its judge is stopped


@dataclass(frozen=True)
class Task:
    """One file to grade."""

    path: Path
    problem_set: ProblemSet
    course: Path
    result: Path
    limits: Limits
    sandboxed: bool


@dataclass
class Result:
    """What came of one file. `trouble` says why there are no points at all."""

    trouble: str = ""
    verdicts: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)

    @property
    def points(self) -> float:
        """Points of the machine, without those that are held."""
        return sum(
            verdict["points"] for name, verdict in self.verdicts.items() if name not in self.held
        )


def library_key(limits: Limits, sandboxed: bool) -> bytes:
    """All that a result depends on besides the submission and its problem set."""
    files = [
        *(ROOT / "elphlib").rglob("*.py"),
        *(ROOT / "elphlib").rglob("*.csv"),
        *(ROOT / "grading").glob("*.py"),
        *(ROOT / "grading").glob("*.toml"),
        ROOT / "requirements.txt",
    ]
    pieces = [path.read_bytes() for path in sorted(files)]
    versions = f"{sys.version} {sandboxed} {asdict(limits)}"
    return fingerprint(versions.encode(), *pieces).encode()


def run(
    problem_set: ProblemSet,
    files: list[Path],
    work: Path,
    limits: Limits,
    jobs: int,
    sandboxed: bool = True,
    tell: Callable[[int, int, str], None] = lambda done, all_, name: None,
) -> dict[Path, Result]:
    """Grade files against one problem set.

    Parameters
    ----------
    problem_set : ProblemSet
    files : list of Path
    work : Path
        Where results are kept.
    limits : Limits
    jobs : int
        How many submissions at a time.
    sandboxed : bool
    tell : callable
        Called with (done, all, name of the file) whenever one is done.
    """
    work.mkdir(parents=True, exist_ok=True)
    key = library_key(limits, sandboxed)
    source = repr(problem_set).encode()
    results: dict[Path, Result] = {}
    waiting: list[Task] = []
    course = work / f"course-{os.getpid()}"
    for path in files:
        try:
            data = file_bytes(path)
        except UnreadableError as error:
            results[path] = Result(trouble=str(error))
            continue
        place = work / f"{fingerprint(key, source, data)}.json"
        waiting.append(Task(path, problem_set, course, place, limits, sandboxed))
    new = list({task.result: task for task in waiting if not task.result.exists()}.values())
    done = len(files) - len(new)
    tell(done, len(files), "")
    if new:
        copied.shapes(ROOT / "elphlib")  # workers inherit it
        if len(new) >= _WORTH_WARMING:
            _warm(problem_set)
        with _prepared(course, problem_set.name):
            for task in _parallel(new, jobs):
                done += 1
                tell(done, len(files), task.path.name)
    for task in waiting:
        results[task.path] = _load(task)
    return results


def _load(task: Task) -> Result:
    """Read a result; one that is not there is not kept, and is tried again in the next run."""
    try:
        return Result(**json.loads(task.result.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Result(trouble=_BROKE_OFF)


@contextmanager
def _prepared(course: Path, problem_set: str) -> Iterator[None]:
    """Keep the sandbox's view of the course while it is needed."""
    for old in course.parent.glob("course-*"):  # of runs that were killed
        shutil.rmtree(old)
    withheld.prepare(course, problem_set, ROOT / "elphlib")
    try:
        yield
    finally:
        shutil.rmtree(course)


_WORTH_WARMING = 4


def _warm(problem_set: ProblemSet) -> None:
    """Run the solution here once: what it imports and what elphlib remembers, workers inherit."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in problem_set.cells:
        if cell.role in ("setup", "given", "explorer", "answer", "check"):
            with redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"<{cell.name}>", "exec"), names)


def _parallel(tasks: list[Task], jobs: int) -> Iterator[Task]:
    """Grade tasks, some at a time; yield each when it is done. What breaks off is tried twice."""
    context = multiprocessing.get_context("fork")
    free = list(range(jobs))
    running: dict[int, tuple[BaseProcess, Task, Sandbox, float, int]] = {}
    queue = deque(tasks)
    again: set[Path] = set()
    spare: Sandbox | None = None
    turn = 0
    try:
        while True:
            while free and queue:
                task, slot = queue.popleft(), free.pop()
                mine = spare or _ahead(task, turn)
                process: BaseProcess = context.Process(target=_work, args=(task, slot, mine))
                process.start()
                mine.let_go()
                end = time.monotonic() + task.limits.total + _GRACE
                running[process.sentinel] = process, task, mine, end, slot
                turn += 1
                spare = _ahead(queue[0], turn) if queue else None
            if not running:
                return
            for sentinel in wait(list(running), timeout=1.0):
                process, task, mine, _, slot = running.pop(cast(int, sentinel))
                process.join()
                mine.close()
                free.append(slot)
                if task.result.exists() or task.result in again:
                    yield task
                else:
                    again.add(task.result)
                    queue.append(task)
            for process, _, _, end, _ in running.values():
                if time.monotonic() > end:
                    process.kill()
    finally:
        for process, _, mine, *_ in running.values():
            process.kill()
            process.join()
            mine.close()
        if spare is not None:
            spare.close()


def _ahead(task: Task, turn: int) -> Sandbox:
    """Start a sandbox for a submission before its turn comes."""
    sandbox = Sandbox(task.course, task.limits, task.sandboxed, _OWN_USERS + turn % _OWN_USERS)
    begin(task.problem_set, sandbox)
    return sandbox


_OWN_USERS = 500  # more than ever run at a time: each sandbox that is started ahead has its own
_BROKE_OFF = "the grader itself broke off, twice; see what it printed, or grade it by hand"


def _work(task: Task, slot: int, sandbox: Sandbox) -> None:
    """Grade one file, in a process of its own."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (_JUDGE_MEMORY, hard))
    problem_set = task.problem_set
    try:
        submission = match(read(file_bytes(task.path)), problem_set)
    except UnreadableError as error:
        _store(task, Result(trouble=str(error)))
        return
    judgement = judge(submission, task.course, task.limits, task.sandboxed, slot, sandbox)
    code = {c.name for c in problem_set.cells if c.role == "answer"}
    held = {}
    for step in submission.steps():
        if step.kind == "student":
            for mine, theirs in copied.copies([step.source], ROOT / "elphlib"):
                for check in problem_set.checks:
                    if check.part == step.part:
                        held[check.name] = f"`{mine}` is, but for names, {theirs}"
    _store(
        task,
        Result(
            **judgement.plain(),
            words={cell.name: submission.words(cell.name) for cell in problem_set.words},
            answers={name: texts for name, texts in submission.answers.items() if name in code},
            notes=submission.notes,
            held=held,
        ),
    )


def _store(task: Task, result: Result) -> None:
    """Write a result in one piece."""
    part = task.result.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(asdict(result), ensure_ascii=False), encoding="utf-8")
    part.replace(task.result)
