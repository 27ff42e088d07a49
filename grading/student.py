"""What runs inside the sandbox: a student's cells, and calls of the student's functions.

Nothing here is trusted by the judge: after the first cell of a student this process may do what
it likes, and all that leaves it are plain values (see `wire`). The file stands alone, beside
`wire.py` and a copy of elphlib.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import pickle
import random
import resource
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import numpy as np
import wire

OUTPUT_CHARACTERS = 20_000  # of what a cell prints
MESSAGE_CHARACTERS = 600  # of an error's text


class Bounded(io.TextIOBase):
    """A stream that keeps its beginning and drops the rest."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.room = OUTPUT_CHARACTERS

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def text(self) -> str:
        """All that was kept."""
        return "".join(self.parts) + ("\n[more was printed]" if self.room < 0 else "")


class Namespace(dict):
    """Global names of a notebook; those of explorers and visible checks are made when asked for."""

    def __init__(self) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.offers: dict[str, str] = {}

    def __missing__(self, name: str) -> Any:
        source = self.offers.pop(name, None)
        if source is None:
            raise KeyError(name)
        for other in [key for key, value in self.offers.items() if value == source]:
            del self.offers[other]
        with contextlib.suppress(Exception):
            exec(compile(source, "<given>", "exec"), self)
        return self[name]


class Student:
    """Serves the judge's requests, one after the other, and may ask it back in between."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.incoming, self.outgoing = incoming, outgoing
        self.names = Namespace()
        self.functions: list[Any] = []
        self.objects: dict[int, Any] = {}  # given by the judge, by number
        self.numbers: dict[int, int] = {}  # by identity
        self.replaced: dict[str, Any] = {}
        self.withheld: Any = None

    def serve(self) -> None:
        """Answer until the judge hangs up."""
        while True:
            self.answer(self.request())

    def request(self) -> Any:
        """Read what the judge says next."""
        data = io.BytesIO(wire.receive(self.incoming, None))
        unpickler = pickle.Unpickler(data)
        unpickler.persistent_load = self.resolve  # type: ignore[method-assign]
        return unpickler.load()

    def resolve(self, key: tuple[Any, ...]) -> Any:
        """Put something into the place of what is not pickled as it is."""
        kind, what = key[:2]
        if kind == "object":
            if key[2]:
                self.objects[what] = pickle.loads(key[2])
                self.numbers[id(self.objects[what])] = what
            return self.objects[what]
        if kind == "mine":
            return self.functions[what]
        if kind == "class":
            return self.names[what]
        return self.ask_back(what)

    def ask_back(self, handle: int) -> Callable[..., Any]:
        """Stand for a function of the judge."""

        def function(*args: Any, **kwargs: Any) -> Any:
            self.reply(("ask", handle, args, kwargs))
            while True:
                request = self.request()
                if request[0] == "return":
                    return request[1]
                if request[0] == "raise":
                    raise ValueError(request[1])
                self.answer(request)

        return function

    def answer(self, request: Any) -> None:
        """Do what is asked and say how it went."""
        op, part, *rest = request
        if self.withheld is not None:
            self.withheld.part = part
        stdout = Bounded()
        sys.stdout = sys.stderr = stdout
        try:
            reply = getattr(self, "do_" + op)(*rest)
        except wire.NotPlainError as error:
            reply = ("odd", str(error)[:MESSAGE_CHARACTERS])
        except BaseException as error:  # noqa: BLE001 (whatever a student raises is an answer)
            reply = ("error", *describe(error))
        self.reply((*reply, stdout.text()))

    def reply(self, message: tuple[Any, ...]) -> None:
        """Send a message to the judge, or the reason why it cannot be sent."""
        try:
            data = wire.encode(message, self.register, self.given)
            if len(data) > wire.MESSAGE_BYTES:
                raise wire.NotPlainError("a value of more than 64 MB")
        except Exception as error:
            if message[0] == "ask":
                raise
            odd = ("odd", str(error)[:MESSAGE_CHARACTERS] or type(error).__name__, "")
            data = wire.encode(odd, self.register, self.given)
        wire.send(self.outgoing, data)

    def given(self, value: Any) -> int | None:
        """Number of an object that the judge has given."""
        return self.numbers.get(id(value))

    def register(self, function: Any) -> int:
        """Give a function a handle."""
        self.functions.append(function)
        return len(self.functions) - 1

    def do_run(self, name: str, source: str) -> tuple[Any, ...]:
        """Run a cell."""
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 (students may use the old generator)
        code = compile(plain_python(source), f"<{name}>", "exec")
        exec(code, self.names)
        return ("done",)

    def do_setup(self, source: str) -> tuple[Any, ...]:
        """Run the setup cell, and find the list of what is withheld."""
        self.names.update(exit=lambda *_: None, quit=lambda *_: None, get_ipython=lambda: Shell())
        exec(compile(source, "<setup>", "exec"), self.names)
        self.withheld = sys.modules.get("elphlib._withheld")
        return ("done",)

    def do_stand_in(self, name: str, function: Any) -> tuple[Any, ...]:
        """Put another function into the place of one of the student's."""
        self.replaced.setdefault(name, self.names.get(name))
        self.names[name] = function
        return ("done",)

    def do_restore(self) -> tuple[Any, ...]:
        """Put the student's functions back."""
        self.names.update(self.replaced)
        self.replaced.clear()
        return ("done",)

    def do_offer(self, names: list[str], source: str) -> tuple[Any, ...]:
        """Remember a cell that is run when one of its names is asked for."""
        self.names.offers.update(dict.fromkeys(names, source))
        return ("done",)

    def do_names(self, names: list[str]) -> tuple[Any, ...]:
        """Say what stands behind names: values, handles of functions, something odd, or nothing."""
        found = {}
        for name in names:
            with contextlib.suppress(KeyError):
                found[name] = self.plain(self.names[name])
        return ("value", found)

    def plain(self, value: Any) -> tuple[str, Any]:
        """Tell what may cross from what may not."""
        try:
            wire.encode(value, lambda function: 0, lambda value: None)
        except Exception:  # noqa: BLE001 (a student's object may raise what it likes)
            return ("odd", type(value).__name__)
        return ("plain", value)

    def do_call(self, handle: int, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call one of the student's functions."""
        return ("value", self.functions[handle](*args, **kwargs))


class Shell:
    """Stands for IPython: magic commands do nothing here."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None


def plain_python(source: str) -> str:
    """Translate a cell's magic commands, if there are any."""
    lines = [line.strip() for line in source.splitlines()]
    if not any(line.startswith(("%", "!", "?")) or line.endswith("?") for line in lines):
        return source
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)


