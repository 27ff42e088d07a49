"""Atoms on the page: a motion as an SVG group that moves, and as a still picture with arrows."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from elphlib.teach.motion import Motion, factors, lay_out
from elphlib.teach.style import colour
from elphlib.teach.svg import Node

NAME = "moving atoms"


def motion_node(motion: Motion, axes: Axes, height_pt: float) -> Node:
    """Build the SVG group of a motion: atoms at rest, what moves them, arrows for a still page."""
    sheet = lay_out(motion, axes)
    flip = np.array([1.0, -1.0])
    rest, swing = sheet.rest * flip + [0.0, height_pt], sheet.swing * flip
    lines = [
        Node("line", _tenths(x1=rest[i, 0], y1=rest[i, 1], x2=rest[j, 0], y2=rest[j, 1])
             | {"style": f"stroke:{_mixed('muted', min(sheet.fade[i], sheet.fade[j]))}"})
        for i, j in sheet.bonds
    ]  # fmt: skip
    circles = [
        Node("circle", _tenths(cx=x, cy=y, r=r) | {"style": f"fill:{_mixed(name, faded)}"})
        for (x, y), r, name, faded in zip(rest, sheet.radii, sheet.colors, sheet.fade, strict=True)
    ]
    children: list[Node] = []
    for index, circle in enumerate(circles):
        children += [
            line for pair, line in zip(sheet.bonds, lines, strict=True) if min(pair) == index
        ]
        children.append(circle)
    tips = sheet.arrows() * flip + [0.0, height_pt]
    arrows = Node("path", {"class": "elph-arrows", "d": _arrow_path(tips)})
    same = len(set(sheet.energies.tolist())) == 1
    return Node(
        "g",
        {
            "class": "elph-motion",
            "data-energy": _listed(sheet.energies[:1] if same else sheet.energies, 3),
            "data-bonds": " ".join(f"{i} {j}" for i, j in sheet.bonds),
            "data-re": _listed(10 * swing.real.ravel(), 0),
            "data-im": _listed(10 * swing.imag.ravel(), 0),
        },
        [*children, arrows],
        key=NAME,
    )  # fmt: skip


def _listed(values: np.ndarray, digits: int) -> str:
    return " ".join(f"{round(float(v), digits) + 0.0:g}" for v in values)


def _tenths(**numbers: float) -> dict[str, str]:
    return {name: f"{round(float(value), 1) + 0.0:g}" for name, value in numbers.items()}


def _mixed(name: str, fade: float) -> str:
    """Write a house colour, faded towards the page."""
    variable = f"var(--elph-{name.lower()})"
    if fade < 0.05:
        return variable
    return f"color-mix(in srgb,{variable} {100 * (1 - fade):.0f}%,var(--elph-ground))"


def _arrow_path(tips: np.ndarray) -> str:
    """Write path data of arrows given by tail and tip in points."""
    out = []
    for tail, tip in tips:
        corners = [tail, tip, *_head(tail, tip, 5.0)]
        a, b, c, d, e = (" ".join(f"{round(float(v), 1) + 0.0:g}" for v in at) for at in corners)
        out.append(f"M{a}L{b}M{c}L{d} {e}")
    return "".join(out)


class MotionArtist(Artist):
    """The still picture of a motion on matplotlib's canvas: bonds, atoms, arrows."""

    def __init__(self) -> None:
        super().__init__()
        self.motion: Motion | None = None
        self.set_zorder(2.0)

    def draw(self, renderer: Any) -> None:
        """Draw with the renderer's own strokes; in SVG the group is then replaced."""
        if not self.get_visible() or self.motion is None or not isinstance(self.axes, Axes):
            return
        point = renderer.points_to_pixels(1.0)
        sheet = lay_out(self.motion, self.axes, point)
        renderer.open_group("motion", gid=self.get_gid())
        for index, (place, radius) in enumerate(zip(sheet.rest, sheet.radii, strict=True)):
            for pair in sheet.bonds:
                if min(pair) == index:
                    shade = _blended("muted", sheet.fade[list(pair)].min())
                    _stroke(renderer, sheet.rest[list(pair)], shade, 1.4)
            brush = renderer.new_gc()
            brush.set_foreground("white")
            brush.set_linewidth(0.8)
            shape = Affine2D().scale(radius).translate(*place)
            face = _blended(sheet.colors[index], sheet.fade[index])
            renderer.draw_path(brush, Path.unit_circle(), shape, face)
            brush.restore()
        for tail, tip in sheet.arrows():
            _stroke(renderer, np.array([tail, tip]), to_rgb(colour("ink")), 1.2)
            _stroke(renderer, _head(tail, tip, 5.0 * point), to_rgb(colour("ink")), 1.2)
        renderer.close_group("motion")


def _stroke(renderer: Any, corners: np.ndarray, shade: Any, width_pt: float) -> None:
    brush = renderer.new_gc()
    brush.set_foreground(shade)
    brush.set_linewidth(width_pt)
    renderer.draw_path(brush, Path(corners), Affine2D())
    brush.restore()


def _blended(name: str, fade: float) -> tuple[float, ...]:
    """Return a house colour faded towards white paper."""
    return tuple((1 - fade) * c + fade for c in to_rgb(colour(name)))


def _head(tail: np.ndarray, tip: np.ndarray, size: float) -> np.ndarray:
    """Return the corners (3, 2) of an arrow's head, at most 0.6 of its length."""
    length = float(np.hypot(*(tip - tail)))
    unit, side = (tip - tail) / length, min(size, 0.6 * length)
    normal = 0.5 * np.array([-unit[1], unit[0]])
    return np.array([tip - side * (unit + normal), tip, tip - side * (unit - normal)])


def displaced(group: Node, seconds: float, cycles_per_s_meV: float) -> list[Node]:
    """Return the atoms and bonds of a group after some seconds, as the page's script moves them.

    Parameters
    ----------
    group : Node
        From `motion_node`; left as it is.
    seconds, cycles_per_s_meV : float
        Time on the screen, and how many cycles a mode of 1 meV makes in a second of it.
    """
    real, imaginary, energies = (
        np.array(group.attributes[name].split(), dtype=float)
        for name in ("data-re", "data-im", "data-energy")
    )
    rest = positions_of(group.children)
    swing = 0.1 * (real + 1j * imaginary).reshape(-1, 2)
    factor = factors(np.broadcast_to(energies, len(rest)), seconds, cycles_per_s_meV)
    places = rest + (swing * factor[:, None]).real
    ends = np.array(group.attributes["data-bonds"].split(), dtype=int).reshape(-1, 2)
    atoms, bonds = iter(places), iter(places[ends])
    moved = []
    for child in group.children:
        if child.tag == "circle":
            x, y = next(atoms)
            moved.append(Node("circle", child.attributes | _tenths(cx=x, cy=y)))
        elif child.tag == "line":
            (x1, y1), (x2, y2) = next(bonds)
            moved.append(Node("line", child.attributes | _tenths(x1=x1, y1=y1, x2=x2, y2=y2)))
    return moved


def positions_of(nodes: list[Node]) -> np.ndarray:
    """Return the centres (n, 2) of the atoms among nodes, in points."""
    circles = [node.attributes for node in nodes if node.tag == "circle"]
    return np.array([(c["cx"], c["cy"]) for c in circles], dtype=float).reshape(-1, 2)
