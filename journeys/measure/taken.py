"""Taken: how often each way of a journey's machine was gone, and how often each of its touches was sent.

The tally counts by what the program calls things.  Here the same is told by the path of what stands in
the file, so that whoever draws a journey can write it beside the words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from journeys.core.program import JourneyProgram
from journeys.core.table import moves_of
from journeys.core.why import SEND
from journeys.definition.model import Journey, Move, Path
from journeys.measure import tally as t
from journeys.measure.counted import Counted
from journeys.measure.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Counts of one journey.  What never happened is not in them.

    `entered` is by entry; `moved` by move, and then by the state in which it was taken; `sent` by entry of a
    `send` list; `erased` (the end that no move leads to) and `now` by state.
    """

    entered: Mapping[Path, int]
    moved: Mapping[Path, Mapping[str, int]]
    sent: Mapping[Path, int]
    erased: Mapping[str, int]
    now: Mapping[str, int]

    def times(self, move: Move) -> int:
        """How often a move was taken, wherever."""
        return sum(self.moved.get(move.path, {}).values())

    def came(self, journey: Journey, state: str) -> int:
        """How often somebody arrived in a state from elsewhere: by an entry, or by a move."""
        came = sum(self.entered.get(entry.path, 0) for entry in journey.enter if entry.to == state)
        for move in moves_of(journey):
            if move.to == state:
                came += sum(count for origin, count in self.moved.get(move.path, {}).items() if origin != state)
        return came

    def left(self, journey: Journey, state: str) -> int:
        """How often somebody left a state: for another one, or by an end."""
        left = self.erased.get(state, 0)
        for move in moves_of(journey):
            if move.to not in ("stay", "again", state):
                left += self.moved.get(move.path, {}).get(state, 0)
        return left


def taken_of(tally: Tally, name: str) -> Taken:
    journey = next(each for each in tally.program.journeys if each.name == name)
    counted = Counted(journey.index, tally.counts)
    return Taken(
        # As an entry's index is its place in the file, whichever of its events it was.
        entered={journey.definition.enter[entry].path: count for entry, count in counted.by(t.ENTRY, 2).items()},
        moved=_moved(journey, counted),
        sent=_sent(journey, counted),
        erased=_by_state(journey, counted.by(t.TAKEN, 0, lambda key: key[1] == -1)),
        now=_by_state(journey, counted.by(t.NOW, 0)),
    )


def _moved(journey: JourneyProgram, counted: Counted) -> dict[Path, dict[str, int]]:
    """A move on several events is several to the program, and one in the file."""
    moved: dict[Path, dict[str, int]] = {}
    for (state, move), count in counted.of(t.TAKEN).items():
        if int(move) >= 0:
            by_state = moved.setdefault(journey.moves[int(move)].path, {})
            name = journey.state_names[int(state)]
            by_state[name] = by_state.get(name, 0) + count
    return moved


def _sent(journey: JourneyProgram, counted: Counted) -> dict[Path, int]:
    sent: dict[Path, int] = {}
    for item, count in counted.by(t.ANSWERED, 7, lambda key: key[2] == SEND).items():
        send = journey.items[item].send
        assert send is not None
        sent[send.path] = sent.get(send.path, 0) + count
    return sent


def _by_state(journey: JourneyProgram, counts: Mapping[int, int]) -> dict[str, int]:
    return {journey.state_names[state]: count for state, count in counts.items()}
