"""The filters words may use, each bounded in what it can make.

They are written here, and not taken from Liquid's own, for three reasons: Liquid's `date`
reads the clock and lets `strftime` pad to any width; `replace` and `join` can make
gigabytes out of kilobytes; and money must stay money when it is halved.

A filter takes the brand's manner, the value at hand and the filter's arguments.  What it
refuses it says as a `TypeError` or `ValueError` in the author's words.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from math import ceil as round_up
from math import floor as round_down

from babel.dates import format_date, format_datetime

from journeys.content.salutation import greeting
from journeys.content.values import Manner, Money, When, locale_of, said

TEXT_MAX = 20_000  # characters a filter may make; a whole mail is shorter
LIST_MAX = 1_000
NUMBER_MAX = 10**15

Number = int | Decimal

# What authors know from strftime, in the patterns that the locale data speaks.
_DIRECTIVES: Mapping[str, str] = {
    "d": "dd", "-d": "d", "e": "d", "m": "MM", "-m": "M", "B": "MMMM", "b": "MMM", "Y": "yyyy", "y": "yy",
    "A": "EEEE", "a": "EEE", "H": "HH", "-H": "H", "I": "hh", "-I": "h", "M": "mm", "S": "ss", "p": "a", "Z": "z",
}  # fmt: skip
_STYLES = ("short", "medium", "long", "full")


def bounded(value: object) -> object:
    """The value, or ValueError when it has grown past what words can need."""
    if isinstance(value, str) and len(value) > TEXT_MAX:
        raise ValueError(f"this makes a text of more than {TEXT_MAX:,} characters")
    if isinstance(value, list) and len(value) > LIST_MAX:
        raise ValueError(f"this makes a list of more than {LIST_MAX:,} items")
    if isinstance(value, (int, float, Decimal)) and not -NUMBER_MAX <= value <= NUMBER_MAX:
        raise ValueError(f"this makes a number beyond {NUMBER_MAX:,}")
    return value


def _number(value: object) -> Number:
    if value is None:
        return 0
    if isinstance(value, bool) or (isinstance(value, Sequence) and not isinstance(value, str)):
        raise TypeError("this is not a number")
    if isinstance(value, (int, Decimal)):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise TypeError("this is not a number") from None
    if not number.is_finite() or number.adjusted() > 15:
        raise ValueError("this is not a number that can be reckoned with")
    return number


def _whole(value: object) -> int:
    number = _number(value)
    bounded(number)
    return int(number)


def _like(value: object, number: Number) -> Number:
    return Money.of(number, value.manner) if isinstance(value, Money) else number


def _reckoned(value: object, other: object, reckon: Callable[[Number, Number], Number]) -> Number:
    left, right = _number(value), _number(other)
    bounded(left), bounded(right)
    try:
        number = reckon(left, right)
    except ArithmeticError:
        raise ValueError("this divides by zero") from None
    return _like(value if isinstance(value, Money) else other, number)


# ---------------------------------------------------------------- text


def append(manner: Manner, value: object, more: object) -> str:
    return said(value, manner) + said(more, manner)


def prepend(manner: Manner, value: object, more: object) -> str:
    return said(more, manner) + said(value, manner)


def capitalize(manner: Manner, value: object) -> str:
    return said(value, manner).capitalize()


def upcase(manner: Manner, value: object) -> str:
    return said(value, manner).upper()


def downcase(manner: Manner, value: object) -> str:
    return said(value, manner).lower()


def strip(manner: Manner, value: object) -> str:
    return said(value, manner).strip()


def truncate(manner: Manner, value: object, length: object = 50, end: object = "…") -> str:
    text, ending = said(value, manner), said(end, manner)
    room = _whole(length)
    return text if len(text) <= room else text[: max(0, room - len(ending))].rstrip() + ending


def truncatewords(manner: Manner, value: object, count: object = 15, end: object = "…") -> str:
    words = said(value, manner).split()
    most = max(1, _whole(count))
    return " ".join(words) if len(words) <= most else " ".join(words[:most]) + said(end, manner)


def replace(manner: Manner, value: object, old: object, new: object = "") -> str:
    text, out, into = said(value, manner), said(old, manner), said(new, manner)
    if not out:
        return text
    # Counted before it is made: every character of a long text may become a long text.
    if len(text) + text.count(out) * (len(into) - len(out)) > TEXT_MAX:
        raise ValueError(f"this makes a text of more than {TEXT_MAX:,} characters")
    return text.replace(out, into)


def remove(manner: Manner, value: object, old: object) -> str:
    return replace(manner, value, old)


def split(manner: Manner, value: object, at: object = " ") -> list[object]:
    text, separator = said(value, manner), said(at, manner)
    return list(text.split(None if separator in ("", " ") else separator))


# ---------------------------------------------------------------- lists


def join(manner: Manner, value: object, between: object = " ") -> str:
    if not isinstance(value, list):
        return said(value, manner)
    separator, texts = said(between, manner), [said(item, manner) for item in value]
    if sum(map(len, texts)) + len(separator) * len(texts) > TEXT_MAX:
        raise ValueError(f"this makes a text of more than {TEXT_MAX:,} characters")
    return separator.join(texts)


def first(manner: Manner, value: object) -> object:
    return value[0] if isinstance(value, list) and value else None


def last(manner: Manner, value: object) -> object:
    return value[-1] if isinstance(value, list) and value else None


def size(manner: Manner, value: object) -> int:
    return len(value) if isinstance(value, (list, str)) else 0


# ---------------------------------------------------------------- numbers


def plus(manner: Manner, value: object, other: object) -> Number:
    return _reckoned(value, other, lambda a, b: a + b)


def minus(manner: Manner, value: object, other: object) -> Number:
    return _reckoned(value, other, lambda a, b: a - b)


def times(manner: Manner, value: object, other: object) -> Number:
    return _reckoned(value, other, lambda a, b: a * b)


def divided_by(manner: Manner, value: object, other: object) -> Number:
    """As in Liquid, whole numbers divide to a whole number."""
    return _reckoned(value, other, _quotient)


def _quotient(left: Number, right: Number) -> Number:
    return left // right if isinstance(left, int) and isinstance(right, int) else Decimal(left) / Decimal(right)


def modulo(manner: Manner, value: object, other: object) -> Number:
    return _reckoned(value, other, lambda a, b: a % b)


def at_least(manner: Manner, value: object, other: object) -> Number:
    return _reckoned(value, other, max)


def at_most(manner: Manner, value: object, other: object) -> Number:
    return _reckoned(value, other, min)


def absolute(manner: Manner, value: object) -> Number:
    number = _number(value)
    return _like(value, number if number >= 0 else -number)


def ceil(manner: Manner, value: object) -> Number:
    return _like(value, round_up(_number(value)))


def floor(manner: Manner, value: object) -> Number:
    return _like(value, round_down(_number(value)))


def round_(manner: Manner, value: object, digits: object = 0) -> Number:
    places = max(0, min(_whole(digits), 15))
    number = Decimal(_number(value))
    if places == 0:
        return _like(value, round(number))
    return _like(value, number.quantize(Decimal(1).scaleb(-places)))


# ---------------------------------------------------------------- whatever


def default(manner: Manner, value: object, other: object = "", *, allow_false: object = False) -> object:
    if value is False and allow_false is True:
        return value
    return other if value is None or value is False or value == "" or value == [] else value


def salutation(
    manner: Manner, value: object, last_name: object = None, title: object = None, tone: object = None
) -> str:
    """How one begins: `{{ customer.first_name | salutation: customer.last_name, customer.title, customer.tone }}`.

    "Hi Ana", or "Dear Ms Ortega" to whom `tone` is "formal"; with less, what is left of it.
    """
    first, last, before, wish = [" ".join(said(each, manner).split()) for each in (value, last_name, title, tone)]
    return greeting(
        locale_of(manner.locale).language, first_name=first, last_name=last, title=before, tone=wish.lower()
    )


def money(manner: Manner, value: object) -> object:
    """An amount as the brand writes it; a plain number counts the currency's main unit."""
    if value is None or isinstance(value, Money):
        return value
    number = _number(value)
    bounded(number)
    return Money.of(number, manner)


