"""The report counts what the whys say, whoever counted which customers in which order."""

from __future__ import annotations

import json
import shutil
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
from journeys.core.why import EVENT, IMPORTED, TOUCH, Why
from journeys.definition.load import read_folder
from journeys.measure.intervals import difference_of, share_of
from journeys.measure.report import ArmReport, OfferReport, Place, Report, Tally, make_report
from journeys.measure.tally import TOUCHES_MAX, cell_of

DEFINITIONS = Path(__file__).parent.parent / "cli" / "definitions"
DAY = 86_400_000_000
HOUR = DAY // 24
START = parse_moment("2026-03-02T09:00:00Z")
UNTIL = START + 120 * DAY
ALL = ("offers", "personalization")

Told = Sequence[tuple[Any, ...]]


@pytest.fixture(scope="module")
def program() -> Program:
    definitions = open_definitions(DEFINITIONS).definitions
    assert definitions is not None
    return compile_program(definitions, salt="report")


def walk(
    program: Program,
    name: str,
    told: Told,
    *,
    consents: tuple[str, ...] = ALL,
    arm: int | None = 0,
    until: int = UNTIL,
) -> list[Why]:
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
    return advance(program, customer, events, until).whys


def report_of(program: Program, *customers: list[Why]) -> Report:
    tally = Tally(program)
    for whys in customers:
        tally.add(whys, UNTIL)
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


def test_what_is_not_decided_at_the_end_is_waiting(program: Program) -> None:
    tally = Tally(program)
    until = START + 14 * HOUR
    # Tasted at 20:00, so that two hours later it is night.
    tally.add(walk(program, "dan", [(11 / 24, "tea_tasted")], until=until), until)

    hello = make_report(tally, until=until).journeys[0].touches["hello"]

    assert (hello.due, hello.sent, hello.deferred, hello.waiting) == (1, 0, 1, 1)
    assert (hello.withheld, hello.deferred_by) == ({}, {"quiet": 1})


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
    assert journey.customers == sum(arm.customers for arm in journey.arms) == sum(journey.touches_by_customer.values())
    # Nothing goes to anybody but the customer here.
    assert journey.touched.sent == sum(touches * count for touches, count in journey.touches_by_customer.items())
    for arm in journey.arms:
        assert arm.goal is not None and arm.rate is not None
        assert arm.converted <= min(arm.customers, arm.goal.reached)
        assert arm.rate.low <= arm.rate.parts <= arm.rate.high


def arms(report: Report) -> dict[str, ArmReport]:
    return {arm.arm: arm for arm in report.journeys[0].arms}


BUYS_ONCE: Told = [(0, "tea_tasted"), (2, "order_placed", ORDER)]
# Buys, drifts away, comes back and buys again.
BUYS_TWICE: Told = [*BUYS_ONCE, (100, "tea_tasted"), (101, "order_placed", ORDER)]


def test_the_rate_counts_customers_and_not_how_often_they_came_back(program: Program) -> None:
    report = report_of(
        program,
        walk(program, "ana", BUYS_TWICE),
        walk(program, "ben", [(0, "tea_tasted"), (60, "tea_tasted")]),
        walk(program, "eva", [(0, "tea_tasted")]),
        walk(program, "fay", BUYS_ONCE, arm=2),
    )

    found = arms(report)
    personalized = found["personalized"]
    assert (personalized.entered, personalized.customers, personalized.converted) == (5, 3, 1)
    assert personalized.goal is not None and personalized.goal.reached == 2
    assert personalized.rate == share_of(1, 3)
    assert (found["holdout"].customers, found["holdout"].rate) == (1, share_of(1, 1))
    assert report.journeys[0].customers == 4


