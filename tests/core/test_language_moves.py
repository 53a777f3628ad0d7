"""Where a customer stands, and what moves them: language.md, "Where a customer stands" and "Moves"."""

from __future__ import annotations

from pathlib import Path

import pytest
from walk import HOUR, MINUTE, Walk, journey

REST = "\nresearch: {rest: true}\nevaluation: {rest: true}\nselection: {rest: true}"


# ---------------------------------------------------------------- where a customer stands


def test_a_move_to_a_stage_with_steps_leads_to_its_first_step(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need: {rest: true, move: [{on: looked, to: research}]}
research: {steps: {one: {rest: true}, two: {rest: true}}, move: [{on: ordered, to: research.two}]}
"""),
    )
    walk.on("began")

    walk.on("looked")
    assert walk.state == "research.one"

    walk.on("ordered")
    assert walk.state == "research.two"


def test_a_move_to_where_one_stands_is_passed_over_and_the_next_is_tried(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: looked, to: research}]}\nresearch: {rest: true}\nevaluation: {rest: true}",
            top="anywhere: [{on: ordered, to: research}, {on: ordered, to: evaluation}]",
        ),
    )
    walk.on("began")

    walk.on("ordered")
    assert walk.state == "research"

    walk.on("ordered")
    assert walk.state == "evaluation"


def test_a_clock_move_to_where_one_stands_is_passed_over_too(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true}\nresearch: {rest: true}",
            top="anywhere: [{after: 1 day, to: need}, {after: 2 days, to: research}]",
        ),
    )
    walk.on("began")

    walk.wait(days=1)
    assert walk.moves == []

    walk.wait(days=1)
    assert walk.moves == [("need", "research")]


def test_again_arrives_anew_and_restarts_the_clocks(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            """
need:
  send: [spark]
  move: [{on: looked, to: again}, {after: 1 hour, to: research}]
"""
            + REST
        ),
        touches={"spark": "purpose: alerts"},
    )
    walk.on("began")
    walk.wait(minutes=50)
    walk.on("looked")
    walk.wait(minutes=50)
    assert walk.state == "need"
    assert walk.sent == ["spark", "spark"]

    walk.wait(minutes=10)

    assert walk.state == "research"


def test_again_restarts_the_step_and_not_its_stage(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need:
  steps:
    one: {rest: true, move: [{on: looked, to: again}]}
  send: [{touch: thanks, after: 1 day}]
"""),
    )
    walk.on("began")
    walk.wait(hours=20)
    walk.on("looked")

    walk.wait(hours=4)

    assert walk.sent == ["thanks"]


def test_stay_is_no_arrival_but_keeps_and_sends(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            """
need:
  move:
    - {on: looked, to: stay, keep: {n: event.n}, send: [thanks]}
    - {after: 1 hour, to: research}
"""
            + REST
        ),
    )
    walk.on("began")
    walk.wait(minutes=50)

    stayed = walk.on("looked", n=4)

    assert stayed.sent == ["thanks"]
    assert walk.kept == {"n": 4}
    assert walk.customer.enrollments[0].visits[0] == 1
    walk.wait(minutes=10)
    assert walk.state == "research"


def test_visits_count_the_arrivals_in_a_state(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            """
need:
  rest: true
  move:
    - {on: looked, if: 'journey.visits >= 3', to: research}
    - {on: looked, to: again}
"""
            + REST
        ),
    )
    walk.on("began")

    for _ in range(3):
        walk.on("looked")

    assert walk.moves == [("need", "need"), ("need", "need"), ("need", "research")]


def test_what_is_always_there_can_be_read(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            """
need:
  rest: true
  move:
    - on: looked
      if: >-
        journey.key == "a" and journey.stage == "need" and journey.state == "need"
        and journey.entered_at == event.at - hours(2) and journey.arrived_at == event.at - hours(1)
      to: research
    - {on: moved_on, to: again}
"""
            + REST,
            top="key: event.cart",
        ),
    )
    walk.on("began", cart="a")
    walk.wait(hours=1)
    walk.on("moved_on")
    walk.wait(hours=1)

    walk.on("looked")

    assert walk.states == {"a": "research"}


def test_an_older_event_never_overwrites_what_a_newer_one_left(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, move: [{on: looked, to: stay, keep: {n: event.n}}]}"))
    walk.on("began")
    walk.wait(hours=1)
    walk.on("looked", n=1)

    walk.on("looked", happened=20 * MINUTE, n=2)
    assert walk.kept == {"n": 1}

    walk.wait(hours=1)
    walk.on("looked", happened=20 * MINUTE, n=3)
    assert walk.kept == {"n": 3}


