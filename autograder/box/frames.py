"""Frames: how bytes cross the wall of the box, in both directions.

    u32 length of the header | header, JSON | the blobs, one after the other

The header says how long each blob is (`"sizes"`). Every size is checked before anything is
read for it, and the deadline holds for the whole frame: half a frame, sent slowly, is late.
Standard library only.
"""

from __future__ import annotations

import json
import math
import os
import select
import struct
import time
from collections.abc import Callable, Sequence

__all__ = ["BadFrame", "Closed", "Late", "ready", "receive", "send"]

MAX_HEADER = 16 << 20
MAX_BLOBS = 10_000
MAX_BYTES = 64 << 20
MOST_AT_ONCE = 1000  # buffers; the kernel takes 1024


class Closed(Exception):
    """The other side has gone."""


class Late(Exception):
    """The deadline passed before the whole frame was there."""


class BadFrame(Exception):
    """What came is not a frame."""


def send(fd: int, header: dict, blobs: Sequence[bytes] = (), deadline: float | None = None) -> None:
    """Write one frame; raises BadFrame for one that the other side would refuse, and Late where it does
    not read. With a deadline, `fd` must not block."""
    text = json.dumps(header | {"sizes": [len(blob) for blob in blobs]}).encode()
    if len(text) > MAX_HEADER or len(blobs) > MAX_BLOBS or sum(map(len, blobs)) > MAX_BYTES:
        raise BadFrame("too large")
    _through(os.writev, fd, [struct.pack("<I", len(text)), text, *blobs], select.POLLOUT, deadline)


def receive(fd: int, deadline: float | None = None) -> tuple[dict, list[bytearray]]:
    """Read one frame before `deadline` (seconds of time.monotonic), if there is one; with it, `fd` must not block."""
    (length,) = struct.unpack("<I", _exactly(fd, [4], deadline)[0])
    if length > MAX_HEADER:
        raise BadFrame("header too long")
    try:
        header = json.loads(_exactly(fd, [length], deadline)[0])
        sizes = header.pop("sizes")
        if len(sizes) > MAX_BLOBS or not all(type(n) is int and n >= 0 for n in sizes) or sum(sizes) > MAX_BYTES:
            raise BadFrame("impossible sizes")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadFrame(f"unreadable header ({type(error).__name__})") from None
    return header, _exactly(fd, sizes, deadline)


def _exactly(fd: int, sizes: Sequence[int], deadline: float | None) -> list[bytearray]:
    """Buffers of these sizes, full."""
    buffers = [bytearray(size) for size in sizes]
    _through(os.readv, fd, buffers, select.POLLIN, deadline)
    return buffers


def _through(call: Callable, fd: int, buffers: Sequence[bytes], event: int, deadline: float | None) -> None:
    """Read or write until all buffers are full, or empty. Nobody is waited for before the call would block: most is
    there when it is asked for. No copy is made of what may be megabytes."""
    rest = [memoryview(buffer) for buffer in buffers if len(buffer)]
    rest.reverse()
    while rest:
        if deadline is not None and time.monotonic() > deadline:  # even if bytes come, one by one
            raise Late
        try:
            moved = call(fd, rest[: -MOST_AT_ONCE - 1 : -1])
        except BlockingIOError:
            _wait(fd, event, deadline)
            continue
        if not moved:
            raise Closed
        while moved and moved >= len(rest[-1]):
            moved -= len(rest.pop())
        if moved:
            rest[-1] = rest[-1][moved:]


def ready(fd: int, seconds: float, event: int | None = None) -> bool:
    """Whether a descriptor of any number can be read (or written) within so many seconds."""
    poll = select.poll()
    poll.register(fd, event or select.POLLIN)
    return bool(poll.poll(None if seconds == math.inf else max(0.0, seconds) * 1000))


def _wait(fd: int, event: int, deadline: float | None) -> None:
    left = deadline - time.monotonic() if deadline is not None else math.inf
    if left <= 0 or not ready(fd, left, event):
        raise Late
