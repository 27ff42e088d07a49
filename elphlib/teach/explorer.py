"""Explorers: one definition of a figure with knobs, alive with a kernel and in the built page.

>>> from elphlib.teach import Explorer, Slider, curve, new_figure
>>> waves = Explorer(
...     lambda k: np.sin(k * np.linspace(0, 1, 101)),
...     lambda axes, y: curve(axes, "wave", np.linspace(0, 1, 101), y),
...     title="A wave",
...     describe=lambda y, k: f"A sine wave of wavenumber {k:.1f}.",
...     figure=lambda: new_figure(xlabel="x (Å)", ylabel="u (Å)", ylim=(-1, 1)),
...     k=Slider("wavenumber k", np.linspace(1, 9, 17), unit="Å⁻¹"),
... )
>>> waves.alt(k=2)
'A sine wave of wavenumber 2.0.'
"""

import textwrap
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from elphlib.errors import PhysicalRefusal
from elphlib.teach import display, marks, page, svg
from elphlib.teach.controls import Choice, Slider, checked_controls, plain_text
from elphlib.teach.figure import new_figure
from elphlib.teach.style import house
from elphlib.teach.subscript import spoken

#: Every explorer made in this process, in order; the benchmarks run through it.
REGISTRY: list["Explorer"] = []


