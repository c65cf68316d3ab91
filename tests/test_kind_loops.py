"""Kinds in which something goes on and on: steps of an optimiser, a loop that trains, examples dealt into batches."""

import inspect

import numpy as np
import pytest

from autograder import examiner, judge, probes
from autograder.box import values
from autograder.diagnose import Here
from autograder.kinds import KINDS
from autograder.lesson import find_exercise, lessons
from backprop import optim

SGD, MOMENTUM, ADAM, TRAIN, BATCHES = map(find_exercise, ("sgd", "sgd_momentum", "adam", "train", "minibatches"))
IMPORTS = "import random\n\nimport numpy as np\n\n\n"


def marked(exercise, function):
    return judge.mark(exercise.id, {exercise.id: function}, secret=b"loops")


@pytest.fixture
def boxed(walls):
    return lambda exercise, source: judge.mark_source(exercise.id, IMPORTS + source, secret=b"loops")


@pytest.mark.parametrize("exercise", [SGD, MOMENTUM, ADAM, TRAIN, BATCHES], ids=lambda e: e.id)
def test_only_names_numbers_and_seeds_cross(exercise):
    (way, *_) = KINDS[exercise.kind].ways(exercise)
    for draw in examiner.draws(exercise, examiner.public_seed, for_marks=True):
        tree, blobs = values.pack(way.question(draw))
        assert "opaque" not in str(tree)
        assert list(values.unpack(tree, blobs)["inputs"]) == list(draw.inputs)


# ----- optimisers -----


def in_place(w, dw, config):
    v = config.setdefault("velocity", np.zeros_like(w))
    v *= config.get("momentum", 0.9)
    v -= config.get("learning_rate", 1e-2) * dw
    w += v
    return w, config


def as_lists(w, dw, config):
    w, config = optim.sgd_momentum(w, dw, config)
    return [w, dict(config)]


def for_an_assignment(w, dw, config=None):
    """As written for an assignment of Stanford CS231n."""
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    next_w = w + v
    config["velocity"] = v
    return next_w, config


def entry_by_entry(w, dw, config):
    v, next_w = np.array(config.get("velocity", np.zeros(w.shape)), float), np.array(w, float)
    for i in np.ndindex(w.shape):
        v[i] = config.get("momentum", 0.9) * v[i] - config.get("learning_rate", 1e-2) * dw[i]
        next_w[i] += v[i]
    return next_w, {**config, "velocity": v, "my own": object()}


@pytest.mark.parametrize("function", [in_place, as_lists, for_an_assignment, entry_by_entry])
def test_every_right_momentum_is_right(function):
    verdict = marked(MOMENTUM, function)
    assert verdict.points == verdict.max_points and not verdict.remarks


def test_each_step_is_given_what_the_one_before_returned():
    seen = []

    def told(w, dw, config):
        seen.append((w.copy(), dict(config)))
        w += dw
        return w, {"step": len(seen)}

    inputs = {"w": np.zeros(2), "dws": [np.ones(2), 2 * np.ones(2)], "config": {"learning_rate": 1.0}}
    steps = probes.optimiser({"told": told}, "told", inputs)["steps"]
    np.testing.assert_array_equal(steps, [[1, 1], [3, 3]])  # as they were, though `w` was written into
    assert seen[1][1] == {"step": 1} and seen[1][0].tolist() == [1, 1]


def forgets(w, dw, config):
    v = config.get("velocity", np.zeros_like(w))
    return w + config.get("momentum", 0.9) * v - config.get("learning_rate", 1e-2) * dw, config


def test_what_is_forgotten_shows_at_the_second_step():
    verdict = marked(MOMENTUM, forgets)
    assert verdict.names == {"step1": True, "step2": False, "step3": False} and verdict.points == 1
    assert "lost when the function returns" in verdict.diagnosis


