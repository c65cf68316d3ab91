"""Explorers where something is missing, in a kernel, in a saved notebook, in nbgrader and in the box."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder import judge
from autograder.box import Limits, Sandbox
from backprop import explore
from backprop.explore import live, widget

LIBRARY = Path(explore.__file__).parent.parent
ALL = [f"explore.{name}()" for name in explore.__all__]


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.py")), ids=lambda path: path.name)
def test_nothing_else_in_the_library_imports_explore(path):
    assert not re.search(r"(import|from) .*\bexplore\b", path.read_text())


def test_importing_loads_no_widget_and_no_picture():
    script = "import sys; from backprop import explore; print([m for m in ('anywidget', 'ipywidgets', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


def test_nothing_is_fetched():
    text = live.source() + live.Explorer._css
    assert re.findall(r"https?://\S+?(?=')", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"\b(fetch|import|XMLHttpRequest|WebSocket|eval)\b\s*\(|@import|@font-face|url\((?!#)", text)


def without(monkeypatch, *names):
    find = widget.importlib.util.find_spec
    monkeypatch.setattr(widget.importlib.util, "find_spec", lambda name: None if name in names else find(name))


def test_without_anywidget_there_is_a_picture_and_a_remark(monkeypatch):
    without(monkeypatch, "anywidget")
    shown = explore.slope()
    bundle, _ = shown._repr_mimebundle_()
    assert "install anywidget" in bundle["text/plain"] and "image/png" in bundle
    assert shown.still().texts and "turns into the tangent" in repr(shown)


def test_without_matplotlib_there_are_words(monkeypatch):
    without(monkeypatch, "anywidget", "matplotlib")
    bundle, _ = explore.depth()._repr_mimebundle_()
    assert list(bundle) == ["text/plain"] and "The gradient vanishes" in bundle["text/plain"]


def test_a_cell_that_runs_again_closes_what_it_showed_before(monkeypatch):
    parent = {}
    monkeypatch.setattr(live, "_parent", lambda: parent)

    def run(cell, number):
        parent.update(metadata={"cellId": cell}, header={"msg_id": number})
        return explore.graph(), explore.graph()

    (first, beside), (again, _), (other, _) = run("a", 1), run("a", 2), run("b", 3)
    assert first.comm is None and beside.comm is None and again.comm is not None and other.comm is not None


# ----- a notebook, executed -----


@pytest.fixture(scope="module")
def executed():
    """All explorers in a notebook, run to the end as a front end would have it run and saved."""
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(source) for source in ("from backprop import explore", *ALL)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook


def test_the_notebook_stores_every_widget(executed):
    state = executed.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    for cell in executed.cells[1:]:
        view = cell.outputs[0].data["application/vnd.jupyter.widget-view+json"]
        stored = state[view["model_id"]]
        assert "_esm" in stored["state"]
        assert [each["path"] for each in stored["buffers"]] == [["block", "data"], ["scene", "fixed", "data"]]


def test_every_output_has_its_picture_and_its_words(executed):
    for cell in executed.cells[1:]:
        (output,) = cell.outputs
        assert {"image/png", "text/plain"} <= set(output.data) and len(output.data["text/plain"]) > 60


def test_a_page_without_widgets_shows_the_pictures(executed):
    from nbconvert import HTMLExporter

    bare = nbformat.from_dict(json.loads(json.dumps(executed)))
    del bare.metadata["widgets"]
    page, _ = HTMLExporter().from_notebook_node(bare)
    pictures = re.findall(r"<img[^>]*data:image/png", page)
    assert len(pictures) == len(ALL)


def test_nbgrader_validates_a_notebook_with_explorers(tmp_path):
    path = tmp_path / "n.ipynb"
    grade = dict(grade=True, solution=False, locked=False, task=False, points=1, grade_id="one", schema_version=3)
    cells = [nbformat.v4.new_code_cell(source) for source in ("from backprop import explore", *ALL, "assert 1")]
    cells[-1].metadata["nbgrader"] = grade
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    command = [sys.executable, "-m", "nbgrader", "validate", str(path)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "Success! Your notebook passes all the tests." in run.stdout, run.stdout + run.stderr


# ----- the box -----

CELLS = [
    "from backprop import explore",
    *ALL,
    "w = explore.depth(lambda x: x); w.move(depth=3).still(); w.knobs",
]


def test_a_notebook_with_explorers_runs_to_the_end_in_the_box(walls):
    with Sandbox([], "safe", limits=Limits(cpu=2.0, wall=60.0)) as sandbox, sandbox.box() as box:
        assert list(box.run_all([(source, "a cell") for source in CELLS])) == [(None, True)] * len(CELLS)


def test_where_cells_are_shown_an_explorer_is_its_picture(walls):
    with Sandbox(None, "safe", limits=Limits(cpu=10.0, wall=60.0)) as sandbox:
        _, shown = judge.outputs(["from backprop import explore", "explore.slope()"], sandbox)
    assert shown.raised is None and "turns into the tangent" in shown.result
    assert shown.figures[0].startswith(b"\x89PNG")
