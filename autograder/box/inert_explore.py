"""What `backprop.explore` is inside the box: every name, and nothing behind it. Notebooks with widgets run to their end."""


class _Nothing:
    """Takes every call, every attribute and every assignment, and does nothing."""

    def __call__(self, *args, **kwargs):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _Nothing()
