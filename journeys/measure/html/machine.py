"""The machine, drawn: states in their stages, moves with their words, and how many went where.

The picture is SVG made here from the places that `layout.py` found, so it has the colours of the
page by day, by night and on paper.  Sizes of words are guessed from the widest fonts a reader may have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from journeys.definition.model import Journey
from journeys.measure.html.layout import Course, Rectangle, Size, lay_out
from journeys.measure.html.markup import Child, Element, fixed, tag
from journeys.measure.html.parts import TOGETHER
from journeys.measure.html.sketch import Arrow, Box, Kind, Line, sketch
from journeys.measure.taken import Taken

_LINE: Final = 14.5
_GAP: Final = 4.0  # above a further name
_SIZE: Final = 11.0  # of the words; names are larger
_NAME_SIZE: Final = 13.0
_PAD_X: Final = 9.0
_PAD_Y: Final = 6.0
_MARGIN: Final = 6.0
_CLEAR: Final = 8.0
_THICKEST: Final = 13.0
_THINNEST: Final = 1.2
_RADIUS: Final[dict[Kind, int]] = {"state": 7, "any": 7, "way": 3, "in": 3, "end": 3}
_MARKS: Final = {"touch": "✉\ufe0e ", "inner": "↻ "}

_NARROW: Final = frozenset("ijlftr|!.,:;'()[]-I \"")
_WIDE: Final = frozenset("mwMW=<>@%+↻✉→–—…")
_SQUARE: Final = "\u2e80"  # from here on letters are as wide as high


def draw_machine(journey: Journey, taken: Taken | None) -> Element:
    drawn = sketch(journey, taken)
    most = max([arrow.count or 0 for arrow in drawn.arrows], default=0)
    widths = [_thickness(arrow.count, most) for arrow in drawn.arrows]
    layout = lay_out(drawn, [_size(box) for box in drawn.boxes], [_head(width) for width in widths])
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    return tag(
        "svg",
        tag("title", f"The machine of {journey.name}"),
        tag("desc", _describe(journey, taken)),
        tag(
            "g",
            [tag("rect", **_edges(place), rx=9, class_="stage") for place in layout.stages.values()],
            [_arrow(*each) for each in zip(drawn.arrows, layout.courses, widths)],
            [
                tag("text", name, x=fixed(place.x + 12), y=fixed(place.y + 19), class_="stage")
                for name, place in layout.stages.items()
            ],
            [_box(*each) for each in zip(drawn.boxes, layout.boxes)],
            transform=f"translate({fixed(_MARGIN)},{fixed(_MARGIN)})",
        ),
        viewBox=f"0 0 {fixed(width)} {fixed(height)}",
        width=fixed(width),
        height=fixed(height),
        role="img",
        class_="machine",
    )


def _describe(journey: Journey, taken: Taken | None) -> str:
    said = f"{journey.title}: its stages and states from top to bottom, and the moves between them."
    return f"{said} The tables below have all of it." if taken is None else f"{said} The tables below have the counts."


# ---------------------------------------------------------------- sizes


def _size(box: Box) -> Size:
    widest = max(_width(line) for line in box.lines)
    return max(widest + 2 * _PAD_X, 56.0), _down(box, len(box.lines)) + 2 * _PAD_Y + _clear(box)


def _clear(box: Box) -> float:
    """Room kept free under an end: an arrow that touched it would seem to leave it, which nothing does."""
    return _CLEAR if box.kind == "end" else 0.0


def _down(box: Box, number: int) -> float:
    """How far below the first line another one begins.  A further name keeps its distance from what is above it."""
    return _LINE * number + _GAP * sum(line.said == "name" for line in box.lines[1 : number + 1])


def _width(line: Line) -> float:
    size = _NAME_SIZE * 1.08 if line.said == "name" else _SIZE
    words = line.words if line.count is None else f"{line.count:,}  {line.words}"
    return size * sum(_advance(letter) for letter in _mark(line) + words)


def _mark(line: Line) -> str:
    mark = _MARKS.get(line.said, "")
    return TOGETHER * 4 if mark and line.goes_on else mark


def _advance(letter: str) -> float:
    """In widths of the font's size, by the letters of DejaVu and Verdana: there is no wider face on a screen."""
    if letter >= _SQUARE:
        return 1.0
    return 0.39 if letter in _NARROW else 0.92 if letter in _WIDE else 0.64


def _thickness(count: int | None, most: int) -> float:
    """One scale for all arrows; the least still shows."""
    if not count:
        return _THINNEST
    return max(_THICKEST * count / most, _THINNEST)


def _head(width: float) -> float:
    return 6.5 + width * 0.6


# ---------------------------------------------------------------- what is drawn


def _box(box: Box, place: Rectangle) -> Element:
    place = replace(place, height=place.height - _clear(box))
    x, y = place.x + _PAD_X, place.y + _PAD_Y + _LINE * 0.76
    return tag(
        "g",
        tag("rect", **_edges(place), rx=_RADIUS[box.kind]),
        [_line(line, x, y + _down(box, number)) for number, line in enumerate(box.lines)],
        class_=f"box {box.kind}",
    )


def _line(line: Line, x: float, y: float) -> Element:
    words: list[Child] = [_mark(line)]
    if line.count is not None:
        words.append(tag("tspan", f"{line.count:,}", class_="count" if line.count else "count never"))
        words.append("  ")
    return tag("text", words, line.words, x=fixed(x), y=fixed(y), class_=line.said)


def _edges(place: Rectangle) -> dict[str, str]:
    return {
        "x": fixed(place.x), "y": fixed(place.y), "width": fixed(place.width), "height": fixed(place.height)
    }  # fmt: skip


def _arrow(arrow: Arrow, course: Course, width: float) -> Element:
    kind = "never" if arrow.count == 0 else "out" if arrow.is_end else "back" if arrow.is_back else "on"
    (x, y), *rest = course.points
    line = f"M{_xy(x, y)}C{' '.join(_xy(*point) for point in rest)}"
    return tag(
        "g",
        tag("path", d=line, stroke_width=fixed(width)),
        None if course.tip is None else tag("path", d=_tip(course, width), class_="tip"),
        class_=f"arrow {kind}",
    )


def _tip(course: Course, width: float) -> str:
    """A triangle from the end of the curve to its tip."""
    assert course.tip is not None
    (x, y), (to_x, to_y) = course.points[-1], course.tip
    length = max(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5, 0.1)
    half = max(3.6, width * 0.5 + 2.2)
    across_x, across_y = (to_y - y) / length * half, (x - to_x) / length * half
    return f"M{_xy(x - across_x, y - across_y)}L{_xy(to_x, to_y)}L{_xy(x + across_x, y + across_y)}Z"


def _xy(x: float, y: float) -> str:
    return f"{fixed(x)},{fixed(y)}"
