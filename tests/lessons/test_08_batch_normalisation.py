"""What lesson 08 says in words, captions and staged help agrees with the code beside it."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.lesson import find_exercise, find_lesson
from autograder.strangers.exercise import stranger
from backprop import data, network, norm, numeric, optim
from tests.lessons.reading import names_of, words_of

X, Y, X_TEST, Y_TEST = data.digits()


@pytest.fixture(scope="module")
def words():
    return words_of(find_lesson("08"))


@pytest.fixture(scope="module")
def names():
    """Until the explorer; what comes after it is looked at without the notebook."""
    return names_of(find_lesson("08"), until="explore.batchnorm")


def tower(batch_norm, scale=1.0, depth=10, width=32, seed=0, functions=network.clear, residual=False):
    """The lesson's, on the library alone."""
    net = network.DeepMLP(
        (64, width, 10), depth, batch_norm=batch_norm, residual=residual, functions=functions, rng=seed
    )
    for i in range(2, depth + 2):
        net.params[f"w{i}"] *= scale
    return net


def read(net, rate=0.05, epochs=5, size=32):
    with np.errstate(all="ignore"):
        net.train(X, Y, epochs, size, optim.sgd, {"learning_rate": rate}, progress=False)
        return net.accuracy(X_TEST, Y_TEST)


def first_over_last(net, examples=64):
    gradient_norm = net.profile(X[:examples], Y[:examples])[1]
    return gradient_norm[1] / gradient_norm[-2]


def column(x, eps=0.5, gamma=2.0, beta=1.0):
    return norm.batchnorm_forward(x[:, None], np.full(1, gamma), np.full(1, beta), {"mode": "train", "eps": eps})[0][
        :, 0
    ]


# ----- pictures and the column that is done by hand -----


def test_draws_the_sizes_as_they_are():
    svg = (find_lesson("08").released.parent / "figures" / "range.svg").read_text().replace("−", "-")
    lines = [
        [[float(v) for v in p.split(",")] for p in points.split()] for points in re.findall(r'points="(.*?)"', svg)
    ]
    assert len(lines) == 10
    for number, line in enumerate(lines):
        on, scale = number >= 5, (0.25, 0.5, 1.0, 2.0, 4.0)[number % 5]
        rms = tower(on, scale).profile(X[:64], Y[:64])[0][2:12]
        np.testing.assert_allclose([y for _, y in line], 165 - 16 * np.log10(rms), atol=0.1)
    right = np.array([[y for _, y in line] for line in lines[5:]])
    assert np.ptp(right, axis=0).max() < 0.2, "five lines on top of one another"
    last = [10 ** ((165 - line[-1][1]) / 16) for line in lines[:5]]
    assert 11.5 < np.log10(last[-1] / last[0]) < 12.5 and "over twelve powers of ten" in svg
    assert [name for name in re.findall(r">([\w ]+)</text><text|>([\w ]+)</text>\n", svg)] and "4 times" in svg


