"""`--assume FILE`: what is taken for granted of customers who lack it, written as a scenario's customer is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from journeys.definition.model import Brand, Given
from journeys.definition.scenario import read_given
from journeys.definition.source import compose, read_text
from journeys.definition.written import Document, Notes
from journeys.errors import DefinitionError

_WHY: Final = "customers would be replayed with something else than this says"


def read_assumed(path: Path, brand: Brand) -> Given:
    """`{consent: [offers], email: someone@example.com, timezone: Europe/Madrid}`.

    Raises DefinitionError with every problem of the file.
    """
    document, notes = read_document(path)
    given = read_given(document, brand=brand, notes=notes)
    see_sound(document, notes, why=_WHY)
    return given


def read_document(path: Path) -> tuple[Document, Notes]:
    """What a file of one customer says, as written; `see_sound` tells what was wrong with it."""
    notes = Notes(str(path))
    text = read_text(path, notes)
    return Document(file=notes.file, text=text or "", root=None if text is None else compose(text, notes)), notes


def see_sound(document: Document, notes: Notes, *, why: str) -> None:
    """Raises DefinitionError with every problem that was noted."""
    if notes.findings:
        raise DefinitionError(tuple(document.problem(replace(finding, why=why)) for finding in notes.findings))
