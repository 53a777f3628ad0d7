"""Facts: what is remembered of a customer's events, and only as far as conditions read it.

Each condition that looks back owns a `Slot`; an event is written into the slots that want
it and then forgotten.  A slot holds at most `MOMENTS_MAX` moments whatever the history: a
count saturates there and then means "at least".  A slot's value is never changed in place.

The functions below are the vocabulary of compiled conditions.  None is "missing".
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import ceil, floor, inf, log2, pow
from typing import Any, Final

from .calendar import DAY, NEVER, days_for
from .customer import Enrollment, Event

MOMENTS_MAX: Final = 1_000
_PRODUCT_MAX: Final = 1e300  # so that no sum of a condition's few hundred terms leaves what a number can hold
GAPS_MAX: Final = 100  # `usual_gap` looks at this many of the latest moments

MOMENTS: Final = 0  # list of instants
ROWS: Final = 1  # (list of instants, list of tuples of properties)
LAST: Final = 2  # (instant, tuple of properties)
SCORE: Final = 3  # (value, instant, when it last became a value: what was added before that is gone)
OPEN: Final = 4  # (what is up and not yet down, what came down first with its instant)

Opened = tuple[tuple[Any, ...], tuple[tuple[Any, int], ...]]
NOTHING_OPEN: Final[Opened] = ((), ())


class Slot:
    """Where one fact is kept, which events feed it, and how.

    `filters` are (property index, constant); `columns` the properties kept; `horizon` the
    longest window that is read.  `amounts` are a score's, by event: (is added, value).
    `up` tells an OPEN slot's opening events from its closing ones.
    """

    __slots__ = ("amounts", "columns", "filters", "half_life", "horizon", "index", "kind", "up")

    def __init__(self, kind: int, index: int, filters: tuple[tuple[int, Any], ...], columns: tuple[int, ...]) -> None:
        self.kind = kind
        self.index = index
        self.filters = filters
        self.columns = columns
        self.horizon = 0
        self.half_life = 0
        self.amounts: dict[int, tuple[bool, float]] = {}
        self.up: dict[int, tuple[bool, int]] = {}

    def record(self, facts: list[Any], event: Event) -> None:
        for place, wanted in self.filters:
            if event.properties[place] != wanted:
                return
        kind = self.kind
        old = facts[self.index]
        at = event.at
        if kind == MOMENTS:
            facts[self.index] = [at] if old is None else self._with_moment(old, at)
        elif kind == LAST:
            if old is None or at >= old[0]:
                facts[self.index] = (at, self._row(event) if self.columns else ())
        elif kind == SCORE:
            is_added, amount = self.amounts[event.event]
            if old is None or (not is_added and at >= old[1]):
                facts[self.index] = (amount, at, -1 if is_added else at)
            elif is_added and at >= old[1]:
                facts[self.index] = (decayed(old, at, self.half_life) + amount, at, old[2])
            elif is_added and at >= old[2]:
                facts[self.index] = (old[0] + decayed((amount, at), old[1], self.half_life), old[1], old[2])
        elif kind == ROWS:
            facts[self.index] = ([at], [self._row(event)]) if old is None else self._with_row(old, event)
        else:
            facts[self.index] = self._with_opened(NOTHING_OPEN if old is None else old, event)

    def _with_moment(self, old: list[int], at: int) -> list[int]:
        newest = old[-1]
        if newest <= at - self.horizon < at:
            # All that was kept is past the window.
            return [at]
        times = [*old, at]
        if newest > at:
            times.sort()
        if times[0] <= times[-1] - self.horizon or len(times) > MOMENTS_MAX:
            return times[_start(times, self.horizon) :]
        return times

    def _row(self, event: Event) -> tuple[Any, ...]:
        return tuple([event.properties[place] for place in self.columns])

    def _with_row(
        self, old: tuple[list[int], list[tuple[Any, ...]]], event: Event
    ) -> tuple[list[int], list[tuple[Any, ...]]]:
        moments, rows = [*old[0]], [*old[1]]
        place = bisect_right(moments, event.at)
        moments.insert(place, event.at)
        rows.insert(place, self._row(event))
        start = _start(moments, self.horizon)
        return (moments[start:], rows[start:])

    def _with_opened(self, old: Opened, event: Event) -> Opened:
        """What is closed before its opening is heard is remembered, so that a late opening does not stay for ever."""
        opened, closed = old
        is_up, place = self.up[event.event]
        what = event.properties[place]
        if what is None:
            return old
        if not is_up:
            if what in opened:
                return (tuple([other for other in opened if other != what]), closed)
            return (opened, (*closed, (what, event.at))[-MOMENTS_MAX:])
        if what in opened or any([other == what and event.at <= at for other, at in closed]):
            return old
        return ((*opened, what)[-MOMENTS_MAX:], closed)


def joined(slot: Slot, one: Any, other: Any) -> Any:
    """What two customers remember, as if all of it had happened to one."""
    if one is None or other is None:
        return one if other is None else other
    kind = slot.kind
    if kind == MOMENTS:
        times = sorted([*one, *other])
        return times[_start(times, slot.horizon) :]
    if kind == ROWS:
        places = sorted(
            [(at, 0, place) for place, at in enumerate(one[0])] + [(at, 1, place) for place, at in enumerate(other[0])]
        )
        rows = [(one, other)[whose][1][place] for _, whose, place in places]
        times = [at for at, _, _ in places]
        start = _start(times, slot.horizon)
        return (times[start:], rows[start:])
    if kind == LAST:
        return other if other[0] > one[0] else one
    if kind == SCORE:
        earlier, later = (one, other) if one[1] <= other[1] else (other, one)
        # What became a value after all that the other added has taken that away.
        value = 0 if earlier[1] <= later[2] else decayed(earlier, later[1], slot.half_life)
        return (later[0] + value, later[1], max(earlier[2], later[2]))
    # What either saw coming down is not up.
    closed = tuple(sorted({*one[1], *other[1]}, key=lambda each: (each[1], str(each[0]))))[-MOMENTS_MAX:]
    down = {what for what, _ in closed}
    opened = dict.fromkeys([what for what in (*one[0], *other[0]) if what not in down])
    return (tuple(opened)[-MOMENTS_MAX:], closed)


def _start(times: list[int], horizon: int) -> int:
    """Where what is kept of moments begins: within the window, and so many at most."""
    return max(bisect_right(times, times[-1] - horizon), len(times) - MOMENTS_MAX)


def decayed(score: tuple[float, int] | tuple[float, int, int] | None, at: int, half_life: int) -> float:
    """A score's value at an instant: it halves in each half-life."""
    if score is None:
        return 0
    value: float = score[0]
    since: int = score[1]
    if half_life == 0 or at <= since:
        return value
    return value * pow(2.0, (since - at) / half_life)


