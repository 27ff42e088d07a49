"""Maps: an array as shades over a plane, with a colour bar that says what they mean."""

from collections.abc import Callable

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from elphlib.teach.marks import place, root_figure

_LEVELS = 128


def image(
    axes: Axes,
    name: str,
    values: ArrayLike,
    extent: tuple[float, float, float, float],
    cmap: str = "cividis",
    vmin: float | None = None,
    vmax: float | None = None,
    colorbar: str = "",
) -> AxesImage:
    """Draw or update a map of values[row, column] over extent (x0, x1, y0, y1), row 0 lowest.

    `colorbar` is the label of a colour bar, with its unit; it takes its room from the axes.
    """
    values = np.ma.masked_invalid(np.asarray(values, dtype=float))
    shades = colormaps[cmap].resampled(_LEVELS)
    picture = place(axes, "image", name, AxesImage, _map(axes, values))
    picture.set_data(values)
    picture.set(cmap=shades, zorder=0.5)
    picture.set_extent(extent)
    picture.set_clim(
        float(values.min()) if vmin is None else vmin, float(values.max()) if vmax is None else vmax
    )
    axes.set_aspect("auto")
    if colorbar:
        _scale(axes, name, colorbar, picture)
    return picture


def _map(axes: Axes, values: np.ndarray) -> Callable[[], AxesImage]:
    return lambda: axes.imshow(values, interpolation="none", origin="lower")


def _scale(axes: Axes, name: str, text: str, picture: AxesImage) -> None:
    """Draw or update the colour bar of a map, inside the panel of its axes."""
    if name not in (bars := axes.__dict__.setdefault("elph_bars", {})):
        box, width = axes.get_position(), root_figure(axes).get_figwidth()
        axes.set_position((box.x0, box.y0, box.width - 1.0 / width, box.height))
        inches = axes.get_position().width * width
        bars[name] = axes.inset_axes((1 + 0.12 / inches, 0.0, 0.16 / inches, 1.0))
        ramp = np.linspace(0, 1, _LEVELS)[:, None]
        bars[name].imshow(ramp, cmap=picture.get_cmap(), interpolation="none", origin="lower")
        bars[name].yaxis.tick_right()
        bars[name].yaxis.set_label_position("right")
        bars[name].set_xticks([])
        bars[name].spines[:].set_visible(False)
        bars[name].set_ylabel(text, rotation_mode="anchor", va="top", labelpad=9)
    low, high = picture.get_clim()
    bars[name].images[0].set_extent((0, 1, low, high if high > low else low + 1))
    bars[name].set_aspect("auto")
