"""The functions of conditions: what each takes, what it gives, and nothing beside them.

    count("product_viewed", "7 days", category="espresso") >= 3
    FAIL  count("product_vewed")            # nobody ever hears of that event
    FAIL  count("product_viewed", 7)        # seven of what?

`FUNCTIONS` is the whole table: a name that is not in it cannot be called.  Where a function
names an event, a touch or a state, the name stands in quotes and exists: the first argument's
text arrives in the tree as written, "order_placed.total" too, and a window comes second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from journeys.definition.arguments import (
    WHY_ARGUMENTS,
    Given,
    complain,
    demand_named,
    demand_number,
    find_event,
    find_property,
    looked_back,
    quoted,
    read_constant_filters,
    read_filters,
)
from journeys.definition.model import Literal_, Node
from journeys.definition.nearest import nearest, shown
from journeys.definition.reading import HOLE, Read, Reading, constant, item_of, kind

_SPAN_MAX = {"minutes": 52_596_000, "hours": 876_600, "days": 36_525, "weeks": 5_217, "months": 1_200}  # 100 years
_DIGITS_MAX = 9
_MANY = 50  # states, or values to choose from


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """`usage` is shown to the author; `read` gives the call's node and tells the reading what is wrong."""

    usage: str
    least: int
    most: int
    read: Callable[[Reading, Given], Node]
    takes_filters: bool = False


def read_call(reading: Reading, given: Given) -> Node:
    """The call's node, or a hole where it cannot be known; faults go to the reading."""
    function = FUNCTIONS.get(given.function)
    if function is None:
        message = f"there is no function {shown(given.function)}"
        help_ = nearest(given.function, FUNCTIONS)
        reading.fault(given.named, "unknown-function", message, help_, why=WHY_ARGUMENTS)
        return HOLE
    if given.filters and not function.takes_filters:
        message = f"{given.function} takes no filters"
        complain(reading, given.filters[0][0].place, message, f"write {function.usage}; compare with ==")
    if not function.least <= len(given.arguments) <= function.most:
        message = f"{given.function} is given {_counted(len(given.arguments))}"
        complain(reading, given.place, message, f"write {function.usage}")
        return HOLE
    return function.read(reading, given)


def _counted(number: int) -> str:
    return "nothing" if number == 0 else f"{number} argument{'' if number == 1 else 's'}"


# ---------------------------------------------------------------- history


def _count(reading: Reading, given: Given) -> Node:
    event = find_event(reading, given)
    filters = read_filters(reading, given, event) if event is not None else ()
    return given.becomes("number", arguments=looked_back(reading, given), filters=filters)


def _sum(reading: Reading, given: Given) -> Node:
    found = find_property(reading, given)
    arguments = looked_back(reading, given)
    if found is None:
        return HOLE
    event, property_ = found
    type_ = event.properties[property_]
    if type_ not in ("number", "money"):
        message = f"{reading.quote(given.arguments[0])} is {kind(type_)}, and sum adds numbers or money"
        reading.wrong(given.arguments[0].place, message, f'count how many there are: count("{event.name}")')
        return HOLE
    return given.becomes(type_, arguments=arguments, filters=read_filters(reading, given, event))


def _values(reading: Reading, given: Given) -> Node:
    found = find_property(reading, given)
    arguments = looked_back(reading, given)
    if found is None:
        return HOLE
    event, property_ = found
    declared = event.properties[property_]
    # The values of a list property are the items of all its lists.
    held = item_of(declared) or ("text" if declared in ("email", "phone", "url") else declared)
    if held not in ("text", "number", "money"):
        message = f"{reading.quote(given.arguments[0])} is {kind(declared)}, and values lists texts, numbers or money"
        reading.wrong(given.arguments[0].place, message, 'ask for the last one alone: last("event.prop")')
        return HOLE
    return given.becomes(f"list of {held}", arguments=arguments, filters=read_filters(reading, given, event))


def _last(reading: Reading, given: Given) -> Node:
    name = given.arguments[0].node
    whole = isinstance(name, Literal_) and isinstance(name.value, str) and name.value.rpartition(".")[0]
    if whole and isinstance(name, Literal_) and name.value not in reading.scope.heard:
        found = find_property(reading, given)
        if found is None:
            return HOLE
        event, property_ = found
        return given.becomes(event.properties[property_], filters=read_constant_filters(reading, given, event))

    heard = find_event(reading, given)
    if heard is None:
        return given.becomes("unknown")
    return given.becomes("moment", filters=read_constant_filters(reading, given, heard))


def _since(reading: Reading, given: Given) -> Node:
    find_event(reading, given)
    return given.becomes("number")


