"""Measure what happens to values and gradients, layer by layer.

`ws` is a list of L matrices. A layer makes `activation(h @ w)` of what it is given, without a bias; `x` (N, D) goes
into the first, and `dout`, of the shape of the last output, comes back from above. `activation` is a name:
`pair_of("tanh", mine)` gives you the forward and the backward of that name.

Return `rms, gradient_norm, cosine`, each of length L+1: of `x` and of every layer's output, in this order.

- `rms`: the root of the mean square of all entries.
- `gradient_norm`: the norm (root of the sum of all squares) of the gradient *with respect to* `x`, or to that output.
  The last one is that of `dout`.
- `cosine`: how alike the examples are, as `mean_cosine(h)` says it. Write this one first: the cosine between two
  rows is their product divided by their lengths; take the mean over all pairs of *different* rows.

No row is all zeros, and there are at least two.
"""

from types import SimpleNamespace

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import network, training
from backprop.training import clear, pair_of

BENDS = ("relu", "tanh", "sigmoid")

exercise = Exercise(
    writes=["mean_cosine", "depth_profile"],
    reference=SimpleNamespace(
        **vars(clear), pair_of=pair_of, mean_cosine=training.mean_cosine, depth_profile=network.depth_profile
    ),
    points=dict(rms=2, gradient_norm=4, cosine=3),
    minutes=18,
    kind="function",
    uses=["pair_of", *(f"{bend}_{way}" for bend in BENDS for way in ("forward", "backward"))],
    help=[
        "Go forward once, and keep every output and every cache in lists. Then go back from the last layer to the "
        "first. Which "
        "list do you need in reverse?",
        "A layer is a product and then a bend, so the way back meets the bend first. What has come through both is the "
        "gradient with respect to what the layer was given: the output of the layer before.",
        "The way back finds the gradients from the last to the first; the answer wants them from `x` on. How many "
        "are there, if "
        "`dout` is one of them?",
        "For the cosine, divide every row by its length. Then `units @ units.T` holds all cosines. Which of them do"
        " not "
        "count?",
        "An example with other numbers: x = [[3, 4], [4, -3]], one layer with w = [[0, 2], [-1, 0]] and a ReLU, "
        "dout = [[1, 1], [1, "
        "1]]. x w is [[-4, 6], [3, 8]], the output [[0, 6], [3, 8]]. rms: root of 50/4 and of 109/4. Back through "
        "the bend: "
        "[[0, 1], [1, 1]], through the matrix: [[2, 0], [2, -1]]; gradient_norm is [3, 2]. cosine: 0, and 48/(6 · "
        "√73) = 0.936.",
    ],
)


def drawn(rng, n, sizes, activation, scale=1.0, shift=0.0):
    """Layers in which no row becomes zero, and some gradient comes back to every layer."""
    while True:
        x = shift + rng.normal(size=(n, sizes[0]))
        ws = [scale * rng.normal(size=s) / np.sqrt(s[0]) for s in zip(sizes, sizes[1:])]
        dout = rng.normal(size=(n, sizes[-1]))
        _, gradient_norm, _ = network.depth_profile(x, ws, dout, activation)
        if _lengths(x, ws, activation) > 1e-3 and gradient_norm.min() > 1e-3 * gradient_norm.max():
            return dict(x=x, ws=ws, dout=dout, activation=activation)


def _lengths(h, ws, activation):
    """The shortest row of all outputs."""
    forward, _ = pair_of(activation)
    shortest = []
    for w in ws:
        h, _ = forward(h @ w)
        shortest.append(np.linalg.norm(h, axis=1).min())
    return min(shortest)


@exercise.case
def ordinary(rng):
    return drawn(rng, 5, (4, 7, 6, 8), "tanh", 1.3)


@exercise.case
def relu(rng):
    return drawn(rng, 4, (6, 9, 7, 8, 9), "relu", 1.4)


@exercise.case
def sigmoid(rng):
    return drawn(rng, 3, (5, 4, 6), "sigmoid", 2.0)


@exercise.case
def two_examples(rng):
    return drawn(rng, 2, (3, 8, 5), "tanh", 1.5)


@exercise.case
def one_layer(rng):
    return drawn(rng, 6, (5, 7), "relu", 1.4)


@exercise.case
def square(rng):
    return drawn(rng, 7, (9,) * 5, "tanh", 1.6)


@exercise.case
def far_from_zero(rng):
    return drawn(rng, 5, (6, 4, 7), "tanh", 0.3, 4.0)


@exercise.case(for_marks_only=True)
def large(rng):
    return drawn(rng, 60, (100, 110, 120, 110, 100, 90), "relu", 1.4)


