"""Submissions: whatever hands a notebook has been through, the lesson's own cells come back whole and
right answers are found; what is no notebook of the lesson is refused with a reason."""

import copy
import json
import sys

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import submission
from autograder.lesson import find_lesson
from autograder.submission import Step, Unreadable, harden, read, steps, unreadable

LESSON = find_lesson("04_backward_pass")
FILE = json.loads(LESSON.released.read_text(encoding="utf-8"))
RELEASED = submission.released(LESSON)
NAMES = ["affine_backward", "relu_backward"]
GRADED = [
    c["metadata"]["nbgrader"]["grade_id"] for c in FILE["cells"] if c["metadata"].get("nbgrader", {}).get("grade")
]
TESTED = [name.removeprefix("check_") for name in GRADED if name.startswith("check_")]
WRITTEN = "how_backpropagation_helps"
RIGHT = {
    "affine_backward": "def affine_backward(dout, cache):\n    x, w, b = cache\n"
    "    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)",
    "relu_backward": "def relu_backward(dout, cache):\n    return dout * (cache > 0)",
}
calm = settings(deadline=None)


def grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def index(notebook, name) -> int:
    """Where the last cell stands that nbgrader knows by this name."""
    return max(number for number, cell in enumerate(notebook["cells"]) if grade_id(cell) == name)


def at(notebook, name):
    return notebook["cells"][index(notebook, name)]


def setup(notebook):
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("backprop", {}).get("role") == "setup")


def plain(source, cell_type="code"):
    """A cell that a student added."""
    code = {"outputs": [], "execution_count": None} if cell_type == "code" else {}
    return {"cell_type": cell_type, "metadata": {}, "source": source} | code


def solved():
    """The released file with both answers filled in."""
    notebook = copy.deepcopy(FILE)
    for name, source in RIGHT.items():
        at(notebook, name)["source"] = source
    return notebook


def hand_in(tmp_path, notebook):
    """The notebook after it was a file, was read and made whole."""
    path = tmp_path / "handed_in.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return harden(read(path, RELEASED), RELEASED)


def works(function, name) -> bool:
    try:
        if name == "relu_backward":
            return function(np.array([3.0, 5.0]), np.array([-1.0, 2.0])).tolist() == [0, 5]
        dx, dw, db = function(np.array([[10.0]]), (np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.zeros(1)))
        return (dx.tolist(), dw.tolist(), db.tolist()) == ([[30, 40]], [[10], [20]], [10])
    except Exception:
        return False


def outcome(hardened):
    """Whether each answer works at its test cell, and at the end: what the judge would look at."""
    namespace, found = {}, {}
    for step in steps(hardened, RELEASED):
        if step.exercise:
            if step.exercise in NAMES:
                found[step.exercise] = works(namespace.get(step.exercise), step.exercise)
            continue
        try:
            exec(step.source, namespace)
        except Exception:
            pass
    return found, {name: works(namespace.get(name), name) for name in found}


# ----- the file -----


def test_the_untouched_lesson_is_read_and_earns_nothing(tmp_path):
    hardened = hand_in(tmp_path, FILE)
    assert [cell["source"] for cell in hardened["cells"]] == [cell["source"] for cell in RELEASED["cells"]]
    assert outcome(hardened) == ({name: False for name in NAMES}, {name: False for name in NAMES})


def test_the_solved_lesson_is_read_and_earns_everything(tmp_path):
    assert outcome(hand_in(tmp_path, solved())) == ({name: True for name in NAMES}, {name: True for name in NAMES})


def file(notebook=FILE, **changes) -> bytes:
    return json.dumps(notebook | changes).encode()


def another_lesson():
    notebook = copy.deepcopy(FILE)
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] += "_of_another_lesson"
    return notebook


