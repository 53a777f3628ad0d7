"""Extracts: where a value stands in what somebody sends, in JMESPath.

What is sent is one object to them: `body`, `headers` (their names in small letters, with `_` for `-`) and, where a
body holds several, `item`.  An extract that begins otherwise would find nothing, and is no extract; nor is one
that calls a function which there is not.  So what is read with one that could be made fails only by what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jmespath
from jmespath import exceptions, functions

from journeys.definition.currency import decimals_of
from journeys.definition.nearest import nearest, shown
from journeys.definition.written import shorten
from journeys.errors import InputError

LENGTH_MAX = 1_000  # characters
BEGINNINGS = ("body", "headers", "item")

# These give what stands below another value a meaning of its own: only the first part is read from the whole.
_INNER = ("subexpression", "index_expression", "projection", "value_projection", "filter_projection", "flatten", "pipe")


class BadExtract(ValueError):
    """No extract; `offset` is the character at which that shows."""

    def __init__(self, message: str, *, offset: int = 0, help: str | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.help = help or "write where it stands in JMESPath, such as body.order.id"


class OtherCurrency(InputError):
    """An amount of money that is not the brand's: as if it were, it would be counted wrongly."""


class _Functions(functions.Functions):
    """JMESPath's own functions, and what it cannot do: it has no arithmetic.  `currency` is the brand's."""

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._currency = currency

    @functions.signature({"types": ["number"]}, {"types": ["string"]})
    def _func_from_minor(self, amount: float, currency: str) -> float:
        if currency.upper() != self._currency:
            raise OtherCurrency(f"its amount is in {shown(shorten(currency))}, and the brand's are in {self._currency}")
        return amount / float(10 ** decimals_of(self._currency))


_TABLE: Mapping[str, Any] = _Functions.FUNCTION_TABLE
FUNCTIONS: tuple[str, ...] = tuple(sorted(_TABLE))


@lru_cache(maxsize=4)
def _options(currency: str) -> jmespath.Options:
    return jmespath.Options(custom_functions=_Functions(currency))


@dataclass(frozen=True, slots=True)
class Extract:
    """One place; `text` is how it is written."""

    text: str
    _compiled: Any = field(repr=False, compare=False)

    def of(self, sent: Mapping[str, Any], *, currency: str) -> Any:
        """What stands there; None where nothing does.  Raises InputError where it cannot be worked out of this.

        `currency` is the brand's; an amount in another one is OtherCurrency.
        """
        try:
            return self._compiled.search(sent, options=_options(currency))
        except exceptions.JMESPathError as error:
            raise InputError(f"`{shorten(self.text)}`: {_first_line(error)}") from None
        except (ArithmeticError, RecursionError, TypeError) as error:
            # What the library does not see to: a number without end, texts compared with numbers.
            raise InputError(f"`{shorten(self.text)}` cannot be worked out of this: {type(error).__name__}") from None


def read_extract(text: str) -> Extract:
    """Raises BadExtract."""
    if len(text) > LENGTH_MAX:
        raise BadExtract(f"this is longer than {LENGTH_MAX:,} characters", help="say it in fewer words")
    try:
        compiled = jmespath.compile(text)
    except exceptions.EmptyExpressionError:
        raise BadExtract("this text is empty") from None
    except exceptions.ParseError as error:
        raise _unread(text, error) from None
    except RecursionError:
        raise BadExtract("this is nested too deep", help="say it in fewer brackets") from None
    _see_functions(compiled.parsed, text)
    for name in _beginnings(compiled.parsed):
        if name not in BEGINNINGS:
            meant = nearest(name, BEGINNINGS)
            raise BadExtract(
                f"{shown(name)} is nothing that is sent: it begins with 'body', 'headers' or 'item'",
                offset=max(text.find(name), 0),
                help=meant
                if meant.startswith("did you mean")
                else f"write 'body.{shorten(name)}' if it is in the body",
            )
    return Extract(text, compiled)


def begins_with(extract: Extract, name: str) -> bool:
    """Whether it reads that part of what is sent."""
    return name in _beginnings(extract._compiled.parsed)


def _unread(text: str, error: exceptions.ParseError) -> BadExtract:
    place = min(int(error.lex_position), max(len(text) - 1, 0))
    if isinstance(error, exceptions.IncompleteExpressionError):
        return BadExtract("this ends too early", offset=place, help="a bracket is open, or a part is missing")
    word = shown(shorten(str(error.token_value)))
    message = f"{word} makes no sense here"
    if str(error.token_type).startswith("UNCLOSED"):
        message = f"{word} is not closed"
    if text[place] == "-":
        return BadExtract(message, offset=place, help="a name with a '-' stands in quotes, as in body.\"event-id\"")
    return BadExtract(message, offset=place)


def _see_functions(node: Mapping[str, Any], text: str) -> None:
    for each in _nodes(node):
        if each["type"] != "function_expression":
            continue
        name, given = str(each["value"]), len(each["children"])
        place = max(text.find(f"{name}("), 0)
        if name not in _TABLE:
            raise BadExtract(f"there is no function {shown(name)}", offset=place, help=nearest(name, FUNCTIONS))
        wanted = _TABLE[name]["signature"]
        is_open = bool(wanted) and wanted[-1].get("variadic", False)
        if given < len(wanted) or (given > len(wanted) and not is_open):
            raise BadExtract(
                f"{name}() takes {'at least ' if is_open else ''}{len(wanted)}, and here are {given}",
                offset=place,
                help="see jmespath.org for what each function takes",
            )


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node["children"]:
        yield from _nodes(child)


def _beginnings(node: Mapping[str, Any]) -> Iterator[str]:
    """The names that are looked up in the whole of what is sent."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield str(node["value"])
    elif kind != "expref":
        for child in children[:1] if kind in _INNER else children:
            yield from _beginnings(child)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
