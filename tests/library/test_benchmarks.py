"""The benchmark compares like with like, and says what it measured. Nothing here is timed."""

import json
import math

import pytest

from backprop import fast
from backprop.network import clear
from backprop.scalar import relu
from benchmarks import closures, library, scalars, steps, timing
from benchmarks.timing import Row


@pytest.mark.parametrize("name", library.CASES)
def test_all_of_ours_find_the_same_losses(name):
    case, *bars = library.CASES[name]
    x, y = case.batch("float64")
    kinds = {"fast": fast, "clear": clear}
    ours = {k: steps.our_step(case.make(functions=f, dtype="float64"), x, y) for k, f in kinds.items()}
    if name.startswith("mlp"):
        ours["tensor"] = steps.tensor_step(case.make(), x, y)
    steps.same_losses(ours, count=3, tolerance=1e-9)
    assert len(bars) == 2


def test_both_scalar_engines_find_the_same_gradients():
    ours = scalars.Task(scalars.Value, relu, scalars.by_sweep)
    peer = scalars.Task(closures.Node, closures.Node.relu, scalars.by_closures)
    for task in (ours, peer):
        task.points = task.points[:3]
    assert all(math.isclose(a, b, abs_tol=1e-12) for a, b in zip(ours.step(), peer.step(), strict=True))


def test_rows():
    found = {"ours": [1.0, 2.0, 9.0], "slow": [4.0, 4.0, 4.0], "quick": [2.0, 2.0, 2.0]}
    row = timing.row(found, "ours", ["slow", "quick"], "name", "f32", bar=1.0)
    assert row == Row("name", "f32", 2.0, 2.0, 1.0, 1.0) and row.met()
    assert list(json.loads(json.dumps(row._asdict()))) == ["name", "dtype", "ours", "peer", "ratio", "bar"]
    rows = [
        row,
        row._replace(ratio=1.01),
        Row("a chain", "float", 0.25, bar=0.5),
        Row("bytes", "float", 110, 680, 0.162),
    ]
    assert [r.met() for r in rows] == [True, False, True, None]
    assert [line.split()[-1] for line in timing.show(rows).splitlines()[1:]] == ["✓", "✗", "✓", "0.162"]
    assert "250 ms" in timing.show(rows) and "2 s" in timing.show(rows)


def test_functions_take_turns():
    order = []
    found = timing.interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=4, seconds=0)
    assert "".join(order)[6:] in ("baabbaab", "abbaabba")
    assert {len(costs) for costs in found.values()} == {4}


def test_the_machine_is_named():
    line = timing.machine(["numpy", "no-such-package"])
    assert "numpy 2" in line or "numpy 1" in line
    assert "no no-such-package" in line and "one thread" in line
