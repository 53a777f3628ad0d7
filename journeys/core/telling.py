"""Telling: from what the core holds back to the values that were handed in.

The other direction of `intake`: money in the brand's currency again, moments and dates as text, lists as lists.
What is told here and read there is the same value; a test says so of every type.
"""

from __future__ import annotations

from typing import Any

from journeys.definition.words import say_exact, say_time_of_day

from .calendar import format_date, format_moment
from .customer import Customer, Enrollment
from .preferences import AT_MOST, CHANNELS, QUIET_HOURS, TOPICS, chosen
from .program import Program


def tell_value(program: Program, kind: str, value: Any) -> Any:
    """A value by its declared type, as `intake.read_value` takes it; None where there is none."""
    if value is None:
        return None
    if kind.startswith("list of "):
        item = kind.removeprefix("list of ")
        return [tell_value(program, item, each) for each in value]
    match kind:
        case "money":
            whole, rest = divmod(value, program.minor)
            return whole if rest == 0 else value / program.minor
        case "moment":
            return format_moment(value)
        case "date":
            return format_date(value)
    return value


def moment_or_none(at: int | None) -> str | None:
    """As JSON has it."""
    return None if at is None else format_moment(at)


def tell_fields(program: Program, customer: Customer) -> dict[str, Any]:
    """What is known of a customer, by field; what is not known is not there."""
    fields = program.definitions.brand.fields
    return {
        name: tell_value(program, fields[name].type, value)
        for name, value in zip(program.field_names, customer.fields)
        if value is not None
    }


def tell_consents(program: Program, customer: Customer) -> dict[str, bool]:
    """Whether the customer allows each purpose."""
    return {name: bool(customer.consents >> bit & 1) for name, bit in program.names.purposes.items()}


def tell_preferences(customer: Customer) -> dict[str, Any]:
    """What a customer chose, as `preferences.set` says it; what they did not choose is not there."""
    told: dict[str, Any] = {}
    for part in (CHANNELS, TOPICS):
        if names := chosen(customer, part):
            told[part] = list(names)
    if limit := chosen(customer, AT_MOST):
        told[AT_MOST] = f"{limit[0]} per {say_exact(limit[1])}"
    if quiet := chosen(customer, QUIET_HOURS):
        told[QUIET_HOURS] = "-".join([say_time_of_day(minutes) for minutes in quiet])
    return told


def tell_enrollment(enrollment: Enrollment) -> dict[str, Any]:
    """Where an enrollment stands, with its moments as text."""
    journey = enrollment.journey
    told: dict[str, Any] = {
        "journey": journey.name,
        "enrollment": enrollment.number,
        "entered_at": format_moment(enrollment.entered_at),
        "stage": journey.stage_names[enrollment.stage],
        "state": journey.state_names[enrollment.state],
        "arrived_at": format_moment(enrollment.arrived_at),
    }
    if journey.earlier is not None:
        told["version"] = journey.version
    if enrollment.key is not None:
        told["key"] = enrollment.key
    if enrollment.ended_at >= 0:
        told["ended_at"] = format_moment(enrollment.ended_at)
        told["end"] = journey.say_end(enrollment.end)
    return told
