"""Conditions: what a text means in a scope, what is wrong with it, and that no text can hurt.

Every case is read through the one public door, `read_condition`, in the scope of a small
coffee shop whose names are those of the language's own examples.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from journeys.definition.functions import FUNCTIONS
from journeys.definition.model import (
    DAY,
    Call,
    Condition,
    Event,
    Field,
    ListOf,
    Literal_,
    Name,
    Node,
    Operation,
    Type,
)
from journeys.definition.reads import calls, events_read, fields_read, inexact_time, names_read, walk
from journeys.definition.scope import Fault, Scope
from journeys.definition.typecheck import read_condition

FIELDS = {
    "first_name": "text", "tier": "text", "budget": "money", "spent": "money", "interests": "list of text",
    "open_tickets": "number", "visits": "number", "vip": "boolean", "birthday": "date", "renews_on": "date",
    "trial_ends_at": "moment", "email": "email", "class": "text", "größe": "number",
}  # fmt: skip
EVENTS: dict[str, dict[str, Type]] = {
    "product_viewed": {"category": "text", "sku": "text"},
    "order_placed": {
        "order_id": "text",
        "total": "money",
        "skus": "list of text",
        "items": "number",
        "gift": "boolean",
    },
    "order_delivered": {"order_id": "text"},
    "trial_extended": {"ends_at": "moment", "items": "text"},
    "how-was-it.answered": {"answer": "number"},
    "spark.sent": {"channel": "text"},
    "vip.entered": {},
}
SCOPE = Scope(
    fields={
        **{name: Field(name=name, type=type_) for name, type_ in FIELDS.items()},
        "plan": Field(name="plan", type="text", default="free"),
        "tickets": Field(name="tickets", type="number", counts=object()),  # type: ignore[arg-type]
        "health_note": Field(name="health_note", type="text", sensitive=True),
    },
    heard={name: Event(name=name, properties=properties) for name, properties in EVENTS.items()},
    events=("order_placed",),
    kept={"order": "text", "category": "text", "ends_at": "moment", "seen": "list of text"},
    in_journey=True,
    touches=("spark", "how-was-it"),
    scores=("intent",),
    segments=("vip", "coffee-lovers"),
    purposes=("offers", "personalization"),
    journeys={"cart": ("need", "selection", "selection.paid"), "sunset": ("loyalty.asleep", "loyalty")},
    item=None,
    decimals=2,
)
EVERYWHERE = dataclasses.replace(SCOPE, item={"stock": "number", "price": "money", "title": "text"})


def read(text: str, scope: Scope = SCOPE, want: Type | None = "boolean") -> tuple[Condition, tuple[Fault, ...]]:
    return read_condition(text, scope, want=want)


def understood(text: str, scope: Scope = SCOPE, want: Type | None = None) -> Node:
    condition, faults = read(text, scope, want)
    assert [fault for fault in faults if fault.severity == "error"] == []
    assert condition.type == condition.node.type != "unknown"
    return condition.node


def refused(text: str, scope: Scope = SCOPE, want: Type | None = "boolean") -> Fault:
    condition, faults = read(text, scope, want)
    errors = [fault for fault in faults if fault.severity == "error"]
    assert len(errors) == 1, errors
    assert condition.type == "unknown"
    return errors[0]


def at(text: str, fault: Fault) -> str:
    return text[fault.offset : fault.offset + fault.length]


# ---------------------------------------------------------------- what is understood


IN_THE_LANGUAGE = {
    "a past in a window": 'count("product_viewed", "7 days") >= 3',
    "a score": 'score("intent") >= 40',
    "money beside a number": "customer.budget >= 500",
    "days since": 'days_since("order_placed") >= 25',
    "a segment": 'in_segment("coffee-lovers")',
    "a number kept by the engine": "customer.tickets > 0",
    "a sum": 'sum("order_placed.total", "365 days") >= 1000',
    "an item and a time": '"coffee" in customer.interests and days_since("order_placed") >= 30',
    "another journey's state": 'in_state("sunset", "loyalty.asleep")',
    "an item of the catalog": "item.stock > 0",
    "a ticket": "customer.open_tickets > 0",
    "tickets": "customer.open_tickets > 2",
    "another segment": 'in_segment("vip")',
}


ON_AN_EVENT = {
    "a category": ("product_viewed", 'event.category == "espresso"', "boolean"),
    "a promoter": ("how-was-it.answered", "event.answer >= 9", "boolean"),
    "a detractor": ("how-was-it.answered", "event.answer <= 6", "boolean"),
    "a matching order": ("order_delivered", "event.order_id == journey.order", "boolean"),
    "the value of a goal": ("order_placed", "event.total", "money"),
    "a value to keep": ("order_placed", "event.order_id", "text"),
}


@pytest.mark.parametrize(("event", "text", "type_"), ON_AN_EVENT.values(), ids=ON_AN_EVENT.keys())
def test_what_the_languages_own_page_asks_of_an_event_holds_together(event: str, text: str, type_: Type) -> None:
    assert understood(text, dataclasses.replace(SCOPE, events=(event,))).type == type_


@pytest.mark.parametrize("text", IN_THE_LANGUAGE.values(), ids=IN_THE_LANGUAGE.keys())
def test_the_conditions_of_the_languages_own_page_hold_together(text: str) -> None:
    assert understood(text, EVERYWHERE, "boolean").type == "boolean"


TYPES = {
    "arithmetic": ("1 + 2 * 3 - 4 / 5", "number"),
    "a minus": ("-customer.visits", "number"),
    "money and a number": ("customer.budget + 5", "money"),
    "money times": ("2 * customer.budget * 3", "money"),
    "money over a number": ("customer.budget / 2", "money"),
    "money over money": ("customer.budget / customer.spent", "number"),
    "a moment and days": ("journey.ends_at - days(3)", "moment"),
    "days and a moment": ("days(3) + now", "moment"),
    "two moments": ("now - journey.entered_at", "span"),
    "a moment and a date": ("now - customer.birthday", "span"),
    "a date and days": ("customer.birthday + weeks(1)", "date"),
    "a date and hours": ("customer.birthday + hours(9)", "moment"),
    "an anniversary": ("yearly(customer.birthday) - days(7)", "date"),
    "an event's name": ("event.name", "text"),
    "an event's moment": ("event.at", "moment"),
    "the key": ("journey.key", "text"),
    "the brand": ("brand.currency", "text"),
    "joined lists": ('journey.seen + ["a"]', "list of text"),
    "a list less another": ("journey.seen - event.skus", "list of text"),
    "an empty list and a full one": ('[] + ["a"]', "list of text"),
    "a list of money": ("[customer.budget, 5]", "list of money"),
    "values": ('values("order_placed.total")', "list of money"),
    "values of a list": ('values("order_placed.skus", now - days(9))', "list of text"),
    "the last moment": ('last("spark.sent")', "moment"),
    "the last value": ('last("how-was-it.answered.answer")', "number"),
    "a default": ("default(customer.budget, 0)", "money"),
    "the least of money": ("min(100, customer.budget)", "money"),
    "the latest moment": ("max(customer.birthday, now)", "moment"),
    "the latest date": ("max(customer.birthday, customer.renews_on)", "date"),
    "round": ("round(customer.visits / 3, 1)", "number"),
    "lower": ("lower(customer.email)", "text"),
    "length": ("len(customer.first_name) + len(journey.seen)", "number"),
    "first": ("first(customer.interests, 2)", "list of text"),
    "a keyword as a name": ("customer.class", "text"),
    "a name with an umlaut": ("customer.größe", "number"),
}


@pytest.mark.parametrize(("text", "type_"), TYPES.values(), ids=TYPES.keys())
def test_every_expression_has_the_type_an_author_expects(text: str, type_: Type) -> None:
    assert understood(text).type == type_


HOLDS = {
    "brackets and not": "not (customer.vip or customer.visits > 3) and true",
    "a bare truth": "customer.vip",
    "single quotes": "customer.tier == 'gold'",
    "an escaped quote": r'customer.tier == "a\"b"',
    "an emoji": 'customer.tier == "☕️ über"',
    "several lines": "customer.visits > 3\n   and\n\tcustomer.vip",
    "spaces around": "   customer.vip  ",
    "truth compared": "customer.vip == true",
    "an empty list": "journey.seen == []",
    "not in": 'customer.plan not in ["free", "trial"]',
    "a list of money": "customer.budget in [10, 20.5]",
    "covers": 'covers(customer.interests, ["a", "b"])',
    "overlaps": "overlaps(event.skus, journey.seen)",
    "touches": 'received("spark", "7 days") + opened("spark") + clicked("spark") + answered("how-was-it") == 0',
    "consent": 'consented("offers")',
    "a stage, a step and a key": 'in_state("cart", "need", "selection.paid", event.order_id)',
    "a date beside a moment": "customer.birthday <= now",
    "spans compared": "now - journey.entered_at > days(3)",
    "a window from a date": 'count("order_placed", customer.birthday) > 1',
    "filters": 'count("order_placed", "1 week", total=5, gift=false, order_id=event.order_id) > 0',
    "last with a filter": 'last("order_placed", order_id="a") < now',
    "the usual gap": 'usual_gap("order_placed") * 1.5 < days_since("order_placed")',
    "has": 'has(customer.first_name) and has(last("order_placed"))',
    "an address as a text": 'customer.email != "" or has(customer.email)',
    "no spaces": 'customer.tier=="a"and(customer.visits>3)',
}


@pytest.mark.parametrize("text", HOLDS.values(), ids=HOLDS.keys())
def test_a_condition_of_the_language_is_taken(text: str) -> None:
    condition, faults = read(text)

    assert faults == ()
    assert (condition.text, condition.type) == (text, "boolean")


def test_a_condition_becomes_the_tree_that_it_says() -> None:
    node = understood('customer.vip and not customer.visits * -2 >= 3 or event.order_id in ["a"]')

    vip = Name(scope="customer", name="vip", type="boolean")
    minus = Operation(operator="neg", operands=(Literal_(value=2, type="number"),), type="number")
    product = Operation(
        operator="*", operands=(Name(scope="customer", name="visits", type="number"), minus), type="number"
    )
    least = Operation(operator=">=", operands=(product, Literal_(value=3, type="number")), type="boolean")
    both = Operation(
        operator="and", operands=(vip, Operation(operator="not", operands=(least,), type="boolean")), type="boolean"
    )
    among = Operation(
        operator="in",
        operands=(
            Name(scope="event", name="order_id", type="text"),
            ListOf(items=(Literal_(value="a", type="text"),), type="list of text"),
        ),
        type="boolean",
    )
    assert node == Operation(operator="or", operands=(both, among), type="boolean")


def test_a_call_names_its_event_as_written_with_an_exact_window_and_filters() -> None:
    node = understood('sum("order_placed.total", "2 days", total=-5.5, order_id=journey.order)')

    assert node == Call(
        function="sum",
        arguments=(Literal_(value="order_placed.total", type="text"), Literal_(value=2 * DAY, type="span")),
        filters=(
            ("total", Literal_(value=-550, type="money")),
            ("order_id", Name(scope="journey", name="order", type="text")),
        ),
        type="money",
    )


MONEY = {
    "a number": ("customer.budget >= 500", 50_000),
    "cents": ("customer.budget >= 0.29", 29),
    "on the other side": ("19.99 < customer.budget", 1_999),
    "arithmetic": ("customer.budget > -(2 * 100.5) / 3 + 1", -6_600),
}


@pytest.mark.parametrize(("text", "minor"), MONEY.values(), ids=MONEY.keys())
def test_a_number_beside_money_becomes_minor_units(text: str, minor: int) -> None:
    literals = [one for one in walk(understood(text)) if isinstance(one, Literal_)]

    assert literals == [Literal_(value=minor, type="money")]


def test_a_factor_of_money_stays_a_number() -> None:
    literals = [one for one in walk(understood("customer.budget * 2 > 100")) if isinstance(one, Literal_)]

    assert literals == [Literal_(value=2, type="number"), Literal_(value=10_000, type="money")]


def test_a_currency_without_cents_keeps_the_number() -> None:
    yen = dataclasses.replace(SCOPE, decimals=0)

    assert Literal_(value=500, type="money") in walk(understood("customer.budget >= 500", yen))
    assert refused("customer.budget >= 0.5", yen).rule == "wrong-type"


@pytest.mark.parametrize(("text", "side"), [("now >= customer.birthday", 1), ("customer.birthday <= now", 0)])
def test_a_date_beside_a_moment_is_its_midnight(text: str, side: int) -> None:
    node = understood(text)

    birthday = Name(scope="customer", name="birthday", type="date")
    assert isinstance(node, Operation)
    assert node.operands[side] == Call(function="midnight", arguments=(birthday,), filters=(), type="moment")


def test_a_number_written_out_in_a_filter_is_one_constant() -> None:
    node = understood('count("order_placed", items=-(1 + 2))')

    assert isinstance(node, Call)
    assert node.filters == (("items", Literal_(value=-3, type="number")),)


WANTED = {
    "a moment": ("journey.ends_at", "moment", "moment"),
    "a date for a moment": ("customer.birthday - days(1)", "moment", "moment"),
    "money": ("event.total", "money", "money"),
    "a number for money": ("5", "money", "money"),
    "a count for money": ("event.items", "money", "number"),
    "money for a number": ("event.total", "number", "money"),
    "anything": ("event.skus", None, "list of text"),
}


@pytest.mark.parametrize(("text", "want", "type_"), WANTED.values(), ids=WANTED.keys())
def test_a_value_is_taken_where_its_type_is_wanted(text: str, want: Type | None, type_: Type) -> None:
    assert understood(text, want=want).type == type_


# ---------------------------------------------------------------- what is refused

REFUSED: dict[str, tuple[str, str, str, str]] = {
    # id: text, rule, the part that is underlined, a part of the help
    "unknown field": ("customer.budgt > 1", "unknown-field", "budgt", "did you mean 'budget'?"),
    "unknown function": ('cout("spark.sent") > 1', "unknown-function", "cout", "did you mean 'count'?"),
    "unknown event": ('count("product_vewed") > 1', "unknown-event", '"product_vewed"', "'product_viewed'"),
    "unknown property": ("event.totl > 1", "unknown-property", "totl", "'total'"),
    "unknown property in quotes": ('sum("order_placed.totl") > 1', "unknown-property", '"order_placed.totl"',
        "'total'"),
    "unknown filter": ('count("product_viewed", "7 days", categry="a") > 1', "unknown-property", "categry",
        "'category'"),
    "unknown touch": ('opened("sprk") > 1', "unknown-touch", '"sprk"', "'spark'"),
    "unknown score": ('score("intnt") > 1', "unknown-score", '"intnt"', "'intent'"),
    "unknown segment": ('in_segment("vp")', "unknown-segment", '"vp"', "'vip'"),
    "unknown purpose": ('consented("offer")', "unknown-purpose", '"offer"', "'offers'"),
    "unknown journey": ('in_state("crt", "need")', "unknown-journey", '"crt"', "'cart'"),
    "an end is no state": ('in_state("cart", "end.lapsed")', "unknown-state", '"end.lapsed"', "'need'"),
    "unknown state": ('in_state("cart", "selection.payd")', "unknown-state", '"selection.payd"', "'selection.paid'"),
    "unknown kept": ("journey.ordr == 'a'", "unknown-name", "ordr", "'order'"),
    "unknown of the brand": ("brand.timezne == 'a'", "unknown-name", "timezne", "'timezone'"),
    "unknown namespace": ("custmer.vip", "unknown-name", "custmer.vip", "'customer'"),
    "a field without customer": ("vip", "unknown-name", "vip", "customer.vip"),
    "an event without quotes": ("days_since(order_placed) > 3", "unknown-name", "order_placed",
        'quotes: "order_placed"'),
    "a namespace alone": ("has(customer)", "unknown-name", "customer", "customer.name"),
    "a name too deep": ("customer.budget.amount > 1", "unknown-name", "customer.budget.amount", "customer.budget"),
    "the inside of an object": ("customer.__class__ == 1", "unknown-field", "__class__", "did you mean"),
    "the inside of the inside": ("customer.__class__.__mro__ == 1", "unknown-name", "customer.__class__.__mro__",
        "dot"),
    "an item outside of recommend": ("item.stock > 0", "out-of-scope", "item.stock", "recommend"),
    "a sensitive field": ("has(customer.health_note)", "sensitive-field", "customer.health_note", "decide"),
    "text with number": ('customer.visits > "3"', "wrong-type", 'customer.visits > "3"', "without quotes: 3"),
    "text with truth": ('customer.vip == "true"', "wrong-type", 'customer.vip == "true"', "without quotes"),
    "text less than text": ('customer.tier < "b"', "wrong-type", 'customer.tier < "b"', "compare numbers"),
    "money with a number name": ("customer.budget > customer.visits", "wrong-type", "customer.budget > customer.visits",
                                 "type: money"),
    "money plus a number name": ("customer.budget + event.items > 3", "wrong-type", "customer.budget + event.items",
                                 "type: money"),
    "money times money": ("customer.budget * event.total > 3", "wrong-type", "customer.budget * event.total", "number"),
    "half a cent": ("customer.budget > 0.005", "wrong-type", "0.005", "round"),
    "moment plus moment": ("now + journey.ends_at > now", "wrong-type", "now + journey.ends_at", "days(3)"),
    "moment plus number": ("now + 3 > now", "wrong-type", "now + 3", "days(n)"),
    "date minus date": ("customer.birthday - customer.renews_on > days(1)", "wrong-type",
                        "customer.birthday - customer.renews_on", "compare the dates"),
    "span plus span": ("now - now + days(3) > days(1)", "wrong-type", "now - now + days(3)", "one after the other"),
    "a span in quotes": ('now - event.at > "3 days"', "wrong-type", 'now - event.at > "3 days"', "days(n)"),
    "months compared": ("now - event.at > months(3)", "wrong-type", "months(3)", "days(30)"),
    "text plus text": ('customer.tier + "a" == "b"', "wrong-type", 'customer.tier + "a"', "numbers"),
    "item plus list": ('journey.seen + "a" == []', "wrong-type", 'journey.seen + "a"', '["a"]'),
    "in a text": ('"a" in customer.tier', "wrong-type", "customer.tier", 'x in ["a", "b"]'),
    "a list in a list": ("journey.seen in event.skus", "wrong-type", "journey.seen", "covers"),
    "number in texts": ("3 in journey.seen", "wrong-type", "3 in journey.seen", ""),
    "a list of truths": ("customer.vip in [true, false]", "wrong-type", "true", "texts, numbers or money"),
    "a mixed list": ('customer.tier in ["a", 3]', "wrong-type", "3", "one type"),
    "a bare name": ("customer.first_name", "wrong-type", "customer.first_name", "has("),
    "a bare number between": ("customer.vip and customer.visits", "wrong-type", "customer.visits", "has("),
    "a bare list": ("journey.seen", "wrong-type", "journey.seen", "!= []"),
    "a bare call": ('count("vip.entered")', "wrong-type", 'count("vip.entered")', "> 0"),
    "minus a text": ('-customer.tier == "a"', "wrong-type", "-customer.tier", "number"),
    "divided by zero": ("customer.visits / (1 - 1) > 3", "wrong-type", "customer.visits / (1 - 1)", "something else"),
    "a window of months": ('count("spark.sent", "3 months") > 1', "wrong-window", '"3 months"', "7 days"),
    "a window of nonsense": ('count("spark.sent", "soon") > 1', "wrong-window", '"soon"', "7 days"),
    "a window of a number": ('opened("spark", 7) > 1', "wrong-window", "7", "7 days"),
    "a window of a span": ('opened("spark", days(7)) > 1', "wrong-window", "days(7)", "7 days"),
    "a filter of another type": ('count("order_placed", total="a") > 1', "wrong-type", '"a"', ""),
    "a filter by a list": ('count("order_placed", skus="a") > 1', "wrong-type", "skus", "one value"),
    "a filter twice": ('count("order_placed", gift=true, gift=true) > 1', "wrong-arguments", "gift", "once"),
    "a filter where none goes": ('score("intent", a=1) > 1', "wrong-arguments", "a", "score("),
    "last by what varies": ('last("order_placed", order_id=event.order_id) < now', "wrong-arguments", "event.order_id",
                            "written here"),
    "no argument": ("has()", "wrong-arguments", "has()", "has(customer.field)"),
    "too many arguments": ('score("a", "b") > 1', "wrong-arguments", 'score("a", "b")', 'score("name")'),
    "no name in quotes": ("count(event.name) > 1", "wrong-arguments", "event.name", "quotes"),
    "an event where a property goes": ('sum("order_placed") > 1', "wrong-arguments", '"order_placed"',
        "order_placed.total"),
    "a property where an event goes": ('days_since("order_placed.total") > 1', "wrong-arguments",
        '"order_placed.total"', ""),
    "a sum of texts": ('sum("order_placed.order_id") > 1', "wrong-type", '"order_placed.order_id"', "count("),
    "values of truths": ('values("order_placed.gift") == []', "wrong-type", '"order_placed.gift"', "last("),
    "no state": ("in_state('cart', event.order_id)", "wrong-arguments", "in_state('cart', event.order_id)", "state"),
    "a key that is a list": ("in_state('cart', 'need', event.skus)", "wrong-type", "event.skus", "key"),
    "min of texts": ('min("a", "b") == "a"', "wrong-type", 'min("a", "b")', "min("),
    "min of a mixture": ('min(1, now) < now', "wrong-type", "min(1, now)", ""),
    "round of money": ("round(customer.budget) > 1", "wrong-type", "customer.budget", "smallest unit"),
    "half a day": ("journey.ends_at - days(0.5) < now", "wrong-arguments", "0.5", "whole"),
    "ten thousand years": ("now + days(3650000) > now", "wrong-arguments", "3650000", "36,525"),
    "yearly of a moment": ("yearly(now) < now", "wrong-type", "now", "type: date"),
    "covers of a text": ('covers(customer.interests, "a")', "wrong-type", '"a"', '["a"]'),
    "default of another type": ("default(customer.visits, 'a') > 1", "wrong-type", "'a'", ""),
    "midnight is ours": ("midnight(customer.birthday) < now", "unknown-function", "midnight", "known:"),
    # what is no condition at all
    "empty": ("", "condition-syntax", "", "leave the key out"),
    "only spaces": (" \n ", "condition-syntax", " \n ", "leave the key out"),
    "a chain": ("1 < customer.visits < 5", "condition-syntax", "1 < customer.visits < 5", "and"),
    "one equals sign": ("customer.visits = 3", "condition-syntax", "=", "write =="),
    "capital AND": ("customer.vip AND customer.vip", "condition-syntax", "AND", "and"),
    "capital True": ("customer.vip == True", "unknown-name", "True", "true"),
    "None": ("None == customer.vip", "condition-syntax", "None", "has(x)"),
    "is": ("customer.vip is true", "condition-syntax", "is", "=="),
    "another language's and": ("customer.vip && customer.vip", "condition-syntax", "&&", "and"),
    "another language's not": ("!customer.vip", "condition-syntax", "!", "not"),
    "a comment": ("customer.vip # really", "condition-syntax", "#", "YAML"),
    "a percentage": ("customer.visits > 5%", "condition-syntax", "%", "0.05"),
    "typographic operator": ("customer.visits ≥ 3", "condition-syntax", "≥", ">="),
    "a power": ("9**9 > 1", "condition-syntax", "**", "no powers"),
    "too large a number": ("customer.visits > 1234567890123456", "condition-size", "1234567890123456", "15"),
    "an exponent": ("customer.visits > 1e999", "condition-syntax", "1e999", "digits"),
    "an octal": ("customer.visits > 010", "condition-syntax", "010", "digits"),
    "a complex number": ("customer.visits > 3j", "condition-syntax", "3j", "digits"),
    "not a number": ("customer.visits > nan", "unknown-name", "nan", "quotes"),
    "a lambda": ("lambda x: x", "condition-syntax", ":", ""),
    "a generator": ("max(x for x in journey.seen)", "condition-syntax", "for", ""),
    "a walrus": ("(x := 3) > 2", "condition-syntax", ":=", "keep"),
    "a formatted text": ('f"{now}" == "a"', "condition-syntax", "f", "quotes"),
    "bytes": ('b"a" == "a"', "condition-syntax", "b", "quotes"),
    "a subscript": ("journey.seen[0] == 'a'", "condition-syntax", "[", "first(list, n)"),
    "a method": ('"a".format(1) == "a"', "condition-syntax", ".", ""),
    "an attribute of a call": ('last("spark.sent").year > 1', "condition-syntax", ".", ""),
    "a call of a call": ('has(now)(now)', "condition-syntax", "(", ""),
    "a star": ("max(*journey.seen) > 1", "condition-syntax", "*", ""),
    "two stars": ("count(**customer.vip) > 1", "condition-syntax", "**", ""),
    "a choice": ("true if customer.vip else false", "condition-syntax", "if", "else"),
    "a tuple": ("customer.visits in (1, 2)", "condition-syntax", ",", "[\"a\", \"b\"]"),
    "a set": ("customer.visits in {1", "condition-syntax", "{", "square"),
    "a trailing comma": ("customer.visits in [1,]", "condition-syntax", "]", ""),
    "two texts": ('customer.tier == "a" "b"', "condition-syntax", '"b"', ""),
    "an open bracket": ("(customer.vip", "condition-syntax", "(", "close it with )"),
    "a bracket too many": ("customer.vip)", "condition-syntax", ")", "delete"),
    "the wrong bracket": ("has(customer.vip]", "condition-syntax", "]", "close it with )"),
    "an open quote": ('customer.tier == "gold', "condition-syntax", '"', "close"),
    "a dangling and": ("customer.vip and", "condition-syntax", "and", ""),
    "not where it cannot stand": ("customer.vip == not customer.vip", "condition-syntax", "not", "brackets"),
    "a filter first": ('count(gift=true, "order_placed") > 1', "condition-syntax", ")", "last"),
    "nul": ("customer.vip\x00", "condition-syntax", "\x00", ""),
    "nul in a text": ('customer.tier == "\x00"', "condition-syntax", "\x00", "delete"),
    "text turned around": ('customer.tier == "a\u202e"', "condition-syntax", "\u202e", "delete"),
    "half a character": ('customer.tier == "\ud800"', "condition-syntax", "\ud800", "delete"),
    "a strange escape": (r'customer.tier == "\x41"', "condition-syntax", r"\x", "backslash"),
    "too deep": ("(" * 40 + "true" + ")" * 40, "condition-size", "(", "segments"),
    "too many parts": ("1" + "+1" * 500 + " > 1", "condition-size", "1" + "+1" * 442, "segments"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "underlined", "help_"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mistake_is_named_underlined_and_helped(text: str, rule: str, underlined: str, help_: str) -> None:
    fault = refused(text)

    assert fault.rule == rule
    assert help_ in fault.help
    if rule != "condition-size" or len(text) < 100:
        assert at(text, fault) == underlined
    assert fault.message and fault.why and fault.help
    for ours in ("ast.", "Token", "Literal_", "None,", "Traceback", "unknown'"):
        assert ours not in fault.message + fault.why + fault.help


def test_columns_are_characters_whatever_stands_before() -> None:
    text = 'customer.größe > 3 and customer.tier == "☕️" and customer.budgt > 1'

    assert at(text, refused(text)) == "budgt"


def test_all_mistakes_are_told_at_once_in_the_order_of_the_text() -> None:
    text = 'customer.budgt > 1 and score("intnt") > "a" and cout("x") == 1 and customer.vip > 3'

    _, faults = read(text)

    assert [fault.rule for fault in faults] == [
        "unknown-field", "wrong-type", "unknown-score", "unknown-function", "wrong-type",
    ]  # fmt: skip


def test_what_could_be_read_of_a_faulty_condition_is_kept() -> None:
    condition, _ = read('customer.budgt > 1 and customer.visits > 3 and count("spark.sent") > 1')

    assert condition.type == "unknown"
    assert fields_read(condition.node) == {"visits"}
    assert events_read(condition.node, SCOPE.heard) == {"spark.sent"}


def test_without_an_event_the_message_says_that_nothing_is_at_hand() -> None:
    fault = refused("event.total > 1", dataclasses.replace(SCOPE, events=()))

    assert fault.rule == "out-of-scope"
    assert "no event" in fault.message
    assert "last(" in fault.help


def test_outside_of_a_journey_nothing_is_kept() -> None:
    fault = refused("journey.visits > 1", dataclasses.replace(SCOPE, in_journey=False, kept=None))

    assert fault.rule == "out-of-scope"


def test_a_property_that_only_some_of_the_events_carry_is_warned_of() -> None:
    condition, faults = read("event.total > 1", dataclasses.replace(SCOPE, events=("order_placed", "product_viewed")))

    assert condition.type == "boolean"
    assert [(fault.rule, fault.severity) for fault in faults] == [("property-of-some", "warning")]


def test_a_property_with_two_types_is_refused() -> None:
    scope = dataclasses.replace(SCOPE, events=("order_placed", "trial_extended"))

    assert refused("event.items == 1", scope).rule == "wrong-type"


def test_an_event_that_does_not_exist_is_told_elsewhere() -> None:
    _, faults = read("event.total > 1", dataclasses.replace(SCOPE, events=("nonsense",)))

    assert faults == ()


MISSING = {
    "not equal": ('customer.tier != "gold"', ["not-equal-missing"]),
    "not in": ('customer.tier not in ["gold"]', ["not-equal-missing"]),
    "inside of a function": ('lower(customer.tier) != "gold"', ["not-equal-missing"]),
    "asked for first": ('has(customer.tier) and customer.tier != "gold"', []),
    "with a default in the file": ('customer.plan != "gold"', []),
    "with a default here": ('default(customer.tier, "") != "gold"', []),
    "counted by the engine": ("customer.tickets != 3", []),
    "equal": ('customer.tier == "gold"', []),
}


@pytest.mark.parametrize(("text", "rules"), MISSING.values(), ids=MISSING.keys())
def test_not_equal_warns_of_a_field_that_may_be_missing(text: str, rules: list[str]) -> None:
    condition, faults = read(text)

    assert condition.type == "boolean"
    assert [fault.rule for fault in faults] == rules
    assert all(fault.severity == "warning" for fault in faults)


def test_a_date_that_equals_a_moment_is_warned_of() -> None:
    _, faults = read("customer.birthday == now")

    assert [(fault.rule, fault.severity) for fault in faults] == [("date-equals-moment", "warning")]


def test_a_value_of_another_type_is_refused_where_a_moment_is_wanted() -> None:
    assert refused("customer.visits", want="moment").rule == "wrong-type"


# ---------------------------------------------------------------- what it reads


def test_what_a_condition_reads_is_told() -> None:
    node = understood(
        'customer.vip and count("order_placed", total=customer.budget) > len(values("spark.sent.channel"))'
    )

    assert fields_read(node) == {"vip", "budget"}
    assert events_read(node, SCOPE.heard) == {"order_placed", "spark.sent"}
    assert [call.filters[0][0] for call in calls(node, "count")] == ["total"]
    assert names_read(understood("event.total > 3"), "event") == {"total"}


TIME = {
    "no time at all": ("customer.vip", True),
    "a window": ('count("spark.sent", "7 days") > 1', True),
    "windows in arithmetic": ('count("spark.sent", "7 days") / count("spark.sent", "9 days") > 0.5', True),
    "a window from a moment": ('count("spark.sent", journey.entered_at) > 1', True),
    "a window from now": ('count("spark.sent", now - hours(3)) > 1', False),
    "days since": ('days_since("order_placed") >= 25', True),
    "days since beside the usual gap": ('usual_gap("order_placed") * 2 < days_since("order_placed")', True),
    "days since in arithmetic": ('days_since("order_placed") + 1 > 3', False),
    "days since beside a window": ('days_since("order_placed") > count("spark.sent", "7 days")', False),
    "now beside a moment": ("now >= journey.ends_at - days(3)", True),
    "now beside a date": ("customer.birthday <= now", True),
    "now in arithmetic": ("now - journey.entered_at > days(3)", False),
    "now beside an anniversary": ("now > yearly(customer.birthday)", False),
    "a score": ('score("intent") >= 40', True),
    "a score beside a field": ('score("intent") >= customer.visits', False),
    "a score in arithmetic": ('score("intent") * 2 >= 40', False),
    "has of a time": ('has(days_since("order_placed"))', True),
    "an exact segment": ('in_segment("vip")', True),
    "an inexact segment": ('not in_segment("coffee-lovers")', False),
    "another journey": ('in_state("cart", "need")', True),
    "all together": ('customer.vip and (score("intent") > 3 or not in_segment("vip"))', True),
    "one of all": ('customer.vip and (score("intent") > 3 or now - event.at > days(1))', False),
}


@pytest.mark.parametrize(("text", "exact"), TIME.values(), ids=TIME.keys())
def test_whether_time_alone_changes_it_at_an_exact_instant_is_known(text: str, exact: bool) -> None:
    segments = {
        "vip": understood('in_segment("vip") or sum("order_placed.total", "365 days") >= 1000'),
        "coffee-lovers": understood("now - last('order_placed') > days(3)"),
    }

    assert (inexact_time(understood(text), segments) is None) == exact


def test_the_inexact_part_is_handed_back() -> None:
    found = inexact_time(understood('customer.vip and days_since("order_placed") * 2 > 3'))

    assert isinstance(found, Call) and found.function == "days_since"


# ---------------------------------------------------------------- hostile texts


def harmless(text: str) -> None:
    """Reads it, and finds nothing raised, every place within the text, and no fault without words."""
    condition, faults = read(text)
    errors = [fault for fault in faults if fault.severity == "error"]
    assert (condition.type == "unknown") == bool(errors)
    for fault in faults:
        assert 0 <= fault.offset <= len(text)
        assert fault.offset + fault.length <= max(len(text), 1)
        assert fault.message and fault.why and fault.help
        assert len(fault.message) < 400


VALID = (*IN_THE_LANGUAGE.values(), *HOLDS.values(), *(text for text, _ in TYPES.values()))
WORDS = """( ) [ ] , . = == != < <= + - * / ** and or not in is if lambda for true false now customer event journey
    customer.vip customer.budget event.total journey.seen 1 0.5 "7days" "order_placed" 'x' " ' \\ # { } : ; __class__ é
    9999999999999999 1e9 []"""
PIECES = st.sampled_from([*WORDS.split(), "\n", "\x00", "\u202e", '"7 days"', *(f"{name}(" for name in FUNCTIONS)])


@settings(deadline=None)  # time is bounded by a test of its own
@given(st.text(max_size=200))
@example("\\")
@example("'")
@example("a.")
@example("x=")
@example("\x0c1")
def test_no_text_raises(text: str) -> None:
    harmless(text)


@settings(deadline=None)  # time is bounded by a test of its own
@given(st.lists(PIECES, max_size=30), st.sampled_from(["", " "]))
def test_no_order_of_words_raises(pieces: list[str], between: str) -> None:
    harmless(between.join(pieces))


@settings(deadline=None)  # time is bounded by a test of its own
@given(st.sampled_from(VALID), st.data())
def test_no_change_to_a_good_condition_raises(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    harmless(text[:start] + data.draw(PIECES) + text[end:])


HOSTILE = {
    "brackets": "(" * 3_000,
    "brackets within the length": "(" * 900 + "1" + ")" * 900,
    "lists": "[" * 1_000,
    "not": "not " * 490 + "true",
    "minus": "-" * 1_990 + "1",
    "a long sum": "+".join("1" * 900),
    "a long name": "a" * 1_999,
    "many dots": ".".join("a" * 990),
    "many filters": "count(" + ",".join(f"a{i}=1" for i in range(250)) + ")",
    "many quotes": '"' * 1_999,
    "many escapes": '"' + "\\\\" * 990,
    "many digits": "9" * 2_000,
    "many unknown names": " or ".join(f"customer.a{i}" for i in range(90)),
    "calls in calls": "has(" * 400,
    "a megabyte": "customer.vip and " * 60_000,
    "odd signs": "\u00a0€" * 900,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_refused_in_bounded_time(text: str) -> None:
    condition, faults = read(text)

    assert condition.type == "unknown"
    assert faults
    harmless(text)


def test_a_text_too_deep_for_pythons_parser_is_refused_like_any_other() -> None:
    limit, depth = sys.getrecursionlimit(), len(inspect.stack(0))
    sys.setrecursionlimit(depth + 100)
    try:
        fault = refused("-" * 1_990 + "1")
    finally:
        sys.setrecursionlimit(limit)

    assert fault.rule == "condition-size"


def test_a_crowd_of_names_does_not_drown_a_message() -> None:
    crowd = dataclasses.replace(SCOPE, segments={f"sgmn{number}": None for number in range(300_000)})

    fault = refused('in_segment("segmnt")', crowd)

    assert len(fault.help) < 3_000
