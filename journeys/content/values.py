"""What words may print, and how each kind of value prints itself.

Inside, money is whole minor units, a moment is microseconds and a date is days; nobody
wants to read those.  `readable` gives every value the shape that the reader expects, in
the brand's language and the customer's zone, and leaves out what words may not read.
Nothing here reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from journeys.definition.model import Brand, Type

# What every enrollment knows of itself, besides what the journey keeps.
JOURNEY_NAMES: Mapping[str, Type] = {
    "key": "text",
    "entered_at": "moment",
    "stage": "text",
    "state": "text",
    "arrived_at": "moment",
    "visits": "number",
}
BRAND_NAMES: Mapping[str, Type] = {"name": "text", "timezone": "text", "locale": "text", "currency": "text"}
OFFER_NAMES: Mapping[str, Type] = {"code": "text", "percent": "number", "amount": "money", "expires_at": "moment"}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Whatever some program takes for the end of a line.  A value may not begin a new one in a
# subject (a header could follow) or in a text message.
_BREAKS = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BREAKS_AND_BLANKS = re.compile(
    "[ \t]*(?:\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029])[ \t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]*"
)
# Control characters, which no mail may carry, and halves of surrogate pairs, which no
# encoding can.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """The brand's way of writing numbers, dates and money."""

    locale: str = "en"
    currency: str = "EUR"


class Money(Decimal):
    """An amount in the currency's main unit, so that `> 50` means what it says; prints as money."""

    manner: Manner

    @classmethod
    def of(cls, amount: Decimal | int, manner: Manner) -> Self:
        money = cls(amount)
        money.manner = manner
        return money

    def __str__(self) -> str:
        return _as_money(super().__str__(), self.manner)


@dataclass(frozen=True, slots=True)
class When:
    """A moment in the customer's zone, or a date; prints as a long date."""

    value: datetime | date
    manner: Manner

    def __str__(self) -> str:
        return format_date(self.value, format="long", locale=locale_of(self.manner.locale))


@lru_cache(maxsize=64)
def locale_of(name: str) -> Locale:
    return known_locale(name) or Locale.parse("en")


def known_locale(name: str) -> Locale | None:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def name_of_language(code: str) -> str:
    """As those who speak it call it: `Deutsch`, `português (Brasil)`, with a capital to stand by itself."""
    name = locale_of(code).get_display_name() or code
    return name[:1].upper() + name[1:]


# Prices are few and are said often.  They come as text, for -0 and 0 are one number and not said alike.
@lru_cache(maxsize=1_024)
def _as_money(amount: str, manner: Manner) -> str:
    return format_currency(Decimal(amount), manner.currency, locale=locale_of(manner.locale))


def said(value: object, manner: Manner) -> str:
    """How a value prints.  Raises TypeError for a whole row or scope: nobody wants to read one."""
    match value:
        case None:
            return ""
        case str():
            return printable(value)
        case bool():
            return "true" if value else "false"
        case Money() | When():
            return str(value)
        case int():
            return str(value)
        case float() | Decimal():
            return format_decimal(value, locale=locale_of(manner.locale), group_separator=False)
        case Mapping():
            raise TypeError("this is several values at once: say which one, after a dot")
        case Sequence():
            return format_list([said(item, manner) for item in value], locale=locale_of(manner.locale))
    # Liquid's own things: an undefined name prints nothing, `forloop` its own name.
    return printable(str(value))


def printable(text: str) -> str:
    """The text, with every kind of line break as a newline and without what cannot be printed."""
    text = _UNPRINTABLE.sub("", _BREAKS.sub("\n", text))
    return _SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    return _BREAKS_AND_BLANKS.sub(" ", text).strip()


def readable(
    *,
    brand: Brand,
    customer: Mapping[str, object],
    journey: Mapping[str, object],
    kept: Mapping[str, Type],
    zone: str | None = None,
    recommended: Iterable[Mapping[str, object]] = (),
    columns: Mapping[str, Type] | None = None,
    offer: Mapping[str, object] | None = None,
    ask_url: str | None = None,
    preferences_url: str | None = None,
) -> dict[str, object]:
    """The values of one touch for one customer, from raw ones, as `compose` wants them.

    A field that is not declared, or is sensitive, is not in there.  Moments are shown in
    `zone`, else in the brand's.
    """
    manner = Manner(locale=brand.locale, currency=brand.currency)
    clock = ZoneInfo(zone or brand.timezone)

    def dress(values: Mapping[str, object], types: Mapping[str, Type]) -> dict[str, object]:
        return {name: _dressed(values.get(name), type_, manner, brand.decimals, clock) for name, type_ in types.items()}

    values: dict[str, object] = {
        "customer": dress(customer, {f.name: f.type for f in brand.fields.values() if not f.sensitive}),
        "journey": dress(journey, {**kept, **JOURNEY_NAMES}),
        "brand": {name: getattr(brand, name) for name in BRAND_NAMES},
        "recommended": [dress(row, columns or {}) for row in recommended],
    }
    if offer is not None:
        values["offer"] = dress(offer, OFFER_NAMES)
    if ask_url is not None:
        values["ask_url"] = ask_url
    if preferences_url is not None:
        values["preferences_url"] = preferences_url
    return values


def _dressed(value: object, type_: Type, manner: Manner, decimals: int, zone: ZoneInfo) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None  # a name of blanks greets nobody either
    if type_.startswith("list of ") and isinstance(value, Sequence) and not isinstance(value, str):
        return [_dressed(item, type_.removeprefix("list of "), manner, decimals, zone) for item in value]
    match type_, value:
        case "money", int():
            return Money.of(Decimal(value).scaleb(-decimals), manner)
        case "moment", int():
            return When((_EPOCH + timedelta(microseconds=value)).astimezone(zone), manner)
        case "date", int():
            return When(_EPOCH.date() + timedelta(days=value), manner)
        case (("moment" | "date"), date()):
            return When(value, manner)
    return value
