"""The form of an explorer that needs no kernel: one figure element that carries all its frames.

The picture at the default values stands in the page as SVG; what changes stands beside it,
compressed; `static/explorer.js` puts the two together when the reader touches a control. Without
JavaScript the picture, its description and its caption remain.
"""

import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from itertools import product
from typing import Any

from elphlib.teach.controls import Choice, Slider
from elphlib.teach.frames import Slot, merge, packed, record
from elphlib.teach.subscript import html, spoken
from elphlib.teach.svg import ID, Node

BUDGET_BYTES = 300_000
Control = Slider | Choice


class ExplorerTooLargeError(ValueError):
    """An explorer whose page form would weigh more than a reader should have to load."""


def settings(controls: Mapping[str, Control]) -> list[dict[str, Any]]:
    """Every combination of the controls' values, the last control running fastest."""
    names = list(controls)
    return [
        dict(zip(names, values, strict=True))
        for values in product(*(control.grid for control in controls.values()))
    ]


def start(controls: Mapping[str, Control]) -> int:
    """Return the number of the default combination among `settings`."""
    index = 0
    for control in controls.values():
        index = index * len(control.grid) + control.start
    return index


def explorer_html(
    frames: Sequence[list[Node]],
    controls: Mapping[str, Control],
    *,
    title: str,
    caption: str,
    number: str = "",
    note: str = "",
    cycles_per_s_meV: float = 0.0,
) -> str:
    """Assemble the page form of an explorer.

    Parameters
    ----------
    frames : list of panels
        One for each of `settings(controls)`, the alt text already in its first panel.
    controls : mapping of str to Slider or Choice
    title, caption, number, note : str
        What stands above and below the picture.
    cycles_per_s_meV : float
        Speed of a motion: cycles that a mode of 1 meV makes in a second; 0 where nothing moves.

    Raises
    ------
    ExplorerTooLargeError
        If the result is heavier than `BUDGET_BYTES`.
    """
    panels, slots = merge(frames, start(controls))
    sizes = [len(control.grid) for control in controls.values()]

    def payload(kept: Sequence[int]) -> dict[str, Any]:
        return {"sizes": sizes, "slots": record(panels, slots, kept)}

    everything = payload(range(len(frames)))
    picture = "".join(panel.markup() for panel in panels)
    prefix = _prefix(title, picture, repr(everything))
    data = packed(_renamed(everything, prefix)) if controls else ""
    speed = f' data-cycles-per-s-mev="{cycles_per_s_meV:.6g}"' if cycles_per_s_meV else ""
    markup = "".join(
        [
            f'<figure class="elph elph-explorer" id="{_anchor(number, prefix)}"{speed}>',
            f'<p class="elph-title" id="{prefix}-title">{html(title)}</p>',
            f'<div class="elph-picture">{picture.replace(ID, prefix)}</div>',
            f'<div class="elph-controls" role="group" aria-labelledby="{prefix}-title" hidden>',
            *(_control_html(f"{prefix}-{name}", c) for name, c in controls.items()),
            _buttons(bool(speed), bool(controls)),
            "</div>",
            f'<p class="elph-note">{html(note)}</p>' if note else "",
            '<p class="elph-note elph-live" role="status" aria-live="polite">'
            f"{html(panels[0].attributes['aria-label'])}</p>",
            '<noscript><p class="elph-note">The controls need JavaScript; the picture shows the '
            "values at the start.</p></noscript>",
            caption_html(caption, number),
            f'<script type="application/octet-stream" class="elph-data">{data}</script>',
            "</figure>",
        ]
    )
    if len(markup.encode()) > BUDGET_BYTES:
        raise ExplorerTooLargeError(_too_large(title, markup, controls, slots, payload))
    return markup


def figure_html(panels: list[Node], *, caption: str, number: str = "", title: str = "") -> str:
    """Assemble a static figure."""
    picture = "".join(panel.markup() for panel in panels)
    prefix = _prefix(title, picture, caption)
    return (
        f'<figure class="elph elph-figure" id="{_anchor(number, prefix)}">'
        f'<div class="elph-picture">{picture.replace(ID, prefix)}</div>'
        f"{caption_html(caption, number)}</figure>"
    )


def caption_html(caption: str, number: str) -> str:
    """Write the caption with its number in front."""
    if not caption and not number:
        return ""
    lead = f'<span class="elph-number">Figure {escape(number)}.</span> ' if number else ""
    return f"<figcaption>{lead}{html(caption)}</figcaption>"


def picture_html(panels: list[Node], prefix: str) -> str:
    """Write the picture alone, with ids that begin with `prefix`."""
    markup = "".join(panel.markup() for panel in panels).replace(ID, prefix)
    return f'<div class="elph-picture">{markup}</div>'


def _prefix(*content: str) -> str:
    """Return a short name that differs wherever the content differs."""
    return "elph-" + hashlib.sha256("\0".join(content).encode()).hexdigest()[:8]


def _anchor(number: str, prefix: str) -> str:
    return f"figure-{escape(number)}" if number else prefix


def _renamed(payload: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Give the ids inside the values the explorer's own prefix."""
    slots = [
        [element, name, [v.replace(ID, prefix) if v else v for v in values], picks]
        for element, name, values, picks in payload["slots"]
    ]
    return payload | {"slots": slots}


def _control_html(identity: str, control: Control) -> str:
    """Write a native control with its label and, for a slider, its spoken values."""
    label = f'<label for="{identity}">{html(control.label)}</label>'
    if isinstance(control, Choice):
        options = "".join(
            f"<option{' selected' if i == control.start else ''}>{escape(spoken(name))}</option>"
            for i, name in enumerate(control.names)
        )
        return (
            f'<div class="elph-control">{label}'
            f'<select id="{identity}" autocomplete="off">{options}</select></div>'
        )
    said = [control.said(value) for value in control.grid]
    return (
        f'<div class="elph-control">{label}<output for="{identity}">{said[control.start]}</output>'
        f'<input type="range" id="{identity}" min="0" max="{len(said) - 1}" step="1" '
        f'value="{control.start}" autocomplete="off" '
        f'aria-valuetext="{escape(said[control.start])}" data-said="{escape("|".join(said))}">'
        "</div>"
    )


def _buttons(animated: bool, resettable: bool) -> str:
    play = (
        '<button type="button" class="elph-play" aria-pressed="false" '
        'aria-label="Play or pause the motion"><span aria-hidden="true">▶</span> Play</button>'
    )
    reset = '<button type="button" class="elph-reset">Reset</button>'
    return f'<div class="elph-buttons">{play * animated}{reset * resettable}</div>'


def _too_large(
    title: str,
    markup: str,
    controls: Mapping[str, Control],
    slots: Sequence[Slot],
    payload: Any,
) -> str:
    """Say by how much an explorer is too large, and which control costs most."""
    combinations = settings(controls)
    saved = {}
    for name, control in controls.items():
        fixed = control.grid[control.start]
        kept = [
            i
            for i, values in enumerate(combinations)
            if values[name] is fixed or values[name] == fixed
        ]
        saved[name] = len(packed(payload(range(len(combinations))))) - len(packed(payload(kept)))
    worst = max(saved, key=lambda name: saved[name])
    return (
        f"the page form of {title!r} is {len(markup.encode()) / 1000:.0f} kB with "
        f"{len(combinations)} frames and {len(slots)} changing parts; it must be at most "
        f"{BUDGET_BYTES / 1000:.0f} kB; its control {worst!r} ({len(controls[worst].grid)} values) "
        f"costs most, {saved[worst] / 1000:.0f} kB: give it fewer values, or draw fewer points."
    )
