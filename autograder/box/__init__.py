"""The box: where student code runs. Theory of operation.

Untrusted code computes, trusted code judges. The student's cells run in a process of their
own, and the verdict is never decided there: questions go in, values come out, and the judge
compares them outside.

    judge                                box
      | -- cell: source text ------------> |  runs it in the student's namespace
      | <------------- raised, or nothing  |
      | -- ask: probe, inputs -----------> |  forks a child as things stand at this cell
      | <---- one frame for each answer    |  child: calls the student's functions
      | <------------------ end, its exit  |

What goes in: the cells, a probe's source, the inputs of the cases. What never goes in: rules,
references, other submissions, the gradebook, the secret. `world.py` writes the folder that the
box sees, with a `backprop` from which the answers have been cut.

Limits are CPU time; the wall clock is a backstop. A process that dies is started again, its
earlier cells are run again, and the answer that killed it is a failure: one bad cell costs what
it deserves, and the rest is still marked.

This is a plain limited process of the same user, `isolation: none`. It protects the verdict, not
the machine. Linux and macOS only: it needs `fork`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.box import frames, inside, values
from autograder.box.values import Failure

__all__ = ["Box", "Forked", "Limits"]

RESTARTS = 4


@dataclass(frozen=True)
class Limits:
    """cpu: seconds of CPU time for a cell or an answer. wall: seconds on the clock for the same.
    memory: bytes beyond what the interpreter needs."""

    cpu: float = 5.0
    wall: float = 20.0
    memory: int = 2 << 30


class _Venue:
    """Somewhere to put questions. A round ends early when an answer ends the process."""

    isolation = "none"

    def __init__(self, limits: Limits = Limits()):
        if not hasattr(os, "fork"):
            raise OSError("this needs Linux or macOS; on other systems use check() in the notebook")
        self.limits = limits

    def ask(self, probe: str, name: str, needs: Sequence[str], questions: Sequence[dict[str, Any]]) -> list[Any]:
        """What the probe returned for each question, or a Failure. After one that is too slow the rest
        is not tried: a value that fails once has failed."""
        replies: list[Any] = []
        while len(replies) < len(questions):
            if replies and isinstance(replies[-1], Failure) and replies[-1].kind == "too slow":
                replies.append(replies[-1])
                continue
            answers, ended = self._round(probe, name, needs, questions[len(replies) :])
            replies += answers
            if len(replies) < len(questions):
                kind, text = ended
                replies.append(Failure(kind, f"{needs[-1]} {text}"))
        return replies

    def _round(self, probe, name, needs, questions) -> tuple[list[Any], tuple[str, str]]:
        raise NotImplementedError

    def _answers(self, fd: int, count: int) -> tuple[list[Any], tuple[str, str] | int | None]:
        """Read up to `count` answers; also why there are fewer, or the exit code that says so."""
        answers: list[Any] = []
        try:
            while len(answers) < count:
                header, blobs = frames.receive(fd, time.monotonic() + self.limits.wall)
                if "end" in header:
                    return answers, int(header["end"])
                answers.append(_open(header, blobs))
        except frames.Late:
            return answers, ("too slow", f"took more than {self.limits.wall:g} s")
        except frames.Closed:
            return answers, None
        except (frames.BadFrame, TypeError, ValueError):
            return answers, ("broken reply", "sent back something that is not an answer")
        return answers, None

    def _why(self, code: int) -> tuple[str, str]:
        """What an exit code says about the answer that was never given."""
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return "too slow", f"took more than {self.limits.cpu:g} s of computing time"
        if code < 0:
            return "crashed", f"ended the process ({signal.Signals(-code).name})"
        return "crashed", f"ended the process (exit code {code})"


class Forked(_Venue):
    """Functions of this process, called in a forked child with a deadline."""

    def __init__(self, functions: dict[str, Callable], limits: Limits = Limits()):
        super().__init__(limits)
        self.functions = functions

    def _round(self, probe, name, needs, questions):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                null = os.open(os.devnull, os.O_RDWR)
                for standard in (0, 1, 2):
                    os.dup2(null, standard)
                limits = self.limits
                inside.answer(
                    write, inside.load(probe, name), self.functions, needs, questions, limits.cpu, limits.memory
                )
            finally:
                os._exit(0)
        os.close(write)
        try:
            answers, ended = self._answers(read, len(questions))
        finally:
            os.close(read)
            code = _end(child, patience=ended is None)
        return answers, ended or self._why(code)


class Box(_Venue):
    """One submission's process: runs its cells, then answers questions about them."""

    def __init__(self, world: Path, limits: Limits = Limits()):
        super().__init__(limits)
        self.world = world
        self.process: subprocess.Popen | None = None
        self.history: list[tuple[str, str]] = []
        self.restarts = 0

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *_) -> None:
        self._stop()

    def run(self, source: str, name: str) -> str | None:
        """Run one cell; returns what it raised, in a sentence, or None."""
        raised, survived = self._cell(source, name)
        if survived:
            self.history.append((source, name))
        return raised

    def _cell(self, source: str, name: str) -> tuple[str | None, bool]:
        if self.restarts > RESTARTS:
            return "was not run: earlier cells ended the process too often", False
        try:
            self._start()
            frames.send(self.process.stdin.fileno(), {"op": "cell", "source": source, "name": name})
            header, _ = frames.receive(self.process.stdout.fileno(), time.monotonic() + self.limits.wall)
            raised = header["raised"]
            return (raised if raised is None else str(raised)[:500]), True
        except frames.Late:
            self._stop()
            return f"took more than {self.limits.wall:g} s", False
        except (frames.Closed, frames.BadFrame, KeyError, OSError):
            return self._why(self._stop())[1], False

    def _round(self, probe, name, needs, questions):
        tree, blobs = values.pack(list(questions))
        header = {"op": "ask", "probe": probe, "name": name, "needs": list(needs), "questions": tree}
        try:
            self._start()
            frames.send(self.process.stdin.fileno(), header, blobs)
        except (OSError, frames.Closed):
            return [], self._why(self._stop())
        answers, ended = self._answers(self.process.stdout.fileno(), len(questions))
        if ended is None and len(answers) == len(questions):
            _, ended = self._answers(self.process.stdout.fileno(), 1)  # the frame that says how the child ended
        if isinstance(ended, int):
            return answers, self._why(ended)
        code = self._stop()
        return answers, ended or self._why(code)

    def _start(self) -> None:
        """Start the process if there is none, and run again what ran before."""
        if self.process and self.process.poll() is None:
            return
        if self.process or self.history:
            self.restarts += 1
            if self.restarts > RESTARTS:
                raise OSError("started too often")
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(self.world / "autograder" / "box" / "inside.py"), str(self.world),
             str(self.limits.cpu), str(self.limits.memory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=self.world, env=_environment(), start_new_session=True,
        )  # fmt: skip
        again, self.history = self.history, []
        for source, name in again:
            self.run(source, name)

    def _stop(self) -> int:
        """End the process and whatever it started; returns its exit code."""
        if not self.process:
            return -signal.SIGKILL
        process, self.process = self.process, None
        for pipe in (process.stdin, process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        return _end(process.pid, patience=True, process=process)


def _open(header: dict, blobs: list[bytes]) -> Any:
    """An answer's frame, as a value or a Failure."""
    kind, value = header["kind"], values.unpack(header["value"], blobs)
    if kind == "value":
        return value
    if kind in ("raised", "too much memory") and isinstance(value, str):
        return Failure(kind, value[:500])
    raise ValueError("unknown kind of answer")


def _end(pid: int, patience: bool, process: subprocess.Popen | None = None) -> int:
    """Wait for a child that is ending by itself, else end it; either way end its whole group."""
    for _ in range(20 if patience else 0):
        gone = process.poll() is not None if process else os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if gone:
            break
        time.sleep(0.005)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    if process:
        return process.wait()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _environment() -> dict[str, str]:
    """What the process may know of ours: next to nothing."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "MPLBACKEND": "Agg",
        "OPENBLAS_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
    }
