"""Charts: values in, SVG out.

Those without words of their own (bars, whiskers, spreads) stand in a table beside their numbers and
are as wide as their cell, whatever that is: all their lengths are percents.  Those with words
carry a title and a description for who cannot see them, and a table with their numbers stands
near.  Colours are named by class; `style.py` says which, by day, by night and on paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from journeys.measure.html.markup import Element, fixed, percent, tag
from journeys.measure.intervals import MILLION
from journeys.measure.survival import Survival

_DAY = 24 * 60
_TIERS: Final = (
    ("days", _DAY, (1, 2, 5, 7, 10, 14, 20, 30, 60, 90, 120, 180, 365, 730, 1825)),
    ("hours", 60, (1, 2, 3, 6, 12, 24)),
    ("min", 1, (1, 2, 5, 10, 15, 30, 60)),
)

# ---------------------------------------------------------------- in a cell


def bar(part: int, whole: int, *, class_: str = "sent") -> Element:
    return _strip("bars", tag("rect", width=percent(part, whole), height="100%", class_=class_))


def stacked(parts: Sequence[tuple[str, int]], whole: int) -> Element:
    """(class, count) one after another; what is nothing is left out."""
    drawn, before = [], 0
    for class_, count in parts:
        if count:
            x, width = percent(before, whole), percent(count, whole)
            drawn.append(tag("rect", x=x, width=width, height="100%", class_=class_))
        before += count
    return _strip("bars stacked", drawn)


def against(part: int, limit: int) -> Element:
    """A bar and the mark it was not meant to pass, with what passed it in another colour."""
    whole = max(part, limit)
    mark, within = percent(limit, whole), percent(min(part, limit), whole)
    return _strip(
        "bars",
        tag("rect", width=mark, height="100%", class_="room"),
        tag("rect", width=within, height="60%", y="20%", class_="sent"),
        tag("rect", x=mark, width=percent(part - limit, whole), height="60%", y="20%", class_="limits")
        if part > limit
        else None,
        tag("line", x1=mark, x2=mark, y1="0", y2="100%", class_="mark"),
    )


def paired(before: int, after: int, whole: int) -> Element:
    """Two bars, one over the other."""
    return _strip(
        "paired",
        tag("rect", width=percent(before, whole), height="44%", class_="before"),
        tag("rect", width=percent(after, whole), y="56%", height="44%", class_="after"),
    )


def whisker(value: int, low: int, high: int, *, begin: int, end: int, class_: str = "sent") -> Element:
    """A dot with its interval, on an axis from `begin` to `end`; zero is marked where it lies between."""
    at = [percent(each - begin, end - begin) for each in (value, low, high)]
    zero = percent(-begin, end - begin)
    return _strip(
        f"whisker {class_}",
        tag("line", x1="0", x2="100%", y1="50%", y2="50%", class_="axis"),
        tag("line", x1=zero, x2=zero, y1="0", y2="100%", class_="mark") if begin < 0 < end else None,
        tag("line", x1=at[1], x2=at[2], y1="50%", y2="50%", class_="interval"),
        [tag("line", x1=each, x2=each, y1="28%", y2="72%", class_="interval") for each in at[1:]],
        tag("circle", cx=at[0], cy="50%", r=5),
    )


def spread(low: int, middle: int, high: int, longest: int) -> Element:
    """From the lower quartile to the upper, with the median."""
    at = percent(middle, longest)
    return _strip(
        "bars",
        tag("line", x1="0", x2="100%", y1="50%", y2="50%", class_="axis"),
        tag("rect", x=percent(low, longest), width=percent(high - low, longest), height="100%", class_="between"),
        tag("line", x1=at, x2=at, y1="0", y2="100%", class_="median"),
    )


def _strip(class_: str, *drawn: Element | Sequence[Element] | None) -> Element:
    # The number stands next to it in the table: for a screen reader the drawing would say it twice.
    return tag("svg", drawn, class_=class_, aria_hidden="true", focusable="false")


# ---------------------------------------------------------------- with words

_LEFT, _RIGHT = 28, 158
_TOP, _BOTTOM = 8, 92


def draw_survival(survival: Survival, *, longest: int, title: str, description: str) -> Element:
    """One stage's curve, in steps, on the axes of all of them: up to `longest` minutes, and to 100 %."""
    points = [(_LEFT + (_RIGHT - _LEFT) * at / longest, _share_y(share)) for at, share in survival]
    line = f"M{fixed(points[0][0])},{fixed(points[0][1])}"
    line += "".join(f"H{fixed(x)}V{fixed(y)}" for x, y in points[1:])
    half = half_gone(survival)
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        [
            [
                tag("line", x1=_LEFT, x2=_RIGHT, y1=fixed(_share_y(share)), y2=fixed(_share_y(share)), class_="grid"),
                _label(f"{share // 10_000} %", _LEFT - 4, _share_y(share) + 3.5, "end"),
            ]
            for share in (0, MILLION // 2, MILLION)
        ],
        [
            [
                tag("line", x1=fixed(x), x2=fixed(x), y1=_BOTTOM, y2=_BOTTOM + 3, class_="grid"),
                _label(label, x, _BOTTOM + 15, "start" if at == 0 else "end" if x > _RIGHT - 12 else "middle"),
            ]
            for at, label in time_ticks(longest)
            for x in [_LEFT + (_RIGHT - _LEFT) * at / longest]
        ],
        tag("path", d=f"{line}V{_BOTTOM}H{_LEFT}Z", class_="under"),
        tag("path", d=line, class_="curve"),
        []
        if half is None
        else tag("circle", cx=fixed(_LEFT + (_RIGHT - _LEFT) * half / longest), cy=fixed(_share_y(MILLION // 2)), r=3),
        viewBox=f"0 0 164 {_BOTTOM + 20}",
        role="img",
        class_="survival",
    )


def half_gone(survival: Survival) -> int | None:
    """The first point at which no more than half are still there, in minutes."""
    return next((at for at, share in survival if 2 * share <= MILLION), None)


def time_ticks(longest: int) -> list[tuple[int, str]]:
    """Round lengths of time up to `longest` minutes, two at most behind the 0; the last says its unit."""
    name, unit, steps = next(tier for tier in _TIERS if longest >= 2 * tier[1] or tier[1] == 1)
    step = next((step for step in steps if longest < 3 * step * unit), steps[-1]) * unit
    ticks = [*range(0, longest + 1, step)]
    return [(at, f"{at // unit:,}" + (f" {name}" if at == ticks[-1] else "")) for at in ticks]


def _share_y(share: int) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * share / MILLION


_COLUMNS = 340


def draw_columns(counts: Mapping[int, int], *, last: int, title: str, description: str) -> Element:
    """How many had 0, 1, 2, … up to `last`, of which the most are said above their column."""
    most = max(counts.values())
    step = _COLUMNS / (last + 1)
    width = min(step * 0.8, 26.0)
    columns, labels = [], []
    for value in range(last + 1):
        count = counts.get(value, 0)
        x = step * (value + 0.5)
        height = 110 * count / most
        if count:
            columns.append(
                tag(
                    "rect",
                    x=fixed(x - width / 2),
                    y=fixed(130 - height),
                    width=fixed(width),
                    height=fixed(height),
                    class_="sent" if value else "none",
                )
            )
        if count == most or (last <= 8 and count):
            labels.append(_label(f"{count:,}", min(max(x, 14.0), _COLUMNS - 14.0), 126 - height, "middle"))
        if value % _every(last) == 0:
            labels.append(_label(f"{value}", x, 145, "middle"))
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        tag("line", x1=0, x2=_COLUMNS, y1=130, y2=130, class_="grid"),
        columns,
        labels,
        viewBox=f"0 0 {_COLUMNS} 150",
        role="img",
        class_="columns",
    )


def _every(last: int) -> int:
    return next(every for every in (1, 2, 5, 10) if last <= 12 * every)


def _label(words: str, x: float, y: float, anchor: str) -> Element:
    return tag("text", words, x=fixed(x), y=fixed(y), text_anchor=anchor)
