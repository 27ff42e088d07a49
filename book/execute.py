"""Run notebooks and store them as they are committed: executed, with text outputs only.

``python book/execute.py chapters/*.ipynb`` or ``make execute`` for chapters and solutions together.
Explorers and figures print their text form here (``ELPHLIB_DISPLAY=text``), so that a difference
between two versions can be read, and the stored numbers can be compared with fresh ones.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import time
from pathlib import Path
from typing import Any

from build_book import ONE_THREAD, ROOT

STORED_TYPES = ("text/plain", "text/latex", "text/markdown")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def text_output(output: dict[str, Any]) -> dict[str, Any] | None:
    """Reduce one output of a cell to its text.

    Parameters
    ----------
    output : dict
        An output as nbformat stores it.

    Returns
    -------
    dict or None
        The same output with only its text forms, or None if it has none.
    """
    if "data" not in output:
        return output
    kept = {kind: text for kind, text in output["data"].items() if kind in STORED_TYPES}
    if not kept:
        return None
    output["data"] = kept
    output["metadata"] = {}
    return output


def strip(notebook: Any) -> None:
    """Take pictures, pages, widget state, timings and machine details off an executed notebook."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            outputs = (text_output(output) for output in cell.outputs)
            cell.outputs = [output for output in outputs if output is not None]


def execute(path: Path, timeout_s: int = 600) -> bool:
    """Run one notebook in its own folder and write it back if anything changed.

    Parameters
    ----------
    path : Path
        The notebook.
    timeout_s : int, optional
        Longest time for one cell, in seconds.

    Returns
    -------
    bool
        Whether the file changed.
    """
    import nbformat
    from nbclient import NotebookClient

    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    NotebookClient(
        notebook,
        timeout=timeout_s,
        kernel_name=KERNEL["name"],
        coalesce_streams=True,
        extra_arguments=["--log-level=40"],
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    strip(notebook)
    nbformat.validate(notebook)
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


def run_here(path: Path) -> dict[str, Any]:
    """Run a notebook's code in this process, without a kernel, and keep what it printed to itself.

    Returns
    -------
    dict
        The notebook's names. Its explorers stand in `elphlib.teach.REGISTRY` afterwards.
    """
    import nbformat

    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"{path.name}[{cell.id}]", "exec"), names)
    return names


def main() -> None:
    """Execute the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    os.environ.update(ONE_THREAD, ELPHLIB_DISPLAY="text", PYTHONPATH=str(ROOT))
    for path in parser.parse_args().notebooks:
        start = time.perf_counter()
        verdict = "stored" if execute(path) else "unchanged"
        print(f"{path}: {verdict} ({time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
