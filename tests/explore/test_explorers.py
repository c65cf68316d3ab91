"""What each explorer shows, read from its numbers and its still picture, against witnesses; no browser."""

import io
import itertools
import math
from collections import Counter

import numpy as np
import pytest
from matplotlib.image import BboxImage
from matplotlib.lines import Line2D
from PIL import Image

from backprop import activations, chain, data, explore, init, layers, network, optim, scalar
from backprop.explore import deep, still
from backprop.explore.scene import digits


@pytest.fixture(scope="module")
def made():
    """Each explorer as it comes, made once."""
    return {name: getattr(explore, name)() for name in explore.__all__}


def pick(explorer, name, **knobs):
    """An array of the scene at these positions of the controls."""
    return np.asarray(explorer._scene.pick(name, explorer._scene.knobs | knobs))


@pytest.mark.parametrize("name", explore.__all__)
def test_the_still_has_a_panel_for_each_of_the_scene_and_says_what_it_shows(made, name):
    scene, figure = made[name]._scene, made[name].still()
    assert sum(isinstance(artist, BboxImage) for artist in figure.artists) == sum("heat" in p for p in scene.panels)
    lines = [artist for artist in figure.artists if isinstance(artist, Line2D)]
    marked = [line for line in lines if line.get_marker() in ("o", "s", "^") and np.isfinite(line.get_ydata()).any()]
    assert len(marked) >= sum(len(panel.get("points", panel.get("dots", []))) for panel in scene.panels)
    titles = [panel["title"] for panel in scene.panels if panel.get("title")]
    assert [text.get_text() for text in figure.texts if text.get_text() in titles] == titles
    said = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert " ".join(scene.caption.split()) in said and " ".join(scene.say().split()) in said


@pytest.mark.parametrize("name", explore.__all__)
def test_the_panels_of_a_still_picture_stand_on_the_page_and_apart(made, name):
    panels = made[name]._scene.panels
    corners, wide, high = still.layout(panels)
    boxes = [(x, y, x + panel["width"], y + panel["height"]) for (x, y), panel in zip(corners, panels)]
    assert all(x > 0 and y > 0 and right < wide and below < high for x, y, right, below in boxes)
    assert all(a[2] < b[0] or a[3] < b[1] for a, b in itertools.combinations(boxes, 2))


@pytest.mark.parametrize("name", ["mistake", "plane", "playground"])
def test_the_still_picture_has_the_colour_of_every_cell_where_it_is(made, name):
    scene, file = made[name]._scene, io.BytesIO()
    still.save(made[name].still(), file, still.DPI)
    pixels = np.asarray(Image.open(file).convert("RGB"), int)
    (left, top), panel = still.layout(scene.panels)[0][0], scene.panels[0]
    cells, heat = scene.pick(panel["heat"]["name"]), panel["heat"]
    low, high = heat["range"]
    wanted = 255 * still.colours(*heat["colours"])((cells - low) / (high - low))[..., :3]
    (rows, cols), inside = cells.shape, 0.15 if heat.get("crisp") else 0.5
    y = top + ((np.arange(rows) + inside) * panel["height"] / rows).astype(int)
    x = left + ((np.arange(cols) + inside) * panel["width"] / cols).astype(int)
    off = np.abs(pixels[np.ix_(y, x)] - wanted).max(axis=-1)
    assert np.mean(off < 4) > 0.8  # the others are under points, lines and the cursor


@pytest.mark.parametrize("name", explore.__all__)
def test_at_both_ends_of_every_control_there_is_a_sentence(made, name):
    scene = made[name]._scene
    for control, count in scene.counts.items():
        for position in (0, count - 1):
            said = scene.say(scene.knobs | {control: position})
            assert said and "{" not in said and "nan" not in said


@pytest.mark.parametrize("name", explore.__all__)
def test_the_bytes_are_the_numbers(made, name):
    widget = made[name]
    for array, (axes, whole) in widget._scene.arrays.items():
        (block,) = (block for block in (widget.scene["fixed"], widget.block) if array in block["layout"])
        plan, numbers = block["layout"][array], np.frombuffer(block["data"], "f4")
        assert tuple(plan["axes"]) == tuple(axes) and tuple(plan["shape"]) == whole.shape[len(axes) :]
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(numbers[plan["at"] :][: whole.size], np.ravel(whole).astype("f4"))


@pytest.mark.parametrize("name", explore.__all__)
def test_the_saved_notebook_holds_widget_picture_and_words(made, name):
    bundle, about = made[name]._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/png"].startswith("iVBOR") and made[name]._scene.caption in bundle["text/plain"]
    assert about["image/png"]["alt"] == bundle["text/plain"]


