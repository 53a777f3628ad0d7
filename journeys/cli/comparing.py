"""`--against`: two versions side by side. What changes, for whom, with examples to explain."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from journeys.cli.page import TOGETHER, Column, Page, count_of
from journeys.measure.amounts import say_amount, say_points, say_share
from journeys.measure.comparison import Change, Comparison, Figure, GoalChange, JourneyComparison, compare_journeys
from journeys.measure.html.comparison import make_comparison_page
from journeys.measure.intervals import Share
from journeys.measure.report import Report
from journeys.simulate.replay import Replayed
from journeys.simulate.simulation import Simulated
from journeys.simulate.tracefile import before_path

_CHANGES_SHOWN = 12
_EXAMPLES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of `--against`, the word for the other version; `trace` is the file that was asked for, if any.

    `is_recorded` is for customers whose deeds were known before.
    """

    against: str
    before: Report
    after: Report
    comparison: Comparison
    trace: Path | None
    is_recorded: bool


def compared_of(walked: Simulated | Replayed, against: str | None, trace: Path | None) -> Compared | None:
    """None where nothing was to be compared."""
    if against is None or walked.before is None or walked.comparison is None:
        return None
    return Compared(
        against=against,
        before=walked.before,
        after=walked.report,
        comparison=walked.comparison,
        trace=trace,
        is_recorded=isinstance(walked, Replayed),
    )


def traces_of(trace: Path | None, against: str | None) -> list[tuple[str, Path | None]]:
    """The files that a trace is written to, each with what names it on the command line."""
    if trace is None or against is None:
        return [("--trace", trace)]
    return [("--trace", trace), ("the trace before, for --against,", before_path(trace))]


def compared_json(compared: Compared) -> dict[str, object]:
    return {"comparison": asdict(compared.comparison), "before": compared.before.to_json()}


def compared_page(compared: Compared, *, title: str, facts: Sequence[tuple[str, str]]) -> str:
    return make_comparison_page(
        compared.before,
        compared.after,
        compared.comparison,
        against=compared.against,
        title=title,
        facts=facts,
        stories=_stories(compared),
        is_recorded=compared.is_recorded,
    )


def print_comparison(page: Page, compared: Compared) -> None:
    comparison = compared.comparison
    page.line()
    share = say_share(comparison.changed, comparison.customers)
    page.paragraph(
        f"Against {compared.against}, {comparison.changed:,} of {count_of(comparison.customers, 'customer')} ({share}) "
        f"are treated differently."
    )
    if comparison.changed:
        _print_changes(page, comparison.changes)
    if stories := _stories(compared):
        page.line()
        page.line("An example's story, before and after:")
        for command in stories:
            page.line_to_copy(f"  {command}")
    for journey in compare_journeys(compared.before, compared.after, comparison):
        _print_journey(page, compared, journey)


def _stories(compared: Compared) -> tuple[str, ...]:
    """The command lines that tell the first example's story, before and after."""
    if compared.trace is None or not compared.comparison.changed:
        return ()
    example = compared.comparison.changes[0].examples[0]
    traces = (before_path(compared.trace), compared.trace)
    return tuple(shlex.join(["journeys", "explain", example, "--trace", str(trace)]) for trace in traces)


def _print_changes(page: Page, changes: tuple[Change, ...]) -> None:
    page.heading("What changes first for a customer, and where")
    columns = [Column(title="customers", is_number=True), Column(title="before"), Column(title="after")]
    columns += [Column(title="where"), Column(title="for example")]
    shown = changes[:_CHANGES_SHOWN]
    rows = [
        [f"{each.customers:,}", each.before, each.after, each.where, " ".join(each.examples[:_EXAMPLES_SHOWN])]
        for each in shown
    ]
    page.table(columns, rows)
    if rest := changes[_CHANGES_SHOWN:]:
        page.line((f"… and {len(rest):,} other changes, of {sum(each.customers for each in rest):,} customers", "dim"))


def _print_journey(page: Page, compared: Compared, journey: JourneyComparison) -> None:
    page.line()
    page.line((journey.after.journey, "bold"), f": {journey.after.title}")
    page.heading("Side by side")
    columns = [Column(title="", is_name=True)]
    columns += [Column(title=title, is_number=True) for title in ("before", "after", "change")]
    rows = [_row(figure.name, figure, compared) for figure in journey.figures]
    # Of touches and ends only what changed: there are many.
    rows += [_row(f"  {figure.name} sent", figure, compared) for figure in journey.touches if figure.change]
    rows += [_row(f"  end.{figure.name}", figure, compared) for figure in journey.ends if figure.change]
    page.table(columns, rows)
    if journey.goal is not None:
        page.line()
        page.paragraph(f"The goal: {_say_goal(journey.goal, is_recorded=compared.is_recorded)}")


def _row(name: str, figure: Figure, compared: Compared) -> list[str]:
    before, after = compared.before, compared.after
    change = "" if figure.change is None else _say(figure.change, figure, after)
    if figure.change is not None and figure.change > 0:
        change = f"+{change}"
    return [name, _say(figure.before, figure, before), _say(figure.after, figure, after), change]


def _say(number: int, figure: Figure, report: Report) -> str:
    if not figure.is_money:
        return f"{number:,}"
    return f"{say_amount(number, report.decimals)}{TOGETHER}{report.currency}"


def _say_goal(goal: GoalChange, *, is_recorded: bool) -> str:
    said = f"{count_of(goal.won, 'customer')} reached it only after the change, {goal.lost:,} only before it"
    if not goal.won and not goal.lost:
        return said + "."
    if is_recorded:
        return f"{said}. What they did was recorded and is the same in both; who was in the journey, and when, is not."
    by, does = goal.by, "more"
    if by.is_told_from_zero and by.parts < 0:
        by, does = Share(parts=-by.parts, low=-by.high, high=-by.low), "fewer"
    points = f"{say_points(by.parts, 2)} points of all customers, 95 % interval {say_points(by.low, 2)} to "
    points += say_points(by.high, 2)
    return (
        f"{said}: {does} by {points}." if by.is_told_from_zero else f"{said}. No difference can be told yet: {points}."
    )
