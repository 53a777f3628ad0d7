"""What a turn promises, for any customer and any history, over the shipped journeys."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys.core.calendar import DAY, in_window, offset
from journeys.core.customer import Customer, Event
from journeys.core.effects import SendTouch
from journeys.core.plan import derive
from journeys.core.program import INTERNAL, MARKETING, SERVICE, Program
from journeys.core.turn import Turn, advance, turn
from journeys.core.why import ENDED, EVENT, SEND, TOUCH, Why
from journeys.simulate.trace import Teller
from tests.streams import STARTS, customers, program, raw_events, to_events

LONG = 75 * DAY
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def played(data: st.DataObject, *, events_max: int = 25) -> tuple[Program, Customer, list[Any], int]:
    compiled = program()
    start = data.draw(st.sampled_from(STARTS))
    return (
        compiled,
        data.draw(customers(compiled, start)),
        data.draw(raw_events(start, events_max=events_max)),
        start + LONG,
    )


def trace(compiled: Program, whys: list[Why]) -> bytes:
    return msgspec.json.encode(list(Teller(compiled).rows("c", whys)))


def one_by_one(compiled: Program, customer: Customer, events: list[Event], until: int) -> tuple[list[Why], Customer]:
    """A pure turn for each event and each time the customer is to be woken, as the runtime takes them."""
    whys: list[Why] = []

    def take(signals: list[Event], at: int) -> None:
        nonlocal customer
        taken: Turn = turn(compiled, customer, signals, at)
        customer = taken.customer
        whys.extend(taken.whys)

    moments = sorted({event.at for event in events})
    for moment in moments:
        while customer.wake_at < moment:
            take([], customer.wake_at)
        take([event for event in events if event.at == moment], moment)
    while customer.wake_at <= until:
        take([], customer.wake_at)
    return whys, customer


@relaxed
@given(st.data())
def test_the_order_of_arrival_within_a_batch_changes_nothing(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)
    shuffled = data.draw(st.permutations(raw))

    one = advance(compiled, customer.copy(), to_events(compiled, raw), until)
    other = advance(compiled, customer.copy(), to_events(compiled, shuffled), until)

    assert trace(compiled, one.whys) == trace(compiled, other.whys)


@relaxed
@given(st.data())
def test_turns_taken_one_by_one_decide_as_one_turn_does(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)

    whole = advance(compiled, customer.copy(), to_events(compiled, raw), until)
    whys, _ = one_by_one(compiled, customer.copy(), to_events(compiled, raw), until)

    assert trace(compiled, whys) == trace(compiled, whole.whys)


def state_of(value: Any) -> Any:
    """A deep picture of a customer, to see whether anything in it was changed."""
    if isinstance(value, list | tuple):
        return [state_of(each) for each in value]
    if isinstance(value, dict):
        return {key: state_of(each) for key, each in value.items()}
    if type(value).__name__ in ("Customer", "Enrollment", "Waiting", "Sending", "Fired"):
        return {name: state_of(getattr(value, name)) for name in value.__slots__ if name not in ("journey", "zone")}
    return value


@relaxed
@given(st.data())
def test_a_pure_turn_leaves_its_customer_untouched(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)
    events = sorted(to_events(compiled, raw), key=lambda event: event.at)
    middle = advance(compiled, customer, events[: len(events) // 2], until - LONG // 2).customer
    before = state_of(middle)

    turn(compiled, middle, events[len(events) // 2 :], until)

    assert state_of(middle) == before


@relaxed
@given(st.data())
def test_one_touch_is_admitted_for_a_key(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)

    taken = advance(compiled, customer, to_events(compiled, raw), until)

    keys = [effect.key for effect in taken.effects if isinstance(effect, SendTouch)]
    assert len(keys) == len(set(keys))


@relaxed
@given(st.data())
def test_every_due_touch_is_answered_once_for_good(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)

    taken = advance(compiled, customer, to_events(compiled, raw), until)

    final = [(why[2], why[4], why[6], why[7]) for why in taken.whys if why[0] == TOUCH and why[9] in (0, 2)]
    waiting = [(each.enrollment, each.item, each.visit, each.occurrence) for each in taken.customer.waiting]
    assert len(final) == len(set(final))
    assert not set(final) & set(waiting)


@relaxed
@given(st.data())
def test_clocks_that_are_remembered_equal_those_derived_anew(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)
    events = sorted(to_events(compiled, raw), key=lambda event: event.at)

    def compare() -> None:
        for enrollment in customer.enrollments:
            remembered = sorted([*enrollment.plan, *enrollment.ripe])
            assert remembered == derive(compiled, customer, enrollment)

    for event in events:
        while customer.wake_at < event.at:
            advance(compiled, customer, [], customer.wake_at)
            compare()
        advance(compiled, customer, [event], event.at)
        compare()


@relaxed
@given(st.data())
def test_no_marketing_goes_in_quiet_hours_on_any_day(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)
    raw = [each for each in raw if each[0] != "profile.updated"]
    zone = customer.zone

    taken = advance(compiled, customer, to_events(compiled, raw), until)

    for effect in taken.effects:
        if isinstance(effect, SendTouch) and compiled.touches[effect.touch].class_ not in (SERVICE, INTERNAL):
            minute = (effect.at + offset(zone, effect.at)) // 60_000_000 % (24 * 60)
            assert 8 * 60 <= minute < 21 * 60
            assert not in_window(zone, effect.at, 21 * 60, 8 * 60)


@relaxed
@given(st.data())
def test_caps_hold_in_every_window(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)

    taken = advance(compiled, customer, to_events(compiled, raw), until)

    sends = [
        (effect.at, effect.channel)
        for effect in taken.effects
        if isinstance(effect, SendTouch) and compiled.touches[effect.touch].class_ == MARKETING
    ]
    for at, channel in sends:
        assert sum(at <= other < at + DAY and other_channel == channel for other, other_channel in sends) <= 1
        # Six for a customer who is a vip; three for others is in the scenarios.
        assert sum(at <= other < at + 7 * DAY for other, _ in sends) <= 6


@relaxed
@given(st.data())
def test_no_marketing_after_a_withdrawal_or_an_end(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)
    consents = customer.consents

    taken = advance(compiled, customer, to_events(compiled, raw), until)

    ended: set[int] = set()
    for why in taken.whys:
        if why[0] == EVENT and compiled.event_names[why[2].event] == "consent.withdrawn":
            consents &= ~(1 << compiled.names.purposes[why[2].properties[0]])
        elif why[0] == EVENT and compiled.event_names[why[2].event] == "consent.given":
            consents |= 1 << compiled.names.purposes[why[2].properties[0]]
        elif why[0] == ENDED:
            ended.add(why[2])
        elif why[0] == TOUCH and why[9] == SEND and compiled.touches[why[5]].class_ == MARKETING:
            assert consents & compiled.touches[why[5]].consent
            assert why[2] not in ended


@relaxed
@given(st.data())
def test_a_held_out_customer_hears_no_marketing(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)

    taken = advance(compiled, customer, to_events(compiled, raw), until)

    arms = {why[2]: why[8] for why in taken.whys if why[0] == 1}
    for effect in taken.effects:
        if isinstance(effect, SendTouch) and compiled.touches[effect.touch].class_ == MARKETING:
            assert arms[effect.enrollment] != 2


@relaxed
@given(st.data())
def test_a_trace_is_the_same_bytes_when_repeated(data: st.DataObject) -> None:
    compiled, customer, raw, until = played(data)

    first = trace(compiled, advance(compiled, customer.copy(), to_events(compiled, raw), until).whys)
    second = trace(compiled, advance(compiled, customer.copy(), to_events(compiled, raw), until).whys)

    assert first == second


def test_facts_stay_small_however_long_the_history() -> None:
    compiled = program()
    start = STARTS[0]
    customer = compiled.new_customer("c1", start)
    raw = [("product_viewed", start + index * 600_000_000, {"category": "x"}, str(index)) for index in range(5_000)]
    raw += [("order_placed", start + index * 600_000_000, {"total": 3}, str(index)) for index in range(5_000)]
    customer.consents = 255

    advance(compiled, customer, to_events(compiled, raw), start + LONG)

    def size(value: Any) -> int:
        return sum(size(each) for each in value) if isinstance(value, list | tuple) else 1

    assert max(size(slot) for slot in customer.facts) <= 3_000
    assert len(customer.enrollments) + len(customer.waiting) + len(customer.past) < 20
