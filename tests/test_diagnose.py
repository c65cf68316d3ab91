"""From a wrong array to the name of the mistake: paths, edits, place, stages; and never a wrong name."""

import copy
import dataclasses
import inspect
import re

import numpy as np
import pytest

from autograder import diagnose as package
from autograder import examiner, judge
from autograder.diagnose import Here, attempt, dictionary, edits, search
from autograder.diagnose.picture import picture
from autograder.diagnose.place import place
from autograder.diagnose.sums import Sums
from autograder.diagnose.terms import TERMS
from autograder.exercise import source
from autograder.kinds import KINDS
from autograder.lesson import find_exercise, lessons
from autograder.verdict import Verdict
from backprop import activations, losses, norm, optim, residual
from tests import layers

AFFINE, RELU, SOFTMAX, SVM, NETWORK, STAGES = map(
    find_exercise,
    ("affine_backward", "relu_backward", "softmax_loss", "svm_loss", "two_layer_loss", "every_gradient"),
)
COMPUTED = [e for lesson in lessons() for e in lesson.exercises if e.kind in dictionary.COMPUTED]
SEED = examiner.secret_seed(b"diagnosis")


def found(exercise, function, name=None, seed=SEED):
    """What is found out about a function that stands for the one the exercise is named after."""
    right = {each: getattr(exercise.reference, each) for each in exercise.writes}
    venue = Here(right | {name or exercise.id: function})
    seen = examiner.examine(exercise, venue, examiner.draws(exercise, seed, for_marks=False))
    seen = examiner.ask_again(exercise, venue, seen, seed)
    answers = {each: [*some, *seen.again.get(each, [])] for each, some in seen.answers.items()}
    assert seen.complaints, "nothing is wrong with it"
    return package.diagnose(exercise, answers, seen.complaints)


# ----- paths -----


def layernorm(direct=1, mean=1, variance=1):
    def layernorm_backward(dout, cache):
        xhat, sigma, gamma = cache
        d = dout * gamma / sigma
        dx = (
            direct * d - mean * d.mean(axis=1, keepdims=True) - variance * xhat * (d * xhat).mean(axis=1, keepdims=True)
        )
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)

    return layernorm_backward


def batchnorm(dout, cache):
    xhat, sigma, gamma, _ = cache
    d = dout * gamma / sigma
    return d - d.sum(axis=0) - xhat * (d * xhat).mean(axis=0), (dout * xhat).mean(axis=0), dout


def without_the_skip(dout, cache):
    dx, *others = residual.residual_backward(dout, cache)
    return dx - dout, *others


def halves_a_block(dout, cache):
    return [gradient / 2 for gradient in residual.residual_backward(dout, cache)]


def onehot(x, y):
    return np.eye(x.shape[1])[y]


@pytest.mark.parametrize(
    "exercise, function, says",
    [
        (layers.LAYERNORM, layernorm(mean=0), "Your `dx` is the true one, but what comes through the mean is missing."),
        (layers.LAYERNORM, layernorm(variance=-1), "what comes through the variance has the opposite sign"),
        (layers.LAYERNORM, layernorm(2, 2, 2), "Your `dx` is the true one doubled."),
        (
            layers.LAYERNORM,
            layernorm(mean=2, variance=0),
            "the mean counts twice; what comes through the variance is m",
        ),
        (layers.BATCHNORM, batchnorm, "what comes through the mean is times the number of examples"),
        (layers.BATCHNORM, batchnorm, "Your `dgamma` is the true one divided by the number of examples."),
        (layers.BATCHNORM, batchnorm, "Your `dbeta` is the true one not yet summed over the examples."),
        (layers.RESIDUAL, without_the_skip, "Your `dx` is the true one, but what comes around the branch is missing."),
        (layers.RESIDUAL, halves_a_block, "Your `dx`, `dw1`, `db1`, `dw2` and `db2` are each the true one halved."),
        (layers.SILU, lambda dout, c: dout * c[1], "what comes through the sigmoid is missing"),
        (
            SOFTMAX,
            lambda x, y: (losses.softmax_loss(x, y)[0], 2 * losses.softmax(x) / len(x) - onehot(x, y) / len(x)),
            "what comes from the probabilities counts twice",
        ),
        (
            SOFTMAX,
            lambda x, y: (losses.softmax_loss(x, y)[0], losses.softmax(x) / len(x) + onehot(x, y)),
            "from the right class is times the number of examples, with the opposite sign",
        ),
        (AFFINE, lambda dout, c: [3.5 * each for each in AFFINE.reference.affine_backward(dout, c)], "one times 3.5"),
    ],
)
def test_a_sum_of_paths_is_read(exercise, function, says):
    finding = found(exercise, function)
    assert says in finding.text and {cause.name for cause in finding.causes} == {"paths"}
    assert not finding.place and "reproduces your numbers on" in finding.evidence


