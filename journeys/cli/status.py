"""`journeys status`: how the engine stands, for a script or a person, and its exit code for whoever watches."""

from __future__ import annotations

from typing import Any

from journeys.cli.database import open_here
from journeys.cli.main import FINE, WANTED
from journeys.cli.page import Page, print_json
from journeys.cli.progress import watched
from journeys.cli.status_page import print_told
from journeys.cli.wanted import Told, read_told
from journeys.clock import now
from journeys.core.telling import moment_or_none
from journeys.runtime.engine import Superseded
from journeys.runtime.publishing import open_engine
from journeys.runtime.standing import Standing, count_standing
from journeys.store.database import Database


def print_status(*, with_stages: bool, is_json: bool) -> int:
    at = now()
    with open_here() as database:
        standing = _count(database) if with_stages else None
        with database.reading() as connection:
            told = read_told(connection, database.shown, at, standing)
    if is_json:
        print_json(_as_json(told))
    else:
        print_told(Page(), told)
    return WANTED if told.wants() else FINE


def _count(database: Database) -> Standing:
    with watched(["counting customers"], unit="customers") as [tick]:
        while True:
            try:
                return count_standing(database, open_engine(database), tick)
            except Superseded:
                continue  # what was published meanwhile reads them all


def _as_json(told: Told) -> dict[str, Any]:
    published = told.publication
    return {
        "at": moment_or_none(told.at),
        "database": told.database,
        "wants": told.wants(),
        "publication": None
        if published is None
        else {
            "number": published.number,
            "fingerprint": published.fingerprint,
            "at": moment_or_none(published.at),
        },
        "inbox": {"pending": told.inbox.events, "since": moment_or_none(told.inbox.since)},
        "due": {"customers": told.due.customers, "oldest_at": moment_or_none(told.due.oldest_at)},
        "parked": [
            {"customer": each.id, "at": moment_or_none(each.at), "because": each.because} for each in told.parked
        ],
        "outbox": [
            {
                "channel": each.name or None,
                "waiting": each.waiting,
                "oldest_at": moment_or_none(each.oldest_at),
                "retried": each.trouble.retried,
                "tries_most": each.trouble.tries_most,
                "failed": each.failed,
                "problem": each.problem,
            }
            for each in told.channels
        ],
        "jobs": [
            {
                "name": job.name,
                "due_at": moment_or_none(job.due_at),
                "ran_at": moment_or_none(job.ran_at),
                "problem": job.problem,
            }
            for job in told.jobs
        ],
        "keys": [{"id": key.id, "name": key.name, "scopes": list(key.scopes)} for key in told.keys],
    } | ({} if told.standing is None else {"stages": _standing_as_json(told.standing)})


def _standing_as_json(standing: Standing) -> dict[str, Any]:
    return {
        "customers": standing.customers,
        "in_no_journey": standing.nowhere,
        "unreadable": standing.unreadable,
        "places": [
            {"journey": each.journey, "version": each.version, "stage": each.stage, "customers": each.customers}
            for each in standing.places
        ],
    }
