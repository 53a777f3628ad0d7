"""Retracing: a customer's recorded signals once more, in virtual time.

What every turn was given is kept with it: the events that arrived, the instant up to which it went, the
touches that the gate was asked about anew, and those that a provider took.  The same signals give the same
decisions, word for word; where they do not, the definitions of now would have decided otherwise.

What is kept for a time only is gone from the signals of then: a history that began with it can be told, and not
walked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from journeys.core.calendar import format_moment
from journeys.core.customer import Customer
from journeys.core.keeping import carry_over, pack, unpack
from journeys.core.turn import Turn, accept_touch, ask_again, withhold_spent
from journeys.errors import InputError
from journeys.store.values import KeptTurn

from .deciding import begin_or_go_on, read_signals
from .engine import Engine, read_sent, tell
from .merging import FOUND, MERGE, other_named

_NO_EVENTS: Final = b"[]"
_decoder: Final = msgspec.json.Decoder()


class Forgotten(InputError):
    """What was said up to an instant is kept no longer: what was decided by it cannot be decided again."""


def retrace(turns: Iterable[KeptTurn], engine_of: Callable[[int], Engine]) -> Iterator[bytes]:
    """The trace lines that each turn gives when it is taken again; `engine_of` knows publications by their number.

    The turns are those of a `history`.

    Raises Forgotten, with the first turn, where something of what was given is kept no longer.
    """
    turns = list(turns)
    if turns and is_erased(turns[0]):
        raise Forgotten("the customer was erased: nothing of what they said is kept, and there is nothing to decide by")
    gone = [kept.until for kept in turns if is_forgotten(kept)]
    if gone:
        raise Forgotten(f"what was said up to {format_moment(gone[-1])} is kept no longer, and the rest follows it")
    stand: dict[str, tuple[Customer, Engine]] = {}
    for kept in turns:
        engine = engine_of(kept.publication)
        if kept.customer in stand:
            stand[kept.customer] = _carried(*stand[kept.customer], engine)
        for id in absorbed_by(kept):
            if id in stand:
                stand[id] = _carried(*stand[id], engine)
        turn = _take(engine, kept, {id: customer for id, (customer, _) in stand.items()})
        stand[kept.customer] = turn.customer, engine
        yield tell(engine, turn)


def _carried(customer: Customer, before: Engine, engine: Engine) -> tuple[Customer, Engine]:
    if engine is before:
        return customer, engine
    return unpack(engine.program, customer.id, carry_over(pack(customer), before.layout, engine.layout)), engine


def history(turns_of: Callable[[str], Iterable[KeptTurn]], id: str) -> Iterator[KeptTurn]:
    """The turns of a customer, and before the one that takes in another all that the other had had."""
    known = {id}

    def told(id: str) -> Iterator[KeptTurn]:
        for turn in turns_of(id):
            for other in absorbed_by(turn):
                if other not in known:
                    known.add(other)
                    yield from told(other)
            yield turn

    return told(id)


def absorbed_by(kept: KeptTurn) -> list[str]:
    """The ids that a turn takes in, as far as anything was known by them."""
    if kept.kind != "turn" or MERGE.encode() not in kept.signals:
        return []
    return [id for raw in _decoder.decode(kept.signals) if (id := other_named(raw)) is not None and FOUND not in raw]


def is_erased(first: KeptTurn) -> bool:
    """Whether a customer was erased, by the first of their turns: it began with something that they had said."""
    return first.kind == "turn" and first.signals == _NO_EVENTS


def is_forgotten(kept: KeptTurn) -> bool:
    """Whether something of the events of a turn is kept no longer."""
    return kept.kind == "turn" and any("forgotten" in event for event in _decoder.decode(kept.signals))


def _take(engine: Engine, kept: KeptTurn, customers: Mapping[str, Customer]) -> Turn:
    customer = customers.get(kept.customer)
    if kept.kind == "turn":
        return begin_or_go_on(
            engine, kept.customer, customer, read_signals(engine, kept.signals, customers), kept.until
        )
    if customer is None:
        raise InputError(f"turn {kept.number}: it is the first, and only events begin a customer")
    if kept.kind == "forgotten":
        return engine.forgetting.forget(customer, kept.until)
    if kept.kind == "dropped":
        return engine.forgetting.drop(customer, kept.until)
    if kept.kind in ("asked", "spent"):
        keys: list[list[Any]] = _decoder.decode(kept.signals)
        touches = frozenset([(number, item, visit, occurrence) for number, item, visit, occurrence in keys])
        if kept.kind == "spent":
            return withhold_spent(engine.program, customer, touches)
        return ask_again(engine.program, customer, kept.until, keys=touches, is_accepted_at_once=False)
    touch = read_sent(kept.signals)
    sent = engine.sent(touch)
    if sent is None:
        raise InputError(
            f"turn {kept.number}: '{touch.touch}' went from version {touch.version} of '{touch.journey}', "
            "and these definitions do not know it"
        )
    return accept_touch(engine.program, customer, sent, kept.until)
