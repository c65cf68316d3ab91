"""What `autograder.mine` is inside the box: nothing. Marks are for what stands in the notebook."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotImplementedError(f"mine.{name} is not here while your work is marked")
