"""When things happen: language.md, "Time"."""

from __future__ import annotations

from pathlib import Path

import pytest
from walk import HOUR, MINUTE, Walk, journey

SPAN = "need: {rest: true, send: [{touch: thanks, CLOCK}]}"
HOURS = 'hours: {mon-fri: "09:00-18:00"}\nholidays: [2026-03-04]\n'


def clock(text: str, **top: str) -> str:
    return journey(SPAN.replace("CLOCK", text), **top)


# ---------------------------------------------------------------- spans and times of day


@pytest.mark.parametrize(
    ("start", "text", "at"),
    [
        pytest.param("2026-03-27T10:00:00+01:00", "after: 3 days", "03-30 10:00", id="days across spring"),
        pytest.param("2026-03-27T10:00:00+01:00", "after: 72 hours", "03-30 11:00", id="hours across spring"),
        pytest.param("2026-10-24T10:00:00+02:00", "after: 1 day", "10-25 10:00", id="a day across autumn"),
        pytest.param("2026-10-24T10:00:00+02:00", "after: 24 hours", "10-25 09:00", id="24 hours across autumn"),
        pytest.param("2026-03-24T10:00:00+01:00", "after: 1 week", "03-31 10:00", id="a week across spring"),
        pytest.param("2026-01-31T10:00:00+01:00", "after: 1 month", "02-28 10:00", id="a month from the 31st"),
        pytest.param("2026-03-15T10:00:00+01:00", "after: 1 month", "04-15 10:00", id="a month across spring"),
        pytest.param("2026-03-02T10:00:00+01:00", "at: \"18:00\"", "03-02 18:00", id="at alone"),
        pytest.param("2026-03-02T18:00:00+01:00", "at: \"18:00\"", "03-02 18:00", id="at, on the very minute"),
        pytest.param("2026-03-02T18:00:01+01:00", "at: \"18:00\"", "03-03 18:00", id="at, a second too late"),
        pytest.param("2026-03-02T10:00:00+01:00", "after: 1 day, at: \"09:00\"", "03-04 09:00", id="at later"),
        pytest.param("2026-03-28T10:00:00+01:00", "after: 10 hours, at: \"02:30\"", "03-29 03:00", id="at in a gap"),
        pytest.param("2026-10-24T20:00:00+02:00", "at: \"02:30\"", "10-25 02:30", id="at in a fold"),
        pytest.param("2026-03-02T10:00:00+01:00", "on_days: [wed]", "03-04 10:00", id="on a day"),
        pytest.param("2026-03-02T10:00:00+01:00", "after: 1 day, at: \"18:00\", on_days: [thu]", "03-05 18:00", id="a"),
        pytest.param("2026-03-02T16:00:00+01:00", "after: 4 business hours", "03-03 11:00", id="business hours"),
        pytest.param("2026-03-03T16:00:00+01:00", "after: 4 business hours", "03-05 11:00", id="over a holiday"),
        pytest.param("2026-03-06T16:00:00+01:00", "after: 2 business days", "03-10 16:00", id="business days"),
    ],
)  # fmt: skip
def test_a_clock_is_due_when_it_says(tmp_path: Path, start: str, text: str, at: str) -> None:
    walk = Walk(tmp_path, clock(text), start=start, brand=HOURS)
    walk.on("began")

    walk.wait(days=40)

    assert walk.sent_at == [("thanks", at)]


def test_the_first_of_the_two_times_in_a_fold_is_meant(tmp_path: Path) -> None:
    walk = Walk(tmp_path, clock('at: "02:30"'), start="2026-10-24T20:00:00+02:00")
    walk.on("began")

    walk.until("2026-10-25T02:30:00+02:00")

    assert walk.sent == ["thanks"]


def test_exact_spans_stay_exact_across_a_clock_change(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{if: 'customer.size > 0', for: 1 day, to: research}]}\nresearch: {rest: true}"
        ),
        start="2026-03-28T10:00:00+01:00",
        customer={"size": 1},
    )
    walk.on("began")

    walk.wait(hours=24, microseconds=-1)
    assert walk.state == "need"

    walk.wait(microseconds=1)
    assert walk.state == "research"


