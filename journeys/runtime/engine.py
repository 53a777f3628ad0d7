"""The engine: what every part of the runtime shares, and customers on their way between rows and the core.

A customer's row holds the value that the core decides on, packed by the indexes of one publication.  Read
under a later one it is carried over, by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from journeys.core.calendar import format_moment, parse_moment
from journeys.core.customer import Customer, Event
from journeys.core.effects import SendTouch, TouchKey, WithdrawTouch
from journeys.core.forgetting import Forgetting
from journeys.core.keeping import Layout, carry_over, layout_of, pack, unpack
from journeys.core.merging import number_of, origin_of
from journeys.core.program import Program
from journeys.core.trace import Teller
from journeys.core.turn import Turn
from journeys.store.database import Connection
from journeys.store.outbox import Key, Touch
from journeys.store.publications import newest_number
from journeys.store.values import Consent, Kept, Taken

# What the signals of a turn call a touch that a provider took, and where it came from.  Nobody else can: nothing of
# that name is ever declared, and no door lets in what says that it is from there.
ACCEPTED: Final = "touch.accepted"
OUTBOX: Final = "journeys.outbox"

_line_encoder: Final = msgspec.json.Encoder()
_line_decoder: Final = msgspec.json.Decoder(Touch)


class Superseded(Exception):
    """Something was published since: what is new in it would be lost on an engine that does not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """`layouts` are those of earlier publications, by number, as far as customers were planned with them."""

    program: Program
    publication: int
    layout: Layout
    teller: Teller
    forgetting: Forgetting
    layouts: Mapping[int, Layout]

    def customer_of(self, kept: Kept) -> Customer:
        """The customer as the core reads it.

        Raises JourneysError for one that this publication cannot take over, and Superseded for one of a later.
        """
        if kept.publication > self.publication:
            raise Superseded
        value = kept.value
        if kept.publication != self.publication:
            value = carry_over(value, self.layouts[kept.publication], self.layout)
        return unpack(self.program, kept.id, value)

    def taken(
        self,
        kept: Kept | None,
        turn: Turn,
        *,
        kind: str,
        signals: bytes = b"[]",
        heard: Sequence[tuple[str, str, str]] = (),
        merged: Sequence[str] = (),
        consents: Sequence[Consent] = (),
    ) -> Taken:
        """What a turn leaves to be written."""
        customer = turn.customer
        touches, withdrawn = self._asked_for(turn)
        return Taken(
            kept=Kept(
                id=customer.id,
                publication=self.publication,
                value=pack(customer),
                as_of=customer.as_of,
                wake_at=customer.wake_at,
                turns=1 if kept is None else kept.turns + 1,
            ),
            kind=kind,
            until=customer.as_of,
            signals=signals,
            whys=tell(self, turn),
            heard=tuple(heard),
            merged=tuple(merged),
            touches=touches,
            withdrawn=withdrawn,
            consents=tuple(consents),
            is_erased=customer.erased,
        )

    def sent(self, touch: Touch) -> SendTouch | None:
        """A row of the outbox as the effect that it would be now; None of what these definitions do not know any more.

        It is known by whom it was decided for, as a row is.
        """
        program = self.program
        names, people = program.names, list(program.definitions.brand.people)
        versions = [each for each in program.journeys if (each.name, each.version) == (touch.journey, touch.version)]
        known = touch.touch in names.touches and (touch.channel is None or touch.channel in names.channels)
        if not known or not versions or (touch.person is not None and touch.person not in people):
            return None
        return SendTouch(
            customer=touch.customer,
            journey=versions[0].index,
            enrollment=touch.enrollment,
            item=touch.entry,
            visit=touch.visit,
            occurrence=touch.occurrence,
            touch=names.touches[touch.touch],
            channel=-1 if touch.channel is None else names.channels[touch.channel],
            person=-1 if touch.person is None else people.index(touch.person),
            words=touch.words,
            due_at=touch.due_at,
            at=touch.decided_at,
        )

    def accepted(self, raw: Mapping[str, Any]) -> Event | None:
        """What `say_accepted` wrote, to be heard; None of what these definitions do not know any more."""
        sent = self.sent(msgspec.convert(raw["touch"], Touch))
        if sent is None:
            return None
        event = Event(parse_moment(raw["at"]), -1, [], raw["source"], raw["id"])
        event.accepted = sent
        return event

    def _asked_for(self, turn: Turn) -> tuple[tuple[Touch, ...], tuple[Key, ...]]:
        """Of what was let go and taken back within one turn only the last word counts."""
        if not turn.effects:
            return (), ()
        touches: dict[Key, Touch] = {}
        withdrawn: dict[Key, None] = {}
        for effect in turn.effects:
            key = key_of(turn.customer, effect.key)
            match effect:
                case SendTouch():
                    withdrawn.pop(key, None)
                    touches[key] = self._touch(effect, key)
                case WithdrawTouch():
                    touches.pop(key, None)
                    withdrawn[key] = None
        return tuple(touches.values()), tuple(withdrawn)

    def _touch(self, effect: SendTouch, key: Key) -> Touch:
        program = self.program
        people = program.definitions.brand.people
        return Touch(
            customer=key[0],
            enrollment=key[1],
            entry=effect.item,
            visit=effect.visit,
            occurrence=effect.occurrence,
            journey=program.journeys[effect.journey].name,
            version=program.journeys[effect.journey].version,
            publication=self.publication,
            touch=program.touches[effect.touch].name,
            channel=program.channel_names[effect.channel] if effect.channel >= 0 else None,
            person=list(people)[effect.person] if effect.person >= 0 else None,
            words=effect.words,
            due_at=effect.due_at,
            decided_at=effect.at,
        )


