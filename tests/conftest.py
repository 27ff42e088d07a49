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


def pytest_terminal_summary(terminalreporter):
    """Say in the last lines that no page was looked at, where there is no browser."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "browser" in r.keywords]
    if skipped:
        terminalreporter.write_sep("!", "NOT TESTED IN A BROWSER", red=True, bold=True)
        terminalreporter.write_line(
            f"{len(skipped)} browser tests were skipped: no Chromium was found on PATH, in "
            "CHROMIUM, or among Playwright's own."
        )
        terminalreporter.write_line("Install one:  .venv/bin/python -m playwright install chromium")
