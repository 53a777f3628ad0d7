"""Words for what a definition says: clocks, spans, triggers and moves, as a person would say them.

The one place that turns them back into text.  Tables, diagrams, traces and explanations all
speak through here, so that a journey reads the same wherever it is shown.  Nothing here
decides anything, and nothing here knows how a terminal or a diagram escapes its text.
"""

from __future__ import annotations

import re
from typing import Final

from .model import DAY, Clock, Condition, Entry, Move, SendEntry, Span

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_LINE_BREAK: Final = re.compile(r"\s*\n\s*")


def say_exact(microseconds: int) -> str:
    """An exact length in the largest unit that it fills: `3 days`, `90 minutes`.  A day is 24 hours here."""
    if microseconds and microseconds % DAY == 0:
        return _counted(microseconds // DAY, "day")
    return _say_hours(microseconds)


def say_span(span: Span) -> str:
    """A span by the calendar: 24 hours stay 24 hours, since a day is something else here."""
    match span.unit:
        case "exact":
            return _say_hours(span.amount)
        case "days":
            return _counted(span.amount, "day")
        case "months" if span.amount % 12 == 0:
            return _counted(span.amount // 12, "year")
        case "months":
            return _counted(span.amount, "month")
        case "business hours":
            return _counted(span.amount, "business hour")
        case "business days":
            return _counted(span.amount, "business day")


def say_share(parts: int) -> str:
    """Parts in a million as a share: `33.3%`, or `110%` of what was too much."""
    whole, rest = divmod(parts, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".") + "%"


def say_time_of_day(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def say_clock(clock: Clock) -> str:
    """`after 30 days`, `due journey.ends_at - days(3) at 18:00`, `every 7 days at 18:00 on tue, wed, thu`."""
    words = []
    if clock.after is not None:
        words.append(f"after {say_span(clock.after)}")
    if clock.due is not None:
        words.append(f"due {say_condition(clock.due)}")
    if clock.every is not None:
        words.append(f"{'then ' if words else ''}every {say_span(clock.every)}")
    if clock.at is not None:
        words.append(f"at {say_time_of_day(clock.at)}")
    if clock.on_days:
        words.append("on " + ", ".join([WEEKDAYS[day] for day in sorted(clock.on_days)]))
    if clock.times is not None:
        words.append("once" if clock.times == 1 else f"{clock.times} times")
    return " ".join(words) or "on arrival"


def say_condition(condition: Condition) -> str:
    """Its text on one line."""
    return _LINE_BREAK.sub(" ", condition.text.strip())


def say_trigger(move: Move) -> str:
    """What sets a move off, without its condition: events, a clock, or `whenever`."""
    if move.on:
        return say_events(move.on) + (" for any key" if move.any_key else "")
    if move.clock is not None:
        return say_clock(move.clock)
    return "whenever"


def say_move(move: Move) -> str:
    """`on order_placed, if event.total >= 5`, `after 30 days`, `whenever score("intent") >= 40`."""
    trigger = say_trigger(move)
    lasting = "" if move.for_ is None else f" for {say_exact(move.for_)}"
    if not move.on and move.clock is None:
        return trigger + (" possible" if move.condition is None else f" {say_condition(move.condition)}") + lasting
    words = f"on {trigger}" if move.on else trigger
    return words + _say_if(move.condition) + lasting


def say_entry(entry: Entry) -> str:
    """`on product_viewed, if event.category == "espresso"`, `when in_segment("vip") at 10:00`."""
    at = "" if entry.at is None else f" at {say_time_of_day(entry.at)}"
    if entry.on:
        return f"on {say_events(entry.on)}{_say_if(entry.condition)}{at}"
    return "when " + ("possible" if entry.condition is None else say_condition(entry.condition)) + at


def say_touches(send: SendEntry) -> str:
    """`free-sample, else comparison-sheet`, `why-pressure, then why-grind`, `store-task to care_lead`."""
    words = ", then ".join(send.touches)
    if send.to is not None:
        words += f" to {send.to}"
    return words + ("" if send.otherwise is None else f", else {send.otherwise}")


def say_events(events: tuple[str, ...]) -> str:
    """`order_placed`, `guide_opened or review_read`, `a, b or c`."""
    return " or ".join([", ".join(events[:-1]), events[-1]]) if len(events) > 1 else "".join(events)


def _say_if(condition: Condition | None) -> str:
    return "" if condition is None else f", if {say_condition(condition)}"


def _say_hours(microseconds: int) -> str:
    for unit, length in (("hour", _HOUR), ("minute", _MINUTE), ("second", _SECOND)):
        if microseconds and microseconds % length == 0:
            return _counted(microseconds // length, unit)
    whole, rest = divmod(microseconds, _SECOND)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".") + " seconds"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
