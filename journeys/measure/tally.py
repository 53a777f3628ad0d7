"""The tally: what was decided, counted as it goes by.

One dictionary from what was counted to how often.  Two tallies merge by adding, so that many
processes may each count a share of the customers, in any order, and the sum is the same: every
count is an integer.  A tally never grows with the number of customers, only with what the
definitions name; `report.py` makes sense of it.

How long stays lasted is counted in cells: by the minute up to two days, by the hour up to ten
years, and longer ones as ten years.  A median is exact to its cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from journeys.core.customer import Event
from journeys.core.program import STAY, JourneyProgram, Program
from journeys.core.why import DEFER, ENDED, ENTERED, EVENT, GOAL, HELD, MOVED, SEND, TOUCH, Why
from journeys.definition.model import ENGINE_EVENTS, STAGES

# What is counted, and what else stands in its key.  j is the journey's index in the program.
CUSTOMER: Final = 0  # ()
HEARD: Final = 1  # (what became of it, whether it is the engine's own)
CUSTOMER_ENTERED: Final = 2  # (j,)
ENTRY: Final = 3  # (j, arm)
REENTRY: Final = 4  # (j,)
REACHED: Final = 5  # (j, level, place)
NOW: Final = 6  # (j, level, place)
LEFT: Final = 7  # (j, level, place, next place)
LEFT_BY_END: Final = 8  # (j, level, place, reason)
STAYED: Final = 9  # (j, level, place, cell)
END: Final = 10  # (j, reason)
REACHED_GOAL: Final = 11  # (j, arm)
GOAL_VALUE: Final = 12  # (j, arm): minor units
HOLD: Final = 13  # (j,)
DUE: Final = 14  # (j, touch, arm)
SENT: Final = 15  # (j, touch, arm, channel, words)
DEFERRED: Final = 16  # (j, touch, arm): touches that waited at least once
DEFERRED_BY: Final = 17  # (j, touch, arm, reason): a touch may wait for several reasons
WITHHELD: Final = 18  # (j, touch, arm, reason)
WAITING: Final = 19  # (j, touch, arm)

# Where one stands, seen from near and from afar.
STATE: Final = 0
STAGE: Final = 1
PHASE: Final = 2

PHASES: Final = ("awareness", "consideration", "decision", "retention")
PHASE_OF_STAGE: Final = (0, 0, 1, 2, 3, 3, 3, 3)

MINUTE: Final = 60_000_000
_BY_MINUTE: Final = 2 * 24 * 60  # cells of a minute, in minutes; beyond them an hour is a cell
_LONGEST: Final = 10 * 365 * 24 * 60

Key = tuple[int | str, ...]


def cell_of(span: int) -> int:
    """The cell of a span in microseconds, as the minutes at which it begins."""
    minutes = max(0, span) // MINUTE
    if minutes < _BY_MINUTE:
        return minutes
    return min(minutes - minutes % 60, _LONGEST)


class _Passage:
    """Where one enrollment stands while its whys go by."""

    __slots__ = ("arm", "is_over", "journey", "places", "seen", "since")

    def __init__(self, journey: int, arm: int, places: tuple[int, int, int], at: int) -> None:
        self.journey = journey
        self.arm = arm
        self.places = places
        self.since = [at, at, at]
        self.seen: set[tuple[int, int]] = set()
        self.is_over = False


class _Asked:
    """What the gate has answered about one touch key so far."""

    __slots__ = ("last", "reasons")

    def __init__(self) -> None:
        self.last: Sequence[Any] = ()
        self.reasons: set[int] = set()


class Tally:
    """Counts.  `add` wants each customer once, with all their whys in order."""

    __slots__ = ("counts", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.counts: dict[Key, int] = {}

    def add(self, whys: Sequence[Why]) -> None:
        _Customer(self.program, self.counts).take(whys)

    def merge(self, other: Tally) -> None:
        """Adds another's counts, of the same program."""
        counts = self.counts
        for key, count in other.counts.items():
            counts[key] = counts.get(key, 0) + count


