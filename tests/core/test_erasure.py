"""Who asked to be forgotten is forgotten: nothing is kept, nothing goes out, nothing begins."""

from __future__ import annotations

from journeys.core.calendar import DAY
from journeys.core.customer import PERSONALIZED
from journeys.core.effects import WithdrawTouch
from journeys.core.intake import make_event, new_customer
from journeys.core.turn import advance
from journeys.core.why import ENDED, EVENT, SEND, TOUCH
from tests.streams import STARTS, program

CONSENTS = ["offers", "surveys", "personalization"]


def test_after_an_erasure_nothing_is_kept_and_nothing_goes_out() -> None:
    compiled = program(arm=PERSONALIZED)
    at = STARTS[0]
    customer = new_customer(compiled, "c", {"email": "a@example.com", "first_name": "Ana"}, at=at, consents=CONSENTS)
    happened = [
        ("cart_updated", 0, {"cart_id": "x", "items": 1, "total": 20}),
        ("guide_downloaded", 1, {}),
        ("customer.erased", 2 * DAY, {}),
        ("profile.updated", 3 * DAY, {"first_name": "Ana"}),
        ("consent.given", 3 * DAY, {"purpose": "offers"}),
        ("guide_downloaded", 4 * DAY, {}),
        ("order_placed", 5 * DAY, {"order_id": "A", "total": 900}),
    ]
    events = []
    for number, (name, later, properties) in enumerate(happened):
        event = make_event(compiled, name, at + later, properties, id=str(number))
        assert event is not None
        events.append(event)

    taken = advance(compiled, customer, events, at + 60 * DAY)

    after = [why for why in taken.whys if why[1] > at + 2 * DAY]
    assert all(why[0] == EVENT for why in after)
    assert sum(why[0] == ENDED for why in taken.whys) == 2
    assert any(why[0] == TOUCH and why[9] == SEND for why in taken.whys)
    assert customer.fields == [None] * len(customer.fields)
    assert customer.facts == [None] * len(customer.facts)
    assert (customer.consents, customer.past, customer.last_sent, customer.waiting) == (0, {}, {}, [])


def test_what_nobody_accepted_yet_is_withdrawn_at_an_erasure() -> None:
    compiled = program(arm=PERSONALIZED)
    at = STARTS[0]
    customer = new_customer(compiled, "c", {"email": "a@example.com"}, at=at, consents=CONSENTS)
    ordered = make_event(compiled, "guide_downloaded", at, {}, id="1")
    erased = make_event(compiled, "customer.erased", at + DAY, {}, id="2")
    assert ordered is not None and erased is not None
    advance(compiled, customer, [ordered], at, is_accepted_at_once=False)
    assert customer.sending

    taken = advance(compiled, customer, [erased], at + DAY, is_accepted_at_once=False)

    assert [type(effect) for effect in taken.effects] == [WithdrawTouch]
    assert customer.sending == []
