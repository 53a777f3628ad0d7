"""The page in a real browser: it fits a phone, keeps to the dark, and on paper nothing stays folded."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from journeys.measure.html.comparison import make_comparison_page
from journeys.measure.html.page import make_page
from journeys.measure.html.style import DARK, LIGHT
from journeys.measure.report import GoalReport, JourneyReport
from tests.browser import DESK, NEEDS_CHROMIUM, browser, window
from tests.measure.reports import ARMS, COMPARISON, JOURNEY, JOURNEY_BEFORE, REPORT, change, touched, with_journeys

__all__ = ["browser"]

PDFTOTEXT = shutil.which("pdftotext")

pytestmark = NEEDS_CHROMIUM

WIDTHS = (320, 360, 768, 1280)
LOOK = """() => {
  const root = document.documentElement
  const beyond = each => !each.closest("svg") && each.getBoundingClientRect().right > root.clientWidth + 0.5
  const look = () => ({
    width: root.clientWidth,
    needs: root.scrollWidth,
    beyond: [...document.body.querySelectorAll("*")].filter(beyond).map(each => each.outerHTML.slice(0, 120)),
  })
  const folded = look()
  for (const each of document.querySelectorAll("details")) each.open = true
  return {
    folded, unfolded: look(),
    hidden: [...document.querySelectorAll("p, tbody td, th, dd")]
      .filter(each => each.textContent && !each.checkVisibility()).length,
    paper: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.querySelector("h1")).color,
  }
}"""


def look_at(page: str, browser: Browser, width: int = 360, **more: Any) -> dict[str, Any]:
    with window(browser, {"viewport": {"width": width, "height": 800}}, **more) as opened:
        opened.page.set_content(page)
        seen: dict[str, Any] = opened.page.evaluate(LOOK)
        return seen


def print_sheets(page: str, browser: Browser, folder: Path, *options: str) -> list[str]:
    """What is on each sheet of paper.  Whoever reads in the dark prints on white all the same."""
    assert PDFTOTEXT is not None
    with window(browser, DESK, color_scheme="dark") as opened:
        opened.page.set_content(page)
        opened.page.pdf(path=folder / "page.pdf", prefer_css_page_size=True)
    command = [PDFTOTEXT, *options, str(folder / "page.pdf"), "-"]
    printed = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    return printed.stdout.split("\f")


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))})"


def vast() -> JourneyReport:
    """Names nobody would choose and numbers nobody has."""
    arms = tuple(
        replace(arm, entered=12_345_678, customers=9_876_543, goal=GoalReport(reached=1, value=10**12, is_money=True))
        for arm in ARMS
    )
    name = "a_name_of_a_touch_without_a_single_place_where_a_line_could_break"
    return replace(
        JOURNEY,
        title=f"What is {name} good for?",
        entered=12_345_678,
        arms=arms,
        touches={name: touched(12_345_678, 9_876_543, withheld={"cap": 2_469_135})},
        offers={name: replace(JOURNEY.offers["first-order-offer"], sent=12_345_678, cost=12_345_678_00)},
    )


def test_nothing_lies_beyond_the_right_edge_of_a_phone_or_a_desk(browser: Browser) -> None:
    facts = [("recorded in", "a-file-with-a-rather-long-name-of-the-last-winter.jsonl.gz")]
    page = make_page(with_journeys(JOURNEY, vast()), title="Simulation of espresso", facts=facts)

    for width in WIDTHS:
        seen = look_at(page, browser, width)
        for state in ("folded", "unfolded"):
            assert seen[state]["width"] == width
            assert seen[state]["needs"] <= width, seen[state]["beyond"]


def test_a_comparison_does_not_lie_beyond_the_edge_either(browser: Browser) -> None:
    name = "a_name_of_a_touch_without_a_single_place_where_a_line_could_break"
    first = change(f"{name} sent by email, generic words", "nothing", 9_001, name, "c" * 80, where=f"espresso {name}")
    page = make_comparison_page(
        with_journeys(JOURNEY_BEFORE, replace(vast(), journey="vast")),
        with_journeys(JOURNEY, replace(vast(), journey="vast", entered=1, ends={name: 12_345_678})),
        replace(COMPARISON, changes=(first, *COMPARISON.changes)),
        against=f"feature/{name}",
        title="Simulation of espresso, before and after",
        stories=[f"journeys explain c0000012 --trace {name}.before.jsonl.gz"],
    )

    for width in WIDTHS:
        seen = look_at(page, browser, width)
        for state in ("folded", "unfolded"):
            assert seen[state]["width"] == width
            assert seen[state]["needs"] <= width, seen[state]["beyond"]


@pytest.mark.parametrize(("preferred", "scheme"), [("dark", DARK), ("light", LIGHT)], ids=["dark", "light"])
def test_the_colours_are_those_the_reader_prefers(preferred: str, scheme: dict[str, str], browser: Browser) -> None:
    page = make_page(REPORT, title="Simulation")

    seen = look_at(page, browser, color_scheme=preferred)

    assert (seen["paper"], seen["ink"]) == (rgb(scheme["paper"]), rgb(scheme["ink"]))
    assert seen["hidden"] == 0


@pytest.mark.skipif(PDFTOTEXT is None, reason="pdftotext is not installed (Debian: poppler-utils)")
def test_on_paper_each_journey_begins_a_page_and_everything_is_unfolded(browser: Browser, tmp_path: Path) -> None:
    second = replace(JOURNEY, title="The second journey")
    page = make_page(with_journeys(JOURNEY, second), title="Simulation")

    sheets = [" ".join(sheet.split()) for sheet in print_sheets(page, browser, tmp_path, "-layout")]
    for folded in ("Deferred at least once, because", "selection → need", "settling 2,288", "How to read this"):
        assert any(folded in sheet for sheet in sheets), folded
    [begun] = [sheet for sheet in sheets if "espresso The second journey 8,228 enrollments" in sheet]
    assert begun.startswith("espresso The second journey")
