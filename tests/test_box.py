"""The walls themselves: each promise of the box, tried from inside by a cell.

A cell asserts what it sees; what it raises comes back as a sentence, so a wall that holds is a cell
that raises nothing. Every level with namespaces that this machine has is tried; what is left behind and
what happens to the judge is looked at from outside.
"""

import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import autograder.box
from autograder import judge
from autograder.box import Box, Limits, NoSandbox, Sandbox, cgroup, launch, seccomp
from autograder.box.values import Questions
from autograder.cli import cli
from autograder.lesson import find_exercise
from autograder.submission import Step
from tests.conftest import missing

LIMITS = Limits(cpu=1, wall=30, memory=256 << 20, disk=4 << 20, processes=32)  # nothing waits for the clock
ROOT = Path(__file__).parent.parent
LEVELS = ["namespaces, uid, cgroup", "namespaces, uid"] if os.geteuid() == 0 else ["namespaces"]


def sandbox_at(level: str, **options) -> Sandbox:
    """A sandbox of one level; raises NoSandbox where it cannot be had."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograder.box, "LEVELS", (level,))
        return Sandbox([], "any", **{"limits": LIMITS} | options)


@pytest.fixture(scope="module", params=LEVELS)
def sandbox(request, walls):
    """Walls of every kind with namespaces that there is here."""
    if "namespaces" not in walls:
        missing("A sandbox with namespaces", "apt-get install bubblewrap")
    try:
        made = sandbox_at(request.param)
    except NoSandbox as reason:
        pytest.skip(f"this machine has no such walls: {reason}")
    with made:
        yield made


@pytest.fixture(scope="module")
def strongest(walls):
    """The strongest walls alone, for what takes time."""
    if "namespaces" not in walls:
        missing("A sandbox with namespaces", "apt-get install bubblewrap")
    with Sandbox([], "safe", limits=LIMITS) as made:
        yield made


def inside(sandbox, source: str, **names) -> str | None:
    """What a cell raises in a fresh box, or how it ended; None for a cell that ends well."""
    with sandbox.box() as box:
        return cell(box, source, **names)


def cell(box, source: str, **names) -> str | None:
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    said, survived = box.run(given + textwrap.dedent(source), "a cell")
    return said if said or survived else "ended"


def works(sandbox) -> bool:
    """Whether the next submission is none the worse."""
    return inside(sandbox, "assert 1 + 1 == 2") is None


def faulty(request, level: str, why: str) -> None:
    """At this level the test must fail, for a known fault of ours."""
    if level in LEVELS and request.node.callspec.params["sandbox"] == level:
        request.applymarker(pytest.mark.xfail(strict=True, reason=why))


def below(pid: int) -> set[int]:
    """The processes below one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
    found, size = {pid}, 0
    while len(found) > size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def parent_of(sandbox) -> int:
    """The process id of the warm parent's launcher."""
    return sandbox._all[0].parent.pid


