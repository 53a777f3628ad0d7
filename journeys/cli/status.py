"""`journeys status`: how the engine stands, as the database alone can tell, and what wants somebody.

What wants somebody is what does not mend itself: a customer whose turn fails, a touch that was given up, work
that nobody takes up, a provider that refuses again and again.  One that is down for a while is shown, and wants
nobody yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from journeys.cli.database import open_here
from journeys.cli.main import FINE, WANTED
from journeys.cli.moments import moment_or_none, say_for, say_utc
from journeys.cli.outbox import why_of
from journeys.cli.page import Column, Page, count_of, print_json
from journeys.cli.progress import watched
from journeys.clock import now
from journeys.core.calendar import MINUTE
from journeys.runtime.engine import Superseded
from journeys.runtime.figures import TO_US
from journeys.runtime.publishing import open_engine
from journeys.runtime.standing import Standing, count_standing
from journeys.store import outbox, publications
from journeys.store.customers import parked
from journeys.store.database import Connection, Database
from journeys.store.jobs import Job, jobs
from journeys.store.keys import ApiKey, list_keys
from journeys.store.looking import Due, Trouble, Unheard, due, failed_by_channel, trouble, unheard
from journeys.store.publications import Publication
from journeys.store.values import Parked

_LATE_FOR: Final = MINUTE  # what has waited longer finds nobody, or not enough of them
_WANTED_AFTER: Final = 5 * MINUTE  # a process that ended is there again by then
_WANTED_TRIES: Final = 10  # about an hour and a half: what is down for a while is there again by then
_PARKED_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    name: str
    waiting: int
    oldest_at: int | None
    failed: int
    trouble: Trouble

    def late(self, at: int) -> int:
        return 0 if self.oldest_at is None else max(0, at - self.oldest_at)

    @property
    def problem(self) -> str | None:
        return why_of(self.trouble.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    at: int
    database: str
    publication: Publication | None
    inbox: Unheard
    due: Due
    parked: list[Parked]
    channels: list[_Channel]
    keys: list[ApiKey]
    jobs: list[Job]
    standing: Standing | None

    def wants(self) -> list[str]:
        """What somebody must look at, each with what to do."""
        wants = []
        if self.publication is None:
            wants.append("nothing is published: `journeys publish`")
        if self.parked:
            wants.append(
                f"{count_of(len(self.parked), 'customer')} parked: `journeys customer unpark ID`, after a mend"
            )
        failed = sum(each.failed for each in self.channels)
        if failed:
            wants.append(f"{count_of(failed, 'dead letter')}: `journeys outbox --failed`")
        if self.inbox.since is not None and self.at - self.inbox.since > _WANTED_AFTER:
            wants.append(f"events have waited for {say_for(self.at - self.inbox.since)}: does a worker run?")
        if self.due.oldest_at is not None and self.at - self.due.oldest_at > _WANTED_AFTER:
            wants.append(f"customers have been due for {say_for(self.at - self.due.oldest_at)}: does a worker run?")
        late = max([each.late(self.at) for each in self.channels], default=0)
        if late > _WANTED_AFTER:
            wants.append(f"touches have waited for {say_for(late)}: does a relay run?")
        wants += [
            f"touches by {each.name or TO_US} were tried {each.trouble.tries_most:,} times: {each.problem}"
            for each in self.channels
            if each.trouble.tries_most >= _WANTED_TRIES
        ]
        wants += [f"the nightly job '{job.name}' fails: {job.problem}" for job in self.jobs if job.problem is not None]
        return wants


def print_status(*, with_stages: bool, is_json: bool) -> int:
    at = now()
    with open_here() as database:
        standing = _count(database) if with_stages else None
        with database.reading() as connection:
            told = _read(connection, database.shown, at, standing)
    if is_json:
        print_json(_as_json(told))
    else:
        _print(Page(), told)
    return WANTED if told.wants() else FINE


def _count(database: Database) -> Standing:
    with watched(["counting customers"], unit="customers") as [tick]:
        while True:
            try:
                return count_standing(database, open_engine(database), tick)
            except Superseded:
                continue  # what was published meanwhile reads them all


def _read(connection: Connection, shown: str, at: int, standing: Standing | None) -> _Told:
    waiting, failed = outbox.waiting(connection), failed_by_channel(connection)
    nothing = outbox.Waiting(waiting=0, oldest_at=None)
    return _Told(
        at=at,
        database=shown,
        publication=publications.newest(connection),
        inbox=unheard(connection, at),
        due=due(connection, at),
        parked=parked(connection),
        channels=[
            _Channel(
                name=name,
                waiting=waiting.get(name, nothing).waiting,
                oldest_at=waiting.get(name, nothing).oldest_at,
                failed=failed.get(name, 0),
                trouble=trouble(connection, name),
            )
            for name in sorted({*waiting, *failed})
        ],
        keys=[key for key in list_keys(connection) if key.revoked_at is None],
        jobs=jobs(connection),
        standing=standing,
    )


def _as_json(told: _Told) -> dict[str, Any]:
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


# ---------------------------------------------------------------- for people


def _print(page: Page, told: _Told) -> None:
    _fact(page, "database", told.database)
    published = told.publication
    if published is None:
        _fact(page, "publication", "none: `journeys publish` lets definitions go live", is_bad=True)
    else:
        _fact(page, "publication", f"{published.number}, since {say_utc(published.at)} UTC")
    _print_inbox(page, told.inbox, told.at)
    _print_due(page, told.due, told.at)
    scopes = Counter(scope for key in told.keys for scope in key.scopes)
    may = ", ".join(f"{count:,} {scope}" for scope, count in sorted(scopes.items()))
    _fact(page, "keys", f"{len(told.keys):,} ({may})" if told.keys else "none: `journeys key new NAME` makes one")
    _print_jobs(page, told.jobs)
    _print_parked(page, told.parked, told.at)
    _print_outbox(page, told.channels, told.at)
    if told.standing is not None:
        _print_standing(page, told.standing)
    wants = told.wants()
    if wants:
        page.heading("Somebody is wanted")
        for each in wants:
            page.paragraph(f"- {each}", hang=2, style="yellow")


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


def _print_jobs(page: Page, found: Sequence[Job]) -> None:
    for job in found:
        ran = "not done yet" if job.ran_at is None else f"done {say_utc(job.ran_at)} UTC"
        words = ran if job.problem is None else f"{ran}; the last run failed: {job.problem}"
        _fact(page, job.name, words, is_bad=job.problem is not None)


def _print_parked(page: Page, waits: Sequence[Parked], at: int) -> None:
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


def _print_outbox(page: Page, channels: Sequence[_Channel], at: int) -> None:
    if not channels:
        _fact(page, "outbox", "nothing waits or has failed")
        return
    page.heading("Outbox")
    columns = [
        Column(title="channel", is_name=True, style="bold"),
        Column(title="waiting", is_number=True),
        Column(title="late by", is_number=True),
        Column(title="retried", is_number=True),
        Column(title="most tries", is_number=True),
        Column(title="failed", is_number=True),
        Column(title="last problem"),
    ]
    page.table(
        columns,
        [
            [
                each.name or TO_US,
                f"{each.waiting:,}",
                say_for(each.late(at)) if each.late(at) else "",
                f"{each.trouble.retried:,}",
                f"{each.trouble.tries_most:,}" if each.trouble.retried else "",
                f"{each.failed:,}",
                each.problem or "",
            ]
            for each in channels
        ],
    )


def _print_standing(page: Page, standing: Standing) -> None:
    page.heading(f"Where {count_of(standing.customers, 'customer')} {'stands' if standing.customers == 1 else 'stand'}")
    names = [
        each.journey if each.version == 1 else f"{each.journey}, version {each.version}" for each in standing.places
    ]
    rows = [
        ["" if place and names[place - 1] == name else name, each.stage, f"{each.customers:,}"]
        for place, (name, each) in enumerate(zip(names, standing.places))
    ]
    rows.append(["in no journey", "", f"{standing.nowhere:,}"])
    if standing.unreadable:
        rows.append(["cannot be read", "", f"{standing.unreadable:,}"])
    columns = [
        Column(title="journey", is_name=True, style="bold"),
        Column(title="stage", is_name=True),
        Column(title="customers", is_number=True),
    ]
    page.table(columns, rows)


def _fact(page: Page, name: str, words: str, *, is_bad: bool = False) -> None:
    page.line((f"{name:<12}", "dim"), (words, "yellow" if is_bad else ""))
