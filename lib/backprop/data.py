"""Data to learn from, all of it offline: digits, place names, and points drawn on the spot.

`rng` is a NumPy generator, or a number to seed one with. The files lie in `datasets/`, beside their
sources and licences.
"""

from pathlib import Path

import numpy as np

__all__ = ["digits", "moons", "place_names", "ravine", "spirals"]

FILES = Path(__file__).parent / "datasets"


def digits(rng=0, test=360):
    """1,797 pictures of handwritten digits, 8 by 8, in two parts drawn at random.

    ->  x_train (1797 - test, 64), y_train (1797 - test,), x_test (test, 64), y_test (test,).
    Ink from 0 to 1 in float64, row by row from the upper left; labels are integers from 0 to 9. The
    same `rng` gives the same parts. Raises ValueError unless 0 <= test <= 1797.

    Source: Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, doi 10.24432/C50P49, licence CC BY 4.0.
    """
    with np.load(FILES / "digits.npz") as file:
        x, y = file["pixels"] / 16, file["labels"].astype(np.int64)
    if not 0 <= test <= len(x):
        raise ValueError(f"test is {test}; there are {len(x)} digits to draw it from")
    order = np.random.default_rng(rng).permutation(len(x))
    rest, kept = order[test:], order[:test]
    return x[rest], y[rest], x[kept], y[kept]


def place_names():
    """Some 670 names of cities, islands and countries in lower case, sorted: words to learn to spell.

    ->  a list of strings of the letters a to z, space, hyphen and apostrophe.
    Source: the time zone database (IANA, release 2026f), public domain.
    """
    return (FILES / "places.txt").read_text(encoding="ascii").splitlines()


def spirals(n, classes, rng, noise=0.2):
    """Points on the arms of a spiral, one arm a class: no straight line separates them.

    n points an arm, noise in radians  ->  x (classes n, 2) within the unit disc, y (classes n,) labels.
    Source: the notes of Stanford CS231n, "Putting it together" (2015).
    """
    rng = np.random.default_rng(rng)
    radius = np.tile(np.linspace(0, 1, n), classes)
    y = np.repeat(np.arange(classes), n)
    angle = 4 * radius + y * 2 * np.pi / classes + noise * rng.normal(size=len(y))
    return radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1), y


def moons(n, rng, noise=0.1):
    """Points on two half circles of radius 1 that reach into each other, one a class.

    n points a class, noise in the units of x  ->  x (2 n, 2), y (2 n,) labels 0 and 1.
    """
    rng = np.random.default_rng(rng)
    angle = np.linspace(0, np.pi, n)
    above = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    below = np.array([1, 0.5]) - above
    x = np.concatenate([above, below])
    return x + noise * rng.normal(size=x.shape), np.repeat([0, 1], n)


def ravine(condition):
    """A valley that is `condition` times steeper across than along: f(w) = (w0² + condition w1²) / 2.

    ->  f: w (..., 2) -> height (...), df: w (..., 2) -> its gradient (..., 2).
    The lowest point is the origin. Descent at a fixed rate ends there if the rate is below 2 / condition.
    Source: Boyd and Vandenberghe, Convex Optimization (2004), section 9.3.2.
    """
    curvature = np.array([1.0, condition])
    return lambda w: (curvature * np.square(w)).sum(axis=-1) / 2, lambda w: curvature * np.asarray(w)
