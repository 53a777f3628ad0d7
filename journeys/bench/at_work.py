"""A worker at work: `python -m journeys.bench.at_work DATABASE_URL NOW`, a process of its own.

Says that it is ready, waits for a line, decides until there is nothing left at that instant, and prints what it saw as
one line of JSON.
"""

from __future__ import annotations

import subprocess
import sys
from resource import RUSAGE_SELF, getrusage
from time import monotonic
from typing import Final

import msgspec

from journeys.runtime.live import Live
from journeys.runtime.working import Worker
from journeys.store.database import open_database

_READY_WITHIN: Final = 60.0  # seconds
_FAILED: Final = "a worker that was measured has failed"


class Seen(msgspec.Struct, kw_only=True):
    """What a worker saw: customers, when it began and ended, and the most memory it held by its tenth batch and in all.

    Instants are seconds of the machine's clock that all processes share.
    """

    decided: int
    began_at: float
    ended_at: float
    memory_early: int
    memory: int


class Worked(msgspec.Struct, kw_only=True):
    """What workers did together: customers, seconds, and the growth of memory, in MB."""

    decided: int
    took: float
    memory: float
    grew: float


def at_work(url: str, now: int, workers: int) -> Worked:
    """What so many workers do, that begin at once."""
    command = [sys.executable, "-m", "journeys.bench.at_work", url, str(now)]
    crew = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    for each in crew:
        assert each.stdout is not None
        if each.stdout.readline() != "ready\n":
            raise RuntimeError(_FAILED)
    for each in crew:
        assert each.stdin is not None
        each.stdin.write("begin\n")
        each.stdin.flush()
    said = [each.communicate()[0] for each in crew]
    if any(each.returncode for each in crew):
        raise RuntimeError(_FAILED)
    seen = [msgspec.json.decode(each, type=Seen) for each in said]
    return Worked(
        decided=sum(each.decided for each in seen),
        took=max(each.ended_at for each in seen) - min(each.began_at for each in seen),
        memory=max(each.memory for each in seen) / 1024,
        grew=max(each.memory - each.memory_early for each in seen) / 1024,
    )


def main(url: str, now: int) -> None:
    database = open_database(url)
    worker = Worker(Live(database, lambda: now))
    if worker.may_share:
        # It would call its deputy at the first batch: measured is a worker that has been at it for a while.
        worker.call_deputy()
        if worker.deputy is None or not worker.deputy.is_ready(within=_READY_WITHIN):
            raise RuntimeError(_FAILED)
    print("ready", flush=True)
    sys.stdin.readline()
    decided = batches = memory = 0
    began_at = ended_at = monotonic()
    while count := worker.work():
        decided += count
        batches += 1
        ended_at = monotonic()
        if batches <= 10:
            memory = getrusage(RUSAGE_SELF).ru_maxrss
    seen = Seen(
        decided=decided,
        began_at=began_at,
        ended_at=ended_at,
        memory_early=memory,
        memory=getrusage(RUSAGE_SELF).ru_maxrss,
    )
    worker.close()
    database.close()
    print(msgspec.json.encode(seen).decode())


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit(130)
