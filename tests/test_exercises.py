"""Grade the exercises before any student is graded: references earn everything, mistakes are caught.

A new exercise file is found by walking and is tested here without a line of its own.
"""

import ast
import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

from autograder import examiner, judge, rules
from autograder.box import values
from autograder.diagnose import Here, attempt
from autograder.kinds import KINDS, PAIRS, pair_names
from autograder.lesson import lessons
from backprop import numeric
from backprop.training import clear

EXERCISES = [pytest.param(e, id=e.id) for lesson in lessons() for e in lesson.exercises]
MISTAKES = [pytest.param(e, m, id=f"{e.id}-{m.name}") for p in EXERCISES for e in p.values for m in e.mistakes]
# Kinds that compute, on numbers that are drawn.
DRAWN = ("pair", "function", "takes a function", "optimiser", "training", "stages", "stranger")
COMPUTED = [p for p in EXERCISES if p.values[0].kind in DRAWN]
LAYERS = [p for p in COMPUTED if any(n.startswith("d") for n in p.values[0].points)]  # gradients, named after inputs
SEEDS = range(5)
VANISHING_ON_ONE = ("batchnorm_backward", "batchnorm_backward_alt")  # gradients that are 0 there expose nothing


def examine(exercise, functions, seed, for_marks=False):
    drawn = examiner.draws(exercise, examiner.secret_seed(bytes([seed])), for_marks)
    return examiner.examine(exercise, Here(functions), drawn)


def references(exercise):
    return {name: getattr(exercise.reference, name) for name in exercise.writes}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_reference_earns_everything(exercise, seed):
    found = examine(exercise, references(exercise), seed, for_marks=True)
    verdict = judge.verdict(exercise, found, found)
    assert verdict.points == verdict.max_points == sum(exercise.points.values()) and verdict.status == "right"
    assert verdict.names == dict.fromkeys(exercise.points, True)
    assert not verdict.complaints and not verdict.diagnosis and not verdict.remarks


def stub(*args):
    raise NotImplementedError


def nothing(*args):
    return None


@pytest.mark.parametrize("fill", [0.0, 1.0])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise", COMPUTED)
def test_zeros_and_constants_earn_nothing(exercise, fill, seed):
    """Arrays of the right shapes that hold one number: every case of a layer must be able to tell, and some case of
    any other function, which may return 0 or 1 where it has to."""
    is_layer = exercise in [p.values[0] for p in LAYERS]
    for name in exercise.points:
        told = []
        for draw in examiner.draws(exercise, examiner.secret_seed(bytes([seed])), for_marks=True):
            constant = rules.Answer(draw, {name: np.full_like(draw.expected[name], fill)})
            said = rules.gradients(name, constant) or rules.outputs(name, constant)
            told.append(bool(said))
            assert said or not is_layer, f"{name} of {draw.case} could be a constant {fill}"
        assert any(told), f"{name} could be a constant {fill}"


