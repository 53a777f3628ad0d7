"""What runs is what was published last, as far as this release can run it; else it waits, and loses nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from journeys.runtime.publishing import publish
from journeys.runtime.sweeping import Sweep
from journeys.store import publications
from journeys.store.customers import parked
from journeys.store.database import Database, Unavailable
from tests.core.walk import journey

from .house import House

STORY = journey("need: {rest: true, send: [spark], move: [{on: ordered, to: end.bought}]}")


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", STORY)


def publish_from_tomorrow(house: House) -> None:
    """As a newer release may, on another machine: what it says is not known here yet."""
    with house.database.writing() as connection:
        last = publications.newest(connection)
        assert last is not None
        publications.publish(connection, "tomorrow", last.layout, changed(last.files), house.clock())


def changed(files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files)) as before, zipfile.ZipFile(packed, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name) + (b"moods: {}\n" if name == "brand.yaml" else b""))
    return packed.getvalue()


def test_a_publication_that_cannot_be_run_here_leaves_all_as_it_was_and_is_told_of(house: House) -> None:
    engine = house.live.engine
    publish_from_tomorrow(house)

    with capture_logs() as lines:
        house.live.refresh()

    assert house.live.engine is engine
    [line] = lines
    assert (line["event"], line["number"]) == ("publication_not_taken_up", 2)
    assert line["because"].startswith("1 problem in the definitions, the first: ")
    assert "moods" in line["because"]


def test_nobody_is_decided_for_by_what_was_published_before_and_nobody_is_parked(house: House) -> None:
    """Another process may know it; here the customers wait, with all that came in."""
    house.knows()
    house.run()
    house.on("began")
    publish_from_tomorrow(house)

    for work in (house.worker.work, house.worker.work):
        with pytest.raises(Unavailable, match="cannot be run by this release"):
            work()

    with house.database.reading() as connection:
        assert parked(connection) == []
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox WHERE status = 'pending'").scalar_one() == 1
    assert {row["kind"] for row in house.trace()} == {"event"}


def test_it_goes_on_by_itself_with_what_is_published_next(house: House) -> None:
    house.knows()
    house.run()
    house.on("began")
    publish_from_tomorrow(house)
    with pytest.raises(Unavailable):
        house.worker.work()

    publish(house.database, house.folder, house.clock())
    house.run()

    assert house.live.engine.publication == 3
    assert house.recorder.sent == ["spark"]


def test_a_customer_whom_a_newer_release_decided_for_is_left_to_it(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()
    house.wait(hours=1)
    publish_from_tomorrow(house)
    with house.database.writing() as connection:
        connection.exec_driver_sql("UPDATE customer SET publication = 2")

    with pytest.raises(Unavailable):
        house.relay.relay()
    assert Sweep(house.live).work() == 0

    with house.database.reading() as connection:
        assert parked(connection) == []
    assert house.recorder.sent == []
