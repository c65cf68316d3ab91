"""From a scene to something that a notebook shows: a widget where anywidget is installed, else its still picture."""

import base64
import importlib.util
import io
from functools import cache

__all__ = ["Still", "bundle", "show"]

MISSING = "This is a picture. To move it, install anywidget: pip install 'backprop-course[lab]'"


def show(scene, host=None):
    """The widget of a scene.

    host, if something is to happen in Python: answer(knobs) -> (arrays, words) for the controls that the scene asks
    about; ahead(bound) -> the same before it is asked, without a trace, for wherever these controls stand so;
    reach(knobs) -> which `bound` one move may lead to, the likeliest first, if that is not `Scene.reach`;
    attach(widget), called once; turned(moved), when controls have moved; heard(message), for buttons.
    """
    there = importlib.util.find_spec("anywidget") and importlib.util.find_spec("backprop.explore.live")
    return _live()(scene, host) if there else Still(scene)


@cache
def _live():
    # Imported when something is shown, not when `backprop.explore` is.
    from backprop.explore.live import Explorer

    return Explorer


class Still:
    """A scene where nothing can move: the same picture, caption and sentence as the widget has in a saved notebook."""

    def __init__(self, scene):
        self.scene = scene

    def __repr__(self):
        return f"{self.scene.caption} {self.scene.say()}"

    def still(self):
        """The picture, as a matplotlib figure."""
        from backprop.explore.still import figure

        return figure(self.scene)

    def _repr_mimebundle_(self, **_):
        return bundle(self.scene, MISSING)


def bundle(scene, remark=""):
    """The picture and what it says, for wherever no widget can be: data and metadata by kind."""
    said = " ".join(filter(None, [scene.caption, scene.say(), remark]))
    if not importlib.util.find_spec("matplotlib"):
        return {"text/plain": said}, {}
    from backprop.explore.still import figure, save

    file = io.BytesIO()
    save(figure(scene), file, dpi=96)
    return {"text/plain": said, "image/png": base64.b64encode(file.getvalue()).decode()}, {"image/png": {"alt": said}}
