"""The report counts what the whys say, whoever counted which customers in which order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.check.folder import open_definitions
from journeys.core.calendar import parse_moment
from journeys.core.compiling import compile_program
from journeys.core.intake import make_event, new_customer
from journeys.core.program import Program
from journeys.core.turn import advance
from journeys.core.why import Why
from journeys.measure.report import Place, Report, Tally, make_report
from journeys.measure.tally import cell_of

DAY = 86_400_000_000
START = parse_moment("2026-03-02T09:00:00Z")
UNTIL = START + 120 * DAY
ALL = ("offers", "personalization")

Told = Sequence[tuple[Any, ...]]


@pytest.fixture(scope="module")
def program() -> Program:
    definitions = open_definitions(Path(__file__).parent.parent / "cli" / "definitions").definitions
    assert definitions is not None
    return compile_program(definitions, salt="report")


def walk(program: Program, name: str, told: Told, *, consents: tuple[str, ...] = ALL, arm: int | None = 0) -> list[Why]:
    """The whys of one customer: (day, event) or (day, event, properties)."""
    program.arm = arm
    customer = new_customer(program, name, {"email": "ana@example.com"}, at=START, consents=consents)
    events = []
    for place, (day, event, *properties) in enumerate(told):
        made = make_event(
            program, event, START + round(day * DAY), properties[0] if properties else {}, id=f"{name}-{place}"
        )
        assert made is not None
        events.append(made)
    return advance(program, customer, events, UNTIL).whys


def report_of(program: Program, *customers: list[Why]) -> Report:
    tally = Tally(program)
    for whys in customers:
        tally.add(whys)
    return make_report(tally, until=UNTIL)


def places(report: Report) -> dict[str, Place]:
    found = {}
    for phase in report.journeys[0].phases:
        for stage in phase.within:
            for place in (phase, stage, *stage.within):
                found[place.name] = place
    return found


ORDER = {"order_id": "A1", "total": 12.5}


def test_the_funnel_counts_enrollments_reached_now_there_and_left(program: Program) -> None:
    report = report_of(
        program,
        walk(program, "ana", [(0, "tea_tasted"), (2, "order_placed", ORDER)]),
        walk(program, "ben", [(0, "tea_tasted"), (4, "order_placed", ORDER), (10, "order_placed", ORDER)]),
        walk(program, "eva", [(0, "tea_tasted")]),
    )

    journey, found = report.journeys[0], places(report)
    assert (journey.customers, journey.entered, journey.now, journey.ended) == (3, 3, 1, 2)
    # Ana goes back to need after 30 days of brewing, and lapses from there.
    assert (found["need"].reached, found["need"].left) == (3, {"selection": 2, "end.lapsed": 2})
    assert (found["selection"].left, found["selection"].back) == ({"need": 1, "loyalty": 1}, 1)
    assert (found["selection.paid"].left, found["selection.paid"].back) == ({"selection.brewing": 2}, 0)
    assert (found["loyalty"].now, found["loyalty"].left) == (1, {})
    assert (found["retention"].reached, found["decision"].reached, found["awareness"].reached) == (1, 2, 3)
    assert journey.ends == {"lapsed": 2}
    assert journey.regressions == 1


def test_a_median_is_of_the_stays_that_ended(program: Program) -> None:
    told = [[(0, "tea_tasted"), (day, "order_placed", ORDER)] for day in (1, 3, 5)]

    found = places(report_of(program, *[walk(program, f"c{day}", each) for day, each in enumerate(told)]))

    # Three stays of 1, 3 and 5 days before the order, and three of 14 after coming back.
    assert found["need"].median_minutes == 5 * 24 * 60
    assert found["selection.paid"].median_minutes == 3 * 24 * 60
    assert found["loyalty"].median_minutes is None


def test_who_comes_back_is_one_customer_and_two_enrollments(program: Program) -> None:
    journey = report_of(program, walk(program, "ana", [(0, "tea_tasted"), (60, "tea_tasted")])).journeys[0]

    assert (journey.customers, journey.entered, journey.reentered) == (1, 2, 1)


def test_the_goal_is_counted_with_its_worth_in_minor_units_by_arm(program: Program) -> None:
    told: Told = [(0, "tea_tasted"), (2, "order_placed", ORDER), (3, "order_placed", ORDER)]

    report = report_of(program, walk(program, "ana", told), walk(program, "ben", told, arm=2))

    goal = report.journeys[0].goal
    assert goal is not None
    assert (goal.reached, goal.value, goal.is_money) == (2, 2_500, True)
    by_arm = {arm.arm: (arm.entered, arm.goal and arm.goal.value) for arm in report.journeys[0].arms}
    assert by_arm == {"personalized": (1, 1_250), "holdout": (1, 1_250)}


def test_touches_are_told_by_answer_reason_arm_channel_and_words(program: Program) -> None:
    told: Told = [(0, "tea_tasted")]
    report = report_of(
        program,
        walk(program, "ana", told),
        walk(program, "ben", told, arm=1),
        walk(program, "cleo", told, arm=2),
        walk(program, "dan", [(0.45, "tea_tasted")]),  # 19:48, so that two hours later it is night
        # Fay orders before hello is due: it never comes, and then does when she is back in need.
        walk(program, "fay", [(0, "tea_tasted"), (0.05, "order_placed", ORDER)]),
        walk(program, "gil", told, consents=("personalization",)),
    )

    hello = report.journeys[0].touches["hello"]
    assert (hello.due, hello.sent, hello.deferred, hello.waiting) == (6, 4, 1, 0)
    assert hello.withheld == {"consent": 1, "holdout": 1}
    assert hello.deferred_by == {"quiet": 1}
    assert hello.channels == {"email": 4}
    assert hello.words == {"personalized": 3, "generic": 1}
    assert {arm.arm: arm.touched.sent for arm in report.journeys[0].arms} == {
        "personalized": 5,
        "generic": 1,
        "holdout": 0,
    }


def test_every_due_touch_is_sent_withheld_or_waiting(program: Program) -> None:
    random = Random(7)
    names = ("tea_tasted", "order_placed", "account_closed")
    customers = []
    for number in range(60):
        days = sorted(random.uniform(0, 119.9) for _ in range(random.randint(1, 9)))
        told = [(day, random.choice(names), ORDER if random.random() < 0.9 else {}) for day in days]
        customers.append(walk(program, f"c{number}", told, arm=None))

    journey = report_of(program, *customers).journeys[0]

    for touched in (journey.touched, *journey.touches.values(), *(arm.touched for arm in journey.arms)):
        assert touched.due == touched.sent + touched.waiting + sum(touched.withheld.values())
        assert touched.sent == sum(touched.channels.values()) == sum(touched.words.values())
    for phase in journey.phases:
        for stage in phase.within:
            assert stage.reached >= stage.now
    assert journey.entered == journey.now + journey.ended == sum(arm.entered for arm in journey.arms)


def test_an_event_without_consent_is_told_as_unheard(program: Program) -> None:
    report = report_of(
        program, walk(program, "eva", [(0, "tea_tasted"), (1, "order_placed", ORDER)], consents=("offers",))
    )

    assert (report.events.heard, report.events.unheard, report.events.own) == (1, {"consent": 1}, 0)
    assert report.journeys[0].entered == 0


@given(st.lists(st.integers(0, 3), min_size=8, max_size=8), st.randoms(use_true_random=False))
def test_shares_counted_apart_and_merged_in_any_order_give_the_same_report(
    program: Program, shares: list[int], random: Random
) -> None:
    told: list[Told] = [
        [(0, "tea_tasted"), (day, "order_placed", ORDER), (day + 4, "order_placed", {"order_id": "B", "total": 60})]
        for day in range(8)
    ]
    customers = [walk(program, f"c{place}", each, arm=None) for place, each in enumerate(told)]
    whole = report_of(program, *customers).to_json()

    tallies = [Tally(program) for _ in range(4)]
    for share, whys in zip(shares, customers):
        tallies[share].add(whys)
    random.shuffle(tallies)
    merged = tallies[0]
    for tally in tallies[1:]:
        merged.merge(tally)

    assert json.dumps(make_report(merged, until=UNTIL).to_json()) == json.dumps(whole)


@given(st.integers(-DAY, 20 * 366 * DAY))
def test_a_cell_is_the_minutes_at_which_it_begins_and_never_past_ten_years(span: int) -> None:
    cell = cell_of(span)

    minutes = max(0, span) // 60_000_000
    assert cell <= minutes
    assert cell == 5_256_000 or minutes - cell < (1 if minutes < 2_880 else 60)
    assert cell <= 5_256_000
