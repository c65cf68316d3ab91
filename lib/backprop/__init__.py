"""Reference implementations to read: every layer a forward and a backward, side by side.

`f_forward(x, ...) -> (out, cache)` and `f_backward(dout, cache) -> gradients`, in the order of
the inputs. Examples are rows. NumPy only.
"""

__version__ = "0.1.0"
