"""The arms: who reached the goal, how sure that is, what it brought and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journeys.measure.amounts import minor_of, return_each, say_points
from journeys.measure.html.charts import whisker
from journeys.measure.html.markup import Element, tag
from journeys.measure.html.parts import MINUS, TOGETHER, amount, is_large, number, part, row, share, table, with_sign
from journeys.measure.report import ArmReport, Difference, JourneyReport, Report, Share

_POINT = 10_000  # a hundredth, in parts per million


def make_arms(report: Report, journey: JourneyReport, *, is_recorded: bool) -> Element:
    is_told = journey.goal is not None and len(journey.arms) > 1 and not is_recorded
    heading = "Do the touches make a difference?" if is_told else "The arms"
    rates = [(arm, arm.rate, "") for arm in journey.arms if arm.rate is not None]
    differences = [] if is_recorded else journey.differences
    return part(
        heading,
        tag("p", _say_arms(journey), class_="soft"),
        tag(
            "div",
            rate_table("Customers who reached the goal", rates) if rates else None,
            _differences(differences) if differences else None,
            tag("p", _RECORDED) if is_recorded and len(rates) > 1 else None,
            class_="pair even",
        ),
        tag("ul", [_told(each) for each in differences], class_="told") if differences else None,
        _worth(report, journey),
    )


_RECORDED = (
    "These customers were recorded before any of this was sent, so nothing here could change what they did:"
    " what lies between the arms is chance. A replay tells what would have been said, not what it would have earned."
)


def _say_arms(journey: JourneyReport) -> str:
    if journey.goal is None:
        return "This journey has no goal, so there is nothing to compare its arms by."
    said = "The share of customers who reached the goal, by the arm they were assigned to"
    if len(journey.arms) == 1:
        return f"{said}. There is one arm, so there is nothing to compare it with."
    return f"{said}. A line is the range the true share lies in, 95 times of 100."


def rate_table(caption: str, rates: Sequence[tuple[ArmReport, Share, str]]) -> Element:
    """Rates with their intervals, on one axis.  The third says which version's: `before`, `after`, or neither."""
    begin, end = axis([each for _, rate, _ in rates for each in (rate.low, rate.high)], within=(0, 100 * _POINT))
    rows = []
    for arm, rate, which in rates:
        counted = f"{arm.converted:,} of {arm.customers:,}"
        said = f"{which}: {counted}" if which else counted
        rows.append(
            row(
                [arm.arm, tag("small", said, class_="soft")],
                whisker(rate.parts, rate.low, rate.high, begin=begin, end=end, class_=which or "sent"),
                [share(rate.parts), tag("small", f"{say_points(rate.low, 1)} to {share(rate.high)}", class_="soft")],
            )
        )
    rows.append(_axis_row(f"{begin // _POINT}{TOGETHER}%", f"{end // _POINT}{TOGETHER}%"))
    return table(caption, ("arm", "", "rate"), rows)


def _differences(differences: Sequence[Difference]) -> Element:
    reach = max([abs(each) for one in differences for each in (one.by.low, one.by.high)])
    _, end = axis([0, reach], within=(0, 100 * _POINT))
    rows = [
        row(
            [each.arm, tag("small", f"against {each.against}", class_="soft")],
            whisker(each.by.parts, each.by.low, each.by.high, begin=-end, end=end),
            [signed(each.by.parts), tag("small", f"{signed(each.by.low)} to {signed(each.by.high)}", class_="soft")],
        )
        for each in differences
    ]
    rows.append(_axis_row(f"{MINUS}{end // _POINT}", f"+{end // _POINT} points"))
    return table("How much higher the rate is, in percentage points", ("arm", "", "points"), rows)


def _axis_row(begin: str, end: str) -> Element:
    ends = tag("td", tag("span", begin), tag("span", end), class_="chart")
    return tag("tr", tag("td"), ends, tag("td"), class_="axis", aria_hidden="true")


def axis(values: Iterable[int], *, within: tuple[int, int]) -> tuple[int, int]:
    """Whole hundredths around all values, in parts per million, at round places."""
    low, high = min(values := [*values]), max(values)
    step = next((step for step in (1, 2, 5, 10) if high - low <= 8 * step * _POINT), 20) * _POINT
    begin, end = max(within[0], low // step * step), min(within[1], -(-high // step) * step)
    return (begin, end) if begin < end else (max(within[0], begin - step), min(within[1], end + step))


def _told(difference: Difference) -> Element:
    by, arm, other = difference.by, difference.arm, difference.against
    low, high = signed(by.low), signed(by.high)
    if by.is_told_from_zero:
        better = "more" if by.parts > 0 else "less"
        size = say_points(abs(by.parts), 1)
        said = f"{arm.capitalize()} reached the goal {better} often than {other}, by {size} points"
        return tag("li", tag("p", f"{said} (95{TOGETHER}%: {low} to {high})."), class_="sure")
    said = (
        f"Between {arm} and {other} nothing can be told yet: {signed(by.parts)} points, and anything from"
        f" {low} to {high} would fit what was seen."
    )
    return tag("li", tag("p", said))


def signed(parts: int, places: int = 1) -> str:
    """Percentage points with their sign, `+3.2`."""
    return with_sign(say_points(parts, places))


# ---------------------------------------------------------------- what it brought


def _worth(report: Report, journey: JourneyReport) -> Element:
    """Arms beside each other, what is counted below each other: that stays narrow."""
    arms, goal = journey.arms, journey.goal
    rows = [row("enrollments", *[number(arm.entered) for arm in arms])]
    if goal is not None:
        rows.append(row("times the goal was reached", *[number(arm.goal.reached) for arm in arms if arm.goal]))
        values = [arm.goal.value for arm in arms if arm.goal]
        if goal.is_money:
            rows.append(_amounts(report, "value", values))
        elif goal.value:
            rows.append(row("value", *map(number, values)))
    rows.append(row("touches sent", *[number(arm.touched.sent) for arm in arms]))
    if journey.channel_cost or journey.offer_cost:
        sending = [minor_of(arm.channel_cost, report.decimals) for arm in arms]
        rows.append(_amounts(report, "cost of sending", sending))
        rows.append(_amounts(report, "cost of offers", [arm.offer_cost for arm in arms]))
    if goal is not None and goal.is_money:
        rows.append(_amounts(report, "return a customer", [_return(report, arm) for arm in arms], class_="all"))
    return tag("div", table("What it brought and what it cost", ("", *[arm.arm for arm in arms]), rows), class_="worth")


def _amounts(report: Report, name: str, minors: Sequence[int], *, class_: str | None = None) -> Element:
    is_whole = any([is_large(report, minor) for minor in minors])
    said = [amount(report, minor, is_whole=is_whole) for minor in minors]
    return row(f"{name}, {report.currency}", *said, class_=class_)


def _return(report: Report, arm: ArmReport) -> int:
    value = arm.goal.value if arm.goal else 0
    return return_each(value, arm.channel_cost, arm.offer_cost, arm.customers, report.decimals)
