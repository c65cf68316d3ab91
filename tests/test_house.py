"""The house is in order: what imports what, what a wheel carries, one list of packages."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LIBRARY = sorted((ROOT / "lib").rglob("*.py"))
ENGINE = sorted((ROOT / "autograder").rglob("*.py"))
STANDARD_BOX = ["__init__.py", "frames.py", "world.py", "inert.py"]


def imported(path, top_level_only=False):
    tree = ast.parse(path.read_text())
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.name)
def test_the_library_imports_numpy_and_itself_alone(path):
    if "explore" in path.parts:
        return
    alone = {"numpy", "backprop"} | set(sys.stdlib_module_names)
    assert set(imported(path, top_level_only=True)) <= alone
    assert set(imported(path)) <= alone | {"tqdm"}  # a progress bar, where it is installed


IMPORT_ALONE = """
import sys
class NothingElse:
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource", "pwd", "grp", "nbgrader", "nbformat", "jupytext", "click", "matplotlib"):
            raise ImportError(name)
sys.meta_path.insert(0, NothingElse())
import os
del os.fork
from autograder import check, guess, quiz
check("affine_backward")
guess("a", 1)
quiz("what_dx_sums", "a")
"""


def test_check_needs_numpy_only_and_no_unix():
    run = subprocess.run([sys.executable, "-c", IMPORT_ALONE], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "affine_backward is not defined" in run.stdout


def test_importing_the_autograder_loads_little():
    script = (
        "import sys, autograder; print([m for m in ('nbgrader', 'click', 'IPython', 'jupytext') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", STANDARD_BOX)
def test_the_box_itself_is_standard_library(name):
    path = ROOT / "autograder" / "box" / name
    assert set(imported(path)) <= set(sys.stdlib_module_names) | {"autograder", "backprop"}


def test_environment_yml_lists_no_package_of_its_own():
    text = (ROOT / "environment.yml").read_text()
    assert re.findall(r"^  - (.+)$", text, re.M)[1:] == [
        f"python{PYPROJECT['project']['requires-python']}",
        "pip",
        "pip:",
    ]
    (extras,) = re.findall(r"- -e \.\[(.+)\]", text)
    assert extras.split(",") == ["lab", "grade", "scale", "test"]
    assert set(extras.split(",")) <= set(PYPROJECT["project"]["optional-dependencies"])


def test_make_installs_the_same_extras():
    (extras,) = re.findall(r"^EXTRAS\s*:=\s*(\S+)$", (ROOT / "Makefile").read_text(), re.M)
    assert f"- -e .[{extras}]" in (ROOT / "environment.yml").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_a_wheel_carries_lessons_and_course(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "backprop/layers.py",
        "backprop/datasets/digits.npz",
        "backprop/datasets/places.txt",
        "autograder/box/inside.py",
        "autograder/lessons/04_backward_pass/lesson.md",
        "autograder/lessons/04_backward_pass/affine_backward.py",
        "autograder/course/04_backward_pass/04_backward_pass.ipynb",
        "autograder/course/04_backward_pass/figures/affine.svg",
    ):
        assert needed in names
    assert not [n for n in names if n.startswith(("tests", "solutions", "classroom", "autograder/solutions"))]


def test_an_installed_wheel_checks_and_copies_the_course(wheel, tmp_path):
    """Without a checkout: `check` answers, and `backprop lab` has notebooks to open."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "import autograder; assert 'site' in autograder.__file__, autograder.__file__\n"
        "autograder.check('relu_backward')\n"
        "from autograder.lab import command; print(command([])[3])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "relu_backward is not defined" in run.stdout and f"root_dir={tmp_path / 'my-course'}" in run.stdout
    assert (tmp_path / "my-course" / "04_backward_pass" / "04_backward_pass.ipynb").exists()


def test_a_learners_copy_is_never_overwritten(tmp_path):
    from autograder.lab import copy_course

    mine = tmp_path / "04_backward_pass" / "04_backward_pass.ipynb"
    copy_course(tmp_path)
    mine.write_text("my work")
    copy_course(tmp_path)
    assert mine.read_text() == "my work"


def test_every_folder_for_readers_has_its_readme():
    for folder in ("", "lessons", "course", "solutions", "lib", "autograder", "tests"):
        text = (ROOT / folder / "README.md").read_text()
        assert len(text.split()) > 20, f"{folder}/README.md says nothing"


def test_readme_shows_an_example_that_works():
    """The ten lines on the README's first screen, run, with the answer that stands in their comment."""
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    said = [line.split("# ", 1)[1] for line in block.splitlines() if line.startswith("# ")]
    run = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    printed = re.sub(r"-?\d+\.\d+", "…", run.stdout)
    assert said and [re.sub(r"-?\d+\.\d+", "…", line) for line in said] == printed.splitlines()