def test_moving_to_an_end_ends_it_and_nothing_moves_any_more(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: thanks, after: 1 day}], "
            "move: [{on: ordered, to: end.bought}, {on: looked, to: end.looked}]}"
        ),
    )
    walk.on("began")
    walk.on("ordered")

    walk.on("looked")
    walk.wait(days=2)

    assert walk.moves == [("need", "end.bought")]
    assert walk.sent == []


# ---------------------------------------------------------------- keys


CARTS = journey(
    """
need:
  rest: true
  move:
    - {on: moved_on, to: research}
    - {on: looked, to: evaluation}
    - {on: ordered, key: any, if: 'event.total > 5', to: end.bought}
    - {on: ordered, to: selection}
"""
    + REST,
    top="key: event.cart\nreenter: 10 days after end\nanywhere: [{on: left_us, to: end.gone}]",
)


def test_an_event_with_a_key_concerns_only_its_enrollment(tmp_path: Path) -> None:
    walk = Walk(tmp_path, CARTS)
    walk.on("began", cart="a")
    walk.on("began", cart="b")

    walk.on("moved_on", cart="a")

    assert walk.states == {"a": "research", "b": "need"}


def test_an_event_without_the_key_concerns_all_and_enters_none(tmp_path: Path) -> None:
    walk = Walk(tmp_path, CARTS)
    walk.on("began")
    assert walk.states == {}
    walk.on("began", cart="a")
    walk.on("began", cart="b")

    walk.on("moved_on")
    assert walk.states == {"a": "research", "b": "research"}


def test_an_event_that_declares_no_key_concerns_all(tmp_path: Path) -> None:
    walk = Walk(tmp_path, CARTS)
    walk.on("began", cart="a")
    walk.on("began", cart="b")

    walk.on("looked")

    assert walk.states == {"a": "evaluation", "b": "evaluation"}


def test_an_event_with_a_live_key_enters_nobody(tmp_path: Path) -> None:
    walk = Walk(tmp_path, CARTS)
    walk.on("began", cart="a")

    walk.on("began", cart="a")

    assert walk.entered == ["j"]


def test_key_any_hears_the_events_of_other_keys(tmp_path: Path) -> None:
    walk = Walk(tmp_path, CARTS)
    walk.on("began", cart="a")
    walk.on("began", cart="b")

    walk.on("ordered", cart="a", total=3)
    assert walk.states == {"a": "selection", "b": "need"}

    walk.on("ordered", cart="c", total=6)
    assert walk.states == {"a": "selection"}


def test_reenter_counts_for_each_key(tmp_path: Path) -> None:
    walk = Walk(tmp_path, CARTS)
    walk.on("began", cart="a")
    walk.on("began", cart="b")
    walk.on("left_us")
    walk.wait(days=5)

    walk.on("began", cart="a")
    walk.on("began", cart="c")
    assert walk.states == {"c": "need"}

    walk.wait(days=5)
    walk.on("began", cart="a")
    assert walk.states == {"a": "need", "c": "need"}


def test_a_key_is_remembered_for_400_days(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, move: [{on: left_us, to: end.gone}]}", top="key: event.cart"),
        journey("need: {rest: true}", name="other", enter="[{on: watched, to: need}]"),
        journey("need: {rest: true}", name="third", enter="[{on: watched, to: need}]"),
    )
    walk.on("began", cart="a")
    walk.on("left_us")
    walk.wait(days=399)
    walk.on("began", cart="a")
    assert walk.entered == ["j"]

    walk.wait(days=2)
    walk.on("began", cart="a")
    assert walk.entered == ["j", "j"]


def test_a_thousand_keys_are_remembered(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, move: [{on: left_us, to: end.gone}]}", top="key: event.cart"))
    walk.all_on([("began", 0, {"cart": f"c{number}"}) for number in range(1_000)])
    walk.wait(minutes=1)
    walk.on("left_us")
    walk.wait(minutes=1)
    walk.on("began", cart="one more")
    walk.on("left_us")
    entered = len(walk.entered)

    walk.on("began", cart="one more")
    assert len(walk.entered) == entered

    assert len(walk.customer.past) == 1_000


# ---------------------------------------------------------------- entering


