"""An answer whose exception is a page of markup and of letters that move the cursor."""

from tests.attacks.answers import RIGHT_RELU

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 2}


affine_backward = """
def affine_backward(dout, cache):
    raise type("<script>left_by_an_attack()</script>", (Exception,), {})(
        "</pre></div><script>left_by_an_attack()</script><img src=x onerror=left_by_an_attack()>"
        + chr(27) + "[31m" + chr(27) + "]0;title" + chr(7) + chr(13) + chr(0x202e) + "{{ 7 * 7 }} ${7 * 7} %s {0}"
    )
"""

relu_backward = RIGHT_RELU
