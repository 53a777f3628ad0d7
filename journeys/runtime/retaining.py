"""Retaining: each night, what `keep` in brand.yaml says is kept no longer is forgotten, in values and in rows.

Customers forget in a turn, which is recorded as any other; one who is parked forgets, and decides nothing.  Then the
rows: of an event, and of what was told of a customer's fields, the signals of turns keep the name, the time and the
id, and which properties they had.  And the inbox lets go of events that were taken, by whose keys it knows what was
sent twice.  Of who was erased the ids go before all that.

Each night goes on where the last one ended: what is kept for a year is looked at when it is a year old.  Where
`keep` was changed, all of it is looked at once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from journeys.core.calendar import DAY, HOUR
from journeys.core.keeping import pack
from journeys.definition.model import TELLING_FIELDS, Brand
from journeys.store.claiming import lock, lock_whose
from journeys.store.customers import parked, save
from journeys.store.database import Unavailable
from journeys.store.erasing import still_named, unname
from journeys.store.identity import with_others
from journeys.store.inbox import unheard_of
from journeys.store.looking import Heard, customers_after, events_of
from journeys.store.retaining import (
    Remnant,
    TakenTurn,
    customers_between,
    keep_less,
    keep_less_held,
    next_instant,
    remove_taken,
    signals_of,
    turns_between,
)
from journeys.store.values import Kept, Taken

from .engine import Engine, Superseded, see_newest
from .failing import log_failure
from .figures import Figures
from .live import Live
from .nightly import Run
from .parking import put_aside

JOB: Final = "retain"
REMEMBER_FOR: Final = 30 * DAY  # an event that is sent again within it is taken once
_CUSTOMERS: Final = 500  # looked through at a time
_TURNS: Final = 500  # in one transaction
_SET_BACK: Final = 2 * HOUR  # a clock may have been, and turns taken after it look older

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


class Reached(msgspec.Struct, kw_only=True):
    """How far it came: this `night` up to a customer (None: all of them); by keep, up to which turns; and the inbox.

    `keeps` are those it went by.
    """

    night: int = 0
    customer: str | None = ""
    keeps: dict[str, int] = {}
    turns: dict[int, int] = {}
    inbox: int = 0


class Retaining:
    """The job.  `remember_for` is how long the inbox knows what it took."""

    def __init__(
        self,
        live: Live,
        *,
        remember_for: int = REMEMBER_FOR,
        customers: int = _CUSTOMERS,
        turns: int = _TURNS,
        figures: Figures | None = None,
    ) -> None:
        self.live = live
        self.figures = figures or Figures()
        self.remember_for = remember_for
        self._customers = customers
        self._turns = turns

    def run(self, run: Run) -> None:
        """All of one night."""
        reached = msgspec.json.decode(run.shift.reached, type=Reached) if run.shift.reached else Reached()
        if reached.night != run.due_at:
            reached.night, reached.customer = run.due_at, ""
        self._unname(run, reached)
        keeps = keeps_of(self.live.engine.program.definitions.brand)
        if reached.keeps != keeps:
            reached.keeps, reached.turns = keeps, {}
        if keeps:
            self._forget(run, reached)
            self._drop(run, reached)
        for keep in sorted(set(keeps.values())):
            self._strip(run, reached, keep)
        self._let_go(run, reached)

    def _unname(self, run: Run, reached: Reached) -> None:
        """The ids of who was erased go, once nothing of theirs is under way."""
        while self.live.newest(lambda engine: self._unname_batch(engine, run, reached)):
            run.rest()

    def _unname_batch(self, engine: Engine, run: Run, reached: Reached) -> int:
        now = self.live.clock()
        with self.live.database.writing() as connection:
            found = still_named(connection, now, self._customers)
            for kept in found:
                try:
                    customer = engine.customer_of(kept)
                except Exception as error:
                    put_aside(connection, kept.id, error, now)
                    continue
                customer.others = ()
                unname(connection, replace(kept, value=pack(customer), publication=engine.publication))
            run.keep(connection, _encode(reached))
        return len(found)

    # ------------------------------------------------------------ values

    def _forget(self, run: Run, reached: Reached) -> None:
        while reached.customer is not None:
            self.live.newest(lambda engine: self._forget_batch(engine, run, reached))
            run.rest()

    def _forget_batch(self, engine: Engine, run: Run, reached: Reached) -> None:
        now, forgetting = self.live.clock(), engine.forgetting
        with self.live.database.reading() as connection:
            found = customers_after(connection, reached.customer or "", self._customers)
        last = found[-1].id if len(found) == self._customers else None
        due = [kept.id for kept in found if not kept.is_parked and _is_due(engine, kept, now)]
        with self.live.database.writing() as connection:
            taken: list[Taken] = []
            locked = lock(connection, due)
            if locked:
                see_newest(connection, engine)
            # What they said comes first, or clocks would ring without it.  It is another night's.
            unheard = unheard_of(connection, locked, now)
            for id, kept in locked.items():
                if kept.is_parked or id in unheard:
                    continue
                try:
                    turn = forgetting.forget(engine.customer_of(kept), now)
                    taken.append(engine.taken(kept, turn, kind="forgotten"))
                except Exception as error:
                    put_aside(connection, id, error, now)
            save(connection, taken, now)
            run.keep(connection, _encode(_with(reached, customer=last)))
        self.figures.count_turns("night", len(taken))
        reached.customer = last

    def _drop(self, run: Run, reached: Reached) -> None:
        """Of who is parked everything waits; what is kept no longer goes all the same, of them and what they said."""
        with self.live.database.reading() as connection:
            ids = [each.id for each in parked(connection)]
        for start in range(0, len(ids), self._customers):
            batch = ids[start : start + self._customers]
            self.live.newest(partial(self._drop_batch, ids=batch, run=run, reached=reached))
            run.rest()

    def _drop_batch(self, engine: Engine, *, ids: Sequence[str], run: Run, reached: Reached) -> None:
        now, forgetting = self.live.clock(), engine.forgetting
        taken: list[Taken] = []
        with self.live.database.writing() as connection:
            locked = lock(connection, ids)
            see_newest(connection, engine)
            for kept in locked.values():
                if not kept.is_parked:
                    continue
                try:
                    customer = engine.customer_of(kept)
                    if forgetting.is_due(customer, now):
                        dropped = engine.taken(kept, forgetting.drop(customer, now), kind="dropped")
                        taken.append(replace(dropped, until=now))
                except (Superseded, Unavailable):
                    raise
                except Exception as error:
                    # They stay as they are, for whoever lets them go on or erases them.
                    log_failure("parked_customer_not_forgotten", error)
            save(connection, taken, now)
            for id in with_others(connection, ids):
                keep_less_held(connection, _left_of_held(id, events_of(connection, id), reached.keeps, now))
            run.keep(connection, _encode(reached))
        self.figures.count_turns("night", len(taken))

    # ------------------------------------------------------------ rows

    def _strip(self, run: Run, reached: Reached, keep: int) -> None:
        def strip(after: int, until: int, now: int) -> None:
            database, keeps = self.live.database, reached.keeps
            with database.reading() as connection:
                turns = turns_between(connection, after=after, until=until)
            old = [turn for turn in turns if _left(turn, turn.signals, keeps, now)[1]]
            with database.writing() as connection:
                lock_whose(connection, {turn.customer for turn in old})
                # As they are now: who held their customer may have emptied them.
                signals = signals_of(connection, [turn.key for turn in old])
                less: dict[tuple[str, int], bytes] = {}
                events: list[Remnant] = []
                for turn in old:
                    less[turn.key], gone = _left(turn, signals[turn.key], keeps, now)
                    events += gone
                keep_less(connection, less, events)
                run.keep(connection, _encode(_with(reached, turns={**reached.turns, keep: until})))
            reached.turns[keep] = until

        self._walk(run, reached.turns.get(keep, 0), keep, strip)

    def _let_go(self, run: Run, reached: Reached) -> None:
        def let_go(after: int, until: int, now: int) -> None:
            database = self.live.database
            with database.reading() as connection:
                customers = customers_between(connection, after=after, until=until)
            with database.writing() as connection:
                lock_whose(connection, customers)
                remove_taken(connection, customers, now - self.remember_for)
                run.keep(connection, _encode(_with(reached, inbox=until)))
            reached.inbox = until

        self._walk(run, reached.inbox, self.remember_for, let_go)

    def _walk(self, run: Run, reached: int, age: int, do: Callable[[int, int, int], None]) -> None:
        """Turns that are older than that and were not yet: `do` is told after which and up to which instant."""
        after = reached - _SET_BACK
        while True:
            now = self.live.clock()
            with self.live.database.reading() as connection:
                until = next_instant(connection, after=after, until=now - age, limit=self._turns)
            if until is None:
                return
            do(after, until, now)
            after = until
            run.rest()


def _is_due(engine: Engine, kept: Kept, now: int) -> bool:
    """Whether they have something to forget; one that cannot be read is parked by whoever holds them."""
    try:
        return engine.forgetting.is_due(engine.customer_of(kept), now)
    except (Superseded, Unavailable):
        raise
    except Exception:
        return True


def keeps_of(brand: Brand) -> dict[str, int]:
    """How long what is kept for a time is kept, by event, and by field as events name it."""
    keeps = {f"events.{event.name}": event.keep for event in brand.events.values() if event.keep is not None}
    return keeps | {f"fields.{field.name}": field.keep for field in brand.fields.values() if field.keep is not None}


def _left(turn: TakenTurn, signals: bytes, keeps: dict[str, int], now: int) -> tuple[bytes, list[Remnant]]:
    """What is left of a turn's signals, and the events that lost something."""
    events: list[dict[str, Any]] = _decode(signals)
    gone: list[Remnant] = []
    for place, event in enumerate(events):
        less = _less(event, keeps, now - turn.at)
        if less is not None:
            events[place] = less
            sent_for = less.get("sent_for", turn.customer)
            source, id = less.get("source", ""), less.get("id", "")
            gone.append(Remnant(customer=sent_for, source=str(source), id=str(id), body=_encode(less)))
    return (_encode(events) if gone else signals), gone


