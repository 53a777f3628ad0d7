"""The trace's file: whole, or not there at all.

It is written under a passing name beside its place and takes that place when it is whole.  So
whatever ends a replay, Ctrl-C or a full disk, nothing half-written stands where a trace should be,
and a trace that stood there before is as it was.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from journeys.errors import InputError

from .trace import Row


class TraceFile:
    """A trace being written; `.gz` compresses.  Raises OSError where it cannot be."""

    def __init__(self, path: Path) -> None:
        # A pipe or a device is written as it goes: there is no other way.
        is_file = path.is_file() or not path.exists()
        # A link stays, and what it leads to is replaced.
        self._path = Path(os.path.realpath(path)) if is_file else path
        self._part = self._path.with_name(f".{self._path.name[:50]}.{os.getpid()}.part") if is_file else None
        self._encoder = msgspec.json.Encoder()
        self._raw = (self._part or self._path).open("wb")
        # Without a name or a time of its own in the archive, so that the same trace is the same bytes.
        self._file: Any = gzip.GzipFile("", "wb", 6, self._raw, 0) if path.suffix == ".gz" else self._raw

    def write(self, rows: Iterable[Row]) -> None:
        self._file.write(self._encoder.encode_lines(rows))

    def write_lines(self, lines: bytes) -> None:
        """Rows that another process has put into lines."""
        self._file.write(lines)

    def __enter__(self) -> TraceFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None:
                # What ended the replay is told, and not that its rest cannot be written either.
                with suppress(OSError):
                    self._close()
                return
            self._close()
            if self._part is not None:
                self._part.replace(self._path)
        finally:
            if self._part is not None:
                self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        try:
            if self._file is not self._raw:
                self._file.close()
        finally:
            self._raw.close()


def before_path(trace: Path) -> Path:
    """Where the trace of the version that is compared with goes: `trace.jsonl.gz`, `trace.before.jsonl.gz`."""
    stem, dot, suffixes = trace.name.partition(".")
    return trace.with_name(f"{stem}.before{dot}{suffixes}")


def paths_of(trace: Path | None, *, versions: int) -> list[Path | None]:
    """Where the trace of each version goes; of the second one beside that of the first."""
    return [trace, None if trace is None else before_path(trace)][:versions]


def opened(trace: Path | None) -> TraceFile | nullcontext[None]:
    """Opens a trace where one is wanted.  Raises InputError where it cannot be written."""
    if trace is None:
        return nullcontext()
    try:
        return TraceFile(trace)
    except OSError as error:
        raise InputError(f"{trace} cannot be written: {(error.strerror or str(error)).lower()}") from None
