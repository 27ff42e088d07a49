"""A copy of elphlib without what a problem asks the student to write.

`withheld.toml` names, for each set, functions that solve a problem. Those that nothing else in the
set needs are *absent*: their code is not in the copy, and importing or calling them says why. Those
that other parts of the set need are *guarded*: they refuse while the named parts are graded, unless
elphlib itself calls them.
"""

from __future__ import annotations

import ast
import compileall
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE / "withheld.toml"

_MODULE = '''"""What may not be used where a problem asks for it. Written by the grader."""

import sys

part = ""


class WithheldError(ImportError):
    """Something that the student is asked to write."""


def refuse(name, where):
    raise WithheldError(
        f"{name} solves {where}; it cannot be used where that is graded; write it yourself."
    )


def absent(module, name, where):
    """Stand for a function: elphlib may import the name, nobody may call it."""
    full = f"{module}.{name}"
    if not str(sys._getframe(2).f_globals.get("__name__")).startswith("elphlib"):
        refuse(full, where)
    return lambda *args, **kwargs: refuse(full, where)


def guard(name, parts):
    if part in parts:
        caller = sys._getframe(2).f_globals.get("__name__")
        if not str(caller).startswith("elphlib"):
            refuse(name, "Problem " + part[1:])
'''


@dataclass(frozen=True)
class Withheld:
    """One entry of the table: functions ("module:function" or "module:Class.method"), and where.

    `parts` are names such as "p3b"; without any, the functions are absent from the whole set.
    """

    functions: tuple[str, ...]
    solves: str
    parts: tuple[str, ...] = ()


def entries(problem_set: str) -> list[Withheld]:
    """What is withheld in a set."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8")).get(problem_set, [])
    return [
        Withheld(tuple(entry["functions"]), entry["solves"], tuple(entry.get("parts", ())))
        for entry in table
    ]


def prepare(folder: Path, problem_set: str, library: Path) -> None:
    """Write into a folder all that a sandbox needs to see.

    Parameters
    ----------
    folder : Path
        Made here.
    problem_set : str
        Whose solutions to take out.
    library : Path
        elphlib as it is.
    """
    copy = folder / "elphlib"
    shutil.copytree(library, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "_withheld.py").write_text(_MODULE, encoding="utf-8")
    _import_first(copy / "__init__.py")
    by_module: dict[str, dict[str, Withheld]] = {}
    for entry in entries(problem_set):
        for function in entry.functions:
            module, _, name = function.partition(":")
            by_module.setdefault(module, {})[name] = entry
    for module, names in by_module.items():
        path = copy.parent / Path(*module.split(".")).with_suffix(".py")
        path.write_text(strip(path.read_text(encoding="utf-8"), module, names), encoding="utf-8")
    for name in ("student.py", "wire.py"):
        shutil.copy(HERE / name, folder / name)
    compileall.compile_dir(folder, quiet=2)
    _font_list(folder / "matplotlib")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _import_first(init: Path) -> None:
    """Let the package import the list of what is withheld, so that the sandbox finds it."""
    source = init.read_text(encoding="utf-8")
    body = ast.parse(source).body
    first = next(
        node
        for node in body
        if not (isinstance(node, ast.Expr) or getattr(node, "module", "") == "__future__")
    )
    lines = source.splitlines()
    lines.insert(first.lineno - 1, "from elphlib import _withheld as _withheld")
    init.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _font_list(folder: Path) -> None:
    """Make matplotlib's list of fonts once, since the sandbox cannot keep it."""
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-c", "import matplotlib.font_manager"],
        env=os.environ | {"MPLCONFIGDIR": str(folder), "MPLBACKEND": "Agg"},
        check=True,
        capture_output=True,
    )


def strip(source: str, module: str, names: dict[str, Withheld]) -> str:
    """Take functions out of a module's source, or put a guard into them.

    Raises
    ------
    KeyError
        If the module has no such function.
    """
    lines = source.splitlines()
    found = _functions(ast.parse(source))
    if missing := set(names) - set(found):
        raise KeyError(f"{module} has no {', '.join(sorted(missing))}; mend {TABLE.name}")
    absent = {}
    for name in sorted(names, key=lambda n: -found[n].lineno):
        node, entry = found[name], names[name]
        if entry.parts:
            body = node.body[1] if _is_text(node.body[0]) and len(node.body) > 1 else node.body[0]
            indent = " " * body.col_offset
            lines.insert(
                body.lineno - 1,
                f"{indent}__import__('elphlib._withheld')._withheld.guard("
                f"{f'{module}.{name}'!r}, {entry.parts!r})",
            )
            continue
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        stub = []
        if "." in name:
            indent = " " * node.col_offset
            kept = [d for d in node.decorator_list if ast.unparse(d) in _DESCRIPTORS]
            stub = [f"{indent}@{ast.unparse(d)}" for d in kept]
            stub += [
                f"{indent}def {node.name}(*args, **kwargs):",
                f"{indent}    __import__('elphlib._withheld')._withheld.refuse("
                f"{f'{module}.{name}'!r}, {entry.solves!r})",
            ]
        else:
            absent[name] = entry.solves
        lines[first - 1 : node.end_lineno] = stub
    if absent:
        lines += [
            "",
            "",
            "def __getattr__(name):",
            f"    where = {absent!r}.get(name)",
            "    if where is None:",
            "        raise AttributeError(name)",
            "    from elphlib import _withheld",
            "",
            "    return _withheld.absent(__name__, name, where)",
        ]
    return "\n".join(lines) + "\n"


_DESCRIPTORS = ("property", "cached_property", "classmethod", "staticmethod")


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Functions and methods of a module by name."""
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            for node in owner.body:
                if isinstance(node, ast.FunctionDef):
                    found[f"{owner.name}.{node.name}"] = node
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