@pytest.mark.parametrize(
    ("place", "at"), [("step", "03-05 10:00"), ("stage", "03-04 10:00"), ("anywhere", "03-03 10:00")]
)
def test_after_counts_from_the_arrival_of_its_owner(tmp_path: Path, place: str, at: str) -> None:
    text = """
need: {rest: true, move: [{on: looked, to: research}]}
research:
  steps:
    one: {rest: true, move: [{on: looked, to: research.two}]}
    two: {rest: true, move: [STEP]}
  move: [STAGE]
evaluation: {rest: true}
"""
    move = "{after: 1 day, to: stay, send: [thanks]}"
    never = "{on: left_us, to: evaluation}"
    text = text.replace("STEP", move if place == "step" else never).replace(
        "STAGE", move if place == "stage" else never
    )
    walk = Walk(tmp_path, journey(text, top=f"anywhere: [{move if place == 'anywhere' else never}]"))
    walk.on("began")
    for _ in range(2):
        walk.wait(days=1)
        walk.on("looked")

    walk.wait(days=5)

    assert walk.sent_at == [("thanks", at)]


# ---------------------------------------------------------------- due


UNTIL = journey(
    """
need:
  rest: true
  send: [{touch: thanks, due: 'journey.until - days(3)', MORE}]
  move: [{on: moved_on, to: stay, keep: {until: event.until}}]
""",
    enter="[{on: began, to: need, keep: {until: event.until}}]",
)


def until(more: str) -> str:
    return UNTIL.replace("MORE", more)


def test_a_due_counts_from_a_moment(tmp_path: Path) -> None:
    walk = Walk(tmp_path, until("priority: 0"))
    walk.on("began", until="2026-03-31T10:00:00Z")

    walk.wait(days=40)

    # The same time of day three days before, although the clocks change in between.
    assert walk.sent_at == [("thanks", "03-28 12:00")]


def test_a_clock_moves_with_its_moment(tmp_path: Path) -> None:
    walk = Walk(tmp_path, until("priority: 0"))
    walk.on("began", until="2026-03-10T10:00:00Z")
    walk.wait(days=2)
    walk.on("moved_on", until="2026-03-20T10:00:00Z")

    walk.wait(days=40)

    assert walk.sent_at == [("thanks", "03-17 11:00")]


def test_a_due_move_moves_with_its_moment(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: moved_on, to: stay, "
            "keep: {until: event.until}}, {due: 'journey.until', to: end.over}]}",
            enter="[{on: began, to: need, keep: {until: event.until}}]",
        ),
    )
    walk.on("began", until="2026-03-05T09:00:00Z")
    walk.on("moved_on", until="2026-03-07T09:00:00Z")
    walk.wait(days=3)
    walk.on("moved_on", until="2026-03-06T09:00:00Z")

    walk.wait(days=9)

    assert walk.moved_at[-1] == ("end.over", "03-06 10:00")


def test_a_due_follows_a_field_of_the_customer(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        clock("due: 'customer.ends_at - hours(1)'"),
    )
    walk.on("began")
    walk.wait(days=1)
    walk.on("profile.updated", ends_at="2026-03-05T09:00:00Z")
    walk.on("profile.updated", ends_at="2026-03-06T09:00:00Z")

    walk.wait(days=9)

    assert walk.sent_at == [("thanks", "03-06 09:00")]


def test_a_touch_due_before_the_arrival_is_skipped(tmp_path: Path) -> None:
    walk = Walk(tmp_path, until("priority: 0"))

    walk.on("began", until="2026-03-04T09:00:00Z")

    assert walk.answers("thanks") == ["withheld: past"]


