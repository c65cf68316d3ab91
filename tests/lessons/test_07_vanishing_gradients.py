"""What lesson 07 says in words, captions, hints and staged help agrees with the code beside it."""

import json
import re
import statistics

import numpy as np
import pytest

from autograder import build
from autograder.lesson import find_exercise, find_lesson
from backprop import activations, clinic, data, init, network
from backprop.network import depth_profile, mean_cosine
from tests.lessons.reading import words_of

X, Y, X_TEST, Y_TEST = clinic.centred_digits()


@pytest.fixture(scope="module")
def words():
    return words_of(find_lesson("07"))


@pytest.fixture(scope="module")
def names():
    """Of the cells that train nothing."""
    namespace = {"__name__": "lesson"}
    for cell in json.loads(build.render(find_lesson("07")))["cells"]:
        source = "".join(cell["source"])
        trains = "trained(" in source.replace("def trained(", "") or "clinic.visit" in source or "explore." in source
        if cell["cell_type"] == "code" and "check(" not in source and not trains:
            exec(source, namespace)
    return namespace


def plain(fan_in, fan_out, rng, gain=1.0):
    return gain * rng.normal(size=(fan_in, fan_out)) / np.sqrt(fan_in)


def share(depth, bend, draw, rate, seed=0):
    """The lesson's training, on the library alone."""
    net = network.MLP([64] * (depth + 1) + [10], activation=bend, init=draw, rng=seed)
    with np.errstate(all="ignore"):
        net.train(X, Y, 13, 64, config={"learning_rate": rate}, rng=seed, progress=False)
        return net.accuracy(X_TEST, Y_TEST)


def profiles(depth, bend, draw, seeds=range(10)):
    """The three instruments, averaged over starts, the norms as ratios to the last."""
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        ws = [draw(64, 64, rng) for _ in range(depth)]
        rms, norm, cosine = depth_profile(X[:100], ws, rng.normal(size=(100, 64)), bend)
        found.append([rms, norm / norm[-1], cosine])
    return np.array(found)


# ----- one layer too many -----


def test_four_sigmoid_layers_are_one_too_many(words):
    assert "96 to 98 in a hundred digits are read" in words and "One in ten: what a die with ten sides" in words
    for depth in (1, 2, 3):
        assert share(depth, "sigmoid", plain, 0.3) == pytest.approx(0.97, abs=0.015)
    for depth, rate in ((4, 0.3), (4, 0.03), (10, 0.3), (10, 0.03)):
        assert share(depth, "sigmoid", plain, rate) < 0.2
    assert "At a tenth of the rate it is no better, nor with ten layers" in words


def test_weights_undo_what_the_slope_takes(words, names):
    chain = names["chain"]
    assert chain(1, -0.5) == 0.25**10 and "That is $(1/4)^{10}$, a millionth" in words
    assert chain(4, -2) == 1 and chain(8, -4) == 2**10 and "More than a thousand. The factor is $w/4$" in words
    assert 0 < chain(8, 0) < 1e-20 and f"of the gradient only {chain(8, 0):.0e} is left".replace(
        "-", "−"
    ) in words.replace("-", "−")
    fourfold = lambda *sizes: plain(*sizes, gain=4.0)  # noqa: E731
    assert (
        share(10, "sigmoid", fourfold, 0.1) == pytest.approx(0.9, abs=0.05)
        and "About nine in ten. Nothing else" in words
    )
    assert share(10, "sigmoid", plain, 0.1) < 0.2


def test_the_factor_of_a_layer_is_as_derived(words):
    """fan_in times variance times the mean square of the slopes, on a layer that is not square, averaged over weights."""
    rng = np.random.default_rng(0)
    a, dout = rng.normal(size=(3, 20)), rng.normal(size=(3, 20))
    da = activations.tanh_backward(dout, activations.tanh_forward(a)[0])
    squares = [np.sum((da @ (0.3 * rng.normal(size=(50, 20))).T) ** 2) for _ in range(4000)]
    assert np.mean(squares) == pytest.approx(50 * 0.09 * np.sum(da**2), rel=0.02)
    h = rng.normal(size=(3, 50))
    forward = [np.mean((h @ (0.3 * rng.normal(size=(50, 20)))) ** 2) for _ in range(4000)]
    assert np.mean(forward) == pytest.approx(50 * 0.09 * np.mean(h**2), rel=0.02)


