"""The commands: their arguments, their help, and nothing else.

Each body imports what it needs when it runs, so that `journeys --help` does not pay for the
engine.  Help is plain text: it is read in terminals, pipes and READMEs alike.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="journeys",
    help="Takes each customer through a lifecycle as a state machine, and fires the right touch at each transition.",
    epilog="""\b
Examples:
  journeys new first-order                a journey to begin with
  journeys check                          every problem of the files
  journeys test                           the scenarios beside the journeys
  journeys show cart                      a journey as a table
  journeys simulate cart --trace trace.jsonl
  journeys replay grocery --events year.jsonl.gz --trace trace.jsonl
  journeys explain household-7 --trace trace.jsonl

\b
`journeys COMMAND --help` says more, with examples.
Exit codes: 0 fine, 1 our own failure, 2 problems in files, failed scenarios
or bad input, 3 a setup to mend (a full disk), 130 interrupted.""",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)

_DEFINITIONS = Path("definitions")

Definitions = Annotated[
    Path, typer.Option("--definitions", metavar="DIR", help="The folder of definitions.", show_default=True)
]
Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Folders of definitions, or files in them.  [default: definitions]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME", help="The journeys to walk.")]
Trace = Annotated[
    Path | None, typer.Option("--trace", metavar="FILE", help="Write every decision, for `journeys explain`.")
]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the report, for programs.")]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one page, for a browser.")
]
Against = Annotated[
    str | None,
    typer.Option("--against", metavar="FOLDER|REF", help="Compare with another folder, or a Git ref of this one."),
]
UseReference = Annotated[
    bool, typer.Option("--reference", help="Let the state machine itself take every move, instead of the table.")
]


class ProblemFormat(StrEnum):
    text = "text"
    json = "json"


class ShowFormat(StrEnum):
    table = "table"
    mermaid = "mermaid"
    dot = "dot"
    html = "html"
    markdown = "markdown"
    json = "json"


class AudienceKind(StrEnum):
    b2c = "b2c"
    b2b = "b2b"


class WordsKind(StrEnum):
    personalized = "personalized"
    generic = "generic"


class PrivacyFormat(StrEnum):
    table = "table"
    json = "json"
    markdown = "markdown"


class SchemaKind(StrEnum):
    journey = "journey"
    brand = "brand"
    scenarios = "scenarios"
    population = "population"
    touch = "touch"


class Stopped(Exception):
    """The command line itself could not be understood."""


def call(arguments: list[str]) -> int:
    """Runs one command and returns its exit code."""
    command = typer.main.get_command(app)
    try:
        # The library's own main would end the process itself, in its own words, on Ctrl-C and a closed pipe.
        with command.make_context("journeys", arguments) as context:
            code = command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except _USAGE as error:
        raise Stopped(_say_usage(error)) from None
    return int(code or 0)


# The library keeps its usage errors to itself; their common ancestor is one step above this one.
_USAGE: type[Exception] = typer.BadParameter.__mro__[1]


def _say_usage(error: Exception) -> str:
    message = str(getattr(error, "message", "") or error)
    format_message = getattr(error, "format_message", None)
    if callable(format_message):
        message = str(format_message())
    context = getattr(error, "ctx", None)
    where = getattr(context, "command_path", "journeys")
    message = message.replace(": Value error, ", ": ")
    message = message[:1].lower() + message[1:].rstrip(".")
    return f"{' '.join(message.split())} (see {where} --help)"


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version
        from importlib.util import find_spec

        # Found, and not imported: that would cost more than the answer.
        core = find_spec("journeys.core.turn")
        is_compiled = core is not None and not str(core.origin).endswith(".py")
        print(f"journeys {version('journeys')}{' (compiled)' if is_compiled else ''}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def _begin(
    context: typer.Context,
    is_version_wanted: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(
    short_help="A journey to begin with.",
    epilog="""\b
Examples:
  journeys new first-order                       a few stages, for people
  journeys new offices --audience b2b            for companies
  journeys new win-back --stages support,loyalty
  journeys new first-order --definitions shop    into a folder, new or not

\b
The stages are need, research, evaluation, selection, support, feedback,
loyalty and advocacy: any of them.  No file is ever written over; what
brand.yaml lacks is added to it, and nothing else in it is touched.""",
)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The journey; its touches are named after it.")],
    audience: Annotated[
        AudienceKind, typer.Option("--audience", help="People, or companies.", show_default=True)
    ] = AudienceKind.b2c,
    stages: Annotated[
        str | None, typer.Option("--stages", metavar="STAGE,…", help="Which.  [default: five that show most]")
    ] = None,
    definitions: Definitions = _DEFINITIONS,
) -> int:
    """Write a journey with its touches, scenarios and population, and brand.yaml where there is none: right at once."""
    from journeys.cli.starting import start_journey

    return start_journey(name, audience=audience.value, stages=stages, folder=definitions)


@app.command(
    short_help="Every problem of every file at once.",
    epilog="""\b
