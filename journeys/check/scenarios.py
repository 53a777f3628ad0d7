"""A scenario speaks of things that exist.

It would fail anyway; here it fails before it runs, at the word that is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from journeys.check.places import is_end
from journeys.check.rules import Fault, Folder, of_scenarios
from journeys.definition.model import TELLING_FIELDS, Scenario, ScenarioStep
from journeys.definition.nearest import nearest, shown

_WHY = "the scenario could never pass, and would prove nothing"
_OF_TOUCHES = ("sent", "never_sent", "would_send", "withheld", "deferred")


@of_scenarios(name="unknown-event")
def unknown_event_in_scenario(folder: Folder, scenario: Scenario) -> Iterator[Fault]:
    """What happens in a scenario can happen.

    PASS    - event: {order_placed: {order_id: A1}}
    FAIL    - event: {order_paced: {order_id: A1}}
    """
    heard = folder.definitions.heard
    for step, name in _events(scenario):
        if name not in heard and name.rpartition(".")[0] not in folder.unread:
            yield Fault(
                path=(*step.path, "event", name),
                at="key",
                message=f"there is no event {shown(name)}",
                why=_WHY,
                help=nearest(name, folder.brand.events if "." not in name else heard),
            )


@of_scenarios(name="unknown-property")
def unknown_property_in_scenario(folder: Folder, scenario: Scenario) -> Iterator[Fault]:
    """An event carries what brand.yaml declares.

    PASS    - event: {order_placed: {order_id: A1}}
    FAIL    - event: {order_placed: {order: A1}}
    """
    for step, name in _events(scenario):
        event = folder.definitions.heard.get(name)
        given = step.event.get("properties") if step.event is not None else None
        if event is None or not isinstance(given, dict):
            continue
        known: Collection[str] = event.properties
        if name in TELLING_FIELDS:
            # It carries the fields themselves.
            known = [
                *known,
                "timezone",
                *[field.name for field in folder.brand.fields.values() if field.counts is None],
            ]
        for property_ in given:
            if property_ not in known:
                yield Fault(
                    path=(*step.path, "event", name, property_),
                    at="key",
                    message=f"the event {shown(name)} has no property {shown(property_)}",
                    why="what is not declared is not stored, so the scenario would test something else than it says",
                    help=nearest(property_, known),
                )


def _events(scenario: Scenario) -> Iterator[tuple[ScenarioStep, str]]:
    for step in scenario.steps:
        name = step.event.get("name") if step.event is not None else None
        if isinstance(name, str):
            yield step, name


@of_scenarios(name="unknown-state")
def unknown_state_in_scenario(folder: Folder, scenario: Scenario) -> Iterator[Fault]:
    """A scenario expects a state that its journey has.

    PASS    - expect: {state: research}
    FAIL    - expect: {state: reserch}
    """
    states = folder.states.get(scenario.journey)
    if states is None:
        return
    stages = list(dict.fromkeys(state.stage for state in states.values()))
    known = list(dict.fromkeys([*stages, *states]))
    for step, key, name in _expected(scenario, ("state", "stage")):
        names = known if key == "state" else stages
        if name not in names and not is_end(name) and name not in ("none", "null"):
            yield Fault(
                path=(*step.path, "expect", key),
                message=f"the journey {shown(scenario.journey)} has no {key} {shown(name)}",
                why=_WHY,
                help=nearest(name, names),
            )


@of_scenarios(name="unknown-touch")
def unknown_touch_in_scenario(folder: Folder, scenario: Scenario) -> Iterator[Fault]:
    """A scenario expects touches that exist.

    PASS    - expect: {sent: buying-guide}
    FAIL    - expect: {never_sent: buying-gide}      # it would pass, and prove nothing
    """
    touches = folder.definitions.touches
    for step, key, name in _expected(scenario, _OF_TOUCHES):
        if name not in touches and name not in folder.unread:
            yield Fault(
                path=(*step.path, "expect", key, _index(step, key, name)),
                message=f"there is no touch {shown(name)}",
                why="it is never sent, so this expectation fails for ever, or passes and proves nothing",
                help=nearest(name, touches),
            )


@of_scenarios(name="unknown-channel")
def unknown_channel_in_scenario(folder: Folder, scenario: Scenario) -> Iterator[Fault]:
    """A scenario expects a channel that the brand has.

    PASS    - expect: {sent: buying-guide, channel: email}
    FAIL    - expect: {sent: buying-guide, channel: e-mail}
    """
    known: Collection[str] = folder.brand.channels
    for step, key, name in _expected(scenario, ("channel",)):
        if name not in known:
            yield Fault(
                path=(*step.path, "expect", key),
                message=f"there is no channel {shown(name)} in brand.yaml",
                why=_WHY,
                help=nearest(name, known),
            )


def _expected(scenario: Scenario, keys: tuple[str, ...]) -> Iterator[tuple[ScenarioStep, str, str]]:
    for step in scenario.steps:
        for key in keys:
            value = step.expect.get(key) if step.expect is not None else None
            for name in value if isinstance(value, list | tuple) else [value]:
                if isinstance(name, str):
                    yield step, key, name


def _index(step: ScenarioStep, key: str, name: str) -> int:
    value = step.expect.get(key) if step.expect is not None else None
    return value.index(name) if isinstance(value, list | tuple) else 0


RULES = (
    unknown_event_in_scenario,
    unknown_property_in_scenario,
    unknown_state_in_scenario,
    unknown_touch_in_scenario,
    unknown_channel_in_scenario,
)
