"""Problem sets: one source, a release without answers, and marks that are earned.

`slips/NN-name.toml` beside this file says, for each problem of a set, what a student might write.
The marks are the grader's; where it gives all or nothing, plain nbgrader must give the same.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from grading.batch import run
from grading.problem_set import ProblemSet as GradedSet
from grading.sandbox import Limits, SandboxMissingError, bubblewrap

ROOT = Path(__file__).resolve().parents[1]
SLIPS = Path(__file__).with_name("slips")
SETS = sorted(path.stem for path in (ROOT / "solutions").glob("*/*.ipynb"))
SECRETS = {
    "solution": re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL),
    "hidden test": re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL),
}
ALL_POINTS, FEWEST_PROBLEMS = 100, 4
BY_NBGRADER = ("03-screening", "06-migdal")  # those that run fastest are marked by nbgrader, too


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def text(cell):
    return "".join(cell["source"])


def tag(cell):
    return cell["metadata"].get("nbgrader", {})


@dataclass
class ProblemSet:
    """A set's source, its release, and the questions that the tests ask of them."""

    name: str
    notebook: Path = field(init=False)
    cells: list = field(init=False)
    release: list = field(init=False)

    def __post_init__(self):
        self.notebook = Path(self.name) / f"{self.name}.ipynb"
        self.cells = read(ROOT / "solutions" / self.notebook)["cells"]
        self.release = read(ROOT / "exercises" / self.notebook)["cells"]

    @cached_property
    def problems(self):
        names = [tag(cell)["grade_id"] for cell in self.cells if tag(cell).get("grade")]
        return sorted({re.match(r"p\d+", name)[0] for name in names})

    @cached_property
    def slips(self):
        """(name of the submission, problem, cell, right, wrong) of each slip."""
        path = SLIPS / f"{self.name}.toml"
        assert path.exists(), f"write {path.relative_to(ROOT)}: a likely slip for each problem"
        data = tomllib.loads(path.read_text(encoding="utf-8"))["slip"]
        return [
            (f"slip_{i}", slip["problem"], slip["cell"], slip["right"], slip["wrong"])
            for i, slip in enumerate(data)
        ]

    @cached_property
    def answers(self):
        return {tag(c)["grade_id"]: text(c) for c in self.cells if tag(c).get("solution")}

    @cached_property
    def kinds(self):
        """Graded cells: code for the machine, markdown for a reader."""
        return {tag(c)["grade_id"]: c["cell_type"] for c in self.cells if tag(c).get("grade")}

    @cached_property
    def page(self):
        return "\n".join(text(c) for c in self.cells if c["cell_type"] == "markdown")

    def points(self, prefix, kinds=("code", "markdown")):
        return sum(
            tag(cell)["points"]
            for cell in self.cells
            if tag(cell).get("grade")
            and tag(cell)["grade_id"].startswith(prefix)
            and cell["cell_type"] in kinds
        )


@pytest.fixture(scope="module", params=SETS)
def homework(request):
    return ProblemSet(request.param)


def nbgrader(course, *arguments):
    """Run nbgrader in a course folder of its own; its last words if it fails."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "ELPHLIB_DISPLAY": "text",
        "OPENBLAS_NUM_THREADS": "1",
        "IPYTHONDIR": str(course / ".ipython"),
    }
    run = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments, "--log-level=ERROR"],
        cwd=course,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]


@pytest.fixture(scope="module")
def course(homework, tmp_path_factory):
    """A course with the problem set generated afresh."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    (folder / "solutions" / homework.name).mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / homework.notebook, folder / "solutions" / homework.notebook)
    nbgrader(folder, "generate_assignment", homework.name)
    return folder


def hand_in(homework, course, folder, answers):
    """Submit the release with some cells replaced, as a student would fill them in."""
    notebook = read(course / "exercises" / homework.notebook)
    for cell in notebook["cells"]:
        name = tag(cell).get("grade_id")
        if name in answers:
            assert tag(cell)["solution"], f"{name} is not for the student to change"
            cell["source"] = answers[name]
    path = folder / homework.notebook.name
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def submissions(homework):
    """Name of a submission → (slips in it, its answers).

    A submission has at most one slip for each problem. The first ones stand in two of them, for
    problems of odd and of even number: what they cost, and what they do not cost, is known.
    """
    answers, packs, seen = homework.answers, {}, {}
    for slip in homework.slips:
        _, problem, cell, right, wrong = slip
        assert answers[cell].count(right) == 1, f"{cell} must contain {right!r} once"
        turn = seen[problem] = seen.get(problem, -1) + 1
        name = f"slips {turn}" if turn else f"slips of {('even', 'odd')[int(problem[1:]) % 2]}"
        packs.setdefault(name, []).append(slip)
    found = {"untouched": ([], {}), "solved": ([], answers)}
    for name, slips in packs.items():
        changed = dict(answers)
        for _, _, cell, right, wrong in slips:
            changed[cell] = changed[cell].replace(right, wrong)
        found[name] = slips, changed
    return found


