"""A trace is the same bytes: again, in another process, by the machine, and in every arm but for words."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.customer import HOLDOUT, PERSONALIZED, Event
from journeys.core.intake import new_customer, read_event
from journeys.core.machine import Reference
from journeys.core.program import Program
from journeys.core.turn import advance, turn
from journeys.core.why import TOUCH, Why
from tests.streams import SPAN, STARTS, Raw, program, relaxed, to_events
from tests.telling import both, led, picture, trace

HOUSEHOLDS = Path(__file__).parents[1] / "data" / "complete-journey" / "events.jsonl.gz"


# ---------------------------------------------------------------- the machine and the bytes


@both
@relaxed(15)
@given(st.data())
def test_the_machine_takes_the_moves_that_the_table_takes(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder)

    by_table = advance(compiled, customer.copy(), to_events(compiled, raw), until)
    by_machine = advance(compiled, customer.copy(), to_events(compiled, raw), until, chooser=Reference(compiled))

    assert trace(compiled, by_table.whys) == trace(compiled, by_machine.whys)
    assert picture(by_table.customer) == picture(by_machine.customer)


@both
@relaxed(30)
@given(st.data())
def test_a_trace_is_the_same_bytes_when_repeated(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder)

    first = trace(compiled, advance(compiled, customer.copy(), to_events(compiled, raw), until).whys)
    second = trace(compiled, advance(compiled, customer.copy(), to_events(compiled, raw), until).whys)

    assert first == second


# One life after another through a folder, told as text: run in another process.
_ANOTHER = """
import sys
from random import Random
from tests.core.test_turn_traces import told
sys.stdout.buffer.write(told())
"""


def told() -> bytes:
    """A long trace through both folders, with nothing drawn by hypothesis."""
    from tests.streams import ANY_LIVES, SHIPPED_LIVES, WORKSHOP_LIVES, definitions

    lines = []
    for folder, lives in (("shipped", SHIPPED_LIVES), ("workshop", WORKSHOP_LIVES)):
        compiled = program(folder)
        for number in range(12):
            r = Random(number)
            raw = []
            for life in [*lives, *ANY_LIVES[:1]]:
                for name, at, properties in life(r, STARTS[number % len(STARTS)]):
                    if name in definitions(folder).heard:
                        raw.append(Raw(name, at, {k: v for k, v in properties.items() if k != "thing"}, f"{at}", 0))
            fields = {"first_name": "Ana", "email": "a@example.com", "device": "t" if folder == "shipped" else None}
            purposes = [each.name for each in definitions(folder).brand.purposes.values() if each.class_ != "service"]
            at = min(each.at for each in raw)
            customer = new_customer(compiled, f"c{number}", fields, at=at, consents=purposes)
            taken = advance(compiled, customer, to_events(compiled, raw), at + SPAN)
            lines.append(trace(compiled, taken.whys))
            lines.append(repr(picture(taken.customer.facts)).encode())
    return b"\n".join(lines)


@pytest.mark.parametrize("seed", ["1", pytest.param("77", marks=pytest.mark.long)])
def test_a_trace_is_the_same_bytes_in_another_process_that_hashes_otherwise(seed: str) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}

    other = subprocess.run([sys.executable, "-c", _ANOTHER], cwd=root, env=environment, capture_output=True, check=True)

    assert other.stdout == told()
    assert other.stdout.count(b'"answer":"sent"') > 100


# ---------------------------------------------------------------- arms


@both
@relaxed(30)
@given(st.data())
def test_the_generic_arm_differs_in_its_words_alone(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder, arm=PERSONALIZED)
    generic = program(folder, arm=1)

    one = advance(compiled, customer.copy(), to_events(compiled, raw), until)
    other = advance(generic, customer.copy(), to_events(generic, raw), until)

    def without_words(whys: list[Why]) -> list[Any]:
        return [why[:14] if why[0] == TOUCH else (why[0], why[1]) for why in whys]

    assert without_words(one.whys) == without_words(other.whys)
    assert {why[14] for why in other.whys if why[0] == TOUCH} <= {"", "generic"}


def test_an_arm_follows_from_customer_and_journey_and_falls_as_often_as_declared() -> None:
    compiled = program("workshop")
    bench = next(each for each in compiled.journeys if each.name == "bench")

    arms = [compiled.arm_of(f"c{number}", bench) for number in range(4_000)]

    assert arms == [compiled.arm_of(f"c{number}", bench) for number in range(4_000)]
    assert abs(arms.count(HOLDOUT) / 4_000 - 0.2) < 0.03
    assert abs(arms.count(1) / 4_000 - 0.2) < 0.03


# ---------------------------------------------------------------- real households


def _households(compiled: Program, every: int) -> list[list[Event]]:
    found: dict[str, list[Event]] = {}
    names: dict[str, int] = {}
    with gzip.open(HOUSEHOLDS) as file:
        for line in file:
            raw = msgspec.json.decode(line)
            if names.setdefault(raw["customer"], len(names)) % every == 0:
                event = read_event(compiled, raw)
                if event is not None:
                    found.setdefault(raw["customer"], []).append(event)
    return list(found.values())


def _walk_households(every: int) -> None:
    compiled = program()
    machine = Reference(compiled)
    households = _households(compiled, every)
    assert households

    for number, events in enumerate(households):
        start = min(event.at for event in events)
        fields = {"email": "a@example.com"}
        consents = ["offers", "surveys", "personalization"]
        zone = "America/New_York"
        customer = new_customer(compiled, f"h{number}", fields, at=start, consents=consents, timezone=zone)
        last = max(event.at for event in events)
        by_table = advance(compiled, customer.copy(), events, last)
        by_machine = advance(compiled, customer.copy(), events, last, chooser=machine)
        alone = customer.copy()
        whys: list[Why] = []
        for event in sorted(events, key=lambda each: (each.at, each.source, each.id)):
            taken = turn(compiled, alone, [event], event.at)
            alone = taken.customer
            whys += taken.whys

        assert trace(compiled, by_table.whys) == trace(compiled, by_machine.whys)
        if len({event.at for event in events}) == len(events):
            assert trace(compiled, by_table.whys) == trace(compiled, whys)


def test_real_households_walk_the_same_way_by_machine_table_and_single_turns() -> None:
    _walk_households(60)


@pytest.mark.long
def test_all_real_households_walk_the_same_way() -> None:
    _walk_households(1)
