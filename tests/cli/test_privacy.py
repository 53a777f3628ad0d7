"""Which data the definitions read: nothing that is read is left out, and nothing else is called read."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import HERE, run, run_at_terminal

Compare = Callable[[str, str], None]

LEAVES = HERE / "leaves"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(LEAVES / "definitions", tmp_path / "definitions")
    return tmp_path


def change(folder: Path, file: str, before: str, after: str) -> None:
    path = folder / "definitions" / file
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def told(cwd: Path = LEAVES) -> dict[str, Any]:
    done = run("privacy", "--json", cwd=cwd)
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


def readers(cwd: Path = LEAVES) -> dict[str, Any]:
    """Who reads each datum, by its name."""
    account = told(cwd)
    found = {f"customer.{each['name']}": each["read_by"] for each in account["fields"]}
    for event in account["events"]:
        found[event["name"]] = event["read_by"]
        found |= {f"{event['name']}.{each['name']}": each["read_by"] for each in event["properties"]}
    return found


# ---------------------------------------------------------------- what is printed


def test_a_pipe_gets_tables_that_fit_80_columns(same_as_kept: Compare) -> None:
    done = run("privacy", cwd=LEAVES)

    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    same_as_kept("privacy", done.out)


def test_a_terminal_gets_tables_as_wide_as_it_is(same_as_kept: Compare) -> None:
    printed = re.sub(r"\x1b\[[012]?m", "", run_at_terminal("privacy", columns=110, cwd=LEAVES))

    assert max(map(len, printed.splitlines())) <= 110
    same_as_kept("terminal-110-privacy", printed)


def test_a_record_is_markdown_that_names_every_touch(same_as_kept: Compare) -> None:
    done = run("privacy", "--format", "markdown", cwd=LEAVES)

    same_as_kept("privacy-markdown", done.out)


def test_a_bar_in_the_words_of_a_consent_does_not_open_a_cell(copied: Path) -> None:
    change(copied, "brand.yaml", "We may use what you do with us.", "Yes | no")

    assert (
        r"| personalization | data | “Yes \| no” (version 1) |"
        in run("privacy", "--format", "markdown", cwd=copied).out.splitlines()
    )


def test_both_ways_to_ask_for_json_are_one() -> None:
    assert run("privacy", "--format", "json", cwd=LEAVES) == run("privacy", "--json", cwd=LEAVES)


def test_help_shows_examples() -> None:
    printed = run("privacy", "--help").out

    assert re.search(r"Examples:\n  +journeys privacy", printed)
    assert max(map(len, printed.splitlines())) <= 80


# ---------------------------------------------------------------- who reads it


def test_everybody_who_reads_a_datum_is_named() -> None:
    assert readers() == {
        "customer.first_name": {"words": {"brew": ["personalized"], "ring-them": ["personalized"]}},
        "customer.budget": {"touches": ["brew"]},
        "customer.allergies": {},
        "customer.shoe_size": {},
        "customer.preferred_channel": {"touches": ["brew"]},
        "customer.email": {"channels": ["email"]},
        "customer.phone": {"channels": ["sms"]},
        "customer.device": {"channels": ["push"]},
        "customer.rep_email": {"people": ["rep"]},
        "customer.open_orders": {"rules": ["a full kitchen"]},
        "tea_tasted": {
            "scores": ["thirst"],
            "journeys": ["tasting"],
            "touches": ["brew"],
            "words": {"brew": ["personalized"], "ring-them": ["personalized"]},
        },
        "tea_tasted.tea": {
            "journeys": ["tasting"],
            "touches": ["brew"],
            "words": {"brew": ["personalized"], "ring-them": ["personalized"]},
        },
        "tea_tasted.shop": {},
        "tea_returned": {"journeys": ["order"]},
        "tea_returned.order_id": {"journeys": ["order"]},
        "order_placed": {
            "fields": ["open_orders"],
            "segments": ["regulars"],
            "journeys": ["order", "tasting"],
            "words": {"thanks": ["personalized"]},
        },
        "order_placed.order_id": {
            "fields": ["open_orders"],
            "journeys": ["order"],
            "words": {"thanks": ["personalized"]},
        },
        "order_placed.total": {
            "segments": ["regulars"],
            "journeys": ["order", "tasting"],
            "words": {"thanks": ["personalized"]},
        },
        "order_placed.gift": {},
        "order_arrived": {"fields": ["open_orders"], "journeys": ["order"]},
        "order_arrived.order_id": {"fields": ["open_orders"], "journeys": ["order"]},
        "lamp_lit": {},
        "lamp_lit.room": {},
    }


def test_what_nobody_reads_could_be_left_out_and_an_event_stands_for_its_properties() -> None:
    assert told()["never_read"] == [
        "customer.allergies",
        "customer.shoe_size",
        "tea_tasted.shop",
        "order_placed.gift",
        "lamp_lit",
    ]


def test_what_is_read_and_never_forgotten_is_told_but_for_addresses() -> None:
    assert told()["without_limit"] == [
        "customer.first_name",
        "customer.preferred_channel",
        "tea_returned",
        "order_placed",
        "order_arrived",
    ]


READS = {
    "a segment": ("brand.yaml", "regulars: 'sum(", "regulars: 'customer.shoe_size > 40 or sum(", "customer.shoe_size"),
    "a cap": ("brand.yaml", "if: 'in_segment(\"regulars\")'", "if: 'customer.shoe_size > 40'", "customer.shoe_size"),
    "a filter": ("brand.yaml", '"365 days") >=', '"365 days", gift=true) >=', "order_placed.gift"),
    "a score": ("brand.yaml", "add: {tea_tasted: 1}", "add: {tea_tasted: 1, lamp_lit: 2}", "lamp_lit"),
    "a goal": (
        "tasting.yaml",
        "\nstages:",
        "\ngoal: {on: order_placed, if: 'event.gift'}\n\nstages:",
        "order_placed.gift",
    ),
    "a hold": (
        "tasting.yaml",
        "\nstages:",
        "\nhold: {while: 'customer.shoe_size > 40'}\n\nstages:",
        "customer.shoe_size",
    ),
    "a way in": ("tasting.yaml", "to: need, keep", "to: need, if: 'event.shop != \"x\"', keep", "tea_tasted.shop"),
    "a trigger": ("tasting.yaml", "on: order_placed,", "on: [order_placed, lamp_lit],", "lamp_lit"),
    "a send": (
        "tasting.yaml",
        "after: 2 hours}",
        "after: 2 hours, if: 'has(customer.shoe_size)'}",
        "customer.shoe_size",
    ),
    "generic words": (
        "touches/brew.md",
        "Most people",
        "{{ customer.preferred_channel | default: 1 }}, most people",
        "customer.preferred_channel",
    ),
    "a preheader": (
        "touches/brew.md",
        "Seventy degrees, and",
        "{{ customer.shoe_size | default: 1 }}",
        "customer.shoe_size",
    ),
}


@pytest.mark.parametrize("reader", READS)
def test_one_more_reader_is_one_more_name(reader: str, copied: Path) -> None:
    file, before, after, datum = READS[reader]
    earlier = readers(copied)[datum]

    change(copied, file, before, after)

    assert readers(copied)[datum] != earlier


def test_the_worth_of_a_goal_is_read(copied: Path) -> None:
    change(copied, "tasting.yaml", "if: 'event.total > 0', ", "")
    assert readers(copied)["order_placed.total"]["journeys"] == ["order"]

    change(copied, "tasting.yaml", "\nstages:", "\ngoal: {on: order_placed, value: event.total}\n\nstages:")

    assert readers(copied)["order_placed.total"]["journeys"] == ["order", "tasting"]


def test_what_another_journey_keeps_under_the_name_is_not_what_the_words_read(copied: Path) -> None:
    change(copied, "order.yaml", "keep: {total: event.total}", "keep: {total: event.total, tea: event.order_id}")
    change(copied, "order.yaml", "      - {touch: brew, after: 7 days}", "      - {touch: thanks, after: 7 days}")

    assert readers(copied)["order_placed.order_id"]["words"] == {"thanks": ["personalized"]}


def test_files_with_errors_are_not_accounted_for(copied: Path) -> None:
    change(copied, "tasting.yaml", "to: end.lapsed", "to: ned")

    done = run("privacy", cwd=copied)

    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("journeys: 1 error to mend first\n")


GARBAGE = {
    "a form that is none": (("--format", "pdf"), "'pdf' is not one of 'table', 'json', 'markdown'"),
    "a folder that is none": (("--definitions", "nowhere"), "nowhere"),
    "a word too many": (("brew",), "unexpected extra argument"),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_gets_one_clear_line_and_a_2(garbage: str) -> None:
    arguments, words = GARBAGE[garbage]

    done = run("privacy", *arguments, cwd=LEAVES)

    assert (done.code, done.out) == (2, "")
    assert re.fullmatch(r"journeys: [^\n]*\n", done.err)
    assert words in done.err


@pytest.mark.parametrize("format", ["markdown", "table"])
def test_two_formats_at_once_are_refused(format: str) -> None:
    done = run("privacy", "--json", "--format", format)

    assert (done.code, done.out) == (2, "")
    assert done.err == f"journeys: --json and --format {format} are two formats: leave one of them out\n"


def test_the_same_format_said_twice_is_one() -> None:
    assert run("privacy", "--json", "--format", "json") == run("privacy", "--json")
