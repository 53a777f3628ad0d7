"""The machine's page keeps its words in their boxes and its boxes apart, whatever an author wrote."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from journeys.definition.model import Condition, Journey, Literal_, Move
from journeys.measure.html.layout import lay_out
from journeys.measure.html.machine_page import make_machine_page
from journeys.measure.html.sketch import sketch
from journeys.measure.taken import Taken
from tests.browser import NEEDS_CHROMIUM, browser, window
from tests.measure.pages import Reader
from tests.measure.test_page_browser import PDFTOTEXT, print_sheets
from tests.streams import definitions

__all__ = ["browser"]

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")

JOURNEYS = definitions("shipped").journeys
HOSTILE = "</svg></style><script>alert(\"1\")</script> & <b>'bold'</b> \\N %"

LOOK = """() => {
  const root = document.documentElement, out = []
  for (const box of document.querySelectorAll("g.box")) {
    const around = box.querySelector("rect").getBoundingClientRect()
    for (const text of box.querySelectorAll("text")) {
      const at = text.getBoundingClientRect()
      const isIn = at.left >= around.left && at.right <= around.right && at.top >= around.top
      if (!isIn || at.bottom > around.bottom) out.push(text.textContent)
    }
  }
  const scrolled = document.querySelector(".picture").scrollLeft
  const boxes = document.querySelectorAll("g.box").length
  return {out, scrolled, boxes, width: root.clientWidth, needs: root.scrollWidth}
}"""


def everywhere(journey: Journey) -> Taken:
    """Large counts of everything there is: the longest words a picture can have."""
    owners = [own for stage in journey.stages for own in (stage, *stage.steps)]
    moves = [*journey.anywhere, *[move for own in owners for move in own.move]]
    sends = [send for own in (*owners, *moves) for send in own.send]
    states = [step for stage in journey.stages for step in [f"{stage.name}.{one.name}" for one in stage.steps]
              or [stage.name]]  # fmt: skip
    return Taken(
        entered={entry.path: 12_345_678 for entry in journey.enter},
        moved={move.path: {states[0]: 12_345_678} for move in moves},
        sent={send.path: 12_345_678 for send in sends},
        erased={states[-1]: 12_345_678},
        now=dict.fromkeys(states, 12345678),
    )


@pytest.mark.parametrize("name", JOURNEYS)
def test_no_box_lies_on_another_and_the_stages_follow_the_lifecycle(name: str) -> None:
    journey = JOURNEYS[name]
    drawn = sketch(journey, everywhere(journey))

    layout = lay_out(drawn, [(120.0, 20.0 + 14 * len(box.lines)) for box in drawn.boxes], [8.0 for _ in drawn.arrows])

    for one, other in combinations(layout.boxes, 2):
        is_beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert is_beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    states = [place for box, place in zip(drawn.boxes, layout.boxes) if box.kind == "state"]
    assert [place.y for place in states] == sorted(place.y for place in states)
    assert len(layout.stages) == sum(bool(stage.steps) for stage in journey.stages)


@pytest.mark.parametrize("name", JOURNEYS)
def test_an_arrow_goes_from_its_box_to_the_box_it_leads_to(name: str) -> None:
    drawn = sketch(JOURNEYS[name], None)

    layout = lay_out(drawn, [(150.0, 60.0) for _ in drawn.boxes], [8.0 for _ in drawn.arrows])

    for arrow, course in zip(drawn.arrows, layout.courses):
        head, end = layout.boxes[arrow.head], course.tip or course.points[-1]
        tail, begin = layout.boxes[arrow.tail], course.points[0]
        assert (course.tip is not None) == arrow.has_head
        assert head.x - 3 <= end[0] <= head.x + head.width + 3 and head.y - 3 <= end[1] <= head.y + head.height + 3
        if arrow.of_stage is None:
            assert tail.x - 3 <= begin[0] <= tail.x + tail.width + 3
            assert tail.y - 3 <= begin[1] <= tail.y + tail.height + 3


def test_an_arrow_is_as_thick_as_its_count_and_what_was_never_taken_is_dotted() -> None:
    journey = JOURNEYS["nps"]
    [entry] = journey.enter
    move = next(stage for stage in journey.stages if stage.name == "loyalty").move[0]
    taken = Taken(entered={entry.path: 100}, moved={move.path: {"loyalty": 50}}, sent={}, erased={}, now={})

    page = make_machine_page(journey, taken, said="")

    arrows = re.findall(r'<g class="arrow (\w+)"><path [^>]*stroke-width="([\d.]+)"', page)
    assert sorted({kind: float(width) for kind, width in arrows if kind != "never"}.items()) == [
        ("on", 13),
        ("out", 6.5),
    ]
    assert len([kind for kind, _ in arrows if kind == "never"]) == len(arrows) - 2


def test_words_of_files_stay_words() -> None:
    condition = Condition(text=HOSTILE, node=Literal_(value=True, type="boolean"), type="boolean")
    move = Move(to="end.gone", path=("m",), condition=condition)
    [first, *rest] = JOURNEYS["nps"].stages
    journey = replace(JOURNEYS["nps"], title=HOSTILE, owner=HOSTILE, stages=(replace(first, move=(move,)), *rest))

    page = make_machine_page(journey, None, said=HOSTILE)

    assert "<script" not in page and "<b>" not in page
    assert page.count("</style>") == page.count("</svg>") - 3 == 1  # three of the legend
    assert Reader(page).text.count(HOSTILE) >= 4


@NEEDS_CHROMIUM
@pytest.mark.parametrize(
    "name",
    [name if name == "workspace-suite" else pytest.param(name, marks=pytest.mark.long) for name in JOURNEYS],
)
def test_words_stay_in_their_boxes_and_on_a_phone_only_the_picture_is_wider(name: str, browser: Browser) -> None:
    journey = JOURNEYS[name]

    with window(browser, {"viewport": {"width": 360, "height": 800}}) as opened:
        opened.page.set_content(make_machine_page(journey, everywhere(journey), said="Many."))
        seen = opened.page.evaluate(LOOK)

    assert seen["boxes"] == len(sketch(journey, None).boxes) + (not _ends_at_last(journey))
    assert seen["out"] == []
    assert seen["needs"] <= seen["width"] == 360
    assert seen["scrolled"] == 0


def _ends_at_last(journey: Journey) -> bool:
    """Whether the last state has an end of its own: otherwise erasure makes it a box."""
    last = journey.stages[-1]
    return any(move.to.startswith("end.") for move in (last.steps[-1] if last.steps else last).move)


@NEEDS_CHROMIUM
@pytest.mark.skipif(PDFTOTEXT is None, reason="pdftotext is not installed (Debian: poppler-utils)")
def test_on_paper_the_picture_is_whole_on_a_sheet_of_its_own(browser: Browser, tmp_path: Path) -> None:
    page = make_machine_page(JOURNEYS["espresso"], None, said="Alone.")

    sheets = print_sheets(page, browser, tmp_path)

    [sheet] = [text for text in sheets if "from anywhere" in text]
    assert "coffee-lovers" in sheet and "friend_joined" in sheet and "account_closed" in sheet
    assert "Touches" not in sheet and "Alone." not in sheet


def test_what_begins_at_a_stages_border_says_that_it_leaves_any_step() -> None:
    drawn = sketch(JOURNEYS["cart"], None)

    begun = [drawn.boxes[arrow.head if drawn.boxes[arrow.head].kind != "state" else arrow.tail]
             for arrow in drawn.arrows if arrow.of_stage is not None]  # fmt: skip

    assert len(begun) == 2
    assert {box.lines[0].words for box in begun} == {"from any step"}
