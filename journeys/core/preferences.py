"""Preferences: what customers chose for themselves, which stands above what the brand would do.

They speak of marketing: which channels and topics it stays away from, how often it comes at most, and when it is
quiet.  Each part stands with the instant of the newest word on it, and beside them stands when the last of them was
heard: what was let go before is asked about again.  Names are kept as they were said, so that they mean the same under
whatever is published next.
"""

from __future__ import annotations

from typing import Any, Final

from .customer import Customer, Event
from .program import SERVICE, Program, TouchProgram

CHANNELS: Final = "without_channels"
TOPICS: Final = "without_topics"
AT_MOST: Final = "at_most"
QUIET_HOURS: Final = "quiet_hours"
PARTS: Final = (CHANNELS, TOPICS, AT_MOST, QUIET_HOURS)
_HEARD: Final = "heard"

OWN: Final = 1 << 50  # the bucket of the sends that a customer's own limit counts, beyond those of all caps
OWN_MAX: Final = 100  # how many a limit may count, and so many are remembered: a lower one may be chosen at any time

_NOTHING: Final[tuple[Any, ...]] = ()


def chosen(customer: Customer, part: str) -> tuple[Any, ...]:
    """Names of channels or topics; (how many, in microseconds); (from, to) in minutes.  Empty where nothing is."""
    choice = customer.preferences.get(part)
    return _NOTHING if choice is None or choice[1] is None else choice[1]


def is_unwanted(program: Program, customer: Customer, touch: TouchProgram) -> bool:
    """Whether it is of a topic that the customer does not want."""
    topics = chosen(customer, TOPICS)
    return bool(topics) and program.definitions.touches[touch.name].topic in topics


def shut_channels(program: Program, customer: Customer) -> int:
    """The mask of channels that the customer does not want."""
    names = program.names.channels
    return sum([1 << names[name] for name in chosen(customer, CHANNELS) if name in names])


def quiet_hours(program: Program, customer: Customer, touch: TouchProgram) -> tuple[int, int]:
    """The customer's own, or the brand's: from and to, in minutes; the same twice where there are none."""
    if touch.class_ == SERVICE:
        return 0, 0
    own = chosen(customer, QUIET_HOURS)
    if own:
        return own[0], own[1]
    return (program.quiet_from, program.quiet_to) if touch.keeps_quiet else (0, 0)


def heard_at(customer: Customer) -> int:
    """The instant in which a choice was last heard, or 0."""
    return customer.preferences.get(_HEARD, (0, None))[0]


def set_preferences(customer: Customer, event: Event, at: int) -> None:
    """What was said later stands, also where an older word on it arrives after that."""
    said = event.chosen
    if not said:
        return
    preferences = {**customer.preferences, _HEARD: (at, None)}
    before = chosen(customer, AT_MOST)
    for part, value in said.items():
        if event.at >= preferences.get(part, (0, None))[0]:
            preferences[part] = (event.at, value)
    customer.preferences = preferences
    if chosen(customer, AT_MOST) != before:
        _count_own(customer)


def join_preferences(customer: Customer, theirs: Customer) -> None:
    """Nothing comes that either of two who are one did not want, and no more often; of quiet hours the newest stand."""
    both = {**theirs.preferences, **customer.preferences}
    for part in both:
        mine, other = customer.preferences.get(part), theirs.preferences.get(part)
        if mine is not None and other is not None:
            newest = max(mine[0], other[0])
            if part == QUIET_HOURS:
                both[part] = mine if mine[0] >= other[0] else other
            else:
                both[part] = (newest, _stricter(part, mine[1], other[1]))
    customer.preferences = both
    _count_own(customer)


def _stricter(part: str, mine: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if mine is None or other is None:
        return mine if other is None else other
    if part == AT_MOST:
        return min(mine[0], other[0]), max(mine[1], other[1])
    return tuple(sorted({*mine, *other}))


def _count_own(customer: Customer) -> None:
    """What went before the limit was set counts for it, as far as any cap remembers."""
    limit = chosen(customer, AT_MOST)
    for used in (customer.caps, customer.would):
        if not limit:
            used.pop(OWN, None)
            continue
        # Each send is in every bucket that counts it, and as often there as any went in its instant.
        sends: dict[int, int] = {}
        for times in used.values():
            for at in times:
                sends[at] = max(sends.get(at, 0), times.count(at))
        used[OWN] = [at for at in sorted(sends) for _ in range(sends[at])][-OWN_MAX:]
