"""Scenarios: given, when, then for a journey, run through the same core in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeys.core.calendar import format_local, format_moment, parse_moment
from journeys.core.customer import GENERIC, HOLDOUT, PERSONALIZED, Customer, Enrollment, Event
from journeys.core.intake import make_event, new_customer
from journeys.core.machine import Reference
from journeys.core.plan import add_span
from journeys.core.program import Program, compile_program, count_span
from journeys.core.turn import Turn, advance, ask_again
from journeys.definition.model import Definitions, Scenario, ScenarioStep

from .trace import ARM_WORDS, Row, Teller

ARMS = {"personalized": PERSONALIZED, "generic": GENERIC, "holdout": HOLDOUT}
SALT = "scenarios"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An expectation that did not hold: at which line, what was expected, what happened, and the rows that say why."""

    line: int
    expected: str
    happened: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    scenario: Scenario
    failure: Failure | None


class _Played:
    """One customer of a scenario, with everything that happened so far as rows of a trace."""

    def __init__(self, name: str, customer: Customer) -> None:
        self.name = name
        self.customer = customer
        self.rows: list[Row] = []
        self.last: Enrollment | None = None


class _Stage:
    """A scenario in progress."""

    def __init__(self, definitions: Definitions, scenario: Scenario, reference: bool) -> None:
        self.scenario = scenario
        self.program = compile_program(definitions, salt=SALT, journeys=[scenario.journey])
        self.program.arm = ARMS[scenario.arm or "personalized"]
        self.chooser = Reference(self.program) if reference else None
        self.teller = Teller(self.program)
        self.now = scenario.start
        self.is_paused = False
        self.events = 0
        self.played = {
            given.name: _Played(
                given.name,
                new_customer(
                    self.program,
                    given.name,
                    given.fields,
                    at=scenario.start,
                    consents=given.consent,
                    timezone=given.timezone,
                ),
            )
            for given in scenario.customers
        }
        for played in self.played.values():
            self._advance(played, [])

    def _advance(self, played: _Played, events: list[Event]) -> None:
        turn = advance(
            self.program,
            played.customer,
            events,
            self.now,
            is_accepted_at_once=not self.is_paused,
            chooser=self.chooser,
        )
        self._note(played, turn)

    def _note(self, played: _Played, turn: Turn) -> None:
        played.rows += self.teller.rows(played.name, turn.whys)
        for enrollment in played.customer.enrollments:
            if enrollment.journey.name == self.scenario.journey:
                if played.last is None or enrollment.number >= played.last.number:
                    played.last = enrollment

    def _chosen(self, step: ScenarioStep) -> list[_Played]:
        return list(self.played.values()) if step.customer is None else [self.played[step.customer]]

    def run(self, step: ScenarioStep) -> Failure | None:
        match step.verb:
            case "event":
                self._event(step)
            case "wait":
                assert step.wait is not None
                first = self._chosen(step)[0].customer
                unit, amount = count_span(step.wait)
                self._pass_until(add_span(first, self.program.opening, self.now, unit, amount))
            case "at":
                assert step.at is not None
                if step.at < self.now:
                    zone = self.program.brand_zone
                    return Failure(
                        line=step.line,
                        expected=f"time goes forward to {format_local(zone, step.at)}",
                        happened=f"it is {format_local(zone, self.now)} already",
                        rows=(),
                    )
                self._pass_until(step.at)
            case "sending":
                self._switch(step)
            case "expect":
                return self._expect(step)
        return None

    def _pass_until(self, at: int) -> None:
        self.now = at
        for played in self.played.values():
            self._advance(played, [])

    def _switch(self, step: ScenarioStep) -> None:
        self.is_paused = step.sending == "paused"
        if not self.is_paused:
            for played in self.played.values():
                self._note(played, ask_again(self.program, played.customer, self.now))

    def _event(self, step: ScenarioStep) -> None:
        assert step.event is not None
        raw: Mapping[str, Any] = step.event
        self.events += 1
        happened = raw.get("happened") or 0
        event = make_event(
            self.program,
            raw["name"],
            self.now - happened,
            raw.get("properties") or {},
            source=raw.get("source") or "",
            id=raw.get("id") or f"{self.events:06}",
            imported=bool(raw.get("import_")),
        )
        assert event is not None
        for played in self._chosen(step):
            self._advance(played, [event])

    # ------------------------------------------------------------ what must hold

    def _expect(self, step: ScenarioStep) -> Failure | None:
        assert step.expect is not None
        if "entered" in step.expect and step.customer is None and isinstance(step.expect["entered"], int):
            return self._expect_entered(step, step.expect["entered"])
        for played in self._chosen(step):
            for wanted in _each_touch(step.expect):
                failure = _Expectation(self, played, step, wanted).failure()
                if failure is not None:
                    return failure
        return None

    def _expect_entered(self, step: ScenarioStep, wanted: int) -> Failure | None:
        count = sum(row["kind"] == "entered" for played in self.played.values() for row in played.rows)
        if count == wanted:
            return None
        return Failure(line=step.line, expected=f"entered: {wanted}", happened=f"{count} entered", rows=())


