"""What is known already comes in whole or not at all, and informs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from .test_operating import Desk, desk

__all__ = ["desk"]

BEGAN = {"id": "e1", "name": "began", "customer": "ana", "at": "2026-02-01T09:00:00Z", "properties": {"n": 1}}
ANA = {"customer": "ana", "attributes": {"first_name": "Ana"}, "consents": ["offers"], "timezone": "Europe/Madrid"}


def written(desk: Desk, name: str, *lines: Any) -> str:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    (desk.folder / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return name


def test_recorded_events_inform_and_set_off_nothing(desk: Desk) -> None:
    file = written(desk, "events.jsonl.gz", BEGAN, {**BEGAN, "id": "e2", "name": "unheard_of"})

    done = desk.run("import", "events", file)
    desk.house.run()

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "Took 1 event from events.jsonl.gz into the inbox.\nLeft out: 1 unheard_of (not declared in brand.yaml).\n"
    )
    assert [(row["event"], row["heard"]) for row in desk.house.trace()] == [("began", "import")]
    assert desk.house.state() == "nowhere"


def test_a_file_that_is_handed_in_again_is_known(desk: Desk) -> None:
    (desk.folder / "events.csv").write_text("id,name,customer,at,n\ne1,began,ana,2026-02-01T09:00:00Z,1\n")
    desk.run("import", "events", "events.csv")

    again = desk.run("import", "events", "events.csv")

    assert "Took 0 events" in again.out and "1 known already" in again.out


def test_one_bad_line_keeps_all_of_them_out(desk: Desk) -> None:
    file = written(desk, "events.jsonl", BEGAN, "{", {**BEGAN, "id": ""}, {**BEGAN, "properties": {"n": "many"}})

    refusal = desk.refused("import", "events", file)

    assert refusal.splitlines()[0].startswith("events.jsonl:2: not a line of JSON")
    assert "events.jsonl:3: an event needs an `id`" in refusal
    assert "events.jsonl:4: `began.n` must be a number" in refusal
    assert "nothing is imported: mend them, or leave them out with --skip-bad" in refusal
    assert desk.json("status")["inbox"]["pending"] == 0


def test_bad_lines_are_left_out_where_that_is_wanted(desk: Desk) -> None:
    file = written(desk, "events.jsonl", BEGAN, "{")

    done = desk.run("import", "events", file, "--skip-bad")

    assert "Took 1 event" in done.out
    assert "Skipped 1 bad line:\n  line 2: not a line of JSON" in done.out


def test_customers_are_known_and_allow_what_they_allowed(desk: Desk) -> None:
    file = written(desk, "customers.jsonl", ANA)

    done = desk.run("import", "customers", file)
    desk.house.wait(days=10_000)
    desk.house.work()

    assert done.out == "Took 2 events of 1 customer from customers.jsonl into the inbox.\n"
    told = desk.json("customer", "show", "ana")
    assert told["attributes"]["first_name"] == "Ana"
    assert told["timezone"] == "Europe/Madrid"
    assert told["consents"]["offers"]
    assert [(said["purpose"], said["source"]) for said in told["consent_ledger"]] == [("offers", "import")]


def test_an_import_brings_back_no_consent_that_was_withdrawn(desk: Desk) -> None:
    file = written(desk, "customers.jsonl", ANA)
    desk.run("import", "customers", file)
    desk.house.wait(days=10_000)
    desk.house.work()
    desk.house.on("consent.withdrawn", purpose="offers")
    desk.house.work()

    again = desk.run("import", "customers", file)
    desk.house.work()

    assert "1 known already" in again.out
    assert not desk.json("customer", "show", "ana")["consents"]["offers"]


def test_events_are_not_heard_before_what_their_customers_allow(desk: Desk) -> None:
    desk.run("import", "customers", written(desk, "customers.jsonl", ANA))

    refusal = desk.refused("import", "events", written(desk, "events.jsonl", BEGAN))

    assert "imported customers wait for a worker" in refusal


def test_a_bad_customer_is_named_by_its_line(desk: Desk) -> None:
    file = written(
        desk, "customers.jsonl", {**ANA, "consents": ["mind reading"]}, {"customer": ""}, {**ANA, "timezone": "Mars"}
    )

    lines = desk.refused("import", "customers", file).splitlines()

    assert [line.partition(": ")[0] for line in lines[:3]] == [f"customers.jsonl:{number}" for number in (1, 2, 3)]


def test_events_are_no_customers_and_customers_no_events(desk: Desk) -> None:
    events, customers = written(desk, "events.jsonl", BEGAN), written(desk, "customers.jsonl", ANA)
    (desk.folder / "events.csv").write_text("id,name,customer,at,n\ne1,began,ana,2026-02-01T09:00:00Z,1\n")
    (desk.folder / "customers.csv").write_text("customer,consents\nana,offers\n")

    for file in (events, "events.csv"):
        refusal = desk.refused("import", "customers", file)
        assert "this tells of an event, and customers are wanted here" in refusal
    assert "customers.jsonl:1: this tells of a customer, and events are wanted here" in desk.refused(
        "import", "events", customers
    )
    assert "no `id` here" in desk.refused("import", "events", "customers.csv")
    assert desk.json("status")["inbox"]["pending"] == 0


def test_a_file_that_is_not_there_is_said(desk: Desk, tmp_path: Path) -> None:
    assert "there is no file nowhere.jsonl" in desk.refused("import", "events", "nowhere.jsonl")
    assert "the name must end in" in desk.refused("import", "events", written(desk, "events.txt", BEGAN))
