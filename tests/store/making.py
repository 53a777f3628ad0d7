"""Short ways to make what the store keeps."""

from __future__ import annotations

from journeys.core.calendar import NEVER
from journeys.store.customers import Consent, Kept, Taken
from journeys.store.inbox import Received
from journeys.store.outbox import Key, Touch

# What a database may spoil: other scripts, half of an emoji's family, quotes, what SQL and JSON read as theirs.
ODD = 'Zoë 😀 \u202eabc \' " \\ \\x00 {a,"b",NULL} %s :at $1 \n\t; DROP TABLE inbox; -- \ud7ff\ue000\U0010ffff'
EVERY_BYTE = bytes(range(256)) * 3


def event(customer: str = "ana", id: str = "1", *, source: str = "shop", at: int = 10, body: bytes = b"{}") -> Received:
    return Received(customer=customer, source=source, id=id, at=at, body=body)


def kept(
    id: str = "ana", *, turns: int = 1, wake_at: int = NEVER, value: bytes = b"value", publication: int = 1
) -> Kept:
    return Kept(id=id, publication=publication, value=value, as_of=5, wake_at=wake_at, turns=turns)


def touch(
    customer: str = "ana",
    enrollment: int = 1,
    *,
    occurrence: int = 0,
    channel: str | None = "email",
    at: int = 50,
    words: str = "a",
) -> Touch:
    return Touch(
        customer=customer,
        enrollment=enrollment,
        entry=2,
        visit=3,
        occurrence=occurrence,
        journey="espresso",
        publication=1,
        touch="spark",
        channel=channel,
        person=None,
        words=words,
        due_at=at - 1,
        decided_at=at,
    )


def consent(purpose: str = "news", *, is_given: bool = True, version: int | None = None, id: str = "1") -> Consent:
    return Consent(purpose=purpose, version=version, is_given=is_given, at=10, source="shop", id=id)


def turn(
    id: str = "ana",
    number: int = 1,
    *,
    wake_at: int = NEVER,
    value: bytes = b"value",
    publication: int = 1,
    heard: tuple[tuple[str, str], ...] = (),
    touches: tuple[Touch, ...] = (),
    withdrawn: tuple[Key, ...] = (),
    consents: tuple[Consent, ...] = (),
) -> Taken:
    return Taken(
        kept=kept(id, turns=number, wake_at=wake_at, value=value, publication=publication),
        kind="turn",
        until=20,
        signals=b"signals",
        whys=b"whys",
        heard=tuple((id, *each) for each in heard),
        touches=touches,
        withdrawn=withdrawn,
        consents=consents,
    )