@exercise.derivation
def with_products(x, ws, dout, activation):
    forward, backward = pair_of(activation)
    h, passed = x, []
    values = [x]
    for w in ws:
        h, cache = forward(np.dot(h, w))
        values.append(h)
        passed.append((w, cache))
    d = dout
    norms = [np.linalg.norm(d)]
    for w, cache in passed[::-1]:
        d = np.dot(backward(d, cache), w.T)
        norms.insert(0, np.linalg.norm(d))
    cosine = []
    for h in values:
        unit = h / np.sqrt((h**2).sum(axis=1, keepdims=True))
        table, n = np.dot(unit, unit.T), len(h)
        cosine.append((table.sum() - np.trace(table)) / (n * (n - 1)))
    return np.sqrt([np.mean(h**2) for h in values]), np.array(norms), np.array(cosine)


def profile(x, ws, dout, activation, **instead):
    """A right profile, one instrument of it replaced: a function of the values, or of the gradients from x on."""
    forward, backward = pair_of(activation)
    values, caches, gradients = [x], [], [dout]
    for w in ws:
        out, cache = forward(values[-1] @ w)
        values.append(out)
        caches.append(cache)
    for w, cache in zip(reversed(ws), reversed(caches)):
        gradients.append(backward(gradients[-1], cache) @ w.T)
    rms, gradient_norm, cosine = network.depth_profile(x, ws, dout, activation)
    found = dict(rms=rms, gradient_norm=gradient_norm, cosine=cosine)
    for name, measure in instead.items():
        found[name] = np.array([measure(a) for a in (gradients[::-1] if name == "gradient_norm" else values)])
    return tuple(found.values())


def units(h):
    return h / np.linalg.norm(h, axis=1, keepdims=True)


def back(x, ws, dout, activation, step):
    """A profile whose gradients are found by `step(d, w, cache, backward)`, which returns what is sent on and what is
    measured."""
    forward, backward = pair_of(activation)
    h, caches, d, norms = x, [], dout, [np.linalg.norm(dout)]
    for w in ws:
        h, cache = forward(h @ w)
        caches.append(cache)
    for w, cache in zip(reversed(ws), reversed(caches)):
        d, measured = step(d, w, cache, backward)
        norms.append(np.linalg.norm(measured))
    rms, _, cosine = network.depth_profile(x, ws, dout, activation)
    return rms, np.array(norms[::-1]), cosine


# ----- the size of values -----


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_root(x, ws, dout, activation):
    """Your rms is the mean of the squares; the root of it is missing."""
    return profile(x, ws, dout, activation, rms=lambda h: np.mean(h**2))


@exercise.mistake(caught_by=rules.outputs)
def takes_the_mean_out(x, ws, dout, activation):
    """Your rms is a standard deviation: the mean was subtracted first. The rms is about size, wherever the middle
    is."""
    return profile(x, ws, dout, activation, rms=np.std)


@exercise.mistake(caught_by=rules.outputs)
def takes_the_norm_for_the_rms(x, ws, dout, activation):
    """Your rms is a norm: it grows with the number of entries. Wide layers and large batches should not look larger,
    so it is the *mean* square that counts here."""
    return profile(x, ws, dout, activation, rms=np.linalg.norm)


@exercise.mistake(caught_by=rules.outputs)
def averages_sizes(x, ws, dout, activation):
    """Your rms is the mean of the absolute values. Squares come first, then their mean, then the root."""
    return profile(x, ws, dout, activation, rms=lambda h: np.mean(np.abs(h)))


@exercise.mistake(caught_by=rules.outputs)
def averages_the_rows(x, ws, dout, activation):
    """Your rms is the mean of the rows' own. A mean of roots is not the root of a mean: take one over all entries."""
    return profile(x, ws, dout, activation, rms=lambda h: np.sqrt((h**2).mean(axis=1)).mean())


@exercise.mistake(caught_by=rules.outputs)
def measures_before_the_bend(x, ws, dout, activation):
    """Your rms is that of `h @ w`, before the bend. Asked for is what a layer hands on."""
    forward, _ = pair_of(activation)
    h, sizes = x, [np.sqrt(np.mean(x**2))]
    for w in ws:
        a = h @ w
        sizes.append(np.sqrt(np.mean(a**2)))
        h, _ = forward(a)
    _, gradient_norm, cosine = network.depth_profile(x, ws, dout, activation)
    return np.array(sizes), gradient_norm, cosine


@exercise.mistake(caught_by=rules.shapes)
def leaves_the_input_out(x, ws, dout, activation):
    """You measure the layers' outputs, and not `x`. Each of the three has one entry more than there are layers."""
    return tuple(each[1:] for each in network.depth_profile(x, ws, dout, activation))


