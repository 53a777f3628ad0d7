"""A condition where it stands: its faults become findings at its place in the file."""

from __future__ import annotations

from collections.abc import Iterator

from journeys.definition.model import Call, Condition, Finding, ListOf, Node, Operation, Path, Type
from journeys.definition.scope import Scope
from journeys.definition.typecheck import read_condition
from journeys.definition.written import Notes


def read_placed(
    text: str | None, path: Path, scope: Scope, notes: Notes, *, want: Type | None = "boolean"
) -> Condition | None:
    """The condition of that text, if there is a text.  Its type is "unknown" where something is wrong with it."""
    if text is None:
        return None
    condition, faults = read_condition(text, scope, want=want)
    for fault in faults:
        notes.add(
            Finding(
                file=notes.file,
                path=path,
                rule=fault.rule,
                message=fault.message,
                why=fault.why,
                help=fault.help,
                severity=fault.severity,
                offset=fault.offset,
                length=fault.length,
            )
        )
    return condition


def nodes_of(node: Node) -> Iterator[Node]:
    """The node and all that it is made of."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        match one:
            case Operation():
                waiting.extend(one.operands)
            case ListOf():
                waiting.extend(one.items)
            case Call():
                waiting.extend(one.arguments)
                waiting.extend(value for _, value in one.filters)
            case _:
                pass