def describe(error: BaseException) -> tuple[str, str, str, int]:
    """Say what went wrong: (its name, a built-in class above it, its text, line of the cell)."""
    kinds = [k for k in type(error).__mro__ if k.__module__ == "builtins"]
    base = next((k.__name__ for k in kinds if issubclass(k, Exception)), "RuntimeError")
    try:
        text = str(error)[:MESSAGE_CHARACTERS]
    except Exception:  # noqa: BLE001 (a student's __str__)
        text = ""
    line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<") and not frame.filename.startswith("<frozen"):
            line = frame.lineno or line
    return type(error).__name__[:80], base, text, line


def limit(
    memory: int, seconds: int, processes: int, file_bytes: int, user: int
) -> None:  # pragma: no cover (inside the sandbox)
    """Give up what a student's code must not have."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # if memory runs out it is this process that goes
    if user and os.getuid() == 0:  # root is exempt from the limit on processes
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    for what, value in [
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ]:
        resource.setrlimit(what, (value, value))


def main() -> None:
    """Move the channel away from stdin and stdout, give up rights, and serve."""
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    numbers = [int(argument) for argument in sys.argv[1:]]
    limit(*numbers)
    with contextlib.suppress(wire.BrokenMessageError):
        Student(incoming, outgoing).serve()


if __name__ == "__main__":
    main()
