"""Hand-graded parts go through nbgrader: its gradebook, its formgrader, its points and comments.

The notebook that a reader sees there is the release with the student's answers in it and with the
judge's verdicts as outputs. nbgrader's own `SaveAutoGrades` reads the points from it.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from grading.batch import Result
from grading.problem_set import ROOT, ProblemSet

COURSE_ID = "elphlib"
DATABASE = ROOT / "build" / "gradebook.db"
AUTOGRADED = ROOT / "build" / "autograded"


@dataclass
class Reading:
    """What a reader has given to one student: points and comments by cell; what still waits."""

    points: dict[str, float] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)
    extra: float = 0.0


class Gradebook:
    """nbgrader's database of a course.

    Parameters
    ----------
    database : Path
        The SQLite file; made if it is not there.
    autograded : Path
        Folder of the notebooks that the formgrader shows.
    """

    def __init__(self, database: Path = DATABASE, autograded: Path = AUTOGRADED) -> None:
        self.url, self.autograded = f"sqlite:///{database.resolve()}", autograded
        database.parent.mkdir(parents=True, exist_ok=True)
        # nbgrader calls `alembic` by name; it lives beside the Python that runs this.
        here = str(Path(sys.executable).parent)
        if here not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")

    def record(
        self, problem_set: ProblemSet, results: dict[str, tuple[str, Result]]
    ) -> dict[str, Reading]:
        """Write the machine's points, and read what people have given.

        Parameters
        ----------
        problem_set : ProblemSet
        results : dict
            By student's key: the name and the result that counts.

        Returns
        -------
        dict
            By student's key.
        """
        from nbgrader import api
        from nbgrader.preprocessors import SaveCells

        logging.getLogger("traitlets").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module="nbgrader")
        name = problem_set.name
        with api.Gradebook(self.url, COURSE_ID) as book:
            book.update_or_create_assignment(name, course_id=COURSE_ID)
        about = {"notebook": name, "assignment": name, "db_url": self.url}
        release = nbformat.reads(json.dumps(problem_set.release), as_version=4)
        SaveCells().preprocess(release, {"nbgrader": about})
        with api.Gradebook(self.url, COURSE_ID) as book:
            for key, (student, result) in results.items():
                path = self.autograded / key / name / f"{name}.ipynb"
                text = json.dumps(marked(problem_set, result), ensure_ascii=False, indent=1)
                if path.exists() and path.read_text(encoding="utf-8") == text:
                    continue  # a reader's work on it stays as it is
                path.parent.mkdir(parents=True, exist_ok=True)
                book.update_or_create_student(key, last_name=student)
                book.update_or_create_submission(name, key)
                _save(book, nbformat.reads(text, as_version=4), name, key)
                path.write_text(text, encoding="utf-8")
            return {
                submission.student.id: _read(submission)
                for submission in book.assignment_submissions(name)
            }


def _save(book: Any, notebook: Any, name: str, student: str) -> None:
    """Let nbgrader take the points from a marked notebook, in one transaction."""
    from nbgrader.preprocessors import SaveAutoGrades

    saver = SaveAutoGrades()
    saver.gradebook, saver.notebook_id, saver.assignment_id = book, name, name
    saver.student_id = student
    commit = book.db.commit
    book.db.commit = book.db.flush  # it would commit after each cell
    try:
        for i, cell in enumerate(notebook.cells):
            saver.preprocess_cell(cell, {}, i)
    finally:
        book.db.commit = commit
    commit()


def _read(submission: Any) -> Reading:
    """Collect what stands in the gradebook for one submission."""
    reading = Reading()
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            by_hand = grade.cell.cell_type == "markdown"
            if grade.needs_manual_grade:
                reading.waiting.append(grade.name)
            elif by_hand or grade.manual_score is not None:
                reading.points[grade.name] = float(grade.score)
            reading.extra += float(grade.extra_credit or 0)
        for comment in notebook.comments:
            if comment.manual_comment:
                reading.comments[comment.name] = comment.manual_comment
    return reading


def marked(problem_set: ProblemSet, result: Result) -> dict[str, Any]:
    """The release with a student's answers, their outputs, and the verdicts of the checks."""
    notebook = copy.deepcopy(problem_set.release)
    for cell in notebook["cells"]:
        name = cell["id"]
        if result.words.get(name):
            cell["source"] = _harmless(result.words[name])
        elif result.answers.get(name):
            cell["source"] = "\n\n".join(result.answers[name])
        if cell["cell_type"] != "code":
            continue
        cell["outputs"] = []
        if result.outputs.get(name):
            cell["outputs"].append(_stream(result.outputs[name]))
        if name in result.errors:
            cell["outputs"].append(_stream(result.errors[name] + "\n"))
        verdict = result.verdicts.get(name)
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            texts = [m["text"] for m in verdict["messages"]] if verdict else [result.trouble]
            if name in result.held:
                texts.append(f"Held: {result.held[name]}.")
            if texts:
                cell["outputs"].append(
                    {
                        "output_type": "error",
                        "ename": "Check",
                        "evalue": texts[0],
                        "traceback": texts,
                    }
                )
    return notebook


def _harmless(words: str) -> str:
    """Words without HTML: the reader's browser would run what a student writes there."""
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", words)


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}
