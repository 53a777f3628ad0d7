"""Definitions go live from the command line, and who is concerned is told of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.store.database import open_database
from tests.core.walk import journey
from tests.runtime.house import House

from .conftest import run

STAY = journey("need: {rest: true, send: [{touch: spark, after: 2 days}], move: [{on: ordered, to: end.bought}]}")


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Two customers stand in the journey."""
    monkeypatch.delenv("JOURNEYS_DATABASE_URL", raising=False)
    shutil.copy(migrated_sqlite, tmp_path / "journeys.db")
    database = open_database(f"sqlite:///{tmp_path / 'journeys.db'}")
    house = House(database, tmp_path / "definitions", STAY)
    for name in ("ana", "ben"):
        house.knows(name)
        house.on("began", customer=name)
    house.work()
    yield house
    database.close()


def edit(house: House, old: str, new: str) -> None:
    path = house.folder / "j.yaml"
    path.write_text(path.read_text().replace(old, new))


def test_a_publication_tells_what_becomes_of_each_version(house: House, tmp_path: Path) -> None:
    edit(house, "after: 2 days", 'after: 3 days, if: \'count("looked", "7 days") > 0\'')

    would_be = run("publish", "--dry-run", cwd=tmp_path)
    again = run("publish", "--dry-run", cwd=tmp_path)
    done = run("publish", cwd=tmp_path)

    assert would_be == again
    assert would_be.out.splitlines()[0] == "definitions would be publication 2"
    assert done.out.splitlines() == [
        "published definitions as publication 2",
        "",
        "journey  version  which is              on their way  ended, goal open",
        "j              2  new                              0                 0",
        "j              1  for who stands in it             2                 0",
        "",
        "Remembered from now on, and not from before: looked.",
    ]
    assert run("publish", cwd=tmp_path).out == "definitions is what publication 2 says already\n"


def test_a_publication_is_told_to_programs(house: House, tmp_path: Path) -> None:
    (house.folder / "j.yaml").unlink()

    told = json.loads(run("publish", "--dry-run", "--json", cwd=tmp_path).out)

    assert told == {
        "publication": 2,
        "is_new": True,
        "is_dry_run": True,
        "versions": [
            {
                "journey": "j",
                "version": 1,
                "is": "goes on",
                "journey_is_gone": True,
                "on_their_way": 2,
                "ended_with_goal_open": 0,
            }
        ],
        "remembered_from_now_on": [],
    }


def test_what_would_break_is_shown_where_it_stands(house: House, tmp_path: Path) -> None:
    edit(house, "touch: spark", "touch: thanks")
    (house.folder / "touches" / "spark.md").unlink()

    done = run("publish", cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("j@1.yaml:8:")
    told = " ".join(done.err.split())
    assert "error[unknown-touch]: there is no touch 'spark'" in told
    assert "why: 2 customers stand in version 1 of 'j', and would stay on it: it would come due" in told


def test_a_dry_run_makes_no_database(house: House, tmp_path: Path) -> None:
    done = run("publish", "--dry-run", "--definitions", str(house.folder), cwd=house.folder)

    assert (done.code, done.out) == (3, "")
    assert not (house.folder / "journeys.db").exists()


def test_a_customer_is_shown_with_the_version_they_are_in_where_it_is_not_the_newest(
    house: House, tmp_path: Path
) -> None:
    assert "j#1, version" not in run("customer", "show", "ana", cwd=tmp_path).out
    edit(house, "after: 2 days", "after: 3 days")
    run("publish", cwd=tmp_path)
    house.live.refresh()
    house.wait(days=2)
    house.run()

    assert "j#1, version 1" in run("customer", "show", "ana", cwd=tmp_path).out
    assert "j#1, version 1" in run("customer", "explain", "ana", cwd=tmp_path).out
    assert json.loads(run("customer", "show", "ana", "--json", cwd=tmp_path).out)["enrollments"][0]["version"] == 1
