"""What brand.yaml may say."""

from __future__ import annotations

from journeys.definition import scalars
from journeys.definition.currency import read_currency
from journeys.definition.kinds import (
    AMOUNT,
    ANYTHING,
    CONDITION,
    COUNT,
    DATA_KIND,
    EVENTS,
    EXACT,
    FLAG,
    IDENTIFIER,
    NAME,
    NUMBER,
    PURPOSE_CLASS,
    SHARE,
    TEXT,
    TEXTS,
    TIME,
    TYPE,
    UNTIMED,
    ZONE,
    choice,
    text,
)
from journeys.definition.request import METHODS, VIAS, read_header, read_header_value, read_url
from journeys.definition.shapes import Key, ListOf, MapOf, Record

_FIELD_REF = text("a field such as customer.email", scalars.read_after("customer"), "field-name")
_WEB_ADDRESS = text('an address such as "${SMS_URL}" or https://sms.example/send', read_url, "url")
_PROPERTIES = MapOf(name=IDENTIFIER, value=TYPE)
_POINTS = MapOf(name=TEXT, value=NUMBER)


_REQUEST = Record(
    name="request",
    words="a request",
    keys={
        "url": Key(shape=_WEB_ADDRESS, words="where it goes", is_required=True),
        "method": Key(shape=choice(*METHODS), words="POST unless said"),
        "headers": Key(
            shape=MapOf(
                name=text("the name of a header, such as authorization", read_header, "header-name"),
                value=text('what a header says, such as "Bearer ${SMS_TOKEN}"', read_header_value, "header-value"),
            ),
            words="the headers",
        ),
        "json": Key(shape=ANYTHING, words="what is sent, as JSON; placeholders stand in its texts"),
        "form": Key(shape=MapOf(name=TEXT, value=TEXT), words="what is sent, as a form"),
        "body": Key(shape=TEXT, words="what is sent, as plain text"),
        "secret": Key(shape=TEXT, words='what signs a webhook, such as "${CRM_SECRET}"'),
    },
)


def _named(record: Record) -> MapOf:
    return MapOf(name=NAME, value=record)


