"""Claiming: which customers have something to do, and the locks that let one worker do it.

The row of a customer is the lock.  A claim never waits: what another worker holds is stepped over, and the
next ones are looked for.  It reads a customer's events only once it holds their row, so that all of
them are seen and none is heard twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from journeys.core.calendar import NEVER

from .database import Unavailable
from .identity import erased_as, others_of, whose, with_others
from .many import InsertMany, as_json, is_postgres, listed
from .tables import CustomerRow
from .values import Claimed, Kept, Other, Pending

_Row = Sequence[Any]

EVENTS_MAX: Final = 20_000  # in one claim: what a worker holds in memory, whatever has piled up

_INTRODUCE: Final = InsertMany(CustomerRow, ("id", "publication", "as_of", "turns"), "ON CONFLICT DO NOTHING")

# Both looks go on after the last place seen.  Of a customer with a flood of events at one instant that steps over
# the rest, and whoever was put on hold meanwhile moves nobody out of sight.
_DUE: Final = text("""
    SELECT id, wake_at, '' AS known_as FROM customer
    WHERE wake_at <= :now AND parked_at IS NULL AND (wake_at, id) > (:at, :id)
    ORDER BY wake_at, id LIMIT :count
""")
_PENDING: Final = text("""
    SELECT customer, at, (SELECT coalesce(merged_into, '') FROM customer WHERE customer.id = inbox.customer) AS known_as
    FROM inbox WHERE status = 'pending' AND at <= :now AND (at, customer) > (:at, :id)
    ORDER BY at, customer LIMIT :count
""")
_FIRST: Final = (-NEVER, "")  # before every place
_ARRAY: Final = "ARRAY(SELECT json_array_elements_text(CAST(:ids AS json)))"
# The columns of a customer's row, and where two of them stand.  Rows are taken apart by place: by name it costs more
# than reading them did.
COLUMNS: Final = "id, publication, value, as_of, wake_at, turns, parked_at, merged_into"
_WAKE_AT: Final = 4
_PARKED_AT: Final = 6
_MERGED_INTO: Final = 7
_LISTED: Final = text(f"""
    SELECT {COLUMNS} FROM customer WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY id
""")
_LOCK: Final = text(f"""
    SELECT {COLUMNS} FROM customer WHERE id = ANY({_ARRAY}) ORDER BY id FOR UPDATE
""")
_LOCK_FREE: Final = text(f"{_LOCK.text} SKIP LOCKED")

_IS_THERE: Final = text("SELECT EXISTS (SELECT 1 FROM customer WHERE id = :id)")
_HOLD: Final = listed("UPDATE inbox SET status = 'held' WHERE status = 'pending' AND customer")

_DROP: Final = listed("DELETE FROM inbox WHERE customer")

# One look into the index for each customer, in the order in which they were found: neither database is left to
# guess that reading the whole inbox would be less work.  PostgreSQL would do so when it counted last while nothing
# was pending; said as a span of customers, and in their order, only the index of a customer's events will do.
_EVENTS_LISTED: Final = text("""
    SELECT listed.key AS place, inbox.source, inbox.id, inbox.at, inbox.body, inbox.received_at
    FROM json_each(:ids) AS listed
    CROSS JOIN inbox
    WHERE inbox.customer = listed.value AND inbox.status = 'pending' AND inbox.at <= :now
    ORDER BY listed.key LIMIT :count
""")
_EVENTS_ARRAY: Final = text("""
    SELECT listed.place - 1 AS place, found.source, found.id, found.at, found.body, found.received_at
    FROM json_array_elements_text(CAST(:ids AS json)) WITH ORDINALITY AS listed(customer, place)
    CROSS JOIN LATERAL (
        SELECT source, id, at, body, received_at FROM inbox
        WHERE inbox.customer BETWEEN listed.customer AND listed.customer AND status = 'pending' AND at <= :now
        ORDER BY inbox.customer, at LIMIT :count
    ) AS found
    ORDER BY listed.place LIMIT :count
