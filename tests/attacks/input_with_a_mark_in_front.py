"""Honest work saved with a byte-order mark, Windows line ends and Latin letters."""

import json

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = "input"
DESERVES = {"affine_backward": 6, "relu_backward": 2}


affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    text = json.dumps(notebook | {"author": "Žofie Ångström 学生"}, ensure_ascii=False)
    return b"\xef\xbb\xbf" + text.encode()
