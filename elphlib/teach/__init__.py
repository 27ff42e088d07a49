"""Explorers and figures of the book: one definition, alive in a notebook and in the built page."""

from elphlib.teach import style
from elphlib.teach.animation import Animation
from elphlib.teach.controls import Choice, Slider
from elphlib.teach.display import show
from elphlib.teach.explorer import REGISTRY, Explorer
from elphlib.teach.figure import new_figure
from elphlib.teach.maps import image
from elphlib.teach.marks import (
    arrows,
    band,
    curve,
    hline,
    key,
    label,
    limits,
    path_ticks,
    points,
    vline,
)
from elphlib.teach.motion import Motion
from elphlib.teach.notes import notes
from elphlib.teach.page import ExplorerTooLargeError

__all__ = [
    "REGISTRY",
    "Animation",
    "Choice",
    "Explorer",
    "ExplorerTooLargeError",
    "Motion",
    "Slider",
    "arrows",
    "band",
    "curve",
    "hline",
    "image",
    "key",
    "label",
    "limits",
    "new_figure",
    "notes",
    "path_ticks",
    "points",
    "show",
    "style",
    "vline",
]