""")


def claim(connection: Connection, now: int, limit: int, *, events_max: int = EVENTS_MAX) -> list[Claimed]:
    """Locks and reads customers that are due or have events up to now, the longest waiting first.

    They are theirs alone who hold the transaction.  Each comes with all of their events up to now, in the order
    of at, source and id; where there are more than `events_max`, fewer customers come, but always one.
    """
    while rows := _locked(connection, now, limit):
        claimed = _with_events(connection, rows, now, events_max)
        if claimed:
            return claimed
        # Somebody else did the work of all of these between the look and the lock, and may have left other work.
    return []


def _locked(connection: Connection, now: int, limit: int) -> dict[str, _Row]:
    """The rows of those with something to do that nobody else holds."""
    rows: dict[str, _Row] = {}
    for candidates in _candidates(connection, now, limit):
        while candidates and len(rows) < limit:
            tried, candidates = candidates[: limit - len(rows)], candidates[limit - len(rows) :]
            introduce(connection, _not_erased(connection, [id for id, is_unknown in tried if is_unknown]))
            rows |= _lock_free(connection, [id for id, _ in tried])
        if len(rows) >= limit:
            break
    return rows


def _candidates(connection: Connection, now: int, limit: int) -> Iterator[list[tuple[str, bool]]]:
    """Customers with something to do, each once and with whether they are unknown; the longest waiting first.

    Each look goes further than the one before, as many of those in front may be at work elsewhere.
    """
    seen: set[str] = set()
    looks = {_DUE: _FIRST, _PENDING: _FIRST}
    # Who is alone finds nobody held by somebody else.
    count = 2 * limit if is_postgres(connection) else limit
    while looks:
        found: dict[str, tuple[int, str, bool]] = {}
        for query, place in list(looks.items()):
            rows = connection.execute(query, {"now": now, "count": count, "at": place[0], "id": place[1]}).all()
            for sent_for, at, known_as in rows:
                # What is sent for an id that was merged is heard by whose it is now.
                id = known_as or sent_for
                if id not in seen and (id not in found or at < found[id][0]):
                    found[id] = (at, id, known_as is None)
            if len(rows) < count:
                del looks[query]
            else:
                looks[query] = (rows[-1][1], rows[-1][0])
        seen |= found.keys()
        yield [(id, is_unknown) for _, id, is_unknown in sorted(found.values())]
        count *= 2


def _not_erased(connection: Connection, ids: Sequence[str]) -> Sequence[str]:
    """Those that may be somebody new; what comes for an id that was erased is kept no longer."""
    gone = erased_as(connection, ids) if ids else {}
    if not gone:
        return ids
    connection.execute(_DROP[is_postgres(connection)], {"ids": as_json(sorted(gone))})
    return [id for id in ids if id not in gone]


def introduce(connection: Connection, ids: Sequence[str]) -> None:
    """Makes rows for those who have none.

    On PostgreSQL in a transaction of its own, so that nobody waits for the turn of somebody else: a row without
    a value says nothing, and may stay.
    """
    rows = [(id, 0, 0, 0) for id in sorted(ids)]
    if rows and is_postgres(connection):
        with connection.engine.begin() as apart:
            _INTRODUCE.run(apart, rows)
    elif rows:
        _INTRODUCE.run(connection, rows)


def _lock_free(connection: Connection, ids: Sequence[str]) -> dict[str, _Row]:
    """Those that nobody else holds, in the order given; not the parked ones, whose events are put on hold.

    Nor an id that was merged since it was looked for: the next look finds whose it is.
    """
    statement = _LOCK_FREE if is_postgres(connection) else _LISTED
    found = {row[0]: row for row in connection.execute(statement, {"ids": as_json(ids)}).all()}
    free: dict[str, _Row] = {}
    on_hold = []
    for id in ids:
        row = found.get(id)
        if row is None:
            continue
        if row[_PARKED_AT] is not None:
            on_hold.append(id)
        elif row[_MERGED_INTO] is None:
            free[id] = row
    if on_hold:
        # Theirs are looked at once, and not at every claim.
        hold(connection, on_hold)
    return free


def hold(connection: Connection, customers: Sequence[str]) -> None:
    """Puts what waits for these customers on hold, whichever of their ids it was sent for."""
    connection.execute(_HOLD[is_postgres(connection)], {"ids": as_json(with_others(connection, customers))})


def _with_events(connection: Connection, rows: dict[str, _Row], now: int, events_max: int) -> list[Claimed]:
    """The customers with their events, as far as these are read whole; without those who turn out to have no work."""
    ids = list(rows)
    others = others_of(connection, ids)
    # One customer after the other, each by all of their ids.
    sent_for = [(id, each) for id in ids for each in (id, *others.get(id, ()))]
    events = _events(connection, sent_for, now, events_max + 1)
    if len(events) > events_max:
        whole = ids.index(events[-1][0])
        if whole == 0:
            # One customer with more than there should be: they come alone.
            events = _events(connection, [each for each in sent_for if each[0] == ids[0]], now, NEVER)
            whole = 1
        ids = ids[:whole]
    heard: dict[str, list[Pending]] = {}
    for customer, event in events:
        heard.setdefault(customer, []).append(event)
    claimed = []
    for id in ids:
        row, pending = rows[id], heard.get(id, [])
        wake_at = row[_WAKE_AT]
        # Somebody else may have done the work between the look and the lock.
        if pending or (wake_at is not None and wake_at <= now):
            claimed.append(Claimed(id=id, kept=kept_of(row), events=_in_order(pending)))
    return claimed


def claim_other(connection: Connection, id: str, now: int) -> Other | None:
    """Somebody who is named by an event of a customer whom one holds, with their events; None where others hold them.

    It never waits, so that two who name each other's customers do not wait for ever.  An id that is another's already
    is not held.
    """
    id = erased_as(connection, [id]).get(id, id)
    owner = whose(connection, [id]).get(id)
    if owner is not None:
        return Other(claimed=Claimed(id=id, kept=None, events=()), customer=owner, is_parked=False)
    statement = _LOCK_FREE if is_postgres(connection) else _LISTED
    row = connection.execute(statement, {"ids": as_json([id])}).one_or_none()
    if row is None and not connection.execute(_IS_THERE, {"id": id}).scalar_one():
        # Only then: to introduce one whose row is being written is to wait for whoever writes it.
        introduce(connection, [id])
        row = connection.execute(statement, {"ids": as_json([id])}).one_or_none()
    if row is None:
        return None
    sent_for = [(id, each) for each in (id, *others_of(connection, [id]).get(id, ()))]
    pending = [event for _, event in _events(connection, sent_for, now, NEVER)]
    claimed = Claimed(id=id, kept=kept_of(row), events=_in_order(pending))
    return Other(claimed=claimed, customer=row[_MERGED_INTO], is_parked=row[_PARKED_AT] is not None)


def _in_order(pending: list[Pending]) -> tuple[Pending, ...]:
    if len(pending) > 1:
        pending.sort(key=lambda event: (event.at, event.source, event.id, event.customer))
    return tuple(pending)


def _events(
    connection: Connection, sent_for: Sequence[tuple[str, str]], now: int, count: int
) -> list[tuple[str, Pending]]:
    """The events that were sent for these ids, each after whose it is, in the order of the ids."""
    statement = _EVENTS_ARRAY if is_postgres(connection) else _EVENTS_LISTED
    asked = {"ids": as_json([each for _, each in sent_for]), "now": now, "count": count}
    return [
        (
            sent_for[place][0],
            Pending(customer=sent_for[place][1], source=source, id=id, at=at, body=body, received_at=received_at),
        )
        for place, source, id, at, body, received_at in connection.execute(statement, asked)
    ]


def lock(connection: Connection, ids: Iterable[str]) -> dict[str, Kept]:
    """Those of these customers that have had a turn, by id; waits for whoever works on them, in the order of ids."""
    statement = _LOCK if is_postgres(connection) else _LISTED
    rows = connection.execute(statement, {"ids": as_json(list(ids))}).all()
    return {kept.id: kept for row in rows if (kept := kept_of(row)) is not None}


def lock_whose(connection: Connection, ids: Collection[str]) -> tuple[dict[str, str], dict[str, Kept]]:
    """Whose each of these ids is, and those customers as `lock` has them.

    Raises Unavailable where one is merged at this very moment: asked again, it is known into whom.
    """
    merged = whose(connection, ids)
    owners = {id: merged.get(id, id) for id in ids}
    statement = _LOCK if is_postgres(connection) else _LISTED
    rows = connection.execute(statement, {"ids": as_json(sorted({*owners.values()}))}).all()
    if any([row[_MERGED_INTO] is not None for row in rows]):
        raise Unavailable("a customer was merged just now")
    return owners, {kept.id: kept for row in rows if (kept := kept_of(row)) is not None}


def kept_of(row: _Row) -> Kept | None:
    """None for a row that was made and has had no turn yet."""
    id, publication, value, as_of, wake_at, turns, parked_at, _ = row
    if value is None:
        return None
    return Kept(
        id=id,
        publication=publication,
        value=value,
        as_of=as_of,
        wake_at=NEVER if wake_at is None else wake_at,
        turns=turns,
        is_parked=parked_at is not None,
    )