def test_sigmoids_leave_what_was_worked_out_on_paper(words, names):
    slopes = activations.sigmoid_backward(
        1.0, activations.sigmoid_forward(0.5 * np.random.default_rng(0).normal(size=10**5))[0]
    )
    assert np.sqrt(np.mean(slopes**2)) == pytest.approx(0.235, abs=0.002) and "near 0.235 all over" in words
    found = profiles(10, "sigmoid", plain)
    assert np.median(found[:, 1, 0]) == pytest.approx(0.235**10, rel=0.6)
    assert "leaves 0.235 of the norm; ten layers leave" in words and f"and four {0.235**4:.3f}" in words
    assert (np.abs(found[:, 0, 1:] - 0.5) < 0.1).all() and "They keep their size, near a half" in words
    assert (found[:, 2, 2:] > 0.98).all() and "after 2 layers the cosine between two examples is above 0.99" in words


# ----- how large a weight should be -----


def test_xavier_serves_a_tanh_and_not_a_relu(words):
    assert 2 / (300 + 100) == 1 / 200 and "the mean size is 200, and the compromise 1/200" in words
    through = profiles(10, "tanh", init.xavier_init)[:, 1, 0]
    assert (through > 0.2).all() and (through < 0.8).all() and "Not all of it: a tanh is flatter than 1" in words
    assert (
        min(share(d, "tanh", init.xavier_init, 0.01) for d in (10, 30)) > 0.9 and "More than nine in ten. Now" in words
    )
    assert share(10, "relu", init.xavier_init, 0.01) > 0.9 and share(30, "relu", init.xavier_init, 0.01) < 0.2
    assert "With ten ReLU layers it works, with thirty it does not" in words


def test_a_relu_halves_both_squares(words):
    assert "Their mean square is 2.5; of 0, 0, 1, 2 it is 1.25" in words and "which is 32,768" in words
    found = profiles(30, "relu", init.xavier_init, range(40))
    for divided in (found[:, 0, 0] / found[:, 0, -1], 1 / found[:, 1, 0]):
        assert abs(np.log2(statistics.geometric_mean(divided)) - 15) < 1
        assert np.abs(np.log2(divided) - 15).max() < 4
    assert "chance makes it up to a few times more or less" in words


def test_he_keeps_the_preactivations(words, names):
    table = np.mean([names["squares"](10, np.random.default_rng(seed)) for seed in range(100)], axis=0)
    start = 2 * np.mean(X[:20] ** 2)
    np.testing.assert_allclose(table[:, 0], start, rtol=0.15)
    np.testing.assert_allclose(table[:, 1], start / 2, rtol=0.15)
    assert f"twice the mean square of the pictures, {start:.2f}, and the right one at half of that" in words
    found = profiles(50, "relu", init.he_init)
    assert 1 / 5 < np.median(found[:, 1, 0]) < 2 and "both are as they were, up to a factor of two or so" in words
    assert share(20, "relu", init.he_init, 0.003) == pytest.approx(0.91, abs=0.015)
    assert share(20, "relu", init.xavier_init, 0.003) == pytest.approx(0.25, abs=0.05)
    assert "Xavier's weights read about one digit in four, He's read 91 in a hundred" in words
    assert "(Twenty read 91 in a hundred.)" in words


def test_draws_its_gradients_as_they_are(words):
    svg = (find_lesson("07").released.parent / "figures" / "fifty.svg").read_text().replace("−", "-")
    rng = np.random.default_rng(0)
    ws, dout = [init.he_init(64, 64, rng) for _ in range(50)], rng.normal(size=(100, 64))
    lines = re.findall(r'class="gradient line" stroke-width="3" points="(.*?)"', svg)
    for gain, points in zip((1.25, 1.0, 0.8), lines, strict=True):
        places = np.array([[float(v) for v in place.split(",")] for place in points.split()])
        norm = depth_profile(X[:100], [gain * w for w in ws], dout, "relu")[1]
        np.testing.assert_allclose(places[:, 0], 80 + 15 * np.arange(51))
        np.testing.assert_allclose((200 - places[:, 1]) / 26, np.log10(norm / norm[-1]), atol=0.01)
        number = f"{norm[0] / norm[-1]:,.0f}" if gain > 1 else f"{norm[0] / norm[-1]:.{2 if gain == 1 else 6}f}"
        assert f"at the input {number} times as long" in svg
    assert "0.8 times those of He it vanishes, with 1.25 times it explodes, with his own it arrives" in words


# ----- the inputs become one -----


def test_fifty_layers_forget_which_is_which(words, names):
    cosine = profiles(50, "relu", init.he_init)[:, 2]
    assert np.abs(cosine[:, 0]).max() < 0.02 and "begin at right angles, on average" in words
    assert (cosine[:, -1] > 0.95).all() and np.median(cosine[:, -1]) == pytest.approx(0.99, abs=0.008)
    assert "end with a cosine of 0.99" in words
    shares = [share(50, "relu", init.he_init, 0.003, seed) for seed in range(2)]
    assert all(0.15 < each < 0.75 for each in shares) and "Something between a quarter and two thirds" in words


