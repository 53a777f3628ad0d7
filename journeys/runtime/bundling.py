"""The files of a publication, as one: the folder's own, and those of earlier versions that go on.

The folder's own are exactly those that were read, whatever becomes of them meanwhile.  Earlier versions lie in a
folder beside, where no file of an author can come to lie; the same files are the same bytes.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from journeys.definition.earlier import Version
from journeys.definition.load import Reading
from journeys.errors import ConfigurationError, InputError

FILES_MAX: Final = 50_000_000  # bytes of all files of a folder
_EARLIER: Final = "earlier/"


def bundle(folder: Path, reading: Reading, versions: Sequence[Version]) -> bytes:
    """Raises InputError for a folder that is too large."""
    packed = io.BytesIO()
    size = 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(reading.files):
            text = reading.documents[name].text.encode()
            size += len(text)
            if size > FILES_MAX:
                raise InputError(f"{folder} holds more than {FILES_MAX // 1_000_000} MB of definitions")
            _put(archive, Path(name).relative_to(folder).as_posix(), text)
        for version in sorted(versions, key=lambda version: version.file):
            _put(archive, f"{_EARLIER}{version.file}", version.path.read_bytes())
    return packed.getvalue()


def has_same_folder(one: bytes, other: bytes) -> bool:
    """Whether an author reads the same in both."""
    return _own(one) == _own(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """`folder` is as its author wrote it; `earlier` holds `NAME@NUMBER.yaml`."""

    folder: Path
    earlier: Path


@contextmanager
def unpacked(files: bytes) -> Iterator[Unpacked]:
    """The files laid out on the disk, until the block ends.  Raises ConfigurationError where they cannot be."""
    try:
        room = tempfile.TemporaryDirectory()
    except OSError as error:
        raise ConfigurationError(
            f"what was published is read from a temporary folder, and none can be made ({error.strerror}): "
            "TMPDIR names where, and a container that only reads is given a /tmp"
        ) from None
    with room as place, zipfile.ZipFile(io.BytesIO(files)) as archive:
        found = Unpacked(folder=Path(place) / "folder", earlier=Path(place) / _EARLIER)
        for name in archive.namelist():
            archive.extract(name, place if name.startswith(_EARLIER) else found.folder)
        yield found


def _put(archive: zipfile.ZipFile, name: str, text: bytes) -> None:
    # A fixed date: the same files are the same bytes.
    archive.writestr(zipfile.ZipInfo(name), text)


def _own(files: bytes) -> dict[str, int]:
    with zipfile.ZipFile(io.BytesIO(files)) as archive:
        return {each.filename: each.CRC for each in archive.infolist() if not each.filename.startswith(_EARLIER)}
