"""What a function is given: names in quotes that exist, windows, filters, numbers in bounds.

Whatever is wrong with an argument is told here, in the same words for every function.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from journeys.definition.expression import Filter, Place
from journeys.definition.model import Call, Event, Literal_, Name, Node, Type
from journeys.definition.nearest import shown
from journeys.definition.reading import HOLE, Read, Reading, constant, item_of, kind, midnight
from journeys.definition.spans import read_exact

WHY_ARGUMENTS = "it could not be worked out for any customer"

Filters = tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A call whose arguments have been read.  `usage` shows how to write it, `named` is where its name stands."""

    function: str
    usage: str
    arguments: list[Read]
    filters: list[tuple[Filter, Read]]
    place: Place
    named: Place

    def becomes(self, type_: Type, *, arguments: Iterable[Node] | None = None, filters: Filters = ()) -> Call:
        nodes = tuple(one.node for one in self.arguments) if arguments is None else tuple(arguments)
        return Call(function=self.function, arguments=nodes, filters=filters, type=type_)


def complain(reading: Reading, place: Place, message: str, help_: str) -> None:
    reading.fault(place, "wrong-arguments", message, help_, why=WHY_ARGUMENTS)


# ---------------------------------------------------------------- names in quotes


def quoted(reading: Reading, given: Given, argument: Read, what: str) -> str | None:
    """The text of an argument that names something; None (and a fault) when it does not."""
    match argument.node:
        case Literal_(value=str() as name):
            return name
        case Literal_(type="unknown"):
            return None  # told already
    message = f"{given.function} wants the name of {what}, and {reading.quote(argument)} is none"
    complain(reading, argument.place, message, f"write the name in quotes: {given.usage}")
    return None


def demand_named(reading: Reading, given: Given, what: str, known: Iterable[str], *, place: int = 0) -> None:
    """Says so when the argument does not name one of those that are known."""
    argument = given.arguments[place]
    name = quoted(reading, given, argument, f"a {what}")
    if name is not None and name not in known:
        reading.unknown(argument.place, f"unknown-{what}", f"there is no {what} {shown(name)}", name=name, known=known)


def find_event(reading: Reading, given: Given) -> Event | None:
    """The event that the first argument names."""
    argument = given.arguments[0]
    name = quoted(reading, given, argument, "an event")
    if name is None:
        return None
    event = reading.scope.heard.get(name)
    if event is None:
        before, _, last = name.rpartition(".")
        if before in reading.scope.heard:
            message = f"{given.function} wants an event alone, without '.{last}'"
            complain(reading, argument.place, message, f"write {given.usage}")
            return None
        known = reading.scope.heard
        reading.unknown(argument.place, "unknown-event", f"there is no event {shown(name)}", name=name, known=known)
    return event


def find_property(reading: Reading, given: Given) -> tuple[Event, str] | None:
    """The event and the property that the first argument names, as in "order_placed.total"."""
    argument = given.arguments[0]
    name = quoted(reading, given, argument, "an event's property")
    if name is None:
        return None
    before, _, property_ = name.rpartition(".")
    event = reading.scope.heard.get(before)
    if event is None:
        whole = reading.scope.heard.get(name)
        if whole is not None:
            message = f"{given.function} wants a property of {shown(name)}"
            listed = ", ".join(shown(f"{name}.{one}") for one in whole.properties) or "none, so count it instead"
            complain(reading, argument.place, message, f"its properties: {listed}")
            return None
        known = reading.scope.heard
        reading.unknown(
            argument.place,
            "unknown-event",
            f"there is no event {shown(before or name)}",
            name=before or name,
            known=known,
        )
        return None
    if property_ not in event.properties:
        message = f"the event {shown(before)} has no property {shown(property_)}"
        reading.unknown(argument.place, "unknown-property", message, name=property_, known=event.properties)
        return None
    return event, property_


# ---------------------------------------------------------------- windows and filters


def looked_back(reading: Reading, given: Given) -> list[Node]:
    """What is asked about, and the window, if there is one."""
    name, *window = given.arguments
    return [name.node, *(_window(reading, one) for one in window)]


def _window(reading: Reading, argument: Read) -> Node:
    """Microseconds, or a moment."""
    match argument.node, argument.type:
        case Literal_(value=str() as text), _:
            try:
                return Literal_(value=read_exact(text), type="span")
            except ValueError as error:
                help_ = "write a window as a text, '7 days', or as a moment: it counts from there"
                reading.fault(argument.place, "wrong-window", str(error), help_, why=WHY_ARGUMENTS)
                return HOLE
        case _, ("moment" | "unknown"):
            return argument.node
        case _, "date":
            return midnight(argument).node
    message = f"{reading.says(argument)}, and a window is a length of time or a moment"
    reading.fault(argument.place, "wrong-window", message, 'write "7 days", or a moment', why=WHY_ARGUMENTS)
    return HOLE


def read_filters(reading: Reading, given: Given, event: Event) -> Filters:
    """The filters, each of the type of its property."""
    filters: dict[str, Node] = {}
    for filter_, read in given.filters:
        name = filter_.name
        declared = event.properties.get(name)
        if name in filters:
            complain(reading, filter_.place, f"the filter {shown(name)} is given twice", "write it once")
        elif declared is None:
            message = f"the event {shown(event.name)} has no property {shown(name)}"
            reading.unknown(filter_.place, "unknown-property", message, name=name, known=event.properties)
        elif item_of(declared):
            message = f"{shown(name)} is {kind(declared)}, and a filter compares one value"
            reading.wrong(filter_.place, message, "declare a property that holds one value, and filter by it")
        else:
            wanted = Read(node=Name(scope="event", name=name, type=declared), place=filter_.place)
            met = reading.meet(wanted, read)
            if met is None:
                message = f"{shown(name)} is {kind(declared)} and {reading.says(read)}: they are never equal"
                reading.wrong(read.place, message, reading.help_to_meet(wanted, read))
            else:
                filters[name] = _folded(met[1].node)
    return tuple(filters.items())


def read_constant_filters(reading: Reading, given: Given, event: Event) -> Filters:
    """`last` keeps one value for a customer, not one for each value of a property."""
    for filter_, read in given.filters:
        if not isinstance(_folded(read.node), Literal_):
            message = f"last is filtered by {reading.quote(read)}, which differs from one moment to the next"
            complain(reading, read.place, message, f'filter last by a value written here: {filter_.name}="…"')
    return read_filters(reading, given, event)


def _folded(node: Node) -> Node:
    """A number written out as one constant, `-5` too: constants are filtered when an event is written down."""
    value = constant(node)
    if value is None:
        return node
    return Literal_(value=int(value) if value.denominator == 1 else float(value), type="number")


def demand_number(reading: Reading, given: Given, read: Read, *, whole: bool, least: int, most: int) -> None:
    """A number, and where it is written out a sensible one."""
    if read.type not in ("number", "unknown"):
        message = f"{reading.says(read)}, and {given.function} wants a number there"
        reading.wrong(read.place, message, f"write {given.usage}")
        return
    value = constant(read.node)
    if value is None:
        return
    if whole and value.denominator != 1:
        complain(reading, read.place, f"{reading.quote(read)} is not a whole number", "write a whole number")
    elif not least <= value <= most:
        message = f"{reading.quote(read)} is out of bounds for {given.function}"
        complain(reading, read.place, message, f"write a number from {least:,} to {most:,}")
