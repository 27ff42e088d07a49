"""Points that tell their story: a text for each, shown to whoever hovers, taps or tabs there.

The marks themselves are drawn with `marks.points`. A note adds to each a place that takes the
focus, a ring, and a box of text that the style sheet shows while the place is hovered or focused:
no script is needed, so that it also works in a notebook. Pictures on paper do not have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from elphlib.teach.controls import plain_text
from elphlib.teach.node import Node
from elphlib.teach.subscript import pieces, spoken

_REACH = 11.0  #: radius that answers to a pointer, in points; a phone shows a point 1.25 times
_TYPE, _LEADING = 11.5, 15.0
_LETTER = 0.56 * _TYPE  #: mean width of a letter, rather too much


@dataclass(frozen=True)
class Note:
    """A point in data coordinates and its text."""

    x: float
    y: float
    text: str


def notes(axes: Axes, name: str, x: ArrayLike, y: ArrayLike, texts: Sequence[str]) -> None:
    """Give each of the points (x, y) a text; its lines are separated by newlines.

    Parameters
    ----------
    axes : Axes
        In the first panel of the figure: notes are part of its description.
    name : str
        Of this group of notes.
    x, y : (n,) arrays
    texts : n str
        Plain Unicode. A screen reader hears all of it; the first line should name the point.

    Raises
    ------
    ValueError
        If there are not as many texts as points, or a text is empty or contains TeX.
    """
    x, y = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
    if not len(x) == len(y) == len(texts):
        raise ValueError(
            f"{name!r} has {len(x)} and {len(y)} coordinates and {len(texts)} texts; each point "
            "needs one text; pass lists of one length."
        )
    made = [
        Note(float(a), float(b), plain_text(f"a note of {name!r}", text))
        for a, b, text in zip(x, y, texts, strict=True)
    ]
    axes.__dict__.setdefault("elph_notes", {})[name] = made


def forget_notes(figure: Figure) -> None:
    """Open a frame: nothing has been noted yet."""
    for axes in figure.axes:
        axes.__dict__.pop("elph_notes", None)


def note_nodes(figure: Figure, right: float) -> list[Node]:
    """Groups for all notes of a figure, in the order in which the Tab key visits them.

    Parameters
    ----------
    figure : Figure
    right : float
        Right edge of the first panel in points.

    Raises
    ------
    ValueError
        If a note lies in another panel: those are hidden from screen readers.
    """
    height = 72 * float(figure.get_figheight())
    nodes = []
    for axes in figure.axes:
        for name, made in axes.__dict__.get("elph_notes", {}).items():
            for index, note in enumerate(made):
                px, py = axes.transData.transform((note.x, note.y)) * 72 / figure.dpi
                if px > right:
                    raise ValueError(
                        f"{name!r} has a note outside the first panel; only there is it heard; "
                        "draw it on the first axes, or make the figure one panel."
                    )
                nodes.append(_group(f"{name} note {index}", px, height - py, note, right, height))
    return nodes


def _group(key: str, x: float, y: float, note: Note, right: float, height: float) -> Node:
    """The place that takes the focus, its ring, and its box, which stays inside the panel."""
    lines = note.text.split("\n")
    wide = max(sum(len(run) for run, _ in pieces(line)) for line in lines) * _LETTER + 14
    high = len(lines) * _LEADING + 9
    left = float(np.clip(x + 10, 2, max(2.0, right - wide - 2)))
    top = y - high - 10 if y - high - 10 > 2 else min(y + 10, height - high - 2)
    box = Node(
        "rect",
        {"class": "elph-note-box", "x": _tenth(left), "y": _tenth(top), "rx": "4"}
        | {"width": _tenth(wide), "height": _tenth(high)},
    )
    texts = [
        Node(
            "text",
            {"class": "elph-note-text", "x": _tenth(left + 7)}
            | {"y": _tenth(top + 4 + (n + 0.75) * _LEADING)},
            _runs(line),
            key=f"line {n}",
        )
        for n, line in enumerate(lines)
    ]
    place = {"cx": _tenth(x), "cy": _tenth(y)}
    return Node(
        "g",
        {"class": "elph-noted", "tabindex": "0", "role": "img"}
        | {"aria-label": spoken(note.text.replace("\n", ". "))},
        [
            Node("circle", {"class": "elph-note-reach", "r": _tenth(_REACH)} | place),
            Node("circle", {"class": "elph-note-ring", "r": "7"} | place),
            Node("g", {"class": "elph-note-body"}, [box, *texts]),
        ],
        key=key,
    )


def _runs(line: str) -> list[Node]:
    """Runs of a line, indices below it."""
    made, was_low = [], False
    for run, low in pieces(line):
        shift = {} if low == was_low else {"dy": ".3em" if low else "-.225em"}
        made.append(Node("tspan", shift | ({"font-size": "75%"} if low else {}), text=run))
        was_low = low
    return made


def _tenth(value: float) -> str:
    return f"{value:.1f}"