@pytest.mark.parametrize(
    ("reenter", "enters"),
    [
        ("never", [1, 1, 1]),
        ("always", [2, 3, 4]),
        ("10 days after end", [1, 1, 2]),
        ("10 days after entry", [1, 2, 2]),
    ],
)
def test_reenter_says_when_one_may_come_again(tmp_path: Path, reenter: str, enters: list[int]) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, move: [{on: left_us, to: end.gone}]}", top=f"reenter: {reenter}"))
    walk.on("began")
    walk.wait(days=5)
    walk.on("left_us")
    seen = []

    for days in (1, 5, 5):
        walk.wait(days=days)
        walk.on("began")
        seen.append(len(walk.entered))
        walk.on("left_us")

    assert seen == enters


def test_reenter_is_never_unless_said(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, move: [{on: left_us, to: end.gone}]}"))
    walk.on("began")
    walk.on("left_us")
    walk.wait(days=2_000)

    walk.on("began")

    assert walk.entered == ["j"]


def test_what_happened_before_an_end_does_not_enter_after_it(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, move: [{on: left_us, to: end.gone}]}", top="reenter: always"))
    walk.on("began")
    walk.wait(hours=2)
    walk.on("left_us")
    walk.wait(minutes=10)

    walk.on("began", happened=HOUR)

    assert walk.entered == ["j"]


def test_the_first_entry_whose_condition_holds_is_taken(tmp_path: Path) -> None:
    enter = """
  - {on: began, if: 'event.n > 5', to: research}
  - {on: began, to: need, keep: {n: event.n}}"""
    walk = Walk(tmp_path, journey("need: {rest: true}\nresearch: {rest: true}", enter=enter))

    walk.on("began", n=3)

    assert walk.state == "need"
    assert walk.kept == {"n": 3}


def test_an_event_enters_a_journey_once_though_two_entries_hold(tmp_path: Path) -> None:
    enter = "[{on: began, if: 'event.n > 5', to: research}, {on: began, to: need}]"
    walk = Walk(tmp_path, journey("need: {rest: true}\nresearch: {rest: true}", enter=enter))

    walk.on("began", n=9)

    assert walk.states == {"j": "research"}
    assert walk.entered == ["j"]


def test_one_event_may_start_two_journeys(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true}"),
        journey("need: {rest: true}", name="other", top="priority: 5"),
    )

    walk.on("began")

    assert walk.entered == ["other", "j"]


AT_TEN = """[{if: 'count("looked", "2 days") >= 2', at: "10:00", to: need}]"""


def test_an_if_entry_is_tried_at_its_local_time_once_it_becomes_true(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true}", enter=AT_TEN))
    walk.wait(hours=2)
    walk.on("looked")
    walk.on("looked")
    assert walk.entered == []

    walk.until("2026-03-03T08:59:59Z")
    assert walk.entered == []

    walk.until("2026-03-03T09:00:00Z")
    assert walk.entered == ["j"]


def test_an_if_entry_that_is_false_again_by_then_is_not_tried(tmp_path: Path) -> None:
    enter = """[{if: 'customer.tickets > 0', at: "10:00", to: need}]"""
    walk = Walk(tmp_path, journey("need: {rest: true}", enter=enter))
    walk.wait(hours=2)
    walk.on("ticket_created", ticket_id="t")
    walk.wait(hours=2)
    walk.on("ticket_closed", ticket_id="t")

    walk.wait(days=3)

    assert walk.entered == []


def test_an_if_entry_is_tried_once_until_it_was_false(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: left_us, to: end.gone}]}",
            enter="[{if: 'customer.tickets > 0', to: need}]",
            top="reenter: always",
        ),
    )
    walk.on("ticket_created", ticket_id="t")
    walk.on("left_us")
    walk.on("ticket_created", ticket_id="u")
    assert walk.entered == ["j"]

    walk.on("ticket_closed", ticket_id="t")
    walk.on("ticket_closed", ticket_id="u")
    walk.on("ticket_created", ticket_id="v")

    assert walk.entered == ["j", "j"]


# ---------------------------------------------------------------- the order of moves


def test_moves_are_tried_in_the_order_of_step_stage_and_anywhere(tmp_path: Path) -> None:
    text = """
need:
  steps:
    one: {rest: true, move: [{on: looked, if: 'event.n == 1', to: end.step}]}
  move: [{on: looked, if: 'event.n <= 2', to: end.stage}]
"""
    for n, reason in ((1, "step"), (2, "stage"), (3, "anywhere")):
        walk = Walk(tmp_path / str(n), journey(text, top="anywhere: [{on: looked, to: end.anywhere}]"))
        walk.on("began")

        walk.on("looked", n=n)

        assert walk.state == f"end.{reason}"


