"""What the diagrams and tables of a journey say, and that no author's text is read as their syntax."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.diagram import dot_text, mermaid_text, mermaid_title, move_label, wrap
from journeys.core.machine import dot, mermaid
from journeys.core.table import MoveRow, SendRow, sends, table
from journeys.definition.model import (
    Clock,
    Condition,
    Entry,
    Journey,
    Literal_,
    Move,
    SendEntry,
    Span,
    Stage,
    Step,
)
from tests.streams import definitions

SHIPPED = definitions("shipped")

HOSTILE = r'event.a == "x; y: {z} # <b>&lt;</b> \"q\" --> %% `t` **s** _i_ \n \N [l](http://x.y) #quot; $x$ | end"'


def condition(text: str) -> Condition:
    return Condition(text=text, node=Literal_(value=True, type="boolean"), type="boolean")


def days(count: int) -> Clock:
    return Clock(after=Span(unit="days", amount=count))


SMALL = Journey(
    name="small",
    file="small.yaml",
    title='A "small" one',
    owner="a@b.example",
    audience="b2c",
    enter=(
        Entry(to="need", path=("enter", 0), on=("viewed",), condition=condition('event.kind == "tea"')),
        Entry(to="selection.paid", path=("enter", 1), condition=condition('in_segment("vip")'), at=600),
    ),
    stages=(
        Stage(
            name="need",
            path=("stages", "need"),
            send=(SendEntry(touches=("spark",), path=("s", 0), clock=days(1), condition=condition("a")),),
            move=(
                Move(
                    to="selection.paid",
                    path=("m", 0),
                    on=("ordered", "bought"),
                    condition=condition("event.total >= 5"),
                ),
                Move(
                    to="selection.paid",
                    path=("m", 1),
                    condition=condition('score("intent") >= 40'),
                    for_=86_400_000_000,
                ),
                Move(to="again", path=("m", 2), on=("viewed",)),
                Move(to="end.lapsed", path=("m", 3), clock=Clock(due=condition("journey.ends_at - days(3)"), at=1080)),
            ),
        ),
        Stage(
            name="selection",
            path=("stages", "selection"),
            steps=(
                Step(name="paid", path=()),
                Step(name="set-up", path=(), move=(Move(to="end.not-now", path=("m", 4), clock=days(30)),)),
            ),
            move=(
                Move(to="selection.set-up", path=("m", 5), on=("delivered",)),
                Move(
                    to="stay",
                    path=("m", 6),
                    on=("told",),
                    send=(SendEntry(touches=("call",), path=("s", 1), to="rep"),),
                ),
                Move(to="need", path=("m", 7), on=("returned",)),
            ),
        ),
    ),
    anywhere=(Move(to="end.closed", path=("m", 8), on=("account_closed",)),),
)


def test_mermaid_draws_steps_in_stages_ways_in_clocks_conditions_and_ends():
    assert mermaid(SMALL) == (Path(__file__).parent / "small.mmd").read_text()


def test_graphviz_draws_the_same():
    assert dot(SMALL) == (Path(__file__).parent / "small.dot").read_text()


@pytest.mark.parametrize("name", ["espresso", "cart", "trial", "nps", "grocery", "workspace-suite"])
@pytest.mark.parametrize(("draw", "arrow"), [(mermaid, " --> "), (dot, " -> ")], ids=["mermaid", "graphviz"])
def test_every_move_of_a_shipped_journey_has_its_words_on_an_arrow(name, draw, arrow):
    source = SHIPPED.journeys[name]
    width, text = (26, mermaid_text) if draw is mermaid else (42, lambda lines: dot_text(lines).replace('"', r"\""))

    arrows = "\n".join(line for line in draw(source).splitlines() if arrow in line)

    moves = [move for stage in source.stages for owner in (stage, *stage.steps) for move in owner.move]
    for move in (*moves, *source.anywhere):
        assert all(text([line]) in arrows for line in move_label(move, width))


def test_what_holds_anywhere_is_drawn_from_one_place():
    lines = [line for line in dot(SHIPPED.journeys["espresso"]).splitlines() if "account_closed" in line]

    assert lines == ['\tanywhere -> "end.closed" [label=account_closed]']


@given(text=st.text(alphabet="aZ1_ .:;#<>{}[]()\"'`*~$%&\\|-=/→é", min_size=1, max_size=40))
def test_no_text_is_read_as_mermaids_syntax(text):
    said = mermaid_text([text])

    bare = re.sub(r"#\d+;", "", said)
    assert not set(bare) & set(':;#<>{}"`*~$%&\\|')
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), said) == text


@given(
    text=st.text(alphabet='ab "()<>=&\n', max_size=60).map(lambda text: " ".join(text.split())),
    width=st.integers(1, 30),
)
def test_wrapping_only_breaks_lines(text, width):
    assert " ".join(wrap(text, width)) == text


def test_a_long_condition_is_broken_before_its_and_and_never_inside_a_text():
    assert wrap('count("coupon_redeemed", "90 days") >= 3 and not has(journey.praised_at)', 42) == [
        'count("coupon_redeemed", "90 days") >= 3',
        "and not has(journey.praised_at)",
    ]
    assert wrap("event.a and event.b and event.c", 20) == ["event.a", "and event.b", "and event.c"]
    assert wrap('event.answer == "moved far away from here"', 20) == ["event.answer", '== "moved far away from here"']


def test_a_title_is_one_line_of_mermaids_front_matter():
    assert mermaid_title('a "b"\n---\nc <i>') == r'title: "a \"b\"\n---\nc ‹i›"'


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_loses_no_arrow_of_a_machine_with_many_ways_between_stages():
    source = dot(SHIPPED.journeys["workspace-suite"])

    drawn = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=False)

    assert (drawn.returncode, drawn.stderr) == (0, b"")
    assert drawn.stdout.count(b'class="edge"') == source.count(" -> ")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HOSTILE, id="every kind of bracket"),
        pytest.param("<b>", id="angle brackets"),
        pytest.param('"', id="one quote"),
        pytest.param("a\\", id="a backslash at the end"),
    ],
)
def test_graphviz_shows_any_text_as_it_was_written(text):
    move = Move(to="end.gone", path=(), condition=condition(text))
    source = Journey(
        name="hostile",
        file="",
        title=text,
        owner="",
        audience="b2c",
        enter=(Entry(to="need", path=(), on=("viewed",), condition=condition(text)),),
        stages=(Stage(name="need", path=(), move=(move,)),),
    )

    drawn = subprocess.run(["dot", "-Tsvg"], input=dot(source).encode(), capture_output=True, check=True)

    assert drawn.stderr == b""
    shown = [
        html.unescape(each).replace("\xa0", " ").strip()
        for each in re.findall(r"<text[^>]*>(.*?)</text>", drawn.stdout.decode())
    ]
    assert text in shown
    assert " ".join(move_label(move, 42)) in " ".join(shown)


def test_a_table_lists_the_ways_in_and_every_move_in_the_order_in_which_it_is_tried():
    rows = table(SMALL)

    assert rows[0] == MoveRow(
        state="enter", trigger='on viewed, if event.kind == "tea"', condition="", to="need", path=("enter", 0)
    )
    assert [(row.state, row.trigger, row.condition, row.to) for row in rows[2:]] == [
        ("need", "ordered or bought", "event.total >= 5", "selection.paid"),
        ("need", "whenever", 'score("intent") >= 40 for 1 day', "selection.paid"),
        ("need", "viewed", "", "again"),
        ("need", "due journey.ends_at - days(3) at 18:00", "", "end.lapsed"),
        ("selection.set-up", "after 30 days", "", "end.not-now"),
        ("selection", "delivered", "", "selection.set-up"),
        ("selection", "told", "", "stay"),
        ("selection", "returned", "", "need"),
        ("anywhere", "account_closed", "", "end.closed"),
    ]


def test_a_table_lists_what_is_sent_where_when_and_if():
    assert sends(SMALL) == [
        SendRow(state="need", touch="spark", when="after 1 day", condition="a", path=("s", 0)),
        SendRow(state="selection", touch="call to rep", when="with told", condition="", path=("s", 1)),
    ]
