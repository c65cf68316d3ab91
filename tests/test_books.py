"""The books: one process writes, touches nothing too early, and outlives nobody."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from autograder import sample, submission
from autograder.cli import cli
from autograder.grade import gradebook_of
from autograder.gradebook.books import MANY, Books, CannotWrite, Judged, gradebook
from autograder.lesson import find_lesson, lessons

LESSON = find_lesson("03")
RELEASED = submission.released(LESSON)


def handed_in(classroom, student):
    """An untouched lesson, and what is to be written of it."""
    path = classroom / "submitted" / student / LESSON.name / f"{LESSON.name}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(RELEASED))
    return Judged(student, submission.harden(RELEASED, RELEASED), {})


def test_nothing_is_touched_before_it_is_opened(tmp_path):
    classroom = tmp_path / "classroom"
    with Books(LESSON, classroom, "any"):
        time.sleep(0.5)
    assert not classroom.exists()


def test_everybody_has_a_line_in_the_order_of_the_notes(tmp_path):
    students = [f"student-{number:03}" for number in range(MANY + 5)]  # more than one batch
    with Books(LESSON, tmp_path, "any") as books:
        books.open()
        for student in reversed(students):
            books.add(handed_in(tmp_path, student))
        lines = books.close(dict.fromkeys(students, "") | {"lost": "our fault: lost"})
    assert [line.student for line in lines] == [*students, "lost"]
    assert [line.points for line in lines] == [0.0] * (MANY + 5) + [None] and lines[-1].note.endswith("our fault: lost")
    log = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert sorted(name for line in log for name in line["students"]) == students and len(log) > 1


def test_what_waits_is_written_when_nothing_more_comes(tmp_path):
    with Books(LESSON, tmp_path, "any") as books:
        books.open()
        books.add(handed_in(tmp_path, "anna"))
        log = tmp_path / "audit.jsonl"
        assert eventually(lambda: log.exists() and "anna" in log.read_text())


def test_the_gradebook_is_asked_no_more_for_many_than_for_few(tmp_path, request):
    from sqlalchemy import Engine, event

    asked = []

    def note(connection, cursor, statement, *_):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    request.addfinalizer(lambda: event.remove(Engine, "before_cursor_execute", note))

    def queries(classroom, students):
        asked.clear()
        gradebook().keep(
            LESSON, classroom, "any", iter([[judged[each] for each in students], dict.fromkeys(students, "")])
        )
        return sum(statement.startswith("SELECT") for statement in asked)

    students = [f"student-{number}" for number in range(9)]
    judged = {student: handed_in(tmp_path, student) for student in students}
    few = tmp_path / "few"
    shutil.copytree(tmp_path / "submitted", few / "submitted")
    assert queries(tmp_path, students) == queries(few, students[:2])
    assert queries(tmp_path, students) == queries(few, students[:2])  # nor when all are known


def test_while_a_batch_is_written_others_may_read_and_nobody_may_write(tmp_path):
    gradebook().keep(LESSON, tmp_path, "any", iter([{}]))
    from autograder.gradebook.transaction import Transactions

    file = tmp_path / "gradebook.db"
    with (
        contextlib.closing(Transactions(f"sqlite:///{file}", "backprop")) as books,
        contextlib.closing(sqlite3.connect(file, timeout=0)) as other,
    ):
        with books.together():
            books.fetch(LESSON.name, ["anna"])
            books.update_or_create_student("anna")
            books.update_or_create_submission(LESSON.name, "anna")
            assert other.execute("SELECT count(*) FROM student").fetchone() == (0,)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("INSERT INTO student (id) VALUES ('ben')")
        assert other.execute("SELECT id FROM student").fetchall() == [("anna",)]
        with contextlib.suppress(ZeroDivisionError), books.together():
            books.update_or_create_student("carl")
            1 / 0
        assert other.execute("SELECT id FROM student").fetchall() == [("anna",)]


def test_a_gradebook_that_is_none_stops_with_a_reason(tmp_path):
    sample.write(LESSON, tmp_path, 1)
    (tmp_path / "gradebook.db").write_bytes(b"not a database" * 100)
    run = CliRunner().invoke(cli, ["grade", "03", "--classroom", str(tmp_path), "--isolation", "any"])
    assert run.exit_code == 1 and "file is not a database" in run.output and "Traceback" not in run.output


def test_a_keeper_that_is_killed_is_told(tmp_path):
    with Books(LESSON, tmp_path, "any") as books:
        os.kill(books._keeper.pid, signal.SIGKILL)
        books._keeper.join()
        with pytest.raises(CannotWrite, match="was ended"):
            books.open()
            books.close({})


ORPHAN = """
import os, signal, sys
from pathlib import Path
from autograder.gradebook.books import Books
from autograder.lesson import find_lesson
books = Books(find_lesson("03"), Path(sys.argv[1]), "any")
print(books._keeper.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_keeper_does_not_outlive_whoever_judges(tmp_path):
    run = subprocess.run([sys.executable, "-c", ORPHAN, tmp_path / "room"], stdout=subprocess.PIPE, text=True)
    keeper = int(run.stdout)
    assert run.returncode == -signal.SIGKILL and eventually(lambda: not alive(keeper))


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_a_lesson_is_known_as_nbgrader_releases_it(lesson, tmp_path):
    assert gradebook().keep(lesson, tmp_path / "ours", "any", iter([{}])) == []
    (tmp_path / "theirs").mkdir()
    api = gradebook().opened(tmp_path / "theirs")
    api.coursedir.release_directory = str(tmp_path / "release")
    assert api.generate_assignment(lesson.name, force=True, create=True)["success"]
    ours, theirs = (known(tmp_path / each / "gradebook.db") for each in ("ours", "theirs"))
    assert ours == theirs and len(ours[2]) >= len(lesson.exercises)


def known(gradebook):
    """What a gradebook knows of lessons and their cells, without the numbers that are drawn for rows."""
    with contextlib.closing(sqlite3.connect(gradebook)) as rows:
        return [
            sorted(rows.execute(f"SELECT {what}").fetchall(), key=repr)
            for what in (
                "version_num FROM alembic_version",
                "assignment.name, duedate, course_id, notebook.name, kernelspec"
                " FROM assignment JOIN notebook ON assignment_id = assignment.id",
                "name, source, cell_type, locked, checksum FROM source_cell",
                "name, type, grade_cells.max_score, grade_cells.cell_type, task_cells.max_score, task_cells.cell_type"
                " FROM base_cell LEFT JOIN grade_cells USING (id) LEFT JOIN task_cells USING (id)",
            )
        ]


UNUSED = """
import gc, shutil, sys
from pathlib import Path
from autograder.gradebook.books import gradebook
gradebook()
print(sorted({"alembic", "lark", "rfc3987_syntax", "setuptools"} & set(sys.modules)), gc.isenabled())
from nbgrader.utils import unpack_archive
Path("handed-in").mkdir()
Path("handed-in", "a.ipynb").touch()
unpack_archive(shutil.make_archive("archive", "zip", "handed-in"), "unpacked")
print(Path("unpacked", "a.ipynb").exists())
"""


def test_nbgrader_is_imported_without_what_nobody_uses_and_can_use_it_all_the_same(tmp_path):
    run = subprocess.run([sys.executable, "-c", UNUSED], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert run.stdout.splitlines() == ["[] True", "True"]


def test_a_new_gradebook_has_the_version_that_nbgraders_command_finds():
    from nbgrader.api import get_alembic_version

    assert gradebook()._head() == get_alembic_version()


@pytest.mark.parametrize(
    "address, shown",
    [
        ("postgresql+psycopg://anna:se:c@ret@host:5432/marks", "postgresql+psycopg://anna:***@host:5432/marks"),
        ("postgresql+psycopg://anna@/marks?host=/tmp", "postgresql+psycopg://anna@/marks?host=/tmp"),
        ("sqlite:////srv/marks.db", "/srv/marks.db"),
    ],
)
def test_where_the_marks_are_is_told_without_a_password(address, shown, tmp_path, monkeypatch):
    monkeypatch.setenv("BACKPROP_GRADEBOOK", address)
    assert gradebook_of(tmp_path) == shown


def alive(pid):
    """Whether a process runs; one that nobody has reaped does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()