def test_moves_of_one_owner_are_tried_in_file_order(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            """
need:
  rest: true
  move:
    - {on: looked, if: 'event.n > 5', to: evaluation}
    - {on: [ordered, looked], to: research}
"""
            + REST
        ),
    )
    walk.on("began")

    walk.on("looked", n=3)

    assert walk.state == "research"


def test_one_event_takes_one_triggered_move_and_then_untriggered_ones(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need: {rest: true, move: [{on: looked, to: research}]}
research: {rest: true, move: [{on: looked, to: end.twice}, {if: 'count("looked") >= 1', to: evaluation}]}
evaluation: {rest: true, move: [{on: looked, to: end.twice}, {if: 'count("looked") >= 2', to: need}]}
"""),
    )
    walk.on("began")

    walk.on("looked")

    assert walk.moves == [("need", "research"), ("research", "evaluation")]


def test_a_state_is_arrived_in_once_an_instant_by_untriggered_moves(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need: {rest: true, move: [{if: 'customer.size > 1', to: research}]}
research: {rest: true, move: [{if: 'customer.size < 1', to: need}]}
"""),
    )
    walk.on("began")

    walk.on("profile.updated", size=2)

    assert walk.moves == [("need", "research")]


# ---------------------------------------------------------------- whenever it holds


WHENEVER = """
need: {rest: true, move: [{on: moved_on, to: stay, keep: {n: event.n}}, {if: 'CONDITION', to: research}]}
research: {rest: true}
"""


def test_an_untriggered_move_is_tried_on_arrival(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(WHENEVER.replace("CONDITION", "customer.size > 1")), customer={"size": 2})

    walk.on("began")

    assert walk.state == "research"


def test_an_untriggered_move_is_tried_after_every_event(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(WHENEVER.replace("CONDITION", 'count("looked") >= 2')))
    walk.on("began")

    walk.on("looked")
    assert walk.state == "need"

    walk.on("looked")
    assert walk.state == "research"


def test_an_untriggered_move_is_tried_after_a_stay(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(WHENEVER.replace("CONDITION", "journey.n > 2")))
    walk.on("began")
    walk.on("moved_on", n=2)
    assert walk.state == "need"

    walk.on("moved_on", n=3)

    assert walk.state == "research"


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        pytest.param('days_since("looked") >= 3', 3, id="days_since"),
        pytest.param('days_since("looked") > 3', 4, id="more than days_since"),
        pytest.param('days_since("looked") == 3', 3, id="exactly days_since"),
        pytest.param('count("looked", "5 days") < 2', 5, id="a count falls"),
        pytest.param('count("looked", "5 days", sku="b") == 0', 5, id="a filtered count falls"),
        pytest.param('count("looked", "5 days", sku=journey.sku) == 0', 5, id="a count by a kept value falls"),
        pytest.param('sum("looked.n", "6 days") < 3', 6, id="a sum falls"),
        pytest.param('not (sum("looked.n", "6 days") >= 3)', 6, id="a sum is no longer"),
        pytest.param('len(values("looked.sku", "6 days")) < 2', 6, id="a list shrinks"),
        pytest.param('customer.size > 5 or count("looked", "7 days") <= 1', 7, id="within an or"),
        pytest.param('in_segment("quiet")', 8, id="in a segment"),
        pytest.param('now >= last("looked") + hours(36)', 1.5, id="now meets a moment"),
        pytest.param('last("looked") + hours(36) <= now', 1.5, id="a moment met by now"),
        pytest.param('score("heat") < 5', 7, id="a score falls"),
        pytest.param('not (score("heat") >= 5)', 7, id="a score is no longer"),
        pytest.param('min(count("looked", "9 days"), 2) < 2', 9, id="a window within min"),
    ],
)
def test_an_untriggered_move_is_taken_at_the_very_instant(tmp_path: Path, condition: str, days: float) -> None:
    walk = Walk(
        tmp_path,
        journey(
            f"need: {{rest: true, move: [{{on: moved_on, to: research}}]}}\nresearch: {{rest: true, "
            f"move: [{{if: '{condition}', to: evaluation}}]}}\nevaluation: {{rest: true}}",
            enter="[{on: looked, to: need, keep: {sku: event.sku}}]",
        ),
        brand='segments: {quiet: \'count("looked", "8 days") < 2\'}\n'
        "scores: {heat: {half_life: 7 days, add: {looked: 5}}}",
    )
    walk.all_on([("looked", 0, {"sku": "b", "n": 2}), ("looked", 0, {"sku": "b", "n": 2})])
    walk.on("moved_on")
    # A score may cross a microsecond later than in theory: it is a floating number.
    late = 2 if "score" in condition else 0
    strict = 1 if "score" in condition else 0

    walk.wait(days=days, microseconds=-1)
    assert walk.state == "research"

    walk.wait(microseconds=1 + late)
    assert walk.state == "evaluation"
    assert walk.customer.enrollments[0].arrived_at - walk.now in ((0,) if not strict else (-2, -1, 0))


