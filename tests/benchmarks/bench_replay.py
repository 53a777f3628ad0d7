"""What the real year costs: `python -m tests.benchmarks.bench_replay [ROUNDS]`.

Measured is the command as a user runs it, wall time, start-up included.  The floor is what any
program must do that reads this year and writes this trace: decode the same lines and write
as many rows, in a process that is already running.  On a busy machine the CPU time and the ratios
say more than the seconds.
"""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import msgspec

from .table import Best

ROOT = Path(__file__).parents[2]
YEAR = ROOT / "tests" / "data" / "complete-journey"
COMMAND = (sys.executable, "-c", "import sys; from journeys.cli.main import main; sys.exit(main())")
AIM = 8.0  # seconds


def _floor(trace: Path, to: Path) -> float:
    """Reads what the trace was made of, and writes its rows again."""
    rows = [msgspec.json.decode(line) for line in trace.read_bytes().splitlines()]
    start = perf_counter()
    decode = msgspec.json.Decoder().decode
    with gzip.open(YEAR / "events.jsonl.gz") as lines:
        events = [decode(line) for line in lines]
    encode = msgspec.json.Encoder().encode
    with to.open("wb") as file:
        for row in rows:
            file.write(encode(row) + b"\n")
    assert len(events) == 82_857
    return perf_counter() - start


def _replay(*more: str) -> float:
    command = [*COMMAND, "replay", "grocery", "--events", str(YEAR / "events.jsonl.gz")]
    command += ["--customers", str(YEAR / "customers.jsonl.gz"), "--assume", str(YEAR / "assume.yaml"), *more]
    start = perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return perf_counter() - start


def _cpu_of_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def main(rounds: int) -> None:
    best = Best("the real year, 82,857 events")
    with TemporaryDirectory() as folder:
        trace, packed, copy = (Path(folder) / name for name in ("trace.jsonl", "trace.jsonl.gz", "copy.jsonl"))
        for _ in range(rounds):
            before = _cpu_of_children()
            best.keep("replay with its trace", _replay("--trace", str(trace)), AIM)
            best.keep("... its CPU time", _cpu_of_children() - before)
            best.keep("the trace compressed", _replay("--trace", str(packed)))
            best.keep("without a trace", _replay())
            best.keep("by the machine itself", _replay("--reference"))
            best.keep("floor", _floor(trace, copy))
        print(f"{trace.stat().st_size / 1e6:.1f} MB of trace; best of {rounds}, wall time")
    best.show()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