@pytest.mark.parametrize(
    "function, says",
    [
        (lambda w, dw, config: None, "return next_w and config, in this order; yours returned None"),
        (lambda w, dw, config: w - dw, "return next_w and config, in this order; yours returned one value"),
        (lambda w, dw, config: (w - dw, None), "your second value is no dictionary, but None"),
        (lambda w, dw, config: (w - dw, w), "your second value is no dictionary, but one value"),
        (lambda w, dw, config: (w - dw, config, 1), "yours returned 3 values"),
        (lambda w, dw, config: (None, config), "step1 is a array of objects"),
        (lambda w, dw, config: ("w", config), "step1 is a array of str"),
        (lambda w, dw, config: (w[:1], config), "step1 has shape (1, 4); expected (3, 4)"),
        (lambda w, dw, config: (w / 0, config), "step1[0, 0] is"),
        (lambda w, dw: w, "takes 2 positional arguments but 3 were given"),
        (lambda w, dw, config: (w - config["rate"] * dw, config), "KeyError: 'rate'"),
    ],
)
def test_what_is_no_step_gets_a_plain_sentence(function, says):
    with np.errstate(all="ignore"):
        verdict = marked(SGD, function)
    assert verdict.points == 0 and says in verdict.complaints[0]


def test_a_pair_of_rows_is_not_taken_for_a_pair_of_values():
    """Where `w` has two rows, it could be unpacked like two values."""
    for shape in ((2, 3), (2,)):
        inputs = {"w": np.ones(shape), "dws": [np.ones(shape)], "config": {}}
        reply = probes.optimiser({"f": lambda w, dw, config: w - dw}, "f", inputs)
        assert "steps" not in reply


def test_steps_are_judged_in_the_box(boxed):
    assert boxed(MOMENTUM, inspect.getsource(in_place).replace("in_place", "sgd_momentum")).points == 3
    assert boxed(MOMENTUM, inspect.getsource(forgets).replace("forgets", "sgd_momentum")).points == 1
    assert boxed(ADAM, "from backprop.optim import adam").points == 0
    assert (
        boxed(
            ADAM, "from autograder import mine\n\ndef adam(w, dw, config):\n    return mine.adam(w, dw, config)"
        ).points
        == 0
    )


def test_a_composite_optimiser_is_judged_with_a_right_part_too(boxed):
    adamw = """
def adamw(w, dw, config):
    moved, config = adam(w, dw, config)
    return moved - config.get("learning_rate", 1e-3) * config.get("weight_decay", 1e-2) * w, config
"""
    wrong = "def adam(w, dw, config):\n    return w - dw, config\n\n"
    exercise = find_exercise("adamw")
    assert boxed(exercise, wrong + adamw).points == exercise.max_points
    assert boxed(exercise, wrong + adamw.replace(" * w, config", ", config")).points == 0


# ----- training -----


def by_items(params, loss, batches, update, config):
    losses, own = [], {}
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses += [np.array(value)]
        moved = {}
        for name, w in params.items():
            moved[name], own[name] = update(w, grads[name], own.get(name, dict(config)))
        params = moved
    return params, losses


@pytest.mark.parametrize("function", [by_items, lambda *a: tuple(optim.train(*a)), lambda *a: list(by_items(*a))])
def test_every_right_loop_is_right(function):
    assert marked(TRAIN, function).points == TRAIN.max_points


def changed(how):
    return lambda *arguments: how(*optim.train(*arguments))


