"""How `journeys status` looks to a person: facts first, then what is in a table, and at the end what wants somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from journeys.cli.folding import fold
from journeys.cli.moments import say_for, say_utc
from journeys.cli.page import Column, Page, count_of
from journeys.cli.wanted import Channel, Told
from journeys.core.calendar import MINUTE
from journeys.runtime.figures import TO_US
from journeys.runtime.standing import Standing
from journeys.store.jobs import Job
from journeys.store.looking import Due, Unheard
from journeys.store.values import Parked

_LATE_FOR: Final = MINUTE  # what has waited longer finds nobody, or not enough of them
_PARKED_SHOWN: Final = 20
_LABEL: Final = 12  # characters before each fact


def print_told(page: Page, told: Told) -> None:
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
        Column(title="customer", is_copied=True, style="bold"),
        Column(title="for", is_number=True),
        Column(title="why"),
    ]
    page.table(columns, [[each.id, say_for(at - each.at), each.because] for each in waits[:_PARKED_SHOWN]])
    if len(waits) > _PARKED_SHOWN:
        page.line((f"… and {len(waits) - _PARKED_SHOWN:,} more (--json lists all)", "dim"))
    page.line(("`journeys customer unpark ID` lets one go on.", "dim"))


def _print_outbox(page: Page, channels: Sequence[Channel], at: int) -> None:
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
    for line in fold(words, page.width - _LABEL, breaks_words=False):
        page.line((f"{name:<{_LABEL}}", "dim"), (line, "yellow" if is_bad else ""))
        name = ""