def date_(manner: Manner, value: object, form: object = "long") -> str | None:
    """`short`, `medium`, `long`, `full`, or a pattern such as "%d %B", in the brand's language."""
    if value is None:
        return None
    if not isinstance(value, When):
        raise TypeError("'date' is for moments and dates")
    locale, pattern = locale_of(value.manner.locale), said(form, manner)
    if pattern in _STYLES:
        return format_date(value.value, format=pattern, locale=locale)
    if not isinstance(value.value, datetime):
        return format_date(value.value, format=_pattern(pattern), locale=locale)
    return format_datetime(value.value, format=_pattern(pattern), tzinfo=value.value.tzinfo, locale=locale)


def _pattern(form: str) -> str:
    if len(form) > 100:
        raise ValueError("this date pattern is too long")
    pattern = literal = ""
    rest = form
    while rest:
        text, percent, rest = rest.partition("%")
        literal += text
        if not percent:
            break
        directive = rest[:2] if rest.startswith("-") else rest[:1]
        rest = rest[len(directive) :]
        if directive == "%":
            literal += "%"
        elif directive in _DIRECTIVES:
            pattern, literal = pattern + _quoted(literal) + _DIRECTIVES[directive], ""
        else:
            raise ValueError(f"'%{directive}' is not a part of a date; there are %{' %'.join(_DIRECTIVES)}")
    return pattern + _quoted(literal)


def _quoted(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'" if literal else ""


FILTERS: Mapping[str, Callable[..., object]] = {
    "abs": absolute, "append": append, "at_least": at_least, "at_most": at_most, "capitalize": capitalize,
    "ceil": ceil, "date": date_, "default": default, "divided_by": divided_by, "downcase": downcase, "first": first,
    "floor": floor, "join": join, "last": last, "minus": minus, "modulo": modulo, "money": money, "plus": plus,
    "prepend": prepend, "remove": remove, "replace": replace, "round": round_, "salutation": salutation,
    "size": size, "split": split, "strip": strip,
    "times": times, "truncate": truncate, "truncatewords": truncatewords, "upcase": upcase,
}  # fmt: skip

# What is missing is theirs to fill: they say something whatever they are given.
FILLING = frozenset({"default", "salutation"})


def _arguments(function: Callable[..., object]) -> tuple[int, int, frozenset[str]]:
    parameters = list(inspect.signature(function).parameters.values())[2:]
    by_place = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    needed = sum(p.default is p.empty for p in by_place)
    return needed, len(by_place), frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


# How many arguments each filter needs and takes, and which by name.
ARGUMENTS: Mapping[str, tuple[int, int, frozenset[str]]] = {name: _arguments(f) for name, f in FILTERS.items()}
