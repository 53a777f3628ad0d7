"""Reached: where customers reach us, as the environment says.  Links in what they are sent begin with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from journeys.delivery.exchange import host_of
from journeys.errors import ConfigurationError

PUBLIC_URL: Final = "JOURNEYS_PUBLIC_URL"
_LENGTH_MAX: Final = 300  # what follows must fit on the same line of a mail
_NOT_IN_LINKS: Final = frozenset(' "<>?#@\\')


def public_url_of(environment: Mapping[str, str]) -> str:
    """Without a stroke at its end; empty where nothing is said.

    Raises ConfigurationError for what no link can begin with: each goes as it is into the header of a mail.
    """
    url = environment.get(PUBLIC_URL, "").strip()
    if not url:
        return ""
    host_of(url, variable=PUBLIC_URL, example="https://kaffa.example")
    is_plain = url.isascii() and url.isprintable() and not _NOT_IN_LINKS.intersection(url)
    if not is_plain or len(url) > _LENGTH_MAX:
        raise ConfigurationError(
            f"{PUBLIC_URL} is where links begin, such as https://kaffa.example or https://kaffa.example/news: "
            "plain letters, no user, and neither '?' nor '#'"
        )
    return url.rstrip("/")
