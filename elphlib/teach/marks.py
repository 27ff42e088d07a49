"""What a draw function places on its axes: each mark is made once and afterwards only updated.

Every function takes the axes and a name. The first call makes the artist; later calls of the same
function and name move it: that keeps a live explorer fast and lets the page store only what
changed. A mark that a draw call leaves out is hidden in that frame.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.transforms import Bbox, TransformedBbox
from numpy.typing import ArrayLike

from elphlib.teach.notes import forget_notes
from elphlib.teach.style import colour

GID = "elph-"
Key = tuple[str, str]
_placed: WeakKeyDictionary[Axes, dict[Key, Artist]] = WeakKeyDictionary()
_touched: WeakKeyDictionary[Axes, set[Key]] = WeakKeyDictionary()
Mark = TypeVar("Mark", bound=Artist)


def place(axes: Axes, what: str, name: str, kind: type[Mark], make: Callable[[], Mark]) -> Mark:
    """Return the mark of this sort ("curve", "label", …) and name, made now if there is none."""
    artists = _placed.setdefault(axes, {})
    key = (what, name)
    if key not in artists:
        artists[key] = make()
        artists[key].set_gid(GID + name)
    artist = artists[key]
    assert isinstance(artist, kind)
    artist.set_visible(True)
    _touched.setdefault(axes, set()).add(key)
    return artist


def begin(figure: Figure) -> None:
    """Open a frame: no mark has been drawn yet."""
    forget_notes(figure)
    for axes in figure.axes:
        _touched[axes] = set()


def finish(figure: Figure) -> None:
    """Close a frame: hide what was not drawn, and let free limits follow what was."""
    for axes in figure.axes:
        for key in _placed.get(axes, {}).keys() - _touched.get(axes, set()):
            _placed[axes][key].set_visible(False)
        if axes in _placed and (axes.get_autoscalex_on() or axes.get_autoscaley_on()):
            axes.relim(visible_only=True)
            axes.autoscale_view()


def _columns(x: ArrayLike, y: ArrayLike, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Join the columns of y into one line with gaps between the branches."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or y.ndim not in (1, 2) or len(y) != len(x):
        raise ValueError(
            f"{name!r} has x of shape {x.shape} and y of shape {y.shape}; x must be (n,) and y "
            "(n,) or (n, branches); transpose y if its branches come first."
        )
    if y.ndim == 1:
        return x, y
    gap = np.full((1, y.shape[1]), np.nan)
    return np.tile(np.append(x, np.nan), y.shape[1]), np.concatenate([y, gap]).T.ravel()


def curve(
    axes: Axes, name: str, x: ArrayLike, y: ArrayLike, color: str = "C0", **line_style: Any
) -> Line2D:
    """Draw or move a computed curve; y of shape (n, branches) makes one mark of all branches."""
    line = place(axes, "curve", name, Line2D, lambda: axes.plot([], [], solid_capstyle="round")[0])
    line.set_data(*_columns(x, y, name))
    line.set(color=colour(color), **line_style)
    return line


def points(
    axes: Axes,
    name: str,
    x: ArrayLike,
    y: ArrayLike,
    xerr: ArrayLike | None = None,
    yerr: ArrayLike | None = None,
    color: str = "C0",
    marker: str = "o",
    size: float = 4.5,
    **line_style: Any,
) -> Line2D:
    """Draw or move marks, with error bars where `xerr` or `yerr` (scalar, (n,) or (2, n)) is given.

    What was measured is drawn with this function and carries its uncertainty.
    """
    x, y = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
    for which, error in (("horizontal", xerr), ("vertical", yerr)):
        if error is None:
            continue
        low, high = np.broadcast_to(np.asarray(error, dtype=float), (2, len(x)))
        gap = np.full(len(x), np.nan)
        along = np.stack([x - low, x + high, gap] if error is xerr else [x, x, gap], axis=1)
        up = np.stack([y, y, gap] if error is xerr else [y - low, y + high, gap], axis=1)
        bars = place(axes, "points", f"{name} {which} error", Line2D, lambda: axes.plot([], [])[0])
        bars.set_data(along.ravel(), up.ravel())
        bars.set(color=colour(color), linewidth=1.0, zorder=2.5)
    mark = place(axes, "points", name, Line2D, lambda: axes.plot([], [], linestyle="none")[0])
    mark.set_data(x, y)
    # A mark on the frame is shown whole.
    mark.set_clip_box(TransformedBbox(Bbox([[-0.03, -0.03], [1.03, 1.03]]), axes.transAxes))
    mark.set(color=colour(color), marker=marker, markersize=size, markeredgewidth=0.9, zorder=2.6)
    mark.set(**line_style)
    return mark


def band(
    axes: Axes,
    name: str,
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    color: str = "C0",
    alpha: float = 0.2,
) -> Polygon:
    """Draw or move the filled band between two curves over the same x."""
    x = np.asarray(x, dtype=float)
    low, high = (np.broadcast_to(np.asarray(edge, dtype=float), x.shape) for edge in (low, high))
    outline = np.column_stack([np.append(x, x[::-1]), np.append(low, high[::-1])])

    def make() -> Polygon:
        fill = Polygon(outline, closed=True)
        axes.add_patch(fill)
        return fill

    patch = place(axes, "band", name, Polygon, make)
    patch.set_xy(outline)
    patch.set(facecolor=colour(color), alpha=alpha, linewidth=0, zorder=1.5)
    axes.update_datalim(outline)
    return patch


def arrows(
    axes: Axes,
    name: str,
    x: ArrayLike,
    y: ArrayLike,
    dx: ArrayLike,
    dy: ArrayLike,
    color: str = "C0",
    head: float = 5.0,
    **line_style: Any,
) -> Line2D:
    """Draw or move arrows from (x, y) to (x + dx, y + dy); `head` is the head's length in points.

    The heads are shaped on paper, so set the limits before drawing arrows.
    """
    tail = np.column_stack([np.atleast_1d(x), np.atleast_1d(y)]).astype(float)
    tip = tail + np.column_stack([np.atleast_1d(dx), np.atleast_1d(dy)])
    a, b = axes.transData.transform(tail), axes.transData.transform(tip)
    length = np.linalg.norm(b - a, axis=1, keepdims=True)
    unit = (b - a) / np.where(length > 0, length, 1.0)
    side = np.minimum(head * root_figure(axes).dpi / 72, 0.6 * length)
    normal = np.column_stack([-unit[:, 1], unit[:, 0]])
    wings = [b - side * (unit + sign * 0.5 * normal) for sign in (1, -1)]
    gap = np.full_like(a, np.nan)
    path = np.stack([a, b, gap, wings[0], b, wings[1], gap], axis=1).reshape(-1, 2)
    data = axes.transData.inverted().transform(path)
    line = place(axes, "arrows", name, Line2D, lambda: axes.plot([], [])[0])
    line.set_data(data[:, 0], data[:, 1])
    line.set(color=colour(color), linewidth=1.4, solid_joinstyle="miter", **line_style)
    return line


def root_figure(axes: Axes) -> Figure:
    """Return the figure to which the axes belong."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def label(
    axes: Axes,
    name: str,
    x: float,
    y: float,
    text: str,
    coords: str = "data",
    color: str = "ink",
    ha: str = "left",
    va: str = "bottom",
    **text_style: Any,
) -> Text:
    """Write or rewrite a text at (x, y) in "data" or "axes" coordinates."""
    frames = {"data": axes.transData, "axes": axes.transAxes}
    if coords not in frames:
        raise ValueError(
            f'coords is {coords!r}; a label is placed in "data" or "axes" coordinates; '
            '(0, 0) to (1, 1) spans the axes in "axes".'
        )
    written = place(
        axes, "label", name, Text, lambda: axes.text(x, y, text, rotation_mode="anchor")
    )
    written.set_transform(frames[coords])
    written.set(position=(x, y), text=text, color=colour(color), ha=ha, va=va, **text_style)
    return written


