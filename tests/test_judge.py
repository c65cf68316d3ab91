"""The judge: right code in any honest form gets its points, wrong code gets what it deserves, and
whatever a submission does, it does to itself alone and learns nothing of the numbers drawn for marks."""

import functools
import json
import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from autograder import examiner, judge
from autograder.box import Limits, NoSandbox, launch
from autograder.box.values import Questions
from autograder.diagnose import Here
from autograder.lesson import find_exercise
from autograder.submission import Step
from autograder.verdict import STATUSES
from tests.conftest import missing

SECRET = b"the secret of these tests"
QUICK = Limits(cpu=0.5, wall=10)  # for code that computes for ever
IMPATIENT = Limits(cpu=0.5, wall=2)  # for code that sleeps
HURRY = Limits(cpu=0.5, wall=1)  # the same, where nothing else has to be in time

AFFINE = """
import numpy as np

def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)
"""
RELU = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
STUB = """
def affine_backward(dout, cache):
    raise NotImplementedError  # your turn
"""
WRAP = AFFINE + "\nright = affine_backward\n"  # what follows may call `right`
PIPES = """
import os, struct

def to_every_pipe(data):
    for fd in range(3, 10):
        try:
            os.write(fd, data)
        except OSError:
            pass

def forge(text):
    to_every_pipe(struct.pack("<I", len(text)) + text)
"""


def dedent(body: str, by: str = "    ") -> str:
    return body.strip("\n").replace("\n", "\n" + by)


def affine(body: str, before: str = WRAP) -> str:
    """Source text in which affine_backward has this body."""
    return f"{before}\ndef affine_backward(dout, cache):\n    {dedent(body)}\n"


def source(text: str, limits: Limits = Limits(), secret: bytes = SECRET, exercise: str = "affine_backward"):
    """The verdict on one cell and the test below it."""
    return cells(text, exercise, limits=limits, secret=secret)[exercise]


def cells(*texts: str, limits: Limits = Limits(), secret: bytes = SECRET, isolation: str = "any"):
    """Verdicts by exercise of a notebook: each text is a cell, or the name of an exercise to test there."""
    names = [text for text in texts if text.isidentifier()]
    steps = [
        Step(exercise=text) if text in names else Step(source=text, name=f"cell {number}")
        for number, text in enumerate(texts, 1)
    ]
    exercises = [find_exercise(name) for name in dict.fromkeys(names)]
    found = judge.mark_cells(steps, exercises, secret, sandbox(limits, isolation))
    return {verdict.exercise: verdict for verdict in found}


def said(verdict) -> str:
    """All of a verdict."""
    return json.dumps(verdict.to_json(), ensure_ascii=False)


@contextmanager
def patience(seconds):
    """Fail where a test would hang; no shorter than what a slow machine needs."""

    def fail(*_):
        pytest.fail("the judge waits for ever")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


OPEN = ExitStack()


@functools.cache
def sandbox(limits: Limits = Limits(), isolation: str = "any"):
    """One sandbox for all tests with the same limits."""
    exercises = [find_exercise(name) for name in ("affine_backward", "relu_backward")]
    return OPEN.enter_context(judge.sandbox(exercises, isolation, limits=limits))


@pytest.fixture(scope="module", autouse=True)
def closed():
    with OPEN:
        yield


# ----- right answers, in many forms -----


def loops(dout, cache):
    x, w, b = cache
    rows, columns = w.shape
    flat = x.reshape(x.shape[0], rows)
    dx, dw, db = np.zeros_like(flat), np.zeros(w.shape), np.zeros(b.shape)
    for n in range(flat.shape[0]):
        for m in range(columns):
            db[m] += dout[n, m]
            for d in range(rows):
                dx[n, d] += dout[n, m] * w[d, m]
                dw[d, m] += dout[n, m] * flat[n, d]
    return dx.reshape(x.shape), dw, db


def einsum(dout, cache):
    x, w, b = cache
    flat = x.reshape(len(x), -1)
    return (
        np.einsum("nm,dm->nd", dout, w).reshape(x.shape),
        np.einsum("nd,nm->dm", flat, dout),
        np.einsum("nm->m", dout),
    )


def dots(dout, cache):
    x, w, _ = cache
    dx = np.dot(dout, w.T).reshape(*x.shape)
    dw = x.reshape(x.shape[0], int(np.prod(x.shape[1:]))).T.dot(dout)
    return dx, dw, np.ones(len(dout)).dot(dout)


def in_float32(dout, cache):
    return tuple(gradient.astype(np.float32) for gradient in dots(dout, cache))


def computed_in_float32(dout, cache):
    return dots(dout.astype(np.float32), [array.astype(np.float32) for array in cache])


def in_longdouble(dout, cache):
    return tuple(gradient.astype(np.longdouble) for gradient in dots(dout, cache))


def a_list_of_arrays(dout, cache):
    return list(dots(dout, cache))


def lists_of_floats(dout, cache):
    return [gradient.tolist() for gradient in dots(dout, cache)]


def extra_parameters(dout, cache, verbose=False, *, axis=0, **more):
    dx, dw, _ = dots(dout, cache)
    return dx, dw, dout.sum(axis)


def writes_into_dout(dout, cache):
    x, w, b = cache
    dw, db = x.reshape(len(x), -1).T @ dout, dout.sum(0)
    dx = (dout @ w.T).reshape(x.shape)
    dout *= 0
    dout -= 7
    return dx, dw, db


def writes_into_the_cache(dout, cache):
    gradients = dots(dout, cache)
    for array in cache:
        array[...] = np.nan
    return gradients


def nested_functions(dout, cache):
    def flat(array):
        def rows():
            return len(array)

        return array.reshape(rows(), -1)

    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), flat(x).T @ dout, sum(row for row in dout)


def prints(dout, cache):
    print("dout", dout, cache, flush=True)
    return dots(dout, cache)


def other_names(grad_out, saved, /):
    return dots(grad_out, saved)


def not_contiguous(dout, cache):
    return tuple(np.asfortranarray(np.repeat(gradient, 2, axis=-1))[..., ::2] for gradient in dots(dout, cache))


def matrices(dout, cache):
    dx, dw, db = dots(dout, cache)
    return dx, np.asmatrix(dw), db


class Callable:
    def __call__(self, dout, cache):
        return dots(dout, cache)