@pytest.mark.parametrize(
    "function, points, says",
    [
        (lambda *a: None, 0, "return params and losses, in this order; yours returned None"),
        (changed(lambda params, losses: params), 0, "yours returned a dictionary with w, b"),
        (changed(lambda params, losses: (losses, params)), 0, "params is a dictionary of arrays; your first value is 3 values"),
        (changed(lambda params, losses: ({"w": params["w"]} if "w" in params else {}, losses)), 2, "params: in yours is no b"),
        (changed(lambda params, losses: (params | {"c": 1}, losses)), 2, "params: in yours is 'c', and no parameter is called so"),
        (changed(lambda params, losses: ({n: w.T for n, w in params.items()}, losses)), 2, "params: your w has shape (2, 3); it had (3, 2)"),
        (changed(lambda params, losses: ({n: None for n in params}, losses)), 2, "params: your w is no array of numbers"),
        (changed(lambda params, losses: ({n: w.astype(str) for n, w in params.items()}, losses)), 2, "params: your w is no array of numbers"),
        (changed(lambda params, losses: ({n: [[1], [1, 2]] for n in params}, losses)), 2, "params: your w is no array of numbers"),
        (changed(lambda params, losses: (params, losses[:-1])), 4, "losses has shape (2,); expected (3,)"),
        (changed(lambda params, losses: (params, losses[::-1])), 4, "losses: the loss of batch 1, before its step, is"),
        (changed(lambda params, losses: ({n: w + 1e-5 for n, w in params.items()}, losses)), 2, "params: after 3 steps b[0] is"),
        (changed(lambda params, losses: ({n: w * np.nan for n, w in params.items()}, losses)), 2, "params[0] is nan"),
    ],
)  # fmt: skip
def test_what_a_loop_returns_is_told_apart(function, points, says):
    verdict = marked(TRAIN, function)
    assert verdict.points == points
    assert any(says in complaint for complaint in verdict.complaints)


def test_every_loss_and_update_of_the_tables_is_asked_for():
    lines = inspect.getsource(probes.training).splitlines()
    tables = [line.split("{")[1].split("}")[0] for line in lines if line.strip().startswith(("losses =", "updates ="))]
    known = [{pair.split('"')[1] for pair in table.split(",")} for table in tables]
    loops = [e for lesson in lessons() for e in lesson.exercises if e.kind == "training"]
    drawn = [d.inputs for e in loops for d in examiner.draws(e, examiner.public_seed, True)]
    assert known == [{d["loss"] for d in drawn}, {d["update"] for d in drawn}]


@pytest.mark.parametrize("name", ["affine", "hidden", "curve"])
def test_the_gradients_of_the_tables_are_right(name):
    """What a student's loop is given, by complex steps in every entry."""
    draw = next(d for d in examiner.draws(TRAIN, examiner.public_seed, True) if d.inputs["loss"] == name)
    taken = {}

    def train(params, loss, batches, update, config):
        taken.update(loss=loss, batch=next(iter(batches)), params=params)
        return params, []

    probes.training({"train": train}, "train", draw.inputs)
    loss, params = taken["loss"], taken["params"]
    _, grads = loss(params, *taken["batch"])
    assert grads.keys() == params.keys()
    for key, w in params.items():
        for i in np.ndindex(w.shape):
            nudged = w.astype(complex)
            nudged[i] += 1e-30j
            assert loss(params | {key: nudged}, *taken["batch"])[0].imag / 1e-30 == pytest.approx(
                grads[key][i], rel=1e-12
            )


def test_a_loop_is_judged_in_the_box(boxed):
    right = inspect.getsource(by_items).replace("by_items", "train")
    assert boxed(TRAIN, right).points == 6
    assert boxed(TRAIN, right.replace("own.get(name, dict(config))", "dict(config)")).points == 0  # the losses follow
    assert boxed(TRAIN, "def train(*arguments):\n    return arguments[0], [0.0] * 3").points == 0


# ----- batches: whatever way to shuffle -----


def by_permutation(x, y, size, rng):
    order = rng.permutation(len(x))
    return [(x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, len(x), size)]


def by_shuffle(x, y, size, rng):
    order = np.arange(len(x))
    rng.shuffle(order)
    return [[x[part], y[part]] for part in np.split(order, range(size, len(x), size))]


def by_sorting(x, y, size, rng):
    order = np.argsort(rng.random(len(x)))
    xs, ys = x[order], y[order]
    found = []
    while len(xs):
        found.append((xs[:size], ys[:size]))
        xs, ys = xs[size:], ys[size:]
    return found


def by_choice(x, y, size, rng):
    """Batch by batch, out of what is left, each in the order of the data."""
    left = np.arange(len(x))
    while len(left):
        batch = rng.choice(left, min(size, len(left)), replace=False)
        yield x[np.sort(batch)], y[np.sort(batch)]
        left = np.setdiff1d(left, batch)


