"""What a population's file may say."""

from __future__ import annotations

from dataclasses import replace

from journeys.definition import scalars
from journeys.definition.kinds import (
    EVENT,
    EXACT,
    IDENTIFIER,
    MULTIPLE,
    NAME,
    NUMBER,
    SCALAR,
    SHARE,
    STATE,
    TEXT,
    UNTIMED,
    ZONE,
    number,
    text,
)
from journeys.definition.known import place_for
from journeys.definition.shapes import Either, Key, ListOf, MapOf, Raw, Record

_WIDTH = number("a number of at least 1, such as 1.5", scalars.read_width, minimum=1, maximum=scalars.WIDTH_MAX)
_DELAY = Either(
    plain=EXACT,
    mapping=Record(
        name="delay",
        words="a length of time that is drawn",
        keys={
            "from": Key(shape=EXACT, words="the shortest; none unless said"),
            "to": Key(shape=EXACT, words="the longest; all in between are as likely"),
            "median": Key(shape=EXACT, words="half take longer"),
            "times": Key(shape=_WIDTH, words="two thirds lie between the median divided by this and multiplied by it"),
        },
    ),
)
_SHARES = MapOf(name=TEXT, value=SHARE)
_CONSTANT = Raw(what="a value", json={"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]})
VALUE = Either(
    plain=_CONSTANT,
    mapping=Record(
        name="value",
        words="a value that is drawn",
        keys={
            "one_of": Key(
                shape=Either(plain=ListOf(item=_CONSTANT), mapping=_SHARES),
                words="one of these, each as likely; or with shares that add up to 100%",
            ),
            "some_of": Key(shape=_SHARES, words="for a list: each item is in it with its own share"),
            "from": Key(shape=NUMBER, words="the least; alone with 'to', all in between are as likely"),
            "to": Key(shape=NUMBER, words="the most"),
            "around": Key(shape=NUMBER, words="the mean of a normal distribution"),
            "spread": Key(shape=NUMBER, words="its standard deviation: two thirds lie no further away"),
            "median": Key(shape=NUMBER, words="half are more, and a few are much more"),
            "times": Key(shape=_WIDTH, words="two thirds lie between the median divided by this and multiplied by it"),
            "round": Key(
                shape=number("a number above 0", scalars.read_number, exclusiveMinimum=0),
                words="the step it is rounded to; 1 unless said, and for money the smallest coin",
            ),
            "id": Key(shape=NAME, words="a new one each time, which begins with this"),
            "same": Key(shape=IDENTIFIER, words="what a property of this name was last in what the customer did"),
            "in": Key(shape=_DELAY, words="for a moment or a date: how far off it is"),
            "known": Key(shape=SHARE, words="the share of those who have one; the others have none"),
        },
    ),
)
_FIELDS = MapOf(name=IDENTIFIER, value=VALUE)
_WITH = Key(shape=_FIELDS, words="the properties it carries")
_PURPOSE, _TOUCH = (replace(NAME, json=place_for(name, NAME.json)) for name in ("purpose", "touch"))
_CONSENTS = MapOf(name=_PURPOSE, value=SHARE)
_ZONES = MapOf(name=ZONE, value=SHARE)
_PERSONA = Record(
    name="persona",
    words="a persona",
    keys={
        "share": Key(shape=SHARE, words="how many customers are like this", is_required=True),
        "pace": Key(shape=MULTIPLE, words="how many times as often everything in 'rates' happens; 1 unless said"),
        "heeds": Key(
            shape=text("a share such as 120%", scalars.read_percent, "share", pattern="^[0-9.]+ ?%$"),
            words="how much touches move these, by their lifts; 100% unless said",
        ),
        "fields": Key(shape=_FIELDS, words="fields that are other than everybody's"),
        "consents": Key(shape=_CONSENTS, words="consents that are other than everybody's"),
        "zones": Key(shape=_ZONES, words="the time zones of these, instead of everybody's"),
    },
)
_FOLLOW = Record(
    name="follow",
    words="a follow-up",
    short="event",
    keys={
        "event": Key(shape=EVENT, words="the event that follows", is_required=True),
        "after": Key(shape=_DELAY, words="how long after; at once unless said"),
        "share": Key(shape=SHARE, words="how often it follows; always unless said"),
        "with": _WITH,
    },
)
_HAPPENING = Record(
    name="happening",
    words="an event of the population",
    keys={"with": _WITH, "then": Key(shape=ListOf(item=_FOLLOW, or_one=True), words="what comes of it")},
)
_RATE = Record(
    name="rate",
    words="a rate",
    short="rate",
    keys={
        "rate": Key(
            shape=text("a rate such as 1 per 10 days", scalars.read_how_often, "rate"),
            words="how often, for each customer",
            is_required=True,
        ),
        "with": _WITH,
    },
)
_REPLY = Record(
    name="reply",
    words="a reply",
    short="share",
    keys={
        "share": Key(shape=SHARE, words="how many of them do", is_required=True),
        "after": Key(shape=_DELAY, words="how long after; two thirds between 1 and 9 hours unless said"),
        "with": _WITH,
    },
)
REPLIES = {
    "opened": "who open it",
    "clicked": "of those who open it (where that is said), who follow a link",
    "replied": "who write back",
    "answered": "who answer what it asks",
    "declined": "who say no to it",
    "redeemed": "who use its offer",
    "complained": "who report it as unwanted",
}
_LIFT = Key(
    shape=MapOf(
        name=EVENT,
        value=number(
            "a number such as 2, which makes it three times as often",
            scalars.read_lift,
            minimum=-1,
            maximum=scalars.MULTIPLE_MAX,
        ),
    ),
    words="by event, what it adds to the usual rate at first, as a multiple of it",
)
_RESPONSE = Record(
    name="response",
    words="a response to a touch",
    keys={**{part: Key(shape=_REPLY, words=words) for part, words in REPLIES.items()}, "lift": _LIFT},
)
_RESPONSE_TO_ANY = Record(
    name="response-to-any",
    words="a response to any touch",
    keys={name: key for name, key in _RESPONSE.keys.items() if name != "answered"},
    refuses={"answered": "each touch asks something else: say it of that touch, under 'touches'"},
)
_FATIGUE = Record(
    name="fatigue",
    words="fatigue",
    keys={
        "beyond": Key(
            shape=text("how many are not too many, such as 3 per 7 days", scalars.read_most_within, "most"),
            words="how many marketing touches are not too many",
            is_required=True,
        ),
        "each": Key(shape=SHARE, words="the part of its effect that each one beyond loses more", is_required=True),
        "stops": Key(shape=SHARE, words="the share of customers who withdraw the consent, at each one beyond"),
    },
)
POPULATION = Record(
    name="population",
    words="a population",
    keys={
        "population": Key(shape=NAME, words="the journey, as in the file's name", is_required=True),
        "start": Key(
            shape=text("a moment such as 2026-01-12T00:00:00+01:00", scalars.read_instant, "moment", why=UNTIMED),
            words="when virtual time begins",
            is_required=True,
        ),
        "arrive": Key(shape=EXACT, words="the time over which customers turn up; all at the start unless said"),
        "awake": Key(
            shape=text('waking hours such as "07:00-23:30"', scalars.read_waking_hours, "time-of-day", why=UNTIMED),
            words="when customers do things, on their own clock; the whole day unless said",
        ),
        "zones": Key(shape=_ZONES, words="time zones with their shares; the brand's unless said"),
        "consents": Key(shape=_CONSENTS, words="by purpose, how many have given it; none unless said"),
        "fields": Key(shape=_FIELDS, words="what is known of everybody"),
        "personas": Key(shape=MapOf(name=NAME, value=_PERSONA), words="kinds of customers; their shares make 100%"),
        "events": Key(shape=MapOf(name=EVENT, value=_HAPPENING), words="what events carry, and what comes of them"),
        "rates": Key(
            shape=MapOf(name=STATE, value=MapOf(name=EVENT, value=_RATE)),
            words="how often events happen, by where the customer stands: before, a stage, stage.step, end, end.REASON",
        ),
        "any_touch": Key(shape=_RESPONSE_TO_ANY, words="what touches do that 'touches' does not name"),
        "touches": Key(
            shape=MapOf(name=_TOUCH, value=_RESPONSE),
            words="what each touch does to customers",
        ),
        "generic": Key(shape=SHARE, words="how much of all that generic words do; 100% unless said"),
        "fades": Key(shape=EXACT, words="after how long half of a lift is gone; 3 days unless said"),
        "fatigue": Key(shape=_FATIGUE, words="what happens to those who get too many"),
    },
)
