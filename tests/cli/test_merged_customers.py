"""What an operator sees of a customer who has several ids: one person, by whichever of them is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.core.calendar import format_moment
from journeys.store.database import open_database
from tests.runtime.test_merging import merge

from .test_operating import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A device began, and turned out to be Ana's, who had taken a consent back."""
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)
    database = open_database(f"sqlite:///{tmp_path / 'journeys.db'}")
    database.migrate()
    desk = Desk(tmp_path, database)
    house = desk.house
    for id in ("ana", "device"):
        house.knows(id)
    house.on("began", customer="device")
    house.run()
    house.wait(hours=2)
    house.on("consent.withdrawn", purpose="offers")
    merge(house)
    house.run()
    yield desk
    database.close()


@pytest.mark.parametrize("id", ["ana", "device"])
def test_a_customer_is_shown_by_any_of_their_ids(desk: Desk, id: str) -> None:
    told = desk.json("customer", "show", id)
    shown = desk.run("customer", "show", id).out

    assert (told["customer"], told["other_ids"]) == ("ana", ["device"])
    assert [(each["enrollment"], each["state"]) for each in told["enrollments"]] == [(1, "research")]
    assert len(told["consent_ledger"]) == 5
    assert shown.startswith("ana\nAlso device.\n")


@pytest.mark.parametrize("id", ["ana", "device"])
def test_the_story_is_one_through_the_merge(desk: Desk, id: str) -> None:
    desk.house.wait(hours=2)
    desk.house.run()

    story = desk.run("customer", "explain", id).out
    [chapter] = [each for each in desk.json("customer", "explain", id)["chapters"] if each["enrollment"]]

    assert chapter["enrollment"] == "j#1"
    assert [row["kind"] for row in chapter["rows"] if row["kind"] in ("entered", "moved", "merged")] == [
        "entered",
        "moved",
        "merged",
    ]
    assert "Sent spark by email" in story and "Merged with device." in story


def test_everything_of_every_id_is_handed_out(desk: Desk) -> None:
    done = desk.run("customer", "export", "device", "ana.json")

    assert (done.code, done.err) == (0, "")
    told = json.loads((desk.folder / "ana.json").read_text())
    assert (told["customer"], told["other_ids"]) == ("ana", ["device"])
    assert [event["name"] for event in told["events"]].count("consent.given") == 4
    assert {touch["customer"] for touch in told["touches"]} == {"device"}
    assert told["decisions"] == desk.house.trace("ana") + desk.house.trace("device")


def test_erasing_one_id_erases_them_all(desk: Desk) -> None:
    done = desk.run("customer", "erase", "device", "--yes")
    desk.house.wait(days=10_000)
    desk.house.run()

    assert done.out.startswith("ana is also device: all of it goes\nana will be erased by their next turn")
    for id in ("ana", "device"):
        assert desk.json("customer", "show", id)["is_erased"]
        assert "they were erased" in desk.refused("customer", "explain", id)


def test_exported_signals_of_merged_customers_are_taken_again(desk: Desk) -> None:
    done = desk.run("export", "signals", "device", "ana.jsonl")
    assert (done.code, done.err) == (0, "")
    lines = [json.loads(line) for line in (desk.folder / "ana.jsonl").read_text().splitlines()]
    assert lines[0]["customer"] == "ana"
    turns = [line["customer"] for line in lines if line.get("signal") == "instant"]
    assert turns == ["ana", "device", "device", "ana"]

    again = desk.run("retrace", "ana.jsonl", "--definitions", "definitions")

    assert (again.code, again.err) == (0, "")
    assert "the same decisions" in again.out


def test_a_recording_with_a_merge_is_refused_at_its_line(desk: Desk) -> None:
    merged = {
        "id": "1",
        "name": "customer.merged",
        "customer": "ana",
        "at": format_moment(desk.house.clock()),
        "properties": {"from": "device"},
    }
    (desk.folder / "events.jsonl").write_text(json.dumps(merged) + "\n")

    refused = desk.refused("replay", "j", "--events", "events.jsonl", "--definitions", "definitions")

    assert "events.jsonl:1: a replay takes each customer alone, and merges none" in refused
