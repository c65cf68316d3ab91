"""What lesson 06 says in words, captions and staged help agrees with the code beside it."""

import math
import re
import statistics

import numpy as np
import pytest

from autograder.lesson import find_exercise, find_lesson
from backprop import data, network, optim
from tests.lessons.reading import names_of, words_of

BEST = {"learning_rate": 1 / 9, "momentum": 4 / 9}


@pytest.fixture(scope="module")
def words():
    return words_of(find_lesson("06"))


@pytest.fixture(scope="module")
def names():
    """Until the explorer, with cells that train on the digits."""
    return names_of(find_lesson("06"), until="explore.descent")


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def fresh(seed=0):
    return network.MLP([64, 32, 10], activation="relu", rng=seed)


def trained(digits, update, rate, epochs=5, seed=0, size=32):
    x, y, _, _ = digits
    net = fresh(seed)
    with np.errstate(all="ignore"):
        history = net.train(x, y, epochs, size, update, {"learning_rate": rate}, rng=seed, progress=False)
    return net, history["loss"]


def right(digits, net):
    return 360 * net.accuracy(*digits[2:])


def walk(update, config, start=(5.0, 1.0), condition=25, steps=100):
    """An independent walk, with the optimisers of the library."""
    curvature = np.array([1.0, condition])
    way, config = [np.array(start)], dict(config)
    for _ in range(steps):
        w, config = update(way[-1], curvature * way[-1], config)
        way.append(w)
        if np.abs(w).max() > 1e6:
            break
    return np.array(way)


def arrives(way):
    far = np.linalg.norm(way, axis=1)
    return int(np.argmax(far < far[0] / 1000)) if (far < far[0] / 1000).any() else None


def test_draws_the_walks_as_they_are(words):
    svg = (find_lesson("06").released.parent / "figures" / "ravine.svg").read_text()
    drawn = re.findall(r'<polyline class="(plain|rolling)".*?points="(.*?)"', svg)
    ways = {
        "plain": walk(optim.sgd, {"learning_rate": 1 / 13}, steps=87),
        "rolling": walk(optim.sgd_momentum, BEST, steps=24),
    }
    for name, points in drawn:
        places = np.array([[float(v) for v in place.split(",")] for place in points.split()])
        np.testing.assert_allclose(places, [170, 220] + [100, -100] * ways[name], atol=0.06)
    assert [name for name, _ in drawn] == ["plain", "rolling"]
    assert arrives(ways["plain"]) == 87 and arrives(ways["rolling"]) == 24
    assert (
        "needs 87 steps until a thousandth of the distance is left; momentum swings wider at first, and needs 24"
        in words
    )
    assert np.abs(ways["rolling"][:8, 1]).max() > np.abs(ways["plain"][:, 1]).max(), "swings wider"
    assert (np.sign(ways["plain"][1:, 1]) != np.sign(ways["plain"][:-1, 1])).all(), "zigzags"


def test_draws_its_bowls_as_they_are():
    svg = (find_lesson("06").released.parent / "figures" / "rates.svg").read_text()
    hops = re.findall(r'<polyline class="step".*?points="(.*?)"', svg)
    curves = re.findall(r'<polyline class="value line".*?points="(.*?)"', svg)
    for middle, rate, hop, curve in zip((120, 333, 547, 760), (0.05, 0.25, 0.45, 0.55), hops, curves, strict=True):
        for points in (hop, curve):
            places = np.array([[float(v) for v in place.split(",")] for place in points.split()])
            w = (places[:, 0] - middle) / 36
            np.testing.assert_allclose(places[:, 1], 230 - 29 * w**2, atol=0.3)
            if points == hop:
                np.testing.assert_allclose(w, (1 - 4 * rate) ** np.arange(6), atol=2e-3)
        assert f"rate {rate}" in svg
    for said in ("each step: times 0.8<", "times 0<", "times −0.8<", "times −1.2<"):
        assert said in svg


