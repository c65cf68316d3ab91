"""The warm parent of one slot: holds Python and NumPy ready, forks once for each submission, and watches what it forked.

It runs inside bubblewrap's walls already: no network, a read-only system, no capabilities. Each
fork gets its own walls inside those:

    warm parent ── init (pid 1 of its own world) ── worker: the student's code
    kills the world when the judge lets go of the leash, or when a call has used
    more computing time than it may, whichever of the world's processes used it

The warm parent stands outside the worlds that it watches, so nothing in there can reach it. `init` reaps, and
is there because the kernel shields pid 1 from some signals, time limits among them.

Requests come on descriptor 0, each with two descriptors: the worker's line to the judge, and the
leash. A byte on the leash says that a call begins. When the world has ended, its exit code goes back
there: that of a process which the kernel stopped for its time, where the watch did so.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import time

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000
RDONLY, NOSUID, NODEV, NOEXEC, BIND, REC, PRIVATE = 1, 2, 4, 8, 1 << 12, 1 << 14, 1 << 18
LIBC = ctypes.PyDLL(None, use_errno=True)
TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
SHORTEST, LONGEST = 0.02, 0.25  # seconds from one look at a world to the next
NEVER = float("inf")
MARGIN = 1.0  # the kernel's limit on one process is in whole seconds; it shall be first, it costs but an answer


def main():
    """Serve requests until the judge's end of the line is closed."""
    sys.path.insert(0, sys.argv[1])
    import numpy.random  # noqa: F401  (NumPy would load it when it is first used)

    from autograder.box import frames, inside, seccomp, shown, values  # noqa: F401  (loaded once, for all forks)

    load_world()

    line, processes = socket.socket(fileno=0), os.open("/proc", os.O_RDONLY)
    memory, worlds, poll = inside.address_space(), [], select.poll()
    poll.register(line, select.POLLIN)
    gc.collect()
    gc.freeze()
    line.send(b"ready")
    while True:
        due = min((world.due for world in worlds), default=NEVER)
        events = dict(poll.poll(None if due == NEVER else max(0.0, 1000 * (due - time.monotonic()))))
        worlds = [world for world in worlds if not world.over(events, poll)]
        if line.fileno() in events:
            request, descriptors, _, _ = socket.recv_fds(line, 4096, 2)
            if not request:
                return
            worlds += begin(poll, processes, *descriptors, json.loads(request), memory)


def load_world():
    """Import what a lesson's set-up will ask for, once for all forks: it would be compiled anew in each. Where cells are
    run to be shown, that is also what draws."""
    import autograder.mine  # noqa: F401
    import backprop

    for found in pkgutil.walk_packages(backprop.__path__, "backprop."):
        with contextlib.suppress(Exception):  # a module that cannot be loaded says so where it is asked for
            importlib.import_module(found.name)
    if "backprop.explore.still" in sys.modules:
        with contextlib.suppress(ImportError):
            rehearse()


def rehearse():
    """Draw something once: the fonts and tables that matplotlib looks up for its first picture, it has for all that follow."""
    from matplotlib import pyplot

    from autograder.box import shown

    axes = pyplot.figure().add_subplot()
    axes.plot([0, 1], [0, 1], "o-", label="$10^{-1}$")
    axes.scatter([0, 1], [1, 0])
    axes.imshow([[0.0, 1.0]])
    axes.legend()
    axes.grid()
    axes.set(title="A", xlabel="b")
    shown.figures()


def begin(poll, processes, talk, leash, limits, memory):
    """A world with a worker in it, in a list; in an empty one where the kernel refuses."""
    with socket.socket(fileno=talk), contextlib.ExitStack() as stack:
        leash = stack.enter_context(socket.socket(fileno=leash))
        with contextlib.suppress(OSError):
            user = os.getuid(), os.getgid()
            init = clone()
            if init == 0:
                try:
                    run_init(talk, user, limits, memory)
                finally:
                    os._exit(1)
            stack.pop_all()
            return [World(init, leash, limits["cpu"] + MARGIN, processes, poll)]
    return []


class World:
    """A world that runs, seen from outside. It is ended where the judge lets go, or a call uses too much computing time.

    There is no look at it before it could be over its limit with all cores busy, or before
    LONGEST: most worlds end unseen. Nor does a call that begins wake anybody. It is found at the next
    look, and what was used since the look before is counted as its own: less than MARGIN, so that one
    process which stays within the kernel's limit never pays for the call before it.
    """

    def __init__(self, init, leash, allowed, processes, poll):
        self.init, self.leash, self.allowed, self.processes = init, leash, allowed, processes
        self.ended, self.late = os.pidfd_open(init), False
        self.since = self.before = self.now = 0.0
        poll.register(self.ended, select.POLLIN)
        poll.register(leash, select.POLLRDHUP)  # not for what there is to read
        self.due = self._next_look()

    def over(self, events, poll):
        """See to it after a poll; whether it has ended. Then its exit code has been sent."""
        if self.ended in events:
            if self.due < NEVER:
                poll.unregister(self.leash)
            poll.unregister(self.ended)
            self._say_how()
            return True
        if self.due < NEVER and (self.leash.fileno() in events or self._overspends()):
            os.kill(self.init, signal.SIGKILL)
            poll.unregister(self.leash)
            self.due = NEVER
        return False

    def _overspends(self):
        if time.monotonic() < self.due:
            return False
        self.before, self.now = self.now, max(self.now, used(self.init, self.processes))
        if begun(self.leash):
            self.since = self.before
        self.due, self.late = self._next_look(), self.now > self.since + self.allowed
        return self.late

    def _next_look(self):
        return time.monotonic() + min(LONGEST, max(SHORTEST, (self.since + self.allowed - self.now) / CORES))

    def _say_how(self):
        code = os.waitstatus_to_exitcode(os.waitpid(self.init, 0)[1])
        code = -signal.SIGXCPU if self.late else code - 256 if code > 128 else code
        os.close(self.ended)
        with contextlib.suppress(OSError), self.leash:
            self.leash.send(struct.pack("<i", code), socket.MSG_DONTWAIT)


