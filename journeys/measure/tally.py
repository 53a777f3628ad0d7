"""The tally: what was decided, counted as it goes by.

One dictionary from what was counted to how often.  Two tallies merge by adding, so that many
processes may each count a share of the customers, in any order, and the sum is the same: every
count is an integer.  A tally never grows with the number of customers, only with what the
definitions name; `report.py` makes sense of it.

It runs once for each customer of a million, so it counts only what cannot be worked out later:
what became of a touch is one key, and where people went is told of states, which `report.py`
rolls up into stages and phases.  Only how long one stayed and who ever came must be counted for
each of them.

How long stays lasted is counted in cells: by the minute up to two days, by the hour up to ten
years, and longer ones as ten years.  A quartile is exact to its cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from journeys.core.customer import Event
from journeys.core.program import STAY, JourneyProgram, Program
from journeys.core.why import DEFER, ENDED, ENTERED, EVENT, GOAL, HELD, MOVED, SEND, TOUCH, WITHHOLD, Why
from journeys.core.why import HEARD as WAS_HEARD
from journeys.definition.model import ENGINE_EVENTS, STAGES

# What is counted, and what else stands in its key.  j is the journey's index in the program.
CUSTOMER: Final = 0  # ()
HEARD: Final = 1  # (what became of it, whether it is the engine's own)
FOLLOWED: Final = 2  # (j, arm, whether they reached the goal, touches): customers
ENTRY: Final = 3  # (j, arm, whether they came back for the same key, entry): enrollments
REACHED: Final = 4  # (j, level, place)
NOW: Final = 5  # (j, state)
LEFT: Final = 6  # (j, state, next state)
LEFT_BY_END: Final = 7  # (j, state, reason)
STAYED: Final = 8  # (j, level, place, cell): stays that ended
STAYING: Final = 9  # (j, stage, cell): stays that go on
REACHED_GOAL: Final = 10  # (j, arm)
GOAL_VALUE: Final = 11  # (j, arm): minor units
HOLD: Final = 12  # (j,)
# What became of touches: (j, touch, arm, answer, reason, channel, words, whether it waited, item)
ANSWERED: Final = 13
DEFERRED_BY: Final = 14  # (j, touch, arm, reason): a touch may wait for several reasons
REDEEMED: Final = 15  # (j, touch, arm)
TAKEN: Final = 16  # (j, state, move), or -1 for the end that erasure is

# Where one stands, seen from near and from afar.  Of a stage without steps the state is not counted besides.
STATE: Final = 0
STAGE: Final = 1
PHASE: Final = 2

PHASES: Final = ("awareness", "consideration", "decision", "retention")
PHASE_OF_STAGE: Final = (0, 0, 1, 2, 3, 3, 3, 3)

TOUCHES_MAX: Final = 50  # as many touches of a customer, or more

MINUTE: Final = 60_000_000
_BY_MINUTE: Final = 2 * 24 * 60  # cells of a minute, in minutes; beyond them an hour is a cell
_LONGEST: Final = 10 * 365 * 24 * 60

# What an event is: from outside, or by its name the engine's own.
_FROM_OUTSIDE: Final = -1
_OWN: Final = -2

Key = tuple[int | str, ...]


def cell_of(span: int) -> int:
    """The cell of a span in microseconds, as the minutes at which it begins."""
    minutes = span // MINUTE
    if minutes < _BY_MINUTE:
        return minutes if minutes > 0 else 0
    return minutes - minutes % 60 if minutes < _LONGEST else _LONGEST


class Places:
    """A journey's states as the places that are counted, looked up once.

    By state: its stage among the eight, its phase, and whether it is a step.
    """

    __slots__ = ("has_money_goal", "is_for_customer", "is_step", "phases", "stages")

    def __init__(self, journey: JourneyProgram) -> None:
        names = [journey.stage_names[state.stage] for state in journey.states]
        self.stages: list[int] = [STAGES.index(name) for name in names]
        self.phases: list[int] = [PHASE_OF_STAGE[stage] for stage in self.stages]
        self.is_step: list[bool] = [state != stage for state, stage in zip(journey.state_names, names)]
        # By item: whether what it sends goes to the customer.
        self.is_for_customer: list[bool] = [item.send is not None and item.send.person < 0 for item in journey.items]
        goal = journey.definition.goal
        self.has_money_goal: bool = goal is not None and goal.value is not None and goal.value.type == "money"


class Tally:
    """Counts.  `add` wants each customer once, with all their whys in order."""

    __slots__ = ("_of_event", "_places", "counts", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.counts: Counter[Key] = Counter()
        self._places: list[Places] = [Places(journey) for journey in program.journeys]
        self._of_event: list[int] = _of_events(program)

    def add(self, whys: Sequence[Why], until: int) -> None:
        """`until` is the instant up to which the customer was taken."""
        _Customer(self.program, self._places, self._of_event, self.counts).take(whys, until)

    def merge(self, other: Mapping[Key, int]) -> None:
        """Adds the counts of another tally, of the same program."""
        self.counts.update(other)


def _of_events(program: Program) -> list[int]:
    """By event: that it always comes from outside, or that it may be the engine's, or the touch whose offer it redeems.

    One a shop declares, or a consent, always comes from outside.
    """
    declared = program.definitions.brand.events
    found = [_FROM_OUTSIDE if name in ENGINE_EVENTS or name in declared else _OWN for name in program.event_names]
    for touch in program.touches:
        if program.definitions.touches[touch.name].offer is not None:
            found[touch.events["redeemed"]] = touch.index
    return found


class _Followed:
    """One customer in one journey, through all their enrollments."""

    __slots__ = ("arm", "journey", "keys", "reached_goal", "touches")

    def __init__(self, journey: int, arm: int) -> None:
        self.journey = journey
        self.arm = arm
        self.keys: set[Any] = set()
        self.touches = 0
        self.reached_goal = False


class _Passage:
    """Where one enrollment stands while its whys go by.  `seen` has a bit for each place it ever stood in."""

    __slots__ = (
        "customer", "is_over", "phase", "phase_at", "places", "seen_phases", "seen_stages", "seen_states", "stage",
        "stage_at", "state", "state_at",
    )  # fmt: skip

    def __init__(self, customer: _Followed, places: Places, at: int) -> None:
        self.customer = customer
        self.places = places
        self.is_over = False
        self.state = self.stage = self.phase = -1
        self.state_at = self.stage_at = self.phase_at = at
        self.seen_states = self.seen_stages = self.seen_phases = 0


class _Waiting:
    """What the gate has answered so far about a touch that waits."""

    __slots__ = ("last", "reasons")

    def __init__(self) -> None:
        self.last: Why = ()
        self.reasons: set[int] = set()


class _Customer:
    """One customer's whys, on their way into the counts: `counted` holds a key for each time, counted at the end."""

    __slots__ = ("counted", "counts", "followed", "of_event", "passages", "places", "program", "sent_by", "waiting")

    def __init__(self, program: Program, places: list[Places], of_event: list[int], counts: Counter[Key]) -> None:
        self.program = program
        self.places = places
        self.of_event = of_event
        self.counts = counts
        self.counted: list[Key] = []
        self.followed: dict[int, _Followed] = {}
        self.passages: dict[int, _Passage] = {}
        self.waiting: dict[tuple[int, int, int, int], _Waiting] = {}
        self.sent_by: dict[int, int] = {}  # the enrollment that sent a touch last

    def take(self, whys: Sequence[Why], until: int) -> None:
        of_event = self.of_event
        heard = 0
        for why in whys:
            kind: int = why[0]
            if kind == EVENT:
                event: Event = why[2]
                if of_event[event.event] == _FROM_OUTSIDE and why[3] == WAS_HEARD:
                    # Nearly all of them.
                    heard += 1
                else:
                    self._hear(event, why[3])
            elif kind == TOUCH:
                self._answer(why)
            elif kind == MOVED:
                self.counted.append((TAKEN, why[3], why[4], why[7]))
                if why[5] != STAY:
                    self._arrive(self.passages[why[2]], why[5], why[6])
            elif kind == ENTERED:
                self._enter(why)
            elif kind == ENDED:
                self.counted.append((TAKEN, why[3], why[4], why[7]))
                self._end(self.passages[why[2]], why[5], why[6])
            elif kind == GOAL:
                self._reach_goal(self.passages[why[2]], why[4])
            elif kind == HELD:
                self.counted.append((HOLD, why[3]))
        self.counted.append((CUSTOMER,))
        if heard:
            self.counts[HEARD, WAS_HEARD, False] += heard
        self._close(until)
        self.counts.update(self.counted)

    def _hear(self, event: Event, heard: int) -> None:
        touch = self.of_event[event.event]
        # The engine's own events have no id.
        self.counted.append((HEARD, heard, touch != _FROM_OUTSIDE and not (event.id or event.source)))
        if touch >= 0 and heard == WAS_HEARD:
            number = event.enrollment if event.enrollment >= 0 else self.sent_by.get(touch, -1)
            passage = self.passages.get(number)
            if passage is not None:
                self.counted.append((REDEEMED, passage.customer.journey, touch, passage.customer.arm))

    # ------------------------------------------------------------ where they stand

    def _enter(self, why: Why) -> None:
        _, _, number, journey, state, arrival, entry, key, arm, *_ = why
        customer = self.followed.get(journey)
        if customer is None:
            customer = self.followed[journey] = _Followed(journey, arm)
        self.counted.append((ENTRY, journey, arm, key in customer.keys, entry))
        customer.keys.add(key)
        passage = self.passages[number] = _Passage(customer, self.places[journey], arrival)
        self._stand(passage, state)

    def _stand(self, passage: _Passage, state: int) -> None:
        """Arrives in a state, and in its stage and phase where they are others than before."""
        places, journey = passage.places, passage.customer.journey
        passage.state = state
        if places.is_step[state] and not passage.seen_states >> state & 1:
            passage.seen_states |= 1 << state
            self.counted.append((REACHED, journey, STATE, state))
        stage = places.stages[state]
        if stage == passage.stage:
            return
        passage.stage = stage
        if not passage.seen_stages >> stage & 1:
            passage.seen_stages |= 1 << stage
            self.counted.append((REACHED, journey, STAGE, stage))
        phase = places.phases[state]
        if phase == passage.phase:
            return
        passage.phase = phase
        if not passage.seen_phases >> phase & 1:
            passage.seen_phases |= 1 << phase
            self.counted.append((REACHED, journey, PHASE, phase))

    def _arrive(self, passage: _Passage, state: int, at: int) -> None:
        """A stay lasts until one stands elsewhere: arriving `again` goes on with it."""
        before = passage.state
        if state == before:
            return
        places, journey = passage.places, passage.customer.journey
        self.counted.append((LEFT, journey, before, state))
        if places.is_step[before]:
            self.counted.append((STAYED, journey, STATE, before, cell_of(at - passage.state_at)))
        passage.state_at = at
        if places.stages[state] != passage.stage:
            self.counted.append((STAYED, journey, STAGE, passage.stage, cell_of(at - passage.stage_at)))
            passage.stage_at = at
        if places.phases[state] != passage.phase:
            self.counted.append((STAYED, journey, PHASE, passage.phase, cell_of(at - passage.phase_at)))
            passage.phase_at = at
        self._stand(passage, state)

    def _end(self, passage: _Passage, reason: int, at: int) -> None:
        passage.is_over = True
        journey, state = passage.customer.journey, passage.state
        self.counted.append((LEFT_BY_END, journey, state, reason))
        if passage.places.is_step[state]:
            self.counted.append((STAYED, journey, STATE, state, cell_of(at - passage.state_at)))
        self.counted.append((STAYED, journey, STAGE, passage.stage, cell_of(at - passage.stage_at)))
        self.counted.append((STAYED, journey, PHASE, passage.phase, cell_of(at - passage.phase_at)))

    def _reach_goal(self, passage: _Passage, worth: Any) -> None:
        customer = passage.customer
        customer.reached_goal = True
        self.counted.append((REACHED_GOAL, customer.journey, customer.arm))
        if isinstance(worth, int | float) and not isinstance(worth, bool):
            # Another number is counted in the same fractions, so that its sum is an integer too.
            minor = round(worth if passage.places.has_money_goal else worth * self.program.minor)
            self.counts[GOAL_VALUE, customer.journey, customer.arm] += minor

    # ------------------------------------------------------------ touches

    def _answer(self, why: Why) -> None:
        answer: int = why[9]
        if answer in (SEND, WITHHOLD):
            # Said once and for good; few have waited before.
            waiting = self.waiting.pop((why[2], why[4], why[6], why[7]), None) if self.waiting else None
            self._settle(why, waiting)
            return
        waiting = self.waiting.setdefault((why[2], why[4], why[6], why[7]), _Waiting())
        waiting.last = why
        if answer == DEFER:
            waiting.reasons.add(why[10])

    def _settle(self, why: Why, waiting: _Waiting | None) -> None:
        """A touch is told under the name it had at last: an `else` may have taken its place."""
        passage = self.passages[why[2]]
        customer, journey, touch, answer = passage.customer, why[3], why[5], why[9]
        if answer == SEND:
            self.sent_by[touch] = why[2]
            if passage.places.is_for_customer[why[4]]:
                customer.touches += 1
        has_waited = waiting is not None
        self.counted.append(
            (ANSWERED, journey, touch, customer.arm, answer, why[10], why[13], why[14], has_waited, why[4])
        )
        if waiting is not None:
            for reason in waiting.reasons:
                self.counted.append((DEFERRED_BY, journey, touch, customer.arm, reason))

    # ------------------------------------------------------------ at the end

    def _close(self, until: int) -> None:
        for passage in self.passages.values():
            if not passage.is_over:
                journey = passage.customer.journey
                self.counted.append((NOW, journey, passage.state))
                self.counted.append((STAYING, journey, passage.stage, cell_of(until - passage.stage_at)))
        for waiting in self.waiting.values():
            self._settle(waiting.last, waiting)
        for customer in self.followed.values():
            touches = min(customer.touches, TOUCHES_MAX)
            self.counted.append((FOLLOWED, customer.journey, customer.arm, customer.reached_goal, touches))
