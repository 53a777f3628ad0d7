"""Chance without dice: keyed hashes of what is being decided about.

The same customer meets the same chance for ever, on any machine and in any order, so a
journey that is entered again keeps its arm.  Nothing here draws a random number.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

MILLION: Final = 1_000_000


def draw(salt: str, *names: str) -> int:
    """A number of 64 bits that follows from the salt and the names alone."""
    # The separator cannot stand in a name, so that ("a", "bc") and ("ab", "c") differ.
    text = "\x00".join(names)
    digest = blake2b(text.encode("utf-8", "surrogatepass"), key=salt.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest, "big")


def draw_share(salt: str, *names: str) -> int:
    """The same as a share: 0 to 999,999, in parts per million."""
    return draw(salt, *names) % MILLION
