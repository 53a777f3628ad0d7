"""What parsed words read, found without rendering them.

A name is followed through the loop or the assignment that renamed it: in
`{% for item in recommended %}{{ item.title }}` what is read is `recommended[].title`.  The
walk sees every branch, also those that no test customer ever takes, so a filter that does
not exist and a range without end are refused here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from liquid import BoundTemplate, Node, RenderContext
from liquid.builtin.expressions import Filter, FilteredExpression, LoopExpression, Path
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.expression import Expression

from journeys.content.errors import Place, WordsError, place, place_of_name
from journeys.content.filters import ARGUMENTS
from journeys.definition.nearest import nearest, shown

RANGE_MAX = 100
ITEM, COMPUTED = "[]", "[?]"  # some item of a list; a name that is only known when rendered

# What a local name stands for: a path, or None for a value of the template's own making.
Meaning = tuple[str, ...] | None

_ESCAPERS = ("escape", "escape_once", "url_encode", "strip_html", "safe", "newline_to_br", "escapejs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A name that the words take from outside, as a path: ("recommended", "[]", "title")."""

    path: tuple[str, ...]
    at: Place

    @property
    def dotted(self) -> str:
        return "".join(part if part in (ITEM, COMPUTED) else f".{part}" for part in self.path).removeprefix(".")


def reads_of(template: BoundTemplate, source: str) -> tuple[Read, ...]:
    """All reads, in the order of the text.  Raises WordsError for what no branch may hold."""
    walk = _Walk(template, source)
    walk.nodes(template.nodes, {})
    return tuple(walk.reads)


class _Walk:
    def __init__(self, template: BoundTemplate, source: str) -> None:
        self.source = source
        self.context = RenderContext(template)
        self.assigned: dict[str, Meaning] = {}
        self.reads: list[Read] = []

    def nodes(self, nodes: list[Node], loops: Mapping[str, Meaning]) -> None:
        for node in nodes:
            for expression in node.expressions():
                self.expression(expression, loops)
            names = list(node.template_scope())
            if isinstance(node, AssignNode) and isinstance(node.expression, FilteredExpression):
                self.assigned[node.name] = self.meaning(node.expression, loops)
            else:
                self.assigned.update(dict.fromkeys(names, None))
            inner: Mapping[str, Meaning] = loops
            if isinstance(node, ForNode):
                over = self.meaning(node.expression.iterable, loops)
                item = None if over is None else (*over, ITEM)
                inner = {**loops, "forloop": None, node.expression.identifier: item}
            self.nodes(list(node.children(self.context)), inner)

    def expression(self, expression: Expression, loops: Mapping[str, Meaning]) -> None:
        match expression:
            case Path():
                path = self.resolved(expression, loops)
                if path is not None:
                    self.reads.append(Read(path=path, at=place_of_name(self.source, expression.token.start_index)))
            case RangeLiteral():
                self.range(expression)
            case FilteredExpression():
                for filter_ in expression.filters or ():
                    self.filter(filter_)
            case LoopExpression(iterable=RangeLiteral() | Path()):
                pass
            case LoopExpression():
                raise WordsError(
                    "a loop goes over a list or a range",
                    at=self.at(expression.token.start_index),
                    help="such as {% for item in recommended %} or {% for i in (1..3) %}",
                )
        for child in expression.children():
            self.expression(child, loops)

    def meaning(self, expression: Expression, loops: Mapping[str, Meaning]) -> Meaning:
        if isinstance(expression, FilteredExpression) and not expression.filters:
            expression = expression.left
        return self.resolved(expression, loops) if isinstance(expression, Path) else None

    def resolved(self, path: Path, loops: Mapping[str, Meaning]) -> Meaning:
        parts = tuple(
            COMPUTED if isinstance(part, Path) else ITEM if isinstance(part, int) else part for part in path.path
        )
        for names in (loops, self.assigned):
            if parts[0] in names:
                meaning = names[parts[0]]
                return None if meaning is None else (*meaning, *parts[1:])
        return parts

    def range(self, literal: RangeLiteral) -> None:
        ends = (literal.start, literal.stop)
        if all(isinstance(end, IntegerLiteral) for end in ends):
            start, stop = (end.value for end in ends if isinstance(end, IntegerLiteral))
            if stop - start < RANGE_MAX:
                return
        raise WordsError(
            f"a range goes from one written number to another, over at most {RANGE_MAX}",
            at=self.at(literal.token.start_index),
            help="such as (1..5)",
        )

    def filter(self, filter_: Filter) -> None:
        at = self.at(filter_.token.start_index, len(filter_.name))
        if filter_.name in _ESCAPERS:
            raise WordsError(
                f"there is no filter '{filter_.name}', because none is needed",
                at=at,
                help="values are made safe for HTML and for links by themselves",
            )
        if filter_.name not in ARGUMENTS:
            raise WordsError(
                f"there is no filter {shown(filter_.name)}", at=at, help=nearest(filter_.name, sorted(ARGUMENTS))
            )
        needed, most, by_name = ARGUMENTS[filter_.name]
        names = [name for argument in filter_.args if (name := getattr(argument, "name", None))]
        given = len(filter_.args) - len(names)
        if not needed <= given <= most or not by_name.issuperset(names):
            takes = f"{needed}" if needed == most else f"{needed} to {most}"
            raise WordsError(
                f"the filter '{filter_.name}' takes {takes} argument{'' if most == 1 else 's'}, not {given}",
                at=at,
                help="arguments stand after a colon, with commas between",
            )

    def at(self, offset: int, length: int = 1) -> Place:
        return place(self.source, offset, length)
