"""docs/language.md is true: every example in it is read, checked and run, and it tells every key, function and reason.

A block is marked by the comment above it.  `file: PATH` is a file of a folder of definitions, which is
written, checked and whose scenarios run; `move`, `send` and `condition` are lists that a small journey
beside them is made of; `events`, `customers` and `assume` are files that `journeys replay` takes.
docs/rules.md is made of the rules themselves: `RENEW=1 pytest tests/docs/test_language.py` writes it anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jmespath.functions
import pytest
import yaml

from journeys.check.folder import RULES, check_folder, open_definitions
from journeys.cli.assuming import read_assumed
from journeys.content import lexing as content_lexing
from journeys.content.filters import FILTERS
from journeys.content.template import OUTPUT_MAX, STEPS_MAX
from journeys.core import facts, intake
from journeys.core.compiling import compile_program
from journeys.core.program import PAST_MAX, Program
from journeys.core.turn import ROUNDS_MAX
from journeys.core.why import REASON_WORDS
from journeys.definition import (
    catalog,
    expression,
    extract,
    grammar,
    lexing,
    load,
    population,
    scalars,
    source,
    written,
)
from journeys.definition.functions import FUNCTIONS
from journeys.definition.model import ENGINE_EVENTS, STAGES, TOUCH_EVENTS
from journeys.definition.population_model import FOLLOWS_MAX
from journeys.definition.request import PLACEHOLDERS, VIAS
from journeys.definition.schema import BRAND, JOURNEY, POPULATION, SOURCES, scenario_record, touch_record
from journeys.definition.shapes import Either, Key, ListOf, MapOf, Record, Shape
from journeys.definition.sources_model import RECEIPTS, WAYS
from journeys.definition.sources_schema import PRESETS
from journeys.simulate.recording import LINE_MAX, Recording, read_customers, read_recording
from journeys.simulate.scenario import run_scenarios
from journeys.simulate.simulation import Plan, simulate

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "language.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (?P<kind>\w+)(?:: (?P<what>\S+))? -->\n```(?P<as>\w+)\n(?P<text>.*?)```", re.DOTALL)

# The touches that the page names and does not show: what each is for, and what else it says.
STUBS = {
    "buying-guide": "purpose: offers",
    "why-grind": "purpose: offers",
    "why-water": "purpose: offers",
    "free-sample": "purpose: offers",
    "beans-again": "purpose: offers",
    "how-was-it": "purpose: offers\nask: [0..10]",
    "cart-reminder": "purpose: offers",
    "trial-tips": "purpose: offers",
    "trial-ending": "purpose: orders",
    "order-thanks": "purpose: orders",
    "call-them": "purpose: team",
}
STUB = """\
---
{says}
channels: [email]
subject: A word
generic: {{subject: A word}}
---
A word.
--- generic ---
A word.
"""
CATALOG = "id,title,url,category,price,stock,popularity\nmill,A mill,https://kaffa.example/mill,tools,49.00,3,9\n"


class Block(NamedTuple):
    kind: str
    what: str | None
    text: str


def blocks(kind: str) -> list[Block]:
    found = [Block(one["kind"], one["what"], one["text"]) for one in BLOCK.finditer(PAGE)]
    return [block for block in found if block.kind == kind]


def items(kind: str) -> list[Any]:
    return [item for block in blocks(kind) for item in yaml.load(block.text, Loader=yaml.BaseLoader)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of definitions that the page's files make, with a stub for each touch it does not show."""
    for block in blocks("file"):
        path = tmp_path / str(block.what)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    made = tmp_path / "definitions"
    for touch, says in STUBS.items():
        (made / "touches" / f"{touch}.md").write_text(STUB.format(says=says), encoding="utf-8")
    (made / "catalog.csv").write_text(CATALOG, encoding="utf-8")
    return made


@pytest.fixture
def program(folder: Path) -> Program:
    definitions = open_definitions(folder).definitions
    assert definitions is not None
    return compile_program(definitions, salt="docs")


def problems(folder: Path) -> list[str]:
    found = check_folder(folder).problems
    return [f"{Path(one.file).name}:{one.line}: {one.rule}: {one.message}" for one in found]


# ---------------------------------------------------------------- the examples


def test_every_example_is_marked_so_that_it_is_tried() -> None:
    assert len(re.findall(r"^```\w", PAGE, re.MULTILINE)) == len(list(BLOCK.finditer(PAGE)))
    assert {one["kind"] for one in BLOCK.finditer(PAGE)} == {
        *("file", "move", "send", "condition"),
        *("events", "customers", "assume"),
    }


def test_the_files_of_the_page_are_a_folder_without_a_problem(folder: Path) -> None:
    assert problems(folder) == []