def eventually(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


# ----- who it is -----


def test_it_is_a_user_of_its_own(sandbox):
    source = """
    import os
    ids = {*os.getresuid(), *os.getresgid(), *os.getgroups()}
    assert ids == {expected}, f"it is {ids}"
    """
    assert inside(sandbox, source, expected=sandbox._all[0].uid or os.getuid()) is None


def test_it_has_no_capabilities_and_can_gain_none(sandbox):
    source = """
    import ctypes
    libc = ctypes.CDLL(None)
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0 and not any(data), f"it has capabilities: {list(data)}"
    bounding = [number for number in range(41) if libc.prctl(23, number, 0, 0, 0) == 1]
    assert not bounding, f"it could gain {bounding}"
    assert libc.prctl(39, 0, 0, 0, 0) == 1, "it may gain privileges by running a program"
    """
    assert inside(sandbox, source) is None


def test_it_cannot_become_another_user(sandbox):
    source = """
    import os
    for change in (os.setuid, os.setgid, os.seteuid, os.setegid):
        for number in {0, 1, 1000, 200_000, 200_001} - {os.getuid()}:
            try:
                change(number)
            except OSError:
                continue
            raise AssertionError(f"{change.__name__}({number}) works")
    """
    assert inside(sandbox, source) is None


# ----- the network -----


def test_no_socket_can_be_opened(sandbox):
    source = """
    import socket
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            try:
                socket.socket(getattr(socket, family), kind)
            except PermissionError:
                continue
            raise AssertionError(f"a socket of {family} can be opened")
    """
    assert inside(sandbox, source) is None


def test_a_program_that_it_starts_has_no_network_either(sandbox):
    source = """
    import subprocess
    script = "exec 3<>/dev/tcp/127.0.0.1/80"
    run = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True)
    assert run.returncode != 0 and "not permitted" in run.stderr, run.stderr
    """
    assert inside(sandbox, source) is None


def test_a_pair_of_sockets_reaches_nobody_outside(sandbox):
    """The one way to have a socket is a connected pair; one that sends to names could reach other people's."""
    import socket

    name = f"\0backprop-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name)
        source = """
        import socket
        one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            one.sendto(b"hello", name)
        except OSError:
            pass
        else:
            raise AssertionError("a socket outside was reached")
        """
        assert inside(sandbox, source, name=name) is None


# ----- the file system -----


def test_nothing_can_be_written_but_its_own_folders(sandbox, request):
    faulty(request, "namespaces", "the launcher's /dev belongs to the box's user, is not read-only and has no bound")
    source = """
    import os, sys
    folders = {"/", "/usr", "/usr/bin", "/usr/lib", "/etc", "/var", "/var/tmp", "/run", "/home", "/root", "/opt"}
    folders |= {"/srv", "/sys", "/proc", "/proc/self", "/dev", "/dev/pts", "/dev/mqueue", "/world", "/world/autograder"}
    folders |= {folder for folder in sys.path if folder} | {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)}
    folders -= {folder for folder in folders if folder.startswith("/tmp/") and sys.prefix.startswith(f"{folder}/")}  # its own
    written = []
    for folder in folders:
        try:
            open(os.path.join(folder, "written-by-the-box"), "w").close()
        except OSError:
            continue
        os.unlink(os.path.join(folder, "written-by-the-box"))
        written.append(folder)
    assert not written, f"can write into {written}"
    """
    assert inside(sandbox, source) is None


def test_nothing_that_is_there_can_be_changed(sandbox):
    source = """
    import os, sys
    for path in ("/world/autograder/box/inside.py", os.__file__, "/usr/bin/env", sys.executable):
        for change in (lambda: open(path, "r+b"), lambda: os.chmod(path, 0o777), lambda: os.rename(path, path + "x")):
            try:
                change()
            except OSError:
                continue
            raise AssertionError("can change " + path)
    """
    assert inside(sandbox, source) is None


def test_the_checkout_is_out_of_sight(sandbox):
    source = """
    import os
    found = set(os.listdir(checkout)) if os.path.isdir(checkout) else set()
    assert found <= {".venv", "venv"}, f"can see {sorted(found)}"
    """
    assert inside(sandbox, source, checkout=str(ROOT)) is None


def test_other_peoples_files_are_out_of_sight(sandbox):
    source = """
    import os
    for folder in ("/home", "/root", "/etc", "/srv", "/mnt", "/media", "/run", "/var/log", "/var/spool", home):
        seen = [os.path.join(top, name) for top, _, files in os.walk(folder) if not within(top) for name in files]
        assert not seen, f"can see {seen[:3]}"
    """
    within = "within = lambda top: any(top == p or top.startswith(p + '/') for p in shown)\n"
    shown = [str(path) for path in launch._shown()]
    assert inside(sandbox, within + textwrap.dedent(source), shown=shown, home=str(Path.home())) is None


def test_the_classroom_is_out_of_sight(sandbox, tmp_path):
    (tmp_path / "classroom").mkdir()
    (tmp_path / "classroom" / "secret").write_text("a secret")
    source = "import os\nassert not os.path.exists(path), 'can see the classroom'"
    assert inside(sandbox, source, path=str(tmp_path / "classroom")) is None
    assert inside(sandbox, "open(path)", path=str(tmp_path / "classroom" / "secret")).startswith("raised FileNotFound")


def test_only_our_half_of_the_wire_can_be_imported(sandbox):
    source = """
    import autograder, backprop, importlib
    for package in (autograder, backprop):
        assert package.__file__.startswith("/world/"), package.__file__
    for name in ("judge", "rules", "kinds", "grade", "lesson", "exercise", "diagnose", "nbgrader", "box.launch"):
        try:
            importlib.import_module("autograder." + name)
        except ImportError:
            continue
        raise AssertionError(name + " can be imported")
    """
    assert inside(sandbox, source) is None


def test_no_answer_lies_in_any_folder_of_python(sandbox):
    source = """
    import os, sys
    found = []
    for folder in sys.path:
        for package in ("autograder", "backprop", "lessons", "course", "solutions", "tests", "nbgrader_config.py"):
            for top, _, files in os.walk(os.path.join(folder, package)):
                found += [os.path.join(top, name) for name in files if not top.startswith("/world/")]
    assert not found, f"can see {found[:2]}"
    """
    assert inside(sandbox, source) is None


def test_a_copy_of_the_exercises_beside_other_packages_is_covered(tmp_path, monkeypatch):
    """Whatever way the package was installed: what site-packages hold of ours is covered in the box."""
    packages = tmp_path / "lib" / "python3" / "site-packages"
    (packages / "autograder" / "lessons").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path, str(packages)])
    covered = launch.bubblewrap(tmp_path, None)
    assert str(packages / "autograder") in covered


def test_its_environment_tells_nothing_of_ours(sandbox, monkeypatch):
    source = """
    import os
    known = {"PATH", "HOME", "LANG", "MPLBACKEND", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "PWD", "LC_CTYPE"}
    assert set(os.environ) <= known, sorted(set(os.environ) - known)
    """
    assert inside(sandbox, source) is None


def test_only_one_line_is_open_and_no_terminal(sandbox):
    source = """
    import os
    opened = []
    for fd in range(256):
        try:
            os.fstat(fd)
        except OSError:
            continue
        opened.append(fd)
    assert opened == [0, 1, 2, 3], opened
    null = os.stat("/dev/null").st_rdev
    assert all(os.fstat(fd).st_rdev == null for fd in (0, 1, 2))
    try:
        os.open("/dev/tty", os.O_RDWR)
    except OSError:
        pass
    else:
        raise AssertionError("there is a terminal")
    """
    assert inside(sandbox, source) is None


# ----- other processes -----


def test_processes_outside_are_out_of_sight_and_reach(sandbox):
    source = """
    import os
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    assert len(pids) <= 3, f"can see {pids}"
    assert os.getpid() <= 4, os.getpid()
    for pid in (judge, parent):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            continue
        raise AssertionError(f"can signal {pid}")
    """
    assert inside(sandbox, source, judge=os.getpid(), parent=parent_of(sandbox)) is None


