"""A report by hand, in which hardly a number comes twice: who finds one on a page knows what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from journeys.core.calendar import parse_moment
from journeys.measure.comparison import Change, Comparison
from journeys.measure.intervals import difference_of, share_of
from journeys.measure.report import (
    ArmReport,
    Difference,
    EventReport,
    GoalReport,
    JourneyReport,
    OfferReport,
    Place,
    Report,
    Touched,
)

HOUR, DAY = 60, 24 * 60
CURVE = ((0, 1_000_000), (DAY, 871_000), (7 * DAY, 640_000), (30 * DAY, 452_000), (55 * DAY, 213_000))


def place(name: str, reached: int, now: int, left: dict[str, int], **more: Any) -> Place:
    told: dict[str, Any] = {
        "back": 0,
        "median_minutes": 5 * DAY + 6 * HOUR,
        "quarter_minutes": 3 * HOUR,
        "three_quarter_minutes": 12 * DAY,
        "survival": (),
    }
    return Place(name=name, reached=reached, now=now, left=left, **told | more)


def touched(due: int, sent: int, **more: Any) -> Touched:
    told: dict[str, Any] = {
        "deferred": 0,
        "waiting": 0,
        "withheld": {},
        "deferred_by": {},
        "channels": {"email": sent},
        "words": {"personalized": sent},
    }
    return Touched(due=due, sent=sent, **told | more)


def arm(name: str, entered: int, customers: int, converted: int, value: int, **more: Any) -> ArmReport:
    return ArmReport(
        arm=name,
        entered=entered,
        goal=GoalReport(reached=converted + 3, value=value, is_money=True),
        touched=more.pop("touched", touched(701, 613)),
        customers=customers,
        converted=converted,
        rate=share_of(converted, customers),
        channel_cost=more.pop("channel_cost", 2_380_000),
        offer_cost=more.pop("offer_cost", 15_900),
        **more,
    )


ARMS = (
    arm("personalized", 6_201, 6_113, 1_907, 98_765_43),
    arm("generic", 1_288, 1_251, 318, 16_172_10),
    arm("holdout", 739, 721, 187, 9_012_30, touched=touched(457, 88, withheld={"holdout": 369}), offer_cost=0),
)
NEED = place("need", 7_416, 523, {"selection": 2_619, "end.lapsed": 4_611}, survival=CURVE)
SELECTION = place(
    "selection",
    2_601,
    411,
    {"need": 337, "loyalty": 1_709, "end.closed": 219},
    back=337,
    survival=CURVE[:3],
    within=(
        place("selection.paid", 2_599, 127, {"selection.settling": 2_290}),
        place("selection.settling", 2_288, 284, {}),
    ),
)
LOYALTY = place("loyalty", 1_703, 1_709, {}, median_minutes=None, quarter_minutes=None, three_quarter_minutes=None)
SUPPORT = place("support", 0, 0, {})
JOURNEY = JourneyReport(
    journey="espresso",
    title="From a first cup to a second machine",
    customers=8_085,
    entered=8_228,
    reentered=143,
    now=2_643,
    ended=5_585,
    ends={"lapsed": 4_611, "closed": 219},
    regressions=337,
    holds=58,
    goal=GoalReport(reached=2_421, value=123_949_83, is_money=True),
    phases=(
        place("awareness", 7_417, 524, {}, within=(NEED,)),
        place("decision", 2_602, 412, {}, within=(SELECTION,)),
        place("retention", 1_704, 1_710, {}, within=(SUPPORT, LOYALTY)),
    ),
    touched=touched(
        14_871,
        9_134,
        deferred=1_377,
        waiting=62,
        withheld={"condition": 911, "consent": 2_803, "cap": 1_592, "holdout": 369},
        deferred_by={"cap": 866, "quiet": 655},
        channels={"email": 8_907, "sms": 227},
        words={"personalized a": 4_404, "personalized b": 4_326, "generic": 404},
    ),
    touches={
        "spark": touched(9_870, 6_033, waiting=61, withheld={"condition": 912, "consent": 2_864}, deferred=1_376),
        "first-order-offer": touched(5_001, 3_101, withheld={"cap": 1_531, "holdout": 368}, deferred_by={"cap": 867}),
    },
    arms=ARMS,
    differences=tuple(
        Difference(
            arm=one.arm,
            against=other.arm,
            by=difference_of(one.converted, one.customers, other.converted, other.customers),  # type: ignore[arg-type]
        )
        for one, other in ((ARMS[0], ARMS[1]), (ARMS[0], ARMS[2]), (ARMS[1], ARMS[2]))
    ),
    channel_cost=7_140_000,
    offer_cost=31_800,
    touches_by_customer={0: 3_019, 1: 2_217, 2: 1_608, 5: 902, 50: 339},
    offers={
        "first-order-offer": OfferReport(limit=2_950, sent=3_102, redeemed=265, cost=31_800),
        "free-sample": OfferReport(limit=None, sent=1_013, redeemed=77, cost=0),
    },
)
REPORT = Report(
    until=parse_moment("2026-07-10T23:00:00Z"),
    customers=9_998,
    currency="EUR",
    decimals=2,
    events=EventReport(heard=70_123, unheard={}, own=1),
    journeys=(JOURNEY,),
)


def with_journeys(*journeys: JourneyReport) -> Report:
    return replace(REPORT, journeys=journeys)


# ---------------------------------------------------------------- the same customers, before a change

JOURNEY_BEFORE = replace(
    JOURNEY,
    customers=8_084,
    entered=8_219,
    ends={"lapsed": 4_700, "closed": 219, "bored": 31},
    goal=GoalReport(reached=2_366, value=119_940_10, is_money=True),
    phases=(
        place("awareness", 7_402, 524, {}, within=(replace(NEED, reached=7_401),)),
        place(
            "decision",
            2_511,
            412,
            {},
            within=(
                replace(
                    SELECTION,
                    reached=2_509,
                    within=(place("selection.paid", 2_508, 127, {}), place("selection.trying", 1_122, 3, {})),
                ),
            ),
        ),
    ),
    touched=touched(14_871, 9_220),
    touches={
        "spark": touched(9_870, 6_121),
        "first-order-offer": touched(5_001, 3_101),
        "old-offer": touched(93, 91),
    },
    arms=(arm("personalized", 6_201, 6_112, 1_849, 94_755_70), *ARMS[1:]),
    channel_cost=7_310_000,
    offer_cost=31_800,
)
BEFORE = with_journeys(JOURNEY_BEFORE)


def change(before: str, after: str, customers: int, *examples: str, where: str = "espresso need") -> Change:
    return Change(before=before, after=after, where=where, customers=customers, examples=examples)


COMPARISON = Comparison(
    customers=9_998,
    changed=4_005,
    changes=(
        change("spark sent by email, personalized words", "nothing", 3_002, "c0000012", "c0000045"),
        change("nothing", "ended as lapsed", 1_003, "c0000777", where="espresso selection.paid"),
    ),
    won={"espresso": 182},
    lost={"espresso": 124},
)
