"""Asks for another kernel and language, and brings outputs, widgets and attachments that no cell produced."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 9
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    notebook["metadata"] = {
        "kernelspec": {
            "name": "bash",
            "display_name": "../../kernel",
            "language": "bash",
            "argv": ["sh", "-c", "exit"],
        },
        "language_info": {"name": "bash", "pygments_lexer": "no-such-lexer", "version": [1]},
        "jupytext": {"formats": "ipynb,py:percent", "main_language": "bash"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"x": {"model_name": "HTMLModel"}}}},
        "celltoolbar": "Create Assignment",
        "signature": "sha256:0",
    }
    notebook["nbformat_minor"] = 99
    for cell in notebook["cells"]:
        cell["attachments"] = {"a.svg": {"image/svg+xml": "<svg onload='document.title=1'/>"}}
        cell["outputs"] = [{"output_type": "error", "ename": 3, "evalue": None, "traceback": "none"}, 7, None]
        cell["execution_count"] = "many"
    return notebook
