"""The warm parent of one slot: holds Python and NumPy ready, and forks once for each submission.

It runs inside bubblewrap's walls already: no network, a read-only system, no capabilities. Each
fork gets its own walls inside those:

    warm parent ── watcher ── init (pid 1 of its own world) ── worker: the student's code
                   kills the world when the judge lets go of the leash

The watcher stands outside the world it watches, so nothing in there can reach it. `init` reaps, and
is there because the kernel shields pid 1 from some signals, time limits among them.

Requests come on descriptor 0, each with two descriptors: the worker's line to the judge, and the
leash. When the world has ended, its exit code goes back on the leash.
"""

import ctypes
import gc
import json
import os
import select
import signal
import socket
import struct
import sys

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000
RDONLY, NOSUID, NODEV, NOEXEC, REC, PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
LIBC = ctypes.CDLL(None, use_errno=True)


def main():
    """Serve requests until the judge's end of the line is closed."""
    sys.path.insert(0, sys.argv[1])
    import numpy  # noqa: F401

    from autograder.box import frames, inside, seccomp, values  # noqa: F401  (loaded once, for all forks)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    line = socket.socket(fileno=0)
    memory = inside.address_space()
    gc.collect()
    gc.freeze()
    line.send(b"ready")
    while True:
        request, descriptors, _, _ = socket.recv_fds(line, 4096, 2)
        if not request:
            return
        if os.fork() == 0:
            code = 1
            try:
                line.close()
                code = watch(*descriptors, json.loads(request), memory)
            finally:
                os._exit(code)
        for descriptor in descriptors:
            os.close(descriptor)


def watch(talk, leash, limits, memory):
    """The watcher: build the world's outer walls, start its init, and end it when told to."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    setup_namespaces()
    init = os.fork()
    if init == 0:
        os.close(leash)
        setup_mounts(limits)
        run_init(talk, limits, memory)
    os.close(talk)
    ended = os.pidfd_open(init)
    poll = select.poll()
    for descriptor in (leash, ended):
        poll.register(descriptor, select.POLLIN)
    poll.poll()
    os.kill(init, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(init, 0)[1])
    try:
        os.write(leash, struct.pack("<i", code - 256 if code > 128 else code))
    except OSError:
        pass
    return 0


def run_init(talk, limits, memory):
    """Pid 1 of the world: start the worker, reap whatever ends, and end with the worker's code."""
    worker = os.fork()
    if worker == 0:
        code = 1
        try:
            setup_files(talk)
            setup_limits(limits, memory)
            setup_powerless()
            setup_filter()
            run_worker(limits)
            code = 0
        finally:
            os._exit(code)
    os.close(talk)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        pid, status = os.wait()
        if pid == worker:
            code = os.waitstatus_to_exitcode(status)
            os._exit(min(code, 128) if code >= 0 else 256 + code)


def run_worker(limits):
    from autograder.box import inside

    inside.serve(3, limits["cpu"], alone=True)


def setup_namespaces():
    """A user, mount, process, IPC and host-name namespace of its own."""
    uid, gid = os.getuid(), os.getgid()
    _call(LIBC.unshare(NEWUSER | NEWNS | NEWPID | NEWIPC | NEWUTS))
    for file, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{file}", "w") as out:
            out.write(text)


def setup_mounts(limits):
    """Its own /tmp and /dev/shm, bounded; its own /proc, or none where a fresh one is refused."""
    _mount(b"none", b"/", None, REC | PRIVATE, None)
    size = b"size=%d,nr_inodes=2000,mode=1777" % limits["disk"]
    _mount(b"tmpfs", b"/tmp", b"tmpfs", NOSUID | NODEV, size)
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
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


if __name__ == "__main__":
    main()
