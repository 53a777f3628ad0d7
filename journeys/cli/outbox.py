"""`journeys outbox`: touches on their way, by names and times; neither addresses nor words are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from journeys.cli.database import open_here
from journeys.cli.main import FINE
from journeys.cli.moments import say_utc
from journeys.cli.page import Column, Page, print_json
from journeys.clock import now
from journeys.definition.nearest import shown
from journeys.errors import InputError
from journeys.runtime.known import say_key, tell_touch, why_of
from journeys.store.customers import retry_failed
from journeys.store.looking import OnItsWay, touches_by_status
from journeys.store.outbox import Key, failed
from journeys.store.texts import is_text

_SHOWN: Final = 50  # touches of each kind
_AT_ONCE: Final = 500
_NUMBER_MAX: Final = 1 << 63
_TITLES: Final = {
    "waiting": "Waiting, the next first",
    "sent": "Sent lately",
    "failed": "Failed: each waits for `journeys outbox retry`",
}


def print_outbox(*, only_failed: bool, is_json: bool) -> int:
    statuses = ["failed"] if only_failed else ["waiting", "sent", "failed"]
    with open_here() as database, database.reading() as connection:
        # One more than is shown says that there are more.
        found = {status: touches_by_status(connection, status, _SHOWN + 1) for status in statuses}
    if is_json:
        rows = {status: [tell_touch(touch) for touch in touches[:_SHOWN]] for status, touches in found.items()}
        print_json({**rows, "more": [status for status, touches in found.items() if len(touches) > _SHOWN]})
        return FINE
    page = Page()
    if not any(found.values()):
        page.line("Nothing has failed." if only_failed else "Nothing waits, was sent or has failed.")
    for place, (status, touches) in enumerate((status, touches) for status, touches in found.items() if touches):
        if place:
            page.line()
        page.line((_TITLES[status], "bold"))
        _print_touches(page, status, touches[:_SHOWN])
        if len(touches) > _SHOWN:
            page.line((f"… and more: these are the first {_SHOWN}", "dim"))
    return FINE


def _print_touches(page: Page, status: str, touches: Sequence[OnItsWay]) -> None:
    when = {"waiting": "goes at (UTC)", "sent": "at (UTC)", "failed": "at (UTC)"}[status]
    columns = [
        Column(title="key", is_copied=True, style="bold"),
        Column(title="touch", is_name=True, style="green"),
        Column(title="channel"),
        Column(title=when, is_number=True),
        Column(title="tries", is_number=True),
    ]
    if status == "failed":
        columns.append(Column(title="why"))
    page.table(columns, [_cells(status, touch) for touch in touches])


def _cells(status: str, touch: OnItsWay) -> list[str]:
    at = touch.next_at if status == "waiting" else touch.settled_at
    cells = [say_key(touch.key), touch.touch, touch.channel or "to us", say_utc(at), f"{touch.attempt:,}"]
    return [*cells, why_of(touch.problem) or ""] if status == "failed" else cells


def retry(keys: Sequence[str], *, is_all: bool) -> int:
    """Raises InputError where it is not said which, and where none of them has failed."""
    if bool(keys) == is_all:
        raise InputError("say which: keys as `journeys outbox --failed` shows them, or --all, and not both")
    wanted = sorted({_read_key(key) for key in keys})
    count = 0
    with open_here() as database:
        if is_all:
            with database.reading() as connection:
                wanted = failed(connection)
        for first in range(0, len(wanted), _AT_ONCE):
            # In their order and few at a time: their customers are held meanwhile.
            with database.writing() as connection:
                count += retry_failed(connection, wanted[first : first + _AT_ONCE], now())
    if not is_all and not count:
        raise InputError("none of these has failed: `journeys outbox --failed` shows those that have")
    missing = 0 if is_all else len(wanted) - count
    others = f"; {missing:,} had not failed" if missing else ""
    print(f"{count:,} {'touch' if count == 1 else 'touches'} will be tried again{others}")
    return FINE


def _read_key(text: str) -> Key:
    customer, *numbers = text.rsplit("/", 4)
    are_numbers = len(numbers) == 4 and all(each.isascii() and each.isdigit() for each in numbers)
    if not customer or not is_text(customer) or not are_numbers:
        raise InputError(f"{shown(text)} is no key of a touch: write it as `journeys outbox --failed` shows it")
    enrollment, entry, visit, occurrence = (min(int(each[:20]), _NUMBER_MAX - 1) for each in numbers)
    return (customer, enrollment, entry, visit, occurrence)
