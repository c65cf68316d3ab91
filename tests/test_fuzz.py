"""A few of the broken notebooks and frames of `python -m tests.fuzz`, on every run of the tests."""

import subprocess
import sys

from autograder import grade as grading
from tests import fuzz
from tests.fuzz import __main__ as command
from tests.fuzz import frames, mutate, notebooks

SOME = "200"


def test_broken_notebooks_crash_nothing_and_are_paid_no_more_than_the_unbroken(capsys):
    assert command.main(["--notebooks", SOME, "--frames", "0"]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert "earns 8" in said and "earns 15" in said, "the unbroken must earn about half, or there is nothing to see"
    assert all(level in said for level in mutate.LEVELS)


def test_broken_frames_crash_nothing_and_are_paid_no_more_than_the_unbroken(root):
    """In a small process: workers are forks of it, thousands of them, and forks of that of all tests are dear."""
    asked = [sys.executable, "-m", "tests.fuzz", "--notebooks", "0", "--frames", SOME]
    run = subprocess.run(asked, cwd=root, capture_output=True, text=True)
    assert run.returncode == 0 and "earns 6" in run.stdout, run.stdout + run.stderr


def test_a_mutant_can_be_made_again():
    file = notebooks.unbroken(notebooks.lesson_of(0))
    for number in range(50):
        first, again = (mutate.mutant(file, fuzz.generator(3, number)) for _ in range(2))
        assert first == again


def test_a_grader_that_crashes_is_found(monkeypatch, capsys):
    graded = grading.grade

    def crashes(lesson, classroom, *rest):
        if list((classroom / "submitted").glob("mutant-00007")):
            raise ZeroDivisionError("of ours")
        return graded(lesson, classroom, *rest)

    monkeypatch.setattr(grading, "grade", crashes)
    assert command.main(["--notebooks", "3", "--frames", "0", "--from", "6"]) == 1
    said = capsys.readouterr().out
    assert "the grader raised ZeroDivisionError: of ours" in said and "1 counterexamples" in said and "--from 7" in said


def test_frames_that_pay_too_much_are_found(monkeypatch, capsys):
    monkeypatch.setattr(frames, "marks", lambda about, breaker=None: ({"relu_backward": 2 if breaker else 0}, 9))
    assert command.main(["--notebooks", "0", "--frames", "1", "--jobs", "1"]) == 1
    assert "relu_backward 2, unbroken 0" in capsys.readouterr().out
