"""Intake: from values as they arrive (decoded JSON or YAML) to what the core reads.

Every input is bounded and typed here, once: texts in length, lists in items, numbers in
size.  What is not declared is not kept.  A value of the wrong type is an `InputError` that
names the event and the property.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from journeys.definition.model import ENGINE_EVENTS, TELLING_FIELDS
from journeys.definition.nearest import nearest
from journeys.definition.replying import say_asked
from journeys.definition.scalars import read_most_within, read_web_address, read_window
from journeys.definition.visible import unseen_in
from journeys.errors import InputError, UnknownName

from .calendar import DAY, UnknownZone, parse_date, parse_moment, zone
from .customer import Customer, Event
from .preferences import AT_MOST, CHANNELS, OWN_MAX, QUIET_HOURS, TOPICS
from .program import Program

TEXT_MAX: Final = 4_000  # characters
ITEMS_MAX: Final = 1_000
NAME_MAX: Final = 200  # characters of an id, a source, a customer's name
_NO_ID: Final = f"must be text of 1 to {NAME_MAX} characters"
_NUMBER_MAX: Final = 1e15
CHOSEN_MAX: Final = 200
_PER_MAX: Final = 366 * DAY
ID_MAX: Final = 2**63  # of one that is a number
_EMAIL: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def read_event(program: Program, raw: Mapping[str, Any]) -> Event | None:
    """An event as it arrives; None for one whose name is not declared.

    Raises InputError where a part is missing, of the wrong type or out of bounds.
    """
    name = raw.get("name")
    if not isinstance(name, str):
        raise InputError("an event needs a `name`, as text", ("name",))
    at = raw.get("at")
    if not isinstance(at, str):
        raise InputError(f"{_quoted(name)} needs `at`, a time with its zone, as text", ("at",))
    try:
        moment = parse_moment(at)
    except ValueError as error:
        raise InputError(f"{_quoted(name)}: `at` {error}", ("at",)) from None
    properties = raw.get("properties")
    if properties is None:
        properties = {}
    elif not isinstance(properties, dict):
        raise InputError(f"{_quoted(name)}: `properties` must be an object", ("properties",))
    imported = raw.get("import", False)
    if imported is not True and imported is not False:
        raise InputError(f"{_quoted(name)}: `import` is true or false", ("import",))
    source, id = raw.get("source", ""), raw.get("id", "")
    # Most are plain, as with the values below.
    if type(source) is not str or len(source) > NAME_MAX or "\x00" in source:
        source = read_identifier(source, "source")
    if type(id) is not str or len(id) > NAME_MAX or "\x00" in id:
        id = read_identifier(id, "id")
    return make_event(program, name, moment, properties, source=source, id=id, imported=imported)


def read_customer(raw: Mapping[str, Any]) -> str:
    """The customer whom an event, or a line about a customer, names."""
    customer = raw.get("customer")
    problem = unfit(customer) if isinstance(customer, str) else _NO_ID
    if problem is not None:
        raise InputError(f"`customer` {problem}", ("customer",))
    return customer  # type: ignore[return-value]  # it is text


def unfit(id: str) -> str | None:
    """Why a customer cannot be known by this; None for what will do.

    People compare ids by eye, and copy them: what nobody sees makes two of one.
    """
    if not 1 <= len(id) <= NAME_MAX:
        return _NO_ID
    if unseen := unseen_in(id):
        return f"holds {unseen}, which nobody sees"
    if id[0].isspace() or id[-1].isspace():
        return "must not begin or end with a blank"
    return None


def make_event(
    program: Program,
    name: str,
    at: int,
    properties: Mapping[str, Any],
    *,
    source: str = "",
    id: str = "",
    imported: bool = False,
) -> Event | None:
    """An event from its parts; `at` in microseconds.  None for a name that is not declared."""
    index = program.names.events.get(name)
    if index is None:
        return None
    kinds = program.properties[index]
    values: list[Any] = [None] * len(kinds)
    for place, (key, kind) in enumerate(kinds):
        value = properties.get(key)
        if value is None:
            continue
        # Most values are plain texts, and this is said here only because it saves a call for each.
        if kind == "text" and type(value) is str and len(value) <= TEXT_MAX and "\x00" not in value:
            values[place] = value
        else:
            try:
                values[place] = read_value(program, kind, value, f"{name}.{key}")
            except InputError as error:
                error.path = ("properties", key)
                raise
    event = Event(at, index, values, source, id, imported)
    if name in ENGINE_EVENTS:
        _read_engine_event(program, event, name, properties)
    return event


def _read_engine_event(program: Program, event: Event, name: str, properties: Mapping[str, Any]) -> None:
    if name.startswith("consent."):
        if event.properties[0] not in program.names.purposes:
            raise UnknownName(
                f"{name}: `purpose` must be one of {', '.join(program.purpose_names)}", ("properties", "purpose")
            )
    elif name == "customer.merged":
        other = event.properties[0]
        if not other or len(other) > NAME_MAX:
            raise InputError(
                f"{name}: `from` must be the other id of the customer, text of 1 to {NAME_MAX} characters",
                ("properties", "from"),
            )
    elif name in TELLING_FIELDS:
        changes = []
        chosen: dict[str, tuple[Any, ...] | None] = {}
        for key, value in properties.items():
            try:
                if name == "preferences.set" and key in _CHOICES:
                    chosen[key] = None if value is None else _CHOICES[key](value)
                elif key == "timezone":
                    event.zone = read_zone(value)
                elif key in program.names.fields:
                    changes.append((program.names.fields[key], read_field(program, key, value)))
            except InputError as error:
                error.path = ("properties", key)
                raise
        event.changes, event.chosen = changes, chosen


def see_names(program: Program, event: Event) -> None:
    """Raises InputError where a choice names a channel or a topic that there is not: for those who write it by hand.

    What was chosen once is kept by whatever is published later.
    """
    for part, known in ((CHANNELS, program.channel_names), (TOPICS, program.definitions.topics)):
        for name in (event.chosen or {}).get(part) or ():
            if name not in known:
                raise UnknownName(f"`{part}`: {nearest(name, known)}", ("properties", part))


def see_answer(program: Program, event: Event, name: str) -> None:
    """Raises InputError for an answer that the touch does not ask for, or none where it asks.

    What was answered once stands, whatever the touch asks later.
    """
    touch, _, what = name.rpartition(".")
    asking = program.definitions.touches.get(touch) if what == "answered" else None
    if asking is not None and asking.ask and event.properties[0] not in asking.ask:
        raise InputError(f"{name}: `answer` must be one of {say_asked(asking)}", ("properties", "answer"))


def _read_names(value: list[str]) -> tuple[str, ...]:
    names = sorted(set(value))
    if len(names) > CHOSEN_MAX or any([len(name) > NAME_MAX for name in names]):
        raise InputError(f"these are at most {CHOSEN_MAX} names, of at most {NAME_MAX} characters each")
    return tuple(names)


def _read_limit(value: str) -> tuple[int, int]:
    try:
        most = read_most_within(value)
    except ValueError as error:
        raise InputError(f"`at_most`: {error}") from None
    assert most.per is not None
    if not 1 <= most.count <= OWN_MAX or most.per > _PER_MAX:
        raise InputError(f"`at_most` is from 1 to {OWN_MAX} per a year at most, as '1 per 7 days'")
    return most.count, most.per


def _read_quiet_hours(value: str) -> tuple[int, int]:
    try:
        return read_window(value)
    except ValueError as error:
        raise InputError(f"`quiet_hours`: {error}") from None


_CHOICES: Final[dict[str, Callable[[Any], tuple[Any, ...]]]] = {
    CHANNELS: _read_names,
    TOPICS: _read_names,
    AT_MOST: _read_limit,
    QUIET_HOURS: _read_quiet_hours,
}


def read_zone(value: Any) -> Any:
    if not isinstance(value, str) or len(value) > NAME_MAX:
        raise InputError("`timezone` must be the name of a zone, as Europe/Madrid")
    try:
        return zone(value)
    except UnknownZone as error:
        raise UnknownName(f"`timezone`: {error}") from None


def read_field(program: Program, name: str, value: Any) -> Any:
    """A field's value; None takes it away."""
    if value is None:
        return None
    return read_value(program, program.definitions.brand.fields[name].type, value, f"customer.{name}")


