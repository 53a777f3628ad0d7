"""What a turn promises of itself, for any customer and any history: it is pure, and its order and its door change nothing."""

from __future__ import annotations

import gzip
import json
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

from journeys.core.calendar import DAY, HOUR
from journeys.core.customer import HOLDOUT, PERSONALIZED, Customer, Enrollment, Event
from journeys.core.intake import new_customer, read_event
from journeys.core.machine import Reference
from journeys.core.plan import derive
from journeys.core.program import Program
from journeys.core.turn import advance, turn
from journeys.core.why import TOUCH, Why
from journeys.simulate.trace import Teller
from tests.streams import SPAN, STARTS, Raw, customers, deliveries, program, relaxed, streams, to_events

HOUSEHOLDS = Path(__file__).parents[1] / "data" / "complete-journey" / "events.jsonl.gz"
both = pytest.mark.parametrize("folder", ["shipped", "workshop"])


def led(
    data: st.DataObject, folder: str, *, arm: int | None = None, is_punctual: bool = True
) -> tuple[Program, Customer, list[Raw], int]:
    """A program, a customer, a stream of events, and the instant up to which it is played."""
    compiled = program(folder, arm=arm)
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    return compiled, customer, data.draw(streams(folder, start, is_punctual=is_punctual)), start + SPAN


def trace(compiled: Program, whys: list[Why]) -> bytes:
    return msgspec.json.encode(list(Teller(compiled).rows("c", whys)))


def picture(value: Any) -> Any:
    """A deep picture of a customer, to see whether anything in it differs."""
    if isinstance(value, list | tuple):
        return [picture(each) for each in value]
    if isinstance(value, dict):
        return {key: picture(each) for key, each in value.items()}
    if type(value).__name__ in ("Customer", "Enrollment", "Waiting", "Sending", "Fired"):
        return {name: picture(getattr(value, name)) for name in value.__slots__ if name not in ("journey", "zone")}
    return value


# ---------------------------------------------------------------- order


@both
@relaxed(60)
@given(st.data())
def test_the_order_of_arrival_within_a_batch_changes_nothing(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder)
    shuffled = [*raw]
    Random(data.draw(st.integers(0, 1000))).shuffle(shuffled)

    one = advance(compiled, customer.copy(), to_events(compiled, raw), until)
    other = advance(compiled, customer.copy(), to_events(compiled, shuffled), until)

    assert trace(compiled, one.whys) == trace(compiled, other.whys)
    assert picture(one.customer) == picture(other.customer)


@both
@relaxed(40)
@given(st.data())
def test_the_order_within_late_batches_changes_nothing_either(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder, is_punctual=False)
    batches = deliveries(raw)
    other = customer.copy()
    r = Random(data.draw(st.integers(0, 1000)))

    for at, batch in batches:
        shuffled = [*batch]
        r.shuffle(shuffled)
        first = advance(compiled, customer, to_events(compiled, batch), at)
        second = advance(compiled, other, to_events(compiled, shuffled), at)
        assert trace(compiled, first.whys) == trace(compiled, second.whys)

    advance(compiled, customer, [], until)
    advance(compiled, other, [], until)
    assert picture(customer) == picture(other)


def test_events_that_share_an_instant_and_have_no_ids_have_an_order_too() -> None:
    compiled = program(arm=PERSONALIZED)
    at = STARTS[0]
    raw = [
        Raw("order_placed", at, {"order_id": "A", "total": 40}, "", 0),
        Raw("guide_downloaded", at, {}, "", 0),
        Raw("comparison_opened", at, {}, "", 0),
    ]

    traces = set()
    for order in (raw, raw[::-1], raw[1:] + raw[:1]):
        customer = new_customer(compiled, "c", {"email": "a@example.com"}, at=at, consents=["personalization", "offers"])
        traces.add(trace(compiled, advance(compiled, customer, to_events(compiled, order), at + DAY).whys))

    assert len(traces) == 1


# ---------------------------------------------------------------- doors


@both
@relaxed(50)
@given(st.data())
def test_turns_taken_one_by_one_decide_as_one_turn_does(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder)
    alone = customer.copy()

    whole = advance(compiled, customer, to_events(compiled, raw), until)
    whys: list[Why] = []
    for at, batch in deliveries(raw):
        while alone.wake_at < at:
            whys += advance(compiled, alone, [], alone.wake_at).whys
        whys += advance(compiled, alone, to_events(compiled, batch), at).whys
    while alone.wake_at <= until:
        whys += advance(compiled, alone, [], alone.wake_at).whys

    assert trace(compiled, whys) == trace(compiled, [why for why in whole.whys if why[1] <= until + SPAN * 9])


