"""From a matplotlib figure to clean panels of SVG: small, themed, and equal for equal input.

The tree is matplotlib's own output without its boilerplate: coordinates in tenths of a point,
paths as relative steps, house colours as CSS variables, shared shapes in one `<defs>` for each
panel. Ids begin with `ID`, which the page replaces by a prefix of its own.
"""

import io
import re
from collections.abc import Callable
from xml.etree import ElementTree

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

from elphlib.teach import marks
from elphlib.teach.compact import compact_attributes
from elphlib.teach.controls import plain_text
from elphlib.teach.figure import HouseFigure
from elphlib.teach.node import Node
from elphlib.teach.notes import note_nodes
from elphlib.teach.style import house, unicode_ticks
from elphlib.teach.subscript import pieces

ID = "elph~id~"
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_REFERENCE = re.compile(r"#([A-Za-z][\w.]*)")


Filler = Callable[[Figure, float], dict[str, Node]]


def panels(figure: Figure, fill: Filler | None = None) -> list[Node]:
    """Export a figure as one `<svg>` for each of its panels, left to right.

    Parameters
    ----------
    figure : Figure
    fill : callable, optional
        Called with the figure and its height in points after the export; returns groups that
        replace the marks of the same name.
    """
    with house():
        for index, axes in enumerate(figure.axes):
            axes.set_gid(f"axes{index}")
            unicode_ticks(axes)
        _refuse_tex(figure)
        root = _export(figure)
    width, height = (72 * inches for inches in figure.get_size_inches())
    shapes: dict[str, ElementTree.Element] = {}
    for defs in list(root.iter("defs")):
        shapes |= {shape.attrib["id"]: shape for shape in defs if "id" in shape.attrib}
    body = next(element for element in root if element.tag == "g")
    filled = fill(figure, height) if fill else {}
    slots = figure.slots if isinstance(figure, HouseFigure) and figure.slots else ((0, width / 72),)
    made = []
    for index, (left, right) in enumerate(slots):
        children = [
            child
            for element in body
            if _panel_of(element, figure, slots) == index
            for child in _clean(element, filled)
        ]
        made.append(_panel(children, shapes, index, 72 * left, 72 * right, height))
    noted = note_nodes(figure, 72 * slots[0][1])
    if noted:  # a picture may not hold what takes the focus, a group may
        made[0].children += noted
        made[0].attributes["role"] = "group"
    return made


def _export(figure: Figure) -> ElementTree.Element:
    """Let matplotlib write the figure, and read it back without namespaces."""
    buffer, canvas = io.StringIO(), figure.canvas
    FigureCanvasSVG(figure).print_svg(buffer, metadata=_NO_METADATA)
    figure.set_canvas(canvas)
    text = buffer.getvalue().replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)
    return ElementTree.fromstring(text[text.index("<svg") :])


def _refuse_tex(figure: Figure) -> None:
    """No text of a figure is typeset as TeX: neither page nor screen reader could say it."""
    for text in figure.findobj(Text):
        if "$" in text.get_text():
            plain_text("a text of the figure", text.get_text())


def _panel_of(
    element: ElementTree.Element, figure: Figure, slots: tuple[tuple[float, float], ...]
) -> int:
    """Find the panel in which the middle of an axes lies; anything else belongs to the first."""
    match = re.fullmatch(r"axes(\d+)", element.attrib.get("id", ""))
    if match is None:
        return 0
    box = figure.axes[int(match[1])].get_position()
    middle = 0.5 * (box.x0 + box.x1) * figure.get_figwidth()
    return next((i for i, (_, right) in enumerate(slots) if middle < right), len(slots) - 1)


def _clean(element: ElementTree.Element, filled: dict[str, Node]) -> list[Node]:
    """Turn an element of matplotlib's into none, one or several of ours."""
    identity = element.attrib.get("id", "")
    key = identity.removeprefix(marks.GID) if identity.startswith(marks.GID) else ""
    if key in filled:
        return [filled[key]]
    if element.tag == "defs" or element.attrib.get("style") == "fill: none":
        return []
    attributes = compact_attributes(element.attrib)
    children = [node for child in element for node in _clean(child, filled)]
    if element.tag == "text":
        return [_written(element.text or "", attributes)]
    if element.tag == "g" and identity.startswith("matplotlib.axis"):
        key = identity
    if element.tag == "g" and not key and not attributes:
        return children
    if element.tag == "g" and not children and not key:
        return []
    if key:
        attributes["data-name"] = key
    if key and element.tag == "g" and len(children) == 1 and not children[0].key:
        only = children[0]
        if not set(only.attributes) & set(attributes):
            only.attributes |= attributes
            only.key = key
            return [only]
    return [Node(element.tag, attributes, children, (element.text or "").strip(), key)]


def _written(text: str, attributes: dict[str, str]) -> Node:
    """Build a text whose indices stand below the line."""
    runs = pieces(text.strip())
    if len(runs) == 1:
        return Node("text", attributes, text=text.strip())
    spans, was_low = [], False
    for run, low in runs:
        place = {} if low == was_low else {"dy": ".3em" if low else "-.225em"}
        spans.append(Node("tspan", place | ({"font-size": "75%"} if low else {}), text=run))
        was_low = low
    return Node("text", attributes, spans)


def _panel(
    children: list[Node],
    shapes: dict[str, ElementTree.Element],
    index: int,
    left: float,
    right: float,
    height: float,
) -> Node:
    """Wrap the elements of one panel, with the shapes they refer to and ids of its own."""
    defs: list[Node] = []
    svg = Node("svg", {}, children)
    wanted = {
        name: None
        for node in svg.walk()
        for value in node.attributes.values()
        if "#" in value and not value.startswith("data:")
        for name in _REFERENCE.findall(value)
        if name in shapes
    }
    for name in wanted:
        (shape,) = _clean(shapes[name], {})
        shape.attributes = {"id": f"{ID}{index}{name}"} | shape.attributes
        shape.key = name
        defs.append(shape)
    for node in svg.walk():
        for attribute, value in node.attributes.items():
            if attribute in {"href", "clip-path", "style"} and not value.startswith("data:"):
                node.attributes[attribute] = _REFERENCE.sub(
                    lambda m: f"#{ID}{index}{m[1]}" if m[1] in shapes else m[0], value
                )
    if defs:
        svg.children.insert(0, Node("defs", {}, defs, key="defs"))
    box = " ".join(f"{edge:.4g}" for edge in (left, 0, right - left, height))
    svg.attributes = {
        "class": "elph-panel",
        "viewBox": box,
        "style": f"--elph-width:{right - left:.4g}",
        "focusable": "false",
    }
    svg.attributes |= {"role": "img", "aria-label": ""} if index == 0 else {"aria-hidden": "true"}
    return svg
