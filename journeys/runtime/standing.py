"""Standing: where all customers stand, counted.

It reads every one of them, a batch in a transaction, so that nobody waits for it; what happens meanwhile may or may
not be in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from journeys.errors import JourneysError
from journeys.store.database import Database
from journeys.store.looking import count_customers, customers_after

from .engine import Engine

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stage of one version of a journey, and how many customers stand in it."""

    journey: str
    version: int
    stage: str
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`places` in the order of journeys and their stages; `nowhere` are in no journey, `unreadable` cannot be read."""

    places: tuple[Place, ...]
    customers: int
    nowhere: int
    unreadable: int


def count_standing(
    database: Database, engine: Engine, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> Standing:
    """Raises Superseded where something is published meanwhile."""
    with database.reading() as connection:
        total = count_customers(connection)
    counts: Counter[tuple[int, int]] = Counter()
    done = nowhere = unreadable = 0
    after = ""
    while True:
        with database.reading() as connection:
            batch = customers_after(connection, after, BATCH)
        for kept in batch:
            try:
                customer = engine.customer_of(kept)
            except JourneysError:
                unreadable += 1
                continue
            # Who is in a journey twice, by two keys, and in one stage, is one customer there.
            places = {(each.journey.index, each.stage) for each in customer.enrollments if each.ended_at < 0}
            counts.update(places)
            nowhere += not places
        done += len(batch)
        on_progress(min(done, total), total)
        if len(batch) < BATCH:
            break
        after = batch[-1].id
    journeys = engine.program.journeys
    places_found = [
        Place(
            journey=journey.name,
            version=journey.version,
            stage=stage,
            customers=counts[journey.index, place],
        )
        for journey in journeys
        for place, stage in enumerate(journey.stage_names)
        if (journey.index, place) in counts
    ]
    return Standing(places=tuple(places_found), customers=done, nowhere=nowhere, unreadable=unreadable)
