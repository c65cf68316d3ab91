"""The box: where student code runs. Theory of operation.

Untrusted code computes, trusted code judges. The student's cells run in a process of their
own, and the verdict is never decided there: questions go in, values come out, and the judge
compares them outside.

    judge                                worker, in the box
      | -- cell: source text ------------> |  runs it in the student's namespace
      | <------------- raised, or nothing  |
      | -- ask --------------------------> |  forks a child as things stand at this cell
      | -- round: probe, inputs ---------> |
      | <---- one frame for each answer    |  child: calls the student's functions
      | -- over -------------------------> |
      | <------------------ end, its exit  |

What goes in: the cells, a probe's source, the inputs of the cases. What never goes in: rules,
references, other submissions, the gradebook, the secret.

Read in this order:

    frames.py    how bytes cross: every size and deadline is checked on whole frames
    values.py    what may cross: arrays, numbers, strings, None, lists, tuples, dicts; never pickled
    counted.py   numbers that stop whoever uses them far too often
    inside.py    the worker: runs cells, answers questions
    world.py     the folder that it sees: a `backprop` from which the answers have been cut
    launch.py    the walls, from strongest to none, and how a worker is started behind them
    warm.py      the parent that holds Python ready behind the walls, forks for each submission, and watches it
    seccomp.py   the system calls that it may not make
    cgroup.py    a bound on what a whole slot may use

Limits are CPU time; the wall clock is a backstop that ends everything in the box. A worker that dies
is started again, its earlier cells are run again, and the answer that killed it is a failure: one
bad cell costs what it deserves, and the rest is still marked.

CPU time is bounded twice. The kernel stops a process which has had its time, at the cost of one answer;
but a process may ignore that, raise its limit, or start others, which have limits of their own. So the
warm parent adds up what the whole world has used since a cell or an answer began, the living and
the reaped, and ends the world a second later; with all cores busy it may be late by a few hundredths of
a second on each. Its verdict is the same.

What is not promised: a hole in the kernel is a hole in the box, and two questions of one submission
are not walled from each other: an answer may use the time of those before it to prepare. Those about one
exercise are put to one child, in one sitting; the next exercise gets a child of its own, and who is asked
last the worker itself. Without
namespaces nothing watches: who evades the kernel's limit has the wall clock at the level `uid`, and at
`none` whatever escapes its process group has all the time there is.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.box import frames, inside, values, world
from autograder.box import shown as inside_shown
from autograder.box.launch import LEVELS, NONE, Limits, NoSandbox, Slot, Worker
from autograder.box.values import Failure

__all__ = ["Box", "Forked", "Limits", "NoSandbox", "Sandbox", "Shown"]

LARGEST_CALL = 20_000  # bytes of arguments
PNG, LARGEST_FIGURE = b"\x89PNG\r\n\x1a\n", 1 << 20
AHEAD = 8000  # characters of cells that are sent ahead: they fit into the line, so that nobody waits for it to be read
LONGEST_AXIS = 1000  # of an argument: what becomes of two of them is still harmless, even if both are empty
Ended = tuple[str, str] | int | None


@dataclass(frozen=True)
class Shown:
    """What came of a cell: why it failed, if it did; whether the process survived; and what it shows, which is
    the student's: plain text, and pictures of one kind."""

    raised: str | None
    survived: bool = True
    text: str = ""
    result: str | None = None
    figures: Sequence[bytes] = ()


