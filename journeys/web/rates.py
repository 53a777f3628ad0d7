"""Rates: how often each caller may ask.

Whoever shows who they are is counted as that: a sender by its key or as the source that signed, a customer by the links
of their messages.  So nobody is refused for what others ask, however many come from one address: mail programs fetch
for millions of readers from a few.  Only whoever shows nothing that is ours is counted by address, and only by one that
is public: any other is of our own network, or of a proxy that nobody named.

Each process counts for itself, in memory, and knows no more callers of a kind than a bound: whoever asked least lately
is forgotten, and begins anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

from starlette.requests import Request

from journeys.clock import Clock
from journeys.core.calendar import SECOND
from journeys.delivery.private import is_public
from journeys.runtime.figures import Figures

from .problems import TOO_OFTEN, Refusal

SENDERS: Final = "JOURNEYS_SENDER_RATE"
VISITORS: Final = "JOURNEYS_VISITOR_RATE"
SENDER_RATE: Final = 1_000  # requests a second; a process takes a few thousand, of up to 1,000 events each
VISITOR_RATE: Final = 10  # requests a second; a page is one, and nothing beside it is fetched
_BURST_FOR: Final = 5  # seconds whose requests may come at once: a program follows all links of a mail
_CALLERS_MAX: Final = 10_000  # of each kind; about 2 MB

By = Literal["key", "source", "link", "address"]
_SAID: Final[dict[By, str]] = {
    "key": "with one key",
    "source": "of one source",
    "link": "by the links of one customer",
    "address": "from one address without a key, a signature or a link that is ours",
}


class Bucket:
    """A token bucket for each caller, kept as one number: when it will be full again (GCRA)."""

    def __init__(self, a_second: int, *, callers_max: int = _CALLERS_MAX) -> None:
        self._each = -(-SECOND // a_second)  # rounded up, so that nobody gets more
        self._all = _BURST_FOR * a_second * self._each
        self._callers_max = callers_max
        self._full_at: OrderedDict[Hashable, int] = OrderedDict()

    def wait(self, caller: Hashable, now: int) -> int:
        """For how many microseconds they may not ask yet; 0 where they may."""
        return max(0, self._full(caller, now) + self._each - self._all - now)

    def take(self, caller: Hashable, now: int) -> int:
        """As `wait`, and where they may it is counted that they did."""
        wait = self.wait(caller, now)
        if wait == 0:
            self._full_at[caller] = self._full(caller, now) + self._each
            if len(self._full_at) > self._callers_max:
                self._full_at.popitem(last=False)
        self._full_at.move_to_end(caller)
        return wait

    def _full(self, caller: Hashable, now: int) -> int:
        full_at = self._full_at.get(caller, now)
        # None takes longer to fill than from nothing, unless the clock was set back: that is nobody's doing.
        return full_at if now < full_at <= now + self._all else now


class Rates:
    """`senders` and `visitors` are how many requests a second one of them may make; 0 is as many as they like."""

    def __init__(self, *, senders: int, visitors: int, clock: Clock, figures: Figures) -> None:
        self._clock = clock
        self._figures = figures
        self._a_second: dict[By, int] = {"key": senders, "source": senders, "link": visitors, "address": visitors}
        self._buckets = {by: Bucket(a_second) for by, a_second in self._a_second.items() if a_second}

    def count(self, by: By, caller: Hashable) -> None:
        """One request more of theirs; a Refusal where that is too many."""
        bucket = self._buckets.get(by)
        if bucket is not None:
            self._refuse(by, bucket.take(caller, self._clock()))

    def count_failure(self, request: Request) -> None:
        """One more that shows nothing of ours; a Refusal where its address has shown nothing too often."""
        address = address_of(request)
        if address is not None:
            self.count("address", address)

    def refuse_failing(self, request: Request) -> None:
        """A Refusal where its address has shown nothing too often; what this one shows is not known yet."""
        bucket, address = self._buckets.get("address"), address_of(request)
        if bucket is not None and address is not None:
            self._refuse("address", bucket.wait(address, self._clock()))

    def _refuse(self, by: By, wait: int) -> None:
        if wait:
            self._figures.count_too_often(by)
            raise Refusal(
                TOO_OFTEN,
                f"this is beyond {self._a_second[by]:,} a second {_SAID[by]}: send it again later",
                headers={"Retry-After": str(-(-wait // SECOND))},
            )


def address_of(request: Request) -> int | None:
    """Whose address it is, as a number: of IPv6 the half that is one household's.  None for one that is not public."""
    client = request.client
    try:
        if client is None or not is_public(client.host):
            return None
    except ValueError:  # a proxy says something else in its place
        return None
    address = ip_address(client.host)
    if not isinstance(address, IPv6Address):
        return int(address)
    return int(address.ipv4_mapped or int(address) >> 64)
