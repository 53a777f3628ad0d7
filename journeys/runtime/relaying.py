"""Relaying: what was decided to be sent goes out, each touch once for its key.

A row of the outbox is leased for an attempt; then the lease is committed, and only then something goes on
the network, with no lock held.  An attempt that was never settled (a crash, a hang) is leased again under
the same key, and a late answer of the old one is known by its number.

What has waited is asked about anew before it is tried: the gate's answer of an hour ago is no longer an
answer, nor is that of now while an event waits for a turn: it may take a consent back.  A channel whose
provider is down is left alone for a while, and holds up no other.

Locks are always taken in one order, customers before rows of the outbox, as the worker takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from queue import SimpleQueue
from random import Random
from typing import Final

from journeys.core.calendar import MINUTE
from journeys.core.customer import Customer
from journeys.core.effects import TouchKey
from journeys.core.turn import accept_touch, ask_again
from journeys.delivery.retrying import Retrying
from journeys.store.claiming import lock_whose
from journeys.store.customers import save
from journeys.store.inbox import unheard_of
from journeys.store.outbox import Key, Leased, Outcome, Touch, lease, settle, withdraw
from journeys.store.values import Kept, Taken

from .attempting import Attempt, Attempting, Lane, Ways, failed, not_begun
from .deciding import put_aside
from .engine import Engine, key_here, say_keys, say_sent
from .figures import Figures, Way
from .live import Live
from .wording import Undeliverable, Wording

LEASE_FOR: Final = 5 * MINUTE  # longer than any provider may take: after it the attempt counts as lost
STALE_FOR: Final = MINUTE  # a touch that was decided longer ago is asked about anew
_UNHEARD_FOR: Final = MINUTE  # until it is looked again whether a customer's events were heard
_PARKED: Final = "its customer is parked"
_NOT_READY: Final = "it could not be made ready"
_UNHEARD: Final = "its customer said something that is heard first"

_Done = tuple[Lane, Touch, Outcome]


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
        figures: Figures | None = None,
    ) -> None:
        self.live = live
        self.figures = figures or Figures()
        self.public_url = public_url
        self.lease_for = lease_for
        self.on_done = on_done
        self.clock = live.clock
        self._attempting = Attempting(clock=live.clock, retrying=retrying or Retrying(), random=Random(seed))
        self._make_ways = make_ways
        self._ways = {live.engine.publication: make_ways(live.engine)}
        self._done: SimpleQueue[_Done] = SimpleQueue()
        self._under_way: set[Future[None]] = set()

    def relay(self) -> int:
        """Begins what can be begun, and settles what has come back; how many rows were moved."""
        settled = self._settle()
        engine = self.live.engine
        ways = self._ways.get(engine.publication)
        if ways is None:
            ways = self._ways[engine.publication] = self._make_ways(engine)
        self._close_earlier(engine.publication)
        return settled + self._begin(engine, ways)

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

    @property
    def standing(self) -> list[Way]:
        """Which ways out are left alone for now."""
        now, ways = self.clock(), self._ways.get(self.live.engine.publication)
        if ways is None:
            # They are made by the next look at what waits.
            return []
        named = [(channel, "", lane) for channel, lane in ways.lanes.items()]
        named += [("", person, lane) for person, lane in ways.people.items()]
        return [
            Way(channel=channel, person=person, is_left_alone=lane.breaker.open_until(now) > now)
            for channel, person, lane in named
        ]

    def close(self) -> None:
        """Waits for the attempts that have begun, and settles them; what was only made ready goes another time."""
        self._attempting.is_ending = True
        self.drain()
        self._settle()
        for ways in self._ways.values():
            ways.close()

    def drain(self) -> None:
        """Waits for what is under way, and begins nothing more."""
        for ways in self._ways.values():
            ways.drain()

    def _close_earlier(self, publication: int) -> None:
        """The ways of earlier publications, once the last that went by them has come back."""
        for number, ways in [*self._ways.items()]:
            if number != publication and not any(lane.under_way for lane in ways.lanes.values()):
                del self._ways[number]
                ways.close()

    # ------------------------------------------------------------ begin

    def _begin(self, engine: Engine, ways: Ways) -> int:
        now = self.clock()
        wanted: dict[str, int] = {}
        for channel, lane in ways.lanes.items():
            free = lane.breaker.room(now, lane.free)
            if free > 0:
                wanted[channel] = free if lane.rate is None else lane.rate.take(now, free)
        if not any(wanted.values()):
            return 0
        leased: list[Leased] = []
        lanes: dict[Key, Lane] = {}
        with self.live.database.writing() as connection:
            for channel, count in wanted.items():
                lane = ways.lanes[channel]
                closed = [other for other in ways.lanes if other != channel]
                once = [channel] if lane.at_most_once else []
                found = lease(connection, now, self.lease_for, count, closed, once) if count else []
                if lane.rate is not None:
                    lane.rate.give_back(count - len(found))
                lanes.update({each.touch.key: lane for each in found})
                leased += found
        if not leased:
            return 0
        try:
            attempts = self.live.newest(lambda engine: self._make_ready(engine, leased, now))
        except Exception:
            # None of it has begun: it goes back with what is settled next, or its leases would count as lost.
            for each in leased:
                lane = lanes[each.touch.key]
                lane.under_way += 1
                self._done.put((lane, each.touch, not_begun(each, now, _NOT_READY)))
            raise
        for attempt in attempts:
            lane = lanes[attempt.leased.touch.key]
            lane.under_way += 1
            self._under_way.add(lane.pool.submit(self._attempt, ways, lane, attempt))
        return len(leased)

    def _make_ready(self, engine: Engine, leased: Sequence[Leased], now: int) -> list[Attempt]:
        """A second look under the customers' locks: what has waited is asked about anew, and the words are made."""
        wording = Wording(engine.program, self.live.secret, self.public_url)
        by_customer: dict[str, list[Leased]] = {}
        customers: dict[str, Customer] = {}
        attempts: list[Attempt] = []
        outcomes: list[Outcome] = []
        told: list[tuple[str | None, str]] = []
        with self.live.database.writing() as connection:
            owners, locked = lock_whose(connection, {each.touch.customer for each in leased})
            for each in leased:
                by_customer.setdefault(owners[each.touch.customer], []).append(each)
            taken: list[Taken] = []
            gone: list[Key] = []
            for id, theirs in by_customer.items():
                kept = locked.get(id)
                if kept is None:
                    gone += [each.touch.key for each in theirs]
                    continue
                if kept.is_parked:
                    # What is on hold with them may take a consent back.
                    outcomes += [not_begun(each, now + self.lease_for, _PARKED) for each in theirs]
                    continue
                try:
                    customers[id] = engine.customer_of(kept)
                except Exception as error:
                    put_aside(connection, id, error, now)
                    outcomes += [not_begun(each, now + self.lease_for, _PARKED) for each in theirs]
            stale = {id: keys for id, each in customers.items() if (keys := _stale(by_customer[id], each, now))}
            unheard = unheard_of(connection, stale, now)
            for id, customer in customers.items():
                theirs = by_customer[id]
                if id in unheard:
                    outcomes += [not_begun(each, now + _UNHEARD_FOR, _UNHEARD) for each in theirs]
                    continue
                try:
                    if id in stale:
                        theirs, answer, missing = _ask_again(engine, locked[id], customer, theirs, stale[id], now)
                        taken.append(answer)
                        told += [
                            (each.touch.channel, "withdrawn") for each in by_customer[id] if each.touch.key in missing
                        ]
                        gone += missing
                except Exception as error:
                    put_aside(connection, id, error, now)
                    outcomes += [not_begun(each, now + self.lease_for, _PARKED) for each in theirs]
                    continue
                still = {sending.waiting.key for sending in customer.sending}
                for each in theirs:
                    if key_here(customer, each.touch.key) not in still:
                        gone.append(each.touch.key)
                        continue
                    try:
                        parcel = wording.parcel(each.touch, customer, now)
                        attempts.append(Attempt(leased=each, parcel=parcel, begins_by=now + self.lease_for // 2))
                    except Undeliverable as error:
                        outcomes.append(failed(each, str(error)))
                        told.append((each.touch.channel, "failed"))
            save(connection, taken, now)
            withdraw(connection, gone, now)
            settle(connection, outcomes, now)
        for channel, outcome in told:
            self.figures.count_touch(channel, outcome)
        return attempts

    # ------------------------------------------------------------ an attempt, in a thread of its own

    def _attempt(self, ways: Ways, lane: Lane, attempt: Attempt) -> None:
        self._done.put((lane, attempt.leased.touch, self._attempting.attempt(ways, lane, attempt)))
        self.on_done()

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
            known = self.live.newest(lambda engine: self._write(engine, done))
        except BaseException:
            # Not written yet: it is written the next time, so that what went does not go again.
            for each in done:
                self._done.put(each)
            raise
        for (lane, touch, outcome), is_known in zip(done, known):
            lane.under_way -= 1
            if is_known:
                self._count(touch, outcome)
        return len(done)

    def _write(self, engine: Engine, done: Sequence[_Done]) -> list[bool]:
        """A touch that was taken is told to its customer's journeys, in the transaction that writes it down.

        For each whether it counted, False for what an older attempt says.
        """
        now, outcomes = self.clock(), [outcome for _, _, outcome in done]
        with self.live.database.writing() as connection:
            sent_for = {outcome.key[0] for outcome in outcomes if outcome.status == "sent"}
            owners, locked = lock_whose(connection, sent_for)
            known = settle(connection, outcomes, now)
            for (_, touch, outcome), is_known in zip(done, known):
                # By attempt and not by key: the answer of an old one may come back together with that of the newest.
                if outcome.status != "sent" or not is_known or owners[touch.customer] not in locked:
                    continue
                kept = locked[owners[touch.customer]]
                try:
                    customer = engine.customer_of(kept)
                    sent = engine.sent(touch, customer)
                    if sent is None:
                        continue
                    turn = accept_touch(engine.program, customer, sent, now)
                    taken = engine.taken(kept, turn, kind="accepted", signals=say_sent(touch))
                except Exception as error:
                    # It went, and that is written down; nobody else waits for them.
                    put_aside(connection, kept.id, error, now)
                    continue
                save(connection, [taken], now)
                locked[kept.id] = taken.kept
        return known

    def _count(self, touch: Touch, outcome: Outcome) -> None:
        match outcome.status:
            case "sent":
                self.figures.count_sent(touch.channel, self.clock() - touch.due_at)
            case "failed":
                self.figures.count_touch(touch.channel, "failed")
            case "waiting" if outcome.is_begun:
                self.figures.count_touch(touch.channel, "retried")


def _stale(theirs: list[Leased], customer: Customer, now: int) -> frozenset[TouchKey]:
    """Those that have waited, were tried before, or were decided before others of the customer's ids were known."""
    before = max([now - STALE_FOR - 1, *[at for *_, at in customer.others]])
    return frozenset(
        [key_here(customer, each.touch.key) for each in theirs if each.tries > 1 or each.touch.decided_at <= before]
    )


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
        if key_here(customer, key) not in stale:
            going.append(each)
        elif key in anew and anew[key].channel == each.touch.channel:
            going.append(replace(each, touch=anew[key]))
        elif key not in anew:
            missing.append(key)
        # Otherwise it goes by another channel now, which leases it for itself.
    return going, answer, missing
