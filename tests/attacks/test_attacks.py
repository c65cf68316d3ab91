"""The battery: whatever a submission tries, it gets exactly what it deserves, and leaves nothing behind.

Each attack is tried alone on the judge; then all of them, as one class, go through `backprop grade` and
through `nbgrader autograde`. What they try must work somewhere, or it would prove nothing: `control.py`
is a grader that decides in the student's process, and a part of the battery gets full marks from it.
"""

import contextlib
import ctypes
import functools
import json
import os
import re
import shutil
import signal
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder import examiner, judge, submission
from autograder import grade as grading
from autograder import nbgrader as plugin
from autograder.box import Limits
from autograder.gradebook import books
from autograder.submission import Step
from tests.attacks import control
from tests.attacks.battery import ATTACKS, LESSON, RELEASED
from tests.conftest import missing
from tests.test_nbgrader import marks as grades
from tests.test_nbgrader import nbgrader

SECRET = b"the secret of the battery"
QUICK = Limits(cpu=0.5, wall=10, memory=512 << 20, disk=8 << 20)  # only what sleeps for ever needs the clock
TRIED = control.EXERCISES  # of the lesson's exercises, those that the battery answers
MARKER = "left-by-an-attack"


def tried(attack):
    """The exercises on which an attack is tried: what is drawn for each student, where it answers that."""
    return TRIED + [e for e in LESSON.exercises if e.personal and e.id in attack.answers]


def each(attacks):
    """One test for each attack."""
    return [pytest.param(attack, id=attack.name) for attack in attacks]


# ----- what is there before, and must be all there is afterwards -----


def everything_of_ours() -> set[str]:
    """Processes, files, mounts, control groups and shared memory that a box could have left."""
    found = {f"process {pid}" for pid in descendants(os.getpid())}
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/", os.getcwd(), tempfile.gettempdir()):
        found |= {str(path) for path in Path(folder).glob("*") if path.name.startswith((MARKER, "backprop-"))}
        found |= {str(path) for path in Path(folder).glob("*") if 200_000 <= owner(path) < 201_000}
    found |= {str(path) for path in Path(LESSON.folder).parents[1].glob(f"[!.]*/**/{MARKER}*")}
    found |= {f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines()}
    found |= {str(path) for path in Path("/sys/fs/cgroup").glob("**/backprop-*")}
    found |= {f"segment {line.split()[1]}" for line in shared_memory() if line.split()[0] == "4711"}
    return {each for each in found if not somebody_elses(each)}


def somebody_elses(thing: str) -> bool:
    """Whether a control group or a world belongs to another run on this machine that is still alive."""
    if group := re.search(r"cgroup/.*/backprop-(\d+)-\d+$", thing):
        return int(group[1]) != os.getpid() and Path("/proc", group[1]).exists()
    return thing.startswith("/tmp/backprop-")  # ours are in a temporary folder of their own