def engine_of(program: Program, *, publication: int = 0, layouts: Mapping[int, Layout] | None = None) -> Engine:
    """The engine of compiled definitions; `publication` 0 is a folder that nobody published."""
    return Engine(
        program=program,
        publication=publication,
        layout=layout_of(program),
        teller=Teller(program),
        forgetting=Forgetting(program),
        layouts={} if layouts is None else layouts,
    )


def key_of(customer: Customer, key: TouchKey) -> Key:
    """The key of a row, which is that of whom the touch was decided for at first."""
    id, number = origin_of(customer, key[0])
    return (id, number, *key[1:])


def key_here(customer: Customer, key: Key) -> TouchKey:
    """The other way round: how the customer knows a row's touch."""
    id, number, entry, visit, occurrence = key
    return (number_of(customer, id, number), entry, visit, occurrence)


def see_newest(connection: Connection, engine: Engine) -> None:
    """Raises Superseded where something was published since.

    Whoever takes turns asks, after the customers are held: what they are led into must be there when it is kept.
    """
    if newest_number(connection) != engine.publication:
        raise Superseded


def say_sent(touch: Touch) -> bytes:
    """A touch that a provider took, by names: a row is read again under other definitions."""
    return _line_encoder.encode(touch)


def read_sent(signals: bytes) -> Touch:
    """What `say_sent` wrote."""
    return _line_decoder.decode(signals)


def say_accepted(touch: Touch, id: str, at: int) -> bytes:
    """The same as an event, for one that is told later."""
    return _line_encoder.encode({"id": id, "source": OUTBOX, "name": ACCEPTED, "at": format_moment(at), "touch": touch})


def tell(engine: Engine, turn: Turn) -> bytes:
    """What a turn decided, as lines of a trace."""
    return _line_encoder.encode_lines(engine.teller.rows(turn.customer.id, turn.whys))


def say_keys(keys: Sequence[TouchKey]) -> bytes:
    """Touches that a signal was about, as a row keeps them."""
    return _line_encoder.encode(keys)
