"""The reading of a condition, whole: text and scope in, a checked `Condition` out.

    read_condition('customer.budget >= 500', scope, want="boolean")

Whatever is wrong comes back as a `Fault`, all at once; nothing is raised.  A condition with an
error has the type "unknown" and keeps what could be read of it, so that nobody takes a field
or an event in it for unused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from journeys.definition.arguments import Given
from journeys.definition.expression import Apply, Constant, Items, Operate, Place, Tree, Word, parse
from journeys.definition.functions import FUNCTIONS, read_call
from journeys.definition.model import Condition, ListOf, Literal_, Name, Node, Type
from journeys.definition.nearest import nearest, shown
from journeys.definition.operators import demand_truth, read_operation
from journeys.definition.reading import HOLE, Read, Reading, kind, midnight
from journeys.definition.scope import ALWAYS_HEARD, ALWAYS_KEPT, BRAND_NAMES, Fault, Scope

_WHY_NOTHING_THERE = "there is nothing to read where this stands, for any customer"
_WHY_SENSITIVE = "what happens to a customer would tell others what we promised to keep to ourselves"
_WHY_SOME = "it is missing whenever one of the others comes, and a comparison with it does not hold"


def read_condition(text: str, scope: Scope, *, want: Type | None) -> tuple[Condition, tuple[Fault, ...]]:
    """The condition, and what is wrong with it.

    `want` is "boolean", "moment" (a date becomes its midnight), "money" or "number" (each takes the
    other too; beside "money" a number written out becomes money), another type, or None for any.
    """
    tree, faults = parse(text)
    if tree is None:
        return Condition(text=text, node=HOLE, type="unknown"), faults

    reading = Reading(text, scope, asked_for=frozenset(_asked_for(tree)))
    whole = _fit(reading, _read(reading, tree), want)
    found = sorted((*faults, *reading.faults), key=lambda fault: (fault.offset, fault.length))
    failed = any(fault.severity == "error" for fault in found)
    return Condition(text=text, node=whole.node, type="unknown" if failed else whole.node.type), tuple(found)


def _fit(reading: Reading, read: Read, want: Type | None) -> Read:
    """The value as the type that is wanted where it stands."""
    match want, read.type:
        case (None, _) | (_, "unknown"):
            return read
        case "boolean", _:
            demand_truth(reading, read)
            return read
        case "moment", "date":
            return midnight(read)
        case "money", "number":
            return reading.money(read) or read
        case "number", "money":
            return read
        case (wanted, type_) if wanted == type_:
            return read
    reading.wrong(
        read.place, f"{reading.says(read)}, and here {kind(want or '')} is wanted", f"write {kind(want or '')}"
    )
    return read


def _asked_for(tree: Tree) -> Iterator[str]:
    """The customer's fields that some `has(customer.…)` asks for."""
    match tree:
        case Apply(function="has", arguments=(Word(parts=("customer", name)),)):
            yield name
        case Apply(arguments=parts) | Operate(operands=parts) | Items(items=parts):
            for part in parts:
                yield from _asked_for(part)


def _read(reading: Reading, tree: Tree) -> Read:
    """The parts first, then what they mean together."""
    match tree:
        case Constant(value=value, place=place):
            type_ = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            return Read(node=Literal_(value=value, type=type_), place=place)
        case Word(place=place):
            return Read(node=_word(reading, tree), place=place)
        case Operate(operator=operator, operands=operands, place=place):
            parts = [_read(reading, operand) for operand in operands]
            return Read(node=read_operation(reading, operator, parts, place), place=place)
        case Items(items=items, place=place):
            return Read(node=_list(reading, [_read(reading, item) for item in items], place), place=place)
        case Apply(arguments=arguments, filters=filters, place=place, named=named):
            function = FUNCTIONS.get(tree.function)
            given = Given(
                function=tree.function,
                usage=function.usage if function is not None else "",
                arguments=[_read(reading, argument) for argument in arguments],
                filters=[(filter_, _read(reading, filter_.value)) for filter_ in filters],
                place=place,
                named=named,
            )
            return Read(node=read_call(reading, given), place=place)


def _list(reading: Reading, items: list[Read], place: Place) -> Node:
    if not items:
        return ListOf(items=(), type="list of nothing")
    if any(item.is_unknown for item in items):
        return HOLE
    met = reading.meet_all(items)
    held = met[0].type if met else ""
    if met is None or held not in ("text", "number", "money"):
        odd = next((item for item in items if item.type not in ("text", "number", "money")), None)
        odd = odd or next(item for item in items if reading.meet(items[0], item) is None)
        message = f"{reading.says(odd)}, and the list begins with {reading.quote(items[0])}"
        if odd is items[0]:
            message = f"{reading.says(odd)}, and nothing a list holds"
        reading.wrong(odd.place, message, "a list holds texts, numbers or money, all of one type")
        return HOLE
    return ListOf(items=tuple(item.node for item in met), type=f"list of {held}")


# ---------------------------------------------------------------- names


def _word(reading: Reading, word: Word) -> Node:
    match word.parts:
        case ("now",):
            return Name(scope="now", name="", type="moment")
        case "customer", name:
            return _field(reading, word, name)
        case "event", name:
            return _heard(reading, word, name)
        case "journey", name:
            return _kept(reading, word, name)
        case "brand", name:
            return _known(reading, word, "brand", name, BRAND_NAMES)
        case "item", name if reading.scope.item is not None:
            return _known(reading, word, "item", name, reading.scope.item)
        case "item", _:
            help_ = "'item.…' is read in the 'if' of a touch's 'recommend'"
            _out_of_scope(reading, word, "there is no item here", help_)
            return HOLE
        case parts:
            _unknown_word(reading, word, parts)
            return HOLE


