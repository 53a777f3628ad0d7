"""Who reads which data: conditions, triggers, scores and words, held against what the brand declares.

A datum is a field, an event or a property of an event.  It is read where a decision or a text needs
it: a journey that hears an event reads it, and words that print what a journey kept read the
event it came from.  Scenarios and populations make data up, and read none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from journeys.check.places import conditions_of, moves, sends, touches_of
from journeys.content.message import GENERIC, wording
from journeys.content.template import parse
from journeys.definition.model import Call, Condition, Definitions, Entry, Goal, Journey, Move, Name, Node, Touch
from journeys.definition.reads import event_and_property, first_text, walk

# The field of which the language knows the meaning: `choose: best` asks for it.
_PREFERRED: Final = "preferred_channel"
_OF_EVENTS: Final = frozenset({"count", "sum", "values", "last", "days_since", "usual_gap"})

Kind = Literal["journeys", "segments", "scores", "rules", "fields", "touches", "channels", "people"]
# ("fields", "budget"), ("events", "order_placed") or ("events", "order_placed", "total").
Datum = tuple[str, ...]
Kept = Mapping[str, Sequence[Datum]]


@dataclass(slots=True)
class Readers:
    """Names by kind, in the order of the files; `words` by touch: "personalized", "generic" or both."""

    names: dict[Kind, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    @property
    def are_none(self) -> bool:
        return not self.names and not self.words


def readers_of(definitions: Definitions) -> Mapping[Datum, Readers]:
    """Every declared datum with its readers, in the order of the brand's file."""
    reading = _Reading(definitions)
    reading.brand()
    for journey in definitions.journeys.values():
        reading.journey(journey)
    for touch in definitions.touches.values():
        reading.touch(touch)
    return reading.found


class _Reading:
    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.found: dict[Datum, Readers] = {("fields", name): Readers() for name in definitions.brand.fields}
        for event in definitions.brand.events.values():
            self.found["events", event.name] = Readers()
            for name in event.properties:
                self.found["events", event.name, name] = Readers()

    def note(self, datum: Datum, kind: Kind, name: str) -> None:
        for one in self.declared(datum):
            names = self.found[one].names.setdefault(kind, [])
            if name not in names:
                names.append(name)

    def say(self, datum: Datum, touch: str, words: str) -> None:
        for one in self.declared(datum):
            said = self.found[one].words.setdefault(touch, [])
            if words not in said:
                said.append(words)

    def declared(self, datum: Datum) -> tuple[Datum, ...]:
        """The datum, and a property's event with it.  The engine's own events are nobody's data."""
        if datum not in self.found:
            return ()
        return (datum,) if len(datum) == 2 else (datum, datum[:2])

    # ------------------------------------------------------------ the brand

    def brand(self) -> None:
        brand = self.definitions.brand
        for name, declared in brand.fields.items():
            for event in () if declared.counts is None else (*declared.counts.up, *declared.counts.down):
                assert declared.counts is not None
                self.note(("events", event, declared.counts.by), "fields", name)
        for channel in brand.channels.values():
            if channel.address is not None:
                self.note(("fields", channel.address), "channels", channel.name)
        for person in brand.people.values():
            if person.field is not None:
                self.note(("fields", person.field), "people", person.name)
        for name, segment in brand.segments.items():
            self.condition(segment, "segments", name)
        for score in brand.scores.values():
            for event in (*score.add, *score.becomes):
                self.note(("events", event), "scores", score.name)
        for cap in brand.caps:
            self.condition(cap.condition, "rules", "caps")
        for rule in brand.suppress:
            self.condition(rule.condition, "rules", rule.because)

    def condition(self, condition: Condition | None, kind: Kind, name: str, events: Sequence[str] = ()) -> None:
        """`events` are those it may be asked on."""
        if condition is not None:
            for datum in self.data(condition.node, events):
                self.note(datum, kind, name)

    def data(self, node: Node, events: Sequence[str]) -> Iterator[Datum]:
        for one in walk(node):
            if isinstance(one, Name) and one.scope == "customer":
                yield ("fields", one.name)
            elif isinstance(one, Name) and one.scope == "event":
                yield from (("events", event, one.name) for event in events)
            elif isinstance(one, Call) and one.function in _OF_EVENTS and (text := first_text(one)) is not None:
                event, property_ = event_and_property(text, self.definitions.heard)
                yield ("events", event) if property_ is None else ("events", event, property_)
                yield from (("events", event, name) for name, _ in one.filters)

    # ------------------------------------------------------------ journeys

    def journey(self, journey: Journey) -> None:
        for place in conditions_of(journey):
            self.condition(place.condition, "journeys", journey.name)
        for rule in _rules(journey):
            for event in rule.on:
                self.note(("events", event), "journeys", journey.name)
                if journey.key is not None:
                    self.note(("events", event, journey.key), "journeys", journey.name)
            for condition in _asked_on(rule):
                self.condition(condition, "journeys", journey.name, rule.on)

    def kept(self, journey: Journey) -> Kept:
        """What each kept name is taken from."""
        kept: dict[str, list[Datum]] = {}
        for rule in _rules(journey):
            for keep in () if isinstance(rule, Goal) else rule.keep:
                kept.setdefault(keep.name, []).extend(self.data(keep.value.node, rule.on))
        for entry in journey.enter if journey.key is not None else ():
            kept.setdefault("key", []).extend(("events", event, str(journey.key)) for event in entry.on)
        return kept

    # ------------------------------------------------------------ touches

    def touch(self, touch: Touch) -> None:
        if touch.choose_best:
            self.note(("fields", _PREFERRED), "touches", touch.name)
        senders = [journey for journey in self.definitions.journeys.values() if _is_sent(journey, touch)]
        kept = [self.kept(journey) for journey in senders]
        if touch.recommend is not None and touch.recommend.condition is not None:
            self.condition(touch.recommend.condition, "touches", touch.name)
            for one in walk(touch.recommend.condition.node):
                if isinstance(one, Name) and one.scope == "journey":
                    for datum in _taken(kept, one.name):
                        self.note(datum, "touches", touch.name)
        for words in (*touch.words, *(() if touch.generic is None else (GENERIC,))):
            for scope, name in _names(touch, words):
                for datum in (("fields", name),) if scope == "customer" else _taken(kept, name):
                    self.say(datum, touch.name, GENERIC if words == GENERIC else "personalized")


def _rules(journey: Journey) -> tuple[Entry | Move | Goal, ...]:
    return (*journey.enter, *moves(journey), *(() if journey.goal is None else (journey.goal,)))


def _asked_on(rule: Entry | Move | Goal) -> Iterator[Condition | None]:
    """The conditions that may read the event which the rule is on."""
    yield rule.condition
    if isinstance(rule, Goal):
        yield rule.value
    else:
        yield from (keep.value for keep in rule.keep)
    if isinstance(rule, Move):
        yield from (send.condition for send in rule.send)


def _is_sent(journey: Journey, touch: Touch) -> bool:
    return any(name == touch.name for entry in sends(journey) for name, _ in touches_of(entry))


def _taken(kept: Sequence[Kept], name: str) -> list[Datum]:
    return [datum for one in kept for datum in one.get(name, ())]


def _names(touch: Touch, words: str) -> Iterator[tuple[str, str]]:
    chosen = wording(touch, words)
    for source in (chosen.subject or "", chosen.body, *chosen.short.values()):
        for read in parse(source).reads:
            if read.path[0] in ("customer", "journey") and len(read.path) > 1:
                yield read.path[0], read.path[1]
