"""A class of submissions that go wrong, or mean to, each with what must come of it.

All answer Problem set 3. Most are the solution with one part changed, `local_exponent` of Problem
2c, so that what must be lost is known: the points of that part, or none.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SET = "03-screening"
ALL, PART_2C, PART_2B, PART_1D = 57, 3, 6, 4


def read(place: str) -> dict:
    return json.loads((ROOT / place / SET / f"{SET}.ipynb").read_text(encoding="utf-8"))


def source(cell: dict) -> str:
    return "".join(cell["source"])


def solved() -> dict:
    """The release with every answer of the solution in it."""
    answers = {cell["id"]: source(cell) for cell in read("solutions")["cells"]}
    notebook = read("exercises")
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = answers[cell["id"]]
    return notebook


def code(text: str, name: str = "extra") -> dict:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": text,
    }


SOLVED, UNTOUCHED = solved(), read("exercises")
RIGHT = next(source(cell) for cell in SOLVED["cells"] if cell["id"] == "p2c")


def with_cell(name: str, text: str, base: dict = SOLVED) -> dict:
    notebook = deepcopy(base)
    next(cell for cell in notebook["cells"] if cell["id"] == name)["source"] = text
    return notebook


def with_first(text: str, base: dict = SOLVED) -> dict:
    """A cell of the student's own before all answers."""
    notebook = deepcopy(base)
    notebook["cells"].insert(2, code(text))
    return notebook


def body(text: str) -> dict:
    """`local_exponent` with another body."""
    lines = "\n".join(f"    {line}" for line in text.strip().splitlines())
    return with_cell("p2c", RIGHT + f"\n\n\ndef local_exponent(g, q):\n{lines}\n")


def before(text: str) -> dict:
    """The right `local_exponent`, which does something else first."""
    lines = "\n".join(f"    {line}" for line in text.strip().splitlines())
    return with_cell(
        "p2c",
        f"{RIGHT}\n\n\n_right = local_exponent\n\n\ndef local_exponent(g, q):\n{lines}\n"
        "    return _right(g, q)\n",
    )


def checks_changed(to: str, base: dict) -> dict:
    notebook = deepcopy(base)
    for cell in notebook["cells"]:
        if cell["id"].endswith("-check"):
            cell["source"] = to
    return notebook


def without_checks(base: dict) -> dict:
    notebook = deepcopy(base)
    notebook["cells"] = [c for c in notebook["cells"] if not c["id"].endswith("-check")]
    return notebook


def doubled() -> dict:
    notebook = deepcopy(SOLVED)
    for name in ("p2c-check", "p2c", "p1a"):
        at = next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == name)
        notebook["cells"].insert(at, deepcopy(notebook["cells"][at]))
    return notebook


def stripped(base: dict = SOLVED) -> dict:
    notebook = deepcopy(base)
    for i, cell in enumerate(notebook["cells"]):
        cell["metadata"], cell["id"] = {}, f"c{i}"
    notebook["metadata"] = {}
    return notebook


def reordered() -> dict:
    notebook = deepcopy(SOLVED)
    notebook["cells"] = notebook["cells"][::-1]
    return notebook


def moved_answers() -> dict:
    """All answers in code pushed to the front, in reverse order, and the notebook stripped."""
    notebook = deepcopy(SOLVED)
    answers = [c for c in notebook["cells"] if c["id"] in {"p1b", "p2b", "p2c", "p3b", "p3d"}]
    rest = [cell for cell in notebook["cells"] if cell not in answers]
    notebook["cells"] = answers[::-1] + rest
    return stripped(notebook)


def kernel(name: str) -> dict:
    notebook = deepcopy(SOLVED)
    notebook["metadata"]["kernelspec"] = {"display_name": name, "language": name, "name": name}
    return notebook


def bytes_of(notebook: dict) -> bytes:
    return json.dumps(notebook).encode()


LOOK_ALIKE = """
class Number(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __le__(self, other): return True
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __abs__(self): return 0.0
    def __float__(self): return self

return Number(7.0)
"""

ARRAY_LIKE = """
class Array:
    def __array__(self, *args, **kwargs):
        import numpy
        return numpy.ones(3).view(type("A", (numpy.ndarray,), {"__sub__": lambda s, o: s * 0}))
    def __float__(self): return 0.5

return Array()
"""

PATCHES = """
import builtins
import numpy as np
from elphlib.teach import checks

for name in ("near", "vanishes", "power_law", "numbers"):
    setattr(checks, name, lambda *args, **kwargs: args[1] if len(args) > 1 else None)
np.isclose = np.allclose = lambda *args, **kwargs: True
builtins.abs = lambda x: 0
builtins.AssertionError = Exception
builtins.all = lambda x: True
"""