def test_untriggered_moves_watch_for_the_edges_that_an_event_moves(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(WHENEVER.replace("CONDITION", 'days_since("looked") >= 3')))
    walk.on("began")
    walk.on("looked")
    walk.wait(days=2)
    walk.on("looked")
    walk.wait(days=2)
    assert walk.state == "need"

    walk.wait(days=1)

    assert walk.state == "research"


# ---------------------------------------------------------------- for


FOR = "need: {rest: true, move: [{if: 'customer.tickets > 0', for: 24 hours, to: research}]}" + REST


def test_for_asks_that_it_has_held_that_long(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(FOR))
    walk.on("began")
    walk.wait(hours=5)
    walk.on("ticket_created", ticket_id="t")

    walk.wait(hours=24, microseconds=-1)
    assert walk.state == "need"

    walk.wait(microseconds=1)
    assert walk.state == "research"


def test_for_begins_anew_after_a_break(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(FOR))
    walk.on("began")
    walk.on("ticket_created", ticket_id="t")
    walk.wait(hours=23)
    walk.on("ticket_closed", ticket_id="t")
    walk.wait(hours=1)
    walk.on("ticket_created", ticket_id="u")

    walk.wait(hours=23)
    assert walk.state == "need"

    walk.wait(hours=1)
    assert walk.state == "research"


def test_for_notices_a_break_that_time_alone_brings(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            'need: {rest: true, move: [{if: \'count("looked", "10 hours") >= 1\', for: 12 hours, to: research}]}' + REST
        ),
    )
    walk.on("began")
    walk.on("looked")
    walk.wait(hours=11)
    walk.on("looked")
    walk.wait(hours=9)
    walk.on("looked")
    walk.wait(hours=2)
    assert walk.state == "need"

    walk.wait(hours=1)
    assert walk.state == "research"


def test_for_is_counted_from_the_arrival_at_the_earliest(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(FOR))
    walk.on("ticket_created", ticket_id="t")
    walk.wait(hours=20)
    walk.on("began")

    walk.wait(hours=23)
    assert walk.state == "need"

    walk.wait(hours=1)
    assert walk.state == "research"


def test_for_counts_from_the_own_time_of_a_late_entry(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(FOR))
    walk.on("ticket_created", ticket_id="t")
    walk.wait(hours=5)
    walk.on("began", happened=2 * HOUR)

    walk.wait(hours=22)

    assert walk.state == "research"


def test_for_goes_on_across_states_where_it_stands_in_anywhere(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: looked, to: evaluation}]}\n"
            "evaluation: {rest: true}\nresearch: {rest: true}",
            top="anywhere: [{if: 'customer.tickets > 0', for: 24 hours, to: research}]",
        ),
    )
    walk.on("began")
    walk.on("ticket_created", ticket_id="t")
    walk.wait(hours=12)
    walk.on("looked")

    walk.wait(hours=12)

    assert walk.state == "research"


# ---------------------------------------------------------------- clock moves


def test_a_clock_move_that_is_due_waits_for_its_if(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, journey("need: {rest: true, move: [{after: 1 day, if: 'customer.size > 1', to: research}]}" + REST)
    )
    walk.on("began")
    walk.wait(days=3)
    assert walk.state == "need"

    walk.on("profile.updated", size=2)

    assert walk.state == "research"


def test_a_clock_move_that_is_due_waits_for_the_time_at_which_its_if_holds(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, move: [{after: 1 day, if: 'days_since(\"began\") >= 3', to: research}]}" + REST),
    )
    walk.on("began")
    walk.wait(days=3, microseconds=-1)
    assert walk.state == "need"

    walk.wait(microseconds=1)

    assert walk.state == "research"


