"""One thread writes what many hand over: together, whole, and again after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

from journeys.store.database import Connection, Database, Unavailable
from journeys.store.inbox import Received, backlog
from journeys.web.problems import Refusal
from journeys.web.writer import Writer


def row(id: str, customer: str = "c-17") -> Received:
    return Received(customer=customer, source="", id=id, at=10, body=b"{}")


class Gate:
    """A database whose writing transactions wait at a gate, may be told to fail, and are counted."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.arrived = Event()
        self.open = Event()
        self.failures: list[Exception] = []
        self.transactions = 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self.transactions += 1
        self.arrived.set()
        assert self.open.wait(60)
        if self.failures:
            raise self.failures.pop()
        with self.database.writing() as connection:
            yield connection


Play = Callable[[Writer, Gate], Any]


def play(database: Database, on: Play, **bounds: int) -> tuple[Any, Gate, list[int]]:
    """Runs a play on a writer of its own, and stops it."""
    gate = Gate(database)
    woken: list[int] = []

    async def run() -> Any:
        writer = Writer(
            database=gate,  # type: ignore[arg-type]
            clock=lambda: 20,
            on_received=lambda: woken.append(gate.transactions),
            **bounds,
        )
        writer.start()
        try:
            return await on(writer, gate)
        finally:
            gate.open.set()
            await asyncio.to_thread(writer.stop)

    return asyncio.run(run()), gate, woken


async def arrived(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.arrived.wait, 60)


def pending(database: Database) -> int:
    with database.reading() as connection:
        return backlog(connection, 100).pending


def test_what_gathers_while_one_commits_is_one_commit_more(database: Database):
    async def on(writer: Writer, gate: Gate) -> list[Any]:
        first = asyncio.ensure_future(writer.keep([row("0")]))
        await arrived(gate)
        rest = [asyncio.ensure_future(writer.keep([row(str(n)), row("0")])) for n in range(1, 101)]
        await asyncio.sleep(0)
        assert not first.done()
        gate.open.set()
        return [await first, *[await each for each in rest]]

    told, gate, woken = play(database, on)

    assert told == [[True]] + [[True, False]] * 100
    assert gate.transactions == 2
    assert woken == [1, 2]
    assert pending(database) == 101


def test_a_failure_refuses_whoever_was_in_it_and_nobody_after(database: Database):
    async def on(writer: Writer, gate: Gate) -> list[Any]:
        gate.failures = [RuntimeError("ours"), Unavailable("the disk is full")]
        gate.open.set()
        tries = [await asyncio.gather(writer.keep([row("1")]), return_exceptions=True) for _ in range(3)]
        return [each for (each,) in tries]

    told, _, woken = play(database, on)

    assert [type(each) for each in told] == [Refusal, Refusal, list]
    assert told[0].kind.status == 503
    assert told[0].headers == {"Retry-After": "1"}
    assert told[2] == [True]
    assert woken == [3]


def test_stopping_commits_what_was_handed_over_and_takes_no_more(database: Database):
    async def on(writer: Writer, gate: Gate) -> list[Any]:
        kept = [asyncio.ensure_future(writer.keep([row(str(n))])) for n in range(5)]
        await arrived(gate)
        stopping = asyncio.ensure_future(asyncio.to_thread(writer.stop))
        while writer.takes:
            await asyncio.sleep(0)
        with pytest.raises(Refusal):
            await writer.keep([row("late")])
        gate.open.set()
        await stopping
        return [await each for each in kept]

    told, _, _ = play(database, on)

    assert told == [[True]] * 5
    assert pending(database) == 5


def test_more_than_can_wait_is_refused_and_loses_nothing(database: Database):
    async def on(writer: Writer, gate: Gate) -> list[Any]:
        first = asyncio.ensure_future(writer.keep([row("0")]))
        await arrived(gate)
        second = asyncio.ensure_future(writer.keep([row("1"), row("2"), row("3")]))
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await writer.keep([row("4")])
        assert refused.value.kind.status == 429
        gate.open.set()
        return [await first, await second, await writer.keep([row("4")])]

    told, _, _ = play(database, on, rows_waiting=3)

    assert told == [[True], [True] * 3, [True]]


def test_a_transaction_is_bounded_and_a_request_is_never_split(database: Database):
    async def on(writer: Writer, gate: Gate) -> None:
        kept = [asyncio.ensure_future(writer.keep([row("first")]))]
        await arrived(gate)
        kept += [
            asyncio.ensure_future(writer.keep([row(f"{n}-{i}") for i in range(size)]))
            for n, size in enumerate((3, 2, 6, 1))
        ]
        await asyncio.sleep(0)
        gate.open.set()
        assert [len(await each) for each in kept] == [1, 3, 2, 6, 1]

    _, gate, _ = play(database, on, rows_at_once=4)

    assert gate.transactions == 5


def test_who_has_gone_is_not_told_and_the_others_are(database: Database):
    async def on(writer: Writer, gate: Gate) -> Any:
        gone = asyncio.ensure_future(writer.keep([row("1")]))
        stays = asyncio.ensure_future(writer.keep([row("2")]))
        await arrived(gate)
        gone.cancel()
        await asyncio.sleep(0)
        gate.open.set()
        return await stays, await writer.keep([row("1")])

    told, _, _ = play(database, on)

    assert told == ([True], [False])