@pytest.fixture(scope="module")
def results(homework, course, submissions, tmp_path_factory):
    """What the grader makes of each submission: its name → (result, marks by cell)."""
    folder = tmp_path_factory.mktemp("handed-in")
    files = {}
    for name, (_, answers) in submissions.items():
        files[name] = hand_in(homework, course, folder / name, answers)
    try:
        bubblewrap()
    except SandboxMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    graded = run(GradedSet(homework.name), list(files.values()), folder / "work", Limits(), 1)
    return {name: graded[path] for name, path in files.items()}


@pytest.fixture(scope="module")
def marks(results):
    """Marks of the machine: submission → cell → mark."""
    return {
        name: {cell: verdict["points"] for cell, verdict in result.verdicts.items()}
        for name, result in results.items()
    }


@pytest.fixture(scope="module")
def nbgraders(homework, course):
    """Marks that nbgrader itself gives: student → cell → (mark, highest mark, needs a reader)."""
    for student, answers in [("untouched", {}), ("solved", homework.answers)]:
        place = course / "build" / "submitted" / student / homework.name
        hand_in(homework, course, place, answers)
    nbgrader(course, "autograde", homework.name)
    return gradebook(course, homework.name)


def gradebook(course, name):
    from nbgrader.api import Gradebook

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        with Gradebook(f"sqlite:///{course / 'build' / 'gradebook.db'}", "elphlib") as book:
            return {
                submission.student.id: {
                    grade.name: (grade.score, grade.max_score, grade.needs_manual_grade)
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                }
                for submission in book.assignment_submissions(name)
            }


def test_the_exercises_are_what_the_solutions_generate(homework, course):
    fresh = (course / "exercises" / homework.notebook).read_bytes()
    committed = (ROOT / "exercises" / homework.notebook).read_bytes()
    assert committed.replace(b"\r\n", b"\n") == fresh.replace(b"\r\n", b"\n"), (
        "exercises/ differs from what solutions/ generates; run `make exercises`"
    )


def test_no_solution_and_no_hidden_test_is_released(homework):
    release = "\n".join(text(cell) for cell in homework.release)
    secret, public = set(), []
    for cell in homework.cells:
        source = text(cell)
        if cell["cell_type"] == "markdown" and tag(cell).get("solution"):
            secret.update(source.splitlines())
            continue
        for pattern in SECRETS.values():
            for block in pattern.findall(source):
                secret.update(block.splitlines())
            source = pattern.sub("", source)
        public.append(source)
    shown = "\n".join(public)
    lines = {line.strip() for line in secret if len(line.strip()) >= 12}
    assert len(lines) > 150
    assert [line for line in lines if line in release and line not in shown] == []
    for word in ("BEGIN SOLUTION", "BEGIN HIDDEN", "END SOLUTION", "Marking:"):
        assert word not in release
    assert all(not cell.get("outputs") for cell in homework.release)


def test_every_answer_is_blanked_and_every_check_locked(homework):
    for cell in homework.release:
        if tag(cell).get("solution"):
            blank = "raise NotImplementedError" if cell["cell_type"] == "code" else "*Your answer"
            assert blank in text(cell), tag(cell)["grade_id"]
        elif tag(cell):
            assert cell["metadata"]["editable"] is False, tag(cell)["grade_id"]


