"""What a condition reads, segments looked through.

`in_segment("vip")` reads what the segment's own condition reads, so whoever asks here sees to
the bottom.  A circle of segments is walked once.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.definition.model import TOUCH_EVENTS, Call, Condition, Definitions, Literal_, Node
from journeys.definition.reads import event_and_property, first_text, walk

_TOUCH_EVENT_OF = {"received": "sent", "opened": "opened", "clicked": "clicked", "answered": "answered"}
_OF_EVENTS = ("count", "sum", "values", "last", "days_since", "usual_gap")


def all_nodes(definitions: Definitions, condition: Condition) -> Iterator[Node]:
    """The nodes of a condition and of every segment it asks about."""
    seen: set[str] = set()
    waiting = [condition]
    while waiting:
        for node in walk(waiting.pop().node):
            yield node
            segment = first_text(node) if isinstance(node, Call) and node.function == "in_segment" else None
            if segment is not None and segment not in seen and segment in definitions.brand.segments:
                seen.add(segment)
                waiting.append(definitions.brand.segments[segment])


def events_read(definitions: Definitions, condition: Condition) -> frozenset[str]:
    """The events whose coming may change the answer: declared ones and the engine's."""
    found: set[str] = set()
    for node in all_nodes(definitions, condition):
        name = first_text(node) if isinstance(node, Call) else None
        if name is None or not isinstance(node, Call):
            continue
        if node.function in _TOUCH_EVENT_OF:
            found.add(f"{name}.{_TOUCH_EVENT_OF[node.function]}")
        elif node.function in _OF_EVENTS:
            found.add(event_and_property(name, definitions.heard)[0])
        elif node.function == "score" and name in definitions.brand.scores:
            score = definitions.brand.scores[name]
            found.update(score.add, score.becomes)
    return frozenset(found)


def states_read(definitions: Definitions, condition: Condition) -> Iterator[tuple[str, frozenset[str]]]:
    """Each `in_state` as the journey and the states it asks about (none: any state)."""
    for node in all_nodes(definitions, condition):
        if isinstance(node, Call) and node.function == "in_state":
            texts = [
                part.value for part in node.arguments if isinstance(part, Literal_) and isinstance(part.value, str)
            ]
            if texts:
                yield texts[0], frozenset(texts[1:])


def is_within(state: str, asked: frozenset[str]) -> bool:
    """Whether someone who stands in `state` is in one of the asked: a stage holds its steps."""
    return not asked or state in asked or state.split(".")[0] in asked


def is_touch_event(event: str) -> bool:
    """Whether the name ends as a touch's event does."""
    return "." in event and event.rsplit(".", 1)[1] in TOUCH_EVENTS
