"""The commands of who walks customers through journeys: their arguments, their help, and nothing else.

As in `authoring`, each body imports what it needs when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from journeys.cli.options import (
    HERE,
    Against,
    AsJson,
    Definitions,
    Html,
    Json,
    Names,
    Trace,
    UseReference,
    named,
    number,
)
from journeys.errors import InputError

walking = typer.Typer()


@walking.command(
    short_help="What journeys would have done with recorded customers.",
    epilog="""\b
Examples:
  journeys replay grocery --events year.jsonl.gz --assume assume.yaml
  journeys replay cart nps --events march.csv --customers customers.jsonl \\
      --trace trace.jsonl.gz --json report.json

\b
The events are .jsonl, .jsonl.gz or .csv; a line is
  {"id": "o1", "name": "order_placed", "customer": "c1",
   "at": "2026-03-01T10:40:00Z", "properties": {"total": 20}}
A line of the customers is
  {"customer": "c1", "attributes": {"first_name": "Ana"},
   "consents": ["offers"], "timezone": "Europe/Madrid"}
What customers lack, the file of --assume gives to all of them:
  {consent: [offers], email: someone@example.com, timezone: Europe/Madrid}""",
)
def replay(
    names: Names,
    events: Annotated[Path, typer.Option("--events", metavar="FILE", parser=named, help="What customers did.")],
    customers: Annotated[
        Path | None,
        typer.Option("--customers", metavar="FILE", parser=named, help="Who they are: attributes, consents, zones."),
    ] = None,
    assume: Annotated[
        Path | None,
        typer.Option(
            "--assume", metavar="FILE", parser=named, help="Consents, addresses and a zone for customers who lack them."
        ),
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out, and say how many.")] = False,
    trace: Trace = None,
    json: Json = None,
    html: Html = None,
    use_reference: UseReference = False,
    salt: Annotated[str, typer.Option("--salt", metavar="WORD", help="Decides who is in which arm.")] = "journeys",
    against: Against = None,
    definitions: Definitions = HERE,
) -> int:
    """Tell what these journeys would have done with recorded customers, in virtual time."""
    from journeys.cli.replaying import Asked, replay_events

    return replay_events(
        Asked(
            journeys=tuple(names),
            events=events,
            customers=customers,
            assume=assume,
            skip_bad=skip_bad,
            trace=trace,
            json=json,
            html=html,
            use_reference=use_reference,
            salt=salt,
            against=against,
            folder=definitions,
        )
    )


@walking.command(
    short_help="Simulated customers through journeys, before they go live.",
    epilog="""\b
Examples:
  journeys simulate espresso                       10,000 customers, 180 days
  journeys simulate espresso cart --customers 100000 --days 365
  journeys simulate cart --trace trace.jsonl       for `journeys explain`
  journeys simulate espresso --against main        what my change would do
  journeys simulate espresso --customers 1000000 --on dask://scheduler:8786

\b
Who the customers are and what they do is written in NAME.population.yaml. Of
several journeys the first one's population says who they are; what they do is
what all of them say. The same seed gives the same customers and the same
report, however many processes walk them.""",
)
def simulate(
    names: Names,
    customers: Annotated[int, number("--customers", "How many.", least=1, most=100_000_000)] = 10_000,
    days: Annotated[int, number("--days", "How long, from the population's start.", least=1, most=3_650)] = 180,
    seed: Annotated[int, number("--seed", "Another is another world.", least=0)] = 1,
    jobs: Annotated[
        int | None,
        number("--jobs", "Processes of this machine.  [default: one for each core]", least=1, most=256),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="dask://HOST:PORT", help="Walk on a Dask cluster instead, without --jobs."),
    ] = None,
    trace: Trace = None,
    json: Json = None,
    html: Html = None,
    against: Against = None,
    definitions: Definitions = HERE,
) -> int:
    """Walk simulated customers through journeys, in virtual time, and tell what would happen to them."""
    if on is not None and jobs is not None:
        raise InputError("--jobs is for processes of this machine, and --on for a cluster: leave one of them out")
    from journeys.cli.simulating import Asked, simulate_journeys

    return simulate_journeys(
        Asked(
            journeys=tuple(names),
            customers=customers,
            days=days,
            seed=seed,
            jobs=jobs,
            on=on,
            trace=trace,
            json=json,
            against=against,
            html=html,
            folder=definitions,
        )
    )


@walking.command(
    short_help="One customer's story, and the why of every touch.",
    epilog="""\b
Examples:
  journeys explain household-7 --trace trace.jsonl
  journeys explain household-7 --trace trace.jsonl.gz --json | jq .summary""",
)
def explain(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Whose story.")],
    trace: Annotated[
        Path,
        typer.Option("--trace", metavar="FILE", parser=named, help="What `--trace` of a simulation or replay wrote."),
    ],
    as_json: AsJson = False,
) -> int:
    """Tell one customer's story: events, moves, touches, and why each was sent, deferred or withheld."""
    from journeys.cli.explaining import explain_customer

    return explain_customer(customer, trace=trace, is_json=as_json)


@walking.command(
    short_help="A customer's exported signals, taken again.",
    epilog="""\b
Examples:
  journeys export signals household-7 signals.jsonl     where the engine runs
  journeys retrace signals.jsonl                        wherever you mend

\b
Exit codes: 0 the same decisions, 2 others, or a file that is none.""",
)
def retrace(
    file: Annotated[Path, typer.Argument(metavar="FILE", parser=named, help="What `journeys export signals` wrote.")],
    definitions: Definitions = HERE,
    as_json: AsJson = False,
) -> int:
    """Take what a real customer's turns were given once more, by this folder, and tell whether it decides otherwise."""
    from journeys.cli.retracing import retrace_file

    return retrace_file(file, definitions, is_json=as_json)
