"""Texts with a meaning: `5%`, `1 per 90 days`, `90 days after end`, `event.cart_id`, `09:00-18:00`.

Each reader takes the text as written and gives the value the model wants, or raises
`ValueError` with words for the author.  No reader knows where its text stands.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from journeys.definition.model import DAY, Most, Reenter
from journeys.definition.nearest import nearest, shown
from journeys.definition.spans import read_exact, read_time_of_day
from journeys.definition.written import plain_number, shorten
from journeys.definition.zones import zone_names

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TYPES = ("text", "number", "money", "boolean", "moment", "date", "email", "phone", "url")
LIST_TYPES = ("list of text", "list of number", "list of money")
# A scale longer than this is not one a person answers on, and a hostile file would ask for billions.
ANSWERS_MAX = 101
# What happens more often to one customer is no customer, and nobody would wait for the end of it.
DAILY_MAX = 10_000
# How many times as much something may be, and how far apart: beyond it a model of people says nothing.
MULTIPLE_MAX = 100
WIDTH_MAX = 10

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")
_MOST = re.compile(r"([0-9]{1,9}) (?:ever|per (.+))")
_REENTER = re.compile(r"(.+?) +after +(end|entry)")
_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) per (second|minute|hour)")
_HOW_OFTEN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) per (.+)")
_HOURS = re.compile(r"([0-9:]+) ?- ?([0-9:]+)")
_RANGE = re.compile(r"(-?[0-9]{1,18})\.\.(-?[0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT_END = (datetime(2101, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
# With a host; nothing of it would end an address in words, or hide a part of it.
_WEB_ADDRESS = re.compile(r"(?i:https?)://[^\s/?#\x00-\x1f\x7f][^\s\x00-\x1f\x7f]*")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def read_text(text: str) -> str:
    if not text.strip():
        raise ValueError("this text is empty")
    return text


def read_web_address(text: str) -> str:
    """An address that a click may lead to: whatever else a browser takes for one can do something (javascript:)."""
    if not _WEB_ADDRESS.fullmatch(text):
        raise ValueError(f"{shown(shorten(text))} is no address on the web, which begins with https:// or http://")
    return text


def read_name(text: str) -> str:
    """A name for files, events, touches, segments: letters a to z, digits, `-` and `_`, a letter first."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{shown(shorten(text))} cannot be a name: {_say_no_name(text, '-_')}")
    return text


def read_identifier(text: str) -> str:
    """A name that stands after a dot in conditions, where `-` is a minus."""
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError(f"{shown(shorten(text))} cannot be a name here: {_say_no_name(text, '_')}")
    if keyword.iskeyword(text):
        raise ValueError(f"'{text}' cannot be a name here: conditions could not read it")
    return text


def _say_no_name(text: str, signs: str) -> str:
    """What is wrong with it first, and then what is allowed; of letters and digits those of ASCII, and these signs."""
    wrong = next((one for one in text if not (one.isascii() and one.isalnum()) and one not in signs), None)
    if wrong is not None:
        allowed = ", ".join(("digits", *map(repr, signs[:-1]))) + f" and {signs[-1]!r}"
        return f"it has {wrong!r}, and names have letters a to z, {allowed}"
    if not text[:1].isalpha():
        return f"it begins with {text[0]!r}, and names with a letter" if text else "it is empty"
    return f"it has {len(text):,} characters, and names 100 at most"


def read_flag(text: str) -> bool:
    if text not in ("true", "True", "TRUE", "false", "False", "FALSE"):
        raise ValueError(f"{shown(shorten(text))} is read as text: only true and false say yes and no")
    return text.lower() == "true"


def read_number(text: str) -> int | float:
    number = plain_number(text)
    if number is None:
        raise ValueError(f"{shown(shorten(text))} is not a number")
    return number


def read_whole(text: str) -> int:
    number = read_number(text)
    if isinstance(number, float):
        raise ValueError(f"{shown(shorten(text))} is not a whole number")
    return number


def read_count(text: str) -> int:
    number = read_whole(text)
    if number < 0:
        raise ValueError(f"{shown(text)} is less than nothing")
    return number


