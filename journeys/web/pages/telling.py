"""Telling: what a page was told becomes an event of its customer, as any other."""

from __future__ import annotations

from typing import Any, Literal

from journeys.web.events import to_row
from journeys.web.parts import Parts


async def tell(parts: Parts, *raws: dict[str, Any], now: int, may_erase: bool = False) -> None:
    """Keeps events together, new or known, and counts them; each is declared.  Raises Refusal."""
    statuses = await keep(parts, *raws, now=now, may_erase=may_erase)
    assert len(statuses) == len(raws)
    for status in statuses:
        parts.figures.count_events(status, 1)


async def keep(
    parts: Parts, *raws: dict[str, Any], now: int, may_erase: bool = False
) -> list[Literal["accepted", "repeated"]]:
    """As `tell`, for whoever counts them by what they learn of them yet: what became of those that are declared."""
    program = parts.program()
    rows = [to_row(program, raw, now=now, may_erase=may_erase, is_from_page=True) for raw in raws]
    declared = [row for row in rows if row is not None]
    new = await parts.writer.keep(declared) if declared else []
    return ["accepted" if is_new else "repeated" for is_new in new]
