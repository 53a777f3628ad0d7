"""Unsubscribing: the page behind the link of a mail, and the one click of RFC 8058.

`GET` shows a page and changes nothing, because programs that look at mails follow every link in them.  `POST` takes
the consent back at once, from the button on the page or from a mail program on the reader's behalf: without a key,
a cookie or a question, and never with a redirect, which such a program would not follow.  The signed link is the proof.

It is taken even when much else waits: a withdrawal is never refused because we are behind.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request, Response

from journeys.content.tokens import Named, Use, read_token
from journeys.core.calendar import MINUTE, format_moment
from journeys.core.program import Program
from journeys.measure.html.markup import tag
from journeys.web.describing import OPERATIONS
from journeys.web.parts import Parts
from journeys.web.problems import Refusal

from .page import failed, page, phrases_of, unknown
from .telling import tell

SOURCE: Final = "unsubscribe"


def add_unsubscribing(app: FastAPI, parts: Parts) -> None:
    @app.get("/unsubscribe/{token}", **OPERATIONS["get_unsubscribe"])
    async def get_unsubscribe(request: Request) -> Response:
        named = read_token(parts.secret, Use.UNSUBSCRIBE, request.path_params["token"])
        program = parts.program()
        return unknown(program) if named is None else _ask(program, named.names[1])

    @app.post("/unsubscribe/{token}", **OPERATIONS["post_unsubscribe"])
    async def post_unsubscribe(request: Request) -> Response:
        # The body is not read: whatever a mail program sends in it, the link has said all.
        named = read_token(parts.secret, Use.UNSUBSCRIBE, request.path_params["token"])
        program = parts.program()
        if named is None:
            return unknown(program)
        # For a purpose that the brand no longer has nothing is sent.
        purpose = named.names[1]
        if purpose in program.names.purposes:
            try:
                now = parts.clock()
                is_told = await tell(parts, _withdrawal(named, now), now)
                assert is_told  # the engine's own events are always declared
            except Refusal as refusal:
                return failed(program, refusal, phrases_of(program).not_unsubscribed)
        return _done(program, purpose)


def _withdrawal(named: Named, now: int) -> dict[str, Any]:
    """The event that takes the consent back.

    Its id is of the token and the minute, so that a click which a mail program repeats is one event.  Of the token
    alone it must not be: who agrees again later, and then follows the old link, has withdrawn once more.
    """
    customer, purpose = named.names
    return {
        "id": f"{named.proof}-{now // MINUTE}",
        "source": SOURCE,
        "name": "consent.withdrawn",
        "customer": customer,
        "at": format_moment(now),
        "properties": {"purpose": purpose},
    }


def _ask(program: Program, purpose: str) -> Response:
    brand, say = program.definitions.brand, phrases_of(program)
    declared = brand.purposes.get(purpose)
    words = None if declared is None else declared.words
    return page(
        program,
        say.unsubscribe_from.format(brand=brand.name),
        tag("p", say.you_agreed if words else say.no_more_of_this),
        tag("blockquote", words) if words else None,
        tag(
            "form",
            tag("input", type="hidden", name="List-Unsubscribe", value="One-Click"),
            tag("button", say.unsubscribe, type="submit"),
            method="post",
        ),
    )


def _done(program: Program, purpose: str) -> Response:
    declared, say = program.definitions.brand.purposes.get(purpose), phrases_of(program)
    return page(
        program,
        say.unsubscribed,
        tag("p", say.no_longer_holds) if declared and declared.words else None,
        tag("blockquote", declared.words) if declared and declared.words else None,
        tag("p", say.nothing_else_to_do),
    )
