"""Strangers: that they are what they say, that their mistakes have names, that everybody is marked on their own."""

import ast
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder import check, examiner, judge, practice, progress, stranger, strangers, submission
from autograder.box import Limits
from autograder.diagnose import Here, attempt
from autograder.lesson import find_exercise, find_lesson
from autograder.strangers.exercise import exercise_of, run
from autograder.strangers.formula import latex, plain
from autograder.strangers.layer import operands
from autograder.strangers.primitives import ALL, JOINS, compiled
from autograder.strangers.recipes import LEVELS, SIZES, TRIED, draw
from autograder.strangers.wrong_turns import wrong_turns
from autograder.submission import Step
from autograder.verdicts import Verdicts
from backprop import numeric

LESSON = find_lesson("04")
EXERCISE = find_exercise("stranger_04_backward")
SECRET = b"strangers"


@functools.cache
def drawn(step=1):
    """Sixty layers of each level, or every twelfth of them; a layer takes a while."""
    return [(level, draw(level, f"test {number}")) for level in LEVELS for number in range(0, 60, step)]


SOME = [pytest.param(layer, id=f"{level}-{layer.mark}") for level, layer in drawn(step=12)]


def tried(layer, seed=0):
    rng = np.random.default_rng(seed)
    for size in TRIED:
        inputs = layer.numbers(rng, SIZES[size])
        values = layer.run(inputs)
        yield inputs, values, rng.standard_normal(values["out"].shape)


def far(found, truth):
    return max(np.abs(found[name] - truth[name]).max() / np.abs(truth[name]).max() for name in truth)


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("BACKPROP_STUDENT", "JUPYTERHUB_USER", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BACKPROP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# ----- the layer -----


def test_the_graph_agrees_with_complex_step():
    for _, layer in drawn():
        for inputs, values, dout in tried(layer):
            assert far(layer.back(values, dout), layer.truth(inputs, dout)) < 1e-10


@pytest.mark.parametrize("layer", SOME)
def test_complex_step_agrees_with_nudging(layer):
    forward = run(layer.code("forward"))["forward"]
    for inputs, _, dout in tried(layer):
        truth = layer.truth(inputs, dout)
        for name in layer.wanted:
            nudged = numeric.gradient(lambda v: forward(**inputs | {name: v})[0], inputs[name], dout)
            np.testing.assert_allclose(nudged, truth[name], rtol=1e-5, atol=1e-6 * np.abs(truth[name]).max())


@pytest.mark.parametrize("layer", SOME)
def test_what_is_shown_is_what_is_run(layer):
    """Code, graph and way back in text: one layer."""
    made = run(layer.code("forward") + layer.way_back("backward", "The way back."))
    for inputs, values, dout in tried(layer):
        out, cache = made["forward"](*inputs.values())
        assert all(np.array_equal(a, values[name]) for name, a in zip(layer.cached, cache, strict=True))
        returned = dict(zip(layer.wanted, made["backward"](dout, cache), strict=True))
        assert far(returned, layer.back(values, dout)) < 1e-12
        assert all(returned[name].shape == inputs[name].shape for name in returned)
    for line, text in zip(layer.lines, layer.code("forward").splitlines()[2:]):
        size = dict(zip("NDMK", SIZES[TRIED[-1]])) | {"1": 1}
        assert values[line.target].shape == tuple(size[letter] for letter in line.shape)
        assert text.endswith(f"({', '.join(line.shape)})")


def test_the_same_seed_is_the_same_layer_everywhere():
    """Also in years to come: who was shown a layer must be marked on it. Pinned on purpose."""
    script = (
        "from autograder.strangers.recipes import draw; print(*(draw(level, 'anna').mark for level in range(1, 6)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": "7"}
    )
    assert run.stdout.split() == [draw(level, "anna").mark for level in LEVELS], run.stderr
    assert [draw(level, "anna").mark for level in LEVELS] == ["A593", "EBF0", "0368", "548D", "5D70"]
    assert len({draw(3, f"somebody {number}").mark for number in range(100)}) > 90


