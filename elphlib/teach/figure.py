"""An empty figure in the house style, its margins fixed so that nothing jumps between frames."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from elphlib.teach.style import house

_SIZES = {(1, 1): (4.8, 3.1), (1, 2): (7.2, 3.0), (2, 1): (4.8, 4.8)}


class HouseFigure(Figure):
    """A figure that knows which of its columns may stand apart on a narrow screen.

    Attributes
    ----------
    slots : tuple of (left, right)
        Horizontal extent in inches of each panel of the page form.
    cells : dict of Axes to (left, right, bottom, top)
        What each axes may fill, in inches, if it has neither ticks nor labels.
    """

    slots: tuple[tuple[float, float], ...] = ()
    cells: Mapping[Axes, tuple[float, float, float, float]] = MappingProxyType({})


def _each(value: Any, count: int, what: str) -> list[Any]:
    """One value for all axes, or one for each."""
    alone = (
        value is None
        or isinstance(value, str)
        or (
            isinstance(value, tuple)
            and len(value) == 2
            and np.isscalar(value[0])
            and not isinstance(value[0], str)
        )
    )
    if alone:
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"{what} has {len(value)} entries; the figure has {count} axes; "
            "give one value for all, or a list with one for each, row by row."
        )
    return list(value)


def new_figure(
    nrows: int = 1,
    ncols: int = 1,
    *,
    size: tuple[float, float] | None = None,
    xlabel: str | Sequence[str] = "",
    ylabel: str | Sequence[str] = "",
    title: str | Sequence[str] = "",
    xlim: Any = None,
    ylim: Any = None,
    xscale: str | Sequence[str] = "linear",
    yscale: str | Sequence[str] = "linear",
    sharex: bool = False,
    sharey: bool = False,
    width_ratios: Sequence[float] | None = None,
    height_ratios: Sequence[float] | None = None,
    margins: tuple[float, float, float, float] | None = None,
    minor_ticks: bool = True,
) -> tuple[HouseFigure, Any]:
    """Make a figure in the house style, its margins fixed so that nothing jumps between frames.

    Parameters
    ----------
    nrows, ncols : int
        Rows and columns of axes. The columns become panels that stack on a phone, unless
        `sharey` ties them together; keep tied figures at most 5.4 in wide so that their text
        stays readable there.
    size : (width, height), optional
        In inches; the default fits the book's column.
    xlabel, ylabel, title : str or list of str
        One text for all axes, or one for each, row by row; Unicode, with units.
    xlim, ylim : (low, high) or list of them, optional
        Fixed limits; without them the axes follow what is drawn.
    xscale, yscale : str or list of str
        "linear" or "log".
    sharex, sharey : bool
        Share the axis: only the lowest row (first column) then carries its labels.
    width_ratios, height_ratios : sequence of float, optional
        Relative widths of columns and heights of rows.
    margins : (left, right, bottom, top), optional
        In inches, around the axes of each panel.
    minor_ticks : bool
        Whether logarithmic axes have them; over many decades they take half the time of a frame.

    Returns
    -------
    figure : HouseFigure
    axes : Axes or array of Axes
        Shaped as `plt.subplots` shapes them.
    """
    width, height = size or _SIZES.get(
        (nrows, ncols), (5.4 if sharey else 3.6 * ncols, 2.4 * nrows + 0.6)
    )
    if size is None and sharey and ncols > 1:
        width, height = 5.4, 3.2 * nrows
    count = nrows * ncols
    titles = _each(title, count, "title")
    left, right, bottom, top = margins or (0.76, 0.16, 0.58, 0.34 if any(titles) else 0.14)
    with house():
        figure = HouseFigure(figsize=(width, height))
        FigureCanvasAgg(figure)
        axes = figure.subplots(nrows, ncols, sharex=sharex, sharey=sharey, squeeze=False)
        columns = _spans(width, width_ratios or [1] * ncols, left, right, sharey, 0.3)
        rows = _spans(height, (height_ratios or [1] * nrows)[::-1], bottom, top, sharex, 0.2)[::-1]
        for (i, j), ax in np.ndenumerate(axes):
            (x0, x1), (y0, y1) = columns[j], rows[i]
            ax.set_position((x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height))
        figure.slots = _slots(width, width_ratios or [1] * ncols, sharey)
        free = _slots(width, width_ratios or [1] * ncols, False)
        high = _slots(height, (height_ratios or [1] * nrows)[::-1], False)[::-1]
        figure.cells = {
            ax: (columns if sharey else free)[j] + (rows if sharex else high)[i]
            for (i, j), ax in np.ndenumerate(axes)
        }
        _furnish(axes, sharex, sharey, titles, count, xlabel, ylabel, xlim, ylim, xscale, yscale)
        if not minor_ticks:
            for ax in axes.flat:
                ax.minorticks_off()
    return figure, (axes[0, 0] if count == 1 else axes.squeeze())


def _furnish(
    axes: np.ndarray, sharex: bool, sharey: bool, titles: list[str], count: int, *settings: Any
) -> None:
    """Set labels, scales and limits of every axes."""
    names = ("xlabel", "ylabel", "xlim", "ylim", "xscale", "yscale")
    lists = [_each(value, count, name) for name, value in zip(names, settings, strict=True)]
    last_row, texts = axes.shape[0] - 1, zip(titles, *lists, strict=True)
    for ((i, j), ax), text in zip(np.ndenumerate(axes), texts, strict=True):
        title, xlabel, ylabel, xlim, ylim, xscale, yscale = text
        ax.set(xscale=xscale, yscale=yscale, title=title)
        ax.set_xlabel("" if sharex and i < last_row else xlabel)
        ax.set_ylabel("" if sharey and j > 0 else ylabel, rotation_mode="anchor")
        if xlim is not None:
            ax.set_xlim(xlim)
        if ylim is not None:
            ax.set_ylim(ylim)
        if sharex and i < last_row:
            ax.tick_params(labelbottom=False)
        if sharey and j > 0:
            ax.tick_params(labelleft=False)


def _slots(width: float, ratios: Sequence[float], tied: bool) -> tuple[tuple[float, float], ...]:
    """Left and right edge of each panel in inches."""
    if tied:
        return ((0.0, width),)
    edges = width * np.concatenate([[0.0], np.cumsum(ratios) / np.sum(ratios)])
    return tuple((float(a), float(b)) for a, b in pairwise(edges))


def _spans(
    length: float, ratios: Sequence[float], before: float, after: float, tied: bool, gap: float
) -> list[tuple[float, float]]:
    """Start and end of each row or column of axes, in inches."""
    if not tied:
        return [(a + before, b - after) for a, b in _slots(length, ratios, False)]
    free = length - before - after - gap * (len(ratios) - 1)
    sizes = free * np.asarray(ratios, dtype=float) / np.sum(ratios)
    starts = before + np.concatenate([[0.0], np.cumsum(sizes + gap)[:-1]])
    return [(float(a), float(a + s)) for a, s in zip(starts, sizes, strict=True)]
