"""Replay: the real year of real households, and what a replay promises of any file.

Every day a hundred of the households are walked here, and all of them by README; at length all of it is seen here.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from journeys.cli.assuming import read_assumed
from journeys.definition.model import Given
from journeys.errors import InputError
from journeys.simulate.replay import Replayed, replay
from tests.simulate.recount import Recount, read_rows
from tests.streams import definitions

YEAR = Path(__file__).parents[1] / "data" / "complete-journey"
SHIPPED = Path(__file__).parents[2] / "definitions"
GROCERY = definitions("shipped")
ASSUMED = read_assumed(YEAR / "assume.yaml", GROCERY.brand)
SAMPLE = 12  # every so many-th household


@dataclass(frozen=True)
class Walked:
    replayed: Replayed
    trace: Path

    @property
    def report(self) -> dict[str, Any]:
        told = json.loads(json.dumps(self.replayed.report.to_json()))
        assert isinstance(told, dict)
        return told


def walk(events: Path, trace: Path, *, reference: bool = False, **more: Any) -> Walked:
    more = {"customers": YEAR / "customers.jsonl.gz", "assume": ASSUMED, **more}
    return Walked(replay(GROCERY, ["grocery"], events, trace=trace, reference=reference, **more), trace)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    return walk(YEAR / "events.jsonl.gz", tmp_path_factory.mktemp("year") / "trace.jsonl")


@pytest.fixture(scope="session")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The events of every twelfth household."""
    path = tmp_path_factory.mktemp("some") / "events.jsonl"
    with gzip.open(YEAR / "events.jsonl.gz", "rt") as lines, path.open("w") as kept:
        names: dict[str, int] = {}
        for line in lines:
            if names.setdefault(json.loads(line)["customer"], len(names)) % SAMPLE == 0:
                kept.write(line)
    assert len(names) == 1_238
    return path


