"""`journeys show` as a page: for a browser with the counts of simulated customers, for a repository with a diagram."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from journeys.measure.html.machine_page import make_machine_page
from tests.cli.conftest import HERE, run
from tests.measure.pages import Reader, drawings
from tests.streams import definitions, reading

ROOT = HERE.parents[1]
needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")

JOURNEYS = definitions("shipped").journeys
WITH_POPULATION = sorted(reading("shipped").populations)
FEW = ("--customers", "60", "--days", "90", "--seed", "3")


@cache
def show(name: str, *more: str) -> str:
    done = run("show", name, "--format", "html", *more, cwd=ROOT)
    assert (done.code, done.err) == (0, "")
    return done.out


def rows(page: str, heading: str) -> dict[str, list[int]]:
    """The table under a heading: the last numbers of each row, by its name; of the same name added up."""
    part = re.search(rf"<h3>{heading}</h3>.*?</table>", page, re.DOTALL)
    assert part is not None
    found: dict[str, list[int]] = {}
    for name, cells in re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', part[0]):
        counts = [int(cell.replace(",", "")) for cell in re.findall(r"<td>([\d,]+)</td>", cells)]
        found[name] = [one + other for one, other in zip(counts, found.get(name, [0] * len(counts)))]
    return found


# ---------------------------------------------------------------- for a browser


@needs_graphviz
@pytest.mark.parametrize("name", sorted(JOURNEYS))
def test_every_state_end_and_touch_of_a_shipped_journey_is_in_its_picture(name: str) -> None:
    journey = JOURNEYS[name]

    page = make_machine_page(journey, None, said="Alone.")

    [picture] = [drawing for drawing in drawings(page) if drawing.get("class") == "machine"]
    boxes = [each for each in picture.iter("g") if each.get("class", "").startswith("box ")]
    names = {kind: {text.text for box in boxes if box.get("class") == f"box {kind}" for text in box.iter("text")
                    if text.get("class") == "name"} for kind in ("state", "end")}  # fmt: skip
    frames = {text.text for text in picture.iter("text") if text.get("class") == "stage"}
    moves = [
        *journey.anywhere,
        *[move for stage in journey.stages for own in (stage, *stage.steps) for move in own.move],
    ]
    sends = [*[send for move in moves for send in move.send],
             *[send for stage in journey.stages for own in (stage, *stage.steps) for send in own.send]]  # fmt: skip
    assert names["state"] == {
        step for stage in journey.stages for step in [each.name for each in stage.steps] or [stage.name]
    }
    assert frames == {stage.name for stage in journey.stages if stage.steps}
    assert names["end"] == {move.to.removeprefix("end.") for move in moves if move.to.startswith("end.")}
    words = " ".join("".join(picture.itertext()).split())
    assert all(touch in words for send in sends for touch in send.touches)
    assert "came" not in words and "never taken" not in page


@needs_graphviz
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "trial" else [pytest.mark.long]) for name in WITH_POPULATION],
)
def test_who_came_to_a_state_left_it_or_is_there_now_and_the_report_says_so_too(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert run("simulate", name, *FEW, "--json", str(path), cwd=ROOT).code == 0
    [report] = json.loads(path.read_text())["journeys"]

    page = show(name, *FEW)

    states = rows(page, "Where they stand")
    assert all(came == left + now for came, left, now in states.values())
    assert sum(now for _, _, now in states.values()) == report["now"]
    ends = {end: count for end, [count] in rows(page, "How they ended").items()}
    assert ends.pop("all") == report["ended"]
    assert {end: count for end, count in ends.items() if count} == report["ends"]
    moves = rows(page, "Moves, in the order in which they are tried")
    assert moves["enter"] == [report["entered"]]
    assert sum(count for [count] in rows(page, "Touches").values()) == report["touched"]["sent"]
    [picture] = [drawing for drawing in drawings(page) if drawing.get("class") == "machine"]
    words = "".join(picture.itertext())
    for state, (came, _, now) in states.items():
        assert f"{state.rpartition('.')[2]}{came:,} came, {now:,} there now" in words


@needs_graphviz
def test_another_seed_is_another_page_and_says_so() -> None:
    page, other = show("trial", *FEW), show("trial", *FEW[:-1], "4")

    assert "60 simulated customers, 90 days from 2026-01-12 (Europe/Madrid), seed 3: how often" in page
    assert page.replace("seed 3", "seed 4") != other


@needs_graphviz
def test_nobody_walks_where_nobody_was_asked_for() -> None:
    page = show("trial", "--customers", "0")

    assert "The machine alone: no customers were asked for." in page
    assert "Where they stand" not in page


@needs_graphviz
def test_the_page_asks_for_nothing_and_is_whole() -> None:
    page = show("trial", *FEW)

    assert page.startswith("<!doctype html>\n")
    told = Reader(page)
    assert "://" not in page and "@import" not in page
    assert all(url.startswith("#") for url in re.findall(r"url\((.*?)\)", page))
    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _, _ in told.attributes}
    ids = [value for _, name, value in told.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    [picture] = [drawing for drawing in drawings(page) if drawing.get("class") == "machine"]
    assert [child.tag for child in picture][:2] == ["title", "desc"]


@needs_graphviz
def test_a_journey_without_a_population_is_drawn_without_counts_and_says_why() -> None:
    done = run("show", "first-cup", "--format", "html")

    assert (done.code, done.err) == (0, "")
    assert "The machine alone: there is no first-cup.population.yaml." in done.out
    assert "there now" not in "".join(drawings(done.out)[-1].itertext())


def test_without_graphviz_the_page_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    done = run("show", "first-cup", "--format", "html")

    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "journeys: the picture needs Graphviz, whose program 'dot' was not found: install it "
        "(apt install graphviz, brew install graphviz, winget install graphviz)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("first-cap", "--format", "html"), "did you mean 'first-cup'?", id="a journey that is none"),
        pytest.param(("first-cup", "--customers", "5"), "are for --format html", id="customers of a table"),
        pytest.param(
            ("first-cup", "--format", "dot", "--seed", "5"), "are for --format html", id="a seed of a diagram"
        ),
        pytest.param(
            ("first-cup", "--format", "html", "--customers", "-1"), "--customers: a whole number", id="fewer than none"
        ),
        pytest.param(("first-cup", "--format", "html", "--days", "0"), "--days: a whole number", id="no days"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_2(arguments: tuple[str, ...], words: str) -> None:
    done = run("show", *arguments)

    assert (done.code, done.out) == (2, "")
    assert words in done.err


# ---------------------------------------------------------------- for a repository


def test_a_page_for_a_repository_has_facts_a_diagram_and_tables(same_as_kept: Callable[[str, str], None]) -> None:
    done = run("show", "first-cup", "--format", "markdown")

    assert (done.code, done.err) == (0, "")
    same_as_kept("show-markdown", done.out)


def test_no_word_of_an_author_is_read_as_markdown(tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    shutil.copytree(HERE / "definitions", folder)
    file = folder / "first-cup.yaml"
    text = file.read_text().replace("title: From a taste to the second order", "title: '*A* <b>taste</b> | [x](y)'")
    file.write_text(text.replace("if: 'event.total >= 50'", """if: 'event.order_id != "a|`b` **c**"'"""))

    done = run("show", "first-cup", "--format", "markdown", "--definitions", str(folder))

    assert done.out.startswith("# \\*A\\* \\<b\\>taste\\</b\\> \\| \\[x\\](y)\n")
    assert '| ``order_placed, if event.order_id != "a\\|`b` **c**"`` |' in done.out
