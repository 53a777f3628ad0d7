"""A lock that the operating system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class IsHeld(Exception):
    """Another process holds the lock, or another holder in this one."""


class LockFile:
    """The lock of this file, taken when it is made and held until it is closed.

    Raises `IsHeld`, or OSError where no file can be.  The file stays: whoever deleted it could take away
    the lock of the next.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise IsHeld from error
        self._is_open = True

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self._file)

    def __enter__(self) -> LockFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
