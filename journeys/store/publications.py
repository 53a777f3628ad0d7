"""Publications: the definitions as they went live, numbered from 1, kept whole and never changed.

Each customer's row names the publication its value was written under, so that the value can be read whatever
was published since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from .many import is_postgres

_NEWEST: Final = text("SELECT * FROM publication ORDER BY number DESC LIMIT 1")
_NEWEST_NUMBER: Final = text("SELECT max(number) FROM publication")
_ONE: Final = text("SELECT * FROM publication WHERE number = :number")
_LAYOUT: Final = text("SELECT layout FROM publication WHERE number = :number")
_INSERT: Final = text("""
    INSERT INTO publication (number, fingerprint, at, layout, files)
    VALUES (:number, :fingerprint, :at, :layout, :files)
""")
_VERSIONS: Final = text("SELECT journey, number, fingerprint, publication FROM version ORDER BY journey, number")
_NUMBER: Final = text("""
    INSERT INTO version (journey, number, fingerprint, publication)
    VALUES (:journey, :number, :fingerprint, :publication)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was published: `layout` is what each index in a customer's value means, `files` the definitions."""

    number: int
    fingerprint: str
    at: int
    layout: bytes
    files: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a journey meant: the number of that meaning among all it ever had, and where it first went live."""

    journey: str
    number: int
    fingerprint: str
    publication: int


def newest(connection: Connection) -> Publication | None:
    """None before the first."""
    return _publication_of(connection.execute(_NEWEST).one_or_none())


def newest_number(connection: Connection) -> int:
    """0 before the first."""
    return connection.execute(_NEWEST_NUMBER).scalar_one() or 0


def publication(connection: Connection, number: int) -> Publication | None:
    """None for a number that there never was."""
    return _publication_of(connection.execute(_ONE, {"number": number}).one_or_none())


def layout_of_number(connection: Connection, number: int) -> bytes | None:
    """None for a number that there never was."""
    layout: bytes | None = connection.execute(_LAYOUT, {"number": number}).scalar_one_or_none()
    return layout


def versions(connection: Connection) -> list[Version]:
    """Every version of every journey that was ever published."""
    return [Version(**row._mapping) for row in connection.execute(_VERSIONS)]


def publish(
    connection: Connection,
    fingerprint: str,
    layout: bytes,
    files: bytes,
    now: int,
    *,
    numbered: Iterable[tuple[str, int, str]] = (),
) -> int:
    """The number of the new publication; that of the newest, where nothing differs from it.

    `numbered` are the versions that are new with it: journey, number and fingerprint.
    """
    begin_publishing(connection)
    last = newest(connection)
    if last is not None and (last.fingerprint, last.layout, last.files) == (fingerprint, layout, files):
        return last.number
    number = 1 if last is None else last.number + 1
    row = {"number": number, "fingerprint": fingerprint, "at": now, "layout": layout, "files": files}
    connection.execute(_INSERT, row)
    for journey, version, meant in numbered:
        row = {"journey": journey, "number": version, "fingerprint": meant, "publication": number}
        connection.execute(_NUMBER, row)
    return number


def begin_publishing(connection: Connection, *, is_alone: bool = False) -> None:
    """Lets one publish at a time.

    Where one `is_alone`, whoever has asked for the newest number and is still at work is waited for, and whoever asks
    from now on waits.
    """
    if is_postgres(connection):
        # Otherwise those who only read go on reading.
        mode = "ACCESS EXCLUSIVE" if is_alone else "SHARE ROW EXCLUSIVE"
        if is_alone:
            # A backup that reads for an hour would let everyone wait behind us.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        connection.exec_driver_sql(f"LOCK TABLE publication IN {mode} MODE")


def _publication_of(row: Row[Any] | None) -> Publication | None:
    if row is None:
        return None
    return Publication(number=row.number, fingerprint=row.fingerprint, at=row.at, layout=row.layout, files=row.files)
