"""The palette: readable on both grounds, distinct for every kind of colour vision, one source."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import elphlib.teach
from elphlib.teach import new_figure
from elphlib.teach.style import CURVES, DARK, LIGHT, power_of_ten

SHEET = (Path(elphlib.teach.__file__).parent / "static" / "explorer.css").read_text("utf-8")

# Machado, Oliveira and Fernandes, IEEE Trans. Vis. Comput. Graph. 15, 1291 (2009), severity 1.
VISION = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    low, high = sorted(float(linear(c) @ XYZ[1]) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(light):
    xyz = XYZ @ np.clip(light, 0, 1) / XYZ.sum(axis=1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize(("palette", "ground"), [(LIGHT, "#ffffff"), (DARK, "#121212")])
def test_curves_and_text_stand_out_from_the_ground(palette, ground):
    for name in (*CURVES, "ink", "muted"):
        assert contrast(palette[name], ground) >= 4.5, name


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_curves_differ_for_every_kind_of_colour_vision(palette, vision):
    seen = {name: lab(np.array(VISION[vision]) @ linear(palette[name])) for name in CURVES}
    for a, b in combinations(CURVES, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 18, (a, b)


def test_the_style_sheet_has_the_same_colours():
    blocks = re.findall(r"\{([^{}]*--elph-c0: [^{}]*)\}", SHEET)
    assert len(blocks) == 3
    for block, palette in zip(blocks, (LIGHT, DARK, LIGHT), strict=True):
        written = dict(re.findall(r"--elph-(\w+): (#[0-9a-f]{6})", block))
        for name, value in palette.items():
            if (palette, name) != (LIGHT, "ground"):
                assert written[name.lower()] == value, name


def test_the_page_asks_nobody_else_for_anything():
    script = (Path(elphlib.teach.__file__).parent / "static" / "explorer.js").read_text("utf-8")
    for text in (SHEET, script):
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|localStorage|cookie", text)


def test_decades_are_written_in_unicode():
    assert [power_of_ten(v) for v in (0.01, 1, 1e3, 1e4, 1e-3, 20, 0)] == [
        "0.01", "1", "1000", "10⁴", "10⁻³", "", "",
    ]  # fmt: skip


def test_columns_become_panels_unless_they_share_an_axis():
    assert len(new_figure(1, 2)[0].slots) == 2
    assert len(new_figure(2, 2)[0].slots) == 2
    assert len(new_figure(1, 2, sharey=True)[0].slots) == 1
    figure, axes = new_figure(2, 3, ylabel=list("abcdef"), width_ratios=[1, 2, 1])
    assert [ax.get_ylabel() for ax in axes.ravel()] == list("abcdef")
    width = figure.get_figwidth()
    for column, (left, right) in enumerate(figure.slots):
        for ax in axes[:, column]:
            box = ax.get_position()
            assert left < box.x0 * width < box.x1 * width < right


def test_a_shared_axis_is_labelled_once():
    axes = new_figure(2, 2, sharex=True, sharey=True, xlabel="q", ylabel="E")[1]
    assert [[ax.get_xlabel() for ax in row] for row in axes] == [["", ""], ["q", "q"]]
    assert [[ax.get_ylabel() for ax in row] for row in axes] == [["E", ""], ["E", ""]]