def _each_touch(expect: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`sent: [a, b]` expects the same of a and of b."""
    for key in _TOUCH_KEYS:
        if isinstance(expect.get(key), list):
            return [each for touch in expect[key] for each in _each_touch({**expect, key: touch})]
    return [expect]


class _Expectation:
    """What one `expect` says of one customer."""

    def __init__(self, stage: _Stage, played: _Played, step: ScenarioStep, wanted: Mapping[str, Any]) -> None:
        self.stage = stage
        self.played = played
        self.step = step
        self.wanted = wanted

    def failure(self) -> Failure | None:
        for key, value in self.wanted.items():
            happened = self._told(key, value)
            if happened is not None:
                touch = next((self.wanted[name] for name in _TOUCH_KEYS if name in self.wanted), None)
                return Failure(
                    line=self.step.line,
                    expected=f"{key}: {value}",
                    happened=happened,
                    rows=self._rows_about(touch),
                )
        return None

    def _rows_about(self, touch: object) -> tuple[Row, ...]:
        """The last that happened to the touch in question, or at all."""
        rows = self.played.rows
        about = [row for row in rows if touch is not None and row.get("touch") == touch]
        return tuple((about or rows)[-5:])

    def _touches(self, name: object, answer: str) -> list[Row]:
        return [row for row in self.played.rows if row.get("touch") == name and row.get("answer") == answer]

    def _told(self, key: str, value: Any) -> str | None:
        """None where it holds, else what happened instead."""
        match key:
            case "state" | "stage":
                return self._state(value)
            case "sent" | "never_sent":
                sent = self._touches(value, "sent")
                if key == "never_sent":
                    return None if not sent else f"'{value}' was sent at {sent[0]['at']}"
                return None if sent or self.wanted.get("times") == 0 else self._not_sent(value)
            case "arm":
                return None if value == ARM_WORDS[self._last_arm()] else f"the arm is {ARM_WORDS[self._last_arm()]}"
            case "times":
                count = len(self._counted())
                return None if count == value else f"{count} times"
            case "channel" | "words" | "variant" | "to":
                return self._part_of_sent(key, value)
            case "withheld" | "deferred":
                found = self._touches(value, key)
                return None if found else self._not_sent(value)
            case "would_send":
                found = [row for row in self._touches(value, "withheld") if row["because"] == "holdout"]
                return None if found else self._not_sent(value)
            case "because":
                return self._because(value)
            case "until":
                return self._until(value)
            case "entered":
                count = sum(row["kind"] == "entered" for row in self.played.rows)
                return None if count == int(value) else f"entered {count} times"
            case "ended":
                return self._ended(value)
            case "reached":
                count = sum(row["kind"] == "goal" for row in self.played.rows)
                return None if count == int(value) else f"the goal was reached {count} times"
            case "kept":
                return self._kept(value)
        raise AssertionError(key)

    def _counted(self) -> list[Row]:
        if "sent" in self.wanted:
            return self._touches(self.wanted["sent"], "sent")
        if "withheld" in self.wanted:
            found = self._touches(self.wanted["withheld"], "withheld")
            return [row for row in found if self._fits(row, self.wanted.get("because"))]
        if "would_send" in self.wanted:
            found = self._touches(self.wanted["would_send"], "withheld")
            return [row for row in found if row["because"] == "holdout"]
        return self._touches(self.wanted.get("deferred"), "deferred")

    def _state(self, value: str) -> str | None:
        """Where the customer stands; with several enrollments, where any of them does."""
        if value.startswith("end."):
            return self._ended(value.removeprefix("end."))
        states = [
            each.journey.state_names[each.state]
            for each in self.played.customer.enrollments
            if each.ended_at < 0 and each.journey.name == self.stage.scenario.journey
        ]
        if any(value in (state, state.split(".")[0]) for state in states):
            return None
        return f"the customer stands in {', '.join(states)}" if states else self._standing()

    def _standing(self) -> str:
        ends = [row["reason"] for row in self.played.rows if row["kind"] == "ended"]
        if self.played.last is None:
            return "the customer never entered"
        return f"the journey ended: {ends[-1]}" if ends else "the customer is in it still"

    def _not_sent(self, touch: object) -> str:
        rows = [row for row in self.played.rows if row.get("touch") == touch]
        if not rows:
            return f"'{touch}' was never due"
        last = rows[-1]
        because = f": {last['because']}" if "because" in last else ""
        detail = f" ({last['detail']})" if "detail" in last else ""
        until = f" until {last['until']}" if "until" in last else ""
        return f"'{touch}' was {last['answer']}{until}{because}{detail} at {last['at']}"

    def _part_of_sent(self, key: str, value: object) -> str | None:
        touch = self.wanted.get("sent", self.wanted.get("would_send"))
        rows = self._touches(touch, "sent") or self._touches(touch, "withheld")
        if not rows:
            return self._not_sent(touch)
        happened = rows[-1].get(key, "a" if key == "variant" else None)
        return None if happened == value else f"{key}: {happened}"

    @staticmethod
    def _fits(row: Row, because: object) -> bool:
        return because is None or because in (row["because"], row.get("detail"))

    def _because(self, value: object) -> str | None:
        key = "withheld" if "withheld" in self.wanted else "deferred"
        rows = self._touches(self.wanted.get(key), key)
        if any(self._fits(row, value) for row in rows):
            return None
        return self._not_sent(self.wanted.get(key))

    def _until(self, value: str) -> str | None:
        """`until` is a moment, or a local time of day such as 08:12."""
        rows = self._touches(self.wanted.get("deferred"), "deferred")
        if not rows:
            return self._not_sent(self.wanted.get("deferred"))
        untils = [parse_moment(row["until"]) for row in rows]
        locals_ = [format_local(self.played.customer.zone, until) for until in untils]
        if any(local.endswith(value) for local in locals_):
            return None
        try:
            wanted = parse_moment(value)
        except ValueError:
            wanted = -1
        return None if wanted in untils else f"deferred until {locals_[-1]} in the customer's zone"

    def _last_arm(self) -> int:
        return PERSONALIZED if self.played.last is None else self.played.last.arm

    def _ended(self, value: object) -> str | None:
        ends = [row["reason"] for row in self.played.rows if row["kind"] == "ended"]
        return None if value in ends else self._standing()

    def _kept(self, value: Mapping[str, Any]) -> str | None:
        last = self.played.last
        if last is None:
            return "the customer never entered"
        names = last.journey.kept_names
        for name, wanted in value.items():
            happened = last.kept[names.index(name)] if name in names else None
            kind = last.journey.definition.kept.get(name)
            shown = _raw(self.stage.program, kind, happened)
            if kind == "moment" and isinstance(wanted, str) and happened is not None:
                shown, wanted = happened, parse_moment(wanted)
            if shown != wanted:
                return f"{name} is {_raw(self.stage.program, kind, happened)}"
        return None


_TOUCH_KEYS = ("sent", "never_sent", "withheld", "deferred", "would_send")


def _raw(program: Program, kind: str | None, value: Any) -> Any:
    """A kept value as an author would write it."""
    if value is None or kind is None:
        return value
    if kind == "money":
        return value / program.minor
    if kind == "moment":
        return format_moment(value)
    return list(value) if isinstance(value, tuple) else value


def run_scenario(definitions: Definitions, scenario: Scenario, *, reference: bool = False) -> Outcome:
    """Runs a scenario up to the first expectation that does not hold."""
    stage = _Stage(definitions, scenario, reference)
    for step in scenario.steps:
        failure = stage.run(step)
        if failure is not None:
            return Outcome(scenario=scenario, failure=failure)
    return Outcome(scenario=scenario, failure=None)