def test_a_level_is_as_hard_for_everybody_and_harder_than_the_one_before():
    for level in LEVELS:
        layers = [layer for at, layer in drawn() if at == level]
        assert len({len(layer.lines) for layer in layers}) == 1 and len({tuple(layer.inputs) for layer in layers}) == 1
    by_level = {level: layer for level, layer in drawn()}
    assert [len(layer.lines) for layer in by_level.values()] == [5, 5, 6, 8, 12]
    for level, layer in drawn():
        forks = [name for name in layer.cached if len(layer.uses(name)) > 1]
        copies = [
            n for n, line in enumerate(layer.lines) if line.op in JOINS and any(layer.copied(n, s) for s in (0, 1))
        ]
        ops = {line.op for line in layer.lines}
        assert {1: not forks, 2: len(forks) == 1, 3: copies and forks, 4: copies, 5: "rows" in ops}[level]
        assert level < 4 or ops & {"div", "sub"} and sum(len(layer.uses(name)) - 1 for name in forks) >= 2


def test_drawn_numbers_are_away_from_every_kink():
    for _, layer in drawn():
        for _, values, _ in tried(layer):
            for line in layer.lines:
                if kink := ALL[line.op].kink:
                    text = kink.format(a="a", b="b", c="c", d="d", o="o", **line.details)
                    assert np.abs(compiled(text)(*operands(line, values), None, values[line.target])).min() > 1e-3


@pytest.mark.parametrize("layer", SOME)
def test_large_numbers_suit_it_too(layer):
    inputs = layer.numbers(np.random.default_rng(1), SIZES["large"])
    dout = np.random.default_rng(2).standard_normal(layer.run(inputs)["out"].shape)
    assert all(np.isfinite(gradient).all() for gradient in layer.gradients(inputs, dout).values())


@pytest.mark.parametrize("size", ["ordinary", "large"])
def test_a_way_back_that_complex_step_denies_is_our_fault(size, monkeypatch):
    layer = draw(3, "anna")
    inputs = layer.numbers(np.random.default_rng(1), SIZES[size])
    monkeypatch.setattr(type(layer), "back", lambda self, values, dout: {n: 0 * inputs[n] for n in self.wanted})
    with pytest.raises(ArithmeticError, match="disagree"):
        layer.gradients(inputs, np.ones(layer.run(inputs)["out"].shape))


# ----- its mistakes -----


def test_nearly_all_have_three_mistakes_that_can_be_told_apart():
    counts = [len(list(wrong_turns(layer, [inputs for inputs, _, _ in tried(layer, 5)]))) for _, layer in drawn()]
    assert np.mean(np.array(counts) >= 3) >= 0.95


@pytest.mark.parametrize("layer", SOME)
def test_every_mistake_is_caught_by_its_rule_and_gets_its_own_hint(layer):
    exercise = exercise_of(layer, "strange", {f"d{name}": 1.0 for name in layer.wanted}, 5, "a layer")
    assert len({m.hint for m in exercise.mistakes}) == len(exercise.mistakes) >= 3
    for mistake in exercise.mistakes:
        drawn = examiner.draws(exercise, examiner.fresh_seed, for_marks=False)
        found = examiner.examine(exercise, Here(attempt(exercise, mistake)), drawn)
        assert next(iter(found.rules.values())) is mistake.caught_by
        assert judge.verdict(exercise, found, found).diagnosis == mistake.hint
        assert re.fullmatch(r"[^`]*(`[^`]+`[^`]*)*", mistake.hint) and mistake.hint.endswith(".")


# ----- answers to it -----


def own(student, *edits, name="stranger_04_backward"):
    """The right answer to a student's layer as text, with replacements."""
    layer = EXERCISE.drawn_for(student).reference.layer
    text = layer.way_back(name, "Mine.")
    for old, new in edits:
        assert re.search(old, text)
        text = re.sub(old, new, text)
    return run(text)[name]


def marked(function, student="anna", **more):
    return judge.mark(EXERCISE.id, {EXERCISE.id: function, **more}, SECRET, Limits(cpu=2, wall=20), student)


def in_float32(dout, cache):
    return own("anna")(dout.astype(np.float32), [np.asarray(each, np.float32) for each in cache])


def as_a_list(dout, cache, scale=1.0):
    return [scale * gradient for gradient in own("anna")(dout, cache)]


def works_in_place(dout, cache):
    gradients = own("anna")(dout, cache)
    for each in (dout, *cache):
        each *= 0
    return gradients


def with_rows(dout, cache):
    dx, dw, db = own("anna")(dout, cache)
    return dx, np.einsum("dm->dm", dw), db[None]


@pytest.mark.parametrize("answer", [own("anna"), in_float32, as_a_list, works_in_place, with_rows])
def test_right_answers_in_many_styles_get_everything(answer):
    assert marked(answer).points == 6


