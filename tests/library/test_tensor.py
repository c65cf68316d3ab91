"""The array engine against nudging, and against the pairs that it can take in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop import layers, losses, norm, numeric, recurrent, tensor
from backprop.tensor import Tensor, layer, no_grad, softmax_loss, unbroadcast

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(4, 3)), RNG.uniform(0.5, 2.0, size=(4, 3))
ROW, COLUMN, MATRIX = RNG.normal(size=3), RNG.normal(size=(4, 1)), RNG.normal(size=(3, 5))

PROGRAMS = {
    "add": (lambda x, y: x + y + 2, X, Y),
    "sub": (lambda x, y: 1 - (x - y), X, Y),
    "mul": (lambda x, y: x * y * 3, X, Y),
    "div": (lambda x, y: x / y + 1 / y, X, Y),
    "matmul": (lambda x, w: x @ w, X, MATRIX),
    "matmul, a stack": (lambda x, w: x @ w, RNG.normal(size=(2, 4, 3)), MATRIX),
    "matmul, an array on the left": (lambda w: Y.T @ w, X),
    "maximum": (lambda x, y: x.maximum(y), X, Y),
    "power": (lambda y: y**3 + y**-0.5, Y),
    "exp": (lambda x: x.exp(), X),
    "log": (lambda y: y.log(), Y),
    "tanh": (lambda x: x.tanh(), X),
    "sigmoid": (lambda x: x.sigmoid(), X),
    "relu": (lambda x: x.relu(), X),
    "neg, T": (lambda x: -x.T, X),
    "sum": (lambda x: x.sum(axis=0) + x.sum() + x.sum(axis=1, keepdims=True), X),
    "mean": (lambda x: x.mean(axis=1) * x.mean() + x.mean(axis=0, keepdims=True).sum(), X),
    "pick": (lambda x: x[np.array([0, 2, 2]), np.array([1, 0, 0])], X),
    "slice": (lambda x: x[1:, ::2], X),
    "reshape": (lambda x: x.reshape(2, 6), X),
    "a row": (lambda x, r: x * r + r, X, ROW),
    "a column": (lambda x, c: x / (c * c + 1) - c, X, COLUMN),
    "a number": (lambda x, a: x * a, X, np.array(0.7)),
    "the same twice": (lambda x: x * x + x @ x.T @ x, X),
    "layer norm": (lambda x: (x - x.mean(1, True)) / (((x - x.mean(1, True)) ** 2).mean(1, True) + 0.1) ** 0.5, X),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_primitive_has_the_gradient_that_a_nudge_sees(name):
    program, *arrays = PROGRAMS[name]
    inputs = [Tensor(a, requires_grad=True) for a in arrays]
    out = program(*inputs)
    weights = np.random.default_rng(1).normal(size=out.shape)
    out.backward(weights)
    for i, (one, array) in enumerate(zip(inputs, arrays)):
        nudged = numeric.gradient(
            lambda a: program(*map(Tensor, [*arrays[:i], a, *arrays[i + 1 :]])).data, array, weights
        )
        assert one.grad.shape == array.shape
        assert numeric.relative_error(one.grad, nudged) < 1e-8


def test_the_table_holds_no_primitive_that_is_not_tried():
    said = " ".join(PROGRAMS)
    assert not [name for name in tensor.PRIMITIVES if name not in said and name != "turn"]


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_unbroadcast_is_the_adjoint_of_broadcasting(data):
    """<stretch(a), d> = <a, unbroadcast(d)>, for any shape that broadcasts to another."""
    full = tuple(data.draw(st.lists(st.integers(1, 4), max_size=4)))
    start = data.draw(st.integers(0, len(full)))
    shape = tuple(data.draw(st.sampled_from([1, n])) for n in full[start:])
    a, d = RNG.normal(size=shape), RNG.normal(size=full)
    back = unbroadcast(d, shape)
    assert back.shape == shape
    np.testing.assert_allclose((np.broadcast_to(a, full) * d).sum(), (a * back).sum(), rtol=1e-9, atol=1e-12)


def test_gradients_add_up_over_calls_and_reach_only_what_asked():
    w, x = Tensor(MATRIX, requires_grad=True), Tensor(X)
    loss = (x @ w).tanh().sum()
    loss.backward()
    once = w.grad
    loss.backward()  # nothing was used up
    np.testing.assert_array_equal(w.grad, 2 * once)
    assert x.grad is None and loss.grad is None and not x.requires_grad


def test_a_diamond_and_two_ends():
    x = Tensor(1.5, requires_grad=True)
    y = x * x
    (y * y + y).backward()
    assert x.grad == 16.5
    (y * 2).backward()
    assert x.grad == 22.5


def test_no_grad():
    w = Tensor(MATRIX, requires_grad=True)
    with no_grad():
        out = w * 2
        with no_grad():
            pass
        again = w * 3
    assert not out.requires_grad and not again.requires_grad and (w * 2).requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0
    assert (w * 2).requires_grad


def test_types():
    w = Tensor(MATRIX.astype(np.float32), requires_grad=True)
    loss = ((X.astype(np.float32) @ w).relu() ** 2 / 3).mean()
    loss.backward()
    assert loss.data.dtype == w.grad.dtype == np.float32
    assert Tensor([1, 2]).data.dtype == np.float64 and len(Tensor([1, 2])) == 2
    with pytest.raises(ValueError, match=r"a tensor of shape \(3, 5\) needs d"):
        (w * 2).backward()


def test_pairs_of_the_library_are_primitives():
    """A network of the library's own pairs has the gradients of the same network spelled out."""
    y, gamma, beta = np.array([0, 2, 1, 1]), RNG.normal(size=5), RNG.normal(size=5)
    batchnorm = layer(norm.batchnorm_forward, norm.batchnorm_backward)
    affine = layer(layers.affine_forward, layers.affine_backward)
    picks = layer(
        recurrent.word_embedding_forward, lambda dout, cache: (None, recurrent.word_embedding_backward(dout, cache))
    )

    def spelled_out(x, w, gamma, beta):
        out = x @ w + beta
        centred = out - out.mean(0)
        scores = centred / ((centred**2).mean(0) + 1e-5) ** 0.5 * gamma + beta
        log_p = scores - scores.exp().sum(1, True).log()
        return -log_p[np.arange(4), y].mean()

    def in_pairs(x, w, gamma, beta):
        return softmax_loss(batchnorm(affine(x, w, beta), gamma, beta, {"mode": "train"}), y)

    grads = []
    for program in (spelled_out, in_pairs):
        parameters = [Tensor(a, requires_grad=True) for a in (X, MATRIX, gamma, beta)]
        program(*parameters).backward()
        grads.append([p.grad for p in parameters])
    for a, b in zip(*grads):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    words, W = np.array([[0, 2, 2]]), Tensor(MATRIX, requires_grad=True)
    picks(words, W).backward(np.ones((1, 3, 5)))
    np.testing.assert_array_equal(W.grad, np.array([1, 0, 2])[:, None] * np.ones((3, 5)))
    with no_grad():
        assert not affine(X, W, beta).requires_grad


def test_it_learns():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    ws = [Tensor(rng.normal(size=s), requires_grad=True) for s in [(2, 16), (16,), (16, 2)]]
    for _ in range(300):
        scores = (x @ ws[0] + ws[1]).tanh() @ ws[2]
        softmax_loss(scores, y).backward()
        for w in ws:
            w.data, w.grad = w.data - 0.5 * w.grad, None
    assert losses.accuracy(scores.data, y) > 0.95
