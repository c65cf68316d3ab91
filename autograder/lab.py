"""The command that opens the course in JupyterLab."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import NoReturn

from autograder.lesson import folder, lessons

__all__ = ["PROMPT", "become", "command", "copy_course"]

COPY = "my-course"
SETTINGS = Path(__file__).parent / "lab_settings"
PROMPT = "--ServerApp.kernel_websocket_connection_class=autograder.lab_connection.Prompt"


def become(arguments: list[str]) -> NoReturn:
    """JupyterLab in the place of this process: Ctrl+C and whatever else ends it are JupyterLab's to answer."""
    made = command(arguments)
    if os.name == "posix":
        os.execv(made[0], made)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows tells both, and knows no `exec`
    raise SystemExit(subprocess.call(made))


def command(arguments: list[str]) -> list[str]:
    """What to run, from wherever `backprop lab` was called."""
    root, first = copy_course(Path.cwd() / COPY), lessons()[0].name
    options = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{first}/{first}.ipynb"]
    options.append(f"--LabApp.app_settings_dir={SETTINGS}")  # no questions about news, no tools for instructors
    options.append(PROMPT)
    if not _has_screen():
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # the only user of a container, as a rule
    return [sys.executable, "-m", "jupyterlab", *options, *arguments]


def copy_course(home: Path) -> Path:
    """The learner's own copy of the course: lessons that are new are added, work that is there is kept."""
    course = folder("course")
    for path in sorted(course.rglob("*")):
        mine = home / path.relative_to(course)
        if path.is_file() and not mine.exists() and ".ipynb_checkpoints" not in path.parts:
            mine.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, mine)
    return home


def _has_screen() -> bool:
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
