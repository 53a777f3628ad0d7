"""What a provider said, made fit to be kept: short, one line, and without what we had told it.

A provider's own words are the best help there is, and they like to repeat the address, the words or
the token that they complain of.
"""

from __future__ import annotations

from collections.abc import Iterable

_SAID_MAX = 300
_HIDDEN_MIN = 4  # shorter ones would tear the words apart and hide nothing


def kept_of(said: bytes | str, hidden: Iterable[str]) -> str | None:
    """The words, or None if there are none."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    for secret in sorted({one for one in hidden if len(one) >= _HIDDEN_MIN}, key=len, reverse=True):
        text = text.replace(secret, "…")
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not line:
        return None
    return line if len(line) <= _SAID_MAX else line[: _SAID_MAX - 1] + "…"
