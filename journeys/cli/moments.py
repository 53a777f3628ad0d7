"""Moments for operators: in UTC, whatever machine they sit at, and how long ago."""

from __future__ import annotations

from typing import Final

from journeys.core.calendar import DAY, HOUR, MINUTE, SECOND, format_local, zone

_UNITS: Final = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))


def say_utc(at: int | None) -> str:
    """`2026-03-02 09:00`; nothing where there is no moment."""
    return "" if at is None else format_local(zone("UTC"), at)


def say_for(span: int) -> str:
    """`3 hours`, in the largest unit of which there is at least one; `no time` for less than a second."""
    for unit, name in _UNITS:
        if span >= unit:
            count = span // unit
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return "no time"
