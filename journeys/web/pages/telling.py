"""Telling: what a page was told becomes an event of its customer, as any other."""

from __future__ import annotations

from typing import Any

from journeys.web.events import to_row
from journeys.web.parts import Parts


async def tell(parts: Parts, raw: dict[str, Any], now: int) -> bool:
    """Keeps an event, new or known, and counts it; False where nobody declares it.  Raises Refusal."""
    row = to_row(parts.program(), raw, now=now)
    if row is None:
        return False
    [is_new] = await parts.writer.keep([row])
    parts.figures.count_events("accepted" if is_new else "repeated", 1)
    return True
