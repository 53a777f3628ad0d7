"""What goes into the rows of customers and comes out of them: plain values, which outlive every connection.

Those of every turn are structs of msgspec: a frozen dataclass takes ten times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from journeys.errors import Conflict

from .outbox import Key, Touch


class StaleCustomer(Conflict):
    """Somebody else has taken a turn of these customers since they were read: nothing is kept, read them again."""

    def __init__(self) -> None:
        super().__init__("a customer has had another turn since they were read")


class Kept(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A customer as kept; `wake_at` is NEVER where nothing is to come, `turns` how many turns they have had.

    Of one who `is_parked` events wait that may change everything.
    """

    id: str
    publication: int
    value: bytes
    as_of: int
    wake_at: int
    turns: int
    is_parked: bool = False


class Pending(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that waits for its customer's turn; `at` is when it happened, `received_at` when it came in.


    `customer` is the id that it was sent for, which may be another one of theirs.
    """

    customer: str
    source: str
    id: str
    at: int
    body: bytes
    received_at: int


class Claimed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A customer with something to do, and all of their events so far; `kept` is None before the first turn."""

    id: str
    kept: Kept | None
    events: tuple[Pending, ...]


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be merged into another, held; `customer` is whose id theirs is already, if it is another's.

    `is_parked` may be true of one who had no turn yet.
    """

    claimed: Claimed
    customer: str | None
    is_parked: bool


class Consent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a customer allowed or took back, by which event; `version` is that of the words they saw."""

    purpose: str
    version: int | None
    is_given: bool
    at: int
    source: str
    id: str


class Taken(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A turn that was taken, to be kept whole.

    `kept.turns` is its number, and the turn before must be the newest kept.  `heard` are the events it took from
    the inbox, by their keys.  `merged` are the ids that became this customer's in it, whose rows are held as well.  Of
    one who `is_erased` nothing is kept that tells of the person, from this turn or from any before.
    """

    kept: Kept
    kind: str
    until: int
    signals: bytes
    whys: bytes
    heard: tuple[tuple[str, str, str], ...] = ()
    merged: tuple[str, ...] = ()
    touches: tuple[Touch, ...] = ()
    withdrawn: tuple[Key, ...] = ()
    consents: tuple[Consent, ...] = ()
    is_erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTurn:
    """A turn as kept; `at` is when it was taken, `until` the instant it went up to."""

    customer: str
    number: int
    at: int
    until: int
    publication: int
    kind: str
    signals: bytes
    whys: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A customer whose turn fails: since when, and why."""

    id: str
    at: int
    because: str
