"""Intervals: how far a share that was counted may lie from the one behind it.

All 95 %, for counts that were looked at once: whoever looks every day and stops at the first good
news is wrong more often than that.

A share has the score interval of E. B. Wilson, "Probable inference, the law of succession, and
statistical inference", Journal of the American Statistical Association 22 (1927): it stays between
0 and 1, and holds at small counts too.

The difference of two shares has the hybrid score interval of R. G. Newcombe, "Interval estimation
for the difference between independent proportions: comparison of eleven methods", Statistics in
Medicine 17 (1998), method 10: made of the two score intervals.

Where the same customers were counted twice, the difference has the adjusted Wald interval of D. G. Bonett
and R. M. Price, "Adjusted Wald confidence interval for a difference of binomial proportions based on
paired data", Journal of Educational and Behavioral Statistics 37 (2012).

Square roots need floats, which are exact enough and the same on every machine; what comes out is
whole parts per million.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

MILLION: Final = 1_000_000
_Z: Final = 1.959963984540054  # of the normal distribution, 95 % lie within so many standard deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share, or the difference of two, and the interval around it, in parts per million."""

    parts: int
    low: int
    high: int

    @property
    def is_told_from_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def share_of(part: int, whole: int) -> Share | None:
    """`part` of `whole` with its score interval; None of nothing."""
    if whole == 0:
        return None
    low, high = _score(part, whole)
    return Share(parts=_parts(part / whole), low=_parts(low), high=_parts(high))


def difference_of(part: int, whole: int, other_part: int, other_whole: int) -> Share | None:
    """How much greater the first share is than the other, below 0 where it is smaller; None where one is of nothing."""
    if whole == 0 or other_whole == 0:
        return None
    share, other = part / whole, other_part / other_whole
    low, high = _score(part, whole)
    other_low, other_high = _score(other_part, other_whole)
    difference = share - other
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return Share(parts=_parts(difference), low=_parts(difference - below), high=_parts(difference + above))


def paired_difference(*, won: int, lost: int, of: int) -> Share:
    """How much greater a share is the second time, where `won` of the customers joined it and `lost` left it."""
    joined, left, whole = (won + 1) / (of + 2), (lost + 1) / (of + 2), of + 2
    difference = joined - left
    width = _Z * sqrt((joined + left - difference * difference) / whole)
    low, high = max(difference - width, -1.0), min(difference + width, 1.0)
    return Share(parts=_parts((won - lost) / of), low=_parts(low), high=_parts(high))


def _score(part: int, whole: int) -> tuple[float, float]:
    middle = 2 * part + _Z * _Z
    width = _Z * sqrt(_Z * _Z + 4 * part * (whole - part) / whole)
    scale = 2 * (whole + _Z * _Z)
    return (middle - width) / scale, (middle + width) / scale


def _parts(share: float) -> int:
    return round(share * MILLION)
