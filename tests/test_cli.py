"""The command: parse, call one function, say what it did; errors end with the next step."""

import importlib
import json
import socket
import subprocess
import sys
from unittest import mock

import pytest
from click.testing import CliRunner
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from autograder import sample
from autograder.cli import cli
from autograder.lab import command
from autograder.lesson import find_lesson
from tests.browser.servers import serve

LESSON = find_lesson("04")
JUDGED = sum(exercise.counts for exercise in LESSON.exercises)


def backprop(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def test_help_names_every_command_with_an_example():
    text = backprop("--help").output
    for name in cli.commands:
        assert name in text
        assert f"backprop {name}" in backprop(name, "--help").output


def test_an_unknown_lesson_is_answered_with_the_known_ones():
    run = backprop("grade", "77")
    assert run.exit_code == 2 and "there are: " in run.output and "04_backward_pass" in run.output


def test_build_check_is_quiet_about_a_fresh_course():
    run = backprop("build", "04", "--check")
    assert run.exit_code == 0 and "out of date" not in run.output and "minutes of reading" in run.output


def test_check_tells_of_a_file_what_marking_would(tmp_path):
    (wrong,) = [s for s in sample.samples(LESSON, 2) if s.name.startswith("mistaken")]
    released = json.loads(LESSON.released.read_text())
    path = tmp_path / f"{LESSON.name}.ipynb"
    path.write_text(json.dumps(sample.filled(released, wrong)))
    run = backprop("check", path, "--student", wrong.student)
    assert (
        run.exit_code == 0
        and "dx ✓   dw ✓   db ✗" in run.output
        and f"{JUDGED - 1:g} of {JUDGED:g} points" in run.output
    )


def test_check_of_the_untouched_notebook_is_zero():
    run = backprop("check", LESSON.released)
    assert run.exit_code == 0 and "is not written yet" in run.output and f"0 of {JUDGED:g} points" in run.output


@pytest.mark.parametrize(
    "name, content, says",
    [
        ("04_backward_pass.ipynb", "{", "the file is no whole notebook"),
        ("04_backward_pass.ipynb", '{"nbformat": 4, "cells": []}', "is it another lesson's notebook"),
        ("notes.ipynb", "{}", "no lesson is called 'notes'"),
    ],
)
def test_check_refuses_what_it_cannot_read(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_text(content)
    run = backprop("check", path)
    assert run.exit_code != 0 and says in run.output and "Traceback" not in run.output


def test_class_writes_as_many_as_asked_for_and_knows_their_marks(tmp_path):
    run = backprop("class", "04", "-n", 30, "--classroom", tmp_path)
    assert run.exit_code == 0 and "30 submissions" in run.output
    assert len(list(tmp_path.glob("submitted/*/*/*.ipynb"))) == len(sample.deserved(LESSON, tmp_path)) == 30


def test_lab_without_a_screen_prints_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    made = command(["--port=9999"])
    assert made[:3] == [sys.executable, "-m", "jupyterlab"] and made[-1] == "--port=9999"
    assert f"--ServerApp.root_dir={tmp_path / 'my-course'}" in made
    assert (tmp_path / "my-course" / "04_backward_pass" / "04_backward_pass.ipynb").exists()
    if sys.platform.startswith("linux"):
        assert "--no-browser" in made


def test_what_ends_lab_ends_its_server(tmp_path):
    with serve([sys.executable, "-m", "autograder.cli", "lab"], tmp_path, tmp_path) as server:
        port = int(server.address.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_labs_server_hands_on_what_a_kernel_says_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (given,) = (option for option in command([]) if "kernel_websocket_connection_class" in option)
    module, name = given.split("=")[1].rsplit(".", 1)
    kind, asked = getattr(importlib.import_module(module), name), []
    monkeypatch.setattr(kind.__base__, "connect", lambda self: asked.append("connected"))
    handler = mock.create_autospec(KernelWebsocketHandler, instance=True)
    handler.set_nodelay.side_effect = asked.append
    kind(websocket_handler=handler).connect()
    assert asked == [True, "connected"]


def test_the_command_is_installed():
    run = subprocess.run([sys.executable, "-m", "autograder.cli", "--version"], capture_output=True, text=True)
    assert run.returncode == 0 and "version" in run.stdout
