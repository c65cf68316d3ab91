"""What a lesson's text says agrees with the code beside it.

Numbers that the text quotes with {n}`…` are computed by the build and cannot disagree; here are
the claims that it makes in words, in captions and in staged help.
"""

import inspect
import json
import math
import re
import timeit
from fractions import Fraction

import numpy as np
import pytest

from autograder import build, judge, programs
from autograder.lesson import find_exercise, find_lesson, folder, lessons
from backprop import activations, chain, data, graph, layers, losses, network, numeric

LESSONS = [pytest.param(lesson, id=lesson.name) for lesson in lessons()]


def names_of(lesson, until=None):
    """The names that stand after the code cells of a lesson's solution have run, up to the cell that holds `until`."""
    namespace = {"__name__": "lesson"}
    for cell in json.loads(build.render(lesson))["cells"]:
        source = "".join(cell["source"])
        if until and until in source:
            break
        if cell["cell_type"] == "code" and "check(" not in source:
            exec(source, namespace)
    return namespace


def words_of(lesson):
    """The text as a reader gets it, with its numbers."""
    cells = json.loads(build.render(lesson))["cells"]
    return " ".join(" ".join("".join(c["source"]).split()) for c in cells if c["cell_type"] == "markdown")


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_number_that_is_quoted_is_computed(lesson):
    assert "{n}" not in build.render(lesson)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_written_as_the_course_is(lesson):
    """Short cells, no shouting, every picture with words for those who do not see it."""
    words = words_of(lesson)
    assert not re.search(r"!(?!\[)", words.replace("!=", "")), "an exclamation mark"
    assert all(len(alternative) > 30 for alternative in re.findall(r"!\[([^\]]*)\]", words))
    for cell in json.loads(build.render(lesson))["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"]["backprop"]["role"] in ("demo", "explore"):
            assert "".join(cell["source"]).count("\n") < 24


def test_04_fills_its_picture():
    """Values, gradients and caption of the worked network, against the reference and against nudging."""
    lesson = find_lesson("04")
    names = names_of(lesson, until="def affine_backward")
    params = {name: names[name] for name in ("w1", "b1", "w2", "b2")}
    loss, grads = network.two_layer_loss(names["x"][None], np.array([names["y"]]), params)
    svg = (lesson.released.parent / "figures" / "network.svg").read_text().replace("−", "-")
    shown = {kind: re.findall(rf'class="{kind}".*?>([-\d.]+)<', svg) for kind in ("value", "gradient")}
    _, values, gradients = svg.partition('class="gradient matrix"')[0].partition('class="value matrix"')
    matrices = {"value": gradients, "gradient": svg.partition('class="gradient matrix"')[2]}
    numbers = {kind: [float(v) for v in re.findall(r">([-\d.]+)<", text)] for kind, text in matrices.items()}
    order = ("w1", "b1", "w2", "b2")
    assert numbers["value"] == [float(v) for name in order for v in params[name].ravel()]
    np.testing.assert_allclose(numbers["gradient"], [v for name in order for v in grads[name].ravel()], atol=1e-9)
    assert [float(v) for v in shown["value"]] == [1, 2, 3, -1, 1, 3, 0, 1, 2, 2, 0.6931] and round(loss, 4) == 0.6931
    assert [float(v) for v in shown["gradient"]] == [-2, 1, -0.5, 0, 1.5, -0.5, -1.5, 1.5, -0.5, 0.5, 1]
    assert names["h"][1] == 0 and not grads["w1"][:, 1].any() and not grads["w2"][1].any()


def test_04_says_what_its_cells_show():
    words, names = words_of(find_lesson("04")), names_of(find_lesson("04"), until="x_train, y_train")
    assert "The second gets −1, which is negative" in words and "each class gets 0.5" in words
    assert "So `dw2[0, 1]` = 3 · 0.5 = 1.5" in words and "`dx[0]` = 1 · −0.5 + 2 · 0 + −1 · 1.5 = −2" in words
    assert "one gradient costs 407,060 forward passes" in words
    assert "is −1 · 1.5 = −1.5 instead of −2" in words.replace("left: −1", "is −1")
    assert "At rate 3: the bias was copied to every row" in words
    assert "`dw[0, 0]` is 1 · 1 + 3 · 2 + 5 · 0 = 7" in words
    dx = activations.relu_backward(np.array([7.0, -2.0]), np.array([-3.0, 5.0]))
    assert "The input is −3 and `dout` is 7" in words and dx.tolist() == [0.0, -2.0]
    assert "The right class has a third, and two thirds are missing: the rate is −0.6667" in words
    np.testing.assert_allclose(losses.softmax_loss(np.zeros((1, 3)), np.array([0]))[1], [[-2 / 3, 1 / 3, 1 / 3]])
    assert names["w2"].max() == names["w2"][1, 0] == 2 and "none is larger" in words
    assert "1,797 handwritten digits" in words and "360 of them kept aside" in words