NO_NOTEBOOK = {
    "empty": (b"", "whole notebook"),
    "blank": (b" \n", "whole notebook"),
    "cut short": (file()[:-100], "whole notebook"),
    "cut in the middle of a letter": ("{'ü".encode()[:-1], "whole notebook"),
    "two files in one": (file() * 2, "whole notebook"),
    "text": (b"def affine_backward(dout, cache):\n    pass", "whole notebook"),
    "a page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "whole notebook"),
    "an archive": (b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256)), "whole notebook"),
    "zeros": (bytes(1000), "whole notebook"),
    "UTF-16": (file().decode().encode("utf-16"), "whole notebook"),
    "a merge conflict": (b"<<<<<<< HEAD\n" + file() + b"\n=======\n{}\n>>>>>>> mine", "whole notebook"),
    "deep lists": (b"[" * 1_000_000, "whole notebook"),
    "deep objects": (b'{"cells":' * 200_000, "whole notebook"),
    "a deep cell": (file()[:-2] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "whole notebook"),
    "a number too long": (file()[:-2] + b', "x": ' + b"9" * 10_000 + b"}", "whole notebook"),
    "null": (b"null", "not a notebook"),
    "a list": (b"[]", "not a notebook"),
    "a string": (b'"nbformat"', "not a notebook"),
    "an object": (b"{}", "not a notebook"),
    "cells without a format": (json.dumps({"cells": FILE["cells"]}).encode(), "not a notebook"),
    "a format to come": (file(nbformat=5), "format 5"),
    "a format in words": (file(nbformat="4"), "is not a notebook"),
    "no format": (file(nbformat=None), "is not a notebook"),
    "no cells": (json.dumps({"nbformat": 4}).encode(), "format"),
    "cells in an object": (file(cells={}), "format"),
    "cells in words": (file(cells="cells"), "format"),
    "too many cells": (file(cells=[plain("1")] * 2001), "more than 2000 cells"),
    "a cell that is null": (file(cells=[*FILE["cells"], None]), "not a cell"),
    "a cell that is text": (file(cells=[*FILE["cells"], "x = 1"]), "not a cell"),
    "an empty notebook": (file(cells=[]), "none of this lesson's"),
    "another notebook": (file(cells=[plain("import numpy as np")]), "none of this lesson's"),
    "another lesson": (file(another_lesson()), "none of this lesson's"),
}


@pytest.mark.parametrize("data, reason", NO_NOTEBOOK.values(), ids=NO_NOTEBOOK)
def test_what_is_no_notebook_of_the_lesson_is_refused_with_a_reason(tmp_path, data, reason):
    path = tmp_path / "handed_in.ipynb"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=reason):
        read(path, RELEASED)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="cannot be opened"):
        read(tmp_path / "missing.ipynb", RELEASED)
    with pytest.raises(Unreadable, match="cannot be opened"):
        read(tmp_path, RELEASED)


def test_a_file_that_is_too_large_is_refused_as_such(tmp_path, monkeypatch):
    path = tmp_path / "large.ipynb"
    path.write_bytes(file())
    monkeypatch.setattr(submission, "LARGEST", len(file()) - 1)
    with pytest.raises(Unreadable, match="larger than"):
        read(path, RELEASED)


@pytest.mark.parametrize("version", ["<script>alert(1)</script>", "[x](javascript:alert(1))", "4" * 5000, [[]] * 1000])
def test_a_reason_is_short_and_holds_nothing_of_the_students(tmp_path, version):
    path = tmp_path / "handed_in.ipynb"
    path.write_bytes(file(nbformat=version))
    with pytest.raises(Unreadable) as refused:
        read(path, RELEASED)
    assert len(str(refused.value)) < 200 and not set("<>[]") & set(str(refused.value))


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf" + file(solved()), file(solved(), nbformat_minor=99)], ids=["bom", "minor"]
)
def test_small_differences_of_the_file_do_not_matter(tmp_path, data):
    path = tmp_path / "handed_in.ipynb"
    path.write_bytes(data)
    assert all(outcome(harden(read(path, RELEASED), RELEASED))[0].values())


@pytest.mark.parametrize("place", ["source", "metadata", "cells", "outputs"])
def test_a_file_as_deep_as_can_be_read_is_read_or_refused(tmp_path, place):
    """Between what JSON's reader takes and what fits on the stack there may be a gap to fall into."""
    path, limit = tmp_path / "handed_in.ipynb", sys.getrecursionlimit()
    for depth in range(limit - 150, limit):
        deep = "[" * depth + "]" * depth
        cell = '{"cell_type": "code", "metadata": {}, "source": "", "%s": %s}' % (place, deep)
        path.write_text('{"nbformat": 4, "cells": [%s, %s]}' % (cell, json.dumps(solved()["cells"])[1:-1]))
        try:
            hardened = harden(read(path, RELEASED), RELEASED)
        except Unreadable:
            continue
        assert all(outcome(hardened)[0].values())


