"""`journeys bench`: what the engine does in a second on this machine, beside its floors and what is known of others."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from journeys.bench.deciding import measure_deciding
from journeys.bench.latency import measure_direct, measure_latency
from journeys.bench.measured import Speed
from journeys.bench.places import Place, a_folder, an_empty_database
from journeys.bench.receiving import measure_receiving
from journeys.bench.subject import lay_subject
from journeys.cli.main import FINE
from journeys.cli.page import Column, Page, print_json
from journeys.cli.progress import watched

_CUSTOMERS_A_SECOND: Final = 2_000  # that are decided for, for each second that it should take
_CUSTOMERS_MAX: Final = 100_000

# As measured on two cores as well, by what each does for one event: none of them decides for a customer.
OTHERS: Final[Sequence[tuple[str, str]]] = (
    ("DBOS", "46 to 102 durable steps/s"),
    ("procrastinate", "293 jobs/s"),
    ("Celery with Redis", "458 tasks/s"),
    ("huey", "2,055 tasks/s"),
    ("an open-source peer", "53 events/s, from post to sink"),
    ("Adobe Journey Optimizer", "5,000 events/s for an organisation; up to five minutes to the first action"),
)


def print_bench(*, seconds: int, database: str | None, is_json: bool) -> int:
    """Raises InputError for a database in which there is something."""
    where: AbstractContextManager[Place] = a_folder() if database is None else an_empty_database(database)
    with where as place, tempfile.TemporaryDirectory(prefix="journeys-") as folder:
        speeds = _measure(place, lay_subject(Path(folder) / "definitions"), seconds)
        shown = place.shown
    if is_json:
        print_json(_as_json(speeds, shown, seconds))
    else:
        _print(Page(), speeds, shown, seconds)
    return FINE


def _measure(place: Place, definitions: Path, seconds: int) -> list[Speed]:
    customers = min(_CUSTOMERS_A_SECOND * seconds, _CUSTOMERS_MAX)
    with watched(["deciding", "receiving", "event to touch"]) as [deciding, receiving, latency]:
        return [
            *measure_deciding(place.fresh("deciding"), definitions, customers, deciding),
            *measure_receiving(place.fresh("receiving"), definitions, seconds, receiving),
            # Where several processes can share the work, each part is one.
            measure_latency(place.fresh("latency"), definitions, seconds, latency, is_apart=place.is_postgres),
            measure_direct(seconds),
        ]


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores, {platform.machine()}, {python}"


def _as_json(speeds: Sequence[Speed], shown: str, seconds: int) -> dict[str, Any]:
    return {
        "machine": _machine(),
        "database": shown,
        "seconds": seconds,
        "measured": [
            {
                "name": each.name,
                "a_second": round(each.a_second),
                "floor": round(each.floor) or None,
                "ratio": None if each.ratio is None else round(each.ratio, 3),
                "p50_ms": _ms(each.p50),
                "p99_ms": _ms(each.p99),
            }
            for each in speeds
        ],
        "others": [{"name": name, "known": known} for name, known in OTHERS],
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1_000, 1)


def _print(page: Page, speeds: Sequence[Speed], shown: str, seconds: int) -> None:
    page.line(("machine   ", "dim"), _machine())
    page.line(("database  ", "dim"), shown)
    page.line()
    columns = [
        Column(title="", is_name=True, style="bold"),
        Column(title="a second", is_number=True),
        Column(title="floor", is_number=True),
        Column(title="ratio", is_number=True),
        Column(title="p50, ms", is_number=True),
        Column(title="p99, ms", is_number=True),
    ]
    page.table(
        columns,
        [
            [
                each.name,
                f"{each.a_second:,.0f}",
                f"{each.floor:,.0f}" if each.floor else "",
                "" if each.ratio is None else f"{each.ratio:.2f}",
                "" if each.p50 is None else f"{each.p50 * 1_000:,.1f}",
                "" if each.p99 is None else f"{each.p99 * 1_000:,.1f}",
            ]
            for each in speeds
        ],
    )
    page.paragraph(
        "A floor is the same rows by bare statements, or by a bare endpoint. From an event to its touch all of the "
        "engine is at work: over HTTP in, decided, and over HTTP out; its floor is the provider called at that pace.",
        style="dim",
    )
    page.heading("What is known of others, on two cores")
    page.table([Column(title="engine", is_name=True), Column(title="known")], [[name, known] for name, known in OTHERS])
