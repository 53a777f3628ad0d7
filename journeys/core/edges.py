"""Edges: when time alone may change what a condition says.

Exact for the edges of windows, `days_since`, moments compared with `now`, and one score
compared with a constant: there is no asking again in between.
"""

from __future__ import annotations

from typing import Final

from journeys.definition.model import Call, ListOf, Literal_, Name, Node, Operation, Span

from .facts import MOMENTS
from .writing import ValueWriter, text


class EdgeWriter(ValueWriter):
    """Writes the instants at which the answer may change as well."""

    def edges(self, node: Node) -> list[str]:
        """Expressions of instants, each None or NEVER where there is none."""
        edges: list[str] = []
        self._edges(node, edges)
        return edges

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
            test = self.names.segment_tests.get(text(node.arguments[0]))
            if test is not None and test.changes is not None:
                edges.append(f"{self._constant(Literal_(value=test.changes, type='function'))}(c, None, None, now)")
        elif node.function == "days_since":
            event, _ = self.names.split(text(node.arguments[0]))
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
            event = f"{text(node.arguments[0])}.{'sent' if node.function == 'received' else node.function}"
            return f"c.facts[{self.names.slot(MOMENTS, event).index}]"
        event, property_ = self.names.split(text(node.arguments[0]))
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
            event, _ = self.names.split(text(left.arguments[0]))
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


_WINDOWED: Final = frozenset(["count", "sum", "values", "received", "opened", "clicked", "answered"])
_TIMED: Final = frozenset(["days_since", "score", "count", "received", "opened", "clicked", "answered"])


def _is_timed(node: Node) -> bool:
    if isinstance(node, Name):
        return node.scope == "now"
    return isinstance(node, Call) and node.function in _TIMED


def _length(window: Literal_) -> int:
    return window.value.amount if isinstance(window.value, Span) else window.value  # type: ignore[return-value]
