"""Sphinx extension: the built site carries everything it shows.

MathJax comes out of the pinned package ``sphinx-mathjax-offline`` and is copied beside the pages;
the explorers get their script and style sheet where `elphlib.teach` provides them; the front page
and the bibliography are made fit for every reader.
"""

from __future__ import annotations

import html
import importlib.metadata
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MATHJAX_PACKAGE = "sphinx-mathjax-offline"
MATHJAX_ENTRY = "tex-mml-chtml.js"
MATHJAX_KEPT = (
    MATHJAX_ENTRY,
    "a11y/",
    "input/tex/extensions/",
    "output/chtml/fonts/woff-v2/",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)
EXPLORER_ASSETS = Path("elphlib", "teach", "static")


def mathjax_files() -> Iterator[tuple[str, Path]]:
    """Find the MathJax files that a page of the book can ask for.

    Yields
    ------
    name : str
        Path below MathJax's own root, with forward slashes.
    source : Path
        The installed file.

    Raises
    ------
    FileNotFoundError
        If the installed package does not hold MathJax's entry script.
    """
    found = False
    for entry in importlib.metadata.files(MATHJAX_PACKAGE) or []:
        _, marker, name = entry.as_posix().partition("/static/mathjax/")
        if marker and name.startswith(MATHJAX_KEPT):
            found |= name == MATHJAX_ENTRY
            yield name, Path(str(entry.locate()))
    if not found:
        raise FileNotFoundError(
            f"{MATHJAX_PACKAGE} holds no {MATHJAX_ENTRY}; the pages cannot typeset equations "
            "without it; install the lock again: pip install -r requirements.txt."
        )


def copy_mathjax(app: Any, exception: Exception | None) -> None:
    """Put MathJax into ``_static/mathjax`` of a finished HTML build."""
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", "mathjax")
    for name, source in mathjax_files():
        copy = target / name
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def add_explorer_assets(app: Any) -> None:
    """Load ``explorer.css`` and ``explorer.js`` on every page, if the library has them."""
    folder = Path(app.srcdir) / EXPLORER_ASSETS
    if (folder / "explorer.css").exists():
        app.add_css_file("explorer.css")
    if (folder / "explorer.js").exists():
        app.add_js_file("explorer.js", loading_method="defer")


# Names, punctuation and blanks have the colour of plain code in the theme; operators, numbers and
# builtin names can do without one. Kinds of strings and of keywords have one colour each, and
# neighbours of one colour can share a span. Spans were a third of a chapter's weight.
CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
PLAIN = re.compile(r'<span class="(?:n|nn|o|p|w|mi|mf|nb|bp)">([^<]*)</span>')
STRING = re.compile(r'<span class="(?:s1|sa|se|si)">')
KEYWORD = re.compile(r'<span class="(?:kc|kn|ow)">')
SAME = re.compile(r'(<span class="\w+">)[^<]*(?:</span>\1[^<]*)+')


def lighter_code(block: str) -> str:
    """Write a highlighted block of code with as few spans as its colours need.

    Parameters
    ----------
    block : str
        HTML of one ``<pre>`` element.

    Returns
    -------
    str
        HTML that shows the same text.
    """
    block = PLAIN.sub(r"\1", block)
    block = KEYWORD.sub('<span class="k">', STRING.sub('<span class="s2">', block))
    return SAME.sub(lambda run: run[0].replace("</span>" + run[1], ""), block)


def refine_body(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Make a page lighter, and the entries of the bibliography items of their list."""
    if "body" in context:
        body = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
        context["body"] = CODE.sub(lambda code: lighter_code(code[0]), body)


FRONT_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="refresh" content="0; url={target}"></head>
<body><main><h1>{title}</h1><p><a href="{target}">Open the book</a></p></main></body>
</html>
"""


def write_front_page(app: Any, exception: Exception | None) -> None:
    """Write the site's ``index.html``, which leads to the landing page wherever that stands."""
    if exception is not None or app.builder.format != "html":
        return
    target = app.builder.get_target_uri(app.config.root_doc)
    if target != "index.html":
        page = FRONT_PAGE.format(title=html.escape(app.config.html_title), target=target)
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("builder-inited", add_explorer_assets)
    app.connect("html-page-context", refine_body)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", write_front_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
