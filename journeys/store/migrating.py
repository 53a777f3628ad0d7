"""The steps from one form of the tables to the next, taken one at a time by whoever comes first.

All steps are one transaction: a step that fails leaves the tables as they were.  Alembic takes them; whoever finds
nothing to be done, as nearly every process does, goes without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect

from journeys.errors import ConfigurationError

_STEPS: Final = Path(__file__).parent / "migrations"
# The oldest first.  A step's file begins with the name of the form that it leads to.
FORMS: Final = sorted(path.name.partition("_")[0] for path in (_STEPS / "versions").glob("[0-9]*.py"))
_LOCK: Final = 0x6A6F75726E657973  # "journeys" as a number: any would do that nobody else uses


def is_current(connection: Connection) -> bool:
    return _form(connection) == FORMS[-1]


def see_current(connection: Connection, *, shown: str) -> None:
    """Raises ConfigurationError where the tables are of another form than this code knows, or there are none."""
    if is_current(connection):
        return
    form = _form(connection)
    if form is not None:
        _see_known(form, shown)
    what = "is empty" if form is None else "was made by an older version of journeys"
    raise ConfigurationError(
        f"the database {shown} {what}: `journeys publish` brings it up to date; one that is elsewhere is named by "
        "JOURNEYS_DATABASE_URL"
    )


def upgrade(connection: Connection, *, shown: str) -> None:
    """Takes the steps that are missing, within the transaction.

    Raises ConfigurationError where the tables are of a form this code does not know.
    """
    if connection.dialect.name == "postgresql":
        # SQLite's writer is alone by itself.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    form = _form(connection)
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


def _form(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    form: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return form