class Sandbox:
    """The slots of one run, all behind the same walls.

    keep: names of what of the library is there; None for all of it, where nothing is asked.
    isolation: "safe", the strongest walls there are, and NoSandbox where there are none;
    "any", the strongest, even if that is none; "none", no walls.
    """

    def __init__(self, keep: Collection[str] | None, isolation: str = "safe", jobs: int = 1, limits: Limits = Limits()):
        if not hasattr(os, "fork"):
            raise NoSandbox("marking needs Linux or macOS; on other systems use check() in the notebook")
        self._home = tempfile.TemporaryDirectory(prefix="backprop-")
        self.limits, self._slots, self._alone = limits, queue.LifoQueue(), threading.Lock()
        try:
            self.world = world.build(Path(self._home.name).resolve(), keep)
            self.level, first = self._strongest(isolation)
        except BaseException:
            self._home.cleanup()
            raise
        self._all = [first, *(Slot(self.world, self.level, limits) for _ in range(1, jobs))]
        for slot in reversed(self._all):
            self._slots.put(slot)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def crowded(self) -> bool:
        """Whether submissions run beside one another."""
        return len(self._all) > 1

    @contextlib.contextmanager
    def box(self, alone: bool = False) -> Iterator[Box]:
        """A box for one submission, as soon as a slot is free; `alone`, when the others are too, for which
        it waits as long as a few cells may take."""
        with self._alone if alone else contextlib.nullcontext():  # taken first: who waits for all holds none
            slots = [self._slots.get()]
            until = time.monotonic() + 5 * self.limits.wall
            with contextlib.suppress(queue.Empty):
                while alone and len(slots) < len(self._all):
                    slots.append(self._slots.get(timeout=max(0.0, until - time.monotonic())))
        try:
            with Box(slots[0]) as box:
                yield box
        finally:
            for slot in slots:
                self._slots.put(slot)

    def close(self) -> None:
        for slot in self._all:
            slot.release()
        self._home.cleanup()

    def _strongest(self, isolation: str) -> tuple[str, Slot]:
        """The first level at which a worker starts and runs a cell, with its slot."""
        reasons = []
        for level in LEVELS if isolation != NONE else (NONE,):
            if level == NONE and isolation == "safe":
                raise NoSandbox("; ".join(dict.fromkeys(reasons)))
            if reason := works(slot := Slot(self.world, level, self.limits)):
                slot.release()
                reasons.append(reason)
            else:
                return level, slot
        raise NoSandbox("; ".join(dict.fromkeys(reasons)))


def works(slot: Slot) -> str | None:
    """Why no worker can be started in a slot, or None. A slow machine gets time: it has no weaker walls."""
    if "uid" in slot.level and slot.uid is None:
        return "only root may give the box a user of its own"
    try:
        with Box(slot, replace(slot.limits, cpu=10.0, wall=30.0, total=60.0)) as box:
            said, _ = box.run("1 + 1", "a trial")
        return f"{slot.level}: a trial cell {said}" if said else None
    except NoSandbox as reason:
        return str(reason)