def read_amount(text: str) -> Decimal:
    """An amount that is not negative, kept exact: floats would lose a cent."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{shown(shorten(text))} is not an amount")
    return Decimal(text)


def read_share(text: str) -> int:
    """Parts in a million."""
    share = int(_percent(text) * 10_000)
    if share > 1_000_000:
        raise ValueError(f"{shown(text)} is more than everyone")
    return share


def read_percent(text: str) -> float:
    """A multiple, written as a share that may be more than everyone: `120%` is 1.2."""
    return float(_percent(text) / 100)


def read_multiple(text: str) -> float:
    """How many times as much."""
    number = read_number(text)
    if not 0 < number <= MULTIPLE_MAX:
        raise ValueError(f"{shown(shorten(text))} is out of bounds: more than 0, and at most {MULTIPLE_MAX}")
    return float(number)


def read_width(text: str) -> float:
    """What a median is divided by and multiplied with."""
    number = read_number(text)
    if not 1 <= number <= WIDTH_MAX:
        raise ValueError(f"{shown(shorten(text))} is out of bounds: from 1, which is none, to {WIDTH_MAX}")
    return float(number)


def read_lift(text: str) -> float:
    """What is added to a rate, as a multiple of it: -1 takes all of it away."""
    number = read_number(text)
    if not -1 <= number <= MULTIPLE_MAX:
        raise ValueError(f"{shown(shorten(text))} is out of bounds: from -1, which ends it, to {MULTIPLE_MAX}")
    return float(number)


def read_how_often(text: str) -> tuple[float, int]:
    """`2.5 per 7 days`: how many, in how many microseconds."""
    found = _HOW_OFTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(shorten(text))} does not say how often")
    count, per = float(found[1]), read_exact(found[2])
    if not count:
        raise ValueError(f"{shown(text)} is never: leave it out")
    if count * DAY / per > DAILY_MAX:
        raise ValueError(f"{shown(text)} is more than {DAILY_MAX:,} a day for each customer")
    return count, per


def read_most(text: str) -> Most:
    found = _MOST.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(shorten(text))} does not say how often at most")
    return Most(count=int(found[1]), per=read_exact(found[2]) if found[2] else None)


def read_most_within(text: str) -> Most:
    most = read_most(text)
    if most.per is None:
        raise ValueError(f"{shown(text)} has no end: what is too many needs a length of time")
    return most


def read_reenter(text: str) -> Reenter:
    if text == "never":
        return Reenter(kind="never")
    if text == "always":
        return Reenter(kind="always")
    found = _REENTER.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(shorten(text))} does not say when a customer may enter again")
    return Reenter(kind="after end" if found[2] == "end" else "after entry", after=read_exact(found[1]))


def read_rate(text: str) -> float:
    """How many in a second."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(shorten(text))} is not a rate")
    if not float(found[1]):
        raise ValueError(f"{shown(text)} is never: leave the channel out")
    return float(found[1]) / _SECONDS[found[2]]


def read_ago(text: str) -> int:
    """Microseconds before now."""
    span, ago, rest = text.rpartition(" ago")
    if not ago or rest:
        raise ValueError(f"{shown(shorten(text))} does not end in 'ago'")
    return read_exact(span)


def read_days(text: str) -> tuple[int, ...]:
    """`mon` or `mon-fri`, as weekdays from Monday, 0."""
    first, dash, last = text.lower().partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise ValueError(f"{shown(shorten(text))} names no weekdays: they are {', '.join(WEEKDAYS)}")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


def read_weekday(text: str) -> int:
    if text.lower() not in WEEKDAYS:
        raise ValueError(f"{shown(shorten(text))} is not a weekday: they are {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(text.lower())


def read_window(text: str) -> tuple[int, int]:
    """`21:00-08:00`, in minutes of the day: overnight where it ends before it begins."""
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(shorten(text))} does not say from when until when, as 21:00-08:00")
    return read_time_of_day(found[1]), read_time_of_day(found[2])


def read_hours(text: str) -> tuple[int, int]:
    """`09:00-18:00`, in minutes of the day."""
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(shorten(text))} does not say from when until when")
    opens, closes = read_time_of_day(found[1]), read_time_of_day(found[2])
    if opens >= closes:
        raise ValueError(f"{shown(text)} closes before it opens: hours end on the day they begin")
    return opens, closes


def read_waking_hours(text: str) -> tuple[int, int]:
    """An hour at least: a night is worked out for each stretch of them."""
    opens, closes = read_hours(text)
    if closes - opens < 60:
        raise ValueError(f"{shown(text)} is less than an hour, and customers are awake for one a day at least")
    return opens, closes


def read_date(text: str) -> int:
    """Days since 1970-01-01."""
    try:
        if len(text) != 10:
            raise ValueError
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        raise ValueError(f"{shown(shorten(text))} is not a day of the calendar") from None


def read_zone(text: str) -> str:
    if text in zone_names():
        return text
    help = nearest(text[:100], sorted(zone_names())) if _NAME.match(text) else ""
    hint = f"; {help}" if help.startswith("did") else ""
    raise ValueError(f"{shown(shorten(text))} is not a time zone that exists{hint}")


def read_moment(text: str, zone: str) -> int:
    """Microseconds since 1970.  A text without an offset is local time in `zone`."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        since = (moment - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise ValueError(f"{shown(shorten(text))} is not a moment") from None
    if not 0 <= since < _MOMENT_END:
        raise ValueError(f"{shown(text)} lies before 1970 or after 2100")
    return since


def read_instant(text: str) -> int:
    """Microseconds since 1970.  A text without an offset is refused: it would mean another moment to each."""
    at = read_moment(text, "UTC")
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{shown(text)} does not say how far it is from UTC")
    return at


def read_answers(text: str) -> tuple[int | str, ...]:
    """One answer, or with `0..10` each number of a scale."""
    found = _RANGE.fullmatch(text)
    if found is None:
        number = plain_number(text)
        return (number if isinstance(number, int) else read_text(text),)
    first, last = int(found[1]), int(found[2])
    if not first < last < first + ANSWERS_MAX:
        raise ValueError(f"{shown(text)} is no scale: it goes up, and has at most {ANSWERS_MAX} answers")
    return tuple(range(first, last + 1))


def read_after(prefix: str) -> Callable[[str], str]:
    """Makes the reader of `customer.email` or `event.cart_id`, which keeps what follows the dot."""

    def read(text: str) -> str:
        scope, dot, name = text.partition(".")
        if scope != prefix or not dot or not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"{shown(shorten(text))} does not name one thing of '{prefix}.'")
        return name

    return read


def read_one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Makes the reader of a word that is one of these."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{shown(shorten(text))} is not known here; {nearest(text, choices)}")
        return text

    return read


def _percent(text: str) -> Decimal:
    found = _PERCENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(shorten(text))} is not a share: write a number with its '%'")
    return Decimal(found[1])
