"""Points, decided outside the sandbox.

The judge runs the trusted check cells, visible and hidden, statement by statement. Where they call
a function of the student, the call goes through the border (`wire`) into the student's process, and
plain numbers come back; every comparison is made here. A student's process that hangs, dies, or
uses too much costs the check in which it does, and is started again for the next.
"""

from __future__ import annotations

import ast
import builtins
import io
import pickle
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from elphlib.electrons import FreeElectronGas
from elphlib.lattice import Lattice
from grading import wire
from grading.problem_set import Cell, ProblemSet, bound, needed, used
from grading.sandbox import Limits, Sandbox
from grading.submission import Step, Submission

_SETUP_SECONDS = 120.0  # importing numpy on a busy machine
MOST_MESSAGES = 6  # for each check
_OUTPUT = 4_000  # characters of an answer's output that a reader gets to see


class StudentError(Exception):
    """Something that a student's function raised, or the reason why its answer is refused."""


class _Stopped(BaseException):
    """The student's process can do no more for this check; no check may catch this."""


class _TimeUp(BaseException):
    """A cell or a check takes too long."""


@dataclass
class Message:
    """Why a check failed: what the student is told, and the lesson in it for the class report."""

    text: str
    lesson: str
    hidden: bool


@dataclass
class Verdict:
    """Points for one check."""

    points: float
    most: float
    messages: list[Message] = field(default_factory=list)


@dataclass
class Judgement:
    """All verdicts on one submission.

    `verdicts` by name of the check, `errors` of the student's cells, `outputs` that they printed.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


class _Names(dict):
    """The judge's namespace; what an explorer defines is made when a check asks for it."""

    def __init__(self) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.offers: dict[str, str] = {}
        self.lent: Callable[[str, Any], None] | None = None

    def __missing__(self, name: str) -> Any:
        source = self.offers.pop(name, None)
        if source is None:
            raise KeyError(name)
        exec(compile(source, "<explorer>", "exec"), self)
        return self[name]

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if self.lent is not None and callable(value):
            self.lent(name, value)


class _Pickler(pickle.Pickler):
    """Sends the course's own objects; functions of the judge go as handles."""

    def __init__(self, stream: io.BytesIO, remote: Remote) -> None:
        super().__init__(stream, protocol=5)
        self.remote = remote

    def persistent_id(self, value: Any) -> tuple[Any, ...] | None:
        """Name what is not sent as it is."""
        if isinstance(value, _Function):
            return ("mine", value.handle)
        if isinstance(value, type):
            return ("class", value.__name__) if value.__module__ == "__main__" else None
        if callable(value) and getattr(value, "__module__", None) == "__main__":
            return ("ask", self.remote.lend(value))
        if type(value).__module__.startswith("elphlib."):
            return ("object", *self.remote.give(value))
        return None


@dataclass
class _Function:
    """One of the student's functions, called through the border."""

    remote: Remote
    handle: int
    start: int

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.remote.call(self, args, kwargs)


