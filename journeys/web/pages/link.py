"""Links: whom the link of a page names, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from journeys.content.tokens import Named, Use, read_token
from journeys.core.customer import Customer
from journeys.web.customers import find_customer
from journeys.web.parts import Parts
from journeys.web.problems import UNKNOWN_CUSTOMER, Refusal

from .page import Reader, reader_of, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of ours that somebody followed.  `token` is how it was written."""

    reader: Reader
    named: Named
    token: str


def open_link(parts: Parts, request: Request, use: Use) -> Link | Response:
    """Or the page that says that it is none of ours."""
    reader, token = reader_of(parts, request), request.path_params["token"]
    named = read_token(parts.secret, use, token)
    return unknown(reader) if named is None else Link(reader=reader, named=named, token=token)


async def customer_of(parts: Parts, link: Link) -> Customer | None:
    """As the last turn left them; None where nothing is known of them (any more).  Raises Refusal."""
    try:
        return await find_customer(parts, link.named.names[0])
    except Refusal as refusal:
        if refusal.kind is UNKNOWN_CUSTOMER:
            return None
        raise
