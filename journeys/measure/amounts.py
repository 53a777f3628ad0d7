"""Amounts in words: integers of minor units as people read them.  No rounding happens here but where it says so."""

from __future__ import annotations


def minor_of(millionths: int, decimals: int) -> int:
    """Millionths of the main unit, as channels cost, in minor units; rounded half up."""
    return _rounded(millionths, _millionths_in_minor(decimals))


def return_each(value: int, channel_cost: int, offer_cost: int, customers: int, decimals: int) -> int:
    """What is left of a value for each customer after its costs (channels in millionths), in minor units.

    Rounded half up; of no customers 0.
    """
    if customers == 0:
        return 0
    in_minor = _millionths_in_minor(decimals)
    return _rounded((value - offer_cost) * in_minor - channel_cost, in_minor * customers)


def _millionths_in_minor(decimals: int) -> int:
    return int(10 ** (6 - decimals))


def _rounded(part: int, whole: int) -> int:
    return (2 * part + whole) // (2 * whole)


def say_amount(minor: int, decimals: int) -> str:
    """`1,234.50`, of 123450 with two decimals."""
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{sign}{whole:,}" + (f".{rest:0{decimals}}" if decimals else "")


def say_share(part: int, whole: int) -> str:
    """`12.5 %`, rounded half up; empty of nothing."""
    if whole == 0:
        return ""
    tenths = _rounded(1000 * part, whole)
    return f"{tenths // 10}.{tenths % 10} %"


def say_points(parts: int, places: int) -> str:
    """`12.5`, of 125,000 parts per million: percent, or the difference of two percentages.  Rounded half up."""
    size = _rounded(abs(parts), int(10 ** (4 - places)))
    sign = "-" if parts < 0 < size else ""
    return sign + say_amount(size, places)


def say_days(minutes: int | None) -> str:
    """`30.0`: days, rounded half up; below one day `5 h` or `12 min`, cut; empty where nobody knows."""
    if minutes is None:
        return ""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    tenths = _rounded(10 * minutes, 24 * 60)
    return f"{tenths // 10:,}.{tenths % 10}"
