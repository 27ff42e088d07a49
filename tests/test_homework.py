"""Problem sets: one source, a release without answers, and marks that nbgrader itself awards."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SET = "01-phonons"
NOTEBOOK = Path(SET) / f"{SET}.ipynb"
PROBLEMS = ("p1", "p2", "p3", "p4", "p5")
SECRETS = {
    "solution": re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL),
    "hidden test": re.compile(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", re.DOTALL),
}
#: One factor of two for each problem: the cell, what stands there, what a student might write.
SLIPS = {
    "p1": ("p1e", "field = 4 * pi *", "field = 2 * pi *"),
    "p2": ("p2b", "return 2 * worked_matrix", "return worked_matrix"),
    "p3": ("p3b", "weight = 1 / (2 * nu * sigma)", "weight = 1 / (nu * sigma)"),
    "p4": ("p4b", "mean = ((velocity", "mean = 2 * ((velocity"),
    "p5": ("p5b", "energy / (2 * BOLTZMANN_meV_K * T)", "energy / (BOLTZMANN_meV_K * T)"),
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def text(cell):
    return "".join(cell["source"])


def tag(cell):
    return cell["metadata"].get("nbgrader", {})


SOURCE = read(ROOT / "solutions" / NOTEBOOK)


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
def course(tmp_path_factory):
    """A course with the problem set generated afresh."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    (folder / "solutions" / SET).mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / NOTEBOOK, folder / "solutions" / NOTEBOOK)
    nbgrader(folder, "generate_assignment", SET)
    return folder


def hand_in(course, student, answers):
    """Submit the release with some cells replaced, as a student would fill them in."""
    notebook = read(course / "exercises" / NOTEBOOK)
    for cell in notebook["cells"]:
        name = tag(cell).get("grade_id")
        if name in answers:
            assert tag(cell)["solution"], f"{name} is not for the student to change"
            cell["source"] = answers[name]
    path = course / "build" / "submitted" / student / NOTEBOOK
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture(scope="module")
def marks(course):
    """Marks from nbgrader's gradebook: student → cell → (mark, highest mark, needs a reader)."""
    answers = {tag(c)["grade_id"]: text(c) for c in SOURCE["cells"] if tag(c).get("solution")}
    hand_in(course, "untouched", {})
    hand_in(course, "solved", answers)
    for problem, (cell, right, wrong) in SLIPS.items():
        assert answers[cell].count(right) == 1, f"{cell} no longer contains {right!r}"
        hand_in(course, f"slip_{problem}", answers | {cell: answers[cell].replace(right, wrong)})
    nbgrader(course, "autograde", SET)
    return gradebook(course)


def gradebook(course):
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
                for submission in book.assignment_submissions(SET)
            }


def autograded(cells):
    """Names of the cells that the machine marks."""
    kinds = {tag(c)["grade_id"]: c["cell_type"] for c in SOURCE["cells"] if tag(c).get("grade")}
    return [name for name in cells if kinds[name] == "code"]


def total(cells, problem=""):
    return sum(cells[name][0] for name in autograded(cells) if name.startswith(problem))


def points(prefix, kinds=("code", "markdown")):
    return sum(
        tag(cell)["points"]
        for cell in SOURCE["cells"]
        if tag(cell).get("grade")
        and tag(cell)["grade_id"].startswith(prefix)
        and cell["cell_type"] in kinds
    )


def test_the_exercises_are_what_the_solutions_generate(course):
    fresh = (course / "exercises" / NOTEBOOK).read_bytes()
    committed = (ROOT / "exercises" / NOTEBOOK).read_bytes()
    assert committed.replace(b"\r\n", b"\n") == fresh.replace(b"\r\n", b"\n"), (
        "exercises/ differs from what solutions/ generates; run `make exercises`"
    )


def test_no_solution_and_no_hidden_test_is_released():
    release = "\n".join(text(cell) for cell in read(ROOT / "exercises" / NOTEBOOK)["cells"])
    secret, public = set(), []
    for cell in SOURCE["cells"]:
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
    assert all(not cell.get("outputs") for cell in read(ROOT / "exercises" / NOTEBOOK)["cells"])


def test_every_answer_is_blanked_and_every_check_locked():
    for cell in read(ROOT / "exercises" / NOTEBOOK)["cells"]:
        if tag(cell).get("solution"):
            blank = "raise NotImplementedError" if cell["cell_type"] == "code" else "*Your answer"
            assert blank in text(cell), tag(cell)["grade_id"]
        elif tag(cell):
            assert cell["metadata"]["editable"] is False, tag(cell)["grade_id"]


def test_points_add_up_to_what_the_page_says():
    names = [tag(cell)["grade_id"] for cell in SOURCE["cells"] if tag(cell)]
    assert len(names) == len(set(names))
    page = "\n".join(text(c) for c in SOURCE["cells"] if c["cell_type"] == "markdown")
    rows = re.findall(r"^\| \**(\d|All)\**.*\| \**(\d+)\** \| \**(\d+)\** \|$", page, re.MULTILINE)
    stated = {name: (int(all_), int(machine)) for name, all_, machine in rows}
    assert stated.pop("All") == (points("p"), points("p", ("code",))) == (100, 62)
    assert stated == {p[1]: (points(p), points(p, ("code",))) for p in PROBLEMS}
    headings = re.findall(r"^##+ (?:Problem )?(\d[a-z]?) · .*\((\d+) points?\b", page, re.MULTILINE)
    assert len(headings) > 20
    assert [(name, int(worth)) for name, worth in headings] == [
        (name, points(f"p{name}")) for name, _ in headings
    ]


def test_each_set_mixes_hand_graded_and_autograded_problems():
    for problem in PROBLEMS:
        assert points(problem, ("code",)) > 0
        assert points(problem, ("markdown",)) > 0


@pytest.mark.slow
def test_the_solution_earns_every_point_that_a_machine_can_give(marks):
    lost = {n: marks["solved"][n] for n in autograded(marks["solved"])
            if marks["solved"][n][0] != marks["solved"][n][1]}  # fmt: skip
    assert lost == {}
    assert total(marks["solved"]) == points("p", ("code",))


@pytest.mark.slow
def test_words_wait_for_a_reader(marks):
    by_hand = set(marks["solved"]) - set(autograded(marks["solved"]))
    assert len(by_hand) == 8
    assert all(marks["solved"][name][2] for name in by_hand)
    assert not any(marks["untouched"][name][2] for name in by_hand)


@pytest.mark.slow
def test_an_untouched_exercise_earns_nothing(marks):
    assert {name: mark for name, (mark, _, _) in marks["untouched"].items() if mark != 0} == {}
    assert sum(highest for _, highest, _ in marks["untouched"].values()) == 100


@pytest.mark.slow
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_factor_of_two_costs_points_of_its_own_problem_only(marks, problem):
    cells = marks[f"slip_{problem}"]
    assert total(cells, problem) < points(problem, ("code",))
    for other in set(PROBLEMS) - {problem}:
        assert total(cells, other) == points(other, ("code",))
