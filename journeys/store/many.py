"""Many rows in one statement: how sets are written and found on the hot path.

PostgreSQL takes all rows as one text of JSON, and what they hold in bytes as one more parameter of which each
row names its part, and reads them as a table: a batch is one statement.  Measured, a list for each column or a
statement for each row cost five times as much, and bytes within the JSON nearly three times.  SQLite takes the
rows one by one, without leaving the process.  What they write is the same, and so is what they count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, CursorResult, LargeBinary, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]

Row = tuple[Any, ...]


def is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def listed(statement: str) -> Mapping[bool, TextClause]:
    """A statement that ends with the column that is one of `:ids`, as JSON; by whether it is PostgreSQL's."""
    return {
        False: text(f"{statement} IN (SELECT value FROM json_each(:ids))"),
        True: text(f"{statement} = ANY(ARRAY(SELECT json_array_elements_text(CAST(:ids AS json))))"),
    }


def as_json(values: Sequence[Any]) -> str:
    """Values as one parameter."""
    return msgspec.json.encode(values).decode()


class InsertMany:
    """Inserts rows of these columns; `suffix` is what follows, in words that both databases know.

    Rows that somebody else may be writing too come in the order of their key, or two could wait for each
    other.
    """

    def __init__(self, row: type[SQLModel], columns: Sequence[str], suffix: str = "") -> None:
        table = self._table = _table_of(row)
        names = _listed(columns)
        bound = ", ".join(f"?{place}" for place in range(1, len(columns) + 1))
        self._columns = tuple(columns)
        self._each = f"INSERT INTO {table.name} ({names}) VALUES ({bound}) {suffix}"
        self._all = text(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_read(table, columns)} {suffix}")

    def run(self, connection: Connection, rows: Sequence[Row]) -> CursorResult[Any]:
        if is_postgres(connection):
            return connection.execute(self._all, _rows(self._table, self._columns, rows))
        return connection.exec_driver_sql(self._each, list(rows))


class UpdateMany:
    """Sets columns of the rows with these keys; a row is what is set, then the key.

    `where` is a further condition, in which {name} is the new value of a column.  Rows that somebody else may
    be changing are locked before, in order: an update takes its locks as it comes.
    """

    def __init__(self, row: type[SQLModel], sets: Sequence[str], keys: Sequence[str], where: str = "") -> None:
        table = self._table = _table_of(row)
        columns = self._columns = (*sets, *keys)

        def written(new: dict[str, str], source: str) -> str:
            setting = ", ".join(f'"{name}" = {new[name]}' for name in sets)
            found = " AND ".join(f'{table.name}."{name}" = {new[name]}' for name in keys)
            further = f" AND {where.format(**new)}" if where else ""
            return f"UPDATE {table.name} SET {setting}{source} WHERE {found}{further}"

        self._each = written({name: f"?{place}" for place, name in enumerate(columns, 1)}, "")
        self._all = text(written({name: f'n."{name}"' for name in columns}, f" FROM {_read(table, columns)}"))

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """How many rows were changed."""
        if is_postgres(connection):
            return connection.execute(self._all, _rows(self._table, self._columns, rows)).rowcount
        return connection.exec_driver_sql(self._each, list(rows)).rowcount


class FindMany:
    """Finds rows by their keys: the keys and further columns of those that are there.

    With `is_locking` PostgreSQL locks them, in the order of their keys; a writer on SQLite is alone anyhow.
    """

    def __init__(self, row: type[SQLModel], keys: Sequence[str], columns: Sequence[str], *, is_locking: bool) -> None:
        table = self._table = _table_of(row)
        self._keys = tuple(keys)
        wanted = ", ".join(f'{table.name}."{name}"' for name in (*keys, *columns))
        found = " AND ".join(f'{table.name}."{name}" = n."{name}"' for name in keys)
        ordered = ", ".join(f'{table.name}."{name}"' for name in keys)
        locking = f" ORDER BY {ordered} FOR UPDATE OF {table.name}" if is_locking else ""
        self._all = text(f"SELECT {wanted} FROM {_read(table, keys)} JOIN {table.name} ON {found}{locking}")
        found = " AND ".join(
            f"{table.name}.\"{name}\" = json_extract(n.value, '$[{place}]')" for place, name in enumerate(keys)
        )
        # The order of the join is said: a guess at how long the list is must not turn it into a scan of the table.
        self._listed = text(f"SELECT {wanted} FROM json_each(:rows) AS n CROSS JOIN {table.name} WHERE {found}")

    def run(self, connection: Connection, keys: Sequence[Row]) -> CursorResult[Any]:
        if is_postgres(connection):
            return connection.execute(self._all, _rows(self._table, self._keys, keys))
        return connection.execute(self._listed, {"rows": as_json(keys)})


