"""A class judged on a cluster: the same marks, whoever dies, and no secret anywhere but here."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder import examiner, sample
from autograder import grade as grading
from autograder.cli import cli
from autograder.lesson import find_lesson
from tests.conftest import missing

LESSON = find_lesson("00")
NOT_YET = 0.7  # seconds: Dask's nanny gives up a worker that dies while it is being started
DEPLOY = Path(__file__).parent.parent / "deploy" / "dask"


@pytest.fixture(scope="module")
def scale():
    try:
        from autograder import scale
    except ModuleNotFoundError as error:
        missing(error.name, "pip install -e '.[scale]'")
    return scale


@pytest.fixture(scope="module")
def cluster(scale, tmp_path_factory):
    """A scheduler and two workers on this machine, each a process; a task is given up at its second death."""
    import dask
    from distributed import LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.daemon": False,
        "temporary-directory": str(tmp_path_factory.mktemp("dask")),
    }
    with dask.config.set(settings):
        with LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs="CRITICAL"
        ) as cluster:
            yield cluster


@pytest.fixture
def classroom(tmp_path):
    sample.write(LESSON, tmp_path / "classroom", 6)
    return tmp_path / "classroom"


def grade(classroom, cluster, **changes):
    return {
        m.student: m for m in grading.grade(LESSON, classroom, isolation="any", scheduler=cluster.scheduler_address)
    }


def test_a_cluster_gives_the_same_marks(classroom, cluster, tmp_path):
    shutil.copytree(classroom, tmp_path / "here")
    here = {mark.student: mark for mark in grading.grade(LESSON, tmp_path / "here", isolation="any")}
    assert grade(classroom, cluster) == here and len(here) == 6
    assert {s: m.judged for s, m in here.items()} == sample.deserved(LESSON, classroom)


def test_verdicts_of_a_cluster_are_bit_equal(classroom, cluster):
    (classroom / "secret").write_text("ab" * 32)
    grade(classroom, cluster)
    first = {path.name: path.read_bytes() for path in classroom.glob("verdicts/*/*.json")}
    shutil.rmtree(classroom / "verdicts")
    grading.grade(LESSON, classroom, isolation="any")
    assert {path.name: path.read_bytes() for path in classroom.glob("verdicts/*/*.json")} == first != {}


def test_the_command_grades_on_a_cluster(classroom, cluster):
    arguments = ["grade", "00", "--classroom", str(classroom), "--isolation", "any"]
    run = CliRunner().invoke(cli, [*arguments, "--scheduler", cluster.scheduler_address])
    assert run.exit_code == 0 and "6 of 6 as deserved" in run.output, run.output


def test_the_command_says_who_is_not_there(classroom, scale, monkeypatch):
    monkeypatch.setattr(scale, "PATIENCE", 0.2)
    run = CliRunner().invoke(cli, ["grade", "00", "--classroom", str(classroom), "--scheduler", "tcp://127.0.0.1:9"])
    assert run.exit_code == 1 and "no scheduler answers at tcp://127.0.0.1:9" in run.output


# ----- who dies -----


def test_whatever_kills_its_workers_is_our_fault_and_costs_nobody_else(classroom, cluster, scale, monkeypatch):
    """Here it is the task itself that kills; student code, in its box, could not."""
    killer, there = "sample-02-mistaken-thinks-of-a-line", scale.judged

    def kills(asked, steps, names, student):
        if student == killer:
            time.sleep(NOT_YET)
            os.kill(os.getpid(), signal.SIGKILL)
        return there(asked, steps, names, student)

    monkeypatch.setattr(scale, "judged", kills)
    marks = grade(classroom, cluster)
    deserved = sample.deserved(LESSON, classroom)
    assert (
        marks[killer].points is None and "our fault: Lost" in marks[killer].note and "alone too" in marks[killer].note
    )
    assert {s: m.judged for s, m in marks.items() if s != killer} == {s: p for s, p in deserved.items() if s != killer}
    monkeypatch.undo()
    assert grade(classroom, cluster)[killer].judged == deserved[killer], "it is tried again at the next run"


def test_a_worker_that_dies_while_it_judges_loses_nothing(classroom, cluster, scale, monkeypatch, tmp_path):
    there, died = scale.judged, tmp_path / "died"

    def dies_once(asked, steps, names, student):
        with contextlib.suppress(FileExistsError):
            died.joinpath(student).mkdir(parents=True)
            if student < "sample-04":
                time.sleep(NOT_YET)
                os.kill(os.getpid(), signal.SIGKILL)
        return there(asked, steps, names, student)

    monkeypatch.setattr(scale, "judged", dies_once)
    marks = grade(classroom, cluster)
    assert len(list(died.glob("sample-0[123]*"))) == 3
    assert {s: m.judged for s, m in marks.items()} == sample.deserved(LESSON, classroom)


def test_who_is_asked_alone_is_alone(scale):
    gate, inside, most = scale._Gate(), [], []

    def enter(alone):
        with gate(alone):
            inside.append(alone)
            time.sleep(0.01)
            most.append(len(inside) if any(inside) else 1)
            inside.pop()

    threads = [threading.Thread(target=enter, args=(number % 5 == 0,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 30


# ----- who may judge, and what they learn -----


def test_a_worker_with_other_files_or_no_walls_refuses(classroom, cluster, scale, monkeypatch):
    monkeypatch.setattr(scale, "version", lambda lesson: "others")
    with pytest.raises(scale.OtherVersion, match="the worker tcp://.* has other files"):
        grade(classroom, cluster)


def test_seeds_and_no_secret_go_to_a_worker_and_neither_is_shown(classroom, cluster, scale, monkeypatch):
    secret, sent = bytes.fromhex("cd" * 32), []
    (classroom / "secret").write_text(secret.hex())
    asks = scale.Cluster.ask
    monkeypatch.setattr(scale.Cluster, "ask", lambda self, *task, **how: sent.append(task) or asks(self, *task, **how))
    grade(classroom, cluster)
    import cloudpickle

    assert sent and not [task for task in sent if secret in cloudpickle.dumps(task) or secret.hex() in repr(task)]
    asked = sent[0][1]
    assert asked.seeds == examiner.seeds(secret, LESSON.exercises)
    assert not [seed for seed in asked.seeds.values() if str(seed) in repr(sent[0])]


def test_seeds_are_those_of_the_secret_for_every_student():
    lesson = find_lesson("04")
    known, secret = examiner.known_seed(examiner.seeds(b"x", lesson.exercises)), examiner.secret_seed(b"x")
    drawn = [exercise.drawn_for("somebody") for exercise in lesson.exercises]
    assert all(known(exercise, case) == secret(exercise, case) for exercise in drawn for case in exercise.cases)


def test_what_a_notebook_shows_is_run_on_the_cluster_too(classroom, cluster):
    marks = grading.grade(LESSON, classroom, isolation="any", outputs=True, scheduler=cluster.scheduler_address)
    assert all(mark.points is not None for mark in marks)


# ----- files to start with -----


def test_the_files_for_a_cluster_are_well_formed(scale):
    import yaml  # it comes with Dask

    for script in DEPLOY.glob("*.sh"):
        assert subprocess.run(["bash", "-n", script]).returncode == 0
    parts = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
    assert [(part["kind"], part["metadata"]["name"]) for part in parts] == [
        ("Deployment", "backprop-scheduler"),
        ("Service", "backprop-scheduler"),
        ("Deployment", "backprop-worker"),
        ("NetworkPolicy", "backprop-scheduler"),
    ]
    assert {path.name for path in DEPLOY.iterdir()} == {"README.md", "Dockerfile", "kubernetes.yaml", "workers.sh"}
