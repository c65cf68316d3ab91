"""Losses against nudges, by hand, and at the extremes."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop import losses, numeric
from tests.library import table
from tests.library.table import LOSSES, SIZES

RNG = np.random.default_rng(0)
EACH = pytest.mark.parametrize("name", LOSSES)
OF_CLASSES = [losses.softmax_loss, losses.svm_loss, losses.cross_entropy, losses.accuracy]


@EACH
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_dx_is_what_a_nudge_sees(name, size):
    loss, inputs = LOSSES[name].loss, LOSSES[name].draw(np.random.default_rng(0), *size)
    value, dx = loss(**inputs)
    assert np.ndim(value) == 0 and value > 0 and dx.shape == inputs["x"].shape
    truth = numeric.gradient(lambda x: loss(**inputs | {"x": x})[0], inputs["x"])
    assert numeric.relative_error(dx, truth) < 1e-8


@EACH
def test_types_layouts_and_manners(name):
    loss, inputs = LOSSES[name].loss, LOSSES[name].draw(np.random.default_rng(0), *SIZES[0])
    before = copy.deepcopy(inputs)
    value, dx = loss(**inputs)
    np.testing.assert_equal(inputs, before)

    strided = {k: np.asfortranarray(np.repeat(v, 2, axis=0))[::2] for k, v in inputs.items()}
    np.testing.assert_allclose(loss(**strided)[1], dx, rtol=1e-14)
    np.testing.assert_allclose(loss(**{k: v.tolist() for k, v in inputs.items()})[1], dx, rtol=1e-14)
    whole = np.rint(3 * inputs["x"])
    np.testing.assert_equal(loss(**inputs | {"x": whole.astype(int)}), loss(**inputs | {"x": whole}))

    small = {k: v.astype(np.float32) if v.dtype == float else v for k, v in inputs.items()}
    small_value, small_dx = loss(**small)
    assert small_value.dtype == small_dx.dtype == np.float32
    assert abs(small_value - value) < 1e-5 * value and numeric.relative_error(small_dx, dx) < 1e-5


def test_softmax_by_hand_and_at_the_extremes():
    np.testing.assert_allclose(losses.softmax([[0, np.log(3)]]), [[0.25, 0.75]], rtol=1e-15)
    np.testing.assert_array_equal(losses.softmax([[1e4, -1e4, 0]]), [[1, 0, 0]])
    np.testing.assert_allclose(losses.softmax([[-1e4, np.log(3) - 1e4]]), [[0.25, 0.75]], rtol=1e-12)


@settings(max_examples=20, deadline=None, database=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(0.01, 1e4), shift=st.floats(-1e4, 1e4))
def test_rows_of_probabilities_sum_to_one_and_rows_of_dx_to_zero(seed, size, shift):
    rng = np.random.default_rng(seed)
    x, y = size * rng.normal(size=(3, 4)), rng.integers(4, size=3)
    p, (loss, dx) = losses.softmax(x), losses.softmax_loss(x, y)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-15)
    assert loss >= 0 and loss == losses.cross_entropy(x, y)
    np.testing.assert_allclose(losses.softmax_loss(x + shift, y)[0], loss, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(losses.svm_loss(x, y)[1].sum(axis=1), 0, atol=1e-15)


def test_softmax_loss_by_hand_and_at_the_extremes():
    loss, dx = losses.softmax_loss([[0.0, 0.0]], [0])
    assert loss == np.log(2) and dx.tolist() == [[-0.5, 0.5]]
    loss, dx = losses.softmax_loss([[1e4, 0.0], [0.0, -1e4]], [1, 0])
    assert loss == 5000 and dx.tolist() == [[0.5, -0.5], [0, 0]]


def test_svm_loss_by_hand():
    loss, dx = losses.svm_loss([[3.0, 2.5, 0.0], [1e4, 0.0, -1e4]], [0, 2])
    assert loss == (0.5 + 20001 + 10001) / 2
    assert dx.tolist() == [[-0.5, 0.5, 0], [0.5, 0.5, -1]]


def test_mse_by_hand():
    assert losses.mse_loss([[1.0, 4.0]], [[0.0, 2.0]])[0] == losses.mean_squared_error([[1, 4]], [[0, 2]]) == 2.5
    assert losses.mse_loss([[1.0, 4.0]], [[0.0, 2.0]])[1].tolist() == [[1.0, 2.0]]


def test_bce_by_hand_and_at_the_extremes():
    assert losses.bce_loss([0.0], [1])[0] == np.log(2) and losses.bce_loss([0.0], [1])[1] == -0.5
    loss, dx = losses.bce_loss([1e4, -1e4, 1e4, -1e4], [1, 0, 0, 1])
    assert loss == 5000 and dx.tolist() == [0, 0, 0.25, -0.25]
    with pytest.raises(ValueError, match="^y holds numbers from -1.0 to 1.0; expected probabilities, 0 to 1"):
        losses.bce_loss([0.0, 1.0], [-1, 1])


def test_accuracy_by_hand():
    assert losses.accuracy([[1, 2], [3, 0], [5, 5], [0, 1]], [1, 0, 0, 0]) == 0.75


def test_temporal_softmax_loss_is_that_of_the_times_that_count():
    temporal = LOSSES["temporal_softmax_loss"]
    inputs = temporal.draw(np.random.default_rng(1), *SIZES[0])
    x, y, mask = inputs.values()
    loss, dx = temporal.loss(x, y, mask)
    value, of_rows = losses.softmax_loss(x[mask], y[mask])
    assert loss == pytest.approx(value * mask.sum() / len(x))
    np.testing.assert_allclose(dx[mask], of_rows * mask.sum() / len(x))
    assert not dx[~mask].any()
    assert temporal.loss(x, y, mask.astype(float), verbose=True)[0] == loss


@pytest.mark.parametrize(
    "x, y, error, says",
    [
        (np.ones(3), [0], ValueError, r"x has shape \(3,\); expected \(N, C\), 2 axes"),
        (np.ones((2, 3)), [0], ValueError, r"y has shape \(1,\); x of shape \(2, 3\) needs y \(2,\)"),
        (np.ones((2, 3)), [0.0, 1.0], TypeError, "y has type float64; expected integers"),
        (np.ones((2, 3)), [0, 3], ValueError, r"y holds integers from 0 to 3; x of shape \(2, 3\) allows 0 to 2"),
        (np.ones((2, 3)), [-1, 0], ValueError, "y holds integers from -1 to 0"),
    ],
)
@pytest.mark.parametrize("loss", OF_CLASSES)
def test_losses_name_the_argument_that_does_not_fit(loss, x, y, error, says):
    says = says if loss in OF_CLASSES[:2] else says.replace("x ", "scores ")
    with pytest.raises(error, match=says):
        loss(x, y)


@pytest.mark.parametrize("loss", [losses.mse_loss, losses.mean_squared_error, losses.bce_loss])
def test_shapes_are_not_broadcast_in_silence(loss):
    with pytest.raises(ValueError, match=r"y has shape \(3,\); x of shape \(3, 1\) needs y \(3, 1\)"):
        loss(np.ones((3, 1)), np.ones(3))


def test_the_table_has_every_loss():
    named = {entry.loss.__name__ for entry in table.LOSSES.values()}
    assert {name for name in losses.__all__ if name.endswith("_loss")} <= named
