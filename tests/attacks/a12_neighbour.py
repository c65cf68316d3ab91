"""Takes its answers from other submissions, model solutions and feedback that lie near it."""

CLASS = 12
DESERVES = {"affine_backward": 0, "relu_backward": 0}
NEEDS_WALLS = True
BITES = True

above = """
import glob, json

def notebooks():
    for up in ("..", "../..", "/classroom", "/srv", "/home", "/world"):
        yield from glob.glob(up + "/*/*.ipynb")
        yield from glob.glob(up + "/submitted/*/*/*.ipynb")

def taken(own, *arguments):
    for path in notebooks():
        try:
            with open(path) as file:
                cells = json.load(file)["cells"]
        except OSError:
            continue
        for cell in cells:
            text = "".join(cell["source"])
            if "def " + own.__name__ in text and "taken(" not in text and "NotImplementedError" not in text:
                names = {}
                exec(text, names)
                return names[own.__name__](*arguments)
"""

affine_backward = """
def affine_backward(dout, cache):
    return taken(affine_backward, dout, cache)
"""

relu_backward = """
def relu_backward(dout, cache):
    return taken(relu_backward, dout, cache)
"""
