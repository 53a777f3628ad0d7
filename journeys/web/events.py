"""Events: `POST /v1/events`, one or many, durable before anyone is told so.

Each event is judged by itself, so that one that is bad loses none of the good.  What goes into the inbox is what
the definitions declare and nothing else: an event of another name is answered as `ignored`, and a property of
another name is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response

from journeys.core.calendar import MINUTE, format_moment
from journeys.core.intake import read_customer, read_event, see_answer, see_names
from journeys.core.program import Program
from journeys.definition.model import ENGINE_EVENTS, TELLING_FIELDS, TOUCH_EVENTS
from journeys.errors import InputError, UnknownName
from journeys.runtime.engine import OUTBOX
from journeys.store.inbox import Received

from .answers import EventsTaken, Item, answer
from .bodies import JSON_TYPES, LINES_TYPES, content_type, read_body, read_items, read_lines
from .describing import OPERATIONS
from .parts import Parts, Takes
from .problems import (
    BAD_EVENT,
    BAD_JSON,
    NO_EVENT_FITS,
    NO_EVENT_TAKEN,
    TOO_EARLY,
    TOO_LARGE,
    UNKNOWN_NAME,
    Kind,
    Refusal,
)

EVENTS_MAX: Final = 1_000  # at once
_FUTURE_MAX: Final = 5 * MINUTE  # a sender's clock may be ahead of ours by so much
# What became of a touch is told by the world; that it was sent or withheld is the engine's own word.
_TOLD_OF_TOUCHES: Final = [each for each in TOUCH_EVENTS if each not in ("sent", "withheld")]
_ERASED: Final = "customer.erased"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """An item of which nothing is to be made: its sender's `id`, where that is known, and why."""

    id: str | None
    because: str = ""
    by_machine: bool = False  # counted, and nothing else


