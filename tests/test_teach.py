"""Explorers: what a definition must hold, what a draw call does, what is shown where."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from teach_examples import moving_chain, refusing_map, two_panels

import elphlib.teach
from elphlib.errors import UnstableLatticeError
from elphlib.teach import (
    REGISTRY,
    Choice,
    Explorer,
    Slider,
    curve,
    display,
    hline,
    image,
    key,
    label,
    limits,
    new_figure,
    points,
    show,
)
from elphlib.teach.subscript import html, spoken


def line(**changes):
    """An explorer of one straight line, with parts to be spoilt."""
    options = {
        "title": "A line",
        "describe": lambda result, slope: f"A line of slope {slope:g}.",
        "slope": Slider("slope", [0.0, 1.0, 2.0]),
    }
    compute = changes.pop("compute", lambda slope: slope * np.arange(3.0))
    draw = changes.pop("draw", lambda axes, y: curve(axes, "line", [0, 1, 2], y))
    return Explorer(compute, draw, **(options | changes))


SPOILT = {
    "no control": lambda: line(slope=None),
    "parameter without control": lambda: line(compute=lambda slope, offset: slope),
    "control without parameter": lambda: line(offset=Slider("offset", [0, 1])),
    "TeX in title": lambda: line(title="The $q$ axis"),
    "empty title": lambda: line(title=" "),
    "TeX in caption": lambda: line(caption="costs $5"),
    "empty description": lambda: line(describe=lambda result, slope: "").alt(),
    "unknown value": lambda: line().alt(offset=1),
    "value out of range": lambda: line().alt(slope=7),
    "value not a number": lambda: line().alt(slope="steep"),
    "TeX in a label": lambda: Slider("$q$", [0, 1]),
    "one value": lambda: Slider("q", [1.0]),
    "descending": lambda: Slider("q", [1.0, 0.0]),
    "not finite": lambda: Slider("q", [0.0, np.nan]),
    "default between values": lambda: Slider("q", [0.0, 1.0], default=0.4),
    "not whole": lambda: Slider("n", [0.0, 0.5], integer=True),
    "format without place": lambda: Slider("q", [0, 1], format="two"),
    "format of text": lambda: Slider("q", [0, 1], format="{:d}"),
    "one option": lambda: Choice("metal", ["Na"]),
    "same option twice": lambda: Choice("metal", ["Na", "Na"]),
    "unknown default": lambda: Choice("metal", ["Na", "K"], default="Li"),
    "unknown option": lambda: refusing_map().alt(metal="Pb"),
    "coords": lambda: label(new_figure()[1], "a", 0, 0, "a", coords="figure"),
    "shapes": lambda: curve(new_figure()[1], "a", [0, 1], [[0, 1, 2]]),
    "labels for axes": lambda: new_figure(1, 2, xlabel=["one"]),
    "empty alt text": lambda: show(new_figure()[0], alt=""),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_bad_definitions_are_refused_in_three_parts(spoil):
    with pytest.raises(ValueError, match=r"(?s).+;.+;.+\."):
        spoil()


def test_marks_of_different_sorts_may_share_a_name():
    axes = new_figure()[1]
    line, text = curve(axes, "q", [0, 1], [0, 1]), label(axes, "q", 0, 0, "q")
    assert curve(axes, "q", [0, 1], [1, 0]) is line
    assert label(axes, "q", 1, 1, "Q") is text
    assert text.get_text() == "Q"
    others = [curve(axes, "Q", [0], [0]), points(axes, "q", 0, 0), hline(axes, "q", 0)]
    assert line not in others
    assert line.get_xydata().tolist() == [[0, 1], [1, 0]]


def test_a_key_stacks_its_entries():
    axes = new_figure()[1]
    key(axes, "key", {"computed": "C0", "measured": "ink"})
    heights = [text.get_position()[1] for text in axes.texts]
    assert heights[0] == 0.97
    assert 0.04 < heights[0] - heights[1] < 0.12


def test_equal_lengths_where_asked():
    axes = new_figure(size=(6, 3))[1]
    limits(axes, (-1, 1), (-1, 1), equal=True)
    scale = np.diff(axes.transData.transform([[0, 0], [1, 1]]), axis=0)[0]
    assert scale[0] == pytest.approx(scale[1])
    assert axes.get_ylim() == pytest.approx((-1, 1))
    assert axes.get_xlim()[1] > 1.5


def test_tex_in_the_figure_is_refused():
    spoilt = line(figure=lambda: new_figure(xlabel="$q$"))
    with pytest.raises(ValueError, match="dollar sign"):
        spoilt.frame()


def test_a_choice_takes_names_and_values_and_the_alt_text_says_current_ones():
    explorer = refusing_map()
    assert explorer.alt(metal="Al") == explorer.alt(metal=5.0) != explorer.alt()
    assert "screening 2.0" in explorer.alt(screening=2.0)


def test_values_are_said_with_unit_and_a_true_minus():
    slider = Slider("offset", [-1.5, 0, 1.5], unit="meV", format="{:.1f}")
    assert [slider.said(v) for v in slider.grid] == ["−1.5 meV", "0.0 meV", "1.5 meV"]
    assert Slider("T", np.geomspace(1, 100, 7)).logarithmic
    assert not slider.logarithmic


def test_an_update_moves_the_same_artist():
    explorer = two_panels()
    explorer.frame()
    axes = explorer._own_stage()[1]
    before = {artist: artist.get_xydata().copy() for ax in axes for artist in ax.lines}
    explorer.frame(mass_ratio=3.0)
    after = [artist for ax in axes for artist in ax.lines]
    assert after == list(before)
    moved = [a for a, xy in before.items() if not np.array_equal(xy, a.get_xydata(), True)]
    assert {a.get_gid() for a in moved} == {"elph-branches", "elph-width", "elph-top"}


def test_a_mark_left_out_is_hidden_and_comes_back():
    explorer = two_panels()
    assert ">gap<" in explorer.frame(mass_ratio=4.0)
    assert ">gap<" not in explorer.frame(mass_ratio=1.0)
    assert ">gap<" in explorer.frame(mass_ratio=4.0)


def test_free_limits_follow_what_is_drawn():
    explorer = line()
    for slope in (1.0, 2.0, 0.5):
        explorer.frame(slope=slope)
        low, high = explorer._own_stage()[1].get_ylim()
        assert low < 0 < 2 * slope < high < 3 * slope


def test_a_physical_refusal_is_shown_and_the_explorer_keeps_running():
    explorer = refusing_map()
    good = explorer.frame(screening=2.0)
    refused = explorer.frame(screening=3.0)
    assert "<image" in good
    assert 'data-name="map"' in good
    assert 'data-name="map"' not in refused
    assert "unstable" in refused
    assert "x (Å)" in refused
    assert "unstable at screening 3.0" in explorer.alt(screening=3.0)
    assert explorer.frame(screening=2.0) == good


def test_a_refusal_while_drawing_is_shown_too():
    def draw(axes, y):
        curve(axes, "line", [0, 1, 2], y)
        if y[1] > 1:
            raise UnstableLatticeError("too steep to stand")

    frame = line(draw=draw).frame(slope=2.0)
    assert "too steep to stand" in frame
    assert 'data-name="line"' not in frame
    assert "too steep to stand" in frame.split('aria-label="')[1].split('"')[0]


@pytest.mark.parametrize("error", [ZeroDivisionError, ValueError])
@pytest.mark.parametrize("where", ["compute", "draw"])
def test_any_other_error_comes_through(where, error):
    def broken(*arguments, **values):
        raise error("a slip")

    explorer = line(**{where: broken, "describe": lambda result, **values: "nothing"})
    with pytest.raises(error, match="a slip"):
        explorer.frame()


def test_a_figure_of_ones_own_does_not_touch_the_live_one():
    explorer = line()
    before = explorer.frame(slope=1.0)
    figure = explorer.figure_at(slope=2.0)
    assert figure.axes[0].lines[0].get_ydata()[-1] == 4.0
    assert explorer.frame(slope=1.0) == before


def test_static_pictures_are_written(tmp_path):
    for explorer in (two_panels(), refusing_map(), moving_chain()):
        for suffix, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
            explorer.save(tmp_path / f"a.{suffix}")
            assert (tmp_path / f"a.{suffix}").read_bytes().startswith(magic)


def test_two_panels_compute_and_draw_within_a_tenth_of_a_second():
    explorer = two_panels()
    explorer.frame()
    assert min(sum(explorer.time(mass_ratio=r)) for r in (1.3, 1.9, 2.6, 3.1, 3.8)) < 0.1


def test_every_explorer_is_registered():
    explorer = line()
    assert REGISTRY[-1] is explorer


def test_text_form_is_title_and_description(monkeypatch):
    monkeypatch.setenv("ELPHLIB_DISPLAY", "text")
    bundle = two_panels()._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert bundle["text/plain"].splitlines()[:2] == [
        "Figure 1.1. Chain & gap",
        "Two branches at mass ratio 2.00; the gap is 4.1 meV.",
    ]


def test_page_form_has_html_and_a_picture_for_paper(monkeypatch):
    monkeypatch.setenv("ELPHLIB_DISPLAY", "page")
    bundle = two_panels()._repr_mimebundle_()
    assert bundle["text/html"].startswith('<figure class="elph elph-explorer"')
    assert bundle["image/png"].startswith(b"\x89PNG")


def test_without_a_kernel_a_live_explorer_is_a_still_picture(monkeypatch):
    monkeypatch.delenv("ELPHLIB_DISPLAY", raising=False)
    bundle = two_panels()._repr_mimebundle_()
    assert "<input" not in bundle["text/html"]
    assert "<svg" in bundle["text/html"]


def test_an_unknown_display_mode_is_refused(monkeypatch):
    monkeypatch.setenv("ELPHLIB_DISPLAY", "cinema")
    with pytest.raises(ValueError, match="must be one of live, page, text"):
        two_panels()._repr_mimebundle_()


def test_a_static_figure_carries_alt_text_caption_and_number(monkeypatch):
    figure, axes = new_figure(xlabel="T (K)", ylabel="C (J/mol K)", xscale="log", yscale="log")
    points(axes, "measured", [1, 1e5], [1e-4, 10], yerr=[5e-5, 1])
    picture = show(figure, alt="C rises as T³ & more.", caption="Heat.", number="1.7")
    html = picture.html()
    assert 'aria-label="C rises as T³ &amp; more."' in html
    assert 'role="img"' in html
    assert ">Figure 1.7.</span> Heat.</figcaption>" in html
    assert ">10⁵<" in html
    assert ">10⁻⁴<" in html
    assert ">100<" in html
    monkeypatch.setenv("ELPHLIB_DISPLAY", "text")
    assert picture._repr_mimebundle_() == {
        "text/plain": "Figure 1.7.\nC rises as T³ & more.\nHeat."
    }


def test_the_readers_own_style_changes_nothing():
    import matplotlib as mpl

    usual = two_panels().page_html()
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "axes.grid": True}):
        assert two_panels().page_html() == usual


def test_equal_input_gives_equal_bytes_in_another_process():
    program = (
        "import sys, json; sys.path.insert(0, 'tests');"
        "from teach_examples import *;"
        "print(json.dumps([e().page_html() for e in (two_panels, refusing_map, moving_chain)]))"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert there.returncode == 0, there.stderr
    here = [e().page_html() for e in (two_panels, refusing_map, moving_chain)]
    assert json.loads(there.stdout) == here


def test_a_map_keeps_its_values_within_half_a_shade():
    import base64
    import io
    import re

    from matplotlib import colormaps
    from PIL import Image

    values = np.random.default_rng(1).uniform(-1, 1, (12, 20))
    figure, axes = new_figure()
    image(axes, "map", values, (0, 1, 0, 1), vmin=-1, vmax=1)
    png = re.search(r'base64,([^"]+)"', show(figure, alt="A map.").html())[1]
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")) / 255
    shades = colormaps["cividis"](np.linspace(0, 1, 1001))[:, :3]
    distance = np.abs(picture[:, :, None] - shades).sum(axis=-1)
    read = np.linspace(-1, 1, 1001)[distance.argmin(axis=-1)]
    assert np.abs(read - values).max() < 1.5 * 2 / 128 or (
        np.abs(read[::-1] - values).max() < 1.5 * 2 / 128
    )


INDEXED = {
    "ω_LO and k_F": ("ωLO and kF", "ω<sub>LO</sub> and k<sub>F</sub>"),
    "C/3k_B": ("C/3kB", "C/3k<sub>B</sub>"),
    "ε_∞ < 4": ("ε∞ < 4", "ε<sub>∞</sub> &lt; 4"),
    "Θ_{Debye}": ("ΘDebye", "Θ<sub>Debye</sub>"),
    "ħω_p": ("ħωp", "ħω<sub>p</sub>"),
    "α²_{tr}F": ("α²trF", "α²<sub>tr</sub>F"),
    "core_radius": ("core_radius", "core_radius"),
    "q_transfer": ("q_transfer", "q_transfer"),
    "M₂/M₁": ("M₂/M₁", "M₂/M₁"),
    "": ("", ""),
}


@pytest.mark.parametrize(("written", "forms"), INDEXED.items())
def test_indices_are_lowered_where_seen_and_plain_where_heard(written, forms):
    assert (spoken(written), html(written)) == forms


def test_a_figure_lowers_its_indices_on_the_page_and_on_paper():
    figure, axes = new_figure(xlabel="q (k_F)")
    curve(axes, "line", [0, 1], [0, 1])
    picture = show(figure, alt="A line up to k_F.", caption="Up to k_F.")
    page = picture.html()
    assert '<tspan>q (k</tspan><tspan dy=".3em" font-size="75%">F</tspan>' in page
    assert 'aria-label="A line up to kF."' in page
    assert "Up to k<sub>F</sub>." in page
    before = display.png(figure)
    axes.set_xlabel("q (k_FF)")
    assert axes.get_xlabel() == "q (k_FF)"
    assert display.png(figure) != before


def test_logarithmic_paper_has_no_tex():
    figure = new_figure(xscale="log", yscale="log", xlim=(1e-6, 1e6))[0]
    display.png(figure)
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert "10⁻⁵" in ticks or "10⁻⁴" in ticks
    assert not any("$" in text for text in ticks)


def test_a_point_on_the_frame_is_shown_whole():
    _, axes = new_figure(xlim=(0, 1), ylim=(0, 1))
    mark = points(axes, "corner", [1.0], [1.0], size=8)
    corner = axes.transData.transform((1, 1))
    assert (mark.get_clip_box().max > corner + 4).all()


def test_the_contributors_example_runs():
    text = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?Explorer\(.*?)```", text, re.S)
    names = {"np": np} | {name: getattr(elphlib.teach, name) for name in elphlib.teach.__all__}
    before = len(REGISTRY)
    exec(compile(program, "CONTRIBUTING.md", "exec"), names)
    (explorer,) = REGISTRY[before:]
    assert "mass ratio 2.0" in explorer.alt()
    assert len(explorer.page_html().encode()) < 50_000
