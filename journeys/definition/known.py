"""What an editor can know of one folder: its touches, events, purposes and so on, as JSON Schema.

The language is the same for every folder, the names are not.  Where one stands, the schema of the
language has a place, `{"$known": …}`; here it is filled, or left open where no folder is given.

Names that other files give are a closed list, so that an editor marks a misspelt one.  States are only
proposed: they are made by being written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from journeys.definition.model import STAGES, Definitions, Event, Journey, Move, Touch

Known = Mapping[str, Mapping[str, Any]]

_PLACE = "$known"


def place_for(name: str, json: Mapping[str, Any]) -> dict[str, Any]:
    """A place for what is known of a folder under this name."""
    return {**json, _PLACE: name}


def fill(schema: Any, known: Known, definitions: dict[str, Any], *, is_key: bool = False) -> Any:
    """A schema whose places are filled.  What fills them goes to `definitions` and is referred to."""
    match schema:
        case dict():
            filled = {
                key: fill(value, known, definitions, is_key=key == "propertyNames")
                for key, value in schema.items()
                if key != _PLACE
            }
            name = f"{schema.get(_PLACE, '')}{'-key' if is_key else ''}"
            if name in known:
                definitions[f"known-{name}"] = known[name]
                filled["$ref"] = f"#/$defs/known-{name}"
            return filled
        case list():
            return [fill(value, known, definitions) for value in schema]
    return schema


def known_of(definitions: Definitions) -> Known:
    """What stands in the places, for the files of one folder; under `NAME-key` where it stands for a key."""
    brand = definitions.brand
    states = dict.fromkeys([*STAGES, *_states(definitions.journeys.values())], "")
    purposes = {name: purpose.class_ for name, purpose in brand.purposes.items()}
    closed: dict[str, Mapping[str, str]] = {
        "touch": {name: _say_touch(touch) for name, touch in definitions.touches.items()},
        "event": {name: _say_event(event) for name, event in definitions.heard.items()},
        "purpose": purposes,
        "channel": {name: f"via {channel.via}" for name, channel in brand.channels.items()},
        "person": {name: one.email or one.field or "" for name, one in brand.people.items()},
        "field": {name: field.type for name, field in brand.fields.items()},
    }
    fields = {name: {"description": kind} for name, kind in closed["field"].items()}
    zone = {"type": "string", "description": "a time zone such as Europe/Madrid"}
    purpose = _closed("purpose", purposes)
    consent = {"anyOf": [purpose, {"type": "array", "items": purpose}]}
    return {
        **{what: _closed(what, names) for what, names in closed.items()},
        **{f"{what}-key": {"enum": [*names]} for what, names in closed.items()},
        "state": _proposed(states),
        "state-key": {"anyOf": [{"enum": [*states]}, {"type": "string"}]},
        "destination": _proposed({**states, "again": "anew in the same step", "stay": "without moving"}),
        "happening": _record({name: _properties(event) for name, event in definitions.heard.items()}),
        "customer": _record({**fields, "timezone": zone, "consent": consent}),
    }


def _states(journeys: Iterable[Journey]) -> Iterator[str]:
    """The steps of all journeys, and then the ends to which their moves lead."""
    moves: list[Move] = []
    for journey in journeys:
        moves += journey.anywhere
        for stage in journey.stages:
            moves += stage.move
            for step in stage.steps:
                moves += step.move
                yield f"{stage.name}.{step.name}"
    yield from sorted({move.to for move in moves if move.to.startswith("end.")})


def _closed(what: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "pattern": f"^({'|'.join(map(re.escape, names))})$",
        "patternErrorMessage": f"The folder had no {what} of this name when its schema was made.",
        **_proposed(names),
    }


def _proposed(names: Mapping[str, str]) -> dict[str, Any]:
    # Not an `enum`: wherever the pointer rests, editors would show the whole of it.
    snippets = [{"label": name, "body": name, "description": words} for name, words in names.items()]
    return {"defaultSnippets": snippets}


def _record(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"properties": properties, "additionalProperties": False}


def _properties(event: Event) -> dict[str, Any]:
    properties = {name: {"description": kind} for name, kind in event.properties.items()}
    return {"type": ["object", "null"], "description": _say_event(event), **_record(properties)}


def _say_event(event: Event) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in event.properties.items()) or "without properties"


def _say_touch(touch: Touch) -> str:
    return f"for {touch.purpose}, by {' or '.join(touch.channels)}"
