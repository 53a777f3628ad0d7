"""What is heard, and by whom: language.md, "Events", with goals, segments and the engine's own events."""

from __future__ import annotations

from pathlib import Path

import pytest
from walk import DAY, HOUR, MINUTE, Walk, journey

ASK = {"spark": "purpose: offers\nask: [0..10]"}


# ---------------------------------------------------------------- what comes of a touch


@pytest.mark.parametrize("part", ["delivered", "opened", "clicked", "replied", "declined", "redeemed", "bounced"])
@pytest.mark.parametrize("said", ["spark", "touch"])
def test_what_comes_of_a_touch_is_an_event(tmp_path: Path, part: str, said: str) -> None:
    walk = Walk(
        tmp_path,
        journey(
            f"need: {{rest: true, send: [spark], move: [{{on: {said}.{part}, "
            f"to: research}}]}}\nresearch: {{rest: true}}"
        ),
    )
    walk.on("began")
    assert walk.state == "need"

    walk.on(f"spark.{part}")

    assert walk.state == "research"


def test_an_answer_carries_its_number(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need:
  rest: true
  send: [spark]
  move: [{on: spark.answered, if: 'event.answer >= 9', to: advocacy}, {on: spark.answered, to: support}]
advocacy: {rest: true}
support: {rest: true}
"""),
        touches=ASK,
    )
    walk.on("began")

    walk.on("spark.answered", answer=9)

    assert walk.state == "advocacy"


def test_sent_is_heard_at_once_in_virtual_time(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: spark, after: 1 hour}], move: [{on: spark.sent, "
            "if: 'event.channel == \"email\"', to: research}]}\nresearch: {rest: true}"
        ),
    )
    walk.on("began")

    walk.wait(hours=1)

    assert walk.state == "research"
    assert walk.moved_at == [("research", "03-02 11:00")]


def test_withheld_is_heard_with_its_reason(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [spark], move: [{on: spark.withheld, "
            "if: 'event.because == \"consent\"', to: research}]}\nresearch: {rest: true, send: [thanks]}"
        ),
        consent=(),
    )

    walk.on("began")

    assert walk.state == "research"
    assert walk.sent == ["thanks"]


def test_a_touchs_events_are_heard_only_by_the_enrollment_that_sent_it(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: spark, if: 'journey.key == \"b\"'}], "
            "move: [{on: spark.clicked, to: research}]}\nresearch: {rest: true}",
            top="key: event.cart",
        ),
        journey(
            "need: {rest: true, move: [{on: spark.clicked, to: research}]}\nresearch: {rest: true, send: [spark]}",
            name="k",
        ),
    )
    walk.on("began", cart="a")
    walk.on("began", cart="b")

    walk.on("spark.clicked")

    assert walk.states == {"k": "need", "a": "need", "b": "research"}


def test_what_comes_of_a_touch_that_was_never_sent_concerns_nobody(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: spark, after: 1 day}], "
            "move: [{on: spark.opened, to: research}]}\nresearch: {rest: true}"
        ),
    )
    walk.on("began")

    heard = walk.on("spark.opened")

    assert walk.state == "need"
    assert heard.rows[0]["heard"] == "not sent"


def test_how_often_is_of_this_enrollment_without_a_window_and_of_the_customer_with_one(tmp_path: Path) -> None:
    def text(condition: str) -> str:
        return journey(
            f"need: {{rest: true, send: [spark], move: [{{on: looked, if: '{condition}', "
            f"to: research}}, {{on: left_us, to: end.gone}}]}}\nresearch: {{rest: true}}",
            top="reenter: always",
        )

    for place, (condition, holds) in enumerate(
        {
            'received("spark") == 1': True,
            'received("spark", "30 days") == 2': True,
            'opened("spark") == 0': True,
            'opened("spark", "30 days") == 1': True,
            'clicked("spark", "30 days") == 0': True,
            'opened("spark", "1 day") == 0': True,
        }.items()
    ):
        walk = Walk(tmp_path / str(place), text(condition))
        walk.on("began")
        walk.on("spark.opened")
        walk.on("left_us")
        walk.wait(days=5)
        walk.on("began")

        walk.on("looked")

        assert (walk.state == "research") == holds, condition


# ---------------------------------------------------------------- segments, journeys, consents, profiles


def test_entering_and_leaving_a_segment_are_events(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, move: [{on: fans.left, to: end.cooled}]}", enter="[{on: fans.entered, to: need}]"),
        brand='segments: {fans: \'count("looked", "7 days") >= 2\'}',
    )
    walk.on("looked")
    walk.wait(days=1)
    assert walk.entered == []

    walk.on("looked")
    assert walk.state == "need"

    walk.wait(days=6)
    assert walk.moved_at == [("end.cooled", "03-09 10:00")]


def test_a_journeys_entering_ending_and_reaching_are_events(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, move: [{on: left_us, to: end.gone}]}", top="goal: {on: ordered}"),
        journey(
            """
need: {rest: true, move: [{on: j.reached, to: research}]}
research: {rest: true, move: [{on: j.ended, if: 'event.reason == "gone"', to: evaluation}]}
evaluation: {rest: true}
""",
            name="k",
            enter="[{on: j.entered, to: need}]",
        ),
    )
    walk.on("began")
    assert walk.states["k"] == "need"

    walk.on("ordered", total=1)
    assert walk.states["k"] == "research"

    walk.on("left_us")
    assert walk.states["k"] == "evaluation"


@pytest.mark.parametrize("event", ["profile.updated", "consent.given", "consent.withdrawn"])
def test_what_the_customer_tells_us_is_an_event(tmp_path: Path, event: str) -> None:
    walk = Walk(
        tmp_path, journey(f"need: {{rest: true, move: [{{on: {event}, to: research}}]}}\nresearch: {{rest: true}}")
    )
    walk.on("began")

    walk.on(event, **({} if event == "profile.updated" else {"purpose": "news"}))

    assert walk.state == "research"


def test_conditions_see_what_the_profile_has_become(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: profile.updated, "
            "if: 'customer.size == 3', to: research}]}\nresearch: {rest: true}"
        ),
    )
    walk.on("began")

    walk.on("profile.updated", size=3)

    assert walk.state == "research"


# ---------------------------------------------------------------- consent to know


def test_an_event_of_a_purpose_without_consent_is_not_heard(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: watched, to: research}]}\nresearch: {rest: true, "
            "move: [{if: 'count(\"watched\") >= 2', to: evaluation}]}\nevaluation: {rest: true}"
        ),
        consent=("offers",),
    )
    walk.on("began")

    heard = walk.on("watched")
    assert walk.state == "need"
    assert heard.rows[0]["heard"] == "consent"

    walk.on("consent.given", purpose="personalization")
    walk.on("watched")
    assert walk.state == "research"


def test_without_consent_what_was_known_is_missing(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            'need: {rest: true, move: [{on: looked, if: \'count("watched") >= 1 '
            "or has(customer.budget)', to: research}]}\nresearch: {rest: true}"
        ),
        customer={"budget": 5},
    )
    walk.on("began")
    walk.on("watched")
    walk.on("consent.withdrawn", purpose="personalization")

    walk.on("looked")
    assert walk.state == "need"

    walk.on("consent.given", purpose="personalization")
    walk.on("looked")
    assert walk.state == "research"


def test_an_untriggered_move_hears_of_a_consent(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, move: [{if: 'consented(\"news\")', to: research}]}\nresearch: {rest: true}"),
        consent=(),
    )
    walk.on("began")

    walk.on("consent.given", purpose="news")

    assert walk.state == "research"


# ---------------------------------------------------------------- goals


GOAL = journey(
    "need: {rest: true, move: [{on: left_us, to: end.gone}]}",
    top="goal: {on: ordered, within: 10 days, value: event.total}",
)


def test_a_goal_counts_from_entry_wherever_the_customer_stands_and_once(tmp_path: Path) -> None:
    walk = Walk(tmp_path, GOAL)
    walk.on("ordered", total=9)
    walk.on("began")
    walk.wait(days=10)

    walk.on("ordered", total=12.5)
    walk.on("ordered", total=3)

    assert [row["value"] for row in walk.of("goal")] == [1250]


def test_a_goal_is_missed_after_its_time(tmp_path: Path) -> None:
    walk = Walk(tmp_path, GOAL)
    walk.on("began")
    walk.wait(days=10, microseconds=1)

    walk.on("ordered", total=3)

    assert walk.of("goal") == []


def test_a_goal_counts_also_after_the_end(tmp_path: Path) -> None:
    walk = Walk(tmp_path, GOAL)
    walk.on("began")
    walk.on("left_us")
    walk.wait(days=9)

    walk.on("ordered", total=3)

    assert len(walk.of("goal")) == 1


def test_a_goal_reached_in_time_counts_though_it_is_heard_late(tmp_path: Path) -> None:
    walk = Walk(tmp_path, GOAL)
    walk.on("began")
    walk.on("left_us")
    walk.wait(days=10, minutes=5)
    walk.on("looked")

    walk.on("ordered", happened=10 * MINUTE, total=3)

    assert len(walk.of("goal")) == 1


def test_a_goal_of_another_key_is_not_this_ones(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true}", top="key: event.cart\ngoal: {on: ordered}"))
    walk.on("began", cart="a")
    walk.on("began", cart="b")

    walk.on("ordered", cart="b", total=1)

    assert [row["enrollment"] for row in walk.of("goal")] == ["j#2"]


# ---------------------------------------------------------------- scores and counts


def test_a_score_adds_halves_and_becomes(tmp_path: Path) -> None:
    scores = "scores: {heat: {half_life: 7 days, add: {looked: 8}, becomes: {ordered: 1}}}"

    def state(folder: str, condition: str, *, ordered: bool) -> str:
        walk = Walk(
            tmp_path / folder,
            journey(
                f"need: {{rest: true, move: [{{on: moved_on, if: '{condition}', "
                f"to: research}}]}}\nresearch: {{rest: true}}"
            ),
            brand=scores,
        )
        walk.on("began")
        walk.on("looked")
        walk.wait(days=7)
        if ordered:
            walk.on("ordered", total=1)
        walk.on("looked")
        walk.on("moved_on")
        return walk.state

    assert state("a", 'score("heat") == 12', ordered=False) == "research"
    assert state("b", 'score("heat") == 9', ordered=True) == "research"
    assert state("c", 'score("heat") == 12', ordered=True) == "need"


def test_what_is_heard_late_adds_nothing_to_a_score_that_became_a_value_since(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: moved_on, "
            "if: 'score(\"heat\") == 0', to: research}]}\nresearch: {rest: true}"
        ),
        brand="scores: {heat: {half_life: 7 days, add: {looked: 8}, becomes: {ordered: 0}}}",
    )
    walk.on("began")
    walk.wait(hours=2)
    walk.on("ordered", total=1)
    walk.on("looked", happened=HOUR)

    walk.on("moved_on")

    assert walk.state == "research"


def test_a_counting_field_tells_what_is_open_by_its_property(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need:
  rest: true
  move: [{on: looked, if: 'customer.tickets == event.n', to: research}, {on: moved_on, to: again}]
research: {rest: true, move: [{on: moved_on, to: need}]}
"""),
    )
    walk.on("began")

    def opened(number: int) -> bool:
        walk.on("looked", n=number)
        found = walk.state == "research"
        walk.on("moved_on")
        return found

    assert opened(0)
    walk.on("ticket_created", ticket_id="t")
    walk.on("ticket_created", ticket_id="t")
    walk.on("ticket_created", ticket_id="u")
    assert opened(2)
    walk.on("ticket_closed", ticket_id="x")
    walk.on("ticket_closed", ticket_id="t")
    assert opened(1)


def test_counts_hold_at_most_a_thousand_moments(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            'need: {rest: true, move: [{on: moved_on, if: \'count("looked", "7 days") >= 1000 '
            'and count("looked", "7 days") <= 1000\', to: research}]}\nresearch: {rest: true}'
        ),
    )
    walk.on("began")
    walk.wait(days=1)
    walk.all_on([("looked", number, {}) for number in range(1_200)])

    walk.on("moved_on")

    assert walk.state == "research"
    assert walk.now > DAY