def new_customer(
    program: Program,
    id: str,
    attributes: Mapping[str, Any],
    *,
    at: int,
    consents: Sequence[str] = (),
    timezone: object = None,
) -> Customer:
    """A customer as first known, at an instant; `timezone` as it was given.

    Attributes that are not declared are not kept.
    """
    customer = program.new_customer(id, at)
    for name, value in attributes.items():
        index = program.names.fields.get(name)
        if index is not None:
            customer.fields[index] = read_field(program, name, value)
    for purpose in consents:
        if purpose not in program.names.purposes:
            raise InputError(f"there is no purpose {_quoted(purpose)}: {', '.join(program.purpose_names)}")
        customer.consents |= 1 << program.names.purposes[purpose]
    if timezone is not None:
        customer.zone = read_zone(timezone)
    return customer


def read_value(program: Program, kind: str, value: Any, name: str) -> Any:
    """A value by its declared type, in the core's own form: money in minor units, moments in microseconds."""
    match kind:
        case "text" | "phone":
            return _text(value, name)
        case "url":
            try:
                return read_web_address(_text(value, name))
            except ValueError as error:
                raise InputError(f"`{name}`: {error}") from None
        case "email":
            if not _EMAIL.fullmatch(_text(value, name)):
                raise InputError(f"`{name}` must be an e-mail address")
            return value
        case "number":
            return _number(value, name)
        case "money":
            return round(_number(value, name) * program.minor)
        case "boolean":
            if value is not True and value is not False:
                raise InputError(f"`{name}` must be true or false")
            return value
        case "moment" | "date":
            try:
                return (parse_moment if kind == "moment" else parse_date)(_text(value, name))
            except ValueError as error:
                raise InputError(f"`{name}` {error}") from None
    if kind.startswith("list of "):
        if not isinstance(value, list | tuple) or len(value) > ITEMS_MAX:
            raise InputError(f"`{name}` must be a list of at most {ITEMS_MAX} items")
        item = kind.removeprefix("list of ")
        if item == "text":
            return tuple([_text(each, name) for each in value])
        return tuple([read_value(program, item, each, name) for each in value])
    raise AssertionError(kind)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"`{name}` must be text")
    if len(value) > TEXT_MAX:
        raise InputError(f"`{name}` is longer than {TEXT_MAX} characters")
    if "\x00" in value:
        raise InputError(f"`{name}` holds a NUL character")
    return value


def _number(value: Any, name: str) -> int | float:
    if value is True or value is False or not isinstance(value, int | float):
        raise InputError(f"`{name}` must be a number")
    # Nothing that is no number lies between the two.
    if not -_NUMBER_MAX < value < _NUMBER_MAX:
        raise InputError(f"`{name}` is out of bounds")
    return value


def read_identifier(value: Any, name: str) -> str:
    """An id that is text, or a whole number, which becomes text."""
    if type(value) is float and value.is_integer():
        value = int(value)  # of 7 and 7.0 JSON knows one
    if type(value) is int and -ID_MAX <= value < ID_MAX:  # not True, which is an int as well
        value = str(value)
    if not isinstance(value, str) or len(value) > NAME_MAX:
        raise InputError(f"`{name}` must be text of at most {NAME_MAX} characters", (name,))
    if "\x00" in value:
        raise InputError(f"`{name}` holds a NUL character", (name,))
    return value


def _quoted(text: object) -> str:
    return f"'{str(text)[:60]}'"
