"""The live form: ipywidgets that recompute at any value and show the same SVG as the page."""

from typing import Any

import ipywidgets as widgets
import numpy as np

from elphlib.teach import display, page
from elphlib.teach.animation import Animation
from elphlib.teach.controls import Choice, Slider
from elphlib.teach.explorer import Explorer
from elphlib.teach.subscript import html, spoken

_STEPS = 200
_TICK_MS = 60
_WIDE = {"description_width": "initial"}


def slider_widget(slider: Slider) -> Any:
    """Make the widget of a slider: free between its ends unless told otherwise."""
    value, low, high = slider.grid[slider.start], slider.grid[0], slider.grid[-1]
    shared: dict[str, Any] = {
        "description": spoken(slider.label),
        "style": _WIDE,
        "layout": widgets.Layout(flex="1 1 20em", min_width="16em"),
        "continuous_update": True,
    }
    if slider.discrete:
        options = [(slider.said(v), v) for v in slider.grid]
        return widgets.SelectionSlider(options=options, value=value, **shared)
    shared["readout"] = False
    if slider.integer:
        return widgets.IntSlider(value=value, min=low, max=high, **shared)
    if slider.logarithmic:
        ends = np.log10([low, high])
        step = float(ends[1] - ends[0]) / _STEPS
        return widgets.FloatLogSlider(
            value=value, base=10, min=ends[0], max=ends[1], step=step, **shared
        )
    return widgets.FloatSlider(value=value, min=low, max=high, step=(high - low) / _STEPS, **shared)


def choice_widget(choice: Choice) -> Any:
    """Make the widget of a choice."""
    return widgets.Dropdown(
        options=[(spoken(n), v) for n, v in zip(choice.names, choice.grid, strict=True)],
        value=choice.grid[choice.start],
        description=spoken(choice.label),
        style=_WIDE,
    )


def live_widget(explorer: Explorer) -> Any:
    """Assemble the live form of an explorer.

    Returns
    -------
    ipywidgets.VBox
        With attributes `knobs` (widget of each control by name), `picture` (the HTML widget that
        holds the SVG), `reset` (the button) and `play` (of an animation; else None).
    """
    knobs = {
        name: slider_widget(c) if isinstance(c, Slider) else choice_widget(c)
        for name, c in explorer.controls.items()
    }
    readouts = {n: widgets.Label() for n, c in explorer.controls.items() if isinstance(c, Slider)}
    picture, reset = widgets.HTML(), widgets.Button(description="Reset")
    play = None
    if isinstance(explorer, Animation):
        play = widgets.Play(min=0, max=10**6, interval=_TICK_MS, show_repeat=False)
    head = widgets.HTML(f'{display.css()}<p class="elph-title">{html(explorer.title)}</p>')
    said = widgets.HTML()
    foot = widgets.HTML(page.caption_html(explorer.caption, explorer.number))

    seen: dict[str, Any] = {}

    def update(change: Any = None) -> None:
        values = {
            name: _within(explorer.controls[name], knob.value) for name, knob in knobs.items()
        }
        for name, readout in readouts.items():
            readout.value = explorer.controls[name].said(values[name])
        seen["panels"] = explorer.panels(**values)
        sentence = html(seen["panels"][0].attributes["aria-label"])
        said.value = f'<p class="elph-note elph-live">{sentence}</p>'
        show_picture()

    def show_picture(change: Any = None) -> None:
        if not isinstance(explorer, Animation) or play is None or play.value == 0:
            markup = page.picture_html(seen["panels"], f"elph-{id(explorer):x}")
        else:
            markup = explorer.instant(seen["panels"], play.value * _TICK_MS / 1000)
        picture.value = f'<div class="elph">{markup}</div>'

    def restore(button: Any = None) -> None:
        for name, value in explorer.values.items():
            knobs[name].value = value

    for knob in knobs.values():
        knob.observe(update, names="value")
    reset.on_click(restore)
    if play is not None:
        play.observe(show_picture, names="value")
    update()
    rows = [widgets.HBox([knobs[n], readouts[n]] if n in readouts else [knobs[n]]) for n in knobs]
    buttons = widgets.HBox([reset] if play is None else [play, reset])
    note = widgets.HTML(f'<p class="elph-note">{html(explorer.note())}</p>')
    box = widgets.VBox([head, picture, *rows, buttons, said, note, foot])
    box.knobs, box.picture, box.reset, box.play = knobs, picture, reset, play
    return box


def _within(control: Slider | Choice, value: Any) -> Any:
    """Take back the rounding with which a logarithmic slider overshoots its ends."""
    if isinstance(control, Slider):
        return min(max(value, control.grid[0]), control.grid[-1])
    return value
