"""Names: every name of the definitions as a small integer, and the slots that its conditions ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from journeys.definition.model import Definitions, Earlier, Journey

from .facts import OPEN, SCORE, Slot

if TYPE_CHECKING:
    from .conditions import Test


class Names:
    """The indexes of every name, and the slots that the conditions compiled so far asked for."""

    def __init__(self, definitions: Definitions) -> None:
        brand = definitions.brand
        self.definitions = definitions
        self.events = {name: index for index, name in enumerate(definitions.heard)}
        self.places = {
            name: {each: place for place, each in enumerate(event.properties)}
            for name, event in definitions.heard.items()
        }
        self.fields = {name: index for index, name in enumerate(brand.fields)}
        self.purposes = {name: index for index, name in enumerate(brand.purposes)}
        self.touches = {name: index for index, name in enumerate(definitions.touches)}
        self.channels = {name: index for index, name in enumerate(brand.channels)}
        self.scores = {name: index for index, name in enumerate(brand.scores)}
        self.segments = {name: index for index, name in enumerate(brand.segments)}
        # An earlier version keeps the rank that it had, so that it goes on as it did.
        versions: list[tuple[Journey, Earlier | None]] = [(each, None) for each in definitions.journeys.values()]
        versions += [(each.journey, each) for each in definitions.earlier]
        self.versions = sorted(versions, key=lambda each: (-each[0].priority, each[0].name, _age(each[1])))
        # By name the newest version that there is; of one that is gone from the folder, an earlier one.
        by_age = sorted(enumerate(self.versions), key=lambda each: _age(each[1][1]))
        self.journeys = {journey.name: index for index, (journey, _) in by_age}
        # By name the states of each of its versions.
        self.states: dict[str, dict[int, dict[str, int]]] = {}
        for index, (journey, _) in enumerate(self.versions):
            states: list[str] = []
            for stage in journey.stages:
                states += [f"{stage.name}.{step.name}" for step in stage.steps] or [stage.name]
            of_versions = self.states.setdefault(journey.name, {})
            of_versions[index] = {state: place for place, state in enumerate(states)}
        self.segment_tests: dict[str, Test] = {}  # those compiled so far
        self.counted: set[int] = set()  # touch events that some enrollment counts for itself
        self.slots: list[Slot] = []
        self.fed: dict[int, list[Slot]] = {}
        self.slot_of: dict[tuple[Any, ...], Slot] = {}  # by what they ask

    def slot(
        self, kind: int, event: str, filters: tuple[tuple[int, Any], ...] = (), columns: tuple[int, ...] = ()
    ) -> Slot:
        key = (kind, event, filters, columns)
        if key not in self.slot_of:
            self.slot_of[key] = self._new(kind, filters, columns)
            self.fed.setdefault(self.events[event], []).append(self.slot_of[key])
        return self.slot_of[key]

    def _new(self, kind: int, filters: tuple[tuple[int, Any], ...], columns: tuple[int, ...]) -> Slot:
        slot = Slot(kind, len(self.slots), filters, columns)
        self.slots.append(slot)
        return slot

    def score_slot(self, name: str) -> Slot:
        if ("score", name) not in self.slot_of:
            score = self.definitions.brand.scores[name]
            slot = self.slot_of["score", name] = self._new(SCORE, (), ())
            slot.half_life = score.half_life or 0
            amounts = [(each, True, value) for each, value in score.add.items()]
            amounts += [(each, False, value) for each, value in score.becomes.items()]
            for event, is_added, value in amounts:
                slot.amounts[self.events[event]] = (is_added, value)
                self.fed.setdefault(self.events[event], []).append(slot)
        return self.slot_of["score", name]

    def open_slot(self, field: str) -> Slot:
        if ("open", field) not in self.slot_of:
            counts = self.definitions.brand.fields[field].counts
            assert counts is not None
            slot = self.slot_of["open", field] = self._new(OPEN, (), ())
            for event in counts.up + counts.down:
                slot.up[self.events[event]] = (event in counts.up, self.places[event][counts.by])
                self.fed.setdefault(self.events[event], []).append(slot)
        return self.slot_of["open", field]

    def split(self, text: str) -> tuple[str, str | None]:
        """`"order_placed.total"` is an event and its property; an engine's event has a dot of its own."""
        if text in self.events:
            return text, None
        event, _, property_ = text.rpartition(".")
        return event, property_

    def consent_mask(self, purpose: str | None) -> int:
        return 0 if purpose is None else 1 << self.purposes[purpose]


def _age(earlier: Earlier | None) -> tuple[bool, int]:
    return (True, 0) if earlier is None else (False, earlier.version)
