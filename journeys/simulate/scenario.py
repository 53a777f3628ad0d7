"""Scenarios: given, when, then for a journey, run through the same core in virtual time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from journeys.core.calendar import format_local
from journeys.core.compiling import compile_program
from journeys.core.customer import GENERIC, HOLDOUT, PERSONALIZED, Event
from journeys.core.dates import END
from journeys.core.intake import make_event, new_customer
from journeys.core.machine import Reference
from journeys.core.plan import add_span
from journeys.core.program import Program, count_span
from journeys.core.trace import Teller
from journeys.core.turn import Turn, advance, ask_again
from journeys.core.why import SOMEBODY_ELSES
from journeys.definition.model import Definitions, Given, Scenario, ScenarioStep
from journeys.errors import InputError

from .expecting import Failure, Played, count_entered, first_failure

__all__ = ["Failure", "Outcome", "run_scenarios"]

ARMS: Final = {"personalized": PERSONALIZED, "generic": GENERIC, "holdout": HOLDOUT}
SALT: Final = "scenarios"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    scenario: Scenario
    failure: Failure | None


def run_scenarios(
    definitions: Definitions, scenarios: Sequence[Scenario], *, reference: bool = False
) -> Iterator[Outcome]:
    """Runs each up to the first expectation that does not hold, or the first step that cannot be taken."""
    ready: dict[str, tuple[Program, Reference | None]] = {}
    for scenario in scenarios:
        journey = scenario.journey
        if journey not in ready:
            program = compile_program(definitions, salt=SALT, journeys=[journey])
            ready[journey] = program, Reference(program) if reference else None
        program, chooser = ready[journey]
        program.arm = ARMS[scenario.arm or "personalized"]
        yield Outcome(scenario=scenario, failure=_play(_Stage(program, scenario, chooser)))


def _play(stage: _Stage) -> Failure | None:
    line = stage.scenario.line
    try:
        for given in stage.scenario.customers:
            stage.begin(given)
        for step in stage.scenario.steps:
            line = step.line
            failure = stage.run(step)
            if failure is not None:
                return failure
    except InputError as error:
        # What the check cannot know, as whether an address is one: the same door refuses it in a recording.
        return Failure(line=line, expected="values that can be taken", happened=str(error), rows=())
    return None


class _Stage:
    """A scenario in progress."""

    def __init__(self, program: Program, scenario: Scenario, chooser: Reference | None) -> None:
        self.program = program
        self.scenario = scenario
        self.chooser = chooser
        self.teller = Teller(program)
        self.now = scenario.start
        self.is_paused = False
        self.events = 0
        self.played: dict[str, Played] = {}

    def begin(self, given: Given) -> None:
        customer = new_customer(
            self.program, given.name, given.fields, at=self.now, consents=given.consent, timezone=given.timezone
        )
        self.played[given.name] = Played(given.name, customer)
        self._advance(self.played[given.name], [])

    def _advance(self, played: Played, events: list[Event]) -> None:
        turn = advance(
            self.program,
            played.customer,
            events,
            self.now,
            is_accepted_at_once=not self.is_paused,
            chooser=self.chooser,
        )
        self._note(played, turn)

    def _note(self, played: Played, turn: Turn) -> None:
        played.rows += self.teller.rows(played.name, turn.whys)
        for enrollment in played.customer.enrollments:
            if enrollment.journey.name == self.scenario.journey:
                if played.last is None or enrollment.number >= played.last.number:
                    played.last = enrollment

    def _chosen(self, step: ScenarioStep) -> list[Played]:
        return self._everybody if step.customer is None else [self.played[step.customer]]

    @property
    def _everybody(self) -> list[Played]:
        """Each once, whoever was merged into another."""
        return list(dict.fromkeys(self.played.values()))

    def run(self, step: ScenarioStep) -> Failure | None:
        match step.verb:
            case "event":
                self._event(step)
            case "wait":
                assert step.wait is not None
                first = self._chosen(step)[0].customer
                unit, amount = count_span(step.wait)
                return self._pass_until(add_span(first, self.program.opening, self.now, unit, amount), step)
            case "at":
                assert step.at is not None
                return self._pass_until(step.at, step)
            case "sending":
                self._switch(step)
            case "expect":
                return self._expect(step)
        return None

    def _pass_until(self, at: int, step: ScenarioStep) -> Failure | None:
        zone = self.program.brand_zone
        now = f"it is {format_local(zone, self.now)} already"
        if at < self.now:
            return Failure(
                line=step.line, expected=f"time goes forward to {format_local(zone, at)}", happened=now, rows=()
            )
        if at >= END:
            return Failure(line=step.line, expected="time before the year 2100", happened=now, rows=())
        self.now = at
        for played in self._everybody:
            self._advance(played, [])
        return None

    def _switch(self, step: ScenarioStep) -> None:
        self.is_paused = step.sending == "paused"
        if not self.is_paused:
            for played in self._everybody:
                self._note(played, ask_again(self.program, played.customer, self.now, chooser=self.chooser))

    def _event(self, step: ScenarioStep) -> None:
        assert step.event is not None
        raw: Mapping[str, Any] = step.event
        self.events += 1
        at = self.now - (raw.get("happened") or 0)
        if at < 0:
            raise InputError("this happened before 1970")
        source, id = raw.get("source") or "", raw.get("id") or f"{self.events:06}"
        event = make_event(
            self.program,
            raw["name"],
            at,
            raw.get("properties") or {},
            source=source,
            id=id,
            imported=bool(raw.get("import_")),
        )
        assert event is not None
        for played in self._chosen(step):
            # As everywhere, the same (customer, source, id) is taken once.
            is_new = (source, id) not in played.taken
            played.taken.add((source, id))
            if is_new and event.event == self.program.merged:
                self._merge(played, event)
            else:
                self._advance(played, [event] if is_new else [])

    def _merge(self, played: Played, event: Event) -> None:
        """Takes in another customer of the scenario, who goes by both names from then on."""
        name = event.properties[0]
        other = self.played.get(name)
        if other is None:
            raise InputError(f"customer.merged: nobody in this scenario is called '{name}'")
        if other is not played:
            event.absorbed = other.customer if other.name == name else None
            event.refused = SOMEBODY_ELSES if other.name != name else 0
        self._advance(played, [event])
        if any([id == name for id, *_ in played.customer.others]):
            self.played[name] = played

    def _expect(self, step: ScenarioStep) -> Failure | None:
        assert step.expect is not None
        expect = dict(step.expect)
        wanted = expect.get("entered")
        if step.customer is None and isinstance(wanted, int) and not isinstance(wanted, bool):
            # How many enrollments have begun: of all customers together, where none is named.
            del expect["entered"]
            count = sum(map(count_entered, self._everybody))
            if count != wanted:
                return Failure(line=step.line, expected=f"entered: {wanted}", happened=f"{count} entered", rows=())
        for played in self._chosen(step):
            failure = first_failure(self.program, self.scenario.journey, played, expect, step.line)
            if failure is not None:
                return self._of(played, failure)
        return None

    def _of(self, played: Played, failure: Failure) -> Failure:
        """With several customers on the stage it matters whose expectation it was."""
        if len(self.played) == 1:
            return failure
        return Failure(
            line=failure.line,
            expected=f"{played.name}: {failure.expected}",
            happened=failure.happened,
            rows=failure.rows,
        )
