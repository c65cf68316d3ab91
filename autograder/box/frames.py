"""Frames: how bytes cross the wall of the box, in both directions.

    u32 length of the header | header, JSON | the blobs, one after the other

The header says how long each blob is (`"sizes"`). Every size is checked before anything is
read for it, and the deadline holds for the whole frame: half a frame, sent slowly, is late.
Standard library only.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import select
import struct
import time
from collections.abc import Sequence

__all__ = ["BadFrame", "Closed", "Late", "ready", "receive", "send"]

MAX_HEADER = 16 << 20
MAX_BLOBS = 10_000
MAX_BYTES = 64 << 20


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
    rest = memoryview(b"".join([struct.pack("<I", len(text)), text, *blobs]))
    while rest:
        if deadline is not None and time.monotonic() > deadline:
            raise Late
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            _wait(fd, select.POLLOUT, deadline)


def receive(fd: int, deadline: float | None = None) -> tuple[dict, list[bytes]]:
    """Read one frame before `deadline` (seconds of time.monotonic), if there is one; with it, `fd` must not block."""
    (length,) = struct.unpack("<I", _exactly(fd, 4, deadline))
    if length > MAX_HEADER:
        raise BadFrame("header too long")
    try:
        header = json.loads(_exactly(fd, length, deadline))
        sizes = header.pop("sizes")
        if len(sizes) > MAX_BLOBS or not all(type(n) is int and n >= 0 for n in sizes) or sum(sizes) > MAX_BYTES:
            raise BadFrame("impossible sizes")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadFrame(f"unreadable header ({type(error).__name__})") from None
    rest, ends = _exactly(fd, sum(sizes), deadline), list(itertools.accumulate(sizes))
    return header, [rest[end - size : end] for size, end in zip(sizes, ends)]


def _exactly(fd: int, size: int, deadline: float | None) -> bytes:
    """So many bytes. They are waited for only where there are none: most are there when they are asked for."""
    chunks = bytearray()
    while len(chunks) < size:
        if deadline is not None and time.monotonic() > deadline:  # even if bytes come, one by one
            raise Late
        try:
            chunk = os.read(fd, min(size - len(chunks), 1 << 20))
        except BlockingIOError:
            _wait(fd, select.POLLIN, deadline)
            continue
        if not chunk:
            raise Closed
        chunks += chunk
    return bytes(chunks)


def ready(fd: int, seconds: float, event: int | None = None) -> bool:
    """Whether a descriptor of any number can be read (or written) within so many seconds."""
    poll = select.poll()
    poll.register(fd, event or select.POLLIN)
    return bool(poll.poll(None if seconds == math.inf else max(0.0, seconds) * 1000))


def _wait(fd: int, event: int, deadline: float | None) -> None:
    left = deadline - time.monotonic() if deadline is not None else math.inf
    if left <= 0 or not ready(fd, left, event):
        raise Late
