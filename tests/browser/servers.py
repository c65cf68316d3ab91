"""A Jupyter server for as long as a test needs it, with a home of its own."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOREIGN = ("JUPYTER", "IPYTHON", "XDG_", "NBGRADER", "BACKPROP_CLASSROOM")  # what would lead out of the home
PATIENCE = 120  # seconds for a start or an end; both take a few


@dataclass(frozen=True)
class Server:
    """Where a server answers, and the password of this run."""

    address: str
    token: str

    def url(self, path: str) -> str:
        return f"{self.address}{path}?token={self.token}"


@contextlib.contextmanager
def serve(command: list[str], cwd: Path, home: Path, **environment: str) -> Iterator[Server]:
    """Run a command that starts a Jupyter server, and stop it at the end of the block."""
    port, token, log = _free_port(), secrets.token_hex(16), home / "server.log"
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
    options += [f"--IdentityProvider.token={token}", "--no-browser"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, *options], cwd=cwd, env=at_home(home) | environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_up(port, process, log)
        yield Server(f"http://127.0.0.1:{port}", token)
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def at_home(home: Path) -> dict[str, str]:
    """The environment with another home, and with this Python's commands first on PATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    here = str(Path(sys.executable).parent)
    return kept | {"HOME": str(home), "PATH": os.pathsep.join([here, kept.get("PATH", "")])}


def _wait_until_up(port: int, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server does not answer:\n{log.read_text()}")


def _stop(process: subprocess.Popen) -> None:
    """Ask it to end, with its kernels; where it does not, end it."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
