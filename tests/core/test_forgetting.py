"""Forgetting: what is kept for a time is known for that time, and what follows from not knowing is decided at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import parse_moment
from journeys.core.forgetting import Forgetting
from journeys.core.intake import make_event
from journeys.core.program import Program
from journeys.core.turn import advance
from tests.core.walk import DAY, HOUR, START, Story, Walk, journey, program

RESTING = journey("need: {rest: true}")


def forget(walk: Walk) -> Story:
    forgetting = Forgetting(walk.program)
    return walk._note([forgetting.forget(each, walk.now) for each in walk._customers])


def drop(walk: Walk) -> Story:
    """As who is parked: it is gone at once, and what follows is decided when they go on."""
    forgetting = Forgetting(walk.program)
    dropped = walk._note([forgetting.drop(each, walk.now) for each in walk._customers])
    assert not is_due(walk)
    return Story([*dropped.rows, *walk.wait().rows])


Forget = Callable[[Walk], Story]


@pytest.fixture(name="forget", params=[forget, drop])
def either(request: pytest.FixtureRequest) -> Forget:
    how: Forget = request.param
    return how


def is_due(walk: Walk) -> bool:
    return Forgetting(walk.program).is_due(walk.customer, walk.now)


def known(walk: Walk, field: str) -> Any:
    return walk.customer.fields[walk.program.names.fields[field]]


def asking(condition: str) -> str:
    """A journey that shows whether a condition holds."""
    return journey(
        f"""
need:
  rest: true
  move: [{{on: looked, if: '{condition}', to: research}}]
