"""Derivations: expressions as text, read by a whitelist, tried on numbers; and what a hostile text gets."""

import ast
import re
import time
import warnings

import numpy as np
import pytest

from autograder import examiner, expressions, judge
from autograder.expressions import Refused, read, worked_out
from autograder.lesson import find_exercise
from backprop import norm, numeric

DERIVATION = find_exercise("batchnorm_derivation")
RIGHT = DERIVATION.reference.batchnorm_derivation()
NAMES = ["a", "b", "x"]
VALUES = dict(a=2.0, b=-3.0, x=np.array([1.0, 2.0, 6.0]))


def marked(function):
    return judge.mark("batchnorm_derivation", {"batchnorm_derivation": function}, secret=b"derivations")


def answered(**results):
    return marked(lambda: RIGHT | results)


# ----- the whitelist -----


@pytest.mark.parametrize(
    "text, value",
    [
        ("a", 2),
        ("-a + b", -5),
        ("+a - -b", -1),
        ("a * b / 4", -1.5),
        ("a ** 3", 8),
        ("a**-0.5", 2**-0.5),
        ("4 ** (1/2)", 2),
        ("x * a", [2, 4, 12]),
        ("x - mean(x)", [-2, -1, 3]),
        ("sum(x) / 3 - mean(x)", 0),
        ("sqrt(mean(x ** 2))", np.sqrt(41 / 3)),
        ("sum(a)", 6),  # a number is the same in each of three rows
        ("mean(a)", 2),
        ("  (a)\n", 2),
        ("1e3 * a", 2000),
        ("((((a))))", 2),
    ],
)
def test_what_is_allowed_is_worked_out(text, value):
    np.testing.assert_allclose(worked_out(read(text, NAMES), VALUES, 3), value)


HOSTILE = {
    "runs something": ["__import__('os').system('true')", "exec('1')", "eval('1')", "open('x')", "print(a)", "breakpoint()"],
    "walks to classes": ["().__class__", "a.__class__.__mro__", "x.dtype", "(lambda: 1)()", "x.tofile('left-by-an-attack')"],
    "names that are none": ["__builtins__", "_", "__import__", "os", "ａ_", "nan", "inf", "True", "None"],
    "huge powers": ["9**9**9**9", "10**10**10", "a**a**a**a**a**a**a**a", "(9**9)**(9**9)", "9" * 290, "9e999**9e999"],
    "deep": ["(" * 140 + "a" + ")" * 140, "-" * 250 + "a", "sqrt(" * 49 + "a" + ")" * 49, "a**" * 90 + "a", "a" + "+a" * 140],
    "long": ["a+" * 1_000_000 + "a", "a" * 10**7, " " * 10**6 + "a"],
    "statements": ["a = 1", "a; b", "import os", "a\nb", "while 1: pass", "(yield a)", "(a := 2)", "await a", "# a", "a if b else a"],
    "other things": ["[a]", "{a: b}", "{a}", "'a'", "f'{a}'", "b'a'", "a < b", "a and b", "not a", "~a", "a % b", "a // b", "a << 9999999",
                     "1j", "...", "x[0]", "*x", "sum(*x)", "sum(x for x in x)", "sum(x, 0)", "sum(x, axis=0)", "sum()", "sum(**a)", "max(x)",
                     "a @ b", "a ^ b", "", "   ", "\0", "a\0b", "\ud800", "é", "a\u202eb", "np.sum(x)", "2 a", "(a", "a)"],
}  # fmt: skip


@pytest.mark.parametrize(
    "text", [pytest.param(t, id=f"{k}-{i}") for k, ts in HOSTILE.items() for i, t in enumerate(ts)]
)
def test_a_hostile_text_is_refused_or_comes_to_a_number_at_once(text):
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = worked_out(read(text, NAMES), VALUES, 3)
        except Refused as reason:
            assert len(str(reason)) < 250 and "\0" not in str(reason)
        else:
            assert value.dtype == float and value.shape in ((), (3,))
            assert re.fullmatch(r"[9eabx+\-*()\s\d]+", text), "a form that is not on the list was worked out"
    assert time.process_time() - start < 0.5


def test_what_was_read_holds_nothing_else():
    allowed = (ast.Constant, ast.Name, ast.UnaryOp, ast.BinOp, ast.Call, ast.operator, ast.unaryop, ast.Load)
    for text in RIGHT.values():
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        assert all(isinstance(node, allowed) for node in ast.walk(read(text, names)))


