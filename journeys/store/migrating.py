"""The steps from one form of the tables to the next, taken one at a time by whoever comes first.

All steps are one transaction: a step that fails leaves the tables as they were.  Alembic takes them; whoever finds
nothing to be done, as nearly every process does, goes without it.  Where tables are in the way that somebody else has
made none is taken: a file is ours alone, and a schema of PostgreSQL is shared with whoever has other names.
"""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from journeys.errors import ConfigurationError

from .many import is_postgres
from .tables import CustomerRow, InboxRow, OutboxRow, PublicationRow, TurnRow

_STEPS: Final = Path(__file__).parent / "migrations"
# The oldest first.  A step's file begins with the name of the form that it leads to.
FORMS: Final = sorted(path.name.partition("_")[0] for path in (_STEPS / "versions").glob("[0-9]*.py"))
_VERSION: Final = "alembic_version"  # where the form of the tables is written down
# By these and the form we know our own; every form has them.
_MARKS: Final = {_VERSION} | {
    str(row.__tablename__) for row in (CustomerRow, InboxRow, OutboxRow, PublicationRow, TurnRow)
}
_SHOWN: Final = 4  # names of tables in a message
_LOCK: Final = 0x6A6F75726E657973  # "journeys" as a number: any would do that nobody else uses


def is_current(connection: Connection, *, shown: str) -> bool:
    """Raises ConfigurationError where somebody else's tables are in the way."""
    return _form(connection, shown) == FORMS[-1]


def see_current(connection: Connection, *, shown: str) -> None:
    """Raises ConfigurationError where the tables are of another form than this code knows, or not ours, or none."""
    form = _form(connection, shown)
    if form == FORMS[-1]:
        return
    if form is not None:
        _see_known(form, shown)
    what = "is empty" if form is None else "was made by an older version of journeys"
    raise ConfigurationError(
        f"the database {shown} {what}: `journeys publish` brings it up to date; one that is elsewhere is named by "
        "JOURNEYS_DATABASE_URL"
    )


def upgrade(connection: Connection, *, shown: str) -> None:
    """Takes the steps that are missing, within the transaction.

    Raises ConfigurationError where the tables are of a form this code does not know, or somebody else's.
    """
    if is_postgres(connection):
        # SQLite's writer is alone by itself.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    form = _form(connection, shown)
    if form is not None:
        _see_known(form, shown)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _see_known(form: str, shown: str) -> None:
    if form not in FORMS:
        raise ConfigurationError(
            f"the database {shown} was made by a newer version of journeys (its form is {form}, the newest known here "
            f"is {FORMS[-1]}): install that version, or name another database in JOURNEYS_DATABASE_URL"
        )


def in_the_way(names: Set[str], *, is_shared: bool) -> Set[str]:
    """Of the tables that are there those that are in our way; where we may share the place, only our names are."""
    if names >= _MARKS:
        return frozenset()
    return names & {*SQLModel.metadata.tables, _VERSION} if is_shared else names


def _form(connection: Connection, shown: str) -> str | None:
    """The form of our tables; None where there are none yet."""
    found, is_shared = inspect(connection), is_postgres(connection)
    names = {*found.get_table_names(), *found.get_view_names()}
    if names >= _MARKS:
        forms: list[str] = [*connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION}").scalars()]
        if len(forms) == 1:
            return forms[0]
    others = sorted(in_the_way(names, is_shared=is_shared) or names & _MARKS)
    if not others:
        return None
    told = ", ".join(others[:_SHOWN]) + (", …" if len(others) > _SHOWN else "")
    if is_shared:
        raise ConfigurationError(
            f"JOURNEYS_DATABASE_URL: {shown} has tables of another program under the names of ours ({told}), and they "
            "are left as they are: name a database of its own for journeys, or an empty schema "
            "(postgresql://…/name?options=-csearch_path%3Djourneys, after CREATE SCHEMA journeys)"
        )
    raise ConfigurationError(
        f"JOURNEYS_DATABASE_URL: {shown} is the database of another program (it holds {told}), and is left as it is: "
        "name a file of its own for journeys, which `journeys publish` makes"
    )
