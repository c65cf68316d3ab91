"""Values that may cross the wall: arrays, numbers, strings, None, and lists, tuples and dicts of them.

`pack` turns a value into a JSON tree and npy blobs, `unpack` turns them back. Nothing is ever
pickled. Anything else becomes `Opaque`: its type's name crosses, the thing does not. `pack` runs
beside student code and believes a value's type, never what the value says of itself; `unpack` runs
in the judge and takes nothing that `pack` could not have made.
"""

from __future__ import annotations

import functools
import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib import format as npy

__all__ = ["BadValue", "Failure", "Opaque", "Questions", "pack", "unpack"]

DEPTH = 8
LONG = 100_000  # characters of a string, entries of a list
KINDS = "biufc"
USUAL = 256  # bytes of an npy header
SHORT = (np.float16, np.float32)  # these keep their type, by which they are judged
PLAIN = (bool, int, float, str, type(None))
MANY = {"list": list, "tuple": tuple}


class BadValue(ValueError):
    """What came is not a packed value."""


@dataclass(frozen=True)
class Opaque:
    """Something that may not cross, known by the name of its type."""

    type: str


@dataclass(frozen=True)
class Failure:
    """Why a call brought no value back. `kind` is a verdict's status; `text` is for the student."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


class Questions(tuple):
    """What is asked in one round. It is packed once, however often it is asked."""

    @functools.cached_property
    def packed(self) -> tuple[Any, list[bytes]]:
        return pack(list(self))


def pack(value: Any) -> tuple[Any, list[bytes]]:
    """A JSON tree, and the blobs to which it refers by number."""
    blobs: list[bytes] = []
    return _pack(value, blobs, 0), blobs


def unpack(tree: Any, blobs: list[bytes]) -> Any:
    """The value; raises BadValue for anything that `pack` could not have made."""
    unused = dict(enumerate(blobs))
    try:
        return _unpack(tree, unused, 0)
    except BadValue:
        raise
    except Exception as error:
        raise BadValue(type(error).__name__) from None


def _pack(value, blobs, depth):
    kind = type(value)
    if issubclass(kind, np.generic) and value.dtype.kind in "biuf" and value.dtype not in SHORT:
        value = value.item()
        kind = type(value)
    if kind in PLAIN:
        return _pack_plain(value, kind)
    if issubclass(kind, (np.ndarray, np.generic)):
        array = value if kind is np.ndarray else np.array(value, subok=False)
        if array.dtype.kind in KINDS and array.dtype.names is None:
            blobs.append(_npy(array))
            return {"array": len(blobs) - 1}
    elif depth < DEPTH and kind in (list, tuple) and len(value) <= LONG:
        return {kind.__name__: [_pack(each, blobs, depth + 1) for each in value]}
    elif depth < DEPTH and kind is dict and len(value) <= LONG and all(_is_key(key) for key in value):
        return {"dict": [[_pack(key, blobs, DEPTH), _pack(each, blobs, depth + 1)] for key, each in value.items()]}
    return {"opaque": _type_name(value)}


def _npy(array):
    """An npy file, in one copy of the data."""
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    data = array.T if fortran else np.ascontiguousarray(array)
    return b"".join((_header(array.dtype.str, fortran, array.shape), data))


@functools.lru_cache(1024)
def _header(dtype, fortran, shape):
    """What stands before the data in an npy file; arrays of one shape come again and again."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": dtype, "fortran_order": fortran, "shape": shape})
    return file.getvalue()


def _pack_plain(value, kind):
    if kind is str and len(value) > LONG or kind is int and abs(value) >= 1 << 62:
        return {"opaque": kind.__name__}
    if kind is float and not math.isfinite(value):
        return {"number": repr(value)}
    return value


def _is_key(key):
    kind = type(key)
    return kind in PLAIN or (issubclass(kind, np.generic) and key.dtype.kind in "biuf" and key.dtype not in SHORT)


def _type_name(value):
    if type(value) is np.ndarray:
        return f"array of {value.dtype.name}s"
    return str(type.__dict__["__name__"].__get__(type(value)))[:80]


def _unpack(tree, unused, depth):
    if depth > DEPTH + 1:
        raise BadValue("too deep")
    if type(tree) is not dict:
        if type(tree) in PLAIN:
            return tree
        raise BadValue("a bare list")
    ((tag, inner),) = tree.items()
    if tag == "number" and inner in ("nan", "inf", "-inf"):
        return float(inner)
    if tag == "array" and type(inner) is int:
        return _array(unused.pop(inner))  # once: a blob that is named again and again would be terabytes
    if tag in MANY and type(inner) is list:
        return MANY[tag]([_unpack(each, unused, depth + 1) for each in inner])
    if tag == "dict" and type(inner) is list and all(type(pair) is list for pair in inner):
        return {_unpack(key, {}, DEPTH): _unpack(each, unused, depth + 1) for key, each in inner}
    if tag == "opaque" and type(inner) is str:
        return Opaque(inner[:80])
    raise BadValue(f"not a value: {str(tag)[:20]!r}")


def _array(blob):
    """One npy file, whose header must agree with the bytes that follow it."""
    start = 10 + int.from_bytes(blob[8:10], "little")
    described = _described if start <= USUAL else _described.__wrapped__  # a long one is nobody's, and is not kept
    shape, fortran, dtype = described(bytes(blob[:start]))
    if math.prod(shape) * dtype.itemsize != len(blob) - start:
        raise BadValue("npy header and data disagree")
    array = np.frombuffer(blob, dtype, offset=start).reshape(shape, order="F" if fortran else "C")
    return array if array.flags.writeable and array.flags.aligned else array.copy()


@functools.lru_cache(1024)
def _described(header):
    """What an npy header says: shape, whether in Fortran's order, dtype."""
    file = io.BytesIO(header)
    if npy.read_magic(file) != (1, 0) or b"L" in header:  # of Python 2's long numbers NumPy would warn
        raise BadValue("not npy 1.0")
    shape, fortran, dtype = npy.read_array_header_1_0(file)
    if dtype.kind not in KINDS or any(n < 0 for n in shape):
        raise BadValue("not an array of numbers")
    return shape, fortran, dtype
