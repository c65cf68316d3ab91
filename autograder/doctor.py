"""What the box promises, tried on this machine: PASS or FAIL for each, and the command that mends it.

Every promise is a few lines that run where student code would run, and raise where it is not kept.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.box import Box, Limits, NoSandbox, Sandbox
from autograder.box.launch import MEND, NONE

__all__ = ["Finding", "PROMISES", "examine"]

ROOT = Path(__file__).parent.parent
LIMITS = Limits(cpu=1.0, wall=4.0, memory=512 << 20, disk=8 << 20)
CGROUP = "grade as root, or let an administrator delegate a control group"

# What must hold inside; `checkout` is the path of this project's folder.
PROMISES = {
    "it is not root, and has no capabilities": """
import ctypes, os
assert os.getuid() != 0 and os.geteuid() != 0, "it is root"
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capget(header, data) == 0 and not any(data), "it has capabilities"
""",
    "there is no network": """
import socket
try:
    socket.socket()
except OSError:
    pass
else:
    raise AssertionError("a socket can be opened")
""",
    "the system is read-only": """
import os
for folder in ("/", "/usr", "/usr/lib", "/etc", "/var/tmp", os.path.dirname(os.__file__)):
    try:
        open(os.path.join(folder, "written-by-the-box"), "w")
    except OSError:
        continue
    os.unlink(os.path.join(folder, "written-by-the-box"))
    raise AssertionError("can write into " + folder)
""",
    "the course, the classroom and people's files are out of sight": """
import os, sys
shown = (sys.prefix, sys.base_prefix)
for top in ("/home", "/root", checkout):
    for folder, _, files in os.walk(top):
        assert folder.startswith(shown) or not files, "can see " + os.path.join(folder, files[0])
""",
    "the answers are absent from its library": """
import numpy as np
from backprop import layers, numeric
for call in (lambda: layers.affine_backward(np.ones((1, 1)), None), lambda: numeric.gradient(abs, np.ones(1))):
    try:
        call()
    except NotImplementedError:
        continue
    raise AssertionError("an answer is there")
try:
    import autograder.judge
except ImportError:
    pass
else:
    raise AssertionError("the judge can be imported")
""",
    "its /tmp is its own, and bounded": """
import os, sys
python = {os.path.relpath(path, "/tmp").split("/")[0] for path in (sys.prefix, sys.base_prefix)}
assert set(os.listdir("/tmp")) <= python, "somebody else's files are in /tmp"
try:
    for number in range(4):
        with open(f"/tmp/{number}", "wb") as file:
            file.write(bytes(4 << 20))
except OSError:
    pass
else:
    raise AssertionError("16 MB fit into /tmp")
""",
    "other processes are out of sight": """
import os
pids = [name for name in os.listdir("/proc") if name.isdigit()]
assert len(pids) < 8, f"{len(pids)} processes can be seen"
""",
    "new namespaces and mounts are refused": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x10000000) != 0, "unshare works"
assert libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) != 0, "mount works"
""",
    "other processes' memory is out of reach": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
assert libc.ptrace(16, 1, 0, 0) != 0 and ctypes.get_errno() == 1, "ptrace works"
""",
    "the number of processes is bounded": """
import os, time
children = []
try:
    for _ in range(200):
        child = os.fork()
        if child == 0:
            time.sleep(2)
            os._exit(0)
        children.append(child)
except OSError:
    pass
finally:
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)
assert len(children) < 200, "200 processes could be started"
""",
    "the memory of a process is bounded": """
try:
    bytearray(1 << 30)
except MemoryError:
    pass
else:
    raise AssertionError("a gigabyte was given")
""",
}
# What never ends, and what must have ended it.
ENDLESS = {
    "computing time is bounded": ("while True:\n    pass", "computing time"),
    "computing time is that of all its processes, whatever they ignore": (
        """
import os, signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
for _ in range(2):
    if os.fork() == 0:
        while True:
            pass
os.wait()
""",
        "computing time",
    ),
    "sleeping is bounded": ("import time\ntime.sleep(60)", "took more than"),
}


@dataclass(frozen=True)
class Finding:
    """One promise: whether it is kept (None: in part), and if not, what was seen and what mends it."""

    promise: str
    kept: bool | None
    seen: str = ""
    mend: str = ""


def examine() -> Iterator[Finding]:
    """Try everything in turn."""
    yield from _tools()
    with Sandbox(["relu_forward"], "any", limits=LIMITS) as walls:
        yield Finding(f"isolation: {walls.level}", walls.level != NONE, _why_none(), MEND)
        for promise, source in PROMISES.items():
            with walls.box() as box:
                yield _kept(promise, box, f"checkout = {str(ROOT)!r}\n{source}")
        for promise, (source, end) in ENDLESS.items():
            with walls.box() as box:
                yield _ended(promise, box, source, end)
        with walls.box() as box:
            yield Finding("after all that, the next submission works", box.run("1 + 1", "the cell") == (None, True))
        together = f"only by its processes: {walls.limits.processes}, each with its own bound"
        bounded = True if "cgroup" in walls.level else None if walls.level != NONE else False
        yield Finding("the memory of a whole submission is bounded", bounded, together, CGROUP)


def _kept(promise: str, box: Box, source: str) -> Finding:
    said, survived = box.run(source, "the cell")
    return Finding(promise, said is None and survived, said or "", MEND)


def _ended(promise: str, box: Box, source: str, end: str) -> Finding:
    """Whether a cell was ended, and by what; where nothing watches, it is something if the clock did it."""
    said, survived = box.run(source, "the cell")
    if survived:
        return Finding(promise, False, "it ran to its end", MEND)
    otherwise = False if "namespaces" in box.isolation else None
    return Finding(promise, end in said or otherwise, said, MEND)


def _why_none() -> str:
    try:
        Sandbox([], "safe").close()
    except NoSandbox as reason:
        return str(reason)
    return ""


def _tools() -> Iterator[Finding]:
    """What grading needs besides the box."""
    ours = Path(sys.executable).parent
    for name, mend in (
        ("nbgrader", 'pip install -e ".[grade]"'),
        ("alembic", f"put {ours} on PATH; the Makefile does"),
    ):
        found = shutil.which(name) or (ours / name).exists()
        yield Finding(f"{name} is installed", bool(found), "it is not found", mend)
    config = ROOT / "nbgrader_config.py"
    yield Finding(
        "the course's nbgrader_config.py is there", config.exists(), "no checkout", "work in a clone of the course"
    )
