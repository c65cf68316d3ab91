"""What holds of every pair: its gradients, its types, its manners."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop import numeric
from tests.library import table
from tests.library.table import PAIRS, SIZES, backward, differentiable, forward, inner, upstream

EACH = pytest.mark.parametrize("name", PAIRS)


def drawn(name, size=SIZES[0], seed=0):
    rng = np.random.default_rng(seed)
    pair, inputs = PAIRS[name], PAIRS[name].draw(rng, *size)
    outs, cache = forward(pair, inputs)
    return pair, inputs, outs, cache, upstream(rng, outs)


def assert_close(ours, theirs, tolerance):
    for a, b in zip(ours, theirs, strict=True):
        assert numeric.relative_error(a, b) < tolerance


@EACH
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_gradients_are_what_a_complex_step_sees(name, size):
    pair, inputs, outs, cache, douts = drawn(name, size)
    grads = backward(pair, douts, cache)
    for grad, wrt in zip(grads, differentiable(inputs), strict=True):
        truth = table.complex_gradient(lambda inputs: inner(douts, forward(pair, inputs)[0]), inputs, wrt)
        assert np.shape(grad) == truth.shape
        assert np.linalg.norm(grad - truth) <= 1e-12 * (np.linalg.norm(truth) + 1), wrt


@EACH
def test_gradients_are_what_a_nudge_sees(name):
    """A second witness, which does not ask that the forward take complex numbers."""
    pair, inputs, outs, cache, douts = drawn(name, seed=1)
    for grad, wrt in zip(backward(pair, douts, cache), differentiable(inputs), strict=True):
        f = lambda value: inner(douts, forward(pair, inputs | {wrt: value})[0])  # noqa: E731
        direction = np.random.default_rng(2).normal(size=inputs[wrt].shape)
        assert abs(numeric.slope(f, inputs[wrt], direction) - np.sum(grad * direction)) < 1e-7, wrt


@EACH
@settings(max_examples=4, deadline=None, database=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.tuples(*[st.integers(1, 6)] * 4))
def test_backward_is_the_adjoint_of_the_derivative_and_linear(name, seed, size):
    """<J v, u> = <v, Jᵀ u>, and Jᵀ (2 u - 3 w) = 2 Jᵀ u - 3 Jᵀ w, for any sizes."""
    pair, inputs, outs, cache, u = drawn(name, size, seed)
    rng = np.random.default_rng(seed + 1)
    v = {wrt: rng.normal(size=inputs[wrt].shape) for wrt in differentiable(inputs)}
    back = backward(pair, u, cache)
    Jv_u = table.complex_slope(lambda inputs: inner(u, forward(pair, inputs)[0]), inputs, v)
    v_Ju = sum((step * grad).sum() for step, grad in zip(v.values(), back, strict=True))
    size = sum(np.abs(step * grad).sum() for step, grad in zip(v.values(), back))
    assert abs(Jv_u - v_Ju) <= 1e-10 * (1 + size)

    w = upstream(rng, outs)
    mixed = backward(pair, [2 * a - 3 * b for a, b in zip(u, w)], cache)
    for of_mix, of_u, of_w in zip(mixed, back, backward(pair, w, cache), strict=True):
        np.testing.assert_allclose(of_mix, 2 * of_u - 3 * of_w, rtol=1e-9, atol=1e-9 * (1 + size))


def in_float32(value):
    if isinstance(value, dict):
        return {name: in_float32(entry) for name, entry in value.items()}
    return value.astype(np.float32) if getattr(value, "dtype", None) == np.float64 else value


@EACH
def test_float32_stays_float32(name):
    pair, inputs, outs, cache, douts = drawn(name)
    small = in_float32(inputs)
    small_outs, small_cache = forward(pair, small)
    small_grads = backward(pair, [dout.astype(np.float32) for dout in douts], small_cache)
    assert {np.asarray(array).dtype for array in small_outs + small_grads} == {np.dtype(np.float32)}
    assert_close(small_outs + small_grads, outs + backward(pair, douts, cache), 1e-5)


@EACH
def test_the_layout_in_memory_does_not_matter(name):
    pair, inputs, outs, cache, douts = drawn(name)

    def scattered(value):
        """The same numbers, every second of an array with its axes in the other order."""
        if not isinstance(value, np.ndarray) or value.ndim == 0:
            return value
        wide = np.zeros((2 * value.shape[-1], *value.shape[-2::-1]), value.dtype)
        view = wide[::2].T
        view[...] = value
        return view

    other_outs, other_cache = forward(pair, {k: scattered(v) for k, v in inputs.items()})
    assert_close(other_outs, outs, 1e-14)
    assert_close(backward(pair, [scattered(dout) for dout in douts], other_cache), backward(pair, douts, cache), 1e-14)


@EACH
def test_integers_and_lists_are_computed_in_float64(name):
    pair, inputs, *_ = drawn(name)
    whole = {k: np.rint(3 * v) if k in differentiable(inputs) else v for k, v in inputs.items()}
    outs, cache = forward(pair, whole)
    as_lists = {k: v.tolist() if isinstance(v, np.ndarray) and k != "scale" else v for k, v in whole.items()}
    as_integers = {k: v.astype(int) if k in differentiable(inputs) else v for k, v in whole.items()}
    for other in (as_lists, as_integers):
        other_outs, other_cache = forward(pair, other)
        assert {out.dtype for out in other_outs} == {np.dtype(np.float64)}
        assert_close(other_outs, outs, 1e-15)
        assert_close(backward(pair, outs, other_cache), backward(pair, outs, cache), 1e-15)


@EACH
def test_nothing_that_is_given_is_modified(name):
    """Inputs, dout and cache stay as they are, so a second call answers the same."""
    pair, inputs, outs, _, douts = drawn(name)
    arrays = {k: v for k, v in inputs.items() if isinstance(v, np.ndarray)}
    before = copy.deepcopy((arrays, douts))
    outs, cache = forward(pair, inputs)
    first = copy.deepcopy(backward(pair, douts, cache))
    second = backward(pair, douts, cache)
    np.testing.assert_equal((arrays, douts), before)
    np.testing.assert_equal(second, first)
    np.testing.assert_equal(forward(pair, inputs)[0], outs)


@EACH
def test_what_does_not_fit_is_named(name):
    """One axis more is wrong for every array whose axes are counted; the sentence begins with its name."""
    pair, inputs, *_ = drawn(name)
    for wrong in differentiable(inputs):
        given = table.settings_copied(inputs)
        if f"{wrong} (any shape)" in pair.forward.__doc__ or wrong == "scale":
            continue
        with pytest.raises(TypeError, match=rf"^{wrong} is None; expected an array of numbers"):
            pair.forward(**given | {wrong: None})
        if f"{wrong} (N..." not in pair.forward.__doc__ and f"{wrong} (N, D...)" not in pair.forward.__doc__:
            with pytest.raises(ValueError, match=rf"^{wrong} has shape "):
                pair.forward(**given | {wrong: inputs[wrong][None]})
