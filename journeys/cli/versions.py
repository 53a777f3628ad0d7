"""Another version of the definitions: a folder, or what a Git commit holds of this one.

A commit is read object by object, as it was committed: no filter of the repository's configuration runs, nothing is
left out, and links are not followed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from journeys.check.folder import open_definitions
from journeys.definition.model import Definitions
from journeys.errors import DefinitionError, InputError

_SIZE_MAX = 100 * 2**20  # bytes: more is no folder of definitions
_FILES = (b"100644", b"100755")  # the modes of plain files; links and submodules are others


def other_version(named: str, folder: Path, journeys: Sequence[str]) -> Definitions:
    """The definitions that `named` means, with these journeys.  Raises DefinitionError or InputError."""
    with _folder_of(named, folder) as other:
        try:
            definitions = open_definitions(other).definitions
        except DefinitionError as error:
            # What was a commit is gone when this is read: its files are told by its name.
            where = str(other)
            said = [
                replace(each, file=f"{named}:{os.path.relpath(each.file, where)}") if where != named else each
                for each in error.problems
            ]
            raise DefinitionError(tuple(said)) from None
    assert definitions is not None
    for journey in journeys:
        if journey not in definitions.journeys:
            raise InputError(f"there is no journey '{journey}' in '{named}': there is nothing to compare it with")
    return definitions


def files_of(named: str | None) -> list[Path]:
    """The files that are read where `named` is a folder, and must not be written over."""
    if named is None or not _is_folder(named):
        return []
    return [path for pattern in ("*", "touches/*") for path in Path(named).glob(pattern) if path.is_file()]


@contextmanager
def _folder_of(named: str, folder: Path) -> Iterator[Path]:
    """The folder that `named` means: one of the file system, or `folder` as it was at a commit, branch or tag.

    Raises InputError where it means neither.
    """
    if _is_folder(named):
        yield Path(named)
        return
    with TemporaryDirectory(prefix="journeys-") as place:
        _lay_out(named, folder, Path(place))
        yield Path(place)


def _is_folder(named: str) -> bool:
    try:
        return bool(named) and Path(named).is_dir()
    except (OSError, ValueError):
        return False


def _lay_out(ref: str, folder: Path, place: Path) -> None:
    """Writes the files of a folder at a commit."""
    nothing = f"'{ref[:80]}' is no folder, and no commit, branch or tag of a Git repository that holds {folder}"
    if not ref or ref.startswith("-") or len(ref) > 250:
        raise InputError(nothing)
    try:
        prefix = _git(folder, "rev-parse", "--show-prefix").decode().rstrip("\n")
        commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()
    except FileNotFoundError:
        raise InputError(f"'{ref}' is no folder, and Git, which might know it, is not installed") from None
    except (subprocess.CalledProcessError, ValueError):
        raise InputError(nothing) from None
    try:
        listed = _git(folder, "ls-tree", "--full-tree", "-r", "-l", "-z", f"{commit}:{prefix.rstrip('/')}")
    except subprocess.CalledProcessError:
        raise InputError(f"at '{ref}' there was no folder {folder}") from None
    entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry]
    files = [(facts.split(), name) for facts, _, name in entries if facts.startswith(_FILES)]
    if sum(int(facts[3]) for facts, _ in files) > _SIZE_MAX:
        raise InputError(f"at '{ref}' {folder} holds more than definitions")
    for facts, name in files:
        path = place / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_git(folder, "cat-file", "blob", facts[2].decode()))


def _git(folder: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True).stdout
