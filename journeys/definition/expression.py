"""The reading of a condition: from text to a tree that knows where it stands, and no meaning yet.

The text was written by a stranger.  Its characters pass `lexing.py`, their order passes
`grammar.py`, and only then does Python's own parser see it: as a skeleton in which each
name, number and text is blotted out by as many letters, to learn who binds stronger than
whom.  So no name of the author's ever reaches Python, every column is a character of the
text, and what is not on the short list of shapes below is refused.

Nothing is evaluated, here or anywhere.  It never raises.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from journeys.definition.grammar import arrange
from journeys.definition.lexing import LANGUAGE, Token, read_tokens, syntax, text_of
from journeys.definition.scope import Fault

_DEPTH_MAX = 60
_NODES_MAX = 400

_SMALLER = 'name parts of it as segments in brand.yaml, and ask in_segment("…")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in the text, in characters."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    value: str | int | float | bool
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """`now`, or a name with its dots: ("customer", "budget").  The last name stands at `last`."""

    parts: tuple[str, ...]
    place: Place
    last: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Operate:
    """Operators as in `model.Operation`; `and` and `or` take two or more."""

    operator: str
    operands: tuple[Tree, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    items: tuple[Tree, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """`prop=value` in a call; the name stands at `place`."""

    name: str
    value: Tree
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """A call; the function's name stands at `named`."""

    function: str
    arguments: tuple[Tree, ...]
    filters: tuple[Filter, ...]
    place: Place
    named: Place


Tree = Constant | Word | Operate | Items | Apply

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.USub: "neg",
}


def parse(text: str) -> tuple[Tree | None, tuple[Fault, ...]]:
    """The tree of an expression; without one, the faults say why.  Never raises."""
    try:
        return _parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # The grammar has let it pass, so it is too deep for the parser (or, where that goes deeper,
        # for the stack that is left to us), or a shape it knows and we do not.
        return None, (
            syntax(0, len(text), "this condition is too tangled to be read", _SMALLER, rule="condition-size"),
        )


# Journeys ask the same at several places.  What is raised is not kept: the stack may be deeper another time.
@lru_cache(maxsize=1_024)
def _parse(text: str) -> tuple[Tree | None, tuple[Fault, ...]]:
    tokens, faults = read_tokens(text)
    if faults:
        return None, faults
    tokens, fault = arrange(tokens)
    if fault is not None:
        return None, (fault,)

    planting = _Planting(tokens)
    try:
        tree = planting.plant(ast.parse(_skeleton(text, tokens), mode="eval").body, depth=1)
    except _Refused as refused:
        return None, (refused.fault,)
    return tree, tuple(planting.faults)


def _skeleton(text: str, tokens: tuple[Token, ...]) -> str:
    """The text with every name, number and text blotted out, each as long as it was.

    A line break becomes a space, so that a condition folded over several lines is one.
    """
    blotted = [" "] * len(text)
    for token in tokens:
        if token.kind == "text":
            shape = '"' + "x" * (len(token.text) - 2) + '"'
        elif token.kind == "number":
            shape = "1" * len(token.text)
        elif token.kind in ("name", "property", "filter"):
            shape = "x" * len(token.text)
        else:
            shape = token.text
        blotted[token.offset : token.end] = shape
    first = tokens[0].offset  # Python takes leading spaces for an indentation, and brackets do not mind them
    if first:
        blotted[0] = "("
        return "".join(blotted) + ")"
    return "".join(blotted)


class _Refused(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class _Planting:
    """Makes our tree of Python's, shape by shape."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.at = {token.offset: token for token in tokens}
        self.faults: list[Fault] = []
        self.nodes = 0

    def plant(self, node: ast.expr, *, depth: int) -> Tree:
        place = _place(node)
        self.nodes += 1
        if depth > _DEPTH_MAX or self.nodes > _NODES_MAX:
            message = "this condition has too many parts"
            raise _Refused(syntax(place.offset, place.length, message, _SMALLER, rule="condition-size"))

        def below(one: ast.expr) -> Tree:
            return self.plant(one, depth=depth + 1)

        match node:
            case ast.Constant():
                return Constant(value=self.value(place), place=place)
            case ast.Name() | ast.Attribute():
                return self.word(place)
            case ast.List(elts=elements):
                return Items(items=tuple(map(below, elements)), place=place)
            case ast.BoolOp(op=operator, values=values):
                return Operate(operator=_SIGNS[type(operator)], operands=tuple(map(below, values)), place=place)
            case ast.UnaryOp(op=ast.Not() | ast.USub() as sign, operand=operand):
                return Operate(operator=_SIGNS[type(sign)], operands=(below(operand),), place=place)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as sign, right=right):
                return Operate(operator=_SIGNS[type(sign)], operands=(below(left), below(right)), place=place)
            case ast.Compare():
                return self.comparison(node, place, [below(one) for one in (node.left, *node.comparators)])
            case ast.Call(func=ast.Name() | ast.Attribute() as function, args=arguments, keywords=keywords):
                return Apply(
                    function=".".join(self.names(_place(function))),
                    arguments=tuple(map(below, arguments)),
                    filters=tuple(self.filter(one, below(one.value)) for one in keywords),
                    place=place,
                    named=_place(function),
                )
            case _:
                raise _Refused(syntax(place.offset, place.length, "this does not belong in a condition", LANGUAGE))

    def value(self, place: Place) -> str | int | float:
        token = self.at[place.offset]
        if token.kind == "text":
            return text_of(token)
        return float(token.text) if "." in token.text else int(token.text)

    def names(self, place: Place) -> tuple[str, ...]:
        """The names at a place, read from the author's text: Python has seen only their lengths."""
        end = place.offset + place.length
        return tuple(token.text for token in self.tokens if place.offset <= token.offset < end and token.text != ".")

    def word(self, place: Place) -> Tree:
        parts = self.names(place)
        if parts in (("true",), ("false",)):
            return Constant(value=parts == ("true",), place=place)
        length = len(parts[-1])
        return Word(parts=parts, place=place, last=Place(offset=place.offset + place.length - length, length=length))

    def filter(self, node: ast.keyword, value: Tree) -> Filter:
        token = self.at[node.col_offset]
        return Filter(name=token.text, value=value, place=Place(offset=token.offset, length=len(token.text)))

    def comparison(self, node: ast.Compare, place: Place, operands: list[Tree]) -> Tree:
        """One comparison, or (with a fault) what a chain of them would mean, so that its names are still read."""
        pairs = tuple(
            Operate(operator=_SIGNS[type(sign)], operands=(left, right), place=place)
            for left, sign, right in zip(operands, node.ops, operands[1:], strict=False)
        )
        if len(pairs) == 1:
            return pairs[0]
        message = "a comparison has two sides, and this one has more"
        self.faults.append(syntax(place.offset, place.length, message, "write both: 1 < x and x < 5"))
        return Operate(operator="and", operands=pairs, place=place)


def _place(node: ast.expr) -> Place:
    return Place(offset=node.col_offset, length=(node.end_col_offset or node.col_offset + 1) - node.col_offset)
