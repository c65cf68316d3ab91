"""One error costs once: an exercise that calls other exercises' functions is also judged with right ones."""

from types import SimpleNamespace

import numpy as np
import pytest

from autograder import examiner, judge
from autograder.box import Forked, Limits
from autograder.diagnose import Here
from autograder.exercise import Exercise
from autograder.lesson import find_exercise
from autograder.submission import Step
from backprop import activations, layers

LIMITS = Limits(cpu=1.0, wall=8.0)
SOURCE = """
from backprop.activations import relu_forward
from backprop.layers import affine_forward

def hidden_layer(x, params, dout):
    out, first = affine_forward(x, params["w"], params["b"])
    out, second = relu_forward(out)
    dx, dw, db = affine_backward(relu_backward(dout, second), first)
    return out.sum(), {"x": dx, "w": dw, "b": db}
"""
RIGHT_PARTS = """
def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
WRONG_PARTS = RIGHT_PARTS.replace("sum(axis=0)", "mean(axis=0)").replace("cache > 0", "dout > 0")
NO_PARTS = ""


def reference():
    names = {**vars(layers), **vars(activations)}
    exec(SOURCE, names)
    return SimpleNamespace(hidden_layer=names["hidden_layer"])


composite = Exercise(
    writes=["hidden_layer"],
    reference=reference(),
    points=dict(loss=1, dx=2, dw=2, db=1),
    minutes=5,
    kind="function",
    uses=["affine_forward", "relu_forward"],
    parts={"affine_backward": layers.affine_backward, "relu_backward": activations.relu_backward},
    lesson="none",
)


@composite.case
def ordinary(rng):
    params = {"w": rng.normal(size=(5, 3)), "b": rng.normal(size=3)}
    return dict(x=rng.normal(size=(4, 5)), params=params, dout=rng.normal(size=(4, 3)))


@composite.case
def batch_of_one(rng):
    params = {"w": rng.normal(size=(2, 4)), "b": rng.normal(size=4)}
    return dict(x=rng.normal(size=(1, 2)), params=params, dout=rng.normal(size=(1, 4)))


def in_the_box(source):
    with judge.sandbox([composite], "any", limits=LIMITS) as walls:
        steps = [Step(source=source), Step(exercise="hidden_layer")]
        return judge.mark_cells(steps, [composite], b"secret", walls)[0]


def in_a_fork(source):
    names = {}
    exec(source, names)
    return judge.judge(composite, Forked(names, LIMITS), b"secret")


def in_a_notebook(source):
    names = {}
    exec(source, names)
    before = dict(names)
    drawn = examiner.draws(composite, examiner.public_seed, for_marks=True)
    found = examiner.examine(composite, Here(names), drawn)
    assert names == before, "checking changed the learner's own names"
    return judge.verdict(composite, found, found)


@pytest.mark.parametrize("venue", [in_the_box, in_a_fork, in_a_notebook])
@pytest.mark.parametrize("parts", [RIGHT_PARTS, WRONG_PARTS, NO_PARTS], ids=["right", "wrong", "missing"])
def test_a_right_composite_earns_everything_whatever_its_parts_are(venue, parts):
    assert venue(parts + SOURCE).points == 6


@pytest.mark.parametrize("venue", [in_the_box, in_a_fork, in_a_notebook])
@pytest.mark.parametrize("parts", [RIGHT_PARTS, WRONG_PARTS], ids=["right", "wrong"])
def test_the_composites_own_error_is_its_own(venue, parts):
    verdict = venue(parts + SOURCE.replace('"b": db', '"b": -db').replace("out.sum()", "out.mean()"))
    assert verdict.names == {"loss": False, "dx": True, "dw": True, "db": False} and verdict.points == 4


def test_gradients_by_name_may_come_in_any_order():
    assert (
        in_a_fork(RIGHT_PARTS + SOURCE.replace('{"x": dx, "w": dw, "b": db}', '{"b": db, "x": dx, "w": dw}')).points
        == 6
    )


def test_a_missing_gradient_is_named():
    verdict = in_a_fork(RIGHT_PARTS + SOURCE.replace(', "b": db', ""))
    assert verdict.names["db"] is False and verdict.points == 5
    assert "return loss, dx, dw, db" in verdict.complaints[0]


HOSTILE = {
    "calls without end": "def hidden_layer(x, params, dout):\n    while True:\n        relu_backward(dout, dout)",
    "asks for the moon": "import numpy as np\ndef hidden_layer(x, params, dout):\n"
    "    return affine_backward(np.ones((9999999, 1)), (np.ones((9999999, 1)), np.ones((1, 1)), 0))",
    "asks for nonsense": "def hidden_layer(x, params, dout):\n    return affine_backward('a', {'b': None})",
    "asks for another function": "import sys\ndef hidden_layer(x, params, dout):\n"
    "    from autograder.box import inside\n    return inside.judged(3, 'hidden_layer')(x, params, dout)",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_the_judge_answers_its_parts_and_nothing_else(source):
    verdict = in_the_box(source)
    assert verdict.points == 0 and verdict.status in ("raised", "too slow", "broken reply", "crashed")


def test_the_answers_of_the_parts_are_not_in_the_box(tmp_path):
    from autograder.box import world

    world.build(tmp_path, keep=composite.uses)
    assert "dout @ w.T" not in (tmp_path / "backprop" / "layers.py").read_text()
    assert np.isfinite(composite.reference.hidden_layer(**ordinary(np.random.default_rng(0)))[0])


THIEF = """
import os, pickle
import numpy as np

