"""The tables: what is kept, each fact in one place.

They are declared here and nowhere else written: rows stay in this room, values come out of it.
Every instant is an integer of microseconds UTC, and a moment that never comes is NULL.  The tables
of a customer's state begin their primary key with the customer, so that customers can be spread over
many databases.

There are no foreign keys.  An event is kept before anyone has heard of its customer, and all the
rest is written by one function in one transaction; a check of each row would only cost its time.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

# Compared by code point on both databases and in Python, whatever the language of the server: rows are
# locked in one order by everyone, and an index does not break when the system's collation changes.
Words = Text().with_variant(Text(collation="C"), "postgresql")


def _partial(name: str, *columns: str, where: str) -> Index:
    """An index of the few rows that still want something: it stays small however much was done before."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class CustomerRow(SQLModel, table=True):
    """A customer as they stand; `value` is NULL until their first turn, and of an id that was `merged_into` another.

    Of one who was erased `erased_at` is when, until their ids are gone too.
    """

    __tablename__ = "customer"
    __table_args__ = (
        _partial("customer_due", "wake_at", "id", where="wake_at IS NOT NULL AND parked_at IS NULL"),
        _partial("customer_parked", "parked_at", where="parked_at IS NOT NULL"),
        _partial("customer_merged", "merged_into", where="merged_into IS NOT NULL"),
        _partial("customer_erased", "erased_at", where="erased_at IS NOT NULL"),
    )

    id: str = Field(sa_column=Column(Words, primary_key=True))
    publication: int = Field(sa_column=Column(BigInteger, nullable=False))
    value: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    as_of: int = Field(sa_column=Column(BigInteger, nullable=False))
    wake_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    turns: int = Field(sa_column=Column(BigInteger, nullable=False))
    parked_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    parked_because: str | None = Field(default=None, sa_column=Column(Words))
    merged_into: str | None = Field(default=None, sa_column=Column(Words))
    erased_at: int | None = Field(default=None, sa_column=Column(BigInteger))


class InboxRow(SQLModel, table=True):
    """An event as it came in: `pending`, `held` while its customer is parked, or `taken` by a turn."""

    __tablename__ = "inbox"
    __table_args__ = (
        _partial("inbox_oldest", "at", "customer", where="status = 'pending'"),
        _partial("inbox_of_customer", "customer", "at", where="status = 'pending'"),
    )

    customer: str = Field(sa_column=Column(Words, primary_key=True))
    source: str = Field(sa_column=Column(Words, primary_key=True))
    id: str = Field(sa_column=Column(Words, primary_key=True))
    at: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    received_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    status: str = Field(sa_column=Column(Words, nullable=False))
    turn: int | None = Field(default=None, sa_column=Column(BigInteger))


class TurnRow(SQLModel, table=True):
    """What one turn of a customer read and decided: with it the past can be walked again."""

    __tablename__ = "turn"
    __table_args__ = (Index("turn_by_age", "at"),)  # what is kept for a time is found by it

    customer: str = Field(sa_column=Column(Words, primary_key=True))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: int = Field(sa_column=Column(BigInteger, nullable=False))
    until: int = Field(sa_column=Column(BigInteger, nullable=False))
    publication: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str = Field(sa_column=Column(Words, nullable=False))
    signals: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    whys: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ConsentRow(SQLModel, table=True):
    """A line of the ledger: what a customer allowed or took back, when, and which event said so."""

    __tablename__ = "consent"

    customer: str = Field(sa_column=Column(Words, primary_key=True))
    turn: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    place: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    purpose: str = Field(sa_column=Column(Words, nullable=False))
    version: int | None = Field(default=None, sa_column=Column(BigInteger))
    is_given: bool = Field(sa_column=Column(Boolean, nullable=False))
    at: int = Field(sa_column=Column(BigInteger, nullable=False))
    source: str = Field(sa_column=Column(Words, nullable=False))
    id: str = Field(sa_column=Column(Words, nullable=False))


