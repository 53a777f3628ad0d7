"""docs/sources.md is true: its files are read, its messages are taken, and its programs run as they are written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from journeys.check.folder import check_folder
from journeys.definition.sources_schema import PRESETS
from journeys.sources.cloudevents import read_envelope
from journeys.sources.hooks import read_hook
from journeys.store.database import Database
from journeys.web.events import to_row
from tests.sources.shop import program, source
from tests.streams import FOLDERS
from tests.web.house import NOW, House, open_house

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (?P<kind>\w+)(?:: (?P<what>\w+))? -->\n```(?P<as>\w+)\n(?P<text>.*?)```", re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [one["text"] for one in BLOCK.finditer(PAGE) if one["kind"] == kind]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDERS["shipped"], tmp_path / "definitions")
    return tmp_path / "definitions"


def problems(folder: Path) -> list[str]:
    return [f"{one.line}: {one.rule}: {one.message}" for one in check_folder(folder).problems]


def send_by(folder: Path, channel: str) -> None:
    """Puts the channel in the place of the one that sends mails."""
    brand = (folder / "brand.yaml").read_text(encoding="utf-8")
    theirs = "".join(f"  {line}\n" for line in channel.splitlines())
    made, count = re.subn(r"^  email:(?: {via: .*\n|\n(?:   .*\n)+)", lambda _: theirs, brand, flags=re.MULTILINE)
    assert count == 1
    (folder / "brand.yaml").write_text(made, encoding="utf-8")


def test_the_sources_of_the_page_are_without_a_problem(folder: Path) -> None:
    files = blocks("sources")
    assert len(files) == 2
    send_by(folder, blocks("channel")[0])
    for text in files:
        (folder / "sources.yaml").write_text(text, encoding="utf-8")
        assert problems(folder) == []


def test_every_preset_stands_on_the_page() -> None:
    told = {one["preset"] for text in blocks("sources") for one in yaml.safe_load(text)["sources"].values()}

    assert told == set(PRESETS)


def test_the_channels_of_the_page_are_without_a_problem(folder: Path) -> None:
    channels = blocks("channel")
    assert len(channels) == 2
    (folder / "sources.yaml").write_text(blocks("sources")[1], encoding="utf-8")
    assert {each.partition(": ")[2].partition(":")[0] for each in problems(folder)} == {"receipt-of-nothing"}
    for text in channels:
        send_by(folder, text)
        assert problems(folder) == []


def test_the_event_and_the_receipt_of_the_page_are_taken() -> None:
    (event,), (receipt,) = blocks("cloudevents"), blocks("receipt")

    raw = read_envelope(program(), msgspec.json.decode(event))
    (heard,) = read_hook(program(), source("told"), {"webhook_id": "1"}, msgspec.json.decode(receipt))

    assert isinstance(heard.raw, dict)
    rows = [to_row(program(), each, now=NOW) for each in (raw, heard.raw)]
    assert [msgspec.json.decode(row.body)["name"] for row in rows if row is not None] == [
        "order_placed",
        "spark.bounced",
    ]


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with open_house(database, program=program) as opened:
        yield opened


@pytest.mark.parametrize("name", ["python", "rudder"])
def test_the_programs_of_the_page_run(house: House, name: str) -> None:
    text = next(one["text"] for one in BLOCK.finditer(PAGE) if (one["kind"], one["what"]) == ("segment", name))
    key = house.key("ingest")["Authorization"].removeprefix("Bearer ")
    text = text.replace("jrn_…", key).replace("https://journeys.kaffa.example", house.url)

    exec(compile(text, "docs/sources.md", "exec"), {})

    assert sorted(each["name"] for each in house.inbox()["c-17"]) == [
        "customer.merged",
        "order_placed",
        "profile.updated",
    ]
