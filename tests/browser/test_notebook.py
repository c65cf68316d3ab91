"""A learner in JupyterLab: the lesson opens and runs, and answers get an answer at once."""

import re

from autograder.lesson import lessons

ANSWER = """def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, {db}"""


def answered(notebook, db):
    """The output of the check, after an answer in which `db` is this was typed."""
    notebook.write(notebook.cell("def affine_backward"), ANSWER.format(db=db))
    return notebook.run(notebook.cell('check("affine_backward")'))


def folded(output, title):
    """The part of an output that opens where its title is clicked: the title, and what is below."""
    summary = output.get_by_text(title, exact=True)
    return summary, summary.locator("xpath=following-sibling::div")


def test_the_course_opens_at_its_first_lesson(expect, learner, page):
    first = lessons()[0].name
    page.goto(learner.url("/"))
    expect(page).to_have_url(re.compile(f"/lab/tree/{first}/{first}.ipynb"))
    expect(page.locator(".jp-Notebook h1:visible").first).to_contain_text(first[:2])  # others may be open behind it


def test_the_figures_are_there(expect, notebook):
    figure = notebook.cell("figures/affine.svg").get_by_role("img")
    expect(figure).to_have_js_property("complete", True)
    assert figure.evaluate("image => image.naturalWidth") > 0
    assert figure.get_attribute("alt").startswith("Values go right")
    figure = notebook.cell("figures/network.svg").get_by_role("img")
    expect(figure).to_have_js_property("complete", True)
    assert figure.evaluate("image => image.naturalWidth") == 880
    assert figure.get_attribute("alt").startswith("The network with every number in it")


def test_the_untouched_lesson_runs_without_an_error_and_guess_and_quiz_answer(expect, notebook):
    notebook.run_all()
    assert notebook.errors == []
    for name in ("affine_backward", "relu_backward"):
        output = notebook.cell(f'check("{name}")').locator(".jp-OutputArea")
        expect(output).to_contain_text(f"{name} is not written yet")
    guess, later = notebook.cell('guess("db_of_three_rows", ...'), notebook.cell('guess("db_of_three_rows", actual')
    expect(later.locator(".jp-OutputArea")).to_contain_text("3; you did not guess.")
    notebook.write(guess, 'guess("db_of_three_rows", 1.0, because="their mean")')
    expect(guess.locator(".jp-OutputArea")).to_contain_text("Noted: 1.0, because their mean.")
    expect(notebook.run(later)).to_contain_text("3; you guessed 1.0.")
    quiz = notebook.cell('quiz("what_dx_sums"')
    for letter, reply in ("", "Choose one of a, b, c, d."), ("a", "belongs to one example"), ("b", "✓ Yes."):
        notebook.write(quiz, f'quiz("what_dx_sums", "{letter}")')
        expect(quiz.locator(".jp-OutputArea")).to_contain_text(reply)


def test_a_wrong_answer_hears_what_is_wrong_and_why_and_the_right_one_earns_everything(expect, notebook):
    output = answered(notebook, db="dout.mean(axis=0)")
    for said in ("dx ✓", "dw ✓", "db ✗", "5 of 6 points", "db: nudging b"):
        expect(output).to_contain_text(said)
    title, hint = folded(output, "Why?")
    expect(hint).to_be_hidden()
    title.click()
    expect(hint).to_be_visible()
    expect(hint).to_contain_text("divided by the number of rows")
    _help_opens_in_stages(expect, output)
    output = answered(notebook, db="dout.sum(axis=0)")
    expect(output).to_contain_text("6 of 6 points")
    expect(output).to_contain_text("db ✓")
    assert output.locator("details").count() == 0


def _help_opens_in_stages(expect, output):
    stages = ["Help", "More help (2 of 4)", "More help (3 of 4)", "More help (4 of 4)"]
    for title, later in zip(stages, [*stages[1:], None]):
        summary, hint = folded(output, title)
        expect(hint).to_be_hidden()
        summary.click()
        expect(hint).to_be_visible()
        if later:
            expect(output.get_by_text(later, exact=True)).to_be_visible()


def test_what_is_right_is_the_learners_own(expect, notebook):
    notebook.run(notebook.cell("import numpy as np"))
    notebook.write(notebook.cell("def relu_backward"), "def relu_backward(dout, cache):\n    return dout * (cache > 0)")
    expect(notebook.run(notebook.cell('check("relu_backward")'))).to_contain_text("2 of 2 points")
    state = notebook.run(notebook.cell("check()"))
    expect(state).to_contain_text("04_backward_pass:")
    expect(state).to_contain_text("✓ relu_backward")
    notebook.write(notebook.cell("# two_layer_loss(x[None]"), "mine.relu_backward.__module__")
    expect(notebook.page.locator(".jp-OutputArea", has_text="'mine'").first).to_be_visible()
