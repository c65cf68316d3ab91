"""Silences every way to report an error, so that a failing test leaves no trace."""

CLASS = 4
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import sys, traceback

def silent(*args, **kwargs):
    return ""

sys.excepthook = sys.unraisablehook = sys.displayhook = silent
for name in ("print_exc", "print_exception", "format_exc", "format_exception", "walk_tb", "extract_tb"):
    setattr(traceback, name, silent)
"""

affine_backward = """
def affine_backward(dout, cache):
    raise RuntimeError
"""

relu_backward = """
def relu_backward(dout, cache):
    raise RuntimeError
"""