research: {{rest: true}}
"""
    )


# ---------------------------------------------------------------- fields


def test_a_value_that_was_told_longer_ago_than_it_is_kept_is_forgotten(tmp_path: Path, forget: Forget) -> None:
    walk = Walk(tmp_path, RESTING)
    walk.on("profile.updated", interests=["calm"], size=3)
    walk.wait(days=100, microseconds=-1)

    before = (is_due(walk), forget(walk).rows, known(walk, "interests"))
    walk.wait(microseconds=1)
    due = is_due(walk)
    told = forget(walk)

    assert before == (False, [], ("calm",))
    assert due
    assert [(row["kind"], row["fields"]) for row in told.rows] == [("forgotten", ["interests"])]
    assert (known(walk, "interests"), known(walk, "size")) == (None, 3)
    assert not is_due(walk)


def test_a_value_that_is_told_again_is_kept_from_then_on(tmp_path: Path) -> None:
    walk = Walk(tmp_path, RESTING)
    walk.on("profile.updated", interests=["calm"])
    walk.wait(days=60)
    walk.on("profile.updated", interests=["calm"])
    walk.wait(days=60)

    assert not is_due(walk)
    walk.wait(days=40)
    assert is_due(walk)


def test_an_older_word_that_arrives_late_does_not_bring_back_what_was_forgotten(tmp_path: Path, forget: Forget) -> None:
    walk = Walk(tmp_path, RESTING)
    walk.on("profile.updated", happened=0, interests=["calm"])
    walk.wait(days=100)
    forget(walk)

    walk.on("profile.updated", happened=101 * DAY, interests=["wild"])

    assert known(walk, "interests") is None


def test_an_address_that_is_forgotten_has_not_bounced(tmp_path: Path, forget: Forget) -> None:
    by_sms = {"spark": "purpose: offers\nchannels: [sms]"}
    walk = Walk(tmp_path, journey("need: {rest: true, send: [spark]}"), touches=by_sms)
    walk.on("profile.updated", phone="+34600000001")
    walk.on("began")
    walk.on("spark.bounced")
    sms = 1 << walk.program.names.channels["sms"]
    before = walk.customer.bounced
    walk.wait(days=400)

    forget(walk)

    assert known(walk, "phone") is None
    assert (before, walk.customer.bounced) == (sms, 0)


# ---------------------------------------------------------------- events


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param('count("visited") >= 1', id="how often"),
        pytest.param('has(last("visited"))', id="when last"),
        pytest.param('last("visited.page") == "home"', id="what it said last"),
        pytest.param('days_since("visited") >= 0', id="how long ago"),
        pytest.param('"home" in values("visited.page")', id="all that it said"),
        pytest.param('sum("visited.n") > 0', id="how much in all"),
        pytest.param('score("keen") > 0', id="what it added to a score"),
    ],
)
def test_what_is_remembered_of_an_event_goes_with_it(condition: str, tmp_path: Path) -> None:
    brand = "scores: {keen: {add: {visited: 5}}}\n"
    forgetful = Walk(tmp_path / "forgetful", asking(condition), brand=brand)
    mindful = Walk(tmp_path / "mindful", asking(condition), brand=brand)
    for walk in (forgetful, mindful):
        walk.on("began")
        walk.on("visited", page="home", n=2)
        walk.wait(days=50)

    told = forget(forgetful)
    for walk in (forgetful, mindful):
        walk.on("looked")

    assert [row["events"] for row in told.rows if row["kind"] == "forgotten"] == [["visited"]]
    assert (forgetful.state, mindful.state) == ("need", "research")


def test_what_is_younger_stays(tmp_path: Path, forget: Forget) -> None:
    walk = Walk(tmp_path, asking('count("visited") == 1 and values("visited.page") == ["shop"]'))
    walk.on("began")
    walk.on("visited", page="home", n=2)
    walk.wait(days=1)
    walk.on("visited", page="shop", n=2)
    walk.wait(days=49)

    forget(walk)
    walk.on("looked")

    assert walk.state == "research"
    assert not is_due(walk)


def test_a_score_that_an_event_without_a_limit_adds_to_stays(tmp_path: Path) -> None:
    walk = Walk(tmp_path, asking('score("keen") == 5'), brand="scores: {keen: {add: {visited: 5, ordered: 7}}}\n")
    walk.on("began")
    walk.on("visited", page="home", n=2)
    walk.wait(days=400)

    assert not is_due(walk)


def test_what_became_of_an_event_stays(tmp_path: Path, forget: Forget) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: visited, to: research, keep: {page: event.page}}]}\nresearch: {rest: true}"
        ),
    )
    walk.on("began")
    walk.on("visited", page="home", n=2)
    walk.wait(days=60)

    assert forget(walk).rows == []
    assert (walk.state, walk.kept) == ("research", {"page": "home"})


# ---------------------------------------------------------------- what follows


def test_what_follows_from_not_knowing_any_more_is_decided_in_the_same_turn(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            """
need: {rest: true, move: [{if: 'not has(customer.interests)', to: research}]}
research: {rest: true, send: [spark], move: [{if: 'count("visited") == 0', to: evaluation}]}
evaluation: {rest: true, send: [thanks]}
""",
        ),
        journey(
            "need: {rest: true, move: [{on: idle.left, to: end.busy}]}",
            name="k",
            enter="[{on: idle.entered, to: need}]",
            top="reenter: always",
        ),
        brand="segments: {idle: 'not has(customer.interests)'}\n",
    )
    walk.on("profile.updated", interests=["calm"])
    walk.on("began")
    walk.wait(days=70)
    walk.on("visited", page="home", n=1)
    walk.wait(days=30)

    first = forget(walk)
    walk.wait(days=20)
    second = forget(walk)

    assert first.moves == [("need", "research")]
    assert first.entered == ["k"]
    assert first.answers("spark") == ["admitted"]
    assert second.moves == [("research", "evaluation")]
    assert second.answers("thanks") == ["admitted"]


def test_what_was_due_before_is_taken_before(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, journey("need: {rest: true, send: [{touch: spark, after: 99 days, if: 'has(customer.interests)'}]}")
    )
    walk.on("profile.updated", interests=["calm"])
    walk.on("began")
    walk.now += 100 * DAY

    forget(walk)

    assert walk.answers("spark") == ["admitted"]
    assert known(walk, "interests") is None


def test_what_is_due_at_that_instant_is_asked_about_before_its_clocks(tmp_path: Path) -> None:
    stage = "{send: [{touch: spark, after: 2400 hours}], move: [{after: 2400 hours, to: end.lapsed}]}"
    walk = Walk(tmp_path, journey(f"need: {stage}"))
    walk.on("profile.updated", interests=["calm"])
    walk.on("began")
    walk.now += 100 * DAY

    told = forget(walk)

    assert (told.answers("spark")[0], told.moves) == ("admitted", [("need", "end.lapsed")])


def test_a_clock_that_counts_from_what_is_forgotten_stands_still(tmp_path: Path, forget: Forget) -> None:
    due = "{touch: spark, due: 'last(\"visited\") + days(80)'}"
    walk = Walk(tmp_path, journey(f"need: {{rest: true, send: [{due}]}}"))
    walk.on("began")
    walk.on("visited", page="home", n=1)
    walk.wait(days=60)

    forget(walk)
    walk.wait(days=60)

    assert walk.answers("spark") == []


def test_a_hold_by_what_is_forgotten_lets_go(tmp_path: Path, forget: Forget) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true}", top="hold: {while: '\"calm\" in customer.interests', at_most: 900 days}"),
    )
    walk.on("profile.updated", interests=["calm"])
    walk.on("began")
    walk.wait(days=100)

    assert [row["kind"] for row in forget(walk).rows] == ["forgotten", "released"]


def test_by_a_clock_that_was_set_back_nothing_follows_before_where_they_stand(tmp_path: Path, forget: Forget) -> None:
    walk = Walk(tmp_path, asking("not has(customer.interests)").replace("on: looked, ", ""))
    walk.on("profile.updated", interests=["calm"])
    walk.on("began")
    walk.wait(days=100, hours=2)
    stood_at = walk.now

    walk.now -= HOUR
    forget(walk)
    walk.now += HOUR
    walk.wait()

    assert [parse_moment(row["at"]) for row in walk.rows if row["kind"] in ("forgotten", "moved")] == [stood_at] * 2


# ---------------------------------------------------------------- at any time

MOMENTS = st.lists(st.tuples(st.integers(0, 120), st.sampled_from(["home", "shop"])), max_size=12)
WITHIN = asking(
    'count("visited", "50 days") >= 2 or sum("visited.n", "20 days") > 3 or "shop" in values("visited.page", "9 days")'
)


@given(MOMENTS, st.integers(0, 150))
def test_no_answer_within_the_time_for_which_events_are_kept_changes(
    tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[int, str]], at: int
) -> None:
    compiled = _within(tmp_path_factory)
    start = parse_moment(START)
    events = [
        make_event(compiled, "visited", start + day * DAY, {"page": page, "n": 2}, id=str(place))
        for place, (day, page) in enumerate(sorted(moments))
        if day <= at
    ]
    began = make_event(compiled, "began", start, {}, id="b")
    until = start + at * DAY
    given_ = [each for each in [began, *events] if each is not None]
    remembering = advance(compiled, compiled.new_customer("ana", start), given_, until).customer
    forgetting = remembering.copy()

    Forgetting(compiled).forget(forgetting, until)
    looked = make_event(compiled, "looked", until, {}, id="l")
    assert looked is not None
    traces = [[why[0] for why in advance(compiled, each, [looked], until).whys] for each in (remembering, forgetting)]

    assert traces[0] == traces[1]
    assert not Forgetting(compiled).is_due(forgetting, until)
    assert [each.state for each in remembering.enrollments] == [each.state for each in forgetting.enrollments]


_COMPILED: list[Program] = []


def _within(factory: pytest.TempPathFactory) -> Program:
    if not _COMPILED:
        _COMPILED.append(program(factory.mktemp("within"), WITHIN))
    return _COMPILED[0]
