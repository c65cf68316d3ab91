"""From key press to paint: the explorers in a real JupyterLab, beside `interactive` with an inline picture.

    python -m benchmarks.browser [--json FILE] [--only WORD ...]

A headless Chromium presses arrow keys on a slider, which walks to its end and back. The clock starts when the page gets
the key and stops after the first frame in which the picture has changed. Where the kernel answers, it has sent ahead what
the next move may lead to, be it a step or a leap from end to end; then for a hand that leaps as soon as it sees the explorer;
and once more with nothing sent ahead, beside the least that asking can cost: a number there and back. That alone is more
than an eighth of the peer, so no eighth is asked of these rows. Then the playground trains, and its frames are counted.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from itertools import cycle, groupby, islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from autograder.lab import PROMPT
from tests.browser.servers import serve

MOVES, WARM = 30, 5
RESTED = 3000  # ms before the first key, in which what lies ahead has come
REACTION = 250  # ms that a hand needs at least to move what it has only just seen
HELD = 80  # ms that a hand holds a key; let go before the frame, it holds back the clock's message for another
OPTIONS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
SHARE, BROWSER, KERNEL, FRAMES = 1 / 8, 16.0, 33.0, 30.0  # of the time of the peer; ms; ms; a second

PEER = """import matplotlib.pyplot as plt, numpy as np
%matplotlib inline
from ipywidgets import interactive
x = np.linspace(-3, 3, 401)
def show(h=1.0):
    plt.figure(figsize=(8, 3.4)); plt.plot(x, np.sin(x)); plt.plot(x, np.sin(0.8) + (x - 0.8) * (np.sin(0.8 + h) - np.sin(0.8)) / h)
    plt.grid(); plt.title(f"h = {h:.2f}"); plt.show()