def test_a_touch_due_before_the_arrival_is_sent_if_late_ones_are(tmp_path: Path) -> None:
    walk = Walk(tmp_path, until("late: send"))

    walk.on("began", until="2026-03-04T09:00:00Z")

    assert walk.answers("thanks") == ["sent"]


@pytest.mark.parametrize("is_stage", [False, True], ids=["a stage by itself", "a stage with steps"])
def test_a_touch_pushed_into_the_past_by_a_change_is_skipped(tmp_path: Path, is_stage: bool) -> None:
    text = until("priority: 0")
    if is_stage:
        text = text.replace("need:\n    rest: true\n", "need:\n    steps: {one: {rest: true}}\n")
        assert "steps" in text
    walk = Walk(tmp_path, text)
    walk.on("began", until="2026-03-20T09:00:00Z")
    walk.wait(days=5)

    changed = walk.on("moved_on", until="2026-03-09T09:00:00Z")

    assert changed.answers("thanks") == ["withheld: past"]
    walk.on("moved_on", until="2026-03-20T09:00:00Z")
    walk.wait(days=20)
    assert walk.sent == []


def test_late_send_also_sends_what_a_change_pushed_into_the_past(tmp_path: Path) -> None:
    walk = Walk(tmp_path, until("late: send"))
    walk.on("began", until="2026-03-20T09:00:00Z")
    walk.wait(days=5)

    changed = walk.on("moved_on", until="2026-03-09T09:00:00Z")

    assert changed.sent == ["thanks"]


def test_one_that_was_decided_has_fired_though_its_moment_changes(tmp_path: Path) -> None:
    walk = Walk(tmp_path, until("priority: 0"))
    walk.on("began", until="2026-03-06T09:00:00Z")
    walk.wait(days=2)
    assert walk.sent == ["thanks"]

    walk.on("moved_on", until="2026-03-20T09:00:00Z")
    walk.wait(days=20)

    assert walk.sent == ["thanks"]


def test_repeat_on_change_fires_again_for_a_new_moment(tmp_path: Path) -> None:
    walk = Walk(tmp_path, until("repeat_on_change: true"))
    walk.on("began", until="2026-03-06T09:00:00Z")
    walk.wait(days=2)
    walk.on("moved_on", until="2026-03-06T09:00:00Z")
    walk.wait(days=2)
    walk.on("moved_on", until="2026-03-20T09:00:00Z")

    walk.wait(days=20)

    assert walk.sent_at == [("thanks", "03-03 10:00"), ("thanks", "03-17 10:00")]
    assert [row["occurrence"] for row in walk.of("touch")] == [0, 1]


def test_a_touch_that_waits_is_not_sent_once_its_moment_was_put_off(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        until("repeat_on_change: true"),
        touches={"thanks": "purpose: offers"},
        brand='quiet: {from: "21:00", to: "08:00"}',
    )
    walk.on("began", until="2026-03-06T21:00:00Z")
    walk.until("2026-03-03T21:30:00Z")
    assert walk.answers("thanks") == ["deferred: quiet"]

    walk.on("moved_on", until="2026-03-20T12:00:00Z")
    walk.wait(days=30)

    assert walk.answers("thanks") == ["deferred: quiet", "withheld: left", "sent"]
    assert walk.sent_at == [("thanks", "03-17 13:00")]


def test_a_kept_date_becomes_an_instant_in_the_zone_of_the_day(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: thanks, due: 'journey.day'}]}",
            enter="[{on: began, to: need, keep: {day: event.day}}]",
        ),
    )
    walk.on("began", day="2026-03-10")
    walk.wait(days=1)
    walk.on("profile.updated", timezone="America/New_York")

    walk.wait(days=20)

    assert walk.sent_at == [("thanks", "03-10 00:00")]
    assert walk.told("thanks")["at"] == "2026-03-10T04:00:00Z"


# ---------------------------------------------------------------- arrivals and late events


