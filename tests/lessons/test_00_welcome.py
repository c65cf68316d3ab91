"""What lesson 00 says in words and staged help agrees with the code beside it."""

import re

import pytest

from autograder import build, judge
from autograder.lesson import find_exercise, find_lesson
from backprop import chain
from tests.lessons.reading import names_of, words_of


def test_says_what_its_cells_show():
    words, names = words_of(find_lesson("00")), names_of(find_lesson("00"), until="def cube_slope")
    cube = names["cube"]
    assert (cube(2.001) - cube(2.0)) / 0.001 == pytest.approx(12, rel=1e-3) and "About twelve times as far" in words
    for place, rate in (1.0, 3), (2.0, 12):
        assert chain.cube_slope(place) == rate == pytest.approx((cube(place + 0.001) - cube(place)) / 0.001, rel=2e-3)
        assert f"at {place:g} it is {rate}" in words
    assert cube(10.001) - cube(10.0) == pytest.approx(0.3, rel=1e-3) and "by 0.3" in words
    assert 3 * 10 * 0.001 == pytest.approx(0.03) and chain.cube_slope(10) == 300


def test_is_wrong_on_purpose_as_it_says():
    """What the text tells a beginner to write, and to read: marks, a sentence, the reason, help in stages."""
    words = words_of(find_lesson("00"))
    assert "Put `return 3 * x` in its place" in words
    verdict = judge.mark("cube_slope", {"cube_slope": lambda x: 3 * x})
    assert verdict.names == {"slope": False} and verdict.points == 0
    assert re.fullmatch(r"slope is -?[\d.]+; expected -?[\d.]+", verdict.complaints[0])
    assert verdict.diagnosis.startswith("Your slope grows in proportion to `x`") and len(verdict.help) == 3
    assert judge.mark("cube_slope", {"cube_slope": lambda x: 3 * x * x}).points == 2


def test_takes_twenty_minutes():
    assert sum(build.minutes(find_lesson("00"))) <= 20


def test_staged_help_is_right():
    assert find_exercise("cube_slope").help[-1].endswith("So the slope of x² at 5 is 10.")
    assert chain.central_difference(lambda x: x * x, 5.0) == pytest.approx(10)