def test_each_arm_is_told_against_those_that_get_less_than_it(program: Program) -> None:
    report = report_of(
        program,
        *[walk(program, f"p{n}", BUYS_ONCE if n < 3 else BUYS_ONCE[:1]) for n in range(4)],
        *[walk(program, f"g{n}", BUYS_ONCE if n < 1 else BUYS_ONCE[:1], arm=1) for n in range(3)],
        *[walk(program, f"h{n}", BUYS_ONCE[:1], arm=2) for n in range(2)],
    )
    alone = report_of(program, walk(program, "ana", BUYS_ONCE))

    told = {(each.arm, each.against): each.by for each in report.journeys[0].differences}
    assert told == {
        ("personalized", "generic"): difference_of(3, 4, 1, 3),
        ("personalized", "holdout"): difference_of(3, 4, 0, 2),
        ("generic", "holdout"): difference_of(1, 3, 0, 2),
    }
    assert alone.journeys[0].differences == ()


REDEEMS = (14, "refill.redeemed")


def test_costs_are_those_of_what_was_sent_and_of_what_was_redeemed(program: Program) -> None:
    report = report_of(
        program,
        walk(program, "ana", [*BUYS_ONCE, REDEEMS]),
        walk(program, "ben", BUYS_ONCE),
        # Held out: thanked for the order, and nothing else.
        walk(program, "eva", BUYS_ONCE, arm=2),
    )

    journey, found = report.journeys[0], arms(report)
    for arm, sent, redeemed in (("personalized", found["personalized"].touched.sent, 1), ("holdout", 1, 0)):
        assert found[arm].touched.sent == sent
        # 0.0004 EUR an e-mail, 2.00 EUR a refill.
        assert (found[arm].channel_cost, found[arm].offer_cost) == (400 * sent, 200 * redeemed)
    assert (journey.channel_cost, journey.offer_cost) == (400 * journey.touched.sent, 200)
    assert journey.offers == {"refill": OfferReport(limit=1, sent=2, redeemed=1, cost=200)}


def test_what_nobody_was_sent_is_not_redeemed(program: Program) -> None:
    report = report_of(program, walk(program, "ana", [*BUYS_ONCE, (3, "refill.redeemed")]))

    assert report.events.unheard == {"not sent": 1}
    assert report.journeys[0].offers["refill"].redeemed == 0


def test_an_offer_of_before_the_recording_costs_nothing_in_it(program: Program) -> None:
    whys = walk(program, "ana", [*BUYS_ONCE, REDEEMS])
    redeemed = [why for why in whys if why[0] == EVENT and why[2].event == program.names.events["refill.redeemed"]]
    history = [(*why[:3], IMPORTED) if why in redeemed else why for why in whys]

    report = report_of(program, history)

    assert len(redeemed) == 1
    assert report.journeys[0].offers["refill"] == OfferReport(limit=1, sent=1, redeemed=0, cost=0)


def test_customers_are_told_by_how_many_touches_they_got(program: Program) -> None:
    customers = [
        walk(program, "ana", BUYS_ONCE),  # hello, thanks, refill; back in need hello again
        walk(program, "ben", [(0, "tea_tasted")]),
        walk(program, "cleo", [(0, "tea_tasted")]),
        walk(program, "eva", [(0, "tea_tasted")], arm=2),
    ]

    report = report_of(program, *customers)

    assert report.journeys[0].touches_by_customer == {0: 1, 1: 2, 4: 1}


def test_what_goes_to_somebody_else_is_no_touch_of_the_customer(tmp_path: Path) -> None:
    folder = shutil.copytree(DEFINITIONS, tmp_path / "definitions")
    for file, before, after in (
        ("brand.yaml", "\nfields:", "\npeople:\n  host: {email: host@leaf.example}\n\nfields:"),
        ("first-cup.yaml", "{touch: hello, after: 2 hours}", "{touch: hello, after: 2 hours, to: host}"),
    ):
        text = (folder / file).read_text()
        assert before in text
        (folder / file).write_text(text.replace(before, after))
    definitions = read_folder(folder).definitions
    assert definitions is not None
    program = compile_program(definitions, salt="report")

    report = report_of(program, walk(program, "ana", [(0, "tea_tasted")]))

    assert report.journeys[0].touches["hello"].sent == 1
    assert report.journeys[0].touches_by_customer == {0: 1}


def test_very_many_touches_are_counted_as_many(program: Program) -> None:
    tally = Tally(program)
    whys = walk(program, "ana", [(0, "tea_tasted")])
    (hello,) = [why for why in whys if why[0] == TOUCH]
    again = [(*hello[:7], occurrence, *hello[8:]) for occurrence in range(1, 60)]

    tally.add([*whys, *again], UNTIL)

    assert make_report(tally, until=UNTIL).journeys[0].touches_by_customer == {TOUCHES_MAX: 1}