WRONG = """
def local_exponent(g, q):
    return 42.0


def strongest(g, low, high):
    return 42.0
"""


def escapes(secret: Path, port: int) -> dict:
    """Tries to write, to read and to connect before it gives the right answer."""
    return before(
        f"""
import os, socket
seen = []
for path in ({str(secret)!r}, {str(ROOT)!r} + "/solutions/{SET}/{SET}.ipynb", "/etc/passwd-",
             {str(ROOT)!r} + "/grading/judge.py", "/course/student.py"):
    try:
        open(path, "ab").write(b"changed")
        seen.append("wrote " + path)
    except OSError:
        pass
for path in ({str(secret)!r}, {str(ROOT)!r} + "/solutions/{SET}/{SET}.ipynb",
             {str(ROOT)!r} + "/grading/judge.py"):
    try:
        open(path).read()
        seen.append("read " + path)
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=1).send(b"leak")
    seen.append("connected")
except OSError:
    pass
for pid in os.listdir("/proc") if os.path.isdir("/proc") else []:
    if pid.isdigit() and int(pid) > 20:
        seen.append("sees process " + pid)
if seen:
    raise SystemError("; ".join(seen))
"""
    )


FORGED = """
forged = 0
import json, os, struct
def post(item):
    head = json.dumps(item).encode()
    data = struct.pack("<Q", len(head)) + head
    for fd in (3, 4):
        try: os.write(fd, struct.pack("<Q", len(data)) + data)
        except OSError: pass
for item in (["t", [["l", []], ""]], ["t", ["error", "x"]], ["t", ["value", ["l", [1]], ""]],
             ["t", ["error", 5, 6, 7, 8, 9]], ["t", ["done", ["l", []]]], ["t", []], 7):
    post(item)
"""


@dataclass(frozen=True)
class Case:
    """A submission: its file, the points it must get (None: not graded), and more."""

    name: str
    make: Callable[[], dict | bytes]
    points: float | None = ALL
    says: str = ""  # in the messages, notes or trouble
    status: str = ""


LOST_2C = ALL - PART_2C

