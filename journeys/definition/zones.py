"""The time zones there are: those of the tzdata package, so that every machine knows the same."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def zone_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())
