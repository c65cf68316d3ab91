"""The judge: sends cases in, gets values back, decides.

Everything here runs where the truth lives. `mark` and `mark_source` mark functions or a text without a notebook;
`mark_cells` marks a submission. `examiner.py` is what all of them, and `check` in a notebook, have in common; `run.py`
runs a submission in the box.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from autograder import rules, submission
from autograder.box import Forked, Limits, Sandbox, Shown
from autograder.diagnose import Finding, diagnose
from autograder.examiner import Examined, Seed, draws, examine, explained, public_seed, secret_seed, worth
from autograder.exercise import Exercise
from autograder.kinds import KINDS, Venue
from autograder.lesson import find_exercise
from autograder.run import Deciding, Explaining
from autograder.submission import Step
from autograder.verdict import Verdict

__all__ = ["judge", "mark", "mark_cells", "mark_source", "outputs", "sandbox", "verdict"]

AT_THE_END = "this holds at the end of the notebook, not yet at its test cell"
NOTHING_THERE = ("{} is not written yet", "{} is not defined")


def judge(exercise: Exercise, venue: Venue, secret: bytes) -> Verdict:
    """A verdict on functions that one trusts: decided on hidden draws, explained on public ones."""
    hidden = examine(exercise, venue, draws(exercise, secret_seed(secret), for_marks=True))
    if not hidden.complaints or hidden.too_slow:
        return verdict(exercise, hidden, hidden)
    return verdict(exercise, hidden, explained(exercise, venue, public_seed, hidden.complaints.keys()))


def verdict(exercise: Exercise, decides: Examined, explains: Examined) -> Verdict:
    """Put into words what was found."""
    names = {name: name not in decides.complaints for name in exercise.points}
    failures = decides.failures
    unexplained = "{} holds on public values, but not on those drawn for marks"
    complaints = [explains.complaints.get(name, unexplained.format(name)) for name in decides.complaints]
    found = Finding()
    if not _says_it_all(exercise, decides):
        found = _found(exercise, explains)
    if decides.too_slow:  # of slowness we say nothing but our own words, so once is enough
        complaints = [str(failure) for failure in failures if failure.kind == "too slow"]
    return Verdict(
        exercise=exercise.id,
        points=worth(exercise, decides),
        max_points=exercise.max_points,
        names=names,
        complaints=list(dict.fromkeys(complaints)),
        diagnosis=found.text,
        causes=[cause.name for cause in found.causes],
        evidence=found.evidence,
        place=found.place,
        stages=[[stage.name, stage.status, stage.note] for stage in explains.stages] if decides.complaints else [],
        status=_status(decides),
        remarks=_remarks(decides),
        help=list(exercise.help),
        layer=exercise.layer if decides.complaints else "",
    )


def _found(exercise: Exercise, explains: Examined) -> Finding:
    """The diagnosis; none where it breaks down, since what it says is never worth a mark."""
    try:
        answers = {name: [*each, *explains.again.get(name, [])] for name, each in explains.answers.items()}
        return diagnose(exercise, answers, explains.complaints)
    except Exception:
        return Finding()


def _status(found: Examined) -> str:
    if not found.complaints:
        return "right"
    kinds = [failure.kind for failure in found.failures]
    return "too slow" if "too slow" in kinds else kinds[0] if kinds else "wrong"


def _remarks(found: Examined) -> list[str]:
    said = (
        rules.remark(name, answer)
        for name, answers in found.answers.items()
        if name not in found.complaints
        for answer in answers
    )
    return list(dict.fromkeys(text for text in said if text))[:1]


# ----- without a notebook -----


def mark(
    exercise: str,
    functions: dict[str, Callable],
    secret: bytes | None = None,
    limits: Limits = Limits(),
    student: str = "",
) -> Verdict:
    """Mark functions of this process, in a forked child with a deadline.

    Any implementation in the genre's call form can be marked as it is. Hangs, exits and whatever
    the functions return are survived.

        mark("relu_backward", {"relu_backward": lambda dout, cache: dout * (cache > 0)}).points   # 2.0
    """
    found = find_exercise(exercise).drawn_for(student)
    return judge(found, Forked(functions, limits), secret or secrets.token_bytes(32))


def mark_source(
    exercise: str,
    source: str,
    secret: bytes | None = None,
    limits: Limits = Limits(),
    isolation: str = "any",
    student: str = "",
) -> Verdict:
    """The same from source text, which runs in the box."""
    found = find_exercise(exercise)
    steps = [Step(source=source), Step(exercise=exercise)]
    with sandbox([found], isolation, limits=limits) as walls:
        return mark_cells(steps, [found], secret or secrets.token_bytes(32), walls, student)[0]


def sandbox(exercises: Sequence[Exercise] | None, isolation: str, jobs: int = 1, limits: Limits = Limits()) -> Sandbox:
    """Where submissions to these exercises run: what they use of the library is there, the answers are not.
    Without exercises, where notebooks are run to be shown, and the library is whole."""
    keep = None if exercises is None else {name for exercise in exercises for name in exercise.uses}
    return Sandbox(keep, isolation, jobs, limits)


def mark_cells(
    steps: Sequence[Step], exercises: Sequence[Exercise], secret: bytes | Seed, walls: Sandbox, student: str = ""
) -> list[Verdict]:
    """Mark a student's submission: run its cells in the box, and judge each exercise where its test cell stands.
    Where the secret must not be, the seeds that are made of it will do.

    An exercise that does not hold there is tried once more at the end of the notebook; if that is
    better it counts, with a remark. Up to three runs, each in a fresh box, so that nothing which one
    of them needs can help another: one decides; in one the judge answers for the parts of composites,
    and no other exercise is asked; one, which never sees a hidden number, explains. Where nothing is asked
    afterwards, the judge answers for parts at the end of the first run already.
    """
    asked = {step.exercise for step in steps}
    exercises = [exercise.drawn_for(student) for exercise in exercises if exercise.id in asked]
    steps = submission.gathered(steps, {e.id: _names(e) for e in exercises})
    hidden = secret if callable(secret) else secret_seed(secret)
    first = Deciding(steps, exercises, hidden, walls, wanted=lambda way: not way.parts, helps=True).run()
    decided = first.found
    composites = [
        e for e in exercises if e.parts and e.id not in first.helped and _best(e, decided[e.id])[1].complaints
    ]
    if composites:
        helped = Deciding(steps, composites, hidden, walls, first.dead, wanted=lambda way: way.parts).run().found
        for e in composites:
            decided[e.id] = max(decided[e.id], helped[e.id], key=lambda found: worth(e, _best(e, found)[1]))
    best = {e.id: _best(e, decided[e.id]) for e in exercises}
    wanting = [
        e for e in exercises if not _says_it_all(e, best[e.id][1]) or first.raised and _nothing_there(e, best[e.id][1])
    ]
    wrong = {e.id: (bool(best[e.id][0]), best[e.id][1].complaints.keys()) for e in wanting}
    explains = Explaining(steps, wanting, public_seed, walls, first.dead, wrong=wrong)
    told = explains.run() if wanting else explains
    verdicts = []
    for exercise in exercises:
        late, found = best[exercise.id]
        said = verdict(exercise, found, told.found[exercise.id][0] if exercise.id in told.found else found)
        remarks = [*said.remarks, *([AT_THE_END] if late else []), *(told.raised[:3] if found.complaints else [])]
        verdicts.append(replace(said, remarks=remarks, isolation=walls.level))
    return verdicts


def outputs(cells: Sequence[str | None], walls: Sandbox) -> list[Shown | None]:
    """What a notebook's cells show, one after the other, in a box of their own that is asked nothing; None for a
    cell without source."""
    with walls.box() as box:
        named = [
            (source, f"cell {number} of the notebook") for number, source in enumerate(cells, 1) if source is not None
        ]
        shown = box.show_all(named)
        return [None if source is None else next(shown) for source in cells]


def _says_it_all(exercise: Exercise, found: Examined) -> bool:
    """Whether there is nothing to explain: it holds, is too slow, or was not written."""
    return not found.complaints or found.too_slow or _nothing_there(exercise, found)


def _nothing_there(exercise: Exercise, found: Examined) -> bool:
    """Whether all that is complained about is that it was not written: in our own words, with no hidden number."""
    fixed = {says.format(name) for name in exercise.writes for says in NOTHING_THERE}
    return not exercise.parts and bool(found.complaints) and set(found.complaints.values()) <= fixed


def _best(exercise: Exercise, found: Sequence[Examined]) -> tuple[int, Examined]:
    """The better of what was found at the test cell (0) and at the end (1); the former where they are equal."""
    return max(enumerate(found), key=lambda each: (worth(exercise, each[1]), -each[0]))


def _names(exercise: Exercise) -> set[str]:
    """The functions that are asked for, and those that they call."""
    return {name for way in KINDS[exercise.kind].ways(exercise) for name in [*way.needs, *way.parts]}
