"""Hooks: what a webhook tells, as sources.yaml reads it.

Each thing that is told becomes raw events, by what the file makes of the sender's own name for it.  What nobody
made anything of is passed over, and so is what names no customer: a shop sells to guests as well.  What is not there
is not said: a missing name takes none away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from journeys.core.calendar import format_moment
from journeys.core.preferences import PARTS
from journeys.core.program import Program
from journeys.definition.extract import Extract, OtherCurrency
from journeys.definition.model import ENGINE_EVENTS, TELLING_FIELDS, Path
from journeys.definition.nearest import shown
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

    `id` is the sender's own, where it could be read.  `because` says why it is passed over, `in_other_currency` that it
    is so for its amount, and `meaning` what the file made of it; the error's path leads into the file.
    `by_machine` is an opening or a click that no human did; `click` is the touch and the link of one that a human may
    have done.
    """

    raw: dict[str, Any] | InputError | None
    id: str | None = None
    because: str = ""
    in_other_currency: bool = False
    meaning: Meaning | None = None
    by_machine: bool = False
    click: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """What extracts read, and the currency that their amounts must be in."""

    parts: Mapping[str, Any]
    currency: str


def read_hook(program: Program, source: Source, headers: Mapping[str, str], body: Any) -> list[Heard]:
    """What a body tells; `headers` by their names in small letters, with `_` for `-`.

    Raises InputError where the list of what it tells is none.
    """
    currency = program.definitions.brand.currency
    sent = _Sent(parts={"body": body, "headers": dict(headers)}, currency=currency)
    if source.each is None:
        return [*_heard(program, source, sent)]
    path = ("sources", source.name, "each")
    items = _found(source.each, sent, path)
    if not isinstance(items, list):
        raise InputError(f"`{source.each.text}` is no list", path)
    each = [_Sent(parts={**sent.parts, "item": item}, currency=currency) for item in items]
    return [one for said in each for one in _heard(program, source, said)]


def _heard(program: Program, source: Source, sent: _Sent) -> Iterator[Heard]:
    id: str | None = None
    with suppress(InputError):
        id = _text(source.id, sent, "id", ("sources", source.name, "id"))
    for each in _told(program, source, sent):
        yield replace(each, id=id)


def _told(program: Program, source: Source, sent: _Sent) -> Iterator[Heard]:
    here = ("sources", source.name)
    try:
        kind = _text(source.kind, sent, "name", (*here, "name"))
    except InputError as error:
        yield Heard(raw=error)
        return
    meanings = _meanings(source, names_of(program), kind)
    if not meanings:
        yield Heard(raw=None, because=_unnamed(source) if kind is None else f"nothing is said of {shown(kind)}")
    held = False
    for meaning in meanings:
        try:
            if meaning.when is None or _is_true(_found(meaning.when, sent, (*meaning.path, "when"))):
                held = True
                yield _one(program, source, meaning, sent, has_others=len(meanings) > 1)
        except OtherCurrency as other:
            # It is no mistake of the sender's: refused, it would be sent again for days.
            held = True
            yield Heard(raw=None, because=str(other), in_other_currency=True, meaning=meaning)
        except InputError as error:
            held = True
            yield Heard(raw=error, meaning=meaning)
    if meanings and not held:
        yield Heard(raw=None, because="`when` does not hold", meaning=meanings[0])


def _unnamed(source: Source) -> str:
    return f"nothing stands at `{source.kind.text}`, which would name it"


def _meanings(source: Source, names: Names, kind: str | None) -> tuple[Meaning, ...]:
    if kind is None:
        return ()
    if kind in source.events:
        return source.events[kind]
    # Who sends to us alone may send by our names.
    name = names.event(kind)
    return () if name is None else (Meaning(path=(), name=name),)


