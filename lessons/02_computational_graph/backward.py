"""The way back through recorded links.

`end` is a Value. Return a dictionary that gives, for `end` and for *every* value that it was computed from, how fast `end`
moves when that value is nudged. The keys are the Values themselves; that of `end` has gradient 1.

You may collect the links as edges and call your `reverse_accumulate`, or write the sweep out. Where your
`reverse_accumulate` is wrong, this exercise is also judged with a right one in its place, so that an error costs once.
`check` tries a program 5,000 values deep, marking one 20,000 deep and one with 10¹⁸ paths.
"""

from types import SimpleNamespace

from autograder import rules
from autograder.exercise import Exercise
from backprop.chain import reverse_accumulate


def backward(end):
    """How fast `end` moves when each value that it was computed from is nudged.

    end (a Value)  ->  {value: gradient}.
    """
    # Every link is an edge from the parent to the value. Find them all, from the end, each value once; the list grows
    # while we go through it, so nothing recurses.
    edges, found, known = [], [end], {end}
    for value in found:
        for parent, slope in value.links:
            edges.append((parent, value, slope))
            if parent not in known:
                known.add(parent)
                found.append(parent)
    return reverse_accumulate(edges, end)


exercise = Exercise(
    writes=["backward"],
    reference=SimpleNamespace(backward=backward),
    points=dict(gradient=4),
    minutes=12,
    kind="sweep",
    parts=dict(reverse_accumulate=reverse_accumulate),
    help=[
        "A link (parent, partial) of a value is an edge: from the parent, to the value, with the partial as its slope. So "
        "all that is missing is a list of all edges behind `end`.",
        "Keep a list of the values that you have found, at first only `end`, and go through it. Each value's links lead to "
        "parents; put those that are new at the end of the list. A loop over a list goes on to what was added meanwhile.",
        "Keep the values that you have met in a set as well: a value that is used twice must be gone through once, or "
        "its links would count twice. But both links that lead to it count.",
        "An example with other numbers: x = 5, a = mul(x, x), e = add(a, x). Found are e, then a and x. The edges are "
        "(a, e, 1), (x, e, 1), and (x, a, 5) twice. The sweep gives e = 1, a = 1, x = 1 + 5 + 5 = 11.",
    ],
)


def number(rng):
    """Two digits behind the point, either sign, away from 0 and 1."""
    return float(round(rng.choice([-1, 1]) * rng.uniform(1.2, 2.5), 2))


@exercise.case
def one_value_used_in_two_places(rng):
    steps = {"a": ["mul", "x", "y"], "b": ["exp", "y"], "e": ["add", "a", "b"]}
    return dict(program={"x": number(rng), "y": number(rng)} | steps)


@exercise.case
def the_same_twice(rng):
    return dict(program={"x": number(rng), "a": ["mul", "x", "x"], "e": ["add", "a", "a"]})


@exercise.case
def a_short_path_and_a_long_one(rng):
    steps = {"a": ["mul", "x", "y"], "b": ["mul", "a", "y"], "c": ["add", "b", "a"], "d": ["mul", "c", "a"]}
    return dict(program={"x": number(rng), "y": number(rng)} | steps | {"e": ["mul", "d", "a"]})


@exercise.case
def a_long_path_and_a_short_one(rng):
    steps = {"a": ["mul", "x", "y"], "b": ["mul", "y", "a"], "c": ["add", "a", "b"], "d": ["mul", "a", "c"]}
    return dict(program={"x": number(rng), "y": number(rng)} | steps | {"e": ["mul", "a", "d"]})


@exercise.case
def equal_numbers(rng):
    same = number(rng)
    steps = {"a": ["mul", "x", "y"], "b": ["mul", "a", "x"], "c": ["add", "x", "z"], "e": ["add", "b", "c"]}
    return dict(program={"x": same, "y": same, "z": same} | steps)


@exercise.case
def what_does_not_lead_to_the_end(rng):
    steps = {"a": ["mul", "x", "y"], "aside": ["mul", "a", "z"], "b": ["power", "a", 2], "e": ["add", "b", "x"]}
    return dict(program={"x": number(rng), "y": number(rng), "z": number(rng)} | steps)


@exercise.case
def one_is_flat(rng):
    steps = {"a": ["mul", "x", "x"], "b": ["relu", "y"], "c": ["mul", "b", "a"], "e": ["add", "c", "x"]}
    return dict(program={"x": number(rng), "y": -abs(number(rng))} | steps)


def chain(rng, length):
    """x, then x + y, then x + y + y, and so on."""
    program = {"x": number(rng), "y": number(rng), "v0": ["add", "x", "y"]}
    return program | {f"v{i}": ["add", f"v{i - 1}", "y"] for i in range(1, length)}


def doubled(rng, stages):
    """A number that is added to itself and halved, again and again."""
    program = {"half": 0.5, "a0": number(rng)}
    for i in range(stages):
        program |= {f"b{i}": ["add", f"a{i}", f"a{i}"], f"a{i + 1}": ["mul", f"b{i}", "half"]}
    return dict(program=program)


