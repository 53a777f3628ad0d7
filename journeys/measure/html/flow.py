"""The flow between stages, drawn: a Sankey from top to bottom, and moves back as arcs on the left.

A stage is a bar as wide as the enrollments that arrived there.  What leaves forward runs down from
its lower edge to the next stage, or past others in a lane on the right; what ends runs out; what
went back leaves by the left edge and climbs.  One scale holds for all of it, so that widths may be
compared anywhere in the picture.  From top to bottom, because that fits a phone and a sheet alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from journeys.measure.html.markup import Element, fixed, tag

_WIDTH = 360
_TOP = 30  # room for those who enter at the first stage
_LEFT = 168  # where the bars begin: names and arcs stand before
_RIGHT = 352
_BAR = 14
_PITCH = 82  # from bar to bar
_WIDEST_BAR = 128.0
_WIDEST_ARC = 30.0  # a thicker one would fill the room between two bars
_END_DROP = 26.0
_GAP = 12.0
_ARC_FROM, _ARC_STEP = 34, 17
_FIRST_LINE, _LINE = 20, 13  # of the words under a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stage on the way.  `left` are moves by the place of the stage they lead to; `ended` left for good."""

    name: str
    now: int
    left: dict[int, int]
    ended: int


@dataclass(slots=True, kw_only=True)
class _Bar:
    stop: Stop
    place: int
    arrived: int
    entered: int
    y: float
    came_back: int = 0
    ports_in: float = 0.0  # where the next band begins, along the upper edge
    ports_out: float = 0.0
    edge: float = 0.0  # how far to the right its row is taken


@dataclass(slots=True, kw_only=True)
class _Lane:
    source: int
    target: int
    count: int
    x: float = field(default=0.0)


def draw_flow(stops: Sequence[Stop], *, title: str, description: str) -> Element:
    """The picture.  Every stop must have been arrived at."""
    bars = _bars(stops)
    lanes = [
        _Lane(source=bar.place, target=to, count=count)
        for bar in bars
        for to, count in bar.stop.left.items()
        if to > bar.place + 1
    ]
    scale = _fit(bars, lanes)
    _place_ports(bars, scale)
    below = _FIRST_LINE + _LINE * len(_words(bars[-1]))
    height = bars[-1].y + max(below, _BAR + _END_DROP + 16 if bars[-1].stop.ended else 0)
    back = [_arc(bars[bar.place], bars[to], count, scale) for bar in bars for to, count in _back(bar).items()]
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        tag("g", _entries(bars, scale), class_="entering"),
        # The longest way is drawn first, so that short ones lie above it.
        tag("g", _forward(bars, lanes, scale), class_="forward"),
        tag("g", _ends(bars, scale), class_="ending"),
        tag("g", back, class_="back"),
        [_bar(bar, scale) for bar in bars],
        viewBox=f"0 0 {_WIDTH} {fixed(height)}",
        role="img",
        class_="flow",
    )


def _bars(stops: Sequence[Stop]) -> list[_Bar]:
    bars = []
    for place, stop in enumerate(stops):
        arrived = stop.now + stop.ended + sum(stop.left.values())
        moved_in = sum(other.left.get(place, 0) for other in stops)
        came_back = sum(other.left.get(place, 0) for other in stops[place + 1 :])
        y = _TOP + _PITCH * place
        # An enrollment that is still to arrive was counted where it left.
        entered = max(0, arrived - moved_in)
        bars.append(_Bar(stop=stop, place=place, arrived=arrived, entered=entered, y=y, came_back=came_back))
    return bars


def _back(bar: _Bar) -> dict[int, int]:
    return {to: count for to, count in bar.stop.left.items() if to < bar.place}


def _fit(bars: Sequence[_Bar], lanes: Sequence[_Lane]) -> float:
    """The widest scale at which everything finds room; lanes are laid out by the way."""
    widest = max(bar.arrived for bar in bars)
    thickest = max([count for bar in bars for count in _back(bar).values()], default=0)
    scale = _WIDEST_BAR / widest
    if thickest:
        scale = min(scale, _WIDEST_ARC / thickest)
    while _lay_out(bars, lanes, scale) > _RIGHT and scale * widest > 1:
        scale *= 0.94
    return scale


