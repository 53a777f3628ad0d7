"""Liquid, as far as words need it, with every bound that a hostile file would try.

Only some tags and our own filters exist; there is no loader, so no other file; `now` and
`today` are gone, so no clock is read.  Every node that is rendered, every name that is
looked up and every filter that is applied is a step, and steps are counted: that one
number bounds loops, loops in loops, and whatever else Liquid repeats.

Values can be *held*: each printed value is then kept aside and a token stands in its place,
until Markdown has done its work and can no longer mistake a value for markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TextIO

from liquid import BoundTemplate, Environment, RenderContext, TokenStream
from liquid.builtin import content, illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    echo_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.exceptions import FilterArgumentError, LiquidError, LiquidSyntaxError, LiquidTypeError, ResourceLimitError
from liquid.output import LimitedStringIO
from liquid.parser import get_parser
from liquid.token import Token
from liquid.undefined import Undefined, is_undefined
from liquid.utils import ReadOnlyChainMap

from journeys.content.errors import Place, WordsError, place, place_of_name
from journeys.content.filters import FILLING, FILTERS, bounded
from journeys.content.lexing import FREED, HELD, NESTING_MAX, tokens_of
from journeys.content.reading import Read, reads_of
from journeys.content.values import Manner, said

__all__ = ["Rendered", "Template", "Unfilled", "WordsError", "names_read", "parse", "render", "render_fully"]

STEPS_MAX = 20_000
OUTPUT_MAX = 60_000  # bytes; some readers cut a mail at about 100 kB, markup included
LOCALS_MAX = 200_000  # bytes of what `assign` and `capture` keep

_TOO_LONG = f"these words become longer than {OUTPUT_MAX:,} bytes"

# What a template that is only badly written can make Python raise, below Liquid's own errors.
_FAILURES = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Parsed words: their source, and every name that they read."""

    source: str
    reads: tuple[Read, ...]
    bound: BoundTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What came out.  `held` are the values behind the tokens; `unfilled` where an `Unfilled` was printed."""

    text: str
    held: tuple[str, ...]
    unfilled: tuple[Place, ...]


class Unfilled(Undefined):
    """A value that is missing, and remembers it through filters until one fills it (`default`, `salutation`).

    The proof of a touch renders with these; a live render never sees one.
    """


class _Context(RenderContext):
    __slots__ = ("held", "held_size", "manner", "steps", "unfilled")

    def __init__(self, template: BoundTemplate, *, values: Mapping[str, object], held: list[str] | None) -> None:
        self.steps = 0
        self.held, self.held_size = held, 0
        self.unfilled: list[int] = []
        super().__init__(template, globals=values)
        # Liquid's own scope also holds `now` and `today`, which read the clock.
        self.scope = ReadOnlyChainMap(self.locals, self.globals)
        brand = values.get("brand")
        told = brand if isinstance(brand, Mapping) else {}
        self.manner = Manner(**{name: str(told[name]) for name in ("locale", "currency") if told.get(name)})

    def pay(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > STEPS_MAX:
            raise ResourceLimitError(
                "these words take too many steps: a loop in a loop, or over a long list", token=None
            )

    # Every node asks for the disabled tags before it renders, so this is where it pays.
    @property
    def disabled_tags(self) -> list[str]:
        self.pay()
        return []

    @disabled_tags.setter
    def disabled_tags(self, tags: list[str]) -> None:
        pass

    def get(self, path: list[object], *, token: Token | None, **default: Any) -> object:
        self.pay()
        return super().get(path, token=token, **default)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        self.pay()
        return partial(self.filtered, name)

    def filtered(self, name: str, value: object, *arguments: object, **named: object) -> object:
        if isinstance(value, Unfilled):
            if name not in FILLING:
                return value
            value = None
        if isinstance(value, str):
            self.pay(len(value) // 200)
        plain = [None if is_undefined(argument) else argument for argument in arguments]
        try:
            return bounded(FILTERS[name](self.manner, None if is_undefined(value) else value, *plain, **named))
        except _FAILURES as error:
            raise FilterArgumentError(f"the filter '{name}' fails: {error}", token=None) from None

    def write(self, value: object, token: Token, buffer: TextIO) -> int:
        if isinstance(value, Unfilled):
            self.unfilled.append(token.start_index)
        try:
            text = said(None if is_undefined(value) else value, self.manner)
        except TypeError as error:
            raise LiquidTypeError(str(error), token=token) from None
        if self.held is None:
            return buffer.write(text)
        self.held.append(text)
        self.held_size += len(text)
        if self.held_size > OUTPUT_MAX:
            raise ResourceLimitError(_TOO_LONG, token=token)
        return buffer.write(f"{HELD}{len(self.held) - 1}{FREED}")


class _Output(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        assert isinstance(context, _Context)
        return context.write(self.expression.evaluate(context), self.expression.token, buffer)


class _OutputTag(Output):
    node_class = _Output


class _EchoTag(echo_tag.EchoTag):
    node_class = _Output  # type: ignore[assignment]  # only its printed form differs


class _Capture(capture_tag.CaptureNode):
    # What is captured is a value from then on: its own values must not be tokens, which a
    # filter could cut in two.
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        assert isinstance(context, _Context)
        held, context.held = context.held, None
        try:
            return super().render_to_output(context, buffer)
        finally:
            context.held = held


class _CaptureTag(capture_tag.CaptureTag):
    node_class = _Capture


class _Words(Environment):
    block_nesting_limit = NESTING_MAX + 1
    local_namespace_limit = LOCALS_MAX
    output_stream_limit = OUTPUT_MAX

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (
            content.Literal, illegal.Illegal, _OutputTag, _EchoTag, _CaptureTag, if_tag.IfTag, unless_tag.UnlessTag,
            case_tag.CaseTag, for_tag.ForTag, for_tag.BreakTag, for_tag.ContinueTag, assign_tag.AssignTag,
            comment_tag.CommentTag, inline_comment_tag.InlineCommentTag,
        ):  # fmt: skip
            self.add_tag(tag)
        for name, function in FILTERS.items():
            self.add_filter(name, function)

    # The end of an expression has no place of its own; the tag around it has.
    def error(self, exc: type[LiquidError] | LiquidError, msg: str | None = None, token: Token | None = None) -> None:
        if isinstance(exc, LiquidError) and (exc.token is None or exc.token.start_index < 0):
            exc.token = token
        super().error(exc, msg, token)


_WORDS = _Words()


@lru_cache(maxsize=2_048)
def parse(source: str) -> Template:
    """The words, understood.  Raises WordsError, in bounded time and memory, if they cannot be."""
    try:
        tokens = tokens_of(source, _WORDS.tokenizer())
        bound = BoundTemplate(_WORDS, get_parser(_WORDS).parse(TokenStream(iter(tokens))))
        return Template(source=source, reads=reads_of(bound, source), bound=bound)
    except LiquidError as error:
        raise _explained(error, source) from None
    except RecursionError:
        raise WordsError("this is nested too deeply to be read", at=place(source, 0)) from None


def names_read(template: Template) -> Mapping[str, Sequence[tuple[int, int]]]:
    """Every name that the words read, with the line and column of each place where they do."""
    names: dict[str, list[tuple[int, int]]] = {}
    for read in template.reads:
        names.setdefault(read.dotted, []).append((read.at.line, read.at.column))
    return names


def render(template: Template, values: Mapping[str, object]) -> str:
    """The words with their values as they are, neither escaped nor marked."""
    return _render(template, values, held=None).text


def render_fully(template: Template, values: Mapping[str, object]) -> Rendered:
    """The words with every value held, to be put in once Markdown is done."""
    return _render(template, values, held=[])


def _render(template: Template, values: Mapping[str, object], *, held: list[str] | None) -> Rendered:
    context = _Context(template.bound, values=values, held=held)
    buffer = LimitedStringIO(limit=OUTPUT_MAX)
    try:
        template.bound.render_with_context(context, buffer)
    except LiquidError as error:
        raise _explained(error, template.source) from None
    except _FAILURES as error:
        raise WordsError(f"these words cannot be said: {error}", at=place(template.source, 0)) from None
    unfilled = tuple(place_of_name(template.source, offset) for offset in context.unfilled)
    return Rendered(text=buffer.getvalue(), held=tuple(held or ()), unfilled=unfilled)


_SYNTAX = "a value is written {{ name }}, with a filter {{ name | upcase }}, a choice {% if name %} … {% endif %}"
# Liquid's terms, in the author's.
_TERMS = {
    "end of expression": "the end",
    "eof": "the end",
    "expected word": "expected a filter's name",
    "primitive expression": "name or a value",
    "missing or unexpected path segment": "a name is missing",
    "missing tag name or closing delimiter": "this tag has no name",
    "missing expression": "something is missing after the tag's name",
    "expected in,": "expected 'in',",
    "an identifier": "a name",
    "found integer": "found a number",
    "found word": "found another word",
    "output stream limit reached": _TOO_LONG,
    "local namespace limit reached": f"these words keep more than {LOCALS_MAX:,} bytes in their own names",
}


def _explained(error: LiquidError, source: str) -> WordsError:
    message = str(error.message)
    for theirs, ours in _TERMS.items():
        message = message.replace(theirs, ours)
    token = error.token
    at = place(source, token.start_index, len(token.value)) if token and token.start_index >= 0 else place(source, 0)
    is_syntax = isinstance(error, LiquidSyntaxError)
    return WordsError(message, at=at, help=_SYNTAX if is_syntax else "")
