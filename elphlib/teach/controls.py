"""The knobs of an explorer: what each is called, what it may be set to, and how a value is said."""

import inspect
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def plain_text(name: str, text: str, empty: bool = False) -> str:
    """Return the text if it is plain Unicode; labels, captions and alt texts all pass here."""
    if not isinstance(text, str):
        raise ValueError(
            f"{name} is {text!r}; it must be text; write what a reader should see there."
        )
    if not text.strip() and not empty:
        raise ValueError(f"{name} is empty; a reader needs it; say what is shown, with its unit.")
    if "$" in text:
        raise ValueError(
            f"{name} is {text!r}; it must not contain a dollar sign, TeX is not typeset there; "
            "write the symbol in Unicode, such as ω, λ², q → 0 or Å⁻¹."
        )
    return text


@dataclass(frozen=True)
class Slider:
    """A number that the reader moves.

    Parameters
    ----------
    label : str
        What it is, in words and symbol: "mass ratio M₂/M₁".
    values : array_like
        The values the built page offers, ascending; a live slider moves freely between the first
        and the last (logarithmically where they are spaced so).
    default : float, optional
        One of the values; the middle one if not given.
    unit : str
        Said after the number.
    format : str
        How the number is written, as for `str.format`.
    integer, discrete : bool
        Restrict a live slider to whole numbers, or to exactly `values`.
    """

    label: str
    values: ArrayLike
    default: float | None = None
    unit: str = ""
    format: str = "{:.3g}"
    integer: bool = False
    discrete: bool = False
    grid: tuple[float, ...] = field(init=False, repr=False)
    start: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the definition once, so that no page is built on a broken one."""
        plain_text("the slider's label", self.label)
        plain_text(f"the unit of {self.label!r}", self.unit, empty=True)
        object.__setattr__(self, "grid", self._checked_grid())
        object.__setattr__(self, "start", self._checked_default())
        _checked_format(self.label, self.format)

    def _checked_grid(self) -> tuple[float, ...]:
        values = np.asarray(self.values, dtype=float)
        if values.ndim != 1 or len(values) < 2:
            raise ValueError(
                f"the values of {self.label!r} have shape {values.shape}; a slider needs a list "
                "of at least two numbers; np.linspace(low, high, 31) is typical."
            )
        if not np.isfinite(values).all() or not (np.diff(values) > 0).all():
            raise ValueError(
                f"the values of {self.label!r} are {values.tolist()}; they must be finite and "
                "ascending; np.linspace or np.geomspace make such a list."
            )
        if self.integer and not (values == np.round(values)).all():
            raise ValueError(
                f"the values of {self.label!r} are {values.tolist()}; integer=True needs whole "
                "numbers; use range(1, 13) or leave integer out."
            )
        return tuple(int(v) for v in values) if self.integer else tuple(map(float, values))

    def _checked_default(self) -> int:
        if self.default is None:
            return len(self.grid) // 2
        nearest = int(np.argmin(np.abs(np.subtract(self.grid, self.default))))
        step = np.diff(self.grid).min()
        if not abs(self.grid[nearest] - self.default) < 1e-6 * step:
            raise ValueError(
                f"the default of {self.label!r} is {self.default}; it must be one of its values, "
                f"so that page and kernel start alike; the nearest is {self.grid[nearest]:g}."
            )
        return nearest

    def said(self, value: float) -> str:
        """Write a value as the reader sees and hears it, with its unit."""
        number = self.format.format(value).replace("-", "−")
        return f"{number} {self.unit}".rstrip()

    def value_of(self, given: Any) -> float:
        """Check a value handed in by name."""
        low, high = self.grid[0], self.grid[-1]
        tiny = 1e-9 * (high - low)
        try:
            value = float(given)
        except (TypeError, ValueError):
            value = float("nan")
        if not low - tiny <= value <= high + tiny:
            raise ValueError(
                f"{self.label} is {given!r}; it must lie between {self.said(low)} and "
                f"{self.said(high)}; it starts at {self.said(self.grid[self.start])}."
            )
        return int(value) if self.integer else value

    @property
    def logarithmic(self) -> bool:
        """Whether the values are spaced by equal factors."""
        grid = np.asarray(self.grid)
        if len(grid) < 3 or grid[0] <= 0:
            return False
        return bool(np.allclose(np.diff(np.log(grid)), np.log(grid[1] / grid[0]), rtol=1e-6))


@dataclass(frozen=True)
class Choice:
    """One of several named options.

    Parameters
    ----------
    label : str
        What is chosen.
    options : sequence of str, or mapping of str to value
        What the reader picks from; a mapping hands its value to `compute`.
    default : str, optional
        The option at the start; the first if not given.
    """

    label: str
    options: Sequence[str] | Mapping[str, Any]
    default: str | None = None
    names: tuple[str, ...] = field(init=False, repr=False)
    grid: tuple[Any, ...] = field(init=False, repr=False)
    start: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the definition once, so that no page is built on a broken one."""
        plain_text("the choice's label", self.label)
        pairs = self.options if isinstance(self.options, Mapping) else {o: o for o in self.options}
        if len(pairs) < 2 or len(pairs) != len(self.options):
            raise ValueError(
                f"the options of {self.label!r} are {list(self.options)}; a choice needs at least "
                "two different ones; one option alone is no choice."
            )
        object.__setattr__(self, "names", tuple(plain_text("an option", name) for name in pairs))
        object.__setattr__(self, "grid", tuple(pairs.values()))
        if self.default is not None and self.default not in self.names:
            raise ValueError(
                f"the default of {self.label!r} is {self.default!r}; it must be one of its "
                f"options; they are {', '.join(self.names)}."
            )
        start = 0 if self.default is None else self.names.index(self.default)
        object.__setattr__(self, "start", start)

    def said(self, value: Any) -> str:
        """Name the option that hands this value to `compute`."""
        return self.names[self._index(value)]

    def value_of(self, given: Any) -> Any:
        """Return the value of an option given by name, or check a value given as such."""
        return self.grid[self._index(given)]

    def _index(self, given: Any) -> int:
        if isinstance(given, str) and given in self.names:
            return self.names.index(given)
        for index, value in enumerate(self.grid):
            if value is given or (np.isscalar(given) and np.isscalar(value) and value == given):
                return index
        raise ValueError(
            f"{self.label} is {given!r}; it must be one of its options; they are "
            f"{', '.join(self.names)}."
        )


