"""Networks: gradients against nudging, fast against clear, one's own functions in their place; and the instruments."""

import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from backprop import activations, data, fast, losses, network, numeric, optim
from backprop.network import (
    ARMS,
    MLP,
    CharRNN,
    ConvNet,
    DeepMLP,
    ResidualMLP,
    clear,
    depth_profile,
    jacobian_singular_values,
)

RNG = np.random.default_rng(0)


def pictures(n, *shape):
    return RNG.normal(size=(n, *shape)), RNG.integers(4, size=n)


TEXT = RNG.integers(7, size=(5, 6))
EACH = {
    "MLP": (lambda **kind: MLP([6, 9, 8, 4], **kind), pictures(5, 6)),
    "MLP, tanh": (lambda **kind: MLP([6, 9, 4], activation="tanh", **kind), pictures(5, 6)),
    "ConvNet": (lambda **kind: ConvNet((2, 8, 4), (3, 5), 4, **kind), pictures(3, 2, 8, 4)),
    "CharRNN": (lambda **kind: CharRNN(7, 3, 5, **kind), (TEXT[:, :-1], np.where(TEXT[:, 1:] == 2, -1, TEXT[:, 1:]))),
    "ResidualMLP": (lambda **kind: ResidualMLP((6, 8, 4), 4, **kind), pictures(7, 6)),
    "ResidualMLP, preact": (lambda **kind: ResidualMLP((6, 8, 4), 4, preact=True, **kind), pictures(7, 6)),
    **{arm: (lambda arm=arm, **kind: DeepMLP((6, 8, 4), 3, **ARMS[arm], **kind), pictures(7, 6)) for arm in ARMS},
}
NETWORKS = pytest.mark.parametrize("name", EACH)


@NETWORKS
@pytest.mark.parametrize("functions", [clear, fast], ids=["clear", "fast"])
def test_gradients_are_what_nudges_see(name, functions):
    make, (x, y) = EACH[name]
    net = make(functions=functions)
    net.weights += 0.05 * RNG.normal(size=net.weights.shape)  # biases too
    start = net.weights.copy()
    net.loss(x, y)
    gradient = net.gradient.copy()

    def loss_at(weights):
        net.weights[...] = weights
        return net.loss(x, y)[0]

    assert numeric.directional_error(loss_at, start, gradient, np.random.default_rng(0)) < 1e-7
    assert np.abs(gradient).max() > 0


@NETWORKS
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_fast_trains_as_clear_does(name, dtype, tolerance):
    make, (x, y) = EACH[name]
    runs = []
    for functions in (clear, fast):
        net, config = make(functions=functions, dtype=dtype), {"learning_rate": 0.05}
        found = [net.step(x, y, functions.sgd_momentum, config)[0] for _ in range(4)]
        assert net.weights.dtype == net.gradient.dtype == net.scores(x).dtype == dtype
        runs.append((found, net.weights, net.scores(x)))
    for a, b in zip(*runs):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    assert runs[0][0][0] > runs[0][0][-1]


@NETWORKS
def test_parameters_have_names(name):
    make, (x, y) = EACH[name]
    net = make()
    loss, grads = net.loss(x, y)
    assert grads.keys() == net.params.keys() and all(grads[k].shape == net.params[k].shape for k in grads)
    assert sum(p.size for p in net.params.values()) == net.weights.size
    net.params["w1" if "w1" in net.params else "W"][0] = 7.0
    assert 7.0 in net.weights and np.ndim(loss) == 0


def test_ones_own_functions_are_used_where_there_are_pairs():
    calls = []

    def affine_forward(x, w, b):
        calls.append("mine")
        return x @ w + b, (b, w, x)  # another cache than the library's

    def affine_backward(dout, cache):
        _, w, x = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)

    x, y = EACH["MLP"][1]
    alone = SimpleNamespace(affine_forward=affine_forward, relu_forward=lambda x: 1 / 0)
    both = SimpleNamespace(affine_forward=affine_forward, affine_backward=affine_backward)
    want = MLP([6, 9, 4]).loss(x, y)[0]
    assert MLP([6, 9, 4], functions=alone).loss(x, y)[0] == want and not calls
    assert MLP([6, 9, 4], functions=both).loss(x, y)[0] == want and calls == ["mine", "mine"]
    with pytest.raises(AttributeError, match="there is no swoosh_forward with its swoosh_backward"):
        MLP([6, 9, 4], activation="swoosh")


