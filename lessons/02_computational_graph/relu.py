"""Five operations with one parent.

`power(a, k)` raises a Value to a number `k`, which is a constant and gets no link. `exp(a)`, `log(a)` (the natural one),
`tanh(a)` and `relu(a)` take one Value. Each returns `Value(number, links=[(a, partial)])`, with the derivative *at* `a.value`
as the partial. `math` has `exp`, `log` and `tanh`. No test puts a ReLU at zero.
"""

import math
from types import SimpleNamespace

from autograder import rules
from autograder.exercise import Exercise
from backprop.graph import Value


def power(a, k):
    """The value a to the power of a number k.

    a (a Value), k (a number)  ->  Value(value, links=[(a, partial)]).
    """
    return Value(a.value**k, links=[(a, k * a.value ** (k - 1))])


def exp(a):
    """e to the power a.

    a (a Value)  ->  Value(value, links=[(a, partial)]).
    """
    # The exponential is its own derivative, so its value is its partial.
    value = math.exp(a.value)
    return Value(value, links=[(a, value)])


def log(a):
    """The natural logarithm of a.

    a (a Value, positive)  ->  Value(value, links=[(a, partial)]).
    """
    return Value(math.log(a.value), links=[(a, 1 / a.value)])


def tanh(a):
    """The hyperbolic tangent of a.

    a (a Value)  ->  Value(value, links=[(a, partial)]).
    """
    # tanh' = 1 - tanh²: again the value gives the partial.
    value = math.tanh(a.value)
    return Value(value, links=[(a, 1 - value**2)])


def relu(a):
    """a where it is positive, else 0.

    a (a Value)  ->  Value(value, links=[(a, partial)]).
    """
    return Value(max(0.0, a.value), links=[(a, 1.0 if a.value > 0 else 0.0)])


exercise = Exercise(
    writes=["power", "exp", "log", "tanh", "relu"],
    reference=SimpleNamespace(power=power, exp=exp, log=log, tanh=tanh, relu=relu),
    points=dict(power=1, exp=1, log=1, tanh=1, relu=1),
    minutes=10,
    kind="engine",
    help=[
        "Each partial is a derivative from school, at the number `a.value`. Write down the five derivatives first. That "
        "of tanh, if you have forgotten it, follows from tanh = sinh/cosh with the quotient rule.",
        "For two of the five, the derivative is easiest to say with the *result*, which you have just computed. For `relu`, "
        "draw it: what is the slope on the left, and on the right?",
        "An example with an operation that is not asked for: the square root of 9 is 3, and its derivative is "
        "1/(2 · root), so it is Value(3.0, links=[(a, 1 / 6)]). If you are not sure of a derivative, nudge: "
        "(f(x + h) - f(x - h)) / 2h with h = 0.00001 should give its first digits.",
    ],
)


def between(rng, low, high):
    return float(round(rng.uniform(low, high), 2))


@exercise.case
def one_value(rng):
    programs = {name: {"x": between(rng, 0.3, 1.2), "e": [name, "x"]} for name in ("exp", "tanh")}
    programs["log"] = {"x": between(rng, 1.5, 4), "e": ["log", "x"]}
    programs["relu"] = {"x": between(rng, 1.5, 4), "e": ["relu", "x"]}
    return {"power": {"x": between(rng, 1.5, 3), "e": ["power", "x", 3]}} | programs


@exercise.case
def one_inside_the_other(rng):
    programs = {
        name: {"x": between(rng, 0.3, 0.9), "a": [name, "x"], "e": [name, "a"]} for name in ("exp", "tanh", "relu")
    }
    programs["log"] = {"x": between(rng, 3, 6), "a": ["log", "x"], "e": ["log", "a"]}
    return {"power": {"x": between(rng, 1.5, 3), "a": ["power", "x", 2], "e": ["power", "a", -1.5]}} | programs


@exercise.case
def two_numbers(rng):
    """One on either side of zero, or of one."""
    high, low = between(rng, 1.2, 2.5), -between(rng, 1.2, 2.5)
    programs = {name: {"x": high, "y": low, "p": [name, "x"], "q": [name, "y"]} for name in ("exp", "tanh", "relu")}
    programs["log"] = {"x": high, "y": between(rng, 0.2, 0.8), "p": ["log", "x"], "q": ["log", "y"]}
    programs["power"] = {"x": high, "y": low, "p": ["power", "x", 0.5], "q": ["power", "y", -3]}
    return programs


def with_partial(a, value, partial):
    return Value(value, links=[(a, partial)])


@exercise.mistake(caught_by=rules.rates, stands_for="power")
def power_forgets_the_factor(a, k):
    """The partial of your `power` lacks the factor k: x³ does not grow at rate x², but three times as fast."""
    return with_partial(a, a.value**k, a.value ** (k - 1))


@exercise.mistake(caught_by=rules.rates, stands_for="power")
def power_keeps_the_exponent(a, k):
    """The partial of your `power` has the factor k and still the old exponent. Differentiating lowers it by one."""
    return with_partial(a, a.value**k, k * a.value**k)


