"""Every fast function equals the clear one beside it, writes where it is told to, and nowhere else."""

import copy
import inspect
from importlib import import_module

import numpy as np
import pytest

from backprop import fast, losses, optim
from tests.library.table import PAIRS, SIZES


def clear_one(name):
    module, _, function = fast.EQUALS[name].partition(".")
    return getattr(import_module(f"backprop.{module}"), function)


FAST = {clear_one(name): getattr(fast, name) for name in fast.EQUALS}
CASES = {name: pair for name, pair in PAIRS.items() if pair.forward in FAST and pair.backward in FAST}


def test_every_fast_function_has_a_clear_one_and_is_compared():
    assert fast.__all__ == sorted(["EQUALS", *fast.EQUALS])
    compared = {f for pair in CASES.values() for f in (pair.forward, pair.backward)}
    assert FAST.keys() - compared == {losses.softmax_loss, optim.sgd_momentum}
    for slow, quick in FAST.items():
        names = list(inspect.signature(slow).parameters)
        assert list(inspect.signature(quick).parameters)[: len(names)] == names


def tuple_of(grads):
    return grads if isinstance(grads, tuple) else (grads,)


def equal(ours, theirs, tolerance):
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1, np.abs(b).max(initial=0)))


def turned(a):
    """The same numbers with the axes the other way round in memory."""
    return np.asfortranarray(a) if isinstance(a, np.ndarray) else a


@pytest.mark.parametrize("layout", [copy.deepcopy, turned], ids=["in order", "turned in memory"])
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-11), (np.float32, 2e-4)], ids=["f64", "f32"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_pairs_equal_the_clear_ones(name, size, dtype, tolerance, layout):
    forward, backward, draw = CASES[name]
    inputs = [
        layout(a.astype(dtype) if isinstance(a, np.ndarray) else a)
        for a in draw(np.random.default_rng(0), *size).values()
    ]
    settings = [
        {k: v.astype(dtype) if isinstance(v, np.ndarray) else v for k, v in a.items()}
        for a in inputs
        if isinstance(a, dict)
    ]
    inputs = [a for a in inputs if not isinstance(a, dict)]
    out, cache = forward(*inputs, *copy.deepcopy(settings))
    quick, quick_cache = FAST[forward](*inputs, *copy.deepcopy(settings))
    dout = layout(np.random.default_rng(1).normal(size=out.shape).astype(dtype))
    before = copy.deepcopy([*inputs, dout])
    want = [out, *tuple_of(backward(dout, cache))]
    for _ in range(2):  # the cache may be used again
        equal([quick, *tuple_of(FAST[backward](dout, quick_cache))], want, tolerance)
    assert all(np.array_equal(a, b) for a, b in zip([*inputs, dout], before))


@pytest.mark.parametrize("name", ["affine", "conv", "batchnorm", "rnn", "residual", "preact"])
def test_gradients_go_where_there_is_room(name):
    forward, backward, draw = CASES[name]
    inputs = list(draw(np.random.default_rng(0), *SIZES[0]).values())
    out, cache = FAST[forward](*inputs)
    dout = np.random.default_rng(1).normal(size=out.shape)
    want = FAST[backward](dout, cache)
    first = 2 if name == "rnn" else 1  # behind dx, and behind dh0
    room = [np.full_like(g, np.nan) for g in want[first:]]
    found = FAST[backward](dout, cache, out=room)[first:]
    assert all(a is b for a, b in zip(found, room, strict=True))
    equal(room, want[first:], 0)
    if name in ("affine", "conv"):
        dx, *rest = FAST[backward](dout, cache, need_dx=False)
        assert dx is None
        equal(rest, want[1:], 0)


def test_batch_norm_keeps_the_same_running_entries():
    rng, params = np.random.default_rng(0), [{"mode": "train", "momentum": 0.7} for _ in range(2)]
    params[0]["running_mean"] = params[1]["running_mean"] = start = rng.normal(size=3)
    kept = start.copy()
    for _ in range(3):
        x, gamma, beta = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
        for forward, bn_param in zip((fast.batchnorm_forward, clear_one("batchnorm_forward")), params):
            forward(x, gamma, beta, bn_param)
    for name in ("running_mean", "running_var"):
        np.testing.assert_allclose(params[0][name], params[1][name], rtol=1e-12)
    assert np.array_equal(start, kept)
    test = [
        f(x, gamma, beta, p | {"mode": "test"})[0]
        for f, p in zip((fast.batchnorm_forward, clear_one("batchnorm_forward")), params)
    ]
    np.testing.assert_allclose(*test, rtol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 3), (1, 4), (4, 1)])
def test_softmax_loss(shape, dtype):
    rng = np.random.default_rng(0)
    for scale in (1, 1e4):
        x, y = (scale * rng.normal(size=shape)).astype(dtype), rng.integers(shape[1], size=shape[0])
        before = x.copy()
        (loss, dx), (want, dwant) = fast.softmax_loss(x, y), losses.softmax_loss(x, y)
        np.testing.assert_allclose(loss, want, rtol=1e-6)
        equal([dx], [dwant], 1e-6)
        assert np.array_equal(x, before)


@pytest.mark.parametrize("size", [7, fast.BLOCK // 8, fast.BLOCK // 4 + 3])
def test_momentum_in_blocks(size):
    rng = np.random.default_rng(0)
    w, config, other = (
        rng.normal(size=(1, size)),
        {"learning_rate": 0.1, "momentum": 0.8},
        {"learning_rate": 0.1, "momentum": 0.8},
    )
    want, moved = w.copy(), w
    for _ in range(3):
        dw = rng.normal(size=w.shape)
        moved, config = fast.sgd_momentum(moved, dw, config)
        want, other = optim.sgd_momentum(want, dw, other)
    assert moved is w
    np.testing.assert_allclose(w, want, rtol=1e-12)
    np.testing.assert_allclose(config["velocity"], other["velocity"], rtol=1e-12)
    assert (
        fast.sgd_momentum(np.ones(2), np.ones(2), {})[0].tolist()
        == optim.sgd_momentum(np.ones(2), np.ones(2))[0].tolist()
    )
