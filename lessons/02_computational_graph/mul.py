"""Two operations that record their links.

`add(a, b)` and `mul(a, b)` take two Values and return a new one, with the number and with a link to each of the two:
`Value(number, links=[(a, partial), (b, partial)])`. The partial is how fast the new number moves when that parent
is nudged and the other is held still. The numbers are `a.value` and `b.value`.

What you return is swept by a right `backward`: here only links count.
"""

from types import SimpleNamespace

from autograder import rules
from autograder.exercise import Exercise
from backprop.graph import Value


def add(a, b):
    """The sum of two values, which remembers them.

    a and b Values  ->  Value(value, links=[(parent, partial), ...]).
    """
    # Nudge a by a hair, and the sum moves by a hair; so does b.
    return Value(a.value + b.value, links=[(a, 1.0), (b, 1.0)])


def mul(a, b):
    """The product of two values, which remembers them.

    a and b Values  ->  Value(value, links=[(parent, partial), ...]).
    """
    # Nudge a by a hair: the product gets b hairs more. Each is the other's partial.
    return Value(a.value * b.value, links=[(a, b.value), (b, a.value)])


exercise = Exercise(
    writes=["add", "mul"],
    reference=SimpleNamespace(add=add, mul=mul),
    points=dict(add=1, mul=1),
    minutes=6,
    kind="engine",
    help=[
        "Take numbers: 3 + 5 and 3 · 5. Raise the 3 to 3.01. By how much does the sum move, by how much the product?",
        "A rate is what the result moved by, over what the parent moved by. For the product it depends on the *other* "
        "factor.",
        "An example with an operation that is not asked for: sub(a, b) of 7 and 2 is 5. Nudging a moves it as far, "
        "nudging b as far the other way. So it is Value(5, links=[(a, 1.0), (b, -1.0)]), with a and b the Values "
        "themselves.",
    ],
)


def number(rng):
    """Two digits behind the point, either sign, away from 0 and 1."""
    return float(round(rng.choice([-1, 1]) * rng.uniform(1.2, 4), 2))


def both(rng, *steps):
    """The same program with either operation, on numbers of its own: steps are (name, parent, parent)."""
    leaves = sorted({each for _, *parents in steps for each in parents} - {name for name, *_ in steps})
    return {
        operation: {x: number(rng) for x in leaves} | {name: [operation, *parents] for name, *parents in steps}
        for operation in ("add", "mul")
    }


@exercise.case
def two_values(rng):
    return both(rng, ("e", "x", "y"))


@exercise.case
def the_same_twice(rng):
    return both(rng, ("e", "x", "x"))


@exercise.case
def used_in_two_places(rng):
    return both(rng, ("a", "x", "y"), ("b", "a", "x"), ("e", "b", "a"))


@exercise.case
def two_ends(rng):
    return both(rng, ("p", "x", "y"), ("q", "y", "z"))


@exercise.mistake(caught_by=rules.runs, stands_for="add")
def add_adds_the_values_themselves(a, b):
    """`a` and `b` are Values, and Python does not know how to add these: it is what you are writing. Their numbers
    are `a.value` and `b.value`."""
    return Value(a + b, links=[(a, 1.0), (b, 1.0)])


@exercise.mistake(caught_by=rules.runs, stands_for="mul")
def mul_multiplies_the_values_themselves(a, b):
    """`a` and `b` are Values, and Python does not know how to multiply these: it is what you are writing. Their numbers
    are `a.value` and `b.value`."""
    return Value(a * b, links=[(a, b.value), (b, a.value)])


@exercise.mistake(caught_by=rules.rates, stands_for="add")
def add_records_nothing(a, b):
    """The sum is right, and knows nothing of where it came from: it has no links, so no nudge is passed on."""
    return Value(a.value + b.value)


@exercise.mistake(caught_by=rules.rates, stands_for="mul")
def mul_records_nothing(a, b):
    """The product is right, and knows nothing of where it came from: it has no links, so no nudge is passed on."""
    return Value(a.value * b.value)


@exercise.mistake(caught_by=rules.rates, stands_for="add")
def add_has_the_values_as_partials(a, b):
    """The partials of your sum are the two numbers themselves. Nudge one of them by 0.01: by how much does the sum
    move, however large it was?"""
    return Value(a.value + b.value, links=[(a, a.value), (b, b.value)])


