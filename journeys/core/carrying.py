"""Carrying over: what was kept under one layout, as it is kept under the next.

A new publication moves every index.  What has the same name is taken along, what is new begins empty,
what is gone is forgotten.  A publication is no event in a customer's life: nothing is decided here,
and what a new segment or `if` entry finds to be true already is no news to it.

An enrollment stays on the version that it entered, whose name is that of its journey and whose mark is
its fingerprint.  Whoever publishes keeps every version that somebody stands in; where one is missing
nobody on their way through it can be carried.  One that has ended only waits for its goal: it goes on
waiting in the newest version where the goal means the same, and else it is let go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from journeys.errors import JourneysError

from .layout import Layout
from .packed import PackedCustomer, PackedEnrollment, PackedSending, PackedWaiting, read, write
from .plain import from_plain, to_plain
from .why import RULE


class ChangedJourney(JourneysError):
    """Somebody is on their way through a version of a journey that was not kept."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a customer is on their way through '{name}', which has changed or is gone")
        self.name = name


def standing(value: bytes) -> Iterator[tuple[int, bool]]:
    """Of each enrollment that `pack` kept: its version's place in the layout, and whether it is on its way.

    One that has ended is so while a touch of it waits or is under way.
    """
    packed = read(value)
    busy = _busy(packed)
    for each in packed.enrollments:
        yield each.journey, each.ended_at < 0 or each.number in busy