@exercise.case
def many_paths(rng):
    return doubled(rng, 10)


@exercise.case(once=True)
def five_thousand_deep(rng):
    return dict(program=chain(rng, 5000))


@exercise.case(for_marks_only=True)
def twenty_thousand_deep(rng):
    return dict(program={"x": number(rng)} | {f"v{i}": ["tanh", f"v{i - 1}" if i else "x"] for i in range(20_000)})


@exercise.case(for_marks_only=True)
def ten_to_the_18_paths(rng):
    return doubled(rng, 60)


# ----- mistakes: the links are collected, or swept, with one thing wrong -----


def found_from(end):
    """All values behind the end, each once, and how many links lead to each of them."""
    uses, found = {end: 0}, [end]
    for value in found:
        for parent, _ in value.links:
            if parent not in uses:
                uses[parent] = 0
                found.append(parent)
            uses[parent] += 1
    return found, uses


def swept(end, links=lambda value: value.links, share=lambda old, partial, arrives: old + partial * arrives, start=1.0):
    """The right sweep, with other links, or another share for each of them, or another start."""
    found, uses = found_from(end)
    gradient, ready = dict.fromkeys(found, 0.0) | {end: start}, [end]
    while ready:
        value = ready.pop()
        for parent, partial in links(value):
            gradient[parent] = share(gradient[parent], partial, gradient[value])
        for parent, _ in value.links:
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    return gradient


@exercise.mistake(caught_by=rules.rates)
def overwrites(end):
    """Where a value is used in several places, yours keeps what came back from one of them. What comes back from all
    of them adds up."""
    return swept(end, share=lambda old, partial, arrives: partial * arrives)


@exercise.mistake(caught_by=rules.rates)
def links_once(end):
    """In x · x or x + x, two links lead to the same parent, and yours follows one. A dictionary made of the links keeps the
    last for each parent."""
    return swept(end, links=lambda value: dict(value.links).items())


@exercise.mistake(caught_by=rules.rates)
def goes_on_when_first_met(end):
    """Yours goes on from a value as soon as something has reached it. What comes back later, over a longer path, is never
    passed on to its parents. A value must wait until everything that uses it has been swept."""
    gradient, line = {end: 1.0}, [end]
    for value in line:
        for parent, partial in value.links:
            if parent not in gradient:
                gradient[parent] = 0.0
                line.append(parent)
            gradient[parent] += partial * gradient[value]
    return gradient


@exercise.mistake(caught_by=rules.rates)
def goes_deep_when_first_met(end):
    """Yours goes on from a value before everything has reached it, always from the one met last, and never comes back to it.
    What arrives later is lost to its parents. A value must wait until everything that uses it has been swept."""
    gradient, stack = {end: 1.0}, [end]
    while stack:
        value = stack.pop()
        for parent, partial in value.links:
            if parent not in gradient:
                gradient[parent] = 0.0
                stack.append(parent)
            gradient[parent] += partial * gradient[value]
    return gradient


@exercise.mistake(caught_by=rules.rates)
def sends_the_whole_gradient_again(end):
    """Each time something comes back to a value, yours passes its whole gradient on, also the part that was passed on
    before. So shares are counted twice. Pass a gradient on once, when it is complete."""
    gradient, line = {end: 1.0}, [end]
    for value in line:
        if len(line) > 30_000:
            raise TimeoutError("more steps than anybody waits for")
        for parent, partial in value.links:
            gradient[parent] = gradient.get(parent, 0.0) + partial * gradient[value]
            line.append(parent)
    return gradient


@exercise.mistake(caught_by=rules.rates)
def passes_on_in_calls(end):
    """Yours calls itself for each parent, and hands the parent's whole gradient on each time, also what it handed on in an
    earlier call. So shares are counted twice. A value may go on once, when all that comes back to it is there."""
    gradient = {end: 1.0}

    def go(value):
        for parent, partial in value.links:
            gradient[parent] = gradient.get(parent, 0.0) + partial * gradient[value]
            go(parent)

    go(end)
    return gradient


@exercise.mistake(caught_by=rules.rates)
def overwrites_in_calls(end):
    """Yours calls itself for each parent, and keeps what came back last. What comes back from all uses of a value adds up, and
    a value goes on once, when all of it is there."""
    gradient = {end: 1.0}

    def go(value):
        for parent, partial in value.links:
            gradient[parent] = partial * gradient[value]
            go(parent)

    go(end)
    return gradient


@exercise.mistake(caught_by=rules.rates)
def overwrites_as_it_goes(end):
    """Yours keeps what came back to a value last, and goes on from it each time it is met. What comes back from all its uses
    adds up, and it goes on once, when all of that is there."""
    gradient, line = {end: 1.0}, [end]
    for value in line:
        if len(line) > 30_000:
            raise TimeoutError("more steps than anybody waits for")
        for parent, partial in value.links:
            gradient[parent] = partial * gradient[value]
            line.append(parent)
    return gradient


