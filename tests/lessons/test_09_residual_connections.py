"""What lesson 09 says in words, captions and staged help agrees with the code beside it."""

import json
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest

from autograder import build
from autograder.lesson import find_exercise, find_lesson
from backprop import data, fast, network, numeric, residual
from backprop.init import he_init
from backprop.norm import batchnorm_forward
from tests.lessons.reading import names_of, words_of

QUICK = dict(functions=fast, dtype=np.float32)
SIZES = (64, 64, 10)


@pytest.fixture(scope="module")
def words():
    return words_of(find_lesson("09"))


@pytest.fixture(scope="module")
def names():
    """What the text defines before its first slow cell, and its five arms."""
    namespace = names_of(find_lesson("09"), until="share = trained(")
    cells = ["".join(cell["source"]) for cell in json.loads(build.render(find_lesson("09")))["cells"]]
    exec(next(cell for cell in cells if cell.startswith("ARMS = {")), namespace)
    return namespace


@pytest.fixture(scope="module")
def table():
    """The stored measurements: of 360 digits, by arm and depth, with their rates."""
    code = re.search(r"DEPTHS = .*?# fmt: on", find_lesson("09").text, re.S).group()
    namespace = {}
    exec(code, namespace)
    return namespace


def before(net, x, y):
    """The lesson's `before_training`, on the library alone: growth of values, growth of gradients, likeness."""
    rms, gradient, cosine = net.profile(x[:64], y[:64])
    return rms[-2] / rms[1], gradient[1] / gradient[-2], cosine[-2]


@pytest.fixture(scope="module")
def digits():
    x, y, xt, yt = data.digits()
    mean, size = x.mean(axis=0), x.std()
    return (x - mean) / size, y, (xt - mean) / size, yt


# ----- the block by hand -----


def test_the_block_by_hand(words):
    x, dout = np.array([[1.0, 2.0]]), np.array([[6.0, 1.0]])
    w1, b1 = np.array([[1.0, 0.0, -1.0], [1.0, -1.0, 0.0]]), np.array([0.0, 3.0, 0.0])
    w2, b2 = np.array([[0.5, -1.0], [1.0, 2.0], [1.0, 3.0]]), np.array([0.5, 0.0])
    out, cache = residual.residual_forward(x, w1, b1, w2, b2)
    dx = residual.residual_backward(dout, cache)[0]
    assert out.tolist() == [[4, 1]] and dx.tolist() == [[8, -5]]
    nudged = numeric.gradient(lambda x: residual.residual_forward(x, w1, b1, w2, b2)[0], x, dout)
    np.testing.assert_allclose(dx, nudged, atol=1e-8)
    assert "stands [3, 1, −1], behind it [3, 1, 0]. The branch is [3, −1], and out is [4, 1]" in words
    assert "Through the branch comes [2, −6]; around it came [6, 1]; together [8, −5]" in words
    assert "becomes [2, 8, 9]; the third unit is off, so [2, 8, 0] is left" in words
    assert "which makes 2; and 6 came around it" in words and "6 · 1.5 + 1 · −1 = 8" in words
    slopes = numeric.numeric_jacobian(lambda x: residual.residual_forward(x[None], w1, b1, w2, b2)[0][0], x[0])
    np.testing.assert_allclose(dout @ slopes, dx, atol=1e-8)
    picture = (find_lesson("09").released.parent / "figures" / "block.svg").read_text()
    for said in (
        "x = 1, 2",
        "out = 4, 1",
        "dx = 8, −5",
        "dout = 6, 1",
        ">2, −6<",
        ">2, 8, 0<",
        ">2, 8, 9<",
        ">3, 1, −1<",
    ):
        assert said in picture


def test_a_silent_branch_is_the_identity_both_ways():
    rng = np.random.default_rng(0)
    x, w1, b1 = rng.normal(size=(3, 4)), rng.normal(size=(4, 6)), rng.normal(size=6)
    out, cache = residual.residual_forward(x, w1, b1, np.zeros((6, 4)), np.zeros(4))
    dout = rng.normal(size=(3, 4))
    dx, dw1, _, dw2, _ = residual.residual_backward(dout, cache)
    assert (out == x).all() and (dx == dout).all()
    assert not dw1.any() and dw2.any(), "w2 gets a gradient in the first step, w1 none"


# ----- depth before training -----


