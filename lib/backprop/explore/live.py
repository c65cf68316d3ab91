"""The widget. It hands a scene to the browser and hears where the controls stand; `js/` draws."""

import asyncio
from collections import deque
from pathlib import Path

import anywidget
import traitlets

from backprop.explore import still
from backprop.explore.widget import bundle

__all__ = ["Explorer"]

JS = Path(__file__).parent / "js"
RENDERERS = ("curves", "field", "graph", "bars")
KEPT = 24  # answers that are taken to be in the browser still, of those that were sent ahead
REST = 0.003  # seconds before each of them: a move of the hand comes first, and cancels the others


def source():
    """One ES module: the stage, and behind it the renderers, which put themselves on its list."""
    return "\n".join((JS / f"{name}.js").read_text(encoding="utf-8") for name in ("stage", *RENDERERS))


class Explorer(anywidget.AnyWidget):
    """Something to drag, step and watch. `knobs` says where its controls stand, by name; set it, or call `move`."""

    _esm = source()
    _css = (JS / "explore.css").read_text(encoding="utf-8")
    scene = traitlets.Dict().tag(sync=True)
    layout_of_data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    data = traitlets.Bytes().tag(sync=True)
    knobs = traitlets.Dict().tag(sync=True, echo_update=False)
    asked = traitlets.Dict().tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)

    def __init__(self, scene, host=None):
        self._scene, self._host, self._sent, self._looking = scene, host, deque(maxlen=KEPT), None
        super().__init__(scene=scene.plan(), knobs=dict(scene.knobs), **_traits(scene))
        self.observe(self._turned, "knobs")
        self.on_msg(lambda _, message, buffers: self._heard(message))
        _take_over(self)
        if hasattr(host, "attach"):
            host.attach(self)

    def move(self, **knobs):
        """Put controls at these positions, as a hand would."""
        self.knobs = self.knobs | knobs

    def put(self, arrays, words=None):
        """Replace numbers of the scene, and send all at once."""
        self._scene.put(arrays, words)
        with self.hold_sync():
            self.frame += 1
            for name, value in _traits(self._scene).items():
                self.set_trait(name, value)

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
            self.look_ahead(moved)

    def _heard(self, message):
        if message.get("do") == "open":
            self.look_ahead(forget=True)
        elif hasattr(self._host, "heard"):
            self._host.heard(message)

    def look_ahead(self, moved=(), forget=False):
        """Send the answers that one more move of the hand would ask for, beginning with the controls that moved.

        forget: what was sent before is worth nothing any more, or a new view has not got it.
        """
        if forget:
            self._sent.clear()
            self.send({"forget": True})
        if self._looking:
            self._looking.cancel()
        try:
            self._looking = asyncio.get_running_loop().create_task(self._send_ahead(moved))
        except RuntimeError:  # no kernel, and nobody who moves
            self._looking = None

    async def _send_ahead(self, moved):
        for knobs in self._scene.reach(moved):
            await asyncio.sleep(REST)
            asked = self._scene.asked(knobs)
            if asked not in self._sent:
                self._sent.append(asked)
                try:
                    traits = _traits(self._scene.at(knobs, *self._host.ahead(knobs)))
                except Exception:  # a function of the learner's; who moves there is told
                    continue
                self.send({"ahead": traits}, [traits.pop("data")])

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


def _traits(scene):
    packed = scene.packed()
    return {
        "layout_of_data": packed["layout"],
        "words": packed["words"],
        "data": packed["data"],
        "asked": scene.asked(),
    }