@exercise.mistake(caught_by=rules.rates)
def overwrites_from_a_stack(end):
    """In yours, what comes back to a value from one of its uses replaces what came from another; and the value on top of the stack
    goes on before all has come back to it. What comes back adds up, and a value goes on once, when all of it is there."""
    gradient, stack, steps = {end: 1.0}, [end], 0
    while stack:
        steps += 1
        if steps > 30_000:
            raise TimeoutError("more steps than anybody waits for")
        value = stack.pop()
        for parent, partial in value.links:
            gradient[parent] = partial * gradient[value]
            stack.append(parent)
    return gradient


@exercise.mistake(caught_by=rules.rates)
def collects_links_again(end):
    """A value that is used twice is gone through twice in yours, and each time its links become edges again. They count
    double then. Keep track of the values that you have met."""
    found, edges = [end], []
    for value in found:
        if len(found) > 30_000:
            raise TimeoutError("more steps than anybody waits for")
        for parent, partial in value.links:
            edges.append((parent, value, partial))
            found.append(parent)
    return reverse_accumulate(edges, end)


@exercise.mistake(caught_by=rules.rates)
def turns_the_edges_round(end):
    """Your edges lead from each value to its parents. A nudge goes the other way, from a parent to what was computed from
    it; so does an edge."""
    return dict.fromkeys(found_from(end)[0], 0.0) | {end: 1.0}


@exercise.mistake(caught_by=rules.rates)
def forgets_what_arrives(end):
    """Yours adds up the partials of single links. The chain rule multiplies each by what has come back to the value that
    holds the link."""
    return swept(end, share=lambda old, partial, arrives: old + partial)


@exercise.mistake(caught_by=rules.rates)
def starts_with_nothing(end):
    """Your gradients are all 0: what is multiplied and passed on must start somewhere. How fast does `end` move when `end`
    itself is nudged?"""
    return swept(end, start=0.0)


@exercise.mistake(caught_by=rules.rates)
def tells_values_apart_by_number(end):
    """Values with the same number share a gradient in yours. Two values are two, even if both happen to be 2.0: the object
    is the key, not its number."""
    found, _ = found_from(end)
    first = {}
    for value in found:
        first.setdefault(value.value, value)
    gradient, total = swept(end), {}
    for value in found:
        total[value.value] = total.get(value.value, 0.0) + gradient[value]
    return {value: total[value.value] for value in found}


@exercise.mistake(caught_by=rules.returns)
def returns_the_leaves_alone(end):
    """The gradients of the values in between are missing. They were worked out on the way, and whoever looks for an error
    will want to see them."""
    return {value: gradient for value, gradient in swept(end).items() if not value.links}


@exercise.mistake(caught_by=rules.returns)
def goes_one_step(end):
    """Yours looks at the links of `end` and stops. Each of its parents may have links in turn, and so on down to values that
    have none."""
    gradient = {end: 1.0}
    for parent, partial in end.links:
        gradient[parent] = gradient.get(parent, 0.0) + partial
    return gradient


@exercise.mistake(caught_by=rules.returns)
def names_values_by_their_numbers(end):
    """The keys of your dictionary are numbers. They should be the values themselves, the objects that the links name."""
    return {value.value: gradient for value, gradient in swept(end).items()}


@exercise.mistake(caught_by=rules.runs)
def recurses(end):
    """Yours calls itself for the parents of each value, and Python stops at a depth of about 1,000. A program that runs for
    a second is deeper. Keep a list of your own of what is still to be done, and go through it in a loop."""
    order, known = [], set()

    def visit(value):
        if value not in known:
            known.add(value)
            for parent, _ in value.links:
                visit(parent)
            order.append(value)

    visit(end)
    gradient = dict.fromkeys(order, 0.0) | {end: 1.0}
    for value in reversed(order):
        for parent, partial in value.links:
            gradient[parent] += partial * gradient[value]
    return gradient


@exercise.mistake(caught_by=rules.runs)
def walks_every_path(end):
    """Yours follows every path back from the end. The numbers are right, and there are too many paths: each value that is used
    twice doubles them. Wait until all that comes back to a value is there, add it up, and go on once."""
    gradient, line = {}, [(end, 1.0)]
    for value, product in line:
        gradient[value] = gradient.get(value, 0.0) + product
        line += [(parent, partial * product) for parent, partial in value.links]
    return gradient


@exercise.mistake(caught_by=rules.runs)
def walks_every_path_in_calls(end):
    """Yours calls itself along every path back from the end. On small programs the numbers are right; but paths double with
    each value that is used twice, and calls wait for each other, of which Python allows about 1,000. Keep a list of what is
    still to be done, and go on from a value once."""
    gradient = {}

    def go(value, product):
        gradient[value] = gradient.get(value, 0.0) + product
        for parent, partial in value.links:
            go(parent, partial * product)

    go(end, 1.0)
    return gradient