def test_how_plain_and_batch_norm_begin(words, digits):
    x, y, *_ = digits
    grown = {s: before(network.DeepMLP(SIZES, 100, rng=s), x, y) for s in range(3)}
    assert 0.3 < grown[0][1] < 0.36 and "of the plain network's gradient a third arrives at the front" in words
    assert all(0.2 < g < 1 and cosine > 0.995 for _, g, cosine in grown.values())
    assert "the cosine is almost 1" in words
    grown = [before(network.DeepMLP(SIZES, 100, batch_norm=True, rng=s), x, y) for s in range(3)]
    assert all(1e8 < g < 1e9 and cosine < 0.5 for _, g, cosine in grown) and "a hundred million times its size" in words
    assert "batch norm blew the gradient up to 10⁸ times its size" in words


def test_what_a_skip_alone_does(words, digits):
    x, y, *_ = digits
    for s in range(3):
        growth, gradient, _ = before(network.ResidualMLP(SIZES, 100, rng=s), x, y)
        assert 1e11 < growth < 1e12 and 3e11 < gradient < 2e12 and "Hundreds of billions, forward and back" in words
        gradient = before(network.ResidualMLP(SIZES, 50, rng=s), x, y)[1]
        assert gradient == pytest.approx(1e6, rel=0.5)
    assert "from about a million at depth 50 to about a million millions at 100, the square" in words
    assert 3**25 == pytest.approx(8e11, rel=0.1) and "$3^{25}$ ≈ 8·10¹¹" in words
    assert 2**50 == pytest.approx(1e15, rel=0.2) and "$2^{50}$ ≈ 10¹⁵" in words and "$2^{50}$, about 10¹⁵" in words


@pytest.mark.parametrize("affines, factor", [(2, 3), (1, 2)])
def test_how_the_variance_grows_with_a_block(affines, factor):
    """Two affine layers in the branch triple it, one doubles it: the mean of many blocks, forward and back."""
    rng, ratios = np.random.default_rng(0), []
    for _ in range(40):
        h = rng.normal(size=(200, 64))
        branch = np.maximum(0, h @ he_init(64, 64, rng) if affines == 2 else h) @ he_init(64, 64, rng)
        ratios.append(np.mean((h + branch) ** 2) / np.mean(h**2))
    assert np.mean(ratios) == pytest.approx(factor, rel=0.03)


def test_one_affine_a_block_at_depth_100(words):
    """x + relu(x) w: the orders of magnitude that the text names, from several starts."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        h, kept = rng.normal(size=(64, 64)), []
        for _ in range(100):
            w = he_init(64, 64, rng)
            kept.append((h > 0, w))
            h = h + np.maximum(0, h) @ w
        back = start = rng.normal(size=(64, 64))
        for gate, w in reversed(kept):
            back = back + (back @ w.T) * gate
        assert 1e14 < np.linalg.norm(back) / np.linalg.norm(start) < 1e16
    assert "another start gives a few times as much or as little" in words


def test_what_a_scale_does(words, digits):
    x, y, *_ = digits
    for s in range(3):
        growth, gradient, alike = before(network.ResidualMLP(SIZES, 100, scale=50**-0.5, rng=s), x, y)
        assert 2 < growth < math.e and 2 < gradient < 3 and alike < 0.6
    assert all((1 + 2 / k) ** (k / 2) < math.e for k in (1, 10, 50, 1000, 10**6)) and "below $e$ = 2.72" in words
    assert before(network.ResidualMLP(SIZES, 100, scale=0), x, y)[:2] == (1, 1)


def test_what_batch_norm_in_the_branch_does(words, digits):
    x, y, *_ = digits
    grown = {d: before(network.ResidualMLP(SIZES, d, preact=True), x, y) for d in (50, 100)}
    assert grown[100][1] == pytest.approx(50, rel=0.1) and "About fifty times" in words
    assert grown[100][1] / grown[50][1] == pytest.approx(2, abs=0.4) and "this about doubles" in words
    assert grown[100][0] ** 2 == pytest.approx(50, rel=0.2), "after k blocks the variance is about k"


def test_a_branch_that_ends_in_a_relu_only_adds(words, digits):
    """The explorer's block, and the quiz: values grow, examples become alike, and a scale mends the first alone."""
    x, y, *_ = digits
    growth, gradient, alike = before(network.DeepMLP(SIZES, 50, residual=True), x, y)
    assert gradient > 1e9 and alike > 0.999
    growth, gradient, alike = before(network.DeepMLP(SIZES, 50, residual=True, scaled=True), x, y)
    assert gradient < 20 and alike > 0.98 and "cures the first, and not the second" in words
    assert before(network.ResidualMLP(SIZES, 50, scale=0.2), x, y)[2] < 0.6


# ----- depth in training -----


