"""Customers: what is said of one, and where one stands.

`PUT` says attributes, zone, consents and preferences; it becomes events like any other, so that the history of a
customer is one.  What is not named stays as it is, and null takes an attribute away.  `GET` reads what the last turn
left: what came in since then is not in it yet, and `as_of` says up to when it is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from fastapi import FastAPI, Request, Response

from journeys.core.calendar import format_moment
from journeys.core.customer import Customer
from journeys.core.intake import unfit
from journeys.core.preferences import PARTS
from journeys.core.program import Program
from journeys.errors import JourneysError
from journeys.runtime.known import tell_standing
from journeys.store.customers import find
from journeys.store.inbox import Received

from .answers import CustomerSeen, CustomerTaken, Enrolled, answer
from .bodies import JSON_TYPES, content_type, read_body, read_json
from .describing import OPERATIONS
from .events import to_row
from .parts import Parts
from .problems import BAD_CUSTOMER, CHANGED, UNKNOWN_CUSTOMER, Refusal
from .reading import read_off

SOURCE: Final = "profile"
_SAID: Final = ("attributes", "timezone", "consents", "preferences")


def add_customers(app: FastAPI, parts: Parts) -> None:
    @app.put("/v1/customers/{id}", status_code=202, **OPERATIONS["put_customer"])
    async def put_customer(request: Request) -> Response:
        await parts.access.allow(request, "ingest")
        await parts.pressure.refuse_if_behind()
        id = customer_id(request)
        content_type(request, *JSON_TYPES)
        said = _read_said(read_json(await read_body(request)))
        program = parts.program()
        rows = _rows_of(program, id, said, parts.clock())
        await parts.writer.keep(rows)
        parts.pressure.add(len(rows))
        parts.figures.count_events("accepted", len(rows))
        ignored = [name for name in said["attributes"] if name not in program.names.fields]
        ignored += [
            name
            for name in said["preferences"]
            if name not in program.names.fields and name not in (*PARTS, "timezone")
        ]
        return answer(202, CustomerTaken(id=id, accepted=len(rows), ignored=ignored))

    @app.get("/v1/customers/{id}", **OPERATIONS["get_customer"])
    async def get_customer(request: Request) -> Response:
        key = await parts.access.allow(request, "read")
        program = parts.program()
        told = tell_standing(program, await find_customer(parts, customer_id(request)))
        fields = program.definitions.brand.fields
        return answer(
            200,
            CustomerSeen(
                id=told["customer"],
                other_ids=told["other_ids"],
                as_of=told["as_of"],
                timezone=told["timezone"],
                attributes={
                    name: value
                    for name, value in told["attributes"].items()
                    if "admin" in key.scopes or not fields[name].sensitive
                },
                consents=told["consents"],
                preferences=told["preferences"],
                segments=told["segments"],
                enrollments=[Enrolled(**each) for each in told["enrollments"]],
            ),
        )


async def find_customer(parts: Parts, id: str) -> Customer:
    """The customer as the last turn left them.  A Refusal for one of whom nothing is known."""
    kept = await read_off(parts.database, lambda connection: find(connection, id))
    try:
        customer = None if kept is None else parts.customer_of(kept)
    except JourneysError as error:
        raise Refusal(CHANGED, str(error)) from None
    if customer is None or customer.erased:
        raise Refusal(UNKNOWN_CUSTOMER, "nothing is known of this customer: what came in just now is seen after a turn")
    return customer


def customer_id(request: Request) -> str:
    """The customer whom the path names: any text, percent-encoded where it must be."""
    try:
        id = unquote_to_bytes(request.path_params["id"]).decode()
    except UnicodeDecodeError:
        raise Refusal(BAD_CUSTOMER, "the customer's id in the path is not UTF-8 text") from None
    problem = unfit(id)
    if problem is not None:
        raise Refusal(BAD_CUSTOMER, f"the customer's id in the path {problem}")
    return id


def _read_said(raw: Any) -> dict[str, Any]:
    """What was said, every part of it there; a Refusal for what could not be meant."""
    if type(raw) is not dict:
        raise Refusal(BAD_CUSTOMER, "a customer is an object: {…}", path=())
    for name in raw:
        if name not in _SAID:
            raise Refusal(BAD_CUSTOMER, f"{name[:60]!r} is none of {', '.join(_SAID)}", path=(name,))
    attributes, consents, preferences = [
        {} if raw.get(name) is None else raw[name] for name in ("attributes", "consents", "preferences")
    ]
    if type(attributes) is not dict:
        raise Refusal(BAD_CUSTOMER, "`attributes` must be an object", path=("attributes",))
    if "timezone" in attributes:
        raise Refusal(BAD_CUSTOMER, "`timezone` stands beside the attributes", path=("attributes", "timezone"))
    if type(consents) is not dict:
        raise Refusal(BAD_CUSTOMER, "`consents` must be an object of purposes, each true or false", path=("consents",))
    for purpose, is_given in consents.items():
        if is_given is not True and is_given is not False:
            raise Refusal(BAD_CUSTOMER, "a consent is true or false", path=("consents", purpose))
    if type(preferences) is not dict:
        raise Refusal(BAD_CUSTOMER, "`preferences` must be an object", path=("preferences",))
    return {
        "attributes": attributes,
        "consents": consents,
        "preferences": preferences,
        "timezone": raw.get("timezone"),
    }


def _rows_of(program: Program, id: str, said: dict[str, Any], now: int) -> list[Received]:
    """What was said, as events."""
    request = uuid4().hex
    rows = []
    for place, (name, properties, at) in enumerate(_events_of(said)):
        raw = {
            "id": f"{request}-{place}",
            "source": SOURCE,
            "name": name,
            "customer": id,
            "at": format_moment(now),
            "properties": properties,
        }
        try:
            row = to_row(program, raw, now=now, kind=BAD_CUSTOMER)
        except Refusal as refusal:
            raise Refusal(refusal.kind, refusal.detail, path=_path_of(refusal, at)) from None
        assert row is not None
        rows.append(row)
    return rows


def _events_of(said: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    """The name and the properties of each event, and where they were said."""
    for purpose, is_given in said["consents"].items():
        yield f"consent.{'given' if is_given else 'withdrawn'}", {"purpose": purpose}, ("consents", purpose)
    properties = dict(said["attributes"])
    if said["timezone"] is not None:
        properties["timezone"] = said["timezone"]
    if properties:
        yield "profile.updated", properties, ("attributes",)
    if said["preferences"]:
        yield "preferences.set", said["preferences"], ("preferences",)


def _path_of(refusal: Refusal, said: tuple[str, ...]) -> tuple[str | int, ...]:
    """Where the sender said what the event's own place names."""
    if said[0] == "consents":
        return said
    path = tuple((refusal.path or ())[1:])
    place = (*said, *path)
    return path if place == ("attributes", "timezone") else place