Examples:
  journeys check                            the folder definitions/
  journeys check definitions/cart.yaml      only what is wrong in this file
  journeys check --format json | jq '.problems[].rule'
  journeys check --watch                    again and again, as you type

\b
Exit codes: 0 without errors (warnings may remain), 2 with errors.""",
)
def check(
    paths: Paths = None,
    format: Annotated[ProblemFormat, typer.Option("--format", help="How to print.")] = ProblemFormat.text,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    is_watched: Annotated[
        bool, typer.Option("--watch", help="Go on, and check and test again whatever changes.")
    ] = False,
) -> int:
    """Tell every problem of every file at once: where, what it would mean for a customer, and how to mend it."""
    if is_watched:
        if as_json or format is ProblemFormat.json:
            raise Stopped("--watch prints for people: leave out JSON (see journeys check --help)")
        from journeys.cli.watching import watch_paths

        return watch_paths(paths or [_DEFINITIONS])
    from journeys.cli.checking import check_paths

    return check_paths(paths or [_DEFINITIONS], is_json=as_json or format is ProblemFormat.json)


@app.command(
    short_help="Run the scenarios beside the journeys.",
    epilog="""\b
Examples:
  journeys test                                   every scenario
  journeys test definitions/cart.scenarios.yaml   those of one file
  journeys test --reference                       the machine takes every move

\b
Exit codes: 0 if all scenarios pass, 2 if one fails or a file has errors.""",
)
def test(paths: Paths = None, as_json: AsJson = False, use_reference: UseReference = False) -> int:
    """Run the scenarios: pass, or what happened instead and why, at which line."""
    from journeys.cli.testing import test_paths

    return test_paths(paths or [_DEFINITIONS], is_json=as_json, use_reference=use_reference)


@app.command(
    short_help="A journey as a table, a diagram or a page.",
    epilog="""\b
Examples:
  journeys show cart                                states, moves and touches
  journeys show cart --format html > cart.html      a picture, with how many
                                                    customers go where
  journeys show cart --format markdown > cart.md    a page with a diagram
  journeys show cart --format mermaid > cart.mmd    a diagram for Markdown
  journeys show cart --format dot | dot -Tsvg > cart.svg

\b
The picture needs Graphviz, and has counts where NAME.population.yaml says
who the customers are; --customers 0 leaves them out.""",
)
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The journey.")],
    format: Annotated[
        ShowFormat, typer.Option("--format", help="A table, a diagram, a page, or JSON.")
    ] = ShowFormat.table,
    customers: Annotated[
        int | None, typer.Option("--customers", min=0, max=100_000_000, help="How many, for html.  [default: 2000]")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3_650, help="How long, for html.  [default: 180]")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Which world, for html.  [default: 1]")] = None,
    definitions: Definitions = _DEFINITIONS,
) -> int:
    """Show a journey's machine: who enters, which moves lead where, which touches are sent."""
    if format is ShowFormat.html:
        from journeys.cli.drawing import draw_journey

        return draw_journey(
            name,
            folder=definitions,
            customers=2_000 if customers is None else customers,
            days=180 if days is None else days,
            seed=1 if seed is None else seed,
        )
    if (customers, days, seed) != (None, None, None):
        raise Stopped("--customers, --days and --seed are for --format html (see journeys show --help)")
    from journeys.cli.showing import show_journey

    return show_journey(name, folder=definitions, format=format.value)


