"""What holds for the text of every lesson."""

import json
import re

import pytest

from autograder import grade, sample
from autograder.lesson import folder, lessons
from tests.lessons.reading import rendered, words_of

LESSONS = [pytest.param(lesson, id=lesson.name) for lesson in lessons()]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_number_that_is_quoted_is_computed(lesson):
    assert "{n}" not in rendered(lesson)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_written_as_the_course_is(lesson):
    """Short cells, no shouting, every picture with words for those who do not see it."""
    words = words_of(lesson)
    assert not re.search(r"!(?!\[)", words.replace("!=", "")), "an exclamation mark"
    assert all(len(alternative) > 30 for alternative in re.findall(r"!\[([^\]]*)\]", words))
    for cell in json.loads(rendered(lesson))["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"]["backprop"]["role"] in ("demo", "explore"):
            assert "".join(cell["source"]).count("\n") < 24


def test_lessons_point_to_lessons_that_exist():
    """No promise of what is not there: a lesson that is named by its number can be opened."""
    there = {lesson.name[:2] for lesson in lessons()}
    for lesson in lessons():
        assert set(re.findall(r"lesson (\d\d)", words_of(lesson))) <= there


def test_the_glossary_has_two_sentences_for_each_term():
    entries = re.findall(
        r"^\*\*.+?\*\* \(\d\d\)\. (.+?)(?=\n\n|\Z)", (folder("lessons") / "glossary.md").read_text(), re.M | re.S
    )
    assert len(entries) >= 7
    for entry in entries:
        assert len(re.findall(r"[.](?:\s|$)", entry)) == 2, entry


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_sample_class_gets_what_it_deserves(lesson, tmp_path):
    deserved = sample.write(lesson, tmp_path, 12)
    marks = {mark.student: mark.judged for mark in grade.grade(lesson, tmp_path, jobs=2, isolation="any")}
    assert marks == deserved and len(set(deserved.values())) > 1
