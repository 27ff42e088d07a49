"""The browser of the tests: the machine's Chromium, else Playwright's own, else a loud skip."""

import os
import shutil

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """The Chromium named by CHROMIUM or found on PATH; None leaves it to Playwright."""
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        raise RuntimeError(
            f"CHROMIUM is {named!r}; it must name a program that can be run; unset it to use the "
            "one on PATH."
        )
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if (path := shutil.which(name))), None)


def launch(playwright):
    """Start a headless browser; without one skip, or fail where CI=true."""
    from playwright.sync_api import Error

    try:
        return playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    except Error as error:
        reason = f"NO BROWSER: install chromium or set CHROMIUM ({str(error).splitlines()[0]})"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
