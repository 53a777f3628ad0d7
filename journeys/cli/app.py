"""The command line: all commands together, and what is said where they are called in a way that makes no sense.

Nothing of the engine is imported here, nor where the commands are declared.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Final

import typer

from journeys.cli.authoring import authoring
from journeys.cli.operating import operating
from journeys.cli.running import running
from journeys.cli.walking import walking
from journeys.errors import InputError

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
  journeys serve                          real customers, by HTTP

\b
`journeys COMMAND --help` says more, with examples.
Exit codes: 0 fine, 1 our own failure (of status: somebody is wanted), 2
problems in files, failed scenarios or bad input, 3 a setup to mend (a full
disk), 130 interrupted.""",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


# All commands as the library runs them, made once: that takes longer than many of them do.
_get_command = cache(typer.main.get_command)


def call(arguments: list[str]) -> int:
    """Runs one command and returns its exit code.  Raises InputError for a command line that cannot be understood."""
    command = _get_command(app)
    _leave_out_types(command)
    try:
        # The library's own main would end the process itself, in its own words, on Ctrl-C and a closed pipe.
        with command.make_context("journeys", arguments) as context:
            code = command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except _USAGE as error:
        raise InputError(_say_usage(error, where=_meant(command, arguments))) from None
    return int(code or 0)


def _leave_out_types(command: object) -> None:
    """An argument's help begins with its name: `<list[str]>`, which the library adds, is no word of ours."""
    for argument in getattr(command, "params", ()):
        if argument.param_type_name == "argument":
            vars(argument)["display_type_rich"] = lambda ctx: None
    for each in getattr(command, "commands", {}).values():
        _leave_out_types(each)


def _meant(command: object, arguments: list[str]) -> str:
    """The command that a command line begins with, as far as there is one."""
    names = ["journeys"]
    for word in arguments:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        names.append(word)
    return " ".join(names)


# The library keeps its usage errors to itself; their common ancestor is one step above this one.
_USAGE: type[Exception] = typer.BadParameter.__mro__[1]
# What it puts before our own words, and its name for them.
_INVALID: Final = re.compile(r"Invalid value for '\[?(.+?)\]?': (?:Value error, )?")


def _say_usage(error: Exception, *, where: str) -> str:
    message = str(getattr(error, "message", "") or error)
    format_message = getattr(error, "format_message", None)
    if callable(format_message):
        message = str(format_message())
    message = _INVALID.sub(r"\1: ", message)
    # KIND keeps its name.
    first = message[:1] if message[1:2].isupper() else message[:1].lower()
    return f"{' '.join((first + message[1:].rstrip('.')).split())} (see {where} --help)"


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


app.add_typer(authoring)
app.add_typer(walking)
app.add_typer(running)
app.add_typer(operating)
