"""Functions of a student that repeat one of elphlib's, apart from names and comments.

The library is open, and copying from it is not solving a problem. What is found here is *held*: it
earns nothing until whoever grades has looked at it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

#: Smaller functions than this many nodes of the syntax tree look alike for good reasons.
FEWEST_NODES = 60


def copies(sources: Iterable[str], library: Path) -> list[tuple[str, str]]:
    """Functions in sources that repeat one of the library: (its name here, its name there)."""
    known = shapes(library)
    found = []
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in _functions(tree):
            there = known.get(_shape(node))
            if there:
                found.append((node.name, there))
    return found


@cache
def shapes(folder: Path) -> dict[str, str]:
    """Shapes of all larger functions of the library."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        for node in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            found[_shape(node)] = f"elphlib.{path.stem}.{node.name}"
    found.pop("", None)
    return found


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _shape(function: ast.FunctionDef) -> str:
    """A function's body with its names numbered in the order in which they come."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    numbers: dict[str, int] = {}
    parts = []
    for statement in body:
        for node in ast.walk(statement):
            parts.append(type(node).__name__)
            if isinstance(node, ast.Name | ast.arg):
                name = node.id if isinstance(node, ast.Name) else node.arg
                parts.append(str(numbers.setdefault(name, len(numbers))))
            elif isinstance(node, ast.Attribute):
                parts.append(node.attr)
            elif isinstance(node, ast.Constant) and not isinstance(node.value, str):
                parts.append(repr(node.value))
    if len(parts) < FEWEST_NODES:
        return ""
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
