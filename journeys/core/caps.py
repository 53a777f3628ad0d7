"""Caps: how often at most, counted where a cap counts; and `most`, for the recipient.

A bucket holds the instants of sends, never more than the highest `most` of its lines.  How often at most a customer
wants any marketing is one cap more, counted for whoever has chosen so.
"""

from __future__ import annotations

from typing import Final

from .calendar import NEVER
from .customer import Customer, Sending
from .preferences import AT_MOST, OWN, OWN_MAX, chosen
from .program import MARKETING, TouchProgram

BY_CHOICE: Final = -1  # in place of the index of a cap

_NO_TIMES: Final[list[int]] = []  # never added to


def admits_most(customer: Customer, touch: TouchProgram, recipient: int, at: int, is_held_out: bool) -> bool:
    if touch.most == 0:
        return False
    times = customer.most.get(recipient, _NO_TIMES)
    if is_held_out and recipient in customer.would:
        times = sorted(times + customer.would[recipient])
    if len(times) < touch.most:
        return True
    return touch.most_per >= 0 and times[-touch.most] + touch.most_per <= at


def free_slot(customer: Customer, touch: TouchProgram, channel: int, at: int, is_held_out: bool) -> tuple[int, int]:
    """The first instant at which every cap has room, as far as is known now, and the cap that says so."""
    caps = customer.caps
    until, blamed = at, 0
    for scope, bucket in touch.scopes[channel]:
        times = caps.get(bucket, _NO_TIMES)
        if is_held_out and bucket in customer.would:
            times = sorted(times + customer.would[bucket])
        if len(times) < scope.least or (scope.least and times[-scope.least] + scope.per <= at):
            # Whichever line is in force, there is room.
            continue
        for condition, most, cap in scope.lines:
            if condition is None or condition.reads(customer, None, None, at):
                if most == 0:
                    return NEVER, cap
                if len(times) >= most and times[-most] + scope.per > until:
                    until, blamed = times[-most] + scope.per, cap
                break
    if customer.preferences and (limit := chosen(customer, AT_MOST)):
        count, per = limit
        times = caps.get(OWN, _NO_TIMES)
        if is_held_out and OWN in customer.would:
            times = sorted(times + customer.would[OWN])
        if len(times) >= count and times[-count] + per > until:
            return times[-count] + per, BY_CHOICE
    return until, blamed


def reserve(customer: Customer, touch: TouchProgram, channel: int, at: int, used: dict[int, list[int]]) -> None:
    """Writes the send down wherever a cap counts it; no bucket holds more than its highest `most`."""
    if customer.preferences and chosen(customer, AT_MOST):
        used[OWN] = [*used.get(OWN, _NO_TIMES), at][-OWN_MAX:]
    for scope, bucket in touch.scopes[channel]:
        if scope.longest:
            times = used.get(bucket) if scope.longest > 1 else None
            used[bucket] = [at] if times is None else [*times[1 - scope.longest :], at]


def reserve_most(touch: TouchProgram, recipient: int, at: int, used: dict[int, list[int]]) -> None:
    used[recipient] = [*used.get(recipient, _NO_TIMES), at][-touch.most :]


def free(customer: Customer, sending: Sending) -> None:
    """Gives a slot back that a withdrawn touch had reserved."""
    touch = sending.touch
    if touch.class_ == MARKETING:
        _forget(customer.caps, OWN, sending.at)
    # A publication may have taken the channel from the touch since.
    for _, bucket in touch.scopes.get(sending.channel, ()):
        _forget(customer.caps, bucket, sending.at)
    _forget(customer.most, touch.recipient - sending.waiting.send.person, sending.at)


def _forget(used: dict[int, list[int]], bucket: int, at: int) -> None:
    """One of the sends at an instant: another may have gone at the same."""
    times = used.get(bucket, _NO_TIMES)
    if at in times:
        place = times.index(at)
        used[bucket] = times[:place] + times[place + 1 :]
