"""What a condition says whoever the customer is.

Only what follows from constants alone is known here; everything else is possible.  A condition
that could not be understood is possible too: its own finding has told already.
"""

from __future__ import annotations

from journeys.definition.model import Call, Condition, ListOf, Literal_, Name, Node, Operation

_UNSURE = object()


def is_never(condition: Condition | None) -> bool:
    """Whether it cannot hold for anyone.  No condition always holds."""
    return condition is not None and condition.type != "unknown" and _value(condition.node) is False


def is_always(condition: Condition | None) -> bool:
    """Whether it holds for everyone, at every time."""
    return condition is None or (condition.type != "unknown" and _value(condition.node) is True)


def _value(node: Node) -> object:
    match node:
        case Literal_(value=value):
            return value
        case Operation(operator=operator, operands=operands):
            return _operation(operator, [_value(operand) for operand in operands])
        case ListOf(items=items):
            values = [_value(item) for item in items]
            return _UNSURE if _UNSURE in values else values
        case Name() | Call():
            return _UNSURE


def _operation(operator: str, values: list[object]) -> object:
    # One side can settle `and` and `or`, whatever the other side says.
    if operator == "and":
        return False if False in _truths(values) else _UNSURE if _UNSURE in values else True
    if operator == "or":
        return True if True in _truths(values) else _UNSURE if _UNSURE in values else False
    if _UNSURE in values:
        return _UNSURE
    if operator == "not":
        return not values[0]
    if operator in ("in", "not in"):
        found = isinstance(values[1], list) and values[0] in values[1]
        return found == (operator == "in")
    if operator in ("==", "!="):
        return (values[0] == values[1]) == (operator == "==")
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return _of_numbers(operator, numbers) if len(numbers) == len(values) else _UNSURE


def _truths(values: list[object]) -> list[object]:
    # 1 == True in Python: only real booleans may settle anything.
    return [value for value in values if isinstance(value, bool)]


def _of_numbers(operator: str, numbers: list[int | float]) -> object:
    if operator == "neg":
        return -numbers[0]
    left, right = numbers
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else _UNSURE
    return _UNSURE
