"""Starting a worker behind the strongest walls that this machine offers.

    namespaces, uid, cgroup   root with bubblewrap: a host uid of its own for each slot, and a bound on
                              the slot's memory and processes
    namespaces, uid           the same where no control group may be made
    namespaces                an ordinary user with bubblewrap
    uid                       root without bubblewrap or namespaces (many containers): another uid only
    none                      a limited process of the same user

Levels are tried in this order, each by starting a worker and asking it a question. What was found is
written into every verdict, and grading refuses `none`, saying why nothing stronger works, unless told
otherwise.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.box import frames
from autograder.box.cgroup import Cgroup

__all__ = ["LEVELS", "NONE", "Limits", "NoSandbox", "Slot", "Worker", "bubblewrap"]

NONE = "none"
LEVELS = ("namespaces, uid, cgroup", "namespaces, uid", "namespaces", "uid", NONE)
FIRST_UID = 200_000
MOST_SLOTS = 1000
EXCHANGE = Path("/usr/local/share/nbgrader")
MEND = "install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap)"


class NoSandbox(OSError):
    """No worker can be started at the level that was asked for; the message says why."""


@dataclass(frozen=True)
class Limits:
    """cpu: seconds of CPU time for a cell or an answer; with namespaces, of all processes together, which
    are ended a second later than one alone. wall: seconds on the clock for the same.
    total: seconds on the clock for a whole run of a submission. memory: bytes beyond what the
    interpreter needs. disk: bytes of /tmp and of a file."""

    cpu: float = 5.0
    wall: float = 20.0
    total: float = 180.0
    memory: int = 2 << 30
    disk: int = 32 << 20
    processes: int = 64


class Worker:
    """A started worker, seen from the judge: a line to talk on, and an end."""

    def __init__(self, talk: int, leash: socket.socket | None = None, process=None, uid=None, home=None):
        os.set_blocking(talk, False)
        self.talk, self.leash, self.process, self.uid, self.home = talk, leash, process, uid, home

    @property
    def alive(self) -> bool:
        if self.process:
            return self.process.poll() is None
        return not frames.ready(self.leash.fileno(), 0)

    def begin(self) -> None:
        """Have the warm parent, where there is one, count computing time anew: a call begins."""
        if self.leash:
            with contextlib.suppress(OSError):  # where the leash is full, it says so already
                self.leash.send(b"\0", socket.MSG_DONTWAIT)

    def end(self, patience: float = 0.1) -> int:
        """Wait a moment for it to end by itself, then end it and all that it started; its exit code."""
        os.close(self.talk)
        if self.process:
            return self._end_process(patience)
        if not frames.ready(self.leash.fileno(), patience):
            self.leash.shutdown(socket.SHUT_WR)  # lets go: the warm parent kills the worker's world
        frames.ready(self.leash.fileno(), 5)
        with contextlib.suppress(OSError, struct.error), self.leash:
            return struct.unpack("<i", self.leash.recv(4))[0]
        return -signal.SIGKILL

    def _end_process(self, patience: float) -> int:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        code = self.process.wait()
        if self.uid:
            sweep(self.uid)
        if self.home:
            self.home.cleanup()
        return code


class Slot:
    """A place where one submission at a time is marked, with a warm parent where the level has one."""

    def __init__(self, world: Path, level: str, limits: Limits = Limits()):
        self.world, self.level, self.limits = world, level, limits
        self.uid, self._claim = _claim_uid() if "uid" in level and os.geteuid() == 0 else (None, None)
        self.parent: subprocess.Popen | None = None
        self.line: socket.socket | None = None
        self.cgroup: Cgroup | None = None

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, *_) -> None:
        self.release()

    @property
    def fallen(self) -> bool:
        """Whether the warm parent has ended, and with it every worker: something that no student's code can reach."""
        return self.parent is not None and self.parent.poll() is not None

    def start(self) -> Worker:
        """A fresh worker. Raises NoSandbox where the level cannot be had."""
        return self._fork() if "namespaces" in self.level else self._spawn()

    def close(self) -> None:
        """End the warm parent and give back what the slot used."""
        if self.line:
            self.line.close()
        if self.parent:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.parent.pid, signal.SIGKILL)
            self.parent.wait()
            self.parent.stderr.close()
        if self.cgroup:
            self.cgroup.remove()
        self.parent = self.line = self.cgroup = None

    def release(self) -> None:
        """Close, and let another run have the slot's uid."""
        self.close()
        if self._claim:
            self._claim.close()

    # ----- with namespaces: fork the warm parent -----

    def _fork(self) -> Worker:
        if not self.parent or self.parent.poll() is not None:
            self.close()
            self._warm()
        ours, theirs = socket.socketpair()
        leash, watched = socket.socketpair()
        with theirs, watched:
            request = json.dumps(asdict(self.limits)).encode()
            socket.send_fds(self.line, [request], [theirs.fileno(), watched.fileno()])
        return Worker(ours.detach(), leash)

    def _warm(self) -> None:
        command = bubblewrap(self.world, self.uid)
        if "cgroup" in self.level:
            self.cgroup = Cgroup.make(self.uid, memory=2 * self.limits.memory, processes=2 * self.limits.processes)
            if not self.cgroup:
                raise NoSandbox("no control group may be made here")
            command = self.cgroup.joined(command)
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self.parent = subprocess.Popen(
                    command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                    env=environment(), start_new_session=True,
                )  # fmt: skip
            except FileNotFoundError:
                raise NoSandbox(f"bubblewrap is missing: {MEND}") from None
        if not frames.ready(self.line.fileno(), 30) or self.line.recv(16) != b"ready":
            said = os.read(self.parent.stderr.fileno(), 2000).decode(errors="replace").strip()
            raise NoSandbox(
                f"the sandbox did not start: {said.splitlines()[-1] if said else 'no reason given'}. {MEND}"
            )

    # ----- without: start Python anew, as another user where we may -----

    def _spawn(self) -> Worker:
        ours, theirs = socket.socketpair()
        other = {"user": self.uid, "group": self.uid, "extra_groups": []} if self.uid else {}
        home = None if self.uid else tempfile.TemporaryDirectory(prefix="backprop-", ignore_cleanup_errors=True)
        world = self.world if self.uid else Path(shutil.copytree(self.world, Path(home.name, "world")))  # it may write
        with theirs:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-I", str(world / "autograder" / "box" / "inside.py"), str(world),
                     json.dumps(asdict(self.limits)), self.level],
                    stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    cwd=world, env=environment(), start_new_session=True, **other,
                )  # fmt: skip
            except (OSError, subprocess.SubprocessError) as error:
                ours.close()
                raise NoSandbox(f"a process of another user cannot be started: {error}") from None
        return Worker(ours.detach(), process=process, uid=self.uid, home=home)


