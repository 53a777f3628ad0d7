"""What keeping a customer costs: `python -m tests.benchmarks.bench_keeping [CUSTOMERS]`.

Customers of the espresso journey, in the middle of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import process_time

from journeys.core.compiling import compile_program
from journeys.core.customer import Customer
from journeys.core.keeping import carry_over, layout_of, pack, unpack
from journeys.core.packed import read
from journeys.core.turn import advance
from journeys.definition.load import read_folder

from .bench_turn import DEFINITIONS
from .stream import make_customers

ROUNDS = 10


def main(number: int) -> None:
    definitions = read_folder(DEFINITIONS).definitions
    assert definitions is not None
    program = compile_program(definitions, salt="bench", journeys=["espresso"])
    layout = layout_of(program)
    # Another publication: it means something else, if only a little.
    brand = replace(definitions.brand, holdout=definitions.brand.holdout + 1)
    other = layout_of(compile_program(replace(definitions, brand=brand), salt="bench", journeys=["espresso"]))
    customers: list[Customer] = []
    for customer, stream in make_customers(program, number, is_lean=False):
        half = stream[: len(stream) // 2 + 1]
        advance(program, customer, half, half[-1].at)
        customers.append(customer)
    packed = [pack(each) for each in customers]
    steps: dict[str, tuple[Callable[..., object], Iterable[object]]] = {
        "pack": (pack, customers),
        "unpack": (lambda each: unpack(program, "ana", each), packed),
        "of that, to read": (read, packed),
        "carry over": (lambda each: carry_over(each, layout, other), packed),
    }
    print(f"{number} customers, {sum(map(len, packed)) / number:.0f} bytes each; best of {ROUNDS}, CPU time")
    print(f"{'':18}{'µs a customer':>14}")
    for name, (step, over) in steps.items():
        print(f"{name:18}{min(_taken(step, over) for _ in range(ROUNDS)) / number * 1e6:14.1f}")


def _taken(step: Callable[..., object], over: Iterable[object]) -> float:
    start = process_time()
    for each in over:
        step(each)
    return process_time() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
