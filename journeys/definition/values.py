"""Values whose type the brand declares: a field's default, a property in a scenario, a catalog's price.

`typed_value` gives what a decision works with: money in minor units, a date in days, a
moment in microseconds.  `raw_value` gives what an event file would hold, for a scenario hands
its events in at the same door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from journeys.definition.model import Path, Type
from journeys.definition.nearest import shown
from journeys.definition.scalars import (
    read_amount,
    read_date,
    read_flag,
    read_instant,
    read_moment,
    read_number,
    read_text,
    read_web_address,
)
from journeys.definition.written import ListNode, Notes, Scalar, Written, name_kind, plain_value, shorten

_WHY = "what a customer gets would depend on a value that is not what it should be"
_BARE = ("number", "money", "boolean")


def minor_units(amount: Decimal, decimals: int) -> int:
    """Raises `ValueError` where the currency has no such coins."""
    units = amount.scaleb(decimals)
    if units != int(units):
        digits = f"{decimals} digits" if decimals else "no digits"
        raise ValueError(f"'{amount}' is finer than the brand's currency, which has {digits} after the point")
    return int(units)


def typed_value(node: Written, type_: Type, path: Path, decimals: int, notes: Notes) -> object:
    """The value as the type wants it, or None after saying why it is none of that type."""
    if type_.startswith("list of "):
        if isinstance(node, ListNode):
            item = type_.removeprefix("list of ")
            values = [typed_value(one, item, (*path, at), decimals, notes) for at, one in enumerate(node.items)]
            return tuple(value for value in values if value is not None)
    elif isinstance(node, Scalar) and not node.is_nothing and (node.is_plain or type_ not in _BARE):
        try:
            return _reader(type_, decimals)(node.text)
        except ValueError as error:
            notes.say(
                path, "wrong-type", f"{error}; the type here is {type_}", why=_WHY, help=f"write {_example(type_)}"
            )
            return None
    _misfit(node, type_, path, notes)
    return None


def raw_value(node: Written, type_: Type | None, path: Path, notes: Notes, *, is_key: bool = False) -> object:
    """The value as a file of events would hold it.  A text stays as written: `order_id: 1001` is no number."""
    if type_ is None:
        return plain_value(node)
    if type_.startswith("list of "):
        if not isinstance(node, ListNode):
            _misfit(node, type_, path, notes, is_key=is_key)
            return plain_value(node)
        item = type_.removeprefix("list of ")
        return [raw_value(one, item, (*path, at), notes) for at, one in enumerate(node.items)]
    value = plain_value(node)
    if value is None:
        return None  # It is missing, and one may say so.
    if not isinstance(node, Scalar):
        _misfit(node, type_, path, notes, is_key=is_key)
    elif type_ in _AT_THE_DOOR:
        try:
            _AT_THE_DOOR[type_](node.text)
        except ValueError as error:
            notes.say(path, "wrong-type", str(error), why=_WHY, help=f"write {_example(type_)}", is_key=is_key)
        return node.text
    elif type_ not in _BARE:
        return node.text
    elif isinstance(value, bool) != (type_ == "boolean") or isinstance(value, str):
        _misfit(node, type_, path, notes, is_key=is_key)
    return value


def read_cell(text: str, type_: Type, decimals: int) -> object:
    """A cell of the catalog.  Raises `ValueError`."""
    return _reader(type_, decimals)(text)


def _reader(type_: Type, decimals: int) -> Callable[[str], object]:
    readers: dict[Type, Callable[[str], object]] = {
        "number": read_number,
        "money": lambda text: minor_units(read_amount(text), decimals),
        "boolean": read_flag,
        "date": read_date,
        "moment": lambda text: read_moment(text, "UTC"),
        "url": read_web_address,
    }
    return readers.get(type_, read_text)


def _read_email(text: str) -> str:
    if "@" not in text.strip("@"):
        raise ValueError(f"{shown(shorten(text))} is not an e-mail address")
    return text


# What an event may not carry as this type, whoever sends it.
_AT_THE_DOOR: Mapping[Type, Callable[[str], object]] = {
    "date": read_date,
    "moment": read_instant,
    "email": _read_email,
    "url": read_web_address,
}


def _misfit(node: Written, type_: Type, path: Path, notes: Notes, *, is_key: bool = False) -> None:
    message = f"here stands {name_kind(node)}, and the type is {type_}"
    notes.say(path, "wrong-type", message, why=_WHY, help=f"write {_example(type_)}", is_key=is_key)


def _example(type_: Type) -> str:
    examples = {
        "number": "a number, without quotes",
        "money": "an amount such as 12.50, without quotes",
        "boolean": "true or false, without quotes",
        "date": "a day such as 2026-12-25",
        "moment": "a moment such as 2026-03-23T10:00:00+01:00",
        "email": "an address such as ana@example.com",
        "url": "an address such as https://example.com/a",
    }
    return "a list: [one, another]" if type_.startswith("list of ") else examples.get(type_, "a text")