@pytest.mark.parametrize("exercise", [*COMPUTED, layers.BATCHNORM, layers.LAYERNORM, layers.RESIDUAL, layers.AFFINE, layers.SILU],
                         ids=lambda e: e.id)  # fmt: skip
def test_terms_add_up_to_the_value(exercise):
    several = set()
    for draw in examiner.draws(exercise, SEED, for_marks=False):
        for name in exercise.points:
            paths = Sums(exercise).paths(name, draw)
            single = draw.expected[name].dtype == np.float32
            near = dict(rtol=1e-6, atol=1e-6) if single else dict(rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(sum(paths.values()), draw.expected[name], **near)
            several |= {name} if len(paths) > 1 else set()
    known = {exercise.id} | ({exercise.id.replace("backward", "forward")} if "out" in exercise.points else set())
    assert bool(several) == bool(known & set(TERMS)), "the terms that are written down are not those of the value"


def test_terms_of_what_has_no_exercise_yet_add_up_too():
    rng = np.random.default_rng(0)
    w, dw, config = rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), {"velocity": np.ones((2, 3))}
    for name in ("sgd", "sgd_momentum"):
        right, _ = getattr(optim, name)(w, dw, dict(config))
        np.testing.assert_allclose(sum(TERMS[name](w, dw, config)["next_w"].values()), right)
    x, y = rng.normal(size=(4, 3)), rng.random((4, 3))
    np.testing.assert_allclose(sum(TERMS["bce_loss"](x, y)["dx"].values()), losses.bce_loss(x, y)[1])
    weights = [rng.normal(size=s) for s in [(4, 5), (5,), (5, 6), (6,), (4, 6)]]
    out, cache = residual.projection_residual_forward(rng.normal(size=(3, 4)), *weights)
    dx = residual.projection_residual_backward(out, cache)[0]
    np.testing.assert_allclose(sum(TERMS["projection_residual_backward"](out, cache)["dx"].values()), dx)
    out, cache = residual.scaled_residual_forward(rng.normal(size=(3, 6)), rng.normal(size=(6, 5)), *weights[1:4], 0.3)
    dx = residual.scaled_residual_backward(out, cache)[0]
    np.testing.assert_allclose(sum(TERMS["scaled_residual_backward"](out, cache)["dx"].values()), dx)


def test_a_layer_that_nobody_has_seen_is_read_too():
    """By its three shapes that are not square; of two, nothing is read."""
    stranger = find_exercise("stranger_04_backward")

    def descends(dout, cache):
        return tuple(-gradient for gradient in getattr(stranger.reference, stranger.id)(dout, cache))

    assert found(stranger, descends).text.endswith("are each the true one with the opposite sign.")
    fewer = dataclasses.replace(stranger, cases=[case for case in stranger.cases if case.name != "two_rows"])
    assert found(fewer, descends).text is None


# ----- edits -----