def test_the_map_of_cosines_is_that_of_a_wide_relu_layer(words, names):
    rng = np.random.default_rng(0)
    for c in (0.0, 0.5, 0.9):
        a = rng.normal(size=200_000)
        b = c * a + np.sqrt(1 - c**2) * rng.normal(size=200_000)
        a, b = np.maximum(0, a), np.maximum(0, b)
        assert np.mean(a * b) / np.sqrt(np.mean(a**2) * np.mean(b**2)) == pytest.approx(
            names["next_cosine"](c), abs=0.01
        )
    assert names["next_cosine"](0.0) == pytest.approx(1 / np.pi) and "its mean is $1/(2\\pi)$" in words
    assert "from 0 to $1/\\pi$ = 0.32" in words and names["next_cosine"](1.0) == pytest.approx(1)
    inside = np.linspace(-0.99, 0.99, 99)
    assert (names["next_cosine"](inside) > inside).all() and "Only a cosine of 1 stays where it is" in words
    assert names["c"][50] == pytest.approx(0.988, abs=1e-3)


def test_a_tanh_keeps_them_apart_and_is_no_free_pass(words):
    assert np.abs(profiles(50, "tanh", init.xavier_init)[:, 2, [10, 50]]).max() < 0.05
    assert "Its examples stay at right angles" in words
    thirty, fifty = (share(depth, "tanh", init.xavier_init, 0.003) for depth in (30, 50))
    assert thirty == pytest.approx(0.93, abs=0.04) and fifty == pytest.approx(0.85, abs=0.08) and fifty < thirty
    assert "About nine in ten with thirty, and eight or nine with fifty" in words


def test_the_table_of_depths(words):
    """What is quick is measured as the table was, each depth at the best of five rates, median of three starts; the deepest at their
    best rate, once."""
    table = re.search(r"\| layers \|(.*?)\| \|---.*?\| right, in a hundred \|(.*?)\| How to", words)
    depths, said = ([int(v) for v in row.split("|")] for row in table.groups())
    assert depths == [5, 10, 20, 30, 50, 100] and sorted(said, reverse=True) == said
    for depth, right in zip(depths[:3], said):
        best = [max(share(depth, "relu", init.he_init, rate, s) for rate in (0.1, 0.03, 0.01, 0.003)) for s in range(3)]
        assert statistics.median(best) == pytest.approx(right / 100, abs=0.035)
    assert share(100, "relu", init.he_init, 0.001) < 0.5


# ----- a cliff -----


def test_clipping_saves_a_step_and_brings_nothing_back(words, names):
    slope = 2 * (1.3**20 - 1) * 20 * 1.3**19
    assert f"out is {1.3**20:.0f}" in words and f"about {slope:,.0f}" in words
    assert f"the next $w$ is −{0.01 * slope - 1.3:,.0f}" in words
    assert names["walk"](1.3, 1.0) == pytest.approx(1, abs=0.02) and "Near 1, where the loss is least" in words
    assert names["walk"](0.5, 1.0) == pytest.approx(0.5, abs=5e-4) and "Where they began, to three digits" in words
    assert 2 * (1.01**20 - 1) * 20 * 1.01**19 > 1 and "still above 1 close to the minimum" in words


# ----- five sick networks -----


def test_their_pictures_show_what_the_hints_say():
    seen = {}
    for name in clinic.PATIENTS:
        seen[name] = clinic.visit(name, epochs=0)
    levels = {name: [np.log10(seen[name][what][1:-1]) for what in ("rms", "gradient_norm")] for name in seen}
    for name in ("first", "third"):
        assert all(np.ptp(level) < 1 for level in levels[name]), "level"
    assert np.ptp(levels["second"][0]) > 4 and np.ptp(levels["second"][1]) > 4
    steps = np.diff(levels["second"][0]).mean()
    assert 10**steps == pytest.approx(0.28, abs=0.03) and np.diff(levels["second"][1]).mean() == pytest.approx(
        -steps, abs=0.06
    )
    assert (np.abs(seen["fourth"]["rms"][1:-1] - 0.5) < 0.06).all() and np.ptp(levels["fourth"][1]) > 5
    assert (
        np.ptp(levels["fifth"][0][1:]) < 0.1
        and 1000 < seen["fifth"]["gradient_norm"][1] / seen["fifth"]["gradient_norm"][-2] < 5000
    )
    cosine = {name: seen[name]["cosine"][-2] for name in seen}
    assert cosine["first"] > 0.98 and cosine["second"] < 0.95 and cosine["third"] < 0.95
    assert cosine["fourth"] > 0.99 and abs(cosine["fifth"]) < 0.05


