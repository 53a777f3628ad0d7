"""Processes of the engine that are measured: begun, heard until they are ready, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

_OURS: Final = "JOURNEYS_"

JOURNEYS = (sys.executable, "-c", "import sys; from journeys.cli.main import main; sys.exit(main())")


@contextmanager
def listening(
    command: Sequence[str], environment: Mapping[str, str], *, says: str = "listening"
) -> Iterator[tuple[int, str]]:
    """The number of a process, and the URL that it says it listens on.

    Of what this environment says to the engine of here it is told nothing: neither is that measured, nor is it called.
    One that listens to nobody `says` something else once it is ready, and what it says then is not a URL.
    """
    with subprocess.Popen(
        command,
        env={name: value for name, value in os.environ.items() if not name.startswith(_OURS)} | {**environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "")
            url = next((line.split()[1] for line in lines if line.startswith(says)), None)
            if url is None:
                raise RuntimeError(f"{' '.join(command)} ended before it listened")
            yield process.pid, url
        finally:
            process.terminate()