def test_04_lets_all_suspects_pass_a_test_of_ones():
    names = names_of(find_lesson("04"), until="def telling_inputs")
    assert names["passed"] == [True] * 6 and "All of them. Where every entry is the same" in words_of(find_lesson("04"))


def test_04_reads_the_digits():
    """At least 95 in a hundred, with the cells of the lesson, of digits that were kept aside."""
    names = {"np": np, "data": data, "mine": network, "guess": lambda *_, **__: None}
    for cell in json.loads(build.render(find_lesson("04")))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and ("x_train, y_train" in source or "share =" in source):
            exec(source, names)
    assert names["share"] >= 0.95 and "About 97 in a hundred" in words_of(find_lesson("04"))


@pytest.mark.parametrize(
    "exercise, function, says",
    [
        ("affine_backward", None, "dx[0, 0] = 30; w[1, 0] is multiplied by 2, so dw[1, 0] = 20; db[0] = 10"),
        ("softmax_loss", lambda: losses.softmax_loss(np.zeros((1, 2)), [0]), "0.693, and dx = [-0.5, 0.5]"),
        ("mse_loss", lambda: losses.mse_loss(np.array([3.0, 0]), np.array([1.0, 1])), "2.5, and dx = [2, -1]"),
        ("svm_loss", lambda: losses.svm_loss([[1.0, 3, -2]], [0]), "the loss is 3, and dx = [-1, 1, 0]"),
    ],
)
def test_04_staged_help_is_right(exercise, function, says):
    assert says in find_exercise(exercise).help[-1]
    if function:
        loss, dx = function()
        assert f"{loss:.3g}" in says and json.dumps([float(f"{v:g}") for v in np.ravel(dx)]).replace(".0", "") in says
    else:
        cache = layers.affine_forward([[1.0, 2.0]], [[3.0], [4.0]], np.zeros(1))[1]
        dx, dw, db = layers.affine_backward(np.array([[10.0]]), cache)
        assert (dx[0, 0], dw[1, 0], db[0]) == (30, 20, 10)


# ----- 01: the chain rule -----


def test_01_draws_its_curves_as_measured():
    """Two letters V: where each is lowest, by how much, and with which slopes."""
    words, steps = words_of(find_lesson("01")), [float(f"1e-{k}") for k in range(17)]
    one = [abs(((1.3 + h) * (1.3 + h) * (1.3 + h) - 1.3 * 1.3 * 1.3) / h - 3 * 1.3**2) for h in steps]
    two = [abs(chain.central_difference(lambda x: x * x * x, 1.3, h) - 3 * 1.3**2) for h in steps]
    svg = (find_lesson("01").released.parent / "figures" / "steps.svg").read_text()
    for drawn, errors in zip(re.findall(r'points="(.*?)"', svg), (one, two), strict=True):
        places = [[float(v) for v in place.split(",")] for place in drawn.split()]
        expected = [[750 + 40 * np.log10(h), 75 - 20 * np.log10(error)] for h, error in zip(steps, errors)]
        np.testing.assert_allclose(places, expected, atol=0.51)
    assert int(np.argmin(one)) == 8 and int(np.argmin(two)) == 5
    assert 50 < one[8] / two[5] < 200 and "where its error is a hundredth of that" in words
    np.testing.assert_allclose(one[:5], [3.9 * h + h * h for h in steps[:5]], rtol=1e-3)
    np.testing.assert_allclose(two[:4], [h * h for h in steps[:4]], rtol=1e-3)
    assert all(1e-17 / h < error < 3e-15 / h for h, error in zip(steps[9:16], one[9:16]))
    assert 1.3 + 1e-16 == 1.3 and one[16] == pytest.approx(3 * 1.3**2) and "`1.3 + 1e-16` *is* 1.3" in words
    assert "the neighbour of 1.3 is 2.2e−16 away" in words and "about five times as far as its input: 5.07" in words
    assert (2**-53 * 1.3**3 / (3 * 1.3)) ** 0.5 == pytest.approx(1e-8, rel=0.5) and "near $h = 10^{-8}$" in words


