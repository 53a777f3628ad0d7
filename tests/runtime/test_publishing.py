"""Definitions go live as one whole, and what runs takes them up."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from journeys.check.folder import open_definitions
from journeys.errors import ConfigurationError, DefinitionError
from journeys.runtime.publishing import engine_as, open_engine, publish
from journeys.runtime.sweeping import Sweep
from journeys.store.claiming import lock
from journeys.store.database import Database
from tests.core.walk import journey

from .house import House

STAY = journey("need:\n  rest: true\n  send: [{touch: thanks, after: 2 days}]\n  move: [{on: ordered, to: end.bought}]")


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", STAY)


def edit(house: House, file: str, old: str, new: str) -> None:
    path = house.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_same_files_are_the_same_publication(house: House) -> None:
    again = publish(house.database, house.folder, house.clock())

    assert (again.number, again.is_new) == (1, False)


def test_what_is_published_is_what_was_checked_whatever_becomes_of_the_files(house: House) -> None:
    edit(house, "j.yaml", "2 days", "3 days")
    reading = open_definitions(house.folder)
    edit(house, "j.yaml", "end.bought", "nowhere")

    published = publish(house.database, house.folder, house.clock(), reading=reading)

    assert published.number == 2
    assert open_engine(house.database).layout == engine_as(house.database, published).layout


def test_the_kind_of_line_break_is_no_other_publication(house: House) -> None:
    for path in house.folder.rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert not publish(house.database, house.folder, house.clock()).is_new


def test_words_that_change_are_those_that_go(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()
    edit(house, "touches/thanks.md", "\nsubject: Hello", "\nsubject: New words")

    assert publish(house.database, house.folder, house.clock()).is_new
    house.live.refresh()
    house.wait(days=2)
    house.run()

    [parcel] = house.recorder.parcels
    assert parcel.message.subject is not None
    assert parcel.message.subject.startswith("New words")


def test_definitions_with_an_error_do_not_go_live(house: House) -> None:
    edit(house, "j.yaml", "end.bought", "nowhere")

    with pytest.raises(DefinitionError):
        publish(house.database, house.folder, house.clock())


def test_where_no_temporary_folder_can_be_made_it_is_said_what_to_name(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(house.folder / "nowhere"))

    with pytest.raises(ConfigurationError, match=r"none can be made \(No such file or directory\): TMPDIR names where"):
        open_engine(house.database)


def test_after_a_publication_everybody_is_planned_anew(house: House) -> None:
    for name in ("ana", "ben", "cleo"):
        house.knows(name)
        house.on("began", customer=name)
    house.work()
    edit(house, "brand.yaml", "events:", "  shoe: {type: number}\nevents:")
    publish(house.database, house.folder, house.clock())
    house.live.refresh()

    sweep = Sweep(house.live, batch=2)
    counts = [sweep.work() for _ in range(3)]

    assert counts == [2, 1, 0]
    with house.database.writing() as connection:
        found = lock(connection, ["ana", "ben", "cleo"])
    assert {kept.publication for kept in found.values()} == {2}
    house.wait(days=2)
    house.run()
    assert house.recorder.sent == ["thanks", "thanks", "thanks"]


def test_who_said_something_is_heard_before_they_are_planned_anew(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()
    edit(house, "brand.yaml", "events:", "  shoe: {type: number}\nevents:")
    publish(house.database, house.folder, house.clock())
    house.live.refresh()
    house.wait(days=1)
    house.on("ordered")
    house.wait(days=2)

    sweep = Sweep(house.live)
    counts = [sweep.work() for _ in range(2)]
    house.run()

    assert counts == [1, 0]
    assert house.recorder.sent == []
    with house.database.writing() as connection:
        assert lock(connection, ["ana"])["ana"].publication == 2
