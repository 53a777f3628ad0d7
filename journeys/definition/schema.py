"""What a file may say: every key of the language, once.

The loader reads by it, unknown keys are found by it, and `journeys schema` prints it for
editors.  A key that is not in here does not exist.  What a key means for a customer is said in a
line beside it, and decided in `core`.
"""

from __future__ import annotations

from typing import Any, Literal

from journeys.definition.brand_schema import BRAND
from journeys.definition.journey_schema import JOURNEY
from journeys.definition.known import Known, fill
from journeys.definition.population_schema import POPULATION
from journeys.definition.scenario_schema import SCENARIO_STEP, scenario_record
from journeys.definition.shapes import ListOf, Shape, json_of
from journeys.definition.sources_schema import SOURCES
from journeys.definition.touch_schema import touch_record, translation_record

__all__ = [
    "BRAND",
    "JOURNEY",
    "POPULATION",
    "SCENARIO_STEP",
    "SOURCES",
    "Kind",
    "json_schema",
    "scenario_record",
    "touch_record",
    "translation_record",
]

Kind = Literal["journey", "brand", "scenarios", "population", "touch", "sources"]


def json_schema(kind: Kind, known: Known | None = None) -> dict[str, Any]:
    """The JSON Schema, draft 2020-12, of one kind of file; with what is known of a folder, for the files in it."""
    definitions: dict[str, Any] = {}
    shapes: dict[Kind, Shape] = {
        "journey": JOURNEY,
        "brand": BRAND,
        "population": POPULATION,
        "sources": SOURCES,
        "touch": touch_record(("push", "sms")),
        "scenarios": ListOf(item=scenario_record(()), or_one=True),
    }
    described = json_of(shapes[kind], definitions)
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Journeys: {kind}",
        **described,
        "$defs": definitions,
    }
    used: dict[str, Any] = {}
    filled: dict[str, Any] = fill(schema, known or {}, used)
    filled["$defs"].update(used)
    return filled
