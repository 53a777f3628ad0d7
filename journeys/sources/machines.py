"""Machines: programs that open what was meant for people, and are no answer of theirs.

Mail programs fetch pictures before anyone looks, and scanners follow every link of a message to see what is behind
it.  Some say who they are; the rest is known by what no human does: three links of one touch within five seconds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

LINKS: Final = 3
WITHIN: Final = 5_000_000  # microseconds
_KEPT_FOR: Final = 60_000_000

_AGENTS: Final = re.compile(
    r"(?<!\bcu)bot\b"  # a Cubot is a telephone
    r"|crawl|spider|slurp|prefetch|preview|scanner|headless|mimecast|barracuda|proofpoint|ironport|trendmicro"
    r"|existence discovery|safelinks|externalhit|python-requests|python-urllib|aiohttp|curl/|wget/|go-http-client"
    r"|apache-httpclient|^java/|^mozilla/5\.0$",  # the last is Apple's, which fetches pictures for everybody
    re.IGNORECASE,
)
# How browsers say that nobody has asked for it yet; X-Purpose is Safari's.
_AHEAD: Final = {"sec-purpose": "prefetch", "purpose": "prefetch", "x-purpose": "preview"}


def is_machine(agent: str | None) -> bool:
    """Whether a program says, by how it calls itself, that nobody sits before it."""
    return agent is not None and _AGENTS.search(agent.strip()) is not None


def looks_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser fetches what somebody may want to see, and nobody has asked for."""
    return any([word in headers.get(name, "").lower() for name, word in _AHEAD.items()])


class Clicks:
    """Which links of a touch were followed of late, and when.  `at` is the click's own time, `now` when it came in."""

    def __init__(self) -> None:
        self._seen: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        self._cleared_at = 0

    def add(self, touch: str, link: str, at: int, now: int) -> None:
        if not 0 <= now - self._cleared_at <= _KEPT_FOR:
            self._cleared_at = now
            for each in [name for name, seen in self._seen.items() if not 0 <= now - seen[-1][0] <= _KEPT_FOR]:
                del self._seen[each]
        self._seen[touch].append((now, at, link))

    def is_scan(self, touch: str, at: int) -> bool:
        """Whether the click at that time is one of three links, or more, that were followed within five seconds."""
        near = sorted([(each, link) for _, each, link in self._seen.get(touch, ()) if abs(each - at) <= WITHIN])
        return any([_is_scan(near[place:]) for place in range(len(near))])


def _is_scan(clicks: Sequence[tuple[int, str]]) -> bool:
    first = clicks[0][0]
    return len({link for at, link in clicks if at - first <= WITHIN}) >= LINKS