def test_two_layer_scores_are_those_of_the_loss():
    x, y = pictures(5, 2, 3)
    params = {
        "w1": RNG.normal(size=(6, 3)),
        "b1": RNG.normal(size=3),
        "w2": RNG.normal(size=(3, 4)),
        "b2": RNG.normal(size=4),
    }
    scores = network.two_layer_scores(x, params)
    by_hand = np.maximum(x.reshape(5, 6) @ params["w1"] + params["b1"], 0) @ params["w2"] + params["b2"]
    np.testing.assert_allclose(scores, by_hand)
    assert losses.softmax_loss(scores, y)[0] == network.two_layer_loss(x, y, params)[0]


def test_blocks_are_what_the_arms_say():
    x, _ = pictures(7, 6)
    outs = {}
    for arm, switches in ARMS.items():
        net = DeepMLP((6, 6, 4), 4, **switches)
        h = net.layers[0].forward(x)[0]
        outs[arm], relu = net.layers[1].forward(h)[0], np.maximum(h @ net.params["w2"], 0)
    np.testing.assert_allclose(outs["plain"], relu)
    np.testing.assert_allclose(outs["residual"], h + relu)
    np.testing.assert_allclose(outs["scaled residual"], h + relu / 2)
    np.testing.assert_allclose(outs["batch norm and residual"], h + outs["batch norm"])
    pre = h @ net.params["w2"]
    np.testing.assert_allclose(outs["batch norm"], np.maximum((pre - pre.mean(0)) / np.sqrt(pre.var(0) + 1e-5), 0))


@pytest.mark.parametrize("preact", [False, True])
def test_residual_blocks_are_ones_own(preact):
    """Every block calls the pair that it is given, and is what the pair says; a scale of 0 makes it the identity."""
    name, calls = "preact" if preact else "residual", []

    def counted(kind):
        return lambda *args: calls.append(kind) or getattr(clear, f"{name}_{kind}")(*args)

    own = SimpleNamespace(**{f"{name}_{kind}": counted(kind) for kind in ("forward", "backward")})
    x, y = pictures(7, 6)
    net, twin = (ResidualMLP((6, 8, 4), 6, preact, functions=functions) for functions in (own, clear))
    assert net.loss(x, y)[0] == twin.loss(x, y)[0] and calls == 3 * ["forward"] + 3 * ["backward"]
    np.testing.assert_array_equal(net.gradient, twin.gradient)
    assert ("b2" in net.params, "b3" in net.params, "gamma2" in net.params) == (not preact, True, preact)
    assert len(net.bn_params) == 6 * preact and all("running_mean" in p for p in net.bn_params)
    half = ResidualMLP((6, 8, 4), 6, preact, scale=0.5)
    for i in range(1, 9):
        np.testing.assert_array_equal(half.params[f"w{i}"], (0.5 if i in (3, 5, 7) else 1) * net.params[f"w{i}"])
    silent, h = ResidualMLP((6, 8, 4), 6, preact, scale=0), RNG.normal(size=(7, 8))
    assert all((layer.forward(h)[0] == h).all() for layer in silent.layers[1:-1]) and len(silent.layers) == 5


def test_a_deep_network_of_fast_blocks_is_that_of_clear_layers():
    """A block of the pair equals the layers in a row with a skip around them."""
    h = RNG.normal(size=(7, 8))
    net = ResidualMLP((6, 8, 4), 2)
    p, out = net.params, net.layers[1].forward(h)[0]
    np.testing.assert_allclose(out, h + np.maximum(h @ p["w2"] + p["b2"], 0) @ p["w3"] + p["b3"])