def test_a_late_event_still_gets_the_touches_of_its_clocks(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, send: [{touch: spark, after: 1 hour}]}"))
    walk.wait(hours=3)

    walk.on("began", happened=2 * HOUR)

    assert walk.sent == ["spark"]
    assert walk.told("spark")["due_at"] == "2026-03-02T11:00:00Z"


def test_touches_that_a_late_event_made_due_one_after_the_other_do_not_outrank_each_other(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, send: [spark, {touch: more, after: 1 hour}]}"))
    walk.wait(hours=3)

    walk.on("began", happened=2 * HOUR)

    assert walk.sent == ["spark", "more"]


def test_a_late_event_arrives_at_its_own_time(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: looked, to: research}]}\nresearch: {move: [{after: 1 day, to: end.over}]}"
        ),
    )
    walk.on("began")
    walk.wait(hours=5)
    walk.on("looked", happened=25 * MINUTE)

    walk.wait(days=2)

    assert walk.moved_at == [("research", "03-02 15:00"), ("end.over", "03-03 14:35")]


def test_the_untriggered_moves_of_a_late_event_arrive_at_its_time_too(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{if: 'count(\"looked\") >= 1', "
            "to: research}]}\nresearch: {move: [{after: 1 day, to: end.over}]}"
        ),
    )
    walk.on("began")
    walk.wait(hours=5)
    walk.on("looked", happened=25 * MINUTE)

    walk.wait(days=2)

    assert walk.moved_at[-1] == ("end.over", "03-03 14:35")


def test_a_clock_move_that_waited_for_a_late_event_arrives_at_its_time_too(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{after: 1 hour, if: 'count(\"looked\") >= 1', "
            "to: research}]}\nresearch: {move: [{after: 1 day, to: end.over}]}"
        ),
    )
    walk.on("began")
    walk.wait(hours=5)
    walk.on("looked", happened=25 * MINUTE)

    walk.wait(days=2)

    assert walk.moved_at[-1] == ("end.over", "03-03 14:35")


def test_an_arrival_is_never_before_the_last_answer_of_the_gate(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("""
need: {rest: true, send: [{touch: thanks, after: 1 hour}], move: [{on: looked, to: research}]}
research: {move: [{after: 1 day, to: end.over}]}
"""),
    )
    walk.on("began")
    walk.wait(minutes=70)

    walk.on("looked", happened=25 * MINUTE)

    assert walk.sent == ["thanks"]
    assert walk.of("moved")[0]["arrived_at"] == "2026-03-02T10:00:00Z"


def test_a_late_event_stops_what_has_not_been_sent(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [{touch: spark, after: 1 hour}], move: [{on: looked, to: end.seen}]}"),
        brand='quiet: {from: "10:30", to: "12:00"}',
    )
    walk.on("began")
    walk.wait(minutes=70)
    assert walk.why("spark") == "deferred: quiet"

    walk.on("looked", happened=25 * MINUTE)
    walk.wait(days=1)

    assert walk.why("spark") == "withheld: left"


def test_an_event_older_than_late_events_only_informs(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{on: looked, if: 'count(\"looked\") >= 3', "
            "to: research}, {on: looked, to: again}]}\nresearch: {rest: true}"
        ),
    )
    walk.on("began")
    walk.wait(days=3)

    walk.on("looked", happened=24 * HOUR + 1)
    assert walk.moves == []

    walk.on("looked", happened=24 * HOUR)
    assert walk.moves == [("need", "need")]

    walk.on("looked")
    assert walk.state == "research"


def test_an_event_older_than_late_events_enters_nobody(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true}"), brand="late_events: 2 hours")
    walk.wait(days=1)

    walk.on("began", happened=3 * HOUR)
    assert walk.entered == []

    walk.on("began", happened=2 * HOUR)
    assert walk.entered == ["j"]


