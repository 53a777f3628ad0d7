"""The layout: what every index in a kept customer stands for, and fingerprints of what was meant.

A packed customer is full of small numbers: the third field, the second slot, the cap bucket 1048577.
The layout gives each its name, in plain values: `msgspec.json` writes it down beside a publication
and reads it back, when the program that it was made of is long gone.  Where a name alone would not
do, it says more: a field's holds its type, a slot's what it asks, a segment's what it means.

A fingerprint is of the meaning.  What no decision reads (titles, owners, comments, where in a file
something stands, the order of keys) does not change it; nor does an optional part of the language that
was not there yet when it was made, where it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from hashlib import sha256
from typing import Any, Final

from journeys.definition.model import Cap, Journey, Keep

from .facts import OPEN, SCORE
from .preferences import OWN
from .program import JourneyProgram, Program, ScopeProgram

# Of a definition, what no decision reads.
_ASIDE: Final = frozenset(["audience", "file", "owner", "path", "rest", "text", "title"])


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyLayout:
    """A version's names.  Of equal `fingerprint` only what is kept may stand in another order.

    `family` is where the newest version of the same journey stands, `is_newest` whether customers enter this one.
    `way` is the fingerprint of what those read who have entered, and `goal` of what one who ended may still wait for.
    """

    name: str
    version: int
    family: int
    is_newest: bool
    fingerprint: str
    way: str
    goal: str
    states: list[str]
    stages: list[str]
    reasons: list[str]
    kept: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Names in the order of their indexes.  Of equal `fingerprint`, what was packed can be read as it is.

    `segments` are "" where nobody follows them; `counters` are where sends are counted: for caps, and by recipient.
    """

    fingerprint: str
    zone: str
    rules: str
    fields: list[str]
    facts: list[str]
    purposes: list[str]
    channels: list[str]
    events: list[str]
    touches: list[str]
    segments: list[str]
    triggers: list[str]
    counters: dict[str, int]
    journeys: list[JourneyLayout]

    @property
    def numbers(self) -> dict[str, int]:
        """By journey the number of its newest version."""
        return {each.name: each.version for each in self.journeys if each.is_newest}


def layout_of(program: Program) -> Layout:
    """What stands where in a customer that is packed with these definitions."""
    brand = program.definitions.brand
    journeys = [_journey(each) for each in program.journeys]
    layout = Layout(
        fingerprint="",
        zone=brand.timezone,
        rules=fingerprint_of(brand.suppress),
        fields=[_typed(field.name, field.type) for field in brand.fields.values()],
        facts=_facts(program),
        purposes=program.purpose_names,
        channels=program.channel_names,
        events=program.event_names,
        touches=[touch.name for touch in program.touches],
        segments=_segments(program),
        triggers=_triggers(program),
        counters=_counters(program),
        journeys=journeys,
    )
    found = [brand, [_touch(program, place) for place in range(len(program.touches))], layout]
    return replace(layout, fingerprint=fingerprint_of(found))


# ---------------------------------------------------------------- names


def _typed(name: str, type_: str) -> str:
    return f"{name}: {type_}"


def _journey(journey: JourneyProgram) -> JourneyLayout:
    definition = journey.definition
    return JourneyLayout(
        name=journey.name,
        version=journey.version,
        family=journey.family,
        is_newest=journey.earlier is None,
        # A version stays the one that it was, whatever became of what its way in reads.
        fingerprint=fingerprint_of(definition) if journey.earlier is None else journey.earlier.fingerprint,
        way=way_of(definition),
        goal=fingerprint_of([definition.goal, definition.key]),
        states=journey.state_names,
        stages=journey.stage_names,
        reasons=journey.reasons,
        kept=[_typed(name, type_) for name, type_ in definition.kept.items()],
    )


def _facts(program: Program) -> list[str]:
    """Each slot by what it asks, and not by how long it looks back: a longer window goes on with what is there."""
    definitions = program.definitions
    facts = [""] * len(program.slots)
    for asked, slot in program.names.slot_of.items():
        if slot.kind == SCORE:
            facts[slot.index] = _said(["score", definitions.brand.scores[asked[1]]])
        elif slot.kind == OPEN:
            facts[slot.index] = _said(["open", asked[1], definitions.brand.fields[asked[1]].counts])
        else:
            kind, event, filters, columns = asked
            properties = [_typed(name, type_) for name, type_ in definitions.heard[event].properties.items()]
            wanted = [[properties[place], value] for place, value in filters]
            facts[slot.index] = _said([kind, event, wanted, [properties[place] for place in columns]])
    return facts


