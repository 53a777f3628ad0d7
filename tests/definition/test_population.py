"""A population's file gives who is simulated and what they do, or every mistake in it at its place."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from journeys.definition.load import read_folder
from journeys.definition.model import DAY
from journeys.definition.population_model import (
    Constant,
    Delay,
    Draw,
    Fatigue,
    Follow,
    Happening,
    NewId,
    OneOf,
    Population,
    Rate,
    Reply,
    Response,
    Same,
    SomeOf,
    Spread,
)

EXAMPLE = Path(__file__).parent / "example"
FILE = "espresso.population.yaml"
HOUR = DAY // 24
AFTER = Delay(median=3 * HOUR, width=3.0)
# 2026-01-12T00:00:00+01:00
START = 1_768_172_400_000_000
LEAST = "population: espresso\nstart: 2026-01-12T00:00:00+01:00\n"


@pytest.fixture(scope="module")
def espresso() -> Population:
    return read_folder(EXAMPLE).populations["espresso"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "definitions")
    return tmp_path / "definitions"


def read(folder: Path, text: str) -> Population:
    """The population that these lines make, without a mistake."""
    (folder / FILE).write_text(LEAST + text, encoding="utf-8")
    reading = read_folder(folder)
    assert [one.message for one in reading.findings] == []
    return reading.populations["espresso"]


def told(folder: Path, text: str) -> list[tuple[str, int, str, str]]:
    """Each finding as (rule, line, what is underlined, message)."""
    (folder / FILE).write_text(text, encoding="utf-8")
    reading = read_folder(folder)
    found = []
    for finding in reading.findings:
        problem = reading.problem(finding)
        start = problem.column - 1
        found.append((problem.rule, problem.line, problem.source[start : start + problem.length], problem.message))
        assert Path(problem.file).name == FILE
        assert problem.why and problem.help
    return found


# ---------------------------------------------------------------- what is written


def test_virtual_time_begins_where_it_is_said(espresso: Population) -> None:
    assert (espresso.journey, espresso.start, espresso.arrive) == ("espresso", START, 60 * DAY)
    assert espresso.awake == (7 * 60, 23 * 60 + 30)
    assert (espresso.generic, espresso.fades) == (600_000, 4 * DAY)
    assert espresso.fatigue == Fatigue(count=3, per=7 * DAY, each=400_000, stops=10_000)


def test_a_persona_has_what_everybody_has_unless_it_says_otherwise(espresso: Population) -> None:
    barista, curious = espresso.personas
    names = OneOf(values=("Ana", "Ben", "Chloé"), shares=(333_334, 333_333, 333_333))
    everybody = {
        "first_name": Draw(how=names),
        "email": Draw(how=NewId(prefix="mail"), known=950_000),
        "health_note": Draw(how=Constant(value="none")),
    }

    assert (curious.name, curious.share, curious.pace, curious.heeds) == ("curious", 750_000, 1.0, 1.0)
    assert curious.fields == everybody
    assert curious.consents == {"offers": 700_000, "personalization": 650_000}
    assert curious.zones == {"Europe/Madrid": 700_000, "Europe/Berlin": 300_000}
    assert (barista.share, barista.pace, barista.heeds) == (250_000, 1.4, 1.2)
    assert barista.fields == {
        **everybody,
        "budget": Draw(how=Spread(shape="normal", middle=700.0, width=200.0, least=200.0, step=0.01)),
        "first_name": Draw(how=Constant(value="Ada")),
    }
    assert barista.consents == {"offers": 700_000, "personalization": 800_000}
    assert barista.zones == {"Europe/Madrid": 1_000_000}


def test_without_personas_everybody_is_one_in_the_brands_zone(folder: Path) -> None:
    (everybody,) = read(folder, "consents: {offers: 10%}\n").personas

    assert (everybody.name, everybody.share, everybody.pace) == ("everybody", 1_000_000, 1.0)
    assert (everybody.consents, everybody.zones) == ({"offers": 100_000}, {"Europe/Madrid": 1_000_000})


def test_what_is_not_said_is_as_the_language_has_it(folder: Path) -> None:
    plain = read(folder, "")

    assert (plain.arrive, plain.awake, plain.generic, plain.fades) == (0, None, 1_000_000, 3 * DAY)
    assert (plain.events, plain.rates, plain.touches, plain.fatigue) == ({}, {}, {}, None)
    assert plain.any_touch == Response()


def test_an_event_carries_values_and_brings_others(espresso: Population) -> None:
    assert espresso.events["order_placed"] == Happening(
        with_={
            "order_id": Draw(how=NewId(prefix="o")),
            "total": Draw(how=Spread(shape="lognormal", middle=549.0, width=1.3, least=0.0, most=2000.0, step=0.5)),
            "skus": Draw(how=SomeOf(values=("e1", "e2"), shares=(500_000, 100_000))),
        },
        then=(
            Follow(
                event="order_delivered",
                path=("events", "order_placed", "then", 0),
                after=Delay(least=DAY, most=4 * DAY),
                share=980_000,
            ),
            Follow(
                event="order_returned",
                path=("events", "order_placed", "then", 1),
                after=Delay(most=20 * DAY),
                share=40_000,
                with_={"order_id": Draw(how=Same(property="order_id"))},
            ),
        ),
    )


def test_one_follow_up_needs_no_list_and_one_at_once_no_more_than_its_name(espresso: Population) -> None:
    (closed,) = espresso.events["ticket_created"].then
    (left,) = espresso.events["friend_invited"].then

    assert (closed.event, closed.after) == ("ticket_closed", Delay(median=DAY, width=3.0))
    assert (left.event, left.after, left.share) == ("account_closed", Delay(), 1_000_000)


def test_rates_are_by_where_the_customer_stands(espresso: Population) -> None:
    shares = OneOf(values=("espresso", "grinder"), shares=(600_000, 400_000))
    budget = Spread(shape="uniform", least=100.0, most=300.0, step=0.01)

    assert espresso.rates["before"] == (
        Rate(
            event="product_viewed",
            path=("rates", "before", "product_viewed"),
            count=1.0,
            per=10 * DAY,
            with_={"category": Draw(how=shares)},
        ),
    )
    assert [(rate.event, rate.count, rate.per) for rate in espresso.rates["need"]] == [
        ("product_viewed", 4.0, 7 * DAY),
        ("review_read", 2.5, 7 * DAY),
        ("guide_opened", 1.0, 30 * DAY),
    ]
    assert espresso.rates["end"][0].with_ == {"budget": Draw(how=budget)}
    assert espresso.rates["end.lapsed"] == ()


def test_touches_bring_replies_and_lift_what_customers_do(espresso: Population) -> None:
    path = ("touches", "spark")
    answers = OneOf(values=(10, 9, 3), shares=(300_000, 450_000, 250_000))

    assert espresso.touches["spark"] == Response(
        replies=(
            Reply(part="opened", path=(*path, "opened"), share=420_000, after=AFTER),
            Reply(part="clicked", path=(*path, "clicked"), share=150_000, after=Delay(median=5 * HOUR, width=3.0)),
        ),
        lift={"guide_opened": 3.0, "product_viewed": 0.5, "order_placed": -1.0},
    )
    assert espresso.touches["how-was-it"].replies[0].with_ == {"answer": Draw(how=answers)}
    assert [(one.part, one.share, one.after) for one in espresso.any_touch.replies] == [
        ("opened", 350_000, AFTER),
        ("clicked", 100_000, Delay(least=HOUR // 3, most=HOUR // 3)),
    ]


@pytest.mark.parametrize(
    ("type_", "value", "how"),
    [
        pytest.param("number", "3", Constant(value=3), id="a number"),
        pytest.param("text", "010", Constant(value="010"), id="a text stays as written"),
        pytest.param("list of text", "[a, b]", Constant(value=["a", "b"]), id="a list"),
        pytest.param("boolean", "{one_of: [true, false]}", OneOf(values=(True, False), shares=(500_000, 500_000)),
                     id="true or false"),
        pytest.param("number", "{one_of: {1: 99.5%, 2: 0.5%}}", OneOf(values=(1, 2), shares=(995_000, 5_000)),
                     id="numbers with shares"),
        pytest.param("list of text", "{one_of: [[a], []]}", OneOf(values=(["a"], []), shares=(500_000, 500_000)),
                     id="one of two lists"),
        pytest.param("list of number", "{some_of: {1: 20%}}", SomeOf(values=(1,), shares=(200_000,)),
                     id="some numbers"),
        pytest.param("number", "{from: 1, to: 5}", Spread(shape="uniform", least=1.0, most=5.0), id="whole numbers"),
        pytest.param("number", "{from: 0.1, to: 0.9, round: 0.1}",
                     Spread(shape="uniform", least=0.1, most=0.9, step=0.1), id="tenths"),
        pytest.param("number", "{around: 0, spread: 2}", Spread(shape="normal", width=2.0), id="around nothing"),
        pytest.param("money", "{around: 5, spread: 2}",
                     Spread(shape="normal", middle=5.0, width=2.0, least=0.0, step=0.01),
                     id="money is not less than nothing"),
        pytest.param("phone", "{id: p}", NewId(prefix="p"), id="a new phone"),
        pytest.param("moment", "{in: 14 days}", Delay(least=14 * DAY, most=14 * DAY), id="a moment that far off"),
        pytest.param("date", "{in: {from: 1 day, to: 2 days}}", Delay(least=DAY, most=2 * DAY), id="a date"),
        pytest.param("date", "1990-02-28", Constant(value="1990-02-28"), id="a day long ago"),
    ],
)  # fmt: skip
def test_a_value_is_read_by_the_type_of_its_field(folder: Path, type_: str, value: str, how: object) -> None:
    brand = folder / "brand.yaml"
    brand.write_text(brand.read_text(encoding="utf-8").replace("{type: text, address: true}", f"{{type: {type_}}}"))
    brand.write_text(brand.read_text().replace("address: customer.device", "address: customer.rep_email"))

    population = read(folder, f"fields: {{device: {value}}}\n")

    assert population.personas[0].fields == {"device": Draw(how=how)}  # type: ignore[arg-type]


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("was", "becomes", "rule", "underlined"),
    [
        pytest.param("arrive:", "arive:", "unknown-key", "arive", id="a misspelt key"),
        pytest.param("start: 2026-01-12T00:00:00+01:00\n", "", "missing-key", "population: espresso", id="no start"),
        pytest.param("00:00+01:00", "00:00", "moment", "2026-01-12T00:00:00", id="a start without its zone"),
        pytest.param("2026-01-12T", "2126-01-12T", "moment", "2126-01-12T00:00:00+01:00", id="a start too late"),
        pytest.param("arrive: 60 days", "arrive: 2 months", "span", "2 months", id="no exact time"),
        pytest.param("23:30", "03:30", "time-of-day", '"07:00-03:30"', id="awake past midnight"),
        pytest.param("23:30", "07:59", "time-of-day", '"07:00-07:59"', id="awake for a moment"),
        pytest.param("population: espresso", "population: expresso", "population-name", "expresso", id="another name"),
        pytest.param("Madrid: 70%", "Madrid: 60%", "share-sum", "zones", id="zones of too few"),
        pytest.param("Europe/Berlin", "Europe/Berlim", "unknown-zone", "Europe/Berlim", id="no zone"),
        pytest.param("share: 75%", "share: 85%", "share-sum", "personas", id="personas of too many"),
        pytest.param("{share: 75%}", "{}", "missing-key", "curious", id="a persona without its share"),
        pytest.param("pace: 1.4", "pace: 0", "wrong-type", "0", id="no pace"),
        pytest.param("pace: 1.4", "pace: 1e9", "wrong-type", "1e9", id="a wild pace"),
        pytest.param("heeds: 120%", "heeds: 1.2", "share", "1.2", id="a share without its sign"),
        pytest.param("offers: 70%", "offerz: 70%", "unknown-purpose", "offerz", id="no purpose"),
        pytest.param("{personalization: 80%}", "{surveys: 80%}", "unknown-purpose", "surveys", id="its purpose"),
        pytest.param("budget: {around", "budgit: {around", "unknown-field", "budgit", id="no field"),
        pytest.param("health_note: none", "open_tickets: 3", "unknown-field", "open_tickets", id="a counted field"),
        pytest.param("health_note: none", "timezone: UTC", "unknown-field", "timezone", id="the zone as a field"),
        pytest.param("health_note: none", "health_note: {same: order_id}", "draw", "same", id="a field like an event"),
        pytest.param("health_note: none", "health_note: ", "wrong-type", "health_note", id="nothing for a value"),
        pytest.param("email: {id: mail, known: 95%}", "email: nobody", "wrong-type", "nobody", id="no address"),
        pytest.param("first_name: Ada", "first_name: {from: 1, to: 3}", "wrong-type", "from", id="a number for a text"),
        pytest.param("around: 700", "around: '700'", "wrong-type", "'700'", id="a text for a number"),
        pytest.param("around: 700", "around: 7e12", "draw", "7e12", id="a number too far"),
        pytest.param("spread: 200", "spread: -200", "draw", "-200", id="less than no spread"),
        pytest.param(", spread: 200", "", "draw", "{around: 700, from: 200}", id="no spread"),
        pytest.param("spread: 200", "spread: 200, times: 2", "draw", "times", id="two forms at once"),
        pytest.param("from: 200}", "from: -1}", "draw", "-1", id="less than no money"),
        pytest.param("from: 200}", "from: 200, to: 100}", "draw", "100", id="bounds the wrong way about"),
        pytest.param("from: 200}", "round: 0.001}", "draw", "0.001", id="finer than a cent"),
        pytest.param("from: 200}", "round: 0}", "draw", "0", id="no step"),
        pytest.param("from: 200}", "from: 200, to: 230, round: 50}", "draw", "230", id="less than a step"),
        pytest.param("[Ana, Ben, Chloé]", "[]", "draw", "one_of", id="nothing to choose from"),
        pytest.param("{id: mail, known: 95%}", "{known: 95%}", "draw", "{known: 95%}", id="no form at all"),
        pytest.param("known: 95%", "known: 195%", "share", "195%", id="more than everyone"),
        pytest.param("espresso: 60%", "espresso: 61%", "share-sum", "one_of", id="values of too many"),
        pytest.param("espresso: 60%", "espresso: half", "share", "half", id="a share in words"),
        pytest.param("{some_of: {e1: 50%, e2: 10%}}", "{some_of: [e1]}", "wrong-type", "[e1]", id="no shares"),
        pytest.param("{some_of: {e1: 50%, e2: 10%}}", "e1", "wrong-type", "e1", id="a text for a list"),
        pytest.param("{median: 549", "{median: 0", "draw", "0", id="a median of nothing"),
        pytest.param("times: 1.3", "times: 0.3", "wrong-type", "0.3", id="a width below one"),
        pytest.param("times: 1.3", "times: 300", "wrong-type", "300", id="a width without bounds"),
        pytest.param("{same: order_id}", "{same: ordr_id}", "unknown-property", "ordr_id", id="the same as nothing"),
        pytest.param("{same: order_id}", "{same: total}", "wrong-type", "total", id="the same of another type"),
        pytest.param("{same: order_id}", "{in: 3 days}", "wrong-type", "in", id="a moment for a text"),
        pytest.param("from: 1 day, to: 4 days", "from: 4 days, to: 1 day", "delay", "1 day", id="a delay turned about"),
        pytest.param("from: 1 day, to: 4 days", "from: 1 day", "draw", "{from: 1 day}", id="a delay without its end"),
        pytest.param("from: 1 day, to: 4 days", "median: 1 day", "draw", "{median: 1 day}", id="a median alone"),
        pytest.param("{to: 20 days}", "0 days", "span", "0 days", id="no time at all"),
        pytest.param("{to: 20 days}", "20 business days", "span", "20 business days", id="no exact delay"),
        pytest.param("then: account_closed", "then: {share: 3%}", "missing-key", "then", id="nothing that follows"),
        pytest.param("2.5 per 7 days", "0 per 7 days", "rate", "0 per 7 days", id="a rate of nothing"),
        pytest.param("2.5 per 7 days", "often", "rate", "often", id="no rate"),
        pytest.param("2.5 per 7 days", "2.5 per week", "rate", "2.5 per week", id="a rate without its number"),
        pytest.param("2.5 per 7 days", "8 per 1 minute", "rate", "8 per 1 minute", id="a rate of nobody alive"),
        pytest.param("opened: 35%", "answered: 35%", "unknown-key", "answered", id="an answer to any touch"),
        pytest.param("opened: 42%", "bounced: 42%", "unknown-key", "bounced", id="what no customer does"),
        pytest.param("opened: 42%", "opened: {after: 1 day}", "missing-key", "opened", id="a reply of nobody"),
        pytest.param("guide_opened: 3,", "guide_opened: -1.5,", "wrong-type", "-1.5", id="more than all taken away"),
        pytest.param("10: 30%", "ten: 30%", "wrong-type", "ten", id="an answer in words"),
        pytest.param("beyond: 3 per 7 days", "beyond: 3 ever", "most", "3 ever", id="too many without a time"),
        pytest.param("beyond: 3 per 7 days, ", "", "missing-key", "fatigue", id="fatigue beyond nothing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_where_it_stands(
    folder: Path, was: str, becomes: str, rule: str, underlined: str
) -> None:
    text = (EXAMPLE / FILE).read_text(encoding="utf-8")
    assert was in text

    (found,) = told(folder, text.replace(was, becomes, 1))

    assert (found[0], found[2]) == (rule, underlined)


def test_shares_that_do_not_make_a_whole_are_told_with_their_sum(folder: Path) -> None:
    (found,) = told(folder, LEAST + "zones: {Europe/Madrid: 33.3%, Europe/Berlin: 33.35%, UTC: 33.3%}\n")

    assert found[3] == "these shares add up to 99.95%, and should to 100%"


def test_a_crowd_of_personas_is_refused(folder: Path) -> None:
    crowd = "".join(f"  p{at}: {{share: {'1%' if at < 100 else '0%'}}}\n" for at in range(101))

    (found,) = told(folder, f"{LEAST}personas:\n{crowd}")

    assert found[:3] == ("personas", 3, "personas")


@pytest.mark.parametrize("follows", [200, 201])
def test_a_crowd_of_follow_ups_is_refused(folder: Path, follows: int) -> None:
    crowd = "".join(f"  - {{event: order_placed, after: {at + 1} days, share: 0.1%}}\n" for at in range(follows))

    found = told(folder, f"{LEAST}events:\n  product_viewed:\n    then:\n{crowd.replace('  -', '      -')}")

    assert [one[:4] for one in found] == [
        ("follow-ups", 3, "events", f"{follows} events follow from others, and 200 are the most")
    ][: follows - 200]


def test_a_population_of_no_journey_is_told(folder: Path) -> None:
    (folder / FILE).rename(folder / "espreso.population.yaml")
    text = (folder / "espreso.population.yaml").read_text(encoding="utf-8")
    (folder / "espreso.population.yaml").write_text(text.replace("population: espresso", "population: espreso"))

    reading = read_folder(folder)

    (found,) = reading.findings
    assert (found.rule, found.help.partition("; ")[2]) == ("population-without-journey", "did you mean 'espresso'?")
    assert reading.populations == {}


def test_what_is_said_of_an_unknown_event_is_left_to_the_check(folder: Path) -> None:
    population = read(folder, "events: {orderd: {with: {total: {from: 1, to: 5}, when: {in: 3 days}}}}\n")

    assert population.events["orderd"].with_ == {
        "total": Draw(how=Spread(shape="uniform", least=1.0, most=5.0)),
        "when": Draw(how=Delay(least=3 * DAY, most=3 * DAY)),
    }


def test_a_population_without_a_brand_has_its_shape_looked_at(folder: Path) -> None:
    (folder / "brand.yaml").write_text("brand: [", encoding="utf-8")
    (folder / FILE).write_text(LEAST + "arive: 3 days\n", encoding="utf-8")

    reading = read_folder(folder)

    assert [finding.rule for finding in reading.findings if finding.file.endswith(FILE)] == ["unknown-key"]
    assert reading.populations == {}


def test_mistakes_leave_the_rest_of_the_population_readable(folder: Path, espresso: Population) -> None:
    text = (EXAMPLE / FILE).read_text(encoding="utf-8").replace("generic: 60%", "generic: 60")
    (folder / FILE).write_text(text, encoding="utf-8")

    reading = read_folder(folder)

    file = str(folder / FILE)
    assert [finding.rule for finding in reading.findings] == ["share"]
    assert reading.populations["espresso"] == replace(espresso, file=file, generic=1_000_000)


def test_what_is_answered_to_an_unreadable_touch_is_taken_as_it_is(folder: Path) -> None:
    (folder / "touches" / "how-was-it.md").write_text("---\npurpose: [\n---\n", encoding="utf-8")
    text = LEAST + "touches: {how-was-it: {answered: {share: 30%, with: {answer: {from: 0, to: 10}}}}}\n"
    (folder / FILE).write_text(text, encoding="utf-8")

    reading = read_folder(folder)

    (reply,) = reading.populations["espresso"].touches["how-was-it"].replies
    assert {Path(finding.file).name for finding in reading.findings} == {"how-was-it.md"}
    assert reply.with_ == {"answer": Draw(how=Spread(shape="uniform", least=0.0, most=10.0))}
