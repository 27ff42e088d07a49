"""The data files of the package: rows of text, and what to say when one is missing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import TypeVar

Fact = TypeVar("Fact")


def sources() -> dict[str, set[str]]:
    """Every source key in the data files, by file name."""
    keys: dict[str, set[str]] = {}
    for entry in sorted(files("elphlib").joinpath("data").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".csv"):
            columns = [name for name in next(rows(entry.name)) if name.endswith("source")]
            keys[entry.name] = {row[c] for row in rows(entry.name) for c in columns if row[c]}
    return keys


def rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of one file of `elphlib/data` by column name; lines behind a # are comments."""
    text = files("elphlib").joinpath("data", name).read_text(encoding="utf-8")
    return iter(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def number(text: str) -> float | None:
    """The number in a field, None if it is empty."""
    return float(text) if text else None


def pick(symbol: str, table: dict[str, Fact], what: str) -> Fact:
    """The entry of one element; a ValueError lists those there are."""
    if symbol not in table:
        raise ValueError(
            f"no {what} for {symbol!r}; the table has {', '.join(sorted(table))}; add a row with "
            "its source to elphlib/data."
        )
    return table[symbol]
