"""One element of an SVG panel."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape


@dataclass(eq=False)
class Node:
    """One element of a panel; `key` names a mark, `#text` lives in `text`."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    text: str = ""
    key: str = ""

    def walk(self) -> Iterator["Node"]:
        """Yield this element and all below it in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def markup(self) -> str:
        """Write the element."""
        attributes = "".join(f' {k}="{escape(v)}"' for k, v in self.attributes.items())
        inside = self.inner()
        return (
            f"<{self.tag}{attributes}>{inside}</{self.tag}>"
            if inside
            else (f"<{self.tag}{attributes}/>")
        )

    def inner(self) -> str:
        """Write what stands inside the element."""
        return escape(self.text, quote=False) + "".join(child.markup() for child in self.children)
