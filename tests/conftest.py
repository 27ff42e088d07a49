"""What all tests share: the project, its built book, and a loud word on pages left untested."""

from pathlib import Path

import pytest
from build_book import LIBRARY, SOURCES, content_key

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "_build" / "html"


@pytest.fixture(scope="session")
def site():
    """The folder of the built book, refused when it is not built from the present sources."""
    record = ROOT / "build" / "book.key"
    if not record.exists() or not SITE.exists():
        pytest.fail(f"there is no built book in {SITE}; run `make book` first", pytrace=False)
    if record.read_text() != content_key(ROOT, (*SOURCES, *LIBRARY)):
        pytest.fail("the built book is older than its sources; run `make book`", pytrace=False)
    return SITE


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    """Let the very last lines say that no page was looked at, where there is no browser."""
    result = yield
    terminal = session.config.pluginmanager.getplugin("terminalreporter")
    skipped = terminal.stats.get("skipped", []) if terminal else []
    unseen = [report for report in skipped if "browser" in report.keywords]
    if unseen and not hasattr(session.config, "workerinput"):
        terminal.write_sep("!", "NOT TESTED IN A BROWSER", red=True, bold=True)
        terminal.write_line(
            f"{len(unseen)} browser tests were skipped: no Chromium was found on PATH, in "
            "CHROMIUM, or among Playwright's own."
        )
        terminal.write_line("Install one:  .venv/bin/python -m playwright install chromium")
    return result
