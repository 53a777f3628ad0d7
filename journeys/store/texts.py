"""Words that come from elsewhere (what a provider said, what went wrong), made fit to be kept."""

from __future__ import annotations

from typing import Final

_LENGTH_MAX: Final = 2_000


def is_text(given: str) -> bool:
    """Whether a database would take it: an argument of a command line may hold half a character."""
    return keepable(given[:_LENGTH_MAX]) == given


def keepable(words: str) -> str:
    """Without what no database takes (NUL, half a character), and bounded."""
    return words[:_LENGTH_MAX].replace("\0", "").encode("utf-8", "replace").decode()


def keepable_or_none(words: str | None) -> str | None:
    return None if words is None else keepable(words)
