"""The judge: sends cases in, gets values back, decides.

Everything here runs where the truth lives. `mark` and `mark_source` mark functions or a text
without a notebook; `mark_cells` marks a submission; `examine` is what all of them, and `check`
in a notebook, have in common.

Marks are decided on draws that nobody outside knows. What is *said* comes from a second,
public draw of the same cases, so no hidden number can reach a student, not even through the
text of an exception that their own code raises.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import itertools
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from autograder import rules, submission
from autograder.box import Box, Forked, Limits, Sandbox, Shown
from autograder.box.values import Failure
from autograder.diagnose import Finding, diagnose, stages
from autograder.diagnose.stages import Stage
from autograder.exercise import Case, Exercise
from autograder.kinds import KINDS, Venue, Way
from autograder.lesson import find_exercise
from autograder.rules import Answer, Draw, Rule
from autograder.submission import Step
from autograder.verdict import Verdict

__all__ = [
    "draws",
    "examine",
    "fresh_seed",
    "judge",
    "known_seed",
    "mark",
    "mark_cells",
    "mark_source",
    "outputs",
    "public_seed",
    "secret_seed",
    "seeds",
    "verdict",
]

COURSE = "backprop"
PATIENCE = 3.0  # seconds that this may take
AGAIN = 15  # times that each small case is drawn anew before a mistake gets a name
Seed = Callable[[Exercise, Case], int]


# ----- seeds: identical code, identical mark -----


def secret_seed(secret: bytes) -> Seed:
    """Seeds that nobody can know without the secret, and that are the same at every regrade."""

    def seed(exercise: Exercise, case: Case) -> int:
        text = "\n".join([COURSE, exercise.lesson, exercise.id, case.name])
        return int.from_bytes(hmac.new(secret, text.encode(), hashlib.sha256).digest()[:16], "big")

    return seed


def seeds(secret: bytes, exercises: Sequence[Exercise]) -> dict[str, int]:
    """What a judge elsewhere needs in the place of the secret: the seed of every case, by name. Layers that are
    drawn for students have cases of the same names."""
    seed = secret_seed(secret)
    return {f"{exercise.id}/{case.name}": seed(exercise, case) for exercise in exercises for case in exercise.cases}


def known_seed(seeds: Mapping[str, int]) -> Seed:
    return lambda exercise, case: seeds[f"{exercise.id}/{case.name}"]


public_seed = secret_seed(b"public")


def fresh_seed(exercise: Exercise, case: Case) -> int:
    return secrets.randbits(64)


# ----- one exercise -----


@dataclass(frozen=True)
class Examined:
    """Answers by value's name, and the first complaint about each value that does not hold. `again` holds the
    answers on more draws, where some were asked for: nothing is decided on them."""

    answers: dict[str, list[Answer]]
    complaints: dict[str, str]
    rules: dict[str, Rule]
    ways: dict[str, Way]
    again: dict[str, list[Answer]] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)

    @property
    def too_slow(self) -> bool:
        return any(failure.kind == "too slow" for failure in self.failures)

    @property
    def failures(self) -> list[Failure]:
        return [a.failure for name in self.complaints for a in self.answers[name] if a.failure]


def draws(exercise: Exercise, seed: Seed, for_marks: bool) -> list[Draw]:
    """Every case with its numbers; cases for marks only are left out of `check`."""
    cases = [case for case in exercise.cases if for_marks or not case.for_marks_only]
    return [_drawn(exercise, case, seed(exercise, case)) for case in cases]


def more_draws(exercise: Exercise, seed: Seed, times: int = AGAIN) -> list[Draw]:
    """The small cases again and again, with other numbers: a name for a mistake must hold on all of them."""
    cases = [case for case in exercise.cases if not (case.for_marks_only or case.once)]
    return [_drawn(exercise, case, seed(exercise, case) + 1 + n) for n in range(times) for case in cases]


def _drawn(exercise: Exercise, case: Case, seed: int) -> Draw:
    """A case's numbers; for a class they are drawn once, but what is one student's own is not kept."""
    return (_draw if exercise.personal is None else _draw.__wrapped__)(exercise, case, seed)


@functools.lru_cache(512)
def _draw(exercise: Exercise, case: Case, seed: int) -> Draw:
    return KINDS[exercise.kind].draw(exercise, case, np.random.default_rng(seed))


def examine(
    exercise: Exercise,
    venue: Venue,
    drawn: Sequence[Draw],
    wanted: Callable[[Way], bool] = lambda way: True,
    first: Examined | None = None,
) -> Examined:
    """Try an answer in every way that its kind knows and that is wanted; of ways to the same values the
    best counts. What came of the `first` way may be known already."""
    tried: dict[tuple[str, ...], Examined] = {}
    for way in filter(wanted, KINDS[exercise.kind].ways(exercise)):
        brings, best = tuple(way.brings), tried.get(tuple(way.brings))
        if best and (not best.complaints or best.too_slow):
            continue
        if way.unless and any(_holds(part, way.unless) for part in tried.values()):
            continue
        found, first = first or _try(exercise, venue, drawn, way), None
        if not best or _worth(exercise, found) > _worth(exercise, best):
            tried[brings] = found
    parts = tried.values()
    return Examined(
        *(
            {k: v for part in parts for k, v in getattr(part, each).items()}
            for each in ("answers", "complaints", "rules", "ways")
        )
    )


def ask_again(exercise: Exercise, venue: Venue, found: Examined, seed: Seed) -> Examined:
    """The same with answers on many more draws, if something is wrong, and comes out of a function that can be asked."""
    if not found.complaints or any(failure.kind != "raised" for failure in found.failures):
        return found
    found = replace(found, stages=_stages(exercise, venue, found, seed))
    if all(answer.failure for name in found.complaints for answer in found.answers[name]):
        return found
    again: dict[str, list[Answer]] = {}
    for way in {way.name: way for name, way in found.ways.items() if name in found.complaints}.values():
        again |= dict.fromkeys(way.brings, _patiently(exercise, venue, way, more_draws(exercise, seed)))
    return replace(found, again=again)


def explained(exercise: Exercise, venue: Venue, seed: Seed, wrong: Collection[str]) -> Examined:
    """What there is to say of the values that are wrong: on the cases of `check`, which are small, unless these do not
    show it."""
    for for_marks in (False, True):
        found = examine(exercise, venue, draws(exercise, seed, for_marks))
        if wrong <= found.complaints.keys():
            break
    return ask_again(exercise, venue, found, public_seed)


def _patiently(exercise: Exercise, venue: Venue, way: Way, drawn: Sequence[Draw]) -> list[Answer]:
    """Answers to all of the draws; of a slow function to the first few alone."""
    few, start = len(drawn) // AGAIN, time.monotonic()
    answers = KINDS[exercise.kind].answers(exercise, venue, way, drawn[:few])
    if AGAIN * (time.monotonic() - start) > PATIENCE:
        return answers
    return answers + KINDS[exercise.kind].answers(exercise, venue, way, drawn[few:])


def _stages(exercise: Exercise, venue: Venue, found: Examined, seed: Seed) -> list[Stage]:
    """The values on the way, where they can be known."""
    drawn = more_draws(exercise, seed, 1)[:3] if exercise.parts else []
    try:
        values = stages.of_values(exercise, found.answers)
        return values or stages.of_calls(exercise, drawn, stages.calls(exercise, venue, drawn))
    except Exception:  # what a student's values make of it is never worth a mark
        return []


def _try(exercise: Exercise, venue: Venue, drawn: Sequence[Draw], way: Way) -> Examined:
    return _complained(exercise, way, drawn, KINDS[exercise.kind].answers(exercise, venue, way, drawn))


def _complained(exercise: Exercise, way: Way, drawn: Sequence[Draw], answers: list[Answer]) -> Examined:
    """What there is to complain about in answers to all draws."""
    kind, complaints, caught = KINDS[exercise.kind], {}, {}
    for name in way.brings:
        for answer in answers:
            complaint, rule = _first_complaint(kind.rules, name, answer)
            if rule and name not in complaints:  # be it without a word
                complaints[name], caught[name] = f"{complaint}{_on(answer.draw, drawn)}", rule
    return Examined({name: answers for name in way.brings}, complaints, caught, dict.fromkeys(way.brings, way))


def _first_complaint(in_order: Sequence[Rule], name: str, answer: Answer) -> tuple[str | None, Rule | None]:
    for rule in in_order:
        if (complaint := rule(name, answer)) is not None:
            return complaint, rule
    return None, None


def _on(draw: Draw, drawn: Sequence[Draw]) -> str:
    """Which case it was, unless it was the first, which is the ordinary one."""
    return "" if draw.case == drawn[0].case else f" (case: {draw.in_words})"


def _holds(found: Examined, name: str) -> bool:
    return name in found.answers and name not in found.complaints


def _worth(exercise: Exercise, found: Examined) -> float:
    return sum(exercise.points[name] for name in found.answers if name not in found.complaints)


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
        points=_worth(exercise, decides),
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
    first = _run(steps, exercises, hidden, walls, lambda way: not way.parts, helps=True)
    decided, deadly = first.found, first.dead
    composites = [
        e for e in exercises if e.parts and e.id not in first.helped and _best(e, decided[e.id])[1].complaints
    ]
    if composites:
        helped = _run(steps, composites, hidden, walls, lambda way: way.parts, deadly).found
        for e in composites:
            decided[e.id] = max(decided[e.id], helped[e.id], key=lambda found: _worth(e, _best(e, found)[1]))
    best = {e.id: _best(e, decided[e.id]) for e in exercises}
    wanting = [
        e for e in exercises if not _says_it_all(e, best[e.id][1]) or first.raised and _nothing_there(e, best[e.id][1])
    ]
    wrong = {e.id: (best[e.id][0], best[e.id][1].complaints.keys()) for e in wanting}
    told = _run(steps, wanting, public_seed, walls, deadly=deadly, explains=wrong) if wanting else _Ran()
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


AT_THE_END = "this holds at the end of the notebook, not yet at its test cell"
NOTHING_THERE = ("{} is not written yet", "{} is not defined")
DEADLY = "ended the process, or took more time than there is"


@dataclass
class _Ran:
    """What came of a run: what was found, by exercise, at its test cell and at the end; what cells raised; which cells
    ended the process before anything was asked, by number; and for which composites the judge has answered."""

    found: dict[str, list[Examined]] = field(default_factory=dict)
    raised: list[str] = field(default_factory=list)
    dead: set[int] = field(default_factory=set)
    helped: set[str] = field(default_factory=set)


def _says_it_all(exercise: Exercise, found: Examined) -> bool:
    """Whether there is nothing to explain: it holds, is too slow, or was not written."""
    return not found.complaints or found.too_slow or _nothing_there(exercise, found)


def _nothing_there(exercise: Exercise, found: Examined) -> bool:
    """Whether all that is complained about is that it was not written: in our own words, with no hidden number."""
    fixed = {says.format(name) for name in exercise.writes for says in NOTHING_THERE}
    return not exercise.parts and bool(found.complaints) and set(found.complaints.values()) <= fixed


def _best(exercise: Exercise, found: Sequence[Examined]) -> tuple[int, Examined]:
    """The better of what was found at the test cell (0) and at the end (1); the former where they are equal."""
    return max(enumerate(found), key=lambda each: (_worth(exercise, each[1]), -each[0]))


def _run(
    steps: Sequence[Step],
    exercises: Sequence[Exercise],
    seed: Seed,
    walls: Sandbox,
    wanted: Callable[[Way], bool] = lambda way: True,
    deadly: Collection[int] = (),
    alone: bool = False,
    explains: Mapping[str, tuple[int, Collection[str]]] = {},
    helps: bool = False,
    tries: int = 3,
) -> _Ran:
    """Run a submission in a fresh box. What the clock ended while others ran beside it is run once more, alone;
    what ended with its slot, as when the machine runs out of memory, is run again; but not for ever.

    Cells that are `deadly`, by number, are known to end the process, and are not run again.
    A run that `explains` values that are wrong looks at each exercise once, where it says: 0 at the test cell, 1 at
    the end. It asks more, all of it public. One that `helps` lets the judge answer for parts, when no other exercise is asked
    any more, in composites that stand at the end; they are asked with their own parts where that does not hold.
    """
    by_name, ran = {e.id: e for e in exercises}, _Ran(dead=set(deadly))
    at_the_end = {name for name, (place, _) in explains.items() if place}
    last = {step.exercise for step in itertools.takewhile(lambda step: step.exercise, reversed(steps))}
    drawn = functools.cache(lambda name, seed: draws(by_name[name], seed, for_marks=True))
    with walls.box(alone) as box:

        def look(name: str, seed: Seed, first: Examined | None = None, final: bool = False) -> None:
            with box.sitting(final):
                if explains:
                    seen = explained(by_name[name], box, seed, explains[name][1])
                else:
                    seen = examine(by_name[name], box, drawn(name, seed), wanted, first)
            ran.found[name].append(seen)

        def later() -> list[str]:
            """Whom to look at when all cells have run: who is to be explained there, or may be better there."""
            if explains:
                return [name for name in ran.found if name in at_the_end]
            early = ((name, *seen[:1]) for name, seen in ran.found.items() if name not in last and seen)
            return [name for name, first in early if first.complaints and not first.too_slow]

        for are_tests, part in itertools.groupby(enumerate(steps), lambda each: bool(each[1].exercise)):
            if not are_tests:
                _run_cells(part, box, ran)
                continue
            names = [step.exercise for _, step in part if step.exercise in by_name]
            right = {} if explains else _together(box, [(by_name[n], drawn(n, seed)) for n in names], wanted)
            ran.found |= {name: [] for name in names}
            asking = [name for name in names if name not in right or right[name].complaints]
            ran.helped |= {name for name in asking if helps and name in last and by_name[name].parts}
            closing = asking[-1:] if last.issuperset(names) and not ran.helped and not later() else []
            for name in names:
                if name not in ran.helped | at_the_end:
                    look(name, seed, right.get(name), final=name in closing)
        at_last = later()
        for name in at_last:
            look(name, _other(seed), final=name == at_last[-1] and not ran.helped)
        for seen in ran.found.values():
            seen += seen[:1] if len(seen) == 1 else []
        for exercise in [by_name[name] for name in ran.found if name in ran.helped]:
            found = [examine(exercise, box, drawn(exercise.id, seed), lambda way: way.parts)]
            if found[0].complaints:
                ran.found[exercise.id] = found
                look(exercise.id, seed)
            ran.found[exercise.id] = 2 * [max(reversed(found), key=lambda each: _worth(exercise, each))]
        late, lost = box.late, box.lost
    again = functools.partial(_run, steps, exercises, seed, walls, wanted, deadly, explains=explains, helps=helps)
    if lost and tries > 1:
        return again(alone=alone, tries=tries - 1)
    if late and walls.crowded and not alone:
        return again(alone=True)
    return ran


def _run_cells(cells: Iterable[tuple[int, Step]], box: Box, ran: _Ran) -> None:
    """Run cells, one after the other, and note what became of them."""
    cells = list(cells)
    came = box.run_all([(step.source, step.name) for number, step in cells if number not in ran.dead])
    for number, step in cells:
        says, survived = (DEADLY, False) if number in ran.dead else next(came)
        if says and step.ours:
            raise RuntimeError(f"{step.name} {says}")
        if says:
            ran.raised.append(f"{step.name} {says}")
        if not survived and not ran.found:  # later, it could depend on a hidden number
            ran.dead.add(number)


def _together(
    box: Box, exercises: Sequence[tuple[Exercise, Sequence[Draw]]], wanted: Callable[[Way], bool]
) -> dict[str, Examined]:
    """What is right when the exercises of neighbouring test cells are asked one after the other, in one child, each in
    its first way: most are. What is not may have been spoiled by those before it, and counts only when it is asked alone;
    but nothing was before the first."""
    ways = [next(filter(wanted, KINDS[e.kind].ways(e)), None) for e, _ in exercises]
    asked = [(e, way, drawn) for (e, drawn), way in zip(exercises, ways) if way]
    if len(asked) < 2:
        return {}
    replies = box.ask_together([KINDS[e.kind].asked(e, way, drawn) for e, way, drawn in asked])
    found = {
        e.id: _complained(e, way, drawn, KINDS[e.kind].answered(e, way, drawn, came))
        for (e, way, drawn), came in zip(asked, replies)
        if came is not None
    }
    return {name: seen for name, seen in found.items() if not seen.complaints or name == asked[0][0].id}


def _names(exercise: Exercise) -> set[str]:
    """The functions that are asked for, and those that they call."""
    return {name for way in KINDS[exercise.kind].ways(exercise) for name in [*way.needs, *way.parts]}


def _other(seed: Seed) -> Seed:
    """Other numbers for the second try: what cells have kept of the first is of no use."""
    return lambda exercise, case: seed(exercise, case) + 1