@pytest.mark.parametrize("x, said", [(0.0, "0"), (-1.5, "−1.5"), (1234567, "1.23e6"), (2e-7, "2e−7"), (np.nan, "–"), (1e-100, "1e−100")])  # fmt: skip
def test_digits(x, said):
    assert digits(x) == said


# ----- lesson 01 -----


def test_the_v_of_the_step_size(made):
    central, forward = pick(made["slope"], "error_central"), pick(made["slope"], "error_forward")
    h = pick(made["slope"], "log_h")
    assert central.min() < -9 and -7 < h[central.argmin()] < -4
    assert -9.5 < forward.min() < -6 and -10 < h[forward.argmin()] < -6
    assert central[0] > -2 and central[-1] > -3.5


def test_slope_takes_functions_of_numbers_and_knows_kinks_from_curves():
    widget = explore.slope(lambda x: math.exp(x), x=(0, 1))
    x = np.linspace(0, 1, 49)
    np.testing.assert_allclose(pick(widget, "true", x=20), np.exp(x[20]), rtol=1e-9)
    assert pick(explore.slope(np.abs), "true", x=40) == pytest.approx(1)


def test_paths_cost_more_than_a_sweep_and_find_the_same():
    edges = [("x", "a", 2.0), ("x", "b", 3.0), ("a", "c", 5.0), ("b", "c", 7.0), ("c", "L", 2.0), ("a", "L", 1.0)]
    scene = explore.paths(edges)._scene
    total = chain.sum_over_paths(edges, "x", "L")
    for way in (0, 1):
        assert f"otal {digits(total)}" in scene.say(dict(way=way, step=scene.counts["step"] - 1))
    assert "6 multiplications" in scene.say(dict(way=0, step=scene.counts["step"] - 1))
    assert "8 multiplications" in scene.say(dict(way=1, step=scene.counts["step"] - 1))
    with pytest.raises(ValueError, match="no path leads from 'L' to 'x'"):
        explore.paths(edges, "L", "x")


# ----- lesson 02 -----


class Mine:
    """A learner's Value: a number and its links, and nothing else."""

    def __init__(self, value, links=()):
        self.value, self.links = value, list(links)


def test_graph_steps_through_anybodys_value():
    a, b = Mine(2.0), Mine(-3.0)
    product = Mine(-6.0, [(a, -3.0), (b, 2.0)])
    end = Mine(-4.0, [(product, 1.0), (a, 1.0)])
    scene = explore.graph(end, a=a, b=b)._scene
    said = [scene.say(dict(step=step)) for step in range(scene.counts["step"])]
    assert "Backward into a: −3 · 1 + 1 · 1 = −2." in said and "Backward into b: 2 · 1 = 2." in said
    assert [node["label"] for node in scene.panels[0]["nodes"]].count("×") == 1


def test_graph_finds_the_gradients_of_the_engine():
    x, w = scalar.Value(0.7), scalar.Value(-1.3)
    end = scalar.exp(x * w) + scalar.relu(x) * w + scalar.log(x) / 2
    steps = explore.graph(end, x=x, w=w)._scene.panels[0]["runs"][0]
    shown = {text for step in steps if step["phase"] == "gradient" for text in step["write"].values()}
    assert {digits(g) for g in scalar.backward(end).values()} <= shown


def test_a_graph_that_nobody_can_read_is_refused():
    value = scalar.Value(1.0)
    for _ in range(80):
        value = value + 1.0
    with pytest.raises(ValueError, match="more than 60 values"):
        explore.graph(value)


# ----- lessons 03 to 05 -----


def test_the_hidden_layer_parts_the_classes(made):
    scene = made["plane"]._scene
    last = scene.counts["training"] - 1
    assert "leaves 100% of the points" in scene.say(scene.knobs | dict(training=last))
    assert "leaves 100% of the points" not in scene.say(scene.knobs | dict(training=0))
    assert np.nanmax(np.abs(pick(made["plane"], "a_out"))) <= 1


def test_a_forward_alone_bends_the_plane_as_its_pair_does():
    """To the eye: 300 steps with a slope that is measured end a few 1e-5 away from those with the true one."""
    alone = explore.plane(activations.relu_forward, seed=7)
    pair = explore.plane((activations.relu_forward, activations.relu_backward), seed=7)
    for name in ("share", "a_out", "cut"):
        np.testing.assert_allclose(pick(alone, name), pick(pair, name), atol=1e-3)
    (panel,) = (p for p in alone.scene["panels"] if "bent" in p["title"])
    assert panel["x"][1] >= np.nanmax(pick(alone, "a_out")) > 1.6, "what is not squeezed is seen, too"


def test_activation_shades_where_a_slope_is_wrong():
    def backward(dout, cache):
        return dout * (cache > -2)

    widget = explore.activation(activations.relu_forward, backward)
    (span,) = pick(widget, "spans").reshape(-1, 2)
    np.testing.assert_allclose(span, (-2, 0), atol=0.06)
    assert "They part on 17% of the axis" in widget._scene.say()
    assert (
        "They agree everywhere" in explore.activation(activations.gelu_forward, activations.gelu_backward)._scene.say()
    )


