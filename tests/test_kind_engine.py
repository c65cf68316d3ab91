"""Kinds about a graph of numbers: operations that record links, a sweep on recorded links, a table, an order."""

import numpy as np
import pytest

from autograder import judge
from autograder.box import Limits
from autograder.lesson import find_exercise
from backprop import chain
from backprop.graph import Value

ARITHMETIC, FUNCTIONS, BACKWARD = map(find_exercise, ("mul", "relu", "backward"))
TABLE, ORDER, HUNT = map(find_exercise, ("reverse_accumulate", "topological_order", "telling_program"))
LIMITS = Limits(cpu=2.0, wall=60.0)  # nothing here waits; a busy machine may take its time


def marked(exercise, **functions):
    right = {name: getattr(exercise.reference, name) for name in exercise.writes}
    return judge.mark(exercise.id, right | functions, secret=b"engine", limits=LIMITS)


# ----- operations -----


def test_an_operation_that_is_wrong_costs_no_other():
    verdict = marked(FUNCTIONS, exp=lambda a: 1 / 0)
    assert verdict.wrong == ["exp"] and verdict.points == 4
    assert marked(ARITHMETIC, add=lambda a, b: None).wrong == ["add"]


def test_every_right_way_to_record_links_is_right():
    """Steps in between, tuples of pairs, NumPy numbers, a class of one's own, an input handed through."""

    def by_steps(a, b):
        minus = Value(-b.value, [(b, -1.0)])
        return Value(a.value - minus.value, ((a, 1), [minus, -1]))

    class Mine:
        def __init__(self, value, links):
            self.value, self.links = np.float64(value), links

    def own_class(a, b):
        return Mine(a.value * b.value, [(a, np.float64(b.value)), (b, np.array(a.value))])

    def handed_through(a):
        return a if a.value > 0 else Value(0.0)

    assert marked(ARITHMETIC, add=by_steps, mul=own_class).points == 2
    assert marked(FUNCTIONS, relu=handed_through).points == FUNCTIONS.max_points


class Endless:
    value = 1.0

    @property
    def links(self):
        return ((Endless(), 1.0) for _ in iter(int, 1))


class Deep:
    """Each looks as if it had a parent, for ever."""

    value = 1.0

    @property
    def links(self):
        return [(Deep(), 1.0)]


class Tells:
    value, links = property(lambda self: 1 / 0), []


def circle(a, b):
    out = Value(a.value * b.value)
    out.links = [(out, 1.0), (a, 1.0)]
    return out


@pytest.mark.parametrize(
    "mul, says",
    [
        (lambda a, b: a.value * b.value, "a Value was expected, with its links; a float came back"),
        (lambda a, b: None, "a NoneType came back"),
        (lambda a, b: Value("six", [(a, 1.0)]), "the value of one of the values is a str; expected a number"),
        (lambda a, b: Value(float("nan"), [(a, 1.0)]), "the value of one of the values is nan"),
        (lambda a, b: Value(a.value * b.value, [(a, float("inf"))]), "the partial of one of the values is inf"),
        (lambda a, b: Value(a.value * b.value, [(a, object())]), "the partial of one of the values is an object"),
        (lambda a, b: Value(a.value * b.value, [(a, 10**400)]), "the partial of one of the values is an int"),
        (lambda a, b: Value(a.value * b.value, [a, b]), "one of the links is a Value; a link is a pair"),
        (lambda a, b: Value(a.value * b.value, [(a, 1.0, 2.0)]), "one of the links is a tuple"),
        (lambda a, b: Value(a.value * b.value, [(a.value, 1.0)]), "leads to a float; the parent is the Value itself"),
        (lambda a, b: Value(a.value * b.value, [(1.0, a)]), "one of the links is a pair the other way round"),
        (lambda a, b: Value(a.value * b.value, [(a, 1.0)] * 10**6), "there are more than 1000 links"),
        (lambda a, b: Endless(), "there are more than 1000 links"),
        (lambda a, b: Deep(), "there are more than 1000 links"),
        (lambda a, b: Tells(), "a Value was expected"),
        (circle, "the links run in a circle"),
        (lambda a, b: Value(a.value * b.value), "nudging x moves e at rate"),
        (lambda a, b: Value(a.value * b.value + 1, [(a, b.value), (b, a.value)]), "mul: e is "),
    ],
)
def test_what_is_no_graph_of_values_gets_a_plain_sentence(mul, says):
    verdict = marked(ARITHMETIC, mul=mul)
    assert verdict.wrong == ["mul"] and verdict.points == 1
    assert says in verdict.complaints[0] or "raised ZeroDivisionError" in verdict.complaints[0]


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {},
        {"numbers": [1.0], "links": [[(7, 1.0)]], "ends": [0]},
        {"numbers": [1.0], "links": [[(0, 1.0, 2.0)]], "ends": [0]},
        {"numbers": [1.0], "links": [[(-1, 1.0)]], "ends": [0]},
        {"numbers": [1.0], "links": [5], "ends": [0]},
        {"numbers": [1.0], "links": [[]], "ends": [3]},
        {"numbers": "a", "links": [[]], "ends": [0]},
        {"numbers": [1.0], "links": [[(True, 1.0)]], "ends": [0]},
    ],
)
def test_a_forged_reply_is_no_graph(reply):
    from autograder import programs

    with pytest.raises(ValueError, match="what came back is no graph of values"):
        programs.swept(reply, 1)


