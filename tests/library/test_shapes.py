"""The line of shapes in a docstring, as code reads it."""

import numpy as np
import pytest

from backprop._shapes import shaped

ONES = np.ones


@shaped
def mixed(x, y, w, b, gamma=None, mask=None):
    """Everything that a line can say.

    x (N, D...), y (N,) integers below M, w (2, D, M), b (4M,), gamma (shape of b) or None,
    mask (N, M) booleans or None  ->  all of them.
    """
    return x, y, w, b, gamma, mask


def call(**changed):
    right = dict(x=ONES((5, 3)), y=[0, 1, 1, 0, 1], w=ONES((2, 3, 2)), b=ONES(8), gamma=ONES(8), mask=ONES((5, 2)))
    return mixed(**right | changed)


# fmt: off
@pytest.mark.parametrize("changed, error, says", [
    (dict(x=ONES(5)),               ValueError, r"x has shape (5,); expected (N, D...), 2 or more axes"),
    (dict(x=ONES((5, 2, 2))),       ValueError, r"w has shape (2, 3, 2); x of shape (5, 2, 2) needs w (2, 4, M)"),
    (dict(y=[0, 1]),                ValueError, r"y has shape (2,); x of shape (5, 3) needs y (5,)"),
    (dict(y=[0, 1, 2, 0, 1]),       ValueError, r"y holds integers from 0 to 2; w of shape (2, 3, 2) allows 0 to 1"),
    (dict(y=[0, -1, 1, 0, 1]),      ValueError, r"y holds integers from -1 to 1; w of shape (2, 3, 2) allows 0 to 1"),
    (dict(y=ONES(5)),               TypeError,  r"y has type float64; expected integers"),
    (dict(w=ONES((3, 3, 2))),       ValueError, r"w has shape (3, 3, 2); x of shape (5, 3) needs w (2, 3, M)"),
    (dict(b=ONES(2)),               ValueError, r"b has shape (2,); w of shape (2, 3, 2) needs b (8,)"),
    (dict(gamma=ONES((1, 8))),      ValueError, r"gamma has shape (1, 8); b of shape (8,) needs gamma (8,)"),
    (dict(mask=ONES((2, 5))),       ValueError,
     r"mask has shape (2, 5); x of shape (5, 3) and w of shape (2, 3, 2) need mask (5, 2)"),
    (dict(mask=2 * ONES((5, 2))),   TypeError,  r"mask has type float64 and not only 0 and 1; expected booleans"),
    (dict(x=[[1, 2], [3]]),         ValueError, r"x has rows of different lengths; expected an array of numbers"),
    (dict(x=None),                  TypeError,  r"x is None; expected an array of numbers"),
    (dict(x="five"),                TypeError,  r"x is 'five'; expected an array of numbers"),
    (dict(x=[["a", "b"]]),          TypeError,  r"x has type <U1; expected an array of numbers"),
])
# fmt: on
def test_a_complaint_names_the_thing_what_was_expected_and_what_was_seen(changed, error, says):
    with pytest.raises(error) as complaint:
        call(**changed)
    assert str(complaint.value) == says


def test_what_fits_arrives_as_arrays():
    x, y, w, b, gamma, mask = call(x=ONES((5, 3, 1), np.float32), w=ONES((2, 3, 2), int), gamma=None)
    assert x.dtype == w.dtype == np.float32 and y.dtype == int and b.dtype == np.float64
    assert gamma is None and mask.dtype == bool
    assert call(x=ONES((5, 3), bool))[0].dtype == np.float64
    assert call(mask=None)[-1] is None


def test_arrays_of_the_right_kind_are_not_copied():
    x = ONES((5, 3))
    assert call(x=x)[0] is x


def test_python_complains_about_calls_as_ever():
    for args, kwargs, says in [
        ((1, 2, 3, 4, 5, 6, 7), {}, "takes from 4 to 6 positional arguments"),
        ((ONES((5, 3)),), {"x": 1}, "multiple values for argument 'x'"),
        ((ONES((5, 3)),), {}, "missing 3 required positional arguments"),
        ((ONES((5, 3)),), {"z": 1}, "unexpected keyword argument 'z'"),
    ]:
        with pytest.raises(TypeError, match=says):
            mixed(*args, **kwargs)
