"""The learner's own functions, once they have passed their check: `mine.affine_backward`.

Until one has passed, it is the library's, and says so. So every later lesson can run on what the
learner wrote, and none needs it. Marks never depend on it: in the box, nothing of it is there.
"""

_SAID = set()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    from autograder import kept

    function, why = kept.find(name)
    if why and name not in _SAID:
        _SAID.add(name)
        print(f"mine.{name} is the library's; {why}.")
    return function


def __dir__():
    from autograder import kept

    return sorted(kept.writers())
