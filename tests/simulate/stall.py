"""A market stall to simulate: the folder `tests/data/stall`, with a population of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.core.compiling import compile_program
from journeys.core.customer import Customer, Event
from journeys.simulate.behaviour import compile_populations
from journeys.simulate.life import Life
from journeys.simulate.simulation import Plan
from tests.streams import reading

STALL = Path(__file__).parents[1] / "data" / "stall"
SHIPPED = Path(__file__).parents[2] / "definitions"

START = "start: 2026-03-01T00:00:00+01:00\n"


def make_plan(
    folder: Path = STALL, *journeys: str, customers: int = 100, days: int = 60, seed: int = 1, **changed: object
) -> Plan:
    found = reading("shipped") if folder == SHIPPED else open_definitions(folder)
    assert found.definitions is not None
    names = journeys or ("stall",)
    return Plan(
        definitions=found.definitions,
        populations=tuple(found.populations[name] for name in names),
        journeys=names,
        customers=customers,
        days=days,
        seed=seed,
        **changed,  # type: ignore[arg-type]
    )


def with_population(tmp_path: Path, population: str, journey: str = "stall") -> Path:
    """The stall, with another population."""
    folder = tmp_path / "stall"
    shutil.copytree(STALL, folder, dirs_exist_ok=True)
    (folder / f"{journey}.population.yaml").write_text(f"population: {journey}\n{START}{population}", "utf-8")
    return folder


class World:
    """A plan made ready, and lives walked in it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = compile_program(plan.definitions, salt=plan.salt, journeys=plan.journeys)
        self.life = Life(
            self.program, compile_populations(self.program, plan.populations, plan.definitions), plan.until, plan.salt
        )

    def lives(self, customers: int | None = None) -> Iterator[tuple[Customer, list[Event]]]:
        """Each customer, as they stand at the end, with what they did."""
        for number in range(customers or self.plan.customers):
            yield self.life.live(number), self.life.recorded

    def name(self, event: Event) -> str:
        return self.program.event_names[event.event]

    def value(self, event: Event, property: str) -> object:
        names = [name for name, _ in self.program.properties[event.event]]
        return event.properties[names.index(property)]
