"""`journeys export`: what a customer's turns were given, one JSON line each, so that it can be walked again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec

from journeys.cli.database import open_here
from journeys.cli.files import see_writable
from journeys.cli.main import FINE
from journeys.cli.page import count_of
from journeys.core.calendar import format_moment
from journeys.definition.nearest import shown
from journeys.errors import InputError
from journeys.runtime.engine import read_sent
from journeys.simulate.wholefile import WholeFile
from journeys.store.customers import turns_of
from journeys.store.texts import is_text
from journeys.store.values import KeptTurn

_KEY: Final = ("enrollment", "entry", "visit", "occurrence")
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder()


def export_signals(id: str, file: Path) -> int:
    """In order: the events of a turn, then the instant it went up to; touches asked about again, and accepted; and
    when what was kept for a time was forgotten.

    Raises InputError for a customer without turns.
    """
    see_writable([("FILE", file)])
    count = forgotten = 0
    with open_here() as database, database.reading() as connection:
        turns = iter(turns_of(connection, id) if is_text(id) else ())
        first = next(turns, None)
        if first is None:
            raise InputError(f"{shown(id)} has had no turn")
        with WholeFile(file) as written:
            for turn in chain([first], turns):
                lines = list(_lines(turn))
                written.write_lines(_encoder.encode_lines(lines))
                count += len(lines)
                forgotten += sum("forgotten" in line for line in lines)
    print(f"wrote {file}: {count_of(count, 'signal')}")
    if forgotten:
        print(f"what {count_of(forgotten, 'event')} said is kept no longer: this history cannot be walked again")
    return FINE


def _lines(turn: KeptTurn) -> Iterator[dict[str, Any]]:
    """What was given to one turn; nothing of the events is left for a customer who was erased."""
    said = {
        "turn": turn.number,
        "until": format_moment(turn.until),
        "publication": turn.publication,
        "customer": turn.customer,
    }
    if turn.kind == "turn":
        for event in _decoder.decode(turn.signals):
            yield {"signal": "event", "turn": turn.number, **event, "customer": turn.customer}
        yield {"signal": "instant", **said}
        return
    if turn.kind == "forgotten":
        yield {"signal": "forgotten", **said}
        return
    keys = [read_sent(turn.signals).key[1:]] if turn.kind == "accepted" else _decoder.decode(turn.signals)
    yield {"signal": turn.kind, **said, "touches": [dict(zip(_KEY, key, strict=True)) for key in keys]}