def _touched(reading: Reading, given: Given) -> Node:
    demand_named(reading, given, "touch", reading.scope.touches)
    return given.becomes("number", arguments=looked_back(reading, given))


# ---------------------------------------------------------------- what is declared


def _score(reading: Reading, given: Given) -> Node:
    demand_named(reading, given, "score", reading.scope.scores)
    return given.becomes("number")


def _in_segment(reading: Reading, given: Given) -> Node:
    demand_named(reading, given, "segment", reading.scope.segments)
    return given.becomes("boolean")


def _consented(reading: Reading, given: Given) -> Node:
    demand_named(reading, given, "purpose", reading.scope.purposes)
    return given.becomes("boolean")


def _in_state(reading: Reading, given: Given) -> Node:
    """A journey, then states of it, then perhaps the key: the only one that is not a text in quotes."""
    demand_named(reading, given, "journey", reading.scope.journeys)
    journey, *rest = given.arguments
    key = rest[-1] if not _is_text(rest[-1]) else None
    states = rest if key is None else rest[:-1]
    if not states:
        complain(reading, given.place, "in_state is given no state", f"write {given.usage}")
    if key is not None and key.type not in ("text", "number", "unknown"):
        message = f"{reading.says(key)}, and a key is a text or a number"
        reading.wrong(key.place, message, "compare with what the journey's 'key' holds, as in event.cart_id")

    name = journey.node.value if isinstance(journey.node, Literal_) else None
    known = reading.scope.journeys.get(name) if isinstance(name, str) else None
    for state in states:
        said = quoted(reading, given, state, "a state")
        if said is None or known is None or said in known:
            continue
        message = f"the journey {shown(str(name))} has no state {shown(said)}"
        reading.unknown(state.place, "unknown-state", message, name=said, known=known)
    return given.becomes("boolean")


def _is_text(read: Read) -> bool:
    return isinstance(read.node, Literal_) and isinstance(read.node.value, str)


# ---------------------------------------------------------------- lists and values


def _lists(reading: Reading, given: Given) -> Node:
    left, right = given.arguments
    lists = [one for one in given.arguments if one.is_unknown or item_of(one.type)]
    for one in given.arguments:
        if one not in lists:
            message = f"{reading.says(one)}, and {given.function} compares lists"
            reading.wrong(one.place, message, 'write it as a list: ["a"]; one item is asked for with in')
    if len(lists) < 2:
        return HOLE
    met = reading.meet(left, right)
    if met is None:
        message = f"{reading.says(left)} and {reading.says(right)}: they have nothing in common"
        reading.wrong(given.place, message, "compare lists of one type")
        return HOLE
    return given.becomes("boolean", arguments=[met[0].node, met[1].node])


def _first(reading: Reading, given: Given) -> Node:
    several, number = given.arguments
    if not several.is_unknown and item_of(several.type) is None:
        reading.wrong(several.place, f"{reading.says(several)}, and first takes from a list", "write first(list, n)")
        return HOLE
    demand_number(reading, given, number, whole=True, least=1, most=1_000)
    return given.becomes(several.type)


def _len(reading: Reading, given: Given) -> Node:
    (argument,) = given.arguments
    if argument.type not in ("text", "unknown") and item_of(argument.type) is None:
        message = f"{reading.says(argument)}, and len measures lists and texts"
        reading.wrong(argument.place, message, 'how often an event came is count("event")')
    return given.becomes("number")


def _has(reading: Reading, given: Given) -> Node:
    return given.becomes("boolean")


def _default(reading: Reading, given: Given) -> Node:
    value, fallback = given.arguments
    met = reading.meet(value, fallback)
    if met is None:
        message = f"{reading.says(value)} and {reading.says(fallback)}: one cannot stand for the other"
        reading.wrong(fallback.place, message, reading.help_to_meet(value, fallback))
        return HOLE
    left, right = met
    empty = left.is_unknown or left.type == "list of nothing"
    return given.becomes(right.type if empty else left.type, arguments=[left.node, right.node])


def _extreme(reading: Reading, given: Given) -> Node:
    met = reading.meet_all(given.arguments)
    types = {one.type for one in met} - {"unknown"} if met else set()
    if met is None or len(types) > 1:
        first = given.arguments[0]
        other = next((one for one in given.arguments if one.type not in (first.type, "unknown")), first)
        message = f"{reading.says(first)} and {reading.says(other)}: {given.function} takes what is of one type"
        reading.wrong(given.place, message, reading.help_to_meet(first, other))
        return HOLE
    type_ = types.pop() if types else "unknown"
    if type_ not in ("number", "money", "moment", "date", "unknown"):
        message = f"{reading.says(given.arguments[0])}, and {given.function} compares numbers, money, moments or dates"
        reading.wrong(given.place, message, f"write {given.usage}")
        return HOLE
    return given.becomes(type_, arguments=[one.node for one in met])


