"""Conditions, compiled once: a checked tree becomes a Python function.

The source that is compiled here is written by this module from a tree that the type checker
built: no text of an author's reaches it (constants travel as objects, names as indexes).
Missing is None; a comparison with it is false, `!=` and `not in` with it are true.

A compiled condition also knows when time alone may change its answer, and which events
can.  So nobody has to ask it again in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, assert_never

from journeys.definition.model import Call, Condition, Definitions, ListOf, Literal_, Name, Node, Operation, Span

from . import facts
from .calendar import DAY, HOUR, MINUTE, NEVER, add_days, add_months, anniversary, date_of, midnight
from .facts import LAST, MOMENTS, ROWS, SCORE, Slot

if TYPE_CHECKING:
    from .customer import Customer, Enrollment, Event

# (customer, enrollment or None, event or None, now) -> the value, or the instant.
Reads = Callable[["Customer", "Enrollment | None", "Event | None", int], Any]

ALWAYS: Final = 1 << 60  # the horizon of a look back without a window
_DAYS_MAX: Final = 60_000  # a calendar span past this leads out of the calendar


def _shift_days(customer: Customer, at: int | None, days: float | None, sign: int) -> int | None:
    if at is None or days is None or not -_DAYS_MAX < days < _DAYS_MAX:
        return None
    return add_days(customer.zone, at, sign * int(days))


def _shift_months(customer: Customer, at: int | None, months: float | None, sign: int) -> int | None:
    if at is None or months is None or not -_DAYS_MAX / 31 < months < _DAYS_MAX / 31:
        return None
    return add_months(customer.zone, at, sign * int(months))


def _shift_date(
    customer: Customer, date: int | None, days: float | None, months: float | None, sign: int
) -> int | None:
    """A date moved by days or months: the calendar does it at that date's first instant."""
    if date is None:
        return None
    at = midnight(customer.zone, date)
    moved = _shift_days(customer, at, days, sign) if months is None else _shift_months(customer, at, months, sign)
    return None if moved is None else date_of(customer.zone, moved)


def _midnight(customer: Customer, date: int | None) -> int | None:
    return None if date is None else midnight(customer.zone, date)


def _yearly(customer: Customer, date: int | None, now: int) -> int | None:
    return None if date is None else anniversary(date, date_of(customer.zone, now))


def _best(pick: Callable[[list[Any]], Any], values: tuple[Any, ...]) -> Any:
    return None if None in values else pick(list(values))


