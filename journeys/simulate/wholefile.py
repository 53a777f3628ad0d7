"""A file that is written: whole, or not there at all.

It is written under a passing name beside its place and takes that place when it is whole, with the
rights of the one that stood there.  So whatever ends the work, nothing half-written stands where a
trace or a report should be, and one that stood there before is as it was.  After Ctrl-C or an error,
as of a full disk, nothing else stands there; who kills the process finds the passing name, `.part`.
"""

from __future__ import annotations

import errno
import gzip
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from journeys.errors import ConfigurationError, InputError, JourneysError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class WholeFile:
    """A file being written; `.gz` compresses.  One that is new and private nobody else may read.

    Raises InputError where it cannot be, and ConfigurationError where there is no room for it.
    """

    def __init__(self, path: Path, *, is_private: bool = False) -> None:
        self._named = path
        # A pipe or a device is written as it goes: there is no other way.
        is_file = path.is_file() or not path.exists()
        # A link stays, and what it leads to is replaced.
        self._path = Path(os.path.realpath(path)) if is_file else path
        self._part = self._path.with_name(f".{self._path.name[:50]}.{os.getpid()}.part") if is_file else None
        try:
            self._raw = (self._part or self._path).open("wb")
        except OSError as error:
            raise refusal(path, error) from None
        if self._part is not None and (is_private or path.exists()):
            # Before anything is in it: what others may not read they never may.  Some file systems know no rights.
            with suppress(OSError):
                self._part.chmod(stat.S_IMODE(self._path.stat().st_mode) if path.exists() else 0o600)
        # Without a name or a time of its own in the archive, so that the same lines are the same bytes.
        self._file: Any = gzip.GzipFile("", "wb", 6, self._raw, 0) if path.suffix == ".gz" else self._raw

    def write_lines(self, lines: bytes) -> None:
        try:
            self._file.write(lines)
        except OSError as error:
            raise refusal(self._named, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None:
                # What ended the work is told, and not that the rest cannot be written either.
                with suppress(OSError):
                    self._close()
                return
            self._close()
            if self._part is not None:
                self._part.replace(self._path)
        except OSError as failed:
            raise refusal(self._named, failed) from None
        finally:
            if self._part is not None:
                self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        try:
            if self._file is not self._raw:
                self._file.close()
        finally:
            self._raw.close()


def refusal(path: Path, error: OSError | ValueError) -> JourneysError | BrokenPipeError:
    """What to raise of a file that cannot be written.  That nobody reads a pipe any more is no news, and stays."""
    if isinstance(error, BrokenPipeError):
        return error
    said = f"{path} cannot be written: {(getattr(error, 'strerror', None) or str(error)).lower()}"
    is_full = isinstance(error, OSError) and error.errno in FULL
    return ConfigurationError(said) if is_full else InputError(said)