BRAND = Record(
    name="brand",
    words="the brand",
    keys={
        "brand": Key(shape=TEXT, words="who we are", is_required=True),
        "timezone": Key(shape=ZONE, words="the zone of customers whose own is not known", is_required=True),
        "locale": Key(
            shape=text("a language such as en", scalars.read_name, "locale"), words="the language of the words"
        ),
        "currency": Key(
            shape=text("a code such as EUR", read_currency, "unknown-currency", pattern="^[A-Z]{3}$"),
            words="the currency that money is written in",
            is_required=True,
        ),
        "sender": Key(
            shape=Record(
                name="sender",
                words="the sender",
                keys={
                    "name": Key(shape=TEXT, words="the name that customers see"),
                    "email": Key(shape=TEXT, words="the address it comes from"),
                    "reply_to": Key(shape=TEXT, words="the address that replies go to"),
                },
            ),
            words="who touches come from",
        ),
        "purposes": Key(
            shape=_named(
                Record(
                    name="purpose",
                    words="a purpose",
                    keys={
                        "class": Key(shape=PURPOSE_CLASS, words="what it obeys", is_required=True),
                        "words": Key(shape=TEXT, words="what customers consent to"),
                        "version": Key(shape=COUNT, words="the version of these words"),
                    },
                )
            ),
            words="what we may contact and know customers for",
        ),
        "fields": Key(
            shape=MapOf(
                name=IDENTIFIER,
                value=Record(
                    name="field",
                    words="a field",
                    keys={
                        "type": Key(shape=TYPE, words="the type of its values", is_required=True),
                        "kind": Key(shape=DATA_KIND, words="what kind of data it is"),
                        "purpose": Key(shape=TEXT, words="the purpose we know it for"),
                        "keep": Key(shape=EXACT, words="how long it is kept"),
                        "sensitive": Key(shape=FLAG, words="never in a condition or a touch's words"),
                        "address": Key(shape=FLAG, words="whether touches are sent to it"),
                        "default": Key(shape=ANYTHING, words="the value of customers who have none"),
                        "counts": Key(
                            shape=Record(
                                name="counts",
                                words="what it counts",
                                keys={
                                    "up": Key(shape=EVENTS, words="events that add one", is_required=True),
                                    "down": Key(shape=EVENTS, words="events that take it away", is_required=True),
                                    "by": Key(shape=TEXT, words="the property that tells them apart", is_required=True),
                                },
                            ),
                            words="a number kept by itself, from events",
                        ),
                    },
                ),
            ),
            words="what we may know of a customer; what is not here is not stored",
        ),
        "events": Key(
            shape=_named(
                Record(
                    name="event",
                    words="an event",
                    keys={
                        "kind": Key(shape=DATA_KIND, words="what kind of data it is"),
                        "purpose": Key(shape=TEXT, words="the purpose we know it for"),
                        "keep": Key(shape=EXACT, words="how long it is kept"),
                        "properties": Key(shape=_PROPERTIES, words="what it carries, with types"),
                    },
                )
            ),
            words="what we may hear; what is not here is not stored",
        ),
        "people": Key(
            shape=_named(
                Record(
                    name="person",
                    words="a person",
                    keys={
                        "email": Key(shape=TEXT, words="a fixed address"),
                        "field": Key(shape=_FIELD_REF, words="a field of the customer that holds the address"),
                        "else": Key(shape=TEXT, words="another of the people, where the field is empty"),
                        "webhook": Key(shape=_WEB_ADDRESS, words="the address of a machine"),
                    },
                )
            ),
            words="who else may be told",
        ),
        "channels": Key(
            shape=_named(
                Record(
                    name="channel",
                    words="a channel",
                    keys={
                        "via": Key(shape=choice(*VIAS), words="how it is sent", is_required=True),
                        "address": Key(shape=_FIELD_REF, words="the field that holds the address"),
                        "cost": Key(shape=AMOUNT, words="what one costs, in the brand's currency"),
                        "rate": Key(
                            shape=text("a rate such as 50 per second", scalars.read_rate, "rate"), words="how fast"
                        ),
                        "at_most_once": Key(shape=FLAG, words="rather none than twice"),
                        "track": Key(
                            shape=ListOf(item=choice("opens", "clicks")),
                            words="what is told of the mails of customers who allow us to know",
                        ),
                        "request": Key(shape=_REQUEST, words="the request that sends it"),
                    },
                )
            ),
            words="the media, and how they are reached",
        ),
        "caps": Key(
            shape=ListOf(
                item=Record(
                    name="cap",
                    words="a cap",
                    keys={
                        "most": Key(shape=COUNT, words="how many at most", is_required=True),
                        "per": Key(shape=EXACT, words="in which time", is_required=True),
                        "each": Key(shape=choice("channel", "topic", "touch"), words="counted for each of these"),
                        "class": Key(shape=PURPOSE_CLASS, words="only touches of this class"),
                        "purposes": Key(shape=TEXTS, words="only touches for these purposes"),
                        "channels": Key(shape=TEXTS, words="only on these channels"),
                        "topics": Key(shape=TEXTS, words="only on these topics"),
                        "if": Key(shape=CONDITION, words="for customers where this holds"),
                    },
                )
            ),
            words="how often at most; rolling, never calendar days",
        ),
        "quiet": Key(
            shape=Record(
                name="quiet",
                words="the quiet hours",
                keys={
                    "from": Key(shape=TIME, words="when they begin, for the customer", is_required=True),
                    "to": Key(shape=TIME, words="when they end", is_required=True),
                    "spread": Key(shape=EXACT, words="over which time customers are spread afterwards"),
                },
            ),
            words="when not to touch",
        ),
        "hours": Key(
            shape=MapOf(
                name=text("weekdays such as mon-fri", scalars.read_days, "weekday", why=UNTIMED),
                value=text('hours such as "09:00-18:00"', scalars.read_hours, "time-of-day", why=UNTIMED),
            ),
            words="the brand's opening hours, which business hours and days count by",
        ),
        "holidays": Key(
            shape=ListOf(item=text("a day such as 2026-12-25", scalars.read_date, "date", why=UNTIMED)),
            words="days when the brand is closed",
        ),
        "holdout": Key(shape=SHARE, words="the share kept from all marketing, for good"),
        "suppress": Key(
            shape=ListOf(
                item=Record(
                    name="suppression",
                    words="a suppression",
                    keys={
                        "if": Key(shape=CONDITION, words="for customers where this holds", is_required=True),
                        "purposes": Key(shape=TEXTS, words="only touches for these purposes"),
                        "channels": Key(shape=TEXTS, words="only on these channels"),
                        "wait": Key(shape=FLAG, words="whether touches wait instead of being withheld"),
                        "because": Key(shape=TEXT, words="the reason that is told", is_required=True),
                    },
                )
            ),
            words="whom not to touch",
        ),
        "segments": Key(shape=MapOf(name=NAME, value=CONDITION), words="named conditions on customers"),
        "scores": Key(
            shape=_named(
                Record(
                    name="score",
                    words="a score",
                    keys={
                        "half_life": Key(shape=EXACT, words="in which time half of it fades"),
                        "add": Key(shape=_POINTS, words="points by event"),
                        "becomes": Key(shape=_POINTS, words="the value it takes, by event"),
                    },
                )
            ),
            words="numbers that rise with events and fade",
        ),
        "catalog": Key(shape=TEXT, words="the CSV file of what can be recommended"),
        "late_events": Key(
            shape=EXACT, words="how late an event may be and still lead somewhere; 24 hours unless said"
        ),
    },
)