def vline(axes: Axes, name: str, x: ArrayLike, color: str = "muted", **line_style: Any) -> Line2D:
    """Draw or move one or several vertical lines through the whole axes."""
    return _rule(axes, name, x, color, False, line_style)


def hline(axes: Axes, name: str, y: ArrayLike, color: str = "muted", **line_style: Any) -> Line2D:
    """Draw or move one or several horizontal lines through the whole axes."""
    return _rule(axes, name, y, color, True, line_style)


def _rule(
    axes: Axes, name: str, at: ArrayLike, color: str, across: bool, line_style: dict[str, Any]
) -> Line2D:
    """Lines at data positions along one axis, from edge to edge along the other."""
    at = np.atleast_1d(np.asarray(at, dtype=float))
    along = np.stack([at, at, np.full_like(at, np.nan)], axis=1).ravel()
    over = np.tile([0.0, 1.0, np.nan], len(at))
    frame = axes.get_yaxis_transform() if across else axes.get_xaxis_transform()

    def make() -> Line2D:
        line = Line2D([], [], transform=frame)
        axes.add_artist(line)
        return line

    line = place(axes, "hline" if across else "vline", name, Line2D, make)
    line.set_data(*((over, along) if across else (along, over)))
    line.set(color=colour(color), linewidth=0.9, zorder=1.2, **line_style)
    return line


def path_ticks(axes: Axes, ticks: ArrayLike, labels: Sequence[str]) -> None:
    """Label the corners of a path through the zone and draw a guide line at each."""
    ticks = np.asarray(ticks, dtype=float)
    axes.set_xticks(ticks, labels)
    axes.tick_params(axis="x", length=0, pad=7)
    axes.set_xlim(ticks[0], ticks[-1])
    vline(axes, "corners of the path", ticks, color="grid")


def key(
    axes: Axes,
    name: str,
    entries: Mapping[str, str],
    x: float = 0.03,
    y: float = 0.97,
    ha: str = "left",
) -> None:
    """Name the marks in their own colours, one below the other: {"text": "C0", …}.

    Write labels beside the curves where they fit; use a key where they do not.
    """
    height = axes.get_window_extent().height
    step = 1.3 * float(rcParams["font.size"]) / height * root_figure(axes).dpi / 72
    for index, (text, color) in enumerate(entries.items()):
        label(
            axes, f"{name} {index}", x, y - index * step, text,
            coords="axes", color=color, ha=ha, va="top",
        )  # fmt: skip


def limits(
    axes: Axes,
    x: tuple[float, float] | None = None,
    y: tuple[float, float] | None = None,
    equal: bool = False,
) -> None:
    """Fix the limits of one axis or both; with `equal`, widen one until lengths are equal."""
    if x is not None:
        axes.set_xlim(x)
    if y is not None:
        axes.set_ylim(y)
    if equal:
        low, high = np.transpose([sorted(axes.get_xlim()), sorted(axes.get_ylim())])
        box = axes.get_window_extent()
        size = np.array([box.width, box.height])
        half = 0.5 * size * ((high - low) / size).max()
        (x0, y0), (x1, y1) = 0.5 * (low + high) - half, 0.5 * (low + high) + half
        axes.set_xlim(x0, x1)
        axes.set_ylim(y0, y1)