def test_the_table_is_what_is_drawn_and_said(words, table):
    picture = (find_lesson("09").released.parent / "figures" / "ablation.svg").read_text()
    for arm, points in zip(table["RIGHT"], re.findall(r'<polyline.*?points="(.*?)"', picture)):
        drawn = [tuple(map(float, point.split(","))) for point in points.split()]
        for (across, down), depth, (low, middle, high) in zip(drawn, table["DEPTHS"], table["RIGHT"][arm], strict=True):
            assert low <= middle <= high
            assert across == pytest.approx(70 + 470 * math.log(depth / 2, 50), abs=0.06)
            assert down == pytest.approx(380 - 320 * middle / 360, abs=0.06)
    middle = {arm: [m / 360 for _, m, _ in of] for arm, of in table["RIGHT"].items()}
    assert (
        all(0.97 < of[0] < 0.985 for of in middle.values())
        and "All five read about 98 in a hundred at depth 2" in words
    )
    for arm in ("plain", "batch norm"):
        assert middle[arm][3] < middle[arm][0] - 0.03 and middle[arm][4] < 0.5
    assert all(share < 0.1 for share in middle["residual"][4:]) and "drops to guessing at 50" in words
    assert all(min(middle[arm]) > 0.95 for arm in ("scaled residual", "both")) and "stay level to the end" in words
    assert (
        "| plain | .98 | .95 | .94 | .46 | .33 |" in words and "| batch norm | .98 | .97 | .93 | .34 | .12 |" in words
    )


# What is measured again: one start, at the stored rates. The bounds leave room for other processors and starts, and none for
# another story.
SLICE = [
    ("plain", 50, 0.2, 0.75), ("batch norm", 50, 0.15, 0.65), ("residual", 50, 0, 0.2), ("scaled residual", 50, 0.95, 1), ("both", 50, 0.93, 1),
    ("plain", 100, 0.1, 0.6), ("batch norm", 100, 0, 0.3), ("residual", 100, 0, 0.2), ("scaled residual", 100, 0.95, 1), ("both", 100, 0.93, 1),
    ("plain", 20, 0.88, 0.97), ("batch norm", 20, 0.87, 0.98), ("residual", 20, 0.88, 0.97), ("plain", 2, 0.96, 1), ("scaled residual", 2, 0.96, 1),
]  # fmt: skip


@pytest.mark.parametrize("arm, depth, least, most", SLICE)
def test_a_slice_of_the_table_holds(names, table, arm, depth, least, most):
    where = table["DEPTHS"].index(depth)
    net = names["ARMS"][arm](depth, rng=0, **QUICK)
    share = names["trained"](net, table["RATES"][arm][where])
    assert least <= share <= most
    assert least <= table["RIGHT"][arm][where][1] / 360 <= most


def test_no_rate_saves_the_skip_alone(names):
    for rate in (0.1, 0.01, 0.001, 0.0001, 0.00001):
        with np.errstate(all="ignore"):
            assert names["trained"](network.ResidualMLP(SIZES, 100, **QUICK), rate) < 0.2


def test_no_rate_saves_plain_or_batch_norm_at_depth_100(names):
    """Nor does the rate next to the best one."""
    for arm, rate in (("plain", 0.001), ("batch norm", 0.003)):
        assert names["trained"](names["ARMS"][arm](100, rng=0, **QUICK), rate) < 0.6


def test_more_steps_help_fifty_plain_layers_and_not_a_hundred(names, words):
    assert (
        "plain networks of 50 layers come to between half and nine tenths, by their start; those of 100 hardly gain"
        in words
    )
    assert 0.4 < names["trained"](network.DeepMLP(SIZES, 50, **QUICK), 0.001, steps=1500) < 0.97
    assert names["trained"](network.DeepMLP(SIZES, 100, **QUICK), 0.003, steps=1500) < 0.65


def test_a_hundred_layers_of_ones_own_train(names, words):
    """With the pair from outside, in float64; then the blocks are taken out one by one."""
    own = SimpleNamespace(**{name: getattr(residual, name) for name in ("residual_forward", "residual_backward")})
    net = network.ResidualMLP(SIZES, 100, scale=50**-0.5, functions=own)
    assert (
        names["trained"](net, 0.001) == pytest.approx(0.975, abs=0.012) and "About 97 in a hundred, in seconds" in words
    )
    layers, accuracy = net.layers, lambda: net.accuracy(names["x_test"], names["y_test"])
    whole, one_less = accuracy(), []
    for k in range(1, 51):
        net.layers = layers[:k] + layers[k + 1 :]
        one_less.append(accuracy())
    net.layers = [layers[0], layers[-1]]
    assert whole - min(one_less) < 8 / 360 and "A few at most, whichever block goes" in words
    assert accuracy() < 0.3 and "hardly one in five is read" in words


