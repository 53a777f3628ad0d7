"""The commands of who writes journeys: their arguments, their help, and nothing else.

Each body imports what it needs when it runs, so that `journeys --help` does not pay for the
engine.  Help is plain text: it is read in terminals, pipes and READMEs alike.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from journeys.cli.options import HERE, AsJson, Definitions, Paths, UseReference, named, number, one_format, show_help
from journeys.errors import InputError

authoring = typer.Typer()


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
    sources = "sources"


@authoring.command(
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
    definitions: Definitions = HERE,
) -> int:
    """Write a journey with its touches, scenarios and population, and brand.yaml where there is none: right at once."""
    from journeys.cli.starting import start_journey

    return start_journey(name, audience=audience.value, stages=stages, folder=definitions)


@authoring.command(
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
    format: Annotated[ProblemFormat | None, typer.Option("--format", help="How to print.  [default: text]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    is_watched: Annotated[
        bool, typer.Option("--watch", help="Go on, and check and test again whatever changes.")
    ] = False,
) -> int:
    """Tell every problem of every file at once: where, what it would mean for a customer, and how to mend it."""
    is_json = one_format(format, as_json=as_json, json=ProblemFormat.json, otherwise=ProblemFormat.text) == "json"
    if is_watched:
        if is_json:
            raise InputError("--watch prints for people: leave out JSON (see journeys check --help)")
        from journeys.cli.watching import watch_paths

        return watch_paths(paths or [HERE])
    from journeys.cli.checking import check_paths

    return check_paths(paths or [HERE], is_json=is_json)


@authoring.command(
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

    return test_paths(paths or [HERE], is_json=as_json, use_reference=use_reference)


@authoring.command(
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
        int | None, number("--customers", "How many, for html.  [default: 2000]", least=0, most=100_000_000)
    ] = None,
    days: Annotated[int | None, number("--days", "How long, for html.  [default: 180]", least=1, most=3_650)] = None,
    seed: Annotated[int | None, number("--seed", "Which world, for html.  [default: 1]", least=0)] = None,
    definitions: Definitions = HERE,
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
        raise InputError("--customers, --days and --seed are for --format html (see journeys show --help)")
    from journeys.cli.showing import show_journey

    return show_journey(name, folder=definitions, format=format.value)


@authoring.command(
    short_help="A touch as it will look.",
    epilog="""\b
Examples:
  journeys preview spark                        the inbox, the mail, the push
  journeys preview definitions/touches/spark.md        the same, by its file
  journeys preview spark --html spark.html      a page, by day and by night
  journeys preview spark --channel push --words generic
  journeys preview order-thanks --customer ana.yaml

\b
A customer is written as in a scenario, and may say what the journey keeps:
  {first_name: Ana, email: ana@example.com, timezone: Europe/Madrid,
   consent: [offers, personalization], journey: {category: espresso}}""",
)
def preview(
    touch: Annotated[str, typer.Argument(metavar="TOUCH", help="Its name, or its file.")],
    customer: Annotated[
        Path | None, typer.Option("--customer", metavar="FILE", parser=named, help="For whom.  [default: an example]")
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
        Path | None, typer.Option("--html", metavar="FILE", parser=named, help="Write a page that needs no network.")
    ] = None,
    definitions: Definitions = HERE,
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


@authoring.command(
    short_help="Which data is read, what for, for how long, and by whom.",
    epilog="""\b
Examples:
  journeys privacy
  journeys privacy --format markdown > data.md      for a record of processing
  journeys privacy --json | jq .never_read""",
)
def privacy(
    format: Annotated[PrivacyFormat | None, typer.Option("--format", help="How to print.  [default: table]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    definitions: Definitions = HERE,
) -> int:
    """Tell which data the definitions read: its purpose, how long it is kept, and which conditions and words use it."""
    from journeys.cli.privacy import tell_privacy

    chosen = one_format(format, as_json=as_json, json=PrivacyFormat.json, otherwise=PrivacyFormat.table)
    return tell_privacy(definitions, format=chosen.value)


@authoring.command(
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
        typer.Argument(
            metavar="KIND", help="journey, brand, scenarios, population, sources or touch (its front matter)."
        ),
    ] = SchemaKind.journey,
    definitions: Annotated[
        Path | None,
        typer.Option(
            "--definitions",
            metavar="DIR",
            parser=named,
            help="Know the touches, events and other names of this folder.",
        ),
    ] = None,
) -> int:
    """Print the JSON Schema of one kind of file, for editors."""
    from journeys.cli.describing import print_schema

    return print_schema(kind.value, folder=definitions)


# ---------------------------------------------------------------- sources

sources = typer.Typer(callback=show_help, invoke_without_command=True)
authoring.add_typer(
    sources,
    name="sources",
    help="Who else may tell us what happens, as sources.yaml says.",
    short_help="Who else may tell us what happens.",
)


@sources.command(
    "test",
    short_help="What a sample of a sender's body becomes.",
    epilog="""\b
Examples:
  journeys sources test order.json --source shop \\
    --header 'X-Shopify-Topic: orders/create' --header 'X-Shopify-Webhook-Id: 1'
  journeys sources test paid.json --source billing --json

\b
Nothing is sent and nothing is kept; a sample needs no signature.
Exit codes: 0 if nothing would be refused, 2 if something would.""",
)
def test_sources(
    file: Annotated[Path, typer.Argument(metavar="FILE", parser=named, help="A body, as JSON.")],
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="Whose it is.  [default: the only source]")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", metavar="'NAME: VALUE'", help="A header that comes with it.")
    ] = None,
    definitions: Definitions = HERE,
    as_json: AsJson = False,
) -> int:
    """Show which events a body of a webhook becomes, what is passed over, and what would be refused and why."""
    from journeys.cli.sources import Asked, test_source

    asked = Asked(file=file, source=source, headers=header or [], folder=definitions)
    return test_source(asked, is_json=as_json)
