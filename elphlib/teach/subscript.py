"""Subscripts in plain text: a letter, an underscore and a short index, as in k_F, ħω_p or α²_tr.

Labels stay Unicode, in which most subscripts do not exist. Where a label is shown the index is
lowered; where it is spoken or printed as text the underscore goes. Names of several letters, such
as core_radius, are left alone; braces hold a longer index: Θ_{Debye}.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

from matplotlib.figure import Figure
from matplotlib.text import Text

_INDEXED = re.compile(
    r"(?<![^\W\d_])(?P<symbol>ħ?[^\W\d_]²?)_"
    r"(?:\{(?P<long>[^{}$]+)\}|(?P<short>[^\W_]{1,4}|[∞∥⊥+−])(?![^\W_]))"
)


def pieces(text: str) -> list[tuple[str, bool]]:
    """Split a text into runs on the line (False) and below it (True)."""
    runs, end = [], 0
    for match in _INDEXED.finditer(text):
        runs.append((text[end : match.end("symbol")], False))
        runs.append((match["long"] or match["short"], True))
        end = match.end()
    if end < len(text) or not runs:
        runs.append((text[end:], False))
    return runs


def spoken(text: str) -> str:
    """Write the text for those who hear it: indices follow their symbol."""
    return "".join(run for run, _ in pieces(text))


def html(text: str) -> str:
    """Write the text for a page, escaped, indices lowered."""
    return "".join(f"<sub>{escape(run)}</sub>" if low else escape(run) for run, low in pieces(text))


@contextmanager
def lowered(figure: Figure) -> Iterator[None]:
    """Lower the indices in a figure's own texts while it is written as a picture."""
    changed = [text for text in figure.findobj(Text) if len(pieces(text.get_text())) > 1]
    before = [(text, text.get_text(), text.get_parse_math()) for text in changed]
    for text, written, _ in before:
        runs = pieces(written)
        text.set_text("".join(rf"$_{{\mathrm{{{r}}}}}$" if low else r for r, low in runs))
        text.set_parse_math(True)
    try:
        yield
    finally:
        for text, written, parsed in before:
            text.set_text(written)
            text.set_parse_math(parsed)
