"""Conditions, compiled once: a checked tree becomes a Python function.

The source that is compiled here is written by `writing` and `edges` from a tree that the type
checker built: no text of an author's reaches it (constants travel as objects, names as
indexes).  Missing is None; a comparison with it is false, `!=` and `not in` with it are true.

A compiled condition also knows when time alone may change its answer, and which events
can.  So nobody has to ask it again in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from journeys.definition.model import Call, Condition, Journey, Node, Operation
from journeys.definition.reads import calls, first_text

from .edges import EdgeWriter
from .names import Names
from .vocabulary import VOCABULARY
from .writing import text

if TYPE_CHECKING:
    from .customer import Customer, Enrollment, Event

# (customer, enrollment or None, event or None, now) -> the value, or the instant.  What chooses items of the
# catalog is handed a row in the event's place.
Reads = Callable[["Customer", "Enrollment | None", "Event | Mapping[str, object] | None", int], Any]


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


def compile_condition(
    condition: Condition, names: Names, *, journey: Journey | None = None, event: str | None = None
) -> Test:
    """`journey` is the one it stands in; `event` the one it is evaluated on."""
    _compile_segments(condition, names)
    return _compile(condition, names, journey, event)


def _compile_segments(condition: Condition, names: Names) -> None:
    """The segments that a condition asks, and those that these ask: the innermost first."""
    segments = names.definitions.brand.segments
    pending = _segments_asked(condition)
    begun: set[str] = set()
    while pending:
        name = pending[-1]
        if name in names.segment_tests:
            pending.pop()
        elif name in begun:
            names.segment_tests[name] = _compile(segments[name], names, None, None, "bool({})")
        else:
            begun.add(name)
            pending += [each for each in _segments_asked(segments[name]) if each not in begun]


def _segments_asked(condition: Condition) -> list[str]:
    return [name for call in calls(condition.node, "in_segment") if (name := first_text(call)) is not None]


def _compile(condition: Condition, names: Names, journey: Journey | None, event: str | None, form: str = "{}") -> Test:
    asked = condition.node
    if isinstance(asked, Call) and asked.function == "in_segment":
        known = names.segment_tests.get(text(asked.arguments[0]))
        if known is not None:
            # Nothing but a segment, which is a function already.
            return Test(condition.text, known.reads, known.changes, known.events, known.journeys)
    writer = EdgeWriter(names, journey, event)
    value, edges = writer.value(condition.node), writer.edges(condition.node)
    reads = _function(form.format(value), writer.constants)
    changes = _function(f"soonest(now, ({', '.join(edges)},))", writer.constants) if edges else None
    return Test(condition.text, reads, changes, frozenset(writer.events), frozenset(writer.journeys))


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


def _function(expression: str, constants: Mapping[str, Any]) -> Reads:
    space: dict[str, Any] = {**VOCABULARY, **constants}
    exec(compile(f"def reads(c, e, v, now):\n    return {expression}", "<condition>", "exec"), space)
    function: Reads = space["reads"]
    return function