class _Venue:
    """Somewhere to put questions. A round ends early when an answer ends the process."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.late = False  # whether the clock, and not computing time, ended something

    def ask(
        self, probe: str, name: str, needs: Sequence[str], questions: Sequence[dict], parts: Mapping[str, Callable]
    ) -> list[Any]:
        """What the probe returned for each question, or a Failure. After one that is too slow the rest
        is not tried: a value that fails once has failed."""
        replies: list[Any] = []
        questions = questions if isinstance(questions, values.Questions) else values.Questions(questions)
        while len(replies) < len(questions):
            if replies and isinstance(replies[-1], Failure) and replies[-1].kind == "too slow":
                replies.append(replies[-1])
                continue
            rest = values.Questions(questions[len(replies) :]) if replies else questions
            answers, ended = self._round(probe, name, needs, rest, parts)
            replies += answers
            if len(replies) < len(questions):
                kind, text = ended
                replies.append(Failure(kind, f"{needs[-1]} {text}"))
        return replies

    def _round(self, probe, name, needs, questions, parts) -> tuple[list[Any], tuple[str, str]]:
        raise NotImplementedError

    def _answers(self, fd: int, count: int, parts: Mapping[str, Callable] = {}) -> tuple[list[Any], Ended]:
        """Read up to `count` answers; also why there are fewer, or the exit code that says so."""
        answers: list[Any] = []
        deadline = self._begin()
        try:
            while len(answers) < count:
                header, blobs = frames.receive(fd, deadline)
                if "end" in header:
                    return answers, _exit_code(header["end"])
                if "call" in header:
                    frames.send(fd, *_call(parts[header["call"]], header, blobs), deadline=deadline)
                    continue
                answers.append(_open(header, blobs))
                deadline = self._begin()
        except frames.Late:
            self.late = True
            return answers, ("too slow", f"took more than {self.limits.wall:g} s")
        except (frames.Closed, OSError):
            return answers, None
        except (frames.BadFrame, KeyError, TypeError, ValueError):
            return answers, ("broken reply", "sent back something that is not an answer")
        return answers, None

    def _begin(self) -> float:
        """Let the clocks of another cell or answer begin; until when it may take."""
        return time.monotonic() + self.limits.wall

    def _why(self, code: int) -> tuple[str, str]:
        """What an exit code says about the answer that was never given."""
        if code == -signal.SIGXCPU:
            return "too slow", f"took more than {self.limits.cpu:g} s of computing time"
        if code == -signal.SIGKILL:
            return "too much memory", "was killed, as happens where memory runs out"
        if code < 0:
            return "crashed", f"ended the process ({signal.strsignal(-code) or f'signal {-code}'})"
        return "crashed", f"ended the process (exit code {code})"


class Forked(_Venue):
    """Functions of this process, called in a forked child with a deadline: for code that one trusts."""

    isolation = NONE

    def __init__(self, functions: dict[str, Callable], limits: Limits = Limits()):
        super().__init__(limits)
        self.functions = functions

    def _round(self, probe, name, needs, questions, parts):
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                ours.close()
                null = os.open(os.devnull, os.O_RDWR)
                for standard in (0, 1, 2):
                    os.dup2(null, standard)
                inside.limit("AS", inside.address_space() + self.limits.memory)
                function, line = inside.load(probe, name), theirs.fileno()
                inside.answer(line, function, self.functions, needs, questions, self.limits.cpu, list(parts))
            finally:
                os._exit(0)
        theirs.close()
        ours.setblocking(False)
        with ours:
            answers, ended = self._answers(ours.fileno(), len(questions), parts)
        code = _end(child, patience=ended is None)
        return answers, ended or self._why(code)


class Box(_Venue):
    """One submission's worker: runs its cells, then answers questions about them."""

    def __init__(self, slot: Slot, limits: Limits | None = None):
        super().__init__(limits or slot.limits)
        self.slot, self.isolation = slot, slot.level
        self.worker: Worker | None = None
        self.lost = False  # whether a worker ended because its slot did
        self.history: list[tuple[str, str]] = []
        self._sits = self._listens = False  # whether children stay for further questions; whether one does
        self._here = False  # whether the worker is asked, and no child
        self._ahead = 0  # cells that the worker was sent, and has not answered
        self.deadline = time.monotonic() + self.limits.total

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *_) -> None:
        self._let_go()

    def run(self, source: str, name: str) -> tuple[str | None, bool]:
        """Run one cell; what it raised, in a sentence, or None; and whether the process survived it."""
        shown = self.show(source, name, shows=False)
        return shown.raised, shown.survived

    def run_all(self, cells: Sequence[tuple[str, str]]) -> Iterator[tuple[str | None, bool]]:
        """Run cells one after the other, as `run` does."""
        return ((shown.raised, shown.survived) for shown in self.show_all(cells, shows=False))

    def show_all(self, cells: Sequence[tuple[str, str]], shows: bool = True) -> Iterator[Shown]:
        """Run cells one after the other, as `show` does. The worker is sent some of them ahead: it need not wait until we
        have heard of each."""
        for number, cell in enumerate(cells):
            if not self._ahead and self._start():
                self._send_ahead(cells[number:], shows)
            yield self.show(*cell, shows)

    def _send_ahead(self, cells: Sequence[tuple[str, str]], shows: bool) -> None:
        lengths = itertools.accumulate(len(source) for source, _ in cells)
        with contextlib.suppress(frames.Late, OSError):  # the worker has ended, which is noticed where it is asked
            for (source, name), length in zip(cells, lengths):
                if length > AHEAD:
                    return
                frames.send(self.worker.talk, _asked(source, name, shows), deadline=self._begin())
                self._ahead += 1

    def show(self, source: str, name: str, shows: bool = True) -> Shown:
        """Run one cell, and say what it shows."""
        shown = self._cell(source, name, shows)
        if shown.survived:
            self.history.append((source, name))
        return shown

    def _cell(self, source: str, name: str, shows: bool) -> Shown:
        if not self._start():
            return Shown("was not run: what came before took all the time there is", survived=False)
        deadline = self._begin()
        try:
            if self._ahead:
                self._ahead -= 1
            else:
                frames.send(self.worker.talk, _asked(source, name, shows), deadline=deadline)
            return _shown(*frames.receive(self.worker.talk, deadline))
        except frames.Late:
            self.late = True
            self._stop()
            return Shown(f"took more than {self.limits.wall:g} s", survived=False)
        except (frames.Closed, frames.BadFrame, KeyError, OSError):
            return Shown(self._why(self._stop())[1], survived=False)

    def ask_together(self, asked: Sequence[tuple]) -> list[list[Any] | None]:
        """What `ask` would say to each, out of one child: so it is quick, and one may spoil it for those after it. None
        where not all answers came, which means nothing yet."""
        late = self.late
        answers, _ = self._rounds(asked)
        self.late, replies = late, []
        for *_, questions, _ in asked:
            mine, answers = answers[: len(questions)], answers[len(questions) :]
            replies.append(mine if len(mine) == len(questions) else None)
        return replies

    @contextlib.contextmanager
    def sitting(self, last: bool = False) -> Iterator[None]:
        """What is asked within, of one exercise, comes out of one child, as long as it lives: most of what a question
        costs is a child. Where nothing is asked afterwards, it comes out of the worker itself, which is not used again."""
        self._sits, self._here = True, last
        try:
            yield
        finally:
            self._sits = False
            if self._here:
                self._let_go()
            else:
                self._dismiss()
            self._here = False

    def _round(self, probe, name, needs, questions, parts):
        here, used = self._here, self._listens
        answers, ended = self._rounds([(probe, name, needs, questions, parts)])
        if len(answers) < len(questions) and ended[0] != "too slow" and (here or used and not answers):
            # What ended the worker may have come from a cell, and what ended a child from an answer before.
            rest = values.Questions(questions[len(answers) :])
            more, ended = self._rounds([(probe, name, needs, rest, parts)])
            answers += more
        return answers, ended

    def _rounds(self, asked: Sequence[tuple]) -> tuple[list[Any], tuple[str, str]]:
        """The answers to all rounds out of one child. It learns of a round when those before are answered, so that no
        answer can use the time of another exercise to prepare."""
        answers: list[Any] = []
        if not self._start():
            return [], ("too slow", "was not tried: what came before took all the time there is")
        try:
            if not self._listens:
                frames.send(self.worker.talk, {"op": "ask", "here": self._here}, deadline=self._begin())
                self._listens = True
            for probe, name, needs, questions, parts in asked:
                tree, blobs = questions.packed
                header = {"op": "round", "probe": probe, "name": name, "needs": list(needs), "parts": list(parts)}
                frames.send(self.worker.talk, header | {"questions": tree}, blobs, deadline=self._begin())
                came, ended = self._answers(self.worker.talk, len(questions), parts)
                answers += came
                if len(came) < len(questions):
                    return answers, self._ended(ended)
        except frames.Late:
            self.late = True
            return answers, self._ended(("too slow", f"took more than {self.limits.wall:g} s"))
        except OSError:
            return answers, self._ended(None)
        return answers, ("", "") if self._sits else self._dismiss()

    def _dismiss(self) -> tuple[str, str]:
        """Let the child end that listens, if one does; how it did."""
        if not self._listens:
            return "", ""
        try:
            frames.send(self.worker.talk, {"op": "over"}, deadline=self._begin())
            _, ended = self._answers(self.worker.talk, 1)  # the frame that says how it ended
        except (frames.Late, OSError):
            ended = None
        return self._ended(ended)

    def _ended(self, how: Ended) -> tuple[str, str]:
        """What is to be said when a child has ended; where it is not known that it has, the whole box does."""
        self._listens = False
        if isinstance(how, int):
            return self._why(how)
        code = self._stop()
        return how or self._why(code)

    def _begin(self) -> float:
        self.worker.begin()
        return super()._begin()

    def _start(self) -> bool:
        """Have a worker; one that is new runs again what ran before. False where time is up."""
        if time.monotonic() > self.deadline:
            return False
        while not (self.worker and self.worker.alive):
            self._stop()
            self.worker = self.slot.start()
            again, self.history = self.history, []
            for cell in again:
                self.run(*cell)
        return True

    def _stop(self) -> int:
        """End the worker and whatever it started; returns its exit code."""
        code = self._let_go(patience=0.1)
        self.lost |= self.slot.fallen
        return code

    def _let_go(self, patience: float = 0) -> int:
        """Wait a moment for the worker to end by itself, then end it. Of the next one, children are asked: who has ended a
        worker may do so again."""
        worker, self.worker = self.worker, None
        self._listens, self._here, self._ahead = False, False, 0
        return worker.end(patience) if worker else -signal.SIGKILL


