"""Explorers and figures of the book: one definition, alive in a notebook and in the built page."""

from elphlib.teach import style
from elphlib.teach.controls import Choice, Slider
from elphlib.teach.display import show
from elphlib.teach.explorer import REGISTRY, Explorer
from elphlib.teach.marks import (
    arrows,
    band,
    curve,
    hline,
    image,
    label,
    limits,
    path_ticks,
    points,
    vline,
)
from elphlib.teach.page import ExplorerTooLargeError
from elphlib.teach.style import new_figure

__all__ = [
    "REGISTRY",
    "Choice",
    "Explorer",
    "ExplorerTooLargeError",
    "Slider",
    "arrows",
    "band",
    "curve",
    "hline",
    "image",
    "label",
    "limits",
    "new_figure",
    "path_ticks",
    "points",
    "show",
    "style",
    "vline",
]