def test_a_plain_network_cannot_spare_a_layer(names, words):
    net = network.DeepMLP(SIZES, 20, **QUICK)
    assert names["trained"](net, 0.003) == pytest.approx(0.91, abs=0.05) and "reads about nine in ten" in words
    layers, one_less = net.layers, []
    for k in range(1, 21):
        net.layers = layers[:k] + layers[k + 1 :]
        one_less.append(net.accuracy(names["x_test"], names["y_test"]))
    assert np.median(one_less) < 0.2


def test_a_scale_of_0_trains_and_a_large_rate_does_not(names, words):
    assert names["trained"](network.ResidualMLP(SIZES, 100, scale=0, **QUICK), 0.003) > 0.96
    scaled = [
        names["trained"](network.ResidualMLP(SIZES, 100, scale=50**-0.5, **QUICK), rate)
        for rate in (0.03, 0.003, 0.001)
    ]
    assert (
        max(scaled[:2]) < 0.2 and "with a hundred the loss is `nan` after a few steps, at 0.003 a little later" in words
    )
    assert scaled[2] > 0.96 and "at 0.001 it trains" in words


def test_dx_equal_to_dout_learns(names, words):
    def wrong_backward(dout, cache):
        _, *weights = residual.residual_backward(dout, cache)
        return dout, *weights

    wrong = SimpleNamespace(residual_forward=residual.residual_forward, residual_backward=wrong_backward)
    net = network.ResidualMLP(SIZES, 100, scale=50**-0.5, functions=wrong)
    assert names["trained"](net, 0.001) == pytest.approx(0.963, abs=0.015) and "About 96: you would not notice" in words
    right = network.ResidualMLP(SIZES, 100, scale=50**-0.5)
    x, y = names["x_train"], names["y_train"]
    wrong = network.ResidualMLP(SIZES, 100, scale=50**-0.5, functions=wrong)
    right.loss(x, y), wrong.loss(x, y)
    cosine = right.gradient @ wrong.gradient / np.linalg.norm(right.gradient) / np.linalg.norm(wrong.gradient)
    assert cosine > 0.7 and "points nearly the right way" in words


def test_a_network_without_hidden_layers_reads_nearly_as_many(names, words):
    shares = [names["trained"](network.MLP([64, 10], rng=s, **QUICK), 0.1, start=s) for s in range(3)]
    assert all(0.955 < share < 0.975 for share in shares) and "reads 96 or 97 of these digits" in words


def test_slopes_shatter_with_batch_norm_alone(words):
    """Five starts each, with the text's line and widths."""

    def memory(net, start, line=np.linspace(-2, 2, 256)[:, None]):
        net.params["b1"][...] = np.random.default_rng(start).normal(size=200)
        for bn_param in net.bn_params:
            bn_param["momentum"] = 0.0
        net.profile(line, np.zeros(len(line), int))
        return network.gradient_autocorrelation(lambda xs: net.scores(xs[:, None])[:, 0], line[:, 0])[1]

    sizes, starts = (1, 200, 1), range(5)
    shallow = np.median([memory(network.DeepMLP(sizes, 2, batch_norm=True, rng=s), s) for s in starts])
    deep = np.median([memory(network.DeepMLP(sizes, 50, batch_norm=True, rng=s), s) for s in starts])
    both = np.median([memory(network.ResidualMLP(sizes, 50, preact=True, rng=s), s) for s in starts])
    scaled = np.median([memory(network.ResidualMLP(sizes, 50, scale=0.2, rng=s), s) for s in starts])
    plain = np.median([memory(network.DeepMLP(sizes, 50, rng=s), s) for s in starts])
    assert shallow == pytest.approx(0.97, abs=0.015) and "go together by 0.97" in words
    assert abs(deep) < 0.15 and "Nothing is left: white noise" in words
    assert 0.15 < both < 0.5 < plain and scaled > 0.95 and "Our plain network hardly shatters" in words


# ----- the puzzles, the rubrics, the help -----


def test_the_review_questions_are_verbatim(words):
    assert "What challenges does backpropagation face in deep models, and how can they be addressed?" in words
    asked = "Evaluate its importance and its impact on practical applications: image recognition, natural language processing, autonomous systems."
    assert asked in words
    for rubric in re.findall(r"^```\{rubric\} \w+\n(.*?)^```$", find_lesson("09").text, re.M | re.S):
        asked, answer = rubric.split("\n---\n")
        points = int(re.search(r":points: (\d+)", asked).group(1))
        assert len(re.findall(r"^- ", asked, re.M)) == points == 4
        assert len(answer.split()) <= int(re.search(r"at most (\d+) words", asked).group(1))


