"""Normalisation and dropout: what they promise, by hand and at the edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop import norm

RNG = np.random.default_rng(0)
X = 3 + 2 * RNG.normal(size=(6, 4))
GAMMA, BETA = RNG.normal(size=4), RNG.normal(size=4)


def train(**more):
    return {"mode": "train", **more}


def test_batchnorm_by_hand():
    out, cache = norm.batchnorm_forward([[1.0], [5.0]], [10.0], [7.0], train(eps=12.0))
    assert out.tolist() == [[2.0], [12.0]]  # mean 3, variance 4 (of N, not N - 1), sigma 4, xhat -½ and ½
    assert cache[0].tolist() == [[-0.5], [0.5]] and cache[1].tolist() == [4.0]


def test_batchnorm_gives_every_feature_the_mean_beta_and_the_deviation_gamma():
    out, _ = norm.batchnorm_forward(X, GAMMA, BETA, train(eps=0))
    np.testing.assert_allclose(out.mean(axis=0), BETA, atol=1e-14)
    np.testing.assert_allclose(out.std(axis=0), np.abs(GAMMA))


def test_batchnorm_keeps_running_statistics_in_bn_param():
    given = np.full(4, 5.0)
    bn_param = train(momentum=0.75, running_mean=given, running_var=np.ones(4))
    norm.batchnorm_forward(X, GAMMA, BETA, bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], 0.75 * 5 + 0.25 * X.mean(axis=0))
    np.testing.assert_allclose(bn_param["running_var"], 0.75 + 0.25 * X.var(axis=0))
    assert (given == 5).all()  # the entry was replaced, the array not written to
    begins = train()
    norm.batchnorm_forward(X, GAMMA, BETA, begins)
    np.testing.assert_allclose(begins["running_mean"], 0.1 * X.mean(axis=0))
    np.testing.assert_allclose(begins["running_var"], 0.1 * X.var(axis=0))


def test_batchnorm_in_test_mode_uses_the_running_statistics_and_changes_nothing():
    bn_param = {"mode": "test", "running_mean": np.arange(4.0), "running_var": np.full(4, 3.0), "eps": 1.0}
    before = dict(bn_param)
    out, _ = norm.batchnorm_forward(X, GAMMA, BETA, bn_param)
    np.testing.assert_allclose(out, GAMMA * (X - np.arange(4)) / 2 + BETA)
    assert bn_param.keys() == before.keys() and all(bn_param[key] is before[key] for key in before)
    one_row, _ = norm.batchnorm_forward(X[:1], GAMMA, BETA, bn_param)
    np.testing.assert_allclose(one_row, out[:1])


def test_after_long_training_testing_is_like_training():
    bn_param = train()
    for _ in range(400):
        trained, _ = norm.batchnorm_forward(X, GAMMA, BETA, bn_param)
    np.testing.assert_allclose(norm.batchnorm_forward(X, GAMMA, BETA, bn_param | {"mode": "test"})[0], trained)


def test_a_batch_of_one_has_no_variance():
    out, cache = norm.batchnorm_forward(X[:1], GAMMA, BETA, train())
    assert (out == BETA).all()
    dx, dgamma, dbeta = norm.batchnorm_backward(np.ones((1, 4)), cache)
    assert not dx.any() and not dgamma.any() and (dbeta == 1).all()


@settings(max_examples=15, deadline=None, database=None)
@given(seed=st.integers(0, 2**32 - 1), N=st.integers(2, 9), D=st.integers(1, 5), scale=st.floats(0.1, 1e3))
def test_what_batchnorm_sends_back(seed, N, D, scale):
    """Columns of dx sum to 0, and with xhat to all but nothing; staged is compact; larger x, smaller dx."""
    rng = np.random.default_rng(seed)
    x, gamma, dout = rng.normal(size=(N, D)), rng.normal(size=D), rng.normal(size=(N, D))
    _, cache = norm.batchnorm_forward(x, gamma, np.zeros(D), train(eps=0.1))
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    xhat, sigma, *_ = cache
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((dx * xhat).sum(axis=0), gamma * dgamma * 0.1 / sigma**3, atol=1e-12)
    for staged, compact in zip((dx, dgamma, dbeta), norm.batchnorm_backward_alt(dout, cache)):
        np.testing.assert_allclose(compact, staged, atol=1e-12)
    _, larger = norm.batchnorm_forward(scale * x, gamma, np.zeros(D), train(eps=0.1 * scale**2))
    np.testing.assert_allclose(scale * norm.batchnorm_backward(dout, larger)[0], dx, atol=1e-10)


def test_ones_sent_back_through_batchnorm_leave_nothing():
    _, cache = norm.batchnorm_forward(X, GAMMA, BETA, train(eps=0))
    dx, dgamma, _ = norm.batchnorm_backward(np.ones_like(X), cache)
    np.testing.assert_allclose(dx, 0, atol=1e-14)
    np.testing.assert_allclose(dgamma, 0, atol=1e-14)


def test_far_from_zero_batchnorm_loses_no_more_than_the_input_has():
    near, _ = norm.batchnorm_forward(X, GAMMA, BETA, train())
    np.testing.assert_allclose(norm.batchnorm_forward(X + 1e6, GAMMA, BETA, train())[0], near, atol=1e-8)


def test_layernorm_by_hand_and_its_promise():
    out, _ = norm.layernorm_forward([[1.0, 5.0]], [10.0, 1.0], [7.0, 0.0], {"eps": 12.0})
    assert out.tolist() == [[2.0, 0.5]]
    out, _ = norm.layernorm_forward(X, np.ones(4), np.zeros(4), {})
    np.testing.assert_allclose(out.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(out.std(axis=1), 1, rtol=1e-4)


def test_group_norm_of_one_group_is_layer_norm():
    ours, theirs = norm.groupnorm_forward(X, GAMMA, BETA, 1, {}), norm.layernorm_forward(X, GAMMA, BETA, {})
    np.testing.assert_allclose(ours[0], theirs[0])
    dout = RNG.normal(size=X.shape)
    for a, b in zip(norm.groupnorm_backward(dout, ours[1]), norm.layernorm_backward(dout, theirs[1])):
        np.testing.assert_allclose(a, b)


def test_groups_are_normalised_apart():
    out, _ = norm.groupnorm_forward(X * [1, 1, 100, 100], np.ones(4), np.zeros(4), 2, {"eps": 0})
    np.testing.assert_allclose(out.reshape(6, 2, 2).std(axis=2), 1)
    pictures = RNG.normal(size=(2, 6, 3, 5))
    out, _ = norm.spatial_groupnorm_forward(pictures, np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1)), 3, {"eps": 0})
    np.testing.assert_allclose(out.reshape(2, 3, -1).mean(axis=2), 0, atol=1e-14)
    np.testing.assert_allclose(out.reshape(2, 3, -1).std(axis=2), 1)


@pytest.mark.parametrize("f, x", [(norm.groupnorm_forward, X), (norm.spatial_groupnorm_forward, np.ones((2, 4, 3, 5)))])
def test_groups_must_be_equal(f, x):
    shape = (4,) if x.ndim == 2 else (1, 4, 1, 1)
    with pytest.raises(ValueError, match=r"^G is 3; x of shape .* needs a divisor of 4"):
        f(x, np.ones(shape), np.ones(shape), 3, {})


def test_spatial_batchnorm_normalises_channels():
    x = RNG.normal(size=(2, 3, 4, 5)) * np.array([1, 10, 100])[:, None, None] + 7
    bn_param = train(eps=0)
    out, _ = norm.spatial_batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), 0, atol=1e-13)
    np.testing.assert_allclose(out.std(axis=(0, 2, 3)), 1)
    np.testing.assert_allclose(bn_param["running_mean"], 0.1 * x.mean(axis=(0, 2, 3)))


@pytest.mark.parametrize("f", [norm.batchnorm_forward, norm.spatial_batchnorm_forward])
def test_the_mode_is_one_of_two(f):
    x = X if f is norm.batchnorm_forward else np.ones((2, 4, 1, 3))
    with pytest.raises(ValueError, match="^mode is 'eval'; expected 'train' or 'test'"):
        f(x, GAMMA, BETA, {"mode": "eval"})
    with pytest.raises(KeyError, match="mode"):
        f(x, GAMMA, BETA, {})


def test_dropout_keeps_the_share_p_and_the_mean():
    x = np.full((200, 300), 2.0)
    out, (_, mask) = norm.dropout_forward(x, {"mode": "train", "p": 0.8, "seed": 1})
    assert set(np.unique(out)) == {0.0, 2.5} and abs((out > 0).mean() - 0.8) < 0.01 and abs(out.mean() - 2) < 0.02
    assert set(np.unique(mask)) == {0.0, 1.25}


def test_dropout_is_fixed_by_its_seed_and_fresh_without():
    x = np.ones((20, 30))
    param = {"mode": "train", "p": 0.5}
    first, second = (norm.dropout_forward(x, param | {"seed": 4})[0] for _ in range(2))
    assert (first == second).all()
    assert (norm.dropout_forward(x, param)[0] != norm.dropout_forward(x, param)[0]).any()
    generator = param | {"seed": np.random.default_rng(4)}
    assert (norm.dropout_forward(x, generator)[0] == first).all()
    assert (norm.dropout_forward(x, generator)[0] != first).any()


def test_dropout_when_testing_and_with_p_one_changes_nothing():
    assert (norm.dropout_forward(X, {"mode": "test", "p": 0.5})[0] == X).all()
    assert (norm.dropout_forward(X, {"mode": "train", "p": 1.0})[0] == X).all()


@pytest.mark.parametrize("p", [0, -0.1, 1.5])
def test_dropout_names_a_p_that_is_no_share(p):
    with pytest.raises(ValueError, match=f"^p is {p}; expected the probability of keeping"):
        norm.dropout_forward(X, {"mode": "train", "p": p})
