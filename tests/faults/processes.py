"""Processes of the engine that are killed and begun again; what they print is kept, for whoever asks why one ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
JOURNEYS = ("-c", "import sys; from journeys.cli.main import main; sys.exit(main())")


class Process:
    """`up` is set by a line that begins with `ready`; `begun` counts the starts."""

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
        self._arguments = [sys.executable, *arguments]
        self._ready = ready
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        self.begun += 1
        self.up.clear()
        self._process = subprocess.Popen(
            self._arguments,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> None:
        """Whatever it is in, if it is not over."""
        if self._process.poll() is None:
            self.kill()

    def kill(self) -> None:
        """`kill -9`."""
        self._process.send_signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Asks it to end, and says how it did."""
        # One that is still beginning would be ended by the signal itself.
        assert self.up.wait(60), f"{self.name} did not begin"
        self._process.terminate()
        return self.wait()

    def see_alive(self) -> None:
        """Raises AssertionError for one that has ended without having been killed."""
        ended = self._process.poll()
        assert ended is None, f"{self.name} ended by itself with {ended}:\n" + "\n".join(self.lines[-60:])

    def wait(self) -> int:
        """How it ended, once it has."""
        ended = self._process.wait(timeout=60)
        self._reader.join(timeout=60)
        return ended

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.lines.append(line.rstrip())
                if line.startswith(self._ready):
                    self.up.set()
