"""Every page as a reader meets it: wide or narrow, light or dark, by keyboard, without network."""

import functools

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from browser import launch
from conftest import SITE
from playwright.sync_api import sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.book]

VIEWS = {
    f"{width}-{scheme}": {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    for width in (1280, 390)
    for scheme in ("light", "dark")
}
PAGES = sorted(
    page.relative_to(SITE).as_posix()
    for page in SITE.rglob("*.html")
    if "_static" not in page.parts and page != SITE / "index.html"
)
# Everything typeset, every picture there, every explorer awake.
SETTLED = """async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  await document.fonts.ready;
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
# axe-core's own words for what stops some readers altogether or nearly so.
GRAVE = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations'], preload: false});
  const where = fault => fault.nodes.slice(0, 4).map(node => node.target.join(' ')).join(' | ');
  return found.violations
    .filter(fault => ['serious', 'critical'].includes(fault.impact))
    .map(fault => fault.id + ': ' + where(fault));
}"""
SILENT_PICTURES = """() => {
  const named = svg => svg.getAttribute('aria-label')
    || document.getElementById(svg.getAttribute('aria-labelledby'))?.textContent;
  const pictures = 'svg:is([role=img], [role=group]):not([aria-hidden=true])';
  const drawn = [...document.querySelectorAll(pictures)];
  const silent = [...document.querySelectorAll('img:not([alt])'), ...drawn.filter(s => !named(s))];
  return silent.map(picture => picture.outerHTML.slice(0, 120));
}"""
# What sticks out, unless a box around it scrolls.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const sticksOut = element => element.getBoundingClientRect().right > width + 1;
  const clipped = element => {
    for (let box = element.parentElement; box !== document.body; box = box.parentElement)
      if (getComputedStyle(box).overflowX !== 'visible' && !sticksOut(box)) return true;
    return false;
  };
  const culprits = [...document.querySelectorAll('article *')]
    .filter(element => sticksOut(element) && !clipped(element))
    .map(element => element.tagName + ': ' + element.textContent.trim().slice(0, 80));
  return ['the page is ' + document.documentElement.scrollWidth + ' px wide', ...culprits];
}"""
STATE = """control => {
  const pictures = [...control.closest('.elph-explorer').querySelectorAll('.elph-picture svg')];
  return {alt: pictures.map(p => p.getAttribute('aria-label')).join(),
          marks: pictures.map(p => p.innerHTML).join()};
}"""
CHANGED = """([control, before]) => {
  const pictures = [...control.closest('.elph-explorer').querySelectorAll('.elph-picture svg')];
  return pictures.map(p => p.getAttribute('aria-label')).join() !== before.alt
      && pictures.map(p => p.innerHTML).join() !== before.marks;
}"""


@pytest.fixture(scope="module")
def chromium(site):
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@functools.cache
def axe():
    return AXE_FILE_PATH.read_text(encoding="utf-8")


@pytest.fixture
def visit(chromium, site):
    """Open a page in a fresh profile; in the end it has complained of nothing, asked nobody."""
    contexts, said, asked = [], [], []

    def watch(page):
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "console",
            lambda line: said.append(line.text) if line.type in ("error", "warning") else None,
        )
        page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
        page.on("websocket", lambda socket: asked.append(socket.url))

    def open_page(name, view, **options):
        context = chromium.new_context(**VIEWS[view], **options)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        watch(page)
        page.goto((site / name).as_uri())
        page.evaluate(SETTLED)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not said
    home = site.as_uri()
    assert not [url for url in asked if not url.startswith((home, "data:", "blob:"))]


def test_there_are_pages(site):
    assert "book/index.html" in PAGES
    assert "chapters/01-phonons.html" in PAGES


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PAGES)
def test_page(visit, name, view):
    page = visit(name, view)
    assert page.evaluate("document.documentElement.dataset.theme") == view.split("-")[1]
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(SILENT_PICTURES) == []
    assert page.locator("mjx-merror").count() == 0
    page.evaluate(axe())
    assert page.evaluate(GRAVE) == []


def press_and_watch(control, keys):
    """Press keys on a control and wait until the picture and its words have changed."""
    control.scroll_into_view_if_needed()
    control.focus()
    before = control.evaluate(STATE)
    for key in keys:
        control.press(key)
    handle = control.element_handle()
    control.page.wait_for_function(CHANGED, arg=[handle, before], timeout=10_000)


@pytest.mark.parametrize("view", ["1280-light", "390-dark"])
@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("chapters/")])
def test_controls_by_keyboard(visit, name, view):
    """Every slider goes to one of its ends and one step back, every list to another entry."""
    page = visit(name, view, reduced_motion="reduce")
    sliders = page.locator(".elph-explorer input[type=range]").all()
    lists = page.locator(".elph-explorer select").all()
    assert sliders, "no explorer on this page"
    for slider in sliders:
        at_end = slider.evaluate("slider => slider.value === slider.max")
        press_and_watch(slider, ["Home" if at_end else "End"])
        press_and_watch(slider, ["ArrowRight" if at_end else "ArrowLeft"])
        assert slider.get_attribute("aria-valuetext")
    for choice in lists:
        last = choice.evaluate("list => list.selectedIndex === list.length - 1")
        press_and_watch(choice, ["ArrowUp" if last else "ArrowDown"])


def test_search_finds_a_word_of_the_book(visit):
    page = visit("search.html", "1280-light")
    page.goto(f"{page.url}?q=phonon")
    page.wait_for_selector("#search-results li a", timeout=10_000)