AFFINES = [
    loops, einsum, dots, in_float32, computed_in_float32, in_longdouble, a_list_of_arrays, lists_of_floats,
    extra_parameters, writes_into_dout, writes_into_the_cache, nested_functions, prints, other_names, not_contiguous,
    matrices, Callable(), lambda dout, cache: dots(dout, cache),
]  # fmt: skip


def where(dout, cache):
    return np.where(cache > 0, dout, 0)


def in_place(dout, cache):
    dout[cache <= 0] = 0
    return dout


def negative_zeros(dout, cache):
    return dout * (cache > 0) * -1.0 * -1.0 - 0.0


def entry_by_entry(dout, cache):
    dx = dout.copy()
    for place in np.ndindex(*dx.shape):
        if not cache[place] > 0:
            dx[place] = 0
    return dx


def one_at_a_kink(dout, cache):
    return dout * (cache >= 0)


def in_a_tuple(dout, cache):
    return (where(dout, cache),)


def half_at_a_kink(dout, cache):
    return dout * np.heaviside(cache, 0.5)


RELUS = [where, in_place, negative_zeros, entry_by_entry, one_at_a_kink, half_at_a_kink, in_a_tuple]


def name_of(value):
    return getattr(value, "__name__", type(value).__name__)


@pytest.mark.parametrize("function", AFFINES, ids=name_of)
def test_a_right_affine_backward_gets_all_points(function):
    verdict = judge.mark("affine_backward", {"affine_backward": function}, SECRET)
    assert (verdict.points, verdict.status, verdict.complaints) == (6, "right", [])
    assert verdict.names == {"dx": True, "dw": True, "db": True}
    assert verdict.diagnosis is None and verdict.remarks == []


@pytest.mark.parametrize("function", RELUS, ids=name_of)
def test_a_right_relu_backward_gets_all_points(function):
    verdict = judge.mark("relu_backward", {"relu_backward": function}, SECRET)
    assert (verdict.points, verdict.status, verdict.complaints) == (2, "right", [])


@pytest.mark.parametrize("name", ["dx", "dw", "db"])
def test_an_axis_of_one_in_front_is_right_and_worth_a_remark(name):
    def one_in_front(dout, cache):
        gradients = dict(zip(["dx", "dw", "db"], dots(dout, cache)))
        gradients[name] = gradients[name][None]
        return tuple(gradients.values())

    verdict = judge.mark("affine_backward", {"affine_backward": one_in_front}, SECRET)
    assert (verdict.points, verdict.status) == (6, "right")
    assert len(verdict.remarks) == 1 and verdict.remarks[0].startswith(f"{name} has shape (1, ")


# Caches of the student's own forward, which only their own backward can read.


def forward_with_dict(x, w, b):
    flat = x.reshape(len(x), -1)
    return flat @ w + b, {"flat": flat, "weights": w, "shape": x.shape}


def backward_with_dict(dout, cache):
    return (dout @ cache["weights"].T).reshape(cache["shape"]), cache["flat"].T @ dout, dout.sum(0)


def forward_with_tuple(x, w, b, scale=1):
    return x.reshape(len(x), -1) @ w + b, (None, w, [x], "affine")


def backward_with_tuple(dout, cache):
    _, w, (x,), _ = cache
    return dots(dout, (x, w, None))


def forward_with_three(x, w, b):
    return *forward_with_dict(x, w, b), "something else"


def forward_with_object(x, w, b):
    saved = type("Saved", (), {})()
    saved.run = lambda dout: dots(dout, (x, w, b))
    return x.reshape(len(x), -1) @ w + b, saved


def relu_with_mask(x):
    return x * (x > 0), x > 0


def backward_with_mask(dout, mask):
    assert mask.dtype == bool
    return np.where(mask, dout, 0)


def relu_with_output(x):
    out = np.maximum(x, 0)
    return out, out


OWN = {
    "a dict": dict(affine_forward=forward_with_dict, affine_backward=backward_with_dict),
    "a tuple": dict(affine_forward=forward_with_tuple, affine_backward=backward_with_tuple),
    "three values": dict(affine_forward=forward_with_three, affine_backward=backward_with_dict),
    "an object": dict(affine_forward=forward_with_object, affine_backward=lambda dout, saved: saved.run(dout)),
    "a mask": dict(relu_forward=relu_with_mask, relu_backward=backward_with_mask),
    "the output": dict(relu_forward=relu_with_output, relu_backward=lambda dout, out: dout * np.sign(out)),
    "nothing of the kind": dict(relu_forward=None, relu_backward=where),
}  # fmt: skip


@pytest.mark.parametrize("functions", OWN.values(), ids=OWN)
def test_the_cache_of_the_students_own_forward_is_as_good_as_ours(functions):
    exercise = list(functions)[-1]
    verdict = judge.mark(exercise, functions, SECRET)
    assert (verdict.points, verdict.status, verdict.complaints) == (verdict.max_points, "right", [])


def test_a_wrong_forward_of_the_students_own_costs_a_right_backward_nothing():
    functions = dict(affine_forward=lambda x, w, b: 1 / 0, affine_backward=dots)
    assert judge.mark("affine_backward", functions, SECRET).points == 6


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


def from_out(dout, cache):
    return dout * cache * (1 - cache)