def test_a_clock_move_is_taken_once_for_each_visit_of_its_owner(tmp_path: Path) -> None:
    text = """
need:
  steps:
    one: {rest: true, move: [{on: looked, to: need.two}]}
    two: {rest: true, move: [{on: looked, to: need.one}]}
  move: [{after: 1 day, to: stay, send: [thanks]}, {on: moved_on, to: research}]
research: {rest: true, move: [{on: moved_on, to: need}]}
"""
    walk = Walk(tmp_path, journey(text, top="anywhere: [{after: 2 days, to: stay, send: [{touch: note, to: lead}]}]"))
    walk.on("began")
    walk.wait(days=1)
    walk.on("looked")
    walk.wait(days=5)
    assert walk.sent == ["thanks", "note"]

    walk.on("moved_on")
    walk.on("moved_on")
    walk.wait(days=5)

    assert walk.sent == ["thanks", "note", "thanks"]


def test_a_clock_of_anywhere_counts_from_the_entry(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: looked, to: research}]}\nresearch: {rest: true}",
            top="anywhere: [{after: 3 days, to: end.over}]",
        ),
    )
    walk.on("began")
    walk.wait(days=2)
    walk.on("looked")

    walk.wait(days=1)

    assert walk.state == "end.over"


# ---------------------------------------------------------------- across journeys


READER = journey(
    'need: {rest: true, move: [{if: \'in_state("other", "research")\', to: research}]}\nresearch: {rest: true}',
    top="priority: PRIORITY",
)
OTHER = journey(
    "need: {rest: true, move: [{after: 2 days, to: research}]}\nresearch: {steps: {a: {rest: true}, b: {rest: true}}}",
    name="other",
)


@pytest.mark.parametrize("priority", [10, -10])
def test_who_reads_anothers_state_is_tried_a_microsecond_after_it_changed(tmp_path: Path, priority: int) -> None:
    walk = Walk(tmp_path, READER.replace("PRIORITY", str(priority)), OTHER)
    walk.on("began")
    walk.wait(days=2, microseconds=-1)

    walk.wait(microseconds=1)
    walk.wait(microseconds=1)

    assert walk.states == {"j": "research", "other": "research.a"}


def test_an_if_entry_and_a_segment_hear_of_anothers_state(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true}", enter='[{if: \'in_state("other", "research")\', to: need}]'),
        journey("need: {rest: true}", name="third", enter="[{on: researchers.entered, to: need}]"),
        OTHER,
        brand='segments: {researchers: \'in_state("other", "research")\'}',
    )
    walk.on("began")

    walk.wait(days=2, microseconds=1)

    assert sorted(walk.states) == ["j", "other", "third"]


def test_a_hold_hears_of_anothers_state_even_while_something_else_happens(tmp_path: Path) -> None:
    text = journey(
        "need: {rest: true, move: [{if: 'count(\"looked\") >= 9', to: research}, {after: 1 day, to: evaluation}]}"
        + REST,
        top='hold: {while: \'in_state("other", "research")\'}',
    )
    other = journey(
        "need: {rest: true, move: [{on: looked, to: research}]}\nresearch: {rest: true}",
        name="other",
        top="priority: 9",
    )
    walk = Walk(tmp_path, text, other)
    walk.on("began")

    walk.on("looked")
    walk.wait(days=2)

    assert walk.states == {"other": "research", "j": "need"}


def test_in_state_may_name_the_key(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        CARTS,
        journey(
            "need: {rest: true, move: [{on: looked, "
            'if: \'in_state("j", "research", event.sku)\', to: research}]}\nresearch: {rest: true}',
            name="other",
            enter="[{on: watched, to: need}]",
            top="priority: 3",
        ),
    )
    walk.on("watched")
    walk.on("began", cart="a")
    walk.on("began", cart="b")
    walk.on("moved_on", cart="a")

    walk.on("looked", sku="b")

    assert walk.states["other"] == "need"


def test_in_state_is_true_of_the_key_that_is_there(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        CARTS,
        journey(
            "need: {rest: true, move: [{on: watched, "
            'if: \'in_state("j", "research", event.sku)\', to: research}]}\nresearch: {rest: true}',
            name="other",
            enter="[{on: watched, to: need}]",
        ),
    )
    walk.on("watched")
    walk.on("began", cart="a")
    walk.on("moved_on", cart="a")

    walk.on("watched", sku="b")
    assert walk.states["other"] == "need"

    walk.on("watched", sku="a")
    assert walk.states["other"] == "research"