def _lay_out(bars: Sequence[_Bar], lanes: Sequence[_Lane], scale: float) -> float:
    """Gives each lane its place right of what it passes, and returns how far right that is."""
    for bar in bars:
        bar.edge = _LEFT + bar.arrived * scale
    for lane in sorted(lanes, key=lambda lane: (lane.target - lane.source, lane.source)):
        passed = bars[lane.source + 1 : lane.target]
        lane.x = max(bar.edge for bar in passed) + _GAP
        for bar in passed:
            bar.edge = lane.x + lane.count * scale
    ends = [_end_x(bar, scale) + bar.stop.ended * scale for bar in bars if bar.stop.ended]
    return max([*ends, *[bar.edge for bar in bars]])


def _end_x(bar: _Bar, scale: float) -> float:
    """Where the band of those who ended comes down: right of the bar, and of where it began."""
    return _LEFT + max(bar.arrived * scale + 6, (bar.arrived - bar.stop.ended) * scale + 10)


def _place_ports(bars: Sequence[_Bar], scale: float) -> None:
    """Those who came or went back stand leftmost, where the arcs are; then who entered here, or stands here."""
    for bar in bars:
        bar.ports_in = _LEFT + (bar.came_back + bar.entered) * scale
        bar.ports_out = _LEFT + (sum(_back(bar).values()) + bar.stop.now) * scale


# ---------------------------------------------------------------- what runs


def _entries(bars: Sequence[_Bar], scale: float) -> list[Element]:
    drawn = []
    for bar in bars:
        if bar.entered:
            x = _LEFT + bar.came_back * scale
            drawn.append(_band(x, bar.y - 16, x, bar.y, bar.entered * scale))
    return drawn


def _forward(bars: Sequence[_Bar], lanes: Sequence[_Lane], scale: float) -> list[Element]:
    drawn = []
    # To the left what is near: bands then cross as little as they can, at both ends.
    for span in range(1, len(bars)):
        for source in bars[: len(bars) - span]:
            target = bars[source.place + span]
            count = source.stop.left.get(target.place, 0)
            if not count:
                continue
            width = count * scale
            x, to_x = source.ports_out, target.ports_in
            source.ports_out += width
            target.ports_in += width
            y, to_y = source.y + _BAR, target.y
            if span == 1:
                drawn.append(_band(x, y, to_x, to_y, width))
            else:
                [lane] = [lane for lane in lanes if (lane.source, lane.target) == (source.place, target.place)]
                drawn.append(_detour(x, y, lane.x, to_x, to_y, width))
    return drawn[::-1]


def _ends(bars: Sequence[_Bar], scale: float) -> list[Element]:
    drawn = []
    for bar in bars:
        if not bar.stop.ended:
            continue
        width = bar.stop.ended * scale
        x, y = bar.ports_out, bar.y + _BAR
        to_x = _end_x(bar, scale)
        drawn.append(_band(x, y, to_x, y + _END_DROP, width))
        drawn.append(tag("rect", **_box(to_x - 0.5, y + _END_DROP, width + 1, 2.5), class_="stop"))
        label = f"{bar.stop.ended:,} ended"
        # Right of the band where there is room for the words, else under it.
        if to_x + width + 6 + 6 * len(label) <= _WIDTH:
            drawn.append(_text(label, to_x + width + 6, y + _END_DROP + 3))
        else:
            drawn.append(_text(label, min(to_x + width, _RIGHT), y + _END_DROP + 14, anchor="end"))
    return drawn


def _band(x: float, y: float, to_x: float, to_y: float, width: float) -> Element:
    """From an edge down to another, equally wide all the way."""
    middle = (y + to_y) / 2
    return _path(
        f"M{_xy(x, y)}C{_xy(x, middle)} {_xy(to_x, middle)} {_xy(to_x, to_y)}H{fixed(to_x + width)}"
        f"C{_xy(to_x + width, middle)} {_xy(x + width, middle)} {_xy(x + width, y)}Z"
    )


