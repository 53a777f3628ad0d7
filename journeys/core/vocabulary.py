"""What a compiled condition may call: the facts' functions, and the calendar in the customer's zone.

There is nothing else in a condition's reach: no builtin but five, and no module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from . import facts
from .calendar import NEVER, add_days, add_months, anniversary, date_of, midnight

if TYPE_CHECKING:
    from .customer import Customer

_DAYS_MAX: Final = 60_000  # a calendar span past this leads out of the calendar


def _shift_days(customer: Customer, at: int | None, days: float | None, sign: int) -> int | None:
    if at is None or days is None or not -_DAYS_MAX < days < _DAYS_MAX:
        return None
    return add_days(customer.zone, at, sign * int(days))


def _shift_months(customer: Customer, at: int | None, months: float | None, sign: int) -> int | None:
    if at is None or months is None or not -_DAYS_MAX / 31 < months < _DAYS_MAX / 31:
        return None
    return add_months(customer.zone, at, sign * int(months))


def _shift_date(
    customer: Customer, date: int | None, days: float | None, months: float | None, sign: int
) -> int | None:
    """A date moved by days or months: the calendar does it at that date's first instant."""
    if date is None:
        return None
    at = midnight(customer.zone, date)
    moved = _shift_days(customer, at, days, sign) if months is None else _shift_months(customer, at, months, sign)
    return None if moved is None else date_of(customer.zone, moved)


def _midnight(customer: Customer, date: int | None) -> int | None:
    return None if date is None else midnight(customer.zone, date)


def _yearly(customer: Customer, date: int | None, now: int) -> int | None:
    return None if date is None else anniversary(date, date_of(customer.zone, now))


def _best(pick: Callable[[list[Any]], Any], values: tuple[Any, ...]) -> Any:
    return None if None in values else pick(list(values))


def _without(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    return None if one is None or other is None else tuple([item for item in one if item not in other])


VOCABULARY: Final[dict[str, Any]] = {
    "__builtins__": {"bool": bool, "len": len, "tuple": tuple, "min": min, "max": max},
    "NEVER": NEVER,
    "shift_days": _shift_days,
    "shift_months": _shift_months,
    "shift_date": _shift_date,
    "midnight": _midnight,
    "yearly": _yearly,
    "best": _best,
    "without": _without,
    "NOTHING_OPEN": facts.NOTHING_OPEN,
    "decayed": facts.decayed,
    "count_since": facts.count_since,
    "rows_since": facts.rows_since,
    "count_rows": facts.count_rows,
    "sum_rows": facts.sum_rows,
    "list_rows": facts.list_rows,
    "whole_days": facts.whole_days,
    "usual_gap": facts.usual_gap,
    "stands_in": facts.stands_in,
    "is_in_state": facts.is_in_state,
    "covers": facts.covers,
    "overlaps": facts.overlaps,
    "divide": facts.divide,
    "multiply": facts.multiply,
    "whole": facts.whole,
    "next_edge": facts.next_edge,
    "count_edge": facts.count_edge,
    "day_edge": facts.day_edge,
    "score_edge": facts.score_edge,
    "soonest": facts.soonest,
}
