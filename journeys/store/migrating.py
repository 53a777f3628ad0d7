"""The steps from one form of the tables to the next, taken one at a time by whoever comes first.

All steps are one transaction: a step that fails leaves the tables as they were.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from journeys.errors import ConfigurationError

_STEPS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x6A6F75726E657973  # "journeys" as a number: any would do that nobody else uses


def is_current(connection: Connection) -> bool:
    return _form(connection) == _script().get_current_head()


def see_current(connection: Connection, *, shown: str) -> None:
    """Raises ConfigurationError where the tables are of another form than this code knows, or there are none."""
    if is_current(connection):
        return
    form = _form(connection)
    script = _script()
    if form is not None:
        _see_known(form, script, shown)
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
    script = _script()
    form = _form(connection)
    if form is not None:
        _see_known(form, script, shown)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _see_known(form: str, script: ScriptDirectory, shown: str) -> None:
    if form not in {step.revision for step in script.walk_revisions()}:
        raise ConfigurationError(
            f"the database {shown} was made by a newer version of journeys (its form is {form}, the newest known here "
            f"is {script.get_current_head()}): install that version, or name another database in JOURNEYS_DATABASE_URL"
        )


def _form(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    return config
