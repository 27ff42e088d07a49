"""Checks of input where it enters; inside, the library trusts it."""

from types import EllipsisType

import numpy as np
from numpy.typing import ArrayLike

Shape = tuple[int | EllipsisType, ...]


def positive(name: str, value: float, unit: str, typical: str) -> float:
    """Return value, or raise a ValueError that says what is wrong, allowed and typical."""
    if not isinstance(value, int | float | np.number) or not 0 < float(value) < np.inf:
        what = f"{name} is {value} {unit}".rstrip()
        raise ValueError(f"{what}; it must be positive and finite; {typical}.")
    return float(value)


def not_negative(name: str, value: float, unit: str, typical: str) -> float:
    """Return value, or raise a ValueError that says what is wrong, allowed and typical."""
    if not isinstance(value, int | float | np.number) or not 0 <= float(value) < np.inf:
        what = f"{name} is {value} {unit}".rstrip()
        raise ValueError(f"{what}; it must not be negative, and finite; {typical}.")
    return float(value)


def integer(name: str, value: float, least: int, typical: str, even: bool = False) -> int:
    """Return value as an int ≥ least, even if asked, or raise a ValueError in three parts."""
    whole = isinstance(value, int | float | np.number) and np.isfinite(value) and value % 1 == 0
    if not whole or value < least or (even and value % 2):
        kind = "an even integer" if even else "an integer"
        raise ValueError(f"{name} is {value}; {kind} ≥ {least} is needed; {typical}.")
    return int(value)


def positive_values(name: str, values: ArrayLike, unit: str, typical: str) -> np.ndarray:
    """Return a float array of any shape whose values are > 0 and finite, or raise a ValueError."""
    array = finite_array(name, values, (...,), unit)
    if (array <= 0).any():
        what = f"{name} is {array.min():g} {unit}".rstrip()
        raise ValueError(f"{what}; it must be positive and finite; {typical}.")
    return array


def not_negative_values(name: str, values: ArrayLike, unit: str, typical: str) -> np.ndarray:
    """Return a float array of any shape whose values are ≥ 0 and finite, or raise a ValueError."""
    array = finite_array(name, values, (...,), unit)
    if (array < 0).any():
        what = f"{name} is {array.min():g} {unit}".rstrip()
        raise ValueError(f"{what}; it must not be negative, and finite; {typical}.")
    return array


def lengths(
    name: str, values: ArrayLike, unit: str, advice: str, zero_allowed: bool = True
) -> np.ndarray:
    """Return a float array of lengths (of any shape) ≥ 0 or > 0, or raise a ValueError."""
    array = finite_array(name, values, (...,), unit)
    if (array < 0).any() or (not zero_allowed and (array == 0).any()):
        raise ValueError(
            f"{name} is {array.min():g} {unit}; it is a length and must be "
            f"{'≥' if zero_allowed else '>'} 0; {advice}."
        )
    return array


def finite_array(name: str, values: ArrayLike, shape: Shape, unit: str) -> np.ndarray:
    """Return a float copy of the given shape (… for any leading axes), or raise a ValueError."""
    in_unit = f" in {unit}" if unit else ""
    try:
        array = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} cannot be read as numbers ({error}); real numbers{in_unit} are needed; "
            "pass a nested list or a numpy array."
        ) from error
    wanted = tuple(n for n in shape if n is not ...)
    fits = array.ndim >= len(wanted) if ... in shape else array.ndim == len(wanted)
    if not fits or array.shape[array.ndim - len(wanted) :] != wanted:
        text = ", ".join("…" if n is ... else str(n) for n in shape)
        raise ValueError(
            f"{name} has shape {array.shape}; it must be ({text}); "
            f"values are in {unit or 'no unit'}."
        )
    if not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(
            f"{name} is not finite at index {where}; every value must be a real number{in_unit}; "
            "look for a division by zero upstream."
        )
    return array