class InsertNew:
    """Inserts the rows whose keys are not there, and tells the keys of the others; columns begin with the key.

    Rows come in the order of their keys, each once.  Nearly always all of them are new, and to be told of each that
    it was would cost more than to insert them.
    """

    def __init__(self, row: type[SQLModel], columns: Sequence[str], keys: Sequence[str]) -> None:
        table = self._table = _table_of(row)
        self._columns, self._keys = tuple(columns), len(keys)
        names, known = _listed(columns), _listed(keys)
        self._all = text(
            f"WITH said AS (SELECT {names} FROM {_read(table, columns)}), "
            f"new AS (INSERT INTO {table.name} ({names}) SELECT {names} FROM said "
            f"ON CONFLICT DO NOTHING RETURNING {known}) "
            f"SELECT {known} FROM said EXCEPT SELECT {known} FROM new"
        )
        self._each = InsertMany(row, columns, "ON CONFLICT DO NOTHING")
        self._known = FindMany(row, keys, (), is_locking=False)

    def run(self, connection: Connection, rows: Sequence[Row]) -> set[Row]:
        if is_postgres(connection):
            return {tuple(row) for row in connection.execute(self._all, _rows(self._table, self._columns, rows))}
        # Their number says whether all were new.
        with connection.begin_nested() as attempt:
            if self._each.run(connection, rows).rowcount == len(rows):
                return set()
            attempt.rollback()
        # SQLite has one writer, so that what is not there now will not be there a statement later.
        keys = [row[: self._keys] for row in rows]
        known = {tuple(row) for row in self._known.run(connection, keys)}
        fresh = [row for row, key in zip(rows, keys) if key not in known]
        if fresh:
            self._each.run(connection, fresh)
        return known


def _table_of(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


def _read(table: Table, columns: Sequence[str]) -> str:
    """The rows of `_rows`, as PostgreSQL's table `n`."""
    typed = ", ".join(
        f'"{name}_from" integer, "{name}_for" integer' if _is_bytes(table, name) else f'"{name}" {_type(table, name)}'
        for name in columns
    )
    plain = ", ".join(
        f'substring(CAST(:bytes AS bytea) FROM "{name}_from" FOR "{name}_for") AS "{name}"'
        if _is_bytes(table, name)
        else f'"{name}"'
        for name in columns
    )
    return f"(SELECT {plain} FROM json_to_recordset(CAST(:rows AS json)) AS said({typed})) AS n"


def _rows(table: Table, columns: Sequence[str], rows: Sequence[Row]) -> dict[str, str | bytes]:
    said = [dict(zip(columns, row)) for row in rows]
    parts: list[bytes] = []
    start = 1
    holders = [name for name in columns if _is_bytes(table, name)]
    for row in said:
        for name in holders:
            part = row.pop(name)
            row[f"{name}_from"], row[f"{name}_for"] = start, len(part)
            parts.append(part)
            start += len(part)
    return {"rows": as_json(said), "bytes": b"".join(parts)} if holders else {"rows": as_json(said)}


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _is_bytes(table: Table, name: str) -> bool:
    return isinstance(table.c[name].type, LargeBinary)


def _type(table: Table, name: str) -> str:
    return str(table.c[name].type.compile(_POSTGRES)).partition(" COLLATE")[0]