def test_the_kernels_own_settings_cannot_be_changed(sandbox):
    source = """
    import glob
    for path in glob.glob("/proc/sys/[kv]*/*") + ["/proc/sysrq-trigger", "/sys/power/state"]:
        if path.endswith("ns_last_pid"):  # which everybody may open, and nobody write
            continue
        try:
            open(path, "r+").close()
        except OSError:
            continue
        raise AssertionError("can write " + path)
    """
    assert inside(sandbox, source) is None


KILLS = {
    "everybody": "os.kill(-1, signal.SIGKILL)",
    "the parent": "os.kill(os.getppid(), signal.SIGKILL); os.kill(1, signal.SIGTERM)",
    "its group": "os.kill(0, signal.SIGKILL)",
    "its own init, as if it could not be": "[os.kill(1, number) for number in range(1, 65) if number not in (2, 32, 33)]",
    "everybody, politely": "[os.kill(-1, number) for number in (1, 2, 3, 15, 19)]",
}


@pytest.mark.parametrize("kill", KILLS.values(), ids=KILLS)
def test_signals_reach_nobody_else(sandbox, kill):
    parent = parent_of(sandbox)
    with sandbox.box() as box:
        cell(box, f"import os, signal\n{kill}")
        assert cell(box, "assert 1") is None
    assert works(sandbox) and parent_of(sandbox) == parent


def test_an_interrupt_does_not_end_its_world(strongest):
    with strongest.box() as box:
        assert cell(box, "import os, signal, time\nos.kill(1, signal.SIGINT)\ntime.sleep(0.2)") is None


def test_what_it_starts_dies_with_it(sandbox):
    source = """
    import os, signal, subprocess, time
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
            if os.fork() == 0:
                time.sleep(60)
            os._exit(0)
    subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    time.sleep(0.1)
    """
    works(sandbox)  # so that there is a warm parent
    before = below(parent_of(sandbox))
    assert inside(sandbox, source) is None
    assert eventually(lambda: below(parent_of(sandbox)) <= before)


# ----- what the kernel may not be asked -----


def test_dangerous_system_calls_are_refused(sandbox):
    numbers = {name: row[seccomp.MACHINES[platform.machine()][0]] for name, row in seccomp.DENIED.items()}
    source = """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    allowed = []
    for name, number in numbers.items():
        ctypes.set_errno(0)
        if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != 1:
            allowed.append(name)
    assert not allowed, allowed
    """
    needed = {"socket", "ptrace", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "bpf", "keyctl"}
    assert needed <= numbers.keys()
    assert inside(sandbox, source, numbers=numbers) is None


def test_no_way_into_a_new_namespace(sandbox):
    source = """
    import ctypes, os
    libc = ctypes.CDLL(None, use_errno=True)
    user, mount, pid, network = 0x10000000, 0x20000, 0x20000000, 0x40000000
    for flag in (user, mount, pid, network, user | mount | pid):
        assert libc.unshare(flag) == -1 and ctypes.get_errno() == 1, f"unshare {flag:x}"
        child = libc.syscall(clone, flag | 17, 0, 0, 0, 0)
        if child == 0:
            os._exit(0)
        assert child == -1 and ctypes.get_errno() == 1, f"clone {flag:x}"
    assert libc.syscall(435, 0, 0) == -1 and ctypes.get_errno() == 38, "clone3"
    """
    clone = seccomp.CLONE[seccomp.MACHINES[platform.machine()][0]]
    assert inside(sandbox, source, clone=clone) is None


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the other tables are those of x86-64")
def test_no_other_table_of_system_calls(sandbox):
    """The same kernel has a 32-bit and an x32 table with other numbers for the calls that are refused."""
    x32 = """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.syscall(0x40000000 | 39) == -1 and ctypes.get_errno() == 1, "x32"
    """
    assert inside(sandbox, x32) is None
    int80 = """
    import ctypes, mmap
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
    call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    raise AssertionError(f"32-bit calls work: {call()}")
    """
    assert "AssertionError" not in inside(sandbox, int80)


def test_no_device_can_be_made(sandbox):
    source = """
    import os, stat
    for folder in ("/tmp", "/dev/shm"):
        for mode in (stat.S_IFCHR, stat.S_IFBLK):
            try:
                os.mknod(folder + "/device", mode | 0o666, os.makedev(1, 1))
            except OSError:
                continue
            raise AssertionError("a device can be made in " + folder)
    assert set(os.listdir("/dev")) <= {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "core",
        "fd", "stdin", "stdout", "stderr", "console"}, os.listdir("/dev")
    """
    assert inside(sandbox, source) is None


# ----- how much -----


def test_its_temporary_folders_are_fresh(sandbox):
    leave = """
    import os, sys
    for folder in ("/tmp", "/dev/shm"):
        found = [name for name in os.listdir(folder) if not f"{sys.prefix}/".startswith(f"{folder}/{name}/")]
        assert not found, found
        open(folder + "/left", "w").close()
        os.chmod(folder, 0)
    """
    assert inside(sandbox, leave) is None
    assert inside(sandbox, leave) is None


def test_nothing_stays_for_the_next(sandbox, request):
    faulty(request, "namespaces", "the launcher's /dev is shared by all submissions of a slot, and may be written")
    leave = """
    import ctypes, os
    libc = ctypes.CDLL(None)
    assert libc.shmget(4711, 4096, 0o666) == -1, "found a segment"
    libc.shmget(4711, 4096, 0o1666)
    for folder in ("/", "/dev", "/dev/pts", "/dev/mqueue", "/run", "/var/tmp", "/world", "/proc"):
        path = os.path.join(folder, "left-in-the-box")
        assert not os.path.exists(path), "found " + path
        try:
            open(path, "w").close()
        except OSError:
            continue
    """
    assert inside(sandbox, leave) is None
    assert inside(sandbox, leave) is None


