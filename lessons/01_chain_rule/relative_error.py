"""Say how far two answers are apart.

Return $\\|a-b\\| / (\\|a\\| + \\|b\\|)$, where $\\|a\\|$ is the root of the sum of the squares of all
entries of $a$. That is a number from 0, where `a` and `b` are equal, to 1, where they point opposite
ways or one of them is zero.

`a` and `b` are two numbers, or two arrays of the same shape, of any number of axes. For two zeros
return 0.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import numeric

exercise = Exercise(
    writes=["relative_error"],
    reference=numeric,
    points=dict(error=2),
    minutes=6,
    kind="function",
    help=[
        "Three lengths are needed, each of a whole array: of the difference, of `a`, of `b`. `np.linalg.norm` gives "
        "one, for numbers and for arrays of one or two axes, and of more when no axis is named.",
        "Where both are zero, the fraction would be 0/0. See to that before you divide.",
        "An example with other numbers: a = [3, 4] and b = [0, 4]. The difference is [3, 0], of length 3; the lengths "
        "of a and b are 5 and 4. The error is 3/9 = 1/3.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(a=4 * rng.normal(size=(3, 4)), b=rng.normal(size=(3, 4)))


@exercise.case
def two_numbers(rng):
    return dict(a=rng.uniform(1, 2), b=rng.uniform(3, 4))


@exercise.case
def close(rng):
    a = rng.normal(size=7)
    return dict(a=a, b=a + 1e-3 * rng.normal(size=7))


@exercise.case
def three_axes(rng):
    return dict(a=rng.normal(size=(2, 3, 4)), b=5 * rng.normal(size=(2, 3, 4)))


@exercise.case
def tiny(rng):
    return dict(a=1e-12 * rng.normal(size=(2, 5)), b=1e-12 * rng.normal(size=(2, 5)))


@exercise.case
def one_of_them_zero(rng):
    return dict(a=np.zeros(4), b=rng.normal(size=4))


@exercise.case
def two_zeros(rng):
    return dict(a=np.zeros((2, 3)), b=np.zeros((2, 3)))


@exercise.case(for_marks_only=True)
def entries_of_all_sizes(rng):
    a = rng.normal(size=(6, 5)) * 10.0 ** rng.integers(-6, 6, size=(6, 5))
    return dict(a=a, b=a * (1 + 0.1 * rng.normal(size=(6, 5))))


def norm(a):
    return np.sqrt(np.sum(np.square(a)))


def safely(top, bottom):
    return top / bottom if bottom else 0.0


@exercise.mistake(caught_by=rules.numbers)
def divides_zero_by_zero(a, b):
    """For two zeros you divide 0 by 0. They are equal, so there is no error: decide it before you divide."""
    with np.errstate(all="ignore"):
        return np.float64(norm(np.subtract(a, b))) / np.float64(norm(a) + norm(b))


@exercise.mistake(caught_by=rules.outputs)
def is_not_relative(a, b):
    """This is the distance itself. Whether 0.01 is much depends on how large `a` and `b` are: divide by their
    lengths."""
    return norm(np.subtract(a, b))


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_length_of_a(a, b):
    """You divide by the length of one of them. With both below the line, the error treats `a` and `b` alike and is
    never above 1."""
    return safely(norm(np.subtract(a, b)), norm(a))


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_length_of_b(a, b):
    """You divide by the length of `b` alone. With both below the line, the error treats `a` and `b` alike and is
    never above 1."""
    return safely(norm(np.subtract(a, b)), norm(b))


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_longer(a, b):
    """You divide by the longer of the two. Such a measure is in use as well, and goes up to 2; the one asked for has
    the sum of both lengths below the line."""
    return safely(norm(np.subtract(a, b)), max(norm(a), norm(b)))


@exercise.mistake(caught_by=rules.outputs)
def leaves_the_squares(a, b):
    """Your lengths are squares of lengths: the root is missing. The error of two close arrays then looks far smaller
    than it is."""
    return safely(norm(np.subtract(a, b)) ** 2, norm(a) ** 2 + norm(b) ** 2)


@exercise.mistake(caught_by=rules.outputs)
def adds_absolute_values(a, b):
    """Your lengths are sums of absolute values. The length that is asked for is the root of a sum of squares."""
    return safely(np.sum(np.abs(np.subtract(a, b))), np.sum(np.abs(a)) + np.sum(np.abs(b)))


@exercise.mistake(caught_by=rules.outputs)
def takes_the_length_of_the_sum(a, b):
    """Below the line is the length of `a + b`. Where `a` and `b` point opposite ways that is small; take the two
    lengths, then add them."""
    return safely(norm(np.subtract(a, b)), norm(np.add(a, b)))


@exercise.mistake(caught_by=rules.outputs)
def compares_the_lengths(a, b):
    """You compare the two lengths. Arrays of equal length may point anywhere: subtract first, then take the length."""
    return safely(abs(norm(a) - norm(b)), norm(a) + norm(b))


@exercise.mistake(caught_by=rules.outputs)
def goes_entry_by_entry(a, b):
    """You return the worst entry by itself. One entry near 0 then makes a good answer look bad; the lengths are those
    of whole arrays."""
    top, bottom = np.abs(np.subtract(a, b)), np.abs(a) + np.abs(b)
    return np.max(np.divide(top, bottom, out=np.zeros(np.shape(top)), where=bottom > 0))


@exercise.mistake(caught_by=rules.outputs)
def adds_a_little_below_the_line(a, b):
    """You add something small below the line, to be safe from 0/0. Gradients may be as small as that, and then they
    all look right."""
    return norm(np.subtract(a, b)) / (norm(a) + norm(b) + 1e-8)


@exercise.mistake(caught_by=rules.shapes)
def returns_an_array(a, b):
    """You return an error for each entry. One number is asked for, of the arrays as a whole."""
    with np.errstate(all="ignore"):
        return np.abs(np.subtract(a, b)) / (np.abs(a) + np.abs(b))


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_brackets(a, b):
    """Only the first length is below the line; the second is added to the quotient. The sum of both needs brackets."""
    with np.errstate(all="ignore"):
        return np.float64(norm(np.subtract(a, b))) / np.float64(norm(a)) + norm(b)


@exercise.mistake(caught_by=rules.outputs)
def gives_up_when_one_is_zero(a, b):
    """You return 0 as soon as one of the two is zero. Then they differ as much as can be; only when both are zero are
    they equal."""
    return safely(norm(np.subtract(a, b)), norm(a) + norm(b)) if norm(a) and norm(b) else 0.0


@exercise.mistake(caught_by=rules.runs)
def asks_whether_an_array_is_zero(a, b):
    """`a == 0` compares every entry, and Python cannot tell whether many answers are a yes. Ask about a number
    instead: about what you are going to divide by."""
    if a == 0 and b == 0:
        return 0.0
    return norm(np.subtract(a, b)) / (norm(a) + norm(b))


@exercise.mistake(caught_by=rules.outputs)
def adds_very_little_below_the_line(a, b):
    """You add something very small below the line, to be safe from 0/0. However small, there are gradients of that
    size, and for them the error comes out too small."""
    return norm(np.subtract(a, b)) / (norm(a) + norm(b) + 1e-12)
