"""Knowing: the page that tells customers what is known of them and why, the file of all of it, and how to be forgotten.

A link of a message may be passed on with it.  So what is known is shown only by the link of a late one, a field that
is sensitive never is, and being forgotten takes a button after a tick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from babel.dates import format_date
from fastapi import FastAPI, Request, Response

from journeys.content.tokens import Named, Use
from journeys.content.values import Manner, locale_of, said
from journeys.content.values import readable as dressed
from journeys.core.calendar import DAY, MINUTE, format_moment, parse_moment
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.core.telling import tell_consents
from journeys.definition.model import TELLING_FIELDS, Brand, Field
from journeys.measure.html.markup import Child, Element, tag
from journeys.runtime.known import tell_everything
from journeys.web.parts import Parts
from journeys.web.problems import Refusal
from journeys.web.reading import read_off

from .describing import PAGES
from .form import read_form
from .link import Link, customer_of, open_link
from .page import Reader, failed, is_from_elsewhere, nobody, page, readable
from .telling import tell

SOURCE: Final = "preferences"
SHOWN_FOR: Final = 30 * DAY  # since the message that the link came with
_SHOWN: Final = 20  # of what happened and was sent, the last ones


def add_knowing(app: FastAPI, parts: Parts) -> None:
    @app.get("/preferences/{token}/known", **PAGES["get_known"])
    async def get_known(request: Request) -> Response:
        known = await _known(parts, request)
        return known if isinstance(known, Response) else _show(known)

    @app.get("/preferences/{token}/download", **PAGES["get_download"])
    async def get_download(request: Request) -> Response:
        known = await _known(parts, request)
        if isinstance(known, Response):
            return known
        file = msgspec.json.format(msgspec.json.encode(known.told), indent=2)
        headers = {"Content-Disposition": 'attachment; filename="what-is-known.json"'}
        return Response(file, headers=headers, media_type="application/json")

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
            if "surely" not in await read_form(request) or is_from_elsewhere(request):
                return _ask(link)
            now = parts.clock()
            is_told = await tell(parts, _erasure(link.named, now), now=now, may_erase=True)
            assert is_told  # the engine's own events are always declared
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
class _Known:
    """What is known of whom a link names; `told` is all of it, as JSON has it."""

    link: Link
    customer: Customer
    told: dict[str, Any]

    @property
    def reader(self) -> Reader:
        return self.link.reader


async def _known(parts: Parts, request: Request) -> _Known | Response:
    link = _late_link(parts, request)
    if isinstance(link, Response):
        return link
    program, now = link.reader.program, parts.clock()
    try:
        customer = await customer_of(parts, link)
        if customer is None:
            return nobody(link.reader)
        told = await read_off(
            parts.database, lambda connection: tell_everything(connection, program, customer.id, customer, now)
        )
    except Refusal as refusal:
        return failed(link.reader, refusal, "")
    return _Known(link=link, customer=customer, told=_without_sensitive(program.definitions.brand, told))


def _without_sensitive(brand: Brand, told: dict[str, Any]) -> dict[str, Any]:
    """What a link opens: the rest is for whoever shows who they are."""
    closely = {field.name for field in brand.fields.values() if field.sensitive}

    def less(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in closely}

    events = [
        {**each, "properties": less(each.get("properties") or {})} if each["name"] in TELLING_FIELDS else each
        for each in told["events"]
    ]
    return {**told, "attributes": less(told["attributes"]), "events": events}


def _erasure(named: Named, now: int) -> dict[str, Any]:
    return {
        "id": f"{named.proof}-erase-{now // MINUTE}",
        "source": SOURCE,
        "name": "customer.erased",
        "customer": named.names[0],
        "at": format_moment(now),
    }


# ---------------------------------------------------------------- how it looks


def _show(known: _Known) -> Response:
    reader, customer, told = known.reader, known.customer, known.told
    say = reader.choose
    return page(
        reader,
        say.known,
        tag("p", say.as_of.format(when=_date(reader, told["as_of"]))),
        _section(say.about_you, _fields(reader, customer)),
        tag("p", say.kept_closely, class_="hint") if _has_more(reader.program, customer) else None,
        _section(say.agreed, _consents(reader, customer, told)),
        _section(say.happened, _happened(reader, told), counted=len(told["events"]), reader=reader),
        _section(say.sent, _sent(reader, told), counted=len(_gone(told)), reader=reader),
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
                answer = say.yes_since.format(when=_date(reader, given[-1])) if given else say.yes
            lines.append((purposes[name].words or readable(name), answer, ""))
    return lines


def _happened(reader: Reader, told: dict[str, Any]) -> Lines:
    return [
        (_date(reader, each["at"]), readable(each["name"].replace(".", " ")), "")
        for each in reversed(told["events"][-_SHOWN:])
    ]


def _gone(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What went to the customer, and not to one of us about them."""
    return [each for each in told["touches"] if each["status"] == "sent" and each["person"] is None]


def _sent(reader: Reader, told: dict[str, Any]) -> Lines:
    gone = sorted(_gone(told), key=lambda each: parse_moment(each["settled_at"]), reverse=True)
    return [(_date(reader, each["settled_at"]), *_sent_because(reader, each)) for each in gone[:_SHOWN]]


def _sent_because(reader: Reader, touch: dict[str, Any]) -> tuple[str, str]:
    journey = reader.program.definitions.journeys.get(touch["journey"])
    title = journey.title if journey is not None and journey.title else readable(touch["journey"])
    by = f" ({touch['channel']})" if touch["channel"] else ""
    return f"{readable(touch['touch'])}{by}", f"{reader.choose.because_of}: {title}"


def _date(reader: Reader, moment: str) -> str:
    return format_date(datetime.fromisoformat(moment), format="medium", locale=locale_of(reader.say.language))


def _ask(link: Link) -> Response:
    say, brand = link.reader.choose, link.reader.program.definitions.brand
    return page(
        link.reader,
        say.erase,
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