@pytest.mark.parametrize("cell_type", ["code", "markdown"])
def test_what_was_read_can_be_written(tmp_path, cell_type):
    notebook = solved()
    notebook["cells"].append(plain("x = '\ud83d'", cell_type))
    assert json.dumps(hand_in(tmp_path, notebook), ensure_ascii=False).encode()


def test_the_lesson_stands_for_a_file_that_cannot_be_read():
    notebook = unreadable("the file is not a notebook", RELEASED)
    assert "the file is not a notebook" in notebook["cells"][0]["source"]
    assert notebook["cells"][0]["cell_type"] == "markdown"
    assert [grade_id(cell) for cell in notebook["cells"] if grade_id(cell) in GRADED] == GRADED
    assert not any(outcome(notebook)[1].values())


# ----- what may happen to a solved notebook without harm -----

HARMLESS = {}


def harmless(change):
    """Register something that is done to a solved notebook in place; both answers must survive it."""
    HARMLESS[change.__name__] = change
    return change


@harmless
def nothing(notebook):
    pass


@harmless
def sources_in_lines(notebook):
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)


@harmless
def sources_in_one_piece(notebook):
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])


@harmless
def sources_letter_by_letter(notebook):
    for cell in notebook["cells"]:
        cell["source"] = list("".join(cell["source"]))


@harmless
def ids_removed(notebook):
    for cell in notebook["cells"]:
        del cell["id"]


@harmless
def ids_all_the_same(notebook):
    for cell in notebook["cells"]:
        cell["id"] = "cell"


@harmless
def outputs_forged(notebook):
    result = {"output_type": "execute_result", "data": {"text/plain": "6.0"}, "metadata": {}, "execution_count": 1}
    for cell in notebook["cells"]:
        cell["outputs"] = [result] * 3


@harmless
def run_and_saved(notebook):
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "dx ✓"}]
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.13.1"}


@harmless
def another_kernel(notebook):
    notebook["metadata"] = {"kernelspec": {"name": "sagemath", "display_name": "?", "language": "sage"}, "x": [1]}


@harmless
def points_and_flags_changed(notebook):
    for cell in notebook["cells"]:
        if meta := cell["metadata"].get("nbgrader"):
            meta |= dict(points=100, grade=not meta["grade"], locked=not meta["locked"], solution=False, task=True)


