"""What the type check of a condition writes down while it reads, and where types meet.

Types are strict, so that a condition which passes cannot fail for a customer.  Two kinds meet
half-way: a number written in the condition becomes an amount of the brand's money beside
money, and a date becomes its midnight beside a moment.  Nothing else changes its type.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from journeys.definition.expression import Place
from journeys.definition.model import Call, ListOf, Literal_, Node, Operation, Type
from journeys.definition.nearest import nearest, shown
from journeys.definition.scope import Fault, Scope
from journeys.errors import Severity

# Stands where something could not be read.  It fits everywhere, so that one mistake is told once.
HOLE = Literal_(value=None, type="unknown")

_KINDS = {
    "text": "a text",
    "number": "a number",
    "money": "an amount of money",
    "boolean": "true or false",
    "moment": "a moment",
    "date": "a date",
    "span": "a span of time",
    "email": "a text (an e-mail address)",
    "phone": "a text (a phone number)",
    "url": "a text (an address on the web)",
    "list of text": "a list of texts",
    "list of number": "a list of numbers",
    "list of money": "a list of amounts of money",
    "list of nothing": "an empty list",
}

_WHY_UNKNOWN = "it would be missing for every customer, and what asks for it would never hold"
_WHY_WRONG = "it would mean the same for every customer, whoever they are: nobody would pass, or everybody"


def kind(type_: Type) -> str:
    """The type in an author's words, with its article."""
    return _KINDS.get(type_, type_)


def family(type_: Type) -> Type:
    """Addresses are texts to a condition."""
    return "text" if type_ in ("email", "phone", "url") else type_


def item_of(type_: Type) -> Type | None:
    """What a list holds; None when it is no list."""
    return type_.removeprefix("list of ") if type_.startswith("list of ") else None


def constant(node: Node) -> Fraction | None:
    """The value of an arithmetic of numbers written out, exactly."""
    match node:
        case Literal_(value=int() | float() as value, type="number"):
            return Fraction(str(value))
        case Operation(operator="neg", operands=(operand,), type="number"):
            value_of = constant(operand)
            return None if value_of is None else -value_of
        case Operation(operator=operator, operands=(left, right), type="number"):
            one, other = constant(left), constant(right)
            if one is None or other is None:
                return None
            match operator:
                case "+":
                    return one + other
                case "-":
                    return one - other
                case "*":
                    return one * other
                case "/" if other != 0:
                    return one / other
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A part of the condition that was read, and where it stands in the text."""

    node: Node
    place: Place

    @property
    def type(self) -> Type:
        return family(self.node.type)

    @property
    def is_unknown(self) -> bool:
        return self.node.type == "unknown"


class Reading:
    """One condition being read: its scope, its text, and the faults so far.

    `asked_for` are the customer's fields of which it asks `has(…)` itself.
    """

    def __init__(self, text: str, scope: Scope, *, asked_for: frozenset[str] = frozenset()) -> None:
        self.text = text
        self.scope = scope
        self.asked_for = asked_for
        self.faults: list[Fault] = []

    def fault(
        self, place: Place, rule: str, message: str, help_: str, *, why: str = _WHY_WRONG, severity: Severity = "error"
    ) -> None:
        fault = Fault(
            rule=rule, message=message, why=why, help=help_, offset=place.offset, length=place.length, severity=severity
        )
        if fault not in self.faults:
            self.faults.append(fault)

    def unknown(self, place: Place, rule: str, message: str, *, name: str, known: Iterable[str]) -> None:
        self.fault(place, rule, message, nearest(name, known), why=_WHY_UNKNOWN)

    def wrong(self, place: Place, message: str, help_: str) -> None:
        self.fault(place, "wrong-type", message, help_)

    def quote(self, read: Read) -> str:
        """What the author wrote there."""
        place = read.place
        return shown(" ".join(self.text[place.offset : place.offset + place.length].split()))

    def says(self, read: Read) -> str:
        return f"{self.quote(read)} is {kind(read.node.type)}"

    def money(self, read: Read) -> Read | None:
        """Numbers written out as an amount in minor units; None when they are not written out."""
        match read.node:
            case ListOf(items=items, type="list of number"):
                amounts = [self.money(Read(node=item, place=read.place)) for item in items]
                if any(amount is None for amount in amounts):
                    return None
                nodes = tuple(amount.node for amount in amounts if amount is not None)
                return Read(node=ListOf(items=nodes, type="list of money"), place=read.place)
        value = constant(read.node)
        if value is None:
            return None
        minor = value * 10**self.scope.decimals
        if minor.denominator != 1:
            message = f"{self.quote(read)} is no amount of money: the currency has {self.scope.decimals} decimals"
            self.wrong(read.place, message, "round it")
        return Read(node=Literal_(value=round(minor), type="money"), place=read.place)

    def meet(self, left: Read, right: Read) -> tuple[Read, Read] | None:
        """Both in one type, or None when they have none in common."""
        match left.type, right.type:
            case (one, other) if one == other or left.is_unknown or right.is_unknown:
                return left, right
            case ("number", "money") | ("list of number", "list of money"):
                turned = self.money(left)
                return (turned, right) if turned else None
            case ("money", "number") | ("list of money", "list of number"):
                turned = self.money(right)
                return (left, turned) if turned else None
            case "date", "moment":
                return midnight(left), right
            case "moment", "date":
                return left, midnight(right)
            case (one, other) if item_of(one) and item_of(other) and "list of nothing" in (one, other):
                return left, right
        return None

    def meet_all(self, reads: list[Read]) -> list[Read] | None:
        """All in one type, or None when they have none in common."""
        leader = next((one for one in reads if one.type in ("money", "moment")), reads[0])
        met = [self.meet(leader, one) for one in reads]
        if any(pair is None for pair in met):
            return None
        # The leader itself may turn too: a date that met nothing but dates stays one.
        return [pair[1] for pair in met if pair is not None]

    def help_to_meet(self, left: Read, right: Read) -> str:
        """What an author most likely meant by two types that do not meet."""
        types = {left.type, right.type}
        for text, other in ((left, right), (right, left)):
            if isinstance(text.node, Literal_) and isinstance(text.node.value, str):
                written = text.node.value
                if other.type in ("number", "money") and written.replace(".", "", 1).isdigit():
                    return f"write it without quotes: {written}"
                if other.type == "boolean":
                    return "write true or false without quotes"
                if other.type == "span":
                    return "write spans as minutes(n), hours(n) or days(n)"
                if other.type in ("moment", "date"):
                    return 'moments are compared with now, a field, a kept moment or an event\'s: last("…")'
        if types == {"number", "money"}:
            return "declare both as 'type: money' in brand.yaml; only a number written here becomes money by itself"
        if types == {"span", "number"}:
            return "write the span as minutes(n), hours(n) or days(n)"
        if any(item_of(one) for one in types):
            return "ask with 'in' for one item, with covers(a, b) or overlaps(a, b) for several"
        return "compare what is of one type; types are declared in brand.yaml"


def midnight(read: Read) -> Read:
    """The moment a date begins, in the customer's zone."""
    return Read(node=Call(function="midnight", arguments=(read.node,), filters=(), type="moment"), place=read.place)
