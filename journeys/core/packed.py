"""Packed: the form in which a customer is kept, and the one place that says what stands where in it.

Bytes of msgpack, an array for each of these in the order of its fields, without their names.  Reading sees that
each value is of its type, and makes it as the core has it: a tuple where it has a tuple.  Names are indexes,
as they are in the customer; what an index means is for the layout to say.

A fact is a list where it is a tuple, and for whoever reads it to make one (see `plain`).  A mask is a number of any
size, which may have outgrown what msgpack calls one, and so may a value that is kept.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

FORMAT: Final = 1  # what is kept in another one is not read as if it were this

Mask = int | dict[str, str]
_Scalar = None | bool | int | float | str
Value = _Scalar | tuple[_Scalar, ...]
PackedWaiting = tuple[int, int, int, int, int, int, int, int]
"""As the arguments of `Waiting`, with the place of the send entry among its journey's for the entry."""


class PackedSending(msgspec.Struct, array_like=True, gc=False):
    waiting: PackedWaiting
    touch: int
    channel: int
    words: str
    at: int


class PackedEnrollment(msgspec.Struct, array_like=True, gc=False):
    journey: int
    number: int
    arm: int
    entered_at: int
    state: int
    stage: int
    arrived_at: int
    stage_at: int
    answered_at: int
    mark: int
    stage_mark: int
    held_at: int
    held_for: int
    seen_at: int
    ended_at: int
    end: int
    goal_at: int
    watch_at: int
    hold_spent: bool
    key: Value
    visits: list[int]
    stage_visits: list[int]
    kept: list[Value | dict[str, str]]
    kept_at: list[int]
    fired: dict[int, tuple[int, int, int, int, int]]
    taken: dict[int, int]
    since: dict[int, tuple[int, int]]
    heard: dict[int, int]
    seen: tuple[int, ...]
    plan: list[tuple[int, int]]
    ripe: list[tuple[int, int]]


class PackedCustomer(msgspec.Struct, array_like=True, gc=False):
    """`unasked` are, of one who was carried over, the segments and the `if` entries that were not asked yet.

    `others` and `preferences` stand last, and are empty in what was kept before there were such things.
    """

    format: int
    counter: int
    segments_at: int
    triggers_at: int
    spread: int
    as_of: int
    wake_at: int
    zone: str
    erased: bool
    consents: Mask
    bounced: Mask
    complained: Mask
    segments: Mask
    fields: list[Value]
    facts: list[list[Any] | None]
    triggers: list[int]
    enrollments: list[PackedEnrollment]
    past: list[tuple[int, Value, int, int]]
    waiting: list[PackedWaiting]
    sending: list[PackedSending]
    caps: dict[int, list[int]]
    would: dict[int, list[int]]
    most: dict[int, list[int]]
    last_sent: dict[int, tuple[int, int]]
    told_at: list[tuple[int | None, int]]
    unasked: tuple[list[int], list[int]] | None
    others: tuple[tuple[str, int, int, int], ...] = ()
    preferences: dict[str, tuple[int, tuple[Any, ...] | None]] = {}


write: Final = msgspec.msgpack.Encoder().encode
read: Final = msgspec.msgpack.Decoder(PackedCustomer).decode