@both
@relaxed(50)
@given(st.data())
def test_a_pure_turn_answers_as_one_in_place_and_leaves_its_customer_untouched(
    folder: str, data: st.DataObject
) -> None:
    compiled, pure, raw, until = led(data, folder, is_punctual=False)
    owned = pure.copy()

    for at, batch in [*deliveries(raw), (until, [])]:
        before = picture(pure)
        taken = turn(compiled, pure, to_events(compiled, batch), at)
        in_place = advance(compiled, owned, to_events(compiled, batch), at)

        assert picture(pure) == before
        assert taken.customer is not pure
        assert trace(compiled, taken.whys) == trace(compiled, in_place.whys)
        assert picture(taken.effects) == picture(taken.effects)
        assert [type(each) for each in taken.effects] == [type(each) for each in in_place.effects]
        assert taken.wake_at == in_place.wake_at == owned.wake_at
        pure = taken.customer

    assert picture(pure) == picture(owned)


def test_a_turn_that_sends_nothing_itself_leaves_its_customer_untouched_too() -> None:
    """Admitting, asking anew and withdrawing go other ways through the gate than virtual sending does."""
    compiled = program(arm=PERSONALIZED)
    at = STARTS[0]
    consents = ["offers", "surveys", "personalization"]
    customer = new_customer(compiled, "c", {"email": "a@example.com"}, at=at, consents=consents)
    raw = [
        Raw("guide_downloaded", at + 1, {}, "1", 0),
        Raw("comparison_opened", at + DAY, {}, "2", 0),
        Raw("order_placed", at + 4 * DAY, {"order_id": "A", "total": 40}, "3", 0),
    ]

    for event in to_events(compiled, raw):
        before = picture(customer)
        taken = turn(compiled, customer, [event], event.at + HOUR, is_accepted_at_once=False)
        assert picture(customer) == before
        customer = taken.customer


# ---------------------------------------------------------------- clocks


@both
@relaxed(50)
@given(st.data())
def test_clocks_that_are_remembered_equal_those_derived_anew(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder, is_punctual=False)

    def compare() -> None:
        for enrollment in customer.enrollments:
            assert sorted([*enrollment.plan, *enrollment.ripe]) == derive(compiled, customer, enrollment)
            # What is ripe has come due, and what has come due is ripe.
            assert all(due <= customer.as_of for due, _ in enrollment.ripe)
            assert all(due > customer.as_of for due, _ in enrollment.plan)
            assert enrollment.due_at == min([due for due, _ in enrollment.plan], default=enrollment.due_at)

    for at, batch in deliveries(raw):
        while customer.wake_at < at:
            advance(compiled, customer, [], customer.wake_at)
            compare()
        advance(compiled, customer, to_events(compiled, batch), at)
        compare()
    while customer.wake_at <= until:
        advance(compiled, customer, [], customer.wake_at)
        compare()


@both
@relaxed(30)
@given(st.data())
def test_a_customer_is_never_woken_for_nothing_over_and_over(folder: str, data: st.DataObject) -> None:
    compiled, customer, raw, until = led(data, folder, is_punctual=False)

    wakes = 0
    for at, batch in [*deliveries(raw), (until, [])]:
        while customer.wake_at < at:
            advance(compiled, customer, [], customer.wake_at)
            wakes += 1
        advance(compiled, customer, to_events(compiled, batch), at)

    assert wakes < 3_000


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
from tests.core.test_turn import told
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


@pytest.mark.parametrize("seed", ["1", "77"])
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


# ---------------------------------------------------------------- bounds


def test_a_thousand_carts_leave_little_behind() -> None:
    compiled = program()
    start = STARTS[0]
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=start, consents=["offers"])
    customer_sizes = []

    for day in range(40):
        at = start + day * DAY
        raw = []
        for number in range(150):
            cart = {"cart_id": f"cart{day}-{number}", "items": 2, "total": 10}
            raw.append(Raw("cart_updated", at + number * 60_000_000, cart, f"{day}-{number}", 0))
        advance(compiled, customer, to_events(compiled, raw), at + DAY)
        customer_sizes.append((len(customer.enrollments), len(customer.waiting), len(customer.past)))

    assert max(live for live, _, _ in customer_sizes) <= 2_100
    assert max(past for _, _, past in customer_sizes) <= 1_200
    assert max(waiting for _, waiting, _ in customer_sizes) <= 2_100
    advance(compiled, customer, [], start + 500 * DAY)
    assert not customer.enrollments
    assert not customer.waiting


# ---------------------------------------------------------------- real households


def _households(compiled: Program, every: int) -> list[list[Event]]:
    found: dict[str, list[Event]] = {}
    names: dict[str, int] = {}
    with gzip.open(HOUSEHOLDS) as file:
        for line in file:
            raw = json.loads(line)
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


def test_an_enrollment_is_copied_slot_by_slot() -> None:
    compiled = program()
    enrollment = Enrollment(compiled.journeys[0], 1, "k", 5, 1)
    for place, name in enumerate(Enrollment.__slots__):
        setattr(enrollment, name, place)

    copied = enrollment.copy()

    assert [getattr(copied, name) for name in Enrollment.__slots__] == list(range(len(Enrollment.__slots__)))