def _one(program: Program, source: Source, meaning: Meaning, sent: _Sent, *, has_others: bool) -> Heard:
    here = ("sources", source.name)
    if meaning.customer is None:
        customer = _text(source.customer, sent, "customer", (*here, "customer"))
    else:
        customer = _text(meaning.customer, sent, "customer", (*meaning.path, "customer"))
    id = _text(source.id, sent, "id", (*here, "id"))
    if customer is None:
        return Heard(raw=None, because="it names no customer", meaning=meaning)
    if id is None:
        raise InputError(f"there is no id at `{source.id.text}`", (*here, "id"))
    raw: dict[str, Any] = {"id": id, "source": source.name, "customer": customer}
    at = _moment(meaning.at, sent, (*meaning.path, "at")) or _moment(source.at, sent, (*here, "at"))
    if at is not None:
        raw["at"] = at
    if meaning.receipt is not None:
        heard = _receipt(program, source, meaning, sent, raw)
    else:
        raw |= {"name": meaning.name, "properties": _properties(names_of(program), meaning, source, sent)}
        heard = Heard(raw=raw, meaning=meaning)
        if meaning.name in ENGINE_EVENTS and not raw["properties"]:
            heard = Heard(raw=None, because="nothing of it is there", meaning=meaning)
    if has_others and heard.raw is raw:
        # The inbox takes an id once, and this one says several things.
        raw["id"] = f"{id}:{raw['name']}"
    return heard


def _receipt(program: Program, source: Source, meaning: Meaning, sent: _Sent, raw: dict[str, Any]) -> Heard:
    here, what = ("sources", source.name), meaning.receipt
    touch = None if source.touch is None else _text(source.touch, sent, "touch", (*here, "touch"))
    known = None if touch is None else program.definitions.touches.get(touch)
    if touch is None or known is None:
        # Others send through the same provider.
        return Heard(raw=None, because=f"there is no touch {shown(touch or '')}", meaning=meaning)
    if what == "unsubscribed":
        raw |= {"name": "consent.withdrawn", "properties": {"purpose": known.purpose}}
        return Heard(raw=raw, meaning=meaning)
    raw |= {"name": f"{touch}.{what}", "properties": {}}
    if what not in _OPENED:
        return Heard(raw=raw, meaning=meaning)
    agent = None if source.agent is None else _text(source.agent, sent, "agent", (*here, "agent"))
    said = None if source.machine is None else _found(source.machine, sent, (*here, "machine"))
    if said is True or is_machine(agent):
        return Heard(raw=raw, by_machine=True, meaning=meaning)
    link = None if source.link is None else _text(source.link, sent, "link", (*here, "link"))
    click = (f"{raw['customer']}\x00{touch}", link) if what == "clicked" and link is not None else None
    return Heard(raw=raw, click=click, meaning=meaning)


def _properties(names: Names, meaning: Meaning, source: Source, sent: _Sent) -> dict[str, Any]:
    name = str(meaning.name)
    where, path = meaning.properties, (*meaning.path, "properties")
    if where is None:
        where, path = source.properties, ("sources", source.name, "properties")
    if where is None:
        return {}
    if not isinstance(where, Extract):
        found = {key: _found(extract, sent, (*path, key)) for key, extract in where.items()}
        return names.fitted(name, {key: value for key, value in found.items() if value is not None})
    value = _found(where, sent, path)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"`{where.text}` is no object of properties", path)
    said = {key: each for key, each in value.items() if each is not None}
    if name in TELLING_FIELDS:
        parts = PARTS if name == "preferences.set" else ()
        return names.attributes(said) | {part: said[part] for part in parts if part in said}
    return said if name in ENGINE_EVENTS else names.properties(name, said)


def _found(extract: Extract, sent: _Sent, path: Path) -> Any:
    try:
        return extract.of(sent.parts, currency=sent.currency)
    except InputError as error:
        error.path = path
        raise


def _text(extract: Extract, sent: _Sent, what: str, path: Path) -> str | None:
    value = _found(extract, sent, path)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(
            f"what stands at `{extract.text}` can be no {what}: it is neither a text nor a whole number", path
        )
    return str(value)


def _moment(extract: Extract | None, sent: _Sent, path: Path) -> str | None:
    """A time as senders write it; a text is read where events are."""
    value = None if extract is None else _found(extract, sent, path)
    if extract is None or value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 16:
        value = int(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"what stands at `{extract.text}` is no time", path)
    seconds = value / 1_000 if value >= _MILLISECONDS_FROM else value
    if not 0 <= seconds < _MOMENT_MAX:
        raise InputError(f"what stands at `{extract.text}` is no time: it is far away", path)
    return format_moment(round(seconds * 1_000_000))


def _is_true(value: Any) -> bool:
    """As JMESPath has it: nothing is no, and so is what is empty; zero is a value."""
    return value is not None and value is not False and value not in ("", [], {})
