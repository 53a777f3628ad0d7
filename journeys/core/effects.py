"""Effects: what a turn asks of the world, and nothing more.

A change of state is the customer's new value, never an effect.
"""

from __future__ import annotations

from typing import Final

# What the sending of a touch is told apart by: (enrollment, item, visit, occurrence).
TouchKey = tuple[int, int, int, int]

PERSONALIZED_WORDS: Final = "personalized"
GENERIC_WORDS: Final = "generic"


class SendTouch:
    """Send this touch, once for its key: (enrollment, item, visit, occurrence).

    `words` is "generic" or the variant ("a", "b"); `person` an index of `people`, -1 for the
    customer.  Everything else is an index into the program.
    """

    __slots__ = (
        "at",
        "channel",
        "customer",
        "due_at",
        "enrollment",
        "item",
        "journey",
        "occurrence",
        "person",
        "touch",
        "visit",
        "words",
    )

    def __init__(
        self,
        customer: str,
        journey: int,
        enrollment: int,
        item: int,
        visit: int,
        occurrence: int,
        touch: int,
        channel: int,
        person: int,
        words: str,
        due_at: int,
        at: int,
    ) -> None:
        self.customer = customer
        self.journey = journey
        self.enrollment = enrollment
        self.item = item
        self.visit = visit
        self.occurrence = occurrence
        self.touch = touch
        self.channel = channel
        self.person = person
        self.words = words
        self.due_at = due_at
        self.at = at

    @property
    def key(self) -> TouchKey:
        return (self.enrollment, self.item, self.visit, self.occurrence)


class WithdrawTouch:
    """Do not send this touch any more: it was let go, and nobody has accepted it yet."""

    __slots__ = ("customer", "enrollment", "item", "occurrence", "visit")

    def __init__(self, customer: str, enrollment: int, item: int, visit: int, occurrence: int) -> None:
        self.customer = customer
        self.enrollment = enrollment
        self.item = item
        self.visit = visit
        self.occurrence = occurrence

    @property
    def key(self) -> TouchKey:
        return (self.enrollment, self.item, self.visit, self.occurrence)


Effect = SendTouch | WithdrawTouch
