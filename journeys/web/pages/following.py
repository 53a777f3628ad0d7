"""Following: the links and the picture by which a mail tells that it was read, where the brand asks for that.

A link leads where the mail said, and nowhere else: its address is sealed in it.  Programs fetch pictures and follow
links too, and so do browsers that look ahead.  One that says so is counted and tells nothing.  One that does not is
known by following three links of a touch within five seconds: so a click is heard five seconds after it was made, and
what turns out until then to be such a program's is never heard.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from hashlib import blake2b
from typing import Final, Literal

from fastapi import FastAPI, Request, Response

from journeys.content.message import EMAIL
from journeys.content.tokens import Named, Use, read_token
from journeys.core.calendar import SECOND, format_moment
from journeys.sources.machines import LINKS, WITHIN, is_machine, looks_ahead
from journeys.store.inbox import ahead, pass_over
from journeys.web.envelope import is_head
from journeys.web.parts import Parts
from journeys.web.problems import Refusal
from journeys.web.reading import log_failure

from .describing import PAGES
from .link import open_link
from .telling import keep

SOURCE: Final = "mail"
_TRACKS: Final = {"clicked": "clicks", "opened": "opens"}
_ALIKE_WITHIN: Final = 10 * SECOND
_WAIT_FOR: Final = 2.0  # seconds; nobody waits longer for a page because we would know of it
_PIXEL: Final = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_SHOWN_ANYWHERE: Final = {"Cross-Origin-Resource-Policy": "cross-origin"}  # a mail is read on a site of its own


def add_following(app: FastAPI, parts: Parts) -> None:
    @app.get("/click/{token}", **PAGES["get_click"])
    async def get_click(request: Request) -> Response:
        link = open_link(parts, request, Use.CLICK, however_often=True)
        if isinstance(link, Response):
            return link
        leads_to = link.named.names[3]
        await _hear(parts, request, link.named, "clicked", leads_to)
        return Response(status_code=302, headers={"Location": leads_to})

    @app.get("/open/{token}", **PAGES["get_open"])
    async def get_open(request: Request) -> Response:
        named = read_token(parts.secret, Use.OPEN, request.path_params["token"])
        if named is not None:
            await _hear(parts, request, named, "opened")
        return Response(_PIXEL, headers=_SHOWN_ANYWHERE, media_type="image/gif")


async def _hear(
    parts: Parts, request: Request, named: Named, what: Literal["clicked", "opened"], link: str = ""
) -> None:
    """Keeps it for the worker, unless nobody asks for it any more, a machine did it, or it is too often.

    Who follows a link gets there, whatever becomes of this.
    """
    channel = parts.program().definitions.brand.channels.get(EMAIL)
    if channel is None or _TRACKS[what] not in channel.track:
        return
    agent = request.headers.get("user-agent")
    if is_head(request) or not agent or is_machine(agent) or looks_ahead(request.headers):
        parts.figures.count_events("machine", 1)
        return
    customer, touch, key = named.names[:3]
    try:
        parts.rates.count("link", customer)
    except Refusal:
        return
    now = parts.clock()
    # A page that is loaded anew, or a picture shown again, at about the same time is one.
    mark = blake2b(link.encode(), digest_size=6).hexdigest()
    event = {
        "id": f"{key}-{what}-{mark}-{now // _ALIKE_WITHIN}",
        "source": SOURCE,
        "name": f"{touch}.{what}",
        "customer": customer,
        "at": format_moment(now + WITHIN if what == "clicked" else now),
    }
    try:
        async with asyncio.timeout(_WAIT_FOR):
            statuses = await keep(parts, event, now=now)
            if not statuses:
                return  # of a touch that there is no more nobody is told
            is_scan = what == "clicked" and await asyncio.to_thread(_pass_over_scan, parts, customer, f"{key}-clicked-")
            # The clicks before it were counted when nobody could know, and are not counted again.
            parts.figures.count_events("machine" if is_scan else statuses[0], 1)
    except Exception as error:
        log_failure("not_heard", error)


def _pass_over_scan(parts: Parts, customer: str, begins: str) -> bool:
    """Whether the clicks of this touch turn out to be a machine's, together; then none of them is heard."""
    with parts.database.reading() as connection:
        of_late = ahead(connection, customer, SOURCE, begins, parts.clock())
    # Nearly always it is a person, and nobody need wait for a place to write.
    if len({id.removeprefix(begins).partition("-")[0] for id in of_late}) < LINKS:
        return False
    with parts.database.writing() as connection:
        pass_over(connection, customer, SOURCE, of_late)
    return True
