"""Visible: what stands in a text that nobody sees, and that makes others see something else.

A control character moves a terminal's cursor; a mark of direction turns around what is read after it.  What joins
letters in scripts that need it is left alone.
"""

from __future__ import annotations

import re
from typing import Final

# As regular expressions everywhere have it, so that other programs can be told; half a character stands in no JSON.
UNSEEN: Final = r"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_UNSEEN: Final = re.compile(rf"[{UNSEEN}\ud800-\udfff]")


def unseen_in(text: str) -> str | None:
    """The first such character, by its name; None where there is none."""
    if text.isprintable() or (found := _UNSEEN.search(text)) is None:
        return None
    return "a NUL" if found.group() == "\0" else f"U+{ord(found.group()):04X}"


def visible(text: str) -> str:
    """With each such character as Python writes it."""
    return text if text.isprintable() else _UNSEEN.sub(lambda found: ascii(found.group())[1:-1], text)


def visible_lines(text: str) -> str:
    """The same of each line."""
    return text if text.isprintable() else "\n".join([visible(line) for line in text.split("\n")])