@pytest.mark.parametrize("value", [None, 3, 3.5, ["a"], b"a", {"a": 1}, np.ones(3)])
def test_what_is_no_text_gets_a_plain_sentence(value):
    with pytest.raises(Refused, match="expected an expression as text"):
        read(value, NAMES)


@pytest.mark.parametrize(
    "text, says",
    [
        ("np.sum(x)", "no dots in `np.sum"),
        ("x.mean()", "no dots in `x.mean()`"),
        ("sum(x, axis=0)", "`sum` is given one thing alone, and no axis"),
        ("a ^ 2", "a power is written `**`"),
        ("x @ x", "`@` is not used here"),
        ("2 a", "is there a `*` in every product?"),
        ("sigma", "`sigma` is no name that can be used here; there are a, b, x"),
        ("max(x)", "`max` is no function here; there are mean, sqrt, sum"),
        ("a < b", "`a < b` is not allowed"),
        ("", "there is no expression yet"),
        ("a" * 301, "an expression of 301 characters"),
        ("-" * 60 + "a", "more than 40 others"),
    ],
)
def test_a_refusal_says_what_to_do(text, says):
    with pytest.raises(Refused, match=re.escape(says)):
        read(text, NAMES)


# ----- the verdict -----


def test_an_independent_witness_agrees_with_every_result():
    """Each result by nudging the value that it is called after, through what follows from it."""
    for draw in examiner.draws(DERIVATION, examiner.public_seed, for_marks=True):
        p = draw.cache

        def loss(centred=p["centred"], var=None, sigma=None, xhat=None, p=p, gamma=p["gamma"], beta=p["beta"]):
            var = np.mean(centred**2) if var is None else var
            sigma = np.sqrt(var + p["eps"]) if sigma is None else sigma
            xhat = centred / sigma if xhat is None else xhat
            return np.sum(p["dout"] * (gamma * xhat + beta))

        through = dict(
            dbeta=(lambda v: loss(beta=v), p["beta"]), dgamma=(lambda v: loss(gamma=v), p["gamma"]),
            dxhat=(lambda v: loss(xhat=v), p["xhat"]), dsigma=(lambda v: loss(sigma=v), p["sigma"]),
            dvar=(lambda v: loss(var=v), p["var"]), dcentred=(lambda v: loss(centred=v), p["centred"]),
            dmu=(lambda v: loss(centred=p["x"] - v), p["mu"]), dx=(lambda v: loss(centred=v - v.mean()), p["x"]),
            compact=(lambda v: loss(centred=v - v.mean()), p["x"]),
        )  # fmt: skip
        assert set(through) == set(DERIVATION.points)
        for name, (function, at) in through.items():
            nudged = numeric.gradient(function, np.asarray(at, float))
            assert numeric.relative_error(nudged, draw.expected[name]) < 1e-7, name
        out = norm.batchnorm_forward(
            p["x"][:, None], np.full(1, p["gamma"]), np.full(1, p["beta"]), dict(mode="train", eps=p["eps"])
        )[0]
        assert np.sum(p["dout"] * out[:, 0]) == pytest.approx(loss())


@pytest.mark.parametrize(
    "results",
    [
        dict(dbeta="N * mean(dout)", dgamma="sum(dout * centred) / sigma", dxhat="gamma * dout"),
        dict(dsigma="-sum(dout * gamma * xhat / sigma)", dvar="0.5 * dsigma * (var + eps)**(-1/2)"),
        dict(dvar="-sum(dxhat * centred) * (var + eps)**-1.5 / 2", dmu="-sum(dxhat) / sigma - 2 * dvar * mean(centred)"),
        dict(dx="dxhat / sigma - mean(dxhat) / sigma + 2 * (x - mu) * dvar / N", compact="gamma * (N * dout - dbeta - xhat * dgamma) / (N * sigma)"),
        dict(dcentred="(dxhat - xhat * mean(dxhat * xhat)) / sigma", compact="(gamma*dout - mean(gamma*dout) - xhat*mean(xhat*dout)*gamma) / sigma"),
    ],
)  # fmt: skip
def test_every_right_form_is_right(results):
    assert answered(**results).points == DERIVATION.max_points == 11


