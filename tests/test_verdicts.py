"""The verdict store and the audit log: what was decided holds, and what changed is judged again, and nothing else."""

import copy
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from autograder import judge, sample
from autograder.box import Limits
from autograder.cli import cli
from autograder.lesson import Lesson, find_lesson
from autograder.submission import Step
from autograder.verdicts import Verdicts

LESSON = find_lesson("04")
RELU = "def relu_backward(dout, cache):\n    return dout * (cache > 0)"
STEPS = [Step(RELU), Step(exercise="relu_backward"), Step(exercise="mse_loss")]


@pytest.fixture
def judged(monkeypatch):
    """The names of the exercises that were judged, one list for each time."""
    asked, mark_cells = [], judge.mark_cells

    def counted(steps, exercises, *rest):
        asked.append([exercise.id for exercise in exercises])
        return mark_cells(steps, exercises, *rest)

    monkeypatch.setattr(judge, "mark_cells", counted)
    return asked


def verdicts_of(classroom, steps=STEPS, student="anna", lesson=LESSON, **settings):
    with Verdicts(classroom, "any", **settings) as verdicts:
        return verdicts.of(lesson, steps, student)


def log(classroom):
    return [json.loads(line) for line in (classroom / "audit.jsonl").read_text().splitlines()]


def test_what_was_decided_is_decided(tmp_path, judged):
    first = verdicts_of(tmp_path)
    assert verdicts_of(tmp_path) == verdicts_of(tmp_path, student="ben") == first
    assert first["relu_backward"].points == 2 and first["mse_loss"].points == 0
    assert judged == [["relu_backward", "mse_loss"]]


def test_judged_again_without_the_store_it_is_the_same_to_the_last_bit(tmp_path):
    wrong = [Step(RELU.replace("> 0", "< 0")), *STEPS[1:]]
    first = verdicts_of(tmp_path, wrong)
    for file in (tmp_path / "verdicts").rglob("*.json"):
        file.unlink()
    assert verdicts_of(tmp_path, wrong) == first and first["relu_backward"].diagnosis


def test_only_what_a_changed_exercise_touches_is_judged_again(tmp_path, judged, monkeypatch):
    verdicts_of(tmp_path)
    changed = tmp_path / "relu_backward.py"
    exercises = [copy.copy(exercise) for exercise in LESSON.exercises]
    relu = next(exercise for exercise in exercises if exercise.id == "relu_backward")
    changed.write_text(relu.path.read_text() + "\n# another case\n")
    relu.path = changed
    monkeypatch.setattr(Lesson, "exercises", property(lambda lesson: exercises))
    verdicts_of(tmp_path)
    verdicts_of(tmp_path)
    assert judged == [["relu_backward", "mse_loss"], ["relu_backward"]]


@pytest.mark.parametrize("what", ["the secret", "the limits", "our code", "the code handed in"])
def test_everything_is_judged_again_when_what_decides_has_changed(what, tmp_path, judged, monkeypatch):
    verdicts_of(tmp_path)
    if what == "the secret":
        (tmp_path / "secret").write_text("00" * 32)
    if what == "our code":
        monkeypatch.setattr("autograder.verdicts._ours", lambda: "changed")
    limits = Limits(cpu=4) if what == "the limits" else Limits()
    steps = [Step("a = 1"), *STEPS] if what == "the code handed in" else STEPS
    verdicts_of(tmp_path, steps, limits=limits)
    assert judged == [["relu_backward", "mse_loss"]] * 2


