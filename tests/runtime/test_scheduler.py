"""The scheduler: each job ticks by itself, and says nothing of the ticks that it has no need of."""

from __future__ import annotations

from threading import Event

import pytest

from journeys.runtime.scheduler import Scheduler

PATIENCE = 60  # seconds: only a failure takes that long


def test_a_job_that_takes_long_holds_up_no_other_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    enough = Event()
    failures: list[str] = []
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 5:
            enough.set()

    def last() -> None:
        assert enough.wait(PATIENCE)

    scheduler = Scheduler()
    scheduler.every(0.02, "long", last, lambda: failures.append("long"))
    scheduler.every(0.02, "short", tick, lambda: failures.append("short"))
    scheduler.start()
    assert enough.wait(PATIENCE)
    scheduler.stop()

    assert failures == []
    assert [record.message for record in caplog.records if record.name.startswith("apscheduler")] == []