interactive(show, h=(0.05, 3.0, 0.05))"""

THERE_AND_BACK = """import anywidget, traitlets
class Echo(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
        const slider = document.createElement('input')
        for (const [name, value] of [['type', 'range'], ['aria-label', 'echo'], ['data-lm-suppress-shortcuts', '']]) slider.setAttribute(name, value)
        const said = document.createElement('p')
        said.className = 'bpx-panels'
        el.append(slider, said)
        slider.addEventListener('input', () => { model.set('there', +slider.value); model.save_changes() })
        model.on('change:back', () => { said.textContent = model.get('back') })
    } }'''
    there, back = traitlets.Int(-1).tag(sync=True), traitlets.Int(-1).tag(sync=True)
    @traitlets.observe('there')
    def _answer(self, change):
        self.back = change.new
Echo()"""

# fmt: off
SLIDERS = {  # explorer: the slider that is moved, and who answers
    "slope":      [("step h", "browser")],
    "graph":      [("step", "browser")],
    "paths":      [("step", "browser")],
    "activation": [("x", "browser")],
    "plane":      [("training step", "browser"), ("bend", "browser")],
    "playground": [("hidden layers", "ahead"), ("hidden layers", "ahead, leaps"), ("hidden layers", "at once"),
                   ("hidden layers", "kernel")],
    "descent":    [("learning rate", "browser"), ("step", "browser"), ("start, across", "ahead"), ("start, across", "ahead, leaps"),
                   ("start, up", "ahead, leaps"), ("start, across", "at once"), ("start, up", "at once"), ("start, across", "kernel"), ("start, up", "kernel")],
    "depth":      [("depth", "browser")],
    "batchnorm":  [("scale of the weights", "browser"), ("batch size", "browser")],
    "mistake":    [("entry", "browser")],
}
# fmt: on

SHOWN = "from backprop import explore\nshown = explore.{name}()\n"
COLD = "shown._send_ahead = lambda **_: None\n"

# What counts as a change: the attributes and texts of an explorer's pictures, a canvas, an inline image that has loaded.
CLOCK = """() => {
    if (window.clock) return
    const clock = window.clock = {pressed: 0, painted: [], frames: new Set()}
    const paint = () => clock.painted.length || requestAnimationFrame(() => {
        const after = new MessageChannel()
        after.port1.onmessage = () => clock.painted.push(performance.now())
        after.port2.postMessage(0)
    })
    document.addEventListener('keydown', () => { clock.pressed = performance.now(); clock.painted = [] }, true)
    document.addEventListener('load', event => { if (event.target.tagName === 'IMG') paint() }, true)
    const put = CanvasRenderingContext2D.prototype.putImageData
    CanvasRenderingContext2D.prototype.putImageData = function (...all) {
        clock.frames.add(document.timeline.currentTime) // which stands still from frame to frame
        paint()
        return put.apply(this, all)
    }
    new MutationObserver(changes => { if (changes.some(change => change.target.closest?.('.bpx-panels'))) paint() })
        .observe(document.body, {subtree: true, childList: true, attributes: true})
}"""


class Row(NamedTuple):
    """One measurement, in ms or frames a second; ratio to the peer, and whether the bars are met."""

    name: str
    answered_by: str
    median: float
    p90: float | None
    ratio: float | None
    bar: str
    met: bool


def notebook(sources):
    cells = [
        {"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
        for i, s in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@contextlib.contextmanager
def opened(source):
    """A cell of its own notebook, run in JupyterLab: gives the page."""
    from playwright.sync_api import sync_playwright

    from tests.browser.notebook import Notebook

    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        Path(home, "bench.ipynb").write_text(notebook([source]))
        command = [sys.executable, "-m", "jupyterlab", PROMPT, "--allow-root", "--expose-app-in-browser"]
        with serve(command, home, Path(home)) as lab:
            chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
            browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(lab.url("/lab/tree/bench.ipynb") + "&reset")
            Notebook(page)
            yield page
            browser.close()


def run(page, source):
    """Put another source into the cell, and run it."""
    page.evaluate(
        """async source => {
            jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel.setSource(source)
            await jupyterapp.commands.execute('notebook:run-cell')
        }""",
        source,
    )
    page.evaluate(CLOCK)


def walk(last):
    """Arrow keys that lead from the first position to the last, and back, and on."""
    return cycle(["ArrowRight"] * last + ["ArrowLeft"] * last)


LEAPS = ["End", "Home"] * MOVES


def pressed(page, slider, keys, pause=150):
    """Milliseconds from key to paint, of each of MOVES keys; ms of rest after each, so that none meets the last."""
    slider.wait_for(timeout=60_000)
    page.wait_for_timeout(800)
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(RESTED)
    times = []
    for key in islice(keys, WARM + MOVES):
        page.keyboard.press(key, delay=HELD)
        page.wait_for_function("clock.painted.length", timeout=10_000)
        times.append(page.evaluate("clock.painted[0] - clock.pressed"))
        page.wait_for_timeout(pause)
    return times[WARM:]


def first_leap(page, source, label):
    """Milliseconds from key to paint, where the key follows REACTION after the explorer has been shown; MOVES times."""
    slider, times = page.get_by_role("slider", name=label, exact=True), []
    for key in islice(LEAPS, MOVES):
        page.evaluate("document.querySelector('.bpx')?.setAttribute('data-old', '')")
        run(page, source)
        page.locator(".bpx:not([data-old])").wait_for()
        slider.focus()  # before the pause: no hand reaches a slider and moves it within one frame
        page.wait_for_timeout(REACTION)
        page.keyboard.press(key, delay=HELD)
        page.wait_for_function("clock.painted.length", timeout=10_000)
        times.append(page.evaluate("clock.painted[0] - clock.pressed"))
        page.wait_for_timeout(500)
    return times


def frames(page, seconds=6):
    """Pictures a second that are painted while the playground trains."""
    page.get_by_role("button", name="Train").click()
    page.wait_for_timeout(3000)
    page.evaluate("clock.frames.clear()")
    start = time.perf_counter()
    page.wait_for_timeout(1000 * seconds)
    count = page.evaluate("clock.frames.size")
    rate = count / (time.perf_counter() - start)
    page.get_by_role("button", name="Pause").click()
    return rate


def rows(only):
    """Everything, one after the other in one JupyterLab."""
    with opened("1") as page:
        run(page, PEER)
        peer = pressed(page, page.locator(".noUi-handle").first, walk(59), pause=600)
        yield Row("interactive, inline picture", "kernel", median(peer), _p90(peer), None, "", True)
        run(page, THERE_AND_BACK)
        echo = pressed(page, page.get_by_role("slider", name="echo", exact=True), walk(100))
        yield Row("a number there and back", "kernel", median(echo), _p90(echo), median(echo) / median(peer), "", True)
        for name, sliders in SLIDERS.items():
            if only and not any(word in name for word in only):
                continue
            for asked, those in groupby(sliders, lambda slider: slider[1] == "kernel"):
                source = SHOWN.format(name=name) + COLD * asked + "shown"
                run(page, source)
                for label, who in those:
                    slider = page.get_by_role("slider", name=label, exact=True)
                    slider.wait_for()
                    if who == "at once":
                        times = first_leap(page, source, label)
                    else:
                        steps = walk(int(slider.get_attribute("max"))) if who in ("browser", "ahead") else LEAPS
                        times = pressed(page, slider, steps)
                    yield _row(f"{name}: {label}", who, times, median(peer))
        for cells in (64, 100) if not only or "playground" in only else ():
            run(page, f"from backprop import explore\nexplore.playground(cells={cells})")
            page.get_by_role("button", name="Train").wait_for()
            page.wait_for_timeout(800)
            rate = frames(page)
            yield Row(
                f"playground, {cells}×{cells} cells", "frames/s", rate, None, None, f"≥ {FRAMES:g}", rate >= FRAMES
            )


def _row(name, who, times, peer):
    most, share = BROWSER if who == "browser" else KERNEL, None if who == "kernel" else SHARE
    middle, ratio = median(times), median(times) / peer
    bar = f"≤ {most:g} ms" + ", ≤ 1/8" * bool(share)
    return Row(name, who, middle, _p90(times), ratio, bar, middle <= most and ratio <= (share or ratio))


def _p90(times):
    return sorted(times)[int(0.9 * len(times))]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write the rows as JSON as well")
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="explorers whose names hold one of these")
    options = parser.parse_args(arguments)
    found, before = [], os.getloadavg()[0]
    print(f"{'':34}{'answered by':>12}{'median':>9}{'p90':>8}{'ratio':>8}  bar")
    for row in rows(options.only):
        found.append(row)
        p90, ratio = ("" if v is None else f"{v:.{d}f}" for v, d in ((row.p90, 1), (row.ratio, 3)))
        mark = "✓" if row.met else "✗"
        print(
            f"{row.name:34}{row.answered_by:>12}{row.median:>9.1f}{p90:>8}{ratio:>8}  {row.bar} {mark if row.bar else ''}",
            flush=True,
        )
    load = f"{before:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"{os.cpu_count()} cores; load of the machine {load}. {MOVES} moves each; times in ms, key press to paint.")
    if options.json:
        Path(options.json).write_text(json.dumps({"load": load, "rows": [row._asdict() for row in found]}, indent=1))


if __name__ == "__main__":
    main()
