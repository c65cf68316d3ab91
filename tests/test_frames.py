"""Frames: what is sent arrives; nothing that the other side writes does more than end the talk."""

import fcntl
import json
import os
import resource
import struct
import threading
import time
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.box import frames
from autograder.box.frames import BadFrame, Closed, Late

SOON = 0.05  # seconds: for what must be late
AGES = 30  # seconds: for what must not be
calm = settings(deadline=None)

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
trees = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=20)
headers = st.dictionaries(st.text(max_size=10).filter(lambda key: key != "sizes"), trees, max_size=5)
blobs = st.lists(st.binary(max_size=200), max_size=20)


@contextmanager
def pipe():
    """The two ends, as files, so that they are closed whatever happens. Reading does not block."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    with os.fdopen(read, "rb", 0) as reader, os.fdopen(write, "wb", 0) as writer:
        yield reader, writer


def received(data: bytes, closed: bool = True, within: float = AGES):
    """What `receive` makes of bytes that are in the pipe already."""
    with pipe() as (reader, writer):
        writer.write(data)
        if closed:
            writer.close()
        return frames.receive(reader.fileno(), time.monotonic() + within)


def raw(header, *rest: bytes) -> bytes:
    """A frame as somebody else might write it; `header` is an object or the bytes themselves."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + b"".join(rest)


def sent(header: dict, blobs=()) -> bytes:
    with pipe() as (reader, writer):
        frames.send(writer.fileno(), header, blobs)
        writer.close()
        return reader.read()


# ----- what is sent arrives -----


@calm
@given(headers, blobs)
def test_a_frame_arrives_as_it_was_sent(header, blobs):
    assert received(sent(header, blobs), closed=False) == (header, blobs)


@calm
@given(st.lists(st.tuples(headers, blobs), max_size=4))
def test_frames_in_a_row_do_not_run_into_each_other(several):
    with pipe() as (reader, writer):
        for header, blobs in several:
            frames.send(writer.fileno(), header, blobs)
        assert [frames.receive(reader.fileno()) for _ in several] == several


def test_a_frame_larger_than_the_pipe_arrives():
    header, blobs = {"text": "x" * 1_000_000}, [bytes(1_500_000), b"", b"y" * 500_000]
    with pipe() as (reader, writer):
        sender = threading.Thread(target=frames.send, args=(writer.fileno(), header, blobs))
        sender.start()
        assert frames.receive(reader.fileno(), time.monotonic() + AGES) == (header, blobs)
        sender.join()


def test_the_sizes_are_those_of_the_blobs_whatever_the_header_says():
    assert received(sent({"sizes": [99], "a": 1}, [b"xyz"])) == ({"a": 1}, [b"xyz"])


def test_the_length_of_the_header_comes_first_in_four_bytes():
    data = sent({"a": 1}, [b"xyz"])
    (length,) = struct.unpack("<I", data[:4])
    assert json.loads(data[4 : 4 + length]) == {"a": 1, "sizes": [3]}
    assert data[4 + length :] == b"xyz"


# ----- limits -----


@pytest.fixture
def small(monkeypatch):
    """Limits that a test can reach."""
    monkeypatch.setattr(frames, "MAX_HEADER", 100)
    monkeypatch.setattr(frames, "MAX_BLOBS", 3)
    monkeypatch.setattr(frames, "MAX_BYTES", 50)


FILL = 100 - len(json.dumps({"a": "", "sizes": []}))  # characters that make the header just fit

FITS = [
    ({"a": "x" * FILL}, []),
    ({}, [b"", b"", b""]),
    ({}, [bytes(20), bytes(30)]),
]
TOO_LARGE = [
    ({"a": "x" * (FILL + 1)}, []),
    ({"a": "é" * FILL}, []),  # what counts is the length in bytes
    ({}, [b"", b"", b"", b""]),
    ({}, [bytes(51)]),
    ({}, [bytes(20), bytes(31)]),
]


@pytest.mark.parametrize("header, blobs", FITS)
def test_what_just_fits_is_sent_and_received(small, header, blobs):
    assert received(sent(header, blobs)) == (header, blobs)


@pytest.mark.parametrize("header, blobs", TOO_LARGE)
def test_what_is_too_large_is_neither_sent_nor_received(small, header, blobs):
    with pytest.raises(BadFrame):
        sent(header, blobs)
    text = raw(header | {"sizes": [len(blob) for blob in blobs]}, *blobs)
    with pytest.raises(BadFrame):
        received(text)


def test_nothing_of_a_refused_frame_is_sent(small):
    with pipe() as (reader, writer):
        with pytest.raises(BadFrame):
            frames.send(writer.fileno(), {}, [bytes(51)])
        writer.close()
        assert reader.read() == b""


