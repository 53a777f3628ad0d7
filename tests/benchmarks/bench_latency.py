"""How soon a touch is handed to its provider: `python -m tests.benchmarks.bench_latency [SECONDS]`.

At 200 events/s, over HTTP: the whole engine in one process on SQLite, and on PostgreSQL one process for each of its
parts, which wake each other by bells.  The floor is the provider called by the sender itself, at the same pace.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from journeys.bench.latency import measure_direct, measure_latency
from journeys.bench.measured import Speed
from journeys.bench.subject import lay_subject
from journeys.store.database import open_database

from .places import on

AIM = 0.3  # seconds, for 99 of 100


def main(seconds: int) -> None:
    print(f"{'':58}{'p50, ms':>9}{'p99, ms':>9}{'x floor':>9}   aim: p99 under {AIM * 1e3:.0f} ms")
    floor = measure_direct(seconds)
    _show(floor, floor)
    with tempfile.TemporaryDirectory(prefix="journeys-") as folder:
        definitions = lay_subject(Path(folder) / "definitions")
        for kind in ("sqlite", "postgres"):
            with on(kind) as place:
                place.make("latency")
                database = open_database(place.url("latency"))
                database.migrate()
                database.close()
                speed = measure_latency(place.url("latency"), definitions, seconds, is_apart=kind == "postgres")
                _show(speed, floor, place.title)


def _show(speed: Speed, floor: Speed, where: str = "") -> None:
    assert speed.p50 is not None and speed.p99 is not None and floor.p99 is not None
    met = "" if speed is floor else "met" if speed.p99 < AIM else "MISSED"
    name = f"{where}: {speed.name}" if where else speed.name
    print(f"{name:58}{speed.p50 * 1e3:9.1f}{speed.p99 * 1e3:9.1f}{speed.p99 / floor.p99:9.1f}   {met}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
