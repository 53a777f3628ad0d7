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
    notes = Notes(str(path))
    text = read_text(path, notes)
    document = Document(file=notes.file, text=text or "", root=None if text is None else compose(text, notes))
    given = read_given(document, brand=brand, notes=notes)
    if notes.findings:
        told = [replace(finding, why=_WHY) for finding in notes.findings]
        raise DefinitionError(tuple(document.problem(finding) for finding in told))
    return given