def test_its_disk_is_bounded(sandbox):
    source = """
    import os
    def fill(folder):
        total = 0
        for number in range(64):
            try:
                with open(f"{folder}/{number}", "wb", buffering=0) as file:
                    total += file.write(bytes(2 << 20))
            except OSError:
                break
        return total
    assert fill("/tmp") <= 4 << 20, "more than its disk fits into /tmp"
    assert fill("/dev/shm") <= 16 << 20, "more than 16 MB fit into /dev/shm"
    """
    assert inside(sandbox, source) is None and works(sandbox)


def test_its_files_are_bounded_in_size_and_number(sandbox):
    source = """
    import os, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        os.ftruncate(os.open("/tmp/large", os.O_RDWR | os.O_CREAT), 1 << 30)
    except OSError:
        pass
    else:
        raise AssertionError("a file of a gigabyte can be made")
    for folder in ("/tmp", "/dev/shm"):
        try:
            for number in range(10_000):
                os.mkdir(f"{folder}/{number}")
        except OSError:
            continue
        raise AssertionError("ten thousand folders can be made in " + folder)
    opened = []
    try:
        while len(opened) < 1000:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    assert len(opened) < 100, f"{len(opened)} files can be open"
    """
    assert inside(sandbox, source) is None and works(sandbox)


def test_its_processes_are_bounded(sandbox):
    source = """
    import os, time
    started = 0
    try:
        for _ in range(200):
            if os.fork() == 0:
                time.sleep(2)
                os._exit(0)
            started += 1
    except OSError:
        pass
    assert started < 32, f"{started} processes were started"
    """
    assert inside(sandbox, source) is None
    assert works(sandbox)


def test_its_threads_are_bounded(sandbox):
    source = """
    import threading
    stop = threading.Event()
    started = 0
    try:
        for _ in range(200):
            threading.Thread(target=stop.wait, daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    stop.set()
    assert started < 32, f"{started} threads were started"
    """
    assert inside(sandbox, source) is None


def test_its_memory_is_bounded(sandbox):
    source = """
    import mmap
    for ask in (lambda: bytearray(1 << 30), lambda: mmap.mmap(-1, 1 << 30), lambda: [b"x" * (1 << 20) for _ in range(1024)]):
        try:
            ask()
        except (MemoryError, OSError):
            continue
        raise AssertionError("a gigabyte was given")
    """
    assert inside(sandbox, source) is None and works(sandbox)


def test_its_shared_memory_is_bounded(sandbox):
    source = """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype, libc.shmat.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
    libc.shmdt.argtypes = [ctypes.c_void_p]
    given = 0
    for _ in range(8):
        segment = libc.shmget(0, 128 << 20, 0o1600)
        address = libc.shmat(segment, None, 0) if segment >= 0 else None
        if address in (None, 2**64 - 1):
            break
        ctypes.memset(address, 1, 128 << 20)
        libc.shmdt(address)
        given += 128
    assert given < 1024, "a gigabyte of segments was given"
    """
    said = inside(sandbox, source)
    assert works(sandbox)
    assert said is None or "a gigabyte" not in said


def test_the_memory_of_all_its_processes_is_bounded(strongest):
    if "cgroup" not in strongest.level:
        pytest.skip("no control group may be made here")
    source = """
    import os, time
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            kept = b"x" * (200 << 20)
            time.sleep(0.5)
            os._exit(0)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]
    assert any(ended), "six processes of 200 MB each were given"
    """
    said = inside(strongest, source)
    assert works(strongest)
    assert said is None or "were given" not in said


def test_every_process_of_a_slot_is_in_its_control_group(strongest):
    if "cgroup" not in strongest.level:
        pytest.skip("no control group may be made here")
    assert works(strongest)
    slot = strongest._all[0]
    for folder in slot.cgroup.folders:  # one that has just ended leaves the group a little before its parent reaps it
        assert eventually(
            lambda: below(slot.parent.pid) <= set(map(int, (folder / "cgroup.procs").read_text().split()))
        )


# ----- how long -----


def test_a_cell_that_sleeps_is_ended_by_the_clock(strongest):
    with sandbox_at(strongest.level, limits=Limits(cpu=1, wall=1)) as short, short.box() as box:
        started = time.monotonic()
        said, survived = box.run("import time\ntime.sleep(60)", "a cell")
        assert (said, survived) == ("took more than 1 s", False) and time.monotonic() - started < 30
        assert cell(box, "assert 1") is None


