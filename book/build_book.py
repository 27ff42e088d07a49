"""Build the book: ``python book/build_book.py`` from anywhere, or ``make book``.

A chapter is executed only when something that it shows may have changed. jupyter-cache looks at a
notebook's cells alone; here the cache also belongs to one state of the library, and is thrown away
with the parsed pages when that state changes, so that no number outlives the code that made it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ("elphlib", "requirements.txt")
SOURCES = ("book", "chapters", "exercises")
IGNORED = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        for child in sorted(path.rglob("*")):
            if child.is_file() and not IGNORED.intersection(child.parts):
                yield child


def content_key(root: Path, names: Iterable[str]) -> str:
    """Hash what some files and folders hold, and the Python that will run them.

    Parameters
    ----------
    root : Path
        The project.
    names : iterable of str
        Files and folders below `root`; missing ones count as empty.

    Returns
    -------
    str
        SHA-256 in hexadecimal. It depends on relative paths and bytes, not on times.
    """
    digest = hashlib.sha256(platform.python_version().encode())
    for path in _files(root / name for name in names):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def library_key(root: Path) -> str:
    """Hash everything outside a notebook that its numbers depend on: `elphlib` and the lock."""
    return content_key(root, LIBRARY)


def drop_stale_executions(root: Path, output: Path) -> bool:
    """Forget executed notebooks and parsed pages that another state of the library made.

    Parameters
    ----------
    root, output : Path
        The project and the folder it is built into.

    Returns
    -------
    bool
        Whether anything was dropped.
    """
    record = output / "library.key"
    key = library_key(root)
    if record.exists() and record.read_text() == key:
        return False
    stale = [output / "_build" / name for name in (".jupyter_cache", ".doctrees")]
    dropped = any(folder.exists() for folder in stale)
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    record.write_text(key)
    return dropped


def run_jupyter_book(root: Path, output: Path) -> int:
    """Run Jupyter Book, strict and nitpicky; its words go to ``build.log`` in `output`.

    The kernels import `elphlib` from `root`, the library that the cache is keyed on.

    Returns
    -------
    int
        Jupyter Book's exit status.
    """
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", ".", "--config", "book/_config.yml", "--toc", "book/_toc.yml"]
    command += ["--path-output", str(output), "-W", "-n", "--keep-going", "--all"]
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    environment = {
        **os.environ,
        **ONE_THREAD,
        "ELPHLIB_DISPLAY": "page",
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }
    run = subprocess.run(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    (output / "build.log").write_text(COLOUR.sub("", run.stdout), encoding="utf-8")
    return run.returncode


def complaints(output: Path) -> str:
    """Collect what went wrong in a build: warnings, errors, and the notebooks that stopped."""
    said = (output / "build.log").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in said if "WARNING:" in line or "ERROR:" in line]
    reports = sorted((output / "_build" / "html" / "reports").rglob("*.log"))
    stopped = [COLOUR.sub("", report.read_text(encoding="utf-8")) for report in reports]
    return "\n".join((wrong or said[-40:]) + stopped)


def build(root: Path = ROOT, output: Path | None = None) -> Path:
    """Build the site if any of its sources changed.

    Parameters
    ----------
    root : Path, optional
        The project; this one by default.
    output : Path, optional
        Where to build; ``build`` in the project by default.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    SystemExit
        If Jupyter Book fails or warns. What it said stands in ``build.log``.
    """
    output = (output or root / "build").resolve()
    page = output / "_build" / "html" / "index.html"
    record = output / "book.key"
    key = content_key(root, (*SOURCES, *LIBRARY))
    if page.exists() and record.exists() and record.read_text() == key:
        return page
    record.unlink(missing_ok=True)
    drop_stale_executions(root, output)
    shutil.rmtree(page.parent, ignore_errors=True)
    print("Executing the chapters and building the pages …", flush=True)
    start = time.perf_counter()
    status = run_jupyter_book(root, output)
    log = output / "build.log"
    if status or not page.exists():
        print(complaints(output), file=sys.stderr)
        raise SystemExit(f"The book was not built; what Jupyter Book said stands in {log}.")
    record.write_text(key)
    print(f"… done in {time.perf_counter() - start:.0f} s.")
    return page


def main() -> None:
    """Build, then name the file to open."""
    parser = argparse.ArgumentParser(description="Build the book.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    page = build(parser.parse_args().root.resolve())
    shown = page.relative_to(Path.cwd()) if page.is_relative_to(Path.cwd()) else page
    print(f"Open {shown}")


if __name__ == "__main__":
    main()
