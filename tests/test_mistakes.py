"""The kill matrix says when a rule or a hint has gone astray."""

import dataclasses

from click.testing import CliRunner

from autograder import lesson, mistakes, rules
from autograder.cli import cli
from autograder.lesson import find_exercise

RELU = find_exercise("relu_backward")


def test_every_mistake_has_its_line_and_all_of_them_are_killed():
    found = list(mistakes.matrix([RELU], seeds=2))
    assert [each.mistake for each in found] == [mistake.name for mistake in RELU.mistakes]
    assert all(each.whole and each.caught == each.hinted == 2 for each in found)
    lines = list(mistakes.table(found))
    assert lines[0].startswith("relu_backward") and all(line.endswith("✓") for line in lines[1:])


def test_a_mistake_of_another_rule_or_hint_is_told(monkeypatch):
    first, second, *others = RELU.mistakes
    wrong_rule = dataclasses.replace(first, caught_by=rules.shapes)
    twin = dataclasses.replace(second, function=_renamed(second.function))
    monkeypatch.setattr(RELU, "mistakes", [wrong_rule, second, twin])
    one, two, three = mistakes.matrix([RELU], seeds=1)
    assert not one.whole and one.caught == 0 and one.hinted == 1 and "caught by gradients" in one.instead
    assert two.whole
    assert not three.whole and three.instead == f"caught by gradients, got the hint of {second.name}"
    assert "✗  caught by" in "\n".join(mistakes.table([three]))


def _renamed(function):
    def twin(dout, cache):
        """The same, with another hint."""
        return function(dout, cache)

    return twin


def test_the_command_prints_a_table_and_fails_where_one_survives(monkeypatch):
    monkeypatch.setattr(lesson.Lesson, "exercises", [RELU])
    run = CliRunner().invoke(cli, ["mistakes", "04", "--seeds", "1"])
    assert run.exit_code == 0 and f"{len(RELU.mistakes)} of {len(RELU.mistakes)} mistakes are caught" in run.output
    monkeypatch.setattr(RELU, "mistakes", [dataclasses.replace(RELU.mistakes[0], caught_by=rules.runs)])
    run = CliRunner().invoke(cli, ["mistakes", "04", "--seeds", "1"])
    assert run.exit_code == 1 and "0 of 1 mistakes" in run.output