def normalises(axis=1, eps=True, outside=False, ddof=0):
    def layernorm_forward(x, gamma, beta, ln_param):
        var, e = x.var(axis=axis, keepdims=True, ddof=ddof), ln_param["eps"] if eps else 0
        sigma = np.sqrt(var) + e if outside else np.sqrt(var + e)
        xhat = (x - x.mean(axis=axis, keepdims=True)) / sigma
        return gamma * xhat + beta, (xhat, sigma, gamma)

    return layernorm_forward


def by_what_ran(x, gamma, beta, bn_param):
    xhat = (x - bn_param["running_mean"]) / np.sqrt(bn_param["running_var"] + bn_param["eps"])
    return gamma * xhat + beta, (xhat, np.ones_like(x), gamma, "train")


def drops(keep):
    def dropout_forward(x, dropout_param):
        mask = keep(np.random.default_rng(dropout_param["seed"]).random(x.shape), dropout_param["p"])
        return x * mask, (dropout_param, mask)

    return dropout_forward


@pytest.mark.parametrize(
    "exercise, name, function, says",
    [
        (layers.LAYERNORM, "layernorm_forward", normalises(eps=False), "`eps` is missing from a sum"),
        (layers.LAYERNORM, "layernorm_forward", normalises(axis=0), "every sum and mean runs along the other axis"),
        (layers.LAYERNORM, "layernorm_forward", normalises(outside=True), "`eps` is added outside the root"),
        (
            layers.LAYERNORM,
            "layernorm_forward",
            normalises(ddof=1),
            "one less than there are numbers (`N - 1` for `N`)",
        ),
        (layers.BATCHNORM, "batchnorm_forward", by_what_ran, "a comparison of `mode` the other way round"),
        (
            layers.DROPOUT,
            "dropout_forward",
            drops(lambda r, p: (r < 1 - p) / (1 - p)),
            "taken for the probability of dr",
        ),
        (layers.DROPOUT, "dropout_forward", drops(lambda r, p: r < p), "the true one times `p`"),
        (layers.DROPOUT, "dropout_forward", drops(lambda r, p: (r > p) / p), "a comparison the other way round"),
        (layers.AFFINE, "affine_forward", lambda x, w, b: (x @ w, (x, w, b)), "what comes from the bias is missing"),
    ],
)
def test_a_slip_on_the_way_forward_is_named(exercise, name, function, says):
    finding = found(exercise, function, name)
    assert says in finding.text and finding.causes[0].values == ("out",)


def last_row(dout, cache):
    x, w, b = cache
    dw = np.zeros_like(w)
    for n in range(len(x)):
        dw = np.outer(x[n].ravel(), dout[n])
    return (dout @ w.T).reshape(x.shape), dw, dout.sum(axis=0)


def wrong_margin(x, y):
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 2)
    margins[rows, y] = 0
    dx = (margins > 0) * 1.0
    dx[rows, y] -= dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)


@pytest.mark.parametrize(
    "exercise, function, values, says",
    [
        (AFFINE, last_row, ("dw",), "only the last term of a sum is left"),
        (SVM, wrong_margin, ("loss", "dx"), "2 where 1 belongs"),
        (RELU, lambda dout, x: dout / np.where(x > 0, x, np.inf), None, None),
    ],
)
def test_a_slip_on_the_way_back_is_named(exercise, function, values, says):
    finding = found(exercise, function)
    if says is None:
        assert finding.text is None and "`dx` is off wherever `x` is positive" in finding.place
    else:
        assert says in finding.text and finding.causes[0].values == values
        assert finding.causes[0].name.startswith("edit: ")


def test_float32_is_named_as_float64_is():
    finding = found(SVM, lambda x, y: tuple(np.float32(each) for each in wrong_margin(x, y)))
    assert "2 where 1 belongs" in finding.text
    finding = found(layers.LAYERNORM, lambda *a: [each.astype(np.float32) for each in layernorm(variance=0)(*a)])
    assert "through the variance is missing" in finding.text


