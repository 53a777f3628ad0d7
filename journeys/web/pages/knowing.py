"""Knowing: the page that tells customers what is known of them and why, the file of all of it, and how to be forgotten.

A link of a message may be passed on with it.  So what is known is shown only by the link of a late one, a field that
is sensitive never is, and being forgotten takes a button after a tick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date
from fastapi import FastAPI, Request, Response

from journeys.content.tokens import Named, Use
from journeys.content.values import Manner, locale_of, said
from journeys.content.values import readable as dressed
from journeys.core.calendar import DAY, MINUTE, format_moment, parse_moment
from journeys.core.customer import Customer
from journeys.core.preferences import PARTS
from journeys.core.program import Program
from journeys.core.telling import tell_consents
from journeys.definition.model import TELLING_FIELDS, Field
from journeys.measure.html.markup import Child, Element, tag
from journeys.runtime.known import tell_everything
from journeys.store.database import Connection
from journeys.web.parts import Parts
from journeys.web.problems import Refusal
from journeys.web.reading import read_off

from .choices import SOURCE
from .describing import PAGES
from .form import read_form
from .link import Link, customer_of, open_link
from .page import Reader, alert, failed, is_from_elsewhere, nobody, page, readable
from .telling import tell

T = TypeVar("T")

SHOWN_FOR: Final = 30 * DAY  # since the message that the link came with
_SHOWN: Final = 20  # of what happened and was sent, the last ones


def add_knowing(app: FastAPI, parts: Parts) -> None:
    reading = _Reading(parts)

    @app.get("/preferences/{token}/known", **PAGES["get_known"])
    async def get_known(request: Request) -> Response:
        known = await reading.known(request, lambda told: told)
        return known if isinstance(known, Response) else _show(known)

    @app.get("/preferences/{token}/download", **PAGES["get_download"])
    async def get_download(request: Request) -> Response:
        known = await reading.known(request, lambda told: msgspec.json.format(msgspec.json.encode(told), indent=2))
        if isinstance(known, Response):
            return known
        headers = {"Content-Disposition": 'attachment; filename="what-is-known.json"'}
        return Response(known.told, headers=headers, media_type="application/json")

    @app.get("/preferences/{token}/erase", **PAGES["get_erase"])
    async def get_erase(request: Request) -> Response:
        link = _late_link(parts, request)
        return link if isinstance(link, Response) else _ask(link)

    @app.post("/preferences/{token}/erase", **PAGES["post_erase"])
    async def post_erase(request: Request) -> Response:
        link = _late_link(parts, request)
        if isinstance(link, Response):
            return link
        say = link.reader.choose
        try:
            if "surely" not in await read_form(request) or is_from_elsewhere(parts, request):
                return _ask(link, problem=say.not_erased)
            now = parts.clock()
            await tell(parts, _erasure(link.named, now), now=now, may_erase=True)
        except Refusal as refusal:
            return failed(link.reader, refusal, say.not_erased)
        return page(link.reader, say.erased, tag("p", say.erased_more))


def _late_link(parts: Parts, request: Request) -> Link | Response:
    """Or the page that says why it does not open what is known."""
    link = open_link(parts, request, Use.PREFERENCES)
    if isinstance(link, Response) or parts.clock() - int(link.named.names[1]) <= SHOWN_FOR:
        return link
    say = link.reader.choose
    more = tag("p", say.too_old_more.format(days=SHOWN_FOR // DAY))
    return page(link.reader, say.too_old, more, _back(link), status=403)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known(Generic[T]):
    """What is known of whom a link names; `told` is what was made of all of it."""

    link: Link
    customer: Customer
    told: T


class _Reading:
    """Reads all that is known of one customer at a time, and not where events come in: a long history is much."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._turn = asyncio.Semaphore(1)

    async def known(self, request: Request, make: Callable[[dict[str, Any]], T]) -> _Known[T] | Response:
        """`make` is done where it is read.  Or the page that says why it is not shown."""
        parts = self._parts
        link = _late_link(parts, request)
        if isinstance(link, Response):
            return link
        program, now = link.reader.program, parts.clock()
        try:
            customer = await customer_of(parts, link)
            if customer is None:
                return nobody(link.reader)

            def read(connection: Connection) -> T:
                return make(_opened(program, tell_everything(connection, program, customer.id, customer, now)))

            async with self._turn:
                told = await read_off(parts.database, read)
        except Refusal as refusal:
            return failed(link.reader, refusal, "")
        return _Known(link=link, customer=customer, told=told)


def _opened(program: Program, told: dict[str, Any]) -> dict[str, Any]:
    """What a link opens of it: what is sensitive is for whoever shows who they are; what went to one of us is ours."""
    fields = program.definitions.brand.fields
    shown = {name for name, field in fields.items() if not field.sensitive} | {"timezone", *PARTS}

    def less(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name in shown}

    events = [
        {**each, "properties": less(each.get("properties") or {})} if each["name"] in TELLING_FIELDS else each
        for each in told["events"]
    ]
    touches = [
        {name: value for name, value in each.items() if name not in ("problem", "receipt", "person")}
        for each in told["touches"]
        if each["person"] is None
    ]
    return {**told, "attributes": less(told["attributes"]), "events": events, "touches": touches}


def _erasure(named: Named, now: int) -> dict[str, Any]:
    return {
        "id": f"{named.proof}-erase-{now // MINUTE}",
        "source": SOURCE,
        "name": "customer.erased",
        "customer": named.names[0],
        "at": format_moment(now),
    }