def test_history_informs_and_starts_nothing(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [thanks]}"),
        journey("need: {rest: true, send: [thanks]}", name="k", enter="[{on: fans.entered, to: need}]"),
        journey("need: {rest: true, send: [thanks]}", name="l", enter="[{if: 'count(\"began\") >= 1', to: need}]"),
        journey(
            "need: {rest: true, move: [{if: 'count(\"began\") >= 1', "
            "to: research}]}\nresearch: {rest: true, send: [thanks]}",
            name="m",
            enter="[{on: looked, to: need}]",
        ),
        brand="segments: {fans: 'count(\"began\") >= 1'}",
    )
    walk.on("looked")

    walk.on("began", happened=1000 * HOUR, imported=True)
    walk.wait(days=10)

    assert walk.entered == ["m"]
    assert walk.states == {"m": "need"}
    assert walk.sent == []


def test_what_history_told_starts_something_when_time_makes_it_true(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true}", enter="[{if: 'days_since(\"ordered\") >= 30', to: need}]"))
    walk.on("ordered", happened=20 * 24 * HOUR, imported=True)
    walk.wait(days=10, microseconds=-1)
    assert walk.entered == []

    walk.wait(microseconds=1)

    assert walk.entered == ["j"]


def test_history_ends_an_enrollment_that_was_entered_before_it_and_moves_no_other(tmp_path: Path) -> None:
    text = journey(
        "need: {rest: true, send: [{touch: thanks, after: 30 days}], move: [{on: ordered, "
        "to: end.bought}, {on: looked, to: research}]}\nresearch: {rest: true}"
    )
    for hours, state in ((2, "need"), (0.5, "end.bought")):
        walk = Walk(tmp_path / state, text)
        walk.wait(hours=5)
        walk.on("began")
        walk.wait(hours=1)

        walk.on("looked", happened=MINUTE, imported=True)
        walk.on("ordered", happened=round(hours * HOUR), imported=True)

        assert walk.state == state


def test_an_older_withdrawal_or_consent_never_overrules_a_newer_word(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, send: [spark]}"))
    walk.wait(hours=5)
    walk.on("consent.withdrawn", purpose="offers")

    walk.on("consent.given", happened=HOUR, purpose="offers")
    walk.on("began")

    assert walk.answers("spark") == ["withheld: consent"]


def test_an_older_profile_never_overwrites_a_newer_one(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{if: 'customer.size == 1 "
            'and customer.mood == "fine"\', to: research}]}\nresearch: {rest: true}'
        ),
    )
    walk.wait(hours=5)
    walk.on("profile.updated", size=1)
    walk.on("profile.updated", happened=HOUR, size=2, mood="fine")

    walk.on("began")

    assert walk.state == "research"


# ---------------------------------------------------------------- every


def test_every_chains_from_the_due_time_before_and_snaps(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        clock('every: 7 days, at: "18:00", on_days: [tue, wed, thu]'),
        start="2026-03-19T19:00:00+01:00",
    )
    walk.on("began")

    walk.wait(days=22)

    assert walk.sent_at == [
        ("thanks", "03-24 18:00"),
        ("thanks", "03-31 18:00"),
        ("thanks", "04-07 18:00"),
    ]


def test_every_with_after_begins_after_it(tmp_path: Path) -> None:
    walk = Walk(tmp_path, clock("after: 2 days, every: 1 day, times: 3"))
    walk.on("began")

    walk.wait(days=30)

    assert [at for _, at in walk.sent_at] == ["03-04 10:00", "03-05 10:00", "03-06 10:00"]


def test_every_without_times_goes_on_until_the_customer_leaves(tmp_path: Path) -> None:
    text = SPAN.replace("CLOCK", "every: 1 day").replace("}]}", "}], move: [{on: looked, to: research}]}")
    walk = Walk(tmp_path, journey(text + "\nresearch: {rest: true}"))
    walk.on("began")
    walk.wait(days=10, hours=1)
    assert len(walk.sent) == 11

    walk.on("looked")
    walk.wait(days=10)

    assert len(walk.sent) == 11


def test_a_list_of_touches_ends_with_its_last(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, send: [{touch: [spark, more, extra], every: 1 day}]}"))
    walk.on("began")

    walk.wait(days=10)

    assert walk.sent_at == [("spark", "03-02 10:00"), ("more", "03-03 10:00"), ("extra", "03-04 10:00")]


