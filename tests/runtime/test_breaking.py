"""What a publication would break for those who are on their way is refused, or let go where there is nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeys.errors import DefinitionError, Problem
from journeys.runtime.publishing import open_engine, publish
from journeys.store.database import Database

from .house import House
from .revising import anew, edit, enter, go, open_house, stands, take_away, told


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return open_house(database, tmp_path)


def refused(house: House) -> tuple[Problem, ...]:
    with pytest.raises(DefinitionError) as caught:
        publish(house.database, house.folder, house.clock())
    return caught.value.problems


BREAKS = {
    "a touch": ("  send: [{touch: spark, after: 2 days}]", "unknown-touch", "spark"),
    "a field": ("customer.size > 3", "unknown-field", "size"),
    "the type of a field": ("customer.size > 3", "wrong-type", "customer.size"),
    "what a type means": ("customer.size > 3", "another-meaning", "brand.yaml"),
    "an event": ("{on: ordered, to: end.bought}", "unknown-event", "ordered"),
    "its name": ("journey: j", "name-clash", "'j'"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_would_break_for_who_is_on_their_way_is_refused_with_their_number(house: House, what: str) -> None:
    enter(house, "ana", "ben")
    take_away(house, what)

    line, rule, named = BREAKS[what]
    [problem] = [problem for problem in refused(house) if line in problem.source]

    assert (problem.file, problem.rule) == ("j@1.yaml", rule)
    assert named in problem.message
    assert "2 customers stand in version 1 of 'j', and would stay on it" in problem.why
    assert problem.help.endswith("; or publish this when nobody stands there any more")
    house.live.refresh()
    assert house.live.engine.publication == 1


def test_words_that_no_version_can_fill_any_more_are_refused(house: House) -> None:
    edit(house, "j.yaml", "{on: began, to: need}", "{on: began, to: need, keep: {note: event.note}}")
    go(house)
    enter(house, "ana")
    (house.folder / "j.yaml").unlink()
    edit(house, "touches/spark.md", "---\nHello.", "---\nHello, {{ journey.nota | default: 'you' }}.")

    problem, *_ = refused(house)

    assert problem.file.endswith("spark.md")
    assert (problem.rule, problem.message) == ("unknown-name", "there is no 'nota' in 'journey'")
    assert "1 customer stands in version 2 of 'j'" in problem.why


def test_what_only_the_way_in_reads_may_change(house: House) -> None:
    edit(house, "j.yaml", "{on: began, to: need}", "{on: began, if: 'not has(customer.mood)', to: need}")
    go(house)
    enter(house, "ana")
    edit(house, "j.yaml", "if: 'not has(customer.mood)', ", "")
    edit(house, "brand.yaml", "  mood: {type: text}\n", "")
    go(house)
    house.wait(days=3)
    house.run()

    assert house.recorder.sent == ["spark"]
    assert stands(house) == {("j", 2): (1, 0)}


def test_what_would_break_is_let_go_where_nobody_is_on_their_way_and_goals_are_still_waited_for(house: House) -> None:
    enter(house, "ana")
    house.on("ordered")
    house.work()
    take_away(house, "a touch")

    assert told(house) == [("j", 2, "new", 0, 0), ("j", 1, "let go", 0, 1)]

    house.live.refresh()
    house.on("visited")
    house.work()
    assert [row["kind"] for row in house.trace() if row["kind"] == "goal"] == ["goal"]


def test_a_dry_run_tells_the_same_and_does_nothing(house: House) -> None:
    enter(house, "ana")
    anew(house)

    would_be = told(house, is_dry_run=True)

    assert open_engine(house.database).publication == 1
    assert would_be == told(house)
    take_away(house, "a touch")
    with pytest.raises(DefinitionError):
        told(house, is_dry_run=True)
