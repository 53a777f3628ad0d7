"""CloudEvents over HTTP: `POST /v1/cloudevents`, in each of the three ways of its HTTP binding.

A body of type `application/cloudevents+json` is an event in its envelope, one of `application/cloudevents-batch+json`
a list of them; anything else is the data of one event, whose envelope is in the headers that begin with `ce-`.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any, Final
from urllib.parse import unquote

from fastapi import FastAPI, Request, Response

from journeys.core.program import Program
from journeys.errors import InputError
from journeys.sources.cloudevents import read_envelope

from .answers import answer
from .bodies import content_type, is_json, read_body, read_items, read_json
from .describing import OPERATIONS
from .events import EVENTS_MAX, take
from .parts import Parts
from .problems import BAD_EVENT, BAD_JSON, TOO_LARGE, WRONG_MEDIA, Refusal

ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
_PREFIX: Final = "ce-"
_ENVELOPED: Final = "application/cloudevents"


def add_cloudevents(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/cloudevents", status_code=202, **OPERATIONS["post_cloudevents"])
    async def post_cloudevents(request: Request) -> Response:
        key = await parts.access.allow(request, "ingest")
        await parts.pressure.refuse_if_behind()
        envelopes, is_list = await _envelopes(request)
        if not envelopes:
            raise Refusal(BAD_JSON, "there is no event in it", path=())
        if len(envelopes) > EVENTS_MAX:
            raise Refusal(TOO_LARGE, f"these are {len(envelopes):,} events: send at most {EVENTS_MAX:,} at once")
        program = parts.program()
        items = [_read(program, each) for each in envelopes]
        places: list[tuple[str | int, ...]] = [(place,) if is_list else () for place in range(len(items))]
        taken = await take(parts, items, places, may_erase="admin" in key.scopes, is_translated=True)
        return answer(202, taken)


async def _envelopes(request: Request) -> tuple[list[Any], bool]:
    """The events in their envelopes, and whether they came as a list."""
    is_enveloped = request.headers.get("content-type", "").strip().lower().startswith(_ENVELOPED)
    if not is_enveloped and any([name.startswith(_PREFIX) for name in request.headers]):
        return [await _of_headers(request)], False
    kind = content_type(request, ONE, BATCH, "application/json")
    items, is_list = read_items(await read_body(request))
    if kind == BATCH and not is_list:
        raise Refusal(BAD_JSON, "a batch is a list: […]", path=())
    return items, is_list


async def _of_headers(request: Request) -> dict[str, Any]:
    headers = request.headers
    # What is not printable ASCII comes percent-encoded (section 3.1.3.2 of the binding).
    envelope: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)
    }
    body = await read_body(request)
    if body:
        # Whoever does not say what the data are sends JSON, as everywhere in CloudEvents.
        kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if not is_json(kind) or "content-encoding" in headers:
            raise Refusal(WRONG_MEDIA, "the data of an event are sent as JSON, as they are")
        envelope["data"] = read_json(body)
    return envelope


def _read(program: Program, envelope: Any) -> Any:
    if isinstance(envelope, Refusal):
        return envelope
    try:
        if isinstance(envelope, dict) and "data_base64" in envelope:
            envelope = {**envelope, "data": _in_base64(envelope["data_base64"])}
        return read_envelope(program, envelope)
    except InputError as error:
        return Refusal(BAD_EVENT, str(error), path=error.path)
    except Refusal as refusal:
        return refusal


def _in_base64(said: Any) -> Any:
    try:
        data = b64decode(said, validate=True)
    except (TypeError, ValueError):
        raise InputError("`data_base64` is no base64", ("data_base64",)) from None
    return read_json(data)
