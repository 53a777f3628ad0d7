"""Relaying: what was decided to be sent goes out, each touch once for its key.

A row of the outbox is leased for an attempt; then the lease is committed, and only then something goes on
the network, with no lock held.  An attempt that was never settled (a crash, a hang) is leased again under
the same key, and a late answer of the old one is known by its number.

What has waited is asked about anew before it is tried: the gate's answer of an hour ago is no longer
an answer.  A channel whose provider is down is left alone for a while, and holds up no other.

Locks are always taken in one order, customers before rows of the outbox, as the worker takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from random import Random
from typing import Final

import structlog

from journeys.core.calendar import MINUTE
from journeys.core.customer import Customer
from journeys.core.effects import TouchKey
from journeys.core.turn import accept_touch, ask_again
from journeys.delivery.breaker import Breaker
from journeys.delivery.parcel import Parcel
from journeys.delivery.provider import Provider
from journeys.delivery.rate import Rate
from journeys.delivery.retrying import Retrying
from journeys.errors import Permanent, Transient
from journeys.store.claiming import lock
from journeys.store.customers import save
from journeys.store.outbox import Key, Leased, Outcome, Touch, lease, settle, withdraw
from journeys.store.values import Kept, Taken

from .deciding import put_aside
from .engine import Engine, say_keys, say_sent
from .live import Live
from .wording import Undeliverable, Wording

LEASE_FOR: Final = 5 * MINUTE  # longer than any provider may take: after it the attempt counts as lost
STALE_FOR: Final = MINUTE  # a touch that was decided longer ago is asked about anew
UNDER_WAY: Final = 8  # attempts of one channel at a time
_THREADS: Final = 64  # of all channels: they wait for the network

_log = structlog.get_logger("journeys")


@dataclass(slots=True, kw_only=True)
class Lane:
    """One channel's way out.  `under_way` counts its attempts; `rate` None is as fast as it goes."""

    provider: Provider
    at_most_once: bool = False
    rate: Rate | None = None
    breaker: Breaker = field(default_factory=Breaker)
    under_way: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    leased: Leased
    parcel: Parcel


_Done = tuple[Lane, Touch, Outcome]


class Ways:
    """The ways out of one publication: `lanes` by channel, `people` by the name of who is a machine.

    Such a one has a breaker of their own, and the attempts of the channel whose touch it is.
    """

    def __init__(self, lanes: Mapping[str, Lane], people: Mapping[str, Lane]) -> None:
        self.lanes = dict(lanes)
        self.people = dict(people)

    def close(self) -> None:
        for lane in (*self.lanes.values(), *self.people.values()):
            lane.provider.close()


