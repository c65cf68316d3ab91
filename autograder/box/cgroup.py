"""A bound on the memory and the processes of a whole slot, where we may set one (as root, as a rule).

Version 2 of the kernel's control groups where it is mounted alone, version 1 where it is not. A slot's
group is made before its warm parent starts and removed when it ends. A judge that is killed cannot remove
its groups; they are empty then, and the next one does.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

__all__ = ["Cgroup"]

ROOT = Path("/sys/fs/cgroup")
NAME = re.compile(r"backprop-(\d+)-200\d{3}")  # the judge's process, the slot's uid


class Cgroup:
    """One slot's group; `Cgroup.make` returns None where there is none to be had."""

    def __init__(self, folders: list[Path]):
        self.folders = folders

    @classmethod
    def make(cls, uid: int, memory: int, processes: int) -> Cgroup | None:
        name, made = f"backprop-{os.getpid()}-{uid}", []
        try:
            if (ROOT / "cgroup.controllers").exists():
                _allow(ROOT, "+memory +pids")
                made.append(_folder(ROOT, name))
                limits = {"memory.max": memory, "memory.swap.max": 0, "pids.max": processes}
            else:
                made += [_folder(ROOT / kind, name) for kind in ("memory", "pids")]
                limits = {"memory.limit_in_bytes": memory, "pids.max": processes}
            for file, value in limits.items():
                _set(made, file, value)
            return cls(made)
        except OSError:
            cls(made).remove()
            return None

    def joined(self, command: list[str]) -> list[str]:
        """The command, started by a shell that joins the group first: all that it starts is in it too."""
        files = [str(folder / "cgroup.procs") for folder in self.folders]
        join = "".join(f'echo $$ > "${number}" && ' for number in range(1, len(files) + 1))
        return ["/bin/sh", "-c", f'{join}shift {len(files)} && exec "$@"', "sh", *files, *command]

    def remove(self) -> None:
        """Remove the group; what is still in it is ending."""
        for folder in self.folders:
            for _ in range(100):
                try:
                    os.rmdir(folder)
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)


def _folder(root: Path, name: str) -> Path:
    _sweep(root, name)
    (root / name).mkdir()
    return root / name


def _sweep(root: Path, name: str) -> None:
    """Remove what killed judges have left: groups with our name whose judge is no more, or had our number.
    The kernel removes none that has a process in it."""
    for group in root.glob("backprop-*"):
        if (ours := NAME.fullmatch(group.name)) and (group.name == name or not Path("/proc", ours[1]).exists()):
            with contextlib.suppress(OSError):
                group.rmdir()


def _allow(root: Path, controllers: str) -> None:
    (root / "cgroup.subtree_control").write_text(controllers)


def _set(folders: list[Path], file: str, value: int) -> None:
    """Set a limit where it exists; the two that matter must."""
    homes = [folder for folder in folders if (folder / file).exists()]
    if not homes and file != "memory.swap.max":
        raise OSError(f"no {file}")
    for folder in homes:
        (folder / file).write_text(str(value))
