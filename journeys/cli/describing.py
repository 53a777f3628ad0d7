"""`journeys schema`: the language for an editor, with the names of a folder if one is given."""

from __future__ import annotations

from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.cli.main import FINE
from journeys.cli.page import print_json
from journeys.definition.known import Known, known_of
from journeys.definition.load import read_folder
from journeys.definition.schema import Kind, json_schema


def print_schema(kind: Kind, *, folder: Path | None) -> int:
    known: Known = {}
    # The names that a brand uses are its own: a list of them would lag behind what is being written.
    if folder is not None and kind != "brand":
        # Files that are being written have mistakes.  Only where there is no brand, nothing is known.
        definitions = read_folder(folder).definitions or open_definitions(folder).definitions
        assert definitions is not None
        known = known_of(definitions)
    print_json(json_schema(kind, known))
    return FINE
