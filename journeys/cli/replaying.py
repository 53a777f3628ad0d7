"""`journeys replay`: recorded customers through journeys, a progress bar, then the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.cli.assuming import read_assumed
from journeys.cli.comparing import Compared, compared_json, compared_of, compared_page, print_comparison, traces_of
from journeys.cli.files import see_readable, see_writable, write_json, write_text
from journeys.cli.main import FINE
from journeys.cli.page import Page, count_of
from journeys.cli.progress import watched
from journeys.cli.reporting import print_report
from journeys.cli.showing import choose_journey
from journeys.cli.versions import files_of, other_version
from journeys.core.calendar import format_local, zone
from journeys.definition.model import Definitions
from journeys.measure.html.page import make_page
from journeys.simulate.recording import BadLine
from journeys.simulate.replay import Replayed, replay

_BAD_SHOWN = 5
_NAMES_SHOWN = 10


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
    html: Path | None
    use_reference: bool
    salt: str
    against: str | None
    folder: Path


def replay_events(asked: Asked) -> int:
    # What can be refused at once is refused before the work begins.
    for path in (asked.events, asked.customers, asked.assume):
        if path is not None:
            see_readable(path)
    reading = open_definitions(asked.folder)
    assert reading.definitions is not None
    names = [choose_journey(reading.definitions, name).name for name in dict.fromkeys(asked.journeys)]
    see_writable(
        [*traces_of(asked.trace, asked.against), ("--json", asked.json), ("--html", asked.html)],
        read=[asked.events, asked.customers, asked.assume, *map(Path, reading.files), *files_of(asked.against)],
    )
    replayed = _replay(reading.definitions, names, asked)
    compared = compared_of(replayed, asked.against, asked.trace)
    timezone = reading.definitions.brand.timezone
    if asked.json is not None:
        write_json(asked.json, _as_json(replayed, compared))
    if asked.html is not None:
        write_text(asked.html, _as_page(replayed, asked, names, compared, timezone))
    page = Page()
    _print_summary(page, replayed, asked.events, timezone)
    if compared is None:
        print_report(page, replayed.report)
    else:
        print_comparison(page, compared)
    return FINE


def _replay(definitions: Definitions, names: list[str], asked: Asked) -> Replayed:
    assumed = None if asked.assume is None else read_assumed(asked.assume, definitions.brand)
    before = None if asked.against is None else other_version(asked.against, asked.folder, names)
    with watched(["Reading events", "Walking customers"]) as (on_reading, on_progress):
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
            before=before,
            on_reading=on_reading,
            on_progress=on_progress,
        )


def _as_json(replayed: Replayed, compared: Compared | None) -> dict[str, object]:
    """The report, with what was read beside what was heard of it."""
    report = replayed.report.to_json()
    read = {
        "read": replayed.events,
        "repeated": replayed.repeated,
        "undeclared": dict(replayed.undeclared),
        "bad": replayed.skipped_count,
    }
    report |= {"signals": replayed.signals, "events": {**read, **report["events"]}}
    return report if compared is None else report | compared_json(compared)


def _as_page(replayed: Replayed, asked: Asked, names: list[str], compared: Compared | None, timezone: str) -> str:
    until = format_local(zone(timezone), replayed.report.until)
    facts = [("recorded in", asked.events.name), ("until", until), ("time zone", timezone)]
    facts.append(("events", f"{replayed.events:,}"))
    if replayed.skipped_count:
        facts.append(("bad lines skipped", f"{replayed.skipped_count:,}"))
    title = f"Replay of {', '.join(names)}"
    if compared is not None:
        return compared_page(compared, title=f"{title}, before and after", facts=facts)
    return make_page(replayed.report, title=title, facts=facts, is_recorded=True)


# ---------------------------------------------------------------- what was read


def _print_summary(page: Page, replayed: Replayed, events: Path, timezone: str) -> None:
    report = replayed.report
    page.paragraph(
        f"{count_of(replayed.customers, 'customer')} and {count_of(replayed.events, 'event')} "
        f"until {format_local(zone(timezone), report.until)} ({timezone}); {count_of(replayed.signals, 'signal')}."
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
