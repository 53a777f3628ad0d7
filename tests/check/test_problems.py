"""A problem is printed as the style guide shows it, and as JSON with stable keys."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from journeys.check.problems import json_of, text_of
from journeys.errors import Problem

EVALUATON = Problem(
    file="definitions/espresso.yaml",
    line=31,
    column=37,
    length=9,
    severity="error",
    rule="unknown-state",
    message="this move leads to 'evaluaton', which is not a stage",
    why="a customer who takes it would have nowhere to stand",
    help="did you mean 'evaluation'?",
    source="      - {on: comparison_opened, to: evaluaton}",
)


def test_a_problem_reads_as_the_style_guide_shows_it() -> None:
    assert text_of(EVALUATON) == (
        "definitions/espresso.yaml:31:37: error[unknown-state]: this move leads to 'evaluaton', which is not a stage\n"
        "   |\n"
        "31 |       - {on: comparison_opened, to: evaluaton}\n"
        "   |                                     ^^^^^^^^^\n"
        "   = why: a customer who takes it would have nowhere to stand\n"
        "   = help: did you mean 'evaluation'?"
    )


def test_a_long_line_number_keeps_the_margin_straight() -> None:
    lines = text_of(replace(EVALUATON, line=123_456)).split("\n")

    assert lines[2].index("|") == lines[1].index("|") == lines[3].index("|")


def test_a_caret_never_leaves_the_line() -> None:
    lines = text_of(replace(EVALUATON, source="to: x", column=5, length=80)).split("\n")

    assert lines[3] == "   |     ^"


def test_an_empty_line_still_has_a_caret() -> None:
    assert text_of(replace(EVALUATON, source="", column=1, length=1)).split("\n")[2:4] == ["31 |", "   | ^"]


@given(
    begin=st.integers(min_value=0, max_value=2_000),
    marked=st.integers(min_value=1, max_value=40),
    after=st.integers(min_value=0, max_value=2_000),
)
def test_in_a_long_line_the_caret_stands_under_what_it_means(begin: int, marked: int, after: int) -> None:
    source = "a" * begin + "X" * marked + "b" * after

    shown, caret = text_of(replace(EVALUATON, source=source, column=begin + 1, length=marked)).split("\n")[2:4]

    assert len(shown) < 180
    assert {shown[place] for place, char in enumerate(caret) if char == "^"} == {"X"}


def test_the_same_for_programs() -> None:
    assert json_of([EVALUATON]) == [
        {
            "file": "definitions/espresso.yaml",
            "line": 31,
            "column": 37,
            "length": 9,
            "severity": "error",
            "rule": "unknown-state",
            "message": "this move leads to 'evaluaton', which is not a stage",
            "why": "a customer who takes it would have nowhere to stand",
            "help": "did you mean 'evaluation'?",
            "source": "      - {on: comparison_opened, to: evaluaton}",
        }
    ]
