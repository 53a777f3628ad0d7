"""Unsubscribing: the page behind the link of a mail, and the one click of RFC 8058.

`GET` shows a page and changes nothing, because programs that look at mails follow every link in them.  `POST` takes
the consent back at once, from the button on the page or from a mail program on the reader's behalf: without a key,
a cookie or a question, and never with a redirect, which such a program would not follow.  The signed link is the proof.

It is taken even when much else waits: a withdrawal is never refused because we are behind.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from fastapi import FastAPI, Request, Response

from journeys.content.tokens import Named, read_token
from journeys.core.calendar import MINUTE, format_moment
from journeys.core.program import Program
from journeys.measure.html.markup import Child, tag, write_document
from journeys.store.inbox import Received

from .describing import OPERATIONS
from .events import to_row
from .parts import Parts
from .problems import Refusal

SOURCE: Final = "unsubscribe"

_STYLE: Final = """\
:root { color-scheme: light dark; --ink: #222; --soft: #5f5f5f; --page: #f3f2ef; --sheet: #fff; --line: #d9d6cf; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #a9a9a9; --page: #161616; --sheet: #222; --line: #3a3a3a; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 8vh 1rem 2rem; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.55 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 32rem; margin: 0 auto; padding: 2rem; background: var(--sheet); border-radius: .5rem;
  overflow-wrap: anywhere; }
.brand { margin: 0 0 1.25rem; font-weight: 600; color: var(--soft); }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
blockquote { margin: 0 0 1.5rem; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--soft); }
button { min-height: 3rem; padding: .5rem 1.5rem; border: 0; border-radius: .375rem; cursor: pointer;
  background: var(--ink); color: var(--sheet); font: inherit; font-weight: 600; }
button:focus-visible { outline: 3px solid #4c8dd6; outline-offset: 2px; }
main > :last-child { margin-bottom: 0; }
"""
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Robots-Tag": "noindex",
}


def add_unsubscribing(app: FastAPI, parts: Parts) -> None:
    @app.get("/unsubscribe/{token}", **OPERATIONS["get_unsubscribe"])
    async def get_unsubscribe(request: Request) -> Response:
        named = read_token(parts.secret, request.path_params["token"])
        program = parts.program()
        return _unknown(program) if named is None else _ask(program, named.purpose)

    @app.post("/unsubscribe/{token}", **OPERATIONS["post_unsubscribe"])
    async def post_unsubscribe(request: Request) -> Response:
        # The body is not read: whatever a mail program sends in it, the link has said all.
        named = read_token(parts.secret, request.path_params["token"])
        program = parts.program()
        if named is None:
            return _unknown(program)
        # For a purpose that the brand no longer has nothing is sent.
        if named.purpose in program.names.purposes:
            try:
                is_new = await parts.writer.keep([_withdrawal(program, named, parts.clock())])
            except Refusal as refusal:
                return _failed(program, refusal)
            parts.figures.count_events("accepted" if is_new[0] else "repeated", 1)
        return _done(program, named.purpose)


def _withdrawal(program: Program, named: Named, now: int) -> Received:
    """The event that takes the consent back.

    Its id is of the token and the minute, so that a click which a mail program repeats is one event.  Of the token
    alone it must not be: who agrees again later, and then follows the old link, has withdrawn once more.
    """
    row = to_row(
        program,
        {
            "id": f"{named.proof.hex()}-{now // MINUTE}",
            "source": SOURCE,
            "name": "consent.withdrawn",
            "customer": named.customer,
            "at": format_moment(now),
            "properties": {"purpose": named.purpose},
        },
        now=now,
    )
    assert row is not None  # the engine's own events are always declared
    return row


# ---------------------------------------------------------------- pages


def _ask(program: Program, purpose: str) -> Response:
    brand = program.definitions.brand
    declared = brand.purposes.get(purpose)
    words = None if declared is None else declared.words
    return _page(
        program,
        f"Unsubscribe from {brand.name}?",
        tag("p", "You agreed to this:") if words else tag("p", "You will get no more messages of this kind."),
        tag("blockquote", words) if words else None,
        tag(
            "form",
            tag("input", type="hidden", name="List-Unsubscribe", value="One-Click"),
            tag("button", "Unsubscribe", type="submit"),
            method="post",
        ),
    )


def _done(program: Program, purpose: str) -> Response:
    declared = program.definitions.brand.purposes.get(purpose)
    return _page(
        program,
        "You are unsubscribed",
        tag("p", "This no longer holds:") if declared and declared.words else None,
        tag("blockquote", declared.words) if declared and declared.words else None,
        tag("p", "You need do nothing else. A message that is on its way already may still arrive."),
    )


def _unknown(program: Program) -> Response:
    return _page(
        program,
        "This link does not work",
        tag("p", "It is not whole, or not one of ours. Try it again from the message that it came with."),
        status=404,
    )


def _failed(program: Program, refusal: Refusal) -> Response:
    return _page(
        program,
        "This did not work just now",
        tag("p", "You are not unsubscribed yet. Please try again in a minute."),
        status=refusal.kind.status,
        headers=refusal.headers,
    )


def _page(
    program: Program, title: str, *main: Child, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    brand = program.definitions.brand
    html = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="robots", content="noindex"),
            tag("title", f"{title} · {brand.name}"),
            tag("style", _STYLE),
        ),
        tag("body", tag("main", tag("p", brand.name, class_="brand"), tag("h1", title), main)),
        lang="en",
    )
    return Response(write_document(html), status, {**_HEADERS, **(headers or {})}, media_type="text/html")
