"""Marks for the problem sets: student code runs in a sandbox, points are decided outside it.

`make grade SUBMISSIONS=folder` runs this package. In the order of a submission's way through it:

- `problem_set`  the trusted source: cells, points, visible and hidden checks
- `downloads`    whose file is it: the names that Moodle and Canvas give to submissions
- `submission`   what a student's notebook holds, however it was mangled on the way
- `withheld`     a copy of elphlib without what a problem asks the student to write
- `sandbox`      a process without network, files or other students, and with limits
- `student`      what runs inside it;  `wire` what may cross the border
- `judge`        the checks, run outside against the student's functions inside
- `batch`        a class: in parallel, resumable
- `gradebook`    hand-graded parts, through nbgrader's formgrader
- `report`       CSV files, one feedback page for each student, one report on the class
"""
