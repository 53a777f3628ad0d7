"""Retracing: a customer's recorded signals once more, in virtual time.

What every turn was given is kept with it: the events that arrived, the instant up to which it went, the
touches that the gate was asked about anew, and those that a provider took.  The same signals give the same
decisions, word for word; where they do not, the decisions of then cannot be explained by the
definitions of now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from journeys.core.customer import Customer
from journeys.core.keeping import carry_over, pack, unpack
from journeys.core.turn import Turn, accept_touch, ask_again
from journeys.store.values import KeptTurn

from .deciding import begin_or_go_on, read_signals
from .engine import Engine, read_sent, tell

_decoder: Final = msgspec.json.Decoder()


def retrace(turns: Iterable[KeptTurn], engine_of: Callable[[int], Engine]) -> Iterator[bytes]:
    """The trace lines that each turn gives when it is taken again; `engine_of` knows publications by their number."""
    customer: Customer | None = None
    before: Engine | None = None
    for kept in turns:
        engine = engine_of(kept.publication)
        if customer is not None and before is not None and engine is not before:
            packed = carry_over(pack(customer), before.layout, engine.layout)
            customer = unpack(engine.program, kept.customer, packed)
        turn = _take(engine, kept, customer)
        customer, before = turn.customer, engine
        yield tell(engine, turn)


def _take(engine: Engine, kept: KeptTurn, customer: Customer | None) -> Turn:
    if kept.kind == "turn":
        return begin_or_go_on(engine, kept.customer, customer, read_signals(engine, kept.signals), kept.until)
    assert customer is not None, "a touch was asked about or taken before the first turn"
    if kept.kind == "asked":
        keys: list[list[Any]] = _decoder.decode(kept.signals)
        touches = [(number, item, visit, occurrence) for number, item, visit, occurrence in keys]
        return ask_again(engine.program, customer, kept.until, keys=frozenset(touches), is_accepted_at_once=False)
    sent = engine.sent(read_sent(kept.signals))
    assert sent is not None, "a turn is told of by the publication that it was taken under"
    return accept_touch(engine.program, customer, sent, kept.until)