def _asked(source: str, name: str, shows: bool) -> dict:
    return {"op": "cell", "source": source, "name": name, "shows": shows}


def _shown(header: dict, blobs: list[bytes]) -> Shown:
    """What a cell's frame says, as text and pictures and nothing else."""
    raised, text, result = header["raised"], header.get("text", ""), header.get("result")
    return Shown(
        raised if raised is None else f"raised {clean(raised)}",
        text=clean(text, inside_shown.LONG),
        result=None if result is None else clean(result, inside_shown.LONG),
        figures=[blob for blob in blobs[: inside_shown.MANY] if blob.startswith(PNG) and len(blob) <= LARGEST_FIGURE],
    )


def _call(part: Callable, header: dict, blobs: list[bytes]) -> tuple[dict, list[bytes]]:
    """Answer a call of another exercise's function, so that an error in that one is not paid for here."""
    arguments = values.unpack(header["value"], blobs)
    try:
        if sum(map(len, blobs)) > LARGEST_CALL or _longest(arguments) > LONGEST_AXIS:
            raise ValueError("the arguments are too large")
        kind, (tree, made) = inside.VALUE, values.pack(part(*arguments))
    except Exception as error:
        kind, (tree, made) = inside.RAISED, values.pack(f"{type(error).__name__}: {error}")
    return {"kind": kind, "value": tree}, made


def clean(said: Any, length: int = 500) -> str:
    """What comes out of the box as text, cut short, and such that it can be written anywhere."""
    return str(said)[:length].encode("utf-8", "replace").decode()


def _exit_code(said: Any) -> int:
    if type(said) is not int or not -signal.NSIG < said < 256:
        raise ValueError("not an exit code")
    return said


def _longest(value: Any) -> int:
    """The longest axis of any array in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return max(map(_longest, value), default=0)
    return max(getattr(value, "shape", ()), default=0)


def _open(header: dict, blobs: list[bytes]) -> Any:
    """An answer's frame, as a value or a Failure."""
    kind, value = header["kind"], values.unpack(header["value"], blobs)
    if kind == inside.VALUE:
        return value
    if kind in (inside.RAISED, inside.MEMORY) and isinstance(value, str) and value:
        return Failure(kind, clean(value))
    raise ValueError("unknown kind of answer")


def _end(pid: int, patience: bool) -> int:
    """Wait for a child that is ending by itself, else end it; either way end its whole group."""
    for _ in range(20 if patience else 0):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
