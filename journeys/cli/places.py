"""Places: the folders of definitions that a command line's paths mean, and which of their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journeys.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A folder, and the files in it that were named; none means all of them."""

    folder: Path
    files: frozenset[str]

    def has(self, file: str) -> bool:
        return not self.files or file in self.files

    def see_all_read(self, read: set[str]) -> None:
        """Raises InputError for a file that nobody reads: to call it fine would be untrue."""
        for file in sorted(self.files - read):
            raise InputError(f"'{file}' is no file of definitions in the folder '{self.folder}'")


def _whole(folder: Path) -> Path:
    """The folder of definitions, also from within its folder of touches."""
    if folder.resolve().name == "touches" and (folder / ".." / "brand.yaml").exists():
        return folder / ".." if folder.name in ("", "..") else folder.parent
    return folder


def folders_of(paths: list[Path]) -> list[Asked]:
    """Each folder once, in the order of the command line.  Raises InputError for a path that is not there."""
    found: dict[Path, set[str] | None] = {}
    for path in paths:
        if path.is_dir():
            found[_whole(path)] = None
        elif path.exists():
            folder = _whole(path.parent)
            files = found.setdefault(folder, set())
            if files is not None:
                files.add(str(path if folder == path.parent else folder / "touches" / path.name))
        else:
            raise InputError(f"there is no file or folder '{path}'")
    return [Asked(folder=folder, files=frozenset(files or ())) for folder, files in found.items()]
