"""Earlier versions of journeys, read beside a folder: for those who stand in them, by what the folder says now.

A version is what a journey's file said when it was published; nobody enters it any more.  It may
name what its folder names, and journeys that are gone from the folder but go on: these still tell of
themselves (`win-back.ended`), and one may still stand in their states.  The folder's own files know
nothing of earlier versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from journeys.definition.heard import events_of_journey
from journeys.definition.journey import build_journey, states_of
from journeys.definition.load import Reading
from journeys.definition.model import Definitions, Earlier, Finding
from journeys.definition.schema import JOURNEY
from journeys.definition.shapes import Fields, read_record
from journeys.definition.source import compose, read_text
from journeys.definition.written import Document, Notes
from journeys.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A file of an earlier version; `fingerprint` is that of what it meant when it was published."""

    name: str
    number: int
    fingerprint: str
    path: FilePath

    @property
    def file(self) -> str:
        """What problems call it: there is no such file in the author's folder."""
        return f"{self.name}@{self.number}.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """What a version means by what the folder says now; `earlier` is None where it cannot be read at all."""

    version: Version
    earlier: Earlier | None
    findings: tuple[Finding, ...]
    document: Document = field(repr=False)

    def problem(self, finding: Finding) -> Problem:
        return self.document.problem(finding)


def read_earlier(reading: Reading, versions: Sequence[Version]) -> tuple[Definitions, tuple[ReadAgain, ...]]:
    """The folder's definitions with these versions behind them, and what is wrong with each."""
    definitions, scope = reading.definitions, reading.scope
    assert definitions is not None, "a version is read beside definitions that could be read"
    assert scope is not None
    files = [_File(version) for version in versions]
    states = {name: set(known) for name, known in scope.journeys.items()}
    heard = {**scope.heard}
    for file in files:
        known = states.setdefault(file.version.name, set())
        if file.fields is not None:
            known.update(states_of(file.fields))
        for name, event in events_of_journey(file.version.name).items():
            heard.setdefault(name, event)
    scope = replace(scope, heard=heard, journeys={name: tuple(known) for name, known in states.items()})
    again = []
    for file in files:
        version, earlier = file.version, None
        if file.fields is not None:
            journey = build_journey(file.fields, name=version.name, scope=scope, notes=file.notes)
            earlier = Earlier(version=version.number, fingerprint=version.fingerprint, journey=journey)
        findings = tuple(file.notes.findings)
        again.append(ReadAgain(version=version, earlier=earlier, findings=findings, document=file.document))
    earlier_ones = tuple(each.earlier for each in again if each.earlier is not None)
    return replace(definitions, heard=heard, earlier=earlier_ones), tuple(again)


class _File:
    """A version on its way from bytes to the model."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.notes = Notes(version.file)
        self.fields: Fields | None = None
        text = read_text(version.path, self.notes)
        root = None if text is None else compose(text, self.notes)
        self.document = Document(file=version.file, text=text or "", root=root)
        if root is not None:
            self.fields = read_record(root, JOURNEY, (), self.notes)
