"""Amounts in words: integers of minor units as people read them.  No rounding happens here but where it says so."""

from __future__ import annotations


def say_amount(minor: int, decimals: int) -> str:
    """`1,234.50`, of 123450 with two decimals."""
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{sign}{whole:,}" + (f".{rest:0{decimals}}" if decimals else "")


def say_share(part: int, whole: int) -> str:
    """`12.5 %`, rounded half up; empty of nothing."""
    if whole == 0:
        return ""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10} %"


def say_days(minutes: int | None) -> str:
    """`30.0`: days, rounded half up; below one day `5 h` or `12 min`, cut; empty where nobody knows."""
    if minutes is None:
        return ""
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    tenths = (20 * minutes + 1440) // 2880
    return f"{tenths // 10:,}.{tenths % 10}"
