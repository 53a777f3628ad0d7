"""The words that starters are made of: nothing in them is dead, and none of it is half filled in."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import pytest

from journeys.definition.model import STAGES
from journeys.starter import making
from journeys.starter.making import Audience, make, read

SUBSETS = [stages for count in range(1, 9) for stages in combinations(STAGES, count)]
KINDS = ("journey", "scenarios", "population")

both = pytest.mark.parametrize("audience", ["b2c", "b2b"])


def marks(text: str) -> list[str]:
    return [line.removeprefix("#:").strip() for line in text.splitlines() if line.startswith("#:")]


@both
@pytest.mark.parametrize("kind", KINDS)
def test_every_line_belongs_to_some_stages(audience: Audience, kind: str) -> None:
    """A mark that no choice of stages meets, as a misspelt one, would leave its lines out for ever."""
    text = read(audience, f"{kind}.yaml")
    words = [frozenset(making._words(stages)) for stages in SUBSETS]

    known = frozenset().union(*words)
    for mark in marks(text):
        assert {one.removeprefix("-") for term in mark.split() for one in term.split("|")} <= known
        assert any(all(making._holds(term, each) for term in mark.split()) for each in words), mark


@both
def test_every_touch_is_sent_by_some_starter(audience: Audience) -> None:
    folder = files("journeys.starter").joinpath(audience, "touches")

    assert {f"{slug}.md" for slug in make(audience, STAGES).touches} == {path.name for path in folder.iterdir()}


@both
def test_the_audiences_do_not_share_their_words(audience: Audience) -> None:
    other: Audience = "b2b" if audience == "b2c" else "b2c"

    bodies = {text.split("---\n", 2)[2] for text in make(audience, STAGES).touches.values()}

    assert bodies.isdisjoint(text.split("---\n", 2)[2] for text in make(other, STAGES).touches.values())


@both
def test_nothing_is_left_to_fill_in_and_lines_can_be_read(audience: Audience) -> None:
    for stages in SUBSETS:
        texts = make(audience, stages).files("first-order", consents=["offers"], data=[])
        for path, text in texts.items():
            assert text.endswith("\n") and not text.endswith("\n\n")
            if path.endswith(".yaml"):
                assert "$" not in text and "#:" not in text and "\n\n\n" not in text
                assert max(map(len, text.splitlines())) <= 130, path


@both
def test_most_of_a_journey_says_why_it_is_there(audience: Audience) -> None:
    lines = read(audience, "journey.yaml").splitlines()

    said = [line for line in lines if re.match(r"\s+- |[a-z]+:|  [a-z]+: {3}", line) and not line.startswith("#:")]

    assert sum("#" in line for line in said) > len(said) / 2


@pytest.mark.parametrize("name", ["x", "first-order"])
def test_remarks_stand_in_one_column_however_long_the_name_is(name: str) -> None:
    journey = make("b2c", STAGES).files(name, consents=[], data=[])[f"{name}.yaml"]

    (aligned,) = [line for line in journey.splitlines() if line.lstrip().startswith(f"- {name}-thanks ")]

    assert aligned.index("#") == journey.splitlines()[4].index("#")
