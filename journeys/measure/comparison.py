"""Two versions side by side: what changed for customers, and the figures of each journey before and after.

Who walks customers through two versions stands above and makes a `Comparison`; here are its plain values, and
what is told of two reports.  The terminal and the page both take their figures from `compare_journeys`,
so that they cannot tell different stories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from journeys.measure.amounts import minor_of
from journeys.measure.intervals import Share, paired_difference
from journeys.measure.report import JourneyReport, Report, Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A first difference that `customers` have in common; `examples` are the first of them.

    `before` and `after` say what the one version and the other did at that instant, in words; `where` is the
    journey, with the state in which the customer stood, if in any.
    """

    before: str
    after: str
    where: str
    customers: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`changed` of the `customers` were treated differently; `changes` are most common first.

    `won` and `lost` are by journey: the customers who reached its goal only after, and only before.
    """

    customers: int
    changed: int
    changes: tuple[Change, ...]
    won: dict[str, int]
    lost: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number in both versions: a count, or an amount in minor units of each version's own currency.

    `change` is None where the currency is not the same.
    """

    name: str
    before: int
    after: int
    is_money: bool
    change: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalChange:
    """`won` reached the goal only after the change, `lost` only before it: in all, more by `by` of all customers."""

    won: int
    lost: int
    by: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyComparison:
    """A journey in both versions.  `touches` are those sent, `ends` those by each reason, whether changed or not.

    `goal` is None where a version has none.
    """

    before: JourneyReport
    after: JourneyReport
    figures: tuple[Figure, ...]
    touches: tuple[Figure, ...]
    ends: tuple[Figure, ...]
    goal: GoalChange | None


def compare_journeys(before: Report, after: Report, comparison: Comparison) -> list[JourneyComparison]:
    """The journeys that both versions have, in the order of the second."""
    known = {journey.journey: journey for journey in before.journeys}
    return [
        JourneyComparison(
            before=was,
            after=now,
            figures=tuple(_figures(before, after, was, now)),
            touches=pair_counts(_sent(was.touches), _sent(now.touches)),
            ends=pair_counts(was.ends, now.ends),
            goal=_goal(was, now, comparison),
        )
        for now in after.journeys
        if (was := known.get(now.journey)) is not None
    ]


def pair_counts(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[Figure, ...]:
    """By name, in the order of the second; what only the first has stands last."""
    names = [*after, *(name for name in before if name not in after)]
    return tuple(_count(name, before.get(name, 0), after.get(name, 0)) for name in names)


def _figures(before: Report, after: Report, was: JourneyReport, now: JourneyReport) -> Iterator[Figure]:
    """What one looks for first."""
    is_same_currency = (before.currency, before.decimals) == (after.currency, after.decimals)

    def amount(name: str, one: int, other: int) -> Figure:
        change = other - one if is_same_currency else None
        return Figure(name=name, before=one, after=other, is_money=True, change=change)

    yield _count("customers who entered", was.customers, now.customers)
    yield _count("enrollments", was.entered, now.entered)
    if was.goal is not None and now.goal is not None:
        yield _count("goal reached", was.goal.reached, now.goal.reached)
        if was.goal.is_money and now.goal.is_money:
            yield amount("value", was.goal.value, now.goal.value)
    yield _count("touches sent", was.touched.sent, now.touched.sent)
    sending = [minor_of(each.channel_cost, report.decimals) for each, report in ((was, before), (now, after))]
    yield amount("cost of channels", *sending)
    yield amount("cost of offers", was.offer_cost, now.offer_cost)


def _count(name: str, before: int, after: int) -> Figure:
    return Figure(name=name, before=before, after=after, is_money=False, change=after - before)


def _sent(touches: Mapping[str, Touched]) -> dict[str, int]:
    return {name: touched.sent for name, touched in touches.items()}


def _goal(was: JourneyReport, now: JourneyReport, comparison: Comparison) -> GoalChange | None:
    if was.goal is None or now.goal is None:
        return None
    won, lost = comparison.won.get(now.journey, 0), comparison.lost.get(now.journey, 0)
    return GoalChange(won=won, lost=lost, by=paired_difference(won=won, lost=lost, of=comparison.customers))
