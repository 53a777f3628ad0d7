"""The page in a real browser: it fits a phone, keeps to the dark, and on paper nothing stays folded."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from journeys.measure.html.comparison import make_comparison_page
from journeys.measure.html.page import make_page
from journeys.measure.html.style import DARK, LIGHT
from journeys.measure.report import GoalReport, JourneyReport
from tests.measure.reports import ARMS, COMPARISON, JOURNEY, JOURNEY_BEFORE, REPORT, change, touched, with_journeys

CHROMIUM = shutil.which("chromium")
PDFTOTEXT = shutil.which("pdftotext")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")

# The page itself runs nothing.  What looks at it stands around it: a frame of each width, and this.
WIDTHS = (320, 360, 768, 1280)
FRAME = '<iframe style="width: {width}px; height: 800px; border: 0" srcdoc="{page}"></iframe>'
LOOK = """<!doctype html><meta charset="utf-8"><pre id="seen"></pre>{frames}<script>
addEventListener("load", () => {
  const seen = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, root = page.documentElement
    const beyond = each => !each.closest("svg") && each.getBoundingClientRect().right > root.clientWidth + 0.5
    const look = () => ({
      width: root.clientWidth,
      needs: root.scrollWidth,
      beyond: [...page.body.querySelectorAll("*")].filter(beyond).map(each => each.outerHTML.slice(0, 120)),
    })
    const folded = look()
    for (const each of page.querySelectorAll("details")) each.open = true
    return {
      folded, unfolded: look(),
      hidden: [...page.querySelectorAll("p, tbody td, th, dd")]
        .filter(each => each.textContent && !each.checkVisibility()).length,
      paper: getComputedStyle(page.body).backgroundColor, ink: getComputedStyle(page.querySelector("h1")).color,
    }
  })
  document.getElementById("seen").textContent = JSON.stringify(seen)
})
</script>"""


def run(*arguments: str, cwd: Path) -> str:
    assert CHROMIUM is not None
    # Bars to scroll with lie over the page on a phone.
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={cwd / 'profile'}")
    command = [CHROMIUM, *flags, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def look_at(page: str, folder: Path, *flags: str, widths: Sequence[int] = (360,)) -> list[dict[str, Any]]:
    file = folder / "look.html"
    frames = [FRAME.format(width=width, page=html.escape(page)) for width in widths]
    file.write_text(LOOK.replace("{frames}", "".join(frames)), encoding="utf-8")
    dumped = run("--dump-dom", *flags, file.as_uri(), cwd=folder)
    found = re.search(r'<pre id="seen">(.*?)</pre>', dumped, re.DOTALL)
    assert found is not None
    seen: list[dict[str, Any]] = json.loads(html.unescape(found[1]))
    return seen


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


def test_nothing_lies_beyond_the_right_edge_of_a_phone_or_a_desk(tmp_path: Path) -> None:
    facts = [("recorded in", "a-file-with-a-rather-long-name-of-the-last-winter.jsonl.gz")]
    page = make_page(with_journeys(JOURNEY, vast()), title="Simulation of espresso", facts=facts)

    for width, seen in zip(WIDTHS, look_at(page, tmp_path, widths=WIDTHS)):
        for state in ("folded", "unfolded"):
            assert seen[state]["width"] == width
            assert seen[state]["needs"] <= width, seen[state]["beyond"]


def test_a_comparison_does_not_lie_beyond_the_edge_either(tmp_path: Path) -> None:
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

    for width, seen in zip(WIDTHS, look_at(page, tmp_path, widths=WIDTHS)):
        for state in ("folded", "unfolded"):
            assert seen[state]["width"] == width
            assert seen[state]["needs"] <= width, seen[state]["beyond"]


@pytest.mark.parametrize(("preferred", "scheme"), [(0, DARK), (1, LIGHT)], ids=["dark", "light"])
def test_the_colours_are_those_the_reader_prefers(preferred: int, scheme: dict[str, str], tmp_path: Path) -> None:
    page = make_page(REPORT, title="Simulation")

    [seen] = look_at(page, tmp_path, f"--blink-settings=preferredColorScheme={preferred}")

    assert (seen["paper"], seen["ink"]) == (rgb(scheme["paper"]), rgb(scheme["ink"]))
    assert seen["hidden"] == 0


@pytest.mark.skipif(PDFTOTEXT is None, reason="pdftotext is not installed (Debian: poppler-utils)")
def test_on_paper_each_journey_begins_a_page_and_everything_is_unfolded(tmp_path: Path) -> None:
    assert PDFTOTEXT is not None
    page = tmp_path / "page.html"
    second = replace(JOURNEY, title="The second journey")
    page.write_text(make_page(with_journeys(JOURNEY, second), title="Simulation"), encoding="utf-8")

    # Whoever reads in the dark prints on white all the same.
    run(
        "--print-to-pdf=page.pdf",
        "--no-pdf-header-footer",
        "--blink-settings=preferredColorScheme=0",
        page.as_uri(),
        cwd=tmp_path,
    )
    command = [PDFTOTEXT, "-layout", "page.pdf", "-"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True)

    sheets = [" ".join(sheet.split()) for sheet in told.stdout.split("\f")]
    for folded in ("Deferred at least once, because", "selection → need", "settling 2,288", "How to read this"):
        assert any(folded in sheet for sheet in sheets), folded
    [begun] = [sheet for sheet in sheets if "espresso The second journey 8,228 enrollments" in sheet]
    assert begun.startswith("espresso The second journey")
