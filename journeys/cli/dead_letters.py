"""Dead letters in a story: a touch that was given up is told where it was, with why.

No decision says so: what a provider does not take is no turn of the customer's, and stands in the outbox alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from journeys.core.calendar import format_moment, parse_moment
from journeys.core.trace import Row
from journeys.runtime.known import why_of
from journeys.store.looking import OnItsWay


def with_dead_letters(rows: Sequence[Row], touches: Sequence[OnItsWay]) -> list[Row]:
    """The decisions of a customer, and at its place each touch of theirs that has failed."""
    told = list(rows)
    for touch in touches:
        decided = [row for row in rows if touch.status == "failed" and _is_about(row, touch)]
        if not decided:
            continue
        at = touch.settled_at or touch.decided_at
        failed: dict[str, Any] = {
            **decided[-1],
            "at": format_moment(at),
            "answer": "failed",
            "detail": why_of(touch.problem),
        }
        told.insert(sum([parse_moment(str(row["at"])) <= at for row in told]), failed)
    return told


def _is_about(row: Row, touch: OnItsWay) -> bool:
    """Whether it let this touch go.  Which entry it was is told by when that was due."""
    number = str(row.get("enrollment", "")).rpartition("#")[2]
    said = (row.get("answer"), number, row.get("touch"), row.get("visit"), row.get("occurrence"), row.get("due_at"))
    meant = ("admitted", str(touch.enrollment), touch.touch, touch.visit, touch.occurrence, format_moment(touch.due_at))
    return said == meant
