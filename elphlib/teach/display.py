"""Which form of a figure goes where: page, kernel, paper or plain text.

The environment variable ELPHLIB_DISPLAY decides. "live" (or unset): widgets where a kernel runs,
else a static picture. "page": the form without a kernel, with a PNG beside it for PDF. "text":
title and description only, as committed notebooks hold them.
"""

import importlib.util
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from elphlib.teach import marks, page, svg
from elphlib.teach.controls import plain_text
from elphlib.teach.style import house, unicode_ticks
from elphlib.teach.subscript import lowered, spoken

MODES = ("live", "page", "text")


def mode() -> str:
    """Return the display mode that the environment asks for."""
    asked = os.environ.get("ELPHLIB_DISPLAY", "") or "live"
    if asked not in MODES:
        raise ValueError(
            f"ELPHLIB_DISPLAY is {asked!r}; it must be one of {', '.join(MODES)}; "
            "leave it unset to work in a notebook."
        )
    return asked


def kernel_runs() -> bool:
    """Whether a Jupyter kernel with ipywidgets stands behind this process."""
    if importlib.util.find_spec("ipywidgets") is None:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def bundle(
    *,
    text: str,
    page: Callable[[], str],
    static: Callable[[], str],
    png: Callable[[], bytes],
    widget: Callable[[], Any] | None,
) -> dict[str, Any]:
    """Return the representations that fit the mode, best first for the reader's program."""
    asked = mode()
    if asked == "text":
        return {"text/plain": text}
    if asked == "page":
        return {"text/html": page(), "image/png": png(), "text/plain": text}
    if widget is not None and kernel_runs():
        shown = dict(widget()._repr_mimebundle_())
        return shown | {"image/png": png(), "text/plain": text}
    return {"text/html": css() + static(), "image/png": png(), "text/plain": text}


def text_form(title: str, alt: str, caption: str, number: str) -> str:
    """Write a figure for a reader who has text alone."""
    head = " ".join(filter(None, [f"Figure {number}." if number else "", title]))
    return "\n".join(filter(None, [head, alt, caption]))


def write_picture(figure: Figure, target: Any, **options: Any) -> None:
    """Write a figure for paper, on white, to a path or an open file."""
    with house():
        for axes in figure.axes:
            unicode_ticks(axes)
        with lowered(figure):
            figure.savefig(target, facecolor="white", **options)


def png(figure: Figure) -> bytes:
    """Return a picture for paper."""
    buffer = io.BytesIO()
    write_picture(figure, buffer, format="png", dpi=160)
    return buffer.getvalue()


def css() -> str:
    """Return the explorers' style sheet as a `<style>` element, for places without the page's."""
    sheet = Path(__file__).with_name("static") / "explorer.css"
    return f"<style>{sheet.read_text(encoding='utf-8')}</style>"


class Picture:
    """A static figure that shows itself in the page, in a notebook and as text."""

    def __init__(self, figure: Figure, alt: str, caption: str, number: str) -> None:
        self.figure, self.alt, self.caption, self.number = figure, alt, caption, number

    def html(self) -> str:
        """Return the figure element."""
        panels = svg.panels(self.figure)
        panels[0].attributes["aria-label"] = spoken(self.alt)
        return page.figure_html(panels, caption=self.caption, number=self.number)

    def __repr__(self) -> str:
        """Return number, description and caption."""
        return text_form("", self.alt, self.caption, self.number)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Hand Jupyter and the book what they can show."""
        return bundle(
            text=repr(self),
            page=self.html,
            static=self.html,
            png=lambda: png(self.figure),
            widget=None,
        )


def show(figure: Figure, *, alt: str, caption: str = "", number: str = "") -> Picture:
    """Show a static figure with its alt text and caption; end a cell with it.

    Parameters
    ----------
    figure : Figure
        From `new_figure`.
    alt : str
        What the figure shows, for those who cannot see it.
    caption, number : str
        What stands below it; the number in the chapter ("1.2").
    """
    plain_text("the caption", caption, empty=True)
    marks.finish(figure)
    return Picture(figure, plain_text("the alt text", alt), caption, number)
