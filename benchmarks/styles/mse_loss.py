"""Mean squared error, as others write it, and the catalogue's mistakes in their hands."""

import numpy as np


def loops(x, y):
    loss, dx, count = 0.0, np.zeros(x.shape), 0
    for i in np.ndindex(x.shape):
        loss += (x[i] - y[i]) ** 2
        dx[i] = 2.0 * (x[i] - y[i])
        count += 1
    return loss / count, dx / count


def einsum(x, y):
    gap = (x - y).ravel()
    return np.einsum("i,i->", gap, gap) / len(gap), (2.0 / len(gap) * gap).reshape(x.shape)


def staged(x, y):
    size = np.prod(x.shape)
    gap = y - x
    squares = gap * gap
    loss = np.sum(squares) / size
    dsquares = np.ones_like(squares) / size
    dgap = dsquares * gap + gap * dsquares
    return loss, -dgap


def compact(x, y):
    return np.mean(np.square(x - y)), (x - y) * 2 / x.size


REWRITTEN = [
    ("divides_by_the_rows_alone", "loops", "        count += 1\n", "    count = len(x)\n"),
    ("divides_dx_by_the_rows_alone", "loops", "dx / count", "dx / len(x)"),
    ("forgets_the_mean_in_dx", "loops", "dx / count", "dx"),
    ("drops_the_two", "loops", "dx[i] = 2.0 * (x[i] - y[i])", "dx[i] = x[i] - y[i]"),
    (
        "halves_the_loss",
        "staged",
        "squares = gap * gap",
        "squares = 0.5 * gap * gap",
        "dsquares * gap + gap * dsquares",
        "dsquares * gap",
    ),
    ("turns_the_sign", "staged", "return loss, -dgap", "return loss, dgap"),
    (
        "takes_the_root",
        "einsum",
        'return np.einsum("i,i->", gap, gap) / len(gap), (2.0 / len(gap) * gap).reshape(x.shape)',
        "r = np.linalg.norm(gap) / len(gap) ** 0.5\n    return r, (gap / len(gap) / r).reshape(x.shape)",
    ),
    ("averages_the_slopes", "staged", "return loss, -dgap", "return loss, np.sum(-dgap)"),
]