def test_slopes_remember():
    """A cosine, the slope of a sine, goes together with itself as a cosine does, and fades with what is left of the line."""
    xs = np.linspace(0, 80 * np.pi, 4000, endpoint=False)
    r = network.gradient_autocorrelation(np.sin, xs)
    np.testing.assert_allclose(r[:400], np.cos(xs[:400]) * (1 - np.arange(400) / 4000), atol=0.01)
    assert r[0] == 1 and len(r) == 4000
    noise = np.random.default_rng(0).normal(size=4000)
    assert np.abs(network.gradient_autocorrelation(lambda x: noise * x, xs)[1:50]).max() < 0.1


def test_scores_are_those_of_the_running_statistics():
    x, y = pictures(40, 6)
    for functions in (clear, fast):
        net = DeepMLP((6, 8, 4), 3, batch_norm=True, functions=functions)
        for _ in range(200):
            net.loss(x, y)
        by_batch = net._forward(x, "train")[0][-1]
        np.testing.assert_allclose(net.scores(x), by_batch, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(net.scores(x[:1]), net.scores(x)[:1])  # an example alone is scored as in company


@pytest.mark.parametrize("functions", [clear, fast], ids=["clear", "fast"])
def test_it_learns_digits(functions, capsys):
    (x, y), test = training_and_test()
    net = MLP([64, 32, 10], functions=functions)
    history = net.train(x, y, epochs=6, config={"learning_rate": 0.05}, rng=1, test=test, progress=False)
    assert history["accuracy"][-1] > 0.9 and len(history["accuracy"]) == 6
    assert len(history["loss"]) == 6 * -(-len(x) // 64) and history["loss"][-1] < history["loss"][0] / 4
    assert capsys.readouterr() == ("", "")
    history = net.train(x, y, update=optim.adam, config={"learning_rate": 1e-3}, progress=False)
    assert history["accuracy"] == [] and np.mean(history["loss"]) < 0.5


def training_and_test():
    x, y, xtest, ytest = data.digits()
    return (x.reshape(len(x), -1), y), (xtest.reshape(len(xtest), -1), ytest)


def test_a_progress_bar_where_tqdm_is(monkeypatch):
    x, y = EACH["MLP"][1]
    made = []
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=lambda epochs, **how: made.append(how) or epochs))
    MLP([6, 4]).train(x, y, epochs=2)
    assert made == [{"disable": False, "unit": "epoch"}]
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(MLP([6, 4]).train(x, y, epochs=2)["loss"]) == 2


def test_a_character_network_learns_a_rhyme():
    text = np.array([[0, 1, 2, 3] * 4])
    net, config = CharRNN(4, 3, 12, functions=fast), {"learning_rate": 0.02}
    for _ in range(150):
        _, config = net.step(text[:, :-1], text[:, 1:], optim.adam, config)
    assert net.accuracy(text[:, :-1], text[:, 1:]) == 1.0
    assert net.sample(1, 5, np.random.default_rng(0)) == [1, 2, 3, 0, 1]


@pytest.mark.parametrize("activation", ["tanh", "relu", (activations.silu_forward, activations.silu_backward)])
def test_depth_profile(activation):
    x, ws = RNG.normal(size=(4, 3)), [RNG.normal(size=s) for s in [(3, 9), (9, 8), (8, 6)]]
    dout = RNG.normal(size=(4, 6))
    forward = activation[0] if isinstance(activation, tuple) else getattr(activations, f"{activation}_forward")

    def outs(h, ws):
        return [h, *(h := forward(h @ w)[0] for w in ws)]

    values = outs(x, ws)
    rms, gradient_norm, cosine = depth_profile(x, ws, dout, activation)
    assert len(rms) == len(gradient_norm) == len(cosine) == 4
    for i, h in enumerate(values):
        assert rms[i] == pytest.approx(np.sqrt((h**2).mean()))
        nudged = numeric.gradient(lambda h: outs(h, ws[i:])[-1], h, dout)
        assert gradient_norm[i] == pytest.approx(np.linalg.norm(nudged), rel=1e-6)
        unit = [row / max(np.linalg.norm(row), 1e-300) for row in h]
        assert cosine[i] == pytest.approx(np.mean([unit[a] @ unit[b] for a in range(4) for b in range(4) if a != b]))
    assert np.isnan(depth_profile(x[:1], ws, dout[:1], "tanh")[2]).all()
    np.testing.assert_array_equal(depth_profile(0 * x, ws, dout, "relu")[2], 0)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", (activations.silu_forward, activations.silu_backward)])
