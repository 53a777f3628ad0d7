"""Naming: what others call an event, a field or a property, in the names that the brand declares.

A name is found as it is written, or else by its letters and digits alone, whatever their case: `Order Completed`,
`orderCompleted` and `ORDER-COMPLETED` are all `order_completed`.  Of two that are declared with the same letters the
first in the file is meant.  A value is fitted to its declared type where that loses nothing: senders who know of no
types write the number 17 for the text, and "649.00" for the amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from journeys.core.program import Program
from journeys.definition.model import TELLING_FIELDS

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
_TEXTS: Final = ("text", "phone", "url", "email")
_EXACT_MAX: Final = 2**53  # beyond it not every whole number is one of JavaScript's


class Names:
    """The names of one brand.."""

    def __init__(self, program: Program) -> None:
        brand = program.definitions.brand
        self._events = _Table(brand.events)
        self._types = {name: event.properties for name, event in brand.events.items()}
        self._properties = {name: _Table(types) for name, types in self._types.items()}
        self._field_types = {name: field.type for name, field in brand.fields.items()}
        self._fields = _Table([*brand.fields, "timezone"])

    def event(self, said: str) -> str | None:
        """The declared event; None where there is none."""
        return self._events.find(said)

    def properties(self, event: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Those of a declared event; the others are left out."""
        return _named(self._properties[event], self._types[event], said)

    def attributes(self, said: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
        """What a customer has fields for, and the zone; the others are left out."""
        if prefix:
            said = {f"{prefix}_{name}": value for name, value in said.items()}
        return _named(self._fields, self._field_types, said)

    def fitted(self, event: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Properties of any event under the names they have, each value fitted to its type."""
        types = self._field_types if event in TELLING_FIELDS else self._types.get(event, {})
        return {name: _fit(types.get(name), value) for name, value in said.items()}


@lru_cache(maxsize=4)
def names_of(program: Program) -> Names:
    """Made once for a program."""
    return Names(program)


class _Table:
    """Names, found as they are written or by their letters and digits."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names := [*names])
        self._plain = {_plain(name): name for name in reversed(names)}

    def find(self, said: str) -> str | None:
        return said if said in self._names else self._plain.get(_plain(said))


def _plain(name: str) -> str:
    return "".join([char for char in name if char.isalnum()]).casefold()


def _named(table: _Table, types: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in said.items():
        name = table.find(key)
        # What is written as it is declared goes before what only sounds like it.
        if name is not None and (name == key or name not in found):
            found[name] = _fit(types.get(name), value)
    return found


def _fit(kind: str | None, value: Any) -> Any:
    if kind in _TEXTS and type(value) is int and abs(value) < _EXACT_MAX:
        return str(value)
    if kind in ("number", "money") and type(value) is str and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind is not None and kind.startswith("list of ") and type(value) is list:
        return [_fit(kind.removeprefix("list of "), each) for each in value]
    return value