def test_01_multiplies_along_its_chain():
    names, words = names_of(find_lesson("01"), until="def chain_of_three"), words_of(find_lesson("01"))
    assert (names["a"], names["b"], names["c"]) == (2, 4, 2)
    assert "becomes 0.02 in `a`, 0.08 in `b`, and −0.04 in `c`" in words
    assert "= −0.5 \\cdot 4 \\cdot 2 = −4 ." in words
    assert 8 / (2 * 1.51 - 1) ** 2 - 2 == pytest.approx(-0.04, rel=0.02)
    svg = (find_lesson("01").released.parent / "figures" / "chain.svg").read_text()
    for said in (">slope 2<", ">slope 4<", ">slope −0.5<", ">+0.02<", ">+0.08<", ">−0.04<", "2 · 4 · −0.5 = −4"):
        assert said in svg


def test_01_adds_over_its_paths():
    words = words_of(find_lesson("01"))
    edges = [("x", "out", 4 * 0.7), ("x", "v", -1.0), ("v", "out", 4 * 0.3)]
    assert chain.sum_over_paths(edges, "x", "out") == pytest.approx(1.6) and "2.8 − 1.2 = 1.6" in words
    svg = (find_lesson("01").released.parent / "figures" / "paths.svg").read_text()
    for said in (">0.3<", ">0.7<", ">0.84<", "4v = 2.8", "4x = 1.2", "together 1.6"):
        assert said in svg
    cube = [("x", "xxx", 1.7**2)] * 3
    assert chain.sum_over_paths(cube, "x", "xxx") == pytest.approx(chain.cube_slope(1.7))


def test_01_counts_what_explodes():
    """As many paths as places in the formula; and the one sweep that replaces them, against two witnesses."""
    names, words = names_of(find_lesson("01"), until="def relative_error"), words_of(find_lesson("01"))
    for stages in (1, 2, 3, 10):
        assert names["written_out"](stages).count("x") == 2**stages
        assert chain.sum_over_paths(names["stages_in_a_row"](stages), 0, stages) == 2**stages
    assert "its formula has 1,048,576 places" in words and "Twenty factors in place of 1,048,576 products" in words
    assert "would take 40 million million years, three thousand times" in words
    assert 2**100 / 1e9 / 3.156e7 == pytest.approx(3000 * 1.38e10, rel=0.1)
    angle = np.arcsin(np.sqrt(0.3))  # after n stages the value is sin²(2ⁿ angle)
    closed = 2**20 * np.sin(2 * 2**20 * angle) / np.sin(2 * angle)
    assert names["slope"] == pytest.approx(closed, rel=1e-8) and "moves 535,778 times as fast" in words
    assert names["witness"] * names["slope"] < 0 and "Even the sign is wrong" in words
    exact, place = Fraction(1), Fraction(0.3)
    for _ in range(20):
        place, exact = (4 * place * (1 - place)).limit_denominator(10**60), exact * 4 * (1 - 2 * place)
    assert 1e-11 < abs(names["slope"] / float(exact) - 1) < 1e-9 and "stretch it into the tenth digit" in words
    assert abs(names["program"](0.3 + 1e-30j, 20).imag / 1e-30 / names["slope"] - 1) < 1e-13
    nudged = [chain.central_difference(lambda x: names["program"](x, 20), 0.3, 10.0**-k) for k in range(5, 14)]
    assert 1e-8 < min(abs(each / names["slope"] - 1) for each in nudged) < 1e-6 and "kept seven" in words


def test_01_draws_the_line_of_its_checker():
    """Right claims below 1e-8, claims wrong in one of ten thousand entries above 1e-5, in a hundred directions."""
    names = names_of(find_lesson("01"), until="# Take away the #. Which gradients")
    assert names["errors"][0] < 1e-9 and names["errors"][1] == pytest.approx(7e-4, rel=0.1)
    for claim, holds in ((names["right"], lambda e: e < 1e-8), (names["wrong"], lambda e: e > 1e-5)):
        for seed in range(100):
            rng, x = np.random.default_rng(seed), names["x"]
            assert holds(chain.check_gradient(lambda x: np.sin(x).sum(), x, claim, rng))
    assert "near $10^{-11}$; the wrong one by 7e−04" in words_of(find_lesson("01"))


