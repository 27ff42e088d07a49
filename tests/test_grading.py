"""Marks that can be trusted: a class of bad submissions, and what must come of each."""

import csv
import hashlib
import inspect
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from bad_class import (
    ALL,
    CASES,
    LOST_2C,
    PART_2B,
    ROOT,
    SET,
    SOLVED,
    UNTOUCHED,
    body,
    escapes,
    with_cell,
)

import elphlib.coupling
from grading import batch, copied, downloads, report, sandbox, submission, wire, withheld
from grading.__main__ import grade
from grading.gradebook import Gradebook, marked
from grading.judge import judge
from grading.problem_set import ProblemSet, bound, needed

LIMITS = sandbox.Limits(seconds=5.0, memory=2 << 30)
SECRET_WORD = "another student's answer"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="needs Linux")]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def snapshot(folder):
    """Hash of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Course:
    """The bad class, graded once."""

    def __init__(self, folder):
        self.folder, self.submissions = folder, folder / "handed in"
        self.secret = folder / "secret.txt"
        self.secret.write_text(SECRET_WORD)
        os.chmod(self.secret, 0o666)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()
        for case in CASES:
            write(self.submissions / case.name / f"{SET}.ipynb", case.make())
        port = self.server.getsockname()[1]
        write(self.submissions / "escapes" / "my notebook (1).ipynb", escapes(self.secret, port))
        write(self.submissions / "twice" / "a.ipynb", UNTOUCHED)
        write(self.submissions / "twice" / "b.ipynb", SOLVED)
        write(self.submissions / "only words.txt", b"sorry")
        write(self.submissions / "pasted" / "work.ipynb", pasted())
        (self.submissions / "link").mkdir()
        (self.submissions / "link" / "work.ipynb").symlink_to(self.secret)
        (self.submissions / "nothing at all").mkdir()
        self.before = snapshot(self.submissions)
        self.project = project_state()
        self.rows, self.seconds = self.grade("first")

    def _listen(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.heard.append(connection.recv(100))

    def grade(self, name, jobs=2):
        start = time.monotonic()
        place = self.folder / name
        book = Gradebook(place / "gradebook.db", place / "autograded")
        rows = grade(downloads.scan(self.submissions), SET, place, LIMITS, jobs, book=book)[SET]
        return {row.student.name: row for row in rows}, time.monotonic() - start

    def table(self, name="first"):
        with (self.folder / name / SET / "grades.csv").open(encoding="utf-8-sig") as file:
            return list(csv.reader(file))


def pasted():
    """2b answered with the source of elphlib's own function."""
    source = inspect.getsource(elphlib.coupling.frohlich)
    names = "import numpy as np\nfrom elphlib.coupling import *\nfrom elphlib import coupling\n"
    names += "globals().update({k: v for k, v in vars(coupling).items() if k[0] != '_'})\n"
    answer = (
        f"{names}\n{source}\n\ndef frohlich_bare(q, polar):\n    return frohlich(q, *polar)\n\n\n"
        "def frohlich_screened(q, polar, carriers, model):\n"
        "    return frohlich(q, *polar, carriers, model)\n"
    )
    return with_cell("p2b", answer)


def project_state():
    """Hash of what the project holds, except what other tests may be writing."""
    folders = ("solutions", "exercises", "elphlib", "grading")
    return {f: snapshot(ROOT / f) for f in folders if not f.endswith("__pycache__")}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    try:
        sandbox.bubblewrap()
    except sandbox.SandboxMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    course = Course(tmp_path_factory.mktemp("course"))
    yield course
    course.server.close()


def machine(row, problem_set):
    return row.total(problem_set.checks)


def said(row):
    messages = [m["text"] for v in row.result.verdicts.values() for m in v["messages"]]
    return " ".join([*messages, *row.all_remarks(), *row.result.errors.values()])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nobody_earns_what_is_not_earned_or_loses_what_is(course, case):
    row, problem_set = course.rows[case.name], ProblemSet(SET)
    if case.points is None:
        assert row.status(problem_set) == "not graded"
        assert machine(row, problem_set) == 0
    else:
        assert not row.result.trouble
        assert machine(row, problem_set) == case.points, said(row)
    if case.status:
        assert row.status(problem_set) == case.status
    assert case.says in said(row)