def test_the_column_is_right(words):
    """Forward by the definition, backward by nudging; in the text and in the picture."""
    x, dout = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 0.0, 0.0, 0.0])
    assert column(x).tolist() == [-1, 0, 1, 4] and "that makes −1, 0, 1, 4" in words
    dx = numeric.gradient(column, x, dout)
    np.testing.assert_allclose(dx, [0.5, -0.375, -0.25, 0.125], atol=1e-9)
    assert "Not 0, but −0.375." in words and "all four add up to 0: raising" in words
    assert "0.75 − 0.25 = 0.5 in the first row, −0.125 − 0.25 = −0.375 in the second" in words
    centred = x - 3
    sent = numeric.gradient(lambda c: 2 * c / np.sqrt(np.mean(c**2) + 0.5) + 1, centred, dout)
    np.testing.assert_allclose(sent, [0.75, -0.125, 0, 0.375], atol=1e-9)
    assert "Together: 0.75, −0.125, 0, 0.375." in words
    dsigma = numeric.gradient(lambda s: 2 * centred / s, np.array(2.0), dout)
    dvar = numeric.gradient(lambda v: 2 * centred / np.sqrt(v + 0.5), np.array(3.5), dout)
    assert (dsigma, dvar) == (pytest.approx(1), pytest.approx(0.25)) and "= −(2 · −2)/4 = 1." in words
    svg = (find_lesson("08").released.parent / "figures" / "column.svg").read_text()
    blue, red = re.findall(r'<g class="(?:value|gradient)".*?</g>', svg, re.S)
    assert re.findall(r">([^<>\n]+)</text>", blue) == [
        "1, 2, 3, 6",
        "−2, −1, 0, 3",
        "−1, −0.5, 0, 1.5",
        "−1, 0, 1, 4",
        "3",
        "3.5",
        "2",
    ]
    assert re.findall(r">([^<>\n]+)</text>", red) == ["0.5, −0.375, −0.25, 0.125", "0.75, −0.125, 0, 0.375", "2, 0, 0, 0", "1, 0, 0, 0", "−1", "0.25", "1"]  # fmt: skip


def test_two_directions_go_missing(words):
    x = np.array([1.0, 2.0, 3.0, 6.0])
    assert (
        np.abs(numeric.gradient(column, x, np.ones(4))).max() < 1e-9 and "Zero; and along $\\hat x$ nearly so" in words
    )
    along = [np.abs(numeric.gradient(lambda v, e=eps: column(v, e), x, x - 3)).max() for eps in (0.5, 1e-5)]
    assert along[0] > 0.3 and along[1] < 1e-4
    for pair in ([3.0, 10.0], [3.0, 1000.0]):
        np.testing.assert_allclose(column(np.array(pair), 1e-12, 1.0, 0.0), [-1, 1])
    assert column(np.array([3.0]), beta=0.7).tolist() == [0.7] and "`out` is β" in words
    dout = np.array([1.0, -2.0, 0.5, 1.0])
    sizes = [np.abs(numeric.gradient(lambda v: column(v, 1e-12), x[:n], dout[:n])).max() for n in (1, 2, 3)]
    assert sizes[0] == 0 and sizes[1] < 1e-4 and sizes[2] > 1


def test_the_quiz_is_right():
    """In test mode dx is dout gamma / sigma, by nudging."""
    rng = np.random.default_rng(0)
    x, dout, gamma = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=3)
    kept = {"mode": "test", "running_mean": rng.normal(size=3), "running_var": 1 + rng.random(3)}
    dx = numeric.gradient(lambda v: norm.batchnorm_forward(v, gamma, gamma, kept)[0], x, dout)
    np.testing.assert_allclose(dx, dout * gamma / np.sqrt(kept["running_var"] + 1e-5), rtol=1e-6)


# ----- what is measured -----


def test_one_scale_of_five_learns(words):
    scales = (0.25, 0.5, 1, 2, 4)
    plain = {s: read(tower(False, s)) for s in scales}
    normed = {s: read(tower(True, s)) for s in scales}
    assert plain[1] == pytest.approx(0.75, abs=0.06) and max(plain[s] for s in scales if s != 1) < 0.15
    assert (
        "One scale of the five learns, He's, and about three in four digits are read. With batch norm all five learn."
        in words
    )
    assert min(normed.values()) > 0.5 and normed[4] < normed[2] < normed[1]
    with np.errstate(all="ignore"):
        rms = tower(False, 0.5).profile(X[:64], Y[:64])[0]
    assert rms[11] == pytest.approx(0.001, rel=0.3) and 0.5**10 == pytest.approx(0.001, rel=0.05)
    he = tower(False).profile(X[:64], Y[:64])[0]
    assert he[11] == pytest.approx(he[1], rel=0.5) and "about as much comes out as went in" in words
    caught_up = read(tower(True, 4), rate=16 * 0.05)
    assert (
        caught_up > normed[4] + 0.15 and caught_up > 0.85 and "Scale 4, at sixteen times the rate, catches up" in words
    )


