"""What a student's cells show, run in the box for the page alone."""

import pytest

from autograder import judge
from autograder.box import Limits, Sandbox, _shown
from autograder.box.shown import LONG, MANY
from autograder.gradebook.writing import marked


@pytest.fixture(scope="module")
def shows(walls):
    """Run cells, and get what they show."""
    with Sandbox(None, "safe", limits=Limits(cpu=1.0, wall=20.0)) as sandbox:
        yield lambda *cells: judge.outputs(cells, sandbox)


def test_text_results_and_reasons(shows):
    first, second, third, *rest = shows(
        "print('a')\nx = 3\nx", "display(x)\nx;", "import sys\nsys.stderr.write('b')\n1 / 0", "%magic\nx", None, "None"
    )
    assert (first.text, first.result, first.raised) == ("a\n", "3", None)
    assert (second.text, second.result) == ("3\n", None)
    assert third.text == "b" and third.raised.startswith("raised ZeroDivisionError")
    assert rest[0].result == "3" and rest[1] is None and rest[2].result is None


def test_the_whole_library_is_there(shows):
    cells = "from backprop import data, layers, numeric", "len(data.digits()[0])", "from autograder import mine"
    assert [each.raised for each in shows(*cells)] == [None] * 3
    (found,) = shows("from autograder import mine, check\ncheck('relu_backward')\nmine.relu_backward(2.0, 1.0)")
    assert found.result == "2.0" and found.text == ""


def test_a_cell_that_ends_the_process_or_takes_too_long_costs_itself(shows):
    kept, ended, endless, again = shows("x = 5", "import os\nos._exit(3)", "while True: print('y')", "x")
    assert not ended.survived and "exit code 3" in ended.raised
    assert not endless.survived and "computing time" in endless.raised
    assert again.result == "5"


def test_more_than_anybody_reads_is_cut(shows):
    (found,) = shows("print('z' * 10**6)\n'w' * 10**6")
    assert len(found.text) == LONG and len(found.result) == LONG


def test_a_figure_is_a_png(shows):
    pytest.importorskip("matplotlib")
    (found,) = shows("import matplotlib.pyplot as plt\nfor n in range(9):\n    plt.figure()\nplt.plot([1, 2]);")
    assert found.raised is None and len(found.figures) == MANY
    assert all(figure.startswith(b"\x89PNG") for figure in found.figures)


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.mark.parametrize(
    "header, blobs, figures",
    [
        ({"raised": None, "text": "", "result": None}, [PNG, b"<svg onload=alert(1)>", PNG * 10**5], [PNG]),
        ({"raised": [1], "text": {"a": 1}, "result": 3}, [], []),
        ({"raised": None, "text": "\ud800", "result": "\udfff"}, [PNG] * 100, [PNG] * MANY),
    ],
)
def test_whatever_comes_out_is_text_and_pictures(header, blobs, figures):
    found = _shown(header, blobs)
    assert list(found.figures) == figures
    assert isinstance(found.text, str) and found.text.encode() is not None
    cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell | {"id": "a"}]}
    outputs = marked(notebook, {}, [found]).cells[0].outputs
    assert {mime for out in outputs for mime in out.get("data", {})} <= {"text/plain", "image/png"}


def test_no_control_characters_reach_a_page():
    found = _shown({"raised": None, "text": "\x1b[31mred\u202e", "result": "\x00"}, [])
    cell = {"cell_type": "code", "id": "a", "source": "", "metadata": {}, "outputs": [], "execution_count": None}
    outputs = (
        marked({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}, {}, [found]).cells[0].outputs
    )
    assert outputs[0].text == "\ufffd[31mred\ufffd" and outputs[1].data["text/plain"] == "\ufffd"
