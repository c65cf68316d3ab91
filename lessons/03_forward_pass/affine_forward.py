"""Ask every question of every example: the affine layer.

`x` holds an example in each row, `w` a question in each column, `b` a number for each question. Return
`(out, cache)`: `out[n, m]` is the answer of example `n` to question `m`, and `cache` is what the way back will need,
`(x, w, b)`.

An example may have several axes, as a picture has: `x` of shape (N, d1, d2) is N examples of D = d1 · d2 numbers each. `w`
takes them flattened, in the order in which `reshape` reads them. Leave `x`, `w` and `b` as they are.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import layers

exercise = Exercise(
    writes=["affine_forward"],
    reference=layers,
    points=dict(out=3),
    minutes=10,
    keeps=["x", "w", "b"],
    help=[
        "Begin with one entry, `out[n, m]`. Which numbers of `x` and which of `w` does it need, and what becomes of `b`?",
        "That sum over d is what a matrix product does: (N, D) with (D, M) gives (N, M). Which array stands on the left?",
        "Where `x` has more than two axes, make it (N, D) first: as many rows as there are examples, the rest in one "
        "axis. `reshape` can find one size by itself.",
        "An example with other numbers: x = [[1, 2], [0, 3]], w = [[4], [5]], b = [6]. The first row gives "
        "1 · 4 + 2 · 5 + 6 = 20, the second 0 · 4 + 3 · 5 + 6 = 21, so out = [[20], [21]]: the same 6 in both rows.",
    ],
)


def normal(rng, n, d, m):
    """x (n, *d), w (prod d, m), b (m,), all far enough from zero to matter."""
    d = (d,) if isinstance(d, int) else d
    return dict(x=rng.normal(size=(n, *d)), w=rng.normal(size=(np.prod(d), m)), b=rng.normal(size=m))


@exercise.case
def ordinary(rng):
    return normal(rng, 4, 5, 3)


@exercise.case
def batch_of_one(rng):
    return normal(rng, 1, 3, 4)


@exercise.case
def images(rng):
    return normal(rng, 3, (2, 4), 5)


@exercise.case
def square(rng):
    return normal(rng, 4, 4, 4)


@exercise.case
def far_from_zero(rng):
    return {name: 100 + array for name, array in normal(rng, 6, 2, 3).items()}


@exercise.case
def integers(rng):
    return {name: rng.integers(-9, 10, size=array.shape) for name, array in normal(rng, 3, 4, 2).items()}


@exercise.case
def in_float32(rng):
    """Quarters, so that a sum is the same in every order and in every precision."""
    return {
        name: (rng.integers(-9, 10, size=array.shape) / 4).astype(np.float32)
        for name, array in normal(rng, 5, 3, 2).items()
    }


@exercise.derivation
def by_loops(x, w, b):
    rows = x.reshape(len(x), -1)
    out = np.zeros((len(rows), w.shape[1]))
    for n in range(len(rows)):
        for m in range(w.shape[1]):
            out[n, m] = b[m]
            for d in range(rows.shape[1]):
                out[n, m] += rows[n, d] * w[d, m]
    return out, (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_bias(x, w, b):
    """Your `out` has no bias in it. Without one, the answer to an example of zeros is always 0, and every cut goes
    through the origin."""
    return x.reshape(len(x), -1) @ w, (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def subtracts_the_bias(x, w, b):
    """You subtract the bias, as if it were a threshold to be passed. Here it is added: it is how eager a question is to
    be answered with yes."""
    return x.reshape(len(x), -1) @ w - b, (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def adds_the_bias_before_the_weights(x, w, b):
    """Your bias comes in D times, once with each input. It is added once, to the finished sum."""
    rows = x.reshape(len(x), -1)
    return rows @ w + rows.shape[1] * b, (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def adds_the_whole_of_b(x, w, b):
    """You add the sum of all biases to every answer. Each question has one of its own: `b[m]` belongs to column m."""
    return x.reshape(len(x), -1) @ w + b.sum(), (x, w, b)


@exercise.mistake(caught_by=rules.runs)
def lays_the_bias_down_the_rows(x, w, b):
    """You turned `b` into a column, so that each *example* would get one. There is a bias for each question: it lies
    along the rows, and is copied to all of them."""
    return x.reshape(len(x), -1) @ w + b[:, None], (x, w, b)


@exercise.mistake(caught_by=rules.runs)
def multiplies_the_other_way_round(x, w, b):
    """You multiply `w` (D, M) by `x` (N, D), and the axis that is summed over does not stand between the two. It is D,
    the last of `x` and the first of `w`."""
    return w @ x.reshape(len(x), -1) + b, (x, w, b)


@exercise.mistake(caught_by=rules.runs)
def transposes_w(x, w, b):
    """You multiply by `w` transposed, (M, D). In this course a question is a *column* of `w`; there are books in which it
    is a row."""
    return x.reshape(len(x), -1) @ w.T + b, (x, w, b)


@exercise.mistake(caught_by=rules.runs)
def takes_examples_for_columns(x, w, b):
    """You multiply from the left, as where examples are columns. In this course they are rows, and rows are multiplied from
    the right: N comes first and stays first."""
    return w.T @ x.reshape(len(x), -1) + b, (x, w, b)


@exercise.mistake(caught_by=rules.runs)
def multiplies_entry_by_entry(x, w, b):
    """`*` multiplies entry by entry. Every example meets every question, in a sum over the inputs: that is a matrix
    product."""
    return x.reshape(len(x), -1) * w + b, (x, w, b)


@exercise.mistake(caught_by=rules.runs)
def forgets_to_flatten(x, w, b):
    """This is right where an example has one axis. A picture has two: make a row of each before it is multiplied."""
    return x @ w + b, (x, w, b)


@exercise.mistake(caught_by=rules.runs)
def flattens_the_batch_too(x, w, b):
    """You flattened everything into one long row. The first axis counts the examples and stays: N rows, each with the
    numbers of one example."""
    return x.reshape(-1) @ w + b, (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def flattens_column_by_column(x, w, b):
    """Pictures come out wrong, rows right: you flatten a picture down its columns. `w` expects it row by row, as
    `reshape` reads it when it is not told otherwise."""
    return x.reshape(len(x), -1, order="F") @ w + b, (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def mixes_the_examples(x, w, b):
    """Your rows hold numbers of several examples: something was reshaped to (D, N) and then turned. `reshape` never moves
    numbers past each other, so the axis of the examples has to stay in front."""
    return x.reshape(-1, len(x)).T @ w + b, (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def bends_already(x, w, b):
    """Your negative answers have become 0: there is a ReLU in this layer already. Here it only multiplies and adds; the
    bend is the next layer."""
    return np.maximum(0, x.reshape(len(x), -1) @ w + b), (x, w, b)


@exercise.mistake(caught_by=rules.outputs)
def averages_over_the_inputs(x, w, b):
    """Your sum over the inputs was divided by how many there are. A neuron adds up; nothing is averaged."""
    rows = x.reshape(len(x), -1)
    return rows @ w / rows.shape[1] + b, (x, w, b)


@exercise.mistake(caught_by=rules.shapes)
def sums_over_the_outputs(x, w, b):
    """You added the answers of each example up. They belong to different questions, and the next layer wants to see each:
    `out` is (N, M)."""
    return (x.reshape(len(x), -1) @ w + b).sum(axis=1), (x, w, b)


@exercise.mistake(caught_by=rules.returns)
def returns_out_alone(x, w, b):
    """`out` comes back alone. A layer returns two things: its output, and a cache with what the way back will need."""
    return x.reshape(len(x), -1) @ w + b


@exercise.mistake(caught_by=rules.returns)
def returns_the_cache_first(x, w, b):
    """The two things come back in the other order: first `out`, then `cache`."""
    return (x, w, b), x.reshape(len(x), -1) @ w + b


@exercise.mistake(caught_by=rules.keeps)
def flattens_in_place(x, w, b):
    """Your numbers are right, but the `x` of whoever called is flat now: setting `x.shape` changes the array itself, not
    a copy. `reshape` gives another view and leaves `x` alone."""
    x.shape = (len(x), -1)
    return x @ w + b, (x, w, b)
