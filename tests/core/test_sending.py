"""What was let go and nobody has taken yet: taken, or asked about anew, one touch at a time."""

from __future__ import annotations

from pathlib import Path

from tests.core.walk import Walk, journey

TWO = journey("""
need:
  rest: true
  send: [spark, thanks]
  move:
    - {on: spark.sent, to: research}
    - {on: left_us, to: end.gone}
research:
  rest: true
  move: [{on: left_us, to: end.gone}]
""")
DAILY = "caps: [{most: 1, per: 1 day, each: channel}]\n"


def paused(folder: Path, *journeys: str, brand: str = "") -> Walk:
    walk = Walk(folder, *journeys, brand=brand)
    walk.pause()
    return walk


def test_a_touch_is_sent_when_its_provider_took_it_and_not_before(tmp_path: Path) -> None:
    walk = paused(tmp_path, TWO)

    admitted = walk.on("began")
    later = walk.wait(hours=2)
    taken = walk.accept("spark")

    assert admitted.answers("spark") == ["admitted"]
    assert (admitted.sent, later.sent, taken.sent) == ([], [], ["spark"])
    assert taken.told("spark")["at"] == "2026-03-02T11:00:00Z"
    assert taken.told("spark")["words"] == "personalized"
    assert taken.moves == [("need", "research")]


def test_of_two_touches_only_the_one_that_was_taken_is_sent(tmp_path: Path) -> None:
    walk = paused(tmp_path, TWO)
    walk.on("began")

    taken = walk.accept("thanks")

    assert taken.sent == ["thanks"]
    assert walk.under_way == ["spark"]
    assert walk.state == "need"


def test_what_comes_due_before_a_touch_is_taken_is_decided_first(tmp_path: Path) -> None:
    stages = "need:\n  send: [spark]\n  move:\n    - {after: 1 hour, to: research}\nresearch: {rest: true}"
    walk = paused(tmp_path, journey(stages))
    walk.on("began")
    walk.now += 2 * 60 * 60 * 1_000_000
    [sending] = walk.customer.sending

    taken = walk.accept("spark")

    assert walk.state == "research"
    # It went all the same, and that is told too.
    assert taken.answers("spark") == ["withheld: left", "sent"]
    assert sending not in walk.customer.sending


def test_asking_again_of_one_touch_leaves_the_other_under_way(tmp_path: Path) -> None:
    walk = paused(tmp_path, TWO)
    walk.on("began")

    walk.now += 5 * 24 * 60 * 60 * 1_000_000
    asked = walk.ask_again("spark")

    assert asked.answers("spark") == ["withheld: expired"]
    assert asked.answers("thanks") == []
    assert walk.under_way == ["thanks"]


def test_a_touch_that_may_still_go_is_let_go_anew(tmp_path: Path) -> None:
    walk = paused(tmp_path, TWO, brand=DAILY)
    walk.on("began")

    walk.now += 60 * 1_000_000
    asked = walk.ask_again("spark")

    # Its own slot under the cap is no reason against it.
    assert asked.answers("spark") == ["admitted"]
    assert sorted(walk.under_way) == ["spark", "thanks"]


def test_what_went_though_it_was_taken_back_counts_for_caps(tmp_path: Path) -> None:
    stages = "need:\n  send: [spark]\n  move:\n    - {on: looked, to: research}\n    - {after: 9 days, to: end.gone}\n"
    stages += "research: {rest: true, send: [{touch: more, after: 1 minute}]}"
    walk = paused(tmp_path, journey(stages), brand=DAILY)
    walk.on("began")
    walk.on("looked")

    walk.accept("spark")
    later = walk.wait(minutes=1)

    assert later.answers("more") == ["deferred: cap"]


def test_the_words_told_are_those_that_went(tmp_path: Path) -> None:
    walk = Walk(tmp_path, TWO, arm="generic")
    walk.pause()
    walk.on("began")

    assert walk.accept("spark").told("spark")["words"] == "generic"


def test_an_answer_from_before_a_later_turn_does_not_turn_time_back(tmp_path: Path) -> None:
    walk = paused(tmp_path, TWO)
    walk.on("began")
    walk.wait(hours=2)
    walk.now -= 60 * 60 * 1_000_000

    taken = walk.accept("spark")

    assert taken.told("spark")["at"] == "2026-03-02T11:00:00Z"
    assert walk.customer.as_of == walk.now + 60 * 60 * 1_000_000


def test_what_comes_due_on_the_way_is_let_go_and_not_sent(tmp_path: Path) -> None:
    stages = "need:\n  rest: true\n  send: [spark, {touch: thanks, after: 1 hour}]\n"
    walk = paused(tmp_path, journey(stages))
    walk.on("began")
    walk.now += 2 * 60 * 60 * 1_000_000

    taken = walk.accept("spark")

    assert taken.answers("thanks") == ["admitted"]
    assert walk.under_way == ["thanks"]


def test_what_comes_back_before_it_is_written_down_that_a_touch_was_taken_is_heard(tmp_path: Path) -> None:
    stages = "need:\n  rest: true\n  send: [spark]\n  move: [{on: spark.bounced, to: research}]\nresearch: {rest: true}"
    walk = paused(tmp_path, journey(stages))
    walk.on("began")

    walk.on("spark.bounced")

    assert walk.state == "research"
    assert walk.customer.bounced == 1 << walk.program.names.channels["email"]
