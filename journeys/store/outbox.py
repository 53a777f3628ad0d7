"""The outbox: touches that were decided, until a provider has accepted them.

A row is written in the transaction that decided it and leased in a short one before the network is
touched; no lock is held while a provider takes its time.  Each lease counts the attempts up, and an answer
is taken only from the attempt that is the newest.  A lease that runs out is given again: with the same
key, so that a provider that knows keys sends once.

A touch that was withdrawn and is decided anew waits again under its own key; what was sent or has
failed never comes back by itself.  Whoever changes rows locks them first, in the order of their keys, and before
them their customers where it comes back for more; a lease waits for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, Row, Text, TextClause, bindparam, text

from .identity import ids_of
from .many import FindMany, InsertMany, UpdateMany, is_postgres
from .tables import OutboxRow
from .texts import keepable_or_none

Key = tuple[str, int, int, int, int]
"""A touch's key: customer, enrollment, entry, visit, occurrence."""

NOBODY_KNOWS: Final = "nobody knows whether the provider accepted it, and this channel rather sends none than two"


class Touch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A touch to be sent, by names; the first five are its key.

    `version` is that of the journey, in which `entry` has its place.
    """

    customer: str
    enrollment: int
    entry: int
    visit: int
    occurrence: int
    journey: str
    publication: int
    touch: str
    channel: str | None
    person: str | None
    words: str
    due_at: int
    decided_at: int
    version: int = 1

    @property
    def key(self) -> Key:
        return (self.customer, self.enrollment, self.entry, self.visit, self.occurrence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A touch to be attempted, and the number of the attempt: the first is 1.

    The number never begins anew, so that it tells an old answer; `tries` does, with a decision after it was
    withdrawn and with each retry by hand.  What still waits and is asked about anew goes on being counted.
    `unsure` counts those tries of which nobody knows whether they were accepted.
    """

    touch: Touch
    attempt: int
    tries: int = 1
    unsure: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt; `waiting` is tried again at `next_at`.

    Where `is_unsure` it may have been accepted all the same; where not even `is_begun` it counts for no try.
    """

    key: Key
    attempt: int
    status: Literal["sent", "failed", "waiting"]
    next_at: int | None = None
    problem: str | None = None
    receipt: str | None = None
    is_unsure: bool = False
    is_begun: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A touch that was accepted, when, and the provider's word for it."""

    touch: Touch
    at: int
    receipt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits to be sent; `oldest_at` is when the oldest of it was due to go, None where nothing waits."""

    waiting: int
    oldest_at: int | None


_KEY: Final = ("customer", "enrollment", "entry", "visit", "occurrence")
_SAID: Final = (
    "journey", "version", "publication", "touch", "channel", "person", "words", "due_at", "decided_at",
)  # fmt: skip
_TOUCH: Final = (*_KEY, *_SAID)
_KEYS: Final = ", ".join(_KEY)
_TOUCHES: Final = ", ".join(f'outbox."{name}"' for name in _TOUCH)

_FIND: Final = FindMany(OutboxRow, _KEY, ("status", "attempt", "tries", "unsure"), is_locking=True)

# A lease that still runs is waited for, and so is a pause that a provider asked for: the attempt in flight
# may yet be accepted, and the touch is then sent.
_UPSERT: Final = InsertMany(
    OutboxRow,
    (*_TOUCH, "status", "next_at", "attempt", "tries", "unsure"),
    f"""
    ON CONFLICT ({_KEYS}) DO UPDATE SET
        status = 'waiting', settled_at = NULL,
        tries = CASE WHEN outbox.status = 'waiting' THEN outbox.tries ELSE 0 END,
        unsure = CASE WHEN outbox.status = 'waiting' THEN outbox.unsure ELSE 0 END,
        next_at = CASE WHEN outbox.next_at > excluded.next_at THEN outbox.next_at ELSE excluded.next_at END,
        leased_until = CASE WHEN outbox.channel = excluded.channel THEN outbox.leased_until END,
        {", ".join(f'"{name}" = excluded."{name}"' for name in _SAID)}
    WHERE outbox.status IN ('waiting', 'withdrawn')
    """,
)
# Taken back by who held the lease: nothing is under way.
_TAKE_BACK: Final = UpdateMany(OutboxRow, ("status", "settled_at", "leased_until"), _KEY, "outbox.status = 'waiting'")
_WITHDRAW: Final = UpdateMany(OutboxRow, ("status", "settled_at"), _KEY, "outbox.status = 'waiting'")
_SETTLE: Final = UpdateMany(
    OutboxRow,
    ("status", "next_at", "leased_until", "settled_at", "tries", "unsure", "problem", "receipt"),
    _KEY,
)
_RETRY: Final = UpdateMany(
    OutboxRow, ("status", "next_at", "leased_until", "settled_at", "tries", "unsure"), _KEY, "outbox.status = 'failed'"
)

# The channels with something waiting, each found by one look into the index: a dead provider's thousand
# waiting rows are stepped over, and hold nobody up.
_CHANNELS: Final = text("""
    WITH RECURSIVE used(channel) AS (
        SELECT min(channel) FROM outbox WHERE status = 'waiting'
        UNION ALL
        SELECT (SELECT min(channel) FROM outbox WHERE status = 'waiting' AND channel > used.channel)
        FROM used WHERE used.channel IS NOT NULL
    )
    SELECT channel FROM used WHERE channel IS NOT NULL