def descendants(pid: int) -> set[int]:
    """The processes below one. Orphans are found too: this process adopts them (see `adopting`)."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(text.rsplit(")", 1)[1].split()[1])
    below, size = {pid}, 0
    while len(below) > size:
        size = len(below)
        below |= {child for child, parent in parents.items() if parent in below}
    return below - {pid}


def owner(path: Path) -> int:
    try:
        return path.lstat().st_uid
    except OSError:
        return -1


def shared_memory() -> list[str]:
    table = Path("/proc/sysvipc/shm")
    return table.read_text().splitlines()[1:] if table.exists() else []


@pytest.fixture(scope="module", autouse=True)
def adopting(tmp_path_factory):
    """While these tests run, orphans of ours become our children, and temporary files have their own folder."""
    tmp_path_factory.getbasetemp()  # which outlives these tests
    subreaper, libc, before = 36, ctypes.CDLL(None), tempfile.tempdir
    libc.prctl(subreaper, 1, 0, 0, 0)
    tempfile.tempdir = tempfile.mkdtemp(prefix="attacks-")
    os.chmod(tempfile.tempdir, 0o755)
    yield
    libc.prctl(subreaper, 0, 0, 0, 0)
    shutil.rmtree(tempfile.tempdir)
    tempfile.tempdir = before


@pytest.fixture(scope="module")
def before(adopting):
    return everything_of_ours()


@pytest.fixture(scope="module")
def box(before):
    """Where the attacks are tried: the strongest walls of this machine."""
    with judge.sandbox(LESSON.exercises, "any", limits=QUICK) as walls:
        yield walls


# ----- 1. each alone -----


@functools.cache
def judged(attack, box, secret=SECRET):
    """Its verdicts, by exercise; the reason of one that cannot be read."""
    if attack.needs_walls and "namespaces" not in box.level:
        missing("A sandbox with namespaces", "apt-get install bubblewrap")
    folder = Path(tempfile.mkdtemp())
    try:
        notebook = submission.harden(submission.read(attack.write(folder / attack.name), RELEASED), RELEASED)
    except submission.Unreadable as reason:
        return str(reason)
    finally:
        shutil.rmtree(folder)
    found = judge.mark_cells(submission.steps(notebook, RELEASED), tried(attack), secret, box, attack.name)
    return {verdict.exercise: verdict for verdict in found}


def words(verdicts) -> str:
    return json.dumps([verdict.to_json() for verdict in verdicts.values()], ensure_ascii=False)


@pytest.mark.parametrize("attack", each(ATTACKS))
def test_an_attack_gets_what_it_deserves(attack, box):
    verdicts = judged(attack, box)
    if attack.unreadable:
        assert re.search(attack.unreadable, verdicts)
    else:
        assert {name: verdict.points for name, verdict in verdicts.items()} == {
            exercise.id: attack.deserves[exercise.id] for exercise in tried(attack)
        }
        assert attack.says in words(verdicts)


def test_the_battery_holds_every_class():
    kinds = {attack.kind for attack in ATTACKS}
    assert kinds == {*range(1, 22), "input"} and len(ATTACKS) >= 40
    for attack in ATTACKS:
        prefix = attack.name.split("_")[0]
        assert prefix == (attack.kind if attack.kind == "input" else f"a{attack.kind:02}")
        assert attack.tries.endswith(".") and len(attack.tries) > 20


# ----- 2. all as one class -----


@pytest.fixture(scope="module")
def attackers(box):
    return [attack for attack in ATTACKS if not attack.needs_walls or "namespaces" in box.level]


def grade(classroom, attacks):
    """Hand in and grade a class, with less patience than usual; returns the report's lines."""
    for attack in attacks:
        attack.write(classroom / "submitted" / attack.name / LESSON.name)
    with pytest.MonkeyPatch.context() as patch:
        for module in (grading, plugin):
            patch.setattr(module, "Verdicts", functools.partial(module.Verdicts, limits=QUICK))
        try:
            return grading.grade(LESSON, classroom, jobs=2, isolation="any")
        finally:
            plugin._verdicts(str(classroom), "any").close()  # which it does by itself when the process ends
            plugin._verdicts.cache_clear()


@pytest.fixture(scope="module")
def graded(attackers, tmp_path_factory):
    """All as one class, through `backprop grade`; the classroom and the report."""
    classroom = tmp_path_factory.mktemp("attacks") / "classroom"
    return classroom, grade(classroom, attackers)


@pytest.fixture(scope="module")
def stock(graded, root, tmp_path_factory):
    """The same class through `nbgrader autograde`, which finds most of the verdicts in the store."""
    course, classroom = tmp_path_factory.mktemp("stock"), graded[0]
    for name in ("solutions", "course", "lessons"):
        shutil.copytree(root / name, course / name)
    impatient = (
        "\nfrom functools import partial\nfrom autograder import nbgrader\nfrom autograder.box import Limits\n"
        f"nbgrader.Verdicts = partial(nbgrader.Verdicts, limits={QUICK!r})\n"
    )
    (course / "nbgrader_config.py").write_text((root / "nbgrader_config.py").read_text() + impatient)
    for name in ("submitted", "verdicts"):
        shutil.copytree(classroom / name, course / "classroom" / name)
    shutil.copy(classroom / "secret", course / "classroom")
    for arguments in (["generate_assignment", LESSON.name, "--force"], ["autograde", LESSON.name]):
        run = nbgrader(*arguments, cwd=course, BACKPROP_ISOLATION="any")
        assert run.returncode == 0, run.stderr[-2000:]
    return course / "classroom"


def paid(classroom) -> dict[str, dict[str, float]]:
    """What the gradebook holds for the exercises, by student."""
    return {
        student: {name.removeprefix("check_"): row[0] for name, row in rows.items() if name.startswith("check_")}
        for student, rows in grades(classroom).items()
    }


def test_backprop_grade_pays_every_attack_what_it_deserves(graded, attackers):
    assert paid(graded[0]) == {attack.name: attack.deserves for attack in attackers}


def test_every_attacker_has_a_report_line_with_a_mark(graded, attackers):
    lines = {mark.student: mark for mark in graded[1]}
    assert lines.keys() == {attack.name for attack in attackers}
    for attack in attackers:
        mark = lines[attack.name]
        most = 4 + sum(exercise.counts for exercise in LESSON.exercises)
        assert (mark.points, mark.max_points) == (sum(attack.deserves.values()), most)
        assert re.search(attack.unreadable, mark.note)


def test_nbgrader_autograde_pays_every_attack_what_it_deserves(stock, attackers):
    assert paid(stock) == {attack.name: attack.deserves for attack in attackers}


