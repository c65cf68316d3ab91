"""The line of shapes in a docstring, read by code: a contract is written once, and it holds.

    x (N, D...), y (N,) integer labels below C, w (D, C)  ->  out (N, C), cache (x, w).

`@shaped` checks what stands before the arrow (the one with two spaces behind it). A letter is one number
throughout the line; `D...` is one axis or more, and a `D` elsewhere their product; `...` in front is any
number of axes; `4H` is 4 times H. `(any shape)` and `(shape of x)` mean what they say. Words behind the
bracket may say `integer labels below C`, `integers`, `booleans`, `or None`. Without docstrings (python -OO)
nothing is checked.
"""

import re
from functools import wraps
from inspect import signature
from math import prod
from typing import NamedTuple

import numpy as np

__all__ = ["shaped"]

ARGUMENT = re.compile(r"((?:\w+, )*\w+) \((any shape|shape of \w+|[\w.]+,[\w., ]*)\)([^,]*)")
AXIS = re.compile(r"(\d*)([A-Za-z]*)")


class Argument(NamedTuple):
    name: str
    text: str  # what stands in the brackets: "D, 4H", "any shape", "shape of x"
    axes: tuple  # of (factor, letter, axis as written), without a `...` in front
    loose: bool  # whether there was one
    many: int | None  # the place of an axis like `D...`
    like: str  # the argument whose shape it has
    kind: str  # numbers, integers or booleans
    below: str  # the letter that integers are below
    optional: bool


def shaped(function):
    """Make arrays of the arguments that the docstring gives a shape, and see that they have it.

    Lists become arrays, and integers floating point: of the type of the first array that has one, else
    float64. Raises ValueError for a shape and TypeError for a type, naming the argument, what was
    expected and what was seen.
    """
    names = list(signature(function).parameters)
    line = [argument for argument in _read(function.__doc__ or "") if argument.name in names]

    @wraps(function)
    def checked(*args, **kwargs):
        given = dict(zip(names, args)) | kwargs
        if len(given) < len(args) + len(kwargs):
            return function(*args, **kwargs)  # raises: an argument too many
        sizes, here, floats = {"": 1}, [], np.float64
        for argument in line:
            name = argument.name
            if name in given and not (given[name] is None and argument.optional):
                here.append(argument)
                given[name] = array = _array(argument, given[name], floats)
                if array.dtype.kind == "f" and floats is np.float64:
                    floats = array.dtype
                if not _fits(argument, array.shape, sizes, given):
                    raise ValueError(_complaint(argument, here, sizes, given))
        for argument in here:
            if argument.below:
                _check_below(argument, here, sizes, given)
        return function(**given)

    return checked


def _read(docstring):
    """The arguments of the paragraph that ends in an arrow."""
    before, arrow, _ = docstring.partition("->  ")
    line = " ".join(before.split("\n\n")[-1].split()) if arrow else ""
    for names, text, words in ARGUMENT.findall(line):
        written = re.findall(r"[^ ,]+", text) if "," in text else []
        loose = written[:1] == ["..."]
        axes = tuple((*_axis(axis), axis) for axis in written[loose:])
        many = next((i for i, (*_, axis) in enumerate(axes) if axis.endswith("...")), None)
        like = text.removeprefix("shape of ") if text.startswith("shape of ") else ""
        kind = "integers" if "integer" in words else "booleans" if "boolean" in words else "numbers"
        below = "".join(re.findall(r"below (\w+)", words))
        for name in names.split(", "):
            yield Argument(name, text, axes, loose, many, like, kind, below, "or None" in words)


def _axis(written):
    """`4H` is 4 times H: (4, "H"); `D...` is (1, "D"), and `2` is (2, "")."""
    factor, letter = AXIS.match(written).groups()
    return int(factor or 1), letter


def _array(argument, value, floats):
    """The argument as an array of the kind of numbers that the line asks for; integers become `floats`."""
    name, kind = argument.name, argument.kind
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths; expected an array of {kind}") from None
    code = array.dtype.kind
    if code not in "biufc":
        seen = f"is {value!r:.40}" if array.ndim == 0 else f"has type {array.dtype}"
        raise TypeError(f"{name} {seen}; expected an array of {kind}")
    if kind == "integers" and code not in "iu":
        raise TypeError(f"{name} has type {array.dtype}; expected {kind}")
    if kind == "booleans" and code != "b" and not np.isin(array, (0, 1)).all():
        raise TypeError(f"{name} has type {array.dtype} and not only 0 and 1; expected {kind}")
    if kind == "booleans":
        return array.astype(bool, copy=False)
    return array if kind == "integers" or code in "fc" else array.astype(floats)


def _fits(argument, shape, sizes, given):
    """Whether a shape is the one of the line. A letter that is met for the first time gets its size."""
    axes, first, extra = argument.axes, argument.many, len(shape) - len(argument.axes)
    if not axes:
        return not argument.like or shape == given[argument.like].shape
    if argument.loose:
        shape = shape[max(0, extra) :]
    elif first is not None and extra > 0:
        shape = (*shape[:first], prod(shape[first : first + extra + 1]), *shape[first + extra + 1 :])
    pairs = zip(shape, axes)
    fits = all(size == factor * sizes.setdefault(letter, size) for size, (factor, letter, _) in pairs)
    return fits and len(shape) == len(axes)


def _owner(letter, here):
    """The first argument with a letter: it says what the letter stands for."""
    return next(argument.name for argument in here if letter in [letter for _, letter, _ in argument.axes])


def _complaint(argument, here, sizes, given):
    """What was expected and what was seen, with the arguments that the expectation comes from."""
    name, axes = argument.name, argument.axes
    seen = f"{name} has shape {given[name].shape}"
    if argument.like:
        owners, text = [argument.like], given[argument.like].shape
    else:
        owner_of = {axis: _owner(letter, here) for _, letter, axis in axes if letter and not axis.endswith("...")}
        known = {axis: owner for axis, owner in owner_of.items() if owner != name}
        sized = [str(factor * sizes[letter]) if axis in known else axis for factor, letter, axis in axes]
        owners, text = list(dict.fromkeys(known.values())), ", ".join(["..."] * argument.loose + sized)
        text = f"({text},)" if len(axes) == 1 else f"({text})"
    if not owners:
        return f"{seen}; expected ({argument.text}), {_count(argument)}"
    cause = " and ".join(f"{owner} of shape {given[owner].shape}" for owner in owners)
    return f"{seen}; {cause} need{'s' if len(owners) == 1 else ''} {name} {text}"


def _count(argument):
    least = len(argument.axes)
    if argument.loose or argument.many is not None:
        return f"{least} or more axes"
    return f"{least} axes" if least > 1 else "1 axis"


def _check_below(argument, here, sizes, given):
    """See that integers are classes, words or whatever there are so many of."""
    array, size = given[argument.name], sizes[argument.below]
    if array.size and not (0 <= array.min() and array.max() < size):
        owner = _owner(argument.below, here)
        seen = f"{argument.name} holds integers from {array.min()} to {array.max()}"
        raise ValueError(f"{seen}; {owner} of shape {given[owner].shape} allows 0 to {size - 1}")
