"""What `and or not in == != < <= > >= + - * /` mean, type by type.

    money + 5, money * 2, money / money       a number written out beside money is money
    moment + days(3), moment - moment         a span moves a moment; two moments have a span between them
    text in list, list + list, list == []     a list is asked, joined, compared whole

What is not said here is an error of the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.definition.expression import Place
from journeys.definition.model import Call, ListOf, Literal_, Name, Node, Operation
from journeys.definition.reading import HOLE, Read, Reading, constant, family, item_of, midnight

_ORDERED = ("number", "money", "moment", "date", "span")
_WHOLE_DAYS = ("days", "weeks", "months")

_WHY_NOT_EQUAL = "a customer of whom nothing is known is not equal to anything, and passes here"
_WHY_MIDNIGHT = "it would hold for an instant at midnight and never again"


def read_operation(reading: Reading, operator: str, operands: list[Read], place: Place) -> Node:
    """The operation's node; `place` is where it stands.  Faults go to the reading."""
    match operator, operands:
        case (("and" | "or" | "not"), _):
            return _logical(reading, operator, operands)
        case "neg", [operand]:
            if operand.type not in ("number", "money", "unknown"):
                reading.wrong(place, f"{reading.says(operand)}, and has no minus", "a minus stands before a number")
                return HOLE
            return Operation(operator="neg", operands=(operand.node,), type=operand.type)
        case (("in" | "not in"), [item, several]):
            return _membership(reading, operator, item, several, place)
        case (("==" | "!=" | "<" | "<=" | ">" | ">="), [left, right]):
            return _comparison(reading, operator, left, right, place)
        case _, [left, right]:
            return _arithmetic(reading, operator, left, right, place)
        case _:
            raise AssertionError(operator)


def demand_truth(reading: Reading, read: Read) -> None:
    """A condition, or a part of one between `and` and `or`, is true or false."""
    if read.type in ("boolean", "unknown"):
        return
    help_ = "has(…) asks whether it is known" if isinstance(read.node, Name) else "compare it, as in … > 0"
    if item_of(read.type):
        help_ = "compare it, as in … != []"
    reading.wrong(read.place, f"{reading.says(read)}, not a condition that holds or does not", help_)


def _logical(reading: Reading, operator: str, operands: list[Read]) -> Node:
    for operand in operands:
        demand_truth(reading, operand)
    return Operation(operator=operator, operands=tuple(one.node for one in operands), type="boolean")


def _membership(reading: Reading, operator: str, item: Read, several: Read, place: Place) -> Node:
    held = item_of(several.type)
    if several.is_unknown or item.is_unknown:
        return _boolean(operator, item, several)
    if held is None:
        help_ = 'write a list: x in ["a", "b"]'
        if several.type == "text" and item.type == "text":
            help_ = 'a text is compared whole: lower(x) == "a"; one of several is x in ["a", "b"]'
        reading.wrong(several.place, f"{reading.says(several)}, and 'in' asks a list", help_)
        return _boolean(operator, item, several)
    if item_of(item.type):
        help_ = "ask covers(a, b) for all of its items, overlaps(a, b) for any"
        reading.wrong(item.place, f"{reading.says(item)}, and 'in' asks for one item", help_)
        return _boolean(operator, item, several)

    if held == "money" and item.type == "number":
        item = reading.money(item) or item
    elif item.type == "money" and held == "number":
        several = reading.money(several) or several
    held = item_of(several.type)
    if held not in ("nothing", item.type):
        message = f"{reading.says(item)} and {reading.says(several)}: it is never in there"
        reading.wrong(place, message, reading.help_to_meet(item, Read(node=_one_of(held), place=several.place)))
    if operator == "not in":
        _warn_of_missing(reading, operator, (item, several))
    return _boolean(operator, item, several)


def _one_of(held: str | None) -> Node:
    return Literal_(value=None, type=held or "nothing")


def _comparison(reading: Reading, operator: str, left: Read, right: Read, place: Place) -> Node:
    met = reading.meet(left, right)
    if met is None:
        message = f"{reading.says(left)} and {reading.says(right)}: they cannot be compared"
        reading.wrong(place, message, reading.help_to_meet(left, right))
        return _boolean(operator, left, right)

    one, other = met
    shared = other.type if one.is_unknown else one.type
    if operator in ("==", "!="):
        if {left.type, right.type} == {"date", "moment"}:
            message = f"a date is compared with a moment by '{operator}', and means its midnight"
            help_ = "ask whether the day has come: the date <= the moment"
            reading.fault(place, "date-equals-moment", message, help_, why=_WHY_MIDNIGHT, severity="warning")
    elif shared not in (*_ORDERED, "unknown"):
        message = f"{reading.says(left)}: it is not less or more than another"
        reading.wrong(place, message, "'<' and '>' compare numbers, money, moments, dates and spans")
    for side in met:
        if isinstance(side.node, Call) and side.node.function == "months":
            message = f"{reading.quote(side)} has no fixed length"
            reading.wrong(side.place, message, "write days(30), or add the months to a moment and compare moments")
    if operator == "!=":
        _warn_of_missing(reading, operator, (left, right))
    return _boolean(operator, one, other)


