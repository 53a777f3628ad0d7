"""Counted: what a tally counted of one journey, asked by kind and by parts of the key.

The keys are those of `tally.py`, without the kind and the journey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from journeys.measure import tally as t
from journeys.measure.tally import Key

Which = Callable[[Key], bool]


class Counted:
    """One journey's counts.  Stays, of which there may be very many, are by their place: how many had which length."""

    def __init__(self, journey: int, counts: Mapping[Key, int]) -> None:
        self.kinds: dict[int | str, dict[Key, int]] = {}
        self.stayed: dict[Key, dict[int, int]] = {}  # by level and place
        self.staying: dict[int, dict[int, int]] = {}  # by stage
        for key, count in counts.items():
            if key[0] in (t.CUSTOMER, t.HEARD) or key[1] != journey:
                continue
            if key[0] == t.STAYED:
                self.stayed.setdefault(key[2:4], {})[int(key[4])] = count
            elif key[0] == t.STAYING:
                self.staying.setdefault(int(key[2]), {})[int(key[3])] = count
            else:
                self.kinds.setdefault(key[0], {})[key[2:]] = count

    def of(self, kind: int) -> Mapping[Key, int]:
        return self.kinds.get(kind, {})

    def sum(self, kind: int, which: Which = lambda key: True) -> int:
        return sum(count for key, count in self.of(kind).items() if which(key))

    def by(self, kind: int, place: int, which: Which = lambda key: True) -> dict[int, int]:
        """Counts by one part of the key, in the order of the definitions."""
        found: dict[int, int] = {}
        for key, count in self.of(kind).items():
            if which(key):
                part = key[place]
                assert isinstance(part, int)
                found[part] = found.get(part, 0) + count
        return dict(sorted(found.items()))


def part(place: int, value: int) -> Which:
    """Of the keys, those that have a value at a place."""
    return lambda key: key[place] == value
