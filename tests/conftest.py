"""What several tests share."""

import gc
import os
import re
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: several processes of tests share the cores

ROOT = Path(__file__).parent.parent
LESSON = re.compile(r"test_(\d\d_\w+)\.py|\[(\d\d_\w+)\]")
EXERCISE = re.compile(r"test_exercises\.py::\w+\[(\w+)")


# ----- several processes, as in `make test` -----


def together(test: str) -> str:
    """What tests share that takes long to make: all of one name run in one process, one after the other.

    A lesson that was rendered, an exercise's draws, a browser with its servers; else what a file's fixtures make.
    """
    if found := LESSON.search(test):
        return found[1] or found[2]
    if found := EXERCISE.search(test):
        return found[1]
    file = test.partition("::")[0]
    return "browser" if "/browser/" in file else file


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, and asked where there are several processes
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return together(nodeid)

    config.option.loadscopereorder = False
    return Together(config, log)


def pytest_collection_modifyitems(items):
    """Exercises come last: they are many and short, so that all processes end at about the same time."""
    items.sort(key=lambda item: "test_exercises.py" in item.nodeid)


def pytest_collection_finish():
    """Thousands of tests are no garbage, and need not be looked through for it again and again."""
    gc.freeze()


# ----- fixtures -----


@pytest.fixture(scope="session", autouse=True)
def learners_home(tmp_path_factory):
    """What tests do as learners is kept in a folder of theirs, and not in that of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKPROP_HOME", str(tmp_path_factory.mktemp("learner")))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


def missing(what: str, mend: str) -> None:
    """Skip a test for want of something on this machine; in CI, where nothing may be missing, fail."""
    sentence = f"{what} is missing: {mend}"
    if os.environ.get("BACKPROP_NO_SKIPS"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for tests that need a browser."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    missing("Chromium", "apt-get install chromium")


@pytest.fixture(scope="session")
def walls() -> str:
    """The strongest isolation of this machine, for tests that need some."""
    from autograder.box import NoSandbox, Sandbox

    try:
        with Sandbox(keep=[]) as sandbox:
            return sandbox.level
    except NoSandbox as reason:
        missing("A sandbox", str(reason))
