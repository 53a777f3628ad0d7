"""Nightly: each night's job is done once, whoever does it, and nothing of it is left undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest

from journeys.core.calendar import parse_moment
from journeys.runtime.nightly import Nightly, Run, last_night
from journeys.store.database import Database, Unavailable
from journeys.store.jobs import Job, Shift, jobs
from tests.core.walk import DAY, journey
from tests.runtime.house import HOUR, MINUTE, House

SECOND = 1_000_000

pytestmark = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    made = House(database, tmp_path / "definitions", journey("need: {rest: true}"))
    yield made
    made.relay.close()


def looking(house: House, do: Callable[[Run], None]) -> Nightly:
    """Another process that looks for the job."""
    return Nightly(house.live, "tidy", do)


def told(house: House) -> Job:
    with house.database.reading() as connection:
        [job] = jobs(connection)
    return job


def keep(house: House, run: Run, reached: bytes) -> None:
    with house.database.writing() as connection:
        run.keep(connection, reached)


@pytest.mark.parametrize(
    ("now", "due_at"),
    [
        pytest.param("2026-03-02T02:00:00Z", "2026-03-02T02:00:00Z", id="at three in Madrid"),
        pytest.param("2026-03-02T01:59:59Z", "2026-03-01T02:00:00Z", id="a second before"),
        pytest.param("2026-03-02T23:30:00Z", "2026-03-02T02:00:00Z", id="after midnight in Madrid"),
        pytest.param("2026-03-29T12:00:00Z", "2026-03-29T01:00:00Z", id="the night that lacks an hour"),
        pytest.param("2026-10-25T12:00:00Z", "2026-10-25T02:00:00Z", id="the night that has one twice"),
    ],
)
def test_the_night_is_that_of_the_brand(house: House, now: str, due_at: str) -> None:
    zone = house.live.engine.program.brand_zone

    assert last_night(zone, parse_moment(now)) == parse_moment(due_at)


def test_a_job_is_done_once_a_night(house: House) -> None:
    done: list[int] = []
    processes = [looking(house, lambda run: done.append(run.due_at)) for _ in range(3)]

    for _ in range(49):
        for process in processes:
            process.look()
        house.wait(hours=1)

    assert [parse_moment("2026-03-02T02:00:00Z") + day * DAY for day in range(3)] == done
    assert told(house).held_until is None


def test_of_many_that_look_at_once_one_does_it(house: House) -> None:
    done: list[int] = []
    begin = Barrier(8)

    def look() -> None:
        begin.wait()
        looking(house, lambda run: done.append(run.due_at)).look()

    with ThreadPoolExecutor(8) as executor:
        for each in [executor.submit(look) for _ in range(8)]:
            each.result()

    assert len(done) == 1


def test_while_one_is_at_it_nobody_else_begins(house: House) -> None:
    done: list[str] = []

    def slowly(run: Run) -> None:
        for _ in range(10):
            house.wait(minutes=4)
            keep(house, run, b"on")
            looking(house, lambda run: done.append("another")).look()
        done.append("one")

    looking(house, slowly).look()

    assert done == ["one"]


def test_what_a_process_left_when_it_died_goes_on_where_it_ended(house: House) -> None:
    class Killed(BaseException):
        pass

    seen: list[bytes] = []

    def dies(run: Run) -> None:
        keep(house, run, b"half of it")
        raise Killed

    with pytest.raises(Killed):
        looking(house, dies).look()
    looking(house, lambda run: seen.append(run.shift.reached)).look()
    before = list(seen)
    house.wait(minutes=6)
    looking(house, lambda run: seen.append(run.shift.reached)).look()

    assert before == []
    assert seen == [b"half of it"]
    assert told(house).ran_at == house.clock()


def test_a_job_that_fails_is_tried_again_and_says_why(house: House) -> None:
    def fails(run: Run) -> None:
        raise ZeroDivisionError("Ana owes 3")

    done: list[int] = []
    looking(house, fails).look()
    failed = told(house)
    looking(house, lambda run: done.append(1)).look()
    house.wait(hours=1)
    looking(house, lambda run: done.append(2)).look()

    assert failed.problem is not None
    assert failed.problem.startswith("ZeroDivisionError at ")
    assert "Ana" not in failed.problem
    assert (failed.ran_at, failed.held_until) == (None, house.clock())
    assert done == [2]
    assert (told(house).problem, told(house).ran_at) == (None, house.clock())


def test_a_database_that_is_away_is_waited_for(house: House) -> None:
    def away(run: Run) -> None:
        raise Unavailable("it restarts")

    done: list[int] = []
    with pytest.raises(Unavailable):
        looking(house, away).look()
    house.wait(minutes=6)
    looking(house, lambda run: done.append(1)).look()

    assert done == [1]


def test_who_was_away_for_too_long_keeps_nothing_more(house: House) -> None:
    done: list[str] = []

    def sleeps(run: Run) -> None:
        house.clock.now += 10 * MINUTE
        looking(house, lambda run: keep(house, run, b"theirs")).look()
        keep(house, run, b"ours")
        done.append("kept")

    looking(house, sleeps).look()
    house.clock.now += 24 * HOUR
    looking(house, lambda run: done.append(run.shift.reached.decode())).look()

    assert done == ["theirs"]


def test_a_process_that_ends_leaves_the_job_to_the_next_at_once(house: House) -> None:
    ending = looking(house, lambda run: endless(run))
    rounds: list[int] = []

    def endless(run: Run) -> None:
        while True:
            rounds.append(1)
            keep(house, run, b"%d" % len(rounds))
            if len(rounds) == 3:
                ending.stop()
            run.rest()

    seen: list[bytes] = []
    ending.look()
    looking(house, lambda run: seen.append(run.shift.reached)).look()

    assert len(rounds) == 3
    assert seen == [b"3"]


@pytest.mark.parametrize(
    ("took", "rested"),
    [
        pytest.param(3 * SECOND, 3.0, id="as long as the batch"),
        pytest.param(8 * HOUR, 60.0, id="a machine that slept"),
        pytest.param(-HOUR, 0.0, id="a clock that was set back"),
    ],
)
def test_between_two_batches_it_rests_and_never_for_long(house: House, took: int, rested: float) -> None:
    class Noting(Event):
        def wait(self, timeout: float | None = None) -> bool:
            rests.append(timeout)
            return False

    rests: list[float | None] = []
    run = Run(Shift(name="tidy", run=1, reached=b""), house.clock(), house.clock, Noting())
    house.clock.now += took

    run.rest()

    assert rests == [rested]


def test_a_clock_that_was_set_back_does_not_bring_back_the_night_before(house: House) -> None:
    done: list[int] = []
    house.clock.now = parse_moment("2026-03-02T02:10:00Z")
    looking(house, lambda run: done.append(1)).look()
    house.clock.now -= HOUR

    looking(house, lambda run: done.append(2)).look()

    assert done == [1]