def test_nothing_gets_out_of_the_sandbox(course):
    row = course.rows["escapes"]
    assert machine(row, ProblemSet(SET)) == ALL, said(row)
    assert course.heard == []
    assert course.secret.read_text() == SECRET_WORD


def test_no_byte_changes_outside(course):
    assert snapshot(course.submissions) == course.before
    assert project_state() == course.project


def test_everybody_has_one_line_in_the_table(course):
    names = [line[0] for line in course.table()[1:]]
    everybody = {path.name for path in course.submissions.iterdir() if path.is_dir()}
    expected = {n if n[0] != "=" else f"'{n}" for n in everybody | {"only words"}}
    assert set(names) == expected
    assert len(names) == len(set(names))


def test_two_notebooks_of_one_student_count_once_and_the_better_counts(course):
    row = course.rows["twice"]
    assert machine(row, ProblemSet(SET)) == ALL
    assert row.file == "b.ipynb"
    assert "a.ipynb" in said(row)


def test_no_notebook_is_said_and_a_link_is_not_followed(course):
    for name, words in [("only words", "txt"), ("nothing at all", "nothing"), ("link", "link")]:
        assert course.rows[name].status(ProblemSet(SET)) == "not graded"
        assert words in said(course.rows[name])
    everything = "".join(p.read_text() for p in (course.folder / "first" / SET).rglob("*.html"))
    assert SECRET_WORD not in everything


def test_a_copy_of_elphlib_is_held_for_a_person(course):
    row, problem_set = course.rows["pasted"], ProblemSet(SET)
    assert row.status(problem_set) == "held"
    assert machine(row, problem_set) == ALL - PART_2B
    assert "elphlib.coupling.frohlich" in said(row)
    assert "2b" in row.waiting(problem_set)


AGAIN = (
    *("solved", "loop", "exits", "segfault", "patches", "look-alike", "elphlib's own", "stripped"),
    *("syntax error", "fork bomb", "twice", "pdf", "unset"),
)


def test_grading_twice_gives_the_same_bytes(course, tmp_path):
    """Others beside them, another folder, another number of processes: nothing may show."""
    for name in AGAIN:
        shutil.copytree(course.submissions / name, tmp_path / "in" / name)
    place = tmp_path / "out"
    book = Gradebook(place / "gradebook.db", place / "autograded")
    grade(downloads.scan(tmp_path / "in"), SET, place, LIMITS, 1, book=book)
    for part in (f"{SET}/feedback", "autograded"):
        again = snapshot(place / part)
        assert again
        assert again.items() <= snapshot(course.folder / "first" / part).items()
    first = (course.folder / "first" / SET / "grades.csv").read_bytes().splitlines()
    assert set((place / SET / "grades.csv").read_bytes().splitlines()) <= set(first)


def test_what_is_done_is_not_done_again(course):
    _, seconds = course.grade("first")
    assert seconds < course.seconds / 3


def test_feedback_has_messages_and_nothing_hidden(course):
    problem_set, secrets = ProblemSet(SET), set()
    for check in problem_set.checks:
        for segment in check.segments:
            if segment.hidden:
                secrets.update(line.strip() for line in segment.source.splitlines())
    secrets = {line for line in secrets if len(line) > 20}
    assert len(secrets) > 50
    names = [row.student.name for row in course.rows.values()]
    for row in course.rows.values():
        page = (course.folder / "first" / SET / "feedback" / f"{row.student.key}.html").read_text()
        assert [line for line in secrets if line in page] == []
        others = [n for n in names if len(n) > 12 and n != row.student.name and n in page]
        assert others == []
    loop = (course.folder / "first" / SET / "feedback" / "loop.html").read_text()
    assert "endless loop" in loop
    assert f"<strong>{LOST_2C}</strong> of 100" in loop


def test_the_class_report_counts_points_and_lessons(course):
    page = (course.folder / "first" / SET / "class.html").read_text()
    for words in ("endless loop", "median", "Needs a look", "breaks off"):
        assert words in page


