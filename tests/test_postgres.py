"""The gradebook in PostgreSQL: a real server, stock nbgrader's commands, and two graders at once."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from autograder import grade as grading
from autograder import sample
from autograder.gradebook import books
from autograder.lesson import find_lesson
from tests import test_standing
from tests.conftest import missing
from tests.test_nbgrader import nbgrader

LESSON = find_lesson("00")
NOBODY = 65534


def program(name):
    """One of PostgreSQL's programs; Debian keeps them beside the path."""
    beside = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *beside])) or missing(
        "PostgreSQL", "apt-get install postgresql"
    )


@pytest.fixture(scope="module")
def server():
    """A server of our own on a socket in a folder of its own; PostgreSQL refuses to run as root."""
    initdb, postgres = program("initdb"), program("postgres")
    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError:
        missing("psycopg", "pip install -e '.[scale]'")
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:  # a socket's path must be short
        if user:
            os.chown(folder, NOBODY, NOBODY)
        make = [initdb, "-D", f"{folder}/data", "-U", "backprop", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*make, "--locale=C"], check=True, capture_output=True, cwd=folder, **user)
        quick = ["-c", "fsync=off", "-c", "listen_addresses=", "-c", "max_connections=40"]
        command = [postgres, "-D", f"{folder}/data", "-k", folder, *quick]
        with open(f"{folder}/log", "w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **user)
        try:
            yield folder
        finally:
            process.send_signal(2)  # fast shutdown: who is connected is sent away
            process.wait(30)


@pytest.fixture
def database(server, request, monkeypatch):
    """The url of an empty database, which graders will use."""

    name = f"test_{abs(hash(request.node.name))}"
    with contextlib.closing(_connected(server)) as connection:
        connection.execute(f"create database {name}")
    url = f"postgresql+psycopg://backprop@/{name}?host={server}"
    monkeypatch.setenv("BACKPROP_GRADEBOOK", url)
    return url


def _connected(server):
    import psycopg

    for _ in range(100):
        with contextlib.suppress(psycopg.OperationalError):  # it is still starting
            return psycopg.connect(f"host={server} user=backprop dbname=postgres", autocommit=True)
        time.sleep(0.1)
    raise TimeoutError("PostgreSQL did not start")


def marks(url):
    from nbgrader.api import Gradebook

    with Gradebook(url, "backprop") as gradebook:
        return {each.student.id: each.score for each in gradebook.find_assignment(LESSON.name).submissions}


def rows(url, table):
    from nbgrader.api import Gradebook
    from sqlalchemy import text

    with Gradebook(url, "backprop") as gradebook:
        return gradebook.db.execute(text(f"select count(*) from {table}")).scalar()


def grading_process(classroom):
    command = [sys.executable, "-m", "autograder.cli", "grade", "00", "--jobs", "1", "--isolation", "any"]
    return subprocess.Popen(
        [*command, "--classroom", str(classroom)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def named(classroom, prefix):
    """The same sample class under other names."""
    for path in sorted((classroom / "submitted").iterdir()):
        path.rename(path.with_name(prefix + path.name))
    (classroom / f"deserved-{LESSON.name}.json").unlink()


def test_marks_are_those_of_sqlite(database, tmp_path, monkeypatch):
    sample.write(LESSON, tmp_path, 6)
    there = grading.grade(LESSON, tmp_path, isolation="any")
    assert not (tmp_path / "gradebook.db").exists() and marks(database) == {m.student: m.points for m in there}
    monkeypatch.delenv("BACKPROP_GRADEBOOK")
    assert grading.grade(LESSON, tmp_path, isolation="any") == there


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")
def test_what_stands_is_what_nbgrader_says(database):
    test_standing.write(database, 20)
    assert test_standing.at_once(database) == test_standing.one_by_one(database)


def test_two_graders_at_once_on_an_empty_database_lose_nobody(database, tmp_path):
    """Two classes, one gradebook."""
    for name in ("a", "b"):
        sample.write(LESSON, tmp_path / name, 8)
        named(tmp_path / name, f"{name}-")
    both = [grading_process(tmp_path / name) for name in ("a", "b")]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert len(marks(database)) == 16


def test_two_graders_at_once_on_the_same_class_write_it_once(database, tmp_path):
    deserved = sample.write(LESSON, tmp_path, 8)
    both = [grading_process(tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert all("gradebook: postgresql+psycopg://backprop@/" in each for each in said)
    assert marks(database) == deserved
    assert rows(database, "submitted_notebook") == rows(database, "student") == 8


def test_stock_nbgrader_reads_and_grades(database, root, tmp_path):
    for name in ("solutions", "course", "lessons"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    deserved = sample.write(LESSON, tmp_path / "classroom", 3)
    for arguments in (["generate_assignment", LESSON.name, "--force"], ["autograde", LESSON.name], ["export"]):
        run = nbgrader(*arguments, cwd=tmp_path, BACKPROP_ISOLATION="any")
        assert run.returncode == 0, run.stderr
    assert marks(database) == deserved and all(name in (tmp_path / "grades.csv").read_text() for name in deserved)


def test_the_formgraders_lists_and_pages_are_there(database, tmp_path):
    """SQLite takes queries that PostgreSQL refuses; these are all that the formgrader asks."""
    deserved = sample.write(LESSON, tmp_path, 3)
    grading.grade(LESSON, tmp_path, isolation="any")
    api, name = books.gradebook().opened(tmp_path), LESSON.name
    assert [each["num_submissions"] for each in api.get_assignments() if each["name"] == name] == [3]
    assert {each["id"]: each["score"] for each in api.get_students()} == deserved
    assert {each["student"]: each["score"] for each in api.get_submissions(name)} == deserved
    assert [each["name"] for each in api.get_notebooks(name)] == [name]
    assert {each["student"]: each["score"] for each in api.get_notebook_submissions(name, name)} == deserved
    student = next(iter(deserved))
    assert [each["score"] for each in api.get_student_submissions(student) if each["name"] == name] == [2]
    (notebook,) = api.get_student_notebook_submissions(student, name)
    assert notebook["score"] == deserved[student]
    pages, failed = grading.feedback(LESSON, tmp_path)
    assert len(pages) == 3 and not failed
