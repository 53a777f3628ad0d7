"""Moves, keys, re-entry and arms, one promise at a time, on the workshop's bench and kiln."""

from __future__ import annotations

import pytest

from journeys.core.calendar import DAY, HOUR, MINUTE, parse_moment
from journeys.core.customer import HOLDOUT, PERSONALIZED
from journeys.core.intake import new_customer
from journeys.core.program import Program
from journeys.core.turn import advance
from journeys.core.why import (
    ENDED,
    ENTERED,
    HELD,
    HELD_OUT,
    HOLD,
    MOVED,
    RELEASED,
    RULE,
    SEND,
    SUPPRESSED,
    TOUCH,
    WITHHOLD,
    Why,
)
from tests.streams import MIXED, Raw, deliveries, program, to_events

AT = parse_moment("2026-03-02T09:00:00Z")  # a Monday, ten o'clock in Madrid


def happen(after: int, name: str, **properties: object) -> Raw:
    return Raw(name, AT + after, properties, f"{name}{after}{properties}", 0)


def whys_of(compiled: Program, raw: list[Raw], days: int, *, id: str = "c1", zone: str = "Europe/Madrid") -> list[Why]:
    consents = ["offers", "surveys", "watching"]
    customer = new_customer(compiled, id, {"email": "a@example.com"}, at=AT, consents=consents, timezone=zone)
    whys: list[Why] = []
    for at, batch in [*deliveries(raw), (AT + days * DAY, [])]:
        if any(each.delay for each in batch):
            # Time has gone on before it reaches us.
            whys += advance(compiled, customer, [], at).whys
        whys += advance(compiled, customer, to_events(compiled, batch), at).whys
    return whys


