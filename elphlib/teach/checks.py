"""Checks for problem sets whose failures teach: what was found, what must hold, where to look.

Nothing here knows any physics. A problem passes the factors of its own classical slips as
``mistakes``:

>>> near("ħω", 12.566, 2.0, rel=1e-3, mistakes={2 * pi: "is it h times ω?"})
Traceback (most recent call last):
    ...
AssertionError: ħω is 12.57; it must be 2 to 0.1 %; yours is 2π times too large: is it h times ω?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: Factors that have a name; the reciprocal of each is recognised too.
FACTORS: dict[str, float] = {
    "√2": sqrt(2),
    "√3": sqrt(3),
    "2": 2.0,
    "3": 3.0,
    "π": pi,
    "4": 4.0,
    "2π": 2 * pi,
    "8": 8.0,
    "4π": 4 * pi,
    "(2π)²": 4 * pi**2,
    "1000": 1e3,
}
_SAME_FACTOR = 5e-3  # two ratios closer than this are called the same factor


def numbers(name: str, found: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return an answer as an array, or say why it is not one: nothing, text, NaN, a wrong shape.

    Parameters
    ----------
    name : str
        What the reader calls the quantity.
    found : object
        The answer.
    shape : tuple of int, optional
        The shape it must have; None accepts any.

    Raises
    ------
    AssertionError
        In three parts: what was found, what must be there, what to do.
    """
    if found is None:
        raise AssertionError(
            f"{name} is None; a number or an array must come back; does the function end with "
            "`return`?"
        )
    try:
        array = np.asarray(found)
        finite = np.isfinite(array)
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"{name} is {found!r}; it must be numbers; return a float or a numpy array ({error})."
        ) from error
    if shape is not None and array.shape != shape:
        raise AssertionError(
            f"{name} has shape {array.shape}; it must have {shape}; look at which axis runs over "
            "what, and whether the function takes arrays."
        )
    if not finite.all():
        raise AssertionError(
            f"{name} is {array[~finite].flat[0]} at index {np.argwhere(~finite)[0].tolist()}; it "
            "must be finite; look for a division by zero."
        )
    return array


def near(
    name: str,
    found: Any,
    expected: ArrayLike,
    *,
    rel: float,
    unit: str = "",
    mistakes: Mapping[float, str] | None = None,
    why: str = "",
) -> None:
    """Demand agreement to a relative tolerance; name the factor where there is one.

    Parameters
    ----------
    name : str
        What the reader calls the quantity.
    found : object
        The answer: a number, or an array of the shape of `expected`.
    expected : array_like
    rel : float
        Tolerance in units of the largest of `expected`.
    unit : str
        Said after the numbers.
    mistakes : mapping of float to str, optional
        For a wrong factor found/expected, the question that leads to its cause.
    why : str
        Where the expected value comes from; said when no factor is recognised.

    Raises
    ------
    AssertionError
        If they differ, or the answer is not numbers.
    """
    target = np.asarray(expected)
    answer = numbers(name, found, target.shape)
    gap = np.abs(answer - target)
    scale = np.abs(target).max(initial=0.0)
    if gap.max(initial=0.0) <= rel * scale:
        return
    worst = np.unravel_index(np.argmax(gap), gap.shape)
    at = f" at index {[int(i) for i in worst]}" if target.ndim else ""
    mine, right = answer[worst], target[worst]
    raise AssertionError(
        f"{name}{at} is {_say(mine, unit)}; it must be {_say(right, unit)} to {_percent(rel)}; "
        + _diagnosis(mine, right, mistakes or {}, why)
    )


def vanishes(
    name: str, found: Any, *, scale: float, rel: float = 1e-9, unit: str = "", why: str = ""
) -> None:
    """Demand that every element be zero on the given scale.

    Parameters
    ----------
    name, found, unit, why
        As for `near`.
    scale : float
        What counts as one: the size of the quantities whose cancellation gives the zero.
    rel : float
        Largest size allowed, in units of `scale`.
    """
    size = float(np.abs(numbers(name, found)).max(initial=0.0))
    if size > rel * scale:
        reason = why or "something that must cancel does not"
        raise AssertionError(
            f"{name} is {_say(size, unit)}; it must vanish (to {rel:.0e} of {_say(scale, unit)}); "
            + _stop(reason)
        )


def power_law(
    name: str,
    function: Callable[[float], Any],
    *,
    exponent: float,
    of: str,
    at: float = 1.0,
    rel: float = 1e-6,
    why: str = "",
) -> None:
    """Demand that a positive answer scale as a power: it is asked for at `at` and at twice that.

    Parameters
    ----------
    name : str
        What the reader calls the answer.
    function : callable
        The answer as a function of one positive number.
    exponent : float
    of : str
        What is doubled: "the mass".
    at : float
        Where to start.
    rel : float
        Tolerance of the ratio of the two answers.
    why : str
        The reason for the exponent.
    """
    low, high = (float(numbers(name, function(x), ())) for x in (at, 2 * at))
    if min(low, high) <= 0:
        raise AssertionError(
            f"{name} is {min(low, high):.4g}; it must be positive; look at its sign and for a part "
            "that is missing."
        )
    if abs(high / low / 2**exponent - 1) > rel:
        raise AssertionError(
            f"{name} is multiplied by {high / low:.4g} when {of} doubles, exponent "
            f"{log(high / low, 2):.3g}; it must be multiplied by {2**exponent:.4g}, exponent "
            f"{exponent:.3g}; " + _stop(why or "look at how it enters")
        )


def _say(value: Any, unit: str) -> str:
    return f"{value:.4g} {unit}".rstrip()


def _percent(rel: float) -> str:
    return f"{100 * rel:.3g} %" if rel >= 1e-4 else f"{rel:.0e}"


def _diagnosis(mine: Any, right: Any, mistakes: Mapping[float, str], why: str) -> str:
    """Last part of the message: the factor that is too much, or how far off the answer is."""
    reason = f": {why}" if why else ""
    if abs(mine) < 1e-12 * abs(right):
        return _stop(f"yours vanishes{reason}")
    if right == 0 or np.iscomplexobj(mine) or np.iscomplexobj(right):
        return (
            f"the difference is {abs(mine - right):.3g}{reason or ': start from the definition'}."
        )
    ratio = float(mine / right)
    for factor, question in mistakes.items():
        if abs(ratio / factor - 1) < _SAME_FACTOR:
            return _stop(f"yours is {_factor(ratio)}: {question}")
    return _stop(f"yours is {_factor(ratio)}{reason}")


def _stop(sentence: str) -> str:
    """End a sentence that has no end yet."""
    return sentence if sentence.endswith((".", "?", "!")) else sentence + "."


def _factor(ratio: float) -> str:
    """Put a wrong ratio into words, with the name of the factor if it has one."""
    if ratio < 0:
        return "of the wrong sign" + (f" and {_factor(-ratio)}" if abs(ratio + 1) > 0.01 else "")
    size, side = (ratio, "large") if ratio > 1 else (1 / ratio, "small")
    for name, factor in FACTORS.items():
        if abs(size / factor - 1) < _SAME_FACTOR:
            return f"{name} times too {side}"
    if size < 2:
        return f"{100 * abs(ratio - 1):.2g} % too {side}"
    return f"{size:.4g} times too {side}"
