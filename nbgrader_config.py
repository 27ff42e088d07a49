"""Where nbgrader finds the problem sets: made in `solutions/`, handed out in `exercises/`.

nbgrader reads this file from the folder it is run in, the root of the project. See
`solutions/README.md` for how a problem set is built.
"""

import os
import sys
from pathlib import Path

Path("build").mkdir(exist_ok=True)  # SQLite makes the gradebook but not its folder
# nbgrader calls `alembic` by name; it lives beside the Python that runs this.
os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "elphlib"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "build/submitted"
c.CourseDirectory.autograded_directory = "build/autograded"
c.CourseDirectory.feedback_directory = "build/feedback"
c.CourseDirectory.db_url = "sqlite:///build/gradebook.db"

c.ClearSolutions.code_stub = {
    "python": '# Your code here\nraise NotImplementedError("this part is still to be written")'
}
c.ClearSolutions.text_stub = "*Your answer here.*"

# Hidden tests stay hidden in what goes back to the students, too.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