def test_quartiles_are_of_the_stays_that_ended_and_survival_of_all(program: Program) -> None:
    ended = [walk(program, f"c{day}", [(0, "tea_tasted"), (day, "order_placed", ORDER)]) for day in (1, 3, 5, 7)]
    # Two came later, and are watched for 10 and 2 days.
    later = [walk(program, f"l{day}", [(120 - day, "tea_tasted")]) for day in (10, 2)]

    found = places(report_of(program, *ended, *later))

    paid, need = found["selection.paid"], found["need"]
    assert (paid.quarter_minutes, paid.median_minutes, paid.three_quarter_minutes) == (4_320, 4_320, 4_320)
    # Back in need after 33 days each lapses 14 days later: eight stays that ended.
    assert [need.quarter_minutes, need.median_minutes, need.three_quarter_minutes] == [4_320, 10_080, 20_160]
    told = dict(need.survival)
    ten = 10 * 1_440
    # Of ten there at first; when the third left one less was watched.
    assert told[1_440] == 900_000
    assert told[3 * 1_440] == round(900_000 * 7 / 8)
    assert told[ten] == round(900_000 * 7 / 8 * 6 / 7 * 5 / 6)
    assert told[14 * 1_440] == 0
    assert paid.survival == found["awareness"].survival == ()


def test_an_event_without_consent_is_told_as_unheard(program: Program) -> None:
    report = report_of(
        program, walk(program, "eva", [(0, "tea_tasted"), (1, "order_placed", ORDER)], consents=("offers",))
    )

    assert (report.events.heard, report.events.unheard, report.events.own) == (1, {"consent": 1}, 0)
    assert report.journeys[0].entered == 0


def test_programs_get_every_key_in_the_promised_order(program: Program) -> None:
    walked = [walk(program, "ana", [*BUYS_ONCE, REDEEMS]), walk(program, "eva", BUYS_ONCE, arm=2)]

    told = json.loads(json.dumps(report_of(program, *walked).to_json()))

    (journey,) = told["journeys"]
    (stage, *_) = journey["phases"][0]["within"]
    found = {
        "report": told,
        "journey": journey,
        "place": stage,
        "touched": journey["touched"],
        "arm": journey["arms"][0],
        "goal": journey["goal"],
        "rate": journey["arms"][0]["rate"],
        "difference": journey["differences"][0],
        "offer": journey["offers"]["refill"],
    }
    assert {name: " ".join(each) for name, each in found.items()} == {
        "report": "report until customers currency decimals events journeys",
        "journey": "journey title customers entered reentered now ended ends regressions holds goal phases touched"
        " touches arms differences channel_cost offer_cost touches_by_customer offers",
        "place": "name reached now left back median_minutes within quarter_minutes three_quarter_minutes survival",
        "touched": "due sent deferred waiting withheld deferred_by channels words",
        "arm": "arm entered goal touched customers converted rate channel_cost offer_cost",
        "goal": "reached value is_money",
        "rate": "parts low high",
        "difference": "arm against by",
        "offer": "limit sent redeemed cost",
    }
    assert journey["touches_by_customer"] == {"1": 1, "4": 1}
    assert stage["survival"][0] == [0, 1_000_000]


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
        tallies[share].add(whys, UNTIL)
    random.shuffle(tallies)
    merged = tallies[0]
    for tally in tallies[1:]:
        merged.merge(tally.counts)

    assert json.dumps(make_report(merged, until=UNTIL).to_json()) == json.dumps(whole)


@given(st.integers(-DAY, 20 * 366 * DAY))
def test_a_cell_is_the_minutes_at_which_it_begins_and_never_past_ten_years(span: int) -> None:
    cell = cell_of(span)

    minutes = max(0, span) // 60_000_000
    assert cell <= minutes
    assert cell == 5_256_000 or minutes - cell < (1 if minutes < 2_880 else 60)
    assert cell <= 5_256_000
