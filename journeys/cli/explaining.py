"""`journeys explain`: one customer's story, out of a trace; how any story looks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from journeys.cli.main import FINE
from journeys.cli.page import Page, Style, print_json
from journeys.measure.story import Chapter, Story, tell, weekday_of
from journeys.measure.traced import read_traced

_STYLES: Final[dict[str, Style]] = {
    "event": "dim",
    "entered": "cyan",
    "moved": "cyan",
    "ended": "cyan",
    "admitted": "green",
    "sent": "green",
    "deferred": "yellow",
    "withheld": "red",
    "failed": "red",
    "goal": "bold",
}
_TIME_WIDTH: Final = 8


def explain_customer(customer: str, *, trace: Path, is_json: bool) -> int:
    traced = read_traced(trace, customer)
    return print_story(tell(traced.header, traced.rows), is_json=is_json)


def print_story(story: Story, *, is_json: bool) -> int:
    if is_json:
        print_json(_as_json(story))
        return FINE
    page = Page()
    page.line((story.customer, "bold"))
    page.paragraph(story.summary, style="dim")
    for chapter in story.chapters:
        _print_chapter(page, chapter)
    return FINE


def _print_chapter(page: Page, chapter: Chapter) -> None:
    page.heading(chapter.title)
    date, time = "", ""
    for line in chapter.lines:
        if line.date != date:
            date, time = line.date, ""
            page.line((f"  {weekday_of(date)} {date}", "dim"))
        shown = line.time if line.time != time else ""
        time = line.time
        # The time stands before the words, and their further lines hang below them.
        text = f"{shown:<{_TIME_WIDTH}}  {line.words}"
        page.paragraph(text, indent=4, hang=_TIME_WIDTH + 2, style=_STYLES.get(line.kind, ""))
    if chapter.outcome:
        page.paragraph(chapter.outcome, indent=2, hang=2, style="bold")


def _as_json(story: Story) -> dict[str, object]:
    return {
        "customer": story.customer,
        "summary": story.summary,
        "chapters": [
            {
                "enrollment": chapter.enrollment,
                "outcome": chapter.outcome,
                "rows": [{**line.row, "words": line.words} for line in chapter.lines],
            }
            for chapter in story.chapters
        ],
    }
