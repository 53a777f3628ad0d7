"""Comparing: the same customers through two versions of the definitions, and where each first parts ways.

Once a customer was treated differently, all that follows may differ, and much of that is chance.  So
what is told of a customer is the *first* difference: it is what the change did.  Versions number
things differently, so they are compared by name.

Counts add up, and examples are the first customers in order: so, as everywhere, chunks change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from journeys.core.effects import GENERIC_WORDS, PERSONALIZED_WORDS
from journeys.core.program import STAY, Program
from journeys.core.trace import ARM_WORDS
from journeys.core.why import ANSWER_WORDS, ENDED, ENTERED, EVENT, GOAL, HELD, MOVED, REASON_WORDS, TOUCH, Why
from journeys.measure.comparison import Change, Comparison

EXAMPLES: Final = 5
NOTHING: Final = "nothing"

# What a customer's first difference is: before, after, and where it came.
Parting = tuple[str, str, str]


class Partings:
    """What was compared so far."""

    def __init__(self) -> None:
        self.customers = 0
        self.counts: dict[Parting, int] = {}
        self.examples: dict[Parting, list[str]] = {}
        self.won: dict[str, int] = {}
        self.lost: dict[str, int] = {}

    def add(self, customer: str, before: Sequence[Deed], after: Sequence[Deed]) -> None:
        """One customer, with what both versions did."""
        self.customers += 1
        parting = _part(before, after)
        if parting is None:
            return
        self.counts[parting] = self.counts.get(parting, 0) + 1
        examples = self.examples.setdefault(parting, [])
        if len(examples) < EXAMPLES:
            examples.append(customer)
        reached, reaches = _goals(before), _goals(after)
        for journey in reaches - reached:
            self.won[journey] = self.won.get(journey, 0) + 1
        for journey in reached - reaches:
            self.lost[journey] = self.lost.get(journey, 0) + 1

    def merge(self, other: Partings) -> None:
        """Adds those of customers who come after these."""
        self.customers += other.customers
        for parting, count in other.counts.items():
            self.counts[parting] = self.counts.get(parting, 0) + count
            examples = self.examples.setdefault(parting, [])
            examples += other.examples[parting][: EXAMPLES - len(examples)]
        for journey, count in other.won.items():
            self.won[journey] = self.won.get(journey, 0) + count
        for journey, count in other.lost.items():
            self.lost[journey] = self.lost.get(journey, 0) + count

    def comparison(self) -> Comparison:
        common_first = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return Comparison(
            customers=self.customers,
            changed=sum(self.counts.values()),
            changes=tuple(
                Change(before=key[0], after=key[1], where=key[2], customers=count, examples=tuple(self.examples[key]))
                for key, count in common_first
            ),
            won=dict(sorted(self.won.items())),
            lost=dict(sorted(self.lost.items())),
        )


# ---------------------------------------------------------------- what is compared


@dataclass(frozen=True, slots=True)
class Deed:
    """A decision, by name: when, which kind, what in words, of which journey, where the customer then stands.

    `rest` is what else must be the same for two to be the same; it begins with the enrollment's number.
    """

    at: int
    kind: int
    words: str
    journey: str
    state: str
    rest: tuple[Any, ...]


def deeds_of(program: Program, whys: Sequence[Why]) -> list[Deed]:
    """What was decided about a customer.

    What they did is not compared, nor what a file says of why: only how they were treated.
    """
    return [_deed(program, why) for why in whys if why[0] != EVENT]


def _deed(program: Program, why: Sequence[Any]) -> Deed:
    kind, at, number = why[0], why[1], why[2]
    journey = program.journeys[why[3]]
    rest: tuple[Any, ...] = (number,)
    state = ""
    if kind == ENTERED:
        state = journey.state_names[why[4]]
        words, rest = f"entered at {state}", (number, ARM_WORDS[why[8]], why[7])
    elif kind == MOVED:
        origin = journey.state_names[why[4]]
        state = origin if why[5] == STAY else journey.state_names[why[5]]
        words = f"stayed in {origin}" if why[5] == STAY else f"moved from {origin} to {state}"
    elif kind == ENDED:
        words = f"ended as {journey.say_end(why[5])}"
    elif kind == TOUCH:
        words, rest = _touch(program, why)
    elif kind == GOAL:
        words, rest = "reached the goal", (number, why[4])
    else:
        words = "put on hold" if kind == HELD else "let go of the hold"
    return Deed(at, kind, words, journey.name, state, rest)


def _touch(program: Program, why: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    _, _, number, _, _, touch, visit, occurrence, due, answer, reason, _, until, channel, words = why
    said = f"{program.touches[touch].name} {ANSWER_WORDS[answer]}"
    if reason:
        said += f" ({REASON_WORDS[reason]})"
    elif channel >= 0:
        which = GENERIC_WORDS if words == GENERIC_WORDS else PERSONALIZED_WORDS
        said += f" by {program.channel_names[channel]}, {which} words"
    return said, (number, visit, occurrence, due, until, words)


def _goals(deeds: Sequence[Deed]) -> set[str]:
    return {deed.journey for deed in deeds if deed.kind == GOAL}


def _part(before: Sequence[Deed], after: Sequence[Deed]) -> Parting | None:
    # Where each enrollment stands.
    where: dict[int, str] = {}
    for one, other in zip_longest(before, after):
        if one != other:
            return _told(one, other, where)
        if one.kind == ENDED:
            where.pop(one.rest[0], None)
        elif one.state:
            where[one.rest[0]] = one.state
    return None


def _told(one: Deed | None, other: Deed | None, where: dict[int, str]) -> Parting:
    """What was done first is told; the other version did nothing at that instant, or something else."""
    first = min((deed for deed in (one, other) if deed is not None), key=lambda deed: deed.at)
    before = one.words if one is not None and one.at == first.at else NOTHING
    after = other.words if other is not None and other.at == first.at else NOTHING
    if before == after:
        # The same at the same instant, and not in the same way: until another time, say.
        after = f"{after}, but otherwise"
    state = where.get(first.rest[0])
    return before, after, first.journey if state is None else f"{first.journey} {state}"
