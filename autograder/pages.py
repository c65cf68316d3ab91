"""Text that a student wrote, on pages that somebody else opens: feedback and formgrader.

nbgrader's pages show Markdown as HTML, raw tags and all, on the instructor's own origin. This filter
takes the place of theirs (`nbgrader_config.py`): what comes out runs nothing, loads nothing from
elsewhere, has no style of its own, and takes no name that the page uses for something else.
"""

import re

import bleach
from jinja2 import pass_context
from mistune import escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

__all__ = ["markdown"]

LONG = 20_000  # characters; the time that Markdown takes grows with the square of some texts
TAGS = set(
    "a b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre"
    " span strong sub summary sup table tbody td th thead tr ul".split()
)
LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
PICTURE = re.compile(r"(figures/[\w.-]+|data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*)")
COLOUR = re.compile(r"[a-z]{1,2}\d?")  # the names of Pygments' classes


@pass_context
def markdown(context, source):
    """Markdown as HTML that is harmless on anybody's page. A text that is too long to be one is shown as it stands."""
    if len(source) > LONG:
        return f"<pre>{escape(source)}</pre>"
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = _Tolerant(escape=False, attachments=attachments, exclude_anchor_links=True)
    html = MarkdownWithMath(renderer=renderer).render(source)
    return bleach.clean(html, tags=TAGS, attributes=_allowed, protocols={"http", "https", "mailto", "data"})


class _Tolerant(IPythonRenderer):
    """A picture that was not handed in is named, and stops nobody's page."""

    def image(self, text, url, title=None):
        if url.startswith("attachment:") and url.removeprefix("attachment:") not in self.attachments:
            return f"[{escape(text)}]"
        return super().image(text, url, title)


def _allowed(tag, name, value):
    match tag, name:
        case ("img", "alt" | "title") | ("a", "title"):
            return True
        case "a", "href":
            return bool(LINK.match(value))
        case "img", "src":
            return bool(PICTURE.fullmatch(value))
        case "span", "class":
            return bool(COLOUR.fullmatch(value))
        case "div", "class":
            return value == "highlight"
    return False
