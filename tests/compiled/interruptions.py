"""Walks customers while signals come in, many a second: `python -m tests.compiled.interruptions`.

Prints how many walks were interrupted.  A build that cannot be, is aborted instead.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from types import FrameType

from journeys.core.calendar import DAY
from journeys.core.compiling import compile_program
from journeys.core.turn import advance
from journeys.definition.load import read_folder
from journeys.simulate.behaviour import compile_populations
from journeys.simulate.life import Life
from tests.benchmarks.bench_turn import DEFINITIONS
from tests.benchmarks.stream import HORIZON, make_customers

EVERY = 0.000_3  # seconds
WALKS = 1_000  # of each kind


class Interrupted(Exception):
    pass


class Interrupter:
    """Interrupts only while somebody is ready for it, and then once."""

    def __init__(self) -> None:
        self.is_armed = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.is_armed:
            self.is_armed = False
            raise Interrupted


def walks() -> Iterator[Callable[[], object]]:
    reading = read_folder(DEFINITIONS)
    assert reading.definitions is not None
    program = compile_program(reading.definitions, salt="interruptions", journeys=["espresso"])
    for customer, events in make_customers(program, WALKS):
        yield lambda customer=customer, events=events: advance(program, customer, events, HORIZON)
    population = reading.populations["espresso"]
    compiled = compile_populations(program, [population], reading.definitions)
    for number in range(WALKS):
        life = Life(program, compiled, population.start + 90 * DAY, "interruptions")
        yield lambda life=life, number=number: life.live(number)


def main() -> int:
    interrupter = Interrupter()
    signal.signal(signal.SIGALRM, interrupter)
    signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY)
    interrupted = 0
    for walk in walks():
        try:
            interrupter.is_armed = True
            walk()
            interrupter.is_armed = False
        except Interrupted:
            interrupted += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    return interrupted


if __name__ == "__main__":
    print(main())