def test_a_withheld_occurrence_is_spent(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [{touch: [spark, more, extra], every: 1 day, if: 'customer.tickets == 0'}]}"),
    )
    walk.on("ticket_created", ticket_id="t")
    walk.on("began")
    walk.wait(hours=2)
    walk.on("ticket_closed", ticket_id="t")

    walk.wait(days=10)

    assert walk.answers("spark") == ["withheld: condition"]
    assert walk.sent == ["more", "extra"]


def test_every_keeps_its_time_of_day_when_the_clocks_change(tmp_path: Path) -> None:
    walk = Walk(tmp_path, clock("every: 1 day, times: 3"), start="2026-03-28T10:00:00+01:00")
    walk.on("began")

    walk.wait(days=5)

    assert [at for _, at in walk.sent_at] == ["03-28 10:00", "03-29 10:00", "03-30 10:00"]


# ---------------------------------------------------------------- zones


def test_the_zone_is_the_customers_else_the_brands(tmp_path: Path) -> None:
    for zone, at in (("America/New_York", "2026-03-02T23:00:00Z"), (None, "2026-03-02T17:00:00Z")):
        walk = Walk(tmp_path / str(zone).replace("/", "-"), clock('at: "18:00"'), zone=zone)
        walk.on("began")

        walk.wait(days=1)

        assert walk.told("thanks")["at"] == at


def test_a_change_of_zone_moves_the_clocks_that_are_not_yet_due(tmp_path: Path) -> None:
    walk = Walk(tmp_path, clock('at: "18:00"'))
    walk.on("began")
    walk.wait(hours=1)
    walk.on("profile.updated", timezone="America/New_York")

    walk.wait(days=2)

    assert walk.told("thanks")["at"] == "2026-03-02T23:00:00Z"


def test_a_change_of_zone_never_makes_a_clock_late(tmp_path: Path) -> None:
    walk = Walk(tmp_path, clock('at: "12:00", valid_for: 1 hour'))
    walk.on("began")
    walk.wait(hours=1)

    # There it is 19:00, but the customer arrived at 18:00: the next noon is tomorrow's.
    walk.on("profile.updated", timezone="Asia/Tokyo")
    walk.wait(days=2)

    assert walk.sent_at == [("thanks", "03-03 12:00")]


def test_what_a_change_of_zone_makes_overdue_is_due_now(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, clock('at: "18:00", valid_for: 1 hour'), zone="America/New_York", start="2026-03-02T12:00:00Z"
    )
    walk.on("began")
    walk.wait(hours=10)
    assert walk.sent == []

    # Due at 18:00 in New York, which is in an hour; in Madrid that was five hours ago.
    moved = walk.on("profile.updated", timezone="Europe/Madrid")

    assert moved.sent == ["thanks"]
    assert moved.told("thanks")["due_at"] == "2026-03-02T22:00:00Z"


# ---------------------------------------------------------------- within one instant


def test_consent_comes_before_every_other_event_of_an_instant(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, send: [spark]}", enter="[{on: watched, to: need}]"), consent=())

    walk.all_on(
        [
            ("watched", 0, {}),
            ("consent.given", 0, {"purpose": "personalization"}),
            ("consent.given", 0, {"purpose": "offers"}),
        ]
    )

    assert walk.sent == ["spark"]


def test_erasure_comes_before_every_other_event_of_an_instant(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, send: [thanks]}"))

    walk.all_on([("began", 0, {}), ("customer.erased", 0, {})])

    assert walk.entered == []