def test_who_is_in_the_room(words):
    """Whichever start: read together, sorted, and in test mode; what testing too early does."""
    for seed in range(3):
        net = tower(True, depth=3, seed=seed)
        assert read(net, rate=0.1) == pytest.approx(0.97, abs=0.015) and "about 97 in a hundred test digits" in words
        together = (net.scores(X_TEST, "train").argmax(axis=1) == Y_TEST).mean()
        assert together == pytest.approx(0.97, abs=0.02) and "in one batch nobody notices" in words
        posts = [net.scores(X_TEST[Y_TEST == d], "train").argmax(axis=1) == d for d in range(10)]
        assert np.concatenate(posts).mean() == pytest.approx(0.1, abs=0.05) and "About one in ten, no more" in words
        early = tower(True, depth=3, seed=seed)
        early.train(X[:320], Y[:320], 1, 32, optim.sgd, {"learning_rate": 0.1}, progress=False)
        tested, trained = ((early.scores(X_TEST, mode).argmax(axis=1) == Y_TEST).mean() for mode in ("test", "train"))
        assert tested < trained
    assert (
        0.9**10 == pytest.approx(1 / 3, abs=0.02) and "after ten batches with momentum 0.9 still about a third" in words
    )


def test_the_order_makes_no_difference_in_test_mode(names):
    net, share = names["net"], names["share"]
    every, post = names["everything"], names["sorted_post"]
    assert share(net, "test", every) == share(net, "test", post) > share(net, "train", post) + 0.7
    assert sorted(np.concatenate(post).tolist()) == every[0].tolist()


def test_small_batches(words):
    found = {
        (on, size): [read(tower(on, depth=2, seed=s), 0.02, 2, size) for s in (0, 1)]
        for on in (False, True)
        for size in (1, 2, 4, 16)
    }
    assert max(found[True, 1]) < 0.2 and "stays at a blind guess" in words
    assert found[True, 2] == pytest.approx([0.3, 0.3], abs=0.1) and "in twos it reads about three in ten" in words
    for size in (4, 16):
        assert min(found[True, size]) > min(found[False, size]) - 0.05
    assert "from four on it keeps up" in words
    assert min(found[False, 1] + found[False, 2]) > 0.8 and "The plain one does not mind small batches" in words


def test_does_not_see_the_scale(words):
    one, ten = tower(True), tower(True, 10)
    (a, _), (b, _) = one.loss(X[:64], Y[:64]), ten.loss(X[:64], Y[:64])
    assert a == pytest.approx(b, abs=1e-4)
    for name in ("w2", "w5", "w11"):
        np.testing.assert_allclose(ten.grads[name] * 10, one.grads[name], atol=2e-3 * np.abs(one.grads[name]).max())
    assert "A tenth: a step of the same length" in words and np.abs(one.grads["b5"]).max() < 1e-12
    w, dw = one.params["w5"], one.grads["w5"]
    assert abs((w * dw).sum()) < 1e-5 * np.linalg.norm(w) * np.linalg.norm(dw) and "at right angles to them" in words
    tiny = {s: tower(True, s).loss(X[:64], Y[:64])[0] for s in (0.1, 0.01, 0.001)}
    assert abs(tiny[0.1] - a) < 0.01 < abs(tiny[0.01] - a) and tiny[0.001] == pytest.approx(np.log(10), abs=1e-3)
    assert "At a hundredth the loss is another one, and at a thousandth nothing comes through" in words
    net = tower(True, depth=3)
    read(net, rate=0.1)
    net.params["w3"] *= 10
    trained, tested = ((net.scores(X_TEST, mode).argmax(axis=1) == Y_TEST).mean() for mode in ("train", "test"))
    assert trained > 0.95 and tested < trained - 0.03 and "worse in test mode" in words


