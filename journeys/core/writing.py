"""Writing: from a checked tree to the text of a Python expression that says the same.

Each name becomes an index, each constant travels as an object.  A value that can be missing is
bound to a name of its own and asked once.
"""

from __future__ import annotations

from typing import Any, Final, assert_never

from journeys.definition.model import Call, Journey, ListOf, Literal_, Name, Node, Operation, Span

from .calendar import DAY, HOUR, MINUTE
from .facts import LAST, MOMENTS, ROWS, Slot
from .names import Names

ALWAYS: Final = 1 << 60  # the horizon of a look back without a window


class ValueWriter:
    """Writes what one condition says, as the text of a Python expression.

    `journey` and `event` are where it stands.
    """

    def __init__(self, names: Names, journey: Journey | None, event: str | None) -> None:
        self.names = names
        self.journey = journey
        self.event = event
        self.constants: dict[str, Any] = {}
        self.events: set[int] = set()
        self.journeys: set[int] = set()
        self.temporaries = 0

    # ------------------------------------------------------------ values

    def value(self, node: Node) -> str:
        match node:
            case Literal_():
                return self._constant(node)
            case Name():
                return self._name(node)
            case ListOf():
                return f"({''.join(self.value(item) + ', ' for item in node.items)})"
            case Operation():
                return self._operation(node)
            case Call():
                return self._call(node)
        assert_never(node)

    def _constant(self, node: Literal_) -> str:
        value = node.value
        if isinstance(value, Span):
            value = value.amount
        if isinstance(value, (bool, int)) and abs(value) < 1 << 62:
            return f"({value!r})"
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name

    def _temporary(self) -> str:
        self.temporaries += 1
        return f"t{self.temporaries}"

    def _profile_changes(self) -> None:
        """What reads a field or a consent is asked again when these change."""
        for event in ("profile.updated", "preferences.set", "consent.given", "consent.withdrawn", "customer.erased"):
            self.events.add(self.names.events[event])

    def _if_consented(self, purpose: str | None, value: str) -> str:
        if purpose is None:
            return value
        self._profile_changes()
        return f"({value} if c.consents & {self.names.consent_mask(purpose)} else None)"

    def _name(self, node: Name) -> str:
        match node.scope:
            case "now":
                return "now"
            case "item":
                # A row of the catalog stands where otherwise an event does.
                return f"v.get({self._constant(Literal_(value=node.name, type='text'))})"
            case "brand":
                return self._constant(Literal_(value=getattr(self.names.definitions.brand, node.name), type="text"))
            case "customer":
                return self._field(node.name)
            case "event":
                return self._event_name(node.name)
            case "journey":
                return self._journey_name(node.name)
        assert_never(node.scope)

    def _field(self, name: str) -> str:
        field = self.names.definitions.brand.fields[name]
        if field.counts is not None:
            slot = self.names.open_slot(name)
            self.events.update(slot.up)
            return self._if_consented(field.purpose, f"len((c.facts[{slot.index}] or NOTHING_OPEN)[0])")
        self._profile_changes()
        value = f"c.fields[{self.names.fields[name]}]"
        purpose = None if field.address else field.purpose
        if field.default is not None:
            default = self._constant(Literal_(value=field.default, type=field.type))
            temporary = self._temporary()
            given = self._if_consented(purpose, value)
            return f"({default} if ({temporary} := {given}) is None else {temporary})"
        return self._if_consented(purpose, value)

    def _event_name(self, name: str) -> str:
        assert self.event is not None
        if name == "name":
            return self._constant(Literal_(value=self.event, type="text"))
        if name == "at":
            return "v.at"
        return f"v.properties[{self.names.places[self.event][name]}]"

    def _journey_name(self, name: str) -> str:
        if self.journey is None:
            return "None"
        match name:
            case "key" | "entered_at" | "arrived_at":
                return f"e.{name}"
            case "state":
                return "e.journey.state_names[e.state]"
            case "stage":
                return "e.journey.stage_names[e.stage]"
            case "visits":
                return "e.visits[e.state]"
        kept = list(self.journey.kept)
        # What only another journey keeps is missing here: a touch that both send may ask for it.
        return f"e.kept[{kept.index(name)}]" if name in kept else "None"

    def _operation(self, node: Operation) -> str:
        operator = node.operator
        if operator in ("and", "or"):
            places, others = self._gather_places(node) if operator == "or" else ([], node.operands)
            return "(" + f" {operator} ".join(places + [self.value(each) for each in others]) + ")"
        if operator == "not":
            return f"(not {self.value(node.operands[0])})"
        if operator == "neg":
            temporary = self._temporary()
            return f"(None if ({temporary} := {self.value(node.operands[0])}) is None else -{temporary})"
        left, right = node.operands
        if operator in ("==", "!=", "<", "<=", ">", ">=", "in", "not in"):
            return self._comparison(operator, left, right)
        return self._arithmetic(node, left, right)

    def _gather_places(self, node: Operation) -> tuple[list[str], list[Node]]:
        """Of an `or`, the states of every journey asked about in one look, and the operands that are left."""
        places: dict[int, frozenset[int]] = {}
        others: list[Node] = []
        for each in node.operands:
            if isinstance(each, Call) and each.function == "in_state" and all(map(_is_literal, each.arguments)):
                for journey, states in self._states(each).items():
                    places[journey] = places.get(journey, frozenset()) | states
            else:
                others.append(each)
        return [self._stands_in(places)] if places else [], others

    def _comparison(self, operator: str, left: Node, right: Node) -> str:
        """Each operand is bound once and asked whether it is missing, where it can be."""
        one, other = self.value(left), self.value(right)
        is_denied = operator in ("!=", "not in")
        asks: list[str] = []
        for node in (left, right):
            if isinstance(node, Literal_) or (isinstance(node, Name) and node.scope == "now"):
                continue
            temporary = self._temporary()
            value = one if node is left else other
            asks.append(f"({temporary} := {value}) is {'' if is_denied else 'not '}None")
            if node is left:
                one = temporary
            else:
                other = temporary
        return "(" + (" or " if is_denied else " and ").join([*asks, f"{one} {operator} {other}"]) + ")"

    def _arithmetic(self, node: Operation, left: Node, right: Node) -> str:
        operator = node.operator
        if node.type in ("moment", "date") and operator in "+-":
            shifted = self._shift(operator, left, right, node.type)
            if shifted is not None:
                return shifted
        if node.type.startswith("list") and operator == "-":
            return f"without({self.value(left)}, {self.value(right)})"
        if operator == "/":
            quotient = f"divide({self.value(left)}, {self.value(right)})"
            return f"whole({quotient})" if node.type == "money" else quotient
        if operator == "*":
            product = f"multiply({self.value(left)}, {self.value(right)})"
            # Money times a number is money again: whole minor units, half to even.
            return f"whole({product})" if node.type == "money" else product
        one, other = self._temporary(), self._temporary()
        return (
            f"(None if ({one} := {self.value(left)}) is None or ({other} := {self.value(right)}) is None"
            f" else {one} {operator} {other})"
        )

    def _shift(self, operator: str, left: Node, right: Node, type_: str) -> str | None:
        """A moment or date moved by a calendar span: 3 days after 18:00 is 18:00, whatever the clocks do."""
        if operator == "+" and left.type == "span":
            left, right = right, left
        sign = "1" if operator == "+" else "-1"
        if not isinstance(right, Call) or right.function not in ("days", "weeks", "months"):
            if type_ == "date" and right.type == "span":
                days = f"divide({self.value(right)}, {DAY})"
                return f"shift_date(c, {self.value(left)}, {days}, None, {sign})"
            return None
        amount = self.value(right.arguments[0])
        if right.function == "weeks":
            temporary = self._temporary()
            amount = f"(None if ({temporary} := {amount}) is None else 7 * {temporary})"
        if type_ == "date":
            days, months = ("None", amount) if right.function == "months" else (amount, "None")
            return f"shift_date(c, {self.value(left)}, {days}, {months}, {sign})"
        shift = "shift_months" if right.function == "months" else "shift_days"
        return f"{shift}(c, {self.value(left)}, {amount}, {sign})"

    # ------------------------------------------------------------ functions

    def _call(self, node: Call) -> str:
        name, arguments = node.function, node.arguments
        values = [self.value(each) for each in arguments] if name in _PLAIN else []
        match name:
            case "count" | "sum" | "values":
                return self._look_back(node)
            case "last" | "days_since" | "usual_gap":
                return self._latest(node)
            case "received" | "opened" | "clicked" | "answered":
                return self._touched(node)
            case "score":
                slot = self._score(node)
                return f"decayed(c.facts[{slot.index}], now, {slot.half_life})"
            case "in_segment":
                return self._segment(node)
            case "consented":
                self._profile_changes()
                return f"(c.consents & {self.names.consent_mask(text(arguments[0]))} != 0)"
            case "in_state":
                return self._in_state(node)
            case "covers" | "overlaps":
                return f"{name}({values[0]}, {values[1]})"
            case "first":
                items, number = self._temporary(), self._temporary()
                return (
                    f"(None if ({items} := {values[0]}) is None or ({number} := whole({values[1]})) is None"
                    f" else {items}[:max({number}, 0)])"
                )
            case "len":
                return self._unless_missing(values[0], "len({})")
            case "lower":
                return self._unless_missing(values[0], "{}.lower()")
            case "round":
                return f"whole({', '.join(values)})"
            case "has":
                return f"({values[0]} is not None)"
            case "default":
                temporary = self._temporary()
                return f"({values[1]} if ({temporary} := {values[0]}) is None else {temporary})"
            case "min" | "max":
                return f"best({name}, ({', '.join(values)},))"
            case "minutes":
                return self._unless_missing(values[0], f"whole({{}} * {MINUTE})")
            case "hours":
                return self._unless_missing(values[0], f"whole({{}} * {HOUR})")
            case "days":
                return self._unless_missing(values[0], f"whole({{}} * {DAY})")
            case "weeks":
                return self._unless_missing(values[0], f"whole({{}} * {7 * DAY})")
            case "months":
                return self._unless_missing(values[0], f"whole({{}} * {30 * DAY})")
            case "midnight":
                return f"midnight(c, {values[0]})"
            case "yearly":
                return f"yearly(c, {values[0]}, now)"
        raise AssertionError(name)

    def _unless_missing(self, value: str, form: str) -> str:
        temporary = self._temporary()
        return f"(None if ({temporary} := {value}) is None else {form.format(temporary)})"

    def _look_back(self, node: Call) -> str:
        event, property_ = self.names.split(text(node.arguments[0]))
        slot, wanted = self._slot_for(node, event, property_)
        start = self._start(node, slot)
        if slot.kind == MOMENTS:
            return self._of_event(event, f"count_since(c.facts[{slot.index}], {start})")
        rows = f"rows_since(c.facts[{slot.index}], {start}, ({''.join(each + ', ' for each in wanted)}))"
        reader = {"count": "count_rows", "sum": "sum_rows", "values": "list_rows"}[node.function]
        return self._of_event(event, f"{reader}({rows})")

    def _slot_for(self, node: Call, event: str, property_: str | None) -> tuple[Slot, list[str]]:
        """Constant filters are applied when the event is written down, the others when it is read."""
        places = self.names.places[event]
        constant = tuple((places[name], each.value) for name, each in node.filters if isinstance(each, Literal_))
        varying = [(places[name], each) for name, each in node.filters if not isinstance(each, Literal_)]
        column = None if property_ is None else places[property_]
        columns = tuple(place for place, _ in varying) + (() if column is None else (column,))
        slot = self.names.slot(ROWS if columns else MOMENTS, event, constant, columns)
        self.events.add(self.names.events[event])
        return slot, [self.value(each) for _, each in varying]

    def _window(self, node: Call) -> Node | None:
        return node.arguments[1] if len(node.arguments) > 1 else None

    def _start(self, node: Call, slot: Slot) -> str:
        window = self._window(node)
        if isinstance(window, Literal_):
            length = window.value.amount if isinstance(window.value, Span) else window.value
            assert isinstance(length, int)
            slot.horizon = max(slot.horizon, length)
            return f"now - {length}"
        slot.horizon = ALWAYS
        if window is None:
            return "-1"
        # Since a moment: the moment itself is inside.
        return self._unless_missing(self.value(window), "{} - 1")

    def _of_event(self, event: str, value: str) -> str:
        return self._if_consented(self.names.definitions.heard[event].purpose, value)

    def _latest(self, node: Call) -> str:
        event, property_ = self.names.split(text(node.arguments[0]))
        if node.function == "usual_gap":
            slot = self.names.slot(MOMENTS, event)
            slot.horizon = ALWAYS
            self.events.add(self.names.events[event])
            return self._of_event(event, f"usual_gap(c.facts[{slot.index}])")
        slot = self._last_slot(node, event, property_)
        temporary = self._temporary()
        part = "[0]" if property_ is None else "[1][0]"
        last = f"(None if ({temporary} := c.facts[{slot.index}]) is None else {temporary}{part})"
        return self._of_event(event, f"whole_days({last}, now)" if node.function == "days_since" else last)

    def _last_slot(self, node: Call, event: str, property_: str | None) -> Slot:
        places = self.names.places[event]
        columns = () if property_ is None else (places[property_],)
        filters = tuple((places[name], each.value) for name, each in node.filters if isinstance(each, Literal_))
        self.events.add(self.names.events[event])
        return self.names.slot(LAST, event, filters, columns)

    def _touched(self, node: Call) -> str:
        event = f"{text(node.arguments[0])}.{'sent' if node.function == 'received' else node.function}"
        index = self.names.events[event]
        self.events.add(index)
        if len(node.arguments) == 1 and self.journey is not None:
            # This enrollment's own; kept with it.
            self.names.counted.add(index)
            return f"e.heard.get({index}, 0)"
        slot = self.names.slot(MOMENTS, event)
        return f"count_since(c.facts[{slot.index}], {self._start(node, slot)})"

    def _score(self, node: Call) -> Slot:
        slot = self.names.score_slot(text(node.arguments[0]))
        self.events.update(slot.amounts)
        return slot

    def _segment(self, node: Call) -> str:
        """A segment is compiled once and called: written out, a chain of them would double at each link."""
        test = self.names.segment_tests.get(text(node.arguments[0]))
        if test is None:
            # One that asks itself, which the check refuses, finds nothing there.
            return "False"
        self.events |= test.events
        self.journeys |= test.journeys
        return f"{self._constant(Literal_(value=test.reads, type='function'))}(c, None, None, now)"

    def _in_state(self, node: Call) -> str:
        places = self._states(node)
        keys = [each for each in node.arguments[1:] if not isinstance(each, Literal_)]
        if not keys:
            return self._stands_in(places)
        wanted = self._constant(Literal_(value=places, type="states"))
        return f"is_in_state(c.enrollments, {wanted}, {self.value(keys[0])})"

    def _states(self, node: Call) -> dict[int, frozenset[int]]:
        """The states that `in_state` asks about, in each version of the journey; a stage is all of its steps."""
        versions = self.names.states[text(node.arguments[0])]
        self.journeys |= versions.keys()
        wanted = [text(each) for each in node.arguments[1:] if isinstance(each, Literal_)]
        return {
            index: frozenset(
                state
                for name, state in states.items()
                if any(name == each or name.startswith(each + ".") for each in wanted)
            )
            for index, states in versions.items()
        }

    def _stands_in(self, places: dict[int, frozenset[int]]) -> str:
        return f"stands_in(c.enrollments, {self._constant(Literal_(value=places, type='states'))})"


_PLAIN: Final = frozenset(
    [
        "covers",
        "overlaps",
        "first",
        "len",
        "lower",
        "round",
        "has",
        "default",
        "min",
        "max",
        "minutes",
        "hours",
        "days",
        "weeks",
        "months",
        "midnight",
        "yearly",
    ]
)


def text(node: Node) -> str:
    assert isinstance(node, Literal_) and isinstance(node.value, str)
    return node.value


def _is_literal(node: Node) -> bool:
    return isinstance(node, Literal_)
