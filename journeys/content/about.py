"""What words know about one customer: the core's values, as `compose` wants them.

The same consents hold as in conditions: a field of a purpose that the customer has not consented to is
missing (an address is exempt), and one with a default never is.
"""

from __future__ import annotations

from journeys.content.language import FIELD, in_language, speaking
from journeys.content.recommend import Row, recommended
from journeys.content.values import readable
from journeys.core.customer import Customer, Enrollment
from journeys.core.program import Program
from journeys.definition.model import Field, Touch


def values_about(
    program: Program,
    touch: Touch,
    customer: Customer,
    enrollment: Enrollment | None,
    *,
    at: int,
    code: str | None = None,
    ask_url: str | None = None,
    preferences_url: str | None = None,
) -> dict[str, object]:
    """The values of one touch, as `said_to` gives it, sent at an instant.

    `code` is the offer's, `ask_url` the page for the answer, `preferences_url` the one where customers choose.
    """
    definitions = program.definitions
    return readable(
        brand=speaking(definitions.brand, touch),
        customer={name: _field(program, customer, field) for name, field in definitions.brand.fields.items()},
        journey={} if enrollment is None else _journey(enrollment),
        kept={} if enrollment is None else enrollment.journey.definition.kept,
        zone=customer.zone.name,
        recommended=_items(program, touch, customer, enrollment, at),
        columns=definitions.catalog.columns,
        offer=None if touch.offer is None else _offer(touch, at, code),
        ask_url=ask_url if touch.ask else None,
        preferences_url=preferences_url,
    )


def said_to(program: Program, touch: Touch, customer: Customer) -> Touch:
    """The touch in the customer's language, as far as we may know it."""
    brand = program.definitions.brand
    field = brand.fields.get(FIELD)
    return touch if field is None else in_language(brand, touch, _field(program, customer, field))


def _field(program: Program, customer: Customer, field: Field) -> object:
    has_consent = field.purpose is None or customer.consents & program.names.consent_mask(field.purpose)
    value = customer.fields[program.names.fields[field.name]] if field.address or has_consent else None
    return field.default if value is None else value


def _journey(enrollment: Enrollment) -> dict[str, object]:
    journey = enrollment.journey
    return {
        **dict(zip(journey.kept_names, enrollment.kept, strict=True)),
        "key": enrollment.key,
        "entered_at": enrollment.entered_at,
        "stage": journey.stage_names[enrollment.stage],
        "state": journey.state_names[enrollment.state],
        "arrived_at": enrollment.arrived_at,
        "visits": enrollment.visits[enrollment.state],
    }


def _items(
    program: Program, touch: Touch, customer: Customer, enrollment: Enrollment | None, at: int
) -> tuple[Row, ...]:
    if touch.recommend is None:
        return ()
    journey = -1 if enrollment is None else enrollment.journey.index
    choice = program.choices.get((program.names.touches[touch.name], journey))

    def is_allowed(row: Row) -> bool:
        return choice is None or bool(choice.reads(customer, enrollment, row, at))

    return recommended(program.definitions.catalog, touch.recommend, is_allowed)


def _offer(touch: Touch, at: int, code: str | None) -> dict[str, object]:
    offer = touch.offer
    assert offer is not None
    return {
        "code": code,
        "percent": offer.percent,
        "amount": offer.amount,
        "expires_at": None if offer.expires is None else at + offer.expires,
    }
