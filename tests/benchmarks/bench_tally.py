"""What counting costs: `python -m tests.benchmarks.bench_tally [CUSTOMERS]`.

Whys of customers through `espresso`, counted once each.  The floor is what any count at all must do: go
through the whys, look at their kind and add one to a number.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

from journeys.core.compiling import compile_program
from journeys.core.turn import advance
from journeys.core.why import Why
from journeys.definition.load import read_folder
from journeys.measure.tally import Tally

from .stream import HORIZON, make_customers

DEFINITIONS = Path(__file__).parents[2] / "definitions"
ROUNDS = 10


def _floor(told: list[list[Why]]) -> float:
    kinds = [0] * 8
    start = process_time()
    for whys in told:
        for why in whys:
            kinds[why[0]] += 1
    return process_time() - start


def main(number: int) -> None:
    definitions = read_folder(DEFINITIONS).definitions
    assert definitions is not None
    program = compile_program(definitions, salt="bench", journeys=["espresso"])
    print(f"{number} customers, best of {ROUNDS}, CPU time")
    print(f"{'':10}{'whys each':>11}{'µs a why':>11}{'µs each':>11}{'x floor':>9}")
    for name, is_lean in (("browsing", False), ("lean", True)):
        customers = make_customers(program, number, is_lean=is_lean)
        told = [advance(program, customer, stream, HORIZON).whys for customer, stream in customers]
        floor = min([_floor(told) for _ in range(ROUNDS)])
        best = min([_tally(Tally(program), told) for _ in range(ROUNDS)])
        count = sum([len(whys) for whys in told])
        each, a_why = best / number * 1e6, best / count * 1e6
        print(f"{name:10}{count / number:11.1f}{a_why:11.2f}{each:11.1f}{best / floor:9.1f}")


def _tally(tally: Tally, told: list[list[Why]]) -> float:
    start = process_time()
    for whys in told:
        tally.add(whys, HORIZON)
    return process_time() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
