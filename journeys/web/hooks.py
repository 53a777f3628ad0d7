"""Hooks: `POST /v1/hooks/NAME`, where senders that know nothing of us tell what happened.

Who it is follows from the signature alone, which is of the bytes as they came; only then is the body read.  How it is
signed and what it means to us is said in sources.yaml.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response

from journeys.core.calendar import parse_moment
from journeys.definition.sources_model import Source
from journeys.errors import ConfigurationError, InputError
from journeys.sources.hooks import Heard, read_hook
from journeys.sources.machines import Clicks
from journeys.sources.signatures import is_signed, secrets_of

from .answers import answer
from .bodies import read_body, read_json
from .describing import OPERATIONS
from .events import PassedOver, take
from .parts import Parts
from .problems import BAD_EVENT, BAD_SIGNATURE, TOO_LARGE, UNAVAILABLE, UNKNOWN_SOURCE, Refusal
from .writer import ROWS_AT_ONCE

# The bytes are the bound: SendGrid's 768 kB hold about 2,300 events.  More are more than one transaction.
EVENTS_MAX: Final = ROWS_AT_ONCE
# A click waits so long for others of its touch: three within five seconds are a machine's.
CLICKS_WAIT: Final = 5.0  # seconds

_log = structlog.get_logger()


def add_hooks(app: FastAPI, parts: Parts, *, clicks_wait: float) -> None:
    clicks = Clicks()

    @app.post("/v1/hooks/{source}", status_code=202, **OPERATIONS["post_hook"])
    async def post_hook(request: Request) -> Response:
        program = parts.program()
        source = program.definitions.sources.get(request.path_params["source"])
        if source is None:
            parts.rates.count_failure(request)
            raise Refusal(UNKNOWN_SOURCE, "sources.yaml, as it was published last, has no source of this name")
        await parts.pressure.refuse_if_behind()
        body = await read_body(request)
        headers = dict(request.headers)
        _see_signature(parts, source, headers, body, request)
        # Only now: what anyone may send in its name must not be counted as the source's.
        parts.rates.count("source", source.name)

        said = {name.replace("-", "_"): value for name, value in headers.items()}
        try:
            # On the loop the largest would let nobody else be heard for a third of a second.
            heard = await asyncio.to_thread(read_hook, program, source, said, read_json(body))
        except InputError as error:
            raise Refusal(BAD_EVENT, str(error), path=()) from None
        if len(heard) > EVENTS_MAX:
            raise Refusal(TOO_LARGE, f"these are {len(heard):,} events: send at most {EVENTS_MAX:,} at once")
        for each in heard:
            if each.in_other_currency:
                _log.warning(
                    "event_passed_over", source=source.name, event_id=each.id, because="its amount is in other money"
                )
        machines = await _machines(clicks, heard, parts, clicks_wait)
        items = [_item(each, by_machine=by) for each, by in zip(heard, machines)]
        places = [() if source.each is None else (place,) for place in range(len(items))]
        return answer(202, await take(parts, items, places, is_translated=True))


def _see_signature(parts: Parts, source: Source, headers: dict[str, str], body: bytes, request: Request) -> None:
    if source.signed.by == "basic":
        # A password may be guessed, a signature may not: its sender waits for nobody who has none.
        parts.rates.refuse_failing(request)
    try:
        secrets = secrets_of(source, parts.environment)
    except ConfigurationError as error:
        _log.error("source_without_secret", source=source.name, because=str(error))
        raise Refusal(UNAVAILABLE, "this source is not set up here yet", headers={"Retry-After": "60"}) from None
    if not is_signed(source.signed, secrets, headers, body, parts.clock()):
        parts.rates.count_failure(request)
        challenge = {"WWW-Authenticate": 'Basic realm="journeys"'} if source.signed.by == "basic" else {}
        raise Refusal(BAD_SIGNATURE, "its signature is missing, too old, or of another secret", headers=challenge)


async def _machines(clicks: Clicks, heard: Sequence[Heard], parts: Parts, wait: float) -> list[bool]:
    """For each whether it is a machine's.  Whoever clicks is told apart by what else is clicked around that time."""
    now = parts.clock()
    at = [_at(each, now) for each in heard]
    followed = [(each.click, moment) for each, moment in zip(heard, at) if each.click is not None]
    for (touch, link), moment in followed:
        clicks.add(touch, link, moment, now)
    if followed:
        # Nobody is told that it is taken before it is: who ends meanwhile is sent it again.
        await asyncio.sleep(wait)
    return [
        each.by_machine or (each.click is not None and clicks.is_scan(each.click[0], moment))
        for each, moment in zip(heard, at)
    ]


def _at(heard: Heard, now: int) -> int:
    said = heard.raw.get("at") if isinstance(heard.raw, dict) else None
    try:
        return now if said is None else parse_moment(said)
    except ValueError:
        return now  # it is refused where events are read


def _item(heard: Heard, *, by_machine: bool) -> Any:
    if by_machine:
        return PassedOver(id=heard.id, by_machine=True)
    match heard.raw:
        case None:
            return PassedOver(id=heard.id, because=heard.because)
        case InputError() as error:
            return Refusal(BAD_EVENT, str(error), path=())
        case raw:
            return raw