def _detour(x: float, y: float, lane: float, to_x: float, to_y: float, width: float) -> Element:
    """Down into a lane, along it, and in again."""
    turn = (_PITCH - _BAR) / 2
    begin, end = y + 2 * turn, to_y - 2 * turn
    right, lane_right, to_right = x + width, lane + width, to_x + width
    return _path(
        f"M{_xy(x, y)}C{_xy(x, y + turn)} {_xy(lane, begin - turn)} {_xy(lane, begin)}V{fixed(end)}"
        f"C{_xy(lane, end + turn)} {_xy(to_x, to_y - turn)} {_xy(to_x, to_y)}H{fixed(to_right)}"
        f"C{_xy(to_right, to_y - turn)} {_xy(lane_right, end + turn)} {_xy(lane_right, end)}V{fixed(begin)}"
        f"C{_xy(lane_right, begin - turn)} {_xy(right, y + turn)} {_xy(right, y)}Z"
    )


def _arc(source: _Bar, target: _Bar, count: int, scale: float) -> list[Element]:
    """A move back: out by the left edge, up, and in again, with a head where it arrives."""
    width = max(count * scale, 1.0)
    y, to_y = source.y + _BAR / 2, target.y + _BAR / 2
    head = max(5.0, width * 0.62)
    x, tip = _LEFT - 1.0, _LEFT - 2.0
    reach = _ARC_FROM + _ARC_STEP * (source.place - target.place - 1) + width / 2
    bulge = x - min(reach, 84.0) * 4 / 3  # a curve comes three quarters of the way to its handles
    line = f"M{_xy(x, y)}C{_xy(bulge, y)} {_xy(bulge, to_y)} {_xy(tip - head, to_y)}"
    points = f"{_xy(tip - head - 1, to_y - head)} {_xy(tip, to_y)} {_xy(tip - head - 1, to_y + head)}"
    return [tag("path", d=line, stroke_width=fixed(width)), tag("polygon", points=points)]


# ---------------------------------------------------------------- bars and words


def _words(bar: _Bar) -> list[tuple[str, str | None]]:
    """What is said under a stage's name, and in which class."""
    words: list[tuple[str, str | None]] = [(f"{bar.arrived:,} arrived", None)]
    if 0 < bar.entered < bar.arrived:
        words.append((f"{bar.entered:,} entered here", None))
    if bar.stop.now:
        words.append((f"{bar.stop.now:,} there now", None))
    if back := sum(_back(bar).values()):
        words.append((f"{back:,} went back", "gone-back"))
    return words


def _bar(bar: _Bar, scale: float) -> Element:
    back, now = sum(_back(bar).values()) * scale, bar.stop.now * scale
    y = bar.y + _FIRST_LINE
    return tag(
        "g",
        tag("rect", **_box(_LEFT, bar.y, max(bar.arrived * scale, 1.0), _BAR), class_="bar"),
        tag("rect", **_box(_LEFT, bar.y, back, _BAR), class_="bar-back") if back else None,
        tag("rect", **_box(_LEFT + back, bar.y, now, _BAR), class_="bar-now") if now else None,
        _text(bar.stop.name, 0, bar.y + 6, class_="name"),
        [_text(words, 0, y + _LINE * place, class_=class_) for place, (words, class_) in enumerate(_words(bar))],
    )


def _box(x: float, y: float, width: float, height: float) -> dict[str, str]:
    return {"x": fixed(x), "y": fixed(y), "width": fixed(width), "height": fixed(height)}


def _text(words: str, x: float, y: float, *, class_: str | None = None, anchor: str | None = None) -> Element:
    return tag("text", words, x=fixed(x), y=fixed(y), class_=class_, text_anchor=anchor)


def _path(d: str) -> Element:
    return tag("path", d=d)


def _xy(x: float, y: float) -> str:
    return f"{fixed(x)},{fixed(y)}"
