"""Numbers that are drawn by chance: right code is right however it draws, and a wrong spread has its name."""

import numpy as np
import pytest

from autograder import examiner, judge, probes, rules
from autograder.kinds import KINDS
from autograder.kinds.chance import alike
from autograder.lesson import find_exercise
from backprop import init

XAVIER, HE = find_exercise("xavier_init"), find_exercise("he_init")
KIND = KINDS["statistics"]


def he(draw):
    """A function that draws with the variance 2 / fan_in, from numbers of variance 1."""
    return lambda fan_in, fan_out, rng: np.sqrt(2 / fan_in) * draw(rng, (fan_in, fan_out))


RIGHT = {
    "normal": he(lambda rng, size: rng.normal(size=size)),
    "uniform": he(lambda rng, size: rng.uniform(-np.sqrt(3), np.sqrt(3), size=size)),
    "two values": he(lambda rng, size: rng.choice([-1.0, 1.0], size=size)),
    "row by row": he(lambda rng, size: np.array([rng.standard_normal(size[1]) for _ in range(size[0])])),
    "single precision": he(lambda rng, size: rng.normal(size=size).astype(np.float32)),
    "a list": lambda *sizes: init.he_init(*sizes).tolist(),
}


def marked(exercise, function, secret=b"chance"):
    return judge.mark(exercise.id, {exercise.id: function}, secret=secret)


@pytest.mark.parametrize("function", RIGHT.values(), ids=RIGHT)
def test_right_code_is_right_however_it_draws(function):
    for secret in range(5):
        assert marked(HE, function, bytes([secret])).points == HE.max_points


def test_right_code_does_not_fail_by_chance():
    """Three hundred draws of each case without one complaint. And the bound is not idle: at half of it there would be
    some."""
    found = []
    for seed in range(300):
        for case in HE.cases:
            draw = KIND.draw(HE, case, np.random.default_rng(seed))
            answer = rules.Answer(draw, {"w": draw.expected["w"]})
            assert rules.centred("w", answer) is None and rules.spread("w", answer) is None
            found.append(abs(draw.expected["w"].var() / draw.variance - 1) / np.sqrt(2 / draw.expected["w"].size))
    assert 3 < max(found) < 6 and np.mean(np.square(found)) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
@pytest.mark.parametrize("draw", ["normal", "uniform"])
def test_a_variance_that_is_off_by_a_quarter_is_seen(factor, draw):
    verdict = marked(HE, lambda *sizes: np.sqrt(factor) * RIGHT[draw](*sizes))
    assert verdict.points == 0 and "the variance of w is" in verdict.complaints[0]


@pytest.mark.parametrize(
    "source, says",
    [
        ("return rng.normal(size=fan_in * fan_out) * (2 / fan_in) ** 0.5", "w has shape (9000,); expected (60, 150)"),
        ("return None", "w is None"),
        ("return 'w'", "w is a str"),
        ("return {'w': 1.0}", "return w; yours returned a dictionary"),
        ("w = rng.normal(size=(fan_in, fan_out)); return w, w", "return w; yours returned 2 values"),
        ("return rng.normal(size=(fan_in, fan_out)) / 0.0", "w[0, 0] is"),
        ("return np.full((fan_in, fan_out), 0.1)", "the mean of all entries of w is 0.1; expected 0"),
        ("np.random.seed(0); return np.random.normal(size=(fan_in, fan_out))", "w is the same whatever `rng` is"),
        ("return np.random.normal(size=(fan_in, fan_out))", "w is another each time"),
        ("return np.random.normal(size=(fan_in, fan_out)).tolist()", "w is another each time"),
        ("return [[0.1], [0.1, 0.2]]", "w is a list of rows with different lengths"),
        ("w = rng.normal(size=(fan_in, 1)) + np.zeros(fan_out); return w * (2 / fan_in) ** 0.5", "the mean of row"),
        ("return init.he_init(fan_in, fan_out, rng)", "he_init raised NameError"),
    ],
)
def test_what_is_no_such_draw_is_told(source, says):
    names = {"np": np}
    exec(f"def he_init(fan_in, fan_out, rng):\n    {source}", names)
    with np.errstate(all="ignore"):
        verdict = marked(HE, names["he_init"])
    assert verdict.points == 0 and says in verdict.complaints[0]


