"""Attempting: a touch is offered to its provider, and the answer becomes what is written down of it.

Each attempt has a thread, since it waits for the network; it holds no lock and asks no database.  A provider
that fails is left alone for a while: an attempt that finds it so is none, and counts for no try.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

import structlog

from journeys.clock import Clock
from journeys.core.calendar import SECOND
from journeys.delivery.breaker import Breaker
from journeys.delivery.parcel import Parcel
from journeys.delivery.provider import Provider
from journeys.delivery.rate import Rate
from journeys.delivery.retrying import Retrying
from journeys.errors import Permanent, Transient
from journeys.store.outbox import Leased, Outcome

from .failing import log_failure

UNDER_WAY: Final = 8  # attempts of one channel at a time
# Times as many are made ready: a commit takes as long as several attempts of a quick provider.
_AHEAD: Final = 4
# Of a provider that knows no keys: a touch twice is better than none, but not every time that it says nothing.
UNSURE_MAX: Final = 3

_log = structlog.get_logger("journeys")


@dataclass(slots=True, kw_only=True)
class Lane:
    """One channel's way out.  `under_way` counts what is leased for it; `rate` None is as fast as it goes."""

    provider: Provider
    at_most_once: bool = False
    rate: Rate | None = None
    breaker: Breaker = field(default_factory=Breaker)
    under_way: int = 0
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(UNDER_WAY, thread_name_prefix="relay"),  # they wait for the network
    )

    @property
    def free(self) -> int:
        """How many more may be leased.  What may go once at most is leased when it goes: an end would count it lost."""
        return (UNDER_WAY if self.at_most_once else UNDER_WAY * _AHEAD) - self.under_way


class Ways:
    """The ways out of one publication: `lanes` by channel, `people` by the name of who is a machine.

    Such a one has a breaker of their own, and the attempts of the channel whose touch it is.
    """

    def __init__(self, lanes: Mapping[str, Lane], people: Mapping[str, Lane]) -> None:
        self.lanes = dict(lanes)
        self.people = dict(people)

    def drain(self) -> None:
        """Waits for what is under way; nothing more can begin."""
        for lane in self.lanes.values():
            lane.pool.shutdown(wait=True)

    def close(self) -> None:
        self.drain()
        for lane in (*self.lanes.values(), *self.people.values()):
            lane.provider.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A touch in its words.  Where it has not begun by `begins_by`, its lease may run out while it is under way."""

    leased: Leased
    parcel: Parcel
    begins_by: int


class Attempting:
    """Several threads may attempt at once.  Once it `is_ending`, nothing begins any more."""

    def __init__(self, *, clock: Clock, retrying: Retrying, random: Random) -> None:
        self.clock = clock
        self.retrying = retrying
        self.random = random
        self.is_ending = False

    def attempt(self, ways: Ways, lane: Lane, attempt: Attempt) -> Outcome:
        """What came of it; a failure of ours is one of those outcomes."""
        leased = attempt.leased
        try:
            return self._outcome(ways, lane, attempt)
        except Exception as error:
            log_failure("attempt_failed", error, touch=leased.touch.touch, key=attempt.parcel.key)
            return self._again(leased, Transient("our own failure", said="see the log"))

    def _outcome(self, ways: Ways, lane: Lane, attempt: Attempt) -> Outcome:
        leased, now = attempt.leased, self.clock()
        if self.is_ending:
            return not_begun(leased, now, "the relay was stopped")
        if now > attempt.begins_by:
            return not_begun(leased, now, "those before it took too long")
        person = leased.touch.person
        way = lane if person is None else ways.people.get(person, lane)
        if not way.breaker.admits(now):
            return not_begun(leased, way.breaker.open_until(now), "the provider is left alone for a while")
        names = {"channel": leased.touch.channel, "person": person}
        try:
            accepted = way.provider.send(attempt.parcel)
        except Transient as error:
            left_for = way.breaker.failed(self.clock(), error.retry_after)
            if left_for:
                _log.warning("provider_left_alone", **names, seconds=left_for // SECOND, because=str(error))
            is_enough = lane.at_most_once or (not way.provider.knows_keys and leased.unsure + 1 >= UNSURE_MAX)
            if error.is_unsure and is_enough:
                return given_up(leased, error, "; nobody knows whether it was accepted")
            return replace(self._again(leased, error), is_unsure=error.is_unsure)
        except Permanent as error:
            outcome = given_up(leased, error)
        else:
            outcome = Outcome(key=leased.touch.key, attempt=leased.attempt, status="sent", receipt=accepted.receipt)
        if way.breaker.succeeded():
            _log.info("provider_answers_again", **names)
        return outcome

    def _again(self, leased: Leased, error: Transient) -> Outcome:
        again_at = self.retrying.next_at(leased.tries, self.clock(), error.retry_after, self.random)
        if again_at is None:
            return given_up(leased, error)
        return Outcome(
            key=leased.touch.key, attempt=leased.attempt, status="waiting", next_at=again_at, problem=_said(error)
        )


def not_begun(leased: Leased, next_at: int, problem: str) -> Outcome:
    """It waits for something else than its own next try."""
    return Outcome(
        key=leased.touch.key,
        attempt=leased.attempt,
        status="waiting",
        next_at=next_at,
        problem=problem,
        is_begun=False,
    )


def given_up(leased: Leased, error: Permanent | Transient, more: str = "") -> Outcome:
    """It is a dead letter, and a line in the log."""
    touch, because = leased.touch, f"{error}{more}"
    _log.warning("touch_failed", touch=touch.touch, channel=touch.channel, person=touch.person, because=because)
    return Outcome(key=leased.touch.key, attempt=leased.attempt, status="failed", problem=_said(error, more))


def _said(error: Permanent | Transient, more: str = "") -> str:
    """What the outbox keeps of a failure: our words, and after a colon the provider's."""
    return f"{error}{more}" if error.said is None else f"{error}{more}: {error.said}"