# ---------------------------------------------------------------- how it looks


def _show(known: _Known[dict[str, Any]]) -> Response:
    reader, customer, told = known.link.reader, known.customer, known.told
    say = reader.choose
    return page(
        reader,
        say.known,
        tag("p", say.as_of.format(when=_date(reader, customer, told["as_of"]))),
        _section(say.about_you, _fields(reader, customer)),
        tag("p", say.kept_closely, class_="hint") if _has_more(reader.program, customer) else None,
        _section(say.agreed, _consents(reader, customer, told)),
        _section(say.happened, _happened(reader, customer, told), counted=len(told["events"]), reader=reader),
        _section(say.sent, _sent(reader, customer, told), counted=len(_gone(told)), reader=reader),
        tag("nav", tag("a", say.download, href="download"), tag("br"), tag("a", say.erase, href="erase")),
        _back(known.link),
    )


Lines = list[tuple[str, str, str]]
"""What it is, what it says, and why."""


def _section(title: str, lines: Lines, *, counted: int = 0, reader: Reader | None = None) -> Child:
    if not lines:
        return None
    return [
        tag("h2", title),
        tag(
            "dl",
            [
                (tag("dt", what), tag("dd", value, *((tag("br"), tag("small", why)) if why else ())))
                for what, value, why in lines
            ],
        ),
        tag("p", reader.choose.lately.format(count=_SHOWN), class_="hint") if reader and counted > _SHOWN else None,
    ]


def _fields(reader: Reader, customer: Customer) -> Lines:
    """As words of a message would say them, which leave out what is sensitive."""
    brand = replace(reader.program.definitions.brand, locale=reader.say.language)
    manner = Manner(locale=brand.locale, currency=brand.currency)
    values = dressed(
        brand=brand,
        customer=dict(zip(reader.program.field_names, customer.fields, strict=True)),
        journey={},
        kept={},
        zone=customer.zone.name,
    )["customer"]
    assert isinstance(values, dict)
    answers = {True: reader.choose.yes, False: reader.choose.no}
    return [
        (
            readable(name),
            answers[value] if isinstance(value, bool) else said(value, manner),
            _why(reader, brand.fields[name]),
        )
        for name, value in values.items()
        if value is not None
    ]


def _why(reader: Reader, field: Field) -> str:
    if field.address:
        return reader.choose.to_reach_you
    if field.purpose is None:
        return reader.choose.to_serve_you
    return reader.program.definitions.brand.purposes[field.purpose].words or readable(field.purpose)


def _has_more(program: Program, customer: Customer) -> bool:
    fields = program.definitions.brand.fields
    return any(
        fields[name].sensitive and value is not None
        for name, value in zip(program.field_names, customer.fields, strict=True)
    )


def _consents(reader: Reader, customer: Customer, told: dict[str, Any]) -> Lines:
    say, purposes = reader.choose, reader.program.definitions.brand.purposes
    lines = []
    for name, is_given in tell_consents(reader.program, customer).items():
        if purposes[name].class_ in ("marketing", "data"):
            given = [each["at"] for each in told["consent_ledger"] if each["purpose"] == name and each["is_given"]]
            answer = say.no
            if is_given:
                answer = say.yes_since.format(when=_date(reader, customer, given[-1])) if given else say.yes
            lines.append((purposes[name].words or readable(name), answer, ""))
    return lines


def _happened(reader: Reader, customer: Customer, told: dict[str, Any]) -> Lines:
    return [
        (_date(reader, customer, each["at"]), readable(each["name"].replace(".", " ")), "")
        for each in reversed(told["events"][-_SHOWN:])
    ]


def _gone(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in told["touches"] if each["status"] == "sent"]


def _sent(reader: Reader, customer: Customer, told: dict[str, Any]) -> Lines:
    gone = sorted(_gone(told), key=lambda each: parse_moment(each["settled_at"]), reverse=True)
    return [(_date(reader, customer, each["settled_at"]), *_sent_because(reader, each)) for each in gone[:_SHOWN]]


def _sent_because(reader: Reader, touch: dict[str, Any]) -> tuple[str, str]:
    journey = reader.program.definitions.journeys.get(touch["journey"])
    title = journey.title if journey is not None and journey.title else readable(touch["journey"])
    by = f" ({touch['channel']})" if touch["channel"] else ""
    return f"{readable(touch['touch'])}{by}", f"{reader.choose.because_of}: {title}"


def _date(reader: Reader, customer: Customer, moment: str) -> str:
    """The day that it was where the customer lives."""
    day = datetime.fromisoformat(moment).astimezone(ZoneInfo(customer.zone.name))
    return format_date(day, format="medium", locale=locale_of(reader.say.language))


def _ask(link: Link, *, problem: str | None = None) -> Response:
    say, brand = link.reader.choose, link.reader.program.definitions.brand
    return page(
        link.reader,
        say.erase,
        alert(problem),
        tag("p", say.erase_more.format(brand=brand.name)),
        tag(
            "form",
            tag(
                "p",
                tag(
                    "label",
                    tag("input", type="checkbox", name="surely", value="yes", required="required"),
                    tag("span", say.erase_surely),
                ),
            ),
            tag("button", say.erase_now, type="submit"),
            method="post",
            class_="choices",
        ),
        _back(link),
    )


def _back(link: Link) -> Element:
    return tag("p", tag("a", link.reader.choose.back, href=f"../{link.token}"), class_="link")