def test_words_go_through_the_formgraders_database_and_come_back(course, tmp_path):
    from nbgrader.api import Gradebook as Database

    place = tmp_path / "course"
    shutil.copytree(course.folder / "first", place)
    with Database(f"sqlite:///{place / 'gradebook.db'}", "elphlib") as book:
        grades = book.find_submission_notebook(SET, SET, "solved").grades
        for one in grades:
            if one.cell.cell_type == "markdown":
                assert one.needs_manual_grade
                one.manual_score, one.needs_manual_grade = one.max_score - 0.5, False
        comment = book.find_comment("p1a", SET, SET, "solved")
        comment.manual_comment = "Clear, but where is the limit?"
        book.db.commit()
    rows = grade(
        downloads.scan(course.submissions),
        SET,
        place,
        LIMITS,
        2,
        book=Gradebook(place / "gradebook.db", place / "autograded"),
    )[SET]
    row = next(row for row in rows if row.student.name == "solved")
    problem_set = ProblemSet(SET)
    assert row.status(problem_set) == "complete"
    assert row.total(problem_set.graded) == 100 - 0.5 * len(problem_set.words)
    page = (place / SET / "feedback" / "solved.html").read_text()
    assert "where is the limit?" in page
    other = (place / SET / "feedback" / "stripped.html").read_text()
    assert "where is the limit?" not in other
    # an untouched answer in words earns nothing without a reader
    assert next(r for r in rows if r.student.name == "untouched").waiting(problem_set) == []