def test_a_cache_of_ones_own_is_accepted():
    layer = EXERCISE.drawn_for("anna").reference.layer
    forward = run(layer.code("forward"))["forward"]

    def mine(*inputs):
        out, cache = forward(*inputs)
        return out, {"all": cache}

    verdict = marked(lambda dout, cache: own("anna")(dout, cache["all"]), stranger_04_forward=mine)
    assert verdict.points == 6


def steps_through(layer):
    """The way back without thinking: complex step, input by input. Right, and slow."""

    def backward(dout, cache):
        inputs = dict(zip(layer.inputs, cache))
        return tuple(layer.truth(inputs, dout).values())

    return backward


def test_differencing_is_right_and_runs_out_of_time():
    layer = EXERCISE.drawn_for("anna").reference.layer
    found = examiner.examine(
        EXERCISE.drawn_for("anna"),
        Here({EXERCISE.id: steps_through(layer)}),
        examiner.draws(EXERCISE.drawn_for("anna"), examiner.fresh_seed, for_marks=False),
    )
    assert not found.complaints
    verdict = marked(steps_through(layer))
    assert verdict.points == 0 and verdict.status == "too slow"


def nothing(dout, cache):
    return None


def zeros(dout, cache):
    return [0 * each for each in cache[:3]]


def two(dout, cache):
    return own("anna")(dout, cache)[:2]


def not_numbers(dout, cache):
    return [each * np.nan for each in own("anna")(dout, cache)]


def objects(dout, cache):
    return [each.astype(object) for each in own("anna")(dout, cache)]


def raises(dout, cache):
    return cache[99]


def exits(dout, cache):
    raise SystemExit


@pytest.mark.parametrize("answer", [nothing, zeros, two, not_numbers, objects, raises, exits])
def test_what_is_no_answer_earns_nothing(answer):
    verdict = marked(answer)
    assert verdict.points == 0 and verdict.complaints


def test_a_wrong_gradient_costs_its_own_points_alone():
    verdict = marked(own("anna", (r"dw = (.*)", r"dw = -(\1)")))
    assert verdict.names == {"dx": True, "dw": False, "db": True} and verdict.points == 4


# ----- whose it is -----


def test_a_neighbours_answer_is_worth_nothing_and_hears_which_layer_was_asked_for(home):
    verdict = marked(own("ben"), "anna")
    assert verdict.points < 6 and "drawn for `anna`" in verdict.layer
    shown = stranger("04", student="anna")
    assert repr(shown).partition("def ")[2].partition("\n\nEntry")[0].strip() in verdict.text()
    assert 'stranger("04", student="anna")' in verdict.text() and "The layer that was tried" in verdict.html()
    assert marked(own("anna")).layer == ""


@pytest.mark.parametrize("name", ["anna", " Anna ", "ANNA"])
def test_capitals_and_spaces_make_no_other_layer(name):
    assert EXERCISE.drawn_for(name).reference.layer == EXERCISE.drawn_for("anna").reference.layer


@pytest.mark.parametrize("name", ["", "\0", "a" * 10_000, "名前", "</pre><script>", '"""'])
def test_any_name_has_a_layer(name):
    exercise = EXERCISE.drawn_for(name)
    assert exercise.max_points == 6 and "<script>" not in judge.verdict(*[exercise, *[_wrong(exercise)] * 2]).html()


def _wrong(exercise):
    return examiner.examine(exercise, Here({}), examiner.draws(exercise, examiner.public_seed, for_marks=False))


def test_who_learns_here(home, monkeypatch):
    guest = progress.learner()
    assert progress.made_up(guest) and progress.learner() == guest == (home / "student").read_text()
    monkeypatch.setenv("JUPYTERHUB_USER", "hub")
    assert progress.learner() == "hub"
    monkeypatch.setenv("BACKPROP_STUDENT", "env")
    assert progress.learner() == "env"
    assert progress.learner("anna ") == "anna" == progress.learner()


def test_where_nothing_can_be_written_a_guest_stays_the_same_guest(home):
    home.write_text("a file in the way")
    assert progress.learner() == progress.learner() and progress.learner("anna") == progress.learner() == "anna"


def test_the_layer_shown_is_the_layer_checked(home, capsys, monkeypatch):
    monkeypatch.setitem(globals(), "stranger_04_backward", own("anna"))
    assert "Drawn for `anna`" in repr(stranger("04", student="anna"))
    check("stranger_04_backward")
    assert "6 of 6 points" in capsys.readouterr().out
    assert progress.of(EXERCISE.drawn_for("anna")).points == 6 and "✓ stranger_04" in progress.state(LESSON)
    stranger("04", student="ben")
    check("stranger_04_backward")
    said = capsys.readouterr().out
    assert "6 of 6" not in said and "drawn for `ben`" in said and "✓ stranger_04" not in progress.state(LESSON)


