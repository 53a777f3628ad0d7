"""The document is true: its examples are taken, its rules hold, and it names every door."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from journeys.core.intake import new_customer
from tests.web.house import NOW, PROGRAM, House

Document = dict[str, Any]


@pytest.fixture
def document(house: House) -> Document:
    house.clock.now = 1_893_456_000_000_000  # after every moment that is written in an example
    said: Document = house.client.get("/openapi.json").json()
    return said


def operations(document: Document) -> list[tuple[str, str, Document]]:
    return [(path, method, what) for path, methods in document["paths"].items() for method, what in methods.items()]


def resolved(document: Document, schema: Document) -> Document:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def check(document: Document, schema: Document, value: Any, at: str = "") -> None:
    """Holds a value against as much of JSON Schema as the document uses."""
    schema = resolved(document, schema)
    for kinds in ("anyOf", "oneOf"):
        if kinds in schema:
            assert any(_fits(document, each, value) for each in schema[kinds]), at
            return
    if "enum" in schema:
        assert value in schema["enum"], at
    types = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
    if schema.get("type") == "null":
        assert value is None, at
    elif "type" in schema:
        assert isinstance(value, types[schema["type"]]), at
    for name in schema.get("required", ()):
        assert name in value, f"{at}/{name}"
    if isinstance(value, dict):
        for name, each in value.items():
            known = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            assert known is not False, f"{at}/{name}"
            check(document, known if isinstance(known, dict) else {}, each, f"{at}/{name}")
        if "properties" in schema and "additionalProperties" not in schema:
            assert set(value) <= set(schema["properties"]), at
    for place, each in enumerate(value if isinstance(value, list) else ()):
        check(document, schema.get("items", {}), each, f"{at}/{place}")


def _fits(document: Document, schema: Document, value: Any) -> bool:
    try:
        check(document, schema, value)
    except AssertionError:
        return False
    return True


def test_every_door_is_named_and_every_reference_leads_somewhere(document: Document):
    assert {(path, method) for path, method, _ in operations(document)} == {
        ("/v1/events", "post"),
        *(
            (f"/v1/{each}", "post")
            for each in ("batch", "import", "track", "identify", "page", "screen", "group", "alias")
        ),
        ("/v1/cloudevents", "post"),
        ("/v1/hooks/{source}", "post"),
        ("/v1/customers/{id}", "put"),
        ("/v1/customers/{id}", "get"),
        ("/v1/customers/{id}/touches", "get"),
        ("/unsubscribe/{token}", "get"),
        ("/unsubscribe/{token}", "post"),
        ("/preferences/{token}", "get"),
        ("/preferences/{token}", "post"),
        ("/preferences/{token}/known", "get"),
        ("/preferences/{token}/download", "get"),
        ("/preferences/{token}/erase", "get"),
        ("/preferences/{token}/erase", "post"),
        ("/answer/{token}", "get"),
        ("/answer/{token}", "post"),
        ("/click/{token}", "get"),
        ("/open/{token}", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    }
    references = set(re.findall(r'"#/components/schemas/(\w+)"', msgspec.json.encode(document).decode()))
    assert references == set(document["components"]["schemas"])
    for path, _, what in operations(document):
        named = {each["name"] for each in what.get("parameters", ()) if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
        assert what["operationId"] and what["summary"]


def test_what_asks_for_a_key_is_what_is_refused_without_one(house: House, document: Document):
    for path, method, what in operations(document):
        answer = house.client.request(method, path.replace("{id}", "c-17"))

        assert (answer.status_code == 401) == (what.get("security") in ([{"key": []}], [{"name": []}])), path
        assert str(answer.status_code) in what["responses"], path


def test_the_examples_are_taken_and_answered_as_described(house: House, document: Document):
    for path, method, what in operations(document):
        for type, media in what.get("requestBody", {}).get("content", {}).items():
            examples = [each["value"] for each in media.get("examples", {}).values()] + [media.get("example")]
            for example in filter(None, examples):
                body = example.encode() if isinstance(example, str) else msgspec.json.encode(example)
                headers = house.key("ingest") | {"Content-Type": type}

                answer = house.client.request(method, path.replace("{id}", "c-17"), content=body, headers=headers)

                assert answer.status_code in (200, 202), answer.text
                described = what["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
                check(document, described, answer.json())


def test_answers_and_problems_are_as_described(house: House, document: Document):
    house.save(new_customer(PROGRAM, "c-17", {"first_name": "Ana"}, at=NOW, consents=["offers"]))
    answers = {
        "/v1/customers/{id}": house.get("/v1/customers/c-17"),
        "/v1/customers/{id}/touches": house.get("/v1/customers/c-17/touches"),
        "/healthz": house.client.get("/healthz"),
        "/readyz": house.client.get("/readyz"),
    }

    for path, answer in answers.items():
        described = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        check(document, described, answer.json())
    refused = house.post([1, {}])
    described = document["paths"]["/v1/events"]["post"]["responses"]["400"]["content"]["application/problem+json"]
    check(document, described["schema"], refused.json())


def test_what_an_event_must_have_is_what_it_is_refused_without(house: House, document: Document):
    schema = document["components"]["schemas"]["Event"]
    example = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["examples"]["one"]
    check(document, schema, example["value"])

    for name in example["value"]:
        lacking = {key: value for key, value in example["value"].items() if key != name}

        assert house.post(lacking).status_code == (400 if name in schema["required"] else 202), name
        assert (name in schema["required"]) == (name not in ("at", "properties"))