def test_a_killed_run_goes_on_where_it_was(course, tmp_path):
    folder = tmp_path / "in"
    for i in range(6):
        write(folder / f"student {i}" / "a.ipynb", with_cell("p1b", f"x = {i}"))
    command = [sys.executable, "-m", "grading", str(folder), "--set", SET, "--jobs", "1"]
    command += ["--output", str(tmp_path / "out")]
    work = tmp_path / "out" / SET / "work"
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 90
    while len(list(work.glob("*.json"))) < 2:
        assert time.monotonic() < deadline, "nothing was graded"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path.name: path.stat().st_mtime_ns for path in work.glob("*.json")}
    assert 2 <= len(kept) < 6
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    now = {path.name: path.stat().st_mtime_ns for path in work.glob("*.json")}
    assert len(now) == 6
    assert kept.items() <= now.items()
    with (tmp_path / "out" / SET / "grades.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.reader(file))) == 7


def test_no_sandbox_no_grading(tmp_path):
    write(tmp_path / "in" / "a.ipynb", UNTOUCHED)
    run = subprocess.run(
        [sys.executable, "-m", "grading", str(tmp_path / "in"), "--output", str(tmp_path / "out")],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 2
    for words in ("cannot be sandboxed", "apt install bubblewrap", "UNSANDBOXED=yes"):
        assert words in run.stderr
    assert not (tmp_path / "out").exists()


def test_a_test_that_asks_its_own_author_is_found_out(course, tmp_path):
    """A hidden check puts a wrong function in the place of the student's own right one."""
    name = "04-spectral-function"
    problem_set = ProblemSet(name)
    answers = {cell.name: cell.source for cell in problem_set.cells if cell.role == "answer"}
    answers["p4c"] = (
        "def trustworthy(f):\n    E = np.linspace(0.1, 9, 400)\n"
        "    return all(abs(f(E, y, g) / average(E, y, g) - 1) < 2e-3 for y in (E, E**2, E**3)\n"
        "               for g in (np.log, np.square))\n"
    )
    notebook = json.loads(json.dumps(problem_set.release))
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    problem_set.cells = [
        cell for cell in problem_set.cells if cell.role != "check" or cell.problem == "4"
    ]
    withheld.prepare(tmp_path / "c", name, ROOT / "elphlib")
    verdicts = judge(submission.match(notebook, problem_set), tmp_path / "c", LIMITS).verdicts
    assert verdicts["p4b-check"].messages == []
    assert verdicts["p4c-check"].points == 0
    assert all(message.hidden for message in verdicts["p4c-check"].messages)


@pytest.mark.usefixtures("course")
def test_the_time_of_a_new_start_is_not_charged_to_the_next_cell(tmp_path):
    """Setting up takes longer than a check may: 2c hangs, and what comes after must not pay."""
    problem_set = ProblemSet(SET)
    problem_set.cells = [
        cell
        for cell in problem_set.cells
        if cell.role not in ("check", "answer") or cell.part in ("p2b", "p2c", "p3b")
    ]
    withheld.prepare(tmp_path / "c", SET, ROOT / "elphlib")
    setup = tmp_path / "c" / "elphlib" / "__init__.py"
    setup.write_text(setup.read_text() + "\nimport time\n\ntime.sleep(3)\n")
    matched = submission.match(body("while True: pass"), problem_set)
    verdicts = judge(matched, tmp_path / "c", sandbox.Limits(seconds=2.0)).verdicts
    assert [verdicts[f"{part}-check"].points for part in ("p2b", "p2c", "p3b")] == [PART_2B, 0, 6]


@pytest.mark.usefixtures("course")
def test_without_a_sandbox_on_demand_marks_are_the_same(tmp_path):
    write(tmp_path / "in" / "ana" / "a.ipynb", with_cell("p2c", "raise SystemExit"))
    place = tmp_path / "out"
    (row,) = grade(downloads.scan(tmp_path / "in"), SET, place, LIMITS, 1, sandboxed=False)[SET]
    assert machine(row, ProblemSet(SET)) == LOST_2C


# Whose file is it


@pytest.mark.parametrize(
    ("path", "name", "system", "number"),
    [
        ("Zoë Müller_123_assignsubmission_file_/work.ipynb", "Zoë Müller", "moodle", "123"),
        ("A. B_C_77_assignsubmission_file_work.ipynb", "A. B_C", "moodle", "77"),
        ("muellerzoe_4711_998_01-phonons.ipynb", "muellerzoe", "canvas", "4711"),
        ("muellerzoe_LATE_4711_998_01_my_file-2.ipynb", "muellerzoe", "canvas", "4711"),
        ("zoe/01-phonons/01-phonons.ipynb", "zoe", "", ""),
        ("zoe m.ipynb", "zoe m", "", ""),
    ],
)
def test_names_that_platforms_give(tmp_path, path, name, system, number):
    write(tmp_path / path, b"{}")
    write(tmp_path / "__MACOSX" / path, b"{}")
    write(tmp_path / ".DS_Store", b"")
    (one,) = downloads.scan(tmp_path)
    assert (one.name, one.system, one.number) == (name, system, number)
    assert one.late == ("LATE" in path)


def test_students_with_the_same_name_stay_apart(tmp_path):
    for folder in ("Li Wei_1_assignsubmission_file_", "Li Wei_2_assignsubmission_file_"):
        write(tmp_path / folder / "a.ipynb", b"{}")
    write(tmp_path / "a?b" / "a.ipynb", b"{}")
    write(tmp_path / "a*b" / "a.ipynb", b"{}")
    students = downloads.scan(tmp_path)
    assert len({student.key for student in students}) == len(students) == 4


def test_odd_names_and_things_that_are_no_files_stop_nothing(tmp_path):
    folder = tmp_path / "in"
    write(folder / ("x" * 200) / "a.ipynb", b"")
    write(folder / "pipe" / "note.txt", b"")
    os.mkfifo(folder / "pipe" / "a.ipynb")
    raw = os.fsencode(str(folder)) + b"/\xff\xfe"
    os.mkdir(raw)
    with open(raw + b"/b.ipynb", "wb") as file:
        file.write(b"{}")
    with (folder / "big.ipynb").open("wb") as file:
        file.truncate(submission.MOST_BYTES + 1)
    rows = grade(downloads.scan(folder), SET, tmp_path / "out", LIMITS, 1)[SET]
    assert len(rows) == 4
    assert {row.status(ProblemSet(SET)) for row in rows} == {"not graded"}
    assert len(list((tmp_path / "out" / SET / "feedback").iterdir())) == 4


def test_what_students_write_cannot_run_in_the_readers_browser():
    words = {"p1a": "<script>alert(1)</script> and $a<b$, <img src=x onerror=alert(1)>"}
    cells = marked(ProblemSet(SET), batch.Result(words=words))["cells"]
    (source,) = [cell["source"] for cell in cells if cell["id"] == "p1a"]
    assert "<script" not in source
    assert "<img" not in source
    row = report.Row(downloads.Handed("<b>x</b>"), batch.Result(notes=["<i>ignored</i>"]))
    for page in (report.feedback_page, report.class_page):
        shown = page(ProblemSet(SET), row if page is report.feedback_page else [row])
        assert "<b>x" not in shown
        assert "<i>ign" not in shown


def test_broken_characters_cost_nothing(tmp_path):
    notebook = json.loads(json.dumps(SOLVED))
    notebook["cells"].insert(2, {**notebook["cells"][1], "id": "x", "source": "# \ud800"})
    matched = submission.match(submission.read(json.dumps(notebook).encode()), ProblemSet(SET))
    assert all(step.source.encode() for step in matched.steps())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"not a folder; SUBMISSIONS must .*; unpack"):
        downloads.scan(tmp_path / "nowhere")


def test_platforms_get_the_complete_marks_of_their_own_students():
    problem_set = ProblemSet(SET)
    cells = {c.name: {"points": c.points, "messages": []} for c in problem_set.checks}
    rows = []
    for name, system in [("Ana", "moodle"), ("bob", "canvas"), ("Cy", "")]:
        row = report.Row(downloads.Handed(name, system, "12"), batch.Result(verdicts=cells))
        row.reading.points = {cell.name: cell.points for cell in problem_set.words}
        rows.append(row)
    moodle = list(csv.reader(report.moodle_csv(problem_set, rows)[1:].splitlines()))
    assert moodle == [
        ["Identifier", "Full name", "Grade", "Maximum Grade"],
        ["Participant 12", "Ana", "100", "100"],
    ]
    canvas = list(csv.reader(report.canvas_csv(problem_set, rows)[1:].splitlines()))
    assert canvas[0][:2] == ["Student", "ID"]
    assert canvas[1] == ["    Points Possible", "", "", "", "", "100"]
    assert canvas[2:] == [["bob", "12", "", "", "", "100"]]


# The border


def round_trip(value):
    class Receiver:
        def function(self, handle):
            return f"function {handle}"

        def given(self, number):
            return f"object {number}"

        def made(self, name, values):
            return (name, *values)

        def record(self, name, fields, values):
            return (name, fields, values)

    return wire.decode(wire.encode(value, lambda f: 7, lambda v: None), Receiver())


def test_plain_values_cross_and_stay_what_they_are():
    import numpy as np

    values = [None, True, 3, -2.5, 1e300, float("inf"), "Σ", (1, [2.0, "x"]), {"a": (1, 2)}, 1 + 2j]
    for value in values:
        assert round_trip(value) == value
        assert type(round_trip(value)) is type(value)
    for array in (np.arange(6).reshape(2, 3), np.zeros((0, 3)), np.array([1j]), np.array(True)):
        back = round_trip(array)
        assert back.dtype == array.dtype
        assert np.array_equal(back, array)
    assert isinstance(round_trip(np.float64(2.0)), np.float64)
    assert round_trip(max) == "function 7"


@pytest.mark.parametrize("value", [object(), {1, "a"}, __import__("numpy").array(["a"]), iter([])])
def test_what_is_not_plain_does_not_cross(value):
    with pytest.raises(wire.NotPlainError):
        round_trip(value)


def test_nonsense_is_refused_and_never_run():
    import pickle
    import random

    rng = random.Random(3)
    good = wire.encode(("value", [1.0, {"a": (2, "b")}]), lambda f: 0, lambda v: None)
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            wire.decode(bytes(data), None)
        except (wire.BrokenMessageError, AttributeError):  # there is no receiver to ask
            continue
    for data in (b"", b"\x00" * 8, pickle.dumps(print), good + b"x", good[:-1]):
        with pytest.raises(wire.BrokenMessageError):
            wire.decode(data, None)


# What is withheld, and what is copied


@pytest.mark.parametrize("name", [path.stem for path in (ROOT / "solutions").glob("*/*.ipynb")])
def test_what_solves_a_problem_is_absent_or_guarded(name, tmp_path):
    withheld.prepare(tmp_path / "c", name, ROOT / "elphlib")
    entries = withheld.entries(name)
    assert entries
    lines = ["import importlib, sys", f"sys.path.insert(0, {str(tmp_path / 'c')!r})",
             "import elphlib", "from elphlib import _withheld"]  # fmt: skip
    for entry in entries:
        for function in entry.functions:
            module, _, qualified = function.partition(":")
            original = ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text()
            copy = (tmp_path / "c").joinpath(*module.split(".")).with_suffix(".py").read_text()
            assert f"def {qualified.split('.')[-1]}(" in original
            lines += [f"_withheld.part = {(entry.parts or ('',))[0]!r}", "try:"]
            if "." in qualified or entry.parts:
                owner = f"importlib.import_module({module!r}).{qualified}"
                lines.append(
                    f"    f = {owner}\n    f = getattr(f, 'fget', None) or getattr(f, 'func', f)\n"
                    "    import inspect\n"
                    "    n = [p for p in inspect.signature(f).parameters.values() "
                    "if p.default is p.empty and p.kind < 2]\n    f(*[None for _ in n])"
                )
            else:
                lines.append(f"    from {module} import {qualified}")
                assert f"def {qualified}(" not in copy
            lines += ["except _withheld.WithheldError as error:",
                      "    assert 'write it yourself' in str(error)",
                      "else:", f"    raise SystemExit({function!r} + ' can be used')"]  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-I", "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_name_that_elphlib_has_not_is_an_error_in_the_table():
    with pytest.raises(KeyError, match="has no nothing_like_it"):
        withheld.strip("def f():\n    pass\n", "m", {"nothing_like_it": withheld.Withheld((), "")})


def test_copies_are_seen_through_new_names_and_comments():
    source = inspect.getsource(elphlib.coupling.frohlich)
    renamed = source.replace("volume", "size_of_cell").replace("def frohlich", "# mine\ndef g")
    assert copied.copies([renamed], ROOT / "elphlib") == [("g", "elphlib.coupling.frohlich")]
    for name in ("p2b", "p3b", "p4b"):
        answer = next("".join(c["source"]) for c in SOLVED["cells"] if c["id"] == name)
        assert copied.copies([answer], ROOT / "elphlib") == []
    assert copied.copies(["def f(:", "x = 1"], ROOT / "elphlib") == []


# Names that statements bind and need


def test_a_statement_that_depends_on_a_failed_one_is_known():
    import ast

    def one(text):
        return ast.parse(text).body[0]

    assert set(bound([one("a, (b, c) = f(x)")])) == {"a", "b", "c"}
    assert set(bound([one("for i in x:\n    y = [k for k in i]")])) == {"i", "y"}
    assert needed(one("for i in x:\n    print(i, z)")) == {"x", "print", "z"}
    assert needed(one("f = lambda u: u + v")) == {"v"}
    assert needed(one("check(sum(k for k in ks))")) == {"check", "sum", "ks"}


def test_a_set_can_be_told_from_the_notebook_alone():
    from grading.__main__ import _guess

    known = [ProblemSet(path.stem) for path in (ROOT / "exercises").glob("*/*.ipynb")]
    for problem_set in known:
        path = Path(problem_set.name) / f"{problem_set.name}.ipynb"
        assert _guess(ROOT / "exercises" / path, known) == problem_set.name


def test_an_old_format_is_read_and_broken_ones_are_refused():
    import nbformat

    text = json.dumps({**SOLVED, "cells": [c for c in SOLVED["cells"] if c["id"] != "p1a"]})
    old = nbformat.convert(nbformat.reads(text, as_version=4), 3)
    assert submission.read(json.dumps(old).encode())["nbformat"] == 4
    with pytest.raises(submission.UnreadableError, match="ask the student"):
        submission.read(b'{"nbformat": "x"}')
