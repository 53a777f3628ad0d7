"""Relaying: what was decided to be sent goes out, each touch once for its key.

A row of the outbox is leased for an attempt; then the lease is committed, and only then something goes on
the network, with no lock held.  An attempt that was never settled (a crash, a hang) is leased again under
the same key, and a late answer of the old one is known by its number.

In between it is looked at a second time (`readying`).  A channel whose provider is down is left alone for a while,
and holds up no other.

Locks are always taken in one order, as the worker takes them: customers by their ids, and then rows of the outbox,
of these customers alone.  So nobody waits for a row of whom he keeps waiting, in whatever order rows are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from queue import SimpleQueue
from random import Random
from typing import Final

from journeys.core.calendar import MINUTE
from journeys.delivery.retrying import Retrying
from journeys.store.claiming import lock_whose
from journeys.store.outbox import Key, Leased, Outcome, Touch, lease, settle

from .accepting import tell_accepted
from .attempting import Attempt, Attempting, Lane, Ways, not_begun
from .engine import Engine
from .figures import Figures, Way
from .live import Live, NotTakenUp
from .readying import Look
from .wording import Wording

LEASE_FOR: Final = 5 * MINUTE  # longer than any provider may take: after it the attempt counts as lost
_NOT_READY: Final = "it could not be made ready"

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
        """Where touches go, by channel and by machine of ours, for whoever starts this; without a name it is to us."""
        ways = self._ways[self.live.engine.publication]
        return [(name, lane.provider.where) for name, lane in (*ways.lanes.items(), *ways.people.items())]

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
        machines = [person for person, way in ways.people.items() if way.breaker.room(now, 1)]
        # Of each channel so many, and to machines so many more: where it is left alone they have ways of their own.
        wanted: dict[str, tuple[int, int]] = {}
        for channel, lane in ways.lanes.items():
            free = max(0, lane.free)
            room = lane.breaker.room(now, free)
            count = room if lane.rate is None else lane.rate.take(now, room)
            more = free - room if machines else 0
            if count or more:
                wanted[channel] = (count, more)
        if not wanted:
            return 0
        leased: list[Leased] = []
        lanes: dict[Key, Lane] = {}
        with self.live.database.writing() as connection:
            for channel, (count, more) in wanted.items():
                lane = ways.lanes[channel]
                closed = [other for other in ways.lanes if other != channel]
                once = [channel] if lane.at_most_once else []
                found = lease(connection, now, self.lease_for, count, closed, once) if count else []
                if lane.rate is not None:
                    lane.rate.give_back(count - len(found))
                for person in machines:
                    if more:
                        apart = lease(connection, now, self.lease_for, more, closed, once, person)
                        more -= len(apart)
                        found += apart
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
        wording = Wording(engine.program, self.live.secret, self.public_url)
        with self.live.database.writing() as connection:
            look = Look(connection, engine, wording, now, lease_for=self.lease_for)
            look.make_ready(leased)
        self.figures.count_turns("relay", look.turns)
        for channel, outcome in look.told:
            self.figures.count_touch(channel, outcome)
        return look.attempts

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
            try:
                known = self.live.newest(lambda engine: self._write(engine, done))
            except NotTakenUp:
                # Held here it would be lost with this process, and go again.
                known = self._write(None, done)
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

    def _write(self, engine: Engine | None, done: Sequence[_Done]) -> list[bool]:
        """A touch that was taken is told to its customer's journeys, in the transaction that writes it down.

        Or it waits there to be told, as all do without an engine.  For each whether it counted, False for what an
        older attempt says.
        """
        now, outcomes = self.clock(), [outcome for _, _, outcome in done]
        with self.live.database.writing() as connection:
            owners, locked = lock_whose(connection, {outcome.key[0] for outcome in outcomes})
            known = settle(connection, outcomes, now)
            # By attempt and not by key: the answer of an old one may come back together with that of the newest.
            accepted = [
                touch for (_, touch, outcome), is_known in zip(done, known) if outcome.status == "sent" and is_known
            ]
            turns = tell_accepted(connection, engine, accepted, owners, locked, now)
        self.figures.count_turns("relay", turns)
        return known

    def _count(self, touch: Touch, outcome: Outcome) -> None:
        match outcome.status:
            case "sent":
                self.figures.count_sent(touch.channel, self.clock() - touch.due_at)
            case "failed":
                self.figures.count_touch(touch.channel, "failed")
            case "waiting" if outcome.is_begun:
                self.figures.count_touch(touch.channel, "retried")