CASES = [
    Case("solved", lambda: SOLVED),
    Case("untouched", lambda: UNTOUCHED, 0, status="complete"),
    Case("loop", lambda: body("while True: pass"), LOST_2C, "endless loop"),
    Case(
        "stubborn loop",
        lambda: body(
            "import signal\n"
            "for number in range(1, 65):\n"
            "    try: signal.signal(number, signal.SIG_IGN)\n"
            "    except (OSError, ValueError): pass\n"
            "while True:\n"
            "    try:\n"
            "        while True: pass\n"
            "    except BaseException: pass"
        ),
        LOST_2C,
        "endless loop",
    ),
    Case("loop in a cell", lambda: with_first("while True: pass")),
    Case("no checks, right", lambda: without_checks(SOLVED), ALL, "checks were missing"),
    Case("no checks, untouched", lambda: without_checks(UNTOUCHED), 0),
    Case("checks pass always", lambda: checks_changed("assert True", UNTOUCHED), 0, "ignored"),
    Case("patches", lambda: with_first(PATCHES, with_cell("p2c", WRONG, UNTOUCHED)), 0),
    Case("look-alike", lambda: body(LOOK_ALIKE), LOST_2C),
    Case("array-like", lambda: body(ARRAY_LIKE), LOST_2C),
    Case("doubled cells", doubled),
    Case("truncated", lambda: bytes_of(SOLVED)[:-2000], None, "breaks off", "not graded"),
    Case("empty", lambda: b"", None, "empty", "not graded"),
    Case("pdf", lambda: b"%PDF-1.7 \x00\xff", None, "a PDF", "not graded"),
    Case("list", lambda: b"[1, 2]", None, "not a notebook", "not graded"),
    Case("deep", lambda: b"[" * 200_000, None, "not a notebook", "not graded"),
    Case("odd cells", lambda: {**SOLVED, "cells": [None, 3, {"source": 5}, {}]}, 0),
    Case("kernel of R", lambda: kernel("R"), ALL, "kernel for R"),
    Case("exits", lambda: body("import os; os._exit(0)"), LOST_2C, "broke off"),
    Case("segfault", lambda: body("import ctypes; ctypes.string_at(0)"), LOST_2C, "broke off"),
    Case("exit first", lambda: with_first("exit()")),
    Case("sys.exit first", lambda: with_first("import sys; sys.exit()")),
    Case("os._exit first", lambda: with_first("import os; os._exit(0)")),
    Case(
        "fork bomb",
        lambda: body("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
        LOST_2C,
    ),
    Case("10 GB", lambda: body("import numpy\nreturn numpy.ones(10 * 2**27)[0]"), LOST_2C),
    Case(
        "10 GB in parts",
        lambda: body(
            "import os, time\n"
            "for _ in range(10): os.fork() or [bytearray(2**30), time.sleep(30)]\n"
            "time.sleep(30)"
        ),
        LOST_2C,
    ),
    Case("endless output", lambda: body("while True: print('x' * 10_000)"), LOST_2C),
    Case("much output", lambda: before("print('x' * 10_000_000)")),
    Case(
        "noise on the channel",
        lambda: body(
            "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'x' * 64)\n"
            "    except OSError: pass\nreturn 1.0"
        ),
        LOST_2C,
    ),
    Case(
        "a forged message",
        lambda: body(
            "import os, json, struct\n"
            "head = json.dumps(['t', ['value', 1e999, ['f', 10**9], '']]).encode()\n"
            "data = struct.pack('<Q', len(head)) + head\n"
            "os.write(3, struct.pack('<Q', len(data)) + data)\n"
            "os.write(4, struct.pack('<Q', len(data)) + data)\n"
            "return 1.0"
        ),
        LOST_2C,
    ),
    Case("forged in a cell", lambda: with_first(FORGED)),
    Case("forged in a call", lambda: before(FORGED), LOST_2C),
    Case(
        "a message of a terabyte",
        lambda: body(
            "import os, struct\nfor fd in (3, 4):\n"
            "    try: os.write(fd, struct.pack('<Q', 2**40))\n    except OSError: pass\n"
            "return 1.0"
        ),
        LOST_2C,
    ),
    Case(
        "elphlib's own",
        lambda: with_cell(
            "p2b",
            "from elphlib.coupling import frohlich\n\n\n"
            "def frohlich_bare(q, polar):\n    return frohlich(q, *polar)\n\n\n"
            "def frohlich_screened(q, polar, carriers, model):\n"
            "    return frohlich(q, *polar, carriers, model)\n",
        ),
        ALL - PART_2B,
        "write it yourself",
    ),
    Case(
        "elphlib's own, guarded",
        lambda: with_cell(
            "p3b",
            "import elphlib.dielectric as d\n\n\n"
            "def epsilon(gas, q, energy):\n"
            "    return complex(d.dielectric(gas, q, energy)).real\n",
        ),
        ALL - 6,
        "write it yourself",
    ),
    Case(
        "warnings",
        lambda: before(
            "import sys, warnings\nwarnings.simplefilter('always')\n"
            "warnings.warn('careful')\nprint('careful', file=sys.stderr)"
        ),
    ),
    Case("stripped", stripped),
    Case("reordered", reordered),
    Case("moved and stripped", moved_answers),
    Case(
        "extra cells",
        lambda: with_first("%matplotlib inline\n!pip install x\nhelper = 3\nprint('notes')"),
    ),
    Case(
        "syntax error", lambda: with_cell("p2c", RIGHT + "\ndef broken(:"), LOST_2C, "SyntaxError"
    ),
    Case("unset", lambda: with_cell("p1d", _without_q_ninety()), ALL - PART_1D, "q_ninety"),
    Case("raises BaseException", lambda: body("raise KeyboardInterrupt"), LOST_2C),
    Case("Zoë O’Brien-Łuk 李", lambda: SOLVED),
    Case("=cmd()", lambda: SOLVED),
    Case("a name from a check", lambda: before("assert kappa_c == 0.05")),
    Case("a helper far away", lambda: _helper_elsewhere()),
    Case("huge answer", lambda: body("import numpy\nreturn numpy.ones(10**8)"), LOST_2C),
    Case("nested answer", lambda: body("x = []\nfor _ in range(500): x = [x]\nreturn x"), LOST_2C),
    Case("endless answer", lambda: body("x = []; x.append(x)\nreturn x"), LOST_2C),
    Case("text", lambda: body("return '0.5'"), LOST_2C),
]


def _without_q_ninety() -> str:
    answer = next(source(cell) for cell in SOLVED["cells"] if cell["id"] == "p1d")
    return answer.replace("q_ninety = ", "q_90 = ")


def _helper_elsewhere() -> dict:
    """A function that the answer needs is defined in a cell of its own, before the check."""
    notebook = with_cell("p2c", RIGHT.replace("np.log(g(", "_log(g("))
    at = next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == "p2c")
    notebook["cells"].insert(at + 1, code("def _log(x):\n    return np.log(x)"))
    return notebook
