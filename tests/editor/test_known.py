"""`journeys schema --definitions`: the language with a folder's names, without an editor at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from journeys.definition.known import Known, known_of
from journeys.definition.schema import Kind, json_schema
from tests.streams import definitions

KINDS: tuple[Kind, ...] = ("journey", "brand", "scenarios", "population", "touch")
DEFINITIONS = Path(__file__).parents[2] / "definitions"


@pytest.fixture(scope="module")
def known() -> Known:
    return known_of(definitions("shipped"))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_known_without_a_folder(kind: Kind) -> None:
    text = json.dumps(json_schema(kind))

    assert "$known" not in text
    assert "known-" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_to_a_name_leads_somewhere(kind: Kind, known: Known) -> None:
    schema = json_schema(kind, known)
    text = json.dumps(schema)

    referred = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert referred <= set(schema["$defs"])
    assert {name for name in schema["$defs"] if name.startswith("known-")} <= referred
    assert "$known" not in text


def test_names_of_other_files_are_closed_and_those_of_the_journey_itself_are_open(known: Known) -> None:
    def closed(name: str) -> Any:
        return known[name].get("pattern")

    assert closed("touch") and closed("event") and closed("purpose")
    assert not closed("state") and not closed("destination")
