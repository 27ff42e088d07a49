"""Problem sets: one source, a release without answers, and marks that nbgrader itself awards.

`slips/NN-name.toml` beside this file says, for each problem of a set, what a student might write.
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

ROOT = Path(__file__).resolve().parents[1]
SLIPS = Path(__file__).with_name("slips")
SETS = sorted(path.stem for path in (ROOT / "solutions").glob("*/*.ipynb"))
SECRETS = {
    "solution": re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL),
    "hidden test": re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL),
}
ALL_POINTS, FEWEST_PROBLEMS = 100, 4


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

    def autograded(self, cells):
        """Names of the cells that the machine marks."""
        return [name for name in cells if self.kinds[name] == "code"]

    def total(self, cells, problem=""):
        return sum(cells[name][0] for name in self.autograded(cells) if name.startswith(problem))

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


def hand_in(homework, course, student, answers):
    """Submit the release with some cells replaced, as a student would fill them in."""
    notebook = read(course / "exercises" / homework.notebook)
    for cell in notebook["cells"]:
        name = tag(cell).get("grade_id")
        if name in answers:
            assert tag(cell)["solution"], f"{name} is not for the student to change"
            cell["source"] = answers[name]
    path = course / "build" / "submitted" / student / homework.notebook
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture(scope="module")
def marks(homework, course):
    """Marks from nbgrader's gradebook: student → cell → (mark, highest mark, needs a reader)."""
    answers = homework.answers
    hand_in(homework, course, "untouched", {})
    hand_in(homework, course, "solved", answers)
    for student, _, cell, right, wrong in homework.slips:
        assert answers[cell].count(right) == 1, f"{cell} must contain {right!r} once"
        slipped = answers | {cell: answers[cell].replace(right, wrong)}
        hand_in(homework, course, student, slipped)
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


def test_one_problem_hunts_an_error_and_every_problem_has_its_slip(homework):
    assert re.search(r"^## Problem \d · Find the error", homework.page, re.MULTILINE)
    assert {problem for _, problem, *_ in homework.slips} == set(homework.problems)


@pytest.mark.slow
def test_the_solution_earns_every_point_that_a_machine_can_give(homework, marks):
    solved = marks["solved"]
    lost = {n: solved[n] for n in homework.autograded(solved) if solved[n][0] != solved[n][1]}
    assert lost == {}
    assert homework.total(solved) == homework.points("p", ("code",))


@pytest.mark.slow
def test_words_wait_for_a_reader(homework, marks):
    by_hand = {name for name, kind in homework.kinds.items() if kind == "markdown"}
    assert set(marks["solved"]) == set(homework.kinds)
    assert all(marks["solved"][name][2] for name in by_hand)
    assert not any(marks["untouched"][name][2] for name in by_hand)


@pytest.mark.slow
def test_an_untouched_exercise_earns_nothing(homework, marks):
    assert {name: mark for name, (mark, _, _) in marks["untouched"].items() if mark != 0} == {}
    assert sum(highest for _, highest, _ in marks["untouched"].values()) == ALL_POINTS


@pytest.mark.slow
def test_a_slip_costs_points_of_its_own_problem_only(homework, marks):
    for student, problem, cell, _, wrong in homework.slips:
        cells = marks[student]
        kept = {p: homework.total(cells, p) for p in homework.problems}
        most = {p: homework.points(p, ("code",)) for p in homework.problems}
        assert kept[problem] < most[problem], f"{wrong!r} in {cell} is not noticed"
        assert kept | {problem: most[problem]} == most, f"{wrong!r} in {cell} costs other problems"