def _checked_format(label: str, pattern: str) -> None:
    """Refuse a format that cannot write a number."""
    fields = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
    try:
        written = pattern.format(1.0) if len(fields) == 1 else ""
    except (ValueError, IndexError, KeyError):
        written = ""
    if not written:
        raise ValueError(
            f"the format of {label!r} is {pattern!r}; it must hold one place for a number; "
            '"{:.2f}" writes two decimals.'
        )


def checked_controls(
    title: str, compute: Callable[..., Any], controls: dict[str, Any]
) -> dict[str, Slider | Choice]:
    """Refuse controls that `compute` does not take, and parameters without a control."""
    for name, control in controls.items():
        if not isinstance(control, (Slider, Choice)):
            raise ValueError(
                f"the control {name!r} of {title!r} is {control!r}; it must be a Slider or a "
                "Choice; Slider(label, np.linspace(low, high, 31)) is typical."
            )
    parameters = inspect.signature(compute).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict(controls)
    asked = {p.name for p in parameters}
    needed = {p.name for p in parameters if p.default is p.empty}
    if not needed <= controls.keys() <= asked:
        raise ValueError(
            f"compute of {title!r} takes ({', '.join(asked)}); its controls are "
            f"({', '.join(controls)}); each parameter needs one control of the same name."
        )
    return dict(controls)
