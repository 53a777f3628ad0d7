"""`journeys show --format html`: the machine as a page, with the ways that simulated customers took through it."""

from __future__ import annotations

from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.cli.main import FINE
from journeys.cli.page import count_of
from journeys.cli.progress import watched
from journeys.cli.showing import choose_journey
from journeys.cli.simulating import jobs_for, say_customers, say_start
from journeys.measure.html.layout import see_installed
from journeys.measure.html.machine_page import make_machine_page
from journeys.measure.taken import taken_of
from journeys.simulate.executors import processes
from journeys.simulate.simulation import Plan, simulate


def draw_journey(name: str, *, folder: Path, customers: int, days: int, seed: int) -> int:
    """Of nobody, and of a journey without a population, it is the machine alone."""
    reading = open_definitions(folder)
    definitions = reading.definitions
    assert definitions is not None
    journey = choose_journey(definitions, name)
    see_installed()
    population = reading.populations.get(journey.name)
    if population is None or customers == 0:
        why = "no customers were asked for" if customers == 0 else f"there is no {journey.name}.population.yaml"
        print(make_machine_page(journey, None, said=f"The machine alone: {why}."), end="")
        return FINE
    plan = Plan(
        definitions=definitions,
        populations=(population,),
        journeys=(journey.name,),
        customers=customers,
        days=days,
        seed=seed,
    )
    with processes(jobs_for(customers)) as crew, watched(["Walking customers"], unit="customers") as (tick,):
        simulated = simulate(plan, executor=crew.executor, jobs=crew.jobs, on_progress=tick)
    said = (
        f"{say_customers(plan, simulated)}, {count_of(days, 'day')} from {say_start(plan)} "
        f"({definitions.brand.timezone}), seed {seed}: how often each way was taken."
    )
    print(make_machine_page(journey, taken_of(simulated.tally, journey.name), said=said), end="")
    return FINE
