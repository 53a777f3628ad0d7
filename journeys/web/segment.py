"""Segment's HTTP API: `POST /v1/batch` and its sisters, for the libraries that speak it.

The key is the user name of Basic authentication, where those libraries put their write key.  What a body is follows
from the path, and not from how it is labelled: some call it a form, and some press it together without a word.  They
do not look at single messages, so that a batch of which one is good is `200`; what none of it could be taken of is
`400`, which they tell and do not send again, as they do what is refused for a time (`429`, `5xx`).
"""

from __future__ import annotations

import zlib
from typing import Any, Final

from fastapi import FastAPI, Request, Response

from journeys.core.program import Program
from journeys.errors import InputError
from journeys.sources.segment import TYPES, read_message

from .answers import SegmentTaken, answer, refuse_segment
from .bodies import BODY_MAX, read_body, read_json, read_listed
from .describing import OPERATIONS
from .events import EVENTS_MAX, PassedOver, take
from .parts import Parts
from .problems import BAD_EVENT, BAD_JSON, TOO_LARGE, Refusal

_GZIP: Final = b"\x1f\x8b"
_BATCHES: Final = ("batch", "import")
# Segment itself says each of these as 400.
_FINAL: Final = (413, 415)


def add_segment(app: FastAPI, parts: Parts) -> None:
    async def post_segment(request: Request) -> Response:
        try:
            return answer(200, await _take(parts, request))
        except Refusal as refusal:
            return _refused(refusal)

    for name in (*_BATCHES, *TYPES):
        app.post(f"/v1/{name}", status_code=200, **OPERATIONS[f"post_{name}"])(post_segment)


async def _take(parts: Parts, request: Request) -> SegmentTaken:
    await parts.access.allow(request, "ingest", by_name=True)
    await parts.pressure.refuse_if_behind()
    body = _unpacked(await read_body(request))
    kind = request.url.path.rpartition("/")[2]
    is_batch = kind in _BATCHES
    around, messages = read_listed(body, "batch") if is_batch else ({}, [read_json(body)])
    if len(messages) > EVENTS_MAX:
        raise Refusal(TOO_LARGE, f"these are {len(messages):,} messages: send at most {EVENTS_MAX:,} at once")

    program, now = parts.program(), parts.clock()
    items: list[Any] = []
    places: list[tuple[str | int, ...]] = []
    for place, message in enumerate(messages):
        read = _read(program, message, around.get("sentAt"), now, None if is_batch else kind)
        items += read
        places += [("batch", place) if is_batch else ()] * len(read)
    taken = await take(parts, items, places, is_translated=True)
    return SegmentTaken(
        success=True,
        accepted=taken.accepted,
        repeated=taken.repeated,
        ignored=taken.ignored,
        refused=taken.refused,
        events=[each for each in taken.events if each.status == "refused"],
    )


def _read(program: Program, message: Any, sent_at: Any, now: int, kind: str | None) -> list[Any]:
    if isinstance(message, Refusal):
        return [message]
    try:
        read = read_message(program, message, sent_at=sent_at, now=now, kind=kind)
    except InputError as error:
        read = [error]
    return [Refusal(BAD_EVENT, str(each), path=()) if isinstance(each, InputError) else each for each in read] or [
        PassedOver(id=None)
    ]


def _unpacked(body: bytes) -> bytes:
    """The body, unpacked if it is packed; no further than it may be long."""
    if not body.startswith(_GZIP):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, BODY_MAX + 1)
    except zlib.error:
        raise Refusal(BAD_JSON, "it begins as gzip does, and cannot be unpacked", path=()) from None
    if len(unpacked) > BODY_MAX:
        raise Refusal(TOO_LARGE, f"it is longer than {BODY_MAX:,} bytes, unpacked: send it in parts")
    if not unpacker.eof:
        raise Refusal(BAD_JSON, "it begins as gzip does, and ends too early", path=())
    return unpacked


def _refused(refusal: Refusal) -> Response:
    """A problem with what these libraries look for in one, and a status that they read as it is meant."""
    status = refusal.kind.status
    return refuse_segment(refusal, 400 if status in _FINAL else status)