@pytest.mark.parametrize(
    "variance, mistake",
    [
        (lambda fan_in, fan_out: 1 / fan_in, "forgets_what_the_relu_takes"),
        (lambda fan_in, fan_out: 2 / fan_out, "counts_the_outputs"),
        (lambda fan_in, fan_out: 4 / fan_in**2, "takes_variance_for_deviation"),
        (lambda fan_in, fan_out: 2 / (3 * fan_in), "takes_deviation_for_limit"),
        (lambda fan_in, fan_out: 1.5 / fan_in, None),
        (lambda fan_in, fan_out: 1 / (fan_in - 0.5), None),  # which is another where there is one input
    ],
)
@pytest.mark.parametrize("draw", ["normal", "uniform", "two values"])
def test_a_wrong_spread_has_its_name_however_it_is_drawn(variance, mistake, draw):
    """And none where no mistake spreads like that."""

    def he_init(fan_in, fan_out, rng):
        return np.sqrt(variance(fan_in, fan_out) * fan_in / 2) * RIGHT[draw](fan_in, fan_out, rng)

    verdict = marked(HE, he_init)
    assert verdict.causes == ([mistake] if mistake else [])
    assert not verdict.place, "no entry of it is wrong"


def test_what_is_alike():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 80, 90))
    assert alike(a, b) and alike(a, rng.uniform(-np.sqrt(3), np.sqrt(3), size=(80, 90)))
    assert not alike(a, 1.2 * b) and not alike(a, b + 0.3) and not alike(a, b.T) and not alike(a, b[:, :1] + 0 * b)
    assert alike(0 * a, 0 * b) and not alike(a, 0 * b) and not alike(a, None) and not alike(np.nan * a, b)
    assert alike(np.ones(5), np.ones(5)) and not alike(np.ones(5), 2 * np.ones(5))


def test_the_probe_puts_the_generator_at_one_place_twice():
    def told(n, rng):
        return {"drawn": [rng.normal() for _ in range(n)]}

    found = probes.chance({"told": told}, "told", {"n": 2, "rng": 7})
    first = np.random.default_rng(7).normal(size=2).tolist()
    assert found["returned"]["drawn"] == found["again"]["drawn"] == first != found["elsewhere"]["drawn"]


@pytest.mark.parametrize("exercise", [XAVIER, HE], ids=lambda e: e.id)
def test_the_reference_spreads_as_the_exercise_says(exercise):
    sizes = dict(fan_in=300, fan_out=200)
    w = getattr(init, exercise.id)(**sizes, rng=np.random.default_rng(0))
    assert w.var() == pytest.approx(exercise.variance(**sizes), rel=0.03)


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_zeros_and_constants_earn_nothing(fill):
    for exercise in (XAVIER, HE):
        assert marked(exercise, lambda fan_in, fan_out, rng: np.full((fan_in, fan_out), fill)).points == 0


def test_it_is_marked_in_the_box(walls):
    source = "import numpy as np\n\n\ndef he_init(fan_in, fan_out, rng):\n    return {}"
    right = "rng.uniform(-1, 1, size=(fan_in, fan_out)) * np.sqrt(6 / fan_in)"
    assert judge.mark_source("he_init", source.format(right)).points == 2
    verdict = judge.mark_source("he_init", source.format(right.replace("6", "2")))
    assert verdict.points == 0 and verdict.causes == ["takes_deviation_for_limit"]


def test_no_generator_crosses():
    (way,) = KIND.ways(HE)
    for draw in examiner.draws(HE, examiner.public_seed, for_marks=True):
        assert all(isinstance(value, int) for value in way.question(draw)["inputs"].values())
