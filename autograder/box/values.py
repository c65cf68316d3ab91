"""Values that may cross the wall: arrays, numbers, strings, None, and lists, tuples and dicts of them.

`pack` turns a value into a JSON tree and npy blobs, `unpack` turns them back. Nothing is ever
pickled. Anything else becomes `Opaque`: its type's name crosses, the thing does not.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib import format as npy

__all__ = ["BadValue", "Failure", "Opaque", "pack", "unpack"]

DEPTH = 8
LONG = 100_000  # characters of a string, entries of a list
KINDS = "biufc"


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


def pack(value: Any) -> tuple[Any, list[bytes]]:
    """A JSON tree, and the blobs to which it refers by number."""
    blobs: list[bytes] = []
    return _pack(value, blobs, 0), blobs


def unpack(tree: Any, blobs: list[bytes]) -> Any:
    """The value; raises BadValue for anything that `pack` could not have made."""
    try:
        return _unpack(tree, blobs, 0)
    except BadValue:
        raise
    except Exception as error:
        raise BadValue(type(error).__name__) from None


def _pack(value, blobs, depth):
    if value is None or type(value) is bool:
        return value
    if type(value) is str and len(value) <= LONG:
        return value
    if type(value) is float or (type(value) is int and abs(value) < 1 << 62):
        return value if math.isfinite(value) else {"number": repr(value)}
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value, subok=False)
        if array.dtype.kind in KINDS and array.dtype.names is None:
            buffer = io.BytesIO()
            npy.write_array(buffer, array, version=(1, 0), allow_pickle=False)
            blobs.append(buffer.getvalue())
            return {"array": len(blobs) - 1}
    elif depth < DEPTH and type(value) in (list, tuple) and len(value) <= LONG:
        return {type(value).__name__: [_pack(each, blobs, depth + 1) for each in value]}
    elif depth < DEPTH and type(value) is dict and len(value) <= LONG:
        return {"dict": [[_pack(k, blobs, depth + 1), _pack(v, blobs, depth + 1)] for k, v in value.items()]}
    return {"opaque": _type_name(value)}


def _type_name(value):
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype.name}s"
    return type(value).__name__[:80]


def _unpack(tree, blobs, depth):
    if depth > DEPTH + 1:
        raise BadValue("too deep")
    if not isinstance(tree, dict):
        if tree is None or isinstance(tree, (bool, int, float, str)):
            return tree
        raise BadValue("a bare list")
    ((tag, inner),) = tree.items()
    if tag == "number":
        return float(inner)
    if tag == "array":
        return _array(blobs[inner])
    if tag in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[tag](_unpack(each, blobs, depth + 1) for each in inner)
    if tag == "dict":
        return {_unpack(k, blobs, depth + 1): _unpack(v, blobs, depth + 1) for k, v in inner}
    if tag == "opaque":
        return Opaque(str(inner)[:80])
    raise BadValue(f"unknown tag {tag!r}")


def _array(blob):
    """One npy file, whose header must agree with the bytes that follow it."""
    file = io.BytesIO(blob)
    if npy.read_magic(file) != (1, 0):
        raise BadValue("not npy 1.0")
    shape, fortran, dtype = npy.read_array_header_1_0(file)
    data = blob[file.tell() :]
    if dtype.kind not in KINDS or any(n < 0 for n in shape) or math.prod(shape) * dtype.itemsize != len(data):
        raise BadValue("npy header and data disagree")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()
