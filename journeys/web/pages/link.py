"""Links: whom the link of a page names, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
from fastapi import Request, Response

from journeys.content.tokens import Named, Use, read_token
from journeys.core.customer import Customer
from journeys.core.intake import read_event
from journeys.core.turn import turn
from journeys.store.looking import waiting_for
from journeys.web.customers import find_customer
from journeys.web.parts import Parts
from journeys.web.problems import UNKNOWN_CUSTOMER, Refusal
from journeys.web.reading import read_off

from .page import Reader, failed, reader_of, unknown

_OWN_WORDS: Final = ("consent.given", "consent.withdrawn", "preferences.set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of ours that somebody followed.  `token` is how it was written."""

    reader: Reader
    named: Named
    token: str


def open_link(parts: Parts, request: Request, use: Use, *, however_often: bool = False) -> Link | Response:
    """Or the page that says that it is none of ours, or that it was followed too often."""
    reader, token = reader_of(parts, request), request.path_params["token"]
    named = read_token(parts.secret, use, token)
    try:
        if named is None:
            parts.rates.count_failure(request)
            return unknown(reader)
        if not however_often:
            parts.rates.count("link", named.names[0])
    except Refusal as refusal:
        return failed(reader, refusal, "")
    return Link(reader=reader, named=named, token=token)


async def customer_of(parts: Parts, link: Link) -> Customer | None:
    """As the last turn left them, with what they chose since; None where nothing is known of them.  Raises Refusal."""
    try:
        customer = await find_customer(parts, link.named.names[0])
    except Refusal as refusal:
        if refusal.kind is UNKNOWN_CUSTOMER:
            return None
        raise
    program = link.reader.program
    ids = [customer.id, *[id for id, *_ in customer.others]]
    bodies = await read_off(parts.database, lambda connection: [waiting_for(connection, id) for id in ids])
    raws = [raw for each in bodies for raw in map(msgspec.json.decode, each) if raw["name"] in _OWN_WORDS]
    events = [event for raw in raws if (event := read_event(program, raw)) is not None]
    # A worker will do the same with them, and more.
    return turn(program, customer, events, max([customer.as_of, *[event.at for event in events]])).customer
