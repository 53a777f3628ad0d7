"""Markup: elements as values, and their text at the end.

Whatever is shown comes from files that somebody wrote, so nothing here is put together from
pieces of HTML: an element holds text as text, and it is escaped when it is written.  What the
tree cannot say cannot be said by mistake either.

There is no chart library behind the page.  Those for Python draw with scripts, or as pictures with
fixed colours; none draws a flow with moves back, and what a dark screen, paper and a screen
reader need would have to be taken out of their SVG and put in again.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

__all__ = ["Child", "Element", "fixed", "percent", "tag", "write_document"]

Child = Element | str | None | Iterable["Child"]


def tag(name: str, /, *children: Child, **attributes: str | int | None) -> Element:
    """An element.  `class_` is class, `aria_label` is aria-label; an attribute that is None is left out."""
    said = {key.rstrip("_").replace("_", "-"): str(value) for key, value in attributes.items() if value is not None}
    element = Element(name, said)
    _append(element, children)
    return element


def _append(element: Element, children: Iterable[Child]) -> None:
    for child in children:
        if isinstance(child, str):
            if len(element):
                element[-1].tail = (element[-1].tail or "") + child
            else:
                element.text = (element.text or "") + child
        elif isinstance(child, Element):
            element.append(child)
        elif child is not None:
            _append(element, child)


def write_document(html: Element) -> str:
    return "<!doctype html>\n" + tostring(html, encoding="unicode", method="html") + "\n"


def fixed(value: float) -> str:
    """A coordinate: a tenth of a pixel is more than anyone sees."""
    return f"{value:.1f}".removesuffix(".0")


def percent(part: int, whole: int) -> str:
    """A length in percent of the room there is; where there is none, none."""
    return f"{100 * part / whole:.2f}".rstrip("0").rstrip(".") + "%" if whole else "0%"
