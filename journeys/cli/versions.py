"""Another version of the definitions: a folder, or what a Git ref holds of this one."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from journeys.check.folder import open_definitions
from journeys.definition.model import Definitions
from journeys.errors import InputError

_SIZE_MAX = 200 * 2**20  # bytes of an archive: more is no folder of definitions


def other_version(named: str, folder: Path, journeys: Sequence[str]) -> Definitions:
    """The definitions that `named` means, with these journeys.  Raises DefinitionError or InputError."""
    with _folder_of(named, folder) as other:
        definitions = open_definitions(other).definitions
    assert definitions is not None
    for journey in journeys:
        if journey not in definitions.journeys:
            raise InputError(f"there is no journey '{journey}' in '{named}': there is nothing to compare it with")
    return definitions


@contextmanager
def _folder_of(named: str, folder: Path) -> Iterator[Path]:
    """The folder that `named` means: one of the file system, or `folder` as it was at a commit, branch or tag.

    Raises InputError where it means neither.
    """
    if named and Path(named).is_dir():
        yield Path(named)
        return
    archive = _archive(named, folder)
    with TemporaryDirectory(prefix="journeys-") as place:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(place, filter="data")
        yield Path(place)


def _archive(ref: str, folder: Path) -> bytes:
    nothing = f"'{ref}' is no folder, and no commit, branch or tag of a Git repository that holds {folder}"
    if not ref or ref.startswith("-"):
        raise InputError(nothing)
    try:
        top, prefix = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix").decode().split("\n")[:2]
        _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except FileNotFoundError:
        raise InputError(f"'{ref}' is no folder, and Git, which might know it, is not installed") from None
    except subprocess.CalledProcessError:
        raise InputError(nothing) from None
    try:
        archive = _git(Path(top), "archive", "--format=tar", f"{ref}:{prefix.rstrip('/')}")
    except subprocess.CalledProcessError:
        raise InputError(f"at '{ref}' there was no folder {folder}") from None
    if len(archive) > _SIZE_MAX:
        raise InputError(f"at '{ref}' {folder} holds more than definitions")
    return archive


def _git(folder: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True).stdout