def test_jacobian_singular_values(activation):
    """Against the Jacobian that nudging measures, and what is known of orthogonal matrices."""
    x, ws = RNG.normal(size=5), [RNG.normal(size=s) for s in [(5, 7), (7, 6), (6, 4)]]
    forward = activation[0] if isinstance(activation, tuple) else getattr(activations, f"{activation}_forward")

    def out(x):
        for w in ws:
            x, _ = forward(x @ w)
        return x

    columns = [numeric.gradient(out, x, unit) for unit in np.eye(4)]
    values = jacobian_singular_values(x, ws, activation)
    np.testing.assert_allclose(values, np.linalg.svd(np.array(columns), compute_uv=False), rtol=1e-5, atol=1e-8)
    orthogonal = [np.linalg.qr(RNG.normal(size=(6, 6)))[0] for _ in range(8)]
    np.testing.assert_allclose(jacobian_singular_values(1e-4 * RNG.normal(size=6), orthogonal, "tanh"), 1, atol=1e-6)


def test_a_deep_network_takes_another_bend_and_other_weights():
    net = DeepMLP((6, 8, 4), 3, activation="tanh", init=lambda m, n, rng: np.full((m, n), 0.1))
    x = RNG.normal(size=(5, 6))
    h = x @ np.full((6, 8), 0.1)
    for _ in range(3):
        h = np.tanh(h @ np.full((8, 8), 0.1))
    np.testing.assert_allclose(net.scores(x), h @ np.full((8, 4), 0.1))


@NETWORKS
@pytest.mark.parametrize("functions", [clear, fast], ids=["clear", "fast"])
def test_profile_and_input_gradient(name, functions):
    make, (x, y) = EACH[name]
    net = make(functions=functions)
    if name == "CharRNN":
        assert net.input_gradient(x, y) is None  # characters are integers
        return
    rms, gradient_norm, cosine = net.profile(x, y)
    assert len(rms) == len(gradient_norm) == len(cosine) == len(net.layers) + 1
    dx = net.input_gradient(x, y)
    assert dx.shape == x.shape and gradient_norm[0] == pytest.approx(np.linalg.norm(dx))
    assert numeric.directional_error(lambda x: net.loss(x, y)[0], x, dx, np.random.default_rng(0)) < 1e-7


if find_spec("torch"):

    @pytest.mark.parametrize("arm", ARMS)
    def test_deep_networks_train_as_in_torch(arm):
        from benchmarks import steps

        x, y = pictures(16, 6)
        ours = DeepMLP((6, 8, 4), 3, functions=fast, **ARMS[arm])
        theirs = steps.torch_step(steps.torch_deep(DeepMLP((6, 8, 4), 3, **ARMS[arm]), 3, **ARMS[arm]), x, y)
        config = dict(steps.CONFIG)
        mine = [ours.step(x, y, fast.sgd_momentum, config)[0] for _ in range(5)]
        np.testing.assert_allclose(mine, [theirs() for _ in range(5)], rtol=1e-9)

    def test_a_conv_net_trains_as_in_torch():
        from benchmarks import steps

        x, y = pictures(6, 1, 8, 8)
        ours = ConvNet((1, 8, 8), (3, 5), 4, functions=fast)
        theirs = steps.torch_step(steps.torch_conv(ConvNet((1, 8, 8), (3, 5), 4)), x, y)
        config = dict(steps.CONFIG)
        mine = [ours.step(x, y, fast.sgd_momentum, config)[0] for _ in range(5)]
        np.testing.assert_allclose(mine, [theirs() for _ in range(5)], rtol=1e-9)
