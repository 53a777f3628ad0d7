"""A small brand, its catalog and a touch, for the tests of words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journeys.content.values import readable
from journeys.definition.model import (
    Brand,
    Catalog,
    Field,
    Offer,
    Opening,
    Purpose,
    Recommend,
    Touch,
    Words,
)

BRAND = Brand(
    name="Kaffa",
    file="brand.yaml",
    timezone="Europe/Madrid",
    locale="en",
    currency="EUR",
    decimals=2,
    purposes={
        "offers": Purpose(name="offers", class_="marketing"),
        "orders": Purpose(name="orders", class_="service"),
        "personalization": Purpose(name="personalization", class_="data"),
    },
    fields={
        field.name: field
        for field in (
            Field(name="first_name", type="text", purpose="personalization"),
            Field(name="budget", type="money", purpose="personalization"),
            Field(name="interests", type="list of text", purpose="personalization"),
            Field(name="birthday", type="date", purpose="personalization"),
            Field(name="website", type="url", purpose="orders"),
            Field(name="health_note", type="text", purpose="orders", sensitive=True),
            Field(name="email", type="email", address=True),
        )
    },
    events={},
    people={},
    channels={},
    caps=(),
    quiet=None,
    opening=Opening(week=(None,) * 7, holidays=frozenset()),
    holdout=0,
    suppress=(),
    segments={},
    scores={},
    late_events=0,
    sender={"name": "Kaffa", "email": "hello@kaffa.example"},
)
COLUMNS = {"title": "text", "url": "url", "price": "money", "popularity": "number", "stock": "number"}
CATALOG = Catalog(
    columns=COLUMNS,
    rows=(
        {"title": "A grinder", "url": "https://kaffa.example/grinder", "price": 8900, "popularity": 7, "stock": 3},
        {"title": "A kettle", "url": "https://kaffa.example/kettle", "price": 4900, "popularity": 9, "stock": 0},
        {"title": "Scales", "url": "https://kaffa.example/scales?a=1&b=2", "price": 1950, "popularity": 7, "stock": 8},
    ),
)
KEPT = {"category": "text", "total": "money"}

BODY = """\
Hi {{ customer.first_name | default: 'there' }}, you looked at {{ journey.category }}.

{% for item in recommended %}
- [{{ item.title }}]({{ item.url }}), {{ item.price }}
{% endfor %}
"""


def touch(
    body: str = BODY, *, subject: str | None = "Better coffee", generic: Words | None = None, **more: Any
) -> Touch:
    """A touch with the given words; `short` and `variants` go to its words, the rest to itself."""
    own = Words(subject=subject, body=body, short=more.pop("short", {}))
    return Touch(
        name="spark",
        file="touches/spark.md",
        purpose="offers",
        channels=more.pop("channels", ("email", "push")),
        words={"a": own, **more.pop("variants", {})},
        generic=generic or Words(subject="Better coffee", body="Here is how most people start.", short={}),
        recommend=more.pop("recommend", Recommend(items=3, by="popular", condition=None, least=1)),
        offer=more.pop("offer", Offer(percent=10)),
        **more,
    )


def values(*, customer: Mapping[str, object] | None = None, **more: Any) -> dict[str, object]:
    """What a template may read, for a customer called Ana unless told otherwise."""
    return readable(
        brand=more.pop("brand", BRAND),
        customer={"first_name": "Ana", "budget": 60000} if customer is None else customer,
        journey=more.pop("journey", {"category": "espresso", "total": 64900, "visits": 2}),
        kept=KEPT,
        zone=more.pop("zone", None),
        recommended=more.pop("recommended", CATALOG.rows[:2]),
        columns=COLUMNS,
        **more,
    )