@pytest.mark.parametrize("exercise", COMPUTED, ids=lambda e: e.id)
def test_an_entry_says_half_a_sentence_and_not_the_line(exercise):
    assert len(dictionary.entries(exercise)) > 5
    text = " ".join(source(getattr(exercise.reference, exercise.id)).split())
    for entry in dictionary.entries(exercise):
        assert entry.kind in (*dictionary.FIRST, edits.SWAP)
        assert re.fullmatch(r"([^.]|(?<=\d)\.(?=\d)){8,150}", entry.says) and "  " not in entry.says
        for code in re.findall("`([^`]+)`", entry.says):
            assert re.fullmatch(r"\w+|\+?=|axis=.|N - 1", code) or len(code) <= 12 and code not in text, code


def test_edits_change_one_thing_and_leave_the_source_alone():
    text = "def f(x, w):\n    '''x'''\n    y = 2 * x.sum(axis=0)\n    y += w.T\n    return -y\n"
    changed = [edit.text for edit in edits.of(text, texts=True)]
    whole = "def f(x, w):\n    y = 2 * x.sum(axis=0)\n    y += w.T\n    return -y"
    assert whole not in changed and len(changed) == len(set(changed))
    for line in ("y = w.T", "y -= w.T", "y += w\n", "axis=1", "x.mean(", "3 * x", "return y", "y = x.sum", "return -w"):
        assert any(line in each for each in changed), line
    assert len(list(edits.of(text, across_styles=True))) == len(changed) + 1


@pytest.mark.parametrize("exercise", [e for e in COMPUTED if e.derivations], ids=lambda e: e.id)
def test_derivations_are_right(exercise):
    for function in exercise.derivations:
        venue = Here({name: getattr(exercise.reference, name) for name in exercise.writes} | {exercise.id: function})
        assert not examiner.examine(exercise, venue, examiner.draws(exercise, SEED, for_marks=True)).complaints