def test_points_add_up_to_what_the_page_says(homework):
    names = [tag(cell)["grade_id"] for cell in homework.cells if tag(cell)]
    assert len(names) == len(set(names))
    points, code = homework.points, ("code",)
    row = re.compile(r"^\| \**(\d|All)\**.*\| \**(\d+)\** \| \**(\d+)\** \|$", re.MULTILINE)
    stated = {name: (int(all_), int(machine)) for name, all_, machine in row.findall(homework.page)}
    assert stated.pop("All") == (points("p"), points("p", code))
    assert points("p") == ALL_POINTS
    assert stated == {p[1:]: (points(p), points(p, code)) for p in homework.problems}
    heading = re.compile(r"^##+ (?:Problem )?(\d[a-z]?) · .*\((\d+) points?\b", re.MULTILINE)
    headings = heading.findall(homework.page)
    assert len(headings) >= 3 * len(homework.problems)
    assert [(name, int(worth)) for name, worth in headings] == [
        (name, points(f"p{name}")) for name, _ in headings
    ]


def test_each_problem_mixes_hand_graded_and_autograded_parts(homework):
    assert len(homework.problems) >= FEWEST_PROBLEMS
    for problem in homework.problems:
        assert homework.points(problem, ("code",)) > 0
        assert homework.points(problem, ("markdown",)) > 0


def test_each_derivation_has_a_rubric_for_instructors(homework):
    page = (ROOT / "book" / "instructors.md").read_text(encoding="utf-8")
    number = int(homework.name[:2])
    block = re.search(rf"dropdown}} Problem set {number} .*?\n:::\n", page, re.DOTALL)[0]
    given = {}
    for part, points in re.findall(r"^\| (\d[a-z])\.\d \| ([\d.]+) \|", block, re.MULTILINE):
        given[part] = given.get(part, 0) + float(points)
    derivations = re.findall(r"^### (\d[a-z]) · Derive", homework.page, re.MULTILINE)
    assert derivations
    assert given == {part: homework.points(f"p{part}", ("markdown",)) for part in derivations}


def test_one_problem_hunts_an_error_and_every_problem_has_its_slip(homework):
    assert re.search(r"^## Problem \d · Find the error", homework.page, re.MULTILINE)
    assert {problem for _, problem, *_ in homework.slips} == set(homework.problems)


@pytest.mark.slow
def test_the_solution_earns_every_point_that_a_machine_can_give(homework, marks, results):
    lost = {name: m for name, m in results["solved"].verdicts.items() if m["messages"]}
    assert lost == {}
    assert results["solved"].held == {}
    assert sum(marks["solved"].values()) == homework.points("p", ("code",))


@pytest.mark.slow
def test_an_untouched_exercise_earns_nothing(homework, marks, results):
    assert set(marks["untouched"].values()) == {0}
    assert not any(results["untouched"].words.values())


@pytest.mark.slow
def test_a_slip_costs_points_of_its_own_problem_only(homework, submissions, marks):
    most = {p: homework.points(p, ("code",)) for p in homework.problems}
    for name, (slips, _) in submissions.items():
        kept = {
            p: sum(mark for cell, mark in marks[name].items() if cell.startswith(p))
            for p in homework.problems
        }
        if name == "untouched":
            continue
        for _, problem, cell, _, wrong in slips:
            assert kept[problem] < most[problem], f"{wrong!r} in {cell} is not noticed"
        spared = set(most) - {problem for _, problem, *_ in slips}
        assert {p: kept[p] for p in spared} == {p: most[p] for p in spared}, f"{name}: {slips}"


@pytest.mark.slow
def test_every_hidden_check_fails_for_a_wrong_solution_that_is_kept(homework, results):
    failed = {
        cell
        for name, result in results.items()
        if name.startswith("slip")
        for cell, verdict in result.verdicts.items()
        if any(message["hidden"] for message in verdict["messages"])
    }
    hidden = {
        tag(cell)["grade_id"] for cell in homework.cells if "### BEGIN HIDDEN TESTS" in text(cell)
    }
    assert hidden - failed == set(), "write a slip for these into tests/slips"


@pytest.mark.slow
@pytest.mark.parametrize("homework", BY_NBGRADER, indirect=True, scope="module")
def test_nbgrader_itself_gives_the_same_marks_and_leaves_words_to_a_reader(
    homework, marks, nbgraders
):
    by_hand = {name for name, kind in homework.kinds.items() if kind == "markdown"}
    for student in ("solved", "untouched"):
        cells = nbgraders[student]
        assert set(cells) == set(homework.kinds)
        assert {n: mark for n, (mark, *_) in cells.items() if n not in by_hand} == marks[student]
        assert sum(highest for _, highest, _ in cells.values()) == ALL_POINTS
    assert all(nbgraders["solved"][name][2] for name in by_hand)
    assert not any(nbgraders["untouched"][name][2] for name in by_hand)
