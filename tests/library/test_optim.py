"""Optimisers by hand, their contract, and the loop around them."""

import copy

import numpy as np
import pytest

from backprop import data, layers, losses, optim

RNG = np.random.default_rng(0)
UPDATES = [optim.sgd, optim.sgd_momentum, optim.nesterov, optim.rmsprop, optim.adam, optim.adamw]
EACH = pytest.mark.parametrize("update", UPDATES, ids=lambda f: f.__name__)


def steps(update, config, dws=(3.0, -1.0), w=10.0):
    """Where the steps for these gradients lead, one after the other."""
    for dw in dws:
        w, config = update(w, dw, config)
        yield float(w)


# fmt: off
@pytest.mark.parametrize("update, config, by_hand", [
    (optim.sgd,          {"learning_rate": 0.5},                     [8.5, 9.0]),
    (optim.sgd_momentum, {"learning_rate": 0.5, "momentum": 0.5},    [8.5, 8.25]),         # v -1.5, then -0.25
    (optim.nesterov,     {"learning_rate": 0.5, "momentum": 0.5},    [7.75, 8.125]),       # + 0.5 v - 0.5 dw
    (optim.rmsprop,      {"learning_rate": 0.5, "decay_rate": 0.75, "epsilon": 0.5},
     [10 - 1.5 / (1.5 + 0.5), 10 - 0.75 + 0.5 / (1.9375**0.5 + 0.5)]),                     # cache 2.25, 1.9375
    (optim.adam,         {"learning_rate": 0.5, "beta1": 0.5, "beta2": 0.75, "epsilon": 1.0},
     [10 - 1.5 / 4, 10 - 0.375 - 0.5 * (0.25 / 0.75) / ((1.9375 / 0.4375) ** 0.5 + 1)]),   # m 1.5, 0.25
    (optim.adamw,        {"learning_rate": 0.5, "beta1": 0.5, "beta2": 0.75, "epsilon": 1.0, "weight_decay": 0.1},
     [10 - 1.5 / 4 - 0.5]),
])
# fmt: on
def test_by_hand(update, config, by_hand):
    np.testing.assert_allclose(list(steps(update, config))[: len(by_hand)], by_hand, rtol=1e-14)


@EACH
def test_the_contract_of_an_update(update):
    """Same shape and type back; arrays untouched, those in config too; the same config, complete."""
    w, dw = RNG.normal(size=(3, 2)).astype(np.float32), RNG.normal(size=(3, 2)).astype(np.float32)
    before, config = copy.deepcopy((w, dw)), {}
    next_w, same = update(w, dw, config)
    assert same is config and "learning_rate" in config
    remembered = {key: value for key, value in config.items() if isinstance(value, np.ndarray)}
    copies = copy.deepcopy(remembered)
    next_w, _ = update(next_w, dw, config)
    np.testing.assert_equal((w, dw), before)
    np.testing.assert_equal(remembered, copies)
    arrays = [next_w, *(value for value in config.values() if isinstance(value, np.ndarray))]
    assert all(array.shape == w.shape and array.dtype == np.float32 for array in arrays)
    assert update(w, dw)[1].keys() == config.keys()
    with pytest.raises(ValueError, match=r"^dw has shape \(2, 3\); w of shape \(3, 2\) needs dw \(3, 2\)"):
        update(w, dw.T, {})


@EACH
def test_every_update_comes_down_a_ravine(update):
    f, df = data.ravine(20)
    w, config = np.array([4.0, 1.0]), {"learning_rate": 0.03}
    for _ in range(400):
        w, config = update(w, df(w), config)
    assert f(w) < 1e-3 * f(np.array([4.0, 1.0]))


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient(size):
    assert optim.adam(0.0, size, {"learning_rate": 0.1, "epsilon": 0})[0] == pytest.approx(-0.1)


def test_weight_decay_is_not_divided_by_anything():
    w = np.array([2.0, 2.0])
    next_w, _ = optim.adamw(w, np.array([0.0, 0.0]), {"learning_rate": 0.1, "weight_decay": 0.5})
    np.testing.assert_allclose(next_w, 2 - 0.1 * 0.5 * 2)


