"""The explorers' ES module in an empty page with a fake model, and a smoke test in JupyterLab.

Every test here is about what a hand, a keyboard or a screen reader meets; numbers are tested in tests/explore.
"""

import re

import pytest

from backprop import explore
from tests.browser.stage import knob, mount, said

KEYS = {  # explorer: a slider, and how many presses of an arrow key it gets
    "slope": ("step h", 20),
    "graph": ("step", 5),
    "paths": ("step", 3),
    "activation": ("x", 30),
    "plane": ("bend", 7),
    "descent": ("learning rate", 5),
    "depth": ("depth", 3),
    "batchnorm": ("batch size", 2),
    "mistake": ("entry", 4),
}


@pytest.fixture(scope="module")
def made():
    return {name: getattr(explore, name)() for name in explore.__all__}


@pytest.fixture
def shown(made, page):
    """Show an explorer on an empty page; fails if the page has an error by the end."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def show(name, **options):
        mount(page, made[name], **options)
        return page

    yield show
    assert errors == []


@pytest.mark.parametrize("name", KEYS)
def test_arrow_keys_move_the_picture_and_the_words_without_a_kernel(shown, made, name):
    label, presses = KEYS[name]
    page = shown(name)
    slider = page.get_by_role("slider", name=label, exact=True)
    slider.focus()
    page.keyboard.press("Home")
    before, words, saves = page.locator(".bpx-panels").inner_html(), said(page), page.evaluate("model.saves")
    for _ in range(presses):
        page.keyboard.press("ArrowRight")
    (control,) = (c for c in made[name].scene["controls"] if c["label"] == label)
    assert knob(page, control["name"]) == presses and page.evaluate("model.saves") == saves + presses
    assert slider.get_attribute("aria-valuetext") == control["values"][presses]
    assert page.locator(".bpx-panels").inner_html() != before and said(page) != words or name == "plane"
    assert page.evaluate("model.sent") == [{"do": "open"}] * bool(made[name].scene["asks"])


CORNER = """() => [...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1).data]"""


def test_what_was_drawn_before_it_was_in_the_page_gets_its_colours(shown):
    """JupyterLab renders cells that are far below before it puts them there."""
    right = shown("plane").evaluate(CORNER)
    page = shown("plane", late=True)
    page.wait_for_function(f"right => String(({CORNER})()) === String(right)", arg=right, timeout=5000)
    assert right[:3] != [0, 0, 0]


def words(text):
    return re.sub(r"[\d.e−]+", "#", text)


def numbers(text):
    """All numbers of a text; the browser has them in float32, and rounds halves up."""
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text.replace("−", "-"))]


@pytest.mark.parametrize("name", explore.__all__)
def test_what_the_browser_says_is_what_python_says(shown, made, name):
    widget = made[name]
    page = shown(name)
    for end in (0, -1):
        knobs = {control: range(count)[end] for control, count in widget._scene.counts.items()}
        knobs |= {asked: widget.knobs[asked] for asked in widget.scene["asks"]} | ({"run": 0} if "run" in knobs else {})
        page.evaluate("knobs => model.set('knobs', knobs)", knobs)
        assert words(said(page)) == words(widget._scene.say(knobs))
        assert numbers(said(page)) == pytest.approx(numbers(widget._scene.say(knobs)), rel=1e-3)


@pytest.mark.parametrize("name", explore.__all__)
def test_everything_has_a_name_and_keeps_its_keys(shown, made, name):
    page = shown(name)
    assert page.get_by_role("group", name=made[name].scene["label"], exact=True).count() == 1
    for element in page.locator("button, input").all():
        assert element.get_attribute("aria-label"), element.evaluate("e => e.outerHTML")
        assert element.get_attribute("data-lm-suppress-shortcuts") is not None
    pictures = page.locator("svg[role=img]")
    assert all(picture.get_attribute("aria-label") for picture in pictures.all()) and pictures.count()
    assert page.locator(".bpx-live").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("name", explore.__all__)
def test_it_leaves_nothing_behind(shown, name):
    page = shown(name)
    page.evaluate("cleanup()")
    assert page.evaluate("model.listeners()") == 0 and page.locator(".bpx").count() == 0


def test_play_runs_to_the_end_and_stops(shown, expect):
    page = shown("plane")
    page.evaluate("model.set('knobs', {...model.state.knobs, bend: 17})")
    page.get_by_role("button", name="Play").nth(1).click()
    expect(page.get_by_role("slider", name="bend")).to_have_value("20")
    expect(page.get_by_role("button", name="Play")).to_have_count(2)


def test_less_motion_for_who_asks(shown, page):
    page.emulate_media(reduced_motion="reduce")
    shown("graph")
    page.get_by_role("button", name="Previous step").click()
    pulse = page.locator(".bpx-on-gradient .bpx-pulse").first
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "bpx-back"


def test_colours_of_values_and_gradients_by_light_and_dark(shown, page):
    for dark, value, gradient in ((False, "rgb(0, 114, 178)", "rgb(213, 94, 0)"), (True, "rgb(86, 180, 233)", "rgb(255, 140, 66)")):  # fmt: skip
        shown("slope", dark=dark)
        colour = "e => getComputedStyle(e).stroke"
        assert page.locator("path.bpx-line.bpx-value").evaluate(colour) == value
        assert page.locator("path.bpx-line.bpx-gradient").evaluate(colour) == gradient


def test_a_label_stands_where_its_line_can_be_seen(shown):
    label = shown("slope").locator("text.bpx-label", has_text="tangent")
    assert label.evaluate("e => getComputedStyle(e).textAnchor") == "end"
    assert 46 < float(label.get_attribute("x")) < 420, "the line leaves the picture at the top"


def test_a_mouse_drags_the_point(shown):
    page = shown("slope")
    box = page.locator("svg[role=img]").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
    page.mouse.down()
    left = knob(page, "x")
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 100, steps=4)
    page.mouse.up()
    assert left < 18 and knob(page, "x") > 38


def test_a_click_chooses_an_entry_and_a_button_goes_to_the_next_wrong_one(shown):
    page = shown("mistake")
    page.get_by_role("button", name="Next wrong entry").click()
    assert said(page).startswith("dx[2, 1]: yours")
    page.locator("svg[role=img]").first.click(position={"x": 10, "y": 10})
    assert said(page).startswith("dx[0, 0]: yours") and "Right." in said(page)


def test_a_control_that_only_the_kernel_can_answer_waits_for_it(shown, made):
    page = shown("descent")
    picture = page.locator(".bpx-panels").inner_html()
    page.get_by_role("slider", name="start, across").press("ArrowRight")
    assert page.locator(".bpx-panels").inner_html() == picture and knob(page, "x") == 6
    answered(page, at(made["descent"], x=6))
    assert page.locator(".bpx-panels").inner_html() != picture
    assert page.get_by_role("slider", name="start, across").get_attribute("aria-valuetext") == "−2.4"


def at(explorer, **knobs):
    """The explorer's scene where these controls have moved."""
    knobs = explorer.knobs | knobs
    return explorer._scene.at(knobs, *explorer._host.answer(knobs))