def test_random_steps_gain_little(words, digits):
    """Nineteen times, for these 300 draws. The spread of 300 cosines is known to 4 in a hundred."""
    x, y, _, _ = digits
    net = fresh()
    loss, begin, up = net.loss(x, y)[0], net.weights.copy(), net.gradient / np.linalg.norm(net.gradient)

    def gain(u, length=0.1):
        net.weights[...] = begin + length * u / np.linalg.norm(u)
        return loss - net.loss(x, y)[0]

    draws = [u for u in np.random.default_rng(0).normal(size=(300, begin.size))]
    gains = [gain(u) for u in draws]
    assert gain(-up) / max(gains) == pytest.approx(19, rel=0.02) and "About 19 times" in words
    assert np.mean(np.array(gains) > 0) == pytest.approx(0.5, abs=0.08) and "Half of the random steps lead up" in words
    cosines = [u @ up / np.linalg.norm(u) for u in draws]
    assert np.std(cosines) == pytest.approx(2410**-0.5, rel=0.2) and "about 1/√2410 = 0.02" in words
    by_length = {length: gain(-up, length) for length in (0.1, 1, 2, 4, 8)}
    assert max(by_length, key=by_length.get) == 1 and by_length[4] < 0 < by_length[2]
    assert "A step of 1 gains most. A step of 4 leads up" in words and begin.size == 2410


def test_a_bowl_multiplies(words):
    assert 1.2**20 == pytest.approx(38.3, abs=0.05) and "(−1.2)²⁰ = 38.3" in words
    assert "a rate of 0.05 leaves 0.8 of the distance" in words and "a rate of 0.45 leaves −0.8" in words
    for rate, comes_down in ((0.49, True), (0.51, False)):
        w = np.array([1.0])
        for _ in range(200):
            w, _ = optim.sgd(w, 4 * w, {"learning_rate": rate})
        assert (abs(w[0]) < 1) == comes_down


def test_reads_the_curves_of_four_rates(words, digits):
    curves = {rate: trained(digits, optim.sgd, rate)[1] for rate in (0.01, 0.1, 0.5, 2.0)}
    ends = {rate: np.mean(losses[-30:]) for rate, losses in curves.items()}
    assert ends[0.01] > 1.7 and ends[0.1] < 0.5 and ends[0.5] < 0.2
    assert "a line that has hardly begun to fall when the others are down" in words
    assert max(curves[2.0][:20]) > 4 > curves[2.0][0], "the picture ends at 4"
    assert "a leap up in the first steps, out of the picture, then a flat line" in words
    assert ends[2.0] == pytest.approx(math.log(10), abs=0.05) and "It ends near log 10 = 2.30" in words
    net, _ = trained(digits, optim.sgd, 2.0)
    hidden = np.maximum(0, digits[0] @ net.params["w1"] + net.params["b1"])
    assert (hidden == 0).all(axis=0).mean() > 0.9 and "has thrown the ReLUs to their dead side" in words


def noise(digits, net, size, draws=200):
    x, y, _, _ = digits
    net.loss(x, y)
    whole, rng, off = net.gradient.copy(), np.random.default_rng(1), []
    for _ in range(draws):
        batch = rng.permutation(len(x))[:size]
        net.loss(x[batch], y[batch])
        off.append(np.sum((net.gradient - whole) ** 2) / np.sum(whole**2))
    return np.sqrt(np.mean(off))


def test_measures_the_noise_of_batches(words, digits):
    """Up to what 200 draws leave open; and without draws, from the gradients of all single examples."""
    x, y, _, _ = digits
    net = fresh()
    each = []
    for n in range(len(x)):
        net.loss(x[n : n + 1], y[n : n + 1])
        each.append(net.gradient.copy())
    whole = np.mean(each, axis=0)
    one = np.sqrt(np.sum(np.var(each, axis=0)) / np.sum(whole**2))
    assert one == pytest.approx(5.8, abs=0.06) and "one example is off by about 5.8 lengths" in words
    left = {size: one / size**0.5 * np.sqrt((1437 - size) / 1436) for size in (16, 64, 256, 1024, 1437)}
    for size, expected in left.items():
        assert noise(digits, fresh(), size) == pytest.approx(expected, rel=0.08, abs=1e-12)
    assert left[16] == pytest.approx(1.5, abs=0.06) and "about one and a half times as long" in words
    assert one**2 == pytest.approx(34, abs=1) and "Below $5.8^2$, about 34 examples" in words
    late, _ = trained(digits, optim.sgd, 0.3, epochs=10)
    then = noise(digits, late, 16)
    assert then == pytest.approx(3.9, abs=0.35) and "Nearly four lengths for 16 digits" in words
    assert 16 * then**2 == pytest.approx(250, abs=45) and "it takes some 250 of them" in words