def test_cosine_schedule_by_hand():
    rates = [optim.cosine_schedule(step, 12, 0.8, 4) for step in range(14)]
    np.testing.assert_allclose(rates[:5], [0, 0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose([rates[6], rates[8], rates[10]], [0.4 + 0.2 * 2**0.5, 0.4, 0.4 - 0.2 * 2**0.5])
    assert rates[12] == rates[13] == 0 and rates[4:] == sorted(rates[4:], reverse=True)
    assert optim.cosine_schedule(0, 10, 0.5, 0) == 0.5
    with pytest.raises(ValueError, match="^warmup is 11; expected 0 to steps, which is 10"):
        optim.cosine_schedule(0, 10, 0.5, 11)


def test_clip_gradients_shortens_all_together():
    grads = {"w": np.array([[3.0, 0.0]]), "b": np.array([4.0])}
    before = copy.deepcopy(grads)
    clipped = optim.clip_gradients(grads, 1.0)
    np.testing.assert_allclose(clipped["w"], [[0.6, 0]])
    np.testing.assert_allclose(clipped["b"], [0.8])
    np.testing.assert_equal(optim.clip_gradients(grads, 5.0), before)
    np.testing.assert_equal(grads, before)
    zeros = {"w": np.zeros(3, np.float32)}
    assert optim.clip_gradients(zeros, 1.0)["w"].dtype == np.float32
    with pytest.raises(ValueError, match="^max_norm is 0"):
        optim.clip_gradients(grads, 0)


def test_minibatches_hold_every_example_once_beside_its_label():
    x, y = np.arange(14.0).reshape(7, 2), np.arange(7)
    batches = optim.minibatches(x, y, 3, np.random.default_rng(0))
    assert [len(y) for _, y in batches] == [3, 3, 1]
    drawn = np.concatenate([y for _, y in batches])
    assert sorted(drawn) == list(range(7)) and list(drawn) != list(range(7))
    assert all((x[:, 0] == 2 * y).all() for x, y in batches)
    assert [len(y) for _, y in optim.minibatches(x, y, 100, np.random.default_rng(0))] == [7]
    with pytest.raises(ValueError, match=r"^y has shape \(6,\); x of shape \(7, 2\) needs as many rows"):
        optim.minibatches(x, y[:6], 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="^size is 0"):
        optim.minibatches(x, y, 0, np.random.default_rng(0))


def linear_loss(params, x, y):
    scores, cache = layers.affine_forward(x, params["w"], params["b"])
    loss, dscores = losses.mse_loss(scores, y)
    _, dw, db = layers.affine_backward(dscores, cache)
    return loss, {"w": dw, "b": db}


@EACH
def test_training_is_steps_one_after_the_other(update):
    """Two steps by hand: every parameter has a memory of its own, and losses come before their steps."""
    params = {"w": RNG.normal(size=(3, 2)), "b": np.zeros(2)}
    batches = [(RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))) for _ in range(2)]
    before, config = copy.deepcopy(params), {"learning_rate": 0.1}
    trained, seen = optim.train(params, linear_loss, iter(batches), update, config)
    by_hand, memory = dict(params), {"w": {"learning_rate": 0.1}, "b": {"learning_rate": 0.1}}
    for loss, batch in zip(seen, batches, strict=True):
        value, grads = linear_loss(by_hand, *batch)
        assert loss == value
        for name in by_hand:
            by_hand[name], memory[name] = update(by_hand[name], grads[name], memory[name])
    np.testing.assert_equal(trained, by_hand)
    np.testing.assert_equal(params, before)
    assert config == {"learning_rate": 0.1} and all(type(loss) is float for loss in seen)


def test_training_finds_what_made_the_data():
    x, rng = RNG.normal(size=(60, 3)), np.random.default_rng(1)
    truth = {"w": RNG.normal(size=(3, 2)), "b": RNG.normal(size=2)}
    y = x @ truth["w"] + truth["b"]
    batches = [batch for _ in range(150) for batch in optim.minibatches(x, y, 20, rng)]
    start = {"w": np.zeros((3, 2)), "b": np.zeros(2)}
    params, seen = optim.train(start, linear_loss, batches, optim.sgd_momentum, {"learning_rate": 0.1})
    np.testing.assert_allclose(params["w"], truth["w"], atol=1e-6)
    assert len(seen) == 450 and seen[-1] < 1e-10


def test_a_missing_gradient_is_an_error():
    with pytest.raises(KeyError, match="b"):
        optim.train({"w": 1.0, "b": 1.0}, lambda params, x, y: (0.0, {"w": 1.0}), [(0, 0)], optim.sgd, {})
