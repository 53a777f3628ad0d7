"""The commands of who answers for a running engine: their arguments, their help, and nothing else.

As in `authoring`, each body imports what it needs when it runs.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from journeys.cli.options import AsJson, named, number, show_help

operating = typer.Typer()

_WHERE: Final = "The database is the one that JOURNEYS_DATABASE_URL names, or sqlite:///journeys.db."


class Scope(StrEnum):
    """What a key opens; `admin` opens all."""

    ingest = "ingest"
    read = "read"
    admin = "admin"


Id = Annotated[str, typer.Argument(metavar="ID", help="Which customer.")]
File = Annotated[Path, typer.Argument(metavar="FILE", parser=named, help="The file to write.")]
Source = Annotated[Path, typer.Argument(metavar="FILE", parser=named, help="A .jsonl, .jsonl.gz or .csv file.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out, and say how many.")]


def _group(name: str, help: str, *, short_help: str) -> typer.Typer:
    group = typer.Typer(callback=show_help, invoke_without_command=True)
    operating.add_typer(group, name=name, help=f"{help}\n\n{_WHERE}", short_help=short_help)
    return group


@operating.command(
    short_help="How the engine stands: what waits, who is late.",
    epilog="""\b
Examples:
  journeys status
  journeys status --stages                where customers stand, too
  journeys status --json | jq '.outbox[] | select(.failed > 0)'

\b
It ends with 1 where somebody is wanted: nothing is published, customers are
parked, touches were given up, a nightly job fails, or events, customers or
touches have waited for more than five minutes.  `wants` of --json lists it.""",
)
def status(
    stages: Annotated[
        bool, typer.Option("--stages", help="Count who stands in which stage; this reads every customer.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Tell how the engine stands: publication, inbox, who is due, who is parked, the outbox by channel, keys."""
    from journeys.cli.status import print_status

    return print_status(with_stages=stages, is_json=as_json)


@operating.command(
    short_help="What the engine does in a second, here.",
    epilog="""\b
Examples:
  journeys bench
  journeys bench --seconds 20
  journeys bench --database sqlite:////srv/bench.db       on another disk
  journeys bench --database postgresql://localhost/bench

\b
It asks nothing of the definitions and the database that are here.  A database
that is named must be there and empty, and is empty again afterwards; other
work on the machine makes every figure worse.""",
)
def bench(
    seconds: Annotated[int, number("--seconds", "About how long each measurement takes.", least=1, most=300)] = 5,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="URL", help="Measure in this empty database.  [default: a new SQLite file]"),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Measure what the engine does in a second on this machine, beside what the machine could do without it."""
    from journeys.cli.bench import print_bench

    return print_bench(seconds=seconds, database=database, is_json=as_json)


# ---------------------------------------------------------------- keys

key = _group("key", "Make, list and revoke the keys of who may call the HTTP part.", short_help="Who may call.")


@key.command(
    "new",
    short_help="Make a key, and print it once.",
    epilog="""\b
Examples:
  journeys key new shop                           may send events
  journeys key new dashboard --scope read         may ask about customers
  journeys key new support --scope ingest --scope read
  journeys key new ours --scope admin             may do everything

\b
Only its hash is kept: a key that is lost is revoked, and a new one made.""",
)
def new_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is, to be found again.")],
    scope: Annotated[
        list[Scope] | None, typer.Option("--scope", help="What it opens; may be repeated.  [default: ingest]")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Make a key and print it, this once."""
    from journeys.cli import keys

    return keys.new_key(name, [each.value for each in scope or [Scope.ingest]], is_json=as_json)


@key.command("list", short_help="All keys that were ever made.")
def list_keys(as_json: AsJson = False) -> int:
    """List all keys that were ever made, without their secrets, which nobody has but their owners."""
    from journeys.cli import keys

    return keys.print_keys(is_json=as_json)


@key.command("revoke", short_help="Close what a key opens.")
def revoke_key(
    asked: Annotated[str, typer.Argument(metavar="KEY", help="Its id or its name, as `journeys key list` shows them.")],
) -> int:
    """Close what a key opens: within seconds nobody gets in with it, at any of the processes."""
    from journeys.cli import keys

    return keys.revoke(asked)


# ---------------------------------------------------------------- outbox

outbox = typer.Typer(invoke_without_command=True)
operating.add_typer(outbox, name="outbox", short_help="Touches that wait, went, or failed.")


