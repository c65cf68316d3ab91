"""A course of one lesson: eight answer cells and eight test cells, and nothing else. What grading costs without prose.

with synthetic.course() as home: ...     # BACKPROP_COURSE says where it is
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

__all__ = ["NAME", "course"]

NAME = "00_synthetic"
ACTIVATIONS = ("elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "tanh")
SETUP = """---
kernelspec: {name: python3, display_name: Python 3}
---

# Eight answers, eight tests

```{code-cell}
:tags: [setup]
import numpy as np

from autograder import check
```
"""
EXERCISE = '''"""Send the gradient back through this layer.

Return what `LAYER_backward` of the library returns.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import MODULE

exercise = Exercise(
    writes=["LAYER_backward"], reference=MODULE, points=POINTS, minutes=5, uses=["LAYER_forward"], help=["Draw it."]
)


@exercise.case
def ordinary(rng):
    return INPUTS(4, 5, 3)


@exercise.case
def batch_of_one(rng):
    return INPUTS(1, 3, 4)


@exercise.case
def square(rng):
    return INPUTS(4, 4, 4)


@exercise.mistake(caught_by=rules.RULE)
def passes_it_on(dout, cache):
    """What arrives is passed on as it is: the layer\'s own slope is missing."""
    return WRONG
'''
NUMBERS = "(lambda n, d, m: dict(x=(x := rng.normal(size=(n, d))) + 0.1 * np.sign(x)))"
AFFINE = "(lambda n, d, m: dict(x=rng.normal(size=(n, d)), w=rng.normal(size=(d, m)), b=rng.normal(size=m)))"


def exercise(layer: str) -> str:
    """The file of an exercise."""
    activation = layer in ACTIVATIONS
    changes = {
        "LAYER": layer,
        "MODULE": "activations" if activation else "layers",
        "POINTS": "dict(dx=2)" if activation else "dict(dx=3, dw=2, db=1)",
        "INPUTS": NUMBERS if activation else AFFINE,
        "RULE": "gradients" if activation else "shapes",
        "WRONG": "dout" if activation else "dout @ cache[1].T, cache[0].T @ dout, dout",
    }
    text = EXERCISE
    for name, value in changes.items():
        text = text.replace(name, value)
    return text


@contextlib.contextmanager
def course() -> Iterator[Path]:
    """The course in a folder of its own, built; as long as this lasts, it is the course."""
    with tempfile.TemporaryDirectory(prefix="backprop-synthetic-") as home:
        lesson, layers = Path(home) / "lessons" / NAME, [*ACTIVATIONS, "affine"]
        lesson.mkdir(parents=True)
        for layer in layers:
            (lesson / f"{layer}_backward.py").write_text(exercise(layer))
        cells = "".join(f"\n```{{exercise}} {layer}_backward\n```\n" for layer in layers)
        (lesson / "lesson.md").write_text(SETUP + cells)
        with mock.patch.dict(os.environ, BACKPROP_COURSE=home):
            subprocess.run([sys.executable, "-m", "autograder.cli", "build"], check=True, stdout=subprocess.DEVNULL)
            yield Path(home)
