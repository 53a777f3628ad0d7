"""A fixed stream of customers through `espresso`: no chance, the same events each run.

Each customer looks around, reads, compares, buys, is helped or not, answers, and buys beans;
some stop on the way.  Two kinds: `lean` customers come with one event at a time (15 of them,
and 12 due clocks, in 180 days); `browsing` ones read reviews each time they come, as
people do, so that most of their 37 events change nothing.
"""

from __future__ import annotations

from journeys.core.calendar import DAY, HOUR, MINUTE, parse_moment
from journeys.core.customer import Customer, Event
from journeys.core.intake import make_event, new_customer
from journeys.core.program import Program

START = parse_moment("2026-03-02T08:00:00Z")
HORIZON = START + 180 * DAY


def make_customers(program: Program, number: int, *, is_lean: bool = False) -> list[tuple[Customer, list[Event]]]:
    return [(_customer(program, index), _events(program, index, is_lean)) for index in range(number)]


def _customer(program: Program, index: int) -> Customer:
    fields = {"first_name": "Ana", "email": "ana@example.com", "budget": 300 + index % 5 * 100}
    if index % 3:
        fields["device"] = "token"
    consents = ["offers", "surveys"] if index % 10 == 0 else ["offers", "surveys", "personalization"]
    zone = ("Europe/Madrid", "America/New_York", "Asia/Kolkata", None)[index % 4]
    return new_customer(program, f"c{index}", fields, at=START, consents=consents, timezone=zone)


def _events(program: Program, index: int, is_lean: bool) -> list[Event]:
    events: list[Event] = []
    begin = START + index % 480 * MINUTE + index % 7 * HOUR

    def happen(days: float, name: str, **properties: object) -> None:
        event = make_event(program, name, begin + int(days * DAY), properties, id=f"{index}-{len(events)}")
        assert event is not None
        events.append(event)

    def come(days: float, category: str) -> None:
        """A visit: one look, or a look and the reviews of what was seen."""
        happen(days, "product_viewed", category=category, sku="e1")
        if not is_lean and days > 3:
            for read in range(1, 5):
                happen(days + read * 0.002, "review_read", sku=f"e{read}")

    if index % 10 == 0:
        happen(0, "guide_downloaded", guide="espresso")
    come(0.1, "espresso")
    come(0.9, "espresso")
    happen(1.8, "review_read" if index % 2 else "product_viewed", sku="e2")
    come(4, "grinder")
    happen(9, "guide_opened", guide="pressure")
    come(16, "espresso")
    if index % 8 == 0:
        return events
    happen(24, "comparison_opened", skus=["e1", "e2"])
    come(25.5, "espresso")
    if index % 8 == 1:
        return events
    order = f"o{index}"
    happen(31, "order_placed", order_id=order, total=649.0, skus=["e1"])
    happen(34, "order_delivered", order_id=order)
    if index % 4 == 2:
        happen(36, "ticket_created", ticket_id="t1")
        happen(38, "ticket_closed", ticket_id="t1")
    happen(52, "how-was-it.answered", answer=9 if index % 3 else 7)
    for month in range(3):
        if not is_lean:
            come(65 + 33 * month, "beans")
        happen(66 + 33 * month, "order_placed", order_id=f"{order}-{month}", total=24.5, skus=["b1"])
        happen(69 + 33 * month, "order_delivered", order_id=f"{order}-{month}")
    if index % 5 == 0:
        happen(140, "friend_invited", friend_id="f1")
    return events
