"""Versions: which ones of a journey go on behind the newest, and whether they can.

An enrollment stays on the version that it entered, so that a publication keeps what was published before
it: the newest version of a journey that it changes, since somebody may be entering it at this very moment,
and every earlier one that somebody stands in.  Each is read again by the words and the brand.yaml that go
live; one that would break is let go where nobody is on their way through it, and else it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from journeys.check.earlier import broken, otherwise_read
from journeys.core.carrying import standing
from journeys.core.layout import JourneyLayout, Layout, way_of
from journeys.definition.earlier import ReadAgain, Version, read_earlier
from journeys.definition.load import Reading, read_folder
from journeys.definition.model import Definitions, Journey
from journeys.errors import DefinitionError, Problem
from journeys.store import publications
from journeys.store.database import Connection
from journeys.store.looking import customers_after
from journeys.store.values import Kept

from .bundling import Unpacked

Place = tuple[str, int]
"""A version: its journey, and its number among all that this journey ever meant."""

_BATCH: Final = 1_000  # customers read at a time


@dataclass(slots=True)
class Staying:
    """How many customers a version has; of those who are `over` it only waits for their goal."""

    on_their_way: int = 0
    over: int = 0


def read_layout(connection: Connection, publication: int) -> Layout:
    encoded = publications.layout_of_number(connection, publication)
    assert encoded is not None, f"no publication {publication}"
    return msgspec.json.decode(encoded, type=Layout)


def newest_versions(connection: Connection) -> dict[str, int]:
    """By journey the number of the version that is entered now; nothing where nothing is published."""
    number = publications.newest_number(connection)
    return read_layout(connection, number).numbers if number else {}


def count_staying(connection: Connection) -> dict[Place, Staying]:
    """How many stand in each version; one in whom nobody stands is not there.  It reads every customer."""
    counts: dict[Place, Staying] = {}
    layouts: dict[int, Layout] = {}
    for kept in _all_kept(connection):
        if kept.publication not in layouts:
            layouts[kept.publication] = read_layout(connection, kept.publication)
        journeys = layouts[kept.publication].journeys
        stands: dict[int, bool] = {}
        for index, is_on_their_way in standing(kept.value):
            stands[index] = is_on_their_way or stands.get(index, False)
        for index, is_on_their_way in stands.items():
            count = counts.setdefault((journeys[index].name, journeys[index].version), Staying())
            count.on_their_way += is_on_their_way
            count.over += not is_on_their_way
    return counts


def _all_kept(connection: Connection) -> Iterator[Kept]:
    after = ""
    while batch := customers_after(connection, after, _BATCH):
        yield from batch
        after = batch[-1].id


def versions_in(layout: Layout, before: Unpacked) -> list[tuple[JourneyLayout, Version]]:
    """The versions of a publication, each with its file."""
    return [(each, _version(each, before)) for each in layout.journeys]


def _version(layout: JourneyLayout, before: Unpacked) -> Version:
    version = Version(name=layout.name, number=layout.version, fingerprint=layout.fingerprint, path=Path())
    path = before.folder / f"{layout.name}.yaml" if layout.is_newest else before.earlier / version.file
    return replace(version, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A version that cannot go on, and why."""

    version: Version
    problems: tuple[Problem, ...]


def go_on(
    reading: Reading, versions: Sequence[tuple[JourneyLayout, Version]], before: Unpacked
) -> tuple[Definitions, list[Broken]]:
    """The definitions with the versions that go on behind them, and those that cannot."""
    found: list[Broken] = []
    going = list(versions)
    while True:
        definitions, again = read_earlier(reading, [version for _, version in going])
        stopped = [
            Broken(version=each.version, problems=problems)
            for (layout, _), each in zip(going, again, strict=True)
            if (problems := _problems(reading, definitions, layout, each, versions, before))
        ]
        if not stopped:
            return definitions, found
        found += stopped
        # Without them others may read what is gone.
        names = [each.version for each in stopped]
        going = [each for each in going if each[1] not in names]


def _problems(
    reading: Reading,
    definitions: Definitions,
    layout: JourneyLayout,
    again: ReadAgain,
    versions: Sequence[tuple[JourneyLayout, Version]],
    before: Unpacked,
) -> tuple[Problem, ...]:
    problems = broken(reading, definitions, again)
    if problems or (again.earlier is not None and way_of(again.earlier.journey) == layout.way):
        return problems
    then = _as_published(versions, before)[again.version.name, again.version.number]
    return (otherwise_read(then, again),)


def _as_published(versions: Sequence[tuple[JourneyLayout, Version]], before: Unpacked) -> dict[Place, Journey]:
    """What each of these meant when it was published last."""
    definitions, _ = read_earlier(read_folder(before.folder), [version for _, version in versions])
    return {(each.journey.name, each.version): each.journey for each in definitions.earlier}


def refuse(stopped: Sequence[Broken], counts: Mapping[Place, Staying]) -> None:
    """Raises DefinitionError where somebody is on their way through one of these."""
    problems = tuple(_told(counts, stopped))
    if problems:
        raise DefinitionError(problems)


def _told(counts: Mapping[Place, Staying], stopped: Sequence[Broken]) -> Iterator[Problem]:
    for each in stopped:
        name, number = each.version.name, each.version.number
        count = counts.get((name, number), Staying()).on_their_way
        if count:
            stand = "customer stands" if count == 1 else "customers stand"
            where = f"{count:,} {stand} in version {number} of '{name}', and would stay on it"
            for problem in each.problems:
                help = f"{problem.help}; or publish this when nobody stands there any more"
                yield replace(problem, why=f"{where}: {problem.why}", help=help)
