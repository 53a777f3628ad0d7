"""To a folder, one file for each touch: what would have gone, to be read by a person.

A mail is an .eml that any mail program opens; everything else is JSON.  A file appears whole or not
at all, and its name is the touch's: what is written twice is there once.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from json import dumps
from pathlib import Path

from journeys.delivery.mail import mail_of
from journeys.delivery.parcel import Accepted, Parcel
from journeys.errors import ConfigurationError, Transient

_KEY_MAX = 64


class FileProvider:
    """Raises ConfigurationError when it is made, where nothing could be written; the folder is made by the first."""

    knows_keys = True

    def __init__(self, folder: Path) -> None:
        _see_writable(folder)
        self._folder = folder
        self.where = f"files in {folder}"

    def send(self, parcel: Parcel) -> Accepted:
        """Raises Transient where the disk is full or the folder cannot be written."""
        is_mail = parcel.message.html is not None and bool(parcel.to)  # what goes to a machine has no address
        name = f"{parcel.moment:%Y%m%dT%H%M%SZ}-{_fit(parcel.touch)}-{_fit(parcel.key)}.{'eml' if is_mail else 'json'}"
        content = mail_of(parcel).content if is_mail else _json(parcel)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(self._folder / name, content)
        except OSError as error:
            raise Transient(f"the outbox folder cannot be written: {error.strerror}") from None
        return Accepted(receipt=name)

    def close(self) -> None:
        pass


def _see_writable(folder: Path) -> None:
    try:
        place = next(each for each in (folder, *folder.parents) if each.exists())
        if not place.is_dir():
            problem = f"{place} is no folder"
        elif not os.access(place, os.W_OK | os.X_OK):
            problem = f"{place} may not be written"
        else:
            return
    except OSError as error:
        problem = f"it cannot be reached: {(error.strerror or '').lower()}"
    raise ConfigurationError(
        f"touches whose provider is not set would be files in {folder}, and {problem}: name another with --outbox DIR"
    )


def _write(path: Path, content: bytes) -> None:
    # Its name hides it from whoever lists *.eml, and only we may read it, as all that holds addresses.
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _json(parcel: Parcel) -> bytes:
    told = {**parcel.values(), "headers": dict(parcel.headers)}
    return (dumps({name: value for name, value in told.items() if value}, indent=2) + "\n").encode()


def _fit(text: str) -> str:
    """The text if it is fit for the name of a file, and else its hash."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", text) and len(text) <= _KEY_MAX:
        return text
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
