"""A feedback page, opened from disk: the student reads marks with their reasons, and no script runs."""

import pytest

from tests.browser.conftest import INTRUDER, JUDGED, LESSON, TOTAL, graded


@pytest.fixture
def read(classroom, page):
    """Open the page of a student."""

    def open_page(student):
        page.goto((classroom / "feedback" / student / LESSON.name / f"{LESSON.name}.html").as_uri())
        return page

    return open_page


def test_score_and_reasons_are_visible(expect, read):
    page = read(INTRUDER)
    for said in (
        f"Score: {JUDGED - 1} / {TOTAL}",
        "5 of 6 points",
        "db has shape (4, 3) but b has shape (3,)",
        "you return the summands",
    ):
        expect(page.get_by_text(said).last).to_be_visible()


def test_the_figure_is_there(read):
    figure = read("sample-01-right").get_by_role("img", name="Values go right")
    assert figure.evaluate("image => image.naturalWidth") > 0


def test_a_file_that_could_not_be_read_says_so(expect, read):
    expect(read("sample-05-broken-file").get_by_text("could not be read")).to_be_visible()


def test_no_script_of_a_student_runs(expect, scripts, read):
    expect(read(INTRUDER).get_by_text("My notes")).to_be_visible()
    assert scripts() == []


def test_no_link_of_a_student_is_a_script(expect, scripts, read):
    expect(read(INTRUDER).get_by_text("My notes")).to_be_visible()
    assert scripts(links=True) == []


def test_code_in_a_text_reads_as_it_was_written(read):
    text = read(INTRUDER).get_by_text("My notes")
    assert text.locator("code").text_content() == "i<j"


def test_a_picture_that_was_not_handed_in_stops_no_page(tmp_path):
    home = graded(tmp_path, 1, {"sample-01-right": "My sketch: ![sketch](attachment:sketch.png)"})
    assert (home / "feedback" / "sample-01-right" / LESSON.name / f"{LESSON.name}.html").exists()
