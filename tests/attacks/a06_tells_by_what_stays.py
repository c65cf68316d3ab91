"""Keeps the first numbers that it ever sees wherever something might outlive the box, and raises what it finds there."""

from tests.attacks.answers import TELL

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
NEEDS_WALLS = True
HARMFUL = True
TELLS = "aloud"

above = (
    TELL
    + """
import ctypes, glob, os

FOLDERS = ["/tmp", "/dev/shm", "/var/tmp", "/dev", "/dev/pts", "/dev/mqueue", "/run", "/run/lock", "/world", "/", "/proc"]
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]

def shared():
    segment = libc.shmget(4711, 4096, 0o1666)
    address = libc.shmat(segment, None, 0) if segment >= 0 else None
    return (ctypes.c_char * 4096).from_address(address) if address and address != 2**64 - 1 else None

def keep(text):
    board = shared()
    if board is not None and not board.value:
        board.value = text.encode()[:200]
    for folder in FOLDERS:
        try:
            with open(os.path.join(folder, "left-by-an-attack"), "x") as file:
                file.write(text)
        except OSError:
            continue

def kept():
    board = shared()
    if board is not None and board.value:
        return board.value.decode()
    for path in glob.glob("/*/left-by-an-attack"):
        with open(path) as file:
            return file.read()
    return "nothing"
"""
)

affine_backward = """
def affine_backward(dout, cache):
    keep(told(dout, cache)[:120])
    raise ValueError(kept())
"""

relu_backward = """
def relu_backward(dout, cache):
    raise ValueError(kept() + told(dout, [cache]))
"""
