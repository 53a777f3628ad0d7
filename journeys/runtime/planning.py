"""Planning a publication: which number each journey's version has, and what becomes of those before it.

A version is what a journey means: the same meaning has the same number, for ever, whatever its words, its
title and its comments.  Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from journeys.core.calendar import MINUTE
from journeys.core.compiling import compile_program
from journeys.core.keeping import layout_of
from journeys.core.layout import JourneyLayout, Layout, begun_between, fingerprint_of
from journeys.core.program import Program
from journeys.definition.load import Reading
from journeys.definition.model import Journey
from journeys.store import publications
from journeys.store.database import Database
from journeys.store.publications import Publication

from .bundling import bundle, has_same_folder, unpacked
from .versions import Broken, Place, Staying, count_staying, go_on, refuse, versions_in

# What was published so shortly ago may still be entered by a worker that has not heard of what came after.
_SETTLED_FOR: Final = 10 * MINUTE

Said = Literal["new", "same", "back", "goes on", "done", "let go"]
"""Of a version: the newest, for the first time, as before, or once more; or an earlier one and what becomes of it.

One that is done has nobody left in it; one that is let go would break, and nobody is on their way through it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a publication means for a version.  `is_gone` says that the folder has no such journey any more."""

    journey: str
    version: int
    said: Said
    staying: Staying
    is_gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be published after the publication with the number `after`, 0 for the first.

    `numbered` are the versions that are new with it: journey, number and fingerprint.  `stopped` cannot go on.
    `versions` are told of where it `is_new`, and differs from what is published; of what is `begun` nothing is
    remembered from before.  `program` is all of it, compiled.
    """

    after: int
    is_new: bool
    fingerprint: str
    layout: bytes
    files: bytes
    numbered: tuple[tuple[str, int, str], ...]
    stopped: tuple[Broken, ...]
    versions: tuple[Told, ...]
    begun: tuple[str, ...]
    program: Program


def plan(database: Database, folder: Path, reading: Reading, *, salt: str, now: int) -> Plan:
    """Raises DefinitionError where somebody is on their way through a version that would break."""
    definitions = reading.definitions
    assert definitions is not None
    files = bundle(folder, reading, [])
    with database.reading() as connection:
        last = publications.newest(connection)
        known = publications.versions(connection)
    meant = _meant(definitions.journeys, known)
    numbers = {name: number for name, (number, _) in meant.items()}
    counts: dict[Place, Staying] = {}
    was: Layout | None = None
    stopped: list[Broken] = []
    if last is not None:
        was = msgspec.json.decode(last.layout, type=Layout)
        # The same files change nothing, and nobody need be counted.
        is_other = not has_same_folder(last.files, files)
        if is_other:
            counts = _count(database)
        with unpacked(last.files) as before:
            behind = [each for each in versions_in(was, before) if numbers.get(each[0].name) != each[0].version]
            if is_other:
                behind = [each for each in behind if not _is_done(each[0], counts, last, now)]
            definitions, stopped = go_on(reading, behind, before)
            if stopped:
                refuse(stopped, counts if is_other else _count(database))
            going = {(each.journey.name, each.version) for each in definitions.earlier}
            files = bundle(folder, reading, [each for _, each in behind if (each.name, each.number) in going])
    program = compile_program(definitions, salt=salt, numbers=numbers)
    layout = layout_of(program)
    encoded = msgspec.json.encode(layout)
    new = {name: (number, meaning) for name, (number, meaning) in meant.items() if _is_new(name, number, known)}
    return Plan(
        after=0 if last is None else last.number,
        is_new=last is None or (last.layout, last.files) != (encoded, files),
        fingerprint=layout.fingerprint,
        layout=encoded,
        files=files,
        numbered=tuple((name, number, meaning) for name, (number, meaning) in new.items()),
        stopped=tuple(stopped),
        versions=tuple(_told(layout, [] if was is None else was.journeys, new, stopped, counts)),
        begun=() if was is None else tuple(begun_between(was, layout)),
        program=program,
    )


def _count(database: Database) -> dict[Place, Staying]:
    with database.reading() as connection:
        return count_staying(connection)


def _meant(journeys: Mapping[str, Journey], known: Sequence[publications.Version]) -> dict[str, tuple[int, str]]:
    """Of each journey the number of what it means, and the fingerprint: its own again, or the next."""
    numbers = {(each.journey, each.fingerprint): each.number for each in known}
    meant = {}
    for name, journey in journeys.items():
        meaning = fingerprint_of(journey)
        count = sum([each.journey == name for each in known])
        meant[name] = (numbers.get((name, meaning), count + 1), meaning)
    return meant


def _is_new(name: str, number: int, known: Sequence[publications.Version]) -> bool:
    return all((each.journey, each.number) != (name, number) for each in known)


def _is_done(layout: JourneyLayout, counts: Mapping[Place, Staying], last: Publication, now: int) -> bool:
    """Whether an earlier version has nobody in it, and nobody will come."""
    return not layout.is_newest and (layout.name, layout.version) not in counts and now > last.at + _SETTLED_FOR


def _told(
    layout: Layout,
    was: Sequence[JourneyLayout],
    new: Mapping[str, object],
    stopped: Sequence[Broken],
    counts: Mapping[Place, Staying],
) -> Iterator[Told]:
    """By journey; of each the newest version first."""
    now = {(each.name, each.version): each for each in layout.journeys}
    heads = {place for place, each in now.items() if each.is_newest}
    names = {name for name, _ in heads}
    before = {(each.name, each.version): each.is_newest for each in was}
    let_go = {(each.version.name, each.version.number) for each in stopped}
    for place in sorted({*now, *before}, key=lambda place: (place[0], place not in heads, -place[1])):
        said: Said
        if place in heads:
            said = "new" if place[0] in new else "same" if before.get(place) else "back"
        else:
            said = "goes on" if place in now else "let go" if place in let_go else "done"
        yield Told(
            journey=place[0],
            version=place[1],
            said=said,
            staying=counts.get(place, Staying()),
            is_gone=place[0] not in names,
        )
