"""What stands for an explorer wherever no widget can be: its picture, with caption and sentence."""

import base64
import importlib.util
import io

__all__ = ["Still", "bundle"]

MISSING = "This is a picture. To move it, install anywidget: pip install 'backprop-course[lab]'"


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