def carry_over(value: bytes, old: Layout, new: Layout) -> bytes:
    """What `pack` made, for the new definitions.  Raises ChangedJourney.

    The customer is best taken up to the publication first, with the old definitions: what came due
    before it was theirs.
    """
    if old.fingerprint == new.fingerprint:
        return value
    carrying = _ready.get((old.fingerprint, new.fingerprint))
    if carrying is None:
        _ready.clear()
        carrying = _ready[old.fingerprint, new.fingerprint] = _Carrying(old, new)
    return write(carrying.carry(read(value)))


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
        self.versions = _moved(_versions(old), _versions(new))
        families = {each.name: each.family for each in new.journeys}
        self.families = [families.get(each.name, -1) for each in old.journeys]
        self.counters = {counter: new.counters[name] for name, counter in old.counters.items() if name in new.counters}
        known = set(self.segments)
        self.new_segments = [place for place, name in enumerate(new.segments) if name and place not in known]
        known = set(self.triggers)
        self.new_triggers = [place for place in range(len(new.triggers)) if place not in known]

    def carry(self, packed: PackedCustomer) -> PackedCustomer:
        as_of = packed.as_of
        busy = _busy(packed)
        carried = [self._enrollment(each, each.number in busy) for each in packed.enrollments]
        zone = packed.zone
        if zone == self.old.zone and None not in [what for what, _ in packed.told_at]:
            # Nobody ever said where this customer lives: that is the brand's zone, whichever it is.
            zone = self.new.zone
        return PackedCustomer(
            format=packed.format,
            counter=packed.counter,
            segments_at=packed.segments_at,
            triggers_at=packed.triggers_at,
            # The own minute after the quiet hours is drawn anew when it is needed, and so is what is due next.
            spread=-1,
            as_of=as_of,
            wake_at=as_of,
            zone=zone,
            erased=packed.erased,
            consents=_bits(packed.consents, self.purposes),
            bounced=_bits(packed.bounced, self.channels),
            complained=_bits(packed.complained, self.channels),
            segments=_bits(packed.segments, self.segments),
            fields=_placed(packed.fields, self.fields, [None] * len(self.new.fields)),
            facts=_placed(packed.facts, self.facts, [None] * len(self.new.facts)),
            triggers=_placed(packed.triggers, self.triggers, [-1] * len(self.new.triggers)),
            enrollments=sorted([each for each in carried if each is not None], key=_rank),
            past=[
                (to, key, begun, over) for family, key, begun, over in packed.past if (to := self.families[family]) >= 0
            ],
            waiting=[self._waiting(each, as_of) for each in packed.waiting],
            sending=[
                PackedSending(
                    waiting=self._waiting(each.waiting, as_of),
                    touch=self.touches[each.touch],
                    channel=_at(self.channels, each.channel),
                    words=each.words,
                    at=each.at,
                )
                for each in packed.sending
            ],
            caps=_renamed(packed.caps, self.counters),
            would=_renamed(packed.would, self.counters),
            most=_renamed(packed.most, self.counters),
            last_sent={
                to: (number, _at(self.channels, channel))
                for touch, (number, channel) in packed.last_sent.items()
                if (to := self.touches[touch]) >= 0
            },
            told_at=self._told_at(packed.told_at),
            unasked=self._unasked(packed.unasked),
            others=packed.others,
            preferences=packed.preferences,
        )

    def _enrollment(self, packed: PackedEnrollment, is_busy: bool) -> PackedEnrollment | None:
        """None for one that has ended, and whose goal nobody looks for any more."""
        old = self.old.journeys[packed.journey]
        to = self.versions[packed.journey]
        is_same = to >= 0
        if not is_same:
            if packed.ended_at < 0 or is_busy:
                raise ChangedJourney(old.name)
            to = self.families[packed.journey]
            if to < 0:
                return None
        new = self.new.journeys[to]
        packed.journey = to
        if not is_same:
            states, stages = _moved(old.states, new.states), _moved(old.stages, new.stages)
            packed.state, packed.stage = states[packed.state], stages[packed.stage]
            packed.end = _at(_moved(old.reasons, new.reasons), packed.end)
            if new.goal != old.goal or packed.state < 0:
                return None
            # It is past all its moves and clocks.
            packed.fired, packed.taken, packed.since, packed.seen = {}, {}, {}, ()
            packed.visits = _placed(packed.visits, states, [0] * len(new.states))
            packed.stage_visits = _placed(packed.stage_visits, stages, [0] * len(new.stages))
        places = _moved(old.kept, new.kept)
        packed.kept = _placed(packed.kept, places, [None] * len(new.kept))
        packed.kept_at = _placed(packed.kept_at, places, [-1] * len(new.kept))
        packed.heard = {to: count for event, count in packed.heard.items() if (to := self.events[event]) >= 0}
        return packed

    def _waiting(self, packed: PackedWaiting, as_of: int) -> PackedWaiting:
        number, item, place, visit, occurrence, due_at, ask_at, reason = packed
        if reason == RULE and self.old.rules != self.new.rules:
            ask_at = min(ask_at, as_of)
        return (number, item, place, visit, occurrence, due_at, ask_at, reason)

    def _told_at(self, packed: list[tuple[int | None, int]]) -> list[tuple[int | None, int]]:
        """Of a field, a consent (below 0) and the zone (None), when the newest word was given."""
        told_at: list[tuple[int | None, int]] = []
        for what, at in packed:
            if what is None:
                told_at.append((None, at))
            elif what >= 0:
                if self.fields[what] >= 0:
                    told_at.append((self.fields[what], at))
            elif self.purposes[-1 - what] >= 0:
                told_at.append((-1 - self.purposes[-1 - what], at))
        return told_at

    def _unasked(self, before: tuple[list[int], list[int]] | None) -> tuple[list[int], list[int]]:
        """The segments and `if` entries whose first answer is no news."""
        segments, triggers = before or ([], [])
        return (
            self.new_segments + [to for each in segments if (to := self.segments[each]) >= 0],
            self.new_triggers + [to for each in triggers if (to := self.triggers[each]) >= 0],
        )


# The last two layouts between which somebody was carried: customer after customer is carried between the same.
_ready: dict[tuple[str, str], _Carrying] = {}


def _versions(layout: Layout) -> list[str]:
    return [f"{each.name} {each.fingerprint}" for each in layout.journeys]


def _moved(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """The new place of each name, or -1."""
    places = {name: place for place, name in enumerate(new) if name}
    return [places.get(name, -1) for name in old]


def _at(places: list[int], place: int) -> int:
    """Where a place leads; what is below 0 is none, and stays what it is."""
    return place if place < 0 else places[place]


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


def _busy(packed: PackedCustomer) -> set[int]:
    """The enrollments of which a touch waits or is under way."""
    return {each[0] for each in packed.waiting} | {each.waiting[0] for each in packed.sending}


def _rank(enrollment: PackedEnrollment) -> tuple[int, int]:
    return (enrollment.journey, enrollment.number)
