"""However much happens to a customer, what is kept of it stays bounded."""

from __future__ import annotations

from journeys.core.calendar import DAY, MINUTE
from journeys.core.intake import new_customer
from journeys.core.turn import advance
from tests.streams import STARTS, Raw, program, to_events


def test_a_thousand_carts_leave_little_behind() -> None:
    compiled = program(journeys=("cart",))
    start = STARTS[0]
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=start, consents=["offers"])
    live, waiting, past = [], [], []

    for day in range(12):
        at = start + day * DAY
        raw = []
        for number in range(100):
            cart = {"cart_id": f"{day}-{number}", "items": 2, "total": 10}
            raw.append(Raw("cart_updated", at + number * MINUTE, cart, f"{day}-{number}", 0))
        advance(compiled, customer, to_events(compiled, raw), at + DAY)
        live.append(len(customer.enrollments))
        waiting.append(len(customer.waiting))
        past.append(len(customer.past))

    assert max(live) <= 2_000
    assert max(waiting) <= 1_000
    assert 700 <= max(past) <= 2_000
    advance(compiled, customer, [], start + 60 * DAY)
    # The next event finds nothing left but the last thousand keys.
    advance(
        compiled, customer, to_events(compiled, [Raw("account_closed", start + 61 * DAY, {}, "x", 0)]), at + 90 * DAY
    )
    assert not customer.enrollments
    assert not customer.waiting
    assert {key for _, key in customer.past} == {f"{day}-{number}" for day in range(2, 12) for number in range(100)}


def test_carts_that_end_at_once_do_not_pile_up() -> None:
    compiled = program(journeys=("cart",))
    start = STARTS[0]
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=start, consents=["offers"])
    raw = []
    for number in range(1_300):
        at = start + number * MINUTE
        cart = {"cart_id": f"{number:04}", "items": 2, "total": 10}
        raw.append(Raw("cart_updated", at, cart, f"{number}", 0))
        if number % 50 == 49:
            raw.append(Raw("account_closed", at + 1, {}, f"{number}-", 0))

    advance(compiled, customer, to_events(compiled, raw), start + DAY)

    assert len(customer.enrollments) <= 1_000
    assert len(customer.past) <= 1_001
