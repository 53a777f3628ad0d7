"""Wanted: how the engine stands, as the database alone can tell, and what of it wants somebody.

What wants somebody is what does not mend itself: a customer whose turn fails, a touch that was given up, work
that nobody takes up, a provider that refuses again and again.  One that is down for a while is shown, and wants
nobody yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from journeys.cli.moments import say_for
from journeys.cli.page import count_of
from journeys.core.calendar import MINUTE
from journeys.runtime.figures import TO_US
from journeys.runtime.known import why_of
from journeys.runtime.standing import Standing
from journeys.store import outbox, publications
from journeys.store.customers import parked
from journeys.store.database import Connection
from journeys.store.jobs import Job, jobs
from journeys.store.keys import ApiKey, list_keys
from journeys.store.looking import Due, Trouble, Unheard, due, failed_by_channel, trouble, unheard
from journeys.store.publications import Publication
from journeys.store.values import Parked

_WANTED_AFTER: Final = 5 * MINUTE  # a process that ended is there again by then
_WANTED_TRIES: Final = 10  # about an hour and a half: what is down for a while is there again by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
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
class Told:
    at: int
    database: str
    publication: Publication | None
    inbox: Unheard
    due: Due
    parked: list[Parked]
    channels: list[Channel]
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


def read_told(connection: Connection, shown: str, at: int, standing: Standing | None) -> Told:
    waiting, failed = outbox.waiting(connection), failed_by_channel(connection)
    nothing = outbox.Waiting(waiting=0, oldest_at=None)
    return Told(
        at=at,
        database=shown,
        publication=publications.newest(connection),
        inbox=unheard(connection, at),
        due=due(connection, at),
        parked=parked(connection),
        channels=[
            Channel(
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