def _segments(program: Program) -> list[str]:
    followed = sum([bit for bit, _, _, _ in program.segments])
    return [
        f"{name}: {fingerprint_of(condition)}" if followed >> place & 1 else ""
        for place, (name, condition) in enumerate(program.definitions.brand.segments.items())
    ]


def _triggers(program: Program) -> list[str]:
    triggers = []
    for each in program.triggers:
        entry = each.journey.definition.enter[each.index]
        triggers.append(f"{each.journey.name}: {fingerprint_of([entry.condition, entry.at])}")
    return triggers


def _counters(program: Program) -> dict[str, int]:
    caps = program.definitions.brand.caps
    people = list(program.definitions.brand.people)
    scopes: dict[int, str] = {}
    counters: dict[str, int] = {"the customer's own limit": OWN}
    for touch in program.touches:
        for channel, under in touch.scopes.items():
            for scope, bucket in under:
                if scope.index not in scopes:
                    scopes[scope.index] = _scope(scope, caps, scopes)
                part = {"channel": program.channel_names[channel] if channel >= 0 else "", "touch": touch.name}
                part["topic"] = program.definitions.touches[touch.name].topic or ""
                counters[f"{scopes[scope.index]} {part.get(scope.each or '', '')}".rstrip()] = bucket
        if touch.most >= 0:
            for person, name in enumerate(["", *people], start=-1):
                counters[f"{touch.name} to {name}" if name else touch.name] = touch.recipient - person
    return counters


def _scope(scope: ScopeProgram, caps: tuple[Cap, ...], known: Mapping[int, str]) -> str:
    cap = caps[scope.lines[0][2]]
    name = _said([cap.each, cap.per, cap.class_, cap.purposes, cap.channels, cap.topics])
    # Two lines that say the same but for how often are two scopes: the first of them stays the first.
    return f"{name} {sum([each.startswith(name) for each in known.values()])}"


def _touch(program: Program, place: int) -> list[Any]:
    """Of a touch what a decision reads, which its words are not."""
    compiled = program.touches[place]
    touch = program.definitions.touches[compiled.name]
    personal = [name for bit, name in enumerate(program.purpose_names) if compiled.personal >> bit & 1]
    return [
        touch.name,
        touch.purpose,
        touch.channels,
        touch.choose_best,
        touch.topic,
        touch.most,
        list(touch.words),
        personal,
    ]


def begun_between(old: Layout, new: Layout) -> list[str]:
    """Events, fields and scores of which something is remembered that was not: of what was before nothing is known."""
    begun: set[str] = set()
    for fact in set(new.facts) - set(old.facts):
        kind, what, *_ = json.loads(fact)
        if kind == "score":
            begun.add(f"score {what['name']}")
        else:
            begun.add(f"customer.{what}" if kind == "open" else what)
    return sorted(begun)


# ---------------------------------------------------------------- fingerprints


def way_of(journey: Journey) -> str:
    """Of a journey without its ways in: what is left of it to those who have entered."""
    return fingerprint_of(replace(journey, enter=()))


def fingerprint_of(meaning: Any) -> str:
    """Of definitions or parts of them; the same in every process and on every Python."""
    return sha256(_said(meaning).encode()).hexdigest()


def _said(meaning: Any) -> str:
    return json.dumps(_plain(meaning), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """What a value means, in JSON's own types."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        plain = [_plain(each) for each in value]
        # The keys of `keep` may stand in any order.
        return sorted(plain, key=_said) if value and isinstance(value[0], Keep) else plain
    if isinstance(value, frozenset):
        return sorted([_plain(each) for each in value])
    if is_dataclass(value):
        said: dict[str, Any] = {"is": type(value).__name__}
        for each in fields(value):
            part = getattr(value, each.name)
            if each.name not in _ASIDE and not _is_left_out(part, each.default):
                said[each.name] = _plain(part)
        return said
    assert value is None or isinstance(value, str | int | float), value
    return value


def _is_left_out(part: Any, default: Any) -> bool:
    return default is not MISSING and type(part) is type(default) and bool(part == default)
