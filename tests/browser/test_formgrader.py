"""The formgrader: an instructor sees the class, reads an answer and gives it points."""

import pytest

from tests.browser.conftest import INTRUDER, JUDGED, LESSON, TOTAL

WRITER = "sample-01-right"  # the only one who answered the question that a person marks
SCORES = {
    INTRUDER: JUDGED - 1,
    "sample-03-empty": 0,
    "sample-04-broken-syntax": JUDGED - 6,
    "sample-05-broken-file": 0,
    "sample-06-hostile-liar": 0,
    "sample-07-hostile-exit": JUDGED - 6,
    "sample-08-endless": JUDGED,
}


@pytest.fixture
def formgrader(instructor, page):
    """Open a page of the formgrader."""

    def open_page(path):
        page.goto(instructor.url("/api/status"))  # logs in
        page.goto(f"{instructor.address}/formgrader/{path}")
        return page

    return open_page


@pytest.fixture
def submission(expect, formgrader):
    """Open somebody's submission, by its name in the list."""

    def open_submission(student):
        page = formgrader(f"gradebook/{LESSON.name}/{LESSON.name}")
        expect(page.get_by_role("link", name="Submission #1")).to_be_visible()
        page.get_by_text("Show All Names").click()
        page.get_by_role("link", name=student).click()
        expect(page.get_by_role("heading", name="The backward pass")).to_be_visible()
        return page

    return open_submission


def manual_score(classroom):
    """The points that a person gave the written answer, or None."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}", "backprop") as gradebook:
        return gradebook.find_grade("how_backpropagation_helps", LESSON.name, LESSON.name, WRITER).manual_score


def test_the_lesson_is_listed_with_its_submissions(expect, formgrader):
    row = formgrader("manage_assignments").get_by_role("row", name=LESSON.name)
    expect(row.get_by_role("link", name="8", exact=True)).to_be_visible()


def test_every_submission_has_its_score(expect, formgrader):
    page = formgrader(f"manage_submissions/{LESSON.name}")
    for student, score in SCORES.items():
        row = page.get_by_role("row").filter(has_text=student)
        expect(row).to_contain_text(f"{score:g} / {TOTAL:g}")
        expect(row).to_contain_text("graded")


def test_a_person_gives_points_to_the_written_answer(expect, submission, formgrader, classroom):
    page = submission(WRITER)
    points = page.locator("input#how_backpropagation_helps")
    expect(points).to_have_class("score tabbable needs_manual_grade")
    with page.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT") as saved:
        points.fill("3")
        points.press("Tab")
    assert saved.value.ok and manual_score(classroom) == 3
    row = formgrader(f"manage_submissions/{LESSON.name}").get_by_role("row").filter(has_text=WRITER)
    expect(row).to_contain_text(f"{JUDGED + 3:g} / {TOTAL:g}")


def test_the_reasons_stand_beside_the_points(expect, submission):
    page = submission("sample-07-hostile-exit")
    expect(page.get_by_text("affine_backward ended the process")).to_be_visible()
    expect(page.locator("input#check_affine_backward")).to_have_attribute("placeholder", "0")
    expect(page.locator("input#check_relu_backward")).to_have_attribute("placeholder", "2")


def test_a_heading_of_a_student_takes_no_points_away(expect, submission):
    page = submission(INTRUDER)
    expect(page.locator("input#check_relu_backward")).to_have_attribute("placeholder", "2")
    assert page.locator("input#check_affine_backward").get_attribute("placeholder") == "5"


def test_no_script_of_a_student_runs(expect, scripts, submission):
    expect(submission(INTRUDER).get_by_text("My notes")).to_be_visible()
    assert scripts() == []


def test_no_link_of_a_student_is_a_script(expect, scripts, submission):
    expect(submission(INTRUDER).get_by_text("My notes")).to_be_visible()
    assert scripts(links=True) == []
