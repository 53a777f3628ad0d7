"""`journeys status`: how the engine stands, as the database alone can tell."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from journeys.cli.database import open_here
from journeys.cli.main import FINE
from journeys.cli.moments import moment_or_none, say_for, say_utc
from journeys.cli.page import Column, Page, count_of, print_json
from journeys.clock import now
from journeys.core.calendar import MINUTE
from journeys.store import outbox, publications
from journeys.store.customers import parked
from journeys.store.database import Connection
from journeys.store.keys import list_keys
from journeys.store.looking import Due, Unheard, due, failed_by_channel, unheard

_LATE_FOR: Final = MINUTE  # what has waited longer finds no worker, or not enough of them
_PARKED_SHOWN: Final = 20


def print_status(*, is_json: bool) -> int:
    at = now()
    with open_here() as database, database.reading() as connection:
        told = _read(connection, database.shown, at)
    if is_json:
        print_json(_as_json(told, at))
    else:
        _print(Page(), told, at)
    return FINE


def _read(connection: Connection, shown: str, at: int) -> dict[str, Any]:
    return {
        "database": shown,
        "publication": publications.newest(connection),
        "inbox": unheard(connection, at),
        "due": due(connection, at),
        "parked": parked(connection),
        "waiting": outbox.waiting(connection),
        "failed": failed_by_channel(connection),
        "keys": list_keys(connection),
    }


def _as_json(told: dict[str, Any], at: int) -> dict[str, Any]:
    published, events, customers = told["publication"], told["inbox"], told["due"]
    return {
        "at": moment_or_none(at),
        "database": told["database"],
        "publication": None
        if published is None
        else {
            "number": published.number,
            "fingerprint": published.fingerprint,
            "at": moment_or_none(published.at),
        },
        "inbox": {"pending": events.events, "since": moment_or_none(events.since)},
        "due": {"customers": customers.customers, "oldest_at": moment_or_none(customers.oldest_at)},
        "parked": [
            {"customer": each.id, "at": moment_or_none(each.at), "because": each.because} for each in told["parked"]
        ],
        "outbox": [
            {
                "channel": channel or None,
                "waiting": count,
                "oldest_at": moment_or_none(oldest_at),
                "failed": failed,
            }
            for channel, count, oldest_at, failed in _channels(told)
        ],
        "keys": [
            {"id": key.id, "name": key.name, "scopes": list(key.scopes)}
            for key in told["keys"]
            if key.revoked_at is None
        ],
    }


def _channels(told: dict[str, Any]) -> list[tuple[str, int, int | None, int]]:
    """Each channel's name, how many wait and since when, and how many have failed."""
    channels = []
    for name in sorted({*told["waiting"], *told["failed"]}):
        waits = told["waiting"].get(name, outbox.Waiting(waiting=0, oldest_at=None))
        channels.append((name, waits.waiting, waits.oldest_at, told["failed"].get(name, 0)))
    return channels


def _print(page: Page, told: dict[str, Any], at: int) -> None:
    _fact(page, "database", told["database"])
    published = told["publication"]
    if published is None:
        _fact(page, "publication", "none: `journeys publish` lets definitions go live", is_bad=True)
    else:
        _fact(page, "publication", f"{published.number}, since {say_utc(published.at)} UTC")
    _print_inbox(page, told["inbox"], at)
    _print_due(page, told["due"], at)
    keys = [key for key in told["keys"] if key.revoked_at is None]
    scopes = Counter(scope for key in keys for scope in key.scopes)
    may = ", ".join(f"{count:,} {scope}" for scope, count in sorted(scopes.items()))
    _fact(page, "keys", f"{len(keys):,} ({may})" if keys else "none: `journeys key new NAME` makes one")
    _print_parked(page, told, at)
    _print_outbox(page, told, at)


def _print_inbox(page: Page, waits: Unheard, at: int) -> None:
    if waits.since is None:
        _fact(page, "inbox", "nothing waits")
        return
    late = at - waits.since
    words = f"{count_of(waits.events, 'event')} for a worker, the first of them for {say_for(late)}"
    _fact(page, "inbox", words, is_bad=late > _LATE_FOR)


def _print_due(page: Page, waits: Due, at: int) -> None:
    if waits.oldest_at is None:
        _fact(page, "due", "nobody")
        return
    late = at - waits.oldest_at
    _fact(page, "due", f"{count_of(waits.customers, 'customer')}, {say_for(late)} late", is_bad=late > _LATE_FOR)


def _print_parked(page: Page, told: dict[str, Any], at: int) -> None:
    waits = told["parked"]
    if not waits:
        _fact(page, "parked", "nobody")
        return
    page.heading(f"Parked: {count_of(len(waits), 'customer')} whose turn fails")
    columns = [
        Column(title="customer", is_name=True, style="bold"),
        Column(title="for", is_number=True),
        Column(title="why"),
    ]
    page.table(columns, [[each.id, say_for(at - each.at), each.because] for each in waits[:_PARKED_SHOWN]])
    if len(waits) > _PARKED_SHOWN:
        page.line((f"… and {len(waits) - _PARKED_SHOWN:,} more (--json lists all)", "dim"))
    page.line(("`journeys customer unpark ID` lets one go on.", "dim"))


def _print_outbox(page: Page, told: dict[str, Any], at: int) -> None:
    channels = _channels(told)
    if not channels:
        _fact(page, "outbox", "nothing waits or has failed")
        return
    page.heading("Outbox")
    columns = [
        Column(title="channel", is_name=True, style="bold"),
        Column(title="waiting", is_number=True),
        Column(title="late by", is_number=True),
        Column(title="failed", is_number=True),
    ]
    page.table(
        columns,
        [
            [
                name or "to us",
                f"{count:,}",
                "" if oldest_at is None or oldest_at >= at else say_for(at - oldest_at),
                f"{failed:,}",
            ]
            for name, count, oldest_at, failed in channels
        ],
    )


def _fact(page: Page, name: str, words: str, *, is_bad: bool = False) -> None:
    page.line((f"{name:<12}", "dim"), (words, "yellow" if is_bad else ""))