class OutboxRow(SQLModel, table=True):
    """A touch on its way: `waiting`, `sent`, `withdrawn` or `failed`.

    `next_at` is when it may next be attempted; of a leased one, when the lease runs out.  The empty
    channel is that of a touch without one, so that a channel is a place in an index.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        _partial("outbox_waiting", "channel", "next_at", where="status = 'waiting'"),
        # What goes to one of our people, among all that waits for a channel that is down.
        _partial("outbox_to_us", "channel", "person", "next_at", where="status = 'waiting' AND person IS NOT NULL"),
        _partial("outbox_failed", "settled_at", where="status = 'failed'"),
    )

    customer: str = Field(sa_column=Column(Words, primary_key=True))
    enrollment: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    entry: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    visit: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    occurrence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    journey: str = Field(sa_column=Column(Words, nullable=False))
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    publication: int = Field(sa_column=Column(BigInteger, nullable=False))
    touch: str = Field(sa_column=Column(Words, nullable=False))
    channel: str = Field(sa_column=Column(Words, nullable=False))
    person: str | None = Field(default=None, sa_column=Column(Words))
    words: str = Field(sa_column=Column(Words, nullable=False))
    due_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    decided_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    status: str = Field(sa_column=Column(Words, nullable=False))
    next_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    attempt: int = Field(sa_column=Column(BigInteger, nullable=False))
    tries: int = Field(sa_column=Column(BigInteger, nullable=False))
    unsure: int = Field(sa_column=Column(BigInteger, nullable=False))
    leased_until: int | None = Field(default=None, sa_column=Column(BigInteger))
    settled_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    problem: str | None = Field(default=None, sa_column=Column(Words))
    receipt: str | None = Field(default=None, sa_column=Column(Words))


class OfferRow(SQLModel, table=True):
    """To which touches an offer with a limit was given, counted from 1."""

    __tablename__ = "offer"
    __table_args__ = (
        Index("offer_of_touch", "customer", "enrollment", "entry", "visit", "occurrence", "touch", unique=True),
    )

    touch: str = Field(sa_column=Column(Words, primary_key=True))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    customer: str = Field(sa_column=Column(Words, nullable=False))
    enrollment: int = Field(sa_column=Column(BigInteger, nullable=False))
    entry: int = Field(sa_column=Column(BigInteger, nullable=False))
    visit: int = Field(sa_column=Column(BigInteger, nullable=False))
    occurrence: int = Field(sa_column=Column(BigInteger, nullable=False))


class PublicationRow(SQLModel, table=True):
    """The definitions as they were published."""

    __tablename__ = "publication"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    fingerprint: str = Field(sa_column=Column(Words, nullable=False))
    at: int = Field(sa_column=Column(BigInteger, nullable=False))
    layout: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    files: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class VersionRow(SQLModel, table=True):
    """What a journey meant, once for each meaning: the number it got when it was first published."""

    __tablename__ = "version"

    journey: str = Field(sa_column=Column(Words, primary_key=True))
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    fingerprint: str = Field(sa_column=Column(Words, nullable=False))
    publication: int = Field(sa_column=Column(BigInteger, nullable=False))


class KeyRow(SQLModel, table=True):
    """A key to the HTTP part; of its secret only the hash is kept."""

    __tablename__ = "api_key"

    id: str = Field(sa_column=Column(Words, primary_key=True))
    name: str = Field(sa_column=Column(Words, nullable=False))
    scopes: str = Field(sa_column=Column(Words, nullable=False))
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    revoked_at: int | None = Field(default=None, sa_column=Column(BigInteger))


class SettingRow(SQLModel, table=True):
    """A value that was made once and must stay: the salt of chance, the secret that signs links."""

    __tablename__ = "setting"

    name: str = Field(sa_column=Column(Words, primary_key=True))
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class JobRow(SQLModel, table=True):
    """What is done each night: for when it was last begun, and until when it is somebody's, NULL once it is done.

    `run` tells whoever holds it from those before; `reached` is how far it came, in the words of the job.
    """

    __tablename__ = "job"

    name: str = Field(sa_column=Column(Words, primary_key=True))
    due_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    held_until: int | None = Field(default=None, sa_column=Column(BigInteger))
    run: int = Field(sa_column=Column(BigInteger, nullable=False))
    reached: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    ran_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    problem: str | None = Field(default=None, sa_column=Column(Words))
