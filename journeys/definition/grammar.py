"""Whether the words of a condition can follow each other so.

One pass over the tokens with a stack of open brackets: at each place either a value or an
operator can stand.  That is enough to say at the exact character, and in the author's words,
why something is not a condition.  What is left to `expression.py` is who binds stronger.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, replace

from journeys.definition.lexing import LANGUAGE, Token, help_for, syntax
from journeys.definition.nearest import shown
from journeys.definition.scope import Fault

_BRACKETS_MAX = 30

_CLOSING = {"(": ")", "[": "]"}
_OPERATORS = frozenset({"and", "or", "in", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"})
# After these a whole condition may begin, and with it a `not`.
_OPENING = frozenset({"(", "[", ",", "=", "and", "or", "not"})


@dataclass(slots=True)
class _Bracket:
    """An open bracket.  `named` says that the argument at hand, and `any_named` that one before it, has a name."""

    token: Token
    is_call: bool = False
    named: bool = False
    any_named: bool = False


class _Misplaced(Exception):
    """Leaves the pass at the first token that cannot stand where it stands."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def arrange(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], Fault | None]:
    """The tokens with properties and filters told apart, or why they make no expression.  Never raises."""
    reading = _Reading(tokens)
    try:
        reading.read()
    except _Misplaced as misplaced:
        return (), misplaced.fault
    return tuple(reading.arranged), None


