"""Every event that a journey may name: those the brand declares, and what the engine itself tells.

*Name the thing before the dot* to hear of it: `spark.answered`, `vip.entered`, `win-back.ended`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from journeys.definition.model import (
    ENGINE_EVENTS,
    JOURNEY_EVENTS,
    SEGMENT_EVENTS,
    TOUCH_EVENTS,
    Event,
    Type,
)

_ENGINE_PROPERTIES: Final[Mapping[str, Mapping[str, Type]]] = {
    "consent.given": {"purpose": "text"},
    "consent.withdrawn": {"purpose": "text"},
    "preferences.set": {
        "without_channels": "list of text",
        "without_topics": "list of text",
        "at_most": "text",
        "quiet_hours": "text",
    },
    "customer.merged": {"from": "text"},
}


def hear(
    *,
    declared: Mapping[str, Event],
    answers: Mapping[str, tuple[int | str, ...] | None],
    segments: Iterable[str],
    journeys: Iterable[str],
) -> dict[str, Event]:
    """`answers` holds every touch by name, with the answers that its page takes; None where its file cannot be read."""
    heard = dict(declared)
    for touch, asked in (("touch", ()), *answers.items()):
        answer = "unknown" if asked is None else "number" if asked and isinstance(asked[0], int) else "text"
        for event in TOUCH_EVENTS:
            heard[f"{touch}.{event}"] = _event(f"{touch}.{event}", _of_touch(event, answer))
    for segment in segments:
        for event in SEGMENT_EVENTS:
            heard.setdefault(f"{segment}.{event}", _event(f"{segment}.{event}", {}))
    for journey in journeys:
        for name, told in events_of_journey(journey).items():
            heard.setdefault(name, told)
    for name in ENGINE_EVENTS:
        heard[name] = _event(name, _ENGINE_PROPERTIES.get(name, {}))
    return heard


def events_of_journey(journey: str) -> dict[str, Event]:
    """What a journey tells of itself."""
    reason: dict[str, Type] = {"reason": "text"}
    names = {f"{journey}.{event}": reason if event == "ended" else {} for event in JOURNEY_EVENTS}
    return {name: _event(name, properties) for name, properties in names.items()}


def _of_touch(event: str, answer: Type) -> dict[str, Type]:
    match event:
        case "answered":
            return {"answer": answer}
        case "withheld":
            return {"because": "text"}
        case _:
            return {"channel": "text"}


def _event(name: str, properties: Mapping[str, Type]) -> Event:
    return Event(name=name, properties=properties)
