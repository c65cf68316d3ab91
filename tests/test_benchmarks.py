"""The benchmark of the diagnosis: what is held out is right code, and the rows have the names that are promised."""

import json

import numpy as np
import pytest

from autograder.diagnose import dictionary
from autograder.exercise import source
from benchmarks import diagnosis, odd
from benchmarks.held_out import exercises, outcome, rewritten, styles, witnesses

EXERCISES = [pytest.param(exercise, id=exercise.id) for exercise in exercises()]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_styles_are_right_and_none_of_them_is_known_to_the_dictionary(exercise):
    assert len(styles(exercise)) >= 3
    drawn = witnesses(exercise)[-5:]
    known = {source(each) for each in exercise.derivations}
    for style, function in styles(exercise).items():
        made = outcome(diagnosis.Variant(exercise, style, "correct", function, ""), drawn)
        for name, arrays in made.items():
            for array, draw in zip(arrays, drawn):
                np.testing.assert_allclose(array, draw.expected[name], rtol=1e-6, atol=1e-9)
        assert source(function) not in known
    assert not any(entry.function.__name__ in styles(exercise) for entry in dictionary.entries(exercise))


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_mistake_of_the_catalogue_is_rewritten(exercise):
    assert {variant.mistake for variant in rewritten(exercise)} == {mistake.name for mistake in exercise.mistakes}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_shapes_that_nobody_has_seen_are_unseen(exercise):
    def sizes(draw):
        return next(iter(draw.inputs.values())).shape

    drawn = witnesses(exercise)
    cases = {sizes(draw) for draw in drawn if draw.case != "<lambda>"}
    assert len([draw for draw in drawn if draw.case == "<lambda>" and sizes(draw) not in cases]) >= 2


def test_rows_are_written_as_promised(tmp_path, capsys):
    file = tmp_path / "rows.json"
    diagnosis.main(["--json", str(file), "--only", "relu"])
    rows = {row["name"]: row["ratio"] for row in json.loads(file.read_text())}
    assert list(rows) == ["edit", "swap", "catalogue", "wrong name", "caught", "correct"]
    assert rows["wrong name"] == 0 and rows["caught"] == rows["correct"] == rows["catalogue"] == 1
    said = capsys.readouterr().out
    assert "edit, by style" in said and "compact" in said


def test_odd_forms_are_odd():
    relu = next(exercise for exercise in exercises() if exercise.id == "relu_backward")
    names = [name for name, _ in odd.correct(relu, {})]
    assert names == [
        "reference",
        "reference, in float32",
        "reference, in lists",
        "reference, extra keywords",
        "reference, in place",
        "cache in a list",
        "cache in a dictionary",
        "cache in a longer tuple",
    ]
