"""nbgrader's steps on this course's folders, with our judge in place of its own execution."""

import os

N = "nbgrader.preprocessors."
c = get_config()  # noqa: F821
classroom = os.environ.get("BACKPROP_CLASSROOM", "classroom")

c.CourseDirectory.course_id = "backprop"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = f"{classroom}/submitted"
c.CourseDirectory.autograded_directory = f"{classroom}/autograded"
c.CourseDirectory.feedback_directory = f"{classroom}/feedback"
c.CourseDirectory.db_url = os.environ.get("BACKPROP_GRADEBOOK", f"sqlite:///{classroom}/gradebook.db")
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "README.md"]

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your turn"}
c.ClearSolutions.text_stub = "*Your answer.*"

# The student's cells come back whole, then the judge writes the outputs of the test cells.
c.Autograde.exporter_class = "autograder.nbgrader.SubmissionExporter"
c.Autograde.pre_convert_hook = "autograder.nbgrader.keep_timestamp_readable"
c.Autograde.sanitize_preprocessors = [
    N + "ClearOutput",
    "autograder.nbgrader.HardenCells",
    N + "OverwriteKernelspec",
    N + "CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader.TrustedExecute",
    N + "LimitOutput",
    N + "SaveAutoGrades",
    N + "AssignLatePenalties",
    N + "CheckCellMetadata",
]

c.TrustedExecute.classroom = classroom
c.TrustedExecute.isolation = os.environ.get("BACKPROP_ISOLATION", "safe")

# No hidden test reaches a page, and no student's script runs on the instructor's.
c.GenerateFeedback.preprocessors = [
    N + "GetGrades",
    N + "ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.HTMLExporter.filters = {"markdown2html": "autograder.pages.markdown"}