class Relay:
    """Sends what waits.

    `make_ways` is asked once for each publication; `public_url` is where customers reach us.  `lease_for` is longer
    than any provider may take; `on_done` hears, from a thread of an attempt, that there is something to settle.
    """

    def __init__(
        self,
        live: Live,
        make_ways: Callable[[Engine], Ways],
        public_url: str,
        *,
        retrying: Retrying | None = None,
        lease_for: int = LEASE_FOR,
        on_done: Callable[[], None] = lambda: None,
        seed: int | None = None,
    ) -> None:
        self.live = live
        self.public_url = public_url
        self.retrying = retrying or Retrying()
        self.lease_for = lease_for
        self.on_done = on_done
        self.random = Random(seed)
        self.clock = live.clock
        self._make_ways = make_ways
        self._ways = {live.engine.publication: make_ways(live.engine)}
        self._done: SimpleQueue[_Done] = SimpleQueue()
        self._under_way: set[Future[None]] = set()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="relay")

    def relay(self) -> int:
        """Begins what can be begun, and settles what has come back; how many rows were moved."""
        settled = self._settle()
        engine = self.live.engine
        ways = self._ways.get(engine.publication)
        if ways is None:
            ways = self._ways[engine.publication] = self._make_ways(engine)
        return settled + sum([self._begin(engine, ways, channel) for channel in ways.lanes])

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return bool(self._under_way)

    def rest(self) -> None:
        """Waits until something that is under way has come back."""
        wait(self._under_way, return_when=FIRST_COMPLETED)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Where touches go, by channel, for whoever starts this; the channel without a name is to us."""
        ways = self._ways[self.live.engine.publication]
        return [(channel, lane.provider.where) for channel, lane in ways.lanes.items()]

    def close(self) -> None:
        """Waits for what is under way, and settles it."""
        self._pool.shutdown(wait=True)
        self._settle()
        for ways in self._ways.values():
            ways.close()

    # ------------------------------------------------------------ begin

    def _begin(self, engine: Engine, ways: Ways, channel: str) -> int:
        now, lane = self.clock(), ways.lanes[channel]
        free = lane.breaker.room(now, UNDER_WAY - lane.under_way)
        if free <= 0:
            return 0
        wanted = free if lane.rate is None else lane.rate.take(now, free)
        if not wanted:
            return 0
        closed = [other for other in ways.lanes if other != channel]
        with engine.database.writing() as connection:
            leased = lease(connection, now, self.lease_for, wanted, closed, [channel] if lane.at_most_once else [])
        if lane.rate is not None and len(leased) < wanted:
            lane.rate.give_back(wanted - len(leased))
        if not leased:
            return 0
        for attempt in self.live.newest(lambda engine: self._make_ready(engine, leased, now)):
            lane.under_way += 1
            self._under_way.add(self._pool.submit(self._attempt, ways, lane, attempt))
        return len(leased)

    def _make_ready(self, engine: Engine, leased: Sequence[Leased], now: int) -> list[_Attempt]:
        """A second look under the customers' locks: what has waited is asked about anew, and the words are made."""
        wording = Wording(engine.program, self.live.secret, self.public_url)
        by_customer: dict[str, list[Leased]] = {}
        for each in leased:
            by_customer.setdefault(each.touch.customer, []).append(each)
        attempts: list[_Attempt] = []
        outcomes: list[Outcome] = []
        with engine.database.writing() as connection:
            locked = lock(connection, list(by_customer))
            taken: list[Taken] = []
            gone: list[Key] = []
            for id, theirs in by_customer.items():
                kept = locked.get(id)
                if kept is None:
                    gone += [each.touch.key for each in theirs]
                    continue
                if kept.is_parked:
                    # What is on hold with them may take a consent back.
                    outcomes += [_waiting(each, now + self.lease_for, "its customer is parked") for each in theirs]
                    continue
                stale = frozenset(
                    [each.touch.key[1:] for each in theirs if each.tries > 1 or now - each.touch.decided_at > STALE_FOR]
                )
                try:
                    customer = engine.customer_of(kept)
                    if stale:
                        theirs, answer, missing = _ask_again(engine, kept, customer, theirs, stale, now)
                        taken.append(answer)
                        gone += missing
                except Exception as error:
                    put_aside(connection, id, error, now)
                    outcomes += [_waiting(each, now + self.lease_for, "its customer is parked") for each in theirs]
                    continue
                still = {sending.waiting.key for sending in customer.sending}
                for each in theirs:
                    if each.touch.key[1:] not in still:
                        gone.append(each.touch.key)
                        continue
                    try:
                        attempts.append(_Attempt(leased=each, parcel=wording.parcel(each.touch, customer, now)))
                    except Undeliverable as error:
                        outcomes.append(_failed(each, str(error)))
            save(connection, taken, now)
            withdraw(connection, gone, now)
            settle(connection, outcomes, now)
        return attempts

    # ------------------------------------------------------------ an attempt, in a thread of its own

    def _attempt(self, ways: Ways, lane: Lane, attempt: _Attempt) -> None:
        try:
            outcome = self._outcome(ways, lane, attempt)
        except Exception:
            leased = attempt.leased
            _log.error("attempt_failed", touch=leased.touch.touch, key=attempt.parcel.key, exc_info=True)
            outcome = self._again(leased, None, "our own failure: see the log")
        self._done.put((lane, attempt.leased.touch, outcome))
        self.on_done()

    def _outcome(self, ways: Ways, lane: Lane, attempt: _Attempt) -> Outcome:
        leased, clock = attempt.leased, self.clock
        person = leased.touch.person
        way = lane if person is None else ways.people.get(person, lane)
        if not way.breaker.admits(clock()):
            until = way.breaker.open_until(clock())
            return _waiting(leased, until, "the provider is left alone for a while")
        try:
            accepted = way.provider.send(attempt.parcel)
        except Permanent as error:
            way.breaker.succeeded()
            return _failed(leased, _said(error))
        except Transient as error:
            way.breaker.failed(clock(), error.retry_after)
            if lane.at_most_once and error.is_unsure:
                return _failed(leased, f"{_said(error)}; nobody knows whether it was accepted")
            return self._again(leased, error.retry_after, _said(error))
        way.breaker.succeeded()
        return Outcome(key=leased.touch.key, attempt=leased.attempt, status="sent", receipt=accepted.receipt)

    def _again(self, leased: Leased, retry_after: int | None, problem: str) -> Outcome:
        again_at = self.retrying.next_at(leased.tries, self.clock(), retry_after, self.random)
        return _failed(leased, problem) if again_at is None else _waiting(leased, again_at, problem)

    # ------------------------------------------------------------ settle

    def _settle(self) -> int:
        """Writes down what came of attempts: a touch that was taken is told to its customer's journeys."""
        self._under_way = {each for each in self._under_way if not each.done()}
        done: list[_Done] = []
        while not self._done.empty():
            done.append(self._done.get())
        if not done:
            return 0
        try:
            self.live.newest(lambda engine: _write(engine, done, self.clock()))
        except BaseException:
            # Not written yet: it is written the next time, so that what went does not go again.
            for each in done:
                self._done.put(each)
            raise
        for lane, _, _ in done:
            lane.under_way -= 1
        return len(done)


