"""The system calls that student code may not make, as a filter for the kernel.

A deny list: NumPy must run, so most calls stay. What goes is what other walls would have to hold
against: new namespaces and mounts, other processes' memory, the network, kernel interfaces with a
long record of holes. Numbers are from the kernel's tables for each architecture.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

__all__ = ["install", "number", "program"]

# fmt: off
DENIED = {
    #                     x86_64  aarch64
    "socket":             (41,    198),
    "ptrace":             (101,   117),
    "process_vm_readv":   (310,   270),
    "process_vm_writev":  (311,   271),
    "kcmp":               (312,   272),
    "pidfd_getfd":        (438,   438),
    "mount":              (165,   40),
    "umount2":            (166,   39),
    "pivot_root":         (155,   41),
    "chroot":             (161,   51),
    "open_tree":          (428,   428),
    "move_mount":         (429,   429),
    "fsopen":             (430,   430),
    "fsconfig":           (431,   431),
    "fsmount":            (432,   432),
    "mount_setattr":      (442,   442),
    "unshare":            (272,   97),
    "setns":              (308,   268),
    "open_by_handle_at":  (304,   265),
    "bpf":                (321,   280),
    "perf_event_open":    (298,   241),
    "userfaultfd":        (323,   282),
    "io_uring_setup":     (425,   425),
    "io_uring_enter":     (426,   426),
    "io_uring_register":  (427,   427),
    "keyctl":             (250,   219),
    "add_key":            (248,   217),
    "request_key":        (249,   218),
    "init_module":        (175,   105),
    "finit_module":       (313,   273),
    "delete_module":      (176,   106),
    "kexec_load":         (246,   104),
    "kexec_file_load":    (320,   294),
    "reboot":             (169,   142),
    "swapon":             (167,   224),
    "swapoff":            (168,   225),
    "personality":        (135,   92),
    "shmget":             (29,    194),   # memory that is nobody's
    "memfd_create":       (319,   279),
    "memfd_secret":       (447,   447),
}
CLONE, CLONE3 = (56, 220), 435
SIGACTION = 13, 134
# fmt: on
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
NEW_NAMESPACE = 0x7E020000  # any CLONE_NEW* flag
X32 = 0x40000000  # a second set of numbers for the same calls
CHILD = 17  # SIGCHLD: where it is ignored, the time that a process has taken is forgotten with it
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000


def number(call: tuple[int, int]) -> int:
    """A call's number on this machine."""
    return call[_machine(platform.machine())[0]]


def _machine(name: str) -> tuple[int, int]:
    if name not in MACHINES:
        raise OSError(f"no table of system calls for {name}")
    return MACHINES[name]


def program(machine: str) -> bytes:
    """The filter as BPF; raises OSError for a machine whose numbers are not in the table."""
    column, audit = _machine(machine)
    lines = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        lines += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, ERROR | errno.EPERM)]
    for numbers in DENIED.values():
        lines += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ERROR | errno.EPERM)]
    lines += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ERROR | errno.ENOSYS)]  # its flags are out of a filter's sight
    for call, test, value in ((CLONE, ANY_BIT, NEW_NAMESPACE), (SIGACTION, EQUAL, CHILD)):
        lines += [(EQUAL, 0, 4, call[column]), (LOAD, 0, 0, FIRST_ARGUMENT)]
        lines += [(test, 0, 1, value), (RETURN, 0, 0, ERROR | errno.EPERM), (RETURN, 0, 0, ALLOW)]
    lines += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def install() -> None:
    """Put the filter on this process and all that it starts, for good."""
    code = program(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    for call in (
        (no_new_privileges, 1, 0, 0, 0),
        (set_seccomp, mode_filter, ctypes.create_string_buffer(filter_), 0, 0),
    ):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
