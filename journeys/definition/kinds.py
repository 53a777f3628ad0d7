"""The kinds of scalars in the language: what each is called, how it is read, what an editor may check.

One kind is one way of writing one meaning, so that a length of time looks the same wherever it
stands.  The readers are in `scalars.py` and `spans.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from journeys.definition import scalars
from journeys.definition.known import place_for
from journeys.definition.shapes import CONDITION_RULE, ListOf, Raw, Word
from journeys.definition.spans import read_exact, read_span, read_time_of_day

STRING = {"type": "string"}
SCALAR = {"type": ["string", "number", "boolean"]}
UNTIMED = "nobody could say when something is due"


def choice(*choices: str) -> Word:
    what = " or ".join([", ".join(choices[:-1]), choices[-1]]) if len(choices) > 1 else choices[0]
    return Word(what=what, reads=scalars.read_one_of(choices), json={"enum": list(choices)}, rule="unknown-word")


def text(what: str, reads: Any, rule: str, *, pattern: str | None = None, why: str | None = None) -> Word:
    json = {**STRING, "pattern": pattern} if pattern is not None else STRING
    word = Word(what=what, reads=reads, json=json, rule=rule)
    return word if why is None else replace(word, why=why)


def number(what: str, reads: Any, **limits: Any) -> Word:
    return Word(what=what, reads=reads, json={"type": "number", **limits}, is_bare=True)


TEXT = Word(what="a text", reads=scalars.read_text, json=SCALAR)
CONDITION = Word(
    what="a condition in quotes, such as 'event.total > 3'",
    reads=scalars.read_text,
    json=SCALAR,
    rule=CONDITION_RULE,
)
NAME = text(
    "a name such as win-back",
    scalars.read_name,
    "name",
    pattern="^[A-Za-z][A-Za-z0-9_-]*$",
    why="it could not be named",
)
IDENTIFIER = text(
    "a name such as first_name",
    scalars.read_identifier,
    "name",
    pattern="^[A-Za-z][A-Za-z0-9_]*$",
    why="no condition could name it",
)
FLAG = Word(what="true or false", reads=scalars.read_flag, json={"type": "boolean"}, is_bare=True)
WHOLE = number("a whole number", scalars.read_whole, multipleOf=1)
COUNT = number("a whole number", scalars.read_count, multipleOf=1, minimum=0)
NUMBER = number("a number", scalars.read_number)
AMOUNT = number("an amount such as 12.50", scalars.read_amount, minimum=0)
MULTIPLE = number("a number such as 1.4", scalars.read_multiple, exclusiveMinimum=0, maximum=scalars.MULTIPLE_MAX)
SHARE = text("a share such as 5%", scalars.read_share, "share", pattern="^[0-9.]+ ?%$")
SPAN = text("a length of time such as 3 days", read_span, "span", why=UNTIMED)
EXACT = text("a length of time such as 24 hours", read_exact, "span", why=UNTIMED)
TIME = text(
    'a time of day such as "18:00"', read_time_of_day, "time-of-day", pattern="^[0-9]{1,2}:[0-9]{2}$", why=UNTIMED
)
WEEKDAY = Word(
    what="a weekday such as tue", reads=scalars.read_weekday, json={"enum": list(scalars.WEEKDAYS)}, rule="weekday"
)
TYPE = choice(*scalars.TYPES, *scalars.LIST_TYPES)
PURPOSE_CLASS = choice("marketing", "service", "requested", "internal", "data")
DATA_KIND = choice("demographic", "psychographic", "behavioural", "engagement", "response")
ZONE = text(
    "a time zone such as Europe/Madrid", scalars.read_zone, "unknown-zone", why="nobody could say when their day is"
)


def _named(name: str, what: str) -> Word:
    """A name that a folder gives: an editor that is told of the folder knows it."""
    return replace(TEXT, what=what, json=place_for(name, SCALAR))


EVENT = _named("event", "an event such as order_placed")
TOUCH = _named("touch", "the name of a touch")
PURPOSE = _named("purpose", "one of the brand's purposes")
CHANNEL = _named("channel", "one of the brand's channels")
PERSON = _named("person", "one of the brand's people")
STATE = _named("state", "a stage, or stage.step")
DESTINATION = _named("destination", "a stage, stage.step, end.REASON, again or stay")
EVENTS = ListOf(item=EVENT, or_one=True)
TOUCHES = ListOf(item=TOUCH, or_one=True)
TEXTS = ListOf(item=TEXT, or_one=True)
ANYTHING = Raw(what="a value", json={})
