"""A turn in progress: the customer being changed, and what came of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .customer import Customer, Enrollment, Event
from .effects import Effect
from .program import MoveProgram, Program, TouchProgram
from .why import Why


class Chooser(Protocol):
    """Another engine, to take the moves in place of the table."""

    def choose(self, enrollment: Enrollment, moves: Sequence[MoveProgram], allowed: Sequence[bool]) -> int:
        """The place in `moves` of the one that is taken, or -1.  `allowed` says which conditions hold."""


class Turning:
    """What the parts of a turn share.

    `queue` holds the engine's own events of this instant, to be heard in its next round.
    `collected` are the clock moves that came due in this instant; `moment` is the own time of
    the event being heard, and `is_hearing` says that one is.  `has_ended` says that some
    enrollment has, and may be let go.  `signals` counts events and due clocks.
    `is_accepted_at_once` is virtual sending: `sent` follows in the same instant.
    """

    __slots__ = (
        "chooser",
        "collected",
        "customer",
        "effects",
        "has_ended",
        "is_accepted_at_once",
        "is_hearing",
        "moment",
        "program",
        "queue",
        "signals",
        "whys",
    )

    def __init__(
        self, program: Program, customer: Customer, is_accepted_at_once: bool, chooser: Chooser | None
    ) -> None:
        self.program = program
        self.customer = customer
        self.effects: list[Effect] = []
        self.whys: list[Why] = []
        self.queue: list[Event] = []
        self.chooser = chooser
        self.is_accepted_at_once = is_accepted_at_once
        self.signals = 0
        self.collected: set[tuple[int, int]] = set()
        self.moment = 0
        self.is_hearing = False
        self.has_ended = False
        for each in customer.enrollments:
            if each.ended_at >= 0:
                self.has_ended = True

    def enrollment(self, number: int) -> Enrollment:
        for each in self.customer.enrollments:
            if each.number == number:
                return each
        raise KeyError(number)

    def tell(self, event: int, properties: list[object], at: int, enrollment: int) -> None:
        """Queues an engine event, if anybody in the definitions hears it."""
        if self.program.is_heard[event]:
            self.queue.append(Event(at, event, properties, "", "", False, enrollment))

    def tell_of_touch(self, enrollment: Enrollment, touch: TouchProgram, part: str, at: int, word: str) -> None:
        self.tell(touch.events[part], [word], at, enrollment.number)
