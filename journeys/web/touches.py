"""Touches: what a product shows a customer inside itself.

A touch of an in-app channel is sent by being there: the product asks for it.  Its words are made when it is asked
for, from the customer as they are then, as a mail's are at the moment of sending.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from journeys.core.calendar import format_moment
from journeys.core.customer import Customer
from journeys.runtime.engine import key_here
from journeys.store.outbox import Sent, in_app

from .answers import TouchesSeen, TouchSeen, answer
from .customers import customer_id, find_customer
from .describing import OPERATIONS
from .parts import Parts
from .reading import read_off


def add_touches(app: FastAPI, parts: Parts) -> None:
    @app.get("/v1/customers/{id}/touches", **OPERATIONS["get_touches"])
    async def get_touches(request: Request) -> Response:
        await parts.access.allow(request, "read")
        id, slot = customer_id(request), request.query_params.get("slot")
        customer = await find_customer(parts, id)
        channels = parts.program().definitions.brand.channels
        slots = {name for name, channel in channels.items() if channel.via == "in-app" and slot in (None, name)}
        sent = await read_off(parts.database, lambda connection: in_app(connection, id, slot)) if slots else []
        shown = [_seen(parts, each, customer) for each in sent if each.touch.channel in slots]
        return answer(200, TouchesSeen(touches=[each for each in shown if each is not None]))


def _seen(parts: Parts, sent: Sent, customer: Customer) -> TouchSeen | None:
    """None for one that cannot be put in words any more: a product shows what there is."""
    touch = sent.touch
    message = parts.message_of(touch, customer, parts.clock())
    if message is None:
        return None
    return TouchSeen(
        key="-".join([str(part) for part in key_here(customer, touch.key)]),
        touch=touch.touch,
        journey=touch.journey,
        slot=str(touch.channel),
        sent_at=format_moment(sent.at),
        subject=message.subject,
        text=message.text,
    )