@exercise.mistake(caught_by=rules.rates, stands_for="add")
def add_has_the_partials_of_a_product(a, b):
    """Your sum has the partials of a product. In a sum, how far a nudge goes does not depend on the other one."""
    return Value(a.value + b.value, links=[(a, b.value), (b, a.value)])


@exercise.mistake(caught_by=rules.rates, stands_for="mul")
def mul_has_its_own_values_as_partials(a, b):
    """In your product each factor is its own partial. Nudge the 3 of 3 · 5 by 0.01: the product moves by 0.05, and it is
    the other factor that says so."""
    return Value(a.value * b.value, links=[(a, a.value), (b, b.value)])


@exercise.mistake(caught_by=rules.rates, stands_for="mul")
def mul_has_the_partials_of_a_sum(a, b):
    """Your product has the partials of a sum. A nudge of one factor is multiplied by the other."""
    return Value(a.value * b.value, links=[(a, 1.0), (b, 1.0)])


@exercise.mistake(caught_by=rules.rates, stands_for="mul")
def mul_has_the_product_as_partials(a, b):
    """The partials of your product are the product itself. What is held still is only the other factor."""
    return Value(a.value * b.value, links=[(a, a.value * b.value), (b, a.value * b.value)])


@exercise.mistake(caught_by=rules.rates, stands_for="add")
def add_links_once(a, b):
    """For x + x yours records a single link. Both places count: a nudge of x arrives twice. A dictionary, or a set, of
    parents loses one of them."""
    return Value(a.value + b.value, links=list({a: 1.0, b: 1.0}.items()))


@exercise.mistake(caught_by=rules.rates, stands_for="mul")
def mul_links_once(a, b):
    """For x · x yours records a single link. Both places count: a nudge of x arrives twice. A dictionary, or a set, of
    parents loses one of them."""
    return Value(a.value * b.value, links=list({a: b.value, b: a.value}.items()))


@exercise.mistake(caught_by=rules.returns, stands_for="add")
def add_links_to_numbers(a, b):
    """Your sum links to numbers. A number does not know what it was computed from, so the way back would end there.
    The parent in a link is `a` itself, not `a.value`."""
    return Value(a.value + b.value, links=[(a.value, 1.0), (b.value, 1.0)])


@exercise.mistake(caught_by=rules.returns, stands_for="mul")
def mul_links_to_numbers(a, b):
    """Your product links to numbers. A number does not know what it was computed from, so the way back would end there.
    The parent in a link is `a` itself, not `a.value`."""
    return Value(a.value * b.value, links=[(a.value, b.value), (b.value, a.value)])


@exercise.mistake(caught_by=rules.returns, stands_for="mul")
def mul_has_values_for_partials(a, b):
    """The partials in your links are Values. A partial is a plain number: it is known as soon as the product is
    computed."""
    return Value(a.value * b.value, links=[(a, b), (b, a)])


@exercise.mistake(caught_by=rules.returns, stands_for="mul")
def mul_turns_its_pairs_round(a, b):
    """The pairs in your links stand the other way round: first the parent, then the partial."""
    return Value(a.value * b.value, links=[(b.value, a), (a.value, b)])


@exercise.mistake(caught_by=rules.returns, stands_for="add")
def add_turns_its_pairs_round(a, b):
    """The pairs in the links of your sum stand the other way round: first the parent, then the partial."""
    return Value(a.value + b.value, links=[(1.0, a), (1.0, b)])


@exercise.mistake(caught_by=rules.runs, stands_for="add")
def add_returns_a_number(a, b):
    """Your `add` returns a plain number. The number is right, but a number cannot hold links: wrap it into a Value."""
    return a.value + b.value


@exercise.mistake(caught_by=rules.runs, stands_for="mul")
def mul_returns_a_number(a, b):
    """Your `mul` returns a plain number. The number is right, but a number cannot hold links: wrap it into a Value."""
    return a.value * b.value


@exercise.mistake(caught_by=rules.returns, stands_for="mul")
def mul_links_in_a_dictionary(a, b):
    """The links of your product are a dictionary. A list of pairs is asked for, and it is needed: x · x has two links to the
    same parent, and a dictionary has room for one."""
    out = Value(a.value * b.value)
    out.links = {a: b.value, b: a.value}
    return out


@exercise.mistake(caught_by=rules.returns, stands_for="add")
def add_lists_its_parents_alone(a, b):
    """The links of your sum are the parents alone. Each link is a pair: the parent, and how fast the sum moves when that
    parent is nudged."""
    return Value(a.value + b.value, links=[a, b])
