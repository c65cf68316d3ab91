"""The kind in which a function is given: a case names it, the probe makes it where the student's code lives."""

import inspect

import numpy as np
import pytest

from autograder import examiner, judge, probes
from autograder.box import values
from autograder.diagnose import Here
from autograder.kinds import KINDS
from autograder.lesson import find_exercise, lessons
from backprop import chain

SLOPE, CHECK, GRADIENT = map(find_exercise, ("central_difference", "check_gradient", "numeric_gradient"))
KIND = KINDS["takes a function"]
IMPORTS = "import numpy as np\n\n\n"
RELATIVE = """
def relative_error(a, b):
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return np.linalg.norm(np.subtract(a, b)) / size if size else 0.0
"""
CHECKS = """
def check_gradient(f, x, df, rng, h=1e-5):
    u = rng.normal(size=x.shape)
    return relative_error((f(x + h * u) - f(x - h * u)) / (2 * h), (df * u).sum())
"""
BY_ENTRIES = """
def check_gradient(f, x, df, rng, h=1e-5):
    u, gradient = rng.normal(size=x.shape), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return relative_error((gradient * u).sum(), (df * u).sum())
"""


def marked(exercise, function):
    return judge.mark(exercise.id, {exercise.id: function}, secret=b"kinds")


@pytest.fixture
def boxed(walls):
    return lambda exercise, source: judge.mark_source(exercise.id, IMPORTS + source, secret=b"kinds")


@pytest.mark.parametrize("exercise", [SLOPE, CHECK, GRADIENT], ids=lambda e: e.id)
def test_only_names_numbers_and_seeds_cross(exercise):
    """What is asked is data: no function and no generator is in it, and nothing is lost on the way."""
    (way, *_) = KIND.ways(exercise)
    for draw in examiner.draws(exercise, examiner.public_seed, for_marks=True):
        question = way.question(draw)
        tree, blobs = values.pack(question)
        assert "opaque" not in str(tree)
        assert list(values.unpack(tree, blobs)["inputs"]) == list(draw.inputs)
        assert isinstance(draw.inputs["f"], str) and isinstance(draw.inputs.get("rng", 0), int)


def test_the_probe_makes_the_function_and_the_generator():
    def told(f, x, rng):
        return {"f": f(x), "drawn": rng.normal(), "names": None}

    inputs = {"f": "cube", "x": 2.0, "rng": 7}
    returned = probes.takes_a_function({"told": told}, "told", inputs)["returned"]
    assert returned == {"f": 8.0, "drawn": np.random.default_rng(7).normal(), "names": None}
    assert inputs == {"f": "cube", "x": 2.0, "rng": 7}


def test_every_function_of_the_table_is_asked_for():
    lines = inspect.getsource(probes.takes_a_function).splitlines()
    table = {line.split('"')[1] for line in lines if "lambda" in line}
    takers = [e for lesson in lessons() for e in lesson.exercises if e.kind == "takes a function"]
    asked = {d.inputs["f"] for e in takers for d in examiner.draws(e, examiner.public_seed, True)}
    assert table == asked


@pytest.mark.parametrize(
    "exercise, function",
    [
        (SLOPE, lambda f, x, h=1e-5: (f(x + h) - f(x - h)) / h / 2),
        (SLOPE, lambda g, place, step=1e-5: np.array([(g(place + step) - g(place - step)) / (2 * step)])),
        (GRADIENT, lambda f, x, h=1e-5: np.array(chain.numeric_gradient(f, x, h), np.float64).tolist()),
        (CHECK, lambda f, x, df, rng, h=1e-5: chain.check_gradient(f, x, df, rng, h)),
    ],
)
def test_every_right_form_is_right(exercise, function):
    assert marked(exercise, function).points == exercise.max_points


def test_a_direction_of_another_length_is_right_too():
    """A relative error does not depend on how long the direction is, up to what the step sees of the bend."""

    def check_gradient(f, x, df, rng, h=1e-5):
        u = rng.standard_normal(x.shape)
        u /= np.linalg.norm(u)
        return chain.relative_error((f(x + h * u) - f(x - h * u)) / (2 * h), np.vdot(df, u))

    for seed in range(20):
        draws = examiner.draws(CHECK, examiner.secret_seed(bytes([seed])), for_marks=True)
        assert not examiner.examine(CHECK, Here({"check_gradient": check_gradient}), draws).complaints


@pytest.mark.parametrize(
    "exercise, function, says",
    [
        (SLOPE, lambda f, x, h=1e-5: None, "slope is None"),
        (SLOPE, lambda f, x, h=1e-5: f, "slope is a function; expected an array"),
        (SLOPE, lambda f, x: f(x), "takes 2 positional arguments but 3 were given"),
        (SLOPE, lambda f, x, h=1e-5: f.derivative(x), "has no attribute 'derivative'"),
        (
            GRADIENT,
            lambda f, x, h=1e-5: chain.numeric_gradient(f, x, h).T,
            "gradient has shape (3, 2); expected (2, 3)",
        ),
        (CHECK, lambda f, x, df, rng, h=1e-5: rng, "error is a Generator; expected an array"),
    ],
)
def test_what_is_no_answer_gets_a_plain_sentence(exercise, function, says):
    verdict = marked(exercise, function)
    assert verdict.points == 0 and says in verdict.complaints[0]


@pytest.mark.parametrize("exercise", [SLOPE, CHECK], ids=lambda e: e.id)
def test_what_nobody_has_written_down_gets_its_place(exercise):
    """A wrong number that no mistake explains: said in one sentence, without a cause."""
    verdict = marked(exercise, lambda *arguments: 0.123)
    (name,) = exercise.points
    assert verdict.diagnosis is None and verdict.place.startswith(f"`{name}` is off by")


def test_where_few_cases_are_right_these_are_named():
    always_there = judge.mark("sum_over_paths", {"sum_over_paths": lambda edges, start, end: float(start == end) / 3})
    assert always_there.place.endswith("It is right on the case “no way” alone.")


def test_in_the_box_a_check_is_right_with_two_calls_and_too_slow_with_one_for_each_entry(boxed):
    assert boxed(CHECK, RELATIVE + CHECKS).points == 4
    verdict = boxed(CHECK, RELATIVE + BY_ENTRIES)
    assert verdict.points == 0 and verdict.status == "too slow"


def test_in_the_box_a_wrong_relative_error_costs_once(boxed):
    """The judge answers its calls in a second try; a check that is wrong itself stays wrong."""
    wrong = RELATIVE.replace("/ size", "/ size / 2")
    assert boxed(CHECK, wrong + CHECKS).points == 4
    assert boxed(CHECK, wrong + CHECKS.replace("(2 * h)", "h")).points == 0


def test_the_box_holds_neither_nudges_nor_answers(boxed):
    for source in (
        "from backprop.chain import central_difference",
        "from backprop.numeric import slope\n\ndef central_difference(f, x, h=1e-5):\n    return slope(f, x, 1.0, h=h)",
        "from autograder import mine\n\ndef central_difference(f, x, h=1e-5):\n    return mine.central_difference(f, x, h)",
    ):
        assert boxed(SLOPE, source).points == 0
    assert boxed(SLOPE, "def central_difference(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) / (2 * h)").points == 2
