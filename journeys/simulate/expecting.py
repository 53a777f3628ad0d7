"""Expectations: what one `expect` of a scenario says of one customer, held against what happened.

Nothing is decided here.  Where an expectation does not hold, it tells what happened instead, with
the rows of the trace that say why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from journeys.core.calendar import format_date, format_local, format_moment, parse_moment
from journeys.core.customer import PERSONALIZED, Customer, Enrollment
from journeys.core.program import Program
from journeys.core.trace import ARM_WORDS, Row
from journeys.measure.story import say_moment

ROWS_SHOWN: Final = 5

# What is said of touches, as the gate's answers; and what may be said more closely of which of these.
OF_TOUCHES: Final = {
    "sent": "sent",
    "never_sent": "sent",
    "withheld": "withheld",
    "deferred": "deferred",
    "would_send": "withheld",
}
_WENT: Final = ("sent", "would_send")
CLOSER: Final = {
    "times": ("sent", "withheld", "would_send", "deferred"),
    "channel": _WENT,
    "words": _WENT,
    "variant": _WENT,
    "to": _WENT,
    "because": ("withheld", "deferred"),
    "until": ("deferred",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An expectation that did not hold: at which line, what was expected, what happened, and the rows that say why."""

    line: int
    expected: str
    happened: str
    rows: tuple[Row, ...]


class Played:
    """One customer of a scenario, with everything that happened so far as rows of a trace.

    `last` is the latest enrollment in the scenario's journey, whether it goes on or not.
    """

    def __init__(self, name: str, customer: Customer) -> None:
        self.name = name
        self.customer = customer
        self.rows: list[Row] = []
        self.last: Enrollment | None = None
        self.taken: set[tuple[str, str]] = set()


def first_failure(
    program: Program, journey: str, played: Played, expect: Mapping[str, Any], line: int
) -> Failure | None:
    """None where all holds."""
    for wanted in _each_touch(expect):
        failure = _Expectation(program, journey, played, wanted).failure(line)
        if failure is not None:
            return failure
    return None


def count_entered(played: Played) -> int:
    return sum(row["kind"] == "entered" for row in played.rows)


