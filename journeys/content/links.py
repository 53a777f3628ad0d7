"""Where a link of a mail may lead: the final address is looked at, not the one that was written.

A value that is the address, or begins it, is taken as an address.  A value further in is
one part of it: it is encoded, so that it cannot add a parameter, climb a path or choose
another host.  What does not begin with http, https or mailto in the end is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote, urlsplit

from markdown_it.common.normalize_url import normalizeLink

from journeys.content.lexing import FREED, HELD

ADDRESS_MAX = 2_000  # characters; longer ones are cut by readers

TOKEN = re.compile(f"{HELD}([0-9]+){FREED}")
_ALLOWED = re.compile(r"https?://[^\s/?#@\\]|mailto:[^\s?@]+(@|%40)[^\s?@]", re.IGNORECASE)
_ALLOWED_IMAGE = re.compile(r"https?://[^\s/?#@\\]", re.IGNORECASE)
_BROKEN = re.compile(r"[\s\x00-\x1f]")


def address(written: str, held: Sequence[str], *, image: bool = False) -> str | None:
    """The final address of what was written, with its values put in, or None if it may not be followed."""
    return _filled(written, held, image) if HELD in written else _as_written(written, image)


# Without a value in it an address is the same in every message, and most stand in many.
@lru_cache(maxsize=1_024)
def _as_written(written: str, image: bool) -> str | None:
    return _filled(written, (), image)


def _filled(written: str, held: Sequence[str], image: bool) -> str | None:
    final, fixed_host = "", None
    position = 0
    for match in TOKEN.finditer(written):
        final += written[position : match.start()]
        position = match.end()
        value = held[int(match[1])] if int(match[1]) < len(held) else ""
        if not final:
            # No browser keeps the blanks around an address, and some drop those inside.
            final = value.strip()
            continue
        if fixed_host is None and "://" in final and not _path_begun(final):
            fixed_host = _host(final) or ""
        final += quote(value, safe="/" if fixed_host is not None and not _path_begun(final) else "@")
    final += written[position:]

    if len(final) > ADDRESS_MAX or _BROKEN.search(final := final.strip()):
        return None
    try:
        final = normalizeLink(final)
    except ValueError:
        return None
    if len(final) > ADDRESS_MAX:  # letters beyond ASCII take nine signs each
        return None
    if not (_ALLOWED_IMAGE if image else _ALLOWED).match(final) or _host(final) is None:
        return None
    return final if fixed_host is None or _host(final) == fixed_host else None


def with_answer(page: str, answer: int | str) -> str:
    """The address of the page that takes an answer, with this one chosen on it: `…?answer=9`."""
    address, hash_, fragment = page.partition("#")
    return f"{address}{'&' if '?' in address else '?'}answer={quote(str(answer), safe='')}{hash_}{fragment}"


def _path_begun(address: str) -> bool:
    return bool(re.search(r"[/?#]", address.partition("://")[2]))


def _host(address: str) -> str | None:
    """The host and all that stands beside it; empty for mailto, None where there should be one and is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.hostname or parts.scheme == "mailto" else None
