"""What a turn costs: `python -m tests.benchmarks.bench_turn [CUSTOMERS]`.

The floor is what any engine of this shape must do at least: for each signal look a move up
in a table, test one condition, write the state and note what happened.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

from journeys.core.compiling import compile_program
from journeys.core.customer import Customer, Event
from journeys.core.program import Program
from journeys.core.turn import advance, turn
from journeys.definition.load import read_folder

from .stream import HORIZON, make_customers

DEFINITIONS = Path(__file__).parents[2] / "definitions"
ROUNDS = 10


class _State:
    __slots__ = ("at", "count", "state")

    def __init__(self) -> None:
        self.state = 0
        self.at = 0
        self.count = 0


def _floor(signals: int) -> float:
    table = [{event: (lambda state: state.count >= 0, (place + 1) % 8) for event in range(12)} for place in range(8)]
    whys: list[tuple[int, int, int]] = []
    state = _State()
    start = process_time()
    for signal in range(signals):
        condition, to = table[state.state][signal % 12]
        state.count += 1
        if condition(state):
            whys.append((signal, state.state, to))
            state.state = to
            state.at = signal
        if len(whys) > 50:
            whys = []
    return process_time() - start


def _in_place(program: Program, customers: list[tuple[Customer, list[Event]]]) -> tuple[int, int, int]:
    signals = events = touches = 0
    for customer, stream in customers:
        taken = advance(program, customer, stream, HORIZON)
        signals += taken.signals
        events += len(stream)
        touches += len(taken.effects)
    return signals, events, touches


def _pure(program: Program, customers: list[tuple[Customer, list[Event]]]) -> int:
    """A turn for each event, as the runtime would take them, and one at each time the customer is woken."""
    signals = 0
    for customer, stream in customers:
        for event in stream:
            while customer.wake_at < event.at:
                taken = turn(program, customer, [], customer.wake_at)
                customer, signals = taken.customer, signals + taken.signals
            taken = turn(program, customer, [event], event.at)
            customer, signals = taken.customer, signals + taken.signals
        while customer.wake_at <= HORIZON:
            taken = turn(program, customer, [], customer.wake_at)
            customer, signals = taken.customer, signals + taken.signals
    return signals


def main(number: int) -> None:
    definitions = read_folder(DEFINITIONS).definitions
    assert definitions is not None
    program = compile_program(definitions, salt="bench", journeys=["espresso"])
    for name, is_lean in (("browsing", False), ("lean", True)):
        _measure(program, name, number, is_lean)


def _measure(program: Program, name: str, number: int, is_lean: bool) -> None:
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        customers = make_customers(program, number, is_lean=is_lean)
        start = process_time()
        signals, events, touches = _in_place(program, customers)
        _keep(best, "in place", (process_time() - start) / signals)
        customers = make_customers(program, number, is_lean=is_lean)
        start = process_time()
        pure = _pure(program, customers)
        _keep(best, "pure", (process_time() - start) / pure)
        assert pure == signals, (pure, signals)
        _keep(best, "floor", _floor(signals) / signals)
    print(f"{name}: {number} customers; {events / number:.1f} events, {(signals - events) / number:.1f} due clocks and")
    print(f"{touches / number:.1f} touches a customer; best of {ROUNDS}, CPU time")
    print(f"{'':10}{'µs a signal':>12}{'x floor':>9}")
    for door, seconds in best.items():
        print(f"{door:10}{seconds * 1e6:12.2f}{seconds / best['floor']:9.1f}")
    print()


def _keep(best: dict[str, float], name: str, seconds: float) -> None:
    best[name] = min(best.get(name, seconds), seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
