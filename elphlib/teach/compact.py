"""matplotlib's SVG attributes in their shortest form, with colours that follow the page."""

import base64
import io
import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from PIL import Image

from elphlib.teach.style import CURVES, LIGHT

_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
_COMMAND = re.compile(r"([MLCQZz])([^MLCQZz]*)")
_VARIABLES = {LIGHT[name]: f"var(--elph-{name.lower()})" for name in (*CURVES, "muted", "grid")}
_VARIABLES |= {LIGHT["ground"]: "var(--elph-ground)"}
_VARIABLES |= dict.fromkeys(("#000000", LIGHT["ink"]), "currentColor")
_SILENT = {"stroke-linejoin: round", "stroke-linecap: butt", "fill: currentColor"}


def compact_attributes(written: Mapping[str, str]) -> dict[str, str]:
    """Keep what draws, in its shortest form."""
    kept = {}
    for name, value in written.items():
        if name == "id":
            continue
        if name == "style":
            value = _style(value)
        elif name == "d":
            value = _path(value)
        elif name == _HREF:
            name = "href"
            value = _small_png(value) if value.startswith("data:") else value
        elif name == "transform":
            value = _transform(value)
        elif name in {"x", "y", "width", "height"}:
            value = _tenths(value)
        if value:
            kept[name] = value
    return kept


def _style(style: str) -> str:
    """Shorten a style and let its colours follow the page."""
    parts = []
    for part in style.split("; "):
        name, _, value = part.partition(": ")
        if name in {"font-family", "image-rendering"} or value.startswith("crisp-edges"):
            continue
        value = _VARIABLES.get(value.lower(), value)
        if f"{name}: {value}" in _SILENT:
            continue
        parts.append(f"{name}:{_NUMBER.sub(lambda m: f'{float(m[0]):.3g}', value)}")
    return ";".join(parts)


def _tenths(value: str) -> str:
    return _written(round(10 * float(value)))


def _transform(value: str) -> str:
    """Round a transform; a rotation by nothing goes."""
    if value.startswith("rotate(-0 "):
        return ""
    digits = 5 if value.startswith(("matrix", "scale")) else 1
    return _NUMBER.sub(lambda m: f"{round(float(m[0]), digits):g}", value)


@lru_cache(maxsize=20000)
def _written(tenths: int) -> str:
    """Write a whole number of tenths as a decimal without a needless zero."""
    sign, (whole, tenth) = "-" if tenths < 0 else "", divmod(abs(tenths), 10)
    if not tenth:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{tenth}"


def _joined(numbers: list[int]) -> str:
    """Write numbers with the fewest separators SVG allows."""
    out = ""
    for number in numbers:
        text = _written(number)
        out += text if not out or text[0] == "-" else " " + text
    return out


def _path(d: str) -> str:
    """Write path data in relative steps of a tenth of a point."""
    out, x, y, last = [], 0, 0, ""
    for command, numbers in _COMMAND.findall(d):
        if command in "zZ":
            out.append("z")
            last = ""
            continue
        absolute = [round(10 * float(number)) for number in numbers.split()]
        steps = [n - (y if i % 2 else x) for i, n in enumerate(absolute)]
        x, y = absolute[-2:]
        if command == "M":
            out.append("M" + _joined(absolute))
            last = ""
        elif command != "L" or steps != [0, 0] or not last:
            text, step = _joined(steps), command.lower()
            glue = step if step != last else "" if text[0] == "-" else " "
            out.append(glue + text)
            last = step
    return "".join(out)


@lru_cache(maxsize=512)
def _small_png(address: str) -> str:
    """Repack a picture with a palette: a map of 128 shades needs one byte for each value."""
    pixels = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA")
    rgba = np.asarray(pixels)
    shades, index = np.unique(rgba.reshape(-1, 4), axis=0, return_inverse=True)
    buffer = io.BytesIO()
    if len(shades) <= 256:
        small = Image.fromarray(index.reshape(rgba.shape[:2]).astype(np.uint8), mode="P")
        small.putpalette(shades[:, :3].astype(np.uint8).tobytes())
        see_through = (
            {}
            if (shades[:, 3] == 255).all()
            else {"transparency": shades[:, 3].astype(np.uint8).tobytes()}
        )
        small.save(buffer, "PNG", optimize=True, **see_through)
    else:
        pixels.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