@pytest.mark.parametrize(
    "forward, backward, names",
    [
        (lambda x: (sigmoid(x), x), from_out, {"out": True, "dx": False}),
        (lambda x: (sigmoid(x), x), lambda dout, x: dout * sigmoid(x) * sigmoid(-x), {"out": True, "dx": True}),
        (lambda x: (sigmoid(-x), x), from_out, {"out": False, "dx": True}),
        (lambda x: 1 / 0, from_out, {"out": False, "dx": True}),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_a_forward_and_a_backward_must_work_together_unless_the_forward_is_wrong(forward, backward, names):
    """A backward that reads what its forward does not keep is wrong, though it would be right with our cache. Where
    `out` is wrong, that has cost enough."""
    verdict = judge.mark("sigmoid_backward", dict(sigmoid_forward=forward, sigmoid_backward=backward), SECRET)
    assert verdict.names == names


SOURCES = {
    "helpers in the same cell": """
def rows(x): return x.reshape(len(x), -1)
def through(dout, w, shape): return (dout @ w.T).reshape(shape)
def affine_backward(dout, cache):
    x, w, b = cache
    return through(dout, w, x.shape), rows(x).T @ dout, dout.sum(0)
""",
    "its own imports, hints and docstring": '''
from __future__ import annotations
import numpy
from dataclasses import dataclass
def affine_backward(dout: numpy.ndarray, cache: tuple) -> tuple[numpy.ndarray, ...]:
    """Mine. $\\alpha$"""
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)
''',
    "builtins shadowed": "sum = len = list = isinstance = dict = str = 3\n" + AFFINE.replace("len(x)", "x.shape[0]"),
    "magics and shell lines": "%matplotlib inline\n!pip install nothing\n" + AFFINE,
    "check in the same cell": "from autograder import check, guess, quiz\n" + AFFINE + "\ncheck('affine_backward')\n",
    "tried out in the same cell": AFFINE
    + "\nfrom backprop.layers import affine_forward\n"
    + "out, cache = affine_forward(np.ones((2, 3)), np.ones((3, 4)), np.ones(4))\nprint(affine_backward(out, cache))\n",
    "an error after the definition": AFFINE + "\nassert False, 'I will look at this tomorrow'\n",
    "with lambdas": """
import numpy as np
flat = lambda x: x.reshape(len(x), -1)
affine_backward = lambda dout, c: ((dout @ c[1].T).reshape(c[0].shape), flat(c[0]).T @ dout, dout.sum(0))
""",
    "a method": "class Layer:\n    @staticmethod\n"
    + AFFINE.replace("import numpy as np", "").replace("\n", "\n    ")
    + "\naffine_backward = Layer().affine_backward\n",
    "decorated, and remembering": "import functools\n"
    + WRAP
    + "calls = []\n@functools.wraps(right)\n"
    + "def affine_backward(*args):\n    calls.append(1)\n    return right(*args)\n",
    "random numbers seeded by somebody": AFFINE + "\nnp.random.seed(0)\n",
    "a warning": "import warnings\nwarnings.simplefilter('error')\n" + AFFINE,
}


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES)
def test_right_source_gets_all_points(text):
    verdict = source(text)
    assert (verdict.points, verdict.status, verdict.complaints) == (6, "right", [])
    assert verdict.isolation


def test_display_above_the_definition_costs_nothing():
    assert source("display('my answer')\n" + AFFINE).points == 6


RICH_LISTS = {
    "a list of rows": "dx, dw, db = right(dout, cache)\nreturn list(dx), list(dw), db",
    "lists of NumPy's numbers": "dx, dw, db = right(dout, cache)\nreturn dx, [list(row) for row in dw], list(db)",
}


@pytest.mark.parametrize("body", RICH_LISTS.values(), ids=RICH_LISTS)
def test_lists_of_arrays_and_of_numpys_numbers_fit_into_an_answer(body):
    assert source(affine(body)).points == 6


# ----- partial credit -----

WRONG_ONE = {
    "dx": ("dx, dw, db = right(dout, cache)\nreturn 2 * dx, dw, db", 3),
    "dw": ("dx, dw, db = right(dout, cache)\nreturn dx, 2 * dw, db", 4),
    "db": ("dx, dw, db = right(dout, cache)\nreturn dx, dw, 2 * db", 5),
}


@pytest.mark.parametrize("name", WRONG_ONE)
def test_a_wrong_value_costs_its_own_points_and_no_others(name):
    body, points = WRONG_ONE[name]
    verdict = source(affine(body))
    assert (verdict.points, verdict.status) == (points, "wrong")
    assert verdict.names == {each: each != name for each in ("dx", "dw", "db")}
    assert len(verdict.complaints) == 1 and verdict.complaints[0].startswith(f"{name}: ")


def test_none_for_what_is_not_done_yet_costs_that_alone():
    verdict = source(affine("dx, dw, db = right(dout, cache)\nreturn dx, None, None"))
    assert (verdict.points, verdict.complaints) == (3, ["dw is None", "db is None"])


def test_right_except_on_one_case_is_wrong_and_the_case_is_named():
    verdict = source(affine("if dout.shape[0] == 1: return right(-dout, cache)\nreturn right(dout, cache)"))
    assert verdict.points == 0 and all("(case: batch of one)" in complaint for complaint in verdict.complaints)


NOTHING = {
    "the stub": STUB,
    "no function": "x = 1",
    "pass": "def affine_backward(dout, cache): pass",
    "no code": "",
    "a syntax error": "def affine_backward(dout, cache:\n    return 1",
    "zeros": affine("return tuple(np.zeros_like(array) for array in cache)"),
    "ones": affine("return tuple(np.ones_like(array) for array in cache)"),
    "tiny numbers": affine("return tuple(np.full_like(array, 1e-30) for array in cache)"),
    "what came in": affine("return cache"),
    "dout three times": affine("return dout, dout, dout"),
    "dout summed in every way": affine("return dout.sum(), dout.sum(0), dout.sum(1)"),
    "random": affine("return tuple(np.random.normal(size=array.shape) for array in cache)"),
    "empty lists": affine("return [], [], []"),
    "the library": "from backprop.layers import affine_backward",
    "the library, called": "from backprop import layers\ndef affine_backward(*a): return layers.affine_backward(*a)",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_what_is_no_answer_earns_nothing(text):
    verdict = source(text)
    assert verdict.points == 0 and verdict.status != "right" and verdict.complaints
    assert not any(verdict.names.values())


@pytest.mark.parametrize(
    "body", ["return dout", "return cache", "return 0 * dout", "return np.ones_like(dout)", "return np.abs(dout)"]
)
def test_what_is_no_answer_for_the_relu_earns_nothing(body):
    text = f"import numpy as np\ndef relu_backward(dout, cache):\n    {body}\n"
    assert source(text, exercise="relu_backward").points == 0


# ----- what else functions return -----

FOR_DB = {  # an expression in place of db, and what is said of it
    "None": ("None", "db is None"),
    "text": ("'three'", "db is a str"),
    "an array of text": ("db.astype(str)", "db is a"),
    "a dict": ("{'db': db}", "db is a dict"),
    "a set": ("{1, 2}", "db is a set"),
    "a function": ("len", "db is a builtin_function_or_method"),
    "a generator": ("(v for v in db)", "db is a generator"),
    "an object": ("type('Bias', (), {})()", "db is a Bias"),
    "a class": ("int", "db is a type"),
    "not a number": ("db + [np.nan] + 0 * db", "db[0] is nan"),
    "one that is not a number": ("np.where(np.arange(len(db)) == len(db) - 1, np.nan, db)", "is nan"),
    "infinite": ("db / 0", "db[0] is "),
    "objects": ("db.astype(object)", "objects"),
    "None in a list": ("[None] * len(db)", "db holds object values"),
    "ragged": ("[[1.0, 2.0], [3.0]]", "different lengths"),
    "a list of lists and numbers": ("[1.0, [2.0]]", "different lengths"),
    "complex": ("db + 0j", "complex128"),
    "half precision": ("db.astype(np.float16)", "float16"),
    "a number for all": ("db.sum()", "db has shape () but b has shape"),
    "a number of Python's": ("float(db[0])", "db has shape () but b has shape"),
    "an array without axes": ("np.array(db[0])", "db has shape () but b has shape"),
    "a bool": ("True", "db has shape () but b has shape"),
    "one entry": ("db[:1]", "db has shape (1,) but b has shape"),
    "a column": ("db[:, None]", "db has shape"),
    "a row in a row": ("db[None, None]", "db has shape"),
    "empty": ("db[:0]", "db has shape (0,) but b has shape"),
    "of far too many axes": ("db.reshape((1,) * 30 + (-1,))", "db has shape"),
    "a huge number": ("10 ** 1000", "db is a int"),
    "a list that holds itself": ("[loop := [], loop.append(loop)][0]", "db holds object values"),
    "dates": ("db.astype('M8[s]')", "db is a"),
    "fields": ("np.zeros(len(db), [('v', float)])", "db is a"),
    "rounded": ("db.round(3)", "db: nudging b"),
    "as whole numbers": ("db.astype(int)", "db: nudging b"),
    "as bools": ("db > 0", "db: nudging b"),
    "with the sign lost": ("np.abs(db)", "db: nudging b"),
}


@pytest.mark.parametrize("value, says", FOR_DB.values(), ids=FOR_DB)
def test_a_value_that_is_no_gradient_gets_a_plain_complaint_and_costs_itself_alone(value, says):
    body = f"dx, dw, db = right(dout, cache)\nwith np.errstate(all='ignore'):\n    return dx, dw, {value}"
    verdict = source(affine(body))
    assert (verdict.points, verdict.status) == (5, "wrong")
    assert len(verdict.complaints) == 1 and says in verdict.complaints[0]


COUNTS = {
    "nothing": ("return None", "yours returned None"),
    "one": ("return right(dout, cache)[0]", "yours returned one value"),
    "two": ("return right(dout, cache)[:2]", "yours returned 2 values"),
    "four": ("return *right(dout, cache), None", "yours returned 4 values"),
    "an empty tuple": ("return ()", "yours returned 0 values"),
    "a dict": (
        "return dict(zip(['dx', 'dw', 'db'], right(dout, cache)))",
        "yours returned a dictionary with dx, dw, db",
    ),
    "a generator": ("return (g for g in right(dout, cache))", "yours returned a generator"),
    "a generator function": ("yield from right(dout, cache)", "yours returned a generator"),
    "a string of three letters": ("return 'abc'", "yours returned one value"),
    "an iterator": ("return iter(right(dout, cache))", "yours returned a tuple_iterator"),
    "an array of three": ("return np.zeros(3)", "yours returned one value"),
}


@pytest.mark.parametrize("body, says", COUNTS.values(), ids=COUNTS)
def test_a_wrong_count_is_said(body, says):
    verdict = source(affine(body))
    assert (verdict.points, verdict.status) == (0, "wrong")
    assert verdict.complaints == [f"return 3 gradients in the order of the inputs: dx, dw, db; {says}"]


LIARS = """
import numpy as np

class Equal:
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __bool__ = lambda *a: True
    __sub__ = __rsub__ = __abs__ = __getattr__ = lambda self, *a: self
    __array__ = lambda self, *a, **k: np.zeros(1)
    __array_ufunc__ = lambda self, *a, **k: self
    shape = property(lambda self: Equal())
    __len__ = lambda self: 3
    __iter__ = lambda self: iter([Equal(), Equal(), Equal()])
    __getitem__ = lambda self, key: Equal()

class Array(np.ndarray):
    __eq__ = __le__ = lambda self, other: True
    __sub__ = __rsub__ = lambda self, other: 0 * other
    __array_ufunc__ = lambda self, *a, **k: True

class Number(float):
    __eq__ = __le__ = lambda self, other: True
"""
LIES = {
    "one for all": "return Equal()",
    "three": "return Equal(), Equal(), Equal()",
    "lists of them": "return [Equal()] * 3, [[Equal()]], [Equal()]",
    "arrays of them": "return tuple(np.full(array.shape, Equal(), object) for array in cache)",
    "arrays that lie": "return tuple(np.zeros(array.shape).view(Array) for array in cache)",
    "numbers that lie": "return Number(1), [Number(1)], Number(1)",
    "a failure of ours": "from autograder.box.values import Failure\nreturn Failure('our fault', 'retry')",
    "a tag of ours": "return {'array': 0}, {'number': 'nan'}, {'kind': 'value'}",
    "a verdict": "return {'points': 6, 'max_points': 6, 'status': 'right'}",
}


@pytest.mark.parametrize("body", LIES.values(), ids=LIES)
def test_objects_that_lie_earn_nothing(body):
    verdict = source(affine(body, before=LIARS))
    assert (verdict.points, verdict.names) == (0, dict(dx=False, dw=False, db=False))


def test_numbers_near_the_largest_are_wrong_without_a_warning():
    assert source(affine("return tuple(np.full_like(array, 1.7e308) for array in cache)")).status == "wrong"


def test_a_dict_with_numpy_keys_is_a_wrong_answer_like_any_dict():
    verdict = source(affine("return {key: gradient for key, gradient in zip(np.arange(3), right(dout, cache))}"))
    assert verdict.status == "wrong" and "yours returned a dictionary with 0, 1, 2" in verdict.complaints[0]


# ----- every status -----

STATUS = {
    "right": (WRAP, Limits(), "right", ""),
    "wrong": (affine("return cache"), Limits(), "wrong", "dx: nudging x"),
    "an error": (affine("return 1 / 0"), Limits(), "raised", "raised ZeroDivisionError: division by zero"),
    "a wrong signature": ("def affine_backward(dout): pass", Limits(), "raised", "raised TypeError"),
    "not defined": ("", Limits(), "raised", "affine_backward is not defined"),
    "not callable": ("affine_backward = 3", Limits(), "raised", "affine_backward is not defined"),
    "not written": (STUB, Limits(), "raised", "affine_backward is not written yet"),
    "sys.exit": (affine("import sys; sys.exit(0)"), Limits(), "raised", "raised SystemExit: 0"),
    "exit": (affine("exit()"), Limits(), "raised", "raised SystemExit"),
    "an interrupt": (affine("raise KeyboardInterrupt"), Limits(), "raised", "raised KeyboardInterrupt"),
    "a base exception": (affine("raise BaseException('no')"), Limits(), "raised", "raised BaseException: no"),
    "endless recursion": (affine("return affine_backward(dout, cache)"), Limits(), "raised", "raised RecursionError"),
    "input": (affine("input('dx? ')"), Limits(), "raised", "raised EOFError"),
    "an endless loop": (affine("while True: pass"), QUICK, "too slow", "took more than 0.5 s of computing time"),
    "a loop that holds on": (
        affine("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        QUICK, "too slow", "took more than 0.5 s of computing time",
    ),
    "sleep": (affine("import time; time.sleep(1e6)"), HURRY, "too slow", "took more than 1 s"),
    "a lock": (affine("import threading; l = threading.Lock(); l.acquire(); l.acquire()"), HURRY, "too slow", "1 s"),
    "stopped": (affine("import os; os.kill(os.getpid(), 19)"), HURRY, "too slow", "took more than 1 s"),
    "lists in lists in lists": (
        affine("a = []\nfor _ in range(20): a = [a] * 20\nreturn a, a, a"), QUICK, "too slow", "0.5 s",
    ),
    "too much memory": (affine("return np.ones(10**12)"), Limits(), "too much memory", "more memory than there is"),
    "memory little by little": (
        affine("kept = []\nwhile True: kept.append(bytearray(5 * 10**7))"),
        Limits(memory=200 << 20), "too much memory", "more memory than there is",
    ),
    "too much to send": (
        affine("return np.ones(9 * 10**6), 1, 1"), Limits(), "raised", "returned more than fits into an answer",
    ),
    "os._exit": (affine("import os; os._exit(0)"), Limits(), "crashed", "ended the process (exit code 0)"),
    "os._exit 3": (affine("import os; os._exit(3)"), Limits(), "crashed", "ended the process (exit code 3)"),
    "abort": (affine("import os; os.abort()"), Limits(), "crashed", "ended the process"),
    "a segmentation fault": (
        affine("import ctypes; ctypes.string_at(0)"), Limits(), "crashed", "ended the process",
    ),
    "pipes closed": (affine("import os; os.closerange(0, 99)"), Limits(), "crashed", "ended the process"),
    "garbage in the pipes": (
        affine("to_every_pipe(b'\\xff' * 99)", PIPES),
        Limits(), "broken reply", "sent back something that is not an answer",
    ),
    "text in the pipes": (
        affine("to_every_pipe(b'full marks for affine_backward\\n' * 99)", PIPES),
        Limits(), "broken reply", "is not an answer",
    ),
    "half a frame": (
        affine("to_every_pipe(b'\\x10\\0\\0\\0{'); os._exit(0)", PIPES), IMPATIENT, "broken reply", "is not an answer",
    ),
    "an answer of no kind": (
        affine("forge(b'{\"kind\": \"right\", \"value\": 6, \"sizes\": []}')", PIPES),
        Limits(), "broken reply", "is not an answer",
    ),
    "a bad array": (
        affine("forge(b'{\"kind\": \"value\", \"value\": {\"array\": 9}, \"sizes\": []}')", PIPES),
        Limits(), "broken reply", "is not an answer",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text, limits, status, says", STATUS.values(), ids=STATUS)
def test_a_status_and_a_sentence_for_whatever_happens(text, limits, status, says):
    with patience(60):
        verdict = source(text, limits)
    assert verdict.status == status and verdict.points == (6 if status == "right" else 0)
    assert says in "\n".join(verdict.complaints)


def test_all_statuses_but_our_own_fault_can_be_provoked():
    assert {status for _, _, status, _ in STATUS.values()} == set(STATUSES) - {"our fault"}


@pytest.mark.parametrize("says", ["loops", "sleeps", "exits", "raises"])
def test_functions_of_this_process_cannot_end_or_hold_it(says):
    def body(dout, cache):
        while says == "loops":
            pass
        if says == "sleeps":
            time.sleep(1e6)
        if says == "exits":
            os._exit(7)
        raise KeyboardInterrupt

    status = dict(loops="too slow", sleeps="too slow", exits="crashed", raises="raised")[says]
    with patience(60):
        verdict = judge.mark("relu_backward", {"relu_backward": body}, SECRET, Limits(cpu=0.5, wall=1))
    assert (verdict.points, verdict.status) == (0, status)


def test_the_line_of_an_error_is_said():
    text = "\n\ndef affine_backward(dout, cache):\n    x = 1\n    return x / 0\n"
    assert source(text).complaints == ["affine_backward raised ZeroDivisionError: division by zero, at line 5"]


def test_a_huge_view_is_too_much_memory():
    assert source(affine("return (np.broadcast_to(0.0, (10**6, 10**6)),) * 3")).status == "too much memory"


# What must not end the judge: it would take the rest of the class with it.

FATAL = {
    "a signal without a name": "import os; os.kill(os.getpid(), 40)",
    "an answer without a kind": "forge(b'{\"sizes\": []}')",
    "an answer without a value": 'forge(b\'{"kind": "value", "sizes": []}\')',
    "an end that is text": 'forge(b\'{"end": "soon", "sizes": []}\')',
    "a reply to a cell": 'forge(b\'{"raised": null, "sizes": []}\')',
    "an end by an unknown signal": 'forge(b\'{"end": -9999, "sizes": []}\')',
    "an end without end": 'forge(b\'{"end": Infinity, "sizes": []}\')',
}


@pytest.mark.parametrize("body", FATAL.values(), ids=FATAL)
def test_a_forged_or_odd_end_does_not_end_the_judge(body):
    assert source(affine(body, PIPES), IMPATIENT).points == 0


def test_a_signal_without_a_name_does_not_end_the_judge_of_this_process():
    functions = {"relu_backward": lambda dout, cache: os.kill(os.getpid(), 40)}
    assert judge.mark("relu_backward", functions, SECRET).status == "crashed"


def test_a_cell_that_forks_does_not_end_the_judge():
    assert "affine_backward" in cells("import os\nos.fork()", AFFINE, "affine_backward", limits=IMPATIENT)


def test_a_cell_that_dies_only_when_it_is_run_again_does_not_end_the_judge():
    dies_later = f"import os, time\nif time.time() > {time.time() + 1.5}: os._exit(1)"
    verdicts = cells(dies_later, "import time; time.sleep(1e6)", AFFINE, "affine_backward", limits=IMPATIENT)
    assert verdicts["affine_backward"].points == 6


def test_a_sandbox_that_is_killed_while_it_works_costs_nobody_a_point():
    slot = sandbox()._all[0]
    if "namespaces" not in slot.level:
        missing("A sandbox with namespaces", "apt-get install bubblewrap")
    slot.start().end()  # so that there is a warm parent
    killer = threading.Timer(0.3, slot.parent.kill)
    killer.start()
    verdicts = judge.mark_cells(
        [Step("import time; time.sleep(1)"), Step(AFFINE), Step(exercise="affine_backward")],
        [find_exercise("affine_backward")],
        SECRET,
        sandbox(),
    )
    killer.join()
    assert verdicts[0].points == 6 and not verdicts[0].remarks


def test_a_sandbox_that_falls_again_and_again_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(launch.Slot, "fallen", True)
    assert source("import os\nos.kill(os.getpid(), 9)").status == "raised"
    assert source(affine("os.kill(os.getpid(), 9)"), IMPATIENT).points == 0


def test_a_worker_that_cannot_be_started_is_not_the_students_fault(monkeypatch):
    source(AFFINE)  # so that there is a sandbox
    start, failures = launch.Slot.start, [NoSandbox("no process is to be had just now")]

    def fails_once(slot):
        if failures:
            raise failures.pop()
        return start(slot)

    monkeypatch.setattr(launch.Slot, "start", fails_once)
    with pytest.raises(NoSandbox):
        source(AFFINE)


def test_a_box_that_does_not_read_is_too_slow_and_does_not_hold_the_judge():
    """The questions are larger than what the line holds while nobody reads it."""
    holds = PIPES + '\nforge(b\'{"raised": null, "sizes": []}\')\nimport time\ntime.sleep(1e6)'
    probe = "def probe(student, x):\n    return 1"
    with patience(60), sandbox(HURRY).box() as box:
        box.run(holds, "a cell")
        answers = box.ask(probe, "probe", ["relu_backward"], Questions([{"x": np.zeros(10**6)}] * 2), {})
    assert [answer.kind for answer in answers] == ["too slow", "too slow"]


def test_a_verdict_can_be_written_whatever_an_exception_says():
    verdict = source(affine("raise ValueError('\\ud800')"))
    assert verdict.status == "raised"
    assert said(verdict).encode() and verdict.text().encode() and verdict.html().encode()


# ----- the case for marks only -----

NUDGING = """
import numpy as np
from backprop.layers import affine_forward

def affine_backward(dout, cache):
    gradients = []
    for k in range(3):
        gradient = np.zeros(cache[k].shape)
        for place in np.ndindex(*gradient.shape):
            up, down = [a.copy() for a in cache], [a.copy() for a in cache]
            up[k][place] += 1e-4
            down[k][place] -= 1e-4
            gradient[place] = np.sum((affine_forward(*up)[0] - affine_forward(*down)[0]) * dout) / 2e-4
        gradients.append(gradient)
    return tuple(gradients)
"""


def test_nudging_every_entry_is_too_slow_for_marks_on_the_large_case_alone():
    verdict = source(NUDGING, QUICK)
    assert (verdict.points, verdict.status) == (0, "too slow")
    assert len(verdict.complaints) == 1
    assert verdict.complaints[0].startswith("affine_backward took more than 0.5 s of computing time")


def test_nudging_every_entry_holds_on_the_cases_that_check_tries():
    exercise, namespace = find_exercise("affine_backward"), {}
    exec(NUDGING, namespace)
    drawn = examiner.draws(exercise, examiner.fresh_seed, for_marks=False)
    assert "large" not in {draw.case for draw in drawn}
    assert examiner.examine(exercise, Here(namespace), drawn).complaints == {}


# ----- the same code, the same mark -----

EXAMPLES = {
    "right": AFFINE,
    "wrong": affine("return 2 * dout, 1, cache"),
    "raises": affine("raise ValueError(dout)"),
    "crashes": affine("import os; os._exit(4)"),
    "stub": STUB,
}


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)
def test_the_same_code_gets_the_same_verdict(text):
    assert source(text).to_json() == source(text).to_json()


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)
def test_what_is_said_does_not_depend_on_the_secret(text):
    assert said(source(text, secret=b"one")) == said(source(text, secret=b"two"))


def test_functions_and_source_get_the_same_verdict():
    functions = dict(affine_backward=lambda dout, cache: (dout, *dots(dout, cache)[1:]))
    text = affine("return dout, *right(dout, cache)[1:]")
    one, two = judge.mark("affine_backward", functions, SECRET), source(text)
    assert (one.points, one.names, one.complaints) == (two.points, two.names, two.complaints)
    assert one.points == 3


def numbers_of(drawn):
    arrays = [a for d in drawn for a in (*d.inputs.values(), d.dout, *d.expected.values()) if a.size < 1000]
    return {f"{abs(number):.12f}"[:9] for array in arrays for number in array.ravel().tolist()}


def test_draws_are_the_same_for_one_secret_and_others_for_another():
    exercise = find_exercise("affine_backward")

    def drawn(secret, **changes):
        return numbers_of(examiner.draws(exercise, examiner.secret_seed(secret), for_marks=True))

    assert drawn(b"one") == drawn(b"one")
    assert not drawn(b"one") & drawn(b"two")
    assert not drawn(b"one") & numbers_of(examiner.draws(exercise, examiner.public_seed, for_marks=True))


def test_exercises_and_cases_are_drawn_apart():
    seed = examiner.secret_seed(SECRET)
    exercises = [find_exercise("affine_backward"), find_exercise("relu_backward")]
    seeds = [seed(exercise, case) for exercise in exercises for case in exercise.cases]
    assert len(set(seeds)) == len(seeds)


# ----- the numbers drawn for marks are never told -----

HIDDEN = numbers_of(examiner.draws(find_exercise("affine_backward"), examiner.secret_seed(SECRET), for_marks=True))
PUBLIC = numbers_of(examiner.draws(find_exercise("affine_backward"), examiner.public_seed, for_marks=True))

TELL = """
import numpy as np

def told(dout, cache):
    arrays = [dout, *cache]
    return " ".join(f"{abs(number):.12f}" for array in arrays for number in array.ravel()[:4])
"""
TELLERS = {  # the body, and whether it gets to say numbers at all
    "an exception that says them": ("raise ValueError(told(dout, cache))", True),
    "an exception that is named so": ("raise type(told(dout, cache), (Exception,), {})()", True),
    "an exit that says them": ("raise SystemExit(told(dout, cache))", True),
    "a type that is named so": ("return dout, cache[1], type(told(dout, cache), (), {})()", True),
    "a text": ("return told(dout, cache), 1, 1", False),
    "a dict": ("return {told(dout, cache): 1}", False),
    "fields of an array": ("return [np.zeros(1, [(told(dout, cache), float)])] * 3", False),
    "printed": ("print(told(dout, cache)); 1 / 0", False),
    "warned": ("import warnings; warnings.warn(told(dout, cache)); return dout", False),
    "wrong values": ("return cache[0] * np.nan, cache[1], dout", False),
    "an infinite value": ("return cache[0], cache[1] * np.inf, dout", False),
    "a shape": ("return np.zeros(int(1e4 * abs(dout[0, 0]))), 1, 1", False),
    "an exit code": ("import os; os._exit(int(100 * abs(dout[0, 0])))", False),
}


@pytest.mark.parametrize("body, loud", TELLERS.values(), ids=TELLERS)
def test_no_number_drawn_for_marks_is_told(body, loud):
    words = said(source(affine(body, TELL)))
    assert any(number in words for number in PUBLIC) or not loud, "the search would find nothing anyway"
    assert not any(number in words for number in HIDDEN)
    assert words == said(source(affine(body, TELL), secret=b"another"))


def test_no_number_drawn_for_marks_is_told_by_code_that_is_slow_later():
    says = affine("if len(dout) < 100: raise ValueError(told(dout, cache))\nwhile True: pass", TELL)
    words = said(source(says, QUICK))
    assert "too slow" in words and not any(number in words for number in HIDDEN)


def test_what_is_said_of_slow_code_does_not_depend_on_the_secret():
    text = affine("if len(dout) < 100: return cache\nwhile True: pass")
    assert said(source(text, QUICK, secret=b"one")) == said(source(text, QUICK, secret=b"two"))


KEEPERS = {
    "in shared memory": TELL
    + """
import mmap
board = mmap.mmap(-1, 4096)

def affine_backward(dout, cache):
    if not board[0]:
        text = told(dout, cache).encode()[:200]
        board[: len(text)] = text
    raise ValueError(board[:200].decode())
""",
    "in a file": TELL
    + """
import os

def affine_backward(dout, cache):
    if not os.path.exists("kept"):
        with open("kept", "w") as file:
            file.write(told(dout, cache))
    raise ValueError(open("kept").read())
""",
}


@pytest.mark.parametrize("text", KEEPERS.values(), ids=KEEPERS)
def test_no_number_drawn_for_marks_is_told_by_code_that_keeps_it(walls, text):
    words = said(source(text))
    assert not any(number in words for number in HIDDEN)


KEEPS = TELL + "\ndef affine_backward(dout, cache):\n    open('kept', 'w').write(told(dout, cache)[:200])\n"


def test_no_number_drawn_for_marks_is_told_by_a_later_cell(walls):
    words = said(cells(KEEPS, "affine_backward", "raise ValueError(open('kept').read())")["affine_backward"])
    assert not any(number in words for number in HIDDEN)


def test_no_number_drawn_for_marks_is_told_by_the_exit_code_of_a_later_cell(walls):
    exits = "import os\nos._exit(int(open('kept').read()[2:4]) if os.path.exists('kept') else 1)"
    one, two = (cells(KEEPS, "affine_backward", exits, secret=secret) for secret in (b"one", b"two"))
    assert said(one["affine_backward"]) == said(two["affine_backward"])


def test_no_number_drawn_for_marks_is_told_by_which_later_cell_ends(walls):
    chooses = "import os\nif os.path.exists('kept') and open('kept').read()[2] == '{}': os._exit(0)"
    texts = [KEEPS, "affine_backward", *(chooses.format(digit) for digit in range(10))]
    one, two = (cells(*texts, secret=secret)["affine_backward"] for secret in (b"1", b"2"))
    assert one.remarks == two.remarks


# ----- a notebook -----

AT_THE_END = "this holds at the end of the notebook, not yet at its test cell"
NOTEBOOKS = {  # cells, points of affine_backward, whether that was at the end
    "right at the test": ([AFFINE, "affine_backward"], 6, False),
    "right below the test": ([STUB, "affine_backward", AFFINE], 6, True),
    "right above, spoiled below": ([AFFINE, "affine_backward", STUB], 6, False),
    "right above, spoiled above": ([AFFINE, STUB, "affine_backward"], 0, False),
    "better below": ([affine(WRONG_ONE["dx"][0]), "affine_backward", affine(WRONG_ONE["db"][0])], 5, True),
    "worse below": ([affine(WRONG_ONE["db"][0]), "affine_backward", affine(WRONG_ONE["dx"][0])], 5, False),
    "deleted below": ([AFFINE, "affine_backward", "del affine_backward"], 6, False),
    "in two cells": ([AFFINE.split("\n\n")[0], AFFINE.split("\n\n")[1], "affine_backward"], 6, False),
    "the import comes below": (
        [AFFINE.replace("import numpy as np", "").replace("len(x)", "np.shape(x)[0]"), "affine_backward",
         "import numpy as np"],
        6, True,
    ),
    "nothing above": (["affine_backward", AFFINE], 6, True),
    "nothing at all": (["affine_backward"], 0, False),
}  # fmt: skip


@pytest.mark.parametrize("texts, points, at_the_end", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_the_definition_at_the_test_counts_or_a_better_one_at_the_end(texts, points, at_the_end):
    verdict = cells(*texts)["affine_backward"]
    told = any(remark.startswith(AT_THE_END) for remark in verdict.remarks)
    assert (verdict.points, told) == (points, at_the_end)


def test_own_forward_in_another_cell_is_found():
    forward = "def relu_forward(x):\n    return x * (x > 0), {'mask': x > 0}"
    backward = "def relu_backward(dout, cache):\n    return dout * cache['mask']"
    assert cells(forward, backward, "relu_backward")["relu_backward"].points == 2


def test_calls_do_not_see_what_other_calls_did():
    counts = WRAP + "count = [0]\n" + affine("count[0] += 1\nreturn right(dout * count[0], cache)", "")
    poisons = "import numpy as np\n" + affine("np.sum = np.dot = None\nreturn cache", "")
    verdicts = cells(RELU, poisons, "affine_backward", "relu_backward")
    assert (verdicts["affine_backward"].points, verdicts["relu_backward"].points) == (0, 2)
    assert source(counts).points == 0


TROUBLE = {
    "raises": "1 / 0",
    "is no Python": "affine backward, please",
    "hangs": "while True: pass",
    "holds on": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "sleeps": "import time; time.sleep(1e6)",
    "exits": "import sys; sys.exit('done')",
    "exits with exit": "exit()",
    "ends the process": "import os; os._exit(0)",
    "kills itself": "import os; os.kill(os.getpid(), 9)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "interrupts": "raise KeyboardInterrupt",
    "floods": "import os, sys\nos.write(1, b'z' * 10**7)\n"
    "for _ in range(1000):\n    print('x' * 10_000)\n    print('y' * 10_000, file=sys.stderr)",
    "wants memory": "x = bytearray(1 << 45)",
    "waits for input": "name = input('who are you?')",
    "closes the pipes": "import os; os.closerange(0, 99)",
    "writes garbage to the pipes": PIPES + "\nto_every_pipe(b'\\xff' * 99)",
    "recurses": "def f(): return f()\nf()",
    "is huge": "data = '" + "x" * (5 << 20) + "'",
    "holds a null byte": "x = 1\0",
    "holds half a surrogate pair": "x = '\ud800'",
    "raises what cannot be told": "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    "leaves a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,)).start()",
    "leaves a process": "import subprocess\nsubprocess.Popen(['/bin/sleep', '1000'])",
    "leaves the folder": "import os; os.chdir('/')",
    "sets an alarm": "import signal; signal.setitimer(signal.ITIMER_REAL, 1e6); signal.signal(24, signal.SIG_IGN)",
}


@pytest.mark.parametrize("text", TROUBLE.values(), ids=TROUBLE)
def test_a_cell_in_trouble_costs_itself_alone(text):
    with patience(120):
        verdicts = cells(AFFINE, text, RELU, "relu_backward", "affine_backward", limits=IMPATIENT)
    assert verdicts["affine_backward"].points == 6 and verdicts["relu_backward"].points == 2


@pytest.mark.parametrize(
    "body", ["while True: pass", "import time; time.sleep(1e6)", "import os; os._exit(1)", "exit()"]
)
def test_an_answer_in_trouble_costs_itself_alone(body):
    with patience(120):
        verdicts = cells(affine(body, ""), "affine_backward", RELU, "relu_backward", limits=IMPATIENT)
    assert verdicts["affine_backward"].points == 0 and verdicts["relu_backward"].points == 2


def test_many_cells_in_trouble_cost_themselves_alone():
    verdicts = cells(RELU, *["import os; os._exit(1)"] * 5, AFFINE, "affine_backward")
    assert verdicts["affine_backward"].points == 6


def test_an_answer_that_breaks_the_pipe_costs_itself_alone():
    breaks = PIPES + "\ndef relu_backward(dout, cache): to_every_pipe(b'\\xff' * 99)"
    assert cells(breaks, "relu_backward", AFFINE, "affine_backward")["affine_backward"].points == 6


def test_what_cells_raised_is_told_where_points_were_lost_and_only_there():
    lost = cells("1 / 0", STUB, "affine_backward")["affine_backward"]
    kept = cells("1 / 0", AFFINE, "affine_backward")["affine_backward"]
    (remark,) = lost.remarks
    assert remark.startswith("cell 1") and remark.endswith("ZeroDivisionError: division by zero, at line 1")
    assert kept.remarks == []


def test_exercises_come_back_in_the_order_of_the_lesson_and_untested_ones_do_not():
    exercises = [find_exercise(name) for name in ("affine_backward", "relu_backward")]
    steps = [Step(source=RELU), Step(exercise="relu_backward")]
    assert [verdict.exercise for verdict in judge.mark_cells(steps, exercises, SECRET, sandbox())] == ["relu_backward"]
    steps = [Step(exercise="relu_backward"), Step(exercise="affine_backward")]
    assert [v.exercise for v in judge.mark_cells(steps, exercises, SECRET, sandbox())] == [
        "affine_backward",
        "relu_backward",
    ]


def test_the_box_holds_no_answers_and_no_rules():
    looks = """
import pathlib, sys
import backprop
texts = [path.read_text() for path in pathlib.Path(backprop.__file__).parent.parent.rglob("*.py")]
assert len(texts) > 5
found = [word for word in ("loss at rate", "hmac", "dout @ w.T", "caught_by") if any(word in text for text in texts)]
found += [name for name in sys.modules if name.startswith(("autograder.judge", "autograder.rules", "lessons"))]
raise ValueError(found)
"""
    remarks = cells(looks, STUB, "affine_backward")["affine_backward"].remarks
    assert remarks and "ValueError: []" in remarks[0]


def test_the_box_knows_nothing_of_the_environment(monkeypatch):
    monkeypatch.setenv("BACKPROP_CLASSROOM", "a secret place")
    remarks = cells("import os\nraise ValueError(sorted(os.environ))", "affine_backward")["affine_backward"].remarks
    assert "BACKPROP" not in remarks[0] and "ValueError" in remarks[0]


SPOILS = """
import backprop.layers
path = backprop.layers.__file__
if path.startswith("/world/") or "/backprop-" in path:  # the box's own copy, and no other
    open(path, "w").write("raise SystemExit")
"""


@pytest.mark.parametrize("isolation", ["any", "none"])
def test_a_submission_cannot_change_what_the_next_one_gets(isolation):
    limits = Limits(wall=19)  # for a sandbox of its own
    cells(SPOILS, "affine_backward", limits=limits, isolation=isolation)
    uses = "from backprop.layers import affine_forward\n" + AFFINE
    assert cells(uses, "affine_backward", limits=limits, isolation=isolation)["affine_backward"].points == 6


def test_source_is_marked_without_a_notebook():
    verdict = judge.mark_source("affine_backward", AFFINE, SECRET)
    assert verdict.to_json() == source(AFFINE).to_json()