def test_the_help_of_the_block_is_right():
    help_ = " ".join(find_exercise("residual_backward").help)
    out, cache = residual.residual_forward([[1.0]], [[2.0, -1.0]], [3.0, 0.0], [[10.0], [1.0]], [0.5])
    assert (
        out.tolist() == [[51.5]]
        and "the branch is 50.5, and out = [[51.5]]" in find_exercise("residual_forward").help[-1]
    )
    dx, dw1, db1, dw2, db2 = residual.residual_backward(np.array([[7.0]]), cache)
    assert "dw2 = [[35], [0]], db2 = [7]" in help_ and dw2.tolist() == [[35], [0]] and db2.tolist() == [7]
    assert "dw1 = [[70, 0]], db1 = [70, 0]" in help_ and dw1.tolist() == [[70, 0]] and db1.tolist() == [70, 0]
    assert "so dx = [[147]]" in help_ and dx.tolist() == [[147]]


def test_the_help_of_the_projection_is_right():
    x, wp, dout = np.array([[2.0]]), np.array([[3.0, -1.0]]), np.array([[10.0, 1.0]])
    silent = dict(w1=np.ones((1, 2)), b1=np.zeros(2), w2=np.zeros((2, 2)), b2=np.zeros(2))
    _, cache = residual.projection_residual_forward(x, **silent, wp=wp)
    dx, *_, dwp = residual.projection_residual_backward(dout, cache)
    assert dx.tolist() == [[29]] and dwp.tolist() == [[20, 2]]
    assert "10 · 3 - 1 · 1 = 29, and dwp = [[20, 2]]" in find_exercise("projection_residual_backward").help[-1]


def test_the_help_of_the_preact_block_is_right():
    def still():
        return {"mode": "test", "eps": 0.0, "running_mean": np.zeros(1), "running_var": np.ones(1)}

    one = lambda v: np.array([float(v)])  # noqa: E731
    out, cache = residual.preact_forward(
        np.array([[3.0]]),
        one(2),
        one(-1),
        np.array([[4.0]]),
        one(0.5),
        one(0),
        np.array([[3.0]]),
        one(1),
        still(),
        still(),
    )
    dx, dgamma1, _, dw1, dgamma2, _, dw2, _ = residual.preact_backward(np.array([[1.0]]), cache)
    assert [v.item() for v in (out, dw2, dgamma2, dw1, dgamma1, dx)] == [34, 10, 60, 7.5, 18, 13]
    help_ = find_exercise("preact_backward").help[-1]
    for said in (
        "5, 5, 20, 10, 10, 31, and out = [[34]]",
        "dw2 = [[10]]",
        "dgamma2 = [60]",
        "dw1 = [[7.5]]",
        "dgamma1 = [18]",
        "dx = [[13]]",
    ):
        assert said in help_


def test_the_help_of_the_autocorrelation_is_right():
    r = network.gradient_autocorrelation(lambda x: np.array([1.0, 2.0, 6.0]) * x, np.arange(3.0))
    np.testing.assert_allclose(r, [1, -1 / 14, -6 / 14], atol=1e-8)
    assert "r = [1, −1/14, −6/14]" in find_exercise("gradient_autocorrelation").help[-1]


def test_a_bias_before_batch_norm_gets_nothing():
    """There is no b1: its gradient would be 0 in training, as the hint of `returns_a_db1` says."""
    rng = np.random.default_rng(0)
    a, gamma, beta, dout = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(5, 3))
    db1 = numeric.gradient(lambda b: batchnorm_forward(a + b, gamma, beta, {"mode": "train"})[0], np.zeros(3), dout)
    np.testing.assert_allclose(db1, 0, atol=1e-8)


def test_batch_norm_first_switches_half_the_units_on():
    """As the hint of `bends_before_it_normalises` says, wherever x lies."""
    x = 50 + np.random.default_rng(0).normal(size=(400, 6))
    a, _ = batchnorm_forward(x, np.ones(6), np.zeros(6), {"mode": "train"})
    assert np.mean(a > 0) == pytest.approx(0.5, abs=0.05)


def test_what_one_can_now_derive_is_right():
    """The lines of the last table that say something new: the memory of momentum, and what a step gains."""
    beta = 0.9
    assert sum(beta**k for k in range(1000)) == pytest.approx(1 / (1 - beta))
    w, rate = np.array([1.0, -2.0, 0.5]), 1e-4
    gain = np.sum(w**2) - np.sum((w - rate * 2 * w) ** 2)
    assert gain == pytest.approx(rate * np.sum((2 * w) ** 2), rel=1e-3)