# ----- the way back -----

OWN_SWEEP = """
def backward(end):
    edges, found, known = [], [end], {end}
    for value in found:
        for parent, partial in value.links:
            edges.append((parent, value, partial))
            if parent not in known:
                known.add(parent)
                found.append(parent)
    return reverse_accumulate(edges, end)
"""
WRONG_SWEEP = "def reverse_accumulate(edges, end):\n    return {end: 1.0}\n"


@pytest.mark.parametrize("part", [WRONG_SWEEP, ""], ids=["wrong", "missing"])
def test_an_error_in_the_sweep_over_edges_costs_once(part):
    """Without that part, and with a wrong one, the links that were collected are judged by a right sweep."""
    verdict = judge.mark_source("backward", part + OWN_SWEEP, secret=b"engine")
    assert verdict.points == verdict.max_points == 4, verdict.complaints
    names = {}
    exec(part + OWN_SWEEP, names)
    assert judge.mark("backward", names, secret=b"engine").points == 4


def test_links_that_were_collected_wrongly_are_not_saved_by_a_right_sweep():
    wrong = OWN_SWEEP.replace("known.add(parent)", "pass")
    assert judge.mark_source("backward", wrong, secret=b"engine", limits=LIMITS).points == 0


@pytest.mark.parametrize(
    "backward, says",
    [
        (lambda end: None, "return a dictionary {value: gradient}; yours returned None"),
        (lambda end: [1.0], "yours returned 1 values"),
        (lambda end: {}, "gradient: there is none for x"),
        (lambda end: {end.value: 1.0}, "the keys of the dictionary are the values themselves"),
        (lambda end: {end: 1.0}, "gradient: there is none for x"),
        (lambda end: BACKWARD.reference.backward(end) | {end: "one"}, "expected floating-point numbers"),
        (lambda end: BACKWARD.reference.backward(end) | {end: float("nan")}, "is nan"),
        (lambda end: backward_for_ever(end), "took more than 2 s of computing time"),
    ],
)
def test_what_is_no_table_of_gradients_gets_a_plain_sentence(backward, says):
    verdict = marked(BACKWARD, backward=backward)
    assert verdict.points == 0 and says in verdict.complaints[0]


def backward_for_ever(end):
    while True:
        pass


def test_what_the_end_does_not_depend_on_may_be_left_out_or_be_zero():
    def with_more(end):
        return BACKWARD.reference.backward(end) | {Value(3.0): 0.0, "aside": 1.0}

    assert marked(BACKWARD, backward=with_more).points == 4


# ----- table and order -----


@pytest.mark.parametrize(
    "answer, says",
    [
        (lambda edges, end: None, "return a dictionary; yours returned None"),
        (lambda edges, end: {}, "is missing from your dictionary"),
        (lambda edges, end: TABLE.reference.reverse_accumulate(edges, end) | {"zz": 0.0}, "'zz' is in your dictionary"),
        (lambda edges, end: TABLE.reference.reverse_accumulate(edges, end) | {end: None}, "expected floating-point"),
        (lambda edges, end: {node: 1.0 for edge in edges for node in edge[:2]}, "moves e at rate"),
    ],
)
def test_a_table_is_compared_entry_by_entry(answer, says):
    verdict = marked(TABLE, reverse_accumulate=answer)
    assert verdict.points == 0 and says in verdict.complaints[0]


def test_counting_stops_whoever_walks_every_path_and_says_so():
    def by_paths(edges, end):
        return {node: chain.sum_over_paths(edges, node, end) for edge in edges for node in edge[:2]}

    def along_links(end):
        gradient, line = {}, [(end, 1.0)]
        for value, product in line:
            gradient[value] = gradient.get(value, 0.0) + product
            line += [(parent, partial * product) for parent, partial in value.links]
        return gradient

    said = marked(TABLE, reverse_accumulate=by_paths).complaints
    assert "gone through more than 300 times; use every edge once" in said[0]
    said = marked(BACKWARD, backward=along_links).complaints
    assert "multiplied with more than 300 times; use every edge once (case: many paths)" in said[0]


