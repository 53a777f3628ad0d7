"""Replying: what a touch lets a customer do with it.

A population may say of any touch how often it is clicked, answered or redeemed; of those that give
nobody the chance to, it is not true.
"""

from __future__ import annotations

from journeys.definition.model import Touch


def lets(touch: Touch, part: str) -> bool:
    """Whether customers can do this with the touch: "opened", "clicked", ..."""
    match part:
        case "clicked":
            # What it asks is answered by clicking.
            return bool(touch.ask) or _has_link(touch)
        case "answered":
            return bool(touch.ask)
        case "redeemed":
            return touch.offer is not None
    return True


def _has_link(touch: Touch) -> bool:
    """Whether some of its words may hold one: an address, brackets of Markdown, or a value that is one."""
    wordings = [*touch.words.values(), *([touch.generic] if touch.generic is not None else [])]
    texts = [text for words in wordings for text in (words.body, *words.short.values())]
    return any(sign in text for text in texts for sign in ("](", "://", "mailto:", "url"))
