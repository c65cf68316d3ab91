"""From a scene to something that a notebook shows: a widget where anywidget is installed, else its still picture."""

import importlib.util

from backprop.explore.fallback import Still

__all__ = ["show"]


def show(scene, host=None):
    """The widget of a scene.

    host, if something is to happen in Python: answer(knobs) -> (arrays, words) for the controls that the scene asks
    about; ahead(bound) -> the same before it is asked, without a trace, for wherever these controls stand so;
    reach(knobs) -> which `bound` one move may lead to, the likeliest first, if that is not `Scene.reach`;
    attach(widget), called once; turned(moved), when controls have moved; heard(message), for buttons.
    """
    if not (importlib.util.find_spec("anywidget") and importlib.util.find_spec("backprop.explore.live")):
        return Still(scene)
    from backprop.explore.live import Explorer  # here, so that `backprop.explore` does not import it

    return Explorer(scene, host)
