"""Requests made from the document, those that it allows and those that it does not, are all answered as it says.

schemathesis makes them, and holds the answers against the document, with every check that it has by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks

from journeys.web.bodies import LINES_TYPES
from tests.web.house import House, app_of, open_house_on_sqlite


@schemathesis.serializer(*LINES_TYPES)
def write_lines(_: schemathesis.SerializationContext, value: object) -> bytes:
    return str(value).encode()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house_on_sqlite(tmp_path_factory.mktemp("web")) as opened:
        yield opened


# The document is the same whatever the database holds, and here there is none yet.
SAID = app_of(None).openapi()  # type: ignore[arg-type]


def document(*, is_covered: bool) -> schemathesis.BaseSchema:
    """`is_covered` where each bound of each value is tried besides what chance finds, which takes much longer."""
    config = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": is_covered}}})
    return schemathesis.openapi.from_dict(SAID, config=config)


# Every process that collects this makes all of its cases: not those that no one asks for.
IS_COVERED = settings.get_current_profile_name() != "everyday"
few = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def try_out(case: schemathesis.Case, house: House) -> None:
    excluded: list[Any] = []
    if is_of_several(case.body):
        # Each is judged by itself: one that is bad loses none of the good, and the check knows one word for all.
        excluded.append(checks.negative_data_rejection)
    if case.media_type in LINES_TYPES:
        # To the document, lines are a text like any other.
        excluded.append(checks.positive_data_acceptance)
    case.call_and_validate(base_url=house.url, headers=house.key("admin"), excluded_checks=excluded)


def is_of_several(body: Any) -> bool:
    listed = body.get("batch") if isinstance(body, dict) else body
    return isinstance(listed, list) and len(listed) > 1


@document(is_covered=False).parametrize()
@few
def test_what_is_made_of_the_document_is_answered_as_it_says(case: schemathesis.Case, house: House):
    try_out(case, house)


@pytest.mark.long
@document(is_covered=IS_COVERED).parametrize()
@settings(few, max_examples=100, derandomize=False)
def test_much_more_of_it_is(case: schemathesis.Case, house: House):
    try_out(case, house)
