"""A parcel: one touch in its words, with all that a provider needs to hand it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from journeys.content.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The same for every attempt, so that whoever gets it twice can tell.

    `key` is the touch's, hashed: it names nobody.  `sender` is brand.yaml's.  `headers` are those of
    a mail, such as List-Unsubscribe.  `at` is when the touch was decided, in microseconds UTC.
    """

    key: str
    channel: str
    # What tells of a person is kept out of tracebacks and logs.
    to: str = field(repr=False)
    message: Message = field(repr=False)
    sender: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    customer: str = field(repr=False)
    touch: str
    at: int

    @property
    def moment(self) -> datetime:
        """`at`, to the second."""
        return datetime.fromtimestamp(self.at // 1_000_000, UTC)

    def values(self) -> dict[str, str]:
        """What the placeholders of a request stand for, by name.  What a touch has not is an empty text."""
        return {
            "address": self.to,
            "subject": self.message.subject or "",
            "text": self.message.text,
            "html": self.message.html or "",
            "customer": self.customer,
            "touch": self.touch,
            "channel": self.channel,
            "key": self.key,
            "at": f"{self.moment:%Y-%m-%dT%H:%M:%SZ}",
            "sender_name": self.sender.get("name", ""),
            "sender_email": self.sender.get("email", ""),
        }

    def personal(self) -> tuple[str, ...]:
        """What tells of the customer, and must not come back in what a provider says."""
        told = (self.to, self.customer, self.message.text, self.message.subject)
        return tuple(one for one in told if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider has taken it.  `receipt` is its own name for it, where it gave one."""

    receipt: str | None = None
