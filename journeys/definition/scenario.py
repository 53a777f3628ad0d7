"""NAME.scenarios.yaml to scenarios: who, when, what happens, and what must hold then.

Events and expectations stay as they are written, apart from their types: a scenario hands its
events in at the same door as an event file, and whether a journey has the state it expects
is asked by whoever runs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeys.definition.model import TELLING_FIELDS, Brand, Given, Path, Scenario, ScenarioStep
from journeys.definition.nearest import nearest, shown
from journeys.definition.scalars import read_moment, read_zone
from journeys.definition.schema import SCENARIO_STEP, scenario_record
from journeys.definition.shapes import Fields, read_record
from journeys.definition.values import raw_value
from journeys.definition.written import (
    Document,
    ListNode,
    MappingNode,
    Notes,
    Scalar,
    Written,
    name_kind,
    plain_value,
    shorten,
)

_WHY = "the scenario would prove something else than it says"
_VERBS = ("event", "wait", "at", "sending", "expect")
_OF_EVENTS = ("happened", "import", "id", "source")


def read_scenarios(document: Document, *, journey: str, brand: Brand | None, notes: Notes) -> tuple[Scenario, ...]:
    """The scenarios of one file: a list of them, or a single one."""
    root = document.root
    if isinstance(root, ListNode):
        written = [((place,), node) for place, node in enumerate(root.items)]
        found = [_Reading(document, brand, notes).scenario(node, path, journey) for path, node in written]
    else:
        found = [_Reading(document, brand, notes).scenario(root, (), journey)] if root is not None else []
    return tuple(scenario for scenario in found if scenario is not None)


def read_given(document: Document, *, brand: Brand | None, notes: Notes) -> Given:
    """A customer alone: a file that says what is to be assumed of whoever lacks it."""
    root = document.root
    if root is None:
        return Given(name="assumed", fields={}, timezone=None, consent=())
    return _Reading(document, brand, notes)._given("assumed", root, ())


@dataclass(frozen=True, slots=True)
class _Reading:
    document: Document
    brand: Brand | None
    notes: Notes

    def scenario(self, node: Written, path: Path, journey: str) -> Scenario | None:
        written = node.get("customers") if isinstance(node, MappingNode) else None
        names = tuple(written.entries) if isinstance(written, MappingNode) else ()
        fields = read_record(node, scenario_record(names), path, self.notes)
        if fields is None:
            return None
        customers = self._customers(fields)
        zone = next((one.timezone for one in customers if one.timezone), None) or self._brand_zone()
        start = self._moment(fields, "start", zone)
        if "scenario" not in fields or start is None:
            return None
        steps = (self._step(step, names, zone) for step in fields.get("steps", ()))
        return Scenario(
            name=fields["scenario"],
            file=self.notes.file,
            line=self.document.line_of(node.start),
            journey=fields.get("journey", journey),
            customers=customers,
            start=start,
            arm=fields.get("arm"),
            steps=tuple(step for step in steps if step is not None),
        )

    # ------------------------------------------------------------ customers

    def _customers(self, fields: Fields) -> tuple[Given, ...]:
        if "customer" in fields and "customers" in fields:
            message = "'customer' is for one and 'customers' for several: here are both"
            self._say((*fields.path, "customer"), "customers", message, "put this one among the others", is_key=True)
        if "customers" in fields:
            path = (*fields.path, "customers")
            return tuple(self._given(name, node, (*path, name)) for name, node in fields["customers"].items())
        if "customer" in fields:
            return (self._given("customer", fields["customer"], (*fields.path, "customer")),)
        return (Given(name="customer", fields={}, timezone=None, consent=()),)

    def _given(self, name: str, node: Written, path: Path) -> Given:
        values: dict[str, object] = {}
        zone: str | None = None
        consent: tuple[str, ...] = ()
        if not isinstance(node, MappingNode):
            if not (isinstance(node, Scalar) and node.is_nothing):
                message = f"here stands {name_kind(node)}, and a customer is a mapping of fields"
                self._say(path, "wrong-type", message, "write {first_name: Ana, consent: [offers]}")
            return Given(name=name, fields={}, timezone=None, consent=())
        for key, (_, value) in node.entries.items():
            here = (*path, key)
            if key == "timezone":
                zone = self._zone(value, here)
            elif key == "consent":
                consent = self._consent(value, here)
            elif self.brand is None:
                values[key] = plain_value(value)
            elif (known := self.brand.fields.get(key)) is not None:
                values[key] = raw_value(value, known.type, here, self.notes)
            else:
                message = f"{shown(shorten(key))} is not a field of a customer"
                help = nearest(key, (*self.brand.fields, "timezone", "consent"))
                self._say(here, "unknown-field", message, help, is_key=True)
        return Given(name=name, fields=values, timezone=zone, consent=consent)

    def _zone(self, node: Written, path: Path) -> str | None:
        try:
            return read_zone(node.text if isinstance(node, Scalar) else "")
        except ValueError as error:
            self._say(path, "unknown-zone", str(error), "write a time zone such as Europe/Madrid")
            return None

    def _consent(self, node: Written, path: Path) -> tuple[str, ...]:
        named = node.items if isinstance(node, ListNode) else [node]
        purposes = []
        for place, one in enumerate(named):
            if not isinstance(one, Scalar):
                self._say(
                    (*path, place), "wrong-type", f"here stands {name_kind(one)}, and a purpose is a name", "name it"
                )
            elif self.brand is not None and one.text not in self.brand.purposes:
                message = f"{shown(shorten(one.text))} is not a purpose of the brand"
                self._say((*path, place), "unknown-purpose", message, nearest(one.text, self.brand.purposes))
            else:
                purposes.append(one.text)
        return tuple(purposes)

    # ------------------------------------------------------------ steps

    def _step(self, fields: Fields, names: tuple[str, ...], zone: str) -> ScenarioStep | None:
        customer: str | None = None
        line = self.document.line_of(fields.node.start)
        if named := [name for name in names if name in fields and name not in SCENARIO_STEP.keys]:
            customer, fields = named[0], fields[named[0]]
        verbs = [verb for verb in _VERBS if verb in fields]
        if len(verbs) != 1 or len(named) > 1:
            # What is misspelt or does not fit was told where it stands.
            if verbs or self._is_idle(fields.node):
                self._complain_of_verbs(fields, verbs)
            return None
        verb: Any = verbs[0]
        for key in _OF_EVENTS:
            if key in fields and verb != "event":
                self._say(
                    (*fields.path, key), "unknown-key", f"'{key}' belongs to an event", "leave it out", is_key=True
                )
        event = self._event(fields) if verb == "event" else None
        at = self._moment(fields, "at", zone) if verb == "at" else None
        if (verb == "event" and event is None) or (verb == "at" and at is None):
            return None
        return ScenarioStep(
            verb=verb,
            customer=customer,
            path=fields.path,
            line=line,
            event=event,
            wait=fields.get("wait"),
            at=at,
            sending=fields.get("sending"),
            expect=self._expect(fields["expect"]) if verb == "expect" else None,
        )

    def _is_idle(self, node: Written) -> bool:
        keys = set(node.entries) if isinstance(node, MappingNode) else set()
        return keys <= set(_OF_EVENTS)

    def _complain_of_verbs(self, fields: Fields, verbs: list[str]) -> None:
        does = "does " + " and ".join(verbs) if verbs else "says nothing that happens"
        message = f"a step does one thing, and this one {does}"
        self._say(fields.path, "scenario-step", message, f"write one of {', '.join(_VERBS)} for each dash")

    def _event(self, fields: Fields) -> Mapping[str, object] | None:
        node: Written = fields["event"]
        path = (*fields.path, "event")
        if isinstance(node, Scalar) and not node.is_nothing:
            name, written = node.text, None
        elif isinstance(node, MappingNode) and len(node.entries) == 1:
            name, (_, written) = next(iter(node.entries.items()))
        else:
            message = f"here stands {name_kind(node)}, and an event is its name with its properties"
            self._say(path, "wrong-type", message, "write {order_placed: {total: 20}}, or {guide_opened: {}}")
            return None
        event: dict[str, object] = {"name": name, "properties": self._properties(name, written, (*path, name))}
        for key, kept_as in (("happened", "happened"), ("import", "import_"), ("id", "id"), ("source", "source")):
            if key in fields:
                event[kept_as] = fields[key]
        return event

    def _properties(self, name: str, node: Written | None, path: Path) -> dict[str, object]:
        if node is None or (isinstance(node, Scalar) and node.is_nothing):
            return {}
        if not isinstance(node, MappingNode):
            message = f"here stands {name_kind(node)}, and properties are names with values"
            self._say(path, "wrong-type", message, "write {total: 20}, or {} without any")
            return {}
        declared = self.brand.events.get(name) if self.brand is not None else None
        types = dict(declared.properties) if declared is not None else {}
        if name in TELLING_FIELDS and self.brand is not None:
            types = {field.name: field.type for field in self.brand.fields.values()}
        return {
            key: raw_value(value, types.get(key), (*path, key), self.notes) for key, (_, value) in node.entries.items()
        }

    def _expect(self, fields: Fields) -> dict[str, object]:
        """As written: numbers are numbers, and a single name stays a single name."""
        node = fields.node
        return {
            key: plain_value(value)
            for key, (_, value) in (node.entries.items() if isinstance(node, MappingNode) else ())
            if key in fields
        }

    # ------------------------------------------------------------

    def _moment(self, fields: Fields, key: str, zone: str) -> int | None:
        if key not in fields:
            return None
        try:
            return read_moment(fields[key], zone)
        except ValueError as error:
            self._say((*fields.path, key), "moment", str(error), "write a moment such as 2026-03-23T10:00:00+01:00")
            return None

    def _brand_zone(self) -> str:
        return self.brand.timezone if self.brand is not None else "UTC"

    def _say(self, path: Path, rule: str, message: str, help: str, *, is_key: bool = False) -> None:
        self.notes.say(path, rule, message, why=_WHY, help=help, is_key=is_key)
