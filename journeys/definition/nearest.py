"""The nearest good name: what an author most likely meant.

Every message about an unknown name ends in words made here, so that all of them help in the
same way: the one that is near, or all there are when none is near.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

# A hostile file may declare a million names; comparing a name with this many takes a few milliseconds.
_COMPARED = 2_000
_LISTED = 30
_SHOWN = 60  # characters of one name


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean 'evaluation'?`, or the list of all known names, in their own order."""
    names = list(islice(known, _COMPARED))
    if not names:
        return "there are none yet"
    if near := _nearest_of(name, names):
        return f"did you mean {shown(near)}?"

    listed = ", ".join(shown(one) for one in names[:_LISTED])
    return f"known: {listed}" + (", and more" if len(names) > _LISTED else "")


def _nearest_of(name: str, names: list[str]) -> str | None:
    # Folded, so that `Espresso` finds `espresso`; the first of two that fold alike is taken.
    folded = {one[:_SHOWN].casefold(): one for one in reversed(names)}
    close = get_close_matches(name[:_SHOWN].casefold(), folded, n=1)
    return folded[close[0]] if close else None


def shown(name: str) -> str:
    """The name in quotes; a very long one is cut, for a message is read by a person."""
    return f"'{name}'" if len(name) <= _SHOWN else f"'{name[:_SHOWN]}…'"
