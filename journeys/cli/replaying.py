"""`journeys replay`: recorded customers through journeys, a progress bar, then the report."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.cli.assuming import read_assumed
from journeys.cli.main import FINE
from journeys.cli.page import Page, count_of
from journeys.cli.reporting import print_report
from journeys.cli.showing import choose_journey
from journeys.core.calendar import format_moment
from journeys.definition.model import Definitions
from journeys.errors import InputError
from journeys.simulate.recording import BadLine
from journeys.simulate.replay import Replayed, replay

_BAD_SHOWN = 5
_NAMES_SHOWN = 10

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line of a replay."""

    journeys: tuple[str, ...]
    events: Path
    customers: Path | None
    assume: Path | None
    skip_bad: bool
    trace: Path | None
    json: Path | None
    use_reference: bool
    salt: str
    folder: Path


def replay_events(asked: Asked) -> int:
    # What can be refused at once is refused before the work begins.
    for path in (asked.events, asked.customers, asked.assume):
        if path is not None:
            _see_readable(path)
    reading = open_definitions(asked.folder)
    assert reading.definitions is not None
    names = [choose_journey(reading.definitions, name).name for name in dict.fromkeys(asked.journeys)]
    for path in (asked.trace, asked.json):
        if path is not None:
            try:
                _see_writable(path, asked)
            except (OSError, ValueError) as error:
                raise InputError(f"{path} cannot be written: {_reason(error)}") from None
    replayed = _replay(reading.definitions, names, asked)
    if asked.json is not None:
        _write_json(asked.json, replayed)
    page = Page()
    _print_summary(page, replayed, asked.events)
    print_report(page, replayed.report)
    return FINE


def _replay(definitions: Definitions, names: list[str], asked: Asked) -> Replayed:
    assumed = None if asked.assume is None else read_assumed(asked.assume, definitions.brand)
    with _progress() as (on_reading, on_progress):
        return replay(
            definitions,
            names,
            asked.events,
            customers=asked.customers,
            assume=assumed,
            skip_bad=asked.skip_bad,
            trace=asked.trace,
            reference=asked.use_reference,
            salt=asked.salt,
            on_reading=on_reading,
            on_progress=on_progress,
        )


@contextmanager
def _progress() -> Iterator[tuple[Tick, Tick]]:
    """Bars on standard error, where somebody watches it."""
    if not sys.stderr.isatty():
        yield _ignore, _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<18}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        reading = progress.add_task("Reading events", total=None)
        walking = progress.add_task("Walking customers", total=None, visible=False)

        def on_reading(done: int, total: int) -> None:
            progress.update(reading, completed=done, total=total)

        def on_progress(done: int, total: int) -> None:
            progress.update(reading, visible=False)
            progress.update(walking, completed=done, total=total, visible=True)

        yield on_reading, on_progress


def _ignore(done: int, total: int) -> None:
    """Nobody watches."""


# ---------------------------------------------------------------- files


def _see_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder, and a file is wanted")
        # Whoever writes on a pipe would lose what they wrote, if we opened it and went away.
        if not path.is_fifo():
            path.open("rb").close()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {_reason(error)}") from None


def _see_writable(path: Path, asked: Asked) -> None:
    """Raises before a year is replayed for nothing.  What stands in the file is not touched yet."""
    for other in (asked.events, asked.customers, asked.assume):
        if other is not None and path.exists() and other.samefile(path):
            raise InputError(f"{path} is read here: write somewhere else")
    if asked.trace == asked.json:
        raise InputError(f"--trace and --json are both {path}: give each a file of its own")
    folder = path.parent
    if path.is_dir():
        raise InputError(f"{path} is a folder, and a file is wanted")
    if not folder.is_dir():
        raise InputError(f"{path} cannot be written: there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError(f"{path} cannot be written: permission denied")


def _write_json(path: Path, replayed: Replayed) -> None:
    try:
        path.write_text(json.dumps(_as_json(replayed), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _as_json(replayed: Replayed) -> dict[str, object]:
    """The report, with what was read beside what was heard of it."""
    report = replayed.report.to_json()
    read = {
        "read": replayed.events,
        "repeated": replayed.repeated,
        "undeclared": dict(replayed.undeclared),
        "bad": replayed.skipped_count,
    }
    return {**report, "signals": replayed.signals, "events": {**read, **report["events"]}}


# ---------------------------------------------------------------- what was read


def _print_summary(page: Page, replayed: Replayed, events: Path) -> None:
    report = replayed.report
    page.paragraph(
        f"{count_of(replayed.customers, 'customer')} and {count_of(replayed.events, 'event')} "
        f"until {format_moment(report.until)}; {count_of(replayed.signals, 'signal')}."
    )
    left_out = [f"{count:,} {_UNHEARD[reason]}" for reason, count in report.events.unheard.items()]
    undeclared = sorted(replayed.undeclared.items(), key=lambda item: -item[1])
    left_out += [f"{count:,} {name} (not declared in brand.yaml)" for name, count in undeclared[:_NAMES_SHOWN]]
    if others := undeclared[_NAMES_SHOWN:]:
        left_out.append(f"{sum(count for _, count in others):,} of {len(others):,} other undeclared names")
    if replayed.repeated:
        left_out.append(f"{replayed.repeated:,} that came again")
    if left_out:
        page.paragraph(f"Not acted on: {'; '.join(left_out)}.", hang=2, style="yellow")
    _print_skipped(page, replayed.skipped, replayed.skipped_count, events)


_UNHEARD = {
    "consent": "without consent to their purpose",
    "too late": "too late",
    "import": "imported as history",
    "erased": "about customers who were erased",
    "not sent": "about a touch that was never sent",
}


def _print_skipped(page: Page, skipped: tuple[BadLine, ...], count: int, events: Path) -> None:
    if not count:
        return
    page.line((f"Skipped {count_of(count, 'bad line')}:", "yellow"))
    for bad in skipped[:_BAD_SHOWN]:
        where = "" if bad.file == str(events) else f" of {bad.file}"
        page.line((f"  line {bad.line}{where}: {bad.message}", "yellow"))
    if count > _BAD_SHOWN:
        page.line((f"  … and {count - _BAD_SHOWN:,} more", "yellow"))
