"""What several tests share."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


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