# ---------------------------------------------------------------- what conditions call


def count_since(times: list[int] | None, start: int | None) -> int | None:
    if start is None:
        return None
    return 0 if times is None else len(times) - bisect_right(times, start)


def rows_since(
    slot: tuple[list[int], list[tuple[Any, ...]]] | None, start: int | None, wanted: tuple[Any, ...]
) -> list[tuple[Any, ...]] | None:
    """The kept rows after an instant whose first columns are as wanted; missing without a start."""
    if start is None:
        return None
    if slot is None or None in wanted:
        # Nothing is equal to what is missing.
        return []
    rows = slot[1][bisect_right(slot[0], start) :]
    if wanted:
        rows = [row for row in rows if row[: len(wanted)] == wanted]
    return rows


def count_rows(rows: list[tuple[Any, ...]] | None) -> int | None:
    return None if rows is None else len(rows)


def sum_rows(rows: list[tuple[Any, ...]] | None) -> Any:
    return None if rows is None else sum([row[-1] for row in rows if row[-1] is not None])


def list_rows(rows: list[tuple[Any, ...]] | None) -> tuple[Any, ...] | None:
    """The values of the last column; a list property gives its items."""
    if rows is None:
        return None
    values: list[Any] = []
    for row in rows:
        if isinstance(row[-1], tuple):
            values.extend(row[-1])
        elif row[-1] is not None:
            values.append(row[-1])
    return tuple(values)


def whole_days(since: int | None, now: int) -> int | None:
    return None if since is None else (now - since) // DAY