def test_01_is_witnessed():
    """Every reference of the lesson against something that is computed in another way."""
    for draw in judge.draws(find_exercise("sum_over_paths"), judge.public_seed, for_marks=True):
        nodes = sorted({str(node) for here, there, _ in draw.inputs["edges"] for node in (here, there)})
        slopes = np.zeros((len(nodes), len(nodes)))
        for here, there, slope in draw.inputs["edges"]:
            slopes[nodes.index(str(here)), nodes.index(str(there))] += slope
        walks = np.linalg.inv(np.eye(len(nodes)) - slopes)  # 1 + A + A² + …: paths of every length
        total = walks[nodes.index(str(draw.inputs["start"])), nodes.index(str(draw.inputs["end"]))]
        np.testing.assert_allclose(draw.expected["total"], total, atol=1e-9)
    for draw in judge.draws(find_exercise("chain_of_three"), judge.public_seed, for_marks=True):
        slope = numeric.complex_step(lambda x: np.exp(-((3 * x - 1) ** 2)), np.array(draw.inputs["x"], ndmin=1))
        np.testing.assert_allclose(np.ravel(draw.expected["slope"]), slope.ravel(), rtol=1e-7)
    for draw in judge.draws(find_exercise("relative_error"), judge.public_seed, for_marks=True):
        a, b = (np.ravel(draw.inputs[name]).tolist() for name in "ab")
        size = math.hypot(*a) + math.hypot(*b)
        apart = math.hypot(*(p - q for p, q in zip(a, b)))
        assert float(draw.expected["error"]) == pytest.approx(apart / size if size else 0)


@pytest.mark.parametrize(
    "exercise, computes, says",
    [
        ("central_difference", lambda: chain.central_difference(lambda x: x * x, 3, 0.5) == 6, "so the slope is 6"),
        ("chain_of_three", lambda: 2 * (2 * 2) * (1 / 5) == 1.6, "The slope of the whole is 2 · 4 · 1/5 = 1.6"),
        (
            "sum_over_paths",
            lambda: chain.sum_over_paths([("p", "q", 2), ("p", "r", 5), ("q", "s", 3), ("r", "s", -1)], "p", "s") == 1,
            "2 · 3 + 5 · -1 = 1",
        ),
        (
            "relative_error",
            lambda: math.isclose(numeric.relative_error([3, 4], [0, 4]), 1 / 3),
            "The error is 3/9 = 1/3",
        ),
        ("check_gradient", lambda: math.isclose(numeric.relative_error(2, 4), 1 / 3), "|2 - 4| / (2 + 4) = 1/3"),
        (
            "numeric_gradient",
            lambda: np.allclose(chain.numeric_gradient(np.prod, np.array([2.0, 5.0])), [5, 2]),
            "the gradient is [5, 2]",
        ),
    ],
)
def test_01_staged_help_is_right(exercise, computes, says):
    assert says in find_exercise(exercise).help[-1] and computes()


# ----- 02 -----


@pytest.fixture(scope="module")
def lesson_02():
    """Its words, and the names that stand before the cells that measure."""
    return words_of(find_lesson("02")), names_of(find_lesson("02"), until="for count in (50")


def test_02_prints_the_class_that_the_library_has(lesson_02):
    printed = re.search(r"```python\n(class Value:.*?)```", find_lesson("02").text, re.S)[1]
    assert printed == inspect.getsource(graph.Value)


def test_02_fills_its_picture(lesson_02):
    """Values, partials and gradients, against nudging and against another engine."""
    words, names = lesson_02
    svg = (find_lesson("02").released.parent / "figures" / "program.svg").read_text()
    shown = {kind: re.findall(rf'class="{kind}" x.*?>([-\d.]+)<', svg) for kind in ("value", "gradient")}
    values = programs.run(names["program"])
    rates = programs.true_rates(values, "e")
    assert [float(v) for v in shown["value"]] == [v.value for v in values.values()] == [3, 2, 6, 9, 54]
    assert [float(v) for v in shown["gradient"]] == list(rates.values()) == [36, 45, 15, 6, 1]
    assert re.findall(r"<text x=[^>]*>(\d)</text>", svg.partition('class="value" text-anchor')[2]) == list("231196")
    assert names["edges"] == [(names["names"][p], n, d) for n, v in names["values"].items() for p, d in v.links]
    assert numeric.relative_error(36, (names["end_at"](3.001, 2) - names["end_at"](2.999, 2)) / 0.002) < 1e-6
    assert "its gradient is the sum of what comes back from both: 9 and 6 make 15" in words


