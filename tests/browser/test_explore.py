"""The explorers' ES module in an empty page with a fake model, and a smoke test in JupyterLab.

Every test here is about what a hand, a keyboard or a screen reader meets; numbers are tested in tests/explore.
"""

import math
import re

import numpy as np
import pytest

from backprop import explore
from backprop.explore import still
from tests.browser.stage import knob, mount, said, text

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

NEEDS = "This control needs a running kernel: run the cell again."
WAITS = "This control waits for the kernel, which is busy or does not run."


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
    before, words = page.locator(".bpx-panels").inner_html(), said(page)
    for _ in range(presses):
        page.keyboard.press("ArrowRight")
    (control,) = (c for c in made[name].scene["controls"] if c["label"] == label)
    assert knob(page, control["name"]) == presses
    page.wait_for_function("() => model.saved === model.state.knobs")
    assert slider.get_attribute("aria-valuetext") == control["values"][presses]
    assert page.locator(".bpx-panels").inner_html() != before and said(page) != words or name == "plane"
    assert told(page) == []


def told(page):
    """What the page has told the kernel, beside which numbers it would like to have ahead of time."""
    return page.evaluate("model.sent.filter(message => !message.have)")


def test_the_kernel_hears_of_a_move_when_it_is_painted_and_of_a_last_one_before_the_end(shown):
    page = shown("slope")
    drag = """() => {
        const [slider, before] = [document.querySelector('input[type=range]'), model.saves]
        for (const position of [3, 2, 1]) { slider.value = position; slider.dispatchEvent(new Event('input')) }
        return model.saves - before
    }"""
    before = page.evaluate("model.saves")
    assert page.evaluate(drag) == 0
    page.wait_for_function("() => model.saved === model.state.knobs")
    assert page.evaluate("model.saves") == before + 1
    assert page.evaluate(f"() => {{ ({drag})(); cleanup(); return model.saved === model.state.knobs }}")


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


TEXTS = """() => [...document.querySelectorAll('.bpx-panel svg')].map(picture => {
  const width = picture.viewBox.baseVal.width
  return [...picture.querySelectorAll('text')].filter(text => text.textContent.trim()).map(text => {
    const [box, at] = [picture.getBoundingClientRect(), text.getScreenCTM()]
    const to = picture.getScreenCTM().inverse().multiply(at)
    const own = new DOMPoint(+(text.getAttribute('x') ?? 0), +(text.getAttribute('y') ?? 0)).matrixTransform(to)
    return [text.textContent, own.x, own.y]
  })
})"""


@pytest.mark.parametrize("name", explore.__all__)
def test_the_still_picture_writes_what_the_browser_writes_and_where_it_does(shown, made, name):
    page, scene, figure = shown(name), made[name]._scene, made[name].still()
    drawn = {(text.get_text(), *text.get_position()) for text in figure.texts}
    corners, *_ = still.layout(scene.panels)
    panels, pairs = page.evaluate(TEXTS), []
    for (left, top), texts in zip(corners, panels, strict=True):
        for written, x, y in texts:
            here = left + x, top + y
            near = min((text for text in drawn if text[0] == written), key=lambda text: math.dist(text[1:], here))
            pairs.append((near[1:], here))
            drawn.remove(near)
    assert not pairs or np.abs(np.subtract(*np.transpose(pairs, (1, 0, 2)))).max() < 2
    titles = [panel.get("title") for panel in scene.panels]
    names = [line.get("name") for panel in scene.panels for line in panel.get("lines", [])]
    others = [text for text, *_ in drawn if text not in titles + names]
    assert set(" ".join(others).split()) <= set(f"{scene.caption} {scene.say()}".split())


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


RUNNING = "document.getAnimations().length"


def test_less_motion_for_who_asks(shown, page):
    page.emulate_media(reduced_motion="reduce")
    shown("graph")
    page.get_by_role("button", name="Previous step").click()
    page.locator(".bpx-rests").wait_for()
    pulse = page.locator(".bpx-on-gradient .bpx-pulse").first
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "none" and page.evaluate(RUNNING) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "bpx-back"


@pytest.mark.parametrize("name", ["graph", "paths"])
def test_no_pulse_runs_while_the_hand_moves(shown, name):
    """While anything runs, a key has to wait for the next frame, and what waits for its delay runs."""
    page = shown(name)
    for step in 5, 4:
        page.wait_for_function(RUNNING)
        move = f"model.set('knobs', {{...model.state.knobs, step: {step}}})"
        assert page.evaluate(f"{move}, {RUNNING}") == 0, "looked at in one go, so that no time passes"


def test_pulses_run_while_it_plays(shown):
    page = shown("graph")
    page.get_by_role("slider", name="step").press("Home")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(RUNNING)
    assert page.get_by_role("button", name="Pause").count() == 1


