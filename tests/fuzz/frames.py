"""Broken frames: a worker that runs an honest half-right submission, and sends back something else.

No box is needed for code of ours: the worker is a fork of this process, and the judge's side of the
line is the real one. Of each conversation one frame is broken, of one in ten others too; one that comes
late, or never, is part of it. One in ten is about a composite, for which the judge answers calls.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import json
import mmap
import os
import random
import signal
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from autograder import judge, sample
from autograder.box import Box, Limits, frames, inside
from autograder.lesson import find_exercise
from autograder.submission import Step
from tests.fuzz import Counterexample, above, generator
from tests.fuzz.mutate import bits, break_in, odd_value

__all__ = ["Breaker", "Line", "broken", "marks"]

PAIR = {"affine_backward": True, "relu_backward": False}  # right or wrong
COMPOSITE = PAIR | {"softmax_loss": False, "two_layer_loss": True}
RARE = 10
SECRET = b"the secret of the fuzz"
PATIENT, HURRIED = Limits(), Limits(cpu=1, wall=0.2, total=5)
SETUP = "import numpy as np\nfrom backprop.layers import affine_forward\nfrom backprop.activations import relu_forward"
WAITING = 4  # judges to a core: they mostly wait for frames
AGES = 60  # seconds that no conversation takes
Frame = tuple[dict, list[bytes]]


def broken(count: int, seed: int, jobs: int, first: int = 0, say: Callable = print) -> Iterator[Counterexample]:
    """Judge so many broken conversations, and yield those that crash the judge or are paid more than the whole one."""
    whole = [marks(about) for about in (PAIR, COMPOSITE)]
    for most, sent in whole:
        say(f"frames: an unbroken conversation has {sent} and earns {sum(most.values()):g}")
    numbers, sent = range(first, first + count), 0
    with ProcessPoolExecutor(WAITING * jobs) as pool:
        tried = pool.map(functools.partial(_try, seed=seed, whole=whole), numbers, chunksize=10)
        for done, (number, (said, broke)) in enumerate(zip(numbers, tried, strict=True), 1):
            sent += broke
            if said:
                again = f"python -m tests.fuzz --notebooks 0 --frames 1 --seed {seed} --from {number}"
                yield Counterexample(number, said, f"{broke} frames", again)
            if done % 1000 == 0 or done == count:
                say(f"frames: {done:,} of {count:,} conversations, {sent:,} frames broken")


def _try(number: int, seed: int, whole: Sequence[tuple[dict, int]]) -> tuple[str, int]:
    """What is wrong with how the judge took a conversation, and how many of its frames were broken."""
    about, (most, frames_of_it) = (PAIR, whole[0]) if number % RARE else (COMPOSITE, whole[1])
    breaker = Breaker(generator(seed, number), frames_of_it)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(AGES)
    try:
        got, _ = marks(about, breaker)
    except Exception as error:
        return f"the judge raised {type(error).__name__}: {error}", breaker.broke
    finally:
        signal.alarm(0)
    return above(got, most), breaker.broke


def _give_up(*_) -> None:
    raise TimeoutError(f"still judging after {AGES} s")


def marks(about: dict[str, bool], breaker: Breaker | None = None) -> tuple[dict[str, float], int]:
    """The points of a half-right submission, by exercise, and how many frames its worker sent."""
    line = Line(breaker)
    verdicts = judge.mark_cells(*_submission(tuple(about.items())), SECRET, line)
    for verdict in verdicts:
        json.dumps(verdict.to_json()), verdict.text().encode()
    return {verdict.exercise: verdict.points for verdict in verdicts}, line.sent


@functools.cache
def _submission(about: Sequence[tuple[str, bool]]) -> tuple[Sequence[Step], list]:
    exercises = [(find_exercise(name), right) for name, right in about]
    sources = [sample.answer(e) if right else f"def {e.id}(*arguments):\n    return 7.25" for e, right in exercises]
    asked = [Step(exercise=exercise.id) for exercise, _ in exercises]
    return [Step(SETUP), *map(Step, sources), *asked], [exercise for exercise, _ in exercises]


class Line:
    """In the place of a Sandbox and of its one slot: workers are forks, and a Breaker stands on their line."""

    level, crowded, fallen = "none", False, False

    def __init__(self, breaker: Breaker | None):
        self.breaker = breaker or Breaker(None, 0)
        self.limits = HURRIED if breaker else PATIENT

    @property
    def sent(self) -> int:
        return self.breaker.sent

    @contextlib.contextmanager
    def box(self, alone: bool = False) -> Iterator[Box]:
        with Box(self) as box:
            yield box

    def start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                ours.close()
                frames.send = self.breaker.send
                inside.serve(theirs.fileno(), self.limits.cpu, alone=False)
            finally:
                os._exit(0)
        theirs.close()
        return _Worker(ours, pid)


class _Worker:
    """What Box needs of a worker."""

    def __init__(self, line: socket.socket, pid: int):
        line.setblocking(False)
        self.line, self.talk, self.pid = line, line.fileno(), pid

    @property
    def alive(self) -> bool:
        return not os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def begin(self) -> None:
        pass

    def end(self, patience: float = 0.1) -> int:
        self.line.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # not its own group's leader yet
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Breaker:
    """Sends frames in the place of `frames.send`. What it has counted is shared by all forks."""

    def __init__(self, rng: random.Random | None, whole: int):
        self.rng = rng
        self.target, self.chance = (rng.randrange(whole), rng.choice([0] * 9 + [0.2])) if rng else (-1, 0)
        self.salt = rng.random() if rng else 0
        self._counts, self._held, self._before = mmap.mmap(-1, 16), b"", b""

    @property
    def sent(self) -> int:
        return struct.unpack_from("<Q", self._counts, 0)[0]

    @property
    def broke(self) -> int:
        return struct.unpack_from("<Q", self._counts, 8)[0]

    def send(self, fd: int, header: dict, blobs: Sequence[bytes] = (), deadline: float | None = None) -> None:
        number = self.sent
        rng = random.Random(f"{self.salt}:{number}")
        struct.pack_into("<Q", self._counts, 0, number + 1)
        data = _raw(header, blobs)
        if number == self.target or rng.random() < self.chance:
            struct.pack_into("<Q", self._counts, 8, self.broke + 1)
            data = self._broken(data, header, list(blobs), rng)
        else:
            data, self._held = data + self._held, b""
        self._before = data[:100_000]
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(fd, data) :]
        if number == self.target and rng.random() < 0.5:
            os._exit(rng.choice([0, 1, 137]))

    def _broken(self, data: bytes, header: dict, blobs: list[bytes], rng: random.Random) -> bytes:
        how = rng.randrange(8)
        if how < 5:
            return (_bytes, _length, _sizes, _types, _arrays)[how](data, header, blobs, rng)
        if how == 5:  # later: after the next one, or never
            self._held = data
            return b""
        if how == 6:  # something else before it, after it or in its place
            other = rng.choice([data, self._before, _forged(rng)])
            return rng.choice([data + other, other + data, other])
        return rng.randbytes(rng.choice([0, 1, 4, 5, 100, 5000]))


def _raw(header: dict, blobs: Sequence[bytes] = (), sizes: object = None, length: int | None = None) -> bytes:
    """A frame as somebody else might write it."""
    text = json.dumps(header | {"sizes": [len(blob) for blob in blobs] if sizes is None else sizes}).encode()
    return struct.pack("<I", len(text) if length is None else length) + text + b"".join(blobs)


def _bytes(data: bytes, header: dict, blobs: list[bytes], rng: random.Random) -> bytes:
    return bits(data, rng)


def _length(data: bytes, header: dict, blobs: list[bytes], rng: random.Random) -> bytes:
    true = struct.unpack("<I", data[:4])[0]
    return _raw(
        header, blobs, length=rng.choice([0, 1, true - 1, true + 1, 2 * true, 16 << 20, (16 << 20) + 1, 2**32 - 1])
    )


def _sizes(data: bytes, header: dict, blobs: list[bytes], rng: random.Random) -> bytes:
    true = [len(blob) for blob in blobs]
    others = [[], [*true, 0], true[::-1], [-1], [64 << 20], [1 << 62] * 2, [0.5], [True], [10] * 10_001, "12", {"0": 1}]
    return _raw(
        header, blobs, sizes=rng.choice([*others, [n + 1 for n in true], [n - 1 for n in true], odd_value(rng)])
    )


def _types(data: bytes, header: dict, blobs: list[bytes], rng: random.Random) -> bytes:
    tree = json.loads(json.dumps(header))
    for _ in range(rng.choice([1, 1, 3])):
        break_in(tree, rng)
    try:
        return _raw(tree, blobs)
    except (RecursionError, TypeError):
        return _raw({}, blobs)


def _arrays(data: bytes, header: dict, blobs: list[bytes], rng: random.Random) -> bytes:
    """The arrays: other numbers, other headers, other types, one in the place of another."""
    if not blobs:
        return _forged(rng)
    at = rng.randrange(len(blobs))
    how = rng.randrange(4)
    if how == 0:
        blobs[at] = bits(blobs[at][:128], rng) + blobs[at][128:]
    elif how == 1:
        blobs[at] = blobs[at][:128] + bits(blobs[at][128:], rng)
    elif how == 2:
        blobs[at] = _npy(rng)
    else:
        rng.shuffle(blobs)
    return _raw(header, blobs)


def _npy(rng: random.Random) -> bytes:
    """An array that nobody asked for."""
    # fmt: off
    made = rng.choice([np.zeros(()), np.zeros((0, 3)), np.full((4, 3), np.nan), np.full((4, 3), np.inf), np.ones((2,) * 32),
                       np.array(["text"]), np.array([b"bytes"]), np.array([object()]), np.zeros(3, "M8[s]"),
                       np.zeros(3, [("a", "f8")]), np.zeros((4, 3), complex), np.zeros((4, 3), bool), np.zeros((4, 3), ">f2")])
    # fmt: on
    file = io.BytesIO()
    if made.dtype.hasobject:
        return (
            b"\x93NUMPY\x01\x00"
            + struct.pack("<H", 60)
            + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}".ljust(60)
        )
    np.save(file, made)
    return file.getvalue()


def _forged(rng: random.Random) -> bytes:
    """A frame of a kind that was not due."""
    headers = [
        {"end": rng.choice([0, -9, 255, 10**9, "0", None])},
        {"raised": rng.choice([None, "x" * 70_000, 7, []]), "text": 7, "result": []},
        {"call": rng.choice(["affine_forward", "softmax_loss", "os.system", 7]), "value": copy.copy(odd_value(rng))},
        {"kind": rng.choice(["value", "raised", "right", 7]), "value": odd_value(rng)},
        {"verdict": "right", "points": 100},
        {},
    ]
    return _raw(rng.choice(headers))
