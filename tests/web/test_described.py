"""Requests made from the document, those that it allows and those that it does not, are all answered as it says.

schemathesis makes them, and holds the answers against the document; a property of a brand that the document cannot know
(which purposes there are) may still be refused.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from journeys.web.bodies import LINES_TYPES
from tests.web.house import House, app_of, open_house_on_sqlite

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.ignored_auth,
]
# Too many events are too large, whatever else may be wrong with them.
REFUSED = {"checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}}}


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
    config = {**REFUSED, "phases": {"coverage": {"enabled": is_covered}}}
    return schemathesis.openapi.from_dict(SAID, config=schemathesis.Config.from_dict(config))


few = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def try_out(case: schemathesis.Case, house: House) -> None:
    # Those whose senders know nothing of us pass over what nobody declared, whatever it holds.
    is_strict = case.path.startswith(("/v1/events", "/v1/customers"))
    checked = CHECKS if is_strict else [each for each in CHECKS if each is not checks.negative_data_rejection]
    case.call_and_validate(base_url=house.url, headers=house.key("admin"), checks=checked)


@document(is_covered=False).parametrize()
@few
def test_what_is_made_of_the_document_is_answered_as_it_says(case: schemathesis.Case, house: House):
    try_out(case, house)


@pytest.mark.long
@document(is_covered=True).parametrize()
@settings(few, max_examples=100, derandomize=False)
def test_much_more_of_it_is(case: schemathesis.Case, house: House):
    try_out(case, house)