def test_02_says_what_its_cells_show(lesson_02):
    words, names = lesson_02
    assert "There are 180 edges" in words and len(names["stages"](60)) == 180
    assert chain.sum_over_paths(names["stages"](5), 0, 5) == 32 and "five stages have 32 paths" in pictures_of("02")
    assert chain.reverse_accumulate(names["stages"](60), 60)[0] == 2**60 > 10**18
    assert "36,531 years" in words and 2**60 / 1e6 / (365.25 * 86400) == pytest.approx(36_534, abs=5)
    assert "The sum is 36" in words and chain.sum_over_paths(names["edges"], "x", "e") == 36
    assert chain.reverse_accumulate(names["edges"], "e") == {"x": 36, "a": 15, "y": 45, "b": 6, "e": 1}
    assert "24: the path over `a` *and* `b` is lost" in words
    assert [partial for _, partial in names["square"].links] == [5.0, 5.0] and "Together they make 10" in words
    assert "2: a nudge of `x` arrives twice" in words


def test_02_recursion_fails_and_a_list_does_not(lesson_02):
    _, names = lesson_02
    assert str(names["found"]).startswith("RecursionError")
    assert len(names["recursive"](names["running_sum"](200), 1.0, {})) == 202
    assert {names["names"][v]: d for v, d in names["recursive"](names["values"]["e"], 1.0, {}).items()}["x"] == 36


def test_02_a_gradient_costs_a_handful_of_values(lesson_02):
    """Counted: a link costs one product and one sum. Measured with room: the ratio does not grow with the inputs."""
    _, names = lesson_02
    ratios = []
    for count in (200, 5000):
        inputs = [graph.Value(0.01 * (i % 100)) for i in range(count)]
        end = names["neighbours"](inputs)
        steps = backward_of("02")(end)
        links = sum(len(value.links) for value in steps)
        assert links <= 2 * len(steps)
        ratios.append(shortest(lambda: backward_of("02")(end)) / shortest(lambda: names["neighbours"](inputs)))
    assert max(ratios) < 20 and ratios[1] < 4 * ratios[0]


def backward_of(lesson):
    return find_exercise("backward").reference.backward


def shortest(function):
    return min(timeit.repeat(function, number=1, repeat=5))


def pictures_of(lesson):
    return "".join(path.read_text() for path in (find_lesson(lesson).folder / "figures").glob("*.svg"))


def test_02_every_suspect_is_right_on_a_chain():
    names = names_of(find_lesson("02"), until="def telling_program")
    assert names["passed"] == [True] * 5 and "All of them. What tells them apart" in words_of(find_lesson("02"))


def test_02_the_last_row_of_the_table_is_the_transpose():
    """out = x @ w, number by number: what a sweep brings back to x is what the table and `vjp_affine` say."""
    rng = np.random.default_rng(0)
    x, w, v = rng.normal(size=3), rng.normal(size=(3, 2)), rng.normal(size=2)
    program = {f"x{d}": float(x[d]) for d in range(3)} | {
        f"w{d}{m}": float(w[d, m]) for d in range(3) for m in range(2)
    }
    program |= {f"v{m}": float(v[m]) for m in range(2)} | {"e0": 0.0}
    for number, (d, m) in enumerate(np.ndindex(3, 2)):
        program |= {f"p{number}": ["mul", f"x{d}", f"w{d}{m}"], f"q{number}": ["mul", f"p{number}", f"v{m}"]}
        program[f"e{number + 1}"] = ["add", f"e{number}", f"q{number}"]
    rates = programs.true_rates(programs.run(program), "e6")
    vjp = find_exercise("vjp_affine").reference.vjp_affine
    np.testing.assert_allclose([rates[f"x{d}"] for d in range(3)], v @ w.T)
    np.testing.assert_allclose(vjp(v[None], w), (v @ w.T)[None])
    u = rng.normal(size=3)
    assert v @ (u @ w) == pytest.approx(u @ vjp(v[None], w)[0])


