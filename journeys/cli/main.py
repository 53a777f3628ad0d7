"""The front door: runs a command and turns whatever ends it into an exit code.

0 is fine; 1 is our own failure, with its traceback (and of `status`, that somebody is wanted); 2 are
problems in files, failed scenarios or bad input; 3 is a setup to mend, as a full disk; 130 is Ctrl-C
and 141 a closed pipe, both without a word.

Nothing heavy is imported before `main` runs, so that Ctrl-C is quiet from the first moment.
"""

from __future__ import annotations

import io
import os
import sys

FINE = 0
WANTED = 1  # said by `status` alone, for whoever watches
PROBLEMS = 2
SETUP = 3
INTERRUPTED = 130
PIPE_CLOSED = 141


def main(arguments: list[str] | None = None) -> int:
    """Runs one command, with the words of the command line unless others are given."""
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _discard_output()
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return PIPE_CLOSED
    except OSError as error:
        from journeys.simulate.wholefile import FULL

        if error.errno not in FULL:
            raise
        _discard_output()
        _complain(f"cannot write any more: {(error.strerror or '').lower()}")
        return SETUP
    return code


def _run(arguments: list[str]) -> int:
    # Closed by whoever started us (`>&-`): then nobody reads what we say there.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show is no reason to stop.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from journeys.cli.app import call
    from journeys.errors import ConfigurationError, DefinitionError, InputError

    try:
        return call(arguments)
    except InputError as error:
        _complain(str(error))
    except ConfigurationError as error:
        for message in error.messages:
            _complain(message)
        return SETUP
    except DefinitionError as error:
        from journeys.cli.checking import print_refusal

        print_refusal(error)
    return PROBLEMS


def _complain(message: str) -> None:
    """Of several lines, the last is ours; those before it name a place in a file, as a compiler's do."""
    from journeys.definition.visible import visible_lines

    *places, last = visible_lines(message).split("\n")
    print(*places, f"journeys: {last}", sep="\n", file=sys.stderr)


def _discard_output() -> None:
    """What is still buffered goes nowhere: the interpreter would complain about it while it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        pass
