"""The widget. It hands a scene to the browser and hears where the controls stand; `js/` draws."""

from pathlib import Path
from time import perf_counter

import anywidget
import traitlets

from backprop.explore import still
from backprop.explore.fallback import bundle

__all__ = ["Explorer"]

JS = Path(__file__).parent / "js"
PARTS = ("stage", "numbers", "curves", "field", "graph", "bars")
SLICE = 0.02  # seconds of looking ahead at a time, for which a move of the hand may have to wait


def source():
    """One ES module: the stage, its numbers, and behind them the renderers, which put themselves on its list."""
    return "\n".join((JS / f"{name}.js").read_text(encoding="utf-8") for name in PARTS)


class Explorer(anywidget.AnyWidget):
    """Something to drag, step and watch. `knobs` says where its controls stand, by name; set it, or call `move`."""

    _esm = source()
    _css = (JS / "explore.css").read_text(encoding="utf-8")
    scene = traitlets.Dict().tag(sync=True)
    block = traitlets.Dict().tag(sync=True)
    knobs = traitlets.Dict().tag(sync=True, echo_update=False)
    frame = traitlets.Int(0).tag(sync=True)

    def __init__(self, scene, host=None):
        self._scene, self._host = scene, host
        super().__init__(scene=scene.plan(), block=scene.answer, knobs=dict(scene.knobs))
        self.observe(self._turned, "knobs")
        self.on_msg(lambda _, message, buffers: self._heard(message))
        _take_over(self)
        if hasattr(host, "attach"):
            host.attach(self)

    def move(self, **knobs):
        """Put controls at these positions, as a hand would."""
        self.knobs = self.knobs | knobs

    def put(self, arrays, words):
        """Replace the numbers of the scene that Python answers, and send them."""
        self._scene.put(arrays, words)
        with self.hold_sync():
            self.frame += 1
            self.block = self._scene.answer

    def forget(self):
        """What the browser has ahead of time is worth nothing any more."""
        self.send({"forget": True})

    def still(self):
        """The present state, as a matplotlib figure."""
        return still.figure(self._scene)

    def _turned(self, change):
        moved = {name for name, position in change.new.items() if change.old.get(name) != position}
        self._scene.knobs = dict(change.new)
        if hasattr(self._host, "turned"):
            self._host.turned(moved)
        if moved & set(self._scene.asks):
            self.put(*self._host.answer(self.knobs))

    def _heard(self, message):
        if "have" in message:
            self._send_ahead(**message)
        elif hasattr(self._host, "heard"):
            self._host.heard(message)

    def _send_ahead(self, knobs, have, view):
        """Send what a move from `knobs` would ask for and the browser does not `have`, in the order of `reach`, for a while.

        The last message of such a slice names the view that asked: it asks for more if the hand still rests.
        """
        end = perf_counter() + SLICE
        reach = getattr(self._host, "reach", self._scene.reach)
        for bound in (bound for bound in reach(knobs) if bound not in have):
            block = self._ahead(bound)
            over = perf_counter() > end
            if block:
                self.send({"ahead": block, "next": view if over else None}, [block.pop("data")])
            if over:
                return

    def _ahead(self, bound):
        try:
            return self._scene.block(bound, *self._host.ahead(bound))
        except Exception:  # a function of the learner's; who moves there is told
            return None

    def _repr_mimebundle_(self, **kwargs):
        live, remarks = super()._repr_mimebundle_(**kwargs)
        picture, alternatives = bundle(self._scene)
        return live | picture, remarks | alternatives


_of_cell = {}  # cell -> which run of it, and its explorers


def _take_over(explorer):
    """Close what an earlier run of the same cell has shown: else it stays in memory, and in the saved notebook."""
    parent = _parent()
    cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
    earlier, shown = _of_cell.get(cell, (run, []))
    if cell and earlier != run:
        for old in shown:
            old.close()
        shown = []
    _of_cell[cell] = run, [*shown, explorer] if cell else []


def _parent():
    """The message that the kernel is answering, if there is a kernel."""
    try:
        from IPython import get_ipython

        return get_ipython().get_parent()
    except AttributeError:
        return {}