def test_an_error_costs_once_and_the_rest_is_tried_with_the_true_value():
    verdict = answered(dsigma="sum(dxhat * centred) / sigma**2")
    assert verdict.wrong == ["dsigma"] and verdict.points == 10
    assert verdict.diagnosis.startswith("Your `dsigma` has the wrong sign")


def test_what_is_right_with_ones_own_results_is_right():
    """A minus that was left for the next line: dsigma is wrong, and dvar undoes it."""
    verdict = answered(dsigma="sum(dxhat * centred) / sigma**2", dvar="-dsigma / (2 * sigma)")
    assert verdict.wrong == ["dsigma"]
    assert verdict.remarks == ["`dvar` is right with your own results before it"]


def test_a_wrong_one_is_shown_the_numbers_at_which_it_fails():
    """The counter-example can be worked out by hand from what is said."""
    verdict = answered(dvar="dsigma / sigma")
    (said,) = verdict.complaints
    found = re.fullmatch(r"dvar: at dsigma = (\S+), sigma = (\S+), yours comes to (\S+); true is (\S+)", said)
    dsigma, sigma, yours, true = map(float, found.groups())
    assert yours == pytest.approx(dsigma / sigma, rel=2e-3) and true == pytest.approx(dsigma / (2 * sigma), rel=2e-3)


@pytest.mark.parametrize(
    "results, says",
    [
        (dict(dmu="-dcentred"), r"yours comes to a column, \[.*\]; true is one number, "),
        (dict(dxhat="sum(dout) * gamma"), r"yours comes to one number, .*; true is a column, \["),
        (dict(dvar="dsigma / (sigma - sigma)"), "yours comes to -?inf; true is"),
        (dict(dvar="sqrt(-var)"), "yours comes to nan; true is"),
        (dict(dbeta="1"), "dbeta: yours comes to 1; true is"),
        (dict(dx="dx"), "dx: `dx` is no name that can be used here; there are x, N, .*, dmu"),
        (dict(dxhat="dsigma"), "dxhat: `dsigma` is no name"),
        (dict(compact="dcentred + dmu / N"), "compact: `dcentred` is no name that can be used here; there are dout, xhat, gamma, sigma, N, dgamma, dbeta"),
        (dict(dvar=""), "dvar: there is no expression yet"),
        (dict(dvar=0.5), "dvar: expected an expression as text"),
    ],
)  # fmt: skip
def test_complaints(results, says):
    verdict = answered(**results)
    assert verdict.wrong == list(results) and re.search(says, verdict.complaints[0])


@pytest.mark.parametrize(
    "returned, says",
    [
        (None, "return a dictionary with dbeta, dgamma, .*; yours returned None"),
        (list(RIGHT.values()), "yours returned 9 values"),
        ({}, "dbeta: there is no expression yet"),
    ],
)
def test_what_is_no_dictionary_of_texts(returned, says):
    verdict = marked(lambda: returned)
    assert verdict.points == 0 and re.search(says, verdict.complaints[0])


def test_from_the_box_come_texts_alone():
    """What lies about itself is no text when it has crossed; the right texts are worth the same as here."""
    liar = "class Text(str):\n    def strip(self): return 'sum(dout)'\n    def __len__(self): return 3\n\n"
    lies = "def batchnorm_derivation():\n    return {name: Text('0') for name in %r}" % list(RIGHT)
    assert judge.mark_source("batchnorm_derivation", liar + lies).points == 0
    told = judge.mark_source("batchnorm_derivation", f"def batchnorm_derivation():\n    return {RIGHT!r}")
    assert told.points == told.max_points
    huge = "def batchnorm_derivation():\n    return {name: '(' * 10**6 for name in %r}" % list(RIGHT)
    assert judge.mark_source("batchnorm_derivation", huge).points == 0


def test_numbers_never_go_in():
    """The question is the name of the function and nothing else: there is no number to answer to."""
    from autograder.kinds import KINDS

    (way,) = KINDS["derivation"].ways(DERIVATION)
    (draw, *_) = examiner.draws(DERIVATION, examiner.public_seed, for_marks=True)
    assert way.question(draw) == {"name": "batchnorm_derivation", "inputs": []}


def test_the_longest_right_one_is_far_from_the_limit():
    assert max(map(len, RIGHT.values())) * 3 < expressions.LONGEST
