"""Numbers that a text quotes."""

import numpy as np
import pytest

from autograder.quote import Numbers


@pytest.fixture
def numbers():
    found = Numbers()
    found.run("import numpy as np\na = np.array([1.0, -2.5, -0.0])\nprint('nobody sees this')")
    return found


@pytest.mark.parametrize(
    "text, says",
    [
        ("no number", "no number"),
        ("{n}`a[0]:g` and {n}`a[1]:.2f`", "1 and −2.50"),
        ("{n}`a[2]:g`, {n}`-1e-9:.1f`, {n}`-0.5:.0f`", "0, 0.0, 0"),
        ("{n}`1234567:,`", "1,234,567"),
        ("`{n}` alone is text", "`{n}` alone is text"),
    ],
)
def test_an_expression_becomes_its_value(numbers, text, says, capsys):
    assert numbers.put(text) == says and capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["{n}`b`", "{n}`a[7]`", "{n}`a[0]:nonsense`", "{n}`)`"])
def test_what_cannot_be_computed_stops_the_build(numbers, text):
    with pytest.raises(ValueError, match="the text quotes"):
        numbers.put(text)


def test_names_are_those_of_the_cells_so_far(numbers):
    numbers.run("a = np.ones(1)")
    assert numbers.put("{n}`a[0]:g`") == "1" and isinstance(numbers.names["a"], np.ndarray)