@pytest.mark.parametrize("seed", range(3))
def test_gradients_explode(words, seed):
    hundred = tower(True, depth=100, width=64, seed=seed)
    assert 1e8 < first_over_last(hundred) < 1e9 and "Hundreds of millions." in words
    per_layer = (first_over_last(hundred) / first_over_last(tower(True, depth=20, width=64, seed=seed))) ** (1 / 80)
    assert per_layer == pytest.approx(1.2, abs=0.03) and "It grows by a fifth in each layer" in words
    assert 10 < first_over_last(tower(True, depth=10, width=64, seed=seed)) < 16 and "little more than ten" in words
    plain = tower(False, depth=100, width=64, seed=seed)
    assert 0.1 < first_over_last(plain) < 2
    alike = [net.profile(X[:64], Y[:64])[2][-2] for net in (plain, hundred)]
    assert alike[0] > 0.99 and alike[1] < 0.5 and "forgets which example is which" in words and "nearly 1" in words
    around = tower(True, depth=100, width=64, seed=seed, residual=True)
    assert first_over_last(around) < 1000 and "much more slowly: that is the next lesson" in words
    straight = SimpleNamespace(relu_forward=lambda x: (x, None), relu_backward=lambda dout, cache: dout)
    assert first_over_last(tower(True, depth=100, width=64, seed=seed, functions=straight)) < 20
    fifty = tower(True, depth=50, width=64, seed=seed)
    assert first_over_last(fifty, 8) > 5 * first_over_last(fifty) and "Small batches make it worse" in words


def test_where_the_fifth_comes_from(words):
    """The argument, by a million draws of a Gaussian; and the sigma of a wide tower."""
    a = np.random.default_rng(0).normal(size=10**6)
    relu = np.maximum(0, a)
    assert np.mean(relu**2) == pytest.approx(1 / 2, abs=0.005) and np.mean(relu) == pytest.approx(
        1 / np.sqrt(2 * np.pi), abs=0.005
    )
    assert 2 * relu.var() == pytest.approx(1 - 1 / np.pi, abs=0.005)
    assert (
        "σ is 0.826." in words
        and "1/0.826 = 1.211." in words
        and (1 - 1 / np.pi) ** -0.5 == pytest.approx(1.2111, abs=1e-4)
    )
    net = tower(True, depth=12, width=256)
    net.loss(X, Y)
    sigma = [np.sqrt(10 * bn_param["running_var"].mean()) for bn_param in net.bn_params[1:]]
    assert np.mean(sigma) == pytest.approx(0.826, abs=0.015)


def shifting(amount, rng):
    def forward(x, gamma, beta, bn_param):
        out, cache = norm.batchnorm_forward(x, gamma, beta, bn_param)
        stretch, shift = 1 + amount * rng.uniform(-1, 1, len(gamma)), 2 * amount * rng.uniform(-1, 1, len(gamma))
        return (out, (cache, 1.0)) if bn_param["mode"] == "test" else (stretch * out + shift, (cache, stretch))

    def backward(dout, cache):
        return norm.batchnorm_backward(dout * cache[1], cache[0])

    return SimpleNamespace(batchnorm_forward=forward, batchnorm_backward=backward)


def test_a_shift_that_is_put_back_in(words):
    """Medians of three starts, and the start of the lesson."""

    def median(depth, rate, **kind):
        return np.median([read(tower(depth=depth, seed=s, **kind), rate) for s in range(3)])

    noisy = dict(batch_norm=True, functions=shifting(0.5, np.random.default_rng(5)))
    plain, normed, shifted = (median(5, 0.3, **kind) for kind in (dict(batch_norm=False), dict(batch_norm=True), noisy))
    assert plain == pytest.approx(0.5, abs=0.1) and normed == pytest.approx(0.96, abs=0.015) and shifted > 0.9
    assert "As it is, the tower reads about half of the digits; with batch norm 96 in a hundred." in words
    assert "More than nine in ten: with the shift put back in" in words
    plain, normed, shifted = (
        median(10, 0.02, **kind) for kind in (dict(batch_norm=False), dict(batch_norm=True), noisy)
    )
    assert abs(plain - normed) < 0.08 and shifted < plain - 0.3
    assert "There batch norm brings next to nothing, and the noise does much harm" in words