@harmless
def roles_changed(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["backprop"] = {"role": "test", "exercise": "relu_backward"}


@harmless
def checksums_and_versions_changed(notebook):
    for cell in notebook["cells"]:
        if meta := cell["metadata"].get("nbgrader"):
            meta |= dict(checksum="0", schema_version=99, cell_type="raw")


@harmless
def all_metadata_lost_but_the_names(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {"nbgrader": {"grade_id": grade_id(cell)}} if grade_id(cell) else {}


@harmless
def tags_added(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] |= dict(tags=["remove", "skip-execution", "raises-exception"], collapsed=True, trusted=True)


@harmless
def metadata_of_odd_kinds(notebook):
    for odd in (None, [], "nbgrader", 3, {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": ["x"]}}):
        notebook["cells"].append(plain("1 + 1") | {"metadata": odd})


@harmless
def cells_of_odd_kinds(notebook):
    odd = [{}, {"cell_type": "heading"}, {"cell_type": ["code"]}, {"cell_type": None, "source": "1"}, {"source": None}]
    notebook["cells"] = odd + notebook["cells"] + odd


@harmless
def sources_of_odd_kinds(notebook):
    notebook["cells"] += [plain(odd) for odd in (None, 3, True, {}, {"a": 1}, [1, None, []], "\0", "x = '\ud800'")]


@harmless
def checks_deleted(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if not (grade_id(cell) or "").startswith("check_")]


@harmless
def everything_deleted_but_the_answers(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if grade_id(cell) in NAMES]


@harmless
def written_answer_deleted(notebook):
    del notebook["cells"][index(notebook, WRITTEN)]


@harmless
def setup_deleted(notebook):
    notebook["cells"].remove(setup(notebook))


@harmless
def setup_spoiled(notebook):
    setup(notebook)["source"] = "raise SystemError"


@harmless
def setup_added_to(notebook):
    setup(notebook)["source"] += ["\nimport math\n", "np.set_printoptions(precision=3)"]


@harmless
def setup_moved_to_the_end(notebook):
    notebook["cells"].append(setup(notebook))
    notebook["cells"].remove(setup(notebook))


@harmless
def demonstrations_deleted(notebook):
    notebook["cells"] = [
        cell for cell in notebook["cells"] if cell["metadata"].get("backprop", {}).get("role") != "demo"
    ]


@harmless
def demonstrations_spoiled(notebook):
    for cell in notebook["cells"]:
        if cell["metadata"].get("backprop", {}).get("role") in ("demo", "explore"):
            cell["source"] = "np = relu_forward = affine_forward = 1 / 0"


@harmless
def checks_spoiled(notebook):
    for name in NAMES:
        at(notebook, f"check_{name}")["source"] = f"{name} = check = None\nraise SystemExit"


@harmless
def checks_turned_into_text(notebook):
    for name in NAMES:
        at(notebook, f"check_{name}")["cell_type"] = "markdown"


@harmless
def answers_turned_into_text(notebook):
    for name in NAMES:
        cell = at(notebook, name)
        cell["cell_type"] = "markdown"
        del cell["outputs"], cell["execution_count"]


@harmless
def answers_turned_raw(notebook):
    for name in NAMES:
        at(notebook, name)["cell_type"] = "raw"


@harmless
def answers_doubled(notebook):
    for name in NAMES:
        notebook["cells"].insert(index(notebook, name), copy.deepcopy(at(notebook, name)))


@harmless
def stubs_put_back_below(notebook):
    for name in NAMES:
        notebook["cells"].insert(index(notebook, name) + 1, copy.deepcopy(at(FILE, name)))


@harmless
def stubs_put_back_above(notebook):
    for name in NAMES:
        notebook["cells"].insert(index(notebook, name), copy.deepcopy(at(FILE, name)))


@harmless
def stubs_put_back_at_the_end(notebook):
    notebook["cells"] += [copy.deepcopy(at(FILE, name)) for name in NAMES]


@harmless
def checks_doubled(notebook):
    for name in NAMES:
        cell = at(notebook, f"check_{name}")
        notebook["cells"].insert(index(notebook, f"check_{name}") + 1, copy.deepcopy(cell))


@harmless
def checks_copied_by_hand(notebook):
    for name in NAMES:
        notebook["cells"].insert(index(notebook, f"check_{name}") + 1, plain(f"check('{name}')  # once more"))


@harmless
def everything_doubled(notebook):
    notebook["cells"] += copy.deepcopy(notebook["cells"])


@harmless
def answers_split_with_a_helper(notebook):
    for name in NAMES:
        helper = copy.deepcopy(at(notebook, name)) | {"source": "def helper(v):\n    return v"}
        notebook["cells"].insert(index(notebook, name), helper)


@harmless
def answers_split_and_the_rest_a_plain_cell(notebook):
    for name in NAMES:
        notebook["cells"].insert(index(notebook, name) + 1, plain(RIGHT[name]))
        at(notebook, name)["source"] = "# see below"


@harmless
def answers_in_plain_cells_below_the_stubs(notebook):
    for name in NAMES:
        at(notebook, name)["source"] = at(FILE, name)["source"]
        notebook["cells"].insert(index(notebook, name) + 1, plain(RIGHT[name]))


@harmless
def answers_in_plain_cells_above_the_stubs(notebook):
    for name in NAMES:
        at(notebook, name)["source"] = at(FILE, name)["source"]
        notebook["cells"].insert(index(notebook, name), plain(RIGHT[name]))


@harmless
def answers_in_plain_cells_at_the_top(notebook):
    for name in NAMES:
        at(notebook, name)["source"] = at(FILE, name)["source"]
        notebook["cells"].insert(0, plain(RIGHT[name]))


@harmless
def answers_in_the_setup(notebook):
    for name in NAMES:
        at(notebook, name)["source"] = at(FILE, name)["source"]
    setup(notebook)["source"] = "".join(setup(notebook)["source"]) + "\n\n" + "\n\n".join(RIGHT.values())


@harmless
def answers_in_plain_cells_and_the_stubs_deleted(notebook):
    for name in NAMES:
        notebook["cells"][index(notebook, name)] = plain(RIGHT[name])


@harmless
def answers_in_a_test_cell_too(notebook):
    for name in NAMES:
        at(notebook, f"check_{name}")["source"] = RIGHT[name]


@harmless
def answers_in_one_another(notebook):
    one, two = (at(notebook, name) for name in NAMES)
    one["source"], two["source"] = "\n\n".join(RIGHT.values()), "# in the cell above"


@harmless
def names_of_other_cells_taken(notebook):
    thief = plain("raise SystemError")
    thief["metadata"] = {"nbgrader": {"grade_id": "check_affine_backward", "grade": False, "solution": True}}
    notebook["cells"].insert(0, thief)


# These move a test above its answer, which then holds only at the end.

LATE = {}


def late(change):
    LATE[change.__name__] = change
    return change


@late
def reversed_order(notebook):
    notebook["cells"].reverse()


@late
def checks_on_top(notebook):
    notebook["cells"].sort(key=lambda cell: not (grade_id(cell) or "").startswith("check_"))


@late
def answers_at_the_end(notebook):
    notebook["cells"].sort(key=lambda cell: grade_id(cell) in NAMES)


@late
def answers_in_plain_cells_at_the_end(notebook):
    for name in NAMES:
        at(notebook, name)["source"] = at(FILE, name)["source"]
        notebook["cells"].append(plain(RIGHT[name]))


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_solved_notebook_survives(tmp_path, change):
    notebook = solved()
    change(notebook)
    hardened = hand_in(tmp_path, notebook)
    assert outcome(hardened)[0] == {name: True for name in NAMES}
    whole(hardened)


@pytest.mark.parametrize("change", LATE.values(), ids=LATE)
def test_answers_below_their_tests_are_found_at_the_end(tmp_path, change):
    notebook = solved()
    change(notebook)
    hardened = hand_in(tmp_path, notebook)
    assert outcome(hardened)[1] == {name: True for name in NAMES}
    assert not any(outcome(hardened)[0].values())
    whole(hardened)


def test_an_answer_that_is_deleted_is_not_there(tmp_path):
    notebook = solved()
    del notebook["cells"][index(notebook, "relu_backward")]
    hardened = hand_in(tmp_path, notebook)
    assert outcome(hardened)[0] == {"affine_backward": True, "relu_backward": False}
    whole(hardened)


def test_of_two_answers_the_last_counts(tmp_path):
    notebook = solved()
    wrong = copy.deepcopy(at(notebook, "relu_backward")) | {"source": "def relu_backward(dout, cache):\n    return 0"}
    notebook["cells"].insert(index(notebook, "relu_backward") + 1, wrong)
    assert outcome(hand_in(tmp_path, notebook))[0]["relu_backward"] is False


# ----- what is whole again -----


def whole(hardened):
    """Everything that must hold of a notebook that was made whole."""
    known = {grade_id(cell): cell for cell in RELEASED["cells"] if grade_id(cell)}
    names = [grade_id(cell) for cell in hardened["cells"] if grade_id(cell)]
    assert set(GRADED) <= set(names) and len(set(names)) == len(names)
    for cell in hardened["cells"]:
        truth = known.get(grade_id(cell))
        assert cell["metadata"] == (truth["metadata"] if truth else {})
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None
        assert isinstance(cell["source"], str)
        if truth:
            assert cell["cell_type"] == truth["cell_type"]
        if truth and truth["metadata"]["nbgrader"]["locked"]:
            assert cell["source"] == truth["source"]
    assert {key: value for key, value in hardened.items() if key != "cells"} == {
        key: value for key, value in RELEASED.items() if key != "cells"
    }
    tests = [step.exercise for step in steps(hardened, RELEASED) if step.exercise]
    assert sorted(tests) == sorted(TESTED)
    nbformat.validate(nbformat.from_dict(hardened))
    assert harden(hardened, RELEASED) == hardened


def mangled(draw):
    """A notebook whose cells were deleted, doubled, moved, swapped, retyped and rewritten."""
    cells = copy.deepcopy(draw(st.lists(st.sampled_from(solved()["cells"]), max_size=40)))
    for cell in cells:
        if draw(st.integers(0, 3)) == 0:
            cell["cell_type"] = draw(st.sampled_from(["code", "markdown", "raw", "heading", None]))
        if draw(st.integers(0, 3)) == 0:
            cell["source"] = draw(st.sampled_from(["", "x = 1", ["x = ", "1\n"], RIGHT["relu_backward"], None]))
        if draw(st.integers(0, 3)) == 0:
            cell["metadata"] = draw(
                st.sampled_from([None, {}, {"nbgrader": 3}, at(FILE, "check_relu_backward")["metadata"]])
            )
    cells.insert(draw(st.integers(0, len(cells))), at(FILE, "relu_backward"))  # by which the lesson is known
    return FILE | {"cells": cells}


@calm
@given(st.data())
def test_whatever_happened_to_its_cells_a_notebook_is_made_whole(tmp_path_factory, data):
    notebook = mangled(data.draw)
    whole(hand_in(tmp_path_factory.getbasetemp(), notebook))


def test_nothing_that_was_given_is_changed(tmp_path):
    before, notebook = copy.deepcopy(RELEASED), solved()
    notebook["cells"] = notebook["cells"][10:-10] * 2
    path = tmp_path / "handed_in.ipynb"
    path.write_bytes(file(notebook))
    taken = read(path, RELEASED)
    kept = copy.deepcopy(taken)
    hardened = harden(taken, RELEASED)
    steps(hardened, RELEASED)
    assert (taken, RELEASED) == (kept, before)
    for cell in hardened["cells"]:
        cell["metadata"]["points"] = cell["source"] = "spoiled"
    assert RELEASED == before


def test_tests_that_are_missing_come_back_where_they_stood(tmp_path):
    notebook = solved()
    HARMLESS["checks_deleted"](notebook)
    names = [grade_id(cell) for cell in hand_in(tmp_path, notebook)["cells"] if grade_id(cell)]
    assert names == [grade_id(cell) for cell in RELEASED["cells"] if grade_id(cell)]


def test_prose_is_kept_whatever_the_cell_was_turned_into(tmp_path):
    notebook = solved()
    at(notebook, WRITTEN).update(cell_type="code", source=["It goes back, ", "once."], outputs=[])
    hardened = hand_in(tmp_path, notebook)
    assert at(hardened, WRITTEN)["source"] == "It goes back, once." and at(hardened, WRITTEN)["cell_type"] == "markdown"
    assert "It goes back, once." not in [step.source for step in steps(hardened, RELEASED)]


# ----- what the box is to run -----


def sources(hardened):
    return [step.source for step in steps(hardened, RELEASED) if not step.exercise]


def test_the_released_setup_runs_first_whatever_became_of_it(tmp_path):
    truth = "".join(setup(FILE)["source"])
    for change in ("nothing", "setup_deleted", "setup_spoiled", "setup_added_to", "setup_moved_to_the_end"):
        notebook = solved()
        HARMLESS[change](notebook)
        assert sources(hand_in(tmp_path, notebook))[0] == truth


def test_demonstrations_do_not_run_unless_they_were_edited(tmp_path):
    notebook = solved()
    demos = [cell for cell in notebook["cells"] if cell["metadata"].get("backprop", {}).get("role") == "demo"]
    demos[0]["source"] = "784 * 300 + 300"
    hardened = hand_in(tmp_path, notebook)
    assert "784 * 300 + 300" in sources(hardened)
    assert not {"".join(cell["source"]) for cell in demos[1:]} & set(sources(hardened))


def test_text_never_runs(tmp_path):
    notebook = solved()
    notebook["cells"] += [plain("raise SystemError", kind) for kind in ("markdown", "raw")]
    assert "raise SystemError" not in sources(hand_in(tmp_path, notebook))


def test_own_cells_run_in_their_order_around_the_tests(tmp_path):
    notebook = solved()
    notebook["cells"].insert(0, plain("a = 1"))
    notebook["cells"].insert(index(notebook, "check_affine_backward") + 1, plain("b = 2"))
    notebook["cells"].append(plain("c = 3"))
    order = [
        "a = 1",
        RIGHT["affine_backward"],
        "affine_backward",
        "b = 2",
        RIGHT["relu_backward"],
        "relu_backward",
        "c = 3",
    ]
    told = [step.exercise or step.source for step in steps(hand_in(tmp_path, notebook), RELEASED)]
    assert [each for each in told if each in order] == order


def test_a_step_says_which_cell_it_was(tmp_path):
    notebook = solved()
    notebook["cells"].insert(0, plain("a = 1"))
    names = {step.source: step.name for step in steps(hand_in(tmp_path, notebook), RELEASED)}
    assert names["a = 1"].split()[:2] == ["cell", "1"]
    assert names["".join(setup(FILE)["source"])] == "the lesson's set-up"


def test_what_a_test_cell_says_never_runs(tmp_path):
    notebook = solved()
    HARMLESS["checks_spoiled"](notebook)
    assert not any("SystemExit" in source or "check(" in source for source in sources(hand_in(tmp_path, notebook)))


def test_a_notebook_of_the_old_format_is_refused_or_read_whole(tmp_path):
    notebook = nbformat.convert(nbformat.reads(json.dumps(solved()), 4), 3)
    path = tmp_path / "handed_in.ipynb"
    path.write_bytes(json.dumps(notebook).encode())
    try:
        hardened = harden(read(path, RELEASED), RELEASED)
    except Unreadable as reason:
        assert "format 3" in str(reason) and "JupyterLab" in str(reason)
    else:
        whole(hardened)
        assert all(outcome(hardened)[0].values())


# ----- tests that may wait for the end -----

HALF = "def half(x):\n    return x / 2"
AFTER = {  # what runs after the test, and whether the test may be asked at the end as well
    "a function of another name": (["def other(x=1, *, y: 'a note' = None) -> 3:\n    return x"], True),
    "two functions": (["def other(x):\n    return x\n\ndef another():\n    half = 2"], True),
    "nothing": ([], True),
    "the function itself": (["def half(x):\n    return x"], False),
    "the function itself, in other letters": (["def \N{MATHEMATICAL BOLD SMALL H}alf(x):\n    return x"], False),
    "what it calls": (["def scale(x):\n    return x"], False),
    "what the exercise asks for too": (["def forward(x):\n    return x"], False),
    "a statement": (["x = 1"], False),
    "a decorator": (["@print\ndef other():\n    pass"], False),
    "a default that is computed": (["def other(x=print()):\n    pass"], False),
    "an annotation that is computed": (["def other(x: print()):\n    pass"], False),
    "a class": (["class Other:\n    pass"], False),
    "no Python": (["half a function"], False),
    "no Python, but for a magic": (["%time half = None"], False),
    "a null byte": (["def other():\n    '\0'"], False),
    "a tower": (["(" * 10_000 + ")" * 10_000], False),
}


@pytest.mark.parametrize("cells, waits", AFTER.values(), ids=AFTER)
def test_a_test_waits_for_the_end_only_where_nothing_after_it_can_matter(cells, waits):
    before = Step("def half(x):\n    return scale(x, 0.5)")
    tested, after = Step(exercise="half"), [Step(text) for text in cells]
    found = submission.gathered([before, tested, *after], {"half": ["half", "forward"]})
    assert found == ([before, *after, tested] if waits else [before, tested, *after])


@pytest.mark.parametrize("looks", ["globals()['other']", "eval('ot' 'her')", "sys.modules", "x.__globals__"])
def test_a_test_stays_where_the_code_looks_around(looks):
    steps = [Step(f"def half(x):\n    return {looks}"), Step(exercise="half"), Step("def other():\n    pass")]
    assert submission.gathered(steps, {"half": ["half"]}) == steps


def test_each_test_waits_for_itself():
    one, two, three = Step(HALF), Step(exercise="half"), Step("y = 1")
    four, five, six = Step("def third(x):\n    return x / 3"), Step(exercise="third"), Step("def last():\n    pass")
    found = submission.gathered([one, two, three, four, five, six], {"half": ["half"], "third": ["third"]})
    assert found == [one, two, three, four, six, five]
    assert submission.gathered(found, {}) == found, "an exercise that is not asked for is none"