@pytest.fixture(scope="session")
def some_walked(some: Path, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    return walk(some, tmp_path_factory.mktemp("walked") / "trace.jsonl", customers=None)


@pytest.fixture(params=["some_walked", pytest.param("year", marks=pytest.mark.long)], ids=["some", "all"])
def walked(request: pytest.FixtureRequest) -> Walked:
    """Some of the households, or all."""
    found: Walked = request.getfixturevalue(request.param)
    return found


# ---------------------------------------------------------------- the whole year


@pytest.mark.long
def test_all_events_of_the_year_go_through_grocery(year: Walked) -> None:
    replayed = year.replayed

    assert (replayed.customers, replayed.events) == (1_238, 82_857)
    assert (replayed.repeated, replayed.undeclared, replayed.skipped_count) == (0, {}, 0)
    assert replayed.report.events.heard == 82_857
    assert replayed.report.events.unheard == {}
    assert replayed.signals > replayed.events


def test_the_report_of_a_year_is_what_its_trace_says(walked: Walked) -> None:
    """Funnel, ends, arms, goal and touches: counted anew from the file."""
    _, rows = read_rows(walked.trace)
    (told,) = walked.report["journeys"]
    found = Recount(rows, "grocery")

    for phase in told["phases"]:
        assert_place(phase, found.place(phase["name"], is_step=False))
        for stage in phase["within"]:
            assert_place(stage, found.place(stage["name"], is_step=False))
            for step in stage["within"]:
                assert_place(step, found.place(step["name"], is_step=True))
    assert told["ends"] == found.ends
    assert told["entered"] == found.entered.total()
    assert {arm["arm"]: arm["entered"] for arm in told["arms"]} == found.entered
    assert {arm["arm"]: arm["goal"]["reached"] for arm in told["arms"]} == found.goals
    for arm in told["arms"]:
        name = arm["arm"]
        assert (arm["customers"], arm["converted"]) == (len(found.customers(name)), len(found.converted[name]))
    assert told["touches_by_customer"] == found.touches_by_customer()
    assert (told["goal"]["reached"], told["goal"]["value"]) == (found.goals.total(), found.value)
    assert told["touched"] == found.touched()
    for name, touched in told["touches"].items():
        assert touched == found.touched(touch=name)
    for arm in told["arms"]:
        assert arm["touched"] == found.touched(arm=arm["arm"])
    assert sum(touched["due"] for touched in told["touches"].values()) == len(found.touches) > 500


def assert_place(told: dict[str, Any], found: dict[str, Any]) -> None:
    # A step is told under its whole name, and a stage without steps stands for its only state.
    assert {key: told[key] for key in found} == found, told["name"]


def test_every_due_touch_of_a_year_ends_and_says_why(walked: Walked) -> None:
    header, rows = read_rows(walked.trace)

    for answers in Recount(rows, "grocery").touches.values():
        for row in answers[:-1]:
            assert row["answer"] == "deferred", row
        for row in answers:
            assert row["answer"] in ("sent", "deferred", "withheld"), row
            if row["answer"] == "sent":
                assert "because" not in row, row
                assert row["channel"] == "email", row
            else:
                assert row["because"], row
            if row["answer"] == "deferred":
                assert row["until"] > row["at"], row
        if answers[-1]["answer"] == "deferred":
            assert answers[-1]["until"] > header["until"], answers


def test_the_rows_of_a_customer_stand_together_and_in_order_of_time(walked: Walked) -> None:
    _, rows = read_rows(walked.trace)
    customers = list(dict.fromkeys(row["customer"] for row in rows))

    assert customers == sorted(customers)
    assert len(customers) == walked.replayed.customers
    assert [row for row in rows if row["kind"] not in KINDS] == []
    order = [(row["customer"], row["at"]) for row in rows]
    assert order == sorted(order)


KINDS = ("event", "entered", "moved", "ended", "touch", "goal", "held", "released")


@pytest.mark.long
def test_the_machine_itself_gives_the_same_trace_of_the_whole_year(year: Walked, tmp_path: Path) -> None:
    by_machine = walk(YEAR / "events.jsonl.gz", tmp_path / "trace.jsonl", reference=True)

    assert by_machine.trace.read_bytes() == year.trace.read_bytes()
    assert by_machine.replayed == year.replayed


@pytest.mark.long
def test_the_year_gives_the_same_trace_again(year: Walked, tmp_path: Path) -> None:
    assert walk(YEAR / "events.jsonl.gz", tmp_path / "t.jsonl").trace.read_bytes() == year.trace.read_bytes()


# ---------------------------------------------------------------- the same again


def test_the_machine_itself_gives_the_same_trace(some: Path, some_walked: Walked, tmp_path: Path) -> None:
    by_machine = walk(some, tmp_path / "trace.jsonl", customers=None, reference=True)

    assert by_machine.trace.read_bytes() == some_walked.trace.read_bytes()
    assert by_machine.replayed == some_walked.replayed


@pytest.mark.parametrize(
    "seed", ["4242", pytest.param("0", marks=pytest.mark.long), pytest.param("1", marks=pytest.mark.long)]
)
def test_another_process_with_another_hash_seed_gives_the_same_bytes(
    seed: str, some: Path, some_walked: Walked, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", "import sys; from journeys.cli.main import main; sys.exit(main())"]
    arguments = ["replay", "grocery", "--definitions", str(SHIPPED), "--events", str(some)]
    arguments += ["--assume", str(YEAR / "assume.yaml"), "--json", str(tmp_path / "r.json")]

    subprocess.run(
        [*command, *arguments, "--trace", str(tmp_path / "t.jsonl.gz")],
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
        capture_output=True,
        timeout=120,
    )

    assert gzip.decompress((tmp_path / "t.jsonl.gz").read_bytes()) == some_walked.trace.read_bytes()
    told = json.loads((tmp_path / "r.json").read_text())
    assert told["journeys"] == some_walked.report["journeys"]


def test_a_compressed_trace_is_the_same_bytes_again_under_any_name(some: Path, tmp_path: Path) -> None:
    first = walk(some, tmp_path / "one.jsonl.gz", customers=None)
    second = walk(some, tmp_path / "other.jsonl.gz", customers=None)

    assert first.trace.read_bytes() == second.trace.read_bytes()


def test_the_order_of_the_lines_changes_nothing(some: Path, some_walked: Walked, tmp_path: Path) -> None:
    mixed = tmp_path / "events.jsonl"
    mixed.write_text("".join(sorted(some.read_text().splitlines(keepends=True), key=lambda line: line[20:])))

    assert walk(mixed, tmp_path / "t.jsonl", customers=None).trace.read_bytes() == some_walked.trace.read_bytes()


def test_another_salt_gives_other_arms(some: Path, some_walked: Walked, tmp_path: Path) -> None:
    other = walk(some, tmp_path / "t.jsonl", customers=None, salt="another")

    assert other.trace.read_bytes() != some_walked.trace.read_bytes()
    assert other.replayed.report.journeys[0].entered == some_walked.replayed.report.journeys[0].entered


# ---------------------------------------------------------------- who the customers are


def sent_to(
    folder: Path, customers: list[dict[str, Any]], *, consent: tuple[str, ...] = ("offers", "personalization")
) -> dict[str, dict[str, Any]]:
    """The first touch of each of two customers who shop once, by customer; both are assumed to have what they lack."""
    events = folder / "events.jsonl"
    at = "2026-03-02T10:00:00Z"
    shop = {"id": "1", "name": "order_placed", "at": at, "properties": {"order_id": "A"}}
    later = {"id": "2", "name": "order_delivered", "at": "2026-03-09T10:00:00Z"}
    lines = [{**event, "customer": name} for event in (shop, later) for name in ("ana", "ben")]
    events.write_text("".join([json.dumps(line) + "\n" for line in lines]))
    known = folder / "customers.jsonl"
    known.write_text("".join([json.dumps(line) + "\n" for line in customers]))
    assume = Given(
        name="assumed", fields={"email": "someone@example.com"}, timezone="America/New_York", consent=consent
    )
    replay(GROCERY, ["grocery"], events, customers=known, assume=assume, trace=folder / "t.jsonl", salt="salt 3")
    _, rows = read_rows(folder / "t.jsonl")
    return {row["customer"]: row for row in reversed(rows) if row["kind"] == "touch"}


def test_what_is_assumed_fills_only_what_is_not_known(tmp_path: Path) -> None:
    ana = {"customer": "ana", "timezone": "Europe/Madrid", "consents": ["offers"]}

    first = sent_to(tmp_path, [ana])

    assert (first["ana"]["due_at"], first["ana"].get("words")) == ("2026-03-03T10:00:00Z", "generic")
    assert (first["ben"]["due_at"], first["ben"].get("words")) == ("2026-03-03T16:00:00Z", "personalized")


def test_who_is_known_to_consent_to_nothing_lacks_no_consents(tmp_path: Path) -> None:
    first = sent_to(tmp_path, [{"customer": "ana", "consents": []}, {"customer": "ben", "consents": None}])

    assert (first["ana"]["answer"], first["ana"].get("words")) == ("sent", "generic")
    assert (first["ben"]["answer"], first["ben"].get("words")) == ("sent", "personalized")


def test_what_cannot_be_assumed_is_told_before_anything_is_read(tmp_path: Path) -> None:
    assume = Given(name="assumed", fields={"email": "nobody"}, timezone=None, consent=())

    with pytest.raises(InputError, match=r"what is assumed of customers: `customer\.email` must be an e-mail"):
        replay(GROCERY, ["grocery"], tmp_path / "missing.jsonl", assume=assume)


def test_customers_without_an_event_count_and_so_do_those_with_undeclared_ones_only(tmp_path: Path) -> None:
    events, customers = tmp_path / "events.jsonl", tmp_path / "customers.jsonl"
    events.write_text('{"id": "1", "name": "page_seen", "customer": "ana", "at": "2026-03-02T10:00:00Z"}\n')
    customers.write_text('{"customer": "ben"}\n')

    replayed = replay(GROCERY, ["grocery"], events, customers=customers)

    assert (replayed.customers, replayed.report.customers, replayed.events) == (2, 2, 1)
    assert replayed.undeclared == {"page_seen": 1}
    assert replayed.report.to_json()["until"] == "2026-03-02T10:00:00Z"


def test_bad_lines_of_both_files_are_told_at_once_with_their_file(tmp_path: Path) -> None:
    events, customers = tmp_path / "events.jsonl", tmp_path / "customers.jsonl"
    good = '{"id": "1", "name": "order_placed", "customer": "ana", "at": "2026-03-02T10:00:00Z"}\n'
    events.write_text(good + "x\n")
    customers.write_text("y\n")

    with pytest.raises(InputError) as refused:
        replay(GROCERY, ["grocery"], events, customers=customers)
    replayed = replay(GROCERY, ["grocery"], events, customers=customers, skip_bad=True)

    first, second, last = str(refused.value).splitlines()
    assert first.startswith(f"{events}:2: ")
    assert second.startswith(f"{customers}:1: ")
    assert last == "mend them, or leave them out with --skip-bad"
    assert [(bad.file, bad.line) for bad in replayed.skipped] == [(str(events), 2), (str(customers), 1)]
    assert replayed.skipped_count == 2


# ---------------------------------------------------------------- a trace is whole, or not there


def test_a_replay_that_is_refused_leaves_the_trace_that_was_there(tmp_path: Path) -> None:
    events, trace = tmp_path / "events.jsonl", tmp_path / "trace.jsonl"
    events.write_text("nonsense\n")
    trace.write_text("yesterday's")

    with pytest.raises(InputError):
        replay(GROCERY, ["grocery"], events, trace=trace)

    assert trace.read_text() == "yesterday's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "trace.jsonl"]


def test_a_trace_that_cannot_be_written_is_told_before_anything_is_read(tmp_path: Path) -> None:
    trace = tmp_path / "nowhere" / "trace.jsonl"

    with pytest.raises(InputError, match=r"nowhere/trace\.jsonl cannot be written: no such file or directory"):
        replay(GROCERY, ["grocery"], tmp_path / "missing.jsonl", trace=trace)