def _round(reading: Reading, given: Given) -> Node:
    number, *digits = given.arguments
    if number.type not in ("number", "unknown"):
        help_ = "money is kept in its smallest unit and needs none" if number.type == "money" else "write round(number)"
        reading.wrong(number.place, f"{reading.says(number)}, and round takes a number", help_)
    for one in digits:
        if constant(one.node) is None and not one.is_unknown:
            message = f"how many digits is a number written out, and {reading.quote(one)} is none"
            complain(reading, one.place, message, "write round(x, 1)")
        else:
            demand_number(reading, given, one, whole=True, least=0, most=_DIGITS_MAX)
    return given.becomes("number")


def _lower(reading: Reading, given: Given) -> Node:
    (argument,) = given.arguments
    if argument.type not in ("text", "unknown"):
        reading.wrong(argument.place, f"{reading.says(argument)}, and lower takes a text", "write lower(text)")
    return given.becomes("text")


# ---------------------------------------------------------------- time


def _span(reading: Reading, given: Given) -> Node:
    whole = given.function in ("days", "weeks", "months")
    most = _SPAN_MAX[given.function]
    demand_number(reading, given, given.arguments[0], whole=whole, least=-most, most=most)
    return given.becomes("span")


def _yearly(reading: Reading, given: Given) -> Node:
    (argument,) = given.arguments
    if argument.type not in ("date", "unknown"):
        message = f"{reading.says(argument)}, and only a date comes again every year"
        reading.wrong(argument.place, message, "declare the field as 'type: date' in brand.yaml")
    return given.becomes("date")


FUNCTIONS: Mapping[str, Function] = {
    "count": Function(usage='count("event", "7 days", prop=value)', least=1, most=2, read=_count, takes_filters=True),
    "sum": Function(usage='sum("event.prop", "7 days", prop=value)', least=1, most=2, read=_sum, takes_filters=True),
    "values": Function(
        usage='values("event.prop", "7 days", prop=value)', least=1, most=2, read=_values, takes_filters=True
    ),
    "last": Function(usage='last("event") or last("event.prop")', least=1, most=1, read=_last, takes_filters=True),
    "days_since": Function(usage='days_since("event")', least=1, most=1, read=_since),
    "usual_gap": Function(usage='usual_gap("event")', least=1, most=1, read=_since),
    "received": Function(usage='received("touch", "7 days")', least=1, most=2, read=_touched),
    "opened": Function(usage='opened("touch", "7 days")', least=1, most=2, read=_touched),
    "clicked": Function(usage='clicked("touch", "7 days")', least=1, most=2, read=_touched),
    "answered": Function(usage='answered("touch", "7 days")', least=1, most=2, read=_touched),
    "score": Function(usage='score("name")', least=1, most=1, read=_score),
    "in_segment": Function(usage='in_segment("name")', least=1, most=1, read=_in_segment),
    "consented": Function(usage='consented("purpose")', least=1, most=1, read=_consented),
    "in_state": Function(usage='in_state("journey", "state")', least=2, most=_MANY, read=_in_state),
    "covers": Function(usage="covers(list, list)", least=2, most=2, read=_lists),
    "overlaps": Function(usage="overlaps(list, list)", least=2, most=2, read=_lists),
    "first": Function(usage="first(list, n)", least=2, most=2, read=_first),
    "len": Function(usage="len(list) or len(text)", least=1, most=1, read=_len),
    "has": Function(usage="has(customer.field)", least=1, most=1, read=_has),
    "default": Function(usage="default(value, instead)", least=2, most=2, read=_default),
    "min": Function(usage="min(a, b)", least=2, most=_MANY, read=_extreme),
    "max": Function(usage="max(a, b)", least=2, most=_MANY, read=_extreme),
    "round": Function(usage="round(number) or round(number, digits)", least=1, most=2, read=_round),
    "lower": Function(usage="lower(text)", least=1, most=1, read=_lower),
    "minutes": Function(usage="minutes(n)", least=1, most=1, read=_span),
    "hours": Function(usage="hours(n)", least=1, most=1, read=_span),
    "days": Function(usage="days(n)", least=1, most=1, read=_span),
    "weeks": Function(usage="weeks(n)", least=1, most=1, read=_span),
    "months": Function(usage="months(n)", least=1, most=1, read=_span),
    "yearly": Function(usage="yearly(date)", least=1, most=1, read=_yearly),
}