def _arithmetic(reading: Reading, operator: str, left: Read, right: Read, place: Place) -> Node:
    if left.is_unknown or right.is_unknown:
        return HOLE
    if operator == "/" and constant(right.node) == 0:
        reading.wrong(place, "this divides by zero, and is always missing", "divide by something else")
        return HOLE

    match operator, left.type, right.type:
        case _, "number", "number":
            return _operation(operator, left, right, "number")
        case "*", ("money" | "number"), ("money" | "number") if left.type != right.type:
            return _operation(operator, left, right, "money")
        case "/", "money", "number":
            return _operation(operator, left, right, "money")
        case "/", "money", "money":
            return _operation(operator, left, right, "number")
        case (("+" | "-"), ("money" | "number"), ("money" | "number")):
            if met := reading.meet(left, right):
                return _operation(operator, *met, "money")
        case (("+" | "-"), _, _) if item_of(left.type) and item_of(right.type):
            if met := reading.meet(left, right):
                held = met[0].type if met[0].type != "list of nothing" else met[1].type
                return _operation(operator, *met, held)
        case (("+" | "-"), ("moment" | "date"), "span"):
            return _moved(operator, left, right)
        case "+", "span", ("moment" | "date"):
            return _moved(operator, right, left)
        case "-", ("moment" | "date"), ("moment" | "date") if "moment" in (left.type, right.type):
            if met := reading.meet(left, right):
                return _operation(operator, *met, "span")
    message = f"{reading.says(left)} and {reading.says(right)}: '{operator}' does not go between them"
    reading.wrong(place, message, _help_to_reckon(reading, operator, left, right))
    return HOLE


def _moved(operator: str, moment: Read, span: Read) -> Node:
    """Whole days leave a date a date; with hours it begins at its midnight."""
    if moment.type == "date" and not (isinstance(span.node, Call) and span.node.function in _WHOLE_DAYS):
        moment = midnight(moment)
    return _operation(operator, moment, span, moment.type)


def _help_to_reckon(reading: Reading, operator: str, left: Read, right: Read) -> str:
    types = {left.type, right.type}
    if types <= {"moment", "date"}:
        if operator == "-":
            return "compare the dates: a + days(30) <= b"
        return "add a span to a moment, as in … + days(3); subtract two moments for the span between them"
    if types & {"moment", "date"} and types & {"number", "text"}:
        return "write the span as minutes(n), hours(n), days(n), weeks(n) or months(n)"
    if "span" in types:
        return "a span is added to a moment or taken from it, one after the other: … - days(3) - hours(2)"
    if types == {"money"}:
        return "money is multiplied by a number"
    if any(item_of(one) for one in types) and not all(item_of(one) for one in types):
        return 'write the item as a list: … + ["a"]'
    if types == {"number", "money"}:
        return reading.help_to_meet(left, right)
    return f"'{operator}' goes between numbers, and where it makes sense money, moments with spans, and lists"


def _warn_of_missing(reading: Reading, operator: str, operands: tuple[Read, ...]) -> None:
    for operand in operands:
        for name in _may_be_missing(reading, operand.node):
            message = f"customer.{name} may be missing, and '{operator}' then holds"
            help_ = f"give the field a 'default', or ask 'has(customer.{name}) and …' first"
            reading.fault(operand.place, "not-equal-missing", message, help_, why=_WHY_NOT_EQUAL, severity="warning")


def _may_be_missing(reading: Reading, node: Node) -> Iterator[str]:
    match node:
        case Name(scope="customer", name=name):
            declared = reading.scope.fields[name]
            if declared.default is None and declared.counts is None and name not in reading.asked_for:
                yield name
        case Call(function="default"):
            return
        case Call(arguments=parts) | Operation(operands=parts) | ListOf(items=parts):
            for part in parts:
                yield from _may_be_missing(reading, part)


def _boolean(operator: str, left: Read, right: Read) -> Operation:
    return _operation(operator, left, right, "boolean")


def _operation(operator: str, left: Read, right: Read, type_: str) -> Operation:
    return Operation(operator=operator, operands=(left.node, right.node), type=family(type_))
