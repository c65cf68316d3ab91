"""What a learner sees: in a notebook, in a terminal, and where nbgrader runs the notebook by itself."""

import gc

import numpy as np
import pytest

from autograder import check, guess, quiz
from autograder.lesson import lessons
from autograder.verdict import Verdict, rich
from backprop.layers import affine_forward  # noqa: F401  (as the lesson's set-up does)


def right(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def without_db(dout, cache):
    return right(dout, cache)[:2]


def not_a_number(dout, cache):
    dx, dw, db = right(dout, cache)
    dw[1, 0] = np.nan
    return dx, dw, db


def text_for_dx(dout, cache):
    return ("a gradient", *right(dout, cache)[1:])


def ragged(dout, cache):
    return ([[1.0], [1.0, 2.0]], *right(dout, cache)[1:])


def broadcastable(dout, cache):
    return (np.array(1.0), *right(dout, cache)[1:])


def raises(dout, cache):
    return cache[3]


def stops(dout, cache):
    raise SystemExit("enough")


@pytest.fixture
def shown(capsys, monkeypatch):
    """Check a definition as a notebook would, by the names that stand around the call."""

    def show(function):
        monkeypatch.setitem(globals(), "affine_backward", function)
        assert check("affine_backward") is None
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize(
    "function, says",
    [
        (right, "dx ✓   dw ✓   db ✓"),
        (right, "6 of 6 points"),
        (without_db, "return 3 gradients in the order of the inputs: dx, dw, db; yours returned 2 values"),
        (not_a_number, "dw[1, 0] is nan"),
        (text_for_dx, "dx is a str; expected an array"),
        (ragged, "dx is a list of rows with different lengths; expected an array"),
        (broadcastable, "dx has shape () but x has shape (4, 5)"),
        (raises, "affine_backward raised IndexError: tuple index out of range, at line"),
        (stops, "affine_backward raised SystemExit: enough"),
        (None, "affine_backward is not defined"),
        (3.0, "affine_backward is not defined"),
    ],
)
def test_every_answer_gets_a_plain_sentence(shown, function, says):
    assert says in shown(function)


def test_a_wrong_gradient_is_told_in_numbers_and_explained(shown):
    def affine_backward(dout, cache):
        dx, dw, db = right(dout, cache)
        return dx, dw, db / len(dout)

    text = shown(affine_backward)
    assert "dx ✓   dw ✓   db ✗" in text and "5 of 6 points" in text
    assert "db: nudging b along a random direction moves the loss at rate" in text
    assert "Why? Your `db` is the true one divided by the number of rows" in text


def test_what_nobody_can_name_gets_no_name(shown):
    text = shown(lambda dout, cache: [1.7 * d + 0.1 for d in right(dout, cache)])
    assert "✗" in text and "Why?" not in text


def test_a_learners_prints_are_shown_apart(shown):
    def affine_backward(dout, cache):
        print("shape of dout:", dout.shape)
        return right(dout, cache)

    text = shown(affine_backward)
    assert "6 of 6" in text and "Your code printed:\nshape of dout: (4, 3)" in text


def test_numbers_are_fresh_at_every_check(shown):
    def affine_backward(dout, cache):
        return [2 * d for d in right(dout, cache)]

    assert shown(affine_backward) != shown(affine_backward)


def test_an_unknown_name_is_answered_with_the_known_ones(capsys):
    check("affine_backwards")
    said, _, known = capsys.readouterr().out.partition("; there are: ")
    assert said == "no exercise is called 'affine_backwards'"
    assert known.strip().split(", ") == sorted(e.id for lesson in lessons() for e in lesson.exercises)


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "NBGRADER_VALIDATING"])
def test_without_our_judge_check_fails_closed(shown, monkeypatch, variable):
    monkeypatch.setitem(globals(), "affine_backward", without_db)
    monkeypatch.setenv(variable, "1")
    with pytest.raises(AssertionError, match="0 of 6 points"):
        check("affine_backward")
    with pytest.raises(LookupError):
        check("affine_backwards")
    monkeypatch.setitem(globals(), "affine_backward", right)
    assert check("affine_backward") == 6.0


def test_a_guess_is_kept_and_compared(capsys):
    guess("db_of_three_rows", ..., because="")
    guess("db_of_three_rows", actual=3.0)
    guess("db_of_three_rows", 2.0, because="two rows count")
    guess("db_of_three_rows", actual=np.float64(3.0))
    assert capsys.readouterr().out.splitlines() == [
        "Put your guess in place of the three dots, then run the cell again.",
        "3; you did not guess.",
        "Noted: 2.0, because two rows count.",
        "3; you guessed 2.0.",
    ]


@pytest.mark.parametrize(
    "letter, says", [("b", "✓ Yes."), ("B ", "✓ Yes."), ("a", "✗ An entry of `x`"), ("", "Choose one of a, b, c, d.")]
)
def test_a_quiz_answers_each_letter(capsys, letter, says):
    quiz("what_dx_sums", letter)
    assert capsys.readouterr().out.startswith(says)


def test_an_unknown_quiz_is_a_sentence(capsys):
    quiz("nothing", "a")
    said, _, known = capsys.readouterr().out.partition("; there are: ")
    assert said == "no quiz is called 'nothing'" and "what_dx_sums" in known.strip().split(", ")


def test_help_folds_open_in_stages_and_nothing_of_the_students_is_markup():
    verdict = Verdict(
        "f", 0, 2, {"dx": False}, ["<b>dx</b> \x1b[31mred"], diagnosis="`x` & y", status="wrong", help=["one", "two"]
    )
    html = verdict.html()
    assert "&lt;b&gt;dx&lt;/b&gt;" in html and "\x1b" not in html + verdict.text()
    assert "<code>x</code> &amp; y" in html
    first, second = html.index("<summary>Help"), html.index("<summary>More help (2 of 2)")
    assert first < second and html[first:second].count("</details>") == 0


@pytest.mark.parametrize(
    "text, html",
    [
        ("the sign of the *input*", "the sign of the <em>input</em>"),
        ("over *all entries* of `x*w*y`", "over <em>all entries</em> of <code>x*w*y</code>"),
        ("2*x*y, a * b * c, f(*args, *more), **bold**", "2*x*y, a * b * c, f(*args, *more), **bold**"),
        ("a<b ✓", "a&lt;b <b style="),
    ],
)
def test_words_and_code_are_marked_and_products_are_not(text, html):
    assert rich(text).startswith(html)


def test_a_verdict_cannot_hold_an_impossible_mark():
    with pytest.raises(ValueError, match="is not between"):
        Verdict("f", 3, 2, {})
    with pytest.raises(ValueError, match="is not a status"):
        Verdict("f", 1, 2, {}, status="fine")
    with pytest.raises(ValueError):
        Verdict("f", float("nan"), 2, {})


@pytest.mark.parametrize("function", [right, raises, stops])
def test_garbage_is_collected_afterwards_as_it_was_before(shown, function):
    before, seen = gc.get_threshold(), []

    def looks(dout, cache):
        seen.append(gc.get_threshold()[0])
        return function(dout, cache)

    shown(looks)
    assert gc.get_threshold() == before and min(seen) > before[0]