@pytest.mark.parametrize("spoiled", ["", "{", "[]", "null"])
def test_a_spoiled_file_of_the_store_is_no_verdict(spoiled, tmp_path, judged):
    first = verdicts_of(tmp_path)
    for file in (tmp_path / "verdicts").rglob("*.json"):
        file.write_text(spoiled)
    assert verdicts_of(tmp_path) == first and len(judged) == 2


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    first, second = Verdicts(tmp_path), Verdicts(tmp_path)
    assert len(first.secret) == 32 and second.secret == first.secret
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0 and tmp_path.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_the_log_says_what_was_judged_and_what_it_was_worth(tmp_path):
    verdicts_of(tmp_path)
    verdicts_of(tmp_path, student="ben")
    first, second = log(tmp_path)
    assert first["event"] == "judged" and first["lesson"] == LESSON.name and first["student"] == "anna"
    assert first["points"] == {"relu_backward": [2, 2], "mse_loss": [0, 3]}
    assert first["anew"] == ["relu_backward", "mse_loss"] and second["anew"] == []
    assert first["code"] == second["code"] and first["points"] == second["points"]
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o077 == 0


# ----- a class -----


def grade(classroom, *options):
    return CliRunner().invoke(cli, ["grade", "00", "--isolation", "any", "--classroom", str(classroom), *options])


@pytest.fixture
def classroom(tmp_path):
    """A class of the welcome, one of every sort but the endless."""
    sample.write(find_lesson("00"), tmp_path, 7)
    return tmp_path


def test_a_dry_run_says_what_would_change_and_changes_nothing(classroom):
    run = grade(classroom, "--dry-run")
    assert run.exit_code == 0 and "7 of 7 would change; nothing was written" in run.output, run.output
    assert not (classroom / "gradebook.db").exists() and not (classroom / "autograded").exists()
    assert "7 of 7 as deserved" in grade(classroom).output
    before = (classroom / "gradebook.db").read_bytes()
    assert "0 of 7 would change" in grade(classroom, "--dry-run").output
    right, empty = (next((classroom / "submitted").glob(f"*{sort}/*/*.ipynb")) for sort in ("right", "empty"))
    right.write_bytes(empty.read_bytes())
    run = grade(classroom, "--dry-run")
    assert "1 of 7 would change" in run.output and "2 → 0" in run.output
    assert (classroom / "gradebook.db").read_bytes() == before


def test_the_log_of_a_class_is_only_ever_added_to(classroom):
    grade(classroom)
    first = (classroom / "audit.jsonl").read_bytes()
    grade(classroom)
    assert (classroom / "audit.jsonl").read_bytes().startswith(first)
    written = [line["students"] for line in log(classroom) if line["event"] == "written"]
    assert written == [sorted(path.name for path in (classroom / "submitted").iterdir())] * 2


def test_whoever_is_killed_goes_on_where_they_were(classroom):
    """kill -9 at moments that nobody chose, until all that is to be judged was; then every mark is the deserved one."""
    command = [sys.executable, "-m", "autograder.cli", "grade", "00", "--isolation", "any", "--jobs", "2"]
    moments, ended = random.Random(0), []
    for _ in range(5):
        run = subprocess.Popen([*command, "--classroom", str(classroom)], stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.1, 0.9))
        if run.poll() is None:
            run.send_signal(signal.SIGKILL)
        ended.append(run.wait())
    assert -signal.SIGKILL in ended
    before = {file: file.read_bytes() for file in (classroom / "verdicts").rglob("*.json")}
    run = grade(classroom)
    assert run.exit_code == 0 and "7 of 7 as deserved" in run.output
    assert all(file.read_bytes() == text for file, text in before.items()), "what was judged stands"
    judged = [line["student"] for line in log(classroom) if line["event"] == "judged" and line["anew"]]
    assert len(judged) >= 6  # an unreadable one is judged as the empty one is


def test_two_graders_at_once_lose_nothing(classroom):
    command = [sys.executable, "-m", "autograder.cli", "grade", "00", "--isolation", "any", "--classroom"]
    runs = [subprocess.Popen([*command, str(classroom)], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert all("7 of 7 as deserved" in each for each in said)
    assert os.listdir(classroom / "submitted") and "7 of 7 as deserved" in grade(classroom).output