class _Reading:
    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.arranged: list[Token] = []
        self.open: list[_Bracket] = []
        self.wants_value = True

    def read(self) -> None:
        for place, token in enumerate(self.tokens):
            following = self.tokens[place + 1] if place + 1 < len(self.tokens) else None
            if self.wants_value:
                self.arranged.append(self.value(token, following))
            else:
                self.arranged.append(self.operator(token, following))
        last = self.tokens[-1]
        if self.wants_value:
            raise _misplaced(
                last, f"after {shown(last.text)} something is missing", "write a value, a name or a function there"
            )
        if self.open:
            opening = self.open[-1].token
            raise _misplaced(
                opening, f"the bracket {opening.text} is never closed", f"close it with {_CLOSING[opening.text]}"
            )

    def before(self) -> Token | None:
        return self.arranged[-1] if self.arranged else None

    def value(self, token: Token, following: Token | None) -> Token:
        """A token that stands where a value is wanted."""
        before = self.before()
        if before is not None and before.text == "." and before.kind == "sign":
            if token.kind not in ("name", "word"):
                raise _misplaced(token, f"{shown(token.text)} is not a name", "write a name after the dot")
            self.wants_value = False
            return replace(token, kind="property")
        if before is not None and self.starts_filter(token, before, following):
            self.open[-1].named = self.open[-1].any_named = True
            self.wants_value = False
            return replace(token, kind="filter")

        match token.kind, token.text:
            case (("text" | "number"), _):
                self.wants_value = False
            case "name", name:
                if keyword.iskeyword(name) and name not in ("True", "False"):
                    raise _misplaced(
                        token, f"{shown(name)} is not a word of conditions", help_for(name, otherwise=LANGUAGE)
                    )
                self.wants_value = False
            case "sign", "-":
                pass
            case "sign", ("(" | "["):
                self.push(token, is_call=False)
            case "sign", ("]" | ")") if before is not None and before.kind == "sign" and self.is_empty(token):
                self.close(token)
            case "word", "not":
                if before is not None and before.text not in _OPENING:
                    message = f"'not' cannot follow {shown(before.text)}"
                    raise _misplaced(token, message, "put it in brackets: (not …)")
            case _:
                raise _misplaced(
                    token,
                    f"before {shown(token.text)} something is missing",
                    "write a value, a name or a function there",
                )
        return token

    def starts_filter(self, token: Token, before: Token, following: Token | None) -> bool:
        """Whether this is the name in `prop=value`.  A property may be called `class` or `in`."""
        in_call = bool(self.open) and self.open[-1].is_call and before.text in ("(", ",")
        return in_call and token.kind in ("name", "word") and following is not None and following.text == "="

    def operator(self, token: Token, following: Token | None) -> Token:
        """A token that stands where a value has ended."""
        before = self.arranged[-1]
        match token.kind, token.text:
            case "word", "not":
                if following is None or following.text != "in":
                    raise _misplaced(token, f"'not' cannot follow {shown(before.text)}", "write 'not in', or 'and not'")
            case (("word" | "sign"), text) if text in _OPERATORS:
                if before.kind == "filter":
                    raise _misplaced(before, f"{shown(before.text)} is not compared here", "write prop=value")
                self.wants_value = True
            case "sign", ".":
                if before.kind not in ("name", "property"):
                    raise _misplaced(token, f"nothing can be read from {shown(before.text)} with a dot", LANGUAGE)
                self.wants_value = True
            case "sign", "=":
                if before.kind != "filter":
                    raise _misplaced(token, "'=' does not compare", "write ==")
                self.wants_value = True
            case "sign", "(" if before.kind in ("name", "property"):
                self.push(token, is_call=True)
                self.wants_value = True
            case "sign", "[":
                help_ = "take items with first(list, n), or ask with 'in'"
                raise _misplaced(token, "square brackets cannot follow a value: they make lists", help_)
            case "sign", ",":
                self.comma(token)
            case "sign", (")" | "]"):
                self.close(token)
            case _:
                self.missing_operator(before, token)
        return token

    def missing_operator(self, before: Token, token: Token) -> None:
        message = f"between {shown(before.text)} and {shown(token.text)} something is missing"
        help_ = help_for(before.text, otherwise="write and, or, or a comparison between them")
        help_ = help_for(token.text, otherwise=help_)
        raise _misplaced(token, message, help_)

    def push(self, token: Token, *, is_call: bool) -> None:
        if len(self.open) == _BRACKETS_MAX:
            message = f"more than {_BRACKETS_MAX} brackets stand in each other"
            help_ = 'name parts of it as segments in brand.yaml, and ask in_segment("…")'
            raise _Misplaced(syntax(token.offset, 1, message, help_, rule="condition-size"))
        self.open.append(_Bracket(token, is_call=is_call))

    def is_empty(self, token: Token) -> bool:
        """Whether this closes at once a bracket that may be empty: `[]`, or `f()`, which its function refuses."""
        opening = self.open[-1] if self.open else None
        return (
            opening is not None
            and opening.token is self.arranged[-1]
            and (opening.is_call or opening.token.text == "[")
            and _CLOSING[opening.token.text] == token.text
        )

    def close(self, token: Token) -> None:
        if not self.open:
            raise _misplaced(token, f"the bracket {token.text} was never opened", "delete it, or open it before")
        bracket = self.open[-1]
        if _CLOSING[bracket.token.text] != token.text:
            message = f"{bracket.token.text} is closed by {token.text}"
            raise _misplaced(token, message, f"close it with {_CLOSING[bracket.token.text]}")
        self.end_argument(token)
        self.open.pop()
        self.wants_value = False

    def comma(self, token: Token) -> None:
        if not self.open:
            raise _misplaced(token, "a comma stands between items of a list or of a function only", "write and, or or")
        bracket = self.open[-1]
        if bracket.token.text == "(" and not bracket.is_call:
            raise _misplaced(token, "a list is written in square brackets", 'write ["a", "b"]')
        self.end_argument(token)
        bracket.named = False
        self.wants_value = True

    def end_argument(self, token: Token) -> None:
        bracket = self.open[-1]
        if bracket.any_named and not bracket.named:
            raise _misplaced(token, "after a filter prop=value only filters can follow", "write the filters last")


def _misplaced(token: Token, message: str, help_: str) -> _Misplaced:
    return _Misplaced(syntax(token.offset, len(token.text), message, help_))
