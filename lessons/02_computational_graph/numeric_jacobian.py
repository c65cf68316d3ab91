"""Every output against every input, by nudging.

`f` takes an array of shape (D,) and returns one of shape (M,). Return the table of all slopes: entry `[m, d]` says how fast
output m moves when input d is nudged, as a central difference with step `h`. Leave `x` as it was.

The table needs two runs for every input. A way back gives it row by row, one sweep for every output.
"""

from types import SimpleNamespace

import numpy as np

from autograder import rules
from autograder.exercise import Exercise


def numeric_jacobian(f, x, h=1e-5):
    """The slopes of all entries of f(x) with respect to all entries of x, by nudging.

    f (array (D,) -> array (M,)), x (D,)  ->  jacobian (M, D).
    """
    # Nudging input d moves every output: one column.
    columns = []
    for d in range(len(x)):
        up, down = np.array(x, float), np.array(x, float)
        up[d] += h
        down[d] -= h
        columns.append((f(up) - f(down)) / (2 * h))
    return np.stack(columns, axis=1)


exercise = Exercise(
    writes=["numeric_jacobian"],
    reference=SimpleNamespace(numeric_jacobian=numeric_jacobian),
    points=dict(jacobian=2),
    minutes=10,
    tier="more",
    kind="takes a function",
    help=[
        "Nudge one input and look at *all* outputs: that gives one slope for each output. Is it a row of the table, or a column?",
        "Nudge in a copy of `x`. If you nudge `x` itself, the next input is tried while this one is still off, and whoever "
        "gave you `x` finds it changed.",
        "An example with other numbers: f(x) = (3 x₀, x₀ x₁) at (2, 5). Nudging x₀ moves the outputs at rates 3 and 5, "
        "nudging x₁ at rates 0 and 2. The table is [[3, 0], [5, 2]].",
    ],
)


def drawn(rng, f, d, far=1.0):
    return dict(f=f, x=far * (rng.uniform(0.3, 1.2, size=d) * rng.choice([-1, 1], size=d)))


@exercise.case
def more_inputs_than_outputs(rng):
    return drawn(rng, "sum and product of ends", 4)


@exercise.case
def more_outputs_than_inputs(rng):
    return drawn(rng, "powers", 2)


@exercise.case
def as_many_of_both(rng):
    return drawn(rng, "running sum of squares", 3)


@exercise.case
def one_input(rng):
    return drawn(rng, "powers", 1)


@exercise.mistake(caught_by=rules.shapes)
def transposes_the_table(f, x, h=1e-5):
    """Your table is the right one transposed: its rows belong to inputs. Asked is a row for each output, as in the product of
    the table and a nudge, which gives how far the outputs move."""
    return numeric_jacobian(f, x, h).T


@exercise.mistake(caught_by=rules.shapes)
def adds_up_the_outputs(f, x, h=1e-5):
    """You added up the outputs, so there is one slope for each input. Asked is one for each pair of an output and an input."""
    return numeric_jacobian(f, x, h).sum(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def nudges_everything_at_once(f, x, h=1e-5):
    """You nudged all inputs together, so nobody can say which of them moved an output. Nudge one at a time."""
    x = np.array(x, float)
    return (f(x + h) - f(x - h)) / (2 * h)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_two(f, x, h=1e-5):
    """Your slopes are twice the right ones. From x - h to x + h the run is 2h."""
    return 2 * numeric_jacobian(f, x, h)


@exercise.mistake(caught_by=rules.outputs)
def leaves_the_nudge_in(f, x, h=1e-5):
    """A nudge stays in `x` when the next input is tried. Undo it, or nudge a copy."""
    x, columns = np.array(x, float), []
    for d in range(len(x)):
        before = f(x)
        x[d] += 1e-2
        columns.append((f(x) - before) / 1e-2)
    return np.stack(columns, axis=1)
