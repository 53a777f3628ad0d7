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
  journeys check                          every problem of the files
  journeys test                           the scenarios beside the journeys
  journeys show cart                      a journey as a table
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
    json = "json"


class SchemaKind(StrEnum):
    journey = "journey"
    brand = "brand"
    scenarios = "scenarios"
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

        print(f"journeys {version('journeys')}")
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
    short_help="Every problem of every file at once.",
    epilog="""\b
Examples:
  journeys check                            the folder definitions/
  journeys check definitions/cart.yaml      only what is wrong in this file
  journeys check --format json | jq '.problems[].rule'

\b
Exit codes: 0 without errors (warnings may remain), 2 with errors.""",
)
def check(
    paths: Paths = None,
    format: Annotated[ProblemFormat, typer.Option("--format", help="How to print.")] = ProblemFormat.text,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> int:
    """Tell every problem of every file at once: where, what it would mean for a customer, and how to mend it."""
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
    short_help="A journey as a table or a diagram.",
    epilog="""\b
Examples:
  journeys show cart                                states, moves and touches
  journeys show cart --format mermaid > cart.mmd    a diagram for Markdown
  journeys show cart --format dot | dot -Tsvg > cart.svg""",
)
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The journey.")],
    format: Annotated[ShowFormat, typer.Option("--format", help="A table, a diagram, or JSON.")] = ShowFormat.table,
    definitions: Definitions = _DEFINITIONS,
) -> int:
    """Show a journey's machine: who enters, which moves lead where, which touches are sent."""
    from journeys.cli.showing import show_journey

    return show_journey(name, folder=definitions, format=format.value)


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
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="The journeys to walk.")],
    events: Annotated[Path, typer.Option("--events", metavar="FILE", help="What customers did.")],
    customers: Annotated[
        Path | None, typer.Option("--customers", metavar="FILE", help="Who they are: attributes, consents, zones.")
    ] = None,
    assume: Annotated[
        Path | None,
        typer.Option("--assume", metavar="FILE", help="Consents, addresses and a zone for customers who lack them."),
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out, and say how many.")] = False,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="FILE", help="Write every decision, for `journeys explain`.")
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the report, for programs.")] = None,
    use_reference: UseReference = False,
    salt: Annotated[str, typer.Option("--salt", help="Decides who is in which arm.")] = "journeys",
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
            use_reference=use_reference,
            salt=salt,
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
    trace: Annotated[Path, typer.Option("--trace", metavar="FILE", help="What `journeys replay --trace` wrote.")],
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
  journeys schema brand > brand.schema.json""",
)
def schema(
    kind: Annotated[
        SchemaKind, typer.Argument(metavar="KIND", help="journey, brand, scenarios or touch (its front matter).")
    ] = SchemaKind.journey,
) -> int:
    """Print the JSON Schema of one kind of file, for editors."""
    from journeys.cli.page import print_json
    from journeys.definition.schema import json_schema

    print_json(json_schema(kind.value))
    return 0
