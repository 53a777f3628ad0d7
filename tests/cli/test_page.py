"""What a page does with words that need more room than there is."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from journeys.cli.folding import cut, filled, fold
from journeys.cli.page import TOGETHER, Column, Page
from journeys.cli.progress import watched
from journeys.cli.reporting import print_report
from journeys.measure.report import EventReport, JourneyReport, Report, Touched
from tests.cli.conftest import HERE, run_at_terminal

ROOT = HERE.parents[1]
WIDE = "你好，研磨、称重、水温 ☕ 三件小事 👩‍🍳 and one long-name-of-a-touch"


def plain(printed: str) -> str:
    """Without what is bold or dim."""
    return re.sub(r"\x1b\[\d*m", "", printed)


def printed(columns: list[Column], *rows: list[str]) -> str:
    stream = io.StringIO()
    Page(stream).table(columns, rows)
    return stream.getvalue()


def test_words_wrap_before_a_name_or_a_number_is_broken() -> None:
    name, number = "evaluation.comparing", "1,234,567"
    wordy = [Column(title=title) for title in ("when", "if", "why")]
    columns = [Column(title="in", is_name=True), Column(title="n", is_number=True), *wordy]

    text = printed(columns, [name, number, *["condition" * 3] * 3], ["need", "1", "", "", ""])

    assert all(len(line) <= 80 for line in text.splitlines())
    assert name in text
    assert number in text


def test_a_name_and_its_count_stay_on_one_line() -> None:
    listed = ", ".join(f"touch-{number}{TOGETHER}{number}" for number in range(40))

    text = printed([Column(title="which")], [listed])

    assert all(f"touch-{number} {number}" in text for number in range(40))


def test_what_nobody_sees_is_printed_as_it_is_written_in_a_line_too() -> None:
    stream = io.StringIO()

    Page(stream).line("ana\x1b[2J", ("\u202eben\n\xadx", "bold"))

    assert stream.getvalue() == "ana\\x1b[2J\\u202eben\n\\xadx\n"


def test_reasons_name_the_most_concerned_touch_first() -> None:
    def withheld(count: int) -> Touched:
        return Touched(
            due=count, sent=0, deferred=0, waiting=0, withheld={"cap": count}, deferred_by={}, channels={}, words={}
        )

    journey = JourneyReport(
        journey="tea", title="Tea", customers=1, entered=1, reentered=0, now=1, ended=0, ends={}, regressions=0,
        holds=0, goal=None, phases=(), arms=(), differences=(), channel_cost=0, offer_cost=0,
        touches_by_customer={1: 1}, offers={},
        touched=withheld(9), touches={"alpha": withheld(2), "beta": withheld(7)},
    )  # fmt: skip
    events = EventReport(heard=1, unheard={}, own=0)
    stream = io.StringIO()

    print_report(
        Page(stream), Report(until=0, customers=1, currency="EUR", decimals=2, events=events, journeys=(journey,))
    )

    assert "withheld: cap        9  beta 7, alpha 2" in stream.getvalue()


# ---------------------------------------------------------------- narrow terminals


@pytest.mark.parametrize("columns", [40, pytest.param(80, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "name",
    [
        "workspace-suite",
        *[pytest.param(each, marks=pytest.mark.long) for each in ("cart", "espresso", "nps", "trial")],
    ],
)
def test_however_narrow_a_terminal_is_no_word_of_a_journey_is_lost(name: str, columns: int) -> None:
    wide, narrow = [plain(run_at_terminal("show", name, columns=each, cwd=ROOT)) for each in (110, columns)]

    def words(printed: str) -> set[str]:
        body = printed.partition("Moves, in the order")[2]
        # Where a name had to be folded, its parts are there.
        return set("".join(letter if letter.isalnum() else " " for letter in body).split())

    lines = narrow.partition("Moves, in the order")[2].splitlines()[1:]
    assert words(wide) - words(narrow) <= {"in"}
    assert max(map(len, lines)) <= max(columns, 30)


def test_rows_without_room_side_by_side_are_stacked_under_their_names() -> None:
    columns = [Column(title="touch", is_name=True), *[Column(title=f"n{n}", is_number=True) for n in range(9)],
               Column(title="which")]  # fmt: skip
    numbers = [f"{n}23,456,789" for n in range(9)]

    text = printed(columns, ["first", *numbers, "beans-again 2"], ["", *numbers, ""])

    first, second = text.split("\n\n")
    assert first.splitlines()[0] == "first"
    assert first.splitlines()[1:] == [f"  n{n}     {n}23,456,789" for n in range(9)] + ["  which  beans-again 2"]
    assert second.splitlines() == [f"  n{n}     {n}23,456,789" for n in range(9)]


def test_a_long_name_is_folded_between_its_words() -> None:
    name = "why-the-pressure-of-the-machine-matters-to-everybody"
    columns = [Column(title=title) for title in ("before", "after", "where", "example")]

    text = printed(columns, [f"{name} sent", f"{name} withheld", "espresso research", "c0000001 c0000002"])

    parts = {part for line in text.splitlines() for cell in line.split() for part in cell.strip("-").split("-")}
    assert set(name.split("-")) <= parts
    assert parts <= {*name.split("-"), "before", "after", "where", "example", "sent", "withheld", "espresso",
                     "research", "c0000001", "c0000002"}  # fmt: skip


def test_a_narrow_terminal_folds_titles_between_words_and_leaves_commands_whole() -> None:
    title = "Moves, in the order in which they are tried by whoever stands there"
    command = "  journeys explain c0000004 --trace /a/folder/with-a-long-name/trace.jsonl"
    written = ["", title, f"cart: {title}", command]

    def draw(page: Page) -> None:
        page.heading(title)
        page.line(("cart", "bold"), f": {title}")
        page.line_to_copy(command)

    narrow = _at_terminal(draw, 40).split("\n")
    assert narrow[-2] == command
    assert all(len(line) <= 40 for line in narrow[:-2])
    assert " ".join(" ".join(narrow[:-2]).split()) == " ".join(" ".join(written[:-1]).split())
    stream = io.StringIO()
    draw(Page(stream))
    assert stream.getvalue().split("\n")[:-1] == written


def _at_terminal(draw: Callable[[Page], None], columns: int) -> str:
    stream = _Terminal()
    page = Page(stream)
    page.console.width = columns
    draw(page)
    return plain(stream.getvalue())


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "shown"), [(40, ""), (60, "Walking customers"), (80, "━━"), (110, "━━")])
def test_however_narrow_a_terminal_is_the_speed_and_the_time_left_are_read(
    columns: int, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", stream := _Terminal())
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")

    with watched(["Walking customers"], unit="customers") as (tick,):
        tick(50, 100)

    line = re.split(r"[\r\n]", re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", stream.getvalue()).strip())[-1]
    assert re.search(r" ?50% +0 customers/s +-:--:--", line), line
    assert shown in line and len(line) <= columns
    assert ("━━" in line) == (columns >= 80)


# ---------------------------------------------------------------- wide letters


@pytest.mark.parametrize("width", [2, 7, 20, 44, 80])
def test_no_line_is_wider_than_asked_for_and_nothing_is_lost(width: int) -> None:
    lines = fold(WIDE, width)

    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == WIDE.replace(" ", "")


def test_what_is_cut_or_filled_takes_as_many_cells_as_there_are() -> None:
    assert [cell_len(filled(cut(text, 20), 20)) for text in (WIDE, WIDE[:4], "brief", "")] == [20] * 4
    assert cut(WIDE, 20).endswith("…")


def test_a_card_keeps_its_border_whatever_the_script(tmp_path: Path) -> None:
    leaves = tmp_path / "leaves"
    shutil.copytree(HERE / "leaves", leaves)
    file = leaves / "definitions" / "touches" / "brew.md"
    file.write_text(re.sub(r"(?m)^subject: .*", f'subject: "{WIDE}"', file.read_text("utf-8"), count=1), "utf-8")

    for columns in (40, 80):
        text = plain(run_at_terminal("preview", "brew", "--channel", "email", columns=columns, cwd=leaves))
        boxed = [line for line in text.splitlines() if line.lstrip()[:1] in ("╭", "│", "╰")]
        assert len(boxed) >= 4
        assert {cell_len(line) for line in boxed} == {min(50, columns)}
