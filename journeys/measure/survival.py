"""Survival: which share of those who came to a place is still there after some time.

The product limit of E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete
observations", Journal of the American Statistical Association 53 (1958): at every length at which
somebody left, the share shrinks by those who left among those who had stayed that long.  A stay
that still goes on counts as long as it was watched, and no longer.  The median of the stays that
ended would forget everybody who stays.

Lengths come in minutes, in cells (`tally.cell_of`): who left within a cell is gone at its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from journeys.measure.intervals import MILLION

_POINTS_MAX: Final = 60
_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
# Between two points, in minutes: the finest that makes no more than `_POINTS_MAX`.
_BETWEEN: Final = (
    _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY,
    91 * _DAY,
)  # fmt: skip
# Asked for by name, whatever stands between two points.
MARKS: Final = (1 * _DAY, 7 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY)
_FINE: Final = 10**18  # the share's own fractions, so that many small steps leave no trace of their rounding

Survival = tuple[tuple[int, int], ...]


def survive(ended: Mapping[int, int], going_on: Mapping[int, int]) -> Survival:
    """(minutes since arrival, share still there in parts per million), out of how many stays had which length.

    Points are evenly apart, with `MARKS` between them and the longest stay at last.  Empty of no stays.
    """
    lengths = sorted({*ended, *going_on})
    if not lengths:
        return ()
    longest = lengths[-1]
    between = next((each for each in _BETWEEN if longest < each * _POINTS_MAX), _BETWEEN[-1])
    asked = sorted({*range(0, longest, between), *[mark for mark in MARKS if mark < longest], longest})
    there = sum(ended.values()) + sum(going_on.values())
    share = _FINE
    points = []
    place = 0
    for at in asked:
        while place < len(lengths) and lengths[place] <= at:
            left = ended.get(lengths[place], 0)
            share = share * (there - left) // there
            there -= left + going_on.get(lengths[place], 0)
            place += 1
        points.append((at, (2 * share * MILLION + _FINE) // (2 * _FINE)))
    return tuple(points)


def still_there(survival: Survival, mark: int) -> int | None:
    """The share still there after one of `MARKS`, in parts per million; None where no stay was watched for so long."""
    longest, last = survival[-1] if survival else (0, 1)
    # Where everybody has left, nobody is there later.
    return 0 if longest < mark and last == 0 else dict(survival).get(mark)