class _Customer:
    """One customer's whys, on their way into the counts."""

    __slots__ = ("asked", "counts", "entered", "passages", "program")

    def __init__(self, program: Program, counts: dict[Key, int]) -> None:
        self.program = program
        self.counts = counts
        self.passages: dict[int, _Passage] = {}
        self.entered: set[tuple[int, Any]] = set()
        self.asked: dict[tuple[int, int, int, int], _Asked] = {}

    def take(self, whys: Sequence[Why]) -> None:
        self._count((CUSTOMER,))
        why: Sequence[Any]
        for why in whys:
            kind = why[0]
            if kind == EVENT:
                self._count((HEARD, why[3], self._is_own(why[2])))
            elif kind == TOUCH:
                _, _, number, _, item, _, visit, occurrence, _, answer, reason, *_ = why
                asked = self.asked.setdefault((number, item, visit, occurrence), _Asked())
                asked.last = why
                if answer == DEFER:
                    asked.reasons.add(reason)
            elif kind == ENTERED:
                self._enter(why)
            elif kind == MOVED:
                if why[5] != STAY:
                    self._arrive(self.passages[why[2]], self._places(why[3], why[5]), why[6])
            elif kind == ENDED:
                self._end(self.passages[why[2]], why[5], why[6])
            elif kind == GOAL:
                self._reach_goal(why)
            elif kind == HELD:
                self._count((HOLD, why[3]))
        self._close()

    def _count(self, key: Key, times: int = 1) -> None:
        self.counts[key] = self.counts.get(key, 0) + times

    def _is_own(self, event: Event) -> bool:
        """The engine's own events have no id.  One a shop declares, or a consent, always came from outside."""
        if event.id or event.source:
            return False
        name = self.program.event_names[event.event]
        return name not in ENGINE_EVENTS and name not in self.program.definitions.brand.events

    def _places(self, journey: int, state: int) -> tuple[int, int, int]:
        program: JourneyProgram = self.program.journeys[journey]
        stage = STAGES.index(program.stage_names[program.states[state].stage])
        return state, stage, PHASE_OF_STAGE[stage]

    # ------------------------------------------------------------ where they stand

    def _enter(self, why: Sequence[Any]) -> None:
        _, _, number, journey, state, arrival, _, key, arm, *_ = why
        if (journey, key) in self.entered:
            self._count((REENTRY, journey))
        elif not any(each == journey for each, _ in self.entered):
            self._count((CUSTOMER_ENTERED, journey))
        self.entered.add((journey, key))
        self._count((ENTRY, journey, arm))
        passage = self.passages[number] = _Passage(journey, arm, self._places(journey, state), arrival)
        for level in (STATE, STAGE, PHASE):
            self._reach(passage, level)

    def _reach(self, passage: _Passage, level: int) -> None:
        place = passage.places[level]
        if (level, place) not in passage.seen:
            passage.seen.add((level, place))
            self._count((REACHED, passage.journey, level, place))

    def _arrive(self, passage: _Passage, places: tuple[int, int, int], at: int) -> None:
        """A stay lasts until one stands elsewhere: arriving `again` goes on with it."""
        before, passage.places = passage.places, places
        for level in (STATE, STAGE, PHASE):
            if places[level] != before[level]:
                self._count((LEFT, passage.journey, level, before[level], places[level]))
                self._count((STAYED, passage.journey, level, before[level], cell_of(at - passage.since[level])))
                passage.since[level] = at
                self._reach(passage, level)

    def _end(self, passage: _Passage, reason: int, at: int) -> None:
        passage.is_over = True
        self._count((END, passage.journey, reason))
        for level in (STATE, STAGE, PHASE):
            place = passage.places[level]
            self._count((LEFT_BY_END, passage.journey, level, place, reason))
            self._count((STAYED, passage.journey, level, place, cell_of(at - passage.since[level])))

    def _reach_goal(self, why: Sequence[Any]) -> None:
        _, _, number, journey, worth = why
        arm = self.passages[number].arm
        self._count((REACHED_GOAL, journey, arm))
        if isinstance(worth, int | float) and not isinstance(worth, bool):
            goal = self.program.journeys[journey].definition.goal
            is_money = goal is not None and goal.value is not None and goal.value.type == "money"
            # Another number is counted in the same fractions, so that its sum is an integer too.
            self._count((GOAL_VALUE, journey, arm), round(worth if is_money else worth * self.program.minor))

    # ------------------------------------------------------------ at the end

    def _close(self) -> None:
        for passage in self.passages.values():
            if not passage.is_over:
                for level in (STATE, STAGE, PHASE):
                    self._count((NOW, passage.journey, level, passage.places[level]))
        for asked in self.asked.values():
            self._close_touch(asked)

    def _close_touch(self, asked: _Asked) -> None:
        """A touch is told under the name it had at last: an `else` may have taken its place."""
        _, _, number, journey, _, touch, _, _, _, answer, reason, _, _, channel, words = asked.last
        place = (journey, touch, self.passages[number].arm)
        self._count((DUE, *place))
        if asked.reasons:
            self._count((DEFERRED, *place))
            for each in asked.reasons:
                self._count((DEFERRED_BY, *place, each))
        if answer == SEND:
            self._count((SENT, *place, channel, words))
        elif answer == DEFER:
            self._count((WAITING, *place))
        else:
            self._count((WITHHELD, *place, reason))
