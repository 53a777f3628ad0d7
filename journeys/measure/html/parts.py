"""What every part of the page is made of: headings, tables, charts with their words, amounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from journeys.measure.amounts import say_amount, say_days, say_share
from journeys.measure.html.markup import Child, Element, tag
from journeys.measure.intervals import MILLION
from journeys.measure.report import Report

MINUS: Final = "\u2212"
TOGETHER: Final = "\u00a0"  # a space at which no line breaks
_DAY: Final = 24 * 60


def part(heading: str, *children: Child) -> Element:
    return tag("section", tag("div", tag("h3", heading), class_="head"), *children, class_="part")


def table(caption: str | None, titles: Sequence[str], rows: Sequence[Child], *, class_: str | None = None) -> Element:
    """`titles` are empty over a column of bars.  Of a `wide` table the bars get a line of their own on a phone."""
    head = tag("thead", tag("tr", [tag("th", title, scope="col") if title else tag("td") for title in titles]))
    return tag("table", caption and tag("caption", caption), head, tag("tbody", rows), class_=class_)


def row(name: Child, *cells: Child, class_: str | None = None) -> Element:
    """The name of the row, and its cells: text, or a chart, which gets a cell of its own kind."""
    return tag("tr", tag("th", name, scope="row"), [_cell(cell) for cell in cells], class_=class_)


def _cell(cell: Child) -> Element:
    if isinstance(cell, Element) and cell.tag == "svg":
        return tag("td", cell, class_="chart")
    if isinstance(cell, Element) and cell.tag == "td":
        return cell
    return tag("td", cell)


def make_legend(entries: Sequence[tuple[str, str]]) -> Element:
    """(class, words): what the colours of a chart mean."""
    items = [
        tag("li", tag("svg", tag("rect", width="100%", height="100%", class_=class_), aria_hidden="true"), words)
        for class_, words in entries
    ]
    return tag("ul", items, class_="legend")


def folded(summary: str, *children: Child) -> Element:
    """Numbers for who wants them all; open on paper."""
    return tag("details", tag("summary", summary), *children)


def figure(chart: Child, caption: Child = None) -> Element:
    return tag("figure", chart, caption and tag("figcaption", caption))


def figures(shown: Sequence[tuple[str, str, str]]) -> Element:
    """What one looks for first: (name, number, and a little more about it)."""
    cells = [
        tag("div", tag("dt", name), tag("dd", value), tag("dd", more, class_="small")) for name, value, more in shown
    ]
    return tag("dl", cells, class_="figures")


def number(count: int) -> str:
    return f"{count:,}"


def with_sign(said: str) -> str:
    """`+3.2` of `3.2`, `−3.2` of `-3.2`; what is zero as it is said has no sign."""
    if said.startswith(("-", MINUS)):
        return MINUS + said[1:]
    return f"+{said}" if any(digit in said for digit in "123456789") else said


def share(parts: int) -> str:
    return share_of(parts, MILLION)


def share_of(part: int, whole: int) -> str:
    return say_share(part, whole).replace(" ", TOGETHER)


def amount(report: Report, minor: int, *, is_whole: bool = False) -> str:
    """In the currency's main unit; `is_whole` rounds to whole ones, half up."""
    if is_whole:
        unit = 10**report.decimals
        said = number((2 * minor + unit) // (2 * unit))
    else:
        said = say_amount(minor, report.decimals)
    return said.replace("-", MINUS)


def is_large(report: Report, minor: int) -> bool:
    """From ten thousand on nobody wants to read cents."""
    return abs(minor) >= int(10_000 * 10**report.decimals)


def rounded(report: Report, minor: int) -> str:
    return amount(report, minor, is_whole=is_large(report, minor))


def length(minutes: int) -> str:
    """`30.0 days`, `5 h`, `12 min`."""
    said = say_days(minutes)
    return (said if minutes < _DAY else f"{said} days").replace(" ", TOGETHER)


def lengths(low: int, high: int) -> str:
    """`2.0 to 20.9 days`, `20 h to 3.0 days`."""
    return f"{say_days(low) if low >= _DAY else length(low)} to {length(high)}"


def moment_of(minutes: int) -> str:
    """A point of a curve: `day 6`, `day 150`, `5 h`.  Whatever began on a day is that day's."""
    return f"day{TOGETHER}{minutes // _DAY:,}" if minutes >= _DAY else length(minutes)


def several(count: int, thing: str, things: str | None = None) -> str:
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"