@pytest.mark.parametrize("lesson, says", [("04", "level 3"), (4, "level 3")])
def test_a_stranger_shows_itself(home, lesson, says):
    shown = stranger(lesson)
    assert says in repr(shown) and "You are a guest here" in repr(shown)
    bundle = shown._repr_mimebundle_()
    assert "```python\ndef stranger_04_forward" in bundle["text/markdown"] and "aligned" in bundle["text/markdown"]
    out, cache = shown.forward(*shown.inputs(1))
    assert out.shape == (4, 3) and len(cache) == 3 + 6


def test_a_lesson_without_a_stranger_says_so(home, capsys):
    assert stranger("77") is None and "No stranger waits in lesson 77" in capsys.readouterr().out


def test_where_nobody_knows_whose_it_is_the_check_fails(home, monkeypatch):
    """Under stock nbgrader even a right answer is not paid: it could be the neighbour's. Validating is one's own."""
    monkeypatch.setitem(globals(), "stranger_04_backward", own("anna"))
    progress.learner("anna")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="drawn for each student"):
        check("stranger_04_backward")
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    assert check("stranger_04_backward") == 6
    progress.learner("ben")
    with pytest.raises(AssertionError, match="drawn for `ben`"):
        check("stranger_04_backward")


RELU = "def relu_backward(dout, cache):\n    return dout * (cache > 0)"


def test_equal_submissions_share_all_verdicts_but_the_strangers(tmp_path, monkeypatch):
    layer = EXERCISE.drawn_for("anna").reference.layer
    answer = "import numpy as np\n" + layer.way_back(EXERCISE.id, "Mine.")
    steps = [Step(answer), Step(RELU), Step(exercise="relu_backward"), Step(exercise=EXERCISE.id)]
    asked, mark_cells = [], judge.mark_cells

    def counted(steps, exercises, *rest):
        asked.append([e.id for e in exercises if e.id in ("relu_backward", EXERCISE.id)])
        return mark_cells(steps, exercises, *rest)

    monkeypatch.setattr(judge, "mark_cells", counted)
    with Verdicts(tmp_path, "any") as verdicts:
        points = {
            student: {name: verdict.points for name, verdict in verdicts.of(LESSON, steps, student).items()}
            for student in ("anna", "ben", "anna", "ANNA")
        }
    assert points["anna"] == points["ANNA"] == {"relu_backward": 2, EXERCISE.id: 6}
    assert points["ben"]["relu_backward"] == 2 and points["ben"][EXERCISE.id] < 6
    assert asked == [["relu_backward", EXERCISE.id], [EXERCISE.id], [EXERCISE.id]]


def test_the_box_has_no_way_back_to_a_stranger():
    source = """
def stranger_04_backward(dout, cache):
    from autograder.MODULE import draw
"""
    modules = [f"strangers.{path.stem}" for path in Path(strangers.__file__).parent.glob("*.py")]
    assert len(modules) > 5
    for module in ["strangers", "exercise", *modules]:
        verdict = judge.mark_source(EXERCISE.id, source.replace("MODULE", module), SECRET)
        assert verdict.points == 0 and "ModuleNotFoundError" in verdict.complaints[0]


def test_what_shows_a_layer_is_inert_in_the_box():
    layer = EXERCISE.drawn_for("anna").reference.layer
    shows = (
        'from autograder import practice, stranger\nimport numpy as np\nlayer = stranger("04", student="ben")\nlayer\n'
    )
    shows += "practice(2).check(None)\npractice().help()\n"
    source = shows + layer.way_back(EXERCISE.id, "Mine.")
    verdict = judge.mark_source(EXERCISE.id, source, SECRET, student="anna")
    assert verdict.points == 6 and not verdict.remarks
    source = "from autograder import stranger\n\ndef stranger_04_backward(dout, cache):\n    stranger('04').forward()"
    assert "is not here while your work is marked" in judge.mark_source(EXERCISE.id, source, SECRET).complaints[0]


def test_the_released_notebook_shows_it_and_does_not_run_it_for_marks():
    released = submission.released(LESSON)
    shown = [c for c in released["cells"] if 'stranger("04")\nlayer' in c["source"]]
    assert len(shown) == 1 and not [s for s in submission.steps(released, released) if "layer = " in s.source]


# ----- practice -----