@outbox.callback(
    epilog="""\b
Examples:
  journeys outbox
  journeys outbox --failed
  journeys outbox retry household-7/1/4/0/0

\b
Neither addresses nor words are shown.  A touch's key names its customer, and
by four numbers the touch among theirs."""
)
def show_outbox(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what waits to be sent, what was sent lately, and what was given up."""
    if context.invoked_subcommand is None:
        from journeys.cli.outbox import print_outbox

        print_outbox(only_failed=failed, is_json=as_json)


@outbox.command(
    "retry",
    short_help="Try again what was given up.",
    epilog="""\b
Examples:
  journeys outbox retry household-7/1/4/0/0
  journeys outbox retry --all

\b
Before it goes the gate is asked about it anew: what is out of date by then,
or not allowed any more, stays unsent.""",
)
def retry(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="KEY", help="As `journeys outbox --failed` shows them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that have failed.")] = False,
) -> int:
    """Let touches that were given up wait to be sent once more."""
    from journeys.cli import outbox as rows

    return rows.retry(keys or [], is_all=everything)


# ---------------------------------------------------------------- customers

customer = _group(
    "customer",
    "Show, explain, hand out or erase what is kept of one customer.",
    short_help="What is kept of one customer.",
)


@customer.command("show", short_help="Where they stand, and what is known.")
def show_customer(id: Id, as_json: AsJson = False) -> int:
    """Show where a customer stands, what is known of them by kind of data, and every consent they gave or took back."""
    from journeys.cli import customers

    return customers.show_customer(id, is_json=as_json)


@customer.command(
    "explain",
    short_help="Their story, and the why of every touch.",
    epilog="""\b
Examples:
  journeys customer explain household-7
  journeys customer explain household-7 spark      only what was decided of it""",
)
def explain_customer(
    id: Id,
    touch: Annotated[str | None, typer.Argument(metavar="TOUCH", help="Only the decisions about this touch.")] = None,
    as_json: AsJson = False,
) -> int:
    """Tell a customer's story so far: events, moves, touches, and why each was sent, deferred or withheld."""
    from journeys.cli import customers

    return customers.explain_customer(id, touch, is_json=as_json)


@customer.command("export", short_help="Everything kept of them, as one file.")
def export_customer(id: Id, file: File) -> int:
    """Write everything that is kept of a customer as one JSON file, to be handed to them or taken elsewhere."""
    from journeys.cli import customers

    return customers.export_customer(id, file)


@customer.command(
    "erase",
    short_help="Forget them, for good.",
    epilog="""\b
It is done by the customer's next turn: fields, facts, consents and places are
forgotten, what waits to be sent is withdrawn, and what events said, why
decisions were made and what providers answered is emptied, back to the first.

\b
Kept are when something happened and how often, the names of touches, and the
ledger of consents; from the next night on under a hash, in the place of each of
their ids.  What comes in about them later is dropped as soon as it is read.

\b
Out of reach are backups, freed pages of a database file until it is vacuumed,
mails in the local outbox folder, and what providers were handed.""",
)
def erase_customer(
    id: Id, is_sure: Annotated[bool, typer.Option("--yes", help="Ask nothing, and do it.")] = False
) -> int:
    """Forget a customer for good, wherever they stand."""
    from journeys.cli import customers

    return customers.erase_customer(id, is_sure=is_sure)


@customer.command("unpark", short_help="Let one go on whose turn failed.")
def unpark_customer(id: Id) -> int:
    """Let a customer go on who was parked because their turn failed, with all that came in meanwhile."""
    from journeys.cli import customers

    return customers.unpark_customer(id)


# ---------------------------------------------------------------- in and out

import_ = _group("import", "Take what is known already into the inbox.", short_help="History and customers, in.")


@import_.command(
    "events",
    short_help="What customers did before.",
    epilog="""\b
Examples:
  journeys import customers customers.jsonl       first who they are
  journeys import events year.jsonl.gz            then what they did

\b
The lines are those of `journeys replay`.  They are history: they inform, and
set off neither a move nor an entry.  An event whose data serves a purpose
counts for those alone who had allowed it by then: customers come first, and
are taken by `journeys serve` before their events are imported.

\b
An event is taken once by its id, so that a file can be handed in again.""",
)
def import_events(file: Source, skip_bad: SkipBad = False) -> int:
    """Take recorded events into the inbox, as history."""
    from journeys.cli import importing

    return importing.import_events(file, skip_bad=skip_bad)


@import_.command(
    "customers",
    short_help="Who they are, and what they allow.",
    epilog="""\b
Examples:
  journeys import customers customers.jsonl

\b
The lines are those of `journeys replay --customers`.  They count as said now.
A consent is imported once: handed in again it brings back none that was
withdrawn meanwhile.""",
)
def import_customers(file: Source, skip_bad: SkipBad = False) -> int:
    """Take customers into the inbox: what is known of them, and what they allow."""
    from journeys.cli import importing

    return importing.import_customers(file, skip_bad=skip_bad)


export = _group("export", "Write what the engine was given.", short_help="What the engine was given, out.")


@export.command(
    "signals",
    short_help="What one customer's turns were given.",
    epilog="""\b
Examples:
  journeys export signals household-7 signals.jsonl

\b
A line is an event, an instant up to which a turn went, a touch that was asked
about again, or one that was accepted.  The same signals give the same
decisions.""",
)
def export_signals(id: Id, file: File) -> int:
    """Write what a customer's turns were given, in order, one JSON line each."""
    from journeys.cli import exporting

    return exporting.export_signals(id, file)
