"""Honest work with text, links, styles and pictures that would act on whoever reads them."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = "input"
DESERVES = {"affine_backward": 6, "relu_backward": 2}


affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


SCRIPTS = """<script>left_by_an_attack()</script><img src=x onerror="left_by_an_attack()">
<svg onload=left_by_an_attack()></svg> [a](javascript:left_by_an_attack()) <iframe srcdoc="left_by_an_attack()">
<style>body {display: none}</style><form action="/formgrader/api"><input name=score value=6></form>
$\\href{javascript:left_by_an_attack()}{x}$ ![b](attachment:a.svg)"""


def mangle(notebook):
    page = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": SCRIPTS, "application/javascript": SCRIPTS},
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] += "\n\n" + SCRIPTS
            cell["attachments"] = {"a.svg": {"image/svg+xml": SCRIPTS}}
        else:
            cell["outputs"] = [page]
    notebook["metadata"]["title"] = SCRIPTS
    return notebook
