"""A journey's file to a `Journey`: every place found, every kept value typed.

Two passes.  The first finds what a move can leave behind for another (`keep`), since a
condition further up may read it; the second builds the journey.  Whether the states, touches
and events that are named here exist is asked by the check, over the finished model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from journeys.definition.condition import nodes_of, read_placed
from journeys.definition.model import (
    DAY,
    STAGES,
    Arms,
    Call,
    Clock,
    Condition,
    Entry,
    Goal,
    Hold,
    Journey,
    Keep,
    Move,
    Name,
    Path,
    Reenter,
    SendEntry,
    Stage,
    Step,
    Type,
)
from journeys.definition.scope import ALWAYS_KEPT, Scope
from journeys.definition.shapes import Fields
from journeys.definition.written import Notes

# These ask about what the engine knows of a customer, and a kept value comes from the event or from time alone.
_OF_CUSTOMER = frozenset(
    (
        *("count", "sum", "values", "last", "days_since", "usual_gap"),
        *("received", "opened", "clicked", "answered", "score", "in_segment", "consented", "in_state"),
    )
)


def states_of(fields: Fields) -> tuple[str, ...]:
    """Every stage and `stage.step` of a journey's file, as far as they could be read."""
    stages: Fields = fields.get("stages", Fields((), fields.node))
    return tuple(
        state
        for stage, written in stages.items()
        for state in (stage, *(f"{stage}.{step}" for step in written.get("steps", {})))
    )


def build_journey(fields: Fields, *, name: str, scope: Scope, notes: Notes) -> Journey:
    """`scope` is what any condition of this folder may read; the journey adds what is its own."""
    return _Building(fields, scope, notes).journey(name)


