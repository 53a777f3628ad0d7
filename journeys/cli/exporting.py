"""`journeys export`: what a customer's turns were given and decided, in JSON lines, so that they can be taken again."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from journeys.cli.customers import NO_TURN, see_known
from journeys.cli.database import open_here
from journeys.cli.files import see_writable
from journeys.cli.main import FINE
from journeys.cli.page import count_of
from journeys.definition.nearest import shown
from journeys.errors import InputError
from journeys.runtime.retracing import history, is_erased
from journeys.runtime.signals import Began, write_turn
from journeys.runtime.versions import newest_versions
from journeys.simulate.wholefile import WholeFile
from journeys.store.customers import turns_of
from journeys.store.identity import customer_of
from journeys.store.settings import secret

_encoder: Final = msgspec.json.Encoder()


def export_signals(id: str, file: Path) -> int:
    """In order: the events of a turn, then the instant it went up to; touches asked about again, and accepted;
    when what was kept for a time was forgotten; and after each turn what was decided.

    Raises InputError for a customer who is not known, or has had no turn.
    """
    see_writable([("FILE", file)])
    count = forgotten = 0
    with open_here() as database, database.reading() as connection:
        see_known(connection, id)
        customer = customer_of(connection, id)
        turns = history(lambda each: turns_of(connection, each), customer)
        first = next(turns, None)
        if first is None:
            raise InputError(NO_TURN.format(shown(id)))
        began = Began(customer=customer, salt=secret(connection, "salt").hex(), versions=newest_versions(connection))
        with WholeFile(file, is_private=True) as written:
            written.write_lines(_encoder.encode_lines([began]))
            for turn in chain([first], turns):
                lines = list(write_turn(turn))
                written.write_lines(_encoder.encode_lines(lines))
                count += sum("signal" in line for line in lines)
                forgotten += sum("forgotten" in line for line in lines)
    print(f"wrote {file}: {count_of(count, 'signal')}")
    if is_erased(first):
        print(f"{shown(id)} was erased: this history cannot be walked again")
    if forgotten:
        print(f"what {count_of(forgotten, 'event')} said is kept no longer: this history cannot be walked again")
    return FINE