# ----- the gradients -----


@exercise.mistake(caught_by=rules.outputs)
def tells_it_backwards(x, ws, dout, activation):
    """Your gradient norms are the right ones from the last layer to the first: in the order in which they were found.
    Asked for is the order of the layers, beginning with `x`."""
    rms, gradient_norm, cosine = network.depth_profile(x, ws, dout, activation)
    return rms, gradient_norm[::-1], cosine


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_bend(x, ws, dout, activation):
    """Your gradients come back through the matrices alone. Each layer bends as well, and what comes back is scaled by
    the slope of the bend there: its backward, with its cache."""
    return back(x, ws, dout, activation, lambda d, w, cache, backward: (d @ w.T, d @ w.T))


@exercise.mistake(caught_by=rules.outputs)
def measures_between(x, ws, dout, activation):
    """Your norm is taken between bend and matrix: it is that of the gradient with respect to `h @ w`. With respect to
    what the layer was *given*, the matrix comes too."""

    def step(d, w, cache, backward):
        through = backward(d, cache)
        return through @ w.T, through

    return back(x, ws, dout, activation, step)


@exercise.mistake(caught_by=rules.outputs)
def takes_the_rms_of_gradients(x, ws, dout, activation):
    """Your gradient norms are root *mean* squares. A norm is the root of the sum: what a step of the whole array
    would feel."""
    return profile(x, ws, dout, activation, gradient_norm=lambda d: np.sqrt(np.mean(d**2)))


@exercise.mistake(caught_by=rules.outputs)
def squares_the_norm(x, ws, dout, activation):
    """Your gradient norms are squared: the root is missing."""
    return profile(x, ws, dout, activation, gradient_norm=lambda d: np.sum(d**2))


@exercise.mistake(caught_by=rules.outputs)
def takes_another_norm(x, ws, dout, activation):
    """Your gradient norm is the largest singular value: that is what `np.linalg.norm(d, 2)` means for a table. Left
    without the 2, it takes the root of the sum of all squares."""
    return profile(x, ws, dout, activation, gradient_norm=lambda d: np.linalg.norm(d, 2))


@exercise.mistake(caught_by=rules.outputs)
def adds_up_sizes(x, ws, dout, activation):
    """Your gradient norm is the sum of absolute values. The norm that is meant is the root of the sum of squares."""
    return profile(x, ws, dout, activation, gradient_norm=lambda d: np.abs(d).sum())


@exercise.mistake(caught_by=rules.outputs)
def starts_from_ones(x, ws, dout, activation):
    """Your way back starts from ones. What arrives at the last output is given: `dout`."""
    rms, gradient_norm, cosine = network.depth_profile(x, ws, np.ones_like(dout), activation)
    return rms, gradient_norm, cosine


@exercise.mistake(caught_by=rules.outputs)
def asks_the_weights(x, ws, dout, activation):
    """Your gradient norms are those of the *weights*, with that of `dout` at the end. Asked for are the gradients of
    the values: of `x` and of what each layer hands on."""
    forward, backward = pair_of(activation)
    values, caches, d, norms = [x], [], dout, [np.linalg.norm(dout)]
    for w in ws:
        out, cache = forward(values[-1] @ w)
        values.append(out)
        caches.append(cache)
    for h, w, cache in zip(values[-2::-1], reversed(ws), reversed(caches)):
        da = backward(d, cache)
        norms.append(np.linalg.norm(h.T @ da))
        d = da @ w.T
    rms, _, cosine = network.depth_profile(x, ws, dout, activation)
    return rms, np.array(norms[::-1]), cosine


@exercise.mistake(caught_by=rules.runs)
def forgets_the_transpose(x, ws, dout, activation):
    """On the way back the gradient has as many columns as the *output* of the layer. To get back to its input it is
    multiplied by the matrix turned over. With square matrices nothing would have complained."""
    return back(x, ws, dout, activation, lambda d, w, cache, backward: (backward(d, cache) @ w,) * 2)


@exercise.mistake(caught_by=rules.runs)
def meets_the_matrix_first(x, ws, dout, activation):
    """You send what arrives through the matrix first and through the bend then. Forward the bend came last, so on the
    way back it comes first."""
    return back(x, ws, dout, activation, lambda d, w, cache, backward: (backward(d @ w.T, cache),) * 2)