def _left_of_held(customer: str, events: Iterable[Heard], keeps: dict[str, int], now: int) -> list[Remnant]:
    """The events that wait for a customer who is parked, and lose something, as they came in so long ago."""
    return [
        Remnant(customer=customer, source=each.source, id=each.id, body=_encode(less))
        for each in events
        if each.status == "held" and (less := _less(_decode(each.body), keeps, now - each.received_at)) is not None
    ]


def _less(event: dict[str, Any], keeps: dict[str, int], age: int) -> dict[str, Any] | None:
    """An event without what is kept no longer; None where nothing is lost."""
    properties: dict[str, Any] = event.get("properties") or {}
    names = _beyond(event["name"], properties, keeps, age)
    if not names:
        return None
    left = {name: value for name, value in properties.items() if name not in names}
    return {**event, "properties": left, "forgotten": sorted({*event.get("forgotten", ()), *names})}


def _beyond(name: str, properties: dict[str, Any], keeps: dict[str, int], age: int) -> list[str]:
    """The properties that are kept no longer."""
    if name in TELLING_FIELDS:
        return [each for each in properties if keeps.get(f"fields.{each}", age + 1) <= age]
    return list(properties) if keeps.get(f"events.{name}", age + 1) <= age else []


def _with(reached: Reached, **changes: Any) -> Reached:
    return msgspec.structs.replace(reached, **changes)