@app.command(
    short_help="A touch as it will look.",
    epilog="""\b
Examples:
  journeys preview spark                        the inbox, the mail, the push
  journeys preview spark --html spark.html      a page, by day and by night
  journeys preview spark --channel push --words generic
  journeys preview order-thanks --customer ana.yaml

\b
A customer is written as in a scenario, and may say what the journey keeps:
  {first_name: Ana, email: ana@example.com, timezone: Europe/Madrid,
   consent: [offers, personalization], journey: {category: espresso}}""",
)
def preview(
    touch: Annotated[str, typer.Argument(metavar="TOUCH", help="The touch.")],
    customer: Annotated[
        Path | None, typer.Option("--customer", metavar="FILE", help="For whom.  [default: an example]")
    ] = None,
    words: Annotated[
        WordsKind | None, typer.Option("--words", help="Which words.  [default: those that would be sent]")
    ] = None,
    variant: Annotated[
        str | None, typer.Option("--variant", metavar="NAME", help="Which variant of the personalized words.")
    ] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="NAME", help="On one channel only.")] = None,
    journey: Annotated[
        str | None, typer.Option("--journey", metavar="NAME", help="Sent by this journey, of several.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that needs no network.")
    ] = None,
    definitions: Definitions = _DEFINITIONS,
) -> int:
    """Show a touch as it will look: the line in an inbox, then the words as each channel shows them."""
    from journeys.cli.preview import Asked
    from journeys.cli.previewing import preview_touch

    return preview_touch(
        Asked(
            touch=touch,
            customer=customer,
            words=None if words is None else words.value,
            variant=variant,
            channel=channel,
            journey=journey,
            html=html,
            folder=definitions,
        )
    )


@app.command(
    short_help="Which data is read, what for, for how long, and by whom.",
    epilog="""\b
Examples:
  journeys privacy
  journeys privacy --format markdown > data.md      for a record of processing
  journeys privacy --json | jq .never_read""",
)
def privacy(
    format: Annotated[PrivacyFormat, typer.Option("--format", help="How to print.")] = PrivacyFormat.table,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    definitions: Definitions = _DEFINITIONS,
) -> int:
    """Tell which data the definitions read: its purpose, how long it is kept, and which conditions and words use it."""
    from journeys.cli.privacy import tell_privacy

    return tell_privacy(definitions, format="json" if as_json else format.value)


@app.command(
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
    events: Annotated[Path, typer.Option("--events", metavar="FILE", help="What customers did.")],
    customers: Annotated[
        Path | None, typer.Option("--customers", metavar="FILE", help="Who they are: attributes, consents, zones.")
    ] = None,
    assume: Annotated[
        Path | None,
        typer.Option("--assume", metavar="FILE", help="Consents, addresses and a zone for customers who lack them."),
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out, and say how many.")] = False,
    trace: Trace = None,
    json: Json = None,
    html: Html = None,
    use_reference: UseReference = False,
    salt: Annotated[str, typer.Option("--salt", help="Decides who is in which arm.")] = "journeys",
    against: Against = None,
    definitions: Definitions = _DEFINITIONS,
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


@app.command(
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
    customers: Annotated[int, typer.Option("--customers", min=1, max=100_000_000, help="How many.")] = 10_000,
    days: Annotated[int, typer.Option("--days", min=1, max=3_650, help="How long, from the population's start.")] = 180,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed is another world.")] = 1,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=256, help="Processes.  [default: one for each core]")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="dask://HOST:PORT", help="Walk on a Dask cluster instead.")
    ] = None,
    trace: Trace = None,
    json: Json = None,
    html: Html = None,
    against: Against = None,
    definitions: Definitions = _DEFINITIONS,
) -> int:
    """Walk simulated customers through journeys, in virtual time, and tell what would happen to them."""
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


@app.command(
    short_help="One customer's story, and the why of every touch.",
    epilog="""\b
Examples:
  journeys explain household-7 --trace trace.jsonl
  journeys explain household-7 --trace trace.jsonl.gz --json | jq .summary""",
)
def explain(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Whose story.")],
    trace: Annotated[
        Path, typer.Option("--trace", metavar="FILE", help="What `--trace` of a simulation or replay wrote.")
    ],
    as_json: AsJson = False,
) -> int:
    """Tell one customer's story: events, moves, touches, and why each was sent, deferred or withheld."""
    from journeys.cli.explaining import explain_customer

    return explain_customer(customer, trace=trace, is_json=as_json)


@app.command(
    short_help="The JSON Schema of the files, for editors.",
    epilog="""\b
Examples:
  journeys schema > journey.schema.json       for an editor's YAML support
  journeys schema brand > brand.schema.json
  journeys schema --definitions definitions > journey.schema.json
                                              with the folder's own names""",
)
def schema(
    kind: Annotated[
        SchemaKind,
        typer.Argument(metavar="KIND", help="journey, brand, scenarios, population or touch (its front matter)."),
    ] = SchemaKind.journey,
    definitions: Annotated[
        Path | None,
        typer.Option("--definitions", metavar="DIR", help="Know the touches, events and other names of this folder."),
    ] = None,
) -> int:
    """Print the JSON Schema of one kind of file, for editors."""
    from journeys.cli.describing import print_schema

    return print_schema(kind.value, folder=definitions)
