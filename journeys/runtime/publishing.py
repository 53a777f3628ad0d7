"""Publishing: definitions go live as one numbered whole, and every process runs what was published last.

The files are kept with their number, so that a process on any machine runs the same ones without a folder
of its own.  With them are kept the files of earlier versions of journeys that go on for those who stand in
them.  A publication is refused where it would break a version that somebody is on their way through.

Publishing stops nobody: workers decide on, by what they began with, until they see the new number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from journeys.check.folder import open_definitions
from journeys.core.compiling import compile_program
from journeys.core.keeping import Layout
from journeys.core.program import Program
from journeys.definition.load import Reading
from journeys.errors import ConfigurationError, DefinitionError
from journeys.store import publications
from journeys.store.database import Database
from journeys.store.publications import Publication
from journeys.store.settings import secret

from .bundling import unpacked
from .engine import Engine, engine_of
from .planning import Plan, Told, plan
from .versions import count_staying, go_on, read_layout, refuse, versions_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """`is_new` says that it was not what had been published before; what else there is, is as it was planned."""

    number: int
    is_new: bool
    versions: tuple[Told, ...]
    begun: tuple[str, ...]
    program: Program


def publish(
    database: Database, folder: Path, now: int, *, is_dry_run: bool = False, reading: Reading | None = None
) -> Published:
    """Publishes a folder, or tells what would come of it; `reading` is that of the folder, where it was opened before.

    Raises DefinitionError for its errors, and for what it would break for those who stand in earlier versions.
    """
    reading = reading or open_definitions(folder)
    salt = _salt(database)
    while True:
        planned = plan(database, folder, reading, salt=salt, now=now)
        number: int | None = planned.after + planned.is_new
        if planned.is_new and not is_dry_run:
            number = go_live(database, planned, now)
        if number is not None:
            return Published(
                number=number,
                is_new=planned.is_new,
                versions=planned.versions,
                begun=planned.begun,
                program=planned.program,
            )


def go_live(database: Database, planned: Plan, now: int) -> int | None:
    """The number that a plan got; None where something else was published since it was made.

    Raises DefinitionError where somebody has entered meanwhile what it lets go.
    """
    with database.writing() as connection:
        publications.begin_publishing(connection, is_alone=bool(planned.stopped))
        if publications.newest_number(connection) != planned.after:
            return None
        if planned.stopped:
            # Whoever was at work by the old definitions has ended, and whoever begins waits for the new ones.
            refuse(planned.stopped, count_staying(connection))
        return publications.publish(
            connection, planned.fingerprint, planned.layout, planned.files, now, numbered=planned.numbered
        )


def engine_as(database: Database, published: Published) -> Engine:
    """The engine of what was published just now: nothing is read and compiled again."""
    return engine_of(published.program, publication=published.number, layouts=_Layouts(database))


def open_engine(database: Database, number: int | None = None) -> Engine:
    """The engine of what was published last, or under a number.  Raises ConfigurationError where nothing was."""
    publication, salt = read_published(database, number)
    return engine_from(publication, salt, _Layouts(database))


def read_published(database: Database, number: int | None = None) -> tuple[Publication, str]:
    """What was published last, or under a number, and the salt: all that decisions follow from.

    Raises ConfigurationError where nothing was.
    """
    with database.reading() as connection:
        found = publications.newest(connection) if number is None else publications.publication(connection, number)
    if found is None:
        raise ConfigurationError(f"nothing is published in {database.shown}: run `journeys publish`")
    return found, _salt(database)


def engine_from(publication: Publication, salt: str, layouts: Mapping[int, Layout] | None = None) -> Engine:
    """The engine of a publication; `layouts` are those of earlier ones, where it may meet customers of theirs."""
    was = msgspec.json.decode(publication.layout, type=Layout)
    with unpacked(publication.files) as before:
        reading = open_definitions(before.folder)
        behind = [each for each in versions_in(was, before) if not each[0].is_newest]
        definitions, stopped = go_on(reading, behind, before)
    if stopped:
        raise DefinitionError(tuple(problem for each in stopped for problem in each.problems))
    program = compile_program(definitions, salt=salt, numbers=was.numbers)
    return engine_of(program, publication=publication.number, layouts=layouts)


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
            layout = self[number] = read_layout(connection, number)
        return layout


def _salt(database: Database) -> str:
    """What arms and variants are drawn with: made once, and never changed."""
    with database.writing() as connection:
        return secret(connection, "salt").hex()
