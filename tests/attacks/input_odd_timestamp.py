"""Right answers, handed in with a timestamp that no clock shows."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = "input"
DESERVES = {"affine_backward": 6, "relu_backward": 2}


affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU

FILES = {"timestamp.txt": b"the day before yesterday\n"}
