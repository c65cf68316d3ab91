"""The primitives of which strangers are made, as a table: what each does, and what goes back through it.

Every primitive is text, from which the layer's code, its formula and its way back are put together. In it
stand `{a}`, `{b}`, `{c}` for the operands, `{o}` for the value itself, `{d}` for what arrives at it, and
`{axis}`, `{size}`, `{k}`, `{i}` for an axis, its letter, a constant, an index letter. What goes forward takes
complex numbers too, so that the truth can be had by complex step, without any of the rules of the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

__all__ = ["ALL", "BENDS", "JOINS", "Primitive", "Slip", "compiled"]


@dataclass(frozen=True)
class Slip:
    """A wrong way back to one operand: what is computed instead, and what to say about it."""

    name: str
    operand: int
    back: str
    hint: str


@dataclass(frozen=True)
class Primitive:
    """One line of a layer.

    code     the expression
    formula  the same for one entry, in LaTeX
    back     what each operand gets, before what was copied is summed
    slips    wrong ways back that are this primitive's own
    says     what it does to its operands, in words: "`c` {says} `a`"
    calm     whether entries of ordinary size stay so; what is not calm is not bent once more
    kink     where the slope jumps: an expression that is zero there
    """

    code: str
    formula: str
    back: tuple[str, ...]
    slips: tuple[Slip, ...] = ()
    says: str = "is made of"
    calm: bool = True
    kink: str = ""


def _bend(code, formula, back, *slips, **more) -> Primitive:
    """A function of one operand, entry by entry."""
    return Primitive(code, formula, (back,), tuple(Slip(name, 0, wrong, hint) for name, wrong, hint in slips), **more)


SPREAD = "np.broadcast_to({d}, {a}.shape)"
SHARE = "np.broadcast_to({d} / {a}.shape[{axis}], {a}.shape)"
HOT = "np.eye(len({a}))[{b}]"
LAST = f"({HOT} * (np.cumsum({HOT}[::-1], axis=0)[::-1] == 1)).T @ {{d}}"

BENDS = {
    "tanh": _bend(
        "np.tanh({a})",
        r"\tanh {a}",
        "{d} * (1 - {o}**2)",
        ("lacks_a_square", "{d} * (1 - {o})", "Your slope of tanh, from `{a}` to `{o}`, lacks a square."),
        (
            "slope_of_the_input",
            "{d} * (1 - {a}**2)",
            "In your slope of tanh stands `{a}`, which tanh was given; it should be what tanh returned.",
        ),
    ),
    "sigmoid": _bend(
        "1 / (1 + np.exp(-{a}))",
        "1 / (1 + e^{{-{a}}})",
        "{d} * {o} * (1 - {o})",
        (
            "slope_of_the_input",
            "{d} * {a} * (1 - {a})",
            "In your slope of the sigmoid stands `{a}`, which it was given; it should be what it returned.",
        ),
        (
            "forgets_a_factor",
            "{d} * {o}",
            "Your slope of the sigmoid, from `{a}` to `{o}`, lacks a factor: it must vanish where `{o}` comes near 1.",
        ),
    ),
    "sin": _bend(
        "np.sin({a})",
        r"\sin {a}",
        "{d} * np.cos({a})",
        ("turns_the_sign", "-{d} * np.cos({a})", "The sine rises at 0; your slope from `{a}` to `{o}` falls there."),
        (
            "slope_of_the_output",
            "{d} * np.cos({o})",
            "The slope of the sine is taken where the sine was taken, at `{a}`; you took it at `{o}`.",
        ),
    ),
    "cos": _bend(
        "np.cos({a})",
        r"\cos {a}",
        "-{d} * np.sin({a})",
        (
            "turns_the_sign",
            "{d} * np.sin({a})",
            "The cosine falls to the right of 0; your slope from `{a}` to `{o}` rises there.",
        ),
        (
            "slope_of_the_output",
            "-{d} * np.sin({o})",
            "The slope of the cosine is taken where the cosine was taken, at `{a}`; you took it at `{o}`.",
        ),
    ),
    "softplus": _bend(
        "np.log(1 + np.exp({a}))",
        r"\log(1 + e^{{{a}}})",
        "{d} / (1 + np.exp(-{a}))",
        (
            "slope_of_the_output",
            "{d} / (1 + np.exp(-{o}))",
            "The slope of log(1 + e^a) is taken where the function was taken, at `{a}`; you took it at `{o}`.",
        ),
        (
            "forgets_the_inside",
            "{d} / (1 + np.exp({a}))",
            "On the way back from `{o}` to `{a}` you passed the logarithm, but not the exponential inside it.",
        ),
    ),
    "root": _bend(
        "np.sqrt(1 + {a}**2)",
        r"\sqrt{{1 + {a}^2}}",
        "{d} * {a} / {o}",
        (
            "forgets_the_inside",
            "{d} / (2 * {o})",
            "On the way back from `{o}` to `{a}` you passed the root, but not the square inside it.",
        ),
        (
            "forgets_a_half",
            "{d} * 2 * {a} / {o}",
            "Your way back from `{o}` to `{a}` is twice the true one: the root brings a half, the square a two.",
        ),
    ),
    "bell": _bend(
        "1 / (1 + {a}**2)",
        "1 / (1 + {a}^2)",
        "-{d} * 2 * {a} * {o}**2",
        ("turns_the_sign", "{d} * 2 * {a} * {o}**2", "`{o}` falls as `{a}` moves away from 0; your slope rises."),
        (
            "forgets_the_inside",
            "-{d} * {o}**2",
            "On the way back from `{o}` to `{a}` you passed the fraction, but not the square below its line.",
        ),
        (
            "lacks_a_square",
            "-{d} * 2 * {a} * {o}",
            "The slope of 1/u is one over u twice; in your way back from `{o}` to `{a}` it stands once.",
        ),
    ),
    "square": _bend(
        "{a}**2",
        "{a}^2",
        "{d} * 2 * {a}",
        ("forgets_the_two", "{d} * {a}", "Your slope of the square, from `{a}` to `{o}`, is half the true one."),
        calm=False,
    ),
    "exp": _bend(
        "np.exp({a})",
        "e^{{{a}}}",
        "{d} * {o}",
        ("slope_of_the_input", "{d} * {a}", "The slope of e^a is e^a itself; you multiplied by `{a}`."),
        ("forgets_the_slope", "{d}", "What comes back from `{o}` passes the exponential unchanged in your code."),
        calm=False,
    ),
    "relu": _bend(
        "np.maximum(0, {a})",
        r"\max(0, {a})",
        "{d} * ({a} > 0)",
        ("passes_everything", "{d}", "Where `{a}` was negative `{o}` is 0 whatever is nudged; yours lets it all pass."),
        (
            "masks_by_what_arrives",
            "np.maximum(0, {d})",
            "Whether something passes back from `{o}` is decided by the sign of `{a}`, not by that of what arrives.",
        ),
        kink="{a}",
    ),
}

# fmt: off
JOINS = {
    "add": Primitive("{a} + {b}", "{a} + {b}", ("{d}", "{d}")),
    "sub": Primitive("{a} - {b}", "{a} - {b}", ("{d}", "-{d}"), (
        Slip("turns_the_sign", 1, "{d}", "`{b}` is subtracted in `{o}`: raising it lowers `{o}`. Your code forgets the minus."),)),
    "mul": Primitive("{a} * {b}", r"{a}\, {b}", ("{d} * {b}", "{d} * {a}"), (
        Slip("takes_the_wrong_factor", 0, "{d} * {a}", "In `{o}`, the slope for `{a}` is the *other* factor; you multiplied by `{a}` itself."),
        Slip("takes_the_wrong_factor", 1, "{d} * {b}", "In `{o}`, the slope for `{b}` is the *other* factor; you multiplied by `{b}` itself."),
        Slip("forgets_the_factor", 0, "{d}", "What goes back to `{a}` from the product `{o}` lacks the other factor."),)),
    "div": Primitive("{a} / {b}", "{a} / {b}", ("{d} / {b}", "-{d} * {a} / {b}**2"), (
        Slip("turns_the_sign", 1, "{d} * {a} / {b}**2", "Raising `{b}` makes the quotient `{o}` smaller: your way back to `{b}` has the wrong sign."),
        Slip("lacks_a_square", 1, "-{d} * {a} / {b}", "On the way back to `{b}`, which is below the line in `{o}`, one division is missing."),)),
}

ALL = BENDS | JOINS | {
    "affine": Primitive("{a} @ {b} + {c}", r"\sum_{i} {a} {b} + {c}", ("{d} @ {b}.T", "{a}.T @ {d}", "{d}"), (
        Slip("averages", 1, "{a}.T @ {d} / len({a})", "Your `d{b}` is the true one divided by the number of rows. Every row uses `{b}`, and what they send back adds up."),
        Slip("transposes", 1, "{d}.T @ {a}", "Your `d{b}` is the true one transposed. A gradient has the shape of the thing itself."),)),
    "matmul": Primitive("{a} @ {b}", r"\sum_{i} {a} {b}", ("{d} @ {b}.T", "{a}.T @ {d}"), (
        Slip("averages", 1, "{a}.T @ {d} / len({a})", "Your `d{b}` is the true one divided by the number of rows. Every row uses `{b}`, and what they send back adds up."),
        Slip("transposes", 1, "{d}.T @ {a}", "Your `d{b}` is the true one transposed. A gradient has the shape of the thing itself."),)),
    "scale": Primitive("{k} * {a}", r"{k}\, {a}", ("{k} * {d}",), (
        Slip("forgets_the_factor", 0, "{d}", "`{o}` is {k} times `{a}`, so a nudge of `{a}` arrives {k} times as large. Your way back lacks that factor."),
        Slip("divides", 0, "{d} / {k}", "`{o}` is {k} times `{a}`. Going back multiplies by the same number; you divided."),)),
    "sum": Primitive("{a}.sum(axis={axis}, keepdims=True)", r"\sum_{i} {a}", (SPREAD,), (
        Slip("averages", 0, SHARE, "`{o}` is a sum, not a mean: every entry of `{a}` has the weight 1 in it. Your way back divides by their number."),),
        says="is a sum of entries of", calm=False),
    "mean": Primitive("{a}.mean(axis={axis}, keepdims=True)", r"\frac{{1}}{{{size}}} \sum_{i} {a}", (SHARE,), (
        Slip("forgets_the_share", 0, SPREAD, "`{o}` is a mean over {size} entries, and each has a share of 1/{size} in it. Your way back to `{a}` lacks that factor."),),
        says="is a mean of entries of"),
    "rms": Primitive("np.sqrt(({a}**2).mean(axis={axis}, keepdims=True) + 0.1)", r"\sqrt{{\frac{{1}}{{{size}}} \sum_{i} {a}^2 + 0.1}}", ("{d} * {a} / ({o} * {a}.shape[{axis}])",), (
        Slip("forgets_the_share", 0, "{d} * {a} / {o}", "Inside `{o}` is a mean over {size} entries. Your way back to `{a}` lacks its factor 1/{size}."),
        Slip("forgets_a_half", 0, "{d} * 2 * {a} / ({o} * {a}.shape[{axis}])", "What your code sends back from `{o}` to `{a}` is twice the true thing: the square brings a two, the root a half."),
        Slip("forgets_the_inside", 0, "np.broadcast_to({d} / (2 * {o} * {a}.shape[{axis}]), {a}.shape)", "On the way back from `{o}` to `{a}` you passed the root and the mean, but not the square inside."),),
        says="is a root mean square of entries of"),
    "max": Primitive("{a}.max(axis={axis}, keepdims=True)", r"\max_{i} {a}", ("{d} * ({a} == {o})",), (
        Slip("shares_it_out", 0, SHARE, "`{o}` is the largest entry, and no other counts. Yours goes back to all entries of `{a}` in equal parts."),
        Slip("goes_to_all", 0, SPREAD, "`{o}` is the largest entry, and no other counts. Yours goes back to every entry of `{a}`."),),
        says="is picked from", kink="{o} - np.sort({a}, axis={axis})[:, -2:-1]"),
    "first": Primitive("{a}[:, :1]", "{a}", ("{d} * (np.arange({a}.shape[1]) == 0)",), (
        Slip("goes_to_all", 0, SPREAD, "`{o}` is the first column of `{a}`. The other columns were not looked at, but get something back in your code."),),
        says="is picked from"),
    "rows": Primitive("{a}[{b}]", "{a}", (f"{HOT}.T @ {{d}}",), (
        Slip("keeps_the_last", 0, LAST, "Some rows of `{a}` are picked more than once in `{o}`, and what comes back adds up. Yours keeps the last one only."),),
        says="is picked from"),
}
# fmt: on


@cache
def compiled(expression: str):
    """The expression as a function of a, b, c, d, o, called so in it."""
    return eval(f"lambda a, b, c, d, o: {expression}", {"np": np})
