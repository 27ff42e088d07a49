"""Many pictures as one template and what changes in it.

All frames of an explorer are compared at once. An element that every frame has keeps its place;
each of its attributes that varies becomes a `Slot`: where it is, its distinct values, and which
value each frame takes. Where the structure itself varies (a tick more, a tick less) the slot
holds the markup inside the nearest common element. Named marks that some frames lack stay in the
template and are hidden there.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elphlib.teach.svg import Node

TEXT, INNER = "#text", "#inner"


@dataclass
class Slot:
    """One thing that changes: an attribute (or #text, #inner) of one element of the template.

    Attributes
    ----------
    node : Node
        The element in the template.
    name : str
        The attribute.
    values : list of str or None
        The distinct values; None removes the attribute.
    picks : list of int
        For each frame, which value it takes.
    """

    node: Node
    name: str
    values: list[str | None]
    picks: list[int]


def merge(frames: Sequence[list[Node]], default: int) -> tuple[list[Node], list[Slot]]:
    """Return the template (the default frame, plus marks hidden in it) and its slots."""
    slots: list[Slot] = []
    panels = [_merge(list(same), default, slots) for same in zip(*frames, strict=True)]
    return panels, slots


def _merge(nodes: list[Node | None], default: int, slots: list[Slot]) -> Node:
    """Merge one element of every frame; None stands for a frame without it."""
    present = [node for node in nodes if node is not None]
    shown = nodes[default] or present[0]
    filled = [node or shown for node in nodes]
    merged = Node(shown.tag, dict(shown.attributes), [], shown.text, shown.key)
    if len(present) < len(nodes):
        _slot(merged, "display", ["none" if n is None else None for n in nodes], default, slots)
    names = dict.fromkeys(name for node in present for name in node.attributes)
    for name in names:
        _slot(merged, name, [node.attributes.get(name) for node in filled], default, slots)
    _slot(merged, TEXT, [node.text for node in filled], default, slots)
    order = _common_order([_keys(node) for node in filled], filled.index(shown))
    if order is None:
        merged.children = shown.children
        _slot(merged, INNER, [node.inner() for node in filled], default, slots)
        return merged
    maps = [dict(zip(_keys(node), node.children, strict=True)) for node in filled]
    merged.children = [_merge([m.get(key) for m in maps], default, slots) for key in order]
    return merged


def _slot(
    node: Node, name: str, values: Sequence[str | None], default: int, slots: list[Slot]
) -> None:
    """Record an attribute that varies, and give the template its default value."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) == 1:
        return
    where = {value: index for index, value in enumerate(distinct)}
    slots.append(Slot(node, name, distinct, [where[value] for value in values]))
    value = values[default]
    if name == TEXT:
        node.text = value or ""
    elif name != INNER and value is None:
        node.attributes.pop(name, None)
    elif name != INNER:
        node.attributes[name] = str(value)


Key = tuple[str, str, int]


def _keys(node: Node) -> list[Key]:
    """Name the children: marks by their name, others by tag and number."""
    seen: dict[tuple[str, str], int] = {}
    keys = []
    for child in node.children:
        kind = (child.tag, child.key)
        seen[kind] = seen.get(kind, -1) + 1
        keys.append((*kind, seen[kind]))
    return keys


def _common_order(lists: list[list[Key]], default: int) -> list[Key] | None:
    """One order that holds every frame's children, or None if unnamed ones come and go."""
    first = lists[default]
    distinct = list(dict.fromkeys(map(tuple, [first, *lists])))
    if len(distinct) == 1:
        return first
    unnamed = {tuple(key for key in keys if not key[1]) for keys in distinct}
    if len(unnamed) > 1:
        return None
    order = list(first)
    for keys in distinct[1:]:
        place = -1
        for key in keys:
            if key in order:
                place = order.index(key)
            else:
                place += 1
                order.insert(place, key)
    return order


def apply(panels: list[Node], slots: Sequence[Slot], frame: int) -> str:
    """Return the markup of one frame as the page's script would leave it, hidden marks included."""
    inner: dict[int, str] = {}
    for slot in slots:
        value = slot.values[slot.picks[frame]]
        if slot.name == INNER:
            inner[id(slot.node)] = value or ""
        elif slot.name == TEXT:
            slot.node.text = value or ""
        elif value is None:
            slot.node.attributes.pop(slot.name, None)
        else:
            slot.node.attributes[slot.name] = value
    return "".join(_markup(panel, inner) for panel in panels)


def _markup(node: Node, inner: dict[int, str]) -> str:
    """Write an element whose inside may have been replaced."""
    if id(node) in inner:
        shell = Node(node.tag, node.attributes).markup()
        return shell.removesuffix("/>") + f">{inner[id(node)]}</{node.tag}>"
    children = "".join(_markup(child, inner) for child in node.children)
    shell = Node(node.tag, node.attributes, [], node.text).markup()
    if not children:
        return shell
    if shell.endswith("/>"):
        return f"{shell[:-2]}>{children}</{node.tag}>"
    return shell.removesuffix(f"</{node.tag}>") + children + f"</{node.tag}>"


def packed(record: dict[str, Any]) -> str:
    """Compress a record for the page: JSON, zlib, base64."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def record(panels: list[Node], slots: Sequence[Slot], kept: Sequence[int]) -> list[list[Any]]:
    """List the slots for the page: element number, attribute, values, and picks of frames `kept`.

    Picks that simply count up are written as 0.
    """
    number = {id(node): i for i, node in enumerate(n for panel in panels for n in panel.walk())}
    listed = []
    for slot in slots:
        values = list(dict.fromkeys(slot.values[slot.picks[frame]] for frame in kept))
        where = {value: index for index, value in enumerate(values)}
        picks = [where[slot.values[slot.picks[frame]]] for frame in kept]
        counting = picks == list(range(len(values)))
        listed.append([number[id(slot.node)], slot.name, values, 0 if counting else picks])
    return listed
