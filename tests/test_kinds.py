"""Kinds in which something else is written than a layer: stages, a bug hunt, a choice."""

import re

import numpy as np
import pytest

from autograder import judge
from autograder.lesson import find_exercise

HUNT, CHOICE, STAGES = map(find_exercise, ("telling_inputs", "name_the_bug", "every_gradient"))


def marked(exercise, function):
    return judge.mark(exercise.id, {exercise.id: function}, secret=b"kinds")


def boxed(exercise, source):
    return judge.mark_source(exercise.id, source, secret=b"kinds")


# ----- stages -----


def every(*arguments):
    return STAGES.reference.every_gradient(*arguments)


def change(name, how):
    """Somebody who gets one value wrong and works on with it, rightly."""

    def every_gradient(x, y, params):
        values = {"x": x, "params": params, "dscores": every(x, y, params)["dscores"]}
        if name == "dscores":
            values["dscores"] = how(values["dscores"])
        for stage, follows in STAGES.stages.items():
            values[stage] = follows(values)
            if stage == name:
                values[stage] = how(values[stage])
        return {stage: values[stage] for stage in STAGES.points}

    return every_gradient


@pytest.mark.parametrize("name", STAGES.points)
def test_an_error_on_the_way_costs_one_name_and_the_rest_is_a_consequence(name):
    verdict = marked(STAGES, change(name, lambda array: 1.7 * array))
    assert verdict.names == {each: each != name for each in STAGES.points}
    assert len(verdict.complaints) == 1 and verdict.complaints[0].startswith(name)
    follows = {"dscores": "dw2", "dhidden": "dout", "dout": "dw1"}.get(name)
    assert not follows or verdict.remarks[0].startswith(f"`{follows}` follows rightly from your values before it")


@pytest.mark.parametrize("how", [np.zeros_like, lambda a: 1e-9 * a, lambda a: a * np.nan], ids=["0", "tiny", "nan"])
def test_what_follows_from_nothing_earns_nothing(how):
    assert marked(STAGES, change("dscores", how)).points == 0


def test_shapes_that_would_broadcast_are_no_values_to_go_on_from():
    verdict = marked(STAGES, change("dhidden", lambda array: np.stack([array, array])))
    assert not verdict.names["dhidden"] and not verdict.names["dout"] and verdict.names["dw2"]


@pytest.mark.parametrize(
    "function, says",
    [
        (
            lambda *a: None,
            "return a dictionary with dscores, dw2, db2, dhidden, dout, dw1, db1, dx; yours returned None",
        ),
        (lambda *a: tuple(every(*a).values()), "yours returned 8 values"),
        (lambda *a: {}, "in yours is no dscores, dw2, db2, dhidden, dout, dw1, db1, dx"),
        (lambda *a: every(*a) | {"dx": "what"}, "dx is a str; expected an array"),
    ],
)
def test_what_is_no_table_of_values_gets_a_plain_sentence(function, says):
    assert says in marked(STAGES, function).complaints[0]


def test_a_missing_name_costs_that_name():
    def without_dhidden(*arguments):
        return {name: value for name, value in every(*arguments).items() if name != "dhidden"}

    assert marked(STAGES, without_dhidden).wrong == ["dhidden"]


# ----- hunt -----