@pytest.mark.parametrize("by_machine", [False, True], ids=["by the table", "by the machine"])
def test_the_scenarios_of_the_page_pass(folder: Path, by_machine: bool) -> None:
    reading = open_definitions(folder)
    assert reading.definitions is not None

    outcomes = list(run_scenarios(reading.definitions, reading.scenarios, reference=by_machine))

    assert len(outcomes) >= 2
    assert [(one.scenario.name, one.failure) for one in outcomes if one.failure is not None] == []


def snippet(folder: Path, *, moves: list[Any] = [], sends: list[Any] = []) -> list[str]:  # noqa: B006, never changed
    journey = {
        "journey": "snippet",
        "enter": [{"on": "product_viewed", "to": "need"}],
        "stages": {
            "need": {"send": ["spark", *sends], "move": [*moves, {"after": "30 days", "to": "loyalty"}]},
            "loyalty": {"rest": "true"},
        },
    }
    plain = yaml.dump(journey, sort_keys=False).replace("'true'", "true").replace("times: '6'", "times: 6")
    plain = plain.replace("priority: '50'", "priority: 50").replace("outlives: 'true'", "outlives: true")
    (folder / "snippet.yaml").write_text(plain, encoding="utf-8")
    return problems(folder)


def test_each_move_of_the_page_can_stand_in_a_journey(folder: Path) -> None:
    moves = items("move")
    assert len(moves) >= 5
    for move in moves:
        assert snippet(folder, moves=[move]) == [], move


def test_each_send_entry_of_the_page_can_stand_in_a_journey(folder: Path) -> None:
    sends = items("send")
    assert len(sends) >= 4
    for send in sends:
        assert snippet(folder, sends=[send]) == [], send


def test_each_condition_of_the_page_is_one(folder: Path) -> None:
    conditions = items("condition")
    assert len(conditions) >= 10
    for condition in conditions:
        assert snippet(folder, moves=[{"on": "cart_updated", "if": condition, "to": "loyalty"}]) == [], condition


def test_the_events_of_the_page_are_taken(program: Program, tmp_path: Path) -> None:
    for block in blocks("events"):
        path = tmp_path / f"events.{block.what or 'jsonl'}"
        path.write_text(block.text, encoding="utf-8")

        recording = read_recording(program, path, lambda done, total: None)

        assert (recording.bad, recording.undeclared) == ([], {})
        assert sum(len(events) for events in recording.events.values()) == recording.count > 0


