"""The funnel: where people stood, how long they stayed, where they went from there.

The tally tells of states where people went and where they stand; here that is rolled up into
stages and phases.

A stage is *reached* once for each enrollment that ever stood there, *left* as often as it was
left; a stay that still goes on has no length yet, so the quartiles are those of the stays that
ended (of an even number, the lower of the two in the middle).  `survival` takes in those that go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeys.core.program import JourneyProgram
from journeys.definition.model import STAGES
from journeys.measure import tally as t
from journeys.measure.counted import Counted, part
from journeys.measure.survival import Survival, survive
from journeys.measure.tally import PHASE, PHASE_OF_STAGE, PHASES, STAGE, STATE, Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A phase, a stage or a step.  `left` says where to: places of the same kind, or `end.REASON`.

    `back` of those who left went to an earlier one.  `within` are the stages of a phase, the steps
    of a stage.  `survival` is told of stages only: (minutes since arrival, share still there in
    parts per million), as `survival.survive` makes it.
    """

    name: str
    reached: int
    now: int
    left: Mapping[str, int]
    back: int
    median_minutes: int | None
    within: tuple[Place, ...] = ()
    quarter_minutes: int | None
    three_quarter_minutes: int | None
    survival: Survival


class Funnel:
    """Reads one journey's counts."""

    def __init__(self, journey: JourneyProgram, counted: Counted) -> None:
        self.journey = journey
        self.counted = counted
        places = Places(journey)
        # By level: the place of each state.
        self.places: tuple[Sequence[int], ...] = (range(len(journey.states)), places.stages, places.phases)

    def ends(self) -> dict[str, int]:
        ends = {self._reason(reason): self.counted.sum(t.LEFT_BY_END, part(1, reason)) for reason in self._reasons()}
        return {word: count for word, count in ends.items() if count}

    def phases(self) -> tuple[Place, ...]:
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
        to, ended = self._left(level, place)
        left = {names[other]: to[other] for other in range(len(names)) if other in to}
        left |= {f"end.{self._reason(reason)}": ended[reason] for reason in self._reasons() if reason in ended}
        stays = self.counted.stayed.get((level, place), {})
        return Place(
            name=names[place],
            reached=self.counted.sum(t.REACHED, lambda key: key == (level, place)),
            now=self.counted.sum(t.NOW, lambda key: self.places[level][int(key[0])] == place),
            left=left,
            # Steps have an order of their own only within the file, so that no one goes back among them.
            back=0 if level == STATE else sum(count for other, count in to.items() if other < place),
            quarter_minutes=_quartile(stays, 1),
            median_minutes=_quartile(stays, 2),
            three_quarter_minutes=_quartile(stays, 3),
            survival=survive(stays, self.counted.staying.get(place, {})) if level == STAGE else (),
            within=within,
        )

    def _left(self, level: int, place: int) -> tuple[dict[int, int], dict[int, int]]:
        """How many left a place: to which others of its level, and by which end."""
        places = self.places[level]
        to: dict[int, int] = {}
        for key, count in self.counted.of(t.LEFT).items():
            state, other = int(key[0]), places[int(key[1])]
            if places[state] == place != other:
                to[other] = to.get(other, 0) + count
        return to, self.counted.by(t.LEFT_BY_END, 1, lambda key: places[int(key[0])] == place)

    def _reasons(self) -> list[int]:
        """In file order, erasure last."""
        return [*range(len(self.journey.reasons)), -1]

    def _reason(self, reason: int) -> str:
        return self.journey.say_end(reason)


def _quartile(cells: Mapping[int, int], quarters: int) -> int | None:
    """The length that so many quarters of the stays did not exceed."""
    total = sum(cells.values())
    seen = 0
    for cell, count in sorted(cells.items()):
        seen += count
        if 4 * seen >= quarters * total:
            return cell
    return None
