"""What a turn promises of itself: it is pure, and neither the order nor the door changes what it decides."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import DAY, HOUR
from journeys.core.customer import PERSONALIZED, Enrollment, new_enrollment
from journeys.core.intake import new_customer
from journeys.core.plan import derive
from journeys.core.turn import advance, turn
from journeys.core.why import Why
from tests.streams import STARTS, Raw, deliveries, program, relaxed, to_events
from tests.telling import both, led, picture, slots_of, trace

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
        customer = new_customer(
            compiled, "c", {"email": "a@example.com"}, at=at, consents=["personalization", "offers"]
        )
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

    assert trace(compiled, whys) == trace(compiled, whole.whys)
    assert picture(alone.enrollments) == picture(whole.customer.enrollments)


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


def test_an_enrollment_is_copied_slot_by_slot() -> None:
    compiled = program()
    enrollment = new_enrollment(compiled.journeys[0], 1, "k", 5, 1)
    for place, name in enumerate(slots_of(Enrollment)):
        value = getattr(enrollment, name)
        if isinstance(value, int):
            setattr(enrollment, name, not value if isinstance(value, bool) else 1_000 + place)

    copied = enrollment.copy()

    assert picture(copied) == picture(enrollment)
    assert copied.journey is enrollment.journey
