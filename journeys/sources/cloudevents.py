"""CloudEvents: the envelope of CloudEvents 1.0 becomes a raw event.

`type` is the event: as it is declared, or what is left of it when the names before its dots are taken away, so that
`com.kaffa.order_placed` is `order_placed`.  The customer is the extension `customer`, or else the `subject`; `data` are
the properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from journeys.core.program import Program
from journeys.errors import InputError

from .naming import Names, names_of

VERSION: Final = "1.0"
_LABELS_MAX: Final = 20  # of a type; more of them name nothing


def read_envelope(program: Program, envelope: Any) -> dict[str, Any]:
    """The raw event, of a type that nobody declared as well.  Raises InputError for what is no CloudEvent."""
    if not isinstance(envelope, Mapping):
        raise InputError("a CloudEvent is an object: {…}")
    version = envelope.get("specversion")
    if version != VERSION:
        raise InputError(f"`specversion` must be {VERSION}", ("specversion",))
    for name in ("id", "source", "type"):
        if not isinstance(envelope.get(name), str) or not envelope[name]:
            raise InputError(f"a CloudEvent needs a `{name}`, as text", (name,))
    names = names_of(program)
    event = _event(program, names, envelope["type"])
    data = envelope.get("data")
    if data is not None and not isinstance(data, dict):
        raise InputError("`data` must be an object", ("data",))
    subject, customer = envelope.get("subject"), envelope.get("customer")
    if subject is not None and not isinstance(subject, str):
        raise InputError("`subject` must be text", ("subject",))
    raw: dict[str, Any] = {
        "id": envelope["id"],
        "source": envelope["source"],
        "name": event or envelope["type"],
        "customer": subject if customer is None else customer,
        "properties": _properties(program, names, event, data or {}),
    }
    if envelope.get("time") is not None:
        raw["at"] = envelope["time"]
    return raw


def _event(program: Program, names: Names, said: str) -> str | None:
    """The declared event, or one of the engine's own by its whole name."""
    if said in program.names.events:
        return said
    labels = said.split(".")[-_LABELS_MAX:]
    return next((name for place in range(len(labels)) if (name := names.event(".".join(labels[place:])))), None)


def _properties(program: Program, names: Names, name: str | None, data: dict[str, Any]) -> dict[str, Any]:
    return names.properties(name, data) if name and name in program.definitions.brand.events else data
