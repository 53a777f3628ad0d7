"""The layout: where the boxes of a sketch stand and how its arrows run, by Graphviz.

Graphviz gets boxes of a size and no words, and answers with places: what it draws is never shown, so
nothing of a page depends on its fonts or colours, and no author's text is read as its syntax.

Of the layouters that pip installs none is kept up that knows boxes in boxes and goes around them; Graphviz is
in every system's packages, and `--format dot` speaks its language anyway.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import graphviz

from journeys.errors import ConfigurationError
from journeys.measure.html.sketch import Arrow, Sketch

_INCH: Final = 72  # points, which are pixels here
_ASKED: Final = "compound=true newrank=true nodesep=0.3 ranksep=0.3 rankdir=TB"
_STAGE_ASKED: Final = "labelloc=t labeljust=l fontsize=14 margin=14"
_HEAD: Final = 10  # the length of Graphviz's arrowhead, in points
_NOT_INSTALLED: Final = (
    "the picture needs Graphviz, whose program 'dot' was not found: install it "
    "(apt install graphviz, brew install graphviz, winget install graphviz)"
)

Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A rectangle by its corner at the top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How an arrow runs: a Bézier curve from tail to head, and the tip of its head where it has one."""

    points: tuple[Point, ...]
    tip: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Boxes and arrows in the order of the sketch."""

    width: float
    height: float
    boxes: tuple[Rectangle, ...]
    stages: Mapping[str, Rectangle]
    courses: tuple[Course, ...]


def see_installed() -> None:
    """Raises ConfigurationError where Graphviz is not installed."""
    try:
        graphviz.version()
    except graphviz.ExecutableNotFound:
        raise ConfigurationError(_NOT_INSTALLED) from None


def lay_out(sketch: Sketch, sizes: Sequence[Size], heads: Sequence[float]) -> Layout:
    """`sizes` are those of the boxes, `heads` how long each arrow's head is; in pixels."""
    text = "\n".join(["digraph {", f"graph [{_ASKED}]", *_statements(sketch, sizes, heads), "}"])
    answer = graphviz.Source(text).pipe(format="json0", encoding="utf-8", quiet=True)
    return _read(json.loads(answer), sketch)


def _statements(sketch: Sketch, sizes: Sequence[Size], heads: Sequence[float]) -> Iterator[str]:
    boxes = [f"{place} [{_box(size)}]" for place, size in enumerate(sizes)]
    stages = dict.fromkeys([box.stage for box in sketch.boxes if box.stage is not None])
    for stage in stages:
        within = [text for box, text in zip(sketch.boxes, boxes) if box.stage == stage]
        yield f'subgraph "cluster_{stage}" {{ label="{stage}" {_STAGE_ASKED} {"; ".join(within)} }}'
    for box, text in zip(sketch.boxes, boxes):
        if box.stage is None:
            yield text
    for place, (arrow, head) in enumerate(zip(sketch.arrows, heads)):
        yield _edge(place, arrow, head)
    for above, below in sketch.order:
        yield f"{above} -> {below} [style=invis weight=0]"
    for one, other in sketch.level:
        yield f"{{ rank=same {one} {other} }}"


def _box(size: Size) -> str:
    return f'shape=box label="" fixedsize=true width={size[0] / _INCH:.4f} height={size[1] / _INCH:.4f}'


def _edge(place: int, arrow: Arrow, head: float) -> str:
    """What leads back is laid out the other way round: so each box stays where the lifecycle has it."""
    size = f"arrowsize={head / _HEAD:.3f}"
    border = "" if arrow.of_stage is None else f'{"lhead" if arrow.is_back else "ltail"}="cluster_{arrow.of_stage}"'
    if arrow.is_back:
        direction = f"dir=back {size}" if arrow.has_head else "dir=none"
        return f"{arrow.head} -> {arrow.tail} [arrow={place} {direction} {border}]"
    direction = f"dir=forward {size}" if arrow.has_head else "dir=none"
    return f"{arrow.tail} -> {arrow.head} [arrow={place} {direction} {border} weight={1 if arrow.is_end else 3}]"


# ---------------------------------------------------------------- reading the answer


def _read(answer: Mapping[str, Any], sketch: Sketch) -> Layout:
    _, _, width, height = _numbers(answer["bb"])
    boxes: dict[int, Rectangle] = {}
    stages: dict[str, Rectangle] = {}
    for each in answer["objects"]:
        name = str(each["name"])
        if name.startswith("cluster_"):
            left, low, right, high = _numbers(each["bb"])
            stages[name.removeprefix("cluster_")] = Rectangle(
                x=left, y=height - high, width=right - left, height=high - low
            )
        elif name.isdecimal():  # the others are those that stand at one level
            x, y = _numbers(each["pos"])
            w, h = float(each["width"]) * _INCH, float(each["height"]) * _INCH
            boxes[int(name)] = Rectangle(x=x - w / 2, y=height - y - h / 2, width=w, height=h)
    courses = {int(each["arrow"]): each["pos"] for each in answer["edges"] if "arrow" in each}
    return Layout(
        width=width,
        height=height,
        boxes=tuple(boxes[place] for place in range(len(sketch.boxes))),
        stages=stages,
        courses=tuple(_course(courses[place], arrow, height) for place, arrow in enumerate(sketch.arrows)),
    )


def _course(text: str, arrow: Arrow, height: float) -> Course:
    """`e,x,y x,y …`: the tip of a head at the end (`s`: at the beginning), then the curve.  y grows upwards."""
    tip, points = None, []
    for part in text.split():
        *mark, x, y = part.split(",")
        point = (float(x), height - float(y))
        if mark:
            tip = point
        else:
            points.append(point)
    return Course(points=tuple(points[::-1] if arrow.is_back else points), tip=tip)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]
