"""Telling: what a page was told becomes an event of its customer, as any other."""

from __future__ import annotations

from typing import Any, Literal

from journeys.web.events import to_row
from journeys.web.parts import Parts


async def tell(parts: Parts, raw: dict[str, Any], now: int) -> bool:
    """Keeps an event, new or known, and counts it; False where nobody declares it.  Raises Refusal."""
    status = await keep(parts, raw, now)
    if status is not None:
        parts.figures.count_events(status, 1)
    return status is not None


async def keep(parts: Parts, raw: dict[str, Any], now: int) -> Literal["accepted", "repeated"] | None:
    """As `tell`, for whoever counts it by what they learn of it yet."""
    row = to_row(parts.program(), raw, now=now)
    if row is None:
        return None
    [is_new] = await parts.writer.keep([row])
    return "accepted" if is_new else "repeated"
