"""The subject: a small company to measure with, and the customers that come to it.

It is small, and nothing in it is left out: consent, caps, arms, conditions over what happened, touches at once and
by a clock, on a channel that is a request to `JOURNEYS_BENCH_URL`.  It has no quiet hours: what is measured in
the night must be what is measured by day.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from journeys.core.calendar import format_moment
from journeys.store.inbox import Received

URL: Final = "JOURNEYS_BENCH_URL"

_BRAND: Final = """\
brand: Bench
timezone: UTC
locale: en
currency: EUR
sender: {name: Bench, email: bench@example.com}
purposes:
  offers: {class: marketing, words: "We may send you offers."}
  orders: {class: service}
  personalization: {class: data, words: "We may use what you do with us."}
fields:
  first_name: {type: text, kind: demographic, purpose: personalization, keep: 3 years}
  device: {type: text, address: true}
events:
  product_viewed: {kind: behavioural, purpose: personalization, keep: 1 year, properties: {category: text, sku: text}}
  comparison_opened: {kind: behavioural, purpose: personalization, keep: 1 year}
  order_placed: {kind: engagement, keep: 10 years, properties: {order_id: text, total: money}}
channels:
  push:
    via: http
    address: customer.device
    cost: 0
    request: {url: "${JOURNEYS_BENCH_URL}", json: {to: "{{ address }}", text: "{{ text }}"}}
caps:
  - {most: 20, per: 1 day, each: channel}
  - {most: 50, per: 7 days, class: marketing}
"""
_JOURNEY: Final = """\
journey: first-order
title: From a first look to an order
owner: bench@example.com
audience: b2c
enter:
  - {on: product_viewed, to: need, keep: {category: event.category}}
reenter: 90 days after end
goal: {on: order_placed, within: 60 days, value: event.total}
arms: {generic: 10%}
stages:
  need:
    send: [welcome]
    move:
      - {on: comparison_opened, to: evaluation}
      - {on: product_viewed, if: 'count("product_viewed", "7 days") >= 3', to: evaluation}
      - {on: order_placed, to: end.bought}
      - {after: 30 days, to: end.lapsed}
  evaluation:
    send:
      - {touch: answer, after: 2 hours}
      - {touch: question, after: 3 days, if: 'count("product_viewed", "7 days") < 3'}
    move:
      - {on: order_placed, to: end.bought}
      - {after: 21 days, to: end.lapsed}
"""
_TOUCHES: Final = {
    "welcome": "Hello {{ customer.first_name | default: 'there' }}, this is what we have in {{ journey.category }}.",
    "answer": "What people ask most about {{ journey.category }}, and what we answer.",
    "question": "{{ customer.first_name | default: 'Hello' }}, is there anything that we could tell you?",
}

_GENERIC: Final = "There is news."

# What is told of a customer before anything is measured, and what happens then: a move, and a touch after two hours.
KNOWN: Final[list[tuple[str, dict[str, Any]]]] = [
    ("profile.updated", {"first_name": "Ana", "device": "d-1"}),
    ("consent.given", {"purpose": "offers"}),
    ("consent.given", {"purpose": "personalization"}),
    ("product_viewed", {"category": "lamps", "sku": "L1"}),
]
NEXT: Final[tuple[str, dict[str, Any]]] = ("comparison_opened", {})
FIRST: Final = KNOWN[-1]  # lets a customer in, and a touch go at once
BEFORE: Final = len(KNOWN) - 1  # what is told before that


def lay_subject(folder: Path) -> Path:
    """Writes its definitions."""
    (folder / "touches").mkdir(parents=True)
    (folder / "brand.yaml").write_text(_BRAND, encoding="utf-8")
    (folder / "first-order.yaml").write_text(_JOURNEY, encoding="utf-8")
    for name, words in _TOUCHES.items():
        text = f"---\npurpose: offers\nchannels: [push]\n---\n{words}\n\n--- generic ---\n{_GENERIC}\n"
        (folder / "touches" / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def customer_of(number: int) -> str:
    return f"c{number:07}"


def event_of(number: int, id: str, at: int, name: str, properties: dict[str, Any]) -> dict[str, Any]:
    """An event of one of the customers, as it is handed in."""
    return {
        "id": id,
        "name": name,
        "customer": customer_of(number),
        "at": format_moment(at),
        "properties": properties,
    }


def received(number: int, id: str, at: int, name: str, properties: dict[str, Any]) -> Received:
    """The same as the inbox has it."""
    body = msgspec.json.encode(event_of(number, id, at, name, properties))
    return Received(customer=customer_of(number), source="", id=id, at=at, body=body)


def known(numbers: range, at: int, *, count: int = len(KNOWN)) -> Iterator[Received]:
    """So much of what is told of customers beforehand, each thing a microsecond after the other."""
    for number in numbers:
        for place, (name, properties) in enumerate(KNOWN[:count]):
            own = {"device": device_of(number)} if "device" in properties else {}
            yield received(number, f"k{place}", at + place, name, {**properties, **own})


def device_of(number: int) -> str:
    """Where a customer is reached."""
    return f"d{number}"