def test_the_gate_comes_before_the_clock_moves_of_an_instant(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {send: [{touch: thanks, after: 1 day}], move: [{on: looked, "
            "to: stay, keep: {n: event.n}}, {after: 1 day, to: end.over}]}"
        ),
    )
    walk.on("began")
    walk.wait(days=1, microseconds=-1)

    walk.wait(microseconds=1)

    assert walk.sent == ["thanks"]
    assert walk.state == "end.over"


def test_the_gate_comes_before_the_clock_moves_also_when_an_event_falls_into_the_instant(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {send: [{touch: thanks, after: 1 day}], move: [{on: looked, "
            "to: stay, keep: {n: event.n}}, {after: 1 day, to: end.over}]}"
        ),
    )
    walk.on("began")
    walk.wait(days=1, microseconds=-1)
    walk.now += 1

    walk.on("looked", n=1)

    assert walk.sent == ["thanks"]
    assert walk.state == "end.over"


def test_events_come_before_the_gate(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [{touch: thanks, after: 1 day}], move: [{on: looked, to: end.seen}]}"),
    )
    walk.on("began")
    walk.wait(days=1, microseconds=-1)
    walk.now += 1

    walk.on("looked")

    assert walk.sent == []
    assert walk.state == "end.seen"


def test_a_clock_moves_own_touches_reach_the_gate_in_the_same_instant(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, journey("need: {move: [{after: 1 day, to: research}]}\nresearch: {rest: true, send: [thanks]}")
    )
    walk.on("began")

    walk.wait(days=1)

    assert walk.sent_at == [("thanks", "03-03 10:00")]


def test_events_of_an_instant_are_taken_by_source_and_id(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey("need: {rest: true, move: [{on: looked, to: stay, keep: {n: event.n}}]}"))
    walk.on("began")
    walk.wait(hours=1)
    walk.on("looked", n=2, source="b", id="1")

    walk.all_on([("looked", 0, {"n": 5}), ("looked", 0, {"n": 4})], source="a")

    assert walk.kept == {"n": 4}


# ---------------------------------------------------------------- hold


HELD = journey(
    """
need:
  rest: true
  send: [{touch: spark, after: 1 day}, {touch: thanks, after: 2 days}]
  move: [{on: looked, to: research}]
research: {rest: true}
""",
    top="hold: {while: 'customer.tickets > 0', at_most: 10 days}",
)


def test_after_stands_still_while_held_and_is_shifted_by_the_time(tmp_path: Path) -> None:
    walk = Walk(tmp_path, HELD)
    walk.on("began")
    walk.wait(hours=12)
    walk.on("ticket_created", ticket_id="t")
    walk.wait(days=3)
    assert walk.sent == []
    walk.on("ticket_closed", ticket_id="t")

    walk.wait(days=5)

    assert walk.sent_at == [("spark", "03-06 10:00"), ("thanks", "03-07 10:00")]


def test_only_the_time_held_since_the_arrival_shifts_a_clock(tmp_path: Path) -> None:
    walk = Walk(tmp_path, HELD)
    walk.on("ticket_created", ticket_id="t")
    walk.on("began")
    walk.wait(hours=12)
    walk.on("ticket_closed", ticket_id="t")

    walk.wait(days=5)

    assert walk.sent_at == [("spark", "03-03 22:00"), ("thanks", "03-04 22:00")]


def test_what_was_held_before_the_arrival_shifts_no_clock_of_a_later_step(tmp_path: Path) -> None:
    text = HELD.replace("research: {rest: true}", "research: {rest: true, send: [{touch: more, after: 1 day}]}")
    walk = Walk(tmp_path, text)
    walk.on("began")
    walk.on("ticket_created", ticket_id="t")
    walk.wait(days=2)
    walk.on("ticket_closed", ticket_id="t")
    walk.on("looked")

    walk.wait(days=3)

    assert walk.sent_at == [("more", "03-05 10:00")]


def test_events_go_on_while_held(tmp_path: Path) -> None:
    walk = Walk(tmp_path, HELD)
    walk.on("began")
    walk.on("ticket_created", ticket_id="t")

    walk.on("looked")

    assert walk.state == "research"


def test_due_and_untriggered_moves_go_on_while_held(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            """
need: {rest: true, move: [{due: 'journey.until', to: research}]}
research: {rest: true, move: [{if: 'days_since("began") >= 3', to: evaluation}, {after: 1 hour, to: end.wrong}]}
evaluation: {rest: true}
""",
            enter="[{on: began, to: need, keep: {until: event.until}}]",
            top="hold: {while: 'customer.tickets > 0'}",
        ),
    )
    walk.on("ticket_created", ticket_id="t")
    walk.on("began", until="2026-03-03T09:00:00Z")

    walk.wait(days=3)

    assert walk.moved_at == [("research", "03-03 10:00"), ("evaluation", "03-05 10:00")]


def test_for_stands_still_while_held(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, move: [{if: 'customer.size > 0', for: 1 day, to: research}]}\nresearch: {rest: true}",
            top="hold: {while: 'customer.tickets > 0'}",
        ),
        customer={"size": 1},
    )
    walk.on("began")
    walk.wait(hours=10)
    walk.on("ticket_created", ticket_id="t")
    walk.wait(days=2)
    walk.on("ticket_closed", ticket_id="t")
    walk.wait(hours=14, microseconds=-1)
    assert walk.state == "need"

    walk.wait(microseconds=1)
    assert walk.state == "research"


