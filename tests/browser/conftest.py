"""A browser, a JupyterLab for a learner, and a graded class with the formgrader for its instructor.

Servers, homes and classes live in temporary folders and end with the tests of this folder. The
browser reaches this machine and nothing else.
"""

import importlib.util
import json
import os
import sys

import pytest

from autograder.lesson import find_lesson
from tests.browser.servers import at_home, serve
from tests.conftest import missing

ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
QUIET = "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
PATIENCE = 120_000  # milliseconds before a test gives up on something that should show
LESSON = find_lesson("04")
JUDGED = sum(exercise.counts for exercise in LESSON.exercises)
TOTAL = JUDGED + 4  # with the question that a person marks
INTRUDER = "sample-02-mistaken-keeps-the-batch-in-db"  # whose notebook carries this text
TEXT = r"""My notes: `i<j`. <script>ran("script")</script>

<img src="nowhere" onerror="ran('image')"> <svg onload="ran('svg')"></svg>
<iframe srcdoc="<script>parent.ran('iframe')</script>"></iframe>

```mermaid
</pre><img src="nowhere" onerror="ran('mermaid')">
```

[one](javascript:ran('link')) [two](javascript\:ran('escaped')) [three](javascript&colon;ran('entity')) [four][4]

[4]: javascript\:ran('reference')

# check_affine_backward
"""


def need(module: str, extra: str) -> None:
    """Skip where a package is not installed that only some of the project needs."""
    if not importlib.util.find_spec(module):
        missing(module, f'pip install -e ".[{extra}]"')


@pytest.fixture(scope="package")
def browser(chromium, tmp_path_factory):
    """One Chromium for all tests of this folder."""
    need("playwright", "test")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", ALONE, *QUIET.split()]
        home = at_home(tmp_path_factory.mktemp("browser"))
        browser = playwright.chromium.launch(executable_path=chromium, args=options, env=home)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def expect(browser):
    """Playwright's `expect`, which waits until what it is told holds."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    return expect


@pytest.fixture
def page(browser):
    """A fresh window, in which `ran` notes the name of a script that runs."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    context.add_init_script("window.pwned = []; window.ran = name => { window.pwned.push(name) }")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="package")
def learner(tmp_path_factory):
    """JupyterLab as `backprop lab` starts it."""
    need("jupyterlab", "lab")
    from autograder.lab import command

    home, desk = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        start = command(["--expose-app-in-browser"])
    with serve(start, desk, home) as server:
        yield server


@pytest.fixture
def notebook(learner, page):
    """Lesson 04, untouched, with a kernel of its own."""
    from tests.browser.notebook import Notebook

    page.goto(learner.url(f"/lab/tree/{LESSON.name}/{LESSON.name}.ipynb") + "&reset")
    yield Notebook(page)
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")


@pytest.fixture(scope="package")
def classroom(tmp_path_factory):
    """A class of eight, graded, with feedback. One of them put more than text into a cell of text."""
    return graded(tmp_path_factory.mktemp("classroom"), 8, {INTRUDER: TEXT})


def graded(home, number, texts):
    """Grade so many of the sample class and write their feedback; `texts` are what some of them add."""
    need("nbgrader", "grade")
    from autograder import grade, sample

    sample.write(LESSON, home, number)
    for student, text in texts.items():
        _add_text(home / "submitted" / student / LESSON.name / f"{LESSON.name}.ipynb", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.environ["PATH"])  # which grading changes
        grade.grade(LESSON, home, jobs=os.cpu_count(), isolation="any")
        grade.feedback(LESSON, home)
    return home


def _add_text(path, text):
    """Give a submission a cell of text below its title."""
    notebook = json.loads(path.read_text())
    notebook["cells"].insert(1, {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": text})
    path.write_text(json.dumps(notebook))


@pytest.fixture(scope="package")
def instructor(classroom, root, tmp_path_factory):
    """A Jupyter server in the checkout, where nbgrader finds its configuration."""
    command = [sys.executable, "-m", "jupyterlab", "--allow-root"]
    with serve(command, root, tmp_path_factory.mktemp("office"), BACKPROP_CLASSROOM=str(classroom)) as server:
        yield server


@pytest.fixture
def scripts(page):
    """The names of a student's scripts that ran: when the page opened, and when its links are followed."""

    def ran(links=False):
        if links:
            page.evaluate("""document.querySelectorAll('a[href^="javascript:" i]').forEach(link => link.click())""")
        return page.evaluate("window.pwned")

    return ran