def walked(compiled: Program, whys: list[Why]) -> list[tuple[int, str, int]]:
    """Where each enrollment arrived, and how many minutes after the start."""
    found = []
    for why in whys:
        names = compiled.journeys[why[3]].state_names if why[0] in (ENTERED, MOVED, ENDED) else []
        if why[0] == ENTERED:
            found.append((why[2], names[why[4]], (why[1] - AT) // MINUTE))
        elif why[0] == MOVED:
            found.append((why[2], "stay" if why[5] < 0 else names[why[5]], (why[1] - AT) // MINUTE))
        elif why[0] == ENDED:
            found.append((why[2], "end", (why[1] - AT) // MINUTE))
    return found


def told(compiled: Program, whys: list[Why], touch: str) -> list[tuple[int, int, int]]:
    """When a touch was answered, how, and why."""
    return [
        (why[1] - AT, why[9], why[10]) for why in whys if why[0] == TOUCH and compiled.touches[why[5]].name == touch
    ]


@pytest.fixture
def compiled() -> Program:
    return program("workshop", arm=PERSONALIZED)


def test_a_move_to_where_one_stands_is_passed_over_and_the_next_is_tried(compiled: Program) -> None:
    raw = [happen(0, "begun", until="2026-03-01T09:00:00Z")]
    raw += [happen(n * HOUR, "looked", thing=f"t{n}") for n in (1, 2, 3, 4, 5)]
    raw += [happen(DAY, "asked")]

    whys = whys_of(compiled, raw, 2)

    stood = [state for _, state, _ in walked(compiled, whys)]
    assert stood[-2:] == ["loyalty", "stay"]
    assert stood.count("loyalty") == 1
    assert [each[:2] for each in told(compiled, whys, "goodbye")] == [(DAY, SEND)]


def test_what_must_last_is_counted_from_the_arrival_at_the_earliest(compiled: Program) -> None:
    raw = [happen(0, "begun"), happen(DAY, "stepped"), happen(DAY + 1, "stepped"), happen(DAY + 6 * HOUR, "went_back")]

    assert walked(compiled, whys_of(compiled, raw, 2))[1:] == [
        (1, "need.first", 30 * 60),
        (1, "need.second", 42 * 60),
    ]


def test_one_enters_again_only_after_the_time_that_the_file_says(compiled: Program) -> None:
    raw = [
        happen(0, "begun"),
        happen(HOUR, "stopped"),
        happen(24 * HOUR, "begun"),
        happen(25 * HOUR, "begun"),
        happen(26 * HOUR, "begun"),
    ]

    assert walked(compiled, whys_of(compiled, raw, 2)) == [
        (1, "need.first", 0),
        (1, "end", 60),
        (2, "need.first", 25 * 60),
    ]


def test_who_was_forgotten_enters_nothing_any_more(compiled: Program) -> None:
    raw = [happen(0, "begun"), happen(HOUR, "customer.erased"), happen(3 * DAY, "begun"), happen(4 * DAY, "stepped")]

    assert walked(compiled, whys_of(compiled, raw, 5)) == [(1, "need.first", 0), (1, "end", 60)]


def test_each_key_enters_again_on_its_own(compiled: Program) -> None:
    raw = [
        happen(0, "job_opened", job_id="j"),
        happen(MINUTE, "job_opened", job_id="j"),
        happen(2 * MINUTE, "job_done", job_id="j"),
        happen(3 * MINUTE, "job_opened", job_id="j"),
        happen(4 * MINUTE, "job_opened", job_id="k"),
        happen(122 * MINUTE, "job_opened", job_id="j"),
    ]

    assert walked(compiled, whys_of(compiled, raw, 0 + 1))[:4] == [
        (1, "evaluation", 0),
        (1, "end", 2),
        (2, "evaluation", 4),
        (3, "evaluation", 122),
    ]


def test_another_keys_event_concerns_only_the_moves_that_hear_any_key(compiled: Program) -> None:
    raw = [
        happen(0, "job_opened", job_id="j"),
        happen(1, "job_opened", job_id="k"),
        happen(HOUR, "job_done", job_id="k"),
        # After a day the first waits in selection, where it hears of other jobs.
        happen(25 * HOUR, "job_done", job_id="x"),
        happen(26 * HOUR, "job_touched", job_id="x"),
    ]

    way = [(number, state) for number, state, _ in walked(compiled, whys_of(compiled, raw, 2)) if state != "stay"]
    assert way[:5] == [(1, "evaluation"), (2, "evaluation"), (2, "end"), (1, "selection"), (1, "evaluation")]


def test_a_touch_that_a_hold_kept_waiting_goes_the_moment_it_is_over(compiled: Program) -> None:
    raw = [
        # Due at half past nine in the evening: after the quiet hours a ticket is open.
        happen(10 * HOUR + 30 * MINUTE, "job_opened", job_id="j"),
        happen(14 * HOUR, "ticket_created", ticket_id="t"),
        happen(26 * HOUR, "ticket_closed", ticket_id="t"),
    ]

    answers = told(compiled, whys_of(compiled, raw, 2), "firing")

    assert [reason for _, _, reason in answers[:2]][1] == HOLD
    assert answers[2] == (26 * HOUR, SEND, 0)


def test_a_change_of_zone_makes_no_clock_late(compiled: Program) -> None:
    raw = [
        happen(0, "begun", until="2026-03-12T07:00:00Z"),
        # Half an hour before nine, on the day; in Athens nine has just passed.
        happen(8 * DAY - 90 * MINUTE, "profile.updated", timezone="Europe/Athens"),
    ]

    assert told(compiled, whys_of(compiled, raw, 20), "before-end") == [(8 * DAY - 90 * MINUTE, SEND, 0)]


def test_a_clock_on_something_that_happened_moves_when_it_happens_again(compiled: Program) -> None:
    raw = [
        happen(0, "begun", until="2026-03-01T09:00:00Z"),
        happen(DAY, "bought", total=1),
        happen(3 * DAY, "bought", total=1),
    ]

    assert [each[:2] for each in told(compiled, whys_of(compiled, raw, 10), "receipt")] == [(6 * DAY, SEND)]


def test_a_held_out_journey_takes_no_slot_from_one_that_is_not() -> None:
    mixed = program("workshop", arm=MIXED)
    arms = {each.name: each for each in mixed.journeys}
    id = next(
        f"c{n}"
        for n in range(200)
        if mixed.arm_of(f"c{n}", arms["bench"]) == HOLDOUT and mixed.arm_of(f"c{n}", arms["kiln"]) == PERSONALIZED
    )
    # Daily at half past seven is in quiet hours, and would go after eight, on the third and the fourth.
    raw = [happen(0, "begun"), happen(2 * DAY, "job_opened", job_id="j")]

    whys = whys_of(mixed, raw, 3, id=id)

    assert [reason for _, _, reason in told(mixed, whys, "daily")].count(HELD_OUT) == 2
    assert told(mixed, whys, "firing")[0] == (2 * DAY + HOUR, SEND, 0)


# ---------------------------------------------------------------- what reaches us late


def late(after: int, by: int, name: str, **properties: object) -> Raw:
    """Something that happened then, and reaches us so much later."""
    return happen(after, name, **properties)._replace(delay=by)


def test_what_is_more_than_a_day_late_moves_nobody(compiled: Program) -> None:
    in_time = [happen(0, "begun"), late(HOUR, DAY, "stopped")]
    too_late = [happen(0, "begun"), late(HOUR, DAY + 1, "stopped")]

    assert walked(compiled, whys_of(compiled, in_time, 3))[1:] == [(1, "end", 25 * 60)]
    assert walked(compiled, whys_of(compiled, too_late, 3))[1:] == []


def test_a_clock_follows_what_is_known_however_late_it_became_known(compiled: Program) -> None:
    raw = [
        happen(0, "begun", until="2026-03-01T09:00:00Z"),
        happen(DAY, "bought", total=1),
        late(2 * DAY, 30 * HOUR, "bought", total=1),
    ]

    assert [each[:2] for each in told(compiled, whys_of(compiled, raw, 10), "receipt")] == [(5 * DAY, SEND)]


def test_a_hold_ends_with_its_ticket_however_late_that_became_known(compiled: Program) -> None:
    raw = [
        happen(0, "begun"),
        happen(DAY, "ticket_created", ticket_id="t"),
        late(DAY + HOUR, 30 * HOUR, "ticket_closed", ticket_id="t"),
    ]

    whys = whys_of(compiled, raw, 10)

    assert [(why[0], why[1] - AT) for why in whys if why[0] in (HELD, RELEASED)] == [
        (HELD, DAY),
        (RELEASED, 2 * DAY + 7 * HOUR),
    ]


# ---------------------------------------------------------------- waiting, and what is heard in the same instant


def test_a_touch_that_a_rule_makes_wait_goes_with_the_event_that_changes_it(compiled: Program) -> None:
    raw = [
        happen(0, "ticket_created", ticket_id="t"),
        happen(1, "ticket_created", ticket_id="u"),
        happen(HOUR, "begun", until="2026-03-01T09:00:00Z"),
        happen(2 * DAY + 4 * HOUR, "ticket_closed", ticket_id="t"),
    ]

    answers = told(compiled, whys_of(compiled, raw, 4), "question")

    # Held for two days, then kept waiting by the second ticket.
    assert [reason for _, _, reason in answers][:2] == [HOLD, RULE]
    assert answers[2] == (2 * DAY + 4 * HOUR, SEND, 0)


def test_a_new_address_has_not_bounced(compiled: Program) -> None:
    raw = [
        happen(0, "begun"),
        happen(HOUR, "noted"),
        happen(2 * HOUR, "receipt.bounced", channel="email"),
        happen(3 * HOUR, "noted"),
        happen(4 * HOUR, "profile.updated", email="new@example.com"),
        happen(5 * HOUR, "noted"),
    ]

    answers = told(compiled, whys_of(compiled, raw, 1), "receipt")

    assert answers == [(HOUR, SEND, 0), (3 * HOUR, WITHHOLD, SUPPRESSED), (5 * HOUR, SEND, 0)]


def test_one_who_becomes_eager_enters_at_the_next_time_of_day_that_the_file_names(compiled: Program) -> None:
    raw = [happen(2 * HOUR, "stepped"), happen(3 * HOUR, "stepped")]

    assert walked(compiled, whys_of(compiled, raw, 2)) == [(1, "research", 24 * 60)]


def test_a_journey_hears_in_the_same_instant_that_its_touch_was_sent(compiled: Program) -> None:
    way = walked(compiled, whys_of(compiled, [happen(0, "job_opened", job_id="j")], 5))

    # The second firing goes at noon of the day on which they reach selection, and a day later they are told.
    assert way == [(1, "evaluation", 0), (1, "selection", 24 * 60), (1, "stay", 26 * 60), (1, "end", 50 * 60)]


def test_no_more_than_a_thousand_jobs_are_open_at_once(compiled: Program) -> None:
    raw = [happen(number, "job_opened", job_id=f"{number}") for number in range(1_050)]

    entered = [why for why in whys_of(compiled, raw, 0) if why[0] == ENTERED]

    assert len(entered) == 1_000