class _Building:
    """The pieces of one journey all want the same few things: what may be read, and where to complain."""

    def __init__(self, fields: Fields, scope: Scope, notes: Notes) -> None:
        self._fields = fields
        self._notes = notes
        self._outside = scope
        stages: dict[str, Fields] = fields.get("stages", {})
        self._first_steps = {
            stage: f"{stage}.{next(iter(written['steps']))}"
            for stage, written in stages.items()
            if written.get("steps")
        }
        self._keeps: dict[Path, Condition] = {}
        self._kept: dict[str, Type] = {}
        self._inside = replace(scope, in_journey=True, kept=self._kept)
        for owner in _keeping(fields):
            self._type_keeps(owner)

    def journey(self, name: str) -> Journey:
        fields = self._fields
        stages: dict[str, Fields] = fields.get("stages", {})
        arms: Fields | dict[str, int] = fields.get("arms", {})
        return Journey(
            name=name,
            file=self._notes.file,
            title=fields.get("title", name),
            owner=fields.get("owner", ""),
            audience=fields.get("audience", "b2c"),
            enter=tuple(self._entry(entry) for entry in fields.get("enter", ()) if "to" in entry),
            stages=tuple(self._stage(stage, stages[stage]) for stage in STAGES if stage in stages),
            key=fields.get("key"),
            reenter=fields.get("reenter", Reenter()),
            priority=fields.get("priority", 0),
            goal=self._goal(fields.get("goal")),
            arms=Arms(holdout=arms.get("holdout", 0), generic=arms.get("generic", 0)),
            hold=self._hold(fields.get("hold")),
            anywhere=self._moves(fields.get("anywhere", ())),
            kept=self._kept,
        )

    # ------------------------------------------------------------ kept values

    def _type_keeps(self, owner: Fields) -> None:
        scope = replace(self._outside, in_journey=True, kept={}, events=owner.get("on", ()))
        for name, text in owner.get("keep", {}).items():
            path = (*owner.path, "keep", name)
            if name in ALWAYS_KEPT:
                self._say(
                    path,
                    "reserved-name",
                    f"'{name}' is always there: 'journey.{name}' would be two things",
                    "nobody could say which of the two a condition reads",
                    "choose another name",
                    is_key=True,
                )
                continue
            value = read_placed(text, path, scope, self._notes, want=None)
            if value is None:
                continue
            self._keeps[path] = value
            self._refuse_customer(value, path)
            known = self._kept.get(name, "unknown")
            if "unknown" not in (known, value.type) and known != value.type:
                self._say(
                    path,
                    "keep-type",
                    f"'{name}' is kept here as {value.type}, and elsewhere in this journey as {known}",
                    "a condition on it would hold for some customers by accident",
                    "keep it under another name",
                )
            elif known == "unknown":
                self._kept[name] = value.type

    def _refuse_customer(self, value: Condition, path: Path) -> None:
        for node in nodes_of(value.node):
            is_field = isinstance(node, Name) and node.scope == "customer"
            if is_field or (isinstance(node, Call) and node.function in _OF_CUSTOMER):
                asked = f"customer.{node.name}" if isinstance(node, Name) else f"{getattr(node, 'function', '')}(…)"
                self._say(
                    path,
                    "keep-customer-field",
                    f"'{asked}' belongs to the customer, and 'keep' remembers only what an event says or time tells",
                    "a copy would stay as it was when the customer changes, or asks us to forget it",
                    f"read '{asked}' in the condition where it is needed",
                )
                return

    # ------------------------------------------------------------ places

    def _stage(self, name: str, fields: Fields) -> Stage:
        steps: dict[str, Fields] = fields.get("steps", {})
        return Stage(
            name=name,
            path=fields.path,
            rest=fields.get("rest", False),
            send=self._sends(fields.get("send", ())),
            move=self._moves(fields.get("move", ())),
            steps=tuple(
                Step(
                    name=step,
                    path=written.path,
                    rest=written.get("rest", False),
                    send=self._sends(written.get("send", ())),
                    move=self._moves(written.get("move", ())),
                )
                for step, written in steps.items()
            ),
        )

    def _entry(self, fields: Fields) -> Entry:
        on = fields.get("on", ())
        if not on and "if" not in fields:
            self._say(
                fields.path,
                "no-trigger",
                "this entry has neither 'on' nor 'if'",
                "nothing would ever start it",
                "say on which event it starts, or when which condition becomes true",
            )
        elif on and "at" in fields:
            self._say(
                (*fields.path, "at"),
                "on-and-clock",
                "an entry on an event starts when the event comes, and cannot wait for a time of day",
                "customers would enter at another time than the file says",
                "leave out 'at', or let a touch of the first step wait for it",
                is_key=True,
            )
        return Entry(
            to=self._state(fields["to"]),
            path=fields.path,
            on=on,
            condition=read_placed(
                fields.get("if"), (*fields.path, "if"), replace(self._outside, events=on), self._notes
            ),
            at=fields.get("at"),
            keep=self._keep(fields),
        )

    def _moves(self, written: tuple[Fields, ...]) -> tuple[Move, ...]:
        return tuple(self._move(fields) for fields in written if "to" in fields)

    def _move(self, fields: Fields) -> Move:
        on = fields.get("on", ())
        clock = self._clock(fields)
        if on and clock is not None:
            key = next(key for key in ("after", "due", "at", "on_days") if key in fields)
            self._say(
                (*fields.path, key),
                "on-and-clock",
                f"a move has a trigger ('on') or a clock ('{key}'), not both",
                "nobody could say whether the event or the time leads there",
                "make two moves of it",
                is_key=True,
            )
            clock = None
        return Move(
            to=self._state(fields["to"]),
            path=fields.path,
            on=on,
            clock=clock,
            condition=self._condition(fields, "if", events=on),
            for_=fields.get("for"),
            keep=self._keep(fields),
            send=self._sends(fields.get("send", ())),
            any_key="key" in fields,
        )

    def _state(self, to: str) -> str:
        return self._first_steps.get(to, to)

    def _keep(self, fields: Fields) -> tuple[Keep, ...]:
        paths = {name: (*fields.path, "keep", name) for name in fields.get("keep", {})}
        return tuple(Keep(name=name, value=self._keeps[path]) for name, path in paths.items() if path in self._keeps)

    # ------------------------------------------------------------ touches to send

    def _sends(self, written: tuple[Fields, ...]) -> tuple[SendEntry, ...]:
        return tuple(self._send(fields) for fields in written if fields.get("touch"))

    def _send(self, fields: Fields) -> SendEntry:
        clock = self._clock(fields) or Clock()
        touches: tuple[str, ...] = fields["touch"]
        if len(touches) > 1 and clock.every is None:
            self._say(
                (*fields.path, "touch"),
                "list-without-every",
                "several touches stand here, and nothing says how long after one the next comes",
                "a customer would get only the first, or all at once",
                "add 'every: 7 days', or make an entry of each",
            )
        return SendEntry(
            touches=touches,
            path=fields.path,
            clock=clock,
            condition=self._condition(fields, "if"),
            otherwise=fields.get("else"),
            valid_for=fields.get("valid_for", 3 * DAY),
            priority=fields.get("priority"),
            to=fields.get("to"),
            late="late" in fields,
            outlives=fields.get("outlives", False),
            repeat_on_change=fields.get("repeat_on_change", False),
        )

    def _clock(self, fields: Fields) -> Clock | None:
        if not {"after", "due", "at", "on_days", "every", "times"} & fields.keys():
            return None
        if "after" in fields and "due" in fields:
            self._say(
                (*fields.path, "after"),
                "after-and-due",
                "'after' counts from the arrival and 'due' from a moment: here are both",
                "nobody could say which of the two decides when it is due",
                "leave one out; a distance from the moment is written into it: 'journey.ends_at - days(3)'",
                is_key=True,
            )
        return Clock(
            after=fields.get("after"),
            due=self._condition(fields, "due", want="moment"),
            at=fields.get("at"),
            every=fields.get("every"),
            on_days=frozenset(fields.get("on_days", ())),
            times=fields.get("times"),
        )

    # ------------------------------------------------------------ the whole

    def _goal(self, fields: Fields | None) -> Goal | None:
        if fields is None or "on" not in fields:
            return None
        on = fields["on"]
        return Goal(
            on=on,
            path=fields.path,
            within=fields.get("within"),
            value=self._condition(fields, "value", events=on, want=None),
            condition=self._condition(fields, "if", events=on),
        )

    def _hold(self, fields: Fields | None) -> Hold | None:
        condition = self._condition(fields, "while") if fields is not None else None
        if fields is None or condition is None:
            return None
        return Hold(condition=condition, at_most=fields.get("at_most"), path=fields.path)

    def _condition(
        self, fields: Fields, key: str, *, events: tuple[str, ...] = (), want: Type | None = "boolean"
    ) -> Condition | None:
        scope = replace(self._inside, events=events) if events else self._inside
        return read_placed(fields.get(key), (*fields.path, key), scope, self._notes, want=want)

    def _say(self, path: Path, rule: str, message: str, why: str, help: str, *, is_key: bool = False) -> None:
        self._notes.say(path, rule, message, why=why, help=help, is_key=is_key)


def _keeping(fields: Fields) -> Iterator[Fields]:
    """Every entry and every move of the file, in its order."""
    places: list[Any] = []
    for stage in fields.get("stages", {}).values():
        places.extend((*stage.get("steps", {}).values(), stage))
    yield from fields.get("enter", ())
    yield from fields.get("anywhere", ())
    for place in places:
        yield from place.get("move", ())
