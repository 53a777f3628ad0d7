"""The frame of every page: head, facts, contents, and notes at the end."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.measure.html.markup import Child, Element, tag, write_document
from journeys.measure.html.parts import folded, number
from journeys.measure.html.style import STYLE
from journeys.measure.report import Report


def write_page(
    report: Report,
    *main: Child,
    title: str,
    facts: Sequence[tuple[str, str]],
    contents: Sequence[tuple[str, str]],
    notes: Sequence[str],
) -> str:
    """`contents` are the titles of the sections `j0`, `j1`, … with what is said of each; of one there is no list."""
    return write_html(
        _patterns(),
        tag("header", tag("h1", title), make_facts([("customers", number(report.customers)), *facts])),
        _contents(contents) if len(contents) > 1 else None,
        tag("main", main),
        tag("footer", folded("How to read this", [tag("p", note) for note in notes])),
        title=title,
    )


def write_html(*body: Child, title: str, style: str = "") -> str:
    """A document of its own; `style` is what its style sheet has besides that of all pages."""
    return write_document(
        tag(
            "html",
            tag(
                "head",
                tag("meta", charset="utf-8"),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("meta", name="color-scheme", content="light dark"),
                tag("title", title),
                tag("style", STYLE + style),
            ),
            tag("body", body),
            lang="en",
        )
    )


def _patterns() -> Element:
    """Hatching, for all drawings of the page."""
    stripes = tag("path", d="M-1,1l2,-2M0,6l6,-6M5,7l2,-2")
    pattern = tag(
        "pattern", tag("rect", width=6, height=6), stripes, id="held", width=6, height=6, patternUnits="userSpaceOnUse"
    )
    return tag("svg", pattern, width=0, height=0, aria_hidden="true", style="position:absolute")


def make_facts(facts: Sequence[tuple[str, str]]) -> Element:
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts], class_="facts")


def _contents(contents: Sequence[tuple[str, str]]) -> Element:
    items = [
        tag("li", tag("a", title, href=f"#j{place}"), tag("small", said))
        for place, (title, said) in enumerate(contents)
    ]
    return tag("nav", tag("ul", items), aria_label="Journeys")
