"""Telling: what a page was told becomes an event of its customer, as any other."""

from __future__ import annotations

from typing import Any

from journeys.web.events import to_row
from journeys.web.parts import Parts


async def tell(parts: Parts, *raws: dict[str, Any], now: int, may_erase: bool = False) -> bool:
    """Keeps events together, new or known, and counts them; False where nobody declares one.  Raises Refusal."""
    program = parts.program()
    rows = [to_row(program, raw, now=now, may_erase=may_erase) for raw in raws]
    declared = [row for row in rows if row is not None]
    for is_new in await parts.writer.keep(declared) if declared else ():
        parts.figures.count_events("accepted" if is_new else "repeated", 1)
    return len(declared) == len(raws)