def test_mistake_finds_each_wrong_entry_and_no_other():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=2)
    right = explore.mistake(layers.affine_forward, layers.affine_backward, x, w, b)
    assert "0 of 22 entries are wrong" in right._scene.say()

    def backward(dout, cache):
        dx, dw, db = layers.affine_backward(dout, cache)
        dw[2, 1] *= -1
        return dx, dw, db

    wrong = explore.mistake(layers.affine_forward, backward, x, w, b)
    assert "dw[2, 1]" in wrong._scene.say() and "sign is flipped" in wrong._scene.say()
    assert np.argwhere(pick(wrong, "dw_off")).tolist() == [[2, 1]] and not pick(wrong, "dx_off").any()
    with pytest.raises(ValueError, match=r"db has shape \(3, 2\) but b has shape \(2,\)"):
        explore.mistake(layers.affine_forward, lambda d, c: (*layers.affine_backward(d, c)[:2], d), x, w, b)


# ----- lessons 06 to 09 -----


def test_descent_walks_as_the_optimiser_steps():
    def cautious(w, dw, config):  # takes one rate at a time
        return w - float(config["learning_rate"]) * dw, config

    f, df = data.ravine(20)
    widget = explore.descent(f, df, {"mine": cautious, "SGD": optim.sgd})
    way, w = pick(widget, "way0", rate=9), pick(widget, "start")
    for step in range(5):
        np.testing.assert_allclose(way[step], w)
        w = w - 0.05 * df(w)
    np.testing.assert_allclose(pick(widget, "way1", rate=9), way)
    assert np.isnan(pick(widget, "way0", rate=15)[-1]).all(), "at a rate of 0.3 it should have flown away"


def test_descent_bears_an_optimiser_that_works_in_place():
    def in_place(w, dw, config):
        w -= config["learning_rate"] * dw
        return w, config

    f, df = data.ravine(20)
    widget = explore.descent(f, df, {"mine": in_place, "SGD": optim.sgd})
    np.testing.assert_array_equal(pick(widget, "way0", rate=9), pick(widget, "way1", rate=9))


def test_descent_answers_for_another_start(made):
    widget, frame = explore.descent(), 0
    widget.set_state({"knobs": widget.knobs | {"x": 50, "y": 3}})
    np.testing.assert_allclose(pick(widget, "way0", rate=0)[0], (2.0, -1.7))
    assert widget.frame == frame + 1


@pytest.mark.parametrize("feels", [lambda dw: dw / np.linalg.norm(dw), lambda dw: np.clip(dw, -1, 1)])
def test_no_walker_of_descent_feels_another(feels):
    """An optimiser may look at all its parameters at once, which are those of one start and one rate."""

    def mine(w, dw, config):
        w -= config["learning_rate"] * feels(dw)  # in place, too
        return w, config

    widget, w = explore.descent(optimisers={"mine": mine, "next": optim.sgd}), np.array([-2.5, 1.5])
    np.testing.assert_allclose(pick(widget, "way1", rate=3)[0], w)
    for step in range(5):
        np.testing.assert_allclose(pick(widget, "way0", rate=3)[step], w)
        w = w - 0.005 * feels(data.ravine(20)[1](w))


def came_ahead(widget, monkeypatch):
    """What a browser with nothing gets ahead, where the controls stand: (bound, block), in as many slices as it takes."""
    told, had = [], -1
    monkeypatch.setattr(widget, "send", lambda message, buffers: told.append((message, *buffers)))
    while len(told) > had and (not told or told[-1][0]["next"] == "me"):
        had = len(told)
        widget._heard({"have": [message["ahead"]["bound"] for message, _ in told], "knobs": widget.knobs, "view": "me"})
        assert all(message["next"] is None for message, _ in told[had:-1]), "the last of a slice says so"
    return [(message["ahead"]["bound"], message["ahead"] | {"data": data}) for message, data in told]


def test_the_playground_sends_ahead_first_where_a_key_leads(monkeypatch):
    widget = explore.playground()
    here = widget._scene.asked(widget.knobs)
    bounds = [bound for bound, _ in came_ahead(widget, monkeypatch)]
    depths = [bound["depth"] for bound in bounds if bound["depth"] != here["depth"]]
    assert depths == [0, 2, 11, 3, 4, 5, 6, 7, 8, 9, 10] and len(bounds) == 18
    assert bounds.index(here | {"depth": 11}) < bounds.index(here | {"depth": 3})


