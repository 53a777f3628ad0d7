"""How a text message is cut into parts, and billed: GSM 03.38 where it can be, else UCS-2.

The plain alphabet has 160 characters to a message and 153 to each part of a longer one; some signs
count twice.  One character outside of it (a curly quote, an emoji) and the whole message is sent
in 16-bit units, 70 and 67.  A sign of two is never split between parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`length` counts what is billed; `room` is what as many parts could hold.

    `costly` are the characters, each once, that made the message 16-bit.
    """

    count: int
    length: int
    room: int
    costly: tuple[str, ...]


def parts_of(text: str) -> Parts:
    """The parts of a message; an empty one is one part."""
    costly = tuple(dict.fromkeys(character for character in text if character not in _PLAIN | _TWICE))
    if costly:
        # Outside of the first plane a character takes two 16-bit units.
        return _cut([2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67, costly)
    return _cut([2 if character in _TWICE else 1 for character in text], 160, 153, costly)


def _cut(sizes: Iterable[int], single: int, part: int, costly: tuple[str, ...]) -> Parts:
    sizes = list(sizes)
    length = sum(sizes)
    if length <= single:
        return Parts(count=1, length=length, room=single, costly=costly)
    count, used = 1, 0
    for size in sizes:
        if used + size > part:
            count, used = count + 1, 0
        used += size
    return Parts(count=count, length=length, room=count * part, costly=costly)