def test_csv_cells_mean_what_the_page_says(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(next(block.text for block in blocks("events") if block.what == "csv"), encoding="utf-8")

    (event,) = read_recording(program, path, lambda done, total: None).events["c-17"]

    assert event.properties == ["A1", None, 6490, ("beans", "filter")]
    assert (event.source, event.imported) == ("shop", False)


def test_the_customers_of_the_page_are_taken(program: Program, folder: Path, tmp_path: Path) -> None:
    (customers,), (assumed,) = blocks("customers"), blocks("assume")
    (tmp_path / "customers.jsonl").write_text(customers.text, encoding="utf-8")
    (tmp_path / "assume.yaml").write_text(assumed.text, encoding="utf-8")
    recording = Recording()

    known = read_customers(program, tmp_path / "customers.jsonl", recording)
    given = read_assumed(tmp_path / "assume.yaml", program.definitions.brand)

    assert (list(known), recording.bad) == (["c-17"], [])
    assert given.consent == ("offers", "personalization")


def test_the_customers_of_the_page_enter_its_journey(folder: Path) -> None:
    reading = open_definitions(folder)
    assert reading.definitions is not None
    population = reading.populations["first-cup"]

    plan = Plan(
        definitions=reading.definitions,
        populations=(population,),
        journeys=("first-cup",),
        customers=200,
        days=90,
        seed=1,
    )

    (journey,) = simulate(plan).report.journeys
    assert 0 < journey.entered <= 200


# ---------------------------------------------------------------- nothing is left out


def keys_of(shape: Shape, seen: set[str]) -> Iterator[str]:
    """Every key of the language below a shape."""
    match shape:
        case Record() if shape.name not in seen:
            seen.add(shape.name)
            for name, key in shape.keys.items():
                assert isinstance(key, Key)
                yield name
                yield from keys_of(key.shape, seen)
        case ListOf():
            yield from keys_of(shape.item, seen)
        case MapOf():
            yield from keys_of(shape.value, seen)
        case Either():
            yield from keys_of(shape.plain, seen)
            yield from keys_of(shape.mapping, seen)


def test_what_a_request_can_be_filled_with_is_told() -> None:
    assert [name for name in PLACEHOLDERS if f"`{{{{ {name} }}}}`" not in PAGE] == []
    assert [via for via in VIAS if f"`{via}`" not in PAGE and f"`via: {via}`" not in PAGE] == []


@pytest.mark.parametrize(
    "record",
    [JOURNEY, BRAND, touch_record(("push",)), scenario_record(()), POPULATION, SOURCES],
    ids=lambda record: record.name,
)
def test_every_key_of_the_language_is_told(record: Record) -> None:
    keys = set(keys_of(record, set()))
    assert len(keys) > 15

    assert sorted(key for key in keys if not re.search(rf"(?<![\w-]){key}(?:`|:|,)", PAGE)) == []


def test_every_stage_function_and_event_of_the_engine_is_told() -> None:
    assert [stage for stage in STAGES if f" {stage}" not in PAGE and f"`{stage}" not in PAGE] == []
    assert [name for name in FUNCTIONS if f"`{name}(" not in PAGE and f"`{name}`" not in PAGE] == []
    assert [event for event in ENGINE_EVENTS if f"`{event}`" not in PAGE] == []
    told = re.findall(r"`spark\.([a-z ]+)`", PAGE)
    assert set(" ".join(told).split()) == set(TOUCH_EVENTS)


def test_every_way_of_signing_preset_and_receipt_is_told() -> None:
    section = PAGE.partition("## Sources")[2].partition("\n## ")[0]
    told = set(re.findall(r"`(?:by: )?([a-z]+)`", section))

    assert {*WAYS, *PRESETS, *RECEIPTS} - told == set()
    assert {each for each in extract.FUNCTIONS if each not in jmespath.functions.Functions.FUNCTION_TABLE} == {
        name for name in extract.FUNCTIONS if f"`{name}(" in section
    }


def test_every_function_stands_in_an_example() -> None:
    conditions = "\n".join(items("condition"))

    assert [name for name in FUNCTIONS if f"{name}(" not in conditions] == []


def test_the_reasons_of_the_gate_are_told_in_its_order() -> None:
    table = PAGE.partition("| reason | because")[2].partition("\n\n")[0]
    told = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert told == list(REASON_WORDS[1:])


def test_the_filters_of_words_are_those_of_the_page() -> None:
    told = PAGE.partition("- Filters: `")[2].partition("`")[0]

    assert told.split() == sorted(FILTERS)


@pytest.mark.parametrize(
    "bound",
    [
        f"{load._FILES_MAX:,} files",
        f"{source.BYTES_MAX // 1_000_000} MB",
        f"{source.NODES_MAX:,} values",
        f"{source.DEPTH_MAX} levels",
        f"{written.NOTES_MAX} mistakes",
        f"{content_lexing.SOURCE_MAX:,} characters, {content_lexing.NESTING_MAX} tags",
        f"{STEPS_MAX:,} steps and {OUTPUT_MAX:,} bytes",
        f"{scalars.ANSWERS_MAX} answers",
        f"at most {scalars.DAILY_MAX:,} a day",
        f"`times` is at most {scalars.WIDTH_MAX}.",
        f"no multiple is more than {scalars.MULTIPLE_MAX}.",
        f"{population.PERSONAS_MAX} personas at most, and {FOLLOWS_MAX} events that follow from others",
        f"{catalog._COLUMNS_MAX} columns",
        f"{lexing.LENGTH_MAX:,} characters, {expression._NODES_MAX} parts and {grammar._BRACKETS_MAX} brackets",
        f"{lexing.DIGITS_MAX} digits",
        f"{facts.MOMENTS_MAX:,} moments",
        f"latest {facts.GAPS_MAX}",
        f"{PAST_MAX:,} keys",
        f"{ROUNDS_MAX} at most",
        f"{intake.TEXT_MAX:,} characters",
        f"{intake.ITEMS_MAX:,} items",
        f"{intake.NAME_MAX} characters",
        f"{LINE_MAX:,} bytes",
        f"Such a text has at most {extract.LENGTH_MAX:,} characters",
    ],
)
def test_a_bound_is_told_as_it_is(bound: str) -> None:
    assert re.search(r"\s+".join(map(re.escape, bound.split())), PAGE)


# ---------------------------------------------------------------- the rules


def rules_page() -> str:
    promises: dict[tuple[str, str], list[str]] = {}
    for rule in RULES:
        promises.setdefault((rule.name, rule.severity), []).append(rule.proof.strip().splitlines()[0])
    lines = [
        "# What the check looks for",
        "",
        "Each rule is a promise; `journeys check` names it in brackets where a file breaks it. Files that cannot be",
        "read as the language at all (a key it does not have, a wrong type, a condition that is none) are told under",
        "names of their own, such as `unknown-key`. Errors keep everything from running; warnings do not.",
        "",
        "<!-- Made of the rules themselves: RENEW=1 pytest tests/docs/test_language.py -->",
        "",
        "| rule | | promise |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{name}` | {severity} | {' '.join(said)} |" for (name, severity), said in promises.items()]
    return "\n".join(lines) + "\n"


def test_the_page_of_rules_is_the_registry() -> None:
    path = DOCS / "rules.md"
    if os.environ.get("RENEW"):
        path.write_text(rules_page(), encoding="utf-8")

    assert path.read_text(encoding="utf-8") == rules_page()