class Remote:
    """A student's process, started again when it dies, brought to where it was."""

    def __init__(self, start: Callable[[], Sandbox], names: dict[str, Any], limits: Limits) -> None:
        self._start, self.names, self.limits = start, names, limits
        self.sandbox: Sandbox | None = None
        self.starts = 0
        self.part = ""
        self.history: list[tuple[Any, ...]] = []
        self.deadly: set[int] = set()
        self._lent: list[Any] = []  # functions of the judge, for the present call
        self._kept = 0
        self._given: list[Any] = []  # objects of elphlib, each sent once
        self._numbers: dict[int, int] = {}
        self._sent: set[int] = set()
        self._began = time.monotonic()
        self._depth = 0

    def close(self) -> None:
        """End the process."""
        if self.sandbox is not None:
            self.sandbox.close()
            self.sandbox = None

    def give(self, value: Any) -> tuple[int, bytes]:
        """Number of an object, and what it is if the student's process has not got it yet."""
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._given)
            self._given.append(value)
        if number in self._sent:
            return number, b""
        self._sent.add(number)
        return number, pickle.dumps(value, protocol=5)

    def lend(self, what: Callable[..., Any]) -> int:
        """Let the student call a function of the judge until the present call is over."""
        for i in range(self._kept):
            if self._lent[i] is what:
                return i
        self._lent.append(what)
        return len(self._lent) - 1

    def _left(self) -> float:
        """Seconds that are left for the whole submission."""
        return self.limits.total - (time.monotonic() - self._began)

    @contextmanager
    def clock(self, seconds: float) -> Iterator[None]:
        """Stop what takes longer.

        Raises
        ------
        _Stopped
            When the time is over; the student's process is ended.
        """
        left = min(seconds, self._left())
        if left <= 0:
            self.close()
            raise _Stopped(
                f"all cells and checks together take longer than {self.limits.total:g} s"
            )

        def ring(*_: Any) -> None:
            raise _TimeUp

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, left)
        try:
            yield
        except _TimeUp:
            self.close()
            raise _Stopped(
                f"stopped after {self.limits.seconds:g} s; is there an endless loop?"
            ) from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def ready(self) -> None:
        """Start the process if there is none, and run again what it had run.

        This has a time of its own: whoever comes after a cell that hangs must not pay for it.
        """
        while self.sandbox is None:
            if self.starts >= self.limits.starts:
                raise _Stopped("the process broke off too often")
            self.starts += 1
            self.sandbox = self._start()
            self.sandbox.watch()
            self._sent.clear()
            at = 0
            try:
                with self.clock(_SETUP_SECONDS):
                    for at, request in enumerate(self.history):
                        if at not in self.deadly:
                            self._exchange(request)
            except _Stopped:
                if self._left() <= 0:
                    raise
                if at:  # it did no harm the first time; the setup cell is never to blame
                    self.deadly.add(at)

    def do(self, *request: Any) -> tuple[Any, ...]:
        """Make a request that later ones depend on.

        Returns
        -------
        tuple
            The student's reply: ("done", output), ("error", …), or ("dead", why).
        """
        seconds = _SETUP_SECONDS if request[0] == "setup" else self.limits.seconds
        try:
            self.ready()
            with self.clock(seconds):
                self.history.append(request)
                return self._exchange(request)
        except _Stopped as stop:
            if self.history and self.history[-1] is request:
                self.deadly.add(len(self.history) - 1)
            return ("dead", str(stop))

    def values(self, wanted: list[str]) -> dict[str, tuple[str, Any]]:
        """What the student's names stand for: ("plain", value) or ("odd", name of its type)."""
        reply = self._exchange(("names", self.part, wanted))
        found = reply[1] if reply[0] == "value" else None
        if not isinstance(found, dict):
            raise _Stopped("the process broke off")
        return {
            name: pair
            for name, pair in found.items()
            if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)
        }

    def stand_in(self, name: str, function: Callable[..., Any]) -> None:
        """Put a function of the judge into the place of one of the student's, for one check."""
        self.lend(function)
        self._kept = len(self._lent)
        self._exchange(("stand_in", self.part, name, function))

    def forget(self) -> None:
        """Forget stand-ins: their process is gone."""
        self._kept = 0
        self._lent.clear()

    def restore(self) -> None:
        """Put the student's own functions back."""
        if self._kept:
            self._kept = 0
            if self.sandbox is not None:
                self._exchange(("restore", self.part))

    def call(self, function: _Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of the student.

        Raises
        ------
        StudentError
            If it raises; the error is also an instance of the built-in class that it raised.
        """
        if self.sandbox is None or function.start != self.starts:
            raise _Stopped("the process broke off")
        reply = self._exchange(("call", self.part, function.handle, args, kwargs))
        if reply[0] == "value":
            return reply[1]
        if reply[0] == "odd":
            raise StudentError(
                f"a {_tidy(reply[1][:80])} came back; it must be a number or an array; return a "
                "float or a numpy array"
            )
        raise _as_error(reply)

    def _exchange(self, request: tuple[Any, ...]) -> tuple[Any, ...]:
        """Send a request, answer what the student asks in between, return the reply."""
        self._depth += 1
        try:
            assert self.sandbox is not None
            if not self.sandbox.asked:
                self._send(request)
            self.sandbox.asked = False
            while True:
                message = self._receive()
                if message[0] != "ask":
                    return message
                self._send(self._lend_a_hand(message))
        finally:
            self._depth -= 1
            if self._depth == 0:
                del self._lent[self._kept :]

    def _lend_a_hand(self, message: tuple[Any, ...]) -> tuple[Any, ...]:
        """Call one of the judge's own functions for the student."""
        try:
            _, handle, args, kwargs = message
            return ("return", self._lent[handle](*args, **kwargs))
        except Exception as error:  # noqa: BLE001 (goes to the student, whose call it was)
            return ("raise", f"{type(error).__name__}: {error}"[:300])

    def _send(self, message: tuple[Any, ...]) -> None:
        assert self.sandbox is not None
        stream = io.BytesIO()
        _Pickler(stream, self).dump(message)
        try:
            self.sandbox.send(stream.getvalue())
        except wire.BrokenMessageError:
            self._died()

    def _receive(self) -> tuple[Any, ...]:
        assert self.sandbox is not None
        try:
            message = wire.decode(self.sandbox.receive(), self)
        except wire.BrokenMessageError:
            self._died()
        if not _is_reply(message):
            self._died()
        return message

    def _died(self) -> None:
        """Say why there is no reply."""
        why = self.sandbox.gone if self.sandbox is not None else ""
        self.close()
        if why == "memory":
            raise _Stopped(f"more than {self.limits.memory >> 30} GB of memory were used")
        raise _Stopped("the process broke off: `os._exit`, a crash, or too much memory")

    def function(self, handle: int) -> _Function:
        """Stand for one of the student's functions."""
        return _Function(self, handle, self.starts)

    def given(self, number: int) -> Any:
        """One of the judge's own objects, which the student passes back."""
        return self._given[number]

    def made(self, name: str, values: list[Any]) -> Any:
        """Make an object of elphlib; its constructor refuses what is not one."""
        return _MADE[name](*values)

    def record(self, name: str, fields: list[str], values: list[Any]) -> Any:
        """Make a named tuple if the problem set has it, else a tuple."""
        kind = dict.get(self.names, name)
        if isinstance(kind, type) and list(getattr(kind, "_fields", ())) == fields:
            return kind(*values)
        return tuple(values)


_MADE = {"Lattice": Lattice, "FreeElectronGas": FreeElectronGas}
# What may follow the first word of a reply; object stands for any plain value.
_REPLIES: dict[str, tuple[type, ...]] = {
    "done": (str,),
    "value": (object, str),
    "odd": (str, str),
    "error": (str, str, str, int, str),
    "ask": (int, tuple, dict),
}
_MOST_TEXT = 600  # characters of an error


def _is_reply(message: Any) -> bool:
    """Whether a message has the form of a reply; a hostile process may send any plain values."""
    if not (isinstance(message, tuple) and message and isinstance(message[0], str)):
        return False
    form = _REPLIES.get(message[0])
    return (
        form is not None
        and len(message) == len(form) + 1
        and all(isinstance(part, kind) for part, kind in zip(message[1:], form, strict=True))
    )


def _as_error(reply: tuple[Any, ...]) -> StudentError:
    """Make an exception of what the student's process says that it raised."""
    _, name, base, text, line, *_ = reply
    name, text = _tidy(name[:80]) or "Error", text[:_MOST_TEXT]
    kind = getattr(builtins, base, RuntimeError)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = RuntimeError
    where = f" (line {line} of the cell)" if line > 0 else ""
    if name == "NotImplementedError":
        words = "this part is still to be written"
    else:
        words = f"{name}: {_tidy(text)}{where}"
    with suppress(TypeError):  # classes that cannot be combined, or want more arguments
        return type(name, (StudentError, kind), {})(words)
    return StudentError(words)


def judge(
    submission: Submission,
    course: Path,
    limits: Limits,
    sandboxed: bool = True,
    slot: int = 0,
    first: Sandbox | None = None,
) -> Judgement:
    """Decide on every check of a submission.

    Parameters
    ----------
    submission : Submission
    course : Path
        What `withheld.prepare` wrote for this problem set.
    limits : Limits
    sandboxed : bool
    slot : int
        Number of the worker.
    first : Sandbox, optional
        One that is already on its way: see `begin`.
    """
    names = _Names()
    ready = [first] if first is not None else []

    def start() -> Sandbox:
        return ready.pop() if ready else Sandbox(course, limits, sandboxed, slot)

    remote = Remote(start, names, limits)
    result = Judgement()
    try:
        for step in submission.steps():
            remote.part = step.part
            if step.kind == "check":
                assert step.cell is not None
                _offer(step, remote)
                verdict = _verdict(step.cell, names, remote, submission)
                result.verdicts[step.cell.name] = verdict
            elif step.kind == "student":
                _run(step, remote, result)
            elif step.kind == "explorer":
                names.offers.update(dict.fromkeys(_binds(step.source), step.source))
                _offer(step, remote)
            else:
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    exec(compile(step.source, f"<{step.name}>", "exec"), names)
                if step.kind == "setup":
                    _set_up(step, remote)
                else:
                    remote.do("run", "", step.name, step.source)
    finally:
        remote.close()
    return result


def _set_up(step: Step, remote: Remote) -> None:
    """Run the setup cell in the student's process, once more if that has died in the meantime.

    Raises
    ------
    RuntimeError
        If it cannot be run: that is no fault of the student.
    """
    for _ in range(2):
        remote.history.clear()
        remote.deadly.clear()
        reply = remote.do("setup", step.part, step.source)
        if reply[0] == "done":
            return
        remote.close()
    raise RuntimeError(f"the setup cell does not run in the sandbox: {reply[1:]}")


def begin(problem_set: ProblemSet, sandbox: Sandbox) -> None:
    """Let a sandbox run the setup cell, which takes most of a second, before a judge needs it."""
    setup = next(cell for cell in problem_set.cells if cell.role == "setup")
    with suppress(wire.BrokenMessageError):  # it has died; its judge will start another
        sandbox.send(pickle.dumps(("setup", setup.part, setup.source), protocol=5))
        sandbox.asked = True


def _binds(source: str) -> list[str]:
    return list(dict.fromkeys(bound(ast.parse(source).body)))


def _offer(step: Step, remote: Remote) -> None:
    """Tell the student's process what a cell defines, to be run only if it is asked for."""
    remote.do("offer", step.part, _binds(step.source), step.source)


def _run(step: Step, remote: Remote, result: Judgement) -> None:
    """Run a cell of the student's."""
    reply = remote.do("run", step.part, step.name, step.source)
    if reply[0] == "error":
        result.errors[step.name] = str(_as_error(reply))
    elif reply[0] == "dead":
        result.errors[step.name] = reply[1]
    if isinstance(reply[-1], str) and reply[0] != "dead" and reply[-1].strip():
        result.outputs[step.name] = _tidy(reply[-1])[:_OUTPUT]


def _verdict(cell: Cell, names: _Names, remote: Remote, submission: Submission) -> Verdict:
    """Run a check and collect what fails in it."""
    messages: list[Message] = []
    try:
        remote.ready()
        with remote.clock(remote.limits.seconds):
            _bind(cell, names, remote, submission, messages)
            _statements(cell, names, messages, remote, submission.problem_set.student_names)
            remote.restore()
    except _Stopped as stop:
        names.lent = None
        remote.forget()
        messages.append(Message(f"{_first_upper(str(stop))}.", str(stop), False))
    messages = list({message.text: message for message in messages}.values())[:MOST_MESSAGES]
    return Verdict(0.0 if messages else cell.points, cell.points, messages)


def _bind(
    cell: Cell, names: _Names, remote: Remote, submission: Submission, messages: list[Message]
) -> None:
    """Give the check's namespace the student's functions and values."""
    wanted = sorted(used(ast.parse(cell.source)) & submission.problem_set.student_names)
    found = remote.values(wanted)
    for name in wanted:
        names.pop(name, None)
        kind, value = found.get(name, ("missing", None))
        if kind == "plain":
            names[name] = value
        elif kind == "odd":
            what = _tidy(str(value)[:80])
            text = f"`{name}` is a {what}; it must be a number or an array; make it one."
            messages.append(Message(text, "an answer that is not a number", False))


def _statements(
    cell: Cell, names: _Names, messages: list[Message], remote: Remote, asked: set[str]
) -> None:
    """Run a check's statements one by one; what depends on one that failed is left out.

    Where a hidden check puts another function into the place of one that the student was asked
    for, the student's process is told: a test that trusts its own author must not pass by that.
    """
    spoilt: set[str] = set()

    def lent(name: str, value: Any) -> None:
        if name in asked and not isinstance(value, _Function):
            remote.stand_in(name, value)

    for segment in cell.segments:
        names.lent = lent if segment.hidden else None
        for statement in segment.statements:
            if needed(statement) & spoilt:
                spoilt.update(bound([statement]))
                continue
            code = compile(ast.Module([statement], []), f"<{cell.name}>", "exec")
            try:
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    exec(code, names)
            except Exception as error:  # noqa: BLE001 (a wrong answer may raise anything)
                messages.append(_message(error, segment.hidden))
                spoilt.update(bound([statement]))
            else:
                spoilt.difference_update(bound([statement]))
    names.lent = None


def _message(error: Exception, hidden: bool) -> Message:
    """Turn an exception in a check into what the student is told.

    What a hidden check asked for, and what it expected, is not said: only which property fails, and
    what is known about why.
    """
    text = _tidy(str(error))
    if isinstance(error, StudentError):
        if hidden:
            kind = type(error).__name__.replace("StudentError", "an answer that is not a number")
            return Message(f"{_BEYOND}{kind}.", kind, True)
        return Message(f"{text.rstrip('.')}.", text.split(" (line")[0], False)
    if isinstance(error, NameError):
        name = re.search(r"'(\w+)'", text)
        what = f"`{name[1]}` is not there" if name else "a name is not there"
        return Message(f"{what}; did its cell run?", "a cell that did not run", hidden)
    if not isinstance(error, AssertionError):
        form = f"the answer has not the form that the question asks for ({type(error).__name__})"
        return Message(f"{_first_upper(form)}.", "an answer of another form", hidden)
    if not text:
        return Message(_BEYOND + "something the question asks for does not hold.", "", hidden)
    pieces = text.split("; ")
    reason = pieces[-1]
    lesson = reason.split(": ", 1)[-1] if reason.startswith(("yours is", "the diff")) else reason
    lesson = lesson if ": " in reason or not reason.startswith("yours is") else _numberless(reason)
    if hidden:
        subject = _numberless(re.sub(r" at index \[.*?\]", "", pieces[0].split(" is ")[0]))
        text = _BEYOND + (f"{subject}: {reason}" if len(pieces) > 2 else _numberless(text))
    return Message(text, lesson, hidden)


_BEYOND = "At other values than the visible ones: "


def _numberless(text: str) -> str:
    """A text without its numbers, which would give a hidden input away."""
    return re.sub(r"-?\d[\d.,]*(e[-+]?\d+)?", "…", text)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _tidy(text: str) -> str:
    """A text without what differs from run to run, such as addresses in memory."""
    text = re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", text)
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