@pytest.mark.parametrize(
    "patient, cure, low, high",
    [
        ("first", "clip", 0.3, 0.75), ("first", "tanh", 0.08, 0.3),
        ("second", "tanh", 0, 0.15), ("second", "clip", 0, 0.15), ("second", "five", 0, 0.15), ("second", "rate", 0, 0.15),
        ("third", "tanh", 0.1, 0.65), ("third", "five", 0, 0.2), ("third", "rate", 0, 0.15),
        ("fourth", "He", 0, 0.15), ("fourth", "clip", 0, 0.15), ("fourth", "five", 0, 0.15), ("fourth", "rate", 0, 0.15),
        ("fifth", "clip", 0, 0.2), ("fifth", "five", 0.25, 0.6), ("fifth", "rate", 0, 0.4), ("first", "rate", 0, 0.15),
    ],
)  # fmt: skip
def test_what_was_tried_came_out_as_the_hints_say(patient, cure, low, high):
    assert low <= clinic.visit(patient, cure)["accuracy"] <= high


def test_the_third_leaps(words):
    loss = np.array(clinic.visit("third")["loss"])
    assert not np.isfinite(loss).all() or loss.max() > 1.3 * loss[0]
    assert clinic.visit("third", epochs=0)["gradient_norm"].max() < 1


def test_the_letters_are_those_of_the_pictures():
    exercise = find_exercise("name_the_illness")
    key = exercise.reference.name_the_illness()
    cures = dict(f="He", g="tanh", h="clip", i="five", j="rate")
    assert {cures[key[f"{name}_cure"]] for name in clinic.PATIENTS} == {"He", "tanh", "clip", "five"}
    assert [key[name] for name in clinic.PATIENTS] == ["d", "a", "e", "c", "b"]
    assert (
        0.4 / np.sqrt(2) == pytest.approx(0.28, abs=0.005)
        and 0.28**5 == pytest.approx(0.002, abs=5e-4)
        and 0.235**5 < 1e-3
    )


# ----- help, and what is there for more -----


def test_staged_help_is_right():
    rms, norm, cosine = depth_profile(
        np.array([[3.0, 4.0], [4.0, -3.0]]), [np.array([[0.0, 2.0], [-1.0, 0.0]])], np.ones((2, 2)), "relu"
    )
    np.testing.assert_allclose(rms**2, [50 / 4, 109 / 4])
    np.testing.assert_allclose(norm, [3, 2])
    np.testing.assert_allclose(cosine, [0, 48 / (6 * np.sqrt(73))], atol=1e-12)
    assert (
        cosine[1] == pytest.approx(0.936, abs=5e-4)
        and "48/(6 · √73) = 0.936" in find_exercise("depth_profile").help[-1]
    )
    clipped = find_exercise("clip_gradients").reference.clip_gradients(
        {"w": np.array([[2.0, 4.0], [4.0, 0.0]]), "b": np.array([8.0])}, 5
    )
    assert clipped["w"].tolist() == [[1, 2], [2, 0]] and clipped["b"].tolist() == [4]
    values = network.jacobian_singular_values(np.array([1.0, -1.0]), [np.array([[3.0, 1.0], [0.0, 2.0]])], "relu")
    np.testing.assert_allclose(values, [3, 0], atol=1e-12)
    assert np.sqrt(0.02) == pytest.approx(0.141, abs=5e-4) and np.sqrt(0.06) == pytest.approx(0.245, abs=5e-4)
    assert 5 / 80 == 0.0625 == 0.25**2


def test_single_directions_fare_otherwise_than_their_average(words, names):
    values = names["values"]
    assert (
        values[0] > 3
        and values[31] < 0.01
        and "Most directions are all but gone, and a few are stretched a good deal" in words
    )
    kept = network.jacobian_singular_values(names["small"], names["orthogonal"], "tanh")
    assert kept.min() > 0.99 and kept.max() <= 1 and "lose none (second line)" in words
    bent = network.jacobian_singular_values(100 * names["small"], names["orthogonal"], "tanh")
    assert bent[31] < 0.5 and "It holds as long as the bends are straight" in words
    lengths = [
        np.linalg.norm(np.random.default_rng(s).normal(size=64) / 8 @ plain(64, 64, np.random.default_rng(s + 99)))
        for s in range(300)
    ]
    assert (
        np.mean(np.square(lengths)) == pytest.approx(1, abs=0.05) and "*On average* a nudge keeps its length" in words
    )


def test_pictures_are_centred_for_a_reason(words):
    """As they are, two digits look alike before any layer."""
    assert (
        f"two digits have a cosine of {mean_cosine(data.digits()[0]):.2f}" in words
        and mean_cosine(data.digits()[0]) > 0.6
    )
    assert abs(mean_cosine(X)) < 0.02


def test_every_stranger_of_it_has_a_statistic(words):
    exercise = find_exercise("stranger_07_backward")
    for n in range(40):
        assert re.search(r"axis=[01], keepdims=True", exercise.drawn_for(f"student {n}").layer)
    assert "A statistic of every row, or of every column, is in it" in words
