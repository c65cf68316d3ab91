"""A feedback page, opened from disk: the student reads marks with their reasons, and no script runs."""

import pytest

from tests.browser.conftest import INTRUDER, LESSON

expect = pytest.importorskip("playwright.sync_api").expect


@pytest.fixture
def read(classroom, page):
    """Open the page of a student."""

    def open_page(student):
        page.goto((classroom / "feedback" / student / LESSON.name / f"{LESSON.name}.html").as_uri())
        return page

    return open_page


def test_score_and_reasons_are_visible(read):
    page = read(INTRUDER)
    for said in (
        "Score: 7.0 / 12.0",
        "5 of 6 points",
        "db has shape (4, 3) but b has shape (3,)",
        "a nudge of `b[m]` moves `out[n, m]` in every row",
    ):
        expect(page.get_by_text(said).first).to_be_visible()