def test_sorted_digits_are_not_learned(words, digits):
    x, y, _, _ = digits
    net = fresh()
    for _ in range(5):
        for batch in np.array_split(np.argsort(y, kind="stable"), 45):
            net.step(x[batch], y[batch], optim.sgd, {"learning_rate": 0.5})
    assert right(digits, net) < 360 * 0.2 and "About one in ten is read" in words
    assert right(digits, trained(digits, optim.sgd, 0.5)[0]) == pytest.approx(0.94 * 360, abs=5)
    assert "against 94 in a hundred after as many shuffled steps" in words


def steps_to(digits, size, rate, seed):
    x, y, _, _ = digits
    net, rng, steps = fresh(seed), np.random.default_rng(seed), 0
    while True:
        for xs, ys in optim.minibatches(x, y, size, rng):
            net.step(xs, ys, optim.sgd, {"learning_rate": rate})
            steps += 1
            if steps % max(1, 64 // size) == 0 and net.loss(x, y)[0] < 0.3:
                return steps


def test_counts_what_batches_cost(words, digits):
    """The table, at its best rates; what rounding does to hundreds of steps may move the end by a few looks."""
    rows = re.search(
        r"\| batch \|(.*?)\| \|-.*?\| best rate \|(.*?)\| \| steps \|(.*?)\| \| looks at a digit \|(.*?)\| The", words
    )
    sizes, rates, steps, looks = ([float(v.replace(",", "")) for v in row.split("|")] for row in rows.groups())
    assert sizes == [1, 4, 16, 64, 256, 1437]
    for size, rate, said, seen in zip(sizes, rates, steps, looks, strict=True):
        assert seen == said * size
        found = statistics.median(steps_to(digits, int(size), rate, seed) for seed in range(3))
        assert found == pytest.approx(said, rel=0.1, abs=2)
    assert (
        "38 steps bring the loss to 0.3: that is 54,606 looks" in words and "About 1,280: less than one pass" in words
    )
    assert looks[2] / looks[0] < 1.5 and steps[3] / steps[5] < 1.5 and looks[5] / looks[3] > 10


def test_walks_through_the_ravine(words, names):
    assert [12 / 13, -12 / 13] == pytest.approx([1 - 1 / 13, 1 - 25 / 13])
    assert f"{math.log(1000) / math.log(13 / 12):.1f}" == "86.3" and "$\\log 1000/\\log(13/12)$ = 86.3 steps" in words
    scanned = {
        rate: arrives(walk(optim.sgd, {"learning_rate": rate}, steps=300)) for rate in np.linspace(0.02, 0.0799, 80)
    }
    assert min(steps for steps in scanned.values() if steps) >= 87, "no rate is better"
    assert arrives(walk(optim.sgd, {"learning_rate": 2 / 101}, condition=100, steps=400)) == 346
    assert 346 / 87 == pytest.approx(4, abs=0.05) and "everything takes four times as long" in words
    assert arrives(walk(optim.sgd, {"learning_rate": 1.0}, condition=1)) == 1
    assert arrives(walk(optim.sgd, {"learning_rate": 1 / 25}, start=(0.0, 1.0))) == 1
    steps_down = names["steps_down"]
    for condition, turn in ((25, 0.0), (25, 0.7), (4, 1.3)):
        rate = 2 / (1 + condition)
        expected = arrives(walk(optim.sgd, {"learning_rate": rate}, condition=condition))
        assert steps_down(optim.sgd, {"learning_rate": rate}, condition, turn) == expected, "descent does not care"
    assert steps_down(optim.sgd, {"learning_rate": 0.081}) is None


def factor(rate, momentum, curvatures=(1, 25)):
    """What is left of the distance at each step in the long run: the longest root over all directions."""
    return max(abs(np.roots([1, -(1 + momentum - rate * c), momentum])).max() for c in curvatures)


def test_derives_the_best_momentum(words):
    for c in (1, 3.7, 12, 25):
        assert abs(np.roots([1, -(1 + 4 / 9 - c / 9), 4 / 9])) == pytest.approx([2 / 3, 2 / 3], abs=1e-6)
    grid = [factor(rate, m) for rate in np.linspace(0.01, 0.3, 59) for m in np.linspace(0, 0.99, 100)]
    assert factor(1 / 9, 4 / 9) == pytest.approx(2 / 3, abs=1e-6) and min(grid) > 2 / 3, "no other pair is better"
    for t, by_hand in ((1, 8 / 9), (2, 20 / 27)):
        along = walk(optim.sgd_momentum, BEST, start=(1.0, 0.0), steps=2)[t, 0]
        assert along == pytest.approx(by_hand) and by_hand == pytest.approx((1 + t / 3) * (2 / 3) ** t)
    assert "then $w$ = 8/9" in words and "then $w$ = 20/27" in words
    assert 4 / 9 * 1 / 9 + 1 / 9 * 8 / 9 == pytest.approx(12 / 81)
    v = {"learning_rate": 1.0, "momentum": 0.9}
    w = np.array([0.0])
    for _ in range(300):
        before, (w, v) = w, optim.sgd_momentum(w, np.array([1.0]), v)
    assert (before - w)[0] == pytest.approx(10) and "ten steps in one" in words
    for t in range(300):
        before, (w, v) = w, optim.sgd_momentum(w, np.array([(-1.0) ** t]), v)
    assert abs(before - w)[0] == pytest.approx(1 / 1.9) and "about half a step" in words


def test_momentum_gains_in_ravines_and_nowhere_else(words, names):
    assert "Plain descent takes 87 steps. And this?" in words
    for condition, root in ((1, 1), (25, 5), (100, 10), (2500, 50)):
        best = {"learning_rate": (2 / (root + 1)) ** 2, "momentum": ((root - 1) / (root + 1)) ** 2}
        plain, rolling = names["both"](condition)
        assert rolling == arrives(walk(optim.sgd_momentum, best, condition=condition, steps=400))
        assert plain == rolling == 1 if condition == 1 else rolling < plain / 3
    shares = {
        m: arrives(walk(optim.sgd_momentum, BEST | {"momentum": m}, steps=1000))
        for m in (0.2, 0.4, 4 / 9, 0.6, 0.9, 0.99)
    }
    assert min(steps for steps in shares.values() if steps) == shares[4 / 9] == 24 and shares[0.2] is None
    assert arrives(walk(optim.sgd_momentum, BEST | {"momentum": 0.5})) == 22, "a start may be lucky by a step or two"
    assert "whatever the curvature" in words and factor(0.09, 0.9) == pytest.approx(0.9**0.5)


def test_with_noise_momentum_is_a_larger_rate(words, names):
    heights = names["heights"]
    plain, rolling = (
        heights(optim.sgd, {"learning_rate": 0.02}),
        heights(optim.sgd_momentum, {"learning_rate": 0.002, "momentum": 0.9}),
    )
    assert plain[2:] == pytest.approx(rolling[2:], abs=0.006) and rolling[3] == pytest.approx(0.01, abs=0.003)
    assert "both end on a floor near 0.01" in words

    def floor(rate, m):
        """The stationary mean height, by theory: the variance of a second-order recursion."""
        return sum(rate * (1 + m) / (2 * (1 - m) * (2 * (1 + m) - rate * c)) for c in (1, 25))

    assert floor(1 / 13, 0) == pytest.approx(0.52) and floor(1 / 9, 4 / 9) == pytest.approx(1.352)
    assert "then 2.6 times as high (in the long run 1.352 against 0.52" in words and 1.352 / 0.52 == pytest.approx(2.6)
    assert heights(optim.sgd_momentum, BEST)[3] == pytest.approx(1.352, rel=0.08)
    assert floor(0.02, 0) == pytest.approx(floor(0.002, 0.9), rel=0.2)


def test_says_how_long_the_first_steps_of_adam_are(words, names):
    too_long = [(1 - 0.9**t) / math.sqrt(1 - 0.999**t) for t in range(1, 1001)]
    np.testing.assert_allclose(names["steps"], too_long)
    assert f"{too_long[0]:.2f}" == "3.16" and "$0.1/\\sqrt{0.001}$ = 3.16" in words
    assert "The tenth step is 6.53 times too long" in words and f"{too_long[9]:.2f}" == "6.53"
    assert "3.16 times" in hint_of("adam", "leaves_the_start_uncorrected")
    assert 1 / math.sqrt(0.001) == pytest.approx(31.6, abs=0.03) and "31.6 times" in hint_of("adam", "corrects_m_alone")
    for size, share in ((1e3, 1), (1e-3, 1), (1e-8, 0.75), (1e-10, 0.03)):
        moved, _ = optim.adam(np.array([1.0]), size * np.array([3.0]), {"learning_rate": 0.1})
        assert 1 - moved[0] == pytest.approx(0.1 * share, rel=0.03)


def test_adam_in_ravines(words, names):
    steps_down = names["steps_down"]
    for condition, turn, said in ((25, 0.0, 93), (2500, 0.0, 93), (2500, np.pi / 4, 1834)):
        assert steps_down(optim.adam, {"learning_rate": 0.3}, condition, turn) == pytest.approx(said, rel=0.01)
    assert "Adam takes 93 steps through our ravine" in words and "where plain descent takes 8,635" in words
    assert "The same 93, step for step. But turn the ravine by an eighth of a circle, and it is 1,834" in words
    a, b = (walk(optim.adam, {"learning_rate": 0.3}, condition=c, steps=40) for c in (25, 2500))
    np.testing.assert_allclose(a, b, rtol=1e-5)
    assert names["both"](2500)[0] == 8635


def loss(params, x, y):
    return network.two_layer_loss(x, y, params)


def test_wrong_loops_and_optimisers_learn(words, digits):
    source = re.findall(r"^(?:def losing|def uncorrected)\(.*?(?=\n\n\n)", find_lesson("06").text, re.M | re.S)
    from_the_lesson = {}
    exec("\n".join(source), {"np": np}, from_the_lesson)
    x, y, x_test, y_test = digits

    def learned(loop, update, rate, epochs):
        rng, params = np.random.default_rng(0), {n: w.copy() for n, w in fresh().params.items()}
        batches = [batch for _ in range(epochs) for batch in optim.minibatches(x, y, 32, rng)]
        params, losses = loop(params, loss, batches, update, {"learning_rate": rate})
        scores = np.maximum(0, x_test @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
        return (scores.argmax(axis=1) == y_test).sum(), np.mean(losses[-20:])

    assert (
        learned(optim.train, optim.sgd_momentum, 0.1, 5)[0] == pytest.approx(350, abs=8) and "About 350 of 360" in words
    )
    forgetful = learned(optim.train, from_the_lesson["losing"](optim.sgd_momentum), 0.1, 5)[0]
    assert forgetful == pytest.approx(340, abs=6) and "About 340, or 94 in a hundred" in words
    correct, wrong = (learned(optim.train, f, 0.004, 3) for f in (optim.adam, from_the_lesson["uncorrected"]))
    assert wrong[0] >= correct[0] - 6 and wrong[1] < correct[1] / 2 and "with less than half of the loss" in words
    correct, wrong = (learned(optim.train, f, 0.05, 3)[0] for f in (optim.adam, from_the_lesson["uncorrected"]))
    assert (
        correct > 0.9 * 360 > 2 * wrong
        and "At 0.05 the right one still reads nine in ten, and the wrong one is lost" in words
    )


def test_compares_the_optimisers(words, digits):
    """The table: losses up to a fifth, digits up to six; they differ between machines from the first rounding on."""
    rows = re.search(
        r"\| loss after one pass \|(.*?)\| \| loss after ten \|(.*?)\| \| right after ten, of 360 \|(.*?)\| After",
        words,
    )
    one, ten, read = ([float(v) for v in row.split("|")] for row in rows.groups())
    best = [
        ("sgd", 0.5, 1.0),
        ("sgd_momentum", 0.2, 0.2),
        ("nesterov", 0.2, 0.1),
        ("rmsprop", 0.008, 0.008),
        ("adam", 0.016, 0.016),
    ]
    x, y, _, _ = digits
    for (name, first, last), loss_1, loss_10, said in zip(best, one, ten, read, strict=True):
        short = [trained(digits, getattr(optim, name), first, 1, seed)[0] for seed in range(3)]
        long = [trained(digits, getattr(optim, name), last, 10, seed)[0] for seed in range(3)]
        assert statistics.median(net.loss(x, y)[0] for net in short) == pytest.approx(loss_1, rel=0.2)
        assert statistics.median(net.loss(x, y)[0] for net in long) == pytest.approx(loss_10, rel=0.2)
        assert statistics.median(right(digits, net) for net in long) == pytest.approx(said, abs=6)
    assert one[1] <= one[0] / 2 and one[2] == min(one) and max(read) - min(read) == 6
    assert "six digits lie between the first and the last" in words


@pytest.mark.parametrize(
    "name, config, w, dws, after, says",
    [
        ("sgd", {"learning_rate": 0.2}, [3, 1], [[10, -4]], [[1, 1.8]], "so next_w is [1, 1.8]"),
        ("sgd_momentum", {"learning_rate": 0.5, "momentum": 0.5}, 10, [4, 2, 0], [8, 6, 5], "v = -2 and w = 8. Then dw = 2"),
        ("sgd_momentum", {"learning_rate": 0.5, "momentum": 0.5}, 10, [4, 2, 0], [8, 6, 5], "with dw = 0, v = -1 and w = 5"),
        ("adam", {"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.75, "epsilon": 0}, 1, [-4], [1.1], "w rises by 0.1 · 4/4 = 0.1"),
        ("nesterov", {"learning_rate": 0.5, "momentum": 0.5}, 10, [4], [7], "w goes to 10 - 0 - 2 - 1 = 7"),
        ("rmsprop", {"learning_rate": 0.1, "decay_rate": 0.75, "epsilon": 0}, 1, [-4], [1.2], "w rises by 0.1 · 4/2 to 1.2"),
    ],
)  # fmt: skip
def test_staged_help_is_right(name, config, w, dws, after, says):
    w = np.array(w, float)
    for dw, expected in zip(dws, after):
        w, config = getattr(optim, name)(w, np.array(dw, float), config)
        assert w == pytest.approx(np.array(expected))
    assert says in find_exercise(name).help[-1]


def test_the_other_helps_are_right():
    assert "the shares are 0.5 and 0.25, so the full means are -4 and 16" in find_exercise("adam").help[-1]
    moved, _ = optim.adamw(np.array(10.0), np.array(1.0), {"learning_rate": 0.4, "weight_decay": 0.1, "epsilon": 0})
    assert moved == pytest.approx(9.6 - 0.4 * 0.1 * 10) and 9.6 - 0.5 * 0.1 * 10 == pytest.approx(9.1)
    assert "AdamW leads to 9.6 - 0.5 · 0.1 · 10 = 9.1" in find_exercise("adamw").help[-1]
    rates = [optim.cosine_schedule(step, 10, 0.6, 2) for step in (1, 2, 6, 4)]
    assert rates == pytest.approx([0.3, 0.6, 0.3, 0.512], abs=5e-4)
    assert (
        "step 4 a quarter of the way with 0.6 · (1 + cos(π/4))/2 = 0.512" in find_exercise("cosine_schedule").help[-1]
    )
    order, places = [3, 0, 4, 1, 2], []
    for i in range(0, 5, 2):
        places.append(order[i : i + 2])
    assert (
        places == [[3, 0], [4, 1], [2]]
        and "the rows 3 and 0, the rows 4 and 1, and the row 2" in find_exercise("minibatches").help[-1]
    )


def test_the_quiz_is_right():
    """Momentum of 0.9 at a tenth of the rate: the same along the valley; across it bears what ten times the rate does not."""
    gentle, plain = (
        walk(optim.sgd_momentum, {"learning_rate": 0.006, "momentum": 0.9}, start=(1.0, 0.0), steps=200),
        walk(optim.sgd, {"learning_rate": 0.06}, start=(1.0, 0.0), steps=200),
    )
    assert np.log(gentle[200, 0] / gentle[100, 0]) == pytest.approx(np.log(plain[200, 0] / plain[100, 0]), rel=0.4)
    far = {"learning_rate": 0.1, "momentum": 0.9}
    assert factor(**{"rate": far["learning_rate"], "momentum": 0.9}) < 1 < abs(1 - 10 * 0.1 * 25)


def hint_of(name, mistake):
    return next(m.hint for m in find_exercise(name).mistakes if m.name == mistake)
