"""Layers for sequences: by hand, and that blame travels through time."""

import numpy as np
import pytest

from backprop import recurrent
from tests.library.table import PAIRS, SIZES

RNG = np.random.default_rng(0)


def test_a_word_that_occurs_twice_collects_twice():
    out, cache = recurrent.word_embedding_forward([[2, 0, 2]], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert out.tolist() == [[[5, 6], [1, 2], [5, 6]]]
    dW = recurrent.word_embedding_backward(np.array([[[1.0, 0.0], [0.0, 1.0], [10.0, 3.0]]]), cache)
    assert dW.tolist() == [[0, 1], [0, 0], [11, 3]]


def test_words_are_integers_that_there_is_a_row_for():
    with pytest.raises(ValueError, match=r"^x holds integers from 0 to 3; W of shape \(3, 2\) allows 0 to 2"):
        recurrent.word_embedding_forward([[0, 3]], np.ones((3, 2)))
    with pytest.raises(ValueError, match="^x holds integers from -1"):
        recurrent.word_embedding_forward([[-1, 2]], np.ones((3, 2)))
    with pytest.raises(TypeError, match="^x has type float64; expected integers"):
        recurrent.word_embedding_forward([[0.0]], np.ones((3, 2)))


def test_rnn_by_hand():
    h, _ = recurrent.rnn_forward([[[1.0], [0.0]]], [[0.5]], [[2.0]], [[-1.0]], [0.25])
    first = np.tanh(2 - 0.5 + 0.25)
    np.testing.assert_allclose(h, [[[first], [np.tanh(-first + 0.25)]]])


def test_lstm_step_by_hand():
    """Gates from the bias alone: i = ½, f = ¾, o = ¼, g = tanh(1)."""
    b = np.array([0, np.log(3), -np.log(3), 1])
    h, c, _ = recurrent.lstm_step_forward([[0.0]], [[0.0]], [[2.0]], np.zeros((1, 4)), np.zeros((1, 4)), b)
    np.testing.assert_allclose(c, 0.75 * 2 + 0.5 * np.tanh(1))
    np.testing.assert_allclose(h, 0.25 * np.tanh(c))


def test_an_lstm_whose_gates_say_so_remembers():
    """Forget gate open, input gate shut: c, and the gradient of c, go through unchanged."""
    b = np.array([-1000.0, 1000.0, 1000.0, 0.0])
    h, c, cache = recurrent.lstm_step_forward([[0.3]], [[0.1]], [[2.0]], np.ones((1, 4)), np.ones((1, 4)), b)
    assert c == 2
    _, _, dprev_c, *_ = recurrent.lstm_step_backward(np.zeros((1, 1)), np.array([[7.0]]), cache)
    assert dprev_c == 7


@pytest.mark.parametrize("name", ["rnn", "lstm"])
def test_a_time_is_blamed_for_later_ones_only(name):
    inputs = PAIRS[name].draw(RNG, *SIZES[1])
    h, cache = PAIRS[name].forward(**inputs)
    dh = np.zeros_like(h)
    dh[:, 2] = RNG.normal(size=h[:, 2].shape)
    dx = PAIRS[name].backward(dh, cache)[0]
    assert dx[:, :3].all() and not dx[:, 3:].any()


def test_a_sequence_is_its_steps():
    x, h0, Wx, Wh, b = PAIRS["lstm"].draw(RNG, *SIZES[0]).values()
    h, c = h0, np.zeros_like(h0)
    for t, seen in enumerate(recurrent.lstm_forward(x, h0, Wx, Wh, b)[0].swapaxes(0, 1)):
        h, c, _ = recurrent.lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        np.testing.assert_array_equal(seen, h)


def test_far_from_zero_nothing_overflows():
    for name in ("rnn", "lstm"):
        inputs = {key: 1000 * value for key, value in PAIRS[name].draw(RNG, *SIZES[0]).items()}
        h, cache = PAIRS[name].forward(**inputs)
        assert all(np.isfinite(grad).all() for grad in PAIRS[name].backward(np.ones_like(h), cache))


def test_four_parts_are_asked_for():
    inputs = PAIRS["lstm"].draw(RNG, *SIZES[0])
    with pytest.raises(ValueError, match=r"^Wx has shape \(5, 3\); x of shape .* and h0 of shape .* need Wx \(5, 12\)"):
        recurrent.lstm_forward(**inputs | {"Wx": np.ones((5, 3))})
