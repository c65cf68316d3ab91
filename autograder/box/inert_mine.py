"""What `autograder.mine` is inside the box: the library's functions, as far as they are there.

Nothing of a learner's own is kept here. Where work is marked, the library's answers are cut out,
and `mine` has none either.
"""

import importlib
import pkgutil


def __getattr__(name):
    import backprop

    for found in pkgutil.iter_modules(backprop.__path__):
        ours = not found.ispkg and found.name != "fast"  # which has the clear ones' names
        module = importlib.import_module(f"backprop.{found.name}") if ours else None
        if name in getattr(module, "__all__", ()):
            return getattr(module, name)
    raise AttributeError(f"mine has no {name} here")