@pytest.mark.parametrize("empty", [stub, nothing])
@pytest.mark.parametrize("exercise", EXERCISES)
def test_empty_stubs_earn_nothing(exercise, empty):
    found = examine(exercise, dict.fromkeys(exercise.writes, empty), 0)
    assert judge.verdict(exercise, found, found).points == 0
    nobody = examine(exercise, {}, 0)
    verdict = judge.verdict(exercise, nobody, nobody)
    assert verdict.points == 0 and "is not defined" in verdict.complaints[0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exercise, mistake", MISTAKES)
def test_a_mistake_is_caught_by_the_rule_it_names_and_gets_its_own_hint(exercise, mistake, seed):
    """Both in one test, for what takes time is to try the mistake on every case."""
    found = examine(exercise, attempt(exercise, mistake), seed)
    assert found.complaints, "nobody noticed"
    first, *others = found.rules.values()
    assert first is mistake.caught_by
    last = {rules.outputs, rules.values, rules.gradients}
    assert set(others) <= {first} | last, "rules before these speak for all values"
    assert judge.verdict(exercise, found, found).diagnosis == mistake.hint, "and no other"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_two_mistakes_share_a_hint(exercise):
    """Except in a choice, where the same letter may be wrong for the same reason in two questions."""
    if exercise.kind != "choice":
        assert len({m.hint for m in exercise.mistakes}) == len(exercise.mistakes)


@pytest.mark.parametrize("exercise", [p for p in EXERCISES if p.values[0].kind == "choice"])
def test_every_wrong_letter_has_its_hint(exercise):
    letters = set(re.findall(r"^- \*\*([a-z])\*\*", inspect.getmodule(exercise.cases[0].make).__doc__, re.M))
    key = getattr(exercise.reference, exercise.id)()
    wrong = {f"{name}_is_{letter}" for name, right in key.items() for letter in letters - {right}}
    assert {m.name for m in exercise.mistakes} == wrong


@pytest.mark.parametrize("exercise", [p for p in EXERCISES if p.values[0].kind == "hunt"])
def test_every_suspect_can_get_away_alone(exercise):
    """Each wrong function is right on some inputs that expose all the others: none is there for nothing."""
    assert set(exercise.suspects) == set(exercise.points)
    assert {m.name.removeprefix("lets_").removesuffix("_go") for m in exercise.mistakes} == set(exercise.suspects)
    for mistake in exercise.mistakes:
        found = examine(exercise, attempt(exercise, mistake), 0)
        assert list(found.complaints) == [mistake.name.removeprefix("lets_").removesuffix("_go")]


@pytest.mark.parametrize("exercise", LAYERS)
def test_an_independent_witness_agrees_with_the_reference(exercise):
    """Central differences in float64, in every entry of every input: of a pair's forward, of a function's loss, or of the loss
    whose gradient the stages work out."""
    called = "loss" if exercise.kind == "stages" else exercise.id
    forward = getattr(exercise.reference, pair_names(exercise)[0] if exercise.kind in PAIRS else called)
    seen = set()
    for draw in examiner.draws(exercise, examiner.public_seed, for_marks=False):
        for name, array, put in places(draw.inputs):
            if f"d{name}" in exercise.points:
                nudged = numeric.gradient(
                    lambda value: forward(*put(value).values())[0],
                    array.astype(float),  # integers cannot be nudged
                    1.0 if draw.dout is None else draw.dout,
                )
                assert numeric.relative_error(nudged, draw.expected[f"d{name}"]) < 1e-7
                seen.add(f"d{name}")
    if exercise.kind == "stages":  # what stands between is witnessed through what it leads to
        assert {f"d{name}" for name, _, _ in places(draw.inputs)} & set(exercise.points) == seen
    else:
        assert seen == set(exercise.points) - {"out", "loss"}, "a gradient has no witness"


def places(inputs):
    """Every array of the inputs, also those in a dictionary of parameters, and how to put another in its place."""
    for name, value in inputs.items():
        if isinstance(value, dict):
            for key, array in value.items():
                yield key, array, lambda new, name=name, key=key: inputs | {name: inputs[name] | {key: new}}
        else:
            yield name, value, lambda new, name=name: inputs | {name: new}


@pytest.mark.parametrize("exercise", LAYERS)
def test_the_cases_can_expose_a_mistake(exercise):
    """Nothing zero, nothing symmetric, not only squares; a batch of one; points for what is asked."""
    drawn = examiner.draws(exercise, examiner.public_seed, for_marks=True)
    first = next(iter(drawn[0].inputs.values()))
    assert len(set(first.shape)) > 1, "the first case is square"
    fewest = min(len(next(iter(draw.inputs.values()))) for draw in drawn)
    assert fewest == (2 if exercise.id in VANISHING_ON_ONE else 1), "no batch of one"
    for draw in drawn:
        assert draw.dout is None or draw.dout.size == 1 or draw.dout.std() > 0
        for name in exercise.points:
            assert np.abs(draw.expected[name]).max() > 1e-6


PROBE_ALONE = """
import sys
sys.path.insert(0, {world!r})
from autograder.box import inside
assert not hasattr(inside, "rules")
probe = inside.load({source!r}, {name!r})
for forbidden in ("autograder.exercise", "autograder.rules", "autograder.kinds", "autograder.judge", "autograder.run", "autograder.examiner", "lessons"):
    try:
        __import__(forbidden)
    except ImportError:
        continue
    raise SystemExit(forbidden + " can be imported beside the probe")
kind, value = inside.attempt(probe, {{}}, ["nobody"], {{}})
assert (kind, value) == ("raised", "nobody is not defined"), (kind, value)
print(sorted(set(probe.__globals__) - {{"__builtins__"}}))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_probe_runs_where_nothing_of_ours_can_be_imported(kind, tmp_path):
    """In a fresh process that sees the box's world and NumPy, and neither this checkout nor its packages."""
    from autograder.box import world

    probe = KINDS[kind].probe
    world.build(tmp_path, keep=[])
    script = PROBE_ALONE.format(world=str(tmp_path), source=inspect.getsource(probe), name=probe.__name__)
    numpy_home = str(np.__path__[0]).removesuffix("/numpy")
    script = f"import sys; sys.path.append({numpy_home!r})\n" + script.replace(str(numpy_home), numpy_home)
    run = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(sorted([probe.__name__, "np"]))


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_world_holds_none_of_the_answers(exercise, tmp_path):
    """What an exercise asks for is absent from the library that its code may import; what it uses is there."""
    from autograder.box import world

    world.build(tmp_path, keep=exercise.uses)
    text = "\n".join(path.read_text() for path in (tmp_path / "backprop").rglob("*.py"))

    def whole(function):
        owner = exercise.reference if hasattr(exercise.reference, function) else clear
        return ast.unparse(ast.parse(inspect.getsource(getattr(owner, function))))

    for written in exercise.writes:
        assert whole(written) not in text
        if not inspect.ismodule(exercise.reference):
            continue
        assert f"def {written}(" in text and "NotImplementedError" in text
    for used in exercise.uses:
        assert whole(used) in text


def test_values_and_failures_are_what_a_probe_may_return():
    assert values.unpack(*values.pack({"gradients": (np.ones(2), None)}))["gradients"][1] is None