def test_entries_are_made_once_and_anew_where_the_sources_change(monkeypatch):
    first = dictionary.entries(SOFTMAX)
    assert dictionary.entries(SOFTMAX) is first
    monkeypatch.setattr(SOFTMAX, "derivations", [])
    assert len(dictionary.entries(SOFTMAX)) < len(first)
    assert dictionary.entries(find_exercise("name_the_bug")) == []


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The files of dictionaries, in a home where there is none yet, in a process that knows none."""
    monkeypatch.setenv("BACKPROP_HOME", str(tmp_path))
    monkeypatch.setattr(dictionary, "_made", {})
    return lambda: sorted((tmp_path / "dictionary").glob("*"))


def asked(monkeypatch):
    """The entries that a new process gets, and whether it had to make them."""
    made, distinct = [], dictionary._distinct
    with monkeypatch.context() as patch:
        patch.setattr(dictionary, "_made", {})
        patch.setattr(dictionary, "_distinct", lambda *given: made.append(1) or distinct(*given))
        return dictionary.entries(SOFTMAX), bool(made)


def test_a_dictionary_is_kept_on_disk_and_is_the_same(kept, monkeypatch):
    first, made = asked(monkeypatch)
    assert made and len(kept()) == 1
    again, made = asked(monkeypatch)
    assert not made and len(again) == len(first) > 50
    draw = examiner.draws(SOFTMAX, SEED, for_marks=False)[0]
    for one, other in zip(first, again):
        assert (one.name, one.kind, one.says, one.stands_for) == (other.name, other.kind, other.says, other.stands_for)
        assert one.function.__code__ == other.function.__code__ and one.function is not other.function
    values = [each.function(*copy.deepcopy(list(draw.inputs.values())))[1] for each in (first[0], again[0])]
    np.testing.assert_array_equal(*values)


def test_a_dictionary_that_was_spoiled_is_asked(kept, monkeypatch):
    asked(monkeypatch)
    (file,) = kept()
    for spoiled in (b"", file.read_bytes()[:-1], b"\0" * 32 + file.read_bytes()[32:], b"nonsense" * 100):
        file.write_bytes(spoiled)
        assert asked(monkeypatch)[1] and not asked(monkeypatch)[1]


def test_a_dictionary_goes_with_its_sources(kept, monkeypatch):
    asked(monkeypatch)
    (file,) = kept()
    monkeypatch.setattr(SOFTMAX, "derivations", SOFTMAX.derivations[1:])
    assert asked(monkeypatch)[1]
    (other,) = kept()
    assert other != file


def test_where_nothing_can_be_kept_it_is_made_all_the_same(kept, tmp_path, monkeypatch):
    (tmp_path / "dictionary").write_text("a file where the folder should be")
    assert len(asked(monkeypatch)[0]) > 50 and asked(monkeypatch)[1]


# ----- never a wrong name -----


@pytest.mark.parametrize("exercise", COMPUTED, ids=lambda e: e.id)
def test_noise_has_a_place_and_no_name(exercise):
    rng = np.random.default_rng(0)

    def noisy(*arguments):
        def shaken(value):
            if isinstance(value, dict):
                return {key: shaken(each) for key, each in value.items()}
            if isinstance(value, tuple):  # a cache
                return value
            return value + rng.normal(size=np.shape(value))

        returned = getattr(exercise.reference, exercise.id)(*arguments)
        for table in arguments if exercise.updates else ():
            if isinstance(table, dict):
                table.update({name: shaken(table[name]) for name in exercise.points if name in table})
        return tuple(map(shaken, returned)) if isinstance(returned, tuple) else shaken(returned)

    finding = found(exercise, noisy)
    assert finding.text is None and finding.place.count("is off in every entry") >= len(exercise.points) - 1


def rarely_wrong(x, y):
    """It equals a mistake of the catalogue wherever no label is the number of examples."""
    loss, dx = losses.svm_loss(x, y)
    return loss + 1 - (y == len(x)).mean(), dx


def test_what_agrees_with_a_mistake_on_most_draws_alone_does_not_get_its_name():
    seeds = [examiner.secret_seed(bytes([number])) for number in range(5)]
    assert not any(found(SVM, rarely_wrong, seed=seed).text for seed in seeds)


def test_one_shape_is_not_enough(monkeypatch):
    """Where N is always D, the number of examples and that of features are not told apart, so nothing is named."""
    monkeypatch.setattr(layers.SILU, "cases", [case for case in layers.SILU.cases if case.name == "of_6_by_6"])
    assert found(layers.SILU, lambda dout, c: activations.silu_backward(dout, c) * 6).text is None


@pytest.mark.parametrize("value", [None, "what", [[1.0], [1.0, 2.0]], np.nan, np.array(1j), {"a": 1}, np.zeros((0, 3))])
def test_whatever_is_returned_nothing_breaks(value):
    for exercise in (AFFINE, SOFTMAX, STAGES):
        many = tuple(exercise.points)
        returned = dict.fromkeys(many, value) if exercise.kind == "stages" else (value,) * len(many)
        finding = found(exercise, lambda *arguments: returned)
        assert finding.text is None or "reproduces" in finding.evidence


def test_a_diagnosis_never_changes_a_mark(monkeypatch):
    def points():
        return [
            judge.mark(exercise.id, attempt(exercise, mistake), secret=b"mark").to_json()
            for exercise in (AFFINE, SOFTMAX, NETWORK)
            for mistake in exercise.mistakes[:3]
        ]

    before = points()

    def breaks_down(*arguments):
        raise RuntimeError("out of order")

    for home, name in ((judge, "diagnose"), (examiner, "more_draws")):
        monkeypatch.setattr(home, name, breaks_down if name == "diagnose" else lambda *arguments: [])
    monkeypatch.setattr(examiner.stages, "of_calls", breaks_down)
    after = points()
    said = {"diagnosis", "causes", "evidence", "place", "stages"}
    assert [{k: v for k, v in each.items() if k not in said} for each in after] == [
        {k: v for k, v in each.items() if k not in said} for each in before
    ]
    assert all(each["diagnosis"] for each in before) and not any(each["diagnosis"] for each in after)


def test_the_same_numbers_are_thought_about_once(monkeypatch):
    calls = []
    monkeypatch.setattr(package, "causes", lambda *a: calls.append(1) or search.causes(*a))
    monkeypatch.setattr(package, "_known", {})
    first, second = (found(AFFINE, function) for function in (last_row, lambda dout, cache: last_row(dout, cache)))
    assert first is second and calls == [1]
    found(AFFINE, lambda dout, cache: [2 * each for each in last_row(dout, cache)])
    assert calls == [1, 1]


# ----- place -----


def relu_leaks(dout, cache):
    return np.where(cache > 0, dout, 0.3)


def forgets_the_last_row(dout, cache):
    dx, dw, db = AFFINE.reference.affine_backward(dout, cache)
    dx[-1] += 0.5
    return dx, dw, db


def right_class_off(x, y):
    loss, dx = losses.softmax_loss(x, y)
    dx[np.arange(len(x)), y] += 0.01 * np.arange(1, len(x) + 1)
    return loss, dx


def only_images(dout, cache):
    dx, dw, db = AFFINE.reference.affine_backward(dout, cache)
    return dx + (0.1 + 0.1 * np.sin(dx)) * (dx.ndim > 2), dw, db


@pytest.mark.parametrize(
    "exercise, function, says",
    [
        (RELU, relu_leaks, "`dx` is off wherever `x` is negative, and nowhere else, by"),
        (RELU, relu_leaks, ": 0.3 where 0 is right"),
        (AFFINE, forgets_the_last_row, "`dx` is off wherever the row is the last one, and nowhere else"),
        (SOFTMAX, right_class_off, "`dx` is off wherever the class is the right one, and nowhere else"),
        (AFFINE, only_images, "It is wrong on the case “images” alone."),
    ],
)
def test_where_no_name_is_known_the_place_is_said(exercise, function, says):
    finding = found(exercise, function)
    assert finding.text is None and says in finding.place


def test_rounding_that_is_too_coarse_is_told_as_such():
    finding = found(AFFINE, lambda *a: [np.round(each, 4) for each in AFFINE.reference.affine_backward(*a)])
    assert "by a rounding that is too coarse" in finding.place


# ----- a picture -----


def test_a_picture_shows_what_is_off_and_says_it():
    drawn = examiner.draws(AFFINE, SEED, for_marks=False)
    answers = KINDS["pair"].answers(AFFINE, Here({"affine_backward": forgets_the_last_row}), *_first(AFFINE, drawn))
    svg = picture({"dx": answers}, ["dx"])
    rows, columns = drawn[0].expected["dx"].shape
    assert svg.count("<rect") == rows * columns and svg.count("#d55e00") == columns
    assert (
        f"{columns} of {rows * columns} entries of dx ({rows} by {columns}) are off. row {rows - 1}: all columns."
        in svg
    )
    assert svg.count("<title>") == 1 and 'role="img"' in svg and "<script" not in svg
    assert picture({"db": answers}, ["db"]) == "" and "is off" in place("dx", answers)


def _first(exercise, drawn):
    return KINDS[exercise.kind].ways(exercise)[0], drawn


def test_an_answer_in_a_notebook_folds_its_picture():
    verdict = Verdict("f", 0, 2, {"dx": False}, place="`dx` is off <b>", causes=["paths"], evidence="e", diagnosis="d")
    html = verdict.html(picture="<svg></svg>")
    assert html.index("Where?") < html.index("<code>dx</code> is off &lt;b&gt;") < html.index("<svg></svg>")
    assert "Where? `dx` is off" in verdict.text() and "(e)" in verdict.text()


# ----- stage by stage -----


def composite(**changes):
    """Somebody's network, with parts of their own of which some are wrong."""
    text = """
def affine_backward(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)

def relu_backward(dout, cache):
    return dout * (cache > 0)

def two_layer_loss(x, y, params):
    out, first = affine_forward(x, params["w1"], params["b1"])
    hidden, middle = relu_forward(out)
    scores, last = affine_forward(hidden, params["w2"], params["b2"])
    loss, dscores = softmax_loss(scores, y)
    dhidden, dw2, db2 = affine_backward(dscores, last)
    dout = relu_backward(dhidden, middle)
    dx, dw1, db1 = affine_backward(dout, first)
    return loss, {"w1": dw1, "b1": -db1, "w2": dw2, "b2": db2}
"""
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    names = {name: vars(inspect.getmodule(activations.relu_forward))[name] for name in ("relu_forward",)}
    names |= {"affine_forward": AFFINE.reference.affine_forward, "softmax_loss": losses.softmax_loss, "np": np}
    exec(text, names)
    return names


