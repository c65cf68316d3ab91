"""What `autograder` is inside the box: the same names, and nothing behind them."""


def check(*args, **kwargs):
    pass


def guess(*args, **kwargs):
    pass


def quiz(*args, **kwargs):
    pass