def test_a_step_changes_only_what_differs(shown):
    """Text that is written again is measured again."""
    page = shown("graph")
    page.evaluate("""() => {
        window.changed = []
        new MutationObserver(list => changed.push(...list.map(change => change.target.outerHTML)))
            .observe(document.querySelector('.bpx-panels'), {subtree: true, childList: true})
    }""")
    page.get_by_role("button", name="Previous step").click()
    page.evaluate("new Promise(requestAnimationFrame)")
    changed = page.evaluate("changed")
    assert len(changed) == 1 and "bpx-gradient" in changed[0], "the gradient that has gone"


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
    answered(page, at(x=6))
    assert page.locator(".bpx-panels").inner_html() != picture
    assert page.get_by_role("slider", name="start, across").get_attribute("aria-valuetext") == "−2.4"


def at(**knobs):
    """`descent` where these controls have moved."""
    widget = explore.descent()
    widget.move(**knobs)
    return widget


def row(widget):
    """What is sent ahead of all starts that are as high as this one."""
    return widget._ahead({name: widget.knobs[name] for name in ("surface", "rate", "noise", "y")})


# The page has its numbers from base 64, like a saved notebook.
NUMBERS = "const numbers = text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer)"


def answered(page, widget):
    """The kernel has sent what this widget shows."""
    answer = (
        f"block => {{ {NUMBERS}; model.state.block = {{...block, data: numbers(block.data)}}; model.set('frame', 1) }}"
    )
    page.evaluate(answer, text(widget.block))


def ahead(page, block, follows=None):
    """The kernel has sent this before it was asked."""
    hear = f"([block, next]) => {{ {NUMBERS}; model.hear({{ahead: block, next}}, [numbers(block.data)]) }}"
    page.evaluate(hear, [text(block), follows])


def test_what_came_ahead_is_shown_at_once_and_no_late_answer_replaces_it(shown, made):
    page = shown("descent")
    picture, slider = page.locator(".bpx-panels"), page.get_by_role("slider", name="start, across")
    first = picture.inner_html()
    ahead(page, row(made["descent"]))
    assert picture.inner_html() == first
    slider.press("End")
    second = picture.inner_html()
    assert second != first and numbers(said(page)) == pytest.approx(numbers(at(x=60)._scene.say()), rel=1e-3)
    answered(page, at(x=30))
    assert picture.inner_html() == second, "late: the hand has left"
    answered(page, at(x=60))
    assert picture.inner_html() == second, "nothing new"
    page.evaluate("model.hear({forget: true}, [])")
    page.get_by_role("slider", name="start, up").press("Home")
    assert picture.inner_html() == second and knob(page, "y") == 0, "it waits"
    answered(page, at(x=60, y=0))
    assert picture.inner_html() not in (first, second)


def test_a_hand_at_rest_asks_for_what_it_has_not_and_goes_on_until_told_that_there_is_no_more(shown, made):
    page, widget = shown("descent"), made["descent"]
    wishes = "model.sent.filter(message => message.have)"
    page.wait_for_function(f"{wishes}.length == 1")
    (wish,) = page.evaluate(wishes)
    assert wish["have"] == [] and wish["knobs"] == widget.knobs
    block = row(widget)
    ahead(page, block, "somebody else")
    ahead(page, block)
    assert page.evaluate(f"{wishes}.length") == 1
    ahead(page, block, wish["view"])
    assert page.evaluate(f"{wishes}.at(-1).have") == [block["bound"]] * 3
    page.get_by_role("slider", name="learning rate").press("Home")
    page.wait_for_function(f"{wishes}.at(-1).knobs.rate == 0")
    assert page.evaluate(f"{wishes}.length") == 3


def test_without_a_kernel_it_says_why_the_picture_stays(shown):
    page = shown("descent", alone=True)
    before, slider = said(page), page.get_by_role("slider", name="start, across")
    slider.press("ArrowRight")
    assert said(page) == NEEDS
    slider.press("ArrowLeft")
    assert said(page) == before
    page.get_by_role("slider", name="learning rate").press("Home")
    assert "at rate 0.001" in said(page), "this one does not"
    shown("playground", alone=True).get_by_role("button", name="Train").click()
    assert said(page) == NEEDS and knob(page, "run") == 0


def test_when_the_kernel_takes_long_it_says_so(shown, expect):
    page = shown("descent")
    page.get_by_role("slider", name="start, across").press("ArrowRight")
    expect(page.locator(".bpx-live")).to_have_text(WAITS)
    answered(page, at(x=6))
    assert said(page).startswith("Height after 60 steps")


def test_the_playground_sends_what_its_buttons_say_and_answers_frames(shown):
    page = shown("playground")
    page.get_by_role("button", name="One step").click()
    page.get_by_role("button", name="Train").click()
    assert knob(page, "run") == 1 and page.locator(".bpx-live").get_attribute("aria-live") == "off"
    page.evaluate("for (const frame of [1, 2, 3, 4, 5, 6, 7]) model.set('frame', frame)")
    page.evaluate("new Promise(requestAnimationFrame)")
    assert told(page) == [{"do": "step"}]
    page.evaluate("model.set('frame', 8)")
    page.wait_for_function("model.sent.at(-1).seen")
    assert told(page) == [{"do": "step"}, {"seen": 8}]
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
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    output.get_by_role("button", name="One step").click()
    expect(output.locator(".bpx-live")).to_have_text(WAITS)
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