def staged(names):
    seen = examiner.examine(NETWORK, Here(names), examiner.draws(NETWORK, SEED, for_marks=False))
    before = dict(names)
    seen = examiner.ask_again(NETWORK, Here(names), seen, SEED)
    assert names == before, "what was noted is still noting"
    return {stage.name: (stage.status, stage.note) for stage in seen.stages}


def test_a_wrong_part_of_a_composite_is_the_first_stage_that_is_off():
    stages = staged(composite(part=("cache > 0", "dout > 0")))
    assert stages["dhidden"] == ("exact", "")
    assert stages["dout"][0] == "wrong" and "your `relu_backward` returns something else" in stages["dout"][1]
    assert stages["dw1"] == stages["db1"] == ("follows", "a consequence")


def test_a_part_that_got_the_wrong_thing_is_not_blamed():
    stages = staged(composite(wire=("relu_backward(dhidden, middle)", "relu_backward(dhidden, -middle)")))
    assert stages["dout"][0] == "wrong" and "what goes into it is not what belongs there" in stages["dout"][1]
    assert stages["dw1"][0] == "follows"


def test_a_call_that_is_missing_or_breaks_down_is_told():
    stages = staged(composite(wire=("relu_backward(dhidden, middle)", "dhidden")))
    assert stages["dout"] == ("missing", "the first that is off; `relu_backward` is not called for it")
    stages = staged(composite(wire=("affine_backward(dscores, last)", "affine_backward(loss, last)")))
    assert stages["dhidden"] == ("missing", "the first that is off; `affine_backward` breaks down on what it is given")
    assert stages["dscores"] == ("exact", "") and stages["dw1"] == ("missing", "not there")


