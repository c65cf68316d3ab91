"""Right answers, with threads and daemons left behind that burn time and hold on to every line."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 6, "relu_backward": 2}

above = """
import os, subprocess, threading, time

threading.Thread(target=time.sleep, args=(30,)).start()
threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
subprocess.Popen(["/bin/sleep", "5"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        pass
    os._exit(0)
"""

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU
