"""Notes on points: what is in the page, and that hovering and tabbing show it."""

import numpy as np
import pytest
from browser import launch
from test_teach_browser import STATIC

from elphlib.teach import Explorer, Slider, display, new_figure, notes, points, show

LONG = (
    "Lead\nλ = 1.55 ± 0.10, ω_{log} = 4.8 meV\nE_F = 9.4 eV (free electrons)\nAllen and Dynes 1975"
)


def drawn(axes, shift=0.0):
    x, y = np.array([0.02, 0.5, 0.98]), np.array([0.05, 0.5, 0.97])
    points(axes, "materials", x, y + shift)
    notes(axes, "materials", x, y + shift, [f"Point {i}\n{shift:.1f}\n{LONG}" for i in range(3)])


def explorer():
    return Explorer(
        lambda shift: shift,
        drawn,
        title="A map",
        describe=lambda result, shift: f"Three points, shifted by {shift:.1f}.",
        figure=lambda: new_figure(xlabel="x", ylabel="y", xlim=(0, 1), ylim=(0, 1.2)),
        shift=Slider("shift", [0.0, 0.1, 0.2], default=0.1),
    )


def picture():
    figure, axes = new_figure(xlabel="x", ylabel="y", xlim=(0, 1), ylim=(0, 1.2))
    drawn(axes)
    return show(figure, alt="Three points.")


def test_each_point_is_a_place_with_a_name():
    html = picture().html()
    assert html.count('class="elph-noted" tabindex="0" role="img"') == 3
    assert 'aria-label="Point 0. 0.0. Lead. λ = 1.55 ± 0.10, ωlog = 4.8 meV' in html
    assert 'role="group" aria-label="Three points."' in html


def test_without_notes_nothing_changes():
    figure, axes = new_figure(xlabel="x", ylabel="y")
    points(axes, "p", [1, 2], [1, 2])
    html = show(figure, alt="Two points.").html()
    assert "elph-note-" not in html
    assert 'role="img" aria-label="Two points."' in html


def test_notes_follow_the_frames():
    made = explorer()
    page = made.page_html()
    assert "Point 2. 0.1." in page
    assert "Point 2. 0.2." in made.frame(shift=0.2)
    assert "Point 2. 0.1." not in made.frame(shift=0.2)


def test_paper_has_no_notes():
    figure, axes = new_figure(xlabel="x", ylabel="y", xlim=(0, 1), ylim=(0, 1.2))
    drawn(axes)
    with_notes = display.png(figure)
    axes.__dict__.pop("elph_notes")
    assert display.png(figure) == with_notes


def test_bad_notes_are_refused():
    figure, axes = new_figure(1, 2, xlabel="x", ylabel="y", xlim=(0, 1), ylim=(0, 1))
    with pytest.raises(ValueError, match="has 2 and 2 coordinates and 1 texts"):
        notes(axes[0], "n", [0, 1], [0, 1], ["a"])
    with pytest.raises(ValueError, match="dollar sign"):
        notes(axes[0], "n", [0], [0], ["$a$"])
    notes(axes[1], "n", [0.5], [0.5], ["a"])
    with pytest.raises(ValueError, match="outside the first panel"):
        show(figure, alt="Two.").html()


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = launch(driver)
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 390], ids=["wide", "narrow"])
def page(request, chromium, tmp_path):
    for name in ("explorer.js", "explorer.css"):
        (tmp_path / name).write_text((STATIC / name).read_text("utf-8"), "utf-8")
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Notes</title>'
        "<style>body { margin: 0 } main { max-width: 46rem; margin: auto; padding: 0 1rem }</style>"
        '<link rel="stylesheet" href="explorer.css"><script defer src="explorer.js"></script>'
        f"</head><body><main><h1>Notes</h1>{picture().html()}{explorer().page_html()}</main></body>"
        "</html>",
        "utf-8",
    )
    context = chromium.new_context(viewport={"width": request.param, "height": 900})
    opened = context.new_page()
    opened.goto((tmp_path / "index.html").as_uri())
    yield opened
    context.close()


def shown(page):
    """Indices of the bodies that can be seen."""
    return page.evaluate(
        "[...document.querySelectorAll('.elph-note-body')].map((b, i) => "
        "getComputedStyle(b).visibility === 'visible' ? i : -1).filter((i) => i >= 0)"
    )


INSIDE = """(i) => {
  const body = document.querySelectorAll('.elph-note-body')[i];
  const frame = body.closest('svg').getBoundingClientRect();
  return [...body.querySelectorAll('rect, text')].every((part) => {
    const box = part.getBoundingClientRect();
    return box.left >= frame.left - 1 && box.right <= frame.right + 1
      && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
  });
}"""
WITHIN_BOX = """(i) => {
  const body = document.querySelectorAll('.elph-note-body')[i];
  const box = body.querySelector('rect').getBoundingClientRect();
  return [...body.querySelectorAll('text')].every(
    (t) => t.getBoundingClientRect().right <= box.right + 1);
}"""


@pytest.mark.browser
def test_tab_reaches_each_in_turn_and_its_text_is_whole(page):
    assert shown(page) == []
    for index in range(3):
        page.keyboard.press("Tab")
        assert shown(page) == [index]
        assert page.evaluate(INSIDE, index)
        assert page.evaluate(WITHIN_BOX, index)


@pytest.mark.browser
def test_hovering_shows_one_at_a_time(page):
    places = page.locator(".elph-note-reach")
    places.nth(1).hover()
    assert shown(page) == [1]
    page.keyboard.press("Tab")
    places.nth(2).hover()
    assert shown(page) == [2]
    page.mouse.move(1, 1)
    assert 2 not in shown(page)


@pytest.mark.browser
def test_the_slider_moves_the_notes(page):
    figure = page.locator(".elph-explorer")
    slider = figure.locator("input")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelectorAll('.elph-explorer .elph-noted')[2]"
        ".getAttribute('aria-label').startsWith('Point 2. 0.2')"
    )


@pytest.mark.browser
def test_nothing_stands_in_the_way_of_assistive_technology(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    results = axe.Axe().run(page)
    assert results.response["violations"] == []
