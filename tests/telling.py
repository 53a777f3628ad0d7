"""What tests share to play a life and to compare what came of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.core.trace import Teller
from journeys.core.why import Why
from tests.streams import SPAN, STARTS, Raw, customers, program, streams

both = pytest.mark.parametrize("folder", ["shipped", "workshop"])


def led(
    data: st.DataObject, folder: str, *, arm: int | None = None, is_punctual: bool = True
) -> tuple[Program, Customer, list[Raw], int]:
    """A program, a customer, a stream of events, and the instant up to which it is played."""
    compiled = program(folder, arm=arm)
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    raw = data.draw(streams(folder, start, is_punctual=is_punctual))
    return compiled, customer, [each for each in raw if each.at + each.delay <= start + SPAN], start + SPAN


def trace(compiled: Program, whys: list[Why]) -> bytes:
    return msgspec.json.encode(list(Teller(compiled).rows("c", whys)))


def picture(value: Any) -> Any:
    """A deep picture of a customer, to see whether anything in it differs."""
    if isinstance(value, list | tuple):
        return [picture(each) for each in value]
    if isinstance(value, dict):
        return {key: picture(each) for key, each in value.items()}
    if type(value).__name__ in ("Customer", "Enrollment", "Waiting", "Sending"):
        names = slots_of(type(value))
        return {name: picture(getattr(value, name)) for name in names if name not in ("journey", "zone")}
    return value


def slots_of(kind: type) -> tuple[str, ...]:
    """The names of all that a value of this class holds; a compiled class keeps them under another name."""
    names: tuple[str, ...] = kind.__dict__.get("__slots__") or kind.__dict__["__mypyc_attrs__"]
    return names