""")


def _lease_text(*, is_locking: bool, is_careful: bool, is_to_one: bool) -> TextClause:
    # A lease that was never answered: a careful channel does not ask again.
    is_lost = "ready.leased_until IS NOT NULL" if is_careful else "false"
    to_one = "AND person = :person" if is_to_one else ""
    return text(f"""
        WITH ready AS MATERIALIZED (
            SELECT {_KEYS}, leased_until FROM outbox
            WHERE status = 'waiting' AND channel = :channel AND next_at <= :now {to_one}
            ORDER BY next_at LIMIT :count {"FOR UPDATE SKIP LOCKED" if is_locking else ""}
        )
        UPDATE outbox SET
            status = CASE WHEN {is_lost} THEN 'failed' ELSE 'waiting' END,
            attempt = CASE WHEN {is_lost} THEN attempt ELSE attempt + 1 END,
            tries = CASE WHEN {is_lost} THEN tries ELSE tries + 1 END,
            next_at = CASE WHEN {is_lost} THEN NULL ELSE CAST(:until AS bigint) END,
            leased_until = CASE WHEN {is_lost} THEN NULL ELSE CAST(:until AS bigint) END,
            settled_at = CASE WHEN {is_lost} THEN CAST(:now AS bigint) END,
            problem = CASE WHEN {is_lost} THEN CAST(:lost AS text) ELSE problem END
        FROM ready WHERE {" AND ".join(f"outbox.{name} = ready.{name}" for name in _KEY)}
        RETURNING {_TOUCHES}, outbox.status, outbox.attempt, outbox.tries, outbox.unsure
    """)


_LEASE: Final = {
    (is_locking, is_careful, is_to_one): _lease_text(is_locking=is_locking, is_careful=is_careful, is_to_one=is_to_one)
    for is_locking in (False, True)
    for is_careful in (False, True)
    for is_to_one in (False, True)
}
_WAITING: Final = text("SELECT count(*), min(next_at) FROM outbox WHERE status = 'waiting' AND channel = :channel")
_FAILED_KEYS: Final = text(f"SELECT {_KEYS} FROM outbox WHERE status = 'failed'")
_SENT: Final = text(f"""
    SELECT {_TOUCHES}, settled_at, receipt FROM outbox
    WHERE customer = :customer AND status = 'sent' AND (:channel IS NULL OR channel = :channel)
    ORDER BY settled_at DESC, {_KEYS} LIMIT :limit