def usual_gap(times: list[int] | None) -> float | None:
    """The median of the days between moments; missing below three moments."""
    if times is None or len(times) < 3:
        return None
    latest = times[-GAPS_MAX:]
    gaps = sorted([later - earlier for earlier, later in pairwise(latest)])
    middle = len(gaps) // 2
    gap = gaps[middle] if len(gaps) % 2 else (gaps[middle - 1] + gaps[middle]) / 2
    return gap / DAY


def stands_in(enrollments: list[Enrollment], places: dict[int, frozenset[int]]) -> bool:
    """Whether the customer stands in one of these states, by journey."""
    for enrollment in enrollments:
        states = places.get(enrollment.journey.index)
        if states is not None and enrollment.state in states and enrollment.ended_at < 0:
            return True
    return False


def is_in_state(enrollments: list[Enrollment], places: dict[int, frozenset[int]], key: Any) -> bool:
    """The same of the enrollment with this key."""
    for enrollment in enrollments:
        states = places.get(enrollment.journey.index)
        if states is not None and enrollment.ended_at < 0 and enrollment.state in states and enrollment.key == key:
            return True
    return False


def covers(whole: tuple[Any, ...] | None, part: tuple[Any, ...] | None) -> bool:
    return whole is not None and part is not None and set(part) <= set(whole)


def overlaps(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> bool:
    return one is not None and other is not None and not set(one).isdisjoint(other)


def divide(a: Any, b: Any) -> Any:
    if a is None or b is None or b == 0:
        return None
    try:
        return a / b
    except OverflowError:
        return None


def multiply(a: Any, b: Any) -> Any:
    """Missing where the product leaves what a number can hold."""
    if a is None or b is None:
        return None
    try:
        product = a * b
    except OverflowError:
        return None
    return product if -_PRODUCT_MAX < product < _PRODUCT_MAX else None


def whole(value: Any, digits: int = 0) -> Any:
    """Rounds half to even; missing for what is too large to be a whole number."""
    if value is None:
        return None
    try:
        return round(value, digits) if digits else round(value)
    except (OverflowError, ValueError):
        return None


# ---------------------------------------------------------------- when time alone changes an answer


def next_edge(times: list[int] | None, now: int, window: int) -> int:
    """When the oldest moment inside a window leaves it."""
    if times is None:
        return NEVER
    place = bisect_right(times, now - window)
    return times[place] + window if place < len(times) else NEVER


def count_edge(times: list[int] | None, now: int, window: int, bound: float | None, is_above: bool) -> int:
    """When a count in a window falls below a bound (`>= bound`, or `> bound`): it never rises by itself."""
    if times is None or bound is None or not -1 < bound < MOMENTS_MAX:
        return NEVER
    needed = floor(bound) + 1 if is_above else ceil(bound)
    if needed < 1 or len(times) < needed:
        return NEVER
    return times[len(times) - needed] + window


def day_edge(since: int | None, bound: float | None, is_above: bool) -> int:
    """When `days_since` reaches a bound (`>= bound`, or passes it: `> bound`)."""
    if since is None or bound is None or not -1e6 < bound < 1e6:
        return NEVER
    return since + days_for(floor(bound) + 1 if is_above else ceil(bound))


def score_edge(
    score: tuple[float, int] | tuple[float, int, int] | None, half_life: int, bound: float | None, now: int
) -> int:
    """When a decaying score crosses a bound: value * 2^(-t / half_life) = bound, solved for t."""
    if score is None or bound is None or half_life == 0 or bound == 0:
        return NEVER
    value, since = score[0], score[1]
    if (value < 0) != (bound < 0) or not abs(value) > abs(bound):
        return NEVER
    ratio = value / bound
    # Of a bound next to nothing the ratio is infinite, and not its logarithm.
    halvings = log2(ratio) if ratio < inf else log2(abs(value)) - log2(abs(bound))
    crossing = since + floor(half_life * halvings)
    # A microsecond of rounding must not make it due in the past: it is asked again until it has crossed.
    if crossing < now - 2:
        return NEVER
    return max(crossing, now) + 1


def soonest(now: int, candidates: tuple[int | None, ...]) -> int:
    """The first of the instants that lies after now."""
    best = NEVER
    for at in candidates:
        if at is not None and now < at < best:
            best = at
    return best
