"""Carrying over: what was kept under one layout, as it is kept under the next.

A new publication moves every index.  What has the same name is taken along, what is new begins empty,
what is gone is forgotten.  A publication is no event in a customer's life: nothing is decided here,
and what a new segment or `if` entry finds to be true already is no news to it.

An enrollment stays on the version that it entered, so that a journey whose meaning changed while
somebody is on their way through it cannot be carried.  One that has ended only waits for its goal: it
goes on waiting where the goal means the same, and else it is let go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journeys.errors import JourneysError

from .layout import Layout
from .plain import from_plain, to_plain
from .why import RULE

# Where these stand among the numbers of a packed enrollment.
_JOURNEY: Final = 0
_NUMBER: Final = 1
_STATE: Final = 4
_STAGE: Final = 5
_ENDED_AT: Final = 14
_END: Final = 15


class ChangedJourney(JourneysError):
    """Somebody is on their way through a journey that now means something else, or is gone."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a customer is on their way through '{name}', which has changed or is gone")
        self.name = name


def carry_over(packed: list[Any], old: Layout, new: Layout) -> list[Any]:
    """What `pack` made, for the new definitions.  What it is given stays as it was.  Raises ChangedJourney.

    The customer is best taken up to the publication first, with the old definitions: what came due
    before it was theirs.
    """
    if old.fingerprint == new.fingerprint:
        return packed
    carrying = _ready.get((old.fingerprint, new.fingerprint))
    if carrying is None:
        _ready.clear()
        carrying = _ready[old.fingerprint, new.fingerprint] = _Carrying(old, new)
    return carrying.carry(packed)