""").bindparams(bindparam("channel", type_=Text()))


def decide(connection: Connection, touches: Sequence[Touch], withdrawn: Sequence[Key], now: int) -> None:
    """Lets touches wait to be sent, and withdraws others.

    What was withdrawn, or still waits, becomes what was decided last; what was sent or has failed stays so.
    A key in both waits.
    """
    rows = sorted((_values_of(touch, now) for touch in touches), key=lambda row: row[: len(_KEY)])
    if withdrawn:
        _lock(connection, {*withdrawn, *(touch.key for touch in touches)})
        _WITHDRAW.run(connection, [("withdrawn", now, *key) for key in withdrawn])
    if rows:
        _UPSERT.run(connection, rows)


def withdraw(connection: Connection, keys: Sequence[Key], now: int) -> int:
    """Takes back those that still wait, for whoever holds their lease and has not begun: how many."""
    if not keys:
        return 0
    _lock(connection, keys)
    return _TAKE_BACK.run(connection, [("withdrawn", now, None, *key) for key in keys])


def lease(
    connection: Connection,
    now: int,
    lease_for: int,
    limit: int,
    closed: Sequence[str] = (),
    careful: Sequence[str] = (),
    person: str | None = None,
) -> list[Leased]:
    """Takes touches to be attempted now, the longest waiting first, a share for each channel that is not `closed`.

    Of a `careful` channel a lease that ran out is not given again: the touch has failed, as nobody knows.
    With a `person` it takes what goes to that one of our people alone.
    """
    leased: list[Leased] = []
    channels = [row.channel for row in connection.execute(_CHANNELS) if row.channel not in closed]
    while channels and len(leased) < limit:
        share = -(-(limit - len(leased)) // len(channels))
        full = []
        for channel in channels:
            count = min(share, limit - len(leased))
            statement = _LEASE[is_postgres(connection), channel in careful, person is not None]
            said = {"channel": channel, "now": now, "until": now + lease_for, "count": count, "lost": NOBODY_KNOWS}
            if person is not None:
                said["person"] = person
            rows = connection.execute(statement, said).all()
            leased += [
                Leased(touch=_touch_of(row), attempt=row.attempt, tries=row.tries, unsure=row.unsure)
                for row in rows
                if row.status == "waiting"
            ]
            if len(rows) == count:
                full.append(channel)
        channels = full
    return leased


def settle(connection: Connection, outcomes: Sequence[Outcome], now: int) -> list[bool]:
    """Writes down what came of attempts; for each whether it counted, False for what an older attempt says.

    A touch that was withdrawn meanwhile, or was given up as lost, and was accepted after all, is sent.  Why a
    withdrawn one was not accepted is not kept: who it was for may have been erased, and the provider's words name them.
    """
    if not outcomes:
        return []
    stands: dict[Any, Any] = {
        tuple(row[:5]): tuple(row[5:]) for row in _lock(connection, {each.key for each in outcomes})
    }
    answers = []
    changed = []
    for outcome in outcomes:
        status, attempt, tries, unsure = stands.get(outcome.key, (None, None, 0, 0))
        becomes = _becomes(status, outcome.status) if attempt == outcome.attempt else None
        answers.append(becomes is not None)
        if becomes is not None:
            stands[outcome.key] = ("settled", attempt, tries, unsure)
            is_told = becomes != "withdrawn"
            changed.append((
                becomes, outcome.next_at if becomes == "waiting" else None, None, None if becomes == "waiting" else now,
                tries - (not outcome.is_begun), unsure + outcome.is_unsure,
                keepable_or_none(outcome.problem) if is_told else None,
                keepable_or_none(outcome.receipt) if is_told else None,
                *outcome.key,
            ))  # fmt: skip
    if changed:
        _SETTLE.run(connection, changed)
    return answers


def _becomes(status: str | None, outcome: str) -> str | None:
    """What a touch is after its newest attempt; None where that was settled before."""
    match status:
        case "waiting":
            return outcome
        case "withdrawn":
            return "sent" if outcome == "sent" else "withdrawn"
        case "failed" if outcome == "sent":
            return "sent"
    return None


def waiting(connection: Connection) -> dict[str, Waiting]:
    """What waits to be sent, by channel; of touches without one, by the empty name."""
    found = {}
    for row in connection.execute(_CHANNELS).all():
        count, oldest_at = connection.execute(_WAITING, {"channel": row.channel}).one()
        found[row.channel] = Waiting(waiting=count, oldest_at=oldest_at)
    return found


def failed(connection: Connection) -> list[Key]:
    """Those that were given up, in the order of their keys."""
    return sorted([(*row,) for row in connection.execute(_FAILED_KEYS)])


def retry(connection: Connection, keys: Sequence[Key], now: int) -> int:
    """Lets those of these that have failed wait to be sent anew: how many."""
    if not keys:
        return 0
    _lock(connection, keys)
    return _RETRY.run(connection, [("waiting", now, None, None, 0, 0, *key) for key in keys])


def in_app(connection: Connection, customer: str, slot: str | None = None, limit: int = 100) -> list[Sent]:
    """What a customer was sent by any of their ids, the last first; with a `slot`, through the channel of that name."""
    sent = [
        Sent(touch=_touch_of(row), at=row.settled_at, receipt=row.receipt)
        for id in ids_of(connection, customer)
        for row in connection.execute(_SENT, {"customer": id, "channel": slot, "limit": limit})
    ]
    return sorted(sent, key=lambda each: -each.at)[:limit]


def _lock(connection: Connection, keys: Iterable[Key]) -> Sequence[Row[Any]]:
    return _FIND.run(connection, sorted(keys)).all()


def _values_of(touch: Touch, now: int) -> tuple[Any, ...]:
    # Decided by a clock that was set back since, it goes now, and not when that moment comes again.
    ready_at = min(touch.decided_at, now)
    return (
        *touch.key, touch.journey, touch.version, touch.publication, touch.touch, touch.channel or "", touch.person,
        touch.words, touch.due_at, touch.decided_at, "waiting", ready_at, 0, 0, 0,
    )  # fmt: skip


def _touch_of(row: Row[Any]) -> Touch:
    said = dict(zip(_TOUCH, row))
    return Touch(**{**said, "channel": said["channel"] or None})