def test_02_staged_help_is_right():
    total = find_exercise("reverse_accumulate").reference.reverse_accumulate
    assert total([("x", "y", 3), ("x", "z", 2), ("y", "z", 10)], "z") == {"x": 32, "y": 10, "z": 1}
    assert "So x = 32, y = 10, z = 1" in find_exercise("reverse_accumulate").help[-1]
    rates = programs.true_rates(programs.run({"x": 5.0, "a": ["mul", "x", "x"], "e": ["add", "a", "x"]}), "e")
    assert rates == {"e": 1, "a": 1, "x": 11} and "x = 1 + 5 + 5 = 11" in find_exercise("backward").help[-1]
    jacobian = find_exercise("numeric_jacobian").reference.numeric_jacobian
    table = jacobian(lambda x: np.array([3 * x[0], x[0] * x[1]]), np.array([2.0, 5.0]))
    np.testing.assert_allclose(table, [[3, 0], [5, 2]], atol=1e-9)
    assert "[[3, 0], [5, 2]]" in find_exercise("numeric_jacobian").help[-1]
    vjp = find_exercise("vjp_affine").reference.vjp_affine
    assert vjp(np.array([[10.0]]), np.array([[3.0], [4.0]])).tolist() == [[30.0, 40.0]]
    links = {"z": [("x", 1.0), ("y", 1.0)], "y": [("x", 1.0)]}
    assert find_exercise("topological_order").reference.topological_order(links, "z") == ["x", "y", "z"]


# ----- 00: welcome -----


def test_00_says_what_its_cells_show():
    words, names = words_of(find_lesson("00")), names_of(find_lesson("00"), until="def cube_slope")
    cube = names["cube"]
    assert (cube(2.001) - cube(2.0)) / 0.001 == pytest.approx(12, rel=1e-3) and "About twelve times as far" in words
    for place, rate in (1.0, 3), (2.0, 12):
        assert chain.cube_slope(place) == rate == pytest.approx((cube(place + 0.001) - cube(place)) / 0.001, rel=2e-3)
        assert f"at {place:g} it is {rate}" in words
    assert cube(10.001) - cube(10.0) == pytest.approx(0.3, rel=1e-3) and "by 0.3" in words
    assert 3 * 10 * 0.001 == pytest.approx(0.03) and chain.cube_slope(10) == 300


def test_00_is_wrong_on_purpose_as_it_says():
    """What the text tells a beginner to write, and to read: marks, a sentence, the reason, help in stages."""
    words = words_of(find_lesson("00"))
    assert "Put `return 3 * x` in its place" in words
    verdict = judge.mark("cube_slope", {"cube_slope": lambda x: 3 * x})
    assert verdict.names == {"slope": False} and verdict.points == 0
    assert re.fullmatch(r"slope is -?[\d.]+; expected -?[\d.]+", verdict.complaints[0])
    assert verdict.diagnosis.startswith("Your slope grows in proportion to `x`") and len(verdict.help) == 3
    assert judge.mark("cube_slope", {"cube_slope": lambda x: 3 * x * x}).points == 2


def test_00_takes_twenty_minutes():
    assert sum(build.minutes(find_lesson("00"))) <= 20


def test_00_staged_help_is_right():
    assert find_exercise("cube_slope").help[-1].endswith("So the slope of x² at 5 is 10.")
    assert chain.central_difference(lambda x: x * x, 5.0) == pytest.approx(10)


def test_lessons_point_to_lessons_that_exist():
    """No promise of what is not there: a lesson that is named by its number can be opened."""
    there = {lesson.name[:2] for lesson in lessons()}
    for lesson in lessons():
        assert set(re.findall(r"lesson (\d\d)", words_of(lesson))) <= there


def test_the_glossary_has_two_sentences_for_each_term():
    entries = re.findall(
        r"^\*\*.+?\*\* \(\d\d\)\. (.+?)(?=\n\n|\Z)", (folder("lessons") / "glossary.md").read_text(), re.M | re.S
    )
    assert len(entries) >= 7
    for entry in entries:
        assert len(re.findall(r"[.](?:\s|$)", entry)) == 2, entry
