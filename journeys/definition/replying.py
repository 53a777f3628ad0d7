"""Replying: what a touch lets a customer do with it.

A population may say of any touch how often it is clicked, answered or redeemed; of those that give
nobody the chance to, it is not true.
"""

from __future__ import annotations

import re
from typing import Final

from journeys.definition.model import Touch

# Brackets of Markdown, or an address as it is; without its https:// it needs a path, as in an SMS: kaffa.example/start.
_LINK: Final = re.compile(r"\]\(|://|mailto:|\bwww\.|\w\.[a-z]{2,}/", re.IGNORECASE)
# The name of a value that is one: ask_url, item.url.
_NAME: Final = re.compile(r"(?:url|link)\b(?!\.)")
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


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


def say_asked(touch: Touch) -> str:
    """What it asks, as its file says that: `[0..10]`, `[yes, no]`."""
    first, last = touch.ask[0], touch.ask[-1]
    if isinstance(first, int) and isinstance(last, int) and touch.ask == tuple(range(first, last + 1)):
        return f"[{first}..{last}]"
    return f"[{', '.join(map(str, touch.ask))}]"


def _has_link(touch: Touch) -> bool:
    """Whether some of its words may hold one."""
    wordings = [
        words
        for each in (touch, *touch.translations.values())
        for words in (*each.words.values(), each.generic)
        if words is not None
    ]
    texts = [text for words in wordings for text in (words.body, *words.short.values())]
    return any(_LINK.search(text) or _NAME.search(_filled_in(text)) for text in texts)


def _filled_in(text: str) -> str:
    """The names and filters between its braces."""
    pieces = [piece.partition("}}")[0] for piece in text.split("{{")[1:]]
    return " ".join([_QUOTED.sub("", piece) for piece in pieces])
