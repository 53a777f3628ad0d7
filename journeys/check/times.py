"""What waits for a condition to change knows when that happens.

A move without a trigger, an `if` entry, a hold and a segment someone listens to are tried at the
very instant when time alone changes the answer.  Where that instant cannot be worked out, they
would be tried too late for some customers, and replays would differ from life.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.places import Place, moves
from journeys.check.rules import Fault, Folder, of_folder
from journeys.definition.model import Condition, Definitions, Journey
from journeys.definition.reads import inexact_time


@of_folder()
def inexact_instant(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """Time changes the answer at an instant that can be worked out.

    PASS    {if: 'days_since("order_placed") >= 30', to: need}
    FAIL    {if: 'days_since("order_placed") * 2 >= usual_gap("order_placed")', to: need}

    Exact are window edges, `days_since` or a moment compared with something that stands still, and
    one score compared with a constant.  A move with `on` or `after` may ask anything.
    """
    definitions = folder.definitions
    segments = {name: segment.node for name, segment in definitions.brand.segments.items()}
    for place, what in _waiting(definitions):
        if place.condition.type != "unknown" and inexact_time(place.node, segments) is not None:
            yield (
                place.file,
                Fault(
                    path=place.path,
                    message=f"time alone changes this answer, and nobody can work out when; {what}",
                    why="some customers would be moved at the wrong moment, or never",
                    help="compare days_since(…), now or one score with a plain value; or give it a trigger",
                ),
            )


def _waiting(definitions: Definitions) -> Iterator[tuple[Place, str]]:
    for journey in definitions.journeys.values():
        for path, condition, what in _of_journey(journey):
            if condition is not None:
                yield Place(file=journey.file, path=path, condition=condition), what
    heard = _heard(definitions)
    for name, segment in definitions.brand.segments.items():
        if f"{name}.entered" in heard or f"{name}.left" in heard:
            place = Place(file=definitions.brand.file, path=("segments", name), condition=segment)
            yield place, "a journey listens to this segment"


def _of_journey(journey: Journey) -> Iterator[tuple[tuple[str | int, ...], Condition | None, str]]:
    for entry in journey.enter:
        if not entry.on:
            yield (*entry.path, "if"), entry.condition, "this entry is taken when it becomes true"
    for move in moves(journey):
        if not move.on and move.clock is None:
            yield (*move.path, "if"), move.condition, "this move has no trigger"
    if journey.hold is not None:
        yield (*journey.hold.path, "while"), journey.hold.condition, "a hold begins when it becomes true"


def _heard(definitions: Definitions) -> set[str]:
    heard: set[str] = set()
    for journey in definitions.journeys.values():
        heard.update(event for entry in journey.enter for event in entry.on)
        heard.update(event for move in moves(journey) for event in move.on)
        heard.update(journey.goal.on if journey.goal is not None else ())
    return heard


RULES = (inexact_instant,)
