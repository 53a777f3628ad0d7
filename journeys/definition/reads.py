"""What a checked condition reads, and whether time alone changes it at instants one can work out.

Rules ask here before anything runs.  Segments are looked through by whoever knows them; here
only `inexact_time` is handed their nodes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from journeys.definition.model import Call, ListOf, Literal_, Name, Node, Operation

_OF_EVENTS = frozenset({"count", "sum", "values", "last", "days_since", "usual_gap"})
_WINDOWED = frozenset({"count", "sum", "values", "received", "opened", "clicked", "answered"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
# They change while nothing happens: `yearly` on the day after the anniversary.
_FLOWING = frozenset({"days_since", "score", "yearly"})
_NO_SEGMENTS: Mapping[str, Node] = {}


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes below it, in the order of the text."""
    yield node
    for part in _parts(node):
        yield from walk(part)


def calls(node: Node, function: str) -> Iterator[Call]:
    """Each call of that function."""
    return (one for one in walk(node) if isinstance(one, Call) and one.function == function)


def names_read(node: Node, scope: str) -> frozenset[str]:
    """The names read after the scope and a dot: of "event", "journey", "item", …"""
    return frozenset(one.name for one in walk(node) if isinstance(one, Name) and one.scope == scope)


def fields_read(node: Node) -> frozenset[str]:
    """The customer's fields."""
    return names_read(node, "customer")


def first_text(call: Call) -> str | None:
    """The name that a function is asked about."""
    first = call.arguments[0] if call.arguments else None
    return first.value if isinstance(first, Literal_) and isinstance(first.value, str) else None


def event_and_property(reference: str, heard: Collection[str]) -> tuple[str, str | None]:
    """`"order_placed.total"` taken apart.  An engine's event has a dot of its own: `"spark.sent"`."""
    if reference in heard or "." not in reference:
        return reference, None
    event, _, property_ = reference.rpartition(".")
    return event, property_


def events_read(node: Node, heard: Collection[str]) -> frozenset[str]:
    """The events whose past is asked about by name; scores and touches hear more."""
    asked = (first_text(one) for one in walk(node) if isinstance(one, Call) and one.function in _OF_EVENTS)
    return frozenset(event_and_property(name, heard)[0] for name in asked if name is not None)


# ---------------------------------------------------------------- time alone


def inexact_time(node: Node, segments: Mapping[str, Node] = _NO_SEGMENTS) -> Node | None:
    """The part that time alone changes at an instant nobody can work out, or None when all is exact.

    Exact are the edges of windows, `days_since` beside what is free of time, a moment beside
    `now` alone, and a score beside a constant.
    """
    return _inexact(node, segments, frozenset())


def _inexact(node: Node, segments: Mapping[str, Node], inside: frozenset[str]) -> Node | None:
    match node:
        case Name(scope="now"):
            return node
        case Operation(operator=operator, operands=(left, right)) if operator in _COMPARISONS:
            if _is_exact(left, right) or _is_exact(right, left):
                return None
        case Call(function="in_segment"):
            name = first_text(node)
            if name is None or name in inside or name not in segments:
                return None
            return node if _inexact(segments[name], segments, inside | {name}) is not None else None
        case Call(function="has", arguments=(Name(scope="now") | Call(function="days_since" | "score" | "yearly"),)):
            return None  # whether it is known is no matter of time
        case Call(function=function) if function in _FLOWING:
            return node
    for part in _parts(node):
        found = _inexact(part, segments, inside)
        if found is not None:
            return found
    return None


def _is_exact(timed: Node, other: Node) -> bool:
    match timed:
        case Name(scope="now") | Call(function="days_since"):
            return _is_free_of_time(other)
        case Call(function="score"):
            return _is_constant(other)
        case _:
            return False


def _is_constant(node: Node) -> bool:
    return all(isinstance(one, Literal_ | Operation) for one in walk(node))


def _is_free_of_time(node: Node) -> bool:
    return not any(_depends_on_time(one) for one in walk(node))


def _depends_on_time(node: Node) -> bool:
    match node:
        case Name(scope="now"):
            return True
        case Call(function=function, arguments=arguments):
            # A window that is a moment opens and never closes: only a length of time has a moving edge.
            has_edge = function in _WINDOWED and len(arguments) > 1 and isinstance(arguments[1], Literal_)
            return function in _FLOWING or function in ("in_segment", "in_state") or has_edge
        case _:
            return False


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case Operation(operands=parts) | ListOf(items=parts):
            return parts
        case Call(arguments=parts, filters=filters):
            return (*parts, *(value for _, value in filters))
        case _:
            return ()