def _each_touch(expect: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """`sent: [a, b]` expects the same of a and of b."""
    for key in OF_TOUCHES:
        if isinstance(expect.get(key), list):
            for touch in expect[key]:
                yield from _each_touch({**expect, key: touch})
            return
    # The touch itself first: that it was not sent says more than that its channel is none.
    yield dict(sorted(expect.items(), key=lambda item: item[0] not in OF_TOUCHES))


class _Expectation:
    def __init__(self, program: Program, journey: str, played: Played, wanted: Mapping[str, Any]) -> None:
        self.program = program
        self.journey = journey
        self.played = played
        self.wanted = wanted

    def failure(self, line: int) -> Failure | None:
        for key, value in self.wanted.items():
            happened = self._told(key, value)
            if happened is not None:
                of = self._of(key)
                about = f"{of}: {self.wanted[of]}, " if of is not None and of != key else ""
                touch = self.wanted[of] if of is not None else None
                return Failure(
                    line=line, expected=f"{about}{key}: {value}", happened=happened, rows=self._rows_about(touch)
                )
        return None

    def _of(self, key: str) -> str | None:
        """The key that names the touch which this one is about."""
        keys = (key,) if key in OF_TOUCHES else CLOSER.get(key, ())
        return next((each for each in keys if each in self.wanted), None)

    def _rows_about(self, touch: object) -> tuple[Row, ...]:
        """The last that happened to the touch in question, or at all."""
        return tuple((self._asked(touch) or self.played.rows)[-ROWS_SHOWN:])

    def _told(self, key: str, value: Any) -> str | None:
        """None where it holds, else what happened instead."""
        match key:
            case "state" | "stage":
                return self._stands(value)
            case "sent" | "withheld" | "deferred" | "would_send":
                # `times: 0` is a way of saying that it was not.
                is_none = self._of("times") == key and self._is_number(self.wanted.get("times"), 0)
                return None if is_none or self._answered(key, value) else self._not_so(value)
            case "never_sent":
                sent = self._answered(key, value)
                return f"'{value}' was sent at {self._local(sent[0]['at'])}" if sent else None
            case "times":
                count = len(self._meant(key))
                return None if self._is_number(value, count) else _say_times(count)
            case "channel" | "words" | "variant" | "to":
                return self._said(key, value)
            case "because" | "until":
                return None if self._meant(key) else self._not_so(self._touch_of(key))
            case "arm":
                arm = ARM_WORDS[PERSONALIZED if self.played.last is None else self.played.last.arm]
                return None if value == arm else f"the arm is {arm}"
            case "entered":
                count = count_entered(self.played)
                return None if self._is_number(value, count) else f"entered {_say_times(count)}"
            case "reached":
                count = sum(row["kind"] == "goal" for row in self.played.rows)
                return None if self._is_number(value, count) else f"the goal was reached {_say_times(count)}"
            case "ended":
                return self._ended(value)
            case "kept":
                return self._kept(value)
        raise AssertionError(key)

    @staticmethod
    def _is_number(wanted: object, count: int) -> bool:
        """`true` is at least once, `false` never."""
        if isinstance(wanted, bool):
            return wanted == (count > 0)
        return wanted == count or str(wanted) == str(count)

    # ------------------------------------------------------------ touches

    def _asked(self, touch: object) -> list[Row]:
        """The gate's answers about a touch."""
        return [row for row in self.played.rows if row["kind"] == "touch" and row["touch"] == touch]

    def _answered(self, key: str, touch: object) -> list[Row]:
        rows = [row for row in self._asked(touch) if row["answer"] == OF_TOUCHES[key]]
        return [row for row in rows if row["because"] == "holdout"] if key == "would_send" else rows

    def _touch_of(self, key: str) -> object:
        of = self._of(key)
        return None if of is None else self.wanted[of]

    def _meant(self, key: str) -> list[Row]:
        """The answers that this one is about: those that `because` and `until` leave, if they are about them too."""
        of = self._of(key)
        if of is None:
            return []
        rows = self._answered(of, self.wanted[of])
        if "because" in self.wanted and self._of("because") == of:
            because = self.wanted["because"]
            rows = [row for row in rows if because in (row.get("because"), row.get("detail"))]
        if "until" in self.wanted and self._of("until") == of:
            rows = [row for row in rows if self._is_until(row, str(self.wanted["until"]))]
        return rows

    def _is_until(self, row: Row, wanted: str) -> bool:
        """`until` is a moment, a day and time in the customer's zone, or the time of day alone."""
        if "until" not in row:
            return False
        until = parse_moment(row["until"])
        local = format_local(self.played.customer.zone, until)
        if wanted.zfill(5) == local[-5:] or wanted == local:
            return True
        try:
            return parse_moment(wanted) == until
        except ValueError:
            return False

    def _said(self, key: str, value: object) -> str | None:
        rows = self._meant(key)
        if not rows:
            return self._not_so(self._touch_of(key))
        happened = rows[-1].get(key, "a" if key == "variant" else None)
        return None if happened == value else f"{key}: {happened}"

    def _not_so(self, touch: object) -> str:
        """What the gate answered last."""
        rows = self._asked(touch)
        if not rows:
            return f"'{touch}' was never due" if touch is not None else "no touch is named here"
        last = rows[-1]
        because = f": {last['because']}" if "because" in last else ""
        detail = f" ({last['detail']})" if "detail" in last else ""
        until = f" until {self._local(last['until'])}" if "until" in last else ""
        return f"'{touch}' was {last['answer']}{until}{because}{detail} at {self._local(last['at'])}"

    def _local(self, moment: str) -> str:
        """On the brand's clock, as the rows that say why are told."""
        return say_moment(moment, timezone=self.program.definitions.brand.timezone)

    # ------------------------------------------------------------ where the customer stands

    def _stands(self, value: object) -> str | None:
        """With several enrollments, where any of them does.  `none` is nowhere."""
        if isinstance(value, str) and value.startswith("end."):
            return self._ended(value.removeprefix("end."))
        states = [
            each.journey.state_names[each.state]
            for each in self.played.customer.enrollments
            if each.ended_at < 0 and each.journey.name == self.journey
        ]
        if value in (None, "none", "null"):
            holds = not states
        else:
            holds = any([value in (state, state.split(".")[0]) for state in states])
        return None if holds else self._standing()

    def _standing(self) -> str:
        last = self.played.last
        if last is None:
            return "the customer never entered"
        states = [
            each.journey.state_names[each.state]
            for each in self.played.customer.enrollments
            if each.ended_at < 0 and each.journey.name == self.journey
        ]
        if states:
            return f"the customer stands in {', '.join(states)}"
        return f"the journey ended: {self._ends()[-1]}"

    def _ends(self) -> list[str]:
        return [row["reason"] for row in self.played.rows if row["kind"] == "ended"]

    def _ended(self, value: object) -> str | None:
        return None if value in self._ends() else self._standing()

    def _kept(self, value: object) -> str | None:
        last = self.played.last
        if not isinstance(value, dict):
            return "what is kept has names: write {order: A1}"
        if last is None:
            return "the customer never entered"
        names = last.journey.kept_names
        for name, wanted in value.items():
            if name not in names:
                return f"nothing is kept as {name}"
            kind = last.journey.definition.kept.get(name)
            happened = last.kept[names.index(name)]
            if not _is_same(self.program, kind, happened, wanted):
                return f"{name} is {_raw(self.program, kind, happened)}"
        return None


def _say_times(count: int) -> str:
    return "once" if count == 1 else f"{count} times" if count else "never"


def _is_same(program: Program, kind: str | None, happened: Any, wanted: Any) -> bool:
    if kind == "moment" and isinstance(wanted, str):
        try:
            return bool(happened == parse_moment(wanted))
        except ValueError:
            return False
    return bool(_raw(program, kind, happened) == wanted)


def _raw(program: Program, kind: str | None, value: Any) -> Any:
    """A kept value as an author would write it."""
    if value is None or kind is None:
        return value
    if kind == "money":
        return value / program.minor
    if kind == "moment":
        return format_moment(value)
    if kind == "date":
        return format_date(value)
    return list(value) if isinstance(value, tuple) else value
