"""The form without a kernel: template and differences rebuild every frame, small and sound."""

import base64
import json
import re
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from teach_examples import in_space, moving_chain, refusing_map, two_panels

from elphlib.teach import Explorer, ExplorerTooLargeError, Slider, curve, new_figure
from elphlib.teach.compact import compact_attributes
from elphlib.teach.page import BUDGET_BYTES, settings

EXAMPLES = [two_panels, refusing_map, moving_chain, in_space]


def parts(html):
    """The picture as a tree, and what the script would read from the data."""
    picture = re.search(r'<div class="elph-picture">(.*?)</div>', html, re.S)[1]
    data = re.search(r'class="elph-data">(.*?)</script>', html, re.S)[1]
    record = json.loads(zlib.decompress(base64.b64decode(data)))
    return ElementTree.fromstring(f"<div>{picture}</div>"), record


def elements_of(tree):
    """All elements in document order, listed once before anything changes."""
    return [element for svg in tree for element in svg.iter()]


def apply(elements, record, frame):
    """Write one frame into the picture, as static/explorer.js does."""
    for number, name, values, picks in record["slots"]:
        value = values[picks[frame] if picks else frame]
        element = elements[number]
        if name == "#text":
            element.text = value
        elif name == "#inner":
            element[:] = list(ElementTree.fromstring(f"<g>{value}</g>"))
        elif value is None:
            element.attrib.pop(name, None)
        else:
            element.set(name, value)


def visible(element):
    """A comparable form of what can be seen: hidden marks left out, ids without their prefix."""
    attributes = {
        name: re.sub(r"elph-[0-9a-f]+?(?=[0-9][mp][0-9a-f]{10})", "", value)
        for name, value in element.attrib.items()
    }
    children = [visible(child) for child in element if child.get("display") != "none"]
    return element.tag, attributes, (element.text or "").strip(), children


@pytest.mark.parametrize("make", EXAMPLES)
def test_the_page_rebuilds_every_frame(make):
    explorer = make()
    tree, record = parts(explorer.page_html())
    elements = elements_of(tree)
    stage, combinations = explorer._new_stage(), settings(explorer.controls)
    assert int(np.prod(record["sizes"])) == len(combinations)
    order = np.random.default_rng(2).permutation(len(combinations))
    panels = [explorer._panels(stage, explorer._compute(v), v) for v in combinations]
    for frame in order:
        apply(elements, record, frame)
        expected = "".join(panel.markup() for panel in panels[frame]).replace("elph~id~", "")
        expected = ElementTree.fromstring(f"<div>{expected}</div>")
        assert visible(tree) == visible(expected), combinations[frame]


@pytest.mark.parametrize("make", EXAMPLES)
def test_the_page_opens_on_the_default_frame(make):
    explorer = make()
    tree, record = parts(explorer.page_html())
    elements = elements_of(tree)
    shown = visible(tree)
    sizes, starts = record["sizes"], [c.start for c in explorer.controls.values()]
    apply(elements, record, int(np.ravel_multi_index(starts, sizes)))
    assert visible(tree) == shown
    assert tree[0].get("aria-label") == explorer.alt()


def test_the_alt_text_of_every_frame_states_its_values():
    explorer = two_panels()
    tree, record = parts(explorer.page_html())
    elements = elements_of(tree)
    for frame, ratio in enumerate(explorer.controls["mass_ratio"].grid):
        apply(elements, record, frame)
        assert tree[0].get("aria-label") == explorer.alt(mass_ratio=ratio)
        assert f"{ratio:.2f}" in tree[0].get("aria-label")


def test_ids_are_unique_on_a_page_and_every_reference_resolves():
    html = "".join(make().page_html() for make in EXAMPLES)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(set(ids)) == len(ids)
    references = re.findall(r'(?:url\(#|href="#|for="|labelledby=")([^")]+)', html)
    assert references
    assert set(references) <= set(ids)
    assert "elph~id~" not in html
    for make in EXAMPLES:
        assert "elph~id~" not in json.dumps(parts(make().page_html())[1])


