"""A folder gives its definitions, or every mistake in it at its place, whatever is in the files."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.definition.load import Reading, read_folder
from journeys.definition.model import (
    DAY,
    Arms,
    Clock,
    Finding,
    Most,
    Move,
    Offer,
    Opening,
    Person,
    Quiet,
    Reenter,
    ScenarioStep,
    SendEntry,
    Span,
    Words,
)
from journeys.definition.schema import BRAND, JOURNEY, POPULATION, json_schema
from journeys.errors import InputError
from tests.streams import relaxed

EXAMPLE = Path(__file__).parent / "example"
HOUR = DAY // 24


@pytest.fixture(scope="module")
def example() -> Reading:
    return read_folder(EXAMPLE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "definitions")
    return tmp_path / "definitions"


def told(reading: Reading) -> list[tuple[str, str, int, str]]:
    """Each finding as (rule, file's name, line, what is underlined)."""
    found = []
    for finding in reading.findings:
        problem = reading.problem(finding)
        start = problem.column - 1
        underlined = problem.source[start : start + problem.length]
        found.append((finding.rule, Path(finding.file).name, problem.line, underlined))
    return found


def with_journey(folder: Path, text: str) -> Reading:
    (folder / "cart.yaml").write_text("journey: cart\n" + text, encoding="utf-8")
    return read_folder(folder)


# ---------------------------------------------------------------- what the example says


def test_the_example_of_the_language_has_nothing_wrong(example: Reading) -> None:
    assert example.findings == ()
    assert example.definitions is not None
    assert list(example.definitions.journeys) == ["espresso", "sunset"]


def test_brand_yaml_comes_first_among_the_files(example: Reading) -> None:
    assert [Path(file).name for file in example.files[:4]] == [
        "brand.yaml",
        "espresso.yaml",
        "sunset.yaml",
        "espresso.scenarios.yaml",
    ]


def test_a_journey_is_read_whole(example: Reading) -> None:
    assert example.definitions is not None
    espresso = example.definitions.journeys["espresso"]

    assert [stage.name for stage in espresso.stages][:4] == ["need", "research", "evaluation", "selection"]
    assert espresso.kept == {"category": "text", "order": "text"}
    assert espresso.reenter == Reenter(kind="after end", after=90 * DAY)
    assert espresso.arms == Arms(holdout=50_000, generic=100_000)
    assert espresso.goal is not None and espresso.goal.value is not None
    assert (espresso.goal.within, espresso.goal.value.type) == (45 * DAY, "money")
    assert espresso.hold is not None and espresso.hold.at_most == 30 * DAY
    assert espresso.enter[2].at == 600
    assert espresso.stages[6].rest


def test_a_move_to_a_stage_with_steps_leads_to_its_first_step(example: Reading) -> None:
    assert example.definitions is not None
    need = example.definitions.journeys["espresso"].stages[0]

    assert need.move[0] == Move(to="research", path=("stages", "need", "move", 0), on=("guide_opened", "review_read"))
    assert need.move[2].to == "selection.paid"
    assert need.move[3].clock == Clock(after=Span(unit="days", amount=30))


def test_a_touch_is_sent_by_its_name_or_in_full(example: Reading) -> None:
    assert example.definitions is not None
    research = example.definitions.journeys["espresso"].stages[1]

    assert research.send == (
        SendEntry(touches=("buying-guide",), path=("stages", "research", "send", 0)),
        SendEntry(
            touches=("why-pressure", "why-grind", "why-water"),
            path=("stages", "research", "send", 1),
            clock=Clock(every=Span(unit="days", amount=7), at=18 * 60, on_days=frozenset({1, 2, 3})),
        ),
    )


def test_the_brand_is_read_whole(example: Reading) -> None:
    assert example.definitions is not None
    brand = example.definitions.brand

    assert brand.quiet == Quiet(from_=21 * 60, to=8 * 60, spread=HOUR // 2)
    assert brand.opening == Opening(week=((540, 1080),) * 5 + (None, None), holidays=frozenset({20812, 20819}))
    assert brand.people["rep"] == Person(name="rep", field="rep_email", otherwise="care_lead")
    assert brand.people["crm"].webhook == "${CRM_WEBHOOK_URL}"
    assert (brand.channels["email"].cost, brand.channels["email"].rate) == (400, 50.0)
    assert brand.holdout == 20_000
    assert brand.fields["open_tickets"].counts is not None
    assert [cap.path for cap in brand.caps] == [("caps", 0), ("caps", 1), ("caps", 2)]
    assert [rule.wait for rule in brand.suppress] == [False, True]
    assert list(brand.segments) == ["vip", "coffee-lovers"]


def test_a_touch_has_its_words_its_variants_and_the_generic_ones(example: Reading) -> None:
    assert example.definitions is not None
    spark = example.definitions.touches["spark"]

    push = {"push": "Three small steps to better coffee"}
    assert spark.words["b"] == Words(subject="Better coffee by Sunday", body="Two evenings are enough.", short=push)
    assert spark.words["a"].body.startswith("Hi {{ customer.first_name")
    assert spark.words["a"].body.endswith("{% endfor %}")
    assert spark.generic == Words(
        subject="Three small steps to better coffee", body="Here is how most people start.", short={}
    )
    assert spark.ask == tuple(range(11))
    assert spark.most == Most(count=1, per=90 * DAY)
    assert spark.offer == Offer(percent=10, code="unique", expires=7 * DAY, limit=500, cost=1200)


def test_what_the_engine_tells_is_heard_too(example: Reading) -> None:
    assert example.definitions is not None
    heard = example.definitions.heard

    assert heard["how-was-it.answered"].properties == {"answer": "number"}
    assert heard["touch.answered"].properties == {"answer": "text"}
    assert heard["spark.withheld"].properties == {"because": "text"}
    assert heard["sunset.ended"].properties == {"reason": "text"}
    assert heard["consent.given"].properties == {"purpose": "text"}
    assert heard["vip.left"].properties == {}
    assert heard["order_placed"].properties == {"order_id": "text", "total": "money", "skus": "list of text"}


def test_a_catalog_is_typed_by_what_its_columns_hold(example: Reading) -> None:
    assert example.definitions is not None
    catalog = example.definitions.catalog

    assert (catalog.columns["price"], catalog.columns["stock"], catalog.columns["title"]) == ("money", "number", "text")
    assert [row["price"] for row in catalog.rows] == [14900, 5950, 1290]
    assert [row["popular"] for row in catalog.rows] == [0.91, 0.72, None]


def test_a_scenario_keeps_what_is_written_and_its_lines(example: Reading) -> None:
    (scenario,) = example.scenarios

    assert (scenario.name, scenario.journey, scenario.start) == (
        "an order stops the offer",
        "espresso",
        1_774_256_400_000_000,
    )
    assert scenario.customers[0].consent == ("offers", "personalization")
    assert scenario.steps[7] == ScenarioStep(
        verb="event",
        customer=None,
        path=("steps", 7),
        line=13,
        event={"name": "order_placed", "properties": {"order_id": "A1", "total": 649}, "happened": 25 * HOUR // 60},
    )
    assert scenario.steps[1].expect == {
        "state": "research",
        "sent": "buying-guide",
        "channel": "email",
        "words": "personalized",
    }


def test_several_customers_take_turns_in_a_scenario(folder: Path) -> None:
    (folder / "espresso.scenarios.yaml").write_text(
        """\
- scenario: two customers
  customers: {ana: {timezone: America/New_York}, ben: {}}
  start: "2026-03-24 08:00"
  steps:
    - ana: {event: guide_downloaded, import: true, id: e1}
    - ben:
        event: {order_placed: {order_id: 1001, total: 12.5}}
    - at: 2026-03-25T08:00:00Z
    - sending: paused
    - expect: {entered: 40, ended: lapsed, kept: {order: "1001"}}
""",
        encoding="utf-8",
    )

    reading = read_folder(folder)

    (scenario,) = reading.scenarios
    assert reading.findings == ()
    assert scenario.start == 1_774_353_600_000_000  # eight o'clock in New York
    assert [step.customer for step in scenario.steps] == ["ana", "ben", None, None, None]
    assert scenario.steps[0].event == {"name": "guide_downloaded", "properties": {}, "import_": True, "id": "e1"}
    assert scenario.steps[1].event == {
        "name": "order_placed",
        "properties": {"order_id": "1001", "total": 12.5},
    }
    assert scenario.steps[4].expect == {"entered": 40, "ended": "lapsed", "kept": {"order": "1001"}}


# ---------------------------------------------------------------- mistakes in a journey


@pytest.mark.parametrize(
    ("line", "rule", "underlined"),
    [
        pytest.param("titel: x", "unknown-key", "titel", id="misspelt key"),
        pytest.param("reenter: 90 dayz after end", "reenter", "90 dayz after end", id="a span that is none"),
        pytest.param("priority: high", "wrong-type", "high", id="a text for a number"),
        pytest.param("priority: '5'", "wrong-type", "'5'", id="a number in quotes"),
        pytest.param("arms: {holdout: 5}", "share", "5", id="a share without a sign"),
        pytest.param("hold: [a]", "wrong-type", "[a]", id="a list for a mapping"),
        pytest.param("hold:", "wrong-type", "hold", id="a key without a value"),
        pytest.param("goal: {within: 3 days}", "missing-key", "goal", id="a missing key, at what it is missing from"),
        pytest.param("key: cart_id", "key", "cart_id", id="a key that is no property"),
        pytest.param("anywhere: [{on: a, to: stay, after: 1 day}]", "on-and-clock", "after", id="event and clock"),
        pytest.param("anywhere: [{after: 1 day, due: 'now', to: stay}]", "after-and-due", "after", id="two clocks"),
        pytest.param("anywhere: [{on: guide_opened, too: stay}]", "unknown-key", "too", id="misspelt, so not missing"),
        pytest.param(
            "anywhere: [{if: min(a, b) > 3, to: stay}]", "unknown-key", "b) > 3", id="a condition without quotes"
        ),
        pytest.param("anywhere: [{at: 25:00, to: stay}]", "time-of-day", "25:00", id="no such time"),
        pytest.param(
            "anywhere: [{on: guide_opened, to: stay, send: [{touch: spark, after: 1 day}]}]",
            "unknown-key",
            "after",
            id="a clock where a move sends",
        ),
        pytest.param(
            "anywhere: [{on: guide_opened, to: stay, keep: {b: customer.budget}}]",
            "keep-customer-field",
            "customer.budget",
            id="a copy of a field",
        ),
        pytest.param(
            'anywhere: [{on: guide_opened, to: stay, keep: {n: \'count("guide_opened", "7 days")\'}}]',
            "keep-customer-field",
            '\'count("guide_opened", "7 days")\'',
            id="a copy of what the engine counts",
        ),
        pytest.param(
            "anywhere: [{on: guide_opened, to: stay, keep: {state: now}}]", "reserved-name", "state", id="a name in use"
        ),
        pytest.param(
            "anywhere: [{on: guide_opened, to: stay, if: 'customer.budgit > 3'}]",
            "unknown-field",
            "budgit",
            id="a name inside a condition",
        ),
    ],
)
def test_a_mistake_in_a_journey_is_underlined(folder: Path, line: str, rule: str, underlined: str) -> None:
    rest = "enter: [{on: product_viewed, to: need}]\nstages: {need: {rest: true}}\n"

    assert told(with_journey(folder, line + "\n" + rest)) == [(rule, "cart.yaml", 2, underlined)]


def test_a_condition_in_pieces_hides_no_other_mistake(folder: Path) -> None:
    reading = with_journey(folder, "anywhere: [{if: min(a, b) > 3, to: stay, after: soon}]\n")

    assert ("unknown-key", "b) > 3") in [(rule, text) for rule, _, _, text in told(reading)]
    assert ("span", "soon") in [(rule, text) for rule, _, _, text in told(reading)]


def test_a_key_of_two_words_is_no_piece_where_there_is_no_condition(folder: Path) -> None:
    reading = with_journey(folder, "goal metric:\n")

    (found,) = [finding for finding in reading.findings if finding.rule == "unknown-key"]
    assert found.help.startswith("known: 'journey', 'title'")


def test_all_mistakes_are_told_at_once_in_file_order(folder: Path) -> None:
    reading = with_journey(
        folder,
        "enter:\n"
        "  - {on: product_viewed, keep: {c: event.category}, to: need}\n"
        "  - {on: order_placed, keep: {c: event.total}, to: need}\n"
        "stages:\n"
        "  need: {rest: yes, move: [{on: order_placed, if: 'journey.d == 1', to: research}]}\n"
        "  reserch: {}\n"
        "stages: {}\n",
    )

    assert [(rule, line) for rule, _, line, _ in told(reading)] == [
        ("keep-type", 4),
        ("wrong-type", 6),
        ("unknown-name", 6),
        ("unknown-key", 7),
        ("repeated-key", 8),
    ]
    assert reading.definitions is not None
    assert reading.definitions.journeys["cart"].kept == {"c": "text"}


def test_a_value_kept_by_a_later_move_is_known_to_an_earlier_condition(folder: Path) -> None:
    reading = with_journey(
        folder,
        "enter: [{on: product_viewed, to: need}]\n"
        "stages:\n"
        "  need:\n"
        "    send: [{touch: spark, if: 'journey.spent > 12.50'}]\n"
        "    move: [{on: order_placed, to: stay, keep: {spent: event.total}}, {after: 1 day, to: end.done}]\n",
    )

    assert reading.findings == ()


def test_a_journey_is_called_as_its_file(folder: Path) -> None:
    (folder / "cart.yaml").write_text(
        "journey: card\nenter: [{on: product_viewed, to: need}]\nstages: {need: {rest: true}}\n", encoding="utf-8"
    )

    assert told(read_folder(folder)) == [("journey-name", "cart.yaml", 1, "card")]


def test_times_and_dates_need_no_quotes(folder: Path) -> None:
    reading = with_journey(
        folder,
        "enter: [{on: product_viewed, to: need}]\n"
        "stages: {need: {rest: true, send: [{touch: spark, at: 18:00, on_days: mon}]}}\n",
    )

    assert reading.findings == ()
    assert reading.definitions is not None
    assert reading.definitions.journeys["cart"].stages[0].send[0].clock.at == 18 * 60


# ---------------------------------------------------------------- mistakes elsewhere


@pytest.mark.parametrize(
    ("was", "becomes", "rule", "underlined"),
    [
        pytest.param("Europe/Madrid", "Europe/Madird", "unknown-zone", "Europe/Madird", id="zone"),
        pytest.param("Europe/Madrid", "../../etc/passwd", "unknown-zone", "../../etc/passwd", id="zone as a path"),
        pytest.param("currency: EUR", "currency: EURO", "unknown-currency", "EURO", id="currency"),
        pytest.param("mon-fri", "mon-fry", "weekday", "mon-fry", id="weekday"),
        pytest.param("09:00-18:00", "19:00-18:00", "time-of-day", '"19:00-18:00"', id="hours"),
        pytest.param("2026-12-25", "2026-02-29", "date", "2026-02-29", id="a day that does not exist"),
        pytest.param("type: phone", "type: fone", "unknown-word", "fone", id="type"),
        pytest.param("budget:", "class:", "name", "class", id="a field no condition could read"),
        pytest.param("device:", "consent:", "reserved-name", "consent", id="a field that scenarios give"),
        pytest.param("sku: text", "name: text", "reserved-name", "name", id="a property every event has"),
        pytest.param("class: internal", "class: inner", "unknown-word", "inner", id="class"),
        pytest.param('{webhook: "${CRM_WEBHOOK_URL}"}', "{}", "person-address", "crm", id="someone nobody can reach"),
        pytest.param("catalog.csv", "../catalog.csv", "catalog-file", "../catalog.csv", id="catalog elsewhere"),
        pytest.param(
            "device: {type: text, address: true}",
            'device: {type: url, default: "javascript:alert(1)"}',
            "wrong-type",
            '"javascript:alert(1)"',
            id="an address into a program",
        ),
        pytest.param("most: 3", "most: few", "wrong-type", "few", id="cap"),
        pytest.param("customer.device", "device", "field-name", "device", id="a field without 'customer.'"),
    ],
)
def test_a_mistake_in_the_brand_is_underlined(folder: Path, was: str, becomes: str, rule: str, underlined: str) -> None:
    text = (folder / "brand.yaml").read_text(encoding="utf-8")
    (folder / "brand.yaml").write_text(text.replace(was, becomes, 1), encoding="utf-8")

    findings = told(read_folder(folder))

    assert (rule, "brand.yaml", underlined) in [(one, file, part) for one, file, _, part in findings]


@pytest.mark.parametrize(
    ("was", "becomes", "rule", "underlined"),
    [
        pytest.param("channels: [email, push]", "chanels: [email]", "unknown-key", "chanels", id="misspelt key"),
        pytest.param("push:", "pusch:", "unknown-key", "pusch", id="a channel the brand has not"),
        pytest.param("[0..10]", "[0..1000000000]", "ask", "0..1000000000", id="an endless scale"),
        pytest.param("cost: 12.00", "cost: 12.001", "wrong-type", "12.001", id="half a cent"),
        pytest.param("item.stock", "item.stok", "unknown-name", "stok", id="a column the catalog has not"),
        pytest.param("--- generic ---", "--- generc ---", "unknown-section", "--- generc ---", id="section"),
        pytest.param("--- variant b ---", "--- variant a ---", "repeated-key", "--- variant a ---", id="variant a"),
        pytest.param("1 per 90 days", "1 each 90 days", "most", "1 each 90 days", id="how often"),
        pytest.param("---\npurpose", "purpose", "front-matter", "p", id="no front matter"),
        pytest.param('"Three small steps to better coffee"', "{{ x }}", "key-not-text", "{ x }", id="open liquid"),
        pytest.param('push: "Three small', "push: {{ Three", "yaml", None, id="no yaml"),
    ],
)
def test_a_mistake_in_a_touch_is_underlined(
    folder: Path, was: str, becomes: str, rule: str, underlined: str | None
) -> None:
    spark = folder / "touches" / "spark.md"
    text = spark.read_text(encoding="utf-8")
    assert was in text
    spark.write_text(text.replace(was, becomes, 1), encoding="utf-8")

    (found,) = told(read_folder(folder))

    assert found[:2] == (rule, "spark.md")
    assert underlined is None or found[3] == underlined


def test_a_place_in_the_words_of_a_touch_is_found_again(example: Reading) -> None:
    file = next(file for file in example.files if file.endswith("spark.md"))

    def underlined(*path: str) -> tuple[str, int]:
        finding = Finding(file=file, path=path, rule="r", message="m", why="w", help="h", offset=4, length=4)
        problem = example.problem(finding)
        return problem.source[problem.column - 1 :][: problem.length], problem.line

    assert underlined("body") == ("{ cu", 15)
    assert underlined("generic", "body") == (" is ", 22)
    assert underlined("variants", "b", "body") == ("even", 25)
    assert underlined("variants", "b", "subject") == ("er c", 13)


@pytest.mark.parametrize(
    ("steps", "rule", "underlined"),
    [
        pytest.param("- wiat: 3 days", "unknown-key", "wiat", id="misspelt"),
        pytest.param("- {wait: 3 days, expect: {state: need}}", "scenario-step", None, id="two in one"),
        pytest.param("- wait: a while", "span", "a while", id="no span"),
        pytest.param("- event: {order_placed: {total: much}}", "wrong-type", "much", id="a text for money"),
        pytest.param("- event: {a: {}, b: {}}", "wrong-type", "{a: {}, b: {}}", id="two events"),
        pytest.param("- {event: a, happened: 3 days}", "span", "3 days", id="no 'ago'"),
        pytest.param("- at: noon", "moment", "noon", id="no moment"),
        pytest.param("- at: 1969-01-01T00:00:00Z", "moment", "1969-01-01T00:00:00Z", id="before 1970"),
        pytest.param("- expect: {stat: need}", "unknown-key", "stat", id="misspelt expectation"),
        pytest.param("- {wait: 1 day, source: a}", "unknown-key", "source", id="a source of no event"),
    ],
)
def test_a_mistake_in_a_scenario_is_underlined(folder: Path, steps: str, rule: str, underlined: str | None) -> None:
    (folder / "espresso.scenarios.yaml").write_text(
        f"scenario: s\ncustomer: {{budget: 3}}\nstart: 2026-03-23T10:00:00Z\nsteps:\n  {steps}\n", encoding="utf-8"
    )

    (found,) = told(read_folder(folder))

    assert found[:3] == (rule, "espresso.scenarios.yaml", 5)
    assert underlined is None or found[3] == underlined


@pytest.mark.parametrize(
    ("customer", "rule"),
    [
        pytest.param("{budgit: 3}", "unknown-field", id="field"),
        pytest.param("{budget: lots}", "wrong-type", id="type"),
        pytest.param("{consent: [offerz]}", "unknown-purpose", id="purpose"),
        pytest.param("{timezone: Mars/Base}", "unknown-zone", id="zone"),
    ],
)
def test_a_mistake_in_a_scenarios_customer_is_told(folder: Path, customer: str, rule: str) -> None:
    (folder / "espresso.scenarios.yaml").write_text(
        f"scenario: s\ncustomer: {customer}\nstart: 2026-03-23T10:00:00Z\nsteps: []\n", encoding="utf-8"
    )

    assert [one[:3] for one in told(read_folder(folder))] == [(rule, "espresso.scenarios.yaml", 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("id,title\n1\n2,b\n", [("catalog-row", 2)], id="a row too short"),
        pytest.param('id,title\n1,"a\nb"\n2,b,c\n', [("catalog-row", 4)], id="a row too long after one of two lines"),
        pytest.param("id,id\n1,2\n", [("catalog-column", 1)], id="a column twice"),
        pytest.param("id,the title\n1,2\n", [("catalog-column", 1)], id="a column no condition could read"),
        pytest.param('id\n"a\n', [("catalog-row", 2)], id="an open quote"),
        pytest.param("id,price\n1,cheap\n", [("catalog-price", 2)], id="a price that is none"),
        pytest.param("", [("catalog-column", 1)], id="nothing"),
    ],
)
def test_a_mistake_in_the_catalog_is_told_by_its_line(folder: Path, text: str, expected: list[tuple[str, int]]) -> None:
    (folder / "catalog.csv").write_text(text, encoding="utf-8")

    found = told(read_folder(folder))

    assert [(rule, line) for rule, file, line, _ in found if file == "catalog.csv"] == expected


# ---------------------------------------------------------------- folders


def test_a_folder_that_is_none_is_the_callers_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    for wrong in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(InputError):
            read_folder(wrong)


def test_without_a_brand_there_are_no_definitions_and_the_rest_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "cart.yaml").write_text("journey: cart\nenterr: []\n")

    reading = read_folder(tmp_path)

    assert reading.definitions is None
    assert [rule for rule, *_ in told(reading)] == ["missing-brand", "missing-key", "unknown-key"]


def test_strange_files_are_warned_of_and_hidden_ones_left_alone(folder: Path) -> None:
    (folder / "cart.yml").write_text("")
    (folder / "other.csv").write_text("a\n")
    (folder / "touches" / "x.txt").write_text("")
    (folder / ".hidden").write_text("")
    (folder / "README.md").write_text("")

    reading = read_folder(folder)

    assert {(one.rule, one.severity) for one in reading.findings} == {("unknown-file", "warning")}
    assert sorted(Path(one.file).name for one in reading.findings) == ["cart.yml", "other.csv", "x.txt"]


@pytest.mark.parametrize(
    "name",
    ["brand.yaml", "espresso.yaml", "espresso.scenarios.yaml", "espresso.population.yaml", "touches/spark.md"],
)
@pytest.mark.parametrize(
    ("content", "rule"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"# only a comment\n", None, id="a comment"),
        pytest.param(b"\x00\x01\x02\xff", None, id="binary"),
        pytest.param(b"[a, b]", None, id="a list"),
        pytest.param(b"---\n[a, b]\n---\n", None, id="a list as front matter"),
        pytest.param(b"just words", None, id="a text"),
        pytest.param(b"a: &a [*a]", None, id="an alias to itself"),
    ],
)
def test_garbage_in_any_file_is_told_and_the_others_are_read(
    folder: Path, name: str, content: bytes, rule: str | None
) -> None:
    (folder / name).write_bytes(content)

    reading = read_folder(folder)

    assert any(finding.file.endswith(name) and finding.severity == "error" for finding in reading.findings)
    assert (reading.definitions is None) == (name == "brand.yaml" and content not in (b"a: &a [*a]",))
    for finding in reading.findings:
        reading.problem(finding)


def test_a_folder_or_a_pipe_with_a_files_name_is_told(folder: Path) -> None:
    (folder / "dir.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")

    found = told(read_folder(folder))

    assert [one[:2] for one in found] == [("unreadable-file", "dir.yaml"), ("unreadable-file", "pipe.yaml")]


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("journey: secret\n")
    (folder / "secret.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "touches" / "loop.md").symlink_to(folder / "touches" / "loop.md")

    reading = read_folder(folder)

    assert [one[:2] for one in told(reading)] == [("outside-file", "secret.yaml"), ("unreadable-file", "loop.md")]


def test_a_folder_of_touches_that_leads_out_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "touches").rename(tmp_path / "elsewhere")
    (folder / "touches").symlink_to(tmp_path / "elsewhere")

    reading = read_folder(folder)

    assert told(reading)[0][:2] == ("unknown-file", "touches")
    assert [file for file in reading.files if "touches" in str(file) and str(file).endswith(".md")] == []


def test_what_others_say_of_an_unreadable_file_is_not_called_unknown_as_well(folder: Path) -> None:
    (folder / "touches" / "how-was-it.md").write_text("no front matter")
    (folder / "sunset.yaml").write_text("journey: [")

    assert sorted(one[1] for one in told(read_folder(folder))) == ["how-was-it.md", "sunset.yaml"]


# ---------------------------------------------------------------- time, and chance


def test_a_long_journey_is_read_whole(folder: Path) -> None:
    move = "          - {on: order_placed, if: 'event.total > 12 and journey.order != \"A\"', to: stay}\n"
    steps = "".join(f"      step{at}:\n        move:\n{move * 10}" for at in range(170))
    enter = "enter: [{on: order_placed, to: need, keep: {order: event.order_id}}]\n"
    text = f"{enter}stages:\n  need:\n    steps:\n{steps}"
    (folder / "cart.yaml").write_text("journey: cart\n" + text, encoding="utf-8")
    assert text.count("\n") > 2000

    reading = read_folder(folder)

    assert reading.findings == ()


def test_a_file_with_endless_mistakes_tells_the_first_ones(folder: Path) -> None:
    keys = "".join(f"    key{at}: 1\n" for at in range(45_000))
    reading = with_journey(folder, f"stages:\n  need:\n{keys}")

    assert len(reading.findings) <= 201
    assert reading.findings[-1].rule == "too-many-problems"


PIECES = st.sampled_from(
    ["", " ", "\n", "  ", "\t", "-", "- ", ":", ": ", "[", "]", "{", "}", "'", '"', "|", ">", "&a ", "*a", "!x ",
     "<<: ", "#", "---\n", "null", "true", "010", "-1", "1e9", "18:00", "{}", "[]", "é", "\u2028", "\x85", "\x00",
     "%", "5%", "event.", "journey.", "if: ", "to: again", "0..10", "{{ x }}", "{% x %}"]
)  # fmt: skip


@relaxed(120)
@given(
    name=st.sampled_from(
        [
            *("brand.yaml", "espresso.yaml", "espresso.scenarios.yaml", "espresso.population.yaml"),
            *("touches/spark.md", "sunset.yaml", "catalog.csv"),
        ]
    ),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=5),
)
def test_no_mutation_of_a_folder_makes_the_reading_fail(tmp_path: Path, name: str, edits) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "definitions"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "touches").mkdir(parents=True)
    for file in (
        "brand.yaml",
        "espresso.yaml",
        "espresso.scenarios.yaml",
        "espresso.population.yaml",
        "touches/spark.md",
        "sunset.yaml",
        "catalog.csv",
    ):
        shutil.copy(EXAMPLE / file, folder / file)
    text = (EXAMPLE / name).read_text(encoding="utf-8")
    for place, removed, piece in edits:
        at = int(place * len(text))
        text = text[:at] + piece + text[at + removed :]
    (folder / name).write_text(text, encoding="utf-8")

    reading = read_folder(folder)

    for finding in reading.findings:
        problem = reading.problem(finding)
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.length >= 1
        assert problem.message
        assert problem.why
        assert problem.help


# ---------------------------------------------------------------- for editors


@pytest.mark.parametrize("kind", ["journey", "brand", "touch", "scenarios", "population"])
def test_a_schema_is_json_and_every_reference_in_it_leads_somewhere(kind) -> None:  # type: ignore[no-untyped-def]
    schema = json_schema(kind)

    text = json.dumps(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for part in text.split('"#/$defs/')[1:]:
        assert part.split('"')[0] in schema["$defs"]


def test_the_schema_knows_the_keys_that_the_loader_knows() -> None:
    journey = json_schema("journey")["$defs"]["journey"]
    brand = json_schema("brand")["$defs"]["brand"]
    population = json_schema("population")["$defs"]["population"]

    assert list(journey["properties"]) == list(JOURNEY.keys)
    assert journey["additionalProperties"] is False
    assert journey["required"] == ["journey", "enter", "stages"]
    assert list(brand["properties"]) == list(BRAND.keys)
    assert list(population["properties"]) == list(POPULATION.keys)
    assert population["properties"]["arrive"]["type"] == "string"
    assert population["properties"]["fields"]["additionalProperties"]["anyOf"][1] == {"$ref": "#/$defs/value"}
    assert all(key["description"] for key in brand["properties"].values())