def by_lists(x, y, size, rng):
    pairs = list(zip(x, y))
    order = [int(i) for i in rng.permutation(len(pairs))]
    pairs = [pairs[i] for i in order]
    cut = [pairs[i : i + size] for i in range(0, len(pairs), size)]
    return [(np.array([a for a, _ in batch]), np.array([b for _, b in batch])) for batch in cut]


def by_copies(x, y, size, rng):
    """Two shuffles of copies with one seed, which is drawn."""
    x, y, seed = x.copy(), y.copy(), int(rng.integers(1 << 30))
    np.random.default_rng(seed).shuffle(x)
    np.random.default_rng(seed).shuffle(y)
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


WAYS = [by_permutation, by_shuffle, by_sorting, by_choice, by_lists, by_copies]


@pytest.mark.parametrize("function", WAYS)
def test_every_way_to_shuffle_is_right(function):
    for seed in range(10):
        draws = examiner.draws(BATCHES, examiner.secret_seed(bytes([seed])), for_marks=True)
        assert not examiner.examine(BATCHES, Here({"minibatches": function}), draws).complaints


def in_order(x, y, size, rng):
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


def global_chance(x, y, size, rng):
    order = np.random.permutation(len(x))
    return [(x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, len(x), size)]


def in_the_callers_arrays(x, y, size, rng):
    state = rng.bit_generator.state
    rng.shuffle(x)
    rng.bit_generator.state = state
    rng.shuffle(y)
    return in_order(x, y, size, rng)


@pytest.mark.parametrize(
    "function, says",
    [
        (lambda *a: None, "return a list of pairs (x, y); yours returned None"),
        (lambda x, y, size, rng: x, "return a list of pairs (x, y); yours returned one value"),
        (lambda x, y, size, rng: dict(x=x), "yours returned a dictionary with x"),
        (lambda x, y, size, rng: [x[:size]], "a batch is a pair (x, y); in yours is one value"),
        (lambda x, y, size, rng: [(x, y)], "23 examples in batches of 5 are 5, 5, 5, 5, 3; yours have 23"),
        (lambda x, y, size, rng: [(x[0], y[0])], "the `x` of a batch has shape (3,); `x` itself has (23, 3)"),
        (lambda x, y, size, rng: [(x[:size] + 1, y[:size])], "a row of a batch is no row of `x`"),
        (lambda x, y, size, rng: [(x[:5], y[:4])], "not as many rows of `x` as of `y`"),
        (lambda x, y, size, rng: [], "23 examples in batches of 5 are 5, 5, 5, 5, 3; yours have none"),
        (lambda x, y, size, rng: [("x", "y")], "the `x` of a batch is no array of numbers"),
        (lambda x, y, size, rng: [([[1], [1, 2]], y[:2])], "the `x` of a batch is no array of numbers"),
        (lambda x, y, size, rng: [(x[:5] * np.nan, y[:5])], "a row of a batch is no row of `x`"),
        (in_order, "the examples come in the order of the data"),
        (global_chance, "two generators with the same seed deal different batches"),
        (in_the_callers_arrays, "has changed `x`"),
    ],
)
def test_what_is_not_dealt_rightly_gets_a_plain_sentence(function, says):
    verdict = marked(BATCHES, function)
    assert verdict.points == 0 and says in verdict.complaints[0]


def test_whoever_shuffles_elsewhere_is_told_so_and_nothing_else():
    """Chance of the module itself has other numbers each time; the name is that of what was seen."""
    assert "does not come from `rng`" in marked(BATCHES, global_chance).diagnosis


def test_batches_are_judged_in_the_box(boxed):
    for way in (by_permutation, by_choice):
        assert boxed(BATCHES, inspect.getsource(way).replace(way.__name__, "minibatches")).points == 3
    assert boxed(BATCHES, inspect.getsource(in_order).replace("in_order", "minibatches")).points == 0
    endless = "def minibatches(x, y, size, rng):\n    while True:\n        yield x[:size], y[:size]"
    assert "yours have 5, 5, 5, 5, 5, 5, 5, 5, …" in boxed(BATCHES, endless).complaints[0]
