"""Explorers in a real browser: a page opened from disk, moved by keyboard, paused, printed."""

from pathlib import Path

import pytest
from browser import launch
from teach_examples import in_space, moving_chain, refusing_map, two_panels

import elphlib.teach
from elphlib.teach import new_figure, points, show

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser
STATIC = Path(elphlib.teach.__file__).parent / "static"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page like the book's: four explorers and a figure, style and script beside it."""
    folder = tmp_path_factory.mktemp("demo")
    for name in ("explorer.js", "explorer.css"):
        (folder / name).write_text((STATIC / name).read_text("utf-8"), "utf-8")
    figure, axes = new_figure(xlabel="T (K)", ylabel="C (J/mol K)")
    points(axes, "measured", [1, 2, 3], [1, 2, 4], yerr=0.2)
    makers = (two_panels, refusing_map, moving_chain, in_space)
    body = "".join(make().page_html() for make in makers)
    body += show(figure, alt="Three points.", caption="Data.", number="1.9").html()
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Demo</title>'
        "<style>body { margin: 0 } main { max-width: 46rem; margin: auto; padding: 0 1rem }"
        "html[data-theme=dark] body { background: #121212; color: #e4e7ea }</style>"
        '<link rel="stylesheet" href="explorer.css"><script defer src="explorer.js"></script>'
        f"</head><body><main><h1>Demo</h1>{body}</main></body></html>",
        "utf-8",
    )
    return folder / "index.html"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = launch(driver)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, page_file):
    """Open the page; afterwards nothing may have been asked of the network or complained of."""
    contexts, complaints, requests = [], [], []

    def open_page(width=1280, theme="light", **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(page_file.as_uri())
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert all(url.startswith("file://") for url in requests), requests


def alt(figure):
    return figure.locator('svg[role="img"]').get_attribute("aria-label")


def test_the_keyboard_moves_picture_value_and_alt_text(visit):
    page = visit()
    for figure in page.locator(".elph-explorer").all():
        for knob in figure.locator('input[type="range"]').all():
            knob.focus()
            before = figure.locator(".elph-picture").inner_html(), alt(figure)
            said = knob.get_attribute("aria-valuetext")
            page.keyboard.press("ArrowLeft" if knob.get_attribute("max") == "1" else "ArrowRight")
            page.wait_for_function("([svg, text]) => svg.getAttribute('aria-label') !== text",
                                   arg=[figure.locator('svg[role="img"]').element_handle(),
                                        before[1]])  # fmt: skip
            assert figure.locator(".elph-picture").inner_html() != before[0]
            assert knob.get_attribute("aria-valuetext") != said
            output = knob.locator("xpath=..").locator("output")
            assert output.inner_text() == knob.get_attribute("aria-valuetext")


def test_the_page_shows_what_python_drew_and_reset_returns(visit):
    explorer = two_panels()
    page = visit()
    figure = page.locator(".elph-explorer").first
    start = figure.locator(".elph-picture").inner_html()
    figure.locator("input").focus()
    page.keyboard.press("End")
    page.wait_for_timeout(200)
    assert alt(figure) == explorer.alt(mass_ratio=4.0)
    drawn = {
        name: figure.locator(f'[data-name="{name}"] path, path[data-name="{name}"]')
        .first.get_attribute("d")
        for name in ("branches", "width")
    }  # fmt: skip
    frame = explorer.frame(mass_ratio=4.0)
    for path in drawn.values():
        assert f'd="{path}"' in frame
    page.wait_for_timeout(600)
    assert figure.locator('[role="status"]').inner_text() == alt(figure)
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(200)
    assert figure.locator(".elph-picture").inner_html() == start


def test_a_choice_redraws_the_map_and_a_refusal_is_readable(visit):
    page = visit()
    figure = page.locator(".elph-explorer").nth(1)
    picture = figure.locator("image").first.get_attribute("href")
    figure.get_by_role("combobox", name="metal").select_option("Al")
    page.wait_for_timeout(200)
    assert figure.locator("image").first.get_attribute("href") != picture
    figure.get_by_role("slider", name="screening").focus()
    page.keyboard.press("End")
    page.wait_for_timeout(200)
    assert not figure.locator('[data-name="map"]').first.is_visible()
    assert figure.get_by_text("the lattice is unstable at", exact=False).first.is_visible()
    assert "unstable at screening 3.0" in alt(figure)


def places(figure):
    return figure.evaluate(
        "f => [...f.querySelectorAll('circle')].map(c => c.getBoundingClientRect())"
        ".map(box => [box.x, box.y])"
    )


def test_atoms_move_until_paused(visit):
    page = visit()
    figure = page.locator(".elph-explorer").nth(2)
    figure.scroll_into_view_if_needed()
    button = figure.get_by_role("button", name="play")
    assert button.get_attribute("aria-pressed") == "true"
    page.wait_for_timeout(400)
    first = places(figure)
    page.wait_for_timeout(300)
    assert places(figure) != first
    assert not figure.locator(".elph-arrows").is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    assert button.inner_text().strip().endswith("Play")
    stopped = places(figure)
    page.wait_for_timeout(300)
    assert places(figure) == stopped


def test_speed_follows_energy(visit):
    page = visit()
    figure = page.locator(".elph-explorer").nth(2)
    figure.get_by_role("button", name="play").click()
    heights = page.evaluate(
        """figure => {
            const motion = figure.elph.motion, seen = {};
            const first = () => figure.querySelector('circle').transform.baseVal[0].matrix.e;
            for (const [energy, seconds] of [[5, 0.2], [10, 0.1], [-10, 0.1], [-10, 0.2]]) {
                motion.energy = [energy];
                motion.seconds = seconds;
                motion.place();
                seen[`${energy},${seconds}`] = first();
            }
            return seen;
        }""",
        figure.element_handle(),
    )
    assert heights["5,0.2"] == heights["10,0.1"] != 0
    growth = heights["-10,0.2"] / heights["-10,0.1"]
    assert growth == pytest.approx(2.718281828 ** (2 * 3.14159265 * 0.5 * 0.1), rel=0.05)


def test_an_unstable_mode_grows_and_says_so(visit):
    page = visit()
    figure = page.locator(".elph-explorer").nth(2)
    figure.get_by_role("slider", name="stiffness").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(200)
    assert figure.get_by_text("unstable: grows").is_visible()
    assert alt(figure).endswith("its displacement grows instead of swinging.")


def test_motion_out_of_sight_rests(visit):
    page = visit()
    figure = page.locator(".elph-explorer").nth(2)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(300)
    hidden = figure.evaluate("f => f.elph.motion.seconds")
    page.wait_for_timeout(300)
    assert figure.evaluate("f => f.elph.motion.seconds") == hidden


def test_reduced_motion_starts_still_with_arrows(visit):
    page = visit(reduced_motion="reduce")
    for figure in page.locator(".elph-explorer:has(.elph-play)").all():
        figure.scroll_into_view_if_needed()
        assert figure.get_by_role("button", name="play").get_attribute("aria-pressed") == "false"
        assert figure.locator(".elph-arrows").is_visible()
        rest = places(figure)
        page.wait_for_timeout(200)
        assert places(figure) == rest
        figure.get_by_role("button", name="play").click()
        page.wait_for_timeout(400)
        assert places(figure) != rest


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_scrolls_sideways_and_targets_are_large(visit, width):
    page = visit(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for knob in page.locator(".elph input, .elph select, .elph button").all():
        assert knob.bounding_box()["height"] >= 44
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.elph-panel text')].map(t =>
            parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getScreenCTM().a)"""
    )
    assert min(sizes) >= 9
    lefts = [p.bounding_box()["x"] for p in page.locator(".elph-panel").all()[:2]]
    assert (lefts[0] == lefts[1]) == (width == 390)


def test_light_and_dark_have_their_own_colours(visit):
    seen = {}
    for theme in ("light", "dark"):
        page = visit(theme=theme)
        seen[theme] = page.evaluate(
            """() => ['[data-name="branches"]', '.elph-panel text'].map(s => {
                const style = getComputedStyle(document.querySelector(s));
                return [style.stroke, style.fill];
            })"""
        )
    assert seen["light"][0][0] == "rgb(185, 92, 0)"
    assert seen["dark"][0][0] == "rgb(255, 128, 18)"
    assert seen["light"][1][1] == "rgb(27, 31, 36)"
    assert seen["dark"][1][1] == "rgb(228, 231, 234)"


def test_without_scripts_the_picture_stands_and_the_controls_do_not(visit):
    context = visit(java_script_enabled=True).context.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(visit().url)
    assert page.locator(".elph-panel").first.is_visible()
    assert not page.locator(".elph-controls").first.is_visible()
    assert page.locator(".elph-arrows").first.is_visible()
    assert "The controls need JavaScript" in page.locator(".elph-explorer").first.inner_text()
    context.close()


def test_print_leaves_picture_and_caption(visit):
    page = visit(theme="dark")
    page.emulate_media(media="print")
    assert not page.locator(".elph-controls").first.is_visible()
    assert page.locator(".elph-panel").first.is_visible()
    ink = page.evaluate("getComputedStyle(document.querySelector('.elph')).color")
    assert ink == "rgb(27, 31, 36)"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault(visit, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(theme=theme, reduced_motion="reduce")
    violations = axe.run(page, options={"preload": False}).response["violations"]
    assert not violations, [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in violations]


def test_every_control_is_reached_by_tab_and_shows_it(visit):
    page = visit()
    controls = ".elph input, .elph select, .elph button"
    reached = set()
    for _ in range(total := page.locator(controls).count()):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """controls => {
                    const focus = document.activeElement;
                    const outline = getComputedStyle(focus).outlineStyle;
                    const place = [...document.querySelectorAll(controls)].indexOf(focus);
                    return outline === 'solid' ? place : -1;
                }""",
                controls,
            )
        )
    assert reached == set(range(total))