class _Carrying:
    """From one layout to the next.  What is gone has the new index -1."""

    def __init__(self, old: Layout, new: Layout) -> None:
        self.old = old
        self.new = new
        self.fields = _moved(old.fields, new.fields)
        self.facts = _moved(old.facts, new.facts)
        self.purposes = _moved(old.purposes, new.purposes)
        self.channels = _moved(old.channels, new.channels)
        self.events = _moved(old.events, new.events)
        self.touches = _moved(old.touches, new.touches)
        self.segments = _moved(old.segments, new.segments)
        self.triggers = _moved(old.triggers, new.triggers)
        self.journeys = _moved([each.name for each in old.journeys], [each.name for each in new.journeys])
        self.counters = {counter: new.counters[name] for name, counter in old.counters.items() if name in new.counters}
        known = set(self.segments)
        self.new_segments = [place for place, name in enumerate(new.segments) if name and place not in known]
        known = set(self.triggers)
        self.new_triggers = [place for place in range(len(new.triggers)) if place not in known]

    def carry(self, packed: list[Any]) -> list[Any]:
        (
            format_,
            numbers,
            zone,
            erased,
            consents,
            bounced,
            complained,
            segments,
            fields,
            facts,
            triggers,
            enrollments,
            past,
            waiting,
            sending,
            caps,
            would,
            most,
            last_sent,
            told_at,
            unasked,
        ) = packed
        counter, segments_at, triggers_at, _, as_of, _ = numbers
        busy = {each[0] for each in waiting} | {each[0][0] for each in sending}
        carried = [self._enrollment(each, each[0][_NUMBER] in busy) for each in enrollments]
        if zone == self.old.zone and None not in [what for what, _ in told_at]:
            # Nobody ever said where this customer lives: that is the brand's zone, whichever it is.
            zone = self.new.zone
        return [
            format_,
            # The own minute after the quiet hours is drawn anew when it is needed, and so is what is due next.
            [counter, segments_at, triggers_at, -1, as_of, as_of],
            zone,
            erased,
            _bits(consents, self.purposes),
            _bits(bounced, self.channels),
            _bits(complained, self.channels),
            _bits(segments, self.segments),
            _placed(fields, self.fields, [None] * len(self.new.fields)),
            _placed(facts, self.facts, [None] * len(self.new.facts)),
            _placed(triggers, self.triggers, [-1] * len(self.new.triggers)),
            sorted([each for each in carried if each is not None], key=_rank),
            [[to, *self._past(each)] for each in past if (to := self.journeys[each[0]]) >= 0],
            [self._waiting(each, as_of) for each in waiting],
            [
                [self._waiting(what, as_of), self.touches[touch], _at(self.channels, channel), words, at]
                for what, touch, channel, words, at in sending
            ],
            _renamed(caps, self.counters),
            _renamed(would, self.counters),
            _renamed(most, self.counters),
            {
                to: [number, _at(self.channels, channel)]
                for touch, (number, channel) in last_sent.items()
                if (to := self.touches[touch]) >= 0
            },
            self._told_at(told_at),
            self._unasked(unasked),
        ]

    def _enrollment(self, packed: list[Any], is_busy: bool) -> list[Any] | None:
        """None for one that has ended, and whose goal nobody looks for any more."""
        numbers, key, spent, visits, stage_visits, kept, kept_at, fired, taken, since, heard, seen, plan, ripe = packed
        old = self.old.journeys[numbers[_JOURNEY]]
        to = self.journeys[numbers[_JOURNEY]]
        is_same = to >= 0 and self.new.journeys[to].fingerprint == old.fingerprint
        if not is_same and (numbers[_ENDED_AT] < 0 or is_busy):
            raise ChangedJourney(old.name)
        if to < 0:
            return None
        new = self.new.journeys[to]
        numbers = [to, *numbers[1:]]
        if not is_same:
            states, stages = _moved(old.states, new.states), _moved(old.stages, new.stages)
            numbers[_STATE], numbers[_STAGE] = states[numbers[_STATE]], stages[numbers[_STAGE]]
            numbers[_END] = _at(_moved(old.reasons, new.reasons), numbers[_END])
            if new.goal != old.goal or numbers[_STATE] < 0:
                return None
            # It is past all its moves and clocks.
            fired, taken, since, seen = {}, {}, {}, []
            visits = _placed(visits, states, [0] * len(new.states))
            stage_visits = _placed(stage_visits, stages, [0] * len(new.stages))
        places = _moved(old.kept, new.kept)
        kept = _placed(kept, places, [None] * len(new.kept))
        kept_at = _placed(kept_at, places, [-1] * len(new.kept))
        heard = {to: count for event, count in heard.items() if (to := self.events[event]) >= 0}
        return [numbers, key, spent, visits, stage_visits, kept, kept_at, fired, taken, since, heard, seen, plan, ripe]

    def _past(self, packed: list[Any]) -> list[Any]:
        journey, key, begun, over, end = packed
        old, new = self.old.journeys[journey], self.new.journeys[self.journeys[journey]]
        return [key, begun, over, _at(_moved(old.reasons, new.reasons), end)]

    def _waiting(self, packed: list[int], as_of: int) -> list[int]:
        *what, ask_at, reason = packed
        if reason == RULE and self.old.rules != self.new.rules:
            ask_at = min(ask_at, as_of)
        return [*what, ask_at, reason]

    def _told_at(self, packed: list[list[Any]]) -> list[list[Any]]:
        """Of a field, a consent (below 0) and the zone (None), when the newest word was given."""
        told_at: list[list[Any]] = []
        for what, at in packed:
            if what is None:
                told_at.append([None, at])
            elif what >= 0:
                if self.fields[what] >= 0:
                    told_at.append([self.fields[what], at])
            elif self.purposes[-1 - what] >= 0:
                told_at.append([-1 - self.purposes[-1 - what], at])
        return told_at

    def _unasked(self, before: list[list[int]] | None) -> list[list[int]]:
        """The segments and `if` entries whose first answer is no news."""
        segments, triggers = before or ([], [])
        return [
            self.new_segments + [to for each in segments if (to := self.segments[each]) >= 0],
            self.new_triggers + [to for each in triggers if (to := self.triggers[each]) >= 0],
        ]


# The last two layouts between which somebody was carried: customer after customer is carried between the same.
_ready: dict[tuple[str, str], _Carrying] = {}


def _moved(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """The new place of each name, or -1."""
    places = {name: place for place, name in enumerate(new) if name}
    return [places.get(name, -1) for name in old]


def _at(places: list[int], place: int) -> int:
    """Where a place leads that may be none."""
    return -1 if place < 0 else places[place]


def _placed(values: list[Any], places: list[int], onto: list[Any]) -> list[Any]:
    for place, value in zip(places, values, strict=True):
        if place >= 0:
            onto[place] = value
    return onto


def _bits(packed: Any, places: list[int]) -> Any:
    mask: int = from_plain(packed)
    return to_plain(sum([1 << to for place, to in enumerate(places) if to >= 0 and mask >> place & 1]))


def _renamed(used: Mapping[int, list[int]], counters: Mapping[int, int]) -> dict[int, list[int]]:
    return {counters[counter]: times for counter, times in used.items() if counter in counters}


def _rank(enrollment: list[Any]) -> tuple[int, int]:
    return (enrollment[0][_JOURNEY], enrollment[0][_NUMBER])