def test_who_goes_around_the_counting_still_fails():
    """On plain numbers, in a list of one's own: many paths take too much time, and deep graphs are too deep."""

    def uncounted(edges, end):
        edges = [(here, there, float(slope)) for here, there, slope in edges]
        return {node: chain.sum_over_paths(edges, node, end) for node in {node for edge in edges for node in edge[:2]}}

    assert marked(TABLE, reverse_accumulate=uncounted).points == 0


def test_counting_gets_in_nobodys_way():
    """A slope that is handed through, NumPy numbers, a slope on the right of the product, a few passes over all edges."""

    def styles(edges, end):
        for _ in range(20):
            nodes = {node for edge in edges for node in edge[:2]}
        links = {}
        for here, there, slope in edges:
            links.setdefault(there, []).append((here, slope))
        total = dict.fromkeys(nodes, 0.0) | {end: np.float64(1.0)}
        for there in reversed(ORDER.reference.topological_order(links, end)):
            for here, slope in links.get(there, ()):
                share = slope if there == end else total[there] * slope
                total[here] = total[here] + share if total[here] else share
        return total

    assert marked(TABLE, reverse_accumulate=styles).points == 4


def test_where_nothing_has_a_name_nodes_do():
    """What is said of a place names nodes, not positions in an array that no learner has seen."""

    def one_short(edges, end):
        return {n: d + 0.1 * (n == "b") for n, d in chain.reverse_accumulate(edges, end).items()}

    assert "`total` is wrong for b, right for " in marked(TABLE, reverse_accumulate=one_short).place
    assert "in [('" in marked(TABLE, reverse_accumulate=one_short).complaints[0]

    def exp(a):
        return Value(np.exp(a.value), [(a, 0.123)])

    assert marked(FUNCTIONS, exp=exp).place == ""


@pytest.mark.parametrize(
    "answer, says",
    [
        (lambda links, end: end, "return a list of nodes"),
        (lambda links, end: [], "is missing"),
        (lambda links, end: [{}], "a node is no key of `links`"),
        (lambda links, end: [end, end], "stands there twice"),
        (lambda links, end: ORDER.reference.topological_order(links, end)[::-1], "stands before its parent"),
        (lambda links, end: ["zz", *ORDER.reference.topological_order(links, end)], "was not computed from it"),
    ],
)
def test_an_order_is_told_what_is_wrong_with_it(answer, says):
    verdict = marked(ORDER, topological_order=answer)
    assert verdict.points == 0 and says in verdict.complaints[0]


def test_every_order_is_right():
    """By depth, by name where depths are equal, as a tuple: not the reference's order."""

    def by_depth(links, end):
        depth = {}
        for node in ORDER.reference.topological_order(links, end):
            depth[node] = 1 + max((depth[parent] for parent, _ in links.get(node, [])), default=0)
        return tuple(sorted(depth, key=lambda node: (depth[node], str(node))))

    assert marked(ORDER, topological_order=by_depth).points == 2


# ----- programs as data -----

RIGHT = HUNT.reference.telling_program()


@pytest.mark.parametrize(
    "program, points, says",
    [
        (RIGHT, 2.5, ""),
        ({name: tuple(s) if isinstance(s, list) else s for name, s in RIGHT.items()}, 2.5, ""),
        ({"x": 2, "e": ["exp", "x"]}, 0, "`ash` gets away"),
        (None, 0, "return a program: a dictionary of names"),
        ({}, 0, "return a program"),
        ({f"x{i}": 1.0 for i in range(11)}, 0, "your program has 11 names; at most 10"),
        ({"x": 2.0, "e": ["add", "x"]}, 0, "e: add takes 2 names"),
        ({"x": 2.0, "e": ["power", "x"]}, 0, "e: power takes 1 name and an exponent"),
        ({"x": 2.0, "e": ["power", "x", 1e9]}, 0, "an exponent is a number between -20 and 20"),
        ({"x": 2.0, "e": ["sub", "x", "x"]}, 0, "e begins with no operation"),
        ({"x": 2.0, "e": []}, 0, "e begins with no operation"),
        ({"x": 2.0, "e": ["exp", "y"], "y": 3.0}, 0, "e uses y, which is no name before it"),
        ({"x": float("nan")}, 0, "x is neither a number below a million nor"),
        ({"x": "__import__('os')"}, 0, "x is neither a number"),
        ({1: 2.0}, 0, "a name is a string"),
        ({"x": -2.0, "e": ["log", "x"]}, 0, "math domain error"),
        ({"x": 900.0, "e": ["exp", "x"]}, 0, "range error"),
        ({"x": 0.0, "e": ["power", "x", -1]}, 0, "negative power"),
        ({"x": -2.0, "e": ["power", "x", 0.5]}, 0, "which is no finite number"),
    ],
)
def test_a_program_is_judged_by_whom_it_exposes(program, points, says):
    verdict = marked(HUNT, telling_program=lambda: program)
    assert verdict.points == points
    assert says in "\n".join(verdict.complaints) if says else not verdict.complaints