def test_values_that_are_close_are_told_apart_from_wrong_ones():
    def every_gradient(x, y, params):
        values = STAGES.reference.every_gradient(x, y, params)
        return values | {"db2": values["db2"] * 1.0001, "dw1": values["dw1"] * 2}

    verdict = judge.mark("every_gradient", {"every_gradient": every_gradient}, secret=b"s")
    stages = {name: (status, note) for name, status, note in verdict.stages}
    assert stages["db2"] == ("close", "the first that is off") and stages["dw1"] == ("wrong", "")
    assert stages["dx"] == ("exact", "") and "`db2` ≈" in verdict.text() and "Stage by stage" in verdict.html()


def test_stages_are_noted_in_the_box_too():
    text = inspect.cleandoc("""
        from backprop.activations import relu_forward
        from backprop.layers import affine_forward

        def two_layer_loss(x, y, params):
            out, first = affine_forward(x, params["w1"], params["b1"])
            hidden, middle = relu_forward(out)
            scores, last = affine_forward(hidden, params["w2"], -params["b2"])
            return 0.0, params
    """)
    verdict = judge.mark_source("two_layer_loss", text, secret=b"s")
    stages = {name: status for name, status, _ in verdict.stages}
    assert verdict.points == 0 and stages["hidden"] == "exact" and stages["scores"] == "wrong"
    assert stages["dscores"] == "missing"


def test_dropout_repeats_itself():
    """What is random in a case must be random in the same way for a suspect."""
    case = layers.DROPOUT.cases[0].make(np.random.default_rng(0))
    assert np.array_equal(norm.dropout_forward(**case)[0], norm.dropout_forward(**case)[0])
