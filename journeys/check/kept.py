"""What is kept for a time is not asked about for longer.

A night after its time an event is forgotten, whatever asks.  `journeys test` and simulations remember all of it,
and would promise what customers do not get.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.places import conditions
from journeys.check.rules import Fault, Folder, of_folder
from journeys.definition.model import Call, Literal_, Node, Span
from journeys.definition.nearest import shown
from journeys.definition.reads import event_and_property, first_text, walk
from journeys.definition.words import say_exact

_WINDOWED = ("count", "sum", "values")


@of_folder()
def window_beyond_keep(folder: Folder) -> Iterator[tuple[str, Fault]]:
    """A window reaches no further back than what it looks at is kept.

    PASS    looked: {keep: 1 year}      if: 'count("looked", "30 days") >= 3'
    FAIL    looked: {keep: 7 days}      if: 'count("looked", "30 days") >= 3'

    Without a window a condition asks about all that is still known.
    """
    definitions = folder.definitions
    for place in conditions(definitions):
        for node in walk(place.node):
            asked = _asked(node)
            if asked is None:
                continue
            name, window = event_and_property(asked[0], definitions.heard)[0], asked[1]
            event = definitions.brand.events.get(name)
            if event is not None and event.keep is not None and window > event.keep:
                yield (
                    place.file,
                    Fault(
                        path=place.path,
                        message=f"this looks back {say_exact(window)}, and {shown(name)} is kept for "
                        f"{say_exact(event.keep)}",
                        why="what happened before that is forgotten, and some customers would be answered wrongly",
                        help="look back less far, or keep the event for longer in brand.yaml",
                    ),
                )


def _asked(node: Node) -> tuple[str, int] | None:
    """What a call looks at, and how far back where that is written out."""
    if not isinstance(node, Call) or node.function not in _WINDOWED or len(node.arguments) < 2:
        return None
    name, window = first_text(node), node.arguments[1]
    if name is None or not isinstance(window, Literal_):
        return None
    length = window.value.amount if isinstance(window.value, Span) else window.value
    return (name, length) if isinstance(length, int) else None


RULES = (window_beyond_keep,)
