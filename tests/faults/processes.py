"""Processes of the engine that are killed and begun again; what they print is kept, for whoever asks why one ended.

They are forked by one that has imported everything, and then do what Python would with their arguments: a new
interpreter would be a second in coming, and half of what a storm takes.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["__main__", "alembic.command", "journeys.cli.serving", "journeys.cli.consuming"])
JOURNEYS = ("-c", "import sys; from journeys.cli.main import main; sys.exit(main())")


class Process:
    """`up` is set by a line that begins with `ready`; `begun` counts the starts.

    The arguments are `-c` and code or `-m` and a module, and words for it.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        ready: str,
        environment: Mapping[str, str],
        *,
        folder: Path = ROOT,
    ) -> None:
        self.name = name
        self.folder = folder
        self.up = threading.Event()
        self.begun = 0
        self.lines: list[str] = []
        self._arguments = arguments
        self._ready = ready
        self._environment = {**os.environ, **environment}

    def start(self) -> None:
        self.begun += 1
        self.up.clear()
        heard, said = _FORKING.Pipe(duplex=False)
        self._process = _FORKING.Process(target=_be, args=(self._arguments, self._environment, self.folder, said))
        self._process.start()
        said.close()
        self._reader = threading.Thread(target=self._read, args=(heard,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def end(self) -> None:
        """Whatever it is in, if it is not over."""
        if self._process.is_alive():
            self.kill()

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self.wait()

    def stop(self) -> int:
        """Asks it to end, and says how it did."""
        # One that is still beginning would be ended by the signal itself.
        assert self.up.wait(60), f"{self.name} did not begin"
        self._process.terminate()
        return self.wait()

    def see_alive(self) -> None:
        """Raises AssertionError for one that has ended without having been killed."""
        ended = self._process.exitcode
        assert ended is None, f"{self.name} ended by itself with {ended}:\n" + "\n".join(self.lines[-60:])

    def wait(self) -> int:
        """How it ended, once it has."""
        self._process.join(timeout=60)
        self._reader.join(timeout=60)
        assert self._process.exitcode is not None, f"{self.name} does not end"
        return self._process.exitcode

    def _read(self, heard: Connection) -> None:
        with heard, open(heard.fileno(), encoding="utf-8", closefd=False) as lines:
            for line in lines:
                self.lines.append(line.rstrip())
                if line.startswith(self._ready):
                    self.up.set()


def _be(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, said: Connection) -> None:
    """What the new process does: it has only what it is given, and prints into the pipe."""
    for number in (1, 2):
        os.dup2(said.fileno(), number)
    said.close()
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, encoding="utf-8") for number in (1, 2))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    flag, what, *words = arguments
    sys.argv = [flag, *words]
    if flag == "-c":
        exec(what, {"__name__": "__main__"})
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)
