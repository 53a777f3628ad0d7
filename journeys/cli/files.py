"""Files that a command line names: what can be refused is refused before the work begins."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from journeys.errors import InputError


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
        raise InputError(f"{path} cannot be read: {_reason(error)}") from None


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
            raise InputError(f"{path} cannot be written: {_reason(error)}") from None
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
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError(f"{path} cannot be written: permission denied")


def write_text(path: Path, text: str) -> None:
    """Raises InputError where it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {_reason(error)}") from None


def write_json(path: Path, value: Any) -> None:
    """Raises InputError where it cannot be written."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