def _without(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    return None if one is None or other is None else tuple([item for item in one if item not in other])


_VOCABULARY: Final[dict[str, Any]] = {
    "__builtins__": {"len": len, "tuple": tuple, "min": min, "max": max},
    "NEVER": NEVER,
    "shift_days": _shift_days,
    "shift_months": _shift_months,
    "shift_date": _shift_date,
    "midnight": _midnight,
    "yearly": _yearly,
    "best": _best,
    "without": _without,
    **{name: getattr(facts, name) for name in facts.__dict__ if not name.startswith("_")},
}


class Test:
    """A compiled condition (or value).

    `changes` gives the next instant after now at which time alone may change it, and is None
    when time never does.  `events` are those that may change it, `journeys` those whose
    states it reads.
    """

    __slots__ = ("changes", "events", "journeys", "reads", "text")

    def __init__(
        self, text: str, reads: Reads, changes: Reads | None, events: frozenset[int], journeys: frozenset[int]
    ) -> None:
        self.text = text
        self.reads = reads
        self.changes = changes
        self.events = events
        self.journeys = journeys


class Names:
    """The indexes of every name, and the slots that the conditions compiled so far asked for."""

    def __init__(self, definitions: Definitions) -> None:
        brand = definitions.brand
        self.definitions = definitions
        self.events = {name: index for index, name in enumerate(definitions.heard)}
        self.places = {
            name: {each: place for place, each in enumerate(event.properties)}
            for name, event in definitions.heard.items()
        }
        self.fields = {name: index for index, name in enumerate(brand.fields)}
        self.purposes = {name: index for index, name in enumerate(brand.purposes)}
        self.touches = {name: index for index, name in enumerate(definitions.touches)}
        self.channels = {name: index for index, name in enumerate(brand.channels)}
        self.scores = {name: index for index, name in enumerate(brand.scores)}
        self.segments = {name: index for index, name in enumerate(brand.segments)}
        ranked = sorted(definitions.journeys.values(), key=lambda journey: (-journey.priority, journey.name))
        self.journeys = {journey.name: index for index, journey in enumerate(ranked)}
        self.states: dict[str, dict[str, int]] = {}
        for journey in ranked:
            states: list[str] = []
            for stage in journey.stages:
                states += [f"{stage.name}.{step.name}" for step in stage.steps] or [stage.name]
            self.states[journey.name] = {state: index for index, state in enumerate(states)}
        self.counted: set[int] = set()  # touch events that some enrollment counts for itself
        self.slots: list[Slot] = []
        self.fed: dict[int, list[Slot]] = {}
        self._slot_of: dict[object, Slot] = {}

    def slot(
        self, kind: int, event: str, filters: tuple[tuple[int, Any], ...] = (), columns: tuple[int, ...] = ()
    ) -> Slot:
        key = (kind, event, filters, columns)
        if key not in self._slot_of:
            self._slot_of[key] = self._new(kind, filters, columns)
            self.fed.setdefault(self.events[event], []).append(self._slot_of[key])
        return self._slot_of[key]

    def _new(self, kind: int, filters: tuple[tuple[int, Any], ...], columns: tuple[int, ...]) -> Slot:
        slot = Slot(kind, len(self.slots), filters, columns)
        self.slots.append(slot)
        return slot

    def score_slot(self, name: str) -> Slot:
        if ("score", name) not in self._slot_of:
            score = self.definitions.brand.scores[name]
            slot = self._slot_of["score", name] = self._new(SCORE, (), ())
            slot.half_life = score.half_life or 0
            amounts = [(each, True, value) for each, value in score.add.items()]
            amounts += [(each, False, value) for each, value in score.becomes.items()]
            for event, is_added, value in amounts:
                slot.amounts[self.events[event]] = (is_added, value)
                self.fed.setdefault(self.events[event], []).append(slot)
        return self._slot_of["score", name]

    def open_slot(self, field: str) -> Slot:
        if ("open", field) not in self._slot_of:
            counts = self.definitions.brand.fields[field].counts
            assert counts is not None
            slot = self._slot_of["open", field] = self._new(facts.OPEN, (), ())
            for event in counts.up + counts.down:
                slot.up[self.events[event]] = (event in counts.up, self.places[event][counts.by])
                self.fed.setdefault(self.events[event], []).append(slot)
        return self._slot_of["open", field]

    def split(self, text: str) -> tuple[str, str | None]:
        """`"order_placed.total"` is an event and its property; an engine's event has a dot of its own."""
        if text in self.events:
            return text, None
        event, _, property_ = text.rpartition(".")
        return event, property_

    def consent_mask(self, purpose: str | None) -> int:
        return 0 if purpose is None else 1 << self.purposes[purpose]


def compile_condition(
    condition: Condition, names: Names, *, journey: str | None = None, event: str | None = None
) -> Test:
    """`journey` is the one it stands in; `event` the one it is evaluated on."""
    return _Writer(names, journey, event).test(condition)


def compile_any(conditions: Sequence[Condition], names: Names) -> Test | None:
    """Whether any of these conditions on the customer holds; None where there are none."""
    if not conditions:
        return None
    nodes: list[Node] = []
    for each in conditions:
        if isinstance(each.node, Operation) and each.node.operator == "or":
            nodes += each.node.operands
        else:
            nodes.append(each.node)
    text = " or ".join([each.text for each in conditions])
    node = Operation(operator="or", operands=tuple(nodes), type="boolean")
    return compile_condition(Condition(text=text, node=node, type="boolean"), names)


def compile_item_condition(condition: Condition, names: Names) -> Callable[[Mapping[str, object]], bool]:
    """A condition of `recommend`, over a row of the catalog."""
    test = _Writer(names, None, None).test(condition)
    return lambda row: bool(test.reads(row, None, None, 0))  # type: ignore[arg-type]


class _Writer:
    """Writes one condition's function.  `journey` and `event` are where it stands."""

    def __init__(self, names: Names, journey: str | None, event: str | None) -> None:
        self.names = names
        self.journey = journey
        self.event = event
        self.constants: dict[str, Any] = {}
        self.events: set[int] = set()
        self.journeys: set[int] = set()
        self.temporaries = 0
        self.inside: tuple[str, ...] = ()

    def test(self, condition: Condition) -> Test:
        reads = self._function(self.value(condition.node))
        edges: list[str] = []
        self._edges(condition.node, edges)
        changes = self._function(f"soonest(now, ({', '.join(edges)},))") if edges else None
        return Test(condition.text, reads, changes, frozenset(self.events), frozenset(self.journeys))

    def _function(self, expression: str) -> Reads:
        space: dict[str, Any] = {**_VOCABULARY, **self.constants}
        exec(compile(f"def reads(c, e, v, now):\n    return {expression}", "<condition>", "exec"), space)
        function: Reads = space["reads"]
        return function

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
        for event in ("profile.updated", "consent.given", "consent.withdrawn", "customer.erased"):
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
                return f"c.get({self._constant(Literal_(value=node.name, type='text'))})"
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
            return self._if_consented(field.purpose, f"len(c.facts[{slot.index}] or ())")
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
        assert self.journey is not None
        match name:
            case "key" | "entered_at" | "arrived_at":
                return f"e.{name}"
            case "state":
                return "e.journey.state_names[e.state]"
            case "stage":
                return "e.journey.stage_names[e.stage]"
            case "visits":
                return "e.visits[e.state]"
        kept = list(self.names.definitions.journeys[self.journey].kept)
        return f"e.kept[{kept.index(name)}]"

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
                journey, states = self._states(each)
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
        one, other = self._temporary(), self._temporary()
        value = (
            f"(None if ({one} := {self.value(left)}) is None or ({other} := {self.value(right)}) is None"
            f" else {one} {operator} {other})"
        )
        # Money times a number is money again: whole minor units, half to even.
        return f"whole({value})" if operator == "*" and node.type == "money" else value

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
                return f"(c.consents & {self.names.consent_mask(_text(arguments[0]))} != 0)"
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
        event, property_ = self.names.split(_text(node.arguments[0]))
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
        event, property_ = self.names.split(_text(node.arguments[0]))
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
        event = f"{_text(node.arguments[0])}.{'sent' if node.function == 'received' else node.function}"
        index = self.names.events[event]
        self.events.add(index)
        if len(node.arguments) == 1 and self.journey is not None:
            # This enrollment's own; kept with it.
            self.names.counted.add(index)
            return f"e.heard.get({index}, 0)"
        slot = self.names.slot(MOMENTS, event)
        return f"count_since(c.facts[{slot.index}], {self._start(node, slot)})"

    def _score(self, node: Call) -> Slot:
        slot = self.names.score_slot(_text(node.arguments[0]))
        self.events.update(slot.amounts)
        return slot

    def _segment(self, node: Call) -> str:
        name = _text(node.arguments[0])
        if name in self.inside:
            return "False"
        journey, event, inside = self.journey, self.event, self.inside
        self.journey, self.event, self.inside = None, None, (*inside, name)
        value = self.value(self.names.definitions.brand.segments[name].node)
        self.journey, self.event, self.inside = journey, event, inside
        return f"({value} or False)"

    def _in_state(self, node: Call) -> str:
        journey, states = self._states(node)
        keys = [each for each in node.arguments[1:] if not isinstance(each, Literal_)]
        if not keys:
            return self._stands_in({journey: states})
        wanted = self._constant(Literal_(value=states, type="states"))
        return f"is_in_state(c.enrollments, {journey}, {wanted}, {self.value(keys[0])})"

    def _states(self, node: Call) -> tuple[int, frozenset[int]]:
        """The journey that `in_state` asks about, and the states; a stage is all of its steps."""
        journey = _text(node.arguments[0])
        index = self.names.journeys[journey]
        self.journeys.add(index)
        wanted = [_text(each) for each in node.arguments[1:] if isinstance(each, Literal_)]
        return index, frozenset(
            state
            for name, state in self.names.states[journey].items()
            if any(name == each or name.startswith(each + ".") for each in wanted)
        )

    def _stands_in(self, places: dict[int, frozenset[int]]) -> str:
        return f"stands_in(c.enrollments, {self._constant(Literal_(value=places, type='states'))})"

    # ------------------------------------------------------------ time alone

    def _edges(self, node: Node, edges: list[str]) -> None:
        """Writes the instants at which time alone may change what the node says."""
        if isinstance(node, Operation):
            if node.operator in ("<", "<=", ">", ">=", "==", "!=") and self._comparison_edges(node, edges):
                return
            if node.operator in ("and", "or"):
                self._gated_edges(node, edges)
                return
            for each in node.operands:
                self._edges(each, edges)
        elif isinstance(node, ListOf):
            for each in node.items:
                self._edges(each, edges)
        elif isinstance(node, Call):
            self._call_edges(node, edges)

    def _gated_edges(self, node: Operation, edges: list[str]) -> None:
        """Time changes nothing while another part of an `and` is false, or another part of an `or` is true."""
        timed: list[str] = []
        gates: list[str] = []
        for each in node.operands:
            before = len(timed)
            self._edges(each, timed)
            if len(timed) == before:
                gates.append(self.value(each))
        if timed and gates:
            gate = f" {node.operator} ".join(gates)
            is_open = gate if node.operator == "and" else f"not ({gate})"
            edges.append(f"(soonest(now, ({', '.join(timed)},)) if {is_open} else None)")
        else:
            edges.extend(timed)

    def _call_edges(self, node: Call, edges: list[str]) -> None:
        if node.function == "in_segment":
            name = _text(node.arguments[0])
            if name not in self.inside:
                journey, event, inside = self.journey, self.event, self.inside
                self.journey, self.event, self.inside = None, None, (*inside, name)
                self._edges(self.names.definitions.brand.segments[name].node, edges)
                self.journey, self.event, self.inside = journey, event, inside
        elif node.function == "days_since":
            event, _ = self.names.split(_text(node.arguments[0]))
            slot = self._last_slot(node, event, None)
            since = f"(c.facts[{slot.index}] or (None,))[0]"
            edges.append(f"day_edge({since}, whole_days({since}, now), True)")
        elif (window := self._window(node)) is not None and isinstance(window, Literal_) and node.function in _WINDOWED:
            times = self._times(node)
            edges.append(f"next_edge({times}, now, {_length(window)})")
        elif node.function == "yearly":
            edges.append(
                f"midnight(c, None if ({(t := self._temporary())} := {self.value(node)}) is None else {t} + 1)"
            )
        else:
            for each in node.arguments:
                self._edges(each, edges)

    def _times(self, node: Call) -> str:
        if node.function in ("received", "opened", "clicked", "answered"):
            event = f"{_text(node.arguments[0])}.{'sent' if node.function == 'received' else node.function}"
            return f"c.facts[{self.names.slot(MOMENTS, event).index}]"
        event, property_ = self.names.split(_text(node.arguments[0]))
        slot, _ = self._slot_for(node, event, property_)
        return f"c.facts[{slot.index}]" if slot.kind == MOMENTS else f"(c.facts[{slot.index}] or (None,))[0]"

    def _comparison_edges(self, node: Operation, edges: list[str]) -> bool:
        """The exact instants of the usual comparisons; False leaves it to the parts."""
        left, right = node.operands
        operator = node.operator
        if _is_timed(right) and not _is_timed(left):
            left, right = right, left
            operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
        if not _is_timed(left) or self._mentions_time(right):
            return False
        bound = self.value(right)
        strict = [operator in (">", "<=")] if operator not in ("==", "!=") else [False, True]
        if isinstance(left, Name):
            # `now >= moment` changes at the moment, `now > moment` a microsecond after it.
            edges.append(bound)
            if True in strict:
                edges.append(self._unless_missing(bound, "{} + 1"))
            return True
        assert isinstance(left, Call)
        if left.function == "days_since":
            event, _ = self.names.split(_text(left.arguments[0]))
            slot = self._last_slot(left, event, None)
            since = f"(c.facts[{slot.index}] or (None,))[0]"
            edges.extend(f"day_edge({since}, {bound}, {is_above})" for is_above in strict)
            return True
        if left.function == "score":
            slot = self._score(left)
            edges.append(f"score_edge(c.facts[{slot.index}], {slot.half_life}, {bound}, now)")
            return True
        window = self._window(left)
        if left.function not in ("count", "received", "opened", "clicked", "answered") or not isinstance(
            window, Literal_
        ):
            return False
        times = self._times(left)
        if "or (None,)" in times:
            return False
        edges.extend(f"count_edge({times}, now, {_length(window)}, {bound}, {is_above})" for is_above in strict)
        return True

    def _mentions_time(self, node: Node) -> bool:
        before = (self.temporaries, dict(self.constants))
        edges: list[str] = []
        self._edges(node, edges)
        self.temporaries, self.constants = before
        return bool(edges) or (isinstance(node, Name) and node.scope == "now")


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
_WINDOWED: Final = frozenset(["count", "sum", "values", "received", "opened", "clicked", "answered"])
_TIMED: Final = frozenset(["days_since", "score", "count", "received", "opened", "clicked", "answered"])


def _is_literal(node: Node) -> bool:
    return isinstance(node, Literal_)


def _is_timed(node: Node) -> bool:
    if isinstance(node, Name):
        return node.scope == "now"
    return isinstance(node, Call) and node.function in _TIMED


def _text(node: Node) -> str:
    assert isinstance(node, Literal_) and isinstance(node.value, str)
    return node.value


def _length(window: Literal_) -> int:
    return window.value.amount if isinstance(window.value, Span) else window.value  # type: ignore[return-value]
