"""The report of a replay, as tables: who came, where they stand, what was sent and why not more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from journeys.cli.page import TOGETHER, Column, Page, count_of
from journeys.measure.amounts import say_amount, say_days, say_share
from journeys.measure.report import ArmReport, GoalReport, JourneyReport, Place, Report, Touched

_BAR_WIDTH = 16
_BAR_FROM = 96  # columns a terminal must have for bars to leave the words their room


def print_report(page: Page, report: Report) -> None:
    for journey in report.journeys:
        _print_journey(page, report, journey)


def _print_journey(page: Page, report: Report, journey: JourneyReport) -> None:
    page.line()
    page.line((journey.journey, "bold"), f": {journey.title}")
    page.paragraph(_say_enrollments(journey))
    if not journey.entered:
        return
    _print_funnel(page, journey)
    if journey.ends:
        page.heading("Ends")
        columns = [Column(title="reason", is_name=True), _number("enrollments"), _number("share")]
        rows = [[f"end.{reason}", f"{n:,}", say_share(n, journey.entered)] for reason, n in journey.ends.items()]
        page.table(columns, rows)
    if journey.touched.due:
        _print_touches(page, journey)
    _print_arms(page, report, journey)


def _say_enrollments(journey: JourneyReport) -> str:
    again = f", {journey.reentered:,} of them again" if journey.reentered else ""
    said = f"{count_of(journey.entered, 'enrollment')} of {count_of(journey.customers, 'customer')}{again}; "
    said += f"{journey.now:,} still in it, {journey.ended:,} ended"
    if journey.regressions:
        said += f"; {count_of(journey.regressions, 'move')} back to an earlier stage"
    if journey.holds:
        said += f"; put on hold {journey.holds:,} times"
    return said + "."


# ---------------------------------------------------------------- the funnel


def _print_funnel(page: Page, journey: JourneyReport) -> None:
    page.heading("Funnel")
    has_bars = page.is_terminal and page.width >= _BAR_FROM
    columns = [
        Column(title="stage", is_name=True),
        _number("reached"),
        *([Column(title="", is_bar=True, style="cyan")] if has_bars else []),
        _number("now"),
        _number("median days"),
        Column(title="left to"),
    ]
    rows = []
    for depth, place in _walk(journey.phases, 0):
        bar = ["█" * round(_BAR_WIDTH * place.reached / journey.entered)] if has_bars else []
        rows.append(
            [
                "  " * depth + (place.name if depth < 2 else place.name.partition(".")[2]),
                f"{place.reached:,}",
                *bar,
                f"{place.now:,}",
                say_days(place.median_minutes),
                # Of a phase only what its stages do not say: how many left it at all.
                _say_left(place) if depth else "",
            ]
        )
    page.table(columns, rows)


def _walk(places: tuple[Place, ...], depth: int) -> Iterator[tuple[int, Place]]:
    for place in places:
        yield depth, place
        yield from _walk(place.within, depth + 1)


def _say_left(place: Place) -> str:
    return "\n".join(f"{to} {count:,}" for to, count in place.left.items())


# ---------------------------------------------------------------- touches


def _print_touches(page: Page, journey: JourneyReport) -> None:
    page.heading("Touches")
    columns = [Column(title="touch", is_name=True), *map(_number, ("due", "sent", "deferred", "withheld", "waiting"))]
    rows = [_touch_row(name, touched) for name, touched in journey.touches.items()]
    if len(rows) > 1:
        rows.append(_touch_row("all", journey.touched))
    page.table(columns, rows)
    if journey.touched.deferred:
        page.line(("What was deferred was sent or withheld later, or is waiting.", "dim"))
    if journey.touched.withheld or journey.touched.deferred_by:
        _print_reasons(page, journey)
    if journey.touched.sent:
        page.line()
        page.paragraph(f"Sent by channel: {_say_counts(journey.touched.channels)}.", hang=2)
        page.paragraph(f"Sent by words: {_say_counts(journey.touched.words)}.", hang=2)


def _touch_row(name: str, touched: Touched) -> list[str]:
    counts = (touched.due, touched.sent, touched.deferred, sum(touched.withheld.values()), touched.waiting)
    return [name, *[f"{count:,}" for count in counts]]


def _print_reasons(page: Page, journey: JourneyReport) -> None:
    page.heading("Withheld and deferred, by reason")
    rows = []
    for answer, counts in (("withheld", journey.touched.withheld), ("deferred", journey.touched.deferred_by)):
        for reason, count in counts.items():
            by_touch = {
                name: (touched.withheld if answer == "withheld" else touched.deferred_by).get(reason, 0)
                for name, touched in journey.touches.items()
            }
            most_first = dict(sorted(by_touch.items(), key=lambda item: -item[1]))
            rows.append([f"{answer}: {reason}", f"{count:,}", _say_counts({n: c for n, c in most_first.items() if c})])
    page.table([Column(title="because", is_name=True), _number("touches"), Column(title="which")], rows)


def _say_counts(counts: Mapping[str, int]) -> str:
    # A name and its count stay on one line.
    return ", ".join(f"{name}{TOGETHER}{count:,}" for name, count in counts.items())


# ---------------------------------------------------------------- arms


def _print_arms(page: Page, report: Report, journey: JourneyReport) -> None:
    page.heading("Arms, as assigned")
    has_value = journey.goal is not None and journey.goal.value != 0
    columns = [Column(title="arm", is_name=True), _number("enrollments")]
    if journey.goal is not None:
        columns += [_number("reached the goal"), _number("share")]
        if has_value:
            columns.append(_number(f"value, {report.currency}" if journey.goal.is_money else "value"))
    rows = []
    for arm in journey.arms:
        cells = _goal_cells(report, arm.goal, arm.entered, has_value=has_value)
        rows.append([arm.arm, f"{arm.entered:,}", *cells])
    page.table(columns, rows)
    if not journey.touched.due:
        return
    page.heading("Touches, by arm and channel")
    titles = ("due", "sent", "deferred", "withheld", "would send")
    columns = [Column(title="arm", is_name=True), *map(_number, titles), Column(title="sent by")]
    page.table(columns, [_arm_row(arm) for arm in journey.arms])


def _arm_row(arm: ArmReport) -> list[str]:
    touched = arm.touched
    held_out = touched.withheld.get("holdout", 0)
    counts = (touched.due, touched.sent, touched.deferred, sum(touched.withheld.values()), held_out)
    return [arm.arm, *[f"{count:,}" for count in counts], _say_counts(touched.channels)]


def _goal_cells(report: Report, goal: GoalReport | None, entered: int, *, has_value: bool) -> list[str]:
    if goal is None:
        return []
    value = [say_amount(goal.value, report.decimals)] if has_value else []
    return [f"{goal.reached:,}", say_share(goal.reached, entered), *value]


def _number(title: str) -> Column:
    return Column(title=title, is_number=True)
