"""Where nbgrader finds the problem sets: made in `solutions/`, handed out in `exercises/`."""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "elphlib"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.db_url = "sqlite:///build/gradebook.db"
