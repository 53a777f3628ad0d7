"""The sketch: a journey as boxes with words in them and arrows between, before anything has a place.

A move's words stand in a box of their own, on its arrow: so whoever lays the boxes out keeps the words apart
from everything else, which no layout does for labels.  To keep arrows few and short, what comes from
many places begins beside where it leads ("from anywhere"), an end is drawn at each state that has one, and what
leads nowhere (`stay`, `again`) is said inside the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeVar

from journeys.core.diagram import entry_label, move_label, wrap
from journeys.definition.model import STAGES, Entry, Journey, Move, SendEntry, Stage, Step
from journeys.definition.words import say_touches
from journeys.measure.taken import Taken

Kind = Literal["state", "any", "way", "in", "end"]
Said = Literal["name", "note", "words", "touch", "inner"]

WIDTH: Final = 34  # characters of a line
_NOWHERE: Final = ("stay", "again")
_ANY_STEP: Final = "from any step"

_Aimed = TypeVar("_Aimed", Entry, Move)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`count` stands before the words; None where nothing was counted.  `goes_on` what the line before began."""

    words: str
    said: Said
    count: int | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """`kind`: a state; any state of a stage, or of all; words on an arrow; where an arrow begins; an end."""

    kind: Kind
    lines: tuple[Line, ...]
    stage: str | None = None  # the stage with steps in which it lies


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """From box to box, by their places.  `of_stage`: it begins at the border of that stage.

    `is_back` says that it leads up, against the order of the lifecycle; `is_end` that it leads out.
    """

    tail: int
    head: int
    count: int | None
    has_head: bool = True
    of_stage: str | None = None
    is_back: bool = False
    is_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """`order` are pairs of boxes of which the first stands above, `level` those that stand beside each other."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    order: tuple[tuple[int, int], ...]
    level: tuple[tuple[int, int], ...]


def sketch(journey: Journey, taken: Taken | None) -> Sketch:
    """Without `taken` it is only the machine."""
    return _Sketching(journey, taken).sketch()


class _Sketching:
    def __init__(self, journey: Journey, taken: Taken | None) -> None:
        self.journey = journey
        self.taken = taken
        self.stages: list[Stage] = sorted(journey.stages, key=lambda stage: STAGES.index(stage.name))
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.states: dict[str, int] = {}
        self.level: list[tuple[int, int]] = []

    def sketch(self) -> Sketch:
        for stage in self.stages:
            for name, owners in states_of(stage):
                self.states[name] = self._box("state", self._state(name, owners), stage if stage.steps else None)
        for to, entries in _by_aim(self.journey.enter).items():
            self._way_in(
                "enter", to, [line for entry in entries for line in self._entry(entry)], self._entered(entries)
            )
        for stage in self.stages:
            for step in stage.steps:
                self._leave(f"{stage.name}.{step.name}", step.move, stage)
            self._leave(stage.name, stage.move, stage)
        self._leave_anywhere()
        return Sketch(
            boxes=tuple(self.boxes),
            arrows=tuple(self.arrows),
            order=tuple(pairwise(self.states.values())),
            level=tuple(self.level),
        )

    def _box(self, kind: Kind, lines: Iterable[Line], stage: Stage | None = None) -> int:
        self.boxes.append(Box(kind=kind, lines=tuple(lines), stage=None if stage is None else stage.name))
        return len(self.boxes) - 1

    # ------------------------------------------------------------ boxes of states

    def _state(self, name: str, owners: Sequence[Stage | Step]) -> Iterator[Line]:
        yield Line(words=name.rpartition(".")[2], said="name")
        if self.taken is not None:
            came, now = self.taken.came(self.journey, name), self.taken.now.get(name, 0)
            yield Line(words=f"{came:,} came, {now:,} there now", said="note")
        for owner in owners:
            yield from self._inside(owner.send, owner.move)

    def _inside(self, sends: Sequence[SendEntry], moves: Sequence[Move]) -> Iterator[Line]:
        """What a state sends, and what leads nowhere."""
        for send in sends:
            yield from self._send(send)
        for move in moves:
            if move.to in _NOWHERE:
                yield from self._move(move, said="inner")

    def _send(self, send: SendEntry) -> Iterator[Line]:
        sent = None if self.taken is None else self.taken.sent.get(send.path, 0)
        yield from _lines(wrap(say_touches(send), WIDTH), said="touch", count=sent)

    def _move(self, move: Move, *, said: Said = "words") -> Iterator[Line]:
        words = move_label(move, WIDTH)
        yield from _lines(words[:-1] if move.to == "stay" else words, said=said, count=self._moved([move]))
        for send in move.send:
            yield from self._send(send)

    def _entry(self, entry: Entry) -> Iterator[Line]:
        yield from _lines(entry_label(entry, WIDTH), said="words", count=self._entered([entry]))

    def _moved(self, moves: Sequence[Move]) -> int | None:
        if self.taken is None:
            return None
        return sum(self.taken.times(move) for move in moves)

    def _entered(self, entries: Sequence[Entry]) -> int | None:
        return None if self.taken is None else sum(self.taken.entered.get(entry.path, 0) for entry in entries)

    # ------------------------------------------------------------ ways

    def _leave(self, owner: str, moves: Sequence[Move], stage: Stage) -> None:
        """All ways from a state, or from a stage with steps, whose own moves begin at its border."""
        is_whole = owner == stage.name and bool(stage.steps)
        steps = [name for name, _ in states_of(stage)]
        if is_whole and (lines := [*self._inside(stage.send, stage.move)]):
            box = self._box("any", [Line(words="any step", said="name"), *lines], stage)
            self.level.append((self.states[steps[0]], box))
        ends = []
        for to, those in _by_aim(moves).items():
            if to.startswith("end."):
                ends += those
            elif to not in _NOWHERE and is_whole and to in steps:
                self._way_in(_ANY_STEP, to, self._ways(those), self._moved(those), stage)
            elif to not in _NOWHERE:
                near = steps[0] if self.states[to] < self.states[steps[0]] else steps[-1]
                self._way(near if is_whole else owner, to, those, stage, of_stage=owner if is_whole else None)
        erased = 0 if self.taken is None or is_whole else self.taken.erased.get(owner, 0)
        if ends or erased:
            box = self._box("end", [*self._border(is_whole), *self._ends(ends, erased)])
            tail = self.states[steps[-1] if is_whole else owner]
            count = None if self.taken is None else (self._moved(ends) or 0) + erased
            self._arrow(tail, box, count, of_stage=owner if is_whole else None, is_end=True)

    def _leave_anywhere(self) -> None:
        moves = self.journey.anywhere
        ends = [move for move in moves if move.to.startswith("end.")]
        for to, those in _by_aim(moves).items():
            if to not in _NOWHERE and not to.startswith("end."):
                self._way_in("from anywhere", to, self._ways(those), self._moved(those))
        inside = list(self._inside((), moves))
        if ends or inside:
            anywhere = self._box("any", [Line(words="anywhere", said="name"), *inside])
            if ends:
                self._arrow(anywhere, self._box("end", self._ends(ends, 0)), self._moved(ends), is_end=True)

    def _way(self, owner: str, to: str, moves: Sequence[Move], stage: Stage, *, of_stage: str | None) -> None:
        tail, head, count = self.states[owner], self.states[to], self._moved(moves)
        is_inside = of_stage is None and bool(stage.steps) and to.startswith(f"{stage.name}.")
        lines = [*self._border(of_stage is not None), *self._ways(moves)]
        words = self._box("way", lines, stage if is_inside else None)
        is_back = head < tail
        self._arrow(tail, words, count, has_head=False, of_stage=of_stage, is_back=is_back)
        self._arrow(words, head, count, is_back=is_back)

    def _border(self, is_whole: bool) -> Iterator[Line]:
        """What begins at a stage's border would seem to leave the step beside which it begins."""
        if is_whole:
            yield Line(words=_ANY_STEP, said="note")

    def _way_in(self, name: str, to: str, lines: Iterable[Line], count: int | None, stage: Stage | None = None) -> None:
        box = self._box("in", [Line(words=name, said="name"), *lines], stage)
        self._arrow(box, self.states[to], count)

    def _ways(self, moves: Sequence[Move]) -> Iterator[Line]:
        for move in moves:
            yield from self._move(move)

    def _ends(self, moves: Sequence[Move], erased: int) -> Iterator[Line]:
        for to, those in _by_aim(moves).items():
            yield Line(words=to.removeprefix("end."), said="name")
            yield from self._ways(those)
        if erased:
            yield Line(words="erased", said="name")
            yield Line(words="customer.erased", said="words", count=erased)

    def _arrow(
        self,
        tail: int,
        head: int,
        count: int | None,
        *,
        has_head: bool = True,
        of_stage: str | None = None,
        is_back: bool = False,
        is_end: bool = False,
    ) -> None:
        arrow = Arrow(
            tail=tail, head=head, count=count, has_head=has_head, of_stage=of_stage, is_back=is_back, is_end=is_end
        )
        self.arrows.append(arrow)


def states_of(stage: Stage) -> Iterator[tuple[str, tuple[Stage | Step, ...]]]:
    """Each state of a stage, and whose touches and moves are its alone."""
    if not stage.steps:
        yield stage.name, (stage,)
    for step in stage.steps:
        yield f"{stage.name}.{step.name}", (step,)


def _lines(words: Sequence[str], *, said: Said, count: int | None) -> Iterator[Line]:
    for place, line in enumerate(words):
        yield Line(words=line, said=said, count=None if place else count, goes_on=bool(place))


def _by_aim(each: Iterable[_Aimed]) -> dict[str, list[_Aimed]]:
    """Entries or moves by where they lead, in file order."""
    found: dict[str, list[_Aimed]] = {}
    for one in each:
        found.setdefault(one.to, []).append(one)
    return found
