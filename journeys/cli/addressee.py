"""Whom a preview is for: the customer of a file, or an example.

A file is written as a scenario's customer is, and may say under `journey` what the journey keeps.  The
example has every field and every kept value, so that every placeholder shows something: what the
journey's own scenarios say, for that is what its author had in mind, and else something that fits
the type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from journeys.check.places import moves
from journeys.cli.assuming import read_document, see_sound
from journeys.core.calendar import DAY, HOUR, format_date, format_moment, to_instant, zone
from journeys.definition.model import Brand, Entry, Given, Journey, Move, Name, Scenario, Type
from journeys.definition.nearest import nearest, shown
from journeys.definition.scenario import read_given
from journeys.definition.values import raw_value
from journeys.definition.written import Document, MappingNode, Notes, name_kind, shorten

_WHY: Final = "the preview would show something else than this says"
_JOURNEY: Final = "journey"
# What a journey knows besides what it keeps, as far as a file may say it.
_OWN: Final[Mapping[str, Type]] = {"key": "text", "entered_at": "moment", "arrived_at": "moment"}
# When nothing says when: a Monday, 10:00 on the brand's clock.
_MONDAY: Final = 20_465 * DAY
_AHEAD: Final = 14 * DAY  # where a moment or a date is made up


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A customer with what a journey kept, as raw values; `at` is the instant of sending.

    `source` is empty for a file, and says of an example where it is from.
    """

    given: Given
    kept: Mapping[str, object]
    at: int
    source: str = ""


# ---------------------------------------------------------------- a file


def read_addressee(path: Path, brand: Brand, journey: Journey | None, scenarios: Sequence[Scenario]) -> Addressee:
    """Raises DefinitionError with every problem of the file."""
    document, notes = read_document(path)
    kept: dict[str, object] = {}
    root = document.root
    if isinstance(root, MappingNode) and _JOURNEY in root.entries and _JOURNEY not in brand.fields:
        kept = _read_kept(root, journey, notes)
        entries = {name: entry for name, entry in root.entries.items() if name != _JOURNEY}
        customer: Document = replace(document, root=replace(root, entries=entries))
    else:
        customer = document
    given = read_given(customer, brand=brand, notes=notes)
    see_sound(document, notes, why=_WHY)
    return Addressee(given=given, kept=kept, at=_begin(brand, scenarios))


def _read_kept(root: MappingNode, journey: Journey | None, notes: Notes) -> dict[str, object]:
    node = root.entries[_JOURNEY][1]
    if not isinstance(node, MappingNode):
        message = f"here stands {name_kind(node)}, and what a journey keeps are names with values"
        notes.say((_JOURNEY,), "wrong-type", message, why=_WHY, help="write {order: A1}")
        return {}
    known = {**_OWN, **({} if journey is None else journey.kept)}
    kept: dict[str, object] = {}
    for name, (_, value) in node.entries.items():
        if name in known:
            kept[name] = raw_value(value, known[name], (_JOURNEY, name), notes)
        else:
            keeper = "no journey sends this touch" if journey is None else f"{shown(journey.name)} does not keep it"
            message = f"there is no {shown(shorten(name))}: {keeper}"
            help = nearest(name, known)
            notes.say((_JOURNEY, name), "unknown-name", message, why=_WHY, help=help, is_key=True)
    return kept


# ---------------------------------------------------------------- an example


def make_example(brand: Brand, journey: Journey | None, scenarios: Sequence[Scenario]) -> Addressee:
    """Somebody who consents to everything and of whom everything is known."""
    at = _begin(brand, scenarios)
    told = _told_fields(scenarios)
    fields = {
        name: told[name] if name in told else _made_up(name, field.type, at)
        for name, field in brand.fields.items()
        if not field.sensitive
    }
    types = {} if journey is None else {"key": "text", **journey.kept}
    kept: dict[str, object] = {}
    for name, type_ in types.items():
        said = _told_kept(journey, name, scenarios) if journey is not None else None
        kept[name] = _made_up(name, type_, at) if said is None else said
    given = Given(name="example", fields=fields, timezone=None, consent=tuple(brand.purposes))
    source = "its scenarios, else made up by type" if scenarios else "made up by type"
    return Addressee(given=given, kept=kept, at=at, source=source)


def _begin(brand: Brand, scenarios: Sequence[Scenario]) -> int:
    """When the first scenario begins: what it says of dates belongs to that time."""
    return scenarios[0].start if scenarios else to_instant(zone(brand.timezone), _MONDAY + 10 * HOUR)


def _told_fields(scenarios: Sequence[Scenario]) -> dict[str, object]:
    told: dict[str, object] = {}
    for scenario in scenarios:
        for customer in scenario.customers:
            for name, value in customer.fields.items():
                if value is not None:
                    told.setdefault(name, value)
    return told


def _told_kept(journey: Journey, name: str, scenarios: Sequence[Scenario]) -> object:
    """The first value that an event of a scenario has for what is kept under this name."""
    sources = list(_sources(journey, name))
    for scenario in scenarios:
        for step in scenario.steps:
            if step.event is None:
                continue
            properties = step.event["properties"]
            assert isinstance(properties, Mapping)
            for events, property_ in sources:
                if (not events or step.event["name"] in events) and properties.get(property_) is not None:
                    return properties[property_]
    return None


def _sources(journey: Journey, name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The events (none: any) and the property that a kept name is taken from."""
    if name == "key" and journey.key is not None:
        yield (), journey.key
    rules: tuple[Entry | Move, ...] = (*journey.enter, *moves(journey))
    for rule in rules:
        for keep in rule.keep:
            node = keep.value.node
            if keep.name == name and isinstance(node, Name) and node.scope == "event":
                yield rule.on, node.name


_TEXTS: Final[Mapping[str, str]] = {
    "first_name": "Ana",
    "last_name": "García",
    "name": "Ana García",
    "company": "Taller Norte",
    "city": "Madrid",
    "country": "Spain",
}


def _made_up(name: str, type_: Type, at: int) -> object:
    if type_.startswith("list of "):
        return [_made_up(name, type_.removeprefix("list of "), at)]
    match type_:
        case "number":
            return 3
        case "money":
            return 50
        case "boolean":
            return True
        case "moment":
            return format_moment(at + _AHEAD)
        case "date":
            return format_date((at + _AHEAD) // DAY)
        case "email":
            return "ana@example.com"
        case "phone":
            return "+34600000000"
        case "url":
            return "https://example.com/"
    # Its own name in marks of its own shows where it stands, and cannot be taken for a value.
    return _TEXTS.get(name, f"‹{name.replace('_', ' ')}›")
