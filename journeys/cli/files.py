"""Files that a command line names: what can be refused is refused before the work begins."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from journeys.errors import InputError
from journeys.simulate.wholefile import WholeFile, refusal


def see_readable(path: Path) -> None:
    """Raises InputError for what is not there, is a folder, or may not be read."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder, and a file is wanted")
        # Whoever writes on a pipe would lose what they wrote, if we opened it and went away.
        if not path.is_fifo():
            path.open("rb").close()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(f"{path} cannot be read: {reason}") from None


def see_writable(written: Sequence[tuple[str, Path | None]], *, read: Sequence[Path | None] = ()) -> None:
    """`written` are options with their files, None where not given.  What stands in a file is not touched yet.

    Raises InputError for a file that cannot be written, that is read as well, or that two options name.
    """
    taken: dict[str, str] = {}
    for option, path in written:
        if path is None:
            continue
        try:
            _see_writable(path, read)
        except (OSError, ValueError) as error:
            raise refusal(path, error) from None
        place = os.path.realpath(path)
        if place in taken:
            raise InputError(f"{taken[place]} and {option} are both {path}: give each a file of its own")
        taken[place] = option


def _see_writable(path: Path, read: Sequence[Path | None]) -> None:
    for other in read:
        if other is not None and path.exists() and other.exists() and other.samefile(path):
            raise InputError(f"{path} is read here: write somewhere else")
    folder = path.parent
    if path.is_dir():
        raise InputError(f"{path} is a folder, and a file is wanted")
    if not folder.is_dir():
        raise InputError(f"{path} cannot be written: there is no folder {folder}")
    # A file is written beside its place first: so its folder must be open as well.
    written = [*([path] if path.exists() else []), *([folder] if path.is_file() or not path.exists() else [])]
    if not all(os.access(place, os.W_OK) for place in written):
        raise InputError(f"{path} cannot be written: permission denied")


def write_text(path: Path, text: str, *, is_private: bool = False) -> None:
    """Raises InputError where it cannot be written, and ConfigurationError where there is no room for it.

    A new file that is private nobody else may read.
    """
    with WholeFile(path, is_private=is_private) as file:
        # A name of a folder may be no UTF-8.
        file.write_lines(text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any, *, is_private: bool = False) -> None:
    """As `write_text` does."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n", is_private=is_private)
