"""Readying: a second look at what was leased, under the locks of whom it is for, before anything goes on the network.

What has waited is asked about anew: the gate's answer of an hour ago is no longer an answer, nor is that of now while
an event waits for a turn: it may take a consent back.  Then the words are made as the customer is now, and an offer
that not everybody can have is given.  What may not go is taken back or put off in the same transaction.

Only what is left after the last turn of a customer goes: each may lead them out of where another touch belonged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from journeys.core.calendar import MINUTE
from journeys.core.customer import Customer
from journeys.core.effects import TouchKey
from journeys.core.preferences import heard_at
from journeys.core.turn import ask_again, withhold_spent
from journeys.store.claiming import lock_whose
from journeys.store.customers import save
from journeys.store.database import Connection
from journeys.store.inbox import unheard_of
from journeys.store.offers import give_offer
from journeys.store.outbox import Key, Leased, Outcome, Touch, settle, withdraw
from journeys.store.values import Kept, Taken

from .attempting import Attempt, given_up, not_begun
from .engine import Engine, key_here, say_keys, see_newest
from .parking import put_aside
from .wording import Undeliverable, Wording

_STALE_FOR: Final = MINUTE  # a touch that was decided longer ago is asked about anew
_LOOKS: Final = 5  # so many times in a lease it is looked again whether a customer's events were heard
_PARKED: Final = "its customer is parked"
_UNHEARD: Final = "its customer said something that is heard first"


class Look:
    """One look; what comes of it is gathered a customer at a time, and kept at the end.

    `attempts` may begin once the transaction is kept; `told` is what became of others, by channel.
    """

    def __init__(self, connection: Connection, engine: Engine, wording: Wording, now: int, *, lease_for: int) -> None:
        self.attempts: list[Attempt] = []
        self.told: list[tuple[str | None, str]] = []
        self._connection = connection
        self._engine = engine
        self._wording = wording
        self._now = now
        self._lease_for = lease_for
        self._asked: list[Taken] = []
        self._spent: list[Taken] = []
        self._gone: list[Key] = []
        self._outcomes: list[Outcome] = []

    @property
    def turns(self) -> int:
        """How many turns were taken."""
        return len(self._asked) + len(self._spent)

    def make_ready(self, leased: Sequence[Leased]) -> None:
        """Raises Superseded where a turn would be taken and the engine is not that of the newest publication."""
        connection, now = self._connection, self._now
        owners, locked = lock_whose(connection, {each.touch.customer for each in leased})
        by_customer: dict[str, list[Leased]] = {}
        for each in leased:
            by_customer.setdefault(owners[each.touch.customer], []).append(each)
        customers: dict[str, Customer] = {}
        for id, theirs in by_customer.items():
            kept = locked.get(id)
            if kept is None:
                self._take_back(theirs)
            elif kept.is_parked:
                # What is on hold with them may take a consent back.
                self._put_off(theirs, self._lease_for, _PARKED)
            else:
                try:
                    customers[id] = self._engine.customer_of(kept)
                except Exception as error:
                    self._put_aside(kept, theirs, error)
        stale = {id: keys for id, each in customers.items() if (keys := _stale(by_customer[id], each, now))}
        if stale:
            see_newest(connection, self._engine)
        unheard = unheard_of(connection, stale, now)
        for id, customer in customers.items():
            if id in unheard:
                self._put_off(by_customer[id], self._lease_for // _LOOKS, _UNHEARD)
            else:
                self._look_at(locked[id], customer, by_customer[id], stale.get(id, frozenset()))
        save(connection, self._asked, now)
        save(connection, self._spent, now)
        withdraw(connection, self._gone, now)
        settle(connection, self._outcomes, now)

    def _look_at(self, kept: Kept, customer: Customer, theirs: list[Leased], stale: frozenset[TouchKey]) -> None:
        try:
            if stale:
                kept, theirs = self._ask_again(kept, customer, theirs, stale)
        except Exception as error:
            self._put_aside(kept, theirs, error)
            return
        ready = self._in_words(customer, self._still_sending(customer, theirs))
        spent = [each.leased for each in ready if not self._is_given(each.leased.touch)]
        if spent:
            see_newest(self._connection, self._engine)
            try:
                self._withhold_spent(kept, customer, spent)
            except Exception as error:
                self._put_aside(kept, [each.leased for each in ready], error)
                return
            still = _keys_of(customer)
            back = [each.leased for each in ready if key_here(customer, each.leased.touch.key) not in still]
            self._take_back(back)
            self.told += [(each.touch.channel, "withdrawn") for each in back]
            ready = [each for each in ready if key_here(customer, each.leased.touch.key) in still]
        self.attempts += ready

    def _ask_again(
        self, kept: Kept, customer: Customer, theirs: list[Leased], stale: frozenset[TouchKey]
    ) -> tuple[Kept, list[Leased]]:
        """The customer as they are kept after it; and those that may still go, as they go now."""
        turn = ask_again(self._engine.program, customer, self._now, keys=stale, is_accepted_at_once=False)
        asked = self._engine.taken(kept, turn, kind="asked", signals=say_keys(sorted(stale)))
        anew = {touch.key: touch for touch in asked.touches}
        asked_of = [each for each in theirs if key_here(customer, each.touch.key) in stale]
        missing = [each for each in asked_of if each.touch.key not in anew]
        self._asked.append(asked)
        self._take_back(missing)
        self.told += [(each.touch.channel, "withdrawn") for each in missing]
        return asked.kept, _going(theirs, asked_of, anew)

    def _still_sending(self, customer: Customer, theirs: list[Leased]) -> list[Leased]:
        still = _keys_of(customer)
        self._take_back([each for each in theirs if key_here(customer, each.touch.key) not in still])
        return [each for each in theirs if key_here(customer, each.touch.key) in still]

    def _in_words(self, customer: Customer, theirs: list[Leased]) -> list[Attempt]:
        ready = []
        for each in theirs:
            try:
                parcel = self._wording.parcel(each.touch, customer, self._now)
            except Undeliverable as error:
                self._outcomes.append(given_up(each, error))
                self.told.append((each.touch.channel, "failed"))
            else:
                ready.append(Attempt(leased=each, parcel=parcel, begins_by=self._now + self._lease_for // 2))
        return ready

    def _is_given(self, touch: Touch) -> bool:
        """Whether the offer of a touch is given to it, where it has one that not everybody can have."""
        offer = self._engine.program.definitions.touches[touch.touch].offer
        if offer is None or offer.limit is None:
            return True
        return give_offer(self._connection, touch.touch, touch.key, offer.limit)

    def _withhold_spent(self, kept: Kept, customer: Customer, spent: list[Leased]) -> None:
        keys = frozenset([key_here(customer, each.touch.key) for each in spent])
        turn = withhold_spent(self._engine.program, customer, keys)
        self._spent.append(self._engine.taken(kept, turn, kind="spent", signals=say_keys(sorted(keys))))

    def _take_back(self, theirs: list[Leased]) -> None:
        self._gone += [each.touch.key for each in theirs]

    def _put_off(self, theirs: list[Leased], wait_for: int, because: str) -> None:
        self._outcomes += [not_begun(each, self._now + wait_for, because) for each in theirs]

    def _put_aside(self, kept: Kept, theirs: list[Leased], error: Exception) -> None:
        put_aside(self._connection, kept.id, error, self._now)
        self._put_off(theirs, self._lease_for, _PARKED)


def _keys_of(customer: Customer) -> set[TouchKey]:
    """What was let go, and is on its way."""
    return {sending.waiting.key for sending in customer.sending}


def _stale(theirs: list[Leased], customer: Customer, now: int) -> frozenset[TouchKey]:
    """Those that have waited or were tried before, and those that were decided before something was known that counts.

    That is another of the customer's ids, or what they chose.
    """
    before = max([now - _STALE_FOR - 1, heard_at(customer), *[at for *_, at in customer.others]])
    return frozenset(
        [key_here(customer, each.touch.key) for each in theirs if each.tries > 1 or each.touch.decided_at <= before]
    )


def _going(theirs: list[Leased], asked_of: list[Leased], anew: Mapping[Key, Touch]) -> list[Leased]:
    """Those that were not asked about, and of the others those that go by the channel for which they are leased."""
    going = []
    for each in theirs:
        key = each.touch.key
        if each not in asked_of:
            going.append(each)
        elif key in anew and anew[key].channel == each.touch.channel:
            going.append(replace(each, touch=anew[key]))
        # Where it goes by another channel now, that leases it for itself.
    return going
