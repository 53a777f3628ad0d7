"""The report: what a tally says, as values a terminal or a program can show.

Everything is an integer, and everything stands in the order of the definitions, so that the same
decisions give the same report to the letter.  Shares and intervals are made by whoever shows it.

A stage is *reached* once for each enrollment that ever stood there, *left* as often as it was
left; a stay that still goes on has no length yet, so the median is that of the stays that ended
(of an even number, the lower of the two in the middle).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from journeys.core.calendar import format_moment
from journeys.core.effects import GENERIC_WORDS
from journeys.core.program import JourneyProgram, Program
from journeys.core.why import HEARD_WORDS, REASON_WORDS
from journeys.definition.model import STAGES
from journeys.measure import tally as t
from journeys.measure.tally import PHASE, PHASE_OF_STAGE, PHASES, STAGE, STATE, Key, Tally

__all__ = [
    "ArmReport", "EventReport", "GoalReport", "JourneyReport", "Place", "Report", "Tally", "Touched", "make_report",
]  # fmt: skip

ARMS: Final = ("personalized", "generic", "holdout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A phase, a stage or a step.  `left` says where to: places of the same kind, or `end.REASON`.

    `back` of those who left went to an earlier one.  `within` are the stages of a phase, the steps
    of a stage.
    """

    name: str
    reached: int
    now: int
    left: Mapping[str, int]
    back: int
    median_minutes: int | None
    within: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What became of touches.  `due` is sent, withheld and waiting together.

    `deferred` are those of them that had to wait at least once; `deferred_by` counts a touch for
    each reason it waited for.  `words` tells personalized words by variant where there are several.
    """

    due: int
    sent: int
    deferred: int
    waiting: int
    withheld: Mapping[str, int]
    deferred_by: Mapping[str, int]
    channels: Mapping[str, int]
    words: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalReport:
    """`value` is in minor units, of the currency if `is_money`."""

    reached: int
    value: int
    is_money: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmReport:
    """An arm as assigned.  A held-out customer's touches stand in `touched.withheld` under "holdout"."""

    arm: str
    entered: int
    goal: GoalReport | None
    touched: Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyReport:
    """`entered` counts enrollments, `customers` the people; `reentered` came back for the same key."""

    journey: str
    title: str
    customers: int
    entered: int
    reentered: int
    now: int
    ended: int
    ends: Mapping[str, int]
    regressions: int
    holds: int
    goal: GoalReport | None
    phases: tuple[Place, ...]
    touched: Touched
    touches: Mapping[str, Touched]
    arms: tuple[ArmReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReport:
    """Events from outside by what became of them; `own` are the engine's, as `spark.sent`."""

    heard: int
    unheard: Mapping[str, int]
    own: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`until` is the last instant that was taken, in microseconds UTC."""

    until: int
    customers: int
    currency: str
    decimals: int
    events: EventReport
    journeys: tuple[JourneyReport, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """For programs.  The keys and their order are a promise."""
        return {"report": 1, **asdict(self), "until": format_moment(self.until)}


def make_report(tally: Tally, *, until: int) -> Report:
    """What a tally says of the journeys that its program lets customers enter, by priority and name."""
    program, counts = tally.program, tally.counts
    entries = [entry for each in program.enter_on.values() for entry in each] + program.triggers
    entered = {entry.journey.index for entry in entries}
    heard = {word: counts.get((t.HEARD, place, False), 0) for place, word in enumerate(HEARD_WORDS)}
    own = sum(count for key, count in counts.items() if key[0] == t.HEARD and key[2])
    return Report(
        until=until,
        customers=counts.get((t.CUSTOMER,), 0),
        currency=program.definitions.brand.currency,
        decimals=program.definitions.brand.decimals,
        events=EventReport(
            heard=heard.pop("heard"), unheard={word: count for word, count in heard.items() if count}, own=own
        ),
        journeys=tuple(
            _Reader(program, journey, counts).report() for journey in program.journeys if journey.index in entered
        ),
    )


class _Reader:
    """Reads one journey's counts."""

    def __init__(self, program: Program, journey: JourneyProgram, counts: Mapping[Key, int]) -> None:
        self.program = program
        self.journey = journey
        # The counts of this journey alone, by kind, without the journey.
        self.kinds: dict[int | str, dict[Key, int]] = {}
        for key, count in counts.items():
            if key[0] not in (t.CUSTOMER, t.HEARD) and key[1] == journey.index:
                self.kinds.setdefault(key[0], {})[key[2:]] = count

    def report(self) -> JourneyReport:
        journey, definition = self.journey, self.journey.definition
        ends = {self._reason(reason): self._count(t.END, reason) for reason in self._reasons()}
        ends = {word: count for word, count in ends.items() if count}
        phases = self._phases()
        stages = [stage for phase in phases for stage in phase.within]
        touches = {
            touch.name: self._touched(lambda key, index=touch.index: key[0] == index)  # type: ignore[misc]
            for touch in self.program.touches
        }
        return JourneyReport(
            journey=journey.name,
            title=definition.title,
            customers=self._count(t.CUSTOMER_ENTERED),
            entered=self._sum(t.ENTRY),
            reentered=self._count(t.REENTRY),
            now=sum(stage.now for stage in stages),
            ended=sum(ends.values()),
            ends=ends,
            regressions=sum(stage.back for stage in stages),
            holds=self._count(t.HOLD),
            goal=self._goal(lambda key: True),
            phases=phases,
            touched=self._touched(lambda key: True),
            touches={name: touched for name, touched in touches.items() if touched.due},
            arms=tuple(self._arm(arm, name) for arm, name in enumerate(ARMS) if self._count(t.ENTRY, arm)),
        )

    def _count(self, kind: int, *key: int | str) -> int:
        return self.kinds.get(kind, {}).get(key, 0)

    def _sum(self, kind: int, of: Callable[[Key], bool] = lambda key: True) -> int:
        return sum(count for key, count in self.kinds.get(kind, {}).items() if of(key))

    def _by(self, kind: int, place: int, of: Callable[[Key], bool]) -> dict[int, int]:
        """Counts by one part of the key, in the order of the definitions."""
        found: dict[int, int] = {}
        for key, count in self.kinds.get(kind, {}).items():
            if of(key):
                part = key[place]
                assert isinstance(part, int)
                found[part] = found.get(part, 0) + count
        return dict(sorted(found.items()))

    # ------------------------------------------------------------ the funnel

    def _phases(self) -> tuple[Place, ...]:
        journey = self.journey
        stages: dict[int, Place] = {}
        for index, name in enumerate(STAGES):
            if name in journey.stage_names:
                own = journey.stage_names.index(name)
                states = [state.index for state in journey.states if state.stage == own]
                has_steps = journey.state_names[states[0]] != name
                steps = tuple(self._place(STATE, state, journey.state_names) for state in states) if has_steps else ()
                stages[index] = self._place(STAGE, index, STAGES, steps)
        phases = []
        for phase in range(len(PHASES)):
            within = tuple(stage for index, stage in stages.items() if PHASE_OF_STAGE[index] == phase)
            if within:
                phases.append(self._place(PHASE, phase, PHASES, within))
        return tuple(phases)

    def _place(self, level: int, place: int, names: Sequence[str], within: tuple[Place, ...] = ()) -> Place:
        to = {key[2]: count for key, count in self._at(t.LEFT, level, place).items()}
        ended = {key[2]: count for key, count in self._at(t.LEFT_BY_END, level, place).items()}
        left = {names[other]: to[other] for other in range(len(names)) if other in to}
        left |= {f"end.{self._reason(reason)}": ended[reason] for reason in self._reasons() if reason in ended}
        stays = {key[2]: count for key, count in self._at(t.STAYED, level, place).items()}
        return Place(
            name=names[place],
            reached=self._count(t.REACHED, level, place),
            now=self._count(t.NOW, level, place),
            left=left,
            # Steps have an order of their own only within the file, so that no one goes back among them.
            back=0 if level == STATE else sum(count for other, count in to.items() if int(other) < place),
            median_minutes=_median(stays),
            within=within,
        )

    def _at(self, kind: int, level: int, place: int) -> dict[Key, int]:
        return {key: count for key, count in self.kinds.get(kind, {}).items() if key[:2] == (level, place)}

    def _reasons(self) -> list[int]:
        """In file order, erasure last."""
        return [*range(len(self.journey.reasons)), -1]

    def _reason(self, reason: int) -> str:
        return self.journey.reasons[reason] if reason >= 0 else "erased"

    # ------------------------------------------------------------ goal, arms, touches

    def _goal(self, of: Callable[[Key], bool]) -> GoalReport | None:
        goal = self.journey.definition.goal
        if goal is None:
            return None
        is_money = goal.value is not None and goal.value.type == "money"
        return GoalReport(reached=self._sum(t.REACHED_GOAL, of), value=self._sum(t.GOAL_VALUE, of), is_money=is_money)

    def _arm(self, arm: int, name: str) -> ArmReport:
        return ArmReport(
            arm=name,
            entered=self._count(t.ENTRY, arm),
            goal=self._goal(lambda key: key[0] == arm),
            touched=self._touched(lambda key: key[1] == arm),
        )

    def _touched(self, of: Callable[[Key], bool]) -> Touched:
        channels = self.program.channel_names
        words: dict[str, int] = {}
        for key, count in sorted(self.kinds.get(t.SENT, {}).items()):
            if of(key):
                word = self._words(int(key[0]), str(key[3]))
                words[word] = words.get(word, 0) + count
        return Touched(
            due=self._sum(t.DUE, of),
            sent=self._sum(t.SENT, of),
            deferred=self._sum(t.DEFERRED, of),
            waiting=self._sum(t.WAITING, of),
            withheld={REASON_WORDS[reason]: count for reason, count in self._by(t.WITHHELD, 2, of).items()},
            deferred_by={REASON_WORDS[reason]: count for reason, count in self._by(t.DEFERRED_BY, 2, of).items()},
            # What goes to a webhook has no channel.
            channels={
                channels[channel] if channel >= 0 else "none": count
                for channel, count in self._by(t.SENT, 2, of).items()
            },
            words=dict(sorted(words.items(), key=lambda item: (item[0] == GENERIC_WORDS, item[0]))),
        )

    def _words(self, touch: int, words: str) -> str:
        if words == GENERIC_WORDS:
            return GENERIC_WORDS
        return f"personalized {words}" if len(self.program.touches[touch].variants) > 1 else "personalized"


def _median(cells: Mapping[int | str, int]) -> int | None:
    total = sum(cells.values())
    seen = 0
    for cell, count in sorted(cells.items()):
        seen += count
        if 2 * seen >= total:
            return int(cell)
    return None