def _claim_uid() -> tuple[int, socket.socket]:
    """A uid that no other slot on this machine has, for as long as the socket is open."""
    for uid in range(FIRST_UID, FIRST_UID + MOST_SLOTS):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0backprop-uid-{uid}")
            return uid, claim
        except OSError:
            claim.close()
    raise NoSandbox(f"{MOST_SLOTS} slots are in use on this machine")


def environment() -> dict[str, str]:
    """What a worker may know of ours: next to nothing."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def bubblewrap(world: Path, uid: int | None) -> list[str]:
    """The command that starts a warm parent behind bubblewrap's walls.

    Root keeps the host's user namespace and becomes `uid` after the walls are up; an ordinary user
    gets a user namespace from bubblewrap. Of the file system there is /usr and what Python needs,
    all of it read-only; whatever of ours lies below that is covered.
    """
    shown = _shown()
    command = ["bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if uid is None:
        command += ["--unshare-user"]
    else:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    command += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if (path := Path("/", name)).is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", "1048576", "--tmpfs", "/tmp"]
    for path in _ancestors([*shown, Path("/world")]):
        command += ["--perms", "0755", "--dir", str(path)]
    for path in shown:
        command += ["--ro-bind", str(path), str(path)]
    for path in sorted(set(_covered(shown))):
        command += ["--perms", "0755", "--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path)]
    command += ["--ro-bind", str(world), "/world", "--remount-ro", "/", "--chdir", "/tmp", "--"]
    if uid is not None:
        command += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        command += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    below_tmp = [str(path) for path in shown if path.is_relative_to("/tmp")]
    return [*command, sys.executable, "-I", "/world/autograder/box/warm.py", "/world", *below_tmp]


def _shown() -> list[Path]:
    """The folders outside /usr that Python needs, none inside another."""
    wanted = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, Path(sys.executable).resolve().parent.parent)}
    wanted |= {Path(sys.prefix)}
    wanted = {path for path in wanted if not path.is_relative_to("/usr")}
    return sorted(path for path in wanted if not any(path != other and path.is_relative_to(other) for other in wanted))


def _covered(shown: list[Path]) -> Iterator[Path]:
    """What is ours and lies inside what is shown: this package, the library, a checkout, nbgrader's exchange."""
    import backprop

    package = Path(__file__).resolve().parent.parent
    for ours in (package, Path(backprop.__file__).resolve().parent):
        home = ours if ours.parent.name.endswith("-packages") else package.parent
        if any(home.is_relative_to(path) for path in [*shown, Path("/usr")]) and home.is_dir():
            yield home
    if own := os.environ.get("BACKPROP_COURSE"):  # see `autograder.lesson.folder`
        if any(Path(own).resolve().is_relative_to(path) for path in [*shown, Path("/usr")]) and Path(own).is_dir():
            yield Path(own).resolve()
    for packages in map(Path, sys.path):  # an editable installation copies the lessons there
        if any(packages.is_relative_to(path) for path in shown):
            yield from (packages / name for name in ("autograder", "backprop") if (packages / name).is_dir())
    if EXCHANGE.is_dir():
        yield EXCHANGE


def _ancestors(paths: list[Path]) -> list[Path]:
    """The folders above, outermost first; bubblewrap would make them readable by root alone."""
    above = {parent for path in paths for parent in path.parents} - {Path("/"), Path("/tmp")}
    return sorted(above, key=lambda path: len(path.parts))


def sweep(uid: int) -> None:
    """End every process of `uid` and remove its files from the shared temporary folders."""
    everyone = ["/bin/sh", "-c", "kill -9 -1"]
    subprocess.run(everyone, user=uid, group=uid, extra_groups=[], stderr=subprocess.DEVNULL)
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        for path in Path(folder).glob("*"):
            with contextlib.suppress(OSError):
                if path.lstat().st_uid == uid:
                    _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()