def affine_backward(dout, cache):
    name = "/tmp/asked"
    if os.path.exists("/tmp/answered"):
        return pickle.load(open("/tmp/answered", "rb")).pop(0)
    asked = pickle.load(open(name, "rb")) if os.path.exists(name) else []
    pickle.dump(asked + [(dout, cache)], open(name, "wb"))

def hidden_layer(x, params, dout):
    if os.path.exists("/tmp/asked"):
        asked = pickle.load(open("/tmp/asked", "rb"))
        pickle.dump([affine_backward(*each) for each in asked], open("/tmp/answered", "wb"))
"""


def test_what_the_judge_answers_for_a_composite_cannot_answer_another_exercise(walls):
    """The first exercise notes its hidden inputs, the composite has the judge work them out, the first is tried again."""
    affine = find_exercise("affine_backward")
    with judge.sandbox([affine, composite], "safe", limits=LIMITS) as sandbox:
        steps = [Step(source=THIEF), Step(exercise=affine.id), Step(exercise="hidden_layer"), Step(source="again = 1")]
        marked = judge.mark_cells(steps, [affine, composite], b"secret", sandbox)
    assert [verdict.points for verdict in marked] == [0, 0]


SILU = """
import numpy as np

def sigmoid_forward(x):
    s = 1 / (1 + np.exp(-np.clip(np.asarray(x, float), -500, 500)))
    return s, s

def silu_forward(x):
    s, _ = sigmoid_forward(x)
    return x * s, (x, s)

def silu_backward(dout, cache):
    x, _ = cache
    s, _ = sigmoid_forward(x)
    return dout * (s + x * s * (1 - s))
"""
WRONG_SIGMOID = SILU.replace("np.exp(-np", "np.exp(np")
NO_SIGMOID = SILU.replace("def sigmoid_forward", "def another")


@pytest.mark.parametrize("source", [SILU, WRONG_SIGMOID, NO_SIGMOID], ids=["right", "wrong", "missing"])
def test_a_right_pair_earns_everything_whatever_its_parts_are(source):
    silu, names = find_exercise("silu_backward"), {}
    exec(source, names)
    found = examiner.examine(silu, Here(names), examiner.draws(silu, examiner.public_seed, for_marks=True))
    assert judge.verdict(silu, found, found).points == 4
    assert judge.judge(silu, Forked(names, LIMITS), b"secret").points == 4


@pytest.mark.parametrize("source", [SILU, WRONG_SIGMOID], ids=["right", "wrong"])
def test_the_error_of_a_pair_is_its_own(source):
    silu = find_exercise("silu_backward")
    source = source.replace("s + x * s", "s - x * s")
    with judge.sandbox([silu], "any", limits=LIMITS) as walls:
        verdict = judge.mark_cells([Step(source=source), Step(exercise=silu.id)], [silu], b"secret", walls)[0]
    assert verdict.names == {"out": True, "dx": False} and verdict.points == 1
