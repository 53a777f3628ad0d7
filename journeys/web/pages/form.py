"""Forms: what a customer filled in, as a browser sends it."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from fastapi import Request

from journeys.web.bodies import read_body

_BODY_MAX: Final = 50_000  # bytes
_FIELDS_MAX: Final = 1_000

Form = dict[str, list[str]]


async def read_form(request: Request) -> Form:
    """What was filled in, by name; nothing for what is no form of ours.  Raises Refusal where it cannot be read."""
    body = await read_body(request, most=_BODY_MAX)
    try:
        return parse_qs(body.decode("ascii"), max_num_fields=_FIELDS_MAX)
    except ValueError:  # no ASCII, or too many fields
        return {}