class Acting(HTMLParser):
    """Whatever would act on somebody who opens a page."""

    def __init__(self, text):
        super().__init__()
        self.found, self.inside = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        acts = [f"{k}={v}" for k, v in attributes if "left_by_an_attack" in (v or "") and k != "alt"]
        self.found += acts + ([tag] if tag in ("iframe", "form") else [])

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside in ("script", "style") and ("left_by_an_attack" in data or "body {display: none}" in data):
            self.found.append(data)


@pytest.mark.parametrize("student", ["input_hostile_markdown", "input_hostile_words"])
def test_a_feedback_page_holds_nothing_that_acts(graded, student):
    classroom = graded[0]
    made = books.gradebook().opened(classroom).generate_feedback(LESSON.name, student, force=True)
    assert made["success"], made
    page = (classroom / "feedback" / student / LESSON.name / f"{LESSON.name}.html").read_text()
    assert "left_by_an_attack" in page and Acting(page).found == []


def test_no_text_takes_for_ever_to_show():
    from autograder import pages

    with hurry(2):
        pages.markdown({}, "\\begin{a}" * 12_000)


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "notebook.ipynb")
    with hurry(2), pytest.raises(submission.Unreadable):
        submission.read(tmp_path / "notebook.ipynb", RELEASED)


class TooSlow(BaseException):
    """Nobody waits any longer."""


@contextlib.contextmanager
def hurry(seconds):
    """Raise where something takes longer than that."""

    def give_up(*_):
        raise TooSlow

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# ----- 4. the numbers drawn for marks -----


def numbers(seed) -> set[str]:
    """Numbers of a draw that an attack could tell, as it would write them."""
    drawn = [draw for exercise in TRIED for draw in examiner.draws(exercise, seed, for_marks=True)]
    arrays = [array for draw in drawn for array in (*draw.inputs.values(), draw.dout)]
    return {f"{abs(number):.12f}"[:10] for array in arrays for number in array.ravel()[:3].tolist()}


@pytest.mark.parametrize("attack", each(a for a in ATTACKS if a.tells))
def test_no_number_drawn_for_marks_is_told(attack, box):
    said = words(judged(attack, box))
    public = any(number in said for number in numbers(examiner.public_seed))
    assert public == (attack.tells == "aloud"), "the search would find nothing anyway"
    assert not [number for number in numbers(examiner.secret_seed(SECRET)) if number in said]
    assert said == words(judged(attack, box, b"another secret"))


REMEMBERS = """
import glob, hashlib
import numpy as np

def name(dout):
    return "/tmp/" + hashlib.sha256(np.ascontiguousarray(dout)).hexdigest()

def affine_backward(dout, cache):
    open(name(dout), "w").close()
"""
RECOGNISES = """
seen = set(glob.glob("/tmp/*"))

def affine_backward(dout, cache):
    if name(dout) not in seen:
        raise ValueError("these numbers are new")
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)
"""


def test_numbers_seen_at_a_test_do_not_come_again(box):
    """Else the cells below a test have all the time there is to find its answers, by differences for one."""
    steps = [Step(REMEMBERS), Step(exercise="affine_backward"), Step(RECOGNISES)]
    (verdict,) = judge.mark_cells(steps, TRIED, SECRET, box)
    assert verdict.points == 0


def test_no_report_line_or_verdict_of_the_class_tells_a_hidden_number(graded):
    classroom, lines = graded
    hidden = numbers(examiner.secret_seed(bytes.fromhex((classroom / "secret").read_text())))
    said = "\n".join([*map(str, lines), *(path.read_text() for path in classroom.glob("verdicts/**/*.json"))])
    assert len(said) > 10_000 and not [number for number in hidden if number in said]


# ----- 5. the control -----


@pytest.mark.parametrize("attack", [a for a in ATTACKS if not (a.harmful or a.unreadable)], ids=str)
def test_the_control_is_bitten_by_those_that_say_so(attack, tmp_path):
    got = control.marks(attack.file, tmp_path / "course")
    bitten = sum(points or 0 for points in got.values()) > sum(attack.deserves.values())
    assert bitten == attack.bites, got


def test_enough_of_the_battery_bites_and_in_most_classes():
    biting = [attack for attack in ATTACKS if attack.bites]
    assert len(biting) >= 24
    assert {attack.kind for attack in biting} >= {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 16, 18, 20, 21}


def test_the_control_marks_honest_work():
    honest = {a.name: a for a in ATTACKS}
    with tempfile.TemporaryDirectory() as folder:
        got = control.marks(honest["a15_prints_without_end"].file, Path(folder) / "course")
    assert got == {"affine_backward": 6, "relu_backward": 2}


# ----- 3. afterwards -----


def test_nothing_is_left_behind(before, box, stock):
    box.close()
    deadline = time.monotonic() + 10
    while (left := everything_of_ours() - before) and time.monotonic() < deadline:
        reap()
        time.sleep(0.1)
    assert not left


def reap() -> None:
    """Take note of adopted children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