RIGHT = {"x": [[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], "w": [[2.0], [-1.0], [3.0]], "dout": [[3.0], [-2.0]]}
ONES = {name: np.ones((2, 2)) for name in RIGHT}


@pytest.mark.parametrize(
    "inputs, points, says",
    [
        (RIGHT, 3, ""),
        ({name: np.array(value, np.float32) for name, value in RIGHT.items()}, 3, ""),
        (ONES, 0, "`ash` gets away"),
        ({name: np.zeros((2, 2)) for name in RIGHT}, 0, "`ash` gets away"),
        (RIGHT | {"dout": [[3.0], [-2.0]], "w": np.ones((3, 2))}, 0, "cannot take your inputs"),
        (RIGHT | {"x": [[1.0, 2.0], [3.0]]}, 0, "cannot take your inputs"),
        (RIGHT | {"x": [["a", "b", "c"]] * 2}, 0, "cannot take your inputs"),
        (RIGHT | {"x": None}, 0, "finite numbers"),
        (RIGHT | {"dout": [[np.nan], [1.0]]}, 0, "finite numbers"),
        (RIGHT | {"dout": [[np.inf], [1.0]]}, 0, "finite numbers"),
        (RIGHT | {"dout": [[1e308], [1e308]]}, 0, "two right functions differ"),
        ({"x": np.ones((10**6, 0)), "w": np.ones((0, 10**6)), "dout": np.ones((1, 1))}, 0, "none of them empty"),
        ({"x": np.ones((7, 3)), "w": np.ones((3, 1)), "dout": np.ones((7, 1))}, 0, "hold 31 numbers; at most 20"),
        ({"x": RIGHT["x"]}, 0, "return a dictionary with x, w, dout; yours returned a dictionary with x"),
        ([1, 2, 3], 0, "yours returned 3 values"),
    ],
)
def test_inputs_are_judged_by_whom_they_expose(inputs, points, says):
    verdict = marked(HUNT, lambda: inputs)
    assert verdict.points == points
    assert says in "\n".join(verdict.complaints) if says else not verdict.complaints


def test_a_hunt_in_the_box_sees_data_alone():
    """Objects that answer every comparison as asked do not cross; a function with a memory is asked once a run."""
    liar = """
class Agreeable(float):
    def __eq__(self, other): return False
    def __abs__(self): return self

def telling_inputs():
    one = Agreeable(1)
    return {"x": [[one, one], [one, one]], "w": [[one, one], [one, one]], "dout": [[one, one], [one, one]]}
"""
    assert boxed(HUNT, liar).points == 0
    told = boxed(HUNT, f"def telling_inputs():\n    return {RIGHT!r}")
    assert told.points == told.max_points == 3


def test_who_lets_one_go_is_told_how_it_hides():
    positive = RIGHT | {"x": np.abs(RIGHT["x"])}
    verdict = marked(HUNT, lambda: positive)
    assert verdict.wrong == ["cedar"] and "`cedar` cuts off the negative entries of `x`" in verdict.diagnosis


# ----- choice -----


@pytest.mark.parametrize(
    "letters, points, says",
    [
        (dict(first="a", second="b", third="c"), 3, ""),
        (dict(first="A ", second=" b", third="C"), 3, ""),
        (dict(first="a", second="b", third="e"), 2, "third: e is not it"),
        (dict(first="a"), 1, "choose a letter for each: first, second, third"),
        (dict(first="a", second=2, third=None), 1, "choose a letter"),
        (dict(first="abc", second="", third=["c"]), 0, "choose a letter"),
        ("abc", 0, "return a dictionary with first, second, third; yours returned one value"),
        (None, 0, "yours returned None"),
    ],
)
def test_letters_are_compared_with_the_key(letters, points, says):
    verdict = marked(CHOICE, lambda: letters)
    assert verdict.points == points
    assert says in "\n".join(verdict.complaints) if says else not verdict.complaints


def test_a_wrong_letter_gets_its_hint():
    verdict = marked(CHOICE, lambda: dict(first="a", second="c", third="c"))
    assert verdict.diagnosis.startswith("Then the two columns would be equal. One of them is 0")


def test_the_box_holds_no_key():
    assert (
        boxed(CHOICE, "from autograder import mine\n\ndef name_the_bug():\n    return mine.name_the_bug()").points == 0
    )


# ----- a forward alone, and inputs that the caller still needs -----

AFFINE = "def affine_forward(x, w, b):\n    {}return x.reshape(len(x), -1) @ w + b, (x, w, b)"


@pytest.mark.parametrize(
    "name, source, says",
    [
        ("affine_forward", AFFINE.format(""), None),
        ("affine_forward", AFFINE.format("w *= 2; "), r"out\[\d, \d\] is"),  # what is returned comes first
        ("affine_forward", AFFINE.format("b *= -1; b *= -1; w[:] = 0 + w; "), None),
        ("affine_forward", AFFINE.format("b = b + 1; b -= 1; "), None),
        ("affine_forward", AFFINE.format("x.shape = (len(x), -1); "), "has changed `x`.*case: images"),
        ("affine_forward", AFFINE.replace(", (x, w, b)", "").format(""), "return out and cache, .*yours returned one value"),
        ("affine_forward", AFFINE.replace(", (x, w, b)", ", dict(x=x)").format(""), None),
        ("softmax", "def softmax(s):\n    s -= s.max(1, keepdims=True)\n    e = np.exp(s)\n    return e / e.sum(1, keepdims=True)",
         "has changed `scores`"),
    ],
)  # fmt: skip
def test_a_forward_leaves_alone_what_it_is_given(name, source, says):
    """Where the exercise says so: in the box as here."""
    source = "import numpy as np\n\n" + source
    names = {}
    exec(source, names)
    for verdict in (marked(find_exercise(name), names[name]), boxed(find_exercise(name), source)):
        assert (verdict.points > 0) == (says is None)
        assert says is None or re.search(says, verdict.complaints[0])


def test_where_an_exercise_does_not_say_so_inputs_may_be_written_into():
    def mse_loss(x, y):
        x -= y
        return (x**2).mean(), 2 * x / x.size

    assert marked(find_exercise("mse_loss"), mse_loss).points == 3


# ----- a forward that updates a dictionary, and one in which chance has a hand -----

BATCHNORM = """
import numpy as np

def batchnorm_forward(x, gamma, beta, bn_param):
    keep, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    mean, var = bn_param.get("running_mean", np.zeros(x.shape[1])), bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] == "train":
        mu, sigma2 = x.mean(axis=0), x.var(axis=0)
        {}
        mean, var = mu, sigma2
    return gamma * (x - mean) / np.sqrt(var + eps) + beta, None
"""
STORED = 'bn_param["running_mean"], bn_param["running_var"] = keep * mean + (1 - keep) * mu, keep * var + (1 - keep) * sigma2'
IN_PLACE = "mean *= keep; mean += (1 - keep) * mu; var *= keep; var += (1 - keep) * sigma2; bn_param.update(running_mean=mean, running_var=var)"


@pytest.mark.parametrize(
    "line, points, says",
    [
        (STORED, 6, None),
        (IN_PLACE, 6, None),
        (STORED.replace(', bn_param["running_var"]', "").replace(", keep * var + (1 - keep) * sigma2", ""), 5, "running_var"),
        ("pass", 4, "running_mean"),
        ('bn_param["running_mean"] = None', 4, "running_mean is None"),
        ('bn_param["running_mean"] = bn_param["running_var"] = object()', 4, "running_mean is a object"),
        ("bn_param.clear()", 4, "there is no running_mean, running_var in bn_param afterwards"),
        (STORED + "; bn_param['self'] = bn_param", 6, None),
    ],
)  # fmt: skip
def test_what_is_left_in_a_dictionary_is_judged_by_name(line, points, says):
    """Here as in the box; what nobody asked for may be anything."""
    source, names = BATCHNORM.format(line), {}
    exec(source, names)
    exercise = find_exercise("batchnorm_forward")
    for verdict in (marked(exercise, names["batchnorm_forward"]), boxed(exercise, source)):
        assert verdict.points == points
        assert (not verdict.complaints) if says is None else any(says in each for each in verdict.complaints)


DROPOUT = """
import numpy as np

def dropout_forward(x, dropout_param):
    if dropout_param["mode"] == "test":
        return x, None
    {}
    return x * mask, mask

def dropout_backward(dout, cache):
    return dout if cache is None else dout * cache
"""


@pytest.mark.parametrize(
    "line, points, says",
    [
        ('np.random.seed(dropout_param["seed"]); mask = (np.random.rand(*x.shape) < dropout_param["p"]) / dropout_param["p"]', 3, None),
        ('mask = (np.random.random(x.shape) >= 1 - dropout_param["p"]) / dropout_param["p"]', 3, None),
        ('mask = np.ones(x.shape) / dropout_param["p"]', 1, "a share of 1.00 is kept; expected about 0.3"),
        ('mask = np.zeros(x.shape)', 1, "a share of 0.00 is kept"),
        ('mask = np.random.random(x.shape) < dropout_param["p"]', 1, "out["),
        ('mask = ((np.random.random(len(x)) < dropout_param["p"]) / dropout_param["p"])[:, None] * np.ones(x.shape)', 1, "lose the same entries"),
    ],
)  # fmt: skip
def test_chance_is_judged_by_what_came_out(line, points, says):
    exercise, names = find_exercise("dropout_backward"), {}
    exec(DROPOUT.format(line), names)
    verdict = judge.mark(exercise.id, {name: names[name] for name in exercise.writes}, secret=b"kinds")
    assert verdict.names["out"] == (says is None)
    assert (verdict.points == points == 3) if says is None else any(says in each for each in verdict.complaints)
