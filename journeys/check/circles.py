"""No customer is sent round and round within one instant.

`knots.py` finds what brings itself about again; the rules name it by what closes the circle: moves
alone, several journeys, or events that the engine itself tells of.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.knots import Circle
from journeys.check.rules import Fault, Folder, of_folder


@of_folder()
def circle_of_moves(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """Moves without a trigger do not lead back to where they began.

    PASS    need: {move: [{if: 'score("intent") >= 40', to: research}]}
            research: {move: [{on: guide_opened, to: need}]}                # an event comes between
    FAIL    need: {move: [{if: 'score("intent") >= 40', to: research}]}
            research: {move: [{if: 'score("intent") >= 10', to: need}]}     # both may hold at once

    A move without a trigger is tried at the very instant of arrival.  A clock, an event or `for`
    breaks the circle.
    """
    for circle in folder.circles:
        if not circle.events and len(circle.journeys) == 1:
            yield (
                _file(folder, circle),
                Fault(
                    path=(*circle.path, "to"),
                    message=f"moves without a trigger go in a circle: {' → '.join(circle.words)}",
                    why="a customer for whom all of them hold would be moved round and round within one instant",
                    help="give one of them a trigger ('on' or 'after'), or 'for: 1 hour', so that time passes",
                ),
            )


@of_folder()
def circle_across_journeys(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """Journeys that read each other's states do not move each other for ever.

    PASS    a.yaml: {if: 'in_state("b", "need")', to: research}      b.yaml: {on: order_placed, to: research}
    FAIL    a.yaml: {if: 'in_state("b", "need")', to: research}      b.yaml: {if: 'in_state("a", "need")', to: research}

    Who reads another journey's state is tried again each time it changes.
    """
    for circle in folder.circles:
        if not circle.events and len(circle.journeys) > 1:
            yield (
                _file(folder, circle),
                Fault(
                    path=(*circle.path, "to"),
                    message=f"journeys move each other in a circle: {' → '.join(circle.words)}",
                    why="each change in one makes the other change, and a customer in both would never come to rest",
                    help="let one of them wait for an event or a clock instead of reading the other's state",
                ),
            )


@of_folder()
def circle_of_events(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """What the engine tells of does not bring itself about at once.

    PASS    send: [{touch: spark, after: 1 day}]    move: [{on: spark.sent, to: again}]     # a day lies between
    FAIL    send: [spark]                           move: [{on: spark.sent, to: again}]     # sends it again, at once

    The same holds for `withheld`, and for a journey's `entered`, `ended` and `reached` and a
    segment's `entered` and `left`.
    """
    for circle in folder.circles:
        if circle.events:
            told = ", ".join(f"'{event}'" for event in circle.events)
            yield (
                _file(folder, circle),
                Fault(
                    path=(*circle.path, "to"),
                    message=f"{told} brings itself about again: {' → '.join(circle.words)}",
                    why="it would happen over and over within one instant, and the customer would never come to rest",
                    help="let time pass in between: give the touch an 'after', or the move a clock",
                ),
            )


def _file(folder: Folder, circle: Circle) -> str:
    return folder.definitions.journeys[circle.journey].file


RULES = (circle_of_moves, circle_across_journeys, circle_of_events)
