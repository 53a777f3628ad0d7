"""The page: a report as one file, for whoever has a browser, a phone or a printer.

It asks for nothing: no network, no script, no second file.  Whoever reads it sees each chart, its
words, and its numbers as a table; what is folded away on a screen is open on paper.
"""

from __future__ import annotations

from collections.abc import Sequence

from journeys.measure.amounts import minor_of
from journeys.measure.html.arms import make_arms
from journeys.measure.html.frame import write_page
from journeys.measure.html.funnel import make_flow, make_funnel, make_survival
from journeys.measure.html.markup import Element, tag
from journeys.measure.html.parts import figures, number, rounded, several, share_of
from journeys.measure.html.touching import make_offers, make_touches, make_touches_by_customer
from journeys.measure.report import JourneyReport, Report


def make_page(report: Report, *, title: str, facts: Sequence[tuple[str, str]] = (), is_recorded: bool = False) -> str:
    """The report as HTML.  `facts` say what was done (a seed, a file, until when); customers are said without.

    `is_recorded` is for customers whose deeds were known before: what lies between arms is then chance,
    and nothing is said of it but that.
    """
    return write_page(
        report,
        [_journey(report, journey, place, is_recorded=is_recorded) for place, journey in enumerate(report.journeys)],
        title=title,
        facts=facts,
        contents=[(journey.title, _say_entered(journey)) for journey in report.journeys],
        notes=_NOTES,
    )


def _journey(report: Report, journey: JourneyReport, place: int, *, is_recorded: bool) -> Element:
    parts: list[Element | None] = [
        tag("p", journey.journey, class_="kicker"),
        tag("h2", journey.title),
        tag("p", _say_entered(journey)),
    ]
    if journey.entered:
        parts += [
            _figures(report, journey),
            make_arms(report, journey, is_recorded=is_recorded),
            make_funnel(journey),
            make_flow(journey),
            make_survival(journey),
        ]
        if journey.touched.due:
            parts += [make_touches(journey), make_touches_by_customer(journey), make_offers(report, journey)]
    return tag("section", parts, class_="journey", id=f"j{place}")


def _say_entered(journey: JourneyReport) -> str:
    if not journey.entered:
        return "Nobody entered."
    again = f", {number(journey.reentered)} of them again" if journey.reentered else ""
    return f"{several(journey.entered, 'enrollment')} of {several(journey.customers, 'customer')}{again}."


def _figures(report: Report, journey: JourneyReport) -> Element:
    """What one looks for first."""
    shown = []
    if journey.goal is not None:
        converted = sum(arm.converted for arm in journey.arms)
        customers = several(journey.customers, "customer")
        shown.append(("reached the goal", share_of(converted, journey.customers), f"{converted:,} of {customers}"))
        if journey.goal.is_money:
            times = several(journey.goal.reached, "time")
            value = rounded(report, journey.goal.value)
            shown.append((f"value, {report.currency}", value, f"the goal was reached {times}"))
    shown.append(("still in it", number(journey.now), f"{number(journey.ended)} ended"))
    if journey.touched.due:
        shown.append(("touches sent", number(journey.touched.sent), f"of {number(journey.touched.due)} due"))
    if journey.channel_cost or journey.offer_cost:
        sending = minor_of(journey.channel_cost, report.decimals)
        parts = f"{rounded(report, sending)} sending, {rounded(report, journey.offer_cost)} offers"
        shown.append((f"cost, {report.currency}", rounded(report, sending + journey.offer_cost), parts))
    return figures(shown)


_NOTES = (
    "An enrollment is one customer's passage through a journey. It reaches a stage once, however often it comes back;"
    " a stage is arrived at as often as somebody arrives.",
    "Customers are assigned to an arm once and stay in it; the arms are compared by customers, as assigned, whatever"
    " was sent to them. Intervals are 95 % score intervals (Wilson), of differences Newcombe's. They hold for numbers"
    " that were looked at once: whoever looks every day and stops at the first good news is wrong more often.",
    "Stays are told in two ways. The curves count stays that still go on, as long as they were watched; the medians"
    " are those of stays that ended.",
    "A return is value less the cost of sending and of redeemed offers. It has no interval here: amounts are added up"
    " and not kept one by one.",
)
