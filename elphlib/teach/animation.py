"""Explorers whose atoms move: speed in proportion to ω, arrows where nothing can move."""

from collections.abc import Callable
from math import floor, log10
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from elphlib.errors import PhysicalRefusal
from elphlib.teach import marks, page, svg
from elphlib.teach.atoms import NAME, MotionArtist, displaced, motion_node
from elphlib.teach.controls import Choice, Slider
from elphlib.teach.explorer import Explorer
from elphlib.teach.figure import HouseFigure
from elphlib.teach.motion import Motion, reach
from elphlib.units import MEV_PER_THZ

_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Animation(Explorer):
    """An explorer that sets atoms in motion.

    On the page and in a notebook u(t) = Re[A exp(−iωt)] about each rest position; an imaginary
    mode grows as exp(|ω|t), starts again, and is called unstable in picture and alt text. On
    paper, and where a reader prefers no motion, arrows stand for it.

    Parameters
    ----------
    compute : callable
        Returns a `Motion`, or a dict that holds one under "motion".
    draw : callable
        Draws what stands still, such as a dispersion curve with its marker; the atoms are drawn
        by the library.
    motion_axes : int
        Which axes of the figure hold the atoms. They lose their frame; if their limits were not
        set they are fitted to the atoms.
    period_s, reference_energy_meV : float
        A mode of the reference energy takes this many seconds for one cycle on the screen; every
        other is faster or slower in proportion to its own energy.
    title, describe, figure, caption, number, **controls
        As for `Explorer`.
    """

    def __init__(
        self,
        compute: Callable[..., Any],
        draw: Callable[..., Any],
        *,
        title: str,
        describe: Callable[..., str],
        figure: Callable[[], Any] | None = None,
        caption: str = "",
        number: str = "",
        motion_axes: int = 0,
        period_s: float = 2.0,
        reference_energy_meV: float = 10.0,
        **controls: Slider | Choice,
    ) -> None:
        for name, value, unit in (
            ("period_s", period_s, "s"),
            ("reference_energy_meV", reference_energy_meV, "meV"),
        ):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(
                    f"{name} is {value} {unit}; it must be positive; 2 s for the mode of "
                    "typical energy is a speed that the eye can follow."
                )
        self.motion_axes = motion_axes
        self.period_s, self.reference_energy_meV = period_s, reference_energy_meV
        self.cycles_per_s_meV = 1.0 / (period_s * reference_energy_meV)
        super().__init__(
            compute,
            draw,
            title=title,
            describe=describe,
            figure=figure,
            caption=caption,
            number=number,
            **controls,
        )

    def note(self) -> str:
        """Say by how much time is stretched."""
        period_ps = 1.0 / (self.reference_energy_meV / MEV_PER_THZ)
        slower = self.period_s / (period_ps * 1e-12)
        exponent = floor(log10(slower))
        power = f"{slower / 10**exponent:.1f} × 10{str(exponent).translate(_DIGITS)}"
        return (
            f"Time runs {power} times slower than in the crystal: a mode of "
            f"{self.reference_energy_meV:g}\u00a0meV, period {period_ps:.2g}\u00a0ps, takes "
            f"{self.period_s:g}\u00a0s here. Displacements are enlarged."
        )

    def instant(self, panels: list[svg.Node], seconds: float) -> str:
        """Return the picture some seconds into the motion.

        Parameters
        ----------
        panels : list of Node
            From `panels`; one list serves many instants.
        seconds : float
            Time on the screen.
        """
        groups = [node for panel in panels for node in panel.walk() if node.key == NAME]
        still = [group.children for group in groups]
        for group in groups:
            group.children = displaced(group, seconds, self.cycles_per_s_meV)
        markup = page.picture_html(panels, f"elph-{id(self):x}")
        for group, children in zip(groups, still, strict=True):
            group.children = children
        return markup

    def _motion(self, result: Any) -> Motion:
        motion = result.get("motion") if isinstance(result, dict) else result
        if not isinstance(motion, Motion):
            raise ValueError(
                f"compute of {self.title!r} returned {type(motion).__name__}; an animation needs "
                'a Motion, alone or in a dict under "motion"; Motion(positions, displacements, '
                "energy_meV) makes one."
            )
        return motion

    def _draw(self, axes: Any, result: Any) -> None:
        self.draw(axes, result)
        figure = marks.root_figure(np.ravel(axes)[0])
        holder, motion = figure.axes[self.motion_axes], self._motion(result)
        _clear_for_atoms(holder, motion)
        artist = marks.place(holder, "motion", NAME, MotionArtist, lambda: _added(holder))
        artist.motion = motion
        if motion.grows:
            marks.label(
                holder, "unstable", 0.02, 0.99, "unstable: grows",
                coords="axes", color="C1", va="top", weight="bold",
            )  # fmt: skip

    def _fill(self, result: Any) -> svg.Filler | None:
        if isinstance(result, PhysicalRefusal):
            return None

        def fill(figure: Figure, height_pt: float) -> dict[str, svg.Node]:
            holder = figure.axes[self.motion_axes]
            return {NAME: motion_node(self._motion(result), holder, height_pt)}

        return fill

    def _alt(self, result: Any, values: dict[str, Any]) -> str:
        said = super()._alt(result, values)
        if not isinstance(result, PhysicalRefusal) and self._motion(result).grows:
            said += " The mode is unstable: its displacement grows instead of swinging."
        return said


def _added(axes: Axes) -> MotionArtist:
    artist = MotionArtist()
    axes.add_artist(artist)
    return artist


def _clear_for_atoms(axes: Axes, motion: Motion) -> None:
    """Take the frame away, fill its room, fit free limits to the atoms, keep lengths equal."""
    if axes.axison:
        axes.set_axis_off()
        _fill_cell(axes)
    if axes.get_autoscalex_on() and axes.get_autoscaley_on():
        swing = float(reach(motion.swing).max(initial=0.0))
        low, high = motion.rest.min(axis=0) - swing, motion.rest.max(axis=0) + swing
        room = 0.06 * float((high - low).max()) + 1e-9
        marks.limits(axes, (low[0] - room, high[0] + room), (low[1] - room, high[1] + room))
    marks.limits(axes, equal=True)


def _fill_cell(axes: Axes) -> None:
    """Let axes without ticks and labels take the room that was kept for them."""
    figure = marks.root_figure(axes)
    if isinstance(figure, HouseFigure) and axes in figure.cells:
        width, height = figure.get_size_inches()
        left, right, bottom, top = figure.cells[axes]
        title = 0.3 if axes.get_title(loc="left") else 0.0
        box = (
            left / width,
            bottom / height,
            (right - left) / width,
            (top - bottom - title) / height,
        )
        axes.set_position(box)