def begun(leash):
    """Whether a call has begun since this was asked last."""
    try:
        return bool(leash.recv(1 << 16, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False


def used(init, processes):
    """Seconds of computing time of a world: of all that lives below its init, and of all that was reaped.

    None of its processes can have a parent elsewhere, and each passes its time on to whoever reaps it.
    (Time is lost where SIGCHLD is ignored; the filter of system calls does not let it be.) Parents are
    read before their children, as a rule: one that ends meanwhile is missed, and not counted twice.
    """
    children, ticks = {}, {}
    for pid in sorted(int(name) for name in os.listdir(processes) if name.isdigit()):
        with contextlib.suppress(OSError):  # it has ended
            fields = _stat(pid, processes)
            children.setdefault(int(fields[1]), []).append(pid)
            ticks[pid] = sum(map(int, fields[11:15]))  # its own and its reaped children's, user and system
    world = [init]
    for pid in world:
        world += children.get(pid, [])
    return sum(ticks[pid] for pid in world) / TICKS


def _stat(pid, processes):
    """What the kernel says of a process, after its name: that may hold anything."""
    stat = os.open(f"{pid}/stat", os.O_RDONLY, dir_fd=processes)
    try:
        return os.read(stat, 4096).rpartition(b")")[2].split()
    finally:
        os.close(stat)


def clone():
    """Fork into user, mount, process, IPC and host-name namespaces that are new. The C library's fork does not know of
    those; there is one thread, and what is told to others at a fork can wait for the worker's."""
    from autograder.box import seccomp

    flags = signal.SIGCHLD | NEWUSER | NEWNS | NEWPID | NEWIPC | NEWUTS
    return _call(LIBC.syscall(*map(ctypes.c_long, (seccomp.number(seccomp.CLONE), flags, 0, 0, 0, 0))))


def run_init(talk, user, limits, memory):
    """Pid 1 of the world: build its walls, start the worker, reap whatever ends, and end with the worker's code."""
    parent_death = 1
    _call(LIBC.prctl(parent_death, signal.SIGKILL, 0, 0, 0))  # no world without its watch
    setup_files(talk)
    setup_user(*user)
    setup_mounts(limits)
    worker = os.fork()
    if worker == 0:
        code = 1
        try:
            os.setsid()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            setup_limits(limits, memory)
            setup_powerless()
            setup_filter()
            run_worker(limits)
            code = 0
        finally:
            os._exit(code)
    os.close(3)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        pid, status = os.wait()
        if pid == worker:
            code = os.waitstatus_to_exitcode(status)
            os._exit(min(code, 128) if code >= 0 else 256 + code)


def run_worker(limits):
    from autograder.box import inside

    inside.serve(3, limits["cpu"], alone=True)


def setup_user(uid, gid):
    """In the new user namespace, the user that we are outside, and no other."""
    for file, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{file}", "w") as out:
            out.write(text)


def setup_mounts(limits):
    """Its own /tmp and /dev/shm, bounded; its own /proc, or none where a fresh one is refused. What Python needs and the
    new /tmp covers, which the command line names, is put back."""
    _mount(b"none", b"/", None, REC | PRIVATE, None)
    needed = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY)) for path in sys.argv[2:]]
    size = b"size=%d,nr_inodes=2000,mode=1777" % limits["disk"]
    _mount(b"tmpfs", b"/tmp", b"tmpfs", NOSUID | NODEV, size)
    for path, covered in needed:
        os.makedirs(path, exist_ok=True)
        os.fchdir(covered)
        os.close(covered)
        _mount(b".", os.fsencode(path), None, BIND | REC, None)
    _mount(b"tmpfs", b"/dev/shm", b"tmpfs", NOSUID | NODEV, b"size=16m,nr_inodes=100,mode=1777")
    try:
        _mount(b"proc", b"/proc", b"proc", NOSUID | NODEV | NOEXEC, None)
    except OSError:
        _mount(b"tmpfs", b"/proc", b"tmpfs", RDONLY | NOSUID | NODEV | NOEXEC, b"size=4k")
    os.chdir("/tmp")


def setup_files(talk):
    """Descriptor 3 is the line to the judge; 0, 1 and 2 are the null device; nothing else is open."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(talk, 3)
    os.closerange(4, 256)


def setup_limits(limits, memory):
    from autograder.box import inside

    inside.setup_limits(limits, memory)
    inside.limit("NPROC", limits["processes"])


def setup_powerless():
    """No capability, not even in its own user namespace, and none to be gained."""
    bounding_drop, ambient, clear_all, version_3 = 24, 47, 4, 0x20080522
    for capability in range(64):
        if LIBC.prctl(bounding_drop, capability, 0, 0, 0) < 0:
            break  # past the last one that this kernel knows
    _call(LIBC.prctl(ambient, clear_all, 0, 0, 0))
    _call(LIBC.capset((ctypes.c_uint32 * 2)(version_3, 0), (ctypes.c_uint32 * 6)()))


def setup_filter():
    from autograder.box import seccomp

    seccomp.install()


def _mount(*arguments):
    _call(LIBC.mount(*arguments))


def _call(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    main()
