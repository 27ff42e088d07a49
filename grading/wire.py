"""What may cross the border between a student's process and the judge.

From the judge to the student everything may go (pickles of the course's own objects). From the
student to the judge only plain values come, in a format that cannot carry code: JSON, and the raw
bytes of numeric arrays. `encode` is run by the student's side, which may be hostile; `decode` is
what the judge trusts, and it checks everything.

The file stands alone: it is copied into the sandbox.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

#: Kinds of array elements that may cross: bool, integers, floats, complex numbers.
KINDS = "biufc"
MESSAGE_BYTES = 64 << 20  # the largest message
DEPTH = 12  # of nested containers
#: Objects of elphlib that a student may make and hand to a function of the judge: what they are
#: made of, in the order of their constructor.
MADE = {"Lattice": ("vectors",), "FreeElectronGas": ("density_A3", "mass")}
_LENGTH = struct.Struct("<Q")


class NotPlainError(Exception):
    """A value that is not made of numbers, text, arrays, lists, tuples and dictionaries."""


class BrokenMessageError(Exception):
    """Bytes that are not a message: the student's process broke off or wrote nonsense."""


def encode(value: Any, function: Callable[[Any], int], given: Callable[[Any], int | None]) -> bytes:
    """Turn plain values into a message.

    Parameters
    ----------
    value : object
        None, bool, int, float, complex, str, numpy scalars and numeric arrays, and lists, tuples,
        named tuples and dictionaries of those. Anything that numpy turns into a numeric array is
        sent as that array. A callable is sent as a handle.
    function : callable
        Registers a callable and returns its handle.
    given : callable
        Number of an object that the judge has given, None for any other.

    Raises
    ------
    NotPlainError
        For anything else.
    """
    blobs: list[bytes] = []
    head = json.dumps(_flatten(value, _Sender(function, given, blobs), 0)).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *blobs])


class Receiver(Protocol):
    """The judge's end: what stands for what the student sends by name."""

    def function(self, handle: int) -> Any:
        """One of the student's functions."""

    def given(self, number: int) -> Any:
        """One of the judge's own objects."""

    def made(self, name: str, values: list[Any]) -> Any:
        """An object of elphlib, made of plain values."""

    def record(self, name: str, fields: list[str], values: list[Any]) -> Any:
        """A named tuple."""


def decode(data: bytes, receiver: Receiver) -> Any:
    """Read a message; nothing in it can run.

    Parameters
    ----------
    data : bytes
    receiver : Receiver

    Raises
    ------
    BrokenMessageError
        If the bytes are not what `encode` writes.
    """
    try:
        (size,) = _LENGTH.unpack_from(data)
        start = _LENGTH.size + size
        head = json.loads(data[_LENGTH.size : start])
        value, end = _build(head, data, start, receiver, 0)
    except (ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError) as error:
        raise BrokenMessageError(f"a message cannot be read ({type(error).__name__})") from error
    if end != len(data):
        raise BrokenMessageError("a message is longer than it says")
    return value


class _Sender(NamedTuple):
    function: Callable[[Any], int]
    given: Callable[[Any], int | None]
    blobs: list[bytes]


def _flatten(value: Any, to: _Sender, depth: int) -> Any:
    if depth > DEPTH:
        raise NotPlainError("a value is nested too deeply")
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is complex:
        return ["c", value.real, value.imag]
    if isinstance(value, np.generic) and value.dtype.kind in KINDS:
        return ["s", *_array(np.asarray(value), to.blobs)]
    if isinstance(value, np.ndarray) and value.dtype.kind in KINDS:
        return ["a", *_array(np.asarray(value), to.blobs)]

    def each(values: Any) -> list[Any]:
        return [_flatten(item, to, depth + 1) for item in values]

    if isinstance(value, tuple):
        fields = getattr(kind, "_fields", None)
        if fields is not None:
            return ["n", str(kind.__name__), [str(name) for name in fields], each(value)]
        return ["t", each(value)]
    if isinstance(value, list | range):
        return ["l", each(value)]
    if isinstance(value, dict):
        return ["d", each(value.keys()), each(value.values())]
    if isinstance(value, bool | int | float | complex | str):  # a subclass: its value decides
        plain: Any = next(t for t in (bool, int, float, complex, str) if isinstance(value, t))
        return _flatten(plain(value), to, depth + 1)
    number = to.given(value)
    if number is not None:
        return ["g", number]
    if kind.__name__ in MADE and kind.__module__.startswith("elphlib."):
        return ["o", kind.__name__, each(getattr(value, name) for name in MADE[kind.__name__])]
    if callable(value):
        return ["f", to.function(value)]
    try:
        array = np.asarray(value)
    except Exception as error:
        raise NotPlainError(kind.__name__) from error
    if type(array) is np.ndarray and array.dtype.kind in KINDS:
        return ["a", *_array(array, to.blobs)]
    raise NotPlainError(kind.__name__)


