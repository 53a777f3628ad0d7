"""Publishing: definitions go live as one numbered whole, and every process runs what was published last.

The files are kept with their number, so that a process on any machine runs the same ones without a folder
of its own.  A publication is refused where it would leave customers in a journey that it changes: an
enrollment stays on the version it entered with, and this engine runs one version of a journey at a time.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from journeys.check.folder import open_definitions
from journeys.clock import Clock
from journeys.core.compiling import compile_program
from journeys.core.keeping import ChangedJourney, Layout, carry_over, layout_of
from journeys.core.program import Program
from journeys.core.trace import Teller
from journeys.definition.load import Reading
from journeys.errors import ConfigurationError, InputError
from journeys.store import publications
from journeys.store.claiming import lock
from journeys.store.customers import behind
from journeys.store.database import Database
from journeys.store.settings import secret
from journeys.store.values import Kept

from .engine import Engine

FILES_MAX: Final = 50_000_000  # bytes of all files of a folder
_BATCH: Final = 1_000  # customers looked through at a time
_decoder: Final = msgspec.msgpack.Decoder(strict=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """`is_new` says that it was not what had been published before."""

    number: int
    is_new: bool


def publish(database: Database, folder: Path, now: int) -> Published:
    """Publishes a folder.

    Raises DefinitionError for its errors, and InputError where customers stand in a journey that it changes.
    """
    reading = open_definitions(folder)
    files = _pack(folder, reading)
    with database.reading() as connection:
        last = publications.newest(connection)
    _, layout = _compile(reading, _salt(database))
    encoded = msgspec.json.encode(layout)
    if last is not None and last.layout != encoded:
        _see_kept(database, layout)
    with database.writing() as connection:
        number = publications.publish(connection, layout.fingerprint, encoded, files, now)
    return Published(number=number, is_new=last is None or number != last.number)


def open_engine(database: Database, clock: Clock) -> Engine:
    """The engine of what was published last.  Raises ConfigurationError where nothing was."""
    with database.reading() as connection:
        last = publications.newest(connection)
    if last is None:
        raise ConfigurationError(f"nothing is published in {database.shown}: run `journeys publish FOLDER`")
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(last.files)) as packed:
            packed.extractall(folder)
        reading = open_definitions(Path(folder))
    program, layout = _compile(reading, _salt(database))
    return Engine(
        database=database,
        program=program,
        publication=last.number,
        layout=layout,
        clock=clock,
        teller=Teller(program),
        layouts=_Layouts(database),
    )


def newest_number(database: Database) -> int:
    """The number of what was published last; 0 before the first."""
    with database.reading() as connection:
        return publications.newest_number(connection)


class _Layouts(dict[int, Layout]):
    """Layouts of earlier publications, read when a customer of theirs comes up."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database

    def __missing__(self, number: int) -> Layout:
        with self.database.reading() as connection:
            encoded = publications.layout_of_number(connection, number)
        assert encoded is not None, f"no publication {number}"
        layout = self[number] = msgspec.json.decode(encoded, type=Layout)
        return layout


def _compile(reading: Reading, salt: str) -> tuple[Program, Layout]:
    assert reading.definitions is not None
    program = compile_program(reading.definitions, salt=salt)
    return program, layout_of(program)


def _salt(database: Database) -> str:
    """What arms and variants are drawn with: made once, and never changed."""
    with database.writing() as connection:
        return secret(connection, "salt").hex()


def _see_kept(database: Database, layout: Layout) -> None:
    """Raises InputError where customers stand in a journey as it was before."""
    layouts = _Layouts(database)
    stuck: Counter[str] = Counter()
    for kept in _all_kept(database):
        packed: list[Any] = _decoder.decode(kept.value)
        try:
            carry_over(packed, layouts[kept.publication], layout)
        except ChangedJourney as error:
            stuck[error.name] += 1
    if stuck:
        told = ", ".join(f"{count:,} in '{name}'" for name, count in sorted(stuck.items()))
        raise InputError(
            f"customers stand in journeys that this changes: {told}; an enrollment stays on the version it "
            "entered with: publish the change as a journey of another name, or when these have ended"
        )


def _all_kept(database: Database) -> Iterator[Kept]:
    after = ""
    while True:
        with database.writing() as connection:
            ids = behind(connection, 1 << 31, after=after, limit=_BATCH, with_parked=True)
            found = lock(connection, ids)
        yield from found.values()
        if len(ids) < _BATCH:
            return
        after = ids[-1]


def _pack(folder: Path, reading: Reading) -> bytes:
    """The files that were read, and no others."""
    packed = io.BytesIO()
    size = 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(reading.files):
            path = Path(name)
            text = path.read_bytes()
            size += len(text)
            if size > FILES_MAX:
                raise InputError(f"{folder} holds more than {FILES_MAX // 1_000_000} MB of definitions")
            # A fixed date: the same files are the same bytes.
            archive.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), text)
    return packed.getvalue()