def test_every_stands_still_while_held(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: thanks, every: 1 day}]}", top="hold: {while: 'customer.tickets > 0'}"
        ),
    )
    walk.on("began")
    walk.wait(hours=12)
    walk.on("ticket_created", ticket_id="t")
    walk.wait(days=2)
    walk.on("ticket_closed", ticket_id="t")

    walk.wait(days=2)

    assert [at for _, at in walk.sent_at] == ["03-02 10:00", "03-05 10:00", "03-06 10:00"]


def test_marketing_waits_at_the_gate_while_held_and_service_goes(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey("need: {rest: true, send: [spark, thanks, alert]}", top="hold: {while: 'customer.tickets > 0'}"),
    )
    walk.on("ticket_created", ticket_id="t")

    walk.on("began")
    assert walk.sent == ["thanks", "alert"]
    assert walk.why("spark") == "deferred: hold"

    walk.wait(days=1)
    walk.on("ticket_closed", ticket_id="t")
    assert walk.sent == ["thanks", "alert", "spark"]


def test_valid_for_runs_on_while_held(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: spark, valid_for: 2 days}]}", top="hold: {while: 'customer.tickets > 0'}"
        ),
    )
    walk.on("ticket_created", ticket_id="t")
    walk.on("began")

    walk.wait(days=3)
    walk.on("ticket_closed", ticket_id="t")

    assert walk.answers("spark") == ["deferred: hold", "withheld: hold"]


def test_after_at_most_it_lets_go_and_holds_again_only_once_it_was_false(tmp_path: Path) -> None:
    walk = Walk(tmp_path, HELD)
    walk.on("began")
    walk.on("ticket_created", ticket_id="t")
    walk.wait(days=10)
    assert [row["because"] for row in walk.of("released")] == ["at_most"]
    walk.on("ticket_created", ticket_id="u")
    assert len(walk.of("held")) == 1

    walk.wait(days=1)
    assert walk.sent_at == [("spark", "03-13 10:00")]

    walk.on("ticket_closed", ticket_id="t")
    walk.on("ticket_closed", ticket_id="u")
    walk.on("ticket_created", ticket_id="v")
    assert len(walk.of("held")) == 2


def test_a_hold_begins_and_ends_by_time_alone(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(
            "need: {rest: true, send: [{touch: thanks, after: 4 days}]}",
            top='hold: {while: \'days_since("began") >= 2 and count("began", "3 days") >= 1\'}',
        ),
    )
    walk.on("began")

    walk.wait(days=9)

    assert [walk.local(row["at"]) for row in walk.of("held") + walk.of("released")] == ["03-04 10:00", "03-05 10:00"]
    assert walk.sent_at == [("thanks", "03-07 10:00")]
