"""What a source is, once sources.yaml has been read: who sends, how that is proved, and what it means to us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from journeys.definition.extract import Extract
from journeys.definition.model import Path

Way = Literal["standard", "stripe", "sendgrid", "hmac", "basic"]
WAYS: tuple[Way, ...] = ("standard", "stripe", "sendgrid", "hmac", "basic")

# What a provider tells of a touch that it took from us.
RECEIPTS = ("delivered", "opened", "clicked", "replied", "bounced", "complained", "unsubscribed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """How what comes is proved to come from its sender.

    Of `hmac` alone: the header that holds the signature, what stands before it there, how its bytes are
    written, and the digest.
    """

    by: Way
    header: str = ""
    prefix: str = ""
    written_in: Literal["hex", "base64"] = "hex"
    digest: Literal["sha256", "sha512", "sha1"] = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one thing that a sender tells is to us: an event of ours, or the receipt of a touch.

    `name` or `receipt` says which, never both.  It is passed over where `when` does not hold.  What is None is as the
    source says it.
    """

    path: Path
    name: str | None = None
    receipt: str | None = None
    when: Extract | None = None
    customer: Extract | None = None
    at: Extract | None = None
    properties: Extract | Mapping[str, Extract] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`variable` is the environment's name for its secrets.  `events` is by the sender's own names.

    Of receipts: `touch` is what we called it when we sent it, `link` what was opened, `agent` what opened it, and
    `machine` whether the provider itself takes it for one.
    """

    name: str
    file: str
    signed: Signed
    variable: str
    id: Extract
    kind: Extract
    customer: Extract
    each: Extract | None = None
    at: Extract | None = None
    touch: Extract | None = None
    link: Extract | None = None
    agent: Extract | None = None
    machine: Extract | None = None
    properties: Extract | Mapping[str, Extract] | None = None
    events: Mapping[str, tuple[Meaning, ...]]
