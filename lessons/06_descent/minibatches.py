"""Deal the examples into batches.

`x` holds an example in each row, `y` has its label, or its target, at the same place. Return a list of pairs `(x,
y)`: every example once, in an order drawn with `rng`, `size` of them in each batch; the last batch holds what is
left. An example stays beside its own `y`. `rng` is a generator as `np.random.default_rng(0)` makes one; all chance is
to come from it, so that a training can be repeated. The caller still needs `x` and `y` as they are.

Every way to shuffle is right. What is checked is what all of them have in common, on two calls in a row and with two
generators of the same seed.

"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["minibatches"],
    reference=optim,
    points=dict(batches=3),
    minutes=8,
    kind="batches",
    keeps=["x", "y"],
    help=[
        "Shuffle places, not examples: draw one order of the numbers from 0 to N - 1, and use it for `x` and for `y`.",
        "`x[order]`, with an array of places, is a new array with the rows in that order. A slice that reaches beyond the end takes "
        "what there is.",
        "From the order, take the first `size` places, then the next `size`, and so on: a loop whose counter goes in steps of `size`.",
        "An example with other numbers: five examples, size 2, order [3, 0, 4, 1, 2]. The batches hold the rows 3 and 0, the rows 4 "
        "and 1, and the row 2.",
    ],
)


def drawn(rng, n, d, size, y=None):
    """Examples of which no two are the same, with labels of which no two are the same."""
    x = rng.normal(size=(n, *d))
    return dict(x=x, y=rng.permutation(n) if y is None else y, size=size, rng=int(rng.integers(1 << 31)))


@exercise.case
def ordinary(rng):
    return drawn(rng, 23, (3,), 5)


@exercise.case
def sizes_that_fit(rng):
    return drawn(rng, 24, (4,), 6)


@exercise.case
def one_by_one(rng):
    return drawn(rng, 13, (2,), 1)


@exercise.case
def one_example(rng):
    return drawn(rng, 1, (4,), 3)


@exercise.case
def all_in_one_batch(rng):
    return drawn(rng, 7, (2,), 100)


@exercise.case
def pictures(rng):
    return drawn(rng, 21, (2, 3, 4), 4)


@exercise.case
def targets_in_rows(rng):
    return drawn(rng, 25, (3,), 4, y=rng.normal(size=(25, 2)))


@exercise.case
def words(rng):
    x = rng.permutation(60).reshape(20, 3)
    return dict(x=x, y=rng.permutation(20), size=8, rng=int(rng.integers(1 << 31)))


@exercise.case
def single_precision(rng):
    draw = drawn(rng, 22, (3,), 7)
    return draw | dict(x=draw["x"].astype(np.float32))


@exercise.case(for_marks_only=True)
def many(rng):
    return drawn(rng, 1000, (3,), 64)


def cut(x, y, size):
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


@exercise.mistake(caught_by=rules.returns)
def does_not_shuffle(x, y, size, rng):
    """Your batches are slices of the data, in the order in which it came. Data often comes sorted, by class or by
    day, and then a batch says little about the whole."""
    return cut(x, y, size)


@exercise.mistake(caught_by=rules.returns)
def shuffles_apart(x, y, size, rng):
    """You drew an order for `x` and another for `y`, so that examples and labels no longer belong together. Nothing
    breaks; the network learns noise. One order has to serve both."""
    return cut(x[rng.permutation(len(x))], y[rng.permutation(len(x))], size)


@exercise.mistake(caught_by=rules.returns)
def shuffles_x_alone(x, y, size, rng):
    """`x` is shuffled and `y` is not: each example stands beside the label of another."""
    return cut(x[rng.permutation(len(x))], y, size)


@exercise.mistake(caught_by=rules.returns)
def shuffles_y_alone(x, y, size, rng):
    """`y` is shuffled and `x` is not: each label stands beside another example."""
    return cut(x, y[rng.permutation(len(x))], size)


@exercise.mistake(caught_by=rules.keeps)
def shuffles_in_place(x, y, size, rng):
    """You shuffled the caller's own arrays. Whoever called still has them, in another order now; take copies in a new
    order instead."""
    order = rng.permutation(len(x))
    x[:], y[:] = x[order], y[order]
    return cut(x, y, size)


@exercise.mistake(caught_by=rules.returns)
def draws_with_return(x, y, size, rng):
    """You draw each batch, or each example, anew from all of them: some come several times and others never. In one
    pass every example is to come once."""
    found = []
    for i in range(0, len(x), size):
        places = rng.integers(len(x), size=min(size, len(x) - i))
        found.append((x[places], y[places]))
    return found


@exercise.mistake(caught_by=rules.returns)
def drops_the_rest(x, y, size, rng):
    """The last batch, which is not full, is missing. Its examples are never seen in this pass."""
    order = rng.permutation(len(x))
    return cut(x[order], y[order], size)[: len(x) // size]


@exercise.mistake(caught_by=rules.returns)
def fills_up_the_rest(x, y, size, rng):
    """Your last batch is filled up with examples that were seen already. It is to hold what is left, however few."""
    order = rng.permutation(len(x))
    order = np.concatenate([order, order[: -len(x) % size]]) if len(x) >= size else np.resize(order, size)
    return cut(x[order], y[order], size)


@exercise.mistake(caught_by=rules.returns)
def makes_size_batches(x, y, size, rng):
    """You cut the data into `size` batches. `size` says how many examples are in one."""
    order = rng.permutation(len(x))
    return [(x[part], y[part]) for part in np.array_split(order, size)]


@exercise.mistake(caught_by=rules.returns)
def ends_in_an_empty_batch(x, y, size, rng):
    """Where the sizes fit, you hand out an empty batch at the end. Its mean loss would be 0/0."""
    order = rng.permutation(len(x))
    return [(x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, len(x) + 1, size)]


@exercise.mistake(caught_by=rules.returns)
def deals_one_batch(x, y, size, rng):
    """You return one batch. The list is to hold all of them, so that every example comes once."""
    order = rng.permutation(len(x))[:size]
    return [(x[order], y[order])]


@exercise.mistake(caught_by=rules.returns)
def shuffles_batches(x, y, size, rng):
    """You cut first and then shuffled the batches: examples that are neighbours in the data are always in one batch.
    Shuffle the examples, then cut."""
    batches = cut(x, y, size)
    return [batches[i] for i in rng.permutation(len(batches))]


@exercise.mistake(caught_by=rules.returns)
def shuffles_inside(x, y, size, rng):
    """You cut first and then shuffled inside each batch. The mean over a batch does not care for the order; it is the
    batches that have to be mixed."""
    found = []
    for xs, ys in cut(x, y, size):
        order = rng.permutation(len(xs))
        found.append((xs[order], ys[order]))
    return found


@exercise.mistake(caught_by=rules.returns)
def seeds_again(x, y, size, rng):
    """You make a generator of your own, with the same seed at every call: all passes over the data come in the same
    order. Draw from `rng`, which goes on from call to call."""
    order = np.random.default_rng(0).permutation(len(x))
    return cut(x[order], y[order], size)


@exercise.mistake(caught_by=rules.returns)
def draws_elsewhere(x, y, size, rng):
    """Your chance does not come from `rng`, so a training cannot be repeated. `rng.permutation` and `rng.shuffle`
    draw from it; `np.random.permutation` and the module `random` do not."""
    order = np.random.default_rng().permutation(len(x))
    return cut(x[order], y[order], size)


@exercise.mistake(caught_by=rules.returns)
def returns_two_lists(x, y, size, rng):
    """You return a list of the `x` and a list of the `y`. Each batch is to be a pair, so that a loop can take them
    one by one."""
    order = rng.permutation(len(x))
    batches = cut(x[order], y[order], size)
    return [xs for xs, _ in batches], [ys for _, ys in batches]


@exercise.mistake(caught_by=rules.returns)
def returns_places(x, y, size, rng):
    """You return the places of the examples. The rows of `x` and `y` at these places are asked for."""
    order = rng.permutation(len(x))
    return [order[i : i + size] for i in range(0, len(x), size)]
