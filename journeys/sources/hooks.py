"""Hooks: what a webhook tells, as sources.yaml reads it.

Each thing that is told becomes raw events, by what the file makes of the sender's own name for it.  What nobody
made anything of is passed over, and so is what names no customer: a shop sells to guests as well.  What is not there
is not said: a missing name takes none away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from journeys.core.calendar import format_moment
from journeys.core.program import Program
from journeys.definition.extract import Extract
from journeys.definition.model import ENGINE_EVENTS
from journeys.definition.sources_model import Meaning, Source
from journeys.errors import InputError

from .machines import is_machine
from .naming import Names, names_of

_MILLISECONDS_FROM: Final = 100_000_000_000  # as seconds that is the year 5138
_MOMENT_MAX: Final = 4_000_000_000  # seconds
_OPENED: Final = ("opened", "clicked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that was told: `raw` is its event, None where it is passed over, an InputError where it makes no sense.

    `by_machine` is an opening or a click that no human did; `click` is the touch and the link of one that a human may
    have done.
    """

    raw: dict[str, Any] | InputError | None
    by_machine: bool = False
    click: tuple[str, str] | None = None


def read_hook(program: Program, source: Source, headers: Mapping[str, str], body: Any) -> list[Heard]:
    """What a body tells; `headers` by their names in small letters, with `_` for `-`.

    Raises InputError where the list of what it tells is none.
    """
    sent = {"body": body, "headers": dict(headers)}
    if source.each is None:
        return [*_heard(program, source, sent)]
    items = source.each.of(sent)
    if not isinstance(items, list):
        raise InputError(f"`{source.each.text}` is no list")
    return [one for item in items for one in _heard(program, source, {**sent, "item": item})]


def _heard(program: Program, source: Source, sent: Mapping[str, Any]) -> Iterator[Heard]:
    try:
        kind = _text(source.kind, sent, "name")
        meanings = _meanings(source, names_of(program), kind)
        held = [each for each in meanings if each.when is None or _is_true(each.when.of(sent))]
    except InputError as error:
        yield Heard(raw=error)
        return
    if not held:
        yield Heard(raw=None)
    for meaning in held:
        try:
            yield _one(program, source, meaning, sent, has_others=len(meanings) > 1)
        except InputError as error:
            yield Heard(raw=error)


def _meanings(source: Source, names: Names, kind: str | None) -> tuple[Meaning, ...]:
    if kind is None:
        return ()
    if kind in source.events:
        return source.events[kind]
    # Who sends to us alone may send by our names.
    name = names.event(kind)
    return () if name is None else (Meaning(path=(), name=name),)


def _one(program: Program, source: Source, meaning: Meaning, sent: Mapping[str, Any], *, has_others: bool) -> Heard:
    customer = _text(meaning.customer or source.customer, sent, "customer")
    id = _text(source.id, sent, "id")
    if customer is None:
        return Heard(raw=None)
    if id is None:
        raise InputError(f"there is no id at `{source.id.text}`")
    raw: dict[str, Any] = {"id": id, "source": source.name, "customer": customer}
    at = meaning.at or source.at
    moment = None if at is None else _moment(at.of(sent), at)
    if moment is not None:
        raw["at"] = moment
    if meaning.receipt is None:
        name = raw["name"] = str(meaning.name)
        properties = raw["properties"] = _properties(names_of(program), name, meaning, source, sent)
        if name in ENGINE_EVENTS and not properties:
            return Heard(raw=None)
    else:
        heard = _receipt(program, source, meaning.receipt, sent, raw)
        if heard.raw is None:
            return heard
    if has_others:
        # The inbox takes an id once, and this one says several things.
        raw["id"] = f"{id}:{raw['name']}"
    return Heard(raw=raw) if meaning.receipt is None else heard


def _receipt(program: Program, source: Source, what: str, sent: Mapping[str, Any], raw: dict[str, Any]) -> Heard:
    touch = None if source.touch is None else _text(source.touch, sent, "touch")
    known = None if touch is None else program.definitions.touches.get(touch)
    if touch is None or known is None:
        # Others send through the same provider.
        return Heard(raw=None)
    if what == "unsubscribed":
        raw |= {"name": "consent.withdrawn", "properties": {"purpose": known.purpose}}
        return Heard(raw=raw)
    raw |= {"name": f"{touch}.{what}", "properties": {}}
    if what not in _OPENED:
        return Heard(raw=raw)
    agent = None if source.agent is None else _text(source.agent, sent, "agent")
    said = None if source.machine is None else source.machine.of(sent)
    if said is True or is_machine(agent):
        return Heard(raw=raw, by_machine=True)
    link = None if source.link is None else _text(source.link, sent, "link")
    click = (f"{raw['customer']}\x00{touch}", link) if what == "clicked" and link is not None else None
    return Heard(raw=raw, click=click)


def _properties(names: Names, name: str, meaning: Meaning, source: Source, sent: Mapping[str, Any]) -> dict[str, Any]:
    where = source.properties if meaning.properties is None else meaning.properties
    if where is None:
        return {}
    if not isinstance(where, Extract):
        found = {key: value for key, extract in where.items() if (value := extract.of(sent)) is not None}
        return names.fitted(name, found)
    value = where.of(sent)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"`{where.text}` is no object of properties")
    said = {key: each for key, each in value.items() if each is not None}
    if name == "profile.updated":
        return names.attributes(said)
    return said if name in ENGINE_EVENTS else names.properties(name, said)


def _text(extract: Extract, sent: Mapping[str, Any], what: str) -> str | None:
    value = extract.of(sent)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"what stands at `{extract.text}` can be no {what}: it is neither a text nor a whole number")
    return str(value)


def _moment(value: Any, extract: Extract) -> str | None:
    """A time as senders write it; a text is read where events are."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 16:
        value = int(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"what stands at `{extract.text}` is no time")
    seconds = value / 1_000 if value >= _MILLISECONDS_FROM else value
    if not 0 <= seconds < _MOMENT_MAX:
        raise InputError(f"what stands at `{extract.text}` is no time: it is far away")
    return format_moment(round(seconds * 1_000_000))


def _is_true(value: Any) -> bool:
    """As JMESPath has it: nothing is no, and so is what is empty; zero is a value."""
    return value is not None and value is not False and value not in ("", [], {})
