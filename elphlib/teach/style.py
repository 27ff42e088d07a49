"""The house style of every figure: palette, type sizes, tick labels.

Colours are named, not chosen: "C0" … "C6" for curves, "ink" for text and axes, "muted" for what
is secondary, "grid" for guide lines, "ground" for the page behind. matplotlib sees the light
values; in the page each becomes a CSS variable, so that one picture lives in light and dark.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogFormatter, NullFormatter

#: Contrast ≥ 4.5 against white; every pair ≥ 19 apart in CIELAB for normal, protan, deutan and
#: tritan eyes, so that a curve's colour may also carry the text of its label.
LIGHT = {
    "C0": "#1649aa",
    "C1": "#b95c00",
    "C2": "#014726",
    "C3": "#8a0672",
    "C4": "#734000",
    "C5": "#047eb4",
    "C6": "#77646b",
    "ink": "#1b1f24",
    "muted": "#636a74",
    "grid": "#d3d7dc",
    "ground": "#fefefe",
}
#: The same names on the dark page (#121212): contrast ≥ 4.5, every pair of curves ≥ 22 apart.
DARK = {
    "C0": "#63c6ff",
    "C1": "#ff8012",
    "C2": "#029f67",
    "C3": "#c06bb9",
    "C4": "#fbed5d",
    "C5": "#d1f6ff",
    "C6": "#b7abb0",
    "ink": "#e4e7ea",
    "muted": "#a0a7b0",
    "grid": "#3c4249",
    "ground": "#121212",
}
CURVES = ("C0", "C1", "C2", "C3", "C4", "C5", "C6")

RC: dict[str, Any] = {
    "axes.edgecolor": LIGHT["ink"],
    "axes.facecolor": "none",
    "axes.formatter.limits": (-4, 5),
    "axes.formatter.use_mathtext": False,
    "axes.labelcolor": LIGHT["ink"],
    "axes.labelpad": 6,
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": cycler(color=[LIGHT[name] for name in CURVES]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.unicode_minus": True,
    "axes.xmargin": 0.0,
    "figure.dpi": 72,  # one pixel is one point, as in SVG
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "lines.linewidth": 1.8,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "elphlib",
    "text.color": LIGHT["ink"],
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": LIGHT["ink"],
    "xtick.labelsize": 10.5,
    "ytick.color": LIGHT["ink"],
    "ytick.labelsize": 10.5,
}

_DEFAULTS: Any = {
    key: value
    for key, value in mpl.rcParamsDefault.items()
    if key.split(".")[0] in {"axes", "figure", "font", "lines", "savefig", "svg", "text"}
    or key.split(".")[0] in {"xtick", "ytick", "path", "image", "patch", "errorbar"}
} | RC
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@contextmanager
def house() -> Iterator[None]:
    """Draw in the house style, whatever the reader's own matplotlib settings are."""
    with mpl.rc_context(_DEFAULTS):
        yield


def colour(name: str) -> str:
    """Return the light value of a house colour name; any other matplotlib colour passes through."""
    return LIGHT.get(name, name)


def power_of_ten(value: float, position: int | None = None) -> str:
    """Write a decade in Unicode: 0.01 → "0.01", 1e5 → "10⁵"; anything between stays unlabelled."""
    exponent = round(float(np.log10(value))) if value > 0 else 0
    if value <= 0 or not np.isclose(value, 10.0**exponent):
        return ""
    if -2 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def unicode_ticks(axes: Axes) -> None:
    """Replace matplotlib's TeX labels of logarithmic axes by Unicode ones."""
    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(axis.get_major_formatter(), LogFormatter):
            axis.set_major_formatter(FuncFormatter(power_of_ten))
        if isinstance(axis.get_minor_formatter(), LogFormatter):
            axis.set_minor_formatter(NullFormatter())
