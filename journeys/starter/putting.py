"""The putting: files onto a disk, and away again if one of them cannot be.

A file that is there is never opened for writing.  The one that is replaced is replaced last, in one
stroke, and only while it still says what it said.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType

from journeys.errors import InputError
from journeys.simulate.wholefile import refusal


class Putting:
    """What was put so far.  Leaving it with an error, also with Ctrl-C, takes all of it away."""

    def __init__(self) -> None:
        self._made: list[Path] = []

    def __enter__(self) -> Putting:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            return
        for path in reversed(self._made):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)

    def put(self, path: Path, text: str) -> None:
        """Raises InputError if it is there already, or may not be; ConfigurationError where there is no room for it."""
        self._make_folder(path.parent)
        try:
            stream = path.open("xb")
        except (OSError, ValueError) as error:
            raise refusal(path, error) from None
        self._made.append(path)
        try:
            with stream:
                stream.write(text.encode("utf-8"))
        except OSError as error:
            raise refusal(path, error) from None

    def replace(self, path: Path, old: str, text: str) -> None:
        """Raises InputError if it does not say any more what it said."""
        path = path.resolve()
        beside = path.with_name(f".{path.name}.new")  # a folder of definitions leaves it alone
        self.put(beside, text)
        try:
            shutil.copymode(path, beside)
            if path.read_bytes() != old.encode("utf-8"):
                raise InputError(f"{path} was changed meanwhile: ask again")
            beside.replace(path)
        except OSError as error:
            raise refusal(path, error) from None

    def _make_folder(self, path: Path) -> None:
        if path.is_dir():
            return
        if path.exists():
            raise InputError(f"'{path}' is a file, and a folder is wanted")
        self._make_folder(path.parent)
        try:
            path.mkdir()
        except (OSError, ValueError) as error:
            raise refusal(path, error) from None
        self._made.append(path)