IMPOSSIBLE = {
    "a blob beyond the limit": [frames.MAX_BYTES + 1],
    "blobs beyond the limit together": [frames.MAX_BYTES // 2 + 1] * 2,
    "a huge blob": [10**30],
    "more blobs than the limit": [0] * (frames.MAX_BLOBS + 1),
    "negative": [-1],
    "negative to make up for another": [frames.MAX_BYTES + 5, -5],
    "a float": [3.0],
    "infinite": [float("inf")],
    "nan": [float("nan")],
    "a bool": [True],
    "text": ["3"],
    "null in a list": [None],
    "a list in a list": [[3]],
    "null": None,
    "a number": 3,
    "a string": "333",
    "an object": {"3": 3},
}


@pytest.mark.parametrize("sizes", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_sizes_are_refused_before_anything_is_read_for_them(sizes):
    with pytest.raises(BadFrame):
        received(raw({"sizes": sizes}), closed=False)


@pytest.mark.parametrize("length", [frames.MAX_HEADER + 1, 2**31, 2**32 - 1])
def test_a_header_that_claims_to_be_huge_is_refused_before_it_is_read(length):
    with pytest.raises(BadFrame):
        received(struct.pack("<I", length), closed=False)


# ----- garbage -----

GARBAGE = {
    "empty": b"",
    "not JSON": b"\xff\x00\xfe",
    "half of JSON": b'{"sizes": [',
    "JSON and more": b'{"sizes": []} x',
    "no object but a list": b"[1, 2]",
    "no object but a string": b'"sizes"',
    "no object but a number": b"3",
    "no object but null": b"null",
    "no sizes": b"{}",
    "a number of too many digits": b'{"sizes": [%s]}' % (b"9" * 10_000),
    "lists in lists": b"[" * 1_000_000,
    "objects in objects": b'{"a":' * 500_000,
    "sizes in sizes": b'{"sizes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a bomb beside the sizes": b'{"sizes": [], "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE)
def test_a_header_that_cannot_be_read_is_a_bad_frame(text):
    with pipe() as (reader, writer):
        sender = threading.Thread(target=writer.write, args=(raw(text),))
        sender.start()
        with pytest.raises(BadFrame):
            frames.receive(reader.fileno(), time.monotonic() + AGES)
        sender.join()


@calm
@given(st.binary(max_size=300))
def test_noise_is_a_bad_frame_or_a_short_one(noise):
    with pytest.raises((BadFrame, Closed)):
        received(noise)


@calm
@given(st.binary(max_size=100))
def test_a_header_of_noise_is_a_bad_frame(noise):
    with pytest.raises(BadFrame):
        received(raw(noise))


@calm
@given(headers, blobs, st.data())
def test_a_frame_with_one_wrong_byte_is_a_frame_or_refused(header, blobs, data):
    frame = bytearray(sent(header, blobs))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] = data.draw(st.integers(0, 255))
    try:
        header, blobs = received(bytes(frame))
    except (BadFrame, Closed):
        return
    assert isinstance(header, dict) and all(isinstance(blob, bytearray) for blob in blobs)


# ----- late, and gone -----

FRAME = sent({"a": "x" * 50}, [b"y" * 50, b"z" * 10])
CUTS = [0, 1, 3, 4, 5, 40, len(FRAME) - 61, len(FRAME) - 60, len(FRAME) - 11, len(FRAME) - 1]


@pytest.mark.parametrize("cut", CUTS)
def test_half_a_frame_is_late(cut):
    with pytest.raises(Late):
        received(FRAME[:cut], closed=False, within=SOON)


@pytest.mark.parametrize("cut", CUTS)
def test_half_a_frame_and_then_the_end_is_closed(cut):
    with pytest.raises(Closed):
        received(FRAME[:cut])


def test_a_deadline_that_has_passed_is_late():
    with pytest.raises(Late):
        received(FRAME[:-1], closed=False, within=-1)


def test_a_frame_that_drips_in_is_late_however_regular_the_drops():
    stop = threading.Event()

    def drip(fd):
        for byte in FRAME * 100:
            if stop.wait(0.01):
                return
            os.write(fd, bytes([byte]))

    with pipe() as (reader, writer):
        writer.write(raw({"sizes": [len(FRAME) * 100]}))
        thread = threading.Thread(target=drip, args=(writer.fileno(),))
        thread.start()
        try:
            with pytest.raises(Late):
                frames.receive(reader.fileno(), time.monotonic() + 10 * SOON)
            assert thread.is_alive(), "the drops ended before the deadline, so nothing was shown"
        finally:
            stop.set()
            thread.join()


def test_without_a_deadline_a_slow_frame_is_awaited():
    with pipe() as (reader, writer):
        writer.write(FRAME[:7])
        timer = threading.Timer(SOON, writer.write, [FRAME[7:]])
        timer.start()
        header, blobs = frames.receive(reader.fileno())
        timer.join()
    assert header == {"a": "x" * 50} and blobs == [b"y" * 50, b"z" * 10]


def test_sending_to_nobody_says_so():
    with pipe() as (reader, writer):
        reader.close()
        with pytest.raises((Closed, OSError)):
            frames.send(writer.fileno(), {"a": 1})


@pytest.fixture
def many_files():
    """Leave to open more than 1024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_judge_with_many_open_files_can_still_read(many_files):
    with pipe() as (reader, writer):
        writer.write(FRAME)
        with os.fdopen(fcntl.fcntl(reader.fileno(), fcntl.F_DUPFD, 1500), "rb") as high:
            header, _ = frames.receive(high.fileno(), time.monotonic() + AGES)
    assert header == {"a": "x" * 50}
