"""A journey before and after: the goal by customers, and counts in pairs, with what did not change folded away."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.definition.model import STAGES
from journeys.measure.comparison import Figure, GoalChange, JourneyComparison, pair_counts
from journeys.measure.html.arms import rate_table, signed
from journeys.measure.html.charts import paired
from journeys.measure.html.markup import Element, tag
from journeys.measure.html.parts import (
    TOGETHER,
    amount,
    folded,
    is_large,
    make_legend,
    number,
    part,
    rounded,
    row,
    several,
    share_of,
    table,
    with_sign,
)
from journeys.measure.report import ARMS, ArmReport, JourneyReport, Report
from journeys.measure.tally import PHASE_OF_STAGE, PHASES


def say_figure(before: Report, after: Report, figure: Figure) -> tuple[str, str, str]:
    """Its name, what it is after the change, and what it was."""
    name = f"{figure.name}, {after.currency}" if figure.is_money else figure.name
    if figure.change is None:
        return name, rounded(after, figure.after), f"{rounded(before, figure.before)} {before.currency} before"
    numbers = (figure.before, figure.after, figure.change)
    if figure.is_money:
        # Each as coarse as the largest, so that they can be compared.
        is_whole = any([is_large(after, minor) for minor in numbers])
        was, now, change = [amount(after, minor, is_whole=is_whole) for minor in numbers]
    else:
        was, now, change = map(number, numbers)
    if not figure.change:
        return name, now, "as before"
    share = f", {_signed_share(figure.change, figure.before)}" if figure.before else ""
    return name, now, f"{with_sign(change)} from {was}{share}"


def _signed_share(change: int, of: int) -> str:
    said = share_of(abs(change), of)
    return with_sign(f"-{said}" if change < 0 else said)


# ---------------------------------------------------------------- the goal


def make_goal(journey: JourneyComparison, *, is_recorded: bool) -> Element:
    goal = journey.goal
    if goal is None:
        return part("The goal", tag("p", "Without a goal in both versions there is nothing to compare.", class_="soft"))
    rates = [
        (arm, arm.rate, which)
        for name in ARMS
        for which, side in (("before", journey.before), ("after", journey.after))
        if (arm := _arm(side, name)) is not None and arm.rate is not None
    ]
    said = (
        f"{several(goal.won, 'customer')} reached the goal only after the change, {number(goal.lost)} only before it."
    )
    return part(
        "The goal" if is_recorded else "Does the change make a difference?",
        tag("p", said, class_="soft"),
        tag(
            "div",
            tag("ul", _told(goal, is_recorded=is_recorded), class_="told"),
            rate_table("Customers who reached the goal, by their arm", rates) if rates else None,
            class_="pair even",
        ),
    )


def _arm(journey: JourneyReport, name: str) -> ArmReport | None:
    return next((arm for arm in journey.arms if arm.arm == name), None)


def _told(goal: GoalChange, *, is_recorded: bool) -> Element:
    if not goal.won and not goal.lost:
        return tag("li", tag("p", "Whoever reached the goal before reaches it after, and nobody else."))
    if is_recorded:
        return tag("li", tag("p", _RECORDED))
    by = goal.by
    points, low, high = [signed(parts, 2) for parts in (by.parts, by.low, by.high)]
    if by.is_told_from_zero:
        said = f"{'More' if by.parts > 0 else 'Fewer'} customers reach the goal: {points} points of all of them"
        return tag("li", tag("p", f"{said} (95{TOGETHER}%: {low} to {high})."), class_="sure")
    said = (
        f"No difference can be told yet: {points} points of all customers, and anything from {low} to {high} would"
        " fit what was seen."
    )
    return tag("li", tag("p", said))


_RECORDED = (
    "What these customers did was recorded before and is the same in both; only who was in the journey, and when,"
    " is not. A replay tells what would have been said, not what it would have earned."
)


# ---------------------------------------------------------------- in pairs

_LEGEND = (("before", "before"), ("after", "after"))


def make_paired_funnel(journey: JourneyComparison) -> Element:
    places = {each.name: each for each in pair_counts(_reached(journey.before), _reached(journey.after))}
    whole = max(journey.before.entered, journey.after.entered)
    rows, steps = [], []
    for place, phase in enumerate(PHASES):
        stages = [places[stage] for stage, of in zip(STAGES, PHASE_OF_STAGE) if of == place and stage in places]
        if stages:
            said = f"{phase}: {number(places[phase].before)} before, {number(places[phase].after)} after"
            rows.append(tag("tr", tag("th", said, scope="rowgroup", colspan=5), class_="phase"))
        for stage in stages:
            within = [each for name, each in places.items() if name.startswith(f"{stage.name}.")]
            rows.append(_row(stage.name, stage, paired(stage.before, stage.after, whole)))
            steps.append(_row(stage.name, stage))
            steps += [_row(each.name.partition(".")[2], each, class_="step") for each in within]
    return part(
        "How far they come",
        make_legend(_LEGEND),
        table(None, ("stage", "", "before", "after", "change"), rows, class_="wide"),
        folded(
            "Every step",
            table("Enrollments that reached it", ("stage and step", "before", "after", "change"), steps),
        )
        if any("." in name for name in places)
        else None,
    )


def _reached(journey: JourneyReport) -> dict[str, int]:
    """Phases, stages and steps by name; no two share one."""
    stages = [stage for phase in journey.phases for stage in phase.within]
    steps = [step for stage in stages for step in stage.within]
    return {place.name: place.reached for place in (*journey.phases, *stages, *steps)}


def make_touches_sent(journey: JourneyComparison) -> Element | None:
    return _pairs("Touches sent", "touch", journey.touches)


def make_ends(journey: JourneyComparison) -> Element | None:
    return _pairs("Where they end", "end", journey.ends)


def _pairs(heading: str, title: str, pairs: Sequence[Figure]) -> Element | None:
    """What changed, with bars; what did not is folded away."""
    if not pairs:
        return None
    changed = [each for each in pairs if each.change]
    same = [row(each.name, number(each.after)) for each in pairs if not each.change]
    whole = max([max(each.before, each.after) for each in pairs])
    before, after = (sum(counts) for counts in zip(*[(each.before, each.after) for each in pairs]))
    rows = [_row(each.name, each, paired(each.before, each.after, whole)) for each in changed]
    return part(
        heading,
        tag("p", f"{number(before)} before, {number(after)} after.", class_="soft"),
        [make_legend(_LEGEND), table(None, (title, "", "before", "after", "change"), rows, class_="wide")]
        if changed
        else None,
        folded("What did not change" if changed else "Nothing changed", table(None, (title, "as before"), same))
        if same
        else None,
    )


def _row(name: str, counts: Figure, chart: Element | None = None, *, class_: str | None = None) -> Element:
    cells = (number(counts.before), number(counts.after), with_sign(number(counts.after - counts.before)))
    return row(name, *([] if chart is None else [chart]), *cells, class_=class_)
