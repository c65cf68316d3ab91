"""The reference library against independent witnesses, and its manners."""

import numpy as np
import pytest

from backprop import activations, layers, losses, numeric

RNG = np.random.default_rng(0)


def test_affine_forward_by_hand():
    out, cache = layers.affine_forward([[1.0, 2.0]], [[3.0, 0.0], [4.0, 1.0]], [10.0, 20.0])
    assert out.tolist() == [[21.0, 22.0]]
    assert len(cache) == 3


def test_affine_flattens_examples():
    x, w, b = RNG.normal(size=(3, 2, 4)), RNG.normal(size=(8, 5)), RNG.normal(size=5)
    out, cache = layers.affine_forward(x, w, b)
    np.testing.assert_allclose(out, np.einsum("nij,ijm->nm", x, w.reshape(2, 4, 5)) + b)
    assert layers.affine_backward(out, cache)[0].shape == x.shape


@pytest.mark.parametrize(
    "x, w, b, says",
    [
        (np.ones((4, 5)), np.ones((4, 3)), np.ones(3), r"w has shape \(4, 3\); x of shape \(4, 5\) needs w \(5, M\)"),
        (np.ones((4, 5)), np.ones((5, 3)), np.ones(5), r"b has shape \(5,\); w of shape \(5, 3\) needs b \(3,\)"),
        (np.ones(5), np.ones((5, 3)), np.ones(3), r"x has shape \(5,\); examples are rows"),
        (np.ones((4, 5)), np.ones(5), np.ones(3), r"w has shape \(5,\)"),
    ],
)
def test_affine_names_the_argument_that_does_not_fit(x, w, b, says):
    with pytest.raises(ValueError, match=says):
        layers.affine_forward(x, w, b)


def test_relu_by_hand():
    out, cache = activations.relu_forward([-3.0, 5.0, 0.0])
    assert out.tolist() == [0.0, 5.0, 0.0]
    assert activations.relu_backward(np.array([7.0, -2.0, 1.0]), cache).tolist() == [0.0, -2.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(dtype):
    x, w, b = (RNG.normal(size=s).astype(dtype) for s in [(4, 5), (5, 3), (3,)])
    out, cache = layers.affine_forward(x, w, b)
    assert {a.dtype for a in (out, *layers.affine_backward(out, cache))} == {np.dtype(dtype)}
    out, cache = activations.relu_forward(x)
    assert out.dtype == activations.relu_backward(out, cache).dtype == dtype


def test_inputs_are_never_modified():
    x, w, b, dout = RNG.normal(size=(4, 5)), RNG.normal(size=(5, 3)), RNG.normal(size=3), RNG.normal(size=(4, 3))
    before = [a.copy() for a in (x, w, b, dout)]
    layers.affine_backward(dout, layers.affine_forward(x, w, b)[1])
    activations.relu_backward(x, activations.relu_forward(x)[1])
    numeric.gradient(lambda x: x**2, x)
    assert all(np.array_equal(a, b) for a, b in zip(before, (x, w, b, dout)))


def test_numeric_gradient_of_what_is_known():
    x = RNG.normal(size=(2, 3))
    np.testing.assert_allclose(numeric.gradient(lambda x: np.sum(x**3), x), 3 * x**2, rtol=1e-8)
    np.testing.assert_allclose(numeric.gradient(np.sin, x, df=2.0), 2 * np.cos(x), rtol=1e-8)
    direction = RNG.normal(size=(2, 3))
    np.testing.assert_allclose(numeric.slope(np.sin, x, direction), np.sum(np.cos(x) * direction), rtol=1e-8)


def test_integers_cannot_be_nudged():
    with pytest.raises(TypeError, match="x has type int64.*use float64"):
        numeric.gradient(lambda x: x, np.arange(3))


def test_relative_error():
    assert numeric.relative_error([3.0, 4.0], [3.0, 4.0]) == 0.0
    assert numeric.relative_error([0.0], [0.0]) == 0.0
    assert numeric.relative_error([1.0], [-1.0]) == 1.0
    with pytest.raises(ValueError, match=r"a has shape \(1,\) but b has shape \(2,\)"):
        numeric.relative_error([1.0], [1.0, 2.0])


def test_softmax_loss_by_hand_and_at_the_extremes():
    loss, dx = losses.softmax_loss([[0.0, 0.0]], [0])
    assert loss == np.log(2) and dx.tolist() == [[-0.5, 0.5]]
    x, y = RNG.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    for shift in (1e4, -1e4):
        np.testing.assert_allclose(losses.softmax_loss(x + shift, y)[0], losses.softmax_loss(x, y)[0], rtol=1e-9)
    np.testing.assert_allclose(losses.softmax_loss(x, y)[1].sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize("loss", [losses.softmax_loss, losses.svm_loss])
def test_losses_of_classes_have_the_gradient_that_a_nudge_sees(loss):
    x, y = RNG.normal(size=(6, 4)), RNG.integers(4, size=6)
    assert numeric.relative_error(loss(x, y)[1], numeric.gradient(lambda x: loss(x, y)[0], x)) < 1e-8


def test_mse_loss_by_hand_and_by_nudging():
    assert losses.mse_loss(np.array([[1.0, 4.0]]), np.array([[0.0, 2.0]]))[0] == 2.5
    x, y = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    assert (
        numeric.relative_error(losses.mse_loss(x, y)[1], numeric.gradient(lambda x: losses.mse_loss(x, y)[0], x)) < 1e-9
    )


@pytest.mark.parametrize(
    "x, y, says",
    [
        (np.ones(3), [0], r"x has shape \(3,\); scores are \(N, C\)"),
        (np.ones((2, 3)), [0], r"y has shape \(1,\) and type int64; expected \(2,\) integer labels"),
        (np.ones((2, 3)), [0.0, 1.0], "type float64; expected"),
        (np.ones((2, 3)), [0, 3], "labels from 0 to 3; there are 3 classes"),
        (np.ones((2, 3)), [-1, 0], "labels from -1 to 0"),
    ],
)
@pytest.mark.parametrize("loss", [losses.softmax_loss, losses.svm_loss])
def test_losses_name_the_argument_that_does_not_fit(loss, x, y, says):
    with pytest.raises(ValueError, match=says):
        loss(x, y)