def answered(page, scene):
    """The kernel has replaced numbers by those of this scene."""
    page.evaluate(
        "([traits, data]) => { Object.assign(model.state, traits, {data}); model.set('frame', 1) }", sent(scene)
    )


def sent(scene):
    packed = scene.packed()
    traits = {"layout_of_data": packed["layout"], "words": packed["words"], "asked": scene.asked()}
    return traits, list(packed["data"])


def ahead(page, scene):
    """The kernel has sent the numbers of this scene before they were asked for."""
    page.evaluate("([ahead, data]) => model.hear({ahead}, [new Uint8Array(data)])", sent(scene))


def test_what_came_ahead_is_shown_at_once_and_no_late_answer_replaces_it(shown, made):
    page, widget = shown("descent"), made["descent"]
    picture, slider = page.locator(".bpx-panels"), page.get_by_role("slider", name="start, across")
    first = picture.inner_html()
    ahead(page, at(widget, x=6))
    assert picture.inner_html() == first
    slider.press("ArrowRight")
    second = picture.inner_html()
    assert second != first and numbers(said(page)) == pytest.approx(numbers(at(widget, x=6).say()), rel=1e-3)
    answered(page, at(widget, x=5))
    assert picture.inner_html() == second, "late: the hand has left"
    page.evaluate("model.hear({forget: true}, [])")
    slider.press("ArrowRight")
    slider.press("ArrowLeft")
    assert picture.inner_html() == second
    slider.press("ArrowLeft")
    assert picture.inner_html() == second and knob(page, "x") == 5, "it waits"
    answered(page, at(widget, x=5))
    assert picture.inner_html() == first


def test_the_playground_sends_what_its_buttons_say_and_answers_frames(shown):
    page = shown("playground")
    page.get_by_role("button", name="One step").click()
    page.get_by_role("button", name="Train").click()
    assert knob(page, "run") == 1 and page.locator(".bpx-live").get_attribute("aria-live") == "off"
    page.evaluate("for (const frame of [1, 2, 3, 4]) model.set('frame', frame)")
    page.wait_for_function("model.sent.length == 3")
    assert page.evaluate("model.sent") == [{"do": "open"}, {"do": "step"}, {"seen": 4}]
    page.get_by_role("button", name="Pause").click()
    assert knob(page, "run") == 0


# ----- JupyterLab -----


def test_the_playground_of_lesson_04_trains(expect, notebook, page):
    outside = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    notebook.run(notebook.cell("import numpy as np"))
    output = notebook.run(notebook.cell("explore.playground"))
    expect(output.get_by_role("group", name="Playground")).to_be_visible()
    output.get_by_role("button", name="Train").click()
    expect(output.locator(".bpx-live")).to_have_text(re.compile(r"Step \d{2,}: .* 9\d%|Step \d{2,}: .* 100%"))
    output.get_by_role("button", name="Pause").click()
    layers = output.get_by_role("slider", name="hidden layers")
    layers.press("End")
    expect(layers).to_have_attribute("aria-valuetext", "12")
    expect(output.locator(".bpx-bar")).to_have_count(13)
    assert notebook.errors == []
    assert [url for url in outside if not url.startswith(("blob:", "data:"))] == []


def test_arrow_keys_reach_an_explorer_in_jupyterlab(expect, notebook):
    cell = notebook.cell("explore.playground")
    notebook.write(cell, "from backprop import explore\nexplore.slope()")
    output = cell.locator(".jp-OutputArea")
    slider = output.get_by_role("slider", name="step h")
    for _ in range(20):
        slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "1.0e−5")
    expect(output.locator(".bpx-live")).to_contain_text("About as good as this rule gets.")