@exercise.mistake(caught_by=rules.rates, stands_for="power")
def power_is_taken_for_an_exponential(a, k):
    """You differentiated with respect to the exponent, which gives a logarithm. The exponent is a constant here; it is
    the base that is nudged."""
    return with_partial(a, a.value**k, a.value**k * math.log(abs(a.value)))


@exercise.mistake(caught_by=rules.rates, stands_for="power")
def power_forgets_the_power(a, k):
    """The partial of your `power` is k alone, wherever it is taken. The slope of x³ is not the same at 1 and at 2."""
    return with_partial(a, a.value**k, k)


@exercise.mistake(caught_by=rules.returns, stands_for="power")
def power_links_to_its_exponent(a, k):
    """Your `power` links to its exponent as well. The exponent is a plain number, a constant of the program: nothing was
    computed before it, and nothing comes back to it."""
    return Value(a.value**k, links=[(a, k * a.value ** (k - 1)), (k, 0.0)])


@exercise.mistake(caught_by=rules.rates, stands_for="exp")
def exp_is_taken_for_a_power(a):
    """You used the rule for powers on an exponential. In e to the power a, it is the exponent that is nudged; the
    derivative of this function is a very special one."""
    return with_partial(a, math.exp(a.value), a.value * math.exp(a.value - 1))


@exercise.mistake(caught_by=rules.rates, stands_for="exp")
def exp_has_its_input_as_partial(a):
    """The partial of your `exp` is the number that went in. It should be said with the number that came out."""
    return with_partial(a, math.exp(a.value), a.value)


@exercise.mistake(caught_by=rules.rates, stands_for="exp")
def exp_takes_exp_twice(a):
    """The partial of your `exp` is the exponential of the *result*. It is the exponential of what went in."""
    return with_partial(a, math.exp(a.value), math.exp(math.exp(a.value)))


@exercise.mistake(caught_by=rules.returns, stands_for="exp")
def exp_links_to_itself(a):
    """Your `exp` links to itself: the value that it returns stands as its own parent. The parent is what it was computed
    from."""
    out = Value(math.exp(a.value))
    out.links = [(out, out.value)]
    return out


@exercise.mistake(caught_by=rules.rates, stands_for="log")
def log_divides_by_the_result(a):
    """The partial of your `log` is one over the *result*. It is taken at the number that went in."""
    return with_partial(a, math.log(a.value), 1 / math.log(a.value))


@exercise.mistake(caught_by=rules.values, stands_for="log")
def log_counts_digits(a):
    """Your `log` is the one to base 10. Asked is the natural one, which undoes `exp`."""
    return with_partial(a, math.log10(a.value), 1 / (a.value * math.log(10)))


@exercise.mistake(caught_by=rules.rates, stands_for="log")
def log_forgets_to_turn_over(a):
    """The partial of your `log` grows with the number; but the logarithm gets flatter the further out it is."""
    return with_partial(a, math.log(a.value), a.value)


@exercise.mistake(caught_by=rules.rates, stands_for="tanh")
def tanh_squares_its_input(a):
    """The partial of your `tanh` has the square of what went *in*. The square is that of the result."""
    return with_partial(a, math.tanh(a.value), 1 - a.value**2)


@exercise.mistake(caught_by=rules.rates, stands_for="tanh")
def tanh_forgets_the_square(a):
    """The partial of your `tanh` is one minus the result. A square is missing: the slope must be the same at x and at -x."""
    return with_partial(a, math.tanh(a.value), 1 - math.tanh(a.value))


@exercise.mistake(caught_by=rules.rates, stands_for="tanh")
def tanh_is_taken_for_a_sigmoid(a):
    """The partial of your `tanh` is that of the sigmoid, result times one minus result. At 0 the slope of tanh is 1, and
    yours is 0."""
    return with_partial(a, math.tanh(a.value), math.tanh(a.value) * (1 - math.tanh(a.value)))


@exercise.mistake(caught_by=rules.rates, stands_for="relu")
def relu_always_passes(a):
    """The partial of your `relu` is 1 on both sides. On the left it returns a constant, and a nudge there moves
    nothing."""
    return with_partial(a, max(0.0, a.value), 1.0)


@exercise.mistake(caught_by=rules.rates, stands_for="relu")
def relu_has_its_value_as_partial(a):
    """The partial of your `relu` is its value. Where it lets the number pass, a nudge passes too, as it is: its size does
    not depend on the number."""
    return with_partial(a, max(0.0, a.value), max(0.0, a.value))


@exercise.mistake(caught_by=rules.values, stands_for="relu")
def relu_takes_the_magnitude(a):
    """Your `relu` turns negative numbers round. It sets them to zero."""
    return with_partial(a, abs(a.value), 1.0 if a.value > 0 else -1.0)


@exercise.mistake(caught_by=rules.rates, stands_for="relu")
def relu_has_the_slope_of_a_magnitude(a):
    """The partial of your `relu` is -1 on the left, which is the slope of |x|. The ReLU is flat there."""
    return with_partial(a, max(0.0, a.value), math.copysign(1.0, a.value))
