"""The build never publishes a number that another state of the library made."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from build_book import build, content_key, drop_stale_executions, library_key
from conftest import ROOT
from selfhost import lighter_code

TOC = "format: jb-book\nroot: book/index\nchapters:\n  - file: chapters/only\n"


@pytest.fixture
def project(tmp_path):
    """A book of one chapter that prints a number of its own little library."""
    shutil.copytree(ROOT / "book", tmp_path / "book", ignore=shutil.ignore_patterns("*.md"))
    (tmp_path / "book" / "_toc.yml").write_text(TOC)
    (tmp_path / "book" / "index.md").write_text("# Landing page\n")
    (tmp_path / "elphlib" / "teach" / "static").mkdir(parents=True)
    (tmp_path / "elphlib" / "__init__.py").write_text("ANSWER = 'first' + '-edition'\n")
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "chapters").mkdir()
    cells = [
        nbformat.v4.new_markdown_cell("# Only chapter"),
        nbformat.v4.new_code_cell("import elphlib\nprint('It is', elphlib.ANSWER)"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, tmp_path / "chapters" / "only.ipynb")
    return tmp_path


def test_key_follows_content_and_names_not_times(project):
    before = library_key(project)
    source = project / "elphlib" / "__init__.py"
    source.touch()
    (project / "elphlib" / "__pycache__").mkdir()
    (project / "elphlib" / "__pycache__" / "x.pyc").write_text("compiled")
    assert library_key(project) == before
    source.rename(project / "elphlib" / "other.py")
    assert library_key(project) != before
    (project / "elphlib" / "other.py").rename(source)
    assert library_key(project) == before
    (project / "requirements.txt").write_text("numpy==2.4.7\n")
    assert library_key(project) != before


def test_key_does_not_confuse_where_one_file_ends(tmp_path):
    (tmp_path / "a").write_text("xy")
    one = content_key(tmp_path, ["a", "b"])
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("y")
    assert content_key(tmp_path, ["a", "b"]) != one


def test_executions_survive_only_as_long_as_the_library(project):
    output = project / "build"
    assert drop_stale_executions(project, output) is False
    kept = output / "_build" / ".jupyter_cache" / "executed"
    kept.mkdir(parents=True)
    assert drop_stale_executions(project, output) is False
    assert kept.exists()
    (project / "elphlib" / "__init__.py").write_text("ANSWER = 'second'\n")
    assert drop_stale_executions(project, output) is True
    assert not kept.exists()


@pytest.mark.slow
def test_a_changed_library_changes_the_page(project, capsys):
    page = build(project)
    chapter = page.parent / "chapters" / "only.html"
    assert "It is first-edition" in chapter.read_text()
    capsys.readouterr()
    built = chapter.stat().st_mtime_ns
    assert build(project) == page
    assert capsys.readouterr().out == ""
    assert chapter.stat().st_mtime_ns == built
    (project / "elphlib" / "__init__.py").write_text("ANSWER = 'second' + '-edition'\n")
    build(project)
    assert "It is second-edition" in chapter.read_text()
    assert "first-edition" not in chapter.read_text()


@pytest.mark.slow
def test_a_broken_chapter_stops_the_build_and_says_where(project):
    (project / "elphlib" / "__init__.py").write_text("ANSWER = 1 / 0\n")
    run = subprocess.run(
        [sys.executable, ROOT / "book" / "build_book.py", "--root", project],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "chapters/only.ipynb" in run.stderr
    assert "ZeroDivisionError" in run.stderr
    assert "Open" not in run.stdout


def test_lighter_code_shows_the_same_text():
    block = (
        '<pre><span></span><span class="n">f</span><span class="p">(</span><span class="s2">&quot;'
        '</span><span class="s2">a</span><span class="s2">&quot;</span> <span class="mi">1</span>'
        '<span class="s2">b</span></pre>'
    )
    lighter = lighter_code(block)
    assert re.sub(r"<[^>]+>", "", lighter) == re.sub(r"<[^>]+>", "", block)
    assert '<span class="s2">&quot;a&quot;</span>' in lighter
    assert '</span> 1<span class="s2">b</span>' in lighter  # numbers do without a colour
    assert len(lighter) < len(block) / 1.5