def _write(engine: Engine, done: Sequence[_Done], now: int) -> None:
    """A touch that was taken is told to its customer's journeys, in the transaction that writes it down."""
    outcomes = [outcome for _, _, outcome in done]
    with engine.database.writing() as connection:
        locked = lock(connection, {outcome.key[0] for outcome in outcomes if outcome.status == "sent"})
        known = settle(connection, outcomes, now)
        for (_, touch, outcome), is_known in zip(done, known):
            # By attempt and not by key: the answer of an old one may come back together with that of the newest.
            sent = engine.sent(touch)
            if outcome.status != "sent" or not is_known or touch.customer not in locked or sent is None:
                continue
            kept = locked[touch.customer]
            try:
                turn = accept_touch(engine.program, engine.customer_of(kept), sent, now)
                taken = engine.taken(kept, turn, kind="accepted", signals=say_sent(touch))
            except Exception as error:
                # It went, and that is written down; nobody else waits for them.
                put_aside(connection, kept.id, error, now)
                continue
            save(connection, [taken], now)
            locked[kept.id] = taken.kept


def _ask_again(
    engine: Engine, kept: Kept, customer: Customer, theirs: list[Leased], stale: frozenset[TouchKey], now: int
) -> tuple[list[Leased], Taken, list[Key]]:
    """Those that may still go, as they go now; and the keys of those that may not, or not yet."""
    turn = ask_again(engine.program, customer, now, keys=stale, is_accepted_at_once=False)
    answer = engine.taken(kept, turn, kind="asked", signals=say_keys(sorted(stale)))
    anew: dict[Key, Touch] = {touch.key: touch for touch in answer.touches}
    going, missing = [], []
    for each in theirs:
        key = each.touch.key
        if key[1:] not in stale:
            going.append(each)
        elif key in anew and anew[key].channel == each.touch.channel:
            going.append(replace(each, touch=anew[key]))
        elif key not in anew:
            missing.append(key)
        # Otherwise it goes by another channel now, which leases it for itself.
    return going, answer, missing


def _failed(leased: Leased, problem: str) -> Outcome:
    return Outcome(key=leased.touch.key, attempt=leased.attempt, status="failed", problem=problem)


def _waiting(leased: Leased, next_at: int, problem: str) -> Outcome:
    return Outcome(key=leased.touch.key, attempt=leased.attempt, status="waiting", next_at=next_at, problem=problem)


def _said(error: Permanent | Transient) -> str:
    """What the outbox keeps of a failure."""
    return str(error) if error.said is None else f"{error}: {error.said}"
