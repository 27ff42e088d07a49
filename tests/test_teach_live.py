"""The live form: widgets recompute at any value, in process and without a browser."""

import re

import numpy as np
import pytest
from teach_examples import moving_chain, refusing_map, two_panels

from elphlib.teach import Slider
from elphlib.teach.live import slider_widget

widgets = pytest.importorskip("ipywidgets")


def alt_of(box):
    return re.search(r'aria-label="([^"]*)"', box.picture.value)[1]


def test_moving_a_slider_between_grid_values_redraws():
    explorer = two_panels()
    box = explorer.widget()
    before = box.picture.value
    assert alt_of(box) == explorer.alt()
    box.knobs["mass_ratio"].value = 2.135
    assert box.picture.value != before
    assert alt_of(box) == explorer.alt(mass_ratio=2.135)
    assert 2.135 not in explorer.controls["mass_ratio"].grid
    box.reset.click()
    assert box.picture.value == before


def test_the_widget_is_made_once_and_says_its_values():
    explorer = refusing_map()
    box = explorer.widget()
    assert explorer.widget() is box
    knob = box.knobs["screening"]
    assert knob.description == "screening κ"
    assert knob.continuous_update
    labels = [
        w.value
        for row in box.children
        for w in getattr(row, "children", ())
        if isinstance(w, widgets.Label)
    ]
    assert labels == ["1.5 Å⁻¹"]


def test_a_choice_recomputes_and_a_refusal_does_not_stop_it():
    box = refusing_map().widget()
    before = box.picture.value
    box.knobs["metal"].value = 5.0
    assert box.picture.value != before
    box.knobs["screening"].value = 2.9
    assert "unstable" in box.picture.value
    assert "<image" not in box.picture.value.split("refusal")[0]
    box.knobs["screening"].value = 1.5
    box.knobs["metal"].value = 2.0
    assert box.picture.value == before


def test_play_swings_the_atoms():
    box = moving_chain().widget()

    def places():
        return np.array(re.findall(r'cx="([-\d.]+)"', box.picture.value), dtype=float)

    rest = places()
    assert "elph-arrows" in box.picture.value
    box.play.value = 5
    assert "elph-arrows" not in box.picture.value
    assert np.abs(places() - rest).max() > 1
    box.knobs["q"].value = 0.33
    assert "0.33" in alt_of(box)
    assert box.play.value == 5
    box.play.value = 0
    assert places() == pytest.approx(rest)


@pytest.mark.parametrize(
    ("slider", "kind"),
    [
        (Slider("a", [0, 1, 2]), "FloatSlider"),
        (Slider("a", [0, 1, 2], integer=True), "IntSlider"),
        (Slider("a", [0, 1, 5], discrete=True), "SelectionSlider"),
        (Slider("a", np.geomspace(0.1, 300, 12)), "FloatLogSlider"),
    ],
)
def test_each_slider_becomes_the_widget_that_fits(slider, kind):
    widget = slider_widget(slider)
    assert type(widget).__name__ == kind
    assert widget.value == pytest.approx(slider.grid[slider.start])


def test_a_logarithmic_slider_reaches_both_ends():
    from elphlib.teach import Explorer, curve

    explorer = Explorer(
        lambda T: T * np.arange(3.0),
        lambda axes, y: curve(axes, "y", [0, 1, 2], y),
        title="Log",
        describe=lambda y, T: f"T = {T:.6g}",
        T=Slider("temperature T", np.geomspace(0.1, 300, 12), unit="K"),
    )
    box = explorer.widget()
    for value, said in ((300.0, "T = 300"), (0.1, "T = 0.1")):
        box.knobs["T"].value = value
        assert alt_of(box) == said


def test_in_a_kernel_the_bundle_holds_widget_and_picture(monkeypatch):
    from elphlib.teach import display

    monkeypatch.delenv("ELPHLIB_DISPLAY", raising=False)
    monkeypatch.setattr(display, "kernel_runs", lambda: True)
    bundle = two_panels()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "image/png" in bundle
