"""The built site is whole: links, citations, equations, weights, and nothing from elsewhere."""

import csv
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT

pytestmark = pytest.mark.book

PAGE_WEIGHT = 250_000
EXPLORER_WEIGHT = 300_000
LOADED = {
    "script": ["src"],
    "link": ["href"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "embed": ["src"],
    "object": ["data"],
    "image": ["href", "xlink:href"],
    "use": ["href", "xlink:href"],
}
ELSEWHERE = re.compile(r"^\s*(?:https?:|ftp:|wss?:|//)", re.IGNORECASE)
STYLE_URL = re.compile(r"""(?:url\(|@import)\s*['"]?\s*([^'")\s]+)""", re.IGNORECASE)


@cache
def parsed(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def pages(site):
    found = sorted(page for page in site.rglob("*.html") if "_static" not in page.parts)
    assert site / "book" / "index.html" in found
    return found


@cache
def anchors(path):
    soup = parsed(path)
    return {tag["id"] for tag in soup.find_all(id=True)} | {
        tag["name"] for tag in soup.find_all("a", attrs={"name": True})
    }


def bibliography_keys():
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^\s*@\w+\s*\{\s*([^,\s]+)\s*,", text, re.MULTILINE)
    assert len(keys) == len(set(keys)), "a key stands twice in references.bib"
    return set(keys)


def test_built_without_a_warning(site):
    log = (ROOT / "build" / "build.log").read_text(encoding="utf-8")
    assert "build succeeded" in log
    assert not [line for line in log.splitlines() if "WARNING:" in line or "ERROR:" in line]


def test_every_page_of_the_contents_is_built_and_no_notebook_is_published(site):
    toc = (ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")
    for name in re.findall(r"(?:file|root):\s*(\S+)", toc):
        assert (site / f"{name}.html").is_file()
    assert not list(site.rglob("*.ipynb"))
    assert not (site / "_sources").exists()


def test_links_inside_the_book_resolve(site):
    broken = []
    for page in pages(site):
        for link in parsed(page).find_all("a", href=True):
            target = urlsplit(link["href"])
            if target.scheme or target.netloc:
                continue
            file = (page.parent / unquote(target.path)).resolve() if target.path else page
            fragment = unquote(target.fragment)
            if not file.is_file() or (fragment and fragment not in anchors(file)):
                broken.append(f"{page.relative_to(site)} → {link['href']}")
    assert not broken


def test_what_a_page_loads_is_in_the_book(site):
    foreign, missing = [], []
    for page in pages(site):
        for tag in parsed(page).find_all(list(LOADED)):
            for attribute in LOADED[tag.name]:
                address = (tag.get(attribute) or "").split(" ")[0]
                if ELSEWHERE.match(address):
                    foreign.append(f"{page.relative_to(site)}: {address}")
                    continue
                file = page.parent / unquote(urlsplit(address).path)
                if address and not address.startswith(("data:", "#")) and not file.is_file():
                    missing.append(f"{page.relative_to(site)}: {address}")
    assert not foreign
    assert not missing


def test_style_sheets_load_nothing_from_elsewhere(site):
    texts = {sheet: sheet.read_text(encoding="utf-8") for sheet in site.rglob("*.css")}
    for page in pages(site):
        soup = parsed(page)
        inline = [tag.get_text() for tag in soup.find_all("style")]
        inline += [tag["style"] for tag in soup.find_all(style=True)]
        texts[page] = "\n".join(inline)
    foreign = {
        f"{source.relative_to(site)}: {address}"
        for source, text in texts.items()
        for address in STYLE_URL.findall(text)
        if ELSEWHERE.match(address)
    }
    assert not foreign


def test_mathematics_is_typeset_by_the_books_own_mathjax(site):
    scripts = [tag["src"] for tag in parsed(first_chapter(site)).find_all("script", src=True)]
    assert any("_static/mathjax/tex-mml-chtml.js" in script for script in scripts)
    fonts = site / "_static" / "mathjax" / "output" / "chtml" / "fonts" / "woff-v2"
    assert len(list(fonts.glob("*.woff"))) >= 20


def first_chapter(site):
    return site / "chapters" / "01-phonons.html"


def test_equations_are_numbered_by_chapter(site):
    for page in sorted((site / "chapters").glob("*.html")):
        chapter = int(page.name[:2])
        numbers = [tag.get_text() for tag in parsed(page).select(".eqno")]
        found = [re.match(r"\((\d+)\.(\d+)\)", number) for number in numbers]
        assert all(found)
        assert [(int(m[1]), int(m[2])) for m in found] == [
            (chapter, n + 1) for n in range(len(numbers))
        ]


def test_citations_reach_the_bibliography(site):
    entries = anchors(site / "book" / "bibliography.html")
    cited = [tag for page in pages(site) for tag in parsed(page).select("a.reference[href]")]
    cited = [tag["href"] for tag in cited if "bibliography.html#id" in tag["href"]]
    assert all(href.split("#")[1] in entries for href in cited)
    assert cited, "no page cites anything"


def test_data_name_their_sources(site):
    known = bibliography_keys()
    for file in sorted((ROOT / "elphlib" / "data").glob("*.csv")):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
        rows = list(csv.DictReader(lines))
        columns = [name for name in rows[0] if name == "source" or name.endswith("_source")]
        assert columns, f"{file.name} has no column for sources"
        cited = {key.strip() for row in rows for c in columns for key in row[c].split(";")}
        assert not cited - known - {""}, f"{file.name} cites what references.bib does not have"
        unsourced = [row for row in rows if not any(row[column].strip() for column in columns)]
        assert not unsourced


def explorers(page):
    return parsed(page).select(".elph-explorer")


def test_weights(site):
    for page in pages(site):
        inside = [len(str(explorer).encode()) for explorer in explorers(page)]
        assert all(weight <= EXPLORER_WEIGHT for weight in inside), f"{page.name}: {inside}"
        rest = page.stat().st_size - sum(inside)
        assert rest <= PAGE_WEIGHT, f"{page.relative_to(site)} has {rest} bytes before explorers"


def test_first_chapter_has_its_explorers(site):
    assert len(explorers(first_chapter(site))) >= 6


def test_pictures_say_what_they_show(site):
    silent = []
    for page in pages(site):
        soup = parsed(page)
        for tag in soup.find_all("img"):
            if tag.get("alt") is None or Path(unquote(tag["alt"])).suffix in {".png", ".svg"}:
                silent.append(f"{page.name}: {str(tag)[:80]}")
        for tag in soup.select("svg[role=img], svg[role=group]"):
            if len(tag.get("aria-label", "")) < 20:
                silent.append(f"{page.name}: {str(tag)[:80]}")
    assert not silent
