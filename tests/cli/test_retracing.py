"""`journeys retrace`: the signals of a real customer, exported and taken again by a folder."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.cli.main import PROBLEMS
from journeys.errors import Transient
from journeys.store.database import open_database

from .test_operating import WELCOME, Desk

FILE = "signals.jsonl"


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)
    shutil.copy(migrated_sqlite, tmp_path / "journeys.db")
    database = open_database(f"sqlite:///{tmp_path / 'journeys.db'}")
    yield Desk(tmp_path, database, WELCOME.replace("stages:", "arms: {generic: 50%}\nstages:", 1))
    database.close()


def lived(desk: Desk) -> Path:
    """A life in which every kind of signal comes up, and its file."""
    house = desk.house
    house.knows()
    house.on("began")
    house.recorder.failure = lambda parcel: Transient("down")
    house.run()
    house.wait(hours=2)
    house.recorder.failure = lambda parcel: None
    house.run()
    house.on("ordered")
    house.run()
    done = desk.run("export", "signals", "ana", FILE)
    assert (done.code, done.err) == (0, "")
    return desk.folder / FILE


def lines_of(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_nobody_else_reads_exported_signals(desk: Desk) -> None:
    assert stat.S_IMODE(lived(desk).stat().st_mode) == 0o600


def test_exported_signals_taken_again_give_the_same_decisions(desk: Desk) -> None:
    lines = lines_of(lived(desk))

    done = desk.run("retrace", FILE)
    told = desk.json("retrace", FILE)

    assert {"event", "instant", "asked", "accepted"} <= {str(line.get("signal")) for line in lines}
    turns = len({line["turn"] for line in lines if "turn" in line})
    assert (done.code, done.out) == (0, f"ana\n{turns} turns taken again: the same decisions\n")
    assert told["differing"] == []
    assert [row for turn in told["turns"] for row in turn["decided"]] == [
        line["decided"] for line in lines if "decided" in line
    ]


def test_chance_falls_as_it_fell_and_with_other_salt_otherwise(desk: Desk) -> None:
    file = lived(desk)
    before = desk.json("retrace", FILE)["turns"]
    first, *rest = file.read_text().splitlines()
    arms = set()
    for salt in "abcdefgh":
        file.write_text("\n".join([json.dumps({**json.loads(first), "salt": salt}), *rest]) + "\n")
        told = json.loads(desk.run("retrace", FILE, "--json").out)["turns"]
        arms |= {row["arm"] for turn in told for row in turn["decided"] if "arm" in row}

    assert {row["arm"] for turn in before for row in turn["decided"] if "arm" in row} <= arms
    assert len(arms) > 1


def test_definitions_that_decide_otherwise_are_told_with_the_first_difference(desk: Desk) -> None:
    lived(desk)
    (file,) = [path for path in (desk.folder / "definitions").glob("*.yaml") if "end.bought" in path.read_text()]
    file.write_text(file.read_text().replace("end.bought", "end.paid"))

    done = desk.run("retrace", FILE)

    assert done.code == PROBLEMS
    assert "decide otherwise; the first is turn" in done.out
    assert "  then  Ended bought, out of research: on ordered.\n  now   Ended paid, out of research" in done.out


BEGAN = '{"customer": "ana", "salt": "s", "versions": {}}'
CLOSED = '"customer": "ana", "turn": 1, "until": "2026-01-01T00:00:00Z", "publication": 1'


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "it does not end as `journeys export signals` ends a file"),
        (["x"], ":1: not a line of JSON"),
        (["[]"], ":1: not a JSON object"),
        (["{}"], "line 1: not one that `journeys export signals` writes"),
        ([BEGAN], "it does not end as"),
        ([BEGAN, '{"turn": 1, "decided": {}}'], "line 2: not one"),
        ([BEGAN, f'{{"signal": "danced", {CLOSED}}}'], "line 2: not one"),
        ([BEGAN, f'{{"signal": "instant", {CLOSED}}}'.replace("2026-01-01T00:00:00Z", "soon")], "line 2: not one"),
        ([BEGAN, f'{{"signal": "asked", {CLOSED}, "touches": [{{}}]}}'], "line 2: not one"),
        ([BEGAN, f'{{"signal": "accepted", {CLOSED}}}'], "line 2: not one"),
        ([BEGAN, f'{{"signal": "forgotten", {CLOSED}}}'], "only events begin a customer"),
        ([BEGAN, '{"signal": "event", "turn": 1, "name": "began"}'], "it does not end as"),
    ],
)
def test_a_file_that_is_none_is_refused_where_it_is_wrong(desk: Desk, lines: list[str], told: str) -> None:
    (desk.folder / FILE).write_text("".join(f"{line}\n" for line in lines))

    assert told in desk.refused("retrace", FILE)


def test_a_history_of_which_something_is_forgotten_is_not_walked_again(desk: Desk) -> None:
    file = lived(desk)
    lines = lines_of(file)
    for line in lines:
        if line.get("signal") == "event":
            line["forgotten"] = ["interests"]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    assert "is kept no longer" in desk.refused("retrace", FILE)


def test_of_who_was_erased_nothing_is_left_to_walk_again_and_it_is_said(desk: Desk) -> None:
    lived(desk)
    desk.house.on("customer.erased")
    desk.house.work()
    exported = desk.run("export", "signals", "ana", "after.jsonl")

    assert exported.out.splitlines()[1:] == ["'ana' was erased: this history cannot be walked again"]
    assert "after.jsonl: the customer was erased: nothing of what they said is kept" in desk.refused(
        "retrace", "after.jsonl"
    )
    assert desk.run("retrace", FILE).code == 0, "what was exported before is in nobody's hand but who keeps the file"


def test_a_touch_that_the_folder_does_not_know_is_told(desk: Desk) -> None:
    file = lived(desk)
    file.write_text(file.read_text().replace('"touch":"spark"', '"touch":"gone"'))

    assert "these definitions do not know it" in desk.refused("retrace", FILE)
