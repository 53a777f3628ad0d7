"""`journeys simulate`: a population through journeys, a progress bar, then the report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeys.check.folder import open_definitions
from journeys.cli.comparing import Compared, compared_json, compared_of, compared_page, print_comparison, traces_of
from journeys.cli.files import see_writable, write_json, write_text
from journeys.cli.main import FINE
from journeys.cli.page import Page, count_of
from journeys.cli.progress import watched
from journeys.cli.reporting import print_report
from journeys.cli.showing import choose_journey
from journeys.cli.versions import files_of, other_version
from journeys.core.calendar import format_local, format_moment, zone
from journeys.definition.load import Reading
from journeys.definition.population_model import Population
from journeys.errors import InputError
from journeys.measure.html.page import make_page
from journeys.simulate.executors import Crew, cluster, processes
from journeys.simulate.simulation import CHUNK, Plan, Simulated, simulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line of a simulation.  `jobs` None is one for each core."""

    journeys: tuple[str, ...]
    customers: int
    days: int
    seed: int
    jobs: int | None
    on: str | None
    trace: Path | None
    json: Path | None
    html: Path | None
    against: str | None
    folder: Path


def simulate_journeys(asked: Asked) -> int:
    reading = open_definitions(asked.folder)
    plan = _plan(reading, asked)
    see_writable(
        [*traces_of(asked.trace, asked.against), ("--json", asked.json), ("--html", asked.html)],
        read=[*map(Path, reading.files), *files_of(asked.against)],
    )
    with _crew(asked) as crew, watched(["Walking customers"], unit="customers") as (tick,):
        simulated = simulate(plan, executor=crew.executor, jobs=crew.jobs, trace=asked.trace, on_progress=tick)
    compared = compared_of(simulated, asked.against, asked.trace)
    if asked.json is not None:
        write_json(asked.json, _as_json(plan, simulated, compared))
    if asked.html is not None:
        write_text(asked.html, _as_page(plan, simulated, compared))
    page = Page()
    page.paragraph(_say_summary(plan, simulated))
    if compared is None:
        print_report(page, simulated.report)
    else:
        print_comparison(page, compared)
    return FINE


def _plan(reading: Reading, asked: Asked) -> Plan:
    definitions = reading.definitions
    assert definitions is not None
    names = tuple(choose_journey(definitions, name).name for name in dict.fromkeys(asked.journeys))
    return Plan(
        definitions=definitions,
        populations=tuple(_population(reading, name) for name in names),
        journeys=names,
        customers=asked.customers,
        days=asked.days,
        seed=asked.seed,
        before=None if asked.against is None else other_version(asked.against, asked.folder, names),
    )


def _population(reading: Reading, name: str) -> Population:
    population = reading.populations.get(name)
    if population is None:
        raise InputError(f"'{name}' has no population: write {name}.population.yaml beside {name}.yaml")
    return population


@contextmanager
def _crew(asked: Asked) -> Iterator[Crew]:
    if asked.on is not None:
        with cluster(asked.on) as crew:
            yield crew
        return
    with processes(jobs_for(asked.customers, asked.jobs)) as crew:
        yield crew


def jobs_for(customers: int, asked: int | None = None) -> int:
    """How many processes: as many as there are cores, and no more than find something to do."""
    return min(asked or os.cpu_count() or 1, -(-customers // CHUNK))


def _as_json(plan: Plan, simulated: Simulated, compared: Compared | None) -> dict[str, Any]:
    """The report, with what was simulated before it."""
    asked = {"customers": plan.customers, "days": plan.days, "seed": plan.seed, "from": format_moment(plan.start)}
    counted = {"signals": simulated.signals, "events_from_outside": simulated.events}
    report = {"simulated": asked | counted, **simulated.report.to_json()}
    return report if compared is None else report | compared_json(compared)


def say_customers(plan: Plan, simulated: Simulated) -> str:
    """How many were simulated; and how many came, where some would turn up only after the end."""
    said, came = count_of(plan.customers, "simulated customer"), simulated.report.customers
    return said if came == plan.customers else f"{said} ({came:,} came before the end)"


def say_start(plan: Plan) -> str:
    """The date on which it begins, where the brand is."""
    return format_local(zone(plan.definitions.brand.timezone), plan.start).partition(" ")[0]


def _as_page(plan: Plan, simulated: Simulated, compared: Compared | None) -> str:
    facts = [
        ("simulated from", say_start(plan)),
        ("until", format_local(zone(plan.definitions.brand.timezone), simulated.report.until)),
        ("time zone", plan.definitions.brand.timezone),
        ("days", f"{plan.days:,}"),
        ("seed", str(plan.seed)),
        ("events", f"{simulated.events:,}"),
    ]
    title = f"Simulation of {', '.join(plan.journeys)}"
    if compared is not None:
        return compared_page(compared, title=f"{title}, before and after", facts=facts)
    return make_page(simulated.report, title=title, facts=facts)


def _say_summary(plan: Plan, simulated: Simulated) -> str:
    return (
        f"{say_customers(plan, simulated)}, {count_of(plan.days, 'day')} from "
        f"{say_start(plan)} ({plan.definitions.brand.timezone}), seed {plan.seed}: "
        f"{count_of(simulated.events, 'event')}, "
        f"{count_of(simulated.signals, 'signal')}."
    )
