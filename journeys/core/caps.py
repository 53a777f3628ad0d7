"""Caps: how often at most, counted where a cap counts; and `most`, for the recipient.

A bucket holds the instants of sends, never more than the highest `most` of its lines.
"""

from __future__ import annotations

from typing import Final

from .calendar import NEVER
from .customer import Customer
from .program import (
    BUCKETS,
    ScopeProgram,
    TouchProgram,
)
from .turning import Turning

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
    return until, blamed


def reserve(scopes: list[tuple[ScopeProgram, int]], at: int, used: dict[int, list[int]]) -> None:
    """Writes the send down wherever a cap counts it; no bucket holds more than its highest `most`."""
    for scope, bucket in scopes:
        if scope.longest:
            used[bucket] = [*used.get(bucket, _NO_TIMES)[1 - scope.longest :], at] if scope.longest > 1 else [at]


def free(turning: Turning, touch: TouchProgram, channel: int, at: int) -> None:
    """Gives a slot back that a withdrawn touch had reserved."""
    customer = turning.customer
    for _, bucket in touch.scopes[channel]:
        if at in customer.caps.get(bucket, _NO_TIMES):
            times = [*customer.caps[bucket]]
            times.remove(at)
            customer.caps[bucket] = times
    for bucket, sent in list(customer.most.items()):
        if (-1 - bucket) // BUCKETS == touch.index and at in sent:
            customer.most[bucket] = [each for each in sent if each != at]