def test_descent_sends_ahead_wherever_one_move_may_lead(monkeypatch):
    widget = explore.descent()
    bounds = [bound for bound, _ in came_ahead(widget, monkeypatch)]
    here = widget._scene.asked(widget.knobs)
    assert bounds[:3] == [here | {"surface": 1}, here | {"surface": 2}, here | {"noise": 1}]
    assert all(bound.items() >= {"surface": 0, "rate": 10, "noise": 0}.items() for bound in bounds[3:])
    assert [bound["y"] for bound in bounds[3:10]] == [35, 34, 36, 40, 0, 33, 37]
    assert len(bounds) == 3 + 41 == len({str(bound) for bound in bounds})


@pytest.mark.parametrize("name", ["descent", "playground"])
def test_what_comes_ahead_is_what_would_be_answered(name, monkeypatch):
    widget = getattr(explore, name)()
    for bound, block in came_ahead(widget, monkeypatch)[::7]:
        widget.move(**bound, **{"x": 20} if "y" in bound and "x" not in bound else {})
        numbers = np.frombuffer(block["data"], "f4")
        for array in widget.block["layout"]:
            plan = block["layout"][array]
            shape = *(widget._scene.counts[axis] for axis in plan["axes"]), *plan["shape"]
            table = numbers[plan["at"] :][: math.prod(shape)].reshape(shape)
            there = table[tuple(widget.knobs[axis] for axis in plan["axes"])]
            np.testing.assert_array_equal(there, pick(widget, array).astype("f4"))


def test_a_function_that_fails_elsewhere_does_so_when_the_hand_is_there(monkeypatch):
    def fussy(w, dw, config):
        if np.any(w[..., 0] < -2.55):
            raise ZeroDivisionError
        return w, config

    widget = explore.descent(optimisers={"mine": fussy})
    assert {bound["x"] for bound, _ in came_ahead(widget, monkeypatch)} == {5}, "every row has its left end"
    with pytest.raises(ZeroDivisionError):
        widget.move(x=4)


def test_depth_shows_what_the_library_measures(made):
    x = data.digits()[0][: deep.EXAMPLES] - 0.3
    x, rng = x / np.sqrt(np.mean(x**2)), np.random.default_rng(0)
    weights = [[make(64, 64, rng) for _ in range(100)] for make in deep._inits(None).values()]
    dout = rng.normal(size=x.shape)
    for bend, name in enumerate(("relu", "tanh", "sigmoid")):
        rms, norm, cosine = network.depth_profile(x, weights[2][:20], dout / np.linalg.norm(dout), name)
        knobs = dict(depth=4, bend=bend, init=2, norm=0, skip=0)
        np.testing.assert_allclose(pick(made["depth"], "rms", **knobs)[:21], np.log10(rms), atol=1e-9)
        np.testing.assert_allclose(pick(made["depth"], "gradient", **knobs)[:21], np.log10(norm), atol=1e-9)
        np.testing.assert_allclose(pick(made["depth"], "cosine", **knobs)[:21], cosine, atol=1e-9)


def test_depth_tells_the_story_of_the_lessons(made):
    def told(**knobs):
        return made["depth"]._scene.say(dict(depth=9, bend=0, init=2, norm=0, skip=0) | knobs)

    assert "The gradient arrives. But the layers have forgotten" in told()
    assert "The gradient vanishes" in told(init=0) and "The gradient explodes" in told(norm=1)
    assert "The gradient explodes" in told(skip=1) and "The gradient arrives" in told(skip=2)


def test_depth_takes_ones_own_activation_and_initialisation():
    linear = (lambda x: (x, None), lambda dout, cache: dout)
    widget = explore.depth(linear, lambda m, n, rng: np.eye(m, n))
    assert widget._scene.say().startswith("The gradient arrives. The gradient at the input is 1 times")
    assert init.he_init(2, 2, np.random.default_rng(0)).shape == (2, 2)


def test_a_batch_of_one_is_its_own_mean(made):
    widget = made["batchnorm"]
    assert pick(widget, "first", norm=1, batch=0) == pytest.approx(0)
    assert pick(widget, "wobble", norm=1, batch=1) > pick(widget, "wobble", norm=1, batch=6) > 0
    assert pick(widget, "wobble", norm=0, batch=1) == 0
    assert pick(widget, "size", norm=1, gain=8, batch=6) == pytest.approx(1, abs=0.01)
    assert "Who else is in the batch" in widget._scene.say(dict(norm=1, gain=4, batch=1))


@pytest.mark.parametrize("name", ["graph", "paths"])
def test_the_still_picture_has_the_slope_of_every_edge(made, name):
    widget = made[name]
    (panel,) = widget._scene.panels
    slopes = [edge.get("label") for edge in panel["edges"]]
    for step in panel["runs"][0]:
        for edge, text in step.get("on", {}).items():
            slopes[edge] = text
    shown = [text.get_text() for text in widget.still().texts]
    assert None not in slopes and not Counter(slopes) - Counter(shown)
