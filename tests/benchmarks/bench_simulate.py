"""What simulated customers cost: `python -m tests.benchmarks.bench_simulate [CUSTOMERS]`.

The shipped `espresso` population, 180 days, everything on, no trace: on one process and on two.  The floor
is what any simulation of this shape must do at least, in one process: for each signal draw when
it comes and which it is, look a move up in a table, test one condition, write the state, note what
happened, and count it.
"""

from __future__ import annotations

import sys
from math import log
from pathlib import Path
from random import Random
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from journeys.check.folder import open_definitions
from journeys.simulate.executors import processes
from journeys.simulate.simulation import Plan, Simulated, simulate

DEFINITIONS = Path(__file__).parents[2] / "definitions"
DAYS = 180


class _State:
    __slots__ = ("at", "count", "state")

    def __init__(self) -> None:
        self.state = 0
        self.at = 0
        self.count = 0


def _floor(signals: int, each: int) -> float:
    """Seconds for so many signals, of customers with `each` of them."""
    table = [{event: (lambda state: state.count >= 0, (place + 1) % 8) for event in range(12)} for place in range(8)]
    counts: dict[tuple[int, int], int] = {}
    stream = Random(1)
    draw = stream.random
    done = 0
    start = perf_counter()
    while done < signals:
        stream.seed(done)
        state = _State()
        whys: list[tuple[int, int, int]] = []
        for _ in range(each):
            state.at += int(-log(1.0 - draw()) * 1_000_000)
            condition, to = table[state.state][int(draw() * 12)]
            state.count += 1
            if condition(state):
                whys.append((state.at, state.state, to))
                state.state = to
        for _, origin, to in whys:
            counts[origin, to] = counts.get((origin, to), 0) + 1
        done += each
    return perf_counter() - start


def _plan(customers: int) -> Plan:
    reading = open_definitions(DEFINITIONS)
    assert reading.definitions is not None
    return Plan(
        definitions=reading.definitions,
        populations=(reading.populations["espresso"],),
        journeys=("espresso",),
        customers=customers,
        days=DAYS,
        seed=1,
    )


def _walk(plan: Plan, jobs: int) -> tuple[float, Simulated]:
    """Seconds, from the first chunk on: processes are there already, as in any long run."""
    with processes(jobs) as crew:
        if crew.executor is not None:
            simulate(_plan(100 * jobs), executor=crew.executor, jobs=jobs, chunk=50)
        start = perf_counter()
        simulated = simulate(plan, executor=crew.executor, jobs=jobs)
        return perf_counter() - start, simulated


def main(customers: int) -> None:
    plan = _plan(customers)
    alone, simulated = _walk(plan, 1)
    own = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    two, again = _walk(plan, 2)
    assert again == simulated
    theirs = getrusage(RUSAGE_CHILDREN).ru_maxrss / 1024
    signals = simulated.signals
    floor = _floor(signals, signals // customers)
    events, clocks = simulated.events / customers, (signals - simulated.events) / customers
    print(f"{customers:,} customers, {DAYS} days: {events:.1f} events and {clocks:.1f} due clocks each")
    print(
        f"{'':14}{'seconds':>9}{'customers/s':>13}{'signals/s':>11}{'µs a signal':>13}{'x floor':>9}{'MB at most':>12}"
    )
    for name, seconds, memory in (("one process", alone, own), ("two processes", two, theirs), ("floor", floor, 0.0)):
        said = f"{memory:12.0f}" if memory else ""
        print(
            f"{name:14}{seconds:9.1f}{customers / seconds:13,.0f}{signals / seconds:11,.0f}"
            f"{seconds / signals * 1e6:13.2f}{seconds / floor:9.1f}{said}"
        )
    print(f"two processes are {alone / two:.2f} times as fast as one")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
