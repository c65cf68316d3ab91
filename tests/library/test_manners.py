"""Manners of the library: what its modules load, how long its functions are, what its docstrings say."""

import ast
import builtins
import dis
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import backprop
from tests.library.table import PAIRS

CLEAR = ["activations", "attention", "chain", "conv", "data", "init", "layers", "losses", "norm", "optim", "recurrent"]
CLEAR += ["residual"]
MODULES = {name: importlib.import_module(f"backprop.{name}") for name in CLEAR}
PUBLIC = [(name, f) for name, module in MODULES.items() for f in module.__all__]
HEAVY = ("matplotlib", "ipywidgets", "nbgrader", "IPython", "autograder", "torch")


def test_importing_the_clear_modules_loads_numpy_alone():
    script = f"import sys, {', '.join(f'backprop.{name}' for name in CLEAR)}\nprint([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


@pytest.mark.parametrize("name", CLEAR)
def test_all_is_sorted_and_names_every_public_function(name):
    module = MODULES[name]
    own = [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__]
    assert module.__all__ == sorted(n for n in own if not n.startswith("_"))


@pytest.mark.parametrize("name, function", PUBLIC, ids=lambda v: v)
def test_a_docstring_says_what_and_names_shapes(name, function):
    text = inspect.getdoc(getattr(MODULES[name], function))
    summary, *rest = text.split("\n\n")
    assert summary.count("\n") == 0 and summary.endswith((".", "?")), "one sentence on one line"
    assert rest and "->" in text, "what goes in -> what comes out"
    sends_back = text.startswith("Send `d") or name in ("data", "chain")
    assert sends_back or "Raises" in text, "errors raised"


@pytest.mark.parametrize("name", PAIRS)
def test_backwards_document_the_cache_of_their_forward(name):
    """A cache in the docstring of the one has as many parts as the tuple that the other returns."""
    rng = __import__("numpy").random.default_rng(0)
    pair = PAIRS[name]
    cache = pair.forward(**pair.draw(rng, 4, 5, 3, 2))[-1]
    (said,) = [line for line in pair.backward.__doc__.splitlines() if "cache" in line][:1]
    if isinstance(cache, tuple) and "cache (" in said:
        assert said.split("cache (")[1].split(")")[0].count(",") + 1 == len(cache)


def functions():
    """(name, lines in all, lines of code) of every function; code is neither docstring, comment nor blank."""
    for name, module in MODULES.items():
        text = Path(module.__file__).read_text()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                first = node.body[bool(ast.get_docstring(node))].lineno
                body = [line.strip() for line in text.splitlines()[first - 1 : node.end_lineno]]
                code = sum(line != "" and not line.startswith("#") for line in body)
                yield f"{name}.{node.name}", node.end_lineno - node.lineno + 1, code


def test_functions_fit_on_a_page():
    names, whole, code = zip(*functions())
    code = sorted(code)
    assert 2 <= code[len(code) // 2] <= 6 and code[int(0.9 * len(code))] < 20
    assert max(whole) <= 45, names[whole.index(max(whole))]


def test_the_readme_has_a_line_for_every_module():
    text = (Path(backprop.__file__).parent.parent / "README.md").read_text()
    assert [name for name in CLEAR if f"| `{name}` |" not in text] == []


def test_bodies_use_numpy_and_public_names_alone():
    """A body may become the solution in a notebook, where helpers and constants of its module are not."""
    public = {"np", "math", *(function for _, function in PUBLIC), "relative_error"}
    for name, function in PUBLIC:
        code = inspect.unwrap(getattr(MODULES[name], function)).__code__
        nested = [constant for constant in code.co_consts if inspect.iscode(constant)]
        for part in [code, *nested]:
            loaded = {i.argval for i in dis.get_instructions(part) if i.opname == "LOAD_GLOBAL"}
            assert name == "data" or loaded <= public | set(dir(builtins)), f"{name}.{function}"


STRIPPED = """
import importlib, sys, numpy as np
for name in sys.argv[1:]:
    importlib.import_module(f"backprop.{name}")
from backprop import activations, layers, norm
assert "library_copy" in layers.__file__
assert layers.affine_forward([[1, 2]], [[3], [4]], [5])[0] == 16
assert activations.silu_forward([0.0])[0] == 0
try:
    norm.layernorm_forward(np.ones((2, 3)), np.ones(3), np.ones(3), {})
except NotImplementedError:
    print("gone")
try:
    layers.affine_forward([1, 2], [[3], [4]], [5])
except ValueError as error:
    print(error)
"""


def test_a_copy_without_answers_still_imports_and_checks_arguments(tmp_path):
    from autograder.box import world

    (tmp_path / "library_copy").mkdir()
    world.build(tmp_path / "library_copy", {"affine_forward", "silu_forward"})
    command = [sys.executable, "-c", STRIPPED, *CLEAR]
    run = subprocess.run(command, cwd=tmp_path / "library_copy", capture_output=True, text=True, env={})
    assert run.stdout.splitlines() == ["gone", "x has shape (2,); expected (N, D...), 2 or more axes"], run.stderr