@exercise.mistake(caught_by=rules.runs)
def keeps_caches_in_order(x, ws, dout, activation):
    """On the way back you go through the matrices from the last to the first, and through the caches from the first
    to the last. Each layer's backward needs the cache of that layer."""
    forward, backward = pair_of(activation)
    h, caches = x, []
    for w in ws:
        h, cache = forward(h @ w)
        caches.append(cache)
    d, norms = dout, [np.linalg.norm(dout)]
    for w, cache in zip(reversed(ws), caches):
        d = backward(d, cache) @ w.T
        norms.append(np.linalg.norm(d))
    rms, _, cosine = network.depth_profile(x, ws, dout, activation)
    return rms, np.array(norms[::-1]), cosine


@exercise.mistake(caught_by=rules.runs)
def starts_anew_at_every_layer(x, ws, dout, activation):
    """You send `dout` itself into every layer. It arrives at the last one only; each layer before gets what the one
    behind it has sent back."""
    return back(x, ws, dout, activation, lambda d, w, cache, backward: (dout, backward(dout, cache) @ w.T))


# ----- how alike the examples are -----


@exercise.mistake(caught_by=rules.outputs)
def takes_the_diagonal_along(x, ws, dout, activation):
    """You count each pair once, and each row with itself besides: `np.triu_indices(n)` begins on the diagonal. Begin
    one place above it."""
    return profile(x, ws, dout, activation, cosine=lambda h: (units(h) @ units(h).T)[np.triu_indices(len(h))].mean())


@exercise.mistake(caught_by=rules.outputs)
def compares_rows_with_themselves(x, ws, dout, activation):
    """Your mean includes each row with itself, whose cosine is always 1. Only pairs of *different* rows say
    anything."""
    return profile(x, ws, dout, activation, cosine=lambda h: (units(h) @ units(h).T).mean())


@exercise.mistake(caught_by=rules.outputs)
def divides_by_all_pairs(x, ws, dout, activation):
    """You left the rows with themselves out of the sum, but not out of the count: of N rows, N² pairs are too
    many."""
    return profile(x, ws, dout, activation, cosine=lambda h: ((units(h) @ units(h).T).sum() - len(h)) / len(h) ** 2)


@exercise.mistake(caught_by=rules.outputs)
def counts_each_pair_once(x, ws, dout, activation):
    """Your cosine is half the right one: you add up each pair once, and divide by a count in which each stands
    twice."""

    def half(h):
        return np.triu(units(h) @ units(h).T, 1).sum() / (len(h) * (len(h) - 1))

    return profile(x, ws, dout, activation, cosine=half)


@exercise.mistake(caught_by=rules.outputs)
def counts_each_pair_twice(x, ws, dout, activation):
    """Your cosine is twice the right one: in the sum each pair stands twice, and in your count once."""

    def double(h):
        return 2 * ((units(h) @ units(h).T).sum() - len(h)) / (len(h) * (len(h) - 1))

    return profile(x, ws, dout, activation, cosine=double)


@exercise.mistake(caught_by=rules.outputs)
def compares_the_units(x, ws, dout, activation):
    """You compare columns, which are units. The examples are the rows."""
    return profile(x, ws, dout, activation, cosine=lambda h: training.mean_cosine(h.T))


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_lengths(x, ws, dout, activation):
    """Your mean is that of the products of rows. A cosine does not depend on how long the rows are: divide by both
    lengths."""

    def products(h):
        return ((h @ h.T).sum() - (h * h).sum()) / (len(h) * (len(h) - 1))

    return profile(x, ws, dout, activation, cosine=products)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_sign(x, ws, dout, activation):
    """You take the size of each cosine. Two rows that point in opposite directions are as different as can be: -1 is
    not 1."""

    def sizes(h):
        return (np.abs(units(h) @ units(h).T).sum() - len(h)) / (len(h) * (len(h) - 1))

    return profile(x, ws, dout, activation, cosine=sizes)


@exercise.mistake(caught_by=rules.outputs)
def compares_neighbours(x, ws, dout, activation):
    """You compare each row with the next one only. All pairs count."""
    return profile(x, ws, dout, activation, cosine=lambda h: (units(h)[1:] * units(h)[:-1]).sum(axis=1).mean())


@exercise.mistake(caught_by=rules.outputs)
def compares_with_the_first(x, ws, dout, activation):
    """You compare each row with the first one only. All pairs count."""
    return profile(x, ws, dout, activation, cosine=lambda h: (units(h)[1:] @ units(h)[0]).mean())


@exercise.mistake(caught_by=rules.outputs)
def correlates(x, ws, dout, activation):
    """Your numbers are correlations, as `np.corrcoef` gives them: it takes each row's mean out first. A cosine leaves
    the rows as they are."""

    def correlation(h):
        return (np.corrcoef(h).sum() - len(h)) / (len(h) * (len(h) - 1))

    return profile(x, ws, dout, activation, cosine=correlation)
