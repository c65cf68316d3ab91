"""What `autograder` is inside the box: the same names, and nothing behind them."""


def check(*args, **kwargs):
    pass


def guess(*args, **kwargs):
    pass


def quiz(*args, **kwargs):
    pass


def stranger(*args, **kwargs):
    return _Absent()


def practice(*args, **kwargs):
    return _Absent()


class _Absent:
    """A layer that was drawn to be looked at. Whoever computes with it hears that it is not here."""

    def check(self, *args):
        pass

    help = check

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise RuntimeError(f"`{name}` of a drawn layer is not here while your work is marked")