def add_events(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/events", status_code=202, **OPERATIONS["post_events"])
    async def post_events(request: Request) -> Response:
        key = await parts.access.allow(request, "ingest")
        await parts.pressure.refuse_if_behind()
        kind = content_type(request, *JSON_TYPES, *LINES_TYPES)
        body = await read_body(request)
        if kind in LINES_TYPES:
            items, is_list = read_lines(body), True
        else:
            items, is_list = read_items(body)
        if not items:
            raise Refusal(BAD_JSON, "there is no event in it", path=())
        if len(items) > EVENTS_MAX:
            raise Refusal(TOO_LARGE, f"these are {len(items):,} events: send at most {EVENTS_MAX:,} at once")

        is_admin = "admin" in key.scopes
        return answer(
            202,
            await take(parts, items, [(place,) if is_list else () for place in range(len(items))], may_erase=is_admin),
        )


async def take(
    parts: Takes,
    items: Sequence[Any],
    places: Sequence[tuple[str | int, ...]],
    *,
    may_erase: bool = False,
    is_translated: bool = False,
) -> EventsTaken:
    """What became of raw events, once those that are taken are durable; a Refusal where none of them could be.

    `places` says for each where it stood in the body.  An item may be a Refusal, for one that could not be read,
    or PassedOver.  With `is_translated` they are not as they were sent, and the place alone is told.
    """
    judged, told = await hear(parts, items, places, may_erase=may_erase, is_translated=is_translated)
    counts = Counter([item.status for item in told])
    if told and counts["refused"] == len(told):
        if len(told) == 1 and places[0] == ():
            refusal = judged[0]
            assert isinstance(refusal, Refusal)
            raise refusal
        is_bad = any([isinstance(each, Refusal) and each.kind.status != NO_EVENT_FITS.status for each in judged])
        raise Refusal(NO_EVENT_TAKEN if is_bad else NO_EVENT_FITS, "each of them says why, in `events`", items=told)
    return EventsTaken(
        accepted=counts["accepted"],
        repeated=counts["repeated"],
        ignored=counts["ignored"] + counts["machine"],
        refused=counts["refused"],
        events=told,
    )


async def hear(
    parts: Takes,
    items: Sequence[Any],
    places: Sequence[tuple[str | int, ...]],
    *,
    may_erase: bool = False,
    is_translated: bool = False,
) -> tuple[list[Received | Refusal | None], list[Item]]:
    """As `take`: how each was judged, and what became of it, whoever is to be told."""
    judged = _judge(parts.program(), items, now=parts.clock(), may_erase=may_erase)
    if is_translated:
        judged = [Refusal(each.kind, each.detail, path=()) if isinstance(each, Refusal) else each for each in judged]
    rows = [each for each in judged if isinstance(each, Received)]
    is_new = iter(await parts.writer.keep(rows) if rows else ())
    told = [_tell(raw, each, is_new, place) for raw, each, place in zip(items, judged, places)]
    counts = Counter([item.status for item in told])
    for status, count in counts.items():
        parts.figures.count_events(status, count)
    parts.pressure.add(counts["accepted"])
    return judged, told


def _judge(program: Program, items: Sequence[Any], *, now: int, may_erase: bool) -> list[Received | Refusal | None]:
    """For each item the row that it becomes, why it does not, or None where nobody declared its name."""
    judged: list[Received | Refusal | None] = []
    for raw in items:
        try:
            is_nothing = isinstance(raw, PassedOver)
            judged.append(None if is_nothing else to_row(program, raw, now=now, may_erase=may_erase))
        except Refusal as refusal:
            judged.append(refusal)
    return judged


def to_row(
    program: Program,
    raw: Any,
    *,
    now: int,
    may_erase: bool = False,
    kind: Kind = BAD_EVENT,
    is_from_page: bool = False,
) -> Received | None:
    """The row of one event; None for one whose name nobody declared.

    A Refusal of that kind says what is wrong with it; one of 409, that it does not fit what there is now.  On a page of
    ours nobody writes a name by hand.
    """
    if isinstance(raw, Refusal):
        raise raw
    if type(raw) is not dict:
        raise Refusal(kind, "an event is an object: {…}", path=())
    if "at" not in raw:
        # Whoever tells of what happens just now need not say when.
        raw = {**raw, "at": format_moment(now)}
    try:
        customer = read_customer(raw)
        if raw.get("id") in (None, ""):
            raise InputError("an event needs an `id`, so that it is taken once", ("id",))
        event = read_event(program, raw)
        if event is not None:
            see_answer(program, event, raw["name"])
            if event.chosen and not is_from_page:
                see_names(program, event)
    except InputError as error:
        kind = UNKNOWN_NAME if isinstance(error, UnknownName) else kind
        raise Refusal(kind, str(error), path=error.path) from None
    if event is None:
        return None
    name = raw["name"]
    declared = _from_outside(program).get(name)
    if declared is None:
        raise Refusal(kind, f"{name!r} is told by the engine itself, and by nobody else", path=("name",))
    if event.source == OUTBOX:
        raise Refusal(kind, f"{OUTBOX!r} is the source of what the engine itself tells", path=("source",))
    if name == _ERASED and not may_erase:
        raise Refusal(
            kind, f"{name!r} forgets a customer for good: it takes a key with the scope `admin`", path=("name",)
        )
    if event.at > now + _FUTURE_MAX:
        raise Refusal(TOO_EARLY, f"{name!r}: `at` is more than five minutes in the future", path=("at",))
    properties = raw.get("properties") or {}
    if not declared.issuperset(properties):
        properties = {each: value for each, value in properties.items() if each in declared}
    kept = {"id": event.id, "source": event.source, "name": name, "at": raw["at"], "properties": properties}
    if event.imported:
        kept["import"] = True
    return Received(customer=customer, source=event.source, id=event.id, at=event.at, body=_encode(kept))


@lru_cache(maxsize=4)
def _from_outside(program: Program) -> dict[str, frozenset[str]]:
    """The names that may come in, and the properties that are kept of each.

    It is what is declared, and of the engine's own what only the world can tell.
    """
    definitions = program.definitions
    told = [f"{touch}.{what}" for touch in definitions.touches for what in _TOLD_OF_TOUCHES]
    events = program.names.events
    kept = {
        name: frozenset([each for each, _ in program.properties[events[name]]])
        for name in (*definitions.brand.events, *told, *ENGINE_EVENTS)
    }
    return kept | {name: kept[name].union(program.field_names, ["timezone"]) for name in TELLING_FIELDS}


def _tell(raw: Any, judged: Received | Refusal | None, is_new: Any, place: tuple[str | int, ...]) -> Item:
    if isinstance(judged, Received):
        return Item(id=judged.id, status="accepted" if next(is_new) else "repeated")
    if isinstance(raw, PassedOver):
        return Item(id=raw.id, status="machine" if raw.by_machine else "ignored", because=raw.because)
    id = raw.get("id") if type(raw) is dict else None
    id = str(id)[:200] if isinstance(id, str | int) and not isinstance(id, bool) else None
    if judged is None:
        return Item(id=id, status="ignored")
    return Item(id=id, status="refused", problem=judged.problem(inside=place))