def test_practice_never_runs_out_and_can_be_met_again(home):
    assert len({practice(3)._layer.mark for _ in range(20)}) > 15
    assert practice(2, "again")._layer == practice(2, "again")._layer
    assert progress._practice()["drawn"] == {"3": 20}
    with pytest.raises(ValueError, match="there is no level 9; there are: 1, 2, 3, 4, 5"):
        practice(9)


def test_practice_checks_names_the_mistake_and_counts(home, capsys):
    layer = practice(2, "a seed")
    turn, _ = next(wrong_turns(layer._layer, [inputs for inputs, _, _ in tried(layer._layer)]))
    layer.check(run(layer._layer.way_back("f", "Wrong.", turn.changes))["f"])
    said = " ".join(capsys.readouterr().out.split())
    assert "✗" in said and turn.hint in said
    right = run(layer._layer.way_back("whatever", "Right."))["whatever"]
    for _ in range(2):
        layer.check(right)
    assert capsys.readouterr().out.count("2 of 2 points") == 2
    assert progress._practice() == {"drawn": {}, "checks": {"2": 3}, "solved": {"2": 1}}
    assert list(progress.course())[-1] == "practice  1 of level 2"


def test_practice_never_raises_and_tells_the_line(home, capsys):
    layer = practice(1, "a seed")
    layer.check(None)
    layer.check(3)
    namespace = {}
    exec("\n\ndef f(dout, cache):\n    return cache[99]", namespace)
    layer.check(namespace["f"])
    said = capsys.readouterr().out
    assert said.count("is not defined") == 2 and "practice_backward raised IndexError" in said and "at line 4" in said
    assert "practice_backward" not in namespace


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"drawn": 3}', '{"drawn": {"1": "x"}}', "\0"])
def test_a_spoiled_count_counts_as_none(home, content):
    home.mkdir()
    (home / "practice.json").write_text(content)
    practice(1)
    assert progress._practice()["drawn"] == {"1": 1}


@pytest.mark.parametrize("layer", SOME)
def test_help_comes_in_stages_and_its_example_is_right(layer):
    graph, places, worked = exercise_of(layer, "strange", {}, 5, "a layer").help
    for name in layer.cached[:-1]:
        assert f"`{name}` → `{layer.uses(name)[0]}`" in graph
    found = {
        name: np.array(ast.literal_eval(text))
        for name, text in re.findall(r"(\w+) = ([][\d., e+-]+?)(?=; |, the |\.$)", worked)
    }
    inputs = {name: found[name].astype(int) if name == "y" else found[name] for name in layer.inputs}
    truth = layer.truth(inputs, found["dout"])
    for name in layer.wanted:
        np.testing.assert_allclose(found[f"d{name}"], truth[name], rtol=6e-3, atol=6e-3)
    right = [line.split(" = ", 1)[1] for line in layer.way_back("f", "").splitlines() if " = d" in line]
    assert not [text for text in right if len(text) > 8 and text in graph + places + worked]


def test_help_is_shown_stage_by_stage(home, capsys):
    layer = practice(3, "a seed")
    for _ in range(4):
        layer.help()
    assert re.findall(r"Help (\d) of 3", capsys.readouterr().out) == ["1", "2", "3", "1"]


def test_the_command_prints_one(home):
    from click.testing import CliRunner

    from autograder.cli import cli

    once, again = (CliRunner().invoke(cli, ["practice", "4", "--seed", "x"]).output for _ in range(2))
    assert once == again and "def practice_forward(x, w, b):" in once and 'practice(4, "x")' in once
    assert CliRunner().invoke(cli, ["practice", "9"]).exit_code == 2


def test_the_benchmark_counts(tmp_path):
    command = [sys.executable, "-m", "benchmarks.strangers", "-n", "20", "--json", str(tmp_path / "rows.json")]
    run = subprocess.run(command, capture_output=True, text=True, cwd=LESSON.folder.parents[1])
    rows = {row["name"]: row["ratio"] for row in json.loads((tmp_path / "rows.json").read_text())}
    assert run.returncode == 0 and rows["agree"] == 1 and rows["mistakes"] >= 0.95, run.stderr


@pytest.mark.parametrize("layer", SOME)
def test_a_formula_speaks_of_every_line_and_shows_no_latex_in_a_terminal(layer):
    text, rich = plain(layer), latex(layer)
    assert [line.split("[")[0] for line in text.splitlines()] == [line.target for line in layer.lines]
    assert not re.search(r"[\\{}_^]", text) and rich.count("&=") == len(layer.lines)
    assert rich.count("{") == rich.count("}") and "operands" not in rich