def _field(reading: Reading, word: Word, name: str) -> Node:
    field = reading.scope.fields.get(name)
    if field is None:
        message = f"there is no field {shown(name)} of a customer"
        reading.unknown(word.last, "unknown-field", message, name=name, known=reading.scope.fields)
        return HOLE
    if field.sensitive:
        message = f"the field {shown(name)} is sensitive, and no condition may read it"
        help_ = "decide by something else; sensitive fields are only kept"
        reading.fault(word.place, "sensitive-field", message, help_, why=_WHY_SENSITIVE)
    return Name(scope="customer", name=name, type=field.type)


def _heard(reading: Reading, word: Word, name: str) -> Node:
    scope = reading.scope
    if not scope.events:
        help_ = (
            'ask for the past: last("order_placed.total"), or keep the value when the event comes and read journey.…'
        )
        _out_of_scope(reading, word, "there is no event here: nothing says 'on'", help_)
        return HOLE
    if name in ALWAYS_HEARD:
        return Name(scope="event", name=name, type=ALWAYS_HEARD[name])

    # An event that does not exist is told where it is named.
    events = [scope.heard[event] for event in scope.events if event in scope.heard]
    carrying = [event for event in events if name in event.properties]
    if not events:
        return HOLE
    if not carrying:
        who = shown(events[0].name) if len(events) == 1 else "none of " + ", ".join(shown(one.name) for one in events)
        message = f"the event {who} has no property {shown(name)}"
        if len(events) > 1:
            message = f"{who} has a property {shown(name)}"
        known = list(dict.fromkeys(one for event in events for one in event.properties)) + list(ALWAYS_HEARD)
        reading.unknown(word.last, "unknown-property", message, name=name, known=known)
        return HOLE

    first = carrying[0].properties[name]
    other = next((event for event in carrying if event.properties[name] != first), None)
    if other is not None:
        message = (
            f"{shown(name)} is {kind(first)} of {shown(carrying[0].name)} and {kind(other.properties[name])} "
            f"of {shown(other.name)}"
        )
        reading.wrong(word.place, message, "declare it with one type, or write a line for each event")
        return HOLE
    if len(carrying) < len(events):
        without = next(event for event in events if name not in event.properties)
        message = f"the event {shown(without.name)} has no property {shown(name)}"
        help_ = "write a line for each event, or declare the property for all of them"
        reading.fault(word.place, "property-of-some", message, help_, why=_WHY_SOME, severity="warning")
    return Name(scope="event", name=name, type=first)


def _kept(reading: Reading, word: Word, name: str) -> Node:
    if not reading.scope.in_journey:
        help_ = 'conditions of brand.yaml and of touches ask about the customer: in_state("…", "…"), customer.…'
        _out_of_scope(reading, word, "there is no journey here", help_)
        return HOLE
    return _known(reading, word, "journey", name, {**ALWAYS_KEPT, **(reading.scope.kept or {})})


def _known(reading: Reading, word: Word, scope: str, name: str, known: Mapping[str, Type]) -> Node:
    if name not in known:
        message = {
            "brand": f"brand knows no {shown(name)}",
            "item": f"the catalog has no column {shown(name)}",
            "journey": f"nothing keeps {shown(name)} in this journey",
        }[scope]
        reading.unknown(word.last, "unknown-name", message, name=name, known=known)
        return HOLE
    match scope:
        case "brand":
            return Name(scope="brand", name=name, type=known[name])
        case "item":
            return Name(scope="item", name=name, type=known[name])
        case _:
            return Name(scope="journey", name=name, type=known[name])


def _out_of_scope(reading: Reading, word: Word, message: str, help_: str) -> None:
    reading.fault(word.place, "out-of-scope", message, help_, why=_WHY_NOTHING_THERE)


def _unknown_word(reading: Reading, word: Word, parts: tuple[str, ...]) -> None:
    """A word that is no name: what it most likely meant."""
    said = ".".join(parts)
    scope = reading.scope
    namespaces = ("customer", "event", "journey", "brand", "item")
    places = {
        f"customer.{said}": scope.fields,
        f"journey.{said}": {**ALWAYS_KEPT, **(scope.kept or {})} if scope.in_journey else {},
        f"item.{said}": scope.item or {},
        f"event.{said}": {one for name in scope.events if name in scope.heard for one in scope.heard[name].properties},
    }
    quotable = (scope.heard, scope.touches, scope.segments, scope.scores, scope.journeys, scope.purposes)
    if said in FUNCTIONS:
        help_ = f"it is a function: write {FUNCTIONS[said].usage}"
    elif said in namespaces:
        help_ = f"write what of it: {said}.name"
    elif said in ("True", "False"):
        help_ = f"write {said.lower()}"
    elif fitting := [full for full, known in places.items() if said in known]:
        help_ = f"did you mean {' or '.join(fitting)}?"
    elif any(said in known for known in quotable):
        help_ = f'write it in quotes: "{said}"'
    elif parts[0] in namespaces:
        help_ = f"a name has one dot: {'.'.join(parts[:2])}"
    elif len(parts) == 2:
        help_ = nearest(parts[0], namespaces)
    else:
        known = [f"customer.{name}" for name in scope.fields]
        help_ = f"a text stands in quotes, a name has a dot as in {known[0] if known else 'brand.name'}"
    why = "nobody could say when this condition holds, so the journey does not run with it"
    reading.fault(word.place, "unknown-name", f"{shown(said)} is not a name", help_, why=why)
