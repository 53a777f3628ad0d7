"""`journeys publish`: definitions go live, and what that means for who is on their way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from journeys.check.folder import open_definitions
from journeys.cli.database import open_here
from journeys.cli.main import FINE
from journeys.cli.page import Column, Page, print_json
from journeys.clock import now
from journeys.runtime.planning import Told
from journeys.runtime.publishing import Published, publish

_NEWEST: Final = {"new": "new", "same": "as before", "back": "once more"}
_EARLIER: Final = {
    "goes on": "for who stands in it",
    "done": "done: nobody is left in it",
    "let go": "dropped: it would break",
}


def publish_folder(folder: Path, *, is_dry_run: bool, is_json: bool) -> int:
    """Raises DefinitionError for files with errors, before there is a database, and for what would break."""
    reading = open_definitions(folder)
    with open_here(is_made=not is_dry_run) as database:
        published = publish(database, folder, now(), is_dry_run=is_dry_run, reading=reading)
    if is_json:
        print_json(_as_json(published, is_dry_run=is_dry_run))
        return FINE
    page = Page()
    if not published.is_new:
        page.line(f"{folder} is what publication {published.number} says already")
        return FINE
    said = f"{folder} would be" if is_dry_run else f"published {folder} as"
    page.line(f"{said} publication {published.number}")
    if published.versions:
        page.line()
        _print_versions(page, published.versions)
    if published.begun:
        page.line()
        page.paragraph(f"Remembered from now on, and not from before: {', '.join(published.begun)}.")
    return FINE


def _print_versions(page: Page, versions: tuple[Told, ...]) -> None:
    columns = [
        Column(title="journey", is_name=True, style="bold"),
        Column(title="version", is_number=True),
        Column(title="which is"),
        Column(title="on their way", is_number=True),
        Column(title="ended, goal open", is_number=True),
    ]
    page.table(columns, [_cells(each) for each in versions])


def _cells(told: Told) -> list[str]:
    words = _NEWEST.get(told.said) or _EARLIER[told.said]
    gone = ", the journey is gone" if told.is_gone and told.said == "goes on" else ""
    staying = told.staying
    return [told.journey, f"{told.version}", words + gone, f"{staying.on_their_way:,}", f"{staying.over:,}"]


def _as_json(published: Published, *, is_dry_run: bool) -> dict[str, Any]:
    return {
        "publication": published.number,
        "is_new": published.is_new,
        "is_dry_run": is_dry_run,
        "versions": [
            {
                "journey": each.journey,
                "version": each.version,
                "is": each.said,
                "journey_is_gone": each.is_gone,
                "on_their_way": each.staying.on_their_way,
                "ended_with_goal_open": each.staying.over,
            }
            for each in published.versions
        ],
        "remembered_from_now_on": list(published.begun),
    }