@pytest.mark.parametrize("make", EXAMPLES)
def test_nothing_is_fetched_and_colours_follow_the_page(make):
    html = make().page_html()
    outside_data = re.sub(r"base64,[^\"]+", "", html.split('class="elph-data"')[0])
    assert not re.search(r"https?:|//[a-z]|@import", outside_data)
    assert "var(--elph-" in html
    assert not re.search(r"#[0-9a-f]{6}\b", html)


def test_controls_are_native_and_named():
    html = refusing_map().page_html()
    prefix = re.search(r'id="(elph-[0-9a-f]{8})"', html)[1]
    slider = re.search(r'<input type="range"[^>]*>', html)[0]
    assert f'id="{prefix}-screening"' in slider
    assert 'aria-valuetext="1.5 Å⁻¹"' in slider
    assert f'<label for="{prefix}-screening">screening κ</label>' in html
    assert "<option selected>Na</option><option>Al</option>" in html
    assert 'role="group"' in html
    assert "hidden>" in html


def test_texts_of_the_page_are_escaped():
    html = two_panels().page_html()
    assert "Chain &amp; gap" in html
    assert "&lt;M₂ ≠ M₁&gt;" in html


def test_thirty_frames_of_two_panels_are_light():
    ratios = Slider("mass ratio", np.linspace(1, 4, 31), default=2.0)
    html = two_panels(mass_ratio=ratios).page_html()
    assert len(html.encode()) < 40_000


def test_an_explorer_over_budget_is_refused_and_told_why():
    noise = np.random.default_rng(3)

    def compute(seed, level):
        return noise.normal(size=2000)

    explorer = Explorer(
        compute,
        lambda axes, y: curve(axes, "noise", np.linspace(0, 1, 2000), y),
        title="Noise",
        describe=lambda y, seed, level: "Noise.",
        seed=Slider("seed", range(30)),
        level=Slider("level", [0, 1]),
    )
    with pytest.raises(ExplorerTooLargeError, match=r"'Noise' is \d+ kB.+at most 300 kB.+'seed'"):
        explorer.page_html()
    assert BUDGET_BYTES == 300_000


def test_an_explorer_without_controls_is_a_picture():
    explorer = Explorer(
        lambda: np.arange(3.0),
        lambda axes, y: curve(axes, "line", [0, 1, 2], y),
        title="Still",
        describe=lambda y: "A line.",
        figure=lambda: new_figure(title="Rising"),
    )
    html = explorer.page_html()
    assert "<input" not in html
    assert ">Rising<" in html


points = st.lists(st.tuples(*[st.floats(-400, 400).map(lambda v: round(v, 6))] * 2), min_size=2)


@given(points)
def test_relative_paths_stay_within_half_a_tenth_of_a_point(corners):
    d = "M {} {} ".format(*corners[0]) + " ".join("\nL {} {} ".format(*c) for c in corners[1:])
    short = compact_attributes({"d": d})["d"]
    steps = re.findall(r"[Ml]|-?(?:\d*\.)?\d+", short)
    assert steps[0] == "M"
    assert steps[3] == "l"
    numbers = np.array([s for s in steps if s not in "Ml"], dtype=float).reshape(-1, 2)
    places = np.cumsum(numbers, axis=0)
    rounded = np.array(corners)
    kept = [rounded[0]]
    for corner, before in zip(rounded[1:], rounded[:-1], strict=True):
        if len(kept) == 1 or (np.round(10 * corner) != np.round(10 * before)).any():
            kept.append(corner)
    assert np.abs(places - np.array(kept)).max() < 0.0501


def test_curved_paths_are_relative_to_the_end_of_the_last_piece():
    d = "M 0 1 \nC 1 1 2 2 3 4.06 \nQ 5 5 6 7 \nL 7 7 \nz"
    assert compact_attributes({"d": d})["d"] == "M0 1c1 0 2 1 3 3.1q2 .9 3 2.9l1 0z"


@given(st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_rounding_keeps_places(x, y):
    short = compact_attributes({"x": f"{x:.6f}", "y": f"{y:.6f}"})
    assert abs(float(short["x"]) - x) < 0.0501
    assert abs(float(short["y"]) - y) < 0.0501