# ----- exercises -----


def test_every_stranger_of_it_takes_out_a_statistic(words):
    exercise = find_exercise("stranger_08_backward")
    assert all(re.search(r"\.(mean|sum)\(axis=[01]", exercise.drawn_for(f"student {n}").layer) for n in range(40))
    assert exercise.max_points == stranger("08", level=4, points=dict(dx=3, dw=2, db=1), minutes=14).max_points
    assert "In it the mean, the sum or the spread of a row or of a column is taken out" in words


def test_the_example_of_the_forward_is_right():
    help_ = find_exercise("batchnorm_forward").help[-1]
    param = dict(mode="train", eps=0.0, momentum=0.5, running_mean=np.array([2.0]), running_var=np.array([2.0]))
    x, ten, one = np.array([[1.0], [5.0]]), np.array([10.0]), np.array([1.0])
    assert norm.batchnorm_forward(x, ten, one, param)[0].ravel().tolist() == [-9, 11] and "out is -9, 11." in help_
    assert (param["running_mean"], param["running_var"]) == ([2.5], [3.0]) and "become 2.5 and 3." in help_
    tested = norm.batchnorm_forward(x, ten, one, param | dict(mode="test"))[0].ravel()
    np.testing.assert_allclose(tested, [-7.66, 15.43], atol=5e-3)
    assert "so out is -7.66 and 15.43" in help_


def test_the_examples_of_the_way_back_are_right():
    xhat = np.sqrt(1.5) * np.array([[-1.0], [0.0], [1.0]])
    cache = xhat, np.array([2.0]), np.array([4.0]), "train"
    dout = np.array([[3.0], [0.0], [0.0]])
    np.testing.assert_allclose(norm.batchnorm_backward(dout, cache)[0].ravel(), [1, -2, 1], atol=1e-12)
    assert "dx is 6 - 2 - 3 = 1, then -2, then 0 - 2 + 3 = 1" in find_exercise("batchnorm_backward").help[-1]
    dsigma = numeric.gradient(lambda s: np.array([-3.0, 3.0]) / s, np.array(3.0), np.array([1.0, 2.0]))
    assert (
        dsigma == pytest.approx(-1 / 3)
        and "dsigma = 1/3 - 2/3 = -1/3" in find_exercise("batchnorm_derivation").help[-1]
    )
    mask = np.array([[0.0, 4.0]])
    assert (np.array([[3.0, 8.0]]) * mask).tolist() == [[0, 32]] and norm.dropout_backward(
        np.array([[5.0, 7.0]]), ({}, mask)
    ).tolist() == [[0, 28]]
    assert "out = 0, 32. If dout = 5, 7 arrives, dx = 0, 28" in find_exercise("dropout_backward").help[-1]


def test_the_checks_that_need_no_reference_are_sound():
    """Down each column dx adds up to 0; along xhat nearly so where eps is tiny."""
    for eps, small in ((1e-8, 1e-6), (0.5, None)):
        rng = np.random.default_rng(0)
        _, cache = norm.batchnorm_forward(
            rng.normal(size=(6, 4)), rng.normal(size=4), rng.normal(size=4), dict(mode="train", eps=eps)
        )
        dx = norm.batchnorm_backward(rng.normal(size=(6, 4)), cache)[0]
        assert np.abs(dx.sum(axis=0)).max() < 1e-12
        assert small is None or np.abs((dx * cache[0]).sum(axis=0)).max() < small


def test_group_norm_with_one_group_is_layer_norm():
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(size=(3, 8)), rng.normal(size=8), rng.normal(size=8)
    np.testing.assert_allclose(
        norm.groupnorm_forward(x, gamma, beta, 1, {})[0], norm.layernorm_forward(x, gamma, beta, {})[0]
    )
