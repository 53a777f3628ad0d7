"""Signals: a customer's turns as lines of a file, so that they can be taken again where their database is not.

The first line says what chance is drawn with and which versions of the journeys were the newest.  Then come, turn
by turn, the events that it was given, a line that closes it, and what was decided.  Of another customer who was merged
into this one the turns come before the one that takes them in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from journeys.core.calendar import format_moment, parse_moment
from journeys.core.effects import TouchKey
from journeys.errors import InputError
from journeys.store.outbox import Touch
from journeys.store.values import KeptTurn

from .engine import read_sent, say_keys, say_sent

_KEY: Final = ("enrollment", "entry", "visit", "occurrence")
_KINDS: Final = ("asked", "spent", "accepted", "forgotten", "dropped")
_CLOSED_BY: Final = {"instant": "turn"} | {name: name for name in _KINDS}
_OF_TOUCHES: Final = ("asked", "spent")
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder()


class Began(msgspec.Struct, frozen=True, kw_only=True):
    """Whose signals they are; `versions` are the newest of each journey, by its name."""

    customer: str
    salt: str
    versions: dict[str, int]


class _Closing(msgspec.Struct, frozen=True, kw_only=True):
    customer: str
    signal: str
    turn: int
    until: str
    publication: int
    touches: list[dict[str, int]] = []
    touch: Touch | None = None


def write_turn(turn: KeptTurn) -> Iterator[dict[str, Any]]:
    """What was given to one turn, and decided; nothing of the events is left for a customer who was erased."""
    closing: dict[str, Any] = {
        "signal": "instant" if turn.kind == "turn" else turn.kind,
        "turn": turn.number,
        "until": format_moment(turn.until),
        "publication": turn.publication,
        "customer": turn.customer,
    }
    if turn.kind == "turn":
        for event in _decoder.decode(turn.signals):
            yield {"signal": "event", "turn": turn.number, **event, "customer": turn.customer}
    elif turn.kind == "accepted":
        closing["touch"] = read_sent(turn.signals)
    elif turn.kind in _OF_TOUCHES:
        closing["touches"] = [dict(zip(_KEY, key, strict=True)) for key in _decoder.decode(turn.signals)]
    yield closing
    for line in turn.whys.splitlines():
        yield {"turn": turn.number, "decided": _decoder.decode(line)}


def read_signals_file(lines: Iterable[tuple[int, Mapping[str, Any]]]) -> tuple[Began, list[KeptTurn]]:
    """What `write_turn` wrote, of numbered lines.  Raises InputError, with the number, for a line that is none."""
    began: Began | None = None
    turns: list[KeptTurn] = []
    events: list[Mapping[str, Any]] = []
    for number, line in lines:
        try:
            if began is None:
                began = msgspec.convert(line, Began)
            elif "decided" in line:
                turns[-1] = _decided(turns[-1], line["decided"])
            elif line.get("signal") == "event":
                events.append({key: value for key, value in line.items() if key not in ("signal", "turn")})
            else:
                turns.append(_closed(msgspec.convert(line, _Closing), events))
                events = []
        except (msgspec.ValidationError, InputError, LookupError, ValueError) as error:
            raise InputError(f"line {number}: not one that `journeys export signals` writes: {error}") from None
    if began is None or not turns or events:
        raise InputError("it does not end as `journeys export signals` ends a file")
    return began, turns


def _decided(turn: KeptTurn, row: Any) -> KeptTurn:
    return replace(turn, whys=turn.whys + _encoder.encode(row) + b"\n")


def _closed(closing: _Closing, events: list[Mapping[str, Any]]) -> KeptTurn:
    kind = _CLOSED_BY[closing.signal]
    signals = _encoder.encode(events)
    if kind in _OF_TOUCHES:
        keys: list[TouchKey] = [tuple(each[part] for part in _KEY) for each in closing.touches]  # type: ignore[misc]
        signals = say_keys(keys)
    elif kind == "accepted":
        if closing.touch is None:
            raise InputError("it names no touch")
        signals = say_sent(closing.touch)
    until = parse_moment(closing.until)
    return KeptTurn(
        customer=closing.customer,
        number=closing.turn,
        at=until,
        until=until,
        publication=closing.publication,
        kind=kind,
        signals=signals,
        whys=b"",
    )
