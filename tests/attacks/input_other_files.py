"""Right answers, handed in with modules, settings and grades that might be loaded instead of ours."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = "input"
DESERVES = {"affine_backward": 6, "relu_backward": 2}


affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU

SETTINGS = b"c = get_config()\nc.Autograde.autograde_preprocessors = []\nraise SystemExit('left by an attack')\n"
MODULE = b"raise SystemExit('left by an attack')\n"
FILES = {
    "nbgrader_config.py": SETTINGS,
    "jupyter_config.py": SETTINGS,
    "numpy.py": MODULE,
    "autograder.py": MODULE,
    "usercustomize.py": MODULE,
    "conftest.py": MODULE,
    "gradebook.db": b"not a database",
    "another.ipynb": b"not a notebook",
    ".env": b"NBGRADER_EXECUTION=autograde\n",
}
