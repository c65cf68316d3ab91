"""What lesson 02 says in words, captions and staged help agrees with the code beside it."""

import inspect
import re

import numpy as np
import pytest

from autograder import programs
from autograder.box.counted import Slope
from autograder.lesson import find_exercise, find_lesson
from backprop import chain, graph, numeric
from tests.lessons.reading import names_of, words_of


@pytest.fixture(scope="module")
def lesson_02():
    """Its words, and the names that stand before the cells that measure."""
    return words_of(find_lesson("02")), names_of(find_lesson("02"), until="for count in (5, 50")


def test_prints_the_class_that_the_library_has(lesson_02):
    printed = re.search(r"```python\n(class Value:.*?)```", find_lesson("02").text, re.S)[1]
    assert printed == inspect.getsource(graph.Value)


def test_fills_its_picture(lesson_02):
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


def test_says_what_its_cells_show(lesson_02):
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


def test_recursion_fails_and_a_list_does_not(lesson_02):
    _, names = lesson_02
    assert str(names["found"]).startswith("RecursionError")
    assert len(names["recursive"](names["running_sum"](200), 1.0, {})) == 202
    assert {names["names"][v]: d for v, d in names["recursive"](names["values"]["e"], 1.0, {}).items()}["x"] == 36


def test_a_gradient_costs_a_handful_of_values(lesson_02):
    """Counted: three operations forward and five links back for each pair, and each link is multiplied with once."""
    words, names = lesson_02
    assert "each pair of neighbours takes three operations forward and five links back" in words
    back = find_exercise("backward").reference.backward
    for count in (2, 50, 500):
        end = names["neighbours"]([graph.Value(0.01 * (i % 100)) for i in range(count)])
        steps = back(end)
        for value in steps:
            value.links = [(parent, Slope(partial)) for parent, partial in value.links]
        slopes = [partial for value in steps for _, partial in value.links]
        assert sum(bool(value.links) for value in steps) == 3 * (count - 1) and len(slopes) == 5 * (count - 1)
        assert back(end) == steps and {slope.used for slope in slopes} == {1}


def pictures_of(lesson):
    return "".join(path.read_text() for path in (find_lesson(lesson).folder / "figures").glob("*.svg"))


def test_every_suspect_is_right_on_a_chain():
    names = names_of(find_lesson("02"), until="def telling_program")
    assert names["passed"] == [True] * 5 and "All of them. What tells them apart" in words_of(find_lesson("02"))


def test_the_last_row_of_the_table_is_the_transpose():
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


def test_staged_help_is_right():
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