def _array(array: np.ndarray, blobs: list[bytes]) -> list[Any]:
    small = array.astype(array.dtype.newbyteorder("<"))
    if small.dtype.itemsize > 16 or (small.dtype.kind == "f" and small.dtype.itemsize > 8):
        small = small.astype("<c16" if small.dtype.kind == "c" else "<f8")  # long doubles
    blobs.append(small.tobytes())
    return [small.dtype.str, list(small.shape)]


def _build(
    item: Any,
    data: bytes,
    at: int,
    receiver: Receiver,
    depth: int,
) -> tuple[Any, int]:
    if depth > DEPTH:
        raise ValueError("too deep")
    if not isinstance(item, list):
        return item, at

    def each(items: Any, at: int) -> tuple[list[Any], int]:
        values = []
        for one in _expect(items, list):
            value, at = _build(one, data, at, receiver, depth + 1)
            values.append(value)
        return values, at

    tag = item[0]
    if tag in ("a", "s"):
        dtype = np.dtype(_expect(item[1], str))
        shape = tuple(_expect(n, int) for n in _expect(item[2], list))
        if dtype.kind not in KINDS or dtype.itemsize > 16 or min(shape, default=0) < 0:
            raise ValueError("not a numeric array")
        count = 1
        for n in shape:
            count *= n
        size = count * dtype.itemsize
        if at + size > len(data):
            raise ValueError("an array is cut short")
        array = np.frombuffer(data, dtype, count, at).reshape(shape).copy()
        return (array[()] if tag == "s" else array), at + size
    if tag == "c":
        return complex(_expect(item[1], float), _expect(item[2], float)), at
    if tag == "f":
        return receiver.function(_expect(item[1], int)), at
    if tag == "g":
        return receiver.given(_expect(item[1], int)), at
    if tag == "n":
        values, at = each(item[3], at)
        return receiver.record(_expect(item[1], str), _expect(item[2], list), values), at
    if tag == "o":
        values, at = each(item[2], at)
        return receiver.made(_expect(item[1], str), values), at
    if tag == "d":
        keys, at = each(item[1], at)
        values, at = each(item[2], at)
        return dict(zip(keys, values, strict=True)), at
    values, at = each(item[1], at)
    return {"t": tuple, "l": list}[tag](values), at


def _expect(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{kind.__name__} expected")
    return value


def send(descriptor: int, data: bytes) -> None:
    """Write one message."""
    rest = memoryview(_LENGTH.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(descriptor: int, limit: int | None = MESSAGE_BYTES) -> bytes:
    """Read one message.

    Raises
    ------
    BrokenMessageError
        At the end of the stream, or if the message is larger than `limit` bytes.
    """
    (size,) = _LENGTH.unpack(_exactly(descriptor, _LENGTH.size))
    if limit is not None and size > limit:
        raise BrokenMessageError(f"a message of {size} bytes; at most {limit} may cross")
    return _exactly(descriptor, size)


def _exactly(descriptor: int, size: int) -> bytes:
    parts, missing = [], size
    while missing:
        part = os.read(descriptor, min(missing, 1 << 20))
        if not part:
            raise BrokenMessageError("the other side broke off")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
