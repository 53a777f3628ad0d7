"""Unsubscribing: the page behind the link of a mail, and the one click of RFC 8058.

`GET` shows what there is to end, or that it has ended, and changes nothing, because programs that look at mails follow
every link in them.  `POST` takes the consent back at once, from the button on the page or from a mail program on the
reader's behalf: without a key, a cookie or a question, and never with a redirect, which such a program would not
follow.  The signed link is the proof.

It is taken even when much else waits: a withdrawal is never refused because we are behind, nor for how often it comes.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response

from journeys.content.tokens import Named, Use
from journeys.core.calendar import SECOND, format_moment
from journeys.measure.html.markup import tag
from journeys.web.parts import Parts
from journeys.web.problems import Refusal

from .describing import PAGES
from .link import Link, customer_of, open_link
from .page import Reader, failed, page
from .telling import tell

SOURCE: Final = "unsubscribe"


def add_unsubscribing(app: FastAPI, parts: Parts) -> None:
    @app.get("/unsubscribe/{token}", **PAGES["get_unsubscribe"])
    async def get_unsubscribe(request: Request) -> Response:
        link = open_link(parts, request, Use.UNSUBSCRIBE)
        if isinstance(link, Response):
            return link
        purpose = link.named.names[1]
        return (_ask if await _may_hold(parts, link) else _done)(link.reader, purpose)

    @app.post("/unsubscribe/{token}", **PAGES["post_unsubscribe"])
    async def post_unsubscribe(request: Request) -> Response:
        # The body is not read: whatever a mail program sends in it, the link has said all.
        link = open_link(parts, request, Use.UNSUBSCRIBE, however_often=True)
        if isinstance(link, Response):
            return link
        reader, named = link.reader, link.named
        # For a purpose that the brand no longer has nothing is sent.
        purpose = named.names[1]
        if purpose in reader.program.names.purposes:
            try:
                now = parts.clock()
                await tell(parts, _withdrawal(named, now), now=now)
            except Refusal as refusal:
                return failed(reader, refusal, reader.say.not_unsubscribed)
        return _done(reader, purpose)


async def _may_hold(parts: Parts, link: Link) -> bool:
    """Whether the consent holds, or it cannot be told just now: then the page must offer to take it back."""
    bit = link.reader.program.names.purposes.get(link.named.names[1])
    if bit is None:
        return False
    try:
        customer = await customer_of(parts, link)
    except Refusal:
        return True
    return customer is None or bool(customer.consents >> bit & 1)


def _withdrawal(named: Named, now: int) -> dict[str, Any]:
    """The event that takes the consent back.

    Its id is of the token and the second, so that a click which a mail program repeats is one event.  Of the token
    alone it must not be: who agrees again later, and then follows the old link, has withdrawn once more.
    """
    customer, purpose = named.names
    return {
        "id": f"{named.proof}-{now // SECOND}",
        "source": SOURCE,
        "name": "consent.withdrawn",
        "customer": customer,
        "at": format_moment(now),
        "properties": {"purpose": purpose},
    }


def _ask(reader: Reader, purpose: str) -> Response:
    brand, say = reader.program.definitions.brand, reader.say
    declared = brand.purposes.get(purpose)
    words = None if declared is None else declared.words
    return page(
        reader,
        say.unsubscribe_from.format(brand=brand.name),
        tag("p", say.you_agreed if words else say.no_more_of_this),
        tag("blockquote", words, lang=reader.lang) if words else None,
        tag(
            "form",
            tag("input", type="hidden", name="List-Unsubscribe", value="One-Click"),
            tag("button", say.unsubscribe, type="submit"),
            method="post",
        ),
    )


def _done(reader: Reader, purpose: str) -> Response:
    declared, say = reader.program.definitions.brand.purposes.get(purpose), reader.say
    return page(
        reader,
        say.unsubscribed,
        tag("p", say.no_longer_holds) if declared and declared.words else None,
        tag("blockquote", declared.words, lang=reader.lang) if declared and declared.words else None,
        tag("p", say.nothing_else_to_do),
    )
