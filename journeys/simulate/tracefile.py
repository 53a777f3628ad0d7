"""The trace's file, and where the traces of two versions go."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import msgspec

from journeys.core.trace import Row

from .wholefile import WholeFile


class TraceFile(WholeFile):
    """A trace being written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Iterable[Row]) -> None:
        self.write_lines(self._encoder.encode_lines(rows))


def before_path(trace: Path) -> Path:
    """Where the trace of the version that is compared with goes: `trace.jsonl.gz`, `trace.before.jsonl.gz`."""
    stem, dot, suffixes = trace.name.partition(".")
    return trace.with_name(f"{stem}.before{dot}{suffixes}")


def paths_of(trace: Path | None, *, versions: int) -> list[Path | None]:
    """Where the trace of each version goes; of the second one beside that of the first."""
    return [trace, None if trace is None else before_path(trace)][:versions]


def opened(trace: Path | None) -> TraceFile | nullcontext[None]:
    """Opens a trace where one is wanted.  Raises as `WholeFile` does."""
    return nullcontext() if trace is None else TraceFile(trace)