def test_a_cell_that_computes_is_ended_by_its_computing_time(strongest):
    with sandbox_at(strongest.level, limits=Limits(cpu=0.5, wall=30)) as patient, patient.box() as box:
        said, survived = box.run("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "c")
        assert not survived and "computing time" in said
        assert cell(box, "assert 1") is None


NUDGE = """
import contextlib, os, resource, signal, threading, time

def compute(seconds=3.0):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
"""
EVADE = {
    "the signal": """
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
compute()
""",
    "the limit": """
with contextlib.suppress(ValueError, OSError):
    resource.setrlimit(resource.RLIMIT_CPU, (3600, resource.getrlimit(resource.RLIMIT_CPU)[1]))
compute()
""",
    "by threads": """
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
threads = [threading.Thread(target=compute) for _ in range(3)]
for act in (threading.Thread.start, threading.Thread.join):
    list(map(act, threads))
""",
    "by a crowd": """
for _ in range(6):
    os.fork() or (compute(0.9), os._exit(0))
with contextlib.suppress(ChildProcessError):
    while True:
        os.wait()
""",
    "by one after the other": """
for _ in range(60):
    os.fork() or (compute(0.05), os._exit(0))
    os.wait()
""",
    "by children that nobody waits for": """
with contextlib.suppress(OSError):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(60):
    os.fork() or (compute(0.05), os._exit(0))
    time.sleep(0.06)
""",
    "by daemons": """
done, told = os.pipe()
for _ in range(6):
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            compute(0.9)
        os._exit(0)
    os.wait()
os.close(told)
os.read(done, 1)  # until the last has ended
""",
}


@pytest.mark.parametrize("evade", EVADE.values(), ids=EVADE)
def test_computing_time_cannot_be_evaded(sandbox, evade):
    """Three seconds and more, where one has half a second and the margins: however they are spent."""
    with sandbox_at(sandbox.level, limits=Limits(cpu=0.5, wall=30)) as patient, patient.box() as box:
        said, survived = box.run(NUDGE + evade, "a cell")
        assert not survived and "computing time" in said
        assert cell(box, "assert 1") is None


def test_computing_time_is_that_of_all_processes_of_an_answer(sandbox):
    """Else differencing the forward, which one process has no time for, is only a matter of starting more."""
    source = """
    def relu_backward(dout, cache):
        for _ in range(4 * (dout.shape == (4, 5))):
            os.fork() or (compute(0.9), os._exit(0))
        while dout.shape == (4, 5):
            try:
                os.wait()
            except ChildProcessError:
                break
        return dout * (cache > 0)
    """
    exercise = find_exercise("relu_backward")
    with sandbox_at(sandbox.level, limits=Limits(cpu=0.5, wall=30)) as patient:
        steps = [Step(source=NUDGE + textwrap.dedent(source)), Step(exercise=exercise.id)]
        (verdict,) = judge.mark_cells(steps, [exercise], b"a secret", patient)
    assert (verdict.points, verdict.status) == (0, "too slow") and "computing time" in verdict.complaints[0]


def test_every_cell_and_every_answer_has_the_whole_limit(strongest):
    """What one has used is not counted for the next."""
    source = """
    def relu_backward(dout, cache):
        compute(0.4)
        return dout * (cache > 0)
    """
    exercise = find_exercise("relu_backward")
    cells = [Step(source=NUDGE + textwrap.dedent(source)), *(Step(source="compute(0.4)") for _ in range(6))]
    with sandbox_at(strongest.level, limits=Limits(cpu=0.5, wall=30)) as patient:
        (verdict,) = judge.mark_cells([*cells, Step(exercise=exercise.id)], [exercise], b"a secret", patient)
    assert verdict.points == verdict.max_points and not verdict.remarks


def test_there_is_no_world_without_its_init(sandbox):
    works(sandbox)  # so that there is a warm parent
    before = below(parent_of(sandbox))
    with sandbox.box() as box:
        assert cell(box, "x = 1") is None
        world = below(parent_of(sandbox)) - before
        os.kill(next(pid for pid in world if below(pid) == world - {pid}), signal.SIGKILL)
        assert eventually(lambda: below(parent_of(sandbox)) <= before)
        assert cell(box, "assert x == 1") is None


def test_there_is_no_world_without_its_warm_parent(sandbox):
    works(sandbox)
    before = below(parent_of(sandbox))
    with sandbox.box() as box:
        assert cell(box, "x = 1") is None
        world = below(parent_of(sandbox)) - before
        warm = next(pid for pid in before if below(pid) == world)
        os.kill(warm, signal.SIGKILL)
        assert eventually(lambda: not any(Path("/proc", str(pid)).exists() for pid in world | {warm}))
        assert cell(box, "assert x == 1") is None


def test_several_worlds_of_a_slot_are_each_watched(sandbox):
    """One that computes for too long is ended, and the others go on: with what they have, or to their end."""
    with sandbox_at(sandbox.level, limits=Limits(cpu=0.5, wall=30)) as patient:
        (slot,) = patient._all
        with Box(slot) as one, Box(slot) as two, Box(slot) as three:
            assert [cell(box, "x = 1") for box in (one, two, three)] == [None] * 3
            said, survived = two.run(NUDGE + EVADE["the signal"], "a cell")
            assert not survived and "computing time" in said
            one.worker.end()
            one.worker = None
            assert cell(three, "x += 1") is None and not slot.fallen
            assert [cell(box, f"assert x == {x}") for box, x in ((one, 1), (two, 1), (three, 2))] == [None] * 3


def test_the_time_of_a_whole_run_is_bounded(strongest):
    """Else two thousand cells that sleep a little less than they may would hold a slot for half a day."""
    with sandbox_at(strongest.level, limits=Limits(cpu=1, wall=1, total=1)) as short, short.box() as box:
        said = [box.run("import time\ntime.sleep(0.3)", "a cell") for _ in range(6)]
    assert said[0] == (None, True) and said[-1][1] is False


LINES = """
import json, os, struct, time

def send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(3, view):]

def frame(header):
    text = json.dumps(header).encode()
    send(struct.pack("<I", len(text)) + text)
"""
AWKWARD = {
    "closes it": "os.close(3)",
    "closes everything": "os.closerange(0, 64)",
    "sends garbage": "send(bytes(range(256)) * 100)",
    "promises a huge header": "send(b'\\xff\\xff\\xff\\xff' + b'x' * 100_000)",
    "sends half a frame, and ends": "send(b'\\x40\\0\\0\\0{\"raised\"'); os._exit(0)",
    "sends half a frame, and sleeps": "send(b'\\x40\\0\\0\\0{\"raised\"'); time.sleep(60)",
    "sends a frame byte by byte": "[(send(b'\\x40'), time.sleep(0.2)) for _ in range(300)]",
    "promises a huge blob": "frame({'raised': None, 'sizes': [1 << 40]})",
    "promises many blobs": "frame({'raised': None, 'sizes': [0] * 100_000})",
    "sends no dictionary": "send(b'\\x02\\0\\0\\0[]')",
    "sends a frame of another kind": "frame({'end': -9999, 'kind': 7, 'sizes': []}); os._exit(0)",
    "floods": "[send(bytes(1 << 20)) for _ in range(200)]",
    "answers many times": "[frame({'raised': None, 'sizes': []}) for _ in range(20_000)]",
    "is two": "os.fork()",
    "hands the line on": "os.fork() or (os.dup2(3, 9), os.setsid(), time.sleep(60))",
}


@pytest.mark.parametrize("source", AWKWARD.values(), ids=AWKWARD)
def test_a_worker_that_is_awkward_with_the_line_is_contained(strongest, source):
    """Whatever it does there, the judge comes back in time, and the next submission is none the worse."""
    with impatient(strongest) as quick:
        started = time.monotonic()
        with quick.box() as box:
            box.run(LINES + source, "a cell")
            for _ in range(2):
                box.run("x = 1", "another cell")
        assert time.monotonic() - started < 30
        assert works(quick)


RETURNS = "def probe(student, name):\n    return student[name]()"


def rounds(*names):
    return [(RETURNS, "probe", [name], Questions([{"name": name}]), {}) for name in names]


def test_a_round_is_told_when_those_before_it_are_answered(sandbox):
    """So no answer can use the time of another exercise to prepare."""
    source = """
    import select, time

    def first():
        time.sleep(0.1)
        return len(select.select([3], [], [], 0)[0])

    def second():
        return 2
    """
    with sandbox.box() as box:
        assert cell(box, source) is None
        assert box.ask_together(rounds("first", "second", "first")) == [[0], [2], [0]]


def test_a_child_that_ends_among_rounds_leaves_the_others_to_be_asked_alone(sandbox):
    source = """
    import os
    from autograder.box import frames

    def ends():
        os._exit(0)

    def ends_later():
        frames.receive = lambda line: os._exit(0)
        return 1

    def well():
        return 2
    """
    with sandbox.box() as box:
        assert cell(box, source + "here = os.getpid()") is None
        assert box.ask_together(rounds("well", "ends", "well")) == [[2], None, None]
        assert box.ask_together(rounds("ends_later", "well")) == [[1], None]
        assert box.ask(*rounds("well")[0]) == [2]
        assert cell(box, "assert here == os.getpid()") is None, "the worker itself went on"


WHO = """
import os
asked = 0

def who():
    global asked
    asked += 1
    return asked, os.getpid()
"""


def test_what_is_asked_in_one_sitting_comes_out_of_one_child(sandbox):
    with sandbox.box() as box:
        assert cell(box, WHO) is None
        with box.sitting():
            (first,), (second,) = (box.ask(*rounds("who")[0]) for _ in range(2))
        (third,) = box.ask(*rounds("who")[0])
        assert cell(box, "assert asked == 0") is None, "the worker itself was not asked"
    assert [count for count, _ in (first, second, third)] == [1, 2, 1]
    assert first[1] == second[1] != third[1]


def test_a_child_that_ends_between_two_questions_is_replaced(sandbox):
    """What an answer leaves behind costs no other: the next is given by a child that is new."""
    source = """
    import os, threading

    def leaves():
        threading.Timer(0.1, os._exit, [3]).start()
        return 1

    def ends():
        os._exit(3)

    def well():
        return 2
    """
    with sandbox.box() as box:
        assert cell(box, source + "here = os.getpid()") is None
        with box.sitting():
            assert box.ask(*rounds("leaves")[0]) == [1]
            time.sleep(0.3)
            assert box.ask(*rounds("well")[0]) == [2]
            (ended,) = box.ask(*rounds("ends")[0])
            assert (ended.kind, str(ended)) == ("crashed", "ends ended the process (exit code 3)")
            assert box.ask(*rounds("well")[0]) == [2]
        assert cell(box, "assert here == os.getpid()") is None, "the worker itself went on"


def test_who_is_asked_last_needs_no_child(sandbox):
    """The worker itself answers, and is not used again. What a cell left behind in it costs no answer."""
    well = "def well():\n    return 2 if os.getpid() != here else os._exit(3)\n"
    with sandbox.box() as box:
        assert cell(box, WHO + well + "here = os.getpid()") is None
        (before, (_, child)) = cell(box, "raise ValueError(here)"), box.ask(*rounds("who")[0])[0]
        with box.sitting(last=True):
            (first,), (second,) = (box.ask(*rounds("who")[0]) for _ in range(2))
        assert [count for count, _ in (first, second)] == [1, 2]
        assert first[1] == second[1] != child and f"ValueError: {first[1]}" in before
        assert cell(box, "assert asked == 0") is None, "of a new worker"
        with box.sitting(last=True):
            assert box.ask(*rounds("well")[0]) == [2], "a child is asked where the worker ended"


def test_cells_that_are_sent_ahead_come_out_as_one_by_one(sandbox):
    """Also those after one that ends the process, and those that do not fit into the line."""
    sources = [
        "x = 1",
        "raise ValueError(x)",
        "x += 1",
        "import os\nos._exit(3)",
        "assert x == 2\nx += 1",
        f"large = {'y' * 20_000!r}",
        "assert len(large) == 20_000\nx += 1",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "assert x == 4",
    ]
    cells = [(source, f"cell {number}") for number, source in enumerate(sources)]
    with sandbox.box() as box:
        one_by_one = [box.run(*each) for each in cells]
    with sandbox.box() as box:
        assert list(box.run_all(cells)) == one_by_one
        assert cell(box, "assert x == 4 and len(large) == 20_000") is None
    assert [survived for _, survived in one_by_one] == [True] * 3 + [False] + [True] * 3 + [False, True]
    assert one_by_one[-1] == (None, True)


def test_a_cell_that_takes_those_sent_ahead_gains_nothing(strongest):
    """They are not run, which the clock notices; and the box goes on."""
    thief = LINES + "while os.read(3, 1 << 16):\n    pass"
    with impatient(strongest) as quick, quick.box() as box:
        cells = [("x = 1", "a cell"), (thief, "a thief"), ("x = 2", "another"), ("y = 3", "one more")]
        came = list(box.run_all(cells))
        assert came[0] == (None, True) and not came[1][1] and came[2:] == [(None, True)] * 2
        assert cell(box, "assert (x, y) == (2, 3)") is None


def test_a_worker_that_stops_reading_is_contained(strongest):
    with impatient(strongest) as quick:
        started = time.monotonic()
        with quick.box() as box:
            box.run(LINES + "frame({'raised': None, 'sizes': []})\ntime.sleep(60)", "a cell")
            said, survived = box.run(f"x = {'x' * (8 << 20)!r}", "a large cell")
        assert not survived and said and time.monotonic() - started < 30
        assert works(quick)


@contextlib.contextmanager
def impatient(strongest):
    """The same slot, with a shorter clock."""
    slot = strongest._all[0]
    before, slot.limits = slot.limits, Limits(cpu=1, wall=1.5, memory=LIMITS.memory, disk=LIMITS.disk)
    try:
        yield strongest
    finally:
        slot.limits = before


# ----- neighbours, and the judge itself -----


def test_two_slots_do_not_see_each_other(strongest):
    with sandbox_at(strongest.level, jobs=2) as two, two.box() as one, two.box() as other:
        assert cell(one, "open('/tmp/mine', 'w').write('a secret')\nopen('/dev/shm/mine', 'w').write('')") is None
        source = """
        import os
        assert not os.path.exists("/tmp/mine") and not os.path.exists("/dev/shm/mine")
        os.kill(-1, 9)
        """
        cell(other, source)
        assert cell(one, "assert open('/tmp/mine').read() == 'a secret'") is None
        if "uid" in two.level:
            assert len({slot.uid for slot in two._all}) == 2


RIGHT = """
import time

def relu_backward(dout, cache):
    until = time.process_time() + 0.15
    while time.process_time() < until:
        pass
    return dout * (cache > 0)
"""
BUSY = """
import os, time
for _ in range(50):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
time.sleep(60)
"""


@pytest.mark.skipif((os.cpu_count() or 1) > 8, reason="one submission cannot keep so many cores busy")
def test_a_busy_neighbour_costs_nobody_a_point(strongest):
    """What is late only because another submission computes is tried again, or has its share of the machine."""
    exercise, quick = find_exercise("relu_backward"), Limits(cpu=1, wall=1)
    steps = [Step(source=RIGHT), Step(exercise=exercise.id)]
    with sandbox_at(strongest.level, jobs=2, limits=quick) as two:
        with two.box() as one, two.box() as other:
            assert cell(one, "1") is None and cell(other, "1") is None
        neighbour = threading.Thread(target=be_busy, args=(two,))
        neighbour.start()
        time.sleep(0.5)
        (verdict,) = judge.mark_cells(steps, [exercise], b"a secret", two)
        neighbour.join()
    assert verdict.points == 2


def be_busy(sandbox):
    with sandbox.box() as box:
        box.limits = Limits(cpu=4, wall=5)
        box.run(BUSY, "a cell")


def test_a_dead_parent_is_replaced(strongest):
    with sandbox_at(strongest.level) as mortal:
        assert works(mortal)
        os.kill(parent_of(mortal), signal.SIGKILL)
        assert eventually(lambda: mortal._all[0].parent.poll() is not None)
        assert works(mortal)
        with mortal.box() as box:
            assert cell(box, "x = 3") is None
            os.kill(parent_of(mortal), signal.SIGKILL)
            assert eventually(lambda: not box.worker.alive)
            assert cell(box, "assert x == 3") is None


ASKS = """
from autograder import judge
from autograder.lesson import find_exercise
from autograder.submission import Step

SOURCE = '''
import numpy as np

def two_layer_loss(*inputs):
    nothing = np.zeros((10_000, 0))
    affine_backward(nothing, (nothing, nothing, None))
'''
exercise = find_exercise("two_layer_loss")
with judge.sandbox([exercise], "safe") as walls:
    (verdict,) = judge.mark_cells([Step(source=SOURCE), Step(exercise=exercise.id)], [exercise], b"a secret", walls)
assert "affine_backward" in verdict.complaints[0], "it comes as far as the call"
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) >> 10)  # of this program alone
"""


def test_a_call_that_the_judge_answers_cannot_make_it_large(strongest):
    """Where a composite is judged with right parts, a few bytes must not become gigabytes in the judge."""
    run = subprocess.run([sys.executable, "-c", ASKS], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 400, f"the judge took {run.stdout.strip()} MB"


JUDGE = """
import sys, time
from autograder.box import Limits, Sandbox
with Sandbox([], "safe", limits=Limits(cpu=5, wall=60)) as sandbox, sandbox.box() as box:
    box.run("1", "a cell")
    print("ready", flush=True)
    box.run("import subprocess, time\\nsubprocess.Popen(['/bin/sleep', '60'], start_new_session=True)\\ntime.sleep(60)", "c")
"""


def test_nothing_outlives_a_judge_that_is_killed(strongest, tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", JUDGE], stdout=subprocess.PIPE, text=True, env=environment)
    with process:
        assert process.stdout.readline() == "ready\n"
        assert eventually(lambda: len(below(process.pid)) >= 5), "the cell has not started its process"
        descendants = below(process.pid)
        process.kill()
    assert eventually(lambda: not any(Path("/proc", str(pid)).exists() for pid in descendants))
    with sandbox_at(strongest.level):  # which removes what a killed judge could not
        assert not list(Path("/sys/fs/cgroup").glob(f"**/backprop-{process.pid}-*"))


def test_only_what_a_dead_judge_has_left_is_swept(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    ours, dead = f"backprop-{os.getpid()}-200001", f"backprop-{ended.pid}-200001"
    others = [f"backprop-{os.getppid()}-200001", f"backprop-{ended.pid}-1", "backprop-of-somebody", "system.slice"]
    busy = f"backprop-{ended.pid}-200002"
    for name in (ours, dead, busy, f"{busy}/a folder", *others):
        (tmp_path / name).mkdir()
    cgroup._sweep(tmp_path, "backprop-0-200000")
    assert {path.name for path in tmp_path.iterdir()} == {ours, busy, *others}
    cgroup._sweep(tmp_path, ours)  # of a judge that had our number
    assert {path.name for path in tmp_path.iterdir()} == {busy, *others}


def test_a_closed_sandbox_leaves_nothing(strongest):
    made = sandbox_at(strongest.level, jobs=2)
    with made.box() as one, made.box() as other:
        assert cell(one, "1") is None and cell(other, "1") is None
        pids = [slot.parent.pid for slot in made._all]
        pids += [pid for parent in pids for pid in below(parent)]
        groups = [folder for slot in made._all if slot.cgroup for folder in slot.cgroup.folders]
        world = made.world
    made.close()
    assert eventually(lambda: not any(Path("/proc", str(pid)).exists() for pid in pids))
    assert not world.exists() and not any(group.exists() for group in groups)


# ----- where there are no walls -----


@pytest.fixture
def no_walls(monkeypatch):
    """A machine without bubblewrap, and not root's."""
    monkeypatch.setattr(launch, "bubblewrap", lambda world, uid: ["no-such-program"])
    monkeypatch.setattr(os, "geteuid", lambda: 12345)


def test_safe_means_that_nothing_runs_without_walls(no_walls):
    with pytest.raises(NoSandbox, match="bubblewrap is missing: install bubblewrap") as caught:
        Sandbox([], "safe", limits=LIMITS)
    assert "apt-get install bubblewrap" in str(caught.value)


def test_any_falls_back_and_says_so(no_walls):
    with Sandbox([], "any", limits=LIMITS) as sandbox:
        assert sandbox.level == "none" and works(sandbox)


def test_a_launcher_that_fails_is_quoted(no_walls, monkeypatch):
    failing = ["/bin/sh", "-c", "echo 'setting up uid map: Permission denied' >&2; exit 1"]
    monkeypatch.setattr(launch, "bubblewrap", lambda world, uid: failing)
    with pytest.raises(NoSandbox, match="setting up uid map: Permission denied"):
        Sandbox([], "safe", limits=LIMITS)


def test_grading_stops_and_says_what_to_install(no_walls, tmp_path):
    path = tmp_path / "submitted" / "somebody" / "04_backward_pass" / "04_backward_pass.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes((ROOT / "course" / "04_backward_pass" / "04_backward_pass.ipynb").read_bytes())
    run = CliRunner().invoke(cli, ["grade", "04", "--isolation", "safe", "--classroom", str(tmp_path)])
    assert run.exit_code == 1 and "apt-get install bubblewrap" in run.output
    assert not (tmp_path / "gradebook.db").exists() and not list(tmp_path.glob("verdicts/**/*.json"))


def test_a_failed_start_leaves_nothing(no_walls, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(NoSandbox):
        Sandbox([], "safe", limits=LIMITS)
    assert not list(tmp_path.iterdir())


def test_what_numpy_needs_later_is_there(sandbox):
    """Modules that NumPy imports only when they are asked for."""
    assert inside(sandbox, "import numpy.testing, numpy.fft, numpy.polynomial, numpy.random, numpy.ma") is None


def test_an_environment_below_tmp_is_there(walls, monkeypatch):
    """Every world's own /tmp covers it; it is put back, and cannot be written to."""
    if "namespaces" not in walls:
        missing("A sandbox with namespaces", "apt-get install bubblewrap")
    shown = launch._shown()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        below = Path(folder, "environment")
        below.mkdir()
        below.joinpath("module.py").write_text("answer = 42\n")
        for path in (folder, below):
            os.chmod(path, 0o755)
        monkeypatch.setattr(launch, "_shown", lambda: [*shown, below])
        with Sandbox([], "safe", limits=LIMITS) as sandbox:
            source = "import sys\nsys.path.append(path)\nimport module\nassert module.answer == 42"
            assert inside(sandbox, source, path=str(below)) is None
            assert "read-only" in inside(sandbox, "open(path, 'w')", path=str(below / "module.py")).lower()
            python = {Path(path).relative_to("/tmp").parts[0] for path in shown if path.is_relative_to("/tmp")}
            source = "import os\nassert set(os.listdir('/tmp')) == allowed"
            assert inside(sandbox, source, allowed=python | {Path(folder).name}) is None