class Explorer:
    """A figure that answers to its controls.

    Parameters
    ----------
    compute : callable
        Pure: takes the controls' values by name, returns arrays. It may raise a
        `PhysicalRefusal`, whose text is then shown in the figure.
    draw : callable
        Takes the axes (one, or the array that `figure` returned) and what `compute` returned;
        places marks with the functions of `elphlib.teach.marks`.
    title : str
        Names the explorer.
    describe : callable
        Takes what `compute` returned and the values by name; returns the alt text: a sentence
        with the numbers that a reader would see.
    figure : callable, optional
        Makes the empty figure: `lambda: new_figure(1, 2, xlabel=…)`.
    caption, number : str
        The caption, and the figure's number in the chapter ("1.3").
    **controls : Slider or Choice
        One for each parameter of `compute`.

    Raises
    ------
    ValueError
        If the controls are not those that `compute` asks for, or a text contains TeX.
    """

    #: How fast a motion runs; nothing moves in a plain explorer.
    cycles_per_s_meV = 0.0

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
        **controls: Slider | Choice,
    ) -> None:
        self.title = plain_text("the explorer's title", title)
        self.caption = plain_text(f"the caption of {title!r}", caption, empty=True)
        self.number = plain_text(f"the number of {title!r}", number, empty=True)
        self.compute, self.draw, self.describe = compute, draw, describe
        self.controls = checked_controls(title, compute, controls)
        self._make_figure = figure or new_figure
        self._stage: tuple[Figure, Any] | None = None
        self._widget: Any = None
        REGISTRY.append(self)

    @property
    def values(self) -> dict[str, Any]:
        """The values at the start."""
        return {name: control.grid[control.start] for name, control in self.controls.items()}

    def time(self, **values: Any) -> tuple[float, float]:
        """Return the seconds that `compute` and drawing (to SVG) take once the figure exists."""
        values = self._complete(values)
        stage = self._own_stage()
        begin = perf_counter()
        result = self._compute(values)
        between = perf_counter()
        self._panels(stage, result, values)
        return between - begin, perf_counter() - between

    def alt(self, **values: Any) -> str:
        """Return the alt text at the given values, the others at their start."""
        values = self._complete(values)
        return self._alt(self._compute(values), values)

    def frame(self, **values: Any) -> str:
        """Return the picture at the given values as SVG markup."""
        return page.picture_html(self.panels(**values), f"elph-{id(self):x}")

    def panels(self, **values: Any) -> list[svg.Node]:
        """Return the picture at the given values as a tree of SVG for each panel."""
        values = self._complete(values)
        return self._panels(self._own_stage(), self._compute(values), values)

    def figure_at(self, **values: Any) -> Figure:
        """Return a matplotlib figure of its own at the given values."""
        values, stage = self._complete(values), self._new_stage()
        with house():
            self._show(stage, self._compute(values), values)
        return stage[0]

    def save(self, path: str | Path, **values: Any) -> None:
        """Write a static picture; the suffix of the path says in which format."""
        display.write_picture(self.figure_at(**values), path, dpi=200)

    def page_html(self) -> str:
        """Return the form that needs no kernel, for the built page.

        Raises
        ------
        ExplorerTooLargeError
            If it would weigh more than 300 kB.
        """
        stage = self._new_stage()
        frames = [
            self._panels(stage, self._compute(values), values)
            for values in page.settings(self.controls)
        ]
        return page.explorer_html(
            frames,
            self.controls,
            title=self.title,
            caption=self.caption,
            number=self.number,
            note=self.note(),
            cycles_per_s_meV=self.cycles_per_s_meV,
        )

    def widget(self) -> Any:
        """Return the live form: ipywidgets that recompute at any value."""
        if self._widget is None:
            from elphlib.teach.live import live_widget

            self._widget = live_widget(self)
        return self._widget

    def note(self) -> str:
        """Return a remark for below the controls."""
        return ""

    def __repr__(self) -> str:
        """Return the title and the alt text at the start: all a text-only reader gets."""
        return display.text_form(self.title, self.alt(), self.caption, self.number)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Hand Jupyter and the book what they can show."""
        return display.bundle(
            text=repr(self),
            page=self.page_html,
            static=self._static_html,
            png=lambda: display.png(self.figure_at()),
            widget=self.widget,
        )

    def _static_html(self) -> str:
        panels = self.panels()
        return page.figure_html(panels, caption=self.caption, number=self.number, title=self.title)

    def _complete(self, values: dict[str, Any]) -> dict[str, Any]:
        """Fill in the values that were not given, and check those that were."""
        unknown = values.keys() - self.controls.keys()
        if unknown:
            raise ValueError(
                f"{self.title!r} has no control {sorted(unknown)[0]!r}; values go by the names of "
                f"its controls; they are {', '.join(self.controls) or 'none'}."
            )
        given = {name: self.controls[name].value_of(value) for name, value in values.items()}
        return self.values | given

    def _compute(self, values: dict[str, Any]) -> Any:
        """Return the result, or the refusal in its place."""
        try:
            return self.compute(**values)
        except PhysicalRefusal as refusal:
            return refusal

    def _alt(self, result: Any, values: dict[str, Any]) -> str:
        if isinstance(result, PhysicalRefusal):
            at = ", ".join(f"{c.label} {c.said(values[n])}" for n, c in self.controls.items())
            return spoken(f"{self.title}. Nothing can be drawn at {at}: {result}")
        said = self.describe(result, **values)
        return spoken(plain_text(f"the description of {self.title!r}", said))

    def _new_stage(self) -> tuple[Figure, Any]:
        """Make an empty figure and its axes as `draw` will get them."""
        made = self._make_figure()
        figure, axes = made if isinstance(made, tuple) else (made, None)
        if axes is None:
            axes = figure.axes[0] if len(figure.axes) == 1 else np.array(figure.axes)
        return figure, axes

    def _own_stage(self) -> tuple[Figure, Any]:
        if self._stage is None:
            self._stage = self._new_stage()
        return self._stage

    def _show(self, stage: tuple[Figure, Any], result: Any, values: dict[str, Any]) -> Any:
        """Bring the marks of the figure to a result; return it, or why it could not be drawn."""
        figure, axes = stage
        marks.begin(figure)
        if not isinstance(result, PhysicalRefusal):
            try:
                self._draw(axes, result)
            except PhysicalRefusal as refusal:
                result = refusal
        if isinstance(result, PhysicalRefusal):
            marks.begin(figure)
            _explain(figure, str(result))
        marks.finish(figure)
        return result

    def _draw(self, axes: Any, result: Any) -> None:
        self.draw(axes, result)

    def _fill(self, result: Any) -> svg.Filler | None:
        """Return what replaces marks in the SVG; nothing in a still explorer."""
        return None

    def _panels(
        self, stage: tuple[Figure, Any], result: Any, values: dict[str, Any]
    ) -> list[svg.Node]:
        """Draw a result and export it, its alt text in the first panel."""
        with house():
            shown = self._show(stage, result, values)
            panels = svg.panels(stage[0], self._fill(shown))
        panels[0].attributes["aria-label"] = self._alt(shown, values)
        return panels


def _explain(figure: Figure, reason: str) -> None:
    """Write into the widest axes why there is nothing to see."""
    axes: Axes = max(figure.axes, key=lambda a: a.get_position().width)
    inches = axes.get_position().width * figure.get_figwidth()
    text = textwrap.fill(reason, max(16, int(inches * 10.5)))
    marks.label(axes, "refusal", 0.5, 0.5, text, coords="axes", ha="center", va="center")
